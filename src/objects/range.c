// range, and its iterators over machine words and over big ints.
//
// Invariant: start, stop, step and length are exact ints; step is not 0; length >= 0.
//
// Threading: ranges are immutable. Threads that share an iterator may get a number twice.
#include "objects/range.h"

#include "base/atomic.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/sequence.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define RANGE(op) ((RangeObject *)(op))

// ---- Length ----

// Number of items when it can be counted in 64 bits: true.
static bool
count_i64(int64_t start, int64_t stop, int64_t step, int64_t *length)
{
    uint64_t span, stride;
    if (step > 0) {
        if (start >= stop) {
            *length = 0;
            return true;
        }
        span = (uint64_t)stop - (uint64_t)start;
        stride = (uint64_t)step;
    }
    else {
        if (start <= stop) {
            *length = 0;
            return true;
        }
        span = (uint64_t)start - (uint64_t)stop;
        stride = 0 - (uint64_t)step;
    }
    uint64_t n = (span - 1) / stride + 1;
    *length = (int64_t)n;
    return n <= INT64_MAX;
}

// The same with ints of any size.
static PyObject *
count_ints(PyObject *start, PyObject *stop, PyObject *step)
{
    PyObject *low = start, *high = stop;
    PyObject *stride = NULL, *span = NULL, *result = NULL;
    PyObject *one = int_from_i64(1);
    if (one == NULL) {
        return NULL;
    }
    if (int_sign(step) < 0) {
        low = stop;
        high = start;
        stride = number_negative(step);
    }
    else {
        stride = new_ref(step);
    }
    if (stride == NULL) {
        goto done;
    }
    if (int_compare(low, high) >= 0) {
        result = int_from_i64(0);
        goto done;
    }
    span = number_subtract(high, low);
    if (span != NULL) {
        set_ref(span, number_subtract(span, one));
    }
    if (span != NULL) {
        set_ref(span, number_floor_divide(span, stride));
    }
    if (span != NULL) {
        result = number_add(span, one);
    }
done:
    decref(one);
    xdecref(stride);
    xdecref(span);
    return result;
}

static PyObject *
range_count(PyObject *start, PyObject *stop, PyObject *step)
{
    int64_t a, b, c, length;
    if (int_as_i64_fast(start, &a) && int_as_i64_fast(stop, &b) && int_as_i64_fast(step, &c) &&
        count_i64(a, b, c, &length)) {
        return int_from_i64(length);
    }
    return count_ints(start, stop, step);
}

bool
range_as_i64(PyObject *op, int64_t *start, int64_t *step, int64_t *length)
{
    int64_t stop;
    return int_as_i64_fast(RANGE(op)->start, start) && int_as_i64_fast(RANGE(op)->stop, &stop) &&
           int_as_i64_fast(RANGE(op)->step, step) && int_as_i64_fast(RANGE(op)->length, length);
}

// ---- Making ----

// Consumes all three, which may be NULL after an error.
static PyObject *
range_new_steal(PyObject *start, PyObject *stop, PyObject *step)
{
    PyObject *length = NULL;
    if (start == NULL || stop == NULL || step == NULL) {
        goto fail;
    }
    if (int_sign(step) == 0) {
        error_set(PyExc_ValueError, "range() arg 3 must not be zero");
        goto fail;
    }
    length = range_count(start, stop, step);
    RangeObject *op = NULL;
    if (length != NULL) {
        op = (RangeObject *)heap_new_object(&PyRange_Type, sizeof(RangeObject));
    }
    if (op == NULL) {
        goto fail;
    }
    op->start = start;
    op->stop = stop;
    op->step = step;
    op->length = length;
    return (PyObject *)op;
fail:
    xdecref(start);
    xdecref(stop);
    xdecref(step);
    xdecref(length);
    return NULL;
}

PyObject *
range_new(PyObject *start, PyObject *stop, PyObject *step)
{
    return range_new_steal(new_ref(start), new_ref(stop), new_ref(step));
}

