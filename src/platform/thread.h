// Threads of the operating system.
#ifndef TYPHON_PLATFORM_THREAD_H
#define TYPHON_PLATFORM_THREAD_H

#include <stddef.h>

// Starts a detached thread that runs main(arg). stack_size 0: the system's default.
// 0 and *ident set, or an errno value.
int os_thread_start(void (*main)(void *), void *arg, size_t stack_size, unsigned long *ident);

// Identity of the calling thread, as threading.get_ident() shows it. Not 0.
unsigned long os_thread_ident(void);

// Kernel's number of the calling thread, as threading.get_native_id() shows it.
unsigned long os_thread_native_id(void);

// Names the calling thread for tools; longer names are cut at a character boundary.
void os_thread_set_name(const char *name);

// Name of the calling thread, at most size bytes with the NUL.
void os_thread_get_name(char *buffer, size_t size);

// Lowest and highest address of the calling thread's C stack. The lowest may lie below what is
// usable when the system limits growth; it is never above.
void os_thread_stack_bounds(char **lowest, char **highest);

// Smallest stack size that os_thread_start takes.
size_t os_thread_min_stack(void);

// Lets another thread run.
void os_thread_yield(void);

// Number of CPUs that the process may use; at least 1.
int os_cpu_count(void);

#endif
