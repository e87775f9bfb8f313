// Code generation: assignment in all forms, deletion, imports.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "compile/scopes_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- targets ----

// A method that assigns to self.NAME makes NAME a static attribute of its class.
static void
note_static_attribute(Compiler *c, const Expr *target)
{
    const Expr *object = target->Attribute.value;
    if (object->kind != EXPR_NAME || !str_equal_cstr(object->Name.id, "self")) {
        return;
    }
    for (Unit *u = c->unit->outer; u != NULL; u = u->outer) {
        if (u->root->kind == SCOPE_CLASS) {
            item_table_add(c->arena, &u->static_attributes, target->Attribute.attr, &c->failed);
            return;
        }
    }
}

static Place
keep_local(Compiler *c, Place value, const Expr *later, Span span)
{
    if (value.kind == PLACE_LOCAL && (expr_effects(c, later) & EFFECT_BINDS)) {
        Reg reg = temp_push(c);
        emit(c, span, OP_LOAD_FAST, 0, reg, value.reg, 0);
        return (Place){.kind = PLACE_TEMP, .reg = reg};
    }
    return value;
}

static void
assign_attribute(Compiler *c, const Expr *target, Place value)
{
    if (c->failed) {
        return;
    }
    note_static_attribute(c, target);
    value = keep_local(c, value, target->Attribute.value, target->span);
    Place object = expr_place(c, target->Attribute.value, false);
    PyObject *name = mangle(c, target->Attribute.attr);
    if (c->failed) {
        return;
    }
    Span span = attribute_span(target, target);
    int flags = 0;
    Reg a = place_operand(c, object, span, KILL_A, &flags);
    Reg b = place_operand(c, value, span, KILL_B, &flags);
    uint32_t index = name_index(c, name);
    if (index <= MAX_OPERAND) {
        emit(c, span, OP_STORE_ATTR, flags, a, b, index);
        return;
    }
    Reg reg = temp_push(c);
    load_const(c, span, reg, name);
    emit(c, span, OP_STORE_ATTR_REG, flags, a, b, reg);
    emit(c, span, OP_POP_TOP, 0, reg, 0, 0);
}

static bool
constant_or_missing(Compiler *c, const Expr *e)
{
    return e == NULL || constant_of(c, e) != NULL;
}

static void
push_bound(Compiler *c, const Expr *e, Span span)
{
    if (e != NULL) {
        expr_push(c, e);
    }
    else {
        load_none(c, span, temp_push(c));
    }
}

static void
assign_subscript(Compiler *c, const Expr *target, Place value)
{
    Span span = target->span;
    const Expr *slice = target->Subscript.slice;
    value = keep_local(c, value, target, span);
    Place object = expr_place_before(c, target->Subscript.value, slice, false);
    int flags = 0;
    Reg a = place_operand(c, object, span, KILL_A, &flags);
    if (slice->kind == EXPR_SLICE && slice->Slice.step == NULL
        && !(constant_or_missing(c, slice->Slice.lower)
             && constant_or_missing(c, slice->Slice.upper))) {
        uint32_t bounds = c->unit->height;
        push_bound(c, slice->Slice.lower, slice->span);
        push_bound(c, slice->Slice.upper, slice->span);
        Reg r = place_operand(c, value, span, KILL_C, &flags);
        emit(c, span, OP_STORE_SLICE, flags, a, TEMP(bounds), r);
        return;
    }
    Place key = expr_place_before(c, slice, NULL, false);
    Reg b = place_operand(c, key, span, KILL_B, &flags);
    Reg r = place_operand(c, value, span, KILL_C, &flags);
    emit(c, span, OP_STORE_SUBSCR, flags, a, b, r);
}

static Py_ssize_t
star_index(Compiler *c, const ExprSeq *elts, Span span)
{
    Py_ssize_t star = -1;
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (elts->items[i]->kind != EXPR_STARRED) {
            continue;
        }
        if (star >= 0) {
            compile_error(c, span, "multiple starred expressions in assignment");
            return -1;
        }
        star = i;
    }
    if (star >= 256 || (star >= 0 && elts->size - star - 1 >= 1 << 24)) {
        compile_error(c, span, "too many expressions in star-unpacking assignment");
    }
    return star;
}

