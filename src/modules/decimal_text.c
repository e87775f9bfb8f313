// Decimal numbers: reading and writing text. See decimal_number.h. Both are linear.
//
// Threading: pure.
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_number.h"

// ---- reading ----

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Case-insensitive: word is in lower case.
static bool
matches(const char *text, const char *end, const char *word)
{
    for (; *word != '\0'; text++, word++) {
        if (text == end || (*text | 0x20) != *word) {
            return false;
        }
    }
    return text == end;
}

// Digits, from which a point at `point` (maybe NULL) is left out, as a coefficient.
static int
read_coefficient(Dec *r, const char *start, const char *end, const char *point, uint32_t *status)
{
    while (start < end && (*start == '0' || *start == '.')) {
        start++;
    }
    bool split = point != NULL && point >= start && point < end;
    int64_t digits = end - start - split;
    if (digits <= DEC_SMALL_DIGITS) {
        u128 c = 0;
        for (const char *at = start; at < end; at++) {
            if (*at != '.') {
                c = c * 10 + (unsigned)(*at - '0');
            }
        }
        dec_set_small(r, 0, c, 0);
        return 0;
    }
    uint64_t *limbs = limbs_alloc(dec_word_count(digits));
    char *joined = split && limbs != NULL ? mem_alloc((size_t)digits) : NULL;
    if (limbs == NULL || (split && joined == NULL)) {
        mem_free(limbs);
        dec_set_error(r, DEC_MALLOC_ERROR, status);
        return -1;
    }
    if (split) {
        memcpy(joined, start, (size_t)(point - start));
        memcpy(joined + (point - start), point + 1, (size_t)(end - point - 1));
        start = joined;
    }
    limbs_read_text(limbs, start, digits);
    mem_free(joined);
    dec_set_limbs_steal(r, 0, limbs, dec_word_count(digits), 0);
    return 0;
}

static void
read_nan(Dec *r, const char *text, const char *end, uint8_t flags, const DecContext *ctx,
         uint32_t *status)
{
    const char *at = text;
    while (at < end && is_digit(*at)) {
        at++;
    }
    if (at != end) {
        dec_set_error(r, DEC_CONVERSION_SYNTAX, status);
        return;
    }
    while (text < end && *text == '0') {
        text++;
    }
    if (text == end) {
        dec_set_special(r, flags);
        return;
    }
    // A payload that is too long is an error.
    if (end - text > ctx->prec - (ctx->clamp != 0)) {
        dec_set_error(r, DEC_CONVERSION_SYNTAX, status);
        return;
    }
    if (read_coefficient(r, text, end, NULL, status) == 0) {
        r->flags = flags;
    }
}

// The exponent behind 'e', far beyond all limits when it has too many digits. false: no number.
static bool
read_exponent(const char *at, const char *end, int64_t *exp)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }
    if (at == end) {
        return false;
    }
    const uint64_t most = UINT64_C(5000000000000000000);
    uint64_t value = 0;
    for (; at < end; at++) {
        if (!is_digit(*at)) {
            return false;
        }
        value = value > DEC_MAX_EMAX ? most : value * 10 + (uint64_t)(*at - '0');
    }
    value = value > most ? most : value;
    *exp = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static void
read_number(Dec *r, const char *text, const char *end, uint8_t sign, uint32_t *status)
{
    const char *at = text;
    const char *point = NULL;
    for (; at < end && (is_digit(*at) || (*at == '.' && point == NULL)); at++) {
        if (*at == '.') {
            point = at;
        }
    }
    int64_t exp = 0;
    bool any = at - text - (point != NULL) > 0;
    const char *stop = at;
    if (!any || (at < end && ((*at | 0x20) != 'e' || !read_exponent(at + 1, end, &exp)))) {
        dec_set_error(r, DEC_CONVERSION_SYNTAX, status);
        return;
    }
    if (read_coefficient(r, text, stop, point, status) < 0) {
        return;
    }
    r->flags = sign;
    r->exp = exp - (point != NULL ? stop - point - 1 : 0);
    if (r->exp > DEC_EXP_INF) {
        r->exp = DEC_EXP_INF;
    }
    else if (r->exp < -DEC_EXP_INF * 2) {
        r->exp = -DEC_EXP_INF * 2;
    }
}

