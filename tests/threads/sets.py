# set: threads change one set with all its methods; no element is lost, none is there twice.
import copy
import operator
from _hammer import hammer, run_all, together


def test_all_elements_arrive():
    shared = set()
    together([lambda i=i: [shared.add((i, k)) for k in range(2000)] for i in range(4)])
    assert len(shared) == 8000 == len(list(shared))
    together([lambda i=i: [shared.remove((i, k)) for k in range(2000)] for i in range(4)])
    assert shared == set()


def test_pop_has_one_winner():
    shared = set(range(5000))
    won = [[] for _ in range(4)]

    def work(mine):
        try:
            while True:
                mine.append(shared.pop())
        except KeyError:
            pass

    together([lambda m=m: work(m) for m in won])
    assert sorted(k for mine in won for k in mine) == list(range(5000))


def test_an_element_that_stays_is_always_found():
    # Whatever else happens to the table.
    for extra in (3, 6, 200):
        shared = {"stays"}

        def change(n):
            for k in range(extra):
                shared.add(n * 1000 + k)
            for k in range(extra):
                shared.discard(n * 1000 + k)
            if n % 10 == 0:
                shared.intersection_update(["stays", n])

        def look(n):
            assert "stays" in shared

        hammer(change, look, allowed=())
        assert "stays" in shared


def test_all_methods():
    shared = set(range(30))
    other = frozenset(range(20, 50))

    def shrink(n):
        if len(shared) > 300:
            shared.clear()

    hammer(lambda n: (shared.add(n % 500), shared.discard(n % 400), shared.remove(n % 9)),
           lambda n: (shared | other, shared & other, shared - other, shared ^ other),
           lambda n: (n in shared, len(shared), list(shared), sorted(shared), repr(shared)),
           lambda n: (shared.update(range(n % 20)), shared.difference_update(other)),
           lambda n: (shared.intersection_update(range(200)), shared.symmetric_difference_update(other)),
           lambda n: (shared <= other, shared == other, shared.isdisjoint(other), shared > {1}),
           lambda n: (shared.copy(), copy.copy(shared), frozenset(shared), set(shared)),
           lambda n: (other | shared, other & shared, other.union(shared), other.issubset(shared)),
           lambda n: (shrink(n), shared.pop()),
           lambda n: shared.__init__(range(n % 10)), copies=1)
    assert len(shared) == len(list(shared)) == len(set(list(shared)))


def test_two_sets():
    a, b = set(range(50)), set(range(25, 75))
    hammer(lambda n: operator.ior(a, b), lambda n: operator.ior(b, a), lambda n: operator.isub(a, b),
           lambda n: operator.ixor(b, a), lambda n: operator.iand(a, b), lambda n: a.update(range(50)),
           lambda n: b.update(range(75)), lambda n: (a == b, a < b, hash(frozenset(a))), copies=1)
    assert a <= set(range(75)) and b <= set(range(75))


def test_elements_that_compare_in_python():
    class Key:
        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return self.n % 3

        def __eq__(self, other):
            return isinstance(other, Key) and self.n == other.n

    shared = set()
    together([lambda: [shared.add(Key(k)) for k in range(40)] for _ in range(4)])
    assert len(shared) == 40
    hammer(lambda n: shared.add(Key(n % 50)), lambda n: shared.discard(Key(n % 50)),
           lambda n: Key(n % 50) in shared, lambda n: shared.update([Key(n % 50)]))
    assert len({k.n for k in shared}) == len(shared)


def test_one_iterator_for_all():
    shared = set(range(300))
    for _ in range(8):
        iterator = iter(shared)
        hammer(lambda n: next(iterator, None), lambda n: operator.length_hint(iterator),
               lambda n: iterator.__reduce__(), copies=1, seconds=0.01)


run_all(globals())
