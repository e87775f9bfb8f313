// bytearray: a buffer that grows at the end and shrinks at both ends.
//
// ob_bytes is the block, ob_start the first byte in use, ob_alloc the size of the block, in which
// a NUL follows the data. A bytearray that was always empty has no block.
//
// Threading: every operation takes the object's critical section. Arguments are converted before
// the data are looked at: conversion may run Python code, which may suspend the section or change the
// bytearray from the same thread.
#include "objects/bytearray.h"

#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes_internal.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"

static inline PyByteArrayObject *cast(PyObject *op) { return (PyByteArrayObject *)op; }

bool bytearray_check(PyObject *op) { return object_type_check(op, &PyByteArray_Type); }

// ---- size ----

static int
check_resizable(PyObject *op)
{
    if (atomic_load_relaxed_ssize(&cast(op)->ob_exports) > 0) {
        error_set(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
        return -1;
    }
    return 0;
}

// Size of the block for `size` bytes when it has to change.
static size_t
block_size(size_t size, size_t current)
{
    if (size < current / 2) {
        return size + 1;                                        // much smaller: fit
    }
    if (size <= current + (current >> 3)) {
        return size + (size >> 3) + (size < 9 ? 3 : 6);         // growing step by step
    }
    return size + 1;
}

static int
resize_lock_held(PyObject *op, Py_ssize_t size)
{
    PyByteArrayObject *b = cast(op);
    CRITICAL_SECTION_ASSERT_HELD(op);
    if (size == bytearray_length(op)) {
        return 0;
    }
    if (check_resizable(op) < 0) {
        return -1;
    }
    size_t alloc = (size_t)b->ob_alloc;
    size_t offset = (size_t)(b->ob_start - b->ob_bytes);
    size_t wanted = (size_t)size;
    if (wanted + offset + 1 <= alloc && wanted >= alloc / 2) {
        ((PyVarObject *)op)->ob_size = size;
        b->ob_start[size] = '\0';
        return 0;
    }
    size_t target = block_size(wanted, alloc);
    if (target > (size_t)PY_SSIZE_T_MAX) {
        error_no_memory();
        return -1;
    }
    char *block;
    if (offset > 0) {
        block = mem_alloc(target);
        if (block != NULL) {
            Py_ssize_t keep = size < bytearray_length(op) ? size : bytearray_length(op);
            memcpy(block, b->ob_start, (size_t)keep);
            mem_free(b->ob_bytes);
        }
    }
    else {
        block = mem_realloc(b->ob_bytes, target);
    }
    if (block == NULL) {
        error_no_memory();
        return -1;
    }
    b->ob_bytes = b->ob_start = block;
    b->ob_alloc = (Py_ssize_t)target;
    block[size] = '\0';
    ((PyVarObject *)op)->ob_size = size;
    return 0;
}

int
bytearray_resize(PyObject *op, Py_ssize_t size)
{
    if (size < 0) {
        error_format(PyExc_ValueError, "Can only resize to positive sizes, got %zd", size);
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = resize_lock_held(op, size);
    critical_section_end(&cs);
    return rc;
}

PyObject *
bytearray_from_data(const char *data, Py_ssize_t size)
{
    if (size < 0) {
        return error_set(PyExc_SystemError,
                         "Negative size passed to PyByteArray_FromStringAndSize");
    }
    PyObject *op = type_alloc(&PyByteArray_Type, 0);
    if (op == NULL || size == 0) {
        return op;
    }
    char *block = size == PY_SSIZE_T_MAX ? NULL : mem_alloc((size_t)size + 1);
    if (block == NULL) {
        decref(op);
        return error_no_memory();
    }
    if (data != NULL) {
        memcpy(block, data, (size_t)size);
    }
    block[size] = '\0';
    cast(op)->ob_bytes = cast(op)->ob_start = block;
    cast(op)->ob_alloc = size + 1;
    ((PyVarObject *)op)->ob_size = size;
    return op;
}

PyObject *
bytearray_from_object(PyObject *op)
{
    return object_call_onearg((PyObject *)&PyByteArray_Type, op);
}

static void
bytearray_dealloc(PyObject *op)
{
    if (atomic_load_relaxed_ssize(&cast(op)->ob_exports) > 0) {
        PyObject *pending = error_take();
        error_set(PyExc_SystemError, "deallocated bytearray object has exported buffers");
        error_write_unraisable(NULL);
        error_restore_steal(pending);
    }
    mem_free(cast(op)->ob_bytes);
    type_of(op)->tp_free(op);
}

// ---- construction ----

// Replaces the content by the data.
static int
assign_lock_held(PyObject *op, const char *data, Py_ssize_t size)
{
    if (resize_lock_held(op, size) < 0) {
        return -1;
    }
    memcpy(bytearray_data(op), data, (size_t)size);
    return 0;
}

// A count of zero bytes: 1 done, 0 source is no index, -1.
static int
init_from_count(PyObject *op, PyObject *source)
{
    if (!index_check(source)) {
        return 0;
    }
    Py_ssize_t size = number_as_ssize(source, PyExc_OverflowError);
    if (size == -1 && error_occurred()) {
        if (!error_matches(PyExc_TypeError)) {
            return -1;
        }
        error_clear();
        return 0;
    }
    if (size < 0) {
        error_set(PyExc_ValueError, "negative count");
        return -1;
    }
    if (resize_lock_held(op, size) < 0) {
        return -1;
    }
    memset(bytearray_data(op), 0, (size_t)size);
    return 1;
}

static int append_lock_held(PyObject *op, const char *data, Py_ssize_t size);

static int
append_item(PyObject *item, void *op)
{
    unsigned char byte;
    return byte_argument(item, &byte) < 0 ? -1 : append_lock_held(op, (char *)&byte, 1);
}

// The items of an iterable, which sees the bytearray grow. The iterable's code may suspend the
// section; every append finds the state of its moment.
static int
init_from_iterable(PyObject *op, PyObject *source)
{
    if (!object_is_iterable(source)) {
        error_format(PyExc_TypeError, "cannot convert '%.200s' object to bytearray",
                     type_of(source)->tp_name);
        return -1;
    }
    return iter_for_each(source, append_item, op) < 0 ? -1 : 0;
}

static int
init_lock_held(PyObject *op, PyObject *source, const char *encoding, const char *errors)
{
    if (bytearray_length(op) != 0 && resize_lock_held(op, 0) < 0) {
        return -1;
    }
    PyObject *data = bytes_encode_source(source, encoding, errors);
    if (data == NULL) {
        if (error_occurred()) {
            return -1;
        }
        if (source == NULL) {
            return 0;
        }
        int rc = init_from_count(op, source);
        if (rc != 0) {
            return rc < 0 ? -1 : 0;
        }
        if (!buffer_check(source)) {
            return init_from_iterable(op, source);
        }
        data = bytes_from_source(source, "bytearray");
        if (data == NULL) {
            return -1;
        }
    }
    int rc = assign_lock_held(op, bytes_data(data), bytes_length(data));
    decref(data);
    return rc;
}

static int
bytearray_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *source;
    const char *encoding, *errors;
    if (source_arguments("bytearray", tuple_items(args), tuple_size(args), kwargs, NULL, &source,
                         &encoding, &errors) < 0) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = init_lock_held(op, source, encoding, errors);
    critical_section_end(&cs);
    return rc;
}

// ---- locking wrappers of the shared methods ----

#define X(name)                                                                               \
    static PyObject *locked_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs)   \
    {                                                                                         \
        CriticalSection cs;                                                                   \
        critical_section_begin(&cs, self);                                                    \
        PyObject *result = bytes_method_##name(self, args, nargs);                            \
        critical_section_end(&cs);                                                            \
        return result;                                                                        \
    }
