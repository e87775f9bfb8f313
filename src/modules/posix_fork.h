// Forking a process that has threads.
//
// Around fork(2) the world is stopped, so that no thread that vanishes in the child is in the
// middle of an operation of the runtime. Locks of the *program* (threading.Lock, locks inside C
// libraries) that other threads hold stay held in the child for ever: hence the DeprecationWarning
// of posix_fork_warn. Only what is async-signal-safe, or is prepared by hooks, is sure to work.
//
// Threading: the forking thread is attached. Between posix_fork_before and its counterpart it must
// neither run Python code nor wait.
#ifndef TYPHON_MODULES_POSIX_FORK_H
#define TYPHON_MODULES_POSIX_FORK_H

#include "abi/object.h"

// Runs the hooks of os.register_at_fork (errors are reported), takes the import lock, stops the world.
void posix_fork_before(void);

// In the parent, also when fork failed / in the child: undoes that and runs the hooks. errno is kept.
void posix_fork_parent(void);
void posix_fork_child(void);

// DeprecationWarning when the process has other threads; in the parent. 0, or -1 when the warning
// became an exception.
int posix_fork_warn(const char *function);

// False with PythonFinalizationError when the interpreter is ending.
int posix_fork_allowed(void);

#endif
