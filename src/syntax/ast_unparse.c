// Expressions back to source text, for annotations kept as strings (PEP 563).
//
// Brackets are written where precedence demands them and around tuples. Numbers too large for a
// float are written so that they read back as infinity.
//
// Threading: plain functions.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "syntax/ast.h"
#include "thread/thread.h"

// Binding strength of contexts, weakest first.
enum {
    LEVEL_TUPLE, LEVEL_TEST, LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_BIT_OR,
    LEVEL_BIT_XOR, LEVEL_BIT_AND, LEVEL_SHIFT, LEVEL_ARITHMETIC, LEVEL_TERM, LEVEL_FACTOR,
    LEVEL_POWER, LEVEL_AWAIT, LEVEL_ATOM,
};

typedef StrWriter W;

static int write_expr(W *w, const Expr *e, int level);

static int
text(W *w, const char *s)
{
    return str_writer_ascii(w, s, -1);
}

// Writes s when the condition holds.
static int
text_if(W *w, bool condition, const char *s)
{
    return condition ? text(w, s) : 0;
}

static int
write_list(W *w, const ExprSeq *seq, int level)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (text_if(w, i > 0, ", ") < 0 || write_expr(w, seq->items[i], level) < 0) {
            return -1;
        }
    }
    return 0;
}

// ---- operators ----

typedef struct {
    const char *text;
    int level;
    bool right;         // right-associative
} OperatorText;

static OperatorText
operator_text(Operator op)
{
    switch (op) {
    case OP_ADD: return (OperatorText){" + ", LEVEL_ARITHMETIC, false};
    case OP_SUB: return (OperatorText){" - ", LEVEL_ARITHMETIC, false};
    case OP_MULT: return (OperatorText){" * ", LEVEL_TERM, false};
    case OP_MAT_MULT: return (OperatorText){" @ ", LEVEL_TERM, false};
    case OP_DIV: return (OperatorText){" / ", LEVEL_TERM, false};
    case OP_MOD: return (OperatorText){" % ", LEVEL_TERM, false};
    case OP_FLOOR_DIV: return (OperatorText){" // ", LEVEL_TERM, false};
    case OP_LSHIFT: return (OperatorText){" << ", LEVEL_SHIFT, false};
    case OP_RSHIFT: return (OperatorText){" >> ", LEVEL_SHIFT, false};
    case OP_BIT_OR: return (OperatorText){" | ", LEVEL_BIT_OR, false};
    case OP_BIT_XOR: return (OperatorText){" ^ ", LEVEL_BIT_XOR, false};
    case OP_BIT_AND: return (OperatorText){" & ", LEVEL_BIT_AND, false};
    default: return (OperatorText){" ** ", LEVEL_POWER, true};
    }
}

static int
open_if(W *w, bool brackets)
{
    return text_if(w, brackets, "(");
}

static int
close_if(W *w, bool brackets)
{
    return text_if(w, brackets, ")");
}

static int
write_bool_op(W *w, const Expr *e, int level)
{
    bool is_and = e->BoolOp.op == BOOLOP_AND;
    int own = is_and ? LEVEL_AND : LEVEL_OR;
    if (open_if(w, level > own) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < e->BoolOp.values->size; i++) {
        if (text_if(w, i > 0, is_and ? " and " : " or ") < 0
            || write_expr(w, e->BoolOp.values->items[i], own + 1) < 0) {
            return -1;
        }
    }
    return close_if(w, level > own);
}

static int
write_bin_op(W *w, const Expr *e, int level)
{
    OperatorText op = operator_text(e->BinOp.op);
    bool brackets = level > op.level;
    return open_if(w, brackets) < 0 || write_expr(w, e->BinOp.left, op.level + op.right) < 0
                   || text(w, op.text) < 0
                   || write_expr(w, e->BinOp.right, op.level + !op.right) < 0
                   || close_if(w, brackets) < 0
               ? -1
               : 0;
}

static int
write_unary_op(W *w, const Expr *e, int level)
{
    static const char *const signs[] = {NULL, "~", "not ", "+", "-"};
    int own = e->UnaryOp.op == UNARY_NOT ? LEVEL_NOT : LEVEL_FACTOR;
    bool brackets = level > own;
    return open_if(w, brackets) < 0 || text(w, signs[e->UnaryOp.op]) < 0
                   || write_expr(w, e->UnaryOp.operand, own) < 0 || close_if(w, brackets) < 0
               ? -1
               : 0;
}

