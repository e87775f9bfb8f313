// Errors and warnings of the tokenizer, and the source lines that go with them.
//
// Two kinds of text accompany an error. Most errors show the current line without its end. Errors
// of the layout (indentation, end of input) show what a reader of lines would have in its buffer:
// everything since the start of the line in which the token in progress began, with the line end.
//
// Threading: see tokenizer.h.
#include <stdarg.h>
#include <string.h>

#include "memory/refcount.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "syntax/syntax_error.h"
#include "syntax/tokenizer_internal.h"

int
syntax_error_set_steal(PyObject *type, PyObject *message, PyObject *filename, int lineno,
                       Py_ssize_t offset, PyObject *text, int end_lineno, Py_ssize_t end_offset)
{
    if (message == NULL) {
        return -1;
    }
    PyObject *args = value_build("(N(OinOin))", message, filename, lineno, offset,
                                 text != NULL ? text : Py_None, end_lineno, end_offset);
    if (args != NULL) {
        error_set_object(type, args);
        decref(args);
    }
    return -1;
}

Py_ssize_t
syntax_count_characters(const char *text, Py_ssize_t bytes)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < bytes; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

static PyObject *
text_between(Tokenizer *t, Py_ssize_t start, Py_ssize_t end)
{
    return str_decode_utf8(t->buffer + start, end - start, "replace");
}

static Py_ssize_t
line_end_offset(const Tokenizer *t, Py_ssize_t start)
{
    const char *end = memchr(t->buffer + start, '\n', (size_t)(t->size - start));
    return end != NULL ? end - t->buffer : t->size;
}

PyObject *
tokenizer_line(Tokenizer *t, int lineno)
{
    Py_ssize_t start = t->line_start;
    int line = t->lineno;
    if (lineno > line || lineno < 1) {
        return str_from_cstr("");
    }
    // Errors are near the cursor: go back from there.
    while (line > lineno) {
        do {
            start--;
        } while (start > 0 && t->buffer[start - 1] != '\n');
        line--;
    }
    return text_between(t, start, line_end_offset(t, start));
}

PyObject *
tokenizer_current_text(Tokenizer *t)
{
    return text_between(t, t->kept_start, t->limit);
}

static int
raise_here(Tokenizer *t, PyObject *message, int lineno, Py_ssize_t line_start, Py_ssize_t offset,
           Py_ssize_t end_offset)
{
    t->done = TOKENIZER_ERROR;
    PyObject *text = text_between(t, line_start, line_end_offset(t, line_start));
    if (text == NULL) {
        xdecref(message);
        return -1;
    }
    syntax_error_set_steal(PyExc_SyntaxError, message, t->filename, lineno, offset, text, lineno,
                           end_offset);
    decref(text);
    return -1;
}

int
tokenizer_error(Tokenizer *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    Py_ssize_t offset =
        syntax_count_characters(t->buffer + t->line_start, t->cur - t->line_start);
    return raise_here(t, message, t->lineno, t->line_start, offset, offset);
}

int
tokenizer_error_range(Tokenizer *t, int column, int end_column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    const char *line = t->buffer + t->line_start;
    Py_ssize_t offset = syntax_count_characters(line, column - 1) + 1;
    Py_ssize_t end = syntax_count_characters(line, end_column - 1) + 1;
    return raise_here(t, message, t->lineno, t->line_start, offset, end);
}

int
tokenizer_error_at(Tokenizer *t, int lineno, Py_ssize_t line_start, Py_ssize_t position,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    Py_ssize_t offset = syntax_count_characters(t->buffer + line_start, position - line_start);
    return raise_here(t, message, lineno, line_start, offset, offset);
}

// The same for the tokenize module: the whole line is the place.
static int
raise_layout_of_line(Tokenizer *t, PyObject *type, const char *text)
{
    PyObject *line = tokenizer_line(t, t->lineno);
    Py_ssize_t offset =
        syntax_count_characters(t->buffer + t->line_start, t->limit - t->line_start);
    PyObject *args = line != NULL ? value_build("(s(OinOOO))", text, t->filename, t->lineno,
                                                offset, line, Py_None, Py_None)
                                  : NULL;
    xdecref(line);
    if (args != NULL) {
        error_set_object(type, args);
        decref(args);
    }
    t->done = TOKENIZER_ERROR;
    return -1;
}

// Layout errors: the offset is given in characters.
static int
raise_layout(Tokenizer *t, PyObject *type, const char *text, Py_ssize_t offset, int end_offset)
{
    if (t->extra_tokens) {
        return raise_layout_of_line(t, type, text);
    }
    PyObject *line = tokenizer_current_text(t);
    if (line != NULL) {
        syntax_error_set_steal(type, str_from_cstr(text), t->filename, t->lineno, offset, line,
                               t->lineno, end_offset);
        decref(line);
    }
    t->done = TOKENIZER_ERROR;
    t->layout_error = true;
    return -1;
}

int
tokenizer_error_indentation(Tokenizer *t, PyObject *type, const char *text)
{
    Py_ssize_t offset =
        syntax_count_characters(t->buffer + t->line_start, t->cur - t->line_start);
    if (type == PyExc_SyntaxError) {
        return raise_layout(t, type, text, offset, 0);
    }
    if (t->cur == t->limit && type == PyExc_IndentationError) {
        // An unindent: the whole line is wrong.
        return raise_layout(t, type, text, offset, -1);
    }
    return raise_layout(t, type, text, 1, 0);
}

int
tokenizer_error_unclosed(Tokenizer *t)
{
    int lineno = t->bracket_lines[t->level - 1];
    int column = t->bracket_columns[t->level - 1];
    PyObject *line = lineno >= t->lineno ? tokenizer_current_text(t) : tokenizer_line(t, lineno);
    if (line == NULL) {
        return -1;
    }
    // Characters, not bytes, of the line that holds the bracket.
    PyObject *plain = tokenizer_line(t, lineno);
    const char *utf8 = plain != NULL ? str_as_utf8(plain) : NULL;
    if (utf8 != NULL) {
        syntax_error_set_steal(
            PyExc_SyntaxError, str_format("'%c' was never closed", t->brackets[t->level - 1]),
            t->filename, lineno, syntax_count_characters(utf8, column) + 1, line, lineno, 0);
    }
    xdecref(plain);
    decref(line);
    t->done = TOKENIZER_ERROR;
    return -1;
}

int
tokenizer_error_eof(Tokenizer *t)
{
    if (t->extra_tokens) {
        raise_layout_of_line(t, PyExc_SyntaxError, "unexpected EOF in multi-line statement");
    }
    else if (t->level > 0) {
        tokenizer_error_unclosed(t);
    }
    else {
        Py_ssize_t offset =
            syntax_count_characters(t->buffer + t->line_start, t->cur - t->line_start);
        raise_layout(t, PyExc_SyntaxError, "unexpected EOF while parsing", offset, -1);
    }
    // Whoever asks can see that more input might have helped.
    t->done = TOKENIZER_EOF;
    return -1;
}

int
tokenizer_warn(Tokenizer *t, PyObject *category, const char *format, ...)
{
    if (t->silent_warnings) {
        return 0;
    }
    va_list args;
    va_start(args, format);
    PyObject *message = str_format_v(format, args);
    va_end(args);
    if (message == NULL) {
        return -1;
    }
    int result = error_warn_explicit(category, message, t->filename, t->lineno, NULL, NULL);
    if (result < 0 && error_clear_if(category)) {
        tokenizer_error(t, "%U", message);
    }
    decref(message);
    return result;
}
