// Decimal numbers: making, shifting, rounding and finishing them. See decimal_number.h.
//
// Threading: pure.
#include "modules/decimal_number.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/gmp_room.h"

const DecContext dec_max_context = {
    .prec = DEC_MAX_PREC,
    .emax = DEC_MAX_EMAX,
    .emin = DEC_MIN_EMIN,
    .round = DEC_ROUND_HALF_EVEN,
    .clamp = 0,
};

// ---- making ----

void
dec_free(Dec *a)
{
    if (!dec_is_small(a)) {
        mem_free(a->limbs);
        a->digits = 0;
    }
}

void
dec_set_small(Dec *r, uint8_t sign, u128 coefficient, int64_t exp)
{
    r->flags = sign & DEC_NEG;
    r->exp = exp;
    r->digits = dec_count_digits(coefficient);
    r->lo = (uint64_t)coefficient;
    r->hi = (uint64_t)(coefficient >> 64);
}

void
dec_set_i64(Dec *r, int64_t value)
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    dec_set_small(r, value < 0 ? DEC_NEG : 0, magnitude, 0);
}

void
dec_set_special(Dec *r, uint8_t flags)
{
    *r = (Dec){.flags = flags};
}

void
dec_set_error(Dec *r, uint32_t condition, uint32_t *status)
{
    dec_set_special(r, DEC_NAN);
    *status |= condition;
}

static int
no_memory(Dec *r, uint32_t *status)
{
    dec_set_error(r, DEC_MALLOC_ERROR, status);
    return -1;
}

int
dec_copy(Dec *r, const Dec *a, uint32_t *status)
{
    *r = *a;
    if (!dec_is_small(a)) {
        size_t n = dec_word_count(a->digits);
        r->limbs = limbs_alloc(n);
        if (r->limbs == NULL) {
            return no_memory(r, status);
        }
        memcpy(r->limbs, a->limbs, n * sizeof *r->limbs);
    }
    return 0;
}

// Fixes digits and form of a coefficient that lies in limbs.
static void
adopt_limbs(Dec *r, uint64_t *limbs, size_t n)
{
    n = limbs_trim(limbs, n);
    int64_t digits = limbs_digits(limbs, n);
    if (digits > DEC_SMALL_DIGITS) {
        r->digits = digits;
        r->limbs = limbs;
        return;
    }
    u128 c = n == 0 ? 0 : n == 1 ? limbs[0] : (u128)limbs[1] * DEC_BASE + limbs[0];
    r->digits = digits;
    r->lo = (uint64_t)c;
    r->hi = (uint64_t)(c >> 64);
    mem_free(limbs);
}

void
dec_set_limbs_steal(Dec *r, uint8_t sign, uint64_t *limbs, size_t n, int64_t exp)
{
    r->flags = sign & DEC_NEG;
    r->exp = exp;
    adopt_limbs(r, limbs, n);
}

int
dec_set_wide(Dec *r, uint8_t sign, const uint64_t w[4], int64_t exp, uint32_t *status)
{
    if ((w[2] | w[3]) == 0) {
        u128 c = (u128)w[1] << 64 | w[0];
        if (c < dec_power10(DEC_SMALL_DIGITS)) {
            dec_set_small(r, sign, c, exp);
            return 0;
        }
    }
    uint64_t binary[4] = {w[0], w[1], w[2], w[3]};
    uint64_t *limbs = limbs_alloc(limbs_binary_room(4));
    if (limbs == NULL) {
        return no_memory(r, status);
    }
    dec_set_limbs_steal(r, sign, limbs, limbs_from_binary(limbs, binary, 4), exp);
    return 0;
}

int
dec_set_mpz(Dec *r, const mpz_t z, int64_t exp, uint32_t *status)
{
    size_t n = mpz_size(z);
    uint8_t sign = mpz_sgn(z) < 0 ? DEC_NEG : 0;
    const mp_limb_t *words = mpz_limbs_read(z);
    if (n <= 3) {
        uint64_t w[4] = {n > 0 ? words[0] : 0, n > 1 ? words[1] : 0, n > 2 ? words[2] : 0, 0};
        return dec_set_wide(r, sign, w, exp, status);
    }
    uint64_t *binary = limbs_alloc(n);
    uint64_t *limbs = limbs_alloc(limbs_binary_room(n));
    size_t count = SIZE_MAX;
    if (binary != NULL && limbs != NULL) {
        memcpy(binary, words, n * sizeof *binary);
        count = limbs_from_binary(limbs, binary, n);
    }
    mem_free(binary);
    if (count == SIZE_MAX) {
        mem_free(limbs);
        return no_memory(r, status);
    }
    dec_set_limbs_steal(r, sign, limbs, count, exp);
    return 0;
}

