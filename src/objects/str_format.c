// printf-like formatting for C code: str_format and friends (PyUnicode_FromFormat).
//
// A conversion is %[flags][width][.precision][length]letter. Flags: '-' left, '0' zeros (integers),
// '#' (for %T and %N: fully qualified with ':'; for %x, %X and %o: nothing). Width and precision
// may be '*'.
// Unknown conversions are a SystemError.
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/type.h"

enum { LENGTH_INT, LENGTH_LONG, LENGTH_LONGLONG, LENGTH_SIZE, LENGTH_PTRDIFF, LENGTH_MAX };

typedef struct {
    bool left, zero, alternate;
    Py_ssize_t width;       // -1: none
    Py_ssize_t precision;   // -1: none
    int length;             // LENGTH_*
    char letter;
} Conversion;

// va_list wrapped so that it can be passed by address portably.
typedef struct {
    va_list list;
} Arguments;

static int
bad_format(const char *what)
{
    error_set(PyExc_SystemError, what);
    return -1;
}

static const char *
parse_number(const char *f, Py_ssize_t *value, Arguments *args, const char *too_big)
{
    if (*f == '*') {
        *value = va_arg(args->list, int);
        return f + 1;
    }
    Py_ssize_t n = 0;
    for (; *f >= '0' && *f <= '9'; f++) {
        if (n > (PY_SSIZE_T_MAX - (*f - '0')) / 10) {
            error_set(PyExc_ValueError, too_big);
            return NULL;
        }
        n = n * 10 + (*f - '0');
    }
    *value = n;
    return f;
}

// f is behind the '%'. Behind the letter, or NULL with an exception.
static const char *
parse_conversion(const char *f, Conversion *c, Arguments *args)
{
    *c = (Conversion){.width = -1, .precision = -1};
    for (;; f++) {
        if (*f == '-') {
            c->left = true;
        }
        else if (*f == '0') {
            c->zero = true;
        }
        else if (*f == '#') {
            c->alternate = true;
        }
        else {
            break;
        }
    }
    if (*f == '*' || (*f >= '1' && *f <= '9')) {
        f = parse_number(f, &c->width, args, "width too big");
        if (f == NULL) {
            return NULL;
        }
        if (c->width < 0) {
            c->left = true;
            c->width = -c->width;
        }
    }
    if (*f == '.') {
        f = parse_number(f + 1, &c->precision, args, "precision too big");
        if (f == NULL) {
            return NULL;
        }
        if (c->precision < 0) {
            c->precision = -2;
        }
    }
    switch (*f) {
    case 'l':
        c->length = LENGTH_LONG;
        f++;
        if (*f == 'l') {
            c->length = LENGTH_LONGLONG;
            f++;
        }
        break;
    case 'z':
        c->length = LENGTH_SIZE;
        f++;
        break;
    case 't':
        c->length = LENGTH_PTRDIFF;
        f++;
        break;
    case 'j':
        c->length = LENGTH_MAX;
        f++;
        break;
    default:
        break;
    }
    c->letter = *f;
    if (*f == '\0') {
        bad_format("invalid format string: ends with an incomplete conversion");
        return NULL;
    }
    return f + 1;
}

// ---- pieces with width and precision ----

static int
write_padded(StrWriter *w, const Conversion *c, PyObject *s)
{
    Py_ssize_t n = str_length(s);
    if (c->precision >= 0 && c->precision < n) {
        n = c->precision;
    }
    Py_ssize_t pad = c->width > n ? c->width - n : 0;
    if (!c->left && str_writer_fill(w, ' ', pad) < 0) {
        return -1;
    }
    if (str_writer_substring(w, s, 0, n) < 0) {
        return -1;
    }
    return c->left ? str_writer_fill(w, ' ', pad) : 0;
}

static int
write_padded_steal(StrWriter *w, const Conversion *c, PyObject *s)
{
    if (s == NULL) {
        return -1;
    }
    int rc = write_padded(w, c, s);
    decref(s);
    return rc;
}

