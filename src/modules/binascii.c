// binascii: binary data as ASCII text: hexadecimal, base64, quoted-printable, uuencode; and CRCs.
#include <string.h>
#include <zlib.h>

#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "thread/thread.h"

typedef struct {
    PyObject *error;        // immutable: binascii.Error
    PyObject *incomplete;   // immutable: binascii.Incomplete
} State;

static State *
state_of(PyObject *module)
{
    return module_get_state(module);
}

// ---- arguments ----

// Bytes-like data, or (when text_too) ASCII text.
typedef struct {
    Py_buffer view;
    const unsigned char *data;
    Py_ssize_t size;
} Input;

static int
input_get(PyObject *arg, bool text_too, Input *in)
{
    in->view.obj = NULL;
    if (text_too && str_check(arg)) {
        if (!str_is_ascii(arg)) {
            error_set(PyExc_ValueError, "string argument should contain only ASCII characters");
            return -1;
        }
        in->data = str_data(arg);
        in->size = str_length(arg);
        return 0;
    }
    if (buffer_get(arg, &in->view, PyBUF_SIMPLE) < 0) {
        if (text_too && error_matches(PyExc_TypeError)) {
            error_clear();
            error_format(PyExc_TypeError,
                         "argument should be bytes, buffer or ASCII string, not '%.100s'",
                         type_of(arg)->tp_name);
        }
        return -1;
    }
    in->data = in->view.buf;
    in->size = in->view.len;
    return 0;
}

static PyObject *
input_done(Input *in, PyObject *result)
{
    buffer_release(&in->view);
    return result;
}

static PyObject *
fail(BytesWriter *w, PyObject *module, const char *text)
{
    bytes_writer_discard(w);
    return error_set(state_of(module)->error, text);
}

// ---- uuencode ----

static PyObject *
decode_uu(PyObject *module, const unsigned char *p, Py_ssize_t n)
{
    BytesWriter w;
    bytes_writer_init(&w);
    Py_ssize_t at = 0;
    Py_ssize_t length = n > 0 ? (p[at++] - ' ') & 077 : 0;
    unsigned bits = 0;
    int count = 0;
    while (w.pos < length) {
        unsigned value = 0;     // lines cut short are padded with zeros
        if (at < n && p[at] != '\n' && p[at] != '\r') {
            if (p[at] < ' ' || p[at] > ' ' + 64) {
                return fail(&w, module, "Illegal char");
            }
            value = (p[at] - ' ') & 077;
        }
        at++;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            if (bytes_writer_byte(&w, (char)(bits >> count)) < 0) {
                bytes_writer_discard(&w);
                return NULL;
            }
        }
    }
    for (; at < n; at++) {
        if (p[at] != ' ' && p[at] != ' ' + 64 && p[at] != '\n' && p[at] != '\r') {
            return fail(&w, module, "Trailing garbage");
        }
    }
    return bytes_writer_finish(&w);
}

static PyObject *
binascii_a2b_uu(PyObject *module, PyObject *arg)
{
    Input in;
    if (input_get(arg, true, &in) < 0) {
        return NULL;
    }
    return input_done(&in, decode_uu(module, in.data, in.size));
}

static PyObject *
encode_uu(PyObject *module, const unsigned char *p, Py_ssize_t n, bool backtick)
{
    BytesWriter w;
    bytes_writer_init(&w);
    if (n > 45) {
        return fail(&w, module, "At most 45 bytes at once");
    }
    char zero = backtick ? '`' : ' ';
    bytes_writer_byte(&w, n == 0 ? zero : (char)(' ' + n));
    // A line of 45 bytes fits the writer's own room: nothing can fail.
    for (Py_ssize_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
                        (i + 2 < n ? p[i + 2] : 0);
        for (int shift = 18; shift >= 0; shift -= 6) {
            unsigned value = bits >> shift & 077;
            bytes_writer_byte(&w, value == 0 ? zero : (char)(' ' + value));
        }
    }
    bytes_writer_byte(&w, '\n');
    return bytes_writer_finish(&w);
}

static PyObject *
binascii_b2a_uu(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "backtick", NULL};
    static ArgsParser parser = {.format = "O|$p:b2a_uu", .keywords = keywords};
    PyObject *arg;
    int backtick = 0;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &backtick) ||
        input_get(arg, false, &in) < 0) {
        return NULL;
    }
    return input_done(&in, encode_uu(module, in.data, in.size, backtick));
}

