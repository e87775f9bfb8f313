// Names and attributes for the handlers: locals mappings, globals, builtins, cells, methods.
//
// Results are own values; VALUE_UNSET (or -1) with an exception.
#ifndef TYPHON_VM_NAMES_H
#define TYPHON_VM_NAMES_H

#include <stdbool.h>

#include "vm/frame_layout.h"

// UnboundLocalError / NameError for the variable in a register.
void name_raise_unbound(PyCodeObject *code, int reg);
void name_raise_unbound_deref(PyCodeObject *code, int reg);

// In the locals mapping (register 0), globals, builtins.
Value name_load(Value *fp, PyObject *name);
int name_store(Value *fp, PyObject *name, Value v);
int name_delete(Value *fp, PyObject *name);

Value name_load_global(Value *fp, PyObject *name);
int name_store_global(Value *fp, PyObject *name, Value v);
int name_delete_global(Value *fp, PyObject *name);

Value name_load_from_dict_or_cell(Value *fp, Value mapping, int cell_register);
Value name_load_from_dict_or_globals(Value *fp, Value mapping, PyObject *name);
Value name_common_constant(int which);
Value name_build_class(Value *fp);
int name_setup_annotations(Value *fp);

// LOAD_METHOD: `word` is the instruction.
int method_load(Value *fp, uint64_t word, PyObject *name);
int attribute_delete(Value v, PyObject *name);

// super(…).name: operands are super, class, self; they die. method: function and self are split.
int super_load(Value *operands, PyObject *name, bool two_args, bool method);

// Special method number `which` (SPECIAL_*) of v; *self is VALUE_UNSET when function is bound.
int special_load(Value v, int which, Value *function, Value *self);

// `left += right` for exact strs when left's register holds the only reference: true when done; then
// *left is the result, or VALUE_UNSET with MemoryError.
bool string_append(Value *left, Value right);

// The own reference in v as a borrowed value when its object is deferred (only the collector
// frees it), else v.
Value value_undefer(Value v);

#endif
