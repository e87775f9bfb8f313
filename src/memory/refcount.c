// Out-of-line halves of reference counting, and the queues of counts to merge; see refcount.h.
//
// An object that another thread has given up more often than it took it cannot be freed by that
// thread: only the owner knows the local count. It is put (with the reference that was given up)
// on the queue of the owner, which merges the counts at its next safepoint. The owner is found
// by ob_tid among the heaps of running threads (HeapThread.tid); when there is none, the owner is
// gone and the local count cannot change any more, so that anybody may merge. Runtime.merge_lock
// guards the queues and which thread has which identity.
//
// Flags in ob_ref_shared only grow: none -> maybe weakref -> queued -> merged.
#include "memory/refcount.h"

#include <stdlib.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/trashcan.h"
#include "thread/mutex.h"
#include "thread/runtime.h"
#include "thread/thread.h"

static Py_ssize_t
shared_flags(Py_ssize_t shared)
{
    return shared & REF_SHARED_FLAG_MASK;
}

static Py_ssize_t
shared_pack(Py_ssize_t count, Py_ssize_t flags)
{
    return (Py_ssize_t)((size_t)count << REF_SHARED_SHIFT) | flags;
}

// ---- merging ----

Py_ssize_t
refcount_merge(PyObject *op, Py_ssize_t extra)
{
    Py_ssize_t local = (Py_ssize_t)atomic_load_relaxed_u32(&op->ob_ref_local);
    Py_ssize_t shared = atomic_load_relaxed_ssize(&op->ob_ref_shared);
    Py_ssize_t sum;
    do {
        sum = (shared >> REF_SHARED_SHIFT) + local + extra;
    } while (!atomic_cas_ssize(&op->ob_ref_shared, &shared,
                               shared_pack(sum, REF_SHARED_MERGED)));
    atomic_store_relaxed_u32(&op->ob_ref_local, 0);
    atomic_store_relaxed_uptr(&op->ob_tid, 0);
    return sum;
}

static HeapThread *
owner_find_lock_held(uintptr_t tid)
{
    HeapThread *heap = heap_first_thread();
    while (heap != NULL && heap->tid != tid) {
        heap = heap->next;
    }
    return heap;
}

static bool
queue_push_lock_held(HeapThread *heap, PyObject *op)
{
    if (heap->merge_count == heap->merge_capacity) {
        size_t capacity = heap->merge_capacity != 0 ? heap->merge_capacity * 2 : 64;
        PyObject **items = realloc(heap->merge_items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        heap->merge_items = items;
        heap->merge_capacity = capacity;
    }
    heap->merge_items[heap->merge_count++] = op;
    return true;
}

// Hands op, with one reference to it, to its owner.
static void
refcount_queue(PyObject *op)
{
    Runtime *runtime = runtime_get();
    bool dead = false;
    mutex_lock_brief(&runtime->merge_lock);
    uintptr_t tid = atomic_load_relaxed_uptr(&op->ob_tid);
    HeapThread *owner = tid != 0 ? owner_find_lock_held(tid) : NULL;
    if (owner == NULL) {
        dead = refcount_merge(op, -1) == 0;
    }
    else if (queue_push_lock_held(owner, op)) {
        thread_interrupt(owner->thread, BREAK_MERGE_REFS);
    }
    // else memory is out: the object keeps the reference for ever, which is safe.
    mutex_unlock(&runtime->merge_lock);
    if (dead) {
        refcount_dealloc(op);
    }
}

// Merges a list of queued objects, each with a reference of the queue.
static void
merge_items(PyObject **items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (refcount_merge(items[i], -1) == 0) {
            refcount_dealloc(items[i]);
        }
    }
    free(items);
}

void
refcount_merge_queued(Thread *ts)
{
    HeapThread *heap = ts->heap;
    mutex_lock_brief(&runtime_get()->merge_lock);
    PyObject **items = heap->merge_items;
    size_t count = heap->merge_count;
    heap->merge_items = NULL;
    heap->merge_count = heap->merge_capacity = 0;
    mutex_unlock(&runtime_get()->merge_lock);
    merge_items(items, count);
}

// ---- counting ----

void
refcount_merge_zero_local(PyObject *op)
{
    Py_ssize_t shared = atomic_load_acquire_ssize(&op->ob_ref_shared);
    if (shared == 0) {
        PyTypeObject *type = op->ob_type;
        if (type->tp_dealloc == refcount_plain_dealloc && type->tp_free == heap_free) {
            heap_free(op);
            return;
        }
        refcount_dealloc(op);
        return;
    }
    // Before the count becomes visible as merged: nobody owns it.
    atomic_store_relaxed_uptr(&op->ob_tid, 0);
    Py_ssize_t merged;
    do {
        merged = (shared & ~(Py_ssize_t)REF_SHARED_FLAG_MASK) | REF_SHARED_MERGED;
    } while (!atomic_cas_ssize(&op->ob_ref_shared, &shared, merged));
    if (merged == REF_SHARED_MERGED) {
        refcount_dealloc(op);
    }
}

void
refcount_decref_shared(PyObject *op)
{
    Py_ssize_t shared = atomic_load_relaxed_ssize(&op->ob_ref_shared);
    Py_ssize_t next;
    bool queue;
    do {
        // No thread but the owner has a reference on record: this one came from the owner.
        queue = shared == 0 || shared == REF_SHARED_MAYBE_WEAKREF;
        next = queue ? REF_SHARED_QUEUED : shared - shared_pack(1, 0);
    } while (!atomic_cas_ssize(&op->ob_ref_shared, &shared, next));
    if (queue) {
        refcount_queue(op);
    }
    else if (next == REF_SHARED_MERGED) {
        refcount_dealloc(op);
    }
}

