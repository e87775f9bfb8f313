// float: the type, its construction, text and methods. See float.h.
#include "objects/float.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/number_text.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- making ----

#define ZERO(value)                                                                            \
    {{.ob_flags = 4, .ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyFloat_Type}, (value)}

static PyFloatObject positive_zero = ZERO(0.0);
static PyFloatObject negative_zero = ZERO(-0.0);

PyObject *
float_from_double(double value)
{
    if (value == 0.0) {
        return (PyObject *)(signbit(value) ? &negative_zero : &positive_zero);
    }
    PyFloatObject *op = (PyFloatObject *)heap_new_object(&PyFloat_Type, sizeof *op);
    if (op == NULL) {
        return error_no_memory();
    }
    op->ob_fval = value;
    return (PyObject *)op;
}

// Removes underscores that stand between digits; false when one stands elsewhere. In place.
static bool
drop_underscores(char *text)
{
    char *out = text;
    char previous = '\0';
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '_') {
            if (!isdigit((unsigned char)previous) || !isdigit((unsigned char)c[1])) {
                return false;
            }
        }
        else {
            *out++ = *c;
        }
        previous = *c;
    }
    *out = '\0';
    return true;
}

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// The number that is all of text apart from blanks around it. False when it is none.
static bool
parse_whole(const char *text, Py_ssize_t size, double *value)
{
    while (size > 0 && is_blank(*text)) {
        text++;
        size--;
    }
    while (size > 0 && is_blank(text[size - 1])) {
        size--;
    }
    if (size == 0 || memchr(text, '\0', (size_t)size) != NULL) {
        return false;
    }
    char buffer[64];
    char *copy = size < (Py_ssize_t)sizeof buffer ? buffer : mem_alloc_or_error((size_t)size + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text, (size_t)size);
    copy[size] = '\0';
    char *end = copy;
    bool valid = drop_underscores(copy);
    if (valid) {
        *value = number_text_to_double(copy, &end, NULL);
        valid = *end == '\0' && end != copy;
    }
    if (copy != buffer) {
        mem_free(copy);
    }
    return valid;
}

static PyObject *
from_characters(const char *text, Py_ssize_t size, PyObject *shown)
{
    double value;
    if (text != NULL && parse_whole(text, size, &value)) {
        return float_from_double(value);
    }
    if (error_occurred() && !error_clear_if(PyExc_ValueError)) {
        return NULL;
    }
    return error_format(PyExc_ValueError, "could not convert string to float: %R", shown);
}

PyObject *
float_from_str(PyObject *op)
{
    if (str_check(op)) {
        PyObject *ascii = str_decimal_and_space_to_ascii(op);
        if (ascii == NULL) {
            return NULL;
        }
        Py_ssize_t size = 0;
        const char *text = str_as_utf8_size(ascii, &size);
        PyObject *result = from_characters(text, size, op);
        decref(ascii);
        return result;
    }
    if (bytes_check(op)) {
        return from_characters(bytes_data(op), bytes_length(op), op);
    }
    if (bytearray_check(op)) {
        return from_characters(bytearray_data(op), bytearray_length(op), op);
    }
    Py_buffer view;
    if (buffer_get(op, &view, PyBUF_SIMPLE) < 0) {
        error_clear();
        return error_format(PyExc_TypeError,
                            "float() argument must be a string or a real number, not '%.200s'",
                            object_type(op)->tp_name);
    }
    PyObject *copy = bytes_from_data(view.buf, view.len);
    PyObject *result = copy != NULL ? from_characters(bytes_data(copy), bytes_length(copy), copy)
                                    : NULL;
    xdecref(copy);
    buffer_release(&view);
    return result;
}

double
float_as_double(PyObject *op)
{
    if (float_check(op)) {
        return float_value(op);
    }
    if (int_check_exact(op)) {
        return int_as_double(op);
    }
    PyNumberMethods *number = object_type(op)->tp_as_number;
    if (number == NULL || (number->nb_float == NULL && number->nb_index == NULL)) {
        error_format(PyExc_TypeError, "must be real number, not %.50s", object_type(op)->tp_name);
        return -1.0;
    }
    PyObject *converted = number_float(op);
    if (converted == NULL) {
        return -1.0;
    }
    double value = float_value(converted);
    decref(converted);
    return value;
}

