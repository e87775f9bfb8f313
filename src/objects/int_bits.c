// int: shifts and bitwise operators. Negative numbers behave as if written in two's complement
// with endless sign bits (reference: "Binary bitwise operations").
#include <string.h>

#include "objects/error.h"
#include "objects/int_internal.h"

PyObject *
int_lshift_bits(PyObject *a, uint64_t bits)
{
    if (int_is_zero(a)) {
        return int_from_i64(0);
    }
    if (bits / PyLong_SHIFT > (uint64_t)INT_MAX_DIGITS) {
        return error_set(PyExc_OverflowError, "too many digits in integer");
    }
    Py_ssize_t words = (Py_ssize_t)(bits / PyLong_SHIFT);
    int rest = (int)(bits % PyLong_SHIFT);
    Py_ssize_t n = int_digit_count(a);
    PyLongObject *result = int_alloc(n + words + 1);
    if (result == NULL) {
        return NULL;
    }
    digit *out = result->long_value.ob_digit;
    memset(out, 0, (size_t)words * sizeof(digit));
    uint64_t carry = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        carry |= (uint64_t)int_digits(a)[i] << rest;
        out[words + i] = (digit)(carry & INT_MASK);
        carry >>= PyLong_SHIFT;
    }
    out[words + n] = (digit)carry;
    return int_finish_steal(result, int_is_negative(a));
}

// Rounds toward minus infinity.
PyObject *
int_rshift_bits(PyObject *a, uint64_t bits)
{
    bool negative = int_is_negative(a);
    if (int_is_compact(a)) {
        int64_t value = int_compact_value(a);
        return int_from_i64(bits > 62 ? (negative ? -1 : 0) : value >> bits);
    }
    Py_ssize_t n = int_digit_count(a);
    if (bits / PyLong_SHIFT >= (uint64_t)n) {
        return int_from_i64(negative ? -1 : 0);
    }
    Py_ssize_t words = (Py_ssize_t)(bits / PyLong_SHIFT);
    int rest = (int)(bits % PyLong_SHIFT);
    const digit *x = int_digits(a);
    PyLongObject *result = int_alloc(n - words + 1);
    if (result == NULL) {
        return NULL;
    }
    digit *out = result->long_value.ob_digit;
    bool lost = (x[words] & (((digit)1 << rest) - 1)) != 0;
    for (Py_ssize_t i = 0; i < words && !lost; i++) {
        lost = x[i] != 0;
    }
    uint64_t carry = negative && lost;      // floor: one further away from zero
    for (Py_ssize_t i = words; i < n; i++) {
        uint64_t high = i + 1 < n ? x[i + 1] : 0;
        carry += (x[i] >> rest) | ((high << (PyLong_SHIFT - rest)) & INT_MASK);
        out[i - words] = (digit)(carry & INT_MASK);
        carry >>= PyLong_SHIFT;
    }
    out[n - words] = (digit)carry;
    return int_finish_steal(result, negative);
}

// Number of bits of a shift; -1 with an exception when negative. Huge counts give UINT64_MAX.
static int
shift_count(PyObject *b, uint64_t *bits)
{
    if (int_is_negative(b)) {
        error_set(PyExc_ValueError, "negative shift count");
        return -1;
    }
    int64_t count;
    *bits = int_as_i64_fast(b, &count) ? (uint64_t)count : UINT64_MAX;
    return 0;
}

PyObject *
int_lshift(PyObject *a, PyObject *b)
{
    uint64_t bits;
    if (shift_count(b, &bits) < 0) {
        return NULL;
    }
    if (int_is_compact(a) && bits < 32) {
        return int_from_i64(int_compact_value(a) * ((int64_t)1 << bits));
    }
    return int_lshift_bits(a, bits);
}

PyObject *
int_rshift(PyObject *a, PyObject *b)
{
    uint64_t bits;
    return shift_count(b, &bits) < 0 ? NULL : int_rshift_bits(a, bits);
}

// ---- and, or, xor ----

// Reads the digits of a number in endless two's complement, one after the other.
typedef struct {
    const digit *digits;
    Py_ssize_t count;
    bool negative;
    digit carry;
} TwosComplement;

static TwosComplement
twos_complement(PyObject *op)
{
    return (TwosComplement){int_digits(op), int_digit_count(op), int_is_negative(op), 1};
}

static digit
next_digit(TwosComplement *number, Py_ssize_t i)
{
    digit value = i < number->count ? number->digits[i] : 0;
    if (!number->negative) {
        return value;
    }
    value = (value ^ INT_MASK) + number->carry;
    number->carry = value >> PyLong_SHIFT;
    return value & INT_MASK;
}

static digit
apply(char op, digit x, digit y)
{
    return op == '&' ? x & y : op == '|' ? x | y : x ^ y;
}

static PyObject *
bitwise(PyObject *a, char op, PyObject *b)
{
    if (int_is_compact(a) && int_is_compact(b)) {
        int64_t x = int_compact_value(a);
        int64_t y = int_compact_value(b);
        return int_from_i64(op == '&' ? x & y : op == '|' ? x | y : x ^ y);
    }
    TwosComplement x = twos_complement(a);
    TwosComplement y = twos_complement(b);
    bool negative = apply(op, x.negative, y.negative);
    Py_ssize_t n = x.count > y.count ? x.count : y.count;
    PyLongObject *result = int_alloc(n + 1);
    if (result == NULL) {
        return NULL;
    }
    digit *out = result->long_value.ob_digit;
    digit carry = 1;
    for (Py_ssize_t i = 0; i <= n; i++) {
        digit value = apply(op, next_digit(&x, i), next_digit(&y, i)) & INT_MASK;
        if (negative) {
            value = (value ^ INT_MASK) + carry;
            carry = value >> PyLong_SHIFT;
            value &= INT_MASK;
        }
        out[i] = value;
    }
    return int_finish_steal(result, negative);
}

PyObject *int_and(PyObject *a, PyObject *b) { return bitwise(a, '&', b); }
PyObject *int_or(PyObject *a, PyObject *b) { return bitwise(a, '|', b); }
PyObject *int_xor(PyObject *a, PyObject *b) { return bitwise(a, '^', b); }

// ~a is -a - 1.
PyObject *
int_invert(PyObject *a)
{
    if (int_is_compact(a)) {
        return int_from_i64(~(int64_t)int_compact_value(a));
    }
    PyObject *one = int_from_i64(1);
    PyObject *sum = int_add(a, one);
    PyObject *result = sum != NULL ? int_negative(sum) : NULL;
    xdecref(sum);
    return result;
}

int64_t
int_bit_count(PyObject *op)
{
    int64_t count = 0;
    for (Py_ssize_t i = 0; i < int_digit_count(op); i++) {
        count += __builtin_popcount(int_digits(op)[i]);
    }
    return count;
}
