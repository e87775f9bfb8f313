// _io.StringIO: a text stream in memory.
//
// Characters are kept in 32 bits each, so that any position can be overwritten. A StringIO that is
// only ever written to the end keeps the pieces as they are and joins them when asked.
//
// Threading: every operation runs in the object's critical section.
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/io_internal.h"
#include "modules/io_newline.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    bool ok;                    // initialised
    bool closed;                // lock: the object's
    bool collecting;            // lock: the object's; text is in writer, not in data
    bool read_universal;
    bool read_translate;
    Py_UCS4 *data;              // lock: the object's
    Py_ssize_t size;            // lock: the object's; characters, also while collecting
    Py_ssize_t capacity;        // lock: the object's
    Py_ssize_t pos;             // lock: the object's
    StrWriter writer;           // lock: the object's; in use while collecting
    PyObject *decoder;          // newline decoder or NULL
    PyObject *read_newline;     // the argument: str or None
    PyObject *write_newline;    // what '\n' is written as, or NULL
    PyObject *dict;
    PyObject *weakrefs;
} StringIo;

static bool
check_usable(StringIo *self)
{
    if (!self->ok) {
        error_set(PyExc_ValueError, "I/O operation on uninitialized object");
        return false;
    }
    if (self->closed) {
        error_set(PyExc_ValueError, "I/O operation on closed file");
        return false;
    }
    return true;
}

// ---- storage ----

static int
reserve(StringIo *self, Py_ssize_t size)
{
    if (size <= self->capacity) {
        return 0;
    }
    if (size > PY_SSIZE_T_MAX / 8) {
        error_set(PyExc_OverflowError, "new buffer size too large");
        return -1;
    }
    Py_ssize_t capacity = size + size / 8 + 16;
    Py_UCS4 *grown = mem_realloc(self->data, (size_t)capacity * sizeof(Py_UCS4));
    if (grown == NULL) {
        error_no_memory();
        return -1;
    }
    self->data = grown;
    self->capacity = capacity;
    return 0;
}

static void
start_collecting(StringIo *self)
{
    str_writer_init(&self->writer);
    self->collecting = true;
}

// Moves collected text into data.
static int
stop_collecting(StringIo *self)
{
    if (!self->collecting) {
        return 0;
    }
    self->collecting = false;
    PyObject *text = str_writer_finish(&self->writer);
    if (text == NULL || reserve(self, self->size) < 0) {
        xdecref(text);
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->size; i++) {
        self->data[i] = str_read_char(text, i);
    }
    decref(text);
    return 0;
}

// Replaces '\n' and decodes line ends as the stream was told to. New str.
static PyObject *
translated(StringIo *self, PyObject *text)
{
    PyObject *result = self->decoder != NULL ? newline_decoder_decode(self->decoder, text, true)
                                             : new_ref(text);
    if (result != NULL && self->write_newline != NULL) {
        PyObject *newline = str_from_char('\n');
        set_ref(result, str_replace(result, newline, self->write_newline, -1));
        decref(newline);
    }
    return result;
}

static int
write_lock_held(StringIo *self, PyObject *text)
{
    PyObject *real = translated(self, text);
    if (real == NULL) {
        return -1;
    }
    Py_ssize_t length = str_length(real);
    int result = -1;
    if (self->pos > PY_SSIZE_T_MAX - length) {
        error_set(PyExc_OverflowError, "new position too large");
        goto done;
    }
    if (self->collecting && self->pos == self->size) {
        if (str_writer_str(&self->writer, real) < 0) {
            goto done;
        }
        self->pos = self->size += length;
        result = 0;
        goto done;
    }
    if (stop_collecting(self) < 0 || reserve(self, self->pos + length) < 0) {
        goto done;
    }
    for (Py_ssize_t i = self->size; i < self->pos; i++) {
        self->data[i] = 0;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        self->data[self->pos + i] = str_read_char(real, i);
    }
    self->pos += length;
    self->size = self->pos > self->size ? self->pos : self->size;
    result = 0;
done:
    decref(real);
    return result;
}

static PyObject *
value_lock_held(StringIo *self)
{
    if (stop_collecting(self) < 0) {
        return NULL;
    }
    return str_from_kind_and_data(4, self->data, self->size);
}

