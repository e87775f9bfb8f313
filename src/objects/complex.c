// complex: the type, arithmetic, text. See complex.h.
//
// 3.14: an operation of a complex and a real number treats the real one as having no imaginary
// part at all (C99 Annex G), so that signed zeros, infinities and NaN come out right.
#include "objects/complex.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/format.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/number_text.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

static inline Py_complex value_of(PyObject *op) { return ((PyComplexObject *)op)->cval; }

PyObject *
complex_from_value(Py_complex value)
{
    PyComplexObject *op = (PyComplexObject *)heap_new_object(&PyComplex_Type, sizeof *op);
    if (op == NULL) {
        return error_no_memory();
    }
    op->cval = value;
    return (PyObject *)op;
}

PyObject *
complex_from_doubles(double real, double imag)
{
    return complex_from_value((Py_complex){real, imag});
}

// What __complex__ gives: 1 found, 0 the object has none, -1 with an exception.
static int
call_complex_method(PyObject *op, Py_complex *value)
{
    PyObject *method = object_lookup_special(op, ID(__complex__));
    if (method == NULL) {
        return error_occurred() ? -1 : 0;
    }
    PyObject *result = object_call_noargs(method);
    decref(method);
    if (result == NULL) {
        return -1;
    }
    int status = 1;
    if (!complex_check(result)) {
        error_format(PyExc_TypeError, "%T.__complex__() must return a complex, not %T", op, result);
        status = -1;
    }
    else if (!complex_check_exact(result)
             && error_warn(PyExc_DeprecationWarning, 1,
                           "%T.__complex__() must return a complex, not %T.  The ability to "
                           "return an instance of a strict subclass of complex is deprecated, "
                           "and may not be supported in a future version of Python.", op, result)
                    < 0) {
        status = -1;
    }
    else {
        *value = value_of(result);
    }
    decref(result);
    return status;
}

Py_complex
complex_as_value(PyObject *op)
{
    Py_complex value = {-1.0, 0.0};
    if (complex_check(op)) {
        return value_of(op);
    }
    if (call_complex_method(op, &value) == 0) {
        value.real = float_as_double(op);
        value.imag = 0.0;
    }
    return value;
}

// ---- arithmetic ----

// An operand: a complex, or a real number (is_real). 1; 0 when neither; -1 with an exception.
typedef struct {
    Py_complex value;
    bool is_real;
} Operand;

static int
operand(PyObject *op, Operand *out)
{
    out->is_real = !complex_check(op);
    if (!out->is_real) {
        out->value = value_of(op);
        return 1;
    }
    out->value.imag = 0.0;
    if (float_check(op)) {
        out->value.real = float_value(op);
        return 1;
    }
    if (int_check(op)) {
        out->value.real = int_as_double(op);
        return out->value.real == -1.0 && error_occurred() ? -1 : 1;
    }
    return 0;
}

#define OPERANDS(x, y)                                                    \
    Operand x;                                                            \
    Operand y;                                                            \
    int converted_ = operand(a, &x);                                      \
    if (converted_ > 0) {                                                 \
        converted_ = operand(b, &y);                                      \
    }                                                                     \
    if (converted_ <= 0) {                                                \
        return converted_ < 0 ? NULL : new_ref(Py_NotImplemented);        \
    }

static PyObject *
complex_add(PyObject *a, PyObject *b)
{
    OPERANDS(x, y)
    double imag = x.is_real ? y.value.imag
                  : y.is_real ? x.value.imag : x.value.imag + y.value.imag;
    return complex_from_doubles(x.value.real + y.value.real, imag);
}

static PyObject *
complex_subtract(PyObject *a, PyObject *b)
{
    OPERANDS(x, y)
    double imag = x.is_real ? -y.value.imag
                  : y.is_real ? x.value.imag : x.value.imag - y.value.imag;
    return complex_from_doubles(x.value.real - y.value.real, imag);
}

// Turns infinite parts into ±1 and finite ones into ±0, NaN into ±0 (Annex G).
static void
box_infinity(Py_complex *z)
{
    z->real = copysign(isinf(z->real) ? 1.0 : 0.0, z->real);
    z->imag = copysign(isinf(z->imag) ? 1.0 : 0.0, z->imag);
}

