// The _thread module: starting threads, handles to wait for them, locks, locals.
//
// Owns the list of handles of running threads; the end of the program waits for those that are not
// daemons. A handle's state lives in HandleState, counted by its users: the handle object
// and the running thread.
//
// Threading: HandleState by atomics and its event; the list by its lock.
#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "modules/_thread_types.h"
#include "modules/module.h"
#include "modules/thread_handle.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "platform/thread.h"
#include "platform/time.h"
#include "runtime/print_error.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "runtime/threads.h"
#include "thread/once.h"
#include "thread/runtime.h"

// ---- handles ----

enum { HANDLE_NEW = 0, HANDLE_STARTING, HANDLE_RUNNING, HANDLE_DONE };

typedef struct HandleState {
    ssize_t users;              // atomic; 0: about to be freed
    int state;                  // atomic: HANDLE_*
    uintptr_t ident;            // atomic: written before RUNNING, by both threads
    Event done;
    bool waited_for;            // immutable once listed: the end of the program waits for the thread
    bool listed;                // lock: handles.lock
    struct HandleState *next;   // lock: handles.lock
    struct HandleState *prev;   // lock: handles.lock
} HandleState;

static struct {
    PyMutex lock;
    HandleState *first;         // lock: lock; states of threads that are not done, unowned
} handles;

typedef struct {
    PyObject ob_base;
    HandleState *state;         // immutable
} HandleObject;

static PyTypeObject handle_type;

static void
handle_list(HandleState *h, bool waited_for)
{
    mutex_lock_brief(&handles.lock);
    h->waited_for = waited_for;
    h->listed = true;
    h->prev = NULL;
    h->next = handles.first;
    if (h->next != NULL) {
        h->next->prev = h;
    }
    handles.first = h;
    mutex_unlock(&handles.lock);
}

static void
handle_unlist_lock_held(HandleState *h)
{
    if (!h->listed) {
        return;
    }
    if (h->prev != NULL) {
        h->prev->next = h->next;
    }
    else {
        handles.first = h->next;
    }
    if (h->next != NULL) {
        h->next->prev = h->prev;
    }
    h->listed = false;
}

static void
handle_unlist(HandleState *h)
{
    mutex_lock_brief(&handles.lock);
    handle_unlist_lock_held(h);
    mutex_unlock(&handles.lock);
}

static void
handle_release(HandleState *h)
{
    if (atomic_add_ssize(&h->users, -1) == 1) {
        handle_unlist(h);
        mem_free(h);
    }
}

// A further user of a state that was found in the list. False when its last user has just gone.
static bool
handle_hold(HandleState *h)
{
    ssize_t users = atomic_load_relaxed_ssize(&h->users);
    while (users > 0) {
        if (atomic_cas_ssize(&h->users, &users, users + 1)) {
            return true;
        }
    }
    return false;
}

static void
handle_set_done(HandleState *h)
{
    handle_unlist(h);
    atomic_store_int(&h->state, HANDLE_DONE);
    event_set(&h->done);
}

void
thread_handles_before_fork(void)
{
    mutex_lock_brief(&handles.lock);
}

void
thread_handles_after_fork_parent(void)
{
    mutex_unlock(&handles.lock);
}

void
thread_handles_after_fork_child(void)
{
    mutex_reset_after_fork(&handles.lock);
    unsigned long self = os_thread_ident();
    for (HandleState *h = handles.first, *next; h != NULL; h = next) {
        next = h->next;
        if (atomic_load_relaxed_uptr(&h->ident) != self) {
            handle_unlist_lock_held(h);
            atomic_store_int(&h->state, HANDLE_DONE);
            event_set(&h->done);
        }
    }
}

static PyObject *
handle_new(void)
{
    HandleObject *self = (HandleObject *)handle_type.tp_alloc(&handle_type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->state = mem_calloc_or_error(1, sizeof *self->state);
    if (self->state == NULL) {
        decref(self);
        return NULL;
    }
    self->state->users = 1;
    return &self->ob_base;
}

static PyObject *
handle_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return handle_new();
}

