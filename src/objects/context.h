// Context variables (PEP 567): Context, ContextVar and Token.
//
// A Context owns a persistent map from variables to values (context_map.h); copying a Context is
// one reference. Thread.context is the context that is current in a thread, NULL until something
// is set there.
//
// Threading: a Context is entered by one thread at a time; its map is replaced under its critical
// section, so that other threads may look at it. ContextVars are immutable.
#ifndef TYPHON_OBJECTS_CONTEXT_H
#define TYPHON_OBJECTS_CONTEXT_H

#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject PyContext_Type;
extern PyTypeObject PyContextVar_Type;
extern PyTypeObject PyContextToken_Type;
extern PyTypeObject context_token_missing_type;
extern PyTypeObject context_keys_type;          // the three iterators
extern PyTypeObject context_values_type;
extern PyTypeObject context_items_type;

// New empty context; a copy of one; a copy of the current one.
PyObject *context_new(void);
PyObject *context_copy(PyObject *context);
PyObject *context_copy_current(void);

// Makes a context the current one / undoes that. 0, or -1 with RuntimeError.
int context_enter(PyObject *context);
int context_exit(PyObject *context);

// default_value may be NULL.
PyObject *contextvar_new(const char *name, PyObject *default_value);

// The current value, else fallback (may be NULL), else the variable's default: 1 and *value
// owned, 0 and NULL when there is none of them. Never fails.
int contextvar_get(PyObject *var, PyObject *fallback, PyObject **value);

// A token for contextvar_reset, or NULL.
PyObject *contextvar_set(PyObject *var, PyObject *value);
int contextvar_reset(PyObject *var, PyObject *token);

// Token.MISSING: immortal.
PyObject *context_token_missing(void);

#endif