static int
write_compare(W *w, const Expr *e, int level)
{
    static const char *const names[] = {NULL,    " == ",   " != ", " < ",      " <= ", " > ",
                                        " >= ", " is ", " is not ", " in ", " not in "};
    bool brackets = level > LEVEL_COMPARE;
    if (open_if(w, brackets) < 0 || write_expr(w, e->Compare.left, LEVEL_COMPARE + 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < e->Compare.comparators->size; i++) {
        if (text(w, names[e->Compare.ops->items[i]]) < 0
            || write_expr(w, e->Compare.comparators->items[i], LEVEL_COMPARE + 1) < 0) {
            return -1;
        }
    }
    return close_if(w, brackets);
}

static int
write_if_exp(W *w, const Expr *e, int level)
{
    bool brackets = level > LEVEL_TEST;
    return open_if(w, brackets) < 0 || write_expr(w, e->IfExp.body, LEVEL_TEST + 1) < 0
                   || text(w, " if ") < 0 || write_expr(w, e->IfExp.test, LEVEL_TEST + 1) < 0
                   || text(w, " else ") < 0 || write_expr(w, e->IfExp.orelse, LEVEL_TEST) < 0
                   || close_if(w, brackets) < 0
               ? -1
               : 0;
}

// ---- lambda ----

static int
write_arg(W *w, const Arg *arg)
{
    if (str_writer_str(w, arg->arg) < 0) {
        return -1;
    }
    if (arg->annotation == NULL) {
        return 0;
    }
    return text(w, ": ") < 0 ? -1 : write_expr(w, arg->annotation, LEVEL_TEST);
}

static int
write_param(W *w, bool *first, const char *prefix, const Arg *arg, const Expr *value)
{
    if (text_if(w, !*first, ", ") < 0 || text(w, prefix) < 0) {
        return -1;
    }
    *first = false;
    if (arg != NULL && write_arg(w, arg) < 0) {
        return -1;
    }
    if (value == NULL) {
        return 0;
    }
    return text(w, "=") < 0 ? -1 : write_expr(w, value, LEVEL_TEST);
}

static int
write_params(W *w, const Arguments *a)
{
    bool first = true;
    Py_ssize_t posonly = a->posonlyargs->size;
    Py_ssize_t total = posonly + a->args->size;
    Py_ssize_t plain = total - a->defaults->size;
    for (Py_ssize_t i = 0; i < total; i++) {
        const Arg *arg = i < posonly ? a->posonlyargs->items[i] : a->args->items[i - posonly];
        const Expr *value = i >= plain ? a->defaults->items[i - plain] : NULL;
        if (write_param(w, &first, "", arg, value) < 0
            || (i + 1 == posonly && text(w, ", /") < 0)) {
            return -1;
        }
    }
    if ((a->vararg != NULL || a->kwonlyargs->size > 0)
        && write_param(w, &first, "*", a->vararg, NULL) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < a->kwonlyargs->size; i++) {
        if (write_param(w, &first, "", a->kwonlyargs->items[i], a->kw_defaults->items[i]) < 0) {
            return -1;
        }
    }
    return a->kwarg != NULL ? write_param(w, &first, "**", a->kwarg, NULL) : 0;
}

static int
write_lambda(W *w, const Expr *e, int level)
{
    const Arguments *a = e->Lambda.args;
    bool brackets = level > LEVEL_TEST;
    bool any = a->posonlyargs->size + a->args->size + a->kwonlyargs->size > 0 || a->vararg != NULL
               || a->kwarg != NULL;
    return open_if(w, brackets) < 0 || text(w, any ? "lambda " : "lambda") < 0
                   || write_params(w, a) < 0 || text(w, ": ") < 0
                   || write_expr(w, e->Lambda.body, LEVEL_TEST) < 0 || close_if(w, brackets) < 0
               ? -1
               : 0;
}

// ---- displays and comprehensions ----

static int
write_dict(W *w, const Expr *e)
{
    if (text(w, "{") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < e->Dict.values->size; i++) {
        const Expr *key = e->Dict.keys->items[i];
        const Expr *value = e->Dict.values->items[i];
        if (text_if(w, i > 0, ", ") < 0) {
            return -1;
        }
        int result = key != NULL ? write_expr(w, key, LEVEL_TEST) < 0 || text(w, ": ") < 0
                                       || write_expr(w, value, LEVEL_TEST) < 0
                                 : text(w, "**") < 0 || write_expr(w, value, LEVEL_BIT_OR) < 0;
        if (result != 0) {
            return -1;
        }
    }
    return text(w, "}");
}

static int
write_clauses(W *w, const ComprehensionSeq *clauses)
{
    for (Py_ssize_t i = 0; i < clauses->size; i++) {
        const Comprehension *c = clauses->items[i];
        if (text(w, c->is_async ? " async for " : " for ") < 0
            || write_expr(w, c->target, LEVEL_TUPLE) < 0 || text(w, " in ") < 0
            || write_expr(w, c->iter, LEVEL_TEST + 1) < 0) {
            return -1;
        }
        for (Py_ssize_t k = 0; k < c->ifs->size; k++) {
            if (text(w, " if ") < 0 || write_expr(w, c->ifs->items[k], LEVEL_TEST + 1) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int
write_comprehension(W *w, const char *open, const Expr *element, const Expr *value,
                    const ComprehensionSeq *clauses, const char *close)
{
    if (text(w, open) < 0 || write_expr(w, element, LEVEL_TEST) < 0
        || (value != NULL && (text(w, ": ") < 0 || write_expr(w, value, LEVEL_TEST) < 0))) {
        return -1;
    }
    return write_clauses(w, clauses) < 0 ? -1 : text(w, close);
}

static int
write_tuple(W *w, const ExprSeq *elts, int level)
{
    if (elts->size == 0) {
        return text(w, "()");
    }
    bool brackets = level > LEVEL_TUPLE;
    return open_if(w, brackets) < 0 || write_list(w, elts, LEVEL_TEST) < 0
                   || text_if(w, elts->size == 1, ",") < 0 || close_if(w, brackets) < 0
               ? -1
               : 0;
}

// ---- calls, attributes, subscripts ----

static int
write_call(W *w, const Expr *e)
{
    const ExprSeq *args = e->Call.args;
    const KeywordSeq *keywords = e->Call.keywords;
    if (write_expr(w, e->Call.func, LEVEL_ATOM) < 0) {
        return -1;
    }
    // A lone generator brings its own brackets.
    if (args->size == 1 && keywords->size == 0 && args->items[0]->kind == EXPR_GENERATOR_EXP) {
        return write_expr(w, args->items[0], LEVEL_TEST);
    }
    if (text(w, "(") < 0 || write_list(w, args, LEVEL_TEST) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        const Keyword *k = keywords->items[i];
        if (text_if(w, i + args->size > 0, ", ") < 0
            || (k->arg != NULL ? str_writer_str(w, k->arg) < 0 || text(w, "=") < 0
                               : text(w, "**") < 0)
            || write_expr(w, k->value, LEVEL_TEST) < 0) {
            return -1;
        }
    }
    return text(w, ")");
}

static int
write_attribute(W *w, const Expr *e)
{
    const Expr *value = e->Attribute.value;
    bool is_int = value->kind == EXPR_CONSTANT && int_check_exact(value->Constant.value);
    return write_expr(w, value, LEVEL_ATOM) < 0 || text(w, is_int ? " ." : ".") < 0
                   || str_writer_str(w, e->Attribute.attr) < 0
               ? -1
               : 0;
}

static int
write_slice(W *w, const Expr *e)
{
    if ((e->Slice.lower != NULL && write_expr(w, e->Slice.lower, LEVEL_TEST) < 0)
        || text(w, ":") < 0
        || (e->Slice.upper != NULL && write_expr(w, e->Slice.upper, LEVEL_TEST) < 0)) {
        return -1;
    }
    if (e->Slice.step == NULL) {
        return 0;
    }
    return text(w, ":") < 0 ? -1 : write_expr(w, e->Slice.step, LEVEL_TEST);
}

// ---- constants and f-strings ----

// repr() with infinities written as numbers.
static int
write_number(W *w, PyObject *value)
{
    PyObject *repr = object_repr(value);
    PyObject *old = repr != NULL ? str_from_cstr("inf") : NULL;
    PyObject *big = old != NULL ? str_from_cstr("1e309") : NULL;
    PyObject *fixed = big != NULL ? str_replace(repr, old, big, -1) : NULL;
    int result = fixed != NULL ? str_writer_str(w, fixed) : -1;
    xdecref(fixed);
    xdecref(big);
    xdecref(old);
    xdecref(repr);
    return result;
}

static int
write_constant(W *w, PyObject *value)
{
    if (value == Py_Ellipsis) {
        return text(w, "...");
    }
    if (float_check_exact(value) || complex_check_exact(value)) {
        return write_number(w, value);
    }
    if (!tuple_check_exact(value)) {
        return str_writer_repr(w, value);
    }
    if (text(w, "(") < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < tuple_size(value); i++) {
        if (text_if(w, i > 0, ", ") < 0 || write_constant(w, tuple_item(value, i)) < 0) {
            return -1;
        }
    }
    return text(w, tuple_size(value) == 1 ? ",)" : ")");
}

static int write_pieces(W *w, const ExprSeq *pieces);

// Text between fields, with braces doubled.
static int
write_text_piece(W *w, PyObject *value)
{
    for (Py_ssize_t i = 0; i < str_length(value); i++) {
        Py_UCS4 ch = str_read_char(value, i);
        if (str_writer_char(w, ch) < 0
            || ((ch == '{' || ch == '}') && str_writer_char(w, ch) < 0)) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
field_source(const Expr *value)
{
    W inner;
    str_writer_init(&inner);
    if (write_expr(&inner, value, LEVEL_TEST + 1) < 0) {
        str_writer_discard(&inner);
        return NULL;
    }
    return str_writer_finish(&inner);
}

static int
write_field(W *w, PyObject *source, int conversion, const Expr *spec)
{
    if (source == NULL) {
        return -1;
    }
    // "{{" would be a brace.
    bool brace = str_length(source) > 0 && str_read_char(source, 0) == '{';
    if (text(w, brace ? "{ " : "{") < 0 || str_writer_str(w, source) < 0) {
        return -1;
    }
    if (conversion > 0 && (text(w, "!") < 0 || str_writer_char(w, (Py_UCS4)conversion) < 0)) {
        return -1;
    }
    if (spec != NULL) {
        if (text(w, ":") < 0) {
            return -1;
        }
        int result = spec->kind == EXPR_JOINED_STR ? write_pieces(w, spec->JoinedStr.values)
                     : spec->kind == EXPR_CONSTANT ? write_text_piece(w, spec->Constant.value)
                                                   : write_expr(w, spec, LEVEL_TEST);
        if (result < 0) {
            return -1;
        }
    }
    return text(w, "}");
}

static int
write_piece(W *w, const Expr *piece)
{
    PyObject *source;
    int result;
    switch (piece->kind) {
    case EXPR_CONSTANT:
        if (str_check_exact(piece->Constant.value)) {
            return write_text_piece(w, piece->Constant.value);
        }
        break;
    case EXPR_JOINED_STR:
        return write_pieces(w, piece->JoinedStr.values);
    case EXPR_FORMATTED_VALUE:
        source = field_source(piece->FormattedValue.value);
        result = write_field(w, source, piece->FormattedValue.conversion,
                             piece->FormattedValue.format_spec);
        xdecref(source);
        return result;
    case EXPR_INTERPOLATION:
        return write_field(w, piece->Interpolation.str, piece->Interpolation.conversion,
                           piece->Interpolation.format_spec);
    default:
        break;
    }
    error_set(PyExc_SystemError, "unexpected expression kind inside f-string");
    return -1;
}

static int
write_pieces(W *w, const ExprSeq *pieces)
{
    for (Py_ssize_t i = 0; i < pieces->size; i++) {
        if (write_piece(w, pieces->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

// The body is made first, so that repr() can choose the quotes.
static int
write_joined(W *w, const char *prefix, const ExprSeq *pieces)
{
    W inner;
    str_writer_init(&inner);
    if (write_pieces(&inner, pieces) < 0) {
        str_writer_discard(&inner);
        return -1;
    }
    PyObject *body = str_writer_finish(&inner);
    int result = body == NULL || text(w, prefix) < 0 || str_writer_repr(w, body) < 0 ? -1 : 0;
    xdecref(body);
    return result;
}

// ---- expressions ----

static int
write_prefixed(W *w, const char *prefix, const Expr *value, int own, int inner, int level)
{
    return open_if(w, level > own) < 0 || text(w, prefix) < 0
                   || (value != NULL && write_expr(w, value, inner) < 0)
                   || close_if(w, level > own) < 0
               ? -1
               : 0;
}

static int
write_named(W *w, const Expr *e, int level)
{
    bool brackets = level > LEVEL_TUPLE;
    return open_if(w, brackets) < 0 || write_expr(w, e->NamedExpr.target, LEVEL_ATOM) < 0
                   || text(w, " := ") < 0 || write_expr(w, e->NamedExpr.value, LEVEL_ATOM) < 0
                   || close_if(w, brackets) < 0
               ? -1
               : 0;
}

static int
write_expr_inner(W *w, const Expr *e, int level)
{
    switch (e->kind) {
    case EXPR_BOOL_OP: return write_bool_op(w, e, level);
    case EXPR_NAMED_EXPR: return write_named(w, e, level);
    case EXPR_BIN_OP: return write_bin_op(w, e, level);
    case EXPR_UNARY_OP: return write_unary_op(w, e, level);
    case EXPR_LAMBDA: return write_lambda(w, e, level);
    case EXPR_IF_EXP: return write_if_exp(w, e, level);
    case EXPR_DICT: return write_dict(w, e);
    case EXPR_SET:
        return text(w, "{") < 0 || write_list(w, e->Set.elts, LEVEL_TEST) < 0 || text(w, "}") < 0
                   ? -1
                   : 0;
    case EXPR_LIST_COMP:
        return write_comprehension(w, "[", e->ListComp.elt, NULL, e->ListComp.generators, "]");
    case EXPR_SET_COMP:
        return write_comprehension(w, "{", e->SetComp.elt, NULL, e->SetComp.generators, "}");
    case EXPR_DICT_COMP:
        return write_comprehension(w, "{", e->DictComp.key, e->DictComp.value,
                                   e->DictComp.generators, "}");
    case EXPR_GENERATOR_EXP:
        return write_comprehension(w, "(", e->GeneratorExp.elt, NULL, e->GeneratorExp.generators,
                                   ")");
    case EXPR_AWAIT:
        return write_prefixed(w, "await ", e->Await.value, LEVEL_AWAIT, LEVEL_ATOM, level);
    case EXPR_YIELD:
        return e->Yield.value != NULL
                   ? write_prefixed(w, "(yield ", e->Yield.value, LEVEL_ATOM, LEVEL_TUPLE, 0) < 0
                             || text(w, ")") < 0
                         ? -1
                         : 0
                   : text(w, "(yield)");
    case EXPR_YIELD_FROM:
        return text(w, "(yield from ") < 0 || write_expr(w, e->YieldFrom.value, LEVEL_TEST) < 0
                       || text(w, ")") < 0
                   ? -1
                   : 0;
    case EXPR_COMPARE: return write_compare(w, e, level);
    case EXPR_CALL: return write_call(w, e);
    case EXPR_CONSTANT:
        return text_if(w, e->Constant.kind != NULL, "u") < 0
                   ? -1
                   : write_constant(w, e->Constant.value);
    case EXPR_JOINED_STR: return write_joined(w, "f", e->JoinedStr.values);
    case EXPR_TEMPLATE_STR: return write_joined(w, "t", e->TemplateStr.values);
    case EXPR_FORMATTED_VALUE:
    case EXPR_INTERPOLATION: return write_piece(w, e);
    case EXPR_ATTRIBUTE: return write_attribute(w, e);
    case EXPR_STARRED:
        return text(w, "*") < 0 ? -1 : write_expr(w, e->Starred.value, LEVEL_BIT_OR);
    case EXPR_NAME: return str_writer_str(w, e->Name.id);
    case EXPR_LIST:
        return text(w, "[") < 0 || write_list(w, e->List.elts, LEVEL_TEST) < 0 || text(w, "]") < 0
                   ? -1
                   : 0;
    case EXPR_TUPLE: return write_tuple(w, e->Tuple.elts, level);
    case EXPR_SUBSCRIPT:
        return write_expr(w, e->Subscript.value, LEVEL_ATOM) < 0 || text(w, "[") < 0
                       || write_expr(w, e->Subscript.slice, LEVEL_TUPLE) < 0 || text(w, "]") < 0
                   ? -1
                   : 0;
    case EXPR_SLICE: return write_slice(w, e);
    }
    error_set(PyExc_SystemError, "unknown expression kind");
    return -1;
}

static int
write_expr(W *w, const Expr *e, int level)
{
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = write_expr_inner(w, e, level);
    thread_leave_c();
    return result;
}

PyObject *
ast_unparse(const Expr *expr)
{
    W w;
    str_writer_init(&w);
    if (write_expr(&w, expr, LEVEL_TEST) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}
