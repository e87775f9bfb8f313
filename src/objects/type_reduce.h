// Pickling methods of `object`.
#ifndef TYPHON_OBJECTS_TYPE_REDUCE_H
#define TYPHON_OBJECTS_TYPE_REDUCE_H

#include "abi/object.h"

PyObject *object_getstate_method(PyObject *self, PyObject *unused);
PyObject *object_reduce_method(PyObject *self, PyObject *unused);
PyObject *object_reduce_ex_method(PyObject *self, PyObject *protocol);

// What protocols 2 and newer make of an object: copyreg.__newobj__, its arguments, state, items.
PyObject *object_reduce_newobj(PyObject *op);

#endif
