// array: compact arrays of numbers and characters.
//
// Items are array_items.c, pickling is array_pickle.c.
//
// Invariant: while buffers of an array are exported its items are not moved: everything that changes the
// size fails with BufferError.
//
// Threading: every operation holds the array's lock while it touches the items. Items that become
// objects, and objects that become items, are converted outside comparisons, and indices are checked
// again under the lock.
#include "modules/array_internal.h"

#include <string.h>

#include "base/hooks.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/seqiter.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

static PyTypeObject array_iter_type;

// ---- Size ----

static inline Py_ssize_t
array_size(PyObject *self)
{
    return atomic_load_relaxed_ssize(&((PyVarObject *)self)->ob_size);
}

static inline char *
item_at(Array *a, Py_ssize_t i)
{
    return a->items + i * a->kind->itemsize;
}

static bool
array_check(PyObject *op)
{
    return object_type_check(op, &array_type);
}

// Sets the size; new items are not initialised. The array may not be exported.
static int
resize_lock_held(Array *a, Py_ssize_t n)
{
    if (atomic_load_relaxed_ssize(&a->exports) > 0 && n != a->ob_base.ob_size) {
        error_set(PyExc_BufferError, "cannot resize an array that is exporting buffers");
        return -1;
    }
    if (n <= a->allocated && n >= a->allocated / 2 && a->items != NULL) {
        atomic_store_relaxed_ssize(&a->ob_base.ob_size, n);
        return 0;
    }
    if (n == 0) {
        mem_free(a->items);
        a->items = NULL;
        a->allocated = 0;
        atomic_store_relaxed_ssize(&a->ob_base.ob_size, 0);
        return 0;
    }
    // A sixteenth more, so that appending takes constant time on average.
    Py_ssize_t room;
    if (__builtin_add_overflow(n, (n >> 4) + (a->ob_base.ob_size < 8 ? 3 : 7), &room) ||
        room > PY_SSIZE_T_MAX / a->kind->itemsize) {
        error_no_memory();
        return -1;
    }
    char *items = mem_realloc(a->items, (size_t)room * (size_t)a->kind->itemsize);
    if (items == NULL) {
        error_no_memory();
        return -1;
    }
    a->items = items;
    a->allocated = room;
    atomic_store_relaxed_ssize(&a->ob_base.ob_size, n);
    return 0;
}

PyObject *
array_new(PyTypeObject *type, Py_ssize_t n, const ArrayKind *kind)
{
    if (n < 0) {
        return error_bad_internal_call();
    }
    if (n > PY_SSIZE_T_MAX / kind->itemsize) {
        return error_no_memory();
    }
    Array *a = (Array *)type->tp_alloc(type, 0);
    if (a == NULL) {
        return NULL;
    }
    a->kind = kind;
    a->items = NULL;
    if (n > 0) {
        a->items = mem_alloc((size_t)n * (size_t)kind->itemsize);
        if (a->items == NULL) {
            decref(a);
            return error_no_memory();
        }
    }
    a->allocated = n;
    a->ob_base.ob_size = n;
    return (PyObject *)a;
}

// A new array of the same type with the items [low, high) of self, clipped.
static PyObject *
array_slice(PyObject *self, Py_ssize_t low, Py_ssize_t high)
{
    Array *a = ARRAY(self);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    low = low < 0 ? 0 : low > n ? n : low;
    high = high < low ? low : high > n ? n : high;
    PyObject *result = array_new(&array_type, high - low, a->kind);
    if (result != NULL && high > low) {
        memcpy(ARRAY(result)->items, item_at(a, low),
               (size_t)(high - low) * (size_t)a->kind->itemsize);
    }
    critical_section_end(&cs);
    return result;
}

// Item i as an object, NULL without an exception when out of range.
static PyObject *
item_or_null(PyObject *self, Py_ssize_t i)
{
    Array *a = ARRAY(self);
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if ((size_t)i < (size_t)a->ob_base.ob_size) {
        item = a->kind->get(item_at(a, i));
    }
    critical_section_end(&cs);
    return item;
}

static PyObject *
array_item(PyObject *self, Py_ssize_t i)
{
    PyObject *item = item_or_null(self, i);
    if (item == NULL && !error_occurred()) {
        error_set(PyExc_IndexError, "array index out of range");
    }
    return item;
}

// Opens a gap before `where` (clipped; negative from the end) and puts converted bytes there.
static int
insert_converted(PyObject *self, Py_ssize_t where, const char *item)
{
    Array *a = ARRAY(self);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    int status = resize_lock_held(a, n + 1);
    if (status == 0) {
        if (where < 0) {
            where = where + n < 0 ? 0 : where + n;
        }
        where = where > n ? n : where;
        memmove(item_at(a, where + 1), item_at(a, where),
                (size_t)(n - where) * (size_t)a->kind->itemsize);
        memcpy(item_at(a, where), item, (size_t)a->kind->itemsize);
    }
    critical_section_end(&cs);
    return status;
}

int
array_append_object(PyObject *self, PyObject *value)
{
    char item[sizeof(double)];
    if (ARRAY(self)->kind->set(item, value) < 0) {
        return -1;
    }
    return insert_converted(self, PY_SSIZE_T_MAX, item);
}

