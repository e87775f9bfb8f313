// int: integers of any size.
//
// Layout (abi/numbers.h): digits of 30 bits, least significant first; lv_tag holds sign, count and
// a mark of the preallocated small ints. An int of one digit or none is *compact*. Values are
// immutable once made; -5..256 exist once, are immortal, and every result in that range is one of
// them.
//
// Functions that take "an int" accept instances of subclasses. Those named as_* also accept
// objects with __index__ unless they say otherwise; TypeError for others.
//
// Threading: ints are immutable; everything here is pure.
#ifndef TYPHON_OBJECTS_INT_H
#define TYPHON_OBJECTS_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <string.h>

#include "abi/constants.h"
#include "abi/numbers.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyLong_Type;

#define INT_SIGN_MASK 3
#define INT_SIZE_SHIFT 3

static inline bool
int_check(PyObject *op)
{
    return type_has_feature(type_of(op), Py_TPFLAGS_LONG_SUBCLASS);
}

static inline bool int_check_exact(PyObject *op) { return type_of(op) == &PyLong_Type; }

static inline PyLongObject *int_cast(PyObject *op) { return (PyLongObject *)op; }

static inline Py_ssize_t
int_digit_count(PyObject *op)
{
    return (Py_ssize_t)(int_cast(op)->long_value.lv_tag >> INT_SIZE_SHIFT);
}

static inline bool
int_is_compact(PyObject *op)
{
    return int_cast(op)->long_value.lv_tag < (2 << INT_SIZE_SHIFT);
}

// Value of a compact int.
static inline Py_ssize_t
int_compact_value(PyObject *op)
{
    const _PyLongValue *v = &int_cast(op)->long_value;
    return (1 - (Py_ssize_t)(v->lv_tag & INT_SIGN_MASK)) * (Py_ssize_t)v->ob_digit[0];
}

static inline bool
int_equal(PyObject *a, PyObject *b)
{
    const _PyLongValue *v = &int_cast(a)->long_value, *w = &int_cast(b)->long_value;
    uintptr_t mask = INT_SIGN_MASK | ~(((uintptr_t)1 << INT_SIZE_SHIFT) - 1);
    return ((v->lv_tag ^ w->lv_tag) & mask) == 0 && v->ob_digit[0] == w->ob_digit[0] &&
           (v->lv_tag < (2 << INT_SIZE_SHIFT) ||
            memcmp(v->ob_digit, w->ob_digit, (v->lv_tag >> INT_SIZE_SHIFT) * sizeof(digit)) == 0);
}

// The value of an int of at most two digits, which a tagged value always holds; false for longer ones.
static inline __attribute__((always_inline)) bool
int_as_two_digits(PyObject *op, int64_t *value)
{
    const _PyLongValue *v = &int_cast(op)->long_value;
    if (__builtin_expect(v->lv_tag < (2 << INT_SIZE_SHIFT), 1)) {
        *value = int_compact_value(op);
        return true;
    }
    if (v->lv_tag < (3 << INT_SIZE_SHIFT)) {
        int64_t magnitude = (int64_t)v->ob_digit[0] | (int64_t)v->ob_digit[1] << PyLong_SHIFT;
        *value = (v->lv_tag & INT_SIGN_MASK) == 2 ? -magnitude : magnitude;
        return true;
    }
    return false;
}

// -1, 0 or 1.
static inline int
int_sign(PyObject *op)
{
    return 1 - (int)(int_cast(op)->long_value.lv_tag & INT_SIGN_MASK);
}

static inline bool
int_is_negative(PyObject *op)
{
    return (int_cast(op)->long_value.lv_tag & INT_SIGN_MASK) == 2;
}

static inline bool
int_is_zero(PyObject *op)
{
    return (int_cast(op)->long_value.lv_tag & INT_SIGN_MASK) == 1;
}

// ---- start-up ----

// Makes the small ints; before types are ready. 0, or -1 without an exception.
int int_runtime_init(void);

// ---- making ints: new reference, or NULL with an exception ----

PyObject *int_from_i64(int64_t value);
PyObject *int_from_u64(uint64_t value);
PyObject *int_from_ssize(Py_ssize_t value);
PyObject *int_from_size(size_t value);
// Truncates toward zero. OverflowError "cannot convert float infinity to integer", ValueError
// "cannot convert float NaN to integer".
PyObject *int_from_double(double value);
PyObject *int_from_pointer(const void *p);
// Bytes as a number in two's complement when is_signed.
PyObject *int_from_byte_array(const unsigned char *bytes, size_t n, bool little_endian,
                              bool is_signed);