static void
handle_dealloc(PyObject *op)
{
    HandleState *h = ((HandleObject *)op)->state;
    if (h != NULL) {
        handle_release(h);
    }
    type_of(op)->tp_free(op);
}

static unsigned long
handle_ident(HandleState *h)
{
    return atomic_load_int(&h->state) >= HANDLE_RUNNING ? atomic_load_relaxed_uptr(&h->ident) : 0;
}

static PyObject *
handle_repr(PyObject *op)
{
    return str_format("<%s object: ident=%lu>", type_of(op)->tp_name,
                      handle_ident(((HandleObject *)op)->state));
}

static PyObject *
handle_get_ident(PyObject *op, void *closure)
{
    return int_from_u64(handle_ident(((HandleObject *)op)->state));
}

// Waits for the thread: 1, 0 after the timeout, -1 with an exception. wait < 0: for ever.
static int
handle_wait(HandleState *h, int64_t wait)
{
    int64_t deadline = wait < 0 ? -1 : os_time_monotonic() + wait;
    for (;;) {
        bool interrupted = false;
        if (event_wait(&h->done, wait, &interrupted)) {
            return 1;
        }
        if (!interrupted) {
            return 0;
        }
        if (thread_handle_breaks(thread_current()) < 0) {
            return -1;
        }
        if (deadline >= 0) {
            wait = deadline - os_time_monotonic();
            wait = wait < 0 ? 0 : wait;
        }
    }
}

static PyObject *
handle_join(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    HandleState *h = ((HandleObject *)op)->state;
    int64_t wait = -1;
    if (!args_check_positional("join", nargs, 0, 1) ||
        (nargs == 1 && args[0] != Py_None && thread_timeout_ns(args[0], &wait) < 0)) {
        return NULL;
    }
    int state = atomic_load_int(&h->state);
    if (state < HANDLE_RUNNING) {
        return error_set(PyExc_RuntimeError, "thread not started");
    }
    if (state != HANDLE_DONE && h->ident == os_thread_ident()) {
        return error_set(PyExc_RuntimeError, "Cannot join current thread");
    }
    if (state != HANDLE_DONE && atomic_load_int(&interpreter_current()->finalizing)) {
        return error_set(PyExc_PythonFinalizationError,
                         "cannot join thread at interpreter shutdown");
    }
    return handle_wait(h, wait) < 0 ? NULL : Py_None;
}

static PyObject *
handle_is_done(PyObject *op, PyObject *unused)
{
    return bool_from_int(event_is_set(&((HandleObject *)op)->state->done));
}

static PyObject *
handle_mark_done(PyObject *op, PyObject *unused)
{
    HandleState *h = ((HandleObject *)op)->state;
    if (atomic_load_int(&h->state) < HANDLE_RUNNING) {
        return error_set(PyExc_RuntimeError, "thread not started");
    }
    handle_set_done(h);
    return Py_None;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function)

