// int: addition, multiplication, division, power. See int.h.
//
// Compact operands are done in 64-bit arithmetic; sizes below the thresholds of int_internal.h
// by the schoolbook loops here; beyond them by GMP.
#include <math.h>
#include <string.h>

#include "memory/gmp_room.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int_internal.h"
#include "objects/tuple.h"

// ---- addition ----

PyObject *
int_add_magnitudes(PyObject *a, PyObject *b, bool negative)
{
    if (int_digit_count(a) < int_digit_count(b)) {
        PyObject *t = a;
        a = b;
        b = t;
    }
    Py_ssize_t n = int_digit_count(a);
    Py_ssize_t m = int_digit_count(b);
    PyLongObject *result = int_alloc(n + 1);
    if (result == NULL) {
        return NULL;
    }
    const digit *x = int_digits(a);
    const digit *y = int_digits(b);
    digit *out = result->long_value.ob_digit;
    digit carry = 0;
    Py_ssize_t i = 0;
    for (; i < m; i++) {
        carry += x[i] + y[i];
        out[i] = carry & INT_MASK;
        carry >>= PyLong_SHIFT;
    }
    for (; i < n; i++) {
        carry += x[i];
        out[i] = carry & INT_MASK;
        carry >>= PyLong_SHIFT;
    }
    out[i] = carry;
    return int_finish_steal(result, negative);
}

PyObject *
int_subtract_magnitudes(PyObject *a, PyObject *b, bool negative)
{
    int order = int_compare_magnitudes(a, b);
    if (order == 0) {
        return int_from_i64(0);
    }
    if (order < 0) {
        PyObject *t = a;
        a = b;
        b = t;
        negative = !negative;
    }
    Py_ssize_t n = int_digit_count(a);
    Py_ssize_t m = int_digit_count(b);
    PyLongObject *result = int_alloc(n);
    if (result == NULL) {
        return NULL;
    }
    const digit *x = int_digits(a);
    const digit *y = int_digits(b);
    digit *out = result->long_value.ob_digit;
    digit borrow = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        digit difference = x[i] - (i < m ? y[i] : 0) - borrow;
        out[i] = difference & INT_MASK;
        borrow = difference >> 31;
    }
    return int_finish_steal(result, negative);
}

PyObject *
int_add(PyObject *a, PyObject *b)
{
    if (int_is_compact(a) && int_is_compact(b)) {
        return int_from_i64(int_compact_value(a) + int_compact_value(b));
    }
    bool negative = int_is_negative(a);
    return negative == int_is_negative(b) ? int_add_magnitudes(a, b, negative)
                                          : int_subtract_magnitudes(a, b, negative);
}

PyObject *
int_subtract(PyObject *a, PyObject *b)
{
    if (int_is_compact(a) && int_is_compact(b)) {
        return int_from_i64(int_compact_value(a) - int_compact_value(b));
    }
    bool negative = int_is_negative(a);
    return negative != int_is_negative(b) ? int_add_magnitudes(a, b, negative)
                                          : int_subtract_magnitudes(a, b, negative);
}

// ---- multiplication ----

static PyObject *
multiply_with_gmp(PyObject *a, PyObject *b)
{
    mpz_t x;
    mpz_t y;
    mpz_inits(x, y, NULL);
    int_to_mpz(a, x);
    int_to_mpz(b, y);
    mpz_mul(x, x, y);
    PyObject *result = int_from_mpz(x);
    mpz_clears(x, y, NULL);
    return result;
}

// The longer factor goes into the inner loop: products with a short number are one pass.
static PyObject *
multiply_schoolbook(PyObject *a, PyObject *b, bool negative)
{
    if (int_digit_count(a) > int_digit_count(b)) {
        PyObject *t = a;
        a = b;
        b = t;
    }
    Py_ssize_t n = int_digit_count(a);
    Py_ssize_t m = int_digit_count(b);
    PyLongObject *result = int_alloc(n + m);
    if (result == NULL) {
        return NULL;
    }
    digit *out = result->long_value.ob_digit;
    const digit *y = int_digits(b);
    memset(out, 0, (size_t)(n + m) * sizeof(digit));
    for (Py_ssize_t i = 0; i < n; i++) {
        uint64_t factor = int_digits(a)[i];
        uint64_t carry = 0;
        for (Py_ssize_t j = 0; j < m; j++) {
            carry += out[i + j] + factor * y[j];
            out[i + j] = (digit)(carry & INT_MASK);
            carry >>= PyLong_SHIFT;
        }
        out[i + m] = (digit)carry;
    }
    return int_finish_steal(result, negative);
}

