// Values of literals. See literal.h.
//
// Threading: plain functions.
#include "syntax/literal.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"

// ---- numbers ----

// Decimal digits of a small int: true when the value fits.
static bool
small_decimal(const char *text, Py_ssize_t size, int64_t *value)
{
    if (size > 18 || (size > 1 && text[0] == '0')) {
        return false;
    }
    int64_t result = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        result = result * 10 + (text[i] - '0');
    }
    *value = result;
    return true;
}

static PyObject *
float_or_complex(const char *text, Py_ssize_t size)
{
    bool imaginary = text[size - 1] == 'j' || text[size - 1] == 'J';
    PyObject *digits = str_from_ascii(text, size - imaginary);
    PyObject *number = digits != NULL ? float_from_str(digits) : NULL;
    xdecref(digits);
    if (number != NULL && imaginary) {
        set_ref(number, complex_from_doubles(0.0, float_value(number)));
    }
    return number;
}

static bool
is_integer(const char *text, Py_ssize_t size)
{
    if (size > 1 && text[0] == '0' && strchr("xXoObB", text[1]) != NULL) {
        return true;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

PyObject *
literal_number(const char *text, Py_ssize_t size)
{
    int64_t value;
    if (small_decimal(text, size, &value)) {
        return int_from_i64(value);
    }
    char *clean = mem_alloc_or_error((size_t)size + 1);
    if (clean == NULL) {
        return NULL;
    }
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (text[i] != '_') {
            clean[n++] = text[i];
        }
    }
    clean[n] = '\0';
    PyObject *number = is_integer(clean, n) ? int_from_cstr(clean, NULL, 0)
                                            : float_or_complex(clean, n);
    mem_free(clean);
    return number;
}

// ---- strings ----

LiteralString
literal_split(const char *token, Py_ssize_t size)
{
    LiteralString parts = {0};
    const char *p = token;
    for (; *p != '\'' && *p != '"'; p++) {
        parts.bytes |= *p == 'b' || *p == 'B';
        parts.raw |= *p == 'r' || *p == 'R';
        parts.unicode |= *p == 'u';
    }
    parts.quote = *p;
    Py_ssize_t quotes = p + 6 <= token + size && p[1] == *p && p[2] == *p ? 3 : 1;
    parts.text = p + quotes;
    parts.size = size - (p - token) - 2 * quotes;
    return parts;
}

// Notes an invalid escape: `at` is after the backslash.
static void
note_invalid(InvalidEscape *invalid, const char *at, const char *end)
{
    if (at == NULL || at >= end) {
        return;
    }
    (*invalid)[0] = *at;
    if (*at >= '4' && *at <= '7' && end - at >= 3) {
        (*invalid)[1] = at[1];
        (*invalid)[2] = at[2];
    }
}

// Number of bytes of the UTF-8 sequence that begins at p, and its character.
static int
read_utf8(const unsigned char *p, Py_UCS4 *ch)
{
    if (*p < 0xe0) {
        *ch = (Py_UCS4)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
        return 2;
    }
    if (*p < 0xf0) {
        *ch = (Py_UCS4)(p[0] & 0x0f) << 12 | (Py_UCS4)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        return 3;
    }
    *ch = (Py_UCS4)(p[0] & 0x07) << 18 | (Py_UCS4)(p[1] & 0x3f) << 12
          | (Py_UCS4)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    return 4;
}

static char *
write_escape(char *out, Py_UCS4 ch)
{
    static const char hex[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'U';
    for (int shift = 28; shift >= 0; shift -= 4) {
        *out++ = hex[ch >> shift & 15];
    }
    return out;
}

// Text whose characters beyond ASCII are written as escapes, so that one decoder does the rest;
// a backslash before such a character, or at the end, stands for itself. out has room for six
// times the size. The result is its size.
static Py_ssize_t
escape_text(const char *text, Py_ssize_t size, char *out)
{
    char *start = out;
    const char *end = text + size;
    while (text < end) {
        if (*text == '\\') {
            *out++ = *text++;
            if (text == end || (unsigned char)*text >= 128) {
                memcpy(out, "u005c", 5);
                out += 5;
            }
            else {
                *out++ = *text++;
            }
        }
        else if ((unsigned char)*text >= 128) {
            Py_UCS4 ch;
            text += read_utf8((const unsigned char *)text, &ch);
            out = write_escape(out, ch);
        }
        else {
            *out++ = *text++;
        }
    }
    return out - start;
}

PyObject *
literal_decode_str(const char *text, Py_ssize_t size, bool raw, InvalidEscape *invalid)
{
    memset(*invalid, 0, sizeof *invalid);
    if (raw || memchr(text, '\\', (size_t)size) == NULL) {
        return str_decode_utf8(text, size, NULL);
    }
    if (size > PTRDIFF_MAX / 6 - 1) {
        return error_no_memory();
    }
    char *escaped = mem_alloc_or_error((size_t)size * 6 + 1);
    if (escaped == NULL) {
        return NULL;
    }
    Py_ssize_t length = escape_text(text, size, escaped);
    const char *first = NULL;
    PyObject *result = str_decode_unicode_escape(escaped, length, NULL, NULL, &first);
    if (result != NULL) {
        note_invalid(invalid, first, escaped + length);
    }
    mem_free(escaped);
    return result;
}

PyObject *
literal_decode_bytes(const char *text, Py_ssize_t size, bool raw, InvalidEscape *invalid)
{
    memset(*invalid, 0, sizeof *invalid);
    if (raw || memchr(text, '\\', (size_t)size) == NULL) {
        return bytes_from_data(text, size);
    }
    const char *first = NULL;
    PyObject *result = bytes_decode_escape(text, size, NULL, &first);
    if (result != NULL) {
        note_invalid(invalid, first, text + size);
    }
    return result;
}

Py_ssize_t
literal_find_escape(const char *text, Py_ssize_t size, const char *invalid)
{
    size_t length = strlen(invalid);
    for (Py_ssize_t i = 0; i + 1 < size; i++) {
        if (text[i] != '\\') {
            continue;
        }
        if (size - i > (Py_ssize_t)length && memcmp(text + i + 1, invalid, length) == 0) {
            return i;
        }
        i++;
    }
    return 0;
}

// ---- warnings ----

static int
warn_steal(PyObject *message, PyObject *filename, int lineno)
{
    if (message == NULL) {
        return -1;
    }
    int result = error_warn_explicit(PyExc_SyntaxWarning, message, filename, lineno, NULL, NULL);
    decref(message);
    return result;
}

int
literal_warn_escape(PyObject *filename, int lineno, bool silent, int c)
{
    if (silent) {
        return 0;
    }
    return warn_steal(str_format("\"\\%c\" is an invalid escape sequence. Such sequences will not "
                                 "work in the future. Did you mean \"\\\\%c\"? A raw string is "
                                 "also an option.",
                                 c, c),
                      filename, lineno);
}

int
literal_warn_octal(PyObject *filename, int lineno, bool silent, const char *digits)
{
    if (silent) {
        return 0;
    }
    return warn_steal(str_format("\"\\%.3s\" is an invalid octal escape sequence. Such sequences "
                                 "will not work in the future. Did you mean \"\\\\%.3s\"? A raw "
                                 "string is also an option.",
                                 digits, digits),
                      filename, lineno);
}

bool
literal_escape_error(void)
{
    return error_clear_if(PyExc_SyntaxWarning);
}
