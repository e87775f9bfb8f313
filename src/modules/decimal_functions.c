// Decimal numbers: square root, exponential, logarithms and powers, correctly rounded. See
// decimal_number.h.
//
// Transcendental values are computed as binary fixed-point numbers of GMP with more digits than
// asked for; when those leave the rounding open, once more with still more (Ziv's strategy).
// ln 10 comes from Machin-like sums of inverse hyperbolic tangents by binary splitting.
//
// GMP ends the process when memory is out, so sizes are limited and room is asked for first.
//
// Threading: pure.
#include <math.h>
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_functions.h"
#include "modules/decimal_number.h"

// More digits than this are refused as a lack of memory.
#define MOST_DIGITS (INT64_C(1) << 32)

#define GUARD_DIGITS 12

// Binary places for that many decimal ones.
static mp_bitcnt_t
bits_of_digits(int64_t digits)
{
    return digits <= 0 ? 0 : (mp_bitcnt_t)((double)digits * 3.3219280948873627) + 2;
}

// Whether a calculation with that many digits can be tried.
static bool
can_calculate(int64_t digits)
{
    if (digits > MOST_DIGITS) {
        return false;
    }
    void *probe = mem_alloc((size_t)digits * 4);
    mem_free(probe);
    return probe != NULL;
}

static DecContext
half_even(const DecContext *ctx)
{
    DecContext result = *ctx;
    result.round = DEC_ROUND_HALF_EVEN;
    return result;
}

// ---- square root ----

// An exact root of the coefficient: true, with the root at its ideal exponent.
static bool
exact_root(Dec *r, const Dec *a, uint32_t *status)
{
    mpz_t c, root;
    mpz_inits(c, root, NULL);
    bool result = false;
    if (dec_get_mpz(c, a, status) == 0) {
        int64_t exp = a->exp;
        if ((exp & 1) != 0) {
            mpz_mul_ui(c, c, 10);
            exp--;
        }
        if (mpz_perfect_square_p(c)) {
            mpz_sqrt(root, c);
            result = dec_set_mpz(r, root, exp / 2, status) == 0;
        }
    }
    mpz_clears(c, root, NULL);
    return result;
}

// The root with prec + 1 digits or more, and a last digit that tells about a remainder.
static void
inexact_root(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    Dec scaled;
    int64_t shift = 2 * (ctx->prec + 1) - a->digits;
    shift = shift < 0 ? 0 : shift;
    shift += (a->exp - shift) & 1;
    if (!can_calculate(shift + a->digits) || dec_copy(&scaled, a, status) < 0
        || dec_shift_left(&scaled, shift, status) < 0) {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
        return;
    }
    mpz_t c, root, rest;
    mpz_inits(c, root, rest, NULL);
    if (dec_get_mpz(c, &scaled, status) == 0) {
        mpz_sqrtrem(root, rest, c);
        if (mpz_sgn(rest) != 0 && mpz_tdiv_ui(root, 5) == 0) {
            mpz_add_ui(root, root, 1);
        }
        (void)dec_set_mpz(r, root, (a->exp - shift) / 2, status);
    }
    else {
        dec_set_special(r, DEC_NAN);
    }
    mpz_clears(c, root, rest, NULL);
    dec_free(&scaled);
}

void
dec_sqrt(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    int64_t ideal = a->exp >> 1;
    if (dec_is_special(a)) {
        if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
            return;
        }
        if (dec_is_negative(a)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
            return;
        }
        dec_set_special(r, DEC_INF);
        return;
    }
    DecContext rounding = half_even(ctx);
    if (dec_is_zero(a)) {
        dec_set_small(r, a->flags, 0, ideal);
        dec_finalize(r, &rounding, status);
        return;
    }
    if (dec_is_negative(a)) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    if (!exact_root(r, a, status)) {
        if (*status & DEC_MALLOC_ERROR) {
            dec_set_special(r, DEC_NAN);
            return;
        }
        inexact_root(r, a, ctx, status);
    }
    dec_finalize(r, &rounding, status);
}

// ---- fixed-point functions: a value v stands for v / 2**bits ----

