// Segments and pages; see pages.h and heap.h.
//
// Owns the list of segments, the map of which addresses are segments, and the queue of pages that
// wait for a grace period. A segment starts with the headers of its pages (the first few of
// which are the HeapSegment itself: pages of headers have none) and their young bits.
//
// Segments are kept for good; what their free pages hold is given back to the system beyond a
// bound. Only huge runs are unmapped.
//
// Lock: the heap's (heap_lock), which is held briefly and never across anything that blocks.
#include "memory/pages.h"

#include <string.h>

#include "memory/qsbr.h"
#include "platform/memory.h"
#include "thread/mutex.h"
#include "thread/runtime.h"

#define ADDRESS_BITS 47
#define SEGMENT_SHIFT 25
#define SEGMENT_SLOTS ((size_t)1 << (ADDRESS_BITS - SEGMENT_SHIFT))
#define CACHED_PAGES_LEAST 512      // 32 MiB of free pages keep their memory in any case

static struct {
    PyMutex lock;
    HeapSegment *open;              // lock: lock; segments with free pages
    HeapSegment *full;              // lock: lock; segments without, huge runs
    HeapPage *pending_first;        // lock: lock; in the order of their goals
    HeapPage *pending_last;
    size_t pending_pages;           // lock: lock
    size_t used_pages;              // lock: lock
    size_t cached_pages;            // lock: lock; free pages that still hold memory
} pages;

// A bit for each 32 MiB of address space that starts a segment. Atomic: set under the lock, read
// by anybody.
static uint64_t segment_map[SEGMENT_SLOTS / 64];

void heap_lock(void) { mutex_lock_brief(&pages.lock); }
void heap_unlock(void) { mutex_unlock(&pages.lock); }

bool
heap_contains(const void *address)
{
    uintptr_t slot = (uintptr_t)address >> SEGMENT_SHIFT;
    return slot < SEGMENT_SLOTS &&
           (atomic_load_relaxed_u64(&segment_map[slot / 64]) >> (slot % 64) & 1) != 0;
}

static void
segment_map_set(HeapSegment *segment, bool present)
{
    uintptr_t slot = (uintptr_t)segment >> SEGMENT_SHIFT;
    uint64_t bit = (uint64_t)1 << (slot % 64);
    if (present) {
        atomic_or_u64(&segment_map[slot / 64], bit);
    }
    else {
        atomic_and_u64(&segment_map[slot / 64], ~bit);
    }
}

static HeapPage *
segment_page(HeapSegment *segment, size_t index)
{
    return (HeapPage *)segment + index;
}

// The list that a segment belongs to, now that free_pages says whether it has room.
static HeapSegment **
segment_list(bool has_room)
{
    return has_room ? &pages.open : &pages.full;
}

static void
segment_link(HeapSegment *segment)
{
    HeapSegment **list = segment_list(segment->free_pages != 0);
    segment->prev = NULL;
    segment->next = *list;
    if (*list != NULL) {
        (*list)->prev = segment;
    }
    *list = segment;
}

// had_room: of which list it is a member.
static void
segment_unlink(HeapSegment *segment, bool had_room)
{
    if (segment->prev != NULL) {
        segment->prev->next = segment->next;
    }
    else {
        *segment_list(had_room) = segment->next;
    }
    if (segment->next != NULL) {
        segment->next->prev = segment->prev;
    }
}

// Maps and lists a segment. Called without the lock (mapping takes time), returns with it.
static HeapSegment *
segment_new(size_t size, bool huge)
{
    HeapSegment *segment = NULL;
    if (size >> ADDRESS_BITS == 0) {
        segment = os_memory_map(size, HEAP_SEGMENT_SIZE);
    }
    if (segment != NULL && (uintptr_t)segment >> ADDRESS_BITS != 0) {
        os_memory_unmap(segment, size);
        segment = NULL;
    }
    heap_lock();
    if (segment == NULL) {
        return NULL;
    }
    segment->size = size;
    segment->huge = huge;
    segment->used[0] = ((uint64_t)1 << HEAP_META_PAGES) - 1;
    segment->free_pages = huge ? 0 : HEAP_PAGES_PER_SEGMENT - HEAP_META_PAGES;
    segment_link(segment);
    segment_map_set(segment, true);
    return segment;
}

static bool
segment_bit(HeapSegment *segment, size_t i)
{
    return (segment->used[i / 64] >> (i % 64) & 1) != 0;
}