// ---- base64 ----

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of each base64 digit, and -1.
static const int8_t base64_values[256] = {
    [0 ... 31] = -1,
    [32] = -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, -1, 63,
    [48] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
    [64] = -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    [80] = 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,
    [96] = -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    [112] = 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
    [128 ... 255] = -1,
};

// Whole quads of digits at the start of p: how many characters were decoded.
static Py_ssize_t
decode_base64_quads(BytesWriter *w, const unsigned char *p, Py_ssize_t n)
{
    char *out = w->data + w->pos;
    Py_ssize_t i = 0;
    for (; i + 4 <= n; i += 4) {
        int a = base64_values[p[i]], b = base64_values[p[i + 1]];
        int c = base64_values[p[i + 2]], d = base64_values[p[i + 3]];
        if ((a | b | c | d) < 0) {
            break;
        }
        unsigned bits = (unsigned)(a << 18 | b << 12 | c << 6 | d);
        *out++ = (char)(bits >> 16);
        *out++ = (char)(bits >> 8);
        *out++ = (char)bits;
    }
    w->pos += i / 4 * 3;
    return i;
}

static PyObject *
decode_base64(PyObject *module, const unsigned char *p, Py_ssize_t n, bool strict)
{
    BytesWriter w;
    bytes_writer_init(&w);
    if (bytes_writer_reserve(&w, n / 4 * 3 + 3) < 0) {
        return NULL;
    }
    unsigned bits = 0;
    int quad = 0, pads = 0;
    bool padding = false;
    for (Py_ssize_t i = decode_base64_quads(&w, p, n); i < n; i++) {
        if (quad == 0 && !padding) {
            i += decode_base64_quads(&w, p + i, n - i);
            if (i >= n) {
                break;
            }
        }
        if (p[i] == '=') {
            padding = true;
            if (strict && quad == 0) {
                return fail(&w, module,
                            i == 0 ? "Leading padding not allowed" : "Excess padding not allowed");
            }
            if (quad >= 2 && quad + ++pads >= 4) {
                if (strict && i + 1 < n) {
                    return fail(&w, module, "Excess data after padding");
                }
                return bytes_writer_finish(&w);
            }
            continue;
        }
        int value = base64_values[p[i]];
        if (value < 0) {
            if (strict) {
                return fail(&w, module, "Only base64 data is allowed");
            }
            continue;
        }
        if (strict && padding) {
            return fail(&w, module, "Discontinuous padding not allowed");
        }
        pads = 0;
        bits = bits << 6 | (unsigned)value;
        if (quad > 0) {
            w.data[w.pos++] = (char)(bits >> (6 - 2 * quad));
        }
        quad = (quad + 1) & 3;
    }
    if (quad == 1) {
        Py_ssize_t digits = w.pos / 3 * 4 + 1;
        bytes_writer_discard(&w);
        return error_format(state_of(module)->error,
                            "Invalid base64-encoded string: number of data characters (%zd) "
                            "cannot be 1 more than a multiple of 4",
                            digits);
    }
    return quad != 0 ? fail(&w, module, "Incorrect padding") : bytes_writer_finish(&w);
}

static PyObject *
binascii_a2b_base64(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "strict_mode", NULL};
    static ArgsParser parser = {.format = "O|$p:a2b_base64", .keywords = keywords};
    PyObject *arg;
    int strict = 0;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &strict) ||
        input_get(arg, true, &in) < 0) {
        return NULL;
    }
    return input_done(&in, decode_base64(module, in.data, in.size, strict));
}

static PyObject *
encode_base64(PyObject *module, const unsigned char *p, Py_ssize_t n, bool newline)
{
    if (n > (PY_SSIZE_T_MAX - 8) / 4 * 3) {
        return error_set(state_of(module)->error, "Too much data for base64 line");
    }
    Py_ssize_t size = (n + 2) / 3 * 4 + newline;
    PyObject *result = bytes_from_data(NULL, size < 2 ? 2 : size);
    if (result == NULL) {
        return NULL;
    }
    char *out = bytes_data(result);
    Py_ssize_t i = 0;
    for (; i + 2 < n; i += 3) {
        unsigned bits = (unsigned)p[i] << 16 | (unsigned)p[i + 1] << 8 | p[i + 2];
        *out++ = base64_digits[bits >> 18];
        *out++ = base64_digits[bits >> 12 & 63];
        *out++ = base64_digits[bits >> 6 & 63];
        *out++ = base64_digits[bits & 63];
    }
    if (i < n) {
        unsigned bits = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0);
        *out++ = base64_digits[bits >> 18];
        *out++ = base64_digits[bits >> 12 & 63];
        *out++ = i + 1 < n ? base64_digits[bits >> 6 & 63] : '=';
        *out++ = '=';
    }
    if (newline) {
        *out++ = '\n';
    }
    if (size < 2) {
        PyObject *small = bytes_from_data(bytes_data(result), size);
        decref(result);
        return small;
    }
    return result;
}

