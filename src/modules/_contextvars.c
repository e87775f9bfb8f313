// Native module _contextvars: the types of contextvars.
#include "modules/module.h"

#include "abi/constants.h"
#include "objects/context.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/type.h"

static PyObject *
contextvars_copy_context(PyObject *module, PyObject *unused)
{
    return context_copy_current();
}

static PyMethodDef contextvars_methods[] = {
    {"copy_context", contextvars_copy_context, METH_NOARGS, "copy_context($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
contextvars_exec(PyObject *module)
{
    PyObject *missing = str_intern_cstr("MISSING");
    int result = missing == NULL ? -1
                                 : type_set_attribute(&PyContextToken_Type, missing,
                                                      context_token_missing());
    xdecref(missing);
    if (result < 0 || module_add(module, "Context", (PyObject *)&PyContext_Type) < 0 ||
        module_add(module, "ContextVar", (PyObject *)&PyContextVar_Type) < 0 ||
        module_add(module, "Token", (PyObject *)&PyContextToken_Type) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot contextvars_slots[] = {
    {Py_mod_exec, (void *)contextvars_exec},
    {0, NULL},
};

static PyModuleDef contextvars_module = {
    .m_name = "_contextvars",
    .m_doc = "Context Variables",
    .m_methods = contextvars_methods,
    .m_slots = contextvars_slots,
};

NATIVE_MODULE(_contextvars, &contextvars_module)
