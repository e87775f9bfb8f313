// Operators on tagged values (ops.h): arithmetic, comparison, truth.
//
// Mixed int/float arithmetic is done on doubles when the int is exactly representable; integers
// that leave 62 bits go through int objects. Everything else is the number protocol.
#include "vm/ops.h"

#include <math.h>

#include "abi/constants.h"
#include "objects/bool.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define EXACT_DOUBLE ((int64_t)1 << 53)

static Value
binary_objects(Value l, Value r, binaryfunc function)
{
    Box left, right;
    if (!box_borrow(&left, l)) {
        return VALUE_UNSET;
    }
    if (!box_borrow(&right, r)) {
        box_release(&left);
        return VALUE_UNSET;
    }
    PyObject *result = function(left.op, right.op);
    box_release(&left);
    box_release(&right);
    return value_result(result);
}

// The value as a double when it is an exact float, or (with *is_float untouched) an exact int that
// a double holds.
static inline bool
value_to_double(Value v, double *d, bool *is_float)
{
    if (value_is_float(v)) {
        *d = value_float(v);
        *is_float = true;
        return true;
    }
    if (value_is_int(v)) {
        int64_t i = value_int(v);
        *d = (double)i;
        return i <= EXACT_DOUBLE && i >= -EXACT_DOUBLE;
    }
    PyObject *op = value_pointer(v);
    if (op != NULL && type_of(op) == &PyFloat_Type) {
        *d = ((PyFloatObject *)op)->ob_fval;
        *is_float = true;
        return true;
    }
    return false;
}

// Both are numbers and at least one is a float.
static inline bool
float_pair(Value l, Value r, double *x, double *y)
{
    bool is_float = false;
    return value_to_double(l, x, &is_float) && value_to_double(r, y, &is_float) && is_float;
}

static inline bool
both_exact_str(Value l, Value r)
{
    return value_is_pointer(l) && value_is_pointer(r) &&
           type_of(value_pointer(l)) == &PyUnicode_Type &&
           type_of(value_pointer(r)) == &PyUnicode_Type;
}

Value
value_add(Value l, Value r, bool inplace)
{
    double x, y;
    if (value_both_int(l, r)) {
        return value_from_i64(value_int(l) + value_int(r));
    }
    if (float_pair(l, r, &x, &y)) {
        return value_from_double(x + y);
    }
    if (both_exact_str(l, r)) {
        PyObject *s = str_concat(value_pointer(l), value_pointer(r));
        return s == NULL ? VALUE_UNSET : value_owned(s);
    }
    return binary_objects(l, r, inplace ? number_inplace_add : number_add);
}

Value
value_subtract(Value l, Value r, bool inplace)
{
    double x, y;
    if (value_both_int(l, r)) {
        return value_from_i64(value_int(l) - value_int(r));
    }
    if (float_pair(l, r, &x, &y)) {
        return value_from_double(x - y);
    }
    return binary_objects(l, r, inplace ? number_inplace_subtract : number_subtract);
}

Value
value_multiply(Value l, Value r, bool inplace)
{
    double x, y;
    if (value_both_int(l, r)) {
        int64_t product;
        if (!__builtin_mul_overflow(value_int(l), value_int(r), &product)) {
            return value_from_i64(product);
        }
    }
    else if (float_pair(l, r, &x, &y)) {
        return value_from_double(x * y);
    }
    return binary_objects(l, r, inplace ? number_inplace_multiply : number_multiply);
}

Value
value_true_divide(Value l, Value r, bool inplace)
{
    double x, y;
    bool is_float = false;
    if (value_to_double(l, &x, &is_float) && value_to_double(r, &y, &is_float) && y != 0.0) {
        return value_from_double(x / y);
    }
    return binary_objects(l, r, inplace ? number_inplace_true_divide : number_true_divide);
}

