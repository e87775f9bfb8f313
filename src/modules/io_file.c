// _io.FileIO: a raw stream on a file descriptor.
//
// Threading: fd, mode bits and closefd are set by __init__; fd becomes -1 when closed. Two threads may
// read or write at once: the kernel orders them. close() takes the fd by an atomic exchange,
// so that it is closed once.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "thread/thread.h"

// Linux transfers at most this much per call.
#define MAX_TRANSFER 0x7ffff000
#define FIRST_READALL 8192

typedef struct {
    PyObject ob_base;
    int fd;                     // atomic: -1 when closed or not open yet
    bool created;               // mode x
    bool readable;
    bool writable;
    bool appending;
    bool closefd;
    signed char seekable;       // -1: not known yet
    bool finalizing;
    Py_ssize_t blksize;
    off_t stat_size;            // size at the time of open, -1 unknown: how much to read first
    PyObject *weakrefs;
    PyObject *dict;
} FileIo;

static void *
closed_error(void)
{
    return error_set(PyExc_ValueError, "I/O operation on closed file");
}

static void *
mode_error(const char *action)
{
    PyObject *message = str_format("File not open for %s", action);
    const char *text = message != NULL ? str_as_utf8(message) : NULL;
    if (text != NULL) {
        io_unsupported(text);
    }
    xdecref(message);
    return NULL;
}

// ---- open and close ----

// close(2) with the thread detached. 0, or -1 with OSError.
static int
close_fd(FileIo *self)
{
    int fd = atomic_exchange_int(&self->fd, -1);
    if (fd < 0) {
        return 0;
    }
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = close(fd);
    thread_attach(ts);
    if (failed < 0) {
        error_set_errno(PyExc_OSError);
    }
    return failed;
}

// The letters of a mode: exactly one of r, w, x, a, at most one +, b is ignored.
static int
parse_mode(FileIo *self, const char *mode, int *flags)
{
    bool kind = false;
    bool plus = false;
    for (const char *c = mode; *c != '\0'; c++) {
        bool is_kind = strchr("rwxa", *c) != NULL;
        if ((is_kind && kind) || (*c == '+' && plus)) {
            error_set(PyExc_ValueError, "Must have exactly one of create/read/write/append "
                                        "mode and at most one plus");
            return -1;
        }
        kind |= is_kind;
        switch (*c) {
            case 'x': self->created = self->writable = true; *flags |= O_EXCL | O_CREAT; break;
            case 'r': self->readable = true; break;
            case 'w': self->writable = true; *flags |= O_CREAT | O_TRUNC; break;
            case 'a': self->writable = self->appending = true; *flags |= O_APPEND | O_CREAT; break;
            case 'b': break;
            case '+': plus = self->readable = self->writable = true; break;
            default:
                error_format(PyExc_ValueError, "invalid mode: %.200s", mode);
                return -1;
        }
    }
    if (plus) {
        self->readable = self->writable = true;
    }
    if (!kind) {
        error_set(PyExc_ValueError, "Must have exactly one of create/read/write/append "
                                    "mode and at most one plus");
        return -1;
    }
    *flags |= self->readable && self->writable ? O_RDWR : self->readable ? O_RDONLY : O_WRONLY;
    return 0;
}

static const char *
mode_text(FileIo *self)
{
    if (self->created) {
        return self->readable ? "xb+" : "xb";
    }
    if (self->appending) {
        return self->readable ? "ab+" : "ab";
    }
    if (self->readable) {
        return self->writable ? "rb+" : "rb";
    }
    return "wb";
}

// open(2), again after signals. -1 with OSError naming the file.
static int
open_path(PyObject *name, int flags)
{
    PyObject *path = NULL;
    if (!str_fs_converter(name, &path)) {
        return -1;
    }
    Thread *ts = thread_current();
    int fd;
    do {
        thread_detach(ts);
        fd = open(bytes_data(path), flags, 0666);
        thread_attach(ts);
    } while (fd < 0 && errno == EINTR && signals_check() == 0);
    if (fd < 0 && !error_occurred()) {
        error_set_errno_filename_object(PyExc_OSError, name);
    }
    decref(path);
    return fd;
}

