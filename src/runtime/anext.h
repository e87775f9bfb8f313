// The awaitable of anext(iterator, default).
#ifndef TYPHON_RUNTIME_ANEXT_H
#define TYPHON_RUNTIME_ANEXT_H

#include "abi/object.h"

extern PyTypeObject _PyAnextAwaitable_Type;

// New awaitable that gives what `awaitable` gives, and fallback when it raises StopAsyncIteration.
PyObject *anext_awaitable_new(PyObject *awaitable, PyObject *fallback);

#endif
