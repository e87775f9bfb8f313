// int: text in any base, both ways. Decimal text beyond sys.set_int_max_str_digits is refused;
// large numbers are converted by GMP, whose algorithms are sub-quadratic.
#include <stdlib.h>
#include <string.h>

#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/int_internal.h"
#include "objects/interpreter.h"
#include "objects/str.h"

// Limits below this number of digits are never checked.
#define DIGITS_THRESHOLD 640

// ---- to text ----

static void *
too_long_to_text(int limit)
{
    return error_format(PyExc_ValueError,
                        "Exceeds the limit (%d digits) for integer string conversion; use "
                        "sys.set_int_max_str_digits() to increase the limit", limit);
}

static PyObject *
small_decimal(int64_t value)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0) {
        *--at = '-';
    }
    return str_from_ascii(at, text + sizeof text - at);
}

// Four digits of 30 bits: two halves of at most 18 decimal digits and a rest.
#define MEDIUM_DIGITS 4

static PyObject *
medium_decimal(PyObject *op)
{
    unsigned __int128 magnitude = 0;
    for (Py_ssize_t i = int_digit_count(op); i-- > 0;) {
        magnitude = magnitude << PyLong_SHIFT | int_digits(op)[i];
    }
    char text[48];
    char *at = text + sizeof text;
    const uint64_t part = 1000000000000000000u;
    while (magnitude >= part) {
        uint64_t low = (uint64_t)(magnitude % part);
        magnitude /= part;
        for (int i = 0; i < 18; i++, low /= 10) {
            *--at = (char)('0' + low % 10);
        }
    }
    for (uint64_t rest = (uint64_t)magnitude; rest != 0; rest /= 10) {
        *--at = (char)('0' + rest % 10);
    }
    if (int_is_negative(op)) {
        *--at = '-';
    }
    return str_from_ascii(at, text + sizeof text - at);
}

// Sign, prefix and digits; mem_alloc'ed with NUL. *digits points to the first digit.
static char *
number_text(PyObject *op, int base, char **digits)
{
    mpz_t z;
    mpz_init(z);
    int_to_mpz(op, z);
    mpz_abs(z, z);
    char *text = mem_alloc_or_error(mpz_sizeinbase(z, base) + 5);
    if (text != NULL) {
        char *at = text;
        if (int_is_negative(op)) {
            *at++ = '-';
        }
        if (base == 2 || base == 8 || base == 16) {
            *at++ = '0';
            *at++ = base == 2 ? 'b' : base == 8 ? 'o' : 'x';
        }
        *digits = at;
        mpz_get_str(at, base, z);
    }
    mpz_clear(z);
    return text;
}

static bool
decimal_is_too_long(PyObject *op, int *limit)
{
    *limit = interpreter_roots()->int_max_str_digits;
    if (*limit <= 0 || int_digit_count(op) < DIGITS_THRESHOLD * 10 / (3 * PyLong_SHIFT)) {
        return false;
    }
    // 3.32192 bits make a decimal digit: refuse before the conversion where that is certain.
    return (double)int_bit_length(op) / 3.3219280948873626 > (double)*limit + 1;
}

PyObject *
int_to_base(PyObject *op, int base)
{
    int64_t small;
    if (base == 10 && int_as_i64_fast(op, &small)) {
        return small_decimal(small);
    }
    if (base == 10 && int_digit_count(op) <= MEDIUM_DIGITS) {
        return medium_decimal(op);
    }
    int limit = 0;
    if (base == 10 && decimal_is_too_long(op, &limit)) {
        return too_long_to_text(limit);
    }
    char *digits;
    char *text = number_text(op, base, &digits);
    if (text == NULL) {
        return NULL;
    }
    size_t length = strlen(digits);
    PyObject *result;
    if (base == 10 && limit > 0 && length > (size_t)limit && length > DIGITS_THRESHOLD) {
        result = too_long_to_text(limit);
    }
    else {
        result = str_from_ascii(text, digits - text + (Py_ssize_t)length);
    }
    mem_free(text);
    return result;
}

PyObject *
int_repr(PyObject *op)
{
    return int_to_base(op, 10);
}

// ---- from text ----

static int
digit_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

typedef struct {
    const char *digits;     // first digit behind sign and prefix
    const char *end;        // behind the last digit
    Py_ssize_t count;       // digits without underscores
    int base;
    bool negative;
    bool valid;
} Literal;

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *
skip_digits(const char *c, int base)
{
    if (base == 10) {
        while (*c >= '0' && *c <= '9') {
            c++;
        }
    }
    else {
        while (digit_value((unsigned char)*c) < base) {
            c++;
        }
    }
    return c;
}

