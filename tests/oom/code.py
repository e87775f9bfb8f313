"""Out of memory in functions, classes, generators, exceptions, and in the compiler."""
import gc
import types
import weakref

from _failing import main, operation


@operation
def calls():
    def f(a, b=2, *args, c, d=4, **kwargs):
        return a, b, args, c, d, kwargs

    def g(*args, **kwargs):
        return f(*args, **kwargs)
    return (f(1, c=3), f(1, 2, 3, 4, c=5, e=6), g(1, *[2, 3], c=4, **{"z": 1}),
            f(*range(5), c=1), (lambda x: x * 2)(10 ** 20), g(a=1, c=2))


@operation
def call_errors():
    def f(a, b, *, c):
        pass
    result = []
    for call in (lambda: f(1), lambda: f(1, 2, 3, c=1), lambda: f(1, 2, c=1, d=2),
                 lambda: f(1, a=2, b=3, c=4), lambda: f(1, 2), lambda: len(), lambda: gc(),
                 lambda: [].append(1, 2), lambda: "a" + 1, lambda: [1][10], lambda: {}["x"],
                 lambda: None.attribute, lambda: undefined_name, lambda: 1 / 0):
        try:
            call()
        except MemoryError:
            raise
        except Exception as error:
            result.append(f"{type(error).__name__}: {error}")
    return result


@operation
def closures():
    def outer(n):
        total = 10 ** 20

        def add(x):
            nonlocal total
            total += x
            return total + n

        def twice(x):
            return add(x) + add(x)
        return add, twice
    add, twice = outer(5)
    return add(1), twice(2), [f(1) for f in (add, twice)], add.__closure__[0].cell_contents


@operation
def recursion():
    def depth(n):
        return [n] if n == 0 else [n, *depth(n - 1)]

    def too_deep(n):
        return too_deep(n + 1)
    try:
        import sys
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(150)
        try:
            too_deep(0)
        finally:
            sys.setrecursionlimit(limit)
    except RecursionError as error:
        return depth(20), str(error)[:30]


@operation
def generators():
    def numbers(n):
        try:
            for i in range(n):
                got = yield [i]
                if got:
                    yield got
        finally:
            seen.append("end")

    def delegate():
        result = yield from numbers(3)
        return result, (yield "last")
    seen = []
    g = delegate()
    out = [next(g), g.send("x"), next(g)]
    out.extend(g)
    h = numbers(5)
    next(h)
    try:
        h.throw(ValueError("thrown"))
    except ValueError as error:
        out.append(str(error))
    k = numbers(2)
    next(k)
    k.close()
    return out, seen, list(i * i for i in range(10) if i % 2), sum(len(x) for x in numbers(4))


@operation(swallows=(RuntimeError,))     # what closes it may meet __aexit__'s await
def coroutines():
    @types.coroutine
    def pause(value):
        return (yield value)

    class Manager:
        async def __aenter__(self):
            return await pause("enter")

        async def __aexit__(self, *exc):
            await pause("exit")

    async def ticks(n):
        for i in range(n):
            await pause(i)
            yield i

    async def work():
        async with Manager() as m:
            return m, [i async for i in ticks(3)], await pause("x")
    c = work()
    seen = []
    try:
        value = c.send(None)
        while True:
            seen.append(value)
            value = c.send(value)
    except StopIteration as stop:
        return seen, stop.value
    finally:
        c.close()


@operation
def classes():
    class Base:
        """Text."""
        x = 1

        def method(self):
            return self.x

        @property
        def prop(self):
            return self.x * 10 ** 20

        @classmethod
        def make(cls, *args):
            return cls(*args)

        @staticmethod
        def static(a):
            return [a]

    class Derived(Base):
        def __init__(self, x=2):
            self.x = x
            self.y = [x]

        def method(self):
            return super().method() + 1

    d = Derived.make(5)
    return (d.method(), d.prop, Base().method(), Derived.static(1), [c.__name__ for c in Derived.__mro__],
            isinstance(d, Base), Derived.__qualname__, vars(d), d.__class__ is Derived)


