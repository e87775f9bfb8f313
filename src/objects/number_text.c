// Doubles as decimal text and back; see number_text.h.
//
// Shortest text is found by Raffaele Giulietti's Schubfach ("The Schubfach way to render doubles",
// 2020), with powers of ten of 128 bits. A given number of digits comes from the exact value: in 128
// bits where it fits, with GMP otherwise. Reading multiplies the digits with the same powers and keeps
// bounds for the error; when the two bounds round differently, exact integers decide.
#include "objects/number_text.h"

#include <gmp.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "memory/alloc.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/number_powers.h"

typedef unsigned __int128 u128;

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1075              // of the mantissa as an integer
#define EXPONENT_MIN (1 - EXPONENT_BIAS)

// No double has digits further behind the point, nor more significant ones.
#define MOST_PLACES 1075
#define MOST_DIGITS 770

// ---- digits ----

typedef struct {
    char *text;         // `small`, or mem_alloc'ed
    int count;
    int point;          // the value is 0.DIGITS * 10**point
    char small[40];
} Digits;

static void
digits_free(Digits *d)
{
    if (d->text != d->small) {
        mem_free(d->text);
    }
}

static void
digits_of_integer(Digits *d, u128 integer)
{
    char reversed[40];
    int n = 0;
    while (integer >> 64 != 0) {
        uint64_t low = (uint64_t)(integer % 10000000000u);
        integer /= 10000000000u;
        for (int i = 0; i < 10; i++, low /= 10) {
            reversed[n++] = (char)('0' + low % 10);
        }
    }
    uint64_t rest = (uint64_t)integer;
    do {
        reversed[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    d->text = d->small;
    d->count = n;
    for (int i = 0; i < n; i++) {
        d->small[i] = reversed[n - 1 - i];
    }
}

static void
strip_zeros(Digits *d)
{
    while (d->count > 1 && d->text[d->count - 1] == '0') {
        d->count--;
    }
}

// x = mantissa * 2**exponent, exactly; x is positive and finite.
static uint64_t
split_double(double x, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t mantissa = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
    int biased = (int)(bits >> MANTISSA_BITS & 0x7ff);
    *exponent = biased == 0 ? EXPONENT_MIN : biased - EXPONENT_BIAS;
    return biased == 0 ? mantissa : mantissa | (uint64_t)1 << MANTISSA_BITS;
}

// ---- the shortest digits ----

static inline int floor_log2_power10(int k) { return (k * 1741647) >> 19; }
static inline int floor_log10_power2(int q) { return (q * 1262611) >> 22; }
// of 3/4 * 2**q, the distance below a power of two
static inline int floor_log10_three_quarters(int q) { return (q * 1262611 - 524031) >> 22; }

// g * c / 2**128, rounded to odd.
static uint64_t
scale_to_odd(const uint64_t g[2], uint64_t c)
{
    uint64_t carry = (uint64_t)((u128)g[1] * c >> 64);
    u128 product = (u128)g[0] * c + carry;
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

static void
shortest_digits(double x, Digits *d)
{
    int q;
    uint64_t c = split_double(x, &q);
    if (q <= 0 && q >= -MANTISSA_BITS && (c & (((uint64_t)1 << -q) - 1)) == 0) {
        digits_of_integer(d, c >> -q);      // a small integer
        d->point = d->count;
        strip_zeros(d);
        return;
    }
    bool even = (c & 1) == 0;
    bool irregular = c == (uint64_t)1 << MANTISSA_BITS && q > EXPONENT_MIN;
    int k = irregular ? floor_log10_three_quarters(q) : floor_log10_power2(q);
    int h = q + floor_log2_power10(-k) + 1;
    const uint64_t *g = number_powers[-k - NUMBER_POWERS_MIN];
    uint64_t middle = scale_to_odd(g, 4 * c << h);
    uint64_t lower = scale_to_odd(g, (4 * c - 2 + irregular) << h) + !even;
    uint64_t upper = scale_to_odd(g, (4 * c + 2) << h) - !even;
    uint64_t s = middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens;
        bool up = 40 * tens + 40 <= upper;
        if (down != up) {
            digits_of_integer(d, tens + up);
            d->point = d->count + k + 1;
            strip_zeros(d);
            return;
        }
    }
    bool down = lower <= 4 * s;
    bool up = 4 * s + 4 <= upper;
    if (down == up) {
        uint64_t half = 4 * s + 2;
        up = middle > half || (middle == half && (s & 1) != 0);
    }
    digits_of_integer(d, s + up);
    d->point = d->count + k;
    strip_zeros(d);
}

// ---- a given number of digits ----

static int
digits_of_mpz(Digits *d, const mpz_t z)
{
    size_t room = mpz_sizeinbase(z, 10) + 2;
    d->text = room <= sizeof d->small ? d->small : mem_alloc_or_error(room);
    if (d->text == NULL) {
        d->text = d->small;
        return -1;
    }
    mpz_get_str(d->text, 10, z);
    d->count = (int)strlen(d->text);
    return 0;
}

static int
bit_count(u128 x)
{
    uint64_t high = (uint64_t)(x >> 64);
    return high != 0 ? 128 - __builtin_clzll(high)
           : x != 0  ? 64 - __builtin_clzll((uint64_t)x) : 0;
}

static u128
small_power10(int k)
{
    u128 power = 1;
    for (u128 base = 10; k > 0; k >>= 1, base *= base) {
        power *= k & 1 ? base : 1;
    }
    return power;
}

// mantissa * 2**exponent * 10**places rounded half to even, when it fits 128 bits.
static bool
scaled_small(uint64_t mantissa, int exponent, int places, u128 *result)
{
    if (places > 22 || places < -27 || exponent < -126 || exponent > 127) {
        return false;
    }
    u128 n = mantissa;
    u128 divisor = 1;
    if (places >= 0) {
        n *= small_power10(places);     // 53 + 74 bits
    }
    else {
        divisor = small_power10(-places);
    }
    if (exponent >= 0) {
        if (bit_count(n) + exponent > 127) {
            return false;
        }
        n <<= exponent;
    }
    else {
        if (bit_count(divisor) - exponent > 126) {
            return false;
        }
        divisor <<= -exponent;
    }
    u128 quotient;
    u128 rest;
    if ((divisor & (divisor - 1)) == 0) {
        quotient = n >> (bit_count(divisor) - 1);
        rest = n & (divisor - 1);
    }
    else {
        quotient = n / divisor;
        rest = n % divisor;
    }
    u128 twice = rest * 2;
    quotient += twice > divisor || (twice == divisor && (quotient & 1) != 0);
    *result = quotient;
    return true;
}

static int
scaled_large(uint64_t mantissa, int exponent, int places, Digits *d)
{
    mpz_t n, divisor, rest;
    mpz_inits(n, divisor, rest, NULL);
    mpz_set_ui(n, mantissa);
    mpz_ui_pow_ui(divisor, 10, (unsigned long)(places < 0 ? -places : places));
    if (places >= 0) {
        mpz_mul(n, n, divisor);
        mpz_set_ui(divisor, 1);
    }
    if (exponent >= 0) {
        mpz_mul_2exp(n, n, (mp_bitcnt_t)exponent);
    }
    else {
        mpz_mul_2exp(divisor, divisor, (mp_bitcnt_t)-exponent);
    }
    mpz_tdiv_qr(n, rest, n, divisor);
    mpz_mul_2exp(rest, rest, 1);
    int order = mpz_cmp(rest, divisor);
    if (order > 0 || (order == 0 && mpz_odd_p(n))) {
        mpz_add_ui(n, n, 1);
    }
    int result = digits_of_mpz(d, n);
    mpz_clears(n, divisor, rest, NULL);
    return result;
}

// The digits of x * 10**places rounded to an integer ("0" when that is 0); point is set.
static int
scaled_digits(double x, int places, Digits *d)
{
    int exponent;
    uint64_t mantissa = split_double(x, &exponent);
    int zeros = __builtin_ctzll(mantissa);
    u128 small;
    if (scaled_small(mantissa >> zeros, exponent + zeros, places, &small)) {
        digits_of_integer(d, small);
    }
    else if (scaled_large(mantissa, exponent, places, d) < 0) {
        return -1;
    }
    d->point = d->count - places;
    return 0;
}

// x to `wanted` significant digits (at least 1).
static int
significant_digits(double x, int wanted, Digits *d)
{
    int exponent;
    uint64_t mantissa = split_double(x, &exponent);
    // floor(log10 x), or one less.
    int magnitude = floor_log10_power2(exponent + 63 - __builtin_clzll(mantissa));
    if (scaled_digits(x, wanted - 1 - magnitude, d) < 0) {
        return -1;
    }
    if (d->count > wanted) {
        // Too many: the estimate was one too low, or rounding has added a digit.
        digits_free(d);
        if (scaled_digits(x, wanted - 2 - magnitude, d) < 0) {
            return -1;
        }
        if (d->count > wanted) {
            d->count--;         // 10…0
        }
    }
    return 0;
}

// ---- layout ----

static char *
put_repeated(char *out, char c, int64_t n)
{
    if (n > 0) {
        memset(out, c, (size_t)n);
        out += n;
    }
    return out;
}

// Appends "e+05": at least two digits of exponent.
static char *
put_exponent(char *out, int exponent, bool upper)
{
    *out++ = upper ? 'E' : 'e';
    *out++ = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent >= 100) {
        *out++ = (char)('0' + exponent / 100);
    }
    *out++ = (char)('0' + exponent / 10 % 10);
    *out++ = (char)('0' + exponent % 10);
    return out;
}

// Digits with the point among them and `places` digits behind it.
static char *
put_fixed(char *out, const Digits *d, int64_t places, bool point)
{
    int whole = d->point < 0 ? 0 : d->point;
    if (whole == 0) {
        *out++ = '0';
    }
    int taken = whole < d->count ? whole : d->count;
    memcpy(out, d->text, (size_t)taken);
    out = put_repeated(out + taken, '0', whole - taken);
    if (places > 0 || point) {
        *out++ = '.';
    }
    int64_t zeros = d->point < 0 ? -(int64_t)d->point : 0;
    zeros = zeros < places ? zeros : places;
    out = put_repeated(out, '0', zeros);
    int64_t left = d->count - taken;
    left = left < places - zeros ? left : places - zeros;
    left = left > 0 ? left : 0;
    memcpy(out, d->text + taken, (size_t)left);
    return put_repeated(out + left, '0', places - zeros - left);
}

static char *
put_scientific(char *out, const Digits *d, int64_t places, bool point, bool upper)
{
    *out++ = d->text[0];
    if (places > 0 || point) {
        *out++ = '.';
    }
    int64_t left = d->count - 1 < places ? d->count - 1 : places;
    memcpy(out, d->text + 1, (size_t)left);
    out = put_repeated(out + left, '0', places - left);
    return put_exponent(out, d->point - 1, upper);
}

static char *
special_text(double x, int flags, bool upper)
{
    char *result = mem_alloc_or_error(8);
    if (result == NULL) {
        return NULL;
    }
    char *out = result;
    if ((isinf(x) && x < 0) || (flags & NUMBER_TEXT_SIGN)) {
        *out++ = isinf(x) && x < 0 ? '-' : '+';
    }
    memcpy(out, isnan(x) ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf", 4);
    return result;
}

static const Digits zero_digits = {.count = 1, .point = 1, .small = "0"};

// The digits that a format asks for; those beyond the limits are zeros.
static int
digits_for(double x, char code, int64_t precision, Digits *d)
{
    if (x == 0.0) {
        *d = zero_digits;
        d->text = d->small;
        return 0;
    }
    switch (code) {
        case 'r':
            shortest_digits(x, d);
            return 0;
        case 'f':
            return scaled_digits(x, precision < MOST_PLACES ? (int)precision : MOST_PLACES, d);
        case 'e':
            return significant_digits(x, precision < MOST_DIGITS ? (int)precision + 1 : MOST_DIGITS,
                                      d);
        default:
            return significant_digits(x, precision < MOST_DIGITS ? (int)precision : MOST_DIGITS, d);
    }
}

// 'g' and repr: fixed or scientific by the size of the exponent.
static char *
put_general(char *out, Digits *d, char code, int64_t precision, int flags, bool upper)
{
    bool alternate = (flags & NUMBER_TEXT_ALT) != 0;
    bool padded = alternate && code == 'g';
    if (!padded) {
        strip_zeros(d);
    }
    // ".0" must not make more digits than the precision has.
    int64_t highest = code == 'r' ? 16 : precision - ((flags & NUMBER_TEXT_ADD_DOT_0) != 0);
    if (d->point < -3 || d->point > highest) {
        return put_scientific(out, d, padded ? precision - 1 : d->count - 1, alternate, upper);
    }
    int64_t places = padded ? precision - d->point : d->count - d->point;
    places = places > 0 ? places : 0;
    bool add_zero = places == 0 && (flags & NUMBER_TEXT_ADD_DOT_0);
    return put_fixed(out, d, add_zero ? 1 : places, alternate);
}

char *
number_text_from_double(double x, char code, int precision, int flags, NumberKind *kind)
{
    bool upper = code == 'E' || code == 'F' || code == 'G';
    if (kind != NULL) {
        *kind = isnan(x) ? NUMBER_NAN : isinf(x) ? NUMBER_INFINITE : NUMBER_FINITE;
    }
    if (!isfinite(x)) {
        return special_text(x, flags, upper);
    }
    if (code == '\0' || strchr("reEfFgG", code) == NULL || (code == 'r' && precision != 0)
        || precision < 0) {
        return error_bad_internal_call();
    }
    char kind_of_text = upper ? (char)(code + 32) : code;
    int64_t places = kind_of_text == 'g' && precision == 0 ? 1 : precision;
    Digits d;
    if (digits_for(fabs(x), kind_of_text, places, &d) < 0) {
        return NULL;
    }
    int64_t whole = d.point > 0 ? d.point : 0;
    char *result = mem_alloc_or_error((size_t)(places + whole + d.count) + 40);
    if (result == NULL) {
        digits_free(&d);
        return NULL;
    }
    char *out = result;
    bool zero = d.count == 1 && d.text[0] == '0';
    bool negative = signbit(x) && !(zero && (flags & NUMBER_TEXT_NO_NEG_0));
    if (negative || (flags & NUMBER_TEXT_SIGN)) {
        *out++ = negative ? '-' : '+';
    }
    bool alternate = (flags & NUMBER_TEXT_ALT) != 0;
    if (kind_of_text == 'f') {
        bool add_zero = places == 0 && (flags & NUMBER_TEXT_ADD_DOT_0);
        out = put_fixed(out, &d, add_zero ? 1 : places, alternate);
    }
    else if (kind_of_text == 'e') {
        out = put_scientific(out, &d, places, alternate, upper);
    }
    else {
        out = put_general(out, &d, kind_of_text, places, flags, upper);
    }
    *out = '\0';
    digits_free(&d);
    return result;
}

// ---- reading ----

// Letters of any case; word is in lower case.
static bool
matches_word(const char *text, const char *word, size_t *length)
{
    *length = 0;
    for (; word[*length] != '\0'; ++*length) {
        if ((text[*length] | 0x20) != word[*length]) {
            return false;
        }
    }
    return true;
}

// inf, infinity or nan with an optional sign.
static bool
read_special(const char *text, char **end, double *value)
{
    bool negative = *text == '-';
    const char *word = text + (*text == '-' || *text == '+');
    size_t length;
    if (matches_word(word, "infinity", &length) || matches_word(word, "inf", &length)) {
        *value = negative ? -INFINITY : INFINITY;
    }
    else if (matches_word(word, "nan", &length)) {
        *value = copysign(NAN, negative ? -1.0 : 1.0);
    }
    else {
        return false;
    }
    *end = (char *)word + length;
    return true;
}

// A decimal number as text: digits before and behind the point, and the exponent.
typedef struct {
    bool negative;
    const char *whole;      // digits
    const char *whole_end;
    const char *fraction;   // digits
    const char *fraction_end;
    int64_t exponent;
} Decimal;

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Behind the number, or text itself when there is none.
static const char *
scan_decimal(const char *text, Decimal *n)
{
    const char *c = text;
    n->negative = *c == '-';
    c += *c == '-' || *c == '+';
    n->whole = c;
    while (is_digit(*c)) {
        c++;
    }
    n->whole_end = n->fraction = n->fraction_end = c;
    n->exponent = 0;
    if (*c == '.') {
        n->fraction = ++c;
        while (is_digit(*c)) {
            c++;
        }
        n->fraction_end = c;
    }
    if (n->whole == n->whole_end && n->fraction == n->fraction_end) {
        return text;
    }
    if ((*c | 0x20) == 'e') {
        const char *e = c + 1 + (c[1] == '-' || c[1] == '+');
        if (is_digit(*e)) {
            int64_t value = 0;
            for (; is_digit(*e); e++) {
                value = value < INT64_C(100000000000000000) ? value * 10 + (*e - '0') : value;
            }
            n->exponent = c[1] == '-' ? -value : value;
            return e;
        }
    }
    return c;
}

// mantissa * 2**exponent with `sticky` for a rest below, rounded half to even; mantissa is not 0.
static double
assemble(u128 mantissa, int exponent, bool sticky)
{
    int bits = bit_count(mantissa);
    int keep = bits + exponent < EXPONENT_MIN + 53 ? bits + exponent - EXPONENT_MIN : 53;
    if (keep < 0) {
        return 0.0;
    }
    int cut = bits - keep;
    uint64_t result;
    if (cut <= 0) {
        result = (uint64_t)mantissa << -cut;
    }
    else {
        u128 unit = (u128)1 << (cut - 1);
        u128 rest = cut == 128 ? mantissa : mantissa & ((unit << 1) - 1);
        result = cut == 128 ? 0 : (uint64_t)(mantissa >> cut);
        result += rest > unit || (rest == unit && (sticky || (result & 1) != 0));
    }
    return ldexp((double)result, exponent + cut);
}

double
number_text_from_binary(uint64_t mantissa, int64_t exponent, bool rest)
{
    if (mantissa == 0 || exponent < -2000) {
        return 0.0;
    }
    return exponent > 2000 ? INFINITY : assemble(mantissa, (int)exponent, rest);
}

// Digits, not all of them 0, times 10**exponent exactly.
static double
read_exactly(const char *digits, int exponent)
{
    mpz_t n, power;
    mpz_inits(n, power, NULL);
    mpz_set_str(n, digits, 10);
    mpz_ui_pow_ui(power, 10, (unsigned long)(exponent < 0 ? -exponent : exponent));
    int binary = 0;
    bool sticky = false;
    if (exponent >= 0) {
        mpz_mul(n, n, power);
    }
    else {
        // A quotient of more than 64 bits.
        long shift = 66 + (long)mpz_sizeinbase(power, 2) - (long)mpz_sizeinbase(n, 2);
        if (shift > 0) {
            mpz_mul_2exp(n, n, (mp_bitcnt_t)shift);
            binary = -(int)shift;
        }
        mpz_tdiv_qr(n, power, n, power);
        sticky = mpz_sgn(power) != 0;
    }
    long excess = (long)mpz_sizeinbase(n, 2) - 120;
    if (excess > 0) {
        sticky |= mpz_scan1(n, 0) < (mp_bitcnt_t)excess;
        mpz_tdiv_q_2exp(n, n, (mp_bitcnt_t)excess);
        binary += (int)excess;
    }
    u128 mantissa = 0;
    for (size_t i = mpz_size(n); i-- > 0;) {
        mantissa = mantissa << 64 | mpz_getlimbn(n, i);
    }
    mpz_clears(n, power, NULL);
    return assemble(mantissa, binary, sticky);
}

// The first digits decide but for ties: what follows the 800th counts as one more digit.
static double
read_slowly(const Decimal *n, const char *first, int64_t exponent)
{
    char digits[820];
    size_t count = 0;
    bool more = false;
    for (const char *c = first; c < n->fraction_end; c++) {
        if (c == n->whole_end && n->fraction != n->whole_end) {
            continue;       // the point
        }
        if (count < 800) {
            digits[count++] = *c;
        }
        else {
            more |= *c != '0';
            exponent++;
        }
    }
    if (more) {
        digits[count++] = '1';
        exponent--;
    }
    digits[count] = '\0';
    return read_exactly(digits, (int)exponent);
}

// w * 10**k, with w up to one unit too low when `truncated`: false when the bounds do not decide.
static bool
read_quickly(uint64_t w, int k, bool truncated, double *result)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!truncated && w <= (uint64_t)1 << 53 && k >= -22 && k <= 22) {
        *result = k < 0 ? (double)w / exact[-k] : (double)w * exact[k];
        return true;
    }
    const uint64_t *g = number_powers[k - NUMBER_POWERS_MIN];
    int shift = __builtin_clzll(w);
    w <<= shift;
    // The upper 128 of 192 bits. The power is too large by less than one unit of its last bit, so
    // the product, cut off, by less than two; a truncated w is too small by 2**shift.
    u128 high = (u128)g[0] * w + ((u128)g[1] * w >> 64);
    u128 low = high - 2;
    if (truncated) {
        high += (u128)(g[0] + 1) << shift;
        if (high < low) {
            return false;
        }
    }
    int exponent = floor_log2_power10(k) - 127 + 64 - shift;
    double a = assemble(low, exponent, true);
    double b = assemble(high, exponent, true);
    *result = a;
    return a == b;
}

