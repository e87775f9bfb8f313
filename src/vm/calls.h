// Calls from bytecode: from a call window to a frame, or to the result of native code.
//
// Threading: the calling thread's frames only.
#ifndef TYPHON_VM_CALLS_H
#define TYPHON_VM_CALLS_H

#include <stdbool.h>

#include "objects/code_cache.h"
#include "vm/frame_layout.h"

typedef struct CallTarget {
    Value *fp;          // CALL_FRAME, CALL_INIT: the frame to enter, bound and ready
    Value result;       // CALL_DONE: own
} CallTarget;

enum {
    CALL_ERROR = -1,    // exception set; the window stays for the unwinder
    CALL_FRAME = 0,
    CALL_INIT = 1,      // __init__ of a new instance, which waits in window[WINDOW_KWNAMES]
    CALL_DONE = 2,      // self and arguments are dropped; the callable is not
};

// Calls what is in window. nargs counts keyword values too; method: the self slot may be in use.
int call_prepare(Thread *ts, Value *window, int nargs, bool method, PyObject *kwnames,
                 CallTarget *target);

// For CALL_CLASS: whether the class in the window is the one that entry (of CALL_CLASS) describes;
// then *init is its __init__, as a value of one's own.
bool call_class_fits(const AttributeEntry *entry, const Value *window, bool method,
                     Value *init);

// Replaces the class in the window by init, which is consumed, and makes the instance: self of the
// window. 0, or -1 with an exception.
int call_class_begin(Value *window, Value init);

// The Python __init__ of a class whose calls come down to object.__new__ and that function: new
// reference, or NULL (no exception).
PyObject *call_class_init(PyTypeObject *type);

// callable(*args, **kwargs) of three temporaries; fp is the calling frame. Never CALL_INIT.
int call_prepare_ex(Thread *ts, Value *fp, Value *operands, bool has_kwargs, CallTarget *target);

// TypeError "__init__() should return None, not 'X'"; consumes result.
void call_bad_init_result(Value result);

// Fills header and registers of a frame for func at new_fp, whose first nargs words are the arguments
// (keyword values last). 0, or -1 with an exception and all these words dropped.
int call_bind(Thread *ts, PyObject *func, Value *new_fp, Py_ssize_t nargs, PyObject *kwnames);

// Calls of C functions with positional arguments, without detour: the result as an own value, or
// VALUE_UNSET. The arguments stay. (calls_native.c)
Value call_cfunction(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n);
Value call_descriptor(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n);

// The general native call: any callable, keyword values last.
Value call_boxed(Thread *ts, PyObject *callable, const Value *args, Py_ssize_t n, PyObject *kwnames);

// The same with a tuple and a dict (or NULL) of arguments.
PyObject *call_told(Thread *ts, PyObject *callable, PyObject *args, PyObject *kwargs);

// A pointer as a value that owns nothing (or a number).
static inline Value
value_lend_object(PyObject *op)
{
    extern PyTypeObject PyLong_Type, PyFloat_Type;
    if (op->ob_type == &PyLong_Type || op->ob_type == &PyFloat_Type) {
        return value_from_object(op);
    }
    return value_borrowed(op);
}

#endif
