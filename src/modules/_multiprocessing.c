// Native module _multiprocessing: semaphores that processes share.
//
// Threading: `count` (how often this process holds it) and `owner` are atomic; they are meaningful only
// to the thread that owns a recursive lock. The kernel does the rest.
#include "modules/module.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <semaphore.h>
#include <time.h>

#include "abi/exceptions.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "modules/posix_internal.h"
#include "objects/bool.h"
#include "objects/dict.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/sys.h"

enum { KIND_RECURSIVE = 0, KIND_SEMAPHORE = 1 };

typedef struct {
    PyObject ob_base;
    sem_t *handle;              // immutable
    unsigned long owner;        // atomic: ident of the thread that acquired it last
    int count;                  // atomic
    int max;                    // immutable
    int kind;                   // immutable
    bool opened;                // immutable: this object closes the handle
    char *name;                 // immutable; NULL when there is none (any more)
} SemLock;

static SemLock *semlock(PyObject *op) { return (SemLock *)op; }
static int held(SemLock *self) { return atomic_load_int(&self->count); }

static bool
is_mine(SemLock *self)
{
    return held(self) > 0
           && atomic_load_relaxed_uptr(&self->owner) == thread_current()->ident;
}

static PyObject *
semlock_alloc(PyTypeObject *type, sem_t *handle, bool opened, int kind, int max, char *name)
{
    SemLock *self = (SemLock *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->handle = handle;
        self->opened = opened;
        self->kind = kind;
        self->max = max;
        self->name = name;
    }
    return (PyObject *)self;
}

static PyObject *
semlock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"kind", "value", "maxvalue", "name", "unlink", NULL};
    int kind, value, max, unlink;
    const char *name;
    if (!args_parse_static(args, kwargs, "iiisp:SemLock", keywords, &kind, &value, &max, &name,
                           &unlink)) {
        return NULL;
    }
    if (kind != KIND_RECURSIVE && kind != KIND_SEMAPHORE) {
        return error_set(PyExc_ValueError, "unrecognized kind");
    }
    // Unlinked at once, it has no name that others could use or remove.
    char *copy = unlink ? NULL : mem_strdup(name);
    if (copy == NULL && !unlink) {
        return error_no_memory();
    }
    sem_t *handle = sem_open(name, O_CREAT | O_EXCL, 0600, (unsigned)value);
    PyObject *self = NULL;
    if (handle == SEM_FAILED || (unlink && sem_unlink(name) < 0)) {
        error_set_errno(PyExc_OSError);
    }
    else {
        self = semlock_alloc(type, handle, true, kind, max, copy);
    }
    if (self == NULL) {
        if (handle != SEM_FAILED) {
            sem_close(handle);
        }
        mem_free(copy);
    }
    return self;
}

// The semaphore of another process, by its name.
static PyObject *
semlock_rebuild(PyObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *number;
    int kind, max;
    const char *name;
    if (!args_parse_stack(args, nargs, "Oiiz:_rebuild", &number, &kind, &max, &name)) {
        return NULL;
    }
    sem_t *handle = int_as_pointer(number);
    if (handle == NULL && error_occurred()) {
        return NULL;
    }
    char *copy = NULL;
    if (name != NULL) {
        copy = mem_strdup(name);
        if (copy == NULL) {
            return error_no_memory();
        }
        handle = sem_open(name, 0);
        if (handle == SEM_FAILED) {
            mem_free(copy);
            return error_set_errno(PyExc_OSError);
        }
    }
    PyObject *self = semlock_alloc((PyTypeObject *)type, handle, name != NULL, kind, max, copy);
    if (self == NULL && name != NULL) {
        sem_close(handle);
        mem_free(copy);
    }
    return self;
}

static void
semlock_dealloc(PyObject *op)
{
    SemLock *self = semlock(op);
    if (self->opened) {
        sem_close(self->handle);
    }
    mem_free(self->name);
    type_of(op)->tp_free(op);
}

