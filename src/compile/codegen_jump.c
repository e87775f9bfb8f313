// Code generation: conditions and comparisons.
//
// A comparison that only decides a jump is one instruction with it. Negation is never turned into
// another operator: `not a < b` is not `a >= b`.
//
// Threading: see codegen_internal.h.
#include "compile/codegen_internal.h"
#include "compile/constants.h"
#include "objects/object.h"
#include "thread/thread.h"

static const struct {
    uint8_t reg, constant;
} compare_ops[] = {
    [CMP_EQ] = {OP_COMPARE_OP_EQ, OP_COMPARE_OP_EQ_K},
    [CMP_NOT_EQ] = {OP_COMPARE_OP_NE, OP_COMPARE_OP_NE_K},
    [CMP_LT] = {OP_COMPARE_OP_LT, OP_COMPARE_OP_LT_K},
    [CMP_LTE] = {OP_COMPARE_OP_LE, OP_COMPARE_OP_LE_K},
    [CMP_GT] = {OP_COMPARE_OP_GT, OP_COMPARE_OP_GT_K},
    [CMP_GTE] = {OP_COMPARE_OP_GE, OP_COMPARE_OP_GE_K},
};

static const struct {
    uint8_t yes, no, yes_k, no_k;
} jump_ops[] = {
    [CMP_EQ] = {OP_JUMP_IF_EQ, OP_JUMP_IF_NOT_EQ, OP_JUMP_IF_EQ_K, OP_JUMP_IF_NOT_EQ_K},
    [CMP_NOT_EQ] = {OP_JUMP_IF_NE, OP_JUMP_IF_NOT_NE, OP_JUMP_IF_NE_K, OP_JUMP_IF_NOT_NE_K},
    [CMP_LT] = {OP_JUMP_IF_LT, OP_JUMP_IF_NOT_LT, OP_JUMP_IF_LT_K, OP_JUMP_IF_NOT_LT_K},
    [CMP_LTE] = {OP_JUMP_IF_LE, OP_JUMP_IF_NOT_LE, OP_JUMP_IF_LE_K, OP_JUMP_IF_NOT_LE_K},
    [CMP_GT] = {OP_JUMP_IF_GT, OP_JUMP_IF_NOT_GT, OP_JUMP_IF_GT_K, OP_JUMP_IF_NOT_GT_K},
    [CMP_GTE] = {OP_JUMP_IF_GE, OP_JUMP_IF_NOT_GE, OP_JUMP_IF_GE_K, OP_JUMP_IF_NOT_GE_K},
};

static bool
is_order(CmpOp op)
{
    return op != CMP_IS && op != CMP_IS_NOT && op != CMP_IN && op != CMP_NOT_IN;
}

static void
compare_emit(Compiler *c, Span span, CmpOp op, Reg dst, Place left, Place right)
{
    int flags = 0;
    Reg b = place_operand(c, left, span, KILL_B, &flags);
    if (is_order(op) && right.kind == PLACE_CONST) {
        emit(c, span, compare_ops[op].constant, flags, dst, b, right.reg);
        return;
    }
    Reg r = place_operand(c, right, span, KILL_C, &flags);
    if (is_order(op)) {
        emit(c, span, compare_ops[op].reg, flags, dst, b, r);
        return;
    }
    flags |= op == CMP_IS_NOT || op == CMP_NOT_IN ? VARIANT_3 : 0;
    bool is = op == CMP_IS || op == CMP_IS_NOT;
    emit(c, span, is ? OP_IS_OP : OP_CONTAINS_OP, flags, dst, b, r);
}

static void
compare_jump(Compiler *c, Span span, CmpOp op, Place left, Place right, Block *target, bool when)
{
    int flags = 0;
    uint32_t height = c->unit->height;
    if (is_order(op)) {
        Reg a = place_operand(c, left, span, KILL_A, &flags);
        if (right.kind == PLACE_CONST) {
            emit_jump(c, span, when ? jump_ops[op].yes_k : jump_ops[op].no_k, flags, a, right.reg,
                      target);
            return;
        }
        Reg b = place_operand(c, right, span, KILL_B, &flags);
        emit_jump(c, span, when ? jump_ops[op].yes : jump_ops[op].no, flags, a, b, target);
        return;
    }
    bool is = op == CMP_IS || op == CMP_IS_NOT;
    if (is && right.kind == PLACE_CONST && c->unit->consts.count > right.reg
        && c->unit->consts.items[right.reg] == Py_None) {
        Reg a = place_operand(c, left, span, KILL_A, &flags);
        bool none = (op == CMP_IS) == when;
        emit_jump(c, span, none ? OP_POP_JUMP_IF_NONE : OP_POP_JUMP_IF_NOT_NONE, flags, a, 0,
                  target);
        return;
    }
    Reg t = temp_push(c);
    compare_emit(c, span, op, t, left, right);
    emit_jump(c, span, when ? OP_POP_JUMP_IF_TRUE : OP_POP_JUMP_IF_FALSE, KILL_A, t, 0, target);
    temp_set_height(c, height);
}

