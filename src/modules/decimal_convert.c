// Decimal objects from and to other objects. See decimal_internal.h.
//
// Threading: Decimals are immutable.
#include <gmp.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/atomic.h"
#include "memory/alloc.h"
#include "modules/decimal_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/number_text.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- making ----

PyObject *
decimal_from_type_steal(DecimalState *state, PyTypeObject *type, Dec *value)
{
    DecimalObject *op = (DecimalObject *)state->decimal_type->tp_alloc(state->decimal_type, 0);
    if (op == NULL) {
        dec_free(value);
        return NULL;
    }
    op->hash = -1;
    op->value = *value;
    if (type == state->decimal_type) {
        return (PyObject *)op;
    }
    // A subclass: made through its own __new__ and __init__.
    PyObject *result = object_call_onearg((PyObject *)type, (PyObject *)op);
    decref(op);
    return result;
}

PyObject *
decimal_from_dec_steal(DecimalState *state, Dec *value)
{
    return decimal_from_type_steal(state, state->decimal_type, value);
}

PyObject *
decimal_finish_steal(DecimalState *state, PyObject *context, Dec *value, uint32_t status)
{
    if (status != 0 && decimal_context_signal(state, context, status) < 0) {
        dec_free(value);
        return NULL;
    }
    return decimal_from_dec_steal(state, value);
}

// ---- ints ----

static void
mpz_from_int(mpz_t z, PyObject *op)
{
    mpz_import(z, (size_t)int_digit_count(op), -1, sizeof(digit), 0, 32 - PyLong_SHIFT,
               int_cast(op)->long_value.ob_digit);
    if (int_is_negative(op)) {
        mpz_neg(z, z);
    }
}

static PyObject *
int_from_mpz_value(const mpz_t z)
{
    size_t count = (mpz_sizeinbase(z, 2) + PyLong_SHIFT - 1) / PyLong_SHIFT;
    digit *digits = mem_calloc_or_error(count + 1, sizeof *digits);
    if (digits == NULL) {
        return NULL;
    }
    mpz_export(digits, NULL, -1, sizeof(digit), 0, 32 - PyLong_SHIFT, z);
    PyObject *result = int_from_digits(digits, (Py_ssize_t)count, mpz_sgn(z) < 0);
    mem_free(digits);
    return result;
}

int
dec_from_int(Dec *r, PyObject *op)
{
    int64_t small;
    if (int_as_i64_fast(op, &small)) {
        dec_set_i64(r, small);
        return 0;
    }
    uint32_t status = 0;
    mpz_t z;
    mpz_init(z);
    mpz_from_int(z, op);
    int result = dec_set_mpz(r, z, 0, &status);
    mpz_clear(z);
    if (result < 0) {
        error_no_memory();
    }
    return result;
}

// The integer of a finite number rounded by a mode.
PyObject *
decimal_to_int(DecimalState *state, const Dec *a, int round)
{
    if (dec_is_special(a)) {
        return dec_is_nan(a)
                   ? error_set(PyExc_ValueError, "cannot convert NaN to integer")
                   : error_set(PyExc_OverflowError, "cannot convert Infinity to integer");
    }
    DecContext ctx = dec_max_context;
    ctx.round = round;
    uint32_t status = 0;
    Dec whole;
    int64_t small;
    dec_to_integral_value(&whole, a, &ctx, &status);
    if (status == 0 && dec_get_i64(&whole, &small)) {
        dec_free(&whole);
        return int_from_i64(small);
    }
    mpz_t z, power;
    mpz_inits(z, power, NULL);
    PyObject *result = NULL;
    if (status == 0 && dec_get_mpz(z, &whole, &status) == 0
        && dec_mpz_power10(power, whole.exp > 0 ? whole.exp : 0)) {
        mpz_mul(z, z, power);
        if (dec_is_negative(&whole)) {
            mpz_neg(z, z);
        }
        result = int_from_mpz_value(z);
    }
    else {
        error_no_memory();
    }
    mpz_clears(z, power, NULL);
    dec_free(&whole);
    return result;
}

// ---- floats ----

