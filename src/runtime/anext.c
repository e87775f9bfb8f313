// anext_awaitable: see anext.h.
//
// Threading: immutable; what is wrapped guards itself.
#include "runtime/anext.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "vm/generator.h"

typedef struct {
    PyObject ob_base;
    PyObject *wrapped;      // immutable, owned
    PyObject *fallback;     // immutable, owned
} AnextAwaitable;

#define SELF(op) ((AnextAwaitable *)(op))

PyObject *
anext_awaitable_new(PyObject *awaitable, PyObject *fallback)
{
    PyObject *self = heap_new_object(&_PyAnextAwaitable_Type, sizeof(AnextAwaitable));
    if (self == NULL) {
        return NULL;
    }
    SELF(self)->wrapped = new_ref(awaitable);
    SELF(self)->fallback = new_ref(fallback);
    gc_track(self);
    return self;
}

static void
anext_dealloc(PyObject *self)
{
    gc_untrack(self);
    decref(SELF(self)->wrapped);
    decref(SELF(self)->fallback);
    type_of(self)->tp_free(self);
}

static int
anext_traverse(PyObject *self, visitproc visit, void *arg)
{
    int result = visit(SELF(self)->wrapped, arg);
    return result != 0 ? result : visit(SELF(self)->fallback, arg);
}

// The iterator behind the wrapped awaitable.
static PyObject *
anext_iter(PyObject *self)
{
    PyObject *awaitable = coroutine_get_awaitable_iter(SELF(self)->wrapped);
    if (awaitable == NULL || type_of(awaitable)->tp_iternext != NULL) {
        return awaitable;
    }
    // A coroutine, which steps through its __await__ only.
    PyObject *iter = type_of(awaitable)->tp_as_async->am_await(awaitable);
    decref(awaitable);
    if (iter != NULL && !iter_check(iter)) {
        error_format(PyExc_TypeError, "%T.__await__() must return an iterable, not %T",
                     SELF(self)->wrapped, iter);
        clear_ref(iter);
    }
    return iter;
}

// What a step gave: StopAsyncIteration becomes the end with the fallback value.
static PyObject *
anext_finish(PyObject *self, PyObject *result)
{
    if (result == NULL && error_clear_if(PyExc_StopAsyncIteration)) {
        error_set_stop_iteration(SELF(self)->fallback);
    }
    return result;
}

static PyObject *
anext_iternext(PyObject *self)
{
    PyObject *iter = anext_iter(self);
    if (iter == NULL) {
        return NULL;
    }
    PyObject *result = type_of(iter)->tp_iternext(iter);
    decref(iter);
    return anext_finish(self, result);
}

static PyObject *
anext_forward(PyObject *self, PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *iter = anext_iter(self);
    if (iter == NULL) {
        return NULL;
    }
    PyObject *method = object_getattr(iter, name);
    decref(iter);
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = object_vectorcall(method, args, (size_t)nargs, NULL);
    decref(method);
    return anext_finish(self, result);
}

static PyObject *
anext_send(PyObject *self, PyObject *value)
{
    return anext_forward(self, ID(send), &value, 1);
}

static PyObject *
anext_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return anext_forward(self, ID(throw), args, nargs);
}

static PyObject *
anext_close(PyObject *self, PyObject *unused)
{
    return anext_forward(self, ID(close), NULL, 0);
}

static PyMethodDef anext_methods[] = {
    {"send", anext_send, METH_O,
     "send(arg) -> send 'arg' into the wrapped iterator,\nreturn next yielded value or raise "
     "StopIteration."},
    {"throw", (PyCFunction)(void (*)(void))anext_throw, METH_FASTCALL,
     "throw(value)\nthrow(typ[,val[,tb]])\n\nraise exception in the wrapped iterator, return next "
     "yielded value\nor raise StopIteration.\nthe (type, val, tb) signature is deprecated, \n"
     "and may be removed in a future version of Python."},
    {"close", anext_close, METH_NOARGS, "close() -> raise GeneratorExit inside generator."},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods anext_as_async = {.am_await = object_self_iter};

PyTypeObject _PyAnextAwaitable_Type = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0},
    .tp_name = "anext_awaitable",
    .tp_basicsize = sizeof(AnextAwaitable),
    .tp_dealloc = anext_dealloc,
    .tp_as_async = &anext_as_async,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = anext_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = anext_iternext,
    .tp_methods = anext_methods,
};
