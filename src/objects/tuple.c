// The tuple type.
//
// Owns PyTuple_Type, its iterator and the empty tuple.
//
// Threading: a tuple is immutable once others see it. Its hash is computed by whoever needs it
// first; several threads compute the same number.
#include "objects/tuple.h"

#include <stdarg.h>
#include <string.h>

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/list_internal.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/order.h"
#include "objects/seqiter.h"
#include "objects/slice.h"
#include "objects/str_writer.h"
#include "objects/type.h"

#define TUPLE(op) ((PyTupleObject *)(op))
#define TUPLE_BASE_SIZE offsetof(PyTupleObject, ob_item)
#define TUPLE_MAX ((Py_ssize_t)((PY_SSIZE_T_MAX - TUPLE_BASE_SIZE) / sizeof(PyObject *)))

// ---- Making and ending ----

static PyTupleObject empty_tuple = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyTuple_Type}, 0},
    .ob_hash = -1,
};

PyObject *
tuple_empty(void)
{
    return (PyObject *)&empty_tuple;
}

// n > 0; items are not initialised, the collector does not know of it.
static PyObject *
tuple_alloc(Py_ssize_t n)
{
    if (n > TUPLE_MAX) {
        return error_no_memory();
    }
    size_t size = TUPLE_BASE_SIZE + (size_t)n * sizeof(PyObject *);
    PyTupleObject *op = (PyTupleObject *)heap_new_object(&PyTuple_Type, size);
    if (op != NULL) {
        op->ob_base.ob_size = n;
        op->ob_hash = -1;
    }
    return (PyObject *)op;
}

PyObject *
tuple_new(Py_ssize_t n)
{
    if (n <= 0) {
        return n == 0 ? tuple_empty() : error_bad_internal_call();
    }
    PyObject *op = tuple_alloc(n);
    if (op != NULL) {
        memset(tuple_items(op), 0, (size_t)n * sizeof(PyObject *));
        gc_track(op);
    }
    return op;
}

void
tuple_track(PyObject *op)
{
    Py_ssize_t n = tuple_size(op);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = tuple_items(op)[i];
        if ((type_of(item)->tp_flags & Py_TPFLAGS_HAVE_GC) != 0 &&
            (type_of(item) != &PyTuple_Type || gc_is_tracked(item))) {
            gc_track(op);
            return;
        }
    }
}

PyObject *
tuple_from_array(PyObject *const *items, Py_ssize_t n)
{
    if (n == 0) {
        return tuple_empty();
    }
    PyObject *op = tuple_alloc(n);
    if (op != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            tuple_items(op)[i] = new_ref(items[i]);
        }
        tuple_track(op);
    }
    return op;
}

PyObject *
tuple_from_array_steal(PyObject *const *items, Py_ssize_t n)
{
    if (n == 0) {
        return tuple_empty();
    }
    PyObject *op = tuple_alloc(n);
    if (op == NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            decref(items[i]);
        }
        return NULL;
    }
    memcpy(tuple_items(op), items, (size_t)n * sizeof(PyObject *));
    tuple_track(op);
    return op;
}

PyObject *
tuple_from_values_steal(const Value *values, Py_ssize_t n)
{
    if (n == 0) {
        return tuple_empty();
    }
    PyObject *op = tuple_alloc(n);
    Py_ssize_t i = 0;
    for (; op != NULL && i < n; i++) {
        PyObject *item = value_box_steal(values[i]);
        tuple_items(op)[i] = item;
        if (item == NULL) {
            memset(tuple_items(op) + i, 0, (size_t)(n - i) * sizeof(PyObject *));
            clear_ref(op);
        }
    }
    for (; i < n; i++) {
        value_drop(values[i]);
    }
    if (op != NULL) {
        tuple_track(op);
    }
    return op;
}

PyObject *
tuple_pack(Py_ssize_t n, ...)
{
    if (n == 0) {
        return tuple_empty();
    }
    PyObject *op = tuple_alloc(n);
    if (op == NULL) {
        return NULL;
    }
    va_list items;
    va_start(items, n);
    for (Py_ssize_t i = 0; i < n; i++) {
        tuple_items(op)[i] = new_ref(va_arg(items, PyObject *));
    }
    va_end(items);
    tuple_track(op);
    return op;
}

PyObject *
tuple_pair_steal(PyObject *a, PyObject *b)
{
    PyObject *op = a != NULL && b != NULL ? tuple_alloc(2) : NULL;
    if (op == NULL) {
        xdecref(a);
        xdecref(b);
        return NULL;
    }
    tuple_items(op)[0] = a;
    tuple_items(op)[1] = b;
    tuple_track(op);
    return op;
}