static PyObject *
take(StringIo *self, Py_ssize_t n)
{
    PyObject *result = n > 0 ? str_from_kind_and_data(4, self->data + self->pos, n)
                             : new_ref(str_empty());
    if (result != NULL) {
        self->pos += n;
    }
    return result;
}

static PyObject *
read_lock_held(StringIo *self, Py_ssize_t n)
{
    if (stop_collecting(self) < 0) {
        return NULL;
    }
    Py_ssize_t left = self->pos < self->size ? self->size - self->pos : 0;
    return take(self, n < 0 || n > left ? left : n);
}

// Length of the line at pos, with its end.
static Py_ssize_t
line_length(StringIo *self)
{
    const Py_UCS4 *start = self->data + self->pos;
    Py_ssize_t left = self->size - self->pos;
    Py_UCS4 last = '\n';
    bool two = false;
    if (!self->read_translate && !self->read_universal) {
        last = str_read_char(self->read_newline, str_length(self->read_newline) - 1);
        two = str_length(self->read_newline) == 2;
    }
    for (Py_ssize_t i = 0; i < left; i++) {
        if (self->read_universal && !self->read_translate && start[i] == '\r') {
            return i + 1 < left && start[i + 1] == '\n' ? i + 2 : i + 1;
        }
        if (start[i] == last && (!two || (i > 0 && start[i - 1] == '\r'))) {
            return i + 1;
        }
    }
    return left;
}

static PyObject *
readline_lock_held(StringIo *self, Py_ssize_t limit)
{
    if (stop_collecting(self) < 0) {
        return NULL;
    }
    Py_ssize_t n = self->pos < self->size ? line_length(self) : 0;
    return take(self, limit >= 0 && limit < n ? limit : n);
}

// Runs `body` in the critical section of a usable stream.
#define LOCKED(op, type, failure, body)                \
    StringIo *self = (StringIo *)(op);                 \
    type result = failure;                             \
    CriticalSection cs;                                \
    critical_section_begin(&cs, self);                 \
    if (check_usable(self)) {                          \
        result = (body);                               \
    }                                                  \
    critical_section_end(&cs);

// ---- methods ----

static PyObject *
stringio_getvalue(PyObject *op, PyObject *unused)
{
    LOCKED(op, PyObject *, NULL, value_lock_held(self))
    return result;
}

static PyObject *
stringio_tell(PyObject *op, PyObject *unused)
{
    LOCKED(op, PyObject *, NULL, int_from_ssize(self->pos))
    return result;
}

static PyObject *
stringio_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n;
    if (!args_check_positional("read", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &n) < 0) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, read_lock_held(self, n))
    return result;
}

static PyObject *
stringio_readline(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t limit;
    if (!args_check_positional("readline", nargs, 0, 1)
        || io_size_argument(nargs ? args[0] : NULL, &limit) < 0) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, readline_lock_held(self, limit))
    return result;
}

static PyObject *
stringio_iternext(PyObject *op)
{
    PyObject *line;
    if (object_type(op) == &io_string_type) {
        LOCKED(op, PyObject *, NULL, readline_lock_held(self, -1))
        line = result;
    }
    else {
        line = object_call_method_noargs(op, ID(readline));
        if (line != NULL && !str_check(line)) {
            error_format(PyExc_OSError,
                         "readline() should have returned a str object, not '%.200s'",
                         object_type(line)->tp_name);
            clear_ref(line);
        }
    }
    if (line != NULL && str_length(line) == 0) {
        clear_ref(line);
    }
    return line;
}

static PyObject *
truncate_lock_held(StringIo *self, Py_ssize_t size)
{
    size = size < 0 ? self->pos : size;
    if (size < self->size) {
        if (stop_collecting(self) < 0) {
            return NULL;
        }
        self->size = size;
    }
    return int_from_ssize(size);
}