// Replaces [low, high) (valid) by n items of the same kind, from memory that does not move.
static int
replace_lock_held(Array *a, Py_ssize_t low, Py_ssize_t high, const char *items, Py_ssize_t n)
{
    Py_ssize_t size = a->ob_base.ob_size;
    Py_ssize_t change = n - (high - low);
    size_t width = (size_t)a->kind->itemsize;
    if (change > 0) {
        if (size > PY_SSIZE_T_MAX - change) {
            error_no_memory();
            return -1;
        }
        if (resize_lock_held(a, size + change) < 0) {
            return -1;
        }
    }
    else if (change < 0 && atomic_load_relaxed_ssize(&a->exports) > 0) {
        return resize_lock_held(a, size + change);
    }
    if (change != 0) {
        memmove(item_at(a, high + change), item_at(a, high), (size_t)(size - high) * width);
    }
    if (n > 0) {
        memcpy(item_at(a, low), items, (size_t)n * width);
    }
    return change < 0 ? resize_lock_held(a, size + change) : 0;
}

// ---- Making and ending ----

static int
array_extend(PyObject *self, PyObject *other)
{
    if (!array_check(other)) {
        PyObject *iterator = object_iter(other);
        if (iterator == NULL) {
            return -1;
        }
        PyObject *item;
        int status;
        while ((status = iter_next_item(iterator, &item)) > 0) {
            status = array_append_object(self, item);
            decref(item);
            if (status < 0) {
                break;
            }
        }
        decref(iterator);
        return status;
    }
    if (ARRAY(self)->kind != ARRAY(other)->kind) {
        error_set(PyExc_TypeError, "can only extend with array of same kind");
        return -1;
    }
    CriticalSection2 cs;
    short_section2_begin(&cs, self, other);
    Array *a = ARRAY(self);
    Py_ssize_t n = a->ob_base.ob_size;
    Py_ssize_t m = ARRAY(other)->ob_base.ob_size;
    int status = 0;
    if (m > PY_SSIZE_T_MAX - n) {
        error_no_memory();
        status = -1;
    }
    else if (m > 0) {
        status = resize_lock_held(a, n + m);
        if (status == 0) {
            memcpy(item_at(a, n), ARRAY(other)->items, (size_t)m * (size_t)a->kind->itemsize);
        }
    }
    critical_section2_end(&cs);
    return status;
}

static int
append_text(PyObject *self, PyObject *text)
{
    Array *a = ARRAY(self);
    Py_ssize_t m = str_length(text);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    int status = m > 0 ? resize_lock_held(a, n + m) : 0;
    for (Py_ssize_t i = 0; status == 0 && i < m; i++) {
        Py_UCS4 ch = str_read_char(text, i);
        memcpy(item_at(a, n + i), &ch, sizeof ch);
    }
    critical_section_end(&cs);
    return status;
}

static int
append_bytes(PyObject *self, const char *data, Py_ssize_t size)
{
    Array *a = ARRAY(self);
    if (size % a->kind->itemsize != 0) {
        error_set(PyExc_ValueError, "bytes length not a multiple of item size");
        return -1;
    }
    Py_ssize_t m = size / a->kind->itemsize;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    int status = 0;
    if (m > PY_SSIZE_T_MAX - n) {
        error_no_memory();
        status = -1;
    }
    else if (m > 0) {
        status = resize_lock_held(a, n + m);
        if (status == 0) {
            memcpy(item_at(a, n), data, (size_t)size);
        }
    }
    critical_section_end(&cs);
    return status;
}

static bool
is_text_kind(const ArrayKind *kind)
{
    return kind->typecode == 'u' || kind->typecode == 'w';
}

// What array(typecode, initial) does with initial.
static int
fill_from(PyObject *self, PyObject *initial)
{
    const ArrayKind *kind = ARRAY(self)->kind;
    if (str_check(initial)) {
        if (!is_text_kind(kind)) {
            error_format(PyExc_TypeError,
                         "cannot use a str to initialize an array with typecode '%c'",
                         kind->typecode);
            return -1;
        }
        return append_text(self, initial);
    }
    if (array_check(initial) && is_text_kind(ARRAY(initial)->kind) && !is_text_kind(kind)) {
        error_format(PyExc_TypeError,
                     "cannot use a unicode array to initialize an array with typecode '%c'",
                     kind->typecode);
        return -1;
    }
    if (bytes_check(initial) || type_of(initial) == &PyByteArray_Type) {
        Py_buffer view;
        if (buffer_get(initial, &view, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        int status = append_bytes(self, view.buf, view.len);
        buffer_release(&view);
        return status;
    }
    if (array_check(initial) && ARRAY(initial)->kind == kind) {
        return array_extend(self, initial);
    }
    PyObject *items = list_check_exact(initial) || tuple_check_exact(initial)
                          ? new_ref(initial)
                          : object_iter(initial);
    if (items == NULL) {
        return -1;
    }
    PyObject *iterator = object_iter(items);
    decref(items);
    PyObject *item;
    int status = iterator == NULL ? -1 : 0;
    while (status == 0 && (status = iter_next_item(iterator, &item)) > 0) {
        status = array_append_object(self, item);
        decref(item);
    }
    xdecref(iterator);
    return status;
}

static PyObject *
array_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == &array_type || type->tp_init == array_type.tp_init) &&
        !args_no_keywords("array.array", kwargs)) {
        return NULL;
    }
    int typecode;
    PyObject *initial = NULL;
    if (!args_parse(args, "C|O:array", &typecode, &initial)) {
        return NULL;
    }
    const ArrayKind *kind = array_kind_of(typecode);
    if (kind == NULL) {
        return error_set(PyExc_ValueError, "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, "
                                           "Q, f or d)");
    }
    if (typecode == 'u' &&
        error_warn(PyExc_DeprecationWarning, 1,
                   "The 'u' type code is deprecated and will be removed in Python 3.16") < 0) {
        return NULL;
    }
    PyObject *self = array_new(type, 0, kind);
    if (self != NULL && initial != NULL && fill_from(self, initial) < 0) {
        clear_ref(self);
    }
    return self;
}

