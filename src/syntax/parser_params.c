// Parameters of functions and lambdas, and lambda expressions.
//
// Both kinds have the same structure (language reference, "Function definitions"); only those of
// `def` have annotations and type comments, and the list ends at ")" instead of ":".
//
// Threading: see parser_internal.h.
#include "memory/refcount.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

typedef struct {
    Parser *p;
    bool lambda;
    int end;                    // token that closes the list
    Py_ssize_t posonly_count;   // -1: no "/" yet
    Py_ssize_t args_mark;       // positional parameters on the scratch stack
    Py_ssize_t positional;      // number of them
    Py_ssize_t default_count;   // of positional ones
    Expr **defaults;
    Py_ssize_t defaults_capacity;
} ParamList;

static Arg *
parse_param(ParamList *l, bool star_annotation)
{
    Parser *p = l->p;
    Span first = token_span(p);
    PyObject *name = parse_name_text(p);
    Expr *annotation = NULL;
    if (name == NULL) {
        return NULL;
    }
    if (!l->lambda && accept(p, TOK_COLON)) {
        annotation = star_annotation ? parse_star_expression(p) : parse_expression(p);
        if (annotation == NULL) {
            return NULL;
        }
    }
    return check_node(p, ast_arg(p->arena, span_from(p, first), name, annotation, NULL));
}

// After a parameter with its default: a comma or the end, and a type comment after either.
static bool
finish_param(ParamList *l, Arg *arg)
{
    Parser *p = l->p;
    bool comma = accept(p, TOK_COMMA);
    if (!l->lambda) {
        PyObject *comment;
        if (!parse_type_comment(p, &comment)) {
            return false;
        }
        if (comment != NULL && arg == NULL) {
            return false;
        }
        if (comment != NULL) {
            arg->type_comment = comment;
        }
    }
    return comma || (!p->raised && at(p, l->end));
}

// Optional "= expression". false: it is wrong.
static bool
parse_default(ParamList *l, Expr **value)
{
    Parser *p = l->p;
    *value = NULL;
    if (!accept(p, TOK_EQUAL)) {
        return !p->raised;
    }
    *value = parse_expression(p);
    return *value != NULL;
}

static bool
add_default(ParamList *l, Expr *value)
{
    Parser *p = l->p;
    if (l->default_count == l->defaults_capacity) {
        Py_ssize_t capacity = l->defaults_capacity == 0 ? 8 : l->defaults_capacity * 2;
        Expr **grown = check_node(
            p, arena_alloc_items(p->arena, 0, capacity, sizeof *grown));
        if (grown == NULL) {
            return false;
        }
        for (Py_ssize_t i = 0; i < l->default_count; i++) {
            grown[i] = l->defaults[i];
        }
        l->defaults = grown;
        l->defaults_capacity = capacity;
    }
    l->defaults[l->default_count++] = value;
    return true;
}

// Parameters before "*", "**" or the end, with the "/" between them.
static bool
parse_positional(ParamList *l)
{
    Parser *p = l->p;
    while (!at(p, l->end) && !at(p, TOK_STAR) && !at(p, TOK_DOUBLESTAR)) {
        if (at(p, TOK_SLASH)) {
            if (l->posonly_count >= 0 || l->positional == 0) {
                return false;
            }
            p->pos++;
            l->posonly_count = l->positional;
            if (!finish_param(l, NULL)) {
                return false;
            }
            continue;
        }
        Expr *value;
        Arg *arg = parse_param(l, false);
        if (arg == NULL || !parse_default(l, &value)) {
            return false;
        }
        if (value != NULL ? !add_default(l, value) : l->default_count > 0) {
            return false;
        }
        if (!finish_param(l, arg) || !push(p, arg)) {
            return false;
        }
        l->positional++;
    }
    return !p->raised;
}

typedef struct {
    Arg *vararg;
    Arg *kwarg;
    ArgSeq *kwonly;
    ExprSeq *kw_defaults;
} StarParams;