static void
nan_to_zero(Py_complex *z)
{
    z->real = isnan(z->real) ? copysign(0.0, z->real) : z->real;
    z->imag = isnan(z->imag) ? copysign(0.0, z->imag) : z->imag;
}

static Py_complex
multiply(Py_complex z, Py_complex w)
{
    double ac = z.real * w.real;
    double bd = z.imag * w.imag;
    double ad = z.real * w.imag;
    double bc = z.imag * w.real;
    Py_complex result = {ac - bd, ad + bc};
    if (!isnan(result.real) || !isnan(result.imag)) {
        return result;
    }
    // Both NaN: an infinity may have been lost.
    bool recompute = false;
    if (isinf(z.real) || isinf(z.imag)) {
        box_infinity(&z);
        nan_to_zero(&w);
        recompute = true;
    }
    if (isinf(w.real) || isinf(w.imag)) {
        box_infinity(&w);
        nan_to_zero(&z);
        recompute = true;
    }
    if (!recompute && (isinf(ac) || isinf(bd) || isinf(ad) || isinf(bc))) {
        nan_to_zero(&z);
        nan_to_zero(&w);
        recompute = true;
    }
    if (recompute) {
        result.real = INFINITY * (z.real * w.real - z.imag * w.imag);
        result.imag = INFINITY * (z.real * w.imag + z.imag * w.real);
    }
    return result;
}

static PyObject *
complex_multiply(PyObject *a, PyObject *b)
{
    OPERANDS(x, y)
    if (x.is_real) {
        return complex_from_doubles(x.value.real * y.value.real, x.value.real * y.value.imag);
    }
    if (y.is_real) {
        return complex_from_doubles(x.value.real * y.value.real, x.value.imag * y.value.real);
    }
    return complex_from_value(multiply(x.value, y.value));
}

// Smith's algorithm: scales by the larger part of the divisor. The divisor is not zero.
static Py_complex
divide(Py_complex a, Py_complex b)
{
    Py_complex result;
    double abs_real = fabs(b.real);
    double abs_imag = fabs(b.imag);
    if (abs_real >= abs_imag) {
        double ratio = b.imag / b.real;
        double denominator = b.real + b.imag * ratio;
        result.real = (a.real + a.imag * ratio) / denominator;
        result.imag = (a.imag - a.real * ratio) / denominator;
    }
    else if (abs_imag >= abs_real) {
        double ratio = b.real / b.imag;
        double denominator = b.real * ratio + b.imag;
        result.real = (a.real * ratio + a.imag) / denominator;
        result.imag = (a.imag * ratio - a.real) / denominator;
    }
    else {
        result.real = result.imag = NAN;    // a part of the divisor is NaN
    }
    if (isnan(result.real) && isnan(result.imag)) {
        if ((isinf(a.real) || isinf(a.imag)) && isfinite(b.real) && isfinite(b.imag)) {
            box_infinity(&a);
            result.real = INFINITY * (a.real * b.real + a.imag * b.imag);
            result.imag = INFINITY * (a.imag * b.real - a.real * b.imag);
        }
        else if ((isinf(abs_real) || isinf(abs_imag)) && isfinite(a.real) && isfinite(a.imag)) {
            box_infinity(&b);
            result.real = 0.0 * (a.real * b.real + a.imag * b.imag);
            result.imag = 0.0 * (a.imag * b.real - a.real * b.imag);
        }
    }
    return result;
}

// The same for a dividend without an imaginary part, whose zero would spoil signs.
static Py_complex
divide_real(double a, Py_complex b)
{
    Py_complex result = {NAN, NAN};
    double abs_real = fabs(b.real);
    double abs_imag = fabs(b.imag);
    if (abs_real >= abs_imag) {
        double ratio = b.imag / b.real;
        double denominator = b.real + b.imag * ratio;
        result = (Py_complex){a / denominator, -a * ratio / denominator};
    }
    else if (abs_imag >= abs_real) {
        double ratio = b.real / b.imag;
        double denominator = b.real * ratio + b.imag;
        result = (Py_complex){a * ratio / denominator, -a / denominator};
    }
    if (isnan(result.real) && isnan(result.imag) && isfinite(a)
        && (isinf(abs_real) || isinf(abs_imag))) {
        box_infinity(&b);
        result = (Py_complex){0.0 * (a * b.real), 0.0 * (-a * b.imag)};
    }
    return result;
}