// Sign, prefix and digits of text; base 0 reads the prefix. Underscores stand between digits.
static Literal
scan_literal(const char *text, int base)
{
    Literal result = {.base = base};
    while (is_blank(*text)) {
        text++;
    }
    if (*text == '+' || *text == '-') {
        result.negative = *text == '-';
        text++;
    }
    char mark = text[0] == '0' ? text[1] | 0x20 : 0;
    int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    bool leading_zero = false;
    if (marked != 0 && (base == 0 || base == marked)) {
        text += 2;
        text += *text == '_';       // 0x_ff
        result.base = marked;
    }
    else if (base == 0) {
        leading_zero = *text == '0';
        result.base = 10;
    }
    result.digits = text;
    bool nonzero = false;
    for (;;) {
        const char *run = text;
        text = skip_digits(run, result.base);
        for (const char *c = run; leading_zero && c < text; c++) {
            nonzero |= *c != '0';
        }
        result.count += text - run;
        if (*text != '_' || text == result.digits
            || digit_value((unsigned char)text[1]) >= result.base) {
            break;
        }
        text++;
    }
    result.end = text;
    // In base 0 "010" is an error, "000" is zero.
    result.valid = result.count > 0 && !(leading_zero && nonzero);
    return result;
}

static void *
too_long_to_number(int limit, Py_ssize_t count)
{
    return error_format(PyExc_ValueError,
                        "Exceeds the limit (%d digits) for integer string conversion: value has "
                        "%zd digits; use sys.set_int_max_str_digits() to increase the limit",
                        limit, count);
}

static PyObject *
literal_value(const Literal *literal)
{
    bool power_of_two = (literal->base & (literal->base - 1)) == 0;
    int limit = interpreter_roots()->int_max_str_digits;
    if (!power_of_two && limit > 0 && literal->count > DIGITS_THRESHOLD && literal->count > limit) {
        return too_long_to_number(limit, literal->count);
    }
    if (literal->count <= (literal->base <= 10 ? 18 : 12)) {
        int64_t value = 0;      // 10**18 and 36**12 fit
        for (const char *c = literal->digits; c < literal->end; c++) {
            if (*c != '_') {
                value = value * literal->base + digit_value((unsigned char)*c);
            }
        }
        return int_from_i64(literal->negative ? -value : value);
    }
    char *clean = mem_alloc_or_error((size_t)literal->count + 1);
    if (clean == NULL) {
        return NULL;
    }
    char *out = clean;
    for (const char *c = literal->digits; c < literal->end; c++) {
        if (*c != '_') {
            *out++ = *c;
        }
    }
    *out = '\0';
    mpz_t z;
    mpz_init(z);
    mpz_set_str(z, clean, literal->base);
    if (literal->negative) {
        mpz_neg(z, z);
    }
    PyObject *result = int_from_mpz(z);
    mpz_clear(z);
    mem_free(clean);
    return result;
}

static bool
base_is_valid(int base)
{
    if ((base != 0 && base < 2) || base > 36) {
        error_set(PyExc_ValueError, "int() arg 2 must be >= 2 and <= 36");
        return false;
    }
    return true;
}

PyObject *
int_from_cstr(const char *text, char **end, int base)
{
    if (!base_is_valid(base)) {
        return NULL;
    }
    Literal literal = scan_literal(text, base);
    const char *stop = literal.end;
    while (literal.valid && is_blank(*stop)) {
        stop++;
    }
    if (end != NULL) {
        *end = (char *)(literal.valid ? stop : text);
    }
    if (!literal.valid || (end == NULL && *stop != '\0')) {
        return error_format(PyExc_ValueError, "invalid literal for int() with base %d: '%.200s'",
                            base, text);
    }
    return literal_value(&literal);
}

// The value of text when all of it is a number; NULL without an exception when it is not one.
static PyObject *
whole_text_value(const char *text, Py_ssize_t size, int base)
{
    Literal literal = scan_literal(text, base);
    const char *stop = literal.end;
    while (literal.valid && is_blank(*stop)) {
        stop++;
    }
    return literal.valid && stop == text + size ? literal_value(&literal) : NULL;
}

static void *
bad_literal(PyObject *shown, int base)
{
    return error_format(PyExc_ValueError, "invalid literal for int() with base %d: %.200R", base,
                        shown);
}

PyObject *
int_from_str(PyObject *text, int base)
{
    if (!base_is_valid(base)) {
        return NULL;
    }
    // Other decimal digits and blanks of Unicode become their ASCII equals.
    PyObject *ascii = str_decimal_and_space_to_ascii(text);
    if (ascii == NULL) {
        return NULL;
    }
    Py_ssize_t size;
    const char *utf8 = str_as_utf8_size(ascii, &size);
    PyObject *result = utf8 != NULL ? whole_text_value(utf8, size, base) : NULL;
    decref(ascii);
    if (result == NULL && (!error_occurred() || error_clear_if(PyExc_UnicodeEncodeError))) {
        return bad_literal(text, base);
    }
    return result;
}

PyObject *
int_from_bytes_text(const char *text, Py_ssize_t size, int base)
{
    if (!base_is_valid(base)) {
        return NULL;
    }
    PyObject *bytes = bytes_from_data(text, size);      // ends with a NUL
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *result = whole_text_value(bytes_data(bytes), size, base);
    if (result == NULL && !error_occurred()) {
        bad_literal(bytes, base);
    }
    decref(bytes);
    return result;
}
