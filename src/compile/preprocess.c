// The tree that ast.parse(optimize=...) shows: a few nodes are replaced, in place.
//
//   __debug__            its value
//   "%s-%r" % (a, b)     a formatted string
//   case -1: case 1+2j:  the number
//   docstrings           dropped at level 2
//
// Other folding is left to the compiler (fold.c): it does not show.
//
// Threading: the tree belongs to the caller.
#include <stdio.h>

#include "abi/constants.h"
#include "compile/codegen_internal.h"
#include "objects/error.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "thread/thread.h"

typedef struct {
    Arena *arena;
    int level;
} Preprocess;

static int
make_constant(Preprocess *p, Expr *e, PyObject *value)
{
    if (value == NULL || arena_keep_steal(p->arena, value) < 0) {
        return -1;
    }
    e->kind = EXPR_CONSTANT;
    e->Constant.value = value;
    e->Constant.kind = NULL;
    return 0;
}

// ---- "%s" % (a, b) ----

typedef struct {
    Preprocess *pass;
    Span span;              // of the whole expression
    PyObject *format;       // str
    Py_ssize_t at;
    ExprSeq *values;        // of the JoinedStr; its size grows
} FormatReader;

static Py_UCS4
peek(const FormatReader *r)
{
    return r->at < str_length(r->format) ? str_read_char(r->format, r->at) : 0;
}

static int
add_value(FormatReader *r, Expr *value)
{
    if (value == NULL) {
        return -1;
    }
    r->values->items[r->values->size++] = value;
    return 0;
}

// A constant of the format's text [from, to). Consumes nothing; NULL with an exception.
static Expr *
text_constant(FormatReader *r, PyObject *text)
{
    if (text == NULL || arena_keep_steal(r->pass->arena, text) < 0) {
        return NULL;
    }
    return ast_constant(r->pass->arena, r->span, text, NULL);
}

// Literal text up to the next conversion, "%%" being "%". 0 or -1.
static int
read_literal(FormatReader *r)
{
    StrWriter w;
    str_writer_init(&w);
    bool any = false;
    int failed = 0;
    while (failed == 0 && r->at < str_length(r->format)) {
        Py_UCS4 ch = peek(r);
        if (ch == '%') {
            if (r->at + 1 >= str_length(r->format) ||
                str_read_char(r->format, r->at + 1) != '%') {
                break;
            }
            r->at++;
        }
        failed = str_writer_char(&w, ch);
        any = true;
        r->at++;
    }
    PyObject *text = failed == 0 ? str_writer_finish(&w) : NULL;
    if (failed < 0) {
        str_writer_discard(&w);
        return -1;
    }
    if (!any) {
        xdecref(text);
        return text == NULL ? -1 : 0;
    }
    return add_value(r, text_constant(r, text));
}

// Up to two digits. False when there are more.
static bool
read_number(FormatReader *r, int *number)
{
    *number = -1;
    for (int digits = 0; peek(r) >= '0' && peek(r) <= '9'; digits++) {
        if (digits == 2) {
            return false;
        }
        *number = (*number < 0 ? 0 : *number * 10) + (int)(peek(r) - '0');
        r->at++;
    }
    return true;
}

// %[-][width][.precision](s|r|a) of `argument`: 1 and a FormattedValue; 0 when it is anything
// else; -1.
static int
read_conversion(FormatReader *r, Expr *argument)
{
    char spec[16];
    int width, precision = -1, n = 0;
    r->at++;
    bool left = peek(r) == '-';
    r->at += left;
    if (peek(r) == '0' || !read_number(r, &width)) {
        return 0;
    }
    if (peek(r) == '.') {
        r->at++;
        if (!read_number(r, &precision)) {
            return 0;
        }
        precision = precision < 0 ? 0 : precision;
    }
    Py_UCS4 conversion = peek(r);
    if (conversion != 's' && conversion != 'r' && conversion != 'a') {
        return 0;
    }
    r->at++;
    if (width >= 0) {
        n += snprintf(spec + n, sizeof spec - (size_t)n, "%s%d", left ? "" : ">", width);
    }
    if (precision >= 0) {
        n += snprintf(spec + n, sizeof spec - (size_t)n, ".%d", precision);
    }
    Expr *format_spec = NULL;
    if (n > 0) {
        format_spec = text_constant(r, str_from_ascii(spec, n));
        if (format_spec == NULL) {
            return -1;
        }
    }
    Expr *value = ast_formatted_value(r->pass->arena, r->span, argument, (int)conversion,
                                      format_spec);
    return add_value(r, value) < 0 ? -1 : 1;
}