static void
assign_sequence(Compiler *c, const Expr *target, const ExprSeq *elts, Place value)
{
    Unit *u = c->unit;
    Span span = target->span;
    Py_ssize_t star = star_index(c, elts, span);
    int flags = 0;
    uint32_t base = u->height;
    if (value.kind == PLACE_CONST) {
        Reg reg = temp_push(c);
        place_to(c, value, span, reg);
        value = (Place){.kind = PLACE_TEMP, .reg = reg};
        base = u->height;
    }
    Reg b = place_operand(c, value, span, KILL_B, &flags);
    if (star >= 0) {
        emit_data(c, span, OP_UNPACK_EX, flags, TEMP(base), b, (Reg)star,
                  (int32_t)(elts->size - star - 1));
    }
    else {
        emit(c, span, OP_UNPACK_SEQUENCE, flags, TEMP(base), b, (Reg)elts->size);
        if (!c->failed) {
            u->current->ins[u->current->count - 1].marks |= INS_ASSIGNS;
        }
    }
    temp_set_height(c, base + (uint32_t)elts->size);
    temp_reserve(c, u->height + 1);
    for (Py_ssize_t i = 0; i < elts->size && !c->failed; i++) {
        const Expr *elt = elts->items[i];
        Place item = {.kind = PLACE_TEMP, .reg = TEMP(base + (uint32_t)i)};
        assign(c, elt->kind == EXPR_STARRED ? elt->Starred.value : elt, item, elt->span);
    }
}

void
assign(Compiler *c, const Expr *target, Place value, Span span)
{
    uint32_t height = c->unit->height;
    if (c->failed) {
        return;
    }
    switch (target->kind) {
    case EXPR_NAME:
        emit_name_store(c, target->Name.id, target->span, value);
        break;
    case EXPR_ATTRIBUTE:
        assign_attribute(c, target, value);
        break;
    case EXPR_SUBSCRIPT:
        assign_subscript(c, target, value);
        break;
    case EXPR_TUPLE:
        assign_sequence(c, target, target->Tuple.elts, value);
        break;
    case EXPR_LIST:
        assign_sequence(c, target, target->List.elts, value);
        break;
    case EXPR_STARRED:
        compile_error(c, target->span, "starred assignment target must be in a list or tuple");
        break;
    default:
        compile_error(c, span, "cannot assign to %s", ast_expr_name(target));
        break;
    }
    temp_set_height(c, height);
}

// ---- a, b = c, d ----

static const ExprSeq *
display_elements(const Expr *e)
{
    const ExprSeq *elts = e->kind == EXPR_TUPLE ? e->Tuple.elts
                          : e->kind == EXPR_LIST ? e->List.elts : NULL;
    if (elts == NULL || elts->size == 0 || elts->size > BIG_LITERAL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (elts->items[i]->kind == EXPR_STARRED) {
            return NULL;
        }
    }
    return elts;
}

static Reg
plain_local(Compiler *c, const Expr *e)
{
    return e->kind == EXPR_NAME ? name_local_reg(c, e->Name.id) : REG_NONE;
}

// Whether the last value may go right to its target: all targets are locals, the last one only
// once.
static bool
last_goes_directly(Compiler *c, const ExprSeq *targets)
{
    // In order, because locals get their slots here.
    for (Py_ssize_t i = 0; i < targets->size; i++) {
        if (plain_local(c, targets->items[i]) == REG_NONE) {
            return false;
        }
    }
    Reg last = plain_local(c, targets->items[targets->size - 1]);
    for (Py_ssize_t i = 0; i < targets->size - 1; i++) {
        if (plain_local(c, targets->items[i]) == last) {
            return false;
        }
    }
    return true;
}

static bool
assign_swap(Compiler *c, const ExprSeq *targets, const ExprSeq *values, Span span)
{
    if (targets->size != 2) {
        return false;
    }
    Reg a = plain_local(c, targets->items[0]);
    Reg b = plain_local(c, targets->items[1]);
    if (a == REG_NONE || b == REG_NONE || a == b || plain_local(c, values->items[0]) != b
        || plain_local(c, values->items[1]) != a) {
        return false;
    }
    Place place;
    name_local(c, values->items[0]->Name.id, values->items[0]->span, &place);
    name_local(c, values->items[1]->Name.id, values->items[1]->span, &place);
    emit(c, span, OP_SWAP, 0, a, b, 0);
    return true;
}