// ---- text ----

PyObject *
float_repr_double(double x)
{
    char *text = number_text_from_double(x, 'r', 0, NUMBER_TEXT_ADD_DOT_0, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = str_from_ascii(text, (Py_ssize_t)strlen(text));
    mem_free(text);
    return result;
}

static PyObject *
float_repr(PyObject *self)
{
    return float_repr_double(float_value(self));
}

// ---- operators ----

// The operand as a double: 1; 0 when it is no real number; -1 with an exception.
static int
operand(PyObject *op, double *value)
{
    if (float_check(op)) {
        *value = float_value(op);
        return 1;
    }
    if (int_check(op)) {
        *value = int_as_double(op);
        return *value == -1.0 && error_occurred() ? -1 : 1;
    }
    return 0;
}

#define OPERANDS(a, b, x, y)                                              \
    double x;                                                             \
    double y;                                                             \
    int converted_ = operand(a, &x);                                      \
    if (converted_ > 0) {                                                 \
        converted_ = operand(b, &y);                                      \
    }                                                                     \
    if (converted_ <= 0) {                                                \
        return converted_ < 0 ? NULL : new_ref(Py_NotImplemented);        \
    }

static PyObject *
float_add(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return float_from_double(x + y);
}

static PyObject *
float_subtract(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return float_from_double(x - y);
}

static PyObject *
float_multiply(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return float_from_double(x * y);
}

static PyObject *
float_true_divide(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return y == 0.0 ? error_set(PyExc_ZeroDivisionError, "division by zero")
                    : float_from_double(x / y);
}

static PyObject *
float_floor_divide(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return y == 0.0 ? error_set(PyExc_ZeroDivisionError, "division by zero")
                    : float_from_double(float_floor_div(x, y));
}

static PyObject *
float_remainder(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    return y == 0.0 ? error_set(PyExc_ZeroDivisionError, "division by zero")
                    : float_from_double(float_mod(x, y));
}

static PyObject *
float_divmod_slot(PyObject *a, PyObject *b)
{
    OPERANDS(a, b, x, y)
    if (y == 0.0) {
        return error_set(PyExc_ZeroDivisionError, "division by zero");
    }
    double quotient;
    double remainder;
    float_divmod(x, y, &quotient, &remainder);
    return tuple_pair_steal(float_from_double(quotient), float_from_double(remainder));
}

static PyObject *
float_power_slot(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (modulus != Py_None) {
        return error_set(PyExc_TypeError,
                         "pow() 3rd argument not allowed unless all arguments are integers");
    }
    OPERANDS(a, b, x, y)
    double result;
    bool is_complex;
    if (!float_power(x, y, &result, &is_complex)) {
        return NULL;
    }
    if (is_complex) {
        return PyComplex_Type.tp_as_number->nb_power(a, b, modulus);
    }
    return float_from_double(result);
}

static PyObject *float_negative(PyObject *self) { return float_from_double(-float_value(self)); }
static PyObject *float_absolute(PyObject *self) { return float_from_double(fabs(float_value(self))); }
static int float_bool(PyObject *self) { return float_value(self) != 0.0; }
static PyObject *float_int(PyObject *self) { return int_from_double(float_value(self)); }

static PyObject *
float_float(PyObject *self)
{
    return float_check_exact(self) ? new_ref(self) : float_from_double(float_value(self));
}

static PyObject *
compare_result(int order, int op)
{
    switch (op) {
        case Py_LT: return bool_from_int(order < 0);
        case Py_LE: return bool_from_int(order <= 0);
        case Py_EQ: return bool_from_int(order == 0);
        case Py_NE: return bool_from_int(order != 0);
        case Py_GT: return bool_from_int(order > 0);
        default: return bool_from_int(order >= 0);
    }
}

static PyObject *
float_richcompare(PyObject *a, PyObject *b, int op)
{
    double x = float_value(a);
    if (!float_check(b) && !int_check(b)) {
        return new_ref(Py_NotImplemented);
    }
    if (isnan(x) || (float_check(b) && isnan(float_value(b)))) {
        return bool_from_int(op == Py_NE);
    }
    if (int_check(b)) {
        return compare_result(float_compare_int(x, b), op);
    }
    double y = float_value(b);
    return compare_result(x < y ? -1 : x > y, op);
}

static Py_hash_t
float_hash(PyObject *self)
{
    return hash_double(self, float_value(self));
}

// ---- construction ----

static PyObject *
float_construct(PyTypeObject *type, PyObject *x)
{
    PyObject *value = x == NULL ? float_from_double(0.0)
                      : str_check_exact(x) ? float_from_str(x) : number_float(x);
    if (value == NULL || type == &PyFloat_Type) {
        return value;
    }
    PyObject *op = type->tp_alloc(type, 0);
    if (op != NULL) {
        ((PyFloatObject *)op)->ob_fval = float_value(value);
    }
    decref(value);
    return op;
}

static PyObject *
float_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *x = NULL;
    if ((type == &PyFloat_Type || type->tp_init == PyFloat_Type.tp_init)
        && !args_no_keywords("float", kwargs)) {
        return NULL;
    }
    if (!args_unpack_tuple(args, "float", 0, 1, &x)) {
        return NULL;
    }
    return float_construct(type, x);
}