static double
decimal_value(const Decimal *n)
{
    const char *first = n->whole;
    while (first < n->fraction_end && (*first == '0' || *first == '.')) {
        first++;
    }
    // Exponent of the last digit, and where the first one stands.
    int64_t exponent = n->exponent - (n->fraction_end - n->fraction);
    bool split = first < n->whole_end && n->fraction != n->whole_end;
    int64_t count = n->fraction_end - first - split;
    if (count <= 0) {
        return 0.0;
    }
    if (count + exponent > 310) {
        return INFINITY;
    }
    if (count + exponent < -326) {
        return 0.0;
    }
    uint64_t w = 0;
    int taken = 0;
    const char *c = first;
    for (; c < n->fraction_end && taken < 19; c++) {
        if (is_digit(*c)) {
            w = w * 10 + (uint64_t)(*c - '0');
            taken++;
        }
    }
    int64_t k = exponent + count - taken;
    double result;
    if (k >= NUMBER_POWERS_MIN && k <= NUMBER_POWERS_MAX
        && read_quickly(w, (int)k, count > taken, &result)) {
        return result;
    }
    return read_slowly(n, first, exponent);
}

double
number_text_to_double(const char *text, char **end, PyObject *overflow_exception)
{
    double value = 0.0;
    char *stop = (char *)text;
    if (!read_special(text, &stop, &value)) {
        Decimal n;
        stop = (char *)scan_decimal(text, &n);
        if (stop != text) {
            value = decimal_value(&n);
            value = n.negative ? -value : value;
            if (isinf(value) && overflow_exception != NULL) {
                error_format(overflow_exception, "value too large to convert to float: '%.200s'",
                             text);
                return -1.0;
            }
        }
    }
    if (stop == text || (end == NULL && *stop != '\0')) {
        error_format(PyExc_ValueError, "could not convert string to float: '%.200s'", text);
        return -1.0;
    }
    if (end != NULL) {
        *end = stop;
    }
    return value;
}
