// Decimal numbers: addition, multiplication, division and what is made of them. See
// decimal_number.h.
//
// Operands of up to 38 digits take the short ways, through one binary number of 128 or 256 bits;
// all others work on words in base 10**19.
//
// Threading: pure.
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_number.h"

static void
no_memory(Dec *r, uint32_t *status)
{
    dec_set_error(r, DEC_MALLOC_ERROR, status);
}

static void
copy_finalized(Dec *r, const Dec *a, uint8_t flags, const DecContext *ctx, uint32_t *status)
{
    if (dec_copy(r, a, status) == 0) {
        r->flags = flags;
        dec_finalize(r, ctx, status);
    }
}

// ---- 256 bits ----

static inline void
wide_multiply(uint64_t w[4], u128 a, u128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    u128 low = (u128)a0 * b0;
    u128 cross = (u128)a0 * b1 + (low >> 64);
    u128 cross2 = (u128)a1 * b0 + (uint64_t)cross;
    u128 high = (u128)a1 * b1 + (cross >> 64) + (cross2 >> 64);
    w[0] = (uint64_t)low;
    w[1] = (uint64_t)cross2;
    w[2] = (uint64_t)high;
    w[3] = (uint64_t)(high >> 64);
}

// c * 10**k, which has at most 76 digits.
static void
wide_scale(uint64_t w[4], u128 c, int k)
{
    if (k <= DEC_SMALL_DIGITS) {
        wide_multiply(w, c, dec_power10(k));
        return;
    }
    const uint64_t *p = dec_power_table[k];
    uint64_t low = (uint64_t)c;
    uint64_t high = (uint64_t)(c >> 64);
    w[0] = w[1] = w[2] = w[3] = 0;
    (void)mpn_addmul_1(w, p, 4, low);
    if (high != 0) {
        (void)mpn_addmul_1(w + 1, p, 3, high);
    }
}

