// int: making, reading, comparing, hashing; the small ints. Arithmetic is in int_arith.c and
// int_bits.c, text in int_text.c, the type object in int_type.c. See int.h.
#include "objects/int.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int_internal.h"
#include "objects/number.h"
#include "objects/type.h"

// -5..256, static and immortal.
static PyLongObject small_ints[INT_SMALL_MAX - INT_SMALL_MIN + 1];

int
int_runtime_init(void)
{
    for (int value = INT_SMALL_MIN; value <= INT_SMALL_MAX; value++) {
        PyLongObject *op = &small_ints[value - INT_SMALL_MIN];
        op->ob_base.ob_flags = 4;
        op->ob_base.ob_ref_local = REF_IMMORTAL_LOCAL;
        op->ob_base.ob_type = &PyLong_Type;
        op->long_value.ob_digit[0] = (digit)(value < 0 ? -value : value);
        int_set_sign_and_count(op, value < 0, value != 0);
        op->long_value.lv_tag |= 4;     // the mark of preallocated ints
    }
    return 0;
}

static inline PyObject *
small_int(int64_t value)
{
    return (PyObject *)&small_ints[value - INT_SMALL_MIN];
}

static inline bool
is_small(int64_t value)
{
    return value >= INT_SMALL_MIN && value <= INT_SMALL_MAX;
}

// ---- making ----

PyLongObject *
int_alloc(Py_ssize_t count)
{
    if (count > INT_MAX_DIGITS) {
        return error_set(PyExc_OverflowError, "too many digits in integer");
    }
    // The first digit always exists, and holds 0 for zero.
    size_t digits = (size_t)(count > 0 ? count : 1);
    size_t size = offsetof(PyLongObject, long_value.ob_digit) + digits * sizeof(digit);
    PyLongObject *op = (PyLongObject *)heap_new_object(&PyLong_Type, size);
    if (op == NULL) {
        return error_no_memory();
    }
    int_set_sign_and_count(op, false, count);
    op->long_value.ob_digit[0] = 0;
    return op;
}

PyObject *
int_finish_steal(PyLongObject *op, bool negative)
{
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t count = int_digit_count((PyObject *)op);
    while (count > 0 && op->long_value.ob_digit[count - 1] == 0) {
        count--;
    }
    int_set_sign_and_count(op, negative, count);
    if (count <= 1) {
        int64_t value = count == 0 ? 0 : op->long_value.ob_digit[0];
        value = negative ? -value : value;
        if (is_small(value)) {
            decref(op);
            return small_int(value);
        }
    }
    return (PyObject *)op;
}

static PyObject *
from_magnitude(uint64_t magnitude, bool negative)
{
    Py_ssize_t count = magnitude < INT_BASE ? 1 : magnitude >> 60 ? 3 : 2;
    PyLongObject *op = int_alloc(count);
    if (op == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        op->long_value.ob_digit[i] = (digit)(magnitude & INT_MASK);
        magnitude >>= PyLong_SHIFT;
    }
    int_set_sign_and_count(op, negative, count);
    return (PyObject *)op;
}

// An int of one digit, which is not zero.
static inline PyObject *
from_digit(digit magnitude, bool negative)
{
    size_t size = offsetof(PyLongObject, long_value.ob_digit) + sizeof(digit);
    PyLongObject *op = (PyLongObject *)heap_alloc(size, HEAP_PLAIN);
    if (op != NULL) {
        heap_object_init((PyObject *)op, &PyLong_Type);
        int_set_sign_and_count(op, negative, 1);
        op->long_value.ob_digit[0] = magnitude;
    }
    return (PyObject *)op;
}

