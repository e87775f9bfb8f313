// unicode_escape and raw_unicode_escape: the escapes of str literals as encodings.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/str_internal.h"
#include "objects/unicode_data.h"

static inline int
hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Outcome of reading one escape.
typedef enum { ESCAPE_OK, ESCAPE_NOTHING, ESCAPE_BAD, ESCAPE_INCOMPLETE } Outcome;

typedef struct {
    Py_UCS4 ch;
    const char *reason;         // ESCAPE_BAD and ESCAPE_INCOMPLETE
    Py_ssize_t invalid;         // position of an escape that is no escape, -1 if none
} Escape;

// `count` hexadecimal digits at *at.
static Outcome
read_hex(DecodeState *d, Py_ssize_t *at, int count, const char *reason, Escape *result)
{
    Py_UCS4 value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        int digit = *at < d->size ? hex_value(d->data[*at]) : -1;
        if (digit < 0) {
            result->reason = reason;
            return *at >= d->size ? ESCAPE_INCOMPLETE : ESCAPE_BAD;
        }
        value = value << 4 | (Py_UCS4)digit;
    }
    if (value > STR_MAX_CHAR) {
        result->reason = "illegal Unicode character";
        return ESCAPE_BAD;
    }
    result->ch = value;
    return ESCAPE_OK;
}

// {NAME} at *at.
static Outcome
read_name(DecodeState *d, Py_ssize_t *at, Escape *result)
{
    result->reason = "malformed \\N character escape";
    if (*at >= d->size) {
        return ESCAPE_INCOMPLETE;
    }
    if (d->data[*at] != '{') {
        return ESCAPE_BAD;
    }
    Py_ssize_t start = ++*at;
    while (*at < d->size && d->data[*at] != '}') {
        ++*at;
    }
    if (*at >= d->size) {
        return ESCAPE_INCOMPLETE;
    }
    if (*at == start) {
        return ESCAPE_BAD;
    }
    const char *name = (const char *)d->data + start;
    Py_ssize_t n = (*at)++ - start;
    if (unicode_lookup(name, (size_t)n, &result->ch)) {
        return ESCAPE_OK;
    }
    result->reason = "unknown Unicode character name";
    return ESCAPE_BAD;
}

static int
simple_escape(unsigned char c)
{
    switch (c) {
    case '\\':
    case '\'':
    case '"':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'v':
        return '\v';
    case 'a':
        return '\a';
    default:
        return -1;
    }
}

// *at is behind the backslash; it ends behind the escape, or behind what was wrong.
static Outcome
read_escape(DecodeState *d, Py_ssize_t *at, Escape *result)
{
    if (*at >= d->size) {
        result->reason = "\\ at end of string";
        return ESCAPE_INCOMPLETE;
    }
    unsigned char c = d->data[(*at)++];
    int simple = simple_escape(c);
    if (simple >= 0) {
        result->ch = (Py_UCS4)simple;
        return ESCAPE_OK;
    }
    switch (c) {
    case '\n':
        return ESCAPE_NOTHING;
    case 'x':
        return read_hex(d, at, 2, "truncated \\xXX escape", result);
    case 'u':
        return read_hex(d, at, 4, "truncated \\uXXXX escape", result);
    case 'U':
        return read_hex(d, at, 8, "truncated \\UXXXXXXXX escape", result);
    case 'N':
        return read_name(d, at, result);
    default:
        break;
    }
    if (c >= '0' && c <= '7') {
        Py_ssize_t start = *at - 1;
        Py_UCS4 value = c - '0';
        for (int i = 0; i < 2 && *at < d->size && d->data[*at] >= '0' && d->data[*at] <= '7'; i++) {
            value = value * 8 + (d->data[(*at)++] - '0');
        }
        if (value > 0377) {
            result->invalid = start;
        }
        result->ch = value;
        return ESCAPE_OK;
    }
    // No escape: the backslash stays, and c is read again.
    result->invalid = --*at;
    result->ch = '\\';
    return ESCAPE_OK;
}

static int
warn_invalid(const unsigned char *p)
{
    if (*p >= '4' && *p <= '7') {
        return error_warn(PyExc_DeprecationWarning, 1,
                          "\"\\%.3s\" is an invalid octal escape sequence. "
                          "Such sequences will not work in the future. ",
                          (const char *)p);
    }
    return error_warn(PyExc_DeprecationWarning, 1,
                      "\"\\%c\" is an invalid escape sequence. "
                      "Such sequences will not work in the future. ",
                      *p);
}

PyObject *
str_decode_unicode_escape(const char *data, Py_ssize_t size, const char *errors,
                          Py_ssize_t *consumed, const char **first_invalid)
{
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "unicodeescape", errors, data, size);
    str_writer_init(&w);
    w.min_length = size;
    Py_ssize_t at = 0, invalid = -1;
    while (at < d.size) {
        const char *p = (const char *)d.data + at;
        const char *backslash = memchr(p, '\\', (size_t)(d.size - at));
        Py_ssize_t n = backslash == NULL ? d.size - at : backslash - p;
        if (str_writer_latin1(&w, p, n) < 0) {
            goto error;
        }
        at += n;
        if (at == d.size) {
            break;
        }
        Py_ssize_t start = at++;
        Escape escape = {.invalid = -1};
        Outcome outcome = read_escape(&d, &at, &escape);
        if (outcome == ESCAPE_INCOMPLETE && consumed != NULL) {
            at = start;
            break;
        }
        if (outcome == ESCAPE_OK) {
            invalid = invalid < 0 ? escape.invalid : invalid;
            if (str_writer_char(&w, escape.ch) < 0) {
                goto error;
            }
        }
        else if (outcome != ESCAPE_NOTHING) {
            at = decode_error(&d, &w, escape.reason, start, at);
            if (at < 0) {
                goto error;
            }
        }
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    if (first_invalid != NULL) {
        *first_invalid = invalid < 0 ? NULL : data + invalid;
    }
    else if (invalid >= 0 && invalid < d.size && warn_invalid(d.data + invalid) < 0) {
        goto error;
    }
    decode_end(&d);
    return str_writer_finish(&w);
error:
    decode_end(&d);
    str_writer_discard(&w);
    return NULL;
}

