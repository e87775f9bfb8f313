// Native module select: waiting for many descriptors: select, poll. epoll is in select_epoll.c.
//
// Threading: a poll object's table changes under its critical section; a thread that waits works on a
// copy, and two waits at once are refused.
#include "modules/module.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/select.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "modules/native_type.h"
#include "modules/select_internal.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/tuple.h"
#include "platform/time.h"
#include "runtime/signals.h"
#include "thread/critical_section.h"
#include "thread/thread.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

int64_t
select_time_left(int64_t deadline)
{
    int64_t left = deadline - os_time_monotonic();
    return left > 0 ? left : 0;
}

// ---- select ----

typedef struct {
    PyObject *objects;      // owned list, which nobody else sees
    int *fds;               // of the objects
    fd_set wanted;
    fd_set ready;
} FdList;

static void
fd_list_release(FdList *list)
{
    clear_ref(list->objects);
    mem_free(list->fds);
    list->fds = NULL;
}

// The item at i, NULL without an exception at the end: fileno() methods may shorten a list.
static PyObject *
item_at(PyObject *fast, Py_ssize_t i)
{
    if (list_check(fast)) {
        return list_get_optional(fast, i);
    }
    return i < tuple_size(fast) ? new_ref(tuple_item(fast, i)) : NULL;
}

// Notes an item, which is taken over.
static int
fd_list_add(FdList *list, PyObject *item, Py_ssize_t i)
{
    int fd = file_as_fd(item);
    int failed = fd < 0 ? -1 : 0;
    if (fd >= FD_SETSIZE) {
        error_set(PyExc_ValueError, "filedescriptor out of range in select()");
        failed = -1;
    }
    else if (i >= FD_SETSIZE) {
        error_set(PyExc_ValueError, "too many file descriptors in select()");
        failed = -1;
    }
    if (failed < 0 || list_append(list->objects, item) < 0) {
        decref(item);
        return -1;
    }
    decref(item);
    list->fds[i] = fd;
    FD_SET(fd, &list->wanted);
    return fd;
}

// Reads a sequence of descriptors: the largest + 1, or -1 with an exception.
static int
fd_list_read(FdList *list, PyObject *arg)
{
    PyObject *fast = sequence_fast(arg, "arguments 1-3 must be sequences");
    if (fast == NULL) {
        return -1;
    }
    FD_ZERO(&list->wanted);
    list->objects = list_new(0);
    list->fds = mem_alloc_array(FD_SETSIZE, sizeof *list->fds);
    int limit = 0;
    if (list->objects == NULL || list->fds == NULL) {
        if (list->objects != NULL) {
            error_no_memory();
        }
        limit = -1;
    }
    PyObject *item;
    for (Py_ssize_t i = 0; limit >= 0 && (item = item_at(fast, i)) != NULL; i++) {
        int fd = fd_list_add(list, item, i);
        limit = fd < 0 ? -1 : fd >= limit ? fd + 1 : limit;
    }
    decref(fast);
    return limit;
}

