// The types generator and coroutine, and what they share with async generators.
#include "vm/generator.h"

#include "abi/constants.h"
#include "base/atomic.h"
#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/identifiers.h"
#include "objects/iter.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "platform/thread.h"
#include "thread/critical_section.h"
#include "vm/frames.h"
#include "vm/generator_internal.h"
#include "vm/ops.h"

static GeneratorObject *as_generator(PyObject *op) { return (GeneratorObject *)op; }

static int
generator_state(PyObject *self)
{
    int state = atomic_load_acquire_int(&as_generator(self)->state);
    return state == GEN_LOCKED ? GEN_SUSPENDED : state;
}

// ---- delegates ----

static PyObject *
delegate_lock_held(GeneratorObject *gen)
{
    uint64_t word = *frame_pc(gen->fp);
    if (WORD_OP(word) != OP_YIELD_VALUE || WORD_C(word) == NO_DELEGATE) {
        return NULL;
    }
    Value v = gen->fp[WORD_C(word)];
    return value_is_pointer(v) ? xnew_ref(value_pointer(v)) : NULL;
}

PyObject *
generator_delegate(GeneratorObject *gen)
{
    int found = atomic_load_acquire_int(&gen->state);
    for (;;) {
        if (found == GEN_LOCKED) {
            os_thread_yield();
            found = atomic_load_acquire_int(&gen->state);
        }
        else if (found != GEN_SUSPENDED) {
            return NULL;
        }
        else if (atomic_cas_int(&gen->state, &found, GEN_LOCKED)) {
            PyObject *delegate = delegate_lock_held(gen);
            atomic_store_release_int(&gen->state, GEN_SUSPENDED);
            return delegate;
        }
    }
}

// Closes what a generator delegates to. 0 or -1.
static int
delegate_close(PyObject *delegate)
{
    PyObject *result = NULL, *method;
    if (generator_check(delegate) || coroutine_check(delegate)) {
        result = generator_close(as_generator(delegate));
    }
    else {
        int found = object_getattr_optional(delegate, ID(close), &method);
        if (found < 0) {
            error_format_unraisable("Exception ignored while closing generator %R", delegate);
        }
        if (found <= 0) {
            return 0;
        }
        result = object_call_noargs(method);
        decref(method);
    }
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

// ---- send, throw, close ----

PyObject *
generator_result(PySendResult status, PyObject *result)
{
    if (status == PYGEN_RETURN) {
        error_set_stop_iteration(result == Py_None ? NULL : result);
        clear_ref(result);
    }
    return result;
}

PyObject *
generator_iternext(PyObject *self)
{
    PyObject *result;
    PySendResult status = generator_send(as_generator(self), Py_None, &result);
    if (status == PYGEN_RETURN) {
        if (result != Py_None) {
            error_set_stop_iteration(result);
        }
        clear_ref(result);
    }
    return result;
}

PySendResult
generator_am_send(PyObject *self, PyObject *arg, PyObject **result)
{
    return generator_send(as_generator(self), arg, result);
}

static PyObject *
generator_send_method(PyObject *self, PyObject *arg)
{
    PyObject *result;
    PySendResult status = generator_send(as_generator(self), arg, &result);
    return generator_result(status, result);
}

// Makes the exception that throw(type, value, traceback) means current (what fails in making it is raised
// in its place). 0, or -1 with TypeError.
static int
throw_set_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
    if (traceback == Py_None) {
        traceback = NULL;
    }
    if (traceback != NULL && !traceback_check(traceback)) {
        error_set(PyExc_TypeError, "throw() third argument must be a traceback object");
        return -1;
    }
    PyObject *exc;
    if (exception_instance_check(type)) {
        if (value != NULL && value != Py_None) {
            error_set(PyExc_TypeError, "instance exception may not have a separate value");
            return -1;
        }
        exc = new_ref(type);
    }
    else if (type_check(type) && exception_class_check(type)) {
        exc = error_instantiate(type, value);
    }
    else {
        error_format(PyExc_TypeError,
                     "exceptions must be classes or instances deriving from BaseException, not %s",
                     type_of(type)->tp_name);
        return -1;
    }
    if (exc == NULL) {
        return 0;
    }
    if (traceback != NULL && exception_set_traceback(exc, traceback) < 0) {
        decref(exc);
        return -1;
    }
    error_restore_steal(exc);
    return 0;
}

