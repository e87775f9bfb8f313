// Code generation: units, blocks, instructions, temporaries and the tables of a code object.
//
// Owns the life of a Unit. Its blocks and instructions live in an arena of their own that goes
// when the code object is made; names and constants are kept by the compilation's arena.
//
// Threading: see codegen_internal.h.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compile/codegen_internal.h"
#include "compile/constants.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/value.h"
#include "syntax/parser.h"

const Span no_span = {-1, -1, -1, -1};

// Not even the position of what comes before: the prologue of a code object.
static const Span hidden_span = {-2, -1, -2, -1};

// ---- errors and warnings ----

void
compile_fail(Compiler *c)
{
    c->failed = true;
}

void
compile_error(Compiler *c, Span span, const char *format, ...)
{
    if (c->failed) {
        return;
    }
    c->failed = true;
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    if (message != NULL) {
        syntax_error_raise_steal(PyExc_SyntaxError, message, c->filename, span);
    }
}

void
compile_warn(Compiler *c, Span span, const char *format, ...)
{
    if (c->failed || c->quiet) {
        return;
    }
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    if (message == NULL) {
        c->failed = true;
        return;
    }
    if (error_warn_explicit(PyExc_SyntaxWarning, message, c->filename, span.lineno, NULL, NULL)
        < 0) {
        c->failed = true;
        if (error_matches(PyExc_SyntaxWarning)) {
            // A warning turned into an error shows as a SyntaxError at the place.
            error_clear();
            syntax_error_raise_steal(PyExc_SyntaxError, message, c->filename, span);
            return;
        }
    }
    decref(message);
}

// ---- tables of names and constants ----

