// The `marshal` module; formats in marshal_write.c and marshal_read.c.
#include "runtime/marshal.h"

#include "abi/exceptions.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/module.h"
#include "objects/object.h"
#include "runtime/native.h"
#include "runtime/sys.h"

static PyObject *
module_dump(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "", "", "allow_code", NULL};
    PyObject *value;
    PyObject *file;
    int version = MARSHAL_VERSION;
    int allow_code = 1;
    if (!args_parse_static(args, kwargs, "OO|i$p:dump", names, &value, &file, &version,
                           &allow_code)) {
        return NULL;
    }
    PyObject *data = sys_audit("marshal.dumps", "(Oi)", value, version) < 0
                         ? NULL : marshal_dumps(value, version, allow_code);
    PyObject *result = data != NULL ? object_call_method_onearg(file, ID(write), data) : NULL;
    xdecref(data);
    return result;
}

static PyObject *
module_dumps(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "", "allow_code", NULL};
    PyObject *value;
    int version = MARSHAL_VERSION;
    int allow_code = 1;
    if (!args_parse_static(args, kwargs, "O|i$p:dumps", names, &value, &version, &allow_code)) {
        return NULL;
    }
    if (sys_audit("marshal.dumps", "(Oi)", value, version) < 0) {
        return NULL;
    }
    return marshal_dumps(value, version, allow_code);
}

static PyObject *
module_load(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "allow_code", NULL};
    PyObject *file;
    int allow_code = 1;
    if (!args_parse_static(args, kwargs, "O|$p:load", names, &file, &allow_code)) {
        return NULL;
    }
    // Asked for nothing: finds out whether it is open for bytes.
    PyObject *data = sys_audit("marshal.load", "") < 0
                         ? NULL : object_call_method_format(file, "read", "i", 0);
    if (data == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (bytes_check(data)) {
        result = marshal_load_from(file, allow_code);
    }
    else {
        error_format(PyExc_TypeError, "file.read() returned not bytes but %.100s",
                     object_type(data)->tp_name);
    }
    decref(data);
    return result;
}

static PyObject *
module_loads(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "allow_code", NULL};
    Py_buffer data;
    int allow_code = 1;
    if (!args_parse_static(args, kwargs, "y*|$p:loads", names, &data, &allow_code)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("marshal.loads", "y#", data.buf, data.len) == 0) {
        result = marshal_loads(data.buf, data.len, allow_code);
    }
    buffer_release(&data);
    return result;
}

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef marshal_methods[] = {
    {"dump", KEYWORDS(module_dump),
     "dump($module, value, file, version=version, /, *, allow_code=True)\n--\n\n"
     "Write the value on the open file."},
    {"dumps", KEYWORDS(module_dumps),
     "dumps($module, value, version=version, /, *, allow_code=True)\n--\n\n"
     "Return the bytes object that would be written to a file by dump(value, file)."},
    {"load", KEYWORDS(module_load),
     "load($module, file, /, *, allow_code=True)\n--\n\n"
     "Read one value from the open file and return it."},
    {"loads", KEYWORDS(module_loads),
     "loads($module, data, /, *, allow_code=True)\n--\n\n"
     "Convert the bytes-like object to a value."},
    {NULL, NULL, 0, NULL},
};

static int
marshal_exec(PyObject *module)
{
    return module_add_int(module, "version", MARSHAL_VERSION);
}

static PyModuleDef_Slot marshal_slots[] = {
    {Py_mod_exec, marshal_exec},
    {0, NULL},
};

static PyModuleDef marshal_definition = {
    .m_name = "marshal",
    .m_doc = "Reading and writing of Python values in a binary format that is private to Python.",
    .m_methods = marshal_methods,
    .m_slots = marshal_slots,
};

NATIVE_MODULE(marshal, &marshal_definition)
