// UTF-7 (RFC 2152): ASCII, with UTF-16 in modified base64 between '+' and '-'.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/str_internal.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_value(unsigned char c)
{
    const char *found = c == 0 ? NULL : strchr(base64_digits, c);
    return found == NULL ? -1 : (int)(found - base64_digits);
}

// A character that stands for itself while decoding.
static bool
is_direct(unsigned char c)
{
    return c <= 127 && c != '+';
}

// A shifted sequence under way.
typedef struct {
    bool active;
    uint32_t bits;              // not yet used, the lowest `count`
    int count;
    Py_UCS4 surrogate;          // high one waiting for its partner, or 0
    Py_ssize_t start;           // position of the '+'
    Py_ssize_t written;         // length of the output before it
} Shift;

// One UTF-16 unit out of base64.
static int
shift_unit(Shift *shift, StrWriter *w, Py_UCS4 unit)
{
    if (shift->surrogate != 0) {
        Py_UCS4 high = shift->surrogate;
        shift->surrogate = 0;
        if (is_low_surrogate(unit)) {
            return str_writer_char(w, surrogates_join(high, unit));
        }
        if (str_writer_char(w, high) < 0) {
            return -1;
        }
    }
    if (is_high_surrogate(unit)) {
        shift->surrogate = unit;
        return 0;
    }
    return str_writer_char(w, unit);
}

static int
shift_digit(Shift *shift, StrWriter *w, int value)
{
    shift->bits = shift->bits << 6 | (uint32_t)value;
    shift->count += 6;
    if (shift->count < 16) {
        return 0;
    }
    shift->count -= 16;
    Py_UCS4 unit = shift->bits >> shift->count & 0xffff;
    shift->bits &= (1u << shift->count) - 1;
    return shift_unit(shift, w, unit);
}

// The character c, no base64 digit, ends the sequence at *at. 0, -1, or 1 with *reason set when
// the sequence is invalid up to *at.
static int
shift_end(Shift *shift, StrWriter *w, unsigned char c, Py_ssize_t *at, const char **reason)
{
    shift->active = false;
    if (shift->count > 0) {
        if (shift->count >= 6) {
            ++*at;
            *reason = "partial character in shift sequence";
            return 1;
        }
        if (shift->bits != 0) {
            ++*at;
            *reason = "non-zero padding bits in shift sequence";
            return 1;
        }
    }
    if (shift->surrogate != 0 && is_direct(c) && str_writer_char(w, shift->surrogate) < 0) {
        return -1;
    }
    shift->surrogate = 0;
    if (c == '-') {
        ++*at;
    }
    return 0;
}

// Outside of a sequence: as shift_end.
static int
plain_character(DecodeState *d, Shift *shift, StrWriter *w, Py_ssize_t *at, const char **reason)
{
    unsigned char c = d->data[*at];
    if (c == '+') {
        shift->start = (*at)++;
        if (*at < d->size && d->data[*at] == '-') {
            ++*at;
            return str_writer_char(w, '+');
        }
        if (*at < d->size && base64_value(d->data[*at]) < 0) {
            ++*at;
            *reason = "ill-formed sequence";
            return 1;
        }
        *shift = (Shift){.active = true, .start = shift->start, .written = w->pos};
        return 0;
    }
    if (is_direct(c)) {
        ++*at;
        return str_writer_char(w, c);
    }
    shift->start = (*at)++;
    *reason = "unexpected special character";
    return 1;
}

