// sys.monitoring (PEP 669): tools, events, callbacks.
//
// Events reach tools through the tracing table (trace.h); the functions below are called by it when
// monitoring_active says that somebody listens.
//
// Threading: settings change with the world stopped, so reading them needs no lock.
#ifndef TYPHON_VM_MONITORING_H
#define TYPHON_VM_MONITORING_H

#include <stdbool.h>

#include "vm/frame_layout.h"
#include "vm/trace.h"

static inline bool
monitoring_active(Thread *ts)
{
    return ts->trace != NULL && ((TraceState *)ts->trace)->monitoring;
}

// All return 0, or -1 with an exception that a callback raised. The void ones chain it to the
// exception under way.
int monitoring_start(Thread *ts, Value *fp, bool resumed);
int monitoring_return(Thread *ts, Value *fp, bool yields, PyObject *result);
int monitoring_line(Thread *ts, Value *fp, int line);
int monitoring_instruction(Thread *ts, Value *fp);     // INSTRUCTION, JUMP, BRANCH_*, CALL events
int monitoring_native_return(Thread *ts, PyObject *callable, PyObject *result);
int monitoring_stop(Thread *ts, Value *fp, PyObject *exc);
void monitoring_raise(Thread *ts, Value *fp, bool first);
int monitoring_handled(Thread *ts, Value *fp);
void monitoring_unwind(Thread *ts, Value *fp);
void monitoring_throw(Thread *ts, Value *fp);

// A number that no other TraceState has.
uint32_t monitoring_new_watch(void);

#endif
