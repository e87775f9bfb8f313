// The `_imp` module: what importlib asks of the interpreter.
#ifndef TYPHON_RUNTIME_IMP_H
#define TYPHON_RUNTIME_IMP_H

#include "abi/object.h"

// The module object for importlib's bootstrap; also entered in sys.modules. New reference.
PyObject *imp_create(void);

// Code object of a frozen module: new reference; ImportError when there is none of that name.
PyObject *imp_frozen_code(const char *name);

// A native module by its name without running importlib: new reference, entered in sys.modules.
PyObject *imp_create_native(const char *name);

#endif
