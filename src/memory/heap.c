// Allocation of objects from pages; see heap.h. pages.c owns the pages.
//
// Owns the pool of HeapThreads. Invariants of a HeapThread: for each kind and class, `current` is
// a page of its own or the empty page; `partial` lists the other pages that have a free slot
// (in_list); full ones are in no list and come back when a slot of theirs is freed.
//
// Threading: see heap.h. Everything of a HeapThread but remote_free is its owner's; that of a
// pooled one belongs to whoever holds the heap lock or has stopped the world.
#include "memory/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/hooks.h"
#include "base/sanitizers.h"
#include "memory/alloc.h"
#include "memory/pages.h"
#include "memory/qsbr.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

// Slots are made in portions, so that a page takes memory as it fills.
#define EXTEND_BYTES 4096
// Pushes to a pooled heap after which somebody takes the trouble to empty it.
#define REMOTE_DRAIN 256

// Stands where a thread has no page yet: full for ever.
static HeapPage empty_page;

static HeapThread *heap_threads;    // lock: heap; all, pooled and in use; never freed

HeapThread *
heap_first_thread(void)
{
    return atomic_load_acquire_ptr(&heap_threads);
}

// ---- size classes ----

static size_t
class_of_size(size_t size)
{
    if (size <= HEAP_SMALL_MAX) {
        return (size + HEAP_GRANULE - 1) / HEAP_GRANULE;
    }
    // Eight steps for each doubling above 512.
    int top = 63 - __builtin_clzll(size - 1);
    size_t step = (size - 1) >> (top - 3) & 7;
    return HEAP_SMALL_MAX / HEAP_GRANULE + 1 + (size_t)(top - 9) * 8 + step;
}

static size_t
size_of_class(size_t index)
{
    if (index <= HEAP_SMALL_MAX / HEAP_GRANULE) {
        return index * HEAP_GRANULE;
    }
    index -= HEAP_SMALL_MAX / HEAP_GRANULE + 1;
    return ((size_t)HEAP_SMALL_MAX << index / 8) / 8 * (9 + index % 8);
}

static size_t
pre_size(const HeapPage *page)
{
    return (page->kind & HEAP_PLAIN_PRE) != 0 ? HEAP_PRE_SIZE : 0;
}

// ---- lists of pages ----

static void
partial_link(HeapThread *heap, HeapPage *page)
{
    HeapPage **list = &heap->partial[page->kind][page->class_index];
    page->prev = NULL;
    page->next = *list;
    if (*list != NULL) {
        (*list)->prev = page;
    }
    *list = page;
    page->in_list = 1;
}

static void
partial_unlink(HeapThread *heap, HeapPage *page)
{
    if (page->prev != NULL) {
        page->prev->next = page->next;
    }
    else {
        heap->partial[page->kind][page->class_index] = page->next;
    }
    if (page->next != NULL) {
        page->next->prev = page->prev;
    }
    page->next = page->prev = NULL;
    page->in_list = 0;
}

// ---- slots ----

static void
slot_clear(PyObject *op)
{
    heap_header_word(op, 0);
    atomic_store_relaxed_ssize(&op->ob_ref_shared, 0);
    atomic_store_relaxed_ptr(&op->ob_type, NULL);
}

static void
slot_poison(HeapPage *page, PyObject *op, size_t slot_size)
{
    size_t pre = pre_size(page);
    ASAN_POISON_MEMORY_REGION((char *)op - pre, pre);
    ASAN_POISON_MEMORY_REGION(op + 1, slot_size - pre - sizeof(PyObject));
}

// Makes the next slots of a page free ones.
static void
page_extend(HeapPage *page)
{
    size_t count = EXTEND_BYTES / page->slot_size;
    if (count == 0) {
        count = 1;
    }
    if (count > (size_t)(page->capacity - page->made)) {
        count = (size_t)(page->capacity - page->made);
    }
    char *memory = page_memory(page) + pre_size(page);
    PyObject *next = page->free;
    for (size_t i = page->made + count; i-- > page->made;) {
        PyObject *op = (PyObject *)(memory + i * page->slot_size);
        ASAN_UNPOISON_MEMORY_REGION(op, sizeof *op);
        slot_clear(op);
        atomic_store_relaxed_uptr(&op->ob_tid, (uintptr_t)next);
        slot_poison(page, op, page->slot_size);
        next = op;
    }
    page->free = next;
    page->made = (uint16_t)(page->made + count);
}