// throw(…) of a delegate that is no generator. 0 and no result when it has none.
static int
throw_through_method(PyObject *delegate, PyObject *type, PyObject *value, PyObject *traceback,
                     PyObject **result)
{
    PyObject *method;
    int found = object_getattr_optional(delegate, ID(throw), &method);
    if (found > 0) {
        *result = object_call_objargs(method, type, value, traceback, NULL);
        decref(method);
    }
    return found;
}

// throw() on the delegate: *handled is false when the exception (current) has to be raised in gen
// itself. Otherwise the result for gen's caller.
static PyObject *
throw_to_delegate(GeneratorObject *gen, PyObject *delegate, bool close_on_exit, PyObject *type,
                  PyObject *value, PyObject *traceback, bool *handled)
{
    Thread *ts = thread_current();
    PyObject *result = NULL;
    Value *fp = generator_lend_frame(ts, gen);
    *handled = true;
    if (fp == NULL) {
        return NULL;
    }
    if (close_on_exit && error_given_matches(type, PyExc_GeneratorExit)) {
        int closed = delegate_close(delegate);
        generator_take_frame_back(ts, gen, fp);
        *handled = false;
        if (closed == 0) {
            throw_set_exception(type, value, traceback);
        }
        return NULL;
    }
    int found = 1;
    if (generator_check(delegate) || coroutine_check(delegate)) {
        result = generator_throw(as_generator(delegate), close_on_exit, type, value, traceback);
    }
    else {
        found = throw_through_method(delegate, type, value, traceback, &result);
    }
    generator_take_frame_back(ts, gen, fp);
    if (found <= 0) {
        *handled = found < 0;
        if (found == 0) {
            throw_set_exception(type, value, traceback);
        }
    }
    else if (result == NULL) {
        PyObject *returned;
        *handled = false;
        if (error_take_stop_iteration(&returned) == 0) {
            *handled = true;
            PySendResult status = generator_delegate_returned(gen, returned, &result);
            return generator_result(status, result);
        }
    }
    return result;
}

PyObject *
generator_throw(GeneratorObject *gen, bool close_on_exit, PyObject *type, PyObject *value,
                PyObject *traceback)
{
    PyObject *delegate = generator_delegate(gen);
    PyObject *result;
    if (delegate != NULL) {
        bool handled;
        result = throw_to_delegate(gen, delegate, close_on_exit, type, value, traceback, &handled);
        decref(delegate);
        if (handled) {
            return result;
        }
    }
    else if (throw_set_exception(type, value, traceback) < 0) {
        return NULL;
    }
    PySendResult status = generator_raise(gen, &result);
    return generator_result(status, result);
}

static PyObject *
generator_throw_method(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 3) {
        return error_format(PyExc_TypeError, "throw expected at %s %d argument%s, got %zd",
                            nargs < 1 ? "least" : "most", nargs < 1 ? 1 : 3, nargs < 1 ? "" : "s",
                            nargs);
    }
    if (nargs > 1 &&
        error_warn(PyExc_DeprecationWarning, 1,
                   "the (type, exc, tb) signature of throw() is deprecated, use the single-arg "
                   "signature instead.") < 0) {
        return NULL;
    }
    return generator_throw(as_generator(self), true, args[0], nargs > 1 ? args[1] : NULL,
                           nargs > 2 ? args[2] : NULL);
}

PyObject *
generator_close(GeneratorObject *gen)
{
    int state = generator_state((PyObject *)gen);
    if (state == GEN_CREATED) {
        generator_abandon(gen);
        return new_ref(Py_None);
    }
    if (state == GEN_CLOSED) {
        return new_ref(Py_None);
    }
    PyObject *delegate = generator_delegate(gen);
    int closed = 0;
    if (delegate != NULL) {
        Thread *ts = thread_current();
        Value *fp = generator_lend_frame(ts, gen);
        if (fp == NULL) {
            decref(delegate);
            return NULL;
        }
        closed = delegate_close(delegate);
        generator_take_frame_back(ts, gen, fp);
        decref(delegate);
    }
    if (closed == 0) {
        error_set_none(PyExc_GeneratorExit);
    }
    PyObject *result;
    PySendResult status = generator_raise(gen, &result);
    if (status == PYGEN_NEXT) {
        decref(result);
        return error_format(PyExc_RuntimeError, "%s ignored GeneratorExit",
                            generator_kind((PyObject *)gen));
    }
    if (status == PYGEN_RETURN) {
        return result;
    }
    if (error_matches(PyExc_StopIteration) || error_matches(PyExc_GeneratorExit)) {
        error_clear();
        return new_ref(Py_None);
    }
    return NULL;
}