PyObject *
tuple_pair_reuse_steal(PyObject **last, PyObject *a, PyObject *b)
{
    PyObject *op = iterator_reuse(*last);
    if (op != NULL) {
        PyObject *old_a = tuple_items(op)[0];
        PyObject *old_b = tuple_items(op)[1];
        tuple_items(op)[0] = a;
        tuple_items(op)[1] = b;
        TUPLE(op)->ob_hash = -1;
        tuple_track(op);
        decref(old_a);
        decref(old_b);
        return op;
    }
    op = tuple_pair_steal(a, b);
    if (op != NULL && *last == NULL && runtime_is_single_threaded()) {
        *last = new_ref(op);
    }
    return op;
}

PyObject *
tuple_pair(PyObject *a, PyObject *b)
{
    return tuple_pair_steal(new_ref(a), new_ref(b));
}

PyObject *
tuple_from_iterable(PyObject *iterable)
{
    if (tuple_check_exact(iterable)) {
        return new_ref(iterable);
    }
    if (list_check_exact(iterable)) {
        return list_as_tuple(iterable);
    }
    PyObject *list = list_from_iterable(iterable);
    if (list == NULL) {
        return NULL;
    }
    // The list is our own: its references move over.
    Py_ssize_t n = list_size(list);
    PyObject *op = n == 0 ? tuple_empty() : tuple_alloc(n);
    if (op != NULL && n > 0) {
        memcpy(tuple_items(op), LIST(list)->ob_item, (size_t)n * sizeof(PyObject *));
        LIST(list)->ob_base.ob_size = 0;
        tuple_track(op);
    }
    decref(list);
    return op;
}

int
tuple_resize(PyObject **op, Py_ssize_t n)
{
    PyObject *old = *op;
    Py_ssize_t size = tuple_size(old);
    if (size == n) {
        return 0;
    }
    PyObject *resized = tuple_new(n);
    if (resized != NULL) {
        Py_ssize_t kept = size < n ? size : n;
        for (Py_ssize_t i = 0; i < kept; i++) {
            tuple_items(resized)[i] = tuple_items(old)[i];
            tuple_items(old)[i] = NULL;
        }
    }
    *op = resized;
    decref(old);
    return resized == NULL ? -1 : 0;
}

static PyObject *
tuple_new_of_type(PyTypeObject *type, PyObject *iterable)
{
    PyObject *items = iterable == NULL ? tuple_empty() : tuple_from_iterable(iterable);
    if (items == NULL || type == &PyTuple_Type) {
        return items;
    }
    Py_ssize_t n = tuple_size(items);
    PyObject *op = type->tp_alloc(type, n);
    if (op != NULL) {
        TUPLE(op)->ob_hash = -1;
        for (Py_ssize_t i = 0; i < n; i++) {
            tuple_items(op)[i] = new_ref(tuple_item(items, i));
        }
    }
    decref(items);
    return op;
}

static PyObject *
tuple_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == &PyTuple_Type || type->tp_init == PyTuple_Type.tp_init) &&
        !args_no_keywords("tuple", kwargs)) {
        return NULL;
    }
    if (!args_check_positional("tuple", tuple_size(args), 0, 1)) {
        return NULL;
    }
    return tuple_new_of_type(type, tuple_size(args) == 1 ? tuple_item(args, 0) : NULL);
}

static PyObject *
tuple_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (!args_no_kwnames("tuple", kwnames) || !args_check_positional("tuple", nargs, 0, 1)) {
        return NULL;
    }
    return tuple_new_of_type((PyTypeObject *)type, nargs == 1 ? args[0] : NULL);
}

static void
tuple_dealloc(PyObject *op)
{
    gc_untrack(op);
    for (Py_ssize_t i = tuple_size(op); --i >= 0;) {
        xdecref(tuple_items(op)[i]);
    }
    type_of(op)->tp_free(op);
}

static int
tuple_traverse(PyObject *op, visitproc visit, void *arg)
{
    for (Py_ssize_t i = tuple_size(op); --i >= 0;) {
        PyObject *item = tuple_items(op)[i];
        if (item != NULL) {
            int status = visit(item, arg);
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}

// ---- Reading ----

static Py_ssize_t
tuple_sq_length(PyObject *op)
{
    return tuple_size(op);
}

PyObject *
tuple_get(PyObject *op, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)tuple_size(op)) {
        return error_set(PyExc_IndexError, "tuple index out of range");
    }
    return new_ref(tuple_item(op, i));
}

