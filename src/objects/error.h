// The exception being raised by the running thread, and how to raise one.
//
// It is one object in Thread.abi.current_exception, always an instance, its traceback inside.
// Raising while another exception is *handled* (exc_info stack) links it as __context__; cycles
// in the chain are broken.
//
// The setters return NULL so that `return error_set(…)` works in functions returning pointers.
//
// Threading: the state is the thread's own; every function needs an attached thread.
#ifndef TYPHON_OBJECTS_ERROR_H
#define TYPHON_OBJECTS_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include "abi/object.h"
#include "objects/exceptions.h"
#include "thread/thread.h"

// ---- Raising ----

void *error_set(PyObject *exc, const char *text);               // text is UTF-8
void *error_set_object(PyObject *exc, PyObject *value);
void *error_set_none(PyObject *exc);
void *error_format(PyObject *exc, const char *format, ...);      // formats of str_format
void *error_format_v(PyObject *exc, const char *format, va_list args);
void *error_no_memory(void);
void *error_bad_internal_call(void);
int error_bad_argument(void);           // TypeError "bad argument type for built-in operation"; 0

// KeyError(key) with the key as the only argument even when it is a tuple.
void *error_set_key_error(PyObject *key);

// StopIteration(value), also when value is a tuple or an exception. value NULL: no argument.
void *error_set_stop_iteration(PyObject *value);

// AttributeError / NameError with their name and obj attributes; obj and name may be NULL.
void *error_set_attribute(PyObject *obj, PyObject *name, const char *format, ...);
void *error_set_name(PyObject *name, const char *format, ...);

// Fills obj and name of a raised AttributeError that has none yet.
void error_set_attribute_context(PyObject *obj, PyObject *name);

// exc must be ImportError or a subclass; the parts may be NULL.
void *error_set_import(PyObject *exc, PyObject *message, PyObject *name, PyObject *path);

// OSError (or subclass) from errno, with the subclass that belongs to it (FileNotFoundError…).
// EINTR runs signal handlers first and keeps their exception.
void *error_set_errno(PyObject *exc);
void *error_set_errno_filename(PyObject *exc, const char *filename);
void *error_set_errno_filename_object(PyObject *exc, PyObject *filename);
void *error_set_errno_filename_objects(PyObject *exc, PyObject *filename, PyObject *filename2);

// Raises a new exception with the current one as its __cause__ and __context__.
void *error_format_from_cause(PyObject *exc, const char *format, ...);

// ---- Looking ----

static inline bool
error_occurred(void)
{
    return thread_current()->abi.current_exception != NULL;
}

// Class of the current exception, borrowed, or NULL.
PyObject *error_type_borrow(void);

// Whether the current exception is an instance of exc (a class or a tuple of classes).
bool error_matches(PyObject *exc);
// Whether given (instance or class) is a kind of exc.
bool error_given_matches(PyObject *given, PyObject *exc);

void error_clear(void);

// Clears the current exception when it is of that kind: true if so.
bool error_clear_if(PyObject *exc);

// ---- Taking and putting back ----

// The current exception, owned, or NULL; nothing is current afterwards.
PyObject *error_take(void);

// Makes exc current without linking contexts; NULL clears.
void error_restore_steal(PyObject *exc);

// Puts exc back unless another exception was raised meanwhile: then exc becomes the end of the
// other's context chain. exc NULL does nothing.
void error_chain_steal(PyObject *exc);

// Raises an instance, linking it with the handled exception (what `raise exc` does).
void error_raise_instance(PyObject *exc);

// The same with the exception handled by the innermost stack item only: what is thrown into a
// generator gets as context what that generator handles, not what its caller does.
void error_raise_in_item(PyObject *exc);

// The three-part form of old C code; value and traceback may be NULL. Steals its arguments.
void error_restore_triple_steal(PyObject *type, PyObject *value, PyObject *traceback);
void error_take_triple(PyObject **type, PyObject **value, PyObject **traceback);
void error_normalize(PyObject **type, PyObject **value, PyObject **traceback);

// An instance of class exc for value as `raise exc, value` would make it: value itself when it
// is an instance already, exc(*value) for a tuple, exc() for None or NULL, exc(value) else.
PyObject *error_instantiate(PyObject *exc, PyObject *value);

// ---- Handled exceptions (sys.exception()) ----

// Innermost handled exception: new reference or NULL.
PyObject *error_handled(void);
// Replaces the innermost one; NULL or None for none.
void error_set_handled(PyObject *exc);
// The stack item that counts: the first with an exception, else the bottom.
_PyErr_StackItem *error_top_stack_item(Thread *ts);

// ---- Unraisable ----

// Reports the current exception through sys.unraisablehook and clears it; context may be NULL.
// The format form replaces "Exception ignored in".
void error_write_unraisable(PyObject *context);
void error_format_unraisable(const char *format, ...);

// ---- Warnings ----

// 0, or -1 when the filters turn the warning into an exception. category NULL: RuntimeWarning.
int error_warn(PyObject *category, Py_ssize_t stacklevel, const char *format, ...);
int error_warn_object(PyObject *category, PyObject *message, Py_ssize_t stacklevel);
int error_warn_explicit(PyObject *category, PyObject *message, PyObject *filename, int lineno,
                        PyObject *module, PyObject *registry);
// ResourceWarning of source, for tracemalloc's sake.
int error_warn_resource(PyObject *source, Py_ssize_t stacklevel, const char *format, ...);

// ---- New exception classes ----

// name is "module.Class"; base a class, a tuple, or NULL for Exception; dict or NULL.
PyObject *error_new_exception(const char *name, PyObject *base, PyObject *dict);
PyObject *error_new_exception_doc(const char *name, const char *doc, PyObject *base,
                                  PyObject *dict);

#endif
