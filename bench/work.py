"""Ordinary work of the standard library's native modules: what profile feedback learns from, beside
the kernels (scripts/train.sh).

    work.py [--seconds N]

Each piece is a function that is repeated for its share of the time.
"""
import argparse
import array
import ast
import asyncio
import base64
import binascii
import bisect
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import logging
import math
import operator
import pickle
import pprint
import random
import re
import statistics
import string
import struct
import textwrap
import threading
import time
import tokenize
import typing
import weakref
import zlib

WORDS = ("the quick brown fox jumps over the lazy dog while seventeen wizards argue about "
         "the price of 42 turnips, 3.14 pies and a cart of hay; nobody listens").split()
TEXT = "\n".join(" ".join(WORDS[i:] + WORDS[:i]) for i in range(len(WORDS)))


@dataclasses.dataclass
class Item:
    name: str
    price: float
    tags: list
    parent: object = None


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return self.x == other.x

    def __hash__(self):
        return hash(self.x)

    def __lt__(self, other):
        return self.x < other.x


Point = collections.namedtuple("Point", "x y")
RECORD = {"name": "item", "values": list(range(40)), "ratio": [1.5, 2.25e10, -3e-7, 0.1],
          "nested": {"a": [True, False, None], "b": {"c": "text \u00e9\u4e2d \"quoted\"\n"}},
          "words": WORDS, "key": [{"id": i, "label": "n%d" % i} for i in range(20)]}


def pickling():
    items = [Item(w, len(w) * 1.5, [w, w]) for w in WORDS]
    for protocol in (0, 2, 5):
        data = pickle.dumps((RECORD, items, {i: (i, str(i)) for i in range(60)}, {1, 2, 3},
                             b"bytes", 1 << 80, datetime.date(2020, 2, 3), Color.RED), protocol)
        pickle.loads(data)


def pickling_in_python():
    out = io.BytesIO()
    pickle._Pickler(out, 4).dump(RECORD)
    out.seek(0)
    pickle._Unpickler(out).load()


def jsons():
    text = json.dumps(RECORD)
    json.loads(text)
    json.loads(json.dumps(RECORD, indent=2, sort_keys=True))
    json.dumps({i: str(i) for i in range(30)})
    list(json.JSONEncoder(ensure_ascii=False).iterencode(RECORD))


def regexes():
    re.purge()
    word = re.compile(r"(?P<first>[a-z])(\w*)\b")
    for line in TEXT.splitlines():
        for match in word.finditer(line):
            match.group("first"), match.span(2), match.groups()
        re.sub(r"\d+(\.\d+)?", lambda m: "<" + m[0] + ">", line)
        re.split(r"[\s,;]+", line)
        re.findall(r"(?i)THE|fox|w.z[a-f]rds?", line)
        re.match(r"^(?:(the)|(quick)|[^x]*?)+$", line[:30])
        re.search(r"(?<=of )\w+(?! hay)", line)
    re.compile(r"^([+-]?)(\d+|0x[0-9a-f]+)(?:\.(\d*))?([eE][+-]?\d+)?\s*#.*$|[a-z]{2,5}|\bx\b")


def copies():
    items = [Item(w, 1.0, [w, (1, 2), {"k": [3]}]) for w in WORDS[:8]]
    items[0].parent = items[1]
    copy.deepcopy(items)
    copy.deepcopy(RECORD)
    copy.copy(items[0]), copy.copy(RECORD), copy.copy({1, 2})


def decimals():
    D = decimal.Decimal
    with decimal.localcontext() as context:
        context.prec = 40
        total = D(0)
        for i in range(1, 60):
            total += D(i) / D(7) * D("1.05") - D("0.001") ** 2
            total.quantize(D("0.01"), rounding=decimal.ROUND_HALF_EVEN)
            str(total), hash(total), total > D(5), int(total), float(total), -total
        total.sqrt(), total.ln(), D("1e5").exp()
    "%s %.3f" % (total, total), format(total, ",.2f"), fractions.Fraction(3, 7) + fractions.Fraction(1, 3)


