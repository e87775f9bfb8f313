// Decimal numbers: comparison, order, minimum and maximum, classes. See decimal_number.h.
//
// Threading: pure.
#include <limits.h>

#include "modules/decimal_number.h"

// ---- order ----

static int
compare_aligned(const Dec *a, const Dec *b)
{
    uint64_t scratch_a[2], scratch_b[2];
    size_t na, nb;
    const uint64_t *x = dec_limbs(a, scratch_a, &na);
    const uint64_t *y = dec_limbs(b, scratch_b, &nb);
    return limbs_compare(x, na, y, nb);
}

// The digits of a in front of b's, where a has k digits more: a / 10**k against b, then the rest.
static int
compare_longer(const Dec *a, const Dec *b, int64_t k)
{
    Dec top;
    uint32_t status = 0;
    if (dec_copy(&top, a, &status) < 0) {
        return 1;       // out of memory: any order is as good
    }
    int rest = dec_shift_right(&top, k);
    int order = compare_aligned(&top, b);
    dec_free(&top);
    return order != 0 ? order : rest != DEC_REST_ZERO;
}

static int
compare_magnitudes(const Dec *a, const Dec *b)
{
    if (dec_is_zero(a) || dec_is_zero(b)) {
        return (int)dec_is_zero(b) - (int)dec_is_zero(a);
    }
    int64_t x = dec_adjusted(a);
    int64_t y = dec_adjusted(b);
    if (x != y) {
        return x < y ? -1 : 1;
    }
    int64_t k = a->digits - b->digits;
    if (dec_is_small(a) && dec_is_small(b)) {
        u128 c = dec_small(a) * (k < 0 ? dec_power10((int)-k) : 1);
        u128 d = dec_small(b) * (k > 0 ? dec_power10((int)k) : 1);
        return c < d ? -1 : c > d;
    }
    return k == 0 ? compare_aligned(a, b) : k > 0 ? compare_longer(a, b, k)
                                                   : -compare_longer(b, a, -k);
}

int
dec_compare_finite(const Dec *a, const Dec *b)
{
    bool negative = dec_is_negative(a);
    if (dec_is_infinite(a) || dec_is_infinite(b)) {
        int x = dec_is_infinite(a) ? negative ? -1 : 1 : 0;
        int y = dec_is_infinite(b) ? dec_is_negative(b) ? -1 : 1 : 0;
        return x < y ? -1 : x > y;
    }
    if (dec_is_zero(a) && dec_is_zero(b)) {
        return 0;
    }
    if (negative != dec_is_negative(b)) {
        // Zeros have no sign here.
        return dec_is_zero(a) ? (dec_is_negative(b) ? 1 : -1) : negative ? -1 : 1;
    }
    int order = compare_magnitudes(a, b);
    return negative ? -order : order;
}

int
dec_compare_values(const Dec *a, const Dec *b, uint32_t *status)
{
    if ((a->flags | b->flags) & DEC_ANY_NAN) {
        if ((a->flags | b->flags) & DEC_SNAN) {
            *status |= DEC_INVALID_OPERATION;
        }
        return INT_MAX;
    }
    return dec_compare_finite(a, b);
}

void
dec_compare(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if (!dec_check_nans(r, a, b, NULL, ctx, status)) {
        dec_set_i64(r, dec_compare_finite(a, b));
    }
}

void
dec_compare_signal(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status)
{
    if (dec_check_nans(r, a, b, NULL, ctx, status)) {
        *status |= DEC_INVALID_OPERATION;
        return;
    }
    dec_set_i64(r, dec_compare_finite(a, b));
}

// ---- total order ----

// 0 finite, 1 infinity, 2 signaling, 3 quiet NaN: rising.
static int
kind_rank(const Dec *a)
{
    return a->flags & DEC_NAN ? 3 : a->flags & DEC_SNAN ? 2 : dec_is_infinite(a);
}

static int
compare_payloads(const Dec *a, const Dec *b)
{
    int64_t x = a->digits;
    int64_t y = b->digits;
    return x != y ? (x < y ? -1 : 1) : x == 0 ? 0 : compare_aligned(a, b);
}

static int
total_of_magnitudes(const Dec *a, const Dec *b)
{
    int x = kind_rank(a);
    int y = kind_rank(b);
    if (x != y) {
        return x < y ? -1 : 1;
    }
    if (x >= 2) {
        return compare_payloads(a, b);
    }
    if (x == 1) {
        return 0;
    }
    int order = compare_magnitudes(a, b);
    return order != 0 ? order : a->exp < b->exp ? -1 : a->exp > b->exp;
}

