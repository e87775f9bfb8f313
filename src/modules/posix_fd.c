// posix: descriptors of files: opening, reading, writing, duplicating, locking.
//
// Threading: see posix_internal.h; the kernel orders concurrent use of a descriptor.
#include "modules/posix_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/sequence.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// ---- inheritance ----

int
posix_set_inheritable(int fd, bool inheritable)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) {
        return -1;
    }
    int wanted = inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
    return wanted == flags ? 0 : fcntl(fd, F_SETFD, wanted);
}

static PyObject *
os_get_inheritable(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    int flags = fcntl(fd, F_GETFD);
    return flags < 0 ? posix_error() : bool_from_int(!(flags & FD_CLOEXEC));
}

static PyObject *
os_set_inheritable(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, inheritable;
    if (!args_parse_stack(args, nargs, "ii:set_inheritable", &fd, &inheritable)) {
        return NULL;
    }
    return posix_none_or_error(posix_set_inheritable(fd, inheritable));
}

static PyObject *
os_get_blocking(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? posix_error() : bool_from_int(!(flags & O_NONBLOCK));
}

static PyObject *
os_set_blocking(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, blocking;
    if (!args_parse_stack(args, nargs, "ip:set_blocking", &fd, &blocking)) {
        return NULL;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return posix_error();
    }
    int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    return posix_none_or_error(wanted == flags ? 0 : fcntl(fd, F_SETFL, wanted));
}

// ---- opening and closing ----

static PyObject *
os_open(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "flags", "mode", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&i|i$O&:open", .keywords = keywords};
    PosixPath path = POSIX_PATH("open", "path");
    int flags;
    int mode = 0777;
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &flags, &mode, posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    PyObject *result = NULL;
    flags |= O_CLOEXEC;
    if (sys_audit("open", "OOi", path.object, Py_None, flags) == 0) {
        int fd;
        POSIX_RETRY(fd, openat(dir_fd, path.text, flags, mode));
        result = fd < 0 ? posix_path_error(&path) : int_from_i64(fd);
    }
    posix_path_release(&path);
    return result;
}

// Not repeated after EINTR: Linux has closed the descriptor by then.
static PyObject *
os_close(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "i:close", .keywords = keywords};
    int fd, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd)) {
        return NULL;
    }
    POSIX_DETACHED(failed = close(fd));
    return posix_none_or_error(failed);
}

static PyObject *
os_closerange(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int low, high;
    if (!args_parse_stack(args, nargs, "ii:closerange", &low, &high)) {
        return NULL;
    }
    low = low < 0 ? 0 : low;
    if (low < high) {
        POSIX_DETACHED(if (close_range((unsigned)low, (unsigned)high - 1, 0) != 0) {
            for (int fd = low; fd < high; fd++) {
                close(fd);
            }
        });
    }
    return new_ref(Py_None);
}

static PyObject *
os_dup(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? posix_error() : int_from_i64(copy);
}

static PyObject *
os_dup2(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "fd2", "inheritable", NULL};
    static ArgsParser parser = {.format = "ii|p:dup2", .keywords = keywords};
    int fd, fd2, failed;
    int inheritable = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd, &fd2, &inheritable)) {
        return NULL;
    }
    // dup3 refuses equal descriptors.
    POSIX_DETACHED(failed = inheritable || fd == fd2 ? dup2(fd, fd2) : dup3(fd, fd2, O_CLOEXEC));
    if (failed >= 0 && !inheritable && fd == fd2) {
        failed = posix_set_inheritable(fd2, false);
    }
    return failed < 0 ? posix_error() : int_from_i64(fd2);
}

static PyObject *
make_pipe(int flags)
{
    int ends[2];
    int failed;
    POSIX_DETACHED(failed = pipe2(ends, flags));
    if (failed < 0) {
        return posix_error();
    }
    return tuple_pair_steal(int_from_i64(ends[0]), int_from_i64(ends[1]));
}

