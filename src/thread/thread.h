// Thread and interpreter state.
//
// A Thread exists for every OS thread that runs Python code. It is *attached* while it may touch
// objects, *detached* while it blocks in the OS, and *suspended* while the world is stopped.
// Code that may block calls thread_detach()/thread_attach() around the wait, so that a
// stop-the-world never waits for I/O.
//
// An Interpreter owns everything that a Python program can see of "its" runtime. There is no
// other mutable global state than the one Runtime (see runtime_get).
#ifndef TYPHON_THREAD_THREAD_H
#define TYPHON_THREAD_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/frame.h"
#include "abi/object.h"
#include "base/atomic.h"

typedef struct Thread Thread;
typedef struct Interpreter Interpreter;

// Bits of eval_breaker: reasons for the eval loop to leave the fast path at a safepoint.
enum {
    BREAK_STOP_WORLD = 1 << 0,      // another thread stops the world
    BREAK_GC = 1 << 1,              // an allocation asked for a collection
    BREAK_SIGNALS = 1 << 2,         // a signal arrived (main thread)
    BREAK_ASYNC_EXC = 1 << 3,       // PyThreadState_SetAsyncExc
    BREAK_PENDING_CALLS = 1 << 4,   // functions queued by other threads
    BREAK_MERGE_REFS = 1 << 5,      // objects queued for merging of their counts
    BREAK_QSBR = 1 << 6,            // this thread should pass a quiescent state
    BREAK_TRACE = 1 << 7,           // tracing or monitoring changed
};

enum { THREAD_DETACHED = 0, THREAD_ATTACHED = 1, THREAD_SUSPENDED = 2 };

struct HeapThread;      // memory/heap.h: this thread's pages and free lists
struct QsbrThread;      // memory/qsbr.h
struct InterpreterRoots; // objects/interpreter.h: objects that belong to the interpreter

struct Thread {
    PyThreadState abi;              // wheels read it; must be first

    int state;                      // atomic: THREAD_*, cas by the owner, or by the stopper
    int recursion_remaining;        // owner thread: Python frames still allowed
    char *c_stack_limit;            // owner thread: soft limit of the C stack; below it RecursionError
    char *c_stack_hard_limit;       // owner thread: below it even error handling must stop
    uintptr_t critical_section;     // owner thread: innermost active critical section

    uintptr_t *stack_base;          // owner thread: value stack (Values), lowest address
    uintptr_t *stack_limit;         // owner thread: first word that frames must not reach
    uintptr_t *fp;                  // owner thread: registers of the innermost frame, NULL when none.
                                    // Written at calls, returns and before anything that can look
    struct HeapThread *heap;        // owner thread
    struct QsbrThread *qsbr;        // owner thread
    struct _err_stackitem *exc_base; // owner thread: bottom item of the handled-exception stack

    PyObject *dict;                 // owner thread: thread-state dictionary or NULL
    PyObject *context;              // owner thread: current contextvars.Context or NULL
    PyObject *asyncio_loop;         // owner thread, or world stopped: the running event loop or NULL
    PyObject *asyncio_task;         // owner thread, or world stopped: the task that it runs or NULL
    PyObject *async_exc;            // atomic exchange: exception to raise in this thread
    uint64_t id;                    // immutable: serial number within the process
    unsigned long ident;            // immutable once running: threading.get_ident()
    unsigned long native_id;        // immutable once running: OS thread id
    int coroutine_origin_depth;     // owner thread
    int dealloc_depth;              // owner thread: nesting of container deallocations
    PyObject *delete_later;         // owner thread: objects whose deallocation was postponed
    ssize_t *type_refs;             // owner thread, or world stopped: references of instances to
                                    // their classes, by unique_id (objects/type_refs.c)
    size_t type_ref_count;          // owner thread, or world stopped: entries of type_refs
    void *trace;                    // owner thread: vm/monitor state (settrace, setprofile), or NULL
};

_Static_assert(sizeof(void *) == 8, "64-bit words");

extern _Thread_local Thread *thread_current_tls;

// The running thread's state; NULL on threads that never attached.
static inline Thread *thread_current(void) { return thread_current_tls; }

// Same as the ABI pointer that wheels see.
static inline Interpreter *
thread_interpreter(Thread *ts)
{
    return (Interpreter *)ts->abi.interp;
}

// Leave and re-enter the attached state around blocking calls. errno is preserved.
// thread_attach waits while the world is stopped.
void thread_detach(Thread *ts);
void thread_attach(Thread *ts);

// Creates the state for a thread of interp / destroys it. thread_new returns NULL with
// MemoryError. A new state is detached and bound to no OS thread until thread_bind.
Thread *thread_new(Interpreter *interp);
void thread_bind(Thread *ts);               // on the OS thread itself: fills ident, stack limits, TLS
void thread_clear_and_delete(Thread *ts);   // attached, at its end; detaches for good

// Sets a BREAK_* bit; any thread. thread_interrupt_all does it for all threads of interp.
void thread_interrupt(Thread *ts, uintptr_t bit);
void thread_interrupt_all(Interpreter *interp, uintptr_t bit);

// Walks the threads of an interpreter: the world is stopped, or the list lock is held.
Thread *interpreter_first_thread(Interpreter *interp);
Thread *thread_next(Thread *ts);

// Stops all other threads of interp at safepoints / lets them go on. Not recursive; the caller is
// attached. While stopped: no locks of objects may be waited for.
void world_stop(Interpreter *interp);
void world_start(Interpreter *interp);
bool world_is_stopped(Interpreter *interp);

// C recursion: 0, or -1 with RecursionError "maximum recursion depth exceeded<where>" when the
// C stack is nearly used up. `where` starts with a blank: " while calling a Python object".
int thread_enter_c(const char *where);
static inline void thread_leave_c(void) {}

#endif
