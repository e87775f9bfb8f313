// _io.BytesIO: a binary stream in memory.
//
// Threading: every operation runs in the object's critical section; nothing in it calls Python
// code while the storage is half changed. Exports (getbuffer) forbid changes of size.
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/memoryview.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    char *data;             // lock: the object's; mem_alloc'ed, NULL when empty or closed
    Py_ssize_t size;        // lock: the object's
    Py_ssize_t capacity;    // lock: the object's
    Py_ssize_t pos;         // lock: the object's; may lie behind size
    Py_ssize_t exports;     // lock: the object's
    bool closed;            // lock: the object's
    PyObject *dict;
    PyObject *weakrefs;
} BytesIo;

// The object behind getbuffer(): keeps the stream alive and counts the export.
typedef struct {
    PyObject ob_base;
    BytesIo *source;
} BytesIoBuffer;

static bool
check_open(BytesIo *self)
{
    if (self->closed) {
        error_set(PyExc_ValueError, "I/O operation on closed file.");
    }
    return !self->closed;
}

static bool
check_exports(BytesIo *self)
{
    if (self->exports > 0) {
        error_set(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
    }
    return self->exports == 0;
}

static int
reserve(BytesIo *self, Py_ssize_t size)
{
    if (size <= self->capacity) {
        return 0;
    }
    if (size > PY_SSIZE_T_MAX - size / 8 - 16) {
        error_set(PyExc_OverflowError, "new buffer size too large");
        return -1;
    }
    Py_ssize_t capacity = size + size / 8 + 16;
    char *grown = mem_realloc(self->data, (size_t)capacity);
    if (grown == NULL) {
        error_no_memory();
        return -1;
    }
    self->data = grown;
    self->capacity = capacity;
    return 0;
}

static Py_ssize_t
write_data(BytesIo *self, const char *data, Py_ssize_t size)
{
    if (size == 0) {
        return 0;
    }
    if (!check_exports(self)) {
        return -1;
    }
    if (self->pos > PY_SSIZE_T_MAX - size) {
        error_set(PyExc_OverflowError, "new position too large");
        return -1;
    }
    Py_ssize_t end = self->pos + size;
    if (end > self->size) {
        if (reserve(self, end) < 0) {
            return -1;
        }
        if (self->pos > self->size) {
            memset(self->data + self->size, 0, (size_t)(self->pos - self->size));
        }
        self->size = end;
    }
    memcpy(self->data + self->pos, data, (size_t)size);
    self->pos = end;
    return size;
}

static Py_ssize_t
available(BytesIo *self)
{
    return self->pos < self->size ? self->size - self->pos : 0;
}

static PyObject *
take(BytesIo *self, Py_ssize_t n)
{
    PyObject *result = bytes_from_data(n > 0 ? self->data + self->pos : "", n);
    if (result != NULL) {
        self->pos += n;
    }
    return result;
}

// Runs `body` in the critical section of an open stream and returns its result.
#define LOCKED(op, type, failure, body)                \
    BytesIo *self = (BytesIo *)(op);                   \
    type result = failure;                             \
    CriticalSection cs;                                \
    critical_section_begin(&cs, self);                 \
    if (check_open(self)) {                            \
        result = (body);                               \
    }                                                  \
    critical_section_end(&cs);

static PyObject *
read_bytes(BytesIo *self, Py_ssize_t n)
{
    Py_ssize_t most = available(self);
    return take(self, n < 0 || n > most ? most : n);
}

static PyObject *
bytesio_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n;
    if (!args_check_positional("read", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &n) < 0) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, read_bytes(self, n))
    return result;
}

static PyObject *
read_line(BytesIo *self, Py_ssize_t limit)
{
    Py_ssize_t n = available(self);
    const char *start = self->data + self->pos;
    const char *newline = n > 0 ? memchr(start, '\n', (size_t)n) : NULL;
    n = newline != NULL ? newline - start + 1 : n;
    return take(self, limit >= 0 && limit < n ? limit : n);
}

static PyObject *
bytesio_readline(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit;
    if (!args_check_positional("readline", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &limit) < 0) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, read_line(self, limit))
    return result;
}

