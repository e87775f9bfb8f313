// Between the files of module.
#ifndef TYPHON_OBJECTS_MODULE_INTERNAL_H
#define TYPHON_OBJECTS_MODULE_INTERNAL_H

#include "abi/object.h"

// AttributeError for a name that the module does not have, with what may explain it.
void module_set_missing_attribute(PyObject *module, PyObject *name);

#endif
