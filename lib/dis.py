"""Disassembler of Typhon's bytecode.

The interface is that of CPython's dis; offsets are in bytes, as everywhere in code objects.
"""
import collections
import io
import sys
import types

import opcode as _opcode_table
from opcode import *
from opcode import __all__ as _opcodes_all

__all__ = ["code_info", "dis", "disassemble", "distb", "disco", "findlinestarts", "findlabels",
           "show_code", "get_instructions", "Instruction", "Bytecode"] + _opcodes_all

WORD = 8

_have_code = (types.MethodType, types.FunctionType, types.CodeType, classmethod, staticmethod,
              type)

COMPILER_FLAG_NAMES = {
    1: "OPTIMIZED", 2: "NEWLOCALS", 4: "VARARGS", 8: "VARKEYWORDS", 16: "NESTED",
    32: "GENERATOR", 64: "NOFREE", 128: "COROUTINE", 256: "ITERABLE_COROUTINE",
    512: "ASYNC_GENERATOR", 0x4000000: "HAS_DOCSTRING", 0x8000000: "METHOD",
}

Positions = collections.namedtuple(
    "Positions", ["lineno", "end_lineno", "col_offset", "end_col_offset"], defaults=[None] * 4)

_Instruction = collections.namedtuple(
    "_Instruction",
    ["opname", "opcode", "arg", "argval", "argrepr", "offset", "start_offset", "starts_line",
     "line_number", "label", "positions", "cache_info"],
    defaults=[None, None, None])


class Instruction(_Instruction):
    """One instruction: arg is the tuple of its operands, argrepr a readable form of them."""

    __slots__ = ()

    @property
    def oparg(self):
        return self.arg

    @property
    def baseopname(self):
        return _opcode_table.generic.get(self.opname, self.opname)

    @property
    def baseopcode(self):
        return opmap[self.baseopname]

    @property
    def end_offset(self):
        return self.offset + WORD * _opcode_table.words[self.opname]

    @property
    def cache_offset(self):
        return self.offset + WORD

    @property
    def jump_target(self):
        return self.argval if "jump" in _opcode_table.operands[self.opname].values() else None

    @property
    def is_jump_target(self):
        return self.label is not None

    def __str__(self):
        label = f"L{self.label}:" if self.label is not None else ""
        line = str(self.line_number) if self.starts_line and self.line_number else ""
        return f"{line:>6} {label:>6} {self.opname:<28} {self.argrepr}".rstrip()


def pretty_flags(flags):
    """Return pretty representation of code flags."""
    names = []
    for bit in range(32):
        flag = 1 << bit
        if flags & flag:
            names.append(COMPILER_FLAG_NAMES.get(flag, hex(flag)))
            flags ^= flag
    return ", ".join(names) or hex(flags)


class _Unknown:
    def __repr__(self):
        return "<unknown>"


UNKNOWN = _Unknown()


def _try_compile(source, name):
    try:
        return compile(source, name, "eval")
    except SyntaxError:
        return compile(source, name, "exec")


def _get_code_object(x):
    """The code object of a function, generator, class body, string…"""
    if hasattr(x, "__func__"):
        x = x.__func__
    for attribute in ("__code__", "gi_code", "ag_code", "cr_code"):
        if hasattr(x, attribute):
            x = getattr(x, attribute)
            break
    if isinstance(x, str):
        x = _try_compile(x, "<disassembly>")
    if hasattr(x, "co_code"):
        return x
    raise TypeError(f"don't know how to disassemble {type(x).__name__} objects")


def _decode(code):
    """Yields (offset, name, operands a, b, c) of every instruction."""
    data = code.co_code
    at = 0
    while at < len(data):
        word = int.from_bytes(data[at:at + WORD], "little")
        name = opname[word & 0xff]
        yield at, name, word >> 16 & 0xffff, word >> 32 & 0xffff, word >> 48
        at += WORD * _opcode_table.words.get(name, 1)


def _value_of(field, a, b, c):
    return {"a": a, "b": b, "c": c, "bc": b | c << 16}[field]


def _signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 else value


def _register(code, index):
    names = _localsplus_names(code)
    return names[index] if index < len(names) else f"t{index - len(names)}"


def _localsplus_names(code):
    cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    return code.co_varnames + tuple(cells) + code.co_freevars


