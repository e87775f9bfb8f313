// Native module fcntl: control of descriptors and files.
//
// Threading: system calls only; the thread is detached while one may wait.
#include "modules/module.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/file.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/str.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "thread/thread.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

// Structures are copied into a buffer of this size: the kernel may write more than was given.
#define BUFFER_SIZE 1024

static int
fd_converter(PyObject *arg, void *fd)
{
    *(int *)fd = file_as_fd(arg);
    return *(int *)fd >= 0;
}

// result = call, detached, again after signals.
#define RETRY(result, call)                                                             \
    do {                                                                                \
        Thread *ts_ = thread_current();                                                 \
        thread_detach(ts_);                                                             \
        (result) = (call);                                                              \
        thread_attach(ts_);                                                             \
    } while ((result) == -1 && errno == EINTR && signals_check() == 0)

static PyObject *
os_error(void)
{
    return error_occurred() ? NULL : error_set_errno(PyExc_OSError);
}

// The bytes of a str or bytes-like argument as a view that must be released. 1, 0 for another kind
// of object, -1 with an exception.
static int
data_argument(PyObject *arg, Py_buffer *view)
{
    if (str_check(arg)) {
        Py_ssize_t size;
        const char *text = str_as_utf8_size(arg, &size);
        if (text == NULL) {
            return -1;
        }
        return buffer_fill_info(view, arg, (void *)text, size, 1, PyBUF_SIMPLE) < 0 ? -1 : 1;
    }
    if (!buffer_check(arg)) {
        return 0;
    }
    return buffer_get(arg, view, PyBUF_SIMPLE) < 0 ? -1 : 1;
}

static PyObject *
fcntl_fcntl(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, command, result;
    PyObject *arg = NULL;
    if (!args_parse_stack(args, nargs, "O&i|O:fcntl", fd_converter, &fd, &command, &arg)
        || sys_audit("fcntl.fcntl", "iiO", fd, command, arg != NULL ? arg : Py_None) < 0) {
        return NULL;
    }
    Py_buffer view;
    int kind = arg != NULL && !int_check(arg) ? data_argument(arg, &view) : 0;
    if (kind < 0) {
        return NULL;
    }
    if (kind == 0) {
        unsigned int number = arg != NULL ? (unsigned int)int_as_u64_mask(arg) : 0;
        if (error_occurred()) {
            return NULL;
        }
        RETRY(result, fcntl(fd, command, (int)number));
        return result < 0 ? os_error() : int_from_i64(result);
    }
    char buffer[BUFFER_SIZE];
    Py_ssize_t size = view.len;
    if (size > BUFFER_SIZE) {
        buffer_release(&view);
        return error_set(PyExc_ValueError, "fcntl string arg too long");
    }
    memset(buffer, 0, sizeof buffer);
    memcpy(buffer, view.buf, (size_t)size);
    buffer_release(&view);
    RETRY(result, fcntl(fd, command, buffer));
    return result < 0 ? os_error() : bytes_from_data(buffer, size);
}

// An argument that is changed in place: small ones through a larger buffer, as the kernel may write
// more than there is room for.
static PyObject *
ioctl_mutate(int fd, unsigned long request, Py_buffer *view)
{
    char buffer[BUFFER_SIZE];
    char *data = view->buf;
    if (view->len < BUFFER_SIZE) {
        memset(buffer, 0, sizeof buffer);
        memcpy(buffer, view->buf, (size_t)view->len);
        data = buffer;
    }
    int result;
    RETRY(result, ioctl(fd, request, data));
    int error = errno;
    if (data == buffer) {
        memcpy(view->buf, buffer, (size_t)view->len);
    }
    buffer_release(view);
    errno = error;
    return result < 0 ? os_error() : int_from_i64(result);
}

