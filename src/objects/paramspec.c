// ParamSpec and its parts ParamSpecArgs and ParamSpecKwargs (PEP 612).
//
// Threading: see typevar_internal.h.
#include "objects/typevar_internal.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

#define TYPING_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

// ---- ParamSpecArgs and ParamSpecKwargs ----

typedef struct {
    PyObject ob_base;
    PyObject *origin;       // immutable, owned
    PyObject *weakreflist;
} ParamSpecPart;

#define PART(op) ((ParamSpecPart *)(op))

static PyObject *
part_new(PyTypeObject *type, PyObject *origin)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        PART(self)->origin = new_ref(origin);
    }
    return self;
}

static PyObject *
part_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"origin", NULL};
    static ArgsParser args_parser = {.format = "O:paramspecargs", .keywords = keywords};
    static ArgsParser kwargs_parser = {.format = "O:paramspeckwargs", .keywords = keywords};
    PyObject *origin;
    if (!args_parse_tuple_keywords(
            args, kwargs, type == &PyParamSpecArgs_Type ? &args_parser : &kwargs_parser, &origin)) {
        return NULL;
    }
    return part_new(type, origin);
}

static int
part_clear(PyObject *self)
{
    clear_ref(PART(self)->origin);
    return 0;
}

static void
part_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (PART(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)part_clear(self);
    type_of(self)->tp_free(self);
}

static int
part_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *origin = PART(self)->origin;
    return origin == NULL ? 0 : visit(origin, arg);
}

static PyObject *
part_repr(PyObject *self)
{
    const char *part = type_of(self) == &PyParamSpecArgs_Type ? "args" : "kwargs";
    PyObject *origin = PART(self)->origin;
    if (type_of(origin) != &PyParamSpec_Type) {
        return str_format("%R.%s", origin, part);
    }
    PyObject *name = object_getattr(origin, ID(__name__));
    if (name == NULL) {
        return NULL;
    }
    PyObject *result = str_format("%S.%s", name, part);
    decref(name);
    return result;
}

static PyObject *
part_richcompare(PyObject *v, PyObject *w, int op)
{
    if (type_of(v) != type_of(w) || (op != Py_EQ && op != Py_NE)) {
        return Py_NotImplemented;
    }
    return object_richcompare(PART(v)->origin, PART(w)->origin, op);
}

static PyObject *
part_mro_entries(PyObject *self, PyObject *bases)
{
    return typing_refuse_subclass(type_of(self) == &PyParamSpecArgs_Type ? "ParamSpecArgs"
                                                                         : "ParamSpecKwargs");
}

