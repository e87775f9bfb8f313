// bytes as text: repr, hexadecimal both ways, and the escapes of bytes literals.
#include <string.h>

#include "base/checked.h"
#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/bytes_internal.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/type.h"

// ---- repr ----

static inline int
escape_length(unsigned char c, unsigned char quote, bool escape_single)
{
    if (c == quote || c == '\\' || c == '\t' || c == '\n' || c == '\r' ||
        (c == '\'' && escape_single)) {
        return 2;
    }
    return c < ' ' || c >= 0x7f ? 4 : 1;
}

static char *
put_escaped(char *out, unsigned char c, int length)
{
    if (length == 1) {
        *out++ = (char)c;
        return out;
    }
    *out++ = '\\';
    if (length == 2) {
        *out++ = (char)(c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c);
        return out;
    }
    *out++ = 'x';
    *out++ = "0123456789abcdef"[c >> 4];
    *out++ = "0123456789abcdef"[c & 15];
    return out;
}

PyObject *
bytes_repr_data(const char *data, Py_ssize_t size, const char *prefix, const char *suffix,
                bool smart_quotes, bool escape_single)
{
    const unsigned char *p = (const unsigned char *)data;
    unsigned char quote = '\'';
    if (smart_quotes && size > 0 && memchr(data, '\'', (size_t)size) != NULL &&
        memchr(data, '"', (size_t)size) == NULL) {
        quote = '"';
    }
    Py_ssize_t total = (Py_ssize_t)(strlen(prefix) + strlen(suffix)) + 2;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (!checked_add_ssize(total, escape_length(p[i], quote, escape_single), &total)) {
            return error_set(PyExc_OverflowError, "bytes object is too large to make repr");
        }
    }
    PyObject *result = str_new(total, 0x7f);
    if (result == NULL) {
        return NULL;
    }
    char *out = str_data(result);
    memcpy(out, prefix, strlen(prefix));
    out += strlen(prefix);
    *out++ = (char)quote;
    for (Py_ssize_t i = 0; i < size; i++) {
        out = put_escaped(out, p[i], escape_length(p[i], quote, escape_single));
    }
    *out++ = (char)quote;
    memcpy(out, suffix, strlen(suffix));
    return result;
}

PyObject *
bytes_repr(PyObject *op, bool smart_quotes)
{
    return bytes_repr_data(bytes_data(op), bytes_length(op), "b", "", smart_quotes, false);
}

// ---- hexadecimal ----

// The separator byte of a str or bytes of length 1: 0 and *byte, or -1.
static int
hex_separator(PyObject *separator, char *byte)
{
    Py_ssize_t n = object_length(separator);
    if (n < 0) {
        return -1;
    }
    if (n != 1) {
        error_set(PyExc_ValueError, "sep must be length 1.");
        return -1;
    }
    Py_UCS4 ch;
    if (str_check(separator)) {
        ch = str_read_char(separator, 0);
    }
    else if (bytes_check(separator)) {
        ch = (unsigned char)bytes_data(separator)[0];
    }
    else {
        error_set(PyExc_TypeError, "sep must be str or bytes.");
        return -1;
    }
    if (ch > 127) {
        error_set(PyExc_ValueError, "sep must be ASCII.");
        return -1;
    }
    *byte = (char)ch;
    return 0;
}

// Writes the digits with a separator after every `group` bytes, counted from the right, or from
// the left when group is negative.
static void
put_hex(char *out, const unsigned char *data, Py_ssize_t size, char separator, int group)
{
    Py_ssize_t each = group < 0 ? -(Py_ssize_t)group : group;
    Py_ssize_t until = each == 0 ? size : group < 0 ? each : (size - 1) % each + 1;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (i == until && each != 0) {
            *out++ = separator;
            until += each;
        }
        *out++ = "0123456789abcdef"[data[i] >> 4];
        *out++ = "0123456789abcdef"[data[i] & 15];
    }
}

static PyObject *
to_hex(const char *data, Py_ssize_t size, PyObject *separator, int group, bool as_bytes)
{
    char byte = 0;
    if (separator == NULL) {
        group = 0;
    }
    else if (hex_separator(separator, &byte) < 0) {
        return NULL;
    }
    Py_ssize_t total, each = group < 0 ? -(Py_ssize_t)group : group;
    Py_ssize_t gaps = each == 0 || size == 0 ? 0 : (size - 1) / each;
    if (!checked_mul_ssize(size, 2, &total) || !checked_add_ssize(total, gaps, &total)) {
        return error_no_memory();
    }
    if (total == 0) {
        return as_bytes ? bytes_empty() : str_empty();
    }
    PyObject *result = as_bytes ? bytes_from_data(NULL, total) : str_new(total, 0x7f);
    if (result != NULL) {
        put_hex(as_bytes ? bytes_data(result) : str_data(result), (const unsigned char *)data,
                size, byte, group);
    }
    return result;
}

PyObject *
bytes_to_hex(const char *data, Py_ssize_t size, PyObject *separator, int group)
{
    return to_hex(data, size, separator, group, false);
}

PyObject *
bytes_to_hex_bytes(const char *data, Py_ssize_t size, PyObject *separator, int group)
{
    return to_hex(data, size, separator, group, true);
}

