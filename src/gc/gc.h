// The cycle collector.
//
// Reference counts free most objects; this finds groups of objects that only refer to each
// other. A young collection looks at objects tracked since the last one; a full one at all. Both
// stop the world while they look (not while finalizers run).
//
// Allocation only requests a collection (BREAK_GC); the eval loop runs it at a safepoint.
// Full collections are due when the objects that survived young ones since the last full one
// exceed a quarter of all old ones, so that the work per allocated object is bounded.
//
// Threading: one collection at a time per interpreter; others that ask meanwhile do nothing.
#ifndef TYPHON_GC_GC_H
#define TYPHON_GC_GC_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "thread/thread.h"

enum {
    GC_DEBUG_STATS = 1,
    GC_DEBUG_COLLECTABLE = 2,
    GC_DEBUG_UNCOLLECTABLE = 4,
    GC_DEBUG_SAVEALL = 32,
    GC_DEBUG_LEAK = GC_DEBUG_COLLECTABLE | GC_DEBUG_UNCOLLECTABLE | GC_DEBUG_SAVEALL,
};

#define GC_GENERATIONS 3

typedef struct GcStats {
    Py_ssize_t collections;
    Py_ssize_t collected;
    Py_ssize_t uncollectable;
} GcStats;

typedef struct GcState {
    int enabled;                    // atomic
    int debug;                      // atomic: GC_DEBUG_*
    int collecting;                 // atomic: a collection runs
    int thresholds[GC_GENERATIONS]; // atomic
    ssize_t young_runs;             // collecting thread: of generation 0 since a higher one
    ssize_t middle_runs;            // collecting thread: of generation 1 since a full one
    ssize_t old_total;              // collecting thread: objects alive after the last full one
    ssize_t old_pending;            // collecting thread: survivors of young ones since
    GcStats stats[GC_GENERATIONS];  // collecting thread
    PyObject *garbage;              // immutable: gc.garbage, a list
    PyObject *callbacks;            // immutable: gc.callbacks, a list
} GcState;

// Makes the collector's state of an interpreter (lists exist by now), disabled. 0 or -1.
int gc_init(Interpreter *interp);

// The end of the start: automatic collections may run from now on. What the start has made lives as
// long as the program, so it does not count towards the first one.
void gc_begin(Interpreter *interp);

// Collects generation 0..2 (1 counts as young): number of unreachable objects found, or 0 when a
// collection is already running. Exceptions of finalizers are written as unraisable; a pending
// exception is kept. Runs Python code.
Py_ssize_t gc_collect(Thread *ts, int generation);

// Full collection whatever gc.disable() says; no callbacks are called: for interpreter shutdown.
Py_ssize_t gc_collect_no_callbacks(Thread *ts);

// The collection that BREAK_GC asks for, of the generation that is due.
int gc_run_requested(Thread *ts);

bool gc_is_enabled(Interpreter *interp);
void gc_enable(Interpreter *interp);
void gc_disable(Interpreter *interp);
void gc_set_threshold(Interpreter *interp, int generation, int threshold);

// gc.get_count().
void gc_get_count(Thread *ts, Py_ssize_t counts[GC_GENERATIONS]);

// New lists, or NULL with an exception. generation -1: all.
PyObject *gc_get_objects(Thread *ts, int generation);
PyObject *gc_get_referrers(Thread *ts, PyObject *const *objs, Py_ssize_t count);
PyObject *gc_get_referents(PyObject *const *objs, Py_ssize_t count);

void gc_freeze(Thread *ts);
void gc_unfreeze(Thread *ts);
Py_ssize_t gc_get_freeze_count(Interpreter *interp);

// Whether the collector can look at op: its type has Py_TPFLAGS_HAVE_GC and tp_is_gc agrees.
bool object_is_gc(PyObject *op);

#endif
