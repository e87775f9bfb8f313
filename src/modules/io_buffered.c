// BufferedReader, BufferedWriter, BufferedRandom, BufferedRWPair: life cycle, position, types.
// Reading and writing are in io_buffered_read.c and io_buffered_write.c. See io_buffered.h.
#include "modules/io_buffered.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
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
#include "runtime/runtime.h"
#include "thread/critical_section.h"
#include "thread/thread.h"

// ---- lock and state ----

bool
buffered_check_init(Buffered *self)
{
    if (self->ok) {
        return true;
    }
    error_set(PyExc_ValueError, self->detached ? "raw stream has been detached"
                                               : "I/O operation on uninitialized object");
    return false;
}

bool
buffered_enter(Buffered *self)
{
    if (mutex_try_lock(&self->lock)) {
        atomic_store_relaxed_uptr(&self->owner, thread_current()->ident);
        return true;
    }
    if (atomic_load_relaxed_uptr(&self->owner) == thread_current()->ident) {
        error_format(PyExc_RuntimeError, "reentrant call inside %R", (PyObject *)self);
        return false;
    }
    mutex_lock(&self->lock);
    atomic_store_relaxed_uptr(&self->owner, thread_current()->ident);
    return true;
}

void
buffered_leave(Buffered *self)
{
    atomic_store_relaxed_uptr(&self->owner, 0);
    mutex_unlock(&self->lock);
}

// For use without `lock`: a reference to the raw stream, NULL with ValueError when there is none (any
// more). raw changes with `lock` and the object's critical section held.
static PyObject *
raw_hold(Buffered *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *raw = self->ok ? xnew_ref(self->raw) : NULL;
    critical_section_end(&cs);
    if (raw == NULL) {
        error_set(PyExc_ValueError, self->detached ? "raw stream has been detached"
                                                   : "I/O operation on uninitialized object");
    }
    return raw;
}

// Consumes a reference to raw, which may be NULL, and returns the former raw stream.
static PyObject *
raw_exchange(Buffered *self, PyObject *raw)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *former = self->raw;
    self->raw = raw;
    critical_section_end(&cs);
    return former;
}

static PyObject *
raw_ask(Buffered *self, PyObject *name, PyObject *arg)
{
    PyObject *raw = raw_hold(self);
    PyObject *result = raw != NULL ? object_call_method(raw, name, arg, NULL) : NULL;
    xdecref(raw);
    return result;
}

// 1 closed, 0 open, -1 with an exception.
static int
is_closed(Buffered *self)
{
    PyObject *raw = raw_hold(self);
    int closed = raw != NULL ? io_is_closed(raw) : -1;
    xdecref(raw);
    return closed;
}

bool
buffered_check_open(Buffered *self, const char *message)
{
    int closed = self->buffer == NULL ? 1 : is_closed(self);
    if (closed > 0) {
        error_set(PyExc_ValueError, message);
    }
    return closed == 0;
}

bool
buffered_enter_open(Buffered *self, const char *message)
{
    if (!buffered_check_open(self, message) || !buffered_enter(self)) {
        return false;
    }
    // Closed or detached while this thread waited?
    if (self->ok && self->buffer != NULL) {
        return true;
    }
    buffered_leave(self);
    if (buffered_check_init(self)) {
        error_set(PyExc_ValueError, message);
    }
    return false;
}

// ---- position ----

static off_t
raw_position(PyObject *result, Buffered *self)
{
    if (result == NULL) {
        return -1;
    }
    off_t position = io_as_offset(result);
    decref(result);
    if (position < 0) {
        if (!error_occurred()) {
            error_format(PyExc_OSError, "Raw stream returned invalid position %lld",
                         (long long)position);
        }
        return -1;
    }
    self->abs_pos = position;
    return position;
}

off_t
buffered_raw_tell(Buffered *self)
{
    self->abs_pos = -1;
    return raw_position(object_call_method_noargs(self->raw, ID(tell)), self);
}

off_t
buffered_raw_seek(Buffered *self, off_t target, int whence)
{
    PyObject *offset = int_from_i64(target);
    PyObject *how = int_from_i64(whence);
    PyObject *result = offset != NULL ? object_call_method(self->raw, ID(seek), offset, how, NULL)
                                      : NULL;
    xdecref(offset);
    self->abs_pos = -1;
    return raw_position(result, self);
}

