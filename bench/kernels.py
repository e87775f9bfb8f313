#!/usr/bin/env python3
"""Small loops, each about one thing that an interpreter does.

    kernels.py --py python3.11 --py typhon=build/release/bin/typhon
    PY kernels.py                       # only times, under the interpreter itself
    kernels.py --only 'call*' --py ...

They show where an interpreter is slow, not how fast programs are (suite.py).
Every round runs all kernels in a fresh process of each interpreter; the best CPU time
of all rounds is given.
"""
import sys
import time

KERNELS = {}


def kernel(function):
    KERNELS[function.__name__] = function
    return function


class Point:
    shared = 3

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def sum(self):
        return self.x + self.y

    def plus(self, a, b=2):
        return a + b

    @property
    def value(self):
        return self.x

    @staticmethod
    def static(a):
        return a

    @classmethod
    def made(cls, a):
        return a


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z

    def sum(self):
        return super().sum()


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Number:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Number(self.n + other.n)

    def __eq__(self, other):
        return self.n == other.n

    def __lt__(self, other):
        return self.n < other.n

    def __hash__(self):
        return self.n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return i

    def __contains__(self, i):
        return i == 1

    def __call__(self, a):
        return a

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None


COUNT = 100000
GLOBAL = 5


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def three(a, b, c):
    return c


def defaults(a, b=1, c=2):
    return a


def star(*args):
    return args


def keywords(**kwargs):
    return kwargs


def nothing():
    pass


@kernel
def call_recursive():
    fib(21)


@kernel
def call_three():
    f = three
    for i in range(COUNT):
        f(i, i, i)


@kernel
def call_defaults():
    for i in range(COUNT):
        defaults(i)


@kernel
def call_keywords():
    for i in range(COUNT):
        defaults(i, c=i)


@kernel
def call_star():
    args = (1, 2, 3)
    for i in range(COUNT):
        three(*args)


@kernel
def call_collect():
    for i in range(COUNT):
        star(i, i)