static PyMethodDef handle_methods[] = {
    {"join", FAST(handle_join), METH_FASTCALL, NULL},
    {"_set_done", handle_mark_done, METH_NOARGS, "_set_done($self, /)\n--\n\n"},
    {"is_done", handle_is_done, METH_NOARGS, "is_done($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef handle_getset[] = {
    {"ident", handle_get_ident, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject handle_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_thread._ThreadHandle",
    .tp_basicsize = sizeof(HandleObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_new = handle_tp_new,
    .tp_dealloc = handle_dealloc,
    .tp_repr = handle_repr,
    .tp_methods = handle_methods,
    .tp_getset = handle_getset,
};

// ---- starting ----

typedef struct Job {
    PyObject *function;
    PyObject *args;
    PyObject *kwargs;
    HandleState *handle;        // a user of it
} Job;

static void
job_run(void *p)
{
    Job *job = p;
    // The starter may still be on its way to publish the identity.
    atomic_store_relaxed_uptr(&job->handle->ident, os_thread_ident());
    atomic_store_int(&job->handle->state, HANDLE_RUNNING);
    PyObject *result = object_call(job->function, job->args, job->kwargs);
    if (result == NULL) {
        if (error_matches(PyExc_SystemExit)) {
            error_clear();
        }
        else {
            error_format_unraisable("Exception ignored in thread started by %R", job->function);
        }
    }
    xdecref(result);
    clear_ref(job->function);
    clear_ref(job->args);
    clear_ref(job->kwargs);
}

static void
job_finished(void *p)
{
    Job *job = p;
    handle_set_done(job->handle);
    handle_release(job->handle);
    mem_free(job);
}

static int
thread_start(HandleState *h, PyObject *function, PyObject *args, PyObject *kwargs, bool daemon)
{
    int expected = HANDLE_NEW;
    if (!atomic_cas_int(&h->state, &expected, HANDLE_STARTING)) {
        error_set(PyExc_RuntimeError, "thread already started");
        return -1;
    }
    Job *job = mem_alloc_or_error(sizeof *job);
    if (job == NULL) {
        atomic_store_int(&h->state, HANDLE_NEW);
        return -1;
    }
    atomic_add_ssize(&h->users, 1);
    *job = (Job){new_ref(function), new_ref(args), xnew_ref(kwargs), h};
    handle_list(h, !daemon);
    unsigned long ident;
    if (python_thread_start(job_run, job_finished, job, &ident) < 0) {
        handle_unlist(h);
        decref(job->function);
        decref(job->args);
        xdecref(job->kwargs);
        mem_free(job);
        handle_release(h);
        atomic_store_int(&h->state, HANDLE_NEW);
        return -1;
    }
    // The thread writes the same; whoever comes first.
    atomic_store_relaxed_uptr(&h->ident, ident);
    expected = HANDLE_STARTING;
    atomic_cas_int(&h->state, &expected, HANDLE_RUNNING);
    return 0;
}

static PyObject *
thread_start_new_thread(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("start_new_thread", nargs, 2, 3)) {
        return NULL;
    }
    if (!object_callable(args[0])) {
        return error_set(PyExc_TypeError, "first arg must be callable");
    }
    if (!tuple_check(args[1])) {
        return error_set(PyExc_TypeError, "2nd arg must be a tuple");
    }
    if (nargs == 3 && !dict_check(args[2])) {
        return error_set(PyExc_TypeError, "optional 3rd arg must be a dictionary");
    }
    if (sys_audit("_thread.start_new_thread", "(OOO)", args[0], args[1],
                  nargs == 3 ? args[2] : Py_None) < 0) {
        return NULL;
    }
    HandleState *h = mem_calloc_or_error(1, sizeof *h);
    if (h == NULL) {
        return NULL;
    }
    h->users = 1;
    PyObject *result = NULL;
    if (thread_start(h, args[0], args[1], nargs == 3 ? args[2] : NULL, true) == 0) {
        result = int_from_u64(h->ident);
    }
    handle_release(h);
    return result;
}

static PyObject *
thread_start_joinable_thread(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames)
{
    static const char *const keywords[] = {"function", "handle", "daemon", NULL};
    static ArgsParser parser = {.format = "O|Op:start_joinable_thread", .keywords = keywords};
    PyObject *function;
    PyObject *handle = Py_None;
    int daemon = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &function, &handle, &daemon)) {
        return NULL;
    }
    if (!object_callable(function)) {
        return error_set(PyExc_TypeError, "thread function must be callable");
    }
    if (handle != Py_None && type_of(handle) != &handle_type) {
        return error_set(PyExc_TypeError, "'handle' must be a _ThreadHandle");
    }
    if (sys_audit("_thread.start_joinable_thread", "(OiO)", function, daemon, handle) < 0) {
        return NULL;
    }
    PyObject *empty = tuple_new(0);
    handle = handle == Py_None ? handle_new() : new_ref(handle);
    if (handle == NULL || empty == NULL ||
        thread_start(((HandleObject *)handle)->state, function, empty, NULL, daemon != 0) < 0) {
        clear_ref(handle);
    }
    xdecref(empty);
    return handle;
}

