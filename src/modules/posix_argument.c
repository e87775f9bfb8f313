// Arguments and errors of the `posix` module: paths in all their forms, descriptors, ids.
//
// Threading: converters work on their caller's variables.
#include "modules/posix_internal.h"

#include <limits.h>
#include <string.h>

#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/file.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"

#define CONVERTER_CLEANUP 0x20000

// ---- descriptors ----

static bool
warn_about_bool(PyObject *arg)
{
    return !bool_check(arg)
           || error_warn(PyExc_RuntimeWarning, 1, "bool is used as a file descriptor") == 0;
}

// An object with __index__ as a descriptor: 1, or 0 with an exception.
static int
index_as_fd(PyObject *arg, int *fd)
{
    if (!warn_about_bool(arg)) {
        return 0;
    }
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return 0;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow > 0 || value > INT_MAX) {
        error_set(PyExc_OverflowError, "fd is greater than maximum");
        return 0;
    }
    if (overflow < 0 || value < INT_MIN) {
        error_set(PyExc_OverflowError, "fd is less than minimum");
        return 0;
    }
    *fd = (int)value;
    return 1;
}

int
posix_dir_fd_converter(PyObject *arg, void *fd)
{
    if (arg == Py_None) {
        *(int *)fd = AT_FDCWD;
        return 1;
    }
    if (!index_check(arg)) {
        error_format(PyExc_TypeError, "argument should be integer or None, not %.200s",
                     type_of(arg)->tp_name);
        return 0;
    }
    return index_as_fd(arg, fd);
}

int
posix_fd_converter(PyObject *arg, void *fd)
{
    if (!warn_about_bool(arg)) {
        return 0;
    }
    *(int *)fd = file_as_fd(arg);
    return *(int *)fd >= 0;
}

// ---- paths ----

void
posix_path_release(PosixPath *path)
{
    clear_ref(path->object);
    clear_ref(path->holder);
    path->text = NULL;
}

static int
bad_path(const PosixPath *path, PyObject *arg)
{
    const char *expected = path->allow_fd && path->nullable
                               ? "string, bytes, os.PathLike, integer or None"
                           : path->allow_fd ? "string, bytes, os.PathLike or integer"
                           : path->nullable ? "string, bytes, os.PathLike or None"
                                            : "string, bytes or os.PathLike";
    error_format(PyExc_TypeError, "%s: %s should be %s, not %.200s", path->function,
                 path->argument, expected, type_of(arg)->tp_name);
    return 0;
}

