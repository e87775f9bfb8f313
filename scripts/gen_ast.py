#!/usr/bin/env python3
"""Writes the C side of the abstract syntax tree from src/syntax/ast.def.

usage: gen_ast.py OUTPUT_FOLDER

syntax/ast_nodes.h    structs, kinds, sequences, constructors
syntax/ast_nodes.inc  bodies of the constructors (included by syntax/ast.c)
syntax/ast_table.inc  descriptions of all classes and fields (included by syntax/ast.c)
Files are rewritten only when their content changes, so that builds stay incremental.
"""
import pathlib
import re
import sys
from dataclasses import dataclass, field

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src" / "syntax" / "ast.def"

# C names of the types; what is missing is derived from the name.
C_TYPES = {
    "identifier": "PyObject *", "string": "PyObject *", "constant": "PyObject *", "int": "int",
    "mod": "Mod", "stmt": "Stmt", "expr": "Expr", "expr_context": "ExprContext",
    "boolop": "BoolOp", "operator": "Operator", "unaryop": "UnaryOp", "cmpop": "CmpOp",
    "comprehension": "Comprehension", "excepthandler": "ExceptHandler",
    "arguments": "Arguments", "arg": "Arg", "keyword": "Keyword", "alias": "Alias",
    "withitem": "WithItem", "match_case": "MatchCase", "pattern": "Pattern",
    "type_ignore": "TypeIgnore", "type_param": "TypeParam",
}
PREFIXES = {
    "mod": "MOD", "stmt": "STMT", "expr": "EXPR", "expr_context": "CTX", "boolop": "BOOLOP",
    "operator": "OP", "unaryop": "UNARY", "cmpop": "CMP", "excepthandler": "HANDLER",
    "pattern": "PATTERN", "type_ignore": "TYPE_IGNORE", "type_param": "TYPE_PARAM",
}
BASIC = ("identifier", "string", "int", "constant")
SEQ_NAMES = {"identifier": "IdentifierSeq"}


@dataclass
class Field:
    type: str
    quantifier: str     # "", "?", "*", "?*"
    name: str

    def text(self):
        return f"{self.type}{self.quantifier} {self.name}"


@dataclass
class Class:
    name: str
    fields: list


@dataclass
class Type:
    name: str
    product: bool
    classes: list
    attributes: list = field(default_factory=list)

    @property
    def simple(self):
        return not self.product and not self.attributes and not any(c.fields for c in self.classes)


def parse_fields(text):
    result = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\w+)(\?\*|\?|\*|)\s+(\w+)", item)
        if match is None:
            sys.exit(f"ast.def: cannot read field {item!r}")
        result.append(Field(*match.groups()))
    return result


def read_definition():
    text = re.sub(r"#.*", "", SOURCE.read_text())
    types = []
    for name, body in re.findall(r"(?ms)^(\w+)\s*=\s*(.*?)(?=^\w+\s*=|\Z)", text):
        body, _, attributes = body.partition("attributes")
        attributes = parse_fields(attributes.strip().strip("()"))
        body = " ".join(body.split())
        if body.startswith("("):
            classes = [Class(name, parse_fields(body.strip("()")))]
            types.append(Type(name, True, classes, attributes))
            continue
        classes = []
        for alternative in body.split("|"):
            head, _, fields = alternative.strip().partition("(")
            classes.append(Class(head.strip(), parse_fields(fields.rstrip(") "))))
        types.append(Type(name, False, classes, attributes))
    return types


def snake(name):
    special = {"GtE": "gte", "LtE": "lte"}
    return special.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def kind_name(type_, cls):
    text = snake(cls.name).upper()
    prefix = PREFIXES[type_.name]
    # MATCH_… and the like already say what they are.
    if type_.name == "pattern":
        return "PATTERN_" + text.removeprefix("MATCH_")
    if type_.name == "excepthandler":
        return "HANDLER_EXCEPT"
    if type_.name == "type_ignore":
        return "TYPE_IGNORE_COMMENT"
    return f"{prefix}_{text}"


