// Frames, tracebacks, the handled-exception stack and the part of the thread state that wheels read.
// Offsets and sizes are those of the cp314t binary interface: wheels read them inline.
// Checked by static assertions in tests/unit/abi_layout.c.
// Only the fields named here are part of the contract; the rest of each object is private.
#ifndef TYPHON_ABI_FRAME_H
#define TYPHON_ABI_FRAME_H

#include "abi/object.h"

typedef struct _ts PyThreadState;
typedef struct _is PyInterpreterState;
typedef struct _frame PyFrameObject;
typedef struct _traceback PyTracebackObject;
typedef int (*Py_tracefunc)(PyObject *, PyFrameObject *, int, PyObject *);

struct _traceback {
    PyObject ob_base;
    PyTracebackObject *tb_next;
    PyFrameObject *tb_frame;
    int tb_lasti;
    int tb_lineno;
};

typedef struct _err_stackitem {
    PyObject *exc_value;
    struct _err_stackitem *previous_item;
} _PyErr_StackItem;

// First part of every thread state; thread/thread.h continues it.
struct _ts {
    PyThreadState *prev;                // lock: the interpreter's list of threads
    PyThreadState *next;                // lock: the interpreter's list of threads
    PyInterpreterState *interp;         // immutable
    uintptr_t eval_breaker;             // atomic: set by any thread, read by the owner at safepoints
    uint32_t reserved_status[7];
    int tracing;                        // owner thread: not 0 inside a trace function
    void *reserved_trace[6];
    PyObject *current_exception;        // owner thread: exception being raised, owned, or NULL
    _PyErr_StackItem *exc_info;         // owner thread: top of the handled exceptions, never NULL
    void *reserved_async[8];
    PyObject *async_gen_firstiter;      // owner thread
    PyObject *async_gen_finalizer;      // owner thread
    void *reserved[77];
};

#endif
