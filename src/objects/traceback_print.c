// Printing tracebacks without the traceback module: for errors before it can be imported, or
// inside it. Source lines come from the file system; carets mark columns where these are known.
#include <stdio.h>
#include <stdlib.h>

#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/traceback.h"

#define REPEAT_LIMIT 3

static int
write_steal(PyObject *file, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    PyObject *result = object_call_method(file, ID(write), text, NULL);
    decref(text);
    xdecref(result);
    return result == NULL ? -1 : 0;
}

PyObject *
traceback_source_line(PyObject *filename, int line, int *indent)
{
    PyObject *path = str_encode_fsdefault(filename);
    if (path == NULL) {
        error_clear();
        return NULL;
    }
    FILE *file = line > 0 ? fopen(((PyBytesObject *)path)->ob_sval, "re") : NULL;
    decref(path);
    if (file == NULL) {
        return NULL;
    }
    char *buffer = NULL;
    size_t capacity = 0;
    ssize_t length = -1;
    for (int i = 0; i < line; i++) {
        length = getline(&buffer, &capacity, file);
        if (length < 0) {
            break;
        }
    }
    fclose(file);
    PyObject *text = NULL;
    if (length >= 0) {
        ssize_t start = 0;
        while (length > 0 && (buffer[length - 1] == '\n' || buffer[length - 1] == '\r')) {
            length--;
        }
        while (indent != NULL && start < length &&
               (buffer[start] == ' ' || buffer[start] == '\t' || buffer[start] == '\f')) {
            start++;
        }
        if (indent != NULL) {
            *indent = (int)start;
        }
        text = str_decode_utf8(buffer + start, length - start, "replace");
    }
    free(buffer);
    error_clear();
    return text;
}

// "    ~~^^^" below a source line whose first `indent` bytes are not shown.
static int
print_carets(PyObject *file, PyObject *text, int indent, const CodeLocation *at)
{
    if (at->column < 0 || at->end_line != at->line || at->end_column <= at->column) {
        return 0;
    }
    Py_ssize_t start = at->column - indent, end = at->end_column - indent;
    Py_ssize_t length = str_length(text);
    if (start < 0 || !str_is_ascii(text) || end > length || (start == 0 && end == length)) {
        return 0;
    }
    PyObject *line = str_new(4 + end + 1, 127);
    if (line == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < 4 + end; i++) {
        str_write(1, str_data(line), i, i < 4 + start ? ' ' : '^');
    }
    str_write(1, str_data(line), 4 + end, '\n');
    return write_steal(file, line);
}

static int
print_entry(PyTracebackObject *tb, PyObject *file)
{
    PyCodeObject *code = tb->tb_frame->f_code;
    int line = traceback_lineno((PyObject *)tb), indent = 0;
    if (write_steal(file, str_format("  File \"%U\", line %d, in %U\n", code->co_filename, line,
                                     code->co_qualname)) < 0) {
        return -1;
    }
    PyObject *text = traceback_source_line(code->co_filename, line, &indent);
    if (text == NULL || str_length(text) == 0) {
        xdecref(text);
        return 0;
    }
    CodeLocation at;
    code_location(code, tb->tb_lasti / 8, &at);
    int result = write_steal(file, str_format("    %U\n", text));
    if (result == 0) {
        result = print_carets(file, text, indent, &at);
    }
    decref(text);
    return result;
}

static int
print_repeats(PyObject *file, Py_ssize_t count)
{
    Py_ssize_t more = count - REPEAT_LIMIT;
    if (more <= 0) {
        return 0;
    }
    return write_steal(file, str_format("  [Previous line repeated %zd more time%s]\n", more,
                                        more > 1 ? "s" : ""));
}

int
traceback_print(PyObject *op, PyObject *file, const char *header, Py_ssize_t limit)
{
    PyTracebackObject *tb = (PyTracebackObject *)op;
    Py_ssize_t depth = 0;
    for (PyTracebackObject *at = tb; at != NULL; at = at->tb_next) {
        depth++;
    }
    if (header != NULL && write_steal(file, str_format("%s\n", header)) < 0) {
        return -1;
    }
    PyCodeObject *last_code = NULL;
    int last_line = -1;
    Py_ssize_t repeats = 0;
    for (; tb != NULL; tb = tb->tb_next, depth--) {
        if (depth > limit) {
            continue;
        }
        int line = traceback_lineno((PyObject *)tb);
        if (tb->tb_frame->f_code != last_code || line != last_line) {
            if (print_repeats(file, repeats) < 0) {
                return -1;
            }
            last_code = tb->tb_frame->f_code;
            last_line = line;
            repeats = 0;
        }
        if (++repeats <= REPEAT_LIMIT && print_entry(tb, file) < 0) {
            return -1;
        }
    }
    return print_repeats(file, repeats);
}
