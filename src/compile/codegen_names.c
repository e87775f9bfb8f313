// Code generation: what a name means in the unit, and access to it.
//
// Names are looked up from the innermost inlined comprehension outwards to the scope of the code
// object. Plain locals get their slot when they are first used, so that co_varnames is in the
// order of use.
//
// Threading: see codegen_internal.h.
#include <string.h>

#include "compile/codegen_internal.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"

typedef enum {
    REF_FAST,
    REF_DEREF,
    REF_GLOBAL,
    REF_NAME,
    REF_CLASS_DEREF,        // class body: the namespace, then the cell
    REF_CLASSDICT_GLOBAL,   // annotation scope in a class: the class's namespace, then globals
    REF_CLASSDICT_DEREF,    // the same, then a cell
} RefKind;

typedef struct {
    RefKind kind;
    Reg reg;
    PyObject *name;
} NameRef;

PyObject *
mangle(Compiler *c, PyObject *name)
{
    PyObject *mangled = scope_mangle(c->arena, c->unit->private_name, c->unit->root, name);
    if (mangled == NULL) {
        c->failed = true;
    }
    return mangled;
}

// ---- slots ----

Reg
slot_new(Compiler *c, PyObject *name, uint8_t kind)
{
    Unit *u = c->unit;
    if (c->failed
        || arena_vector_grow(u->arena, &u->slots, u->nslots, &u->slots_capacity, sizeof(Slot))
               < 0) {
        c->failed = true;
        return 0;
    }
    u->slots[u->nslots] = (Slot){.name = name, .kind = kind, .order = u->next_order++};
    return u->nslots++;
}

// The slot of a plain local of the code object's own scope.
static Reg
symbol_slot(Compiler *c, const Symbol *symbol)
{
    Unit *u = c->unit;
    uint32_t index = (uint32_t)(symbol - u->root->symbols);
    if (u->symbol_regs[index] == REG_NONE) {
        Reg reg = REG_NONE;
        // A comprehension may have made a slot of that name that is free to use.
        for (uint32_t i = 0; i < u->nslots && u->nslots <= 16; i++) {
            if (u->slots[i].name == symbol->name && u->slots[i].kind == CO_FAST_LOCAL) {
                reg = i;
            }
        }
        u->symbol_regs[index] = reg != REG_NONE ? reg : slot_new(c, symbol->name, CO_FAST_LOCAL);
    }
    return u->symbol_regs[index];
}

// ---- inlined comprehensions ----

static Reg
inlined_slot(Compiler *c, const Symbol *symbol)
{
    Unit *u = c->unit;
    uint8_t kind = symbol->kind == NAME_CELL ? CO_FAST_HIDDEN | CO_FAST_CELL : CO_FAST_HIDDEN;
    bool is_function = scope_is_function_like(u->root);
    if (is_function && symbol->kind == NAME_LOCAL && scope_find(u->root, symbol->name) == NULL) {
        kind = CO_FAST_LOCAL;
    }
    for (uint32_t i = 0; i < u->nslots; i++) {
        if (u->slots[i].name == symbol->name && u->slots[i].kind == kind && !u->slots[i].active) {
            return i;
        }
    }
    for (uint32_t i = 0; i < u->nslots && kind == CO_FAST_LOCAL; i++) {
        if (u->slots[i].name == symbol->name) {
            kind = CO_FAST_HIDDEN;
        }
    }
    return slot_new(c, symbol->name, kind);
}

