// Code generation: expressions and places.
//
// Threading: see codegen_internal.h.
#include <string.h>

#include "compile/codegen_internal.h"
#include "compile/constants.h"
#include "compile/scopes_internal.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/parser.h"
#include "thread/thread.h"

// ---- places ----

static Place
temp_place(Reg reg)
{
    return (Place){.kind = PLACE_TEMP, .reg = reg};
}

Reg
place_operand(Compiler *c, Place p, Span span, int kill, int *flags)
{
    if (p.kind == PLACE_CONST) {
        Reg reg = temp_push(c);
        emit_bc(c, span, OP_LOAD_CONST, 0, reg, p.reg);
        p = temp_place(reg);
    }
    if (p.kind == PLACE_TEMP && !p.keep) {
        *flags |= kill;
    }
    return p.reg;
}

void
place_drop(Compiler *c, Place p, Span span)
{
    if (p.kind == PLACE_TEMP && !p.keep) {
        emit(c, span, OP_POP_TOP, 0, p.reg, 0, 0);
    }
}

void
place_to(Compiler *c, Place p, Span span, Reg dst)
{
    if (p.kind == PLACE_CONST) {
        emit_bc(c, span, OP_LOAD_CONST, 0, dst, p.reg);
    }
    else if (p.reg != dst) {
        bool moves = p.kind == PLACE_TEMP && !p.keep;
        emit(c, span, moves ? OP_MOVE : OP_LOAD_FAST, 0, dst, p.reg, 0);
    }
}

Reg
expr_push(Compiler *c, const Expr *e)
{
    uint32_t height = c->unit->height;
    Reg reg = TEMP(height);
    temp_reserve(c, height + 1);
    expr_to(c, e, reg);
    c->unit->height = height + 1;
    return reg;
}

static bool
named_target_is_local(Compiler *c, const Expr *e)
{
    return name_local_reg(c, e->NamedExpr.target->Name.id) != REG_NONE;
}

Place
expr_place(Compiler *c, const Expr *e, bool allow_const)
{
    Place place;
    if (e->kind == EXPR_NAME && name_local(c, e->Name.id, e->span, &place)) {
        place.keep = false;
        return place;
    }
    PyObject *value = allow_const ? constant_of(c, e) : NULL;
    if (value != NULL) {
        uint32_t index = const_index(c, value);
        if (index <= MAX_OPERAND) {
            return (Place){.kind = PLACE_CONST, .reg = index};
        }
    }
    if (e->kind == EXPR_NAMED_EXPR && named_target_is_local(c, e)) {
        Reg local = name_local_reg(c, e->NamedExpr.target->Name.id);
        expr_to(c, e->NamedExpr.value, local);
        local_was_set(c, local);
        return (Place){.kind = PLACE_LOCAL, .reg = local};
    }
    return temp_place(expr_push(c, e));
}

static Place
place_copy(Compiler *c, Place p, Span span)
{
    Reg reg = temp_push(c);
    emit(c, span, OP_LOAD_FAST, 0, reg, p.reg, 0);
    return temp_place(reg);
}

Place
expr_place_before(Compiler *c, const Expr *e, const Expr *later, bool allow_const)
{
    Place place = expr_place(c, e, allow_const);
    if (place.kind == PLACE_LOCAL && later != NULL && (expr_effects(c, later) & EFFECT_BINDS)) {
        return place_copy(c, place, e->span);
    }
    return place;
}

// ---- effects ----

// Adds the effects of a node, and of all below it, to those in `arg`.
static int
add_effects(void *arg, const AstField *field, int type, char *node)
{
    int *effects = arg;
    if (type != AST_TYPE_EXPR) {
        if (type == AST_TYPE_COMPREHENSION && ((const Comprehension *)node)->is_async) {
            *effects |= EFFECT_SUSPENDS;
        }
        return ast_visit_children(type, node, add_effects, effects);
    }
    int kind = ((const Expr *)node)->kind;
    if (kind == EXPR_NAMED_EXPR) {
        *effects |= EFFECT_BINDS;
    }
    if (kind == EXPR_AWAIT || kind == EXPR_YIELD || kind == EXPR_YIELD_FROM) {
        *effects |= EFFECT_SUSPENDS;
    }
    if (thread_enter_c(" during compilation") < 0) {
        error_clear();
        *effects |= EFFECT_BINDS | EFFECT_SUSPENDS;
        return 0;
    }
    ast_visit_children(type, node, add_effects, effects);
    thread_leave_c();
    return 0;
}

