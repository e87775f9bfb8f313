# pickle in C: round trips, the same bytes as the documented format, hostile input, overriding,
# limits, threads.
import collections
import copyreg
import io
import pickle
import random
import sys
import threading
import _pickle
from pickle import PickleBuffer, PicklingError, UnpicklingError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as e:
        assert text in str(e), (text, str(e))
        return e
    else:
        raise AssertionError(f"no {kind.__name__}")


class Plain:
    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None


class Slots:
    __slots__ = ("a", "b")


class Keywords:
    def __new__(cls, *, x):
        self = super().__new__(cls)
        self.x = x
        return self

    def __getnewargs_ex__(self):
        return (), {"x": self.x}


class Hidden:
    # A property of the same name must not be asked by the unpickler.
    @property
    def value(self):
        raise AssertionError

    def __getstate__(self):
        return {"value": 5}


class ListLike(list):
    pass


class Outer:
    class Inner:
        def method(self):
            pass


def values():
    plain = Plain()
    plain.x = [1, 2.5, "three"]
    plain.me = {"k": (plain.x, plain.x)}
    yield from [None, True, False, 0, 1, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**63, -2**63,
                -128, -129, 10**100, -10**100, 1.5, -0.0, float("inf"), 1e300, "", "a", "\xe9",
                "\u20ac\n\\\0", "\U0001f600", "\ud800", "x" * 300, "y" * 70000, b"", b"abc",
                b"z" * 300, b"z" * 70000, bytearray(), bytearray(b"abc"), bytearray(70000), (),
                (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2], list(range(2500)), {},
                {"a": 1}, dict.fromkeys(range(1000)), dict.fromkeys(range(2500)), set(), {1},
                set(range(1000)), set(range(2500)), frozenset(), frozenset([1, 2]), len, int,
                Outer.Inner, type(None), type(...), NotImplemented, ..., range(5), 1 + 2j,
                collections.OrderedDict(a=1), collections.deque([1, 2]), ListLike([1, 2, 3]),
                slice(1, 2), plain]


for protocol in PROTOCOLS:
    for value in values():
        data = pickle.dumps(value, protocol)
        # The Python implementation reads what this one writes, and writes the same objects.
        for loads in (pickle.loads, pickle._loads):
            back = loads(data)
            assert type(back) is type(value) and (back == value or back is value), (protocol, value)
        assert pickle.loads(pickle._dumps(value, protocol)) == value
        f = io.BytesIO()
        pickle.dump(value, f, protocol)
        f.write(b"rest")
        f.seek(0)
        back = pickle.load(f)
        assert back == value and f.read() == b"rest"
        reader = io.BufferedReader(io.BytesIO(f.getvalue()), 16)
        assert pickle.load(reader) == value and reader.read() == b"rest"

    s = Slots()
    s.a = 1
    if protocol >= 2:
        s = pickle.loads(pickle.dumps(s, protocol))
        assert s.a == 1 and not hasattr(s, "b")
        assert pickle.loads(pickle.dumps(Keywords(x=3), protocol)).x == 3
    assert pickle.loads(pickle.dumps(Hidden(), protocol)).__dict__ == {"value": 5}

    loop = []
    loop.append(loop)
    back = pickle.loads(pickle.dumps(loop, protocol))
    assert back[0] is back
    pair = ([],)
    pair[0].append(pair)
    back = pickle.loads(pickle.dumps(pair, protocol))
    assert type(back) is tuple and back[0][0] is back
    node = Plain()
    node.me = node
    back = pickle.loads(pickle.dumps(node, protocol))
    assert back.me is back

# The exact format.
assert pickle.dumps([1, "a", None], 0) == b"(lp0\nI1\naVa\np1\naNa."
assert pickle.dumps([1, "a", None], 2) == b"\x80\x02]q\x00(K\x01X\x01\x00\x00\x00aq\x01Ne."
assert pickle.dumps({"a": 1.5}, 5) == (
    b"\x80\x05\x95\x11\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94G?\xf8\x00\x00\x00\x00\x00\x00s.")