void
dec_from_double(Dec *r, double x, uint32_t *status)
{
    uint8_t sign = signbit(x) ? DEC_NEG : 0;
    if (!isfinite(x)) {
        dec_set_special(r, (uint8_t)(sign | (isnan(x) ? DEC_NAN : DEC_INF)));
        return;
    }
    int exponent;
    double fraction = frexp(fabs(x), &exponent);
    uint64_t mantissa = (uint64_t)ldexp(fraction, 53);
    exponent -= 53;
    if (mantissa == 0) {
        dec_set_small(r, sign, 0, 0);
        return;
    }
    int zeros = __builtin_ctzll(mantissa);
    mantissa >>= zeros;
    exponent += zeros;
    // mantissa * 2**exponent: for a negative one mantissa * 5**-exponent * 10**exponent.
    mpz_t z, factor;
    mpz_inits(z, factor, NULL);
    mpz_set_ui(z, mantissa);
    if (exponent >= 0) {
        mpz_mul_2exp(z, z, (mp_bitcnt_t)exponent);
        exponent = 0;
    }
    else {
        mpz_ui_pow_ui(factor, 5, (unsigned long)-exponent);
        mpz_mul(z, z, factor);
    }
    if (dec_set_mpz(r, z, exponent, status) == 0) {
        r->flags = sign;
    }
    mpz_clears(z, factor, NULL);
}

double
decimal_as_double(const Dec *a)
{
    if (a->flags & DEC_SNAN) {
        error_set(PyExc_ValueError, "cannot convert signaling NaN to float");
        return -1.0;
    }
    if (dec_is_special(a)) {
        double x = dec_is_nan(a) ? NAN : INFINITY;
        return dec_is_negative(a) ? -x : x;
    }
    size_t size;
    char *text = dec_to_text(a, false, true, &size);
    if (text == NULL) {
        error_no_memory();
        return -1.0;
    }
    double x = number_text_to_double(text, NULL, NULL);
    mem_free(text);
    return x;
}

// ---- operands ----

const Dec *
decimal_operand(const DecimalState *state, PyObject *op, Dec *room)
{
    dec_set_small(room, 0, 0, 0);
    if (decimal_check(state, op)) {
        return DECIMAL(op);
    }
    if (int_check(op)) {
        return dec_from_int(room, op) < 0 ? NULL : room;
    }
    return NULL;
}

const Dec *
decimal_operand_or_error(const DecimalState *state, PyObject *op, Dec *room)
{
    const Dec *result = decimal_operand(state, op, room);
    if (result == NULL && !error_occurred()) {
        error_format(PyExc_TypeError, "conversion from %s to Decimal is not supported",
                     object_type(op)->tp_name);
    }
    return result;
}

// ---- construction ----

// The number of a conversion, signalled and wrapped. Exact conversions must not lose anything.
static PyObject *
converted_steal(DecimalState *state, PyTypeObject *type, PyObject *context, Dec *value,
                uint32_t status, bool exact)
{
    const uint32_t lost = DEC_INEXACT | DEC_ROUNDED | DEC_CLAMPED | DEC_OVERFLOW | DEC_UNDERFLOW;
    if (exact && (status & lost) != 0) {
        dec_free(value);
        status = DEC_INVALID_OPERATION;
        dec_set_special(value, DEC_NAN);
    }
    if (exact) {
        status &= DEC_IEEE_INVALID | DEC_FLOAT_OPERATION;
    }
    if (status != 0 && decimal_context_signal(state, context, status) < 0) {
        dec_free(value);
        return NULL;
    }
    return decimal_from_type_steal(state, type, value);
}

static void
working_context(PyObject *context, bool exact, DecContext *ctx)
{
    if (exact) {
        *ctx = dec_max_context;
    }
    else {
        decimal_context_read(context, ctx);
    }
}

// Text as ASCII with decimal digits of any script. lenient: blanks around it and underscores in it are
// dropped. mem_alloc'ed; NULL with an exception.
static char *
number_text_of(PyObject *text, bool lenient, size_t *size)
{
    Py_ssize_t n = str_length(text);
    PyObject *ascii = str_decimal_and_space_to_ascii(text);
    char *result = ascii == NULL ? NULL : mem_alloc_or_error((size_t)n + 1);
    if (result == NULL) {
        xdecref(ascii);
        return NULL;
    }
    const char *at = str_data(ascii);
    const char *end = at + str_length(ascii);
    while (lenient && at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) {
        at++;
    }
    while (lenient && end > at && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r'))) {
        end--;
    }
    *size = 0;
    for (; at < end; at++) {
        if (*at != '_' || !lenient) {
            result[(*size)++] = *at;
        }
    }
    decref(ascii);
    return result;
}