static PyObject *
binascii_b2a_base64(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "newline", NULL};
    static ArgsParser parser = {.format = "O|$p:b2a_base64", .keywords = keywords};
    PyObject *arg;
    int newline = 1;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &newline) ||
        input_get(arg, false, &in) < 0) {
        return NULL;
    }
    return input_done(&in, encode_base64(module, in.data, in.size, newline));
}

// ---- hexadecimal ----

static int
hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static PyObject *
binascii_hexlify(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "sep", "bytes_per_sep", NULL};
    static ArgsParser parser = {.format = "O|Oi:hexlify", .keywords = keywords};
    PyObject *arg, *separator = NULL;
    int group = 1;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &separator, &group) ||
        input_get(arg, false, &in) < 0) {
        return NULL;
    }
    return input_done(&in,
                      bytes_to_hex_bytes((const char *)in.data, in.size, separator, group));
}

static PyObject *
decode_hex(PyObject *module, const unsigned char *p, Py_ssize_t n)
{
    if (n % 2 != 0) {
        return error_set(state_of(module)->error, "Odd-length string");
    }
    BytesWriter w;
    bytes_writer_init(&w);
    if (bytes_writer_reserve(&w, n / 2) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i += 2) {
        int high = hex_value(p[i]), low = hex_value(p[i + 1]);
        if (high < 0 || low < 0) {
            return fail(&w, module, "Non-hexadecimal digit found");
        }
        w.data[w.pos++] = (char)(high << 4 | low);
    }
    return bytes_writer_finish(&w);
}

static PyObject *
binascii_unhexlify(PyObject *module, PyObject *arg)
{
    Input in;
    if (input_get(arg, true, &in) < 0) {
        return NULL;
    }
    return input_done(&in, decode_hex(module, in.data, in.size));
}

// ---- quoted-printable ----

#define QP_LINE 76

static PyObject *
decode_qp(const unsigned char *p, Py_ssize_t n, bool header)
{
    BytesWriter w;
    bytes_writer_init(&w);
    if (bytes_writer_reserve(&w, n) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n;) {
        if (p[i] != '=') {
            w.data[w.pos++] = (char)(header && p[i] == '_' ? ' ' : p[i]);
            i++;
            continue;
        }
        if (++i >= n) {
            break;
        }
        if (p[i] == '\n' || p[i] == '\r') {
            // A soft line break: up to and with the newline.
            while (i < n && p[i] != '\n') {
                i++;
            }
            i += i < n;
        }
        else if (p[i] == '=') {
            w.data[w.pos++] = '=';
            i++;
        }
        else if (i + 1 < n && hex_value(p[i]) >= 0 && hex_value(p[i + 1]) >= 0) {
            w.data[w.pos++] = (char)(hex_value(p[i]) << 4 | hex_value(p[i + 1]));
            i += 2;
        }
        else {
            w.data[w.pos++] = '=';
        }
    }
    return bytes_writer_finish(&w);
}

static PyObject *
binascii_a2b_qp(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "header", NULL};
    static ArgsParser parser = {.format = "O|p:a2b_qp", .keywords = keywords};
    PyObject *arg;
    int header = 0;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &header) ||
        input_get(arg, true, &in) < 0) {
        return NULL;
    }
    return input_done(&in, decode_qp(in.data, in.size, header));
}

typedef struct {
    const unsigned char *p;
    Py_ssize_t n;
    bool quotetabs, istext, header, crlf;
} QpText;

// Whether the byte at i must be written as =XX.
static bool
qp_must_quote(const QpText *t, Py_ssize_t i, int column)
{
    unsigned char c = t->p[i];
    bool last = i + 1 == t->n;
    if (c > 126 || c == '=' || (t->header && c == '_')) {
        return true;
    }
    if (c == '.' && column == 0 &&
        (last || t->p[i + 1] == '\n' || t->p[i + 1] == '\r' || t->p[i + 1] == 0)) {
        return true;
    }
    if (c == '\r' || c == '\n') {
        return !t->istext;
    }
    if (c == '\t' || c == ' ') {
        return last || t->quotetabs;
    }
    return c < 33;
}

static int
qp_soft_break(BytesWriter *w, const QpText *t, int *column)
{
    *column = 0;
    return bytes_writer_write(w, t->crlf ? "=\r\n" : "=\n", t->crlf ? 3 : 2);
}

