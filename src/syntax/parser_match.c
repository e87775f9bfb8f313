// `match` statements and patterns (PEP 634).
//
// match, case and _ are soft keywords: the head is tried as a statement of its own, and when no
// "case" block follows the line is read again as an expression. Patterns are parsed once.
//
// Threading: see parser_internal.h.
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/complex.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

static Pattern *parse_pattern(Parser *p);
static Pattern *parse_maybe_star_pattern(Parser *p);

// ---- literals ----

static Expr *
parse_signed_number(Parser *p)
{
    if (!at(p, TOK_MINUS)) {
        return at(p, TOK_NUMBER) ? parse_atom(p) : NULL;
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *number = at(p, TOK_NUMBER) ? parse_atom(p) : NULL;
    if (number == NULL) {
        return NULL;
    }
    return check_node(p, ast_unary_op(p->arena, span_from(p, first), UNARY_USUB, number));
}

static bool
is_complex(const Expr *number)
{
    return number->kind == EXPR_CONSTANT && complex_check_exact(number->Constant.value);
}

// A number, or real + imaginary as one value.
static Expr *
parse_number_literal(Parser *p)
{
    Span first = token_span(p);
    Expr *left = parse_signed_number(p);
    if (left == NULL || !(at(p, TOK_PLUS) || at(p, TOK_MINUS))) {
        return left;
    }
    const Expr *real = left->kind == EXPR_UNARY_OP ? left->UnaryOp.operand : left;
    Operator op = at(p, TOK_PLUS) ? OP_ADD : OP_SUB;
    p->pos++;
    if (!at(p, TOK_NUMBER)) {
        return NULL;
    }
    Expr *right = parse_atom(p);
    if (right == NULL) {
        return NULL;
    }
    if (is_complex(real)) {
        return raise_at(p, real->span, "real number required in complex literal");
    }
    if (!is_complex(right)) {
        return raise_at(p, right->span, "imaginary number required in complex literal");
    }
    return check_node(p, ast_bin_op(p->arena, span_from(p, first), left, op, right));
}

static bool
at_string(Parser *p)
{
    int type = peek(p);
    return type == TOK_STRING || type == TOK_FSTRING_START || type == TOK_TSTRING_START;
}

// None, True or False as a pattern.
static Pattern *
parse_singleton(Parser *p)
{
    Span span = token_here(p)->span;
    Expr *constant = parse_atom(p);
    return constant != NULL
               ? check_node(p, ast_match_singleton(p->arena, span, constant->Constant.value))
               : NULL;
}

static Pattern *
value_pattern(Parser *p, Span first, Expr *value)
{
    return value != NULL ? check_node(p, ast_match_value(p->arena, span_from(p, first), value))
                         : NULL;
}

// ---- names ----

// a.b.c, or a lone name.
static Expr *
parse_dotted(Parser *p)
{
    Span first = token_span(p);
    Expr *expr = at(p, TOK_NAME) ? parse_atom(p) : NULL;
    while (expr != NULL && at(p, TOK_DOT)) {
        p->pos++;
        PyObject *attr = parse_name_text(p);
        expr = attr != NULL ? check_node(p, ast_attribute(p->arena, span_from(p, first), expr,
                                                          attr, CTX_LOAD))
                            : NULL;
    }
    return expr;
}

// Whether a lone name follows that is a target or "_".
static bool
at_capture(Parser *p)
{
    if (!at(p, TOK_NAME)) {
        return false;
    }
    int next = peek_ahead(p, 1);
    return next != TOK_DOT && next != TOK_LPAR && next != TOK_EQUAL;
}

static Pattern *
parse_capture(Parser *p)
{
    Span span = token_here(p)->span;
    bool wildcard = at_word(p, "_");
    PyObject *name = parse_name_text(p);
    if (name == NULL) {
        return NULL;
    }
    return check_node(p, ast_match_as(p->arena, span, NULL, wildcard ? NULL : name));
}

// ---- classes ----

typedef struct {
    Py_ssize_t positional;
    Py_ssize_t keywords;
} ClassParts;

// Pushes patterns, then (name, pattern) pairs. -1 failed, 0 done.
static int
push_class_arguments(Parser *p, ClassParts *parts)
{
    Py_ssize_t mark = p->scratch_size;
    while (!at(p, TOK_RPAR)) {
        bool keyword = at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_EQUAL;
        if (keyword) {
            if (!push(p, parse_name_text(p))) {
                return -1;
            }
            p->pos++;
            if (!push(p, parse_pattern(p))) {
                return -1;
            }
            parts->keywords++;
        }
        else {
            Pattern *pattern = parse_pattern(p);
            if (pattern == NULL) {
                return -1;
            }
            if (parts->keywords > 0) {
                // The whole run of positional patterns that follows is shown.
                Pattern *last = pattern;
                while (p->errors && accept(p, TOK_COMMA) && !at(p, TOK_RPAR)
                       && !(at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_EQUAL)) {
                    Pattern *next = parse_pattern(p);
                    if (next == NULL) {
                        break;
                    }
                    last = next;
                }
                if (p->errors && !p->raised) {
                    raise_range(p, pattern->span, last->span,
                                "positional patterns follow keyword patterns");
                }
                p->scratch_size = mark;
                return -1;
            }
            push(p, pattern);
            parts->positional++;
        }
        if (!accept(p, TOK_COMMA)) {
            break;
        }
    }
    return accept(p, TOK_RPAR) ? 0 : -1;
}

static Pattern *
parse_class_pattern(Parser *p, Span first, Expr *cls)
{
    Py_ssize_t mark = p->scratch_size;
    ClassParts parts = {0, 0};
    p->pos++;
    if (push_class_arguments(p, &parts) < 0) {
        return NULL;
    }
    PatternSeq *patterns = check_node(p, pattern_seq_new(p->arena, parts.positional));
    IdentifierSeq *names = check_node(p, identifier_seq_new(p->arena, parts.keywords));
    PatternSeq *values = check_node(p, pattern_seq_new(p->arena, parts.keywords));
    if (patterns == NULL || names == NULL || values == NULL) {
        return NULL;
    }
    void **items = p->scratch + mark;
    for (Py_ssize_t i = 0; i < parts.positional; i++) {
        patterns->items[i] = items[i];
    }
    for (Py_ssize_t i = 0; i < parts.keywords; i++) {
        names->items[i] = items[parts.positional + 2 * i];
        values->items[i] = items[parts.positional + 2 * i + 1];
    }
    p->scratch_size = mark;
    return check_node(
        p, ast_match_class(p->arena, span_from(p, first), cls, patterns, names, values));
}

static Pattern *
parse_name_pattern(Parser *p)
{
    if (at_capture(p)) {
        return parse_capture(p);
    }
    Span first = token_here(p)->span;
    Expr *name = parse_dotted(p);
    if (name == NULL) {
        return NULL;
    }
    if (at(p, TOK_LPAR)) {
        return parse_class_pattern(p, first, name);
    }
    return name->kind == EXPR_ATTRIBUTE && !at(p, TOK_EQUAL) ? value_pattern(p, first, name)
                                                             : NULL;
}

// ---- mappings ----

static Expr *
parse_mapping_key(Parser *p)
{
    switch (peek(p)) {
    case KW_NONE:
    case KW_TRUE:
    case KW_FALSE:
        return parse_atom(p);
    case TOK_NAME: {
        Expr *name = parse_dotted(p);
        return name != NULL && name->kind == EXPR_ATTRIBUTE ? name : NULL;
    }
    default:
        return at_string(p) ? parse_strings(p) : parse_number_literal(p);
    }
}

static Pattern *
parse_mapping_pattern(Parser *p)
{
    Span first = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    PyObject *rest = NULL;
    p->pos++;
    while (!at(p, TOK_RBRACE)) {
        if (accept(p, TOK_DOUBLESTAR)) {
            if (!at(p, TOK_NAME) || at_word(p, "_")) {
                return NULL;
            }
            rest = parse_name_text(p);
            if (rest == NULL) {
                return NULL;
            }
            accept(p, TOK_COMMA);
            break;
        }
        if (!push(p, parse_mapping_key(p)) || !accept(p, TOK_COLON)
            || !push(p, parse_pattern(p))) {
            return NULL;
        }
        if (!accept(p, TOK_COMMA)) {
            break;
        }
    }
    if (!accept(p, TOK_RBRACE)) {
        return NULL;
    }
    Py_ssize_t size = (p->scratch_size - mark) / 2;
    ExprSeq *keys = check_node(p, expr_seq_new(p->arena, size));
    PatternSeq *patterns = check_node(p, pattern_seq_new(p->arena, size));
    if (keys == NULL || patterns == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        keys->items[i] = p->scratch[mark + 2 * i];
        patterns->items[i] = p->scratch[mark + 2 * i + 1];
    }
    p->scratch_size = mark;
    return check_node(
        p, ast_match_mapping(p->arena, span_from(p, first), keys, patterns, rest));
}

// ---- sequences and groups ----

static Pattern *
parse_star_pattern(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    if (!at(p, TOK_NAME)) {
        return NULL;
    }
    bool wildcard = at_word(p, "_");
    PyObject *name = parse_name_text(p);
    if (name == NULL) {
        return NULL;
    }
    return check_node(p, ast_match_star(p->arena, span_from(p, first), wildcard ? NULL : name));
}

static Pattern *
parse_maybe_star_pattern(Parser *p)
{
    return at(p, TOK_STAR) ? parse_star_pattern(p) : parse_pattern(p);
}

// Items up to close (consumed). *comma tells whether there was one.
static bool
push_sequence(Parser *p, int close, bool *comma)
{
    *comma = false;
    while (!at(p, close)) {
        if (!push(p, parse_maybe_star_pattern(p))) {
            return false;
        }
        if (!accept(p, TOK_COMMA)) {
            break;
        }
        *comma = true;
    }
    return accept(p, close);
}

// "[…]" and "(…)"; a lone item in round brackets is just that item.
static Pattern *
parse_bracketed_pattern(Parser *p)
{
    Span first = token_here(p)->span;
    bool round = at(p, TOK_LPAR);
    Py_ssize_t mark = p->scratch_size;
    bool comma;
    p->pos++;
    if (!push_sequence(p, round ? TOK_RPAR : TOK_RSQB, &comma)) {
        return NULL;
    }
    if (round && !comma && p->scratch_size == mark + 1) {
        Pattern *pattern = p->scratch[mark];
        p->scratch_size = mark;
        return pattern->kind != PATTERN_STAR ? pattern : NULL;
    }
    PatternSeq *patterns = take_seq(p, mark);
    return patterns != NULL
               ? check_node(p, ast_match_sequence(p->arena, span_from(p, first), patterns))
               : NULL;
}

// ---- patterns ----

static Pattern *
parse_closed_pattern(Parser *p)
{
    Span first = token_span(p);
    switch (peek(p)) {
    case TOK_NUMBER:
    case TOK_MINUS:
        return value_pattern(p, first, parse_number_literal(p));
    case TOK_STRING:
    case TOK_FSTRING_START:
    case TOK_TSTRING_START:
        return value_pattern(p, first, parse_strings(p));
    case KW_NONE:
    case KW_TRUE:
    case KW_FALSE:
        return parse_singleton(p);
    case TOK_NAME:
        return parse_name_pattern(p);
    case TOK_LPAR:
    case TOK_LSQB:
        return parse_bracketed_pattern(p);
    case TOK_LBRACE:
        return parse_mapping_pattern(p);
    default:
        return NULL;
    }
}

static Pattern *
parse_or_pattern(Parser *p)
{
    Span start = token_span(p);
    Pattern *first = parse_closed_pattern(p);
    if (first == NULL || !at(p, TOK_VBAR)) {
        return first;
    }
    Py_ssize_t mark = p->scratch_size;
    push(p, first);
    while (accept(p, TOK_VBAR)) {
        if (!push(p, parse_closed_pattern(p))) {
            return NULL;
        }
    }
    PatternSeq *patterns = take_seq(p, mark);
    return patterns != NULL
               ? check_node(p, ast_match_or(p->arena, span_from(p, start), patterns))
               : NULL;
}

// After "as", in the second pass.
static void
diagnose_as_pattern(Parser *p)
{
    if (at_word(p, "_")) {
        raise_at(p, token_here(p)->span, "cannot use '_' as a target");
        return;
    }
    Py_ssize_t pos = p->pos;
    Expr *target = parse_expression(p);
    p->pos = pos;
    if (target != NULL) {
        raise_at(p, target->span, "cannot use %s as pattern target", ast_expr_name(target));
    }
}

static Pattern *
parse_as_pattern(Parser *p)
{
    Span first = token_span(p);
    Pattern *pattern = parse_or_pattern(p);
    if (pattern == NULL || !accept(p, KW_AS)) {
        return pattern;
    }
    if (!at_capture(p) || at_word(p, "_")) {
        if (p->errors && !p->raised) {
            diagnose_as_pattern(p);
        }
        return NULL;
    }
    PyObject *name = parse_name_text(p);
    return name != NULL
               ? check_node(p, ast_match_as(p->arena, span_from(p, first), pattern, name))
               : NULL;
}

static Pattern *
parse_pattern(Parser *p)
{
    if (!enter(p)) {
        return NULL;
    }
    Pattern *pattern = parse_as_pattern(p);
    leave(p);
    return pattern;
}

// The pattern of a case: an open sequence needs no brackets.
static Pattern *
parse_case_pattern(Parser *p)
{
    Span first = token_span(p);
    Pattern *pattern = parse_maybe_star_pattern(p);
    if (pattern == NULL || (pattern->kind != PATTERN_STAR && !at(p, TOK_COMMA))) {
        return pattern;
    }
    Py_ssize_t mark = p->scratch_size;
    push(p, pattern);
    if (!at(p, TOK_COMMA)) {
        return NULL;
    }
    while (accept(p, TOK_COMMA) && !at(p, TOK_COLON) && !at(p, KW_IF)) {
        if (!push(p, parse_maybe_star_pattern(p))) {
            return NULL;
        }
    }
    PatternSeq *patterns = take_seq(p, mark);
    return patterns != NULL
               ? check_node(p, ast_match_sequence(p->arena, span_from(p, first), patterns))
               : NULL;
}

// ---- the statement ----

static MatchCase *
parse_case(Parser *p)
{
    int lineno = token_here(p)->span.lineno;
    Expr *guard = NULL;
    p->pos++;
    Pattern *pattern = parse_case_pattern(p);
    if (pattern == NULL) {
        return NULL;
    }
    if (accept(p, KW_IF) && (guard = parse_named_expression(p)) == NULL) {
        return NULL;
    }
    if (!accept(p, TOK_COLON)) {
        return p->errors && !p->raised && at(p, TOK_NEWLINE) ? raise_last(p, "expected ':'")
                                                             : NULL;
    }
    StmtSeq *body = parse_block(p, "'case' statement", lineno);
    return body != NULL ? check_node(p, ast_match_case(p->arena, pattern, guard, body)) : NULL;
}

// Whether the token after "match" can begin a subject; "match = 1" and the like are not tried.
static bool
may_be_subject(Parser *p)
{
    int next = peek_ahead(p, 1);
    return starts_expression(next) || next == TOK_STAR;
}

// "match subject :" NEWLINE INDENT "case" …; NULL and !*matched when it is something else.
Stmt *
parse_match(Parser *p, bool *matched)
{
    Py_ssize_t start = p->pos;
    Py_ssize_t mark = p->scratch_size;
    *matched = false;
    if (!may_be_subject(p)) {
        return NULL;
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *subject = parse_subject_or_value(p);
    if (subject != NULL && subject->kind == EXPR_STARRED) {
        subject = NULL;
    }
    if (subject != NULL && accept(p, TOK_COLON)) {
        if (accept(p, TOK_NEWLINE)) {
            if (at(p, TOK_INDENT) && peek_ahead(p, 1) == TOK_NAME) {
                p->pos++;
                *matched = at_word(p, "case");
            }
            else if (p->errors && !p->raised && !at(p, TOK_INDENT)) {
                return raise_indentation(
                    p, "expected an indented block after 'match' statement on line %d",
                    first.lineno);
            }
        }
    }
    else if (subject != NULL && p->errors && !p->raised && at(p, TOK_NEWLINE)) {
        return raise_last(p, "expected ':'");
    }
    if (!*matched) {
        p->pos = start;
        p->scratch_size = mark;
        return NULL;
    }
    while (at_word(p, "case")) {
        if (!push(p, parse_case(p))) {
            return NULL;
        }
    }
    if (!accept(p, TOK_DEDENT)) {
        return NULL;
    }
    MatchCaseSeq *cases = take_seq(p, mark);
    if (cases == NULL) {
        return NULL;
    }
    if (p->feature_version < 10) {
        return raise_feature(p, 10, "Pattern matching is");
    }
    // The statement ends with its last block, before the DEDENT.
    return check_node(p, ast_match(p->arena, span_from(p, first), subject, cases));
}