static void
array_dealloc(PyObject *self)
{
    if (ARRAY(self)->weakrefs != NULL) {
        weakref_clear_all(self);
    }
    mem_free(ARRAY(self)->items);
    type_of(self)->tp_free(self);
}

// ---- Sequence slots ----

static Py_ssize_t
array_length(PyObject *self)
{
    return array_size(self);
}

static PyObject *
array_concat(PyObject *self, PyObject *other)
{
    if (!array_check(other)) {
        return error_format(PyExc_TypeError, "can only append array (not \"%.200s\") to array",
                            type_of(other)->tp_name);
    }
    if (ARRAY(self)->kind != ARRAY(other)->kind) {
        error_bad_argument();
        return NULL;
    }
    PyObject *result = array_slice(self, 0, PY_SSIZE_T_MAX);
    if (result != NULL && array_extend(result, other) < 0) {
        clear_ref(result);
    }
    return result;
}

// Fills the items behind the first n, which are there, up to `total` with copies of those.
static void
repeat_items(Array *a, Py_ssize_t n, Py_ssize_t total)
{
    size_t width = (size_t)a->kind->itemsize;
    for (Py_ssize_t done = n; done < total;) {
        Py_ssize_t more = done < total - done ? done : total - done;
        memcpy(item_at(a, done), a->items, (size_t)more * width);
        done += more;
    }
}

static PyObject *
array_inplace_repeat(PyObject *self, Py_ssize_t count)
{
    Array *a = ARRAY(self);
    int status = 0;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    if (n > 0 && count != 1) {
        count = count < 0 ? 0 : count;
        if (count > 0 && n > PY_SSIZE_T_MAX / a->kind->itemsize / count) {
            error_no_memory();
            status = -1;
        }
        else {
            status = resize_lock_held(a, n * count);
        }
        if (status == 0 && count > 1) {
            repeat_items(a, n, n * count);
        }
    }
    critical_section_end(&cs);
    return status < 0 ? NULL : new_ref(self);
}

static PyObject *
array_repeat(PyObject *self, Py_ssize_t count)
{
    PyObject *copy = array_slice(self, 0, count > 0 ? PY_SSIZE_T_MAX : 0);
    PyObject *result = copy == NULL ? NULL : array_inplace_repeat(copy, count);
    xdecref(copy);
    return result;
}

static PyObject *
array_inplace_concat(PyObject *self, PyObject *other)
{
    if (!array_check(other)) {
        return error_format(PyExc_TypeError, "can only extend with array (not \"%.200s\")",
                            type_of(other)->tp_name);
    }
    return array_extend(self, other) < 0 ? NULL : new_ref(self);
}

static int
array_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    Array *a = ARRAY(self);
    char item[sizeof(double)];
    if (value != NULL && (size_t)i < (size_t)array_size(self) && a->kind->set(item, value) < 0) {
        return -1;
    }
    int status = 0;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if ((size_t)i >= (size_t)a->ob_base.ob_size) {
        error_set(PyExc_IndexError, "array assignment index out of range");
        status = -1;
    }
    else if (value == NULL) {
        status = replace_lock_held(a, i, i + 1, NULL, 0);
    }
    else {
        memcpy(item_at(a, i), item, (size_t)a->kind->itemsize);
    }
    critical_section_end(&cs);
    return status;
}

static int
array_contains(PyObject *self, PyObject *value)
{
    for (Py_ssize_t i = 0;; i++) {
        PyObject *item = item_or_null(self, i);
        if (item == NULL) {
            return error_occurred() ? -1 : 0;
        }
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal != 0) {
            return equal;
        }
    }
}

// ---- Subscripts ----

static PyObject *
array_subscript(PyObject *self, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return array_item(self, i < 0 ? i + array_size(self) : i);
    }
    if (!slice_check(key)) {
        return error_set(PyExc_TypeError, "array indices must be integers");
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Array *a = ARRAY(self);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = slice_adjust_indices(a->ob_base.ob_size, &start, &stop, step);
    PyObject *result = array_new(&array_type, n, a->kind);
    size_t width = (size_t)a->kind->itemsize;
    if (result != NULL && n > 0 && step == 1) {
        memcpy(ARRAY(result)->items, item_at(a, start), (size_t)n * width);
    }
    for (Py_ssize_t i = 0; result != NULL && step != 1 && i < n; i++) {
        memcpy(item_at(ARRAY(result), i), item_at(a, start + i * step), width);
    }
    critical_section_end(&cs);
    return result;
}

// Takes every step-th item out.
static int
delete_stepped_lock_held(Array *a, Py_ssize_t start, Py_ssize_t n, Py_ssize_t step)
{
    if (n == 0) {
        return 0;
    }
    if (atomic_load_relaxed_ssize(&a->exports) > 0) {
        return resize_lock_held(a, a->ob_base.ob_size - n);
    }
    if (step < 0) {
        start += (n - 1) * step;
        step = -step;
    }
    size_t width = (size_t)a->kind->itemsize;
    Py_ssize_t size = a->ob_base.ob_size;
    Py_ssize_t to = start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t at = start + i * step;
        Py_ssize_t next = i + 1 < n ? at + step : size;
        memmove(item_at(a, to), item_at(a, at + 1), (size_t)(next - at - 1) * width);
        to += next - at - 1;
    }
    return resize_lock_held(a, size - n);
}