PyObject *
int_multiply(PyObject *a, PyObject *b)
{
    if (int_is_compact(a) && int_is_compact(b)) {
        return int_from_i64(int_compact_value(a) * int_compact_value(b));
    }
    Py_ssize_t n = int_digit_count(a);
    Py_ssize_t m = int_digit_count(b);
    if (n == 0 || m == 0) {
        return int_from_i64(0);
    }
    if (n > INT_MAX_DIGITS - m) {
        return error_set(PyExc_OverflowError, "too many digits in integer");
    }
    if (n >= INT_GMP_MULTIPLY && m >= INT_GMP_MULTIPLY) {
        return gmp_has_room((size_t)(n + m) * sizeof(digit)) ? multiply_with_gmp(a, b)
                                                             : error_no_memory();
    }
    return multiply_schoolbook(a, b, int_is_negative(a) != int_is_negative(b));
}

// ---- division ----

PyObject *
int_divide_by_digit(PyObject *a, digit divisor, digit *remainder)
{
    Py_ssize_t n = int_digit_count(a);
    PyLongObject *result = int_alloc(n);
    if (result == NULL) {
        return NULL;
    }
    uint64_t rest = 0;
    for (Py_ssize_t i = n; i-- > 0;) {
        rest = rest << PyLong_SHIFT | int_digits(a)[i];
        result->long_value.ob_digit[i] = (digit)(rest / divisor);
        rest %= divisor;
    }
    *remainder = (digit)rest;
    return int_finish_steal(result, false);
}

static int
divide_with_gmp(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder)
{
    mpz_t x;
    mpz_t y;
    mpz_inits(x, y, NULL);
    int_to_mpz(a, x);
    int_to_mpz(b, y);
    if (quotient == NULL) {
        mpz_tdiv_r(y, x, y);
    }
    else {
        mpz_tdiv_qr(x, y, x, y);
        *quotient = int_from_mpz(x);
    }
    if (remainder != NULL) {
        *remainder = int_from_mpz(y);
    }
    mpz_clears(x, y, NULL);
    if ((quotient != NULL && *quotient == NULL) || (remainder != NULL && *remainder == NULL)) {
        if (quotient != NULL) {
            clear_ref(*quotient);
        }
        if (remainder != NULL) {
            clear_ref(*remainder);
        }
        return -1;
    }
    return 0;
}

// The divisor has one digit.
static int
divide_by_small(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder)
{
    digit rest;
    PyObject *q = int_divide_by_digit(a, int_digits(b)[0], &rest);
    if (q == NULL) {
        return -1;
    }
    PyObject *r = int_from_i64(int_is_negative(a) ? -(int64_t)rest : (int64_t)rest);
    if (int_is_negative(a) != int_is_negative(b)) {
        set_ref(q, int_negative(q));
    }
    if (q == NULL || r == NULL) {
        xdecref(q);
        xdecref(r);
        return -1;
    }
    if (quotient != NULL) {
        *quotient = q;
    }
    else {
        decref(q);
    }
    if (remainder != NULL) {
        *remainder = r;
    }
    else {
        decref(r);
    }
    return 0;
}

int
int_divide_truncating(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder)
{
    if (int_compare_magnitudes(a, b) < 0) {
        if (quotient != NULL) {
            *quotient = int_from_i64(0);
        }
        if (remainder != NULL) {
            *remainder = int_copy(a);
            return *remainder != NULL ? 0 : -1;
        }
        return 0;
    }
    if (int_digit_count(b) == 1) {
        return divide_by_small(a, b, quotient, remainder);
    }
    return divide_with_gmp(a, b, quotient, remainder);
}

// q = floor(a / b), r = a - q*b with the sign of b.
static int
floor_division(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder)
{
    if (int_is_zero(b)) {
        error_set(PyExc_ZeroDivisionError, "division by zero");
        return -1;
    }
    if (int_is_compact(a) && int_is_compact(b)) {
        int64_t x = int_compact_value(a);
        int64_t y = int_compact_value(b);
        int64_t q = x / y;
        int64_t r = x % y;
        if (r != 0 && (r < 0) != (y < 0)) {
            q--;
            r += y;
        }
        if (quotient != NULL && (*quotient = int_from_i64(q)) == NULL) {
            return -1;
        }
        if (remainder != NULL && (*remainder = int_from_i64(r)) == NULL) {
            if (quotient != NULL) {
                clear_ref(*quotient);
            }
            return -1;
        }
        return 0;
    }
    PyObject *q = NULL;
    PyObject *r = NULL;
    if (int_divide_truncating(a, b, quotient != NULL ? &q : NULL, &r) < 0) {
        return -1;
    }
    if (!int_is_zero(r) && int_is_negative(r) != int_is_negative(b)) {
        set_ref(r, int_add(r, b));
        if (quotient != NULL) {
            PyObject *one = int_from_i64(1);
            set_ref(q, int_subtract(q, one));
        }
    }
    if (r == NULL || (quotient != NULL && q == NULL)) {
        xdecref(q);
        xdecref(r);
        return -1;
    }
    if (quotient != NULL) {
        *quotient = q;
    }
    if (remainder != NULL) {
        *remainder = r;
    }
    else {
        decref(r);
    }
    return 0;
}

