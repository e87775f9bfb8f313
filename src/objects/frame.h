// Frame objects: what Python code sees of a frame.
//
// Registers and header of a frame lie on the thread's value stack, in a generator, or (when the
// frame has ended while its object lives on) in `storage`. A frame object is made only when
// somebody asks for it. vm/frame_object.c implements it.
//
// Threading: the fields that describe a running frame belong to the thread that runs it; another
// thread may only look while the world is stopped (sys._current_frames).
#ifndef TYPHON_OBJECTS_FRAME_H
#define TYPHON_OBJECTS_FRAME_H

#include <stdbool.h>

#include "abi/frame.h"
#include "objects/code.h"
#include "objects/value.h"

struct _frame {
    PyObject ob_base;
    PyCodeObject *f_code;       // immutable, owned
    PyObject *f_function;       // immutable, owned: the function whose frame it is
    Value *fp;                  // owner thread: registers, NULL when cleared (frame.clear)
    Value *storage;             // owner thread: block that fp points into after the frame ended
    PyFrameObject *f_back;      // owner thread: owned; only after the frame ended
    PyObject *f_trace;          // owner thread: local trace function or NULL
    PyObject *f_extra_locals;   // owner thread: dict of f_locals keys that are no variables, or NULL
    PyObject *f_displaced;      // owner thread: list of values replaced through f_locals while
                                // callees may borrow them, or NULL
    int f_lineno;               // owner thread: line set while tracing, 0: compute
    int f_last_line;            // owner thread: line and word executed last, while tracing
    int f_last_word;
    uint32_t f_watch;           // owner thread: TraceState.number when these were set
    char f_trace_lines;         // owner thread
    char f_trace_opcodes;       // owner thread
    char state;                 // owner thread: FRAME_STATE_*
};

enum {
    FRAME_STATE_RUNNING = 0,    // on a thread's value stack
    FRAME_STATE_SUSPENDED = 1,  // in a generator that is not running
    FRAME_STATE_ENDED = 2,      // registers in storage
    FRAME_STATE_CLEARED = 3,    // no registers any more
};

extern PyTypeObject PyFrame_Type;
extern PyTypeObject PyFrameLocalsProxy_Type;

static inline bool frame_check(PyObject *op) { return op->ob_type == &PyFrame_Type; }

// Line that f executes, 0 or below when unknown. Word index of its instruction.
int frame_line(PyFrameObject *f);
int frame_lasti_word(PyFrameObject *f);

// New references. frame_get_back: NULL when it is the outermost (no exception) or out of memory.
PyFrameObject *frame_get_back(PyFrameObject *f);
PyObject *frame_get_globals(PyFrameObject *f);
PyObject *frame_get_builtins(PyFrameObject *f);
PyObject *frame_get_locals(PyFrameObject *f);       // f_locals: proxy or mapping
PyObject *frame_get_generator(PyFrameObject *f);    // or NULL

// A frame object that never runs: for tracebacks of native code (PyFrame_New).
PyFrameObject *frame_new_detached(PyCodeObject *code, PyObject *globals, PyObject *locals);

#endif
