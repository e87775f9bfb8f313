// Threads that run Python code: starting and ending them, and what other threads ask of them.
//
// Threading: stated at each function.
#ifndef TYPHON_RUNTIME_THREADS_H
#define TYPHON_RUNTIME_THREADS_H

#include <stdbool.h>

#include "abi/object.h"
#include "thread/thread.h"

// Sets the hooks for thread states (released objects, asynchronous exceptions, pending calls).
// Before the first thread state.
void python_threads_init(void);

// Starts a thread that calls body(arg) while attached, and then finished(arg) after its state is
// gone (it may signal, but not touch objects). 0 and *ident, or -1 with an exception
// (RuntimeError "can't start new thread", MemoryError, PythonFinalizationError); then neither
// was or will be called.
int python_thread_start(void (*body)(void *arg), void (*finished)(void *arg), void *arg,
                        unsigned long *ident);

// Stack size of new threads in bytes, 0 the system's default; atomic.
size_t python_thread_stack_size(void);
void python_thread_set_stack_size(size_t size);

// Number of threads that python_thread_start has started and that still run.
Py_ssize_t python_thread_count(void);

// A function that a module wants called, attached, when a thread state ends. A few at most.
void python_thread_at_exit(void (*function)(Thread *ts));

// Raises exc in another thread as soon as it comes to a safepoint; exc NULL takes a pending one
// back. The number of threads that were changed: 0 or 1.
int python_thread_set_async_exc(unsigned long ident, PyObject *exc);

// Has the main thread of the program call function(arg) at a safepoint. 0, or -1 when too many
// calls are pending. Any thread, also unattached ones.
int python_pending_call_add(int (*function)(void *), void *arg);

#endif
