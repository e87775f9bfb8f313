// _io._IOBase and the abstract classes _RawIOBase, _BufferedIOBase, _TextIOBase: default methods
// in terms of the few that a concrete class has.
//
// Threading: no state but the instance dict; `__IOBase_closed` is an attribute.
#include <string.h>

#include "abi/constants.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "objects/type_reduce.h"
#include "objects/weakref.h"
#include "runtime/runtime.h"

typedef struct {
    PyObject ob_base;
    PyObject *dict;         // owned or NULL
    PyObject *weakrefs;     // weak references to the object
} IoBase;

// ---- helpers for all classes ----

void *
io_unsupported(const char *message)
{
    return error_set(interpreter_roots()->io_unsupported, message);
}

bool
io_error_is_unsupported(void)
{
    return error_matches(interpreter_roots()->io_unsupported);
}

int
io_is_closed(PyObject *stream)
{
    PyObject *closed = object_getattr(stream, ID(closed));
    if (closed == NULL) {
        return -1;
    }
    int result = object_is_true(closed);
    decref(closed);
    return result;
}

bool
io_check_closed(PyObject *stream)
{
    int closed = io_is_closed(stream);
    if (closed > 0) {
        error_set(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed == 0;
}

bool
io_check_ability(PyObject *stream, PyObject *method, const char *message)
{
    PyObject *answer = object_call_method_noargs(stream, method);
    if (answer == NULL) {
        return false;
    }
    bool able = answer == Py_True;
    decref(answer);
    if (!able) {
        io_unsupported(message);
    }
    return able;
}

int
io_size_argument(PyObject *arg, Py_ssize_t *size)
{
    *size = -1;
    if (arg == NULL || arg == Py_None) {
        return 0;
    }
    PyObject *index = object_type(arg)->tp_as_number != NULL
                              && object_type(arg)->tp_as_number->nb_index != NULL
                          ? number_index(arg) : NULL;
    if (index == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                         object_type(arg)->tp_name);
        }
        return -1;
    }
    *size = number_as_ssize(index, PyExc_OverflowError);
    decref(index);
    return *size == -1 && error_occurred() ? -1 : 0;
}

off_t
io_as_offset(PyObject *arg)
{
    return (off_t)int_as_i64(arg);
}

// `_finalizing` tells destructors of Python subclasses that the close comes from the collector.
void
io_finalize(PyObject *self)
{
    PyObject *pending = error_take();
    int closed = io_is_closed(self);
    if (closed < 0) {
        error_clear();
    }
    if (closed == 0) {
        if (object_setattr(self, ID(_finalizing), Py_True) < 0) {
            error_clear();
        }
        PyObject *result = object_call_method_noargs(self, ID(close));
        if (result == NULL) {
            error_format_unraisable("Exception ignored while finalizing file %R", self);
        }
        xdecref(result);
    }
    error_restore_steal(pending);
}

PyObject *
io_call_base(PyObject *self, PyTypeObject *base, PyObject *method)
{
    PyObject *function = object_getattr((PyObject *)base, method);
    PyObject *result = function != NULL ? object_call_onearg(function, self) : NULL;
    xdecref(function);
    return result;
}

PyObject *
io_reduce(PyObject *self, PyObject *unused)
{
    PyObject *own = type_lookup(object_type(self), ID(__getstate__));
    PyObject *general = type_lookup(&PyBaseObject_Type, ID(__getstate__));
    bool has_own = own != general;
    xdecref(own);
    xdecref(general);
    if (has_own) {
        return object_reduce_newobj(self);
    }
    PyObject *name = type_get_name(object_type(self));
    if (name != NULL) {
        error_format(PyExc_TypeError, "cannot pickle %R instances", name);
        decref(name);
    }
    return NULL;
}

PyObject *
io_reduce_ex(PyObject *self, PyObject *protocol)
{
    return io_reduce(self, NULL);
}

bool
io_begin_dealloc(PyObject *self)
{
    return object_call_finalizer_from_dealloc(self) == 0;
}

