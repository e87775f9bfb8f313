// _testinternal: what tests ask of the runtime and no program should: allocations that fail, counts
// of what is alive, a check of the heap. No state of its own.
//
// Threading: injected failures belong to the calling thread (memory/alloc.h); the check of the heap
// stops the world.
#include <stdlib.h>

#include "gc/gc.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"

// ---- allocations that fail ----

static bool
check_range(long long start, long long stop)
{
    if (start < 0 || stop < 0) {
        error_set(PyExc_ValueError, "start and stop must not be negative");
        return false;
    }
    return true;
}

static PyObject *
testinternal_set_nomemory(PyObject *module, PyObject *args)
{
    long long start;
    long long stop = 0;
    if (!args_parse(args, "L|L:set_nomemory", &start, &stop) || !check_range(start, stop)) {
        return NULL;
    }
    mem_fail_between((uint64_t)start, (uint64_t)stop);
    return Py_None;
}

static PyObject *
testinternal_remove_mem_hooks(PyObject *module, PyObject *unused)
{
    return int_from_u64(mem_fail_remove());
}

// The failures are in force during the call alone: making the result is not disturbed.
static PyObject *
testinternal_call_nomemory(PyObject *module, PyObject *args)
{
    PyObject *function;
    long long start;
    long long stop = 0;
    if (!args_parse(args, "OL|L:call_nomemory", &function, &start, &stop) ||
        !check_range(start, stop)) {
        return NULL;
    }
    mem_fail_between((uint64_t)start, (uint64_t)stop);
    PyObject *value = object_call_noargs(function);
    unsigned long long count = mem_fail_remove();
    bool raised = value == NULL;
    if (raised) {
        value = error_take();
    }
    return value_build("KNN", count, bool_from_int(!raised), value);
}

// ---- what is alive ----

// Waits for what lock-free readers keep, so that two counts can be compared.
static PyObject *
testinternal_live_objects(PyObject *module, PyObject *unused)
{
    Thread *ts = thread_current();
    refcount_merge_queued(ts);
    qsbr_drain(ts);
    return int_from_ssize(heap_allocated_blocks());
}

static PyObject *
testinternal_live_buffers(PyObject *module, PyObject *unused)
{
    qsbr_drain(thread_current());
    return mem_buffers_counted ? int_from_ssize(mem_buffers_in_use()) : Py_None;
}

// ---- check of the heap ----

// References found by traversal, for each object: a table with open addressing.
typedef struct Edge {
    PyObject *object;
    Py_ssize_t count;
} Edge;

typedef struct HeapCheck {
    Edge *edges;
    size_t capacity;        // a power of two; 0: only counting so far
    size_t objects;
    PyTypeObject *source;   // of the object that is being traversed
    char problem[256];      // "" when there is none
} HeapCheck;

static Edge *
edge_of(HeapCheck *check, PyObject *op)
{
    size_t mask = check->capacity - 1;
    size_t i = ((uintptr_t)op >> 4) * 0x9E3779B97F4A7C15u >> 20 & mask;
    while (check->edges[i].object != NULL && check->edges[i].object != op) {
        i = (i + 1) & mask;
    }
    return &check->edges[i];
}

static int
count_object(PyObject *op, void *arg)
{
    HeapCheck *check = arg;
    check->objects++;
    return 0;
}

static int
visit_edge(PyObject *op, void *arg)
{
    HeapCheck *check = arg;
    if (!heap_contains(op)) {
        return 0;
    }
    if (!heap_is_object(op)) {
        snprintf(check->problem, sizeof check->problem, "a %s refers to a freed object at %p",
                 check->source->tp_name, (void *)op);
        return -1;
    }
    Edge *edge = edge_of(check, op);
    edge->object = op;
    edge->count++;
    return 0;
}

static int
visit_references(PyObject *op, void *arg)
{
    HeapCheck *check = arg;
    check->source = op->ob_type;
    if (!gc_is_tracked(op) || op->ob_type->tp_traverse == NULL) {
        return 0;
    }
    return op->ob_type->tp_traverse(op, visit_edge, check);
}

