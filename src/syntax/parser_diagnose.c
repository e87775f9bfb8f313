// The second pass: mistakes in expressions and assignments. See parser_diagnose.h.
//
// The messages and the order in which mistakes are looked for are CPython's behaviour; where two
// diagnoses compete, the one whose construct begins further left is asked first.
//
// Threading: see parser_internal.h.
#include "syntax/parser_diagnose.h"

#include "objects/str.h"

// Notes in Token.diagnosed.
enum {
    LOOKED_FOR_TARGET = 1,
    LOOKED_FOR_COMPREHENSION = 2,
    LOOKED_FOR_GROUP = 4,
    LOOKED_FOR_DICT = 8,            // and 16, for the first pass
    LOOKED_FOR_LEGACY = 128,
};

// Whether the token at the cursor is visited for the first time with this question.
static bool
first_visit(Parser *p, unsigned note)
{
    if (peek(p) == TOK_ERRORTOKEN || (token_here(p)->diagnosed & note) != 0) {
        return false;
    }
    token_here(p)->diagnosed |= note;
    return true;
}

// Parses without diagnostics.
static Expr *
parse_quietly(Parser *p, Expr *(*parse)(Parser *))
{
    bool errors = p->errors;
    p->errors = false;
    Expr *expr = parse(p);
    p->errors = errors;
    return expr;
}

static bool
same_start(Span a, Span b)
{
    return a.lineno == b.lineno && a.col_offset == b.col_offset;
}

// ---- expressions ----

static bool
is_statement_keyword(int type)
{
    return type == KW_PASS || type == KW_BREAK || type == KW_CONTINUE;
}

static bool
starts_keyword_statement(int type)
{
    switch (type) {
    case KW_PASS:
    case KW_BREAK:
    case KW_CONTINUE:
    case KW_RETURN:
    case KW_RAISE:
    case KW_DEL:
    case KW_ASSERT:
    case KW_IMPORT:
    case KW_FROM:
    case KW_GLOBAL:
    case KW_NONLOCAL:
        return true;
    default:
        return false;
    }
}

bool
diagnose_statement_keyword(Parser *p)
{
    Place start = place_here(p);
    if (!is_statement_keyword(peek(p))) {
        return false;
    }
    Span keyword = token_here(p)->span;
    p->pos++;
    if (accept(p, KW_IF) && parse_disjunction(p) != NULL && accept(p, KW_ELSE)
        && (starts_expression(peek(p)) || starts_keyword_statement(peek(p)))) {
        raise_at(p, keyword, "expected expression before 'if', but statement is given");
    }
    go_back(p, start);
    return p->raised;
}

static bool
is_soft_keyword(Parser *p, Py_ssize_t pos)
{
    const Token *token = &p->tokens[pos];
    return token_is_word(p, token, "_") || token_is_word(p, token, "case")
           || token_is_word(p, token, "match") || token_is_word(p, token, "type");
}

static bool
is_legacy_statement(const Expr *expr)
{
    return expr->kind == EXPR_NAME
           && (str_equal_cstr(expr->Name.id, "print") || str_equal_cstr(expr->Name.id, "exec"));
}

// "string name name string": quotes inside of a string.
static bool
diagnose_quotes(Parser *p, Py_ssize_t start)
{
    if (p->tokens[start].type != TOK_STRING || p->pos != start + 1) {
        return false;
    }
    Expr *first = NULL;
    Expr *last = NULL;
    while (starts_expression(peek(p)) && !at(p, TOK_STRING)) {
        Expr *inner = parse_quietly(p, parse_expression);
        if (inner == NULL) {
            break;
        }
        first = first != NULL ? first : inner;
        last = inner;
    }
    if (first != NULL && at(p, TOK_STRING)) {
        raise_range(p, first->span, last->span,
                    "invalid syntax. Is this intended to be part of the string?");
    }
    return p->raised;
}

// Whether the expression at start is none of those that look like a prefixed string or a
// statement with a soft keyword.
static bool
may_miss_comma(Parser *p, Py_ssize_t start)
{
    bool prefixed = p->tokens[start].type == TOK_NAME && start + 1 < p->count
                    && p->tokens[start + 1].type == TOK_STRING;
    return !prefixed && !is_soft_keyword(p, start);
}

// Two expressions in a row within brackets.
static bool
diagnose_missing_comma(Parser *p, Py_ssize_t start, Expr *body)
{
    if (!starts_expression(peek(p)) || !may_miss_comma(p, start)) {
        return false;
    }
    Expr *second = parse_quietly(p, parse_expression);
    if (second == NULL || is_legacy_statement(body) || token_before(p)->level == 0) {
        return p->raised;
    }
    raise_range(p, body->span, second->span, "invalid syntax. Perhaps you forgot a comma?");
    return true;
}

