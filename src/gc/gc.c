// The collector's state, when collections run, and the questions of the gc module. See gc.h.
//
// Owns GcState. Lists of objects are made with the world stopped, in plain vectors, and become
// Python lists afterwards: each object in a vector has a reference by then.
#include "gc/gc.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hooks.h"
#include "gc/gc_internal.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "platform/time.h"
#include "thread/runtime.h"

#define YOUNG_THRESHOLD 2000
#define RUNS_THRESHOLD 10
#define FULL_LEAST 60000        // survivors of young collections that make a full one worth while

bool
object_is_gc(PyObject *op)
{
    PyTypeObject *type = op->ob_type;
    return (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0 &&
           (type->tp_is_gc == NULL || type->tp_is_gc(op));
}

// ---- state ----

static void
update_threshold(Interpreter *interp)
{
    GcState *gc = interp->gc;
    bool on = atomic_load_relaxed_int(&gc->enabled) != 0;
    atomic_store_relaxed_ssize(&interp->gc_young_threshold,
                               on ? atomic_load_relaxed_int(&gc->thresholds[0]) : 0);
}

int
gc_init(Interpreter *interp)
{
    GcState *gc = mem_calloc_or_error(1, sizeof *gc);
    if (gc == NULL) {
        return -1;
    }
    gc->garbage = list_new(0);
    gc->callbacks = list_new(0);
    if (gc->garbage == NULL || gc->callbacks == NULL) {
        xdecref(gc->garbage);
        xdecref(gc->callbacks);
        mem_free(gc);
        return -1;
    }
    gc->thresholds[0] = YOUNG_THRESHOLD;
    gc->thresholds[1] = RUNS_THRESHOLD;
    interp->gc = gc;
    hooks.gc_run_requested = gc_run_requested;
    update_threshold(interp);
    return 0;
}

void
gc_begin(Interpreter *interp)
{
    thread_current()->heap->young_delta = 0;
    atomic_store_ssize(&interp->gc_young_count, 0);
    gc_enable(interp);
}

bool
gc_is_enabled(Interpreter *interp)
{
    return atomic_load_relaxed_int(&interp->gc->enabled) != 0;
}

void
gc_enable(Interpreter *interp)
{
    atomic_store_relaxed_int(&interp->gc->enabled, 1);
    update_threshold(interp);
}

void
gc_disable(Interpreter *interp)
{
    atomic_store_relaxed_int(&interp->gc->enabled, 0);
    update_threshold(interp);
}

void
gc_set_threshold(Interpreter *interp, int generation, int threshold)
{
    atomic_store_relaxed_int(&interp->gc->thresholds[generation], threshold);
    update_threshold(interp);
}

void
gc_get_count(Thread *ts, Py_ssize_t counts[GC_GENERATIONS])
{
    Interpreter *interp = thread_interpreter(ts);
    ssize_t young = atomic_load_relaxed_ssize(&interp->gc_young_count) + ts->heap->young_delta;
    counts[0] = young > 0 ? young : 0;
    counts[1] = interp->gc->young_runs;
    counts[2] = interp->gc->middle_runs;
}

// ---- running ----

static void
invoke_callbacks(GcState *gc, const char *phase, int generation, const GcResult *result)
{
    if (gc->callbacks == NULL || list_size(gc->callbacks) == 0) {
        return;
    }
    PyObject *args = value_build("(s{sisnsn})", phase, "generation", generation, "collected",
                                 result->collected, "uncollectable", result->uncollectable);
    if (args == NULL) {
        error_format_unraisable("Exception ignored while preparing GC callbacks");
        return;
    }
    PyObject *callbacks = list_as_tuple(gc->callbacks);
    for (Py_ssize_t i = 0; callbacks != NULL && i < ((PyVarObject *)callbacks)->ob_size; i++) {
        PyObject *callback = ((PyTupleObject *)callbacks)->ob_item[i];
        PyObject *answer = object_call(callback, args, NULL);
        if (answer == NULL) {
            error_format_unraisable("Exception ignored while calling GC callback %R", callback);
        }
        xdecref(answer);
    }
    xdecref(callbacks);
    decref(args);
}

static void
print_stats(const char *phase, int generation, const GcResult *result, int64_t started)
{
    if (result == NULL) {
        fprintf(stderr, "gc: %s generation %d...\n", phase, generation);
        return;
    }
    fprintf(stderr, "gc: %s, %zd unreachable, %zd uncollectable, %.4fs elapsed\n", phase,
            result->collected + result->uncollectable, result->uncollectable,
            (double)(os_time_monotonic() - started) / 1e9);
}

static Py_ssize_t
collect(Thread *ts, int generation, bool callbacks)
{
    GcState *gc = thread_interpreter(ts)->gc;
    int expected = 0;
    if (gc == NULL || !atomic_cas_int(&gc->collecting, &expected, 1)) {
        return 0;
    }
    PyObject *raised = error_take();
    int64_t started = os_time_monotonic();
    bool stats = (atomic_load_relaxed_int(&gc->debug) & GC_DEBUG_STATS) != 0;
    GcResult result = {0, 0};
    if (stats) {
        print_stats("collecting", generation, NULL, started);
    }
    if (callbacks) {
        invoke_callbacks(gc, "start", generation, &result);
    }
    result = gc_run(ts, generation == GC_GENERATIONS - 1);
    gc->young_runs = generation == 0 ? gc->young_runs + 1 : 0;
    gc->middle_runs = generation == 1 ? gc->middle_runs + 1 : generation == 2 ? 0 : gc->middle_runs;
    gc->stats[generation].collections++;
    gc->stats[generation].collected += result.collected;
    gc->stats[generation].uncollectable += result.uncollectable;
    if (stats) {
        print_stats("done", generation, &result, started);
    }
    if (callbacks) {
        invoke_callbacks(gc, "stop", generation, &result);
    }
    error_restore_steal(raised);
    atomic_store_int(&gc->collecting, 0);
    return result.collected + result.uncollectable;
}

Py_ssize_t
gc_collect(Thread *ts, int generation)
{
    return collect(ts, generation, true);
}

Py_ssize_t
gc_collect_no_callbacks(Thread *ts)
{
    return collect(ts, GC_GENERATIONS - 1, false);
}

// Whether enough has survived young collections since the last full one. With a young threshold
// below the usual one, the least number is smaller in proportion.
static bool
full_is_due(GcState *gc)
{
    ssize_t young = atomic_load_relaxed_int(&gc->thresholds[0]);
    ssize_t least = young < YOUNG_THRESHOLD ? young * (FULL_LEAST / YOUNG_THRESHOLD) : FULL_LEAST;
    ssize_t share = gc->old_total / 4;
    return gc->young_runs >= atomic_load_relaxed_int(&gc->thresholds[1]) &&
           gc->old_pending > (share > least ? share : least);
}

int
gc_run_requested(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    GcState *gc = interp->gc;
    if (gc == NULL || !atomic_load_relaxed_int(&gc->enabled) ||
        atomic_load_relaxed_ssize(&interp->gc_young_count) <=
            atomic_load_relaxed_ssize(&interp->gc_young_threshold)) {
        return 0;
    }
    collect(ts, full_is_due(gc) ? GC_GENERATIONS - 1 : 0, true);
    return 0;
}

// ---- lists of objects ----

typedef struct Gather {
    ObjectVector found;
    int generation;                 // -1: all
    PyObject *const *targets;       // what is asked about
    Py_ssize_t target_count;
    bool failed;
} Gather;

// New list out of the objects, which have a reference each; NULL with MemoryError.
static PyObject *
gather_finish(Gather *g)
{
    PyObject *list = NULL;
    if (g->failed) {
        error_no_memory();
    }
    else {
        list = list_new((Py_ssize_t)g->found.count);
    }
    for (size_t i = 0; i < g->found.count; i++) {
        if (list != NULL) {
            list_set_item_steal(list, (Py_ssize_t)i, g->found.items[i]);
        }
        else {
            decref(g->found.items[i]);
        }
    }
    vector_free(&g->found);
    return list;
}

static int
gather_push(Gather *g, PyObject *op)
{
    if (!vector_push(&g->found, op)) {
        g->failed = true;
        return -1;
    }
    incref(op);
    return 0;
}

// Objects that are being deallocated by a stopped thread must not be revived; nor may finalizers find
// the garbage of the running collection.
static bool
is_listable(PyObject *op)
{
    return gc_is_tracked(op) && (op->ob_gc_bits & GC_UNREACHABLE) == 0 &&
           (refcount_get(op) > 0 || refcount_is_deferred(op));
}

static int
gather_generation(PyObject *op, void *arg)
{
    Gather *g = arg;
    if (!is_listable(op)) {
        return 0;
    }
    bool old = (op->ob_gc_bits & GC_OLD) != 0;
    if (g->generation >= 0 && ((op->ob_gc_bits & GC_FROZEN) != 0 || old != (g->generation > 0))) {
        return 0;
    }
    return gather_push(g, op);
}

PyObject *
gc_get_objects(Thread *ts, int generation)
{
    Gather g = {.generation = generation};
    Interpreter *interp = thread_interpreter(ts);
    world_stop(interp);
    heap_walk_gc(interp, gather_generation, &g);
    world_start(interp);
    return gather_finish(&g);
}

static int
visit_is_target(PyObject *op, void *arg)
{
    Gather *g = arg;
    for (Py_ssize_t i = 0; i < g->target_count; i++) {
        if (g->targets[i] == op) {
            return 1;
        }
    }
    return 0;
}

static int
gather_referrer(PyObject *op, void *arg)
{
    Gather *g = arg;
    traverseproc function = op->ob_type->tp_traverse;
    if (!is_listable(op) || function == NULL || function(op, visit_is_target, g) != 1) {
        return 0;
    }
    return gather_push(g, op);
}

static int
visit_running(Interpreter *interp, int (*visit)(PyObject *gen, PyObject *op, void *arg), void *arg)
{
    int result = 0;
    if (hooks.gc_visit_running_generators != NULL) {
        Thread *ts = interpreter_first_thread(interp);
        for (; ts != NULL && result == 0; ts = thread_next(ts)) {
            result = hooks.gc_visit_running_generators(ts, visit, arg);
        }
    }
    return result;
}

// A generator that runs and refers to a target by a register is found unless it has been already.
static int
gather_running_referrer(PyObject *gen, PyObject *op, void *arg)
{
    Gather *g = arg;
    if (!visit_is_target(op, g) || !is_listable(gen)) {
        return 0;
    }
    for (size_t i = 0; i < g->found.count; i++) {
        if (g->found.items[i] == gen) {
            return 0;
        }
    }
    return gather_push(g, gen);
}

PyObject *
gc_get_referrers(Thread *ts, PyObject *const *objs, Py_ssize_t count)
{
    Gather g = {.targets = objs, .target_count = count};
    Interpreter *interp = thread_interpreter(ts);
    world_stop(interp);
    if (heap_walk_gc(interp, gather_referrer, &g) == 0) {
        visit_running(interp, gather_running_referrer, &g);
    }
    world_start(interp);
    return gather_finish(&g);
}

// Numbers are in dicts without an object, so traversing does not show them.
static int
append_numbers(PyObject *list, PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *key;
    Value value;
    Py_hash_t hash;
    int result = 0;
    while (result == 0 && dict_next_value(dict, &pos, &key, &value, &hash) > 0) {
        if (!value_is_pointer(value)) {
            PyObject *number = value_box(value);
            result = number == NULL ? -1 : list_append(list, number);
            xdecref(number);
        }
        value_drop(value);
        decref(key);
    }
    return result;
}

static int
gather_running_referent(PyObject *gen, PyObject *op, void *arg)
{
    Gather *g = arg;
    if (visit_is_target(gen, g) && !vector_push(&g->found, op)) {
        g->failed = true;
        return -1;
    }
    return 0;
}

PyObject *
gc_get_referents(PyObject *const *objs, Py_ssize_t count)
{
    Gather g = {.targets = objs, .target_count = count};
    Interpreter *interp = thread_interpreter(thread_current());
    world_stop(interp);
    for (Py_ssize_t i = 0; i < count && !g.failed; i++) {
        if (object_is_gc(objs[i]) && !gc_push_referents(objs[i], &g.found)) {
            g.failed = true;
        }
    }
    if (!g.failed) {
        visit_running(interp, gather_running_referent, &g);
    }
    for (size_t i = 0; i < g.found.count; i++) {
        incref(g.found.items[i]);
    }
    world_start(interp);
    PyObject *list = gather_finish(&g);
    for (Py_ssize_t i = 0; i < count && list != NULL; i++) {
        if (dict_check(objs[i]) && append_numbers(list, objs[i]) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

// ---- freezing ----

static int
freeze_object(PyObject *op, void *arg)
{
    (void)arg;
    if (gc_is_tracked(op)) {
        atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)(op->ob_gc_bits | GC_FROZEN | GC_OLD));
    }
    return 0;
}

void
gc_freeze(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    world_stop(interp);
    heap_walk_gc(interp, freeze_object, NULL);
    world_start(interp);
}

static int
unfreeze_object(PyObject *op, void *arg)
{
    (void)arg;
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)(op->ob_gc_bits & ~GC_FROZEN));
    return 0;
}

void
gc_unfreeze(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    world_stop(interp);
    heap_walk_gc(interp, unfreeze_object, NULL);
    world_start(interp);
}

static int
count_frozen(PyObject *op, void *arg)
{
    if (gc_is_tracked(op) && (op->ob_gc_bits & GC_FROZEN) != 0) {
        ++*(Py_ssize_t *)arg;
    }
    return 0;
}

Py_ssize_t
gc_get_freeze_count(Interpreter *interp)
{
    Py_ssize_t count = 0;
    world_stop(interp);
    heap_walk_gc(interp, count_frozen, &count);
    world_start(interp);
    return count;
}