PyObject *
tuple_slice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    Py_ssize_t n = tuple_size(op);
    low = low < 0 ? 0 : low > n ? n : low;
    high = high < low ? low : high > n ? n : high;
    if (low == 0 && high == n && tuple_check_exact(op)) {
        return new_ref(op);
    }
    return tuple_from_array(tuple_items(op) + low, high - low);
}

static PyObject *
tuple_subscript_slice(PyObject *op, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (slice_unpack(slice, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = slice_adjust_indices(tuple_size(op), &start, &stop, step);
    if (step == 1) {
        return tuple_slice(op, start, start + n);
    }
    PyObject *result = tuple_new(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        tuple_items(result)[i] = new_ref(tuple_item(op, start + i * step));
    }
    return result;
}

static PyObject *
tuple_subscript(PyObject *op, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return tuple_get(op, i < 0 ? i + tuple_size(op) : i);
    }
    if (slice_check(key)) {
        return tuple_subscript_slice(op, key);
    }
    return error_format(PyExc_TypeError, "tuple indices must be integers or slices, not %.200s",
                        type_of(key)->tp_name);
}

PyObject *
tuple_concat(PyObject *a, PyObject *b)
{
    if (tuple_size(a) == 0 && tuple_check_exact(b)) {
        return new_ref(b);
    }
    if (!tuple_check(b)) {
        return error_format(PyExc_TypeError,
                            "can only concatenate tuple (not \"%.200s\") to tuple",
                            type_of(b)->tp_name);
    }
    Py_ssize_t n = tuple_size(a);
    Py_ssize_t m = tuple_size(b);
    if (m == 0 && tuple_check_exact(a)) {
        return new_ref(a);
    }
    if (n + m == 0) {
        return tuple_empty();
    }
    if (n > TUPLE_MAX - m) {
        return error_no_memory();
    }
    PyObject *result = tuple_alloc(n + m);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        tuple_items(result)[i] = new_ref(tuple_item(a, i));
    }
    for (Py_ssize_t i = 0; i < m; i++) {
        tuple_items(result)[n + i] = new_ref(tuple_item(b, i));
    }
    gc_track(result);
    return result;
}

static PyObject *
tuple_repeat(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = tuple_size(op);
    if ((n == 0 || count == 1) && tuple_check_exact(op)) {
        return new_ref(op);
    }
    if (n == 0 || count <= 0) {
        return tuple_empty();
    }
    if (count > TUPLE_MAX / n) {
        return error_no_memory();
    }
    PyObject *result = tuple_alloc(n * count);
    if (result == NULL) {
        return NULL;
    }
    PyObject **to = tuple_items(result);
    for (Py_ssize_t i = 0; i < n * count; i++) {
        to[i] = new_ref(tuple_item(op, i % n));
    }
    gc_track(result);
    return result;
}

static int
tuple_contains(PyObject *op, PyObject *value)
{
    for (Py_ssize_t i = 0; i < tuple_size(op); i++) {
        int equal = object_richcompare_bool(tuple_item(op, i), value, Py_EQ);
        if (equal != 0) {
            return equal;
        }
    }
    return 0;
}

// ---- Hash, comparison, text ----

#define XX_PRIME_1 11400714785074694791u
#define XX_PRIME_2 14029467366897019727u
#define XX_PRIME_5 2870177450012600261u

// xxHash with each item's hash as a lane: the numbers are those that CPython's tuples have.
static inline Py_uhash_t
hash_lane(Py_uhash_t state, Py_uhash_t lane)
{
    state += lane * XX_PRIME_2;
    state = state << 31 | state >> 33;
    return state * XX_PRIME_1;
}

static inline Py_hash_t
hash_finish(Py_uhash_t state, Py_ssize_t n)
{
    state += (Py_uhash_t)n ^ (XX_PRIME_5 ^ 3527539u);
    return state == (Py_uhash_t)-1 ? 1546275796 : (Py_hash_t)state;
}

Py_hash_t
tuple_hash_combine(const Py_hash_t *hashes, Py_ssize_t n)
{
    Py_uhash_t state = XX_PRIME_5;
    for (Py_ssize_t i = 0; i < n; i++) {
        state = hash_lane(state, (Py_uhash_t)hashes[i]);
    }
    return hash_finish(state, n);
}