// a, b = 1, 2 with a folded tuple on the right.
static bool
assign_constants(Compiler *c, const ExprSeq *targets, const Expr *value)
{
    if (targets == NULL || value->kind != EXPR_CONSTANT
        || !tuple_check_exact(value->Constant.value)
        || tuple_size(value->Constant.value) != targets->size) {
        return false;
    }
    for (Py_ssize_t i = 0; i < targets->size && !c->failed; i++) {
        uint32_t index = const_index(c, tuple_item(value->Constant.value, i));
        assign(c, targets->items[i], (Place){.kind = PLACE_CONST, .reg = index}, value->span);
    }
    return true;
}

static bool
assign_in_parallel(Compiler *c, const Expr *target, const Expr *value)
{
    const ExprSeq *targets = display_elements(target);
    const ExprSeq *values = display_elements(value);
    if (assign_constants(c, targets, value)) {
        return true;
    }
    if (targets == NULL || values == NULL || targets->size != values->size || c->failed) {
        return false;
    }
    if (assign_swap(c, targets, values, target->span)) {
        return true;
    }
    uint32_t height = c->unit->height;
    Py_ssize_t n = targets->size;
    bool direct = last_goes_directly(c, targets);
    Py_ssize_t pushed = direct ? n - 1 : n;
    for (Py_ssize_t i = 0; i < pushed; i++) {
        expr_push(c, values->items[i]);
    }
    if (direct) {
        Reg last = plain_local(c, targets->items[n - 1]);
        expr_to(c, values->items[n - 1], last);
        if (!c->failed) {
            local_was_set(c, last);
        }
    }
    for (Py_ssize_t i = 0; i < pushed && !c->failed; i++) {
        Place item = {.kind = PLACE_TEMP, .reg = TEMP(height + (uint32_t)i)};
        assign(c, targets->items[i], item, targets->items[i]->span);
    }
    temp_set_height(c, height);
    return true;
}

// x = value with a local x, evaluated right into it. A local that is new here comes behind those
// that the value brings (co_varnames). False when the target is something else.
static bool
assign_local(Compiler *c, const Expr *target, const Expr *value)
{
    Unit *u = c->unit;
    uint32_t before = u->nslots;
    Reg local = plain_local(c, target);
    if (local == REG_NONE) {
        return false;
    }
    expr_to(c, value, local);
    if (!c->failed) {
        local_was_set(c, local);
        if (local >= before) {
            u->slots[local].order = u->next_order++;
        }
    }
    return true;
}

void
assign_stmt(Compiler *c, const Stmt *s)
{
    const ExprSeq *targets = s->Assign.targets;
    const Expr *value = s->Assign.value;
    uint32_t height = c->unit->height;
    if (targets->size == 1) {
        const Expr *target = targets->items[0];
        if (assign_local(c, target, value)) {
            return;
        }
        if (assign_in_parallel(c, target, value)) {
            return;
        }
        Place place = expr_place(c, value, target->kind == EXPR_NAME);
        assign(c, target, place, s->span);
        temp_set_height(c, height);
        return;
    }
    Reg reg = expr_push(c, value);
    for (Py_ssize_t i = 0; i < targets->size && !c->failed; i++) {
        Place place = {.kind = PLACE_TEMP, .reg = reg, .keep = i + 1 < targets->size};
        assign(c, targets->items[i], place, s->span);
    }
    temp_set_height(c, height);
}

// ---- a += b ----

static void
aug_name(Compiler *c, const Stmt *s)
{
    const Expr *target = s->AugAssign.target;
    PyObject *id = target->Name.id;
    uint32_t height = c->unit->height;
    Place left;
    if (name_local(c, id, target->span, &left)) {
        Reg local = left.reg;
        left.keep = false;
        left = keep_local(c, left, s->AugAssign.value, target->span);
        Place right = expr_place(c, s->AugAssign.value, true);
        binary_emit(c, s->span, s->AugAssign.op, true, local, left, right);
        if (!c->failed) {
            local_was_set(c, local);
        }
    }
    else {
        Reg reg = temp_push(c);
        emit_name_load(c, id, target->span, reg);
        Place right = expr_place(c, s->AugAssign.value, true);
        left = (Place){.kind = PLACE_TEMP, .reg = reg};
        binary_emit(c, s->span, s->AugAssign.op, true, reg, left, right);
        temp_set_height(c, height + 1);
        emit_name_store(c, id, target->span, left);
    }
    temp_set_height(c, height);
}

