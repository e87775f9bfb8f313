// Compound statements except `match`: if, while, for, with, try, def, class, and their blocks.
//
// Threading: see parser_internal.h.
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

// ---- colons and blocks ----

// The token must follow, whatever else could be tried.
static bool
expect_forced(Parser *p, int type, const char *text)
{
    if (accept(p, type)) {
        return true;
    }
    if (!p->raised) {
        raise_at(p, token_here(p)->span, "expected '%s'", text);
    }
    return false;
}

static bool
expect_colon(Parser *p)
{
    if (accept(p, TOK_COLON)) {
        return true;
    }
    if (p->errors && !p->raised && at(p, TOK_NEWLINE)) {
        raise_last(p, "expected ':'");
    }
    return false;
}

StmtSeq *
parse_block(Parser *p, const char *what, int lineno)
{
    Py_ssize_t mark = p->scratch_size;
    if (!at(p, TOK_NEWLINE)) {
        return parse_simple_statements(p) ? take_seq(p, mark) : NULL;
    }
    p->pos++;
    if (!accept(p, TOK_INDENT)) {
        if (p->errors && !p->raised) {
            raise_indentation(p, "expected an indented block after %s on line %d", what, lineno);
        }
        return NULL;
    }
    while (!at(p, TOK_DEDENT)) {
        if (at(p, TOK_ENDMARKER) || !parse_statement(p)) {
            return NULL;
        }
    }
    p->pos++;
    return take_seq(p, mark);
}

// Optional "else:" with its block; an empty sequence when there is none.
static StmtSeq *
parse_else(Parser *p)
{
    if (!at(p, KW_ELSE)) {
        return p->raised ? NULL : empty_seq(p);
    }
    int lineno = token_here(p)->span.lineno;
    p->pos++;
    return expect_forced(p, TOK_COLON, ":") ? parse_block(p, "'else' statement", lineno) : NULL;
}

// ---- if, while ----

// "if" or "elif" with test and body, its orelse still open; the span ends nowhere yet.
static Stmt *
parse_if_head(Parser *p, const char *what)
{
    Span first = token_here(p)->span;
    p->pos++;
    Expr *test = parse_named_expression(p);
    if (test == NULL || !expect_colon(p)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, what, first.lineno);
    return body != NULL ? check_node(p, ast_if(p->arena, first, test, body, NULL)) : NULL;
}

// A chain of elif is a chain of If in orelse: built from its end.
static Stmt *
parse_if(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    if (!push(p, parse_if_head(p, "'if' statement"))) {
        return NULL;
    }
    while (at(p, KW_ELIF)) {
        if (!push(p, parse_if_head(p, "'elif' statement"))) {
            return NULL;
        }
    }
    bool has_else = at(p, KW_ELSE);
    StmtSeq *orelse = parse_else(p);
    if (orelse == NULL) {
        return NULL;
    }
    if (p->errors && has_else && at(p, KW_ELIF)) {
        return raise_at(p, token_here(p)->span, "'elif' block follows an 'else' block");
    }
    Stmt *stmt = NULL;
    for (Py_ssize_t i = p->scratch_size - 1; i >= mark; i--) {
        stmt = p->scratch[i];
        stmt->span = span_from(p, stmt->span);
        stmt->If.orelse = orelse;
        if (i > mark) {
            orelse = check_node(p, stmt_seq_new(p->arena, 1));
            if (orelse == NULL) {
                return NULL;
            }
            orelse->items[0] = stmt;
        }
    }
    p->scratch_size = mark;
    return stmt;
}

static Stmt *
parse_while(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    Expr *test = parse_named_expression(p);
    if (test == NULL || !expect_colon(p)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "'while' statement", first.lineno);
    StmtSeq *orelse = body != NULL ? parse_else(p) : NULL;
    if (orelse == NULL) {
        return NULL;
    }
    return check_node(p, ast_while(p->arena, span_from(p, first), test, body, orelse));
}

// ---- for ----

static Expr *
parse_for_target(Parser *p)
{
    Expr *target = parse_star_target_list(p);
    if (target == NULL || !at(p, KW_IN) || invalid_target(target, TARGET_STAR) != NULL) {
        return NULL;
    }
    p->pos++;
    return set_context(p, target, CTX_STORE);
}

