// Arrays of words in base 10**19, least significant first: the long coefficients of decimal
// numbers. See decimal_number.h.
//
// Everything but multiplication and the conversions to and from binary is linear.
//
// Threading: pure.
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_number.h"

// From these numbers of words on GMP multiplies, and converts by divide and conquer.
#define MULTIPLY_THRESHOLD 40
#define CONVERT_THRESHOLD 48

static inline uint64_t power64(int k) { return dec_power_table[k][0]; }     // k <= 19

// high * 2**64 + low divided by the base, high < base: Möller and Granlund, "Improved division by
// invariant integers" (2011). The base has its top bit set.
static inline uint64_t
divide_by_base(uint64_t high, uint64_t low, uint64_t *remainder)
{
    const uint64_t reciprocal = 0xd83c94fb6d2ac34au;    // (2**128 - 1) / base - 2**64
    u128 q = (u128)reciprocal * high + ((u128)high << 64 | low);
    uint64_t quotient = (uint64_t)(q >> 64) + 1;
    uint64_t r = low - quotient * DEC_BASE;
    if (r > (uint64_t)q) {
        quotient--;
        r += DEC_BASE;
    }
    if (__builtin_expect(r >= DEC_BASE, 0)) {
        quotient++;
        r -= DEC_BASE;
    }
    *remainder = r;
    return quotient;
}

uint64_t *
limbs_alloc(size_t n)
{
    return mem_alloc_array(n > 0 ? n : 1, sizeof(uint64_t));
}

size_t
limbs_trim(const uint64_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0) {
        n--;
    }
    return n;
}

int64_t
limbs_digits(const uint64_t *p, size_t n)
{
    n = limbs_trim(p, n);
    return n == 0 ? 1 : (int64_t)(n - 1) * DEC_WORD_DIGITS + dec_count_digits(p[n - 1]);
}

const uint64_t *
dec_limbs(const Dec *a, uint64_t scratch[2], size_t *n)
{
    if (!dec_is_small(a)) {
        *n = dec_word_count(a->digits);
        return a->limbs;
    }
    scratch[1] = divide_by_base(a->hi, a->lo, &scratch[0]);     // hi < base: the number has 38 digits
    *n = limbs_trim(scratch, 2);
    return scratch;
}

int
limbs_compare(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    na = limbs_trim(a, na);
    nb = limbs_trim(b, nb);
    if (na != nb) {
        return na < nb ? -1 : 1;
    }
    while (na-- > 0) {
        if (a[na] != b[na]) {
            return a[na] < b[na] ? -1 : 1;
        }
    }
    return 0;
}

size_t
limbs_add(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < na; i++) {
        uint64_t y = (i < nb ? b[i] : 0) + carry;       // at most 10**19
        uint64_t room = DEC_BASE - a[i];
        carry = y >= room;
        r[i] = carry ? y - room : a[i] + y;
    }
    r[na] = carry;
    return na + carry;
}

size_t
limbs_subtract(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < na; i++) {
        uint64_t y = (i < nb ? b[i] : 0) + borrow;
        borrow = a[i] < y;
        r[i] = a[i] - y + (borrow ? DEC_BASE : 0);
    }
    return limbs_trim(r, na);
}

// r += a * factor; r[na] receives the carry.
static void
add_product(uint64_t *r, const uint64_t *a, size_t na, uint64_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < na; i++) {
        u128 x = (u128)a[i] * factor + r[i] + carry;
        carry = divide_by_base((uint64_t)(x >> 64), (uint64_t)x, &r[i]);
    }
    r[na] = carry;
}

