// Native module _posixshmem: named shared memory.
//
// Threading: system calls only.
#include "modules/module.h"

#include <sys/mman.h>

#include "modules/posix_internal.h"
#include "objects/int.h"
#include "objects/str.h"

static PyObject *
shm_open_function(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "flags", "mode", NULL};
    static ArgsParser parser = {.format = "Ui|i:shm_open", .keywords = keywords};
    PyObject *path;
    int flags, fd;
    int mode = 0777;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &path, &flags, &mode)) {
        return NULL;
    }
    const char *name = str_as_utf8_no_nul(path);
    if (name == NULL) {
        return NULL;
    }
    POSIX_RETRY(fd, shm_open(name, flags, (mode_t)mode));
    if (fd < 0) {
        return error_occurred() ? NULL : error_set_errno_filename_object(PyExc_OSError, path);
    }
    return int_from_i64(fd);
}

static PyObject *
shm_unlink_function(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "U:shm_unlink", .keywords = keywords};
    PyObject *path;
    int failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    const char *name = str_as_utf8_no_nul(path);
    if (name == NULL) {
        return NULL;
    }
    POSIX_RETRY(failed, shm_unlink(name));
    if (failed < 0) {
        return error_occurred() ? NULL : error_set_errno_filename_object(PyExc_OSError, path);
    }
    return new_ref(Py_None);
}

static PyMethodDef methods[] = {
    {"shm_open", KEYWORDS(shm_open_function),
     "shm_open($module, /, path, flags, mode=511)\n--\n\nOpen or make a shared memory object."},
    {"shm_unlink", KEYWORDS(shm_unlink_function),
     "shm_unlink($module, /, path)\n--\n\nRemove the name of a shared memory object."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {0, NULL},
};

static PyModuleDef posixshmem_definition = {
    .m_name = "_posixshmem",
    .m_doc = "POSIX shared memory module",
    .m_methods = methods,
    .m_slots = slots,
};

NATIVE_MODULE(_posixshmem, &posixshmem_definition)
