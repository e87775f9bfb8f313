// Writing the Python stack of threads from places where nothing may be trusted: signal handlers, a
// watchdog thread, a crashed process.
//
// Everything is async-signal-safe: no locks, no allocation, no objects touched. Memory is read through
// the kernel, which refuses bad addresses, so that a half-changed or freed frame ends a listing instead
// of the process.
#ifndef TYPHON_MODULES_FAULTHANDLER_DUMP_H
#define TYPHON_MODULES_FAULTHANDLER_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "thread/thread.h"

void dump_text(int fd, const char *text);
void dump_decimal(int fd, unsigned long value);
void dump_hexadecimal(int fd, unsigned long value, int width);

// "Stack (most recent call first):" and the frames of ts.
void dump_stack(int fd, Thread *ts);

// All threads of interp; `current` (may be NULL) is marked as such. Newest first.
void dump_threads(int fd, Interpreter *interp, Thread *current);

// The calling thread's stack of C functions.
void dump_c_stack(int fd);

// Loads what dump_c_stack needs; not from a signal handler.
void dump_c_stack_prepare(void);

#endif