static int
wide_compare(const uint64_t a[4], const uint64_t b[4])
{
    for (int i = 3; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static int
wide_digits(const uint64_t w[4])
{
    int top = 3;
    while (top > 0 && w[top] == 0) {
        top--;
    }
    int bits = w[top] == 0 ? 1 : top * 64 + 64 - __builtin_clzll(w[top]);
    int guess = bits * 1233 >> 12;
    while (guess < DEC_WIDE_DIGITS && wide_compare(w, dec_power_table[guess]) >= 0) {
        guess++;
    }
    return guess > 0 ? guess : 1;
}

// The quotient of w by 10**k, below 2**128, and how the remainder compares with half of it.
static u128
wide_divide_power(uint64_t w[4], int k, int *rest)
{
    uint64_t q[4] = {0};
    uint64_t remainder[4] = {0};
    const uint64_t *power = dec_power_table[k];
    int size = power[3] != 0 ? 4 : power[2] != 0 ? 3 : power[1] != 0 ? 2 : 1;
    int n = w[3] != 0 ? 4 : w[2] != 0 ? 3 : w[1] != 0 ? 2 : 1;
    if (n < size) {
        size = n;       // cannot be: w has more digits than 10**k
    }
    if (size == 1) {
        remainder[0] = mpn_divrem_1(q, 0, w, n, power[0]);
    }
    else {
        mpn_tdiv_qr(q, remainder, 0, w, n, power, size);
    }
    uint64_t twice[5];
    twice[4] = mpn_lshift(twice, remainder, 4, 1);
    int order = twice[4] != 0 ? 1 : wide_compare(twice, power);
    bool zero = (remainder[0] | remainder[1] | remainder[2] | remainder[3]) == 0;
    *rest = zero ? DEC_REST_ZERO : order < 0 ? DEC_REST_LOW : order == 0 ? DEC_REST_HALF
                                                                         : DEC_REST_HIGH;
    return (u128)q[1] << 64 | q[0];
}

// The finished result with that exact coefficient below 10**76.
static void
finish_wide(Dec *r, uint8_t sign, uint64_t w[4], int64_t exp, const DecContext *ctx,
            uint32_t *status)
{
    if ((w[2] | w[3]) != 0 && ctx->prec <= DEC_SMALL_DIGITS - 1) {
        int digits = wide_digits(w);
        int k = digits - (int)ctx->prec;
        int64_t adjusted = exp + digits - 1;
        // Subnormal results round at another place: the general way does that.
        if (k > 0 && k <= DEC_WIDE_DIGITS && adjusted >= ctx->emin) {
            int rest;
            u128 q = wide_divide_power(w, k, &rest);
            *status |= rest == DEC_REST_ZERO ? DEC_ROUNDED : DEC_ROUNDED | DEC_INEXACT;
            exp += k;
            if (rest != DEC_REST_ZERO
                && dec_rounds_up(ctx->round, rest, (unsigned)(q % 10), sign != 0)
                && ++q == dec_power10((int)ctx->prec)) {
                q = dec_power10((int)ctx->prec - 1);
                exp++;
            }
            dec_set_small(r, sign, q, exp);
            dec_finalize(r, ctx, status);
            return;
        }
    }
    if (dec_set_wide(r, sign, w, exp, status) == 0) {
        dec_finalize(r, ctx, status);
    }
}

static inline void
finish_sum(Dec *r, uint8_t sign, u128 c, int64_t exp, const DecContext *ctx, uint32_t *status)
{
    if (__builtin_expect(c < dec_power10(DEC_SMALL_DIGITS), 1)) {
        dec_set_small(r, sign, c, exp);
        dec_finalize(r, ctx, status);
        return;
    }
    uint64_t w[4] = {(uint64_t)c, (uint64_t)(c >> 64), 0, 0};
    if (dec_set_wide(r, sign, w, exp, status) == 0) {
        dec_finalize(r, ctx, status);
    }
}

// ---- addition ----

static uint8_t
sign_of_zero(uint8_t a, uint8_t b, const DecContext *ctx)
{
    return a == b ? a : ctx->round == DEC_ROUND_FLOOR ? DEC_NEG : 0;
}

// |a| * 10**k ± |b| for short operands; false when the long way is needed.
static bool
add_short(Dec *r, const Dec *a, uint8_t sign_a, const Dec *b, uint8_t sign_b, int64_t k,
          const DecContext *ctx, uint32_t *status)
{
    u128 x = dec_small(a);
    u128 y = dec_small(b);
    if (a->digits + k <= DEC_SMALL_DIGITS) {
        x *= dec_power10((int)k);
        if (sign_a == sign_b) {
            finish_sum(r, sign_a, x + y, b->exp, ctx, status);
        }
        else if (x == y) {
            finish_sum(r, sign_of_zero(sign_a, sign_b, ctx), 0, b->exp, ctx, status);
        }
        else {
            finish_sum(r, x > y ? sign_a : sign_b, x > y ? x - y : y - x, b->exp, ctx, status);
        }
        return true;
    }
    // Less than 76 digits leave room for a carry. Zeros are left to the long way.
    if (a->digits + k >= DEC_WIDE_DIGITS || x == 0 || y == 0) {
        return false;
    }
    uint64_t w[4];
    uint64_t z[4] = {b->lo, b->hi, 0, 0};
    wide_scale(w, x, (int)k);       // more than 38 digits: greater than |b|
    if (sign_a == sign_b) {
        (void)mpn_add_n(w, w, z, 4);
    }
    else {
        (void)mpn_sub_n(w, w, z, 4);
    }
    finish_wide(r, sign_a, w, b->exp, ctx, status);
    return true;
}

// Adds aligned coefficients.
static void
add_limbs(Dec *r, const Dec *a, uint8_t sign_a, const Dec *b, uint8_t sign_b,
          const DecContext *ctx, uint32_t *status)
{
    uint64_t scratch_a[2], scratch_b[2];
    size_t na, nb;
    const uint64_t *x = dec_limbs(a, scratch_a, &na);
    const uint64_t *y = dec_limbs(b, scratch_b, &nb);
    int order = limbs_compare(x, na, y, nb);
    if (order < 0) {
        const uint64_t *p = x;
        x = y;
        y = p;
        size_t n = na;
        na = nb;
        nb = n;
    }
    uint64_t *limbs = limbs_alloc(na + 1);
    if (limbs == NULL) {
        no_memory(r, status);
        return;
    }
    uint8_t sign = order < 0 ? sign_b : sign_a;
    if (sign_a == sign_b) {
        na = limbs_add(limbs, x, na, y, nb);
    }
    else {
        na = limbs_subtract(limbs, x, na, y, nb);
        sign = order == 0 ? sign_of_zero(sign_a, sign_b, ctx) : sign;
    }
    dec_set_limbs_steal(r, sign, limbs, na, b->exp);
    dec_finalize(r, ctx, status);
}

// a has the greater exponent, by k. What of b lies so far below that it can only tip a rounding is
// replaced by one unit there, and a is not extended further than the precision asks for.
static void
add_long(Dec *r, const Dec *a, uint8_t sign_a, const Dec *b, uint8_t sign_b, int64_t k,
         const DecContext *ctx, uint32_t *status)
{
    Dec high;
    Dec low = *b;
    if (dec_is_zero(a)) {
        // The exponent is that of b in any case.
        if (dec_is_zero(b)) {
            dec_set_small(r, sign_of_zero(sign_a, sign_b, ctx), 0, b->exp);
            dec_finalize(r, ctx, status);
            return;
        }
        copy_finalized(r, b, sign_b, ctx, status);
        return;
    }
    if (dec_is_zero(b)) {
        int64_t most = ctx->prec > a->digits ? ctx->prec - a->digits + 1 : 1;
        k = k < most ? k : most;
        low.exp = a->exp - k;
    }
    else {
        int64_t floor = dec_adjusted(a) - ctx->prec;
        floor = (floor < a->exp ? floor : a->exp) - 3;
        if (dec_adjusted(b) < floor) {
            dec_set_small(&low, 0, 1, floor);
            k = a->exp - floor;
        }
    }
    if (dec_copy(&high, a, status) < 0 || dec_shift_left(&high, k, status) < 0) {
        no_memory(r, status);
        return;
    }
    add_limbs(r, &high, sign_a, &low, sign_b, ctx, status);
    dec_free(&high);
}

static void
add_signed(Dec *r, const Dec *a, const Dec *b, uint8_t sign_b, const DecContext *ctx,
           uint32_t *status)
{
    uint8_t sign_a = a->flags & DEC_NEG;
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (!dec_is_infinite(a)) {
            dec_set_special(r, (uint8_t)(DEC_INF | sign_b));
        }
        else if (!dec_is_infinite(b) || sign_a == sign_b) {
            dec_set_special(r, (uint8_t)(DEC_INF | sign_a));
        }
        else {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        return;
    }
    if (a->exp < b->exp) {
        const Dec *p = a;
        a = b;
        b = p;
        uint8_t sign = sign_a;
        sign_a = sign_b;
        sign_b = sign;
    }
    int64_t k = a->exp - b->exp;
    if (dec_is_small(a) && dec_is_small(b)
        && add_short(r, a, sign_a, b, sign_b, k, ctx, status)) {
        return;
    }
    add_long(r, a, sign_a, b, sign_b, k, ctx, status);
}

void
dec_add(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    add_signed(r, a, b, b->flags & DEC_NEG, ctx, status);
}

void
dec_subtract(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    add_signed(r, a, b, (b->flags & DEC_NEG) ^ DEC_NEG, ctx, status);
}

// 0 + a and 0 - a: the sign of zero follows the rules of addition.
static void
signed_copy(Dec *r, const Dec *a, uint8_t flip, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
        return;
    }
    uint8_t flags = a->flags ^ flip;
    if (dec_is_zero(a)) {
        flags = ctx->round == DEC_ROUND_FLOOR ? flags : 0;
    }
    copy_finalized(r, a, flags, ctx, status);
}

void
dec_plus(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    signed_copy(r, a, 0, ctx, status);
}

void
dec_minus(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    signed_copy(r, a, DEC_NEG, ctx, status);
}

void
dec_abs(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, NULL, NULL, ctx, status)) {
        return;
    }
    if (dec_is_negative(a)) {
        dec_minus(r, a, ctx, status);
    }
    else {
        dec_plus(r, a, ctx, status);
    }
}

