// _asyncio.Future and the iterator behind `await future`.
//
// A future goes from FUTURE_PENDING to one of the other states once. What waits for that are
// callbacks; the first has fields of its own, as most futures have no other.
//
// Threading: see asyncio_internal.h.
#include "modules/asyncio_internal.h"

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/context.h"
#include "objects/dict.h"
#include "objects/exceptions.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

// ---- scheduling ----

int
asyncio_call_soon(PyObject *loop, PyObject *callback, PyObject *argument, PyObject *context)
{
    AsyncioState *state = asyncio_state();
    if (state == NULL) {
        return -1;
    }
    PyObject *stack[5] = {NULL, loop, callback};
    size_t n = 3;
    if (argument != NULL) {
        stack[n++] = argument;
    }
    stack[n] = context;
    PyObject *handle = object_vectorcall_method(
        ID(call_soon), stack + 1, (n - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET,
        context != NULL ? state->context_keyword : NULL);
    xdecref(handle);
    return handle == NULL ? -1 : 0;
}

// What a future has to do when it is done; taken out of it under its lock.
typedef struct {
    PyObject *callback;
    PyObject *context;
    PyObject *callbacks;
} Callbacks;

static Callbacks
take_callbacks_lock_held(FutureObject *self)
{
    Callbacks taken = {self->callback, self->context, self->callbacks};
    self->callback = self->context = self->callbacks = NULL;
    return taken;
}

static int
schedule_steal(FutureObject *self, Callbacks taken)
{
    int result = 0;
    if (taken.callback == NULL && taken.callbacks == NULL) {
        return 0;
    }
    PyObject *loop = future_loop(self);
    if (loop == NULL) {
        result = -1;
    }
    else if (taken.callback != NULL) {
        result = asyncio_call_soon(loop, taken.callback, (PyObject *)self, taken.context);
    }
    for (Py_ssize_t i = 0; result == 0 && taken.callbacks != NULL && i < list_size(taken.callbacks);
         i++) {
        PyObject *pair = list_get(taken.callbacks, i);
        if (pair == NULL) {
            result = -1;
            break;
        }
        result = asyncio_call_soon(loop, tuple_item(pair, 0), (PyObject *)self,
                                   tuple_item(pair, 1));
        decref(pair);
    }
    xdecref(loop);
    xdecref(taken.callback);
    xdecref(taken.context);
    xdecref(taken.callbacks);
    return result;
}

// A done task is no task of its loop any more.
static int
finish(FutureObject *self, Callbacks taken)
{
    if (is_task((PyObject *)self)) {
        task_unregister(as_task((PyObject *)self));
    }
    return schedule_steal(self, taken);
}

static int
invalid_state(const char *text)
{
    PyObject *error = asyncio_import(ASYNCIO_INVALID_STATE_ERROR);
    if (error != NULL) {
        error_set(error, text);
    }
    return -1;
}

PyObject *
future_loop(FutureObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *loop = xnew_ref(self->loop);
    critical_section_end(&cs);
    return loop != NULL
               ? loop
               : error_set(PyExc_RuntimeError, "Future object is not initialized.");
}

static bool
is_initialized(FutureObject *self)
{
    PyObject *loop = future_loop(self);
    xdecref(loop);
    return loop != NULL;
}

// ---- results ----

int
future_set_result(FutureObject *self, PyObject *result)
{
    CriticalSection cs;
    Callbacks taken = {NULL, NULL, NULL};
    critical_section_begin(&cs, self);
    bool pending = self->state == FUTURE_PENDING;
    if (pending) {
        self->result = new_ref(result);
        atomic_store_release_int(&self->state, FUTURE_FINISHED);
        taken = take_callbacks_lock_held(self);
    }
    critical_section_end(&cs);
    return pending ? finish(self, taken) : invalid_state("invalid state");
}

// The exception object of an argument of set_exception: new reference.
static PyObject *
exception_argument(PyObject *exception)
{
    PyObject *exc = type_check(exception) && exception_class_check(exception)
                        ? object_call_noargs(exception)
                        : new_ref(exception);
    if (exc == NULL) {
        return NULL;
    }
    if (!exception_instance_check(exc)) {
        decref(exc);
        return error_set(PyExc_TypeError, "invalid exception object");
    }
    if (!error_given_matches(exc, PyExc_StopIteration)) {
        return exc;
    }
    PyObject *text = str_from_cstr("StopIteration interacts badly with generators and cannot be "
                                   "raised into a Future");
    PyObject *wrapper = text != NULL ? object_call_onearg(PyExc_RuntimeError, text) : NULL;
    xdecref(text);
    if (wrapper != NULL) {
        exception_set_cause_steal(wrapper, new_ref(exc));
        exception_set_context_steal(wrapper, new_ref(exc));
    }
    decref(exc);
    return wrapper;
}

int
future_set_exception(FutureObject *self, PyObject *exception)
{
    if (future_state(self) != FUTURE_PENDING) {
        return invalid_state("invalid state");
    }
    PyObject *exc = exception_argument(exception);
    if (exc == NULL) {
        return -1;
    }
    PyObject *traceback = exception_get_traceback(exc);
    CriticalSection cs;
    Callbacks taken = {NULL, NULL, NULL};
    critical_section_begin(&cs, self);
    bool pending = self->state == FUTURE_PENDING;
    if (pending) {
        self->exception = exc;
        self->exception_tb = traceback;
        atomic_store_release_int(&self->state, FUTURE_FINISHED);
        taken = take_callbacks_lock_held(self);
    }
    critical_section_end(&cs);
    if (!pending) {
        decref(exc);
        xdecref(traceback);
        return invalid_state("invalid state");
    }
    if (finish(self, taken) < 0) {
        return -1;
    }
    atomic_store_relaxed_u8(&self->log_traceback, 1);
    return 0;
}

int
future_cancel(FutureObject *self, PyObject *message)
{
    CriticalSection cs;
    Callbacks taken = {NULL, NULL, NULL};
    PyObject *old = NULL;
    atomic_store_relaxed_u8(&self->log_traceback, 0);
    critical_section_begin(&cs, self);
    bool pending = self->state == FUTURE_PENDING;
    if (pending) {
        old = self->cancel_message;
        self->cancel_message = xnew_ref(message);
        atomic_store_release_int(&self->state, FUTURE_CANCELLED);
        taken = take_callbacks_lock_held(self);
    }
    critical_section_end(&cs);
    xdecref(old);
    return !pending ? 0 : finish(self, taken) < 0 ? -1 : 1;
}

PyObject *
future_cancelled_error(FutureObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *exc = self->cancelled_exc;
    self->cancelled_exc = NULL;
    PyObject *message = exc == NULL ? xnew_ref(self->cancel_message) : NULL;
    critical_section_end(&cs);
    if (exc != NULL) {
        return exc;
    }
    PyObject *error = asyncio_import(ASYNCIO_CANCELLED_ERROR);
    if (error != NULL) {
        exc = message != NULL && message != Py_None ? object_call_onearg(error, message)
                                                    : object_call_noargs(error);
    }
    xdecref(message);
    return exc;
}

// Raises what a cancelled future raises. -1.
static int
raise_cancelled(FutureObject *self)
{
    PyObject *exc = future_cancelled_error(self);
    if (exc != NULL) {
        error_raise_instance(exc);
        decref(exc);
    }
    return -1;
}

int
future_get_result(FutureObject *self, PyObject **result)
{
    *result = NULL;
    switch (future_state(self)) {
        case FUTURE_CANCELLED: return raise_cancelled(self);
        case FUTURE_PENDING: return invalid_state("Result is not set.");
        default: break;
    }
    atomic_store_relaxed_u8(&self->log_traceback, 0);
    if (self->exception == NULL) {
        *result = new_ref(self->result);
        return 0;
    }
    PyObject *traceback = self->exception_tb != NULL ? self->exception_tb : Py_None;
    if (exception_set_traceback(self->exception, traceback) == 0) {
        error_raise_instance(self->exception);
    }
    return -1;
}

// ---- callbacks ----

int
future_add_done_callback(FutureObject *self, PyObject *callback, PyObject *context)
{
    PyObject *own = context != NULL && context != Py_None ? new_ref(context)
                                                          : context_copy_current();
    if (own == NULL) {
        return -1;
    }
    CriticalSection cs;
    int result = 0;
    critical_section_begin(&cs, self);
    bool pending = self->state == FUTURE_PENDING;
    if (pending && self->callback == NULL && self->callbacks == NULL) {
        self->callback = new_ref(callback);
        self->context = new_ref(own);
    }
    else if (pending) {
        if (self->callbacks == NULL) {
            self->callbacks = list_new(0);
        }
        PyObject *pair = self->callbacks != NULL ? tuple_pair(callback, own) : NULL;
        result = pair != NULL ? list_append_steal(self->callbacks, pair) : -1;
    }
    critical_section_end(&cs);
    if (!pending) {
        PyObject *loop = future_loop(self);
        result = loop != NULL ? asyncio_call_soon(loop, callback, (PyObject *)self, own) : -1;
        xdecref(loop);
    }
    decref(own);
    return result;
}

// All callbacks as a list of pairs; empty when there are none.
static PyObject *
callback_list(FutureObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *pair = self->callback != NULL ? tuple_pair(self->callback, self->context) : NULL;
    bool failed = self->callback != NULL && pair == NULL;
    PyObject *list = failed ? NULL
                     : self->callbacks != NULL
                         ? list_slice(self->callbacks, 0, list_size(self->callbacks))
                         : list_new(0);
    critical_section_end(&cs);
    if (list != NULL && pair != NULL && list_insert(list, 0, pair) < 0) {
        clear_ref(list);
    }
    xdecref(pair);
    return list;
}

// Those of a list whose callback is not equal to fn.
static PyObject *
filter_callbacks(PyObject *list, PyObject *fn)
{
    PyObject *kept = list_new(0);
    for (Py_ssize_t i = 0; kept != NULL && i < list_size(list); i++) {
        PyObject *pair = list_get(list, i);
        int equal = pair != NULL ? object_richcompare_bool(tuple_item(pair, 0), fn, Py_EQ) : -1;
        if (equal < 0 || (equal == 0 && list_append(kept, pair) < 0)) {
            clear_ref(kept);
        }
        xdecref(pair);
    }
    return kept;
}

static PyObject *
future_remove_done_callback(PyObject *op, PyObject *fn)
{
    FutureObject *self = as_future(op);
    PyObject *list = is_initialized(self) ? callback_list(self) : NULL;
    PyObject *kept = list != NULL ? filter_callbacks(list, fn) : NULL;
    Py_ssize_t removed = kept != NULL ? list_size(list) - list_size(kept) : 0;
    xdecref(list);
    if (kept == NULL) {
        return NULL;
    }
    if (removed > 0 && list_size(kept) == 0) {
        clear_ref(kept);
    }
    Callbacks old = {NULL, NULL, NULL};
    CriticalSection cs;
    critical_section_begin(&cs, self);
    if (removed > 0 && self->state == FUTURE_PENDING) {
        old = take_callbacks_lock_held(self);
        self->callbacks = kept;
        kept = NULL;
    }
    critical_section_end(&cs);
    xdecref(old.callback);
    xdecref(old.context);
    xdecref(old.callbacks);
    xdecref(kept);
    return int_from_ssize(removed);
}

// ---- who waits ----

int
future_awaited_by_add(PyObject *future, PyObject *waiter)
{
    if (!is_future(future) || !is_future(waiter)) {
        return 0;
    }
    FutureObject *self = as_future(future);
    CriticalSection cs;
    int result = 0;
    critical_section_begin(&cs, self);
    if (self->awaited_by == NULL) {
        self->awaited_by = new_ref(waiter);
        self->awaited_by_set = false;
    }
    else if (self->awaited_by_set) {
        result = set_add(self->awaited_by, waiter);
    }
    else if (self->awaited_by != waiter) {
        // Adding runs __hash__, so the first is looked at again afterwards.
        PyObject *first = new_ref(self->awaited_by);
        PyObject *set = set_new(NULL);
        result = set == NULL || set_add(set, first) < 0 || set_add(set, waiter) < 0 ? -1 : 0;
        if (result == 0 && self->awaited_by == first && !self->awaited_by_set) {
            self->awaited_by = set;
            self->awaited_by_set = true;
            set = first;
        }
        xdecref(set);
        decref(first);
    }
    critical_section_end(&cs);
    return result;
}

int
future_awaited_by_discard(PyObject *future, PyObject *waiter)
{
    if (!is_future(future) || !is_future(waiter)) {
        return 0;
    }
    FutureObject *self = as_future(future);
    PyObject *old = NULL;
    CriticalSection cs;
    int result = 0;
    critical_section_begin(&cs, self);
    if (self->awaited_by_set) {
        result = set_discard(self->awaited_by, waiter);
    }
    else if (self->awaited_by == waiter) {
        old = self->awaited_by;
        self->awaited_by = NULL;
    }
    critical_section_end(&cs);
    xdecref(old);
    return result < 0 ? -1 : 0;
}

// ---- methods ----

static PyObject *
future_result_method(PyObject *op, PyObject *unused)
{
    PyObject *result;
    future_get_result(as_future(op), &result);
    return result;
}

static PyObject *
future_exception_method(PyObject *op, PyObject *unused)
{
    FutureObject *self = as_future(op);
    switch (future_state(self)) {
        case FUTURE_CANCELLED: raise_cancelled(self); return NULL;
        case FUTURE_PENDING: invalid_state("Exception is not set."); return NULL;
        default: break;
    }
    atomic_store_relaxed_u8(&self->log_traceback, 0);
    return new_ref(self->exception != NULL ? self->exception : Py_None);
}

static PyObject *
future_set_result_method(PyObject *op, PyObject *result)
{
    FutureObject *self = as_future(op);
    return !is_initialized(self) || future_set_result(self, result) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
future_set_exception_method(PyObject *op, PyObject *exception)
{
    FutureObject *self = as_future(op);
    return !is_initialized(self) || future_set_exception(self, exception) < 0 ? NULL
                                                                              : new_ref(Py_None);
}

static PyObject *
future_add_done_callback_method(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    static const char *const keywords[] = {"", "context", NULL};
    static ArgsParser parser = {.format = "O|$O:add_done_callback", .keywords = keywords};
    PyObject *fn;
    PyObject *context = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fn, &context)
        || !is_initialized(as_future(op))) {
        return NULL;
    }
    return future_add_done_callback(as_future(op), fn, context) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
future_cancel_method(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"msg", NULL};
    static ArgsParser parser = {.format = "|O:cancel", .keywords = keywords};
    PyObject *message = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &message)
        || !is_initialized(as_future(op))) {
        return NULL;
    }
    int cancelled = future_cancel(as_future(op), message);
    return cancelled < 0 ? NULL : bool_from_int(cancelled);
}

