// types.SimpleNamespace.
#ifndef TYPHON_OBJECTS_NAMESPACE_H
#define TYPHON_OBJECTS_NAMESPACE_H

#include "abi/object.h"

extern PyTypeObject _PyNamespace_Type;

// New namespace with the items of a dict (NULL: empty).
PyObject *namespace_new(PyObject *attributes);

#endif