static PyObject *
range_from_args(PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("range", nargs, 1, 3)) {
        return NULL;
    }
    PyObject *start, *stop, *step = NULL;
    if (nargs == 1) {
        start = int_from_i64(0);
        stop = number_index(args[0]);
    }
    else {
        start = number_index(args[0]);
        stop = start == NULL ? NULL : number_index(args[1]);
    }
    if (stop != NULL) {
        step = nargs == 3 ? number_index(args[2]) : int_from_i64(1);
    }
    return range_new_steal(start, stop, step);
}

static PyObject *
range_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    return args_no_keywords("range", kwargs) ? range_from_args(tuple_items(args), tuple_size(args))
                                             : NULL;
}

static PyObject *
range_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    (void)type;
    return args_no_kwnames("range", kwnames)
               ? range_from_args(args, (Py_ssize_t)(nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET))
               : NULL;
}

static void
range_dealloc(PyObject *op)
{
    decref(RANGE(op)->start);
    decref(RANGE(op)->stop);
    decref(RANGE(op)->step);
    decref(RANGE(op)->length);
    heap_free(op);
}

// ---- Items ----

// start + i * step without a check.
static PyObject *
item_at(PyObject *op, PyObject *i)
{
    int64_t start, step, n, product, sum;
    if (int_as_i64_fast(RANGE(op)->start, &start) && int_as_i64_fast(RANGE(op)->step, &step) &&
        int_as_i64_fast(i, &n) && !__builtin_mul_overflow(n, step, &product) &&
        !__builtin_add_overflow(start, product, &sum)) {
        return int_from_i64(sum);
    }
    PyObject *distance = number_multiply(i, RANGE(op)->step);
    PyObject *item = distance == NULL ? NULL : number_add(RANGE(op)->start, distance);
    xdecref(distance);
    return item;
}

// op[i] for an exact int.
static PyObject *
range_item_int(PyObject *op, PyObject *i)
{
    PyObject *index = int_sign(i) < 0 ? number_add(i, RANGE(op)->length) : new_ref(i);
    PyObject *item = NULL;
    if (index == NULL) {
        return NULL;
    }
    if (int_sign(index) < 0 || int_compare(index, RANGE(op)->length) >= 0) {
        error_set(PyExc_IndexError, "range object index out of range");
    }
    else {
        item = item_at(op, index);
    }
    decref(index);
    return item;
}

static PyObject *
range_sq_item(PyObject *op, Py_ssize_t i)
{
    PyObject *index = int_from_ssize(i);
    PyObject *item = index == NULL ? NULL : range_item_int(op, index);
    xdecref(index);
    return item;
}

static PyObject *
range_slice(PyObject *op, PyObject *slice)
{
    PyObject *start, *stop, *step;
    if (slice_int_indices(slice, RANGE(op)->length, &start, &stop, &step) < 0) {
        return NULL;
    }
    PyObject *low = item_at(op, start);
    PyObject *high = low == NULL ? NULL : item_at(op, stop);
    PyObject *stride = high == NULL ? NULL : number_multiply(step, RANGE(op)->step);
    decref(start);
    decref(stop);
    decref(step);
    return range_new_steal(low, high, stride);
}

static PyObject *
range_subscript(PyObject *op, PyObject *key)
{
    if (index_check(key)) {
        PyObject *i = number_index(key);
        PyObject *item = i == NULL ? NULL : range_item_int(op, i);
        xdecref(i);
        return item;
    }
    if (slice_check(key)) {
        return range_slice(op, key);
    }
    return error_format(PyExc_TypeError, "range indices must be integers or slices, not %.200s",
                        type_of(key)->tp_name);
}

static Py_ssize_t
range_length(PyObject *op)
{
    return int_as_ssize(RANGE(op)->length);
}

static int
range_bool(PyObject *op)
{
    return int_sign(RANGE(op)->length) != 0;
}

