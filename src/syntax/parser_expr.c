// Expressions by falling precedence, down to `await` (language reference, "Expressions"):
// named, conditional, boolean, comparison, arithmetic.
//
// Threading: see parser_internal.h.
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/str.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

bool
starts_expression(int type)
{
    switch (type) {
    case TOK_NAME:
    case TOK_NUMBER:
    case TOK_STRING:
    case TOK_FSTRING_START:
    case TOK_TSTRING_START:
    case TOK_LPAR:
    case TOK_LSQB:
    case TOK_LBRACE:
    case TOK_MINUS:
    case TOK_PLUS:
    case TOK_TILDE:
    case TOK_ELLIPSIS:
    case KW_NOT:
    case KW_LAMBDA:
    case KW_AWAIT:
    case KW_TRUE:
    case KW_FALSE:
    case KW_NONE:
        return true;
    default:
        return false;
    }
}

// ---- arithmetic ----

typedef struct {
    int level;          // higher binds tighter; 0: not a binary operator
    Operator op;
} BinaryOperator;

static BinaryOperator
binary_operator(int type)
{
    switch (type) {
    case TOK_VBAR: return (BinaryOperator){1, OP_BIT_OR};
    case TOK_CIRCUMFLEX: return (BinaryOperator){2, OP_BIT_XOR};
    case TOK_AMPER: return (BinaryOperator){3, OP_BIT_AND};
    case TOK_LEFTSHIFT: return (BinaryOperator){4, OP_LSHIFT};
    case TOK_RIGHTSHIFT: return (BinaryOperator){4, OP_RSHIFT};
    case TOK_PLUS: return (BinaryOperator){5, OP_ADD};
    case TOK_MINUS: return (BinaryOperator){5, OP_SUB};
    case TOK_STAR: return (BinaryOperator){6, OP_MULT};
    case TOK_SLASH: return (BinaryOperator){6, OP_DIV};
    case TOK_DOUBLESLASH: return (BinaryOperator){6, OP_FLOOR_DIV};
    case TOK_PERCENT: return (BinaryOperator){6, OP_MOD};
    case TOK_AT: return (BinaryOperator){6, OP_MAT_MULT};
    default: return (BinaryOperator){0, OP_ADD};
    }
}

static Expr *parse_factor(Parser *p);

// An operator without its right side is left to the caller, who fails there: the text before it
// is an expression all the same, which decides what the second pass finds.
static Expr *
retreat(Parser *p, Place operator, Expr *left)
{
    go_back(p, operator);
    return p->raised ? NULL : left;
}