static PyObject *
stringio_truncate(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t size = -1;
    if (!args_check_positional("truncate", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs && args[0] != Py_None) {
        if (io_size_argument(args[0], &size) < 0) {
            return NULL;
        }
        if (size < 0) {
            return error_format(PyExc_ValueError, "Negative size value %zd", size);
        }
    }
    LOCKED(op, PyObject *, NULL, truncate_lock_held(self, size))
    return result;
}

static PyObject *
seek_lock_held(StringIo *self, Py_ssize_t offset, int whence)
{
    if (whence < 0 || whence > 2) {
        return error_format(PyExc_ValueError, "Invalid whence (%i, should be 0, 1 or 2)", whence);
    }
    if (offset < 0 && whence == 0) {
        return error_format(PyExc_ValueError, "Negative seek position %zd", offset);
    }
    if (whence != 0 && offset != 0) {
        return error_set(PyExc_OSError, "Can't do nonzero cur-relative seeks");
    }
    self->pos = whence == 0 ? offset : whence == 1 ? self->pos : self->size;
    return int_from_ssize(self->pos);
}

static PyObject *
stringio_seek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("seek", nargs, 1, 2)) {
        return NULL;
    }
    Py_ssize_t offset = number_as_ssize(args[0], PyExc_OverflowError);
    int whence = nargs > 1 && !(offset == -1 && error_occurred()) ? int_as_int(args[1]) : 0;
    if (error_occurred()) {
        return NULL;
    }
    LOCKED(op, PyObject *, NULL, seek_lock_held(self, offset, whence))
    return result;
}

static PyObject *
stringio_write(PyObject *op, PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "string argument expected, got '%s'",
                            object_type(text)->tp_name);
    }
    LOCKED(op, int, -1, str_length(text) > 0 ? write_lock_held(self, text) : 0)
    return result < 0 ? NULL : int_from_ssize(str_length(text));
}

static PyObject *
stringio_close(PyObject *op, PyObject *unused)
{
    StringIo *self = (StringIo *)op;
    CriticalSection cs;
    critical_section_begin(&cs, self);
    self->closed = true;
    if (self->collecting) {
        str_writer_discard(&self->writer);
        self->collecting = false;
    }
    mem_free(self->data);
    self->data = NULL;
    self->size = self->capacity = 0;
    critical_section_end(&cs);
    return new_ref(Py_None);
}

static PyObject *
stringio_true(PyObject *op, PyObject *unused)
{
    return check_usable((StringIo *)op) ? new_ref(Py_True) : NULL;
}

// ---- construction and state ----

static int
set_newline(StringIo *self, PyObject *newline)
{
    const char *text = NULL;
    if (newline != Py_None) {
        if (!str_check(newline)) {
            error_format(PyExc_TypeError, "newline must be str or None, not %.200s",
                         object_type(newline)->tp_name);
            return -1;
        }
        text = str_as_utf8(newline);
        if (text == NULL) {
            return -1;
        }
        if (strcmp(text, "") != 0 && strcmp(text, "\n") != 0 && strcmp(text, "\r") != 0
            && strcmp(text, "\r\n") != 0) {
            error_format(PyExc_ValueError, "illegal newline value: %R", newline);
            return -1;
        }
    }
    set_ref(self->read_newline, new_ref(newline));
    self->read_universal = text == NULL || *text == '\0';
    self->read_translate = text == NULL;
    clear_ref(self->write_newline);
    clear_ref(self->decoder);
    if (text != NULL && *text == '\r') {
        self->write_newline = new_ref(newline);
    }
    if (self->read_universal) {
        self->decoder = newline_decoder_new(Py_None, self->read_translate);
        return self->decoder != NULL ? 0 : -1;
    }
    return 0;
}

static void
empty(StringIo *self)
{
    if (self->collecting) {
        str_writer_discard(&self->writer);
        self->collecting = false;
    }
    self->size = self->pos = 0;
}

static int
init_lock_held(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"initial_value", "newline", NULL};
    StringIo *self = (StringIo *)op;
    PyObject *initial = NULL;
    PyObject *newline = NULL;
    if (!args_parse_static(args, kwargs, "|OO:StringIO", names, &initial, &newline)) {
        return -1;
    }
    if (initial != NULL && initial != Py_None && !str_check(initial)) {
        error_format(PyExc_TypeError, "initial_value must be str or None, not %.200s",
                     object_type(initial)->tp_name);
        return -1;
    }
    self->ok = false;
    empty(self);
    PyObject *default_newline = str_from_char('\n');
    int failed = set_newline(self, newline != NULL ? newline : default_newline);
    xdecref(default_newline);
    if (failed < 0) {
        return -1;
    }
    start_collecting(self);
    self->closed = false;
    self->ok = true;
    if (initial != NULL && initial != Py_None && str_length(initial) > 0) {
        if (write_lock_held(self, initial) < 0) {
            return -1;
        }
        self->pos = 0;
    }
    return 0;
}

