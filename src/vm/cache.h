// Inline caches: making them, and their slow sides.
//
// A place starts generic. After CACHE_WARMUP executions its operation is replaced by the form that
// fits what was seen, with a record for it. A place keeps its form: when something of another kind
// comes, or too many different things of the same kind, it becomes generic for good. So a
// handler of a special form never sees a record of another kind.
//
// Threading: the word with the record is changed by compare-and-swap; the operation byte is stored
// after it, with release.
#ifndef TYPHON_VM_CACHE_H
#define TYPHON_VM_CACHE_H

#include <stdbool.h>

#include "base/atomic.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/code_cache.h"
#include "objects/dict.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/type.h"
#include "vm/frame_layout.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define CACHE_WARMUP 2
#define CACHE_GIVE_UP 1024      // a place that could not be specialised by then never is
#define CACHE_ENTRIES 4         // different classes at one place
#define FOR_ITER_PARTS 3        // items that a loop unpacks without a tuple
#define CACHE_MISSES 12         // records at one place before it becomes generic

// The generic forms call these first: they count, and specialise the place when it is warm. The
// instruction is then executed generically once more. to_builtin is 0 where builtins do not count.
void cache_warm_global(Value *fp, uint64_t *pc, PyObject *name, int to_module, int to_builtin);
void cache_warm_load(uint64_t *pc, Value object, PyObject *name, bool method);
void cache_warm_python_call(uint64_t *pc, Value callee, int nargs);
void cache_warm_store(uint64_t *pc, Value object, PyObject *name);

// A special form did not fit: looks at further entries of the record (NULL: none fits, and the place
// has been given another record or made generic).
const AttributeEntry *cache_miss_load(uint64_t *pc, Value object, PyObject *name, bool method);
const AttributeEntry *cache_miss_store(uint64_t *pc, Value object, PyObject *name);
// The value of an entry that was found to fit object, as one's own; false when something changed.
bool cache_take(const AttributeEntry *entry, Value object, Value *result);

void cache_miss_global(Value *fp, uint64_t *pc, PyObject *name, int to_module, int to_builtin);

// A native function is about to be called generically.
void cache_warm_call(uint64_t *pc, PyObject *callable);

// The place becomes generic for good.
void cache_generic(uint64_t *pc);

// A special form without a record.
static inline void
cache_set_operation(uint64_t *pc, int op)
{
    atomic_store_release_u8((uint8_t *)pc, (uint8_t)op);
}

// ---- what handlers of special forms do inline ----

static ALWAYS_INLINE const NameCache *
cache_name(const uint64_t *pc)
{
    return (const NameCache *)(uintptr_t)atomic_load_acquire_u64(&pc[1]);
}

static ALWAYS_INLINE const AttributeEntry *
cache_entry(const uint64_t *pc)
{
    return ((const AttributeCache *)(uintptr_t)atomic_load_acquire_u64(&pc[1]))->entries;
}

// Whether object (a pointer) is of the class and shape of an entry.
static ALWAYS_INLINE bool
cache_type_fits(const AttributeEntry *entry, PyObject *op)
{
    PyTypeObject *type = type_of(op);
    return atomic_load_relaxed_u32(&type->tp_version_tag) == entry->type_version &&
           (entry->shape == NULL || attributes_shape(op) == entry->shape);
}

// The shape is known to be there (slots).
static ALWAYS_INLINE bool
cache_shape_fits(const AttributeEntry *entry, PyObject *op)
{
    return atomic_load_relaxed_u32(&type_of(op)->tp_version_tag) == entry->type_version &&
           attributes_shape(op) == entry->shape;
}

static ALWAYS_INLINE bool
value_maybe_owned(Value v)
{
    return (v & VALUE_TAG_MASK) == VALUE_TAG_OWNED;     // or VALUE_UNSET
}