// Waits until the deadline (NULL: for ever): 1, 0 when time is up, -1 with an exception.
static int
wait_until(SemLock *self, const struct timespec *deadline)
{
    for (;;) {
        int failed;
        POSIX_DETACHED(failed = deadline != NULL ? sem_timedwait(self->handle, deadline)
                                                 : sem_wait(self->handle));
        if (failed == 0) {
            return 1;
        }
        if (errno == EAGAIN || errno == ETIMEDOUT) {
            return 0;
        }
        if (errno != EINTR) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        if (signals_check() < 0) {
            return -1;
        }
    }
}

static int
deadline_argument(PyObject *timeout, struct timespec *deadline)
{
    double seconds = float_as_double(timeout);
    if (seconds == -1.0 && error_occurred()) {
        return -1;
    }
    seconds = seconds < 0.0 ? 0.0 : seconds;
    clock_gettime(CLOCK_REALTIME, deadline);
    double whole = floor(seconds);
    if (!(whole < 1e15)) {
        whole = 1e15;           // beyond any patience, and within time_t
    }
    deadline->tv_sec += (time_t)whole;
    deadline->tv_nsec += (long)((seconds - floor(seconds)) * 1e9 + 0.5);
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_sec++;
        deadline->tv_nsec -= 1000000000;
    }
    return 0;
}

static PyObject *
semlock_acquire(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"block", "timeout", NULL};
    static ArgsParser parser = {.format = "|pO:acquire", .keywords = keywords};
    SemLock *self = semlock(op);
    int block = 1;
    PyObject *timeout = Py_None;
    struct timespec deadline;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &block, &timeout)) {
        return NULL;
    }
    if (self->kind == KIND_RECURSIVE && is_mine(self)) {
        atomic_add_int(&self->count, 1);
        return new_ref(Py_True);
    }
    bool timed = timeout != Py_None;
    if (timed && deadline_argument(timeout, &deadline) < 0) {
        return NULL;
    }
    int acquired;
    do {
        acquired = sem_trywait(self->handle) == 0;
    } while (!acquired && errno == EINTR && signals_check() == 0);
    if (!acquired) {
        if (error_occurred()) {
            return NULL;
        }
        if (errno != EAGAIN) {
            return error_set_errno(PyExc_OSError);
        }
        acquired = block ? wait_until(self, timed ? &deadline : NULL) : 0;
    }
    if (acquired <= 0) {
        return acquired < 0 ? NULL : new_ref(Py_False);
    }
    atomic_add_int(&self->count, 1);
    atomic_store_relaxed_uptr(&self->owner, thread_current()->ident);
    return new_ref(Py_True);
}

static PyObject *
semlock_release(PyObject *op, PyObject *unused)
{
    SemLock *self = semlock(op);
    if (self->kind == KIND_RECURSIVE) {
        if (!is_mine(self)) {
            return error_set(PyExc_AssertionError,
                             "attempt to release recursive lock not owned by thread");
        }
        if (held(self) > 1) {
            atomic_add_int(&self->count, -1);
            return new_ref(Py_None);
        }
    }
    else {
        // There is a race with other processes here: the check finds errors of programs only.
        int value;
        if (sem_getvalue(self->handle, &value) < 0) {
            return error_set_errno(PyExc_OSError);
        }
        if (value >= self->max) {
            return error_set(PyExc_ValueError, "semaphore or lock released too many times");
        }
    }
    if (sem_post(self->handle) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    atomic_add_int(&self->count, -1);
    return new_ref(Py_None);
}

static PyObject *
semlock_enter(PyObject *op, PyObject *unused)
{
    return semlock_acquire(op, NULL, 0, NULL);
}

static PyObject *
semlock_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return semlock_release(op, NULL);
}

static PyObject *
semlock_count(PyObject *op, PyObject *unused)
{
    return int_from_i64(held(semlock(op)));
}

static PyObject *
semlock_is_mine(PyObject *op, PyObject *unused)
{
    return bool_from_int(is_mine(semlock(op)));
}

