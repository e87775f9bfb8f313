"""The instructions of Typhon's bytecode.

An instruction is one 64-bit word: operation, flags, and the operands a, b, c (16 bits each; bc is
b and c as one number). Some are followed by a cache word. `operands` tells what each operand of an
operation is: a register ("out", "in", "use", "inout", "take", "temps", "window", "cell"), an index
("const", "name"), a distance ("jump") or a plain number ("num").
"""
import _opcode

__all__ = ["cmp_op", "stack_effect", "hascompare", "opname", "opmap", "HAVE_ARGUMENT",
           "EXTENDED_ARG", "hasarg", "hasconst", "hasname", "hasjump", "hasjrel", "hasjabs",
           "hasfree", "haslocal", "hasexc"]

_rows = _opcode.table()
opname = [f"<{op}>" for op in range(256)]
meaning = {}
operands = {}       # name -> {"a": kind, ...} of the operands that it has
words = {}          # name -> number of words
generic = {}        # specialised name -> name that the compiler emitted
for _number, _name, _meaning, _a, _b, _c, _bc, _words, _family in _rows:
    opname[_number] = _name
    meaning[_name] = _meaning
    operands[_name] = {field: kind for field, kind in zip(("a", "b", "c", "bc"), (_a, _b, _c, _bc))
                       if kind != "none"}
    words[_name] = _words
for _number, _name, *_rest, _family in _rows:
    if _family != _number:
        generic[_name] = opname[_family]
opmap = {name: number for number, name, *rest in _rows if name not in generic}

HAVE_ARGUMENT = 0
EXTENDED_ARG = -1       # there is none: operands have 16 or 32 bits

_REGISTERS = {"out", "in", "use", "inout", "take", "temps", "window", "cell"}


def _having(*kinds):
    return [op for name, op in opmap.items() if set(operands[name].values()) & set(kinds)]


hasarg = [op for name, op in opmap.items() if operands[name]]
hasconst = _having("const")
hasname = _having("name")
hasjump = _having("jump")
hasjrel = hasjump
hasjabs = []
hasfree = _having("cell")
haslocal = _having(*_REGISTERS)
hasexc = []
hascompare = [op for name, op in opmap.items() if name.startswith("COMPARE_")]
cmp_op = ("<", "<=", "==", "!=", ">", ">=")


def stack_effect(opcode, oparg=None, /, *, jump=None):
    """Always 0: instructions work on registers, there is no stack."""
    if jump not in (True, False, None):
        raise ValueError("stack_effect: jump must be False, True or None")
    if not _opcode.is_valid(opcode):
        raise ValueError("invalid opcode or oparg")
    return 0
