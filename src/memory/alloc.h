// Buffers: memory that is not an object (arrays of lists, tables of dicts, C structures).
//
// mem_alloc and friends return NULL without an exception when memory is out or the size exceeds
// PY_SSIZE_T_MAX; the _or_error forms set MemoryError. Size 0 gives a pointer that can be freed.
// mem_free(NULL) does nothing.
//
// Arrays that other threads may still be reading are freed with qsbr_free_delayed
// (memory/qsbr.h), and so never moved by mem_realloc.
//
// Test hook: mem_fail_between makes allocations of this thread fail (buffers and objects), so that
// every out-of-memory path can be run. Other threads are left alone. Builds whose objects come
// from an inline fast path (no assertions, no AddressSanitizer: HEAP_CHECKED in memory/heap.h)
// count only buffers and the objects that the fast path has no slot for.
//
// Threading: any thread, attached or not.
#ifndef TYPHON_MEMORY_ALLOC_H
#define TYPHON_MEMORY_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"

void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *p, size_t size);
void mem_free(void *p);

// count * size with a check for overflow.
void *mem_alloc_array(size_t count, size_t size);
void *mem_realloc_array(void *p, size_t count, size_t size);

// The same with MemoryError set on failure.
void *mem_alloc_or_error(size_t size);
void *mem_calloc_or_error(size_t count, size_t size);

// Copy of a C string, NULL when out of memory.
char *mem_strdup(const char *text);

// Usable size of a block, at least what was asked for.
size_t mem_usable_size(void *p);

// Of the allocations of this thread from now on, those numbered start + 1 to stop fail; all after
// start when stop is 0. Replaces an earlier call.
void mem_fail_between(uint64_t start, uint64_t stop);

// Ends it; harmless when nothing was asked for. Result: allocations since.
uint64_t mem_fail_remove(void);

// Buffers that are in use. Counted only where mem_buffers_counted is true; 0 otherwise.
extern const bool mem_buffers_counted;
ssize_t mem_buffers_in_use(void);

// Whether the allocation that is about to happen must fail; used by the allocators.
extern int mem_fail_threads;    // atomic: threads for which mem_fail_between is in force
bool mem_should_fail_slow(void);
static inline bool
mem_should_fail(void)
{
    return __builtin_expect(atomic_load_relaxed_int(&mem_fail_threads) != 0, 0) &&
           mem_should_fail_slow();
}

#endif
