// The object heap.
//
// Segments of 32 MiB, aligned to their size, hold pages of 64 KiB; a page holds slots of one size
// and kind, and its header (HeapPage) is found from an object's address by masking. Each thread
// allocates from pages of its own (HeapThread) without any lock. Objects beyond 32 KiB get a run
// of whole pages, or a mapping of their own laid out like a segment.
//
// Kinds: whether the collector must look (objects of types with Py_TPFLAGS_HAVE_GC), and
// whether two words precede the object (types with Py_TPFLAGS_PREHEADER: managed weak reference
// list at -16, managed dict at -8).
//
// A free slot keeps a zeroed header except for ob_tid, which links it: stale lock-free readers
// fail in refcount_try_incref, the collector skips it (ob_type NULL, no bits). A page is used
// for slots of another size only after a QSBR grace period.
//
// A HeapThread outlives its thread: it goes to a pool with its pages, and the next thread takes
// it over whole. So the owner of a page is never a dangling pointer.
//
// Threading: allocation and the young list belong to the owning thread. Slots freed by others
// go through HeapThread.remote_free. Page headers are read by anybody.
#ifndef TYPHON_MEMORY_HEAP_H
#define TYPHON_MEMORY_HEAP_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "base/atomic.h"
#include "base/sanitizers.h"
#include "memory/refcount.h"
#include "thread/thread.h"

// Every allocation takes the checking path: builds with assertions, for injected failures, and
// with AddressSanitizer, which learns about slots.
#if !defined(NDEBUG) || defined(WITH_ADDRESS_SANITIZER)
#define HEAP_CHECKED 1
#endif

#define HEAP_SEGMENT_SIZE ((uintptr_t)1 << 25)
#define HEAP_PAGE_SHIFT 16
#define HEAP_PAGE_SIZE ((uintptr_t)1 << HEAP_PAGE_SHIFT)
#define HEAP_PAGES_PER_SEGMENT (HEAP_SEGMENT_SIZE / HEAP_PAGE_SIZE)
#define HEAP_GRANULE 16             // alignment of objects
#define HEAP_YOUNG_BYTES (HEAP_PAGE_SIZE / HEAP_GRANULE / 8)
#define HEAP_SMALL_MAX 512          // slot sizes up to here are multiples of the granule
#define HEAP_SLOT_MAX 32768         // larger slots are runs of pages
#define HEAP_CLASS_COUNT 81         // 33 exact ones (index = size / 16), then 8 for each doubling
#define HEAP_PRE_SIZE 16

typedef enum { HEAP_PLAIN = 0, HEAP_PLAIN_PRE = 1, HEAP_GC = 2, HEAP_GC_PRE = 3 } HeapKind;
#define HEAP_KIND_COUNT 4

// Bits of ob_gc_bits. Written by whoever owns the object's only reference or its lock, or while
// the world is stopped.
enum {
    GC_TRACKED = 1,
    GC_FINALIZED = 2,       // tp_finalize has been called
    GC_UNREACHABLE = 4,     // world stopped: candidate of the running collection
    GC_FROZEN = 8,          // gc.freeze()
    GC_OLD = 16,            // survived a collection
    GC_MARK = 32,           // world stopped: scratch
    GC_DEFERRED = 64,       // refcount_defer
    GC_PENDING = 128,       // world stopped: in a collector's list
};

enum { HEAP_PAGE_FREE = 0, HEAP_PAGE_SMALL, HEAP_PAGE_RUN, HEAP_PAGE_CONTINUED, HEAP_PAGE_META };

typedef struct HeapThread HeapThread;

