// OSError and its subclasses: one class per group of errno values (PEP 3151).
//
// OSError(errno, strerror[, filename[, winerror[, filename2]]]) makes an instance of the subclass
// for errno. The work is done in __new__, so that the subclass can be chosen, except for
// subclasses that define __init__ but not __new__: those may change the arguments, so __init__
// does it.
//
// Owns Interpreter.roots->errno_map (dict errno -> class), immutable after start.
#include "objects/exceptions_internal.h"

#include <errno.h>

#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/number.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define OSE(op) ((PyOSErrorObject *)(op))

EXCEPTION_FIELD_SLOTS(os_error, PyOSErrorObject, myerrno, filename2)

static int os_error_init(PyObject *self, PyObject *args, PyObject *kwargs);
static PyObject *os_error_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);

// Whether __init__ has to do the work (see the top of the file).
static bool
os_error_uses_init(PyTypeObject *type)
{
    return type->tp_init != os_error_init && type->tp_new == os_error_new;
}

typedef struct {
    PyObject *code;         // borrowed; NULL when the arguments are no errno and text
    PyObject *text;
    PyObject *filename;
    PyObject *filename2;
} OsErrorParts;

static OsErrorParts
os_error_parts(PyObject *args)
{
    OsErrorParts parts = {NULL, NULL, NULL, NULL};
    Py_ssize_t n = tuple_size(args);
    if (n >= 2 && n <= 5) {
        parts.code = tuple_item_borrow(args, 0);
        parts.text = tuple_item_borrow(args, 1);
        parts.filename = n > 2 ? tuple_item_borrow(args, 2) : NULL;
        parts.filename2 = n > 4 ? tuple_item_borrow(args, 4) : NULL;
    }
    return parts;
}

// Sets the fields of self, which nobody else sees yet. 0 or -1.
static int
os_error_fill(PyObject *self, PyObject *args, const OsErrorParts *parts)
{
    PyOSErrorObject *exc = OSE(self);
    PyObject *shown = new_ref(args);
    if (parts->filename != NULL && parts->filename != Py_None) {
        if (type_of(self) == &_PyExc_BlockingIOError && number_check(parts->filename)) {
            // The third argument of BlockingIOError is a count.
            exc->written = number_as_ssize(parts->filename, PyExc_ValueError);
            if (exc->written == -1 && error_occurred()) {
                decref(shown);
                return -1;
            }
        }
        else {
            exception_set_field(self, &exc->filename, parts->filename);
            if (parts->filename2 != NULL && parts->filename2 != Py_None) {
                exception_set_field(self, &exc->filename2, parts->filename2);
            }
            // args stays a pair for the sake of code that unpacks it.
            set_ref(shown, tuple_slice(args, 0, 2));
            if (shown == NULL) {
                return -1;
            }
        }
    }
    exception_set_field(self, &exc->myerrno, parts->code);
    exception_set_field(self, &exc->strerror, parts->text);
    exception_set_args(self, shown);
    decref(shown);
    return 0;
}

static PyObject *
os_error_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    OsErrorParts parts = {NULL, NULL, NULL, NULL};
    bool in_init = os_error_uses_init(type);
    if (!in_init) {
        if (!args_no_keywords(type->tp_name, kwargs)) {
            return NULL;
        }
        parts = os_error_parts(args);
        PyObject *map = interpreter_roots()->errno_map;
        if (parts.code != NULL && map != NULL && type == &_PyExc_OSError) {
            PyObject *subclass;
            int found = dict_get(map, parts.code, &subclass);
            if (found < 0 && !error_clear_if(PyExc_TypeError)) {
                return NULL;
            }
            if (found > 0) {
                type = (PyTypeObject *)subclass;
                decref(subclass);       // static: lives on
            }
        }
    }
    PyObject *self = type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    OSE(self)->written = -1;
    if (in_init) {
        EXC(self)->args = tuple_empty();
    }
    else if (os_error_fill(self, args, &parts) < 0) {
        clear_ref(self);
    }
    return self;
}

