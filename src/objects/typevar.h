// Type parameters (PEP 484, 612, 646, 695, 696): TypeVar, ParamSpec, TypeVarTuple, type aliases.
//
// The `evaluate_…` arguments are functions of the format argument (PEP 649), called when the
// attribute is first asked for.
#ifndef TYPHON_OBJECTS_TYPEVAR_H
#define TYPHON_OBJECTS_TYPEVAR_H

#include "abi/object.h"

extern PyTypeObject PyTypeVar_Type;
extern PyTypeObject PyParamSpec_Type;
extern PyTypeObject PyParamSpecArgs_Type;
extern PyTypeObject PyParamSpecKwargs_Type;
extern PyTypeObject PyTypeVarTuple_Type;
extern PyTypeObject PyTypeAlias_Type;
extern PyTypeObject PyNoDefault_Type;
extern PyObject typing_no_default;      // typing.NoDefault

// What the compiler makes of type parameter lists: names are str, the evaluators may be NULL.
PyObject *typevar_new(PyObject *name, PyObject *evaluate_bound, PyObject *evaluate_constraints);
PyObject *paramspec_new(PyObject *name);
PyObject *typevartuple_new(PyObject *name);

// The type statement: tuple (name, type parameters or None, evaluator of the value).
PyObject *typealias_new(PyObject *parts);

// typing.Generic: belongs to the interpreter.
PyObject *generic_type_borrow(void);

// typing.Generic[*parameters] for a class with a type parameter list.
PyObject *generic_subscript(PyObject *parameters);

// The default of a type parameter. 0 or -1.
int typeparam_set_default(PyObject *parameter, PyObject *evaluate_default);

// Adds what type tables cannot hold; start-up. 0 or -1.
int typevar_init(void);

#endif
