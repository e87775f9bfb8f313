# ast.parse(optimize=...): __debug__, formatting, numbers in patterns, docstrings.
import ast


def show(source, level):
    return ast.unparse(ast.parse(source, optimize=level))


assert show("x = __debug__", 0) == "x = __debug__"
assert show("x = __debug__", 1) == show(ast.parse("x = __debug__"), 2) == "x = False"
assert show("x = 1 + 2", 2) == "x = 1 + 2"
for source, result in [
    ("'%s-%r %5a%%' % (a, b, c)", "f'{a!s}-{b!r} {c!a:>5}%'"),
    ("'%-3s%.2s%7.1r' % (a, b, c)", "f'{a!s:3}{b!s:.2}{c!r:>7.1}'"),
    ("'%%' % ()", "f'%'"),
    ("'%s' % (*a,)", None), ("'%d' % (a,)", None), ("'%s' % (a, b)", None), ("'%s' % a", None),
    ("'%(x)s' % (a,)", None), ("'%s%' % (a,)", None), ("'%05s' % (a,)", None),
    ("b'%s' % (a,)", None), ("'%s %s' % (a,)", None), ("'%100s' % (a,)", None),
]:
    tree = ast.parse(source, optimize=1)
    if result is None:
        assert ast.compare(tree, ast.parse(source)), ast.dump(tree)
        continue
    names = {"a": "left", "b": [1, "x"], "c": "\xe9"}
    assert eval(compile(ast.parse(source, mode="eval", optimize=1), "", "eval"), names) \
        == eval(source, names), source

pattern = ast.parse("match x:\n case -1: pass\n case 1-2j: pass\n case {-3: y}: pass", optimize=1)
values = [case.pattern for case in pattern.body[0].cases]
assert values[0].value.value == -1 and values[1].value.value == 1 - 2j
assert values[2].keys[0].value == -3

for head in "class A:", "def f():", "async def f():":
    assert show(f"{head}\n 'doc'", 1) == f"{head}\n    'doc'".replace("'doc'", '"""doc"""')
    assert show(f"{head}\n 'doc'", 2) == f"{head}\n    pass"
    assert show(f"{head}\n 'doc'\n x", 2) == f"{head}\n    x"
assert show("'doc'\nx", 2) == "x"
only = ast.parse("def f():\n    '''a\n b'''", optimize=2).body[0].body[0]
assert (only.lineno, only.col_offset, only.end_lineno, only.end_col_offset) == (2, 4, 2, 8)

for level in -1, 0, 1, 2:
    try:
        ast.parse(ast.Constant(42), optimize=level)
    except TypeError as error:
        assert str(error) == "expected Module node, got Constant"
    else:
        raise AssertionError
try:
    ast.parse("t''", feature_version=(3, 13))
except SyntaxError as error:
    assert "t-strings are only supported in Python 3.14 and greater" in str(error)
else:
    raise AssertionError