int
dec_get_mpz(mpz_t z, const Dec *a, uint32_t *status)
{
    if (dec_is_small(a)) {
        mp_limb_t *words = mpz_limbs_write(z, 2);
        words[0] = a->lo;
        words[1] = a->hi;
        mpz_limbs_finish(z, a->hi != 0 ? 2 : a->lo != 0);
        return 0;
    }
    size_t n = dec_word_count(a->digits);
    if (n > ((size_t)1 << 30)) {
        *status |= DEC_MALLOC_ERROR;
        return -1;
    }
    mp_limb_t *words = mpz_limbs_write(z, (mp_size_t)n + 1);
    size_t count = limbs_to_binary(words, a->limbs, n);
    if (count == SIZE_MAX) {
        mpz_limbs_finish(z, 0);
        *status |= DEC_MALLOC_ERROR;
        return -1;
    }
    mpz_limbs_finish(z, (mp_size_t)count);
    return 0;
}

bool
dec_mpz_power10(mpz_t z, int64_t k)
{
    if (k < 0 || k > INT64_C(1) << 34) {
        return false;
    }
    if (!gmp_has_room((size_t)k / 2)) {     // 3.32 bits for each place
        return false;
    }
    mpz_ui_pow_ui(z, 10, (unsigned long)k);
    return true;
}

// ---- shifting ----

int
dec_shift_left(Dec *r, int64_t k, uint32_t *status)
{
    if (k <= 0 || (dec_is_small(r) && (r->lo | r->hi) == 0)) {
        return 0;
    }
    if (r->digits + k <= DEC_SMALL_DIGITS) {
        u128 c = dec_small(r) * dec_power10((int)k);
        r->lo = (uint64_t)c;
        r->hi = (uint64_t)(c >> 64);
        r->digits += k;
        return 0;
    }
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(r, scratch, &n);
    uint64_t *limbs = k > DEC_MAX_PREC * 4 ? NULL
                                           : limbs_alloc(n + (size_t)(k / DEC_WORD_DIGITS) + 1);
    if (limbs == NULL) {
        dec_free(r);
        return no_memory(r, status);
    }
    n = limbs_shift_left(limbs, p, n, k);
    dec_free(r);
    adopt_limbs(r, limbs, n);
    return 0;
}

static int
rest_of_small(u128 rest, u128 power)
{
    u128 half = power / 2;
    return rest == 0 ? DEC_REST_ZERO : rest < half ? DEC_REST_LOW
                                   : rest == half  ? DEC_REST_HALF
                                                   : DEC_REST_HIGH;
}

static inline u128
divide_small(u128 c, int k, u128 *rest)
{
    if (k <= DEC_WORD_DIGITS && c >> 64 == 0) {
        uint64_t power = dec_power_table[k][0];
        uint64_t q = (uint64_t)c / power;
        *rest = (uint64_t)c - q * power;
        return q;
    }
    u128 power = dec_power10(k);
    u128 q = c / power;
    *rest = c - q * power;
    return q;
}

int
dec_shift_right(Dec *r, int64_t k)
{
    if (k <= 0) {
        return DEC_REST_ZERO;
    }
    if (dec_is_small(r)) {
        u128 c = dec_small(r);
        if (k > DEC_SMALL_DIGITS) {
            dec_set_small(r, r->flags, 0, r->exp);
            return c == 0 ? DEC_REST_ZERO : DEC_REST_LOW;
        }
        u128 rest;
        u128 q = divide_small(c, (int)k, &rest);
        dec_set_small(r, r->flags, q, r->exp);
        return rest_of_small(rest, dec_power10((int)k));
    }
    int rest;
    uint64_t *limbs = r->limbs;
    size_t n = limbs_shift_right(limbs, limbs, dec_word_count(r->digits), k, &rest);
    adopt_limbs(r, limbs, n);
    return rest;
}

unsigned
dec_last_digit(const Dec *a)
{
    return (unsigned)(dec_is_small(a) ? (uint64_t)(dec_small(a) % 10) : a->limbs[0] % 10);
}

