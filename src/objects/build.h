// Building objects from C values by a format (Py_BuildValue).
#ifndef TYPHON_OBJECTS_BUILD_H
#define TYPHON_OBJECTS_BUILD_H

#include <stdarg.h>

#include "abi/object.h"

// "" gives None, one unit that object, several a tuple; () [] {} nest. `N` consumes its argument,
// also on failure. Lengths of `#` are Py_ssize_t.
PyObject *value_build(const char *format, ...);
PyObject *value_build_v(const char *format, va_list args);

// Always a tuple, for calls: what object_call_format passes as arguments.
PyObject *value_build_tuple_v(const char *format, va_list args);

#endif
