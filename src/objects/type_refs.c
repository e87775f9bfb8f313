// References of instances to their classes, counted per thread.
//
// Threads that make objects of one class would all count on its shared word. Instead each class made by
// Python code has a number (unique_id, from 1 on) and each thread an array of counts by that number.
// The sum of the class's own count and of all threads' entries is its true count; one alone may be
// negative. Such classes are deferred (memory/refcount.h): only the collector frees them, and it has the
// entries merged before it looks.
//
// Classes without a number (0 or -1: made from a PyType_Spec, static structs of extension modules, out of
// numbers, being cleared) are counted like any object.
//
// Threading: an entry belongs to its thread, except while the world is stopped.
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/type_internal.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

#define FIRST_SIZE 64

// Thread.type_refs of a thread that is ending.
#define CLOSED ((ssize_t *)-1)

static Py_ssize_t
type_id(const PyTypeObject *type)
{
    return ((const PyHeapTypeObject *)type)->unique_id;
}

// ---- numbers ----

static bool
grow_lock_held(InterpreterRoots *roots)
{
    size_t size = roots->type_refs_size == 0 ? FIRST_SIZE : roots->type_refs_size * 2;
    PyTypeObject **types = mem_realloc_array(roots->type_refs, size, sizeof *types);
    if (types == NULL) {
        return false;
    }
    for (size_t i = roots->type_refs_size; i < size; i++) {
        types[i] = NULL;
    }
    roots->type_refs = types;
    roots->type_refs_size = size;
    return true;
}

void
type_refs_register(PyTypeObject *type)
{
    InterpreterRoots *roots = interpreter_roots();
    mutex_lock(&roots->type_refs_lock);
    size_t id = roots->type_refs_free == 0 ? 1 : roots->type_refs_free;
    while (id < roots->type_refs_size && roots->type_refs[id] != NULL) {
        id++;
    }
    if (id < roots->type_refs_size || grow_lock_held(roots)) {
        roots->type_refs[id] = type;
        roots->type_refs_free = id + 1;
        ((PyHeapTypeObject *)type)->unique_id = (Py_ssize_t)id;
    }
    mutex_unlock(&roots->type_refs_lock);
}

void
type_refs_release(PyTypeObject *type)
{
    Py_ssize_t id = type_id(type);
    if (id <= 0) {
        return;
    }
    InterpreterRoots *roots = interpreter_roots();
    mutex_lock(&roots->type_refs_lock);
    if ((size_t)id < roots->type_refs_size && roots->type_refs[id] == type) {
        roots->type_refs[id] = NULL;
        if ((size_t)id < roots->type_refs_free) {
            roots->type_refs_free = (size_t)id;
        }
    }
    mutex_unlock(&roots->type_refs_lock);
    ((PyHeapTypeObject *)type)->unique_id = -1;
}

// ---- counting ----

static bool
thread_grow(Thread *ts, size_t id)
{
    size_t size = ts->type_ref_count == 0 ? FIRST_SIZE : ts->type_ref_count;
    while (size <= id) {
        size *= 2;
    }
    ssize_t *refs = mem_realloc_array(ts->type_refs, size, sizeof *refs);
    if (refs == NULL) {
        return false;
    }
    for (size_t i = ts->type_ref_count; i < size; i++) {
        refs[i] = 0;
    }
    ts->type_refs = refs;
    ts->type_ref_count = size;
    return true;
}

// Adds to the count that all threads share; the class is alive before and after.
static void
add_shared(PyTypeObject *type, ssize_t by)
{
    atomic_add_ssize(&((PyObject *)type)->ob_ref_shared,
                     (ssize_t)((size_t)by << REF_SHARED_SHIFT));
}

void
type_ref_slow(PyTypeObject *type, ssize_t by)
{
    Py_ssize_t id = type_id(type);
    if (id > 0) {
        Thread *ts = thread_current();
        if (ts->type_refs != CLOSED && thread_grow(ts, (size_t)id)) {
            ts->type_refs[id] += by;
        }
        else {
            add_shared(type, by);
        }
    }
    else if (by > 0) {
        incref(type);
    }
    else {
        decref(type);
    }
}

// ---- merging ----

void
type_refs_merge_thread(Thread *ts)
{
    InterpreterRoots *roots = thread_interpreter(ts)->roots;
    if (ts->type_ref_count == 0) {
        return;
    }
    mutex_lock(&roots->type_refs_lock);
    for (size_t id = 1; id < ts->type_ref_count; id++) {
        ssize_t by = ts->type_refs[id];
        if (by != 0) {
            ts->type_refs[id] = 0;
            add_shared(roots->type_refs[id], by);
        }
    }
    mutex_unlock(&roots->type_refs_lock);
}

void
type_refs_close_thread(Thread *ts)
{
    type_refs_merge_thread(ts);
    mem_free(ts->type_refs);
    ts->type_ref_count = 0;
    ts->type_refs = CLOSED;
}

void
type_refs_merge_all(Interpreter *interp)
{
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL; ts = thread_next(ts)) {
        type_refs_merge_thread(ts);
    }
}

void
type_refs_retire(PyTypeObject *type)
{
    // The entries of all threads are zero: they have just been merged.
    type_refs_release(type);
}
