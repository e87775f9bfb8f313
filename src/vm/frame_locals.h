// f_locals: the write-through proxy of optimized frames (PEP 667), and locals().
#ifndef TYPHON_VM_FRAME_LOCALS_H
#define TYPHON_VM_FRAME_LOCALS_H

#include "objects/frame.h"

// locals(): the mapping of unoptimized frames, a fresh dict of optimized ones. New reference.
PyObject *frame_locals_snapshot(PyFrameObject *f);

#endif
