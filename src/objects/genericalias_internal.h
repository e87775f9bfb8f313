// Between genericalias.c, genericalias_subst.c and union.c.
#ifndef TYPHON_OBJECTS_GENERICALIAS_INTERNAL_H
#define TYPHON_OBJECTS_GENERICALIAS_INTERNAL_H

#include "abi/object.h"
#include "objects/genericalias.h"
#include "objects/str_writer.h"

// Writes a type as annotations show it: "int", "collections.deque", "...", "None".
int typing_write_repr(StrWriter *w, PyObject *op);

#endif
