// zip, with strict.
//
// Threading: the iterators are immutable; each step asks them in turn.
#include "objects/seqiter.h"

#include "objects/args.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/strict_internal.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct ZipObject {
    PyObject ob_base;
    PyObject *iterators;    // immutable: tuple
    PyObject *last;         // single thread: the tuple given last, or NULL
    bool strict;            // set by __setstate__ too
} ZipObject;

static PyObject *
zip_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int strict = strict_keyword(kwargs, "zip", type == &PyZip_Type ||
                                                   type->tp_init == PyZip_Type.tp_init);
    if (strict < 0) {
        return NULL;
    }
    PyObject *iterators = strict_iterators(args, 0);
    if (iterators == NULL) {
        return NULL;
    }
    ZipObject *it = (ZipObject *)type->tp_alloc(type, 0);
    if (it == NULL) {
        decref(iterators);
        return NULL;
    }
    it->iterators = iterators;
    it->strict = strict;
    return (PyObject *)it;
}

static void
zip_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((ZipObject *)self)->iterators);
    xdecref(((ZipObject *)self)->last);
    type_of(self)->tp_free(self);
}

static int
zip_traverse(PyObject *self, visitproc visit, void *arg)
{
    ZipObject *it = (ZipObject *)self;
    int status = it->iterators == NULL ? 0 : visit(it->iterators, arg);
    return status != 0 || it->last == NULL ? status : visit(it->last, arg);
}

static PyObject *
zip_next(PyObject *self)
{
    ZipObject *it = (ZipObject *)self;
    Py_ssize_t n = tuple_size(it->iterators);
    if (n == 0) {
        return NULL;
    }
    PyObject *result = iterator_reuse(it->last);
    if (result != NULL) {
        ((PyTupleObject *)result)->ob_hash = -1;
    }
    else {
        result = tuple_new(n);
        if (result == NULL) {
            return NULL;
        }
        if (it->last == NULL && runtime_is_single_threaded()) {
            it->last = new_ref(result);
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *iterator = tuple_item(it->iterators, i);
        PyObject *item = type_of(iterator)->tp_iternext(iterator);
        if (item == NULL) {
            decref(result);
            if (it->strict) {
                strict_check(it->iterators, i, "zip");
            }
            return NULL;
        }
        PyObject *old = tuple_items(result)[i];
        tuple_items(result)[i] = item;
        xdecref(old);
    }
    tuple_track(result);    // the collector may have lost interest in what was reused
    return result;
}

Py_ssize_t
zip_part_count(PyObject *self)
{
    return tuple_size(((ZipObject *)self)->iterators);
}

int
zip_next_parts(PyObject *self, Value *parts, Py_ssize_t n)
{
    ZipObject *it = (ZipObject *)self;
    for (Py_ssize_t i = 0; i < n; i++) {
        parts[i] = iter_next_value(tuple_item(it->iterators, i));
        if (parts[i] == VALUE_UNSET) {
            for (Py_ssize_t j = 0; j < i; j++) {
                value_drop(parts[j]);
            }
            if (it->strict && !error_occurred()) {
                strict_check(it->iterators, i, "zip");
            }
            return error_occurred() ? -1 : 0;
        }
    }
    return n > 0;
}

static PyObject *
zip_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    ZipObject *it = (ZipObject *)self;
    return it->strict ? tuple_pack(3, type_of(self), it->iterators, Py_True)
                      : tuple_pack(2, type_of(self), it->iterators);
}

static PyObject *
zip_setstate(PyObject *self, PyObject *state)
{
    int strict = object_is_true(state);
    if (strict < 0) {
        return NULL;
    }
    ((ZipObject *)self)->strict = strict;
    return Py_None;
}

static PyMethodDef zip_methods[] = {
    {"__reduce__", zip_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", zip_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyZip_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "zip",
    .tp_basicsize = sizeof(ZipObject),
    .tp_dealloc = zip_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "zip(*iterables, strict=False)\n--\n\n"
              "The zip object yields n-length tuples, where n is the number of iterables\n"
              "passed as positional arguments to zip().  The i-th element in every tuple\n"
              "comes from the i-th iterable argument to zip().  This continues until the\n"
              "shortest argument is exhausted.\n\n"
              "If strict is true and one of the arguments is exhausted before the others,\n"
              "raise a ValueError.\n\n"
              "   >>> list(zip('abcdefg', range(3), range(4)))\n"
              "   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]",
    .tp_traverse = zip_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = zip_next,
    .tp_methods = zip_methods,
    .tp_alloc = type_alloc,
    .tp_new = zip_tp_new,
    .tp_free = heap_free,
};