assert pickle.dumps(2) == b"\x80\x05K\x02."
assert pickle.dumps(Outer.Inner, 2).count(b"getattr") == 1

# Hostile input: an error, never a crash, never much memory.
LOOP = [b"N.", b"]q\x00(K\x01", b"\x8c\x03abc", b"(I1\nI2\nd.", b"\x80\x04\x95\x05\0\0\0\0\0\0\0"]
for text, kind, data in [
    ("Ran out of input", EOFError, b""),
    ("unpickling stack underflow", UnpicklingError, b"."),
    ("unexpected MARK found", UnpicklingError, b"N(."),
    ("could not find MARK", UnpicklingError, b"t."),
    ("odd number of items for DICT", UnpicklingError, b"(Nd."),
    ("pickle data was truncated", UnpicklingError, b"B\xff\xff\xff\x7fabc"),
    ("pickle data was truncated", UnpicklingError, b"\x8e\xff\xff\xff\xff\xff\xff\xff\x00abc"),
    ("exceeds system's maximum size", OverflowError, b"\x96" + b"\xff" * 8),
    ("Memo value not found at index 1", UnpicklingError, b"h\x01."),
    ("invalid load key, '\\xff'.", UnpicklingError, b"\xff"),
    ("unsupported pickle protocol: 9", ValueError, b"\x80\x09N."),
    ("LONG pickle has negative byte count", UnpicklingError, b"\x8b\xff\xff\xff\xff."),
    ("state is not a dictionary", UnpicklingError, b"c__main__\nPlain\n)R]b."),
    ("EXT specifies code <= 0", UnpicklingError, b"\x82\x00."),
    ("could not convert string to int", ValueError, b"Ix\n."),
    ("STACK_GLOBAL requires str", UnpicklingError, b"NN\x93."),
]:
    raises(kind, text, pickle.loads, data)
    raises((kind, UnpicklingError), "", pickle.load, io.BytesIO(data))
assert pickle.loads(b"Nr\xff\xff\xff\x7fj\xff\xff\xff\x7f\x86.") == (None, None)    # far memo
random.seed(3)


class Harmless(pickle.Unpickler):
    def find_class(self, module, name):
        return {"set": set, "list": list, "complex": complex, "Plain": Plain}.get(name, int)


# Codes for globals are left out where the names would really be imported.
CODES = b"(.0123FIJKLMNRSTUVXabd}eghjl]opqst)uG\x80\x81\x85\x86\x87\x8c\x8f\x90\x91\x94\x95\x96\x98\0\1\xff"
corpus = [pickle.dumps(v, p) for v in values() for p in PROTOCOLS]
corpus = [d for d in corpus if len(d) < 400]
pure = [d for d in corpus if not set(d) & set(b"ci\x93")]
assert len(pure) > 100
for i in range(6000):
    data = bytearray(random.choice(pure if i % 2 else corpus))
    codes = CODES if i % 2 else CODES + b"ci\x93"
    for _ in range(random.randrange(1, 4)):
        data[random.randrange(len(data))] = random.choice(codes)
    try:
        pickle.loads(data) if i % 2 else Harmless(io.BytesIO(data)).load()
    except Exception:
        pass

# Deep nesting.
deep = None
for _ in range(200000):
    deep = [deep]
raises(RecursionError, "maximum recursion depth exceeded", pickle.dumps, deep)
while deep:
    deep = deep[0]

# Errors with the way to the object.
e = raises(PicklingError, "Can't pickle local object", pickle.dumps,
           [1, {"key": (lambda: (lambda: 0))()}])
assert e.__notes__ == ["when serializing dict item 'key'", "when serializing list item 1"]
raises(TypeError, "cannot pickle", pickle.dumps, threading.Lock())
raises(ValueError, "pickle protocol must be <= 5", pickle.dumps, 1, 6)
raises(TypeError, "file must have a 'write' attribute", pickle.Pickler, 5)
raises(PicklingError, "Pickler.__init__() was not called", pickle.Pickler.__new__(
    pickle.Pickler).dump, 1)


