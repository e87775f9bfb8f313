// posix: the environment of the process.
//
// os.environ is a dictionary of Python code; what is changed there comes here to reach the C library,
// which orders concurrent changes itself.
#include "modules/posix_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/sys.h"

// {name: value} in bytes. Of several entries with a name the first counts, as for getenv.
static PyObject *
make_environ(void)
{
    PyObject *result = dict_new();
    for (char **entry = environ; result != NULL && entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL) {
            continue;
        }
        PyObject *name = bytes_from_data(*entry, equals - *entry);
        PyObject *value = bytes_from_cstr(equals + 1);
        if (name == NULL || value == NULL || dict_setdefault(result, name, value, NULL) < 0) {
            clear_ref(result);
        }
        xdecref(name);
        xdecref(value);
    }
    return result;
}

static PyObject *
os_create_environ(PyObject *module, PyObject *unused)
{
    return make_environ();
}

static PyObject *
os_putenv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *name = NULL;
    PyObject *value = NULL;
    if (!args_parse_stack(args, nargs, "O&O&:putenv", str_fs_converter, &name, str_fs_converter,
                          &value)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (strchr(bytes_data(name), '=') != NULL) {
        error_set(PyExc_ValueError, "illegal environment variable name");
    }
    else if (sys_audit("os.putenv", "OO", name, value) == 0) {
        result = posix_none_or_error(setenv(bytes_data(name), bytes_data(value), 1));
    }
    decref(name);
    decref(value);
    return result;
}

static PyObject *
os_unsetenv(PyObject *module, PyObject *arg)
{
    PyObject *name = NULL;
    if (!str_fs_converter(arg, &name)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.unsetenv", "(O)", name) == 0) {
        result = posix_none_or_error(unsetenv(bytes_data(name)));
    }
    decref(name);
    return result;
}

PyMethodDef posix_env_methods[] = {
    {"putenv", FAST(os_putenv),
     "putenv($module, name, value, /)\n--\n\nSet or change a variable of the environment."},
    {"unsetenv", os_unsetenv, METH_O,
     "unsetenv($module, name, /)\n--\n\nRemove a variable of the environment."},
    {"_create_environ", os_create_environ, METH_NOARGS,
     "_create_environ($module, /)\n--\n\nThe environment of the process as a new dict."},
    {NULL, NULL, 0, NULL},
};

int
posix_env_exec(PyObject *module)
{
    return module_add_steal(module, "environ", make_environ());
}
