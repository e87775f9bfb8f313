// Handled exceptions: except clauses, raise statements, with statements.
#ifndef TYPHON_VM_HANDLED_H
#define TYPHON_VM_HANDLED_H

#include <stdbool.h>

#include "objects/value.h"
#include "thread/thread.h"

// exc (borrowed) is handled now; the previously handled one as an own value (None for none).
Value handled_push(Thread *ts, PyObject *exc);

// previous (consumed) is handled again.
void handled_pop_steal(Thread *ts, Value previous);

// Whether exc is matched by what an except clause names: 1, 0, -1 with TypeError for bad classes.
int handled_match(PyObject *exc, Value type);

// except*: splits exc. *rest and *match are own values (None for nothing); a match becomes the
// handled exception.
int handled_group_match(Thread *ts, PyObject *exc, Value type, Value *rest, Value *match);

// The raise statement; VALUE_UNSET where an operand is missing. Leaves the exception current;
// true when it was a bare raise of the handled one (no new traceback entry for this frame).
bool handled_raise(Value exc, Value cause);

// exit(type, value, traceback) of a with statement; self may be VALUE_UNSET.
Value handled_call_exit(Value function, Value self, PyObject *exc);

#endif
