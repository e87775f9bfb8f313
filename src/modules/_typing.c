// Native module _typing: the types behind typing that the language itself needs.
#include "modules/module.h"

#include "abi/constants.h"
#include "objects/genericalias.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/typevar.h"

static PyObject *
typing_idfunc(PyObject *module, PyObject *x)
{
    return new_ref(x);
}

static PyMethodDef typing_methods[] = {
    {"_idfunc", typing_idfunc, METH_O, "_idfunc($module, x, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
typing_exec(PyObject *module)
{
    static const struct {
        const char *name;
        PyTypeObject *type;
    } types[] = {
        {"TypeVar", &PyTypeVar_Type},
        {"TypeVarTuple", &PyTypeVarTuple_Type},
        {"ParamSpec", &PyParamSpec_Type},
        {"ParamSpecArgs", &PyParamSpecArgs_Type},
        {"ParamSpecKwargs", &PyParamSpecKwargs_Type},
        {"TypeAliasType", &PyTypeAlias_Type},
        {"Union", &_PyUnion_Type},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (module_add(module, types[i].name, (PyObject *)types[i].type) < 0) {
            return -1;
        }
    }
    if (module_add(module, "Generic", generic_type_borrow()) < 0) {
        return -1;
    }
    return module_add(module, "NoDefault", &typing_no_default);
}

static PyModuleDef_Slot typing_slots[] = {
    {Py_mod_exec, (void *)typing_exec},
    {0, NULL},
};

static PyModuleDef typing_module = {
    .m_name = "_typing",
    .m_doc = "Primitives and accelerators for the typing module.\n",
    .m_methods = typing_methods,
    .m_slots = typing_slots,
};

NATIVE_MODULE(_typing, &typing_module)
