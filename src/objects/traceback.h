// Traceback objects and the plain C printer of tracebacks.
//
// Threading: tb_next changes under the object's critical section; everything else is immutable
// (tb_lineno is filled on demand).
#ifndef TYPHON_OBJECTS_TRACEBACK_H
#define TYPHON_OBJECTS_TRACEBACK_H

#include <stdbool.h>

#include "abi/frame.h"
#include "objects/frame.h"

extern PyTypeObject PyTraceBack_Type;

static inline bool traceback_check(PyObject *op) { return op->ob_type == &PyTraceBack_Type; }

// New traceback entry in front of next (or NULL). line -1: computed from lasti when asked for.
// lasti is in bytes.
PyObject *traceback_new(PyObject *next, PyFrameObject *frame, int lasti, int line);

// Puts an entry for frame (at its current instruction) in front of exc's traceback. 0 or -1.
int traceback_add_frame(PyObject *exc, PyFrameObject *frame, int lasti);

// Adds an entry with a made-up frame to the current exception: for native code that wants to
// show up (parser, pyexpat). Errors are ignored.
void traceback_add(const char *funcname, const char *filename, int line);

int traceback_lineno(PyObject *tb);

// Writes "Traceback (most recent call last):" and the entries, with source lines and carets, to a
// file object (write method). header may be NULL. limit: number of entries, negative from the end
// as sys.tracebacklimit. 0 or -1.
int traceback_print(PyObject *tb, PyObject *file, const char *header, Py_ssize_t limit);

// The source line `line` of filename, stripped at the left when indent is not NULL (*indent gets
// the number of characters removed). New str, or NULL without an exception when not available.
PyObject *traceback_source_line(PyObject *filename, int line, int *indent);

#endif
