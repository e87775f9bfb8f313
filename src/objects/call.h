// Calling objects.
//
// Vectorcall is the common convention (PEP 590): positional arguments, then the values of the
// keyword arguments, whose names are the tuple kwnames (NULL when none). The length word carries
// PY_VECTORCALL_ARGUMENTS_OFFSET when the callee may overwrite args[-1] during the call.
//
// Every path checks the result: NULL with no exception, or a result with one set, becomes
// SystemError.
#ifndef TYPHON_OBJECTS_CALL_H
#define TYPHON_OBJECTS_CALL_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "objects/object.h"

static inline Py_ssize_t
vectorcall_nargs(size_t nargsf)
{
    return (Py_ssize_t)(nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET);
}

// The vectorcall entry of an object, or NULL.
static inline vectorcallfunc
vectorcall_function(PyObject *callable)
{
    PyTypeObject *type = type_of(callable);
    if (!type_has_feature(type, Py_TPFLAGS_HAVE_VECTORCALL)) {
        return NULL;
    }
    return *(vectorcallfunc *)((char *)callable + type->tp_vectorcall_offset);
}

PyObject *object_vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf,
                            PyObject *kwnames);
// Keywords as a dict (or NULL).
PyObject *object_vectorcall_dict(PyObject *callable, PyObject *const *args, size_t nargsf,
                                 PyObject *kwargs);
// args[0].name(args[1:]) without a bound method.
PyObject *object_vectorcall_method(PyObject *name, PyObject *const *args, size_t nargsf,
                                   PyObject *kwnames);

// callable(*args, **kwargs): a tuple, and a dict or NULL.
PyObject *object_call(PyObject *callable, PyObject *args, PyObject *kwargs);

// self prepended: callable(self, *args, **kwargs) and callable(first, *vector).
PyObject *object_call_prepend(PyObject *callable, PyObject *self, PyObject *args,
                              PyObject *kwargs);
PyObject *object_vectorcall_prepend(PyObject *callable, PyObject *self, PyObject *const *args,
                                    size_t nargsf, PyObject *kwnames);

PyObject *object_call_noargs(PyObject *callable);
PyObject *object_call_onearg(PyObject *callable, PyObject *arg);
PyObject *object_call_twoargs(PyObject *callable, PyObject *a, PyObject *b);
PyObject *object_call_objargs(PyObject *callable, ...);          // ends with NULL

PyObject *object_call_method_noargs(PyObject *op, PyObject *name);
PyObject *object_call_method_onearg(PyObject *op, PyObject *name, PyObject *arg);
PyObject *object_call_method(PyObject *op, PyObject *name, ...); // ends with NULL

// Arguments built as by value_build; a format that gives a tuple spreads it.
PyObject *object_call_format(PyObject *callable, const char *format, ...);
PyObject *object_call_method_format(PyObject *op, const char *name, const char *format, ...);

// tp_call of types with vectorcall (PyVectorcall_Call); the exported symbol is this address.
PyObject *vectorcall_call(PyObject *callable, PyObject *args, PyObject *kwargs);

// Calls tp_call with a tuple and dict made of a vector.
PyObject *object_make_tp_call(PyObject *callable, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *keywords);

// Returns result when it agrees with the error state, else SystemError. callable or where name
// the culprit.
PyObject *call_check_result(PyObject *callable, PyObject *result, const char *where);

// values[i] for kwnames[i] as a new dict.
PyObject *call_stack_as_dict(PyObject *const *values, PyObject *kwnames);

// A vector from positional arguments and a dict: *kwnames is a new tuple; the vector has a
// writable word before its start and owns what it holds. NULL with an exception.
PyObject *const *call_stack_unpack_dict(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                                        PyObject **kwnames);
void call_stack_unpack_free(PyObject *const *stack, Py_ssize_t nargs, PyObject *kwnames);

// The name that call errors show: "module.qualname()" or str(callable). New str.
PyObject *call_function_str(PyObject *callable);

#endif