static PyObject *
future_cancelled(PyObject *op, PyObject *unused)
{
    return bool_from_int(future_state(as_future(op)) == FUTURE_CANCELLED);
}

static PyObject *
future_done(PyObject *op, PyObject *unused)
{
    return bool_from_int(future_state(as_future(op)) != FUTURE_PENDING);
}

static PyObject *
future_get_loop_method(PyObject *op, PyObject *unused)
{
    return future_loop(as_future(op));
}

static PyObject *
future_make_cancelled_error(PyObject *op, PyObject *unused)
{
    return future_cancelled_error(as_future(op));
}

// ---- attributes ----

static PyObject *
get_owned(PyObject *op, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *value = xnew_ref(*field);
    critical_section_end(&cs);
    return value != NULL ? value : new_ref(Py_None);
}

static PyObject *
get_field(PyObject *op, void *offset)
{
    return get_owned(op, (PyObject **)((char *)op + (size_t)offset));
}

static PyObject *
get_state(PyObject *op, void *closure)
{
    switch (future_state(as_future(op))) {
        case FUTURE_CANCELLED: return new_ref(ID(CANCELLED));
        case FUTURE_FINISHED: return new_ref(ID(FINISHED));
        default: return new_ref(ID(PENDING));
    }
}

static PyObject *
get_callbacks(PyObject *op, void *closure)
{
    PyObject *list = callback_list(as_future(op));
    if (list != NULL && list_size(list) == 0) {
        decref(list);
        return new_ref(Py_None);
    }
    return list;
}