// Distance of the raw stream from where the program is.
static off_t
raw_offset(Buffered *self)
{
    return self->write_start >= 0 ? -(off_t)(self->pos - self->write_start)
                                  : (off_t)buffered_read_ahead(self);
}

static PyObject *
buffered_tell(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    if (!buffered_check_init(self) || !buffered_enter(self)) {
        return NULL;
    }
    off_t position = buffered_raw_tell(self);
    if (position >= 0) {
        position -= raw_offset(self);
        position = position < 0 ? 0 : position;
    }
    buffered_leave(self);
    return position < 0 ? NULL : int_from_i64(position);
}

// A target inside what is read ahead only moves pos. -1: not possible.
static off_t
seek_in_buffer(Buffered *self, off_t target, int whence)
{
    if (!self->readable || self->read_end == 0 || self->write_start >= 0 || whence == 2) {
        return -1;
    }
    off_t raw = self->abs_pos >= 0 ? self->abs_pos : buffered_raw_tell(self);
    if (raw < 0) {
        error_clear();
        return -1;
    }
    off_t current = raw - raw_offset(self);
    off_t offset = whence == 1 ? target : target - current;
    if (offset < -(off_t)self->pos || offset > (off_t)buffered_read_ahead(self)) {
        return -1;
    }
    self->pos += (Py_ssize_t)offset;
    return current + offset;
}

static off_t
seek_lock_held(Buffered *self, off_t target, int whence)
{
    if (whence != 2 || !self->readable) {
        off_t position = seek_in_buffer(self, target, whence);
        if (position >= 0) {
            return position;
        }
    }
    if (buffered_flush_writes(self) < 0) {
        return -1;
    }
    if (whence == 1) {
        target -= raw_offset(self);
    }
    off_t position = buffered_raw_seek(self, target, whence);
    if (position >= 0) {
        self->pos = self->read_end = 0;
    }
    return position;
}

static PyObject *
buffered_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    if (!args_check_positional("seek", nargs, 1, 2) || !buffered_check_init(self)) {
        return NULL;
    }
    int whence = nargs > 1 ? int_as_int(args[1]) : 0;
    if (whence == -1 && error_occurred()) {
        return NULL;
    }
    if (whence < 0 || whence > 4) {
        return error_format(PyExc_ValueError, "whence value %d unsupported", whence);
    }
    PyObject *raw = buffered_check_open(self, "seek of closed file") ? raw_hold(self) : NULL;
    bool able = raw != NULL
                && io_check_ability(raw, ID(seekable), "File or stream is not seekable.");
    xdecref(raw);
    if (!able) {
        return NULL;
    }
    off_t target = io_as_offset(args[0]);
    if ((target == -1 && error_occurred()) || !buffered_enter_open(self, "seek of closed file")) {
        return NULL;
    }
    off_t position = seek_lock_held(self, target, whence);
    buffered_leave(self);
    return position < 0 ? NULL : int_from_i64(position);
}

static PyObject *
buffered_truncate(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Buffered *self = (Buffered *)op;
    if (!args_check_positional("truncate", nargs, 0, 1) || !buffered_check_init(self)
        || !buffered_check_open(self, "truncate of closed file")) {
        return NULL;
    }
    if (!self->writable) {
        return io_unsupported("truncate");
    }
    if (!buffered_enter_open(self, "truncate of closed file")) {
        return NULL;
    }
    PyObject *result = NULL;
    if (buffered_flush_and_rewind(self) == 0) {
        PyObject *position = nargs ? args[0] : Py_None;
        result = object_call_method_onearg(self->raw, ID(truncate), position);
        if (result != NULL && buffered_raw_tell(self) < 0) {
            error_clear();
        }
    }
    buffered_leave(self);
    return result;
}

// ---- flush, close, detach ----

static PyObject *
buffered_flush(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    if (!buffered_check_init(self) || !buffered_enter_open(self, "flush of closed file")) {
        return NULL;
    }
    int failed = self->writable ? buffered_flush_and_rewind(self) : 0;
    buffered_leave(self);
    return failed < 0 ? NULL : new_ref(Py_None);
}

