// Function objects: code, globals, defaults, closure and attributes.
//
// The layout is that of the ABI (abi/functions.h). Calling is the business of vm/: `vectorcall` is
// hooks.function_vectorcall; the interpreter itself pushes a frame instead of calling it.
//
// Invariants: func_code is a code object, func_globals and func_builtins dicts (builtins may be any
// mapping), func_defaults a tuple or NULL, func_kwdefaults a dict or NULL, func_closure a tuple of
// cells as long as co_nfreevars or NULL.
//
// Threading: func_code, func_defaults, func_kwdefaults, the annotations and the names are replaced
// under the function's critical section with release stores; what they held before is given up
// through QSBR (qsbr_decref_delayed), so that calls read them without counting.
#ifndef TYPHON_OBJECTS_FUNCTION_H
#define TYPHON_OBJECTS_FUNCTION_H

#include <stdbool.h>

#include "abi/functions.h"
#include "objects/code.h"

extern PyTypeObject PyFunction_Type;

static inline bool function_check(PyObject *op) { return op->ob_type == &PyFunction_Type; }

static inline PyCodeObject *
function_code_borrow(PyObject *func)
{
    return (PyCodeObject *)atomic_load_acquire_ptr(&((PyFunctionObject *)func)->func_code);
}

// New function. qualname NULL: that of the code. __module__ is globals['__name__'], builtins are
// globals['__builtins__'] or those of the interpreter.
PyObject *function_new(PyObject *code, PyObject *globals, PyObject *qualname);

// Setters for the interpreter: the function was just made and is seen by nobody else. They
// consume value. (MAKE_FUNCTION_* numbers of vm_opcode_ids.h.)
void function_set_attribute_steal(PyObject *func, int which, PyObject *value);

// The builtins for globals: globals['__builtins__'] (a module's dict when it is a module), else the
// interpreter's; new reference or NULL with an exception.
PyObject *function_builtins_for_globals(PyObject *globals);

// Attributes: new references (None where there is none), and setters with Python's checks.
PyObject *function_get_annotations(PyObject *func);
int function_set_annotations(PyObject *func, PyObject *value);
int function_set_defaults(PyObject *func, PyObject *value);
int function_set_kwdefaults(PyObject *func, PyObject *value);
int function_set_closure(PyObject *func, PyObject *value);

#endif
