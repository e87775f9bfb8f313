// Bounded recursion in deallocation: freeing a chain of a million nested containers must not
// use the C stack for each.
//
// This happens inside refcount_dealloc for every type with Py_TPFLAGS_HAVE_GC: beyond a depth
// the object is put on Thread.delete_later and deallocated when the outermost deallocation
// returns. tp_dealloc functions need to do nothing about it.
//
// Threading: owner thread.
#ifndef TYPHON_MEMORY_TRASHCAN_H
#define TYPHON_MEMORY_TRASHCAN_H

#include "abi/object.h"
#include "thread/thread.h"

#define TRASHCAN_DEPTH 50

// Postpones op, whose count is zero.
void trashcan_deposit(Thread *ts, PyObject *op);

// Deallocates what was postponed; at depth zero.
void trashcan_drain(Thread *ts);

#endif