// A reader has nothing to flush itself.
static PyObject *
reader_flush(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    return raw_ask(self, ID(flush), NULL);
}

static void
warn_unclosed(PyObject *op, Buffered *self)
{
    PyObject *result = raw_ask(self, ID(_dealloc_warn), op);
    xdecref(result);
    error_clear();
}

static PyObject *
buffered_close(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    int closed = is_closed(self);
    if (closed != 0) {
        return closed < 0 ? NULL : new_ref(Py_None);
    }
    if (self->finalizing) {
        warn_unclosed(op, self);
    }
    // flush() may be overridden, so it is called without the lock.
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    PyObject *failure = error_take();
    xdecref(flushed);
    // Closing the raw stream is done under it: what others write meanwhile finds a closed file.
    PyObject *result = NULL;
    if (buffered_enter(self)) {
        result = raw_ask(self, ID(close), NULL);
        mem_free(self->buffer);
        self->buffer = NULL;
        self->pos = self->read_end = 0;
        self->write_start = -1;
        buffered_leave(self);
    }
    if (failure != NULL) {
        error_chain_steal(failure);
        clear_ref(result);
    }
    return result;
}

static PyObject *
buffered_detach(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    if (!buffered_check_init(self)) {
        return NULL;
    }
    PyObject *flushed = object_call_method_noargs(op, ID(flush));
    if (flushed == NULL) {
        return NULL;
    }
    decref(flushed);
    if (!buffered_enter(self)) {
        return NULL;
    }
    PyObject *raw = raw_exchange(self, NULL);
    self->detached = true;
    self->ok = false;
    buffered_leave(self);
    return raw != NULL ? raw : error_set(PyExc_ValueError, "raw stream has been detached");
}

// ---- questions that the raw stream answers ----

#define FORWARD(function, id)                                                         \
    static PyObject *function(PyObject *op, PyObject *unused)                         \
    {                                                                                 \
        Buffered *self = (Buffered *)op;                                              \
        return raw_ask(self, (id), NULL);                                             \
    }

FORWARD(buffered_seekable, ID(seekable))
FORWARD(buffered_readable, ID(readable))
FORWARD(buffered_writable, ID(writable))
FORWARD(buffered_fileno, ID(fileno))
FORWARD(buffered_isatty, ID(isatty))

#define FORWARD_ATTRIBUTE(function, id)                                               \
    static PyObject *function(PyObject *op, void *closure)                            \
    {                                                                                 \
        Buffered *self = (Buffered *)op;                                              \
        PyObject *raw = raw_hold(self);                                               \
        PyObject *value = raw != NULL ? object_getattr(raw, (id)) : NULL;             \
        xdecref(raw);                                                                 \
        return value;                                                                 \
    }

FORWARD_ATTRIBUTE(get_closed, ID(closed))
FORWARD_ATTRIBUTE(get_name, ID(name))
FORWARD_ATTRIBUTE(get_mode, ID(mode))

static PyObject *
buffered_sizeof(PyObject *op, PyObject *unused)
{
    Buffered *self = (Buffered *)op;
    return int_from_ssize(object_type(op)->tp_basicsize +
                          (self->buffer != NULL ? self->buffer_size : 0));
}

static PyObject *
buffered_dealloc_warn(PyObject *op, PyObject *source)
{
    Buffered *self = (Buffered *)op;
    PyObject *result = raw_ask(self, ID(_dealloc_warn), source);
    xdecref(result);
    error_clear();
    return new_ref(Py_None);
}

static PyObject *
get_finalizing(PyObject *op, void *closure)
{
    return bool_from_int(((Buffered *)op)->finalizing);
}

static int
set_finalizing(PyObject *op, PyObject *value, void *closure)
{
    int truth = value != NULL ? object_is_true(value) : 0;
    if (truth < 0) {
        return -1;
    }
    ((Buffered *)op)->finalizing = truth;
    return 0;
}

static PyObject *
buffered_repr(PyObject *op)
{
    PyObject *name = NULL;
    const char *type = object_type(op)->tp_name;
    if (object_getattr_optional(op, ID(name), &name) < 0) {
        if (!error_clear_if(PyExc_ValueError)) {
            return NULL;
        }
    }
    if (name == NULL) {
        return str_format("<%s>", type);
    }
    PyObject *result = NULL;
    int status = object_repr_enter(op);
    if (status == 0) {
        result = str_format("<%s name=%R>", type, name);
        object_repr_leave(op);
    }
    else if (status > 0) {
        error_format(PyExc_RuntimeError, "reentrant call inside %s.__repr__", type);
    }
    decref(name);
    return result;
}