void
inlined_enter(Compiler *c, Scope *scope, InlinedScope *in, Span span)
{
    Unit *u = c->unit;
    if (c->failed) {
        return;
    }
    in->scope = scope;
    in->outer = u->inlined;
    in->slots = arena_alloc_items(u->arena, 0, (Py_ssize_t)scope->count + 1, sizeof(Reg));
    if (in->slots == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < scope->count && !c->failed; i++) {
        const Symbol *symbol = &scope->symbols[i];
        in->slots[i] = REG_NONE;
        bool own = symbol->kind == NAME_LOCAL || symbol->kind == NAME_CELL;
        if (!own || (symbol->flags & DEF_PARAM)) {
            continue;
        }
        Reg reg = inlined_slot(c, symbol);
        if (c->failed) {
            return;
        }
        in->slots[i] = reg;
        u->slots[reg].active = true;
        u->slots[reg].checked_in = 0;
        // What an exception left behind in an earlier round must not be seen.
        emit(c, span, OP_PUSH_NULL, 0, reg, 0, 0);
        if (symbol->kind == NAME_CELL) {
            emit(c, span, OP_MAKE_CELL, 0, reg, 0, 0);
        }
    }
    u->inlined = in;
    u->scope = scope;
}

void
inlined_leave(Compiler *c, InlinedScope *in, Span span)
{
    Unit *u = c->unit;
    if (c->failed) {
        return;
    }
    for (uint32_t i = 0; i < in->scope->count; i++) {
        if (in->slots[i] != REG_NONE) {
            emit(c, span, OP_PUSH_NULL, 0, in->slots[i], 0, 0);
            u->slots[in->slots[i]].active = false;
            u->slots[in->slots[i]].checked_in = 0;
        }
    }
    u->inlined = in->outer;
    u->scope = in->outer != NULL ? in->outer->scope : u->root;
}

// ---- resolution ----

static Reg
cell_register(const Unit *u, PyObject *name)
{
    for (uint32_t i = 0; i < u->ncells + u->nfree; i++) {
        if (u->cells[i] == name) {
            return REG_CELL | i;
        }
    }
    return REG_NONE;
}

Reg
free_register(Compiler *c, PyObject *name)
{
    const Unit *u = c->unit;
    for (uint32_t i = u->ncells; i < u->ncells + u->nfree; i++) {
        if (u->cells[i] == name) {
            return REG_CELL | i;
        }
    }
    return REG_NONE;
}

// The register of a cell as the code object's own scope knows it.
static Reg
root_cell(const Unit *u, PyObject *name)
{
    const Symbol *symbol = scope_find(u->root, name);
    if (symbol != NULL && symbol < u->root->symbols + u->nsymbols) {
        Reg reg = u->symbol_regs[symbol - u->root->symbols];
        if (reg != REG_NONE && (reg & REG_CELL || (u->slots[reg].kind & CO_FAST_CELL))) {
            return reg;
        }
    }
    return cell_register(u, name);
}

Reg
closure_register(Compiler *c, PyObject *name)
{
    const Unit *u = c->unit;
    for (const InlinedScope *in = u->inlined; in != NULL; in = in->outer) {
        const Symbol *symbol = scope_find(in->scope, name);
        if (symbol != NULL && symbol->kind == NAME_CELL) {
            return in->slots[symbol - in->scope->symbols];
        }
    }
    for (uint32_t i = 0; u->root->kind == SCOPE_CLASS && i < u->ncells; i++) {
        if (u->cells[i] == name) {
            return REG_CELL | i;
        }
    }
    return root_cell(u, name);
}

static bool
symbol_is_bound_or_free(const Symbol *symbol)
{
    return symbol->kind == NAME_FREE || (symbol->flags & (DEF_FREE_CLASS | DEF_BOUND));
}

static NameRef
resolve_in_class(const Unit *u, const Symbol *symbol, PyObject *name, bool inlined)
{
    if (symbol == NULL) {
        return (NameRef){inlined ? REF_GLOBAL : REF_NAME, REG_NONE, name};
    }
    if (inlined && symbol_is_bound_or_free(symbol)) {
        Reg reg = root_cell(u, name);
        return (NameRef){reg != REG_NONE ? REF_DEREF : REF_GLOBAL, reg, name};
    }
    switch (symbol->kind) {
    case NAME_FREE: {
        Reg reg = root_cell(u, name);
        RefKind kind = symbol->flags & DEF_NONLOCAL ? REF_DEREF : REF_CLASS_DEREF;
        return (NameRef){kind, reg, name};
    }
    case NAME_GLOBAL_EXPLICIT:
        return (NameRef){REF_GLOBAL, REG_NONE, name};
    default:
        return (NameRef){REF_NAME, REG_NONE, name};
    }
}

