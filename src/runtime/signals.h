// Signals: a C handler notes them, the main thread runs Python handlers at a safepoint.
//
// Threading: the notes are atomic; handlers (the table of Python callables) are changed and run
// by the main thread only, read by any thread under its critical section.
#ifndef TYPHON_RUNTIME_SIGNALS_H
#define TYPHON_RUNTIME_SIGNALS_H

#include <stdbool.h>

#include "abi/object.h"

// Ignores SIGPIPE and SIGXFSZ, imports `_signal` so that SIGINT raises KeyboardInterrupt.
int signals_start(void);

// Runs the Python handlers of signals that arrived (main thread; others do nothing): 0, or -1
// with the exception of a handler. Blocking calls use it after EINTR.
int signals_check(void);

// As if the signal had arrived; for _thread.interrupt_main. False for a bad number.
bool signals_trip(int number);

// Whether SIGINT ended the program: the process should die by the signal so that its parent sees.
void signals_die_by_interrupt(void);

void signals_after_fork(void);

#endif
