// Operators on tagged values (ops.h): items, attributes, iteration, unpacking, formatting.
#include "abi/constants.h"
#include "memory/alloc.h"
#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/memoryview.h"
#include "objects/object.h"
#include "objects/range.h"
#include "objects/sequence.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "vm/ops.h"

// ---- items ----

// Whether *i, counted from the end when it is negative, is an index of a sequence of a built-in type,
// so that its sq_item and sq_ass_item do what subscription does. (Views may have more dimensions.)
static bool
sequence_index_fits(PyObject *container, int64_t *i)
{
    PyTypeObject *type = type_of(container);
    PySequenceMethods *methods = type->tp_as_sequence;
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 || methods == NULL ||
        methods->sq_item == NULL || methods->sq_length == NULL || type == &PyMemoryView_Type) {
        return false;
    }
    Py_ssize_t n = methods->sq_length(container);
    *i += *i < 0 ? n : 0;
    return (uint64_t)*i < (uint64_t)(n < 0 ? 0 : n);
}

// Items of built-in sequences at an index that is already an int. VALUE_UNSET without an
// exception: take the protocol (which finds the error, too).
static Value
getitem_index(PyObject *container, int64_t i)
{
    PyTypeObject *type = type_of(container);
    if (type == &PyList_Type) {
        if (i < 0) {
            i += list_size(container);
        }
        return i < 0 ? VALUE_UNSET : list_get_value(container, i);
    }
    if (type == &PyTuple_Type) {
        Py_ssize_t n = tuple_size(container);
        if (i < 0) {
            i += n;
        }
        return (uint64_t)i < (uint64_t)n ? value_from_object(tuple_item(container, i)) : VALUE_UNSET;
    }
    if (type == &PyUnicode_Type) {
        Py_ssize_t n = str_length(container);
        if (i < 0) {
            i += n;
        }
        return (uint64_t)i < (uint64_t)n ? value_result(str_getitem(container, i)) : VALUE_UNSET;
    }
    if (sequence_index_fits(container, &i)) {
        return value_result(type->tp_as_sequence->sq_item(container, i));
    }
    return VALUE_UNSET;
}

Value
value_getitem(Value container, Value key)
{
    Box box, index;
    if (!box_borrow(&box, container)) {
        return VALUE_UNSET;
    }
    Value result = VALUE_UNSET;
    if (value_is_int(key)) {
        if (type_of(box.op) == &PyDict_Type) {
            if (dict_get_value_int(box.op, value_int(key), &result) < 0) {
                goto done;
            }
        }
        else {
            result = getitem_index(box.op, value_int(key));
        }
        if (result != VALUE_UNSET || error_occurred()) {
            goto done;
        }
    }
    if (!box_borrow(&index, key)) {
        goto done;
    }
    if (type_of(box.op) == &PyDict_Type) {
        result = dict_subscript_value(box.op, index.op);
    }
    else {
        result = value_result(object_getitem(box.op, index.op));
    }
    box_release(&index);
done:
    box_release(&box);
    return result;
}

int
value_setitem(Value container, Value key, Value item)
{
    Box box, index, value;
    if (!box_borrow(&box, container)) {
        return -1;
    }
    int result = -1;
    int64_t at;
    if (type_of(box.op) == &PyDict_Type) {
        if (value_is_int(key)) {
            result = dict_set_value_int_steal(box.op, value_int(key), value_dup(item));
        }
        else if (box_borrow(&index, key)) {
            result = dict_set_value_steal(box.op, index.op, value_dup(item));
            box_release(&index);
        }
        goto done;
    }
    if (!box_borrow(&value, item)) {
        goto done;
    }
    if (type_of(box.op) == &PyList_Type && value_is_int(key)) {
        int64_t i = value_int(key);
        result = list_set(box.op, i < 0 ? i + list_size(box.op) : i, value.op);
    }
    else if (value_is_int(key) && (at = value_int(key), sequence_index_fits(box.op, &at)) &&
             type_of(box.op)->tp_as_sequence->sq_ass_item != NULL) {
        result = type_of(box.op)->tp_as_sequence->sq_ass_item(box.op, at, value.op);
    }
    else if (box_borrow(&index, key)) {
        result = object_setitem(box.op, index.op, value.op);
        box_release(&index);
    }
    box_release(&value);
done:
    box_release(&box);
    return result;
}

int
value_delitem(Value container, Value key)
{
    Box box, index;
    if (!box_borrow(&box, container)) {
        return -1;
    }
    int result = -1;
    if (box_borrow(&index, key)) {
        result = object_delitem(box.op, index.op);
        box_release(&index);
    }
    box_release(&box);
    return result;
}

static PyObject *
slice_of_values(Value start, Value stop)
{
    Box low, high;
    if (!box_borrow(&low, start)) {
        return NULL;
    }
    PyObject *slice = NULL;
    if (box_borrow(&high, stop)) {
        slice = slice_new(low.op, high.op, Py_None);
        box_release(&high);
    }
    box_release(&low);
    return slice;
}

