# bytearray, memoryview, array: threads change and export one buffer; an exported one never moves.
import array
import collections
import copy
import io
import struct
from _hammer import hammer, run_all, together

ALLOWED = (BufferError, ValueError, IndexError, TypeError, RuntimeError, EOFError, struct.error)


def test_bytearray_arrives():
    shared = bytearray()
    together([lambda i=i: [shared.append(i) for _ in range(3000)] for i in range(4)])
    assert len(shared) == 12000 and all(shared.count(i) == 3000 for i in range(4))


def test_bytearray():
    shared = bytearray(range(100))

    def bound(n):
        if len(shared) > 400:
            del shared[100:]
        elif len(shared) < 20:
            shared.extend(range(50))

    def export(n):
        with memoryview(shared) as view:
            size = len(view)
            view[0] = n % 256
            assert len(bytes(view)) == size
            assert len(view[5:]) == max(size - 5, 0)

    hammer(lambda n: (shared.append(n % 256), shared.pop(), shared.insert(2, 7), shared.remove(7)),
           lambda n: (shared.extend(b"xyz"), shared.__iadd__(b"abc"), bound(n)),
           lambda n: (shared[n % 50], shared[2:30:3], bytes(shared), len(shared), shared.hex()),
           lambda n: (shared.__setitem__(n % 50, 1), shared.__setitem__(slice(2, 5), b"1234")),
           export,
           lambda n: (shared.find(b"ab"), shared.replace(b"a", b"bc"), shared.split(b"x"), shared.upper()),
           lambda n: (shared == b"abc", b"abc" in shared, shared.startswith(b"a"), shared + b"x", shared * 2),
           lambda n: (shared.reverse(), shared.translate(None, b"a"), int(b"12"), copy.copy(shared)),
           lambda n: (shared.decode("latin-1"), b",".join([shared, shared]), list(shared), repr(shared)),
           lambda n: (shared.clear() if n % 30 == 0 else None, shared.__init__(b"abc" * 20), shared.resize(60)),
           allowed=ALLOWED, copies=1)
    memoryview(shared).release()
    shared.append(1)        # no export is left behind


def test_views():
    base = bytearray(range(64))
    view = memoryview(base)
    hammer(lambda n: (view[n % 64], view.__setitem__(n % 64, n % 256)),
           lambda n: (view[3:20].tobytes(), view[::2].tolist(), view.cast("I")[n % 16]),
           lambda n: (view == base, bytes(view), list(view), len(view), repr(view), view.hex()),
           lambda n: view[1:].release(), lambda n: view.toreadonly(), lambda n: hash(view.toreadonly()),
           lambda n: struct.unpack_from("<I", view, n % 32), lambda n: struct.pack_into("<I", view, 4, n),
           allowed=ALLOWED, copies=1)
    for _ in range(30):
        again = memoryview(base)
        together([again.release, lambda: use(again), lambda: use(again), again.release])
    view.release()
    base.append(1)


def use(view):
    try:
        view[3], bytes(view), view[1:3].tolist()
    except ValueError:
        pass


def test_array():
    for code in "bIdq":
        shared = array.array(code, range(50))

        def bound(n):
            if len(shared) > 300:
                del shared[100:]
            elif len(shared) < 20:
                shared.extend(range(50))

        hammer(lambda n: (shared.append(n % 100), shared.pop(), shared.insert(1, 2), shared.remove(2)),
               lambda n: (shared[n % 20], shared[3:20], list(shared), len(shared), shared.tobytes()),
               lambda n: (shared.__setitem__(n % 20, 5), shared.__delitem__(n % 20), bound(n)),
               lambda n: (shared.extend(shared[:3]), shared.frombytes(b"\0" * 16), shared.byteswap()),
               lambda n: (shared + shared, shared == shared[:], repr(shared), shared.count(3)),
               lambda n: (shared.reverse(), shared.index(3), copy.copy(shared), shared.buffer_info()),
               lambda n: memoryview(shared).tolist(), lambda n: shared.fromlist([1, 2]),
               allowed=ALLOWED, copies=1, seconds=0.03)
        shared.append(1)


def test_array_iterator():
    shared = array.array("i", range(300))
    iterator = iter(shared)
    hammer(lambda n: next(iterator, None), lambda n: (shared.append(1), shared.pop()), allowed=ALLOWED)


def test_deque():
    for limit in (None, 30):
        shared = collections.deque(range(30), limit)
        hammer(lambda n: (shared.append(n), shared.pop()), lambda n: (shared.appendleft(n), shared.popleft()),
               lambda n: (shared.rotate(n % 5), shared.reverse(), shared.insert(2, n), shared.remove(n)),
               lambda n: (list(shared), len(shared), shared[n % 20], shared.copy(), repr(shared)),
               lambda n: (shared.__setitem__(2, n), shared.__delitem__(3), shared.count(1), n in shared),
               lambda n: (shared.extend([1, 2]), shared.extendleft([3]), shared.pop(), shared.index(1)),
               lambda n: (shared == shared.copy(), list(reversed(shared)), shared + shared),
               lambda n: shared.clear() if len(shared) > 200 or n % 50 == 0 else shared.append(n),
               allowed=ALLOWED, copies=1)
        assert len(shared) == len(list(shared))


def test_deque_keeps_all():
    shared = collections.deque()
    taken = [[], []]

    def take(mine):
        while len(taken[0]) + len(taken[1]) < 8000:
            try:
                mine.append(shared.popleft())
            except IndexError:
                pass

    together([lambda i=i: [shared.append((i, k)) for k in range(2000)] for i in range(4)]
             + [lambda t=t: take(t) for t in taken])
    assert sorted(taken[0] + taken[1]) == [(i, k) for i in range(4) for k in range(2000)]
    for mine in taken:      # first in, first out
        for i in range(4):
            order = [k for j, k in mine if j == i]
            assert order == sorted(order)


def test_deque_iterator():
    shared = collections.deque(range(200))
    for make in (iter, reversed):
        iterator = make(shared)
        hammer(lambda n: next(iterator, None), lambda n: iterator.__length_hint__(), copies=2)


def test_reading_into():
    shared = bytearray(100)

    def read(n):
        io.BytesIO(b"x" * 200).readinto(shared)

    hammer(read, lambda n: (shared.append(1), shared.pop()), lambda n: io.BytesIO().write(shared),
           allowed=ALLOWED)


run_all(globals())