static void
aug_attribute(Compiler *c, const Stmt *s)
{
    const Expr *target = s->AugAssign.target;
    uint32_t height = c->unit->height;
    note_static_attribute(c, target);
    Place object = expr_place_before(c, target->Attribute.value, s->AugAssign.value, false);
    PyObject *name = mangle(c, target->Attribute.attr);
    if (c->failed) {
        return;
    }
    Span span = attribute_span(target, target);
    uint32_t index = name_index(c, name);
    Reg name_reg = REG_NONE;
    if (index > MAX_OPERAND) {
        name_reg = temp_push(c);
        load_const(c, span, name_reg, name);
    }
    Reg reg = temp_push(c);
    if (name_reg == REG_NONE) {
        emit(c, span, OP_LOAD_ATTR, 0, reg, object.reg, index);
    }
    else {
        emit(c, span, OP_LOAD_ATTR_REG, 0, reg, object.reg, name_reg);
    }
    Place value = {.kind = PLACE_TEMP, .reg = reg};
    Place right = expr_place(c, s->AugAssign.value, true);
    binary_emit(c, s->span, s->AugAssign.op, true, reg, value, right);
    int flags = KILL_B;
    Reg a = place_operand(c, object, span, KILL_A, &flags);
    if (name_reg == REG_NONE) {
        emit(c, span, OP_STORE_ATTR, flags, a, reg, index);
    }
    else {
        emit(c, span, OP_STORE_ATTR_REG, flags, a, reg, name_reg);
        emit(c, span, OP_POP_TOP, 0, name_reg, 0, 0);
    }
    temp_set_height(c, height);
}

static void
aug_subscript(Compiler *c, const Stmt *s)
{
    const Expr *target = s->AugAssign.target;
    uint32_t height = c->unit->height;
    Span span = target->span;
    bool binds = ((expr_effects(c, target->Subscript.slice) | expr_effects(c, s->AugAssign.value))
                  & EFFECT_BINDS) != 0;
    Place object = expr_place(c, target->Subscript.value, false);
    if (binds && object.kind == PLACE_LOCAL) {
        Reg copy = temp_push(c);
        emit(c, span, OP_LOAD_FAST, 0, copy, object.reg, 0);
        object = (Place){.kind = PLACE_TEMP, .reg = copy};
    }
    Place key = expr_place_before(c, target->Subscript.slice, s->AugAssign.value, false);
    Reg reg = temp_push(c);
    emit(c, span, OP_BINARY_OP_SUBSCR, 0, reg, object.reg, key.reg);
    Place value = {.kind = PLACE_TEMP, .reg = reg};
    Place right = expr_place(c, s->AugAssign.value, true);
    binary_emit(c, s->span, s->AugAssign.op, true, reg, value, right);
    int flags = KILL_C;
    Reg a = place_operand(c, object, span, KILL_A, &flags);
    Reg b = place_operand(c, key, span, KILL_B, &flags);
    emit(c, span, OP_STORE_SUBSCR, flags, a, b, reg);
    temp_set_height(c, height);
}

void
aug_assign_stmt(Compiler *c, const Stmt *s)
{
    switch (s->AugAssign.target->kind) {
    case EXPR_NAME:
        aug_name(c, s);
        break;
    case EXPR_ATTRIBUTE:
        aug_attribute(c, s);
        break;
    case EXPR_SUBSCRIPT:
        aug_subscript(c, s);
        break;
    default:
        if (!c->failed) {
            c->failed = true;
            error_format(PyExc_SystemError, "invalid node type (%d) for augmented assignment",
                         (int)s->AugAssign.target->kind);
        }
        break;
    }
}

// ---- x: int = 1 ----

static void
discard_optional(Compiler *c, const Expr *e)
{
    if (e != NULL) {
        expr_discard(c, e);
    }
}

