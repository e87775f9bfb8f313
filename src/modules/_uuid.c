// Native module _uuid: UUIDs of time and node, from the system's libuuid.
//
// Threading: libuuid guards its clock itself; it may wait for a file lock or for uuidd, detached.
#include "modules/module.h"

#include <uuid/uuid.h>

#include "modules/posix_internal.h"
#include "objects/build.h"
#include "objects/module.h"

static PyObject *
generate_time_safe(PyObject *module, PyObject *unused)
{
    uuid_t value;
    int unsafe;
    POSIX_DETACHED(unsafe = uuid_generate_time_safe(value));
    return value_build("(y#i)", (const char *)value, (Py_ssize_t)sizeof(value), unsafe);
}

static PyMethodDef methods[] = {
    {"generate_time_safe", generate_time_safe, METH_NOARGS,
     "generate_time_safe($module, /)\n--\n\n"
     "The 16 bytes of a new UUID of version 1, and 0 if no other process can have made the same."},
    {NULL, NULL, 0, NULL},
};

static int
uuid_exec(PyObject *module)
{
    // libuuid takes the node from a network card, or draws it once for the process.
    if (module_add_int(module, "has_uuid_generate_time_safe", 1) < 0) {
        return -1;
    }
    return module_add_int(module, "has_stable_extractable_node", 1);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, uuid_exec},
    {0, NULL},
};

static PyModuleDef uuid_definition = {
    .m_name = "_uuid",
    .m_doc = "UUIDs of time and node",
    .m_methods = methods,
    .m_slots = slots,
};

NATIVE_MODULE(_uuid, &uuid_definition)
