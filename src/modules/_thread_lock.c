// _thread.lock and _thread.RLock.
//
// Threading: the mutexes do it all; waiting threads are detached, and handle signals when they are
// the main thread.
#include <math.h>
#include <stddef.h>

#include "memory/heap.h"
#include "modules/_thread_types.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "platform/thread.h"
#include "platform/time.h"
#include "thread/runtime.h"

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    PyObject *weakrefs;         // lock: that of weak references
} LockObject;

typedef struct {
    PyObject ob_base;
    RecursiveMutex mutex;
    PyObject *weakrefs;         // lock: that of weak references
} RLockObject;

// ---- waiting ----

int
thread_timeout_ns(PyObject *timeout, int64_t *ns)
{
    double seconds;
    if (float_check(timeout)) {
        seconds = float_as_double(timeout);
        if (isnan(seconds)) {
            error_set(PyExc_ValueError, "Invalid value NaN (not a number)");
            return -1;
        }
    }
    else {
        PyObject *index = number_index(timeout);
        if (index == NULL) {
            return -1;
        }
        seconds = float_as_double(index);
        decref(index);
        if (seconds == -1.0 && error_occurred()) {
            return -1;
        }
    }
    double exact = ceil(seconds * 1e9);
    if (exact >= 9223372036854775808.0 || exact < -9223372036854775808.0) {
        error_set(PyExc_OverflowError, "timestamp out of range for platform time_t");
        return -1;
    }
    *ns = (int64_t)exact;
    return 0;
}

// The arguments of acquire(): a wait in nanoseconds (-1 for ever, 0 not at all). 0 or -1.
static int
acquire_arguments(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, int64_t *wait)
{
    static const char *const keywords[] = {"blocking", "timeout", NULL};
    static ArgsParser parser = {.format = "|pO:acquire", .keywords = keywords};
    int blocking = 1;
    PyObject *timeout = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &blocking, &timeout)) {
        return -1;
    }
    *wait = -1000000000;
    if (timeout != NULL && thread_timeout_ns(timeout, wait) < 0) {
        return -1;
    }
    bool forever = *wait == -1000000000;
    if (!blocking && !forever) {
        error_set(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
        return -1;
    }
    if (*wait < 0 && !forever) {
        error_set(PyExc_ValueError, "timeout value must be a non-negative number");
        return -1;
    }
    if (!blocking) {
        *wait = 0;
    }
    else if (forever) {
        *wait = -1;
    }
    return 0;
}

// Calls lock(m, timeout, flags) until it succeeds or times out; signals are handled in between.
// 1, 0, or -1 with the exception of a handler.
static int
acquire(void *m, LockStatus (*lock)(void *m, int64_t timeout, int flags), int64_t wait)
{
    int64_t deadline = wait > 0 ? os_time_monotonic() : 0;
    if (wait > 0) {
        deadline = wait > INT64_MAX - deadline ? INT64_MAX : deadline + wait;
    }
    for (;;) {
        LockStatus status = lock(m, wait, LOCK_DETACH | LOCK_SIGNALS);
        if (status != LOCK_INTERRUPTED) {
            return status == LOCK_ACQUIRED;
        }
        if (thread_handle_breaks(thread_current()) < 0) {
            return -1;
        }
        if (wait > 0) {
            wait = deadline - os_time_monotonic();
            if (wait < 0) {
                wait = 0;
            }
        }
    }
}

static LockStatus
lock_plain(void *m, int64_t timeout, int flags)
{
    return mutex_lock_timed(m, timeout, flags);
}

static LockStatus
lock_recursive(void *m, int64_t timeout, int flags)
{
    return recursive_mutex_lock_timed(m, timeout, flags);
}

static PyObject *
acquire_result(int result)
{
    return result < 0 ? NULL : bool_from_int(result);
}

// ---- lock ----

static PyObject *
lock_alloc(PyTypeObject *type)
{
    return type->tp_alloc(type, 0);
}

PyObject *
thread_lock_new(void)
{
    return lock_alloc(&thread_lock_type);
}

static PyObject *
lock_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("lock", kwargs) || !args_unpack_tuple(args, "lock", 0, 0)) {
        return NULL;
    }
    return lock_alloc(type);
}

static void
lock_dealloc(PyObject *op)
{
    if (((LockObject *)op)->weakrefs != NULL) {
        weakref_clear_all(op);
    }
    type_of(op)->tp_free(op);
}

