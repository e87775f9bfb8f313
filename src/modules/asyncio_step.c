// _asyncio.Task: one step, from where the coroutine waits to where it waits next.
//
// While a task is not done it either waits for a future (waiter, one of whose callbacks is the
// task's wakeup), or a step of it is scheduled, or it runs.
//
// Threading: steps of a task are run by its loop, in one thread.
#include "modules/asyncio_internal.h"

#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/exceptions.h"
#include "objects/iter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "vm/generator.h"

static int task_step(TaskObject *self, PyObject *exception);

// ---- callbacks of the loop ----

// What the loop calls for a step.
typedef struct {
    PyObject ob_base;
    PyObject *task;             // immutable
    PyObject *exception;        // immutable; NULL for none
    vectorcallfunc vectorcall;  // immutable
} Step;

static Step *as_step(PyObject *op) { return (Step *)op; }

static PyObject *
step_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (kwnames != NULL && tuple_size(kwnames) > 0) {
        return error_set(PyExc_TypeError, "function takes no keyword arguments");
    }
    if (vectorcall_nargs(nargsf) > 0) {
        return error_set(PyExc_TypeError, "function takes no positional arguments");
    }
    Step *self = as_step(op);
    return task_step(as_task(self->task), self->exception) < 0 ? NULL : new_ref(Py_None);
}

NATIVE_LIFETIME(step, Step, 2, task, exception)

static int
step_clear(PyObject *op)
{
    clear_ref(as_step(op)->task);
    clear_ref(as_step(op)->exception);
    return 0;
}

static PyObject *
step_get_self(PyObject *op, void *closure)
{
    PyObject *task = as_step(op)->task;
    return new_ref(task != NULL ? task : Py_None);
}

static PyObject *
step_get_qualname(PyObject *op, void *closure)
{
    PyObject *task = as_step(op)->task;
    PyObject *coro = task != NULL ? as_task(task)->coro : NULL;
    return coro != NULL ? object_getattr(coro, ID(__qualname__)) : new_ref(Py_None);
}

