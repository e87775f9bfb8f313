// GMP ends the process when memory is out. What may need much of it asks here first.
#ifndef TYPHON_MEMORY_GMP_ROOM_H
#define TYPHON_MEMORY_GMP_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "memory/alloc.h"

// Below this many bytes nobody asks: then other allocations fail first.
#define GMP_ROOM_LEAST ((size_t)1 << 20)
// The result, the operands, and the work space of a multiplication by Fourier transform.
#define GMP_ROOM_FACTOR 6

// Whether a calculation whose result has so many bytes finds the memory it needs. No exception.
static inline bool
gmp_has_room(size_t bytes)
{
    if (bytes < GMP_ROOM_LEAST) {
        return true;
    }
    void *probe = mem_alloc_array(bytes, GMP_ROOM_FACTOR);
    mem_free(probe);
    return probe != NULL;
}

#endif