PyObject *
str_decode_utf7(const char *data, Py_ssize_t size, const char *errors, Py_ssize_t *consumed)
{
    DecodeState d;
    StrWriter w;
    decode_begin(&d, "utf7", errors, data, size);
    str_writer_init(&w);
    w.min_length = size;
    Shift shift = {.active = false};
    Py_ssize_t at = 0;
    for (;;) {
        const char *reason = NULL;
        int rc = 0;
        if (at >= d.size) {
            bool open = shift.active && (shift.surrogate != 0 || shift.count >= 6 ||
                                         (shift.count > 0 && shift.bits != 0));
            if (!open || consumed != NULL) {
                break;
            }
            shift.active = false;
            at = d.size;
            reason = "unterminated shift sequence";
            rc = 1;
        }
        else if (shift.active) {
            int value = base64_value(d.data[at]);
            if (value >= 0) {
                at++;
                rc = shift_digit(&shift, &w, value);
            }
            else {
                rc = shift_end(&shift, &w, d.data[at], &at, &reason);
            }
        }
        else {
            rc = plain_character(&d, &shift, &w, &at, &reason);
        }
        if (rc > 0) {
            at = decode_error(&d, &w, reason, shift.start, at);
            rc = at < 0 ? -1 : 0;
        }
        if (rc < 0) {
            goto error;
        }
    }
    if (consumed != NULL) {
        if (shift.active) {
            // Nothing of an open sequence counts.
            at = shift.start;
            w.pos = shift.written;
        }
        *consumed = at;
    }
    decode_end(&d);
    return str_writer_finish(&w);
error:
    decode_end(&d);
    str_writer_discard(&w);
    return NULL;
}

// ---- encoding ----

// Characters that are written as they are: all of ASCII's graphic ones but '\\', '~' and '+',
// blanks, and no other control characters.
static bool
encodes_directly(Py_UCS4 ch)
{
    if (ch == '\t' || ch == '\n' || ch == '\r') {
        return true;
    }
    return ch >= 0x20 && ch < 0x7e && ch != '\\' && ch != '+';
}

// Adds 16 bits to the sequence.
static int
put_unit(BytesWriter *w, uint32_t *bits, int *count, Py_UCS4 unit)
{
    *bits = *bits << 16 | unit;
    *count += 16;
    while (*count >= 6) {
        *count -= 6;
        if (bytes_writer_byte(w, base64_digits[*bits >> *count & 0x3f]) < 0) {
            return -1;
        }
    }
    *bits &= (1u << *count) - 1;
    return 0;
}

// Pads and ends a sequence; with `close` a '-' follows.
static int
put_end(BytesWriter *w, uint32_t bits, int count, bool close)
{
    if (count > 0 && bytes_writer_byte(w, base64_digits[bits << (6 - count) & 0x3f]) < 0) {
        return -1;
    }
    return close ? bytes_writer_byte(w, '-') : 0;
}

PyObject *
str_encode_utf7(PyObject *s, const char *errors)
{
    (void)errors;       // everything can be encoded
    BytesWriter w;
    bytes_writer_init(&w);
    bool shifted = false;
    uint32_t bits = 0;
    int count = 0, rc = 0;
    for (Py_ssize_t i = 0, n = str_length(s); i < n && rc == 0; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        if (encodes_directly(ch)) {
            if (shifted) {
                bool close = base64_value((unsigned char)ch) >= 0 || ch == '-';
                rc = put_end(&w, bits, count, close);
                shifted = false;
            }
            rc = rc < 0 ? -1 : bytes_writer_byte(&w, (char)ch);
            continue;
        }
        if (!shifted) {
            rc = bytes_writer_byte(&w, '+');
            if (rc == 0 && ch == '+') {
                rc = bytes_writer_byte(&w, '-');
                continue;
            }
            shifted = true;
            bits = 0;
            count = 0;
        }
        if (ch >= 0x10000 && rc == 0) {
            rc = put_unit(&w, &bits, &count, 0xd800 + ((ch - 0x10000) >> 10));
            ch = 0xdc00 + (ch & 0x3ff);
        }
        rc = rc < 0 ? -1 : put_unit(&w, &bits, &count, ch);
    }
    if (rc == 0 && shifted) {
        rc = put_end(&w, bits, count, true);
    }
    if (rc < 0) {
        bytes_writer_discard(&w);
        return NULL;
    }
    return bytes_writer_finish(&w);
}
