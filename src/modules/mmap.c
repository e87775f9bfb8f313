// Native module mmap: files and anonymous memory mapped into the address space.
//
// The object's position, size and address change under its critical section; the memory itself is
// shared with whoever maps it, and races on its bytes are the program's. Blocking calls (msync) run
// detached on an address that an export keeps in place.
//
// Invariant: while exports > 0, address and size do not change and the mapping stays.
#include "modules/module.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "modules/posix_internal.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/weakref.h"
#include "runtime/sys.h"
#include "thread/critical_section.h"

typedef enum { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY } Access;

typedef struct {
    PyObject ob_base;
    char *data;             // lock: critical section; NULL when closed
    Py_ssize_t size;        // lock: critical section
    Py_ssize_t pos;         // lock: critical section; may lie beyond size after a resize
    Py_ssize_t exports;     // lock: critical section
    off_t offset;           // immutable: of the mapping in the file
    int fd;                 // lock: critical section; a duplicate of the file's, or -1
    int flags;              // immutable
    Access access;          // immutable
    bool tracked;           // immutable: trackfd
    PyObject *weakrefs;
} MmapObject;

static MmapObject *cast(PyObject *op) { return (MmapObject *)op; }

static bool
check_valid(MmapObject *self)
{
    if (self->data == NULL) {
        error_set(PyExc_ValueError, "mmap closed or invalid");
        return false;
    }
    return true;
}

static bool
check_writable(MmapObject *self)
{
    if (self->access == ACCESS_READ) {
        error_set(PyExc_TypeError, "mmap can't modify a readonly memory map.");
        return false;
    }
    return true;
}

// What is left from the position.
static Py_ssize_t
left(const MmapObject *self)
{
    return self->pos < self->size ? self->size - self->pos : 0;
}

// A method whose body runs in the critical section.
#define LOCKED_METHOD(name)                                                             \
    static PyObject *name##_lock_held(MmapObject *self);                                \
    static PyObject *name(PyObject *op, PyObject *unused)                               \
    {                                                                                   \
        CriticalSection cs;                                                             \
        critical_section_begin(&cs, op);                                                \
        PyObject *result = check_valid(cast(op)) ? name##_lock_held(cast(op)) : NULL;   \
        critical_section_end(&cs);                                                      \
        return result;                                                                  \
    }                                                                                   \
    static PyObject *name##_lock_held(MmapObject *self)

// The same for methods with positional arguments, which have been read before.
#define LOCKED_RESULT(op, expression)                                       \
    do {                                                                    \
        CriticalSection cs_;                                                \
        critical_section_begin(&cs_, op);                                   \
        result = check_valid(cast(op)) ? (expression) : NULL;               \
        critical_section_end(&cs_);                                         \
    } while (0)

// ---- making and closing ----

// flags, protection and access from each other. False with an exception.
static bool
settle_access(int *flags, int *protection, int *access)
{
    if (*access != ACCESS_DEFAULT
        && (*flags != MAP_SHARED || *protection != (PROT_WRITE | PROT_READ))) {
        error_set(PyExc_ValueError, "mmap can't specify both access and flags, prot.");
        return false;
    }
    switch (*access) {
        case ACCESS_READ:
            *flags = MAP_SHARED;
            *protection = PROT_READ;
            return true;
        case ACCESS_WRITE:
            *flags = MAP_SHARED;
            *protection = PROT_READ | PROT_WRITE;
            return true;
        case ACCESS_COPY:
            *flags = MAP_PRIVATE;
            *protection = PROT_READ | PROT_WRITE;
            return true;
        case ACCESS_DEFAULT:
            if ((*protection & PROT_READ) == 0 || (*protection & PROT_WRITE) == 0) {
                *access = *protection & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
            }
            return true;
        default:
            error_set(PyExc_ValueError, "mmap invalid access parameter.");
            return false;
    }
}