// sum over k in [from, to) of product of 1/square for from..k, over 2k + 1, as t / (b * q).
static void
split_atanh(mpz_t t, mpz_t b, mpz_t q, unsigned long square, unsigned long from, unsigned long to)
{
    if (to - from == 1) {
        mpz_set_ui(t, 1);
        mpz_set_ui(b, 2 * from + 1);
        mpz_set_ui(q, square);
        return;
    }
    unsigned long middle = from + (to - from) / 2;
    mpz_t t2, b2, q2;
    mpz_inits(t2, b2, q2, NULL);
    split_atanh(t, b, q, square, from, middle);
    split_atanh(t2, b2, q2, square, middle, to);
    mpz_mul(t, t, b2);
    mpz_mul(t, t, q2);
    mpz_addmul(t, b, t2);
    mpz_mul(b, b, b2);
    mpz_mul(q, q, q2);
    mpz_clears(t2, b2, q2, NULL);
}

// r += factor * atanh(1 / x).
static void
add_atanh(mpz_t r, unsigned long factor, unsigned long x, mp_bitcnt_t bits)
{
    mpz_t t, b, q;
    mpz_inits(t, b, q, NULL);
    unsigned long terms = (unsigned long)((double)bits / (2 * log2((double)x))) + 2;
    split_atanh(t, b, q, x * x, 0, terms);
    mpz_mul_ui(t, t, factor * x);
    mpz_mul_2exp(t, t, bits);
    mpz_mul(b, b, q);
    mpz_tdiv_q(t, t, b);
    mpz_add(r, r, t);
    mpz_clears(t, b, q, NULL);
}

// ln 10 with 1024 binary places.
#define LN10_BITS 1024
static const mp_limb_t ln10_words[] = {
    0x1a7a963a4c17a607u, 0x6c22c15f57b7883du, 0x3a4cda3511e2713du, 0x299ecd6c8d814216u,
    0x4586ed2748671eefu, 0xbd9b3ac12acf1be9u, 0xd96a9b0ec360c7efu, 0xe0b3e28a2a324479u,
    0xee3de2100b945b59u, 0xb1889061042f8b6bu, 0x31c32f00b17c35a0u, 0x58bc0b5ec6a04173u,
    0x0f187a0807c0b5cau, 0x8a3fb3e76977e43au, 0xa95b58ae0b4c28a3u, 0x4d763776aaa2b05bu,
    0x0000000000000002u,
};

static void
fixed_ln10(mpz_t r, mp_bitcnt_t bits)
{
    if (bits <= LN10_BITS) {
        mpz_t all;
        mpz_roinit_n(all, ln10_words, sizeof ln10_words / sizeof *ln10_words);
        mpz_fdiv_q_2exp(r, all, LN10_BITS - bits);
        return;
    }
    mp_bitcnt_t extra = bits + 16;
    mpz_set_ui(r, 0);
    add_atanh(r, 46, 31, extra);
    add_atanh(r, 34, 49, extra);
    add_atanh(r, 20, 161, extra);
    mpz_fdiv_q_2exp(r, r, 16);
}

// exp(x) for |x| below 8, to within a few units: halvings, Taylor's series, squarings.
static void
fixed_exp(mpz_t r, const mpz_t x, mp_bitcnt_t bits)
{
    mp_bitcnt_t halvings = (mp_bitcnt_t)sqrt((double)bits) / 2 + 6;
    mp_bitcnt_t work = bits + 2 * halvings + 16;
    mpz_t argument, term;
    mpz_inits(argument, term, NULL);
    mpz_mul_2exp(argument, x, work - bits - halvings);
    mpz_set_ui(r, 1);
    mpz_mul_2exp(r, r, work);
    mpz_set(term, r);
    for (unsigned long k = 1; mpz_sgn(term) != 0; k++) {
        mpz_mul(term, term, argument);
        mpz_tdiv_q_2exp(term, term, work);
        mpz_tdiv_q_ui(term, term, k);
        mpz_add(r, r, term);
    }
    for (mp_bitcnt_t i = 0; i < halvings; i++) {
        mpz_mul(r, r, r);
        mpz_fdiv_q_2exp(r, r, work);
    }
    mpz_fdiv_q_2exp(r, r, work - bits);
    mpz_clears(argument, term, NULL);
}

// One step of Halley's iteration for ln(m): the correct places of y triple.
static void
improve_ln(mpz_t y, const mpz_t m, mp_bitcnt_t bits)
{
    mpz_t e, sum;
    mpz_inits(e, sum, NULL);
    fixed_exp(e, y, bits);
    mpz_add(sum, m, e);
    mpz_sub(e, m, e);
    mpz_mul_2exp(e, e, bits + 1);
    mpz_tdiv_q(e, e, sum);
    mpz_add(y, y, e);
    mpz_clears(e, sum, NULL);
}

