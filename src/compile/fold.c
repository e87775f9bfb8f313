// Constant folding on the syntax tree, in place.
//
// Operations on constants become constants unless they fail or the result is large (code objects
// should not grow by folding). Lists and sets that are only iterated over or searched become
// tuples and frozensets. Annotations are left alone where their text is what counts.
//
// Threading: the tree belongs to the caller.
#include <string.h>

#include "compile/codegen_internal.h"
#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/thread.h"

enum {
    MAX_INT_BITS = 128,
    MAX_REPEATED_ITEMS = 256,
    MAX_TEXT = 4096,
    MAX_TOTAL_ITEMS = 1024,
};

typedef struct {
    Arena *arena;
    bool keep_annotations;
} Folder;

// ---- limits ----

static Py_ssize_t
count_items(PyObject *op, Py_ssize_t limit)
{
    if (!tuple_check_exact(op)) {
        return 1;
    }
    Py_ssize_t total = tuple_size(op);
    for (Py_ssize_t i = 0; i < tuple_size(op) && total <= limit; i++) {
        PyObject *item = tuple_item(op, i);
        total += tuple_check_exact(item) ? count_items(item, limit - total) : 0;
    }
    return total;
}

// n as a small number; -1 when it is negative or beyond any limit.
static long
small_count(PyObject *n)
{
    int64_t value;
    if (int_bit_length(n) > 32) {
        return -1;
    }
    value = int_as_i64(n);
    return value < 0 ? -1 : (long)value;
}

static bool
repeat_is_small(PyObject *sequence, PyObject *count)
{
    Py_ssize_t size = tuple_check_exact(sequence) ? tuple_size(sequence)
                      : str_check_exact(sequence) ? str_length(sequence) : bytes_length(sequence);
    if (size == 0) {
        return true;
    }
    long n = small_count(count);
    if (n < 0) {
        return int_is_negative(count);
    }
    if (tuple_check_exact(sequence)) {
        return n <= MAX_REPEATED_ITEMS / size
               && (n == 0 || count_items(sequence, MAX_TOTAL_ITEMS / n) <= MAX_TOTAL_ITEMS / n);
    }
    return n <= MAX_TEXT / size;
}

static bool
is_repeatable(PyObject *op)
{
    return tuple_check_exact(op) || str_check_exact(op) || bytes_check_exact(op);
}

static bool
product_is_small(PyObject *left, PyObject *right)
{
    if (int_check(left) && int_check(right)) {
        return int_bit_length(left) + int_bit_length(right) <= MAX_INT_BITS;
    }
    if (int_check(left) && is_repeatable(right)) {
        return repeat_is_small(right, left);
    }
    if (int_check(right) && is_repeatable(left)) {
        return repeat_is_small(left, right);
    }
    return true;
}

static bool
power_is_small(PyObject *left, PyObject *right)
{
    if (!int_check(left) || !int_check(right) || int_is_negative(right)) {
        return true;
    }
    size_t bits = (size_t)int_bit_length(left);
    long n = small_count(right);
    return bits <= 1 || (n >= 0 && (size_t)n <= MAX_INT_BITS / bits);
}

static bool
shift_is_small(PyObject *left, PyObject *right)
{
    if (!int_check(left) || !int_check(right)) {
        return true;
    }
    size_t bits = (size_t)int_bit_length(left);
    long n = small_count(right);
    return bits == 0 || (n >= 0 && n <= MAX_INT_BITS && bits <= (size_t)(MAX_INT_BITS - n));
}

// ---- operations ----

static PyObject *
fold_operator(Operator op, PyObject *left, PyObject *right)
{
    switch (op) {
    case OP_ADD:
        return number_add(left, right);
    case OP_SUB:
        return number_subtract(left, right);
    case OP_MULT:
        return product_is_small(left, right) ? number_multiply(left, right) : NULL;
    case OP_DIV:
        return number_true_divide(left, right);
    case OP_FLOOR_DIV:
        return number_floor_divide(left, right);
    case OP_MOD:
        // Formatting keeps its place in the program.
        return str_check(left) || bytes_check(left) ? NULL : number_remainder(left, right);
    case OP_POW:
        return power_is_small(left, right) ? number_power(left, right, Py_None) : NULL;
    case OP_LSHIFT:
        return shift_is_small(left, right) ? number_lshift(left, right) : NULL;
    case OP_RSHIFT:
        return number_rshift(left, right);
    case OP_BIT_OR:
        return number_or(left, right);
    case OP_BIT_XOR:
        return number_xor(left, right);
    case OP_BIT_AND:
        return number_and(left, right);
    case OP_MAT_MULT:
        return NULL;
    }
    return NULL;
}

static PyObject *
fold_unary(UnaryOp op, PyObject *operand)
{
    switch (op) {
    case UNARY_NOT: {
        int truth = object_is_true(operand);
        return truth < 0 ? NULL : new_ref(truth ? Py_False : Py_True);
    }
    case UNARY_INVERT:
        // ~True warns when it runs.
        return bool_check(operand) ? NULL : number_invert(operand);
    case UNARY_UADD:
        return number_positive(operand);
    case UNARY_USUB:
        return number_negative(operand);
    }
    return NULL;
}

static bool
is_number(PyObject *op)
{
    return int_check(op) || float_check(op) || complex_check(op);
}

// Only what cannot have side effects or depend on the outside.
static bool
may_fold_binary(PyObject *left, PyObject *right)
{
    return (is_number(left) || is_repeatable(left)) && (is_number(right) || is_repeatable(right));
}