static int
qp_quote(BytesWriter *w, unsigned char c)
{
    char text[3] = {'=', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
    return bytes_writer_write(w, text, 3);
}

// A line end of text: a blank before it is quoted.
static int
qp_line_end(BytesWriter *w, const QpText *t)
{
    if (w->pos > 0 && (w->data[w->pos - 1] == ' ' || w->data[w->pos - 1] == '\t')) {
        unsigned char blank = (unsigned char)w->data[--w->pos];
        if (qp_quote(w, blank) < 0) {
            return -1;
        }
    }
    return bytes_writer_write(w, t->crlf ? "\r\n" : "\n", t->crlf ? 2 : 1);
}

static PyObject *
encode_qp(QpText *t)
{
    BytesWriter w;
    bytes_writer_init(&w);
    const unsigned char *newline = t->n > 0 ? memchr(t->p, '\n', (size_t)t->n) : NULL;
    t->crlf = newline != NULL && newline > t->p && newline[-1] == '\r';
    int column = 0, rc = 0;
    for (Py_ssize_t i = 0; i < t->n && rc == 0;) {
        unsigned char c = t->p[i];
        bool last = i + 1 == t->n;
        if (qp_must_quote(t, i, column)) {
            if (column + 3 >= QP_LINE) {
                rc = qp_soft_break(&w, t, &column);
            }
            rc = rc < 0 ? -1 : qp_quote(&w, c);
            column += 3;
            i++;
        }
        else if (t->istext && (c == '\n' || (c == '\r' && !last && t->p[i + 1] == '\n'))) {
            rc = qp_line_end(&w, t);
            column = 0;
            i += c == '\r' ? 2 : 1;
        }
        else {
            if (!last && t->p[i + 1] != '\n' && column + 1 >= QP_LINE) {
                rc = qp_soft_break(&w, t, &column);
            }
            rc = rc < 0 ? -1 : bytes_writer_byte(&w, (char)(t->header && c == ' ' ? '_' : c));
            column++;
            i++;
        }
    }
    if (rc < 0) {
        bytes_writer_discard(&w);
        return NULL;
    }
    return bytes_writer_finish(&w);
}

static PyObject *
binascii_b2a_qp(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "quotetabs", "istext", "header", NULL};
    static ArgsParser parser = {.format = "O|ppp:b2a_qp", .keywords = keywords};
    PyObject *arg;
    int quotetabs = 0, istext = 1, header = 0;
    Input in;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg, &quotetabs, &istext,
                                   &header) ||
        input_get(arg, false, &in) < 0) {
        return NULL;
    }
    QpText text = {in.data, in.size, quotetabs, istext, header, false};
    return input_done(&in, encode_qp(&text));
}

// ---- checksums ----

static PyObject *
binascii_crc_hqx(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Input in;
    if (!args_check_positional("crc_hqx", nargs, 2, 2) || input_get(args[0], false, &in) < 0) {
        return NULL;
    }
    unsigned crc = (unsigned)int_as_u64_mask(args[1]);
    if (error_occurred()) {
        return input_done(&in, NULL);
    }
    crc &= 0xffff;
    for (Py_ssize_t i = 0; i < in.size; i++) {
        crc ^= (unsigned)in.data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) != 0 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1 & 0xffff;
        }
    }
    return input_done(&in, int_from_i64(crc));
}

static PyObject *
binascii_crc32(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Input in;
    if (!args_check_positional("crc32", nargs, 1, 2) || input_get(args[0], false, &in) < 0) {
        return NULL;
    }
    unsigned long crc = 0;
    if (nargs > 1) {
        crc = (unsigned)int_as_u64_mask(args[1]);
        if (error_occurred()) {
            return input_done(&in, NULL);
        }
    }
    // The buffer is held, so large data can be summed up while others stop the world.
    Thread *ts = thread_current();
    bool large = in.size > 5 * 1024;
    if (large) {
        thread_detach(ts);
    }
    crc = crc32_z(crc, in.data, (size_t)in.size);
    if (large) {
        thread_attach(ts);
    }
    return input_done(&in, int_from_u64(crc & 0xffffffffu));
}

// ---- the module ----

