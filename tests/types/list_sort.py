# list.sort: order, stability and safety for every kind of keys and many shapes of input.
import random

random.seed(7)


def shapes(n):
    yield [random.randrange(10**6) for _ in range(n)]
    yield list(range(n))
    yield list(range(n, 0, -1))
    yield [random.randrange(10) for _ in range(n)]
    yield list(range(n // 2)) * 2
    yield [i if random.random() < 0.95 else random.randrange(n + 1) for i in range(n)]


def check(items, key=None, reverse=False):
    function = key or (lambda x: x)
    result = sorted(items, key=key, reverse=reverse)
    assert len(result) == len(items)
    order = sorted(range(len(items)), key=lambda i: function(items[i]), reverse=reverse)
    keys = [function(items[i]) for i in order]
    for i in range(len(keys) - 1):
        assert not (keys[i] < keys[i + 1] if reverse else keys[i + 1] < keys[i])
        assert keys[i] != keys[i + 1] or order[i] < order[i + 1]
    assert [items[i] for i in order] == result


for n in (0, 1, 2, 3, 10, 31, 32, 33, 63, 64, 65, 200, 1000):
    for items in shapes(n):
        for reverse in (False, True):
            check(items, reverse=reverse)
            check([x * 0.5 - 3 for x in items], reverse=reverse)
            check([str(x) for x in items], reverse=reverse)
            check(["a common beginning " + str(x) for x in items], reverse=reverse)
            check([(x % 7, str(x)) for x in items], reverse=reverse)
            check([x if x % 2 else float(x) for x in items], reverse=reverse)
            check([10**20 + x for x in items], reverse=reverse)
            check(items, key=lambda x: -x, reverse=reverse)
            check(items, key=lambda x: x % 10, reverse=reverse)
            check(items, key=str, reverse=reverse)

assert sorted(["b\0", "b", "", "\0", "é", "日本", "a"]) == ["", "\0", "a", "b", "b\0", "é", "日本"]


class Failing:
    calls = 0

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        Failing.calls += 1
        if Failing.calls == Failing.stop:
            raise KeyError
        return self.value < other.value


# An exception at any comparison leaves some order of the same items.
for stop in range(1, 500, 7):
    items = [Failing(random.randrange(50)) for _ in range(100)]
    Failing.calls, Failing.stop = 0, stop
    before = sorted(map(id, items))
    try:
        items.sort()
    except KeyError:
        pass
    assert sorted(map(id, items)) == before


# A list that is changed while it is sorted keeps its items, and the change is reported.
changed = [3, 2, 1]


def key(x):
    changed.append(5)
    return x


try:
    changed.sort(key=key)
except ValueError as e:
    assert str(e) == "list modified during sort"
else:
    raise AssertionError("the change was not noticed")
assert changed == [1, 2, 3]