static PyObject *
float_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_no_kwnames("float", kwnames) || !args_check_positional("float", nargs, 0, 1)) {
        return NULL;
    }
    return float_construct((PyTypeObject *)type, nargs ? args[0] : NULL);
}

// ---- methods ----

static PyObject *
float_from_number(PyObject *type, PyObject *number)
{
    if (float_check_exact(number) && (PyTypeObject *)type == &PyFloat_Type) {
        return new_ref(number);
    }
    double value = float_as_double(number);
    if (value == -1.0 && error_occurred()) {
        return NULL;
    }
    PyObject *result = float_from_double(value);
    if (result != NULL && (PyTypeObject *)type != &PyFloat_Type) {
        set_ref(result, object_call_onearg(type, result));
    }
    return result;
}

static PyObject *
float_is_integer(PyObject *self, PyObject *unused)
{
    double x = float_value(self);
    return bool_from_int(isfinite(x) && floor(x) == x);
}

static PyObject *
float_trunc(PyObject *self, PyObject *unused)
{
    return float_int(self);
}

static PyObject *
float_floor(PyObject *self, PyObject *unused)
{
    return int_from_double(floor(float_value(self)));
}

static PyObject *
float_ceil(PyObject *self, PyObject *unused)
{
    return int_from_double(ceil(float_value(self)));
}

static PyObject *
float_conjugate(PyObject *self, PyObject *unused)
{
    return float_float(self);
}

// round(x, n): through correctly rounded text with n digits behind the point.
static PyObject *
round_to_digits(double x, Py_ssize_t digits)
{
    if (!isfinite(x) || digits > 323) {
        return float_from_double(x);
    }
    if (digits < -308) {
        return float_from_double(copysign(0.0, x));
    }
    double rounded;
    if (digits >= 0) {
        char *text = number_text_from_double(x, 'f', (int)digits, 0, NULL);
        if (text == NULL) {
            return NULL;
        }
        rounded = number_text_to_double(text, NULL, NULL);
        mem_free(text);
    }
    else {
        // A multiple of a power of ten, exact in integers; a fraction cannot decide more than ties.
        PyObject *whole = int_from_double(x);
        PyObject *ten = int_from_i64(10);
        PyObject *places = int_from_i64(-digits);
        PyObject *power = places != NULL ? int_power(ten, places, NULL) : NULL;
        PyObject *pair = whole != NULL && power != NULL ? int_divmod_near(whole, power) : NULL;
        PyObject *result = pair != NULL ? int_subtract(whole, tuple_item_borrow(pair, 1)) : NULL;
        rounded = result != NULL ? int_as_double(result) : -1.0;
        if (rounded == 0.0) {
            rounded = copysign(0.0, x);
        }
        xdecref(whole);
        xdecref(places);
        xdecref(power);
        xdecref(pair);
        xdecref(result);
        if (rounded == -1.0 && error_occurred()) {
            if (error_clear_if(PyExc_OverflowError)) {
                return error_set(PyExc_OverflowError, "rounded value too large to represent");
            }
            return NULL;
        }
    }
    if (isinf(rounded)) {
        return error_set(PyExc_OverflowError, "rounded value too large to represent");
    }
    return float_from_double(rounded);
}