static PyObject *
generator_close_method(PyObject *self, PyObject *unused)
{
    return generator_close(as_generator(self));
}

// ---- life ----

void
coroutine_warn_never_awaited(PyObject *self)
{
    PyObject *warnings = hooks.import_module == NULL ? NULL : hooks.import_module("warnings");
    PyObject *result = NULL;
    if (warnings != NULL) {
        result = object_call_method(warnings, ID(_warn_unawaited_coroutine), self, NULL);
        decref(warnings);
    }
    if (result != NULL) {
        decref(result);
        return;
    }
    // A warning that became an exception has said it; anything else is said besides.
    bool warned = error_matches(PyExc_RuntimeWarning);
    if (error_matches(PyExc_AttributeError) || error_matches(PyExc_ImportError)) {
        error_clear();
    }
    if (error_occurred()) {
        error_format_unraisable("Exception ignored while finalizing coroutine %R", self);
    }
    if (!warned && error_warn(PyExc_RuntimeWarning, 1, "coroutine '%.50S' was never awaited",
                              as_generator(self)->qualname) < 0) {
        error_format_unraisable("Exception ignored while finalizing coroutine %R", self);
    }
}

void
generator_finalize(PyObject *self)
{
    GeneratorObject *gen = as_generator(self);
    int state = generator_state(self);
    if (state == GEN_CLOSED) {
        return;
    }
    PyObject *exc = error_take();
    if (async_generator_check(self) && async_generator_finalize(gen)) {
        error_restore_steal(exc);
        return;
    }
    if (state == GEN_CREATED) {
        if (coroutine_check(self)) {
            coroutine_warn_never_awaited(self);
        }
    }
    else {
        PyObject *result = generator_close(gen);
        if (result == NULL) {
            error_format_unraisable("Exception ignored while closing generator %R", self);
        }
        xdecref(result);
    }
    error_restore_steal(exc);
}

void
generator_dealloc(PyObject *self)
{
    GeneratorObject *gen = as_generator(self);
    if (gen->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    if (object_call_finalizer_from_dealloc(self) < 0) {
        return;
    }
    gc_untrack(self);
    generator_abandon(gen);
    clear_ref(gen->finalizer);
    clear_ref(gen->origin);
    clear_ref(gen->name);
    clear_ref(gen->qualname);
    clear_ref(gen->exc_state.exc_value);
    clear_ref(gen->function);
    clear_ref(gen->code);
    heap_free(self);
}

int
generator_traverse(PyObject *self, visitproc visit, void *arg)
{
    GeneratorObject *gen = as_generator(self);
    PyObject *fields[] = {gen->name, gen->qualname, gen->function, gen->code,
                          gen->finalizer, gen->origin, gen->exc_state.exc_value};
    int result = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && result == 0; i++) {
        result = fields[i] == NULL ? 0 : visit(fields[i], arg);
    }
    if (gen->state == GEN_RUNNING) {
        return result;      // registers are on a stack
    }
    if (result == 0 && gen->fp[FRAME_OBJECT] != 0) {
        result = visit((PyObject *)frame_object_borrow(gen->fp), arg);
    }
    for (uint32_t i = 0; i < gen->nlive && result == 0; i++) {
        Value v = gen->fp[i];
        result = value_is_owned(v) ? visit(value_pointer(v), arg) : 0;
    }
    return result;
}

int
generator_clear(PyObject *self)
{
    GeneratorObject *gen = as_generator(self);
    if (gen->state != GEN_RUNNING) {
        generator_abandon(gen);
    }
    clear_ref(gen->finalizer);
    return 0;
}

// ---- attributes ----

PyObject *
generator_repr(PyObject *self)
{
    const char *kind = coroutine_check(self)         ? "coroutine"
                       : async_generator_check(self) ? "async_generator"
                                                     : "generator";
    return str_format("<%s object %S at %p>", kind, as_generator(self)->qualname, self);
}

static PyObject *
get_text(PyObject *self, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *text = new_ref(*field);
    critical_section_end(&cs);
    return text;
}