static PyObject *
semlock_get_value(PyObject *op, PyObject *unused)
{
    int value;
    if (sem_getvalue(semlock(op)->handle, &value) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return int_from_i64(value < 0 ? 0 : value);     // some systems count waiters below zero
}

static PyObject *
semlock_is_zero(PyObject *op, PyObject *unused)
{
    int value;
    if (sem_getvalue(semlock(op)->handle, &value) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return bool_from_int(value <= 0);
}

static PyObject *
semlock_after_fork(PyObject *op, PyObject *unused)
{
    atomic_store_int(&semlock(op)->count, 0);
    return new_ref(Py_None);
}

static PyObject *
get_handle(PyObject *op, void *closure)
{
    return int_from_pointer(semlock(op)->handle);
}

static PyMemberDef semlock_members[] = {
    {"kind", Py_T_INT, offsetof(SemLock, kind), Py_READONLY, ""},
    {"maxvalue", Py_T_INT, offsetof(SemLock, max), Py_READONLY, ""},
    {"name", Py_T_STRING, offsetof(SemLock, name), Py_READONLY, ""},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef semlock_getset[] = {
    {"handle", get_handle, NULL, "", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef semlock_methods[] = {
    {"acquire", KEYWORDS(semlock_acquire),
     "acquire($self, /, block=True, timeout=None)\n--\n\nAcquire the semaphore or lock."},
    {"release", semlock_release, METH_NOARGS,
     "release($self, /)\n--\n\nRelease the semaphore or lock."},
    {"_count", semlock_count, METH_NOARGS,
     "_count($self, /)\n--\n\nHow often this process has acquired it without releasing it."},
    {"_is_mine", semlock_is_mine, METH_NOARGS,
     "_is_mine($self, /)\n--\n\nWhether the calling thread owns the lock."},
    {"_get_value", semlock_get_value, METH_NOARGS,
     "_get_value($self, /)\n--\n\nThe value of the semaphore."},
    {"_is_zero", semlock_is_zero, METH_NOARGS,
     "_is_zero($self, /)\n--\n\nWhether the semaphore has the value zero."},
    {"_rebuild", FASTCALL(semlock_rebuild), METH_FASTCALL | METH_CLASS,
     "_rebuild($type, handle, kind, maxvalue, name, /)\n--\n\n"},
    {"_after_fork", semlock_after_fork, METH_NOARGS,
     "_after_fork($self, /)\n--\n\nForget acquisitions of the parent process."},
    {"__enter__", semlock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nAcquire it."},
    {"__exit__", FAST(semlock_exit),
     "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)\n--\n\nRelease it."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject semlock_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_multiprocessing.SemLock",
    .tp_basicsize = sizeof(SemLock),
    .tp_dealloc = semlock_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Semaphore/Mutex type",
    .tp_methods = semlock_methods,
    .tp_members = semlock_members,
    .tp_getset = semlock_getset,
    .tp_new = semlock_new,
};

static PyObject *
multiprocessing_sem_unlink(PyObject *module, PyObject *arg)
{
    const char *name;
    if (!args_parse_one(arg, "s:sem_unlink", &name)) {
        return NULL;
    }
    return sem_unlink(name) < 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyMethodDef multiprocessing_methods[] = {
    {"sem_unlink", multiprocessing_sem_unlink, METH_O, "sem_unlink($module, name, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
multiprocessing_exec(PyObject *module)
{
    if (module_add_type(module, &semlock_type) < 0) {
        return -1;
    }
    PyObject *max = int_from_i64(SEM_VALUE_MAX);
    int failed = max == NULL ? -1 : type_set_attribute(&semlock_type, ID(SEM_VALUE_MAX), max);
    xdecref(max);
    PyObject *flags = failed < 0 ? NULL : dict_new();
    PyObject *one = int_from_i64(1);
    if (flags != NULL && one != NULL
        && (dict_set_cstr(flags, "HAVE_SEM_OPEN", one) < 0
            || dict_set_cstr(flags, "HAVE_SEM_TIMEDWAIT", one) < 0)) {
        clear_ref(flags);
    }
    xdecref(one);
    return module_add_steal(module, "flags", flags);
}

static PyModuleDef_Slot multiprocessing_slots[] = {
    {Py_mod_exec, multiprocessing_exec},
    {0, NULL},
};

static PyModuleDef multiprocessing_definition = {
    .m_name = "_multiprocessing",
    .m_methods = multiprocessing_methods,
    .m_slots = multiprocessing_slots,
};

NATIVE_MODULE(_multiprocessing, &multiprocessing_definition)