static PyObject *
os_pipe(PyObject *module, PyObject *unused)
{
    return make_pipe(O_CLOEXEC);
}

static PyObject *
os_pipe2(PyObject *module, PyObject *arg)
{
    int flags = int_as_int(arg);
    return flags == -1 && error_occurred() ? NULL : make_pipe(flags);
}

// ---- position and size ----

static PyObject *
os_lseek(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, whence;
    long long offset;
    if (!args_parse_stack(args, nargs, "iLi:lseek", &fd, &offset, &whence)) {
        return NULL;
    }
    off_t position;
    POSIX_DETACHED(position = lseek(fd, offset, whence));
    return position < 0 ? posix_error() : int_from_i64(position);
}

static PyObject *
os_ftruncate(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, failed;
    long long length;
    if (!args_parse_stack(args, nargs, "iL:ftruncate", &fd, &length)
        || sys_audit("os.truncate", "iL", fd, length) < 0) {
        return NULL;
    }
    POSIX_RETRY(failed, ftruncate(fd, length));
    return posix_none_or_error(failed);
}

static PyObject *
os_truncate(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "length", NULL};
    static ArgsParser parser = {.format = "O&L:truncate", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("truncate", "path");
    long long length;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &length)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.truncate", "OL", path.object, length) == 0) {
        int failed;
        if (path.fd != -1) {
            POSIX_RETRY(failed, ftruncate(path.fd, length));
        }
        else {
            POSIX_DETACHED(failed = truncate(path.text, length));
        }
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
os_lockf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, command, failed;
    long long length;
    if (!args_parse_stack(args, nargs, "iiL:lockf", &fd, &command, &length)
        || sys_audit("os.lockf", "iiL", fd, command, length) < 0) {
        return NULL;
    }
    POSIX_DETACHED(failed = lockf(fd, command, length));
    return posix_none_or_error(failed);
}

static PyObject *
os_posix_fallocate(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, error;
    long long offset, length;
    if (!args_parse_stack(args, nargs, "iLL:posix_fallocate", &fd, &offset, &length)) {
        return NULL;
    }
    do {
        POSIX_DETACHED(error = posix_fallocate(fd, offset, length));
    } while (error == EINTR && signals_check() == 0);
    errno = error;
    return posix_none_or_error(error == 0 ? 0 : -1);
}

static PyObject *
os_posix_fadvise(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, advice, error;
    long long offset, length;
    if (!args_parse_stack(args, nargs, "iLLi:posix_fadvise", &fd, &offset, &length, &advice)) {
        return NULL;
    }
    do {
        POSIX_DETACHED(error = posix_fadvise(fd, offset, length, advice));
    } while (error == EINTR && signals_check() == 0);
    errno = error;
    return posix_none_or_error(error == 0 ? 0 : -1);
}

// ---- to the disk ----

static const char *const fd_keywords[] = {"fd", NULL};

static PyObject *
os_fsync(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&:fsync", .keywords = fd_keywords};
    int fd, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd)) {
        return NULL;
    }
    POSIX_RETRY(failed, fsync(fd));
    return posix_none_or_error(failed);
}

static PyObject *
os_fdatasync(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&:fdatasync", .keywords = fd_keywords};
    int fd, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd)) {
        return NULL;
    }
    POSIX_RETRY(failed, fdatasync(fd));
    return posix_none_or_error(failed);
}

static PyObject *
os_sync(PyObject *module, PyObject *unused)
{
    POSIX_DETACHED(sync());
    return new_ref(Py_None);
}

// ---- reading ----

// Where to read from.
typedef struct {
    int fd;
    off_t offset;       // -1: at the descriptor's position
} ReadSource;