// ---- construction and end ----

// The argument buffer_size of all classes.
static int
initialize(Buffered *self, PyObject *raw, Py_ssize_t size, bool readable, bool writable)
{
    if (size <= 0) {
        error_set(PyExc_ValueError, "buffer size must be strictly positive");
        return -1;
    }
    char *buffer = mem_alloc_or_error((size_t)size);
    if (buffer == NULL || !buffered_enter(self)) {
        mem_free(buffer);
        return -1;
    }
    self->ok = self->detached = false;
    mem_free(self->buffer);
    self->buffer = buffer;
    self->buffer_size = size;
    self->readable = readable;
    self->writable = writable;
    self->pos = self->read_end = 0;
    self->write_start = -1;
    PyObject *former = raw_exchange(self, new_ref(raw));
    if (buffered_raw_tell(self) < 0) {
        error_clear();          // a pipe or terminal
    }
    self->ok = true;
    buffered_leave(self);
    xdecref(former);
    return 0;
}

static bool
parse_arguments(PyObject *args, PyObject *kwargs, const char *format, PyObject **raw,
                Py_ssize_t *size)
{
    static const char *const names[] = {"raw", "buffer_size", NULL};
    *size = IO_BUFFER_SIZE;
    return args_parse_keywords(args, kwargs, format, names, raw, size);
}

static int
reader_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *raw;
    Py_ssize_t size;
    ((Buffered *)op)->ok = false;
    if (!parse_arguments(args, kwargs, "O|n:BufferedReader", &raw, &size)
        || !io_check_ability(raw, ID(readable), "File or stream is not readable.")) {
        return -1;
    }
    return initialize((Buffered *)op, raw, size, true, false);
}

static int
writer_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *raw;
    Py_ssize_t size;
    ((Buffered *)op)->ok = false;
    if (!parse_arguments(args, kwargs, "O|n:BufferedWriter", &raw, &size)
        || !io_check_ability(raw, ID(writable), "File or stream is not writable.")) {
        return -1;
    }
    return initialize((Buffered *)op, raw, size, false, true);
}

static int
random_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *raw;
    Py_ssize_t size;
    ((Buffered *)op)->ok = false;
    if (!parse_arguments(args, kwargs, "O|n:BufferedRandom", &raw, &size)
        || !io_check_ability(raw, ID(seekable), "File or stream is not seekable.")
        || !io_check_ability(raw, ID(readable), "File or stream is not readable.")
        || !io_check_ability(raw, ID(writable), "File or stream is not writable.")) {
        return -1;
    }
    return initialize((Buffered *)op, raw, size, true, true);
}

static int
buffered_traverse(PyObject *op, visitproc visit, void *arg)
{
    Buffered *self = (Buffered *)op;
    int result = self->raw != NULL ? visit(self->raw, arg) : 0;
    return result == 0 && self->dict != NULL ? visit(self->dict, arg) : result;
}

static int
buffered_clear(PyObject *op)
{
    Buffered *self = (Buffered *)op;
    self->ok = false;
    clear_ref(self->raw);
    clear_ref(self->dict);
    return 0;
}

static void
buffered_dealloc(PyObject *op)
{
    Buffered *self = (Buffered *)op;
    self->finalizing = true;
    if (!io_begin_dealloc(op)) {
        return;
    }
    gc_untrack(op);
    self->ok = false;
    weakref_clear_all(op);
    mem_free(self->buffer);
    self->buffer = NULL;
    buffered_clear(op);
    object_type(op)->tp_free(op);
}

