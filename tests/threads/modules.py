# Objects of the library's native modules that several threads use at once.
import bisect
import codecs
import contextvars
import copy
import functools
import gc
import heapq
import marshal
import operator
import queue
import random
import re
import string
import struct
import sys
import threading
import time
import types
import typing
import unicodedata
import warnings
from _hammer import hammer, run_all, together

ALLOWED = (AttributeError, TypeError, RuntimeError, ReferenceError, ValueError, KeyError, IndexError)


def test_lru_cache():
    calls = []

    @functools.lru_cache(maxsize=16)
    def bounded(x):
        calls.append(x)
        return x * 2

    @functools.lru_cache(maxsize=None)
    def unbounded(x):
        return x * 3

    def use(n):
        assert bounded(n % 40) == n % 40 * 2 and unbounded(n % 40) == n % 40 * 3
        assert bounded.cache_info().currsize <= 16

    hammer(use, use, lambda n: n % 50 or (bounded.cache_clear(), unbounded.cache_clear()),
           lambda n: (bounded.cache_info(), bounded.cache_parameters(), copy.copy(bounded)), copies=1)
    info = bounded.cache_info()
    assert info.currsize <= 16


def test_partial():
    shared = functools.partial(pow, 2)
    hammer(lambda n: shared(3) in (8, 9), lambda n: shared.__setstate__((pow, (n % 5,), {}, None)),
           lambda n: (repr(shared), shared.__reduce__(), shared.args, shared.keywords),
           lambda n: setattr(shared, "x", n), allowed=ALLOWED)


def test_singledispatch():
    @functools.singledispatch
    def shared(x):
        return 0

    hammer(lambda n: shared(n), lambda n: shared("a"), lambda n: shared.register(str, lambda x: 1))


def test_compare_keys():
    key = functools.cmp_to_key(lambda a, b: a - b)
    hammer(lambda n: sorted([3, 1, 2], key=key), lambda n: key(1) < key(2))


def test_random():
    shared = random.Random(3)
    hammer(lambda n: 0 <= shared.random() < 1, lambda n: shared.getrandbits(100), lambda n: shared.seed(n),
           lambda n: shared.setstate(shared.getstate()), lambda n: shared.shuffle([1, 2, 3]),
           lambda n: shared.gauss(0, 1), copies=1)
    values = []
    fresh = random.Random(1)
    together([lambda: values.extend(fresh.getrandbits(64) for _ in range(500)) for _ in range(4)])
    assert len(set(values)) == 2000         # no state is used twice


def test_regular_expressions():
    shared = re.compile(r"(\w+)\s*=\s*(\d+)")
    match = shared.match("key = 42")
    scanner = shared.scanner("a = 1 b = 2 c = 3 " * 30)

    def use(n):
        assert shared.match("key = 42").groups() == ("key", "42")
        assert match.group(1) == "key" and match.span(2) == (6, 8)
        assert shared.sub(r"\2=\1", "a = 1") == "1=a"
        re.compile("a%d" % (n % 700))
        scanner.search(), scanner.match()

    hammer(use, lambda n: re.purge(), lambda n: (copy.copy(shared), match.groupdict(), match.expand(r"\1")),
           lambda n: (shared.findall("a = 1 b = 2"), shared.split("a = 1"), repr(shared), hash(shared)))


def test_struct():
    shared = struct.Struct("<IHd")
    hammer(lambda n: shared.unpack(shared.pack(n, 1, 2.5)), lambda n: struct.pack("<%dI" % (n % 200), *[0] * (n % 200)),
           lambda n: shared.__init__("<IHd"), lambda n: (shared.format, shared.size, repr(shared)),
           lambda n: struct._clearcache(), allowed=ALLOWED)


def test_context_variables():
    variable = contextvars.ContextVar("variable", default=0)
    others = [contextvars.ContextVar("v%d" % i) for i in range(40)]
    shared = contextvars.copy_context()

    def own(n):
        context = contextvars.copy_context()

        def inside():
            token = variable.set(n)
            for v in others:
                v.set(n)
            assert variable.get() == n and all(v.get() == n for v in others)
            variable.reset(token)

        context.run(inside)
        len(context), list(context.items())

    def enter(n):
        shared.run(lambda: (variable.set(n), others[n % 40].set(n), variable.get()))

    hammer(own, enter, lambda n: (list(shared.items()), shared.get(variable), shared.copy(), len(shared)),
           allowed=(RuntimeError, KeyError, LookupError))


def test_queues():
    for make in (queue.SimpleQueue, queue.Queue):
        shared = make()
        got = []

        def take():
            while (item := shared.get()) is not None:
                got.append(item)

        def put(i):
            for k in range(300):
                shared.put((i, k))

        takers = [threading.Thread(target=take) for _ in range(3)]
        for t in takers:
            t.start()
        together([lambda i=i: put(i) for i in range(3)])
        for _ in takers:
            shared.put(None)
        for t in takers:
            t.join()
        assert sorted(got) == [(i, k) for i in range(3) for k in range(300)]


def test_locks():
    for make in (threading.Lock, threading.RLock):
        lock = make()
        total = 0

        def work():
            nonlocal total
            for _ in range(500):
                with lock:
                    value = total
                    total = value + 1

        together([work] * 4)
        assert total == 2000
        hammer(lambda n: lock.acquire(timeout=0.0001) and lock.release(), lambda n: repr(lock),
               lambda n: lock.locked(), seconds=0.03)
    condition = threading.Condition()
    hammer(lambda n: woken(condition), lambda n: notify(condition), seconds=0.03)
    shared = threading.local()
    hammer(lambda n: setattr(shared, "x", n), lambda n: getattr(shared, "x", None), lambda n: vars(shared))