// Words spread over three binary words each make one product that contains the convolution: its
// sums stay below 2**192.
static int
multiply_spread(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    if (na > SIZE_MAX / 64 || nb > SIZE_MAX / 64) {
        return -1;
    }
    bool square = a == b && na == nb;
    uint64_t *x = mem_calloc(3 * na, sizeof *x);
    uint64_t *y = square ? x : mem_calloc(3 * nb, sizeof *y);
    uint64_t *product = limbs_alloc(3 * (na + nb));
    int result = -1;
    if (x == NULL || y == NULL || product == NULL) {
        goto done;
    }
    for (size_t i = 0; i < na; i++) {
        x[3 * i] = a[i];
    }
    for (size_t i = 0; i < nb && !square; i++) {
        y[3 * i] = b[i];
    }
    if (square) {
        mpn_sqr(product, x, (mp_size_t)(3 * na));
    }
    else if (na >= nb) {
        mpn_mul(product, x, (mp_size_t)(3 * na), y, (mp_size_t)(3 * nb));
    }
    else {
        mpn_mul(product, y, (mp_size_t)(3 * nb), x, (mp_size_t)(3 * na));
    }
    // Carries: each sum plus the rest of the lower ones, divided by the base.
    u128 rest = 0;
    for (size_t i = 0; i < na + nb; i++) {
        const uint64_t *w = product + 3 * i;
        u128 low = (u128)w[0] + (uint64_t)rest;
        u128 middle = (u128)w[1] + (uint64_t)(rest >> 64) + (uint64_t)(low >> 64);
        uint64_t top = w[2] + (uint64_t)(middle >> 64);     // below the base
        uint64_t r1;
        uint64_t q1 = divide_by_base(top, (uint64_t)middle, &r1);
        uint64_t q0 = divide_by_base(r1, (uint64_t)low, &r[i]);
        rest = (u128)q1 << 64 | q0;
    }
    result = 0;
done:
    mem_free(product);
    if (!square) {
        mem_free(y);
    }
    mem_free(x);
    return result;
}

int
limbs_multiply(uint64_t *r, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    if (na >= MULTIPLY_THRESHOLD && nb >= MULTIPLY_THRESHOLD) {
        return multiply_spread(r, a, na, b, nb);
    }
    memset(r, 0, (na + nb) * sizeof *r);
    if (na < nb) {
        const uint64_t *p = a;
        a = b;
        b = p;
        size_t n = na;
        na = nb;
        nb = n;
    }
    for (size_t i = 0; i < nb; i++) {
        add_product(r + i, a, na, b[i]);
    }
    return 0;
}

size_t
limbs_shift_left(uint64_t *r, const uint64_t *p, size_t n, int64_t k)
{
    size_t words = (size_t)(k / DEC_WORD_DIGITS);
    uint64_t factor = power64((int)(k % DEC_WORD_DIGITS));
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        u128 x = (u128)p[i] * factor + carry;
        carry = divide_by_base((uint64_t)(x >> 64), (uint64_t)x, &r[words + i]);
    }
    memset(r, 0, words * sizeof *r);
    r[words + n] = carry;
    return limbs_trim(r, words + n + 1);
}

static bool
any_nonzero(const uint64_t *p, size_t n)
{
    return limbs_trim(p, n) != 0;
}

// Where the first `k` digits stand relative to half of 10**k.
static int
rest_below(const uint64_t *p, size_t n, int64_t k)
{
    if (k > (int64_t)n * DEC_WORD_DIGITS) {
        return any_nonzero(p, n) ? DEC_REST_LOW : DEC_REST_ZERO;
    }
    if (k == 0) {
        return DEC_REST_ZERO;
    }
    size_t word = (size_t)((k - 1) / DEC_WORD_DIGITS);
    int place = (int)((k - 1) % DEC_WORD_DIGITS);
    uint64_t cut = p[word] % power64(place + 1);
    uint64_t half = 5 * power64(place);
    bool lower = any_nonzero(p, word);
    if (cut == half) {
        return lower ? DEC_REST_HIGH : DEC_REST_HALF;
    }
    if (cut > half) {
        return DEC_REST_HIGH;
    }
    return cut != 0 || lower ? DEC_REST_LOW : DEC_REST_ZERO;
}

