// The import lock of `_imp`: one recursive lock of the process, taken around changes of importlib's
// table of module locks, and around fork.
#include "runtime/runtime.h"
#include "thread/mutex.h"

static RecursiveMutex import_lock;

bool
runtime_import_lock_held(void)
{
    return recursive_mutex_is_owned(&import_lock);
}

void
runtime_import_lock_acquire(void)
{
    recursive_mutex_lock(&import_lock);
}

bool
runtime_import_lock_release(void)
{
    return recursive_mutex_try_unlock(&import_lock);
}

// The child's only thread has the lock, which was taken for the fork: others that waited are gone.
void
runtime_import_lock_after_fork(void)
{
    if (import_lock.level > 0) {
        import_lock.level--;
    }
    else {
        import_lock = (RecursiveMutex){0};
    }
}
