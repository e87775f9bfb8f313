// Subscripts of lists: items, slices, assignment to slices.
//
// Threading: the list is locked while its items move; what is assigned is made a list or tuple of our own
// before, so that no Python code runs in between. Removed items are given up after the lock.
#include "objects/list_internal.h"

#include <string.h>

#include "objects/error.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/slice.h"
#include "objects/tuple.h"

PyObject *
list_slice_lock_held(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    PyObject *result = list_new_reserved(high - low);
    if (result == NULL) {
        return NULL;
    }
    PyObject **from = LIST(op)->ob_item + low;
    PyObject **to = LIST(result)->ob_item;
    for (Py_ssize_t i = 0; i < high - low; i++) {
        to[i] = new_ref(from[i]);
    }
    LIST(result)->ob_base.ob_size = high - low;
    return result;
}

PyObject *
list_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = LIST(op)->ob_base.ob_size;
    low = low < 0 ? 0 : low > n ? n : low;
    high = high < low ? low : high > n ? n : high;
    PyObject *result = list_slice_lock_held(op, low, high);
    critical_section_end(&cs);
    return result;
}

// Every step-th item.
static PyObject *
list_stepped_slice(PyObject *op, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (slice_unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = slice_adjust_indices(LIST(op)->ob_base.ob_size, &start, &stop, step);
    PyObject *result;
    if (step == 1) {
        result = list_slice_lock_held(op, start, start + n);
    }
    else {
        result = list_new_reserved(n);
        if (result != NULL) {
            PyObject **from = LIST(op)->ob_item;
            for (Py_ssize_t i = 0; i < n; i++) {
                LIST(result)->ob_item[i] = new_ref(from[start + i * step]);
            }
            LIST(result)->ob_base.ob_size = n;
        }
    }
    critical_section_end(&cs);
    return result;
}

PyObject *
list_subscript(PyObject *op, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return list_get(op, i < 0 ? i + list_size(op) : i);
    }
    if (slice_check(key)) {
        return list_stepped_slice(op, key);
    }
    return error_format(PyExc_TypeError, "list indices must be integers or slices, not %.200s",
                        type_of(key)->tp_name);
}

// ---- Assignment ----

// op[low:high] = items[0..n), whose references are consumed on success. The bounds are valid. The
// removed items go into *removed (high - low of them; mem_free'd by the caller), or NULL.
static int
replace_lock_held(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *const *items,
                  Py_ssize_t n, PyObject ***removed)
{
    Py_ssize_t size = LIST(op)->ob_base.ob_size;
    Py_ssize_t old = high - low;
    *removed = NULL;
    if (n - old > LIST_MAX - size) {
        error_no_memory();
        return -1;
    }
    if (old > 0) {
        *removed = mem_alloc((size_t)old * sizeof(PyObject *));
        if (*removed == NULL) {
            error_no_memory();
            return -1;
        }
    }
    Py_ssize_t grown = size + n - old;
    if (grown > LIST(op)->allocated &&
        list_reserve_lock_held(op, (grown + (grown >> 3) + 6) & ~(Py_ssize_t)3) < 0) {
        mem_free(*removed);
        *removed = NULL;
        return -1;
    }
    PyObject **at = LIST(op)->ob_item + low;
    if (old > 0) {
        memcpy(*removed, at, (size_t)old * sizeof(PyObject *));
    }
    if (n != old && size > high) {
        list_move_lock_held(op, at + n, at + old, size - high);
    }
    if (n > 0) {
        list_move_lock_held(op, at, items, n);
    }
    list_set_size(op, grown);
    if (grown < size) {
        list_wipe_lock_held(op, LIST(op)->ob_item + grown, size - grown);
        list_shrink_lock_held(op);
    }
    return 0;
}

static void
drop_removed(PyObject **removed, Py_ssize_t n)
{
    for (Py_ssize_t i = n; --i >= 0;) {
        decref(removed[i]);
    }
    mem_free(removed);
}

// The items to assign as a tuple that nobody else has.
static PyObject *
items_to_assign(PyObject *value, const char *message)
{
    if (value == NULL) {
        return tuple_empty();
    }
    PyObject *fast = sequence_fast(value, message);
    if (fast == NULL || !list_check(fast)) {
        return fast;
    }
    PyObject *items = list_as_tuple(fast);
    decref(fast);
    return items;
}