static int
stringio_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = init_lock_held(op, args, kwargs);
    critical_section_end(&cs);
    return result;
}

static PyObject *
getstate_lock_held(PyObject *op)
{
    StringIo *self = (StringIo *)op;
    PyObject *value = stringio_getvalue(op, NULL);
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
    return value_build("(NOnN)", value, self->read_newline, self->pos, copy);
}

static PyObject *
stringio_getstate(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = getstate_lock_held(op);
    critical_section_end(&cs);
    return result;
}

static PyObject *
setstate_lock_held(PyObject *op, PyObject *state)
{
    StringIo *self = (StringIo *)op;
    if (self->ok && self->closed) {
        return error_set(PyExc_ValueError, "I/O operation on closed file");
    }
    if (!tuple_check(state) || tuple_size(state) < 4) {
        return error_format(PyExc_TypeError,
                            "%.200s.__setstate__ argument should be 4-tuple, got %.200s",
                            object_type(op)->tp_name, object_type(state)->tp_name);
    }
    PyObject *initial = tuple_slice(state, 0, 2);
    int failed = initial != NULL ? init_lock_held(op, initial, NULL) : -1;
    xdecref(initial);
    if (failed < 0) {
        return NULL;
    }
    // The value is stored as it is: line ends were translated when it was first written.
    PyObject *value = tuple_item_borrow(state, 0);
    Py_ssize_t length = str_check(value) ? str_length(value) : 0;       // or None
    if (stop_collecting(self) < 0) {
        return NULL;
    }
    self->size = 0;
    if (reserve(self, length) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        self->data[i] = str_read_char(value, i);
    }
    self->size = length;
    PyObject *position = tuple_item_borrow(state, 2);
    if (!int_check(position)) {
        return error_format(PyExc_TypeError, "third item of state must be an integer, got %.200s",
                            object_type(position)->tp_name);
    }
    Py_ssize_t pos = int_as_ssize(position);
    if (pos < 0) {
        return error_occurred() ? NULL : error_set(PyExc_ValueError,
                                                   "position value cannot be negative");
    }
    self->pos = pos;
    PyObject *attributes = tuple_item_borrow(state, 3);
    if (attributes == Py_None) {
        return new_ref(Py_None);
    }
    if (!dict_check(attributes)) {
        return error_format(PyExc_TypeError,
                            "fourth item of state should be a dict, got a %.200s",
                            object_type(attributes)->tp_name);
    }
    PyObject *dict = object_get_dict(op);
    failed = dict != NULL ? dict_update(dict, attributes) : -1;
    xdecref(dict);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
stringio_setstate(PyObject *op, PyObject *state)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = setstate_lock_held(op, state);
    critical_section_end(&cs);
    return result;
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    StringIo *self = (StringIo *)op;
    if (!self->ok) {
        return error_set(PyExc_ValueError, "I/O operation on uninitialized object");
    }
    return bool_from_int(self->closed);
}

static PyObject *
get_line_buffering(PyObject *op, void *closure)
{
    return check_usable((StringIo *)op) ? new_ref(Py_False) : NULL;
}

