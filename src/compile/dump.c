// Readable output of symbol tables and bytecode.
//
// Threading: see dump.h.
#include "compile/dump.h"

#include <string.h>

#include "compile/scopes.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/parser.h"
#include "vm_opcode_ids.h"

// Text of an object, or a mark when it has none; returns -1 with an exception.
static int
print_text(FILE *out, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    Py_ssize_t size;
    PyObject *bytes = str_encode(text, "utf-8", "backslashreplace");
    if (bytes == NULL) {
        return -1;
    }
    char *data;
    if (bytes_as_data(bytes, &data, &size) == 0) {
        fwrite(data, 1, (size_t)size, out);
    }
    decref(bytes);
    return 0;
}

// ---- scopes ----

static int
dump_symbol(FILE *out, const Symbol *symbol, int depth)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {
        {DEF_PARAM, "parameter"},        {DEF_LOCAL, "assigned"},    {DEF_IMPORT, "imported"},
        {DEF_TYPE_PARAM, "type parameter"}, {DEF_ANNOT, "annotated"}, {DEF_USE, "used"},
        {DEF_NONLOCAL, "nonlocal"},      {DEF_FREE_CLASS, "also free"},
    };
    fprintf(out, "%*s", depth * 2, "");
    if (print_text(out, symbol->name) < 0) {
        return -1;
    }
    fprintf(out, ": %s", name_kind_name(symbol->kind));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (symbol->flags & words[i].flag) {
            fprintf(out, ", %s", words[i].word);
        }
    }
    fputc('\n', out);
    return 0;
}

static int
dump_scope(FILE *out, const Scope *scope, int depth)
{
    fprintf(out, "%*s%s ", depth * 2, "", scope_kind_name(scope->kind));
    if (print_text(out, scope->name) < 0) {
        return -1;
    }
    fprintf(out, " (line %d)%s%s%s\n", scope->span.lineno, scope->inlined ? " inlined" : "",
            scope->generator ? " generator" : "", scope->coroutine ? " coroutine" : "");
    for (uint32_t i = 0; i < scope->count; i++) {
        if (dump_symbol(out, &scope->symbols[i], depth + 1) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < scope->nchildren; i++) {
        if (dump_scope(out, scope->children[i], depth + 1) < 0) {
            return -1;
        }
    }
    return 0;
}

int
scopes_dump(FILE *out, Mod *mod, PyObject *filename, int flags)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return -1;
    }
    int result = -1;
    Span last;
    int future = future_scan(mod, filename, &last);
    if (future >= 0) {
        ScopeTable *table = scopes_build(mod, filename, flags | future, arena);
        result = table == NULL ? -1 : dump_scope(out, table->top, 0);
    }
    arena_free(arena);
    return result;
}

// ---- bytecode ----

typedef struct {
    FILE *out;
    PyCodeObject *code;
    int at;                 // word index
} Disassembly;

static int
dump_register(Disassembly *d, int reg)
{
    PyObject *name = code_register_name_borrow(d->code, reg);
    if (name != NULL) {
        return print_text(d->out, name);
    }
    if (reg == 0 && (d->code->co_flags & CO_OPTIMIZED) == 0) {
        fputs("namespace", d->out);
        return 0;
    }
    fprintf(d->out, "t%d", reg - d->code->co_first_temp);
    return 0;
}

static int
dump_object(Disassembly *d, int64_t index, PyObject *tuple, bool with_repr)
{
    fprintf(d->out, "%lld (", (long long)index);
    if (index >= 0 && index < tuple_size(tuple)) {
        PyObject *item = tuple_item(tuple, index);
        PyObject *text = code_check(item) ? str_format("code %U", ((PyCodeObject *)item)->co_qualname)
                         : with_repr      ? object_repr(item) : new_ref(item);
        int status = print_text(d->out, text);
        xdecref(text);
        if (status < 0) {
            return -1;
        }
    }
    fputc(')', d->out);
    return 0;
}