static int
set_text(PyObject *self, PyObject **field, PyObject *value, const char *message)
{
    if (value == NULL || !str_check(value)) {
        error_set(PyExc_TypeError, message);
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *old = *field;
    *field = new_ref(value);
    critical_section_end(&cs);
    decref(old);
    return 0;
}

PyObject *
generator_get_name(PyObject *self, void *context)
{
    return get_text(self, &as_generator(self)->name);
}

int
generator_set_name(PyObject *self, PyObject *value, void *context)
{
    return set_text(self, &as_generator(self)->name, value, "__name__ must be set to a string object");
}

PyObject *
generator_get_qualname(PyObject *self, void *context)
{
    return get_text(self, &as_generator(self)->qualname);
}

int
generator_set_qualname(PyObject *self, PyObject *value, void *context)
{
    return set_text(self, &as_generator(self)->qualname, value,
                    "__qualname__ must be set to a string object");
}

PyObject *
generator_get_delegate(PyObject *self, void *context)
{
    PyObject *delegate = generator_delegate(as_generator(self));
    return delegate == NULL ? new_ref(Py_None) : delegate;
}

PyObject *
generator_get_running(PyObject *self, void *context)
{
    return new_ref(generator_state(self) == GEN_RUNNING ? Py_True : Py_False);
}

PyObject *
generator_get_suspended(PyObject *self, void *context)
{
    return new_ref(generator_state(self) == GEN_SUSPENDED ? Py_True : Py_False);
}

PyObject *
generator_get_frame(PyObject *self, void *context)
{
    GeneratorObject *gen = as_generator(self);
    FrameLook look;
    frame_look_begin(&look, atomic_load_relaxed_ptr(&gen->fp));
    int state = generator_state(self);
    PyFrameObject *f = state == GEN_CLOSED ? NULL : frame_object_for(gen->fp);
    if (f != NULL && state != GEN_RUNNING) {
        f->state = FRAME_STATE_SUSPENDED;
    }
    xincref(f);
    frame_look_end(&look);
    return state == GEN_CLOSED ? new_ref(Py_None) : (PyObject *)f;
}

PyObject *
generator_get_code(PyObject *self, void *context)
{
    return new_ref(as_generator(self)->code);
}

static PyObject *
coroutine_get_origin(PyObject *self, void *context)
{
    PyObject *origin = as_generator(self)->origin;
    return new_ref(origin == NULL ? Py_None : origin);
}

#define GENERATOR_NAMES                                                                    \
    {"__name__", generator_get_name, generator_set_name, "name of the generator", NULL},   \
    {"__qualname__", generator_get_qualname, generator_set_qualname,                       \
     "qualified name of the generator", NULL}

static PyGetSetDef generator_getset[] = {
    GENERATOR_NAMES,
    {"gi_yieldfrom", generator_get_delegate, NULL,
     "object being iterated by yield from, or None", NULL},
    {"gi_running", generator_get_running, NULL, NULL, NULL},
    {"gi_frame", generator_get_frame, NULL, NULL, NULL},
    {"gi_suspended", generator_get_suspended, NULL, NULL, NULL},
    {"gi_code", generator_get_code, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyGetSetDef coroutine_getset[] = {
    {"__name__", generator_get_name, generator_set_name, "name of the coroutine", NULL},
    {"__qualname__", generator_get_qualname, generator_set_qualname,
     "qualified name of the coroutine", NULL},
    {"cr_await", generator_get_delegate, NULL, "object being awaited on, or None", NULL},
    {"cr_running", generator_get_running, NULL, NULL, NULL},
    {"cr_frame", generator_get_frame, NULL, NULL, NULL},
    {"cr_code", generator_get_code, NULL, NULL, NULL},
    {"cr_suspended", generator_get_suspended, NULL, NULL, NULL},
    {"cr_origin", coroutine_get_origin, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define SEND_DOC(kind)                                                                     \
    "send(value) -> send 'value' into " kind ",\nreturn next yielded value or raise StopIteration."
#define THROW_DOC(kind)                                                                    \
    "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in " kind            \
    ", return next yielded value or raise\nStopIteration.\nthe (type, val, tb) signature is " \
    "deprecated, \nand may be removed in a future version of Python."

static PyObject *
generator_sizeof(PyObject *self, PyObject *unused)
{
    return value_box(value_from_int((int64_t)sizeof(GeneratorObject) +
                                    as_generator(self)->nwords * (int64_t)sizeof(Value)));
}

static PyMethodDef generator_methods[] = {
    {"send", generator_send_method, METH_O, SEND_DOC("generator")},
    {"throw", (PyCFunction)generator_throw_method, METH_FASTCALL, THROW_DOC("generator")},
    {"close", generator_close_method, METH_NOARGS,
     "close() -> raise GeneratorExit inside generator."},
    {"__sizeof__", generator_sizeof, METH_NOARGS, "gen.__sizeof__() -> size of gen in memory, in bytes"},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef coroutine_methods[] = {
    {"send", generator_send_method, METH_O, SEND_DOC("coroutine")},
    {"throw", (PyCFunction)generator_throw_method, METH_FASTCALL, THROW_DOC("coroutine")},
    {"close", generator_close_method, METH_NOARGS,
     "close() -> raise GeneratorExit inside coroutine."},
    {"__sizeof__", generator_sizeof, METH_NOARGS, "gen.__sizeof__() -> size of gen in memory, in bytes"},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods generator_as_async = {.am_send = generator_am_send};

PyTypeObject PyGen_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "generator",
    .tp_basicsize = offsetof(GeneratorObject, words),
    .tp_itemsize = sizeof(Value),
    .tp_dealloc = generator_dealloc,
    .tp_as_async = &generator_as_async,
    .tp_repr = generator_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = generator_traverse,
    .tp_clear = generator_clear,
    .tp_weaklistoffset = offsetof(GeneratorObject, weakreflist),
    .tp_iter = object_self_iter,
    .tp_iternext = generator_iternext,
    .tp_methods = generator_methods,
    .tp_getset = generator_getset,
    .tp_finalize = generator_finalize,
};

// ---- coroutines ----

typedef struct CoroutineWrapper {
    PyObject ob_base;
    PyObject *coroutine;    // immutable: owned
} CoroutineWrapper;

static PyObject *
coroutine_await(PyObject *self)
{
    CoroutineWrapper *wrapper =
        (CoroutineWrapper *)heap_new_object(&_PyCoroWrapper_Type, sizeof(CoroutineWrapper));
    if (wrapper != NULL) {
        wrapper->coroutine = new_ref(self);
        gc_track(wrapper);
    }
    return (PyObject *)wrapper;
}

PyObject *
coroutine_get_awaitable_iter(PyObject *op)
{
    Value v = awaitable_iter(value_borrowed(op), 0);
    return v == VALUE_UNSET ? NULL : value_box_steal(v);
}

static PyAsyncMethods coroutine_as_async = {
    .am_await = coroutine_await,
    .am_send = generator_am_send,
};

PyTypeObject PyCoro_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "coroutine",
    .tp_basicsize = offsetof(GeneratorObject, words),
    .tp_itemsize = sizeof(Value),
    .tp_dealloc = generator_dealloc,
    .tp_as_async = &coroutine_as_async,
    .tp_repr = generator_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = generator_traverse,
    .tp_clear = generator_clear,
    .tp_weaklistoffset = offsetof(GeneratorObject, weakreflist),
    .tp_methods = coroutine_methods,
    .tp_getset = coroutine_getset,
    .tp_finalize = generator_finalize,
};

static void
wrapper_dealloc(PyObject *self)
{
    gc_untrack(self);
    clear_ref(((CoroutineWrapper *)self)->coroutine);
    heap_free(self);
}

static int
wrapper_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit(((CoroutineWrapper *)self)->coroutine, arg);
}

static PyObject *
wrapper_iternext(PyObject *self)
{
    return generator_iternext(((CoroutineWrapper *)self)->coroutine);
}

static PyObject *
wrapper_send(PyObject *self, PyObject *arg)
{
    return generator_send_method(((CoroutineWrapper *)self)->coroutine, arg);
}

static PyObject *
wrapper_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return generator_throw_method(((CoroutineWrapper *)self)->coroutine, args, nargs);
}

static PyObject *
wrapper_close(PyObject *self, PyObject *unused)
{
    return generator_close(as_generator(((CoroutineWrapper *)self)->coroutine));
}

static PyMethodDef wrapper_methods[] = {
    {"send", wrapper_send, METH_O, SEND_DOC("coroutine")},
    {"throw", (PyCFunction)wrapper_throw, METH_FASTCALL, THROW_DOC("coroutine")},
    {"close", wrapper_close, METH_NOARGS, "close() -> raise GeneratorExit inside coroutine."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyCoroWrapper_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "coroutine_wrapper",
    .tp_basicsize = sizeof(CoroutineWrapper),
    .tp_dealloc = wrapper_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = wrapper_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = wrapper_iternext,
    .tp_methods = wrapper_methods,
    .tp_doc = "A wrapper object implementing __await__ for coroutines.",
};
