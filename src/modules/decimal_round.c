// Decimal numbers: operations on exponents and digits (quantize, rounding to integers, shifts,
// neighbours, logical operations). See decimal_number.h.
//
// Threading: pure.
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_number.h"

// ---- a given exponent ----

// a with exponent exp, rounded by the mode; nothing else is checked. Not for special numbers.
static void
set_exponent(Dec *r, const Dec *a, int64_t exp, int mode, uint32_t *status)
{
    if (dec_copy(r, a, status) < 0) {
        return;
    }
    if (dec_is_zero(a)) {
        r->exp = exp;
        return;
    }
    int64_t k = a->exp - exp;
    if (k >= 0) {
        if (dec_shift_left(r, k, status) == 0) {
            r->exp = exp;
        }
        return;
    }
    int rest = dec_shift_right(r, -k);
    r->exp = exp;
    *status |= DEC_ROUNDED;
    if (rest != DEC_REST_ZERO) {
        *status |= DEC_INEXACT;
        if (dec_rounds_up(mode, rest, dec_last_digit(r), dec_is_negative(r))) {
            dec_increment(r, status);
        }
    }
}

void
dec_quantize(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (dec_is_infinite(a) && dec_is_infinite(b)) {
            (void)dec_copy(r, a, status);
        }
        else {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        return;
    }
    // Digits of the result, but for a carry.
    int64_t digits = dec_is_zero(a) ? 1 : a->digits + a->exp - b->exp;
    if (b->exp > ctx->emax || b->exp < dec_etiny(ctx) || digits > ctx->prec) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    uint32_t conditions = 0;
    set_exponent(r, a, b->exp, ctx->round, &conditions);
    if ((conditions & DEC_MALLOC_ERROR) == 0
        && (r->digits > ctx->prec || dec_adjusted(r) > ctx->emax)) {
        dec_free(r);
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    *status |= conditions;
    dec_finalize(r, ctx, status);
}

void
dec_rescale(Dec *r, const Dec *a, int64_t exp, const DecContext *ctx, uint32_t *status)
{
    if (dec_is_special(a)) {
        (void)dec_copy(r, a, status);
        return;
    }
    if (exp > DEC_MAX_EMAX + 1 || exp < DEC_MIN_ETINY - 1) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    set_exponent(r, a, exp, ctx->round, status);
}

static void
to_integral(Dec *r, const Dec *a, const DecContext *ctx, bool exact, uint32_t *status)
{
    if (dec_is_special(a)) {
        if (!dec_check_nans(r, a, NULL, NULL, ctx, status)) {
            (void)dec_copy(r, a, status);
        }
        return;
    }
    if (a->exp >= 0) {
        (void)dec_copy(r, a, status);
        return;
    }
    uint32_t conditions = 0;
    set_exponent(r, a, 0, ctx->round, &conditions);
    *status |= exact ? conditions : conditions & DEC_MALLOC_ERROR;
}

void
dec_to_integral_exact(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    to_integral(r, a, ctx, true, status);
}

void
dec_to_integral_value(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    to_integral(r, a, ctx, false, status);
}

void
dec_reduce(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    if (dec_is_special(a)) {
        if (!dec_check_nans(r, a, NULL, NULL, ctx, status)) {
            (void)dec_copy(r, a, status);
        }
        return;
    }
    if (dec_copy(r, a, status) < 0) {
        return;
    }
    dec_finalize(r, ctx, status);
    if (dec_is_special(r)) {
        return;
    }
    if (dec_is_zero(r)) {
        r->exp = 0;
        return;
    }
    int64_t highest = ctx->clamp ? dec_etop(ctx) : ctx->emax;
    dec_strip_zeros(r, highest - r->exp);
}

// ---- exponents ----

void
dec_logb(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    if (dec_is_special(a)) {
        if (!dec_check_nans(r, a, NULL, NULL, ctx, status)) {
            dec_set_special(r, DEC_INF);
        }
    }
    else if (dec_is_zero(a)) {
        dec_set_special(r, DEC_INF | DEC_NEG);
        *status |= DEC_DIVISION_BY_ZERO;
    }
    else {
        dec_set_i64(r, dec_adjusted(a));
        dec_finalize(r, ctx, status);
    }
}

void
dec_scaleb(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, b, NULL, ctx, status)) {
        return;
    }
    int64_t n;
    int64_t most = 2 * (ctx->emax + ctx->prec);
    if (dec_is_infinite(b) || b->exp != 0 || !dec_get_i64(b, &n) || n > most || n < -most) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    if (dec_copy(r, a, status) < 0 || dec_is_infinite(a)) {
        return;
    }
    r->exp = a->exp + n;
    if (r->exp > DEC_EXP_INF) {
        r->exp = DEC_EXP_INF;
    }
    dec_finalize(r, ctx, status);
}