static PyObject *
bytesio_iternext(PyObject *op)
{
    LOCKED(op, PyObject *, NULL, read_line(self, -1))
    if (result != NULL && bytes_length(result) == 0) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
read_lines(BytesIo *self, Py_ssize_t hint)
{
    PyObject *lines = list_new(0);
    Py_ssize_t total = 0;
    while (lines != NULL && available(self) > 0 && (hint <= 0 || total < hint)) {
        PyObject *line = read_line(self, -1);
        if (line == NULL) {
            clear_ref(lines);
            break;
        }
        total += bytes_length(line);
        if (list_append_steal(lines, line) < 0) {
            clear_ref(lines);
        }
    }
    return lines;
}

static PyObject *
bytesio_readlines(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t hint;
    if (!args_check_positional("readlines", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &hint) < 0) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, read_lines(self, hint))
    return result;
}

static Py_ssize_t
read_into(BytesIo *self, char *out, Py_ssize_t size)
{
    Py_ssize_t n = available(self) < size ? available(self) : size;
    memcpy(out, n > 0 ? self->data + self->pos : "", (size_t)n);
    self->pos += n;
    return n;
}

static PyObject *
bytesio_readinto(PyObject *op, PyObject *target)
{
    Py_buffer view;
    if (!args_parse_one(target, "w*:readinto", &view)) {
        return NULL;
    }
    LOCKED(op, Py_ssize_t, -1, read_into(self, view.buf, view.len))
    buffer_release(&view);
    return result < 0 ? NULL : int_from_ssize(result);
}

static PyObject *
bytesio_write(PyObject *op, PyObject *data)
{
    Py_buffer view;
    if (buffer_get(data, &view, PyBUF_CONTIG_RO) < 0) {
        return NULL;
    }
    LOCKED(op, Py_ssize_t, -1, write_data(self, view.buf, view.len))
    buffer_release(&view);
    return result < 0 ? NULL : int_from_ssize(result);
}

// Forgets what the stream holds and writes data, with the stream's lock held all the time.
static Py_ssize_t
restart_with(BytesIo *self, const char *data, Py_ssize_t size)
{
    if (!check_exports(self)) {
        return -1;
    }
    self->size = self->pos = 0;
    return write_data(self, data, size);
}

// The same with an object's data, or none. 0, or -1 with an exception.
static int
restart(PyObject *op, PyObject *data)
{
    Py_buffer view = {.buf = ""};
    if (data != NULL && buffer_get(data, &view, PyBUF_CONTIG_RO) < 0) {
        return -1;
    }
    LOCKED(op, Py_ssize_t, -1, restart_with(self, view.buf, view.len))
    if (data != NULL) {
        buffer_release(&view);
    }
    return result < 0 ? -1 : 0;
}

static Py_ssize_t
set_position(BytesIo *self, Py_ssize_t pos)
{
    return self->pos = pos;
}

static int
go_to(PyObject *op, Py_ssize_t pos)
{
    LOCKED(op, Py_ssize_t, -1, set_position(self, pos))
    return result < 0 ? -1 : 0;
}

static PyObject *
bytesio_writelines(PyObject *op, PyObject *lines)
{
    if (!check_open((BytesIo *)op)) {
        return NULL;
    }
    PyObject *iterator = object_iter(lines);
    if (iterator == NULL) {
        return NULL;
    }
    for (PyObject *line; (line = iter_next(iterator)) != NULL;) {
        PyObject *written = bytesio_write(op, line);
        decref(line);
        if (written == NULL) {
            break;
        }
        decref(written);
    }
    decref(iterator);
    return error_occurred() ? NULL : new_ref(Py_None);
}

static PyObject *
get_value(BytesIo *self)
{
    return bytes_from_data(self->data != NULL ? self->data : "", self->size);
}

static PyObject *
bytesio_getvalue(PyObject *op, PyObject *unused)
{
    LOCKED(op, PyObject *, NULL, get_value(self))
    return result;
}

static PyObject *
bytesio_getbuffer(PyObject *op, PyObject *unused)
{
    if (!check_open((BytesIo *)op)) {
        return NULL;
    }
    BytesIoBuffer *buffer = (BytesIoBuffer *)type_alloc(&io_bytes_buffer_type, 0);
    if (buffer == NULL) {
        return NULL;
    }
    buffer->source = (BytesIo *)new_ref(op);
    PyObject *view = memoryview_from_object((PyObject *)buffer);
    decref(buffer);
    return view;
}

