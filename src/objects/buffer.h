// The buffer protocol (PEP 3118): taking, describing, copying.
#ifndef TYPHON_OBJECTS_BUFFER_H
#define TYPHON_OBJECTS_BUFFER_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/object.h"

bool buffer_check(PyObject *op);        // supports the protocol (PyObject_CheckBuffer)

// 0, or -1 with TypeError "a bytes-like object is required, not 'X'" or BufferError.
int buffer_get(PyObject *op, Py_buffer *view, int flags);

// A PyBUF_SIMPLE view whose content no other thread can change while it is held: a copy when it is writable
// and there are other threads. For algorithms that look twice.
int buffer_get_stable(PyObject *op, Py_buffer *view);

// Gives a view back; harmless on one that was released or never taken (obj == NULL). Keeps the
// current exception.
void buffer_release(Py_buffer *view);

// Describes len bytes of memory of exporter: the getbuffer of simple types.
int buffer_fill_info(Py_buffer *view, PyObject *exporter, void *data, Py_ssize_t len, int readonly,
                     int flags);

// order: 'C', 'F' or 'A' (either).
bool buffer_is_contiguous(const Py_buffer *view, char order);
void *buffer_get_pointer(const Py_buffer *view, const Py_ssize_t *indices);
int buffer_to_contiguous(void *dest, const Py_buffer *view, Py_ssize_t len, char order);
int buffer_from_contiguous(const Py_buffer *view, const void *src, Py_ssize_t len, char order);
void buffer_fill_contiguous_strides(int ndim, const Py_ssize_t *shape, Py_ssize_t *strides,
                                    int itemsize, char order);

// Copies the data of one exporter into another of at least its size.
int buffer_copy(PyObject *dest, PyObject *src);

// Item size of a struct format; -1 with an exception.
Py_ssize_t buffer_size_from_format(const char *format);

#endif
