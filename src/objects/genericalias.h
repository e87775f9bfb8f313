// types.GenericAlias (list[int]) and typing.Union (int | str).
#ifndef TYPHON_OBJECTS_GENERICALIAS_H
#define TYPHON_OBJECTS_GENERICALIAS_H

#include <stdbool.h>

#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject Py_GenericAliasType;
extern PyTypeObject _PyUnion_Type;
extern PyTypeObject _Py_GenericAliasIterType;

static inline bool genericalias_check(PyObject *op) { return object_type_check(op, &Py_GenericAliasType); }

// origin[args]: args that is no tuple becomes a 1-tuple. (Also __class_getitem__ as METH_O|METH_CLASS.)
PyObject *genericalias_new(PyObject *origin, PyObject *args);

// __parameters__ of a tuple of arguments; substitution of item for parameters in args.
PyObject *genericalias_parameters(PyObject *args);
PyObject *genericalias_substitute(PyObject *self, PyObject *args, PyObject *parameters,
                                  PyObject *item);

// a | b for types: the union, or Py_NotImplemented (new reference) when an operand is no type form.
PyObject *union_or(PyObject *a, PyObject *b);
// Union of a tuple of forms as typing.Union[...] makes it (strings become ForwardRef).
PyObject *union_from_tuple(PyObject *args);
static inline bool union_check(PyObject *op) { return type_of(op) == &_PyUnion_Type; }
// The tuple of alternatives, borrowed.
PyObject *union_args_borrow(PyObject *op);

#endif