BYTES_FAST_METHODS(X)
#undef X
#define X(name)                                                                               \
    static PyObject *locked_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs,   \
                                   PyObject *kwnames)                                         \
    {                                                                                         \
        CriticalSection cs;                                                                   \
        critical_section_begin(&cs, self);                                                    \
        PyObject *result = bytes_method_##name(self, args, nargs, kwnames);                   \
        critical_section_end(&cs);                                                            \
        return result;                                                                        \
    }
BYTES_KEYWORD_METHODS(X)
#undef X
#define X(name)                                                                               \
    static PyObject *locked_##name(PyObject *self, PyObject *arg)                             \
    {                                                                                         \
        CriticalSection cs;                                                                   \
        critical_section_begin(&cs, self);                                                    \
        PyObject *result = bytes_method_##name(self, arg);                                    \
        critical_section_end(&cs);                                                            \
        return result;                                                                        \
    }
BYTES_UNARY_METHODS(X)
BYTES_PLAIN_METHODS(X)
#undef X

static int
bytearray_contains(PyObject *op, PyObject *arg)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = bytes_like_contains(op, arg);
    critical_section_end(&cs);
    return result;
}

// ---- operators ----

PyObject *
bytearray_concat(PyObject *a, PyObject *b)
{
    BytesArg left, right;
    PyObject *result = NULL;
    left.view.obj = NULL;
    right.view.obj = NULL;
    if (bytes_arg_get(a, &left) < 0 || bytes_arg_get(b, &right) < 0) {
        error_format(PyExc_TypeError, "can't concat %.100s to %.100s", type_of(b)->tp_name,
                     type_of(a)->tp_name);
        goto done;
    }
    Py_ssize_t total;
    if (!checked_add_ssize(left.size, right.size, &total)) {
        error_no_memory();
        goto done;
    }
    result = bytearray_from_data(NULL, total);
    if (result != NULL) {
        memcpy(bytearray_data(result), left.data, (size_t)left.size);
        memcpy(bytearray_data(result) + left.size, right.data, (size_t)right.size);
    }
done:
    bytes_arg_release(&right);
    bytes_arg_release(&left);
    return result;
}

