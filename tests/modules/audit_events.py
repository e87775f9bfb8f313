# Audit events of threads, processes, code objects and streams.
import _thread
import os
import subprocess
import sys
import threading

seen = []
watching = True
sys.addaudithook(lambda event, args: seen.append((event, args)) if watching else None)


def events(name):
    return [args for event, args in seen if event == name]


def work():
    pass


thread = threading.Thread(target=work)
thread.start()
thread.join()
_thread.start_new_thread(work, ())
handle = _thread.start_joinable_thread(work, daemon=False)
handle.join()
code = work.__code__.replace(co_name="other")
subprocess.run(["/bin/true"], check=True, start_new_session=True)
identity = id(thread)
with open(os.devnull) as file:
    pass
try:
    open("name", closefd=False)
except ValueError:
    pass
watching = False

joinable = events("_thread.start_joinable_thread")
assert not joinable[0][1] and isinstance(joinable[0][2], _thread._ThreadHandle)
assert joinable[1] == (work, False, None)
assert events("_thread.start_new_thread") == [(work, (), None)]
assert [args[2] for args in events("code.__new__")] == ["other"]
[(programs, args, environment)] = events("_posixsubprocess.fork_exec")
assert list(programs) == [b"/bin/true"] and list(args) == ["/bin/true"] and environment is None
assert (identity,) in events("builtins.id")
assert [args[0] for args in events("open") if args[0] in (os.devnull, "name")] == \
    [os.devnull, "name"]