static HeapPage *
page_new(HeapThread *heap, HeapKind kind, size_t index)
{
    HeapPage *page = pages_alloc(HEAP_PAGE_SIZE, HEAP_PAGE_SMALL);
    if (page == NULL) {
        return NULL;
    }
    page->free = NULL;
    page->used = 0;
    page->class_index = (uint16_t)index;
    page->kind = (uint8_t)kind;
    page->next = page->prev = NULL;
    page->slot_size = (uint32_t)size_of_class(index);
    page->capacity = (uint16_t)(HEAP_PAGE_SIZE / page->slot_size);
    page->made = 0;
    page->young_all = 0;
    page->in_list = 0;
    page->owner = heap;
    return page;
}

// Frees a slot of a page of this heap, by its owner.
static void
free_local(HeapThread *heap, HeapPage *page, PyObject *op)
{
    atomic_store_relaxed_uptr(&op->ob_tid, (uintptr_t)page->free);
    page->free = op;
    page->used--;
    if (page == heap->current[page->kind][page->class_index]) {
        return;
    }
    if (!page->in_list) {
        partial_link(heap, page);
    }
    if (page->used == 0 && (page->next != NULL || page->prev != NULL)) {
        partial_unlink(heap, page);
        pages_free(page);
    }
}

// Takes what other threads have freed. The owner, or see above for pooled heaps.
void
heap_drain_remote(HeapThread *heap)
{
    PyObject *op = atomic_exchange_ptr(&heap->remote_free, NULL);
    atomic_store_relaxed_ssize(&heap->remote_count, 0);
    while (op != NULL) {
        PyObject *next = (PyObject *)atomic_load_relaxed_uptr(&op->ob_tid);
        free_local(heap, heap_page_of(op), op);
        op = next;
    }
}

static void
free_remote(HeapPage *page, PyObject *op)
{
    HeapThread *heap = page->owner;
    PyObject *head = atomic_load_relaxed_ptr(&heap->remote_free);
    do {
        atomic_store_relaxed_uptr(&op->ob_tid, (uintptr_t)head);
    } while (!atomic_cas_ptr(&heap->remote_free, &head, op));
    if (atomic_add_ssize(&heap->remote_count, 1) < REMOTE_DRAIN) {
        return;
    }
    // Nobody empties the stack of a heap without a thread.
    heap_lock();
    bool taken = heap->pooled;
    heap->pooled = false;
    heap_unlock();
    if (taken) {
        heap_drain_remote(heap);
        heap_lock();
        heap->pooled = true;
        heap_unlock();
    }
}

void
heap_free(void *p)
{
    PyObject *op = p;
    gc_untrack_object(op);
    HeapPage *page = heap_page_of(op);
    Thread *ts = thread_current();
    if (page->state == HEAP_PAGE_RUN) {
        slot_clear(op);
        pages_free(page);
        return;
    }
    assert(page->state == HEAP_PAGE_SMALL && op->ob_type != NULL);
    slot_clear(op);
    slot_poison(page, op, page->slot_size);
    if (ts != NULL && page->owner == ts->heap) {
        free_local(ts->heap, page, op);
    }
    else {
        free_remote(page, op);
    }
}

// ---- allocation ----

static PyObject *
slot_take(HeapPage *page, size_t size)
{
    PyObject *op = page->free;
    size_t pre = pre_size(page);
    page->free = (PyObject *)atomic_load_relaxed_uptr(&op->ob_tid);
    page->used++;
    ASAN_UNPOISON_MEMORY_REGION((char *)op - pre, size);
    (void)size;
    if (pre != 0) {
        ((void **)op)[-1] = NULL;
        ((void **)op)[-2] = NULL;
    }
    return op;
}

// A page with a free slot, which becomes the current one; NULL when memory is out.
static HeapPage *
page_with_room(HeapThread *heap, HeapKind kind, size_t index)
{
    HeapPage *page = heap->current[kind][index];
    if (page->free == NULL && atomic_load_relaxed_ptr(&heap->remote_free) != NULL) {
        heap_drain_remote(heap);
    }
    if (page->free != NULL) {
        return page;
    }
    if (page->made < page->capacity) {
        page_extend(page);
        return page;
    }
    page = heap->partial[kind][index];
    if (page != NULL) {
        partial_unlink(heap, page);
    }
    else {
        page = page_new(heap, kind, index);
        if (page == NULL) {
            return NULL;
        }
        page_extend(page);
    }
    heap->current[kind][index] = page;
    return page;
}

