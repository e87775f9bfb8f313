# Targets that read programs: tokenizer, parser, compiler, trees, and code that then runs.
import ast
import builtins
import io
import os
import random
import symtable
import tokenize
import warnings

from _target import bounded, check, target

warnings.simplefilter("ignore")

SNIPPETS = [
    b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
    b"# coding: utf-8\nx = 'caf\xc3\xa9'\n",
    b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\ny = '\x80'\n",
    b"# coding: utf-16\nx\n", b"# coding: utf-7\nx = '+2D3-'\n", b"\xef\xbb\xbf# coding: utf-8\nx\n",
    b"x = 1\nif x:\n    y = [a for a in range(3) if a]\nelse:\n    y = {**{}, 'a': (1, *[2])}\n",
    b"def f(a, /, b=1, *c, d: int = 2, **e) -> str:\n    'doc'\n    nonlocal_ = lambda *a, k=1: (yield)\n    return a\n",
    b"class A[T: int = str, *Ts, **P](B, metaclass=M):\n    x: T\n    def m(self): return super().m(__class__)\n",
    b"async def g():\n    async with a as b, c: pass\n    async for x in y:\n        yield await z\n    return [i async for i in x]\n",
    b"try:\n    pass\nexcept* (A, B) as e:\n    raise X from e\nelse:\n    pass\nfinally:\n    del x\n",
    b"try:\n    f()\nexcept A, B:\n    pass\nexcept:\n    raise\n",
    b"match x:\n    case [1, *_, -2+3j] | {'a': b, **c}: pass\n    case P(a, k=None) as d if d: pass\n    case 'a' 'b' | a.b.c: pass\n    case _: pass\n",
    b"with (open('a') as f, open('b')):\n    while True:\n        break\n    else:\n        continue\n",
    b"f'{x!r:>{width}.{prec}} {{}} {y=} {f\"{z:%Y}\" + rf\"\\d{1}\"}'\n",
    b"t'{a} {b!s:x{c}} {d=}' rt'\\n{e}'\n",
    b"rb'\\x00' b'a\\xff\\377' u'\\N{DIGIT ONE}\\u1234\\U0010ffff' '''a\nb\\\nc'''\n",
    b"0x_ff + 0b1 + 0o17 + 1_000.5e-3j + .5 + 1e400 + 00\n",
    b"a = b = c; a, *b = c; a.b[c:d:e, ...] += 1; a: int = 1; (x := 2); a @= b; a //= b; a >>= b\n",
    b"type X[T] = list[T]\nimport a.b as c, d\nfrom ..x import (y as z, w,)\nfrom . import *\n",
    b"global a\nassert x, y\nnot a and b or c if d else e\na < b <= c is not d not in e\n",
    b"@d(1)\n@e\ndef f(): yield from x; return (yield)\n",
    b"x = [[[[((({1: {2: (3,)}})))]]]]\n", b"lambda: (lambda x=1, *y: x)(1)\n", b"-1 ** -2 ** ~3 @ 4\n",
    b"f(a, *b, c=d, **e)(g for g in h)[i][j:k].l\n",
    b"def f():\n\tif x:\n\t\treturn 1\n        # tab\n\treturn 2\n", b"x = 1 # type: int\n",
    b"for i in (1, 2): # type: int\n  pass\nelse: pass\n", b"def f(a, # type: int\n  b):\n  # type: (...) -> int\n  pass\n",
    b"print 'x'\nexec 'y'\n", b"if x = 1: pass\n", b"(a for a in b, c)\n", b"f(**a, *b)\n", b"x = (1,\n", b"'''abc",
    b"a\\\n+b\n\\\n", b"x\x0cy\n", b"if 1:\n  x\n y\n", b"\\N{x}", b"$?!", b"a = 5 if b else\n",
]
TOKENS = [t.encode() for t in """
( ) [ ] { } : , ; . -> = == != < > <= >= + - * ** / // % @ & | ^ ~ << >> += -= *= := ... ! !r if else
elif while for in not is and or lambda def class return yield await async import from as global nonlocal
pass break continue try except finally raise with assert del match case type None True False _ x y 0 1
1.5 1j 0x 0b2 1_ 1__0 ' " ''' \"\"\" f' f" f''' t' rb' b' u' {x} {x!r} {x:{y}} {x=} {{ }} \\ # @x *x **x
""".split()] + [b"\n", b"\n    ", b"\n\t", b" ", b"  ", b"\r\n", b"\r", b"\0", b"\x0c", b"\\\n", b"\xc3\xa9",
                b"\xff", b"\xef\xbc\xa1", b"not ", b"await ", b"yield ", b"lambda:", b"if x:\n ", b"f'{", b"x,", b"x.", b"()",
                b"[0]", b"else ", b"a if b ", b"*a,", b"# coding: ", b"latin-1\n", b"\\N{DIGIT ONE}", b"\\x", b"# type: ignore\n",
                b"\xe2\x80\x83", b"\xf0\x9d\x94\x98", b"9" * 5000, b"except* ", b"case ", b"match x:\n"]

