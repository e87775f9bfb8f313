// Iterators over sequences (__getitem__) and callables (iter(function, sentinel)); and the other
// iterators that are builtins.
//
// Threading: positions are atomic; an iterator shared by threads may repeat or skip items.
#ifndef TYPHON_OBJECTS_SEQITER_H
#define TYPHON_OBJECTS_SEQITER_H

#include "abi/object.h"
#include "objects/value.h"

extern PyTypeObject PySeqIter_Type;
extern PyTypeObject PyCallIter_Type;
extern PyTypeObject PyEnum_Type;
extern PyTypeObject PyReversed_Type;
extern PyTypeObject PyZip_Type;
extern PyTypeObject PyMap_Type;
extern PyTypeObject PyFilter_Type;

// For iter_next_parts (iter.h).
int enum_next_parts(PyObject *self, Value *parts);
Py_ssize_t zip_part_count(PyObject *self);
int zip_next_parts(PyObject *self, Value *parts, Py_ssize_t n);

// iter(sequence) over __getitem__ 0, 1, 2, …
PyObject *seqiter_new(PyObject *sequence);

// The builtin `name` (ID(iter), ID(reversed)), for __reduce__ of iterators. New reference.
PyObject *iterator_builtin(PyObject *name);

#endif