static Stmt *
parse_for(Parser *p, Span first, bool is_async)
{
    Py_ssize_t start = p->pos;
    p->pos++;
    Expr *target = parse_for_target(p);
    if (target == NULL) {
        if (p->errors && !p->raised) {
            p->pos = start;
            diagnose_for_target(p, true);
        }
        return NULL;
    }
    Expr *iter = parse_star_expressions(p);
    if (iter == NULL || !expect_colon(p)) {
        return NULL;
    }
    PyObject *comment;
    if (!parse_type_comment(p, &comment)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "'for' statement", first.lineno);
    StmtSeq *orelse = body != NULL ? parse_else(p) : NULL;
    if (orelse == NULL) {
        return NULL;
    }
    if (is_async && p->feature_version < 5) {
        return raise_feature(p, 5, "Async for loops are");
    }
    Span span = span_from(p, first);
    return check_node(
        p, is_async ? ast_async_for(p->arena, span, target, iter, body, orelse, comment)
                    : ast_for(p->arena, span, target, iter, body, orelse, comment));
}

// ---- with ----

static WithItem *
parse_with_item(Parser *p)
{
    Expr *context = parse_expression(p);
    if (context == NULL || !accept(p, KW_AS)) {
        return context != NULL && !p->raised
                   ? check_node(p, ast_withitem(p->arena, context, NULL))
                   : NULL;
    }
    Py_ssize_t start = p->pos;
    Span first = token_span(p);
    bool star = accept(p, TOK_STAR);
    Expr *target = parse_primary(p);
    if (target != NULL && star) {
        target = check_node(p, ast_starred(p->arena, span_from(p, first), target, CTX_STORE));
    }
    int next = target != NULL ? peek(p) : 0;
    bool ends = next == TOK_COMMA || next == TOK_RPAR || next == TOK_COLON
                || (p->errors && next == TOK_NEWLINE);
    if (target != NULL && ends && invalid_target(target, TARGET_STAR) == NULL) {
        return set_context(p, target, CTX_STORE) != NULL
                   ? check_node(p, ast_withitem(p->arena, context, target))
                   : NULL;
    }
    if (p->errors && !p->raised) {
        p->pos = start;
        Expr *expr = parse_expression(p);
        next = expr != NULL ? peek(p) : 0;
        if (next == TOK_COMMA || next == TOK_RPAR || next == TOK_COLON) {
            raise_invalid_target(p, expr, TARGET_STAR);
        }
    }
    return NULL;
}

// "( item, … ) :" up to the colon; NULL without an exception when it is not that.
static WithItemSeq *
parse_bracketed_items(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    p->pos++;
    do {
        if (!push(p, parse_with_item(p))) {
            return NULL;
        }
    } while (accept(p, TOK_COMMA) && !at(p, TOK_RPAR));
    return accept(p, TOK_RPAR) && expect_colon(p) ? take_seq(p, mark) : NULL;
}

static WithItemSeq *
parse_with_items(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    Py_ssize_t start = p->pos;
    if (at(p, TOK_LPAR)) {
        WithItemSeq *items = parse_bracketed_items(p);
        if (items != NULL || p->raised) {
            return items;
        }
        p->pos = start;
        p->scratch_size = mark;
    }
    do {
        if (!push(p, parse_with_item(p))) {
            return NULL;
        }
    } while (accept(p, TOK_COMMA));
    return expect_colon(p) ? take_seq(p, mark) : NULL;
}

static Stmt *
parse_with(Parser *p, Span first, bool is_async)
{
    PyObject *comment;
    p->pos++;
    WithItemSeq *items = parse_with_items(p);
    if (items == NULL || !parse_type_comment(p, &comment)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "'with' statement", first.lineno);
    if (body == NULL) {
        return NULL;
    }
    if (is_async && p->feature_version < 5) {
        return raise_feature(p, 5, "Async with statements are");
    }
    Span span = span_from(p, first);
    return check_node(p, is_async ? ast_async_with(p->arena, span, items, body, comment)
                                  : ast_with(p->arena, span, items, body, comment));
}

// ---- try ----