static PyMemberDef part_members[] = {
    {"__origin__", _Py_T_OBJECT, offsetof(ParamSpecPart, origin), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef part_methods[] = {
    {"__mro_entries__", part_mro_entries, METH_O, "__mro_entries__($self, object, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

#define PART_TYPE(symbol, name, text)                                                   \
    PyTypeObject symbol = {                                                             \
        .ob_base = TYPING_TYPE_HEAD,                                                    \
        .tp_name = name,                                                                \
        .tp_basicsize = sizeof(ParamSpecPart),                                          \
        .tp_dealloc = part_dealloc,                                                     \
        .tp_repr = part_repr,                                                           \
        .tp_hash = object_hash_not_implemented,                                         \
        .tp_getattro = object_generic_getattr,                                          \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, \
        .tp_doc = text,                                                                 \
        .tp_traverse = part_traverse,                                                   \
        .tp_clear = part_clear,                                                         \
        .tp_richcompare = part_richcompare,                                             \
        .tp_weaklistoffset = offsetof(ParamSpecPart, weakreflist),                      \
        .tp_methods = part_methods,                                                     \
        .tp_members = part_members,                                                     \
        .tp_new = part_tp_new,                                                          \
    };

PART_TYPE(PyParamSpecArgs_Type, "typing.ParamSpecArgs",
          "The args for a ParamSpec object.\n\n"
          "P.args of a ParamSpec P; P.args.__origin__ is P.")
PART_TYPE(PyParamSpecKwargs_Type, "typing.ParamSpecKwargs",
          "The kwargs for a ParamSpec object.\n\n"
          "P.kwargs of a ParamSpec P; P.kwargs.__origin__ is P.")

// ---- ParamSpec ----

typedef struct {
    PyObject ob_base;
    PyObject *name;                     // immutable, owned
    PyObject *bound;                    // immutable; or NULL
    PyObject *default_value;            // lock: this object; or NULL
    PyObject *evaluate_default;         // immutable once shared; or NULL
    PyObject *dict;
    PyObject *weakreflist;
    bool covariant;                     // immutable
    bool contravariant;                 // immutable
    bool infer_variance;                // immutable
} ParamSpec;

#define PS(op) ((ParamSpec *)(op))

PyObject *
paramspec_new(PyObject *name)
{
    PyObject *self = PyParamSpec_Type.tp_alloc(&PyParamSpec_Type, 0);
    if (self != NULL) {
        PS(self)->name = new_ref(name);
        PS(self)->infer_variance = true;
    }
    return self;
}

int
paramspec_set_default(PyObject *parameter, PyObject *evaluate_default)
{
    set_ref(PS(parameter)->evaluate_default, new_ref(evaluate_default));
    return 0;
}

static int
paramspec_clear(PyObject *self)
{
    clear_ref(PS(self)->bound);
    clear_ref(PS(self)->default_value);
    clear_ref(PS(self)->evaluate_default);
    clear_ref(PS(self)->dict);
    return 0;
}

static void
paramspec_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (PS(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)paramspec_clear(self);
    clear_ref(PS(self)->name);
    type_of(self)->tp_free(self);
}

static int
paramspec_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (PyObject **field = &PS(self)->bound; field <= &PS(self)->dict; field++) {
        int result = *field == NULL ? 0 : visit(*field, arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static PyObject *
paramspec_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "name", "bound", "default", "covariant", "contravariant", "infer_variance", NULL};
    static ArgsParser parser = {.format = "O|$OOppp:paramspec", .keywords = keywords};
    PyObject *name;
    PyObject *bound = Py_None;
    PyObject *default_value = &typing_no_default;
    int covariant = 0;
    int contravariant = 0;
    int infer = 0;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &name, &bound, &default_value, &covariant,
                                   &contravariant, &infer)) {
        return NULL;
    }
    if (!str_check(name)) {
        args_bad_argument("paramspec", "argument 'name'", "str", name);
        return NULL;
    }
    if (covariant && contravariant) {
        return error_set(PyExc_ValueError, "Bivariant types are not supported.");
    }
    if (infer && (covariant || contravariant)) {
        return error_set(PyExc_ValueError, "Variance cannot be specified with infer_variance.");
    }
    PyObject *checked = typing_check_bound(bound);      // None becomes NoneType
    if (checked == NULL) {
        return NULL;
    }
    PyObject *self = paramspec_new(name);
    if (self == NULL) {
        decref(checked);
        return NULL;
    }
    PS(self)->bound = checked;
    PS(self)->default_value = new_ref(default_value);
    PS(self)->covariant = covariant != 0;
    PS(self)->contravariant = contravariant != 0;
    PS(self)->infer_variance = infer != 0;
    if (typing_set_module(self) < 0) {
        clear_ref(self);
    }
    return self;
}

static PyObject *
paramspec_repr(PyObject *self)
{
    if (PS(self)->infer_variance) {
        return new_ref(PS(self)->name);
    }
    char sign = PS(self)->covariant ? '+' : PS(self)->contravariant ? '-' : '~';
    return str_format("%c%U", sign, PS(self)->name);
}

static PyObject *
paramspec_get_args(PyObject *self, void *closure)
{
    return part_new(&PyParamSpecArgs_Type, self);
}

static PyObject *
paramspec_get_kwargs(PyObject *self, void *closure)
{
    return part_new(&PyParamSpecKwargs_Type, self);
}

static PyObject *
paramspec_get_default(PyObject *self, void *closure)
{
    return lazy_value(self, &PS(self)->default_value, PS(self)->evaluate_default,
                      &typing_no_default);
}

static PyObject *
paramspec_get_evaluate_default(PyObject *self, void *closure)
{
    PyObject *value = PS(self)->default_value;
    return lazy_evaluator(value == &typing_no_default ? NULL : value, PS(self)->evaluate_default);
}

static PyObject *
paramspec_subst(PyObject *self, PyObject *arg)
{
    return typing_call("_paramspec_subst", self, arg, NULL);
}

static PyObject *
paramspec_prepare_subst(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__typing_prepare_subst__", nargs, 2, 2)) {
        return NULL;
    }
    return typing_call("_paramspec_prepare_subst", self, args[0], args[1]);
}

static PyObject *
paramspec_reduce(PyObject *self, PyObject *unused)
{
    return new_ref(PS(self)->name);
}

static PyObject *
paramspec_has_default(PyObject *self, PyObject *unused)
{
    PyObject *value = PS(self)->default_value;
    return bool_from_int(PS(self)->evaluate_default != NULL ||
                         (value != NULL && value != &typing_no_default));
}

static PyObject *
paramspec_mro_entries(PyObject *self, PyObject *bases)
{
    return typing_refuse_subclass("ParamSpec");
}

static PyMemberDef paramspec_members[] = {
    {"__name__", _Py_T_OBJECT, offsetof(ParamSpec, name), Py_READONLY, NULL},
    {"__bound__", _Py_T_OBJECT, offsetof(ParamSpec, bound), Py_READONLY, NULL},
    {"__covariant__", Py_T_BOOL, offsetof(ParamSpec, covariant), Py_READONLY, NULL},
    {"__contravariant__", Py_T_BOOL, offsetof(ParamSpec, contravariant), Py_READONLY, NULL},
    {"__infer_variance__", Py_T_BOOL, offsetof(ParamSpec, infer_variance), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef paramspec_getset[] = {
    {"args", paramspec_get_args, NULL, "Represents positional arguments.", NULL},
    {"kwargs", paramspec_get_kwargs, NULL, "Represents keyword arguments.", NULL},
    {"__default__", paramspec_get_default, NULL, "The default value for this ParamSpec.", NULL},
    {"evaluate_default", paramspec_get_evaluate_default, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef paramspec_methods[] = {
    {"__typing_subst__", paramspec_subst, METH_O, "__typing_subst__($self, arg, /)\n--\n\n"},
    {"__typing_prepare_subst__", (PyCFunction)(void (*)(void))paramspec_prepare_subst,
     METH_FASTCALL, "__typing_prepare_subst__($self, alias, args, /)\n--\n\n"},
    {"has_default", paramspec_has_default, METH_NOARGS, "has_default($self, /)\n--\n\n"},
    {"__reduce__", paramspec_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {"__mro_entries__", paramspec_mro_entries, METH_O, "__mro_entries__($self, object, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods paramspec_as_number = {.nb_or = typing_union};

PyTypeObject PyParamSpec_Type = {
    .ob_base = TYPING_TYPE_HEAD,
    .tp_name = "typing.ParamSpec",
    .tp_basicsize = sizeof(ParamSpec),
    .tp_dealloc = paramspec_dealloc,
    .tp_repr = paramspec_repr,
    .tp_as_number = &paramspec_as_number,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Parameter specification variable: a placeholder for the parameters of a callable.\n\n"
              "Made by `**P` in a type parameter list, or by hand: ParamSpec('P'). P.args and\n"
              "P.kwargs annotate *args and **kwargs of functions that pass them on.",
    .tp_traverse = paramspec_traverse,
    .tp_clear = paramspec_clear,
    .tp_weaklistoffset = offsetof(ParamSpec, weakreflist),
    .tp_methods = paramspec_methods,
    .tp_members = paramspec_members,
    .tp_getset = paramspec_getset,
    .tp_dictoffset = offsetof(ParamSpec, dict),
    .tp_new = paramspec_tp_new,
};