// The opener's descriptor, made non-inheritable.
static int
open_by(PyObject *opener, PyObject *name, int flags)
{
    PyObject *number = int_from_i64(flags);
    PyObject *result = number != NULL ? object_call_twoargs(opener, name, number) : NULL;
    xdecref(number);
    if (result == NULL) {
        return -1;
    }
    int fd = int_check(result) ? int_as_int(result) : -1;
    if (!int_check(result)) {
        error_set(PyExc_TypeError, "expected integer from opener");
    }
    else if (fd < 0 && !error_occurred()) {
        // The opener may have given back an error of its own.
        error_format(PyExc_ValueError, "opener returned %d", fd);
    }
    decref(result);
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

// Directories cannot be read as streams; notes the size for readall().
static int
inspect_fd(FileIo *self, PyObject *name)
{
    struct stat info;
    int failed = fstat(self->fd, &info);
    if (failed < 0 && errno == EBADF) {
        error_set_errno(PyExc_OSError);
        return -1;
    }
    self->blksize = IO_BUFFER_SIZE;
    self->stat_size = -1;
    if (failed < 0) {
        return 0;
    }
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        error_set_errno_filename_object(PyExc_OSError, name);
        return -1;
    }
    if (info.st_blksize > 1) {
        self->blksize = info.st_blksize > IO_BUFFER_SIZE ? info.st_blksize : IO_BUFFER_SIZE;
    }
    if (S_ISREG(info.st_mode)) {
        self->stat_size = info.st_size;
    }
    return 0;
}

// The descriptor given as `file`: -1 when it is a name instead; -2 with an exception.
static int
descriptor_argument(PyObject *file)
{
    if (!int_check(file)) {
        return -1;
    }
    if (bool_check(file)
        && error_warn(PyExc_RuntimeWarning, 1, "bool is used as a file descriptor") < 0) {
        return -2;
    }
    int fd = int_as_int(file);
    if (fd < 0) {
        if (!error_occurred()) {
            error_set(PyExc_ValueError, "negative file descriptor");
        }
        return -2;
    }
    return fd;
}

static int
file_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"file", "mode", "closefd", "opener", NULL};
    FileIo *self = (FileIo *)op;
    PyObject *file;
    const char *mode = "r";
    int closefd = 1;
    PyObject *opener = Py_None;
    if (!args_parse_static(args, kwargs, "O|spO:FileIO", names, &file, &mode, &closefd, &opener)) {
        return -1;
    }
    if (self->fd >= 0) {
        // A second __init__ lets go of the first file.
        int failed = self->closefd ? close_fd(self) : (self->fd = -1, 0);
        if (failed < 0) {
            return -1;
        }
    }
    self->created = self->readable = self->writable = self->appending = false;
    self->seekable = -1;
    self->closefd = true;
    int fd = descriptor_argument(file);
    int flags = 0;
    if (fd == -2 || parse_mode(self, mode, &flags) < 0) {
        return -1;
    }
    flags |= O_CLOEXEC;
    if (sys_audit("open", "Osi", file, mode, flags) < 0) {
        return -1;
    }
    if (fd < 0 && !closefd) {
        error_set(PyExc_ValueError, "Cannot use closefd=False with file name");
        return -1;
    }
    bool opened = fd < 0;
    if (opened) {
        fd = opener != Py_None ? open_by(opener, file, flags) : open_path(file, flags);
        if (fd < 0) {
            return -1;
        }
    }
    self->fd = fd;
    self->closefd = closefd;
    if (inspect_fd(self, file) < 0 || object_setattr(op, ID(name), file) < 0) {
        goto fail;
    }
    if (self->appending && lseek(fd, 0, SEEK_END) < 0 && errno != ESPIPE) {
        error_set_errno(PyExc_OSError);
        goto fail;
    }
    return 0;
fail:
    // A descriptor that was given stays open; the caller may want to use it.
    if (opened) {
        PyObject *pending = error_take();
        close_fd(self);
        error_clear();
        error_restore_steal(pending);
    }
    self->fd = -1;
    return -1;
}

