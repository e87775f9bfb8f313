"""Out of memory in native modules of the standard library."""
import array
import binascii
import bisect
import codecs
import collections
import contextvars
import copy
import csv
import datetime
import decimal
import functools
import gc
import hashlib
import heapq
import io
import itertools
import json
import marshal
import math
import operator
import os
import pickle
import queue
import random
import re
import shutil
import struct
import sys
import tempfile
import threading
import zlib

import _testinternal

from _failing import main, operation

DATA = {"list": [1, 2.5, None, True, "text \u0416\n"], "nested": {"a": {"b": [10 ** 30]}}, "s": ""}


@operation
def json_dumps():
    return json.dumps(DATA), json.dumps(DATA, indent=2, sort_keys=True), json.dumps([1.5, "\u20ac"],
                                                                                   ensure_ascii=False)


@operation
def json_loads():
    text = json.dumps(DATA)
    try:
        json.loads("[1, 2")
    except json.JSONDecodeError as error:
        return json.loads(text), json.loads('"\\u0416\\ud83d\\ude00"'), str(error)


class Pickled:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x


@operation
def pickling():
    shared = [1, 2]
    value = (DATA, shared, shared, {1, 2}, b"bytes" * 20, bytearray(b"x"), 10 ** 40, Pickled([1]), len,
             frozenset("a"), 1.5, collections.OrderedDict(a=1))
    return [pickle.loads(pickle.dumps(value, p)) == value for p in (0, 2, 5)]


@operation
def marshalling():
    value = (DATA, frozenset([1]), b"x", 10 ** 40, 1 + 2j, compile("a = [1, 'x', (2, 3)]", "f", "exec"))
    return marshal.loads(marshal.dumps(value)) == value


@operation
def structs():
    s = struct.Struct("<ihq10sd?")
    data = s.pack(1, 2, 3, b"text", 1.5, True)
    buffer = bytearray(40)
    struct.pack_into(">HH", buffer, 3, 5, 6)
    return s.unpack(data), list(struct.iter_unpack("BB", b"abcd")), bytes(buffer), struct.calcsize("10i")


@operation
def itertools_functions():
    i = itertools
    return (list(i.chain([1], (2,), "a")), list(i.islice(i.count(10 ** 20), 3)), list(i.product("ab", [1, 2])),
            list(i.permutations(range(3))), list(i.combinations("abc", 2)), list(i.accumulate([1, 2, 3])),
            [(k, list(g)) for k, g in i.groupby("aabc")], list(i.zip_longest("ab", "c")),
            [list(t) for t in i.tee([1, 2, 3])], list(i.batched("abcde", 2)), list(i.pairwise("abc")),
            list(i.starmap(pow, [(2, 3)])), list(i.takewhile(bool, [1, 0])), list(i.compress("ab", [1, 0])),
            list(i.dropwhile(bool, [1, 0])), list(i.filterfalse(None, [0, 1])),
            list(i.islice(i.cycle("ab"), 5)), list(i.repeat(1, 2)),
            list(i.combinations_with_replacement("ab", 2)), list(i.chain.from_iterable([[1]])))


@operation
def functools_functions():
    @functools.lru_cache(maxsize=2)
    def f(x, y=0):
        return [x, y]

    @functools.cache
    def g(x):
        return x

    @functools.wraps(f)
    def h():
        pass
    p = functools.partial(f, 1, y=2)
    for i in range(4):
        f(i)
        g((i,))
    return (p(), f.cache_info(), g.cache_info().currsize, functools.reduce(operator.add, "abc"), repr(p)[:15],
            sorted([3, 1], key=functools.cmp_to_key(lambda a, b: a - b)), h.__name__, p.keywords)


@operation
def deques():
    d = collections.deque(range(100), maxlen=150)
    d.extend(range(100))
    d.extendleft("ab")
    d.rotate(5)
    d.insert(3, "x") if len(d) < 150 else d.append(1)
    d.remove(50)
    return (list(d), d.pop(), d.popleft(), d.index(60), d.count(1), repr(collections.deque([1])), d.copy() == d,
            list(reversed(d))[:3], collections.deque("ab") + collections.deque("c"))


@operation
def ordered_dicts():
    d = collections.OrderedDict((i, str(i)) for i in range(20))
    d.move_to_end(3)
    d.move_to_end(5, last=False)
    del d[7]
    return (list(d.items()), d.popitem(), list(reversed(d)), repr(d)[:20], d == d.copy(), list(d.values())[:2],
            collections.OrderedDict(a=1) | {"b": 2})


@operation
def counters_defaultdicts_namedtuples():
    dd = collections.defaultdict(list)
    dd["a"].append(1)
    c = collections.Counter("abracadabra")
    return dd, c.most_common(2), c + c, Point(1, y=2)._replace(x=5), Point(1, 2)._asdict(), collections.ChainMap({}, c)["a"]