// ---- multiplication ----

// The exact product of finite numbers.
static int
multiply_exact(Dec *r, const Dec *a, const Dec *b, uint32_t *status)
{
    uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
    int64_t exp = a->exp + b->exp;
    if (dec_is_small(a) && dec_is_small(b)) {
        uint64_t w[4];
        wide_multiply(w, dec_small(a), dec_small(b));
        return dec_set_wide(r, sign, w, exp, status);
    }
    uint64_t scratch_a[2], scratch_b[2];
    size_t na, nb;
    const uint64_t *x = dec_limbs(a, scratch_a, &na);
    const uint64_t *y = dec_limbs(b, scratch_b, &nb);
    uint64_t *limbs = limbs_alloc(na + nb + 1);
    if (limbs == NULL || limbs_multiply(limbs, x, na, y, nb) < 0) {
        mem_free(limbs);
        no_memory(r, status);
        return -1;
    }
    dec_set_limbs_steal(r, sign, limbs, na + nb, exp);
    return 0;
}

// Infinite factors: true when the result is decided.
static bool
multiply_special(Dec *r, const Dec *a, const Dec *b, uint32_t *status)
{
    if (!dec_is_infinite(a) && !dec_is_infinite(b)) {
        return false;
    }
    if (dec_is_zero(a) || dec_is_zero(b)) {
        dec_set_error(r, DEC_INVALID_OPERATION, status);
    }
    else {
        dec_set_special(r, (uint8_t)(DEC_INF | ((a->flags ^ b->flags) & DEC_NEG)));
    }
    return true;
}

