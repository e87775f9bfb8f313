#!/usr/bin/env python3
"""Compares trees and syntax errors of Typhon with those of a reference CPython.

usage: REFERENCE_PYTHON compare_syntax.py TYPHON [--fuzz SEED COUNT] [FILE_OR_FOLDER ...]

Run by the reference interpreter. Sources are the files given (all of the reference's standard
library by default) or, with --fuzz, random mutations of the snippets below. For each source both
interpreters report the tree with all positions, or the arguments of the error. Differences are
printed; messages that 3.14 words in another way than the reference are equal by the table RENAMED.
"""
import ast
import difflib
import json
import pathlib
import random
import re
import subprocess
import sys

from _describe_syntax import describe

WORKER = pathlib.Path(__file__).parent / "_describe_syntax.py"

RENAMED = [
    ("* argument may appear only once", "* may appear only once"),
]

SNIPPETS = r"""
x = 1
x: int = y
a.b[q] = d, *e
x += (yield)
def f(a, b=1, *args, q, d=2, **kw): return a + b
def g(a, /, b: int, *, q: str = 'x') -> int:
    pass
async def h():
    async for x in y: pass
    async with a as b, q: await d
    return [i async for i in z if await w]
lambda x, y=1, *z, **k: x if y else z
class A(B, metaclass=C):
    x: int
if a: b
elif q: d
else: e
for i, (j, k) in enumerate(l): continue
while not x: break
try: a
except B as e: q
except (D, E): f
else: g
finally: h
with open(x) as f, (a): pass
with (open(x) as f, g as h): pass
match x:
    case 1 | 'a': pass
    case [a, b, *rest] if a > b: pass
    case {'k': v, **rest}: pass
    case Point(x=0, y=yy) as p: pass
    case -1+2j | a.b: pass
    case _: pass
import a.b as q, d
from . import x, y as z
print(f'{a!r:>{w}} b {q=} {{}}')
x = [i for i in range(10) if i % 2 for j in k]
y = {k: v for k, v in z.items()}
z = {1, 2, *a}
w = {'a': 1, **b}
f(a, *b, q=d, **e)
f(x for x in y)
a[1:2, ::3, ...]
(a := b) and not q or d
x = a if b else q
del a, b[q], d.e
type X[T: int, *Ts, **P] = list[T]
def gen[T](x: T) -> T: ...
a < b <= q != d is not e not in f
x = -a ** b // q @ d << e | f & g ^ ~h
'a' 'b' f'q{d}' r'e'
1_000 + 0x1f - 1.5e3j
"""

EXTRA = """x 1 's' = == := , : ; ( ) [ ] { } * ** + - not in is if else for async await lambda yield
return pass def class import from as with try except match case _ type print None True -> @ ! ~ ...
. f'{a}' f' ' and or / += del while elif break global raise assert $ ? \\ | < > b'' 0777 1__0
0xg""".split() + ["\n", "\n  "]


def snippets():
    result = []
    for line in SNIPPETS.strip().split("\n"):
        word = re.match(r"\w*", line).group()
        if result and (line.startswith(" ") or word in ("elif", "else", "except", "finally")):
            result[-1] += "\n" + line
        else:
            result.append(line)
    return result


def mutations(seed, count):
    random.seed(seed)
    pool = snippets()
    for _ in range(count):
        parts = re.findall(r"\s+|\w+|[^\w\s]", random.choice(pool))
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            place = random.randrange(len(parts) + 1)
            dice = random.random()
            if dice < 0.35:
                parts[place:place] = [" ", random.choice(EXTRA), " "]
            elif dice < 0.65:
                del parts[place:place + 1]
            elif dice < 0.85:
                parts[place:place + 1] = [random.choice(EXTRA)]
            else:
                del parts[place:]
        yield "".join(parts)


def files(names):
    for name in names or [pathlib.Path(ast.__file__).parent]:
        path = pathlib.Path(name)
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def read(path):
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return None


def normal(text):
    for old, new in RENAMED:
        text = text.replace(old, new)
    return text


def compare(typhon, labels, sources):
    reply = subprocess.run([typhon, WORKER], input=json.dumps(sources), text=True,
                           stdout=subprocess.PIPE, timeout=600)
    if reply.returncode != 0:
        print(f"worker failed with {reply.returncode} between {labels[0]} and {labels[-1]}")
        return len(sources)
    bad = 0
    for label, source, got in zip(labels, sources, json.loads(reply.stdout)):
        wanted = normal(describe(source))
        if wanted != got:
            bad += 1
            print(f"---- {label}")
            lines = difflib.unified_diff(wanted.split("\n"), got.split("\n"), "reference",
                                         "typhon", lineterm="", n=1)
            print("\n".join(line[:300] for line in list(lines)[2:14]))
    return bad


def main():
    arguments = sys.argv[1:]
    typhon = arguments.pop(0)
    if arguments[:1] == ["--fuzz"]:
        sources = list(mutations(int(arguments[1]), int(arguments[2])))
        labels = [repr(source) for source in sources]
    else:
        pairs = [(str(path), read(path)) for path in files(arguments)]
        labels = [label for label, text in pairs if text is not None]
        sources = [text for label, text in pairs if text is not None]
    sys.setrecursionlimit(20000)
    bad = 0
    for i in range(0, len(sources), 100):
        bad += compare(typhon, labels[i:i + 100], sources[i:i + 100])
    print(f"{len(sources)} sources, {bad} differ")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
