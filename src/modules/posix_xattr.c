// posix: extended attributes of files.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "memory/alloc.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/str.h"
#include "runtime/sys.h"

// Room for a first try; the kernel's limit is XATTR_SIZE_MAX.
#define FIRST_SIZE 256

// ERANGE tells that the value is larger than the buffer: one retry with the largest size.
static PyObject *
get_value(const PosixPath *path, const char *name, int follow)
{
    for (size_t size = FIRST_SIZE;; size = XATTR_SIZE_MAX) {
        PyObject *value = bytes_from_data(NULL, (Py_ssize_t)size);
        if (value == NULL) {
            return NULL;
        }
        void *data = bytes_data(value);
        ssize_t got;
        POSIX_DETACHED(got = path->fd != -1 ? fgetxattr(path->fd, name, data, size)
                             : follow       ? getxattr(path->text, name, data, size)
                                            : lgetxattr(path->text, name, data, size));
        if (got >= 0) {
            bytes_resize(&value, got);
            return value;
        }
        decref(value);
        if (errno != ERANGE || size == XATTR_SIZE_MAX) {
            return posix_path_error(path);
        }
    }
}

static PyObject *
os_getxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "attribute", "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&O&|$p:getxattr", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("getxattr", "path");
    PosixPath name = POSIX_PATH("getxattr", "attribute");
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_path_converter, &name, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_path_check_follow(&path, follow)
        && sys_audit("os.getxattr", "OO", path.object, name.object) == 0) {
        result = get_value(&path, name.text, follow);
    }
    posix_path_release(&path);
    posix_path_release(&name);
    return result;
}

static PyObject *
os_setxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "attribute", "value", "flags",
                                           "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&O&y*|i$p:setxattr", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("setxattr", "path");
    PosixPath name = POSIX_PATH("setxattr", "attribute");
    Py_buffer value;
    int flags = 0;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_path_converter, &name, &value, &flags, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_path_check_follow(&path, follow)
        && sys_audit("os.setxattr", "OOy#i", path.object, name.object, value.buf, value.len, flags)
               == 0) {
        int failed;
        size_t size = (size_t)value.len;
        POSIX_DETACHED(failed = path.fd != -1
                                    ? fsetxattr(path.fd, name.text, value.buf, size, flags)
                                : follow ? setxattr(path.text, name.text, value.buf, size, flags)
                                         : lsetxattr(path.text, name.text, value.buf, size, flags));
        result = posix_path_none_or_error(failed, &path);
    }
    buffer_release(&value);
    posix_path_release(&path);
    posix_path_release(&name);
    return result;
}

static PyObject *
os_removexattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "attribute", "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&O&|$p:removexattr", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("removexattr", "path");
    PosixPath name = POSIX_PATH("removexattr", "attribute");
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_path_converter, &name, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_path_check_follow(&path, follow)
        && sys_audit("os.removexattr", "OO", path.object, name.object) == 0) {
        int failed;
        POSIX_DETACHED(failed = path.fd != -1 ? fremovexattr(path.fd, name.text)
                                : follow      ? removexattr(path.text, name.text)
                                              : lremovexattr(path.text, name.text));
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    posix_path_release(&name);
    return result;
}

// The NUL-separated names as a list of str.
static PyObject *
split_names(const char *data, size_t size)
{
    PyObject *result = list_new(0);
    const char *end = data + size;
    while (result != NULL && data < end) {
        size_t length = strlen(data);
        PyObject *name = str_decode_fsdefault_size(data, (Py_ssize_t)length);
        if (name == NULL || list_append_steal(result, name) < 0) {
            clear_ref(result);
        }
        data += length + 1;
    }
    return result;
}

static PyObject *
list_names(const PosixPath *path, int follow)
{
    const char *text = path->text != NULL ? path->text : ".";
    for (size_t size = FIRST_SIZE;; size = XATTR_LIST_MAX) {
        char *buffer = mem_alloc_or_error(size + 1);
        if (buffer == NULL) {
            return NULL;
        }
        ssize_t got;
        POSIX_DETACHED(got = path->fd != -1 ? flistxattr(path->fd, buffer, size)
                             : follow       ? listxattr(text, buffer, size)
                                            : llistxattr(text, buffer, size));
        int error = errno;
        PyObject *result = NULL;
        if (got >= 0) {
            buffer[got] = '\0';
            result = split_names(buffer, (size_t)got);
        }
        mem_free(buffer);
        if (got >= 0) {
            return result;
        }
        if (error != ERANGE || size == XATTR_LIST_MAX) {
            errno = error;
            return posix_path_error(path);
        }
    }
}

static PyObject *
os_listxattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "|O&$p:listxattr", .keywords = keywords};
    PosixPath path = POSIX_PATH_OPTIONAL("listxattr", "path", true);
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_path_check_follow(&path, follow)
        && sys_audit("os.listxattr", "(O)", path.object != NULL ? path.object : Py_None) == 0) {
        result = list_names(&path, follow);
    }
    posix_path_release(&path);
    return result;
}

PyMethodDef posix_xattr_methods[] = {
    {"getxattr", KEYWORDS(os_getxattr),
     "getxattr($module, /, path, attribute, *, follow_symlinks=True)\n--\n\n"
     "Value of an extended attribute."},
    {"setxattr", KEYWORDS(os_setxattr),
     "setxattr($module, /, path, attribute, value, flags=0, *,\n"
     "         follow_symlinks=True)\n--\n\nSet an extended attribute."},
    {"removexattr", KEYWORDS(os_removexattr),
     "removexattr($module, /, path, attribute, *, follow_symlinks=True)\n--\n\n"
     "Remove an extended attribute."},
    {"listxattr", KEYWORDS(os_listxattr),
     "listxattr($module, /, path=None, *, follow_symlinks=True)\n--\n\n"
     "Names of the extended attributes of a file."},
    {NULL, NULL, 0, NULL},
};
