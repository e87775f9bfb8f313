// __format__ of str, int, float and complex, and format() itself.
#include "objects/format.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/format_internal.h"
#include "objects/int.h"
#include "objects/number_text.h"
#include "objects/object.h"

static bool
is_empty(PyObject *spec)
{
    return spec == NULL || str_length(spec) == 0;
}

static int
write_steal(StrWriter *w, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    int rc = str_writer_str(w, text);
    decref(text);
    return rc;
}

static int
value_error(const char *text)
{
    error_set(PyExc_ValueError, text);
    return -1;
}

// ---- str ----

static int
check_str_spec(const FormatSpec *s)
{
    if (s->sign != 0) {
        return value_error(s->sign == ' ' ? "Space not allowed in string format specifier"
                                          : "Sign not allowed in string format specifier");
    }
    if (s->no_negative_zero) {
        return value_error("Negative zero coercion (z) not allowed in string format specifier");
    }
    if (s->alternate) {
        return value_error("Alternate form (#) not allowed in string format specifier");
    }
    if (s->align == '=') {
        return value_error("'=' alignment not allowed in string format specifier");
    }
    return 0;
}

int
format_str_to(StrWriter *w, PyObject *value, PyObject *spec)
{
    if (is_empty(spec)) {
        return str_check_exact(value) ? str_writer_str(w, value)
                                      : write_steal(w, object_str(value));
    }
    FormatSpec s;
    if (format_spec_parse(value, spec, 's', '<', &s) < 0) {
        return -1;
    }
    if (s.type != 's') {
        return format_unknown_type(value, s.type);
    }
    if (check_str_spec(&s) < 0) {
        return -1;
    }
    Py_ssize_t n = str_length(value);
    return format_write_padded(w, &s, value,
                               s.precision >= 0 && s.precision < n ? s.precision : n);
}

// ---- float ----

// Text of a double for the specification; mem_alloc'ed, NULL with an exception.
static char *
double_text(const FormatSpec *s, double x)
{
    int flags = 0, precision = 6;
    Py_UCS4 type = s->type;
    if (s->precision > INT_MAX) {
        return error_set(PyExc_ValueError, "precision too big");
    }
    if (s->alternate) {
        flags |= NUMBER_TEXT_ALT;
    }
    if (s->no_negative_zero) {
        flags |= NUMBER_TEXT_NO_NEG_0;
    }
    if (type == 0) {
        flags |= NUMBER_TEXT_ADD_DOT_0;
        type = 'r';
        precision = 0;
    }
    else if (type == 'n') {
        type = 'g';
    }
    else if (type == '%') {
        type = 'f';
        x *= 100;
    }
    if (s->precision >= 0) {
        precision = (int)s->precision;
        type = type == 'r' ? 'g' : type;
    }
    return number_text_from_double(x, (char)type, precision, flags, NULL);
}

static int
write_double(StrWriter *w, const FormatSpec *s, double x)
{
    char *text = double_text(s, x);
    if (text == NULL) {
        return -1;
    }
    size_t n = strlen(text);
    int rc = -1;
    if (s->type == '%') {
        char *longer = mem_realloc(text, n + 2);
        if (longer == NULL) {
            error_no_memory();
            goto done;
        }
        text = longer;
        text[n++] = '%';
        text[n] = '\0';
    }
    rc = format_write_number(w, s, (NumberParts){text, (Py_ssize_t)n, 0});
done:
    mem_free(text);
    return rc;
}

static bool
is_float_type(Py_UCS4 type)
{
    return type < 128 && (type == 0 || strchr("eEfFgGn%", (int)type) != NULL);
}

int
format_float_to(StrWriter *w, PyObject *value, PyObject *spec)
{
    if (is_empty(spec)) {
        return write_steal(w, object_str(value));
    }
    FormatSpec s;
    if (format_spec_parse(value, spec, 0, '>', &s) < 0) {
        return -1;
    }
    if (!is_float_type(s.type)) {
        return format_unknown_type(value, s.type);
    }
    return write_double(w, &s, float_value(value));
}

