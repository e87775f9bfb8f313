// UTF-8: decoding, encoding, and the cached UTF-8 text of a str.
//
// Valid input is decoded in two passes: the first validates, counts characters and finds their
// class, the second fills a str of exactly the right layout. At an invalid sequence the first
// pass stops; the error handler is asked; and so on with the rest.
#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/str_internal.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// What ended a scan.
typedef struct {
    Py_ssize_t bytes;       // valid
    Py_ssize_t chars;
    Py_UCS4 maxchar;        // bound by class
    const char *reason;     // NULL: the end was reached
    Py_ssize_t bad;         // bytes of the invalid sequence
} Scan;

static inline bool
is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

// Length of the valid sequence of two to four bytes at p; 0 with *scan filled when invalid.
ALWAYS_INLINE int
sequence_length(const unsigned char *p, const unsigned char *end, Scan *scan)
{
    unsigned char c = p[0];
    int want;
    unsigned char low = 0x80, high = 0xbf;     // of the second byte
    if (c >= 0xc2 && c <= 0xdf) {
        want = 2;
    }
    else if (c >= 0xe0 && c <= 0xef) {
        want = 3;
        low = c == 0xe0 ? 0xa0 : 0x80;
        high = c == 0xed ? 0x9f : 0xbf;
    }
    else if (c >= 0xf0 && c <= 0xf4) {
        want = 4;
        low = c == 0xf0 ? 0x90 : 0x80;
        high = c == 0xf4 ? 0x8f : 0xbf;
    }
    else {
        scan->reason = "invalid start byte";
        scan->bad = 1;
        return 0;
    }
    for (int k = 1; k < want; k++) {
        if (p + k >= end) {
            scan->reason = "unexpected end of data";
            scan->bad = end - p;
            return 0;
        }
        if (k == 1 ? p[1] < low || p[1] > high : !is_continuation(p[k])) {
            scan->reason = "invalid continuation byte";
            scan->bad = k;
            return 0;
        }
    }
    return want;
}

static void
scan_utf8(const unsigned char *start, Py_ssize_t size, Scan *scan)
{
    const unsigned char *p = start, *end = start + size;
    Py_ssize_t chars = 0;
    unsigned char widest = 0;       // largest lead byte
    scan->reason = NULL;
    while (p < end) {
        if (*p < 0x80) {
            Py_ssize_t run = p + 1 < end && p[1] >= 0x80 ? 1 : ascii_prefix(p, end - p);
            p += run;
            chars += run;
            continue;
        }
        int n = sequence_length(p, end, scan);
        if (n == 0) {
            break;
        }
        widest = *p > widest ? *p : widest;
        p += n;
        chars++;
    }
    scan->bytes = p - start;
    scan->chars = chars;
    scan->maxchar = widest == 0      ? 0x7f
                    : widest <= 0xc3 ? 0xff
                    : widest <= 0xef ? 0xffff
                                     : STR_MAX_CHAR;
}

// Decodes valid UTF-8. The kind is a constant after inlining.
ALWAYS_INLINE void
fill_kind(int kind, void *out, const unsigned char *p, const unsigned char *end)
{
    Py_ssize_t i = 0;
    while (p < end) {
        unsigned char c = *p;
        if (c < 0x80) {
            str_write(kind, out, i++, c);
            p++;
        }
        else if (c < 0xe0) {
            str_write(kind, out, i++, (Py_UCS4)(c & 0x1f) << 6 | (p[1] & 0x3f));
            p += 2;
        }
        else if (c < 0xf0) {
            str_write(kind, out, i++,
                      (Py_UCS4)(c & 0x0f) << 12 | (Py_UCS4)(p[1] & 0x3f) << 6 | (p[2] & 0x3f));
            p += 3;
        }
        else {
            str_write(kind, out, i++,
                      (Py_UCS4)(c & 0x07) << 18 | (Py_UCS4)(p[1] & 0x3f) << 12 |
                          (Py_UCS4)(p[2] & 0x3f) << 6 | (p[3] & 0x3f));
            p += 4;
        }
    }
}

static void
fill(int kind, void *out, const unsigned char *p, Py_ssize_t size)
{
    if (kind == 1) {
        fill_kind(1, out, p, p + size);
    }
    else if (kind == 2) {
        fill_kind(2, out, p, p + size);
    }
    else {
        fill_kind(4, out, p, p + size);
    }
}

static int
write_valid(StrWriter *w, const unsigned char *p, const Scan *scan)
{
    if (scan->chars == 0) {
        return 0;
    }
    if (str_writer_prepare(w, scan->chars, scan->maxchar) < 0) {
        return -1;
    }
    fill(w->kind, chars_at(w->kind, w->data, w->pos), p, scan->bytes);
    w->pos += scan->chars;
    return 0;
}