// Index of the first of `count` free pages, or 0.
static size_t
segment_find(HeapSegment *segment, size_t count)
{
    if (count == 1) {
        for (size_t w = 0; w < HEAP_PAGES_PER_SEGMENT / 64; w++) {
            if (segment->used[w] != UINT64_MAX) {
                return w * 64 + (size_t)__builtin_ctzll(~segment->used[w]);
            }
        }
        return 0;
    }
    size_t length = 0;
    for (size_t i = HEAP_META_PAGES; i < HEAP_PAGES_PER_SEGMENT; i++) {
        length = segment_bit(segment, i) ? 0 : length + 1;
        if (length == count) {
            return i + 1 - count;
        }
    }
    return 0;
}

// Takes the pages: their headers tell which still hold memory (young bits are zeroed).
static HeapPage *
segment_take(HeapSegment *segment, size_t first, size_t count, uint8_t state)
{
    for (size_t i = first; i < first + count; i++) {
        segment->used[i / 64] |= (uint64_t)1 << (i % 64);
        HeapPage *page = segment_page(segment, i);
        if (page->used != 0) {
            pages.cached_pages--;
        }
        page->state = i == first ? state : HEAP_PAGE_CONTINUED;
    }
    segment->free_pages -= (uint32_t)count;
    if (segment->free_pages == 0) {
        segment_unlink(segment, true);
        segment_link(segment);
    }
    pages.used_pages += count;
    HeapPage *page = segment_page(segment, first);
    page->run_pages = (uint32_t)count;
    page->run_size = count << HEAP_PAGE_SHIFT;
    page->huge = false;
    memset(page_young_bits(page), 0, HEAP_YOUNG_BYTES);
    return page;
}

// Makes pages available again. Beyond a bound their memory goes back to the system.
static void
segment_give_lock_held(HeapPage *page)
{
    HeapSegment *segment = segment_of(page);
    size_t first = (size_t)(page - (HeapPage *)segment);
    size_t count = page->run_pages;
    size_t bound = CACHED_PAGES_LEAST + pages.used_pages / 8;
    bool keep = pages.cached_pages + count <= bound;
    if (!keep) {
        os_memory_discard(page_memory(page), count << HEAP_PAGE_SHIFT);
    }
    else {
        pages.cached_pages += count;
    }
    for (size_t i = first; i < first + count; i++) {
        segment->used[i / 64] &= ~((uint64_t)1 << (i % 64));
        segment_page(segment, i)->state = HEAP_PAGE_FREE;
        segment_page(segment, i)->used = keep;  // of a free page: whether it holds memory
    }
    if (segment->free_pages == 0) {
        segment_unlink(segment, false);
        segment->free_pages = (uint32_t)count;
        segment_link(segment);
    }
    else {
        segment->free_pages += (uint32_t)count;
    }
    pages.used_pages -= count;
}

// Frees what has waited long enough. Huge runs are collected in *unmap, for when the lock is off.
static void
pending_release_lock_held(HeapSegment **unmap)
{
    while (pages.pending_first != NULL && qsbr_poll(pages.pending_first->goal)) {
        HeapPage *page = pages.pending_first;
        pages.pending_first = page->pending_next;
        pages.pending_pages -= page->run_pages;
        if (page->huge) {
            HeapSegment *segment = segment_of(page);
            segment->next = *unmap;
            *unmap = segment;
        }
        else {
            segment_give_lock_held(page);
        }
    }
}

static void
unmap_segments(HeapSegment *segment)
{
    while (segment != NULL) {
        HeapSegment *next = segment->next;
        os_memory_unmap(segment, segment->size);
        segment = next;
    }
}

static HeapPage *
huge_alloc(size_t size, uint8_t state)
{
    size_t mapped = (HEAP_META_PAGES << HEAP_PAGE_SHIFT) + size;
    mapped = (mapped + HEAP_PAGE_SIZE - 1) & ~(HEAP_PAGE_SIZE - 1);
    HeapSegment *segment = segment_new(mapped, true);
    if (segment == NULL) {
        heap_unlock();
        return NULL;
    }
    HeapPage *page = segment_page(segment, HEAP_META_PAGES);
    page->run_size = mapped - (HEAP_META_PAGES << HEAP_PAGE_SHIFT);
    page->run_pages = (uint32_t)(page->run_size >> HEAP_PAGE_SHIFT);
    page->huge = true;
    page->state = state;
    pages.used_pages += page->run_pages;
    heap_unlock();
    return page;
}