static bool
effects_are_possible(const Compiler *c)
{
    const Scope *scope = c->unit->scope;
    return scope->has_named_expr || scope->generator || scope->coroutine
           || c->unit->root->generator || c->unit->root->coroutine;
}

int
expr_effects(Compiler *c, const Expr *e)
{
    if (e->kind == EXPR_CONSTANT || e->kind == EXPR_NAME || !effects_are_possible(c)) {
        return 0;
    }
    int effects = 0;
    add_effects(&effects, NULL, AST_TYPE_EXPR, (char *)e);
    return effects;
}

int
exprs_effects(Compiler *c, const ExprSeq *seq, Py_ssize_t from)
{
    int effects = 0;
    if (effects_are_possible(c)) {
        for (Py_ssize_t i = from; i < seq->size; i++) {
            effects |= seq->items[i] != NULL ? expr_effects(c, seq->items[i]) : 0;
        }
    }
    return effects;
}

// ---- constants ----

PyObject *
constant_of(Compiler *c, const Expr *e)
{
    if (e->kind == EXPR_CONSTANT) {
        return e->Constant.value;
    }
    if (e->kind == EXPR_NAME && e->Name.ctx == CTX_LOAD && e->Name.id == ID(__debug__)) {
        return c->optimize == 0 ? Py_True : Py_False;
    }
    return NULL;
}

int
constant_truth(Compiler *c, const Expr *e)
{
    PyObject *value = constant_of(c, e);
    if (value == NULL || c->failed) {
        return -1;
    }
    int truth = object_is_true(value);
    if (truth < 0) {
        c->failed = true;
    }
    return truth;
}

// ---- operators ----

// Forms of the binary operators: registers, and constant on the right (or -1).
static const struct {
    int16_t reg, constant;
} binary_ops[] = {
    [OP_ADD] = {OP_BINARY_OP_ADD, OP_BINARY_OP_ADD_K},
    [OP_SUB] = {OP_BINARY_OP_SUBTRACT, OP_BINARY_OP_SUBTRACT_K},
    [OP_MULT] = {OP_BINARY_OP_MULTIPLY, OP_BINARY_OP_MULTIPLY_K},
    [OP_MAT_MULT] = {OP_BINARY_OP_MATRIX_MULTIPLY, -1},
    [OP_DIV] = {OP_BINARY_OP_TRUE_DIVIDE, OP_BINARY_OP_TRUE_DIVIDE_K},
    [OP_MOD] = {OP_BINARY_OP_REMAINDER, OP_BINARY_OP_REMAINDER_K},
    [OP_POW] = {OP_BINARY_OP_POWER, OP_BINARY_OP_POWER_K},
    [OP_LSHIFT] = {OP_BINARY_OP_LSHIFT, OP_BINARY_OP_LSHIFT_K},
    [OP_RSHIFT] = {OP_BINARY_OP_RSHIFT, OP_BINARY_OP_RSHIFT_K},
    [OP_BIT_OR] = {OP_BINARY_OP_OR, OP_BINARY_OP_OR_K},
    [OP_BIT_XOR] = {OP_BINARY_OP_XOR, OP_BINARY_OP_XOR_K},
    [OP_BIT_AND] = {OP_BINARY_OP_AND, OP_BINARY_OP_AND_K},
    [OP_FLOOR_DIV] = {OP_BINARY_OP_FLOOR_DIVIDE, OP_BINARY_OP_FLOOR_DIVIDE_K},
};

void
binary_emit(Compiler *c, Span span, Operator op, bool inplace, Reg dst, Place left, Place right)
{
    int flags = inplace ? VARIANT_3 : 0;
    Reg b = place_operand(c, left, span, KILL_B, &flags);
    if (right.kind == PLACE_CONST && binary_ops[op].constant >= 0) {
        emit(c, span, binary_ops[op].constant, flags, dst, b, right.reg);
        return;
    }
    Reg r = place_operand(c, right, span, KILL_C, &flags);
    emit(c, span, binary_ops[op].reg, flags, dst, b, r);
}

