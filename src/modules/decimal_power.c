// Decimal numbers: powers, also modulo an integer. See decimal_number.h.
//
// Integer powers with few enough digits are exact and rounded once. All others are
// exp(y * ln x); see decimal_functions.c.
//
// Threading: pure.
#include <math.h>

#include "modules/decimal_functions.h"
#include "modules/decimal_number.h"

// ---- exact powers ----

// log10 of a coefficient.
static long double
log10_of_coefficient(const Dec *a)
{
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(a, scratch, &n);
    long double top = (long double)p[n - 1];
    if (n > 1) {
        top += (long double)p[n - 2] / 1e19L;
    }
    return log10l(top) + (long double)(n - 1) * DEC_WORD_DIGITS;
}

// coefficient ** n, without trailing zeros of the base, as a number with exponent 0.
static bool
raise_coefficient(Dec *r, const Dec *base, uint64_t n, uint32_t *status)
{
    mpz_t c;
    mpz_init(c);
    bool ok = dec_get_mpz(c, base, status) == 0;
    if (ok) {
        mpz_pow_ui(c, c, n);
        ok = dec_set_mpz(r, c, 0, status) == 0;
    }
    mpz_clear(c);
    return ok;
}

// x ** ±n for an n that gives at most a few times the precision in digits: exact, then finished.
static void
exact_power(Dec *r, const Dec *x, uint64_t n, bool inverse, uint8_t sign, const DecContext *ctx,
            uint32_t *status)
{
    Dec base = *x;
    Dec power;
    int64_t zeros = dec_last_digit(x) == 0 ? dec_trailing_zeros(x) : 0;
    if (dec_copy(&base, x, status) < 0) {
        *r = base;
        return;
    }
    (void)dec_shift_right(&base, zeros);
    bool ok = raise_coefficient(&power, &base, n, status);
    dec_free(&base);
    if (!ok) {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
        return;
    }
    __int128 exp = (__int128)(x->exp + zeros) * (__int128)n;
    if (exp > DEC_EXP_INF || exp < -2 * (__int128)DEC_EXP_INF) {
        exp = exp > 0 ? DEC_EXP_INF : -2 * DEC_EXP_INF;
    }
    power.exp = (int64_t)exp;
    power.flags = 0;
    if (inverse) {
        Dec one;
        dec_set_small(&one, sign, 1, 0);
        dec_divide(r, &one, &power, ctx, status);
        dec_free(&power);
        return;
    }
    // The zeros of the base come back as far as the precision shows them.
    __int128 back = (__int128)zeros * (__int128)n;
    int64_t room = ctx->prec + 1 - power.digits;
    int64_t shift = room <= 0 ? 0 : back < room ? (int64_t)back : room;
    if (dec_shift_left(&power, shift, status) == 0) {
        power.exp -= shift;
        power.flags = sign;
        if (back > shift && shift == 0) {
            *status |= DEC_ROUNDED;
        }
    }
    *r = power;
    if (!dec_is_special(r)) {
        dec_finalize(r, ctx, status);
    }
}

// ---- special operands ----

// 1 with as many zeros behind the point as the precision has, or `places` of them.
static void
padded_one(Dec *r, uint8_t sign, int64_t places, uint32_t *status)
{
    dec_set_small(r, sign, 1, 0);
    if (dec_shift_left(r, places, status) == 0) {
        r->exp = -places;
    }
}

// x is 1 in value.
static void
power_of_one(Dec *r, const Dec *x, const Dec *y, bool integer, uint8_t sign,
             const DecContext *ctx, uint32_t *status)
{
    if (!integer) {
        padded_one(r, sign, ctx->prec - 1, status);
        *status |= DEC_INEXACT | DEC_ROUNDED;
        return;
    }
    int64_t n = 0;
    if (dec_is_negative(y) || x->exp >= 0) {
        dec_set_small(r, sign, 1, 0);
        return;
    }
    if (!dec_get_i64(y, &n)) {
        n = ctx->prec;
    }
    __int128 places = -(__int128)x->exp * n;
    if (places > ctx->prec - 1) {
        places = ctx->prec - 1;
        *status |= DEC_ROUNDED;
    }
    padded_one(r, sign, (int64_t)places, status);
}

// Zero or infinity raised to a power that is not zero, and infinite powers.
static void
power_of_extreme(Dec *r, const Dec *x, const Dec *y, uint8_t sign, uint32_t *status)
{
    bool large;
    if (dec_is_infinite(y)) {
        if (dec_is_negative(x) && !dec_is_zero(x)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
            return;
        }
        large = dec_is_infinite(x) || (!dec_is_zero(x) && dec_adjusted(x) >= 0);
        sign = 0;
    }
    else {
        large = dec_is_infinite(x);
    }
    if (large != dec_is_negative(y)) {
        dec_set_special(r, (uint8_t)(DEC_INF | sign));
    }
    else {
        dec_set_small(r, sign, 0, 0);
    }
}

