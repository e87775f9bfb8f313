// repr() of str.
#include "base/checked.h"
#include "objects/error.h"
#include "objects/str_internal.h"
#include "objects/unicode_data.h"

// Characters that the escape of ch takes (1: shown as it is).
static inline int
escape_length(Py_UCS4 ch, Py_UCS4 quote)
{
    if (ch == quote || ch == '\\' || ch == '\t' || ch == '\n' || ch == '\r') {
        return 2;
    }
    if (ch >= 0x20 && ch < 0x7f) {
        return 1;
    }
    if (ch < 0x80) {
        return 4;
    }
    if (unicode_is_printable(ch)) {
        return 1;
    }
    return ch < 0x100 ? 4 : ch < 0x10000 ? 6 : 10;
}

static Py_ssize_t
put_escape(int kind, void *out, Py_ssize_t at, Py_UCS4 ch, int length)
{
    str_write(kind, out, at++, '\\');
    if (length == 2) {
        str_write(kind, out, at++,
                  ch == '\t' ? 't' : ch == '\n' ? 'n' : ch == '\r' ? 'r' : ch);
        return at;
    }
    str_write(kind, out, at++, length == 4 ? 'x' : length == 6 ? 'u' : 'U');
    for (int shift = (length - 3) * 4; shift >= 0; shift -= 4) {
        str_write(kind, out, at++, (Py_UCS4)"0123456789abcdef"[ch >> shift & 15]);
    }
    return at;
}

// Length and class of the text between the quotes. -1 when it would be too long.
static Py_ssize_t
repr_measure(PyObject *s, Py_UCS4 quote, Py_UCS4 *maxchar)
{
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t total = 2;
    *maxchar = 0x7f;
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        int length = escape_length(ch, quote);
        if (length == 1 && ch > *maxchar) {
            *maxchar = ch;
        }
        if (!checked_add_ssize(total, length, &total)) {
            error_set(PyExc_OverflowError, "string is too long to generate repr");
            return -1;
        }
    }
    return total;
}

PyObject *
str_repr(PyObject *s)
{
    Py_ssize_t n = str_length(s);
    bool single = str_find_char(s, '\'', 0, n, 1) >= 0;
    Py_UCS4 quote = single && str_find_char(s, '"', 0, n, 1) < 0 ? '"' : '\'';
    Py_UCS4 maxchar;
    Py_ssize_t total = repr_measure(s, quote, &maxchar);
    if (total < 0) {
        return NULL;
    }
    PyObject *result = str_new(total, maxchar);
    if (result == NULL) {
        return NULL;
    }
    int kind = str_kind(result), from_kind = str_kind(s);
    void *out = str_data(result);
    const void *data = str_data(s);
    Py_ssize_t at = 0;
    str_write(kind, out, at++, quote);
    if (total == n + 2) {
        str_copy_characters(result, 1, s, 0, n);
        at += n;
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_UCS4 ch = str_read(from_kind, data, i);
            int length = escape_length(ch, quote);
            if (length == 1) {
                str_write(kind, out, at++, ch);
            }
            else {
                at = put_escape(kind, out, at, ch, length);
            }
        }
    }
    str_write(kind, out, at, quote);
    return result;
}