// Whether an int is among the numbers: 1, 0, -1.
static int
range_contains_int(PyObject *op, PyObject *value)
{
    int64_t start, step, length, i;
    if (range_as_i64(op, &start, &step, &length) && int_as_i64_fast(value, &i)) {
        if (length == 0) {
            return 0;
        }
        uint64_t last = (uint64_t)start + (uint64_t)(length - 1) * (uint64_t)step;
        if (step > 0 ? i < start || i > (int64_t)last : i > start || i < (int64_t)last) {
            return 0;
        }
        uint64_t distance = step > 0 ? (uint64_t)i - (uint64_t)start : (uint64_t)start - (uint64_t)i;
        uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
        return distance % stride == 0;
    }
    bool up = int_sign(RANGE(op)->step) > 0;
    int to_start = int_compare(RANGE(op)->start, value);
    int to_stop = int_compare(value, RANGE(op)->stop);
    if (up ? to_start > 0 || to_stop >= 0 : to_start < 0 || to_stop <= 0) {
        return 0;
    }
    PyObject *distance = number_subtract(value, RANGE(op)->start);
    PyObject *rest = distance == NULL ? NULL : number_remainder(distance, RANGE(op)->step);
    int result = rest == NULL ? -1 : int_sign(rest) == 0;
    xdecref(distance);
    xdecref(rest);
    return result;
}

static bool
is_exact_integer(PyObject *op)
{
    return int_check_exact(op) || type_of(op) == &PyBool_Type;
}

// Looks through the items with ==, for what is no int: index, or -1 when missing, -2 on error.
static Py_ssize_t
range_search(PyObject *op, PyObject *value, Py_ssize_t *count)
{
    PyObject *iterator = object_iter(op);
    if (iterator == NULL) {
        return -2;
    }
    Py_ssize_t result = -1;
    PyObject *item;
    for (Py_ssize_t i = 0; (item = type_of(iterator)->tp_iternext(iterator)) != NULL; i++) {
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal < 0) {
            result = -2;
            break;
        }
        if (equal > 0) {
            if (count == NULL) {
                result = i;
                break;
            }
            ++*count;
        }
    }
    decref(iterator);
    return item == NULL && error_occurred() ? -2 : result;
}

static int
range_contains(PyObject *op, PyObject *value)
{
    if (is_exact_integer(value)) {
        return range_contains_int(op, value);
    }
    Py_ssize_t found = range_search(op, value, NULL);
    return found == -2 ? -1 : found >= 0;
}

static PyObject *
range_method_index(PyObject *op, PyObject *value)
{
    if (!is_exact_integer(value)) {
        Py_ssize_t found = range_search(op, value, NULL);
        if (found >= 0) {
            return int_from_ssize(found);
        }
        return found == -2
                   ? NULL
                   : error_set(PyExc_ValueError, "sequence.index(x): x not in sequence");
    }
    int contains = range_contains_int(op, value);
    if (contains <= 0) {
        return contains < 0 ? NULL : error_set(PyExc_ValueError, "range.index(x): x not in range");
    }
    PyObject *distance = number_subtract(value, RANGE(op)->start);
    PyObject *index = distance == NULL ? NULL : number_floor_divide(distance, RANGE(op)->step);
    xdecref(distance);
    return index;
}

static PyObject *
range_method_count(PyObject *op, PyObject *value)
{
    if (is_exact_integer(value)) {
        int contains = range_contains_int(op, value);
        return contains < 0 ? NULL : int_from_i64(contains);
    }
    Py_ssize_t count = 0;
    return range_search(op, value, &count) == -2 ? NULL : int_from_ssize(count);
}

// ---- Equality, hash, text ----

static int
range_equal(PyObject *v, PyObject *w)
{
    if (v == w) {
        return 1;
    }
    if (int_compare(RANGE(v)->length, RANGE(w)->length) != 0) {
        return 0;
    }
    if (int_sign(RANGE(v)->length) == 0) {
        return 1;
    }
    if (int_compare(RANGE(v)->start, RANGE(w)->start) != 0) {
        return 0;
    }
    int64_t length;
    if (int_as_i64_fast(RANGE(v)->length, &length) && length == 1) {
        return 1;
    }
    return int_compare(RANGE(v)->step, RANGE(w)->step) == 0;
}