static bool
is_odd(const Dec *y)
{
    // An integer: the digit of the units.
    if (y->exp > 0) {
        return false;
    }
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(y, scratch, &n);
    return limbs_digit_at(p, n, -y->exp) % 2 == 1;
}

static bool
is_one(const Dec *a)
{
    if (dec_adjusted(a) != 0 || dec_is_special(a)) {
        return false;
    }
    Dec one;
    dec_set_small(&one, 0, 1, 0);
    Dec magnitude = *a;
    magnitude.flags = 0;
    return dec_compare_finite(&magnitude, &one) == 0;
}

// ---- powers ----

// Finite operands, x not 0 or ±1.
static void
power_finite(Dec *r, const Dec *x, const Dec *y, bool integer, uint8_t sign,
             const DecContext *ctx, uint32_t *status)
{
    Dec magnitude = *x;
    magnitude.flags = 0;
    int64_t n;
    if (integer && dec_get_i64(y, &n)) {
        uint64_t count = n < 0 ? -(uint64_t)n : (uint64_t)n;
        int64_t zeros = dec_last_digit(x) == 0 ? dec_trailing_zeros(x) : 0;
        long double digits = (log10_of_coefficient(x) - (long double)zeros) * (long double)count;
        if (digits <= 3 * (long double)ctx->prec + 40) {
            if (digits > 4e9L) {
                dec_set_error(r, DEC_MALLOC_ERROR, status);
                return;
            }
            exact_power(r, &magnitude, count, n < 0, sign, ctx, status);
            return;
        }
    }
    dec_power_real(r, &magnitude, y, sign, ctx, status);
}

void
dec_power(Dec *r, const Dec *x, const Dec *y, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, x, y, NULL, ctx, status)) {
        return;
    }
    if (dec_is_zero(y)) {
        if (dec_is_zero(x)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else {
            dec_set_small(r, 0, 1, 0);
        }
        return;
    }
    bool integer = dec_is_integer(y);
    uint8_t sign = 0;
    if (dec_is_negative(x)) {
        sign = integer && is_odd(y) ? DEC_NEG : 0;
        if (!integer && !dec_is_infinite(y) && !dec_is_zero(x)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
            return;
        }
    }
    if (is_one(x)) {
        if (dec_is_negative(x) && dec_is_infinite(y)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
            return;
        }
        power_of_one(r, x, y, integer, sign, ctx, status);
        return;
    }
    if (dec_is_zero(x) || dec_is_infinite(x) || dec_is_infinite(y)) {
        power_of_extreme(r, x, y, sign, status);
        return;
    }
    power_finite(r, x, y, integer, sign, ctx, status);
}

// ---- modulo an integer ----

// An integer as mpz with its sign.
static bool
integer_of(mpz_t z, const Dec *a, uint32_t *status)
{
    Dec x;
    if (dec_copy(&x, a, status) < 0) {
        return false;
    }
    bool ok = true;
    if (x.exp < 0) {
        (void)dec_shift_right(&x, -x.exp);
    }
    else if (!dec_is_zero(&x)) {
        ok = dec_shift_left(&x, x.exp, status) == 0;
    }
    ok = ok && dec_get_mpz(z, &x, status) == 0;
    if (ok && dec_is_negative(a)) {
        mpz_neg(z, z);
    }
    dec_free(&x);
    return ok;
}

void
dec_power_mod(Dec *r, const Dec *base, const Dec *exp, const Dec *modulus, const DecContext *ctx,
              uint32_t *status)
{
    if (dec_check_nans(r, base, exp, modulus, ctx, status)) {
        return;
    }
    if (!dec_is_integer(base) || !dec_is_integer(exp) || !dec_is_integer(modulus)
        || dec_is_zero(modulus) || (dec_is_negative(exp) && !dec_is_zero(exp))
        || (dec_is_zero(base) && dec_is_zero(exp)) || dec_adjusted(modulus) >= ctx->prec) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    uint8_t sign = dec_is_negative(base) && is_odd(exp) ? DEC_NEG : 0;
    mpz_t b, e, m, ten;
    mpz_inits(b, e, m, ten, NULL);
    Dec coefficient = *base;
    coefficient.flags = 0;
    // Huge exponents of the base are reduced as a power of ten.
    int64_t places = base->exp > 0 && !dec_is_zero(base) ? base->exp : 0;
    coefficient.exp -= places;
    bool ok = integer_of(b, &coefficient, status) && integer_of(e, exp, status)
              && integer_of(m, modulus, status);
    if (ok) {
        mpz_abs(m, m);
        if (places > 0) {
            mpz_set_ui(ten, 10);
            mpz_powm_ui(ten, ten, (unsigned long)places, m);
            mpz_mul(b, b, ten);
        }
        mpz_powm(b, b, e, m);
        ok = dec_set_mpz(r, b, 0, status) == 0;
    }
    mpz_clears(b, e, m, ten, NULL);
    if (!ok) {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
        return;
    }
    r->flags = sign;
    dec_finalize(r, ctx, status);
}