static void *
division_by_zero(void)
{
    return error_set(PyExc_ZeroDivisionError, "division by zero");
}

static PyObject *
complex_true_divide(PyObject *a, PyObject *b)
{
    OPERANDS(x, y)
    if (y.value.real == 0.0 && y.value.imag == 0.0) {
        return division_by_zero();
    }
    if (y.is_real) {
        return complex_from_doubles(x.value.real / y.value.real, x.value.imag / y.value.real);
    }
    if (x.is_real) {
        return complex_from_value(divide_real(x.value.real, y.value));
    }
    return complex_from_value(divide(x.value, y.value));
}

// Small integer exponents by repeated multiplication: exact where the parts are.
static Py_complex
power_integer(Py_complex base, long n)
{
    Py_complex result = {1.0, 0.0};
    for (unsigned long left = (unsigned long)(n < 0 ? -n : n); left != 0; left >>= 1) {
        if (left & 1) {
            result = multiply(result, base);
        }
        base = multiply(base, base);
    }
    return n < 0 ? divide((Py_complex){1.0, 0.0}, result) : result;
}

Py_complex
complex_power(Py_complex base, Py_complex exponent)
{
    Py_complex result = {1.0, 0.0};
    if (exponent.real == 0.0 && exponent.imag == 0.0) {
        return result;
    }
    if (base.real == 0.0 && base.imag == 0.0) {
        if (exponent.imag != 0.0 || exponent.real < 0.0) {
            error_set(PyExc_ZeroDivisionError, "zero to a negative or complex power");
            return (Py_complex){-1.0, 0.0};
        }
        return (Py_complex){0.0, 0.0};
    }
    if (exponent.imag == 0.0 && exponent.real == floor(exponent.real)
        && fabs(exponent.real) <= 100.0) {
        result = power_integer(base, (long)exponent.real);
    }
    else {
        double size = hypot(base.real, base.imag);
        double length = pow(size, exponent.real);
        double angle = atan2(base.imag, base.real);
        double phase = angle * exponent.real;
        if (exponent.imag != 0.0) {
            length *= exp(-angle * exponent.imag);
            phase += exponent.imag * log(size);
        }
        result = (Py_complex){length * cos(phase), length * sin(phase)};
    }
    if ((isinf(result.real) || isinf(result.imag)) && isfinite(base.real) && isfinite(base.imag)
        && isfinite(exponent.real) && isfinite(exponent.imag)) {
        error_set(PyExc_OverflowError, "complex exponentiation");
        return (Py_complex){-1.0, 0.0};
    }
    return result;
}

static PyObject *
complex_power_slot(PyObject *a, PyObject *b, PyObject *modulus)
{
    OPERANDS(x, y)
    if (modulus != Py_None) {
        return error_set(PyExc_ValueError, "complex modulo");
    }
    Py_complex result = complex_power(x.value, y.value);
    return result.real == -1.0 && error_occurred() ? NULL : complex_from_value(result);
}

static PyObject *
complex_negative(PyObject *self)
{
    return complex_from_doubles(-value_of(self).real, -value_of(self).imag);
}

static PyObject *
complex_positive(PyObject *self)
{
    return complex_check_exact(self) ? new_ref(self) : complex_from_value(value_of(self));
}

static PyObject *
complex_absolute(PyObject *self)
{
    Py_complex z = value_of(self);
    double size = hypot(z.real, z.imag);
    if (isinf(size) && isfinite(z.real) && isfinite(z.imag)) {
        return error_set(PyExc_OverflowError, "absolute value too large");
    }
    return float_from_double(size);
}

static int
complex_bool(PyObject *self)
{
    return value_of(self).real != 0.0 || value_of(self).imag != 0.0;
}