static PyObject *
thread_make_thread_handle(PyObject *module, PyObject *arg)
{
    if (!int_check(arg)) {
        return error_set(PyExc_TypeError, "ident must be an integer");
    }
    unsigned long ident;
    if (!args_parse_one(arg, "k", &ident)) {
        return NULL;
    }
    PyObject *handle = handle_new();
    if (handle != NULL) {
        HandleState *h = ((HandleObject *)handle)->state;
        h->ident = ident;
        atomic_store_int(&h->state, HANDLE_RUNNING);
        handle_list(h, false);
    }
    return handle;
}

// Waits for all threads that are not daemons, but for the calling one.
static PyObject *
thread_shutdown(PyObject *module, PyObject *unused)
{
    unsigned long self = os_thread_ident();
    for (;;) {
        mutex_lock_brief(&handles.lock);
        HandleState *h = handles.first;
        while (h != NULL && (!h->waited_for || h->ident == self || !handle_hold(h))) {
            h = h->next;
        }
        mutex_unlock(&handles.lock);
        if (h == NULL) {
            return Py_None;
        }
        int result = handle_wait(h, -1);
        handle_release(h);
        if (result < 0) {
            error_write_unraisable(NULL);
            return Py_None;
        }
    }
}

// ---- small functions ----

static PyObject *
thread_allocate_lock(PyObject *module, PyObject *unused)
{
    return thread_lock_new();
}

static PyObject *
thread_exit(PyObject *module, PyObject *unused)
{
    return error_set_none(PyExc_SystemExit);
}

static PyObject *
thread_get_ident(PyObject *module, PyObject *unused)
{
    return int_from_u64(os_thread_ident());
}

static PyObject *
thread_get_native_id(PyObject *module, PyObject *unused)
{
    return int_from_u64(os_thread_native_id());
}

static PyObject *
thread_get_main_ident(PyObject *module, PyObject *unused)
{
    return int_from_u64(runtime_get()->main_ident);
}

static PyObject *
thread_is_main_interpreter(PyObject *module, PyObject *unused)
{
    return bool_from_int(interpreter_current() == runtime_get()->main);
}

static PyObject *
thread_daemon_threads_allowed(PyObject *module, PyObject *unused)
{
    return Py_True;
}

static PyObject *
thread_count(PyObject *module, PyObject *unused)
{
    return int_from_ssize(python_thread_count());
}

static PyObject *
thread_interrupt_main(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int number = SIGINT;
    if (!args_parse_stack(args, nargs, "|i:interrupt_main", &number)) {
        return NULL;
    }
    if (!signals_trip(number)) {
        return error_set(PyExc_ValueError, "signal number out of range");
    }
    return Py_None;
}

static PyObject *
thread_stack_size(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = 0;
    if (!args_parse_stack(args, nargs, "|n:stack_size", &size)) {
        return NULL;
    }
    if (size < 0) {
        return error_set(PyExc_ValueError, "size must be 0 or a positive value");
    }
    if (size != 0 && ((size_t)size < 32768 || (size_t)size < os_thread_min_stack())) {
        return error_format(PyExc_ValueError, "size not valid: %zd bytes", size);
    }
    size_t old = python_thread_stack_size();
    python_thread_set_stack_size((size_t)size);
    return int_from_size(old);
}

static PyObject *
thread_set_name(PyObject *module, PyObject *arg)
{
    if (!str_check(arg)) {
        args_bad_argument("set_name", "argument", "str", arg);
        return NULL;
    }
    const char *name = str_as_utf8(arg);
    if (name == NULL) {
        return NULL;
    }
    os_thread_set_name(name);
    return Py_None;
}

// ---- excepthook ----

static PyStructSequence_Field excepthook_fields[] = {
    {"exc_type", "Exception type"},
    {"exc_value", "Exception value"},
    {"exc_traceback", "Exception traceback"},
    {"thread", "Exception thread"},
    {NULL, NULL},
};