# Overriding.
class MyPickler(pickle.Pickler):
    def persistent_id(self, op):
        return "the list" if op is shared_list else None

    def reducer_override(self, op):
        if op is Outer:
            return str, ("outer",)
        return NotImplemented


class MyUnpickler(pickle.Unpickler):
    def persistent_load(self, pid):
        assert pid == "the list"
        return shared_list

    def find_class(self, module, name):
        asked.append(name)
        return super().find_class(module, name)


shared_list = [1]
for protocol in PROTOCOLS:
    asked = []
    f = io.BytesIO()
    p = MyPickler(f, protocol)
    p.dump([shared_list, Outer, Plain])
    f.seek(0)
    result = MyUnpickler(f).load()
    assert result[0] is shared_list and result[1:] == ["outer", Plain] and "Plain" in asked
table = pickle.Pickler(io.BytesIO())
table.dispatch_table = collections.ChainMap({Plain: lambda op: (int, ("7",))})
f = io.BytesIO()
p = pickle.Pickler(f)
p.dispatch_table = {Plain: lambda op: (int, ("7",))}
p.dump(Plain())
assert pickle.loads(f.getvalue()) == 7
copyreg.add_extension("__main__", "Outer", 300)
assert b"Outer" not in pickle.dumps(Outer, 2) and pickle.loads(pickle.dumps(Outer, 2)) is Outer
copyreg.remove_extension("__main__", "Outer", 300)

# Memo, and pickles that follow each other.
f = io.BytesIO()
p = pickle.Pickler(f)
p.dump("abc")
first = f.tell()
p.dump("abc")
assert f.tell() - first < first and list(p.memo.copy().values()) == [(0, "abc")]
u = pickle.Unpickler(io.BytesIO(f.getvalue()))
assert u.load() is u.load() and u.memo.copy() == {0: "abc"}
u.memo = {5: 1}
raises(ValueError, "memo key must be positive integers.", setattr, u, "memo", {-1: 1})

# Buffers outside the stream.
payload = bytearray(b"x" * 100000)
buffers = []
data = pickle.dumps([PickleBuffer(payload)], 5, buffer_callback=buffers.append)
assert len(data) < 50 and pickle.loads(data, buffers=buffers)[0] is buffers[0]
assert pickle.loads(pickle.dumps(PickleBuffer(payload), 5)) == payload
raises(UnpicklingError, "not enough out-of-band buffers", pickle.loads, data, buffers=[])
b = PickleBuffer(payload)
assert b.raw().format == "B" and len(memoryview(b)) == 100000
b.release()
raises(ValueError, "operation forbidden on released PickleBuffer object", memoryview, b)


# A pickler works for one thread at a time; everything else in parallel.
class Slow:
    def __reduce__(self):
        started.set()
        go.wait(5)
        return int, ()


started, go = threading.Event(), threading.Event()
p = pickle.Pickler(io.BytesIO())
t = threading.Thread(target=p.dump, args=(Slow(),))
t.start()
started.wait(5)
raises(RuntimeError, "Pickler object is already used", p.dump, 1)
raises(RuntimeError, "Pickler object is already used", p.clear_memo)
go.set()
t.join()

changing = {i: [i] for i in range(100)}
stop = threading.Event()
failures = []


def change():
    i = 0
    while not stop.is_set():
        changing[i % 200] = [i]
        changing.pop((i * 7) % 200, None)
        changing[i % 90 if i % 90 in changing else i % 200] = list(range(i % 5))
        i += 1


def dump():
    try:
        for _ in range(100):
            try:
                pickle.loads(pickle.dumps(changing))
            except RuntimeError as e:
                assert "changed size" in str(e)
    except BaseException as e:
        failures.append(e)


writer = threading.Thread(target=change)
writer.start()
readers = [threading.Thread(target=dump) for _ in range(3)]
for t in readers:
    t.start()
for t in readers:
    t.join()
stop.set()
writer.join()
assert not failures, failures
