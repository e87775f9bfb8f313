// What the files of type parameters and type aliases share.
//
// A value that is evaluated lazily has two fields: the value, NULL until it is known, and the
// evaluator, NULL when there is none. Both are written once (the value under the object's
// critical section) and never replaced.
#ifndef TYPHON_OBJECTS_TYPEVAR_INTERNAL_H
#define TYPHON_OBJECTS_TYPEVAR_INTERNAL_H

#include <stdbool.h>

#include "abi/object.h"
#include "objects/object.h"
#include "objects/typevar.h"

// The value; evaluated with the VALUE format when need be. New reference; fallback when there is
// neither value nor evaluator.
PyObject *lazy_value(PyObject *owner, PyObject **value, PyObject *evaluator, PyObject *fallback);

// What the attributes evaluate_… give: the evaluator, a constant one for a value, or None.
PyObject *lazy_evaluator(PyObject *value, PyObject *evaluator);

// typing.NAME(a, b[, c]).
PyObject *typing_call(const char *name, PyObject *a, PyObject *b, PyObject *c);

// typing._type_check(value, "Bound must be a type.").
PyObject *typing_check_bound(PyObject *bound);

// typing.Unpack[op].
PyObject *typing_unpack(PyObject *op);

// typing.Union[a, b], for | on type parameters.
PyObject *typing_union(PyObject *a, PyObject *b);

// The iterator of the one-tuple (typing.Unpack[op],).
PyObject *typing_unpack_iter(PyObject *op);

// A tuple of type parameters with TypeVarTuples unpacked; new reference.
PyObject *typing_unpack_parameters(PyObject *parameters);

// __name__ of the module whose code is running: new reference, NULL (maybe without an exception).
PyObject *typing_caller(void);

// Sets op.__module__ to the calling module, if any.
int typing_set_module(PyObject *op);

// TypeError "Cannot subclass an instance of X".
PyObject *typing_refuse_subclass(const char *name);

// Whether a TypeVar, ParamSpec or TypeVarTuple has a default; -1 with TypeError for others.
int typeparam_has_default(PyObject *op);

int paramspec_set_default(PyObject *parameter, PyObject *evaluate_default);

extern PyTypeObject typing_const_evaluator_type;

#endif