static bool
diagnose_conditional(Parser *p, Expr *body)
{
    if (!accept(p, KW_IF)) {
        return false;
    }
    Expr *test = parse_disjunction(p);
    if (test == NULL) {
        return p->raised;
    }
    if (!at(p, KW_ELSE)) {
        if (!at(p, TOK_COLON) && !p->raised) {
            raise_range(p, body->span, test->span, "expected 'else' after 'if' expression");
        }
        return p->raised;
    }
    p->pos++;
    if (starts_keyword_statement(peek(p)) || at(p, KW_YIELD)) {
        raise_at(p, token_here(p)->span,
                 "expected expression after 'else', but statement is given");
    }
    return p->raised;
}

// "print x". What follows any name is looked at, with its own mistakes.
static bool
diagnose_legacy_statement(Parser *p, Py_ssize_t start)
{
    if (p->tokens[start].type != TOK_NAME
        || (p->tokens[start].diagnosed & LOOKED_FOR_LEGACY) != 0) {
        return false;
    }
    p->tokens[start].diagnosed |= LOOKED_FOR_LEGACY;
    Span first = p->tokens[start].span;
    p->pos = start + 1;
    if (at(p, TOK_LPAR) || !(starts_expression(peek(p)) || at(p, TOK_STAR))) {
        return p->raised;
    }
    // Where a missing comma was looked for, this text was read already, without diagnostics.
    Expr *rest = may_miss_comma(p, start) ? parse_quietly(p, parse_star_expressions)
                                          : parse_star_expressions(p);
    const Token *token = &p->tokens[start];
    if (rest != NULL
        && (token_is_word(p, token, "print") || token_is_word(p, token, "exec"))) {
        PyObject *name = token_identifier(p, &p->tokens[start]);
        if (name != NULL) {
            raise_range(p, first, rest->span,
                        "Missing parentheses in call to '%U'. Did you mean %U(...)?", name, name);
        }
    }
    return p->raised;
}

bool
diagnose_after_disjunction(Parser *p, Py_ssize_t start, Expr *body)
{
    Place pos = place_here(p);
    bool found = diagnose_quotes(p, start);
    if (!found) {
        go_back(p, pos);
        found = diagnose_missing_comma(p, start, body);
    }
    if (!found) {
        go_back(p, pos);
        found = diagnose_conditional(p, body);
    }
    if (!found) {
        found = diagnose_legacy_statement(p, start);
    }
    go_back(p, pos);
    return found;
}

bool
diagnose_not_after_operator(Parser *p)
{
    if (!at(p, KW_NOT)) {
        return false;
    }
    Place start = place_here(p);
    Span first = token_here(p)->span;
    Expr *operand = parse_quietly(p, parse_inversion);
    go_back(p, start);
    if (operand != NULL) {
        raise_range(p, first, operand->span, "'not' after an operator must be parenthesized");
    }
    return p->raised;
}

// Whether expr, parsed from start on, is an operand of arithmetic: no comparison, boolean
// operator, conditional or lambda outside of brackets.
static bool
is_operand(Parser *p, Py_ssize_t start, const Expr *expr)
{
    if (!same_start(p->tokens[start].span, expr->span)) {
        return true;
    }
    switch (expr->kind) {
    case EXPR_COMPARE:
    case EXPR_BOOL_OP:
    case EXPR_IF_EXP:
    case EXPR_LAMBDA:
    case EXPR_NAMED_EXPR:
        return false;
    case EXPR_UNARY_OP:
        return expr->UnaryOp.op != UNARY_NOT;
    default:
        return true;
    }
}

