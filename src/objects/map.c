// map, with strict.
//
// Threading: function and iterators are immutable.
#include "objects/seqiter.h"

#include "objects/args.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/strict_internal.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct MapObject {
    PyObject ob_base;
    PyObject *iterators;    // immutable: tuple
    PyObject *function;     // immutable
    bool strict;            // set by __setstate__ too
} MapObject;

#define MAP_STACK 5

static PyObject *
map_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int strict = strict_keyword(kwargs, "map", type == &PyMap_Type ||
                                                   type->tp_init == PyMap_Type.tp_init);
    if (strict < 0) {
        return NULL;
    }
    if (tuple_size(args) < 2) {
        return error_set(PyExc_TypeError, "map() must have at least two arguments.");
    }
    PyObject *iterators = strict_iterators(args, 1);
    if (iterators == NULL) {
        return NULL;
    }
    MapObject *it = (MapObject *)type->tp_alloc(type, 0);
    if (it == NULL) {
        decref(iterators);
        return NULL;
    }
    it->iterators = iterators;
    it->function = new_ref(tuple_item(args, 0));
    it->strict = strict;
    return (PyObject *)it;
}

static void
map_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((MapObject *)self)->iterators);
    xdecref(((MapObject *)self)->function);
    type_of(self)->tp_free(self);
}

static int
map_traverse(PyObject *self, visitproc visit, void *arg)
{
    MapObject *it = (MapObject *)self;
    int status = it->iterators == NULL ? 0 : visit(it->iterators, arg);
    return status != 0 || it->function == NULL ? status : visit(it->function, arg);
}

static PyObject *
map_next(PyObject *self)
{
    MapObject *it = (MapObject *)self;
    Py_ssize_t n = tuple_size(it->iterators);
    // A writable word before the arguments, for bound methods.
    PyObject *on_stack[MAP_STACK + 1];
    PyObject **stack = on_stack;
    if (n > MAP_STACK) {
        stack = mem_alloc_array((size_t)n + 1, sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    PyObject *result = NULL;
    Py_ssize_t got = 0;
    for (; got < n; got++) {
        PyObject *iterator = tuple_item(it->iterators, got);
        PyObject *item = type_of(iterator)->tp_iternext(iterator);
        if (item == NULL) {
            if (it->strict) {
                strict_check(it->iterators, got, "map");
            }
            goto done;
        }
        stack[got + 1] = item;
    }
    result = object_vectorcall(it->function, stack + 1,
                               (size_t)n | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
done:
    for (Py_ssize_t i = 0; i < got; i++) {
        decref(stack[i + 1]);
    }
    if (stack != on_stack) {
        mem_free(stack);
    }
    return result;
}

static PyObject *
map_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    MapObject *it = (MapObject *)self;
    PyObject *function = tuple_pack(1, it->function);
    PyObject *args = function == NULL ? NULL : tuple_concat(function, it->iterators);
    xdecref(function);
    if (args == NULL) {
        return NULL;
    }
    PyObject *result = it->strict ? tuple_pack(3, type_of(self), args, Py_True)
                                  : tuple_pack(2, type_of(self), args);
    decref(args);
    return result;
}

static PyObject *
map_setstate(PyObject *self, PyObject *state)
{
    int strict = object_is_true(state);
    if (strict < 0) {
        return NULL;
    }
    ((MapObject *)self)->strict = strict;
    return Py_None;
}

static PyMethodDef map_methods[] = {
    {"__reduce__", map_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", map_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyMap_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "map",
    .tp_basicsize = sizeof(MapObject),
    .tp_dealloc = map_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "map(function, iterable, /, *iterables, strict=False)\n--\n\n"
              "Make an iterator that computes the function using arguments from\n"
              "each of the iterables.  Stops when the shortest iterable is exhausted.\n\n"
              "If strict is true and one of the arguments is exhausted before the others,\n"
              "raise a ValueError.",
    .tp_traverse = map_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = map_next,
    .tp_methods = map_methods,
    .tp_alloc = type_alloc,
    .tp_new = map_tp_new,
    .tp_free = heap_free,
};