static PyObject *
get_blocking(PyObject *op, void *closure)
{
    return bool_from_int(atomic_load_relaxed_u8(&as_future(op)->blocking));
}

static bool
check_not_deleted(PyObject *value)
{
    if (value == NULL) {
        error_set(PyExc_AttributeError, "cannot delete attribute");
    }
    return value != NULL;
}

static int
set_blocking(PyObject *op, PyObject *value, void *closure)
{
    int truth = check_not_deleted(value) ? object_is_true(value) : -1;
    if (truth >= 0) {
        atomic_store_relaxed_u8(&as_future(op)->blocking, (uint8_t)truth);
    }
    return truth < 0 ? -1 : 0;
}

static PyObject *
get_log_traceback(PyObject *op, void *closure)
{
    return bool_from_int(atomic_load_relaxed_u8(&as_future(op)->log_traceback));
}

static int
set_log_traceback(PyObject *op, PyObject *value, void *closure)
{
    int truth = check_not_deleted(value) ? object_is_true(value) : -1;
    if (truth > 0) {
        error_set(PyExc_ValueError, "_log_traceback can only be set to False");
    }
    if (truth != 0) {
        return -1;
    }
    atomic_store_relaxed_u8(&as_future(op)->log_traceback, 0);
    return 0;
}

