# Trees whose lists hold None: the exception that names what is missing, never a crash.
import ast


def refused(source, change):
    tree = ast.fix_missing_locations(ast.parse(source))
    change(tree.body[0])
    try:
        compile(tree, "tree", "exec")
    except (TypeError, ValueError) as exc:
        return f"{type(exc).__name__}: {exc}"
    return None


def holds_none(*path):
    def change(node):
        for name in path[:-1]:
            node = node[name] if isinstance(name, int) else getattr(node, name)
        setattr(node, path[-1], [None])
    return change


CASES = [
    ("f(a=1)", ("value", "keywords"), 'TypeError: required field "value" missing from keyword'),
    ("class C(a=1): pass", ("keywords",), 'TypeError: required field "value" missing from keyword'),
    ("def f(a): pass", ("args", "args"), 'TypeError: required field "arg" missing from arg'),
    ("lambda a: 1", ("value", "args", "args"), 'TypeError: required field "arg" missing from arg'),
    ("[x for x in y]", ("value", "generators"),
     'TypeError: required field "target" missing from comprehension'),
    ("with a: pass", ("items",), 'TypeError: required field "context_expr" missing from withitem'),
    ("import a", ("names",), 'TypeError: required field "name" missing from alias'),
    ("match a:\n case 1: pass", ("cases",),
     'TypeError: required field "pattern" missing from match_case'),
    ("a < b", ("value", "ops"), "TypeError: expected some sort of cmpop, but got None"),
    ("f(a)", ("value", "args"), "ValueError: None disallowed in expression list"),
    ("if a: pass", ("body",), "ValueError: None disallowed in statement list"),
    ("try: pass\nexcept: pass", ("handlers",), "ValueError: None disallowed in excepthandler list"),
    ("match a:\n case [1]: pass", ("cases", 0, "pattern", "patterns"),
     "ValueError: None disallowed in pattern list"),
    ("def f[T](): pass", ("type_params",), "ValueError: None disallowed in type_param list"),
]

for source, path, expected in CASES:
    found = refused(source, holds_none(*path))
    assert found == expected, (source, found)