// The str or bytes that __fspath__ of arg gives: new reference, or NULL with an exception.
static PyObject *
call_fspath(const PosixPath *path, PyObject *arg)
{
    PyObject *method = object_lookup_special(arg, ID(__fspath__));
    if (method == NULL) {
        if (!error_occurred()) {
            bad_path(path, arg);
        }
        return NULL;
    }
    PyObject *result = object_call_noargs(method);
    decref(method);
    if (result != NULL && !str_check(result) && !bytes_check(result)) {
        error_format(PyExc_TypeError,
                     "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                     type_of(arg)->tp_name, type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

// Takes over name, a str or bytes.
static int
take_text(PosixPath *path, PyObject *name)
{
    PyObject *bytes = str_check(name) ? str_encode_fsdefault(name) : new_ref(name);
    if (bytes == NULL) {
        decref(name);
        return 0;
    }
    if (strlen(bytes_data(bytes)) != (size_t)bytes_length(bytes)) {
        error_format(PyExc_ValueError, "%s: embedded null character in %s", path->function,
                     path->argument);
        decref(bytes);
        decref(name);
        return 0;
    }
    path->object = name;
    path->holder = bytes;
    path->text = bytes_data(bytes);
    path->length = bytes_length(bytes);
    path->fd = -1;
    return CONVERTER_CLEANUP;
}

int
posix_path_converter(PyObject *arg, void *target)
{
    PosixPath *path = target;
    if (arg == NULL) {
        posix_path_release(path);
        return 1;
    }
    path->object = path->holder = NULL;
    path->text = NULL;
    path->length = 0;
    path->fd = -1;
    if (arg == Py_None && path->nullable) {
        return CONVERTER_CLEANUP;
    }
    if (str_check(arg) || bytes_check(arg)) {
        return take_text(path, new_ref(arg));
    }
    if (path->allow_fd && index_check(arg)) {
        if (!index_as_fd(arg, &path->fd)) {
            return 0;
        }
        if (path->fd == -1) {
            path->fd = -2;      // -1 means that there is none; both are bad descriptors
        }
        path->object = new_ref(arg);
        return CONVERTER_CLEANUP;
    }
    PyObject *name = call_fspath(path, arg);
    return name == NULL ? 0 : take_text(path, name);
}

bool
posix_path_check_dir_fd(const PosixPath *path, int dir_fd)
{
    if (path->text == NULL && dir_fd != AT_FDCWD) {
        error_format(PyExc_ValueError, "%s: can't specify dir_fd without matching path",
                     path->function);
        return false;
    }
    return true;
}

bool
posix_path_check_follow(const PosixPath *path, bool follow_symlinks)
{
    if (path->fd >= 0 && !follow_symlinks) {
        error_format(PyExc_ValueError, "%s: cannot use fd and follow_symlinks together",
                     path->function);
        return false;
    }
    return true;
}

// ---- ids ----

// An unsigned 32-bit id; -1 stands for "leave it". name is "uid" or "gid".
static int
id_argument(PyObject *arg, const char *name, uint32_t *id)
{
    if (!index_check(arg)) {
        error_format(PyExc_TypeError, "%s should be integer, not %.200s", name,
                     type_of(arg)->tp_name);
        return 0;
    }
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return 0;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow < 0 || (overflow == 0 && value < -1)) {
        error_format(PyExc_OverflowError, "%s is less than minimum", name);
        return 0;
    }
    if (overflow > 0 || value > UINT32_MAX) {
        error_format(PyExc_OverflowError, "%s is greater than maximum", name);
        return 0;
    }
    *id = (uint32_t)value;
    return 1;
}

int
posix_uid_converter(PyObject *arg, void *uid)
{
    return id_argument(arg, "uid", uid);
}

int
posix_gid_converter(PyObject *arg, void *gid)
{
    return id_argument(arg, "gid", gid);
}

int
posix_pid_converter(PyObject *arg, void *pid)
{
    int value = int_as_int(arg);
    if (value == -1 && error_occurred()) {
        return 0;
    }
    *(pid_t *)pid = value;
    return 1;
}

PyObject *
posix_uid_object(uid_t uid)
{
    return uid == (uid_t)-1 ? int_from_i64(-1) : int_from_u64(uid);
}

PyObject *
posix_gid_object(gid_t gid)
{
    return gid == (gid_t)-1 ? int_from_i64(-1) : int_from_u64(gid);
}

int
posix_dev_converter(PyObject *arg, void *dev)
{
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return 0;
    }
    // -1 is NODEV; all other negative numbers are out of range.
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    *(dev_t *)dev = overflow == 0 && value == -1 ? (dev_t)-1 : (dev_t)int_as_u64(index);
    decref(index);
    return !error_occurred();
}

int
posix_offset_or_none_converter(PyObject *arg, void *result)
{
    PosixOffset *offset = result;
    offset->given = arg != Py_None;
    offset->value = offset->given ? int_as_i64(arg) : 0;
    return !(offset->value == -1 && error_occurred());
}

// ---- errors ----

void *
posix_error(void)
{
    return error_occurred() ? NULL : error_set_errno(PyExc_OSError);
}

void *
posix_path_error(const PosixPath *path)
{
    if (error_occurred()) {
        return NULL;
    }
    return path->object != NULL ? error_set_errno_filename_object(PyExc_OSError, path->object)
                                : error_set_errno(PyExc_OSError);
}

void *
posix_paths_error(const PosixPath *first, const PosixPath *second)
{
    if (error_occurred()) {
        return NULL;
    }
    return error_set_errno_filename_objects(PyExc_OSError, first->object, second->object);
}

PyObject *
posix_none_or_error(int result)
{
    return result < 0 ? posix_error() : new_ref(Py_None);
}

PyObject *
posix_path_none_or_error(int result, const PosixPath *path)
{
    return result < 0 ? posix_path_error(path) : new_ref(Py_None);
}

// ---- constants ----

int
posix_add_constants(PyObject *module, const PosixConstant *constants)
{
    for (; constants->name != NULL; constants++) {
        if (module_add_int(module, constants->name, constants->value) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
posix_name_table(const PosixConstant *names)
{
    PyObject *table = dict_new();
    for (; table != NULL && names->name != NULL; names++) {
        PyObject *value = int_from_i64(names->value);
        if (value == NULL || dict_set_cstr(table, names->name, value) < 0) {
            clear_ref(table);
        }
        xdecref(value);
    }
    return table;
}

bool
posix_configuration_name(PyObject *arg, const PosixConstant *names, int *value)
{
    if (index_check(arg)) {
        *value = int_as_int(arg);
        return !(*value == -1 && error_occurred());
    }
    if (!str_check(arg)) {
        error_set(PyExc_TypeError, "configuration names must be strings or integers");
        return false;
    }
    for (; names->name != NULL; names++) {
        if (str_equal_cstr(arg, names->name)) {
            *value = (int)names->value;
            return true;
        }
    }
    error_set(PyExc_ValueError, "unrecognized configuration name");
    return false;
}