// Length 0 means up to the end of a regular file. False with an exception.
static bool
settle_length(int fd, off_t offset, Py_ssize_t *length)
{
    struct stat info;
    int failed;
    POSIX_DETACHED(failed = fstat(fd, &info));
    if (failed < 0 || !S_ISREG(info.st_mode)) {
        return true;        // mmap itself tells what is wrong
    }
    if (*length == 0) {
        if (info.st_size == 0) {
            error_set(PyExc_ValueError, "cannot mmap an empty file");
            return false;
        }
        if (offset >= info.st_size) {
            error_set(PyExc_ValueError, "mmap offset is greater than file size");
            return false;
        }
        if (info.st_size - offset > PY_SSIZE_T_MAX) {
            error_set(PyExc_ValueError, "mmap length is too large");
            return false;
        }
        *length = (Py_ssize_t)(info.st_size - offset);
    }
    else if (offset > info.st_size || info.st_size - offset < *length) {
        error_set(PyExc_ValueError, "mmap length is greater than file size");
        return false;
    }
    return true;
}

static PyObject *
mmap_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"fileno", "length", "flags", "prot", "access",
                                           "offset", "trackfd", NULL};
    int fd;
    Py_ssize_t length;
    int flags = MAP_SHARED;
    int protection = PROT_WRITE | PROT_READ;
    int access = ACCESS_DEFAULT;
    long long offset = 0;
    int track = 1;
    if (!args_parse_static(args, kwargs, "in|iiiL$p:mmap", keywords, &fd, &length, &flags,
                           &protection, &access, &offset, &track)) {
        return NULL;
    }
    if (length < 0) {
        return error_set(PyExc_OverflowError, "memory mapped length must be positive");
    }
    if (offset < 0) {
        return error_set(PyExc_OverflowError, "memory mapped offset must be positive");
    }
    if (!settle_access(&flags, &protection, &access)
        || sys_audit("mmap.__new__", "iniL", fd, length, access, offset) < 0
        || (fd != -1 && !settle_length(fd, offset, &length))) {
        return NULL;
    }
    MmapObject *self = (MmapObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->fd = -1;
    self->size = length;
    self->offset = offset;
    self->access = (Access)access;
    self->tracked = track;
    if (fd == -1) {
        flags |= MAP_ANONYMOUS;
    }
    else if (track && (self->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        decref(self);
        return error_set_errno(PyExc_OSError);
    }
    self->flags = flags;
    void *address;
    POSIX_DETACHED(address = mmap(NULL, (size_t)length, protection, flags, fd, offset));
    if (address == MAP_FAILED) {
        int saved = errno;
        decref(self);
        errno = saved;
        return error_set_errno(PyExc_OSError);
    }
    self->data = address;
    return (PyObject *)self;
}

// Takes the mapping out of the object.
static void
unmap(MmapObject *self)
{
    void *data = self->data;
    size_t size = (size_t)self->size;
    int fd = self->fd;
    self->data = NULL;
    self->fd = -1;
    POSIX_DETACHED({
        if (data != NULL) {
            munmap(data, size);
        }
        if (fd >= 0) {
            close(fd);
        }
    });
}

static void
mmap_dealloc(PyObject *op)
{
    weakref_clear_all(op);
    unmap(cast(op));
    type_of(op)->tp_free(op);
}

static PyObject *
mmap_close(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    bool exported = cast(op)->exports > 0;
    if (!exported) {
        unmap(cast(op));
    }
    critical_section_end(&cs);
    return exported ? error_set(PyExc_BufferError, "cannot close exported pointers exist")
                    : new_ref(Py_None);
}

// ---- reading ----

static PyObject *
read_lock_held(MmapObject *self, Py_ssize_t count)
{
    if (count < 0 || count > left(self)) {
        count = left(self);
    }
    PyObject *result = bytes_from_data(NULL, count);
    // Making the object may have suspended the section: look again.
    if (result != NULL && (!check_valid(self) || count > left(self))) {
        decref(result);
        return error_occurred() ? NULL : error_set(PyExc_ValueError, "read out of range");
    }
    if (result != NULL) {
        memcpy(bytes_data(result), self->data + self->pos, (size_t)count);
        self->pos += count;
    }
    return result;
}

static PyObject *
mmap_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t count = -1;
    if (!args_check_positional("read", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1 && args[0] != Py_None) {
        if (!index_check(args[0])) {
            return error_format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                                type_of(args[0])->tp_name);
        }
        count = number_as_ssize(args[0], PyExc_OverflowError);
        if (count == -1 && error_occurred()) {
            return NULL;
        }
    }
    PyObject *result;
    LOCKED_RESULT(op, read_lock_held(cast(op), count));
    return result;
}

