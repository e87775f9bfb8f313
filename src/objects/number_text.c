// Doubles as decimal text and back; see number_text.h.
//
// The C library's printf and strtod are correctly rounded (glibc documents it), so digits come
// from them; this file chooses how many. Shortest text: 15 digits always survive a round trip to
// text and back, 17 always determine the double, so the first of 15, 16, 17 that reads back
// wins. Short decimals, the common case, are found by scaling to an integer.
#include "objects/number_text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory/alloc.h"
#include "objects/error.h"
#include "objects/exceptions.h"

// ---- digits ----

typedef struct {
    char text[24];
    int count;
    int point;          // the value is 0.DIGITS * 10**point
} Digits;

// Digits of an integer below 10**16 that is scaled by 10**-places.
static void
digits_of_integer(uint64_t integer, int places, Digits *out)
{
    char reversed[24];
    int n = 0;
    do {
        reversed[n++] = (char)('0' + integer % 10);
        integer /= 10;
    } while (integer != 0);
    out->point = n - places;
    int skip = 0;
    while (skip < n - 1 && reversed[skip] == '0') {
        skip++;
    }
    out->count = n - skip;
    for (int i = 0; i < out->count; i++) {
        out->text[i] = reversed[n - 1 - i];
    }
}

// x is positive. True when x is an integer of at most 15 digits over a small power of ten.
static bool
try_scaled(double x, Digits *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    if (x >= 1e15 || x < 1e-5) {
        return false;
    }
    for (int k = 0; k < (int)(sizeof powers / sizeof *powers); k++) {
        double scaled = x * powers[k];
        if (scaled >= 1e15) {
            return false;
        }
        double nearest = nearbyint(scaled);
        if (nearest / powers[k] == x) {
            digits_of_integer((uint64_t)nearest, k, out);
            return true;
        }
    }
    return false;
}

static void
shortest_digits(double x, Digits *out)
{
    if (try_scaled(x, out)) {
        return;
    }
    char text[40];
    for (int precision = 14; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, x);
        if (precision == 16 || strtod(text, NULL) == x) {
            break;
        }
    }
    // d.ddddde±xx
    char *exponent = strchr(text, 'e');
    out->text[0] = text[0];
    int count = 1;
    for (const char *c = text + 2; c < exponent; c++) {
        out->text[count++] = *c;
    }
    while (count > 1 && out->text[count - 1] == '0') {
        count--;
    }
    out->count = count;
    out->point = atoi(exponent + 1) + 1;
}

// ---- layout ----

// Appends "e+05": at least two digits of exponent.
static char *
put_exponent(char *out, int exponent, bool upper)
{
    return out + sprintf(out, "%c%c%02d", upper ? 'E' : 'e', exponent < 0 ? '-' : '+',
                         abs(exponent));
}

// repr: exponent form outside 1e-4 <= x < 1e16.
static void
layout_repr(const Digits *d, int flags, char *out)
{
    if (d->point < -3 || d->point > 16) {
        *out++ = d->text[0];
        if (d->count > 1 || (flags & NUMBER_TEXT_ALT)) {
            *out++ = '.';
        }
        memcpy(out, d->text + 1, (size_t)d->count - 1);
        out = put_exponent(out + d->count - 1, d->point - 1, false);
        *out = '\0';
        return;
    }
    if (d->point <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = d->point; i < 0; i++) {
            *out++ = '0';
        }
        memcpy(out, d->text, (size_t)d->count);
        out[d->count] = '\0';
        return;
    }
    for (int i = 0; i < d->point || i < d->count; i++) {
        if (i == d->point) {
            *out++ = '.';
        }
        *out++ = i < d->count ? d->text[i] : '0';
    }
    if (d->count <= d->point && (flags & (NUMBER_TEXT_ADD_DOT_0 | NUMBER_TEXT_ALT))) {
        *out++ = '.';
        if (flags & NUMBER_TEXT_ADD_DOT_0) {
            *out++ = '0';
        }
    }
    *out = '\0';
}

static char *
special_text(double x, int flags, bool upper)
{
    const char *text = isnan(x) ? "nan" : "inf";
    char *result = mem_alloc_or_error(8);
    if (result == NULL) {
        return NULL;
    }
    const char *sign = isinf(x) && x < 0 ? "-" : flags & NUMBER_TEXT_SIGN ? "+" : "";
    snprintf(result, 8, "%s%s", sign, text);
    for (char *c = result; upper && *c != '\0'; c++) {
        *c = *c >= 'a' ? (char)(*c - 32) : *c;
    }
    return result;
}

// "-0.00" without any other digit than zero loses its sign.
static void
drop_sign_of_zero(char *text)
{
    if (text[0] == '-' && strpbrk(text, "123456789") == NULL) {
        memmove(text, text + 1, strlen(text));
    }
}