// UTF-8 text; the precision counts bytes, and an incomplete character at the cut is dropped.
static int
write_cstr(StrWriter *w, const Conversion *c, const char *text)
{
    Py_ssize_t size = c->precision >= 0 ? (Py_ssize_t)strnlen(text, (size_t)c->precision)
                                        : (Py_ssize_t)strlen(text);
    if (c->width < 0 && ascii_prefix(text, size) == size) {
        return str_writer_ascii(w, text, size);
    }
    Py_ssize_t consumed = size;
    bool cut = c->precision >= 0 && text[size] != '\0';
    PyObject *s = str_decode_utf8_stateful(text, size, "replace", cut ? &consumed : NULL);
    Conversion whole = *c;
    whole.precision = -1;
    return write_padded_steal(w, &whole, s);
}

static int
write_wide(StrWriter *w, const Conversion *c, const wchar_t *text)
{
    Py_ssize_t size = c->precision >= 0 ? (Py_ssize_t)wcsnlen(text, (size_t)c->precision)
                                        : (Py_ssize_t)wcslen(text);
    return write_padded_steal(w, c, str_from_wchar(text, size));
}

static int
write_integer(StrWriter *w, const Conversion *c, Arguments *args)
{
    bool is_signed = c->letter == 'd' || c->letter == 'i';
    uintmax_t value;
    bool negative = false;
    if (is_signed) {
        intmax_t v = c->length == LENGTH_INT        ? va_arg(args->list, int)
                     : c->length == LENGTH_LONG     ? va_arg(args->list, long)
                     : c->length == LENGTH_LONGLONG ? va_arg(args->list, long long)
                     : c->length == LENGTH_SIZE     ? va_arg(args->list, Py_ssize_t)
                     : c->length == LENGTH_PTRDIFF  ? va_arg(args->list, ptrdiff_t)
                                                    : va_arg(args->list, intmax_t);
        negative = v < 0;
        value = negative ? 0 - (uintmax_t)v : (uintmax_t)v;
    }
    else {
        value = c->length == LENGTH_INT        ? va_arg(args->list, unsigned)
                : c->length == LENGTH_LONG     ? va_arg(args->list, unsigned long)
                : c->length == LENGTH_LONGLONG ? va_arg(args->list, unsigned long long)
                : c->length == LENGTH_SIZE     ? va_arg(args->list, size_t)
                : c->length == LENGTH_PTRDIFF  ? (size_t)va_arg(args->list, ptrdiff_t)
                                               : va_arg(args->list, uintmax_t);
    }
    char digits[32];
    unsigned base = c->letter == 'o' ? 8 : c->letter == 'x' || c->letter == 'X' ? 16 : 10;
    const char *letters = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    int n = 0;
    do {
        digits[sizeof digits - 1 - (size_t)n++] = letters[value % base];
        value /= base;
    } while (value != 0);
    Py_ssize_t zeros = c->precision > n ? c->precision - n : 0;
    Py_ssize_t length = negative + zeros + n;
    Py_ssize_t pad = c->width > length ? c->width - length : 0;
    if (c->zero && c->precision < 0 && !c->left) {
        zeros += pad;
        pad = 0;
    }
    if ((!c->left && str_writer_fill(w, ' ', pad) < 0) ||
        (negative && str_writer_char(w, '-') < 0) || str_writer_fill(w, '0', zeros) < 0 ||
        str_writer_ascii(w, digits + sizeof digits - (size_t)n, n) < 0) {
        return -1;
    }
    return c->left ? str_writer_fill(w, ' ', pad) : 0;
}

static int
write_character(StrWriter *w, const Conversion *c, int ordinal)
{
    if (ordinal < 0 || ordinal > (int)STR_MAX_CHAR) {
        error_set(PyExc_OverflowError, "character argument not in range(0x110000)");
        return -1;
    }
    (void)c;
    return str_writer_char(w, (Py_UCS4)ordinal);
}

