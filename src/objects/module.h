// Module objects and their making from PyModuleDef (PEP 489).
//
// md_dict is set for life. Attribute access is that of objects with a dict plus __getattr__
// of the module (PEP 562) and messages that help with half-initialised and shadowing modules.
//
// Threading: as dict; md_state is written once, before the module is shown to Python code.
#ifndef TYPHON_OBJECTS_MODULE_H
#define TYPHON_OBJECTS_MODULE_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/functions.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyModule_Type;
extern PyTypeObject PyModuleDef_Type;

static inline bool module_check(PyObject *op) { return object_type_check(op, &PyModule_Type); }

static inline bool module_check_exact(PyObject *op) { return type_of(op) == &PyModule_Type; }

// New module named so (a str; with __name__, __doc__, __package__, __loader__, __spec__ set).
PyObject *module_new(PyObject *name);
PyObject *module_new_cstr(const char *name);

// The dict, borrowed: lives as long as the module. NULL never for modules.
static inline PyObject *
module_dict_borrow(PyObject *module)
{
    return ((PyModuleObject *)module)->md_dict;
}

// __name__ (a str) as a new reference; SystemError "nameless module".
PyObject *module_get_name(PyObject *module);
PyObject *module_get_filename(PyObject *module);

static inline void *
module_get_state(PyObject *module)
{
    return ((PyModuleObject *)module)->md_state;
}

static inline PyModuleDef *
module_get_def(PyObject *module)
{
    return ((PyModuleObject *)module)->md_def;
}

// Adds an attribute; the steal form consumes value also on failure, and takes NULL as "an
// exception is set already". 0 or -1.
int module_add(PyObject *module, const char *name, PyObject *value);
int module_add_steal(PyObject *module, const char *name, PyObject *value);
int module_add_int(PyObject *module, const char *name, long long value);
int module_add_cstr(PyObject *module, const char *name, const char *value);
// Readies the type and adds it under the last part of its name.
int module_add_type(PyObject *module, PyTypeObject *type);
int module_add_functions(PyObject *module, PyMethodDef *functions);
int module_set_doc(PyObject *module, const char *doc);

// Multi-phase: what PyInit_x of a definition returns; gives it an index and a type.
PyObject *module_def_init(PyModuleDef *def);
// The module object for a spec (Py_mod_create, or a plain module), not yet executed.
PyObject *module_from_def_and_spec(PyModuleDef *def, PyObject *spec);
// Allocates state and runs the Py_mod_exec functions.
int module_exec_def(PyObject *module, PyModuleDef *def);
// Single-phase (PyModule_Create): module with state, functions and docstring. m_slots are not looked
// at: sys and builtins are made so before anything could give them a spec.
PyObject *module_create(PyModuleDef *def);

// For messages: whether a module of this origin (a str, or NULL) lies where the script does, so
// that it may hide another one of the same name. Never an exception.
bool module_may_shadow(PyObject *origin);

// module.__spec__._initializing: 1, 0 or -1; spec may be NULL.
int module_spec_is_initializing(PyObject *spec);

// The origin of a spec when it has a location: new reference (a str), or NULL without exception.
PyObject *module_spec_origin(PyObject *spec);

// Whether a module name is one of sys.stdlib_module_names: 1, 0 or -1.
int module_is_stdlib_name(PyObject *name);

// Finalisation: names starting with one underscore, then all others but __builtins__ become None.
void module_clear_dict(PyObject *dict);

// Attribute lookup with `suppress`: NULL without an exception when missing.
PyObject *module_getattro(PyObject *module, PyObject *name);
PyObject *module_getattro_suppress(PyObject *module, PyObject *name);

#endif