// The mistakes in the head of an except clause; at the token after "except" or "except*".
static bool
diagnose_except(Parser *p, bool star)
{
    if (at(p, TOK_NEWLINE) || at(p, TOK_COLON)) {
        if (star) {
            raise_last(p, "expected one or more exception types");
        }
        else if (at(p, TOK_NEWLINE)) {
            raise_last(p, "expected ':'");
        }
        return p->raised;
    }
    Span first = token_span(p);
    Expr *types = parse_expressions(p);
    if (types == NULL) {
        return p->raised;
    }
    bool several = types->kind == EXPR_TUPLE && types->span.lineno == first.lineno
                   && types->span.col_offset == first.col_offset
                   && p->tokens[p->pos - 1].type != TOK_RPAR;
    if (accept(p, KW_AS)) {
        bool plain = at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_COLON;
        if (several && plain) {
            p->pos += 2;
            raise_from(p, first, "multiple exception types must be parenthesized when using 'as'");
            return true;
        }
        if (at(p, TOK_NAME) && peek_ahead(p, 1) == TOK_NEWLINE) {
            p->pos++;
            raise_last(p, "expected ':'");
            return true;
        }
        Expr *target = plain ? NULL : parse_expression(p);
        if (target != NULL && at(p, TOK_COLON)) {
            raise_at(p, target->span, "cannot use except%s statement with %s", star ? "*" : "",
                     ast_expr_name(target));
        }
        return p->raised;
    }
    if (at(p, TOK_NEWLINE)) {
        raise_last(p, "expected ':'");
    }
    return p->raised;
}

static ExceptHandler *
parse_handler(Parser *p, bool star)
{
    Span first = token_here(p)->span;
    Expr *type = NULL;
    PyObject *name = NULL;
    p->pos += star ? 2 : 1;
    Py_ssize_t start = p->pos;
    bool ok = star || !at(p, TOK_COLON);
    if (ok) {
        type = parse_expression(p);
        bool several = type != NULL && at(p, TOK_COMMA);
        if (several) {
            p->pos = start;
            type = parse_expressions(p);
            if (type != NULL && p->feature_version < 14) {
                return raise_feature(p, 14, "except expressions without parentheses are");
            }
        }
        ok = type != NULL;
        if (ok && !several && accept(p, KW_AS)) {
            name = parse_name_text(p);
            ok = name != NULL;
        }
    }
    else {
        ok = true;
    }
    if (!ok || !accept(p, TOK_COLON)) {
        p->pos = start;
        if (p->errors && !p->raised) {
            diagnose_except(p, star);
        }
        return NULL;
    }
    StmtSeq *body = parse_block(p, star ? "'except*' statement" : "'except' statement",
                                first.lineno);
    return body != NULL
               ? check_node(p, ast_except_handler(p->arena, span_from(p, first), type, name, body))
               : NULL;
}

static bool
at_except(Parser *p, bool star)
{
    return at(p, KW_EXCEPT) && (peek_ahead(p, 1) == TOK_STAR) == star;
}

// Clauses of one kind; in the second pass the other kind among them is an error.
static bool
push_handlers(Parser *p, bool star)
{
    while (at_except(p, star)) {
        if (!push(p, parse_handler(p, star))) {
            return false;
        }
    }
    if (p->errors && at(p, KW_EXCEPT)) {
        Span first = token_here(p)->span;
        Span last = star ? first : p->tokens[p->pos + 1].span;
        raise_range(p, first, last,
                    "cannot have both 'except' and 'except*' on the same 'try'");
    }
    return !p->raised;
}

static StmtSeq *
parse_finally(Parser *p)
{
    if (!at(p, KW_FINALLY)) {
        return p->raised ? NULL : empty_seq(p);
    }
    int lineno = token_here(p)->span.lineno;
    p->pos++;
    return expect_forced(p, TOK_COLON, ":") ? parse_block(p, "'finally' statement", lineno) : NULL;
}

static Stmt *
parse_try(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    if (!expect_forced(p, TOK_COLON, ":")) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "'try' statement", first.lineno);
    if (body == NULL) {
        return NULL;
    }
    if (!at(p, KW_EXCEPT) && !at(p, KW_FINALLY)) {
        return p->errors && !p->raised ? raise_last(p, "expected 'except' or 'finally' block")
                                       : NULL;
    }
    Py_ssize_t mark = p->scratch_size;
    bool star = at_except(p, true);
    if (!push_handlers(p, star)) {
        return NULL;
    }
    bool any = p->scratch_size > mark;
    ExceptHandlerSeq *handlers = take_seq(p, mark);
    StmtSeq *orelse = handlers == NULL ? NULL : any ? parse_else(p) : empty_seq(p);
    StmtSeq *final = orelse != NULL ? parse_finally(p) : NULL;
    if (final == NULL) {
        return NULL;
    }
    if (star && p->feature_version < 11) {
        return raise_feature(p, 11, "Exception groups are");
    }
    Span span = span_from(p, first);
    return check_node(p, star ? ast_try_star(p->arena, span, body, handlers, orelse, final)
                              : ast_try(p->arena, span, body, handlers, orelse, final));
}