// int(text, base): text is a str. ValueError "invalid literal for int() with base 10: '…'".
PyObject *int_from_str(PyObject *text, int base);
// The same for the bytes of a literal or a bytes-like object, shown in messages as bytes.
PyObject *int_from_bytes_text(const char *text, Py_ssize_t size, int base);
// C text in ASCII, as far as it is a number; *end (may be NULL) is where it stopped.
PyObject *int_from_cstr(const char *text, char **end, int base);
// From 30-bit digits; leading zeros are dropped.
PyObject *int_from_digits(const digit *digits, Py_ssize_t n, bool negative);
// Exact int equal to op, an int or instance of a subclass; a new reference to op when exact.
PyObject *int_copy(PyObject *op);

// ---- reading ints ----

// Exact C values. -1 with OverflowError "Python int too large to convert to C …" when out of
// range, or TypeError. Callers test error_occurred() on -1.
int64_t int_as_i64(PyObject *op);
long int_as_long(PyObject *op);
int int_as_int(PyObject *op);
Py_ssize_t int_as_ssize(PyObject *op);              // only ints, no __index__
size_t int_as_size(PyObject *op);                   // only ints; OverflowError when negative
uint64_t int_as_u64(PyObject *op);                  // only ints; OverflowError when negative
// Out of range: -1 and *overflow is -1 or 1, no exception.
int64_t int_as_i64_overflow(PyObject *op, int *overflow);
// Lowest 64 bits in two's complement; accepts __index__.
uint64_t int_as_u64_mask(PyObject *op);
// Exact int: true and the value when it fits 64 bits. Never fails.
bool int_as_i64_fast(PyObject *op, int64_t *value);
void *int_as_pointer(PyObject *op);
// Correctly rounded. -1.0 with OverflowError "int too large to convert to float".
double int_as_double(PyObject *op);
// Mantissa in [0.5, 1) and exponent, correctly rounded; for logarithms of huge ints.
double int_frexp(PyObject *op, int64_t *exponent);
// Writes n bytes. -1 with OverflowError "int too big to convert", "can't convert negative int to
// unsigned" (with_errors false: -1 without exception).
int int_as_byte_array(PyObject *op, unsigned char *bytes, size_t n, bool little_endian,
                      bool is_signed, bool with_errors);

// ---- text ----

// base 2, 8, 10, 16 (with prefix 0b, 0o, 0x except for 10) or any of 2..36 without prefix.
// ValueError beyond sys.set_int_max_str_digits for decimal.
PyObject *int_to_base(PyObject *op, int base);
PyObject *int_repr(PyObject *op);

// ---- arithmetic on ints: new reference or NULL ----

PyObject *int_add(PyObject *a, PyObject *b);
PyObject *int_subtract(PyObject *a, PyObject *b);
PyObject *int_multiply(PyObject *a, PyObject *b);
PyObject *int_floor_divide(PyObject *a, PyObject *b);
PyObject *int_modulo(PyObject *a, PyObject *b);
PyObject *int_true_divide(PyObject *a, PyObject *b);
int int_divmod(PyObject *a, PyObject *b, PyObject **quotient, PyObject **remainder);
// a ** b, or pow(a, b, modulus) with modulus not NULL. A negative b without modulus gives a float.
PyObject *int_power(PyObject *a, PyObject *b, PyObject *modulus);
PyObject *int_negative(PyObject *a);
PyObject *int_absolute(PyObject *a);
PyObject *int_invert(PyObject *a);
PyObject *int_lshift(PyObject *a, PyObject *b);
PyObject *int_rshift(PyObject *a, PyObject *b);
PyObject *int_lshift_bits(PyObject *a, uint64_t bits);
PyObject *int_rshift_bits(PyObject *a, uint64_t bits);
PyObject *int_and(PyObject *a, PyObject *b);
PyObject *int_or(PyObject *a, PyObject *b);
PyObject *int_xor(PyObject *a, PyObject *b);
PyObject *int_gcd(PyObject *a, PyObject *b);
PyObject *int_sqrt(PyObject *a);         // the integer part; a is not negative
// Nearest multiple quotient and remainder with ties to even: for round() and datetime.
PyObject *int_divmod_near(PyObject *a, PyObject *b);    // tuple (q, r)

// -1, 0, 1; never fails.
int int_compare(PyObject *a, PyObject *b);
int64_t int_bit_length(PyObject *op);
int64_t int_bit_count(PyObject *op);
Py_hash_t int_hash(PyObject *op);

// hash() of a 64-bit integer.
Py_hash_t int_hash_i64(int64_t value);

#endif