static PyObject *
complex_richcompare(PyObject *a, PyObject *b, int op)
{
    if (op != Py_EQ && op != Py_NE) {
        return new_ref(Py_NotImplemented);
    }
    Py_complex x = value_of(a);
    bool equal;
    if (complex_check(b)) {
        equal = x.real == value_of(b).real && x.imag == value_of(b).imag;
    }
    else if (float_check(b)) {
        equal = x.imag == 0.0 && x.real == float_value(b);
    }
    else if (int_check(b)) {
        equal = x.imag == 0.0 && !isnan(x.real) && float_compare_int(x.real, b) == 0;
    }
    else {
        return new_ref(Py_NotImplemented);
    }
    return bool_from_int(equal == (op == Py_EQ));
}

static Py_hash_t
complex_hash(PyObject *self)
{
    Py_uhash_t real = (Py_uhash_t)hash_double(self, value_of(self).real);
    Py_uhash_t imag = (Py_uhash_t)hash_double(self, value_of(self).imag);
    Py_hash_t hash = (Py_hash_t)(real + HASH_IMAG * imag);
    return hash == -1 ? -2 : hash;
}

// ---- text ----

static PyObject *
complex_repr(PyObject *self)
{
    Py_complex z = value_of(self);
    bool imaginary_only = z.real == 0.0 && copysign(1.0, z.real) == 1.0;
    char *real = imaginary_only ? NULL : number_text_from_double(z.real, 'r', 0, 0, NULL);
    char *imag = number_text_from_double(z.imag, 'r', 0, imaginary_only ? 0 : NUMBER_TEXT_SIGN,
                                         NULL);
    PyObject *result = NULL;
    if (imag != NULL && imaginary_only) {
        result = str_format("%sj", imag);
    }
    else if (imag != NULL && real != NULL) {
        result = str_format("(%s%sj)", real, imag);
    }
    mem_free(real);
    mem_free(imag);
    return result;
}

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// A real number at *at: true and moved behind it; false and unmoved when there is none.
static bool
read_part(const char **at, double *value)
{
    char *end = (char *)*at;        // stays so when there is no number
    *value = number_text_to_double(*at, &end, NULL);
    if (end == *at) {
        error_clear();
        return false;
    }
    *at = end;
    return true;
}

// 'x', 'yj', 'x+yj' or 'j' forms, in parentheses or not, blanks around.
static bool
parse_complex(const char *text, Py_complex *result)
{
    const char *at = text;
    double first = 0.0;
    *result = (Py_complex){0.0, 0.0};
    while (is_blank(*at)) {
        at++;
    }
    bool bracket = *at == '(';
    if (bracket) {
        at++;
        while (is_blank(*at)) {
            at++;
        }
    }
    if (!read_part(&at, &first)) {
        // a bare sign or nothing in front of j
        first = *at == '-' ? -1.0 : 1.0;
        at += *at == '+' || *at == '-';
        if (*at != 'j' && *at != 'J') {
            return false;
        }
        result->imag = first;
        at++;
    }
    else if (*at == 'j' || *at == 'J') {
        result->imag = first;
        at++;
    }
    else {
        result->real = first;
        if (*at == '+' || *at == '-') {
            double sign = *at == '-' ? -1.0 : 1.0;
            if (!read_part(&at, &result->imag)) {
                result->imag = sign;
                at++;
            }
            if (*at != 'j' && *at != 'J') {
                return false;
            }
            at++;
        }
    }
    while (is_blank(*at)) {
        at++;
    }
    if (bracket) {
        if (*at != ')') {
            return false;
        }
        at++;
        while (is_blank(*at)) {
            at++;
        }
    }
    return *at == '\0';
}

static PyObject *complex_subtype(PyTypeObject *type, Py_complex value);

// Underscores between digits are dropped in place; false when one stands elsewhere.
static bool
drop_underscores(char *text)
{
    char *out = text;
    char previous = '\0';
    for (char *c = text; *c != '\0'; previous = *c, c++) {
        if (*c != '_') {
            *out++ = *c;
        }
        else if (previous < '0' || previous > '9' || c[1] < '0' || c[1] > '9') {
            return false;
        }
    }
    *out = '\0';
    return true;
}