// ln(m) for m between 1/8 and 8, to within a few units.
static void
fixed_ln(mpz_t r, const mpz_t m, mp_bitcnt_t bits)
{
    // The precision of each step, from the last backwards.
    mp_bitcnt_t steps[64];
    int count = 0;
    for (mp_bitcnt_t wanted = bits; wanted > 48; wanted = wanted / 3 + 8) {
        steps[count++] = wanted;
    }
    long exponent;
    double fraction = mpz_get_d_2exp(&exponent, m);
    double start = log(ldexp(fraction, (int)(exponent - (long)bits)));
    mpz_set_d(r, ldexp(start, 52));
    mp_bitcnt_t have = 52;
    mpz_t part;
    mpz_init(part);
    while (count > 0) {
        mp_bitcnt_t next = steps[--count];
        next = next < bits ? next + 8 : bits;
        next = next < bits ? next : bits;
        if (next >= have) {
            mpz_mul_2exp(r, r, next - have);
        }
        else {
            mpz_fdiv_q_2exp(r, r, have - next);
        }
        have = next;
        mpz_fdiv_q_2exp(part, m, bits - next);
        improve_ln(r, part, next);
    }
    if (have < bits) {
        mpz_mul_2exp(r, r, bits - have);
    }
    else {
        mpz_fdiv_q_2exp(r, r, have - bits);
    }
    mpz_clear(part);
}

// The value of a number below 2**200 in magnitude, rounded down towards zero.
static bool
fixed_from_dec(mpz_t r, const Dec *a, mp_bitcnt_t bits, uint32_t *status)
{
    mpz_t power;
    mpz_init(power);
    bool ok = false;
    int64_t places = a->exp < 0 ? -a->exp : a->exp;
    if (a->exp < 0 && places - a->digits > (int64_t)bits) {
        mpz_set_ui(r, 0);       // below one unit
        ok = true;
    }
    else if (dec_get_mpz(r, a, status) == 0 && dec_mpz_power10(power, places)) {
        if (a->exp < 0) {
            mpz_mul_2exp(r, r, bits);
            mpz_tdiv_q(r, r, power);
        }
        else {
            mpz_mul(r, r, power);
            mpz_mul_2exp(r, r, bits);
        }
        ok = true;
    }
    else {
        *status |= DEC_MALLOC_ERROR;
    }
    if (ok && dec_is_negative(a)) {
        mpz_neg(r, r);
    }
    mpz_clear(power);
    return ok;
}

// floor(v * 10**places) for the fixed-point value v.
static bool
fixed_to_digits(mpz_t v, int64_t places, mp_bitcnt_t bits)
{
    mpz_t power;
    mpz_init(power);
    bool ok = dec_mpz_power10(power, places);
    if (ok) {
        mpz_mul(v, v, power);
        mpz_fdiv_q_2exp(v, v, bits);
    }
    mpz_clear(power);
    return ok;
}

// ---- rounding of approximations ----

// Whether digits that are wrong by less than 16 units round like the exact, inexpressible value: the
// part that is cut off must not be near one half, nor near zero when the mode looks there.
static bool
rounds_safely(const mpz_t digits, int64_t exp, const DecContext *ctx)
{
    int64_t count = (int64_t)mpz_sizeinbase(digits, 10);
    mpz_t power, rest;
    mpz_inits(power, rest, NULL);
    bool safe = true;
    // The size may be one too large: both places are looked at.
    for (int64_t n = count; n >= count - 1 && safe; n--) {
        int64_t cut = n - ctx->prec;
        cut = exp + cut < dec_etiny(ctx) ? dec_etiny(ctx) - exp : cut;
        if (cut > count + 2) {
            continue;
        }
        if (cut < 2) {
            safe = false;
            break;
        }
        mpz_ui_pow_ui(power, 10, (unsigned long)cut);
        mpz_tdiv_r(rest, digits, power);
        mpz_abs(rest, rest);
        bool low = mpz_cmp_ui(rest, 16) <= 0;
        mpz_sub(rest, power, rest);
        bool high = mpz_cmp_ui(rest, 16) <= 0;
        mpz_tdiv_q_2exp(power, power, 1);
        mpz_sub(rest, rest, power);
        bool half = mpz_cmpabs_ui(rest, 16) <= 0;
        bool directed = ctx->round < DEC_ROUND_HALF_UP || ctx->round > DEC_ROUND_HALF_EVEN;
        safe = !half && !(directed && (low || high));
    }
    mpz_clears(power, rest, NULL);
    return safe;
}