@kernel
def call_kwargs():
    for i in range(COUNT // 2):
        keywords(a=i, b=i)


@kernel
def call_method():
    p = Point(1, 2)
    for i in range(COUNT):
        p.sum()


@kernel
def call_method_default():
    p = Point(1, 2)
    for i in range(COUNT):
        p.plus(i)


@kernel
def call_static_class():
    p = Point
    for i in range(COUNT // 2):
        p.static(i)
        p.made(i)


@kernel
def call_bound():
    sum_ = Point(1, 2).sum
    for i in range(COUNT):
        sum_()


@kernel
def call_super():
    p = Point3(1, 2, 3)
    for i in range(COUNT // 2):
        p.sum()


@kernel
def call_object():
    n = Number(1)
    for i in range(COUNT):
        n(i)


@kernel
def call_closure():
    total = 0

    def add(n):
        nonlocal total
        total += n
    for i in range(COUNT):
        add(i)


@kernel
def call_lambda():
    for i in range(COUNT):
        (lambda x: x)(i)


@kernel
def call_len():
    items = [1, 2, 3]
    for i in range(COUNT):
        len(items)


@kernel
def call_isinstance():
    p = Point3(1, 2, 3)
    for i in range(COUNT // 2):
        isinstance(p, Point)
        isinstance(i, (str, int))


@kernel
def call_types():
    for i in range(COUNT // 2):
        str(i)
        int("12")


@kernel
def call_min_max():
    for i in range(COUNT // 2):
        min(i, 5)
        max(i, 5)


@kernel
def call_c_keywords():
    for i in range(COUNT // 10):
        sorted([2, 1], reverse=True)
        int("11", base=2)


@kernel
def new_instance():
    for i in range(COUNT // 2):
        Point(i, i)


@kernel
def new_slots():
    for i in range(COUNT // 2):
        Slots(i, i)


@kernel
def new_subclass():
    for i in range(COUNT // 4):
        Point3(i, i, i)


@kernel
def new_small_objects():
    for i in range(COUNT // 4):
        [i]
        (i, i)
        {i}
        {i: i}


@kernel
def attribute_load():
    p = Point(1, 2)
    for i in range(COUNT):
        p.x
        p.y
        p.shared


@kernel
def attribute_store():
    p = Point(1, 2)
    for i in range(COUNT):
        p.x = i
        p.y = p.x


@kernel
def attribute_slots():
    p = Slots(1, 2)
    for i in range(COUNT):
        p.x = i
        p.y = p.x


@kernel
def attribute_polymorphic():
    things = [Point(1, 2), Point3(1, 2, 3), Slots(1, 2), Point(3, 4)] * (COUNT // 8)
    for p in things:
        p.x
        p.y = 1


@kernel
def attribute_property():
    p = Point(1, 2)
    for i in range(COUNT):
        p.value


@kernel
def attribute_getattr():
    p = Point(1, 2)
    for i in range(COUNT // 2):
        getattr(p, "x")
        getattr(p, "nope", None)
        hasattr(p, "y")


@kernel
def global_load_store():
    global GLOBAL
    for i in range(COUNT):
        GLOBAL
        GLOBAL = i


@kernel
def int_loop():
    n = 0
    i = 0
    while i < COUNT * 3:
        n += i & 7
        i += 1


@kernel
def int_mixed():
    for i in range(COUNT):
        (i * 3 - 5) // 7 % 11 ^ i >> 2


@kernel
def int_big():
    n = 1 << 70
    for i in range(COUNT):
        n = n + i
        n = n ^ 5


@kernel
def float_loop():
    x, y = 0.5, 1.5
    for i in range(COUNT):
        x = x * 1.0000001 + y
        y = y - x / 3.0


@kernel
def compare_branch():
    a, b = 1, 2
    for i in range(COUNT):
        if i > 5 and a < b or i == 3:
            if not i:
                a = 1
            elif a is None:
                b = 1


@kernel
def compare_str():
    a, b = "hello", "help"
    for i in range(COUNT):
        a == b
        a != a
        a < b


@kernel
def list_index():
    items = [0.5] * 100
    for i in range(COUNT):
        items[i % 100]
        items[5]
        items[-1]


@kernel
def list_store():
    items = [0] * 100
    for i in range(COUNT):
        items[i % 100] = i
        items[5] += 1


@kernel
def list_append_pop():
    items = []
    for i in range(COUNT):
        items.append(i)
    while items:
        items.pop()


@kernel
def list_slices():
    items = list(range(20))
    for i in range(COUNT // 4):
        items[2:7]
        items[:]
        items[1:3] = items[3:5]


@kernel
def list_comprehension():
    for i in range(COUNT // 100):
        [x + 1 for x in range(100) if x & 1]


@kernel
def list_iterate():
    items = [[i, i + 0.5, "x"] for i in range(1000)]
    for i in range(COUNT // 1000):
        for a, b, c in items:
            pass


@kernel
def list_in():
    items = list("abcdefgh")
    for i in range(COUNT // 2):
        "f" in items


@kernel
def list_sort():
    items = [i * 7919 % 1009 for i in range(1009)]
    for i in range(COUNT // 10000):
        sorted(items)


@kernel
def list_sort_key():
    items = [(i * 7919 % 1009, i) for i in range(1009)]
    for i in range(COUNT // 10000):
        sorted(items, key=lambda item: item[0])


@kernel
def tuple_make_unpack():
    for i in range(COUNT):
        a, b = (i, 1)
        t = i, a, b
        a, b, c = t


@kernel
def dict_index():
    d = {"one": 1, "two": 2, "three": 3}
    key = "two"
    for i in range(COUNT):
        d["one"]
        d[key]


@kernel
def dict_store():
    d = {}
    for i in range(COUNT):
        d[i & 1023] = i
        d["key"] = i


@kernel
def dict_fill():
    for j in range(COUNT // 10000):
        d = {}
        for i in range(5000):
            d[i] = i


@kernel
def dict_methods():
    d = {"one": 1, "two": 2}
    for i in range(COUNT // 2):
        d.get("one")
        d.get("four", 4)
        d.setdefault("two", 2)


@kernel
def dict_iterate():
    d = {str(i): i for i in range(1000)}
    for i in range(COUNT // 1000):
        for k, v in d.items():
            pass
        for k in d:
            pass


@kernel
def dict_in():
    d = {"one": 1, 5: 2}
    for i in range(COUNT):
        "one" in d
        i in d


@kernel
def dict_comprehension():
    for i in range(COUNT // 100):
        {x: x for x in range(50)}


@kernel
def set_operations():
    s = set()
    for i in range(COUNT // 2):
        s.add(i & 511)
        i in s
        s.discard(i & 7)


@kernel
def set_fill():
    for i in range(COUNT // 100):
        {x for x in range(50)}


@kernel
def set_algebra():
    a, b = set(range(50)), set(range(25, 75))
    for i in range(COUNT // 50):
        a | b
        a & b
        a - b


@kernel
def iterate_range():
    for i in range(COUNT * 3):
        pass


@kernel
def iterate_enumerate():
    items = list(range(1000))
    for i in range(COUNT // 1000):
        for n, x in enumerate(items):
            pass


@kernel
def iterate_zip():
    items = list(range(1000))
    for i in range(COUNT // 1000):
        for n, x in zip(items, items):
            pass


@kernel
def iterate_map_filter():
    items = list(range(1000))
    for i in range(COUNT // 2000):
        for x in map(str, items):
            pass
        for x in filter(None, items):
            pass
        for x in map(lambda v: v, items):
            pass


@kernel
def iterate_str():
    text = "some text of a few words " * 40
    for i in range(COUNT // 1000):
        for c in text:
            pass


@kernel
def iterate_itertools():
    import itertools
    for i in range(COUNT // 2000):
        for x in itertools.chain(range(300), range(300)):
            pass
        for x in itertools.islice(itertools.count(), 300):
            pass
        for x in itertools.product(range(20), range(20)):
            pass


@kernel
def iterate_sums():
    items = list(range(1000))
    floats = [0.5] * 1000
    for i in range(COUNT // 1000):
        sum(items)
        sum(floats)
        min(items)
        max(floats)
        any(items)


@kernel
def generator_loop():
    def generate(n):
        for i in range(n):
            yield i
    for x in generate(COUNT):
        pass


@kernel
def generator_expression():
    for i in range(COUNT // 100):
        sum(x for x in range(100))


@kernel
def generator_delegate():
    def inner(n):
        for i in range(n):
            yield i

    def outer(n):
        yield from inner(n)
    for x in outer(COUNT):
        pass


@kernel
def coroutine_await():
    async def inner():
        return 1

    async def outer():
        for i in range(COUNT // 2):
            await inner()
    try:
        outer().send(None)
    except StopIteration:
        pass


@kernel
def exception_none():
    for i in range(COUNT):
        try:
            pass
        except ValueError:
            pass
        finally:
            pass


@kernel
def exception_raise():
    for i in range(COUNT // 4):
        try:
            raise ValueError(i)
        except ValueError:
            pass


@kernel
def exception_lookup():
    d = {}
    for i in range(COUNT // 4):
        try:
            d["x"]
        except KeyError:
            pass


@kernel
def with_statement():
    n = Number(1)
    for i in range(COUNT // 2):
        with n:
            pass


@kernel
def operators_of_classes():
    a, b = Number(1), Number(2)
    for i in range(COUNT // 8):
        a + b
        a == b
        a < b
        a[i]
        len(a)
        1 in a


@kernel
def str_concatenate():
    for i in range(COUNT // 100):
        s = ""
        for j in range(50):
            s += "x"


@kernel
def str_methods():
    text = "  a few words, in a line  "
    for i in range(COUNT // 8):
        text.strip().split()
        text.replace("a", "b")
        text.find("line")
        text.startswith("  a")
        text.upper()


@kernel
def str_join_split():
    words = ["word"] * 20
    for i in range(COUNT // 20):
        ",".join(words).split(",")


@kernel
def str_format():
    for i in range(COUNT // 10):
        f"{i} and {i:5d} {i!r}"
        "%d and %s" % (i, "text")
        "{} and {}".format(i, "text")


@kernel
def str_index():
    text = "some text"
    for i in range(COUNT):
        text[3]
        text[2:5]


@kernel
def str_ord_chr():
    for i in range(COUNT // 2):
        ord("a")
        chr(i & 127)


@kernel
def bytes_work():
    data = bytes(range(100))
    array = bytearray(100)
    for i in range(COUNT // 2):
        data[i % 100]
        array[5] = 7
        data[2:9]


@kernel
def regex_match():
    import re
    pattern = re.compile(r"(\w+)\s*=\s*(\d+)")
    for i in range(COUNT // 40):
        pattern.match("name = 12345")
        pattern.search("some text before name = 7").group(1)


@kernel
def regex_find():
    import re
    text = "The quick brown fox jumps over 13 lazy dogs. " * 20
    for i in range(COUNT // 20000):
        re.findall(r"\b[a-z]+\b", text)
        re.sub("[aeiou]", "*", text)


@kernel
def match_statement():
    things = [1, "a", (1, 2), {"k": 1}, Point(1, 2)] * (COUNT // 20)
    for thing in things:
        match thing:
            case int():
                pass
            case (a, b):
                pass
            case {"k": v}:
                pass
            case Point(x=1):
                pass


@kernel
def deque_heapq():
    import collections
    import heapq
    queue = collections.deque()
    heap = []
    for i in range(COUNT // 4):
        queue.append(i)
        queue.popleft()
        heapq.heappush(heap, i ^ 85)
    for i in range(COUNT // 8):
        heapq.heappop(heap)


@kernel
def collect_cycles():
    for i in range(COUNT // 20):
        a, b = [], []
        a.append(b)
        b.append(a)


# -- measuring -----------------------------------------------------------

def once(names, repeat):
    """{name: best CPU seconds, or None with a failure}"""
    import gc
    times = {}
    for name in names:
        best = None
        try:
            for _ in range(repeat):
                gc.collect()
                start = time.process_time()
                KERNELS[name]()
                took = time.process_time() - start
                best = took if best is None or took < best else best
        except Exception as e:
            print("%s: %s: %s" % (name, type(e).__name__, e), file=sys.stderr)
            best = None
        times[name] = best
    return times


def main():
    import argparse
    import fnmatch
    import json
    import os
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import common
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    common.add_py(parser)
    parser.add_argument("--only", default="*", help="comma-separated patterns of names")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each interpreter")
    parser.add_argument("--repeat", type=int, default=3, help="times in each process")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = [n for n in KERNELS
             if any(fnmatch.fnmatch(n, p) for p in options.only.split(","))]
    if not options.py:
        times = once(names, options.repeat)
        if options.json:
            print(json.dumps(times))
        else:
            for name in names:
                print("%-24s %s" % (name, common.seconds(times[name])))
        return
    compare(common, options, common.interpreters(options, parser), names)


def compare(common, options, pys, names):
    import json
    import os
    import subprocess
    best = {name: {} for name, _ in pys}
    for _ in range(options.rounds):
        for name, path in pys:
            done = subprocess.run(
                [path, os.path.abspath(__file__), "--json", "--repeat", str(options.repeat),
                 "--only", options.only], capture_output=True, text=True)
            sys.stderr.write(done.stderr)
            for key, took in json.loads(done.stdout or "{}").items():
                if took is not None:
                    best[name][key] = min(took, best[name].get(key, took))
    first = pys[0][0]
    ratios = {name: {k: best[first][k] / t for k, t in best[name].items() if k in best[first]}
              for name, _ in pys}
    others = [name for name, _ in pys[1:]]
    rows = [[key] + [common.seconds(best[name].get(key)) for name, _ in pys]
            + [common.times(ratios[name].get(key)) for name in others] for key in names]
    rows.append(["**geomean**"] + [""] * len(pys)
                + [common.times(common.geomean(ratios[name].values())) for name in others])
    versions = {name: common.version_of(path)[0] for name, path in pys}
    text = ["# Kernels", "",
            "Best CPU time of %d processes with %d runs each; speed relative to %s: "
            "2.00x is twice as fast." % (options.rounds, options.repeat, first), ""]
    text += ["- %s: %s" % item for item in versions.items()]
    text += ["", common.table(["kernel"] + [n for n, _ in pys] + others, rows)]
    common.save(options.out, {"what": "kernels", "machine": common.machine(),
                              "versions": versions, "seconds": best, "ratios": ratios},
                "\n".join(text))


if __name__ == "__main__":
    main()
