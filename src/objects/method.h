// Bound methods and instancemethod.
#ifndef TYPHON_OBJECTS_METHOD_H
#define TYPHON_OBJECTS_METHOD_H

#include <stdbool.h>

#include "abi/functions.h"
#include "objects/object.h"

extern PyTypeObject PyMethod_Type;
extern PyTypeObject PyInstanceMethod_Type;

static inline bool method_check(PyObject *op) { return type_of(op) == &PyMethod_Type; }
static inline bool
instancemethod_check(PyObject *op)
{
    return type_of(op) == &PyInstanceMethod_Type;
}

// Borrowed parts of a bound method: immutable.
static inline PyObject *method_function_borrow(PyObject *m) { return ((PyMethodObject *)m)->im_func; }
static inline PyObject *method_self_borrow(PyObject *m) { return ((PyMethodObject *)m)->im_self; }

// New bound method; self must not be NULL.
PyObject *method_new(PyObject *func, PyObject *self);
PyObject *instancemethod_new(PyObject *func);

#endif
