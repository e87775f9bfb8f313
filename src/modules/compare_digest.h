// hmac.compare_digest: comparison in a time that depends on lengths only. In _operator.c.
#ifndef TYPHON_MODULES_COMPARE_DIGEST_H
#define TYPHON_MODULES_COMPARE_DIGEST_H

#include "abi/object.h"

// compare_digest(a, b) for a function called so; takes its vector of arguments.
PyObject *compare_digest(const char *name, PyObject *const *args, Py_ssize_t n);

#endif
