// Pieces of the sys module; see sys.h.
#ifndef TYPHON_RUNTIME_SYS_INTERNAL_H
#define TYPHON_RUNTIME_SYS_INTERNAL_H

#include "abi/object.h"
#include "runtime/config.h"

extern PyMethodDef sys_function_methods[];
extern PyMethodDef sys_hook_methods[];

// sys_functions.c: types that its functions return. 0 or -1.
int sys_functions_init(void);

// sys_info.c: adds constants and structure sequences to the module's dictionary.
int sys_info_init(PyObject *dict);
int sys_info_configure(PyObject *dict, const Config *config);

// sys_jit.c: a new reference to sys._jit, or NULL with an exception.
PyObject *sys_jit_module(void);

#endif