def _describe(code, offset, name, a, b, c):
    """(argval, argrepr): the value that stands out, and all operands as text."""
    argval = None
    parts = []
    for field, kind in _opcode_table.operands.get(name, {}).items():
        value = _value_of(field, a, b, c)
        if kind == "const":
            argval = code.co_consts[value]
            parts.append(f"{value} ({argval!r})")
        elif kind == "name":
            argval = code.co_names[value]
            parts.append(f"{value} ({argval})")
        elif kind == "jump":
            distance = _signed(value, 32 if field == "bc" else 16)
            argval = offset + WORD * (_opcode_table.words[name] + distance)
            parts.append(f"to {argval}")
        elif kind == "num":
            parts.append(str(value))
        else:
            parts.append(_register(code, value))
            if argval is None:
                argval = _register(code, value)
    return argval, ", ".join(parts)


def findlinestarts(code):
    """Yields (offset, line) where a line starts."""
    last = False
    for start, end, line in code.co_lines():
        if line is not last:
            last = line
            yield start, line


def findlabels(code):
    """The offsets that are jumped to. Takes a code object."""
    targets = []
    for offset, name, a, b, c in _decode(code):
        if "jump" in _opcode_table.operands.get(name, {}).values():
            target = _describe(code, offset, name, a, b, c)[0]
            if target not in targets:
                targets.append(target)
    return targets


def _find_imports(code):
    """Yields (module name, level, names of `from`) of every import statement. For modulefinder."""
    constants = {}
    for offset, name, a, b, c in _decode(code):
        name = _opcode_table.generic.get(name, name)
        value = _value_of("bc", a, b, c)
        if name == "LOAD_CONST":
            constants[a] = code.co_consts[value]
        elif name == "IMPORT_NAME":
            yield code.co_names[value], constants[a], constants[a + 1]


def _find_store_names(code):
    """Yields each global name that the code assigns to, once. For modulefinder."""
    seen = set()
    for offset, name, a, b, c in _decode(code):
        if _opcode_table.generic.get(name, name) in ("STORE_NAME", "STORE_GLOBAL"):
            stored = code.co_names[_value_of("bc", a, b, c)]
            if stored not in seen:
                seen.add(stored)
                yield stored


def _instructions(code, line_offset=0):
    labels = {offset: i for i, offset in enumerate(sorted(findlabels(code)), 1)}
    lines = dict(findlinestarts(code))
    positions = [Positions(*p) for p in code.co_positions()]
    line = None
    for offset, name, a, b, c in _decode(code):
        starts = offset in lines
        if starts:
            line = lines[offset]
        argval, argrepr = _describe(code, offset, name, a, b, c)
        word = offset // WORD
        yield Instruction(
            name, opmap.get(name, -1), (a, b, c), argval, argrepr, offset, offset, starts,
            line + line_offset if line is not None else None, labels.get(offset),
            positions[word * 4] if word * 4 < len(positions) else Positions(), None)


def get_instructions(x, *, first_line=None, show_caches=None, adaptive=False):
    """Iterator for the instructions of a function, generator, method, source or code object."""
    code = _get_code_object(x)
    shift = first_line - code.co_firstlineno if first_line is not None else 0
    return _instructions(code, shift)


def _format_code_info(code):
    lines = [f"Name:              {code.co_name}",
             f"Filename:          {code.co_filename}",
             f"Argument count:    {code.co_argcount}",
             f"Positional-only arguments: {code.co_posonlyargcount}",
             f"Kw-only arguments: {code.co_kwonlyargcount}",
             f"Number of locals:  {code.co_nlocals}",
             f"Stack size:        {code.co_stacksize}",
             f"Flags:             {pretty_flags(code.co_flags)}"]
    for title, items in (("Constants", map(repr, code.co_consts)), ("Names", code.co_names),
                         ("Variable names", code.co_varnames),
                         ("Free variables", code.co_freevars),
                         ("Cell variables", code.co_cellvars)):
        items = list(items)
        if items:
            lines.append(f"{title}:")
            lines.extend(f"{i:4d}: {item}" for i, item in enumerate(items))
    return "\n".join(lines)


def code_info(x):
    """Formatted details of methods, functions, or code."""
    return _format_code_info(_get_code_object(x))


def show_code(co, *, file=None):
    """Print details of methods, functions, or code to *file*."""
    print(code_info(co), file=file)


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False,
                show_offsets=False, show_positions=False):
    """Disassemble a code object."""
    for instruction in _instructions(co):
        mark = "-->" if instruction.offset == lasti else "   "
        offset = f"{instruction.offset:6}" if show_offsets else ""
        if instruction.starts_line and instruction.offset:
            print(file=file)
        print(f"{mark}{offset}{instruction}", file=file)
    entries = _exception_entries(co)
    if entries:
        print("ExceptionTable:", file=file)
        for start, end, target, depth, lasti_flag in entries:
            print(f"  {start} to {end} -> {target} [{depth}]{' lasti' if lasti_flag else ''}",
                  file=file)


