// Tracing and profiling: what the interpreter tells tools.
//
// While ts->trace is not NULL, every instruction goes through the tracing table, which calls
// trace_instruction first. So code that nobody watches tests nothing: the table is switched at
// safepoints (BREAK_TRACE), calls from C, and when exceptions are handled.
//
// Threading: a TraceState belongs to its thread.
#ifndef TYPHON_VM_TRACE_H
#define TYPHON_VM_TRACE_H

#include <stdbool.h>

#include "vm/frame_layout.h"

typedef struct TraceState {
    Py_tracefunc trace;         // sys.settrace, or NULL
    PyObject *trace_arg;        // owned
    Py_tracefunc profile;       // sys.setprofile, or NULL
    PyObject *profile_arg;      // owned
    bool monitoring;            // sys.monitoring has active events
    uint32_t number;            // frame objects with another one were not watched last
    Value *last_fp;             // frame of the instruction seen last; NULL at the start of a run
    Value *branch_fp;           // frame whose last instruction was a jump at branch_word, or NULL
    int branch_word;
    Value *event_fp;            // frame whose event is being reported, NULL outside
    int event;                  // which event (TRACE_*)
    bool yields;                // the event is a return event of a yield
} TraceState;

// Numbers of the C API's PyTrace_*.
enum {
    TRACE_CALL = 0, TRACE_EXCEPTION = 1, TRACE_LINE = 2, TRACE_RETURN = 3, TRACE_C_CALL = 4,
    TRACE_C_EXCEPTION = 5, TRACE_C_RETURN = 6, TRACE_OPCODE = 7,
};

static inline void
trace_clear_break(Thread *ts)
{
    atomic_and_uptr(&ts->abi.eval_breaker, ~(uintptr_t)BREAK_TRACE);
}

// A loop activation begins: its first frame is a new one.
static inline void
trace_enter_run(Thread *ts)
{
    if (UNLIKELY(ts->trace != NULL)) {
        ((TraceState *)ts->trace)->last_fp = NULL;
    }
}

// Before the instruction at FRAME_PC: call, line, opcode and return events. A tool may move
// FRAME_PC. 0, or -1 with an exception.
int trace_instruction(Thread *ts, Value *fp);

// The current exception was raised in fp (first), or has come to it from a callee; with
// first false it is only raised again, which settrace does not report.
void trace_raise(Thread *ts, Value *fp, bool reported);
int trace_handled(Thread *ts, Value *fp);      // -1: the handler does not begin, a tool raised
// fp is left because of the current exception.
void trace_unwind(Thread *ts, Value *fp);

// An iterator has ended without an exception that would be seen, since the interpreter runs it: tools
// are told of a StopIteration with `result`. 0 or -1. trace_next is iter_next_value with such news,
// trace_sent the news after a receiver of other kinds has ended.
int trace_stop(Thread *ts, Value *fp, Value result);
Value trace_next(Thread *ts, Value *fp, PyObject *iterator);
int trace_sent(Thread *ts, Value *fp, PyObject *receiver, Value result);

// Around a call of native code from bytecode: 0 or -1; result NULL: it raised.
int trace_native_call(Thread *ts, PyObject *callable);
int trace_native_return(Thread *ts, PyObject *callable, PyObject *result);

// Whether f_lineno may be assigned now (inside a line event of that frame); ValueError if not.
bool trace_jump_allowed(Thread *ts, Value *fp);

// Recomputes ts->trace after settings changed (vm/monitoring.c calls it for every thread).
int trace_update(Thread *ts, bool monitoring);

// Frees a thread's state at its end.
void trace_thread_clear(Thread *ts);

#endif
