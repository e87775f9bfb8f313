# Threads after fork: in the child only the forking one is alive. And what ends with threads is released.
import gc
import os
import threading
import warnings
import weakref

warnings.simplefilter('ignore', DeprecationWarning)


def exit_status(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# Other threads, waiting ones and main, are done in the child.
release = threading.Event()
waiting = threading.Thread(target=release.wait)
waiting.start()
for _ in range(10):
    brief = threading.Thread(target=lambda: None)
    brief.start()
    pid = os.fork()
    if pid == 0:
        os._exit(1 if brief.is_alive() or waiting.is_alive() else 10)
    brief.join()
    assert exit_status(pid) == 10
release.set()
waiting.join()

statuses = []


def fork_from_thread():
    main = threading.main_thread()
    pid = os.fork()
    if pid == 0:
        main.join(5)
        os._exit(11 if main.is_alive() else 10)
    statuses.append(exit_status(pid))


worker = threading.Thread(target=fork_from_thread)
worker.start()
worker.join()
assert statuses == [10]


# A __dict__ that other threads have replaced is released by a collection at the latest.
class Holder:
    pass


class Marker:
    pass


holder, refs = Holder(), []


def replace():
    d = {'x': Marker()}
    refs.append(weakref.ref(d['x']))
    holder.__dict__ = d


for _ in range(3):
    t = threading.Thread(target=replace)
    t.start()
    t.join()
holder.__dict__ = {}
gc.collect()
assert [ref() for ref in refs] == [None] * 3
