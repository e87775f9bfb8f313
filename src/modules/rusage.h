// resource.struct_rusage, which `posix` also returns.
//
// Threading: pure.
#ifndef TYPHON_MODULES_RUSAGE_H
#define TYPHON_MODULES_RUSAGE_H

#include <sys/resource.h>

#include "abi/object.h"

extern PyTypeObject rusage_type;

// Readies the type; may be called again. 0 or -1.
int rusage_init(void);

// New struct_rusage.
PyObject *rusage_object(const struct rusage *usage);

#endif
