// The marshal format: version 5 of CPython 3.14, with code objects of our own.
//
// Source: documentation of the `marshal` module; the type codes are facts of the format.
// Threading: a writer or reader belongs to one thread; containers that other threads change while
// they are written are read item by item under their own rules.
#ifndef TYPHON_RUNTIME_MARSHAL_H
#define TYPHON_RUNTIME_MARSHAL_H

#include <stdbool.h>

#include "abi/object.h"

#define MARSHAL_VERSION 5

// bytes object with the marshalled value. ValueError for what cannot be marshalled.
PyObject *marshal_dumps(PyObject *value, int version, bool allow_code);

// Value at the start of the buffer; trailing bytes are ignored. EOFError, ValueError, TypeError.
PyObject *marshal_loads(const char *data, Py_ssize_t size, bool allow_code);

// The same for a module that is part of the binary: its instructions are not verified again.
PyObject *marshal_load_frozen(const unsigned char *data, size_t size);

// The same as marshal_loads, reading from an object with readinto().
PyObject *marshal_load_from(PyObject *readable, bool allow_code);

#endif