// Appends data, which may be op's own (exports are then checked by the resize).
static int
append_lock_held(PyObject *op, const char *data, Py_ssize_t size)
{
    Py_ssize_t old = bytearray_length(op), total;
    if (!checked_add_ssize(old, size, &total)) {
        error_no_memory();
        return -1;
    }
    if (resize_lock_held(op, total) < 0) {
        return -1;
    }
    memcpy(bytearray_data(op) + old, data, (size_t)size);
    return 0;
}

static PyObject *
bytearray_inplace_concat(PyObject *op, PyObject *other)
{
    BytesArg arg;
    int rc = -1;
    if (bytes_arg_get(other, &arg) < 0) {
        if (error_matches(PyExc_TypeError)) {
            error_clear();
            error_format(PyExc_TypeError, "can't concat %.100s to %.100s",
                         type_of(other)->tp_name, type_of(op)->tp_name);
        }
    }
    else {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        rc = append_lock_held(op, arg.data, arg.size);
        critical_section_end(&cs);
        bytes_arg_release(&arg);
    }
    return rc < 0 ? NULL : new_ref(op);
}

// Fills [done, total) with copies of what is before.
static void
fill_by_doubling(char *data, Py_ssize_t done, Py_ssize_t total)
{
    while (done > 0 && done < total) {
        Py_ssize_t step = done <= total - done ? done : total - done;
        memcpy(data + done, data, (size_t)step);
        done += step;
    }
}

static PyObject *
repeat_lock_held(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = bytearray_length(op), total;
    count = count < 0 ? 0 : count;
    if (!checked_mul_ssize(n, count, &total)) {
        return error_no_memory();
    }
    PyObject *result = bytearray_from_data(NULL, total);
    if (result != NULL && total > 0) {
        memcpy(bytearray_data(result), bytearray_data(op), (size_t)n);
        fill_by_doubling(bytearray_data(result), n, total);
    }
    return result;
}

static PyObject *
bytearray_repeat(PyObject *op, Py_ssize_t count)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = repeat_lock_held(op, count);
    critical_section_end(&cs);
    return result;
}

static int
inplace_repeat_lock_held(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = bytearray_length(op), total;
    count = count < 0 ? 0 : count;
    if (!checked_mul_ssize(n, count, &total)) {
        error_no_memory();
        return -1;
    }
    if (resize_lock_held(op, total) < 0) {
        return -1;
    }
    fill_by_doubling(bytearray_data(op), n < total ? n : total, total);
    return 0;
}

static PyObject *
bytearray_inplace_repeat(PyObject *op, Py_ssize_t count)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = inplace_repeat_lock_held(op, count);
    critical_section_end(&cs);
    return rc < 0 ? NULL : new_ref(op);
}

static PyObject *
bytearray_richcompare(PyObject *a, PyObject *b, int op)
{
    BytesArg left, right;
    if (!buffer_check(a) || !buffer_check(b)) {
        bool text = str_check(a) || str_check(b);
        return text && bytes_warn_comparison(a, b, op, "bytearray") < 0
                   ? NULL
                   : new_ref(Py_NotImplemented);
    }
    if (bytes_arg_get(a, &left) < 0) {
        error_clear();
        return new_ref(Py_NotImplemented);
    }
    if (bytes_arg_get(b, &right) < 0) {
        error_clear();
        bytes_arg_release(&left);
        return new_ref(Py_NotImplemented);
    }
    bool result;
    if (left.size != right.size && (op == Py_EQ || op == Py_NE)) {
        result = op == Py_NE;
    }
    else {
        Py_ssize_t n = left.size < right.size ? left.size : right.size;
        int order = memcmp(left.data, right.data, (size_t)n);
        if (order == 0) {
            order = left.size < right.size ? -1 : left.size > right.size;
        }
        result = op == Py_EQ   ? order == 0
                 : op == Py_NE ? order != 0
                 : op == Py_LT ? order < 0
                 : op == Py_LE ? order <= 0
                 : op == Py_GT ? order > 0
                               : order >= 0;
    }
    bytes_arg_release(&right);
    bytes_arg_release(&left);
    return bool_from_long(result);
}

