// Slots and special methods: which belongs to which, and how each is made from the other.
//
// slot_definitions is the one table: special method name, slot, function for classes that define
// the method in Python (slots_call.c), wrapper for types that define the slot in C (slots_wrap.c).
//
// Threading: the table is immutable after slots_init; slots of types are stored with relaxed
// atomics under the types lock.
#ifndef TYPHON_OBJECTS_SLOTS_H
#define TYPHON_OBJECTS_SLOTS_H

#include <stdbool.h>

#include "abi/object.h"

// Ends with a NULL name. Definitions of one name follow each other in order of precedence.
extern struct wrapperbase slot_definitions[];

// Interns the names. 0 or -1.
int slots_init(void);

// Address of the slot at an offset in PyHeapTypeObject; NULL when the type lacks the table.
void **slots_pointer(PyTypeObject *type, int offset);

// Entries of tp_dict for all slots that are set and not in it yet. 0 or -1.
int slots_add_wrappers(PyTypeObject *type);

// Fills empty slots of type from base, by the rules of groups (hash with comparison…).
void slots_inherit(PyTypeObject *type, PyTypeObject *base);

// Computes all slots that have special methods from the MRO. 0 or -1.
int slots_update_all(PyTypeObject *type);

// The same for the slots of one name, in type and its subtypes that do not define it themselves.
void slots_update_name(PyTypeObject *type, PyObject *name);

// The same for the slots of the names in type's own dict only: slots not named are inherited.
void slots_update_own(PyTypeObject *type);

// Whether a slot has a special method of that (interned) name.
bool slots_knows_name(PyObject *name);

// Slot functions that others compare with.
PyObject *slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int slot_tp_init(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *slot_tp_call(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *slot_tp_getattr_hook(PyObject *self, PyObject *name);
void slot_tp_finalize(PyObject *self);

// The function behind __new__ of types with tp_new.
extern PyMethodDef slot_new_method[];

#endif