static PyObject *
float_round(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__round__", nargs, 0, 1)) {
        return NULL;
    }
    double x = float_value(self);
    if (nargs == 0 || args[0] == Py_None) {
        double rounded = nearbyint(x);      // ties to even is the rounding mode
        return int_from_double(rounded);
    }
    Py_ssize_t digits = number_as_ssize(args[0], NULL);
    if (digits == -1 && error_occurred()) {
        return NULL;
    }
    return round_to_digits(x, digits);
}

static PyObject *
float_as_integer_ratio(PyObject *self, PyObject *unused)
{
    double x = float_value(self);
    if (isinf(x)) {
        return error_set(PyExc_OverflowError, "cannot convert Infinity to integer ratio");
    }
    if (isnan(x)) {
        return error_set(PyExc_ValueError, "cannot convert NaN to integer ratio");
    }
    int exponent;
    double fraction = frexp(x, &exponent);
    for (int i = 0; i < 300 && fraction != floor(fraction); i++) {
        fraction *= 2.0;
        exponent--;
    }
    PyObject *numerator = int_from_double(fraction);
    PyObject *denominator = int_from_i64(1);
    if (numerator != NULL && exponent > 0) {
        set_ref(numerator, int_lshift_bits(numerator, (uint64_t)exponent));
    }
    else if (exponent < 0) {
        denominator = int_lshift_bits(denominator, (uint64_t)-exponent);
    }
    return tuple_pair_steal(numerator, denominator);
}

