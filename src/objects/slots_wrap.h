// Wrapper functions: special methods that call a C slot. For slots.c only.
#ifndef TYPHON_OBJECTS_SLOTS_WRAP_H
#define TYPHON_OBJECTS_SLOTS_WRAP_H

#include "abi/object.h"

#define WRAPPER(name) PyObject *wrap_##name(PyObject *self, PyObject *args, void *wrapped)
WRAPPER(length);
WRAPPER(bool);
WRAPPER(unary);
WRAPPER(binary);            // self op other: no check of other
WRAPPER(binary_right);      // reflected
WRAPPER(ternary);
WRAPPER(ternary_right);
WRAPPER(repeat);            // one index argument
WRAPPER(item);
WRAPPER(set_item);
WRAPPER(del_item);
WRAPPER(contains);
WRAPPER(set_subscript);
WRAPPER(del_subscript);
WRAPPER(setattr);
WRAPPER(delattr);
WRAPPER(hash);
WRAPPER(lt);
WRAPPER(le);
WRAPPER(eq);
WRAPPER(ne);
WRAPPER(gt);
WRAPPER(ge);
WRAPPER(next);
WRAPPER(descr_get);
WRAPPER(descr_set);
WRAPPER(descr_delete);
WRAPPER(del);
WRAPPER(buffer);
WRAPPER(release_buffer);
#undef WRAPPER

// With keyword arguments (WRAPPER_KEYWORDS): cast to wrapperfunc in the table.
PyObject *wrap_call(PyObject *self, PyObject *args, void *wrapped, PyObject *kwargs);
PyObject *wrap_init(PyObject *self, PyObject *args, void *wrapped, PyObject *kwargs);

#endif
