// bytearray.
//
// Threading: every operation takes the object's critical section, so it is atomic to other
// threads. While a buffer is exported (ob_exports > 0) the size cannot change (BufferError).
#ifndef TYPHON_OBJECTS_BYTEARRAY_H
#define TYPHON_OBJECTS_BYTEARRAY_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "abi/strings.h"

extern PyTypeObject PyByteArray_Type;
extern PyTypeObject PyByteArrayIter_Type;

bool bytearray_check(PyObject *op);
static inline bool bytearray_check_exact(PyObject *op) { return op->ob_type == &PyByteArray_Type; }

// The data stay where they are until the size changes: hold the critical section or an export.
static inline char *
bytearray_data(PyObject *op)
{
    char *start = ((PyByteArrayObject *)op)->ob_start;
    return start != NULL ? start : (char *)"";
}
static inline Py_ssize_t bytearray_length(PyObject *op) { return ((PyVarObject *)op)->ob_size; }

PyObject *bytearray_from_data(const char *data, Py_ssize_t size); // data NULL: uninitialised
PyObject *bytearray_from_object(PyObject *op);
PyObject *bytearray_concat(PyObject *a, PyObject *b);
int bytearray_resize(PyObject *op, Py_ssize_t size);             // BufferError, MemoryError

#endif
