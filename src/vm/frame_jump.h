// Assigning f_lineno while tracing: jumps of debuggers.
#ifndef TYPHON_VM_FRAME_JUMP_H
#define TYPHON_VM_FRAME_JUMP_H

#include "objects/frame.h"

// Moves the frame to the start of a line. 0, or -1 with ValueError when that cannot be.
int frame_jump_to_line(PyFrameObject *f, PyObject *line);

#endif