LOCKED_METHOD(mmap_read_byte)
{
    if (left(self) < 1) {
        return error_set(PyExc_ValueError, "read byte out of range");
    }
    return int_from_i64((unsigned char)self->data[self->pos++]);
}

LOCKED_METHOD(mmap_readline)
{
    Py_ssize_t room = left(self);
    if (room == 0) {
        return bytes_empty();
    }
    const char *start = self->data + self->pos;
    const char *newline = memchr(start, '\n', (size_t)room);
    return read_lock_held(self, newline != NULL ? newline - start + 1 : room);
}

// The first (or last) place of needle in data[start:end], -1 when there is none.
static Py_ssize_t
find_bytes(const char *data, Py_ssize_t start, Py_ssize_t end, const Py_buffer *needle,
           bool backwards)
{
    if (end - start < needle->len) {
        return -1;
    }
    if (!backwards) {
        const char *found = needle->len == 0
                                ? data + start
                                : memmem(data + start, (size_t)(end - start), needle->buf,
                                         (size_t)needle->len);
        return found != NULL ? found - data : -1;
    }
    for (Py_ssize_t i = end - needle->len; i >= start; i--) {
        if (memcmp(data + i, needle->buf, (size_t)needle->len) == 0) {
            return i;
        }
    }
    return -1;
}

static Py_ssize_t
clip(Py_ssize_t i, Py_ssize_t size)
{
    if (i < 0) {
        i += size;
    }
    return i < 0 ? 0 : i > size ? size : i;
}

static PyObject *
find_lock_held(MmapObject *self, const Py_buffer *needle, Py_ssize_t start, Py_ssize_t end,
               Py_ssize_t given, bool backwards)
{
    start = given < 2 ? clip(self->pos, self->size) : clip(start, self->size);
    end = given < 3 ? self->size : clip(end, self->size);
    return int_from_ssize(find_bytes(self->data, start, end, needle, backwards));
}

static PyObject *
find_method(PyObject *op, PyObject *const *args, Py_ssize_t nargs, const char *format,
            bool backwards)
{
    Py_buffer needle;
    Py_ssize_t start = 0;
    Py_ssize_t end = 0;
    if (!args_parse_stack(args, nargs, format, &needle, &start, &end)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, find_lock_held(cast(op), &needle, start, end, nargs, backwards));
    buffer_release(&needle);
    return result;
}

static PyObject *
mmap_find(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return find_method(op, args, nargs, "y*|nn:find", false);
}

static PyObject *
mmap_rfind(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return find_method(op, args, nargs, "y*|nn:rfind", true);
}

// ---- writing ----

static PyObject *
write_lock_held(MmapObject *self, const Py_buffer *data)
{
    if (!check_writable(self)) {
        return NULL;
    }
    if (data->len > left(self)) {
        return error_set(PyExc_ValueError, "data out of range");
    }
    memmove(self->data + self->pos, data->buf, (size_t)data->len);
    self->pos += data->len;
    return int_from_ssize(data->len);
}

static PyObject *
mmap_write(PyObject *op, PyObject *arg)
{
    Py_buffer data;
    if (!args_parse_one(arg, "y*:write", &data)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, write_lock_held(cast(op), &data));
    buffer_release(&data);
    return result;
}

static PyObject *
write_byte_lock_held(MmapObject *self, unsigned char byte)
{
    if (!check_writable(self)) {
        return NULL;
    }
    if (left(self) < 1) {
        return error_set(PyExc_ValueError, "write byte out of range");
    }
    self->data[self->pos++] = (char)byte;
    return new_ref(Py_None);
}

static PyObject *
mmap_write_byte(PyObject *op, PyObject *arg)
{
    unsigned char byte;
    if (!args_parse_one(arg, "b:write_byte", &byte)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, write_byte_lock_held(cast(op), byte));
    return result;
}

static PyObject *
move_lock_held(MmapObject *self, Py_ssize_t to, Py_ssize_t from, Py_ssize_t count)
{
    if (!check_writable(self)) {
        return NULL;
    }
    if (to < 0 || from < 0 || count < 0 || self->size - to < count || self->size - from < count) {
        return error_set(PyExc_ValueError, "source, destination, or count out of range");
    }
    memmove(self->data + to, self->data + from, (size_t)count);
    return new_ref(Py_None);
}

static PyObject *
mmap_move(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t to, from, count;
    if (!args_parse_stack(args, nargs, "nnn:move", &to, &from, &count)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, move_lock_held(cast(op), to, from, count));
    return result;
}

