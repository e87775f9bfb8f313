// Docstrings as the compiler stores them.
#ifndef TYPHON_COMPILE_DOCSTRING_H
#define TYPHON_COMPILE_DOCSTRING_H

#include "abi/object.h"

// The docstring with tabs expanded and common indentation removed: new str, or NULL with
// MemoryError. Threading: pure.
PyObject *docstring_clean(PyObject *doc);

#endif
