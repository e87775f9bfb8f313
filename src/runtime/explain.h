// -X dump=… and -X explain: shows the stages of a program's way before it runs.
#ifndef TYPHON_RUNTIME_EXPLAIN_H
#define TYPHON_RUNTIME_EXPLAIN_H

#include "abi/object.h"
#include "runtime/config.h"

// Prints to C stdout what the configuration asks for; nothing when it asks for nothing. 0, or -1
// with the exception of the stage that failed.
int explain_source(const Config *config, const char *source, Py_ssize_t size, PyObject *filename);

#endif