static PyObject *
float_hex(PyObject *self, PyObject *unused)
{
    double x = float_value(self);
    if (!isfinite(x)) {
        return float_repr(self);
    }
    if (x == 0.0) {
        return str_from_cstr(signbit(x) ? "-0x0.0p+0" : "0x0.0p+0");
    }
    int exponent;
    double mantissa = frexp(fabs(x), &exponent);
    int shift = exponent < -1021 ? 1 - (-1021 - exponent) : 1;     // denormals start with 0
    mantissa = ldexp(mantissa, shift);
    exponent -= shift;
    char digits[16];
    int leading = (int)mantissa;
    mantissa -= leading;
    for (int i = 0; i < 13; i++) {
        mantissa *= 16.0;
        int digit_value = (int)mantissa;
        digits[i] = "0123456789abcdef"[digit_value];
        mantissa -= digit_value;
    }
    digits[13] = '\0';
    return str_format("%s0x%d.%sp%s%d", x < 0 ? "-" : "", leading, digits,
                      exponent < 0 ? "-" : "+", exponent < 0 ? -exponent : exponent);
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static bool
invalid_hex(void)
{
    error_set(PyExc_ValueError, "invalid hexadecimal floating-point string");
    return false;
}

// The digits of a mantissa, with a point among them: *exponent of the last bit. Behind them.
static const char *
read_hex_digits(const char *c, uint64_t *mantissa, int64_t *exponent, bool *rest, int64_t *digits)
{
    bool point = false;
    for (;; c++) {
        int value = hex_digit(*c);
        if (value < 0) {
            if (*c != '.' || point) {
                return c;
            }
            point = true;
            continue;
        }
        ++*digits;
        if (*mantissa >> 59 == 0) {
            *mantissa = *mantissa << 4 | (unsigned)value;
            *exponent -= point ? 4 : 0;
        }
        else {
            *rest |= value != 0;
            *exponent += point ? 0 : 4;
        }
    }
}

// A hexadecimal number: [0x] digits [. digits] [p exponent]. False with ValueError or OverflowError.
static bool
parse_hex(const char *text, const char *end, double *value)
{
    const char *c = text;
    bool negative = *c == '-';
    c += *c == '-' || *c == '+';
    char *stop;
    if ((*c | 0x20) == 'i' || (*c | 0x20) == 'n') {
        *value = number_text_to_double(text, &stop, NULL);
        return stop == end || invalid_hex();
    }
    if (c[0] == '0' && (c[1] | 0x20) == 'x') {
        c += 2;
    }
    uint64_t mantissa = 0;
    int64_t exponent = 0;
    int64_t digits = 0;
    bool rest = false;
    c = read_hex_digits(c, &mantissa, &exponent, &rest, &digits);
    if (digits > 0 && (*c | 0x20) == 'p') {
        bool below = c[1] == '-';
        c += 1 + (c[1] == '-' || c[1] == '+');
        if (*c < '0' || *c > '9') {
            return invalid_hex();
        }
        int64_t power = 0;
        for (; *c >= '0' && *c <= '9'; c++) {
            power = power < INT64_C(100000000000000000) ? power * 10 + (*c - '0') : power;
        }
        exponent += below ? -power : power;
    }
    if (digits == 0 || c != end) {
        return invalid_hex();
    }
    double parsed = number_text_from_binary(mantissa, exponent, rest);
    if (isinf(parsed)) {
        error_set(PyExc_OverflowError, "hexadecimal value too large to represent as a float");
        return false;
    }
    *value = negative ? -parsed : parsed;
    return true;
}

static PyObject *
float_fromhex(PyObject *type, PyObject *text)
{
    Py_ssize_t size;
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "bad argument type for built-in operation");
    }
    const char *utf8 = str_as_utf8_size(text, &size);
    if (utf8 == NULL) {
        return NULL;
    }
    const char *end = utf8 + size;
    while (is_blank(*utf8)) {
        utf8++;
    }
    while (end > utf8 && is_blank(end[-1])) {
        end--;
    }
    double value;
    if (!parse_hex(utf8, end, &value)) {
        return NULL;
    }
    PyObject *result = float_from_double(value);
    if (result != NULL && (PyTypeObject *)type != &PyFloat_Type) {
        set_ref(result, object_call_onearg(type, result));
    }
    return result;
}

static PyObject *
float_getnewargs(PyObject *self, PyObject *unused)
{
    PyObject *value = float_from_double(float_value(self));
    PyObject *result = value != NULL ? tuple_pack(1, value) : NULL;
    xdecref(value);
    return result;
}

static PyObject *
float_getformat(PyObject *type, PyObject *kind)
{
    if (!str_check(kind)) {
        return error_format(PyExc_TypeError, "__getformat__() argument must be str, not %.50s",
                            object_type(kind)->tp_name);
    }
    if (!str_equal_cstr(kind, "double") && !str_equal_cstr(kind, "float")) {
        return error_set(PyExc_ValueError,
                         "__getformat__() argument 1 must be 'double' or 'float'");
    }
    return str_from_cstr("IEEE, little-endian");
}

static PyObject *
float_format(PyObject *self, PyObject *spec)
{
    if (!str_check(spec)) {
        return error_format(PyExc_TypeError, "__format__() argument must be str, not %.50s",
                            object_type(spec)->tp_name);
    }
    return format_float(self, spec);
}

