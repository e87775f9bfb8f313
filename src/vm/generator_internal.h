// What the interpreter and the generator types share (generator.h).
#ifndef TYPHON_VM_GENERATOR_INTERNAL_H
#define TYPHON_VM_GENERATOR_INTERNAL_H

#include <stdbool.h>

#include "abi/object.h"
#include "vm/frame_layout.h"
#include "vm/generator.h"

// RETURN_GENERATOR: a new generator-like object that takes over the registers of fp. New reference, or
// NULL (fp untouched).
PyObject *generator_from_frame(Thread *ts, Value *fp);

// Puts gen's frame on the value stack: 1 and *fp ready for ENTER_GENERATOR or vm_run, its sent value
// (consumed then) in place; 0: it has ended before; -1 with an exception.
int generator_resume(Thread *ts, GeneratorObject *gen, Value sent, Value **fp);

// The frame yields: its registers move to the heap.
void generator_suspend(Thread *ts, Value *fp, uint32_t nlive);

// The frame ends, by a return or an exception: the generator is closed, registers are dropped.
// fp[FRAME_GENERATOR] becomes 0.
void generator_end_frame(Thread *ts, Value *fp);

// PEP 479: the current exception leaves the frame; StopIteration becomes RuntimeError.
void generator_convert_exception(Value *fp);

// send() from C: *result owned.
PySendResult generator_send(GeneratorObject *gen, PyObject *arg, PyObject **result);

// Raises the current exception inside gen; the same results.
PySendResult generator_raise(GeneratorObject *gen, PyObject **result);

// Ends a generator that is not running without raising anything inside: drops its registers.
void generator_abandon(GeneratorObject *gen);

// While the delegate of a suspended generator handles throw() or close(), the generator counts as
// running and its frame is among the callers. NULL with an exception.
Value *generator_lend_frame(Thread *ts, GeneratorObject *gen);
void generator_take_frame_back(Thread *ts, GeneratorObject *gen, Value *fp);

// The delegate has returned `value` (consumed): gen goes on behind its yield from or await.
PySendResult generator_delegate_returned(GeneratorObject *gen, PyObject *value, PyObject **result);

// throw(type, value, traceback) with its old three-argument form: new reference (what is yielded), or
// NULL with an exception (StopIteration for a return). close_on_exit: GeneratorExit closes delegates.
PyObject *generator_throw(GeneratorObject *gen, bool close_on_exit, PyObject *type,
                          PyObject *value, PyObject *traceback);
PyObject *generator_close(GeneratorObject *gen);

// Result of send as a method gives it: StopIteration(value) for a return.
PyObject *generator_result(PySendResult status, PyObject *result);

// method names of the three types: "generator", "coroutine", "async generator".
const char *generator_kind(PyObject *gen);

// Common parts of the three types.
void generator_dealloc(PyObject *self);
void generator_finalize(PyObject *self);
// RuntimeWarning "coroutine 'f' was never awaited"; errors go to sys.unraisablehook.
void coroutine_warn_never_awaited(PyObject *self);
int generator_traverse(PyObject *self, visitproc visit, void *arg);
int generator_clear(PyObject *self);
PyObject *generator_repr(PyObject *self);
PyObject *generator_iternext(PyObject *self);
PySendResult generator_am_send(PyObject *self, PyObject *arg, PyObject **result);
PyObject *generator_get_name(PyObject *self, void *context);
int generator_set_name(PyObject *self, PyObject *value, void *context);
PyObject *generator_get_qualname(PyObject *self, void *context);
int generator_set_qualname(PyObject *self, PyObject *value, void *context);
PyObject *generator_get_delegate(PyObject *self, void *context);
PyObject *generator_get_running(PyObject *self, void *context);
PyObject *generator_get_suspended(PyObject *self, void *context);
PyObject *generator_get_frame(PyObject *self, void *context);
PyObject *generator_get_code(PyObject *self, void *context);

// Async generators (async_gen.c): the finalizer hook; true when it took care of self.
bool async_generator_finalize(GeneratorObject *gen);
// The wrapper around a value that an async generator yields.
PyObject *async_generator_wrap(PyObject *value);
// send() of an awaitable of asend() or __anext__(); the value of a `yield` is PYGEN_RETURN.
PySendResult async_generator_send_step(PyObject *self, PyObject *arg, PyObject **result);

// await and friends, for the handlers (awaitable.c). Own values, VALUE_UNSET with an exception.
Value yield_from_iter(Value *fp, Value v);
Value awaitable_iter(Value v, int kind);
Value async_iter(Value v);
Value async_next(Value v);

// SEND to anything but generators and coroutines: 0 and *result yielded, 1 and *result returned, -1.
int send_value(PyObject *receiver, Value sent, Value *result);

#endif