// Remainder with the sign of the divisor, and the matching floor quotient.
static double
float_floor_mod(double x, double y, double *quotient)
{
    double mod = fmod(x, y);
    double div = (x - mod) / y;
    if (mod != 0.0) {
        if ((y < 0) != (mod < 0)) {
            mod += y;
            div -= 1.0;
        }
    }
    else {
        mod = copysign(0.0, y);
    }
    if (div != 0.0) {
        double rounded = floor(div);
        if (div - rounded > 0.5) {
            rounded += 1.0;
        }
        *quotient = rounded;
    }
    else {
        *quotient = copysign(0.0, x / y);
    }
    return mod;
}

Value
value_floor_divide(Value l, Value r, bool inplace)
{
    double x, y, quotient;
    if (value_both_int(l, r)) {
        int64_t a = value_int(l), b = value_int(r);
        if (b != 0) {
            int64_t q = a / b;
            return value_from_i64(q - ((a % b != 0) & ((a ^ b) < 0)));
        }
    }
    else if (float_pair(l, r, &x, &y) && y != 0.0) {
        float_floor_mod(x, y, &quotient);
        return value_from_double(quotient);
    }
    return binary_objects(l, r, inplace ? number_inplace_floor_divide : number_floor_divide);
}

Value
value_remainder(Value l, Value r, bool inplace)
{
    double x, y, quotient;
    if (value_both_int(l, r)) {
        int64_t a = value_int(l), b = value_int(r);
        if (b != 0) {
            int64_t m = a % b;
            return value_from_int(m != 0 && (m ^ b) < 0 ? m + b : m);
        }
    }
    else if (float_pair(l, r, &x, &y) && y != 0.0) {
        return value_from_double(float_floor_mod(x, y, &quotient));
    }
    return binary_objects(l, r, inplace ? number_inplace_remainder : number_remainder);
}

static PyObject *
power_objects(PyObject *l, PyObject *r)
{
    return number_power(l, r, Py_None);
}

static PyObject *
power_inplace_objects(PyObject *l, PyObject *r)
{
    return number_inplace_power(l, r, Py_None);
}

// base ** exponent by squaring; false when it leaves 63 bits.
static bool
tagged_int_power(int64_t base, int64_t exponent, int64_t *result)
{
    int64_t product = 1;
    for (;;) {
        if ((exponent & 1) != 0 && __builtin_mul_overflow(product, base, &product)) {
            return false;
        }
        exponent >>= 1;
        if (exponent == 0) {
            *result = product;
            return true;
        }
        if (__builtin_mul_overflow(base, base, &base)) {
            return false;
        }
    }
}

Value
value_power(Value l, Value r, bool inplace)
{
    double x, y;
    int64_t power;
    if (value_both_int(l, r)) {
        if (value_int(r) >= 0 && tagged_int_power(value_int(l), value_int(r), &power)) {
            return value_from_i64(power);
        }
    }
    else if (float_pair(l, r, &x, &y)) {
        if (y == 2.0) {
            double square = x * x;
            if (isfinite(square)) {
                return value_from_double(square);
            }
        }
        else if (x > 0.0 && isfinite(x) && isfinite(y)) {
            double result = pow(x, y);
            if (isfinite(result)) {
                return value_from_double(result);
            }
        }
    }
    return binary_objects(l, r, inplace ? power_inplace_objects : power_objects);
}

Value
value_lshift(Value l, Value r, bool inplace)
{
    if (value_both_int(l, r)) {
        int64_t a = value_int(l), n = value_int(r);
        if (n >= 0 && n < 63) {
            int64_t shifted = (int64_t)((uint64_t)a << n);
            if (shifted >> n == a) {
                return value_from_i64(shifted);
            }
        }
    }
    return binary_objects(l, r, inplace ? number_inplace_lshift : number_lshift);
}

Value
value_rshift(Value l, Value r, bool inplace)
{
    if (value_both_int(l, r) && value_int(r) >= 0) {
        int64_t n = value_int(r);
        return value_from_int(value_int(l) >> (n > 63 ? 63 : n));
    }
    return binary_objects(l, r, inplace ? number_inplace_rshift : number_rshift);
}