// Whether the input ends in the middle of a character. The first two bytes of an encoded surrogate
// count, too: the third may come, and the error handler may accept it.
static bool
ends_incomplete(const DecodeState *d, Py_ssize_t at, const Scan *scan)
{
    const unsigned char *p = d->data + at;
    return strcmp(scan->reason, "unexpected end of data") == 0 ||
           (d->size - at == 2 && p[0] == 0xed && p[1] >= 0xa0 && p[1] <= 0xbf);
}

// The general way: writer and error handler.
static PyObject *
decode_with_errors(const char *data, Py_ssize_t size, const char *errors, Py_ssize_t *consumed)
{
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "utf-8", errors, data, size);
    str_writer_init(&w);
    Py_ssize_t at = 0;
    while (at < d.size) {
        Scan scan;
        scan_utf8(d.data + at, d.size - at, &scan);
        if (write_valid(&w, d.data + at, &scan) < 0) {
            goto error;
        }
        at += scan.bytes;
        if (scan.reason == NULL || (consumed != NULL && ends_incomplete(&d, at, &scan))) {
            break;
        }
        at = decode_error(&d, &w, scan.reason, at, at + scan.bad);
        if (at < 0) {
            goto error;
        }
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
str_decode_utf8_stateful(const char *data, Py_ssize_t size, const char *errors,
                         Py_ssize_t *consumed)
{
    if (consumed != NULL) {
        *consumed = size;
    }
    if (size == 0) {
        return str_empty();
    }
    if (ascii_prefix(data, size) == size) {
        return str_from_ascii(data, size);
    }
    Scan scan;
    scan_utf8((const unsigned char *)data, size, &scan);
    if (scan.reason != NULL) {
        return decode_with_errors(data, size, errors, consumed);
    }
    if (scan.chars == 1) {
        Py_UCS4 ch;
        fill(4, &ch, (const unsigned char *)data, size);
        return str_from_char(ch);
    }
    // 0xc2 and 0xc3 lead Latin-1 characters; three bytes may be U+0800 up: never smaller classes.
    PyObject *s = str_new(scan.chars, scan.maxchar);
    if (s != NULL) {
        fill(str_kind(s), str_data(s), (const unsigned char *)data, size);
    }
    return s;
}

PyObject *
str_decode_utf8(const char *data, Py_ssize_t size, const char *errors)
{
    return str_decode_utf8_stateful(data, size, errors, NULL);
}

// ---- encoding ----

// Bytes that s[start:…] takes up to the first surrogate or the end, whose index is *stop.
// -1 when the size overflows.
static Py_ssize_t
measure(int kind, const void *data, Py_ssize_t start, Py_ssize_t n, Py_ssize_t *stop)
{
    size_t bytes = 0;
    Py_ssize_t i = start;
    for (; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (ch < 0x80) {
            bytes += 1;
        }
        else if (ch < 0x800) {
            bytes += 2;
        }
        else if (ch < 0x10000) {
            if (is_surrogate(ch)) {
                break;
            }
            bytes += 3;
        }
        else {
            bytes += 4;
        }
    }
    *stop = i;
    return bytes > (size_t)PY_SSIZE_T_MAX ? -1 : (Py_ssize_t)bytes;
}

static unsigned char *
put_character(unsigned char *out, Py_UCS4 ch)
{
    if (ch < 0x80) {
        *out++ = (unsigned char)ch;
    }
    else if (ch < 0x800) {
        *out++ = (unsigned char)(0xc0 | ch >> 6);
        *out++ = (unsigned char)(0x80 | (ch & 0x3f));
    }
    else if (ch < 0x10000) {
        *out++ = (unsigned char)(0xe0 | ch >> 12);
        *out++ = (unsigned char)(0x80 | (ch >> 6 & 0x3f));
        *out++ = (unsigned char)(0x80 | (ch & 0x3f));
    }
    else {
        *out++ = (unsigned char)(0xf0 | ch >> 18);
        *out++ = (unsigned char)(0x80 | (ch >> 12 & 0x3f));
        *out++ = (unsigned char)(0x80 | (ch >> 6 & 0x3f));
        *out++ = (unsigned char)(0x80 | (ch & 0x3f));
    }
    return out;
}

static void
put(int kind, const void *data, Py_ssize_t start, Py_ssize_t stop, char *target)
{
    unsigned char *out = (unsigned char *)target;
    for (Py_ssize_t i = start; i < stop; i++) {
        out = put_character(out, str_read(kind, data, i));
    }
}

// Surrogates [start, end) by the handlers that need no exception. The position to go on at, or
// start when the general way must be taken, or -1.
static Py_ssize_t
encode_surrogates_directly(EncodeState *e, BytesWriter *w, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t i = start;
    for (; i < end; i++) {
        Py_UCS4 ch = str_read_char(e->text, i);
        int rc = 0;
        if (e->kind == ERRORS_REPLACE) {
            rc = bytes_writer_byte(w, '?');
        }
        else if (e->kind == ERRORS_SURROGATEESCAPE) {
            if (ch < 0xdc80 || ch > 0xdcff) {
                break;
            }
            rc = bytes_writer_byte(w, (char)(ch - 0xdc00));
        }
        else if (e->kind == ERRORS_SURROGATEPASS) {
            rc = bytes_writer_reserve(w, 3);
            if (rc == 0) {
                put_character((unsigned char *)w->data + w->pos, ch);
                w->pos += 3;
            }
        }
        else if (e->kind != ERRORS_IGNORE) {
            break;
        }
        if (rc < 0) {
            return -1;
        }
    }
    return i;
}

// The surrogates at start: writes what the handler wants and gives the next position, or -1.
static Py_ssize_t
encode_surrogates(EncodeState *e, BytesWriter *w, Py_ssize_t start)
{
    static const char reason[] = "surrogates not allowed";
    Py_ssize_t end = start + 1, n = str_length(e->text);
    while (end < n && is_surrogate(str_read_char(e->text, end))) {
        end++;
    }
    Py_ssize_t next = encode_surrogates_directly(e, w, start, end);
    if (next != start) {
        return next;
    }
    PyObject *replacement;
    next = encode_error(e, reason, start, end, &replacement);
    if (next < 0) {
        return -1;
    }
    int rc = -1;
    if (bytes_check(replacement)) {
        rc = bytes_writer_write(w, bytes_data(replacement), bytes_length(replacement));
    }
    else if (str_is_ascii(replacement)) {
        rc = bytes_writer_write(w, str_data(replacement), str_length(replacement));
    }
    else {
        encode_raise(e, reason, start, end);
    }
    decref(replacement);
    return rc < 0 ? -1 : next;
}

static PyObject *
encode_with_errors(PyObject *s, const char *errors)
{
    EncodeState e;
    BytesWriter w;
    encode_begin(&e, "utf-8", errors, s);
    bytes_writer_init(&w);
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), at = 0;
    while (at < n) {
        Py_ssize_t stop;
        Py_ssize_t bytes = measure(kind, data, at, n, &stop);
        if (bytes < 0 || bytes_writer_reserve(&w, bytes) < 0) {
            goto error;
        }
        put(kind, data, at, stop, w.data + w.pos);
        w.pos += bytes;
        at = stop;
        if (at < n) {
            at = encode_surrogates(&e, &w, at);
            if (at < 0) {
                goto error;
            }
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
str_encode_utf8(PyObject *s, const char *errors)
{
    Py_ssize_t n = str_length(s), stop;
    if (str_is_ascii(s)) {
        return bytes_from_data(str_data(s), n);
    }
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t bytes = measure(kind, data, 0, n, &stop);
    if (bytes < 0) {
        return error_no_memory();
    }
    if (stop < n) {
        return encode_with_errors(s, errors);
    }
    PyObject *result = bytes_from_data(NULL, bytes);
    if (result != NULL) {
        put(kind, data, 0, n, bytes_data(result));
    }
    return result;
}

// ---- the cached text ----

// Computes and publishes the UTF-8 copy. Racing threads compute the same bytes; one wins.
static const char *
fill_utf8_cache(PyObject *s, Py_ssize_t *size)
{
    PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)s;
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), stop;
    Py_ssize_t bytes = measure(kind, data, 0, n, &stop);
    if (bytes >= 0 && stop < n) {
        xdecref(encode_with_errors(s, NULL));   // raises the UnicodeEncodeError
        return NULL;
    }
    char *text = bytes < 0 ? NULL : mem_alloc((size_t)bytes + 1);
    if (text == NULL) {
        return error_no_memory();
    }
    put(kind, data, 0, n, text);
    text[bytes] = '\0';
    atomic_store_relaxed_ssize(&compact->utf8_length, bytes);
    char *expected = NULL;
    if (!atomic_cas_ptr(&compact->utf8, &expected, text)) {
        mem_free(text);
        text = expected;
    }
    *size = bytes;
    return text;
}

const char *
str_as_utf8_size(PyObject *s, Py_ssize_t *size)
{
    Py_ssize_t ignored;
    size = size != NULL ? size : &ignored;
    if (str_is_ascii(s)) {
        *size = str_length(s);
        return str_data(s);
    }
    PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)s;
    const char *text = atomic_load_acquire_ptr(&compact->utf8);
    if (text != NULL) {
        *size = atomic_load_relaxed_ssize(&compact->utf8_length);
        return text;
    }
    return fill_utf8_cache(s, size);
}

const char *
str_as_utf8(PyObject *s)
{
    return str_as_utf8_size(s, NULL);
}

const char *
str_as_utf8_no_nul(PyObject *s)
{
    Py_ssize_t size;
    const char *text = str_as_utf8_size(s, &size);
    if (text != NULL && strlen(text) != (size_t)size) {
        return error_set(PyExc_ValueError, "embedded null character");
    }
    return text;
}