static PyObject *
convert_text(DecimalState *state, PyTypeObject *type, PyObject *text, PyObject *context,
             bool exact)
{
    DecContext ctx;
    Dec value;
    uint32_t status = 0;
    working_context(context, exact, &ctx);
    size_t size;
    char *plain = number_text_of(text, exact, &size);
    if (plain == NULL) {
        return NULL;
    }
    dec_read(&value, plain, size, &ctx, &status);
    mem_free(plain);
    return converted_steal(state, type, context, &value, status, exact);
}

PyObject *
decimal_convert_float(DecimalState *state, PyTypeObject *type, PyObject *value,
                      PyObject *context, bool exact)
{
    uint32_t status = 0;
    Dec number;
    if (int_check(value)) {
        if (dec_from_int(&number, value) < 0) {
            return NULL;
        }
    }
    else if (float_check(value)) {
        dec_from_double(&number, float_value(value), &status);
    }
    else {
        return error_set(PyExc_TypeError, "argument must be int or float");
    }
    DecContext ctx;
    working_context(context, exact, &ctx);
    dec_finalize(&number, &ctx, &status);
    return converted_steal(state, type, context, &number, status, exact);
}

// ---- tuples ----

// The digits of a coefficient as text behind `at`; false with ValueError.
static bool
put_tuple_digits(char **at, PyObject *digits)
{
    for (Py_ssize_t i = 0; i < tuple_size(digits); i++) {
        PyObject *item = tuple_item(digits, i);
        int64_t value = -1;
        if (!int_check(item) || !int_as_i64_fast(item, &value) || value < 0 || value > 9) {
            error_set(PyExc_ValueError, "coefficient must be a tuple of digits");
            return false;
        }
        *(*at)++ = (char)('0' + value);
    }
    return true;
}

// F, n or N in the place of the exponent: the word, or NULL with ValueError.
static const char *
special_of_tuple(PyObject *exponent)
{
    if (str_equal_cstr(exponent, "F")) {
        return "Inf";
    }
    if (str_equal_cstr(exponent, "n")) {
        return "NaN";
    }
    if (str_equal_cstr(exponent, "N")) {
        return "sNaN";
    }
    return error_set(PyExc_ValueError,
                     "string argument in the third position must be 'F', 'n' or 'N'");
}

// (sign, digits, exponent) as text.
static char *
text_of_tuple(PyObject *tuple, size_t *size)
{
    if (tuple_size(tuple) != 3) {
        return error_set(PyExc_ValueError, "argument must be a sequence of length 3");
    }
    PyObject *sign = tuple_item(tuple, 0);
    int64_t negative = -1;
    if (!int_check(sign) || !int_as_i64_fast(sign, &negative) || (negative | 1) != 1) {
        return error_set(PyExc_ValueError, "sign must be an integer with the value 0 or 1");
    }
    PyObject *exponent = tuple_item(tuple, 2);
    const char *word = NULL;
    int64_t exp = 0;
    if (str_check(exponent)) {
        word = special_of_tuple(exponent);
        if (word == NULL) {
            return NULL;
        }
    }
    else if (!int_check(exponent)) {
        return error_set(PyExc_ValueError, "exponent must be an integer");
    }
    else {
        exp = int_as_ssize(exponent);
        if (exp == -1 && error_occurred()) {
            return NULL;
        }
    }
    PyObject *digits = tuple_item(tuple, 1);
    PyObject *as_tuple = sequence_tuple(digits);
    if (as_tuple == NULL) {
        if (error_clear_if(PyExc_TypeError)) {
            error_set(PyExc_ValueError, "coefficient must be a tuple of digits");
        }
        return NULL;
    }
    char *text = mem_alloc_or_error((size_t)tuple_size(as_tuple) + 40);
    char *at = text;
    if (text == NULL) {
        goto failed;
    }
    if (negative) {
        *at++ = '-';
    }
    if (word != NULL) {
        size_t length = strlen(word);
        memcpy(at, word, length);
        at += length;
    }
    if ((word == NULL || word[0] != 'I') && !put_tuple_digits(&at, as_tuple)) {
        goto failed;
    }
    if (word == NULL) {
        if (tuple_size(as_tuple) == 0) {
            *at++ = '0';
        }
        at += snprintf(at, 32, "E%lld", (long long)exp);
    }
    *size = (size_t)(at - text);
    decref(as_tuple);
    return text;
failed:
    decref(as_tuple);
    mem_free(text);
    return NULL;
}

