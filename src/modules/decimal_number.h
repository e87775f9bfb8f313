// Decimal numbers as plain C values, and the General Decimal Arithmetic on them (Cowlishaw's
// specification, version 1.70). Nothing here knows Python objects.
//
// A finite number is (-1)**sign * coefficient * 10**exp. Coefficients of up to 38 digits are one
// binary word of 128 bits (lo, hi): money and the default precision of 28 never need an
// allocation. Longer ones are arrays of words in base 10**19, least significant first, so that
// rounding, shifting, reading and printing stay linear. Products of long coefficients are one
// multiplication of GMP (the words are spread far enough apart to keep the carries of the
// convolution separate), quotients and roots are taken in binary.
//
// Invariants of Dec: `digits` is exact (1 for zero); limbs exist only when digits > 38 and have no
// leading zero word. NaNs keep their payload as coefficient with digits 0 for none. `exp` of
// numbers that are visible to Python lies within MIN_ETINY..MAX_EMAX, so sums of exponents of two
// numbers never overflow 64 bits.
//
// Every operation writes *r, which holds nothing before, and adds conditions to *status. When
// memory runs out the status has DEC_MALLOC_ERROR and r is a NaN. r must not be an operand.
//
// Threading: pure.
#ifndef TYPHON_MODULES_DECIMAL_NUMBER_H
#define TYPHON_MODULES_DECIMAL_NUMBER_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 u128;

#define DEC_BASE 10000000000000000000u
#define DEC_WORD_DIGITS 19
#define DEC_SMALL_DIGITS 38
#define DEC_WIDE_DIGITS 76          // what four binary words hold

#define DEC_MAX_PREC INT64_C(999999999999999999)
#define DEC_MAX_EMAX INT64_C(999999999999999999)
#define DEC_MIN_EMIN (-DEC_MAX_EMAX)
#define DEC_MIN_ETINY (DEC_MIN_EMIN - (DEC_MAX_PREC - 1))
#define DEC_EXP_INF INT64_C(2000000000000000001)

enum { DEC_NEG = 1, DEC_INF = 2, DEC_NAN = 4, DEC_SNAN = 8 };
#define DEC_SPECIAL (DEC_INF | DEC_NAN | DEC_SNAN)
#define DEC_ANY_NAN (DEC_NAN | DEC_SNAN)

// Conditions.
enum {
    DEC_CLAMPED = 0x1,
    DEC_CONVERSION_SYNTAX = 0x2,
    DEC_DIVISION_BY_ZERO = 0x4,
    DEC_DIVISION_IMPOSSIBLE = 0x8,
    DEC_DIVISION_UNDEFINED = 0x10,
    DEC_INEXACT = 0x40,
    DEC_INVALID_CONTEXT = 0x80,
    DEC_INVALID_OPERATION = 0x100,
    DEC_MALLOC_ERROR = 0x200,
    DEC_OVERFLOW = 0x800,
    DEC_ROUNDED = 0x1000,
    DEC_SUBNORMAL = 0x2000,
    DEC_UNDERFLOW = 0x4000,
    DEC_FLOAT_OPERATION = 0x8000,
};
#define DEC_IEEE_INVALID                                                                      \
    (DEC_CONVERSION_SYNTAX | DEC_DIVISION_IMPOSSIBLE | DEC_DIVISION_UNDEFINED                 \
     | DEC_INVALID_CONTEXT | DEC_INVALID_OPERATION | DEC_MALLOC_ERROR)

// In the order of the module's names for them.
enum {
    DEC_ROUND_UP,
    DEC_ROUND_DOWN,
    DEC_ROUND_CEILING,
    DEC_ROUND_FLOOR,
    DEC_ROUND_HALF_UP,
    DEC_ROUND_HALF_DOWN,
    DEC_ROUND_HALF_EVEN,
    DEC_ROUND_05UP,
    DEC_ROUND_COUNT,
};

typedef struct {
    int64_t prec, emax, emin;
    int round;
    int clamp;
} DecContext;

typedef struct {
    uint8_t flags;
    int64_t exp;
    int64_t digits;
    union {
        struct {
            uint64_t lo, hi;
        };
        uint64_t *limbs;
    };
} Dec;

extern const uint64_t dec_power_table[DEC_WIDE_DIGITS + 1][4];
extern const DecContext dec_max_context;    // exact conversions