// Runs with an export held, so that the range stays.
static PyObject *
flush_range(MmapObject *self, Py_ssize_t offset, Py_ssize_t size)
{
    int failed;
    char *start = self->data + offset;
    POSIX_DETACHED(failed = msync(start, (size_t)size, MS_SYNC));
    return failed < 0 ? error_set_errno(PyExc_OSError) : new_ref(Py_None);
}

static PyObject *
mmap_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    MmapObject *self = cast(op);
    Py_ssize_t offset = 0;
    Py_ssize_t size = -1;
    if (!args_parse_stack(args, nargs, "|nn:flush", &offset, &size)) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    bool valid = check_valid(self);
    if (valid && nargs < 2) {
        size = self->size;
    }
    if (valid && (size < 0 || offset < 0 || self->size - offset < size)) {
        error_set(PyExc_ValueError, "flush values out of range");
        valid = false;
    }
    bool needed = self->access != ACCESS_READ && self->access != ACCESS_COPY;
    if (valid && needed) {
        self->exports++;
    }
    critical_section_end(&cs);
    if (!valid || !needed) {
        return valid ? new_ref(Py_None) : NULL;
    }
    PyObject *result = flush_range(self, offset, size);
    critical_section_begin(&cs, op);
    self->exports--;
    critical_section_end(&cs);
    return result;
}

static PyObject *
madvise_lock_held(MmapObject *self, int option, Py_ssize_t start, Py_ssize_t length, bool given)
{
    length = given ? length : self->size;
    if (start < 0 || start >= self->size) {
        return error_set(PyExc_ValueError, "madvise start out of bounds");
    }
    if (length < 0) {
        return error_set(PyExc_ValueError, "madvise length invalid");
    }
    if (PY_SSIZE_T_MAX - start < length) {
        return error_set(PyExc_OverflowError, "madvise length too large");
    }
    if (start + length > self->size) {
        length = self->size - start;
    }
    return madvise(self->data + start, (size_t)length, option) != 0
               ? error_set_errno(PyExc_OSError)
               : new_ref(Py_None);
}

static PyObject *
mmap_madvise(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int option;
    Py_ssize_t start = 0;
    Py_ssize_t length = 0;
    if (!args_parse_stack(args, nargs, "i|nn:madvise", &option, &start, &length)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, madvise_lock_held(cast(op), option, start, length, nargs == 3));
    return result;
}

// ---- position and size ----

LOCKED_METHOD(mmap_tell)
{
    return int_from_ssize(self->pos);
}

LOCKED_METHOD(mmap_size)
{
    if (self->fd >= 0) {
        struct stat info;
        return fstat(self->fd, &info) < 0 ? error_set_errno(PyExc_OSError)
                                          : int_from_i64(info.st_size);
    }
    errno = EBADF;
    return error_set_errno(PyExc_OSError);
}

static PyObject *
seek_lock_held(MmapObject *self, Py_ssize_t distance, int whence)
{
    Py_ssize_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self->pos : self->size;
    if (whence < SEEK_SET || whence > SEEK_END) {
        return error_set(PyExc_ValueError, "unknown seek type");
    }
    Py_ssize_t target;
    if (__builtin_add_overflow(base, distance, &target) || target < 0 || target > self->size) {
        return error_set(PyExc_ValueError, "seek out of range");
    }
    self->pos = target;
    return int_from_ssize(target);
}

static PyObject *
mmap_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t distance;
    int whence = SEEK_SET;
    if (!args_parse_stack(args, nargs, "n|i:seek", &distance, &whence)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, seek_lock_held(cast(op), distance, whence));
    return result;
}

static PyObject *
mmap_seekable(PyObject *op, PyObject *unused)
{
    return new_ref(Py_True);
}