def _exception_entries(code):
    """(start, end, target, depth, lasti) in bytes; numbers are in groups of 7 bits."""
    data = iter(code.co_exceptiontable)
    entries = []

    def number():
        value = shift = 0
        for byte in data:
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value
        raise StopIteration

    while True:
        try:
            start, length, target, packed = number(), number(), number(), number()
        except StopIteration:
            return entries
        entries.append((start * WORD, (start + length) * WORD, target * WORD, packed >> 1,
                        bool(packed & 1)))


def _disassemble_recursive(code, *, file=None, depth=None, **options):
    disassemble(code, file=file, **options)
    if depth is None or depth > 0:
        for constant in code.co_consts:
            if hasattr(constant, "co_code"):
                print(f"\nDisassembly of {constant!r}:", file=file)
                _disassemble_recursive(constant, file=file,
                                       depth=None if depth is None else depth - 1, **options)


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False, show_offsets=False,
        show_positions=False):
    """Disassemble classes, methods, functions, generators, source and code.

    With no argument, disassemble the last traceback.
    """
    options = {"show_offsets": show_offsets}
    if x is None:
        return distb(file=file, **options)
    if hasattr(x, "__func__"):
        x = x.__func__
    for attribute in ("__code__", "gi_code", "ag_code", "cr_code"):
        if hasattr(x, attribute):
            x = getattr(x, attribute)
            break
    if isinstance(x, str):
        x = _try_compile(x, "<dis>")
    if hasattr(x, "__dict__") and not hasattr(x, "co_code"):
        for name, value in sorted(vars(x).items()):
            if isinstance(value, _have_code):
                print(f"Disassembly of {name}:", file=file)
                try:
                    dis(value, file=file, depth=depth, **options)
                except TypeError as error:
                    print("Sorry:", error, file=file)
                print(file=file)
    elif hasattr(x, "co_code"):
        _disassemble_recursive(x, file=file, depth=depth, **options)
    else:
        raise TypeError(f"don't know how to disassemble {type(x).__name__} objects")


def disco(co, lasti=-1, **options):
    """Disassemble a code object (older name of disassemble)."""
    disassemble(co, lasti, **options)


def distb(tb=None, *, file=None, **options):
    """Disassemble a traceback (default: last traceback)."""
    if tb is None:
        try:
            tb = sys.last_exc.__traceback__ if hasattr(sys, "last_exc") else sys.last_traceback
        except AttributeError:
            raise RuntimeError("no last traceback to disassemble") from None
        while tb.tb_next:
            tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, **options)


class Bytecode:
    """The bytecode operations of a piece of code; iterating gives Instructions."""

    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False,
                 adaptive=False, show_offsets=False, show_positions=False):
        self.codeobj = _get_code_object(x)
        self.first_line = self.codeobj.co_firstlineno if first_line is None else first_line
        self._line_offset = 0 if first_line is None else first_line - self.codeobj.co_firstlineno
        self._original_object = x
        self.current_offset = current_offset
        self.show_offsets = show_offsets

    def __iter__(self):
        return _instructions(self.codeobj, self._line_offset)

    def __repr__(self):
        return f"{self.__class__.__name__}({self._original_object!r})"

    @classmethod
    def from_traceback(cls, tb, **options):
        """Construct a Bytecode from the given traceback."""
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti, **options)

    def info(self):
        """Return formatted information about the code object."""
        return _format_code_info(self.codeobj)

    def dis(self):
        """Return a formatted view of the bytecode operations."""
        with io.StringIO() as output:
            lasti = self.current_offset if self.current_offset is not None else -1
            disassemble(self.codeobj, lasti, file=output, show_offsets=self.show_offsets)
            return output.getvalue()


def main(args=None):
    import argparse
    parser = argparse.ArgumentParser(color=True)
    parser.add_argument("-O", "--show-offsets", action="store_true",
                        help="show instruction offsets")
    parser.add_argument("infile", nargs="?", default="-")
    options = parser.parse_args(args=args)
    if options.infile == "-":
        name, source = "<stdin>", sys.stdin.buffer.read()
    else:
        name = options.infile
        with open(name, "rb") as file:
            source = file.read()
    dis(compile(source, name, "exec"), show_offsets=options.show_offsets)


if __name__ == "__main__":
    main()