static int
assign_slice_lock_held(Array *a, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step,
                       const char *items, Py_ssize_t given, bool deleting)
{
    Py_ssize_t n = slice_adjust_indices(a->ob_base.ob_size, &start, &stop, step);
    if (step == 1) {
        return replace_lock_held(a, start, start + n, items, given);
    }
    if (deleting) {
        return delete_stepped_lock_held(a, start, n, step);
    }
    if (n != given) {
        error_format(PyExc_ValueError,
                     "attempt to assign array of size %zd to extended slice of size %zd", given, n);
        return -1;
    }
    size_t width = (size_t)a->kind->itemsize;
    for (Py_ssize_t i = 0; i < n; i++) {
        memcpy(item_at(a, start + i * step), items + (size_t)i * width, width);
    }
    return 0;
}

static int
array_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return -1;
        }
        return array_ass_item(self, i < 0 ? i + array_size(self) : i, value);
    }
    if (!slice_check(key)) {
        error_set(PyExc_TypeError, "array indices must be integers");
        return -1;
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return -1;
    }
    PyObject *source = NULL;
    if (value != NULL) {
        if (!array_check(value)) {
            error_format(PyExc_TypeError, "can only assign array (not \"%.200s\") to array slice",
                         type_of(value)->tp_name);
            return -1;
        }
        if (ARRAY(value)->kind != ARRAY(self)->kind) {
            error_bad_argument();
            return -1;
        }
        // A copy: the items of the source must not move, and it may be the target itself.
        source = array_slice(value, 0, PY_SSIZE_T_MAX);
        if (source == NULL) {
            return -1;
        }
    }
    CriticalSection cs;
    short_section_begin(&cs, self);
    int status = assign_slice_lock_held(ARRAY(self), start, stop, step,
                                        source == NULL ? NULL : ARRAY(source)->items,
                                        source == NULL ? 0 : array_size(source), value == NULL);
    critical_section_end(&cs);
    xdecref(source);
    return status;
}

// ---- Buffers ----

static int
array_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    Array *a = ARRAY(self);
    if (view == NULL) {
        error_set(PyExc_BufferError, "array_buffer_getbuf: view==NULL argument is obsolete");
        return -1;
    }
    CriticalSection cs;
    short_section_begin(&cs, self);
    view->buf = a->items == NULL ? (void *)"" : a->items;
    view->obj = new_ref(self);
    view->len = a->ob_base.ob_size * a->kind->itemsize;
    view->readonly = 0;
    view->ndim = 1;
    view->itemsize = a->kind->itemsize;
    view->suboffsets = NULL;
    view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &((PyVarObject *)self)->ob_size : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : NULL;
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char *)a->kind->format : NULL;
    view->internal = NULL;
    atomic_add_ssize(&a->exports, 1);
    critical_section_end(&cs);
    return 0;
}

static void
array_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    atomic_add_ssize(&ARRAY(self)->exports, -1);
}

// ---- Comparison and text ----

static PyObject *
array_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!array_check(v) || !array_check(w)) {
        return Py_NotImplemented;
    }
    if (array_size(v) != array_size(w) && (op == Py_EQ || op == Py_NE)) {
        return op == Py_NE ? Py_True : Py_False;
    }
    const ArrayKind *kind = ARRAY(v)->kind;
    if (kind == ARRAY(w)->kind && kind->is_integer && (op == Py_EQ || op == Py_NE)) {
        CriticalSection2 cs;
        short_section2_begin(&cs, v, w);
        Py_ssize_t n = ARRAY(v)->ob_base.ob_size;
        bool same = n == ARRAY(w)->ob_base.ob_size &&
                    (n == 0 || memcmp(ARRAY(v)->items, ARRAY(w)->items,
                                      (size_t)n * (size_t)kind->itemsize) == 0);
        critical_section2_end(&cs);
        return same == (op == Py_EQ) ? Py_True : Py_False;
    }
    for (Py_ssize_t i = 0;; i++) {
        PyObject *a = item_or_null(v, i);
        PyObject *b = a == NULL ? NULL : item_or_null(w, i);
        if (b == NULL) {
            xdecref(a);
            if (error_occurred()) {
                return NULL;
            }
            break;
        }
        int equal = object_richcompare_bool(a, b, Py_EQ);
        PyObject *result = NULL;
        if (equal == 0) {
            result = op == Py_EQ   ? Py_False
                     : op == Py_NE ? Py_True
                                   : object_richcompare(a, b, op);
        }
        decref(a);
        decref(b);
        if (equal <= 0) {
            return result;
        }
    }
    Py_ssize_t n = array_size(v);
    Py_ssize_t m = array_size(w);
    bool truth = op == Py_LT   ? n < m
                 : op == Py_LE ? n <= m
                 : op == Py_EQ ? n == m
                 : op == Py_NE ? n != m
                 : op == Py_GT ? n > m
                               : n >= m;
    return truth ? Py_True : Py_False;
}

static PyObject *
array_tounicode(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    if (!is_text_kind(a->kind)) {
        return error_set(PyExc_ValueError, "tounicode() may only be called on unicode type arrays "
                                           "('u' or 'w')");
    }
    PyObject *text = NULL;
    bool valid = true;
    CriticalSection cs;
    short_section_begin(&cs, self);
    for (Py_ssize_t i = 0; valid && i < a->ob_base.ob_size; i++) {
        Py_UCS4 ch;
        memcpy(&ch, item_at(a, i), sizeof ch);
        if (ch > STR_MAX_CHAR) {
            error_format(PyExc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]",
                         (unsigned int)ch);
            valid = false;
        }
    }
    if (valid) {
        text = a->ob_base.ob_size == 0 ? str_empty()
                                       : str_from_kind_and_data(4, a->items, a->ob_base.ob_size);
    }
    critical_section_end(&cs);
    return text;
}