static PyObject *
read_bytes(const ReadSource *source, Py_ssize_t length)
{
    if (length < 0) {
        errno = EINVAL;
        return posix_error();
    }
    length = length > POSIX_MAX_TRANSFER ? POSIX_MAX_TRANSFER : length;
    PyObject *buffer = bytes_from_data(NULL, length);
    if (buffer == NULL) {
        return NULL;
    }
    ssize_t got;
    char *data = bytes_data(buffer);
    if (source->offset < 0) {
        POSIX_RETRY(got, read(source->fd, data, (size_t)length));
    }
    else {
        POSIX_RETRY(got, pread(source->fd, data, (size_t)length, source->offset));
    }
    if (got < 0) {
        decref(buffer);
        return posix_error();
    }
    if (got != length) {
        bytes_resize(&buffer, got);
    }
    return buffer;
}

static PyObject *
os_read(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_ssize_t length;
    if (!args_parse_stack(args, nargs, "in:read", &fd, &length)) {
        return NULL;
    }
    return read_bytes(&(ReadSource){fd, -1}, length);
}

static PyObject *
os_pread(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_ssize_t length;
    long long offset;
    if (!args_parse_stack(args, nargs, "inL:pread", &fd, &length, &offset)) {
        return NULL;
    }
    if (offset < 0) {
        errno = EINVAL;
        return posix_error();
    }
    return read_bytes(&(ReadSource){fd, offset}, length);
}

static PyObject *
os_readinto(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_buffer view;
    if (!args_parse_stack(args, nargs, "iw*:readinto", &fd, &view)) {
        return NULL;
    }
    size_t count = view.len > POSIX_MAX_TRANSFER ? POSIX_MAX_TRANSFER : (size_t)view.len;
    ssize_t got;
    POSIX_RETRY(got, read(fd, view.buf, count));
    PyObject *result = got < 0 ? posix_error() : int_from_ssize(got);
    buffer_release(&view);
    return result;
}

// ---- writing ----

static PyObject *
os_write(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_buffer view;
    if (!args_parse_stack(args, nargs, "iy*:write", &fd, &view)) {
        return NULL;
    }
    size_t count = view.len > POSIX_MAX_TRANSFER ? POSIX_MAX_TRANSFER : (size_t)view.len;
    ssize_t written;
    POSIX_RETRY(written, write(fd, view.buf, count));
    PyObject *result = written < 0 ? posix_error() : int_from_ssize(written);
    buffer_release(&view);
    return result;
}

static PyObject *
os_pwrite(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    Py_buffer view;
    long long offset;
    if (!args_parse_stack(args, nargs, "iy*L:pwrite", &fd, &view, &offset)) {
        return NULL;
    }
    size_t count = view.len > POSIX_MAX_TRANSFER ? POSIX_MAX_TRANSFER : (size_t)view.len;
    ssize_t written;
    POSIX_RETRY(written, pwrite(fd, view.buf, count, offset));
    PyObject *result = written < 0 ? posix_error() : int_from_ssize(written);
    buffer_release(&view);
    return result;
}

// ---- vectors of buffers ----

typedef struct {
    Py_buffer *views;
    struct iovec *vector;
    Py_ssize_t count;
} Buffers;

static void
buffers_release(Buffers *buffers)
{
    for (Py_ssize_t i = 0; i < buffers->count; i++) {
        buffer_release(&buffers->views[i]);
    }
    mem_free(buffers->views);
    mem_free(buffers->vector);
}

