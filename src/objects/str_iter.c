// Iterators over str.
//
// Threading: the position is atomic; threads that share an iterator may see a character twice.
#include "memory/heap.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/number.h"
#include "objects/attributes.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: next character; -1 when exhausted
    PyObject *text;         // immutable
} StrIter;

PyObject *
str_iter(PyObject *s)
{
    StrIter *it = (StrIter *)type_alloc(&PyUnicodeIter_Type, 0);
    if (it == NULL) {
        return NULL;
    }
    it->text = new_ref(s);
    return (PyObject *)it;
}

static void
striter_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(((StrIter *)op)->text);
    heap_free(op);
}

static int
striter_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *text = ((StrIter *)op)->text;
    return text == NULL ? 0 : visit(text, arg);
}

static PyObject *
striter_next(PyObject *op)
{
    StrIter *it = (StrIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    if (i < 0) {
        return NULL;
    }
    if (i >= str_length(it->text)) {
        atomic_store_relaxed_ssize(&it->index, -1);
        return NULL;
    }
    atomic_store_relaxed_ssize(&it->index, i + 1);
    return str_from_char(str_read_char(it->text, i));
}

static PyObject *
striter_length_hint(PyObject *op, PyObject *unused)
{
    (void)unused;
    StrIter *it = (StrIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    return int_from_ssize(i < 0 ? 0 : str_length(it->text) - i);
}

PyObject *
text_iter_reduce(PyObject *sequence, PyObject *empty, const Py_ssize_t *index_field)
{
    PyObject *result = NULL, *iter = iterator_builtin(ID(iter)), *args = NULL, *position = NULL;
    if (iter == NULL) {
        return NULL;
    }
    // After the lookup, which may run Python code that uses up the iterator.
    Py_ssize_t index = atomic_load_relaxed_ssize(index_field);
    args = tuple_pack(1, index < 0 ? empty : sequence);
    if (args == NULL) {
        goto done;
    }
    if (index < 0) {
        result = tuple_pack(2, iter, args);
        goto done;
    }
    position = int_from_ssize(index);
    if (position != NULL) {
        result = tuple_pack(3, iter, args, position);
    }
done:
    xdecref(position);
    xdecref(args);
    decref(iter);
    return result;
}

static PyObject *
striter_reduce(PyObject *op, PyObject *unused)
{
    StrIter *it = (StrIter *)op;
    return text_iter_reduce(it->text, str_empty(), &it->index);
}

static PyObject *
striter_setstate(PyObject *op, PyObject *state)
{
    StrIter *it = (StrIter *)op;
    Py_ssize_t i = int_as_ssize(state);
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    if (atomic_load_relaxed_ssize(&it->index) >= 0) {
        Py_ssize_t n = str_length(it->text);
        atomic_store_relaxed_ssize(&it->index, i < 0 ? 0 : i > n ? n : i);
    }
    return new_ref(Py_None);
}

static PyMethodDef striter_methods[] = {
    {"__length_hint__", striter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", striter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", striter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyUnicodeIter_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "str_iterator",
    .tp_basicsize = sizeof(StrIter),
    .tp_dealloc = striter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = striter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = striter_next,
    .tp_methods = striter_methods,
    .tp_free = heap_free,
};