static PyObject *
array_tolist(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    PyObject *list = list_new(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
        PyObject *item = a->kind->get(item_at(a, i));
        if (item == NULL) {
            clear_ref(list);
        }
        else {
            list_set_item_steal(list, i, item);
        }
    }
    critical_section_end(&cs);
    return list;
}

static PyObject *
array_repr(PyObject *self)
{
    const char *name = type_short_name(type_of(self));
    const ArrayKind *kind = ARRAY(self)->kind;
    if (array_size(self) == 0) {
        return str_format("%s('%c')", name, (int)kind->typecode);
    }
    PyObject *items = is_text_kind(kind) ? array_tounicode(self, NULL) : array_tolist(self, NULL);
    if (items == NULL) {
        return NULL;
    }
    PyObject *text = str_format("%s('%c', %R)", name, (int)kind->typecode, items);
    decref(items);
    return text;
}

// ---- Methods ----

static PyObject *
method_append(PyObject *self, PyObject *value)
{
    return array_append_object(self, value) < 0 ? NULL : Py_None;
}

static PyObject *
method_extend(PyObject *self, PyObject *other)
{
    return array_extend(self, other) < 0 ? NULL : Py_None;
}

static PyObject *
method_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t where = number_as_ssize(args[0], PyExc_OverflowError);
    char item[sizeof(double)];
    if ((where == -1 && error_occurred()) || ARRAY(self)->kind->set(item, args[1]) < 0) {
        return NULL;
    }
    return insert_converted(self, where, item) < 0 ? NULL : Py_None;
}

static PyObject *
method_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("pop", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t i = -1;
    if (nargs == 1) {
        i = number_as_ssize(args[0], PyExc_OverflowError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
    }
    Array *a = ARRAY(self);
    PyObject *item = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    Py_ssize_t n = a->ob_base.ob_size;
    i = i < 0 ? i + n : i;
    if (n == 0) {
        error_set(PyExc_IndexError, "pop from empty array");
    }
    else if ((size_t)i >= (size_t)n) {
        error_set(PyExc_IndexError, "pop index out of range");
    }
    else {
        item = a->kind->get(item_at(a, i));
        if (item != NULL && replace_lock_held(a, i, i + 1, NULL, 0) < 0) {
            clear_ref(item);
        }
    }
    critical_section_end(&cs);
    return item;
}

static PyObject *
method_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    CriticalSection cs;
    short_section_begin(&cs, self);
    int status = resize_lock_held(ARRAY(self), 0);
    critical_section_end(&cs);
    return status < 0 ? NULL : Py_None;
}

// Index of the first item in [start, stop) equal to value, -1 when there is none, -2 on error.
static Py_ssize_t
array_find(PyObject *self, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    for (Py_ssize_t i = start; i < stop; i++) {
        PyObject *item = item_or_null(self, i);
        if (item == NULL) {
            return error_occurred() ? -2 : -1;
        }
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal != 0) {
            return equal < 0 ? -2 : i;
        }
    }
    return -1;
}

static PyObject *
method_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!args_check_positional("index", nargs, 1, 3) ||
        (nargs > 1 && slice_eval_index_not_none(args[1], &start) < 0) ||
        (nargs > 2 && slice_eval_index_not_none(args[2], &stop) < 0)) {
        return NULL;
    }
    Py_ssize_t n = array_size(self);
    start = start < 0 ? (start + n < 0 ? 0 : start + n) : start;
    stop = stop < 0 ? stop + n : stop;
    Py_ssize_t i = array_find(self, args[0], start, stop);
    if (i >= 0) {
        return int_from_ssize(i);
    }
    return i == -2 ? NULL : error_set(PyExc_ValueError, "array.index(x): x not in array");
}

static PyObject *
method_count(PyObject *self, PyObject *value)
{
    Py_ssize_t count = 0;
    Py_ssize_t i = -1;
    while ((i = array_find(self, value, i + 1, PY_SSIZE_T_MAX)) >= 0) {
        count++;
    }
    return i == -2 ? NULL : int_from_ssize(count);
}

static PyObject *
method_remove(PyObject *self, PyObject *value)
{
    Py_ssize_t i = array_find(self, value, 0, PY_SSIZE_T_MAX);
    if (i == -1) {
        return error_set(PyExc_ValueError, "array.remove(x): x not in array");
    }
    return i < 0 || array_ass_item(self, i, NULL) < 0 ? NULL : Py_None;
}

static PyObject *
method_reverse(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    size_t width = (size_t)a->kind->itemsize;
    CriticalSection cs;
    short_section_begin(&cs, self);
    for (Py_ssize_t i = 0, k = a->ob_base.ob_size - 1; i < k; i++, k--) {
        char item[sizeof(double)];
        memcpy(item, item_at(a, i), width);
        memcpy(item_at(a, i), item_at(a, k), width);
        memcpy(item_at(a, k), item, width);
    }
    critical_section_end(&cs);
    return Py_None;
}

static PyObject *
method_byteswap(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    int width = a->kind->itemsize;
    CriticalSection cs;
    short_section_begin(&cs, self);
    for (Py_ssize_t i = 0; i < a->ob_base.ob_size; i++) {
        char *p = item_at(a, i);
        for (int low = 0, high = width - 1; low < high; low++, high--) {
            char byte = p[low];
            p[low] = p[high];
            p[high] = byte;
        }
    }
    critical_section_end(&cs);
    return Py_None;
}

