// str: case conversion and classification (Unicode's full mappings, language-independent ones).
#include <string.h>

#include "memory/refcount.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/unicode_data.h"

#define CAPITAL_SIGMA 0x3a3
#define FINAL_SIGMA 0x3c2
#define SMALL_SIGMA 0x3c3

static inline Py_UCS1 ascii_lower(Py_UCS1 c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }
static inline Py_UCS1
ascii_upper(Py_UCS1 c)
{
    return c >= 'a' && c <= 'z' ? (Py_UCS1)(c & ~0x20) : c;
}

// Final_Sigma of the Unicode Standard (3.13): a cased letter before and none after, case-ignorable
// characters not counted.
static Py_UCS4
lower_sigma(int kind, const void *data, Py_ssize_t n, Py_ssize_t i)
{
    Py_ssize_t j = i - 1;
    while (j >= 0 && unicode_is_case_ignorable(str_read(kind, data, j))) {
        j--;
    }
    if (j < 0 || !unicode_is_cased(str_read(kind, data, j))) {
        return SMALL_SIGMA;
    }
    j = i + 1;
    while (j < n && unicode_is_case_ignorable(str_read(kind, data, j))) {
        j++;
    }
    return j < n && unicode_is_cased(str_read(kind, data, j)) ? SMALL_SIGMA : FINAL_SIGMA;
}

static int
lower_at(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3])
{
    Py_UCS4 ch = str_read(kind, data, i);
    if (ch == CAPITAL_SIGMA) {
        out[0] = lower_sigma(kind, data, n, i);
        return 1;
    }
    return unicode_to_lower_full(ch, out);
}

// A conversion of the character at i; *state is the conversion's own.
typedef int (*Convert)(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3],
                       bool *state);

static PyObject *
convert(PyObject *s, Convert f)
{
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s);
    bool state = false;
    StrWriter w;
    str_writer_init(&w);
    w.min_length = n;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 out[3];
        int count = f(kind, data, n, i, out, &state);
        for (int k = 0; k < count; k++) {
            if (str_writer_char(&w, out[k]) < 0) {
                str_writer_discard(&w);
                return NULL;
            }
        }
    }
    return str_writer_finish(&w);
}

static int
convert_lower(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3], bool *state)
{
    (void)state;
    return lower_at(kind, data, n, i, out);
}

static int
convert_upper(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3], bool *state)
{
    (void)n, (void)state;
    return unicode_to_upper_full(str_read(kind, data, i), out);
}

static int
convert_fold(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3], bool *state)
{
    (void)n, (void)state;
    return unicode_to_folded_full(str_read(kind, data, i), out);
}

static int
convert_capitalize(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3],
                   bool *state)
{
    (void)state;
    return i == 0 ? unicode_to_title_full(str_read(kind, data, 0), out)
                  : lower_at(kind, data, n, i, out);
}

// *state: the previous character was cased.
static int
convert_title(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3], bool *state)
{
    Py_UCS4 ch = str_read(kind, data, i);
    int count = *state ? lower_at(kind, data, n, i, out) : unicode_to_title_full(ch, out);
    *state = unicode_is_cased(ch);
    return count;
}

static int
convert_swap(int kind, const void *data, Py_ssize_t n, Py_ssize_t i, Py_UCS4 out[3], bool *state)
{
    (void)state;
    Py_UCS4 ch = str_read(kind, data, i);
    if (unicode_is_upper(ch)) {
        return lower_at(kind, data, n, i, out);
    }
    if (unicode_is_lower(ch)) {
        return unicode_to_upper_full(ch, out);
    }
    out[0] = ch;
    return 1;
}

// ASCII text, a byte at a time.
static inline __attribute__((always_inline)) PyObject *
convert_ascii(PyObject *s, Py_UCS1 (*f)(Py_UCS1 c, bool *state))
{
    Py_ssize_t n = str_length(s);
    const Py_UCS1 *from = str_data(s);
    bool state = false;
    if (n == 1) {
        return str_from_char(f(from[0], &state));
    }
    PyObject *result = str_new(n, 0x7f);
    if (result == NULL || n == 0) {
        return result;
    }
    Py_UCS1 *to = str_data(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i] = f(from[i], &state);
    }
    return result;
}

