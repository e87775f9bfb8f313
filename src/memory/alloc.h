// Buffers: memory that is not an object (arrays of lists, tables of dicts, C structures).
//
// mem_alloc and friends return NULL without an exception when memory is out or the size exceeds
// PY_SSIZE_T_MAX; the _or_error forms set MemoryError. Size 0 gives a pointer that can be freed.
// mem_free(NULL) does nothing.
//
// Arrays that other threads may still be reading are freed with qsbr_free_delayed
// (memory/qsbr.h), and so never moved by mem_realloc.
//
// Test hook: mem_fail_after(n) makes the n-th allocation from now (buffers and objects) fail, and
// all later ones too if `forever`, so that every out-of-memory path can be run.
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

// n < 0 turns failures off. n == 0: the next allocation.
void mem_fail_after(int64_t n, bool forever);

// Whether the allocation that is about to happen must fail; used by the allocators.
extern ssize_t mem_fail_countdown;  // atomic: -1 off
bool mem_should_fail_slow(void);
static inline bool
mem_should_fail(void)
{
    return __builtin_expect(atomic_load_relaxed_ssize(&mem_fail_countdown) >= 0, 0) &&
           mem_should_fail_slow();
}

#endif