static PyObject *
convert_tuple(DecimalState *state, PyTypeObject *type, PyObject *value, PyObject *context,
              bool exact)
{
    PyObject *tuple = sequence_tuple(value);
    size_t size;
    char *text = tuple != NULL ? text_of_tuple(tuple, &size) : NULL;
    xdecref(tuple);
    if (text == NULL) {
        return NULL;
    }
    DecContext ctx;
    Dec number;
    uint32_t status = 0;
    working_context(context, exact, &ctx);
    dec_read(&number, text, size, &ctx, &status);
    mem_free(text);
    return converted_steal(state, type, context, &number, status, exact);
}

static PyObject *
convert_decimal(DecimalState *state, PyTypeObject *type, PyObject *value, PyObject *context,
                bool exact)
{
    if (exact && type == state->decimal_type && object_type(value) == type) {
        return new_ref(value);
    }
    Dec copy;
    uint32_t status = 0;
    const Dec *a = DECIMAL(value);
    if (!exact) {
        DecContext ctx;
        decimal_context_read(context, &ctx);
        if (dec_is_nan(a) && a->digits > ctx.prec - (ctx.clamp != 0)) {
            dec_set_error(&copy, DEC_CONVERSION_SYNTAX, &status);
        }
        else if (dec_copy(&copy, a, &status) == 0) {
            dec_finalize(&copy, &ctx, &status);
        }
    }
    else {
        (void)dec_copy(&copy, a, &status);
    }
    if (status != 0 && decimal_context_signal(state, context, status) < 0) {
        dec_free(&copy);
        return NULL;
    }
    return decimal_from_type_steal(state, type, &copy);
}

PyObject *
decimal_convert(DecimalState *state, PyTypeObject *type, PyObject *value, PyObject *context,
                bool exact)
{
    if (decimal_check(state, value)) {
        return convert_decimal(state, type, value, context, exact);
    }
    if (str_check(value)) {
        return convert_text(state, type, value, context, exact);
    }
    if (int_check(value)) {
        return decimal_convert_float(state, type, value, context, exact);
    }
    if (tuple_check(value) || list_check(value)) {
        return convert_tuple(state, type, value, context, exact);
    }
    if (float_check(value)) {
        if (decimal_context_signal(state, context, DEC_FLOAT_OPERATION) < 0) {
            return NULL;
        }
        return decimal_convert_float(state, type, value, context, exact);
    }
    return error_format(PyExc_TypeError, "conversion from %s to Decimal is not supported",
                        object_type(value)->tp_name);
}

// ---- taking apart ----

PyObject *
decimal_as_tuple(PyObject *self, PyObject *unused)
{
    DecimalState *state = DECIMAL_STATE(self);
    const Dec *a = DECIMAL(self);
    PyObject *digits = NULL;
    PyObject *exponent;
    if (dec_is_infinite(a)) {
        exponent = str_from_cstr("F");
        PyObject *zero = int_from_i64(0);
        digits = tuple_pack(1, zero);
    }
    else {
        exponent = dec_is_nan(a) ? str_from_cstr(a->flags & DEC_SNAN ? "N" : "n")
                                 : int_from_i64(a->exp);
        uint64_t scratch[2];
        size_t n;
        const uint64_t *p = dec_limbs(a, scratch, &n);
        digits = tuple_new((Py_ssize_t)a->digits);
        for (int64_t i = 0; i < a->digits && digits != NULL; i++) {
            int value = limbs_digit_at(p, n, a->digits - 1 - i);
            tuple_set_item_steal(digits, (Py_ssize_t)i, int_from_i64(value));
        }
    }
    PyObject *sign = int_from_i64(dec_is_negative(a));
    PyObject *result = NULL;
    if (digits != NULL && exponent != NULL) {
        result = object_call_objargs(state->decimal_tuple, sign, digits, exponent, NULL);
    }
    decref(sign);
    xdecref(digits);
    xdecref(exponent);
    return result;
}

