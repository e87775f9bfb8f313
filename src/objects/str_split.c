// str: splitting, partitioning and stripping.
#include <stdint.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "objects/unicode_data.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static int
add_piece(PyObject *list, PyObject *s, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *piece = str_substring(s, start, end);
    return piece == NULL ? -1 : list_append_steal(list, piece);
}

static inline bool
is_blank(Py_UCS4 ch)
{
    return ch < 128 ? ch == ' ' || (ch >= 9 && ch <= 13) || (ch >= 28 && ch <= 31)
                    : unicode_is_space(ch);
}

// The kind is a constant after inlining.
ALWAYS_INLINE int
split_blanks_kind(int kind, PyObject *s, Py_ssize_t maxsplit, PyObject *list)
{
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), i = 0;
    for (;;) {
        while (i < n && is_blank(str_read(kind, data, i))) {
            i++;
        }
        if (i == n) {
            return 0;
        }
        Py_ssize_t start = i;
        if (maxsplit-- <= 0) {
            return add_piece(list, s, start, n);
        }
        while (i < n && !is_blank(str_read(kind, data, i))) {
            i++;
        }
        if (add_piece(list, s, start, i) < 0) {
            return -1;
        }
    }
}

static int
split_blanks(PyObject *s, Py_ssize_t maxsplit, PyObject *list)
{
    switch (str_kind(s)) {
    case 1:
        return split_blanks_kind(1, s, maxsplit, list);
    case 2:
        return split_blanks_kind(2, s, maxsplit, list);
    default:
        return split_blanks_kind(4, s, maxsplit, list);
    }
}

static int
rsplit_blanks(PyObject *s, Py_ssize_t maxsplit, PyObject *list)
{
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t end = str_length(s);
    for (;;) {
        while (end > 0 && is_blank(str_read(kind, data, end - 1))) {
            end--;
        }
        if (end == 0) {
            return 0;
        }
        Py_ssize_t start = end;
        if (maxsplit-- <= 0) {
            return add_piece(list, s, 0, end);
        }
        while (start > 0 && !is_blank(str_read(kind, data, start - 1))) {
            start--;
        }
        if (add_piece(list, s, start, end) < 0) {
            return -1;
        }
        end = start;
    }
}

static int
split_separator(PyObject *s, PyObject *separator, Py_ssize_t maxsplit, PyObject *list)
{
    int kind = str_kind(s), separator_kind = str_kind(separator);
    const void *data = str_data(s), *sought = str_data(separator);
    Py_ssize_t n = str_length(s), m = str_length(separator), at = 0;
    while (maxsplit-- > 0 && separator_kind <= kind) {
        Py_ssize_t found =
            chars_find(kind, chars_at(kind, data, at), n - at, separator_kind, sought, m);
        if (found < 0) {
            break;
        }
        if (add_piece(list, s, at, at + found) < 0) {
            return -1;
        }
        at += found + m;
    }
    return add_piece(list, s, at, n);
}

static int
rsplit_separator(PyObject *s, PyObject *separator, Py_ssize_t maxsplit, PyObject *list)
{
    int kind = str_kind(s), separator_kind = str_kind(separator);
    const void *data = str_data(s), *sought = str_data(separator);
    Py_ssize_t m = str_length(separator), end = str_length(s);
    while (maxsplit-- > 0 && separator_kind <= kind) {
        Py_ssize_t found = chars_rfind(kind, data, end, separator_kind, sought, m);
        if (found < 0) {
            break;
        }
        if (add_piece(list, s, found + m, end) < 0) {
            return -1;
        }
        end = found;
    }
    return add_piece(list, s, 0, end);
}

// The separator is a non-empty str or NULL: 0 or -1.
static int
check_separator(PyObject *separator)
{
    if (separator != NULL && str_length(separator) == 0) {
        error_set(PyExc_ValueError, "empty separator");
        return -1;
    }
    return 0;
}

static PyObject *
finish_list(PyObject *list, int rc)
{
    if (rc < 0) {
        clear_ref(list);
    }
    return list;
}

PyObject *
str_split(PyObject *s, PyObject *separator, Py_ssize_t maxsplit)
{
    if (check_separator(separator) < 0) {
        return NULL;
    }
    maxsplit = maxsplit < 0 ? PY_SSIZE_T_MAX : maxsplit;
    PyObject *list = list_new(0);
    if (list == NULL) {
        return NULL;
    }
    return finish_list(list, separator == NULL ? split_blanks(s, maxsplit, list)
                                               : split_separator(s, separator, maxsplit, list));
}

