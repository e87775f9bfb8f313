// Atoms and what follows them: attributes, calls, subscripts; groups, displays, comprehensions.
//
// Threading: see parser_internal.h.
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "syntax/literal.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

// ---- numbers and constants ----

// ValueError of a conversion (too many digits) becomes a SyntaxError with advice.
static void *
number_error(Parser *p, const Token *token)
{
    p->raised = true;
    if (!error_matches(PyExc_ValueError)) {
        return NULL;
    }
    PyObject *error = error_take();
    PyObject *text = object_str(error);
    decref(error);
    if (text != NULL) {
        Span span = {token->span.lineno, -1, token->span.end_lineno, -2};
        p->raised = false;
        raise_at(p, span,
                 "%U - Consider hexadecimal for huge integer literals to avoid decimal conversion "
                 "limits.",
                 text);
        decref(text);
    }
    return NULL;
}

static bool
has_underscore(const char *text, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        if (text[i] == '_') {
            return true;
        }
    }
    return false;
}

static Expr *
parse_number(Parser *p)
{
    Token token = *token_here(p);
    p->pos++;
    const char *text = tokenizer_text(&p->tok, &token);
    Py_ssize_t size = token.end - token.start;
    if (p->feature_version < 6 && has_underscore(text, size)) {
        return raise_last(
            p, "Underscores in numeric literals are only supported in Python 3.6 and greater");
    }
    PyObject *value = literal_number(text, size);
    if (value == NULL) {
        return number_error(p, &token);
    }
    if (arena_keep_steal(p->arena, value) < 0) {
        p->raised = true;
        return NULL;
    }
    return check_node(p, ast_constant(p->arena, token.span, value, NULL));
}

static Expr *
parse_constant(Parser *p, PyObject *value)
{
    Span span = token_here(p)->span;
    p->pos++;
    return check_node(p, ast_constant(p->arena, span, value, NULL));
}

static Expr *
parse_name(Parser *p)
{
    Span span = token_here(p)->span;
    PyObject *id = parse_name_text(p);
    return id != NULL ? check_node(p, ast_name(p->arena, span, id, CTX_LOAD)) : NULL;
}

// ---- comprehensions ----

static bool
at_comprehension(Parser *p)
{
    return at(p, KW_FOR) || (at(p, KW_ASYNC) && peek_ahead(p, 1) == KW_FOR);
}

static Comprehension *
parse_for_if_clause(Parser *p)
{
    int is_async = accept(p, KW_ASYNC);
    p->pos++;
    Expr *target = parse_star_target_list(p);
    if (target == NULL || !at(p, KW_IN) || invalid_target(target, TARGET_STAR) != NULL) {
        return NULL;
    }
    p->pos++;
    if (set_context(p, target, CTX_STORE) == NULL) {
        return NULL;
    }
    Expr *iter = parse_disjunction(p);
    if (iter == NULL) {
        return NULL;
    }
    Py_ssize_t mark = p->scratch_size;
    while (accept(p, KW_IF)) {
        if (!push(p, parse_disjunction(p))) {
            return NULL;
        }
    }
    if (is_async && p->feature_version < 6) {
        return raise_feature(p, 6, "Async comprehensions are");
    }
    ExprSeq *ifs = take_seq(p, mark);
    if (ifs == NULL) {
        return NULL;
    }
    return check_node(p, ast_comprehension(p->arena, target, iter, ifs, is_async));
}

ComprehensionSeq *
parse_for_if_clauses(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    while (at_comprehension(p)) {
        Py_ssize_t start = p->pos;
        Comprehension *clause = parse_for_if_clause(p);
        if (clause == NULL) {
            if (p->errors && !p->raised) {
                p->pos = start;
                diagnose_for_target(p, false);
            }
            return NULL;
        }
        push(p, clause);
    }
    return p->raised || p->scratch_size == mark ? NULL : take_seq(p, mark);
}

// Whether expr, parsed from start on, is a walrus without brackets around it.
static bool
is_bare_named(Parser *p, Py_ssize_t start, const Expr *expr)
{
    Span first = p->tokens[start].span;
    return expr->kind == EXPR_NAMED_EXPR && expr->span.lineno == first.lineno
           && expr->span.col_offset == first.col_offset;
}

