// Building containers and strings from runs of temporaries.
//
// Functions that take a run consume it, also on failure; its registers are unset afterwards.
#ifndef TYPHON_VM_BUILD_H
#define TYPHON_VM_BUILD_H

#include <stdbool.h>

#include "objects/value.h"

Value build_tuple(Value *items, Py_ssize_t n);
Value build_list(Value *items, Py_ssize_t n);
Value build_set(Value *items, Py_ssize_t n);
Value build_map(Value *items, Py_ssize_t pairs);
Value build_string(Value *items, Py_ssize_t n);
Value build_slice(Value *items, Py_ssize_t n);
Value build_template(Value *items);
Value build_interpolation(Value *items, int conversion, bool has_format);

// The rest borrows: 0 or -1.
int build_list_extend(PyObject *list, Value iterable);
int build_set_add(PyObject *set, Value item);
int build_set_update(PyObject *set, Value iterable);
int build_dict_update(PyObject *dict, Value mapping);
int build_dict_merge(PyObject *dict, Value mapping, Value callable);

#endif