static PyObject *
bytesio_tell(PyObject *op, PyObject *unused)
{
    LOCKED(op, PyObject *, NULL, int_from_ssize(self->pos))
    return result;
}

static PyObject *
seek_to(BytesIo *self, Py_ssize_t offset, int whence)
{
    if (offset < 0 && whence == 0) {
        return error_format(PyExc_ValueError, "negative seek value %zd", offset);
    }
    Py_ssize_t base = whence == 1 ? self->pos : whence == 2 ? self->size : 0;
    if (whence != 0 && offset > PY_SSIZE_T_MAX - base) {
        return error_set(PyExc_OverflowError, "new position too large");
    }
    Py_ssize_t target = base + offset;
    self->pos = target < 0 ? 0 : target;
    return int_from_ssize(self->pos);
}

static PyObject *
bytesio_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("seek", nargs, 1, 2)) {
        return NULL;
    }
    Py_ssize_t offset = number_as_ssize(args[0], PyExc_OverflowError);
    int whence = nargs > 1 && !(offset == -1 && error_occurred()) ? int_as_int(args[1]) : 0;
    if (error_occurred()) {
        return NULL;
    }
    if (whence < 0 || whence > 2) {
        return check_open((BytesIo *)op)
                   ? error_format(PyExc_ValueError, "invalid whence (%i, should be 0, 1 or 2)",
                                  whence)
                   : NULL;
    }
    LOCKED(op, PyObject *, NULL, seek_to(self, offset, whence))
    return result;
}

static PyObject *
truncate_to(BytesIo *self, Py_ssize_t size)
{
    size = size < 0 ? self->pos : size;
    if (size < self->size) {
        if (!check_exports(self)) {
            return NULL;
        }
        self->size = size;
    }
    return int_from_ssize(size);
}