size_t
limbs_shift_right(uint64_t *r, const uint64_t *p, size_t n, int64_t k, int *rest)
{
    *rest = rest_below(p, n, k);
    if (k >= (int64_t)n * DEC_WORD_DIGITS) {
        return 0;
    }
    size_t words = (size_t)(k / DEC_WORD_DIGITS);
    int places = (int)(k % DEC_WORD_DIGITS);
    if (places == 0) {
        memmove(r, p + words, (n - words) * sizeof *r);
        return limbs_trim(r, n - words);
    }
    uint64_t divisor = power64(places);
    uint64_t factor = power64(DEC_WORD_DIGITS - places);
    uint64_t high = p[words] / divisor;
    for (size_t i = words; i + 1 < n; i++) {
        uint64_t next = p[i + 1] / divisor;
        r[i - words] = high + (p[i + 1] - next * divisor) * factor;
        high = next;
    }
    r[n - 1 - words] = high;
    return limbs_trim(r, n - words);
}

int
limbs_digit_at(const uint64_t *p, size_t n, int64_t k)
{
    size_t word = (size_t)(k / DEC_WORD_DIGITS);
    return word >= n ? 0 : (int)(p[word] / power64((int)(k % DEC_WORD_DIGITS)) % 10);
}

// ---- text ----

// `digits` may end within the top word.
static void
write_digits(char *out, const uint64_t *p, int64_t digits, char zero)
{
    char *at = out + digits;
    for (size_t i = 0; at > out; i++) {
        uint64_t word = p[i];
        for (int k = 0; k < DEC_WORD_DIGITS && at > out; k++) {
            *--at = (char)(zero + word % 10);
            word /= 10;
        }
    }
}

static void
read_digits(uint64_t *p, const char *text, int64_t digits, char zero)
{
    const char *end = text + digits;
    for (size_t i = 0; end > text; i++) {
        const char *start = end - text > DEC_WORD_DIGITS ? end - DEC_WORD_DIGITS : text;
        uint64_t word = 0;
        for (const char *c = start; c < end; c++) {
            word = word * 10 + (uint64_t)(*c - zero);
        }
        p[i] = word;
        end = start;
    }
}

void
limbs_write_text(char *out, const uint64_t *p, int64_t digits)
{
    write_digits(out, p, digits, '0');
}

void
limbs_read_text(uint64_t *p, const char *text, int64_t digits)
{
    read_digits(p, text, digits, '0');
}

// ---- binary ----

size_t
limbs_to_binary(uint64_t *binary, const uint64_t *p, size_t n)
{
    if (n < CONVERT_THRESHOLD) {
        size_t count = 0;
        for (size_t i = n; i-- > 0;) {
            uint64_t carry = count > 0 ? mpn_mul_1(binary, binary, (mp_size_t)count, DEC_BASE) : 0;
            if (count > 0) {
                carry += mpn_add_1(binary, binary, (mp_size_t)count, p[i]);
            }
            else {
                carry = p[i];
            }
            if (carry != 0) {
                binary[count++] = carry;
            }
        }
        return count;
    }
    int64_t digits = limbs_digits(p, n);
    unsigned char *text = mem_alloc((size_t)digits);
    if (text == NULL) {
        return SIZE_MAX;
    }
    write_digits((char *)text, p, digits, 0);
    size_t count = (size_t)mpn_set_str(binary, text, (size_t)digits, 10);
    mem_free(text);
    return limbs_trim(binary, count);
}

// A binary word has 19.27 digits.
size_t
limbs_binary_room(size_t n)
{
    return n + n / 64 + 2;
}

size_t
limbs_from_binary(uint64_t *p, uint64_t *binary, size_t n)
{
    n = limbs_trim(binary, n);
    if (n < CONVERT_THRESHOLD) {
        size_t count = 0;
        while (n > 0) {
            p[count++] = mpn_divrem_1(binary, 0, binary, (mp_size_t)n, DEC_BASE);
            n = limbs_trim(binary, n);
        }
        return count;
    }
    unsigned char *text = mem_alloc(n * 20 + 16);
    if (text == NULL) {
        return SIZE_MAX;
    }
    size_t size = mpn_get_str(text, 10, binary, (mp_size_t)n);
    size_t skip = 0;
    while (skip < size && text[skip] == 0) {
        skip++;
    }
    read_digits(p, (char *)text + skip, (int64_t)(size - skip), 0);
    mem_free(text);
    return dec_word_count((int64_t)(size - skip));
}