static PyObject *
lock_acquire(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int64_t wait;
    if (acquire_arguments(args, nargs, kwnames, &wait) < 0) {
        return NULL;
    }
    return acquire_result(acquire(&((LockObject *)op)->mutex, lock_plain, wait));
}

static PyObject *
lock_release(PyObject *op, PyObject *unused)
{
    if (!mutex_try_unlock(&((LockObject *)op)->mutex)) {
        return error_set(PyExc_RuntimeError, "release unlocked lock");
    }
    return Py_None;
}

static PyObject *
lock_enter(PyObject *op, PyObject *unused)
{
    return acquire_result(acquire(&((LockObject *)op)->mutex, lock_plain, -1));
}

static PyObject *
lock_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return lock_release(op, NULL);
}

static PyObject *
lock_locked(PyObject *op, PyObject *unused)
{
    return bool_from_int(mutex_is_locked(&((LockObject *)op)->mutex));
}

static PyObject *
lock_at_fork_reinit(PyObject *op, PyObject *unused)
{
    mutex_reset_after_fork(&((LockObject *)op)->mutex);
    return Py_None;
}

static PyObject *
lock_repr(PyObject *op)
{
    return str_format("<%s %s object at %p>",
                      mutex_is_locked(&((LockObject *)op)->mutex) ? "locked" : "unlocked",
                      type_of(op)->tp_name, (void *)op);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function)

static const char acquire_doc[] =
    "acquire($self, /, blocking=True, timeout=-1)\n--\n\nLock the lock; True when it was acquired.";