static Py_hash_t
tuple_hash(PyObject *op)
{
    Py_hash_t cached = atomic_load_relaxed_ssize(&TUPLE(op)->ob_hash);
    if (cached != -1) {
        return cached;
    }
    Py_uhash_t state = XX_PRIME_5;
    Py_ssize_t n = tuple_size(op);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_hash_t lane = object_hash(tuple_item(op, i));
        if (lane == -1) {
            return -1;
        }
        state = hash_lane(state, (Py_uhash_t)lane);
    }
    cached = hash_finish(state, n);
    atomic_store_relaxed_ssize(&TUPLE(op)->ob_hash, cached);
    return cached;
}

static PyObject *
tuple_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!tuple_check(v) || !tuple_check(w)) {
        return Py_NotImplemented;
    }
    Py_ssize_t n = tuple_size(v);
    Py_ssize_t m = tuple_size(w);
    Py_ssize_t i = 0;
    for (; i < n && i < m; i++) {
        int equal = object_equal_quick(tuple_item(v, i), tuple_item(w, i));
        if (equal < 0) {
            equal = object_richcompare_bool(tuple_item(v, i), tuple_item(w, i), Py_EQ);
        }
        if (equal < 0) {
            return NULL;
        }
        if (!equal) {
            break;
        }
    }
    if (i < n && i < m) {
        if (op == Py_EQ || op == Py_NE) {
            return op == Py_NE ? Py_True : Py_False;
        }
        return object_richcompare(tuple_item(v, i), tuple_item(w, i), op);
    }
    bool result = op == Py_LT   ? n < m
                  : op == Py_LE ? n <= m
                  : op == Py_EQ ? n == m
                  : op == Py_NE ? n != m
                  : op == Py_GT ? n > m
                                : n >= m;
    return result ? Py_True : Py_False;
}

static PyObject *
tuple_repr(PyObject *op)
{
    Py_ssize_t n = tuple_size(op);
    if (n == 0) {
        return str_from_cstr("()");
    }
    int entered = object_repr_enter(op);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("(...)") : NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    int status = str_writer_char(&w, '(');
    for (Py_ssize_t i = 0; status == 0 && i < n; i++) {
        if (i > 0) {
            status = str_writer_ascii(&w, ", ", 2);
        }
        if (status == 0) {
            status = str_writer_repr(&w, tuple_item(op, i));
        }
    }
    object_repr_leave(op);
    if (status < 0 || str_writer_ascii(&w, n == 1 ? ",)" : ")", n == 1 ? 2 : 1) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// ---- Methods ----

static PyObject *
tuple_method_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!args_check_positional("index", nargs, 1, 3) ||
        (nargs > 1 && slice_eval_index_not_none(args[1], &start) < 0) ||
        (nargs > 2 && slice_eval_index_not_none(args[2], &stop) < 0)) {
        return NULL;
    }
    Py_ssize_t n = tuple_size(op);
    if (start < 0) {
        start = start + n < 0 ? 0 : start + n;
    }
    if (stop < 0) {
        stop += n;
    }
    for (Py_ssize_t i = start; i < (stop < n ? stop : n); i++) {
        int equal = object_richcompare_bool(tuple_item(op, i), args[0], Py_EQ);
        if (equal != 0) {
            return equal < 0 ? NULL : int_from_ssize(i);
        }
    }
    return error_set(PyExc_ValueError, "tuple.index(x): x not in tuple");
}

static PyObject *
tuple_method_count(PyObject *op, PyObject *value)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < tuple_size(op); i++) {
        int equal = object_richcompare_bool(tuple_item(op, i), value, Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        count += equal;
    }
    return int_from_ssize(count);
}

static PyObject *
tuple_method_getnewargs(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *copy = tuple_from_array(tuple_items(op), tuple_size(op));
    PyObject *result = copy == NULL ? NULL : tuple_pack(1, copy);
    xdecref(copy);
    return result;
}

static PyMethodDef tuple_methods[] = {
    {"__getnewargs__", tuple_method_getnewargs, METH_NOARGS, "__getnewargs__($self, /)\n--\n\n"},
    {"index", (PyCFunction)(void (*)(void))tuple_method_index, METH_FASTCALL,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\nReturn first index of value.\n\n"
     "Raises ValueError if the value is not present."},
    {"count", tuple_method_count, METH_O,
     "count($self, value, /)\n--\n\nReturn number of occurrences of value."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods tuple_as_sequence = {
    .sq_length = tuple_sq_length,
    .sq_concat = tuple_concat,
    .sq_repeat = tuple_repeat,
    .sq_item = tuple_get,
    .sq_contains = tuple_contains,
};

static PyMappingMethods tuple_as_mapping = {
    .mp_length = tuple_sq_length,
    .mp_subscript = tuple_subscript,
};

// ---- Iterator ----

static PyObject *
tuple_iter(PyObject *op)
{
    TupleIter *it = (TupleIter *)heap_new_object(&PyTupleIter_Type, sizeof(TupleIter));
    if (it == NULL) {
        return NULL;
    }
    it->tuple = new_ref(op);
    it->pos = 0;
    gc_track(it);
    return (PyObject *)it;
}

static void
tuple_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((TupleIter *)self)->tuple);
    heap_free(self);
}