static PyObject *
bytearray_repr(PyObject *op)
{
    PyObject *prefix = str_format("%s(b", type_short_name(type_of(op)));
    if (prefix == NULL) {
        return NULL;
    }
    const char *text = str_as_utf8(prefix);
    PyObject *result = NULL;
    if (text != NULL) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        PyObject *data = bytes_repr_data(bytearray_data(op), bytearray_length(op), "", ")", true,
                                         true);
        critical_section_end(&cs);
        result = data == NULL ? NULL : str_concat(prefix, data);
        xdecref(data);
    }
    decref(prefix);
    return result;
}

static PyObject *
bytearray_str(PyObject *op)
{
    return bytes_warn_str("bytearray") < 0 ? NULL : bytearray_repr(op);
}

static PyObject *
bytearray_remainder(PyObject *v, PyObject *w)
{
    if (!bytearray_check(v)) {
        return new_ref(Py_NotImplemented);
    }
    BytesArg format;
    if (bytes_arg_get(v, &format) < 0) {
        return NULL;
    }
    PyObject *result = bytes_percent(format.data, format.size, w, true);
    bytes_arg_release(&format);
    return result;
}

// ---- the buffer protocol ----

static int
bytearray_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    if (view == NULL) {
        error_set(PyExc_BufferError, "bytearray_getbuffer: view==NULL argument is obsolete");
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = buffer_fill_info(view, op, bytearray_data(op), bytearray_length(op), 0, flags);
    if (rc == 0) {
        atomic_add_ssize(&cast(op)->ob_exports, 1);
    }
    critical_section_end(&cs);
    return rc;
}

static void
bytearray_releasebuffer(PyObject *op, Py_buffer *view)
{
    atomic_add_ssize(&cast(op)->ob_exports, -1);
}

// ---- items ----

static Py_ssize_t
bytearray_tp_length(PyObject *op)
{
    return atomic_load_relaxed_ssize(&((PyVarObject *)op)->ob_size);
}

static PyObject *
bytearray_item(PyObject *op, Py_ssize_t i)
{
    CriticalSection cs;
    int byte = -1;
    critical_section_begin(&cs, op);
    if ((size_t)i < (size_t)bytearray_length(op)) {
        byte = (unsigned char)bytearray_data(op)[i];
    }
    critical_section_end(&cs);
    if (byte < 0) {
        return error_set(PyExc_IndexError, "bytearray index out of range");
    }
    return int_from_i64(byte);
}

static PyObject *
get_slice_lock_held(PyObject *op, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step)
{
    Py_ssize_t n = slice_adjust_indices(bytearray_length(op), &start, &stop, step);
    if (n <= 0) {
        return bytearray_from_data(NULL, 0);
    }
    if (step == 1) {
        return bytearray_from_data(bytearray_data(op) + start, n);
    }
    PyObject *result = bytearray_from_data(NULL, n);
    if (result != NULL) {
        const char *from = bytearray_data(op);
        char *to = bytearray_data(result);
        for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
            to[i] = from[at];
        }
    }
    return result;
}

static PyObject *
index_type_error(PyObject *key)
{
    return error_format(PyExc_TypeError,
                        "bytearray indices must be integers or slices, not %.200s",
                        type_of(key)->tp_name);
}

static PyObject *
bytearray_subscript(PyObject *op, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return bytearray_item(op, i < 0 ? i + bytearray_tp_length(op) : i);
    }
    if (!slice_check(key)) {
        return index_type_error(key);
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = get_slice_lock_held(op, start, stop, step);
    critical_section_end(&cs);
    return result;
}

// Replaces [low, high) by the data.
static int
set_range_lock_held(PyObject *op, Py_ssize_t low, Py_ssize_t high, const char *data,
                    Py_ssize_t size)
{
    PyByteArrayObject *b = cast(op);
    Py_ssize_t n = bytearray_length(op), growth = size - (high - low), total;
    if (growth < 0) {
        if (check_resizable(op) < 0) {
            return -1;
        }
        if (low == 0) {
            // Shrinks at the front: the start moves.
            b->ob_start -= growth;
            ((PyVarObject *)op)->ob_size = n + growth;
            if (n + growth < b->ob_alloc / 2) {
                // The block is too large now: move to a smaller one, if there is memory.
                size_t target = (size_t)(n + growth) + 1;
                char *block = mem_alloc(target);
                if (block != NULL) {
                    memcpy(block, b->ob_start, target);
                    mem_free(b->ob_bytes);
                    b->ob_bytes = b->ob_start = block;
                    b->ob_alloc = (Py_ssize_t)target;
                }
            }
        }
        else {
            char *p = bytearray_data(op);
            memmove(p + low + size, p + high, (size_t)(n - high));
            if (resize_lock_held(op, n + growth) < 0) {
                // No memory for a smaller block: keep the larger one.
                error_clear();
                ((PyVarObject *)op)->ob_size = n + growth;
                b->ob_start[n + growth] = '\0';
            }
        }
    }
    else if (growth > 0) {
        if (!checked_add_ssize(n, growth, &total)) {
            error_no_memory();
            return -1;
        }
        if (resize_lock_held(op, total) < 0) {
            return -1;
        }
        char *p = bytearray_data(op);
        memmove(p + low + size, p + high, (size_t)(n - high));
    }
    if (size > 0) {
        memcpy(bytearray_data(op) + low, data, (size_t)size);
    }
    return 0;
}