static int
set_cancel_message(PyObject *op, PyObject *value, void *closure)
{
    if (!check_not_deleted(value)) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *old = as_future(op)->cancel_message;
    as_future(op)->cancel_message = new_ref(value);
    critical_section_end(&cs);
    xdecref(old);
    return 0;
}

static PyObject *
get_awaited_by(PyObject *op, void *closure)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *waiters = xnew_ref(as_future(op)->awaited_by);
    bool is_set = as_future(op)->awaited_by_set;
    critical_section_end(&cs);
    if (waiters == NULL) {
        return new_ref(Py_None);
    }
    PyObject *result = frozenset_new(is_set ? waiters : NULL);
    if (result != NULL && !is_set && set_add(result, waiters) < 0) {
        clear_ref(result);
    }
    decref(waiters);
    return result;
}

#define FIELD(name) ((void *)offsetof(FutureObject, name))

static PyGetSetDef future_getset[] = {
    {"_state", get_state, NULL, NULL, NULL},
    {"_asyncio_future_blocking", get_blocking, set_blocking, NULL, NULL},
    {"_loop", get_field, NULL, NULL, FIELD(loop)},
    {"_callbacks", get_callbacks, NULL, NULL, NULL},
    {"_result", get_field, NULL, NULL, FIELD(result)},
    {"_exception", get_field, NULL, NULL, FIELD(exception)},
    {"_log_traceback", get_log_traceback, set_log_traceback, NULL, NULL},
    {"_source_traceback", get_field, NULL, NULL, FIELD(source_traceback)},
    {"_cancel_message", get_field, set_cancel_message, NULL, FIELD(cancel_message)},
    {"_asyncio_awaited_by", get_awaited_by, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyObject *
future_get_source_traceback(FutureObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *value = xnew_ref(self->source_traceback);
    critical_section_end(&cs);
    return value;
}

// ---- life ----

PyObject *
future_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

// Puts everything back to what a new future is. The old values, to be released, go to `old`.
static void
reset_lock_held(FutureObject *self, PyObject *loop_steal, FutureObject *old)
{
    *old = *self;
    self->loop = loop_steal;
    self->callback = self->context = self->callbacks = NULL;
    self->result = self->exception = self->exception_tb = NULL;
    self->source_traceback = self->cancel_message = self->cancelled_exc = self->awaited_by = NULL;
    self->awaited_by_set = false;
    atomic_store_relaxed_u8(&self->log_traceback, 0);
    atomic_store_relaxed_u8(&self->blocking, 0);
    atomic_store_release_int(&self->state, FUTURE_PENDING);
}

static void
release_fields(FutureObject *fields)
{
    clear_ref(fields->loop);
    clear_ref(fields->callback);
    clear_ref(fields->context);
    clear_ref(fields->callbacks);
    clear_ref(fields->result);
    clear_ref(fields->exception);
    clear_ref(fields->exception_tb);
    clear_ref(fields->source_traceback);
    clear_ref(fields->cancel_message);
    clear_ref(fields->cancelled_exc);
    clear_ref(fields->awaited_by);
}

int
future_init(FutureObject *self, PyObject *loop)
{
    PyObject *own = loop != NULL && loop != Py_None ? new_ref(loop) : asyncio_get_event_loop();
    if (own == NULL) {
        return -1;
    }
    FutureObject old;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    bool again = self->loop != NULL;
    if (again) {
        reset_lock_held(self, new_ref(own), &old);
    }
    else {
        self->loop = new_ref(own);
    }
    critical_section_end(&cs);
    if (again) {
        release_fields(&old);
    }
    PyObject *debug = object_call_method_noargs(own, ID(get_debug));
    int is_debug = debug != NULL ? object_is_true(debug) : -1;
    xdecref(debug);
    decref(own);
    if (is_debug <= 0) {
        return is_debug;
    }
    PyObject *extract = asyncio_import(ASYNCIO_EXTRACT_STACK);
    PyObject *stack = extract != NULL ? object_call_noargs(extract) : NULL;
    if (stack == NULL) {
        return -1;
    }
    critical_section_begin(&cs, self);
    PyObject *replaced = self->source_traceback;
    self->source_traceback = stack;
    critical_section_end(&cs);
    xdecref(replaced);
    return 0;
}

static int
future_tp_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"loop", NULL};
    PyObject *loop = Py_None;
    if (!args_parse_static(args, kwargs, "|$O:Future", keywords, &loop)) {
        return -1;
    }
    return future_init(as_future(op), loop);
}

