// The interactive session.
#ifndef TYPHON_RUNTIME_REPL_H
#define TYPHON_RUNTIME_REPL_H

#include <stdbool.h>

#include "abi/object.h"

// Runs statements from stdin in the namespace until its end or SystemExit: exit status. With
// `greet` the banner is printed (unless -q) and PYTHONSTARTUP runs. namespace NULL: an exception
// is set; it is reported.
int repl_run(PyObject *namespace, bool greet);

// The plain loop (sys._baserepl): 0, or -1 with SystemExit.
int repl_run_basic(PyObject *namespace);

#endif