def texts():
    out = []
    for i, w in enumerate(WORDS):
        out.append("%s %5d %.3f %r %x" % (w, i, i / 7, w, i))
        out.append("{} {:>10} {:.2e} {!r}".format(i, w, i / 3, w))
        out.append(f"{w!s:<12}|{i:04d}|{i / 3:.6g}|{i:,}")
        out.append(w.upper() + w.title().lower().strip("abc").replace("e", "EE"))
        w.startswith(("th", "qu")), w.find("o"), w.split("o"), w.partition("o"), w.encode().decode()
        w.isalpha(), w.center(20, "*"), w.zfill(8), w[::-1], w * 3, w in TEXT, w.count("e"), w.join("ab")
        str(i * 10 ** 18), repr(i / 3), int(str(i * 7)), float("%d.5" % i), str(i / 7), bytes(w, "ascii")
    text = "".join(out)
    text.split(), text.splitlines(), text.encode("utf-16").decode("utf-16"), text.casefold()
    textwrap.fill(TEXT, 60), textwrap.dedent("  a\n  b\n"), string.Template("$a ${b}").substitute(a=1, b=2)
    text.translate({97: "x", 98: None}), text.expandtabs(), "\u00e9\u4e2d\U0001f600" * 9 + text[:20]


def logs():
    logger = logging.getLogger("work")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.handlers[:] = [handler]
    for i in range(30):
        logger.info("value %d of %s", i, "something")
        logger.debug("not shown %d", i)


def collecting():
    counter = collections.Counter(TEXT)
    counter.update(WORDS)
    counter.most_common(5)
    groups = collections.defaultdict(list)
    for w in TEXT.split():
        groups[len(w)].append(w)
    ordered = collections.OrderedDict((w, i) for i, w in enumerate(WORDS))
    ordered.move_to_end(WORDS[0])
    queue = collections.deque(range(50), maxlen=60)
    for i in range(80):
        queue.append(i)
        queue.appendleft(queue.pop())
        queue.popleft()
    points = [Point(i, -i) for i in range(40)]
    sorted(points, key=operator.attrgetter("y")), [p._replace(x=1) for p in points[:5]]
    collections.ChainMap(groups, ordered).get("x")
    heap = [random.random() for _ in range(60)]
    heapq.heapify(heap)
    while heap:
        heapq.heappop(heap)
    for i in range(60):
        heapq.heappush(heap, (i * 37 % 60, str(i)))
    bisect.insort(list(range(50)), 25)
    slots = [Slots(i % 11, i) for i in range(60)]
    sorted(slots), set(slots), max(slots), {s: s.y for s in slots}
    left, right = set(range(60)), frozenset(range(30, 90))
    left & right, left | right, left - right, left ^ right, left <= right, 5 in left
    sorted(WORDS), sorted(WORDS, key=len, reverse=True), sorted(random.sample(range(500), 200))
    sorted([3.5, 1.25, 2.0] * 20), sorted((w, i) for i, w in enumerate(WORDS))


