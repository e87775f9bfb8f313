// Capsules: C pointers as Python objects.
#ifndef TYPHON_OBJECTS_CAPSULE_H
#define TYPHON_OBJECTS_CAPSULE_H

#include <stdbool.h>

#include "abi/object.h"

typedef void (*CapsuleDestructor)(PyObject *);

extern PyTypeObject PyCapsule_Type;

// name is kept, not copied; may be NULL. pointer must not be NULL (ValueError).
PyObject *capsule_new(void *pointer, const char *name, CapsuleDestructor destructor);

// Errors are ValueError as CPython words them; the getters return NULL with an exception.
void *capsule_get_pointer(PyObject *op, const char *name);
CapsuleDestructor capsule_get_destructor(PyObject *op);
const char *capsule_get_name(PyObject *op);
void *capsule_get_context(PyObject *op);
bool capsule_is_valid(PyObject *op, const char *name);
int capsule_set_pointer(PyObject *op, void *pointer);
int capsule_set_destructor(PyObject *op, CapsuleDestructor destructor);
int capsule_set_name(PyObject *op, const char *name);
int capsule_set_context(PyObject *op, void *context);
// Collector support for capsules that hold objects (PyCapsule_SetTraverse).
int capsule_set_traverse(PyObject *op, traverseproc traverse, inquiry clear);

// The pointer of the capsule "module.attribute"; imports the module.
void *capsule_import(const char *name);

#endif