PyObject *
int_from_i64(int64_t value)
{
    if (is_small(value)) {
        return small_int(value);
    }
    if (value >= -(int64_t)INT_MASK && value <= (int64_t)INT_MASK) {
        return from_digit((digit)(value < 0 ? -value : value), value < 0);
    }
    return from_magnitude(value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

PyObject *
int_from_u64(uint64_t value)
{
    return value <= INT_SMALL_MAX ? small_int((int64_t)value) : from_magnitude(value, false);
}

PyObject *int_from_ssize(Py_ssize_t value) { return int_from_i64(value); }
PyObject *int_from_size(size_t value) { return int_from_u64(value); }
PyObject *int_from_pointer(const void *p) { return int_from_u64((uintptr_t)p); }

PyObject *
int_from_digits(const digit *digits, Py_ssize_t n, bool negative)
{
    PyLongObject *op = int_alloc(n);
    if (op != NULL) {
        memcpy(op->long_value.ob_digit, digits, (size_t)n * sizeof(digit));
    }
    return int_finish_steal(op, negative);
}

PyObject *
int_from_double(double value)
{
    if (isinf(value)) {
        return error_set(PyExc_OverflowError, "cannot convert float infinity to integer");
    }
    if (isnan(value)) {
        return error_set(PyExc_ValueError, "cannot convert float NaN to integer");
    }
    if (value > -9.2e18 && value < 9.2e18) {
        return int_from_i64((int64_t)value);
    }
    int exponent;
    double fraction = frexp(fabs(value), &exponent);
    Py_ssize_t count = (exponent - 1) / PyLong_SHIFT + 1;
    PyLongObject *op = int_alloc(count);
    if (op == NULL) {
        return NULL;
    }
    fraction = ldexp(fraction, (exponent - 1) % PyLong_SHIFT + 1);
    for (Py_ssize_t i = count; i-- > 0;) {
        digit bits = (digit)fraction;
        op->long_value.ob_digit[i] = bits;
        fraction = ldexp(fraction - bits, PyLong_SHIFT);
    }
    return int_finish_steal(op, value < 0);
}

PyObject *
int_from_byte_array(const unsigned char *bytes, size_t n, bool little_endian, bool is_signed)
{
    if (n == 0) {
        return small_int(0);
    }
    unsigned char top = little_endian ? bytes[n - 1] : bytes[0];
    bool negative = is_signed && (top & 0x80);
    if (n > (size_t)INT_MAX_DIGITS * 3) {
        return error_set(PyExc_OverflowError, "byte array too long to convert to int");
    }
    PyLongObject *op = int_alloc((Py_ssize_t)((n * 8 + PyLong_SHIFT - 1) / PyLong_SHIFT));
    if (op == NULL) {
        return NULL;
    }
    uint64_t pending = 0;
    int bits = 0;
    unsigned carry = 1;         // two's complement: invert and add one
    Py_ssize_t at = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = little_endian ? bytes[i] : bytes[n - 1 - i];
        if (negative) {
            byte = (byte ^ 0xff) + carry;
            carry = byte >> 8;
            byte &= 0xff;
        }
        pending |= (uint64_t)byte << bits;
        bits += 8;
        if (bits >= PyLong_SHIFT) {
            op->long_value.ob_digit[at++] = (digit)(pending & INT_MASK);
            pending >>= PyLong_SHIFT;
            bits -= PyLong_SHIFT;
        }
    }
    Py_ssize_t count = int_digit_count((PyObject *)op);
    for (; at < count; at++, pending >>= PyLong_SHIFT) {
        op->long_value.ob_digit[at] = (digit)(pending & INT_MASK);
    }
    return int_finish_steal(op, negative);
}

PyObject *
int_copy(PyObject *op)
{
    if (int_check_exact(op)) {
        return new_ref(op);
    }
    return int_from_digits(int_digits(op), int_digit_count(op), int_is_negative(op));
}

void
int_to_mpz(PyObject *op, mpz_t z)
{
    Py_ssize_t n = int_digit_count(op);
    const digit *digits = int_digits(op);
    mp_size_t count = n * PyLong_SHIFT / GMP_NUMB_BITS + 1, made = 0;
    mp_limb_t *limbs = mpz_limbs_write(z, count);
    mp_limb_t pending = 0;
    int bits = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        pending |= (mp_limb_t)digits[i] << bits;
        bits += PyLong_SHIFT;
        if (bits >= GMP_NUMB_BITS) {
            limbs[made++] = pending;
            bits -= GMP_NUMB_BITS;
            pending = (mp_limb_t)digits[i] >> (PyLong_SHIFT - bits);
        }
    }
    if (bits > 0) {
        limbs[made++] = pending;
    }
    mpz_limbs_finish(z, int_is_negative(op) ? -made : made);
}

_Static_assert(GMP_NUMB_BITS == 64, "a digit lies in at most two limbs");

// The digits of a positive number of `size` limbs.
static void
digits_from_limbs(const mp_limb_t *limbs, size_t size, digit *digits, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        size_t bit = (size_t)i * PyLong_SHIFT, at = bit / GMP_NUMB_BITS;
        int shift = (int)(bit % GMP_NUMB_BITS);
        mp_limb_t word = limbs[at] >> shift;
        if (shift > GMP_NUMB_BITS - PyLong_SHIFT && at + 1 < size) {
            word |= limbs[at + 1] << (GMP_NUMB_BITS - shift);
        }
        digits[i] = (digit)(word & INT_MASK);
    }
}

PyObject *
int_from_mpz(const mpz_t z)
{
    if (mpz_sgn(z) == 0) {
        return small_int(0);
    }
    size_t bits = mpz_sizeinbase(z, 2);
    PyLongObject *op = int_alloc((Py_ssize_t)((bits + PyLong_SHIFT - 1) / PyLong_SHIFT));
    if (op == NULL) {
        return NULL;
    }
    digits_from_limbs(mpz_limbs_read(z), mpz_size(z), op->long_value.ob_digit,
                      int_digit_count((PyObject *)op));
    return int_finish_steal(op, mpz_sgn(z) < 0);
}