static PyStructSequence_Desc excepthook_description = {
    .name = "_thread._ExceptHookArgs",
    .doc = "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    .fields = excepthook_fields,
    .n_in_sequence = 4,
};

static PyObject *
thread_display_name(PyObject *thread)
{
    PyObject *name = NULL;
    if (thread != Py_None) {
        name = object_getattr(thread, ID(name));
        if (name == NULL) {
            error_clear();
        }
    }
    if (name != NULL) {
        PyObject *text = object_str(name);
        decref(name);
        if (text != NULL) {
            return text;
        }
        error_clear();
    }
    return str_format("%lu", os_thread_ident());
}

// The stream to write to: sys.stderr, else what the Thread kept of it. New reference or NULL.
static PyObject *
excepthook_stream(PyObject *thread)
{
    PyObject *stream = sys_get(ID(stderr));
    if (stream != NULL && stream != Py_None) {
        return stream;
    }
    xdecref(stream);
    error_clear();
    if (thread == Py_None) {
        return NULL;
    }
    stream = object_getattr(thread, ID(_stderr));
    if (stream == Py_None) {
        clear_ref(stream);
    }
    error_clear();
    return stream;
}

static int
excepthook_print(PyObject *stream, PyObject *args)
{
    PyObject *name = thread_display_name(structseq_get_borrow(args, 3));
    PyObject *line = name != NULL ? str_format("Exception in thread %U:\n", name) : NULL;
    PyObject *written =
        line != NULL ? object_call_method_onearg(stream, ID(write), line) : NULL;
    xdecref(name);
    xdecref(line);
    if (written == NULL) {
        return -1;
    }
    decref(written);
    print_exception_triple(stream, structseq_get_borrow(args, 1), structseq_get_borrow(args, 2));
    PyObject *flushed = object_call_method_noargs(stream, ID(flush));
    xdecref(flushed);
    return flushed != NULL ? 0 : -1;
}

static PyObject *
thread_excepthook(PyObject *module, PyObject *args)
{
    PyTypeObject **type = module_get_state(module);
    if (type_of(args) != *type) {
        return error_set(PyExc_TypeError,
                         "_thread.excepthook argument type must be ExceptHookArgs");
    }
    PyObject *exc_type = structseq_get_borrow(args, 0);
    if (exc_type == PyExc_SystemExit) {
        return Py_None;
    }
    PyObject *stream = excepthook_stream(structseq_get_borrow(args, 3));
    if (stream == NULL) {
        return Py_None;
    }
    int result = excepthook_print(stream, args);
    decref(stream);
    return result < 0 ? NULL : Py_None;
}

// ---- the module ----

static const char start_doc[] =
    "start_new_thread($module, function, args, kwargs={}, /)\n--\n\nStart a new thread and return "
    "its identifier.";

