// Simple statements: a line of them up to its NEWLINE.
//
// Assignments are read as expressions first; what stands before "=" must then be a target and
// changes its context. So no token is parsed twice.
//
// Threading: see parser_internal.h.
#include <string.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/str.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

// ---- assignments ----

static bool
augmented_operator(int type, Operator *op)
{
    switch (type) {
    case TOK_PLUSEQUAL: *op = OP_ADD; return true;
    case TOK_MINEQUAL: *op = OP_SUB; return true;
    case TOK_STAREQUAL: *op = OP_MULT; return true;
    case TOK_ATEQUAL: *op = OP_MAT_MULT; return true;
    case TOK_SLASHEQUAL: *op = OP_DIV; return true;
    case TOK_PERCENTEQUAL: *op = OP_MOD; return true;
    case TOK_AMPEREQUAL: *op = OP_BIT_AND; return true;
    case TOK_VBAREQUAL: *op = OP_BIT_OR; return true;
    case TOK_CIRCUMFLEXEQUAL: *op = OP_BIT_XOR; return true;
    case TOK_LEFTSHIFTEQUAL: *op = OP_LSHIFT; return true;
    case TOK_RIGHTSHIFTEQUAL: *op = OP_RSHIFT; return true;
    case TOK_DOUBLESTAREQUAL: *op = OP_POW; return true;
    case TOK_DOUBLESLASHEQUAL: *op = OP_FLOOR_DIV; return true;
    default: return false;
    }
}

static bool
is_single_target(const Expr *expr)
{
    return expr->kind == EXPR_NAME || expr->kind == EXPR_ATTRIBUTE || expr->kind == EXPR_SUBSCRIPT;
}

