// Start, run and stop of the runtime.
//
//   config_parse -> runtime_start -> runtime_run -> runtime_stop
//
// Threading: start and stop happen on the main thread; the rest is called from attached threads.
#ifndef TYPHON_RUNTIME_RUNTIME_H
#define TYPHON_RUNTIME_RUNTIME_H

#include <stdbool.h>

#include "runtime/config.h"

// Creates the main interpreter and its thread, types, builtins, sys, importlib, encodings,
// standard streams and (unless -S) runs site. 0; -1 after printing what went wrong.
int runtime_start(const Config *config);

// The part of runtime_start that needs no Python code of the library: for the freeze program.
int runtime_start_core(const Config *config);

// Makes the module __main__ that the program will run in. 0 or -1.
int runtime_start_main(void);

// Runs what the configuration asks for: exit status of the process, or STATUS_INTERRUPTED when
// KeyboardInterrupt ended it.
#define STATUS_INTERRUPTED (128 + 2 + 1000)
int runtime_run(void);

// Shuts down: threading._shutdown, atexit, modules, collector, streams. Returns the exit status
// to use instead of `status` (120 when flushing stdout failed).
int runtime_stop(int status);

// What runtime_start was given.
const Config *runtime_config(void);

bool runtime_is_finalizing(void);

// The import lock of `_imp`: recursive, owned by a thread.
void runtime_import_lock_acquire(void);
bool runtime_import_lock_release(void);     // false: the caller does not hold it
bool runtime_import_lock_held(void);
void runtime_import_lock_after_fork(void);

#endif
