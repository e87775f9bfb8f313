// Cells: variables shared between a function and the functions inside it.
//
// The content is a tagged value. Threading: cell_load is lock-free (load, take a reference, load
// again); cell_store exchanges the word, so concurrent stores never leak or free twice.
#ifndef TYPHON_OBJECTS_CELL_H
#define TYPHON_OBJECTS_CELL_H

#include <stdbool.h>

#include "abi/object.h"
#include "objects/value.h"

// ABI: ob_ref at offset 32 holds a Value here; wheels use PyCell_Get/Set.
typedef struct CellObject {
    PyObject ob_base;
    Value value;                // atomic: VALUE_UNSET when empty
} CellObject;

extern PyTypeObject PyCell_Type;

static inline bool cell_check(PyObject *op) { return op->ob_type == &PyCell_Type; }

// New cell; consumes the value (VALUE_UNSET: empty), also on failure.
PyObject *cell_new_steal(Value value);

// The content as an own value; VALUE_UNSET when empty.
Value cell_load(PyObject *cell);

// Replaces the content (consumed; VALUE_UNSET empties). True when there was a content before.
bool cell_store_steal(PyObject *cell, Value value);

// Content as an object: new reference, or NULL without an exception when empty.
// NULL with MemoryError when a box cannot be made.
PyObject *cell_get(PyObject *cell);

// value NULL empties.
void cell_set(PyObject *cell, PyObject *value);

#endif