PyObject *
decimal_as_integer_ratio(PyObject *self, PyObject *unused)
{
    const Dec *a = DECIMAL(self);
    if (dec_is_special(a)) {
        return dec_is_nan(a)
                   ? error_set(PyExc_ValueError, "cannot convert NaN to integer ratio")
                   : error_set(PyExc_OverflowError, "cannot convert Infinity to integer ratio");
    }
    mpz_t numerator, denominator, divisor;
    mpz_inits(numerator, denominator, divisor, NULL);
    uint32_t status = 0;
    PyObject *result = NULL;
    int64_t places = a->exp < 0 ? -a->exp : a->exp;
    if (dec_is_zero(a)) {
        places = 0;
    }
    if (dec_get_mpz(numerator, a, &status) == 0 && dec_mpz_power10(denominator, places)) {
        if (a->exp >= 0) {
            mpz_mul(numerator, numerator, denominator);
            mpz_set_ui(denominator, 1);
        }
        mpz_gcd(divisor, numerator, denominator);
        mpz_divexact(numerator, numerator, divisor);
        mpz_divexact(denominator, denominator, divisor);
        if (dec_is_negative(a)) {
            mpz_neg(numerator, numerator);
        }
        PyObject *n = int_from_mpz_value(numerator);
        PyObject *d = int_from_mpz_value(denominator);
        result = tuple_pair_steal(n, d);
    }
    else {
        error_no_memory();
    }
    mpz_clears(numerator, denominator, divisor, NULL);
    return result;
}

PyObject *
decimal_to_text(PyObject *op, bool engineering, bool capitals)
{
    size_t size;
    char *text = dec_to_text(DECIMAL(op), engineering, capitals, &size);
    if (text == NULL) {
        return error_no_memory();
    }
    PyObject *result = str_from_ascii(text, (Py_ssize_t)size);
    mem_free(text);
    return result;
}

// ---- hash ----

#define HASH_MODULUS (((uint64_t)1 << 61) - 1)

static uint64_t
modular_multiply(uint64_t a, uint64_t b)
{
    u128 product = (u128)a * b;
    uint64_t sum = (uint64_t)(product & HASH_MODULUS) + (uint64_t)(product >> 61);
    return sum >= HASH_MODULUS ? sum - HASH_MODULUS : sum;
}

static uint64_t
modular_power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) {
            result = modular_multiply(result, base);
        }
        base = modular_multiply(base, base);
    }
    return result;
}

static Py_hash_t
hash_of_finite(const Dec *a)
{
    const uint64_t inverse_of_ten = 2075258708292324556u;
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(a, scratch, &n);
    uint64_t x = 0;
    for (size_t i = n; i-- > 0;) {
        x = modular_multiply(x, DEC_BASE % HASH_MODULUS) + p[i] % HASH_MODULUS;
        x = x >= HASH_MODULUS ? x - HASH_MODULUS : x;
    }
    uint64_t size = a->exp < 0 ? -(uint64_t)a->exp : (uint64_t)a->exp;
    // The order of the group divides the modulus less one.
    x = modular_multiply(x, modular_power(a->exp < 0 ? inverse_of_ten : 10,
                                          size % (HASH_MODULUS - 1)));
    Py_hash_t hash = dec_is_negative(a) ? -(Py_hash_t)x : (Py_hash_t)x;
    return hash == -1 ? -2 : hash;
}

Py_hash_t
decimal_hash(PyObject *self)
{
    DecimalObject *op = (DecimalObject *)self;
    Py_hash_t hash = atomic_load_relaxed_ssize(&op->hash);
    if (hash != -1) {
        return hash;
    }
    const Dec *a = &op->value;
    if (a->flags & DEC_SNAN) {
        error_set(PyExc_TypeError, "Cannot hash a signaling NaN value");
        return -1;
    }
    if (dec_is_nan(a)) {
        hash = object_generic_hash(self);
    }
    else if (dec_is_infinite(a)) {
        hash = dec_is_negative(a) ? -314159 : 314159;
    }
    else {
        hash = hash_of_finite(a);
    }
    atomic_store_relaxed_ssize(&op->hash, hash);
    return hash;
}

// ---- comparison ----