// "a = b" where a condition or an element was expected.
static bool
diagnose_equal_sign(Parser *p, Py_ssize_t start, Expr *expr)
{
    const Token *first = &p->tokens[start];
    bool display = (first->type == TOK_LSQB || first->type == TOK_LPAR)
                   && (expr->kind == EXPR_LIST || expr->kind == EXPR_TUPLE
                       || expr->kind == EXPR_GENERATOR_EXP);
    if (display || first->type == KW_TRUE || first->type == KW_FALSE || first->type == KW_NONE) {
        return false;
    }
    p->pos++;
    Expr *value = parse_bitwise_or(p);
    if (value == NULL || at(p, TOK_EQUAL) || at(p, TOK_COLONEQUAL) || p->raised) {
        return p->raised;
    }
    first = &p->tokens[start];
    if (expr->kind == EXPR_NAME && same_start(first->span, expr->span)) {
        raise_range(p, expr->span, value->span,
                    "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        return true;
    }
    raise_at(p, expr->span, "cannot assign to %s here. Maybe you meant '==' instead of '='?",
             ast_expr_name(expr));
    return true;
}

bool
diagnose_after_named(Parser *p, Py_ssize_t start, Expr *expr)
{
    Place pos = place_here(p);
    if (at(p, TOK_COLONEQUAL)) {
        p->pos++;
        if (parse_expression(p) != NULL) {
            raise_at(p, expr->span, "cannot use assignment expressions with %s",
                     ast_expr_name(expr));
        }
    }
    else if (at(p, TOK_EQUAL) && is_operand(p, start, expr)) {
        diagnose_equal_sign(p, start, expr);
    }
    go_back(p, pos);
    return p->raised;
}

// ---- brackets ----

bool
diagnose_group(Parser *p)
{
    Place start = place_here(p);
    if (!first_visit(p, LOOKED_FOR_GROUP)) {
        return false;
    }
    p->pos++;
    int star = peek(p);
    if (star == TOK_STAR || star == TOK_DOUBLESTAR) {
        Span first = token_here(p)->span;
        p->pos++;
        if (parse_expression(p) != NULL && at(p, TOK_RPAR)) {
            if (star == TOK_STAR) {
                raise_at(p, span_from(p, first), "cannot use starred expression here");
            }
            else {
                raise_at(p, first, "cannot use double starred expression here");
            }
        }
    }
    go_back(p, start);
    return p->raised;
}

// "[a, b for …": several elements before a comprehension.
static void
diagnose_bare_target(Parser *p)
{
    Expr *first = parse_star_named_expression(p);
    if (first == NULL || !at(p, TOK_COMMA)) {
        return;
    }
    Span comma = token_here(p)->span;
    p->pos++;
    if (at(p, KW_FOR) || at(p, KW_ASYNC)) {
        if (parse_for_if_clauses(p) != NULL) {
            raise_range(p, first->span, comma,
                        "did you forget parentheses around the comprehension target?");
        }
        return;
    }
    Expr *last = NULL;
    do {
        if (last != NULL && !starts_expression(peek(p)) && !at(p, TOK_STAR)) {
            break;
        }
        last = parse_star_named_expression(p);
    } while (last != NULL && accept(p, TOK_COMMA));
    if (last != NULL && parse_for_if_clauses(p) != NULL) {
        raise_range(p, first->span, last->span,
                    "did you forget parentheses around the comprehension target?");
    }
}

bool
diagnose_comprehension(Parser *p)
{
    Place start = place_here(p);
    if (!first_visit(p, LOOKED_FOR_COMPREHENSION)) {
        return false;
    }
    int open = peek(p);
    p->pos++;
    Place inside = place_here(p);
    if (at(p, TOK_STAR)) {
        Span first = token_here(p)->span;
        p->pos++;
        if (parse_expression(p) != NULL) {
            Span starred = span_from(p, first);
            if (parse_for_if_clauses(p) != NULL) {
                raise_at(p, starred, "iterable unpacking cannot be used in comprehension");
            }
        }
        go_back(p, inside);
    }
    if (!p->raised && open == TOK_LBRACE && at(p, TOK_DOUBLESTAR)) {
        Span first = token_here(p)->span;
        p->pos++;
        if (parse_bitwise_or(p) != NULL && parse_for_if_clauses(p) != NULL
            && at(p, TOK_RBRACE)) {
            raise_at(p, first, "dict unpacking cannot be used in dict comprehension");
        }
    }
    else if (!p->raised && open != TOK_LPAR) {
        diagnose_bare_target(p);
    }
    go_back(p, start);
    return p->raised;
}

// At a key: "key" without a colon, or a colon without a value.
static void
diagnose_pair(Parser *p, bool first)
{
    Expr *key = parse_expression(p);
    if (key == NULL) {
        return;
    }
    if (!at(p, TOK_COLON)) {
        if (!first && !p->raised) {
            Span span = {key->span.end_lineno, key->span.end_col_offset - 1, key->span.end_lineno,
                         -1};
            span.lineno = key->span.lineno;
            raise_at(p, span, "':' expected after dictionary key");
        }
        return;
    }
    Span colon = token_here(p)->span;
    p->pos++;
    if (at(p, TOK_STAR)) {
        Span star = token_here(p)->span;
        p->pos++;
        if (parse_bitwise_or(p) != NULL) {
            raise_from(p, star, "cannot use a starred expression in a dictionary value");
        }
    }
    else if (at(p, TOK_RBRACE) || at(p, TOK_COMMA)) {
        raise_at(p, colon, "expression expected after dictionary key and ':'");
    }
}

// Skips one good pair.
static bool
skip_pair(Parser *p)
{
    if (accept(p, TOK_DOUBLESTAR)) {
        return parse_bitwise_or(p) != NULL;
    }
    return parse_expression(p) != NULL && accept(p, TOK_COLON) && parse_expression(p) != NULL;
}

bool
diagnose_dict(Parser *p)
{
    Place start = place_here(p);
    if (!first_visit(p, p->errors ? LOOKED_FOR_DICT : LOOKED_FOR_DICT << 1)) {
        return false;
    }
    p->pos++;
    bool first = true;
    for (;;) {
        Py_ssize_t pair = p->pos;
        if (!skip_pair(p)) {
            if (!p->raised) {
                p->pos = pair;
                diagnose_pair(p, first);
            }
            break;
        }
        first = false;
        if (p->raised || !accept(p, TOK_COMMA)) {
            break;
        }
    }
    go_back(p, start);
    return p->raised;
}

// ---- for ----

bool
diagnose_for_target(Parser *p, bool statement)
{
    Place start = place_here(p);
    if (!first_visit(p, LOOKED_FOR_TARGET)) {
        return false;
    }
    accept(p, KW_ASYNC);
    p->pos++;
    Place target = place_here(p);
    if (!statement) {
        bool any = false;
        Place end = place_here(p);
        while (parse_bitwise_or(p) != NULL) {
            any = true;
            accept(p, TOK_COMMA);
            end = place_here(p);
            if (token_before(p)->type != TOK_COMMA) {
                break;
            }
        }
        go_back(p, end);
        if (any && !at(p, KW_IN)) {
            raise_last(p, "'in' expected after for-loop variables");
        }
    }
    if (!p->raised) {
        go_back(p, target);
        Expr *targets = parse_star_expressions(p);
        if (targets != NULL) {
            raise_invalid_target(p, targets, TARGET_FOR);
        }
    }
    go_back(p, start);
    return p->raised;
}

// ---- assignments ----

// "(a, b): int" and "a, b: int"
static void
diagnose_annotation(Parser *p)
{
    Expr *target = parse_star_named_expression(p);
    if (target == NULL) {
        return;
    }
    bool several = target->kind == EXPR_TUPLE || target->kind == EXPR_LIST;
    if (at(p, TOK_COLON)) {
        p->pos++;
        if (target->kind == EXPR_STARRED || parse_expression(p) == NULL) {
            return;
        }
        if (several) {
            raise_at(p, target->span, "only single target (not %s) can be annotated",
                     target->kind == EXPR_TUPLE ? "tuple" : "list");
        }
        else if (target->kind != EXPR_NAME && target->kind != EXPR_ATTRIBUTE
                 && target->kind != EXPR_SUBSCRIPT) {
            raise_at(p, target->span, "illegal target for annotation");
        }
        return;
    }
    if (!accept(p, TOK_COMMA)) {
        return;
    }
    while (starts_expression(peek(p)) || at(p, TOK_STAR)) {
        if (parse_star_named_expression(p) == NULL || !accept(p, TOK_COMMA)) {
            break;
        }
    }
    if (!p->raised && accept(p, TOK_COLON) && parse_expression(p) != NULL) {
        raise_at(p, target->span, "only single target (not tuple) can be annotated");
    }
}

// "target = … = f() = …"
static void
diagnose_targets(Parser *p)
{
    for (;;) {
        Expr *target;
        if (at(p, KW_YIELD)) {
            target = parse_yield_expression(p);
            if (target != NULL && at(p, TOK_EQUAL)) {
                raise_at(p, target->span, "assignment to yield expression not possible");
            }
            return;
        }
        target = parse_star_expressions(p);
        if (target == NULL || !at(p, TOK_EQUAL)) {
            return;
        }
        raise_invalid_target(p, target, TARGET_STAR);
        if (p->raised) {
            return;
        }
        p->pos++;
    }
}

static bool
is_augmented_assignment(int type)
{
    switch (type) {
    case TOK_PLUSEQUAL:
    case TOK_MINEQUAL:
    case TOK_STAREQUAL:
    case TOK_ATEQUAL:
    case TOK_SLASHEQUAL:
    case TOK_PERCENTEQUAL:
    case TOK_AMPEREQUAL:
    case TOK_VBAREQUAL:
    case TOK_CIRCUMFLEXEQUAL:
    case TOK_LEFTSHIFTEQUAL:
    case TOK_RIGHTSHIFTEQUAL:
    case TOK_DOUBLESTAREQUAL:
    case TOK_DOUBLESLASHEQUAL:
        return true;
    default:
        return false;
    }
}

bool
diagnose_assignment(Parser *p)
{
    Place start = place_here(p);
    diagnose_annotation(p);
    if (!p->raised) {
        go_back(p, start);
        diagnose_targets(p);
    }
    if (!p->raised) {
        go_back(p, start);
        Expr *target = parse_star_expressions(p);
        if (target != NULL && is_augmented_assignment(peek(p))) {
            p->pos++;
            if (parse_yield_or_star_expressions(p) != NULL) {
                raise_at(p, target->span, "'%s' is an illegal expression for augmented assignment",
                         ast_expr_name(target));
            }
        }
    }
    go_back(p, start);
    return p->raised;
}
