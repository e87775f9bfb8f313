// What the files of gc/ share: the collector proper (gc_collect.c) and its interface (gc.c).
#ifndef TYPHON_GC_GC_INTERNAL_H
#define TYPHON_GC_GC_INTERNAL_H

#include "gc/gc.h"
#include "memory/heap.h"

// A growing array of objects, unowned.
typedef struct ObjectVector {
    PyObject **items;
    size_t count;
    size_t capacity;
} ObjectVector;

// False when memory is out.
bool vector_push(ObjectVector *v, PyObject *op);
void vector_free(ObjectVector *v);

typedef struct GcResult {
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
} GcResult;

// One collection: young or full. GcState.collecting is set by the caller.
GcResult gc_run(Thread *ts, bool full);

// Appends the objects that op's tp_traverse reports.
bool gc_push_referents(PyObject *op, ObjectVector *v);

#endif
