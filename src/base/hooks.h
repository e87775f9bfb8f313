// Calls from lower folders to higher ones: pointers set once at start-up by the folder that
// implements them, each with its reason. More than a dozen or two means that code sits in the
// wrong folder.
//
// A hook that is not set yet is NULL; callers that can run before start-up is complete test it.
// Threading: written before the second thread starts, only read afterwards.
#ifndef TYPHON_BASE_HOOKS_H
#define TYPHON_BASE_HOOKS_H

#include "abi/frame.h"
#include "abi/object.h"

struct Thread;
struct Interpreter;

typedef struct Hooks {
    // --- thread/ calls memory/ ---
    // A thread state is made and destroyed: its heap and its queues of delayed frees.
    // Made: 0, or -1 when out of memory (no exception is set: there may be no thread yet).
    int (*memory_thread_new)(struct Thread *ts);
    // Bound: runs on the OS thread whose objects these are from now on.
    void (*memory_thread_bind)(struct Thread *ts);
    // Delete: on the thread itself, attached, as the last thing that touches objects; or for a
    // thread that does not exist: never started, or gone (after fork, world stopped).
    void (*memory_thread_delete)(struct Thread *ts);
    // A thread enters or leaves the attached state: quiescent-state tracking.
    void (*memory_thread_attached)(struct Thread *ts);
    void (*memory_thread_detached)(struct Thread *ts);
    // Safepoint work: merge counts that other threads gave up; pass a quiescent state.
    void (*memory_merge_queued)(struct Thread *ts);
    void (*memory_quiescent)(struct Thread *ts);
    // Around fork: takes and gives up the locks of memory/.
    void (*memory_fork_lock)(void);
    void (*memory_fork_unlock)(void);

    // --- thread/ calls objects/ and above ---
    // Raises RecursionError("maximum recursion depth exceeded" + where).
    void (*error_recursion)(const char *where);
    // Safepoint work, all 0 or -1 with an exception set: run the requested collection
    // (gc/), run Python signal handlers, raise ts->async_exc, run pending calls (runtime/).
    int (*gc_run_requested)(struct Thread *ts);
    int (*signals_handle)(struct Thread *ts);
    int (*async_exc_raise)(struct Thread *ts);
    int (*pending_calls_run)(struct Thread *ts);
    // Releases objects that a thread state holds, before the state goes (objects/).
    void (*thread_clear_objects)(struct Thread *ts);

    // --- memory/ calls objects/ ---
    // Raises MemoryError.
    void (*error_no_memory)(void);

    // --- gc/ and objects/ call vm/ ---
    // Visits the objects that the frames of ts keep alive. counted tells how: true when a register
    // owns a reference; false for borrowed ones whose counting is deferred, which are visited only
    // when they are candidates (GC_UNREACHABLE). World stopped.
    int (*gc_visit_thread_frames)(struct Thread *ts,
                                  int (*visit)(PyObject *op, int counted, void *arg), void *arg);
    // Visits what the registers of the generators and coroutines that ts runs refer to: their
    // tp_traverse does not see them. World stopped; ends with the first result that is not 0.
    int (*gc_visit_running_generators)(struct Thread *ts,
                                       int (*visit)(PyObject *gen, PyObject *op, void *arg),
                                       void *arg);
    // New reference to the frame object of the running Python code of ts; NULL without an
    // exception when there is none, NULL with one when out of memory.
    PyObject *(*frame_current)(struct Thread *ts);
    // Borrowed globals dict / builtins dict of the running Python code, NULL when none runs.
    PyObject *(*frame_globals_borrow)(struct Thread *ts);
    PyObject *(*frame_builtins_borrow)(struct Thread *ts);

    // super() without arguments: the class of the method that runs (its __class__ cell) and its
    // first argument, as new references. 0, or -1 with RuntimeError "super(): no arguments" & co.
    int (*frame_super_arguments)(struct Thread *ts, PyObject **type, PyObject **obj);

    // Vectorcall entry of Python functions: function objects are made in objects/, run by vm/.
    vectorcallfunc function_vectorcall;

    // --- objects/ calls runtime/ ---
    // Import of a module by absolute dotted name: a new reference to the innermost module.
    PyObject *(*import_module)(const char *name);
    // sys.audit(event, *args): 0 or -1. args is a tuple or NULL. NULL hook: nobody listens.
    int (*audit)(const char *event, PyObject *args);

    // --- objects/ calls modules/ (warnings) ---

    // Issues a warning at stacklevel / for an explicit place. source and registry may be NULL.
    // 0, or -1 when the filters turned it into an exception. NULL hook: nobody can be warned yet.
    int (*warn)(PyObject *category, PyObject *message, Py_ssize_t stacklevel, PyObject *source);
    int (*warn_explicit)(PyObject *category, PyObject *message, PyObject *filename, int lineno,
                         PyObject *module, PyObject *registry);

    // One line from the terminal with line editing, set by the readline module: a block of
    // mem_alloc that ends with its newline, "" at the end of input, NULL when interrupted (an
    // exception may be set). NULL hook: the line is read plainly.
    char *(*read_line)(const char *prompt);

    // Reports an exception that cannot be raised through sys.unraisablehook. exc is an exception,
    // message and object are objects or NULL. Must leave no exception.
    void (*unraisable)(PyObject *exc, PyObject *message, PyObject *object);
} Hooks;

extern Hooks hooks;

#endif
