// The `_contextvars` module; the types are in objects/context.c.
#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "objects/context.h"
#include "objects/dict.h"
#include "objects/module.h"
#include "objects/type.h"

static PyObject *
copy_context(PyObject *module, PyObject *unused)
{
    return context_copy_current();
}

static PyMethodDef contextvars_methods[] = {
    {"copy_context", copy_context, METH_NOARGS, "copy_context($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
contextvars_exec(PyObject *module)
{
    if (module_add_type(module, &PyContext_Type) < 0
        || module_add_type(module, &PyContextVar_Type) < 0
        || module_add_type(module, &PyContextToken_Type) < 0) {
        return -1;
    }
    return dict_set_cstr(PyContextToken_Type.tp_dict, "MISSING", context_token_missing());
}

static PyModuleDef_Slot contextvars_slots[] = {
    {Py_mod_exec, contextvars_exec},
    {0, NULL},
};

static PyModuleDef contextvars_definition = {
    .m_name = "_contextvars",
    .m_doc = "Context Variables",
    .m_methods = contextvars_methods,
    .m_slots = contextvars_slots,
};

NATIVE_MODULE(_contextvars, &contextvars_definition)
