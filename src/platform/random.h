// Entropy of the operating system.
#ifndef TYPHON_PLATFORM_RANDOM_H
#define TYPHON_PLATFORM_RANDOM_H

#include <stddef.h>

// Fills the buffer with random bytes. 0, or -1 with errno set. With blocking 0 the call never
// waits for the system's pool to be initialised (EAGAIN instead).
int os_random(void *buffer, size_t size, int blocking);

#endif
