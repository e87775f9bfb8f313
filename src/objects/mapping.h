// The mapping protocol on any objects. Items are read and written with object_getitem & co.
#ifndef TYPHON_OBJECTS_MAPPING_H
#define TYPHON_OBJECTS_MAPPING_H

#include <stdbool.h>

#include "abi/object.h"

bool mapping_check(PyObject *op);       // has mp_subscript
Py_ssize_t mapping_length(PyObject *op);

PyObject *mapping_getitem_cstr(PyObject *op, const char *key);
int mapping_setitem_cstr(PyObject *op, const char *key, PyObject *value);

// 1 and *result owned, 0 and NULL when KeyError, -1 with another exception.
int mapping_getitem_optional(PyObject *op, PyObject *key, PyObject **result);
int mapping_getitem_optional_cstr(PyObject *op, const char *key, PyObject **result);

int mapping_haskey(PyObject *op, PyObject *key);        // 1, 0, -1
int mapping_haskey_cstr(PyObject *op, const char *key);

// Lists of the results of the methods of the same name.
PyObject *mapping_keys(PyObject *op);
PyObject *mapping_values(PyObject *op);
PyObject *mapping_items(PyObject *op);

#endif
