// _asyncio.Task: a future that runs a coroutine; asyncio_step.c has how.
//
// Threading: see asyncio_internal.h.
#include "modules/asyncio_internal.h"

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/context.h"
#include "objects/dict.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/weakref.h"
#include "vm/generator.h"

// ---- making ----

static PyObject *
task_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op = future_new(type, args, kwargs);
    if (op != NULL) {
        as_task(op)->log_destroy_pending = 1;
    }
    return op;
}

// 1, 0 or -1.
static int
is_coroutine(PyObject *coro)
{
    if (coroutine_check(coro)) {
        return 1;
    }
    PyObject *iscoroutine = asyncio_import(ASYNCIO_ISCOROUTINE);
    PyObject *answer = iscoroutine != NULL ? object_call_onearg(iscoroutine, coro) : NULL;
    int result = answer != NULL ? object_is_true(answer) : -1;
    xdecref(answer);
    return result;
}

// Replaces an owned field; consumes the value.
static void
set_field_steal(TaskObject *self, PyObject **field, PyObject *value)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *old = *field;
    *field = value;
    critical_section_end(&cs);
    xdecref(old);
}

static PyObject *
get_owned(TaskObject *self, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *value = xnew_ref(*field);
    critical_section_end(&cs);
    return value != NULL ? value : new_ref(Py_None);
}

static int
set_name(TaskObject *self, PyObject *name)
{
    PyObject *text = str_check_exact(name) ? new_ref(name) : object_str(name);
    if (text != NULL) {
        set_field_steal(self, &self->name, text);
    }
    return text != NULL ? 0 : -1;
}

// The first step, at once and in the middle of another task.
static int
eager_start(AsyncioState *state, TaskObject *self, PyObject *loop)
{
    PyObject *op = (PyObject *)self;
    PyObject *context = get_owned(self, &self->task_context);
    PyObject *previous = asyncio_swap_current_task(loop, op);
    int result = -1;
    if (previous == NULL) {
        decref(context);
        return -1;
    }
    if (set_add(state->eager_tasks, op) == 0) {
        if (context_enter(thread_current(), context) == 0) {
            result = task_run_step(self, NULL);
            PyObject *error = error_take();
            result = context_exit(thread_current(), context) < 0 ? -1 : result;
            error_chain_steal(error);
        }
        PyObject *error = error_take();
        result = set_discard(state->eager_tasks, op) < 0 ? -1 : result;
        error_chain_steal(error);
    }
    PyObject *error = error_take();
    PyObject *current = asyncio_swap_current_task(loop, previous);
    result = current == NULL ? -1 : result;
    error_chain_steal(error);
    xdecref(current);
    decref(previous);
    decref(context);
    if (future_state(&self->future) == FUTURE_PENDING) {
        task_register(state, self);
    }
    else {
        set_field_steal(self, &self->coro, NULL);
    }
    return result;
}

// Schedules the first step, or runs it. 0 or -1.
static int
start(AsyncioState *state, TaskObject *self, bool eager)
{
    int running = 0;
    if (eager) {
        PyObject *loop = future_loop(&self->future);
        PyObject *answer = loop != NULL ? object_call_method_noargs(loop, ID(is_running)) : NULL;
        running = answer != NULL ? object_is_true(answer) : -1;
        xdecref(answer);
        if (running > 0) {
            int result = eager_start(state, self, loop);
            decref(loop);
            return result;
        }
        xdecref(loop);
    }
    if (running < 0 || task_step_soon(self, NULL) < 0) {
        return -1;
    }
    task_register(state, self);
    return 0;
}