void
dec_multiply(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if ((a->flags | b->flags) & DEC_SPECIAL
        && (dec_check_nans(r, a, b, NULL, ctx, status) || multiply_special(r, a, b, status))) {
        return;
    }
    if (dec_is_small(a) && dec_is_small(b)) {
        uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
        int64_t exp = a->exp + b->exp;
        if ((a->hi | b->hi) == 0) {
            finish_sum(r, sign, (u128)a->lo * b->lo, exp, ctx, status);
            return;
        }
        uint64_t w[4];
        wide_multiply(w, dec_small(a), dec_small(b));
        finish_wide(r, sign, w, exp, ctx, status);
        return;
    }
    if (multiply_exact(r, a, b, status) == 0) {
        dec_finalize(r, ctx, status);
    }
}

void
dec_fma(Dec *r, const Dec *a, const Dec *b, const Dec *c, const DecContext *ctx, uint32_t *status)
{
    Dec product;
    if ((a->flags | b->flags | c->flags) & DEC_SPECIAL) {
        // Infinity times zero comes before a NaN to be added.
        if ((dec_is_infinite(a) && dec_is_zero(b)) || (dec_is_zero(a) && dec_is_infinite(b))) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
            return;
        }
        if (dec_check_nans(r, a, b, c, ctx, status)) {
            return;
        }
    }
    if (dec_is_infinite(a) || dec_is_infinite(b)) {
        (void)multiply_special(&product, a, b, status);
    }
    else if (multiply_exact(&product, a, b, status) < 0) {
        *r = product;
        return;
    }
    dec_add(r, &product, c, ctx, status);
    dec_free(&product);
}

// ---- integer division of coefficients ----

// Quotient and remainder of the coefficients; r may be NULL. Exponents and signs are 0.
static int
divide_mpz(Dec *q, Dec *r, const Dec *a, const Dec *b, uint32_t *status)
{
    mpz_t x, y, quotient, remainder;
    mpz_inits(x, y, quotient, remainder, NULL);
    int result = -1;
    if (dec_get_mpz(x, a, status) == 0 && dec_get_mpz(y, b, status) == 0) {
        mpz_tdiv_qr(quotient, remainder, x, y);
        result = dec_set_mpz(q, quotient, 0, status);
        if (result == 0 && dec_set_mpz(r, remainder, 0, status) < 0) {
            dec_free(q);
            result = -1;
        }
    }
    mpz_clears(x, y, quotient, remainder, NULL);
    if (result < 0) {
        no_memory(q, status);
        dec_set_special(r, DEC_NAN);
    }
    return result;
}

static int
divide_integers(Dec *q, Dec *r, const Dec *a, const Dec *b, uint32_t *status)
{
    if (dec_is_small(a) && dec_is_small(b)) {
        u128 x = dec_small(a);
        u128 y = dec_small(b);
        u128 quotient = ((x | y) >> 64) == 0 ? (uint64_t)x / (uint64_t)y : x / y;
        dec_set_small(q, 0, quotient, 0);
        dec_set_small(r, 0, x - quotient * y, 0);
        return 0;
    }
    return divide_mpz(q, r, a, b, status);
}