static PyObject *
method_buffer_info(PyObject *self, PyObject *unused)
{
    (void)unused;
    CriticalSection cs;
    short_section_begin(&cs, self);
    void *items = ARRAY(self)->items;
    Py_ssize_t n = ARRAY(self)->ob_base.ob_size;
    critical_section_end(&cs);
    PyObject *address = int_from_pointer(items);
    PyObject *length = address == NULL ? NULL : int_from_ssize(n);
    if (length == NULL) {
        xdecref(address);
        return NULL;
    }
    return tuple_pair_steal(address, length);
}

static PyObject *
method_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    return array_slice(self, 0, PY_SSIZE_T_MAX);
}

static PyObject *
method_tobytes(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    PyObject *bytes = NULL;
    CriticalSection cs;
    short_section_begin(&cs, self);
    if (a->ob_base.ob_size > PY_SSIZE_T_MAX / a->kind->itemsize) {
        error_no_memory();
    }
    else {
        bytes = bytes_from_data(a->items == NULL ? "" : a->items,
                                a->ob_base.ob_size * a->kind->itemsize);
    }
    critical_section_end(&cs);
    return bytes;
}

static PyObject *
method_frombytes(PyObject *self, PyObject *data)
{
    Py_buffer view;
    if (buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    int status = -1;
    if (view.itemsize != 1) {
        error_set(PyExc_TypeError, "a bytes-like object is required");
    }
    else {
        status = append_bytes(self, view.buf, view.len);
    }
    buffer_release(&view);
    return status < 0 ? NULL : Py_None;
}

static PyObject *
method_fromlist(PyObject *self, PyObject *list)
{
    if (!list_check(list)) {
        return error_set(PyExc_TypeError, "arg must be list");
    }
    Py_ssize_t n = list_size(list);
    // All or nothing: converted into an array of their own first.
    PyObject *items = array_new(&array_type, 0, ARRAY(self)->kind);
    for (Py_ssize_t i = 0; items != NULL && i < n; i++) {
        PyObject *item = list_get_optional(list, i);
        int status = item == NULL ? 0 : array_append_object(items, item);
        xdecref(item);
        if (status == 0 && list_size(list) != n) {
            error_set(PyExc_RuntimeError, "list changed size during iteration");
            status = -1;
        }
        if (status < 0) {
            clear_ref(items);
        }
    }
    int status = items == NULL ? -1 : array_extend(self, items);
    xdecref(items);
    return status < 0 ? NULL : Py_None;
}

static PyObject *
method_fromunicode(PyObject *self, PyObject *text)
{
    if (!str_check(text)) {
        args_bad_argument("fromunicode", "argument", "str", text);
        return NULL;
    }
    if (!is_text_kind(ARRAY(self)->kind)) {
        return error_set(PyExc_ValueError, "fromunicode() may only be called on unicode type arrays "
                                           "('u' or 'w')");
    }
    return append_text(self, text) < 0 ? NULL : Py_None;
}

static PyObject *
method_fromfile(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("fromfile", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t n = number_as_ssize(args[1], PyExc_OverflowError);
    if (n == -1 && error_occurred()) {
        return NULL;
    }
    int width = ARRAY(self)->kind->itemsize;
    if (n < 0) {
        return error_set(PyExc_ValueError, "negative count");
    }
    if (n > PY_SSIZE_T_MAX / width) {
        return error_no_memory();
    }
    PyObject *data = object_call_method_format(args[0], "read", "n", n * width);
    if (data == NULL) {
        return NULL;
    }
    if (!bytes_check(data)) {
        decref(data);
        return error_set(PyExc_TypeError, "read() didn't return bytes");
    }
    bool short_read = bytes_length(data) != n * width;
    PyObject *result = method_frombytes(self, data);
    decref(data);
    if (result != NULL && short_read) {
        return error_set(PyExc_EOFError, "read() didn't return enough bytes");
    }
    return result;
}

#define FILE_BLOCK (64 * 1024)

static PyObject *
method_tofile(PyObject *self, PyObject *file)
{
    PyObject *bytes = method_tobytes(self, NULL);
    if (bytes == NULL) {
        return NULL;
    }
    Py_ssize_t size = bytes_length(bytes);
    for (Py_ssize_t at = 0; at < size; at += FILE_BLOCK) {
        Py_ssize_t n = size - at < FILE_BLOCK ? size - at : FILE_BLOCK;
        PyObject *block = bytes_from_data(bytes_data(bytes) + at, n);
        PyObject *written =
            block == NULL ? NULL : object_call_method_onearg(file, ID(write), block);
        xdecref(block);
        if (written == NULL) {
            decref(bytes);
            return NULL;
        }
        decref(written);
    }
    decref(bytes);
    return Py_None;
}

static PyObject *
method_sizeof(PyObject *self, PyObject *unused)
{
    (void)unused;
    Array *a = ARRAY(self);
    return int_from_ssize(type_of(self)->tp_basicsize + a->allocated * a->kind->itemsize);
}

static PyMethodDef array_methods[] = {
    {"append", method_append, METH_O,
     "append($self, v, /)\n--\n\nAppend new value v to the end of the array."},
    {"buffer_info", method_buffer_info, METH_NOARGS,
     "buffer_info($self, /)\n--\n\n"
     "Return a tuple (address, length) giving the current memory address and the length in items "
     "of the buffer used to hold array's contents.\n\n"
     "The length should be multiplied by the itemsize attribute to calculate\n"
     "the buffer length in bytes."},
    {"byteswap", method_byteswap, METH_NOARGS,
     "byteswap($self, /)\n--\n\nByteswap all items of the array.\n\n"
     "If the items in the array are not 1, 2, 4, or 8 bytes in size, RuntimeError is\nraised."},
    {"clear", method_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from the array."},
    {"__copy__", method_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nReturn a copy of the array."},
    {"count", method_count, METH_O,
     "count($self, v, /)\n--\n\nReturn number of occurrences of v in the array."},
    {"__deepcopy__", method_copy, METH_O,
     "__deepcopy__($self, unused, /)\n--\n\nReturn a copy of the array."},
    {"extend", method_extend, METH_O,
     "extend($self, bb, /)\n--\n\nAppend items to the end of the array."},
    {"fromfile", FASTCALL(method_fromfile), METH_FASTCALL,
     "fromfile($self, f, n, /)\n--\n\n"
     "Read n objects from the file object f and append them to the end of the array."},
    {"fromlist", method_fromlist, METH_O,
     "fromlist($self, list, /)\n--\n\nAppend items to array from list."},
    {"frombytes", method_frombytes, METH_O,
     "frombytes($self, buffer, /)\n--\n\n"
     "Appends items from the string, interpreting it as an array of machine values, as if it had "
     "been read from a file using the fromfile() method."},
    {"fromunicode", method_fromunicode, METH_O,
     "fromunicode($self, ustr, /)\n--\n\nExtends this array with data from the unicode string "
     "ustr.\n\nThe array must be a unicode type array; otherwise a ValueError is raised.\n"
     "Use array.frombytes(ustr.encode(...)) to append Unicode data to an array of\n"
     "some other type."},
    {"index", FASTCALL(method_index), METH_FASTCALL,
     "index($self, v, start=0, stop=sys.maxsize, /)\n--\n\n"
     "Return index of first occurrence of v in the array.\n\n"
     "Raise ValueError if the value is not present."},
    {"insert", FASTCALL(method_insert), METH_FASTCALL,
     "insert($self, i, v, /)\n--\n\nInsert a new item v into the array before position i."},
    {"pop", FASTCALL(method_pop), METH_FASTCALL,
     "pop($self, i=-1, /)\n--\n\nReturn the i-th element and delete it from the array.\n\n"
     "i defaults to -1."},
    {"__reduce_ex__", array_reduce_ex, METH_O,
     "__reduce_ex__($self, value, /)\n--\n\nReturn state information for pickling."},
    {"remove", method_remove, METH_O,
     "remove($self, v, /)\n--\n\nRemove the first occurrence of v in the array."},
    {"reverse", method_reverse, METH_NOARGS,
     "reverse($self, /)\n--\n\nReverse the order of the items in the array."},
    {"tofile", method_tofile, METH_O,
     "tofile($self, f, /)\n--\n\nWrite all items (as machine values) to the file object f."},
    {"tolist", array_tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nConvert array to an ordinary list with the same items."},
    {"tobytes", method_tobytes, METH_NOARGS,
     "tobytes($self, /)\n--\n\n"
     "Convert the array to an array of machine values and return the bytes representation."},
    {"tounicode", array_tounicode, METH_NOARGS,
     "tounicode($self, /)\n--\n\nExtends this array with data from the unicode string ustr.\n\n"
     "Convert the array to a unicode string.  The array must be a unicode type array;\n"
     "otherwise a ValueError is raised.  Use array.tobytes().decode() to obtain a\n"
     "unicode string from an array of some other type."},
    {"__sizeof__", method_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nSize of the array in memory, in bytes."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyObject *
get_typecode(PyObject *self, void *closure)
{
    (void)closure;
    return str_from_char((Py_UCS4)ARRAY(self)->kind->typecode);
}

static PyObject *
get_itemsize(PyObject *self, void *closure)
{
    (void)closure;
    return int_from_ssize(ARRAY(self)->kind->itemsize);
}

static PyGetSetDef array_getset[] = {
    {"typecode", get_typecode, NULL, "the typecode character used to create the array", NULL},
    {"itemsize", get_itemsize, NULL, "the size, in bytes, of one array item", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- Iterator ----

typedef struct ArrayIter {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: relaxed
    PyObject *array;        // atomic: owned, NULL at the end
} ArrayIter;

NATIVE_LIFETIME(array_iter, ArrayIter, 1, array)

static PyObject *
array_iter(PyObject *self)
{
    ArrayIter *it = (ArrayIter *)heap_new_object(&array_iter_type, sizeof(ArrayIter));
    if (it != NULL) {
        it->index = 0;
        it->array = new_ref(self);
        gc_track(it);
    }
    return (PyObject *)it;
}

static PyObject *
array_iter_next(PyObject *self)
{
    ArrayIter *it = (ArrayIter *)self;
    PyObject *array = iterator_hold(&it->array);
    if (array == NULL) {
        return NULL;
    }
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    PyObject *item = item_or_null(array, index);
    decref(array);
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->index, index + 1);
    }
    else if (!error_occurred()) {
        iterator_finish(it, &it->array);
    }
    return item;
}

static PyObject *
array_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    ArrayIter *it = (ArrayIter *)self;
    PyObject *builtin = iterator_builtin(ID(iter));
    if (builtin == NULL) {
        return NULL;
    }
    PyObject *array = iterator_hold(&it->array);
    PyObject *result = array == NULL ? value_build("N(())", builtin)
                                     : value_build("N(O)n", builtin, array, it->index);
    xdecref(array);
    return result;
}

static PyObject *
array_iter_setstate(PyObject *self, PyObject *state)
{
    ArrayIter *it = (ArrayIter *)self;
    Py_ssize_t index = number_as_ssize(state, PyExc_OverflowError);
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *array = iterator_hold(&it->array);
    if (array != NULL) {
        Py_ssize_t n = array_size(array);
        atomic_store_relaxed_ssize(&it->index, index < 0 ? 0 : index > n ? n : index);
        decref(array);
    }
    return Py_None;
}

static PyMethodDef array_iter_methods[] = {
    {"__reduce__", array_iter_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nReturn state information for pickling."},
    {"__setstate__", array_iter_setstate, METH_O,
     "__setstate__($self, state, /)\n--\n\nSet state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject array_iter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "array.arrayiterator",
    .tp_basicsize = sizeof(ArrayIter),
    .tp_dealloc = array_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_traverse = array_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = array_iter_next,
    .tp_methods = array_iter_methods,
    .tp_free = heap_free,
};

// ---- The type and the module ----

static PySequenceMethods array_as_sequence = {
    .sq_length = array_length,
    .sq_concat = array_concat,
    .sq_repeat = array_repeat,
    .sq_item = array_item,
    .sq_ass_item = array_ass_item,
    .sq_contains = array_contains,
    .sq_inplace_concat = array_inplace_concat,
    .sq_inplace_repeat = array_inplace_repeat,
};

static PyMappingMethods array_as_mapping = {
    .mp_length = array_length,
    .mp_subscript = array_subscript,
    .mp_ass_subscript = array_ass_subscript,
};

static PyBufferProcs array_as_buffer = {
    .bf_getbuffer = array_getbuffer,
    .bf_releasebuffer = array_releasebuffer,
};

PyTypeObject array_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "array.array",
    .tp_basicsize = sizeof(Array),
    .tp_dealloc = array_dealloc,
    .tp_repr = array_repr,
    .tp_as_sequence = &array_as_sequence,
    .tp_as_mapping = &array_as_mapping,
    .tp_as_buffer = &array_as_buffer,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE |
                Py_TPFLAGS_SEQUENCE,
    .tp_doc = "array(typecode [, initializer]) -> array\n\n"
              "Return a new array whose items are restricted by typecode, and\n"
              "initialized from the optional initializer value, which must be a list,\n"
              "string or iterable over elements of the appropriate type.\n\n"
              "Arrays represent basic values and behave very much like lists, except\n"
              "the type of objects stored in them is constrained. The type is specified\n"
              "at object creation time by using a type code, which is a single character.\n"
              "The following type codes are defined:\n\n"
              "    Type code   C Type             Minimum size in bytes\n"
              "    'b'         signed integer     1\n"
              "    'B'         unsigned integer   1\n"
              "    'u'         Unicode character  2\n"
              "    'h'         signed integer     2\n"
              "    'H'         unsigned integer   2\n"
              "    'i'         signed integer     2\n"
              "    'I'         unsigned integer   2\n"
              "    'l'         signed integer     4\n"
              "    'L'         unsigned integer   4\n"
              "    'q'         signed integer     8\n"
              "    'Q'         unsigned integer   8\n"
              "    'f'         floating-point     4\n"
              "    'd'         floating-point     8\n",
    .tp_richcompare = array_richcompare,
    .tp_weaklistoffset = offsetof(Array, weakrefs),
    .tp_iter = array_iter,
    .tp_methods = array_methods,
    .tp_getset = array_getset,
    .tp_alloc = type_alloc,
    .tp_new = array_tp_new,
    .tp_free = heap_free,
};

static PyMethodDef array_functions[] = {
    {"_array_reconstructor", FASTCALL(array_reconstructor), METH_FASTCALL,
     "_array_reconstructor($module, arraytype, typecode, mformat_code, items,\n"
     "                     /)\n--\n\nInternal. Used for pickling support."},
    {NULL, NULL, 0, NULL},
};

// isinstance(array, MutableSequence)
static int
register_sequence(void)
{
    PyObject *abc = hooks.import_module("collections.abc");
    PyObject *sequence = abc == NULL ? NULL : object_getattr_cstr(abc, "MutableSequence");
    PyObject *result = NULL;
    if (sequence != NULL) {
        result = object_call_method_format(sequence, "register", "O", &array_type);
    }
    xdecref(result);
    xdecref(sequence);
    xdecref(abc);
    return result == NULL ? -1 : 0;
}

static int
array_exec(PyObject *module)
{
    if (type_ready(&array_iter_type) < 0 || module_add_type(module, &array_type) < 0 ||
        module_add(module, "ArrayType", (PyObject *)&array_type) < 0 || register_sequence() < 0) {
        return -1;
    }
    char typecodes[32];
    int n = 0;
    for (const ArrayKind *kind = array_kinds; kind->typecode != 0; kind++) {
        typecodes[n++] = kind->typecode;
    }
    typecodes[n] = '\0';
    return module_add_cstr(module, "typecodes", typecodes);
}

static PyModuleDef_Slot array_slots[] = {
    {Py_mod_exec, array_exec},
    {0, NULL},
};

static PyModuleDef array_module = {
    .m_name = "array",
    .m_doc = "This module defines an object type which can efficiently represent\n"
             "an array of basic values: characters, integers, floating-point\n"
             "numbers.  Arrays are sequence types and behave very much like lists,\n"
             "except that the type of objects stored in them is constrained.\n",
    .m_methods = array_functions,
    .m_slots = array_slots,
};

NATIVE_MODULE(array, &array_module)
