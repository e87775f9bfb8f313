// Arguments of calls and class statements: positional, starred, keyword and double-starred, and a
// lone generator expression.
//
// Threading: see parser_internal.h.
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

Expr *
parse_starred_argument(Parser *p)
{
    if (p->errors && diagnose_starred_argument(p)) {
        return NULL;
    }
    Span first = token_here(p)->span;
    p->pos++;
    Expr *value = parse_expression(p);
    if (value == NULL || at(p, TOK_EQUAL)) {
        return NULL;
    }
    return check_node(p, ast_starred(p->arena, span_from(p, first), value, CTX_LOAD));
}

static bool
at_keyword(Parser *p)
{
    return at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_EQUAL;
}

// An argument without name and stars; a walrus needs no brackets here.
Expr *
parse_argument_value(Parser *p)
{
    if (at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_COLONEQUAL) {
        return parse_named_expression(p);
    }
    Expr *value = parse_expression(p);
    return value != NULL && at(p, TOK_COLONEQUAL) ? NULL : value;
}

static Keyword *
parse_keyword_argument(Parser *p)
{
    Span first = token_span(p);
    PyObject *name = NULL;
    if (p->errors && diagnose_keyword(p)) {
        return NULL;
    }
    if (at(p, TOK_DOUBLESTAR)) {
        p->pos++;
    }
    else if (at_keyword(p)) {
        name = parse_name_text(p);
        p->pos++;
    }
    else {
        return NULL;
    }
    Expr *value = p->raised ? NULL : parse_expression(p);
    if (value == NULL) {
        return NULL;
    }
    return check_node(p, ast_keyword(p->arena, span_from(p, first), name, value));
}

typedef struct {
    ExprSeq *args;
    KeywordSeq *keywords;
} ArgumentLists;

// Marks on the scratch stack: what the item above them is.
static char keyword_mark;
static char starred_mark;

// "( expression for …" : the generator takes the brackets of the call.
static bool
parse_lone_generator(Parser *p, Span open, Expr *element, ArgumentLists *lists)
{
    ComprehensionSeq *generators = parse_for_if_clauses(p);
    if (generators == NULL || !accept(p, TOK_RPAR)) {
        return false;
    }
    Expr *generator =
        check_node(p, ast_generator_exp(p->arena, span_from(p, open), element, generators));
    lists->args = generator != NULL ? one_seq(p, generator) : NULL;
    lists->keywords = empty_seq(p);
    return lists->args != NULL && lists->keywords != NULL;
}

// Pushes keyword arguments, each above its mark; starred ones between them are positional. After
// "**" no star may follow, and nothing positional at all.
static bool
push_keywords(Parser *p)
{
    bool unpacked = false;
    while (!at(p, TOK_RPAR)) {
        if (at(p, TOK_STAR)) {
            if (unpacked || !push(p, &starred_mark) || !push(p, parse_starred_argument(p))) {
                return false;
            }
        }
        else {
            unpacked |= at(p, TOK_DOUBLESTAR);
            if (!push(p, &keyword_mark) || !push(p, parse_keyword_argument(p))) {
                return false;
            }
        }
        if (!accept(p, TOK_COMMA)) {
            break;
        }
    }
    return !p->raised;
}

// Makes the lists from the items above mark: `plain` positional ones, then marked ones.
static bool
split_arguments(Parser *p, Py_ssize_t mark, Py_ssize_t plain, ArgumentLists *lists)
{
    void **items = p->scratch + mark;
    Py_ssize_t total = p->scratch_size - mark;
    Py_ssize_t starred = 0;
    for (Py_ssize_t i = plain; i < total; i += 2) {
        starred += items[i] == &starred_mark;
    }
    lists->args = check_node(p, expr_seq_new(p->arena, plain + starred));
    lists->keywords =
        check_node(p, keyword_seq_new(p->arena, (total - plain) / 2 - starred));
    if (lists->args == NULL || lists->keywords == NULL) {
        return false;
    }
    for (Py_ssize_t i = 0; i < plain; i++) {
        lists->args->items[i] = items[i];
    }
    Py_ssize_t a = plain;
    Py_ssize_t k = 0;
    for (Py_ssize_t i = plain; i < total; i += 2) {
        if (items[i] == &starred_mark) {
            lists->args->items[a++] = items[i + 1];
        }
        else {
            lists->keywords->items[k++] = items[i + 1];
        }
    }
    p->scratch_size = mark;
    return true;
}

static bool
arguments_inner(Parser *p, const Span *open, ArgumentLists *lists)
{
    Py_ssize_t mark = p->scratch_size;
    while (!at(p, TOK_RPAR) && !at(p, TOK_DOUBLESTAR) && !at_keyword(p)) {
        Py_ssize_t start = p->pos;
        if (!push(p, at(p, TOK_STAR) ? parse_starred_argument(p) : parse_argument_value(p))) {
            return false;
        }
        Expr *last = p->scratch[p->scratch_size - 1];
        if (open != NULL && p->scratch_size == mark + 1 && last->kind != EXPR_STARRED
            && (at(p, KW_FOR) || at(p, KW_ASYNC))) {
            p->scratch_size = mark;
            return parse_lone_generator(p, *open, last, lists);
        }
        // "f(a.b=1)" is looked at as a keyword argument.
        if (at(p, TOK_EQUAL)) {
            p->pos = start;
            if (p->errors) {
                diagnose_keyword(p);
            }
            return false;
        }
        if (!accept(p, TOK_COMMA)) {
            break;
        }
    }
    if (p->raised) {
        return false;
    }
    Py_ssize_t plain = p->scratch_size - mark;
    bool more = plain == 0 || token_before(p)->type == TOK_COMMA;
    if (more && !push_keywords(p)) {
        return false;
    }
    return accept(p, TOK_RPAR) && split_arguments(p, mark, plain, lists);
}

bool
parse_arguments(Parser *p, const Span *open, ExprSeq **args, KeywordSeq **keywords)
{
    Py_ssize_t start = p->pos;
    ArgumentLists lists = {NULL, NULL};
    if (arguments_inner(p, open, &lists)) {
        *args = lists.args;
        *keywords = lists.keywords;
        return true;
    }
    if (p->errors && !p->raised) {
        p->pos = start;
        diagnose_arguments(p);
    }
    return false;
}