// ---- reading ----

bool
int_as_i64_fast(PyObject *op, int64_t *value)
{
    if (int_is_compact(op)) {
        *value = int_compact_value(op);
        return true;
    }
    Py_ssize_t count = int_digit_count(op);
    const digit *digits = int_digits(op);
    if (count > 3 || (count == 3 && digits[2] > 0xf)) {
        return false;
    }
    uint64_t magnitude = digits[0] | (uint64_t)digits[1] << PyLong_SHIFT;
    if (count == 3) {
        magnitude |= (uint64_t)digits[2] << (2 * PyLong_SHIFT);
    }
    bool negative = int_is_negative(op);
    if (magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *value = negative ? (int64_t)-magnitude : (int64_t)magnitude;
    return true;
}

// The int behind op: op itself, or what __index__ gives. New reference.
static PyObject *
as_int(PyObject *op)
{
    return int_check(op) ? new_ref(op) : number_index(op);
}

int64_t
int_as_i64_overflow(PyObject *op, int *overflow)
{
    *overflow = 0;
    PyObject *number = as_int(op);
    if (number == NULL) {
        return -1;
    }
    int64_t value;
    if (!int_as_i64_fast(number, &value)) {
        *overflow = int_sign(number);
        value = -1;
    }
    decref(number);
    return value;
}

static int64_t
as_range(PyObject *op, int64_t low, int64_t high, const char *c_type)
{
    int overflow;
    int64_t value = int_as_i64_overflow(op, &overflow);
    if (overflow || value < low || value > high) {
        error_format(PyExc_OverflowError, "Python int too large to convert to C %s", c_type);
        return -1;
    }
    return value;
}

int64_t int_as_i64(PyObject *op) { return as_range(op, INT64_MIN, INT64_MAX, "long"); }
long int_as_long(PyObject *op) { return as_range(op, INT64_MIN, INT64_MAX, "long"); }
int int_as_int(PyObject *op) { return (int)as_range(op, INT32_MIN, INT32_MAX, "int"); }

static bool
require_int(PyObject *op)
{
    if (!int_check(op)) {
        error_set(PyExc_TypeError, "an integer is required");
        return false;
    }
    return true;
}

Py_ssize_t
int_as_ssize(PyObject *op)
{
    return require_int(op) ? as_range(op, INT64_MIN, INT64_MAX, "ssize_t") : -1;
}

static uint64_t
as_unsigned(PyObject *op, const char *c_type)
{
    if (!require_int(op)) {
        return (uint64_t)-1;
    }
    if (int_is_negative(op)) {
        error_format(PyExc_OverflowError, "can't convert negative value to %s", c_type);
        return (uint64_t)-1;
    }
    if (int_bit_length(op) > 64) {
        error_format(PyExc_OverflowError, "Python int too large to convert to C %s", c_type);
        return (uint64_t)-1;
    }
    return int_as_u64_mask(op);
}

size_t int_as_size(PyObject *op) { return as_unsigned(op, "size_t"); }
uint64_t int_as_u64(PyObject *op) { return as_unsigned(op, "unsigned int"); }

uint64_t
int_as_u64_mask(PyObject *op)
{
    PyObject *number = as_int(op);
    if (number == NULL) {
        return (uint64_t)-1;
    }
    uint64_t value = 0;
    Py_ssize_t count = int_digit_count(number);
    for (Py_ssize_t i = count < 3 ? count : 3; i-- > 0;) {
        value = value << PyLong_SHIFT | int_digits(number)[i];
    }
    value = int_is_negative(number) ? -value : value;
    decref(number);
    return value;
}

void *
int_as_pointer(PyObject *op)
{
    if (int_check(op) && !int_is_negative(op)) {
        return (void *)(uintptr_t)int_as_u64(op);
    }
    return (void *)(intptr_t)int_as_i64(op);
}

int64_t
int_bit_length(PyObject *op)
{
    Py_ssize_t count = int_digit_count(op);
    if (count == 0) {
        return 0;
    }
    return (int64_t)(count - 1) * PyLong_SHIFT + (32 - __builtin_clz(int_digits(op)[count - 1]));
}

double
int_frexp(PyObject *op, int64_t *exponent)
{
    int64_t bits = int_bit_length(op);
    if (bits == 0) {
        *exponent = 0;
        return 0.0;
    }
    // The top 64 bits, with a sticky lowest bit for everything below: one rounding follows.
    const digit *digits = int_digits(op);
    uint64_t top = 0;
    bool sticky = false;
    for (Py_ssize_t i = int_digit_count(op); i-- > 0;) {
        int64_t low = (int64_t)i * PyLong_SHIFT - (bits - 64);      // place of the digit's bit 0
        if (low >= 0) {
            top |= (uint64_t)digits[i] << low;
        }
        else if (low > -PyLong_SHIFT) {
            top |= digits[i] >> -low;
            sticky |= (digits[i] & (((digit)1 << -low) - 1)) != 0;
        }
        else {
            sticky |= digits[i] != 0;
        }
        if (sticky) {
            break;
        }
    }
    *exponent = bits;
    double value = ldexp((double)(top | sticky), -64);
    if (value == 1.0) {
        value = 0.5;
        *exponent += 1;
    }
    return int_is_negative(op) ? -value : value;
}

double
int_as_double(PyObject *op)
{
    if (!require_int(op)) {
        return -1.0;
    }
    if (int_is_compact(op)) {
        return (double)int_compact_value(op);
    }
    int64_t exponent;
    double fraction = int_frexp(op, &exponent);
    if (exponent > 1024) {
        error_set(PyExc_OverflowError, "int too large to convert to float");
        return -1.0;
    }
    return ldexp(fraction, (int)exponent);
}

int
int_as_byte_array(PyObject *op, unsigned char *bytes, size_t n, bool little_endian,
                  bool is_signed, bool with_errors)
{
    bool negative = int_is_negative(op);
    if (negative && !is_signed) {
        if (with_errors) {
            error_set(PyExc_OverflowError, "can't convert negative int to unsigned");
        }
        return -1;
    }
    const digit *digits = int_digits(op);
    Py_ssize_t count = int_digit_count(op);
    uint64_t pending = 0;
    int bits = 0;
    Py_ssize_t at = 0;
    unsigned carry = 1;
    unsigned char last = 0;
    for (size_t i = 0; i < n; i++) {
        if (bits < 8 && at < count) {
            pending |= (uint64_t)digits[at++] << bits;
            bits += PyLong_SHIFT;
        }
        unsigned byte = pending & 0xff;
        pending >>= 8;
        bits -= 8;
        if (negative) {
            byte = (byte ^ 0xff) + carry;
            carry = byte >> 8;
            byte &= 0xff;
        }
        last = (unsigned char)byte;
        bytes[little_endian ? i : n - 1 - i] = last;
    }
    // What is left must be nothing but copies of the sign.
    bool fits = pending == 0 && at == count;
    if (negative && fits && carry && n > 0 && last == 0) {
        fits = false;
    }
    if (fits && is_signed && n > 0 && (last >> 7 != 0) != negative) {
        fits = false;
    }
    if (n == 0) {
        fits = count == 0;
    }
    if (!fits && with_errors) {
        error_set(PyExc_OverflowError, "int too big to convert");
    }
    return fits ? 0 : -1;
}

// ---- comparison and hash ----

int
int_compare_magnitudes(PyObject *a, PyObject *b)
{
    Py_ssize_t count = int_digit_count(a);
    Py_ssize_t other = int_digit_count(b);
    if (count != other) {
        return count < other ? -1 : 1;
    }
    const digit *x = int_digits(a);
    const digit *y = int_digits(b);
    while (count-- > 0) {
        if (x[count] != y[count]) {
            return x[count] < y[count] ? -1 : 1;
        }
    }
    return 0;
}

int
int_compare(PyObject *a, PyObject *b)
{
    int sign = int_sign(a);
    int other = int_sign(b);
    if (sign != other) {
        return sign < other ? -1 : 1;
    }
    int magnitudes = int_compare_magnitudes(a, b);
    return sign < 0 ? -magnitudes : magnitudes;
}

Py_hash_t
int_hash_i64(int64_t value)
{
    return hash_i64(value);
}

// The value modulo 2**61 - 1, with the sign of the number (documented in "Hashing of numeric
// types").
Py_hash_t
int_hash(PyObject *op)
{
    if (int_is_compact(op)) {
        Py_ssize_t value = int_compact_value(op);
        return value == -1 ? -2 : value;
    }
    const uint64_t modulus = ((uint64_t)1 << 61) - 1;
    uint64_t x = 0;
    for (Py_ssize_t i = int_digit_count(op); i-- > 0;) {
        x = ((x << PyLong_SHIFT) & modulus) | (x >> (61 - PyLong_SHIFT));
        x += int_digits(op)[i];
        x = x >= modulus ? x - modulus : x;
    }
    Py_hash_t hash = int_is_negative(op) ? -(Py_hash_t)x : (Py_hash_t)x;
    return hash == -1 ? -2 : hash;
}
