// slice objects: the bounds of x[a:b:c], and what they select in a sequence.
//
// Threading: immutable.
#include "objects/slice.h"

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define SLICE(op) ((PySliceObject *)(op))

PyObject *
slice_new(PyObject *start, PyObject *stop, PyObject *step)
{
    PySliceObject *op = (PySliceObject *)heap_new_object(&PySlice_Type, sizeof(PySliceObject));
    if (op == NULL) {
        return NULL;
    }
    op->start = new_ref(start == NULL ? Py_None : start);
    op->stop = new_ref(stop == NULL ? Py_None : stop);
    op->step = new_ref(step == NULL ? Py_None : step);
    gc_track(op);
    return (PyObject *)op;
}

PyObject *
slice_from_indices(Py_ssize_t start, Py_ssize_t stop)
{
    PyObject *low = int_from_ssize(start);
    PyObject *high = low == NULL ? NULL : int_from_ssize(stop);
    PyObject *op = high == NULL ? NULL : slice_new(low, high, NULL);
    xdecref(low);
    xdecref(high);
    return op;
}

static PyObject *
slice_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    if (!args_no_keywords("slice", kwargs)) {
        return NULL;
    }
    PyObject *start = NULL, *stop = NULL, *step = NULL;
    if (!args_unpack_tuple(args, "slice", 1, 3, &start, &stop, &step)) {
        return NULL;
    }
    if (stop == NULL) {
        return slice_new(NULL, start, NULL);
    }
    return slice_new(start, stop, step);
}

static void
slice_dealloc(PyObject *op)
{
    gc_untrack(op);
    decref(SLICE(op)->start);
    decref(SLICE(op)->stop);
    decref(SLICE(op)->step);
    heap_free(op);
}

static int
slice_traverse(PyObject *op, visitproc visit, void *arg)
{
    int status = visit(SLICE(op)->start, arg);
    if (status == 0) {
        status = visit(SLICE(op)->stop, arg);
    }
    return status == 0 ? visit(SLICE(op)->step, arg) : status;
}

// ---- Index arithmetic ----

static int
eval_index(PyObject *op, Py_ssize_t *index, const char *message)
{
    if (!index_check(op)) {
        error_set(PyExc_TypeError, message);
        return -1;
    }
    Py_ssize_t i = number_as_ssize(op, NULL);
    if (i == -1 && error_occurred()) {
        return -1;
    }
    *index = i;
    return 0;
}

int
slice_eval_index(PyObject *op, Py_ssize_t *index)
{
    if (op == Py_None) {
        return 0;
    }
    return eval_index(op, index,
                      "slice indices must be integers or None or have an __index__ method");
}

int
slice_eval_index_not_none(PyObject *op, Py_ssize_t *index)
{
    return eval_index(op, index, "slice indices must be integers or have an __index__ method");
}

int
slice_unpack(PyObject *op, Py_ssize_t *start, Py_ssize_t *stop, Py_ssize_t *step)
{
    *step = 1;
    if (slice_eval_index(SLICE(op)->step, step) < 0) {
        return -1;
    }
    if (*step == 0) {
        error_set(PyExc_ValueError, "slice step cannot be zero");
        return -1;
    }
    // So that -step is a number too.
    if (*step < -PY_SSIZE_T_MAX) {
        *step = -PY_SSIZE_T_MAX;
    }
    *start = *step < 0 ? PY_SSIZE_T_MAX : 0;
    *stop = *step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
    if (slice_eval_index(SLICE(op)->start, start) < 0) {
        return -1;
    }
    return slice_eval_index(SLICE(op)->stop, stop);
}

static Py_ssize_t
clip_index(Py_ssize_t i, Py_ssize_t length, bool backwards)
{
    if (i < 0) {
        i += length;
        return i < 0 ? (backwards ? -1 : 0) : i;
    }
    return i >= length ? (backwards ? length - 1 : length) : i;
}

