// TypeAliasType: the `type` statement (PEP 695).
//
// Threading: see typevar_internal.h.
#include "objects/typevar_internal.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

typedef struct {
    PyObject ob_base;
    PyObject *name;             // immutable, owned
    PyObject *type_params;      // immutable; tuple or NULL
    PyObject *evaluate_value;   // immutable; or NULL
    PyObject *value;            // lock: this object; or NULL
    PyObject *module;           // immutable; or NULL
    PyObject *weakreflist;
} TypeAlias;

#define ALIAS(op) ((TypeAlias *)(op))

static PyObject *
alias_new(PyObject *name, PyObject *type_params, PyObject *evaluate_value, PyObject *value,
          PyObject *module)
{
    PyObject *self = PyTypeAlias_Type.tp_alloc(&PyTypeAlias_Type, 0);
    if (self == NULL) {
        return NULL;
    }
    bool generic = type_params != NULL && type_params != Py_None && tuple_size(type_params) > 0;
    ALIAS(self)->name = new_ref(name);
    ALIAS(self)->type_params = generic ? new_ref(type_params) : NULL;
    ALIAS(self)->evaluate_value = xnew_ref(evaluate_value);
    ALIAS(self)->value = xnew_ref(value);
    ALIAS(self)->module = xnew_ref(module);
    return self;
}

PyObject *
typealias_new(PyObject *parts)
{
    return alias_new(tuple_item_borrow(parts, 0), tuple_item_borrow(parts, 1),
                     tuple_item_borrow(parts, 2), NULL, NULL);
}

// Whether a tuple holds type parameters with those that have defaults last. 0 or -1.
static int
check_type_params(PyObject *type_params)
{
    bool defaults = false;
    for (Py_ssize_t i = 0; i < tuple_size(type_params); i++) {
        PyObject *parameter = tuple_item_borrow(type_params, i);
        int has_default = typeparam_has_default(parameter);
        if (has_default < 0) {
            return -1;
        }
        if (has_default) {
            defaults = true;
        }
        else if (defaults) {
            error_format(PyExc_TypeError,
                         "non-default type parameter '%R' follows default type parameter",
                         parameter);
            return -1;
        }
    }
    return 0;
}

static PyObject *
alias_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"name", "value", "type_params", NULL};
    static ArgsParser parser = {.format = "OO|$O:typealias", .keywords = keywords};
    PyObject *name;
    PyObject *value;
    PyObject *type_params = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &name, &value, &type_params)) {
        return NULL;
    }
    if (!str_check(name)) {
        args_bad_argument("typealias", "argument 'name'", "str", name);
        return NULL;
    }
    if (type_params != NULL) {
        if (!tuple_check(type_params)) {
            return error_set(PyExc_TypeError, "type_params must be a tuple");
        }
        if (check_type_params(type_params) < 0) {
            return NULL;
        }
    }
    PyObject *module = typing_caller();
    if (module == NULL && error_occurred()) {
        return NULL;
    }
    PyObject *self = alias_new(name, type_params, NULL, value, module);
    xdecref(module);
    return self;
}

static int
alias_clear(PyObject *self)
{
    clear_ref(ALIAS(self)->type_params);
    clear_ref(ALIAS(self)->evaluate_value);
    clear_ref(ALIAS(self)->value);
    clear_ref(ALIAS(self)->module);
    return 0;
}

static void
alias_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (ALIAS(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)alias_clear(self);
    clear_ref(ALIAS(self)->name);
    type_of(self)->tp_free(self);
}

static int
alias_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (PyObject **field = &ALIAS(self)->type_params; field <= &ALIAS(self)->module; field++) {
        int result = *field == NULL ? 0 : visit(*field, arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static PyObject *
alias_repr(PyObject *self)
{
    return new_ref(ALIAS(self)->name);
}

static PyObject *
alias_get_value(PyObject *self, void *closure)
{
    return lazy_value(self, &ALIAS(self)->value, ALIAS(self)->evaluate_value, Py_None);
}

static PyObject *
alias_get_evaluate_value(PyObject *self, void *closure)
{
    return lazy_evaluator(ALIAS(self)->value, ALIAS(self)->evaluate_value);
}

static PyObject *
alias_get_parameters(PyObject *self, void *closure)
{
    PyObject *parameters = ALIAS(self)->type_params;
    return parameters == NULL ? tuple_empty() : typing_unpack_parameters(parameters);
}

static PyObject *
alias_get_type_params(PyObject *self, void *closure)
{
    PyObject *parameters = ALIAS(self)->type_params;
    return parameters == NULL ? tuple_empty() : new_ref(parameters);
}

// The module of the function that evaluates the value tells where the statement was.
static PyObject *
alias_get_module(PyObject *self, void *closure)
{
    if (ALIAS(self)->module != NULL) {
        return new_ref(ALIAS(self)->module);
    }
    if (ALIAS(self)->evaluate_value == NULL) {
        return Py_None;
    }
    PyObject *module;
    if (object_getattr_optional(ALIAS(self)->evaluate_value, ID(__module__), &module) < 0) {
        return NULL;
    }
    return module == NULL ? Py_None : module;
}

static PyObject *
alias_reduce(PyObject *self, PyObject *unused)
{
    return new_ref(ALIAS(self)->name);
}

static PyObject *
alias_subscript(PyObject *self, PyObject *args)
{
    if (ALIAS(self)->type_params == NULL) {
        return error_set(PyExc_TypeError, "Only generic type aliases are subscriptable");
    }
    return genericalias_new(self, args);
}

static PyMemberDef alias_members[] = {
    {"__name__", _Py_T_OBJECT, offsetof(TypeAlias, name), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef alias_getset[] = {
    {"__parameters__", alias_get_parameters, NULL, NULL, NULL},
    {"__type_params__", alias_get_type_params, NULL, NULL, NULL},
    {"__value__", alias_get_value, NULL, NULL, NULL},
    {"evaluate_value", alias_get_evaluate_value, NULL, NULL, NULL},
    {"__module__", alias_get_module, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef alias_methods[] = {
    {"__reduce__", alias_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods alias_as_number = {.nb_or = typing_union};
static PyMappingMethods alias_as_mapping = {.mp_subscript = alias_subscript};

PyTypeObject PyTypeAlias_Type = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0},
    .tp_name = "typing.TypeAliasType",
    .tp_basicsize = sizeof(TypeAlias),
    .tp_dealloc = alias_dealloc,
    .tp_repr = alias_repr,
    .tp_as_number = &alias_as_number,
    .tp_as_mapping = &alias_as_mapping,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Type alias.\n\n"
              "Made by the type statement (`type Alias = int`). __name__ is the alias' name,\n"
              "__value__ its value, evaluated when it is first asked for, __type_params__ the\n"
              "type parameters of generic aliases (`type ListOrSet[T] = list[T] | set[T]`).",
    .tp_traverse = alias_traverse,
    .tp_clear = alias_clear,
    .tp_weaklistoffset = offsetof(TypeAlias, weakreflist),
    .tp_iter = typing_unpack_iter,
    .tp_methods = alias_methods,
    .tp_members = alias_members,
    .tp_getset = alias_getset,
    .tp_new = alias_tp_new,
};