static PyObject *
file_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    FileIo *self = (FileIo *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->fd = -1;
        self->seekable = -1;
        self->closefd = true;
        self->blksize = 0;
    }
    return (PyObject *)self;
}

static PyObject *
file_close(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    PyObject *result = io_call_base(op, &io_raw_base_type, ID(close));
    PyObject *pending = error_take();
    if (!self->closefd) {
        self->fd = -1;
    }
    else if (self->finalizing && self->fd >= 0) {
        error_warn_resource(op, 1, "unclosed file %R", op);
    }
    if (self->closefd && close_fd(self) < 0) {
        clear_ref(result);
    }
    error_chain_steal(pending);
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

// ---- reading ----

static bool
check_open(FileIo *self)
{
    if (self->fd < 0) {
        closed_error();
        return false;
    }
    return true;
}

static bool
check_readable(FileIo *self)
{
    if (check_open(self) && !self->readable) {
        mode_error("reading");
    }
    return self->fd >= 0 && self->readable;
}

static bool
check_writable(FileIo *self)
{
    if (check_open(self) && !self->writable) {
        mode_error("writing");
    }
    return self->fd >= 0 && self->writable;
}

// read(2), again after signals. -1 with an exception; -2 when nothing is available.
static Py_ssize_t
read_fd(FileIo *self, char *data, Py_ssize_t size)
{
    Thread *ts = thread_current();
    size_t count = size > MAX_TRANSFER ? MAX_TRANSFER : (size_t)size;
    for (;;) {
        thread_detach(ts);
        ssize_t got = read(self->fd, data, count);
        thread_attach(ts);
        if (got >= 0) {
            return got;
        }
        if (errno == EAGAIN) {
            return -2;
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

static PyObject *
file_readinto(PyObject *op, PyObject *target)
{
    FileIo *self = (FileIo *)op;
    Py_buffer view;
    if (!check_readable(self) || !args_parse_one(target, "w*:readinto", &view)) {
        return NULL;
    }
    Py_ssize_t got = read_fd(self, view.buf, view.len);
    buffer_release(&view);
    return got == -2 ? new_ref(Py_None) : got < 0 ? NULL : int_from_ssize(got);
}

// How large a buffer to start with: what is left of a regular file and one byte, so that the end is
// seen by the second read.
static Py_ssize_t
readall_size(FileIo *self)
{
    if (self->stat_size <= 0) {
        return FIRST_READALL;
    }
    off_t position = self->stat_size > 65536 ? lseek(self->fd, 0, SEEK_CUR) : 0;
    off_t left = position >= 0 && position < self->stat_size ? self->stat_size - position : 0;
    return left < PY_SSIZE_T_MAX / 2 ? (Py_ssize_t)left + 1 : FIRST_READALL;
}

static PyObject *
file_readall(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    if (!check_readable(self)) {
        return NULL;
    }
    Py_ssize_t capacity = readall_size(self);
    PyObject *result = bytes_from_data(NULL, capacity);
    Py_ssize_t size = 0;
    while (result != NULL) {
        if (size == capacity) {
            Py_ssize_t more = size < 65536 ? size + 8192 : size / 4 + 1;
            if (size > PY_SSIZE_T_MAX - more) {
                decref(result);
                return error_set(PyExc_OverflowError, "unbounded read returned more bytes than a "
                                                      "Python bytes object can hold");
            }
            capacity = size + more;
            if (bytes_resize(&result, capacity) < 0) {
                return NULL;
            }
        }
        Py_ssize_t got = read_fd(self, bytes_data(result) + size, capacity - size);
        if (got == 0) {
            break;
        }
        if (got < 0) {
            if (got == -2 && size > 0) {
                break;      // what came so far
            }
            decref(result);
            return got == -2 ? new_ref(Py_None) : NULL;
        }
        size += got;
    }
    if (result != NULL && size < capacity && bytes_resize(&result, size) < 0) {
        return NULL;
    }
    return result;
}

static PyObject *
file_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    FileIo *self = (FileIo *)op;
    Py_ssize_t size;
    if (!args_check_positional("read", nargs, 0, 1) || !check_readable(self)
        || io_size_argument(nargs ? args[0] : NULL, &size) < 0) {
        return NULL;
    }
    if (size < 0) {
        return file_readall(op, NULL);
    }
    size = size > MAX_TRANSFER ? MAX_TRANSFER : size;
    PyObject *result = bytes_from_data(NULL, size);
    Py_ssize_t got = result != NULL ? read_fd(self, bytes_data(result), size) : -1;
    if (got < 0) {
        xdecref(result);
        return got == -2 ? new_ref(Py_None) : NULL;
    }
    if (got != size && bytes_resize(&result, got) < 0) {
        return NULL;
    }
    return result;
}

// ---- writing ----

static PyObject *
file_write(PyObject *op, PyObject *data)
{
    FileIo *self = (FileIo *)op;
    Py_buffer view;
    if (!check_writable(self) || !args_parse_one(data, "y*:write", &view)) {
        return NULL;
    }
    Thread *ts = thread_current();
    PyObject *result = NULL;
    size_t count = view.len > MAX_TRANSFER ? MAX_TRANSFER : (size_t)view.len;
    for (;;) {
        thread_detach(ts);
        ssize_t written = write(self->fd, view.buf, count);
        thread_attach(ts);
        if (written >= 0) {
            result = int_from_ssize(written);
            break;
        }
        if (errno == EAGAIN) {
            result = new_ref(Py_None);
            break;
        }
        if (errno != EINTR) {
            error_set_errno(PyExc_OSError);
            break;
        }
        if (signals_check() < 0) {
            break;
        }
    }
    buffer_release(&view);
    return result;
}

// ---- position ----

static PyObject *
seek_to(FileIo *self, off_t offset, int whence)
{
    Thread *ts = thread_current();
    thread_detach(ts);
    off_t position = lseek(self->fd, offset, whence);
    thread_attach(ts);
    if (self->seekable < 0) {
        self->seekable = position >= 0;
    }
    return position < 0 ? error_set_errno(PyExc_OSError) : int_from_i64(position);
}

static PyObject *
file_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    FileIo *self = (FileIo *)op;
    if (!args_check_positional("seek", nargs, 1, 2) || !check_open(self)) {
        return NULL;
    }
    int whence = nargs > 1 ? int_as_int(args[1]) : 0;
    if (whence == -1 && error_occurred()) {
        return NULL;
    }
    off_t offset = io_as_offset(args[0]);
    if (offset == -1 && error_occurred()) {
        return NULL;
    }
    return seek_to(self, offset, whence);
}

static PyObject *
file_tell(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return check_open(self) ? seek_to(self, 0, SEEK_CUR) : NULL;
}

static PyObject *
file_truncate(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    FileIo *self = (FileIo *)op;
    if (!args_check_positional("truncate", nargs, 0, 1) || !check_writable(self)) {
        return NULL;
    }
    PyObject *position = nargs && args[0] != Py_None ? new_ref(args[0])
                                                     : seek_to(self, 0, SEEK_CUR);
    if (position == NULL) {
        return NULL;
    }
    off_t size = io_as_offset(position);
    if (size == -1 && error_occurred()) {
        decref(position);
        return NULL;
    }
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = ftruncate(self->fd, size);
    thread_attach(ts);
    if (failed < 0) {
        decref(position);
        return error_set_errno(PyExc_OSError);
    }
    self->stat_size = -1;
    return position;
}

// ---- questions ----

static PyObject *
file_fileno(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return check_open(self) ? int_from_i64(self->fd) : NULL;
}

static PyObject *
file_readable(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return check_open(self) ? bool_from_int(self->readable) : NULL;
}

static PyObject *
file_writable(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return check_open(self) ? bool_from_int(self->writable) : NULL;
}

static PyObject *
file_seekable(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    if (!check_open(self)) {
        return NULL;
    }
    if (self->seekable < 0) {
        self->seekable = lseek(self->fd, 0, SEEK_CUR) >= 0;
    }
    return bool_from_int(self->seekable);
}

static PyObject *
file_isatty(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return check_open(self) ? bool_from_int(isatty(self->fd)) : NULL;
}

// open() asks this: a regular file of known size is no terminal.
static PyObject *
file_isatty_open_only(PyObject *op, PyObject *unused)
{
    FileIo *self = (FileIo *)op;
    return self->stat_size >= 0 ? new_ref(Py_False) : file_isatty(op, NULL);
}

static PyObject *
file_repr(PyObject *op)
{
    FileIo *self = (FileIo *)op;
    const char *type = object_type(op)->tp_name;
    if (self->fd < 0) {
        return str_format("<%s [closed]>", type);
    }
    PyObject *name = NULL;
    if (object_getattr_optional(op, ID(name), &name) < 0) {
        return NULL;
    }
    const char *closefd = self->closefd ? "True" : "False";
    if (name == NULL) {
        return str_format("<%s fd=%d mode='%s' closefd=%s>", type, self->fd, mode_text(self),
                          closefd);
    }
    PyObject *result = NULL;
    int status = object_repr_enter(op);
    if (status == 0) {
        result = str_format("<%s name=%R mode='%s' closefd=%s>", type, name, mode_text(self),
                            closefd);
        object_repr_leave(op);
    }
    else if (status > 0) {
        error_format(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type);
    }
    decref(name);
    return result;
}

static PyObject *
file_dealloc_warn(PyObject *op, PyObject *source)
{
    FileIo *self = (FileIo *)op;
    if (self->fd >= 0 && self->closefd) {
        PyObject *pending = error_take();
        if (error_warn_resource(source, 1, "unclosed file %R", source) < 0) {
            if (error_matches(PyExc_Warning)) {
                error_format_unraisable("Exception ignored while finalizing file %R", op);
            }
            error_clear();
        }
        error_restore_steal(pending);
    }
    return new_ref(Py_None);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef file_methods[] = {
    {"read", FAST(file_read),
     "read($self, size=-1, /)\n--\n\nRead at most size bytes, returned as bytes.\n\n"
     "If size is less than 0, read all bytes in the file making multiple read calls.\n"
     "See ``FileIO.readall``.\n\n"
     "Attempts to make only one system call, retrying only per PEP 475 (EINTR). This\n"
     "means less data may be returned than requested.\n\n"
     "In non-blocking mode, returns None if no data is available. Return an empty\n"
     "bytes object at EOF."},
    {"readall", file_readall, METH_NOARGS,
     "readall($self, /)\n--\n\nRead all data from the file, returned as bytes.\n\n"
     "Reads until either there is an error or read returns size 0 (end of file).\n"
     "If no data is available in non-blocking mode, returns None.\n"
     "Returns an empty bytes object at EOF."},
    {"readinto", file_readinto, METH_O,
     "readinto($self, buffer, /)\n--\n\nSame as RawIOBase.readinto()."},
    {"write", file_write, METH_O,
     "write($self, b, /)\n--\n\nWrite buffer b to file, return number of bytes written.\n\n"
     "Only makes one system call, so not all of the data may be written.\n"
     "The number of bytes actually written is returned.  In non-blocking mode,\n"
     "returns None if the write would block."},
    {"seek", FAST(file_seek),
     "seek($self, pos, whence=0, /)\n--\n\nMove to new file position and return the file "
     "position.\n\n"
     "Argument offset is a byte count.  Optional argument whence defaults to\n"
     "SEEK_SET or 0 (offset from start of file, offset should be >= 0); other values\n"
     "are SEEK_CUR or 1 (move relative to current position, positive or negative),\n"
     "and SEEK_END or 2 (move relative to end of file, usually negative, although\n"
     "many platforms allow seeking beyond the end of a file).\n\n"
     "Note that not all file objects are seekable."},
    {"tell", file_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nCurrent file position.\n\nCan raise OSError for non seekable files."},
    {"truncate", FAST(file_truncate),
     "truncate($self, size=None, /)\n--\n\nTruncate the file to at most size bytes and return the "
     "truncated size.\n\nSize defaults to the current file position, as returned by tell().\n"
     "The current file position is changed to the value of size."},
    {"close", file_close, METH_NOARGS,
     "close($self, /)\n--\n\nClose the file.\n\n"
     "A closed file cannot be used for further I/O operations.  close() may be\n"
     "called more than once without error."},
    {"seekable", file_seekable, METH_NOARGS,
     "seekable($self, /)\n--\n\nTrue if file supports random-access."},
    {"readable", file_readable, METH_NOARGS,
     "readable($self, /)\n--\n\nTrue if file was opened in a read mode."},
    {"writable", file_writable, METH_NOARGS,
     "writable($self, /)\n--\n\nTrue if file was opened in a write mode."},
    {"fileno", file_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nReturn the underlying file descriptor (an integer)."},
    {"isatty", file_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nTrue if the file is connected to a TTY device."},
    {"_isatty_open_only", file_isatty_open_only, METH_NOARGS, NULL},
    {"_dealloc_warn", file_dealloc_warn, METH_O, NULL},
    {"__reduce__", io_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", io_reduce_ex, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyObject *
get_closed(PyObject *op, void *closure)
{
    return bool_from_int(((FileIo *)op)->fd < 0);
}

static PyObject *
get_closefd(PyObject *op, void *closure)
{
    return bool_from_int(((FileIo *)op)->closefd);
}

static PyObject *
get_mode(PyObject *op, void *closure)
{
    return str_from_cstr(mode_text((FileIo *)op));
}

static PyObject *
get_finalizing(PyObject *op, void *closure)
{
    return bool_from_int(((FileIo *)op)->finalizing);
}

static int
set_finalizing(PyObject *op, PyObject *value, void *closure)
{
    int truth = value != NULL ? object_is_true(value) : 0;
    if (truth < 0) {
        return -1;
    }
    ((FileIo *)op)->finalizing = truth;
    return 0;
}

static PyGetSetDef file_getset[] = {
    {"closed", get_closed, NULL, "True if the file is closed", NULL},
    {"closefd", get_closefd, NULL, "True if the file descriptor will be closed by close().", NULL},
    {"mode", get_mode, NULL, "String giving the file mode", NULL},
    {"_finalizing", get_finalizing, set_finalizing, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef file_members[] = {
    {"_blksize", Py_T_PYSSIZET, offsetof(FileIo, blksize), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static int
file_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *dict = ((FileIo *)op)->dict;
    return dict != NULL ? visit(dict, arg) : 0;
}

static int
file_clear(PyObject *op)
{
    clear_ref(((FileIo *)op)->dict);
    return 0;
}

static void
file_dealloc(PyObject *op)
{
    if (!io_begin_dealloc(op)) {
        return;
    }
    gc_untrack(op);
    weakref_clear_all(op);
    clear_ref(((FileIo *)op)->dict);
    object_type(op)->tp_free(op);
}

PyTypeObject io_file_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.FileIO",
    .tp_basicsize = sizeof(FileIo),
    .tp_dealloc = file_dealloc,
    .tp_repr = file_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "FileIO(file, mode='r', closefd=True, opener=None)\n--\n\n"
              "Open a file.\n\n"
              "The mode can be 'r' (default), 'w', 'x' or 'a' for reading,\n"
              "writing, exclusive creation or appending.  The file will be created if it\n"
              "doesn't exist when opened for writing or appending; it will be truncated\n"
              "when opened for writing.  A FileExistsError will be raised if it already\n"
              "exists when opened for creating. Opening a file for creating implies\n"
              "writing so this mode behaves in a similar way to 'w'.Add a '+' to the mode\n"
              "to allow simultaneous reading and writing. A custom opener can be used by\n"
              "passing a callable as *opener*. The underlying file descriptor for the file\n"
              "object is then obtained by calling opener with (*name*, *flags*).\n"
              "*opener* must return an open file descriptor (passing os.open as *opener*\n"
              "results in functionality similar to passing None).",
    .tp_traverse = file_traverse,
    .tp_clear = file_clear,
    .tp_weaklistoffset = offsetof(FileIo, weakrefs),
    .tp_methods = file_methods,
    .tp_members = file_members,
    .tp_getset = file_getset,
    .tp_base = &io_raw_base_type,
    .tp_dictoffset = offsetof(FileIo, dict),
    .tp_init = file_init,
    .tp_new = file_new,
    .tp_finalize = io_finalize,
};