static void
binary_to(Compiler *c, const Expr *e, Reg dst)
{
    uint32_t height = c->unit->height;
    Place left = expr_place_before(c, e->BinOp.left, e->BinOp.right, false);
    Place right = expr_place(c, e->BinOp.right, true);
    binary_emit(c, e->span, e->BinOp.op, false, dst, left, right);
    temp_set_height(c, height);
}

static void
unary_to(Compiler *c, const Expr *e, Reg dst)
{
    static const uint8_t ops[] = {
        [UNARY_INVERT] = OP_UNARY_INVERT,
        [UNARY_NOT] = OP_UNARY_NOT,
        [UNARY_UADD] = OP_UNARY_POSITIVE,
        [UNARY_USUB] = OP_UNARY_NEGATIVE,
    };
    uint32_t height = c->unit->height;
    Place operand = expr_place(c, e->UnaryOp.operand, false);
    int flags = 0;
    Reg b = place_operand(c, operand, e->span, KILL_B, &flags);
    emit(c, e->span, ops[e->UnaryOp.op], flags, dst, b, 0);
    temp_set_height(c, height);
}

// The register in which a value is put together: dst itself unless that is a local.
static Reg
scratch(Compiler *c, Reg dst)
{
    if (reg_is_temp(dst)) {
        return dst;
    }
    temp_reserve(c, c->unit->height + 1);
    return TEMP(c->unit->height);
}

static void
finish(Compiler *c, Span span, Reg from, Reg dst)
{
    if (from != dst) {
        emit(c, span, OP_MOVE, 0, dst, from, 0);
    }
}

// Jumps with the value of e in t if its truth is `when`; goes on else, with something in t that is
// dropped by whatever is put there next. Inner operators jump directly, so that no value is asked
// for its truth twice.
static void
value_jump(Compiler *c, const Expr *e, Reg t, Block *target, bool when)
{
    if (e->kind == EXPR_BOOL_OP) {
        bool decides = e->BoolOp.op == BOOLOP_OR;
        Block *skip = block_new(c);
        Py_ssize_t last = e->BoolOp.values->size - 1;
        for (Py_ssize_t i = 0; i < last && !c->failed; i++) {
            value_jump(c, e->BoolOp.values->items[i], t, decides == when ? target : skip, decides);
        }
        value_jump(c, e->BoolOp.values->items[last], t, target, when);
        block_use(c, skip);
        return;
    }
    int truth = constant_truth(c, e);
    if (truth >= 0 && truth != when) {
        return;
    }
    expr_to(c, e, t);
    if (truth >= 0) {
        emit_goto(c, e->span, target);
    }
    else {
        emit_jump(c, e->span, when ? OP_POP_JUMP_IF_TRUE : OP_POP_JUMP_IF_FALSE, 0, t, 0, target);
    }
}

static void
bool_op_to(Compiler *c, const Expr *e, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    bool stop_when = e->BoolOp.op == BOOLOP_OR;
    Reg t = scratch(c, dst);
    if (reg_index(t) > height) {
        temp_set_height(c, reg_index(t));
    }
    Block *end = block_new(c);
    Py_ssize_t last = e->BoolOp.values->size - 1;
    for (Py_ssize_t i = 0; i < last && !c->failed; i++) {
        value_jump(c, e->BoolOp.values->items[i], t, end, stop_when);
    }
    expr_to(c, e->BoolOp.values->items[last], t);
    block_use(c, end);
    temp_set_height(c, height);
    finish(c, e->span, t, dst);
}

static void
if_exp_to(Compiler *c, const Expr *e, Reg dst)
{
    int truth = constant_truth(c, e->IfExp.test);
    Block *orelse = block_new(c);
    Block *end = block_new(c);
    if (truth < 0) {
        jump_if(c, e->IfExp.test, orelse, false);
    }
    else if (truth == 0) {
        emit_goto(c, e->span, orelse);
    }
    expr_to(c, e->IfExp.body, dst);
    emit_goto(c, e->IfExp.body->span, end);
    block_use(c, orelse);
    expr_to(c, e->IfExp.orelse, dst);
    block_use(c, end);
}

