// bytes and bytearray as ASCII text: classification and case.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bool.h"
#include "objects/bytes_internal.h"
#include "objects/object.h"

static inline bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
static inline bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static inline bool is_letter(unsigned char c) { return is_lower(c | 0x20); }
static inline bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static inline bool is_alnum(unsigned char c) { return is_letter(c) || is_digit(c); }
static inline bool is_blank(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); }
static inline unsigned char to_lower(unsigned char c) { return is_upper(c) ? c | 0x20 : c; }
static inline unsigned char
to_upper(unsigned char c)
{
    return is_lower(c) ? (unsigned char)(c & ~0x20) : c;
}

#define ALL_METHOD(NAME, PREDICATE)                                             \
    PyObject *bytes_method_##NAME(PyObject *self, PyObject *unused)             \
    {                                                                           \
        const unsigned char *p = (const unsigned char *)bytes_like_data(self);  \
        Py_ssize_t n = size_of(self);                                           \
        for (Py_ssize_t i = 0; i < n; i++) {                                    \
            if (!PREDICATE(p[i])) {                                             \
                return bool_from_long(0);                                       \
            }                                                                   \
        }                                                                       \
        return bool_from_long(n > 0);                                           \
    }
ALL_METHOD(isalnum, is_alnum)
ALL_METHOD(isalpha, is_letter)
ALL_METHOD(isdigit, is_digit)
ALL_METHOD(isspace, is_blank)

PyObject *
bytes_method_isascii(PyObject *self, PyObject *unused)
{
    Py_ssize_t n = size_of(self);
    return bool_from_long(ascii_prefix(bytes_like_data(self), n) == n);
}

// Some character of one case and none of the other.
static PyObject *
one_case(PyObject *self, bool lower)
{
    const unsigned char *p = (const unsigned char *)bytes_like_data(self);
    bool seen = false;
    for (Py_ssize_t i = 0, n = size_of(self); i < n; i++) {
        if (lower ? is_upper(p[i]) : is_lower(p[i])) {
            return bool_from_long(0);
        }
        seen |= lower ? is_lower(p[i]) : is_upper(p[i]);
    }
    return bool_from_long(seen);
}

PyObject *
bytes_method_islower(PyObject *self, PyObject *unused)
{
    return one_case(self, true);
}

PyObject *
bytes_method_isupper(PyObject *self, PyObject *unused)
{
    return one_case(self, false);
}

PyObject *
bytes_method_istitle(PyObject *self, PyObject *unused)
{
    const unsigned char *p = (const unsigned char *)bytes_like_data(self);
    bool cased = false, previous = false;
    for (Py_ssize_t i = 0, n = size_of(self); i < n; i++) {
        if (is_upper(p[i]) ? previous : is_lower(p[i]) && !previous) {
            return bool_from_long(0);
        }
        previous = is_letter(p[i]);
        cased |= previous;
    }
    return bool_from_long(cased);
}

typedef unsigned char (*Step)(unsigned char c, bool *state);

static inline __attribute__((always_inline)) PyObject *
convert(PyObject *self, Step step)
{
    Py_ssize_t n = size_of(self);
    const unsigned char *from = (const unsigned char *)bytes_like_data(self);
    bool state = false;
    if (n == 1) {
        char c = (char)step(from[0], &state);
        return bytes_like_make(self, &c, 1);
    }
    PyObject *result = bytes_like_make(self, n == 0 ? "" : NULL, n);
    if (result != NULL) {
        unsigned char *to = (unsigned char *)bytes_like_data(result);
        for (Py_ssize_t i = 0; i < n; i++) {
            to[i] = step(from[i], &state);
        }
    }
    return result;
}

static unsigned char lower_step(unsigned char c, bool *state) { return to_lower(c); }
static unsigned char upper_step(unsigned char c, bool *state) { return to_upper(c); }

static unsigned char
swap_step(unsigned char c, bool *state)
{
    return is_letter(c) ? c ^ 0x20 : c;
}

// *state: the previous character was a letter.
static unsigned char
title_step(unsigned char c, bool *state)
{
    unsigned char result = *state ? to_lower(c) : to_upper(c);
    *state = is_letter(c);
    return result;
}

static unsigned char
capitalize_step(unsigned char c, bool *state)
{
    unsigned char result = *state ? to_lower(c) : to_upper(c);
    *state = true;
    return result;
}

PyObject *
bytes_method_lower(PyObject *self, PyObject *unused)
{
    return convert(self, lower_step);
}

PyObject *
bytes_method_upper(PyObject *self, PyObject *unused)
{
    return convert(self, upper_step);
}

PyObject *
bytes_method_swapcase(PyObject *self, PyObject *unused)
{
    return convert(self, swap_step);
}

PyObject *
bytes_method_title(PyObject *self, PyObject *unused)
{
    return convert(self, title_step);
}

PyObject *
bytes_method_capitalize(PyObject *self, PyObject *unused)
{
    return convert(self, capitalize_step);
}