static uint64_t
item_hash(PyObject *item, bool is_const)
{
    uint64_t word = is_const ? constant_hash(item) : (uint64_t)(uintptr_t)item >> 4;
    return word * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

static int
item_table_resize(Arena *arena, ItemTable *table, bool is_const)
{
    uint32_t size = table->table == NULL ? 16 : (table->table_mask + 1) * 2;
    uint32_t *slots = arena_alloc_items(arena, 0, size, sizeof *slots);
    if (slots == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        uint64_t at = item_hash(table->items[i], is_const);
        while (slots[at & (size - 1)] != 0) {
            at++;
        }
        slots[at & (size - 1)] = i + 1;
    }
    table->table = slots;
    table->table_mask = size - 1;
    return 0;
}

static uint32_t
item_table_insert(Arena *arena, ItemTable *table, PyObject *item, bool is_const, bool *failed)
{
    if ((table->table == NULL || table->count * 2 > table->table_mask)
        && item_table_resize(arena, table, is_const) < 0) {
        *failed = true;
        return 0;
    }
    uint64_t at = item_hash(item, is_const);
    for (;; at++) {
        uint32_t index = table->table[at & table->table_mask];
        if (index == 0) {
            break;
        }
        PyObject *present = table->items[index - 1];
        if (present == item || (is_const && constant_equal(present, item))) {
            return index - 1;
        }
    }
    if (arena_vector_grow(arena, &table->items, table->count, &table->capacity,
                          sizeof(PyObject *)) < 0) {
        *failed = true;
        return 0;
    }
    table->items[table->count++] = item;
    table->table[at & table->table_mask] = table->count;
    return table->count - 1;
}

uint32_t
item_table_add(Arena *arena, ItemTable *table, PyObject *item, bool *failed)
{
    return item_table_insert(arena, table, item, false, failed);
}

uint32_t
name_index(Compiler *c, PyObject *name)
{
    if (c->failed) {
        return 0;
    }
    return item_table_insert(c->unit->arena, &c->unit->names, name, false, &c->failed);
}

uint32_t
const_index(Compiler *c, PyObject *value)
{
    if (c->failed) {
        return 0;
    }
    uint32_t shared = item_table_insert(c->arena, &c->const_cache, value, true, &c->failed);
    if (c->failed) {
        return 0;
    }
    PyObject *canonical = c->const_cache.items[shared];
    if (canonical == value && arena_keep(c->arena, value) < 0) {
        c->failed = true;
        return 0;
    }
    return item_table_insert(c->unit->arena, &c->unit->consts, canonical, true, &c->failed);
}

uint32_t
const_index_steal(Compiler *c, PyObject *value)
{
    if (value == NULL) {
        c->failed = true;
        return 0;
    }
    uint32_t index = const_index(c, value);
    decref(value);
    return index;
}

uint32_t
const_int(Compiler *c, long value)
{
    if (c->failed) {
        return 0;
    }
    return const_index_steal(c, value_box(value_from_int(value)));
}

uint32_t
const_none(Compiler *c)
{
    return const_index(c, Py_None);
}

void
load_const(Compiler *c, Span span, Reg dst, PyObject *value)
{
    emit_bc(c, span, OP_LOAD_CONST, 0, dst, const_index(c, value));
}

void
load_none(Compiler *c, Span span, Reg dst)
{
    emit_bc(c, span, OP_LOAD_CONST, 0, dst, const_none(c));
}

// ---- blocks and instructions ----

Block *
block_new(Compiler *c)
{
    Unit *u = c->unit;
    Block *block = arena_alloc(u->arena, sizeof *block);
    if (block == NULL) {
        // Never looked at: nothing is assembled once c->failed is set.
        c->failed = true;
        return &c->spare;
    }
    block->id = ++u->nblocks;
    return block;
}

void
block_use(Compiler *c, Block *block)
{
    Unit *u = c->unit;
    if (c->failed) {
        return;
    }
    block->cold = u->cold > 0;
    u->last->next = block;
    u->last = block;
    u->current = block;
}

const Handler *
handler_new(Compiler *c, Block *target, uint32_t depth, bool lasti)
{
    Handler *handler = arena_alloc(c->unit->arena, sizeof *handler);
    if (handler == NULL) {
        c->failed = true;
        return NULL;
    }
    *handler = (Handler){target, depth, lasti};
    temp_reserve(c, depth + 2);
    return handler;
}

static Ins *
ins_new(Compiler *c, Span span, int op, int flags)
{
    Unit *u = c->unit;
    if (c->failed) {
        return NULL;
    }
    Block *block = u->current;
    if (arena_vector_grow(u->arena, &block->ins, block->count, &block->capacity, sizeof(Ins))
        < 0) {
        c->failed = true;
        return NULL;
    }
    Ins *ins = &block->ins[block->count++];
    memset(ins, 0, sizeof *ins);
    ins->op = (uint8_t)op;
    ins->flags = (uint8_t)flags;
    ins->handler = u->handler;
    ins->span = span;
    return ins;
}

// Code behind an instruction that never goes on belongs to a block of its own, which nothing
// reaches unless it is a jump target.
static void
block_end(Compiler *c)
{
    block_use(c, block_new(c));
}

void
emit_data(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Reg c_, int32_t data)
{
    Ins *ins = ins_new(c, span, op, flags);
    if (ins == NULL) {
        return;
    }
    ins->a = a;
    ins->b = b;
    ins->c = c_;
    ins->data = data;
    if (op_stops(op)) {
        block_end(c);
    }
}

void
emit(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Reg c_)
{
    emit_data(c, span, op, flags, a, b, c_, 0);
}

void
emit_bc(Compiler *c, Span span, int op, int flags, Reg a, uint32_t bc)
{
    emit_data(c, span, op, flags, a, bc, 0, 0);
}

void
emit_jump(Compiler *c, Span span, int op, int flags, Reg a, Reg b, Block *target)
{
    Ins *ins = ins_new(c, span, op, flags);
    if (ins == NULL) {
        return;
    }
    ins->a = a;
    ins->b = b;
    ins->target = target;
    block_end(c);
}

void
emit_goto(Compiler *c, Span span, Block *target)
{
    emit_jump(c, span, OP_JUMP_FORWARD, 0, 0, 0, target);
}

// ---- temporaries ----

void
temp_reserve(Compiler *c, uint32_t height)
{
    if (height > c->unit->max_height) {
        c->unit->max_height = height;
    }
}

Reg
temp_push(Compiler *c)
{
    Unit *u = c->unit;
    Reg reg = TEMP(u->height);
    u->height++;
    temp_reserve(c, u->height);
    return reg;
}

// ---- units ----

static PyObject *
keep(Compiler *c, PyObject *op)
{
    if (op == NULL || arena_keep_steal(c->arena, op) < 0) {
        c->failed = true;
        return NULL;
    }
    return op;
}

// PEP 3155: the path of definitions, with "<locals>" for functions; scopes of type parameters do
// not show.
static void
unit_set_qualname(Compiler *c, Unit *u, PyObject *prefix)
{
    Unit *outer = u->outer;
    if (outer != NULL && outer->root->kind == SCOPE_TYPE_PARAMETERS) {
        outer = outer->outer;
    }
    PyObject *name = u->name;
    if (prefix != NULL) {
        name = keep(c, str_format("%U.%U", prefix, name));
    }
    u->qualname = name;
    if (c->failed || outer == NULL || outer->outer == NULL) {
        return;
    }
    if (prefix == NULL && (u->root->kind == SCOPE_FUNCTION || u->root->kind == SCOPE_CLASS)) {
        PyObject *mangled = scope_mangle(c->arena, outer->private_name, NULL, u->name);
        if (mangled == NULL) {
            c->failed = true;
            return;
        }
        const Symbol *symbol = scope_find(outer->root, mangled);
        if (symbol != NULL && symbol->kind == NAME_GLOBAL_EXPLICIT) {
            return;
        }
    }
    const char *format = scope_is_function_like(outer->root) ? "%U.<locals>.%U" : "%U.%U";
    u->qualname = keep(c, str_format(format, outer->qualname, name));
}

static int
unit_code_flags(const Compiler *c, const Scope *scope)
{
    int flags = c->flags & PARSE_FUTURE_MASK;
    if (scope_is_function_like(scope)) {
        flags |= CO_NEWLOCALS | CO_OPTIMIZED;
        flags |= scope->nested ? CO_NESTED : 0;
        flags |= scope->generator && !scope->coroutine ? CO_GENERATOR : 0;
        flags |= !scope->generator && scope->coroutine ? CO_COROUTINE : 0;
        flags |= scope->generator && scope->coroutine ? CO_ASYNC_GENERATOR : 0;
        flags |= scope->has_varargs ? CO_VARARGS : 0;
        flags |= scope->has_varkeywords ? CO_VARKEYWORDS : 0;
        flags |= scope->is_method ? CO_METHOD : 0;
    }
    else if (scope->kind == SCOPE_MODULE && scope->coroutine
             && (c->flags & PARSE_ALLOW_TOP_LEVEL_AWAIT)) {
        flags |= CO_COROUTINE;
    }
    return flags;
}

static int
name_order(const void *a, const void *b)
{
    return str_compare(*(PyObject *const *)a, *(PyObject *const *)b);
}

static bool
symbol_is_free(const Symbol *symbol)
{
    return symbol->kind == NAME_FREE || (symbol->flags & DEF_FREE_CLASS);
}

// The cells that a class body has besides its names.
static uint32_t
class_cells(const Scope *scope, PyObject **cells)
{
    uint32_t n = 0;
    if (scope->kind != SCOPE_CLASS) {
        return 0;
    }
    if (scope->needs_class_closure) {
        cells[n++] = ID(__class__);
    }
    if (scope->needs_classdict) {
        cells[n++] = ID(__classdict__);
    }
    if (scope->has_conditional_annotations) {
        cells[n++] = ID(__conditional_annotations__);
    }
    return n;
}

// Arguments get the first slots; cells that are no arguments and free variables are sorted.
static void
unit_assign_cells(Compiler *c, Unit *u)
{
    const Scope *scope = u->root;
    u->cells = arena_alloc_items(u->arena, 0, (Py_ssize_t)scope->count + 4, sizeof(PyObject *));
    u->symbol_regs = arena_alloc_items(u->arena, 0, (Py_ssize_t)scope->count + 1, sizeof(Reg));
    if (u->cells == NULL || u->symbol_regs == NULL) {
        c->failed = true;
        return;
    }
    u->nsymbols = scope->count;
    for (uint32_t i = 0; i < scope->count; i++) {
        u->symbol_regs[i] = REG_NONE;
    }
    uint32_t n = class_cells(scope, u->cells);
    for (uint32_t i = 0; i < scope->count; i++) {
        if (scope->symbols[i].kind == NAME_CELL && !(scope->symbols[i].flags & DEF_PARAM)) {
            u->cells[n++] = scope->symbols[i].name;
        }
    }
    qsort(u->cells, n, sizeof(PyObject *), name_order);
    u->ncells = n;
    for (uint32_t i = 0; i < scope->count; i++) {
        if (symbol_is_free(&scope->symbols[i])) {
            u->cells[n++] = scope->symbols[i].name;
        }
    }
    qsort(u->cells + u->ncells, n - u->ncells, sizeof(PyObject *), name_order);
    u->nfree = n - u->ncells;
    for (uint32_t i = 0; i < n; i++) {
        // A class may use an outer __class__ and offer its own.
        const Symbol *symbol = scope_find(scope, u->cells[i]);
        if (symbol != NULL && (i >= u->ncells || !symbol_is_free(symbol))) {
            u->symbol_regs[symbol - scope->symbols] = REG_CELL | i;
        }
    }
}

static void
unit_assign_params(Compiler *c, Unit *u)
{
    const Scope *scope = u->root;
    uint32_t nvar = (uint32_t)scope->has_varargs + (uint32_t)scope->has_varkeywords;
    for (uint32_t i = 0; i < scope->nparams && !c->failed; i++) {
        PyObject *name = scope->params[i];
        const Symbol *symbol = scope_find(scope, name);
        uint8_t kind = CO_FAST_LOCAL;
        kind |= symbol->kind == NAME_CELL ? CO_FAST_CELL : 0;
        if (i >= scope->nparams - nvar) {
            kind |= CO_FAST_ARG_VAR;
            kind |= scope->has_varargs && i == scope->nparams - nvar ? CO_FAST_ARG_POS
                                                                     : CO_FAST_ARG_KW;
        }
        else if ((int)i < u->posonlyargcount) {
            kind |= CO_FAST_ARG_POS;
        }
        else {
            kind |= (int)i < u->argcount ? CO_FAST_ARG_POS | CO_FAST_ARG_KW : CO_FAST_ARG_KW;
        }
        if (str_equal_cstr(name, ".format")) {
            name = ID(format);
        }
        Reg reg = slot_new(c, name, kind);
        if (c->failed) {
            return;
        }
        u->symbol_regs[symbol - scope->symbols] = reg;
    }
}

static const Arguments *
scope_arguments(const Scope *scope)
{
    if (scope->kind != SCOPE_FUNCTION || scope->comprehension != COMPREHENSION_NONE) {
        return NULL;
    }
    if (scope->name == ID(lambda)) {
        return ((const Expr *)scope->key)->Lambda.args;
    }
    const Stmt *s = scope->key;
    return s->kind == STMT_FUNCTION_DEF ? s->FunctionDef.args : s->AsyncFunctionDef.args;
}

static void
unit_count_arguments(Unit *u)
{
    const Arguments *args = scope_arguments(u->root);
    if (args != NULL) {
        u->posonlyargcount = (int)args->posonlyargs->size;
        u->argcount = (int)(args->posonlyargs->size + args->args->size);
        u->kwonlyargcount = (int)args->kwonlyargs->size;
    }
    else if (scope_is_function_like(u->root)) {
        u->argcount = (int)u->root->nparams;
        u->posonlyargcount = u->argcount;
    }
}

// The first word stands for the line of the definition: in functions a RESUME that calls skip
// (co_entry), in generators the instruction that returns them, with a RESUME behind it (debuggers
// look for one). Then cells are made and the closure is unpacked.
static void
unit_emit_prologue(Compiler *c, Unit *u)
{
    Span span = {u->firstlineno, 0, u->firstlineno, 0};
    if (u->flags & CO_GENERATOR_LIKE) {
        emit(c, span, OP_RETURN_GENERATOR, 0, 0, 0, 0);
        emit(c, hidden_span, OP_RESUME, 0, 0, 0, 0);
    }
    else if (u->flags & CO_OPTIMIZED) {
        emit(c, span, OP_RESUME, 0, 0, 0, 0);
    }
    for (uint32_t i = 0; i < u->nslots; i++) {
        if (u->slots[i].kind & CO_FAST_CELL) {
            emit(c, hidden_span, OP_MAKE_CELL, 0, i, 0, 0);
        }
    }
    for (uint32_t i = 0; i < u->ncells; i++) {
        emit(c, hidden_span, OP_MAKE_CELL, 0, REG_CELL | i, 0, 0);
    }
    if (u->nfree > 0) {
        emit(c, hidden_span, OP_COPY_FREE_VARS, 0, REG_CELL | u->ncells, 0, u->nfree);
    }
}

bool
unit_enter(Compiler *c, Scope *scope, PyObject *name, PyObject *qualname_prefix,
           int firstlineno)
{
    Unit *u = c->failed ? NULL : arena_alloc(c->arena, sizeof *u);
    if (u == NULL) {
        c->failed = true;
        return false;
    }
    u->outer = c->unit;
    u->root = u->scope = scope;
    u->name = name;
    u->private_name = c->unit == NULL ? NULL : c->unit->private_name;
    u->firstlineno = firstlineno;
    u->arena = arena_new();
    if (u->arena == NULL) {
        c->failed = true;
        return false;
    }
    c->unit = u;
    u->flags = unit_code_flags(c, scope);
    unit_set_qualname(c, u, qualname_prefix);
    u->first = u->last = u->current = block_new(c);
    // Generators have one block around everything (PEP 479).
    u->frame_depth = (u->flags & CO_GENERATOR_LIKE) != 0;
    unit_count_arguments(u);
    unit_assign_cells(c, u);
    if (!c->failed && scope_is_function_like(scope)) {
        unit_assign_params(c, u);
    }
    if (!c->failed) {
        unit_emit_prologue(c, u);
    }
    return true;
}

void
unit_abandon(Compiler *c)
{
    Unit *u = c->unit;
    c->unit = u->outer;
    arena_free(u->arena);
    u->arena = NULL;
}

static void
unit_save_closure(Compiler *c, const Unit *u)
{
    c->nclosure = u->nfree;
    c->closure_names = arena_alloc_items(c->arena, 0, (Py_ssize_t)u->nfree + 1,
                                         sizeof(PyObject *));
    if (c->closure_names == NULL) {
        c->failed = true;
        return;
    }
    memcpy(c->closure_names, u->cells + u->ncells, u->nfree * sizeof(PyObject *));
}

PyObject *
unit_leave(Compiler *c)
{
    PyObject *code = NULL;
    if (!c->failed) {
        flow_optimize(c, c->unit);
    }
    if (!c->failed) {
        code = keep(c, assemble(c, c->unit));
    }
    if (!c->failed) {
        unit_save_closure(c, c->unit);
    }
    unit_abandon(c);
    return code;
}