// ---- parentheses ----

// The rest of "( first , …": a tuple.
static Expr *
parse_tuple_rest(Parser *p, Span open, Expr *first)
{
    Py_ssize_t mark = p->scratch_size;
    push(p, first);
    while (accept(p, TOK_COMMA) && !at(p, TOK_RPAR)) {
        if (!push(p, parse_star_named_expression(p))) {
            return NULL;
        }
    }
    if (!accept(p, TOK_RPAR)) {
        return NULL;
    }
    ExprSeq *elts = take_seq(p, mark);
    return elts != NULL ? check_node(p, ast_tuple(p->arena, span_from(p, open), elts, CTX_LOAD))
                        : NULL;
}

static Expr *
parse_parenthesized(Parser *p)
{
    Span open = token_here(p)->span;
    p->pos++;
    if (accept(p, TOK_RPAR)) {
        ExprSeq *none = empty_seq(p);
        return none != NULL
                   ? check_node(p, ast_tuple(p->arena, span_from(p, open), none, CTX_LOAD))
                   : NULL;
    }
    if (at(p, KW_YIELD)) {
        Expr *yield = parse_yield_expression(p);
        return yield != NULL && accept(p, TOK_RPAR) ? yield : NULL;
    }
    Expr *first = parse_star_named_expression(p);
    if (first == NULL) {
        return NULL;
    }
    if (at(p, TOK_COMMA)) {
        return parse_tuple_rest(p, open, first);
    }
    if (first->kind == EXPR_STARRED) {
        return NULL;
    }
    if (at_comprehension(p)) {
        ComprehensionSeq *generators = parse_for_if_clauses(p);
        if (generators == NULL || !accept(p, TOK_RPAR)) {
            return NULL;
        }
        return check_node(
            p, ast_generator_exp(p->arena, span_from(p, open), first, generators));
    }
    return accept(p, TOK_RPAR) ? first : NULL;
}

// ---- lists, sets, dicts ----

// Pushes "first , …" up to the closing bracket.
static bool
push_elements(Parser *p, Expr *first, int close)
{
    push(p, first);
    while (accept(p, TOK_COMMA) && !at(p, close)) {
        if (!push(p, parse_star_named_expression(p))) {
            return false;
        }
    }
    return accept(p, close);
}

static Expr *
parse_list(Parser *p)
{
    Span open = token_here(p)->span;
    p->pos++;
    Py_ssize_t mark = p->scratch_size;
    if (!accept(p, TOK_RSQB)) {
        Expr *first = parse_star_named_expression(p);
        if (first == NULL) {
            return NULL;
        }
        if (first->kind != EXPR_STARRED && at_comprehension(p)) {
            ComprehensionSeq *generators = parse_for_if_clauses(p);
            if (generators == NULL || !accept(p, TOK_RSQB)) {
                return NULL;
            }
            return check_node(p, ast_list_comp(p->arena, span_from(p, open), first, generators));
        }
        if (!push_elements(p, first, TOK_RSQB)) {
            return NULL;
        }
    }
    ExprSeq *elts = take_seq(p, mark);
    return elts != NULL ? check_node(p, ast_list(p->arena, span_from(p, open), elts, CTX_LOAD))
                        : NULL;
}

static Expr *
parse_set_rest(Parser *p, Span open, Expr *first)
{
    if (first->kind != EXPR_STARRED && at_comprehension(p)) {
        ComprehensionSeq *generators = parse_for_if_clauses(p);
        if (generators == NULL || !accept(p, TOK_RBRACE)) {
            return NULL;
        }
        return check_node(p, ast_set_comp(p->arena, span_from(p, open), first, generators));
    }
    Py_ssize_t mark = p->scratch_size;
    if (!push_elements(p, first, TOK_RBRACE)) {
        return NULL;
    }
    ExprSeq *elts = take_seq(p, mark);
    return elts != NULL ? check_node(p, ast_set(p->arena, span_from(p, open), elts)) : NULL;
}

// Pushes key and value of one "key: value" or "**value" (a marker and the value).
static bool
push_pair(Parser *p, Expr *unpack_marker)
{
    if (accept(p, TOK_DOUBLESTAR)) {
        return push(p, unpack_marker) && push(p, parse_bitwise_or(p));
    }
    return push(p, parse_expression(p)) && accept(p, TOK_COLON) && push(p, parse_expression(p));
}

