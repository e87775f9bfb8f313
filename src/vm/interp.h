// The interpreter loop's door for the rest of vm/.
//
// Threading: a loop runs frames of its own thread only.
#ifndef TYPHON_VM_INTERP_H
#define TYPHON_VM_INTERP_H

#include "vm/frame_layout.h"

// Runs the frame at fp, whose header words FUNCTION, CODE, PC, OBJECT and registers are set and
// which lies above ts->fp's frame; execution starts at its FRAME_PC. Returns when the frame has
// returned, yielded or raised: the value (own), or VALUE_UNSET with an exception. The frame is
// gone then.
Value vm_run(Thread *ts, Value *fp);

// The same, but starts by raising the current exception at FRAME_PC (generator.throw).
Value vm_run_raise(Thread *ts, Value *fp);


#endif