static PyMethodDef float_methods[] = {
    {"from_number", float_from_number, METH_O | METH_CLASS,
     "from_number($type, number, /)\n--\n\nConvert real number to a floating-point number."},
    {"conjugate", float_conjugate, METH_NOARGS,
     "conjugate($self, /)\n--\n\nReturn self, the complex conjugate of any float."},
    {"__trunc__", float_trunc, METH_NOARGS,
     "__trunc__($self, /)\n--\n\nReturn the Integral closest to x between 0 and x."},
    {"__floor__", float_floor, METH_NOARGS,
     "__floor__($self, /)\n--\n\nReturn the floor as an Integral."},
    {"__ceil__", float_ceil, METH_NOARGS,
     "__ceil__($self, /)\n--\n\nReturn the ceiling as an Integral."},
    {"__round__", (PyCFunction)(void (*)(void))float_round, METH_FASTCALL,
     "__round__($self, ndigits=None, /)\n--\n\nReturn the Integral closest to x, rounding half "
     "toward even.\n\nWhen an argument is passed, work like built-in round(x, ndigits)."},
    {"as_integer_ratio", float_as_integer_ratio, METH_NOARGS,
     "as_integer_ratio($self, /)\n--\n\nReturn a pair of integers, whose ratio is exactly equal "
     "to the original float.\n\nThe ratio is in lowest terms and has a positive denominator.  "
     "Raise\nOverflowError on infinities and a ValueError on NaNs.\n\n"
     ">>> (10.0).as_integer_ratio()\n(10, 1)\n>>> (0.0).as_integer_ratio()\n(0, 1)\n"
     ">>> (-.25).as_integer_ratio()\n(-1, 4)"},
    {"fromhex", float_fromhex, METH_O | METH_CLASS,
     "fromhex($type, string, /)\n--\n\nCreate a floating-point number from a hexadecimal string.\n"
     "\n>>> float.fromhex('0x1.ffffp10')\n2047.984375\n>>> float.fromhex('-0x1p-1074')\n-5e-324"},
    {"hex", float_hex, METH_NOARGS,
     "hex($self, /)\n--\n\nReturn a hexadecimal representation of a floating-point number.\n\n"
     ">>> (-0.1).hex()\n'-0x1.999999999999ap-4'\n>>> 3.14159.hex()\n'0x1.921f9f01b866ep+1'"},
    {"is_integer", float_is_integer, METH_NOARGS,
     "is_integer($self, /)\n--\n\nReturn True if the float is an integer."},
    {"__getnewargs__", float_getnewargs, METH_NOARGS, "__getnewargs__($self, /)\n--\n\n"},
    {"__getformat__", float_getformat, METH_O | METH_CLASS,
     "__getformat__($type, typestr, /)\n--\n\nYou probably don't want to use this function.\n\n"
     "  typestr\n    Must be 'double' or 'float'.\n\n"
     "It exists mainly to be used in Python's test suite.\n\n"
     "This function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,\n"
     "little-endian' best describes the format of floating-point numbers used by the\n"
     "C type named by typestr."},
    {"__format__", float_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\nFormats the float according to format_spec."},
    {NULL, NULL, 0, NULL},
};

static PyObject *
get_real(PyObject *self, void *closure)
{
    return float_float(self);
}

static PyObject *
get_imag(PyObject *self, void *closure)
{
    return float_from_double(0.0);
}

static PyGetSetDef float_getset[] = {
    {"real", get_real, NULL, "the real part of a complex number", NULL},
    {"imag", get_imag, NULL, "the imaginary part of a complex number", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods float_as_number = {
    .nb_add = float_add,
    .nb_subtract = float_subtract,
    .nb_multiply = float_multiply,
    .nb_remainder = float_remainder,
    .nb_divmod = float_divmod_slot,
    .nb_power = float_power_slot,
    .nb_negative = float_negative,
    .nb_positive = float_float,
    .nb_absolute = float_absolute,
    .nb_bool = float_bool,
    .nb_int = float_int,
    .nb_float = float_float,
    .nb_floor_divide = float_floor_divide,
    .nb_true_divide = float_true_divide,
};

PyTypeObject PyFloat_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "float",
    .tp_basicsize = sizeof(PyFloatObject),
    .tp_dealloc = refcount_plain_dealloc,
    .tp_repr = float_repr,
    .tp_as_number = &float_as_number,
    .tp_hash = float_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE
                | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "float(x=0, /)\n--\n\n"
              "Convert a string or number to a floating-point number, if possible.",
    .tp_richcompare = float_richcompare,
    .tp_methods = float_methods,
    .tp_getset = float_getset,
    .tp_new = float_new,
    .tp_vectorcall = float_vectorcall,
    .tp_free = heap_free,
};
