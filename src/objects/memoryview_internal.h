// Between the files of memoryview.
#ifndef TYPHON_OBJECTS_MEMORYVIEW_INTERNAL_H
#define TYPHON_OBJECTS_MEMORYVIEW_INTERNAL_H

#include <stdbool.h>

#include "objects/container.h"
#include "objects/memoryview.h"

#define MEMORYVIEW(op) ((PyMemoryViewObject *)(op))

// Bits of PyMemoryViewObject.flags, as in cp314t; atomic.
enum {
    VIEW_RELEASED = 1,
    VIEW_C = 2,
    VIEW_FORTRAN = 4,
    VIEW_SCALAR = 8,
    VIEW_INDIRECT = 16,     // has suboffsets
    VIEW_RESTRICTED = 32,   // made by bytes-like arguments: may not be exported further
};

// The buffer that several memoryviews share; given back when the last of them is released.
struct _managedbuffer {
    PyObject ob_base;
    int flags;              // atomic: VIEW_RELEASED
    Py_ssize_t exports;     // atomic: memoryviews that are not released
    Py_buffer master;       // immutable until released
};

// -1 with ValueError when the view was released.
int view_check(PyObject *op);

// ---- Items (memoryview_item.c) ----

// The character of a native single-character format, optionally with "@"; 0 for all others.
// *size receives the item size.
char view_native_format(const char *format, Py_ssize_t *size);

static inline const char *
view_format(const Py_buffer *view)
{
    return view->format == NULL ? "B" : view->format;
}

// One item as an object / from an object.
PyObject *view_unpack(const char *item, const char *format);
int view_pack(char *item, PyObject *value, const char *format);

// The address of item `index` along dimension 0, negative ones counted from the end; NULL with IndexError.
char *view_at(const Py_buffer *view, char *base, Py_ssize_t index, int dimension);

PyObject *view_tolist(const Py_buffer *view);

// Whether two buffers have equal shapes and items: 1, 0, -1.
int view_equal(const Py_buffer *v, const Py_buffer *w);

// Copies items between buffers of the same format and shape, which may overlap.
int view_copy(const Py_buffer *dest, const Py_buffer *src);
bool view_same_structure(const Py_buffer *dest, const Py_buffer *src);

#endif