// ---- division ----

// Quotient with a last digit that tells about a remainder: digits that are cut off later than this
// one round as the exact quotient does.
static void
finish_quotient(Dec *r, bool rest, int64_t ideal, const DecContext *ctx, uint32_t *status)
{
    if (!rest) {
        dec_strip_zeros(r, ideal - r->exp);
    }
    else if (dec_last_digit(r) % 5 == 0) {
        dec_increment(r, status);
    }
    dec_finalize(r, ctx, status);
}

// Short operands and a quotient of at most 38 digits.
static bool
divide_short(Dec *r, const Dec *a, const Dec *b, int64_t shift, uint8_t sign, int64_t ideal,
             const DecContext *ctx, uint32_t *status)
{
    u128 x = dec_small(a);
    u128 y = dec_small(b);
    // Common and cheap: an exact quotient.
    if (((x | y) >> 64) == 0 && (uint64_t)x % (uint64_t)y == 0) {
        dec_set_small(r, sign, (uint64_t)x / (uint64_t)y, ideal);
        dec_finalize(r, ctx, status);
        return true;
    }
    if (shift < 0 || a->digits + shift > DEC_WIDE_DIGITS
        || a->digits + shift - b->digits + 1 > DEC_SMALL_DIGITS) {
        return false;
    }
    uint64_t w[4];
    uint64_t q[4] = {0};
    uint64_t divisor[2] = {b->lo, b->hi};
    uint64_t remainder[2] = {0};
    wide_scale(w, x, (int)shift);
    int n = w[3] != 0 ? 4 : w[2] != 0 ? 3 : w[1] != 0 ? 2 : 1;
    if (b->hi == 0) {
        remainder[0] = mpn_divrem_1(q, 0, w, n, b->lo);
    }
    else if (n >= 2) {
        mpn_tdiv_qr(q, remainder, 0, w, n, divisor, 2);
    }
    else {
        return false;
    }
    dec_set_small(r, sign, (u128)q[1] << 64 | q[0], ideal - shift);
    finish_quotient(r, (remainder[0] | remainder[1]) != 0, ideal, ctx, status);
    return true;
}

// a * 10**shift / b, shift maybe negative: digits of a that are cut off count as remainder.
static void
divide_long(Dec *r, const Dec *a, const Dec *b, int64_t shift, uint8_t sign, bool *rest,
            uint32_t *status)
{
    Dec scaled;
    Dec remainder;
    *rest = false;
    if (dec_copy(&scaled, a, status) < 0) {
        *r = scaled;
        return;
    }
    if (shift >= 0) {
        if (dec_shift_left(&scaled, shift, status) < 0) {
            *r = scaled;
            return;
        }
    }
    else {
        *rest = dec_shift_right(&scaled, -shift) != DEC_REST_ZERO;
    }
    if (divide_integers(r, &remainder, &scaled, b, status) == 0) {
        *rest |= !dec_is_zero(&remainder);
        r->flags = sign;
        r->exp = a->exp - b->exp - shift;
        dec_free(&remainder);
    }
    dec_free(&scaled);
}

static void
divide_finite(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
    int64_t ideal = a->exp - b->exp;
    int64_t shift = b->digits - a->digits + ctx->prec + 1;
    if (dec_is_small(a) && dec_is_small(b)
        && divide_short(r, a, b, shift, sign, ideal, ctx, status)) {
        return;
    }
    // A finite quotient needs fewer new digits than the divisor has bits: with an absurd precision
    // that is tried first.
    int64_t enough = 4 * (a->digits + b->digits) + 64;
    bool rest;
    if (shift > enough && shift > 100000) {
        divide_long(r, a, b, enough, sign, &rest, status);
        if (dec_is_special(r) || !rest) {
            finish_quotient(r, false, ideal, ctx, status);
            return;
        }
        dec_free(r);
    }
    divide_long(r, a, b, shift, sign, &rest, status);
    if (!dec_is_special(r)) {
        finish_quotient(r, rest, ideal, ctx, status);
    }
}