HeapPage *
pages_alloc(size_t size, uint8_t state)
{
    if (size > HEAP_RUN_MAX) {
        return huge_alloc(size, state);
    }
    size_t count = (size + HEAP_PAGE_SIZE - 1) >> HEAP_PAGE_SHIFT;
    HeapPage *result = NULL;
    HeapSegment *unmap = NULL;
    heap_lock();
    pending_release_lock_held(&unmap);
    HeapSegment *segment = pages.open;
    size_t first = 0;
    while (segment != NULL) {
        first = segment->free_pages >= count ? segment_find(segment, count) : 0;
        if (first != 0) {
            break;
        }
        segment = segment->next;
    }
    if (segment == NULL) {
        heap_unlock();
        segment = segment_new(HEAP_SEGMENT_SIZE, false);
        first = HEAP_META_PAGES;
    }
    if (segment != NULL) {
        result = segment_take(segment, first, count, state);
    }
    heap_unlock();
    unmap_segments(unmap);
    return result;
}

static void
pending_push_lock_held(HeapPage *page, uint64_t goal)
{
    page->goal = goal;
    page->pending_next = NULL;
    if (pages.pending_first == NULL) {
        pages.pending_first = page;
    }
    else {
        pages.pending_last->pending_next = page;
    }
    pages.pending_last = page;
    pages.pending_pages += page->run_pages;
}

static void
huge_free(HeapPage *page)
{
    HeapSegment *segment = segment_of(page);
    heap_lock();
    segment_unlink(segment, false);
    segment_map_set(segment, false);
    pages.used_pages -= page->run_pages;
    if (runtime_is_single_threaded()) {
        heap_unlock();
        os_memory_unmap(segment, segment->size);
        return;
    }
    heap_unlock();
    uint64_t goal = qsbr_advance();
    heap_lock();
    pending_push_lock_held(page, goal);
    heap_unlock();
    qsbr_hurry();
}

void
pages_free_unlisted(HeapPage *page)
{
    huge_free(page);
}

void
pages_free(HeapPage *page)
{
    atomic_store_relaxed_u8(&page->state, HEAP_PAGE_FREE);
    if (page->huge) {
        if (atomic_load_relaxed_u8(&page->has_young) != 0) {
            // A list of young pages still links it: whoever empties that frees the mapping.
            os_memory_discard(page_memory(page), page->run_size);
            return;
        }
        huge_free(page);
        return;
    }
    if (runtime_is_single_threaded()) {
        heap_lock();
        segment_give_lock_held(page);
        heap_unlock();
        return;
    }
    uint64_t goal = qsbr_advance();
    heap_lock();
    pending_push_lock_held(page, goal);
    bool hurry = pages.pending_pages > CACHED_PAGES_LEAST;
    heap_unlock();
    if (hurry) {
        qsbr_hurry();
    }
}

static int
segments_walk(HeapSegment *segment, int (*visit)(HeapPage *page, void *arg), void *arg)
{
    while (segment != NULL) {
        HeapSegment *next = segment->next;
        size_t last = segment->huge ? HEAP_META_PAGES + 1 : HEAP_PAGES_PER_SEGMENT;
        for (size_t i = HEAP_META_PAGES; i < last; i++) {
            HeapPage *page = segment_page(segment, i);
            uint8_t state = atomic_load_relaxed_u8(&page->state);
            if (state == HEAP_PAGE_SMALL || state == HEAP_PAGE_RUN) {
                int result = visit(page, arg);
                if (result != 0) {
                    return result;
                }
            }
        }
        segment = next;
    }
    return 0;
}

int
pages_walk(int (*visit)(HeapPage *page, void *arg), void *arg)
{
    heap_lock();
    HeapSegment *open = pages.open;
    HeapSegment *full = pages.full;
    heap_unlock();
    int result = segments_walk(full, visit, arg);
    return result != 0 ? result : segments_walk(open, visit, arg);
}

void
pages_trim(void)
{
    HeapSegment *unmap = NULL;
    heap_lock();
    pending_release_lock_held(&unmap);
    size_t keep = pages.used_pages / 8;
    for (HeapSegment *segment = pages.open; segment != NULL; segment = segment->next) {
        for (size_t i = HEAP_META_PAGES; i < HEAP_PAGES_PER_SEGMENT; i++) {
            HeapPage *page = segment_page(segment, i);
            if (pages.cached_pages > keep && page->state == HEAP_PAGE_FREE && page->used != 0 &&
                !segment_bit(segment, i)) {
                os_memory_discard(page_memory(page), HEAP_PAGE_SIZE);
                page->used = 0;
                pages.cached_pages--;
            }
        }
    }
    heap_unlock();
    unmap_segments(unmap);
}

void
pages_statistics(HeapStatistics *result)
{
    heap_lock();
    for (int list = 0; list < 2; list++) {
        HeapSegment *segment = *segment_list(list != 0);
        for (; segment != NULL; segment = segment->next) {
            result->segments++;
            result->mapped += segment->size;
        }
    }
    result->pages_used = pages.used_pages;
    result->pages_cached = pages.cached_pages;
    heap_unlock();
}