static PyObject *
bytesio_truncate(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("truncate", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t size = -1;
    if (nargs && args[0] != Py_None) {
        if (io_size_argument(args[0], &size) < 0) {
            return NULL;
        }
        if (size < 0) {
            return error_format(PyExc_ValueError, "negative size value %zd", size);
        }
    }
    LOCKED(op, PyObject *, NULL, truncate_to(self, size))
    return result;
}

static PyObject *
bytesio_close(PyObject *op, PyObject *unused)
{
    BytesIo *self = (BytesIo *)op;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    bool free_now = check_exports(self);
    if (free_now) {
        mem_free(self->data);
        self->data = NULL;
        self->size = self->capacity = 0;
        self->closed = true;
    }
    critical_section_end(&cs);
    return free_now ? new_ref(Py_None) : NULL;
}

static PyObject *
bytesio_true(PyObject *op, PyObject *unused)
{
    return check_open((BytesIo *)op) ? new_ref(Py_True) : NULL;
}

static PyObject *
bytesio_isatty(PyObject *op, PyObject *unused)
{
    return check_open((BytesIo *)op) ? new_ref(Py_False) : NULL;
}

static PyObject *
bytesio_flush(PyObject *op, PyObject *unused)
{
    return check_open((BytesIo *)op) ? new_ref(Py_None) : NULL;
}

static PyObject *
bytesio_getstate(PyObject *op, PyObject *unused)
{
    PyObject *value = bytesio_getvalue(op, NULL);
    if (value == NULL) {
        return NULL;
    }
    PyObject *dict = object_get_dict(op);
    PyObject *copy = dict != NULL && dict_size(dict) > 0 ? dict_copy(dict) : new_ref(Py_None);
    xdecref(dict);
    if (copy == NULL) {
        decref(value);
        return NULL;
    }
    return value_build("(NnN)", value, ((BytesIo *)op)->pos, copy);
}

static PyObject *
bytesio_setstate(PyObject *op, PyObject *state)
{
    if (!tuple_check(state) || tuple_size(state) < 3) {
        return error_format(PyExc_TypeError,
                            "%.200s.__setstate__ argument should be 3-tuple, got %.200s",
                            object_type(op)->tp_name, object_type(state)->tp_name);
    }
    if (restart(op, tuple_item_borrow(state, 0)) < 0) {
        return NULL;
    }
    PyObject *position = tuple_item_borrow(state, 1);
    if (!int_check(position)) {
        return error_format(PyExc_TypeError,
                            "second item of state must be an integer, not %.200s",
                            object_type(position)->tp_name);
    }
    Py_ssize_t pos = int_as_ssize(position);
    if (pos == -1 && error_occurred()) {
        return NULL;
    }
    if (pos < 0) {
        return error_set(PyExc_ValueError, "position value cannot be negative");
    }
    if (go_to(op, pos) < 0) {
        return NULL;
    }
    PyObject *attributes = tuple_item_borrow(state, 2);
    if (attributes == Py_None) {
        return new_ref(Py_None);
    }
    if (!dict_check(attributes)) {
        return error_format(PyExc_TypeError,
                            "third item of state should be a dict, got a %.200s",
                            object_type(attributes)->tp_name);
    }
    PyObject *dict = object_get_dict(op);
    int failed = dict != NULL ? dict_update(dict, attributes) : -1;
    xdecref(dict);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static int
bytesio_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"initial_bytes", NULL};
    BytesIo *self = (BytesIo *)op;
    PyObject *initial = NULL;
    if (!args_parse_static(args, kwargs, "|O:BytesIO", names, &initial)) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, self);
    self->closed = false;
    critical_section_end(&cs);
    return restart(op, initial == Py_None ? NULL : initial) < 0 ? -1 : go_to(op, 0);
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    return bool_from_int(((BytesIo *)op)->closed);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef bytesio_methods[] = {
    {"readable", bytesio_true, METH_NOARGS,
     "readable($self, /)\n--\n\nReturns True if the IO object can be read."},
    {"seekable", bytesio_true, METH_NOARGS,
     "seekable($self, /)\n--\n\nReturns True if the IO object can be seeked."},
    {"writable", bytesio_true, METH_NOARGS,
     "writable($self, /)\n--\n\nReturns True if the IO object can be written."},
    {"close", bytesio_close, METH_NOARGS,
     "close($self, /)\n--\n\nDisable all I/O operations."},
    {"flush", bytesio_flush, METH_NOARGS, "flush($self, /)\n--\n\nDoes nothing."},
    {"isatty", bytesio_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nAlways returns False.\n\nBytesIO objects are not connected to a "
     "TTY-like device."},
    {"tell", bytesio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nCurrent file position, an integer."},
    {"write", bytesio_write, METH_O,
     "write($self, b, /)\n--\n\nWrite bytes to file.\n\nReturn the number of bytes written."},
    {"writelines", bytesio_writelines, METH_O,
     "writelines($self, lines, /)\n--\n\nWrite lines to the file.\n\n"
     "Note that newlines are not added.  lines can be any iterable object\n"
     "producing bytes-like objects. This is equivalent to calling write() for\n"
     "each element."},
    {"read1", FAST(bytesio_read),
     "read1($self, size=-1, /)\n--\n\nRead at most size bytes, returned as a bytes object.\n\n"
     "If the size argument is negative or omitted, read until EOF is reached.\n"
     "Return an empty bytes object at EOF."},
    {"readinto", bytesio_readinto, METH_O,
     "readinto($self, buffer, /)\n--\n\nRead bytes into buffer.\n\n"
     "Returns number of bytes read (0 for EOF), or None if the object\n"
     "is set not to block and has no data to read."},
    {"readline", FAST(bytesio_readline),
     "readline($self, size=-1, /)\n--\n\nNext line from the file, as a bytes object.\n\n"
     "Retain newline.  A non-negative size argument limits the maximum\n"
     "number of bytes to return (an incomplete line may be returned then).\n"
     "Return an empty bytes object at EOF."},
    {"readlines", FAST(bytesio_readlines),
     "readlines($self, size=None, /)\n--\n\nList of bytes objects, each a line from the file.\n\n"
     "Call readline() repeatedly and return a list of the lines so read.\n"
     "The optional size argument, if given, is an approximate bound on the\n"
     "total number of bytes in the lines returned."},
    {"read", FAST(bytesio_read),
     "read($self, size=-1, /)\n--\n\nRead at most size bytes, returned as a bytes object.\n\n"
     "If the size argument is negative, read until EOF is reached.\n"
     "Return an empty bytes object at EOF."},
    {"getbuffer", bytesio_getbuffer, METH_NOARGS,
     "getbuffer($self, /)\n--\n\nGet a read-write view over the contents of the BytesIO object."},
    {"getvalue", bytesio_getvalue, METH_NOARGS,
     "getvalue($self, /)\n--\n\nRetrieve the entire contents of the BytesIO object."},
    {"seek", FAST(bytesio_seek),
     "seek($self, pos, whence=0, /)\n--\n\nChange stream position.\n\n"
     "Seek to byte offset pos relative to position indicated by whence:\n"
     "     0  Start of stream (the default).  pos should be >= 0;\n"
     "     1  Current position - pos may be negative;\n"
     "     2  End of stream - pos usually negative.\n"
     "Returns the new absolute position."},
    {"truncate", FAST(bytesio_truncate),
     "truncate($self, size=None, /)\n--\n\nTruncate the file to at most size bytes.\n\n"
     "Size defaults to the current file position, as returned by tell().\n"
     "The current file position is unchanged.  Returns the new size."},
    {"__getstate__", bytesio_getstate, METH_NOARGS, NULL},
    {"__setstate__", bytesio_setstate, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef bytesio_getset[] = {
    {"closed", get_closed, NULL, "True if the file is closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
bytesio_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *dict = ((BytesIo *)op)->dict;
    return dict != NULL ? visit(dict, arg) : 0;
}

static int
bytesio_clear(PyObject *op)
{
    clear_ref(((BytesIo *)op)->dict);
    return 0;
}

static void
bytesio_dealloc(PyObject *op)
{
    BytesIo *self = (BytesIo *)op;
    gc_untrack(op);
    weakref_clear_all(op);
    mem_free(self->data);
    clear_ref(self->dict);
    object_type(op)->tp_free(op);
}

PyTypeObject io_bytes_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.BytesIO",
    .tp_basicsize = sizeof(BytesIo),
    .tp_dealloc = bytesio_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "BytesIO(initial_bytes=b'')\n--\n\n"
              "Buffered I/O implementation using an in-memory bytes buffer.",
    .tp_traverse = bytesio_traverse,
    .tp_clear = bytesio_clear,
    .tp_weaklistoffset = offsetof(BytesIo, weakrefs),
    .tp_iter = object_self_iter,
    .tp_iternext = bytesio_iternext,
    .tp_methods = bytesio_methods,
    .tp_getset = bytesio_getset,
    .tp_base = &io_buffered_base_type,
    .tp_dictoffset = offsetof(BytesIo, dict),
    .tp_init = bytesio_init,
    .tp_new = type_generic_new,
};

// ---- the exported buffer ----

static int
buffer_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    BytesIo *source = ((BytesIoBuffer *)op)->source;
    CriticalSection cs;
    critical_section_begin(&cs, source);
    int result = buffer_fill_info(view, op, source->data != NULL ? source->data : "", source->size,
                                  0, flags);
    if (result == 0) {
        source->exports++;
    }
    critical_section_end(&cs);
    return result;
}

static void
buffer_releasebuffer(PyObject *op, Py_buffer *view)
{
    BytesIo *source = ((BytesIoBuffer *)op)->source;
    CriticalSection cs;
    critical_section_begin(&cs, source);
    source->exports--;
    critical_section_end(&cs);
}

static int
buffer_traverse(PyObject *op, visitproc visit, void *arg)
{
    BytesIo *source = ((BytesIoBuffer *)op)->source;
    return source != NULL ? visit((PyObject *)source, arg) : 0;
}

static void
buffer_dealloc(PyObject *op)
{
    gc_untrack(op);
    clear_ref(((BytesIoBuffer *)op)->source);
    object_type(op)->tp_free(op);
}

static PyBufferProcs buffer_procs = {
    .bf_getbuffer = buffer_getbuffer,
    .bf_releasebuffer = buffer_releasebuffer,
};

PyTypeObject io_bytes_buffer_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io._BytesIOBuffer",
    .tp_basicsize = sizeof(BytesIoBuffer),
    .tp_dealloc = buffer_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_as_buffer = &buffer_procs,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = buffer_traverse,
};