typedef struct HeapPage {
    PyObject *free;             // owner thread: first free slot, linked through ob_tid
    uint32_t used;              // owner thread: slots handed out
    uint16_t class_index;       // immutable while in use
    uint8_t kind;               // immutable while in use: HeapKind
    uint8_t state;              // lock: heap; HEAP_PAGE_*
    HeapThread *owner;          // immutable while in use
    struct HeapPage *next;      // owner thread: pages of the class that have room
    struct HeapPage *prev;
    uint32_t slot_size;         // immutable while in use; SMALL only
    uint16_t capacity;          // immutable while in use: slots that fit
    uint16_t made;              // owner thread: slots that have been free or used; walkers look below
    size_t run_size;            // immutable while in use: bytes of a run, of its mapping when huge
    struct HeapPage *young_next;// owner of the list: see HeapThread.young_pages
    uint8_t has_young;          // atomic: is in some list of young pages
    uint8_t young_all;          // atomic: another thread than the owner tracked a slot
    uint8_t in_list;            // owner thread: linked through next and prev
    uint8_t huge;               // immutable while in use: the run is a mapping of its own
    uint32_t run_pages;         // immutable while in use
    uint64_t goal;              // lock: heap; QSBR goal of a page that waits to be free
    struct HeapPage *pending_next; // lock: heap
    void *reserved[5];
} HeapPage;

_Static_assert(sizeof(HeapPage) == 128, "two cache lines, and segments count on it");

struct HeapThread {
    HeapPage *current[HEAP_KIND_COUNT][HEAP_CLASS_COUNT]; // owner thread: never NULL
    HeapPage *partial[HEAP_KIND_COUNT][HEAP_CLASS_COUNT]; // owner thread: other pages with room
    PyObject *remote_free;      // atomic stack, linked through ob_tid: pushed by other threads
    ssize_t remote_count;       // atomic: pushes since the last drain, about
    ssize_t young_delta;        // owner thread: not yet added to Interpreter.gc_young_count
    HeapPage *young_pages;      // owner thread: pages that hold objects tracked since the last look
    uintptr_t tid;              // lock: Runtime.merge_lock; identity of the owner, 0 while pooled
    Thread *thread;             // lock: Runtime.merge_lock; NULL while pooled
    PyObject **merge_items;     // lock: Runtime.merge_lock; objects whose counts others gave up,
    size_t merge_count;         // each with one reference
    size_t merge_capacity;
    Interpreter *interp;        // lock: heap; whose objects these are
    HeapThread *next;           // lock: heap; list of all
    bool pooled;                // lock: heap
};

// Header of the page that holds an object of this heap.
static inline HeapPage *
heap_page_of(const void *op)
{
    uintptr_t address = (uintptr_t)op;
    uintptr_t index = (address & (HEAP_SEGMENT_SIZE - 1)) >> HEAP_PAGE_SHIFT;
    return (HeapPage *)(address & ~(HEAP_SEGMENT_SIZE - 1)) + index;
}

// Kind for instances of a type.
static inline HeapKind
heap_kind_of_type(PyTypeObject *tp)
{
    unsigned long flags = tp->tp_flags;
    return (HeapKind)(((flags & Py_TPFLAGS_HAVE_GC) != 0 ? HEAP_GC : HEAP_PLAIN) |
                      ((flags & Py_TPFLAGS_PREHEADER) != 0 ? HEAP_PLAIN_PRE : HEAP_PLAIN));
}

// heap_alloc without its exception. size includes the pre-header.
PyObject *heap_try_alloc(Thread *ts, size_t size, HeapKind kind);

// Out-of-line half. size includes the pre-header.
PyObject *heap_alloc_slow(Thread *ts, size_t size, HeapKind kind);

