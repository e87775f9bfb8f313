// Native module _types: names of built-in types that builtins does not have.
#include "modules/module.h"

#include "objects/capsule.h"
#include "objects/cell.h"
#include "objects/cfunction.h"
#include "objects/code.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/frame.h"
#include "objects/function.h"
#include "objects/genericalias.h"
#include "objects/method.h"
#include "objects/module.h"
#include "objects/namespace.h"
#include "objects/object.h"
#include "objects/traceback.h"
#include "vm/generator.h"

static const struct {
    const char *name;
    PyTypeObject *type;
} type_names[] = {
    {"AsyncGeneratorType", &PyAsyncGen_Type},
    {"BuiltinFunctionType", &PyCFunction_Type},
    {"BuiltinMethodType", &PyCFunction_Type},
    {"CapsuleType", &PyCapsule_Type},
    {"CellType", &PyCell_Type},
    {"ClassMethodDescriptorType", &PyClassMethodDescr_Type},
    {"CodeType", &PyCode_Type},
    {"CoroutineType", &PyCoro_Type},
    {"EllipsisType", &PyEllipsis_Type},
    {"FrameType", &PyFrame_Type},
    {"FunctionType", &PyFunction_Type},
    {"GeneratorType", &PyGen_Type},
    {"GenericAlias", &Py_GenericAliasType},
    {"GetSetDescriptorType", &PyGetSetDescr_Type},
    {"LambdaType", &PyFunction_Type},
    {"MappingProxyType", &PyDictProxy_Type},
    {"MemberDescriptorType", &PyMemberDescr_Type},
    {"MethodDescriptorType", &PyMethodDescr_Type},
    {"MethodType", &PyMethod_Type},
    {"MethodWrapperType", &_PyMethodWrapper_Type},
    {"ModuleType", &PyModule_Type},
    {"NoneType", &_PyNone_Type},
    {"NotImplementedType", &_PyNotImplemented_Type},
    {"SimpleNamespace", &_PyNamespace_Type},
    {"TracebackType", &PyTraceBack_Type},
    {"UnionType", &_PyUnion_Type},
    {"WrapperDescriptorType", &PyWrapperDescr_Type},
};

static int
types_exec(PyObject *module)
{
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if (module_add(module, type_names[i].name, (PyObject *)type_names[i].type) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot types_slots[] = {
    {Py_mod_exec, (void *)types_exec},
    {0, NULL},
};

static PyModuleDef types_module = {
    .m_name = "_types",
    .m_doc = "Define names for built-in types.",
    .m_slots = types_slots,
};

NATIVE_MODULE(_types, &types_module)