// Puts the result (NULL: nothing folded) in place of the expression. 0 or -1.
static int
replace(Folder *f, Expr *e, PyObject *value)
{
    if (value == NULL) {
        if (error_occurred()) {
            if (error_matches(PyExc_KeyboardInterrupt) || error_matches(PyExc_MemoryError)) {
                return -1;
            }
            error_clear();
        }
        return 0;
    }
    if (arena_keep_steal(f->arena, value) < 0) {
        return -1;
    }
    e->kind = EXPR_CONSTANT;
    e->Constant.value = value;
    e->Constant.kind = NULL;
    return 0;
}

static PyObject *
constant_value(const Expr *e)
{
    return e->kind == EXPR_CONSTANT ? e->Constant.value : NULL;
}

// The elements as a tuple when all are constants; NULL, perhaps without an exception.
static PyObject *
constant_tuple(const ExprSeq *elts)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (elts->items[i]->kind != EXPR_CONSTANT) {
            return NULL;
        }
    }
    PyObject *tuple = tuple_new(elts->size);
    if (tuple != NULL) {
        for (Py_ssize_t i = 0; i < elts->size; i++) {
            tuple_set_item_steal(tuple, i, new_ref(elts->items[i]->Constant.value));
        }
    }
    return tuple;
}

// A list or set that nobody can see but the loop or test that reads it.
static int
fold_iterated(Folder *f, Expr *e)
{
    if (e->kind == EXPR_LIST) {
        ExprSeq *elts = e->List.elts;
        if (ast_has_starred(elts)) {
            return 0;
        }
        PyObject *tuple = constant_tuple(elts);
        if (tuple == NULL && !error_occurred()) {
            e->kind = EXPR_TUPLE;
            e->Tuple.elts = elts;
            e->Tuple.ctx = CTX_LOAD;
            return 0;
        }
        return replace(f, e, tuple);
    }
    if (e->kind == EXPR_SET) {
        PyObject *tuple = constant_tuple(e->Set.elts);
        for (Py_ssize_t i = 0; tuple != NULL && i < tuple_size(tuple); i++) {
            // As code objects do with the strings in their tuples.
            PyObject **item = &tuple_items(tuple)[i];
            if (str_check_exact(*item) && str_is_identifier(*item)) {
                str_intern_in_place(item);
            }
        }
        PyObject *set = tuple == NULL ? NULL : frozenset_new(tuple);
        xdecref(tuple);
        return replace(f, e, set);
    }
    return 0;
}

static int
fold_binary(Folder *f, Expr *e)
{
    PyObject *left = constant_value(e->BinOp.left);
    PyObject *right = constant_value(e->BinOp.right);
    if (left == NULL || right == NULL || !may_fold_binary(left, right)) {
        return 0;
    }
    return replace(f, e, fold_operator(e->BinOp.op, left, right));
}

static int
fold_subscript(Folder *f, Expr *e)
{
    PyObject *object = constant_value(e->Subscript.value);
    PyObject *index = constant_value(e->Subscript.slice);
    if (object == NULL || index == NULL || e->Subscript.ctx != CTX_LOAD || !is_repeatable(object)
        || !int_check(index)) {
        return 0;
    }
    return replace(f, e, object_getitem(object, index));
}

static int
fold_node(Folder *f, Expr *e)
{
    switch (e->kind) {
    case EXPR_UNARY_OP: {
        PyObject *operand = constant_value(e->UnaryOp.operand);
        if (operand == NULL || (e->UnaryOp.op != UNARY_NOT && !is_number(operand))) {
            return 0;
        }
        return replace(f, e, fold_unary(e->UnaryOp.op, operand));
    }
    case EXPR_BIN_OP:
        return fold_binary(f, e);
    case EXPR_SUBSCRIPT:
        return fold_subscript(f, e);
    case EXPR_TUPLE:
        return e->Tuple.ctx == CTX_LOAD ? replace(f, e, constant_tuple(e->Tuple.elts)) : 0;
    case EXPR_COMPARE: {
        Py_ssize_t last = e->Compare.ops->size - 1;
        CmpOp op = e->Compare.ops->items[last];
        if (op == CMP_IN || op == CMP_NOT_IN) {
            return fold_iterated(f, e->Compare.comparators->items[last]);
        }
        return 0;
    }
    default:
        return 0;
    }
}

// ---- the walk ----

static bool
is_annotation(const AstField *field)
{
    return strcmp(field->name, "annotation") == 0 || strcmp(field->name, "returns") == 0;
}

static int
fold_any(void *arg, const AstField *field, int type, char *node)
{
    Folder *f = arg;
    if (field != NULL && f->keep_annotations && is_annotation(field)) {
        return 0;
    }
    if (type == AST_TYPE_TYPE_PARAM) {
        // A tuple of constants must stay the display that means constraints.
        return 0;
    }
    if (type == AST_TYPE_STMT && ((Stmt *)node)->kind == STMT_EXPR) {
        // "a" + "b" must not become a docstring.
        return ast_visit_children(AST_TYPE_EXPR, (char *)((Stmt *)node)->Expr.value, fold_any, f);
    }
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = ast_visit_children(type, node, fold_any, f);
    thread_leave_c();
    if (result < 0) {
        return -1;
    }
    if (type == AST_TYPE_EXPR) {
        return fold_node(f, (Expr *)node);
    }
    if (type == AST_TYPE_COMPREHENSION) {
        return fold_iterated(f, ((Comprehension *)node)->iter);
    }
    if (type == AST_TYPE_STMT) {
        Stmt *s = (Stmt *)node;
        if (s->kind == STMT_FOR) {
            return fold_iterated(f, s->For.iter);
        }
    }
    return 0;
}

int
fold_module(Mod *mod, Arena *arena, int flags)
{
    Folder folder = {arena, (flags & CO_FUTURE_ANNOTATIONS) != 0};
    return fold_any(&folder, NULL, AST_TYPE_MOD, (char *)mod);
}