int64_t
dec_trailing_zeros(const Dec *a)
{
    int64_t zeros = 0;
    u128 c;
    if (dec_is_small(a)) {
        c = dec_small(a);
    }
    else {
        size_t i = 0;
        while (a->limbs[i] == 0) {
            i++;
            zeros += DEC_WORD_DIGITS;
        }
        c = a->limbs[i];
    }
    for (int k = 32; k > 0 && c != 0; k /= 2) {
        if (c >= dec_power10(k) && c % dec_power10(k) == 0) {
            c /= dec_power10(k);
            zeros += k;
        }
    }
    return zeros;
}

void
dec_strip_zeros(Dec *r, int64_t limit)
{
    if (limit <= 0 || dec_is_special(r) || dec_is_zero(r) || dec_last_digit(r) != 0) {
        return;
    }
    int64_t zeros = dec_trailing_zeros(r);
    zeros = zeros < limit ? zeros : limit;
    (void)dec_shift_right(r, zeros);
    r->exp += zeros;
}

void
dec_increment(Dec *r, uint32_t *status)
{
    if (dec_is_small(r) && r->digits < DEC_SMALL_DIGITS) {
        dec_set_small(r, r->flags, dec_small(r) + 1, r->exp);
        return;
    }
    uint64_t scratch[2];
    size_t n;
    const uint64_t one = 1;
    const uint64_t *p = dec_limbs(r, scratch, &n);
    uint64_t *limbs = limbs_alloc(n + 1);
    if (limbs == NULL) {
        dec_free(r);
        no_memory(r, status);
        return;
    }
    n = limbs_add(limbs, p, n, &one, 1);
    dec_free(r);
    adopt_limbs(r, limbs, n);
}

bool
dec_rounds_up(int mode, int rest, unsigned last_digit, bool negative)
{
    if (rest == DEC_REST_ZERO) {
        return false;
    }
    switch (mode) {
        case DEC_ROUND_UP:
            return true;
        case DEC_ROUND_CEILING:
            return !negative;
        case DEC_ROUND_FLOOR:
            return negative;
        case DEC_ROUND_HALF_UP:
            return rest >= DEC_REST_HALF;
        case DEC_ROUND_HALF_DOWN:
            return rest > DEC_REST_HALF;
        case DEC_ROUND_HALF_EVEN:
            return rest > DEC_REST_HALF || (rest == DEC_REST_HALF && (last_digit & 1) != 0);
        case DEC_ROUND_05UP:
            return last_digit % 5 == 0;
        default:
            return false;
    }
}

// ---- finishing ----

static bool
overflows_to_infinity(int mode, bool negative)
{
    return mode == DEC_ROUND_CEILING ? !negative
           : mode == DEC_ROUND_FLOOR ? negative
                                     : mode != DEC_ROUND_DOWN && mode != DEC_ROUND_05UP;
}

// 10**prec - 1 as a coefficient.
static int
set_nines(Dec *r, int64_t prec, uint32_t *status)
{
    if (prec <= DEC_SMALL_DIGITS) {
        dec_set_small(r, r->flags, dec_power10((int)prec) - 1, r->exp);
        return 0;
    }
    size_t n = dec_word_count(prec);
    uint64_t *limbs = limbs_alloc(n);
    if (limbs == NULL) {
        return no_memory(r, status);
    }
    for (size_t i = 0; i < n; i++) {
        limbs[i] = DEC_BASE - 1;
    }
    if (prec % DEC_WORD_DIGITS != 0) {
        limbs[n - 1] = dec_power_table[prec % DEC_WORD_DIGITS][0] - 1;
    }
    adopt_limbs(r, limbs, n);
    return 0;
}

static void
overflow(Dec *r, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign = r->flags & DEC_NEG;
    *status |= DEC_OVERFLOW | DEC_INEXACT | DEC_ROUNDED;
    dec_free(r);
    if (overflows_to_infinity(ctx->round, sign != 0)) {
        dec_set_special(r, DEC_INF | sign);
        return;
    }
    dec_set_small(r, sign, 0, dec_etop(ctx));
    if (set_nines(r, ctx->prec, status) == 0) {
        r->flags = sign;
        r->exp = dec_etop(ctx);
    }
}

static void
clamp_zero(Dec *r, const DecContext *ctx, uint32_t *status)
{
    int64_t low = dec_etiny(ctx);
    int64_t high = ctx->clamp ? dec_etop(ctx) : ctx->emax;
    if (r->exp < low || r->exp > high) {
        r->exp = r->exp < low ? low : high;
        *status |= DEC_CLAMPED;
    }
}