static bool
needs_dot_0(const char *text)
{
    return strpbrk(text, ".eE") == NULL;
}

// printf does e, f and g.
static char *
formatted_text(double x, char code, int precision, int flags)
{
    char format[16];
    snprintf(format, sizeof format, "%%%s%s.*%c", flags & NUMBER_TEXT_SIGN ? "+" : "",
             flags & NUMBER_TEXT_ALT ? "#" : "", code);
    int length = snprintf(NULL, 0, format, precision, x);
    char *result = length < 0 ? error_no_memory() : mem_alloc_or_error((size_t)length + 3);
    if (result == NULL) {
        return NULL;
    }
    snprintf(result, (size_t)length + 1, format, precision, x);
    if ((flags & NUMBER_TEXT_ADD_DOT_0) && needs_dot_0(result)) {
        strcat(result, ".0");
    }
    return result;
}

static char *
repr_text(double x, int flags)
{
    char *result = mem_alloc_or_error(40);
    if (result == NULL) {
        return NULL;
    }
    char *out = result;
    if (signbit(x)) {
        *out++ = '-';
    }
    else if (flags & NUMBER_TEXT_SIGN) {
        *out++ = '+';
    }
    Digits digits = {.text = "0", .count = 1, .point = 1};
    if (x != 0.0) {
        shortest_digits(fabs(x), &digits);
    }
    layout_repr(&digits, flags, out);
    return result;
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
    if (strchr("reEfFgG", code) == NULL || (code == 'r' && precision != 0)) {
        return error_bad_internal_call();
    }
    char *result = code == 'r' ? repr_text(x, flags) : formatted_text(x, code, precision, flags);
    if (result != NULL && (flags & NUMBER_TEXT_NO_NEG_0)) {
        drop_sign_of_zero(result);
    }
    return result;
}

char *
number_text_digits(double x, int mode, int wanted, int *point, bool *negative, int *count)
{
    *negative = signbit(x);
    x = fabs(x);
    Digits digits = {.text = "0", .count = 1, .point = 1};
    char *result;
    if (mode == 0 || x == 0.0) {
        if (x != 0.0) {
            shortest_digits(x, &digits);
        }
        result = mem_alloc_or_error((size_t)digits.count + 1);
        if (result != NULL) {
            memcpy(result, digits.text, (size_t)digits.count);
            result[digits.count] = '\0';
            *point = digits.point;
            *count = digits.count;
        }
        return result;
    }
    char *text = formatted_text(x, mode == 2 ? 'e' : 'f', mode == 2 ? wanted - 1 : wanted, 0);
    if (text == NULL) {
        return NULL;
    }
    // Moves the digits together and notes where the point was.
    char *exponent = strchr(text, 'e');
    int shift = exponent != NULL ? atoi(exponent + 1) : 0;
    int n = 0;
    int integer_digits = -1;
    for (char *c = text; *c != '\0' && c != exponent; c++) {
        if (*c == '.') {
            integer_digits = n;
        }
        else {
            text[n++] = *c;
        }
    }
    *point = (integer_digits < 0 ? n : integer_digits) + shift;
    int skip = 0;
    while (skip < n - 1 && text[skip] == '0') {
        skip++;
    }
    memmove(text, text + skip, (size_t)(n - skip));
    *point -= skip;
    n -= skip;
    while (n > 1 && text[n - 1] == '0') {
        n--;
    }
    text[n] = '\0';
    *count = n;
    return text;
}

// ---- reading ----

static bool
matches_word(const char *text, const char *word, size_t *length)
{
    *length = strlen(word);
    return strncasecmp(text, word, *length) == 0;
}

// inf, infinity or nan with an optional sign: what Python takes and what strtod takes differ.
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

// Behind a decimal number (digits, point, exponent), or text itself when there is none. strtod alone
// would also take hexadecimal numbers and blanks.
static const char *
skip_decimal(const char *text)
{
    const char *c = text + (*text == '-' || *text == '+');
    const char *start = c;
    while (*c >= '0' && *c <= '9') {
        c++;
    }
    bool any = c > start;
    if (*c == '.') {
        const char *fraction = ++c;
        while (*c >= '0' && *c <= '9') {
            c++;
        }
        any |= c > fraction;
    }
    if (!any) {
        return text;
    }
    if (*c == 'e' || *c == 'E') {
        const char *exponent = c + 1 + (c[1] == '-' || c[1] == '+');
        if (*exponent >= '0' && *exponent <= '9') {
            while (*exponent >= '0' && *exponent <= '9') {
                exponent++;
            }
            return exponent;
        }
    }
    return c;
}

double
number_text_to_double(const char *text, char **end, PyObject *overflow_exception)
{
    double value = 0.0;
    char *stop = (char *)text;
    if (!read_special(text, &stop, &value)) {
        stop = (char *)skip_decimal(text);
        if (stop != text) {
            value = strtod(text, NULL);
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