void
dec_divide(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (dec_is_infinite(a) && dec_is_infinite(b)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else if (dec_is_infinite(a)) {
            dec_set_special(r, (uint8_t)(DEC_INF | sign));
        }
        else {
            dec_set_small(r, sign, 0, dec_etiny(ctx));
            *status |= DEC_CLAMPED;
        }
        return;
    }
    if (dec_is_zero(b)) {
        if (dec_is_zero(a)) {
            dec_set_error(r, DEC_DIVISION_UNDEFINED, status);
        }
        else {
            dec_set_special(r, (uint8_t)(DEC_INF | sign));
            *status |= DEC_DIVISION_BY_ZERO;
        }
        return;
    }
    if (dec_is_zero(a)) {
        dec_set_small(r, sign, 0, a->exp - b->exp);
        dec_finalize(r, ctx, status);
        return;
    }
    divide_finite(r, a, b, ctx, status);
}

// ---- integer quotient and remainder ----

// Quotient (exponent 0) and remainder of finite numbers, b not zero, neither finished. false with
// DIVISION_IMPOSSIBLE when the quotient does not fit the precision.
static bool
divmod_finite(Dec *q, Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign_q = (a->flags ^ b->flags) & DEC_NEG;
    uint8_t sign_r = a->flags & DEC_NEG;
    int64_t exp = a->exp < b->exp ? a->exp : b->exp;
    int64_t distance = dec_adjusted(a) - dec_adjusted(b);
    if (dec_is_zero(a)) {
        dec_set_small(q, sign_q, 0, 0);
        dec_set_small(r, sign_r, 0, exp);
        return true;
    }
    if (distance < 0) {
        dec_set_small(q, sign_q, 0, 0);
        // The remainder takes the lower exponent as far as the precision allows.
        Dec zero;
        dec_set_small(&zero, sign_r, 0, exp);
        dec_add(r, a, &zero, ctx, status);
        return true;
    }
    if (distance > ctx->prec) {
        *status |= DEC_DIVISION_IMPOSSIBLE;
        return false;
    }
    Dec x, y;
    if (dec_copy(&x, a, status) < 0) {
        return false;
    }
    if (dec_copy(&y, b, status) < 0) {
        dec_free(&x);
        return false;
    }
    bool ok = dec_shift_left(&x, a->exp - exp, status) == 0
              && dec_shift_left(&y, b->exp - exp, status) == 0
              && divide_integers(q, r, &x, &y, status) == 0;
    dec_free(&x);
    dec_free(&y);
    if (!ok) {
        return false;
    }
    if (q->digits > ctx->prec) {
        dec_free(q);
        dec_free(r);
        *status |= DEC_DIVISION_IMPOSSIBLE;
        return false;
    }
    q->flags = sign_q;
    r->flags = sign_r;
    r->exp = exp;
    return true;
}

void
dec_divide_int(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (dec_is_infinite(a) && dec_is_infinite(b)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else if (dec_is_infinite(a)) {
            dec_set_special(r, (uint8_t)(DEC_INF | sign));
        }
        else {
            dec_set_small(r, sign, 0, 0);
        }
        return;
    }
    if (dec_is_zero(b)) {
        if (dec_is_zero(a)) {
            dec_set_error(r, DEC_DIVISION_UNDEFINED, status);
        }
        else {
            dec_set_special(r, (uint8_t)(DEC_INF | sign));
            *status |= DEC_DIVISION_BY_ZERO;
        }
        return;
    }
    Dec remainder;
    uint32_t ignored = 0;
    if (!divmod_finite(r, &remainder, a, b, ctx, &ignored)) {
        dec_set_error(r, ignored & (DEC_DIVISION_IMPOSSIBLE | DEC_MALLOC_ERROR), status);
        return;
    }
    dec_free(&remainder);
    dec_finalize(r, ctx, status);
}

void
dec_remainder(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (dec_is_infinite(a)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else {
            copy_finalized(r, a, a->flags, ctx, status);
        }
        return;
    }
    if (dec_is_zero(b)) {
        dec_set_error(r, dec_is_zero(a) ? DEC_DIVISION_UNDEFINED : DEC_INVALID_OPERATION, status);
        return;
    }
    Dec quotient;
    if (!divmod_finite(&quotient, r, a, b, ctx, status)) {
        dec_set_special(r, DEC_NAN);
        return;
    }
    dec_free(&quotient);
    dec_finalize(r, ctx, status);
}