int
future_traverse(PyObject *op, visitproc visit, void *arg)
{
    FutureObject *self = as_future(op);
    PyObject *const fields[] = {
        self->loop,      self->callback,     self->context,          self->callbacks,
        self->result,    self->exception,    self->exception_tb,     self->source_traceback,
        self->dict,      self->cancel_message, self->cancelled_exc,  self->awaited_by,
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int status = fields[i] != NULL ? visit(fields[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

int
future_clear(PyObject *op)
{
    release_fields(as_future(op));
    clear_ref(as_future(op)->dict);
    return 0;
}

// Tells the loop about an exception that nobody has asked for.
static void
report_exception(FutureObject *self)
{
    PyObject *traceback = future_get_source_traceback(self);
    PyObject *message = str_format("%s exception was never retrieved",
                                   type_short_name(type_of((PyObject *)self)));
    PyObject *context = message != NULL ? dict_new() : NULL;
    if (context != NULL && dict_set(context, ID(message), message) == 0
        && dict_set(context, ID(exception), self->exception) == 0
        && dict_set(context, ID(future), (PyObject *)self) == 0
        && (traceback == NULL || dict_set(context, ID(source_traceback), traceback) == 0)) {
        xdecref(object_call_method_onearg(self->loop, ID(call_exception_handler), context));
    }
    if (error_occurred()) {
        error_write_unraisable((PyObject *)self);
    }
    xdecref(context);
    xdecref(message);
    xdecref(traceback);
}

void
future_finalize(PyObject *op)
{
    FutureObject *self = as_future(op);
    if (!atomic_load_relaxed_u8(&self->log_traceback) || self->exception == NULL
        || self->loop == NULL) {
        return;
    }
    atomic_store_relaxed_u8(&self->log_traceback, 0);
    PyObject *pending = error_take();
    report_exception(self);
    error_restore_steal(pending);
}

static void
future_dealloc(PyObject *op)
{
    if (object_call_finalizer_from_dealloc(op) < 0) {
        return;
    }
    gc_untrack(op);
    weakref_clear_all(op);
    future_clear(op);
    type_of(op)->tp_free(op);
}

static PyObject *
future_repr(PyObject *op)
{
    PyObject *repr = asyncio_import(ASYNCIO_FUTURE_REPR);
    return repr != NULL ? object_call_onearg(repr, op) : NULL;
}

// ---- the iterator ----

typedef struct {
    PyObject ob_base;
    PyObject *future;           // atomic: NULL once exhausted or while a thread uses it
} FutureIter;

static FutureIter *as_iter(PyObject *op) { return (FutureIter *)op; }

static PyObject *
future_iter(PyObject *op)
{
    if (!is_initialized(as_future(op))) {
        return NULL;
    }
    FutureIter *self = (FutureIter *)heap_new_object(&asyncio_future_iter_type, sizeof *self);
    if (self != NULL) {
        self->future = new_ref(op);
        gc_track(self);
    }
    return (PyObject *)self;
}

static PySendResult
future_iter_send(PyObject *op, PyObject *value, PyObject **result)
{
    PyObject *future = atomic_exchange_ptr(&as_iter(op)->future, NULL);
    *result = NULL;
    if (future == NULL) {
        *result = new_ref(Py_None);
        return PYGEN_RETURN;
    }
    FutureObject *self = as_future(future);
    if (future_state(self) != FUTURE_PENDING) {
        int failed = future_get_result(self, result);
        decref(future);
        return failed < 0 ? PYGEN_ERROR : PYGEN_RETURN;
    }
    bool waits = atomic_load_relaxed_u8(&self->blocking);
    if (waits) {
        error_set(PyExc_RuntimeError, "await wasn't used with future");
    }
    else {
        atomic_store_relaxed_u8(&self->blocking, 1);
        *result = new_ref(future);
    }
    xdecref((PyObject *)atomic_exchange_ptr(&as_iter(op)->future, future));
    return waits ? PYGEN_ERROR : PYGEN_NEXT;
}

static PyObject *
future_iter_next(PyObject *op)
{
    PyObject *result;
    PySendResult how = future_iter_send(op, Py_None, &result);
    if (how == PYGEN_RETURN) {
        if (result != Py_None) {
            error_set_stop_iteration(result);
        }
        clear_ref(result);
    }
    return result;
}

// send() never returns without a value or an exception.
static PyObject *
future_iter_send_method(PyObject *op, PyObject *value)
{
    PyObject *result = future_iter_next(op);
    if (result == NULL && !error_occurred()) {
        error_set_none(PyExc_StopIteration);
    }
    return result;
}

static PyObject *
future_iter_close(PyObject *op, PyObject *unused)
{
    xdecref((PyObject *)atomic_exchange_ptr(&as_iter(op)->future, NULL));
    return new_ref(Py_None);
}

// The exception that throw(type, value, traceback) means: new reference.
static PyObject *
thrown_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
    PyObject *exc;
    if (traceback != NULL && traceback != Py_None && !traceback_check(traceback)) {
        return error_set(PyExc_TypeError, "throw() third argument must be a traceback");
    }
    if (type_check(type) && exception_class_check(type)) {
        exc = error_instantiate(type, value);
    }
    else if (!exception_instance_check(type)) {
        return error_format(PyExc_TypeError,
                            "exceptions must be classes deriving BaseException or instances of "
                            "such a class");
    }
    else if (value != NULL && value != Py_None) {
        return error_set(PyExc_TypeError, "instance exception may not have a separate value");
    }
    else {
        exc = new_ref(type);
    }
    if (exc != NULL && traceback != NULL && traceback != Py_None
        && exception_set_traceback(exc, traceback) < 0) {
        clear_ref(exc);
    }
    return exc;
}

static PyObject *
future_iter_throw(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("throw", nargs, 1, 3)) {
        return NULL;
    }
    if (nargs > 1
        && error_warn(PyExc_DeprecationWarning, 1,
                      "the (type, exc, tb) signature of throw() is deprecated, use the "
                      "single-arg signature instead.") < 0) {
        return NULL;
    }
    PyObject *exc = thrown_exception(args[0], nargs > 1 ? args[1] : NULL,
                                     nargs > 2 ? args[2] : NULL);
    if (exc == NULL) {
        return NULL;
    }
    xdecref((PyObject *)atomic_exchange_ptr(&as_iter(op)->future, NULL));
    error_restore_steal(exc);
    return NULL;
}

NATIVE_LIFETIME(future_iter, FutureIter, 1, future)

static int
future_iter_clear(PyObject *op)
{
    clear_ref(as_iter(op)->future);
    return 0;
}

static PyMethodDef future_iter_methods[] = {
    {"send", future_iter_send_method, METH_O, NULL},
    {"throw", FASTCALL(future_iter_throw), METH_FASTCALL, NULL},
    {"close", future_iter_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods future_iter_as_async = {.am_send = future_iter_send};

PyTypeObject asyncio_future_iter_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_asyncio.FutureIter",
    .tp_basicsize = sizeof(FutureIter),
    .tp_dealloc = future_iter_dealloc,
    .tp_as_async = &future_iter_as_async,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = future_iter_traverse,
    .tp_clear = future_iter_clear,
    .tp_iter = object_self_iter,
    .tp_iternext = future_iter_next,
    .tp_methods = future_iter_methods,
    .tp_free = heap_free,
};

// ---- the type ----

static PyMethodDef future_methods[] = {
    {"result", future_result_method, METH_NOARGS,
     "result($self, /)\n--\n\nReturn the result this future represents.\n\n"
     "A cancelled future raises CancelledError, one that is not done InvalidStateError, and one\n"
     "with an exception that exception."},
    {"exception", future_exception_method, METH_NOARGS,
     "exception($self, /)\n--\n\nReturn the exception that was set on this future, or None.\n\n"
     "A cancelled future raises CancelledError, one that is not done InvalidStateError."},
    {"set_result", future_set_result_method, METH_O,
     "set_result($self, result, /)\n--\n\nMark the future done and set its result.\n\n"
     "If the future is done already, raises InvalidStateError."},
    {"set_exception", future_set_exception_method, METH_O,
     "set_exception($self, exception, /)\n--\n\nMark the future done and set an exception.\n\n"
     "If the future is done already, raises InvalidStateError."},
    {"add_done_callback", FASTCALL(future_add_done_callback_method), METH_FASTCALL | METH_KEYWORDS,
     "add_done_callback($self, fn, /, *, context=<unrepresentable>)\n--\n\n"
     "Add a callback to be run when the future becomes done.\n\n"
     "It is called with the future, by the loop's call_soon(); at once when the future is done."},
    {"remove_done_callback", future_remove_done_callback, METH_O,
     "remove_done_callback($self, fn, /)\n--\n\n"
     "Remove all instances of a callback from the \"call when done\" list.\n\n"
     "Returns the number of callbacks removed."},
    {"cancel", FASTCALL(future_cancel_method), METH_FASTCALL | METH_KEYWORDS,
     "cancel($self, /, msg=None)\n--\n\nCancel the future and schedule callbacks.\n\n"
     "Returns False when the future is done already, else True."},
    {"cancelled", future_cancelled, METH_NOARGS,
     "cancelled($self, /)\n--\n\nReturn True if the future was cancelled."},
    {"done", future_done, METH_NOARGS,
     "done($self, /)\n--\n\nReturn True if the future is done.\n\n"
     "Done means that a result or exception is there, or that the future was cancelled."},
    {"get_loop", future_get_loop_method, METH_NOARGS,
     "get_loop($self, /)\n--\n\nReturn the event loop the Future is bound to."},
    {"_make_cancelled_error", future_make_cancelled_error, METH_NOARGS,
     "_make_cancelled_error($self, /)\n--\n\n"
     "Create the CancelledError to raise if the Future is cancelled.\n\n"
     "To be called once for a cancellation: the saved exception is given away."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyAsyncMethods future_as_async = {.am_await = future_iter};

PyTypeObject asyncio_future_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_asyncio.Future",
    .tp_basicsize = sizeof(FutureObject),
    .tp_dealloc = future_dealloc,
    .tp_as_async = &future_as_async,
    .tp_repr = future_repr,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Future(*, loop=<unrepresentable>)\n--\n\n"
              "What will be the result of something, or its exception.\n\n"
              "Like concurrent.futures.Future, but not to be waited for by threads: result() and\n"
              "exception() raise when the future is not done, and callbacks are called by the\n"
              "event loop's call_soon().",
    .tp_traverse = future_traverse,
    .tp_clear = future_clear,
    .tp_weaklistoffset = offsetof(FutureObject, weakrefs),
    .tp_iter = future_iter,
    .tp_methods = future_methods,
    .tp_getset = future_getset,
    .tp_dictoffset = offsetof(FutureObject, dict),
    .tp_init = future_tp_init,
    .tp_new = future_new,
    .tp_finalize = future_finalize,
};
