// select.epoll: the kernel's own table of watched descriptors.
//
// Threading: the kernel orders concurrent use; the descriptor is taken by an atomic exchange when it
// is closed, so that it is closed once.
#include "modules/select_internal.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "platform/time.h"
#include "runtime/signals.h"
#include "thread/thread.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL
#define KEYWORDS(function) FASTCALL(function), METH_FASTCALL | METH_KEYWORDS

typedef struct {
    PyObject ob_base;
    int fd;             // atomic: -1 when closed
} EpollObject;

static int epoll_fd(PyObject *op) { return atomic_load_int(&((EpollObject *)op)->fd); }

static bool
check_open(PyObject *op)
{
    if (epoll_fd(op) < 0) {
        error_set(PyExc_ValueError, "I/O operation on closed epoll object");
        return false;
    }
    return true;
}

// close(2): an errno value or 0.
static int
close_epoll(EpollObject *self)
{
    int fd = atomic_exchange_int(&self->fd, -1);
    int error = 0;
    if (fd >= 0) {
        Thread *ts = thread_current();
        thread_detach(ts);
        error = close(fd) < 0 ? errno : 0;
        thread_attach(ts);
    }
    return error;
}

static PyObject *
epoll_for_fd(PyTypeObject *type, int fd)
{
    EpollObject *self = (EpollObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->fd = fd >= 0 ? fd : epoll_create1(EPOLL_CLOEXEC);
    if (self->fd < 0) {
        decref(self);
        return error_set_errno(PyExc_OSError);
    }
    return (PyObject *)self;
}

static PyObject *
epoll_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"sizehint", "flags", NULL};
    int hint = -1;
    int flags = 0;
    if (!args_parse_static(args, kwargs, "|ii:epoll", keywords, &hint, &flags)) {
        return NULL;
    }
    if (hint == -1) {
        hint = FD_SETSIZE - 1;
    }
    if (hint <= 0) {
        return error_set(PyExc_ValueError, "negative sizehint");
    }
    if ((flags & ~EPOLL_CLOEXEC) != 0) {
        return error_set(PyExc_OSError, "invalid flags");
    }
    return epoll_for_fd(type, -1);
}

static void
epoll_dealloc(PyObject *op)
{
    close_epoll((EpollObject *)op);
    type_of(op)->tp_free(op);
}

static PyObject *
epoll_fromfd(PyObject *type, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    return epoll_for_fd((PyTypeObject *)type, fd);
}

static PyObject *
epoll_close(PyObject *op, PyObject *unused)
{
    int error = close_epoll((EpollObject *)op);
    if (error != 0) {
        errno = error;
        return error_set_errno(PyExc_OSError);
    }
    return new_ref(Py_None);
}

static PyObject *
epoll_fileno(PyObject *op, PyObject *unused)
{
    return check_open(op) ? int_from_i64(epoll_fd(op)) : NULL;
}

static PyObject *
epoll_closed(PyObject *op, void *closure)
{
    return bool_from_int(epoll_fd(op) < 0);
}

static PyObject *
control(PyObject *op, int operation, int fd, unsigned int events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = epoll_ctl(epoll_fd(op), operation, fd, &event);
    thread_attach(ts);
    return failed < 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
epoll_register(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "eventmask", NULL};
    static ArgsParser parser = {.format = "O|I:register", .keywords = keywords};
    PyObject *file;
    unsigned int events = EPOLLIN | EPOLLPRI | EPOLLOUT;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &events)) {
        return NULL;
    }
    int fd = file_as_fd(file);
    return fd < 0 || !check_open(op) ? NULL : control(op, EPOLL_CTL_ADD, fd, events);
}

static PyObject *
epoll_modify(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "eventmask", NULL};
    static ArgsParser parser = {.format = "OI:modify", .keywords = keywords};
    PyObject *file;
    unsigned int events;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &events)) {
        return NULL;
    }
    int fd = file_as_fd(file);
    return fd < 0 || !check_open(op) ? NULL : control(op, EPOLL_CTL_MOD, fd, events);
}

static PyObject *
epoll_unregister(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "O:unregister", .keywords = keywords};
    PyObject *file;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file)) {
        return NULL;
    }
    int fd = file_as_fd(file);
    return fd < 0 || !check_open(op) ? NULL : control(op, EPOLL_CTL_DEL, fd, 0);
}