// Memory for an object of `size` bytes (from ob_tid on; a pre-header comes on top and is zeroed).
// Aligned to 16. The content is unspecified, except that ob_gc_bits, counts and type are zero:
// heap_object_init next. NULL with MemoryError.
static inline PyObject *
heap_alloc_ts(Thread *ts, size_t size, HeapKind kind)
{
    size_t pre = (kind & HEAP_PLAIN_PRE) != 0 ? HEAP_PRE_SIZE : 0;
#if !defined(HEAP_CHECKED)
    if (__builtin_expect(size <= HEAP_SMALL_MAX - HEAP_PRE_SIZE, 1)) {
        HeapPage *page = ts->heap->current[kind][(size + pre + HEAP_GRANULE - 1) / HEAP_GRANULE];
        PyObject *op = page->free;
        if (__builtin_expect(op != NULL, 1)) {
            page->free = (PyObject *)atomic_load_relaxed_uptr(&op->ob_tid);
            page->used++;
            if (pre != 0) {
                ((void **)op)[-1] = NULL;
                ((void **)op)[-2] = NULL;
            }
            return op;
        }
    }
#endif
    if (__builtin_expect(size > (size_t)PTRDIFF_MAX - HEAP_SEGMENT_SIZE, 0)) {
        size = (size_t)PTRDIFF_MAX - HEAP_SEGMENT_SIZE; // refused there
    }
    return heap_alloc_slow(ts, size + pre, kind);
}

static inline PyObject *
heap_alloc(size_t size, HeapKind kind)
{
    return heap_alloc_ts(thread_current(), size, kind);
}

// Sets ob_ref_local, and ob_flags, ob_mutex and ob_gc_bits to zero: one store (release).
static inline void
heap_header_word(PyObject *op, uint32_t local)
{
    _Static_assert(offsetof(PyObject, ob_flags) == 8 && offsetof(PyObject, ob_ref_local) == 12,
                   "one word");
    atomic_store_release_u64((uint64_t *)(void *)&op->ob_flags, (uint64_t)local << 32);
}

// Fills the header of a fresh object: one reference, owned by this thread. Counts nothing on tp.
static inline void
heap_object_init(PyObject *op, PyTypeObject *tp)
{
    atomic_store_relaxed_ssize(&op->ob_ref_shared, 0);
    atomic_store_relaxed_uptr(&op->ob_tid, thread_id_word());
    heap_header_word(op, 1);
    atomic_store_relaxed_ptr(&op->ob_type, tp);
}

// heap_alloc of the kind that tp's instances have, with the header filled. Nothing behind the
// header is set, the object is not tracked and no reference to tp is counted.
static inline PyObject *
heap_new_object(PyTypeObject *tp, size_t size)
{
    PyObject *op = heap_alloc(size, heap_kind_of_type(tp));
    if (op != NULL) {
        heap_object_init(op, tp);
    }
    return op;
}

// Gives the memory of a dead object back. Any thread. Untracks it first if needed.
void heap_free(void *op);

// The object with room for new_size bytes, moved if need be (the old address is then invalid):
// the caller holds the only reference, it is untracked. NULL with MemoryError, op untouched.
PyObject *heap_realloc(PyObject *op, size_t new_size);

// Bytes from op to the end of its slot.
size_t heap_usable_size(PyObject *op);

// Whether the address is that of a live object of this heap. Any address may be asked for; the
// answer about objects that other threads free meanwhile is a snapshot.
bool heap_is_object(const void *address);

// Whether the address lies in this heap at all.
bool heap_contains(const void *address);

// Calls visit for every slot that may hold an object of interp of a kind that the collector
// looks at (tracked or not); stops when visit returns other than 0, and returns that.
// World stopped. visit may free the object it is given.
typedef int (*HeapVisit)(PyObject *op, void *arg);
int heap_walk_gc(Interpreter *interp, HeapVisit visit, void *arg);

// The same for objects that were tracked since the last call and are not GC_OLD. Empties the
// young lists.
int heap_walk_young(Interpreter *interp, HeapVisit visit, void *arg);

// The same for all kinds (sys.getobjects-like tools and leak checks).
int heap_walk_all(Interpreter *interp, HeapVisit visit, void *arg);

// Returns what is free to the system; after a full collection. World stopped or not.
void heap_trim(void);

// Bytes in front of op that belong to it.
static inline size_t
heap_presize(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_PREHEADER) != 0 ? HEAP_PRE_SIZE : 0;
}

// Live objects: a snapshot.
Py_ssize_t heap_allocated_blocks(void);

// For sys._debugmallocstats.
void heap_print_statistics(FILE *file);

