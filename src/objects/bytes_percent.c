// The % operator of bytes and bytearray (PEP 461).
#include <string.h>

#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/bytes_internal.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/percent_internal.h"

static int
fill(BytesWriter *w, char c, Py_ssize_t n)
{
    if (n <= 0) {
        return 0;
    }
    if (bytes_writer_reserve(w, n) < 0) {
        return -1;
    }
    memset(w->data + w->pos, c, (size_t)n);
    w->pos += n;
    return 0;
}

// Text with sign and zeros as the flags want them.
static int
write_number(BytesWriter *w, const Percent *p, const char *text, Py_ssize_t n)
{
    char sign = 0;
    if (n > 0 && (*text == '-' || *text == '+')) {
        sign = *text++;
        n--;
    }
    else if (p->plus) {
        sign = '+';
    }
    else if (p->blank) {
        sign = ' ';
    }
    Py_ssize_t length = n + (sign != 0);
    Py_ssize_t pad = p->width > length ? p->width - length : 0;
    bool zeros = p->zero && !p->left;
    if ((!p->left && !zeros && fill(w, ' ', pad) < 0) ||
        (sign != 0 && bytes_writer_byte(w, sign) < 0) ||
        bytes_writer_write(w, text, p->prefix) < 0 || (zeros && fill(w, '0', pad) < 0) ||
        bytes_writer_write(w, text + p->prefix, n - p->prefix) < 0) {
        return -1;
    }
    return p->left ? fill(w, ' ', pad) : 0;
}

static int
write_data(BytesWriter *w, const Percent *p, const char *data, Py_ssize_t n)
{
    if (p->precision >= 0 && p->precision < n && p->conversion != 'c') {
        n = p->precision;
    }
    Py_ssize_t pad = p->width > n ? p->width - n : 0;
    if ((!p->left && fill(w, ' ', pad) < 0) || bytes_writer_write(w, data, n) < 0) {
        return -1;
    }
    return p->left ? fill(w, ' ', pad) : 0;
}

// %c: a byte or an int.
static int
write_byte(BytesWriter *w, const Percent *p, PyObject *v)
{
    if (bytes_check(v) || bytearray_check(v)) {
        bool is_bytes = bytes_check(v);
        Py_ssize_t n = size_of(v);
        if (n == 1) {
            char c = bytes_like_data(v)[0];
            return write_data(w, p, &c, 1);
        }
        error_format(PyExc_TypeError,
                     "%%c requires an integer in range(256) or a single byte, "
                     "not a %s object of length %zd",
                     is_bytes ? "bytes" : "bytearray", n);
        return -1;
    }
    PyObject *index = index_check(v) ? number_index(v) : NULL;
    if (index == NULL) {
        if (!error_occurred() || error_matches(PyExc_TypeError)) {
            error_clear();
            error_format(PyExc_TypeError,
                         "%%c requires an integer in range(256) or a single byte, not %T", v);
        }
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow != 0 || value < 0 || value > 255) {
        error_set(PyExc_OverflowError, "%c arg not in range(256)");
        return -1;
    }
    char c = (char)value;
    return write_data(w, p, &c, 1);
}

// %s and %b: bytes-like, or with __bytes__.
static int
write_bytes(BytesWriter *w, const Percent *p, PyObject *v)
{
    PyObject *made = NULL;
    if (!buffer_check(v)) {
        PyObject *method = object_lookup_special(v, ID(__bytes__));
        if (method == NULL) {
            if (!error_occurred()) {
                error_format(PyExc_TypeError,
                             "%%b requires a bytes-like object, or an object that implements "
                             "__bytes__, not '%.100s'",
                             type_of(v)->tp_name);
            }
            return -1;
        }
        made = object_call_noargs(method);
        decref(method);
        if (made != NULL && !bytes_check(made)) {
            error_format(PyExc_TypeError, "__bytes__ returned non-bytes (type %.200s)",
                         type_of(made)->tp_name);
            clear_ref(made);
        }
        if (made == NULL) {
            return -1;
        }
        v = made;
    }
    else if (!bytes_check(v)) {
        // Any buffer, contiguous or not.
        made = bytes_from_object(v);
        if (made == NULL) {
            return -1;
        }
        v = made;
    }
    int rc = write_data(w, p, bytes_data(v), bytes_length(v));
    xdecref(made);
    return rc;
}

static int
write_conversion(BytesWriter *w, Percent *p, PyObject *v)
{
    PyObject *text;
    switch (p->conversion) {
    case 's':
    case 'b':
        return write_bytes(w, p, v);
    case 'c':
        return write_byte(w, p, v);
    case 'a':
    case 'r':
        text = object_ascii(v);
        break;
    default:
        if (!percent_is_number(p)) {
            return percent_unsupported(p);
        }
        text = percent_number(p, v);
        break;
    }
    if (text == NULL) {
        return -1;
    }
    int rc = p->numeric ? write_number(w, p, str_data(text), str_length(text))
                        : write_data(w, p, str_data(text), str_length(text));
    decref(text);
    return rc;
}

PyObject *
bytes_percent(const char *format, Py_ssize_t size, PyObject *args, bool as_bytearray)
{
    PercentArgs a;
    percent_args_init(&a, args, bytes_check(args) || bytearray_check(args) || str_check(args));
    BytesWriter w;
    bytes_writer_init(&w);
    for (Py_ssize_t at = 0; at < size;) {
        Py_ssize_t found = chars_find_char(1, format + at, size - at, '%');
        Py_ssize_t n = found < 0 ? size - at : found;
        if (bytes_writer_write(&w, format + at, n) < 0) {
            goto error;
        }
        at += n + 1;
        if (found < 0) {
            break;
        }
        if (at < size && format[at] == '%') {
            if (bytes_writer_byte(&w, '%') < 0) {
                goto error;
            }
            at++;
            continue;
        }
        Percent p;
        if (percent_parse(1, format, &at, size, &a, true, &p) < 0) {
            goto error;
        }
        PyObject *v = percent_next_argument(&a);
        if (v == NULL || write_conversion(&w, &p, v) < 0) {
            goto error;
        }
    }
    if (percent_args_finish(&a, "bytes") < 0) {
        goto error;
    }
    percent_args_clear(&a);
    if (!as_bytearray) {
        return bytes_writer_finish(&w);
    }
    PyObject *result = bytearray_from_data(w.data, w.pos);
    bytes_writer_discard(&w);
    return result;
error:
    percent_args_clear(&a);
    bytes_writer_discard(&w);
    return NULL;
}
