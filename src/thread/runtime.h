// The one Runtime of the process, and the part of an Interpreter that threads, memory and the
// collector need. Objects that belong to an interpreter (modules, sys, interned strings, caches)
// are in struct InterpreterRoots, objects/interpreter.h.
//
// Threading: each field states its guard.
#ifndef TYPHON_THREAD_RUNTIME_H
#define TYPHON_THREAD_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "thread/mutex.h"
#include "thread/thread.h"

struct GcState;             // gc/gc.h
struct InterpreterRoots;    // objects/interpreter.h

struct Interpreter {
    struct Interpreter *next;       // lock: Runtime.lock
    int64_t id;                     // immutable: 0 is the main interpreter
    PyMutex threads_lock;           // guards the list; innermost but for heap locks; held briefly
    Thread *threads;                // lock: threads_lock, or world stopped
    uint64_t next_thread_id;        // lock: threads_lock

    PyMutex stop_lock;              // held by the thread that stops the world, from stop to start
    int stop_requested;             // atomic: a stop is under way or complete
    uint32_t stop_progress;         // atomic: changes when a thread stops or detaches; futex word
    Thread *stopper;                // lock: stop_lock

    ssize_t gc_young_count;         // atomic: tracked objects made minus untracked, not collected
    ssize_t gc_young_threshold;     // atomic: a collection is asked for above it; 0: never
    struct GcState *gc;             // immutable once running
    struct InterpreterRoots *roots; // immutable once running
    int recursion_limit;            // atomic: Python frames per thread (sys.setrecursionlimit)
    int finalizing;                 // atomic: the interpreter is shutting down
    Thread *finalizing_thread;      // atomic: the thread that does it; all others hang when they attach
};

typedef struct Runtime {
    PyMutex lock;                   // guards the list of interpreters; held briefly
    PyMutex merge_lock;             // guards who owns which identity (HeapThread.tid) and the
                                    // queues of counts to merge; innermost
    Interpreter *interpreters;      // lock: lock
    Interpreter *main;              // immutable once running
    int64_t next_interpreter_id;    // lock: lock
    uint64_t next_thread_serial;    // atomic
    unsigned long main_ident;       // ident of the main thread; rewritten in a forked child
    int thread_count;               // atomic: thread states alive in the process
    int finalizing;                 // atomic
    bool initialized;               // immutable once running
} Runtime;

extern Runtime runtime_state;

static inline Runtime *runtime_get(void) { return &runtime_state; }

// A new interpreter without threads or roots; NULL when out of memory.
Interpreter *interpreter_new(void);

// Takes it off the list and frees it; no thread of it exists any more.
void interpreter_delete(Interpreter *interp);

// Whether this is the only attached-or-not thread state in the process: then nobody can hold a
// stale pointer.
static inline bool
runtime_is_single_threaded(void)
{
    return atomic_load_relaxed_int(&runtime_state.thread_count) <= 1;
}

// The running thread is the one that runs signal handlers.
bool thread_is_main(void);

// The safepoint: handles all BREAK_* bits but BREAK_TRACE (which the eval loop does). Called by
// the eval loop when eval_breaker is not 0, and by long-running native loops.
// 0, or -1 with an exception set (signal handler, async exception, pending call).
int thread_handle_breaks(Thread *ts);

// thread_attach if that is possible without waiting: whether it was.
bool thread_try_attach(Thread *ts);

// The part that runs no Python code: stop-the-world, quiescent state. For waits and native loops
// that must not run Python code. Critical sections are suspended when the world stops.
void thread_poll(Thread *ts);

// Finds an attached or detached thread of interp by identity; the list lock is taken. NULL when
// there is none. The result stays valid only while the caller knows that the thread lives.
Thread *thread_find(Interpreter *interp, unsigned long ident);

// In the child after fork, on its only thread: locks are re-initialised, other threads' states
// are deleted (their objects are leaked to the collector, as they may be half changed).
void threads_before_fork(Interpreter *interp);
void threads_after_fork_parent(Interpreter *interp);
void threads_after_fork_child(Interpreter *interp);

// Makes all other threads of interp hang for ever when they try to attach (daemon threads at the
// end of the program). The world is stopped by it and started again.
void interpreter_begin_finalizing(Interpreter *interp);

#endif
