"""Calls and unpackings at places that have become special forms, and what changes afterwards."""
import abc
import sys

WARM = 8


class Plain:
    def __init__(self, a):
        self.a = a


class Defaults:
    def __init__(self, a, b=2):
        self.a, self.b = a, b


def one(cls):
    return cls(1)


# a class at a warm place: __init__ replaced, __new__ added, made abstract, another callable
for _ in range(WARM):
    assert one(Plain).a == 1
Plain.__init__ = lambda self, a: setattr(self, "a", -a)
assert one(Plain).a == -1
for _ in range(WARM):
    assert one(Plain).a == -1
Plain.__new__ = lambda cls, a: "made by __new__"
assert one(Plain) == "made by __new__"
del Plain.__new__
for _ in range(WARM):
    assert (one(Defaults).a, one(Defaults).b) == (1, 2)
assert one(int) == 1 and one(str) == "1" and one(lambda x: x + 1) == 2


class Base(abc.ABC):
    def __init__(self, a):
        self.a = a

    @abc.abstractmethod
    def missing(self): ...


def base(cls):
    return cls(5)


class Complete(Base):
    def missing(self):
        pass


for _ in range(WARM):
    assert base(Complete).a == 5
for cls in (Base,):
    try:
        base(cls)
    except TypeError as error:
        assert "abstract" in str(error)
    else:
        raise AssertionError


def wrong():
    return Defaults()


for _ in range(WARM):
    try:
        wrong()
    except TypeError as error:
        assert str(error) == "Defaults.__init__() missing 1 required positional argument: 'a'", error
    else:
        raise AssertionError


class BadResult:
    def __init__(self):
        return 7


def bad():
    return BadResult()


for _ in range(WARM):
    try:
        bad()
    except TypeError as error:
        assert str(error) == "__init__() should return None, not 'int'"
    else:
        raise AssertionError

# defaults
marker = []


def with_defaults(a, b=marker, c=3):
    return a, b, c


def call_short(f):
    return f(1)


for _ in range(WARM):
    assert call_short(with_defaults) == (1, marker, 3)
    assert call_short(with_defaults)[1] is marker
before = sys.getrefcount(marker)
for _ in range(100):
    call_short(with_defaults)
assert sys.getrefcount(marker) == before
with_defaults.__defaults__ = (7, 8)
assert call_short(with_defaults) == (1, 7, 8)
with_defaults.__defaults__ = None
for _ in range(WARM):
    try:
        call_short(with_defaults)
    except TypeError as error:
        assert "missing 2 required positional arguments" in str(error)
    else:
        raise AssertionError
assert call_short(str) == "1" and call_short([1, 2].count) == 1
assert call_short(lambda x: x) == 1


# bound native methods, and native functions with second entries
def natives(append, values):
    for value in values:
        append(value)
        type(value)
    return [type(value) for value in values]


for _ in range(WARM):
    got = []
    assert natives(got.append, [1, 2.5, "x", None]) == [int, float, str, type(None)]
    assert got == [1, 2.5, "x", None]
assert natives(set().add, [1, 2]) == [int, int]
collected = {}
assert natives(collected.setdefault, ["a"]) == [str] and collected == {"a": None}


def unbound(append, target):
    append(target, 1)


for _ in range(WARM):
    got = []
    unbound(list.append, got)
    assert got == [1]
try:
    unbound(got.append, got)
except TypeError as error:
    assert "exactly one argument" in str(error), error
else:
    raise AssertionError
same = object()
assert all(id(same) == id(same) for _ in range(WARM))


# unpacking into neighbouring locals
def unpack(source):
    a, b = source
    return b, a


def rotate(n):
    a, b, c = [1], [2], [3]
    for _ in range(n):
        row = (c, a, b)
        a, b, c = row
    return a, b, c


def onto_itself():
    a = (["x"], ["y"])
    a, b = a
    return a, b


def fails(source):
    a, b = 1, 2
    try:
        a, b = source
    except ValueError:
        pass
    return a, b


def same_object():
    a, b = [[]] * 2
    a = b = []
    pair = (1, 2)
    a, b = pair
    return a, b


def pairs(source):
    result = []
    for key, value in source:
        result.append(key + value)
    return result


for _ in range(WARM):
    assert unpack((1, 2)) == (2, 1) and unpack("ab") == ("b", "a") and unpack([[], ()]) == ((), [])
    assert rotate(4) == ([3], [1], [2])
    assert onto_itself() == (["x"], ["y"])
    assert fails((1, 2, 3)) == (1, 2) and fails((8, 9)) == (8, 9)
    assert same_object() == (1, 2)
    rows = [(str(i) * 3, str(i) * 4) for i in range(20)]
    assert pairs(rows) == [str(i) * 7 for i in range(20)]
    assert pairs([["a", "b"], ("c", "d"), "ef"]) == ["ab", "cd", "ef"]
    assert pairs({"k": "v"}.items()) == ["kv"]


def generator_of_locals():
    a, b = yield
    while True:
        a, b = yield b, a


generator = generator_of_locals()
next(generator)
for i in range(WARM):
    assert generator.send((str(i), [i])) == ([i], str(i))


# awaitables of asynchronous generators, driven by await and by hand
async def numbers(n):
    for i in range(n):
        got = yield i
        assert got is None or got == "sent"


async def total(n):
    return sum([i async for i in numbers(n)])


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


assert run(total(10)) == 45


async def by_asend():
    it = numbers(3)
    assert await it.asend(None) == 0
    step = it.asend("sent")
    assert await step == 1
    try:
        await step
    except RuntimeError as error:
        assert "cannot reuse already awaited" in str(error)
    assert await it.__anext__() == 2
    try:
        await it.__anext__()
    except StopAsyncIteration:
        return "end"


assert run(by_asend()) == "end"
step = numbers(1).__anext__()
try:
    step.send(None)
except StopIteration as stop:
    assert stop.value == 0
