// Entropy with getrandom, or /dev/urandom on kernels without it. See platform/random.h. No state.
#include "platform/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

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