static int
task_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"coro", "loop", "name", "context", "eager_start", NULL};
    TaskObject *self = as_task(op);
    PyObject *coro;
    PyObject *loop = Py_None;
    PyObject *name = Py_None;
    PyObject *context = Py_None;
    int eager = 0;
    AsyncioState *state = asyncio_state();
    if (state == NULL
        || !args_parse_static(args, kwargs, "O|$OOOp:Task", keywords, &coro, &loop, &name,
                              &context, &eager)
        || asyncio_import(ASYNCIO_CANCELLED_ERROR) == NULL || future_init(&self->future, loop) < 0) {
        return -1;
    }
    int good = is_coroutine(coro);
    if (good <= 0) {
        atomic_store_relaxed_u8(&self->log_destroy_pending, 0);
        if (good == 0) {
            error_format(PyExc_TypeError, "a coroutine was expected, got %R", coro);
        }
        return -1;
    }
    PyObject *own_context = context != Py_None ? new_ref(context) : context_copy_current();
    if (own_context == NULL) {
        return -1;
    }
    set_field_steal(self, &self->task_context, own_context);
    set_field_steal(self, &self->waiter, NULL);
    set_field_steal(self, &self->coro, new_ref(coro));
    self->name_number = 0;
    if (name != Py_None) {
        if (set_name(self, name) < 0) {
            return -1;
        }
    }
    else {
        set_field_steal(self, &self->name, NULL);
        self->name_number = atomic_add_u64(&state->task_names, 1) + 1;
    }
    atomic_store_relaxed_u8(&self->must_cancel, 0);
    atomic_store_relaxed_u8(&self->log_destroy_pending, 1);
    self->cancels_requested = 0;
    return start(state, self, eager);
}

// ---- methods ----

static PyObject *
task_get_coro(PyObject *op, PyObject *unused)
{
    return get_owned(as_task(op), &as_task(op)->coro);
}

static PyObject *
task_get_context(PyObject *op, PyObject *unused)
{
    return get_owned(as_task(op), &as_task(op)->task_context);
}

static PyObject *
task_get_name(PyObject *op, PyObject *unused)
{
    TaskObject *self = as_task(op);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    if (self->name == NULL && self->name_number != 0) {
        self->name = str_format("Task-%llu", (unsigned long long)self->name_number);
    }
    PyObject *name = xnew_ref(self->name);
    critical_section_end(&cs);
    return name != NULL || error_occurred() ? name : new_ref(Py_None);
}

static PyObject *
task_set_name(PyObject *op, PyObject *name)
{
    return set_name(as_task(op), name) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
task_set_result(PyObject *op, PyObject *result)
{
    return error_set(PyExc_RuntimeError, "Task does not support set_result operation");
}

static PyObject *
task_set_exception(PyObject *op, PyObject *exception)
{
    return error_set(PyExc_RuntimeError, "Task does not support set_exception operation");
}

// Asks what the task waits for to be cancelled: 1, 0, or -1.
static int
cancel_waiter(TaskObject *self, PyObject *message)
{
    PyObject *waiter = get_owned(self, &self->waiter);
    int result = 0;
    if (waiter != Py_None) {
        PyObject *cancel = object_getattr(waiter, ID(cancel));
        PyObject *kwargs = cancel != NULL ? dict_new() : NULL;
        PyObject *answer = kwargs != NULL && dict_set(kwargs, ID(msg), message) == 0
                               ? object_vectorcall_dict(cancel, NULL, 0, kwargs)
                               : NULL;
        result = answer != NULL ? object_is_true(answer) : -1;
        xdecref(answer);
        xdecref(kwargs);
        xdecref(cancel);
    }
    decref(waiter);
    return result;
}

static PyObject *
task_cancel(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"msg", NULL};
    static ArgsParser parser = {.format = "|O:cancel", .keywords = keywords};
    TaskObject *self = as_task(op);
    PyObject *message = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &message)) {
        return NULL;
    }
    atomic_store_relaxed_u8(&self->future.log_traceback, 0);
    if (future_state(&self->future) != FUTURE_PENDING) {
        return new_ref(Py_False);
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    self->cancels_requested++;
    critical_section_end(&cs);
    int passed = cancel_waiter(self, message);
    if (passed != 0) {
        return passed < 0 ? NULL : new_ref(Py_True);
    }
    critical_section_begin(&cs, self);
    atomic_store_relaxed_u8(&self->must_cancel, 1);
    PyObject *old = self->future.cancel_message;
    self->future.cancel_message = new_ref(message);
    critical_section_end(&cs);
    xdecref(old);
    return new_ref(Py_True);
}

