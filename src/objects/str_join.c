// str: concatenation, repetition, join and replace.
#include <string.h>

#include "base/checked.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "thread/critical_section.h"

static Py_UCS4
wider(Py_UCS4 a, Py_UCS4 b)
{
    return a > b ? a : b;
}

static PyObject *
concat_type_error(PyObject *right)
{
    return error_format(PyExc_TypeError, "can only concatenate str (not \"%.200s\") to str",
                        type_of(right)->tp_name);
}

PyObject *
str_concat(PyObject *a, PyObject *b)
{
    if (!str_check(a)) {
        str_require(a);
        return NULL;
    }
    if (!str_check(b)) {
        return concat_type_error(b);
    }
    Py_ssize_t na = str_length(a), nb = str_length(b), n;
    if (na == 0) {
        return str_unchanged(b);
    }
    if (nb == 0) {
        return str_unchanged(a);
    }
    if (!checked_add_ssize(na, nb, &n)) {
        return error_set(PyExc_OverflowError, "strings are too large to concat");
    }
    PyObject *result = str_new(n, wider(str_max_char(a), str_max_char(b)));
    if (result != NULL) {
        str_copy_characters(result, 0, a, 0, na);
        str_copy_characters(result, na, b, 0, nb);
    }
    return result;
}

void
str_append(PyObject **left, PyObject *right)
{
    PyObject *a = *left;
    if (a == NULL) {
        return;
    }
    if (right == NULL) {
        clear_ref(*left);
        return;
    }
    if (str_check_exact(a) && str_check(right)) {
        Py_ssize_t na = str_length(a), nb = str_length(right), n;
        if (nb == 0) {
            return;
        }
        if (na != 0 && str_max_char(right) <= str_max_char(a) && str_is_modifiable(a) &&
            right != a && checked_add_ssize(na, nb, &n)) {
            if (str_resize(left, n) < 0) {
                clear_ref(*left);
                return;
            }
            str_copy_characters(*left, na, right, 0, nb);
            return;
        }
    }
    set_ref(*left, str_concat(a, right));
}

void
str_append_steal(PyObject **left, PyObject *right)
{
    str_append(left, right);
    xdecref(right);
}

PyObject *
str_repeat(PyObject *s, Py_ssize_t count)
{
    Py_ssize_t n = str_length(s), total;
    if (count < 1 || n == 0) {
        return str_empty();
    }
    if (count == 1) {
        return str_unchanged(s);
    }
    if (!checked_mul_ssize(n, count, &total)) {
        return error_set(PyExc_OverflowError, "repeated string is too long");
    }
    PyObject *result = str_new(total, str_max_char(s));
    if (result == NULL) {
        return NULL;
    }
    int kind = str_kind(s);
    char *to = str_data(result);
    if (n == 1) {
        chars_fill(kind, to, str_read_char(s, 0), total);
        return result;
    }
    // Each copy doubles what is there.
    size_t done = (size_t)n * (size_t)kind, size = (size_t)total * (size_t)kind;
    memcpy(to, str_data(s), done);
    while (done < size) {
        size_t step = done <= size - done ? done : size - done;
        memcpy(to + done, to, step);
        done += step;
    }
    return result;
}

// ---- join ----

// Length and class of the joined text. -1 with an exception.
static Py_ssize_t
join_measure(PyObject *const *items, Py_ssize_t n, Py_ssize_t separator_length, Py_UCS4 *maxchar)
{
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = items[i];
        if (!str_check(item)) {
            error_format(PyExc_TypeError, "sequence item %zd: expected str instance, %.80s found",
                         i, type_of(item)->tp_name);
            return -1;
        }
        *maxchar = wider(*maxchar, str_max_char(item));
        if (!checked_add_ssize(total, str_length(item), &total) ||
            (i > 0 && !checked_add_ssize(total, separator_length, &total))) {
            error_set(PyExc_OverflowError, "join() result is too long for a Python string");
            return -1;
        }
    }
    return total;
}

PyObject *
str_join_array(PyObject *separator, PyObject *const *items, Py_ssize_t n)
{
    if (n == 0) {
        return str_empty();
    }
    if (n == 1 && str_check_exact(items[0])) {
        return new_ref(items[0]);
    }
    Py_ssize_t gap = separator == NULL ? 0 : str_length(separator);
    Py_UCS4 maxchar = gap == 0 || n < 2 ? 0x7f : str_max_char(separator);
    Py_ssize_t total = join_measure(items, n, gap, &maxchar);
    if (total < 0) {
        return NULL;
    }
    if (total == 1) {
        for (Py_ssize_t i = 0; i < n; i++) {
            if (str_length(items[i]) == 1) {
                return str_from_char(str_read_char(items[i], 0));
            }
        }
        return str_unchanged(separator);
    }
    PyObject *result = str_new(total, maxchar);
    if (result == NULL) {
        return NULL;
    }
    int kind = str_kind(result);
    char *to = str_data(result);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i > 0 && gap > 0) {
            chars_copy(kind, to, str_kind(separator), str_data(separator), gap);
            to += gap * kind;
        }
        Py_ssize_t length = str_length(items[i]);
        chars_copy(kind, to, str_kind(items[i]), str_data(items[i]), length);
        to += length * kind;
    }
    return result;
}