// ---- type parameters ----

// Optional ": expression". A starred parameter has none.
static bool
parse_bound(Parser *p, int star, Expr **bound)
{
    *bound = NULL;
    if (!at(p, TOK_COLON)) {
        return !p->raised;
    }
    Span colon = token_here(p)->span;
    p->pos++;
    *bound = parse_expression(p);
    if (*bound != NULL && star != 0) {
        raise_from(p, colon, "cannot use %s with %s",
                   (*bound)->kind == EXPR_TUPLE ? "constraints" : "bound",
                   star == TOK_STAR ? "TypeVarTuple" : "ParamSpec");
    }
    return *bound != NULL && !p->raised;
}

static TypeParam *
parse_type_param(Parser *p)
{
    Span first = token_span(p);
    int star = at(p, TOK_STAR) || at(p, TOK_DOUBLESTAR) ? peek(p) : 0;
    p->pos += star != 0;
    PyObject *name = parse_name_text(p);
    Expr *bound;
    Expr *value = NULL;
    if (name == NULL || !parse_bound(p, star, &bound)) {
        return NULL;
    }
    if (accept(p, TOK_EQUAL)) {
        value = star == TOK_STAR ? parse_star_expression(p) : parse_expression(p);
        if (value == NULL) {
            return NULL;
        }
        if (p->feature_version < 13) {
            return raise_feature(p, 13, "Type parameter defaults are");
        }
    }
    Span span = span_from(p, first);
    if (star == TOK_STAR) {
        return check_node(p, ast_type_var_tuple(p->arena, span, name, value));
    }
    if (star == TOK_DOUBLESTAR) {
        return check_node(p, ast_param_spec(p->arena, span, name, value));
    }
    return check_node(p, ast_type_var(p->arena, span, name, bound, value));
}

TypeParamSeq *
parse_type_params(Parser *p)
{
    if (!at(p, TOK_LSQB)) {
        return p->raised ? NULL : empty_seq(p);
    }
    Py_ssize_t mark = p->scratch_size;
    p->pos++;
    if (at(p, TOK_RSQB)) {
        Span close = token_here(p)->span;
        return raise_from(p, close, "Type parameter list cannot be empty");
    }
    do {
        if (!push(p, parse_type_param(p))) {
            return NULL;
        }
    } while (accept(p, TOK_COMMA) && !at(p, TOK_RSQB));
    if (!accept(p, TOK_RSQB)) {
        return NULL;
    }
    if (p->feature_version < 12) {
        return raise_feature(p, 12, "Type parameter lists are");
    }
    return take_seq(p, mark);
}

// ---- def and class ----

// "# type: …" after the colon, or alone on the first line of the block.
static bool
parse_function_comment(Parser *p, PyObject **comment)
{
    if (!parse_type_comment(p, comment)) {
        return false;
    }
    if ((p->flags & PARSE_TYPE_COMMENTS) == 0 || !at(p, TOK_NEWLINE)
        || peek_ahead(p, 1) != TOK_TYPE_COMMENT || peek_ahead(p, 2) != TOK_NEWLINE
        || peek_ahead(p, 3) != TOK_INDENT) {
        return !p->raised;
    }
    if (*comment != NULL) {
        if (p->errors) {
            raise_last(p, "Cannot have two type comments on def");
        }
        return false;
    }
    p->pos++;
    return parse_type_comment(p, comment);
}

