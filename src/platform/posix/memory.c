// Virtual memory with mmap. See platform/memory.h. No state.
#include "platform/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

size_t
os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void *
map_anonymous(size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

void *
os_memory_map(size_t size, size_t alignment)
{
    char *base = map_anonymous(size);
    if (base == NULL || ((uintptr_t)base & (alignment - 1)) == 0) {
        return base;
    }
    // Not aligned by luck: map more, and give the ends back.
    munmap(base, size);
    if (size > SIZE_MAX - alignment) {
        return NULL;
    }
    base = map_anonymous(size + alignment);
    if (base == NULL) {
        return NULL;
    }
    size_t lead = (alignment - ((uintptr_t)base & (alignment - 1))) & (alignment - 1);
    if (lead != 0) {
        munmap(base, lead);
    }
    munmap(base + lead + size, alignment - lead);
    return base + lead;
}

void
os_memory_unmap(void *base, size_t size)
{
    munmap(base, size);
}

void
os_memory_discard(void *base, size_t size)
{
    madvise(base, size, MADV_DONTNEED);
}

int
os_memory_protect(void *base, size_t size)
{
    return mprotect(base, size, PROT_NONE);
}
