// slice objects and index arithmetic.
//
// Threading: immutable.
#ifndef TYPHON_OBJECTS_SLICE_H
#define TYPHON_OBJECTS_SLICE_H

#include <stdbool.h>

#include "abi/containers.h"
#include "abi/object.h"

extern PyTypeObject PySlice_Type;

static inline bool slice_check(PyObject *op) { return op->ob_type == &PySlice_Type; }

// NULL stands for None.
PyObject *slice_new(PyObject *start, PyObject *stop, PyObject *step);
PyObject *slice_from_indices(Py_ssize_t start, Py_ssize_t stop);

// Bounds as machine words, clipped to what any sequence can have. ValueError "slice step cannot be
// zero", TypeError when a part is no index.
int slice_unpack(PyObject *op, Py_ssize_t *start, Py_ssize_t *stop, Py_ssize_t *step);

// Clips to a sequence of `length` items; the number of items selected.
Py_ssize_t slice_adjust_indices(Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop,
                                Py_ssize_t step);

// slice.indices(length) with ints of any size: three new references.
int slice_int_indices(PyObject *op, PyObject *length, PyObject **start, PyObject **stop,
                      PyObject **step);

// One bound of x[a:b] as a machine word: None leaves *index alone. TypeError "slice indices must
// be integers or None or have an __index__ method".
int slice_eval_index(PyObject *op, Py_ssize_t *index);

// The same for arguments such as those of list.index, where None is no index: TypeError "slice
// indices must be integers or have an __index__ method".
int slice_eval_index_not_none(PyObject *op, Py_ssize_t *index);

#endif