int
dec_compare_total_mag(const Dec *a, const Dec *b)
{
    return total_of_magnitudes(a, b);
}

int
dec_compare_total(const Dec *a, const Dec *b)
{
    if (dec_is_negative(a) != dec_is_negative(b)) {
        return dec_is_negative(a) ? -1 : 1;
    }
    int order = total_of_magnitudes(a, b);
    return dec_is_negative(a) ? -order : order;
}

// ---- minimum and maximum ----

// direction 1: the greater, -1: the lesser; by magnitude or by value.
static void
choose(Dec *r, const Dec *a, const Dec *b, int direction, bool magnitude, const DecContext *ctx,
       uint32_t *status)
{
    const Dec *choice = NULL;
    if ((a->flags & DEC_NAN) != 0 && !dec_is_nan(b)) {
        choice = b;     // a quiet NaN loses against a number
    }
    else if ((b->flags & DEC_NAN) != 0 && !dec_is_nan(a)) {
        choice = a;
    }
    else if (dec_check_nans(r, a, b, NULL, ctx, status)) {
        return;
    }
    if (choice == NULL) {
        int order = 0;
        if (magnitude) {
            Dec x = *a;
            Dec y = *b;
            x.flags &= DEC_SPECIAL;
            y.flags &= DEC_SPECIAL;
            order = dec_compare_finite(&x, &y);
        }
        order = order != 0 ? order : dec_compare_finite(a, b);
        order = order != 0 ? order : dec_compare_total(a, b);
        choice = order * direction > 0 ? a : b;
    }
    if (dec_copy(r, choice, status) == 0) {
        dec_finalize(r, ctx, status);
    }
}

#define CHOICE(name, direction, magnitude)                                                       \
    void dec_##name(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx, uint32_t *status) \
    {                                                                                            \
        choose(r, a, b, direction, magnitude, ctx, status);                                      \
    }

CHOICE(max, 1, false)
CHOICE(min, -1, false)
CHOICE(max_mag, 1, true)
CHOICE(min_mag, -1, true)

// ---- predicates ----

bool
dec_same_quantum(const Dec *a, const Dec *b)
{
    if ((a->flags | b->flags) & DEC_SPECIAL) {
        return (dec_is_nan(a) && dec_is_nan(b)) || (dec_is_infinite(a) && dec_is_infinite(b));
    }
    return a->exp == b->exp;
}

bool
dec_is_integer(const Dec *a)
{
    if (dec_is_special(a)) {
        return false;
    }
    return a->exp >= 0 || dec_is_zero(a)
           || (dec_last_digit(a) == 0 && dec_trailing_zeros(a) >= -a->exp);
}

bool
dec_is_normal(const Dec *a, const DecContext *ctx)
{
    return !dec_is_special(a) && !dec_is_zero(a) && dec_adjusted(a) >= ctx->emin;
}

bool
dec_is_subnormal(const Dec *a, const DecContext *ctx)
{
    return !dec_is_special(a) && !dec_is_zero(a) && dec_adjusted(a) < ctx->emin;
}

const char *
dec_class(const Dec *a, const DecContext *ctx)
{
    bool negative = dec_is_negative(a);
    if (a->flags & DEC_NAN) {
        return "NaN";
    }
    if (a->flags & DEC_SNAN) {
        return "sNaN";
    }
    if (dec_is_infinite(a)) {
        return negative ? "-Infinity" : "+Infinity";
    }
    if (dec_is_zero(a)) {
        return negative ? "-Zero" : "+Zero";
    }
    if (dec_is_subnormal(a, ctx)) {
        return negative ? "-Subnormal" : "+Subnormal";
    }
    return negative ? "-Normal" : "+Normal";
}

bool
dec_get_i64(const Dec *a, int64_t *value)
{
    if (dec_is_zero(a)) {
        *value = 0;
        return true;
    }
    if (!dec_is_integer(a) || dec_adjusted(a) > 19) {
        return false;
    }
    Dec x;
    uint32_t status = 0;
    if (dec_copy(&x, a, &status) < 0) {
        return false;
    }
    if (x.exp < 0) {
        (void)dec_shift_right(&x, -x.exp);
    }
    else if (dec_shift_left(&x, x.exp, &status) < 0) {
        return false;
    }
    u128 c = dec_small(&x);
    bool negative = dec_is_negative(&x);
    if (c > (u128)INT64_MAX + negative) {
        return false;
    }
    *value = negative ? (int64_t)-(uint64_t)c : (int64_t)c;
    return true;
}
