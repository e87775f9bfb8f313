// Types of the _thread module that have files of their own. Only for modules/_thread*.c.
#ifndef TYPHON_MODULES_THREAD_TYPES_H
#define TYPHON_MODULES_THREAD_TYPES_H

#include <stdint.h>

#include "abi/object.h"
#include "thread/mutex.h"

extern PyTypeObject thread_lock_type;       // _thread_lock.c
extern PyTypeObject thread_rlock_type;      // _thread_lock.c
extern PyTypeObject thread_local_type;      // _thread_local.c

PyObject *thread_lock_new(void);

// Sets the function that releases a thread's values of all locals when the thread ends.
void thread_local_init(void);

// timeout in seconds as a Python number to nanoseconds, rounded up; negative ones are kept
// negative. 0 or -1 (TypeError, OverflowError, ValueError for NaN).
int thread_timeout_ns(PyObject *timeout, int64_t *ns);

#define THREAD_TIMEOUT_MAX 9223372036.0

#endif