// What was cut off by a right shift, compared with half a unit.
enum { DEC_REST_ZERO, DEC_REST_LOW, DEC_REST_HALF, DEC_REST_HIGH };

// ---- looking at numbers ----

static inline bool dec_is_special(const Dec *a) { return (a->flags & DEC_SPECIAL) != 0; }
static inline bool dec_is_nan(const Dec *a) { return (a->flags & DEC_ANY_NAN) != 0; }
static inline bool dec_is_negative(const Dec *a) { return (a->flags & DEC_NEG) != 0; }
static inline bool dec_is_infinite(const Dec *a) { return (a->flags & DEC_INF) != 0; }
static inline bool dec_is_small(const Dec *a) { return a->digits <= DEC_SMALL_DIGITS; }
static inline bool
dec_is_zero(const Dec *a)
{
    return a->digits == 1 && a->lo == 0 && !dec_is_special(a);
}

static inline u128 dec_small(const Dec *a) { return (u128)a->hi << 64 | a->lo; }
static inline int64_t dec_adjusted(const Dec *a) { return a->exp + a->digits - 1; }
static inline int64_t dec_etiny(const DecContext *c) { return c->emin - (c->prec - 1); }
static inline int64_t dec_etop(const DecContext *c) { return c->emax - (c->prec - 1); }

static inline size_t
dec_word_count(int64_t digits)
{
    return ((size_t)digits + DEC_WORD_DIGITS - 1) / DEC_WORD_DIGITS;
}

static inline u128
dec_power10(int k)
{
    return (u128)dec_power_table[k][1] << 64 | dec_power_table[k][0];
}

// Number of decimal digits, 1 for zero.
static inline int
dec_count_digits(u128 c)
{
    if (c < 10) {
        return 1;
    }
    uint64_t high = (uint64_t)(c >> 64);
    int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)c);
    int guess = bits * 1233 >> 12;      // digits or one less
    return guess + (c >= dec_power10(guess));
}

// ---- making and dropping numbers ----

void dec_free(Dec *a);
int dec_copy(Dec *r, const Dec *a, uint32_t *status);
void dec_set_small(Dec *r, uint8_t sign, u128 coefficient, int64_t exp);
void dec_set_i64(Dec *r, int64_t value);
void dec_set_special(Dec *r, uint8_t flags);
void dec_set_error(Dec *r, uint32_t condition, uint32_t *status);       // NaN
// The value of words in base 10**19, which are consumed.
void dec_set_limbs_steal(Dec *r, uint8_t sign, uint64_t *limbs, size_t n, int64_t exp);
// Four binary words below 10**76.
int dec_set_wide(Dec *r, uint8_t sign, const uint64_t w[4], int64_t exp, uint32_t *status);
int dec_set_mpz(Dec *r, const mpz_t z, int64_t exp, uint32_t *status);  // with the sign of z
// The coefficient without sign. -1 when it is too large for memory.
int dec_get_mpz(mpz_t z, const Dec *a, uint32_t *status);
// z = 10**k; false when that is beyond memory.
bool dec_mpz_power10(mpz_t z, int64_t k);

// Rounds and checks an exact result in place: every operation's last step.
void dec_finalize(Dec *r, const DecContext *ctx, uint32_t *status);
// Both shifts in place; exp stays as it is.
int dec_shift_left(Dec *r, int64_t k, uint32_t *status);
int dec_shift_right(Dec *r, int64_t k);                 // DEC_REST_*
void dec_increment(Dec *r, uint32_t *status);           // coefficient + 1
bool dec_rounds_up(int mode, int rest, unsigned last_digit, bool negative);
unsigned dec_last_digit(const Dec *a);
int64_t dec_trailing_zeros(const Dec *a);               // of a coefficient that is not zero
// Drops trailing zeros, at most `limit` of them.
void dec_strip_zeros(Dec *r, int64_t limit);
// A NaN operand decides the result: true. b and c may be NULL.
bool dec_check_nans(Dec *r, const Dec *a, const Dec *b, const Dec *c, const DecContext *ctx,
                    uint32_t *status);
void dec_fix_nan(Dec *r, const DecContext *ctx);

// ---- words in base 10**19 (decimal_limbs.c) ----