static PyObject *
get_newlines(PyObject *op, void *closure)
{
    StringIo *self = (StringIo *)op;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    bool usable = check_usable(self);
    PyObject *decoder = usable ? xnew_ref(self->decoder) : NULL;
    critical_section_end(&cs);
    if (!usable) {
        return NULL;
    }
    PyObject *result = decoder != NULL ? object_getattr(decoder, ID(newlines)) : new_ref(Py_None);
    xdecref(decoder);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef stringio_methods[] = {
    {"close", stringio_close, METH_NOARGS,
     "close($self, /)\n--\n\nClose the IO object.\n\n"
     "Attempting any further operation after the object is closed\nwill raise a ValueError.\n\n"
     "This method has no effect if the file is already closed."},
    {"getvalue", stringio_getvalue, METH_NOARGS,
     "getvalue($self, /)\n--\n\nRetrieve the entire contents of the object."},
    {"read", FAST(stringio_read),
     "read($self, size=-1, /)\n--\n\nRead at most size characters, returned as a string.\n\n"
     "If the argument is negative or omitted, read until EOF\n"
     "is reached. Return an empty string at EOF."},
    {"readline", FAST(stringio_readline),
     "readline($self, size=-1, /)\n--\n\nRead until newline or EOF.\n\n"
     "Returns an empty string if EOF is hit immediately."},
    {"tell", stringio_tell, METH_NOARGS,
     "tell($self, /)\n--\n\nTell the current file position."},
    {"truncate", FAST(stringio_truncate),
     "truncate($self, pos=None, /)\n--\n\nTruncate size to pos.\n\n"
     "The pos argument defaults to the current file position, as\n"
     "returned by tell().  The current file position is unchanged.\n"
     "Returns the new absolute position."},
    {"seek", FAST(stringio_seek),
     "seek($self, pos, whence=0, /)\n--\n\nChange stream position.\n\n"
     "Seek to character offset pos relative to position indicated by whence:\n"
     "    0  Start of stream (the default).  pos should be >= 0;\n"
     "    1  Current position - pos must be 0;\n"
     "    2  End of stream - pos must be 0.\n"
     "Returns the new absolute position."},
    {"write", stringio_write, METH_O,
     "write($self, s, /)\n--\n\nWrite string to file.\n\n"
     "Returns the number of characters written, which is always equal to\n"
     "the length of the string."},
    {"seekable", stringio_true, METH_NOARGS,
     "seekable($self, /)\n--\n\nReturns True if the IO object can be seeked."},
    {"readable", stringio_true, METH_NOARGS,
     "readable($self, /)\n--\n\nReturns True if the IO object can be read."},
    {"writable", stringio_true, METH_NOARGS,
     "writable($self, /)\n--\n\nReturns True if the IO object can be written."},
    {"__getstate__", stringio_getstate, METH_NOARGS, NULL},
    {"__setstate__", stringio_setstate, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef stringio_getset[] = {
    {"closed", get_closed, NULL, NULL, NULL},
    {"newlines", get_newlines, NULL, NULL, NULL},
    {"line_buffering", get_line_buffering, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int
stringio_traverse(PyObject *op, visitproc visit, void *arg)
{
    StringIo *self = (StringIo *)op;
    PyObject *const parts[] = {self->decoder, self->read_newline, self->write_newline, self->dict};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int result = parts[i] != NULL ? visit(parts[i], arg) : 0;
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static int
stringio_clear(PyObject *op)
{
    clear_ref(((StringIo *)op)->dict);
    return 0;
}

static void
stringio_dealloc(PyObject *op)
{
    StringIo *self = (StringIo *)op;
    gc_untrack(op);
    self->ok = false;
    weakref_clear_all(op);
    empty(self);
    mem_free(self->data);
    clear_ref(self->decoder);
    clear_ref(self->read_newline);
    clear_ref(self->write_newline);
    clear_ref(self->dict);
    object_type(op)->tp_free(op);
}

PyTypeObject io_string_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_io.StringIO",
    .tp_basicsize = sizeof(StringIo),
    .tp_dealloc = stringio_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "StringIO(initial_value='', newline='\\n')\n--\n\n"
              "Text I/O implementation using an in-memory buffer.\n\n"
              "The initial_value argument sets the value of object.  The newline\n"
              "argument is like the one of TextIOWrapper's constructor.",
    .tp_traverse = stringio_traverse,
    .tp_clear = stringio_clear,
    .tp_weaklistoffset = offsetof(StringIo, weakrefs),
    .tp_iternext = stringio_iternext,
    .tp_methods = stringio_methods,
    .tp_getset = stringio_getset,
    .tp_base = &io_text_base_type,
    .tp_dictoffset = offsetof(StringIo, dict),
    .tp_init = stringio_init,
    .tp_new = type_generic_new,
};