static PyObject *
range_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!range_check(w) || (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    return range_equal(v, w) == (op == Py_EQ) ? Py_True : Py_False;
}

static Py_hash_t
range_hash(PyObject *op)
{
    int64_t length;
    bool short_one = int_as_i64_fast(RANGE(op)->length, &length) && length <= 1;
    Py_hash_t none = object_hash(Py_None);
    Py_hash_t lanes[3] = {object_hash(RANGE(op)->length), none, none};
    if (!short_one || length == 1) {
        lanes[1] = object_hash(RANGE(op)->start);
    }
    if (!short_one) {
        lanes[2] = object_hash(RANGE(op)->step);
    }
    return tuple_hash_combine(lanes, 3);
}

static PyObject *
range_repr(PyObject *op)
{
    int64_t step;
    if (int_as_i64_fast(RANGE(op)->step, &step) && step == 1) {
        return str_format("range(%R, %R)", RANGE(op)->start, RANGE(op)->stop);
    }
    return str_format("range(%R, %R, %R)", RANGE(op)->start, RANGE(op)->stop, RANGE(op)->step);
}

static PyObject *
range_method_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *args = tuple_pack(3, RANGE(op)->start, RANGE(op)->stop, RANGE(op)->step);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(op)), args);
}

// ---- Iterators ----

// Iterator when some number needs more than 64 bits.
typedef struct LongRangeIter {
    PyObject ob_base;
    PyObject *next;         // lock: the iterator's
    PyObject *step;         // immutable
    PyObject *remaining;    // lock: the iterator's
} LongRangeIter;

static PyObject *
range_iter_i64(int64_t start, int64_t step, int64_t length)
{
    RangeIterObject *it = (RangeIterObject *)heap_new_object(&PyRangeIter_Type, sizeof *it);
    if (it != NULL) {
        it->next = start;
        it->step = step;
        it->remaining = length;
    }
    return (PyObject *)it;
}

// Consumes its arguments, NULL after an error.
static PyObject *
range_iter_ints_steal(PyObject *start, PyObject *step, PyObject *length)
{
    LongRangeIter *it = NULL;
    if (start != NULL && step != NULL && length != NULL) {
        it = (LongRangeIter *)heap_new_object(&PyLongRangeIter_Type, sizeof *it);
    }
    if (it == NULL) {
        xdecref(start);
        xdecref(step);
        xdecref(length);
        return NULL;
    }
    it->next = start;
    it->step = step;
    it->remaining = length;
    return (PyObject *)it;
}

// Whether the number behind the last one is a machine word, too.
static bool
end_fits(int64_t start, int64_t step, int64_t length)
{
    int64_t distance, end;
    return !__builtin_mul_overflow(step, length, &distance) &&
           !__builtin_add_overflow(start, distance, &end);
}

static PyObject *
range_iter(PyObject *op)
{
    int64_t start, step, length;
    if (range_as_i64(op, &start, &step, &length) && end_fits(start, step, length)) {
        return range_iter_i64(start, step, length);
    }
    return range_iter_ints_steal(new_ref(RANGE(op)->start), new_ref(RANGE(op)->step),
                                 new_ref(RANGE(op)->length));
}

static PyObject *
range_method_reversed(PyObject *op, PyObject *unused)
{
    (void)unused;
    int64_t start, step, length;
    if (range_as_i64(op, &start, &step, &length) && step != INT64_MIN) {
        int64_t last = (int64_t)((uint64_t)start + (uint64_t)(length - 1) * (uint64_t)step);
        last = length == 0 ? start : last;
        if (end_fits(last, -step, length)) {
            return range_iter_i64(last, -step, length);
        }
    }
    PyObject *one = int_from_i64(1);
    PyObject *i = one == NULL ? NULL : number_subtract(RANGE(op)->length, one);
    PyObject *last = i == NULL ? NULL : item_at(op, i);
    xdecref(one);
    xdecref(i);
    return range_iter_ints_steal(last, last == NULL ? NULL : number_negative(RANGE(op)->step),
                                 new_ref(RANGE(op)->length));
}