static PyMethodDef thread_methods[] = {
    {"start_new_thread", FAST(thread_start_new_thread), METH_FASTCALL, start_doc},
    {"start_new", FAST(thread_start_new_thread), METH_FASTCALL,
     "start_new($module, function, args, kwargs={}, /)\n--\n\nAn obsolete synonym of "
     "start_new_thread()."},
    {"start_joinable_thread", FAST(thread_start_joinable_thread), METH_FASTCALL | METH_KEYWORDS,
     "start_joinable_thread($module, /, function, handle=None, daemon=True)\n--\n\n*For internal "
     "use only*: start a new thread."},
    {"daemon_threads_allowed", thread_daemon_threads_allowed, METH_NOARGS,
     "daemon_threads_allowed($module, /)\n--\n\nReturn True if daemon threads are allowed in the "
     "current interpreter."},
    {"allocate_lock", thread_allocate_lock, METH_NOARGS,
     "allocate_lock($module, /)\n--\n\nCreate a new lock object."},
    {"allocate", thread_allocate_lock, METH_NOARGS,
     "allocate($module, /)\n--\n\nAn obsolete synonym of allocate_lock()."},
    {"exit", thread_exit, METH_NOARGS,
     "exit($module, /)\n--\n\nThis is synonymous to ``raise SystemExit''."},
    {"exit_thread", thread_exit, METH_NOARGS,
     "exit_thread($module, /)\n--\n\nAn obsolete synonym of exit()."},
    {"interrupt_main", FAST(thread_interrupt_main), METH_FASTCALL,
     "interrupt_main($module, signum=signal.SIGINT, /)\n--\n\nSimulate the arrival of the given "
     "signal in the main thread."},
    {"get_ident", thread_get_ident, METH_NOARGS,
     "get_ident($module, /)\n--\n\nReturn a non-zero integer that uniquely identifies the current "
     "thread."},
    {"get_native_id", thread_get_native_id, METH_NOARGS,
     "get_native_id($module, /)\n--\n\nReturn the number that the kernel gave to the thread."},
    {"_count", thread_count, METH_NOARGS,
     "_count($module, /)\n--\n\nReturn the number of running threads that were started here."},
    {"stack_size", FAST(thread_stack_size), METH_FASTCALL,
     "stack_size($module, size=0, /)\n--\n\nReturn the stack size used for new threads, and set "
     "it."},
    {"set_name", thread_set_name, METH_O,
     "set_name($module, /, name)\n--\n\nSet the name of the current thread."},
    {"_excepthook", thread_excepthook, METH_O,
     "_excepthook($module, (exc_type, exc_value, exc_traceback, thread), /)\n--\n\nHandle uncaught "
     "Thread.run() exception."},
    {"_is_main_interpreter", thread_is_main_interpreter, METH_NOARGS,
     "_is_main_interpreter($module, /)\n--\n\nReturn True if the current interpreter is the main "
     "Python interpreter."},
    {"_shutdown", thread_shutdown, METH_NOARGS,
     "_shutdown($module, /)\n--\n\nWait for all non-daemon threads (other than the calling thread) "
     "to stop."},
    {"_make_thread_handle", thread_make_thread_handle, METH_O,
     "_make_thread_handle($module, ident, /)\n--\n\nInternal only. Make a thread handle for "
     "threads not spawned by this module."},
    {"_get_main_thread_ident", thread_get_main_ident, METH_NOARGS,
     "_get_main_thread_ident($module, /)\n--\n\nInternal only. Return the identifier of the main "
     "thread."},
    {NULL, NULL, 0, NULL},
};

static int
thread_exec(PyObject *module)
{
    PyTypeObject **type = module_get_state(module);
    *type = structseq_new_type(&excepthook_description, 0);
    thread_local_init();
    if (*type == NULL || module_add(module, "_ExceptHookArgs", (PyObject *)*type) < 0 ||
        module_add_type(module, &thread_lock_type) < 0 ||
        module_add(module, "LockType", (PyObject *)&thread_lock_type) < 0 ||
        module_add_type(module, &thread_rlock_type) < 0 ||
        module_add_type(module, &thread_local_type) < 0 ||
        module_add_type(module, &handle_type) < 0 ||
        module_add(module, "error", PyExc_RuntimeError) < 0 ||
        module_add_steal(module, "TIMEOUT_MAX", float_from_double(THREAD_TIMEOUT_MAX)) < 0) {
        return -1;
    }
    return 0;
}

static int
thread_traverse(PyObject *module, visitproc visit, void *arg)
{
    PyObject **type = module_get_state(module);
    return type != NULL && *type != NULL ? visit(*type, arg) : 0;
}

static int
thread_clear(PyObject *module)
{
    PyObject **type = module_get_state(module);
    clear_ref(*type);
    return 0;
}

static PyModuleDef_Slot thread_slots[] = {
    {Py_mod_exec, thread_exec},
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef thread_definition = {
    .m_name = "_thread",
    .m_doc = "This module provides primitive operations to write multi-threaded programs.\n"
             "The 'threading' module provides a more convenient interface.",
    .m_size = sizeof(PyTypeObject *),
    .m_methods = thread_methods,
    .m_slots = thread_slots,
    .m_traverse = thread_traverse,
    .m_clear = thread_clear,
};

NATIVE_MODULE(_thread, &thread_definition)