static NameRef
resolve_in_function(Compiler *c, const Symbol *symbol, PyObject *name)
{
    const Unit *u = c->unit;
    NameKind kind = symbol == NULL ? NAME_GLOBAL_IMPLICIT : symbol->kind;
    bool class_visible = u->root->can_see_class_scope && u->scope == u->root;
    switch (kind) {
    case NAME_LOCAL:
        return (NameRef){REF_FAST, symbol_slot(c, symbol), name};
    case NAME_CELL:
        return (NameRef){REF_DEREF, root_cell(u, name), name};
    case NAME_FREE:
        if (class_visible && name != ID(__classdict__) && name != ID(__class__)) {
            return (NameRef){REF_CLASSDICT_DEREF, root_cell(u, name), name};
        }
        return (NameRef){REF_DEREF, root_cell(u, name), name};
    case NAME_GLOBAL_IMPLICIT:
        return (NameRef){class_visible ? REF_CLASSDICT_GLOBAL : REF_GLOBAL, REG_NONE, name};
    default:
        return (NameRef){REF_GLOBAL, REG_NONE, name};
    }
}

static NameRef
resolve(Compiler *c, PyObject *name)
{
    Unit *u = c->unit;
    bool inlined = false;
    for (const InlinedScope *in = u->inlined; in != NULL; in = in->outer) {
        const Symbol *symbol = scope_find(in->scope, name);
        NameKind kind = symbol == NULL ? NAME_FREE : symbol->kind;
        if (kind == NAME_LOCAL || kind == NAME_CELL) {
            Reg reg = in->slots[symbol - in->scope->symbols];
            return (NameRef){kind == NAME_LOCAL ? REF_FAST : REF_DEREF, reg, name};
        }
        if (kind == NAME_GLOBAL_EXPLICIT) {
            return (NameRef){REF_GLOBAL, REG_NONE, name};
        }
        if (kind == NAME_GLOBAL_IMPLICIT) {
            return (NameRef){u->root->kind == SCOPE_MODULE ? REF_NAME : REF_GLOBAL, REG_NONE,
                             name};
        }
        inlined = true;
    }
    const Symbol *symbol = scope_find(u->root, name);
    if (scope_is_function_like(u->root)) {
        return resolve_in_function(c, symbol, name);
    }
    if (u->root->kind == SCOPE_CLASS) {
        return resolve_in_class(u, symbol, name, inlined);
    }
    bool global = symbol != NULL && symbol->kind == NAME_GLOBAL_EXPLICIT;
    return (NameRef){global ? REF_GLOBAL : REF_NAME, REG_NONE, name};
}

// ---- access ----

void
local_was_set(Compiler *c, Reg local)
{
    if (!c->failed) {
        c->unit->slots[local].checked_in = c->unit->current->id;
    }
}

// The check is emitted once a block; flow analysis removes what it can prove.
static void
local_check(Compiler *c, Reg local, Span span)
{
    Slot *slot = &c->unit->slots[local];
    if (slot->checked_in != c->unit->current->id) {
        emit(c, span, OP_LOAD_FAST_CHECK, 0, local, 0, 0);
        slot->checked_in = c->unit->current->id;
    }
}

bool
name_local(Compiler *c, PyObject *name, Span span, Place *place)
{
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return false;
    }
    NameRef ref = resolve(c, mangled);
    if (ref.kind != REF_FAST || c->failed) {
        return false;
    }
    local_check(c, ref.reg, span);
    *place = (Place){.kind = PLACE_LOCAL, .reg = ref.reg};
    return true;
}

Reg
name_local_reg(Compiler *c, PyObject *name)
{
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return REG_NONE;
    }
    NameRef ref = resolve(c, mangled);
    return ref.kind == REF_FAST && !c->failed ? ref.reg : REG_NONE;
}