// ---- warnings ----

static bool
is_unusual_identity(const Expr *e)
{
    if (e->kind != EXPR_CONSTANT) {
        return false;
    }
    PyObject *value = e->Constant.value;
    return value != Py_None && value != Py_True && value != Py_False && value != Py_Ellipsis;
}

static void
warn_identity(Compiler *c, const Expr *e)
{
    const Expr *left = e->Compare.left;
    for (Py_ssize_t i = 0; i < e->Compare.ops->size; i++) {
        CmpOp op = e->Compare.ops->items[i];
        const Expr *right = e->Compare.comparators->items[i];
        const Expr *literal = is_unusual_identity(left) ? left
                              : is_unusual_identity(right) ? right : NULL;
        if ((op == CMP_IS || op == CMP_IS_NOT) && literal != NULL) {
            const char *type = constant_type_name(literal->Constant.value->ob_type);
            compile_warn(c, e->span,
                         op == CMP_IS ? "\"is\" with '%.200s' literal. Did you mean \"==\"?"
                                      : "\"is not\" with '%.200s' literal. Did you mean \"!=\"?",
                         type);
            return;
        }
        left = right;
    }
}

// ---- values ----

// a < b < c: the middle operands are evaluated once; a link that fails decides.
static void
chain_to(Compiler *c, const Expr *e, Reg dst)
{
    Unit *u = c->unit;
    uint32_t height = u->height;
    Block *end = block_new(c);
    Reg result = reg_is_temp(dst) && reg_index(dst) >= height ? dst : TEMP(height);
    temp_set_height(c, reg_index(result));
    temp_push(c);
    Py_ssize_t last = e->Compare.ops->size - 1;
    Place left = expr_place_before(c, e->Compare.left, e->Compare.comparators->items[0], false);
    for (Py_ssize_t i = 0; i < last && !c->failed; i++) {
        const Expr *next = e->Compare.comparators->items[i + 1];
        Place right = expr_place_before(c, e->Compare.comparators->items[i], next, false);
        Place kept = right;
        kept.keep = true;
        compare_emit(c, e->span, e->Compare.ops->items[i], result, left, kept);
        if (right.kind == PLACE_TEMP) {
            Block *more = block_new(c);
            emit_jump(c, e->span, OP_POP_JUMP_IF_TRUE, 0, result, 0, more);
            emit(c, e->span, OP_POP_TOP, 0, right.reg, 0, 0);
            emit_goto(c, e->span, end);
            block_use(c, more);
        }
        else {
            emit_jump(c, e->span, OP_POP_JUMP_IF_FALSE, 0, result, 0, end);
        }
        left = right;
    }
    Place right = expr_place(c, e->Compare.comparators->items[last], true);
    compare_emit(c, e->span, e->Compare.ops->items[last], result, left, right);
    block_use(c, end);
    temp_set_height(c, height);
    if (result != dst) {
        emit(c, e->span, OP_MOVE, 0, dst, result, 0);
    }
}

void
compare_to(Compiler *c, const Expr *e, Reg dst)
{
    warn_identity(c, e);
    if (e->Compare.ops->size > 1) {
        chain_to(c, e, dst);
        return;
    }
    uint32_t height = c->unit->height;
    const Expr *other = e->Compare.comparators->items[0];
    Place left = expr_place_before(c, e->Compare.left, other, false);
    Place right = expr_place(c, other, true);
    compare_emit(c, e->span, e->Compare.ops->items[0], dst, left, right);
    temp_set_height(c, height);
}

// ---- jumps ----

