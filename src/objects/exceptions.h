// The built-in exception classes.
//
// EXCEPTION_LIST names every class with its base; PyExc_NAME is a pointer variable to it, as
// the binary interface wants. The type objects are static and private to exceptions*.c.
//
// Threading: fields of exception objects are read and written under the object's critical
// section; args, context, cause and traceback are never freed while another thread may read.
#ifndef TYPHON_OBJECTS_EXCEPTIONS_H
#define TYPHON_OBJECTS_EXCEPTIONS_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "abi/object.h"
#include "objects/object.h"

// X(name, base); bases first.
#define EXCEPTION_LIST(X)                               \
    X(Exception, BaseException)                         \
    X(SystemExit, BaseException)                        \
    X(KeyboardInterrupt, BaseException)                 \
    X(GeneratorExit, BaseException)                     \
    X(BaseExceptionGroup, BaseException)                \
    X(TypeError, Exception)                             \
    X(StopAsyncIteration, Exception)                    \
    X(StopIteration, Exception)                         \
    X(ImportError, Exception)                           \
    X(ModuleNotFoundError, ImportError)                 \
    X(OSError, Exception)                               \
    X(BlockingIOError, OSError)                         \
    X(ConnectionError, OSError)                         \
    X(ChildProcessError, OSError)                       \
    X(BrokenPipeError, ConnectionError)                 \
    X(ConnectionAbortedError, ConnectionError)          \
    X(ConnectionRefusedError, ConnectionError)          \
    X(ConnectionResetError, ConnectionError)            \
    X(FileExistsError, OSError)                         \
    X(FileNotFoundError, OSError)                       \
    X(IsADirectoryError, OSError)                       \
    X(NotADirectoryError, OSError)                      \
    X(InterruptedError, OSError)                        \
    X(PermissionError, OSError)                         \
    X(ProcessLookupError, OSError)                      \
    X(TimeoutError, OSError)                            \
    X(EOFError, Exception)                              \
    X(RuntimeError, Exception)                          \
    X(RecursionError, RuntimeError)                     \
    X(PythonFinalizationError, RuntimeError)            \
    X(NotImplementedError, RuntimeError)                \
    X(NameError, Exception)                             \
    X(UnboundLocalError, NameError)                     \
    X(AttributeError, Exception)                        \
    X(SyntaxError, Exception)                           \
    X(IndentationError, SyntaxError)                    \
    X(TabError, IndentationError)                       \
    X(LookupError, Exception)                           \
    X(IndexError, LookupError)                          \
    X(KeyError, LookupError)                            \
    X(ValueError, Exception)                            \
    X(UnicodeError, ValueError)                         \
    X(UnicodeEncodeError, UnicodeError)                 \
    X(UnicodeDecodeError, UnicodeError)                 \
    X(UnicodeTranslateError, UnicodeError)              \
    X(AssertionError, Exception)                        \
    X(ArithmeticError, Exception)                       \
    X(FloatingPointError, ArithmeticError)              \
    X(OverflowError, ArithmeticError)                   \
    X(ZeroDivisionError, ArithmeticError)               \
    X(SystemError, Exception)                           \
    X(ReferenceError, Exception)                        \
    X(MemoryError, Exception)                           \
    X(BufferError, Exception)                           \
    X(Warning, Exception)                               \
    X(UserWarning, Warning)                             \
    X(EncodingWarning, Warning)                         \
    X(DeprecationWarning, Warning)                      \
    X(PendingDeprecationWarning, Warning)               \
    X(SyntaxWarning, Warning)                           \
    X(RuntimeWarning, Warning)                          \
    X(FutureWarning, Warning)                           \
    X(ImportWarning, Warning)                           \
    X(UnicodeWarning, Warning)                          \
    X(BytesWarning, Warning)                            \
    X(ResourceWarning, Warning)

extern PyObject *PyExc_BaseException;
#define EXCEPTION_DECLARE(name, base) extern PyObject *PyExc_##name;
EXCEPTION_LIST(EXCEPTION_DECLARE)
#undef EXCEPTION_DECLARE
extern PyObject *PyExc_IncompleteInputError;    // _IncompleteInputError, a SyntaxError
extern PyObject *PyExc_ExceptionGroup;          // class with two bases, made by exceptions_init
extern PyObject *PyExc_EnvironmentError;        // OSError
extern PyObject *PyExc_IOError;                 // OSError

