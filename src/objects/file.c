// Calls to the methods of file objects: see file.h. Stateless.
#include "objects/file.h"

#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"

int
file_write_str(PyObject *text, PyObject *file)
{
    PyObject *result = object_call_method_onearg(file, ID(write), text);
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

int
file_write_object(PyObject *op, PyObject *file, bool raw)
{
    PyObject *text = raw ? object_str(op) : object_repr(op);
    if (text == NULL) {
        return -1;
    }
    int result = file_write_str(text, file);
    decref(text);
    return result;
}

int
file_write_cstr(const char *text, PyObject *file)
{
    PyObject *op = str_from_cstr(text);
    if (op == NULL) {
        return -1;
    }
    int result = file_write_str(op, file);
    decref(op);
    return result;
}

int
file_flush(PyObject *file)
{
    PyObject *result = object_call_method_noargs(file, ID(flush));
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

// The line without its newline; EOFError when empty. Consumes line.
static PyObject *
strip_newline_steal(PyObject *line)
{
    bool text = str_check(line);
    Py_ssize_t length = text ? str_length(line) : bytes_length(line);
    PyObject *result = NULL;
    if (length == 0) {
        error_set(PyExc_EOFError, "EOF when reading a line");
    }
    else if (text) {
        bool newline = str_read_char(line, length - 1) == '\n';
        result = newline ? str_substring(line, 0, length - 1) : new_ref(line);
    }
    else {
        bool newline = bytes_data(line)[length - 1] == '\n';
        result = newline ? bytes_from_data(bytes_data(line), length - 1) : new_ref(line);
    }
    decref(line);
    return result;
}

PyObject *
file_get_line(PyObject *file, int n)
{
    PyObject *line;
    if (n <= 0) {
        line = object_call_method_noargs(file, ID(readline));
    }
    else {
        PyObject *limit = int_from_i64(n);
        if (limit == NULL) {
            return NULL;
        }
        line = object_call_method_onearg(file, ID(readline), limit);
        decref(limit);
    }
    if (line == NULL) {
        return NULL;
    }
    if (!str_check(line) && !bytes_check(line)) {
        decref(line);
        return error_set(PyExc_TypeError, "object.readline() returned non-string");
    }
    return n < 0 ? strip_newline_steal(line) : line;
}

int
file_as_fd(PyObject *op)
{
    int fd;
    if (int_check(op)) {
        if (type_of(op) == &PyBool_Type &&
            error_warn(PyExc_RuntimeWarning, 1, "bool is used as a file descriptor") < 0) {
            return -1;
        }
        fd = int_as_int(op);
    }
    else {
        PyObject *method;
        int found = object_getattr_optional(op, ID(fileno), &method);
        if (found < 0) {
            return -1;
        }
        if (found == 0) {
            error_set(PyExc_TypeError, "argument must be an int, or have a fileno() method.");
            return -1;
        }
        PyObject *number = object_call_noargs(method);
        decref(method);
        if (number == NULL) {
            return -1;
        }
        if (!int_check(number)) {
            decref(number);
            error_set(PyExc_TypeError, "fileno() returned a non-integer");
            return -1;
        }
        fd = int_as_int(number);
        decref(number);
    }
    if (fd == -1 && error_occurred()) {
        return -1;
    }
    if (fd < 0) {
        error_format(PyExc_ValueError, "file descriptor cannot be a negative integer (%i)", fd);
        return -1;
    }
    return fd;
}
