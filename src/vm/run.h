// Running a function's code with a given locals mapping (class bodies, exec, eval).
#ifndef TYPHON_VM_RUN_H
#define TYPHON_VM_RUN_H

#include "abi/object.h"

// func's code with `locals` in register 0 when it is not optimized; optimized code ignores locals. No
// arguments. New reference or NULL.
PyObject *vm_run_function_with_locals(PyObject *func, PyObject *locals);

#endif