static PyObject *
resize_lock_held(MmapObject *self, Py_ssize_t size)
{
    if (self->exports > 0) {
        return error_set(PyExc_BufferError, "mmap can't resize with extant pointers exported.");
    }
    if (!self->tracked) {
        return error_set(PyExc_ValueError, "mmap can't resize with trackfd=False.");
    }
    if (self->access != ACCESS_WRITE && self->access != ACCESS_DEFAULT) {
        return error_set(PyExc_TypeError,
                         "mmap can't resize a readonly or copy-on-write memory map.");
    }
    if (size < 0 || PY_SSIZE_T_MAX - size < self->offset) {
        return error_set(PyExc_ValueError, "new size out of range");
    }
    if (self->fd == -1 && !(self->flags & MAP_PRIVATE) && size > self->size) {
        return error_set(PyExc_ValueError,
                         "mmap: can't expand a shared anonymous mapping on Linux");
    }
    if (self->fd != -1 && ftruncate(self->fd, self->offset + size) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    void *data = mremap(self->data, (size_t)self->size, (size_t)size, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) {
        return error_set_errno(PyExc_OSError);
    }
    self->data = data;
    self->size = size;
    return new_ref(Py_None);
}

static PyObject *
mmap_resize(PyObject *op, PyObject *arg)
{
    Py_ssize_t size;
    if (!args_parse_one(arg, "n:resize", &size)) {
        return NULL;
    }
    PyObject *result;
    LOCKED_RESULT(op, resize_lock_held(cast(op), size));
    return result;
}

// ---- items ----

static Py_ssize_t
mmap_length(PyObject *op)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Py_ssize_t size = check_valid(cast(op)) ? cast(op)->size : -1;
    critical_section_end(&cs);
    return size;
}

static PyObject *
item_lock_held(MmapObject *self, Py_ssize_t i)
{
    if (i < 0 || i >= self->size) {
        return error_set(PyExc_IndexError, "mmap index out of range");
    }
    return int_from_i64((unsigned char)self->data[i]);
}

static PyObject *
slice_lock_held(MmapObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (slice_unpack(slice, &start, &stop, &step) < 0 || !check_valid(self)) {
        return NULL;
    }
    Py_ssize_t first = start, last = stop;
    Py_ssize_t count = slice_adjust_indices(self->size, &first, &last, step);
    PyObject *result = bytes_from_data(NULL, count > 0 ? count : 0);
    // Making it may have run other code.
    if (result != NULL && (!check_valid(self)
                           || slice_adjust_indices(self->size, &start, &stop, step) != count)) {
        decref(result);
        return error_occurred() ? NULL
                                : error_set(PyExc_IndexError, "mmap index out of range");
    }
    for (Py_ssize_t i = 0; result != NULL && i < count; i++) {
        bytes_data(result)[i] = self->data[start + i * step];
    }
    return result;
}

static bool
index_argument(PyObject *key, Py_ssize_t *i)
{
    *i = number_as_ssize(key, PyExc_IndexError);
    return !(*i == -1 && error_occurred());
}

static PyObject *
mmap_subscript(PyObject *op, PyObject *key)
{
    PyObject *result;
    if (slice_check(key)) {
        LOCKED_RESULT(op, slice_lock_held(cast(op), key));
        return result;
    }
    Py_ssize_t i;
    if (!index_check(key)) {
        return error_set(PyExc_TypeError, "mmap indices must be integers");
    }
    if (!index_argument(key, &i)) {
        return NULL;
    }
    LOCKED_RESULT(op, item_lock_held(cast(op), i < 0 ? i + cast(op)->size : i));
    return result;
}

static PyObject *
mmap_item(PyObject *op, Py_ssize_t i)
{
    PyObject *result;
    LOCKED_RESULT(op, item_lock_held(cast(op), i));
    return result;
}

// The bytes go to every step-th place of a slice. NULL with an exception, else a borrowed None.
static PyObject *
assign_slice_lock_held(MmapObject *self, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t step,
                       const Py_buffer *data)
{
    Py_ssize_t count = slice_adjust_indices(self->size, &start, &stop, step);
    if (data->len != count) {
        return error_set(PyExc_IndexError, "mmap slice assignment is wrong size");
    }
    if (step == 1) {
        memmove(self->data + start, data->buf, (size_t)count);
    }
    else {
        for (Py_ssize_t i = 0; i < count; i++) {
            self->data[start + i * step] = ((const char *)data->buf)[i];
        }
    }
    return Py_None;
}

