// The sequence protocol: see sequence.h. Stateless.
#include "objects/sequence.h"

#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/tuple.h"

#define SQ(op) (type_of(op)->tp_as_sequence)
#define MP(op) (type_of(op)->tp_as_mapping)

bool
sequence_check(PyObject *op)
{
    return !dict_check(op) && SQ(op) != NULL && SQ(op)->sq_item != NULL;
}

static void *
sequence_type_error(const char *format, PyObject *op)
{
    return error_format(PyExc_TypeError, format, type_of(op)->tp_name);
}

Py_ssize_t
sequence_length(PyObject *op)
{
    if (SQ(op) != NULL && SQ(op)->sq_length != NULL) {
        return SQ(op)->sq_length(op);
    }
    bool mapping = MP(op) != NULL && MP(op)->mp_length != NULL;
    sequence_type_error(mapping ? "%.200s is not a sequence"
                                : "object of type '%.200s' has no len()",
                        op);
    return -1;
}

// ---- concatenation and repetition ----

PyObject *
sequence_concat(PyObject *v, PyObject *w)
{
    if (SQ(v) != NULL && SQ(v)->sq_concat != NULL) {
        return SQ(v)->sq_concat(v, w);
    }
    // Classes written in Python have only nb_add.
    if (sequence_check(v) && sequence_check(w) && type_of(v)->tp_as_number != NULL) {
        PyNumberMethods *nb = type_of(v)->tp_as_number;
        PyNumberMethods *other = type_of(w)->tp_as_number;
        if (nb->nb_add != NULL || (other != NULL && other->nb_add != NULL)) {
            return number_add(v, w);
        }
    }
    return sequence_type_error("'%.200s' object can't be concatenated", v);
}

// op * count through the number slots, for classes written in Python.
static PyObject *
repeat_as_number(PyObject *op, Py_ssize_t count, PyObject *(*multiply)(PyObject *, PyObject *))
{
    if (sequence_check(op) && type_of(op)->tp_as_number != NULL &&
        type_of(op)->tp_as_number->nb_multiply != NULL) {
        PyObject *number = int_from_ssize(count);
        if (number == NULL) {
            return NULL;
        }
        PyObject *result = multiply(op, number);
        decref(number);
        return result;
    }
    return sequence_type_error("'%.200s' object can't be repeated", op);
}

PyObject *
sequence_repeat(PyObject *op, Py_ssize_t count)
{
    if (SQ(op) != NULL && SQ(op)->sq_repeat != NULL) {
        return SQ(op)->sq_repeat(op, count);
    }
    return repeat_as_number(op, count, number_multiply);
}

PyObject *
sequence_inplace_concat(PyObject *v, PyObject *w)
{
    if (SQ(v) != NULL && SQ(v)->sq_inplace_concat != NULL) {
        return SQ(v)->sq_inplace_concat(v, w);
    }
    if (SQ(v) != NULL && SQ(v)->sq_concat != NULL) {
        return SQ(v)->sq_concat(v, w);
    }
    if (sequence_check(v) && sequence_check(w)) {
        PyNumberMethods *nb = type_of(v)->tp_as_number;
        if (nb != NULL && (nb->nb_inplace_add != NULL || nb->nb_add != NULL)) {
            return number_inplace_add(v, w);
        }
    }
    return sequence_type_error("'%.200s' object can't be concatenated", v);
}

PyObject *
sequence_inplace_repeat(PyObject *op, Py_ssize_t count)
{
    if (SQ(op) != NULL && SQ(op)->sq_inplace_repeat != NULL) {
        return SQ(op)->sq_inplace_repeat(op, count);
    }
    if (SQ(op) != NULL && SQ(op)->sq_repeat != NULL) {
        return SQ(op)->sq_repeat(op, count);
    }
    return repeat_as_number(op, count, number_inplace_multiply);
}

// ---- items and slices ----

// Turns a negative index around when op knows its length; -1 with an exception.
static int
normalize_index(PyObject *op, Py_ssize_t *index)
{
    if (*index < 0 && SQ(op)->sq_length != NULL) {
        Py_ssize_t length = SQ(op)->sq_length(op);
        if (length < 0) {
            return -1;
        }
        *index += length;
    }
    return 0;
}

PyObject *
sequence_getitem(PyObject *op, Py_ssize_t index)
{
    if (SQ(op) != NULL && SQ(op)->sq_item != NULL) {
        return normalize_index(op, &index) < 0 ? NULL : SQ(op)->sq_item(op, index);
    }
    bool mapping = MP(op) != NULL && MP(op)->mp_subscript != NULL;
    return sequence_type_error(mapping ? "%.200s is not a sequence"
                                       : "'%.200s' object does not support indexing",
                               op);
}

static int
assign_item(PyObject *op, Py_ssize_t index, PyObject *value, const char *message)
{
    if (SQ(op) != NULL && SQ(op)->sq_ass_item != NULL) {
        return normalize_index(op, &index) < 0 ? -1 : SQ(op)->sq_ass_item(op, index, value);
    }
    bool mapping = MP(op) != NULL && MP(op)->mp_ass_subscript != NULL;
    sequence_type_error(mapping ? "%.200s is not a sequence" : message, op);
    return -1;
}

