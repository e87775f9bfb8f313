// One collection, from the stop of the world to the clearing of garbage. See gc.h.
//
// The world stops, and the candidates are gathered (young objects, or all tracked ones). Each gets
// its number of references in ob_tid (whose value is restored afterwards: an object belongs to the
// thread whose page it is in, or to nobody when its counts are merged); references from other
// candidates are subtracted. What has some left is referred to from outside, and so is what
// it reaches; the rest is garbage. Counts of garbage are merged and raised by one, weak
// references to it are cleared, the world goes on; then callbacks and finalizers (PEP 442) run. If
// there were finalizers, the world stops again to see which objects they have brought back.
// Finally the garbage is cleared.
//
// Registers of frames may hold objects borrowed, without a count, because their counting is
// deferred: what frames refer to without counting it is kept alive.
//
// An object with no references at all is being deallocated by a thread that was stopped on the
// way: it is none of the collector's business.
//
// Threading: one collection at a time per interpreter (GcState.collecting). In between the two
// stops, only bits of ob_gc_bits tell what is garbage.
#include "base/hooks.h"
#include "gc/gc_internal.h"
#include "memory/alloc.h"
#include "memory/qsbr.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/runtime.h"

typedef struct Collection {
    Interpreter *interp;
    GcState *gc;
    bool full;
    bool failed;                // memory is out: the collection is given up, nothing is garbage
    ObjectVector candidates;
    ObjectVector stack;         // to be traversed
    ObjectVector garbage;       // one reference each
    ObjectVector queued;        // one reference each, which queues of counts to merge held
    PyObject *callbacks;        // list: weak references whose callbacks are due
    Py_ssize_t uncollectable;
    bool finalized;             // some finalizer ran
} Collection;

// How often a full collection takes what release_queued_all finds.
#define RELEASE_ROUNDS 32

// ---- vectors ----

bool
vector_push(ObjectVector *v, PyObject *op)
{
    if (v->count == v->capacity) {
        size_t capacity = v->capacity != 0 ? v->capacity * 2 : 256;
        PyObject **items = mem_realloc_array(v->items, capacity, sizeof *items);
        if (items == NULL) {
            return false;
        }
        v->items = items;
        v->capacity = capacity;
    }
    v->items[v->count++] = op;
    return true;
}

void
vector_free(ObjectVector *v)
{
    mem_free(v->items);
    *v = (ObjectVector){0};
}

// ---- bits and counts ----

static bool
is_candidate(PyObject *op)
{
    return (op->ob_gc_bits & GC_UNREACHABLE) != 0;
}

static bool
is_garbage(PyObject *op)
{
    return is_candidate(op);
}

static void
bits_change(PyObject *op, unsigned set, unsigned clear)
{
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)((op->ob_gc_bits | set) & ~clear));
}

static Py_ssize_t
gc_refs(PyObject *op)
{
    return (Py_ssize_t)op->ob_tid;
}

static void
set_gc_refs(PyObject *op, Py_ssize_t refs)
{
    atomic_store_relaxed_uptr(&op->ob_tid, (uintptr_t)refs);
}

static void
traverse(PyObject *op, visitproc visit, void *arg)
{
    traverseproc function = op->ob_type->tp_traverse;
    if (function != NULL) {
        function(op, visit, arg);
    }
}

// ---- gathering ----

static int
gather_object(PyObject *op, void *arg)
{
    Collection *c = arg;
    unsigned bits = op->ob_gc_bits;
    if ((bits & GC_TRACKED) == 0 || (bits & GC_FROZEN) != 0 || object_is_immortal(op)) {
        return 0;
    }
    Py_ssize_t refs = refcount_get(op);
    if (refs <= 0 && (bits & GC_DEFERRED) == 0) {
        return 0;
    }
    if (!vector_push(&c->candidates, op)) {
        c->failed = true;
        return -1;
    }
    bits_change(op, GC_UNREACHABLE, 0);
    set_gc_refs(op, refs);
    return 0;
}