Point = collections.namedtuple("Point", "x y")


@operation
def string_io():
    s = io.StringIO("one\ntwo\r\nthree \u0416", newline=None)
    lines = s.readlines()
    s.seek(0)
    s.write("XX" * 50)
    s.truncate(60)
    return lines, s.getvalue(), s.tell()


@operation
def bytes_io():
    b = io.BytesIO(b"one\ntwo\nthree")
    lines = list(b)
    b.seek(3)
    b.write(b"zz" * 60)
    view = b.getbuffer()
    n = len(view)
    view.release()
    return lines, b.getvalue(), n, b.read1(), io.BufferedReader(io.BytesIO(b"a\nb")).readline()


FOLDER = tempfile.mkdtemp()
PATH = os.path.join(FOLDER, "file")




@operation
def text_files():
    with open(PATH, "w", encoding="utf-8", newline="") as f:
        f.write("line one \u0416\nline two\r\n" * 20)
        f.writelines(["a\n", "b\n"])
    with open(PATH, encoding="utf-8") as f:
        first = f.readline()
        position = f.tell()
        rest = f.read()
        f.seek(position)
        lines = list(f)
    with open(PATH, "r+", encoding="utf-16") as f:
        f.seek(0)
        f.truncate()
        f.write("abc")
    return first, position, rest, lines


@operation
def binary_files():
    with open(PATH + "b", "w+b") as f:
        f.write(b"0123456789" * 100)
        f.seek(10)
        part = f.read(20)
        f.seek(0)
        into = bytearray(30)
        f.readinto(into)
        line = f.readline()
    with open(PATH + "b", "rb", buffering=0) as raw:
        return part, bytes(into), line, raw.read(5), raw.readall()


@operation
def files_and_folders():
    os.makedirs(os.path.join(FOLDER, "sub"), exist_ok=True)
    try:
        os.stat("/nowhere/at/all")
    except OSError as error:
        text = str(error)
    with os.scandir(FOLDER) as entries:
        names = sorted(e.name for e in entries if e.is_dir())
    return names, text, os.path.join("a", "b"), os.fspath(PATH) == PATH, os.stat(FOLDER).st_mode, os.environ.get("X")


@operation
def re_compile():
    re.purge()
    pattern = re.compile(r"(?P<name>[a-z]+)(?:\d{2,3}|x+?)(?=.)|(a|b)*\b\Bc[^x-z\u0416]", re.I)
    return pattern.groups, pattern.groupindex["name"]


PATTERN = re.compile(r"(\w+)@(\w+)(?:\.(\w+))*")


@operation
def re_matching():
    text = "someone@example.com, other@host \u0416@x.y.z"
    m = PATTERN.search(text)
    return (m.groups(), m.span(1), m.groupdict(), PATTERN.findall(text), PATTERN.sub(r"<\2>", text),
            PATTERN.split(text), [x.start() for x in PATTERN.finditer(text)], PATTERN.subn(lambda m: "x", text),
            m.expand(r"\1-\2"), repr(m), m[0], PATTERN.fullmatch("a@b") is not None, PATTERN.sub("", b"" .decode()))


# start() fails for the starter once the thread runs: nothing waits for it then, and its objects go
# when it ends.
@operation(swallows=(RuntimeError,), keeps=500)
def threads():
    out = []
    t = threading.Thread(target=out.append, args=(1,))
    try:
        t.start()
    finally:
        if t.ident:
            t.join()
    local = threading.local()
    local.x = 5
    lock, rlock, event = threading.Lock(), threading.RLock(), threading.Event()
    with lock, rlock:
        event.set()
    return out, local.x, event.wait(1), lock.locked()


@operation
def queues():
    q = queue.SimpleQueue()
    q.put(1)
    q.put([2])
    h = [5, 3, 10 ** 20]
    heapq.heapify(h)
    heapq.heappush(h, 1)
    s = [1, 3, 5]
    bisect.insort(s, 4)
    return q.get(), q.get_nowait(), h, heapq.heappop(h), heapq.nlargest(2, h), s, list(heapq.merge([1], [2]))


@operation
def contexts():
    token = VARIABLE.set([1])
    try:
        c = contextvars.copy_context()
    finally:
        _testinternal.remove_mem_hooks()
        VARIABLE.reset(token)
    return c.run(VARIABLE.get), VARIABLE.get(None), len(c) > 0, c[VARIABLE]


VARIABLE = contextvars.ContextVar("variable")


