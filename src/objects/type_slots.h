// __slots__ of a class in the making. For type_new.c only.
#ifndef TYPHON_OBJECTS_TYPE_SLOTS_H
#define TYPHON_OBJECTS_TYPE_SLOTS_H

#include <stdbool.h>

#include "abi/object.h"

// What __slots__ (or its absence) means for the class.
typedef struct {
    PyObject *names;        // sorted tuple of the (mangled) names of fields; NULL: none
    bool add_dict;
    bool add_weakref;
} ClassSlots;

// Reads __slots__ from the namespace. 0 or -1 with TypeError / ValueError.
int class_slots_read(PyTypeObject *base, PyObject *bases, PyObject *name, PyObject *dict,
                     ClassSlots *result);

#endif