// A Rational as self compared with it: numerator against self * denominator. 1, 0 or -1.
static int
rational_operands(DecimalState *state, const Dec *a, PyObject *w, Dec *left, Dec *right,
                  uint32_t *status)
{
    PyObject *numerator = object_getattr_cstr(w, "numerator");
    PyObject *denominator = numerator != NULL ? object_getattr_cstr(w, "denominator") : NULL;
    int result = -1;
    if (denominator != NULL && (!int_check(numerator) || !int_check(denominator))) {
        error_set(PyExc_TypeError, "numerator and denominator must be ints");
    }
    else if (denominator != NULL) {
        Dec d;
        if (dec_from_int(&d, denominator) == 0) {
            if (dec_from_int(right, numerator) == 0) {
                uint32_t conditions = 0;
                if (dec_is_nan(a)) {
                    (void)dec_copy(left, a, &conditions);
                }
                else {
                    dec_multiply(left, a, &d, &dec_max_context, &conditions);
                }
                *status |= conditions & DEC_MALLOC_ERROR;
                result = 1;
            }
            dec_free(&d);
        }
    }
    xdecref(numerator);
    xdecref(denominator);
    return result;
}

// The operands of a comparison of v with w: 1 with *right, 3 with *left too, 2 when they are unequal
// for sure, 0 when they cannot be compared, -1 with an exception.
static int
comparison_operands(DecimalState *state, PyObject *context, PyObject *v, PyObject *w, int op,
                    Dec *left, Dec *right, uint32_t *status)
{
    dec_set_small(left, 0, 0, 0);
    dec_set_small(right, 0, 0, 0);
    if (int_check(w)) {
        return dec_from_int(right, w) < 0 ? -1 : 1;
    }
    bool equality = op == Py_EQ || op == Py_NE;
    if (complex_check(w)) {
        if (!equality) {
            return 0;
        }
        Py_complex z = complex_as_value(w);
        if (z.imag != 0.0) {
            return 2;   // unequal
        }
        *status |= DEC_FLOAT_OPERATION;
        dec_from_double(right, z.real, status);
    }
    else if (float_check(w)) {
        *status |= DEC_FLOAT_OPERATION;
        dec_from_double(right, float_value(w), status);
    }
    else {
        int rational = object_isinstance(w, state->rational);
        return rational <= 0 ? rational
                             : rational_operands(state, DECIMAL(v), w, left, right, status) < 0
                                   ? -1 : 3;
    }
    // Equality with floats is no error: it sets the flag only.
    uint32_t conditions = *status;
    *status = 0;
    if (equality) {
        atomic_or_u32(&((ContextObject *)context)->flags, conditions);
        return 1;
    }
    return decimal_context_signal(state, context, conditions) < 0 ? -1 : 1;
}

static PyObject *
order_result(int order, int op)
{
    if (order == INT_MAX) {
        return bool_from_int(op == Py_NE);
    }
    switch (op) {
        case Py_LT: return bool_from_int(order < 0);
        case Py_LE: return bool_from_int(order <= 0);
        case Py_EQ: return bool_from_int(order == 0);
        case Py_NE: return bool_from_int(order != 0);
        case Py_GT: return bool_from_int(order > 0);
        default: return bool_from_int(order >= 0);
    }
}

PyObject *
decimal_richcompare(PyObject *v, PyObject *w, int op)
{
    DecimalState *state = DECIMAL_STATE(v);
    uint32_t status = 0;
    int order;
    if (decimal_check(state, w)) {
        order = dec_compare_values(DECIMAL(v), DECIMAL(w), &status);
        if (order != INT_MAX) {
            return order_result(order, op);
        }
    }
    PyObject *context = decimal_current_context(state);
    if (context == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!decimal_check(state, w)) {
        Dec left, right;
        int kind = comparison_operands(state, context, v, w, op, &left, &right, &status);
        if (kind <= 0 || kind == 2) {
            decref(context);
            return kind < 0 ? NULL : kind == 0 ? new_ref(Py_NotImplemented)
                                               : bool_from_int(op == Py_NE);
        }
        order = dec_compare_values(kind == 3 ? &left : DECIMAL(v), &right, &status);
        dec_free(&left);
        dec_free(&right);
    }
    // Order of a NaN is an invalid operation; equality only for signaling ones.
    if (order == INT_MAX && op != Py_EQ && op != Py_NE) {
        status |= DEC_INVALID_OPERATION;
    }
    if (status == 0 || decimal_context_signal(state, context, status) == 0) {
        result = order_result(order, op);
    }
    decref(context);
    return result;
}