static PyObject *
task_cancelling(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int count = as_task(op)->cancels_requested;
    critical_section_end(&cs);
    return int_from_i64(count);
}

static PyObject *
task_uncancel(PyObject *op, PyObject *unused)
{
    TaskObject *self = as_task(op);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    if (self->cancels_requested > 0) {
        self->cancels_requested--;
        if (self->cancels_requested == 0) {
            atomic_store_relaxed_u8(&self->must_cancel, 0);
        }
    }
    int count = self->cancels_requested;
    critical_section_end(&cs);
    return int_from_i64(count);
}

static PyObject *
task_get_stack(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"limit", NULL};
    static ArgsParser parser = {.format = "|$O:get_stack", .keywords = keywords};
    PyObject *limit = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &limit)) {
        return NULL;
    }
    PyObject *function = asyncio_import(ASYNCIO_TASK_GET_STACK);
    return function != NULL ? object_call_twoargs(function, op, limit) : NULL;
}

static PyObject *
task_print_stack(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"limit", "file", NULL};
    static ArgsParser parser = {.format = "|$OO:print_stack", .keywords = keywords};
    PyObject *limit = Py_None;
    PyObject *file = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &limit, &file)) {
        return NULL;
    }
    PyObject *function = asyncio_import(ASYNCIO_TASK_PRINT_STACK);
    return function != NULL ? object_call_objargs(function, op, limit, file, NULL) : NULL;
}

// ---- attributes ----

static PyObject *
get_log_destroy_pending(PyObject *op, void *closure)
{
    return bool_from_int(atomic_load_relaxed_u8(&as_task(op)->log_destroy_pending));
}