// The digits as an inexact result.
static void
finish_digits(Dec *r, const mpz_t digits, int64_t exp, const DecContext *ctx, uint32_t *status)
{
    if (dec_set_mpz(r, digits, exp, status) == 0) {
        dec_finalize(r, ctx, status);
        *status |= DEC_INEXACT | DEC_ROUNDED;
        if (*status & DEC_SUBNORMAL) {
            *status |= DEC_UNDERFLOW;
        }
    }
}

// ---- exponential ----

// exp of the fixed-point value v as digits and exponent: `places` digits behind the first.
static bool
exp_digits(mpz_t v, int64_t *exp, int64_t places, mp_bitcnt_t bits)
{
    mpz_t ln10, quotient;
    mpz_inits(ln10, quotient, NULL);
    fixed_ln10(ln10, bits);
    mpz_fdiv_qr(quotient, v, v, ln10);
    // Beyond any exponent, but safe to calculate with.
    const int64_t most = INT64_C(4000000000000000000);
    int64_t power = mpz_fits_slong_p(quotient) ? mpz_get_si(quotient) : mpz_sgn(quotient) * most;
    *exp = (power > most ? most : power < -most ? -most : power) - places;
    fixed_exp(ln10, v, bits);
    mpz_swap(v, ln10);
    bool ok = fixed_to_digits(v, places, bits);
    mpz_clears(ln10, quotient, NULL);
    return ok;
}

// Results that cannot be in range: overflow, or underflow to zero.
static void
out_of_range(Dec *r, uint8_t sign, bool large, const DecContext *ctx, uint32_t *status)
{
    if (large) {
        dec_set_small(r, sign, 1, ctx->emax + 1);
    }
    else {
        dec_set_small(r, sign, 1, dec_etiny(ctx) - 2);
    }
    dec_finalize(r, ctx, status);
}

// 1, or its neighbour where the mode says so: the exact result differs by less than any digit.
static void
nearly_one(Dec *r, uint8_t sign, bool above, const DecContext *ctx, uint32_t *status)
{
    Dec one, tiny;
    dec_set_small(&one, sign, 1, 0);
    dec_set_small(&tiny, above ? sign : sign ^ DEC_NEG, 1, -ctx->prec - 5);
    dec_add(r, &one, &tiny, ctx, status);
}