static PyMethodDef binascii_methods[] = {
    {"a2b_uu", binascii_a2b_uu, METH_O,
     "a2b_uu($module, data, /)\n--\n\nDecode a line of uuencoded data."},
    {"b2a_uu", FASTCALL(binascii_b2a_uu), METH_FASTCALL | METH_KEYWORDS,
     "b2a_uu($module, data, /, *, backtick=False)\n--\n\nUuencode line of data."},
    {"a2b_base64", FASTCALL(binascii_a2b_base64), METH_FASTCALL | METH_KEYWORDS,
     "a2b_base64($module, data, /, *, strict_mode=False)\n--\n\n"
     "Decode a line of base64 data.\n\n"
     "  strict_mode\n    When set to True, bytes that are not in the base64 standard are not "
     "allowed.\n"
     "    The same applies to excess data after padding (= / ==)."},
    {"b2a_base64", FASTCALL(binascii_b2a_base64), METH_FASTCALL | METH_KEYWORDS,
     "b2a_base64($module, data, /, *, newline=True)\n--\n\nBase64-code line of data."},
    {"a2b_hex", binascii_unhexlify, METH_O,
     "a2b_hex($module, hexstr, /)\n--\n\n"
     "Binary data of hexadecimal representation.\n\n"
     "hexstr must contain an even number of hex digits (upper or lower case).\n"
     "This function is also available as \"unhexlify()\"."},
    {"b2a_hex", FASTCALL(binascii_hexlify), METH_FASTCALL | METH_KEYWORDS,
     "b2a_hex($module, data, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"
     "Hexadecimal representation of binary data.\n\n"
     "  sep\n    An optional single character or byte to separate hex bytes.\n"
     "  bytes_per_sep\n    How many bytes between separators.  Positive values count from the\n"
     "    right, negative values count from the left.\n\n"
     "The return value is a bytes object.  This function is also\n"
     "available as \"hexlify()\"."},
    {"hexlify", FASTCALL(binascii_hexlify), METH_FASTCALL | METH_KEYWORDS,
     "hexlify($module, data, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"
     "Hexadecimal representation of binary data.\n\n"
     "The return value is a bytes object.  This function is also\n"
     "available as \"b2a_hex()\"."},
    {"unhexlify", binascii_unhexlify, METH_O,
     "unhexlify($module, hexstr, /)\n--\n\n"
     "Binary data of hexadecimal representation.\n\n"
     "hexstr must contain an even number of hex digits (upper or lower case)."},
    {"a2b_qp", FASTCALL(binascii_a2b_qp), METH_FASTCALL | METH_KEYWORDS,
     "a2b_qp($module, /, data, header=False)\n--\n\nDecode a string of qp-encoded data."},
    {"b2a_qp", FASTCALL(binascii_b2a_qp), METH_FASTCALL | METH_KEYWORDS,
     "b2a_qp($module, /, data, quotetabs=False, istext=True, header=False)\n--\n\n"
     "Encode a string using quoted-printable encoding.\n\n"
     "On encoding, when istext is set, newlines are not encoded, and white\n"
     "space at end of lines is.  When istext is not set, \\r and \\n (CR/LF)\n"
     "are both encoded.  When quotetabs is set, space and tabs are encoded."},
    {"crc_hqx", FASTCALL(binascii_crc_hqx), METH_FASTCALL,
     "crc_hqx($module, data, crc, /)\n--\n\nCompute CRC-CCITT incrementally."},
    {"crc32", FASTCALL(binascii_crc32), METH_FASTCALL,
     "crc32($module, data, crc=0, /)\n--\n\nCompute CRC-32 incrementally."},
    {NULL, NULL, 0, NULL},
};

static int
binascii_exec(PyObject *module)
{
    State *state = state_of(module);
    state->error = error_new_exception("binascii.Error", PyExc_ValueError, NULL);
    if (state->error == NULL || module_add(module, "Error", state->error) < 0) {
        return -1;
    }
    state->incomplete = error_new_exception("binascii.Incomplete", NULL, NULL);
    return state->incomplete == NULL ? -1 : module_add(module, "Incomplete", state->incomplete);
}

static int
binascii_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *it_ = state_of(module);
    NATIVE_EACH_2(NATIVE_VISIT, error, incomplete)
    return 0;
}

static int
binascii_clear(PyObject *module)
{
    State *state = state_of(module);
    clear_ref(state->error);
    clear_ref(state->incomplete);
    return 0;
}

static PyModuleDef_Slot binascii_slots[] = {
    {Py_mod_exec, (void *)binascii_exec},
    {0, NULL},
};

static PyModuleDef binascii_module = {
    .m_name = "binascii",
    .m_doc = "Conversion between binary data and ASCII",
    .m_size = sizeof(State),
    .m_methods = binascii_methods,
    .m_slots = binascii_slots,
    .m_traverse = binascii_traverse,
    .m_clear = binascii_clear,
};

NATIVE_MODULE(binascii, &binascii_module)
