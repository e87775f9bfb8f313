// Async generators: the type, the awaitables of __anext__, asend, athrow and aclose, and the
// wrapper that tells yielded values from awaited ones.
//
// An async generator's frame yields two kinds of values: wrapped ones (`yield x`) end the asend()
// awaitable with StopIteration(x); all others are passed on to the event loop (await inside).
//
// Threading: as generators; running_async is only a guard against re-entrance.
#include "abi/constants.h"
#include "memory/heap.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "objects/type.h"
#include "vm/generator_internal.h"

typedef struct WrappedValue {
    PyObject ob_base;
    PyObject *value;            // immutable: owned
} WrappedValue;

enum { AWAITABLE_INIT = 0, AWAITABLE_ITER = 1, AWAITABLE_CLOSED = 2 };

// asend() and __anext__()
typedef struct AsyncSend {
    PyObject ob_base;
    GeneratorObject *gen;       // immutable: owned
    PyObject *value;            // immutable: owned, or NULL for __anext__
    int state;                  // whoever awaits: AWAITABLE_*
} AsyncSend;

// athrow() and aclose()
typedef struct AsyncThrow {
    PyObject ob_base;
    GeneratorObject *gen;       // immutable: owned
    PyObject *type;             // immutable: owned; NULL for aclose
    PyObject *value;            // immutable: owned or NULL
    PyObject *traceback;        // immutable: owned or NULL
    int state;                  // whoever awaits: AWAITABLE_*
} AsyncThrow;

static GeneratorObject *as_gen(PyObject *op) { return (GeneratorObject *)op; }

// ---- wrapped values ----

PyObject *
async_generator_wrap(PyObject *value)
{
    WrappedValue *wrapped =
        (WrappedValue *)heap_new_object(&_PyAsyncGenWrappedValue_Type, sizeof(WrappedValue));
    if (wrapped != NULL) {
        wrapped->value = new_ref(value);
        gc_track(wrapped);
    }
    return (PyObject *)wrapped;
}

static void
wrapped_dealloc(PyObject *self)
{
    gc_untrack(self);
    clear_ref(((WrappedValue *)self)->value);
    heap_free(self);
}

static int
wrapped_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit(((WrappedValue *)self)->value, arg);
}

PyTypeObject _PyAsyncGenWrappedValue_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "async_generator_wrapped_value",
    .tp_basicsize = sizeof(WrappedValue),
    .tp_dealloc = wrapped_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = wrapped_traverse,
};

// ---- the generator object ----

// The first iteration calls the hook that the event loop installed, and keeps the finalizer.
static int
init_hooks(GeneratorObject *gen)
{
    if (gen->hooks_called) {
        return 0;
    }
    gen->hooks_called = 1;
    Thread *ts = thread_current();
    if (ts->abi.async_gen_finalizer != NULL) {
        gen->finalizer = new_ref(ts->abi.async_gen_finalizer);
    }
    PyObject *first = ts->abi.async_gen_firstiter;
    if (first == NULL) {
        return 0;
    }
    PyObject *hook = new_ref(first);
    PyObject *result = object_call_onearg(hook, (PyObject *)gen);
    decref(hook);
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

bool
async_generator_finalize(GeneratorObject *gen)
{
    if (gen->finalizer == NULL || gen->closing) {
        return false;
    }
    PyObject *finalizer = new_ref(gen->finalizer);
    PyObject *result = object_call_onearg(finalizer, (PyObject *)gen);
    if (result == NULL) {
        error_format_unraisable("Exception ignored while finalizing generator %R", gen);
    }
    xdecref(result);
    decref(finalizer);
    return true;
}

static PyObject *
new_send(PyObject *self, PyObject *value)
{
    if (init_hooks(as_gen(self)) < 0) {
        return NULL;
    }
    AsyncSend *send = (AsyncSend *)heap_new_object(&_PyAsyncGenASend_Type, sizeof(AsyncSend));
    if (send != NULL) {
        send->gen = (GeneratorObject *)new_ref(self);
        send->value = xnew_ref(value);
        send->state = AWAITABLE_INIT;
        gc_track(send);
    }
    return (PyObject *)send;
}

static PyObject *
new_throw(PyObject *self, PyObject *type, PyObject *value, PyObject *traceback)
{
    if (init_hooks(as_gen(self)) < 0) {
        return NULL;
    }
    AsyncThrow *t = (AsyncThrow *)heap_new_object(&_PyAsyncGenAThrow_Type, sizeof(AsyncThrow));
    if (t != NULL) {
        t->gen = (GeneratorObject *)new_ref(self);
        t->type = xnew_ref(type);
        t->value = xnew_ref(value);
        t->traceback = xnew_ref(traceback);
        t->state = AWAITABLE_INIT;
        gc_track(t);
    }
    return (PyObject *)t;
}

static PyObject *async_generator_anext(PyObject *self) { return new_send(self, NULL); }
static PyObject *async_generator_asend(PyObject *self, PyObject *arg) { return new_send(self, arg); }

static PyObject *
async_generator_aclose(PyObject *self, PyObject *unused)
{
    return new_throw(self, NULL, NULL, NULL);
}

static PyObject *
async_generator_athrow(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 3) {
        return error_format(PyExc_TypeError, "athrow expected at %s %d argument%s, got %zd",
                            nargs < 1 ? "least" : "most", nargs < 1 ? 1 : 3, nargs < 1 ? "" : "s",
                            nargs);
    }
    if (nargs > 1 &&
        error_warn(PyExc_DeprecationWarning, 1,
                   "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg "
                   "signature instead.") < 0) {
        return NULL;
    }
    return new_throw(self, args[0], nargs > 1 ? args[1] : NULL, nargs > 2 ? args[2] : NULL);
}