void
dec_fix_nan(Dec *r, const DecContext *ctx)
{
    int64_t keep = ctx->prec - (ctx->clamp != 0);
    if (r->digits <= keep || r->digits == 0) {
        return;
    }
    uint8_t flags = r->flags;
    if (dec_is_small(r)) {
        u128 c = dec_small(r) % dec_power10((int)keep);
        dec_set_small(r, flags, c, 0);
    }
    else {
        // The lower digits: whole words, and the rest of one.
        size_t n = dec_word_count(keep);
        uint64_t *limbs = r->limbs;
        if (keep % DEC_WORD_DIGITS != 0) {
            limbs[n - 1] %= dec_power_table[keep % DEC_WORD_DIGITS][0];
        }
        adopt_limbs(r, limbs, n);
    }
    r->flags = flags;
    r->exp = 0;
    if (dec_is_small(r) && (r->lo | r->hi) == 0) {
        r->digits = 0;
    }
}

// Drops k digits of a number whose adjusted exponent is adj.
static void
round_off(Dec *r, int64_t k, bool subnormal, const DecContext *ctx, uint32_t *status)
{
    int rest = dec_shift_right(r, k);
    r->exp += k;
    *status |= DEC_ROUNDED;
    if (rest != DEC_REST_ZERO) {
        *status |= DEC_INEXACT;
        if (subnormal) {
            *status |= DEC_UNDERFLOW;
        }
        if (dec_rounds_up(ctx->round, rest, dec_last_digit(r), dec_is_negative(r))) {
            dec_increment(r, status);
            if (r->digits > ctx->prec && !dec_is_special(r)) {
                (void)dec_shift_right(r, 1);    // 999…9 + 1
                r->exp++;
            }
        }
    }
    if (subnormal && dec_is_zero(r)) {
        *status |= DEC_CLAMPED;
    }
}

void
dec_finalize(Dec *r, const DecContext *ctx, uint32_t *status)
{
    int64_t adjusted = dec_adjusted(r);
    if (r->digits <= ctx->prec && adjusted >= ctx->emin && adjusted <= ctx->emax && !ctx->clamp
        && !dec_is_special(r) && (r->lo != 0 || r->digits > 1)) {
        return;
    }
    if (dec_is_special(r)) {
        if (dec_is_nan(r)) {
            dec_fix_nan(r, ctx);
        }
        return;
    }
    if (dec_is_zero(r)) {
        clamp_zero(r, ctx, status);
        return;
    }
    if (adjusted > ctx->emax) {
        overflow(r, ctx, status);
        return;
    }
    int64_t k = r->digits - ctx->prec;
    bool subnormal = adjusted < ctx->emin;
    if (subnormal) {
        *status |= DEC_SUBNORMAL;
        int64_t etiny = dec_etiny(ctx);
        if (r->exp + (k > 0 ? k : 0) < etiny) {
            k = etiny - r->exp;
        }
    }
    if (k > 0) {
        round_off(r, k, subnormal, ctx, status);
        if (dec_is_special(r)) {
            return;
        }
        if (dec_adjusted(r) > ctx->emax) {
            overflow(r, ctx, status);
            return;
        }
    }
    if (ctx->clamp && r->exp > dec_etop(ctx)) {
        int64_t shift = r->exp - dec_etop(ctx);
        *status |= DEC_CLAMPED;
        if (dec_is_zero(r)) {
            r->exp = dec_etop(ctx);
        }
        else if (dec_shift_left(r, shift, status) == 0) {
            r->exp -= shift;
        }
    }
}

bool
dec_check_nans(Dec *r, const Dec *a, const Dec *b, const Dec *c, const DecContext *ctx,
               uint32_t *status)
{
    const Dec *all[3] = {a, b, c};
    const Dec *choice = NULL;
    for (int i = 0; i < 3 && choice == NULL; i++) {
        if (all[i] != NULL && (all[i]->flags & DEC_SNAN) != 0) {
            choice = all[i];
            *status |= DEC_INVALID_OPERATION;
        }
    }
    for (int i = 0; i < 3 && choice == NULL; i++) {
        if (all[i] != NULL && (all[i]->flags & DEC_NAN) != 0) {
            choice = all[i];
        }
    }
    if (choice == NULL) {
        return false;
    }
    if (dec_copy(r, choice, status) == 0) {
        r->flags = (uint8_t)((choice->flags & DEC_NEG) | DEC_NAN);
        dec_fix_nan(r, ctx);
    }
    return true;
}
