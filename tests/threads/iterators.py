# Iterators that several threads advance at once: no crash, and where each step is one operation of
# the source, every element arrives once.
import collections
import io
import itertools
import operator
import re
import string
import struct
from _hammer import drained, hammer, run_all, together


def test_every_element_once():
    n = 3000
    queue = collections.deque(range(n))
    for make in (lambda: iter(queue.popleft, -1),
                 lambda: map(lambda x: x, iter(queue.popleft, -1)),
                 lambda: filter(lambda x: True, iter(queue.popleft, -1)),
                 lambda: (itertools.count())):
        queue.clear()
        queue.extend(range(n))
        queue.extend([-1] * 8)
        iterator = make()
        if isinstance(iterator, itertools.count):
            got = []
            together([lambda: got.extend(next(iterator) for _ in range(n)) for _ in range(4)])
            assert sorted(got) == list(range(4 * n))
        else:
            assert sorted(drained(iterator)) == list(range(n)), make


def makers():
    class Sequence:
        def __getitem__(self, i):
            if i >= 500:
                raise IndexError
            return i

        def __len__(self):
            return 500

    yield lambda: iter([*range(500)])
    yield lambda: iter((*range(500),))
    yield lambda: iter("abcé" * 100)
    yield lambda: iter("abc" * 100)
    yield lambda: iter(b"abc" * 100)
    yield lambda: iter(bytearray(b"abc" * 100))
    yield lambda: iter(memoryview(b"abc" * 100))
    yield lambda: iter(range(500))
    yield lambda: iter(range(1 << 70, (1 << 70) + 500))
    yield lambda: reversed(range(500))
    yield lambda: reversed([*range(500)])
    yield lambda: reversed((*range(500),))
    yield lambda: reversed(Sequence())
    yield lambda: iter(Sequence())
    yield lambda: iter(dict.fromkeys(range(500)))
    yield lambda: iter(dict.fromkeys(range(500)).items())
    yield lambda: iter(dict.fromkeys(range(500)).values())
    yield lambda: reversed(dict.fromkeys(range(500)).items())
    yield lambda: iter({*range(500)})
    yield lambda: iter(collections.deque(range(500)))
    yield lambda: iter(collections.OrderedDict.fromkeys(range(500)))
    yield lambda: iter(collections.OrderedDict.fromkeys(range(500)).items())
    yield lambda: enumerate([*range(500)])
    yield lambda: enumerate([*range(500)], 1 << 63)
    yield lambda: zip([*range(500)], range(500))
    yield lambda: map(operator.add, [*range(500)], range(500))
    yield lambda: filter(None, [*range(500)])
    yield lambda: iter([*range(500)].pop, 0)
    yield lambda: re.finditer("a", "ab" * 200)
    yield lambda: struct.iter_unpack("<H", bytes(500))
    yield lambda: string.Formatter().parse("{a}b{c!r:x}" * 50)
    yield lambda: iter(list[int])
    yield lambda: io.StringIO("line\n" * 200)
    yield lambda: io.BytesIO(b"line\n" * 200)
    yield lambda: iter(t"a{1}b{2}c")


def test_builtin():
    for make in makers():
        for _ in range(2):
            iterator = make()
            hammer(lambda n: next(iterator, None),
                   lambda n: operator.length_hint(iterator), copies=2, seconds=0.001)


def test_state_of_shared_iterators():
    for make in makers():
        iterator = make()
        if hasattr(iterator, "__setstate__"):
            hammer(lambda n: next(iterator, None), lambda n: iterator.__setstate__(n % 400),
                   lambda n: iterator.__reduce__(), copies=1, seconds=0.01,
                   allowed=(RuntimeError, ValueError, TypeError, AttributeError))


def test_itertools():
    numbers = [*range(600)]
    for make in (lambda: itertools.count(), lambda: itertools.count(10**18, 3), lambda: itertools.count(1.5),
                 lambda: itertools.cycle(numbers[:5]), lambda: itertools.chain(numbers, numbers),
                 lambda: itertools.chain.from_iterable([numbers] * 3),
                 lambda: itertools.islice(numbers, 3, 500, 2), lambda: itertools.accumulate(numbers),
                 lambda: itertools.accumulate(numbers, operator.mul), lambda: itertools.pairwise(numbers),
                 lambda: itertools.batched(numbers, 3), lambda: itertools.zip_longest(numbers, "ab", [1]),
                 lambda: itertools.product("abc", repeat=6), lambda: itertools.permutations("abcdef"),
                 lambda: itertools.combinations(range(12), 4), lambda: itertools.repeat(1, 400),
                 lambda: itertools.combinations_with_replacement(range(9), 4), lambda: itertools.repeat(1),
                 lambda: itertools.groupby(numbers, lambda x: x // 7), lambda: itertools.starmap(pow, [(2, 3)] * 400),
                 lambda: itertools.takewhile(lambda x: x < 400, numbers), lambda: itertools.filterfalse(None, numbers),
                 lambda: itertools.dropwhile(lambda x: x < 40, numbers), lambda: itertools.compress(numbers, numbers)):
        for _ in range(2):
            iterator = make()

            def step(n):
                got = next(iterator, None)
                if isinstance(iterator, itertools.groupby) and got is not None:
                    list(got[1])

            hammer(step, lambda n: (repr(iterator), operator.length_hint(iterator)), copies=2, seconds=0.001)


def test_exhausted_for_all():
    # The end is an end for every thread, however many have seen it before.
    for make in makers():
        iterator = make()
        drained(iterator)
        if not isinstance(iterator, (io.StringIO, io.BytesIO)):
            assert next(iterator, "over") == "over", make


def test_zip_longest_ends():
    for _ in range(30):
        shared = itertools.zip_longest(iter([1]), iter([1, 2]), iter([]))
        assert len(drained(shared)) < 100


def test_tee():
    for _ in range(5):
        parts = itertools.tee(iter(range(2000)), 3)
        got = [[], [], []]

        def work(i):
            while True:
                try:
                    got[i].append(next(parts[i]))
                except RuntimeError:
                    continue
                except StopIteration:
                    return

        together([lambda i=i: work(i) for i in range(3)])
        assert all(g == list(range(2000)) for g in got)
    one = itertools.tee(range(2000), 1)[0]
    hammer(lambda n: next(one, None), lambda n: one.__copy__(), copies=2)


run_all(globals())