// An object with counts on some queue would be merged by its owner, while ob_tid is ours, or
// after it was given to another owner: merge all first. The references wait until the end.
static void
take_queues(Collection *c)
{
    for (HeapThread *heap = heap_first_thread(); heap != NULL; heap = heap->next) {
        if (heap->interp != c->interp) {
            continue;
        }
        mutex_lock_brief(&runtime_get()->merge_lock);
        while (heap->merge_count > 0) {
            PyObject *op = heap->merge_items[heap->merge_count - 1];
            if (!vector_push(&c->queued, op)) {
                c->failed = true;
                break;
            }
            refcount_merge(op, 0);
            heap->merge_count--;
        }
        mutex_unlock(&runtime_get()->merge_lock);
    }
}

static void
flush_young_counts(Interpreter *interp)
{
    for (Thread *t = interpreter_first_thread(interp); t != NULL; t = thread_next(t)) {
        if (t->heap != NULL) {
            t->heap->young_delta = 0;
        }
    }
    atomic_store_ssize(&interp->gc_young_count, 0);
}

static void
gather(Collection *c)
{
    take_queues(c);
    if (c->failed) {
        return;
    }
    type_refs_merge_all(c->interp);
    if (c->full) {
        heap_walk_gc(c->interp, gather_object, c);
    }
    else {
        heap_walk_young(c->interp, gather_object, c);
    }
}

// ---- finding what is reachable ----

static int
visit_subtract(PyObject *op, void *arg)
{
    (void)arg;
    if (is_candidate(op)) {
        set_gc_refs(op, gc_refs(op) - 1);
    }
    return 0;
}

static int
visit_frame(PyObject *op, int counted, void *arg)
{
    (void)arg;
    if (!counted && is_candidate(op)) {
        set_gc_refs(op, gc_refs(op) + 1);
    }
    return 0;
}

static void
add_frame_references(Collection *c)
{
    if (hooks.gc_visit_thread_frames == NULL) {
        return;
    }
    Thread *ts = interpreter_first_thread(c->interp);
    for (; ts != NULL; ts = thread_next(ts)) {
        hooks.gc_visit_thread_frames(ts, visit_frame, c);
    }
}

static int
visit_reachable(PyObject *op, void *arg)
{
    Collection *c = arg;
    if (is_candidate(op)) {
        bits_change(op, 0, GC_UNREACHABLE);
        if (!vector_push(&c->stack, op)) {
            c->failed = true;
            return -1;
        }
    }
    return 0;
}

static void
mark_from_stack(Collection *c)
{
    while (c->stack.count > 0) {
        traverse(c->stack.items[--c->stack.count], visit_reachable, c);
    }
}

// Takes the mark from everything in v that is referred to from outside of v.
static void
mark_reachable(Collection *c, const ObjectVector *v)
{
    for (size_t i = 0; i < v->count; i++) {
        traverse(v->items[i], visit_subtract, c);
    }
    add_frame_references(c);
    for (size_t i = 0; i < v->count && !c->failed; i++) {
        if (is_candidate(v->items[i]) && gc_refs(v->items[i]) > 0) {
            visit_reachable(v->items[i], c);
            mark_from_stack(c);
        }
    }
}

// Legacy finalizers (tp_del) cannot be called in any order: such objects, and what they reach,
// stay and are listed in gc.garbage.
static void
keep_legacy_finalizers(Collection *c)
{
    for (size_t i = 0; i < c->candidates.count && !c->failed; i++) {
        PyObject *op = c->candidates.items[i];
        if (!is_candidate(op) || op->ob_type->tp_del == NULL) {
            continue;
        }
        c->uncollectable++;
        if (c->gc->garbage != NULL && vector_push(&c->queued, op)) {
            bits_change(op, GC_PENDING, 0);
        }
        visit_reachable(op, c);
        mark_from_stack(c);
    }
}

static void
restore_owner(PyObject *op)
{
    Py_ssize_t shared = atomic_load_relaxed_ssize(&op->ob_ref_shared);
    uintptr_t tid = 0;
    if ((shared & REF_SHARED_FLAG_MASK) != REF_SHARED_MERGED) {
        tid = heap_page_of(op)->owner->tid;
        if (tid == 0) {
            refcount_merge(op, 0);
            return;
        }
    }
    atomic_store_relaxed_uptr(&op->ob_tid, tid);
}

// ---- after the marking ----