static PyGetSetDef step_getset[] = {
    {"__self__", step_get_self, NULL, NULL, NULL},
    {"__qualname__", step_get_qualname, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject asyncio_step_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_asyncio.TaskStepMethWrapper",
    .tp_basicsize = sizeof(Step),
    .tp_dealloc = step_dealloc,
    .tp_vectorcall_offset = offsetof(Step, vectorcall),
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
                | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = step_traverse,
    .tp_clear = step_clear,
    .tp_getset = step_getset,
    .tp_free = heap_free,
};

// A field of the task, new reference or NULL.
static PyObject *
owned_field(TaskObject *self, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *value = xnew_ref(*field);
    critical_section_end(&cs);
    return value;
}

int
task_step_soon(TaskObject *self, PyObject *exception)
{
    PyObject *loop = future_loop(&self->future);
    if (loop == NULL) {
        return -1;
    }
    int result = -1;
    PyObject *context = owned_field(self, &self->task_context);
    Step *step = (Step *)heap_new_object(&asyncio_step_type, sizeof *step);
    if (step != NULL) {
        step->task = (PyObject *)new_ref(self);
        step->exception = xnew_ref(exception);
        step->vectorcall = step_vectorcall;
        gc_track(step);
        result = asyncio_call_soon(loop, (PyObject *)step, NULL, context);
        decref(step);
    }
    xdecref(context);
    decref(loop);
    return result;
}

// Schedules a step that throws RuntimeError. 0, or -1 with an exception.
static int
step_soon_error(TaskObject *self, PyObject *message)
{
    PyObject *exc = message != NULL ? object_call_onearg(PyExc_RuntimeError, message) : NULL;
    int result = exc != NULL ? task_step_soon(self, exc) : -1;
    xdecref(exc);
    xdecref(message);
    return result;
}

// The exception of a future that is done without having to raise it; NULL when it has to be asked.
static PyObject *
known_exception(FutureObject *future)
{
    if (future_state(future) != FUTURE_FINISHED || future->exception == NULL) {
        return NULL;
    }
    atomic_store_relaxed_u8(&future->log_traceback, 0);
    PyObject *traceback = future->exception_tb != NULL ? future->exception_tb : Py_None;
    return exception_set_traceback(future->exception, traceback) == 0 ? new_ref(future->exception)
                                                                      : NULL;
}

static bool
is_exact(PyObject *op)
{
    return type_of(op) == &asyncio_future_type || type_of(op) == &asyncio_task_type;
}

// What a future that a task waits for calls when it is done.
static PyObject *
task_wakeup(PyObject *op, PyObject *future)
{
    PyObject *exc = NULL;
    PyObject *result = NULL;
    if (future_awaited_by_discard(future, op) < 0) {
        return NULL;
    }
    if (is_exact(future)) {
        exc = known_exception(as_future(future));
        if (exc == NULL) {
            future_get_result(as_future(future), &result);
        }
    }
    else {
        result = object_call_method_noargs(future, ID(result));
    }
    if (result == NULL && exc == NULL) {
        exc = error_take();
    }
    xdecref(result);
    int failed = task_step(as_task(op), exc);
    xdecref(exc);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static PyMethodDef wakeup_definition = {"TaskWakeupMethWrapper", task_wakeup, METH_O, NULL};

// ---- what a coroutine yields ----

// Cancels what the task waits for if it is to be cancelled already. 0 or -1.
static int
pass_cancellation(TaskObject *self, PyObject *waiter)
{
    PyObject *message = owned_field(self, &self->future.cancel_message);
    PyObject *names = tuple_pack(1, ID(msg));
    PyObject *const stack[] = {waiter, message != NULL ? message : Py_None};
    PyObject *answer = names != NULL ? object_vectorcall_method(ID(cancel), stack, 1, names) : NULL;
    int cancelled = answer != NULL ? object_is_true(answer) : -1;
    xdecref(answer);
    xdecref(names);
    xdecref(message);
    if (cancelled > 0) {
        atomic_store_relaxed_u8(&self->must_cancel, 0);
    }
    return cancelled < 0 ? -1 : 0;
}

// Makes the task wait for a future, of whose `add` the callback is an argument. 0 or -1.
static int
wait_for(TaskObject *self, PyObject *future)
{
    PyObject *wakeup = cfunction_new(&wakeup_definition, (PyObject *)self, NULL);
    PyObject *context = owned_field(self, &self->task_context);
    AsyncioState *state = asyncio_state();
    int result = -1;
    if (wakeup == NULL || state == NULL
        || future_awaited_by_add(future, (PyObject *)self) < 0) {
        goto done;
    }
    if (is_exact(future)) {
        atomic_store_relaxed_u8(&as_future(future)->blocking, 0);
        result = future_add_done_callback(as_future(future), wakeup, context);
    }
    else if (object_setattr(future, ID(_asyncio_future_blocking), Py_False) == 0) {
        PyObject *const stack[] = {future, wakeup, context};
        PyObject *answer = object_vectorcall_method(ID(add_done_callback), stack, 2,
                                                    state->context_keyword);
        xdecref(answer);
        result = answer != NULL ? 0 : -1;
    }
    if (result == 0) {
        CriticalSection cs;
        critical_section_begin(&cs, self);
        PyObject *old = self->waiter;
        self->waiter = new_ref(future);
        critical_section_end(&cs);
        xdecref(old);
        if (atomic_load_relaxed_u8(&self->must_cancel)) {
            result = pass_cancellation(self, future);
        }
    }
done:
    xdecref(wakeup);
    xdecref(context);
    return result;
}

// The loop of any kind of future: new reference.
static PyObject *
loop_of(PyObject *future)
{
    if (is_exact(future)) {
        return future_loop(as_future(future));
    }
    PyObject *get_loop = asyncio_import(ASYNCIO_GET_LOOP);
    return get_loop != NULL ? object_call_onearg(get_loop, future) : NULL;
}

// A future was yielded; blocking tells whether by its own iterator.
static int
handle_future(TaskObject *self, PyObject *future, bool blocking)
{
    PyObject *loop = loop_of(future);
    if (loop == NULL) {
        return -1;
    }
    bool same = loop == self->future.loop;
    decref(loop);
    if (!same) {
        return step_soon_error(self, str_format("Task %R got Future %R attached to a different "
                                                "loop", self, future));
    }
    if (!blocking) {
        return step_soon_error(self, str_format("yield was used instead of yield from in task %R "
                                                "with %R", self, future));
    }
    if (future == (PyObject *)self) {
        return step_soon_error(self, str_format("Task cannot await on itself: %R", self));
    }
    return wait_for(self, future);
}

// 1 and *blocking when what was yielded is a future, 0, or -1.
static int
future_like(PyObject *yielded, bool *blocking)
{
    if (is_exact(yielded)) {
        *blocking = atomic_load_relaxed_u8(&as_future(yielded)->blocking);
        return 1;
    }
    if (yielded == Py_None) {
        return 0;
    }
    PyObject *value;
    int found = object_getattr_optional(yielded, ID(_asyncio_future_blocking), &value);
    if (found <= 0) {
        return found;
    }
    int truth = value != Py_None ? object_is_true(value) : 0;
    found = value != Py_None;
    decref(value);
    *blocking = truth > 0;
    return truth < 0 ? -1 : found;
}

static int
handle_yield(TaskObject *self, PyObject *yielded)
{
    bool blocking = false;
    int is_like = future_like(yielded, &blocking);
    if (is_like < 0) {
        return -1;
    }
    if (is_like) {
        return handle_future(self, yielded, blocking);
    }
    if (yielded == Py_None) {
        return task_step_soon(self, NULL);      // a bare yield: one round of the loop
    }
    if (generator_check(yielded)) {
        return step_soon_error(self, str_format("yield was used instead of yield from for "
                                                "generator in task %R with %R", self, yielded));
    }
    return step_soon_error(self, str_format("Task got bad yield: %R", yielded));
}

// ---- the step ----

// The coroutine has returned a value.
static int
handle_return(TaskObject *self, PyObject *value)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    bool cancel = self->must_cancel;
    self->must_cancel = 0;
    PyObject *message = cancel ? xnew_ref(self->future.cancel_message) : NULL;
    critical_section_end(&cs);
    int result = cancel ? future_cancel(&self->future, message)
                        : future_set_result(&self->future, value);
    xdecref(message);
    return result < 0 ? -1 : 0;
}

// The coroutine has raised the current exception.
static int
handle_error(TaskObject *self)
{
    PyObject *cancelled = asyncio_import(ASYNCIO_CANCELLED_ERROR);
    bool is_cancelled = cancelled != NULL && error_matches(cancelled);
    bool fatal = error_matches(PyExc_KeyboardInterrupt) || error_matches(PyExc_SystemExit);
    PyObject *exc = error_take();
    int result;
    if (is_cancelled) {
        CriticalSection cs;
        critical_section_begin(&cs, self);
        PyObject *old = self->future.cancelled_exc;
        self->future.cancelled_exc = exc;
        critical_section_end(&cs);
        xdecref(old);
        return future_cancel(&self->future, NULL) < 0 ? -1 : 0;
    }
    result = future_set_exception(&self->future, exc);
    if (result == 0 && fatal) {
        error_restore_steal(exc);
        return -1;
    }
    decref(exc);
    return result;
}

// The exception to throw when the task is to be cancelled: *exception is replaced by an owned
// reference. 0 or -1.
static int
take_cancellation(TaskObject *self, PyObject **exception)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    bool cancel = self->must_cancel;
    self->must_cancel = 0;
    PyObject *old = self->waiter;
    self->waiter = NULL;
    critical_section_end(&cs);
    xdecref(old);
    if (cancel) {
        PyObject *type = asyncio_import(ASYNCIO_CANCELLED_ERROR);
        if (type == NULL) {
            return -1;
        }
        if (*exception == NULL || !error_given_matches(*exception, type)) {
            *exception = future_cancelled_error(&self->future);
            return *exception != NULL ? 0 : -1;
        }
    }
    xincref(*exception);
    return 0;
}

