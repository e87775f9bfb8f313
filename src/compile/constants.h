// Constants as the compiler tells them apart: by type and value, so that 0.0 and -0.0, 1 and True,
// (1,) and (True,) stay different.
//
// Threading: pure functions over immutable objects.
#ifndef TYPHON_COMPILE_CONSTANTS_H
#define TYPHON_COMPILE_CONSTANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

uint64_t constant_hash(PyObject *op);
bool constant_equal(PyObject *a, PyObject *b);

// Name of a type without its module, for warnings; lives as long as the type.
const char *constant_type_name(PyTypeObject *type);

#endif
