// What the files of the `_asyncio` module share.
//
// Files: _asyncio.c (module, running loop, what is imported), asyncio_future.c (Future and its
// iterator), asyncio_task.c (Task: life, methods), asyncio_step.c (one step of a task),
// asyncio_registry.c (current task, all tasks).
//
// Threading: a loop and its futures belong to one thread at a time, but nothing breaks when others
// look or interfere: fields of futures change under the future's critical section, callbacks are
// taken out there and scheduled outside. The running loop and its current task are fields of Thread.
#ifndef TYPHON_MODULES_ASYNCIO_INTERNAL_H
#define TYPHON_MODULES_ASYNCIO_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "modules/native_type.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/object.h"
#include "thread/critical_section.h"
#include "thread/mutex.h"
#include "thread/thread.h"

enum { FUTURE_PENDING, FUTURE_CANCELLED, FUTURE_FINISHED };

typedef struct FutureObject {
    PyObject ob_base;
    // All owned, NULL when there is none. Lock: the future's, but for result, exception and
    // exception_tb, which do not change once state is FUTURE_FINISHED.
    PyObject *loop;             // NULL until __init__
    PyObject *callback;         // the first of the callbacks
    PyObject *context;          // its context
    PyObject *callbacks;        // list of pairs (callback, context): the others
    PyObject *result;
    PyObject *exception;
    PyObject *exception_tb;
    PyObject *source_traceback;
    PyObject *cancel_message;
    PyObject *cancelled_exc;    // the CancelledError that a task ended with, to be raised once
    PyObject *awaited_by;       // a future, or a set of them
    PyObject *dict;
    PyObject *weakrefs;
    int state;                  // atomic: FUTURE_*; changes under the lock
    uint8_t log_traceback;      // atomic
    uint8_t blocking;           // atomic: _asyncio_future_blocking
    bool awaited_by_set;        // lock: the future's; awaited_by is a set
} FutureObject;

typedef struct TaskObject {
    FutureObject future;
    PyObject *waiter;           // lock: the task's; what the task waits for (_fut_waiter)
    PyObject *coro;             // lock: the task's; NULL after an eager end
    PyObject *task_context;     // lock: the task's
    PyObject *name;             // lock: the task's; NULL as long as it is Task-<name_number>
    uint64_t name_number;       // lock: the task's
    int cancels_requested;      // lock: the task's
    uint8_t must_cancel;        // lock: the task's
    uint8_t log_destroy_pending;        // atomic
    struct TaskStripe *stripe;  // lock: the stripe's (set: the task's); NULL when not registered
    struct TaskObject *next;    // lock: the stripe's
    struct TaskObject *previous;        // lock: the stripe's
} TaskObject;

extern PyTypeObject asyncio_future_type;
extern PyTypeObject asyncio_future_iter_type;
extern PyTypeObject asyncio_task_type;
extern PyTypeObject asyncio_step_type;

static inline FutureObject *as_future(PyObject *op) { return (FutureObject *)op; }
static inline TaskObject *as_task(PyObject *op) { return (TaskObject *)op; }
static inline bool is_future(PyObject *op) { return object_type_check(op, &asyncio_future_type); }
static inline bool is_task(PyObject *op) { return object_type_check(op, &asyncio_task_type); }
static inline int future_state(FutureObject *self) { return atomic_load_int(&self->state); }

// ---- the module (_asyncio.c) ----

// What Python code of asyncio and weakref gives: fetched when first needed, as asyncio imports
// this module while it is being imported itself.
typedef enum {
    ASYNCIO_CANCELLED_ERROR,
    ASYNCIO_INVALID_STATE_ERROR,
    ASYNCIO_FUTURE_REPR,
    ASYNCIO_TASK_REPR,
    ASYNCIO_TASK_GET_STACK,
    ASYNCIO_TASK_PRINT_STACK,
    ASYNCIO_EXTRACT_STACK,
    ASYNCIO_ISCOROUTINE,
    ASYNCIO_GET_POLICY,
    ASYNCIO_GET_LOOP,
    ASYNCIO_WEAK_SET,
    ASYNCIO_IMPORTS,
} AsyncioImport;

// Tasks are spread over lists by the thread that registers them, so that threads do not meet.
#define TASK_STRIPES 64

typedef struct TaskStripe {
    PyMutex lock;               // brief, innermost
    size_t count;               // lock: lock
    TaskObject *first;          // lock: lock
    char padding[40];           // a cache line of its own, or nearly
} TaskStripe;

typedef struct AsyncioState {
    PyObject *imported[ASYNCIO_IMPORTS];    // atomic: NULL until fetched, then immutable
    PyObject *context_keyword;      // immutable: ("context",)
    PyObject *other_tasks;          // atomic: WeakSet of registered tasks of other classes, or NULL
    PyObject *eager_tasks;          // immutable: set
    uint64_t task_names;            // atomic: number of the last task name
    TaskStripe *stripes;            // immutable: TASK_STRIPES
} AsyncioState;

// The module's state; NULL with RuntimeError when the interpreter has none (any more).
AsyncioState *asyncio_state(void);

// Borrowed for as long as the interpreter lives; NULL with an exception.
PyObject *asyncio_import(AsyncioImport which);

// The running loop of this thread, or what the policy gives: new reference.
PyObject *asyncio_get_event_loop(void);

// ---- futures (asyncio_future.c) ----

// loop.call_soon(callback[, argument][, context=context]); argument and context may be NULL.
int asyncio_call_soon(PyObject *loop, PyObject *callback, PyObject *argument, PyObject *context);

// What __init__ does; loop may be NULL or None.
int future_init(FutureObject *self, PyObject *loop);

// The loop, new reference; RuntimeError before __init__.
PyObject *future_loop(FutureObject *self);

// The methods, without regard to what subclasses make of them. future_cancel: 1 or 0, -1.
int future_set_result(FutureObject *self, PyObject *result);
int future_set_exception(FutureObject *self, PyObject *exception);
int future_cancel(FutureObject *self, PyObject *message);
int future_add_done_callback(FutureObject *self, PyObject *callback, PyObject *context);

// The exception that a cancelled future raises, new reference.
PyObject *future_cancelled_error(FutureObject *self);

// Result or the exception raised: 0 and *result owned; -1.
int future_get_result(FutureObject *self, PyObject **result);

// Who waits for a future.
int future_awaited_by_add(PyObject *future, PyObject *waiter);
int future_awaited_by_discard(PyObject *future, PyObject *waiter);

// Shared with tasks.
int future_traverse(PyObject *op, visitproc visit, void *arg);
int future_clear(PyObject *op);
void future_finalize(PyObject *op);
PyObject *future_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
PyObject *future_get_source_traceback(FutureObject *self);      // new reference or NULL

// ---- tasks ----

// Schedules a step, which throws the exception unless it is NULL.
int task_step_soon(TaskObject *self, PyObject *exception);

// Runs the coroutine up to its next await; the task must be the current one. 0 or -1.
int task_run_step(TaskObject *self, PyObject *exception);

// ---- registry ----

int asyncio_enter_task(PyObject *loop, PyObject *task);
int asyncio_leave_task(PyObject *loop, PyObject *task);
PyObject *asyncio_swap_current_task(PyObject *loop, PyObject *task);    // None: no task

void task_register(AsyncioState *state, TaskObject *task);
void task_unregister(TaskObject *task);

extern PyMethodDef asyncio_registry_methods[];

#endif
