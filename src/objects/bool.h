// bool: the two instances of a subclass of int.
#ifndef TYPHON_OBJECTS_BOOL_H
#define TYPHON_OBJECTS_BOOL_H

#include <stdbool.h>

#include "abi/object.h"
#include "memory/refcount.h"
#include "objects/object.h"

extern PyTypeObject PyBool_Type;

static inline bool bool_check(PyObject *op) { return type_of(op) == &PyBool_Type; }

// Py_True or Py_False; both are immortal, so this is a new and a borrowed reference at once.
static inline PyObject *bool_from_long(long value) { return value ? Py_True : Py_False; }
static inline PyObject *bool_from_int(int value) { return value ? Py_True : Py_False; }

#endif