static PyObject *
from_text(PyTypeObject *type, PyObject *text)
{
    PyObject *ascii = str_decimal_and_space_to_ascii(text);
    Py_ssize_t size = 0;
    const char *utf8 = ascii != NULL ? str_as_utf8_size(ascii, &size) : NULL;
    char *copy = utf8 != NULL ? mem_alloc_or_error((size_t)size + 1) : NULL;
    Py_complex value;
    bool valid = false;
    if (copy != NULL) {
        memcpy(copy, utf8, (size_t)size + 1);
        valid = strlen(copy) == (size_t)size && drop_underscores(copy)
                && parse_complex(copy, &value);
        mem_free(copy);
    }
    xdecref(ascii);
    if (valid) {
        return complex_subtype(type, value);
    }
    if (error_occurred() && !error_clear_if(PyExc_UnicodeEncodeError)) {
        return NULL;
    }
    return error_set(PyExc_ValueError, "complex() arg is a malformed string");
}

// ---- construction ----

static PyObject *
complex_subtype(PyTypeObject *type, Py_complex value)
{
    if (type == &PyComplex_Type) {
        return complex_from_value(value);
    }
    PyObject *op = type->tp_alloc(type, 0);
    if (op != NULL) {
        ((PyComplexObject *)op)->cval = value;
    }
    return op;
}

static bool
is_number(PyObject *op)
{
    PyNumberMethods *number = object_type(op)->tp_as_number;
    return number != NULL && (number->nb_float != NULL || number->nb_index != NULL);
}

// complex(x) with one positional argument.
static PyObject *
from_single(PyTypeObject *type, PyObject *x)
{
    if (type == &PyComplex_Type && complex_check_exact(x)) {
        return new_ref(x);
    }
    if (str_check(x)) {
        return from_text(type, x);
    }
    Py_complex value;
    int found = call_complex_method(x, &value);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        if (complex_check(x)) {
            return complex_subtype(type, value_of(x));
        }
        if (!is_number(x)) {
            return error_format(PyExc_TypeError,
                                "complex() argument must be a string or a number, not %T", x);
        }
        value = (Py_complex){float_as_double(x), 0.0};
        if (value.real == -1.0 && error_occurred()) {
            return NULL;
        }
    }
    return complex_subtype(type, value);
}

// A part given by name or as one of two arguments. *is_complex: it has an imaginary part itself.
static int
read_argument(PyObject *op, const char *name, Py_complex *value, bool *is_complex)
{
    *value = (Py_complex){0.0, 0.0};
    *is_complex = false;
    if (op == NULL) {
        return 0;
    }
    int found = strcmp(name, "real") == 0 && !complex_check(op) ? call_complex_method(op, value) : 0;
    if (found < 0) {
        return -1;
    }
    if (found > 0 || complex_check(op)) {
        if (complex_check(op)) {
            *value = value_of(op);
        }
        *is_complex = true;
        return error_warn(PyExc_DeprecationWarning, 1,
                          "complex() argument '%s' must be a real number, not %T", name, op);
    }
    if (!is_number(op)) {
        error_format(PyExc_TypeError, "complex() argument '%s' must be a real number, not %T", name,
                     op);
        return -1;
    }
    value->real = float_as_double(op);
    return value->real == -1.0 && error_occurred() ? -1 : 0;
}

static PyObject *
complex_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"real", "imag", NULL};
    static ArgsParser parser = {.format = "|OO:complex", .keywords = names};
    PyObject *real_arg = NULL;
    PyObject *imag_arg = NULL;
    if (tuple_size(args) == 1 && (kwargs == NULL || object_length(kwargs) == 0)) {
        return from_single(type, tuple_item_borrow(args, 0));
    }
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &real_arg, &imag_arg)) {
        return NULL;
    }
    Py_complex real;
    Py_complex imag;
    bool real_is_complex;
    bool imag_is_complex;
    if (read_argument(real_arg, "real", &real, &real_is_complex) < 0
        || read_argument(imag_arg, "imag", &imag, &imag_is_complex) < 0) {
        return NULL;
    }
    if (imag_is_complex) {
        real.real -= imag.imag;
    }
    if (real_is_complex && imag_arg != NULL) {
        imag.real += real.imag;
    }
    else if (real_is_complex) {
        imag.real = real.imag;
    }
    return complex_subtype(type, (Py_complex){real.real, imag.real});
}

