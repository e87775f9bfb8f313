// complex: pairs of doubles.
//
// Threading: values are immutable; everything here is pure.
#ifndef TYPHON_OBJECTS_COMPLEX_H
#define TYPHON_OBJECTS_COMPLEX_H

#include <stdbool.h>

#include "abi/numbers.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyComplex_Type;

static inline bool complex_check(PyObject *op) { return object_type_check(op, &PyComplex_Type); }
static inline bool complex_check_exact(PyObject *op) { return type_of(op) == &PyComplex_Type; }

// New reference, or NULL with MemoryError.
PyObject *complex_from_doubles(double real, double imag);
PyObject *complex_from_value(Py_complex value);

// Value of a complex, of an object with __complex__, or of a real number. real is -1.0 with an
// exception (test error_occurred()).
Py_complex complex_as_value(PyObject *op);

// Power with Python's exceptions (ZeroDivisionError, OverflowError): real is -1.0 with one set.
Py_complex complex_power(Py_complex base, Py_complex exponent);

#endif