static Py_UCS1 lower_step(Py_UCS1 c, bool *state) { (void)state; return ascii_lower(c); }
static Py_UCS1 upper_step(Py_UCS1 c, bool *state) { (void)state; return ascii_upper(c); }

static Py_UCS1
swap_step(Py_UCS1 c, bool *state)
{
    (void)state;
    Py_UCS1 lower = c | 0x20;
    return lower >= 'a' && lower <= 'z' ? c ^ 0x20 : c;
}

static Py_UCS1
title_step(Py_UCS1 c, bool *state)
{
    Py_UCS1 lower = c | 0x20;
    bool letter = lower >= 'a' && lower <= 'z';
    Py_UCS1 result = *state ? ascii_lower(c) : ascii_upper(c);
    *state = letter;
    return result;
}

static Py_UCS1
capitalize_step(Py_UCS1 c, bool *state)
{
    Py_UCS1 result = *state ? ascii_lower(c) : ascii_upper(c);
    *state = true;
    return result;
}

PyObject *
str_lower(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, lower_step) : convert(s, convert_lower);
}

PyObject *
str_upper(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, upper_step) : convert(s, convert_upper);
}

PyObject *
str_casefold(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, lower_step) : convert(s, convert_fold);
}

PyObject *
str_swapcase(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, swap_step) : convert(s, convert_swap);
}

PyObject *
str_title(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, title_step) : convert(s, convert_title);
}

PyObject *
str_capitalize(PyObject *s)
{
    return str_is_ascii(s) ? convert_ascii(s, capitalize_step) : convert(s, convert_capitalize);
}

// ---- classification ----

bool
str_is_lower(PyObject *s)
{
    bool cased = false;
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        if (unicode_is_upper(ch) || unicode_is_title(ch)) {
            return false;
        }
        cased |= unicode_is_lower(ch);
    }
    return cased;
}

bool
str_is_upper(PyObject *s)
{
    bool cased = false;
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        if (unicode_is_lower(ch) || unicode_is_title(ch)) {
            return false;
        }
        cased |= unicode_is_upper(ch);
    }
    return cased;
}

bool
str_is_title(PyObject *s)
{
    bool cased = false, previous_cased = false;
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        if (unicode_is_upper(ch) || unicode_is_title(ch)) {
            if (previous_cased) {
                return false;
            }
            previous_cased = cased = true;
        }
        else if (unicode_is_lower(ch)) {
            if (!previous_cased) {
                return false;
            }
            cased = true;
        }
        else {
            previous_cased = false;
        }
    }
    return cased;
}

bool
str_is_identifier(PyObject *s)
{
    Py_ssize_t n = str_length(s);
    if (n == 0) {
        return false;
    }
    Py_UCS4 first = str_read_char(s, 0);
    if (first != '_' && !unicode_is_xid_start(first)) {
        return false;
    }
    for (Py_ssize_t i = 1; i < n; i++) {
        if (!unicode_is_xid_continue(str_read_char(s, i))) {
            return false;
        }
    }
    return true;
}

bool
str_is_printable(PyObject *s)
{
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        if (!unicode_is_printable(str_read_char(s, i))) {
            return false;
        }
    }
    return true;
}

PyObject *
str_decimal_and_space_to_ascii(PyObject *s)
{
    if (str_is_ascii(s)) {
        return new_ref(s);
    }
    Py_ssize_t n = str_length(s);
    if (n == 1) {
        Py_UCS4 ch = str_read_char(s, 0);
        int digit = unicode_to_decimal(ch);
        return str_from_char(unicode_is_space(ch) ? ' ' : digit >= 0 ? '0' + (Py_UCS4)digit : '?');
    }
    PyObject *result = str_new(n, 0x7f);
    if (result == NULL) {
        return NULL;
    }
    Py_UCS1 *out = str_data(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read_char(s, i);
        if (ch < 127) {
            out[i] = (Py_UCS1)ch;
        }
        else if (unicode_is_space(ch)) {
            out[i] = ' ';
        }
        else {
            int digit = unicode_to_decimal(ch);
            if (digit < 0) {
                // What follows the first odd character does not matter to the number parsers.
                memset(out + i, '?', (size_t)(n - i));
                break;
            }
            out[i] = (Py_UCS1)('0' + digit);
        }
    }
    return result;
}