static PyObject *
complex_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (nargs == 1 && kwnames == NULL) {
        return from_single((PyTypeObject *)type, args[0]);
    }
    PyObject *tuple = tuple_from_array(args, nargs);
    PyObject *kwargs = kwnames != NULL ? call_stack_as_dict(args + nargs, kwnames) : NULL;
    PyObject *result = NULL;
    if (tuple != NULL && (kwnames == NULL || kwargs != NULL)) {
        result = complex_new((PyTypeObject *)type, tuple, kwargs);
    }
    xdecref(tuple);
    xdecref(kwargs);
    return result;
}

// ---- methods ----

static PyObject *
complex_conjugate(PyObject *self, PyObject *unused)
{
    return complex_from_doubles(value_of(self).real, -value_of(self).imag);
}

static PyObject *
complex_getnewargs(PyObject *self, PyObject *unused)
{
    return tuple_pair_steal(float_from_double(value_of(self).real),
                            float_from_double(value_of(self).imag));
}

static PyObject *
complex_complex(PyObject *self, PyObject *unused)
{
    return complex_positive(self);
}

static PyObject *
complex_from_number(PyObject *type, PyObject *number)
{
    if (complex_check_exact(number) && (PyTypeObject *)type == &PyComplex_Type) {
        return new_ref(number);
    }
    Py_complex value = complex_as_value(number);
    if (value.real == -1.0 && error_occurred()) {
        return NULL;
    }
    PyObject *result = complex_from_value(value);
    if (result != NULL && (PyTypeObject *)type != &PyComplex_Type) {
        set_ref(result, object_call_onearg(type, result));
    }
    return result;
}

static PyObject *
complex_format(PyObject *self, PyObject *spec)
{
    if (!str_check(spec)) {
        return error_format(PyExc_TypeError, "__format__() argument must be str, not %.50s",
                            object_type(spec)->tp_name);
    }
    return format_complex(self, spec);
}

static PyMethodDef complex_methods[] = {
    {"from_number", complex_from_number, METH_O | METH_CLASS,
     "from_number($type, number, /)\n--\n\n"
     "Convert number to a complex floating-point number."},
    {"conjugate", complex_conjugate, METH_NOARGS,
     "conjugate($self, /)\n--\n\n"
     "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j."},
    {"__complex__", complex_complex, METH_NOARGS,
     "__complex__($self, /)\n--\n\nConvert this value to exact type complex."},
    {"__getnewargs__", complex_getnewargs, METH_NOARGS, "__getnewargs__($self, /)\n--\n\n"},
    {"__format__", complex_format, METH_O,
     "__format__($self, format_spec, /)\n--\n\nConvert to a string according to format_spec."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef complex_members[] = {
    {"real", Py_T_DOUBLE, offsetof(PyComplexObject, cval.real), Py_READONLY,
     "the real part of a complex number"},
    {"imag", Py_T_DOUBLE, offsetof(PyComplexObject, cval.imag), Py_READONLY,
     "the imaginary part of a complex number"},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods complex_as_number = {
    .nb_add = complex_add,
    .nb_subtract = complex_subtract,
    .nb_multiply = complex_multiply,
    .nb_power = complex_power_slot,
    .nb_negative = complex_negative,
    .nb_positive = complex_positive,
    .nb_absolute = complex_absolute,
    .nb_bool = complex_bool,
    .nb_true_divide = complex_true_divide,
};

static void
complex_dealloc(PyObject *self)
{
    type_of(self)->tp_free(self);
}

PyTypeObject PyComplex_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "complex",
    .tp_basicsize = sizeof(PyComplexObject),
    .tp_dealloc = complex_dealloc,
    .tp_repr = complex_repr,
    .tp_as_number = &complex_as_number,
    .tp_hash = complex_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "complex(real=0, imag=0)\n--\n\n"
              "Create a complex number from a string or numbers.\n\n"
              "If a string is given, parse it as a complex number.\n"
              "If a single number is given, convert it to a complex number.\n"
              "If the 'real' or 'imag' arguments are given, create a complex number\n"
              "with the specified real and imaginary components.",
    .tp_richcompare = complex_richcompare,
    .tp_methods = complex_methods,
    .tp_members = complex_members,
    .tp_new = complex_new,
    .tp_vectorcall = complex_vectorcall,
    .tp_free = heap_free,
};