@operation
def slots_classes():
    class S:
        __slots__ = ("a", "b", "__weakref__")

        def __init__(self):
            self.a = 10 ** 20

    class T(S):
        __slots__ = "c", "__dict__"
    t = T()
    t.c = [1]
    t.d = {}
    del t.a
    try:
        t.a
    except AttributeError as error:
        return t.c, t.d, str(error), weakref.ref(t)() is t


@operation
def metaclasses():
    class Meta(type):
        def __prepare__(name, bases, **kwargs):
            return {"prepared": True}

        def __new__(meta, name, bases, namespace, **kwargs):
            cls = super().__new__(meta, name, bases, namespace)
            cls.keywords = kwargs
            return cls

        def __init__(cls, name, bases, namespace, **kwargs):
            super().__init__(name, bases, namespace)

        def __call__(cls, *args):
            return super().__call__(*args)

    class Descriptor:
        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, obj, owner):
            return self.name

    class A(metaclass=Meta, flag=1):
        d = Descriptor()

        def __init_subclass__(cls, **kwargs):
            cls.sub = kwargs

    class B(A, other=2):
        pass
    dynamic = type("Dynamic", (dict,), {"z": 1, "f": lambda self: 3})
    return A.keywords, A.prepared, B.sub, A().d, B.d, dynamic().f(), dynamic.z


@operation
def special_methods():
    class Number:
        def __init__(self, v):
            self.v = v

        def __add__(self, other):
            return Number(self.v + getattr(other, "v", other))
        __radd__ = __add__

        def __eq__(self, other):
            return isinstance(other, Number) and self.v == other.v

        def __hash__(self):
            return hash(self.v)

        def __lt__(self, other):
            return self.v < other.v

        def __getitem__(self, key):
            if isinstance(key, int) and key > 3:
                raise IndexError(key)
            return key

        def __len__(self):
            return 3

        def __contains__(self, x):
            return x == self.v

        def __call__(self, *args, **kwargs):
            return args, kwargs

        def __repr__(self):
            return f"N({self.v})"

        def __bool__(self):
            return False

        def __index__(self):
            return self.v

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return True

        def __getattr__(self, name):
            if name.startswith("x"):
                return name
            raise AttributeError(name)
    n = Number(2)
    with n as m:
        raise ValueError("swallowed")
    return (repr(n + 1), repr(5 + n), n == Number(2), {n: 1}[Number(2)], sorted([Number(3), n])[0].v,
            list(n), n[1:2], len(n), 2 in n, n(1, a=2), not n, [10, 20, 30][n], m is n, n.xyz,
            hasattr(n, "other"), "abc"[n], bytes(n), range(n))


@operation
def attributes():
    class A:
        pass
    a = A()
    for i in range(40):
        setattr(a, f"name{i}", [i])
    for i in range(0, 40, 3):
        delattr(a, f"name{i}")
    b = A()
    b.__dict__ = {"q": 1}
    b.r = 2
    b.__dict__["s"] = 3
    A.late = 5
    return (len(vars(a)), a.name1, getattr(a, "name0", None), vars(b), b.late, sorted(dir(a))[-3:],
            a.__dict__ is a.__dict__)


@operation
def instances_in_cycles():
    class Node:
        def __init__(self, other=None):
            self.other = other
            self.me = self

        def __del__(self):
            dead.append(1)
    dead = []
    Node(Node())
    gc.collect()        # where __del__ fails, sys.unraisablehook is told


@operation
def weak_references():
    class A:
        pass
    a = A()
    gone = []
    r = weakref.ref(a, lambda ref: gone.append(1))
    p = weakref.proxy(a)
    p.x = 5
    d = weakref.WeakValueDictionary(k=a)
    k = weakref.WeakKeyDictionary({a: 1})
    s = weakref.WeakSet([a])
    result = r() is a, p.x, len(d), len(k), len(s)
    del a
    return result, r(), len(d)