static inline int
hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool
is_ascii_space(unsigned char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static PyObject *
bad_hex(Py_ssize_t position)
{
    return error_format(PyExc_ValueError,
                        "non-hexadecimal number found in fromhex() arg at position %zd", position);
}

static PyObject *
parse_hex(const unsigned char *p, Py_ssize_t n)
{
    BytesWriter w;
    bytes_writer_init(&w);
    Py_ssize_t i = 0;
    for (;;) {
        while (i < n && is_ascii_space(p[i])) {
            i++;
        }
        if (i >= n) {
            return bytes_writer_finish(&w);
        }
        int high = hex_value(p[i]);
        if (high < 0) {
            break;
        }
        i++;
        if (i >= n) {
            bytes_writer_discard(&w);
            return error_set(PyExc_ValueError, "fromhex() arg must contain an even number of "
                                               "hexadecimal digits");
        }
        int low = hex_value(p[i]);
        if (low < 0) {
            break;
        }
        i++;
        if (bytes_writer_byte(&w, (char)(high << 4 | low)) < 0) {
            bytes_writer_discard(&w);
            return NULL;
        }
    }
    bytes_writer_discard(&w);
    return bad_hex(i);
}

PyObject *
bytes_parse_hex(PyObject *text)
{
    if (str_check(text)) {
        if (!str_is_ascii(text)) {
            Py_ssize_t i = 0;
            while (str_read_char(text, i) < 128) {
                i++;
            }
            return bad_hex(i);
        }
        return parse_hex(str_data(text), str_length(text));
    }
    if (!buffer_check(text)) {
        return error_format(PyExc_TypeError,
                            "fromhex() argument must be str or bytes-like, not %T", text);
    }
    BytesArg arg;
    if (bytes_arg_get(text, &arg) < 0) {
        return NULL;
    }
    PyObject *result = parse_hex((const unsigned char *)arg.data, arg.size);
    bytes_arg_release(&arg);
    return result;
}

// ---- escapes of bytes literals ----

// Up to three octal digits at p. Sets *p behind them.
static int
octal(const char **p, const char *end)
{
    int value = 0;
    for (int i = 0; i < 3 && *p < end && **p >= '0' && **p <= '7'; i++) {
        value = value * 8 + (*(*p)++ - '0');
    }
    return value;
}

// \x without two digits, by the error handler's name. 0 or -1.
static int
bad_hex_escape(BytesWriter *w, const char *errors, Py_ssize_t position)
{
    if (errors == NULL || strcmp(errors, "strict") == 0) {
        error_format(PyExc_ValueError, "invalid \\x escape at position %zd", position);
        return -1;
    }
    if (strcmp(errors, "replace") == 0) {
        return bytes_writer_byte(w, '?');
    }
    if (strcmp(errors, "ignore") == 0) {
        return 0;
    }
    error_format(PyExc_ValueError, "decoding error; unknown error handling code: %.400s", errors);
    return -1;
}

// What a backslash and the letter c stand for; -1: more is needed, -2: nothing special.
static int
simple_escape(char c)
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
        return -2;
    }
}

// p is behind the backslash. The position behind the escape, or NULL with an exception.
static const char *
decode_one_escape(BytesWriter *w, const char *data, const char *p, const char *end,
                  const char *errors, const char **invalid)
{
    char c = *p++;
    int simple = simple_escape(c);
    if (simple >= 0) {
        return bytes_writer_byte(w, (char)simple) < 0 ? NULL : p;
    }
    if (c == '\n') {
        return p;
    }
    if (c >= '0' && c <= '7') {
        const char *start = --p;
        int value = octal(&p, end);
        if (value > 0377 && *invalid == NULL) {
            *invalid = start;
        }
        return bytes_writer_byte(w, (char)value) < 0 ? NULL : p;
    }
    if (c == 'x') {
        if (p + 1 < end && hex_value((unsigned char)p[0]) >= 0 &&
            hex_value((unsigned char)p[1]) >= 0) {
            int value = hex_value((unsigned char)p[0]) << 4 | hex_value((unsigned char)p[1]);
            return bytes_writer_byte(w, (char)value) < 0 ? NULL : p + 2;
        }
        if (bad_hex_escape(w, errors, p - 2 - data) < 0) {
            return NULL;
        }
        return p < end && hex_value((unsigned char)*p) >= 0 ? p + 1 : p;
    }
    if (*invalid == NULL) {
        *invalid = p - 1;
    }
    return bytes_writer_byte(w, '\\') < 0 || bytes_writer_byte(w, c) < 0 ? NULL : p;
}

// Warns about the escape at `at` (the character behind the backslash).
static int
warn_invalid_escape(const char *at)
{
    if (*at >= '4' && *at <= '7') {
        return error_warn(PyExc_DeprecationWarning, 1, "\"\\%.3s\" is an invalid octal escape "
                          "sequence. Such sequences will not work in the future. ", at);
    }
    return error_warn(PyExc_DeprecationWarning, 1, "\"\\%c\" is an invalid escape sequence. "
                      "Such sequences will not work in the future. ", (unsigned char)*at);
}

PyObject *
bytes_decode_escape(const char *data, Py_ssize_t size, const char *errors,
                    const char **first_invalid)
{
    const char *invalid = NULL, *p = data, *end = data + size;
    BytesWriter w;
    bytes_writer_init(&w);
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        const char *stop = backslash == NULL ? end : backslash;
        if (bytes_writer_write(&w, p, stop - p) < 0) {
            goto error;
        }
        p = stop;
        if (p == end) {
            break;
        }
        if (++p == end) {
            error_set(PyExc_ValueError, "Trailing \\ in string");
            goto error;
        }
        p = decode_one_escape(&w, data, p, end, errors, &invalid);
        if (p == NULL) {
            goto error;
        }
    }
    if (first_invalid != NULL) {
        *first_invalid = invalid;
    }
    else if (invalid != NULL && warn_invalid_escape(invalid) < 0) {
        goto error;
    }
    return bytes_writer_finish(&w);
error:
    bytes_writer_discard(&w);
    return NULL;
}