MODES = ["exec", "eval", "single"]
PARSE_FLAGS = [0, 0, 0, ast.PyCF_ONLY_AST, ast.PyCF_ONLY_AST | ast.PyCF_TYPE_COMMENTS,
               ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, 0x4200, ast.PyCF_ONLY_AST | ast.PyCF_OPTIMIZED_AST]


def library_sources():
    folder = os.path.dirname(ast.__file__)
    sources = []
    for name in ["bisect", "heapq", "abc", "contextlib", "string/__init__", "keyword", "colorsys", "types", "functools"]:
        path = os.path.join(folder, name + ".py")
        if os.path.exists(path):
            with open(path, "rb") as file:
                sources.append(file.read()[:6000])
    return sources


def sources():
    return SNIPPETS + library_sources()


@target(sources, TOKENS, (tokenize.TokenError, SyntaxError, UnicodeDecodeError))
def tokens(data):
    try:
        list(tokenize.tokenize(io.BytesIO(data).readline))
    finally:
        text = data.decode("utf-8", "surrogateescape" if len(data) % 2 else "replace")
        try:
            list(tokenize.generate_tokens(io.StringIO(text).readline))
        except (UnicodeEncodeError, ValueError):
            pass


@target(sources, TOKENS, (SyntaxError, ValueError, OverflowError))
def parse(data):
    kind = len(data)
    source = data if kind % 3 else data.decode("utf-8", "replace")
    compile(source, "<fuzz>", MODES[kind // 3 % 3], PARSE_FLAGS[kind // 9 % 8], True, kind // 72 % 3)


@target(lambda: SNIPPETS, TOKENS, (SyntaxError, ValueError, OverflowError))
def unparse(data):
    tree = ast.parse(data)
    text = ast.unparse(tree)
    again = ast.parse(text)
    check(ast.dump(tree) == ast.dump(again), "unparse", text)


@target(lambda: SNIPPETS, TOKENS, (SyntaxError, ValueError, OverflowError))
def symbols(data):
    table = symtable.symtable(data, "<fuzz>", "exec")
    for child in table.get_children():
        for symbol in child.get_symbols():
            repr(symbol)


# ---- trees that no parser made ----

def all_nodes(tree):
    return list(ast.walk(tree))


def strange_value(chooser, nodes):
    return chooser.choice([
        None, 0, -1, 1 << 70, 1.5, 1j, "x", "", "a.b", "None", "\ud800", "\0", b"x", (), (1, "a"), [], [None], {},
        frozenset({1}), ..., True, object(), ast.Load(), ast.Store(), ast.Del(), ast.Add(), ast.Constant(1),
        ast.Name("x", ast.Load()), ast.Name("x", ast.Store()), ast.Starred(ast.Name("x", ast.Load()), ast.Load()),
        ast.Tuple([], ast.Store()), ast.Pass(), ast.Expr(ast.Yield()), ast.Slice(), ast.MatchStar(), ast.AST(),
        chooser.choice(nodes), [chooser.choice(nodes), chooser.choice(nodes)]])


def change_tree(chooser, tree):
    nodes = all_nodes(tree)
    for _ in range(chooser.randrange(1, 4)):
        node = chooser.choice(nodes)
        names = list(node._fields) + list(node._attributes)
        if not names:
            continue
        name = chooser.choice(names)
        old = getattr(node, name, None)
        if isinstance(old, list) and chooser.random() < 0.7:
            old.insert(chooser.randrange(len(old) + 1), strange_value(chooser, nodes))
            if chooser.random() < 0.5:
                del old[chooser.randrange(len(old))]
        elif chooser.random() < 0.1 and hasattr(node, name):
            delattr(node, name)
        else:
            setattr(node, name, strange_value(chooser, nodes))


def tree_seeds():
    return [bytes([i]) * 8 + s for i, s in enumerate(SNIPPETS[4:31])]


@target(tree_seeds, TOKENS, (SyntaxError, ValueError, OverflowError, TypeError, AttributeError))
def trees(data):
    chooser = random.Random(int.from_bytes(data[:8], "little"))
    source = data[8:]
    tree = ast.parse(source)
    change_tree(chooser, tree)
    if chooser.random() < 0.3:
        ast.fix_missing_locations(tree)
    code = compile(tree, "<fuzz>", "exec")
    bounded(1, run_code, code)


# ---- code that runs ----

PROGRAMS = [b"""
def f(a, b=2, *c, d=4, **e):
    x = [a, b, *c, d, *e]
    return x, sum(i for i in range(3) if i != a)
print(f(1), f(1, 2, 3, d=5, z=6))
""", b"""
class A:
    __slots__ = ('x', 'y')
    def __init__(self, x): self.x = x; self.y = [x]
    def __eq__(self, other): return self.x == other.x
    def __getattr__(self, name): return (name, self.x)
    def __enter__(self): return self
    def __exit__(self, *a): return True
with A(1) as a:
    a.z, a == A(2), {**{'k': a}}
    raise ValueError(a)
""", b"""
def g(n):
    try:
        for i in range(n):
            r = yield i
            if r: return r
    finally:
        x = n
    yield from (i * 2 for i in 'abc')
it = g(3)
next(it); it.send(None); it.close(); list(g(2))
try: it.throw(KeyError)
except KeyError as e: e.args += (1,)
""", b"""
match [1, {'a': 2, 'b': (3, 4)}]:
    case [int(x), {'a': y, **rest}] if x: z = rest
    case _: z = 0
a, (b, *c), d = 1, (2, 3, 4), 'x'
a, b = b, a; c[0:1] = [7, 8]; del c[-1]; c += [1]; d *= 3
while a:
    a -= 1
    try: continue
    finally: b = not b
else: b = f'{a!r:>4}{b=}{d:{a}}'
""", b"""
def outer():
    n = 0
    def inner(k: 'x' = 3):
        nonlocal n
        n += k; global G
        G = lambda *a: (n, a)
        return inner if n < 10 else n ** 70 // 3 % 7 << 2
    return inner
x = outer()()
x = 1 if x and not None or ... else -x
y = {i: j for i in 'ab' for j in (1, 2.5, 3j)} | {1: {*[1, 2], 3}}
""", b"""
async def c(n):
    async with n as a: pass
    return [i async for i in a if await a]
x = c(3)
try: x.send(None)
except BaseException as e: y = e.__traceback__
try: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])
except* ValueError as e: z = e.exceptions
except* TypeError: pass
class B[T](list): type X = T; y: int = 3
B[int]().append(B.__type_params__)
"""]
SAFE_NAMES = """abs all any ascii bool bytearray bytes callable chr complex dict divmod enumerate filter float
format frozenset getattr hasattr hash hex id int isinstance issubclass iter len list map max memoryview min next
object oct ord pow property range repr reversed round set setattr slice sorted staticmethod classmethod str sum
super tuple type vars zip locals globals dir delattr __build_class__ __import__""".split()


def no_import(*args):
    raise ImportError


def safe_builtins():
    names = {name: getattr(builtins, name) for name in SAFE_NAMES}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            names[name] = value
    names["print"] = lambda *args: repr(args)
    names["__import__"] = no_import
    return names


def run_code(code):
    try:
        exec(code, {"__builtins__": safe_builtins(), "__name__": "fuzz"})
    except SystemError:
        raise
    except Exception:
        pass
    except BaseException as exc:
        if type(exc).__name__ == "Timeout":
            raise


@target(lambda: PROGRAMS, [t for t in TOKENS if len(t) < 100], (SyntaxError, ValueError, OverflowError))
def run(data):
    tree = ast.parse(data)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Pow, ast.LShift)) or \
                isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 10000:
            return      # most of these only take memory
    bounded(1, run_code, compile(tree, "<fuzz>", "exec"))