int
task_run_step(TaskObject *self, PyObject *exception)
{
    if (future_state(&self->future) != FUTURE_PENDING) {
        PyObject *error = asyncio_import(ASYNCIO_INVALID_STATE_ERROR);
        if (error != NULL) {
            error_format(error, "__step(): already done: %R %R", self,
                         exception != NULL ? exception : Py_None);
        }
        return -1;
    }
    if (take_cancellation(self, &exception) < 0) {
        return -1;
    }
    PyObject *coro = owned_field(self, &self->coro);
    PyObject *value = NULL;
    PySendResult how = PYGEN_NEXT;
    if (coro == NULL) {
        error_set(PyExc_RuntimeError, "uninitialized Task object");
        xdecref(exception);
        return -1;
    }
    if (exception == NULL) {
        how = iter_send(coro, Py_None, &value);
    }
    else {
        value = object_call_method_onearg(coro, ID(throw), exception);
        if (value == NULL) {
            how = error_take_stop_iteration(&value) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
        }
        decref(exception);
    }
    decref(coro);
    int result = how == PYGEN_NEXT     ? handle_yield(self, value)
                 : how == PYGEN_RETURN ? handle_return(self, value)
                                       : handle_error(self);
    xdecref(value);
    return result;
}

static int
task_step(TaskObject *self, PyObject *exception)
{
    PyObject *loop = future_loop(&self->future);
    if (loop == NULL) {
        return -1;
    }
    int result = asyncio_enter_task(loop, (PyObject *)self);
    if (result == 0) {
        result = task_run_step(self, exception);
        PyObject *error = error_take();
        if (asyncio_leave_task(loop, (PyObject *)self) < 0) {
            result = -1;
        }
        error_chain_steal(error);
    }
    decref(loop);
    return result;
}