static void
named_expr_to(Compiler *c, const Expr *e, Reg dst)
{
    const Expr *target = e->NamedExpr.target;
    uint32_t height = c->unit->height;
    if (named_target_is_local(c, e)) {
        Place place = expr_place(c, e, false);
        place_to(c, place, e->span, dst);
        return;
    }
    Reg t = scratch(c, dst);
    if (reg_index(t) > height) {
        temp_set_height(c, reg_index(t));
    }
    expr_to(c, e->NamedExpr.value, t);
    if (reg_index(t) >= c->unit->height) {
        temp_set_height(c, reg_index(t) + 1);
    }
    emit_name_store(c, target->Name.id, target->span,
               (Place){.kind = PLACE_TEMP, .reg = t, .keep = true});
    temp_set_height(c, height);
    finish(c, e->span, t, dst);
}

// ---- attributes and subscripts ----

static void
attribute_to(Compiler *c, const Expr *e, Reg dst)
{
    if (attribute_super_to(c, e, dst)) {
        return;
    }
    uint32_t height = c->unit->height;
    Place object = expr_place(c, e->Attribute.value, false);
    PyObject *name = mangle(c, e->Attribute.attr);
    if (c->failed) {
        return;
    }
    int flags = 0;
    Span span = attribute_span(e, e);
    Reg b = place_operand(c, object, span, KILL_B, &flags);
    uint32_t index = name_index(c, name);
    if (index <= MAX_OPERAND) {
        emit(c, span, OP_LOAD_ATTR, flags, dst, b, index);
    }
    else {
        Reg reg = temp_push(c);
        load_const(c, span, reg, name);
        emit(c, span, OP_LOAD_ATTR_REG, flags, dst, b, reg);
        emit(c, span, OP_POP_TOP, 0, reg, 0, 0);
    }
    temp_set_height(c, height);
}

static void
push_or_none(Compiler *c, const Expr *e, Span span)
{
    if (e != NULL) {
        expr_push(c, e);
    }
    else {
        load_none(c, span, temp_push(c));
    }
}

static PyObject *
constant_or_none(Compiler *c, const Expr *e)
{
    return e == NULL ? Py_None : constant_of(c, e);
}

// The slice as a constant: index in *index.
static bool
slice_constant(Compiler *c, const Expr *e, uint32_t *index)
{
    PyObject *lower = constant_or_none(c, e->Slice.lower);
    PyObject *upper = constant_or_none(c, e->Slice.upper);
    PyObject *step = constant_or_none(c, e->Slice.step);
    if (c->failed || lower == NULL || upper == NULL || step == NULL) {
        return false;
    }
    *index = const_index_steal(c, slice_new(lower, upper, step));
    return !c->failed;
}

void
emit_build_slice(Compiler *c, const Expr *e, Reg dst)
{
    uint32_t height = c->unit->height;
    uint32_t index;
    if (slice_constant(c, e, &index)) {
        emit_bc(c, e->span, OP_LOAD_CONST, 0, dst, index);
        return;
    }
    push_or_none(c, e->Slice.lower, e->span);
    push_or_none(c, e->Slice.upper, e->span);
    if (e->Slice.step != NULL) {
        expr_push(c, e->Slice.step);
    }
    emit(c, e->span, OP_BUILD_SLICE, 0, dst, TEMP(height), e->Slice.step != NULL ? 3 : 2);
    temp_set_height(c, height);
}

static bool
is_const_index(Compiler *c, const Expr *slice, Place *place)
{
    uint32_t index = 0;
    if (slice->kind == EXPR_SLICE) {
        if (!slice_constant(c, slice, &index)) {
            return false;
        }
    }
    else {
        PyObject *value = constant_of(c, slice);
        if (value == NULL) {
            return false;
        }
        index = const_index(c, value);
    }
    *place = (Place){.kind = PLACE_CONST, .reg = index};
    return index <= MAX_OPERAND;
}