def iterating():
    data = list(range(60))
    list(itertools.chain(data, data)), list(itertools.product(range(5), repeat=3))
    list(itertools.permutations(range(5), 3)), list(itertools.combinations(range(7), 3))
    [(k, list(g)) for k, g in itertools.groupby(data, lambda x: x // 10)]
    list(itertools.islice(itertools.count(), 30)), list(itertools.accumulate(data))
    list(zip(data, data)), list(enumerate(data)), list(map(operator.add, data, data))
    list(filter(None, data)), functools.reduce(operator.mul, data[1:30]), list(reversed(data))
    sum(x * x for x in data), any(x > 50 for x in data), all(data), min(data, key=lambda x: -x)
    {x: x for x in data}, {x % 7 for x in data}, dict(zip(data, data)), tuple(x for x in data)
    cached = functools.lru_cache(maxsize=32)(lambda x: x + 1)
    [cached(x % 40) for x in data], functools.partial(max, 5)(3)


def numbers():
    n = 10 ** 60 + 7
    for i in range(1, 40):
        n = n * i + i
        n // i, n % 1000003, pow(i, 50, 1009), n >> 7, n & 0xffff, -n, n ** 2, i ** 9, str(n)
        math.sqrt(i), math.sin(i), math.gcd(i, 36), math.floor(i / 3), round(i / 7, 3), divmod(i, 7)
        math.log(i), math.isclose(i, i), math.factorial(i), math.hypot(i, 3), i / 3 // 0.5, i ** 0.5
        abs(complex(i, 2)), float(i).hex(), int.from_bytes(i.to_bytes(8, "big"), "big"), bin(i)
    statistics.mean(range(50)), statistics.stdev([1.5, 2.5, 4.0]), random.randint(1, 100)
    random.shuffle(list(range(50))), random.gauss(0, 1), random.choice(WORDS)


def binaries():
    data = bytes(range(256)) * 8
    struct.unpack("<64I", struct.pack("<64I", *range(64))), struct.pack("!Hd4sq", 1, 2.5, b"ab", -1)
    base64.b64decode(base64.b64encode(data)), binascii.crc32(data), binascii.unhexlify(data.hex())
    base64.b32encode(data[:100]), base64.b85encode(data[:100]), zlib.decompress(zlib.compress(data))
    hashlib.sha256(data).hexdigest(), hashlib.md5(data).digest()
    numbers = array.array("d", range(100))
    numbers.append(1.5), sum(numbers), numbers[3:40], array.array("i", [1, 2]).tobytes()
    buffer = bytearray(data)
    buffer[3:9] = b"xyz"
    buffer.extend(data), buffer.find(b"\x05\x06"), bytes(buffer), memoryview(buffer)[4:90].tolist()
    data.replace(b"\x01", b"zz").split(b"\x02"), data.translate(data[:256][::-1]), data[5], data[5:9]
    out = io.BytesIO()
    for i in range(40):
        out.write(b"line %d\n" % i)
    out.seek(0)
    out.readline(), out.read(5), out.getvalue(), list(out)
    reader = io.TextIOWrapper(io.BufferedReader(io.BytesIO(TEXT.encode())))
    for line in reader:
        line.rstrip()
    writer = io.StringIO()
    csv.writer(writer).writerows([[1, "a b", 2.5, 'q"x'], WORDS])
    list(csv.reader(io.StringIO(writer.getvalue()))), list(csv.DictReader(io.StringIO("a,b\n1,2\n")))


def times():
    moment = datetime.datetime(2024, 2, 29, 13, 5, 6, 7, datetime.timezone.utc)
    for i in range(20):
        later = moment + datetime.timedelta(days=i, seconds=i * 77)
        later.isoformat(), later.strftime("%Y-%m-%d %H:%M"), later - moment, later > moment, hash(later)
        datetime.datetime.fromisoformat(later.isoformat()), later.replace(hour=3), later.weekday()
        time.strftime("%H:%M", time.gmtime(i)), time.monotonic(), later.timestamp()
    datetime.datetime.strptime("2024-01-02", "%Y-%m-%d")


class Error(Exception):
    pass


def raising():
    for i in range(40):
        try:
            try:
                if i % 3:
                    raise Error(i)
                {}[i]
            except KeyError as error:
                raise ValueError("wrapped") from error
            finally:
                i += 1
        except (Error, ValueError) as error:
            str(error), error.__cause__
        with contextlib.suppress(ZeroDivisionError):
            1 // 0
        getattr(i, "missing", None), hasattr(i, "real"), isinstance(i, (str, int))


@contextlib.contextmanager
def managed():
    yield 1


def classes():
    class Base:
        registry: typing.ClassVar[dict] = {}

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.registry[cls.__name__] = cls

        def __init__(self, a=1, *args, key=None, **kwargs):
            self.a, self.args, self.key, self.kwargs = a, args, key, kwargs

        def method(self, x, y=2):
            return self.a + x + y

        @property
        def doubled(self):
            return self.a * 2

        @classmethod
        def make(cls, *args, **kwargs):
            return cls(*args, **kwargs)

        @staticmethod
        def helper(x):
            return x

        def __call__(self, x):
            return x

        def __getitem__(self, i):
            return i

        def __len__(self):
            return 3

        def __add__(self, other):
            return self.a + other

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return False

    class Child(Base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.extra = []

        def method(self, x, y=3):
            return super().method(x, y) + 1

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return name

    for i in range(30):
        child = Child.make(i, 2, 3, key=4, other=5)
        child.method(1), child.method(1, y=5), child.doubled, child.helper(2), child(3), child[4]
        len(child), child + 1, child.unknown, vars(child), isinstance(child, Base), child.method
        with child, managed():
            child.extra.append(i)
        setattr(child, "b", i), getattr(child, "b"), Item("n", 1.0, []) == Item("n", 1.0, [])
        weakref.ref(child)(), repr(Item("n", 1.0, [])), Color(1), Color.RED.name, Color["GREEN"]


SOURCE = '''
import os, sys as system
from a.b import c
@decorate(1, x=2)
class C(B, metaclass=M):
    """doc"""
    def f(self, a, b=1, *args, c, **kw) -> int:
        for i, (x, y) in enumerate(a.items()):
            if x < y <= 3 and not b or c in args:
                continue
            elif (n := x) is None:
                break
        else:
            return [z ** 2 for z in range(10) if z % 2] + list({1: 2, **kw}.keys())
        try:
            with open(f"{a!r:>{b}}") as file:
                yield from file
        except (OSError, ValueError) as e:
            raise RuntimeError("x %s" % e) from e
        finally:
            del a[1:2], b.c
        match a:
            case [1, *rest] | {"k": rest}:
                self.x += lambda q: q if q else -1
            case Point(x=0):
                global g
'''


def compiling():
    tree = ast.parse(SOURCE)
    compile(SOURCE, "s", "exec")
    ast.unparse(tree), ast.dump(tree), sum(1 for _ in ast.walk(tree)), eval("1 + 2 * 3")
    list(tokenize.generate_tokens(io.StringIO(SOURCE).readline))
    parser = argparse.ArgumentParser(prog="p", add_help=False)
    parser.add_argument("--name", default="x", type=str, help="a name")
    parser.add_argument("numbers", nargs="*", type=int)
    parser.parse_args(["--name", "y", "1", "2", "3"])
    pprint.pformat(RECORD, width=50)


async def child_task(n):
    await asyncio.sleep(0)
    return n


async def numbers_of(n):
    for i in range(n):
        yield i
        await asyncio.sleep(0)


async def main():
    await asyncio.gather(*(child_task(i) for i in range(20)))
    async with asyncio.TaskGroup() as group:
        for i in range(10):
            group.create_task(child_task(i))
    queue, event, lock = asyncio.Queue(), asyncio.Event(), asyncio.Lock()
    for i in range(10):
        await queue.put(i)
        async with lock:
            await queue.get()
    asyncio.get_running_loop().call_soon(event.set)
    await asyncio.wait_for(event.wait(), 5)
    return [i async for i in numbers_of(10)]


def loops():
    asyncio.run(main())


def threads():
    total, lock = [], threading.Lock()

    def run(n):
        for i in range(n):
            with lock:
                total.append(i)

    started = [threading.Thread(target=run, args=(50,)) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def generate(n):
    for i in range(n):
        got = yield i
        if got:
            yield from generate(2)


def generators():
    sum(generate(60))
    generator = generate(5)
    next(generator)
    generator.send(1), list(generator), generator.close()
    sorted(generate(20)), set(generate(20)), [*generate(5), *generate(3)], dict.fromkeys(generate(4))


PIECES = [pickling, pickling_in_python, jsons, regexes, copies, decimals, texts, logs, collecting,
          iterating, numbers, binaries, times, raising, classes, compiling, loops, threads, generators]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    return parser.parse_args()


if __name__ == "__main__":
    share = parse_arguments().seconds / len(PIECES)
    for piece in PIECES:
        end = time.process_time() + share
        piece()
        while time.process_time() < end:
            piece()
