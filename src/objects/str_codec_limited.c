// ASCII and Latin-1: encodings of one byte per character.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/str_internal.h"

// ---- decoding ----

PyObject *
str_decode_latin1(const char *data, Py_ssize_t size, const char *errors)
{
    (void)errors;       // every byte is a character
    return str_from_kind_and_data(1, data, size);
}

PyObject *
str_decode_ascii(const char *data, Py_ssize_t size, const char *errors)
{
    Py_ssize_t good = ascii_prefix(data, size);
    if (good == size) {
        return str_from_ascii(data, size);
    }
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "ascii", errors, data, size);
    str_writer_init(&w);
    w.min_length = size;
    Py_ssize_t at = 0;
    while (at < d.size) {
        good = ascii_prefix(d.data + at, d.size - at);
        if (str_writer_ascii(&w, (const char *)d.data + at, good) < 0) {
            goto error;
        }
        at += good;
        if (at < d.size) {
            at = decode_error(&d, &w, "ordinal not in range(128)", at, at + 1);
            if (at < 0) {
                goto error;
            }
        }
    }
    decode_end(&d);
    return str_writer_finish(&w);
error:
    decode_end(&d);
    str_writer_discard(&w);
    return NULL;
}

// ---- encoding ----

// Characters [start, end) by the handlers that need no exception; how far they got, or -1.
static Py_ssize_t
encode_directly(EncodeState *e, BytesWriter *w, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t i = start;
    switch (e->kind) {
    case ERRORS_IGNORE:
        return end;
    case ERRORS_REPLACE:
        if (bytes_writer_reserve(w, end - start) < 0) {
            return -1;
        }
        memset(w->data + w->pos, '?', (size_t)(end - start));
        w->pos += end - start;
        return end;
    case ERRORS_SURROGATEESCAPE:
        for (; i < end; i++) {
            Py_UCS4 ch = str_read_char(e->text, i);
            if (ch < 0xdc80 || ch > 0xdcff) {
                break;
            }
            if (bytes_writer_byte(w, (char)(ch - 0xdc00)) < 0) {
                return -1;
            }
        }
        return i;
    default:
        return start;
    }
}

// The characters [start, end), which are too large: the next position or -1.
static Py_ssize_t
encode_outside(EncodeState *e, BytesWriter *w, const char *reason, Py_ssize_t start,
               Py_ssize_t end, Py_UCS4 limit)
{
    Py_ssize_t next = encode_directly(e, w, start, end);
    if (next != start) {
        return next;
    }
    PyObject *replacement;
    next = encode_error(e, reason, start, end, &replacement);
    if (next < 0) {
        return -1;
    }
    int rc = 0;
    if (bytes_check(replacement)) {
        rc = bytes_writer_write(w, bytes_data(replacement), bytes_length(replacement));
    }
    else {
        Py_ssize_t n = str_length(replacement);
        for (Py_ssize_t i = 0; i < n && rc == 0; i++) {
            Py_UCS4 ch = str_read_char(replacement, i);
            if (ch >= limit) {
                encode_raise(e, reason, start, end);
                rc = -1;
            }
            else {
                rc = bytes_writer_byte(w, (char)ch);
            }
        }
    }
    decref(replacement);
    return rc < 0 ? -1 : next;
}

static PyObject *
encode_limited(PyObject *s, const char *errors, Py_UCS4 limit)
{
    bool latin1 = limit == 256;
    const char *reason = latin1 ? "ordinal not in range(256)" : "ordinal not in range(128)";
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), at = 0;
    EncodeState e;
    BytesWriter w;
    encode_begin(&e, latin1 ? "latin-1" : "ascii", errors, s);
    bytes_writer_init(&w);
    if (bytes_writer_reserve(&w, n) < 0) {
        goto error;
    }
    while (at < n) {
        Py_UCS4 ch = str_read(kind, data, at);
        if (ch < limit) {
            if (bytes_writer_byte(&w, (char)ch) < 0) {
                goto error;
            }
            at++;
            continue;
        }
        Py_ssize_t end = at + 1;
        while (end < n && str_read(kind, data, end) >= limit) {
            end++;
        }
        at = encode_outside(&e, &w, reason, at, end, limit);
        if (at < 0) {
            goto error;
        }
    }
    encode_end(&e);
    return bytes_writer_finish(&w);
error:
    encode_end(&e);
    bytes_writer_discard(&w);
    return NULL;
}

PyObject *
str_encode_latin1(PyObject *s, const char *errors)
{
    if (str_kind(s) == 1) {
        return bytes_from_data(str_data(s), str_length(s));
    }
    return encode_limited(s, errors, 256);
}

PyObject *
str_encode_ascii(PyObject *s, const char *errors)
{
    if (str_is_ascii(s)) {
        return bytes_from_data(str_data(s), str_length(s));
    }
    return encode_limited(s, errors, 128);
}