// Makes a value that was read from shared memory the reader's own without a call: true when that
// could be done. Numbers and borrowed values are anyone's; deferred objects can be borrowed
// until the collector runs; objects of this thread cannot be freed by others.
static ALWAYS_INLINE bool
cache_own(Value *v)
{
    if (!value_maybe_owned(*v)) {
        return true;
    }
    PyObject *op = value_pointer(*v);
    if (op == NULL || atomic_load_relaxed_uptr(&op->ob_tid) != thread_id_word()) {
        return false;
    }
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == 0 || local == REF_IMMORTAL_LOCAL) {
        return false;
    }
    atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
    return true;
}

// The same for names of globals and classes, which mostly are functions, classes and modules: a
// deferred object is borrowed. `source` is where *v was read: it must still hold it.
static ALWAYS_INLINE bool
cache_own_deferred(Value *v, const Value *source)
{
    if (!value_maybe_owned(*v)) {
        return true;
    }
    PyObject *op = value_pointer(*v);
    if (op != NULL && (atomic_load_relaxed_u8(&op->ob_gc_bits) & GC_DEFERRED) != 0 &&
        atomic_load_acquire_uptr(source) == *v) {
        *v = value_borrowed(op);
        return true;
    }
    return cache_own(v);
}

// An int of three digits may be a number that has no box in registers, or one that needs it.
static ALWAYS_INLINE bool
cache_int_is_doubtful(PyObject *op)
{
    return int_digit_count(op) == 3;
}

// The object in a field that owns it (NULL: nothing there), as a value of one's own; false when
// that takes the slow path.
static ALWAYS_INLINE bool
cache_open(PyObject *op, Value *result)
{
    if (op == NULL) {
        return false;
    }
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        *result = value_borrowed(op);
    }
    else if (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word() && local != 0) {
        *result = VALUE_UNSET;
    }
    else {
        return false;
    }
    int64_t i;
    if (type_of(op) == &PyLong_Type) {
        if (int_as_two_digits(op, &i)) {
            *result = value_from_int(i);
            return true;
        }
        if (cache_int_is_doubtful(op)) {
            return false;
        }
    }
    else if (type_of(op) == &PyFloat_Type) {
        Value v = value_float_encode(((PyFloatObject *)op)->ob_fval);
        if (value_float_fits(v)) {
            *result = v;
            return true;
        }
    }
    if (*result == VALUE_UNSET) {
        atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
        *result = value_owned(op);
    }
    return true;
}

// Whether cache_open would succeed.
static ALWAYS_INLINE bool
cache_can_open(PyObject *op)
{
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    return (local == REF_IMMORTAL_LOCAL ||
            (atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word() && local != 0)) &&
           !(type_of(op) == &PyLong_Type && cache_int_is_doubtful(op));
}

// Whether cache_drop can give up the owned value v, which is in register i of a row, also when
// registers before it hold the same object.
static ALWAYS_INLINE bool
cache_can_drop(Value v, const Value *row, int i)
{
    PyObject *op = value_pointer(v);
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    uint32_t same = 1;
    for (int k = 0; k < i; k++) {
        same += row[k] == v;
    }
    return local > same && local != REF_IMMORTAL_LOCAL &&
           atomic_load_relaxed_uptr(&op->ob_tid) == thread_id_word();
}

// Gives up one of several references to the same object.
static ALWAYS_INLINE void
cache_drop(Value v)
{
    PyObject *op = value_pointer(v);
    atomic_store_relaxed_u32(&op->ob_ref_local, atomic_load_relaxed_u32(&op->ob_ref_local) - 1);
}

// v as a value that a shared place may own; false when a count would have to be shared.
static ALWAYS_INLINE bool
cache_keep(Value *v)
{
    if (!value_is_pointer(*v) || *v == VALUE_UNSET) {
        return *v != VALUE_UNSET;
    }
    PyObject *op = value_pointer(*v);
    uint32_t local = atomic_load_relaxed_u32(&op->ob_ref_local);
    if (local == REF_IMMORTAL_LOCAL) {
        *v = value_borrowed(op);
        return true;
    }
    if (atomic_load_relaxed_uptr(&op->ob_tid) != thread_id_word()) {
        return false;
    }
    atomic_store_relaxed_u32(&op->ob_ref_local, local + 1);
    *v = value_owned(op);
    return true;
}

#endif