static PyObject *
fcntl_ioctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, result;
    PyObject *code;
    PyObject *arg = NULL;
    int mutate = 1;
    if (!args_parse_stack(args, nargs, "O&O|Op:ioctl", fd_converter, &fd, &code, &arg, &mutate)) {
        return NULL;
    }
    unsigned long request = int_as_u64_mask(code);
    if (error_occurred()
        || sys_audit("fcntl.ioctl", "ikO", fd, request, arg != NULL ? arg : Py_None) < 0) {
        return NULL;
    }
    Py_buffer view;
    if (arg != NULL && !int_check(arg) && !str_check(arg) && mutate && buffer_check(arg)) {
        if (buffer_get(arg, &view, PyBUF_WRITABLE) == 0) {
            return ioctl_mutate(fd, request, &view);
        }
        if (!error_clear_if(PyExc_BufferError)) {
            return NULL;
        }
    }
    int kind = arg != NULL && !int_check(arg) ? data_argument(arg, &view) : 0;
    if (kind < 0) {
        return NULL;
    }
    if (kind == 0) {
        int number = 0;
        if (arg != NULL && !args_parse_one(arg, "i", &number)) {
            return NULL;
        }
        RETRY(result, ioctl(fd, request, number));
        return result < 0 ? os_error() : int_from_i64(result);
    }
    char buffer[BUFFER_SIZE];
    Py_ssize_t size = view.len;
    if (size > BUFFER_SIZE) {
        buffer_release(&view);
        return error_set(PyExc_ValueError, "ioctl string arg too long");
    }
    memset(buffer, 0, sizeof buffer);
    memcpy(buffer, view.buf, (size_t)size);
    buffer_release(&view);
    RETRY(result, ioctl(fd, request, buffer));
    return result < 0 ? os_error() : bytes_from_data(buffer, size);
}

static PyObject *
fcntl_flock(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, operation, result;
    if (!args_parse_stack(args, nargs, "O&i:flock", fd_converter, &fd, &operation)
        || sys_audit("fcntl.flock", "ii", fd, operation) < 0) {
        return NULL;
    }
    RETRY(result, flock(fd, operation));
    return result < 0 ? os_error() : new_ref(Py_None);
}

// An offset of None or 0 is 0.
static bool
offset_argument(PyObject *arg, off_t *offset)
{
    *offset = arg != NULL ? int_as_i64(arg) : 0;
    return !(*offset == -1 && error_occurred());
}

static PyObject *
fcntl_lockf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, operation, result;
    PyObject *length = NULL;
    PyObject *start = NULL;
    int whence = 0;
    if (!args_parse_stack(args, nargs, "O&i|OOi:lockf", fd_converter, &fd, &operation, &length,
                          &start, &whence)
        || sys_audit("fcntl.lockf", "iiOOi", fd, operation, length != NULL ? length : Py_None,
                     start != NULL ? start : Py_None, whence) < 0) {
        return NULL;
    }
    struct flock lock = {.l_whence = (short)whence};
    if (operation == LOCK_UN) {
        lock.l_type = F_UNLCK;
    }
    else if (operation & LOCK_SH) {
        lock.l_type = F_RDLCK;
    }
    else if (operation & LOCK_EX) {
        lock.l_type = F_WRLCK;
    }
    else {
        return error_set(PyExc_ValueError, "unrecognized lockf argument");
    }
    if (!offset_argument(start, &lock.l_start) || !offset_argument(length, &lock.l_len)) {
        return NULL;
    }
    RETRY(result, fcntl(fd, operation & LOCK_NB ? F_SETLK : F_SETLKW, &lock));
    return result < 0 ? os_error() : new_ref(Py_None);
}