// ---- int ----

static int
check_int_spec(const FormatSpec *s)
{
    if (s->precision != -1 || s->fraction_grouping != 0) {
        return value_error("Precision not allowed in integer format specifier");
    }
    if (s->no_negative_zero) {
        return value_error("Negative zero coercion (z) not allowed in integer format specifier");
    }
    return 0;
}

static int
write_int_character(StrWriter *w, const FormatSpec *s, PyObject *value)
{
    if (s->sign != 0) {
        return value_error("Sign not allowed with integer format specifier 'c'");
    }
    if (s->alternate) {
        return value_error("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    int overflow;
    int64_t ordinal = int_as_i64_overflow(value, &overflow);
    if (overflow != 0 || ordinal < 0 || ordinal > (int64_t)STR_MAX_CHAR) {
        error_set(PyExc_OverflowError, "%c arg not in range(0x110000)");
        return -1;
    }
    PyObject *text = str_from_char((Py_UCS4)ordinal);
    if (text == NULL) {
        return -1;
    }
    int rc = format_write_padded(w, s, text, 1);
    decref(text);
    return rc;
}

static int
write_int(StrWriter *w, const FormatSpec *s, PyObject *value)
{
    int base = s->type == 'b' ? 2 : s->type == 'o' ? 8 : s->type == 'x' || s->type == 'X' ? 16 : 10;
    PyObject *text = int_to_base(value, base);
    if (text == NULL) {
        return -1;
    }
    NumberParts number = {str_data(text), str_length(text), 0};
    PyObject *bare = NULL;
    int rc = -1;
    if (base != 10 && s->alternate) {
        number.prefix = 2;
    }
    else if (base != 10) {
        // "-0xff" without the prefix: drop "0x", keep the sign.
        bool negative = number.text[0] == '-';
        if (negative) {
            PyObject *digits = str_substring(text, 3, number.size);
            bare = digits == NULL ? NULL : str_format("-%U", digits);
            xdecref(digits);
            if (bare == NULL) {
                goto done;
            }
            number = (NumberParts){str_data(bare), str_length(bare), 0};
        }
        else {
            number.text += 2;
            number.size -= 2;
        }
    }
    rc = format_write_number(w, s, number);
done:
    xdecref(bare);
    decref(text);
    return rc;
}

int
format_int_to(StrWriter *w, PyObject *value, PyObject *spec)
{
    if (is_empty(spec)) {
        return write_steal(w, object_str(value));
    }
    FormatSpec s;
    if (format_spec_parse(value, spec, 'd', '>', &s) < 0) {
        return -1;
    }
    switch (s.type) {
    case 'c':
        return check_int_spec(&s) < 0 ? -1 : write_int_character(w, &s, value);
    case 'b':
    case 'd':
    case 'o':
    case 'x':
    case 'X':
    case 'n':
        return check_int_spec(&s) < 0 ? -1 : write_int(w, &s, value);
    default:
        break;
    }
    if (s.type == 0 || !is_float_type(s.type)) {
        return format_unknown_type(value, s.type);
    }
    double x = int_as_double(value);
    return x == -1.0 && error_occurred() ? -1 : write_double(w, &s, x);
}

// ---- complex ----

// One part of a complex number, without padding.
static int
write_part(StrWriter *w, const FormatSpec *s, double x, char sign, bool repr)
{
    FormatSpec part = *s;
    part.width = -1;
    part.fill = ' ';
    part.align = '<';
    part.sign = sign;
    char *text;
    if (repr) {
        // As repr() writes the parts: no ".0".
        int flags = (s->alternate ? NUMBER_TEXT_ALT : 0) |
                    (s->no_negative_zero ? NUMBER_TEXT_NO_NEG_0 : 0);
        if (s->precision > INT_MAX) {
            return value_error("precision too big");
        }
        text = number_text_from_double(x, s->precision < 0 ? 'r' : 'g',
                                       s->precision < 0 ? 0 : (int)s->precision, flags, NULL);
    }
    else {
        text = double_text(&part, x);
    }
    if (text == NULL) {
        return -1;
    }
    int rc = format_write_number(w, &part, (NumberParts){text, (Py_ssize_t)strlen(text), 0});
    mem_free(text);
    return rc;
}

static PyObject *
complex_text(const FormatSpec *s, Py_complex z)
{
    bool repr = s->type == 0;
    bool skip_real = repr && z.real == 0.0 && !signbit(z.real);
    bool parentheses = repr && !skip_real;
    StrWriter w;
    str_writer_init(&w);
    if ((parentheses && str_writer_char(&w, '(') < 0) ||
        (!skip_real && write_part(&w, s, z.real, s->sign, repr) < 0) ||
        write_part(&w, s, z.imag, skip_real ? s->sign : '+', repr) < 0 ||
        str_writer_char(&w, 'j') < 0 || (parentheses && str_writer_char(&w, ')') < 0)) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

static int
format_complex_to(StrWriter *w, PyObject *value, PyObject *spec)
{
    if (is_empty(spec)) {
        return write_steal(w, object_str(value));
    }
    FormatSpec s;
    if (format_spec_parse(value, spec, 0, '>', &s) < 0) {
        return -1;
    }
    if (!is_float_type(s.type) || s.type == '%') {
        return format_unknown_type(value, s.type);
    }
    if (s.fill == '0') {
        return value_error("Zero padding is not allowed in complex format specifier");
    }
    if (s.align == '=') {
        return value_error("'=' alignment flag is not allowed in complex format specifier");
    }
    PyObject *text = complex_text(&s, ((PyComplexObject *)value)->cval);
    if (text == NULL) {
        return -1;
    }
    int rc = format_write_padded(w, &s, text, str_length(text));
    decref(text);
    return rc;
}

// ---- results as str ----

#define RETURN_TEXT(call)                          \
    do {                                           \
        StrWriter w;                               \
        str_writer_init(&w);                       \
        w.overallocate = 0;                        \
        if ((call) < 0) {                          \
            str_writer_discard(&w);                \
            return NULL;                           \
        }                                          \
        return str_writer_finish(&w);              \
    } while (0)

PyObject *
format_str(PyObject *value, PyObject *spec)
{
    RETURN_TEXT(format_str_to(&w, value, spec));
}

PyObject *
format_int(PyObject *value, PyObject *spec)
{
    RETURN_TEXT(format_int_to(&w, value, spec));
}

PyObject *
format_float(PyObject *value, PyObject *spec)
{
    RETURN_TEXT(format_float_to(&w, value, spec));
}

PyObject *
format_complex(PyObject *value, PyObject *spec)
{
    RETURN_TEXT(format_complex_to(&w, value, spec));
}

// ---- format() ----

PyObject *
format_object(PyObject *value, PyObject *spec)
{
    if (is_empty(spec)) {
        if (str_check_exact(value)) {
            return new_ref(value);
        }
        if (int_check_exact(value)) {
            return object_str(value);
        }
        spec = str_empty();
    }
    // Classes that nobody can change.
    if (float_check_exact(value)) {
        return format_float(value, spec);
    }
    if (int_check_exact(value)) {
        return format_int(value, spec);
    }
    if (str_check_exact(value)) {
        return format_str(value, spec);
    }
    PyObject *method = object_lookup_special(value, ID(__format__));
    if (method == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "Type %.100s doesn't define __format__",
                         type_of(value)->tp_name);
        }
        return NULL;
    }
    PyObject *result = object_call_onearg(method, spec);
    decref(method);
    if (result != NULL && !str_check(result)) {
        error_format(PyExc_TypeError, "%T.__format__() must return a str, not %T", value, result);
        clear_ref(result);
    }
    return result;
}

int
format_object_to(StrWriter *w, PyObject *value, PyObject *spec)
{
    if (str_check_exact(value)) {
        return format_str_to(w, value, spec);
    }
    if (int_check_exact(value)) {
        return format_int_to(w, value, spec);
    }
    if (float_check_exact(value)) {
        return format_float_to(w, value, spec);
    }
    return write_steal(w, format_object(value, spec));
}
