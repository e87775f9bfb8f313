# Containers and iterators that several threads change and use at once: no crash, no lost structure.
# RuntimeError (changed during iteration), KeyError, IndexError and ValueError are allowed.
import itertools
import threading
from collections import OrderedDict, defaultdict, deque
from functools import lru_cache

COUNT = 4
ALLOWED = (RuntimeError, KeyError, IndexError, ValueError)


def run(function):
    failures = []

    def work(number):
        try:
            function(number)
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(COUNT)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures


def allowing(function, *args):
    try:
        return function(*args)
    except ALLOWED:
        return None


def dicts():
    shared = {}

    def work(number):
        for k in range(8000):
            shared[k % 500] = (number, k)
            shared.get((k * 7) % 600)
            shared["key %d" % (k % 300)] = k * 1.5
            shared.setdefault(k, [])
            if k % 3 == 0:
                shared.pop(k % 499, None)
            if k % 100 == 0:
                allowing(lambda: [x for x in shared.items()])
                allowing(lambda: (dict(shared), list(shared.values()), shared.copy(), len(shared)))
            if k % 1000 == 0:
                shared.clear()

    run(work)
    assert len(shared) == len(list(shared))


def lists():
    shared = []

    def work(number):
        for k in range(8000):
            shared.append((k, number))
            if k % 2:
                allowing(shared.pop)
            allowing(lambda: (shared[-1], shared[0], shared[k % (len(shared) or 1)]))
            if k % 100 == 0:
                for _ in shared:
                    pass
                shared[2:5] = [1] * (k % 7)
                shared.extend([1, 2, 3])
                sorted(map(id, shared))
                shared.reverse()
            if k % 1000 == 0:
                del shared[:]

    run(work)
    numbers = list(range(100))

    def sort(number):
        for _ in range(100):
            allowing(numbers.sort, )
            allowing(lambda: numbers.sort(key=lambda x: -x))
            numbers.count(5)

    run(sort)
    assert sorted(numbers) == list(range(100))


def sets():
    shared = set()

    def work(number):
        for k in range(8000):
            shared.add((k % 300,))
            (k % 350,) in shared
            shared.discard(((k * 7) % 300,))
            if k % 9 == 0:
                allowing(shared.pop)
            if k % 100 == 0:
                allowing(lambda: [x for x in shared])
                allowing(lambda: (shared | {1}, shared & {(1,)}, set(shared), frozenset(shared)))
                allowing(lambda: shared.intersection_update(list(shared)))
            if k % 500 == 0:
                shared.clear()

    run(work)
    assert len(shared) == len(list(shared))


def others():
    queue = deque(maxlen=50)
    ordered = OrderedDict()
    counts = defaultdict(list)

    @lru_cache(20)
    def doubled(x):
        return x * 2

    def work(number):
        for k in range(4000):
            queue.append([k])
            queue.appendleft(k)
            allowing(lambda: (queue.pop(), queue[0], queue.rotate(1), queue.popleft()))
            ordered[k % 50] = k
            allowing(lambda: ordered.move_to_end((k * 3) % 50, last=k % 2 == 0))
            allowing(lambda: ordered.popitem(last=False))
            counts[k % 10].append(number)
            assert doubled((k * 7 + number) % 60) == (k * 7 + number) % 60 * 2
            if k % 100 == 0:
                allowing(lambda: (list(queue), list(ordered)))

    run(work)
    assert len(queue) <= 50 and doubled.cache_info().currsize <= 20
    assert sum(map(len, counts.values())) == COUNT * 4000


def iterators():
    made = [
        itertools.count(), itertools.count(1, 3), itertools.cycle([1, 2, 3]),
        itertools.chain(range(1000), range(1000)), itertools.islice(range(10**5), 5, None, 3),
        itertools.accumulate(range(10**4)), itertools.pairwise(range(10**4)),
        itertools.batched(range(10**4), 3), itertools.zip_longest(range(5000), range(9000)),
        itertools.product(range(20), repeat=3), itertools.permutations(range(7)),
        itertools.combinations(range(15), 5), itertools.repeat(1, 9000),
        itertools.groupby(range(9000), lambda x: x // 10), enumerate(range(9000)),
        zip(range(9000), range(9000)), map(str, range(9000)), iter(list(range(9000))),
        iter(dict.fromkeys(range(9000)).items()), iter(set(range(9000))),
        reversed(list(range(9000))), iter(range(9000)), iter(tuple(range(9000))),
    ]
    for iterator in made:
        def work(number):
            for _ in range(5000):
                allowing(lambda: next(iterator, None))

        run(work)
    first, second = itertools.tee(range(5000))
    run(lambda number: allowing(lambda: list(first if number % 2 else second)))
    counter = itertools.count(0, 2)
    seen = []
    run(lambda number: seen.extend(itertools.islice(counter, 2000)))
    assert len(set(seen)) == COUNT * 2000


dicts()
lists()
sets()
others()
iterators()