static inline bool
range_iter_step(RangeIterObject *it, int64_t *result)
{
    int64_t remaining = atomic_load_relaxed_ssize(&it->remaining);
    if (remaining <= 0) {
        return false;
    }
    int64_t next = atomic_load_relaxed_ssize(&it->next);
    atomic_store_relaxed_ssize(&it->remaining, remaining - 1);
    atomic_store_relaxed_ssize(&it->next, (int64_t)((uint64_t)next + (uint64_t)it->step));
    *result = next;
    return true;
}

static PyObject *
range_iter_next(PyObject *self)
{
    int64_t number;
    return range_iter_step((RangeIterObject *)self, &number) ? int_from_i64(number) : NULL;
}

Value
range_iter_next_value(PyObject *self)
{
    int64_t number;
    return range_iter_step((RangeIterObject *)self, &number) ? value_from_i64(number) : VALUE_UNSET;
}

static PyObject *
range_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    return int_from_i64(((RangeIterObject *)self)->remaining);
}

static PyObject *
reduce_as_iter(PyObject *range)
{
    PyObject *args = range == NULL ? NULL : tuple_pack(1, range);
    xdecref(range);
    PyObject *builtin = args == NULL ? NULL : iterator_builtin(ID(iter));
    PyObject *result = builtin == NULL ? NULL : tuple_pack(3, builtin, args, Py_None);
    xdecref(builtin);
    xdecref(args);
    return result;
}

// The numbers still to come, as a range.
static PyObject *
range_of_rest(PyObject *next, PyObject *step, PyObject *remaining)
{
    PyObject *distance = NULL, *stop = NULL;
    if (next != NULL && step != NULL && remaining != NULL) {
        distance = number_multiply(remaining, step);
        stop = distance == NULL ? NULL : number_add(next, distance);
    }
    PyObject *range = stop == NULL ? NULL : range_new(next, stop, step);
    xdecref(distance);
    xdecref(stop);
    return range;
}

static PyObject *
range_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    RangeIterObject *it = (RangeIterObject *)self;
    PyObject *next = int_from_i64(it->next);
    PyObject *step = int_from_i64(it->step);
    PyObject *remaining = int_from_i64(it->remaining);
    PyObject *range = range_of_rest(next, step, remaining);
    xdecref(next);
    xdecref(step);
    xdecref(remaining);
    return reduce_as_iter(range);
}

static PyObject *
range_iter_setstate(PyObject *self, PyObject *state)
{
    RangeIterObject *it = (RangeIterObject *)self;
    int64_t index = int_as_i64(state);
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    index = index < 0 ? 0 : index > it->remaining ? it->remaining : index;
    it->next = (int64_t)((uint64_t)it->next + (uint64_t)index * (uint64_t)it->step);
    it->remaining -= index;
    return Py_None;
}

static void
long_iter_dealloc(PyObject *self)
{
    LongRangeIter *it = (LongRangeIter *)self;
    decref(it->next);
    decref(it->step);
    decref(it->remaining);
    heap_free(self);
}

static PyObject *
long_iter_next(PyObject *self)
{
    LongRangeIter *it = (LongRangeIter *)self;
    PyObject *result = NULL;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    if (int_sign(it->remaining) > 0) {
        PyObject *one = int_from_i64(1);
        PyObject *next = one == NULL ? NULL : number_add(it->next, it->step);
        PyObject *remaining = next == NULL ? NULL : number_subtract(it->remaining, one);
        xdecref(one);
        if (remaining != NULL) {
            result = it->next;
            it->next = next;
            set_ref(it->remaining, remaining);
        }
        else {
            xdecref(next);
        }
    }
    critical_section_end(&cs);
    return result;
}

static PyObject *
long_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *remaining = new_ref(((LongRangeIter *)self)->remaining);
    critical_section_end(&cs);
    return remaining;
}