static int
os_error_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!os_error_uses_init(type_of(self))) {
        return 0;       // __new__ has done it
    }
    if (!args_no_keywords(type_of(self)->tp_name, kwargs)) {
        return -1;
    }
    OsErrorParts parts = os_error_parts(args);
    return os_error_fill(self, args, &parts);
}

static PyObject *
none_if_null(PyObject *op)
{
    return op == NULL ? Py_None : op;
}

static PyObject *
os_error_str(PyObject *self)
{
    PyOSErrorObject *exc = OSE(self);
    PyObject *code = exception_field(self, &exc->myerrno);
    PyObject *text = exception_field(self, &exc->strerror);
    PyObject *filename = exception_field(self, &exc->filename);
    PyObject *filename2 = exception_field(self, &exc->filename2);
    PyObject *result;
    if (filename != NULL && filename2 != NULL) {
        result = str_format("[Errno %S] %S: %R -> %R", none_if_null(code), none_if_null(text),
                            filename, filename2);
    }
    else if (filename != NULL) {
        result = str_format("[Errno %S] %S: %R", none_if_null(code), none_if_null(text), filename);
    }
    else if (code != NULL && text != NULL) {
        result = str_format("[Errno %S] %S", code, text);
    }
    else {
        result = base_exception_str(self);
    }
    xdecref(code);
    xdecref(text);
    xdecref(filename);
    xdecref(filename2);
    return result;
}

static PyObject *
os_error_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *args = exception_get_args(self);
    PyObject *filename = exception_field(self, &OSE(self)->filename);
    PyObject *filename2 = exception_field(self, &OSE(self)->filename2);
    if (tuple_size(args) == 2 && filename != NULL) {
        // args was cut down by __new__: give the file names back.
        PyObject *code = tuple_item_borrow(args, 0);
        PyObject *text = tuple_item_borrow(args, 1);
        set_ref(args, filename2 != NULL
                          ? tuple_pack(5, code, text, filename, Py_None, filename2)
                          : tuple_pack(3, code, text, filename));
    }
    xdecref(filename);
    xdecref(filename2);
    return exception_reduce_steal(self, args, exception_dict(self));
}

static PyObject *
get_written(PyObject *self, void *closure)
{
    (void)closure;
    Py_ssize_t written = OSE(self)->written;
    if (written == -1) {
        return error_set(PyExc_AttributeError, "characters_written");
    }
    return int_from_ssize(written);
}

static int
set_written(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (value == NULL) {
        if (OSE(self)->written == -1) {
            error_set(PyExc_AttributeError, "characters_written");
            return -1;
        }
        OSE(self)->written = -1;
        return 0;
    }
    Py_ssize_t written = number_as_ssize(value, PyExc_ValueError);
    if (written == -1 && error_occurred()) {
        return -1;
    }
    OSE(self)->written = written;
    return 0;
}

