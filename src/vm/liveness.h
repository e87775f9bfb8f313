// Which temporaries of a frame are live.
//
// The compiler lets dead temporaries keep what they held last, unless they own it: so a borrowed
// pointer in a temporary may be stale. Whoever looks at the registers of a frame from outside
// asks here whether the pointer means anything. Locals always do.
//
// Threading: reads code words, whose operands never change.
#ifndef TYPHON_VM_LIVENESS_H
#define TYPHON_VM_LIVENESS_H

#include "objects/code.h"

typedef enum { LIVENESS_DEAD, LIVENESS_LIVE, LIVENESS_UNKNOWN } Liveness;

// Whether temporary `reg` may still be read by the instruction at `word`, or later before
// it is written. Unknown when memory is out.
Liveness liveness_before(PyCodeObject *code, int word, int reg);

// The same when the instruction at `word` may have been executed already.
Liveness liveness_around(PyCodeObject *code, int word, int reg);

#endif