static Expr *
make_dict(Parser *p, Span open, Py_ssize_t mark, const Expr *unpack_marker)
{
    Py_ssize_t size = (p->scratch_size - mark) / 2;
    ExprSeq *keys = check_node(p, expr_seq_new(p->arena, size));
    ExprSeq *values = check_node(p, expr_seq_new(p->arena, size));
    if (keys == NULL || values == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        Expr *key = p->scratch[mark + 2 * i];
        keys->items[i] = key != unpack_marker ? key : NULL;
        values->items[i] = p->scratch[mark + 2 * i + 1];
    }
    p->scratch_size = mark;
    return check_node(p, ast_dict(p->arena, span_from(p, open), keys, values));
}

// "{" was consumed; the first pair (key and value) may have been pushed above mark.
static Expr *
parse_dict_rest(Parser *p, Span open, Py_ssize_t mark, Expr *unpack_marker)
{
    bool first = p->scratch_size == mark;
    for (;;) {
        if (!first && !accept(p, TOK_COMMA)) {
            break;
        }
        if (at(p, TOK_RBRACE)) {
            break;
        }
        if (!push_pair(p, unpack_marker)) {
            return NULL;
        }
        first = false;
    }
    return accept(p, TOK_RBRACE) ? make_dict(p, open, mark, unpack_marker) : NULL;
}

static Expr *
parse_braces(Parser *p)
{
    Expr unpack_marker;
    Span open = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    p->pos++;
    if (at(p, TOK_RBRACE) || at(p, TOK_DOUBLESTAR)) {
        return parse_dict_rest(p, open, mark, &unpack_marker);
    }
    if (at(p, TOK_STAR)) {
        Expr *first = parse_star_named_expression(p);
        return first != NULL ? parse_set_rest(p, open, first) : NULL;
    }
    Py_ssize_t start = p->pos;
    Expr *first = parse_named_expression(p);
    if (first == NULL) {
        return NULL;
    }
    if (!at(p, TOK_COLON)) {
        return parse_set_rest(p, open, first);
    }
    if (is_bare_named(p, start, first)) {
        return NULL;
    }
    p->pos++;
    Expr *value = parse_expression(p);
    if (value == NULL) {
        return NULL;
    }
    if (at_comprehension(p)) {
        ComprehensionSeq *generators = parse_for_if_clauses(p);
        if (generators == NULL || !accept(p, TOK_RBRACE)) {
            return NULL;
        }
        return check_node(
            p, ast_dict_comp(p->arena, span_from(p, open), first, value, generators));
    }
    if (!push(p, first) || !push(p, value)) {
        return NULL;
    }
    return parse_dict_rest(p, open, mark, &unpack_marker);
}

// ---- atoms ----

// Parses a bracketed atom; when it fails, looks for the mistakes that belong to the bracket.
static Expr *
parse_bracketed(Parser *p, Expr *(*parse)(Parser *))
{
    Place start = place_here(p);
    int open = peek(p);
    if (!enter(p)) {
        return NULL;
    }
    Expr *expr = parse(p);
    leave(p);
    if (expr != NULL || p->raised) {
        return expr;
    }
    go_back(p, start);
    // A dict has its own mistakes, which are looked for in both passes.
    if (open == TOK_LBRACE && diagnose_dict(p)) {
        return NULL;
    }
    if (p->errors && !(open == TOK_LPAR && diagnose_group(p))) {
        diagnose_comprehension(p);
    }
    return NULL;
}

Expr *
parse_atom(Parser *p)
{
    switch (peek(p)) {
    case TOK_NAME:
        return parse_name(p);
    case TOK_NUMBER:
        return parse_number(p);
    case TOK_STRING:
    case TOK_FSTRING_START:
    case TOK_TSTRING_START:
        return parse_strings(p);
    case KW_TRUE:
        return parse_constant(p, Py_True);
    case KW_FALSE:
        return parse_constant(p, Py_False);
    case KW_NONE:
        return parse_constant(p, Py_None);
    case TOK_ELLIPSIS:
        return parse_constant(p, Py_Ellipsis);
    case TOK_LPAR:
        return parse_bracketed(p, parse_parenthesized);
    case TOK_LSQB:
        return parse_bracketed(p, parse_list);
    case TOK_LBRACE:
        return parse_bracketed(p, parse_braces);
    default:
        return NULL;
    }
}

