// reversed: over anything with __len__ and __getitem__.
//
// Threading: the index is a relaxed atomic; the sequence is held as container.h describes.
#include "objects/seqiter.h"

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct ReversedObject {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: relaxed; next index
    PyObject *sequence;     // atomic: owned, NULL at the end
} ReversedObject;

static PyObject *
reversed_make(PyTypeObject *type, PyObject *sequence)
{
    PyObject *method = object_lookup_special(sequence, ID(__reversed__));
    if (method == Py_None) {
        decref(method);
        return error_format(PyExc_TypeError, "'%.200s' object is not reversible",
                            type_of(sequence)->tp_name);
    }
    if (method != NULL) {
        PyObject *result = object_call_noargs(method);
        decref(method);
        return result;
    }
    if (error_occurred()) {
        return NULL;
    }
    if (!sequence_check(sequence)) {
        return error_format(PyExc_TypeError, "'%.200s' object is not reversible",
                            type_of(sequence)->tp_name);
    }
    Py_ssize_t n = sequence_length(sequence);
    ReversedObject *it = n < 0 ? NULL : (ReversedObject *)type->tp_alloc(type, 0);
    if (it == NULL) {
        return NULL;
    }
    it->index = n - 1;
    it->sequence = new_ref(sequence);
    return (PyObject *)it;
}

static PyObject *
reversed_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == &PyReversed_Type || type->tp_init == PyReversed_Type.tp_init) &&
        !args_no_keywords("reversed", kwargs)) {
        return NULL;
    }
    if (!args_check_positional("reversed", tuple_size(args), 1, 1)) {
        return NULL;
    }
    return reversed_make(type, tuple_item(args, 0));
}

static PyObject *
reversed_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!args_no_kwnames("reversed", kwnames) ||
        !args_check_positional("reversed", vectorcall_nargs(nargsf), 1, 1)) {
        return NULL;
    }
    return reversed_make((PyTypeObject *)type, args[0]);
}

static void
reversed_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((ReversedObject *)self)->sequence);
    type_of(self)->tp_free(self);
}

static int
reversed_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *sequence = ((ReversedObject *)self)->sequence;
    return sequence == NULL ? 0 : visit(sequence, arg);
}

static PyObject *
reversed_next(PyObject *self)
{
    ReversedObject *it = (ReversedObject *)self;
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    PyObject *sequence = index < 0 ? NULL : iterator_hold(&it->sequence);
    PyObject *item = NULL;
    if (sequence != NULL) {
        item = sequence_getitem(sequence, index);
        decref(sequence);
    }
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->index, index - 1);
        return item;
    }
    if (error_occurred() && (error_matches(PyExc_IndexError) || error_matches(PyExc_StopIteration))) {
        error_clear();
    }
    atomic_store_relaxed_ssize(&it->index, -1);
    iterator_finish(it, &it->sequence);
    return NULL;
}

static PyObject *
reversed_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    ReversedObject *it = (ReversedObject *)self;
    PyObject *sequence = iterator_hold(&it->sequence);
    if (sequence == NULL) {
        return int_from_i64(0);
    }
    Py_ssize_t n = sequence_length(sequence);
    decref(sequence);
    if (n == -1) {
        return NULL;
    }
    Py_ssize_t left = atomic_load_relaxed_ssize(&it->index) + 1;
    return int_from_ssize(n < left ? 0 : left);
}

static PyObject *
reversed_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    ReversedObject *it = (ReversedObject *)self;
    PyObject *sequence = iterator_hold(&it->sequence);
    PyObject *args = tuple_pack(1, sequence == NULL ? tuple_empty() : sequence);
    PyObject *result = NULL;
    if (args != NULL && sequence == NULL) {
        result = tuple_pack(2, type_of(self), args);
    }
    else if (args != NULL) {
        PyObject *index = int_from_ssize(it->index);
        result = index == NULL ? NULL : tuple_pack(3, type_of(self), args, index);
        xdecref(index);
    }
    xdecref(args);
    xdecref(sequence);
    return result;
}

static PyObject *
reversed_setstate(PyObject *self, PyObject *state)
{
    ReversedObject *it = (ReversedObject *)self;
    Py_ssize_t index = number_as_ssize(state, PyExc_OverflowError);
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *sequence = iterator_hold(&it->sequence);
    if (sequence != NULL) {
        Py_ssize_t n = sequence_length(sequence);
        decref(sequence);
        if (n < 0) {
            return NULL;
        }
        index = index < -1 ? -1 : index > n - 1 ? n - 1 : index;
        atomic_store_relaxed_ssize(&it->index, index);
    }
    return Py_None;
}

static PyMethodDef reversed_methods[] = {
    {"__length_hint__", reversed_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", reversed_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", reversed_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyReversed_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "reversed",
    .tp_basicsize = sizeof(ReversedObject),
    .tp_dealloc = reversed_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "reversed(object, /)\n--\n\n"
              "Return a reverse iterator over the values of the given sequence.",
    .tp_traverse = reversed_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = reversed_next,
    .tp_methods = reversed_methods,
    .tp_alloc = type_alloc,
    .tp_new = reversed_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = reversed_vectorcall,
};