// Deletes every step-th byte, n of them.
static int
delete_steps_lock_held(PyObject *op, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    if (n == 0) {
        return 0;
    }
    if (check_resizable(op) < 0) {
        return -1;
    }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    char *p = bytearray_data(op);
    Py_ssize_t size = bytearray_length(op), to = start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t from = start + i * step + 1;
        Py_ssize_t stop = i + 1 < n ? start + (i + 1) * step : size;
        memmove(p + to, p + from, (size_t)(stop - from));
        to += stop - from;
    }
    return resize_lock_held(op, size - n);
}

static int
set_slice_lock_held(PyObject *op, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step,
                    const char *data, Py_ssize_t size)
{
    Py_ssize_t n = slice_adjust_indices(bytearray_length(op), &start, &stop, step);
    if ((step < 0 && start < stop) || (step > 0 && start > stop)) {
        stop = start;
    }
    if (step == 1) {
        return set_range_lock_held(op, start, stop, data, size);
    }
    if (size == 0) {
        return delete_steps_lock_held(op, start, step, n);
    }
    if (size != n) {
        error_format(PyExc_ValueError,
                     "attempt to assign bytes of size %zd to extended slice of size %zd", size, n);
        return -1;
    }
    char *p = bytearray_data(op);
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        p[at] = data[i];
    }
    return 0;
}

// The bytes to be assigned to a slice: a new bytes object.
static PyObject *
slice_value(PyObject *value)
{
    if (value == NULL) {
        return bytes_empty();
    }
    if (!buffer_check(value) && (number_check(value) || str_check(value))) {
        return error_set(PyExc_TypeError, "can assign only bytes, buffers, or iterables of ints "
                                          "in range(0, 256)");
    }
    return bytes_check_exact(value) ? new_ref(value) : bytes_from_source(value, "bytearray");
}

static int
set_slice(PyObject *op, PyObject *key, PyObject *value)
{
    Py_ssize_t start, stop, step;
    PyObject *data = slice_value(value);
    if (data == NULL) {
        return -1;
    }
    int rc = slice_unpack(key, &start, &stop, &step);
    if (rc == 0) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        rc = set_slice_lock_held(op, start, stop, step, bytes_data(data), bytes_length(data));
        critical_section_end(&cs);
    }
    decref(data);
    return rc;
}

// Sets one byte; value NULL deletes it.
static int
set_index(PyObject *op, Py_ssize_t i, PyObject *value)
{
    unsigned char byte = 0;
    if (value != NULL && byte_argument(value, &byte) < 0) {
        return -1;
    }
    CriticalSection cs;
    int rc = 0;
    critical_section_begin(&cs, op);
    if ((size_t)i >= (size_t)bytearray_length(op)) {
        error_set(PyExc_IndexError, "bytearray index out of range");
        rc = -1;
    }
    else if (value == NULL) {
        rc = set_range_lock_held(op, i, i + 1, NULL, 0);
    }
    else {
        bytearray_data(op)[i] = (char)byte;
    }
    critical_section_end(&cs);
    return rc;
}

static int
bytearray_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return -1;
        }
        return set_index(op, i < 0 ? i + bytearray_tp_length(op) : i, value);
    }
    if (!slice_check(key)) {
        index_type_error(key);
        return -1;
    }
    return set_slice(op, key, value);
}

static int
bytearray_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    return set_index(op, i, value);
}

// ---- methods that change ----

static PyObject *
none_or_null(int rc)
{
    return rc < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
bytearray_append(PyObject *op, PyObject *item)
{
    unsigned char byte;
    if (byte_argument(item, &byte) < 0) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = append_lock_held(op, (char *)&byte, 1);
    critical_section_end(&cs);
    return none_or_null(rc);
}

static PyObject *
bytearray_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t i;
    unsigned char byte;
    if (!args_check_positional("insert", nargs, 2, 2) || ssize_argument(args[0], &i) < 0 ||
        byte_argument(args[1], &byte) < 0) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Py_ssize_t n = bytearray_length(op);
    i = i < 0 ? (i + n < 0 ? 0 : i + n) : i > n ? n : i;
    int rc = set_range_lock_held(op, i, i, (char *)&byte, 1);
    critical_section_end(&cs);
    return none_or_null(rc);
}