static Expr *
parse_await(Parser *p)
{
    if (!at(p, KW_AWAIT)) {
        return parse_primary(p);
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *operand = parse_primary(p);
    if (operand == NULL) {
        return NULL;
    }
    return check_node(p, ast_await(p->arena, span_from(p, first), operand));
}

static Expr *
parse_power(Parser *p)
{
    Span first = token_span(p);
    Expr *base = parse_await(p);
    Place operator = place_here(p);
    if (base == NULL || !accept(p, TOK_DOUBLESTAR)) {
        return base;
    }
    Expr *exponent = parse_factor(p);
    if (exponent == NULL) {
        return retreat(p, operator, base);
    }
    return check_node(p, ast_bin_op(p->arena, span_from(p, first), base, OP_POW, exponent));
}

static Expr *
parse_factor(Parser *p)
{
    UnaryOp op;
    switch (peek(p)) {
    case TOK_PLUS:
        op = UNARY_UADD;
        break;
    case TOK_MINUS:
        op = UNARY_USUB;
        break;
    case TOK_TILDE:
        op = UNARY_INVERT;
        break;
    default: {
        if (!enter(p)) {
            return NULL;
        }
        Expr *power = parse_power(p);
        leave(p);
        return power;
    }
    }
    if (!enter(p)) {
        return NULL;
    }
    Span first = token_here(p)->span;
    p->pos++;
    if (p->errors && diagnose_not_after_operator(p)) {
        return NULL;
    }
    Expr *operand = parse_factor(p);
    leave(p);
    if (operand == NULL) {
        return NULL;
    }
    return check_node(p, ast_unary_op(p->arena, span_from(p, first), op, operand));
}

// Operators of at least that level, all left-associative.
static Expr *
parse_binary(Parser *p, int level)
{
    Span first = token_span(p);
    Expr *left = parse_factor(p);
    while (left != NULL) {
        BinaryOperator operator = binary_operator(peek(p));
        if (operator.level < level || operator.level == 0) {
            return left;
        }
        Place at_operator = place_here(p);
        p->pos++;
        if (p->errors && operator.level >= 5 && diagnose_not_after_operator(p)) {
            return NULL;
        }
        Expr *right = operator.level == 6 ? parse_factor(p)
                                          : parse_binary(p, operator.level + 1);
        if (right == NULL) {
            return retreat(p, at_operator, left);
        }
        if (operator.op == OP_MAT_MULT && p->feature_version < 5) {
            return raise_feature(p, 5, "The '@' operator is");
        }
        left = check_node(
            p, ast_bin_op(p->arena, span_from(p, first), left, operator.op, right));
    }
    return NULL;
}

Expr *
parse_bitwise_or(Parser *p)
{
    return parse_binary(p, 1);
}

// ---- comparisons ----

// 1: *op was consumed; 0: no comparison; -1: NULL result.
static int
comparison_operator(Parser *p, CmpOp *op)
{
    switch (peek(p)) {
    case TOK_EQEQUAL: *op = CMP_EQ; break;
    case TOK_LESS: *op = CMP_LT; break;
    case TOK_GREATER: *op = CMP_GT; break;
    case TOK_LESSEQUAL: *op = CMP_LTE; break;
    case TOK_GREATEREQUAL: *op = CMP_GTE; break;
    case KW_IN: *op = CMP_IN; break;
    case KW_IS:
        p->pos++;
        *op = accept(p, KW_NOT) ? CMP_IS_NOT : CMP_IS;
        return 1;
    case KW_NOT:
        if (peek_ahead(p, 1) != KW_IN) {
            return 0;
        }
        p->pos += 2;
        *op = CMP_NOT_IN;
        return 1;
    case TOK_NOTEQUAL: {
        // "<>" under `from __future__ import barry_as_FLUFL`, and only then.
        bool barry = (p->flags & CO_FUTURE_BARRY_AS_BDFL) != 0;
        bool is_old = tokenizer_text(&p->tok, token_here(p))[0] == '<';
        if (barry && !is_old) {
            raise_last(p, "with Barry as BDFL, use '<>' instead of '!='");
            return -1;
        }
        if (!barry && is_old) {
            return 0;
        }
        *op = CMP_NOT_EQ;
        break;
    }
    default:
        return 0;
    }
    p->pos++;
    return 1;
}

// Adds the operator at index count; room grows by doubling, so one operator takes room for one.
static bool
add_comparison(Parser *p, CmpOpSeq **ops, Py_ssize_t count, CmpOp op)
{
    if ((count & (count - 1)) == 0) {
        CmpOpSeq *grown = check_node(p, cmp_op_seq_new(p->arena, count == 0 ? 1 : count * 2));
        if (grown == NULL) {
            return false;
        }
        for (Py_ssize_t i = 0; i < count; i++) {
            grown->items[i] = (*ops)->items[i];
        }
        *ops = grown;
    }
    (*ops)->items[count] = op;
    return true;
}

static Expr *
parse_comparison(Parser *p)
{
    Span first = token_span(p);
    Expr *left = parse_bitwise_or(p);
    CmpOp op;
    Place at_operator = place_here(p);
    int found = left != NULL ? comparison_operator(p, &op) : 0;
    if (found <= 0) {
        return found == 0 ? left : NULL;
    }
    Py_ssize_t mark = p->scratch_size;
    CmpOpSeq *ops = NULL;
    Py_ssize_t count = 0;
    while (found > 0) {
        Expr *operand = parse_bitwise_or(p);
        if (operand == NULL) {
            go_back(p, at_operator);
            break;
        }
        if (!push(p, operand) || !add_comparison(p, &ops, count, op)) {
            return NULL;
        }
        count++;
        at_operator = place_here(p);
        found = comparison_operator(p, &op);
    }
    if (found < 0 || p->raised) {
        return NULL;
    }
    if (count == 0) {
        return left;
    }
    ops->size = count;
    ExprSeq *operands = take_seq(p, mark);
    return operands != NULL ? check_node(p, ast_compare(p->arena, span_from(p, first), left, ops,
                                                        operands))
                            : NULL;
}

// ---- boolean operators ----

Expr *
parse_inversion(Parser *p)
{
    if (!at(p, KW_NOT)) {
        return parse_comparison(p);
    }
    if (!enter(p)) {
        return NULL;
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *operand = parse_inversion(p);
    leave(p);
    if (operand == NULL) {
        return NULL;
    }
    return check_node(p, ast_unary_op(p->arena, span_from(p, first), UNARY_NOT, operand));
}

static Expr *
parse_boolean(Parser *p, int keyword)
{
    Span first = token_span(p);
    Expr *left = keyword == KW_OR ? parse_boolean(p, KW_AND) : parse_inversion(p);
    if (left == NULL || !at(p, keyword)) {
        return left;
    }
    Py_ssize_t mark = p->scratch_size;
    push(p, left);
    while (at(p, keyword)) {
        Place operator = place_here(p);
        p->pos++;
        if (!push(p, keyword == KW_OR ? parse_boolean(p, KW_AND) : parse_inversion(p))) {
            go_back(p, operator);
            break;
        }
    }
    if (p->raised || p->scratch_size == mark + 1) {
        p->scratch_size = mark;
        return p->raised ? NULL : left;
    }
    ExprSeq *values = take_seq(p, mark);
    if (values == NULL) {
        return NULL;
    }
    BoolOp op = keyword == KW_OR ? BOOLOP_OR : BOOLOP_AND;
    return check_node(p, ast_bool_op(p->arena, span_from(p, first), op, values));
}

Expr *
parse_disjunction(Parser *p)
{
    return parse_boolean(p, KW_OR);
}

// ---- conditional and named expressions ----

// After "body if test else": the rest. A chain of conditionals nests to the right.
static Expr *
parse_conditional(Parser *p, Span first, Expr *body)
{
    p->pos++;
    Expr *test = parse_disjunction(p);
    if (test == NULL || !accept(p, KW_ELSE)) {
        return NULL;
    }
    Expr *orelse = parse_expression(p);
    if (orelse == NULL) {
        return NULL;
    }
    return check_node(p, ast_if_exp(p->arena, span_from(p, first), test, body, orelse));
}

static Expr *
expression_inner(Parser *p)
{
    if (at(p, KW_LAMBDA)) {
        return parse_lambda(p);
    }
    if (p->errors && diagnose_statement_keyword(p)) {
        return NULL;
    }
    Py_ssize_t start = p->pos;
    Span first = token_span(p);
    Expr *body = parse_disjunction(p);
    if (body == NULL || (p->errors && diagnose_after_disjunction(p, start, body))) {
        return NULL;
    }
    if (!at(p, KW_IF)) {
        return body;
    }
    // "x if y" without "else" is x, and the caller meets the "if".
    Place place = place_here(p);
    Expr *conditional = parse_conditional(p, first, body);
    return conditional != NULL ? conditional : retreat(p, place, body);
}

Expr *
parse_expression(Parser *p)
{
    if (!enter(p)) {
        return NULL;
    }
    Expr *expr = expression_inner(p);
    leave(p);
    return expr;
}

Expr *
parse_named_expression(Parser *p)
{
    Py_ssize_t start = p->pos;
    if (at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_COLONEQUAL) {
        Span first = token_here(p)->span;
        PyObject *id = parse_name_text(p);
        p->pos++;
        Expr *value = parse_expression(p);
        if (id == NULL || value == NULL) {
            return NULL;
        }
        if (p->feature_version < 8) {
            return raise_feature(p, 8, "Assignment expressions are");
        }
        Expr *name = check_node(p, ast_name(p->arena, first, id, CTX_STORE));
        if (name == NULL) {
            return NULL;
        }
        return check_node(p, ast_named_expr(p->arena, span_from(p, first), name, value));
    }
    Expr *expr = parse_expression(p);
    if (expr == NULL || (p->errors && diagnose_after_named(p, start, expr))) {
        return NULL;
    }
    return at(p, TOK_COLONEQUAL) ? NULL : expr;
}

// ---- lists of expressions ----

static Expr *
parse_starred(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    Expr *value = parse_bitwise_or(p);
    if (value == NULL) {
        return NULL;
    }
    return check_node(p, ast_starred(p->arena, span_from(p, first), value, CTX_LOAD));
}

Expr *
parse_star_expression(Parser *p)
{
    return at(p, TOK_STAR) ? parse_starred(p) : parse_expression(p);
}

Expr *
parse_star_named_expression(Parser *p)
{
    return at(p, TOK_STAR) ? parse_starred(p) : parse_named_expression(p);
}

// item (',' item)* [','] as a tuple, or a lone item.
static Expr *
parse_tuple_of(Parser *p, Expr *(*item)(Parser *), bool stars)
{
    Span start = token_span(p);
    Expr *first = item(p);
    if (first == NULL || !at(p, TOK_COMMA)) {
        return first;
    }
    Py_ssize_t mark = p->scratch_size;
    push(p, first);
    while (accept(p, TOK_COMMA)) {
        int next = peek(p);
        if (!starts_expression(next) && !(stars && next == TOK_STAR)) {
            // In the second pass the mistakes of a missing element are looked for.
            if (p->errors && diagnose_statement_keyword(p)) {
                return NULL;
            }
            break;
        }
        Place place = place_here(p);
        if (!push(p, item(p))) {
            // As after a trailing comma.
            go_back(p, place);
            break;
        }
    }
    if (p->raised) {
        return NULL;
    }
    ExprSeq *items = take_seq(p, mark);
    if (items == NULL) {
        return NULL;
    }
    return check_node(p, ast_tuple(p->arena, span_from(p, start), items, CTX_LOAD));
}

Expr *
parse_star_expressions(Parser *p)
{
    return parse_tuple_of(p, parse_star_expression, true);
}

Expr *
parse_expressions(Parser *p)
{
    return parse_tuple_of(p, parse_expression, false);
}

static Expr *
parse_star_target(Parser *p)
{
    if (!at(p, TOK_STAR)) {
        return parse_primary(p);
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *value = parse_primary(p);
    if (value == NULL) {
        return NULL;
    }
    return check_node(p, ast_starred(p->arena, span_from(p, first), value, CTX_LOAD));
}

Expr *
parse_star_target_list(Parser *p)
{
    return parse_tuple_of(p, parse_star_target, true);
}

Expr *
parse_subject_or_value(Parser *p)
{
    return parse_tuple_of(p, parse_star_named_expression, true);
}

Expr *
parse_yield_expression(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    if (accept(p, KW_FROM)) {
        Expr *from = parse_expression(p);
        if (from == NULL) {
            return NULL;
        }
        return check_node(p, ast_yield_from(p->arena, span_from(p, first), from));
    }
    Expr *value = NULL;
    if (starts_expression(peek(p)) || at(p, TOK_STAR)) {
        value = parse_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    else if (p->raised || (p->errors && diagnose_statement_keyword(p))) {
        return NULL;
    }
    return check_node(p, ast_yield(p->arena, span_from(p, first), value));
}

Expr *
parse_yield_or_star_expressions(Parser *p)
{
    return at(p, KW_YIELD) ? parse_yield_expression(p) : parse_star_expressions(p);
}

// ---- targets ----

Expr *
set_context(Parser *p, Expr *expr, ExprContext context)
{
    if (!enter(p)) {
        return NULL;
    }
    ExprSeq *elts = NULL;
    switch (expr->kind) {
    case EXPR_NAME:
        expr->Name.ctx = context;
        break;
    case EXPR_ATTRIBUTE:
        expr->Attribute.ctx = context;
        break;
    case EXPR_SUBSCRIPT:
        expr->Subscript.ctx = context;
        break;
    case EXPR_STARRED:
        expr->Starred.ctx = context;
        expr->Starred.value = set_context(p, expr->Starred.value, context);
        break;
    case EXPR_LIST:
        expr->List.ctx = context;
        elts = expr->List.elts;
        break;
    case EXPR_TUPLE:
        expr->Tuple.ctx = context;
        elts = expr->Tuple.elts;
        break;
    default:
        break;
    }
    for (Py_ssize_t i = 0; elts != NULL && i < elts->size && !p->raised; i++) {
        set_context(p, elts->items[i], context);
    }
    leave(p);
    return p->raised ? NULL : expr;
}

const Expr *
invalid_target(const Expr *expr, enum TargetUse use)
{
    const ExprSeq *elts = NULL;
    switch (expr->kind) {
    case EXPR_NAME:
    case EXPR_ATTRIBUTE:
    case EXPR_SUBSCRIPT:
        return NULL;
    case EXPR_STARRED:
        return use == TARGET_DEL ? expr : invalid_target(expr->Starred.value, use);
    case EXPR_LIST:
        elts = expr->List.elts;
        break;
    case EXPR_TUPLE:
        elts = expr->Tuple.elts;
        break;
    case EXPR_COMPARE:
        // "for x in y" was read as a comparison.
        if (use != TARGET_FOR) {
            return expr;
        }
        return expr->Compare.ops->items[0] == CMP_IN ? invalid_target(expr->Compare.left, use)
                                                     : NULL;
    default:
        return expr;
    }
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        const Expr *bad = invalid_target(elts->items[i], use);
        if (bad != NULL) {
            return bad;
        }
    }
    return NULL;
}