// 0, or -1 with an exception and nothing to release.
static int
buffers_get(Buffers *buffers, PyObject *arg, const char *function, int flags)
{
    *buffers = (Buffers){0};
    if (!sequence_check(arg)) {
        error_format(PyExc_TypeError, "%s() arg 2 must be a sequence", function);
        return -1;
    }
    PyObject *items = sequence_tuple(arg);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t n = tuple_size(items);
    if (n > INT_MAX) {
        decref(items);
        error_set(PyExc_OverflowError, "Python int too large to convert to C int");
        return -1;
    }
    buffers->views = mem_calloc((size_t)n + 1, sizeof *buffers->views);
    buffers->vector = mem_calloc((size_t)n + 1, sizeof *buffers->vector);
    bool failed = buffers->views == NULL || buffers->vector == NULL;
    if (failed) {
        error_no_memory();
    }
    for (Py_ssize_t i = 0; i < n && !failed; i++) {
        failed = buffer_get(tuple_item(items, i), &buffers->views[i], flags) < 0;
        if (!failed) {
            buffers->vector[i].iov_base = buffers->views[i].buf;
            buffers->vector[i].iov_len = (size_t)buffers->views[i].len;
            buffers->count = i + 1;
        }
    }
    decref(items);
    if (failed) {
        buffers_release(buffers);
        return -1;
    }
    return 0;
}

static PyObject *
os_readv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    PyObject *arg;
    Buffers buffers;
    if (!args_parse_stack(args, nargs, "iO:readv", &fd, &arg)
        || buffers_get(&buffers, arg, "readv", PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    ssize_t got;
    POSIX_RETRY(got, readv(fd, buffers.vector, (int)buffers.count));
    PyObject *result = got < 0 ? posix_error() : int_from_ssize(got);
    buffers_release(&buffers);
    return result;
}

static PyObject *
os_preadv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    PyObject *arg;
    long long offset;
    int flags = 0;
    Buffers buffers;
    if (!args_parse_stack(args, nargs, "iOL|i:preadv", &fd, &arg, &offset, &flags)
        || buffers_get(&buffers, arg, "preadv", PyBUF_WRITABLE) < 0) {
        return NULL;
    }
    ssize_t got;
    int n = (int)buffers.count;
    POSIX_RETRY(got, flags ? preadv2(fd, buffers.vector, n, offset, flags)
                           : preadv(fd, buffers.vector, n, offset));
    PyObject *result = got < 0 ? posix_error() : int_from_ssize(got);
    buffers_release(&buffers);
    return result;
}