static PyMemberDef os_error_members[] = {
    {"errno", _Py_T_OBJECT, offsetof(PyOSErrorObject, myerrno), 0, "POSIX exception code"},
    {"strerror", _Py_T_OBJECT, offsetof(PyOSErrorObject, strerror), 0, "exception strerror"},
    {"filename", _Py_T_OBJECT, offsetof(PyOSErrorObject, filename), 0, "exception filename"},
    {"filename2", _Py_T_OBJECT, offsetof(PyOSErrorObject, filename2), 0,
     "second exception filename"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef os_error_methods[] = {
    {"__reduce__", os_error_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef os_error_getset[] = {
    {"characters_written", get_written, set_written, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject _PyExc_OSError = {
    EXCEPTION_TYPE_COMMON(OSError, Exception, PyOSErrorObject, "Base class for I/O related errors."),
    .tp_dealloc = os_error_dealloc,
    .tp_traverse = os_error_traverse,
    .tp_clear = os_error_clear,
    .tp_str = os_error_str,
    .tp_methods = os_error_methods,
    .tp_members = os_error_members,
    .tp_getset = os_error_getset,
    .tp_init = os_error_init,
    .tp_new = os_error_new,
};

#define OS_ERROR_SUBCLASS(name, base, text)                                 \
    PyTypeObject _PyExc_##name = {                                          \
        EXCEPTION_TYPE_COMMON(name, base, PyOSErrorObject, text),           \
        .tp_dealloc = os_error_dealloc,                                     \
        .tp_traverse = os_error_traverse,                                   \
        .tp_clear = os_error_clear,                                         \
        .tp_init = os_error_init,                                           \
        .tp_new = os_error_new,                                             \
    };

OS_ERROR_SUBCLASS(BlockingIOError, OSError, "I/O operation would block.")
OS_ERROR_SUBCLASS(ConnectionError, OSError, "Connection error.")
OS_ERROR_SUBCLASS(ChildProcessError, OSError, "Child process error.")
OS_ERROR_SUBCLASS(BrokenPipeError, ConnectionError, "Broken pipe.")
OS_ERROR_SUBCLASS(ConnectionAbortedError, ConnectionError, "Connection aborted.")
OS_ERROR_SUBCLASS(ConnectionRefusedError, ConnectionError, "Connection refused.")
OS_ERROR_SUBCLASS(ConnectionResetError, ConnectionError, "Connection reset.")
OS_ERROR_SUBCLASS(FileExistsError, OSError, "File already exists.")
OS_ERROR_SUBCLASS(FileNotFoundError, OSError, "File not found.")
OS_ERROR_SUBCLASS(IsADirectoryError, OSError, "Operation doesn't work on directories.")
OS_ERROR_SUBCLASS(NotADirectoryError, OSError, "Operation only works on directories.")
OS_ERROR_SUBCLASS(InterruptedError, OSError, "Interrupted by signal.")
OS_ERROR_SUBCLASS(PermissionError, OSError, "Not enough permissions.")
OS_ERROR_SUBCLASS(ProcessLookupError, OSError, "Process not found.")
OS_ERROR_SUBCLASS(TimeoutError, OSError, "Timeout expired.")

static const struct {
    int code;
    PyTypeObject *type;
} errno_classes[] = {
    {EAGAIN, &_PyExc_BlockingIOError},
    {EALREADY, &_PyExc_BlockingIOError},
    {EINPROGRESS, &_PyExc_BlockingIOError},
    {EWOULDBLOCK, &_PyExc_BlockingIOError},
    {EPIPE, &_PyExc_BrokenPipeError},
    {ESHUTDOWN, &_PyExc_BrokenPipeError},
    {ECHILD, &_PyExc_ChildProcessError},
    {ECONNABORTED, &_PyExc_ConnectionAbortedError},
    {ECONNREFUSED, &_PyExc_ConnectionRefusedError},
    {ECONNRESET, &_PyExc_ConnectionResetError},
    {EEXIST, &_PyExc_FileExistsError},
    {ENOENT, &_PyExc_FileNotFoundError},
    {EISDIR, &_PyExc_IsADirectoryError},
    {ENOTDIR, &_PyExc_NotADirectoryError},
    {EINTR, &_PyExc_InterruptedError},
    {EACCES, &_PyExc_PermissionError},
    {EPERM, &_PyExc_PermissionError},
#ifdef ENOTCAPABLE
    {ENOTCAPABLE, &_PyExc_PermissionError},
#endif
    {ESRCH, &_PyExc_ProcessLookupError},
    {ETIMEDOUT, &_PyExc_TimeoutError},
};

int
os_error_init_errno_map(void)
{
    PyObject *map = dict_new();
    if (map == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof errno_classes / sizeof errno_classes[0]; i++) {
        PyObject *code = int_from_i64(errno_classes[i].code);
        int result = code == NULL ? -1 : dict_set(map, code, (PyObject *)errno_classes[i].type);
        xdecref(code);
        if (result < 0) {
            decref(map);
            return -1;
        }
    }
    interpreter_roots()->errno_map = map;
    return 0;
}
