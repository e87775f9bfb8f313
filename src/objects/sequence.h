// The sequence protocol on any objects.
#ifndef TYPHON_OBJECTS_SEQUENCE_H
#define TYPHON_OBJECTS_SEQUENCE_H

#include <stdbool.h>

#include "abi/containers.h"
#include "abi/object.h"

bool sequence_check(PyObject *op);      // has sq_item and is no dict

Py_ssize_t sequence_length(PyObject *op);
PyObject *sequence_concat(PyObject *v, PyObject *w);
PyObject *sequence_repeat(PyObject *op, Py_ssize_t count);
PyObject *sequence_inplace_concat(PyObject *v, PyObject *w);
PyObject *sequence_inplace_repeat(PyObject *op, Py_ssize_t count);

// Negative indices count from the end.
PyObject *sequence_getitem(PyObject *op, Py_ssize_t index);
int sequence_setitem(PyObject *op, Py_ssize_t index, PyObject *value);
int sequence_delitem(PyObject *op, Py_ssize_t index);
PyObject *sequence_getslice(PyObject *op, Py_ssize_t low, Py_ssize_t high);
int sequence_setslice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value);
int sequence_delslice(PyObject *op, Py_ssize_t low, Py_ssize_t high);

// value in op: 1, 0 or -1.
int sequence_contains(PyObject *op, PyObject *value);
// The same without asking sq_contains.
int sequence_contains_by_iteration(PyObject *op, PyObject *value);
Py_ssize_t sequence_count(PyObject *op, PyObject *value);
// ValueError "sequence.index(x): x not in sequence" when missing.
Py_ssize_t sequence_index(PyObject *op, PyObject *value);

// New tuple or list from any iterable. sequence_tuple returns an exact tuple itself.
PyObject *sequence_tuple(PyObject *op);
PyObject *sequence_list(PyObject *op);

// A list or tuple (op itself when it is one, subclasses included, else a new list). What is not
// iterable is TypeError(message). A list can change while it is read: take an owned reference
// of each item with list_get, or use sequence_tuple, unless the list is the caller's own.
PyObject *sequence_fast(PyObject *op, const char *message);

static inline Py_ssize_t
sequence_fast_size(PyObject *fast)
{
    return ((PyVarObject *)fast)->ob_size;
}

// Borrowed item array of a sequence_fast result: valid for tuples and for lists that nobody
// else can change.
PyObject **sequence_fast_items_borrow(PyObject *fast);

#endif