static Stmt *
parse_function(Parser *p, Span first, bool is_async, ExprSeq *decorators)
{
    p->pos++;
    PyObject *name = parse_name_text(p);
    Py_ssize_t pos = p->pos;
    TypeParamSeq *params = name != NULL ? parse_type_params(p) : NULL;
    if (params == NULL && name != NULL) {
        // Without them a bracket is missing here.
        p->pos = pos;
        expect_forced(p, TOK_LPAR, "(");
        return NULL;
    }
    if (params == NULL || !expect_forced(p, TOK_LPAR, "(")) {
        return NULL;
    }
    Arguments *args = parse_parameters(p, false);
    if (args == NULL || !accept(p, TOK_RPAR)) {
        return NULL;
    }
    Expr *returns = NULL;
    pos = p->pos;
    if (accept(p, TOK_RARROW) && (returns = parse_expression(p)) == NULL) {
        p->pos = pos;
    }
    PyObject *comment;
    if (!expect_forced(p, TOK_COLON, ":") || !parse_function_comment(p, &comment)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "function definition", first.lineno);
    if (body == NULL) {
        return NULL;
    }
    if (is_async && p->feature_version < 5) {
        return raise_feature(p, 5, "Async functions are");
    }
    Span span = span_from(p, first);
    return check_node(p, is_async ? ast_async_function_def(p->arena, span, name, args, body,
                                                           decorators, returns, comment, params)
                                  : ast_function_def(p->arena, span, name, args, body, decorators,
                                                     returns, comment, params));
}

static Stmt *
parse_class(Parser *p, ExprSeq *decorators)
{
    Span first = token_here(p)->span;
    p->pos++;
    PyObject *name = parse_name_text(p);
    TypeParamSeq *params = name != NULL ? parse_type_params(p) : NULL;
    if (params == NULL) {
        return NULL;
    }
    ExprSeq *bases;
    KeywordSeq *keywords;
    if (at(p, TOK_LPAR)) {
        p->pos++;
        if (!parse_arguments(p, NULL, &bases, &keywords)) {
            return NULL;
        }
    }
    else {
        bases = empty_seq(p);
        keywords = empty_seq(p);
        if (bases == NULL || keywords == NULL) {
            return NULL;
        }
    }
    if (!expect_colon(p)) {
        return NULL;
    }
    StmtSeq *body = parse_block(p, "class definition", first.lineno);
    if (body == NULL) {
        return NULL;
    }
    return check_node(p, ast_class_def(p->arena, span_from(p, first), name, bases, keywords, body,
                                       decorators, params));
}

static Stmt *
parse_async(Parser *p, ExprSeq *decorators)
{
    Span first = token_here(p)->span;
    p->pos++;
    int next = peek(p);
    if (next == KW_DEF) {
        return parse_function(p, first, true,
                              decorators != NULL ? decorators : empty_seq(p));
    }
    if (decorators == NULL && next == KW_FOR) {
        return parse_for(p, first, true);
    }
    return decorators == NULL && next == KW_WITH ? parse_with(p, first, true) : NULL;
}

static Stmt *
parse_decorated(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    while (accept(p, TOK_AT)) {
        if (!push(p, parse_named_expression(p)) || !accept(p, TOK_NEWLINE)) {
            return NULL;
        }
    }
    ExprSeq *decorators = take_seq(p, mark);
    if (decorators == NULL) {
        return NULL;
    }
    switch (peek(p)) {
    case KW_DEF:
        return parse_function(p, token_here(p)->span, false, decorators);
    case KW_CLASS:
        return parse_class(p, decorators);
    case KW_ASYNC:
        return parse_async(p, decorators);
    default:
        return NULL;
    }
}

// ---- choice ----

bool
starts_compound(Parser *p)
{
    switch (peek(p)) {
    case KW_IF:
    case KW_WHILE:
    case KW_FOR:
    case KW_WITH:
    case KW_TRY:
    case KW_DEF:
    case KW_CLASS:
    case KW_ASYNC:
    case TOK_AT:
        return true;
    default:
        return false;
    }
}

Stmt *
parse_compound_statement(Parser *p)
{
    Span first = token_here(p)->span;
    ExprSeq *none;
    switch (peek(p)) {
    case KW_IF:
        return parse_if(p);
    case KW_WHILE:
        return parse_while(p);
    case KW_FOR:
        return parse_for(p, first, false);
    case KW_WITH:
        return parse_with(p, first, false);
    case KW_TRY:
        return parse_try(p);
    case KW_ASYNC:
        return parse_async(p, NULL);
    case TOK_AT:
        return parse_decorated(p);
    default:
        none = empty_seq(p);
        if (none == NULL) {
            return NULL;
        }
        return peek(p) == KW_DEF ? parse_function(p, first, false, none) : parse_class(p, none);
    }
}
