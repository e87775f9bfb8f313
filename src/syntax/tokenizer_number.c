// Numbers: which characters belong to one, and what is wrong with those that do not (language
// reference, "Numeric literals"). Values are made in literal.c.
//
// Threading: see tokenizer.h.
#include "objects/error.h"
#include "syntax/tokenizer_internal.h"

static bool
is_digit_of(int c, int base)
{
    if (base == 16) {
        return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    return c >= '0' && c < '0' + base;
}

// Whether the text at the cursor, after c, is the rest of a word.
static bool
rest_is(const Tokenizer *t, const char *rest)
{
    for (Py_ssize_t i = t->cur; *rest != '\0'; i++, rest++) {
        if (i >= t->limit || t->buffer[i] != *rest) {
            return false;
        }
    }
    return true;
}

// Whether c and what follows start with a keyword that may touch a number ("1if x else 2").
static bool
keyword_follows(const Tokenizer *t, int c)
{
    switch (c) {
    case 'a': return rest_is(t, "nd");
    case 'e': return rest_is(t, "lse");
    case 'f': return rest_is(t, "or");
    case 'i': return rest_is(t, "f") || rest_is(t, "n") || rest_is(t, "s");
    case 'n': return rest_is(t, "ot");
    case 'o': return rest_is(t, "r");
    default: return false;
    }
}

// c follows the number: no name may begin there. Puts c back. 0 or -1.
static int
finish_number(Tokenizer *t, Token *token, int c, const char *kind)
{
    bool keyword = keyword_follows(t, c);
    back_char(t, c);
    if (t->extra_tokens) {
        // The tokenize module takes what follows for a token of its own.
    }
    else if (keyword) {
        if (tokenizer_warn(t, PyExc_SyntaxWarning, "invalid %s literal", kind) < 0) {
            return -1;
        }
    }
    else if (c < 128 && is_name_start(c)) {
        return tokenizer_error(t, "invalid %s literal", kind);
    }
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    return tokenizer_make(t, token, TOK_NUMBER);
}

// Reads digits separated by single underscores; *c is the character after them. 0 or -1.
static int
decimal_tail(Tokenizer *t, int *c)
{
    for (;;) {
        do {
            *c = next_char(t);
        } while (is_decimal(*c));
        if (*c != '_') {
            return 0;
        }
        *c = next_char(t);
        if (!is_decimal(*c)) {
            back_char(t, *c);
            return tokenizer_error(t, "invalid decimal literal");
        }
    }
}

static int
radix_number(Tokenizer *t, Token *token, int base, const char *kind)
{
    int c = next_char(t);
    do {
        if (c == '_') {
            c = next_char(t);
        }
        if (!is_digit_of(c, base)) {
            if (base < 10 && is_decimal(c)) {
                return tokenizer_error(t, "invalid digit '%c' in %s literal", c, kind);
            }
            back_char(t, c);
            return tokenizer_error(t, "invalid %s literal", kind);
        }
        do {
            c = next_char(t);
        } while (is_digit_of(c, base));
    } while (c == '_');
    if (base < 10 && is_decimal(c)) {
        return tokenizer_error(t, "invalid digit '%c' in %s literal", c, kind);
    }
    return finish_number(t, token, c, kind);
}

static int
imaginary(Tokenizer *t, Token *token)
{
    return finish_number(t, token, next_char(t), "imaginary");
}

// c follows the digits before or after the point: an exponent, a 'j' or the end.
static int
exponent(Tokenizer *t, Token *token, int c)
{
    if (c == 'e' || c == 'E') {
        int e = c;
        c = next_char(t);
        if (c == '+' || c == '-') {
            c = next_char(t);
            if (!is_decimal(c)) {
                back_char(t, c);
                return tokenizer_error(t, "invalid decimal literal");
            }
        }
        else if (!is_decimal(c)) {
            back_char(t, c);
            return finish_number(t, token, e, "decimal");
        }
        if (decimal_tail(t, &c) < 0) {
            return -1;
        }
    }
    if (c == 'j' || c == 'J') {
        return imaginary(t, token);
    }
    return finish_number(t, token, c, "decimal");
}

int
tokenizer_fraction(Tokenizer *t, Token *token)
{
    // The point was read.
    int c = next_char(t);
    if (is_decimal(c) && decimal_tail(t, &c) < 0) {
        return -1;
    }
    return exponent(t, token, c);
}

// The number started with zeros and c is the digit after them: only floats may.
static int
leading_zeros(Tokenizer *t, Token *token, int c)
{
    Py_ssize_t zeros_end = t->cur;
    if (decimal_tail(t, &c) < 0) {
        return -1;
    }
    if (c == '.') {
        return tokenizer_fraction(t, token);
    }
    if (c == 'e' || c == 'E') {
        return exponent(t, token, c);
    }
    if (c == 'j' || c == 'J') {
        return imaginary(t, token);
    }
    back_char(t, c);
    if (t->extra_tokens) {
        return tokenizer_make(t, token, TOK_NUMBER);
    }
    return tokenizer_error_range(
        t, (int)(t->start + 1 - t->line_start), (int)(zeros_end - t->line_start),
        "leading zeros in decimal integer literals are not permitted; "
        "use an 0o prefix for octal integers");
}

static int
zero_number(Tokenizer *t, Token *token)
{
    int c = next_char(t);
    switch (c) {
    case 'x':
    case 'X':
        return radix_number(t, token, 16, "hexadecimal");
    case 'o':
    case 'O':
        return radix_number(t, token, 8, "octal");
    case 'b':
    case 'B':
        return radix_number(t, token, 2, "binary");
    default:
        break;
    }
    for (;;) {
        if (c == '_') {
            c = next_char(t);
            if (!is_decimal(c)) {
                back_char(t, c);
                return tokenizer_error(t, "invalid decimal literal");
            }
        }
        if (c != '0') {
            break;
        }
        c = next_char(t);
    }
    if (is_decimal(c)) {
        return leading_zeros(t, token, c);
    }
    if (c == '.') {
        return tokenizer_fraction(t, token);
    }
    return exponent(t, token, c);
}

int
tokenizer_number(Tokenizer *t, Token *token, int c)
{
    if (c == '0') {
        return zero_number(t, token);
    }
    if (decimal_tail(t, &c) < 0) {
        return -1;
    }
    return c == '.' ? tokenizer_fraction(t, token) : exponent(t, token, c);
}