static void
chain_jump(Compiler *c, const Expr *e, Block *target, bool when)
{
    uint32_t height = c->unit->height;
    Block *skip = block_new(c);
    Block *failed = when ? skip : target;
    Py_ssize_t last = e->Compare.ops->size - 1;
    Place left = expr_place_before(c, e->Compare.left, e->Compare.comparators->items[0], false);
    for (Py_ssize_t i = 0; i < last && !c->failed; i++) {
        const Expr *next = e->Compare.comparators->items[i + 1];
        Place right = expr_place_before(c, e->Compare.comparators->items[i], next, false);
        Place kept = right;
        kept.keep = true;
        if (right.kind == PLACE_TEMP) {
            Block *more = block_new(c);
            compare_jump(c, e->span, e->Compare.ops->items[i], left, kept, more, true);
            emit(c, e->span, OP_POP_TOP, 0, right.reg, 0, 0);
            emit_goto(c, e->span, failed);
            block_use(c, more);
        }
        else {
            compare_jump(c, e->span, e->Compare.ops->items[i], left, kept, failed, false);
        }
        left = right;
    }
    Place right = expr_place(c, e->Compare.comparators->items[last], true);
    compare_jump(c, e->span, e->Compare.ops->items[last], left, right, target, when);
    block_use(c, skip);
    temp_set_height(c, height);
}

static void
compare_expr_jump(Compiler *c, const Expr *e, Block *target, bool when)
{
    warn_identity(c, e);
    if (e->Compare.ops->size > 1) {
        chain_jump(c, e, target, when);
        return;
    }
    uint32_t height = c->unit->height;
    const Expr *other = e->Compare.comparators->items[0];
    Place left = expr_place_before(c, e->Compare.left, other, false);
    Place right = expr_place(c, other, true);
    compare_jump(c, e->span, e->Compare.ops->items[0], left, right, target, when);
    temp_set_height(c, height);
}

static void
bool_op_jump(Compiler *c, const Expr *e, Block *target, bool when)
{
    bool decides = e->BoolOp.op == BOOLOP_OR;
    Block *skip = block_new(c);
    Py_ssize_t last = e->BoolOp.values->size - 1;
    for (Py_ssize_t i = 0; i < last; i++) {
        jump_if(c, e->BoolOp.values->items[i], decides == when ? target : skip, decides);
    }
    jump_if(c, e->BoolOp.values->items[last], target, when);
    block_use(c, skip);
}

static void
if_exp_jump(Compiler *c, const Expr *e, Block *target, bool when)
{
    Block *orelse = block_new(c);
    Block *end = block_new(c);
    jump_if(c, e->IfExp.test, orelse, false);
    jump_if(c, e->IfExp.body, target, when);
    emit_goto(c, e->span, end);
    block_use(c, orelse);
    jump_if(c, e->IfExp.orelse, target, when);
    block_use(c, end);
}

static void
jump_if_kind(Compiler *c, const Expr *e, Block *target, bool when)
{
    switch (e->kind) {
    case EXPR_UNARY_OP:
        if (e->UnaryOp.op == UNARY_NOT) {
            jump_if(c, e->UnaryOp.operand, target, !when);
            return;
        }
        break;
    case EXPR_BOOL_OP:
        bool_op_jump(c, e, target, when);
        return;
    case EXPR_IF_EXP:
        if_exp_jump(c, e, target, when);
        return;
    case EXPR_COMPARE:
        compare_expr_jump(c, e, target, when);
        return;
    default:
        break;
    }
    uint32_t height = c->unit->height;
    Place place = expr_place(c, e, false);
    int flags = 0;
    Reg a = place_operand(c, place, e->span, KILL_A, &flags);
    emit_jump(c, e->span, when ? OP_POP_JUMP_IF_TRUE : OP_POP_JUMP_IF_FALSE, flags, a, 0, target);
    temp_set_height(c, height);
}

void
jump_if(Compiler *c, const Expr *e, Block *target, bool when)
{
    if (c->failed) {
        return;
    }
    int truth = constant_truth(c, e);
    if (truth >= 0) {
        if (truth == when) {
            emit_goto(c, e->span, target);
        }
        else {
            emit(c, e->span, OP_NOP, 0, 0, 0, 0);
        }
        return;
    }
    if (thread_enter_c(" during compilation") < 0) {
        c->failed = true;
        return;
    }
    jump_if_kind(c, e, target, when);
    thread_leave_c();
}
