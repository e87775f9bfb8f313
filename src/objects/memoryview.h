// memoryview: a Python object over the buffer of another one.
//
// Threading: the number of views of a managed buffer is atomic; reading and writing items of the same memory
// from several threads is up to the program, as with any buffer.
#ifndef TYPHON_OBJECTS_MEMORYVIEW_H
#define TYPHON_OBJECTS_MEMORYVIEW_H

#include <stdbool.h>

#include "abi/containers.h"
#include "abi/object.h"

extern PyTypeObject PyMemoryView_Type;
extern PyTypeObject _PyManagedBuffer_Type;
extern PyTypeObject _PyMemoryIter_Type;

static inline bool memoryview_check(PyObject *op) { return op->ob_type == &PyMemoryView_Type; }

// The view's buffer; valid as long as the memoryview is and is not released.
static inline Py_buffer *
memoryview_buffer(PyObject *op)
{
    return &((PyMemoryViewObject *)op)->view;
}

// memoryview(op); TypeError when op has no buffer.
PyObject *memoryview_from_object(PyObject *op);

// The same with the flags of a request (PyBUF_*).
PyObject *memoryview_from_object_flags(PyObject *op, int flags);

// The same through a given getbuffer function of op's type or of a base of it.
PyObject *memoryview_from_buffer_function(PyObject *op, int flags, getbufferproc get);

// Forbids views of the view: what a __release_buffer__ method is given must not outlive the call.
void memoryview_restrict(PyObject *op);

// Over raw memory; flags is PyBUF_READ or PyBUF_WRITE.
PyObject *memoryview_from_memory(char *memory, Py_ssize_t size, int flags);

// Over a buffer that the caller keeps; the view does not own info->obj.
PyObject *memoryview_from_buffer(const Py_buffer *info);

// A view of op that is contiguous in `order` ('C', 'F', 'A'), copied when it must be and
// buffertype is PyBUF_READ. BufferError.
PyObject *memoryview_get_contiguous(PyObject *op, int buffertype, char order);

// memoryview.release() without an error when there is nothing to release; -1 with BufferError
// while others export it.
int memoryview_release(PyObject *op);

#endif