// The words of a coefficient; small ones are written to scratch. Not for NaN without payload.
const uint64_t *dec_limbs(const Dec *a, uint64_t scratch[2], size_t *n);
uint64_t *limbs_alloc(size_t n);                        // NULL: no memory, no exception
size_t limbs_trim(const uint64_t *p, size_t n);
int64_t limbs_digits(const uint64_t *p, size_t n);
int limbs_compare(const uint64_t *a, size_t na, const uint64_t *b, size_t nb);
// r has na + 1 words, na >= nb; the number of words written.
size_t limbs_add(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb);
size_t limbs_subtract(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb);
// r has na + nb words. -1: no memory.
int limbs_multiply(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb);
// r has n + k / 19 + 1 words and may be p only when k < 19.
size_t limbs_shift_left(uint64_t *r, const uint64_t *p, size_t n, int64_t k);
// r may be p.
size_t limbs_shift_right(uint64_t *r, const uint64_t *p, size_t n, int64_t k, int *rest);
// Binary words of the same value: room for n + 1 words; the number written, or SIZE_MAX without memory.
size_t limbs_to_binary(uint64_t *binary, const uint64_t *p, size_t n);
// Words in base 10**19 of a binary number, which is destroyed; room for limbs_binary_room(n). The
// number written, or SIZE_MAX without memory.
size_t limbs_from_binary(uint64_t *p, uint64_t *binary, size_t n);
size_t limbs_binary_room(size_t n);
int limbs_digit_at(const uint64_t *p, size_t n, int64_t k);
void limbs_write_text(char *out, const uint64_t *p, int64_t digits);    // exactly `digits` chars
void limbs_read_text(uint64_t *p, const char *text, int64_t digits);

// ---- operations ----

typedef void DecUnary(Dec *r, const Dec *a, const DecContext *ctx, uint32_t *status);
typedef void DecBinary(Dec *r, const Dec *a, const Dec *b, const DecContext *ctx,
                       uint32_t *status);

DecUnary dec_abs, dec_minus, dec_plus, dec_reduce, dec_sqrt, dec_exp, dec_ln, dec_log10, dec_logb,
    dec_next_minus, dec_next_plus, dec_invert, dec_to_integral_exact, dec_to_integral_value;
DecBinary dec_add, dec_subtract, dec_multiply, dec_divide, dec_divide_int, dec_remainder,
    dec_remainder_near, dec_quantize, dec_power, dec_compare, dec_compare_signal, dec_max, dec_min,
    dec_max_mag, dec_min_mag, dec_next_toward, dec_and, dec_or, dec_xor, dec_rotate, dec_scaleb,
    dec_shift;
void dec_divmod(Dec *q, Dec *r, const Dec *a, const Dec *b, const DecContext *ctx,
                uint32_t *status);
void dec_fma(Dec *r, const Dec *a, const Dec *b, const Dec *c, const DecContext *ctx,
             uint32_t *status);
void dec_power_mod(Dec *r, const Dec *base, const Dec *exp, const Dec *modulus,
                   const DecContext *ctx, uint32_t *status);
// Sets the exponent with the context's rounding, without its limits. Also for exponents out of range.
void dec_rescale(Dec *r, const Dec *a, int64_t exp, const DecContext *ctx, uint32_t *status);

// Order of values; INT_MAX when a NaN is involved (status gets INVALID for signaling ones).
int dec_compare_values(const Dec *a, const Dec *b, uint32_t *status);
int dec_compare_finite(const Dec *a, const Dec *b);     // with sign; neither is a NaN
int dec_compare_total(const Dec *a, const Dec *b);
int dec_compare_total_mag(const Dec *a, const Dec *b);
bool dec_same_quantum(const Dec *a, const Dec *b);
bool dec_is_integer(const Dec *a);
bool dec_is_normal(const Dec *a, const DecContext *ctx);
bool dec_is_subnormal(const Dec *a, const DecContext *ctx);
const char *dec_class(const Dec *a, const DecContext *ctx);
// Value of an integer within 64 bits; false when it is none. Finite numbers only.
bool dec_get_i64(const Dec *a, int64_t *value);

// ---- text ----

// ASCII text of a number. DEC_SYNTAX_ERROR sets CONVERSION_SYNTAX and makes a NaN.
void dec_read(Dec *r, const char *text, size_t size, const DecContext *ctx, uint32_t *status);
// mem_alloc'ed, NULL without memory; *size is the length without the NUL.
char *dec_to_text(const Dec *a, bool engineering, bool capitals, size_t *size);

#endif