static void
subscript_to(Compiler *c, const Expr *e, Reg dst)
{
    uint32_t height = c->unit->height;
    const Expr *slice = e->Subscript.slice;
    Place object = expr_place_before(c, e->Subscript.value, slice, false);
    Place index;
    int flags = 0;
    Reg b = place_operand(c, object, e->span, KILL_B, &flags);
    if (is_const_index(c, slice, &index)) {
        emit(c, e->span, OP_BINARY_OP_SUBSCR_K, flags, dst, b, index.reg);
    }
    else if (slice->kind == EXPR_SLICE && slice->Slice.step == NULL) {
        uint32_t bounds = c->unit->height;
        push_or_none(c, slice->Slice.lower, slice->span);
        push_or_none(c, slice->Slice.upper, slice->span);
        emit(c, e->span, OP_BINARY_SLICE, flags, dst, b, TEMP(bounds));
    }
    else {
        Place key = expr_place(c, slice, false);
        Reg r = place_operand(c, key, e->span, KILL_C, &flags);
        emit(c, e->span, OP_BINARY_OP_SUBSCR, flags, dst, b, r);
    }
    temp_set_height(c, height);
}

// Warnings for literals that cannot be called or subscripted: most likely a comma is missing.
static const char *
literal_type(const Expr *e)
{
    switch (e->kind) {
    case EXPR_TUPLE:
        return "tuple";
    case EXPR_LIST:
    case EXPR_LIST_COMP:
        return "list";
    case EXPR_DICT:
    case EXPR_DICT_COMP:
        return "dict";
    case EXPR_SET:
    case EXPR_SET_COMP:
        return "set";
    case EXPR_GENERATOR_EXP:
        return "generator";
    case EXPR_LAMBDA:
        return "function";
    case EXPR_JOINED_STR:
    case EXPR_FORMATTED_VALUE:
        return "str";
    case EXPR_TEMPLATE_STR:
    case EXPR_INTERPOLATION:
        return "string.templatelib.Template";
    case EXPR_CONSTANT:
        return constant_type_name(e->Constant.value->ob_type);
    default:
        return NULL;
    }
}

void
warn_uncallable(Compiler *c, const Expr *func)
{
    switch (func->kind) {
    case EXPR_CONSTANT:
    case EXPR_TUPLE:
    case EXPR_LIST:
    case EXPR_LIST_COMP:
    case EXPR_DICT:
    case EXPR_DICT_COMP:
    case EXPR_SET:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR_EXP:
    case EXPR_JOINED_STR:
    case EXPR_FORMATTED_VALUE:
    case EXPR_TEMPLATE_STR:
    case EXPR_INTERPOLATION:
        compile_warn(c, func->span,
                     "'%.200s' object is not callable; perhaps you missed a comma?",
                     literal_type(func));
        break;
    default:
        break;
    }
}

static bool
is_subscriptable_constant(PyObject *value)
{
    return !(value == Py_None || value == Py_Ellipsis || int_check(value) || float_check(value)
             || complex_check(value) || anyset_check_exact(value));
}

static void
warn_subscript(Compiler *c, const Expr *e)
{
    const Expr *object = e->Subscript.value;
    bool bad = object->kind == EXPR_SET || object->kind == EXPR_SET_COMP
               || object->kind == EXPR_GENERATOR_EXP || object->kind == EXPR_TEMPLATE_STR
               || object->kind == EXPR_INTERPOLATION || object->kind == EXPR_LAMBDA
               || (object->kind == EXPR_CONSTANT
                   && !is_subscriptable_constant(object->Constant.value));
    if (bad) {
        compile_warn(c, object->span, "'%.200s' object is not subscriptable; perhaps you missed a "
                     "comma?", literal_type(object));
        return;
    }
    bool sequence = object->kind == EXPR_TUPLE || object->kind == EXPR_LIST
                    || object->kind == EXPR_LIST_COMP || object->kind == EXPR_JOINED_STR
                    || object->kind == EXPR_FORMATTED_VALUE
                    || (object->kind == EXPR_CONSTANT
                        && (str_check(object->Constant.value) || bytes_check(object->Constant.value)
                            || tuple_check(object->Constant.value)));
    const Expr *slice = e->Subscript.slice;
    const char *type = slice->kind == EXPR_SLICE ? NULL : literal_type(slice);
    if (!sequence || type == NULL
        || (slice->kind == EXPR_CONSTANT && int_check(slice->Constant.value))) {
        return;
    }
    compile_warn(c, object->span, "%.200s indices must be integers or slices, not %.200s; perhaps you "
                 "missed a comma?", literal_type(object), type);
}

