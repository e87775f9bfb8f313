// What zip and map share: their arguments, and the check of strict=True.
#ifndef TYPHON_OBJECTS_STRICT_INTERNAL_H
#define TYPHON_OBJECTS_STRICT_INTERNAL_H

#include <stdbool.h>

#include "abi/object.h"

// The value of the keyword `strict`, the only one there is: 1, 0, -1 with an exception. With
// `check` false other keywords are left to a subclass.
int strict_keyword(PyObject *kwargs, const char *name, bool check);

// Tuple of iterators over args[first:].
PyObject *strict_iterators(PyObject *args, Py_ssize_t first);

// Iterator `at` (counted from 0) has ended: raises ValueError unless all end now. Nothing is raised when
// an exception is current already.
void strict_check(PyObject *iterators, Py_ssize_t at, const char *name);

#endif
