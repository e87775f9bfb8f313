// Entropy with getrandom, or /dev/urandom on kernels without it. See platform/random.h. No state.
#include "platform/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/random.h>
#include <unistd.h>

#include "platform/time.h"

static int
random_from_device(char *buffer, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    int result = 0;
    while (size > 0) {
        ssize_t n = read(fd, buffer, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            result = -1;
            break;
        }
        buffer += n;
        size -= (size_t)n;
    }
    close(fd);
    return result;
}

int
os_random(void *buffer, size_t size, int blocking)
{
    char *out = buffer;
    while (size > 0) {
        ssize_t n = getrandom(out, size, blocking ? 0 : GRND_NONBLOCK);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno == ENOSYS ? random_from_device(out, size) : -1;
        }
        out += n;
        size -= (size_t)n;
    }
    return 0;
}

void
os_random_bytes(void *buffer, size_t size)
{
    if (os_random(buffer, size, 0) == 0) {
        return;
    }
    uint64_t x = (uint64_t)os_time_monotonic() ^ (uint64_t)os_time_wall() << 20 ^
                 (uint64_t)(uintptr_t)&x ^ (uint64_t)getpid() << 40;
    unsigned char *out = buffer;
    for (size_t i = 0; i < size; i++) {
        // splitmix64
        uint64_t z = x += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        out[i] = (unsigned char)(z >> 56);
    }
}