// ---- yield and await ----

void
await_loop(Compiler *c, Span span, uint32_t awaitable, Reg value)
{
    // SEND, YIELD_VALUE and JUMP_BACKWARD stand together: throw() relies on it.
    Block *again = block_new(c);
    Block *done = block_new(c);
    Unit *u = c->unit;
    load_none(c, span, value);
    block_use(c, again);
    emit_jump(c, span, OP_SEND, 0, value, TEMP(awaitable), done);
    emit_data(c, span, OP_YIELD_VALUE, KILL_B, value, value, TEMP(awaitable),
              (int32_t)u->height);
    emit_jump(c, span, OP_JUMP_BACKWARD, 0, 0, 0, again);
    block_use(c, done);
}

// The value goes to a temporary below the awaitable; both live while suspended.
void
await_to(Compiler *c, Span span, Place value, int kind, Reg dst)
{
    uint32_t height = c->unit->height;
    if (!reg_is_temp(dst) || reg_index(dst) + 1 < height) {
        Reg t = temp_push(c);
        await_to(c, span, value, kind, t);
        temp_set_height(c, height);
        finish(c, span, t, dst);
        return;
    }
    uint32_t awaitable = reg_index(dst) + 1;
    temp_set_height(c, awaitable + 1);
    temp_reserve(c, awaitable + 1);
    int flags = 0;
    Reg b = place_operand(c, value, span, KILL_B, &flags);
    if (kind < 0) {
        emit(c, span, OP_GET_YIELD_FROM_ITER, flags, TEMP(awaitable), b, 0);
    }
    else {
        emit(c, span, OP_GET_AWAITABLE, flags, TEMP(awaitable), b, (Reg)kind);
    }
    await_loop(c, span, awaitable, dst);
    temp_set_height(c, height);
}

static bool
in_function(const Compiler *c)
{
    return scope_is_function_like(c->unit->root);
}

static void
yield_to(Compiler *c, const Expr *e, Reg dst)
{
    Unit *u = c->unit;
    if (!in_function(c)) {
        compile_error(c, e->span, "'yield' outside function");
        return;
    }
    uint32_t height = u->height;
    Place value;
    if (e->Yield.value != NULL) {
        value = expr_place(c, e->Yield.value, false);
    }
    else {
        Reg reg = temp_push(c);
        load_none(c, e->span, reg);
        value = temp_place(reg);
    }
    int flags = 0;
    if (u->flags & CO_ASYNC_GENERATOR) {
        Reg wrapped = value.kind == PLACE_TEMP ? value.reg : temp_push(c);
        Reg b = place_operand(c, value, e->span, KILL_B, &flags);
        emit(c, e->span, OP_CALL_INTRINSIC_1, flags, wrapped, b, INTRINSIC_ASYNC_GEN_WRAP);
        value = temp_place(wrapped);
        flags = 0;
    }
    Reg b = place_operand(c, value, e->span, KILL_B, &flags);
    emit_data(c, e->span, OP_YIELD_VALUE, flags, dst, b, NO_DELEGATE, (int32_t)height);
    temp_set_height(c, height);
}

static void
yield_from_to(Compiler *c, const Expr *e, Reg dst)
{
    if (!in_function(c)) {
        compile_error(c, e->span, "'yield from' outside function");
        return;
    }
    if (c->unit->flags & (CO_ASYNC_GENERATOR | CO_COROUTINE)) {
        compile_error(c, e->span, "'yield from' inside async function");
        return;
    }
    uint32_t height = c->unit->height;
    Place value = expr_place(c, e->YieldFrom.value, false);
    temp_set_height(c, height);
    await_to(c, e->span, value, -1, dst);
}

