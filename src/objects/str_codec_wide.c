// UTF-16 and UTF-32 in both byte orders, with and without byte order mark.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/str_internal.h"

static inline Py_UCS4
read16(const unsigned char *p, bool big)
{
    return big ? (Py_UCS4)(p[0] << 8 | p[1]) : (Py_UCS4)(p[1] << 8 | p[0]);
}

static inline Py_UCS4
read32(const unsigned char *p, bool big)
{
    return big ? (Py_UCS4)p[0] << 24 | (Py_UCS4)p[1] << 16 | (Py_UCS4)p[2] << 8 | p[3]
               : (Py_UCS4)p[3] << 24 | (Py_UCS4)p[2] << 16 | (Py_UCS4)p[1] << 8 | p[0];
}

// Looks for a mark when *order is 0: the bytes that it takes. Without one *order stays 0, which
// means little-endian.
static Py_ssize_t
skip_mark(const unsigned char *p, Py_ssize_t size, int unit, int *order)
{
    if (*order != 0 || size < unit) {
        return 0;
    }
    Py_UCS4 little = unit == 2 ? read16(p, false) : read32(p, false);
    Py_UCS4 big = unit == 2 ? read16(p, true) : read32(p, true);
    if (little == 0xfeff) {
        *order = -1;
        return unit;
    }
    if (big == 0xfeff) {
        *order = 1;
        return unit;
    }
    return 0;
}

// What a decoder of one sequence found.
typedef struct {
    Py_UCS4 ch;
    int length;             // bytes of a valid character; 0: invalid or incomplete
    const char *reason;
    Py_ssize_t bad;         // bytes of the invalid sequence
    bool incomplete;
} Unit;

static Unit
next_utf16(const unsigned char *p, Py_ssize_t left, bool big)
{
    if (left < 2) {
        return (Unit){.reason = "truncated data", .bad = left, .incomplete = true};
    }
    Py_UCS4 ch = read16(p, big);
    if (!is_surrogate(ch)) {
        return (Unit){.ch = ch, .length = 2};
    }
    if (is_low_surrogate(ch)) {
        return (Unit){.reason = "illegal encoding", .bad = 2};
    }
    if (left < 4) {
        return (Unit){.reason = "unexpected end of data", .bad = left, .incomplete = true};
    }
    Py_UCS4 low = read16(p + 2, big);
    if (!is_low_surrogate(low)) {
        return (Unit){.reason = "illegal UTF-16 surrogate", .bad = 2};
    }
    return (Unit){.ch = surrogates_join(ch, low), .length = 4};
}

static Unit
next_utf32(const unsigned char *p, Py_ssize_t left, bool big)
{
    if (left < 4) {
        return (Unit){.reason = "truncated data", .bad = left, .incomplete = true};
    }
    Py_UCS4 ch = read32(p, big);
    if (is_surrogate(ch)) {
        return (Unit){.reason = "code point in surrogate code point range(0xd800, 0xe000)",
                      .bad = 4};
    }
    if (ch > STR_MAX_CHAR) {
        return (Unit){.reason = "code point not in range(0x110000)", .bad = 4};
    }
    return (Unit){.ch = ch, .length = 4};
}

