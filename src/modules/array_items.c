// array: reading and writing single items of every kind.
//
// Threading: no state; the caller holds the array's lock.
#include "modules/array_internal.h"

#include <limits.h>
#include <string.h>
#include <wchar.h>

#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/str.h"

// ---- Integers ----

#define GET_SIGNED(name, type)                      \
    static PyObject *name##_get(const char *item)   \
    {                                               \
        type number;                                \
        memcpy(&number, item, sizeof number);       \
        return int_from_i64(number);                \
    }

#define GET_UNSIGNED(name, type)                    \
    static PyObject *name##_get(const char *item)   \
    {                                               \
        type number;                                \
        memcpy(&number, item, sizeof number);       \
        return int_from_u64(number);                \
    }

GET_SIGNED(b, signed char)
GET_UNSIGNED(B, unsigned char)
GET_SIGNED(h, short)
GET_UNSIGNED(H, unsigned short)
GET_SIGNED(i, int)
GET_UNSIGNED(I, unsigned int)
GET_SIGNED(l, long)
GET_UNSIGNED(L, unsigned long)
GET_SIGNED(q, long long)
GET_UNSIGNED(Q, unsigned long long)

// The number of an object with __index__, in [low, high]: 0 or -1. `what` names it in errors.
static int
small_int(PyObject *value, long low, long high, const char *what, long *result)
{
    PyObject *number = number_index(value);
    if (number == NULL) {
        return -1;
    }
    int overflow;
    int64_t word = int_as_i64_overflow(number, &overflow);
    decref(number);
    if (overflow < 0 || (overflow == 0 && word < low)) {
        error_format(PyExc_OverflowError, "%s is less than minimum", what);
        return -1;
    }
    if (overflow > 0 || word > high) {
        error_format(PyExc_OverflowError, "%s is greater than maximum", what);
        return -1;
    }
    *result = word;
    return 0;
}

#define SET_SMALL(name, type, low, high, what)                      \
    static int name##_set(char *item, PyObject *value)              \
    {                                                               \
        long number;                                                \
        if (small_int(value, (low), (high), (what), &number) < 0) { \
            return -1;                                              \
        }                                                           \
        type narrow = (type)number;                                 \
        memcpy(item, &narrow, sizeof narrow);                       \
        return 0;                                                   \
    }

SET_SMALL(b, signed char, SCHAR_MIN, SCHAR_MAX, "signed char")
SET_SMALL(B, unsigned char, 0, UCHAR_MAX, "unsigned byte integer")
SET_SMALL(h, short, SHRT_MIN, SHRT_MAX, "signed short integer")
SET_SMALL(H, unsigned short, 0, USHRT_MAX, "unsigned short")
SET_SMALL(i, int, INT_MIN, INT_MAX, "signed integer")

static int
set_i64(char *item, PyObject *value)
{
    PyObject *number = number_index(value);
    if (number == NULL) {
        return -1;
    }
    int64_t word = int_as_i64(number);
    decref(number);
    if (word == -1 && error_occurred()) {
        return -1;
    }
    memcpy(item, &word, sizeof word);
    return 0;
}

static int
unsigned_int(PyObject *value, uint64_t *result)
{
    PyObject *number = number_index(value);
    if (number == NULL) {
        return -1;
    }
    *result = int_as_u64(number);
    decref(number);
    return *result == (uint64_t)-1 && error_occurred() ? -1 : 0;
}

static int
set_u64(char *item, PyObject *value)
{
    uint64_t word;
    if (unsigned_int(value, &word) < 0) {
        return -1;
    }
    memcpy(item, &word, sizeof word);
    return 0;
}

static int
I_set(char *item, PyObject *value)
{
    uint64_t word;
    if (unsigned_int(value, &word) < 0) {
        return -1;
    }
    if (word > UINT_MAX) {
        error_set(PyExc_OverflowError, "unsigned int is greater than maximum");
        return -1;
    }
    unsigned int narrow = (unsigned int)word;
    memcpy(item, &narrow, sizeof narrow);
    return 0;
}

// ---- Floats ----

static PyObject *
f_get(const char *item)
{
    float number;
    memcpy(&number, item, sizeof number);
    return float_from_double(number);
}

static PyObject *
d_get(const char *item)
{
    double number;
    memcpy(&number, item, sizeof number);
    return float_from_double(number);
}

static int
f_set(char *item, PyObject *value)
{
    double number = float_as_double(value);
    if (number == -1.0 && error_occurred()) {
        return -1;
    }
    float narrow = (float)number;
    memcpy(item, &narrow, sizeof narrow);
    return 0;
}

static int
d_set(char *item, PyObject *value)
{
    double number = float_as_double(value);
    if (number == -1.0 && error_occurred()) {
        return -1;
    }
    memcpy(item, &number, sizeof number);
    return 0;
}

// ---- Characters ----

static PyObject *
u_get(const char *item)
{
    Py_UCS4 ch;
    memcpy(&ch, item, sizeof ch);
    if (ch > STR_MAX_CHAR) {
        return error_format(PyExc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]",
                            (unsigned int)ch);
    }
    return str_from_char(ch);
}

static int
u_set(char *item, PyObject *value)
{
    if (!str_check(value)) {
        error_format(PyExc_TypeError, "array item must be a unicode character, not %T", value);
        return -1;
    }
    if (str_length(value) != 1) {
        error_format(PyExc_TypeError,
                     "array item must be a string of length 1, not a string of length %zd",
                     str_length(value));
        return -1;
    }
    Py_UCS4 ch = str_read_char(value, 0);
    memcpy(item, &ch, sizeof ch);
    return 0;
}

_Static_assert(sizeof(wchar_t) == sizeof(Py_UCS4), "'u' and 'w' items are the same");

const ArrayKind array_kinds[] = {
    {'b', 1, b_get, b_set, "b", true, true},
    {'B', 1, B_get, B_set, "B", true, false},
    {'u', sizeof(wchar_t), u_get, u_set, "u", false, false},
    {'w', sizeof(Py_UCS4), u_get, u_set, "w", false, false},
    {'h', sizeof(short), h_get, h_set, "h", true, true},
    {'H', sizeof(short), H_get, H_set, "H", true, false},
    {'i', sizeof(int), i_get, i_set, "i", true, true},
    {'I', sizeof(int), I_get, I_set, "I", true, false},
    {'l', sizeof(long), l_get, set_i64, "l", true, true},
    {'L', sizeof(long), L_get, set_u64, "L", true, false},
    {'q', sizeof(long long), q_get, set_i64, "q", true, true},
    {'Q', sizeof(long long), Q_get, set_u64, "Q", true, false},
    {'f', sizeof(float), f_get, f_set, "f", false, false},
    {'d', sizeof(double), d_get, d_set, "d", false, false},
    {0, 0, NULL, NULL, NULL, false, false},
};

const ArrayKind *
array_kind_of(int typecode)
{
    for (const ArrayKind *kind = array_kinds; kind->typecode != 0; kind++) {
        if (kind->typecode == typecode) {
            return kind;
        }
    }
    return NULL;
}
