// Native module _symtable: symbol tables of source text, for Lib/symtable.py.
//
// The compiler's tables are copied into Python objects. Inlined comprehensions do not show as
// tables of their own: their names count for the block around them, as in the code object.
//
// Threading: entries are immutable once returned (their dict and lists are the caller's).
#include "modules/module.h"

#include <stddef.h>

#include "compile/scopes.h"
#include "memory/heap.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "syntax/parser.h"

typedef struct {
    PyObject ob_base;
    PyObject *id;
    PyObject *name;
    PyObject *symbols;
    PyObject *varnames;
    PyObject *children;
    int type;
    int nested;
    int lineno;
} SymtableEntry;

NATIVE_LIFETIME(entry, SymtableEntry, 5, id, name, symbols, varnames, children)

static PyObject *
entry_repr(PyObject *self)
{
    SymtableEntry *entry = (SymtableEntry *)self;
    return str_format("<symtable entry %U(%R), line %d>", entry->name, entry->id, entry->lineno);
}

static PyMemberDef entry_members[] = {
    {"id", _Py_T_OBJECT, offsetof(SymtableEntry, id), Py_READONLY, NULL},
    {"name", _Py_T_OBJECT, offsetof(SymtableEntry, name), Py_READONLY, NULL},
    {"symbols", _Py_T_OBJECT, offsetof(SymtableEntry, symbols), Py_READONLY, NULL},
    {"varnames", _Py_T_OBJECT, offsetof(SymtableEntry, varnames), Py_READONLY, NULL},
    {"children", _Py_T_OBJECT, offsetof(SymtableEntry, children), Py_READONLY, NULL},
    {"nested", Py_T_INT, offsetof(SymtableEntry, nested), Py_READONLY, NULL},
    {"type", Py_T_INT, offsetof(SymtableEntry, type), Py_READONLY, NULL},
    {"lineno", Py_T_INT, offsetof(SymtableEntry, lineno), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject entry_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "symtable entry",
    .tp_basicsize = sizeof(SymtableEntry),
    .tp_dealloc = entry_dealloc,
    .tp_repr = entry_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = entry_traverse,
    .tp_members = entry_members,
};

// ---- copying ----

static int
set_flags(PyObject *symbols, PyObject *name, uint32_t flags, NameKind kind)
{
    PyObject *number = int_from_i64((int64_t)(flags | (uint32_t)kind << SYMBOL_SCOPE_SHIFT));
    if (number == NULL) {
        return -1;
    }
    return dict_set_steal(symbols, name, number);
}

// Names of an inlined comprehension that the block around it does not have yet.
static int
merge_inlined(PyObject *symbols, const Scope *outer, const Scope *scope)
{
    for (uint32_t i = 0; i < scope->count; i++) {
        const Symbol *symbol = &scope->symbols[i];
        if (symbol->flags & DEF_PARAM) {
            continue;
        }
        int known = dict_contains(symbols, symbol->name);
        if (known < 0) {
            return -1;
        }
        bool hidden = symbol->kind == NAME_FREE && outer->kind == SCOPE_CLASS
                      && symbol->name == ID(__class__);
        if (!known
            && set_flags(symbols, symbol->name, symbol->flags,
                         hidden ? NAME_GLOBAL_IMPLICIT : symbol->kind) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *entry_new(const Scope *scope);

// Children of scope; those of inlined comprehensions take their place.
static int
fill_children(SymtableEntry *entry, const Scope *outer, const Scope *scope)
{
    for (uint32_t i = 0; i < scope->nchildren; i++) {
        const Scope *child = scope->children[i];
        if (child->inlined) {
            if (merge_inlined(entry->symbols, outer, child) < 0
                || fill_children(entry, outer, child) < 0) {
                return -1;
            }
            continue;
        }
        PyObject *made = entry_new(child);
        if (made == NULL) {
            return -1;
        }
        int status = list_append(entry->children, made);
        decref(made);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
fill_entry(SymtableEntry *entry, const Scope *scope)
{
    entry->id = int_from_i64((int64_t)(intptr_t)entry);
    entry->name = new_ref(scope->name);
    entry->symbols = dict_new();
    entry->varnames = list_from_array(scope->params, scope->nparams);
    entry->children = list_new(0);
    if (entry->id == NULL || entry->symbols == NULL || entry->varnames == NULL
        || entry->children == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < scope->count; i++) {
        const Symbol *symbol = &scope->symbols[i];
        if (set_flags(entry->symbols, symbol->name, symbol->flags, symbol->kind) < 0) {
            return -1;
        }
    }
    return fill_children(entry, scope, scope);
}

static PyObject *
entry_new(const Scope *scope)
{
    SymtableEntry *entry = (SymtableEntry *)type_alloc(&entry_type, 0);
    if (entry == NULL) {
        return NULL;
    }
    entry->type = (int)scope->kind;
    entry->nested = scope->nested;
    entry->lineno = scope->span.lineno;
    if (fill_entry(entry, scope) < 0) {
        decref(entry);
        return NULL;
    }
    return (PyObject *)entry;
}

// ---- the function ----

static PyObject *
entry_from_source(const char *source, Py_ssize_t size, PyObject *filename, int mode, int flags)
{
    Arena *arena = arena_new();
    if (arena == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Span last;
    Mod *mod = parser_parse_string(source, size, filename, mode, flags, PARSE_FEATURE_VERSION,
                                   arena);
    int future = mod == NULL ? -1 : future_scan(mod, filename, &last);
    if (future >= 0) {
        ScopeTable *table = scopes_build(mod, filename, future, arena);
        if (table != NULL) {
            result = entry_new(table->top);
        }
    }
    arena_free(arena);
    return result;
}

static PyObject *
symtable_symtable(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *source;
    PyObject *filename;
    PyObject *start;
    (void)module;
    if (!args_parse_stack(args, nargs, "OO&U:symtable", &source, str_fs_decoder, &filename,
                          &start)) {
        return NULL;
    }
    int mode = str_equal_cstr(start, "exec")     ? PARSE_EXEC
               : str_equal_cstr(start, "eval")   ? PARSE_EVAL
               : str_equal_cstr(start, "single") ? PARSE_SINGLE : -1;
    if (mode < 0) {
        decref(filename);
        return error_set(PyExc_ValueError,
                         "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
    }
    int flags = PARSE_SOURCE_IS_UTF8;
    const char *text;
    Py_ssize_t size;
    PyObject *keep;
    PyObject *result = NULL;
    if (source_from_object(source, "symtable", "string or bytes", &flags, &text, &size, &keep)
        == 0) {
        result = entry_from_source(text, size, filename, mode, flags);
        decref(keep);
    }
    decref(filename);
    return result;
}

static PyMethodDef symtable_methods[] = {
    {"symtable", (PyCFunction)(void (*)(void))symtable_symtable, METH_FASTCALL,
     "symtable($module, source, filename, startstr, /)\n--\n\n"
     "Return symbol and scope dictionaries used internally by compiler."},
    {NULL, NULL, 0, NULL},
};

static int
symtable_exec(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } rows[] = {
        {"USE", DEF_USE},
        {"DEF_GLOBAL", DEF_GLOBAL},
        {"DEF_NONLOCAL", DEF_NONLOCAL},
        {"DEF_LOCAL", DEF_LOCAL},
        {"DEF_PARAM", DEF_PARAM},
        {"DEF_TYPE_PARAM", DEF_TYPE_PARAM},
        {"DEF_FREE_CLASS", DEF_FREE_CLASS},
        {"DEF_IMPORT", DEF_IMPORT},
        {"DEF_BOUND", DEF_BOUND},
        {"DEF_ANNOT", DEF_ANNOT},
        {"DEF_COMP_ITER", DEF_COMP_ITER},
        {"DEF_COMP_CELL", DEF_COMP_CELL},
        {"TYPE_FUNCTION", SCOPE_FUNCTION},
        {"TYPE_CLASS", SCOPE_CLASS},
        {"TYPE_MODULE", SCOPE_MODULE},
        {"TYPE_ANNOTATION", SCOPE_ANNOTATION},
        {"TYPE_TYPE_ALIAS", SCOPE_TYPE_ALIAS},
        {"TYPE_TYPE_PARAMETERS", SCOPE_TYPE_PARAMETERS},
        {"TYPE_TYPE_VARIABLE", SCOPE_TYPE_VARIABLE},
        {"LOCAL", NAME_LOCAL},
        {"GLOBAL_EXPLICIT", NAME_GLOBAL_EXPLICIT},
        {"GLOBAL_IMPLICIT", NAME_GLOBAL_IMPLICIT},
        {"FREE", NAME_FREE},
        {"CELL", NAME_CELL},
        {"SCOPE_OFF", SYMBOL_SCOPE_SHIFT},
        {"SCOPE_MASK", SYMBOL_SCOPE_MASK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (module_add_int(module, rows[i].name, rows[i].value) < 0) {
            return -1;
        }
    }
    return type_ready(&entry_type);
}

static PyModuleDef_Slot symtable_slots[] = {
    {Py_mod_exec, (void *)symtable_exec},
    {0, NULL},
};

static PyModuleDef symtable_module = {
    .m_name = "_symtable",
    .m_methods = symtable_methods,
    .m_slots = symtable_slots,
};

NATIVE_MODULE(_symtable, &symtable_module)