int
int_divmod(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder)
{
    return floor_division(a, b, quotient, remainder);
}

PyObject *
int_floor_divide(PyObject *a, PyObject *b)
{
    PyObject *quotient = NULL;
    return floor_division(a, b, &quotient, NULL) < 0 ? NULL : quotient;
}

PyObject *
int_modulo(PyObject *a, PyObject *b)
{
    PyObject *remainder = NULL;
    return floor_division(a, b, NULL, &remainder) < 0 ? NULL : remainder;
}

// Correctly rounded: the quotient is computed as an integer of 55 bits or more with a sticky bit,
// then rounded once by the conversion to double (denormal results keep fewer bits).
PyObject *
int_true_divide(PyObject *a, PyObject *b)
{
    if (int_is_zero(b)) {
        return error_set(PyExc_ZeroDivisionError, "division by zero");
    }
    if (int_is_zero(a)) {
        return float_from_double(int_is_negative(b) ? -0.0 : 0.0);
    }
    int64_t a_bits = int_bit_length(a);
    int64_t b_bits = int_bit_length(b);
    if (a_bits <= 53 && b_bits <= 53) {
        return float_from_double(int_as_double(a) / int_as_double(b));
    }
    int64_t exponent = a_bits - b_bits;         // the quotient is in (2**(e-1), 2**(e+1))
    if (exponent > 1024) {
        return error_set(PyExc_OverflowError, "integer division result too large for a float");
    }
    bool negative = int_is_negative(a) != int_is_negative(b);
    if (exponent < -1076) {
        return float_from_double(negative ? -0.0 : 0.0);
    }
    // Bits below the last one that a double of this size can hold, and two more.
    int64_t last = exponent - 54 < -1074 ? -1074 : exponent - 54;
    int64_t shift = last - 2;
    mpz_t x;
    mpz_t y;
    mpz_t r;
    mpz_inits(x, y, r, NULL);
    int_to_mpz(a, x);
    int_to_mpz(b, y);
    mpz_abs(x, x);
    mpz_abs(y, y);
    if (shift < 0) {
        mpz_mul_2exp(x, x, (mp_bitcnt_t)-shift);
    }
    else {
        mpz_mul_2exp(y, y, (mp_bitcnt_t)shift);
    }
    mpz_tdiv_qr(x, r, x, y);
    uint64_t bits = mpz_get_ui(x);
    bool sticky = mpz_sgn(r) != 0;
    mpz_clears(x, y, r, NULL);
    // Round half to even at the bits that the result really has.
    int length = 64 - __builtin_clzll(bits | 1);
    int drop = length - 53;
    if (shift + drop < -1074) {
        drop = (int)(-1074 - shift);
    }
    if (drop < 1) {
        drop = 1;
    }
    uint64_t kept = bits >> drop;
    uint64_t rest = bits & (((uint64_t)1 << drop) - 1);
    uint64_t half = (uint64_t)1 << (drop - 1);
    if (rest > half || (rest == half && (sticky || (kept & 1)))) {
        kept++;
    }
    double value = ldexp((double)kept, (int)(shift + drop));
    if (isinf(value)) {
        return error_set(PyExc_OverflowError, "integer division result too large for a float");
    }
    return float_from_double(negative ? -value : value);
}

PyObject *
int_divmod_near(PyObject *a, PyObject *b)
{
    PyObject *q = NULL;
    PyObject *r = NULL;
    PyObject *result = NULL;
    PyObject *twice = NULL;
    if (floor_division(a, b, &q, &r) < 0) {
        return NULL;
    }
    twice = int_lshift_bits(r, 1);
    if (twice == NULL) {
        goto done;
    }
    int order = int_compare_magnitudes(twice, b);
    bool odd = int_digits(q)[0] & 1;
    if (order > 0 || (order == 0 && odd)) {
        PyObject *one = int_from_i64(1);
        set_ref(q, int_add(q, one));
        set_ref(r, int_subtract(r, b));
        if (q == NULL || r == NULL) {
            goto done;
        }
    }
    result = tuple_pack(2, q, r);
done:
    xdecref(twice);
    xdecref(q);
    xdecref(r);
    return result;
}

