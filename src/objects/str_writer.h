// StrWriter: builds a str piece by piece, widening the buffer as characters ask for it.
//
//     StrWriter w;
//     str_writer_init(&w);
//     if (str_writer_char(&w, '[') < 0 || str_writer_repr(&w, item) < 0) { goto error; }
//     return str_writer_finish(&w);
// error:
//     str_writer_discard(&w);
//
// Functions that write return 0, or -1 with an exception; the writer must then be discarded.
// Threading: a writer belongs to one thread.
#ifndef TYPHON_OBJECTS_STR_WRITER_H
#define TYPHON_OBJECTS_STR_WRITER_H

#include "objects/str.h"

// Layout of the C API's _PyUnicodeWriter.
typedef struct {
    PyObject *buffer;       // str being filled, or (readonly) the only str written so far
    void *data;             // its characters
    int kind;               // of the buffer
    Py_UCS4 maxchar;        // the buffer holds characters up to this
    Py_ssize_t size;        // characters that fit
    Py_ssize_t pos;         // characters written
    Py_ssize_t min_length;  // first allocation is at least this long
    Py_UCS4 min_char;       // first allocation holds characters up to this
    unsigned char overallocate;
    unsigned char readonly;
} StrWriter;

void str_writer_init(StrWriter *w);         // overallocate is on; callers may set min_length, min_char
PyObject *str_writer_finish(StrWriter *w);  // the text; the writer is used up, also on failure
void str_writer_discard(StrWriter *w);

// Makes room for length more characters up to maxchar; kind and data are then valid for
// writing at pos.
int str_writer_prepare_slow(StrWriter *w, Py_ssize_t length, Py_UCS4 maxchar);
static inline int
str_writer_prepare(StrWriter *w, Py_ssize_t length, Py_UCS4 maxchar)
{
    if (maxchar <= w->maxchar && length <= w->size - w->pos && !w->readonly) {
        return 0;
    }
    return str_writer_prepare_slow(w, length, maxchar);
}

static inline int
str_writer_char(StrWriter *w, Py_UCS4 ch)
{
    if (str_writer_prepare(w, 1, ch) < 0) {
        return -1;
    }
    str_write(w->kind, w->data, w->pos++, ch);
    return 0;
}

int str_writer_str(StrWriter *w, PyObject *s);
int str_writer_substring(StrWriter *w, PyObject *s, Py_ssize_t start, Py_ssize_t end);
int str_writer_ascii(StrWriter *w, const char *text, Py_ssize_t size);  // size -1: up to NUL
int str_writer_latin1(StrWriter *w, const char *text, Py_ssize_t size);
int str_writer_utf8(StrWriter *w, const char *text, Py_ssize_t size);   // size -1: up to NUL
int str_writer_data(StrWriter *w, int kind, const void *data, Py_ssize_t n);
int str_writer_fill(StrWriter *w, Py_UCS4 ch, Py_ssize_t n);
int str_writer_object_str(StrWriter *w, PyObject *op);                  // str(op)
int str_writer_repr(StrWriter *w, PyObject *op);                        // repr(op)
int str_writer_format(StrWriter *w, const char *format, ...);           // as str_format
int str_writer_format_v(StrWriter *w, const char *format, va_list args);

#endif