Py_ssize_t
slice_adjust_indices(Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop, Py_ssize_t step)
{
    *start = clip_index(*start, length, step < 0);
    *stop = clip_index(*stop, length, step < 0);
    if (step < 0) {
        return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
    }
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

// ---- Index arithmetic with ints of any size ----

// A bound as an exact int: TypeError unless it has __index__.
static PyObject *
bound_as_int(PyObject *bound)
{
    if (!index_check(bound)) {
        return error_set(PyExc_TypeError,
                         "slice indices must be integers or None or have an __index__ method");
    }
    return number_index(bound);
}

// A start or stop clipped to [lower, upper]; `missing` stands for None.
static PyObject *
clip_int(PyObject *bound, PyObject *length, PyObject *lower, PyObject *upper, PyObject *missing)
{
    if (bound == Py_None) {
        return new_ref(missing);
    }
    PyObject *i = bound_as_int(bound);
    if (i == NULL) {
        return NULL;
    }
    if (int_sign(i) < 0) {
        set_ref(i, number_add(i, length));
        if (i == NULL) {
            return NULL;
        }
        if (int_compare(i, lower) < 0) {
            set_ref(i, new_ref(lower));
        }
    }
    else if (int_compare(i, upper) > 0) {
        set_ref(i, new_ref(upper));
    }
    return i;
}

int
slice_int_indices(PyObject *op, PyObject *length, PyObject **start, PyObject **stop,
                  PyObject **step)
{
    PyObject *lower = NULL, *upper = NULL;
    *start = *stop = *step = NULL;
    *step = SLICE(op)->step == Py_None ? int_from_ssize(1) : bound_as_int(SLICE(op)->step);
    if (*step == NULL) {
        return -1;
    }
    int sign = int_sign(*step);
    if (sign == 0) {
        error_set(PyExc_ValueError, "slice step cannot be zero");
        goto fail;
    }
    lower = int_from_ssize(sign < 0 ? -1 : 0);
    if (lower == NULL) {
        goto fail;
    }
    upper = sign < 0 ? number_add(length, lower) : new_ref(length);
    if (upper == NULL) {
        goto fail;
    }
    *start = clip_int(SLICE(op)->start, length, lower, upper, sign < 0 ? upper : lower);
    if (*start == NULL) {
        goto fail;
    }
    *stop = clip_int(SLICE(op)->stop, length, lower, upper, sign < 0 ? lower : upper);
    if (*stop == NULL) {
        goto fail;
    }
    decref(lower);
    decref(upper);
    return 0;
fail:
    xdecref(lower);
    xdecref(upper);
    clear_ref(*start);
    clear_ref(*stop);
    clear_ref(*step);
    return -1;
}

// ---- Methods and slots ----

static PyObject *
slice_method_indices(PyObject *op, PyObject *arg)
{
    PyObject *length = number_index(arg);
    if (length == NULL) {
        return NULL;
    }
    PyObject *start, *stop, *step;
    PyObject *result = NULL;
    if (int_sign(length) < 0) {
        error_set(PyExc_ValueError, "length should not be negative");
    }
    else if (slice_int_indices(op, length, &start, &stop, &step) == 0) {
        result = tuple_from_array_steal((PyObject *[]){start, stop, step}, 3);
    }
    decref(length);
    return result;
}

static PyObject *
slice_method_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *args = tuple_pack(3, SLICE(op)->start, SLICE(op)->stop, SLICE(op)->step);
    return args == NULL ? NULL : tuple_pair_steal(new_ref((PyObject *)type_of(op)), args);
}

static PyObject *
slice_repr(PyObject *op)
{
    return str_format("slice(%R, %R, %R)", SLICE(op)->start, SLICE(op)->stop, SLICE(op)->step);
}

static PyObject *
slice_richcompare(PyObject *v, PyObject *w, int op)
{
    if (!slice_check(v) || !slice_check(w)) {
        return Py_NotImplemented;
    }
    if (v == w) {
        return op == Py_EQ || op == Py_LE || op == Py_GE ? Py_True : Py_False;
    }
    PyObject *a = tuple_pack(3, SLICE(v)->start, SLICE(v)->stop, SLICE(v)->step);
    PyObject *b = a == NULL ? NULL : tuple_pack(3, SLICE(w)->start, SLICE(w)->stop, SLICE(w)->step);
    PyObject *result = b == NULL ? NULL : object_richcompare(a, b, op);
    xdecref(a);
    xdecref(b);
    return result;
}

static Py_hash_t
slice_hash(PyObject *op)
{
    Py_hash_t lanes[3] = {object_hash(SLICE(op)->start), 0, 0};
    if (lanes[0] == -1 || (lanes[1] = object_hash(SLICE(op)->stop)) == -1 ||
        (lanes[2] = object_hash(SLICE(op)->step)) == -1) {
        return -1;
    }
    return tuple_hash_combine(lanes, 3);
}

static PyMethodDef slice_methods[] = {
    {"indices", slice_method_indices, METH_O,
     "S.indices(len) -> (start, stop, stride)\n\n"
     "Assuming a sequence of length len, calculate the start and stop\n"
     "indices, and the stride length of the extended slice described by\n"
     "S. Out of bounds indices are clipped in a manner consistent with the\n"
     "handling of normal slices."},
    {"__reduce__", slice_method_reduce, METH_NOARGS, "Return state information for pickling."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef slice_members[] = {
    {"start", _Py_T_OBJECT, offsetof(PySliceObject, start), Py_READONLY, NULL},
    {"stop", _Py_T_OBJECT, offsetof(PySliceObject, stop), Py_READONLY, NULL},
    {"step", _Py_T_OBJECT, offsetof(PySliceObject, step), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject PySlice_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "slice",
    .tp_basicsize = sizeof(PySliceObject),
    .tp_dealloc = slice_dealloc,
    .tp_repr = slice_repr,
    .tp_hash = slice_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "slice(stop)\nslice(start, stop[, step])\n\n"
              "Create a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    .tp_traverse = slice_traverse,
    .tp_richcompare = slice_richcompare,
    .tp_methods = slice_methods,
    .tp_members = slice_members,
    .tp_new = slice_tp_new,
    .tp_free = heap_free,
};
