// Between weakref.c and weakref_proxy.c.
#ifndef TYPHON_OBJECTS_WEAKREF_INTERNAL_H
#define TYPHON_OBJECTS_WEAKREF_INTERNAL_H

#include "abi/object.h"

PyObject *weakref_make(PyTypeObject *type, PyObject *op, PyObject *callback);
void weakref_clear_self(PyObject *op);      // unlinks a reference and drops its callback
void weakref_dealloc(PyObject *op);
int weakref_traverse(PyObject *op, visitproc visit, void *arg);
int weakref_clear(PyObject *op);

#endif