// ---- power ----

// a ** b for b >= 0: repeated squaring, in GMP once it is large.
static PyObject *
power_plain(PyObject *a, PyObject *b)
{
    int64_t exponent;
    if (int_is_zero(b)) {
        return int_from_i64(1);
    }
    if (int_is_zero(a)) {
        return int_from_i64(0);
    }
    if (int_digit_count(a) == 1 && int_digits(a)[0] == 1) {
        bool odd = int_digits(b)[0] & 1;
        return int_from_i64(int_is_negative(a) && odd ? -1 : 1);
    }
    if (!int_as_i64_fast(b, &exponent)
        || exponent > (int64_t)(INT_MAX_DIGITS * PyLong_SHIFT) / int_bit_length(a)) {
        return error_no_memory();
    }
    if (int_is_compact(a) && int_bit_length(a) * exponent <= 62) {
        int64_t base = int_compact_value(a);
        int64_t result = 1;
        for (; exponent > 0; exponent--) {
            result *= base;
        }
        return int_from_i64(result);
    }
    if (!gmp_has_room((size_t)(int_bit_length(a) * exponent / 8))) {
        return error_no_memory();
    }
    mpz_t x;
    mpz_init(x);
    int_to_mpz(a, x);
    mpz_pow_ui(x, x, (unsigned long)exponent);
    PyObject *result = int_from_mpz(x);
    mpz_clear(x);
    return result;
}

static PyObject *
power_modulo(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (int_is_zero(modulus)) {
        return error_set(PyExc_ValueError, "pow() 3rd argument cannot be 0");
    }
    mpz_t base;
    mpz_t exponent;
    mpz_t m;
    PyObject *result = NULL;
    mpz_inits(base, exponent, m, NULL);
    int_to_mpz(a, base);
    int_to_mpz(b, exponent);
    int_to_mpz(modulus, m);
    mpz_abs(m, m);
    if (mpz_sgn(exponent) < 0) {
        if (!mpz_invert(base, base, m)) {
            if (mpz_cmp_ui(m, 1) != 0) {
                error_set(PyExc_ValueError, "base is not invertible for the given modulus");
                goto done;
            }
            mpz_set_ui(base, 0);
        }
        mpz_neg(exponent, exponent);
    }
    mpz_powm(base, base, exponent, m);
    if (int_is_negative(modulus) && mpz_sgn(base) != 0) {
        mpz_sub(base, base, m);         // the result has the sign of the modulus
    }
    result = int_from_mpz(base);
done:
    mpz_clears(base, exponent, m, NULL);
    return result;
}

PyObject *
int_power(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (modulus != NULL) {
        return power_modulo(a, b, modulus);
    }
    if (!int_is_negative(b)) {
        return power_plain(a, b);
    }
    double x = int_as_double(a);
    if (x == -1.0 && error_occurred()) {
        return NULL;
    }
    double y = int_as_double(b);
    if (y == -1.0 && error_occurred()) {
        return NULL;
    }
    double result;
    bool is_complex;
    return float_power(x, y, &result, &is_complex) ? float_from_double(result) : NULL;
}

PyObject *
int_gcd(PyObject *a, PyObject *b)
{
    int64_t x;
    int64_t y;
    if (int_as_i64_fast(a, &x) && int_as_i64_fast(b, &y) && x != INT64_MIN && y != INT64_MIN) {
        x = x < 0 ? -x : x;
        y = y < 0 ? -y : y;
        while (y != 0) {
            int64_t rest = x % y;
            x = y;
            y = rest;
        }
        return int_from_i64(x);
    }
    mpz_t u;
    mpz_t v;
    mpz_inits(u, v, NULL);
    int_to_mpz(a, u);
    int_to_mpz(b, v);
    mpz_gcd(u, u, v);
    PyObject *result = int_from_mpz(u);
    mpz_clears(u, v, NULL);
    return result;
}

PyObject *
int_negative(PyObject *a)
{
    if (int_is_compact(a)) {
        return int_from_i64(-int_compact_value(a));
    }
    return int_from_digits(int_digits(a), int_digit_count(a), !int_is_negative(a));
}

PyObject *
int_absolute(PyObject *a)
{
    return int_is_negative(a) ? int_negative(a) : int_copy(a);
}

PyObject *
int_sqrt(PyObject *a)
{
    mpz_t z;
    mpz_init(z);
    int_to_mpz(a, z);
    mpz_sqrt(z, z);
    PyObject *result = int_from_mpz(z);
    mpz_clear(z);
    return result;
}