// ---- subscripts ----

static bool
ends_slice_part(int type)
{
    return type == TOK_COLON || type == TOK_COMMA || type == TOK_RSQB;
}

static Expr *
parse_slice(Parser *p)
{
    if (at(p, TOK_STAR)) {
        return parse_starred_argument(p);
    }
    Span first = token_span(p);
    Expr *lower = NULL;
    Py_ssize_t start = p->pos;
    if (!at(p, TOK_COLON)) {
        lower = parse_named_expression(p);
        if (lower == NULL || !at(p, TOK_COLON)) {
            return lower;
        }
        if (is_bare_named(p, start, lower)) {
            return NULL;
        }
    }
    p->pos++;
    Expr *upper = NULL;
    Expr *step = NULL;
    if (!ends_slice_part(peek(p)) && (upper = parse_expression(p)) == NULL) {
        return NULL;
    }
    if (accept(p, TOK_COLON) && !ends_slice_part(peek(p))
        && (step = parse_expression(p)) == NULL) {
        return NULL;
    }
    return p->raised ? NULL
                     : check_node(p, ast_slice(p->arena, span_from(p, first), lower, upper, step));
}

static Expr *
parse_slices(Parser *p)
{
    Span start = token_span(p);
    Expr *first = parse_slice(p);
    if (first == NULL || (first->kind != EXPR_STARRED && !at(p, TOK_COMMA))) {
        return first;
    }
    Py_ssize_t mark = p->scratch_size;
    push(p, first);
    while (accept(p, TOK_COMMA) && !at(p, TOK_RSQB)) {
        if (!push(p, parse_slice(p))) {
            return NULL;
        }
    }
    ExprSeq *elts = take_seq(p, mark);
    return elts != NULL ? check_node(p, ast_tuple(p->arena, span_from(p, start), elts, CTX_LOAD))
                        : NULL;
}

static Expr *
parse_subscript(Parser *p, Span first, Expr *value)
{
    p->pos++;
    if (!enter(p)) {
        return NULL;
    }
    Expr *slice = parse_slices(p);
    leave(p);
    if (slice == NULL || !accept(p, TOK_RSQB)) {
        return NULL;
    }
    return check_node(p,
                      ast_subscript(p->arena, span_from(p, first), value, slice, CTX_LOAD));
}

// ---- primaries ----

static Expr *
parse_call(Parser *p, Span first, Expr *callee)
{
    Span open = token_here(p)->span;
    ExprSeq *args;
    KeywordSeq *keywords;
    p->pos++;
    if (!enter(p)) {
        return NULL;
    }
    bool ok = parse_arguments(p, &open, &args, &keywords);
    leave(p);
    return ok ? check_node(p, ast_call(p->arena, span_from(p, first), callee, args, keywords))
              : NULL;
}

static Expr *
parse_attribute(Parser *p, Span first, Expr *value)
{
    p->pos++;
    PyObject *name = parse_name_text(p);
    if (name == NULL) {
        return NULL;
    }
    return check_node(p, ast_attribute(p->arena, span_from(p, first), value, name, CTX_LOAD));
}

// What follows the atom; a part that cannot be parsed is left to the caller.
Expr *
parse_primary(Parser *p)
{
    Span first = token_span(p);
    Expr *expr = parse_atom(p);
    while (expr != NULL) {
        Place place = place_here(p);
        Expr *longer;
        switch (peek(p)) {
        case TOK_DOT:
            longer = parse_attribute(p, first, expr);
            break;
        case TOK_LPAR:
            longer = parse_call(p, first, expr);
            break;
        case TOK_LSQB:
            longer = parse_subscript(p, first, expr);
            break;
        default:
            return p->raised ? NULL : expr;
        }
        if (longer == NULL) {
            go_back(p, place);
            return p->raised ? NULL : expr;
        }
        expr = longer;
    }
    return NULL;
}