// io.IOBase's next() would call readline() through an attribute; exact readers go straight.
static PyObject *
buffered_iternext(PyObject *op)
{
    Buffered *self = (Buffered *)op;
    PyObject *line = NULL;
    if (object_type(op) == &io_buffered_reader_type || object_type(op) == &io_buffered_random_type) {
        if (!buffered_check_init(self) || !buffered_enter_open(self, "readline of closed file")) {
            return NULL;
        }
        line = buffered_read_line(self, -1);
        buffered_leave(self);
    }
    else {
        line = object_call_method_noargs(op, ID(readline));
    }
    if (line != NULL && object_length(line) <= 0) {
        clear_ref(line);
    }
    return line;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

#define COMMON_METHODS                                                                  \
    {"detach", buffered_detach, METH_NOARGS, "detach($self, /)\n--\n\n"},               \
    {"close", buffered_close, METH_NOARGS, "close($self, /)\n--\n\n"},                  \
    {"seekable", buffered_seekable, METH_NOARGS, "seekable($self, /)\n--\n\n"},         \
    {"fileno", buffered_fileno, METH_NOARGS, "fileno($self, /)\n--\n\n"},               \
    {"isatty", buffered_isatty, METH_NOARGS, "isatty($self, /)\n--\n\n"},               \
    {"_dealloc_warn", buffered_dealloc_warn, METH_O, NULL},                             \
    {"seek", FAST(buffered_seek), "seek($self, target, whence=0, /)\n--\n\n"},          \
    {"tell", buffered_tell, METH_NOARGS, "tell($self, /)\n--\n\n"},                     \
    {"truncate", FAST(buffered_truncate), "truncate($self, pos=None, /)\n--\n\n"},      \
    {"__reduce__", io_reduce, METH_NOARGS, NULL},                                       \
    {"__reduce_ex__", io_reduce_ex, METH_O, NULL},                                      \
    {"__sizeof__", buffered_sizeof, METH_NOARGS, "__sizeof__($self, /)\n--\n\n"}

// What streams that can be read have.
#define READ_METHODS                                                                    \
    {"read", FAST(buffered_method_read), "read($self, size=-1, /)\n--\n\n"},            \
    {"read1", FAST(buffered_method_read1), "read1($self, size=-1, /)\n--\n\n"},         \
    {"readinto", buffered_method_readinto, METH_O,                                      \
     "readinto($self, buffer, /)\n--\n\n"},                                             \
    {"readinto1", buffered_method_readinto1, METH_O,                                    \
     "readinto1($self, buffer, /)\n--\n\n"},                                            \
    {"readline", FAST(buffered_method_readline),                                        \
     "readline($self, size=-1, /)\n--\n\n"},                                            \
    {"peek", FAST(buffered_method_peek), "peek($self, size=0, /)\n--\n\n"}

static PyMethodDef reader_methods[] = {
    COMMON_METHODS,
    READ_METHODS,
    {"flush", reader_flush, METH_NOARGS, "flush($self, /)\n--\n\n"},
    {"readable", buffered_readable, METH_NOARGS, "readable($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef writer_methods[] = {
    COMMON_METHODS,
    {"flush", buffered_flush, METH_NOARGS, "flush($self, /)\n--\n\n"},
    {"writable", buffered_writable, METH_NOARGS, "writable($self, /)\n--\n\n"},
    {"write", buffered_write_method, METH_O,
     "write($self, buffer, /)\n--\n\nWrite buffer b to the IO stream.\n\n"
     "Return the number of bytes written, which is always\nthe length of b in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef random_methods[] = {
    COMMON_METHODS,
    READ_METHODS,
    {"flush", buffered_flush, METH_NOARGS, "flush($self, /)\n--\n\n"},
    {"readable", buffered_readable, METH_NOARGS, "readable($self, /)\n--\n\n"},
    {"writable", buffered_writable, METH_NOARGS, "writable($self, /)\n--\n\n"},
    {"write", buffered_write_method, METH_O, "write($self, buffer, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef buffered_getset[] = {
    {"closed", get_closed, NULL, NULL, NULL},
    {"name", get_name, NULL, NULL, NULL},
    {"mode", get_mode, NULL, NULL, NULL},
    {"_finalizing", get_finalizing, set_finalizing, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef buffered_members[] = {
    {"raw", _Py_T_OBJECT, offsetof(Buffered, raw), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

#define BUFFERED_TYPE(symbol, name, init, method_table, doc)                                    \
    PyTypeObject symbol = {                                                                     \
        .ob_base = STATIC_TYPE_HEAD,                                                            \
        .tp_name = name,                                                                        \
        .tp_basicsize = sizeof(Buffered),                                                       \
        .tp_dealloc = buffered_dealloc,                                                         \
        .tp_repr = buffered_repr,                                                               \
        .tp_getattro = object_generic_getattr,                                                  \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC               \
                    | Py_TPFLAGS_IMMUTABLETYPE,                                                 \
        .tp_doc = doc,                                                                          \
        .tp_traverse = buffered_traverse,                                                       \
        .tp_clear = buffered_clear,                                                             \
        .tp_weaklistoffset = offsetof(Buffered, weakrefs),                                      \
        .tp_iternext = buffered_iternext,                                                       \
        .tp_methods = method_table,                                                             \
        .tp_members = buffered_members,                                                         \
        .tp_getset = buffered_getset,                                                           \
        .tp_base = &io_buffered_base_type,                                                      \
        .tp_dictoffset = offsetof(Buffered, dict),                                              \
        .tp_init = init,                                                                        \
        .tp_new = buffered_new,                                                                 \
        .tp_finalize = io_finalize,                                                             \
    };

static PyObject *
buffered_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Buffered *self = (Buffered *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->write_start = -1;
        self->abs_pos = -1;
    }
    return (PyObject *)self;
}

BUFFERED_TYPE(io_buffered_reader_type, "_io.BufferedReader", reader_init, reader_methods,
              "BufferedReader(raw, buffer_size=131072)\n--\n\n"
              "Create a new buffered reader using the given readable raw IO object.")
BUFFERED_TYPE(io_buffered_writer_type, "_io.BufferedWriter", writer_init, writer_methods,
              "BufferedWriter(raw, buffer_size=131072)\n--\n\n"
              "A buffer for a writeable sequential RawIO object.\n\n"
              "The constructor creates a BufferedWriter for the given writeable raw\n"
              "stream. If the buffer_size is not given, it defaults to\nDEFAULT_BUFFER_SIZE.")
BUFFERED_TYPE(io_buffered_random_type, "_io.BufferedRandom", random_init, random_methods,
              "BufferedRandom(raw, buffer_size=131072)\n--\n\n"
              "A buffered interface to random access streams.\n\n"
              "The constructor creates a reader and writer for a seekable stream,\n"
              "raw, given in the first argument. If the buffer_size is omitted it\n"
              "defaults to DEFAULT_BUFFER_SIZE.")

// ---- BufferedRWPair: a reader and a writer on two streams ----

typedef struct {
    PyObject ob_base;
    PyObject *reader;       // immutable after __init__
    PyObject *writer;       // immutable after __init__
    PyObject *dict;
    PyObject *weakrefs;
} Pair;

static int
pair_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Pair *self = (Pair *)op;
    PyObject *reader;
    PyObject *writer;
    Py_ssize_t size = IO_BUFFER_SIZE;
    if (!args_no_keywords("BufferedRWPair", kwargs)
        || !args_parse(args, "OO|n:BufferedRWPair", &reader, &writer, &size)
        || !io_check_ability(reader, ID(readable), "File or stream is not readable.")
        || !io_check_ability(writer, ID(writable), "File or stream is not writable.")) {
        return -1;
    }
    PyObject *buffered_reader = object_call_format((PyObject *)&io_buffered_reader_type, "On",
                                                   reader, size);
    PyObject *buffered_writer =
        buffered_reader != NULL
            ? object_call_format((PyObject *)&io_buffered_writer_type, "On", writer, size) : NULL;
    if (buffered_writer == NULL) {
        xdecref(buffered_reader);
        return -1;
    }
    set_ref(self->reader, buffered_reader);
    set_ref(self->writer, buffered_writer);
    return 0;
}

// Calls a method of one half with the same arguments.
static PyObject *
forward(PyObject *half, PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    if (half == NULL) {
        return error_set(PyExc_ValueError, "I/O operation on uninitialized object");
    }
    PyObject *method = object_getattr(half, name);
    PyObject *result = method != NULL ? object_vectorcall(method, args, (size_t)nargs, NULL) : NULL;
    xdecref(method);
    return result;
}

#define PAIR_FORWARD(function, half, id)                                                     \
    static PyObject *function(PyObject *op, PyObject *const *args, Py_ssize_t nargs)         \
    {                                                                                        \
        return forward(((Pair *)op)->half, (id), args, nargs);                             \
    }

PAIR_FORWARD(pair_read, reader, ID(read))
PAIR_FORWARD(pair_peek, reader, ID(peek))
PAIR_FORWARD(pair_read1, reader, ID(read1))
PAIR_FORWARD(pair_readinto, reader, ID(readinto))
PAIR_FORWARD(pair_readinto1, reader, ID(readinto1))
PAIR_FORWARD(pair_write, writer, ID(write))
PAIR_FORWARD(pair_flush, writer, ID(flush))
PAIR_FORWARD(pair_readable, reader, ID(readable))
PAIR_FORWARD(pair_writable, writer, ID(writable))

static PyObject *
pair_close(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *first = forward(((Pair *)op)->writer, ID(close), args, nargs);
    PyObject *failure = error_take();
    PyObject *second = forward(((Pair *)op)->reader, ID(close), args, nargs);
    xdecref(first);
    if (failure != NULL) {
        error_chain_steal(failure);
        clear_ref(second);
    }
    return second;
}

static PyObject *
pair_isatty(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *answer = forward(((Pair *)op)->writer, ID(isatty), args, nargs);
    if (answer != Py_False) {
        return answer;
    }
    decref(answer);
    return forward(((Pair *)op)->reader, ID(isatty), args, nargs);
}

static PyObject *
pair_get_closed(PyObject *op, void *closure)
{
    PyObject *writer = ((Pair *)op)->writer;
    if (writer == NULL) {
        return error_set(PyExc_RuntimeError,
                         "the BufferedRWPair object is being garbage-collected");
    }
    return object_getattr(writer, ID(closed));
}

static PyMethodDef pair_methods[] = {
    {"read", FAST(pair_read), NULL},
    {"peek", FAST(pair_peek), NULL},
    {"read1", FAST(pair_read1), NULL},
    {"readinto", FAST(pair_readinto), NULL},
    {"readinto1", FAST(pair_readinto1), NULL},
    {"write", FAST(pair_write), NULL},
    {"flush", FAST(pair_flush), NULL},
    {"readable", FAST(pair_readable), NULL},
    {"writable", FAST(pair_writable), NULL},
    {"close", FAST(pair_close), NULL},
    {"isatty", FAST(pair_isatty), NULL},
    {"__reduce__", io_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", io_reduce_ex, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef pair_getset[] = {
    {"closed", pair_get_closed, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
pair_traverse(PyObject *op, visitproc visit, void *arg)
{
    Pair *self = (Pair *)op;
    PyObject *parts[] = {self->reader, self->writer, self->dict};
    for (int i = 0; i < 3; i++) {
        int result = parts[i] != NULL ? visit(parts[i], arg) : 0;
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
pair_clear(PyObject *op)
{
    Pair *self = (Pair *)op;
    clear_ref(self->reader);
    clear_ref(self->writer);
    clear_ref(self->dict);
    return 0;
}

static void
pair_dealloc(PyObject *op)
{
    gc_untrack(op);
    weakref_clear_all(op);
    pair_clear(op);
    object_type(op)->tp_free(op);
}

PyTypeObject io_buffered_pair_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.BufferedRWPair",
    .tp_basicsize = sizeof(Pair),
    .tp_dealloc = pair_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "BufferedRWPair(reader, writer, buffer_size=131072, /)\n--\n\n"
              "A buffered reader and writer object together.\n\n"
              "A buffered reader object and buffered writer object put together to\n"
              "form a sequential IO object that can read and write. This is typically\n"
              "used with a socket or two-way pipe.\n\n"
              "reader and writer are RawIOBase objects that are readable and\n"
              "writeable respectively. If the buffer_size is omitted it defaults to\n"
              "DEFAULT_BUFFER_SIZE.",
    .tp_traverse = pair_traverse,
    .tp_clear = pair_clear,
    .tp_weaklistoffset = offsetof(Pair, weakrefs),
    .tp_methods = pair_methods,
    .tp_getset = pair_getset,
    .tp_base = &io_buffered_base_type,
    .tp_dictoffset = offsetof(Pair, dict),
    .tp_init = pair_init,
    .tp_new = type_generic_new,
};