// The parts of a target that has an annotation but no value are evaluated all the same.
static void
evaluate_target(Compiler *c, const Expr *target)
{
    if (target->kind == EXPR_ATTRIBUTE) {
        expr_discard(c, target->Attribute.value);
    }
    else if (target->kind == EXPR_SUBSCRIPT) {
        expr_discard(c, target->Subscript.value);
        const Expr *slice = target->Subscript.slice;
        if (slice->kind == EXPR_SLICE) {
            discard_optional(c, slice->Slice.lower);
            discard_optional(c, slice->Slice.upper);
            discard_optional(c, slice->Slice.step);
        }
        else {
            expr_discard(c, slice);
        }
    }
}

void
ann_assign_stmt(Compiler *c, const Stmt *s)
{
    const Expr *target = s->AnnAssign.target;
    const Expr *value = s->AnnAssign.value;
    uint32_t height = c->unit->height;
    if (value != NULL) {
        if (!assign_local(c, target, value)) {
            Place place = expr_place(c, value, target->kind == EXPR_NAME);
            assign(c, target, place, s->span);
        }
        temp_set_height(c, height);
    }
    if (target->kind == EXPR_NAME) {
        if (s->AnnAssign.simple && !scope_is_function_like(c->unit->root)) {
            annotation_defer(c, s);
        }
        else if (value == NULL) {
            emit(c, s->span, OP_NOP, 0, 0, 0, 0);
        }
    }
    else if (value == NULL) {
        evaluate_target(c, target);
    }
}

// ---- del ----

static void
delete_target(Compiler *c, const Expr *target)
{
    uint32_t height = c->unit->height;
    int flags = 0;
    switch (target->kind) {
    case EXPR_NAME:
        emit_name_delete(c, target->Name.id, target->span);
        break;
    case EXPR_ATTRIBUTE: {
        Place object = expr_place(c, target->Attribute.value, false);
        PyObject *name = mangle(c, target->Attribute.attr);
        Span span = attribute_span(target, target);
        Reg a = place_operand(c, object, span, KILL_A, &flags);
        if (!c->failed) {
            emit_bc(c, span, OP_DELETE_ATTR, flags, a, name_index(c, name));
        }
        break;
    }
    case EXPR_SUBSCRIPT: {
        const Expr *slice = target->Subscript.slice;
        Place object = expr_place_before(c, target->Subscript.value, slice, false);
        Place key = expr_place(c, slice, false);
        Reg a = place_operand(c, object, target->span, KILL_A, &flags);
        Reg b = place_operand(c, key, target->span, KILL_B, &flags);
        emit(c, target->span, OP_DELETE_SUBSCR, flags, a, b, 0);
        break;
    }
    case EXPR_TUPLE:
    case EXPR_LIST: {
        const ExprSeq *elts = target->kind == EXPR_TUPLE ? target->Tuple.elts : target->List.elts;
        for (Py_ssize_t i = 0; i < elts->size && !c->failed; i++) {
            delete_target(c, elts->items[i]);
        }
        break;
    }
    default:
        compile_error(c, target->span, "cannot delete %s", ast_expr_name(target));
        break;
    }
    temp_set_height(c, height);
}

void
delete_stmt(Compiler *c, const Stmt *s)
{
    for (Py_ssize_t i = 0; i < s->Delete.targets->size && !c->failed; i++) {
        delete_target(c, s->Delete.targets->items[i]);
    }
}

// ---- imports ----

static PyObject *
interned(Compiler *c, PyObject *name)
{
    PyObject *result = c->failed ? NULL : scope_mangle(c->arena, NULL, NULL, name);
    c->failed = c->failed || result == NULL;
    return result;
}

static PyObject *
part_of_name(Compiler *c, PyObject *name, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = str_intern_steal(str_substring(name, start, end));
    if (part == NULL || arena_keep_steal(c->arena, part) < 0) {
        c->failed = true;
        return NULL;
    }
    return part;
}

