// The number protocol: operators and conversions on any objects.
//
// Binary operators follow the data model: the right operand goes first when its type is a proper
// subtype of the left one's and provides the slot differently. The messages of TypeError are
// CPython's.
#ifndef TYPHON_OBJECTS_NUMBER_H
#define TYPHON_OBJECTS_NUMBER_H

#include <stdbool.h>

#include "abi/object.h"

bool number_check(PyObject *op);        // has __int__, __float__ or __index__, or is complex
bool index_check(PyObject *op);         // has __index__

PyObject *number_add(PyObject *v, PyObject *w);
PyObject *number_subtract(PyObject *v, PyObject *w);
PyObject *number_multiply(PyObject *v, PyObject *w);
PyObject *number_matrix_multiply(PyObject *v, PyObject *w);
PyObject *number_floor_divide(PyObject *v, PyObject *w);
PyObject *number_true_divide(PyObject *v, PyObject *w);
PyObject *number_remainder(PyObject *v, PyObject *w);
PyObject *number_divmod(PyObject *v, PyObject *w);
PyObject *number_power(PyObject *v, PyObject *w, PyObject *modulus);
PyObject *number_lshift(PyObject *v, PyObject *w);
PyObject *number_rshift(PyObject *v, PyObject *w);
PyObject *number_and(PyObject *v, PyObject *w);
PyObject *number_xor(PyObject *v, PyObject *w);
PyObject *number_or(PyObject *v, PyObject *w);

PyObject *number_inplace_add(PyObject *v, PyObject *w);
PyObject *number_inplace_subtract(PyObject *v, PyObject *w);
PyObject *number_inplace_multiply(PyObject *v, PyObject *w);
PyObject *number_inplace_matrix_multiply(PyObject *v, PyObject *w);
PyObject *number_inplace_floor_divide(PyObject *v, PyObject *w);
PyObject *number_inplace_true_divide(PyObject *v, PyObject *w);
PyObject *number_inplace_remainder(PyObject *v, PyObject *w);
PyObject *number_inplace_power(PyObject *v, PyObject *w, PyObject *modulus);
PyObject *number_inplace_lshift(PyObject *v, PyObject *w);
PyObject *number_inplace_rshift(PyObject *v, PyObject *w);
PyObject *number_inplace_and(PyObject *v, PyObject *w);
PyObject *number_inplace_xor(PyObject *v, PyObject *w);
PyObject *number_inplace_or(PyObject *v, PyObject *w);

PyObject *number_negative(PyObject *op);
PyObject *number_positive(PyObject *op);
PyObject *number_invert(PyObject *op);
PyObject *number_absolute(PyObject *op);

// int(op), float(op). number_index returns an exact int, or an int subclass instance unchanged
// only in number_index_raw.
PyObject *number_long(PyObject *op);
PyObject *number_float(PyObject *op);
PyObject *number_index(PyObject *op);
PyObject *number_index_raw(PyObject *op);

// The integer of an object with __index__. Too big: exc is raised ("cannot fit 'X' into an
// index-sized integer"), or the value is clipped when exc is NULL. -1 with an exception.
Py_ssize_t number_as_ssize(PyObject *op, PyObject *exc);

// Text of an integer in base 2, 8, 10 or 16 with its prefix.
PyObject *number_to_base(PyObject *op, int base);

#endif
