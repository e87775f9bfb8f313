// Biased reference counts (PEP 703; layout of cp314t).
//
// Each object counts references of its owning thread in ob_ref_local (plain stores) and those
// of all other threads in ob_ref_shared (atomic, shifted left by two flag bits). An object whose
// ob_ref_local is UINT32_MAX is immortal: counting does nothing.
//
// incref/decref take non-NULL pointers; xincref/xdecref accept NULL. new_ref returns its
// argument. clear_ref sets a variable to NULL before it gives up the reference, so that code run
// by a finaliser never sees a dead pointer.
//
// Threading: any thread may count on any object it holds a reference to (or borrows safely).
#ifndef TYPHON_MEMORY_REFCOUNT_H
#define TYPHON_MEMORY_REFCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "base/atomic.h"

#define REF_IMMORTAL_LOCAL UINT32_MAX
#define REF_SHARED_SHIFT 2
#define REF_SHARED_FLAG_MASK 3
#define REF_SHARED_MAYBE_WEAKREF 1
#define REF_SHARED_QUEUED 2
#define REF_SHARED_MERGED 3

// Identity of the running thread as ob_tid holds it: the thread pointer register.
static inline uintptr_t thread_id_word(void) { return (uintptr_t)__builtin_thread_pointer(); }

// Out-of-line halves (memory/refcount.c).
void refcount_merge_zero_local(PyObject *op);  // owner's count reached zero
void refcount_decref_shared(PyObject *op);     // not the owner

static inline bool
object_is_immortal(PyObject *op)
{
    return atomic_load_relaxed_u32(&op->ob_ref_local) == REF_IMMORTAL_LOCAL;
}

static inline void
incref(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        return;
    }
    if (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word()) {
        atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
    }
    else {
        atomic_add_ssize(&op->ob_ref_shared, (Py_ssize_t)1 << REF_SHARED_SHIFT);
    }
}

static inline void
decref(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        return;
    }
    if (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word()) {
        local--;
        atomic_store_relaxed_u32(&op->ob_ref_local, local);
        if (local == 0) {
            refcount_merge_zero_local(op);
        }
    }
    else {
        refcount_decref_shared(op);
    }
}

static inline void xincref(PyObject *op) { if (op != NULL) { incref(op); } }
static inline void xdecref(PyObject *op) { if (op != NULL) { decref(op); } }

// The macros accept pointers to any object struct.
#define incref(op) incref((PyObject *)(op))
#define decref(op) decref((PyObject *)(op))
#define xincref(op) xincref((PyObject *)(op))
#define xdecref(op) xdecref((PyObject *)(op))
#define new_ref(op) ((__typeof__(op))refcount_new_ref((PyObject *)(op)))
#define xnew_ref(op) ((__typeof__(op))refcount_xnew_ref((PyObject *)(op)))

static inline PyObject *refcount_new_ref(PyObject *op) { incref(op); return op; }
static inline PyObject *refcount_xnew_ref(PyObject *op) { xincref(op); return op; }

// Sets the variable to NULL, then gives up what it held.
#define clear_ref(var)                         \
    do {                                       \
        __typeof__(var) cleared_ = (var);      \
        (var) = NULL;                          \
        xdecref(cleared_);                     \
    } while (0)

// Replaces what the variable holds by a reference that is consumed.
#define set_ref(var, value)                    \
    do {                                       \
        __typeof__(var) replaced_ = (var);     \
        (var) = (value);                       \
        xdecref(replaced_);                    \
    } while (0)

// Sum of both halves, for sys.getrefcount and tests; a snapshot when others count too.
Py_ssize_t refcount_get(PyObject *op);

// Makes op immortal. The caller holds the only reference or the object is not yet shared.
void refcount_immortalize(PyObject *op);

// Marks op (function, code, type, module, method descriptor…) as deferred: interpreters may hold
// it borrowed in registers, and only the collector frees it.
void refcount_defer(PyObject *op);

// Whether registers may hold op borrowed because it is immortal or deferred.
bool refcount_is_deferred(PyObject *op);

// Takes a reference to an object found by a racing read: false when op is being freed.
bool refcount_try_incref(PyObject *op);

// Lets refcount_try_incref succeed from threads that do not own op (weak references, shared
// containers): called by the owner or under op's lock before op is published.
void refcount_enable_try(PyObject *op);

// Whether the caller's reference is the only one (and no other thread can make another).
bool refcount_is_unique(PyObject *op);

// For tp_dealloc of types with tp_finalize: gives the dead object one reference, owned by this
// thread, for the time of the call; then refcount_unrevive tells whether it is dead again
// (true), or somebody has kept it (false: tp_dealloc must return at once).
void refcount_revive(PyObject *op);
bool refcount_unrevive(PyObject *op);

// Adds the owner's count to the shared one and `extra` to the sum: the sum. Owner, or owner gone,
// or world stopped.
Py_ssize_t refcount_merge(PyObject *op, Py_ssize_t extra);

// References that deferred counting adds to the shared count.
#define REF_DEFERRED (PY_SSIZE_T_MAX / 16)

// Safepoint and end of a thread: merges what other threads have queued for this one.
struct Thread;
void refcount_merge_queued(struct Thread *ts);

// tp_dealloc of types whose objects hold nothing: calls tp_free. Such objects die faster.
void refcount_plain_dealloc(PyObject *op);

// Calls tp_dealloc; the count is zero. For memory/ and gc/ only.
void refcount_dealloc(PyObject *op);

#endif