static PyObject *
bytearray_pop(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t i = -1;
    if (!args_check_positional("pop", nargs, 0, 1) ||
        (nargs > 0 && ssize_argument(args[0], &i) < 0)) {
        return NULL;
    }
    CriticalSection cs;
    int byte = -1;
    critical_section_begin(&cs, op);
    Py_ssize_t n = bytearray_length(op);
    i = i < 0 ? i + n : i;
    if (n == 0) {
        error_set(PyExc_IndexError, "pop from empty bytearray");
    }
    else if (i < 0 || i >= n) {
        error_set(PyExc_IndexError, "pop index out of range");
    }
    else {
        byte = (unsigned char)bytearray_data(op)[i];
        if (set_range_lock_held(op, i, i + 1, NULL, 0) < 0) {
            byte = -1;
        }
    }
    critical_section_end(&cs);
    return byte < 0 ? NULL : int_from_i64(byte);
}

static PyObject *
bytearray_remove(PyObject *op, PyObject *item)
{
    unsigned char byte;
    if (byte_argument(item, &byte) < 0) {
        return NULL;
    }
    CriticalSection cs;
    int rc = -1;
    critical_section_begin(&cs, op);
    Py_ssize_t i = chars_find_char(1, bytearray_data(op), bytearray_length(op), byte);
    if (i < 0) {
        error_set(PyExc_ValueError, "value not found in bytearray");
    }
    else {
        rc = set_range_lock_held(op, i, i + 1, NULL, 0);
    }
    critical_section_end(&cs);
    return none_or_null(rc);
}

static PyObject *
bytearray_extend(PyObject *op, PyObject *iterable)
{
    if (buffer_check(iterable) && iterable != op) {
        PyObject *same = bytearray_inplace_concat(op, iterable);
        xdecref(same);
        return same == NULL ? NULL : new_ref(Py_None);
    }
    if (str_check(iterable)) {
        return error_set(PyExc_TypeError, "expected iterable of integers; got: 'str'");
    }
    if (!object_is_iterable(iterable)) {
        return error_format(PyExc_TypeError, "can't extend bytearray with %.100s",
                            type_of(iterable)->tp_name);
    }
    PyObject *data = bytes_from_source(iterable, "bytearray");
    if (data == NULL) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int rc = append_lock_held(op, bytes_data(data), bytes_length(data));
    critical_section_end(&cs);
    decref(data);
    return none_or_null(rc);
}

static PyObject *
bytearray_reverse(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    char *p = bytearray_data(op);
    for (Py_ssize_t i = 0, j = bytearray_length(op) - 1; i < j; i++, j--) {
        char c = p[i];
        p[i] = p[j];
        p[j] = c;
    }
    critical_section_end(&cs);
    return new_ref(Py_None);
}

static PyObject *
bytearray_clear(PyObject *op, PyObject *unused)
{
    return none_or_null(bytearray_resize(op, 0));
}

static PyObject *
bytearray_copy(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *copy = bytearray_from_data(bytearray_data(op), bytearray_length(op));
    critical_section_end(&cs);
    return copy;
}

