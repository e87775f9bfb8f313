// The `builtins` module.
//
// Threading: the functions follow the rules of what they are applied to; the module's dict is an
// ordinary dict.
#ifndef TYPHON_RUNTIME_BUILTINS_H
#define TYPHON_RUNTIME_BUILTINS_H

#include "abi/object.h"

// New module object with all functions, types, exceptions and constants (`open` is added with
// the standard streams). Sets Interpreter.roots builtins and builtins_module. NULL with an
// exception.
PyObject *builtins_create(void);

// The names of the current scope, sorted: dir() without an argument.
PyObject *builtins_dir_locals(void);

// Pieces of the method table; each ends with a NULL row.
extern PyMethodDef builtins_object_methods[];   // builtins.c
extern PyMethodDef builtins_iter_methods[];     // builtins_iter.c
extern PyMethodDef builtins_code_methods[];     // builtins_code.c
extern PyMethodDef builtins_io_methods[];       // builtins_io.c

#endif
