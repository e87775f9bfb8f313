// The interpreter: entry points, and what other folders ask about running code.
//
// Threading: everything here is called by attached threads; a thread's frames belong to it.
#ifndef TYPHON_VM_VM_H
#define TYPHON_VM_VM_H

#include <stdbool.h>

#include "abi/frame.h"
#include "abi/object.h"
#include "thread/thread.h"

// Installs the hooks (frames, calls, collector). Before the first code runs; 0 or -1.
int vm_init(Interpreter *interp);

// ---- Running code ----

// exec/eval: code with locals (any mapping; NULL: globals). The globals get __builtins__ when
// missing. New reference or NULL.
PyObject *vm_eval_code(PyObject *code, PyObject *globals, PyObject *locals);

// The same with cells for the free variables: a tuple or NULL.
PyObject *vm_eval_code_closure(PyObject *code, PyObject *globals, PyObject *locals,
                               PyObject *closure);

// Vectorcall entry of function objects.
PyObject *function_vectorcall(PyObject *func, PyObject *const *args, size_t nargsf,
                              PyObject *kwnames);

// builtins.__build_class__ (METH_FASTCALL | METH_KEYWORDS).
PyObject *vm_build_class(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames);

// ---- The running frames of this thread ----

// Frame object `depth` frames above the innermost Python frame (0: innermost). New reference; NULL
// without an exception when the stack is not that deep, with one when out of memory.
PyFrameObject *vm_frame(Thread *ts, int depth);

// globals(), locals() and builtins of the innermost frame. Borrowed / new; NULL when no Python
// code runs (vm_locals: with SystemError "frame does not exist").
PyObject *vm_globals_borrow(void);
PyObject *vm_builtins_borrow(void);
PyObject *vm_locals(void);

// co_flags of the innermost frame's code, 0 when there is none (compile() inherits CO_FUTURE_*).
int vm_code_flags(void);

// First argument and __class__ cell content of the innermost frame, for super(): new references.
// -1 with RuntimeError ("super(): no arguments" …).
int vm_super_arguments(PyObject **type, PyObject **self);

// __name__ of the module whose code runs `depth` frames above; new reference or NULL (no exception).
PyObject *vm_module_name(int depth);

// Position for warnings: the frame `stacklevel` levels up that is not import machinery.
// *filename, *globals new references, *line; false when the stack ends before.
bool vm_warning_location(Py_ssize_t stacklevel, PyObject *skip_prefixes, PyObject **filename,
                         int *line, PyObject **globals);

// dict thread ident -> frame / current exception, for sys._current_frames and _current_exceptions.
PyObject *vm_current_frames(void);
PyObject *vm_current_exceptions(void);

// ---- Settings ----

// sys.setrecursionlimit: 0, or -1 with ValueError / RecursionError.
int vm_set_recursion_limit(int limit);
int vm_get_recursion_limit(void);

// ---- Tracing and profiling (vm/trace.c) ----

// func None or NULL: off. The object forms call func(frame, event, arg).
int vm_set_trace(Thread *ts, PyObject *func);
int vm_set_profile(Thread *ts, PyObject *func);
int vm_set_trace_all_threads(PyObject *func);
int vm_set_profile_all_threads(PyObject *func);
PyObject *vm_get_trace(Thread *ts);         // new reference; None when off
PyObject *vm_get_profile(Thread *ts);
int vm_set_trace_c(Thread *ts, Py_tracefunc func, PyObject *arg);    // PyEval_SetTrace
int vm_set_profile_c(Thread *ts, Py_tracefunc func, PyObject *arg);

// sys.call_tracing(func, args).
PyObject *vm_call_tracing(PyObject *func, PyObject *args);

// The module object sys.monitoring: new reference.
PyObject *vm_monitoring_module(void);

// ---- Coroutines and async generators ----

int vm_set_coroutine_origin_depth(int depth);   // -1 with ValueError
int vm_get_coroutine_origin_depth(void);

// sys.set_asyncgen_hooks: NULL leaves a hook alone, None removes it. 0 or -1 with TypeError.
int vm_set_asyncgen_hooks(PyObject *firstiter, PyObject *finalizer);
// Tuple (firstiter, finalizer) with None for none.
PyObject *vm_get_asyncgen_hooks(void);

#endif
