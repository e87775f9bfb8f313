// The import statement and the `_imp` module.
//
// importlib's Python code does the work; this is the fast path for modules that are already in
// sys.modules, the built-in and frozen importers, and the bootstrap of importlib itself.
//
// Threading: sys.modules is an ordinary dict; importlib's module locks order concurrent imports.
#ifndef TYPHON_RUNTIME_IMPORT_H
#define TYPHON_RUNTIME_IMPORT_H

#include "abi/object.h"

// Runs the frozen importlib._bootstrap and installs its built-in and frozen importers.
int import_init(void);

// Installs the importers for files (importlib._bootstrap_external).
int import_init_external(void);

// __import__ as the statement means it: the top-level package, or the module itself when fromlist
// is not empty. level > 0 is relative to globals' package. New reference.
PyObject *import_level(PyObject *name, PyObject *globals, PyObject *locals, PyObject *fromlist,
                       int level);

// importlib.import_module(name): the innermost module. New reference.
PyObject *import_import(PyObject *name);
PyObject *import_import_cstr(const char *name);

// import_import(module) and its attribute. New reference.
PyObject *import_attribute(const char *module, const char *name);

// What the first willing hook of sys.path_hooks makes for path: new reference, or NULL (without an
// exception when no hook wants it).
PyObject *import_path_importer(PyObject *path);

// sys.modules[name]: new reference, NULL without an exception when absent.
PyObject *import_get_module(PyObject *name);

// sys.modules[name], made and added when absent. New reference.
PyObject *import_add_module(PyObject *name);

// The dict sys.modules, borrowed from the interpreter (it holds it for good).
PyObject *import_modules_borrow(void);

#endif
