# queue.SimpleQueue: order, waiting with and without limits, errors, subclasses, many threads.
import _queue
import gc
import queue
import threading
import time
import weakref

assert queue.SimpleQueue is _queue.SimpleQueue and queue.Empty is _queue.Empty
q = queue.SimpleQueue()
for i in range(100):
    q.put(i)
    q.put_nowait(-i)
assert q.qsize() == 200 and not q.empty()
assert [q.get(), q.get_nowait(), q.get(timeout=1), q.get(False)] == [0, 0, 1, -1]
while not q.empty():
    q.get()
for call in (q.get_nowait, lambda: q.get(block=False), lambda: q.get(timeout=0.01),
             lambda: q.get(timeout=0)):
    try:
        call()
    except queue.Empty:
        pass
    else:
        raise AssertionError
try:
    q.get(timeout=-1)
except ValueError as e:
    assert str(e) == "'timeout' must be a non-negative number"
else:
    raise AssertionError


class Named(queue.SimpleQueue):
    def __init__(self, name):
        self.name = name


n = Named("a")
n.put(n)
r = weakref.ref(n)
assert n.get() is n and n.name == "a"
n.put(n)
del n
gc.collect()
assert r() is None

# A thread that waits is woken; each item arrives once.
threading.Timer(0.05, q.put, args=("late",)).start()
start = time.monotonic()
assert q.get(timeout=5) == "late" and time.monotonic() - start < 4

PER, MAKERS, TAKERS = 3000, 3, 3
taken = [[] for _ in range(TAKERS)]


def make(number):
    for i in range(PER):
        q.put((number, i))


def take(result):
    while True:
        item = q.get()
        if item is None:
            return
        result.append(item)


takers = [threading.Thread(target=take, args=(result,)) for result in taken]
makers = [threading.Thread(target=make, args=(i,)) for i in range(MAKERS)]
for t in takers + makers:
    t.start()
for t in makers:
    t.join()
for _ in takers:
    q.put(None)
for t in takers:
    t.join()
everything = sum(taken, [])
assert sorted(everything) == [(m, i) for m in range(MAKERS) for i in range(PER)]
for result in taken:
    for maker in range(MAKERS):
        own = [i for m, i in result if m == maker]
        assert own == sorted(own)