// The objects whose descriptors are ready.
static PyObject *
fd_list_ready(const FdList *list)
{
    PyObject *result = list_new(0);
    for (Py_ssize_t i = 0; result != NULL && i < list_size(list->objects); i++) {
        if (FD_ISSET(list->fds[i], &list->ready)
            && list_append(result, list_item_borrow(list->objects, i)) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

// 0, or -1 with an exception. timeout < 0 waits for ever.
static int
wait_for_sets(FdList *lists, int limit, int64_t timeout)
{
    int64_t deadline = timeout > 0 ? time_add(os_time_monotonic(), timeout) : 0;
    Thread *ts = thread_current();
    for (;;) {
        for (int i = 0; i < 3; i++) {
            lists[i].ready = lists[i].wanted;
        }
        struct timeval wait = time_ns_to_timeval(timeout < 0 ? 0 : timeout, TIME_ROUND_CEILING);
        thread_detach(ts);
        int n = select(limit, &lists[0].ready, &lists[1].ready, &lists[2].ready,
                       timeout < 0 ? NULL : &wait);
        thread_attach(ts);
        if (n >= 0) {
            if (n == 0) {
                for (int i = 0; i < 3; i++) {
                    FD_ZERO(&lists[i].ready);
                }
            }
            return 0;
        }
        if (errno != EINTR) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        if (signals_check() < 0) {
            return -1;
        }
        if (timeout > 0) {
            timeout = select_time_left(deadline);
        }
    }
}

static PyObject *
select_select(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *given[3];
    PyObject *timeout = Py_None;
    if (!args_parse_stack(args, nargs, "OOO|O:select", &given[0], &given[1], &given[2],
                          &timeout)) {
        return NULL;
    }
    int64_t ns = -1;
    if (timeout != Py_None) {
        if (time_object_to_ns(timeout, &ns, TIME_ROUND_UP) < 0) {
            return error_matches(PyExc_TypeError)
                       ? error_set(PyExc_TypeError, "timeout must be a float or None")
                       : NULL;
        }
        if (ns < 0) {
            return error_set(PyExc_ValueError, "timeout must be non-negative");
        }
    }
    FdList lists[3];
    for (int i = 0; i < 3; i++) {
        lists[i].objects = NULL;
        lists[i].fds = NULL;
    }
    PyObject *ready[3] = {NULL, NULL, NULL};
    PyObject *result = NULL;
    int limit = 0;
    for (int i = 0; i < 3; i++) {
        int n = fd_list_read(&lists[i], given[i]);
        if (n < 0) {
            goto done;
        }
        limit = n > limit ? n : limit;
    }
    if (wait_for_sets(lists, limit, ns) < 0) {
        goto done;
    }
    for (int i = 0; i < 3; i++) {
        ready[i] = fd_list_ready(&lists[i]);
        if (ready[i] == NULL) {
            goto done;
        }
    }
    result = tuple_pack(3, ready[0], ready[1], ready[2]);
done:
    for (int i = 0; i < 3; i++) {
        fd_list_release(&lists[i]);
        xdecref(ready[i]);
    }
    return result;
}

// ---- poll ----

typedef struct {
    PyObject ob_base;
    PyObject *events;       // dict fd -> event mask; changed under the critical section
    int running;            // atomic: a thread waits
} PollObject;

NATIVE_LIFETIME(poll, PollObject, 1, events)

static int
mask_converter(PyObject *arg, void *result)
{
    if (!int_check(arg)) {
        PyObject *index = index_check(arg) ? number_index(arg) : NULL;
        if (index == NULL) {
            if (!error_occurred()) {
                error_set(PyExc_TypeError, "an integer is required");
            }
            return 0;
        }
        int status = mask_converter(index, result);
        decref(index);
        return status;
    }
    if (int_is_negative(arg)) {
        error_set(PyExc_ValueError, "value must be positive");
        return 0;
    }
    int overflow;
    int64_t mask = int_as_i64_overflow(arg, &overflow);
    if (overflow || mask > USHRT_MAX) {
        error_set(PyExc_OverflowError, "Python int too large for C unsigned short");
        return 0;
    }
    *(unsigned short *)result = (unsigned short)mask;
    return 1;
}

// The descriptor of op as an int object; NULL with an exception.
static PyObject *
fd_key(PyObject *op)
{
    int fd = file_as_fd(op);
    return fd < 0 ? NULL : int_from_i64(fd);
}

static PyObject *
poll_register(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *file;
    unsigned short mask = POLLIN | POLLPRI | POLLOUT;
    if (!args_parse_stack(args, nargs, "O|O&:register", &file, mask_converter, &mask)) {
        return NULL;
    }
    PyObject *key = fd_key(file);
    PyObject *value = key != NULL ? int_from_i64(mask) : NULL;
    int failed = value == NULL ? -1 : dict_set(((PollObject *)op)->events, key, value);
    xdecref(key);
    xdecref(value);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
poll_modify(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PollObject *self = (PollObject *)op;
    PyObject *file;
    unsigned short mask;
    if (!args_parse_stack(args, nargs, "OO&:modify", &file, mask_converter, &mask)) {
        return NULL;
    }
    PyObject *key = fd_key(file);
    PyObject *value = key != NULL ? int_from_i64(mask) : NULL;
    int status = -1;
    if (value != NULL) {
        CriticalSection cs;
        critical_section_begin(&cs, self);
        status = dict_contains(self->events, key);
        if (status > 0) {
            status = dict_set(self->events, key, value) < 0 ? -1 : 1;
        }
        critical_section_end(&cs);
    }
    xdecref(key);
    xdecref(value);
    if (status == 0) {
        errno = ENOENT;
        return error_set_errno(PyExc_OSError);
    }
    return status < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
poll_unregister(PyObject *op, PyObject *file)
{
    PyObject *key = fd_key(file);
    int failed = key == NULL ? -1 : dict_del(((PollObject *)op)->events, key);
    xdecref(key);
    return failed < 0 ? NULL : new_ref(Py_None);
}

// A copy of the table for the kernel: a block, or NULL with an exception.
static struct pollfd *
poll_table(PollObject *self, nfds_t *count)
{
    PyObject *copy = dict_copy(self->events);
    if (copy == NULL) {
        return NULL;
    }
    struct pollfd *table = mem_alloc_array((size_t)dict_size(copy) + 1, sizeof *table);
    if (table == NULL) {
        decref(copy);
        return error_no_memory();
    }
    nfds_t n = 0;
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    while (dict_next(copy, &pos, &key, &value) > 0) {
        table[n].fd = int_as_int(key);
        table[n].events = (short)int_as_int(value);
        table[n].revents = 0;
        n++;
        decref(key);
        decref(value);
    }
    decref(copy);
    *count = n;
    return table;
}

static PyObject *
pair_of(int fd, unsigned int events)
{
    PyObject *first = int_from_i64(fd);
    PyObject *second = int_from_u64(events);
    if (first == NULL || second == NULL) {
        xdecref(first);
        xdecref(second);
        return NULL;
    }
    return tuple_pair_steal(first, second);
}

// Waits; the number of ready descriptors or -1 with an exception. timeout < 0: for ever.
static int
poll_wait(struct pollfd *table, nfds_t count, int64_t timeout)
{
    int64_t deadline = timeout > 0 ? time_add(os_time_monotonic(), timeout) : 0;
    Thread *ts = thread_current();
    for (;;) {
        struct timespec wait = time_ns_to_timespec(timeout < 0 ? 0 : timeout);
        thread_detach(ts);
        int n = ppoll(table, count, timeout < 0 ? NULL : &wait, NULL);
        thread_attach(ts);
        if (n >= 0) {
            return n;
        }
        if (errno != EINTR) {
            error_set_errno(PyExc_OSError);
            return -1;
        }
        if (signals_check() < 0) {
            return -1;
        }
        if (timeout > 0) {
            timeout = select_time_left(deadline);
        }
    }
}

static PyObject *
poll_poll(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PollObject *self = (PollObject *)op;
    PyObject *timeout = Py_None;
    int64_t ns = -1;
    if (!args_parse_stack(args, nargs, "|O:poll", &timeout)) {
        return NULL;
    }
    if (timeout != Py_None) {
        if (time_object_ms_to_ns(timeout, &ns, TIME_ROUND_UP) < 0) {
            return error_matches(PyExc_TypeError)
                       ? error_set(PyExc_TypeError, "timeout must be an integer or None")
                       : NULL;
        }
        if (time_divide(ns, 1000000, TIME_ROUND_UP) > INT_MAX) {
            return error_set(PyExc_OverflowError, "timeout is too large");
        }
    }
    int idle = 0;
    if (!atomic_cas_int(&self->running, &idle, 1)) {
        return error_set(PyExc_RuntimeError, "concurrent poll() invocation");
    }
    PyObject *result = NULL;
    nfds_t count = 0;
    struct pollfd *table = poll_table(self, &count);
    int ready = table == NULL ? -1 : poll_wait(table, count, ns);
    atomic_store_int(&self->running, 0);
    if (ready >= 0) {
        result = list_new(0);
    }
    for (nfds_t i = 0; result != NULL && ready > 0 && i < count; i++) {
        if (table[i].revents == 0) {
            continue;
        }
        PyObject *pair = pair_of(table[i].fd, (unsigned short)table[i].revents);
        if (pair == NULL || list_append_steal(result, pair) < 0) {
            clear_ref(result);
        }
    }
    mem_free(table);
    return result;
}

static PyMethodDef poll_methods[] = {
    {"register", FAST(poll_register),
     "register($self, fd,\n"
     "         eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)\n--\n\n"
     "Watch a descriptor."},
    {"modify", FAST(poll_modify),
     "modify($self, fd, eventmask, /)\n--\n\nChange what a watched descriptor is watched for."},
    {"unregister", poll_unregister, METH_O,
     "unregister($self, fd, /)\n--\n\nWatch a descriptor no longer."},
    {"poll", FAST(poll_poll),
     "poll($self, timeout=None, /)\n--\n\n"
     "Wait, at most timeout milliseconds, for events: a list of pairs (fd, event)."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject poll_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "select.poll",
    .tp_basicsize = sizeof(PollObject),
    .tp_dealloc = poll_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = poll_traverse,
    .tp_methods = poll_methods,
};

static PyObject *
select_poll(PyObject *module, PyObject *unused)
{
    PollObject *self = (PollObject *)type_alloc(&poll_type, 0);
    if (self != NULL) {
        self->events = dict_new();
        if (self->events == NULL) {
            decref(self);
            return NULL;
        }
    }
    return (PyObject *)self;
}

// ---- the module ----

static PyMethodDef select_methods[] = {
    {"select", FAST(select_select),
     "select($module, rlist, wlist, xlist, timeout=None, /)\n--\n\n"
     "Wait until descriptors are ready for reading, writing, or have an exceptional condition.\n\n"
     "The result is three lists of those that are ready; they are empty when timeout seconds\n"
     "have passed."},
    {"poll", select_poll, METH_NOARGS,
     "poll($module, /)\n--\n\nA poll object: it watches descriptors that are registered with it."},
    {NULL, NULL, 0, NULL},
};

static int
select_exec(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
#define C(name) {#name, name}
        C(POLLERR), C(POLLHUP), C(POLLIN), C(POLLMSG), C(POLLNVAL), C(POLLOUT), C(POLLPRI),
        C(POLLRDBAND), C(POLLRDHUP), C(POLLRDNORM), C(POLLWRBAND), C(POLLWRNORM), C(PIPE_BUF),
#undef C
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_int(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    if (type_ready(&poll_type) < 0 || module_add(module, "error", PyExc_OSError) < 0) {
        return -1;
    }
    return select_epoll_exec(module);
}

static PyModuleDef_Slot select_slots[] = {
    {Py_mod_exec, select_exec},
    {0, NULL},
};

static PyModuleDef select_definition = {
    .m_name = "select",
    .m_doc = "Waiting for many descriptors at once: select(), poll() and epoll().",
    .m_methods = select_methods,
    .m_slots = select_slots,
};

NATIVE_MODULE(select, &select_definition)
