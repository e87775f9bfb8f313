// SyntaxErrors of later stages, and source lines of files.
//
// Threading: reading a file happens detached.
#include "syntax/syntax_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/refcount.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "syntax/decode.h"
#include "syntax/parser.h"
#include "thread/thread.h"

enum { HEAD_MAX = 1024 };

typedef struct {
    char *line;                 // malloc'ed by getline
    size_t capacity;
    Py_ssize_t length;
    char head[HEAD_MAX];        // the first two lines: they may declare an encoding
    Py_ssize_t head_length;
} FileLine;

// Reads line `lineno`: false when there is none. Detached.
static bool
read_file_line(const char *path, int lineno, FileLine *f)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return false;
    }
    bool found = false;
    for (int i = 1; i <= lineno; i++) {
        f->length = getline(&f->line, &f->capacity, file);
        if (f->length <= 0) {
            break;
        }
        if (i <= 2 && f->length <= HEAD_MAX - f->head_length) {
            memcpy(f->head + f->head_length, f->line, (size_t)f->length);
            f->head_length += f->length;
        }
        found = i == lineno;
    }
    fclose(file);
    return found;
}

static PyObject *
decode_line(const FileLine *f, int lineno)
{
    bool bom;
    PyObject *encoding = source_encoding(f->head, f->head_length, &bom);
    const char *name = encoding != NULL ? str_as_utf8(encoding) : "utf-8";
    Py_ssize_t skip = bom && lineno == 1 ? 3 : 0;
    PyObject *text = name != NULL ? str_decode(f->line + skip, f->length - skip, name, "replace")
                                  : NULL;
    xdecref(encoding);
    return text;
}

PyObject *
source_line_of_file(PyObject *filename, int lineno)
{
    PyObject *path = lineno > 0 && str_check(filename) ? str_encode_fsdefault(filename) : NULL;
    if (path == NULL || memchr(bytes_data(path), '\0', (size_t)bytes_length(path)) != NULL) {
        xdecref(path);
        error_clear();
        return NULL;
    }
    FileLine f = {0};
    Thread *ts = thread_current();
    thread_detach(ts);
    bool found = read_file_line(bytes_data(path), lineno, &f);
    thread_attach(ts);
    decref(path);
    PyObject *text = found ? decode_line(&f, lineno) : NULL;
    free(f.line);
    error_clear();
    return text;
}

void *
syntax_error_raise_steal(PyObject *type, PyObject *message, PyObject *filename, Span span)
{
    if (message == NULL) {
        return NULL;
    }
    PyObject *text = source_line_of_file(filename, span.lineno);
    syntax_error_set_steal(type, message, filename, span.lineno, (Py_ssize_t)span.col_offset + 1,
                           text, span.end_lineno, (Py_ssize_t)span.end_col_offset + 1);
    xdecref(text);
    return NULL;
}
