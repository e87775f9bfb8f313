// Between property.c and classmethod.c.
#ifndef TYPHON_OBJECTS_DESCR_INTERNAL_H
#define TYPHON_OBJECTS_DESCR_INTERNAL_H

#include "abi/object.h"

// Truth of op.__isabstractmethod__, 0 when it has none: 1, 0, -1.
int object_is_abstract(PyObject *op);

#endif