// A bound of a simple slice: None gives fallback.
static bool
slice_bound(Value v, Py_ssize_t fallback, Py_ssize_t *result)
{
    if (value_is_int(v)) {
        *result = value_int(v);
        return true;
    }
    *result = fallback;
    return value_is_pointer(v) && value_pointer(v) == Py_None;
}

// container[start:stop] of exact str, list, tuple; NULL without an exception for anything else.
static PyObject *
getslice_builtin(PyObject *op, Value start, Value stop)
{
    Py_ssize_t low, high, length;
    if (!slice_bound(start, 0, &low) || !slice_bound(stop, PY_SSIZE_T_MAX, &high)) {
        return NULL;
    }
    PyTypeObject *type = type_of(op);
    if (type == &PyUnicode_Type) {
        length = str_length(op);
    }
    else if (type == &PyList_Type) {
        length = list_size(op);
    }
    else if (type == &PyTuple_Type) {
        length = tuple_size(op);
    }
    else {
        return NULL;
    }
    slice_adjust_indices(length, &low, &high, 1);
    if (high < low) {
        high = low;
    }
    return type == &PyUnicode_Type ? str_substring(op, low, high)
           : type == &PyList_Type  ? list_slice(op, low, high)
                                   : tuple_slice(op, low, high);
}

Value
value_getslice(Value container, Value start, Value stop)
{
    Box box;
    if (!box_borrow(&box, container)) {
        return VALUE_UNSET;
    }
    PyObject *result = getslice_builtin(box.op, start, stop);
    if (result == NULL && !error_occurred()) {
        PyObject *slice = slice_of_values(start, stop);
        if (slice != NULL) {
            result = object_getitem(box.op, slice);
            decref(slice);
        }
    }
    box_release(&box);
    return value_result(result);
}

int
value_setslice(Value container, Value start, Value stop, Value item)
{
    Py_ssize_t low, high;
    if (value_is_pointer(container) && type_of(value_pointer(container)) == &PyList_Type &&
        value_is_pointer(item) && slice_bound(start, 0, &low) &&
        slice_bound(stop, PY_SSIZE_T_MAX, &high)) {
        PyObject *list = value_pointer(container);
        slice_adjust_indices(list_size(list), &low, &high, 1);
        return list_set_slice(list, low, high < low ? low : high, value_pointer(item));
    }
    PyObject *slice = slice_of_values(start, stop);
    if (slice == NULL) {
        return -1;
    }
    int result = value_setitem(container, value_borrowed(slice), item);
    decref(slice);
    return result;
}

int
value_contains(Value item, Value container)
{
    Box box, element;
    if (!box_borrow(&box, container)) {
        return -1;
    }
    int result = -1;
    if (value_is_int(item) && type_of(box.op) == &PyDict_Type) {
        Value found;
        result = dict_get_value_int(box.op, value_int(item), &found);
        value_drop(found);
    }
    else if (box_borrow(&element, item)) {
        result = type_of(box.op) == &PyDict_Type ? dict_contains(box.op, element.op)
                                                 : sequence_contains(box.op, element.op);
        box_release(&element);
    }
    box_release(&box);
    return result;
}

// ---- attributes ----

Value
value_getattr(Value v, PyObject *name)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    Value result = object_getattr_value(box.op, name);
    box_release(&box);
    return result;
}

int
value_setattr(Value v, PyObject *name, Value item)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return -1;
    }
    int result = object_setattr_value_steal(box.op, name, value_dup(item));
    box_release(&box);
    return result;
}

// ---- iteration ----

Value
value_iter(Value v)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *iterator = object_iter(box.op);
    box_release(&box);
    return iterator == NULL ? VALUE_UNSET : value_owned(iterator);
}

Value
value_iterator(Value v)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    Value result = VALUE_UNSET;
    if (type_of(box.op)->tp_iternext == NULL) {
        error_format(PyExc_TypeError, "'%.200s' object is not an iterator",
                     type_of(box.op)->tp_name);
    }
    else {
        result = value_dup(v);
    }
    box_release(&box);
    return result;
}

// ---- unpacking ----

// Items are collected in a buffer first: destinations are written only on success.
#define UNPACK_BUFFER 16

static int
unpack_count_error(Py_ssize_t expected, Py_ssize_t got, bool at_least)
{
    if (got < expected) {
        error_format(PyExc_ValueError, "not enough values to unpack (expected %s%zd, got %zd)",
                     at_least ? "at least " : "", expected, got);
    }
    else {
        error_format(PyExc_ValueError, "too many values to unpack (expected %zd, got %zd)", expected,
                     got);
    }
    return -1;
}

static void
unpack_drop(Value *buffer, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        value_drop(buffer[i]);
    }
}

