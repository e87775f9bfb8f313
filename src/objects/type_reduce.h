// Pickling methods of `object`. For type_object.c only.
#ifndef TYPHON_OBJECTS_TYPE_REDUCE_H
#define TYPHON_OBJECTS_TYPE_REDUCE_H

#include "abi/object.h"

PyObject *object_getstate_method(PyObject *self, PyObject *unused);
PyObject *object_reduce_method(PyObject *self, PyObject *unused);
PyObject *object_reduce_ex_method(PyObject *self, PyObject *protocol);

#endif