// ---- raw ----

// \u or \U at *at (behind the backslash). ESCAPE_NOTHING: something else.
static Outcome
read_raw_escape(DecodeState *d, Py_ssize_t *at, Escape *result)
{
    if (*at >= d->size) {
        return ESCAPE_INCOMPLETE;
    }
    unsigned char c = d->data[*at];
    if (c != 'u' && c != 'U') {
        return ESCAPE_NOTHING;
    }
    ++*at;
    Outcome outcome = c == 'u' ? read_hex(d, at, 4, "truncated \\uXXXX escape", result)
                               : read_hex(d, at, 8, "truncated \\UXXXXXXXX escape", result);
    if (outcome == ESCAPE_BAD && strcmp(result->reason, "illegal Unicode character") == 0) {
        result->reason = "\\Uxxxxxxxx out of range";
    }
    return outcome;
}

// A backslash at *at: 0 or -1; 1 when the input ends in an incomplete escape.
static int
decode_raw_backslash(DecodeState *d, StrWriter *w, Py_ssize_t *at, bool final)
{
    Py_ssize_t start = (*at)++;
    Escape escape = {.invalid = -1};
    Outcome outcome = read_raw_escape(d, at, &escape);
    if (outcome == ESCAPE_OK) {
        return str_writer_char(w, escape.ch);
    }
    if (outcome == ESCAPE_INCOMPLETE && !final) {
        *at = start;
        return 1;
    }
    if (escape.reason != NULL) {
        *at = decode_error(d, w, escape.reason, start, *at);
        return *at < 0 ? -1 : 0;
    }
    // A plain backslash; a second one behind it cannot start an escape.
    if (str_writer_char(w, '\\') < 0) {
        return -1;
    }
    if (*at < d->size && d->data[*at] == '\\') {
        ++*at;
        return str_writer_char(w, '\\');
    }
    return 0;
}

PyObject *
str_decode_raw_unicode_escape(const char *data, Py_ssize_t size, const char *errors,
                              Py_ssize_t *consumed)
{
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "rawunicodeescape", errors, data, size);
    str_writer_init(&w);
    w.min_length = size;
    Py_ssize_t at = 0;
    int rc = 0;
    while (at < d.size && rc == 0) {
        const char *p = (const char *)d.data + at;
        const char *backslash = memchr(p, '\\', (size_t)(d.size - at));
        Py_ssize_t n = backslash == NULL ? d.size - at : backslash - p;
        rc = str_writer_latin1(&w, p, n);
        at += n;
        if (rc == 0 && at < d.size) {
            rc = decode_raw_backslash(&d, &w, &at, consumed == NULL);
        }
    }
    decode_end(&d);
    if (rc < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    if (consumed != NULL) {
        *consumed = at;
    }
    return str_writer_finish(&w);
}

// ---- encoding ----

static int
put_hex(BytesWriter *w, char letter, Py_UCS4 ch, int digits)
{
    if (bytes_writer_byte(w, '\\') < 0 || bytes_writer_byte(w, letter) < 0) {
        return -1;
    }
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        if (bytes_writer_byte(w, "0123456789abcdef"[ch >> shift & 15]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_wide(BytesWriter *w, Py_UCS4 ch)
{
    return ch < 0x10000 ? put_hex(w, 'u', ch, 4) : put_hex(w, 'U', ch, 8);
}

static int
put_escaped(BytesWriter *w, Py_UCS4 ch)
{
    if (ch >= 0x100) {
        return put_wide(w, ch);
    }
    char letter = ch == '\t' ? 't' : ch == '\n' ? 'n' : ch == '\r' ? 'r' : ch == '\\' ? '\\' : 0;
    if (letter != 0) {
        return bytes_writer_byte(w, '\\') < 0 ? -1 : bytes_writer_byte(w, letter);
    }
    return ch >= ' ' && ch < 0x7f ? bytes_writer_byte(w, (char)ch) : put_hex(w, 'x', ch, 2);
}

PyObject *
str_encode_unicode_escape(PyObject *s)
{
    BytesWriter w;
    bytes_writer_init(&w);
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        if (put_escaped(&w, str_read_char(s, i)) < 0) {
            bytes_writer_discard(&w);
            return NULL;
        }
    }
    return bytes_writer_finish(&w);
}

PyObject *
str_encode_raw_unicode_escape(PyObject *s)
{
    if (str_kind(s) == 1) {
        return bytes_from_data(str_data(s), str_length(s));
    }
    BytesWriter w;
    bytes_writer_init(&w);
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        int rc = ch < 0x100 ? bytes_writer_byte(&w, (char)ch) : put_wide(&w, ch);
        if (rc < 0) {
            bytes_writer_discard(&w);
            return NULL;
        }
    }
    return bytes_writer_finish(&w);
}