static PyMethodDef fcntl_methods[] = {
    {"fcntl", FAST(fcntl_fcntl),
     "fcntl($module, fd, cmd, arg=0, /)\n--\n\n"
     "Do the operation cmd on a descriptor.\n\n"
     "arg is an int, or bytes or a str that hold a structure: then the result is bytes of the\n"
     "same length with what the system made of it."},
    {"ioctl", FAST(fcntl_ioctl),
     "ioctl($module, fd, request, arg=0, mutate_flag=True, /)\n--\n\n"
     "Do a device-specific operation on a descriptor.\n\n"
     "arg is an int, or bytes or a str as in fcntl(); a writable buffer is changed in place\n"
     "unless mutate_flag is false."},
    {"flock", FAST(fcntl_flock),
     "flock($module, fd, operation, /)\n--\n\nLock a whole file."},
    {"lockf", FAST(fcntl_lockf),
     "lockf($module, fd, cmd, len=0, start=0, whence=0, /)\n--\n\nLock a section of a file."},
    {NULL, NULL, 0, NULL},
};

typedef struct {
    const char *name;
    long long value;
} Constant;

#ifndef F_GETLK64
#define F_GETLK64 F_GETLK
#define F_SETLK64 F_SETLK
#define F_SETLKW64 F_SETLKW
#endif
#ifndef LOCK_MAND
#define LOCK_MAND 32
#define LOCK_READ 64
#define LOCK_WRITE 128
#define LOCK_RW 192
#endif
#define C(name) {#name, (unsigned int)name},

static const Constant constants[] = {
    C(DN_ACCESS) C(DN_ATTRIB) C(DN_CREATE) C(DN_DELETE) C(DN_MODIFY) C(DN_MULTISHOT)
    C(DN_RENAME) C(FASYNC) C(FD_CLOEXEC) C(FICLONE) C(FICLONERANGE) C(F_ADD_SEALS) C(F_DUPFD)
    C(F_DUPFD_CLOEXEC) C(F_EXLCK) C(F_GETFD) C(F_GETFL) C(F_GETLEASE) C(F_GETLK) C(F_GETLK64)
    C(F_GETOWN) C(F_GETOWN_EX) C(F_GETPIPE_SZ) C(F_GETSIG) C(F_GET_FILE_RW_HINT)
    C(F_GET_RW_HINT) C(F_GET_SEALS) C(F_NOTIFY) C(F_OFD_GETLK) C(F_OFD_SETLK) C(F_OFD_SETLKW)
    C(F_OWNER_PGRP) C(F_OWNER_PID) C(F_OWNER_TID) C(F_RDLCK) C(F_SEAL_FUTURE_WRITE)
    C(F_SEAL_GROW) C(F_SEAL_SEAL) C(F_SEAL_SHRINK) C(F_SEAL_WRITE) C(F_SETFD) C(F_SETFL)
    C(F_SETLEASE) C(F_SETLK) C(F_SETLK64) C(F_SETLKW) C(F_SETLKW64) C(F_SETOWN) C(F_SETOWN_EX)
    C(F_SETPIPE_SZ) C(F_SETSIG) C(F_SET_FILE_RW_HINT) C(F_SET_RW_HINT) C(F_SHLCK) C(F_UNLCK)
    C(F_WRLCK) C(LOCK_EX) C(LOCK_MAND) C(LOCK_NB) C(LOCK_READ) C(LOCK_RW) C(LOCK_SH) C(LOCK_UN)
    C(LOCK_WRITE) C(RWH_WRITE_LIFE_EXTREME) C(RWH_WRITE_LIFE_LONG) C(RWH_WRITE_LIFE_MEDIUM)
    C(RWH_WRITE_LIFE_NONE) C(RWH_WRITE_LIFE_NOT_SET) C(RWH_WRITE_LIFE_SHORT)
    {NULL, 0},
};

#undef C

static int
fcntl_exec(PyObject *module)
{
    for (const Constant *c = constants; c->name != NULL; c++) {
        if (module_add_int(module, c->name, c->value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot fcntl_slots[] = {
    {Py_mod_exec, fcntl_exec},
    {0, NULL},
};

static PyModuleDef fcntl_definition = {
    .m_name = "fcntl",
    .m_doc = "Control of descriptors and locks on files: fcntl(), ioctl(), flock(), lockf().",
    .m_methods = fcntl_methods,
    .m_slots = fcntl_slots,
};

NATIVE_MODULE(fcntl, &fcntl_definition)