// step 1; the bounds of the slice are adjusted under the lock.
static int
assign_range(PyObject *op, Py_ssize_t low, Py_ssize_t high, Py_ssize_t step, PyObject *value)
{
    PyObject *items = items_to_assign(value, "can only assign an iterable");
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t n = tuple_size(items);
    for (Py_ssize_t i = 0; i < n; i++) {
        incref(tuple_item(items, i));
    }
    PyObject **removed;
    CriticalSection cs;
    short_section_begin(&cs, op);
    slice_adjust_indices(LIST(op)->ob_base.ob_size, &low, &high, step);
    high = high < low ? low : high;
    int status = replace_lock_held(op, low, high, tuple_items(items), n, &removed);
    critical_section_end(&cs);
    if (status < 0) {
        for (Py_ssize_t i = 0; i < n; i++) {
            decref(tuple_item(items, i));
        }
    }
    decref(items);
    if (removed != NULL) {
        drop_removed(removed, high - low);
    }
    return status;
}

int
list_set_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value)
{
    low = low < 0 ? 0 : low;
    high = high < 0 ? 0 : high;
    return assign_range(op, low, high, 1, value);
}

// del op[start:stop:step] with step other than 1. Closes the gaps from the lowest one on.
static int
delete_stepped(PyObject *op, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step)
{
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t size = LIST(op)->ob_base.ob_size;
    Py_ssize_t n = slice_adjust_indices(size, &start, &stop, step);
    PyObject **removed = NULL;
    int status = 0;
    if (n > 0) {
        removed = mem_alloc((size_t)n * sizeof(PyObject *));
        if (removed == NULL) {
            error_no_memory();
            status = -1;
        }
    }
    if (removed != NULL) {
        if (step < 0) {
            start += (n - 1) * step;
            step = -step;
        }
        PyObject **items = LIST(op)->ob_item;
        Py_ssize_t to = start;
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_ssize_t at = start + i * step;
            Py_ssize_t next = i + 1 < n ? at + step : size;
            removed[i] = items[at];
            list_move_lock_held(op, items + to, items + at + 1, next - at - 1);
            to += next - at - 1;
        }
        list_set_size(op, size - n);
        list_wipe_lock_held(op, items + size - n, n);
        list_shrink_lock_held(op);
    }
    critical_section_end(&cs);
    if (removed != NULL) {
        drop_removed(removed, n);
    }
    return status;
}

static int
assign_stepped(PyObject *op, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step, PyObject *value)
{
    PyObject *items = items_to_assign(value, "must assign iterable to extended slice");
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t given = tuple_size(items);
    PyObject **removed = NULL;
    int status = -1;
    CriticalSection cs;
    short_section_begin(&cs, op);
    Py_ssize_t n = slice_adjust_indices(LIST(op)->ob_base.ob_size, &start, &stop, step);
    if (n != given) {
        error_format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended slice of size %zd", given,
                     n);
    }
    else if (n == 0) {
        status = 0;
    }
    else {
        removed = mem_alloc((size_t)n * sizeof(PyObject *));
        if (removed == NULL) {
            error_no_memory();
        }
        else {
            for (Py_ssize_t i = 0; i < n; i++) {
                PyObject **at = &LIST(op)->ob_item[start + i * step];
                removed[i] = *at;
                atomic_store_release_ptr(at, new_ref(tuple_item(items, i)));
            }
            status = 0;
        }
    }
    critical_section_end(&cs);
    if (removed != NULL) {
        drop_removed(removed, n);
    }
    decref(items);
    return status;
}

static int
assign_index(PyObject *op, Py_ssize_t i, PyObject *value)
{
    if (i < 0) {
        i += list_size(op);
    }
    return value != NULL ? list_set(op, i, value) : list_del(op, i);
}

int
list_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        return i == -1 && error_occurred() ? -1 : assign_index(op, i, value);
    }
    if (!slice_check(key)) {
        error_format(PyExc_TypeError, "list indices must be integers or slices, not %.200s",
                     type_of(key)->tp_name);
        return -1;
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return -1;
    }
    if (step == 1) {
        return assign_range(op, start, stop, step, value);
    }
    return value == NULL ? delete_stepped(op, start, stop, step)
                         : assign_stepped(op, start, stop, step, value);
}