static int
tuple_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *tuple = ((TupleIter *)self)->tuple;
    return tuple == NULL ? 0 : visit(tuple, arg);
}

// The tuple is kept by the iterator until a grace period after its end has passed, so that its items can
// be read without a reference to it.
static PyObject *
tuple_iter_next(PyObject *self)
{
    TupleIter *it = (TupleIter *)self;
    PyObject *op = atomic_load_acquire_ptr(&it->tuple);
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    if (pos < tuple_size(op)) {
        atomic_store_relaxed_ssize(&it->pos, pos + 1);
        return new_ref(tuple_item(op, pos));
    }
    iterator_finish(it, &it->tuple);
    return NULL;
}

Value
tuple_iter_next_value(PyObject *self)
{
    TupleIter *it = (TupleIter *)self;
    PyObject *op = atomic_load_acquire_ptr(&it->tuple);
    if (op == NULL) {
        return VALUE_UNSET;
    }
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    if (pos < tuple_size(op)) {
        atomic_store_relaxed_ssize(&it->pos, pos + 1);
        return list_open_item(tuple_item(op, pos));
    }
    iterator_finish(it, &it->tuple);
    return VALUE_UNSET;
}

static PyObject *
tuple_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    TupleIter *it = (TupleIter *)self;
    PyObject *op = iterator_hold(&it->tuple);
    Py_ssize_t left = op == NULL ? 0 : tuple_size(op) - atomic_load_relaxed_ssize(&it->pos);
    xdecref(op);
    return int_from_ssize(left);
}

static PyObject *
tuple_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    TupleIter *it = (TupleIter *)self;
    PyObject *builtin = iterator_builtin(ID(iter));
    PyObject *op = builtin == NULL ? NULL : iterator_hold(&it->tuple);
    bool over = op == NULL;
    PyObject *args = builtin == NULL ? NULL : tuple_pack(1, over ? tuple_empty() : op);
    PyObject *pos = args == NULL || over ? NULL : int_from_ssize(it->pos);
    PyObject *result = NULL;
    if (args != NULL && over) {
        result = tuple_pack(2, builtin, args);
    }
    else if (pos != NULL) {
        result = tuple_pack(3, builtin, args, pos);
    }
    xdecref(pos);
    xdecref(args);
    xdecref(op);
    xdecref(builtin);
    return result;
}

static PyObject *
tuple_iter_setstate(PyObject *self, PyObject *state)
{
    TupleIter *it = (TupleIter *)self;
    Py_ssize_t pos = number_as_ssize(state, PyExc_OverflowError);
    if (pos == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *op = iterator_hold(&it->tuple);
    if (op != NULL) {
        Py_ssize_t n = tuple_size(op);
        atomic_store_relaxed_ssize(&it->pos, pos < 0 ? 0 : pos > n ? n : pos);
        decref(op);
    }
    return Py_None;
}

static PyMethodDef tuple_iter_methods[] = {
    {"__length_hint__", tuple_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", tuple_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", tuple_iter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyTupleIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "tuple_iterator",
    .tp_basicsize = sizeof(TupleIter),
    .tp_dealloc = tuple_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = tuple_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = tuple_iter_next,
    .tp_methods = tuple_iter_methods,
    .tp_free = heap_free,
};

PyTypeObject PyTuple_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "tuple",
    .tp_basicsize = TUPLE_BASE_SIZE,
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = tuple_dealloc,
    .tp_repr = tuple_repr,
    .tp_as_sequence = &tuple_as_sequence,
    .tp_as_mapping = &tuple_as_mapping,
    .tp_hash = tuple_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_TUPLE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "tuple(iterable=(), /)\n--\n\nBuilt-in immutable sequence.\n\n"
              "If no argument is given, the constructor returns an empty tuple.\n"
              "If iterable is specified the tuple is initialized from iterable's items.\n\n"
              "If the argument is a tuple, the return value is the same object.",
    .tp_traverse = tuple_traverse,
    .tp_richcompare = tuple_richcompare,
    .tp_iter = tuple_iter,
    .tp_methods = tuple_methods,
    .tp_alloc = type_alloc,
    .tp_new = tuple_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = tuple_vectorcall,
};
