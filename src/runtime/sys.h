// The `sys` module.
//
// The module's dictionary is created before anything of Python runs (sys_create) and filled in
// two steps: what needs no configuration first, then paths, flags and arguments
// (sys_configure). Files of this subject: sys.c (assembly), sys_info.c (structure sequences and
// constants), sys_functions.c (methods), sys_hooks.c (displayhook, excepthook, audit…).
//
// Threading: the dictionary is an ordinary dict; everything else follows its own rules.
#ifndef TYPHON_RUNTIME_SYS_H
#define TYPHON_RUNTIME_SYS_H

#include "abi/object.h"
#include "runtime/config.h"

// New module object, or NULL. Sets Interpreter.sys_dict.
PyObject *sys_create(void);

// Fills argv, flags, paths… 0 or -1.
int sys_configure(const Config *config);

// sys.NAME: new reference, or NULL without an exception when it is missing.
PyObject *sys_get(PyObject *name);

// Sets sys.NAME; value NULL deletes. 0 or -1.
int sys_set(PyObject *name, PyObject *value);

// Raises an audit event with a tuple built from format ("" for none). 0, or -1 when a hook raised.
int sys_audit(const char *event, const char *format, ...);

// Writes text to sys.stdout / sys.stderr, or to the C stream when that is missing. Never fails;
// keeps the current exception. Formats of str_format.
void sys_write_stdout(const char *format, ...);
void sys_write_stderr(const char *format, ...);

// Flushes sys.stdout and sys.stderr. 0, or -1 when flushing stdout failed (reported).
int sys_flush_std_files(void);

#endif