static PyObject *
async_generator_get_running(PyObject *self, void *context)
{
    return new_ref(as_gen(self)->running_async ? Py_True : Py_False);
}

static PyGetSetDef async_generator_getset[] = {
    {"__name__", generator_get_name, generator_set_name, "name of the async generator", NULL},
    {"__qualname__", generator_get_qualname, generator_set_qualname,
     "qualified name of the async generator", NULL},
    {"ag_await", generator_get_delegate, NULL, "object being awaited on, or None", NULL},
    {"ag_frame", generator_get_frame, NULL, NULL, NULL},
    {"ag_running", async_generator_get_running, NULL, NULL, NULL},
    {"ag_code", generator_get_code, NULL, NULL, NULL},
    {"ag_suspended", generator_get_suspended, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef async_generator_methods[] = {
    {"asend", async_generator_asend, METH_O,
     "asend(v) -> send 'v' in generator."},
    {"athrow", (PyCFunction)async_generator_athrow, METH_FASTCALL,
     "athrow(value)\nathrow(type[,value[,tb]])\n\nraise exception in generator.\nthe (type, val, tb) "
     "signature is deprecated, \nand may be removed in a future version of Python."},
    {"aclose", async_generator_aclose, METH_NOARGS,
     "aclose() -> raise GeneratorExit inside generator."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods async_generator_as_async = {
    .am_aiter = object_self_iter,
    .am_anext = async_generator_anext,
    .am_send = generator_am_send,
};

PyTypeObject PyAsyncGen_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "async_generator",
    .tp_basicsize = offsetof(GeneratorObject, words),
    .tp_itemsize = sizeof(Value),
    .tp_dealloc = generator_dealloc,
    .tp_as_async = &async_generator_as_async,
    .tp_repr = generator_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = generator_traverse,
    .tp_clear = generator_clear,
    .tp_weaklistoffset = offsetof(GeneratorObject, weakreflist),
    .tp_methods = async_generator_methods,
    .tp_getset = async_generator_getset,
    .tp_finalize = generator_finalize,
};

// ---- results ----

// What one step of the generator means for the awaitable: a value for the event loop, or NULL with
// StopIteration(value) for a `yield`, StopAsyncIteration at the end, or another exception.
static PyObject *
unwrap(GeneratorObject *gen, PySendResult status, PyObject *result)
{
    if (status == PYGEN_RETURN) {
        clear_ref(result);
        error_set_none(PyExc_StopAsyncIteration);
    }
    if (result == NULL) {
        if (error_matches(PyExc_StopAsyncIteration) || error_matches(PyExc_GeneratorExit)) {
            gen->closing = 1;
        }
        gen->running_async = 0;
        return NULL;
    }
    if (object_type_is(result, &_PyAsyncGenWrappedValue_Type)) {
        error_set_stop_iteration(((WrappedValue *)result)->value);
        decref(result);
        gen->running_async = 0;
        return NULL;
    }
    return result;
}

// ---- asend ----

// Refuses, or notes that the first step is made: 0 or -1. *arg is replaced by what asend() was given.
static int
send_start(AsyncSend *send, PyObject **arg)
{
    if (send->state == AWAITABLE_CLOSED) {
        error_set(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
        return -1;
    }
    if (send->state == AWAITABLE_INIT) {
        if (send->gen->running_async) {
            send->state = AWAITABLE_CLOSED;
            error_set(PyExc_RuntimeError, "anext(): asynchronous generator is already running");
            return -1;
        }
        if (*arg == Py_None && send->value != NULL) {
            *arg = send->value;
        }
        send->state = AWAITABLE_ITER;
    }
    send->gen->running_async = 1;
    return 0;
}

PySendResult
async_generator_send_step(PyObject *self, PyObject *arg, PyObject **result)
{
    AsyncSend *send = (AsyncSend *)self;
    *result = NULL;
    if (send_start(send, &arg) < 0) {
        return PYGEN_ERROR;
    }
    PySendResult status = generator_send(send->gen, arg, result);
    if (status == PYGEN_NEXT && object_type_is(*result, &_PyAsyncGenWrappedValue_Type)) {
        PyObject *wrapped = *result;
        *result = new_ref(((WrappedValue *)wrapped)->value);
        decref(wrapped);
        send->gen->running_async = 0;
        send->state = AWAITABLE_CLOSED;
        return PYGEN_RETURN;
    }
    *result = unwrap(send->gen, status, *result);
    if (*result == NULL) {
        send->state = AWAITABLE_CLOSED;
        return PYGEN_ERROR;
    }
    return PYGEN_NEXT;
}

static PyObject *
send_step(PyObject *self, PyObject *arg)
{
    PyObject *result;
    if (async_generator_send_step(self, arg, &result) == PYGEN_RETURN) {
        error_set_stop_iteration(result);
        clear_ref(result);
    }
    return result;
}

static PyObject *send_iternext(PyObject *self) { return send_step(self, Py_None); }

static PyObject *
send_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    AsyncSend *send = (AsyncSend *)self;
    if (send->state == AWAITABLE_CLOSED) {
        return error_set(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
    }
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "throw expected at least 1 argument, got 0");
    }
    if (send->state == AWAITABLE_INIT) {
        if (send->gen->running_async) {
            send->state = AWAITABLE_CLOSED;
            return error_set(PyExc_RuntimeError,
                             "anext(): asynchronous generator is already running");
        }
        send->state = AWAITABLE_ITER;
        send->gen->running_async = 1;
    }
    PyObject *result = generator_throw(send->gen, false, args[0], nargs > 1 ? args[1] : NULL,
                                       nargs > 2 ? args[2] : NULL);
    if (result == NULL && error_matches(PyExc_StopIteration)) {
        error_clear();      // the generator has returned
        error_set_none(PyExc_StopAsyncIteration);
    }
    result = unwrap(send->gen, PYGEN_NEXT, result);
    if (result == NULL) {
        send->state = AWAITABLE_CLOSED;
    }
    return result;
}

static PyObject *
send_close(PyObject *self, PyObject *unused)
{
    AsyncSend *send = (AsyncSend *)self;
    if (send->state == AWAITABLE_CLOSED) {
        return new_ref(Py_None);
    }
    PyObject *exit = PyExc_GeneratorExit;
    PyObject *result = send_throw(self, &exit, 1);
    if (result == NULL) {
        if (error_matches(PyExc_StopIteration) || error_matches(PyExc_StopAsyncIteration) ||
            error_matches(PyExc_GeneratorExit)) {
            error_clear();
            return new_ref(Py_None);
        }
        return NULL;
    }
    decref(result);
    return error_set(PyExc_RuntimeError, "coroutine ignored GeneratorExit");
}

static void
warn_unawaited_method(PyObject *self, GeneratorObject *gen, const char *method)
{
    PyObject *exc = error_take();
    if (error_warn(PyExc_RuntimeWarning, 1,
                   "coroutine method '%s' of '%.100S' was never awaited", method,
                   gen->qualname) < 0) {
        error_format_unraisable("Exception ignored while finalizing async generator %R", gen);
    }
    error_restore_steal(exc);
}

static void
send_finalize(PyObject *self)
{
    AsyncSend *send = (AsyncSend *)self;
    if (send->state == AWAITABLE_INIT) {
        warn_unawaited_method(self, send->gen, "asend");
    }
}

static void
send_dealloc(PyObject *self)
{
    if (object_call_finalizer_from_dealloc(self) < 0) {
        return;
    }
    gc_untrack(self);
    clear_ref(((AsyncSend *)self)->gen);
    clear_ref(((AsyncSend *)self)->value);
    heap_free(self);
}

static int
send_traverse(PyObject *self, visitproc visit, void *arg)
{
    AsyncSend *send = (AsyncSend *)self;
    int result = visit((PyObject *)send->gen, arg);
    return result != 0 || send->value == NULL ? result : visit(send->value, arg);
}

static PyMethodDef send_methods[] = {
    {"send", send_step, METH_O, "send(value) -> send 'value' into generator."},
    {"throw", (PyCFunction)send_throw, METH_FASTCALL, "throw(value) -> raise in generator."},
    {"close", send_close, METH_NOARGS, "close() -> raise GeneratorExit inside generator."},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods awaitable_as_async = {.am_await = object_self_iter};

PyTypeObject _PyAsyncGenASend_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "async_generator_asend",
    .tp_basicsize = sizeof(AsyncSend),
    .tp_dealloc = send_dealloc,
    .tp_as_async = &awaitable_as_async,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = send_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = send_iternext,
    .tp_methods = send_methods,
    .tp_finalize = send_finalize,
};

// ---- athrow and aclose ----

#define ATHROW_REUSE "cannot reuse already awaited aclose()/athrow()"

// The generator yielded although it should have ended.
static PyObject *
throw_ignored(AsyncThrow *t)
{
    t->gen->running_async = 0;
    t->state = AWAITABLE_CLOSED;
    return error_set(PyExc_RuntimeError, "async generator ignored GeneratorExit");
}

static PyObject *
throw_end(AsyncThrow *t)
{
    t->gen->running_async = 0;
    t->state = AWAITABLE_CLOSED;
    if (t->type == NULL && (error_matches(PyExc_StopAsyncIteration) ||
                            error_matches(PyExc_GeneratorExit))) {
        error_clear();
        error_set_none(PyExc_StopIteration);
    }
    return NULL;
}

// The result of a step while aclose() is under way (wrapped values must not appear) or of athrow.
static PyObject *
throw_result(AsyncThrow *t, PyObject *result)
{
    if (result == NULL && error_matches(PyExc_StopIteration)) {
        error_clear();      // the generator has returned
        error_set_none(PyExc_StopAsyncIteration);
    }
    if (t->type != NULL) {
        result = unwrap(t->gen, PYGEN_NEXT, result);
        if (result == NULL) {
            t->state = AWAITABLE_CLOSED;
        }
        return result;
    }
    if (result == NULL) {
        return throw_end(t);
    }
    if (object_type_is(result, &_PyAsyncGenWrappedValue_Type)) {
        decref(result);
        return throw_ignored(t);
    }
    return result;
}

static PyObject *
throw_begin(AsyncThrow *t, PyObject *arg)
{
    GeneratorObject *gen = t->gen;
    if (gen->running_async) {
        t->state = AWAITABLE_CLOSED;
        return error_set(PyExc_RuntimeError,
                         t->type == NULL ? "aclose(): asynchronous generator is already running"
                                         : "athrow(): asynchronous generator is already running");
    }
    if (gen->closing) {
        t->state = AWAITABLE_CLOSED;
        return error_set_none(PyExc_StopAsyncIteration);
    }
    if (arg != Py_None) {
        return error_set(PyExc_RuntimeError,
                         "can't send non-None value to a just-started coroutine");
    }
    t->state = AWAITABLE_ITER;
    gen->running_async = 1;
    if (t->type == NULL) {
        gen->closing = 1;
        return throw_result(t, generator_throw(gen, false, PyExc_GeneratorExit, NULL, NULL));
    }
    return throw_result(t, generator_throw(gen, false, t->type, t->value, t->traceback));
}

static PyObject *
throw_step(PyObject *self, PyObject *arg)
{
    AsyncThrow *t = (AsyncThrow *)self;
    if (t->state == AWAITABLE_CLOSED) {
        return error_set(PyExc_RuntimeError, ATHROW_REUSE);
    }
    if (t->state == AWAITABLE_INIT) {
        if (t->gen->state == GEN_CLOSED) {
            t->state = AWAITABLE_CLOSED;
            return error_set_none(PyExc_StopIteration);
        }
        return throw_begin(t, arg);
    }
    PyObject *result;
    PySendResult status = generator_send(t->gen, arg, &result);
    return throw_result(t, generator_result(status, result));
}

static PyObject *throw_iternext(PyObject *self) { return throw_step(self, Py_None); }

static PyObject *
throw_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    AsyncThrow *t = (AsyncThrow *)self;
    if (t->state == AWAITABLE_CLOSED) {
        return error_set(PyExc_RuntimeError, ATHROW_REUSE);
    }
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "throw expected at least 1 argument, got 0");
    }
    if (t->state == AWAITABLE_INIT) {
        if (t->gen->running_async) {
            t->state = AWAITABLE_CLOSED;
            return error_set(PyExc_RuntimeError,
                             t->type == NULL
                                 ? "aclose(): asynchronous generator is already running"
                                 : "athrow(): asynchronous generator is already running");
        }
        t->state = AWAITABLE_ITER;
        t->gen->running_async = 1;
    }
    return throw_result(t, generator_throw(t->gen, false, args[0], nargs > 1 ? args[1] : NULL,
                                           nargs > 2 ? args[2] : NULL));
}

