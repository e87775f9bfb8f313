// JSON strings out of str.
//
// Threading: pure.
#include <string.h>

#include "modules/json_internal.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"

// The letter of the short escape for ch, or 0.
static inline Py_UCS1
short_escape(Py_UCS4 ch)
{
    switch (ch) {
    case '"':
    case '\\':
        return (Py_UCS1)ch;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static inline bool
is_plain(Py_UCS4 ch, bool ascii_only)
{
    return ch >= ' ' && ch != '"' && ch != '\\' && (!ascii_only || ch < 0x7f);
}

// Characters of ch in a JSON string.
static inline Py_ssize_t
escaped_width(Py_UCS4 ch, bool ascii_only)
{
    return is_plain(ch, ascii_only) ? 1 : short_escape(ch) != 0 ? 2 : ch > 0xffff ? 12 : 6;
}

// Index of the first character that needs an escape.
static Py_ssize_t
plain_prefix(int kind, const void *data, Py_ssize_t n, bool ascii_only)
{
    Py_ssize_t i = 0;
    if (kind == 1) {
        const Py_UCS1 *text = data;
        while (n - i >= 8) {
            uint64_t word = json_load_word(text + i);
            // 0x7f plus one has the high bit too.
            uint64_t wide = ascii_only ? ((word & ~JSON_HIGHS) + JSON_ONES) | word : 0;
            if (json_word_is_special(word) || (wide & JSON_HIGHS) != 0) {
                break;
            }
            i += 8;
        }
    }
    while (i < n && is_plain(str_read(kind, data, i), ascii_only)) {
        i++;
    }
    return i;
}

static Py_UCS1 *
put_unicode_escape(Py_UCS1 *out, Py_UCS4 unit)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = (Py_UCS1)digits[unit >> shift & 15];
    }
    return out;
}

// The escape of a character that is not plain.
static Py_UCS1 *
put_escape(Py_UCS1 *out, Py_UCS4 ch)
{
    Py_UCS1 letter = short_escape(ch);
    if (letter != 0) {
        *out++ = '\\';
        *out++ = letter;
        return out;
    }
    if (ch > 0xffff) {
        out = put_unicode_escape(out, 0xd800 + ((ch - 0x10000) >> 10));
        ch = 0xdc00 + (ch & 0x3ff);
    }
    return put_unicode_escape(out, ch);
}

// The length of the string with its quotes, or -1 with OverflowError.
static Py_ssize_t
quoted_length(PyObject *text, Py_ssize_t plain, bool ascii_only)
{
    int kind = str_kind(text);
    const void *data = str_data(text);
    Py_ssize_t n = str_length(text);
    Py_ssize_t length = plain + 2;
    for (Py_ssize_t i = plain; i < n; i++) {
        Py_ssize_t width = escaped_width(str_read(kind, data, i), ascii_only);
        if (length > PY_SSIZE_T_MAX - width) {
            error_set(PyExc_OverflowError, "string is too long to escape");
            return -1;
        }
        length += width;
    }
    return length;
}

// Writes the string in one-byte characters.
static void
put_string(Py_UCS1 *out, PyObject *text, Py_ssize_t plain, bool ascii_only)
{
    int kind = str_kind(text);
    const void *data = str_data(text);
    Py_ssize_t n = str_length(text);
    *out++ = '"';
    Py_ssize_t i = 0;
    if (kind == 1) {
        memcpy(out, data, (size_t)plain);
        out += plain;
        i = plain;
    }
    for (; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (is_plain(ch, ascii_only)) {
            *out++ = (Py_UCS1)ch;
        }
        else {
            out = put_escape(out, ch);
        }
    }
    *out = '"';
}

// The same in the width of the writer, which has room and is wide enough for text.
static void
put_wide_string(StrWriter *w, PyObject *text)
{
    int kind = str_kind(text);
    const void *data = str_data(text);
    Py_ssize_t n = str_length(text);
    str_write(w->kind, w->data, w->pos++, '"');
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (is_plain(ch, false)) {
            str_write(w->kind, w->data, w->pos++, ch);
            continue;
        }
        Py_UCS1 escape[12];
        Py_UCS1 *stop = put_escape(escape, ch);
        for (Py_UCS1 *p = escape; p < stop; p++) {
            str_write(w->kind, w->data, w->pos++, *p);
        }
    }
    str_write(w->kind, w->data, w->pos++, '"');
}

int
json_write_string(StrWriter *w, PyObject *text, bool ascii_only)
{
    Py_ssize_t n = str_length(text);
    Py_ssize_t plain = plain_prefix(str_kind(text), str_data(text), n, ascii_only);
    Py_ssize_t length = plain == n ? n + 2 : quoted_length(text, plain, ascii_only);
    if (length < 0 || str_writer_prepare(w, length, ascii_only ? 0x7f : str_max_char(text)) < 0) {
        return -1;
    }
    if (w->kind == 1) {
        put_string((Py_UCS1 *)w->data + w->pos, text, plain, ascii_only);
        w->pos += length;
    }
    else if (ascii_only && plain < n) {
        // Only text outside the encoder's reach (separators, say) has made the writer wide.
        PyObject *narrow = json_encode_basestring_ascii(NULL, text);
        int status = narrow != NULL ? str_writer_str(w, narrow) : -1;
        xdecref(narrow);
        return status;
    }
    else {
        put_wide_string(w, text);
    }
    return 0;
}

static PyObject *
encode(PyObject *text, bool ascii_only)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "first argument must be a string, not %.80s",
                            type_of(text)->tp_name);
    }
    Py_ssize_t n = str_length(text);
    Py_ssize_t plain = plain_prefix(str_kind(text), str_data(text), n, ascii_only);
    Py_ssize_t length = plain == n ? n + 2 : quoted_length(text, plain, ascii_only);
    if (length < 0) {
        return NULL;
    }
    Py_UCS4 max_char = ascii_only ? 0x7f : str_max_char(text);
    PyObject *result = str_new(length, max_char);
    if (result == NULL) {
        return NULL;
    }
    if (str_kind(result) == 1) {
        put_string(str_data(result), text, plain, ascii_only);
    }
    else {
        StrWriter w = {.buffer = result, .data = str_data(result), .kind = str_kind(result)};
        put_wide_string(&w, text);
    }
    return result;
}

PyObject *
json_encode_basestring(PyObject *module, PyObject *text)
{
    return encode(text, false);
}

PyObject *
json_encode_basestring_ascii(PyObject *module, PyObject *text)
{
    return encode(text, true);
}