// Classes are left out: instances count references to them elsewhere (objects/type_refs.c).
static int
compare_count(PyObject *op, void *arg)
{
    HeapCheck *check = arg;
    if (object_is_immortal(op) || refcount_is_deferred(op) ||
        (op->ob_type->tp_flags & Py_TPFLAGS_TYPE_SUBCLASS) != 0) {
        return 0;
    }
    Py_ssize_t found = edge_of(check, op)->count;
    Py_ssize_t count = refcount_get(op);
    if (found > count) {
        snprintf(check->problem, sizeof check->problem,
                 "a %s at %p has a reference count of %zd, but %zd references",
                 op->ob_type->tp_name, (void *)op, count, found);
        return -1;
    }
    return 0;
}

// World stopped. false: there was no memory for the table.
static bool
heap_check(Interpreter *interp, HeapCheck *check)
{
    heap_walk_all(interp, count_object, check);
    check->capacity = 1024;
    while (check->capacity < check->objects * 2) {
        check->capacity *= 2;
    }
    check->edges = calloc(check->capacity, sizeof *check->edges);
    if (check->edges == NULL) {
        return false;
    }
    if (heap_walk_gc(interp, visit_references, check) == 0) {
        heap_walk_all(interp, compare_count, check);
    }
    free(check->edges);
    return true;
}

static PyObject *
testinternal_check_heap(PyObject *module, PyObject *unused)
{
    Thread *ts = thread_current();
    Interpreter *interp = thread_interpreter(ts);
    HeapCheck check = {0};
    world_stop(interp);
    bool done = heap_check(interp, &check);
    world_start(interp);
    if (!done) {
        return error_no_memory();
    }
    if (check.problem[0] != '\0') {
        return error_set(PyExc_AssertionError, check.problem);
    }
    return int_from_u64(check.objects);
}

// ---- module ----

static PyMethodDef testinternal_methods[] = {
    {"set_nomemory", testinternal_set_nomemory, METH_VARARGS,
     "set_nomemory($module, start, stop=0, /)\n--\n\n"
     "Of this thread's allocations from now on, let those numbered start+1 to stop fail; all "
     "after start when stop is 0."},
    {"remove_mem_hooks", testinternal_remove_mem_hooks, METH_NOARGS,
     "remove_mem_hooks($module, /)\n--\n\n"
     "End set_nomemory. Result: the number of allocations since."},
    {"call_nomemory", testinternal_call_nomemory, METH_VARARGS,
     "call_nomemory($module, function, start, stop=0, /)\n--\n\n"
     "Call function() with allocations failing as set_nomemory says.\n\n"
     "Result: number of allocations, whether it returned, and what it returned or raised."},
    {"live_objects", testinternal_live_objects, METH_NOARGS,
     "live_objects($module, /)\n--\n\nNumber of objects in the heap."},
    {"live_buffers", testinternal_live_buffers, METH_NOARGS,
     "live_buffers($module, /)\n--\n\n"
     "Number of blocks of memory that are no objects; None in builds that do not count them."},
    {"check_heap", testinternal_check_heap, METH_NOARGS,
     "check_heap($module, /)\n--\n\n"
     "Compare reference counts with the references that objects tell the collector of.\n\n"
     "Result: number of objects. AssertionError names the first wrong one."},
    {NULL},
};

static int
testinternal_exec(PyObject *module)
{
#ifdef HEAP_CHECKED
    return module_add_int(module, "counts_all_allocations", 1);
#else
    return module_add_int(module, "counts_all_allocations", 0);
#endif
}

static PyModuleDef_Slot testinternal_slots[] = {
    {Py_mod_exec, (void *)testinternal_exec},
    {0, NULL},
};

static PyModuleDef testinternal_module = {
    .m_name = "_testinternal",
    .m_doc = "What tests ask of the runtime and no program should.",
    .m_methods = testinternal_methods,
    .m_slots = testinternal_slots,
};

NATIVE_MODULE(_testinternal, &testinternal_module)
