// float: division, modulo, power, comparison with ints, packing. See float.h.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"

void
float_divmod(double x, double y, double *quotient, double *remainder)
{
    double mod = fmod(x, y);
    double div = (x - mod) / y;         // an integer up to rounding
    if (mod != 0.0) {
        if ((y < 0) != (mod < 0)) {
            mod += y;
            div -= 1.0;
        }
    }
    else {
        mod = copysign(0.0, y);
    }
    double floored = copysign(0.0, x / y);
    if (div != 0.0) {
        floored = floor(div);
        if (div - floored > 0.5) {
            floored += 1.0;
        }
    }
    *quotient = floored;
    *remainder = mod;
}

double
float_floor_div(double x, double y)
{
    double quotient;
    double remainder;
    float_divmod(x, y, &quotient, &remainder);
    return quotient;
}

double
float_mod(double x, double y)
{
    double mod = fmod(x, y);
    if (mod == 0.0) {
        return copysign(0.0, y);
    }
    return (y < 0) != (mod < 0) ? mod + y : mod;
}

// The special cases follow C99 Annex F, which pow() implements; what Python adds are exceptions.
bool
float_power(double x, double y, double *result, bool *is_complex)
{
    *is_complex = false;
    if (x == 0.0 && y < 0.0 && !isinf(y)) {
        error_set(PyExc_ZeroDivisionError, "zero to a negative power");
        return false;
    }
    if (x == 0.0 && isinf(y) && y < 0.0) {
        *result = INFINITY;
        return true;
    }
    if (x < 0.0 && isfinite(x) && isfinite(y) && y != floor(y)) {
        *is_complex = true;
        return true;
    }
    *result = pow(x, y);
    if (isinf(*result) && isfinite(x) && isfinite(y)) {
        errno = ERANGE;
        error_set_errno(PyExc_OverflowError);
        return false;
    }
    return true;
}

// Compares signs, then magnitudes by exponent, then exactly as ints.
int
float_compare_int(double x, PyObject *integer)
{
    if (isinf(x)) {
        return x > 0 ? 1 : -1;
    }
    int sign = int_sign(integer);
    int x_sign = x > 0 ? 1 : x < 0 ? -1 : 0;
    if (sign != x_sign) {
        return x_sign < sign ? -1 : 1;
    }
    if (sign == 0) {
        return 0;
    }
    int64_t bits = int_bit_length(integer);
    if (bits <= 53) {
        double value = int_as_double(integer);
        return x < value ? -1 : x > value;
    }
    int exponent;
    frexp(x, &exponent);
    if (exponent != bits) {
        return (exponent < bits ? -1 : 1) * sign;
    }
    // Same size, both beyond 2**53: x is an integer then.
    int64_t small;
    if (int_as_i64_fast(integer, &small) && fabs(x) < 9.2e18) {
        int64_t value = (int64_t)x;
        return value < small ? -1 : value > small;
    }
    PyObject *whole = int_from_double(x);
    if (whole == NULL) {
        error_clear();      // out of memory: the values agree in sign and in their highest bit
        return 0;
    }
    int order = int_compare(whole, integer);
    decref(whole);
    return order;
}

// ---- packing: IEEE 754 half, single and double precision ----

static void
store(uint64_t bits, unsigned char *bytes, int n, bool little_endian)
{
    for (int i = 0; i < n; i++) {
        bytes[little_endian ? i : n - 1 - i] = (unsigned char)(bits >> (8 * i));
    }
}

static uint64_t
load(const unsigned char *bytes, int n, bool little_endian)
{
    uint64_t bits = 0;
    for (int i = 0; i < n; i++) {
        bits |= (uint64_t)bytes[little_endian ? i : n - 1 - i] << (8 * i);
    }
    return bits;
}

// Half precision with rounding to even; -1 when the result would be infinite.
static int
half_bits(double x, uint16_t *bits)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x)) {
        *bits = sign | 0x7e00;
        return 0;
    }
    if (isinf(x)) {
        *bits = sign | 0x7c00;
        return 0;
    }
    int exponent;
    double fraction = frexp(fabs(x), &exponent);        // in [0.5, 1)
    if (fraction == 0.0 || exponent < -24) {
        // Below half of the smallest denormal only 2**-25 exactly is in doubt: ties to even, 0.
        *bits = sign;
        return 0;
    }
    exponent--;
    double scaled = exponent < -14 ? ldexp(fabs(x), 24) : ldexp(fraction, 11);
    double rounded = nearbyint(scaled);
    unsigned value = (unsigned)rounded;
    if (exponent >= -14) {
        value = value - 1024 + ((unsigned)(exponent + 15) << 10);
    }
    if (value >= 0x7c00) {
        error_set(PyExc_OverflowError, "float too large to pack with e format");
        return -1;
    }
    *bits = (uint16_t)(sign | value);
    return 0;
}

static double
half_value(uint16_t bits)
{
    int exponent = (bits >> 10) & 0x1f;
    unsigned fraction = bits & 0x3ff;
    double value;
    if (exponent == 0x1f) {
        value = fraction == 0 ? INFINITY : NAN;
    }
    else if (exponent == 0) {
        value = ldexp((double)fraction, -24);
    }
    else {
        value = ldexp((double)(fraction + 1024), exponent - 25);
    }
    return bits & 0x8000 ? -value : value;
}

int
float_pack(double x, unsigned char *bytes, int n, bool little_endian)
{
    uint64_t bits = 0;
    if (n == 2) {
        uint16_t half;
        if (half_bits(x, &half) < 0) {
            return -1;
        }
        bits = half;
    }
    else if (n == 4) {
        float single = (float)x;
        if (isinf(single) && !isinf(x)) {
            error_set(PyExc_OverflowError, "float too large to pack with f format");
            return -1;
        }
        uint32_t word;
        memcpy(&word, &single, sizeof word);
        bits = word;
    }
    else {
        memcpy(&bits, &x, sizeof bits);
    }
    store(bits, bytes, n, little_endian);
    return 0;
}

double
float_unpack(const unsigned char *bytes, int n, bool little_endian)
{
    uint64_t bits = load(bytes, n, little_endian);
    if (n == 2) {
        return half_value((uint16_t)bits);
    }
    if (n == 4) {
        uint32_t word = (uint32_t)bits;
        float single;
        memcpy(&single, &word, sizeof single);
        return (double)single;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