static int
format_operator(Preprocess *p, Expr *e)
{
    Expr *left = e->BinOp.left, *right = e->BinOp.right;
    if (e->BinOp.op != OP_MOD || left->kind != EXPR_CONSTANT || right->kind != EXPR_TUPLE ||
        !str_check_exact(left->Constant.value) || ast_has_starred(right->Tuple.elts)) {
        return 0;
    }
    const ExprSeq *arguments = right->Tuple.elts;
    ExprSeq *values = expr_seq_new(p->arena, arguments->size * 2 + 1);
    if (values == NULL) {
        return -1;
    }
    values->size = 0;
    FormatReader r = {p, e->span, left->Constant.value, 0, values};
    for (Py_ssize_t i = 0;; i++) {
        if (read_literal(&r) < 0) {
            return -1;
        }
        if (i == arguments->size || r.at >= str_length(r.format)) {
            if (i != arguments->size || r.at < str_length(r.format)) {
                return 0;       // fails when it runs
            }
            break;
        }
        int read = read_conversion(&r, arguments->items[i]);
        if (read <= 0) {
            return read;
        }
    }
    e->kind = EXPR_JOINED_STR;
    e->JoinedStr.values = values;
    return 0;
}

// ---- patterns ----

// -1 and 1 + 2j as patterns and keys of patterns.
static int
fold_pattern_number(Preprocess *p, Expr *e)
{
    if (e->kind == EXPR_UNARY_OP && e->UnaryOp.op == UNARY_USUB &&
        e->UnaryOp.operand->kind == EXPR_CONSTANT) {
        return make_constant(p, e, number_negative(e->UnaryOp.operand->Constant.value));
    }
    if (e->kind != EXPR_BIN_OP || (e->BinOp.op != OP_ADD && e->BinOp.op != OP_SUB)) {
        return 0;
    }
    Expr *left = e->BinOp.left, *right = e->BinOp.right;
    if (fold_pattern_number(p, left) < 0) {
        return -1;
    }
    if (left->kind != EXPR_CONSTANT || right->kind != EXPR_CONSTANT) {
        return 0;
    }
    PyObject *a = left->Constant.value, *b = right->Constant.value;
    return make_constant(p, e, e->BinOp.op == OP_ADD ? number_add(a, b) : number_subtract(a, b));
}

static int
fold_pattern(Preprocess *p, Pattern *pattern)
{
    if (pattern->kind == PATTERN_VALUE) {
        return fold_pattern_number(p, pattern->MatchValue.value);
    }
    if (pattern->kind == PATTERN_MAPPING) {
        for (Py_ssize_t i = 0; i < pattern->MatchMapping.keys->size; i++) {
            if (fold_pattern_number(p, pattern->MatchMapping.keys->items[i]) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

// ---- docstrings ----

static int
drop_docstring(Preprocess *p, StmtSeq **body)
{
    if (p->level < 2 || ast_docstring_borrow(*body) == NULL) {
        return 0;
    }
    Py_ssize_t left = (*body)->size - 1;
    StmtSeq *rest = stmt_seq_new(p->arena, left == 0 ? 1 : left);
    if (rest == NULL) {
        return -1;
    }
    if (left == 0) {
        Span span = (*body)->items[0]->span;
        span.end_lineno = span.lineno;
        span.end_col_offset = span.col_offset + 4;
        rest->items[0] = ast_pass(p->arena, span);
        if (rest->items[0] == NULL) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < left; i++) {
        rest->items[i] = (*body)->items[i + 1];
    }
    *body = rest;
    return 0;
}

static int
change_statement(Preprocess *p, Stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF: return drop_docstring(p, &s->FunctionDef.body);
    case STMT_ASYNC_FUNCTION_DEF: return drop_docstring(p, &s->AsyncFunctionDef.body);
    case STMT_CLASS_DEF: return drop_docstring(p, &s->ClassDef.body);
    default: return 0;
    }
}

// ---- the walk ----

static int
change_expression(Preprocess *p, Expr *e)
{
    if (e->kind == EXPR_BIN_OP) {
        return format_operator(p, e);
    }
    if (e->kind == EXPR_NAME && e->Name.ctx == CTX_LOAD &&
        str_equal_cstr(e->Name.id, "__debug__")) {
        return make_constant(p, e, new_ref(p->level == 0 ? Py_True : Py_False));
    }
    return 0;
}

static int
visit(void *arg, const AstField *field, int type, char *node)
{
    Preprocess *p = arg;
    if (thread_enter_c(" during compilation") < 0) {
        return -1;
    }
    int result = ast_visit_children(type, node, visit, p);
    thread_leave_c();
    if (result < 0) {
        return -1;
    }
    switch (type) {
    case AST_TYPE_EXPR: return change_expression(p, (Expr *)node);
    case AST_TYPE_STMT: return change_statement(p, (Stmt *)node);
    case AST_TYPE_PATTERN: return fold_pattern(p, (Pattern *)node);
    default: return 0;
    }
}

int
preprocess_module(Mod *mod, Arena *arena, int level)
{
    Preprocess p = {arena, level};
    if (mod->kind == MOD_MODULE && drop_docstring(&p, &mod->Module.body) < 0) {
        return -1;
    }
    return ast_visit_children(AST_TYPE_MOD, (char *)mod, visit, &p);
}
