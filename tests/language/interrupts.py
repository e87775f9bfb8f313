# Signals reach loops that are native but for a short Python function, and so do requests of other
# threads to stop.
import gc
import itertools
import signal
import threading


class Endless:
    def __iter__(self):
        return self

    def __next__(self):
        return "x"

    def __len__(self):
        return 1


class Interrupted(Exception):
    pass


def interrupt(signum, frame):
    raise Interrupted


LOOPS = [
    lambda: sum(map(lambda x: 0, itertools.count())),
    lambda: max(map(lambda x: 0, itertools.count())),
    lambda: all(Endless()),
    lambda: 1 in Endless(),
    lambda: [next(groups) for groups in [itertools.groupby(Endless())] for _ in range(2)],
    lambda: all(map(eval, itertools.repeat("1"))),
    lambda: [0 for _ in iter(lambda: 1, 0)],
]


def signals():
    signal.signal(signal.SIGALRM, interrupt)
    for number, loop in enumerate(LOOPS):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            loop()
        except Interrupted:
            continue
        raise AssertionError(f"loop {number} ended")


def other_threads():
    stop = False
    thread = threading.Thread(target=lambda: all(map(lambda x: not stop, itertools.count())))
    thread.start()
    for _ in range(5):
        gc.collect()        # stops the world
    stop = True
    thread.join()


signals()
other_threads()