void
dec_read(Dec *r, const char *text, size_t size, const DecContext *ctx, uint32_t *status)
{
    const char *end = text + size;
    uint8_t sign = 0;
    if (text < end && (*text == '-' || *text == '+')) {
        sign = *text == '-' ? DEC_NEG : 0;
        text++;
    }
    if (text < end && (is_digit(*text) || *text == '.')) {
        read_number(r, text, end, sign, status);
        if (!dec_is_special(r)) {
            dec_finalize(r, ctx, status);
        }
    }
    else if (matches(text, end, "inf") || matches(text, end, "infinity")) {
        dec_set_special(r, DEC_INF | sign);
    }
    else if (end - text >= 3 && matches(text, text + 3, "nan")) {
        read_nan(r, text + 3, end, DEC_NAN | sign, ctx, status);
    }
    else if (end - text >= 4 && matches(text, text + 4, "snan")) {
        read_nan(r, text + 4, end, DEC_SNAN | sign, ctx, status);
    }
    else {
        dec_set_error(r, DEC_CONVERSION_SYNTAX, status);
    }
}

// ---- writing ----

static char *
put_digits(char *out, const Dec *a)
{
    uint64_t scratch[2];
    size_t n;
    const uint64_t *p = dec_limbs(a, scratch, &n);
    if (n == 0) {
        *out = '0';
        return out + 1;
    }
    limbs_write_text(out, p, a->digits);
    return out + a->digits;
}

static char *
put_word(char *out, const char *word)
{
    size_t size = strlen(word);
    memcpy(out, word, size);
    return out + size;
}

static char *
put_special(char *out, const Dec *a)
{
    if (dec_is_infinite(a)) {
        return put_word(out, "Infinity");
    }
    out = put_word(out, a->flags & DEC_SNAN ? "sNaN" : "NaN");
    return a->digits > 0 ? put_digits(out, a) : out;
}

static char *
put_exponent(char *out, int64_t exp, bool capitals)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t magnitude = exp < 0 ? -(uint64_t)exp : (uint64_t)exp;
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    *out++ = capitals ? 'E' : 'e';
    *out++ = exp < 0 ? '-' : '+';
    memcpy(out, at, (size_t)(text + sizeof text - at));
    return out + (text + sizeof text - at);
}

// How many digits stand in front of the point; the exponent that is written follows from it.
static int64_t
place_of_point(const Dec *a, bool engineering)
{
    int64_t left = a->exp + a->digits;
    if (a->exp <= 0 && left > -6) {
        return left;
    }
    if (!engineering) {
        return 1;
    }
    // One to three digits, so that the exponent is a multiple of three.
    if (dec_is_zero(a)) {
        int64_t rest = (a->exp % 3 + 3) % 3;
        return rest == 0 ? 1 : rest == 1 ? -1 : 0;
    }
    return ((left - 1) % 3 + 3) % 3 + 1;
}

static char *
put_finite(char *out, const Dec *a, bool engineering, bool capitals)
{
    int64_t left = a->exp + a->digits;
    int64_t point = place_of_point(a, engineering);
    int64_t digits = a->digits;
    if (point <= 0) {
        out = put_word(out, "0.");
        memset(out, '0', (size_t)-point);
        out = put_digits(out - point, a);
    }
    else if (point >= digits) {
        out = put_digits(out, a);
        memset(out, '0', (size_t)(point - digits));
        out += point - digits;
    }
    else {
        char *start = out + 1;
        (void)put_digits(start, a);
        memmove(out, start, (size_t)point);
        out[point] = '.';
        out = start + digits;
    }
    return left != point ? put_exponent(out, left - point, capitals) : out;
}

char *
dec_to_text(const Dec *a, bool engineering, bool capitals, size_t *size)
{
    char *text = mem_alloc((size_t)a->digits + 48);
    if (text == NULL) {
        return NULL;
    }
    char *out = text;
    if (dec_is_negative(a)) {
        *out++ = '-';
    }
    out = dec_is_special(a) ? put_special(out, a) : put_finite(out, a, engineering, capitals);
    *out = '\0';
    *size = (size_t)(out - text);
    return text;
}