// ---- _IOBase ----

static PyObject *
base_seek(PyObject *self, PyObject *args)
{
    return io_unsupported("seek");
}

static PyObject *
base_tell(PyObject *self, PyObject *unused)
{
    PyObject *zero = int_from_i64(0);
    PyObject *one = int_from_i64(1);
    return object_call_method(self, ID(seek), zero, one, NULL);
}

static PyObject *
base_truncate(PyObject *self, PyObject *args)
{
    return io_unsupported("truncate");
}

static PyObject *
base_fileno(PyObject *self, PyObject *unused)
{
    return io_unsupported("fileno");
}

// Whether close() of this class has run. 1, 0, -1.
static int
marked_closed(PyObject *self)
{
    PyObject *mark = NULL;
    int found = object_getattr_optional(self, ID(__IOBase_closed), &mark);
    if (found > 0) {
        found = object_is_true(mark);
        decref(mark);
    }
    return found;
}

static PyObject *
base_flush(PyObject *self, PyObject *unused)
{
    int closed = marked_closed(self);
    if (closed > 0) {
        return error_set(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
base_close(PyObject *self, PyObject *unused)
{
    int closed = marked_closed(self);
    if (closed != 0) {
        return closed < 0 ? NULL : new_ref(Py_None);
    }
    PyObject *flushed = object_call_method_noargs(self, ID(flush));
    PyObject *failure = error_take();
    int marked = object_setattr(self, ID(__IOBase_closed), Py_True);
    if (failure != NULL) {
        error_chain_steal(failure);
    }
    PyObject *result = flushed != NULL && marked == 0 ? new_ref(Py_None) : NULL;
    xdecref(flushed);
    return result;
}

static PyObject *
base_false(PyObject *self, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyObject *
base_isatty(PyObject *self, PyObject *unused)
{
    return io_check_closed(self) ? new_ref(Py_False) : NULL;
}

#define CHECK_METHOD(function, condition)                                 \
    static PyObject *function(PyObject *self, PyObject *unused)           \
    {                                                                     \
        return (condition) ? new_ref(Py_True) : NULL;                     \
    }

CHECK_METHOD(base_check_closed, io_check_closed(self))
CHECK_METHOD(base_check_seekable,
             io_check_ability(self, ID(seekable), "File or stream is not seekable."))
CHECK_METHOD(base_check_readable,
             io_check_ability(self, ID(readable), "File or stream is not readable."))
CHECK_METHOD(base_check_writable,
             io_check_ability(self, ID(writable), "File or stream is not writable."))

static PyObject *
base_enter(PyObject *self, PyObject *unused)
{
    return io_check_closed(self) ? new_ref(self) : NULL;
}

static PyObject *
base_exit(PyObject *self, PyObject *args)
{
    return object_call_method_noargs(self, ID(close));
}

static int
append_data(PyObject *buffer, const char *data, Py_ssize_t size)
{
    Py_ssize_t old = bytearray_length(buffer);
    if (bytearray_resize(buffer, old + size) < 0) {
        return -1;
    }
    memcpy(bytearray_data(buffer) + old, data, (size_t)size);
    return 0;
}

// How many bytes a readline step may ask for: up to the next line end when peek() knows it.
static Py_ssize_t
readline_step(PyObject *self, PyObject *peek, Py_ssize_t left)
{
    Py_ssize_t step = 1;
    if (peek == NULL) {
        return step;
    }
    PyObject *one = int_from_i64(1);
    PyObject *ahead = object_call_onearg(peek, one);
    if (ahead == NULL) {
        return -1;
    }
    if (!bytes_check(ahead)) {
        error_format(PyExc_OSError, "peek() should have returned a bytes object, not '%.200s'",
                     object_type(ahead)->tp_name);
        decref(ahead);
        return -1;
    }
    Py_ssize_t size = bytes_length(ahead);
    if (size > 0) {
        const char *data = bytes_data(ahead);
        const char *newline = memchr(data, '\n', (size_t)size);
        step = newline != NULL ? newline - data + 1 : size;
        step = left >= 0 && step > left ? left : step;
    }
    decref(ahead);
    return step;
}

static PyObject *
base_readline(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit;
    if (!args_check_positional("readline", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &limit) < 0) {
        return NULL;
    }
    PyObject *peek = NULL;
    if (object_getattr_optional(self, ID(peek), &peek) < 0) {
        return NULL;
    }
    PyObject *buffer = bytearray_from_data(NULL, 0);
    PyObject *result = NULL;
    while (buffer != NULL && (limit < 0 || bytearray_length(buffer) < limit)) {
        Py_ssize_t left = limit < 0 ? -1 : limit - bytearray_length(buffer);
        Py_ssize_t step = readline_step(self, peek, left);
        PyObject *count = step > 0 ? int_from_ssize(step) : NULL;
        PyObject *chunk = count != NULL ? object_call_method_onearg(self, ID(read), count) : NULL;
        xdecref(count);
        if (chunk == NULL) {
            goto done;
        }
        if (!bytes_check(chunk)) {
            error_format(PyExc_OSError,
                         "read() should have returned a bytes object, not '%.200s'",
                         object_type(chunk)->tp_name);
            decref(chunk);
            goto done;
        }
        Py_ssize_t size = bytes_length(chunk);
        bool ended = size == 0 || bytes_data(chunk)[size - 1] == '\n';
        int failed = append_data(buffer, bytes_data(chunk), size);
        decref(chunk);
        if (failed < 0) {
            goto done;
        }
        if (ended) {
            break;
        }
    }
    if (buffer != NULL) {
        result = bytes_from_data(bytearray_data(buffer), bytearray_length(buffer));
    }
done:
    xdecref(peek);
    xdecref(buffer);
    return result;
}

static PyObject *
base_iter(PyObject *self)
{
    return io_check_closed(self) ? new_ref(self) : NULL;
}

static PyObject *
base_iternext(PyObject *self)
{
    PyObject *line = object_call_method_noargs(self, ID(readline));
    if (line != NULL && object_length(line) <= 0) {
        clear_ref(line);        // the end, or an exception of len()
    }
    return line;
}

static PyObject *
base_readlines(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t hint;
    if (!args_check_positional("readlines", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &hint) < 0) {
        return NULL;
    }
    if (hint <= 0) {
        return list_from_iterable(self);
    }
    PyObject *result = list_new(0);
    PyObject *iterator = result != NULL ? object_iter(self) : NULL;
    Py_ssize_t total = 0;
    while (iterator != NULL) {
        PyObject *line = iter_next(iterator);
        if (line == NULL) {
            break;
        }
        Py_ssize_t length = object_length(line);
        if (length < 0 || list_append(result, line) < 0) {
            decref(line);
            break;
        }
        decref(line);
        if (length > hint - total) {
            break;
        }
        total += length;
    }
    xdecref(iterator);
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
base_writelines(PyObject *self, PyObject *lines)
{
    if (!io_check_closed(self)) {
        return NULL;
    }
    PyObject *iterator = object_iter(lines);
    if (iterator == NULL) {
        return NULL;
    }
    for (PyObject *line; (line = iter_next(iterator)) != NULL;) {
        PyObject *result = object_call_method_onearg(self, ID(write), line);
        decref(line);
        if (result == NULL) {
            break;
        }
        decref(result);
    }
    decref(iterator);
    return error_occurred() ? NULL : new_ref(Py_None);
}

static PyObject *
base_get_closed(PyObject *self, void *closure)
{
    int closed = marked_closed(self);
    return closed < 0 ? NULL : bool_from_int(closed);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef base_methods[] = {
    {"seek", base_seek, METH_VARARGS,
     "seek($self, offset, whence=os.SEEK_SET, /)\n--\n\nChange the stream position to the given "
     "byte offset.\n\n"
     "  offset\n    The stream position, relative to 'whence'.\n"
     "  whence\n    The relative position to seek from.\n\n"
     "The offset is interpreted relative to the position indicated by whence.\n"
     "Values for whence are:\n\n"
     "* os.SEEK_SET or 0 -- start of stream (the default); offset should be zero or positive\n"
     "* os.SEEK_CUR or 1 -- current stream position; offset may be negative\n"
     "* os.SEEK_END or 2 -- end of stream; offset is usually negative\n\n"
     "Return the new absolute position."},
    {"tell", base_tell, METH_NOARGS, "tell($self, /)\n--\n\nReturn current stream position."},
    {"truncate", base_truncate, METH_VARARGS,
     "truncate($self, size=None, /)\n--\n\nTruncate file to size bytes.\n\n"
     "File pointer is left unchanged. Size defaults to the current IO position\n"
     "as reported by tell(). Return the new size."},
    {"flush", base_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nFlush write buffers, if applicable.\n\n"
     "This is not implemented for read-only and non-blocking streams."},
    {"close", base_close, METH_NOARGS,
     "close($self, /)\n--\n\nFlush and close the IO object.\n\n"
     "This method has no effect if the file is already closed."},
    {"seekable", base_false, METH_NOARGS,
     "seekable($self, /)\n--\n\nReturn whether object supports random access.\n\n"
     "If False, seek(), tell() and truncate() will raise OSError.\n"
     "This method may need to do a test seek()."},
    {"readable", base_false, METH_NOARGS,
     "readable($self, /)\n--\n\nReturn whether object was opened for reading.\n\n"
     "If False, read() will raise OSError."},
    {"writable", base_false, METH_NOARGS,
     "writable($self, /)\n--\n\nReturn whether object was opened for writing.\n\n"
     "If False, write() will raise OSError."},
    {"_checkClosed", base_check_closed, METH_NOARGS, NULL},
    {"_checkSeekable", base_check_seekable, METH_NOARGS, NULL},
    {"_checkReadable", base_check_readable, METH_NOARGS, NULL},
    {"_checkWritable", base_check_writable, METH_NOARGS, NULL},
    {"fileno", base_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\nReturn underlying file descriptor if one exists.\n\n"
     "Raise OSError if the IO object does not use a file descriptor."},
    {"isatty", base_isatty, METH_NOARGS,
     "isatty($self, /)\n--\n\nReturn whether this is an 'interactive' stream.\n\n"
     "Return False if it can't be determined."},
    {"__enter__", base_enter, METH_NOARGS, NULL},
    {"__exit__", base_exit, METH_VARARGS, NULL},
    {"readline", FAST(base_readline),
     "readline($self, size=-1, /)\n--\n\nRead and return a line from the stream.\n\n"
     "If size is specified, at most size bytes will be read.\n\n"
     "The line terminator is always b'\\n' for binary files; for text\n"
     "files, the newlines argument to open can be used to select the line\n"
     "terminator(s) recognized."},
    {"readlines", FAST(base_readlines),
     "readlines($self, hint=-1, /)\n--\n\nReturn a list of lines from the stream.\n\n"
     "hint can be specified to control the number of lines read: no more\n"
     "lines will be read if the total size (in bytes/characters) of all\n"
     "lines so far exceeds hint."},
    {"writelines", base_writelines, METH_O,
     "writelines($self, lines, /)\n--\n\nWrite a list of lines to stream.\n\n"
     "Line separators are not added, so it is usual for each of the\n"
     "lines provided to have a line separator at the end."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef base_getset[] = {
    {"__dict__", object_generic_get_dict, NULL, NULL, NULL},
    {"closed", base_get_closed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
base_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *dict = ((IoBase *)self)->dict;
    return dict != NULL ? visit(dict, arg) : 0;
}

static int
base_clear(PyObject *self)
{
    clear_ref(((IoBase *)self)->dict);
    return 0;
}

static void
base_dealloc(PyObject *self)
{
    if (!io_begin_dealloc(self)) {
        return;
    }
    gc_untrack(self);
    weakref_clear_all(self);
    clear_ref(((IoBase *)self)->dict);
    object_type(self)->tp_free(self);
}

PyTypeObject io_base_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io._IOBase",
    .tp_basicsize = sizeof(IoBase),
    .tp_dealloc = base_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "The abstract base class for all I/O classes.\n\n"
              "This class provides dummy implementations for many methods that\n"
              "derived classes can override selectively; the default implementations\n"
              "represent a file that cannot be read, written or seeked.\n\n"
              "Even though IOBase does not declare read, readinto, or write because\n"
              "their signatures will vary, implementations and clients should\n"
              "consider those methods part of the interface. Also, implementations\n"
              "may raise UnsupportedOperation when operations they do not support are\n"
              "called.\n\n"
              "The basic type used for binary data read from or written to a file is\n"
              "bytes. Other bytes-like objects are accepted as method arguments too.\n"
              "In some cases (such as readinto), a writable object is required. Text\n"
              "I/O classes work with str data.\n\n"
              "Note that calling any method (except additional calls to close(),\n"
              "which are ignored) on a closed stream should raise a ValueError.\n\n"
              "IOBase (and its subclasses) support the iterator protocol, meaning\n"
              "that an IOBase object can be iterated over yielding the lines in a\n"
              "stream.\n\n"
              "IOBase also supports the :keyword:`with` statement. In this example,\n"
              "fp is closed after the suite of the with statement is complete:\n\n"
              "with open('spam.txt', 'r') as fp:\n    fp.write('Spam and eggs!')\n",
    .tp_traverse = base_traverse,
    .tp_clear = base_clear,
    .tp_weaklistoffset = offsetof(IoBase, weakrefs),
    .tp_iter = base_iter,
    .tp_iternext = base_iternext,
    .tp_methods = base_methods,
    .tp_getset = base_getset,
    .tp_dictoffset = offsetof(IoBase, dict),
    .tp_finalize = io_finalize,
    .tp_new = type_generic_new,
};

// ---- _RawIOBase ----

static PyObject *
raw_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("read", nargs, 0, 1)) {
        return NULL;
    }
    Py_ssize_t size = nargs ? number_as_ssize(args[0], PyExc_OverflowError) : -1;
    if (size == -1 && error_occurred()) {
        return NULL;
    }
    if (size < 0) {
        return object_call_method_noargs(self, ID(readall));
    }
    PyObject *buffer = bytearray_from_data(NULL, size);
    PyObject *count = buffer != NULL ? object_call_method_onearg(self, ID(readinto), buffer) : NULL;
    PyObject *result = NULL;
    if (count == Py_None) {
        result = new_ref(Py_None);
    }
    else if (count != NULL) {
        Py_ssize_t got = number_as_ssize(count, PyExc_ValueError);
        if (got == -1 && error_occurred()) {
            // the exception of the conversion
        }
        else if (got < 0 || got > bytearray_length(buffer)) {
            error_format(PyExc_ValueError, "readinto returned %zd outside buffer size %zd", got,
                         bytearray_length(buffer));
        }
        else {
            result = bytes_from_data(bytearray_data(buffer), got);
        }
    }
    xdecref(count);
    xdecref(buffer);
    return result;
}

static PyObject *
raw_readall(PyObject *self, PyObject *unused)
{
    PyObject *chunks = bytearray_from_data(NULL, 0);
    PyObject *result = NULL;
    while (chunks != NULL) {
        PyObject *size = int_from_ssize(IO_BUFFER_SIZE);
        PyObject *data = size != NULL ? object_call_method_onearg(self, ID(read), size) : NULL;
        xdecref(size);
        if (data == NULL) {
            break;
        }
        if (data == Py_None) {
            // Nothing available yet: what was read so far, or None.
            if (bytearray_length(chunks) == 0) {
                result = data;
                break;
            }
            decref(data);
            goto finish;
        }
        if (!bytes_check(data)) {
            decref(data);
            error_set(PyExc_TypeError, "read() should return bytes");
            break;
        }
        Py_ssize_t got = bytes_length(data);
        int failed = append_data(chunks, bytes_data(data), got);
        decref(data);
        if (failed < 0) {
            break;
        }
        if (got == 0) {
finish:
            result = bytes_from_data(bytearray_data(chunks), bytearray_length(chunks));
            break;
        }
    }
    xdecref(chunks);
    return result;
}

// Classes of raw streams must have their own.
static PyObject *
raw_missing(PyObject *op, PyObject *arg)
{
    return error_set_none(PyExc_NotImplementedError);
}

static PyMethodDef raw_methods[] = {
    {"read", FAST(raw_read), "read($self, size=-1, /)\n--\n\n"},
    {"readall", raw_readall, METH_NOARGS,
     "readall($self, /)\n--\n\nRead until EOF, using multiple read() call."},
    {"readinto", raw_missing, METH_O, NULL},
    {"write", raw_missing, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

#define ABSTRACT_TYPE(symbol, name, doc, methods, getset)                                       \
    PyTypeObject symbol = {                                                                     \
        .ob_base = STATIC_TYPE_HEAD,                                                            \
        .tp_name = name,                                                                        \
        .tp_basicsize = sizeof(IoBase),                                                         \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE         \
                    | Py_TPFLAGS_HAVE_GC,                                                       \
        .tp_dealloc = base_dealloc,                                                             \
        .tp_traverse = base_traverse,                                                           \
        .tp_clear = base_clear,                                                                 \
        .tp_doc = doc,                                                                          \
        .tp_methods = methods,                                                                  \
        .tp_getset = getset,                                                                    \
        .tp_base = &io_base_type,                                                               \
        .tp_new = type_generic_new,                                                             \
    };

ABSTRACT_TYPE(io_raw_base_type, "_io._RawIOBase", "Base class for raw binary I/O.", raw_methods,
              NULL)

// ---- _BufferedIOBase ----

static PyObject *
buffered_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return io_unsupported("read");
}

static PyObject *
buffered_read1(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return io_unsupported("read1");
}

static PyObject *
buffered_write(PyObject *self, PyObject *data)
{
    return io_unsupported("write");
}

static PyObject *
buffered_detach(PyObject *self, PyObject *unused)
{
    return io_unsupported("detach");
}

// readinto in terms of read or read1.
static PyObject *
readinto_by(PyObject *self, PyObject *target, PyObject *method)
{
    Py_buffer view;
    if (buffer_get(target, &view, PyBUF_WRITABLE) < 0) {
        error_clear();
        return error_format(PyExc_TypeError,
                            "readinto() argument must be read-write bytes-like object, not %.50s",
                            object_type(target)->tp_name);
    }
    PyObject *size = int_from_ssize(view.len);
    PyObject *data = size != NULL ? object_call_method_onearg(self, method, size) : NULL;
    PyObject *result = NULL;
    if (data != NULL && !bytes_check(data)) {
        error_set(PyExc_TypeError, "read() should return bytes");
    }
    else if (data != NULL && bytes_length(data) > view.len) {
        error_format(PyExc_ValueError,
                     "read() returned too much data: %zd bytes requested, %zd returned", view.len,
                     bytes_length(data));
    }
    else if (data != NULL) {
        memcpy(view.buf, bytes_data(data), (size_t)bytes_length(data));
        result = int_from_ssize(bytes_length(data));
    }
    xdecref(size);
    xdecref(data);
    buffer_release(&view);
    return result;
}

static PyObject *
buffered_readinto(PyObject *self, PyObject *target)
{
    return readinto_by(self, target, ID(read));
}

static PyObject *
buffered_readinto1(PyObject *self, PyObject *target)
{
    return readinto_by(self, target, ID(read1));
}

static PyMethodDef buffered_methods[] = {
    {"detach", buffered_detach, METH_NOARGS,
     "detach($self, /)\n--\n\nDisconnect this buffer from its underlying raw stream and return "
     "it.\n\nAfter the raw stream has been detached, the buffer is in an unusable\nstate."},
    {"read", FAST(buffered_read),
     "read($self, size=-1, /)\n--\n\nRead and return up to n bytes.\n\n"
     "If the size argument is omitted, None, or negative, read and\n"
     "return all data until EOF."},
    {"read1", FAST(buffered_read1),
     "read1($self, size=-1, /)\n--\n\nRead and return up to size bytes, with at most one read() "
     "call to the underlying raw stream.\n\nReturn an empty bytes object on EOF.\n"
     "A short result does not imply that EOF is imminent."},
    {"readinto", buffered_readinto, METH_O, "readinto($self, buffer, /)\n--\n\n"},
    {"readinto1", buffered_readinto1, METH_O, "readinto1($self, buffer, /)\n--\n\n"},
    {"write", buffered_write, METH_O,
     "write($self, b, /)\n--\n\nWrite buffer b to the IO stream.\n\n"
     "Return the number of bytes written, which is always\nthe length of b in bytes."},
    {NULL, NULL, 0, NULL},
};

ABSTRACT_TYPE(io_buffered_base_type, "_io._BufferedIOBase",
              "Base class for buffered IO objects.\n\n"
              "The main difference with RawIOBase is that the read() method\n"
              "supports omitting the size argument, and does not have a default\n"
              "implementation that defers to readinto().\n\n"
              "In addition, read(), readinto() and write() may raise\n"
              "BlockingIOError if the underlying raw stream is in non-blocking\n"
              "mode and not ready; unlike their raw counterparts, they will never\n"
              "return None.\n\n"
              "A typical implementation should not inherit from a RawIOBase\n"
              "implementation, but wrap one.",
              buffered_methods, NULL)

// ---- _TextIOBase ----

static PyObject *
text_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return io_unsupported("read");
}

static PyObject *
text_readline(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return io_unsupported("readline");
}

static PyObject *
text_write(PyObject *self, PyObject *text)
{
    return io_unsupported("write");
}

static PyObject *
get_none(PyObject *self, void *closure)
{
    return new_ref(Py_None);
}

static PyMethodDef text_methods[] = {
    {"detach", buffered_detach, METH_NOARGS,
     "detach($self, /)\n--\n\nSeparate the underlying buffer from the TextIOBase and return it.\n\n"
     "After the underlying buffer has been detached, the TextIO is in an unusable state."},
    {"read", FAST(text_read),
     "read($self, size=-1, /)\n--\n\nRead at most size characters from stream.\n\n"
     "Read from underlying buffer until we have size characters or we hit EOF.\n"
     "If size is negative or omitted, read until EOF."},
    {"readline", FAST(text_readline),
     "readline($self, size=-1, /)\n--\n\nRead until newline or EOF.\n\n"
     "Return an empty string if EOF is hit immediately.\n"
     "If size is specified, at most size characters will be read."},
    {"write", text_write, METH_O,
     "write($self, s, /)\n--\n\nWrite string s to stream.\n\nReturn the number of characters "
     "written\n(which is always equal to the length of the string)."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef text_getset[] = {
    {"encoding", get_none, NULL, "Encoding of the text stream.\n\nSubclasses should override.", NULL},
    {"newlines", get_none, NULL,
     "Line endings translated so far.\n\nOnly line endings translated during reading are "
     "considered.\n\nSubclasses should override.", NULL},
    {"errors", get_none, NULL,
     "The error setting of the decoder or encoder.\n\nSubclasses should override.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

ABSTRACT_TYPE(io_text_base_type, "_io._TextIOBase",
              "Base class for text I/O.\n\n"
              "This class provides a character and line based interface to stream\n"
              "I/O. There is no readinto method because Python's character strings\n"
              "are immutable.",
              text_methods, text_getset)
