# Threads that use one object in all its ways for a short time.
#
# TYPHON_RACE_SCALE multiplies the time (a long run: TYPHON_RACE_SCALE=100).
import os
import sys
import threading
import time

SCALE = float(os.environ.get("TYPHON_RACE_SCALE", "1"))
SECONDS = 0.06
ALLOWED = (RuntimeError, KeyError, IndexError, ValueError)


def hammer(*actions, allowed=ALLOWED, copies=2, seconds=SECONDS):
    """Calls each action again and again in `copies` threads of its own. Exceptions other than the
    allowed ones are the test's failure. An action takes the number of the call, which differs
    between the copies."""
    failures = []
    barrier = threading.Barrier(len(actions) * copies)

    def work(action, number):
        barrier.wait()
        end = time.monotonic() + seconds * SCALE
        while not failures:
            for _ in range(20):
                try:
                    action(number)
                except allowed:
                    pass
                except BaseException as e:
                    failures.append((action, e))
                    return
                number += copies
            if time.monotonic() > end:
                return

    together([lambda a=a, c=c: work(a, c) for a in actions for c in range(copies)])
    if failures:
        raise failures[0][1]


def together(functions):
    """Runs each function once, in a thread of its own; raises what the first failing one raised."""
    failures = []

    def work(function):
        try:
            function()
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(f,)) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]


def drained(iterator, count=4, allowed=ALLOWED):
    """What several threads together get out of one iterator."""
    parts = [[] for _ in range(count)]

    def work(part):
        while True:
            try:
                part.append(next(iterator))
            except StopIteration:
                return
            except allowed:
                pass

    together([lambda p=p: work(p) for p in parts])
    return [x for part in parts for x in part]


def run_all(namespace):
    """Runs every function of the caller whose name starts with test_."""
    for name, function in list(namespace.items()):
        if name.startswith("test_") and (not sys.argv[1:] or name in sys.argv[1:]):
            function()
