// import statements.
#ifndef TYPHON_VM_IMPORT_OPS_H
#define TYPHON_VM_IMPORT_OPS_H

#include "vm/frame_layout.h"

// __import__(name, globals, locals, fromlist, level) of the frame's builtins.
Value import_name(Value *fp, PyObject *name, Value fromlist, Value level);

// An attribute of a module, or sys.modules[module.name]; ImportError with CPython's explanations.
Value import_from(Value module, PyObject *name);

// from module import *: into the frame's locals. 0 or -1.
int import_star(Value *fp, PyObject *module);

#endif
