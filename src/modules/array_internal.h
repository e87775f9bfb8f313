// Between the files of array.
#ifndef TYPHON_MODULES_ARRAY_INTERNAL_H
#define TYPHON_MODULES_ARRAY_INTERNAL_H

#include <stdbool.h>

#include "modules/native_type.h"

// A kind of items.
typedef struct ArrayKind {
    char typecode;
    int itemsize;
    PyObject *(*get)(const char *item);             // new object
    int (*set)(char *item, PyObject *value);        // 0, or -1 with an exception
    const char *format;                             // for the buffer protocol
    bool is_integer;
    bool is_signed;
} ArrayKind;

// As wheels see it (Cython's cpython.array).
typedef struct Array {
    PyVarObject ob_base;
    char *items;                // lock: the object's
    Py_ssize_t allocated;       // lock: the object's
    const ArrayKind *kind;      // immutable
    PyObject *weakrefs;
    Py_ssize_t exports;         // atomic: buffers given out; the items do not move while > 0
} Array;

#define ARRAY(op) ((Array *)(op))

extern PyTypeObject array_type;
extern const ArrayKind array_kinds[];       // ends with typecode 0

// NULL when there is none.
const ArrayKind *array_kind_of(int typecode);

// New array of n items, not initialised.
PyObject *array_new(PyTypeObject *type, Py_ssize_t n, const ArrayKind *kind);

// Appends an object, converted.
int array_append_object(PyObject *self, PyObject *value);

// _array_reconstructor and __reduce_ex__ (array_pickle.c).
PyObject *array_reconstructor(PyObject *module, PyObject *const *args, Py_ssize_t nargs);
PyObject *array_reduce_ex(PyObject *self, PyObject *protocol);

#endif