static int
assign_slice(PyObject *op, PyObject *slice, PyObject *value)
{
    Py_ssize_t start, stop, step;
    Py_buffer data;
    if (slice_unpack(slice, &start, &stop, &step) < 0) {
        return -1;
    }
    if (value == NULL) {
        error_set(PyExc_TypeError, "mmap object doesn't support slice deletion");
        return -1;
    }
    if (buffer_get(value, &data, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    PyObject *result;
    LOCKED_RESULT(op, assign_slice_lock_held(cast(op), start, stop, step, &data));
    buffer_release(&data);
    return result != NULL ? 0 : -1;
}

static PyObject *
assign_item_lock_held(MmapObject *self, Py_ssize_t i, Py_ssize_t value)
{
    i = i < 0 ? i + self->size : i;
    if (i < 0 || i >= self->size) {
        return error_set(PyExc_IndexError, "mmap index out of range");
    }
    self->data[i] = (char)value;
    return Py_None;
}

static int
mmap_assign_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    MmapObject *self = cast(op);
    if (!check_valid(self) || !check_writable(self)) {
        return -1;
    }
    if (slice_check(key)) {
        return assign_slice(op, key, value);
    }
    Py_ssize_t i;
    if (!index_check(key)) {
        error_set(PyExc_TypeError, "mmap indices must be integers");
        return -1;
    }
    if (!index_argument(key, &i)) {
        return -1;
    }
    if (value == NULL) {
        error_set(PyExc_TypeError, "mmap doesn't support item deletion");
        return -1;
    }
    if ((i < 0 ? i + self->size : i) < 0 || i >= self->size) {
        error_set(PyExc_IndexError, "mmap index out of range");
        return -1;
    }
    if (!index_check(value)) {
        error_set(PyExc_TypeError, "mmap item value must be an int");
        return -1;
    }
    Py_ssize_t byte = number_as_ssize(value, PyExc_TypeError);
    if (byte == -1 && error_occurred()) {
        return -1;
    }
    if (byte < 0 || byte > 255) {
        error_set(PyExc_ValueError, "mmap item value must be in range(0, 256)");
        return -1;
    }
    PyObject *result;
    LOCKED_RESULT(op, assign_item_lock_held(self, i, byte));
    return result != NULL ? 0 : -1;
}

// ---- buffer ----

static int
mmap_get_buffer(PyObject *op, Py_buffer *view, int flags)
{
    MmapObject *self = cast(op);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = -1;
    if (check_valid(self)) {
        result = buffer_fill_info(view, op, self->data, self->size, self->access == ACCESS_READ,
                                  flags);
        if (result == 0) {
            self->exports++;
        }
    }
    critical_section_end(&cs);
    return result;
}

static void
mmap_release_buffer(PyObject *op, Py_buffer *view)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    cast(op)->exports--;
    critical_section_end(&cs);
}

// ---- the type ----

static PyObject *
mmap_repr(PyObject *op)
{
    static const char *const names[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE",
                                        "ACCESS_COPY"};
    MmapObject *self = cast(op);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    bool closed = self->data == NULL;
    Py_ssize_t size = self->size;
    Py_ssize_t pos = self->pos;
    critical_section_end(&cs);
    const char *name = names[self->access];
    const char *type = type_of(op)->tp_name;
    if (closed) {
        return str_format("<%s closed=True>", type);
    }
    return str_format("<%s closed=False, access=%s, length=%zd, pos=%zd, offset=%lld>", type, name,
                      size, pos, (long long)self->offset);
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    return bool_from_int(cast(op)->data == NULL);
}

LOCKED_METHOD(mmap_enter)
{
    return new_ref((PyObject *)self);
}

static PyObject *
mmap_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return mmap_close(op, NULL);
}

