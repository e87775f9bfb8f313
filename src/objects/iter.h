// Stepping through iterators. object_iter (object.h) makes them.
#ifndef TYPHON_OBJECTS_ITER_H
#define TYPHON_OBJECTS_ITER_H

#include <stdbool.h>

#include "abi/object.h"
#include "objects/value.h"

bool iter_check(PyObject *op);          // has a usable tp_iternext
bool aiter_check(PyObject *op);

// Next item, or NULL: without an exception at the end (StopIteration is swallowed).
PyObject *iter_next(PyObject *iter);

// The same as a value; VALUE_UNSET at the end or with an exception.
Value iter_next_value(PyObject *iter);

// Iterators that give tuples (of dict items, enumerate, zip) can give the items of the next one
// instead: their number (-1: another iterator), and the items, own: 1, 0 at the end, -1.
Py_ssize_t iter_part_count(PyObject *iter);
int iter_next_parts(PyObject *iter, Value *parts, Py_ssize_t n);

// 1 and *item set, 0 at the end, -1 with an exception.
int iter_next_item(PyObject *iter, PyObject **item);

// iter.send(value): PYGEN_NEXT, PYGEN_RETURN or PYGEN_ERROR, *result owned.
PySendResult iter_send(PyObject *iter, PyObject *value, PyObject **result);

// Appends what the iterable yields, calling fn(item (borrowed), context) until it returns not 0;
// -1 with an exception, otherwise what fn returned last.
int iter_for_each(PyObject *iterable, int (*fn)(PyObject *item, void *context), void *context);

// iter(callable, sentinel). (The type is in seqiter.h.)
PyObject *call_iter_new(PyObject *callable, PyObject *sentinel);

// tp_iternext of types that define no __next__: raises TypeError; iter_check knows it.
PyObject *object_next_not_implemented(PyObject *op);

#endif