// Tuples of atoms cannot be part of a cycle: the collector need not look again.
static bool
can_untrack(PyObject *op)
{
    if (op->ob_type != &PyTuple_Type) {
        return false;
    }
    Py_ssize_t n = tuple_size(op);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = ((PyTupleObject *)op)->ob_item[i];
        if (item == NULL) {
            return false;
        }
        if (object_is_gc(item) && (gc_is_tracked(item) || item->ob_type != &PyTuple_Type)) {
            return false;
        }
    }
    return true;
}

// Takes one reference to a piece of garbage, whose counts are nobody's from now on.
static void
garbage_add(Collection *c, PyObject *op)
{
    if (!vector_push(&c->garbage, op)) {
        c->failed = true;
        return;
    }
    if (type_check(op)) {
        type_refs_retire((PyTypeObject *)op);
    }
    Py_ssize_t extra = 1;
    if ((op->ob_gc_bits & GC_DEFERRED) != 0) {
        extra -= REF_DEFERRED;
        bits_change(op, GC_MARK, GC_DEFERRED);      // deferred again if it is brought back
    }
    refcount_merge(op, extra);
}

// Separates survivors from garbage. Restores ob_tid of all.
static void
sort_out(Collection *c)
{
    size_t survivors = 0;
    for (size_t i = 0; i < c->candidates.count; i++) {
        PyObject *op = c->candidates.items[i];
        restore_owner(op);
        if (c->failed) {
            bits_change(op, 0, GC_UNREACHABLE);
            continue;
        }
        if (is_garbage(op)) {
            garbage_add(c, op);
            continue;
        }
        if (can_untrack(op)) {
            gc_untrack_object(op);
            continue;
        }
        bits_change(op, GC_OLD, 0);
        survivors++;
    }
    GcState *gc = c->gc;
    if (c->full) {
        gc->old_total = (ssize_t)survivors;
        gc->old_pending = 0;
    }
    else {
        gc->old_pending += (ssize_t)survivors;
    }
}

static void
clear_weakrefs(Collection *c)
{
    for (size_t i = 0; i < c->garbage.count; i++) {
        PyObject *op = c->garbage.items[i];
        if (weakref_check(op)) {
            weakref_detach(op);
        }
        if (op->ob_type->tp_weaklistoffset != 0 &&
            weakref_clear_for_gc(op, is_garbage, c->callbacks) < 0) {
            error_clear();
        }
    }
}

// The first stop: leaves the garbage in c->garbage.
static void
find_garbage(Collection *c)
{
    world_stop(c->interp);
    gather(c);
    if (!c->failed) {
        mark_reachable(c, &c->candidates);
    }
    if (!c->failed) {
        keep_legacy_finalizers(c);
    }
    sort_out(c);
    flush_young_counts(c->interp);
    clear_weakrefs(c);
    world_start(c->interp);
}

// ---- callbacks, finalizers, clearing ----

static void
run_callbacks(Collection *c)
{
    Py_ssize_t n = list_size(c->callbacks);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *ref = list_get_optional(c->callbacks, i);
        if (ref != NULL) {
            weakref_run_callback(ref);
            decref(ref);
        }
    }
    clear_ref(c->callbacks);
}

static void
run_finalizers(Collection *c)
{
    for (size_t i = 0; i < c->garbage.count; i++) {
        PyObject *op = c->garbage.items[i];
        if (op->ob_type->tp_finalize != NULL && !gc_is_finalized(op)) {
            c->finalized = true;
            object_call_finalizer(op);
        }
    }
}

// The second stop: what finalizers have made reachable again loses its mark.
static void
find_resurrected(Collection *c)
{
    world_stop(c->interp);
    ObjectVector *v = &c->garbage;
    for (size_t i = 0; i < v->count; i++) {
        // Without the collector's own reference.
        set_gc_refs(v->items[i], refcount_merge(v->items[i], 0) - 1);
    }
    mark_reachable(c, v);
    for (size_t i = 0; i < v->count; i++) {
        atomic_store_relaxed_uptr(&v->items[i]->ob_tid, 0);
        if (c->failed) {
            bits_change(v->items[i], 0, GC_UNREACHABLE);
        }
    }
    // Weak references that finalizers have made must not find what goes now.
    for (size_t i = 0; i < v->count; i++) {
        if (is_garbage(v->items[i]) && v->items[i]->ob_type->tp_weaklistoffset != 0) {
            weakref_clear_no_callbacks(v->items[i]);
        }
    }
    world_start(c->interp);
}