PyObject *
str_join(PyObject *separator, PyObject *iterable)
{
    if (separator != NULL && !str_check(separator)) {
        return error_format(PyExc_TypeError, "separator: expected str instance, %.80s found",
                            type_of(separator)->tp_name);
    }
    PyObject *fast = sequence_fast(iterable, "can only join an iterable");
    if (fast == NULL) {
        return NULL;
    }
    PyObject *result;
    if (list_check(fast)) {
        CriticalSection cs;
        critical_section_begin(&cs, fast);
        result = str_join_array(separator, sequence_fast_items_borrow(fast),
                                sequence_fast_size(fast));
        critical_section_end(&cs);
    }
    else {
        result = str_join_array(separator, tuple_items(fast), tuple_size(fast));
    }
    decref(fast);
    return result;
}

// ---- replace ----

// One character by another: a copy with some characters changed.
static PyObject *
replace_character(PyObject *s, Py_UCS4 old, Py_UCS4 with, Py_ssize_t maxcount)
{
    Py_ssize_t n = str_length(s);
    Py_ssize_t at = str_find_char(s, old, 0, n, 1);
    if (at < 0) {
        return str_unchanged(s);
    }
    Py_UCS4 maxchar = wider(str_max_char(s), with < 0x80 ? 0x7f : with);
    if (n == 1) {
        return str_from_char(with);
    }
    PyObject *result = str_new(n, maxchar);
    if (result == NULL) {
        return NULL;
    }
    str_copy_characters(result, 0, s, 0, n);
    int kind = str_kind(result), from_kind = str_kind(s);
    void *to = str_data(result);
    for (; at >= 0 && maxcount > 0; maxcount--) {
        str_write(kind, to, at, with);
        Py_ssize_t next = chars_find_char(from_kind, chars_at(from_kind, str_data(s), at + 1),
                                          n - at - 1, old);
        at = next < 0 ? -1 : at + 1 + next;
    }
    return with < old ? str_narrow_steal(result) : result;
}

// An empty old text: the new one goes before every character and to the end.
static PyObject *
replace_between(PyObject *s, PyObject *with, Py_ssize_t maxcount)
{
    Py_ssize_t n = str_length(s), m = str_length(with);
    Py_ssize_t count = maxcount < n + 1 ? maxcount : n + 1;
    Py_ssize_t added, total;
    if (m == 0) {
        return str_unchanged(s);
    }
    if (!checked_mul_ssize(count, m, &added) || !checked_add_ssize(added, n, &total)) {
        return error_set(PyExc_OverflowError, "replace string is too long");
    }
    if (n == 0) {
        return str_unchanged(with);
    }
    PyObject *result = str_new(total, wider(str_max_char(s), str_max_char(with)));
    if (result == NULL) {
        return NULL;
    }
    Py_ssize_t to = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        str_copy_characters(result, to, with, 0, m);
        to += m;
        if (i < n) {
            str_copy_characters(result, to++, s, i, 1);
        }
    }
    if (count < n) {
        str_copy_characters(result, to, s, count, n - count);
    }
    return result;
}

static PyObject *
replace_text(PyObject *s, PyObject *old, PyObject *with, Py_ssize_t maxcount)
{
    int kind = str_kind(s), old_kind = str_kind(old);
    const void *data = str_data(s), *old_data = str_data(old);
    Py_ssize_t n = str_length(s), m = str_length(old), k = str_length(with);
    if (old_kind > kind || m > n) {
        return str_unchanged(s);
    }
    Py_ssize_t count = chars_count(kind, data, n, old_kind, old_data, m, maxcount);
    if (count == 0) {
        return str_unchanged(s);
    }
    Py_ssize_t change, total;
    if (!checked_mul_ssize(count, k - m, &change) || !checked_add_ssize(n, change, &total)) {
        return error_set(PyExc_OverflowError, "replace string is too long");
    }
    if (total == 0) {
        return str_empty();
    }
    Py_UCS4 maxchar = k == 0 ? str_max_char(s) : wider(str_max_char(s), str_max_char(with));
    PyObject *result = str_new(total < 2 ? 2 : total, maxchar);
    if (result == NULL) {
        return NULL;
    }
    Py_ssize_t from = 0, to = 0;
    for (; count > 0; count--) {
        Py_ssize_t found = chars_find(kind, chars_at(kind, data, from), n - from, old_kind,
                                      old_data, m);
        str_copy_characters(result, to, s, from, found);
        to += found;
        str_copy_characters(result, to, with, 0, k);
        to += k;
        from += found + m;
    }
    str_copy_characters(result, to, s, from, n - from);
    if (total == 1) {
        PyObject *one = str_from_char(str_read_char(result, 0));
        decref(result);
        return one;
    }
    bool may_narrow = maxchar > 0x7f && str_max_char(old) == maxchar &&
                      (k == 0 || str_max_char(with) < maxchar);
    return may_narrow ? str_narrow_steal(result) : result;
}

PyObject *
str_replace(PyObject *s, PyObject *old, PyObject *replacement, Py_ssize_t maxcount)
{
    if (maxcount < 0) {
        maxcount = PY_SSIZE_T_MAX;
    }
    if (maxcount == 0 || old == replacement) {
        return str_unchanged(s);
    }
    if (str_length(old) == 0) {
        return replace_between(s, replacement, maxcount);
    }
    if (str_length(old) == 1 && str_length(replacement) == 1) {
        return replace_character(s, str_read_char(old, 0), str_read_char(replacement, 0),
                                 maxcount);
    }
    return replace_text(s, old, replacement, maxcount);
}