static PyObject *
throw_close(PyObject *self, PyObject *unused)
{
    AsyncThrow *t = (AsyncThrow *)self;
    if (t->state == AWAITABLE_CLOSED) {
        return new_ref(Py_None);
    }
    PyObject *exit = PyExc_GeneratorExit;
    PyObject *result = throw_throw(self, &exit, 1);
    if (result == NULL) {
        if (error_matches(PyExc_StopIteration) || error_matches(PyExc_StopAsyncIteration) ||
            error_matches(PyExc_GeneratorExit)) {
            error_clear();
            return new_ref(Py_None);
        }
        return NULL;
    }
    decref(result);
    return error_set(PyExc_RuntimeError, "coroutine ignored GeneratorExit");
}

static void
throw_finalize(PyObject *self)
{
    AsyncThrow *t = (AsyncThrow *)self;
    if (t->state == AWAITABLE_INIT) {
        warn_unawaited_method(self, t->gen, t->type == NULL ? "aclose" : "athrow");
    }
}

static void
throw_dealloc(PyObject *self)
{
    AsyncThrow *t = (AsyncThrow *)self;
    if (object_call_finalizer_from_dealloc(self) < 0) {
        return;
    }
    gc_untrack(self);
    clear_ref(t->gen);
    clear_ref(t->type);
    clear_ref(t->value);
    clear_ref(t->traceback);
    heap_free(self);
}

static int
throw_traverse(PyObject *self, visitproc visit, void *arg)
{
    AsyncThrow *t = (AsyncThrow *)self;
    PyObject *fields[] = {(PyObject *)t->gen, t->type, t->value, t->traceback};
    for (int i = 0; i < 4; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static PyMethodDef throw_methods[] = {
    {"send", throw_step, METH_O, "send(value) -> send 'value' into generator."},
    {"throw", (PyCFunction)throw_throw, METH_FASTCALL, "throw(value) -> raise in generator."},
    {"close", throw_close, METH_NOARGS, "close() -> raise GeneratorExit inside generator."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyAsyncGenAThrow_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "async_generator_athrow",
    .tp_basicsize = sizeof(AsyncThrow),
    .tp_dealloc = throw_dealloc,
    .tp_as_async = &awaitable_as_async,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = throw_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = throw_iternext,
    .tp_methods = throw_methods,
    .tp_finalize = throw_finalize,
};