@operation
def exceptions():
    class Own(Exception):
        pass

    def fail(n):
        if n:
            return fail(n - 1)
        raise Own("text", [1])
    result = []
    try:
        try:
            fail(3)
        except Own as error:
            raise ValueError("second") from error
        finally:
            result.append("finally")
    except ValueError as error:
        depth = 0
        tb = error.__cause__.__traceback__
        while tb is not None:
            depth += 1
            tb = tb.tb_next
        error.add_note("note")
        result += [depth, str(error), repr(error.__cause__), error.__notes__,
                   error.__context__ is error.__cause__]
    return result


@operation
def exception_groups():
    result = []
    try:
        raise ExceptionGroup("group", [ValueError(1), TypeError(2), ExceptionGroup("in", [KeyError(3)])])
    except* ValueError as group:
        result.append(repr(group.exceptions))
    except* (TypeError, KeyError) as group:
        result.append(len(group.exceptions))
    group = ExceptionGroup("g", [OSError(2, "no"), ValueError("x")])
    match, rest = group.split(OSError)
    return result, repr(match), repr(rest), str(group), group.subgroup(lambda e: False)


@operation
def exception_kinds():
    return (repr(OSError(2, "No such file", "name")), type(OSError(2, "x")).__name__,
            str(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")), str(KeyError("k")),
            repr(StopIteration(5).value), str(SyntaxError("bad", ("f", 1, 2, "text"))),
            str(ImportError("x", name="n")), SystemExit(3).code, repr(AttributeError("a", name="n")))


@operation
def pattern_matching():
    class P:
        __match_args__ = "x", "y"

        def __init__(self, x, y):
            self.x, self.y = x, y

    def kind(value):
        match value:
            case [1, *rest]:
                return rest
            case {"k": v, **others}:
                return v, others
            case P(1, y=z):
                return z
            case str() | bytes() as text if text:
                return text
            case (a, b):
                return b, a
            case _:
                return None
    return [kind(v) for v in ([1, 2, 3], {"k": 1, "l": 2}, P(1, [2]), "s", (5, 6), 7)]


@operation
def unpacking():
    a, *b, c = range(10)
    (d, e), f = [[1, 2], 3]
    first, *rest = "abc"
    try:
        x, y = [1, 2, 3]
    except ValueError as error:
        return a, b, c, d, e, f, first, rest, str(error), [*b, *rest], {*b}, {**{"a": 1}}


@operation
def comprehensions():
    return ([i * j for i in range(5) for j in range(i)], {i: [i] for i in range(10)},
            {str(i) for i in range(5)}, [[x for x in range(y)] for y in range(4)],
            list((a, b) for a, b in zip("ab", "cd")), [y for x in range(5) if (y := x * 10 ** 18)])


@operation
def annotations_and_generics():
    def f[T: int](a: T, b: "later" = None) -> list[T]:
        return a

    class C[K, **P]:
        x: int
        y: dict[str, list[int]] = {}

        def method(self) -> K: ...
    type Alias[X] = list[X] | None
    return (f.__annotations__["b"], f.__type_params__[0].__name__, C.__annotations__["x"],
            repr(Alias.__value__), str(list[int] | None), len(C.__type_params__),
            repr(dict[str, int].__args__), f.__type_params__[0].__bound__)


@operation
def templates():
    name = [1]
    t = t"a {name!r:>{5}} b"
    return t.strings, t.values, t.interpolations[0].expression


SOURCE = '''
"""Docstring."""
import os.path as p
from collections import *
x: int = 1 + 2 * 3
@decorate
class A(B, metaclass=M):
    y = [i for i in range(10) if i]
    def f(self, a, /, b=1, *c, d, e=2, **k) -> int:
        nonlocal_x = 5
        def g():
            nonlocal nonlocal_x
            nonlocal_x += a
            yield from (z async for z in k) if False else ()
        try:
            with open(a) as f, g() as h:
                while True:
                    if a < b <= 3 and not d or e:
                        break
                    elif (n := a):
                        continue
                else:
                    pass
        except* ValueError as error:
            raise X from error
        finally:
            del self.x, a[1:2]
        return f"{a!r:>{b}} {c=}" "lit" % (1, 2.5, 3j, b"x", "\\u0416")
async def h():
    async for i in x:
        await i
    async with y as (q, w):
        return lambda *a, z=1: [*a, {**z}, {1, 2}]
match x:
    case {"a": [1, *_], **rest} if x: pass
    case A(b=2) | 1 | None: pass
    case _: assert x, "message"
global_list = [1, 2, (3, 4, ("five", None, ..., True))]
def gen[T](a: T) -> T: return (yield a)
type L[U] = list[U]
'''


@operation
def compile_source():
    code = compile(SOURCE.replace("z async for z in k", "z for z in k"), "file.py", "exec")
    return code.co_names, len(code.co_code), code == compile(code_text(), "file.py", "exec")


def code_text():
    return SOURCE.replace("z async for z in k", "z for z in k")


@operation
def compile_errors():
    result = []
    for text in ("x = = 1", "def f(:\n pass", "(1, 2", "f'{a b}'", "return 1", "'abc", "x = 08",
                 "a b", "for x in y z", "if True:\npass", "nonlocal x", "def f(a, a): pass",
                 "\tx\n        y", "f(a=1, a=2)", "1 = x", "break", "'\\N{nothing}'", "x\0y"):
        try:
            compile(text, "f", "exec")
        except (SyntaxError, ValueError) as error:
            result.append(f"{type(error).__name__}: {error}")
    return result


@operation
def execute():
    namespace = {}
    exec("""
def f(a, b=[1]):
    return [a, *b]
class C:
    def m(self): return f"{self.__class__.__name__}"
result = f(2), C().m(), {i: i for i in range(3)}, sorted([3, 1, 2])
""", namespace)
    return namespace["result"], eval("a + b", {"a": 10 ** 20, "b": 1}), eval("[x for x in 'ab']")


@operation
def trees():
    import ast
    tree = ast.parse("def f(a, *, b: int = 1):\n    return [a, {b: 'x'}]\nx = f'{f(1)!r}'")
    return ast.unparse(tree), len(ast.dump(tree)), compile(tree, "f", "exec").co_names


@operation
def frames_and_code():
    import sys

    def f(a):
        frame = sys._getframe()
        local = [a]
        seen = dict(frame.f_locals)
        del seen["frame"]
        return seen, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno
    code = f.__code__.replace(co_name="other")
    return (f(10 ** 20), code.co_name, f.__code__.co_varnames, list(f.__code__.co_lines())[0][2] > 0,
            len(list(f.__code__.co_positions())), f.__code__ == code, hash(f.__code__) != 0)


@operation
def tracing():
    import sys
    events = []

    def trace(frame, event, arg):
        events.append(event)
        return trace

    def traced(n):
        for i in range(n):
            n += i
        return n
    sys.settrace(trace)
    try:
        traced(3)
    finally:
        sys.settrace(None)
    return events[:4]


@operation
def functions_made():
    def f(a, b=1, *, c=2):
        "doc"
    g = types.FunctionType(f.__code__, globals(), "g", (5,), None)
    g.__defaults__ = (1, 2)
    g.__kwdefaults__ = {"c": 3}
    g.attribute = [1]
    g.__name__ = "h"
    m = types.MethodType(g, 5)
    return (g.__name__, g.__defaults__, g.__dict__, g.__doc__, m.__self__, m.attribute, m == m,
            repr(m)[:10], types.SimpleNamespace(a=1, b=[2]) == types.SimpleNamespace(a=1, b=[2]),
            repr(types.SimpleNamespace(a=1)), dict(types.MappingProxyType({"a": 1})))


if __name__ == "__main__":
    main()