PyObject *
str_rsplit(PyObject *s, PyObject *separator, Py_ssize_t maxsplit)
{
    if (check_separator(separator) < 0) {
        return NULL;
    }
    maxsplit = maxsplit < 0 ? PY_SSIZE_T_MAX : maxsplit;
    PyObject *list = list_new(0);
    if (list == NULL) {
        return NULL;
    }
    int rc = separator == NULL ? rsplit_blanks(s, maxsplit, list)
                               : rsplit_separator(s, separator, maxsplit, list);
    if (rc == 0) {
        rc = list_reverse(list);
    }
    return finish_list(list, rc);
}

PyObject *
str_splitlines(PyObject *s, bool keepends)
{
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), i = 0;
    PyObject *list = list_new(0);
    if (list == NULL) {
        return NULL;
    }
    while (i < n) {
        Py_ssize_t start = i;
        while (i < n && !unicode_is_linebreak(str_read(kind, data, i))) {
            i++;
        }
        Py_ssize_t end = i;
        if (i < n) {
            bool pair = str_read(kind, data, i) == '\r' && i + 1 < n &&
                        str_read(kind, data, i + 1) == '\n';
            i += pair ? 2 : 1;
        }
        if (add_piece(list, s, start, keepends ? i : end) < 0) {
            return finish_list(list, -1);
        }
    }
    return list;
}

// ---- partition ----

static PyObject *
three_parts(PyObject *s, PyObject *separator, Py_ssize_t at)
{
    PyObject *before = str_substring(s, 0, at);
    PyObject *after = str_substring(s, at + str_length(separator), str_length(s));
    PyObject *result = NULL;
    if (before != NULL && after != NULL) {
        result = tuple_pack(3, before, separator, after);
    }
    xdecref(before);
    xdecref(after);
    return result;
}

static int
check_partition(PyObject *separator)
{
    if (str_require(separator) < 0) {
        return -1;
    }
    return check_separator(separator);
}

PyObject *
str_partition(PyObject *s, PyObject *separator)
{
    if (check_partition(separator) < 0) {
        return NULL;
    }
    Py_ssize_t at = str_find(s, separator, 0, str_length(s), 1);
    if (at >= 0) {
        return three_parts(s, separator, at);
    }
    PyObject *whole = str_unchanged(s);
    PyObject *result = whole == NULL ? NULL : tuple_pack(3, whole, str_empty(), str_empty());
    xdecref(whole);
    return result;
}

PyObject *
str_rpartition(PyObject *s, PyObject *separator)
{
    if (check_partition(separator) < 0) {
        return NULL;
    }
    Py_ssize_t at = str_find(s, separator, 0, str_length(s), -1);
    if (at >= 0) {
        return three_parts(s, separator, at);
    }
    PyObject *whole = str_unchanged(s);
    PyObject *result = whole == NULL ? NULL : tuple_pack(3, str_empty(), str_empty(), whole);
    xdecref(whole);
    return result;
}

// ---- strip ----

// A set of characters: a bitmap for ASCII, the str for the rest.
typedef struct {
    uint64_t ascii[2];
    PyObject *chars;        // NULL: blanks
    bool beyond_ascii;
} CharSet;

static void
charset_init(CharSet *set, PyObject *chars)
{
    *set = (CharSet){.chars = chars};
    if (chars == NULL) {
        return;
    }
    set->beyond_ascii = !str_is_ascii(chars);
    int kind = str_kind(chars);
    const void *data = str_data(chars);
    for (Py_ssize_t i = 0, n = str_length(chars); i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (ch < 128) {
            set->ascii[ch >> 6] |= (uint64_t)1 << (ch & 63);
        }
    }
}

static inline bool
charset_has(const CharSet *set, Py_UCS4 ch)
{
    if (set->chars == NULL) {
        return is_blank(ch);
    }
    if (ch < 128) {
        return (set->ascii[ch >> 6] >> (ch & 63) & 1) != 0;
    }
    return set->beyond_ascii &&
           chars_find_char(str_kind(set->chars), str_data(set->chars), str_length(set->chars),
                           ch) >= 0;
}

PyObject *
str_strip_sides(PyObject *s, PyObject *chars, int sides)
{
    CharSet set;
    charset_init(&set, chars);
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t start = 0, end = str_length(s);
    if ((sides & STRIP_LEFT) != 0) {
        while (start < end && charset_has(&set, str_read(kind, data, start))) {
            start++;
        }
    }
    if ((sides & STRIP_RIGHT) != 0) {
        while (end > start && charset_has(&set, str_read(kind, data, end - 1))) {
            end--;
        }
    }
    return str_substring(s, start, end);
}

PyObject *
str_strip(PyObject *s, PyObject *chars)
{
    return str_strip_sides(s, chars, STRIP_BOTH);
}
