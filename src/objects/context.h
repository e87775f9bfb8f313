// Context variables (PEP 567): Context, ContextVar, Token.
//
// A Context's values are in a dict that contexts share until one of them changes: `copy()` is one
// reference, the first set() in a copy makes a dict of its own. A dict that is shared never
// changes.
//
// Threading: the current context belongs to a thread (Thread.context); a Context can be entered by
// one thread at a time. Reads of others see either dict whole.
#ifndef TYPHON_OBJECTS_CONTEXT_H
#define TYPHON_OBJECTS_CONTEXT_H

#include "abi/object.h"
#include "objects/object.h"
#include "thread/thread.h"

extern PyTypeObject PyContext_Type;
extern PyTypeObject PyContextVar_Type;
extern PyTypeObject PyContextToken_Type;

static inline bool context_check(PyObject *op) { return object_type(op) == &PyContext_Type; }

PyObject *context_new(void);                    // empty
PyObject *context_copy(PyObject *context);
PyObject *context_copy_current(void);           // of the running thread; made when there is none

// Makes context current / goes back. RuntimeError when it is entered already, or is not current.
int context_enter(Thread *ts, PyObject *context);
int context_exit(Thread *ts, PyObject *context);

// default_value NULL: none. Name is a str.
PyObject *context_var_new(PyObject *name, PyObject *default_value);
// 1 and a new reference; 0 (NULL in *value) when it has neither value nor default; -1.
int context_var_get(PyObject *var, PyObject *default_value, PyObject **value);
// New Token.
PyObject *context_var_set(PyObject *var, PyObject *value);
int context_var_reset(PyObject *var, PyObject *token);

// Token.MISSING, immortal.
PyObject *context_token_missing(void);

#endif
