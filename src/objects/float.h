// float: IEEE 754 doubles.
//
// Threading: floats are immutable; everything here is pure.
#ifndef TYPHON_OBJECTS_FLOAT_H
#define TYPHON_OBJECTS_FLOAT_H

#include <stdbool.h>

#include "abi/numbers.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyFloat_Type;

static inline bool float_check(PyObject *op) { return object_type_check(op, &PyFloat_Type); }
static inline bool float_check_exact(PyObject *op) { return type_of(op) == &PyFloat_Type; }

// Value of an instance of float.
static inline double float_value(PyObject *op) { return ((PyFloatObject *)op)->ob_fval; }

// New reference, or NULL with MemoryError. ±0.0 are two immortal objects.
PyObject *float_from_double(double value);

// float(text) of a str, bytes or buffer. ValueError "could not convert string to float: '…'".
PyObject *float_from_str(PyObject *text);

// Value of a float, of an object with __float__, or with __index__. -1.0 with TypeError
// "must be real number, not …"; test error_occurred() on -1.0.
double float_as_double(PyObject *op);

// x // y and x % y with the sign of y; y is not 0.
double float_floor_div(double x, double y);
double float_mod(double x, double y);
void float_divmod(double x, double y, double *quotient, double *remainder);

// x ** y with Python's exceptions. False: an exception is set. Complex results (negative base,
// fractional exponent) are told by *is_complex.
bool float_power(double x, double y, double *result, bool *is_complex);

// Exact comparison of a double with an int of any size: -1, 0, 1 (x is not NaN).
int float_compare_int(double x, PyObject *integer);

// repr(x): new str.
PyObject *float_repr_double(double x);

// struct-like packing: n is 2, 4 or 8. 0, or -1 with OverflowError "float too large to pack with
// e/f/d format".
int float_pack(double x, unsigned char *bytes, int n, bool little_endian);
// Reads n bytes; never fails.
double float_unpack(const unsigned char *bytes, int n, bool little_endian);

#endif
