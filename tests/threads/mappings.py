# dict and its kin: threads change one mapping with all its methods; nothing is lost.
import collections
import copy
import operator
import types
from _hammer import hammer, run_all, together


def filled(mapping, count=50):
    for k in range(count):
        mapping[k] = (k,)
    return mapping


def test_all_keys_arrive():
    shared = {}
    together([lambda i=i: [operator.setitem(shared, (i, k), k) for k in range(2000)]
              for i in range(4)])
    assert len(shared) == 8000
    assert all(shared[i, k] == k for i in range(4) for k in range(2000))
    together([lambda i=i: [shared.pop((i, k)) for k in range(2000)] for i in range(4)])
    assert shared == {}


def test_setdefault_has_one_winner():
    shared = {}
    results = [[] for _ in range(4)]
    together([lambda r=r: [r.append(shared.setdefault(k, object())) for k in range(2000)]
              for r in results])
    for four in zip(*results):
        assert all(x is four[0] for x in four)


def test_pop_has_one_winner():
    shared = dict.fromkeys(range(4000), 1)
    won = [[] for _ in range(4)]

    def work(mine):
        for k in range(4000):
            if shared.pop(k, None):
                mine.append(k)

    together([lambda m=m: work(m) for m in won])
    assert sorted(k for mine in won for k in mine) == list(range(4000))
    filled(shared, 4000)
    won = [[] for _ in range(4)]

    def items(mine):
        while True:
            try:
                mine.append(shared.popitem()[0])
            except KeyError:
                return

    together([lambda m=m: items(m) for m in won])
    assert sorted(k for mine in won for k in mine) == list(range(4000))


def all_methods(make):
    shared = filled(make())

    def change(n):
        shared[n % 70] = (n,)
        shared.pop(n % 67, None)
        shared.setdefault(n % 80, n * 1.5)
        shared["name %d" % (n % 30)] = n
        if n % 50 == 0:
            shared.popitem()
        if n % 300 == 0:
            shared.clear()
            filled(shared)

    def read(n):
        shared.get(n % 90)
        n % 90 in shared
        shared[n % 50]

    def walk(n):
        for k in shared:
            pass
        for v in shared.values():
            pass
        for k, v in shared.items():
            pass
        for k in reversed(shared):
            pass

    hammer(change, read, walk,
           lambda n: (dict(shared), shared.copy(), copy.copy(shared), {**shared}, len(shared)),
           lambda n: (list(shared.items()), shared == dict(shared), repr(shared)),
           lambda n: (shared.update({n % 40: n}), shared.update(a=n), shared | {1: 2}),
           lambda n: (shared.keys() & {1, 2}, shared.items() - {(1, 2)}, shared.keys() | {5}), copies=1)
    assert len(shared) == len(list(shared)) == len(list(shared.values()))
    assert all(k in shared for k in list(shared))


def test_dict():
    all_methods(dict)


def test_ordered_dict():
    all_methods(collections.OrderedDict)
    shared = filled(collections.OrderedDict())
    hammer(lambda n: shared.move_to_end(n % 50, last=n % 3 == 0), lambda n: list(shared),
           lambda n: (shared.popitem(last=n % 2 == 0), operator.setitem(shared, n % 50, n)),
           lambda n: (list(reversed(shared)), next(iter(shared.items()), None)),
           lambda n: n % 40 or (shared.clear(), filled(shared)))
    assert len(list(shared)) == len(shared) and set(reversed(shared)) == set(shared)


def test_default_dict():
    all_methods(lambda: collections.defaultdict(tuple))
    made = collections.defaultdict(list)
    together([lambda: [made[k % 50].append(k) for k in range(2000)] for _ in range(4)])
    assert sorted(made) == list(range(50))


def test_counter():
    shared = collections.Counter()
    hammer(lambda n: shared.update("abc"), lambda n: shared.subtract("ab"), lambda n: shared.most_common(2),
           lambda n: (shared + shared, +shared, shared.total()), lambda n: list(shared.elements()))
    assert set(shared) <= set("abc")


def test_subclass():
    class Missing(dict):
        def __missing__(self, key):
            return key

        def __eq__(self, other):
            return dict.__eq__(self, other)

    all_methods(Missing)


def test_keys_that_compare_in_python():
    class Key:
        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return self.n % 5

        def __eq__(self, other):
            return isinstance(other, Key) and self.n == other.n

    keys = [Key(i) for i in range(30)]
    shared = {}
    together([lambda i=i: [operator.setitem(shared, k, i) for k in keys] for i in range(4)])
    assert len(shared) == 30
    hammer(lambda n: operator.setitem(shared, Key(n % 40), n), lambda n: shared.pop(Key(n % 40), None),
           lambda n: shared.get(Key(n % 40)), lambda n: list(shared))
    assert len({k.n for k in shared}) == len(shared)


def test_views_outlive_changes():
    shared = filled({})
    keys, values, items = shared.keys(), shared.values(), shared.items()
    proxy = types.MappingProxyType(shared)
    hammer(lambda n: (operator.setitem(shared, n % 60, n), shared.pop(n % 55, None)),
           lambda n: (len(keys), n in keys, list(keys), keys == {1}, keys.isdisjoint([n])),
           lambda n: (len(values), list(values), (n, n) in items, list(reversed(items))),
           lambda n: (proxy.get(3), len(proxy), dict(proxy), list(proxy), proxy.copy()), copies=1)


def test_one_iterator_for_all():
    shared = dict.fromkeys(range(200))
    for make in (iter, lambda d: iter(d.items()), lambda d: iter(d.values()), reversed):
        for _ in range(4):
            iterator = make(shared)
            hammer(lambda n: next(iterator, None), lambda n: operator.length_hint(iterator),
                   lambda n: iterator.__reduce__(), copies=1, seconds=0.01)


def test_chain_map():
    first, second = {}, filled({})
    shared = collections.ChainMap(first, second)
    hammer(lambda n: operator.setitem(shared, n % 20, n), lambda n: shared.get(n % 60),
           lambda n: (len(shared), list(shared)), lambda n: first.pop(n % 20, None))


def test_split_tables():
    # Dictionaries of instances share their keys.
    class Thing:
        pass

    made = [Thing() for _ in range(30)]

    def change(n):
        for t in made:
            setattr(t, "a%d" % (n % 12), n)

    hammer(change, lambda n: [t.__dict__.copy() for t in made], lambda n: [vars(t).clear() for t in made],
           lambda n: [t.__getstate__() for t in made], lambda n: [getattr(t, "a3", None) for t in made],
           lambda n: [delattr(t, "a%d" % (n % 12)) for t in made if hasattr(t, "a1")],
           lambda n: [list(t.__dict__.items()) for t in made],
           lambda n: [operator.setitem(t.__dict__, "a%d" % (n % 15), n) for t in made],
           allowed=(RuntimeError, AttributeError, KeyError), copies=1)


run_all(globals())