static PyMethodDef mmap_methods[] = {
    {"close", mmap_close, METH_NOARGS, "close($self, /)\n--\n\nUnmap the memory."},
    {"find", FAST(mmap_find), "find(view[, start[, end]])\n\nFirst place of a bytes-like object."},
    {"rfind", FAST(mmap_rfind), "rfind(view[, start[, end]])\n\nLast place of a bytes-like object."},
    {"flush", FAST(mmap_flush), "flush([offset[, size]])\n\nWrite changes to the file."},
    {"madvise", FAST(mmap_madvise),
     "madvise(option[, start[, length]])\n\nAdvise the kernel about the use of the memory."},
    {"move", FAST(mmap_move), "move(dest, src, count)\n\nCopy bytes within the map."},
    {"read", FAST(mmap_read), "read([n])\n\nBytes from the position on."},
    {"read_byte", mmap_read_byte, METH_NOARGS,
     "read_byte($self, /)\n--\n\nThe byte at the position, as an int."},
    {"readline", mmap_readline, METH_NOARGS,
     "readline($self, /)\n--\n\nBytes up to the end of the line."},
    {"resize", mmap_resize, METH_O, "resize(newsize)\n\nResize the map and the file."},
    {"seek", FAST(mmap_seek), "seek(pos[, whence])\n\nSet the position."},
    {"seekable", mmap_seekable, METH_NOARGS, "seekable($self, /)\n--\n\nTrue."},
    {"size", mmap_size, METH_NOARGS, "size($self, /)\n--\n\nSize of the file."},
    {"tell", mmap_tell, METH_NOARGS, "tell($self, /)\n--\n\nThe position."},
    {"write", mmap_write, METH_O, "write(bytes)\n\nWrite bytes at the position."},
    {"write_byte", mmap_write_byte, METH_O, "write_byte(byte)\n\nWrite an int at the position."},
    {"__enter__", mmap_enter, METH_NOARGS, NULL},
    {"__exit__", FAST(mmap_exit), NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef mmap_getset[] = {
    {"closed", get_closed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PySequenceMethods mmap_as_sequence = {
    .sq_length = mmap_length,
    .sq_item = mmap_item,
};

static PyMappingMethods mmap_as_mapping = {
    .mp_length = mmap_length,
    .mp_subscript = mmap_subscript,
    .mp_ass_subscript = mmap_assign_subscript,
};

static PyBufferProcs mmap_as_buffer = {
    .bf_getbuffer = mmap_get_buffer,
    .bf_releasebuffer = mmap_release_buffer,
};

static PyTypeObject mmap_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "mmap.mmap",
    .tp_basicsize = sizeof(MmapObject),
    .tp_dealloc = mmap_dealloc,
    .tp_repr = mmap_repr,
    .tp_as_sequence = &mmap_as_sequence,
    .tp_as_mapping = &mmap_as_mapping,
    .tp_as_buffer = &mmap_as_buffer,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])\n\n"
              "Maps length bytes of the file with the descriptor fileno, or anonymous memory for\n"
              "-1. Length 0 maps the whole file.\n\n"
              "The object is a mutable sequence of bytes and a file with a position.",
    .tp_weaklistoffset = offsetof(MmapObject, weakrefs),
    .tp_methods = mmap_methods,
    .tp_getset = mmap_getset,
    .tp_new = mmap_new,
};

static const PosixConstant constants[] = {
#define C(name) {#name, name},
    C(ACCESS_COPY) C(ACCESS_DEFAULT) C(ACCESS_READ) C(ACCESS_WRITE) C(MADV_DODUMP) C(MADV_DOFORK)
    C(MADV_DONTDUMP) C(MADV_DONTFORK) C(MADV_DONTNEED) C(MADV_FREE) C(MADV_HUGEPAGE)
    C(MADV_HWPOISON) C(MADV_MERGEABLE) C(MADV_NOHUGEPAGE) C(MADV_NORMAL) C(MADV_RANDOM)
    C(MADV_REMOVE) C(MADV_SEQUENTIAL) C(MADV_UNMERGEABLE) C(MADV_WILLNEED) C(MAP_ANON)
    C(MAP_ANONYMOUS) C(MAP_DENYWRITE) C(MAP_EXECUTABLE) C(MAP_NORESERVE) C(MAP_POPULATE)
    C(MAP_PRIVATE) C(MAP_SHARED) C(MAP_STACK) C(PROT_EXEC) C(PROT_READ) C(PROT_WRITE)
#ifdef MAP_32BIT
    C(MAP_32BIT)
#endif
#undef C
    {NULL, 0},
};

static int
mmap_exec(PyObject *module)
{
    long page = sysconf(_SC_PAGESIZE);
    return module_add_type(module, &mmap_type) < 0 || posix_add_constants(module, constants) < 0
                   || module_add(module, "error", PyExc_OSError) < 0
                   || module_add_int(module, "PAGESIZE", page) < 0
                   || module_add_int(module, "ALLOCATIONGRANULARITY", page) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot mmap_slots[] = {
    {Py_mod_exec, mmap_exec},
    {0, NULL},
};

static PyModuleDef mmap_definition = {
    .m_name = "mmap",
    .m_slots = mmap_slots,
};

NATIVE_MODULE(mmap, &mmap_definition)
