// The second pass: mistakes in arguments and parameters. See parser_diagnose.h.
//
// Threading: see parser_internal.h.
#include "syntax/parser_diagnose.h"

enum { LOOKED_FOR_ARGUMENTS = 32, LOOKED_FOR_PARAMETERS = 64 };

// ---- one argument ----

bool
diagnose_keyword(Parser *p)
{
    Place start = place_here(p);
    int type = peek(p);
    Span first = token_span(p);
    int next = type != TOK_ERRORTOKEN ? peek_ahead(p, 1) : TOK_ERRORTOKEN;
    if (next == TOK_EQUAL && (type == KW_TRUE || type == KW_FALSE || type == KW_NONE)) {
        raise_range(p, first, p->tokens[start.pos + 1].span, "cannot assign to %s",
                    token_name(type));
    }
    else if (next == TOK_EQUAL && type == TOK_NAME) {
        Span equal = p->tokens[start.pos + 1].span;
        p->pos += 2;
        if (at(p, TOK_COMMA) || at(p, TOK_RPAR)) {
            raise_range(p, first, equal, "expected argument value expression");
        }
        else if (parse_expression(p) != NULL && parse_for_if_clauses(p) != NULL) {
            raise_range(p, first, equal,
                        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        }
    }
    else if (type == TOK_DOUBLESTAR) {
        p->pos++;
        Expr *value = parse_expression(p) != NULL && accept(p, TOK_EQUAL) ? parse_expression(p)
                                                                          : NULL;
        if (value != NULL) {
            raise_range(p, first, value->span, "cannot assign to keyword argument unpacking");
        }
    }
    else if (starts_expression(type)) {
        Expr *target = parse_expression(p);
        if (target != NULL && at(p, TOK_EQUAL)) {
            raise_range(p, target->span, token_here(p)->span,
                        "expression cannot contain assignment, perhaps you meant \"==\"?");
        }
    }
    go_back(p, start);
    return p->raised;
}

bool
diagnose_starred_argument(Parser *p)
{
    Place start = place_here(p);
    Span first = token_here(p)->span;
    p->pos++;
    if (parse_expression(p) == NULL) {
        raise_last(p, "Invalid star expression");
        return true;
    }
    Expr *value = accept(p, TOK_EQUAL) ? parse_expression(p) : NULL;
    if (value != NULL) {
        raise_range(p, first, value->span, "cannot assign to iterable argument unpacking");
    }
    go_back(p, start);
    return p->raised;
}

// ---- all arguments ----

typedef struct {
    Py_ssize_t count;
    Expr *last_positional;  // the last argument when it is positional
    bool keywords;
    bool unpacked;          // a "**"
} ArgumentScan;

static bool
at_keyword(Parser *p)
{
    return at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_EQUAL;
}

// Skips one argument that may stand at this place: false (cursor unchanged) when there is none.
static bool
scan_argument(Parser *p, ArgumentScan *scan)
{
    Place start = place_here(p);
    bool ok;
    if (at(p, TOK_DOUBLESTAR) || at_keyword(p)) {
        bool unpack = at(p, TOK_DOUBLESTAR);
        p->pos += unpack ? 1 : 2;
        ok = parse_expression(p) != NULL;
        if (ok) {
            scan->keywords = true;
            scan->unpacked |= unpack;
            scan->last_positional = NULL;
        }
    }
    else if (at(p, TOK_STAR)) {
        p->pos++;
        ok = !scan->unpacked && parse_expression(p) != NULL && !at(p, TOK_EQUAL);
        if (ok) {
            scan->last_positional = NULL;
        }
    }
    else {
        Expr *value = scan->keywords ? NULL : parse_argument_value(p);
        ok = value != NULL && !at(p, TOK_EQUAL);
        if (ok) {
            scan->last_positional = value;
        }
    }
    if (!ok) {
        go_back(p, start);
    }
    scan->count += ok;
    return ok && !p->raised;
}

// Skips as many arguments as fit together; the cursor is before a trailing comma.
static ArgumentScan
scan_arguments(Parser *p)
{
    ArgumentScan scan = {0, NULL, false, false};
    for (;;) {
        Py_ssize_t end = p->pos;
        if ((scan.count > 0 && !accept(p, TOK_COMMA)) || !scan_argument(p, &scan)) {
            p->pos = end;
            return scan;
        }
    }
}

// "**a, *b"
static void
diagnose_star_after_unpacking(Parser *p, const ArgumentScan *scan)
{
    if (!scan->keywords || !at(p, TOK_COMMA)) {
        return;
    }
    Span comma = token_here(p)->span;
    bool any = false;
    while (at(p, TOK_COMMA) && peek_ahead(p, 1) == TOK_STAR) {
        Place pos = place_here(p);
        p->pos += 2;
        if (parse_expression(p) == NULL) {
            raise_last(p, "Invalid star expression");
            return;
        }
        if (at(p, TOK_EQUAL)) {
            go_back(p, pos);
            break;
        }
        any = true;
    }
    if (any && !p->raised) {
        raise_from(p, comma, "iterable argument unpacking follows keyword argument unpacking");
    }
}

static Span
last_of_clauses(const ComprehensionSeq *clauses)
{
    const Comprehension *last = clauses->items[clauses->size - 1];
    return last->ifs->size != 0 ? last->ifs->items[last->ifs->size - 1]->span : last->iter->span;
}

static void
raise_bare_generator(Parser *p, const Expr *element, const ComprehensionSeq *clauses)
{
    raise_range(p, element->span, last_of_clauses(clauses),
                "Generator expression must be parenthesized");
}

// "a for b in c, …" at the cursor.
static void
diagnose_first_generator(Parser *p)
{
    Expr *element = at(p, TOK_STAR) || at(p, TOK_DOUBLESTAR) ? NULL : parse_expression(p);
    ComprehensionSeq *clauses = element != NULL ? parse_for_if_clauses(p) : NULL;
    if (clauses != NULL && accept(p, TOK_COMMA)) {
        // Reading on may find that the text ends in the middle.
        scan_arguments(p);
        raise_bare_generator(p, element, clauses);
    }
}

// A generator among other arguments, or a positional argument after keywords.
static void
diagnose_after_scan(Parser *p, const ArgumentScan *scan)
{
    if (scan->count == 0 || p->raised) {
        return;
    }
    Place pos = place_here(p);
    if (scan->last_positional != NULL && scan->count > 1) {
        ComprehensionSeq *clauses = parse_for_if_clauses(p);
        if (clauses != NULL) {
            raise_bare_generator(p, scan->last_positional, clauses);
        }
        go_back(p, pos);
    }
    if (p->raised || !accept(p, TOK_COMMA)) {
        return;
    }
    pos = place_here(p);
    Expr *element = starts_expression(peek(p)) ? parse_expression(p) : NULL;
    ComprehensionSeq *clauses = element != NULL ? parse_for_if_clauses(p) : NULL;
    if (clauses != NULL) {
        raise_bare_generator(p, element, clauses);
    }
    go_back(p, pos);
    if (!p->raised && scan_arguments(p).count > 0) {
        raise_last(p, scan->unpacked
                          ? "positional argument follows keyword argument unpacking"
                          : "positional argument follows keyword argument");
    }
}

bool
diagnose_arguments(Parser *p)
{
    Place start = place_here(p);
    if (peek(p) == TOK_ERRORTOKEN || (token_here(p)->diagnosed & LOOKED_FOR_ARGUMENTS) != 0) {
        return p->raised;
    }
    token_here(p)->diagnosed |= LOOKED_FOR_ARGUMENTS;
    p->pos--;
    bool found = at(p, TOK_LPAR) && diagnose_comprehension(p);
    go_back(p, start);
    if (!found) {
        ArgumentScan scan = scan_arguments(p);
        if (!p->raised) {
            Py_ssize_t end = p->pos;
            diagnose_star_after_unpacking(p, &scan);
            if (!p->raised) {
                go_back(p, start);
                diagnose_first_generator(p);
            }
            p->pos = end;
            diagnose_after_scan(p, &scan);
        }
    }
    go_back(p, start);
    return p->raised;
}

// ---- parameters ----

typedef struct {
    Parser *p;
    bool lambda;
    int end;
    bool slash;             // "/" was seen
    bool any;               // a parameter was seen
    bool defaults;          // one with a default was seen
    bool slash_default;     // one with a default was seen before "/"
    bool settled;           // and another one after it: nothing more is said about defaults
    bool star;              // "*" was seen
} ParamScan;

// At "=": true when a value follows, which is skipped.
static bool
scan_default(ParamScan *s)
{
    Parser *p = s->p;
    Span equal = token_here(p)->span;
    p->pos++;
    if (at(p, TOK_RPAR) || at(p, TOK_COMMA)) {
        raise_at(p, equal, "expected default value expression");
        return false;
    }
    return parse_expression(p) != NULL;
}

// A name with its annotation.
static bool
scan_param(ParamScan *s)
{
    Parser *p = s->p;
    if (!accept(p, TOK_NAME)) {
        return false;
    }
    if (!s->lambda && accept(p, TOK_COLON)) {
        return parse_star_expression(p) != NULL;
    }
    return !p->raised;
}

static bool
scan_comma(ParamScan *s)
{
    return accept(s->p, TOK_COMMA) || (!s->p->raised && at(s->p, s->end));
}

static bool
scan_slash(ParamScan *s)
{
    Parser *p = s->p;
    Span slash = token_here(p)->span;
    if (s->star) {
        raise_at(p, slash, "/ must be ahead of *");
        return false;
    }
    if (s->slash) {
        raise_at(p, slash, "/ may appear only once");
        return false;
    }
    p->pos++;
    if (!s->any) {
        if (at(p, TOK_COMMA)) {
            raise_at(p, slash, "at least one argument must precede /");
        }
        return false;
    }
    s->slash = true;
    s->slash_default = s->defaults;
    if (at(p, TOK_STAR)) {
        raise_at(p, token_here(p)->span, "expected comma between / and *");
        return false;
    }
    return scan_comma(s);
}

// "(a, b)" among the parameters.
static void
diagnose_bracketed_params(ParamScan *s)
{
    Parser *p = s->p;
    Span open = token_here(p)->span;
    if (s->defaults || s->star) {
        return;
    }
    p->pos++;
    bool any = false;
    while (accept(p, TOK_NAME)) {
        any = true;
        if (!accept(p, TOK_COMMA)) {
            break;
        }
    }
    if (any && at(p, TOK_RPAR)) {
        raise_range(p, open, token_here(p)->span,
                    s->lambda ? "Lambda expression parameters cannot be parenthesized"
                              : "Function parameters cannot be parenthesized");
    }
}

static bool
scan_plain_param(ParamScan *s)
{
    Parser *p = s->p;
    Span first = token_here(p)->span;
    if (!scan_param(s)) {
        return false;
    }
    if (at(p, TOK_EQUAL)) {
        s->defaults = true;
        s->settled |= s->slash_default;
        if (!scan_default(s)) {
            return false;
        }
    }
    else if (s->defaults && !s->settled && !s->star && (at(p, TOK_COMMA) || at(p, s->end))) {
        Span last = span_from(p, first);
        raise_at(p, last, "parameter without a default follows parameter with a default");
        return false;
    }
    s->any = true;
    return scan_comma(s);
}

// In a lambda the place is what follows.
static void
raise_bare_star(ParamScan *s, Span star)
{
    static const char text[] = "named arguments must follow bare *";
    if (s->lambda) {
        raise_last(s->p, text);
    }
    else {
        raise_at(s->p, star, text);
    }
}

static bool
scan_star(ParamScan *s)
{
    Parser *p = s->p;
    Span star = token_here(p)->span;
    p->pos++;
    if (s->star) {
        bool named = at(p, TOK_NAME) && scan_param(s) && (at(p, TOK_COMMA) || at(p, s->end));
        if (named || at(p, TOK_COMMA)) {
            raise_at(p, star, "* may appear only once");
        }
        return false;
    }
    s->star = true;
    if (at(p, s->end)) {
        raise_bare_star(s, star);
        return false;
    }
    if (accept(p, TOK_COMMA)) {
        if (at(p, s->end) || at(p, TOK_DOUBLESTAR)) {
            raise_bare_star(s, star);
        }
        else if (at(p, TOK_TYPE_COMMENT)) {
            raise_last(p, "bare * has associated type comment");
        }
        return !p->raised;
    }
    if (!scan_param(s)) {
        return false;
    }
    if (at(p, TOK_EQUAL)) {
        raise_at(p, token_here(p)->span, "var-positional argument cannot have default value");
        return false;
    }
    return scan_comma(s);
}

static void
scan_double_star(ParamScan *s)
{
    Parser *p = s->p;
    p->pos++;
    if (!scan_param(s)) {
        return;
    }
    if (at(p, TOK_EQUAL)) {
        raise_at(p, token_here(p)->span, "var-keyword argument cannot have default value");
        return;
    }
    if (!accept(p, TOK_COMMA)) {
        return;
    }
    Span next = token_span(p);
    if (at(p, TOK_NAME)) {
        if (scan_param(s)) {
            raise_at(p, span_from(p, next), "arguments cannot follow var-keyword argument");
        }
    }
    else if (at(p, TOK_STAR) || at(p, TOK_DOUBLESTAR) || at(p, TOK_SLASH)) {
        raise_at(p, next, "arguments cannot follow var-keyword argument");
    }
}

bool
diagnose_parameters(Parser *p, bool lambda)
{
    Place start = place_here(p);
    if (peek(p) == TOK_ERRORTOKEN || (token_here(p)->diagnosed & LOOKED_FOR_PARAMETERS) != 0) {
        return p->raised;
    }
    token_here(p)->diagnosed |= LOOKED_FOR_PARAMETERS;
    ParamScan scan = {.p = p, .lambda = lambda, .end = lambda ? TOK_COLON : TOK_RPAR};
    bool more = true;
    while (more && !p->raised) {
        accept(p, TOK_TYPE_COMMENT);
        switch (peek(p)) {
        case TOK_SLASH:
            more = scan_slash(&scan);
            break;
        case TOK_STAR:
            more = scan_star(&scan);
            break;
        case TOK_DOUBLESTAR:
            scan_double_star(&scan);
            more = false;
            break;
        case TOK_LPAR:
            diagnose_bracketed_params(&scan);
            more = false;
            break;
        case TOK_NAME:
            more = scan_plain_param(&scan);
            break;
        default:
            more = false;
            break;
        }
    }
    go_back(p, start);
    return p->raised;
}