static int
dump_operand(Disassembly *d, int kind, uint64_t value, int bits, const char **separator)
{
    if (kind == OPERAND_NONE) {
        return 0;
    }
    fputs(*separator, d->out);
    *separator = ", ";
    switch (kind) {
    case OPERAND_CONST:
        return dump_object(d, (int64_t)value, d->code->co_consts, true);
    case OPERAND_NAME:
        return dump_object(d, (int64_t)value, d->code->co_names, false);
    case OPERAND_NUM:
        fprintf(d->out, "%llu", (unsigned long long)value);
        return 0;
    case OPERAND_JUMP: {
        int distance = bits == 16 ? (int16_t)value : (int32_t)value;
        uint8_t op = WORD_OP(code_words(d->code)[d->at]);
        fprintf(d->out, "to %d", d->at + opcode_info[op].words + distance);
        return 0;
    }
    default:
        return dump_register(d, (int)value);
    }
}

static int
dump_instruction(Disassembly *d, int *line)
{
    uint64_t word = code_words(d->code)[d->at];
    const struct OpcodeInfo *info = &opcode_info[opcode_info[WORD_OP(word)].family];
    CodeLocation location;
    code_location(d->code, d->at, &location);
    if (location.line >= 0 && location.line != *line) {
        fprintf(d->out, "%5d", location.line);
        *line = location.line;
    }
    else {
        fputs("     ", d->out);
    }
    fprintf(d->out, " %5d  %s", d->at, info->name);
    const char *separator = " ";
    if (dump_operand(d, info->a, WORD_A(word), 16, &separator) < 0
        || dump_operand(d, info->b, WORD_B(word), 16, &separator) < 0
        || dump_operand(d, info->c, WORD_C(word), 16, &separator) < 0
        || dump_operand(d, info->bc, WORD_BC(word), 32, &separator) < 0) {
        return -1;
    }
    if (info->properties & OPCODE_DATA) {
        fprintf(d->out, ", data %llu", (unsigned long long)code_words(d->code)[d->at + 1]);
    }
    static const struct {
        uint8_t flag;
        const char *text;
    } flags[] = {
        {KILL_A, " kill-a"}, {KILL_B, " kill-b"}, {KILL_C, " kill-c"},
        {VARIANT_3, " v3"},  {VARIANT_4, " v4"},  {VARIANT_5, " v5"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (WORD_FLAGS(word) & flags[i].flag) {
            fputs(flags[i].text, d->out);
        }
    }
    fputc('\n', d->out);
    d->at += info->words;
    return 0;
}

static void
dump_handlers(Disassembly *d)
{
    ExceptionEntry last = {-1, -1, -1, -1, false};
    for (int word = 0; word < code_size(d->code); word++) {
        ExceptionEntry entry;
        if (code_find_handler(d->code, word, &entry) && entry.start != last.start) {
            fprintf(d->out, "      handler %d-%d -> %d, from t%d%s\n", entry.start, entry.end,
                    entry.target, entry.depth - d->code->co_first_temp,
                    entry.lasti ? " with lasti" : "");
            last = entry;
        }
    }
}

int
code_dump(FILE *out, PyObject *op)
{
    Disassembly d = {out, (PyCodeObject *)op, 0};
    int line = -1;
    fputs("code ", out);
    if (print_text(out, d.code->co_qualname) < 0) {
        return -1;
    }
    fprintf(out, " (line %d, %d registers)\n", d.code->co_firstlineno, d.code->co_framesize);
    while (d.at < code_size(d.code)) {
        if (dump_instruction(&d, &line) < 0) {
            return -1;
        }
    }
    dump_handlers(&d);
    for (Py_ssize_t i = 0; i < tuple_size(d.code->co_consts); i++) {
        PyObject *item = tuple_item(d.code->co_consts, i);
        if (code_check(item)) {
            fputc('\n', out);
            if (code_dump(out, item) < 0) {
                return -1;
            }
        }
    }
    return 0;
}
