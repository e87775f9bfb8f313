// Symbol tables: storage, name mangling, future statements and the way in.
//
// Invariants: a name is interned before it enters a table; a Scope's `table` exists once there are
// more than LINEAR_SYMBOLS symbols and then indexes all of them.
//
// Threading: see scopes.h.
#include "compile/scopes.h"

#include <stdarg.h>
#include <string.h>

#include "base/checked.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "syntax/parser.h"

enum { LINEAR_SYMBOLS = 8 };

static inline size_t
node_hash(const void *p)
{
    uint64_t word = (uint64_t)(uintptr_t)p;
    return (size_t)((word >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

int
arena_vector_grow(Arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return 0;
    }
    uint32_t wanted = *capacity == 0 ? 4 : *capacity * 2;
    void *grown = arena_alloc_items(arena, 0, wanted, size);
    if (grown == NULL) {
        return -1;
    }
    void *old;
    memcpy(&old, items, sizeof old);
    if (count > 0) {
        memcpy(grown, old, count * size);
    }
    memcpy(items, &grown, sizeof grown);
    *capacity = wanted;
    return 0;
}

int
scope_error(const ScopeTable *table, Span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    if (message != NULL) {
        syntax_error_raise_steal(PyExc_SyntaxError, message, table->filename, span);
    }
    return -1;
}

// ---- symbols ----

Symbol *
scope_find(const Scope *scope, PyObject *name)
{
    if (scope->table == NULL) {
        for (uint32_t i = 0; i < scope->count; i++) {
            if (scope->symbols[i].name == name) {
                return &scope->symbols[i];
            }
        }
        return NULL;
    }
    for (size_t i = node_hash(name);; i++) {
        uint32_t index = scope->table[i & scope->table_mask];
        if (index == 0) {
            return NULL;
        }
        if (scope->symbols[index - 1].name == name) {
            return &scope->symbols[index - 1];
        }
    }
}

static void
scope_index(Scope *scope, uint32_t which)
{
    size_t i = node_hash(scope->symbols[which].name);
    while (scope->table[i & scope->table_mask] != 0) {
        i++;
    }
    scope->table[i & scope->table_mask] = which + 1;
}

// The index is at most half full.
static int
scope_reindex(Arena *arena, Scope *scope)
{
    uint32_t size = 32;
    while (size < scope->count * 4) {
        size *= 2;
    }
    uint32_t *table = arena_alloc_items(arena, 0, size, sizeof *table);
    if (table == NULL) {
        return -1;
    }
    scope->table = table;
    scope->table_mask = size - 1;
    for (uint32_t i = 0; i < scope->count; i++) {
        scope_index(scope, i);
    }
    return 0;
}

Symbol *
scope_add(Arena *arena, Scope *scope, PyObject *name, uint32_t flags)
{
    Symbol *symbol = scope_find(scope, name);
    if (symbol != NULL) {
        symbol->flags |= flags;
        return symbol;
    }
    if (arena_vector_grow(arena, &scope->symbols, scope->count, &scope->capacity,
                          sizeof *symbol) < 0) {
        return NULL;
    }
    symbol = &scope->symbols[scope->count++];
    symbol->name = name;
    symbol->flags = flags;
    symbol->kind = NAME_UNKNOWN;
    if (scope->table != NULL && scope->count * 2 <= scope->table_mask) {
        scope_index(scope, scope->count - 1);
    }
    else if (scope->count > LINEAR_SYMBOLS && scope_reindex(arena, scope) < 0) {
        return NULL;
    }
    return symbol;
}

// ---- scopes by node ----

static int
table_grow(ScopeTable *table)
{
    size_t size = table->keys == NULL ? 64 : (table->key_mask + 1) * 2;
    const void **keys = arena_alloc_items(table->arena, 0, (Py_ssize_t)size, sizeof *keys);
    Scope **scopes = arena_alloc_items(table->arena, 0, (Py_ssize_t)size, sizeof *scopes);
    if (keys == NULL || scopes == NULL) {
        return -1;
    }
    const void **old_keys = table->keys;
    Scope **old_scopes = table->scopes;
    size_t old_size = old_keys == NULL ? 0 : table->key_mask + 1;
    table->keys = keys;
    table->scopes = scopes;
    table->key_mask = size - 1;
    for (size_t i = 0; i < old_size; i++) {
        if (old_keys[i] != NULL) {
            size_t at = node_hash(old_keys[i]) & table->key_mask;
            while (keys[at] != NULL) {
                at = (at + 1) & table->key_mask;
            }
            keys[at] = old_keys[i];
            scopes[at] = old_scopes[i];
        }
    }
    return 0;
}

Scope *
scope_of(const ScopeTable *table, const void *key)
{
    size_t at = node_hash(key) & table->key_mask;
    while (table->keys[at] != NULL) {
        if (table->keys[at] == key) {
            return table->scopes[at];
        }
        at = (at + 1) & table->key_mask;
    }
    return NULL;
}

static int
table_add(ScopeTable *table, const void *key, Scope *scope)
{
    if ((table->keys == NULL || table->key_count * 2 > table->key_mask) && table_grow(table) < 0) {
        return -1;
    }
    size_t at = node_hash(key) & table->key_mask;
    while (table->keys[at] != NULL && table->keys[at] != key) {
        at = (at + 1) & table->key_mask;
    }
    table->key_count += table->keys[at] == NULL;
    table->keys[at] = key;
    table->scopes[at] = scope;
    return 0;
}

Scope *
scope_new(ScopeTable *table, Scope *parent, PyObject *name, ScopeKind kind, const void *key,
          Span span)
{
    Scope *scope = arena_alloc(table->arena, sizeof *scope);
    if (scope == NULL || (key != NULL && table_add(table, key, scope) < 0)) {
        return NULL;
    }
    scope->kind = kind;
    scope->name = name;
    scope->key = key;
    scope->span = span;
    scope->parent = parent;
    if (parent == NULL) {
        return scope;
    }
    scope->nested = parent->nested || scope_is_function_like(parent);
    scope->is_method = kind == SCOPE_FUNCTION && parent->kind == SCOPE_CLASS;
    if (arena_vector_grow(table->arena, &parent->children, parent->nchildren,
                          &parent->children_capacity, sizeof(Scope *)) < 0) {
        return NULL;
    }
    parent->children[parent->nchildren++] = scope;
    return scope;
}

// ---- mangling ----

static bool
name_is_mangled(PyObject *name)
{
    Py_ssize_t length = str_length(name);
    if (length < 3 || str_read_char(name, 0) != '_' || str_read_char(name, 1) != '_') {
        return false;
    }
    if (str_read_char(name, length - 1) == '_' && str_read_char(name, length - 2) == '_') {
        return false;
    }
    return str_find_char(name, '.', 0, length, 1) < 0;
}

PyObject *
scope_mangle(Arena *arena, PyObject *private_name, const Scope *scope, PyObject *name)
{
    if (!str_is_interned(name)) {
        PyObject *interned = str_intern(name);
        if (interned == NULL || arena_keep_steal(arena, interned) < 0) {
            return NULL;
        }
        name = interned;
    }
    if (private_name == NULL || !name_is_mangled(name)) {
        return name;
    }
    if (scope != NULL && scope->mangling != NULL) {
        const Scope *limit = scope->mangling;
        uint32_t i = 0;
        while (i < limit->nmangled && limit->mangled_names[i] != name) {
            i++;
        }
        if (i == limit->nmangled) {
            return name;
        }
    }
    Py_ssize_t length = str_length(private_name);
    Py_ssize_t start = 0;
    while (start < length && str_read_char(private_name, start) == '_') {
        start++;
    }
    if (start == length) {
        return name;
    }
    PyObject *stripped = str_substring(private_name, start, length);
    if (stripped == NULL) {
        return NULL;
    }
    PyObject *mangled = str_intern_steal(str_format("_%U%U", stripped, name));
    decref(stripped);
    if (mangled == NULL || arena_keep_steal(arena, mangled) < 0) {
        return NULL;
    }
    return mangled;
}

// ---- future statements ----

static const struct {
    const char *name;
    int flag;
} future_features[] = {
    {"nested_scopes", 0},
    {"generators", 0},
    {"division", 0},
    {"absolute_import", 0},
    {"with_statement", 0},
    {"print_function", 0},
    {"unicode_literals", 0},
    {"barry_as_FLUFL", CO_FUTURE_BARRY_AS_BDFL},
    {"generator_stop", 0},
    {"annotations", CO_FUTURE_ANNOTATIONS},
};

static int
future_error(PyObject *filename, Span span, const char *format, PyObject *name)
{
    PyObject *message = str_format(format, name);
    if (message != NULL) {
        syntax_error_raise_steal(PyExc_SyntaxError, message, filename, span);
    }
    return -1;
}

static int
future_of_name(const Alias *alias, PyObject *filename)
{
    for (size_t i = 0; i < sizeof future_features / sizeof future_features[0]; i++) {
        if (str_equal_cstr(alias->name, future_features[i].name)) {
            return future_features[i].flag;
        }
    }
    if (str_equal_cstr(alias->name, "braces")) {
        return future_error(filename, alias->span, "not a chance", NULL);
    }
    return future_error(filename, alias->span, "future feature %.100U is not defined",
                        alias->name);
}

int
future_scan(Mod *mod, PyObject *filename, Span *last)
{
    *last = (Span){-1, -1, -1, -1};
    if (mod->kind != MOD_MODULE && mod->kind != MOD_INTERACTIVE) {
        return 0;
    }
    const StmtSeq *body = mod->kind == MOD_MODULE ? mod->Module.body : mod->Interactive.body;
    int flags = 0;
    Py_ssize_t i = ast_docstring_borrow(body) != NULL ? 1 : 0;
    for (; i < body->size; i++) {
        const Stmt *s = body->items[i];
        if (s->kind != STMT_IMPORT_FROM || s->ImportFrom.level != 0 || s->ImportFrom.module == NULL
            || !str_equal_cstr(s->ImportFrom.module, "__future__")) {
            break;
        }
        *last = s->span;
        for (Py_ssize_t j = 0; j < s->ImportFrom.names->size; j++) {
            int flag = future_of_name(s->ImportFrom.names->items[j], filename);
            if (flag < 0) {
                return -1;
            }
            flags |= flag;
        }
    }
    return flags;
}

// ---- building ----

static int
scope_names_init(ScopeBuilder *b)
{
    const struct {
        PyObject **to;
        const char *text;
    } rows[] = {
        {&b->names.dot_zero, ".0"},
        {&b->names.dot_format, ".format"},
        {&b->names.dot_defaults, ".defaults"},
        {&b->names.dot_kwdefaults, ".kwdefaults"},
        {&b->names.dot_type_params, ".type_params"},
        {&b->names.dot_generic_base, ".generic_base"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PyObject *name = str_intern_cstr(rows[i].text);
        if (name == NULL || arena_keep_steal(b->arena, name) < 0) {
            return -1;
        }
        *rows[i].to = name;
    }
    return 0;
}

static int
scopes_visit_mod(ScopeBuilder *b, Mod *mod)
{
    switch (mod->kind) {
    case MOD_MODULE:
        b->current->has_docstring = ast_docstring_borrow(mod->Module.body) != NULL;
        return scope_visit_stmts(b, mod->Module.body);
    case MOD_INTERACTIVE:
        return scope_visit_stmts(b, mod->Interactive.body);
    case MOD_EXPRESSION:
        return scope_visit_expr(b, mod->Expression.body);
    case MOD_FUNCTION_TYPE:
        break;
    }
    error_set(PyExc_RuntimeError, "this compiler does not handle FunctionTypes");
    return -1;
}

ScopeTable *
scopes_build(Mod *mod, PyObject *filename, int future_flags, Arena *arena)
{
    ScopeTable *table = arena_alloc(arena, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    table->arena = arena;
    table->filename = filename;
    table->future_flags = future_flags & PARSE_FUTURE_MASK;
    table->allow_top_level_await = future_flags & PARSE_ALLOW_TOP_LEVEL_AWAIT;
    ScopeBuilder builder = {.table = table, .arena = arena};
    if (scope_names_init(&builder) < 0) {
        return NULL;
    }
    table->top = scope_new(table, NULL, ID(top), SCOPE_MODULE, mod, (Span){0, 0, 0, 0});
    if (table->top == NULL) {
        return NULL;
    }
    builder.current = table->top;
    if (scopes_visit_mod(&builder, mod) < 0 || scopes_resolve(table) < 0) {
        return NULL;
    }
    return table;
}

const char *
scope_kind_name(ScopeKind kind)
{
    static const char *const names[] = {
        "function", "class", "module", "annotation", "type alias", "type parameters",
        "type variable",
    };
    return names[kind];
}

const char *
name_kind_name(NameKind kind)
{
    static const char *const names[] = {
        "unknown", "local", "global (declared)", "global", "free", "cell",
    };
    return names[kind];
}