// memory/ only. The pool of HeapThreads, and slots freed by other threads.
HeapThread *heap_thread_take(Interpreter *interp);
void heap_thread_give(HeapThread *heap);
void heap_drain_remote(HeapThread *heap);
HeapThread *heap_first_thread(void);   // grows at its head only; entries are never freed
void heap_lock(void);
void heap_unlock(void);

typedef struct HeapStatistics {
    size_t segments;            // mapped segments and huge runs
    size_t mapped;              // bytes of address space in them
    size_t pages_used;          // pages in use
    size_t pages_cached;        // free pages that still hold memory
    size_t slots_used;          // live objects (owner threads' counts: a snapshot)
    size_t bytes_used;          // in slots and runs
} HeapStatistics;

void heap_statistics(HeapStatistics *result);

// Registers the hooks of memory/ (heap, QSBR, reference counts). Before the first thread state.
void memory_init(void);

// ---- Tracking by the collector ----

// Adds the thread's delta to the interpreter's count and asks for a collection when due.
void gc_young_flush(Thread *ts);
void gc_young_add_page(Thread *ts, HeapPage *page);
#define GC_YOUNG_FLUSH 64

static inline bool
gc_is_tracked(PyObject *op)
{
    return (atomic_load_relaxed_u8(&op->ob_gc_bits) & GC_TRACKED) != 0;
}

// Lets the collector see op, whose fields tp_traverse reads are valid now. Tracking twice is
// harmless. op was made by heap_alloc with a GC kind.
static inline void
gc_track_object(PyObject *op)
{
    uint8_t bits = atomic_load_relaxed_u8(&op->ob_gc_bits);
    if ((bits & GC_TRACKED) != 0) {
        return;
    }
    assert(heap_contains(op));
    Thread *ts = thread_current();
    HeapPage *page = heap_page_of(op);
    if (__builtin_expect(page->owner == ts->heap, 1)) {
        uintptr_t segment = (uintptr_t)op & ~(HEAP_SEGMENT_SIZE - 1);
        uintptr_t granule = ((uintptr_t)op & (HEAP_PAGE_SIZE - 1)) / HEAP_GRANULE;
        uintptr_t index = ((uintptr_t)op - segment) >> HEAP_PAGE_SHIFT;
        uint8_t *young = (uint8_t *)(segment + HEAP_PAGE_SIZE + index * HEAP_YOUNG_BYTES);
        young[granule / 8] |= (uint8_t)(1u << (granule % 8));
    }
    else {
        atomic_store_relaxed_u8(&page->young_all, 1);
    }
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)((bits | GC_TRACKED) & ~GC_OLD));
    if (__builtin_expect(atomic_load_relaxed_u8(&page->has_young) == 0, 0)) {
        gc_young_add_page(ts, page);
    }
    if (__builtin_expect(++ts->heap->young_delta >= GC_YOUNG_FLUSH, 0)) {
        gc_young_flush(ts);
    }
}

// Hides op from the collector: first thing in tp_dealloc. Harmless when it is not tracked.
static inline void
gc_untrack_object(PyObject *op)
{
    uint8_t bits = atomic_load_relaxed_u8(&op->ob_gc_bits);
    if ((bits & GC_TRACKED) == 0) {
        return;
    }
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)(bits & ~GC_TRACKED));
    Thread *ts = thread_current();
    if (__builtin_expect(--ts->heap->young_delta <= -GC_YOUNG_FLUSH, 0)) {
        gc_young_flush(ts);
    }
}

#define gc_track(op) gc_track_object((PyObject *)(op))
#define gc_untrack(op) gc_untrack_object((PyObject *)(op))

static inline bool
gc_is_finalized(PyObject *op)
{
    return (atomic_load_relaxed_u8(&op->ob_gc_bits) & GC_FINALIZED) != 0;
}

static inline void
gc_set_finalized(PyObject *op)
{
    atomic_store_relaxed_u8(&op->ob_gc_bits, (uint8_t)(op->ob_gc_bits | GC_FINALIZED));
}

#endif
