"""Which allocations _testinternal lets fail."""
import threading

from _testinternal import (call_nomemory, check_heap, counts_all_allocations, live_objects,
                           remove_mem_hooks, set_nomemory)


def allocate(n):
    return lambda: [bytearray(1000 + i) for i in range(n)]


def fails(function):
    try:
        function()
    except MemoryError:
        return True
    return False


for _ in range(50):
    allocate(3)()       # fills inline caches

# The count is of the calls' own allocations.
few, returned, value = call_nomemory(allocate(3), 10 ** 9)
assert returned and len(value) == 3
many = call_nomemory(allocate(30), 10 ** 9)[0]
assert many >= few + 27

# One allocation, a range of them, all from one on.
count, returned, value = call_nomemory(allocate(3), few - 1, few)
assert not returned and type(value) is MemoryError and count >= few
assert call_nomemory(allocate(3), few + 10)[1]
assert call_nomemory(allocate(3), 0, 1)[0] < few
assert not call_nomemory(allocate(3), 0)[1]

# The exception can be raised while nothing can be had, more often than instances are kept for it.
seen = []
two = allocate(2)
for _ in range(100):
    set_nomemory(0)
    try:
        failed = fails(two)
    finally:
        remove_mem_hooks()
    assert failed
for _ in range(100):
    seen.append(call_nomemory(allocate(1), 0)[2])
assert all(type(error) is MemoryError for error in seen)
shared = call_nomemory(allocate(1), 0)[2]
assert shared.__traceback__ is None and any(shared is error for error in seen)
del seen, shared
assert call_nomemory(allocate(1), 0)[2].__traceback__ is None or counts_all_allocations == 0

# Other threads are left alone.
others = []
ready, go = threading.Event(), threading.Event()


def other():
    ready.set()
    go.wait()
    others.append(len(allocate(50)()))


thread = threading.Thread(target=other)
thread.start()
ready.wait()
go.set()
set_nomemory(0)
while not others:
    pass
remove_mem_hooks()
thread.join()
assert others == [50]

assert remove_mem_hooks() >= 0
for arguments in (-1,), (0, -1):
    try:
        set_nomemory(*arguments)
    except ValueError:
        pass
    else:
        raise AssertionError(arguments)

objects = live_objects()
assert check_heap() > 1000
kept = [[i] for i in range(1000)]
assert live_objects() >= objects + 1000