void
dec_divmod(Dec *q, Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    uint8_t sign = (a->flags ^ b->flags) & DEC_NEG;
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(q, a, b, NULL, ctx, status)) {
            (void)dec_copy(r, q, status);
        }
        else if (dec_is_infinite(a)) {
            if (dec_is_infinite(b)) {
                dec_set_special(q, DEC_NAN);
            }
            else {
                dec_set_special(q, (uint8_t)(DEC_INF | sign));
            }
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else {
            dec_set_small(q, sign, 0, 0);
            copy_finalized(r, a, a->flags, ctx, status);
        }
        return;
    }
    if (dec_is_zero(b)) {
        if (dec_is_zero(a)) {
            dec_set_special(q, DEC_NAN);
            dec_set_error(r, DEC_DIVISION_UNDEFINED, status);
        }
        else {
            dec_set_special(q, (uint8_t)(DEC_INF | sign));
            dec_set_error(r, DEC_DIVISION_BY_ZERO | DEC_INVALID_OPERATION, status);
        }
        return;
    }
    if (!divmod_finite(q, r, a, b, ctx, status)) {
        dec_set_special(q, DEC_NAN);
        dec_set_special(r, DEC_NAN);
        return;
    }
    dec_finalize(q, ctx, status);
    dec_finalize(r, ctx, status);
}

// remainder - divisor where that is nearer to zero: twice the remainder against the divisor, ties to
// an even quotient.
static void
nearest_remainder(Dec *r, Dec *q, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    Dec twice, divisor = *b;
    divisor.flags = r->flags;
    DecContext exact = dec_max_context;
    uint32_t ignored = 0;
    dec_add(&twice, r, r, &exact, &ignored);
    Dec magnitude = twice;
    magnitude.flags = divisor.flags = 0;
    int order = dec_compare_finite(&magnitude, &divisor);
    dec_free(&twice);
    if (order > 0 || (order == 0 && dec_last_digit(q) % 2 == 1)) {
        dec_increment(q, status);
        if (q->digits > ctx->prec) {
            dec_free(r);
            dec_set_error(r, DEC_DIVISION_IMPOSSIBLE, status);
            return;
        }
        uint8_t sign = r->flags;
        Dec difference;
        divisor.flags = sign;
        dec_subtract(&difference, r, &divisor, &exact, &ignored);
        dec_free(r);
        *r = difference;
        if (dec_is_zero(r)) {
            r->flags = sign;
        }
    }
    *status |= ignored & DEC_MALLOC_ERROR;
}

void
dec_remainder_near(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        if (dec_check_nans(r, a, b, NULL, ctx, status)) {
            return;
        }
        if (dec_is_infinite(a)) {
            dec_set_error(r, DEC_INVALID_OPERATION, status);
        }
        else {
            copy_finalized(r, a, a->flags, ctx, status);
        }
        return;
    }
    if (dec_is_zero(b)) {
        dec_set_error(r, dec_is_zero(a) ? DEC_DIVISION_UNDEFINED : DEC_INVALID_OPERATION, status);
        return;
    }
    Dec q;
    if (dec_adjusted(a) < dec_adjusted(b) - 1) {
        Dec zero;
        dec_set_small(&zero, a->flags, 0, a->exp < b->exp ? a->exp : b->exp);
        dec_add(r, a, &zero, ctx, status);
        return;
    }
    if (dec_adjusted(a) < dec_adjusted(b) && !dec_is_zero(a)) {
        // Quotient 0, and the exact remainder for the comparison.
        dec_set_small(&q, 0, 0, 0);
        if (dec_copy(r, a, status) < 0) {
            return;
        }
        int64_t k = a->exp - b->exp;
        if (k > 0 && dec_shift_left(r, k, status) < 0) {
            return;
        }
        r->exp -= k > 0 ? k : 0;
    }
    else if (!divmod_finite(&q, r, a, b, ctx, status)) {
        dec_set_special(r, DEC_NAN);
        return;
    }
    nearest_remainder(r, &q, b, ctx, status);
    dec_free(&q);
    dec_finalize(r, ctx, status);
}
