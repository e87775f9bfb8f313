// Entropy of the operating system.
#ifndef TYPHON_PLATFORM_RANDOM_H
#define TYPHON_PLATFORM_RANDOM_H

#include <stddef.h>

// Fills the buffer with random bytes. 0, or -1 with errno set. With blocking 0 the call never
// waits for the system's pool to be initialised (EAGAIN instead).
int os_random(void *buffer, size_t size, int blocking);

// The same for start-up: waits for nothing, and when the system has no entropy yet uses what
// differs between processes (clocks, addresses).
void os_random_bytes(void *buffer, size_t size);

#endif