int
sequence_setitem(PyObject *op, Py_ssize_t index, PyObject *value)
{
    return assign_item(op, index, value, "'%.200s' object does not support item assignment");
}

int
sequence_delitem(PyObject *op, Py_ssize_t index)
{
    return assign_item(op, index, NULL, "'%.200s' object doesn't support item deletion");
}

PyObject *
sequence_getslice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    if (MP(op) == NULL || MP(op)->mp_subscript == NULL) {
        return sequence_type_error("'%.200s' object is unsliceable", op);
    }
    PyObject *slice = slice_from_indices(low, high);
    if (slice == NULL) {
        return NULL;
    }
    PyObject *result = MP(op)->mp_subscript(op, slice);
    decref(slice);
    return result;
}

static int
assign_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value, const char *message)
{
    if (MP(op) == NULL || MP(op)->mp_ass_subscript == NULL) {
        sequence_type_error(message, op);
        return -1;
    }
    PyObject *slice = slice_from_indices(low, high);
    if (slice == NULL) {
        return -1;
    }
    int result = MP(op)->mp_ass_subscript(op, slice, value);
    decref(slice);
    return result;
}

int
sequence_setslice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value)
{
    return assign_slice(op, low, high, value, "'%.200s' object doesn't support slice assignment");
}

int
sequence_delslice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    return assign_slice(op, low, high, NULL, "'%.200s' object doesn't support slice deletion");
}

// ---- searching by iteration ----

// An iterator over op; what is not iterable is TypeError(message with its type).
static PyObject *
search_iter(PyObject *op, const char *message)
{
    PyObject *iter = object_iter(op);
    if (iter == NULL && error_clear_if(PyExc_TypeError)) {
        sequence_type_error(message, op);
    }
    return iter;
}

int
sequence_contains(PyObject *op, PyObject *value)
{
    if (SQ(op) != NULL && SQ(op)->sq_contains != NULL) {
        return SQ(op)->sq_contains(op, value);
    }
    return sequence_contains_by_iteration(op, value);
}

int
sequence_contains_by_iteration(PyObject *op, PyObject *value)
{
    PyObject *iter = search_iter(op, "argument of type '%.200s' is not a container or iterable");
    if (iter == NULL) {
        return -1;
    }
    int equal = 0;
    PyObject *item;
    int more;
    while ((more = iter_next_item(iter, &item)) > 0) {
        equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal != 0) {
            break;
        }
    }
    decref(iter);
    return more < 0 ? -1 : equal;
}

Py_ssize_t
sequence_count(PyObject *op, PyObject *value)
{
    PyObject *iter = search_iter(op, "argument of type '%.200s' is not iterable");
    if (iter == NULL) {
        return -1;
    }
    Py_ssize_t count = 0;
    PyObject *item;
    int more;
    while ((more = iter_next_item(iter, &item)) > 0) {
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal < 0) {
            more = -1;
            break;
        }
        if (equal && count == PY_SSIZE_T_MAX) {
            error_set(PyExc_OverflowError, "count exceeds C integer size");
            more = -1;
            break;
        }
        count += equal;
    }
    decref(iter);
    return more < 0 ? -1 : count;
}

Py_ssize_t
sequence_index(PyObject *op, PyObject *value)
{
    PyObject *iter = search_iter(op, "argument of type '%.200s' is not iterable");
    if (iter == NULL) {
        return -1;
    }
    Py_ssize_t index = 0;
    Py_ssize_t result = -1;
    PyObject *item;
    int more;
    while ((more = iter_next_item(iter, &item)) > 0) {
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal != 0) {
            result = equal < 0 ? -1 : index;
            break;
        }
        if (index == PY_SSIZE_T_MAX) {
            error_set(PyExc_OverflowError, "index exceeds C integer size");
            break;
        }
        index++;
    }
    if (more == 0) {
        error_set(PyExc_ValueError, "sequence.index(x): x not in sequence");
    }
    decref(iter);
    return result;
}

// ---- conversion ----

PyObject *
sequence_tuple(PyObject *op)
{
    if (tuple_check_exact(op)) {
        return new_ref(op);
    }
    return tuple_from_iterable(op);
}

PyObject *
sequence_list(PyObject *op)
{
    return list_from_iterable(op);
}

PyObject *
sequence_fast(PyObject *op, const char *message)
{
    if (list_check(op) || tuple_check(op)) {
        return new_ref(op);
    }
    PyObject *iter = object_iter(op);
    if (iter == NULL) {
        if (error_matches(PyExc_TypeError)) {
            error_set(PyExc_TypeError, message);
        }
        return NULL;
    }
    PyObject *result = list_from_iterable(iter);
    decref(iter);
    return result;
}

PyObject **
sequence_fast_items_borrow(PyObject *fast)
{
    return list_check(fast) ? ((PyListObject *)fast)->ob_item : tuple_items(fast);
}