static PyObject *
long_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    LongRangeIter *it = (LongRangeIter *)self;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *range = range_of_rest(it->next, it->step, it->remaining);
    critical_section_end(&cs);
    return reduce_as_iter(range);
}

static PyObject *
long_iter_setstate(PyObject *self, PyObject *state)
{
    LongRangeIter *it = (LongRangeIter *)self;
    if (!int_check(state)) {
        return error_format(PyExc_TypeError, "state must be an int, not %T", state);
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *zero = int_from_i64(0);
    PyObject *index = state;
    if (int_sign(state) < 0) {
        index = zero;
    }
    else if (int_compare(state, it->remaining) > 0) {
        index = it->remaining;
    }
    PyObject *distance = zero == NULL ? NULL : number_multiply(index, it->step);
    PyObject *next = distance == NULL ? NULL : number_add(it->next, distance);
    PyObject *remaining = next == NULL ? NULL : number_subtract(it->remaining, index);
    if (remaining != NULL) {
        set_ref(it->next, next);
        set_ref(it->remaining, remaining);
    }
    else {
        xdecref(next);
    }
    xdecref(distance);
    xdecref(zero);
    critical_section_end(&cs);
    return remaining == NULL ? NULL : Py_None;
}

static PyMethodDef range_iter_methods[] = {
    {"__length_hint__", range_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", range_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", range_iter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef long_iter_methods[] = {
    {"__length_hint__", long_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", long_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", long_iter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyRangeIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "range_iterator",
    .tp_basicsize = sizeof(RangeIterObject),
    .tp_dealloc = (destructor)heap_free,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = object_self_iter,
    .tp_iternext = range_iter_next,
    .tp_methods = range_iter_methods,
    .tp_free = heap_free,
};

PyTypeObject PyLongRangeIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "longrange_iterator",
    .tp_basicsize = sizeof(LongRangeIter),
    .tp_dealloc = long_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = object_self_iter,
    .tp_iternext = long_iter_next,
    .tp_methods = long_iter_methods,
    .tp_free = heap_free,
};

// ---- The type ----

static PyMethodDef range_methods[] = {
    {"__reversed__", range_method_reversed, METH_NOARGS, "Return a reverse iterator."},
    {"__reduce__", range_method_reduce, METH_NOARGS, NULL},
    {"count", range_method_count, METH_O,
     "rangeobject.count(value) -> integer -- return number of occurrences of value"},
    {"index", range_method_index, METH_O,
     "rangeobject.index(value) -> integer -- return index of value.\n"
     "Raise ValueError if the value is not present."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef range_members[] = {
    {"start", Py_T_OBJECT_EX, offsetof(RangeObject, start), Py_READONLY, NULL},
    {"stop", Py_T_OBJECT_EX, offsetof(RangeObject, stop), Py_READONLY, NULL},
    {"step", Py_T_OBJECT_EX, offsetof(RangeObject, step), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods range_as_number = {.nb_bool = range_bool};

static PySequenceMethods range_as_sequence = {
    .sq_length = range_length,
    .sq_item = range_sq_item,
    .sq_contains = range_contains,
};

static PyMappingMethods range_as_mapping = {
    .mp_length = range_length,
    .mp_subscript = range_subscript,
};

PyTypeObject PyRange_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "range",
    .tp_basicsize = sizeof(RangeObject),
    .tp_dealloc = range_dealloc,
    .tp_repr = range_repr,
    .tp_as_number = &range_as_number,
    .tp_as_sequence = &range_as_sequence,
    .tp_as_mapping = &range_as_mapping,
    .tp_hash = range_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\n"
              "Return an object that produces a sequence of integers from start (inclusive)\n"
              "to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\n"
              "start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\n"
              "These are exactly the valid indices for a list of 4 elements.\n"
              "When step is given, it specifies the increment (or decrement).",
    .tp_richcompare = range_richcompare,
    .tp_iter = range_iter,
    .tp_methods = range_methods,
    .tp_members = range_members,
    .tp_new = range_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = range_vectorcall,
};