// Takes n items from an iterator; after: see value_unpack.
static int
unpack_take(PyObject *iterator, Value *buffer, Py_ssize_t n, Py_ssize_t after)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        buffer[i] = iter_next_value(iterator);
        if (buffer[i] == VALUE_UNSET) {
            unpack_drop(buffer, i);
            return error_occurred() ? -1
                                    : unpack_count_error(after < 0 ? n : n + after, i, after >= 0);
        }
    }
    return 0;
}

// The iterator must be at its end. The message tells how many items a list or dict has.
static int
unpack_end(PyObject *source, PyObject *iterator, Py_ssize_t n)
{
    Value extra = iter_next_value(iterator);
    if (extra == VALUE_UNSET) {
        return error_occurred() ? -1 : 0;
    }
    value_drop(extra);
    PyTypeObject *type = type_of(source);
    if (type == &PyList_Type || type == &PyDict_Type) {
        Py_ssize_t size = type == &PyList_Type ? list_size(source) : dict_size(source);
        if (size > n) {
            return unpack_count_error(n, size, false);
        }
    }
    error_format(PyExc_ValueError, "too many values to unpack (expected %zd)", n);
    return -1;
}

// The list of the middle items, and `after` items behind it.
static int
unpack_rest(PyObject *iterator, Value *buffer, Py_ssize_t n, Py_ssize_t after)
{
    PyObject *rest = sequence_list(iterator);
    if (rest == NULL) {
        return -1;
    }
    Py_ssize_t size = list_size(rest);
    if (size < after) {
        decref(rest);
        return unpack_count_error(n + after, n + size, true);
    }
    for (Py_ssize_t i = 0; i < after; i++) {
        buffer[n + 1 + i] = value_from_object(list_item_borrow(rest, size - after + i));
    }
    if (after > 0 && list_set_slice(rest, size - after, size, NULL) < 0) {
        unpack_drop(&buffer[n + 1], after);
        decref(rest);
        return -1;
    }
    buffer[n] = value_owned(rest);
    return 0;
}

static int
unpack_iterable(PyObject *source, Value *buffer, Py_ssize_t n, Py_ssize_t after)
{
    PyObject *iterator = object_iter(source);
    if (iterator == NULL) {
        if (error_matches(PyExc_TypeError) && type_of(source)->tp_iter == NULL &&
            !sequence_check(source)) {
            error_format(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
                         type_of(source)->tp_name);
        }
        return -1;
    }
    int result = unpack_take(iterator, buffer, n, after);
    if (result == 0) {
        result = after < 0 ? unpack_end(source, iterator, n)
                           : unpack_rest(iterator, buffer, n, after);
        if (result < 0) {
            unpack_drop(buffer, n);
        }
    }
    decref(iterator);
    return result;
}

static int
unpack_to_buffer(PyObject *source, Value *buffer, Py_ssize_t n, Py_ssize_t after)
{
    if (after >= 0 || type_of(source) != &PyTuple_Type) {
        return unpack_iterable(source, buffer, n, after);
    }
    if (tuple_size(source) != n) {
        return unpack_count_error(n, tuple_size(source), false);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        buffer[i] = value_from_object(tuple_item(source, i));
    }
    return 0;
}

int
value_unpack(Value v, Value *out, Py_ssize_t n, Py_ssize_t after)
{
    Value small[UNPACK_BUFFER];
    Py_ssize_t total = after < 0 ? n : n + 1 + after;
    Value *buffer = small;
    if (total > UNPACK_BUFFER) {
        buffer = mem_alloc_or_error((size_t)total * sizeof(Value));
        if (buffer == NULL) {
            return -1;
        }
    }
    Box box;
    int result = -1;
    if (box_borrow(&box, v)) {
        result = unpack_to_buffer(box.op, buffer, n, after);
        box_release(&box);
    }
    for (Py_ssize_t i = 0; result == 0 && i < total; i++) {
        Value old = out[i];
        out[i] = buffer[i];
        value_drop(old);
    }
    if (buffer != small) {
        mem_free(buffer);
    }
    return result;
}

// ---- formatting ----

Value
value_format(Value v, Value spec)
{
    if (value_is_pointer(v) && spec == VALUE_UNSET && type_of(value_pointer(v)) == &PyUnicode_Type) {
        return value_dup(v);
    }
    Box box, format = {NULL, NULL};
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    if (spec != VALUE_UNSET && !box_borrow(&format, spec)) {
        box_release(&box);
        return VALUE_UNSET;
    }
    PyObject *result = object_format(box.op, format.op);
    box_release(&box);
    box_release(&format);
    return value_result(result);
}

Value
value_convert(Value v, int conversion)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result = conversion == 1   ? object_str(box.op)
                       : conversion == 2 ? object_repr(box.op)
                                         : object_ascii(box.op);
    box_release(&box);
    return value_result(result);
}