static void
await_expr_to(Compiler *c, const Expr *e, Reg dst)
{
    bool top_level = c->unit->root->kind == SCOPE_MODULE
                     && (c->flags & PARSE_ALLOW_TOP_LEVEL_AWAIT);
    if (!top_level) {
        if (!in_function(c)) {
            compile_error(c, e->span, "'await' outside function");
            return;
        }
        const Scope *root = c->unit->root;
        if (!root->is_async_def && root->comprehension == COMPREHENSION_NONE) {
            compile_error(c, e->span, "'await' outside async function");
            return;
        }
    }
    uint32_t height = c->unit->height;
    Place value = expr_place(c, e->Await.value, false);
    temp_set_height(c, height);
    await_to(c, e->span, value, 0, dst);
}

// ---- dispatch ----

static void
constant_to(Compiler *c, const Expr *e, Reg dst)
{
    load_const(c, e->span, dst, e->Constant.value);
}

static void
name_to(Compiler *c, const Expr *e, Reg dst)
{
    PyObject *value = constant_of(c, e);
    if (value != NULL) {
        load_const(c, e->span, dst, value);
        return;
    }
    emit_name_load(c, e->Name.id, e->span, dst);
}

static void
expr_kind_to(Compiler *c, const Expr *e, Reg dst)
{
    switch (e->kind) {
    case EXPR_BOOL_OP:
        bool_op_to(c, e, dst);
        break;
    case EXPR_NAMED_EXPR:
        named_expr_to(c, e, dst);
        break;
    case EXPR_BIN_OP:
        binary_to(c, e, dst);
        break;
    case EXPR_UNARY_OP:
        unary_to(c, e, dst);
        break;
    case EXPR_LAMBDA:
        lambda_to(c, e, dst);
        break;
    case EXPR_IF_EXP:
        if_exp_to(c, e, dst);
        break;
    case EXPR_DICT:
        dict_to(c, e, dst);
        break;
    case EXPR_SET:
        set_to(c, e, dst);
        break;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_DICT_COMP:
    case EXPR_GENERATOR_EXP:
        comprehension_to(c, e, dst);
        break;
    case EXPR_AWAIT:
        await_expr_to(c, e, dst);
        break;
    case EXPR_YIELD:
        yield_to(c, e, dst);
        break;
    case EXPR_YIELD_FROM:
        yield_from_to(c, e, dst);
        break;
    case EXPR_COMPARE:
        compare_to(c, e, dst);
        break;
    case EXPR_CALL:
        call_to(c, e, dst);
        break;
    case EXPR_FORMATTED_VALUE:
        formatted_value_to(c, e, dst);
        break;
    case EXPR_INTERPOLATION:
        interpolation_to(c, e, dst);
        break;
    case EXPR_JOINED_STR:
        joined_str_to(c, e, dst);
        break;
    case EXPR_TEMPLATE_STR:
        template_to(c, e, dst);
        break;
    case EXPR_CONSTANT:
        constant_to(c, e, dst);
        break;
    case EXPR_ATTRIBUTE:
        attribute_to(c, e, dst);
        break;
    case EXPR_SUBSCRIPT:
        warn_subscript(c, e);
        subscript_to(c, e, dst);
        break;
    case EXPR_STARRED:
        compile_error(c, e->span, "can't use starred expression here");
        break;
    case EXPR_NAME:
        name_to(c, e, dst);
        break;
    case EXPR_LIST:
        list_to(c, e, dst);
        break;
    case EXPR_TUPLE:
        tuple_to(c, e, dst);
        break;
    case EXPR_SLICE:
        emit_build_slice(c, e, dst);
        break;
    }
}

void
expr_to(Compiler *c, const Expr *e, Reg dst)
{
    if (c->failed) {
        return;
    }
    if (e->kind == EXPR_CONSTANT) {
        constant_to(c, e, dst);
        return;
    }
    if (thread_enter_c(" during compilation") < 0) {
        c->failed = true;
        return;
    }
    expr_kind_to(c, e, dst);
    thread_leave_c();
}

void
expr_discard(Compiler *c, const Expr *e)
{
    if (constant_of(c, e) != NULL) {
        emit(c, e->span, OP_NOP, 0, 0, 0, 0);
        return;
    }
    uint32_t height = c->unit->height;
    Place place = expr_place(c, e, false);
    if (place.kind == PLACE_LOCAL) {
        emit(c, e->span, OP_NOP, 0, 0, 0, 0);
    }
    place_drop(c, place, e->span);
    temp_set_height(c, height);
}
