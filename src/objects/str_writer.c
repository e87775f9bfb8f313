// StrWriter: see str_writer.h.
//
// A first str that fills the whole text is kept as it is (readonly), so that building a text out
// of one piece copies nothing.
#include "objects/str_writer.h"

#include <string.h>

#include "base/checked.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str_internal.h"

void
str_writer_init(StrWriter *w)
{
    memset(w, 0, sizeof *w);
    w->overallocate = 1;
    w->kind = 1;
}

void
str_writer_discard(StrWriter *w)
{
    clear_ref(w->buffer);
}

static void
writer_refresh(StrWriter *w)
{
    w->maxchar = str_max_char(w->buffer);
    w->data = str_data(w->buffer);
    w->kind = str_kind(w->buffer);
    w->size = w->readonly ? w->pos : str_length(w->buffer);
}

int
str_writer_prepare_slow(StrWriter *w, Py_ssize_t length, Py_UCS4 maxchar)
{
    Py_ssize_t needed;
    if (!checked_add_ssize(w->pos, length, &needed)) {
        error_no_memory();
        return -1;
    }
    maxchar = maxchar > w->min_char ? maxchar : w->min_char;
    maxchar = maxchar > w->maxchar ? maxchar : w->maxchar;
    if (w->buffer == NULL || needed > w->size || w->readonly) {
        if (w->overallocate && needed <= PY_SSIZE_T_MAX - needed / 4 - 16) {
            needed += needed / 4 + (w->buffer == NULL ? 0 : 16);
        }
        needed = needed > w->min_length ? needed : w->min_length;
        needed = needed > w->size ? needed : w->size;
    }
    else {
        needed = w->size;
    }
    if (needed == 0) {
        return 0;
    }
    if (w->buffer != NULL && maxchar <= w->maxchar && !w->readonly && str_length(w->buffer) > 0 &&
        str_check_exact(w->buffer) && !str_is_interned(w->buffer)) {
        if (str_resize(&w->buffer, needed) < 0) {
            return -1;
        }
        writer_refresh(w);
        return 0;
    }
    // One character up to 0xff would be a shared string; two are always fresh memory.
    PyObject *buffer = str_new(needed < 2 ? 2 : needed, maxchar);
    if (buffer == NULL) {
        return -1;
    }
    if (w->buffer != NULL) {
        str_copy_characters(buffer, 0, w->buffer, 0, w->pos);
        decref(w->buffer);
    }
    w->buffer = buffer;
    w->readonly = 0;
    writer_refresh(w);
    return 0;
}

PyObject *
str_writer_finish(StrWriter *w)
{
    PyObject *text = w->buffer;
    w->buffer = NULL;
    if (w->pos == 0) {
        xdecref(text);
        return str_empty();
    }
    if (w->readonly) {
        return text;
    }
    if (w->pos == 1) {
        PyObject *s = str_from_char(str_read_char(text, 0));
        decref(text);
        return s;
    }
    Py_UCS4 actual = chars_max(w->kind, w->data, w->pos);
    if (actual != w->maxchar) {
        PyObject *s = str_from_kind_and_data(w->kind, w->data, w->pos);
        decref(text);
        return s;
    }
    if (str_length(text) != w->pos && str_resize(&text, w->pos) < 0) {
        decref(text);
        return NULL;
    }
    return text;
}

int
str_writer_str(StrWriter *w, PyObject *s)
{
    Py_ssize_t n = str_length(s);
    if (n == 0) {
        return 0;
    }
    if (w->buffer == NULL && str_check_exact(s)) {
        w->buffer = new_ref(s);
        w->readonly = 1;
        w->pos = n;
        writer_refresh(w);
        return 0;
    }
    if (str_writer_prepare(w, n, str_max_char(s)) < 0) {
        return -1;
    }
    str_copy_characters(w->buffer, w->pos, s, 0, n);
    w->pos += n;
    return 0;
}

int
str_writer_substring(StrWriter *w, PyObject *s, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t n = end - start;
    if (n <= 0) {
        return 0;
    }
    if (start == 0 && end == str_length(s)) {
        return str_writer_str(w, s);
    }
    if (str_writer_prepare(w, n, str_find_max_char(s, start, end)) < 0) {
        return -1;
    }
    str_copy_characters(w->buffer, w->pos, s, start, n);
    w->pos += n;
    return 0;
}

int
str_writer_data(StrWriter *w, int kind, const void *data, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (str_writer_prepare(w, n, chars_max(kind, data, n)) < 0) {
        return -1;
    }
    chars_copy(w->kind, chars_at(w->kind, w->data, w->pos), kind, data, n);
    w->pos += n;
    return 0;
}

int
str_writer_ascii(StrWriter *w, const char *text, Py_ssize_t size)
{
    if (size < 0) {
        size = (Py_ssize_t)strlen(text);
    }
    if (size == 0) {
        return 0;
    }
    if (str_writer_prepare(w, size, 0x7f) < 0) {
        return -1;
    }
    chars_copy(w->kind, chars_at(w->kind, w->data, w->pos), 1, text, size);
    w->pos += size;
    return 0;
}

int
str_writer_latin1(StrWriter *w, const char *text, Py_ssize_t size)
{
    return str_writer_data(w, 1, text, size);
}

int
str_writer_utf8(StrWriter *w, const char *text, Py_ssize_t size)
{
    if (size < 0) {
        size = (Py_ssize_t)strlen(text);
    }
    if (ascii_prefix(text, size) == size) {
        return str_writer_ascii(w, text, size);
    }
    PyObject *s = str_decode_utf8(text, size, "replace");
    if (s == NULL) {
        return -1;
    }
    int rc = str_writer_str(w, s);
    decref(s);
    return rc;
}

int
str_writer_fill(StrWriter *w, Py_UCS4 ch, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (str_writer_prepare(w, n, ch) < 0) {
        return -1;
    }
    chars_fill(w->kind, chars_at(w->kind, w->data, w->pos), ch, n);
    w->pos += n;
    return 0;
}

static int
writer_consume(StrWriter *w, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    int rc = str_writer_str(w, text);
    decref(text);
    return rc;
}

int
str_writer_object_str(StrWriter *w, PyObject *op)
{
    if (str_check_exact(op)) {
        return str_writer_str(w, op);
    }
    return writer_consume(w, object_str(op));
}

int
str_writer_repr(StrWriter *w, PyObject *op)
{
    return writer_consume(w, object_repr(op));
}

int
str_writer_format(StrWriter *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int rc = str_writer_format_v(w, format, args);
    va_end(args);
    return rc;
}
