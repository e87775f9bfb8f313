// Raising: from the failing instruction to a handler.
#ifndef TYPHON_VM_UNWIND_H
#define TYPHON_VM_UNWIND_H

#include <stdbool.h>

#include "vm/frame_layout.h"

// Finds the handler of the current exception, raised at fp's FRAME_PC: leaves frames until one
// handles it, prepares its registers and FRAME_PC, and returns it. NULL when the frame that
// this activation of the loop began with has been left. add_traceback: the first frame gets a
// traceback entry (further ones always do).
Value *unwind(Thread *ts, Value *fp, bool add_traceback);

// The same for RERAISE with lasti: handlers are looked for at pc, while FRAME_PC is the
// instruction that tracebacks show. No entry for the first frame.
Value *unwind_from(Thread *ts, Value *fp, const uint64_t *pc);

// The FRAME_RETURN word of frames entered from C (interp.c).
Value interp_exit_word(void);

#endif