@operation
def dates():
    d = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.timezone.utc)
    delta = datetime.timedelta(days=1.5, seconds=3)
    return (d + delta, str(d), repr(delta), d.isoformat(), d.strftime("%Y %j %b"), d.timetuple()[:3],
            datetime.datetime.fromisoformat("2024-01-02T03:04:05+01:00"), d.astimezone(ZONE), d.date(), d.time(),
            d - d.replace(year=2020), delta / 2, delta // 7, datetime.date(2024, 1, 1).isocalendar(), hash(d),
            datetime.datetime.fromtimestamp(10 ** 9, ZONE), d.timestamp(), str(ZONE),
            pickle.loads(pickle.dumps(d)) == d)


ZONE = datetime.timezone(datetime.timedelta(hours=2), "ZZ")


@operation
def decimals():
    decimal.setcontext(decimal.Context())   # where localcontext() could not put it back
    D = decimal.Decimal
    a, b = D("123.456789") ** 20, D("7e-30")
    with decimal.localcontext() as context:
        context.prec = 60
        c = a / b + D(2).sqrt() - D(10 ** 40).ln()
    return (a, c, str(b), repr(a), divmod(b, 7), f"{a:,.3f}", float(b), int(a), D("1.5").as_integer_ratio(),
            a.quantize(D("1e20")), D("NaN").is_nan(), hash(a), round(D("2.675"), 2), D(1).exp(), max(a, b),
            D.from_float(0.1), a.as_tuple().exponent, pickle.loads(pickle.dumps(a)) == a)


@operation
def codecs_registry():
    return (codecs.lookup("utf-8").name, codecs.encode("abc", "rot13"), codecs.decode("616263", "hex"),
            "".join(codecs.iterdecode([b"\xc3", b"\xa9"], "utf-8")), codecs.getincrementalencoder("utf-16")().encode("a"),
            "\u20ac".encode("cp1252"), b"\x80".decode("cp1252"), "\u20ac".encode("ascii", "xmlcharrefreplace"),
            codecs.escape_decode(b"\\x41")[0], codecs.charmap_build("ab\u0416") is not None)


@operation
def arrays():
    a = array.array("i", range(50))
    a.append(7)
    a.extend([1, 2])
    a.insert(0, 9)
    del a[3:10]
    return a.tolist(), a.tobytes()[:8], repr(a[:3]), a * 2 == a + a, array.array("d", [1.5]).tolist(), a.index(20), a[::5]


@operation
def checksums_and_text():
    return (zlib.decompress(zlib.compress(b"abc" * 100)), zlib.crc32(b"x"), hashlib.sha256(b"x").hexdigest(),
            hashlib.md5(b"y").digest(), binascii.hexlify(b"ab"), binascii.b2a_base64(b"abc"), binascii.a2b_base64(b"YWJj"),
            hashlib.blake2b(b"z").hexdigest())


@operation
def csv_rows():
    out = io.StringIO()
    csv.writer(out).writerows([["a", 1, 2.5], ['q"x', "line\nbreak", None]])
    return out.getvalue(), list(csv.reader(io.StringIO(out.getvalue()))), list(csv.DictReader(["a,b", "1,2"]))


@operation
def maths():
    return (math.factorial(60), math.comb(100, 30), math.gcd(10 ** 30, 6), math.isqrt(10 ** 41), math.fsum([0.1] * 10),
            math.prod(range(1, 30)), math.lcm(4, 10 ** 20), math.perm(40, 20), math.sumprod([1, 2], [3, 10 ** 20]),
            math.hypot(3, 4), math.dist([1, 2], [4, 6]), math.frexp(8), math.log(10 ** 400))


@operation
def operators_and_copies():
    value = [1, [2, {3: (4, [5])}]]
    return (operator.itemgetter(0, 1)([1, 2]), operator.attrgetter("real", "imag")(5), copy.deepcopy(value) == value,
            operator.methodcaller("upper")("a"), copy.copy(value) == value, random.Random(5).random(),
            random.Random("seed").randrange(10 ** 20), random.Random(1).getstate()[1][:2])


@operation
def collections_of_garbage():
    cycle = []
    cycle.append({"self": cycle, "x": [cycle]})
    del cycle
    gc.collect()
    return len(gc.get_referents([1, 2])), gc.is_tracked([]), len(gc.get_count())


@operation
def system_functions():
    return (sys._getframe().f_code.co_name, sys.intern("a" + str(5)), sys.exc_info(), len(sys.version_info), sys.getsizeof([]) > 0)


MODULE = os.path.join(FOLDER, "module_that_is_imported.py")
with open(MODULE, "w") as file:
    file.write("import os\nfrom collections import OrderedDict\nVALUE = [i for i in range(3)]\n"
               "class C:\n    x: int = 1\ndef f(a, b=2): return a, b\n")
sys.path.insert(0, FOLDER)


# importlib takes a cache that cannot be read or written for none.
@operation(swallows=(ImportError, KeyError))
def importing():
    sys.modules.pop("module_that_is_imported", None)
    import module_that_is_imported as m
    return m.VALUE, m.f(1), m.C.x


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(FOLDER)