Value
value_and(Value l, Value r, bool inplace)
{
    if (value_both_int(l, r)) {
        return l & r;
    }
    return binary_objects(l, r, inplace ? number_inplace_and : number_and);
}

Value
value_or(Value l, Value r, bool inplace)
{
    if (value_both_int(l, r)) {
        return l | r;
    }
    return binary_objects(l, r, inplace ? number_inplace_or : number_or);
}

Value
value_xor(Value l, Value r, bool inplace)
{
    if (value_both_int(l, r)) {
        return l ^ r;
    }
    return binary_objects(l, r, inplace ? number_inplace_xor : number_xor);
}

Value
value_matrix_multiply(Value l, Value r, bool inplace)
{
    return binary_objects(l, r, inplace ? number_inplace_matrix_multiply : number_matrix_multiply);
}

// ---- unary ----

static Value
unary_object(Value v, unaryfunc function)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result = function(box.op);
    box_release(&box);
    return value_result(result);
}

Value
value_negative(Value v)
{
    if (value_is_int(v)) {
        return value_from_i64(-value_int(v));
    }
    if (value_is_float(v)) {
        return value_from_double(-value_float(v));
    }
    return unary_object(v, number_negative);
}

Value
value_positive(Value v)
{
    return value_is_pointer(v) ? unary_object(v, number_positive) : v;
}

Value
value_invert(Value v)
{
    if (value_is_int(v)) {
        return value_from_int(~value_int(v));
    }
    return unary_object(v, number_invert);
}

int
value_is_true(Value v)
{
    if (!value_is_pointer(v)) {
        return v != value_from_int(0);     // encoded floats are never zero
    }
    PyObject *op = value_pointer(v);
    if (op == Py_True) {
        return 1;
    }
    if (op == Py_False || op == Py_None) {
        return 0;
    }
    return object_is_true(op);
}

// ---- comparison ----

static inline bool
compare_i64(int64_t a, int64_t b, int op)
{
    switch (op) {
    case Py_LT: return a < b;
    case Py_LE: return a <= b;
    case Py_EQ: return a == b;
    case Py_NE: return a != b;
    case Py_GT: return a > b;
    default: return a >= b;
    }
}

static inline bool
compare_double(double a, double b, int op)
{
    switch (op) {
    case Py_LT: return a < b;
    case Py_LE: return a <= b;
    case Py_EQ: return a == b;
    case Py_NE: return a != b;
    case Py_GT: return a > b;
    default: return a >= b;
    }
}

// 1, 0, or -1 when it takes the protocol.
static int
compare_quickly(Value l, Value r, int op)
{
    double x, y;
    if (value_both_int(l, r)) {
        return compare_i64((int64_t)l, (int64_t)r, op);
    }
    if (float_pair(l, r, &x, &y)) {
        return compare_double(x, y, op);
    }
    if ((op == Py_EQ || op == Py_NE) && both_exact_str(l, r)) {
        return str_equal(value_pointer(l), value_pointer(r)) == (op == Py_EQ);
    }
    return -1;
}

static PyObject *
compare_objects(Value l, Value r, int op)
{
    Box left, right;
    if (!box_borrow(&left, l)) {
        return NULL;
    }
    if (!box_borrow(&right, r)) {
        box_release(&left);
        return NULL;
    }
    PyObject *result = object_richcompare(left.op, right.op, op);
    box_release(&left);
    box_release(&right);
    return result;
}

Value
value_compare(Value l, Value r, int op)
{
    int quick = compare_quickly(l, r, op);
    if (quick >= 0) {
        return value_bool(quick != 0);
    }
    return value_result(compare_objects(l, r, op));
}

int
value_compare_bool(Value l, Value r, int op)
{
    int quick = compare_quickly(l, r, op);
    if (quick >= 0) {
        return quick;
    }
    PyObject *result = compare_objects(l, r, op);
    if (result == NULL) {
        return -1;
    }
    int truth = result == Py_True ? 1 : result == Py_False ? 0 : object_is_true(result);
    decref(result);
    return truth;
}