static Stmt *
parse_annotated(Parser *p, Span first, Py_ssize_t start, Expr *target)
{
    // Only a bare name is "simple".
    bool simple = target->kind == EXPR_NAME && p->pos == start + 1;
    p->pos++;
    Expr *annotation = parse_expression(p);
    Expr *value = NULL;
    if (annotation == NULL) {
        return NULL;
    }
    if (accept(p, TOK_EQUAL)) {
        value = parse_yield_or_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    if (p->raised || set_context(p, target, CTX_STORE) == NULL) {
        return NULL;
    }
    if (p->feature_version < 6) {
        return raise_feature(p, 6, "Variable annotation syntax is");
    }
    return check_node(
        p, ast_ann_assign(p->arena, span_from(p, first), target, annotation, value, simple));
}

static Stmt *
parse_augmented(Parser *p, Span first, Expr *target, Operator op)
{
    p->pos++;
    Expr *value = parse_yield_or_star_expressions(p);
    if (value == NULL || set_context(p, target, CTX_STORE) == NULL) {
        return NULL;
    }
    if (op == OP_MAT_MULT && p->feature_version < 5) {
        return raise_feature(p, 5, "The '@' operator is");
    }
    return check_node(p, ast_aug_assign(p->arena, span_from(p, first), target, op, value));
}

// target "=" … : any number of targets, then the value.
static Stmt *
parse_assignment_rest(Parser *p, Span first, Expr *expr)
{
    Py_ssize_t mark = p->scratch_size;
    while (at(p, TOK_EQUAL)) {
        if (invalid_target(expr, TARGET_STAR) != NULL) {
            return NULL;
        }
        p->pos++;
        if (!push(p, set_context(p, expr, CTX_STORE))) {
            return NULL;
        }
        expr = parse_yield_or_star_expressions(p);
        if (expr == NULL) {
            return NULL;
        }
    }
    PyObject *comment;
    if (!parse_type_comment(p, &comment)) {
        return NULL;
    }
    ExprSeq *targets = take_seq(p, mark);
    if (targets == NULL) {
        return NULL;
    }
    return check_node(p, ast_assign(p->arena, span_from(p, first), targets, expr, comment));
}

static Stmt *
expression_statement_inner(Parser *p, Py_ssize_t start, Span first)
{
    Operator op;
    Expr *expr = parse_yield_or_star_expressions(p);
    if (expr == NULL) {
        return NULL;
    }
    int next = peek(p);
    if (next == TOK_EQUAL) {
        return parse_assignment_rest(p, first, expr);
    }
    if (next == TOK_COLON) {
        return is_single_target(expr) ? parse_annotated(p, first, start, expr) : NULL;
    }
    if (augmented_operator(next, &op)) {
        return is_single_target(expr) ? parse_augmented(p, first, expr, op) : NULL;
    }
    if (p->errors && next == TOK_COLONEQUAL) {
        return NULL;
    }
    return check_node(p, ast_expr(p->arena, span_from(p, first), expr));
}

static Stmt *
parse_expression_statement(Parser *p)
{
    Py_ssize_t start = p->pos;
    Span first = token_span(p);
    Stmt *stmt = expression_statement_inner(p, start, first);
    if (stmt == NULL && p->errors && !p->raised) {
        p->pos = start;
        diagnose_assignment(p);
        return NULL;
    }
    return stmt;
}

// ---- imports ----

// a.b.c as one name; its span.
static PyObject *
parse_dotted_name(Parser *p, Span *span)
{
    Span first = token_span(p);
    PyObject *name = parse_name_text(p);
    if (name == NULL) {
        return NULL;
    }
    while (at(p, TOK_DOT)) {
        p->pos++;
        PyObject *part = parse_name_text(p);
        if (part == NULL) {
            return NULL;
        }
        PyObject *joined = str_intern_steal(str_format("%U.%U", name, part));
        if (joined == NULL || arena_keep_steal(p->arena, joined) < 0) {
            p->raised = true;
            return NULL;
        }
        name = joined;
    }
    *span = span_from(p, first);
    return name;
}

// In the second pass: what follows "as" is no name.
static bool
diagnose_as_target(Parser *p)
{
    if (at(p, TOK_NAME)) {
        int next = peek_ahead(p, 1);
        if (next == TOK_COMMA || next == TOK_RPAR || next == TOK_NEWLINE || next == TOK_SEMI) {
            return false;
        }
    }
    Py_ssize_t pos = p->pos;
    Expr *target = parse_expression(p);
    p->pos = pos;
    if (target != NULL) {
        raise_at(p, target->span, "cannot use %s as import target", ast_expr_name(target));
    }
    return p->raised;
}

// name ["as" name]; dotted: a.b.c may stand for the first.
static Alias *
parse_import_alias(Parser *p, bool dotted)
{
    Span first = token_span(p);
    Span span;
    PyObject *name = dotted ? parse_dotted_name(p, &span) : parse_name_text(p);
    PyObject *asname = NULL;
    if (name == NULL) {
        return NULL;
    }
    if (accept(p, KW_AS)) {
        if (p->errors && diagnose_as_target(p)) {
            return NULL;
        }
        asname = parse_name_text(p);
        if (asname == NULL) {
            return NULL;
        }
    }
    return check_node(p, ast_alias(p->arena, span_from(p, first), name, asname));
}

// In the second pass, at "import".
static bool
diagnose_import(Parser *p)
{
    Py_ssize_t start = p->pos;
    Span first = token_here(p)->span;
    Span span;
    p->pos++;
    if (at(p, TOK_NEWLINE)) {
        raise_from(p, token_here(p)->span, "Expected one or more names after 'import'");
        return true;
    }
    for (bool more = true; more;) {
        if (parse_dotted_name(p, &span) == NULL) {
            break;
        }
        more = accept(p, TOK_COMMA);
        if (!more && accept(p, KW_FROM) && parse_dotted_name(p, &span) != NULL) {
            raise_from(p, first, "Did you mean to use 'from ... import ...' instead?");
        }
    }
    p->pos = start;
    return p->raised;
}

static Stmt *
parse_import(Parser *p)
{
    if (p->errors && diagnose_import(p)) {
        return NULL;
    }
    Span first = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    p->pos++;
    do {
        if (!push(p, parse_import_alias(p, true))) {
            return NULL;
        }
    } while (accept(p, TOK_COMMA));
    AliasSeq *names = take_seq(p, mark);
    return names != NULL ? check_node(p, ast_import(p->arena, span_from(p, first), names)) : NULL;
}

static PyObject *
star_name(Parser *p)
{
    PyObject *name = str_intern_cstr("*");
    if (name == NULL || arena_keep_steal(p->arena, name) < 0) {
        p->raised = true;
        return NULL;
    }
    return name;
}

// The names after "import" of a from-import.
static AliasSeq *
parse_import_names(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    if (at(p, TOK_STAR)) {
        Span span = token_here(p)->span;
        PyObject *name = star_name(p);
        p->pos++;
        return name != NULL ? one_seq(p, check_node(p, ast_alias(p->arena, span, name, NULL)))
                            : NULL;
    }
    if (p->errors && at(p, TOK_NEWLINE)) {
        return raise_from(p, token_here(p)->span, "Expected one or more names after 'import'");
    }
    bool brackets = accept(p, TOK_LPAR);
    bool trailing = false;
    do {
        if (brackets && trailing && at(p, TOK_RPAR)) {
            break;
        }
        if (!push(p, parse_import_alias(p, false))) {
            return NULL;
        }
        trailing = true;
        if (!brackets && at(p, TOK_COMMA) && peek_ahead(p, 1) == TOK_NEWLINE) {
            // The comma ends the list: after it a bracketed list was meant.
            p->pos++;
            return p->errors ? raise_last(p, "trailing comma not allowed without surrounding "
                                             "parentheses")
                             : NULL;
        }
    } while (accept(p, TOK_COMMA));
    if (brackets && !accept(p, TOK_RPAR)) {
        return NULL;
    }
    return take_seq(p, mark);
}

// Whether the names of a from-import switch the parser to "<>".
static void
note_future(Parser *p, PyObject *module, const AliasSeq *names)
{
    if (module == NULL || !str_equal_cstr(module, "__future__")) {
        return;
    }
    for (Py_ssize_t i = 0; i < names->size; i++) {
        if (str_equal_cstr(names->items[i]->name, "barry_as_FLUFL")) {
            p->flags |= CO_FUTURE_BARRY_AS_BDFL;
        }
    }
}

static Stmt *
parse_from_import(Parser *p)
{
    Span first = token_here(p)->span;
    Span span;
    int level = 0;
    p->pos++;
    while (at(p, TOK_DOT) || at(p, TOK_ELLIPSIS)) {
        level += at(p, TOK_DOT) ? 1 : 3;
        p->pos++;
    }
    PyObject *module = NULL;
    if (level == 0 || !at(p, KW_IMPORT)) {
        module = parse_dotted_name(p, &span);
        if (module == NULL) {
            return NULL;
        }
    }
    if (!accept(p, KW_IMPORT)) {
        return NULL;
    }
    AliasSeq *names = parse_import_names(p);
    if (names == NULL) {
        return NULL;
    }
    if (level == 0) {
        note_future(p, module, names);
    }
    return check_node(p, ast_import_from(p->arena, span_from(p, first), module, names, level));
}

// ---- small statements ----

static bool
at_statement_end(Parser *p)
{
    int type = peek(p);
    return type == TOK_NEWLINE || type == TOK_SEMI;
}

static Stmt *
parse_return(Parser *p)
{
    Span first = token_here(p)->span;
    Expr *value = NULL;
    p->pos++;
    if (starts_expression(peek(p)) || at(p, TOK_STAR)) {
        value = parse_star_expressions(p);
        if (value == NULL) {
            return NULL;
        }
    }
    else if (p->errors && diagnose_statement_keyword(p)) {
        return NULL;
    }
    return check_node(p, ast_return(p->arena, span_from(p, first), value));
}

static Stmt *
parse_raise(Parser *p)
{
    Span first = token_here(p)->span;
    Expr *exc = NULL;
    Expr *cause = NULL;
    p->pos++;
    if (starts_expression(peek(p))) {
        exc = parse_expression(p);
        if (exc == NULL) {
            return NULL;
        }
        if (accept(p, KW_FROM)) {
            cause = parse_expression(p);
            if (cause == NULL) {
                return NULL;
            }
        }
    }
    return check_node(p, ast_raise(p->arena, span_from(p, first), exc, cause));
}

static Stmt *
parse_names_statement(Parser *p, bool global)
{
    Span first = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    do {
        p->pos++;
        if (!push(p, parse_name_text(p))) {
            return NULL;
        }
    } while (at(p, TOK_COMMA));
    IdentifierSeq *names = take_seq(p, mark);
    if (names == NULL) {
        return NULL;
    }
    Span span = span_from(p, first);
    return check_node(p, global ? ast_global(p->arena, span, names)
                                : ast_nonlocal(p->arena, span, names));
}

static Stmt *
parse_del(Parser *p)
{
    Span first = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    p->pos++;
    Py_ssize_t start = p->pos;
    bool comma = true;
    while (comma && (starts_expression(peek(p)) || p->scratch_size == mark)) {
        Expr *target = parse_primary(p);
        if (target == NULL || invalid_target(target, TARGET_DEL) != NULL
            || !push(p, set_context(p, target, CTX_DEL))) {
            comma = false;
            p->scratch_size = mark;
            break;
        }
        comma = accept(p, TOK_COMMA);
    }
    if (p->scratch_size > mark && at_statement_end(p)) {
        ExprSeq *targets = take_seq(p, mark);
        return targets != NULL ? check_node(p, ast_delete(p->arena, span_from(p, first), targets))
                               : NULL;
    }
    if (p->errors && !p->raised) {
        p->pos = start;
        Expr *targets = parse_star_expressions(p);
        if (targets != NULL) {
            raise_invalid_target(p, targets, TARGET_DEL);
        }
    }
    return NULL;
}

static Stmt *
parse_assert(Parser *p)
{
    Span first = token_here(p)->span;
    Expr *message = NULL;
    p->pos++;
    Expr *test = parse_expression(p);
    if (test == NULL) {
        return NULL;
    }
    if (accept(p, TOK_COMMA)) {
        message = parse_expression(p);
        if (message == NULL) {
            return NULL;
        }
    }
    return check_node(p, ast_assert(p->arena, span_from(p, first), test, message));
}

static Stmt *
parse_type_alias(Parser *p)
{
    Span first = token_here(p)->span;
    p->pos++;
    Expr *name = parse_atom(p);
    if (name == NULL || name->kind != EXPR_NAME) {
        return NULL;
    }
    name->Name.ctx = CTX_STORE;
    TypeParamSeq *params = parse_type_params(p);
    if (params == NULL || !accept(p, TOK_EQUAL)) {
        return NULL;
    }
    Expr *value = parse_expression(p);
    if (value == NULL) {
        return NULL;
    }
    if (p->feature_version < 12) {
        return raise_feature(p, 12, "Type statement is");
    }
    return check_node(p, ast_type_alias(p->arena, span_from(p, first), name, params, value));
}

static Stmt *
parse_word_statement(Parser *p, Stmt *(*make)(Arena *, Span))
{
    Span span = token_here(p)->span;
    p->pos++;
    return check_node(p, make(p->arena, span));
}

// "pass if …": a conditional expression was meant.
static Stmt *
parse_flow_word(Parser *p, Stmt *(*make)(Arena *, Span))
{
    if (p->errors && diagnose_statement_keyword(p)) {
        return NULL;
    }
    return parse_word_statement(p, make);
}

static Stmt *
parse_simple_statement(Parser *p)
{
    switch (peek(p)) {
    case KW_RETURN:
        return parse_return(p);
    case KW_IMPORT:
        return parse_import(p);
    case KW_FROM:
        return parse_from_import(p);
    case KW_RAISE:
        return parse_raise(p);
    case KW_PASS:
        return parse_flow_word(p, ast_pass);
    case KW_BREAK:
        return parse_flow_word(p, ast_break);
    case KW_CONTINUE:
        return parse_flow_word(p, ast_continue);
    case KW_DEL:
        return parse_del(p);
    case KW_ASSERT:
        return parse_assert(p);
    case KW_GLOBAL:
        return parse_names_statement(p, true);
    case KW_NONLOCAL:
        return parse_names_statement(p, false);
    case TOK_NAME:
        // "type X = …" and "type X[T] = …"; elsewhere type is a name.
        if (at_word(p, "type") && peek_ahead(p, 1) == TOK_NAME) {
            Py_ssize_t pos = p->pos;
            Py_ssize_t mark = p->scratch_size;
            Stmt *alias = parse_type_alias(p);
            if (alias != NULL || p->raised) {
                return alias;
            }
            p->pos = pos;
            p->scratch_size = mark;
        }
        return parse_expression_statement(p);
    default:
        return parse_expression_statement(p);
    }
}

bool
parse_simple_statements(Parser *p)
{
    do {
        if (!push(p, parse_simple_statement(p))) {
            return false;
        }
    } while (accept(p, TOK_SEMI) && !at(p, TOK_NEWLINE));
    return accept(p, TOK_NEWLINE);
}

bool
parse_statement(Parser *p)
{
    if (!enter(p)) {
        return false;
    }
    bool ok;
    if (starts_compound(p)) {
        ok = push(p, parse_compound_statement(p));
    }
    else {
        bool matched = false;
        Stmt *match = at_word(p, "match") ? parse_match(p, &matched) : NULL;
        ok = match != NULL   ? push(p, match)
             : matched       ? false
                             : !p->raised && parse_simple_statements(p);
    }
    leave(p);
    return ok;
}

StmtSeq *
parse_statements(Parser *p, int end)
{
    Py_ssize_t mark = p->scratch_size;
    while (!at(p, end)) {
        if (!parse_statement(p)) {
            return NULL;
        }
    }
    return p->raised ? NULL : take_seq(p, mark);
}