// Keyword-only parameters, up to "**" or the end. At least one after a bare star.
static bool
parse_keyword_only(ParamList *l, bool required, StarParams *star)
{
    Parser *p = l->p;
    Py_ssize_t mark = p->scratch_size;
    Py_ssize_t count = 0;
    Expr **values = NULL;
    Py_ssize_t capacity = 0;
    while (at(p, TOK_NAME)) {
        Expr *value;
        Arg *arg = parse_param(l, false);
        if (arg == NULL || !parse_default(l, &value) || !finish_param(l, arg) || !push(p, arg)) {
            return false;
        }
        if (count == capacity) {
            capacity = capacity == 0 ? 8 : capacity * 2;
            Expr **grown = check_node(
                p, arena_alloc_items(p->arena, 0, capacity, sizeof *grown));
            if (grown == NULL) {
                return false;
            }
            for (Py_ssize_t i = 0; i < count; i++) {
                grown[i] = values[i];
            }
            values = grown;
        }
        values[count++] = value;
    }
    if (p->raised || (required && count == 0)) {
        return false;
    }
    star->kwonly = take_seq(p, mark);
    star->kw_defaults = check_node(p, expr_seq_new(p->arena, count));
    if (star->kwonly == NULL || star->kw_defaults == NULL) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        star->kw_defaults->items[i] = values[i];
    }
    return true;
}

// "*args", "*", "**kwargs" and the keyword-only parameters between them.
static bool
parse_star_part(ParamList *l, StarParams *star)
{
    Parser *p = l->p;
    bool bare = false;
    if (accept(p, TOK_STAR)) {
        if (at(p, TOK_NAME)) {
            star->vararg = parse_param(l, true);
            if (star->vararg == NULL || !finish_param(l, star->vararg)) {
                return false;
            }
        }
        else {
            bare = true;
            if (!accept(p, TOK_COMMA)) {
                return false;
            }
        }
        if (!parse_keyword_only(l, bare, star)) {
            return false;
        }
    }
    else {
        star->kwonly = empty_seq(p);
        star->kw_defaults = empty_seq(p);
    }
    if (accept(p, TOK_DOUBLESTAR)) {
        star->kwarg = parse_param(l, false);
        if (star->kwarg == NULL || !finish_param(l, star->kwarg)) {
            return false;
        }
    }
    return !p->raised && at(p, l->end);
}

static Arguments *
make_arguments(ParamList *l, const StarParams *star)
{
    Parser *p = l->p;
    Py_ssize_t posonly = l->posonly_count < 0 ? 0 : l->posonly_count;
    ArgSeq *first = check_node(p, arg_seq_new(p->arena, posonly));
    ArgSeq *second = check_node(p, arg_seq_new(p->arena, l->positional - posonly));
    ExprSeq *defaults = check_node(p, expr_seq_new(p->arena, l->default_count));
    if (first == NULL || second == NULL || defaults == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < l->positional; i++) {
        Arg *arg = p->scratch[l->args_mark + i];
        *(i < posonly ? &first->items[i] : &second->items[i - posonly]) = arg;
    }
    for (Py_ssize_t i = 0; i < l->default_count; i++) {
        defaults->items[i] = l->defaults[i];
    }
    p->scratch_size = l->args_mark;
    return check_node(p, ast_arguments(p->arena, first, second, star->vararg, star->kwonly,
                                       star->kw_defaults, star->kwarg, defaults));
}

Arguments *
parse_parameters(Parser *p, bool lambda)
{
    Py_ssize_t start = p->pos;
    ParamList list = {.p = p, .lambda = lambda, .end = lambda ? TOK_COLON : TOK_RPAR,
                      .posonly_count = -1, .args_mark = p->scratch_size};
    StarParams star = {NULL, NULL, NULL, NULL};
    if (parse_positional(&list) && parse_star_part(&list, &star)) {
        if (list.posonly_count >= 0 && p->feature_version < 8) {
            return raise_feature(p, 8, "Positional-only parameters are");
        }
        return make_arguments(&list, &star);
    }
    if (p->errors && !p->raised) {
        p->pos = start;
        diagnose_parameters(p, lambda);
    }
    return NULL;
}

// The colon of a lambda in a replacement field begins the format spec.
static void *
diagnose_field_lambda(Parser *p, Span first, Span colon)
{
    int next = peek(p);
    int count = p->tok.fstring_count;
    if (next != TOK_FSTRING_MIDDLE && next != TOK_TSTRING_MIDDLE
        && (next != TOK_RBRACE || count == 0)) {
        return NULL;
    }
    return raise_range(p, first, colon,
                       "%c-string: lambda expressions are not allowed without parentheses",
                       count > 0 ? p->tok.fstrings[count - 1].kind : 'f');
}

Expr *
parse_lambda(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    Arguments *args = parse_parameters(p, true);
    if (args == NULL || !accept(p, TOK_COLON)) {
        return NULL;
    }
    Span colon = token_before(p)->span;
    Expr *body = parse_expression(p);
    if (body == NULL) {
        return p->errors && !p->raised ? diagnose_field_lambda(p, first, colon) : NULL;
    }
    return check_node(p, ast_lambda(p->arena, span_from(p, first), args, body));
}
