// Virtual memory with mmap. See platform/memory.h. No state.
#include "platform/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sanitizers.h"

// How much of a file a fault maps at once, aligned to its size (Linux's fault_around_bytes).
#define FAULT_AROUND ((uintptr_t)64 * 1024)

size_t
os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void *
map_anonymous(size_t size)
{
    // Reserved: the system then refuses what it could never give, instead of killing the process
    // as it touches the memory.
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

static void *
map_aligned(size_t size, size_t alignment)
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

void *
os_memory_map(size_t size, size_t alignment)
{
    void *base = map_aligned(size, alignment);
    if (base != NULL) {
        __lsan_register_root_region(base, size);
    }
    return base;
}

void
os_memory_unmap(void *base, size_t size)
{
    __lsan_unregister_root_region(base, size);
    ASAN_UNPOISON_MEMORY_REGION(base, size);
    munmap(base, size);
}

void
os_memory_discard(void *base, size_t size)
{
    madvise(base, size, MADV_DONTNEED);
}

void
os_memory_evict(const void *floor, const void *data, size_t size)
{
    uintptr_t page = os_page_size();
    uintptr_t start = (uintptr_t)data & ~(FAULT_AROUND - 1);
    uintptr_t end = ((uintptr_t)data + size) & ~(page - 1);
    if (start < (uintptr_t)floor) {
        start = ((uintptr_t)floor + page - 1) & ~(page - 1);
    }
    if (end > start) {
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
}

int
os_memory_protect(void *base, size_t size)
{
    return mprotect(base, size, PROT_NONE);
}
