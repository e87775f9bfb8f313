// Pages of the object heap: segments, runs of pages, reuse after a grace period. For heap.c only.
//
// Threading: every function takes the heap's lock itself, for a few hundred instructions at most.
#ifndef TYPHON_MEMORY_PAGES_H
#define TYPHON_MEMORY_PAGES_H

#include "memory/heap.h"

#define HEAP_META_PAGES 5       // page headers (1), young bits (4)
#define HEAP_RUN_MAX ((size_t)16 << 20)     // larger ones are mappings of their own

typedef struct HeapSegment {
    struct HeapSegment *next;       // lock: heap; list of all
    struct HeapSegment *prev;
    size_t size;                    // immutable: bytes mapped
    bool huge;                      // immutable: holds one object
    uint32_t free_pages;            // lock: heap
    uint64_t used[HEAP_PAGES_PER_SEGMENT / 64]; // lock: heap; a bit per page
} HeapSegment;

_Static_assert(sizeof(HeapSegment) <= HEAP_META_PAGES * sizeof(HeapPage),
               "it takes the place of the headers that pages of headers need not have");

static inline HeapSegment *
segment_of(const void *address)
{
    return (HeapSegment *)((uintptr_t)address & ~(HEAP_SEGMENT_SIZE - 1));
}

// Address of the memory of a page.
static inline char *
page_memory(HeapPage *page)
{
    char *segment = (char *)segment_of(page);
    return segment + (((uintptr_t)page - (uintptr_t)segment) / sizeof(HeapPage) << HEAP_PAGE_SHIFT);
}

// The page's bits for slots tracked since the last look, one per granule.
static inline uint8_t *
page_young_bits(HeapPage *page)
{
    char *segment = (char *)segment_of(page);
    size_t index = ((uintptr_t)page - (uintptr_t)segment) / sizeof(HeapPage);
    return (uint8_t *)segment + HEAP_PAGE_SIZE + index * HEAP_YOUNG_BYTES;
}

// A page or a run of pages in a segment for `size` bytes, or a mapping of its own; its header has
// state `state`, run_size, run_pages and huge set, young bits zeroed, and nothing else. NULL when
// memory is out.
HeapPage *pages_alloc(size_t size, uint8_t state);

// Gives a page or run back once no stale reader can see it.
void pages_free(HeapPage *page);

// Frees a huge run that pages_free left to whoever takes it off the list of young pages.
void pages_free_unlisted(HeapPage *page);

// Calls visit for every page in use, until it returns other than 0. The world is stopped, or the
// caller only reads headers. The lock is not held during calls.
int pages_walk(int (*visit)(HeapPage *page, void *arg), void *arg);

void pages_trim(void);
void pages_statistics(HeapStatistics *result);

#endif
