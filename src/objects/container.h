// What list, dict and set share: racing reads of slots, and the end of tables.
//
// A reader without the lock finds a pointer in a slot of a table, takes a reference if the object
// is still alive, and then looks again whether slot and table are the same. Tables are freed at once
// as long as only the owning thread has ever looked at the container; the first look of another
// thread marks the container as shared (under its lock), and from then on tables end through
// QSBR. So the single-threaded program pays neither locks for reading nor delayed frees.
#ifndef TYPHON_OBJECTS_CONTAINER_INTERNAL_H
#define TYPHON_OBJECTS_CONTAINER_INTERNAL_H

#include <stdbool.h>

#include "abi/object.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "memory/refcount.h"
#include "objects/value.h"
#include "thread/critical_section.h"
#include "thread/runtime.h"

// The head of the static type objects of containers.
#define CONTAINER_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}
extern PyTypeObject PyType_Type;

static inline bool
container_is_owned(PyObject *op)
{
    return atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word();
}

// Bit of ob_flags, set under the container's lock when a thread that does not own the object
// starts to read it.
#define CONTAINER_SHARED ((uint16_t)0x8000)

static inline bool
container_is_shared(PyObject *op)
{
    return (atomic_load_relaxed_u16(&op->ob_flags) & CONTAINER_SHARED) != 0;
}

// Called before a lock-free read.
static inline void
container_begin_read(PyObject *op)
{
    if (!container_is_owned(op) && !container_is_shared(op)) {
        CriticalSection cs;
        critical_section_begin(&cs, op);
        atomic_or_u16(&op->ob_flags, CONTAINER_SHARED);
        critical_section_end(&cs);
    }
}

// Frees a table that op no longer points to; op's lock is held.
static inline void
container_free_table(PyObject *op, void *block)
{
    if (container_is_owned(op) && !container_is_shared(op)) {
        mem_free(block);
    }
    else {
        qsbr_free_delayed(block);
    }
}

// ---- Short sections ----
//
// For pieces of code that run no Python code and start no thread: as long as this is the only thread of
// the process they take no lock at all. Ended by critical_section_end / critical_section2_end.

static inline void
short_section_begin_mutex(CriticalSection *cs, PyMutex *m)
{
    if (runtime_is_single_threaded()) {
        cs->_cs_mutex = NULL;
    }
    else {
        critical_section_begin_mutex(cs, m);
    }
}

static inline void
short_section2_begin_mutex(CriticalSection2 *cs, PyMutex *m1, PyMutex *m2)
{
    if (runtime_is_single_threaded()) {
        cs->_cs_base._cs_mutex = NULL;
    }
    else {
        critical_section2_begin_mutex(cs, m1, m2);
    }
}

#define short_section_begin(cs, op) short_section_begin_mutex((cs), &((PyObject *)(op))->ob_mutex)
#define short_section2_begin(cs, a, b)                                  \
    short_section2_begin_mutex((cs), &((PyObject *)(a))->ob_mutex,      \
                               &((PyObject *)(b))->ob_mutex)

// ---- Racing reads ----

// Takes a reference to an object found by a racing read; false when that is not sure to work.
static inline bool
container_try_ref(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        return true;
    }
    if (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word()) {
        atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
        return true;
    }
    return refcount_try_incref(op);
}

// A reference to what a slot of a locked container holds; later racing reads will succeed.
static inline PyObject *
container_ref_lock_held(PyObject *op)
{
    incref(op);
    if (!object_is_immortal(op) &&
        atomic_load_relaxed_uptr(&op->ob_tid) != thread_id_word()) {
        refcount_enable_try(op);
    }
    return op;
}

// The same for a value.
static inline Value
container_value_lock_held(Value v)
{
    if (value_is_owned(v)) {
        container_ref_lock_held(value_pointer(v));
    }
    return v;
}

// ---- Giving up many references ----

// Brings the header of an object that will be given up soon into the cache. The references of a large
// container lead all over memory, and each count is a wait otherwise.
static inline void
container_prefetch(PyObject *op)
{
    __builtin_prefetch(op, 1);
}

#define CONTAINER_AHEAD 8   // how many items ahead that is done

// ---- Tuples that iterators give again ----

// The tuple of an iterator's last step, when the iterator has the only reference to it and no other
// thread exists: a new reference, so that it is not taken twice. Otherwise NULL.
static inline PyObject *
iterator_reuse(PyObject *last)
{
    if (last == NULL || !runtime_is_single_threaded() ||
        atomic_load_relaxed_u32(&last->ob_ref_local) != 1 || !container_is_owned(last) ||
        atomic_load_relaxed_ssize(&last->ob_ref_shared) != 0) {
        return NULL;
    }
    incref(last);
    return last;
}

// ---- What an iterator walks over ----
//
// The slot is emptied at the end of the iteration, possibly by several threads at once; the
// reference in it is given up so late that a thread which has just loaded the pointer can count
// on the object.

// New reference to what the slot holds, or NULL when the iteration is over.
static inline PyObject *
iterator_hold(PyObject **slot)
{
    PyObject *op = atomic_load_acquire_ptr(slot);
    if (op != NULL) {
        incref(op);
    }
    return op;
}

// Whether no other thread has a reference to this thread's iterator, and so none is reading it.
static inline bool
iterator_is_private(PyObject *iterator)
{
    return atomic_load_relaxed_uptr(&iterator->ob_tid) == thread_id_word()
           && atomic_load_acquire_ssize(&iterator->ob_ref_shared) == 0;
}

// Ends the iteration. A thread that was reading the slot had a reference to the iterator before the
// slot was emptied; without one, what was walked over goes at once.
#define iterator_finish(it, slot) iterator_finish_object((PyObject *)(it), (slot))

static inline void
iterator_finish_object(PyObject *iterator, PyObject **slot)
{
    PyObject *op = atomic_exchange_ptr(slot, NULL);
    if (op == NULL) {
        return;
    }
    if (runtime_is_single_threaded() || iterator_is_private(iterator)) {
        decref(op);
    }
    else {
        qsbr_decref_delayed(op);
    }
}

#endif
