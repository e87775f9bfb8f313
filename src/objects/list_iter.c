// Iterators over lists, forwards and backwards.
//
// Threading: lock-free; the position is a relaxed atomic, so that threads sharing an iterator may
// see an item twice or not at all. See container.h for the list that is walked over.
#include "objects/list_internal.h"

#include "objects/error.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"

static PyObject *
list_iter_new(PyObject *op, PyTypeObject *type, Py_ssize_t pos)
{
    ListIter *it = (ListIter *)heap_new_object(type, sizeof(ListIter));
    if (it == NULL) {
        return NULL;
    }
    it->list = new_ref(op);
    it->pos = pos;
    gc_track(it);
    return (PyObject *)it;
}

PyObject *
list_iter(PyObject *op)
{
    return list_iter_new(op, &PyListIter_Type, 0);
}

PyObject *
list_reversed(PyObject *op)
{
    return list_iter_new(op, &PyListRevIter_Type, list_size(op) - 1);
}

static void
list_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((ListIter *)self)->list);
    heap_free(self);
}

static int
list_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *list = ((ListIter *)self)->list;
    return list == NULL ? 0 : visit(list, arg);
}

Value
list_iter_next_value(PyObject *self)
{
    ListIter *it = (ListIter *)self;
    if (runtime_is_single_threaded()) {
        PyObject *op = it->list;
        if (op == NULL) {
            return VALUE_UNSET;
        }
        if (it->pos < LIST(op)->ob_base.ob_size) {
            return list_open_item(LIST(op)->ob_item[it->pos++]);
        }
        iterator_finish(it, &it->list);
        return VALUE_UNSET;
    }
    PyObject *item = PyListIter_Type.tp_iternext(self);
    return item == NULL ? VALUE_UNSET : value_from_object_steal(item);
}

static PyObject *
list_iter_next(PyObject *self)
{
    ListIter *it = (ListIter *)self;
    if (runtime_is_single_threaded()) {
        PyObject *list = it->list;
        if (list == NULL) {
            return NULL;
        }
        if (it->pos < LIST(list)->ob_base.ob_size) {
            return new_ref(LIST(list)->ob_item[it->pos++]);
        }
        iterator_finish(it, &it->list);
        return NULL;
    }
    PyObject *op = iterator_hold(&it->list);
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    PyObject *item = list_get_optional(op, pos);
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->pos, pos + 1);
    }
    else {
        iterator_finish(it, &it->list);
    }
    decref(op);
    return item;
}

static PyObject *
list_reviter_next(PyObject *self)
{
    ListIter *it = (ListIter *)self;
    PyObject *op = iterator_hold(&it->list);
    if (op == NULL) {
        return NULL;
    }
    Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
    PyObject *item = list_get_optional(op, pos);
    if (item != NULL) {
        atomic_store_relaxed_ssize(&it->pos, pos - 1);
    }
    else {
        iterator_finish(it, &it->list);
    }
    decref(op);
    return item;
}

static PyObject *
list_iter_length_hint(PyObject *self, PyObject *unused)
{
    (void)unused;
    ListIter *it = (ListIter *)self;
    PyObject *op = iterator_hold(&it->list);
    Py_ssize_t left = 0;
    if (op != NULL) {
        Py_ssize_t pos = atomic_load_relaxed_ssize(&it->pos);
        Py_ssize_t size = list_size(op);
        if (type_of(self) == &PyListIter_Type) {
            left = size - pos;
        }
        else {
            left = pos < size ? pos + 1 : 0;
        }
        decref(op);
    }
    return int_from_ssize(left < 0 ? 0 : left);
}

static PyObject *
list_iter_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    ListIter *it = (ListIter *)self;
    // Looking up the builtin may run Python code that uses up the iterator: so it comes first.
    bool forward = type_of(self) == &PyListIter_Type;
    PyObject *builtin = iterator_builtin(forward ? ID(iter) : ID(reversed));
    PyObject *op = iterator_hold(&it->list);
    PyObject *args = NULL;
    PyObject *result = NULL;
    if (builtin == NULL) {
        goto done;
    }
    if (op == NULL) {
        PyObject *empty = list_new(0);
        args = empty == NULL ? NULL : tuple_pack(1, empty);
        xdecref(empty);
        result = args == NULL ? NULL : tuple_pack(2, builtin, args);
        goto done;
    }
    args = tuple_pack(1, op);
    PyObject *pos = args == NULL ? NULL : int_from_ssize(it->pos);
    if (pos != NULL) {
        result = tuple_pack(3, builtin, args, pos);
        decref(pos);
    }
done:
    xdecref(args);
    xdecref(builtin);
    xdecref(op);
    return result;
}

static PyObject *
list_iter_setstate(PyObject *self, PyObject *state)
{
    ListIter *it = (ListIter *)self;
    Py_ssize_t pos = number_as_ssize(state, PyExc_OverflowError);
    if (pos == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *op = iterator_hold(&it->list);
    if (op != NULL) {
        Py_ssize_t size = list_size(op);
        if (type_of(self) == &PyListIter_Type) {
            pos = pos < 0 ? 0 : pos > size ? size : pos;
        }
        else {
            pos = pos < -1 ? -1 : pos > size - 1 ? size - 1 : pos;
        }
        atomic_store_relaxed_ssize(&it->pos, pos);
        decref(op);
    }
    return Py_None;
}

static PyMethodDef list_iter_methods[] = {
    {"__length_hint__", list_iter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", list_iter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", list_iter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyListIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "list_iterator",
    .tp_basicsize = sizeof(ListIter),
    .tp_dealloc = list_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = list_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = list_iter_next,
    .tp_methods = list_iter_methods,
    .tp_free = heap_free,
};

PyTypeObject PyListRevIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "list_reverseiterator",
    .tp_basicsize = sizeof(ListIter),
    .tp_dealloc = list_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = list_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = list_reviter_next,
    .tp_methods = list_iter_methods,
    .tp_free = heap_free,
};
