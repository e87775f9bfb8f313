// Virtual memory of the operating system.
//
// Threading: all functions may be called by any thread.
#ifndef TYPHON_PLATFORM_MEMORY_H
#define TYPHON_PLATFORM_MEMORY_H

#include <stddef.h>

// Size of the pages that the system maps.
size_t os_page_size(void);

// Maps size bytes of zeroed, readable and writable memory at a multiple of alignment (a power
// of two >= the page size). Memory is taken from the system as it is touched. NULL on failure.
void *os_memory_map(size_t size, size_t alignment);

// Gives the whole mapping back.
void os_memory_unmap(void *base, size_t size);

// Gives the content back; the range stays mapped and reads as zeroes.
void os_memory_discard(void *base, size_t size);

// Lets constant data of the program out of memory; it is mapped again when it is needed. What lies
// shortly before it may go too, since a fault brings in what is around, but nothing before `floor`.
void os_memory_evict(const void *floor, const void *data, size_t size);

// Makes a range inaccessible: a guard. 0 or -1.
int os_memory_protect(void *base, size_t size);

#endif