static int
write_pointer(StrWriter *w, const void *p)
{
    char text[32];
    snprintf(text, sizeof text, "0x%" PRIxPTR, (uintptr_t)p);
    return str_writer_ascii(w, text, -1);
}

// %V: an object, or when that is NULL a C string. %lV: a wide string.
static int
write_object_or_cstr(StrWriter *w, const Conversion *c, Arguments *args)
{
    PyObject *op = va_arg(args->list, PyObject *);
    if (c->length == LENGTH_LONG) {
        const wchar_t *wide = va_arg(args->list, const wchar_t *);
        return op != NULL ? write_padded(w, c, op) : write_wide(w, c, wide);
    }
    const char *text = va_arg(args->list, const char *);
    return op != NULL ? write_padded(w, c, op) : write_cstr(w, c, text);
}

// %T: the type name of an object; %N: the name of a type. '#' puts ':' behind the module.
static int
write_type_name(StrWriter *w, const Conversion *c, PyTypeObject *type)
{
    PyObject *name = type_fully_qualified_name(type);
    PyObject *qualname = NULL;
    if (name != NULL && c->alternate) {
        qualname = type_get_qualname(type);
        if (qualname == NULL) {
            clear_ref(name);
        }
        else if (str_length(qualname) < str_length(name)) {
            Py_ssize_t at = str_length(name) - str_length(qualname) - 1;
            set_ref(name, str_substring(name, 0, at));
            if (name != NULL) {
                str_append(&name, str_from_char(':'));
                str_append(&name, qualname);
            }
        }
    }
    xdecref(qualname);
    return write_padded_steal(w, c, name);
}

static int
write_conversion(StrWriter *w, const Conversion *c, Arguments *args)
{
    switch (c->letter) {
    case '%':
        return str_writer_char(w, '%');
    case 'c':
        return write_character(w, c, va_arg(args->list, int));
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        return write_integer(w, c, args);
    case 'p':
        return write_pointer(w, va_arg(args->list, void *));
    case 's':
        return c->length == LENGTH_LONG ? write_wide(w, c, va_arg(args->list, const wchar_t *))
                                        : write_cstr(w, c, va_arg(args->list, const char *));
    case 'U':
        return write_padded(w, c, va_arg(args->list, PyObject *));
    case 'V':
        return write_object_or_cstr(w, c, args);
    case 'S':
        return write_padded_steal(w, c, object_str(va_arg(args->list, PyObject *)));
    case 'R':
        return write_padded_steal(w, c, object_repr(va_arg(args->list, PyObject *)));
    case 'A':
        return write_padded_steal(w, c, object_ascii(va_arg(args->list, PyObject *)));
    case 'T':
        return write_type_name(w, c, type_of(va_arg(args->list, PyObject *)));
    case 'N':
        return write_type_name(w, c, va_arg(args->list, PyTypeObject *));
    default:
        error_format(PyExc_SystemError, "invalid format string: %%%c", c->letter);
        return -1;
    }
}

int
str_writer_format_v(StrWriter *w, const char *format, va_list va)
{
    Arguments args;
    va_copy(args.list, va);
    int rc = -1;
    const char *f = format;
    while (*f != '\0') {
        const char *percent = strchr(f, '%');
        Py_ssize_t n = percent == NULL ? (Py_ssize_t)strlen(f) : percent - f;
        if (n > 0) {
            if (str_writer_utf8(w, f, n) < 0) {
                goto done;
            }
            f += n;
            continue;
        }
        Conversion c;
        f = parse_conversion(f + 1, &c, &args);
        if (f == NULL || write_conversion(w, &c, &args) < 0) {
            goto done;
        }
    }
    rc = 0;
done:
    va_end(args.list);
    return rc;
}

PyObject *
str_format_v(const char *format, va_list args)
{
    StrWriter w;
    str_writer_init(&w);
    w.min_length = (Py_ssize_t)strlen(format) + 60;
    if (str_writer_format_v(&w, format, args) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

PyObject *
str_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *s = str_format_v(format, args);
    va_end(args);
    return s;
}
