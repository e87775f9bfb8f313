"""What both interpreters of compare_syntax.py do: sources to text.

As a program: reads a JSON list of sources from standard input, writes the list of descriptions.
"""
import ast
import json
import sys
import warnings


def describe(source):
    """The tree with all positions, or the error."""
    warnings.simplefilter("ignore")
    try:
        tree = compile(source, "<source>", "exec", ast.PyCF_ONLY_AST)
    except SyntaxError as error:
        return f"{type(error).__name__} {error.args!r}"
    except (MemoryError, RecursionError, ValueError, OverflowError) as error:
        return type(error).__name__
    return show(tree, 0)


def show(node, depth):
    if isinstance(node, list):
        return "[" + "".join("\n" + "  " * depth + show(item, depth + 1) for item in node) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    lines = [type(node).__name__]
    if "lineno" in node._attributes:
        lines[0] += (f" {node.lineno}:{node.col_offset}-"
                     f"{node.end_lineno}:{node.end_col_offset}")
    for name in node._fields:
        value = getattr(node, name, None)
        if value is not None and value != []:
            lines.append("  " * depth + f"{name}: {show(value, depth + 1)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.setrecursionlimit(20000)
    json.dump([describe(source) for source in json.load(sys.stdin)], sys.stdout)
