// Generators, coroutines, async generators.
//
// Registers live in `words` while the object is suspended and are copied to the value stack when
// it is resumed. state: see GEN_*. The object owns its function (and so code and closure).
//
// Threading: one thread at a time resumes a generator: `state` is moved to GEN_RUNNING by compare
// and swap; everybody else gets ValueError "generator already executing". Who only wants to know what a
// suspended generator delegates to moves it to GEN_LOCKED, which the others wait for.
#ifndef TYPHON_VM_GENERATOR_H
#define TYPHON_VM_GENERATOR_H

#include <stdbool.h>

#include "abi/frame.h"
#include "abi/object.h"
#include "objects/value.h"

enum {
    GEN_CREATED = 0,
    GEN_SUSPENDED = 1,
    GEN_RUNNING = 2,
    GEN_CLOSED = 3,
    GEN_LOCKED = 4,     // suspended, and some thread is about to look at it: for an instant
};

typedef struct GeneratorObject {
    PyObject ob_base;
    PyObject *name;                     // lock: self
    PyObject *qualname;                 // lock: self
    PyObject *function;                 // immutable: owned
    PyObject *code;                     // immutable: owned
    PyObject *weakreflist;
    int state;                          // atomic: GEN_*
    int hooks_called;                   // owner: async generators
    int closing;                        // owner: async generators: aclose() was called
    int running_async;                  // owner: async generators: an asend/athrow is under way
    PyObject *finalizer;                // async generators: owned or NULL
    PyObject *origin;                   // coroutines: cr_origin tuple or NULL
    _PyErr_StackItem exc_state;         // running thread: handled exception inside
    Value *fp;                          // running thread: registers, in words or on the stack
    uint32_t nlive;                     // running thread: registers that live while suspended
    uint32_t nwords;                    // immutable: capacity of words
    Value words[];                      // FRAME_GENERATOR_HEADER header words, then registers
} GeneratorObject;

extern PyTypeObject PyGen_Type;
extern PyTypeObject PyCoro_Type;
extern PyTypeObject PyAsyncGen_Type;
extern PyTypeObject _PyCoroWrapper_Type;
extern PyTypeObject _PyAsyncGenASend_Type;
extern PyTypeObject _PyAsyncGenAThrow_Type;
extern PyTypeObject _PyAsyncGenWrappedValue_Type;

static inline bool generator_check(PyObject *op) { return op->ob_type == &PyGen_Type; }
static inline bool coroutine_check(PyObject *op) { return op->ob_type == &PyCoro_Type; }
static inline bool async_generator_check(PyObject *op) { return op->ob_type == &PyAsyncGen_Type; }

// Any of the three.
static inline bool
generator_like_check(PyObject *op)
{
    return generator_check(op) || coroutine_check(op) || async_generator_check(op);
}

// The awaitable's iterator (`await op`): new reference, TypeError "object X can't be used in 'await' expression".
PyObject *coroutine_get_awaitable_iter(PyObject *op);

// Registers of a suspended generator.
Value *generator_fp(GeneratorObject *gen);

// What the generator delegates to (gi_yieldfrom, cr_await): new reference or NULL.
PyObject *generator_delegate(GeneratorObject *gen);

#endif