// import a.b.c as d: the innermost module is found through the attributes of the outer ones.
static void
import_as(Compiler *c, Span span, PyObject *name, PyObject *asname, uint32_t at)
{
    Py_ssize_t length = str_length(name);
    Py_ssize_t dot = str_find_char(name, '.', 0, length, 1);
    while (dot >= 0 && !c->failed) {
        Py_ssize_t start = dot + 1;
        dot = str_find_char(name, '.', start, length, 1);
        PyObject *part = part_of_name(c, name, start, dot < 0 ? length : dot);
        if (part == NULL) {
            return;
        }
        emit_bc(c, span, OP_IMPORT_FROM, 0, TEMP(at), name_index(c, part));
        emit(c, span, OP_MOVE, 0, TEMP(at), TEMP(at + 1), 0);
    }
    emit_name_store(c, asname, span, (Place){.kind = PLACE_TEMP, .reg = TEMP(at)});
}

void
import_stmt(Compiler *c, const Stmt *s)
{
    uint32_t height = c->unit->height;
    for (Py_ssize_t i = 0; i < s->Import.names->size && !c->failed; i++) {
        const Alias *alias = s->Import.names->items[i];
        PyObject *name = interned(c, alias->name);
        if (c->failed) {
            return;
        }
        emit_bc(c, s->span, OP_LOAD_CONST, 0, temp_push(c), const_int(c, 0));
        load_none(c, s->span, temp_push(c));
        emit_bc(c, s->span, OP_IMPORT_NAME, 0, TEMP(height), name_index(c, name));
        if (alias->asname != NULL) {
            import_as(c, s->span, name, alias->asname, height);
        }
        else {
            Py_ssize_t dot = str_find_char(name, '.', 0, str_length(name), 1);
            PyObject *head = dot < 0 ? name : part_of_name(c, name, 0, dot);
            if (head != NULL) {
                emit_name_store(c, head, s->span, (Place){.kind = PLACE_TEMP, .reg = TEMP(height)});
            }
        }
        temp_set_height(c, height);
    }
}

static uint32_t
import_names(Compiler *c, const AliasSeq *names)
{
    PyObject *tuple = c->failed ? NULL : tuple_new(names->size);
    if (tuple == NULL) {
        c->failed = true;
        return 0;
    }
    for (Py_ssize_t i = 0; i < names->size; i++) {
        tuple_set_item_steal(tuple, i, new_ref(names->items[i]->name));
    }
    return const_index_steal(c, tuple);
}

void
import_from_stmt(Compiler *c, const Stmt *s)
{
    uint32_t height = c->unit->height;
    PyObject *module = s->ImportFrom.module == NULL ? str_empty()
                                                    : new_ref(s->ImportFrom.module);
    bool late = s->span.lineno > c->last_future.lineno
                || (s->span.lineno == c->last_future.lineno
                    && s->span.col_offset > c->last_future.col_offset);
    if (late && s->ImportFrom.level == 0 && str_equal_cstr(module, "__future__")) {
        compile_error(c, s->span,
                      "from __future__ imports must occur at the beginning of the file");
    }
    PyObject *name = interned(c, module);
    decref(module);
    if (c->failed) {
        return;
    }
    Reg at = temp_push(c);
    emit_bc(c, s->span, OP_LOAD_CONST, 0, at, const_int(c, s->ImportFrom.level));
    emit_bc(c, s->span, OP_LOAD_CONST, 0, temp_push(c), import_names(c, s->ImportFrom.names));
    emit_bc(c, s->span, OP_IMPORT_NAME, 0, at, name_index(c, name));
    for (Py_ssize_t i = 0; i < s->ImportFrom.names->size && !c->failed; i++) {
        const Alias *alias = s->ImportFrom.names->items[i];
        temp_set_height(c, height + 1);
        Reg item = temp_push(c);
        if (i == 0 && str_equal_cstr(alias->name, "*")) {
            emit(c, s->span, OP_CALL_INTRINSIC_1, 0, item, at, INTRINSIC_IMPORT_STAR);
            emit(c, s->span, OP_POP_TOP, 0, item, 0, 0);
            break;
        }
        PyObject *attribute = interned(c, alias->name);
        if (c->failed) {
            return;
        }
        emit_bc(c, s->span, OP_IMPORT_FROM, 0, at, name_index(c, attribute));
        emit_name_store(c, alias->asname != NULL ? alias->asname : attribute, s->span,
                   (Place){.kind = PLACE_TEMP, .reg = item});
    }
    emit(c, s->span, OP_POP_TOP, 0, at, 0, 0);
    temp_set_height(c, height);
}
