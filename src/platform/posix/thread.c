// Threads with pthreads. See platform/thread.h. No state.
#include "platform/thread.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// What an unlimited stack counts as: enough for deep recursion, little enough to be mapped.
#define STACK_UNLIMITED ((size_t)256 << 20)

typedef struct Start {
    void (*main)(void *);
    void *arg;
} Start;

static void *
thread_trampoline(void *p)
{
    Start start = *(Start *)p;
    free(p);
    start.main(start.arg);
    return NULL;
}

static int
thread_create(pthread_attr_t *attr, size_t stack_size, Start *start, unsigned long *ident)
{
    int error = pthread_attr_setdetachstate(attr, PTHREAD_CREATE_DETACHED);
    if (error == 0 && stack_size != 0) {
        error = pthread_attr_setstacksize(attr, stack_size);
    }
    pthread_t thread;
    if (error == 0) {
        error = pthread_create(&thread, attr, thread_trampoline, start);
    }
    if (error == 0) {
        *ident = (unsigned long)thread;
    }
    return error;
}

int
os_thread_start(void (*main)(void *), void *arg, size_t stack_size, unsigned long *ident)
{
    Start *start = malloc(sizeof *start);
    if (start == NULL) {
        return ENOMEM;
    }
    start->main = main;
    start->arg = arg;
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);
    if (error == 0) {
        error = thread_create(&attr, stack_size, start, ident);
        pthread_attr_destroy(&attr);
    }
    if (error != 0) {
        free(start);
    }
    return error;
}

unsigned long
os_thread_ident(void)
{
    return (unsigned long)pthread_self();
}

unsigned long
os_thread_native_id(void)
{
    return (unsigned long)syscall(SYS_gettid);
}

void
os_thread_set_name(const char *name)
{
    char cut[16];
    size_t length = strlen(name);
    if (length > sizeof cut - 1) {
        length = sizeof cut - 1;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(cut, name, length);
    cut[length] = '\0';
    pthread_setname_np(pthread_self(), cut);
}

void
os_thread_get_name(char *buffer, size_t size)
{
    if (pthread_getname_np(pthread_self(), buffer, size) != 0 && size > 0) {
        buffer[0] = '\0';
    }
}

void
os_thread_stack_bounds(char **lowest, char **highest)
{
    char *top = (char *)__builtin_frame_address(0) + 4096;
    size_t size = (size_t)1 << 20;
    pthread_attr_t attr;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        void *base = NULL;
        size_t guard = 0;
        pthread_attr_getstack(&attr, &base, &size);
        pthread_attr_getguardsize(&attr, &guard);
        pthread_attr_destroy(&attr);
        top = (char *)base + size;
        *lowest = (char *)base + guard;
    }
    else {
        *lowest = top - size;
    }
    // The main thread's stack grows up to the limit of the process, which may be "none".
    struct rlimit limit;
    if (getpid() == (pid_t)syscall(SYS_gettid) && getrlimit(RLIMIT_STACK, &limit) == 0) {
        size_t most = limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > STACK_UNLIMITED
                          ? STACK_UNLIMITED
                          : (size_t)limit.rlim_cur;
        *lowest = top - most;
    }
    *highest = top;
}

size_t
os_thread_min_stack(void)
{
    long size = sysconf(_SC_THREAD_STACK_MIN);
    return size > 0 ? (size_t)size : 16384;
}

void
os_thread_yield(void)
{
    sched_yield();
}

int
os_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        return count > 0 ? count : 1;
    }
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}