static PyObject *
bytearray_method_resize(PyObject *op, PyObject *arg)
{
    Py_ssize_t size;
    if (ssize_argument(arg, &size) < 0) {
        return NULL;
    }
    if (size < 0) {
        return error_format(PyExc_ValueError,
                            "bytearray.resize(): new size must be >= 0, got %zd", size);
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Py_ssize_t old = bytearray_length(op);
    int rc = resize_lock_held(op, size);
    if (rc == 0 && size > old) {
        memset(bytearray_data(op) + old, 0, (size_t)(size - old));
    }
    critical_section_end(&cs);
    return none_or_null(rc);
}

// ---- methods that tell ----

static PyObject *
bytearray_alloc(PyObject *op, PyObject *unused)
{
    return int_from_ssize(atomic_load_relaxed_ssize(&cast(op)->ob_alloc));
}

static PyObject *
bytearray_sizeof(PyObject *op, PyObject *unused)
{
    return int_from_ssize(type_of(op)->tp_basicsize +
                          atomic_load_relaxed_ssize(&cast(op)->ob_alloc));
}

// (type, arguments, state): Latin-1 text below protocol 3, bytes from there on.
static PyObject *
reduce(PyObject *op, int protocol)
{
    PyObject *state = object_call_method_noargs(op, ID(__getstate__));
    if (state == NULL) {
        return NULL;
    }
    CriticalSection cs;
    PyObject *args, *result = NULL;
    critical_section_begin(&cs, op);
    PyObject *data = protocol < 3
                         ? str_from_latin1(bytearray_data(op), bytearray_length(op))
                         : bytes_from_data(bytearray_data(op), bytearray_length(op));
    critical_section_end(&cs);
    if (data == NULL) {
        decref(state);
        return NULL;
    }
    PyObject *encoding = str_intern_cstr("latin-1");
    if (object_length(data) == 0) {
        args = tuple_empty();
    }
    else {
        args = protocol < 3 ? tuple_pack(2, data, encoding) : tuple_pack(1, data);
    }
    if (args != NULL) {
        result = tuple_pack(3, type_of(op), args, state);
        decref(args);
    }
    xdecref(encoding);
    decref(data);
    decref(state);
    return result;
}

static PyObject *
bytearray_reduce(PyObject *op, PyObject *unused)
{
    return reduce(op, 2);
}

static PyObject *
bytearray_reduce_ex(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int protocol = 0;
    if (!args_check_positional("__reduce_ex__", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs > 0) {
        protocol = int_as_int(args[0]);
        if (protocol == -1 && error_occurred()) {
            return NULL;
        }
    }
    return reduce(op, protocol);
}

static PyObject *
bytearray_fromhex(PyObject *type, PyObject *text)
{
    PyObject *data = bytes_parse_hex(text);
    if (data == NULL) {
        return NULL;
    }
    PyObject *result = type == (PyObject *)&PyByteArray_Type
                           ? bytearray_from_data(bytes_data(data), bytes_length(data))
                           : object_call_onearg(type, data);
    decref(data);
    return result;
}

#define METHOD(name) locked_##name

static PyMethodDef bytearray_methods[] = {
    BYTES_SHARED_ROWS(METHOD),
    {"__alloc__", bytearray_alloc, METH_NOARGS,
     "B.__alloc__() -> int\n\nReturn the number of bytes actually allocated."},
    {"__reduce__", bytearray_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nReturn state information for pickling."},
    {"__reduce_ex__", BYTES_FAST(bytearray_reduce_ex), METH_FASTCALL,
     "__reduce_ex__($self, proto=0, /)\n--\n\nReturn state information for pickling."},
    {"__sizeof__", bytearray_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\n"
     "Returns the size of the bytearray object in memory, in bytes."},
    {"append", bytearray_append, METH_O,
     "append($self, item, /)\n--\n\n"
     "Append a single item to the end of the bytearray.\n\n"
     "  item\n    The item to be appended."},
    {"clear", bytearray_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from the bytearray."},
    {"copy", bytearray_copy, METH_NOARGS, "copy($self, /)\n--\n\nReturn a copy of B."},
    {"extend", bytearray_extend, METH_O,
     "extend($self, iterable_of_ints, /)\n--\n\n"
     "Append all the items from the iterator or sequence to the end of the bytearray.\n\n"
     "  iterable_of_ints\n    The iterable of items to append."},
    {"fromhex", bytearray_fromhex, METH_O | METH_CLASS,
     "fromhex($type, string, /)\n--\n\n"
     "Create a bytearray object from a string of hexadecimal numbers.\n\n"
     "Spaces between two numbers are accepted.\n"
     "Example: bytearray.fromhex('B9 01EF') -> bytearray(b'\\\\xb9\\\\x01\\\\xef')"},
    {"insert", BYTES_FAST(bytearray_insert), METH_FASTCALL,
     "insert($self, index, item, /)\n--\n\n"
     "Insert a single item into the bytearray before the given index.\n\n"
     "  index\n    The index where the value is to be inserted.\n"
     "  item\n    The item to be inserted."},
    {"pop", BYTES_FAST(bytearray_pop), METH_FASTCALL,
     "pop($self, index=-1, /)\n--\n\n"
     "Remove and return a single item from B.\n\n"
     "  index\n    The index from where to remove the item.\n"
     "    -1 (the default value) means remove the last item.\n\n"
     "If no index argument is given, will pop the last item."},
    {"remove", bytearray_remove, METH_O,
     "remove($self, value, /)\n--\n\n"
     "Remove the first occurrence of a value in the bytearray.\n\n"
     "  value\n    The value to remove."},
    {"resize", bytearray_method_resize, METH_O,
     "resize($self, size, /)\n--\n\n"
     "Resize the internal buffer of bytearray to len.\n\n"
     "  size\n    New size to resize to."},
    {"reverse", bytearray_reverse, METH_NOARGS,
     "reverse($self, /)\n--\n\nReverse the order of the values in B in place."},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods bytearray_as_number = {.nb_remainder = bytearray_remainder};

static PySequenceMethods bytearray_as_sequence = {
    .sq_length = bytearray_tp_length,
    .sq_concat = bytearray_concat,
    .sq_repeat = bytearray_repeat,
    .sq_item = bytearray_item,
    .sq_ass_item = bytearray_ass_item,
    .sq_contains = bytearray_contains,
    .sq_inplace_concat = bytearray_inplace_concat,
    .sq_inplace_repeat = bytearray_inplace_repeat,
};

static PyMappingMethods bytearray_as_mapping = {
    .mp_length = bytearray_tp_length,
    .mp_subscript = bytearray_subscript,
    .mp_ass_subscript = bytearray_ass_subscript,
};

static PyBufferProcs bytearray_as_buffer = {
    .bf_getbuffer = bytearray_getbuffer,
    .bf_releasebuffer = bytearray_releasebuffer,
};

static PyObject *bytearray_iter(PyObject *op);

PyTypeObject PyByteArray_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "bytearray",
    .tp_basicsize = sizeof(PyByteArrayObject),
    .tp_dealloc = bytearray_dealloc,
    .tp_repr = bytearray_repr,
    .tp_as_number = &bytearray_as_number,
    .tp_as_sequence = &bytearray_as_sequence,
    .tp_as_mapping = &bytearray_as_mapping,
    .tp_hash = object_hash_not_implemented,
    .tp_str = bytearray_str,
    .tp_getattro = object_generic_getattr,
    .tp_as_buffer = &bytearray_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "bytearray(iterable_of_ints) -> bytearray\n"
              "bytearray(string, encoding[, errors]) -> bytearray\n"
              "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
              "bytearray(int) -> bytes array of size given by the parameter initialized with null "
              "bytes\n"
              "bytearray() -> empty bytes array\n\n"
              "Construct a mutable bytearray object from:\n"
              "  - an iterable yielding integers in range(256)\n"
              "  - a text string encoded using the specified encoding\n"
              "  - a bytes or a buffer object\n"
              "  - any object implementing the buffer API.\n"
              "  - an integer",
    .tp_richcompare = bytearray_richcompare,
    .tp_iter = bytearray_iter,
    .tp_methods = bytearray_methods,
    .tp_base = &PyBaseObject_Type,
    .tp_init = bytearray_init,
    .tp_alloc = type_alloc,
    .tp_new = type_generic_new,
    .tp_free = heap_free,
};

// ---- iterator ----

typedef struct {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: next byte; -1 when exhausted
    PyObject *bytes;        // immutable
} ByteArrayIter;

static PyObject *
bytearray_iter(PyObject *op)
{
    ByteArrayIter *it = (ByteArrayIter *)type_alloc(&PyByteArrayIter_Type, 0);
    if (it != NULL) {
        it->bytes = new_ref(op);
    }
    return (PyObject *)it;
}

static void
iter_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(((ByteArrayIter *)op)->bytes);
    heap_free(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *bytes = ((ByteArrayIter *)op)->bytes;
    return bytes == NULL ? 0 : visit(bytes, arg);
}

static PyObject *
bytearrayiter_next(PyObject *op)
{
    ByteArrayIter *it = (ByteArrayIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    if (i < 0) {
        return NULL;
    }
    CriticalSection cs;
    int byte = -1;
    critical_section_begin(&cs, it->bytes);
    if (i < bytearray_length(it->bytes)) {
        byte = (unsigned char)bytearray_data(it->bytes)[i];
    }
    critical_section_end(&cs);
    atomic_store_relaxed_ssize(&it->index, byte < 0 ? -1 : i + 1);
    return byte < 0 ? NULL : int_from_i64(byte);
}

static PyObject *
iter_length_hint(PyObject *op, PyObject *unused)
{
    ByteArrayIter *it = (ByteArrayIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    Py_ssize_t left = i < 0 ? 0 : bytearray_tp_length(it->bytes) - i;
    return int_from_ssize(left < 0 ? 0 : left);
}

static PyObject *
iter_reduce(PyObject *op, PyObject *unused)
{
    ByteArrayIter *it = (ByteArrayIter *)op;
    return text_iter_reduce(it->bytes, tuple_empty(), &it->index);
}

static PyObject *
iter_setstate(PyObject *op, PyObject *state)
{
    ByteArrayIter *it = (ByteArrayIter *)op;
    Py_ssize_t i = int_as_ssize(state);
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    if (atomic_load_relaxed_ssize(&it->index) >= 0) {
        Py_ssize_t n = bytearray_tp_length(it->bytes);
        atomic_store_relaxed_ssize(&it->index, i < 0 ? 0 : i > n ? n : i);
    }
    return new_ref(Py_None);
}

static PyMethodDef iter_methods[] = {
    {"__length_hint__", iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", iter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyByteArrayIter_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "bytearray_iterator",
    .tp_basicsize = sizeof(ByteArrayIter),
    .tp_dealloc = iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = bytearrayiter_next,
    .tp_methods = iter_methods,
    .tp_free = heap_free,
};