// Waits: the number of events, or -1 with an exception. timeout < 0: for ever.
static int
wait_events(int fd, struct epoll_event *events, int room, int64_t timeout)
{
    int64_t deadline = timeout > 0 ? time_add(os_time_monotonic(), timeout) : 0;
    Thread *ts = thread_current();
    for (;;) {
        int64_t ms = timeout < 0 ? -1 : time_divide(timeout, 1000000, TIME_ROUND_CEILING);
        thread_detach(ts);
        int n = epoll_wait(fd, events, room, (int)ms);
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

static bool
timeout_argument(PyObject *arg, int64_t *ns)
{
    *ns = -1;
    if (arg == Py_None) {
        return true;
    }
    if (time_object_to_ns(arg, ns, TIME_ROUND_UP) < 0) {
        if (error_matches(PyExc_TypeError)) {
            error_set(PyExc_TypeError, "timeout must be an integer or None");
        }
        return false;
    }
    if (time_divide(*ns, 1000000, TIME_ROUND_CEILING) > INT_MAX) {
        error_set(PyExc_OverflowError, "timeout is too large");
        return false;
    }
    return true;
}

static PyObject *
epoll_poll(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"timeout", "maxevents", NULL};
    static ArgsParser parser = {.format = "|Oi:poll", .keywords = keywords};
    PyObject *timeout = Py_None;
    int room = -1;
    int64_t ns;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &timeout, &room)
        || !check_open(op) || !timeout_argument(timeout, &ns)) {
        return NULL;
    }
    if (room == -1) {
        room = FD_SETSIZE - 1;
    }
    else if (room < 1) {
        return error_format(PyExc_ValueError, "maxevents must be greater than 0, got %d", room);
    }
    struct epoll_event *events = mem_alloc_array((size_t)room, sizeof *events);
    if (events == NULL) {
        return error_no_memory();
    }
    int n = wait_events(epoll_fd(op), events, room, ns);
    PyObject *result = n < 0 ? NULL : list_new(0);
    for (int i = 0; i < n && result != NULL; i++) {
        PyObject *pair = value_build("(iI)", events[i].data.fd, (unsigned int)events[i].events);
        if (pair == NULL || list_append_steal(result, pair) < 0) {
            clear_ref(result);
        }
    }
    mem_free(events);
    return result;
}

static PyObject *
epoll_enter(PyObject *op, PyObject *unused)
{
    return check_open(op) ? new_ref(op) : NULL;
}

static PyObject *
epoll_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return epoll_close(op, NULL);
}

static PyMethodDef epoll_methods[] = {
    {"fromfd", epoll_fromfd, METH_O | METH_CLASS,
     "fromfd($type, fd, /)\n--\n\nAn epoll object for a descriptor."},
    {"close", epoll_close, METH_NOARGS, "close($self, /)\n--\n\nClose the epoll object."},
    {"fileno", epoll_fileno, METH_NOARGS, "fileno($self, /)\n--\n\nIts descriptor."},
    {"register", KEYWORDS(epoll_register),
     "register($self, /, fd,\n"
     "         eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)\n--\n\n"
     "Watch a descriptor, or raise OSError when it is watched already."},
    {"modify", KEYWORDS(epoll_modify),
     "modify($self, /, fd, eventmask)\n--\n\nChange what a descriptor is watched for."},
    {"unregister", KEYWORDS(epoll_unregister),
     "unregister($self, /, fd)\n--\n\nWatch a descriptor no longer."},
    {"poll", KEYWORDS(epoll_poll),
     "poll($self, /, timeout=None, maxevents=-1)\n--\n\n"
     "Wait, at most timeout seconds, for events: a list of pairs (fd, event)."},
    {"__enter__", epoll_enter, METH_NOARGS, "__enter__($self, /)\n--\n\n"},
    {"__exit__", FAST(epoll_exit),
     "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef epoll_getset[] = {
    {"closed", epoll_closed, NULL, "True if the epoll handler is closed", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject epoll_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "select.epoll",
    .tp_basicsize = sizeof(EpollObject),
    .tp_dealloc = epoll_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "select.epoll(sizehint=-1, flags=0)\n--\n\n"
              "Watches descriptors through a table in the kernel.\n\n"
              "sizehint must be positive or -1; it is not used otherwise. flags must be 0.",
    .tp_methods = epoll_methods,
    .tp_getset = epoll_getset,
    .tp_new = epoll_new,
};

int
select_epoll_exec(PyObject *module)
{
    static const struct {
        const char *name;
        long long value;
    } constants[] = {
#define C(name) {#name, (long long)name}
        C(EPOLLIN), C(EPOLLOUT), C(EPOLLPRI), C(EPOLLERR), C(EPOLLHUP), C(EPOLLRDHUP),
        C(EPOLLET), C(EPOLLONESHOT), C(EPOLLEXCLUSIVE), C(EPOLLRDNORM), C(EPOLLRDBAND),
        C(EPOLLWRNORM), C(EPOLLWRBAND), C(EPOLLMSG), C(EPOLL_CLOEXEC),
#undef C
        // 3.14: the kernel's name, which some C libraries lack.
        {"EPOLLWAKEUP", 1LL << 29},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        long long value = constants[i].value;
        if (module_add_int(module, constants[i].name, value < 0 ? (unsigned int)value : value)
            < 0) {
            return -1;
        }
    }
    return module_add_type(module, &epoll_type);
}
