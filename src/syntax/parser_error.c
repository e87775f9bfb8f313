// Errors of the parser: places, texts, and the ranking of its errors against the tokenizer's.
//
// Offsets count characters from 1. A span column of -1 (tokens without text) stands for the
// tokenizer's cursor where a token is the place, and for "unknown" where it ends a span.
//
// Threading: see parser_internal.h.
#include <stdarg.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/str.h"
#include "syntax/parser_internal.h"
#include "syntax/syntax_error.h"

// The line that an error at lineno shows.
static PyObject *
error_text(Parser *p, int lineno)
{
    return lineno >= p->tok.lineno ? tokenizer_current_text(&p->tok)
                                   : tokenizer_line(&p->tok, lineno);
}

// Characters in the first `column` bytes of text; negative columns stay as they are.
static Py_ssize_t
to_characters(PyObject *text, Py_ssize_t column)
{
    Py_ssize_t size;
    const char *utf8 = column > 0 ? str_as_utf8_size(text, &size) : NULL;
    if (utf8 == NULL) {
        error_clear();
        return column;
    }
    if (column > size) {
        return column - size + syntax_count_characters(utf8, size);
    }
    return syntax_count_characters(utf8, column);
}

// Raises with columns from 1 in bytes.
static void *
raise_known(Parser *p, PyObject *type, int lineno, Py_ssize_t column, int end_lineno,
            Py_ssize_t end_column, const char *format, va_list args)
{
    if (p->raised) {
        return NULL;
    }
    p->raised = true;
    PyObject *message = str_format_v(format, args);
    PyObject *text = message != NULL ? error_text(p, lineno) : NULL;
    if (text == NULL) {
        xdecref(message);
        return NULL;
    }
    Py_ssize_t offset = to_characters(text, column);
    Py_ssize_t end_offset = end_column;
    if (end_lineno == lineno) {
        end_offset = to_characters(text, end_column);
    }
    else if (end_column > 0) {
        PyObject *last = error_text(p, end_lineno);
        if (last != NULL) {
            end_offset = to_characters(last, end_column);
            decref(last);
        }
    }
    syntax_error_set_steal(type, message, p->filename, lineno, offset, text, end_lineno,
                           end_offset);
    decref(text);
    return NULL;
}

void *
raise_at(Parser *p, Span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    raise_known(p, PyExc_SyntaxError, span.lineno, (Py_ssize_t)span.col_offset + 1,
                span.end_lineno, (Py_ssize_t)span.end_col_offset + 1, format, args);
    va_end(args);
    return NULL;
}

void *
raise_range(Parser *p, Span first, Span last, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    raise_known(p, PyExc_SyntaxError, first.lineno, (Py_ssize_t)first.col_offset + 1,
                last.end_lineno, (Py_ssize_t)last.end_col_offset + 1, format, args);
    va_end(args);
    return NULL;
}

void *
raise_from(Parser *p, Span first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    raise_known(p, PyExc_SyntaxError, first.lineno, (Py_ssize_t)first.col_offset + 1,
                p->tok.lineno, p->tok.cur - p->tok.line_start, format, args);
    va_end(args);
    return NULL;
}

static void *
raise_last_v(Parser *p, PyObject *type, const char *format, va_list args)
{
    if (p->raised) {
        return NULL;
    }
    if (p->count == 0) {
        return raise_known(p, type, 0, 0, 0, 0, format, args);
    }
    Span span = p->tokens[p->count - 1].span;
    if (span.col_offset < 0) {
        return raise_known(p, type, span.lineno, p->tok.cur - p->tok.line_start, span.end_lineno,
                           -1, format, args);
    }
    return raise_known(p, type, span.lineno, (Py_ssize_t)span.col_offset + 1, span.end_lineno,
                       (Py_ssize_t)span.end_col_offset + 1, format, args);
}

void *
raise_last(Parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    raise_last_v(p, PyExc_SyntaxError, format, args);
    va_end(args);
    return NULL;
}

void *
raise_indentation(Parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    raise_last_v(p, PyExc_IndentationError, format, args);
    va_end(args);
    return NULL;
}

void *
raise_feature(Parser *p, int minor, const char *what)
{
    return raise_last(p, "%s only supported in Python 3.%d and greater", what, minor);
}

void *
raise_invalid_target(Parser *p, const Expr *expr, enum TargetUse use)
{
    const Expr *bad = invalid_target(expr, use);
    if (bad == NULL) {
        return NULL;
    }
    return raise_at(p, bad->span, use == TARGET_DEL ? "cannot delete %s" : "cannot assign to %s",
                    ast_expr_name(bad));
}

// With an error of the tokenizer the place is its cursor.
static void
raise_incomplete(Parser *p, bool at_cursor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (at_cursor) {
        raise_known(p, PyExc_IncompleteInputError, p->tok.lineno,
                    p->tok.cur - p->tok.line_start, p->tok.lineno, -1, format, args);
    }
    else {
        raise_last_v(p, PyExc_IncompleteInputError, format, args);
    }
    va_end(args);
}

void *
parser_raise_incomplete(Parser *p)
{
    bool at_cursor = p->raised;
    error_clear();
    p->raised = false;
    raise_incomplete(p, at_cursor, "incomplete input");
    return NULL;
}

void
parser_raise_generic(Parser *p, const Token *last)
{
    if (last->type == TOK_INDENT) {
        raise_indentation(p, "unexpected indent");
    }
    else if (last->type == TOK_DEDENT) {
        raise_indentation(p, "unexpected unindent");
    }
    else {
        raise_at(p, last->span, "invalid syntax");
    }
}

// The parser has an error; an error of the tokenizer further on matters more, because it may be
// the cause: an unclosed bracket before the place, a string without end.
void
parser_check_rest(Parser *p)
{
    PyObject *error = error_take();
    int line = p->count > 0 ? p->tokens[p->count - 1].span.lineno : 0;
    bool better = false;
    Token token;
    for (;;) {
        if (tokenizer_next(&p->tok, &token) < 0) {
            if (p->tok.fstring_count > 0) {
                // Within an f-string nothing is certain.
                better = !error_matches(PyExc_SyntaxError);
            }
            else if (p->tok.done == TOKENIZER_EOF && error_matches(PyExc_SyntaxError)) {
                // Unclosed at the end: unless a string was the reason.
                better = p->tok.string_error
                         || (p->tok.level > 0
                             && p->tok.bracket_lines[p->tok.level - 1] < line);
            }
            else {
                better = !p->tok.layout_error || !error_matches(PyExc_SyntaxError);
            }
            break;
        }
        if (token.type == TOK_ENDMARKER) {
            break;
        }
    }
    if (better) {
        xdecref(error);
    }
    else {
        error_clear();
        error_restore_steal(error);
    }
}