// size includes the pre-header.
static PyObject *
run_alloc(HeapThread *heap, size_t size, HeapKind kind)
{
    HeapPage *page = pages_alloc(size, HEAP_PAGE_RUN);
    if (page == NULL) {
        return NULL;
    }
    page->free = NULL;
    page->used = 1;
    page->class_index = 0;
    page->kind = (uint8_t)kind;
    page->slot_size = 0;
    page->capacity = 1;
    page->made = 1;
    page->young_all = 0;
    page->in_list = 0;
    page->owner = heap;
    char *memory = page_memory(page);
    size_t pre = pre_size(page);
    ASAN_UNPOISON_MEMORY_REGION(memory, page->run_size);
    memset(memory, 0, pre + sizeof(PyObject));
    return (PyObject *)(memory + pre);
}

PyObject *
heap_try_alloc(Thread *ts, size_t size, HeapKind kind)
{
    if (size < sizeof(PyObject)) {
        size = sizeof(PyObject);
    }
    if (mem_should_fail()) {
        return NULL;
    }
    if (size > HEAP_SLOT_MAX) {
        return size < (size_t)PTRDIFF_MAX - HEAP_SEGMENT_SIZE ? run_alloc(ts->heap, size, kind)
                                                              : NULL;
    }
    HeapPage *page = page_with_room(ts->heap, kind, class_of_size(size));
    return page != NULL ? slot_take(page, size) : NULL;
}

PyObject *
heap_alloc_slow(Thread *ts, size_t size, HeapKind kind)
{
    PyObject *op = heap_try_alloc(ts, size, kind);
    if (op == NULL && hooks.error_no_memory != NULL) {
        hooks.error_no_memory();
    }
    return op;
}

size_t
heap_usable_size(PyObject *op)
{
    HeapPage *page = heap_page_of(op);
    size_t slot = page->state == HEAP_PAGE_RUN ? page->run_size : page->slot_size;
    return slot - pre_size(page);
}

PyObject *
heap_realloc(PyObject *op, size_t new_size)
{
    HeapPage *page = heap_page_of(op);
    size_t pre = pre_size(page);
    size_t room = heap_usable_size(op);
    bool is_run = page->state == HEAP_PAGE_RUN;
    if (new_size <= room && new_size >= room / 2) {
        ASAN_UNPOISON_MEMORY_REGION(op, new_size);
        return op;
    }
    // Large objects that grow are likely to grow again: a share of spare room, which takes
    // memory only when it is touched, keeps repeated growth linear.
    size_t request = new_size;
    if (is_run && new_size > room && new_size < (size_t)PTRDIFF_MAX / 2) {
        request += new_size / 8;
    }
    PyObject *copy = heap_alloc(request, (HeapKind)page->kind);
    if (copy == NULL) {
        return NULL;
    }
    size_t copied = room < new_size ? room : new_size;
    ASAN_UNPOISON_MEMORY_REGION((char *)op - pre, pre + room);
    memcpy((char *)copy - pre, (char *)op - pre, pre + copied);
    heap_free(op);
    return copy;
}

// ---- questions about addresses ----

bool
heap_is_object(const void *address)
{
    if (((uintptr_t)address & (HEAP_GRANULE - 1)) != 0 || !heap_contains(address)) {
        return false;
    }
    HeapPage *page = heap_page_of(address);
    if ((size_t)(page - (HeapPage *)segment_of(address)) < HEAP_META_PAGES) {
        return false;
    }
    if (segment_of(address)->huge &&
        (size_t)(page - (HeapPage *)segment_of(address)) != HEAP_META_PAGES) {
        return false;
    }
    uint8_t state = atomic_load_relaxed_u8(&page->state);
    size_t pre = pre_size(page);
    size_t offset = (size_t)((const char *)address - page_memory(page));
    if (state == HEAP_PAGE_RUN) {
        return offset == pre && ((PyObject *)address)->ob_type != NULL;
    }
    if (state != HEAP_PAGE_SMALL || offset < pre || (offset - pre) % page->slot_size != 0 ||
        (offset - pre) / page->slot_size >= page->made) {
        return false;
    }
    return atomic_load_relaxed_ptr(&((PyObject *)address)->ob_type) != NULL;
}