static int
set_log_destroy_pending(PyObject *op, PyObject *value, void *closure)
{
    if (value == NULL) {
        error_set(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    int truth = object_is_true(value);
    if (truth >= 0) {
        atomic_store_relaxed_u8(&as_task(op)->log_destroy_pending, (uint8_t)truth);
    }
    return truth < 0 ? -1 : 0;
}

static PyObject *
get_must_cancel(PyObject *op, void *closure)
{
    return bool_from_int(atomic_load_relaxed_u8(&as_task(op)->must_cancel));
}

static PyObject *
get_coro(PyObject *op, void *closure)
{
    return get_owned(as_task(op), &as_task(op)->coro);
}

static PyObject *
get_waiter(PyObject *op, void *closure)
{
    return get_owned(as_task(op), &as_task(op)->waiter);
}

static PyGetSetDef task_getset[] = {
    {"_log_destroy_pending", get_log_destroy_pending, set_log_destroy_pending, NULL, NULL},
    {"_must_cancel", get_must_cancel, NULL, NULL, NULL},
    {"_coro", get_coro, NULL, NULL, NULL},
    {"_fut_waiter", get_waiter, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- life ----

static int
task_traverse(PyObject *op, visitproc visit, void *arg)
{
    TaskObject *self = as_task(op);
    PyObject *const fields[] = {self->waiter, self->coro, self->task_context, self->name};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int status = fields[i] != NULL ? visit(fields[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return future_traverse(op, visit, arg);
}

static int
task_clear(PyObject *op)
{
    TaskObject *self = as_task(op);
    clear_ref(self->waiter);
    clear_ref(self->coro);
    clear_ref(self->task_context);
    clear_ref(self->name);
    return future_clear(op);
}

// Tells the loop that a task dies that still had something to do.
static void
report_pending(TaskObject *self)
{
    PyObject *traceback = future_get_source_traceback(&self->future);
    PyObject *message = str_from_cstr("Task was destroyed but it is pending!");
    PyObject *context = message != NULL ? dict_new() : NULL;
    if (context != NULL && dict_set(context, ID(task), (PyObject *)self) == 0
        && dict_set(context, ID(message), message) == 0
        && (traceback == NULL || dict_set(context, ID(source_traceback), traceback) == 0)) {
        xdecref(object_call_method_onearg(self->future.loop, ID(call_exception_handler), context));
    }
    if (error_occurred()) {
        error_write_unraisable((PyObject *)self);
    }
    xdecref(context);
    xdecref(message);
    xdecref(traceback);
}

static void
task_finalize(PyObject *op)
{
    TaskObject *self = as_task(op);
    if (future_state(&self->future) == FUTURE_PENDING && self->future.loop != NULL
        && atomic_load_relaxed_u8(&self->log_destroy_pending)) {
        PyObject *pending = error_take();
        report_pending(self);
        error_restore_steal(pending);
    }
    future_finalize(op);
}

static void
task_dealloc(PyObject *op)
{
    if (object_call_finalizer_from_dealloc(op) < 0) {
        return;
    }
    task_unregister(as_task(op));
    gc_untrack(op);
    weakref_clear_all(op);
    task_clear(op);
    type_of(op)->tp_free(op);
}

static PyObject *
task_repr(PyObject *op)
{
    PyObject *repr = asyncio_import(ASYNCIO_TASK_REPR);
    return repr != NULL ? object_call_onearg(repr, op) : NULL;
}

static PyMethodDef task_methods[] = {
    {"get_coro", task_get_coro, METH_NOARGS, "get_coro($self, /)\n--\n\n"},
    {"get_context", task_get_context, METH_NOARGS, "get_context($self, /)\n--\n\n"},
    {"get_name", task_get_name, METH_NOARGS, "get_name($self, /)\n--\n\n"},
    {"set_name", task_set_name, METH_O, "set_name($self, value, /)\n--\n\n"},
    {"set_result", task_set_result, METH_O, "set_result($self, result, /)\n--\n\n"},
    {"set_exception", task_set_exception, METH_O, "set_exception($self, exception, /)\n--\n\n"},
    {"cancel", FASTCALL(task_cancel), METH_FASTCALL | METH_KEYWORDS,
     "cancel($self, /, msg=None)\n--\n\nRequest that this task cancel itself.\n\n"
     "CancelledError is thrown into the coroutine in the next round of the event loop. The\n"
     "coroutine may catch it, so the task need not end cancelled. Increases cancelling()."},
    {"cancelling", task_cancelling, METH_NOARGS,
     "cancelling($self, /)\n--\n\nReturn the count of the task's cancellation requests."},
    {"uncancel", task_uncancel, METH_NOARGS,
     "uncancel($self, /)\n--\n\nDecrement the task's count of cancellation requests.\n\n"
     "Returns the remaining number of cancellation requests."},
    {"get_stack", FASTCALL(task_get_stack), METH_FASTCALL | METH_KEYWORDS,
     "get_stack($self, /, *, limit=None)\n--\n\n"
     "Return the list of stack frames for this task's coroutine.\n\n"
     "Of a task that ended with an exception it is the frames of its traceback; limit is the\n"
     "largest number of frames."},
    {"print_stack", FASTCALL(task_print_stack), METH_FASTCALL | METH_KEYWORDS,
     "print_stack($self, /, *, limit=None, file=None)\n--\n\n"
     "Print the stack or traceback for this task's coroutine."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject asyncio_task_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_asyncio.Task",
    .tp_basicsize = sizeof(TaskObject),
    .tp_dealloc = task_dealloc,
    .tp_repr = task_repr,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Task(coro, *, loop=None, name=None, context=None, eager_start=False)\n--\n\n"
              "A coroutine wrapped in a Future.",
    .tp_traverse = task_traverse,
    .tp_clear = task_clear,
    .tp_weaklistoffset = offsetof(FutureObject, weakrefs),
    .tp_methods = task_methods,
    .tp_getset = task_getset,
    .tp_base = &asyncio_future_type,
    .tp_dictoffset = offsetof(FutureObject, dict),
    .tp_init = task_init,
    .tp_new = task_new,
    .tp_finalize = task_finalize,
};