static PyObject *
os_writev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    PyObject *arg;
    Buffers buffers;
    if (!args_parse_stack(args, nargs, "iO:writev", &fd, &arg)
        || buffers_get(&buffers, arg, "writev", PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    ssize_t written;
    POSIX_RETRY(written, writev(fd, buffers.vector, (int)buffers.count));
    PyObject *result = written < 0 ? posix_error() : int_from_ssize(written);
    buffers_release(&buffers);
    return result;
}

static PyObject *
os_pwritev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd;
    PyObject *arg;
    long long offset;
    int flags = 0;
    Buffers buffers;
    if (!args_parse_stack(args, nargs, "iOL|i:pwritev", &fd, &arg, &offset, &flags)
        || buffers_get(&buffers, arg, "pwritev", PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    ssize_t written;
    int n = (int)buffers.count;
    POSIX_RETRY(written, flags ? pwritev2(fd, buffers.vector, n, offset, flags)
                               : pwritev(fd, buffers.vector, n, offset));
    PyObject *result = written < 0 ? posix_error() : int_from_ssize(written);
    buffers_release(&buffers);
    return result;
}

PyMethodDef posix_fd_methods[] = {
    {"get_inheritable", os_get_inheritable, METH_O,
     "get_inheritable($module, fd, /)\n--\n\nWhether child programs get the descriptor."},
    {"set_inheritable", FAST(os_set_inheritable),
     "set_inheritable($module, fd, inheritable, /)\n--\n\n"
     "Say whether child programs get the descriptor."},
    {"get_blocking", os_get_blocking, METH_O,
     "get_blocking($module, fd, /)\n--\n\nWhether the descriptor is in blocking mode."},
    {"set_blocking", FAST(os_set_blocking),
     "set_blocking($module, fd, blocking, /)\n--\n\nSet the blocking mode of the descriptor."},
    {"open", KEYWORDS(os_open),
     "open($module, /, path, flags, mode=511, *, dir_fd=None)\n--\n\n"
     "Open a file: a descriptor that child programs do not get."},
    {"close", KEYWORDS(os_close),
     "close($module, /, fd)\n--\n\nClose a descriptor."},
    {"closerange", FAST(os_closerange),
     "closerange($module, fd_low, fd_high, /)\n--\n\n"
     "Close the descriptors in [fd_low, fd_high), ignoring errors."},
    {"dup", os_dup, METH_O,
     "dup($module, fd, /)\n--\n\nDuplicate a descriptor."},
    {"dup2", KEYWORDS(os_dup2),
     "dup2($module, /, fd, fd2, inheritable=True)\n--\n\nMake fd2 a duplicate of fd."},
    {"pipe", os_pipe, METH_NOARGS,
     "pipe($module, /)\n--\n\nMake a pipe: a tuple of the descriptors (read_fd, write_fd)."},
    {"pipe2", os_pipe2, METH_O,
     "pipe2($module, flags, /)\n--\n\nMake a pipe whose descriptors have flags."},
    {"lseek", FAST(os_lseek),
     "lseek($module, fd, position, whence, /)\n--\n\n"
     "Move the position of a descriptor; the new one from the start of the file."},
    {"ftruncate", FAST(os_ftruncate),
     "ftruncate($module, fd, length, /)\n--\n\nSet the length of an open file."},
    {"truncate", KEYWORDS(os_truncate),
     "truncate($module, /, path, length)\n--\n\nSet the length of a file."},
    {"lockf", FAST(os_lockf),
     "lockf($module, fd, command, length, /)\n--\n\n"
     "Apply, test or remove a lock on a section of a file."},
    {"posix_fallocate", FAST(os_posix_fallocate),
     "posix_fallocate($module, fd, offset, length, /)\n--\n\nReserve disk space for a file."},
    {"posix_fadvise", FAST(os_posix_fadvise),
     "posix_fadvise($module, fd, offset, length, advice, /)\n--\n\n"
     "Announce how a section of a file will be used."},
    {"fsync", KEYWORDS(os_fsync),
     "fsync($module, /, fd)\n--\n\nForce what was written to the disk."},
    {"fdatasync", KEYWORDS(os_fdatasync),
     "fdatasync($module, /, fd)\n--\n\nForce written data, but not metadata, to the disk."},
    {"sync", os_sync, METH_NOARGS,
     "sync($module, /)\n--\n\nForce everything that was written to the disk."},
    {"read", FAST(os_read),
     "read($module, fd, length, /)\n--\n\nRead at most length bytes."},
    {"pread", FAST(os_pread),
     "pread($module, fd, length, offset, /)\n--\n\n"
     "Read at most length bytes at offset without moving the position."},
    {"readinto", FAST(os_readinto),
     "readinto($module, fd, buffer, /)\n--\n\n"
     "Read into a buffer: how many bytes, 0 at the end of the file."},
    {"write", FAST(os_write),
     "write($module, fd, data, /)\n--\n\nWrite bytes: how many were taken."},
    {"pwrite", FAST(os_pwrite),
     "pwrite($module, fd, buffer, offset, /)\n--\n\n"
     "Write bytes at offset without moving the position."},
    {"readv", FAST(os_readv),
     "readv($module, fd, buffers, /)\n--\n\nRead into several buffers, one after the other."},
    {"preadv", FAST(os_preadv),
     "preadv($module, fd, buffers, offset, flags=0, /)\n--\n\n"
     "Read at offset into several buffers."},
    {"writev", FAST(os_writev),
     "writev($module, fd, buffers, /)\n--\n\nWrite several buffers, one after the other."},
    {"pwritev", FAST(os_pwritev),
     "pwritev($module, fd, buffers, offset, flags=0, /)\n--\n\n"
     "Write several buffers at offset."},
    {NULL, NULL, 0, NULL},
};
