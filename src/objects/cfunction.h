// builtin_function_or_method: functions implemented in C.
//
// The PyMethodDef must outlive the function. m_self is the module, the object or, for static
// methods, NULL.
#ifndef TYPHON_OBJECTS_CFUNCTION_H
#define TYPHON_OBJECTS_CFUNCTION_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/functions.h"
#include "objects/object.h"

extern PyTypeObject PyCFunction_Type;
extern PyTypeObject PyCMethod_Type;     // with METH_METHOD: knows its defining class

static inline bool
cfunction_check_exact(PyObject *op)
{
    return type_of(op) == &PyCFunction_Type;
}

static inline bool
cfunction_check(PyObject *op)
{
    return object_type_check(op, &PyCFunction_Type);
}

// New function. self, module may be NULL; cls is needed with METH_METHOD and only then.
// SystemError for impossible flags.
PyObject *cfunction_new(PyMethodDef *def, PyObject *self, PyObject *module);
PyObject *cmethod_new(PyMethodDef *def, PyObject *self, PyObject *module, PyTypeObject *cls);

// Vectorcall entries for the calling conventions of PyMethodDef, shared with method descriptors.
// cfunction_call_def calls def's function on self as its flags say.
PyObject *cfunction_call_def(PyMethodDef *def, PyObject *self, PyTypeObject *cls,
                             PyObject *callable, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames);

// __doc__ and __text_signature__ of a C docstring "name(sig)\n--\n\ntext": new references; None
// where there is none.
PyObject *doc_from_internal(const char *name, const char *doc);
PyObject *text_signature_from_internal(const char *name, const char *doc);

#endif