// Breaks the cycles. Gives up the collector's references.
static Py_ssize_t
clear_garbage(Collection *c)
{
    Py_ssize_t collected = 0;
    bool save = (atomic_load_relaxed_int(&c->gc->debug) & GC_DEBUG_SAVEALL) != 0;
    for (size_t i = 0; i < c->garbage.count; i++) {
        PyObject *op = c->garbage.items[i];
        if (!is_garbage(op)) {
            if ((op->ob_gc_bits & GC_MARK) != 0) {
                bits_change(op, 0, GC_MARK);
                refcount_defer(op);
            }
            decref(op);
            continue;
        }
        collected++;
        bits_change(op, GC_OLD, GC_UNREACHABLE | GC_MARK);
        if (save) {
            if (list_append(c->gc->garbage, op) < 0) {
                error_clear();
            }
        }
        else if (op->ob_type->tp_clear != NULL) {
            op->ob_type->tp_clear(op);
            if (error_occurred()) {
                error_format_unraisable("Exception ignored in tp_clear of %s", op->ob_type->tp_name);
            }
        }
        decref(op);
    }
    return collected;
}

// References that queues of counts to merge held are given up; legacy garbage is listed.
static void
release_queued(Collection *c)
{
    for (size_t i = 0; i < c->queued.count; i++) {
        PyObject *op = c->queued.items[i];
        if ((op->ob_gc_bits & GC_PENDING) != 0) {
            bits_change(op, 0, GC_PENDING);
            if (list_append(c->gc->garbage, op) < 0) {
                error_clear();
            }
        }
        else {
            decref(op);
        }
    }
    vector_free(&c->queued);
}

// References whose release waits for readers would keep garbage alive.
static void
release_delayed(Thread *ts, Interpreter *interp)
{
    if (runtime_is_single_threaded()) {
        qsbr_quiescent(ts);
    }
    else {
        world_stop(interp);
        qsbr_world_stopped(ts);
        world_start(interp);
    }
    qsbr_process(ts);
}

static bool
has_queues(Collection *c)
{
    for (HeapThread *heap = heap_first_thread(); heap != NULL; heap = heap->next) {
        if (heap->interp == c->interp && heap->merge_count > 0) {
            return true;
        }
    }
    return false;
}

// What was given up may have held objects of threads that wait for something and so do not look at
// their queues: these go now, too, and what they hold. Another thread may queue for ever, hence
// the limit.
static void
release_queued_all(Collection *c)
{
    bool more = true;
    release_queued(c);
    for (int round = 0; more && round < RELEASE_ROUNDS; round++) {
        world_stop(c->interp);
        more = has_queues(c);
        if (more) {
            take_queues(c);
        }
        world_start(c->interp);
        release_queued(c);
    }
}

GcResult
gc_run(Thread *ts, bool full)
{
    Collection c = {.interp = thread_interpreter(ts), .full = full};
    c.gc = c.interp->gc;
    GcResult result = {0, 0};
    c.callbacks = list_new(0);
    if (c.callbacks == NULL) {
        error_clear();
        return result;
    }
    if (full) {
        release_delayed(ts, c.interp);
    }
    find_garbage(&c);
    vector_free(&c.candidates);
    vector_free(&c.stack);
    if (full) {
        release_queued_all(&c);
    }
    else {
        release_queued(&c);
    }
    run_callbacks(&c);
    run_finalizers(&c);
    if (c.finalized) {
        find_resurrected(&c);
        vector_free(&c.stack);
    }
    result.collected = clear_garbage(&c);
    result.uncollectable = c.uncollectable;
    vector_free(&c.garbage);
    qsbr_quiescent(ts);
    if (full && !atomic_load_relaxed_int(&c.interp->finalizing)) {
        heap_trim();
    }
    return result;
}

// ---- referents ----

static int
visit_push(PyObject *op, void *arg)
{
    return vector_push(arg, op) ? 0 : -1;
}

bool
gc_push_referents(PyObject *op, ObjectVector *v)
{
    traverseproc function = op->ob_type->tp_traverse;
    return function == NULL || function(op, visit_push, v) == 0;
}