// Start-up: readies all classes (after type and object are ready); 0 or -1.
int exceptions_init(void);
// Adds the classes under their names to the dict of builtins.
int exceptions_add_builtins(PyObject *dict);
// Makes the errno -> OSError subclass table and the MemoryError reserve (needs ints and dicts).
int exceptions_init_state(void);

static inline bool
exception_instance_check(PyObject *op)
{
    return type_has_feature(type_of(op), Py_TPFLAGS_BASE_EXC_SUBCLASS);
}

// Whether op is a class derived from BaseException.
static inline bool
exception_class_check(PyObject *op)
{
    return type_has_feature(type_of(op), Py_TPFLAGS_TYPE_SUBCLASS) &&
           type_has_feature((PyTypeObject *)op, Py_TPFLAGS_BASE_EXC_SUBCLASS);
}

// Parts of an instance: new reference or NULL (no exception set when absent).
PyObject *exception_get_traceback(PyObject *exc);
PyObject *exception_get_cause(PyObject *exc);
PyObject *exception_get_context(PyObject *exc);
PyObject *exception_get_args(PyObject *exc);

// tb is a traceback or None. cause/context may be NULL; the steal forms consume them.
int exception_set_traceback(PyObject *exc, PyObject *tb);
void exception_set_cause_steal(PyObject *exc, PyObject *cause);   // sets __suppress_context__
void exception_set_context_steal(PyObject *exc, PyObject *context);
void exception_set_args(PyObject *exc, PyObject *args);
int exception_add_note(PyObject *exc, PyObject *note);

// Name of a class without its module, as C text that lives as long as the class.
const char *exception_class_name(PyObject *cls);

// value attribute of a StopIteration instance (new reference; None when unset).
PyObject *stop_iteration_value(PyObject *exc);

// After an iterator or generator finished: 0 and *value owned (None when plain end); takes a
// current StopIteration. -1 when another exception is current.
int error_take_stop_iteration(PyObject **value);

// UnicodeEncodeError & co. for codecs; new instances or NULL.
PyObject *unicode_decode_error_new(const char *encoding, const char *object, Py_ssize_t length,
                                   Py_ssize_t start, Py_ssize_t end, const char *reason);
PyObject *unicode_encode_error_new(const char *encoding, PyObject *object, Py_ssize_t start,
                                   Py_ssize_t end, const char *reason);
PyObject *unicode_translate_error_new(PyObject *object, Py_ssize_t start, Py_ssize_t end,
                                      const char *reason);

// Fields of a Unicode error: start and end clipped to the object as codecs want them.
PyObject *unicode_error_get_object(PyObject *exc);      // new reference
PyObject *unicode_error_get_encoding(PyObject *exc);
PyObject *unicode_error_get_reason(PyObject *exc);
int unicode_error_get_start(PyObject *exc, Py_ssize_t *start);
int unicode_error_get_end(PyObject *exc, Py_ssize_t *end);
int unicode_error_set_start(PyObject *exc, Py_ssize_t start);
int unicode_error_set_end(PyObject *exc, Py_ssize_t end);
int unicode_error_set_reason(PyObject *exc, const char *reason);

// A group of excs (list or tuple) with BaseExceptionGroup's choice of class. New reference.
PyObject *exception_group_new(const char *message, PyObject *excs);
// Whether op is an instance of BaseExceptionGroup.
bool exception_group_check(PyObject *op);

// exc.split(type): *match and *rest are None or exceptions. For `except*` (PEP 654): a naked
// exception that matches is wrapped in an ExceptionGroup.
int exception_group_match(PyObject *exc, PyObject *match_type, PyObject **match, PyObject **rest);
// What remains to be raised after the except* clauses of orig produced excs (a list).
PyObject *exception_group_prepare_reraise(PyObject *orig, PyObject *excs);

// Drops cached instances; at the end of an interpreter.
void exceptions_fini(void);

#endif