static PyObject *
decode(int unit, const char *data, Py_ssize_t size, const char *errors, int *byteorder,
       Py_ssize_t *consumed)
{
    int order = byteorder == NULL ? 0 : *byteorder;
    Py_ssize_t at = skip_mark((const unsigned char *)data, size, unit, &order);
    bool big = order > 0;
    const char *name = unit == 2 ? (big ? "utf-16-be" : "utf-16-le")
                                 : (big ? "utf-32-be" : "utf-32-le");
    DecodeState d;
    StrWriter w;
    decode_begin(&d, name, errors, data, size);
    str_writer_init(&w);
    w.min_length = size / unit;
    while (at < d.size) {
        Unit u = unit == 2 ? next_utf16(d.data + at, d.size - at, big)
                           : next_utf32(d.data + at, d.size - at, big);
        if (u.length > 0) {
            if (str_writer_char(&w, u.ch) < 0) {
                goto error;
            }
            at += u.length;
            continue;
        }
        if (u.incomplete && consumed != NULL) {
            break;
        }
        at = decode_error(&d, &w, u.reason, at, at + u.bad);
        if (at < 0) {
            goto error;
        }
    }
    if (byteorder != NULL) {
        *byteorder = order;
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    decode_end(&d);
    return str_writer_finish(&w);
error:
    decode_end(&d);
    str_writer_discard(&w);
    return NULL;
}

PyObject *
str_decode_utf16(const char *data, Py_ssize_t size, const char *errors, int *byteorder,
                 Py_ssize_t *consumed)
{
    return decode(2, data, size, errors, byteorder, consumed);
}

PyObject *
str_decode_utf32(const char *data, Py_ssize_t size, const char *errors, int *byteorder,
                 Py_ssize_t *consumed)
{
    return decode(4, data, size, errors, byteorder, consumed);
}

// ---- encoding ----

static void
put16(BytesWriter *w, Py_UCS4 unit, bool big)
{
    w->data[w->pos++] = (char)(big ? unit >> 8 : unit);
    w->data[w->pos++] = (char)(big ? unit : unit >> 8);
}

// Room is reserved by the caller: 4 bytes.
static void
put_character(BytesWriter *w, Py_UCS4 ch, int unit, bool big)
{
    if (unit == 4) {
        for (int i = 0; i < 4; i++) {
            w->data[w->pos++] = (char)(ch >> 8 * (big ? 3 - i : i));
        }
    }
    else if (ch < 0x10000) {
        put16(w, ch, big);
    }
    else {
        put16(w, 0xd800 + ((ch - 0x10000) >> 10), big);
        put16(w, 0xdc00 + (ch & 0x3ff), big);
    }
}

// A surrogate at `at`: the position to go on at, or -1.
static Py_ssize_t
encode_surrogate(EncodeState *e, BytesWriter *w, Py_ssize_t at, int unit, bool big)
{
    static const char reason[] = "surrogates not allowed";
    PyObject *replacement;
    Py_ssize_t next = encode_error(e, reason, at, at + 1, &replacement);
    if (next < 0) {
        return -1;
    }
    int rc = -1;
    if (bytes_check(replacement)) {
        if (bytes_length(replacement) % unit != 0) {
            encode_raise(e, reason, at, at + 1);
        }
        else {
            rc = bytes_writer_write(w, bytes_data(replacement), bytes_length(replacement));
        }
    }
    else if (!str_is_ascii(replacement)) {
        encode_raise(e, reason, at, at + 1);
    }
    else {
        Py_ssize_t n = str_length(replacement);
        rc = bytes_writer_reserve(w, 4 * n);
        for (Py_ssize_t i = 0; i < n && rc == 0; i++) {
            put_character(w, str_read_char(replacement, i), unit, big);
        }
    }
    decref(replacement);
    return rc < 0 ? -1 : next;
}

static PyObject *
encode(int unit, PyObject *s, const char *errors, int byteorder)
{
    static const char *const names[2][3] = {{"utf-16-le", "utf-16", "utf-16-be"},
                                            {"utf-32-le", "utf-32", "utf-32-be"}};
    bool big = byteorder > 0;
    int order = byteorder < 0 ? -1 : byteorder > 0;
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s);
    EncodeState e;
    BytesWriter w;
    encode_begin(&e, names[unit / 4][order + 1], errors, s);
    bytes_writer_init(&w);
    if (n > (PY_SSIZE_T_MAX - 8) / 4) {
        return error_no_memory();
    }
    if (bytes_writer_reserve(&w, (n + 1) * (unit == 4 || kind == 4 ? 4 : 2)) < 0) {
        goto error;
    }
    if (byteorder == 0) {
        put_character(&w, 0xfeff, unit, false);
    }
    for (Py_ssize_t i = 0; i < n;) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (is_surrogate(ch)) {
            i = encode_surrogate(&e, &w, i, unit, big);
            if (i < 0) {
                goto error;
            }
            continue;
        }
        if (w.size - w.pos < 4 && bytes_writer_reserve(&w, 4) < 0) {
            goto error;
        }
        put_character(&w, ch, unit, big);
        i++;
    }
    encode_end(&e);
    return bytes_writer_finish(&w);
error:
    encode_end(&e);
    bytes_writer_discard(&w);
    return NULL;
}

PyObject *
str_encode_utf16(PyObject *s, const char *errors, int byteorder)
{
    return encode(2, s, errors, byteorder);
}

PyObject *
str_encode_utf32(PyObject *s, const char *errors, int byteorder)
{
    return encode(4, s, errors, byteorder);
}