static void
exp_finite(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    mpz_t v;
    mpz_init(v);
    bool done = false;
    for (int64_t extra = GUARD_DIGITS; !done; extra *= 3) {
        int64_t places = ctx->prec + extra;
        if (!can_calculate(places)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        mp_bitcnt_t bits = bits_of_digits(places) + 96;     // quotients by ln 10 have 64 bits
        int64_t exp;
        if (!fixed_from_dec(v, a, bits, status) || !exp_digits(v, &exp, places, bits)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        if (rounds_safely(v, exp, ctx)) {
            finish_digits(r, v, exp, ctx, status);
            done = true;
        }
    }
    mpz_clear(v);
}

void
dec_exp(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    if (dec_is_special(a)) {
        if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
            return;
        }
        if (dec_is_negative(a)) {
            dec_set_small(r, 0, 0, 0);
        }
        else {
            dec_set_special(r, DEC_INF);
        }
        return;
    }
    if (dec_is_zero(a)) {
        dec_set_small(r, 0, 1, 0);
        return;
    }
    DecContext rounding = half_even(ctx);
    bool negative = dec_is_negative(a);
    if (dec_adjusted(a) < -(ctx->prec + 1)) {
        nearly_one(r, 0, !negative, &rounding, status);
    }
    else if (dec_adjusted(a) > 19) {
        out_of_range(r, 0, !negative, &rounding, status);
    }
    else {
        exp_finite(r, a, &rounding, status);
    }
}

// ---- logarithms ----

// a = m * 10**shift with m between 0.3 and 3.3: m as a fixed-point number.
static bool
split_for_ln(mpz_t m, int64_t *shift, const Dec *a, mp_bitcnt_t bits, uint32_t *status)
{
    Dec mantissa = *a;
    mantissa.flags = 0;
    *shift = dec_adjusted(a);
    mantissa.exp = 1 - a->digits;
    if (!fixed_from_dec(m, &mantissa, bits, status)) {
        return false;
    }
    mpz_t limit;
    mpz_init(limit);
    mpz_set_ui(limit, 3);
    mpz_mul_2exp(limit, limit, bits);
    bool ok = true;
    if (mpz_cmp(m, limit) > 0) {
        mantissa.exp--;
        ++*shift;
        ok = fixed_from_dec(m, &mantissa, bits, status);
    }
    mpz_clear(limit);
    return ok;
}

// How many zeros behind the point |a - 1| starts with; 0 when a is not near 1.
static int64_t
closeness_to_one(const Dec *a, uint32_t *status)
{
    if (dec_adjusted(a) != 0 && dec_adjusted(a) != -1) {
        return 0;
    }
    Dec one, difference;
    dec_set_small(&one, 0, 1, 0);
    Dec magnitude = *a;
    magnitude.flags = 0;
    dec_subtract(&difference, &magnitude, &one, &dec_max_context, status);
    int64_t zeros = dec_is_zero(&difference) ? 0 : -dec_adjusted(&difference);
    dec_free(&difference);
    return zeros > 0 ? zeros : 0;
}

// ln |a| as a fixed-point number.
static bool
ln_of_dec(mpz_t v, const Dec *a, mp_bitcnt_t bits, uint32_t *status)
{
    int64_t shift;
    mpz_t m, ln10;
    mpz_inits(m, ln10, NULL);
    mp_bitcnt_t work = bits + 72;       // the shift has 62 bits
    bool ok = split_for_ln(m, &shift, a, work, status);
    if (ok) {
        fixed_ln(v, m, work);
        if (shift != 0) {
            fixed_ln10(ln10, work);
            mpz_mul_si(ln10, ln10, shift);
            mpz_add(v, v, ln10);
        }
        mpz_tdiv_q_2exp(v, v, work - bits);
    }
    mpz_clears(m, ln10, NULL);
    return ok;
}

static void
log_finite(Dec *r, const Dec *a, bool base10, const DecContext *ctx, uint32_t *status)
{
    mpz_t v, ln10;
    mpz_inits(v, ln10, NULL);
    int64_t zeros = closeness_to_one(a, status);
    bool done = false;
    for (int64_t extra = GUARD_DIGITS; !done; extra *= 3) {
        int64_t places = ctx->prec + zeros + extra;
        if (!can_calculate(places)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        mp_bitcnt_t bits = bits_of_digits(places) + 8;
        if (!ln_of_dec(v, a, bits, status)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        if (base10) {
            fixed_ln10(ln10, bits + 72);
            mpz_mul_2exp(v, v, bits + 72);
            mpz_tdiv_q(v, v, ln10);
        }
        if (!fixed_to_digits(v, places, bits)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        if (rounds_safely(v, -places, ctx)) {
            finish_digits(r, v, -places, ctx, status);
            done = true;
        }
    }
    mpz_clears(v, ln10, NULL);
}

// 1 * 10**n: its logarithm is exact.
static bool
is_power_of_ten(const Dec *a)
{
    if (dec_is_zero(a)) {
        return false;
    }
    if (dec_is_small(a)) {
        return dec_small(a) == dec_power10((int)a->digits - 1);
    }
    return dec_trailing_zeros(a) == a->digits - 1
           && limbs_digit_at(a->limbs, dec_word_count(a->digits), a->digits - 1) == 1;
}

static void
logarithm(Dec *r, const Dec *a, bool base10, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
        return;
    }
    if (dec_is_zero(a)) {
        dec_set_special(r, DEC_INF | DEC_NEG);
        return;
    }
    if (dec_is_negative(a)) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    if (dec_is_infinite(a)) {
        dec_set_special(r, DEC_INF);
        return;
    }
    DecContext rounding = half_even(ctx);
    if (is_power_of_ten(a) && (base10 || dec_adjusted(a) == 0)) {
        dec_set_i64(r, dec_adjusted(a));
        if (base10) {
            dec_finalize(r, &rounding, status);
        }
        return;
    }
    log_finite(r, a, base10, &rounding, status);
}

void
dec_ln(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    logarithm(r, a, false, ctx, status);
}

void
dec_log10(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    logarithm(r, a, true, ctx, status);
}

// ---- powers ----

// About log10 |ln x|, a little too small or too large by less than one.
static int64_t
magnitude_of_ln(const Dec *x, int64_t zeros)
{
    int64_t adjusted = dec_adjusted(x);
    if (adjusted == 0 || adjusted == -1) {
        return -zeros;
    }
    uint64_t size = adjusted < 0 ? (uint64_t)-adjusted : (uint64_t)adjusted;
    return dec_count_digits(size);
}

// exp(y * ln x) as digits with `places` behind the first; false without memory. *sign is that of
// the exponent, *tiny tells that it is smaller than any digit.
static bool
power_digits(mpz_t v, int64_t *exp, const Dec *x, const Dec *y, int64_t magnitude, int64_t places,
             uint32_t *status)
{
    // The product has an absolute error of |y| units of the logarithm.
    int64_t size = dec_adjusted(y) + 1;
    mp_bitcnt_t bits = bits_of_digits(places) + 96;
    mp_bitcnt_t work = bits + (size > 0 ? bits_of_digits(size) : 0);
    mpz_t c, power;
    mpz_inits(c, power, NULL);
    bool ok = can_calculate(places + (size > 0 ? size : 0) + y->digits)
              && ln_of_dec(v, x, work, status) && dec_get_mpz(c, y, status) == 0;
    if (ok) {
        int64_t scale = y->exp < 0 ? -y->exp : y->exp;
        mpz_mul(v, v, c);
        if (y->exp < 0 && scale - y->digits > places + magnitude + 64) {
            mpz_set_ui(v, 0);
        }
        else if ((ok = dec_mpz_power10(power, scale))) {
            if (y->exp < 0) {
                mpz_tdiv_q(v, v, power);
            }
            else {
                mpz_mul(v, v, power);
            }
        }
        if (dec_is_negative(y)) {
            mpz_neg(v, v);
        }
        mpz_tdiv_q_2exp(v, v, work - bits);
        ok = ok && exp_digits(v, exp, places, bits);
    }
    mpz_clears(c, power, NULL);
    return ok;
}

// Powers like 4 ** 0.5 are exact, or ties: no number of digits decides. The digits are taken at their
// word when the last ones are all 0 or all 9.
static void
finish_exact(Dec *r, mpz_t digits, int64_t exp, int64_t drop, const DecContext *ctx,
             uint32_t *status)
{
    mpz_t power;
    mpz_init(power);
    if (dec_mpz_power10(power, drop)) {
        mpz_t half;
        mpz_init(half);
        mpz_tdiv_q_2exp(half, power, 1);
        mpz_add(digits, digits, half);
        mpz_fdiv_q(digits, digits, power);
        mpz_clear(half);
        finish_digits(r, digits, exp + drop, ctx, status);
    }
    else {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
    }
    mpz_clear(power);
}

void
dec_power_real(Dec *r, const Dec *x, const Dec *y, uint8_t sign, const DecContext *ctx,
               uint32_t *status)
{
    int64_t zeros = closeness_to_one(x, status);
    int64_t magnitude = magnitude_of_ln(x, zeros);
    int64_t size = dec_adjusted(y) + magnitude;
    bool grows = (dec_adjusted(x) >= 0) != dec_is_negative(y);
    if (size > 20) {
        out_of_range(r, sign, grows, ctx, status);
        return;
    }
    if (size < -(ctx->prec + 3)) {
        nearly_one(r, sign, grows, ctx, status);
        return;
    }
    DecContext unsigned_mode = *ctx;
    if (sign != 0 && (ctx->round == DEC_ROUND_CEILING || ctx->round == DEC_ROUND_FLOOR)) {
        unsigned_mode.round = ctx->round == DEC_ROUND_CEILING ? DEC_ROUND_FLOOR
                                                              : DEC_ROUND_CEILING;
    }
    mpz_t v;
    mpz_init(v);
    for (int64_t extra = GUARD_DIGITS;; extra *= 3) {
        int64_t places = ctx->prec + extra;
        int64_t exp;
        if (!power_digits(v, &exp, x, y, magnitude, places, status)) {
            dec_set_error(r, DEC_MALLOC_ERROR, status);
            break;
        }
        if (rounds_safely(v, exp, ctx)) {
            finish_digits(r, v, exp, &unsigned_mode, status);
            break;
        }
        if (extra > 2 * ctx->prec + 40) {
            finish_exact(r, v, exp, extra / 2, &unsigned_mode, status);
            break;
        }
    }
    mpz_clear(v);
    if (!dec_is_nan(r)) {
        r->flags |= sign;
    }
}