// ---- shift and rotate ----

// The number of places, an integer within ±prec; false with INVALID_OPERATION.
static bool
places_of(Dec *r, const Dec *b, const DecContext *ctx, int64_t *n, uint32_t *status)
{
    if (dec_is_infinite(b) || b->exp != 0 || !dec_get_i64(b, n) || *n > ctx->prec
        || *n < -ctx->prec) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return false;
    }
    return true;
}

// Keeps the lowest `digits` digits of the coefficient.
static void
keep_low_digits(Dec *r, int64_t digits)
{
    if (r->digits <= digits) {
        return;
    }
    if (digits == 0) {
        uint8_t flags = r->flags;
        int64_t exp = r->exp;
        dec_free(r);
        dec_set_small(r, flags, 0, exp);
        return;
    }
    if (dec_is_small(r)) {
        dec_set_small(r, r->flags, dec_small(r) % dec_power10((int)digits), r->exp);
        return;
    }
    size_t n = dec_word_count(digits);
    uint64_t *limbs = r->limbs;
    if (digits % DEC_WORD_DIGITS != 0) {
        limbs[n - 1] %= dec_power_table[digits % DEC_WORD_DIGITS][0];
    }
    dec_set_limbs_steal(r, r->flags, limbs, n, r->exp);
}

// Coefficient shifted by n places within prec digits.
static void
shift_coefficient(Dec *r, const Dec *a, int64_t n, int64_t prec, uint32_t *status)
{
    if (dec_copy(r, a, status) < 0) {
        return;
    }
    keep_low_digits(r, n > 0 ? prec - n : prec);
    if (n < 0) {
        (void)dec_shift_right(r, -n);
    }
    else {
        (void)dec_shift_left(r, n, status);
    }
}

void
dec_shift(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    int64_t n;
    if (dec_check_nans(r, a, b, NULL, ctx, status) || !places_of(r, b, ctx, &n, status)) {
        return;
    }
    if (dec_is_infinite(a)) {
        (void)dec_copy(r, a, status);
        return;
    }
    shift_coefficient(r, a, n, ctx->prec, status);
}

void
dec_rotate(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    int64_t n;
    if (dec_check_nans(r, a, b, NULL, ctx, status) || !places_of(r, b, ctx, &n, status)) {
        return;
    }
    if (dec_is_infinite(a)) {
        (void)dec_copy(r, a, status);
        return;
    }
    n = n < 0 ? n + ctx->prec : n;      // to the left
    // What leaves at the left end comes in at the right.
    Dec moved, wrapped;
    shift_coefficient(&moved, a, n, ctx->prec, status);
    shift_coefficient(&wrapped, a, n - ctx->prec, ctx->prec, status);
    moved.exp = wrapped.exp = 0;
    if (!dec_is_special(&moved) && !dec_is_special(&wrapped)) {
        DecContext exact = dec_max_context;
        uint8_t sign = a->flags & DEC_NEG;
        moved.flags = wrapped.flags = 0;
        dec_add(r, &moved, &wrapped, &exact, status);
        r->flags |= sign;
        r->exp = a->exp;
    }
    else {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
    }
    dec_free(&moved);
    dec_free(&wrapped);
}

// ---- neighbours ----

static void
neighbour(Dec *r, const Dec *a, int mode, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
        return;
    }
    DecContext directed = *ctx;
    directed.round = mode;
    uint8_t towards = mode == DEC_ROUND_FLOOR ? DEC_NEG : 0;
    uint32_t conditions = 0;
    if (dec_is_infinite(a)) {
        if ((a->flags & DEC_NEG) == towards) {
            (void)dec_copy(r, a, status);
            return;
        }
        // The largest finite number: an overflow that rounds inwards.
        dec_set_small(r, a->flags, 1, ctx->emax + 1);
        directed.round = DEC_ROUND_DOWN;
        directed.clamp = 0;
        dec_finalize(r, &directed, &conditions);
        *status |= conditions & DEC_MALLOC_ERROR;
        return;
    }
    if (dec_copy(r, a, status) < 0) {
        return;
    }
    dec_finalize(r, &directed, &conditions);
    if ((conditions & (DEC_INEXACT | DEC_MALLOC_ERROR)) == 0) {
        Dec tiny, sum;
        dec_set_small(&tiny, towards, 1, dec_etiny(ctx) - 1);
        dec_add(&sum, r, &tiny, &directed, &conditions);
        dec_free(r);
        *r = sum;
    }
    *status |= conditions & DEC_MALLOC_ERROR;
}

