// range and its iterators.
//
// Threading: ranges are immutable; the iterator over machine words is lock-free and may, when
// threads share it, give a number twice.
#ifndef TYPHON_OBJECTS_RANGE_H
#define TYPHON_OBJECTS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "objects/value.h"

extern PyTypeObject PyRange_Type;
extern PyTypeObject PyRangeIter_Type;
extern PyTypeObject PyLongRangeIter_Type;

// All four are ints, immutable.
typedef struct RangeObject {
    PyObject ob_base;
    PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
} RangeObject;

// Iterator when all numbers fit in 64 bits. The vm's loops read and advance it.
typedef struct RangeIterObject {
    PyObject ob_base;
    int64_t next;       // atomic: relaxed
    int64_t step;       // immutable
    int64_t remaining;  // atomic: relaxed; numbers still to come
} RangeIterObject;

static inline bool range_check(PyObject *op) { return op->ob_type == &PyRange_Type; }

// range(start, stop, step) from ints; ValueError when step is 0.
PyObject *range_new(PyObject *start, PyObject *stop, PyObject *step);

// Start, step and length when all numbers and the length fit in 64 bits; false otherwise.
bool range_as_i64(PyObject *op, int64_t *start, int64_t *step, int64_t *length);

// The next number of a PyRangeIter_Type iterator; VALUE_UNSET at its end (no exception) or with
// MemoryError (numbers beyond 62 bits take a box).
Value range_iter_next_value(PyObject *iterator);

#endif