class Generator:
    def __init__(self):
        self.types = read_definition()
        self.by_name = {t.name: t for t in self.types}

    # ---- C types ----

    def element(self, name):
        """C type of one item of a sequence, ending in a space or a star."""
        if name in BASIC:
            return C_TYPES[name] if C_TYPES[name].endswith("*") else C_TYPES[name] + " "
        return C_TYPES[name] + (" " if self.by_name[name].simple else " *")

    def sequence(self, name):
        return SEQ_NAMES.get(name) or C_TYPES[name] + "Seq"

    def declaration(self, fld):
        if "*" in fld.quantifier:
            return f"{self.sequence(fld.type)} *{fld.name}"
        return f"{self.element(fld.type)}{fld.name}"

    def sequences(self):
        names = {f.type for t in self.types for c in t.classes for f in c.fields
                 if "*" in f.quantifier}
        return [n for n in list(BASIC) + [t.name for t in self.types] if n in names]

    def comment(self, fld):
        notes = {"?": " // may be NULL", "?*": " // items may be NULL"}
        if fld.quantifier == "?" and fld.type == "int":
            return ""
        return notes.get(fld.quantifier, "")

    # ---- ast_nodes.h ----

    def enum(self, type_):
        rows = [f"    {kind_name(type_, c)}{' = 1' if i == 0 else ''},"
                for i, c in enumerate(type_.classes)]
        name = C_TYPES[type_.name] + ("" if type_.simple else "Kind")
        return "typedef enum {\n" + "\n".join(rows) + f"\n}} {name};\n"

    def struct(self, type_):
        c_name = C_TYPES[type_.name]
        lines = [f"struct {c_name} {{"]
        if not type_.product:
            lines.append(f"    {c_name}Kind kind;")
        if type_.attributes:
            lines.append("    Span span;")
        if type_.product:
            lines += [f"    {self.declaration(f)};{self.comment(f)}"
                      for f in type_.classes[0].fields]
        else:
            lines.append("    union {")
            for cls in type_.classes:
                if cls.fields:
                    lines.append("        struct {")
                    lines += [f"            {self.declaration(f)};{self.comment(f)}"
                              for f in cls.fields]
                    lines.append(f"        }} {cls.name};")
            lines.append("    };")
        lines.append("};\n")
        return "\n".join(lines)

    def constructor(self, type_, cls):
        parts = ["Arena *arena"]
        if type_.attributes:
            parts.append("Span span")
        parts += [self.declaration(f) for f in cls.fields]
        return f"{C_TYPES[type_.name]} *ast_{snake(cls.name)}({', '.join(parts)})"

    def header(self):
        out = ["// Generated by scripts/gen_ast.py from syntax/ast.def: nodes of the syntax tree.",
               "#ifndef TYPHON_SYNTAX_AST_NODES_H", "#define TYPHON_SYNTAX_AST_NODES_H", "",
               '#include "abi/object.h"', '#include "syntax/arena.h"',
               '#include "syntax/span.h"', ""]
        for type_ in self.types:
            if not type_.simple:
                out.append(f"typedef struct {C_TYPES[type_.name]} {C_TYPES[type_.name]};")
        out.append("")
        for type_ in self.types:
            if not type_.product:
                out.append(self.enum(type_))
        out.append("// Sequences are never NULL; they may be empty. Items are set by the maker.")
        for name in self.sequences():
            out.append(f"typedef struct {{\n    Py_ssize_t size;\n    {self.element(name)}items[];\n"
                       f"}} {self.sequence(name)};\n")
        for type_ in self.types:
            if not type_.simple:
                out.append(self.struct(type_))
        out.append("// Makers of nodes: NULL with MemoryError. Children and objects are not checked;")
        out.append("// objects must be kept alive by the arena.")
        for type_ in self.types:
            if not type_.simple:
                out += [self.constructor(type_, c) + ";" for c in type_.classes]
        out += ["", "// Makers of sequences with `size` items, all zero: NULL with MemoryError."]
        for name in self.sequences():
            out.append(f"{self.sequence(name)} *{self.seq_maker(name)}(Arena *arena, Py_ssize_t size);")
        out += ["", "#endif", ""]
        return "\n".join(out)

    def seq_maker(self, name):
        return snake(self.sequence(name)) + "_new"

    # ---- ast_nodes.inc ----

    def bodies(self):
        out = ["// Generated by scripts/gen_ast.py from syntax/ast.def."]
        for type_ in self.types:
            if type_.simple:
                continue
            for cls in type_.classes:
                out.append(self.constructor(type_, cls) + "\n{")
                out.append(f"    {C_TYPES[type_.name]} *node = arena_alloc(arena, sizeof *node);")
                out.append("    if (node == NULL) {\n        return NULL;\n    }")
                if not type_.product:
                    out.append(f"    node->kind = {kind_name(type_, cls)};")
                if type_.attributes:
                    out.append("    node->span = span;")
                prefix = "node->" if type_.product else f"node->{cls.name}."
                out += [f"    {prefix}{f.name} = {f.name};" for f in cls.fields]
                out.append("    return node;\n}\n")
        for name in self.sequences():
            seq = self.sequence(name)
            out.append(f"{seq} *{self.seq_maker(name)}(Arena *arena, Py_ssize_t size)\n{{\n"
                       f"    {seq} *seq = arena_alloc_items(arena, sizeof *seq, size, "
                       f"sizeof seq->items[0]);\n"
                       f"    if (seq != NULL) {{\n        seq->size = size;\n    }}\n"
                       f"    return seq;\n}}\n")
        return "\n".join(out)

    # ---- ast_table.inc ----

    def doc(self, type_):
        def one(cls):
            if not cls.fields:
                return cls.name
            return f"{cls.name}({', '.join(f.text() for f in cls.fields)})"
        if type_.product:
            return one(type_.classes[0])
        if type_.simple:
            return f"{type_.name} = " + " | ".join(c.name for c in type_.classes)
        pad = "\n" + " " * len(type_.name) + " | "
        return f"{type_.name} = " + pad.join(one(c) for c in type_.classes)

    def class_doc(self, cls):
        return f"{cls.name}({', '.join(f.text() for f in cls.fields)})" if cls.fields else cls.name

    def quoted(self, text):
        return '"' + text.replace("\n", "\\n") + '"'

    def rows(self, fields, offset):
        quantifiers = {"": "AST_ONE", "?": "AST_OPTIONAL", "*": "AST_SEQUENCE",
                       "?*": "AST_SEQUENCE_OPTIONAL"}
        return "".join(
            f'    {{"{f.name}", AST_TYPE_{f.type.upper()}, {quantifiers[f.quantifier]}, '
            f"{offset(f)}}},\n" for f in fields)

    def table(self):
        out = ["// Generated by scripts/gen_ast.py from syntax/ast.def."]
        for type_ in self.types:
            c_name = C_TYPES[type_.name]
            if type_.attributes:
                out.append(f"static const AstField attributes_{type_.name}[] = {{\n"
                           + self.rows(type_.attributes,
                                       lambda f: f"offsetof({c_name}, span.{f.name})") + "};")
            for cls in type_.classes:
                if cls.fields:
                    prefix = "" if type_.product else cls.name + "."
                    out.append(f"static const AstField fields_{cls.name}[] = {{\n"
                               + self.rows(cls.fields,
                                           lambda f: f"offsetof({c_name}, {prefix}{f.name})") + "};")
        out.append("\nconst AstClass ast_classes[AST_CLASS_COUNT] = {")
        for type_ in self.types:
            for cls in type_.classes:
                fields = f"fields_{cls.name}" if cls.fields else "NULL"
                kind = 0 if type_.product else kind_name(type_, cls)
                out.append(f'    {{"{cls.name}", {self.quoted(self.class_doc(cls))},\n'
                           f"     {fields}, {len(cls.fields)}, AST_TYPE_{type_.name.upper()}, {kind}}},")
        out.append("};\n\nconst AstType ast_types[AST_TYPE_COUNT] = {")
        index = 0
        for type_ in self.types:
            attributes = f"attributes_{type_.name}" if type_.attributes else "NULL"
            size = 0 if type_.simple else f"sizeof({C_TYPES[type_.name]})"
            shape = ("AST_PRODUCT" if type_.product
                     else "AST_SIMPLE" if type_.simple else "AST_SUM")
            out.append(f"    [AST_TYPE_{type_.name.upper()}] = {{\"{type_.name}\",\n"
                       f"     {self.quoted(self.doc(type_))},\n"
                       f"     {shape}, {attributes}, {len(type_.attributes)}, {index}, "
                       f"{len(type_.classes)}, {size}}},")
            index += len(type_.classes)
        out.append("};\n")
        return "\n".join(out)

    def numbers(self):
        out = ["// Generated by scripts/gen_ast.py from syntax/ast.def.", "enum {"]
        out += [f"    AST_TYPE_{t.name.upper()}," for t in self.types]
        out += ["    AST_TYPE_COUNT,"]
        out += [f"    AST_TYPE_{b.upper()}," for b in BASIC]
        out += ["};", "", "enum {"]
        out += [f"    AST_CLASS_{c.name.upper() if t.product else c.name},"
                for t in self.types for c in t.classes]
        out += ["    AST_CLASS_COUNT", "};", ""]
        return "\n".join(out)


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    out = pathlib.Path(sys.argv[1]) / "syntax"
    out.mkdir(parents=True, exist_ok=True)
    generator = Generator()
    write_if_changed(out / "ast_nodes.h", generator.header())
    write_if_changed(out / "ast_nodes.inc", generator.bodies())
    write_if_changed(out / "ast_table.inc", generator.table())
    write_if_changed(out / "ast_numbers.inc", generator.numbers())


if __name__ == "__main__":
    main()
