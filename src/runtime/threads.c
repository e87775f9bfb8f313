// Threads that run Python code; see threads.h.
//
// Owns the queue of pending calls, the list of functions called when a thread ends (written when
// modules are made, at start-up), the number of running threads and the stack size of new ones.
#include "runtime/threads.h"

#include <stdlib.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/type.h"
#include "platform/thread.h"
#include "thread/mutex.h"
#include "thread/runtime.h"
#include "vm/trace.h"

#define PENDING_CALLS 300
#define EXIT_FUNCTIONS 4

typedef struct PendingCall {
    int (*function)(void *);
    void *arg;
} PendingCall;

static struct {
    PyMutex lock;                           // guards the ring; held briefly
    PendingCall ring[PENDING_CALLS];        // lock: lock
    int first;                              // lock: lock
    int count;                              // lock: lock
    bool running;                           // main thread
    void (*exit_functions[EXIT_FUNCTIONS])(Thread *);   // atomic entries, filled once
    ssize_t started;                        // atomic
    size_t stack_size;                      // atomic
} state;

// ---- starting ----

typedef struct Start {
    Thread *ts;
    void (*body)(void *);
    void (*finished)(void *);
    void *arg;
} Start;

static void
thread_main(void *p)
{
    Start start = *(Start *)p;
    mem_free(p);
    thread_bind(start.ts);
    thread_attach(start.ts);
    atomic_add_ssize(&state.started, 1);
    start.body(start.arg);
    atomic_add_ssize(&state.started, -1);
    thread_clear_and_delete(start.ts);
    start.finished(start.arg);
}

int
python_thread_start(void (*body)(void *arg), void (*finished)(void *arg), void *arg,
                    unsigned long *ident)
{
    Interpreter *interp = thread_interpreter(thread_current());
    if (atomic_load_int(&interp->finalizing)) {
        error_set(PyExc_PythonFinalizationError,
                  "can't create new thread at interpreter shutdown");
        return -1;
    }
    Start *start = mem_alloc(sizeof *start);
    Thread *ts = start != NULL ? thread_new(interp) : NULL;
    if (ts == NULL) {
        mem_free(start);
        error_no_memory();
        return -1;
    }
    *start = (Start){ts, body, finished, arg};
    if (os_thread_start(thread_main, start, python_thread_stack_size(), ident) != 0) {
        mem_free(start);
        thread_clear_and_delete(ts);    // never bound: nothing belongs to it
        error_set(PyExc_RuntimeError, "can't start new thread");
        return -1;
    }
    return 0;
}

size_t
python_thread_stack_size(void)
{
    return (size_t)atomic_load_relaxed_uptr((uintptr_t *)&state.stack_size);
}

void
python_thread_set_stack_size(size_t size)
{
    atomic_store_relaxed_uptr((uintptr_t *)&state.stack_size, size);
}

Py_ssize_t
python_thread_count(void)
{
    return atomic_load_relaxed_ssize(&state.started);
}

// ---- ending ----

void
python_thread_at_exit(void (*function)(Thread *ts))
{
    for (int i = 0; i < EXIT_FUNCTIONS; i++) {
        void (*found)(Thread *) = NULL;
        if (atomic_cas_ptr(&state.exit_functions[i], &found, function) || found == function) {
            return;
        }
    }
    abort();    // a module more than there are places: an error of the program's build
}

static void
clear_objects(Thread *ts)
{
    for (int i = 0; i < EXIT_FUNCTIONS; i++) {
        void (*function)(Thread *) = atomic_load_acquire_ptr(&state.exit_functions[i]);
        if (function != NULL) {
            function(ts);
        }
    }
    clear_ref(ts->abi.current_exception);
    clear_ref(ts->exc_base->exc_value);
    clear_ref(ts->abi.async_gen_firstiter);
    clear_ref(ts->abi.async_gen_finalizer);
    clear_ref(ts->asyncio_task);
    clear_ref(ts->asyncio_loop);
    clear_ref(ts->context);
    clear_ref(ts->dict);
    xdecref((PyObject *)atomic_exchange_ptr(&ts->async_exc, NULL));
    trace_thread_clear(ts);
    type_refs_close_thread(ts);
}

// ---- asynchronous exceptions ----

int
python_thread_set_async_exc(unsigned long ident, PyObject *exc)
{
    Interpreter *interp = thread_interpreter(thread_current());
    PyObject *old = NULL;
    int changed = 0;
    xincref(exc);
    mutex_lock_brief(&interp->threads_lock);
    for (Thread *ts = interp->threads; ts != NULL; ts = thread_next(ts)) {
        if (ts->ident == ident) {
            old = atomic_exchange_ptr(&ts->async_exc, exc);
            thread_interrupt(ts, BREAK_ASYNC_EXC);
            changed = 1;
            break;
        }
    }
    mutex_unlock(&interp->threads_lock);
    if (!changed) {
        xdecref(exc);
    }
    xdecref(old);
    return changed;
}

static int
async_exc_raise(Thread *ts)
{
    PyObject *exc = atomic_exchange_ptr(&ts->async_exc, NULL);
    if (exc == NULL) {
        return 0;
    }
    error_set_none(exc);
    decref(exc);
    return -1;
}

// ---- pending calls ----

int
python_pending_call_add(int (*function)(void *), void *arg)
{
    int result = -1;
    mutex_lock_brief(&state.lock);
    if (state.count < PENDING_CALLS) {
        int last = (state.first + state.count) % PENDING_CALLS;
        state.ring[last] = (PendingCall){function, arg};
        state.count++;
        result = 0;
    }
    mutex_unlock(&state.lock);
    Interpreter *interp = runtime_get()->main;
    if (interp != NULL) {
        thread_interrupt_all(interp, BREAK_PENDING_CALLS);
    }
    return result;
}

static bool
pending_take(PendingCall *call)
{
    mutex_lock_brief(&state.lock);
    bool found = state.count > 0;
    if (found) {
        *call = state.ring[state.first];
        state.first = (state.first + 1) % PENDING_CALLS;
        state.count--;
    }
    mutex_unlock(&state.lock);
    return found;
}

static int
pending_calls_run(Thread *ts)
{
    if (!thread_is_main() || state.running) {
        return 0;
    }
    int result = 0;
    PendingCall call;
    state.running = true;
    // Calls that are added meanwhile have set the bit again.
    for (int i = 0; i < PENDING_CALLS && result == 0 && pending_take(&call); i++) {
        result = call.function(call.arg);
    }
    state.running = false;
    if (result < 0) {
        thread_interrupt(ts, BREAK_PENDING_CALLS);
    }
    return result;
}

void
python_threads_init(void)
{
    hooks.thread_clear_objects = clear_objects;
    hooks.async_exc_raise = async_exc_raise;
    hooks.pending_calls_run = pending_calls_run;
}