bool
refcount_try_incref(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        return true;
    }
    if (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word()) {
        if (local == 0) {
            return false;
        }
        atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
        return true;
    }
    Py_ssize_t shared = atomic_load_relaxed_ssize(&op->ob_ref_shared);
    do {
        // Without a flag the owner frees the object without looking at this word again.
        if (shared == 0 || shared == REF_SHARED_MERGED) {
            return false;
        }
    } while (!atomic_cas_ssize(&op->ob_ref_shared, &shared, shared + shared_pack(1, 0)));
    return true;
}

void
refcount_enable_try(PyObject *op)
{
    if (object_is_immortal(op)) {
        return;
    }
    Py_ssize_t shared = atomic_load_relaxed_ssize(&op->ob_ref_shared);
    while (shared_flags(shared) == 0 &&
           !atomic_cas_ssize(&op->ob_ref_shared, &shared, shared | REF_SHARED_MAYBE_WEAKREF)) {
    }
}

bool
refcount_is_unique(PyObject *op)
{
    uintptr_t tid = atomic_load_relaxed_uptr(&op->ob_tid);
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    Py_ssize_t shared = atomic_load_acquire_ssize(&op->ob_ref_shared);
    if (tid == thread_id_word()) {
        return local == 1 && shared == 0;
    }
    return tid == 0 && local == 0 && shared == shared_pack(1, REF_SHARED_MERGED);
}

Py_ssize_t
refcount_get(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        return (Py_ssize_t)3 << 30;
    }
    Py_ssize_t count = (Py_ssize_t)local +
                       (atomic_load_relaxed_ssize(&op->ob_ref_shared) >> REF_SHARED_SHIFT);
    if ((atomic_load_relaxed_u8(&op->ob_gc_bits) & GC_DEFERRED) != 0) {
        count -= REF_DEFERRED;
    }
    return count;
}

// ---- immortal and deferred objects ----

void
refcount_immortalize(PyObject *op)
{
    if (object_is_immortal(op)) {
        return;
    }
    gc_untrack_object(op);
    atomic_store_relaxed_uptr(&op->ob_tid, 0);
    atomic_store_relaxed_ssize(&op->ob_ref_shared, 0);
    atomic_store_release_u32(&op->ob_ref_local, REF_IMMORTAL_LOCAL);
}

void
refcount_defer(PyObject *op)
{
    uint8_t bits = atomic_load_relaxed_u8(&op->ob_gc_bits);
    if (object_is_immortal(op) || (bits & GC_DEFERRED) != 0 ||
        (op->ob_type->tp_flags & Py_TPFLAGS_HAVE_GC) == 0) {
        return;
    }
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)(bits | GC_DEFERRED));
    atomic_add_ssize(&op->ob_ref_shared, shared_pack(REF_DEFERRED, 0));
}

bool
refcount_is_deferred(PyObject *op)
{
    return object_is_immortal(op) ||
           (atomic_load_relaxed_u8(&op->ob_gc_bits) & GC_DEFERRED) != 0;
}

// ---- deallocation ----

void
refcount_revive(PyObject *op)
{
    atomic_store_relaxed_uptr(&op->ob_tid, thread_id_word());
    atomic_store_relaxed_ssize(&op->ob_ref_shared, 0);
    atomic_store_release_u32(&op->ob_ref_local, 1);
}

bool
refcount_unrevive(PyObject *op)
{
    // Nobody else counts on it: gone at once.
    if (refcount_is_unique(op)) {
        atomic_store_relaxed_u32(&op->ob_ref_local, 0);
        atomic_store_relaxed_ssize(&op->ob_ref_shared, 0);
        return true;
    }
    // Somebody may: merge, so that exactly one party sees zero.
    return refcount_merge(op, -1) == 0;
}

void
trashcan_deposit(Thread *ts, PyObject *op)
{
    gc_untrack_object(op);
    atomic_store_relaxed_uptr(&op->ob_tid, (uintptr_t)ts->delete_later);
    ts->delete_later = op;
}

void
trashcan_drain(Thread *ts)
{
    while (ts->delete_later != NULL) {
        PyObject *op = ts->delete_later;
        ts->delete_later = (PyObject *)atomic_load_relaxed_uptr(&op->ob_tid);
        atomic_store_relaxed_uptr(&op->ob_tid, 0);
        refcount_dealloc(op);
    }
}

void
refcount_plain_dealloc(PyObject *op)
{
    op->ob_type->tp_free(op);
}

void
refcount_dealloc(PyObject *op)
{
    Thread *ts = thread_current();
    PyTypeObject *type = op->ob_type;
    if (ts->dealloc_depth >= TRASHCAN_DEPTH && (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0) {
        trashcan_deposit(ts, op);
        return;
    }
    // A deallocator must neither see nor lose the exception that is being raised.
    PyObject *raised = ts->abi.current_exception;
    ts->abi.current_exception = NULL;
    ts->dealloc_depth++;
    type->tp_dealloc(op);
    if (ts->dealloc_depth == 1 && ts->delete_later != NULL) {
        trashcan_drain(ts);
    }
    ts->dealloc_depth--;
    if (ts->abi.current_exception != NULL) {
        clear_ref(ts->abi.current_exception);
    }
    ts->abi.current_exception = raised;
}