def woken(condition):
    with condition:
        condition.wait(0.0001)


def notify(condition):
    with condition:
        condition.notify_all()


def test_events_and_barriers():
    event = threading.Event()
    hammer(lambda n: event.set(), lambda n: event.clear(), lambda n: event.wait(0.0001), seconds=0.03)
    semaphore = threading.BoundedSemaphore(2)

    def use(n):
        with semaphore:
            pass

    hammer(use)


def test_heaps_and_bisection():
    shared = []
    hammer(lambda n: heapq.heappush(shared, n % 50), lambda n: heapq.heappop(shared), lambda n: heapq.heapify(shared),
           lambda n: heapq.heappushpop(shared, n), lambda n: heapq.nsmallest(3, shared), copies=1)
    ordered = list(range(100))
    hammer(lambda n: bisect.insort(ordered, n % 100), lambda n: ordered.pop(), lambda n: bisect.bisect(ordered, 5))


def test_marshal_and_copies():
    shared = {"a": [1, 2, {3}], "b": bytearray(b"xyz")}

    def change(n):
        shared["a"].append(n)
        shared["a"][2].add(n)
        shared[n % 20] = n
        if n % 50 == 0:
            del shared["a"][5:]
            shared["a"][2].clear()

    hammer(change, lambda n: marshal.loads(marshal.dumps(shared)), lambda n: copy.deepcopy(shared), lambda n: repr(shared))


def test_system():
    hammer(lambda n: sys.setrecursionlimit(1000 + n % 10), lambda n: sys.getrefcount(shared_list()),
           lambda n: sys.intern("name%d" % (n % 500)), lambda n: sys._getframe(0).f_back,
           lambda n: gc.collect(0), lambda n: (gc.get_count(), gc.get_stats(), gc.is_tracked([])),
           lambda n: (gc.get_objects(generation=0)[:3], gc.get_referents([n])), copies=1)


def shared_list():
    return [1]


def test_warnings():
    def warn(n):
        warnings.warn("text %d" % (n % 5), DeprecationWarning)

    with warnings.catch_warnings():
        hammer(warn, lambda n: warnings.simplefilter("ignore"), lambda n: warnings.filterwarnings("ignore", "t"))


def test_texts():
    text = "é" * 50 + "abc"
    hammer(lambda n: (text.encode(), hash(text), text.upper(), text.isidentifier()),
           lambda n: unicodedata.normalize("NFD", text), lambda n: codecs.lookup("latin-1").encode(text),
           lambda n: int(str(n) * 30), lambda n: string.Template("$a").substitute(a=n), lambda n: f"{n:>{n % 20}}")
    fresh = ["ab%dé" % i for i in range(500)]
    together([lambda: [(hash(t), t.encode(), sys.intern(t)) for t in fresh] for _ in range(4)])


def test_incremental_codecs():
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoder = codecs.getincrementalencoder("utf-16")()
    hammer(lambda n: decoder.decode(b"\xc3\xa9\xc3"), lambda n: decoder.reset(), lambda n: decoder.getstate(),
           lambda n: encoder.encode("abc"), lambda n: encoder.reset(), allowed=ALLOWED, copies=1)


def test_types():
    def make(n):
        list[int], dict[str, n], int | str | None, typing.Optional[int]
        types.SimpleNamespace(a=n), slice(n, 2 * n), range(n)

    space = types.SimpleNamespace()
    hammer(make, lambda n: setattr(space, "a%d" % (n % 30), n), lambda n: (repr(space), vars(space).copy()),
           lambda n: delattr(space, "a%d" % (n % 30)), allowed=ALLOWED)


def test_compiling():
    import ast
    hammer(lambda n: compile("def f(x):\n    return [y for y in x if y > %d]\n" % n, "f", "exec"),
           lambda n: eval("%d + 1" % n), lambda n: ast.unparse(ast.parse("a + %d" % n)),
           lambda n: exec("class A:\n    x = %d" % n, {}), lambda n: compile("x +", "f", "exec"), allowed=(SyntaxError,))


def test_imports():
    names = ["colorsys", "cmd", "chunk_missing", "fnmatch", "quopri", "sndhdr_missing", "stat", "tabnanny"]

    def load(n):
        name = names[n % len(names)]
        try:
            __import__(name)
        except ImportError:
            pass
        if n % 3 == 0:
            sys.modules.pop("colorsys", None)

    hammer(load, allowed=(KeyError, AttributeError))


def test_times():
    hammer(lambda n: time.strftime("%H", time.localtime(n)), lambda n: time.gmtime(n), lambda n: time.ctime(n),
           lambda n: time.mktime(time.gmtime(n % 10**9)))


def test_tracing():
    import _thread

    def traced(n):
        sys.settrace(lambda *a: None)
        try:
            return sum(range(3))
        finally:
            sys.settrace(None)

    tool = 3

    def monitored(n):
        try:
            sys.monitoring.use_tool_id(tool, "t")
        except ValueError:
            return
        try:
            sys.monitoring.register_callback(tool, sys.monitoring.events.PY_START, lambda *a: None)
            sys.monitoring.set_events(tool, sys.monitoring.events.PY_START)
            sys.monitoring.set_events(tool, 0)
        finally:
            sys.monitoring.free_tool_id(tool)

    hammer(traced, monitored, lambda n: (sys.gettrace(), _thread.get_ident(), sys.monitoring.get_tool(tool)),
           allowed=ALLOWED)


run_all(globals())
