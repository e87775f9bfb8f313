// Binding arguments to the parameters of a function, in place.
#ifndef TYPHON_VM_BIND_ARGS_H
#define TYPHON_VM_BIND_ARGS_H

#include "vm/frame_layout.h"

// regs[0..npos-1] are positional arguments, then come as many values as kwnames (tuple of str, or
// NULL) has names. Afterwards regs[0..co_nargs-1] are the parameters. 0, or -1 with TypeError (or
// MemoryError); then all these words are dropped and unset.
int bind_arguments(PyFunctionObject *func, PyCodeObject *code, Value *regs, Py_ssize_t npos,
                   PyObject *kwnames);

// The errors (bind_errors.c); all return -1.
int bind_error_too_many(PyFunctionObject *func, PyCodeObject *code, const Value *regs,
                        Py_ssize_t given);
int bind_error_missing(PyFunctionObject *func, PyCodeObject *code, const Value *regs,
                       Py_ssize_t first, Py_ssize_t last, bool keyword_only);
int bind_error_unexpected(PyFunctionObject *func, PyCodeObject *code, PyObject *name,
                          PyObject *kwnames);
int bind_error_multiple(PyFunctionObject *func, PyObject *name);

#endif