// ---- walks ----

typedef struct Walk {
    Interpreter *interp;
    HeapVisit visit;
    void *arg;
    bool plain_too;
} Walk;

static int
page_visit_slots(HeapPage *page, HeapVisit visit, void *arg)
{
    size_t pre = pre_size(page);
    char *memory = page_memory(page) + pre;
    size_t size = page->state == HEAP_PAGE_RUN ? 0 : page->slot_size;
    size_t made = page->made;
    for (size_t i = 0; i < made; i++) {
        PyObject *op = (PyObject *)(memory + i * size);
        if (atomic_load_relaxed_ptr(&op->ob_type) == NULL) {
            continue;
        }
        int result = visit(op, arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
walk_page(HeapPage *page, void *arg)
{
    Walk *walk = arg;
    if (page->owner == NULL || page->owner->interp != walk->interp ||
        (!walk->plain_too && (page->kind & HEAP_GC) == 0)) {
        return 0;
    }
    return page_visit_slots(page, walk->visit, walk->arg);
}

int
heap_walk_gc(Interpreter *interp, HeapVisit visit, void *arg)
{
    Walk walk = {interp, visit, arg, false};
    return pages_walk(walk_page, &walk);
}

int
heap_walk_all(Interpreter *interp, HeapVisit visit, void *arg)
{
    Walk walk = {interp, visit, arg, true};
    return pages_walk(walk_page, &walk);
}

static bool
object_is_young(PyObject *op)
{
    return (op->ob_gc_bits & (GC_TRACKED | GC_OLD)) == GC_TRACKED && op->ob_type != NULL;
}

// Visits the slots whose young bits are set, and clears the bits.
static int
page_visit_young(HeapPage *page, HeapVisit visit, void *arg)
{
    uint64_t words[HEAP_YOUNG_BYTES / 8];
    memcpy(words, page_young_bits(page), sizeof words);
    memset(page_young_bits(page), 0, sizeof words);
    char *memory = page_memory(page);
    for (size_t w = 0; w < HEAP_YOUNG_BYTES / 8; w++) {
        while (words[w] != 0) {
            size_t granule = w * 64 + (size_t)__builtin_ctzll(words[w]);
            words[w] &= words[w] - 1;
            PyObject *op = (PyObject *)(memory + granule * HEAP_GRANULE);
            int result = object_is_young(op) ? visit(op, arg) : 0;
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}

typedef struct YoungWalk {
    HeapVisit visit;
    void *arg;
} YoungWalk;

static int
visit_if_young(PyObject *op, void *arg)
{
    YoungWalk *walk = arg;
    return object_is_young(op) ? walk->visit(op, walk->arg) : 0;
}

static int
walk_young_page(HeapPage *page, YoungWalk *walk)
{
    uint8_t state = page->state;
    if (page->huge && state == HEAP_PAGE_FREE) {
        pages_free_unlisted(page);
        return 0;
    }
    if ((state != HEAP_PAGE_SMALL && state != HEAP_PAGE_RUN) || (page->kind & HEAP_GC) == 0) {
        return 0;
    }
    if (page->young_all) {
        page->young_all = 0;
        memset(page_young_bits(page), 0, HEAP_YOUNG_BYTES);
        return page_visit_slots(page, visit_if_young, walk);
    }
    return page_visit_young(page, walk->visit, walk->arg);
}

int
heap_walk_young(Interpreter *interp, HeapVisit visit, void *arg)
{
    YoungWalk walk = {visit, arg};
    int result = 0;
    for (HeapThread *heap = heap_threads; heap != NULL; heap = heap->next) {
        if (heap->interp != interp) {
            continue;
        }
        HeapPage *page = heap->young_pages;
        heap->young_pages = NULL;
        while (page != NULL) {
            HeapPage *next = page->young_next;
            atomic_store_relaxed_u8(&page->has_young, 0);
            page->young_next = NULL;
            if (result == 0) {
                result = walk_young_page(page, &walk);
            }
            page = next;
        }
    }
    return result;
}

void
gc_young_add_page(Thread *ts, HeapPage *page)
{
    uint8_t expected = 0;
    if (atomic_cas_u8(&page->has_young, &expected, 1)) {
        page->young_next = ts->heap->young_pages;
        ts->heap->young_pages = page;
    }
}

void
gc_young_flush(Thread *ts)
{
    Interpreter *interp = thread_interpreter(ts);
    ssize_t delta = ts->heap->young_delta;
    ts->heap->young_delta = 0;
    ssize_t count = atomic_add_ssize(&interp->gc_young_count, delta) + delta;
    if (count < 0) {
        // Objects from before the last collection have gone: they do not make up for new ones.
        atomic_cas_ssize(&interp->gc_young_count, &count, 0);
    }
    ssize_t threshold = atomic_load_relaxed_ssize(&interp->gc_young_threshold);
    if (delta > 0 && threshold > 0 && count > threshold) {
        thread_interrupt(ts, BREAK_GC);
    }
}

// ---- heaps of threads ----

HeapThread *
heap_thread_take(Interpreter *interp)
{
    heap_lock();
    HeapThread *heap = heap_threads;
    while (heap != NULL && !(heap->pooled && heap->interp == interp)) {
        heap = heap->next;
    }
    if (heap != NULL) {
        heap->pooled = false;
    }
    heap_unlock();
    if (heap != NULL) {
        heap_drain_remote(heap);
        return heap;
    }
    heap = calloc(1, sizeof *heap);
    if (heap == NULL) {
        return NULL;
    }
    heap->interp = interp;
    for (int kind = 0; kind < HEAP_KIND_COUNT; kind++) {
        for (size_t i = 0; i < HEAP_CLASS_COUNT; i++) {
            heap->current[kind][i] = &empty_page;
        }
    }
    heap_lock();
    heap->next = heap_threads;
    atomic_store_release_ptr(&heap_threads, heap);
    heap_unlock();
    return heap;
}

// Gives pages without objects back.
static void
heap_release_empty(HeapThread *heap)
{
    for (int kind = 0; kind < HEAP_KIND_COUNT; kind++) {
        for (size_t i = 0; i < HEAP_CLASS_COUNT; i++) {
            HeapPage *page = heap->current[kind][i];
            if (page != &empty_page && page->used == 0) {
                heap->current[kind][i] = &empty_page;
                pages_free(page);
            }
            page = heap->partial[kind][i];
            while (page != NULL) {
                HeapPage *next = page->next;
                if (page->used == 0) {
                    partial_unlink(heap, page);
                    pages_free(page);
                }
                page = next;
            }
        }
    }
}

void
heap_thread_give(HeapThread *heap)
{
    heap_drain_remote(heap);
    heap_release_empty(heap);
    heap_lock();
    heap->pooled = true;
    heap_unlock();
}

void
heap_trim(void)
{
    Thread *ts = thread_current();
    if (ts != NULL && ts->heap != NULL) {
        heap_drain_remote(ts->heap);
        heap_release_empty(ts->heap);
    }
    pages_trim();
}

static int
count_page(HeapPage *page, void *arg)
{
    HeapStatistics *result = arg;
    result->slots_used += page->used;
    result->bytes_used += page->state == HEAP_PAGE_RUN ? page->run_size
                                                       : (size_t)page->used * page->slot_size;
    return 0;
}

void
heap_statistics(HeapStatistics *result)
{
    memset(result, 0, sizeof *result);
    pages_statistics(result);
    pages_walk(count_page, result);
}

Py_ssize_t
heap_allocated_blocks(void)
{
    HeapStatistics statistics;
    heap_statistics(&statistics);
    return (Py_ssize_t)statistics.slots_used;
}

void
heap_print_statistics(FILE *file)
{
    HeapStatistics s;
    heap_statistics(&s);
    fprintf(file,
            "segments: %zu (%zu bytes of address space)\n"
            "pages in use: %zu, free but kept: %zu (of %zu bytes)\n"
            "objects: %zu in %zu bytes\n",
            s.segments, s.mapped, s.pages_used, s.pages_cached, (size_t)HEAP_PAGE_SIZE,
            s.slots_used, s.bytes_used);
}
