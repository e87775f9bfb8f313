// Printing of exceptions that nobody caught.
//
// sys.excepthook and sys.unraisablehook end here. The text is made by the library's traceback
// module; where that cannot be imported (start-up, shutdown, broken installation) a plain printer
// in C writes the chain of exceptions with "File …, line …" entries.
//
// Threading: called by attached threads; output goes to sys.stderr, or C stderr when that is
// missing.
#ifndef TYPHON_RUNTIME_PRINT_ERROR_H
#define TYPHON_RUNTIME_PRINT_ERROR_H

#include <stdbool.h>

#include "abi/object.h"
#include "runtime/runtime.h"

// Installs hooks.unraisable and sys.UnraisableHookArgs; called when builtins are made. 0 or -1.
int print_error_init(void);

// Reports the current exception through sys.excepthook and clears it; sets sys.last_exc,
// last_type, last_value, last_traceback when set_last is true. A hook that fails is reported
// ("Error in sys.excepthook:" … "Original exception was:"). SystemExit is treated as any other:
// see print_error_status.
void print_error(bool set_last);

// End of the program by the current exception: SystemExit gives its status (and prints a message
// to stderr when its code is no number), KeyboardInterrupt is reported and gives STATUS_INTERRUPTED, everything
// else is reported and gives 1. Clears the exception.
int print_error_status(void);

// What sys.excepthook(type, value, traceback) does; traceback may be None. file: where to write when
// sys.stderr is None, or NULL. Never fails.
void print_exception_triple(PyObject *file, PyObject *value, PyObject *traceback);

// What sys.unraisablehook does; any argument may be None. Never fails.
void print_unraisable(PyObject *type, PyObject *value, PyObject *traceback, PyObject *message,
                      PyObject *subject);

#endif