void
emit_name_load(Compiler *c, PyObject *name, Span span, Reg dst)
{
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return;
    }
    NameRef ref = resolve(c, mangled);
    switch (ref.kind) {
    case REF_FAST:
        if (!c->failed) {
            local_check(c, ref.reg, span);
            emit(c, span, OP_LOAD_FAST, 0, dst, ref.reg, 0);
        }
        break;
    case REF_DEREF:
        emit(c, span, OP_LOAD_DEREF, 0, dst, ref.reg, 0);
        break;
    case REF_GLOBAL:
        emit_bc(c, span, OP_LOAD_GLOBAL, 0, dst, name_index(c, mangled));
        break;
    case REF_NAME:
        emit_bc(c, span, OP_LOAD_NAME, 0, dst, name_index(c, mangled));
        break;
    case REF_CLASS_DEREF:
        emit(c, span, OP_LOAD_FROM_DICT_OR_DEREF, 0, dst, REG_MAPPING, ref.reg);
        break;
    case REF_CLASSDICT_GLOBAL: {
        Reg t = reg_is_temp(dst) ? dst : TEMP(c->unit->height);
        temp_reserve(c, reg_index(t) + 1);
        emit(c, span, OP_LOAD_DEREF, 0, t, root_cell(c->unit, ID(__classdict__)), 0);
        emit_bc(c, span, OP_LOAD_FROM_DICT_OR_GLOBALS, 0, t, name_index(c, mangled));
        if (t != dst) {
            emit(c, span, OP_MOVE, 0, dst, t, 0);
        }
        break;
    }
    case REF_CLASSDICT_DEREF: {
        Reg t = reg_is_temp(dst) ? dst : TEMP(c->unit->height);
        temp_reserve(c, reg_index(t) + 1);
        emit(c, span, OP_LOAD_DEREF, 0, t, root_cell(c->unit, ID(__classdict__)), 0);
        emit(c, span, OP_LOAD_FROM_DICT_OR_DEREF, KILL_B, dst, t, ref.reg);
        break;
    }
    }
}

void
emit_name_store(Compiler *c, PyObject *name, Span span, Place value)
{
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return;
    }
    NameRef ref = resolve(c, mangled);
    if (ref.kind == REF_FAST) {
        place_to(c, value, span, ref.reg);
        local_was_set(c, ref.reg);
        return;
    }
    uint32_t height = c->unit->height;
    int flags = 0;
    switch (ref.kind) {
    case REF_DEREF:
    case REF_CLASS_DEREF:
    case REF_CLASSDICT_DEREF: {
        Reg reg = place_operand(c, value, span, KILL_B, &flags);
        emit(c, span, OP_STORE_DEREF, flags, ref.reg, reg, 0);
        break;
    }
    case REF_NAME: {
        Reg reg = place_operand(c, value, span, KILL_A, &flags);
        emit_bc(c, span, OP_STORE_NAME, flags, reg, name_index(c, mangled));
        break;
    }
    default: {
        Reg reg = place_operand(c, value, span, KILL_A, &flags);
        emit_bc(c, span, OP_STORE_GLOBAL, flags, reg, name_index(c, mangled));
        break;
    }
    }
    temp_set_height(c, height);
}

void
emit_name_delete(Compiler *c, PyObject *name, Span span)
{
    PyObject *mangled = mangle(c, name);
    if (c->failed) {
        return;
    }
    NameRef ref = resolve(c, mangled);
    switch (ref.kind) {
    case REF_FAST:
        if (!c->failed) {
            emit(c, span, OP_DELETE_FAST, 0, ref.reg, 0, 0);
            c->unit->slots[ref.reg].checked_in = 0;
        }
        break;
    case REF_DEREF:
    case REF_CLASS_DEREF:
    case REF_CLASSDICT_DEREF:
        emit(c, span, OP_DELETE_DEREF, 0, ref.reg, 0, 0);
        break;
    case REF_NAME:
        emit_bc(c, span, OP_DELETE_NAME, 0, 0, name_index(c, mangled));
        break;
    default:
        emit_bc(c, span, OP_DELETE_GLOBAL, 0, 0, name_index(c, mangled));
        break;
    }
}