static PyMethodDef lock_methods[] = {
    {"acquire", FAST(lock_acquire), METH_FASTCALL | METH_KEYWORDS, acquire_doc},
    {"acquire_lock", FAST(lock_acquire), METH_FASTCALL | METH_KEYWORDS,
     "acquire_lock($self, /, blocking=True, timeout=-1)\n--\n\nAn obsolete synonym of acquire()."},
    {"release", lock_release, METH_NOARGS, "release($self, /)\n--\n\nRelease the lock."},
    {"release_lock", lock_release, METH_NOARGS,
     "release_lock($self, /)\n--\n\nAn obsolete synonym of release()."},
    {"locked", lock_locked, METH_NOARGS,
     "locked($self, /)\n--\n\nReturn whether the lock is in the locked state."},
    {"locked_lock", lock_locked, METH_NOARGS,
     "locked_lock($self, /)\n--\n\nAn obsolete synonym of locked()."},
    {"__enter__", lock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nLock the lock."},
    {"__exit__", FAST(lock_exit), METH_FASTCALL,
     "__exit__($self, /, *exc_info)\n--\n\nRelease the lock."},
    {"_at_fork_reinit", lock_at_fork_reinit, METH_NOARGS, "_at_fork_reinit($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject thread_lock_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_thread.lock",
    .tp_doc = "lock()\n--\n\nA lock that is not owned by a thread: one may release what another "
              "has acquired.",
    .tp_basicsize = sizeof(LockObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_weaklistoffset = offsetof(LockObject, weakrefs),
    .tp_new = lock_tp_new,
    .tp_dealloc = lock_dealloc,
    .tp_repr = lock_repr,
    .tp_methods = lock_methods,
};

// ---- RLock ----

static PyObject *
rlock_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return lock_alloc(type);
}

static void
rlock_dealloc(PyObject *op)
{
    if (((RLockObject *)op)->weakrefs != NULL) {
        weakref_clear_all(op);
    }
    type_of(op)->tp_free(op);
}

static PyObject *
rlock_acquire(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int64_t wait;
    if (acquire_arguments(args, nargs, kwnames, &wait) < 0) {
        return NULL;
    }
    return acquire_result(acquire(&((RLockObject *)op)->mutex, lock_recursive, wait));
}

static PyObject *
rlock_release(PyObject *op, PyObject *unused)
{
    if (!recursive_mutex_try_unlock(&((RLockObject *)op)->mutex)) {
        return error_set(PyExc_RuntimeError, "cannot release un-acquired lock");
    }
    return Py_None;
}

static PyObject *
rlock_enter(PyObject *op, PyObject *unused)
{
    return acquire_result(acquire(&((RLockObject *)op)->mutex, lock_recursive, -1));
}

static PyObject *
rlock_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return rlock_release(op, NULL);
}

static PyObject *
rlock_locked(PyObject *op, PyObject *unused)
{
    return bool_from_int(mutex_is_locked(&((RLockObject *)op)->mutex.mutex));
}

static PyObject *
rlock_is_owned(PyObject *op, PyObject *unused)
{
    return bool_from_int(recursive_mutex_is_owned(&((RLockObject *)op)->mutex));
}

static size_t
rlock_count(RecursiveMutex *m)
{
    return recursive_mutex_is_owned(m) ? m->level + 1 : 0;
}

static PyObject *
rlock_recursion_count(PyObject *op, PyObject *unused)
{
    return int_from_size(rlock_count(&((RLockObject *)op)->mutex));
}

static PyObject *
rlock_acquire_restore(PyObject *op, PyObject *arg)
{
    Py_ssize_t count;
    unsigned long owner;
    if (!args_parse(arg, "(nk):_acquire_restore", &count, &owner)) {
        return NULL;
    }
    RecursiveMutex *m = &((RLockObject *)op)->mutex;
    recursive_mutex_lock(m);
    m->level = count > 0 ? (size_t)count - 1 : 0;
    atomic_store_relaxed_u64(&m->owner, owner);
    return Py_None;
}

static PyObject *
rlock_release_save(PyObject *op, PyObject *unused)
{
    RecursiveMutex *m = &((RLockObject *)op)->mutex;
    if (!recursive_mutex_is_owned(m)) {
        return error_set(PyExc_RuntimeError, "cannot release un-acquired lock");
    }
    PyObject *result =
        value_build("(nk)", (Py_ssize_t)m->level + 1, (unsigned long)os_thread_ident());
    if (result != NULL) {
        m->level = 0;
        recursive_mutex_try_unlock(m);
    }
    return result;
}

static PyObject *
rlock_at_fork_reinit(PyObject *op, PyObject *unused)
{
    ((RLockObject *)op)->mutex = (RecursiveMutex){0};
    return Py_None;
}

static PyObject *
rlock_repr(PyObject *op)
{
    RecursiveMutex *m = &((RLockObject *)op)->mutex;
    bool locked = mutex_is_locked(&m->mutex);
    return str_format("<%s %s object owner=%lu count=%zu at %p>", locked ? "locked" : "unlocked",
                      type_of(op)->tp_name, (unsigned long)atomic_load_relaxed_u64(&m->owner),
                      locked ? m->level + 1 : (size_t)0, (void *)op);
}

static PyMethodDef rlock_methods[] = {
    {"acquire", FAST(rlock_acquire), METH_FASTCALL | METH_KEYWORDS, acquire_doc},
    {"release", rlock_release, METH_NOARGS, "release($self, /)\n--\n\nRelease the lock."},
    {"locked", rlock_locked, METH_NOARGS,
     "locked($self, /)\n--\n\nReturn a boolean indicating whether this object is locked right now."},
    {"_is_owned", rlock_is_owned, METH_NOARGS,
     "_is_owned($self, /)\n--\n\nFor internal use by `threading.Condition`."},
    {"_acquire_restore", rlock_acquire_restore, METH_VARARGS,
     "_acquire_restore($self, state, /)\n--\n\nFor internal use by `threading.Condition`."},
    {"_release_save", rlock_release_save, METH_NOARGS,
     "_release_save($self, /)\n--\n\nFor internal use by `threading.Condition`."},
    {"_recursion_count", rlock_recursion_count, METH_NOARGS,
     "_recursion_count($self, /)\n--\n\nFor internal use by reentrancy checks."},
    {"__enter__", rlock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nLock the lock."},
    {"__exit__", FAST(rlock_exit), METH_FASTCALL,
     "__exit__($self, /, *exc_info)\n--\n\nRelease the lock."},
    {"_at_fork_reinit", rlock_at_fork_reinit, METH_NOARGS, "_at_fork_reinit($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject thread_rlock_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_thread.RLock",
    .tp_basicsize = sizeof(RLockObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_weaklistoffset = offsetof(RLockObject, weakrefs),
    .tp_new = rlock_tp_new,
    .tp_dealloc = rlock_dealloc,
    .tp_repr = rlock_repr,
    .tp_methods = rlock_methods,
};
