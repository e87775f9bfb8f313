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
#include "thread/thread.h"

extern PyTypeObject PyContext_Type;
extern PyTypeObject PyContextVar_Type;
extern PyTypeObject PyContextToken_Type;
static inline bool context_check(PyObject *op) { return object_type(op) == &PyContext_Type; }

extern PyTypeObject context_token_missing_type;
extern PyTypeObject context_keys_type;          // the three iterators
extern PyTypeObject context_values_type;
extern PyTypeObject context_items_type;

// New empty context; a copy of one; a copy of the current one.
PyObject *context_new(void);
PyObject *context_copy(PyObject *context);
PyObject *context_copy_current(void);

// Makes a context the current one / undoes that. 0, or -1 with RuntimeError.
int context_enter(Thread *ts, PyObject *context);
int context_exit(Thread *ts, PyObject *context);

// name is a str; default_value may be NULL.
PyObject *context_var_new(PyObject *name, PyObject *default_value);

// The current value, else fallback (may be NULL), else the variable's default: 1 and *value
// owned, 0 and NULL when there is none of them. Never fails.
int context_var_get(PyObject *var, PyObject *fallback, PyObject **value);

// A token for context_var_reset, or NULL.
PyObject *context_var_set(PyObject *var, PyObject *value);
int context_var_reset(PyObject *var, PyObject *token);

// Token.MISSING: immortal.
PyObject *context_token_missing(void);

#endif
