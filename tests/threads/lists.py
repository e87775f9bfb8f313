# list: threads change one list with all its methods; nothing is lost, nothing is seen twice.
import copy
import marshal
import operator
import sys
from _hammer import hammer, run_all, together


def test_append_and_pop_keep_all():
    shared = []
    taken = []

    def produce(first):
        for k in range(first, first + 3000):
            shared.append(k)

    def consume():
        while len(taken) < 9000:
            try:
                taken.append(shared.pop())
            except IndexError:
                pass

    together([lambda i=i: produce(i * 3000) for i in range(3)] + [consume, consume])
    assert sorted(taken + shared) == list(range(9000))


def test_insert_and_remove_keep_all():
    shared = []
    together([lambda i=i: [shared.insert(k % 7, (i, k)) for k in range(600)] for i in range(4)])
    assert sorted(shared) == [(i, k) for i in range(4) for k in range(600)]
    together([lambda i=i: [shared.remove((i, k)) for k in range(600)] for i in range(4)])
    assert shared == []


def test_extend_is_one_step():
    shared = []
    together([lambda i=i: [shared.extend([i] * 5) for k in range(500)] for i in range(4)])
    assert len(shared) == 10000
    together([lambda i=i: [operator.iadd(shared, (i,) * 3) for k in range(500)] for i in range(4)])
    assert len(shared) == 16000
    for i in range(0, 10000, 5):
        assert len(set(shared[i:i + 5])) == 1


def test_all_methods():
    shared = [object() for _ in range(40)]

    def refill(n):
        if len(shared) > 200:
            del shared[50:]
        elif len(shared) < 20:
            shared.extend(object() for _ in range(40))

    hammer(lambda n: (shared.append([n]), shared.insert(n % 9, (n,)), shared.pop(n % 5)),
           lambda n: (shared[n % 10], shared[-1], shared[2:30:3], shared[:], len(shared)),
           lambda n: (shared.__setitem__(n % 20, [n]), shared.__delitem__(n % 9)),
           lambda n: (shared.reverse(), shared.extend(shared[:3]), shared.index(shared[3])),
           lambda n: (operator.setitem(shared, slice(3, 6), [n] * (n % 6)), refill(n)),
           lambda n: (list(shared), tuple(shared), [*shared], sum(1 for _ in shared), {*map(id, shared)}),
           lambda n: (shared.copy(), shared + [1], shared * 2, copy.copy(shared), n in shared),
           lambda n: (list(reversed(shared)), shared == list(shared), sorted(map(id, shared))),
           lambda n: operator.delitem(shared, slice(1, 20, 3)), copies=1)
    assert len(shared) == len(list(shared))
    assert None not in shared


def test_sort_keeps_all():
    numbers = list(range(300))
    seen = []

    def look(n):
        size = len(numbers)
        seen.append(size in (0, 300))
        for x in numbers:
            assert 0 <= x < 300

    hammer(lambda n: numbers.sort(key=lambda x: -x if n % 2 else x), lambda n: numbers.sort(), look)
    assert sorted(numbers) == list(range(300)) and all(seen)


def test_swap_by_index():
    # Slots are whole: every read finds an item that was once stored.
    shared = [1, "two", 3.5, None, 1 << 80, (6,)]
    known = {id(x) for x in shared}
    known_values = list(shared)

    def swap(n):
        i, k = n % 6, n * 7 % 6
        shared[i], shared[k] = known_values[n % 6], known_values[n * 5 % 6]

    def read(n):
        found = shared[n % 6]
        assert any(found == x for x in known_values)
        assert all(any(a == b for b in known_values) for a in shared)

    hammer(swap, read)
    assert len(known) == 6


def test_strings_of_changing_lists():
    words = ["a%d" % i for i in range(50)]

    def change(n):
        words.append("x%d" % n)
        if n % 3:
            words.pop(0)
        if len(words) > 100:
            del words[50:]

    hammer(change, lambda n: "".join(words), lambda n: (b"".join([w.encode() for w in words])),
           lambda n: marshal.loads(marshal.dumps(words)), lambda n: (repr(words), str(words)),
           lambda n: max(words), lambda n: "%s %s" % (words[0], words[-1]), copies=1)


def test_unpacking_changing_lists():
    pair = [1, 2]

    def change(n):
        pair.append(3)
        pair.pop()

    def unpack(n):
        a, b = pair
        assert (a, b) == (1, 2)
        first, *rest = pair
        assert first == 1

    hammer(change, unpack, lambda n: max(*pair))
    match pair:
        case [a, b]:
            pass


def test_repr_of_recursive():
    shared = []
    shared.append(shared)
    hammer(lambda n: repr(shared), lambda n: (shared.append(n), shared.pop()))


def test_size_and_hints():
    shared = []
    hammer(lambda n: shared.append(n) if len(shared) < 500 else shared.clear(),
           lambda n: (operator.length_hint(iter(shared)), sys.getsizeof(shared), shared.count(3)))


run_all(globals())
