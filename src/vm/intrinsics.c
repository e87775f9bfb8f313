// CALL_INTRINSIC_1 and _2 (intrinsics.h).
#include "vm/intrinsics.h"

#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/typevar.h"
#include "vm/generator_internal.h"
#include "vm/import_ops.h"
#include "vm/ops.h"

// The result of an expression statement at the prompt goes to sys.displayhook.
static PyObject *
intrinsic_print(PyObject *op)
{
    PyObject *hook;
    int found = dict_get_cstr(interpreter_roots()->sys_dict, "displayhook", &hook);
    if (found <= 0) {
        return found < 0 ? NULL : error_set(PyExc_RuntimeError, "lost sys.displayhook");
    }
    PyObject *result = object_call_onearg(hook, op);
    decref(hook);
    return result;
}

static PyObject *
intrinsic_object_1(Value *fp, int which, PyObject *op)
{
    switch (which) {
    case INTRINSIC_PRINT:
        return intrinsic_print(op);
    case INTRINSIC_IMPORT_STAR:
        return import_star(fp, op) < 0 ? NULL : new_ref(Py_None);
    case INTRINSIC_ASYNC_GEN_WRAP:
        return async_generator_wrap(op);
    case INTRINSIC_LIST_TO_TUPLE:
        return list_as_tuple(op);
    case INTRINSIC_TYPEVAR:
        return typevar_new(op, NULL, NULL);
    case INTRINSIC_PARAMSPEC:
        return paramspec_new(op);
    case INTRINSIC_TYPEVARTUPLE:
        return typevartuple_new(op);
    case INTRINSIC_SUBSCRIPT_GENERIC:
        return generic_subscript(op);
    case INTRINSIC_TYPEALIAS:
        return typealias_new(op);
    default:
        return error_format(PyExc_SystemError, "unknown intrinsic function %d", which);
    }
}

Value
intrinsic_1(Value *fp, int which, Value v)
{
    Box box;
    if (!box_borrow(&box, v)) {
        return VALUE_UNSET;
    }
    PyObject *result = intrinsic_object_1(fp, which, box.op);
    box_release(&box);
    return value_result(result);
}

Value
intrinsic_2(Value *fp, int which, Value a, Value b)
{
    PyObject *first = value_pointer(a), *second = value_pointer(b);
    switch (which) {
    case INTRINSIC_PREP_RERAISE_STAR:
        return value_result(exception_group_prepare_reraise(first, second));
    case INTRINSIC_TYPEVAR_WITH_BOUND:
        return value_result(typevar_new(first, second, NULL));
    case INTRINSIC_TYPEVAR_WITH_CONSTRAINTS:
        return value_result(typevar_new(first, NULL, second));
    case INTRINSIC_SET_FUNCTION_TYPE_PARAMS: {
        PyFunctionObject *function = (PyFunctionObject *)first;
        set_ref(function->func_typeparams, new_ref(second));
        return value_dup(a);
    }
    case INTRINSIC_SET_TYPEPARAM_DEFAULT:
        return typeparam_set_default(first, second) < 0 ? VALUE_UNSET : value_dup(a);
    default:
        error_format(PyExc_SystemError, "unknown intrinsic function %d", which);
        return VALUE_UNSET;
    }
}