void
dec_next_plus(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    neighbour(r, a, DEC_ROUND_CEILING, ctx, status);
}

void
dec_next_minus(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    neighbour(r, a, DEC_ROUND_FLOOR, ctx, status);
}

void
dec_next_toward(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, b, NULL, ctx, status)) {
        return;
    }
    int order = dec_compare_finite(a, b);
    if (order == 0) {
        if (dec_copy(r, a, status) == 0) {
            r->flags = (uint8_t)((a->flags & ~DEC_NEG) | (b->flags & DEC_NEG));
        }
        return;
    }
    neighbour(r, a, order < 0 ? DEC_ROUND_CEILING : DEC_ROUND_FLOOR, ctx, status);
    if (dec_is_infinite(r)) {
        *status |= DEC_OVERFLOW | DEC_ROUNDED | DEC_INEXACT;
    }
    else if (!dec_is_special(r) && dec_adjusted(r) < ctx->emin) {
        *status |= DEC_UNDERFLOW | DEC_SUBNORMAL | DEC_ROUNDED | DEC_INEXACT;
        if (dec_is_zero(r)) {
            *status |= DEC_CLAMPED;
        }
    }
}

// ---- logical operations ----

// Whether a is a logical operand: finite, not negative, exponent 0, digits 0 and 1.
static bool
is_logical(const Dec *a)
{
    if (dec_is_special(a) || a->exp != 0 || dec_is_negative(a)) {
        return false;
    }
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(a, scratch, &n);
    for (size_t i = 0; i < n; i++) {
        for (uint64_t word = p[i]; word != 0; word /= 10) {
            if (word % 10 > 1) {
                return false;
            }
        }
    }
    return true;
}

typedef enum { LOGICAL_AND, LOGICAL_OR, LOGICAL_XOR } Logical;

static uint64_t
combine_words(uint64_t x, uint64_t y, Logical op)
{
    uint64_t result = 0;
    for (int k = 0; (x | y) != 0; k++) {
        unsigned a = x % 10;
        unsigned b = y % 10;
        unsigned bit = op == LOGICAL_AND ? a & b : op == LOGICAL_OR ? a | b : a ^ b;
        result += bit * dec_power_table[k][0];
        x /= 10;
        y /= 10;
    }
    return result;
}

static void
combine(Dec *r, const Dec *a, const Dec *b, Logical op, const DecContext *ctx, uint32_t *status)
{
    if (!is_logical(a) || !is_logical(b)) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
        return;
    }
    uint64_t scratch_a[2], scratch_b[2];
    size_t na, nb;
    const uint64_t *x = dec_limbs(a, scratch_a, &na);
    const uint64_t *y = dec_limbs(b, scratch_b, &nb);
    size_t n = na > nb ? na : nb;
    uint64_t *limbs = limbs_alloc(n);
    if (limbs == NULL) {
        dec_set_error(r, DEC_MALLOC_ERROR, status);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        limbs[i] = combine_words(i < na ? x[i] : 0, i < nb ? y[i] : 0, op);
    }
    dec_set_limbs_steal(r, 0, limbs, n, 0);
    keep_low_digits(r, ctx->prec);
}

void
dec_and(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    combine(r, a, b, LOGICAL_AND, ctx, status);
}

void
dec_or(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    combine(r, a, b, LOGICAL_OR, ctx, status);
}

void
dec_xor(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    combine(r, a, b, LOGICAL_XOR, ctx, status);
}

// Exclusive or with prec ones.
void
dec_invert(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    Dec ones;
    size_t n = dec_word_count(ctx->prec);
    uint64_t *limbs = is_logical(a) ? limbs_alloc(n) : NULL;
    if (limbs == NULL) {
        dec_set_error(r, is_logical(a) ? DEC_MALLOC_ERROR : DEC_INVALID_OPERATION, status);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t left = ctx->prec - (int64_t)i * DEC_WORD_DIGITS;
        int digits = left < DEC_WORD_DIGITS ? (int)left : DEC_WORD_DIGITS;
        limbs[i] = digits == DEC_WORD_DIGITS ? (DEC_BASE - 1) / 9
                                             : (dec_power_table[digits][0] - 1) / 9;
    }
    dec_set_limbs_steal(&ones, 0, limbs, n, 0);
    combine(r, a, &ones, LOGICAL_XOR, ctx, status);
    dec_free(&ones);
}
