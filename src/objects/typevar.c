// TypeVar, TypeVarTuple, Generic, NoDefault, and what all type parameters share.
//
// Much of the behaviour is defined by functions of the `typing` module, which is imported when it
// is first needed.
//
// Threading: see typevar_internal.h.
#include "objects/typevar_internal.h"

#include <stddef.h>

#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

#define TYPING_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

// Formats of annotationlib that matter here.
enum { FORMAT_VALUE = 1, FORMAT_STRING = 4 };

// ---- shared ----

PyObject *
lazy_value(PyObject *owner, PyObject **value, PyObject *evaluator, PyObject *fallback)
{
    CriticalSection cs;
    critical_section_begin(&cs, owner);
    PyObject *result = xnew_ref(*value);
    critical_section_end(&cs);
    if (result != NULL) {
        return result;
    }
    if (evaluator == NULL) {
        return new_ref(fallback);
    }
    PyObject *format = int_from_i64(FORMAT_VALUE);
    if (format == NULL) {
        return NULL;
    }
    result = object_call_onearg(evaluator, format);
    decref(format);
    if (result == NULL) {
        return NULL;
    }
    critical_section_begin(&cs, owner);
    PyObject *first = *value;
    if (first == NULL) {
        *value = new_ref(result);
    }
    else {
        incref(first);
    }
    critical_section_end(&cs);
    if (first != NULL) {
        // Another thread was faster: everybody gets the same object.
        decref(result);
        return first;
    }
    return result;
}

PyObject *
typing_call(const char *name, PyObject *a, PyObject *b, PyObject *c)
{
    PyObject *typing = hooks.import_module("typing");
    if (typing == NULL) {
        return NULL;
    }
    PyObject *function = object_getattr_cstr(typing, name);
    decref(typing);
    if (function == NULL) {
        return NULL;
    }
    PyObject *result = object_call_objargs(function, a, b, c, NULL);
    decref(function);
    return result;
}

PyObject *
typing_check_bound(PyObject *bound)
{
    PyObject *message = str_from_cstr("Bound must be a type.");
    if (message == NULL) {
        return NULL;
    }
    PyObject *result = typing_call("_type_check", bound, message, NULL);
    decref(message);
    return result;
}

PyObject *
typing_unpack(PyObject *op)
{
    PyObject *typing = hooks.import_module("typing");
    if (typing == NULL) {
        return NULL;
    }
    PyObject *unpack = object_getattr_cstr(typing, "Unpack");
    decref(typing);
    if (unpack == NULL) {
        return NULL;
    }
    PyObject *result = object_getitem(unpack, op);
    decref(unpack);
    return result;
}

PyObject *
typing_unpack_iter(PyObject *op)
{
    PyObject *unpacked = typing_unpack(op);
    if (unpacked == NULL) {
        return NULL;
    }
    PyObject *tuple = tuple_pack(1, unpacked);
    decref(unpacked);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *iter = object_iter(tuple);
    decref(tuple);
    return iter;
}

PyObject *
typing_unpack_parameters(PyObject *parameters)
{
    Py_ssize_t n = tuple_size(parameters);
    PyObject *result = tuple_new(n);
    for (Py_ssize_t i = 0; result != NULL && i < n; i++) {
        PyObject *parameter = tuple_item_borrow(parameters, i);
        PyObject *item = type_of(parameter) == &PyTypeVarTuple_Type ? typing_unpack(parameter)
                                                                    : new_ref(parameter);
        if (item == NULL) {
            clear_ref(result);
            break;
        }
        tuple_set_item_steal(result, i, item);
    }
    return result;
}

PyObject *
typing_union(PyObject *a, PyObject *b)
{
    PyObject *pair = tuple_pair(a, b);
    if (pair == NULL) {
        return NULL;
    }
    PyObject *result = union_from_tuple(pair);
    decref(pair);
    return result;
}

PyObject *
typing_caller(void)
{
    PyObject *globals =
        hooks.frame_globals_borrow == NULL ? NULL : hooks.frame_globals_borrow(thread_current());
    if (globals == NULL) {
        return NULL;
    }
    PyObject *name;
    // Code that runs in a bare namespace belongs to no module.
    return dict_get(globals, ID(__name__), &name) == 0 ? Py_None : name;
}

int
typing_set_module(PyObject *op)
{
    PyObject *module = typing_caller();
    if (module == NULL) {
        return error_occurred() ? -1 : 0;
    }
    int result = object_setattr(op, ID(__module__), module);
    decref(module);
    return result;
}

PyObject *
typing_refuse_subclass(const char *name)
{
    return error_format(PyExc_TypeError, "Cannot subclass an instance of %s", name);
}

// ---- constant evaluators ----

typedef struct {
    PyObject ob_base;
    PyObject *value;        // immutable, owned
} ConstEvaluator;

static void
const_evaluator_dealloc(PyObject *self)
{
    gc_untrack(self);
    decref(((ConstEvaluator *)self)->value);
    type_of(self)->tp_free(self);
}

static int
const_evaluator_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit(((ConstEvaluator *)self)->value, arg);
}

static PyObject *
const_evaluator_repr(PyObject *self)
{
    return str_format("<constevaluator %R>", ((ConstEvaluator *)self)->value);
}

// Source text of a value; tuples (constraints) item by item.
static PyObject *
value_as_text(PyObject *value)
{
    if (!tuple_check_exact(value)) {
        return typing_call("_type_repr", value, NULL, NULL);
    }
    StrWriter w;
    str_writer_init(&w);
    if (str_writer_char(&w, '(') < 0) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < tuple_size(value); i++) {
        PyObject *text = typing_call("_type_repr", tuple_item_borrow(value, i), NULL, NULL);
        if (text == NULL) {
            goto error;
        }
        int result = i > 0 ? str_writer_ascii(&w, ", ", 2) : 0;
        if (result == 0) {
            result = str_writer_object_str(&w, text);
        }
        decref(text);
        if (result < 0) {
            goto error;
        }
    }
    if ((tuple_size(value) == 1 && str_writer_char(&w, ',') < 0) || str_writer_char(&w, ')') < 0) {
        goto error;
    }
    return str_writer_finish(&w);
error:
    str_writer_discard(&w);
    return NULL;
}

static PyObject *
const_evaluator_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("constevaluator.__call__", kwargs)) {
        return NULL;
    }
    int format;
    if (!args_parse(args, "i:constevaluator.__call__", &format)) {
        return NULL;
    }
    PyObject *value = ((ConstEvaluator *)self)->value;
    return format == FORMAT_STRING ? value_as_text(value) : new_ref(value);
}

PyTypeObject typing_const_evaluator_type = {
    .ob_base = TYPING_TYPE_HEAD,
    .tp_name = "_typing._ConstEvaluator",
    .tp_basicsize = sizeof(ConstEvaluator),
    .tp_dealloc = const_evaluator_dealloc,
    .tp_repr = const_evaluator_repr,
    .tp_call = const_evaluator_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = const_evaluator_traverse,
};

PyObject *
lazy_evaluator(PyObject *value, PyObject *evaluator)
{
    if (evaluator != NULL) {
        return new_ref(evaluator);
    }
    if (value == NULL) {
        return Py_None;
    }
    PyObject *self = heap_new_object(&typing_const_evaluator_type, sizeof(ConstEvaluator));
    if (self != NULL) {
        ((ConstEvaluator *)self)->value = new_ref(value);
        gc_track(self);
    }
    return self;
}

// ---- NoDefault ----

static PyObject *
no_default_repr(PyObject *op)
{
    return str_from_cstr("typing.NoDefault");
}

static PyObject *
no_default_reduce(PyObject *op, PyObject *unused)
{
    return str_from_cstr("NoDefault");
}

static PyObject *
no_default_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0)) {
        return error_set(PyExc_TypeError, "NoDefaultType takes no arguments");
    }
    return &typing_no_default;
}

static PyMethodDef no_default_methods[] = {
    {"__reduce__", no_default_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyNoDefault_Type = {
    .ob_base = TYPING_TYPE_HEAD,
    .tp_name = "NoDefaultType",
    .tp_basicsize = sizeof(PyObject),
    .tp_repr = no_default_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The type of the NoDefault singleton.",
    .tp_methods = no_default_methods,
    .tp_new = no_default_new,
};

PyObject typing_no_default = {.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyNoDefault_Type};

// ---- TypeVar ----

typedef struct {
    PyObject ob_base;
    PyObject *name;                     // immutable, owned
    PyObject *bound;                    // lock: this object; or NULL
    PyObject *evaluate_bound;           // immutable once shared; or NULL
    PyObject *constraints;              // lock: this object; tuple or NULL
    PyObject *evaluate_constraints;     // immutable once shared; or NULL
    PyObject *default_value;            // lock: this object; or NULL
    PyObject *evaluate_default;         // immutable once shared; or NULL
    PyObject *dict;                     // attributes (__module__); or NULL
    PyObject *weakreflist;
    bool covariant;                     // immutable
    bool contravariant;                 // immutable
    bool infer_variance;                // immutable
} TypeVar;

#define TV(op) ((TypeVar *)(op))

PyObject *
typevar_new(PyObject *name, PyObject *evaluate_bound, PyObject *evaluate_constraints)
{
    PyObject *self = PyTypeVar_Type.tp_alloc(&PyTypeVar_Type, 0);
    if (self != NULL) {
        TV(self)->name = new_ref(name);
        TV(self)->evaluate_bound = xnew_ref(evaluate_bound);
        TV(self)->evaluate_constraints = xnew_ref(evaluate_constraints);
        TV(self)->infer_variance = true;
    }
    return self;
}

static int
typevar_clear(PyObject *self)
{
    clear_ref(TV(self)->bound);
    clear_ref(TV(self)->evaluate_bound);
    clear_ref(TV(self)->constraints);
    clear_ref(TV(self)->evaluate_constraints);
    clear_ref(TV(self)->default_value);
    clear_ref(TV(self)->evaluate_default);
    clear_ref(TV(self)->dict);
    return 0;
}

static void
typevar_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (TV(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)typevar_clear(self);
    clear_ref(TV(self)->name);
    type_of(self)->tp_free(self);
}

// bound to dict follow each other in the struct.
static int
typevar_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (PyObject **field = &TV(self)->bound; field <= &TV(self)->dict; field++) {
        int result = *field == NULL ? 0 : visit(*field, arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

// The variance flags as they were given; 0 or -1 with ValueError.
static int
check_variance(bool covariant, bool contravariant, bool infer)
{
    if (covariant && contravariant) {
        error_set(PyExc_ValueError, "Bivariant types are not supported.");
        return -1;
    }
    if (infer && (covariant || contravariant)) {
        error_set(PyExc_ValueError, "Variance cannot be specified with infer_variance.");
        return -1;
    }
    return 0;
}

// Splits TypeVar's positional arguments: the name (borrowed), and a tuple of constraints (owned,
// NULL when there are none). 0 or -1.
static int
typevar_positional(PyObject *args, PyObject **first, PyObject **constraints)
{
    *constraints = NULL;
    Py_ssize_t n = tuple_size(args);
    *first = tuple_slice(args, 0, n < 1 ? n : 1);
    if (*first == NULL) {
        return -1;
    }
    if (n > 1) {
        *constraints = tuple_slice(args, 1, n);
        if (*constraints == NULL) {
            clear_ref(*first);
            return -1;
        }
    }
    return 0;
}

static PyObject *
typevar_build(PyObject *name, PyObject *constraints, PyObject *bound, PyObject *default_value,
              bool covariant, bool contravariant, bool infer)
{
    if (check_variance(covariant, contravariant, infer) < 0) {
        return NULL;
    }
    PyObject *checked = NULL;
    if (bound != NULL && bound != Py_None) {
        checked = typing_check_bound(bound);
        if (checked == NULL) {
            return NULL;
        }
    }
    PyObject *self = NULL;
    if (constraints != NULL && tuple_size(constraints) == 1) {
        error_set(PyExc_TypeError, "A single constraint is not allowed");
    }
    else if (constraints != NULL && checked != NULL) {
        error_set(PyExc_TypeError, "Constraints cannot be combined with bound=...");
    }
    else {
        self = typevar_new(name, NULL, NULL);
    }
    if (self == NULL) {
        xdecref(checked);
        return NULL;
    }
    TV(self)->bound = checked;
    TV(self)->constraints = xnew_ref(constraints);
    TV(self)->default_value = new_ref(default_value);
    TV(self)->covariant = covariant;
    TV(self)->contravariant = contravariant;
    TV(self)->infer_variance = infer;
    if (typing_set_module(self) < 0) {
        clear_ref(self);
    }
    return self;
}

static PyObject *
typevar_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "name", "bound", "default", "covariant", "contravariant", "infer_variance", NULL};
    static ArgsParser parser = {.format = "O|$OOppp:typevar", .keywords = keywords};
    PyObject *first;
    PyObject *constraints;
    if (typevar_positional(args, &first, &constraints) < 0) {
        return NULL;
    }
    PyObject *name;
    PyObject *bound = NULL;
    PyObject *default_value = &typing_no_default;
    int covariant = 0;
    int contravariant = 0;
    int infer = 0;
    PyObject *self = NULL;
    if (args_parse_tuple_keywords(first, kwargs, &parser, &name, &bound, &default_value, &covariant,
                                  &contravariant, &infer)) {
        if (!str_check(name)) {
            args_bad_argument("typevar", "argument 'name'", "str", name);
        }
        else {
            self = typevar_build(name, constraints, bound, default_value, covariant != 0,
                                 contravariant != 0, infer != 0);
        }
    }
    decref(first);
    xdecref(constraints);
    return self;
}

static PyObject *
typevar_repr(PyObject *self)
{
    if (TV(self)->infer_variance) {
        return new_ref(TV(self)->name);
    }
    char sign = TV(self)->covariant ? '+' : TV(self)->contravariant ? '-' : '~';
    return str_format("%c%U", sign, TV(self)->name);
}

static PyObject *
typevar_get_bound(PyObject *self, void *closure)
{
    return lazy_value(self, &TV(self)->bound, TV(self)->evaluate_bound, Py_None);
}

static PyObject *
typevar_get_constraints(PyObject *self, void *closure)
{
    PyObject *none = tuple_empty();
    PyObject *result =
        lazy_value(self, &TV(self)->constraints, TV(self)->evaluate_constraints, none);
    decref(none);
    return result;
}

static PyObject *
typevar_get_default(PyObject *self, void *closure)
{
    return lazy_value(self, &TV(self)->default_value, TV(self)->evaluate_default,
                      &typing_no_default);
}

static PyObject *
typevar_get_evaluate_bound(PyObject *self, void *closure)
{
    return lazy_evaluator(TV(self)->bound, TV(self)->evaluate_bound);
}

static PyObject *
typevar_get_evaluate_constraints(PyObject *self, void *closure)
{
    return lazy_evaluator(TV(self)->constraints, TV(self)->evaluate_constraints);
}

// The evaluator of a default; NoDefault counts as none.
static PyObject *
default_evaluator(PyObject *value, PyObject *evaluator)
{
    return lazy_evaluator(value == &typing_no_default ? NULL : value, evaluator);
}

static PyObject *
typevar_get_evaluate_default(PyObject *self, void *closure)
{
    return default_evaluator(TV(self)->default_value, TV(self)->evaluate_default);
}

// Whether a pair of fields means a default.
static bool
default_is_set(PyObject *value, PyObject *evaluator)
{
    return evaluator != NULL || (value != NULL && value != &typing_no_default);
}

static PyObject *
typevar_has_default(PyObject *self, PyObject *unused)
{
    return bool_from_int(default_is_set(TV(self)->default_value, TV(self)->evaluate_default));
}

static PyObject *
typevar_subst(PyObject *self, PyObject *arg)
{
    return typing_call("_typevar_subst", self, arg, NULL);
}

// Fills in the default for a missing last argument of an alias.
static PyObject *
typevar_prepare_subst(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__typing_prepare_subst__", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *alias = args[0];
    PyObject *given = args[1];
    PyObject *parameters = object_getattr(alias, ID(__parameters__));
    if (parameters == NULL) {
        return NULL;
    }
    Py_ssize_t index = sequence_index(parameters, self);
    decref(parameters);
    Py_ssize_t count = index < 0 ? -1 : sequence_length(given);
    if (count < 0) {
        return NULL;
    }
    if (index < count) {
        return new_ref(given);
    }
    PyObject *result = NULL;
    if (index == count) {
        PyObject *fallback = typevar_get_default(self, NULL);
        if (fallback == NULL) {
            return NULL;
        }
        if (fallback != &typing_no_default) {
            PyObject *one = tuple_pack(1, fallback);
            result = one == NULL ? NULL : sequence_concat(given, one);
            xdecref(one);
            decref(fallback);
            return result;
        }
    }
    return error_format(PyExc_TypeError,
                        "Too few arguments for %S; actual %zd, expected at least %zd", alias, count,
                        index + 1);
}

static PyObject *
typevar_reduce(PyObject *self, PyObject *unused)
{
    return new_ref(TV(self)->name);
}

static PyObject *
typevar_mro_entries(PyObject *self, PyObject *bases)
{
    return typing_refuse_subclass("TypeVar");
}

static PyMemberDef typevar_members[] = {
    {"__name__", _Py_T_OBJECT, offsetof(TypeVar, name), Py_READONLY, NULL},
    {"__covariant__", Py_T_BOOL, offsetof(TypeVar, covariant), Py_READONLY, NULL},
    {"__contravariant__", Py_T_BOOL, offsetof(TypeVar, contravariant), Py_READONLY, NULL},
    {"__infer_variance__", Py_T_BOOL, offsetof(TypeVar, infer_variance), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef typevar_getset[] = {
    {"__bound__", typevar_get_bound, NULL, NULL, NULL},
    {"__constraints__", typevar_get_constraints, NULL, NULL, NULL},
    {"__default__", typevar_get_default, NULL, NULL, NULL},
    {"evaluate_bound", typevar_get_evaluate_bound, NULL, NULL, NULL},
    {"evaluate_constraints", typevar_get_evaluate_constraints, NULL, NULL, NULL},
    {"evaluate_default", typevar_get_evaluate_default, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef typevar_methods[] = {
    {"__typing_subst__", typevar_subst, METH_O, "__typing_subst__($self, arg, /)\n--\n\n"},
    {"__typing_prepare_subst__", (PyCFunction)(void (*)(void))typevar_prepare_subst, METH_FASTCALL,
     "__typing_prepare_subst__($self, alias, args, /)\n--\n\n"},
    {"__reduce__", typevar_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {"has_default", typevar_has_default, METH_NOARGS, "has_default($self, /)\n--\n\n"},
    {"__mro_entries__", typevar_mro_entries, METH_O, "__mro_entries__($self, object, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods typevar_as_number = {.nb_or = typing_union};

PyTypeObject PyTypeVar_Type = {
    .ob_base = TYPING_TYPE_HEAD,
    .tp_name = "typing.TypeVar",
    .tp_basicsize = sizeof(TypeVar),
    .tp_dealloc = typevar_dealloc,
    .tp_repr = typevar_repr,
    .tp_as_number = &typevar_as_number,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Type variable.\n\n"
              "A placeholder for a type: a parameter of generic classes, functions and type\n"
              "aliases (`class Sequence[T]: ...`), optionally with a bound (`T: str`),\n"
              "constraints (`T: (str, bytes)`) or a default (`T = int`). The constructor makes\n"
              "one by hand: TypeVar('T', bound=str).",
    .tp_traverse = typevar_traverse,
    .tp_clear = typevar_clear,
    .tp_weaklistoffset = offsetof(TypeVar, weakreflist),
    .tp_methods = typevar_methods,
    .tp_members = typevar_members,
    .tp_getset = typevar_getset,
    .tp_dictoffset = offsetof(TypeVar, dict),
    .tp_new = typevar_tp_new,
};

// ---- TypeVarTuple ----

typedef struct {
    PyObject ob_base;
    PyObject *name;                     // immutable, owned
    PyObject *default_value;            // lock: this object; or NULL
    PyObject *evaluate_default;         // immutable once shared; or NULL
    PyObject *dict;
    PyObject *weakreflist;
} TypeVarTuple;

#define TVT(op) ((TypeVarTuple *)(op))

PyObject *
typevartuple_new(PyObject *name)
{
    PyObject *self = PyTypeVarTuple_Type.tp_alloc(&PyTypeVarTuple_Type, 0);
    if (self != NULL) {
        TVT(self)->name = new_ref(name);
    }
    return self;
}

static int
typevartuple_clear(PyObject *self)
{
    clear_ref(TVT(self)->default_value);
    clear_ref(TVT(self)->evaluate_default);
    clear_ref(TVT(self)->dict);
    return 0;
}

static void
typevartuple_dealloc(PyObject *self)
{
    gc_untrack(self);
    if (TVT(self)->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    (void)typevartuple_clear(self);
    clear_ref(TVT(self)->name);
    type_of(self)->tp_free(self);
}

static int
typevartuple_traverse(PyObject *self, visitproc visit, void *arg)
{
    for (PyObject **field = &TVT(self)->default_value; field <= &TVT(self)->dict; field++) {
        int result = *field == NULL ? 0 : visit(*field, arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

static PyObject *
typevartuple_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"name", "default", NULL};
    static ArgsParser parser = {.format = "O|$O:typevartuple", .keywords = keywords};
    PyObject *name;
    PyObject *default_value = &typing_no_default;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &name, &default_value)) {
        return NULL;
    }
    if (!str_check(name)) {
        args_bad_argument("typevartuple", "argument 'name'", "str", name);
        return NULL;
    }
    PyObject *self = typevartuple_new(name);
    if (self != NULL) {
        TVT(self)->default_value = new_ref(default_value);
        if (typing_set_module(self) < 0) {
            clear_ref(self);
        }
    }
    return self;
}

static PyObject *
typevartuple_repr(PyObject *self)
{
    return new_ref(TVT(self)->name);
}

static PyObject *
typevartuple_reduce(PyObject *self, PyObject *unused)
{
    return new_ref(TVT(self)->name);
}

static PyObject *
typevartuple_subst(PyObject *self, PyObject *arg)
{
    return error_set(PyExc_TypeError, "Substitution of bare TypeVarTuple is not supported");
}

static PyObject *
typevartuple_prepare_subst(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("__typing_prepare_subst__", nargs, 2, 2)) {
        return NULL;
    }
    return typing_call("_typevartuple_prepare_subst", self, args[0], args[1]);
}

static PyObject *
typevartuple_has_default(PyObject *self, PyObject *unused)
{
    return bool_from_int(default_is_set(TVT(self)->default_value, TVT(self)->evaluate_default));
}

static PyObject *
typevartuple_mro_entries(PyObject *self, PyObject *bases)
{
    return typing_refuse_subclass("TypeVarTuple");
}

static PyObject *
typevartuple_get_default(PyObject *self, void *closure)
{
    return lazy_value(self, &TVT(self)->default_value, TVT(self)->evaluate_default,
                      &typing_no_default);
}

static PyObject *
typevartuple_get_evaluate_default(PyObject *self, void *closure)
{
    return default_evaluator(TVT(self)->default_value, TVT(self)->evaluate_default);
}

static PyMemberDef typevartuple_members[] = {
    {"__name__", _Py_T_OBJECT, offsetof(TypeVarTuple, name), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef typevartuple_getset[] = {
    {"__default__", typevartuple_get_default, NULL, "The default value for this TypeVarTuple.",
     NULL},
    {"evaluate_default", typevartuple_get_evaluate_default, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef typevartuple_methods[] = {
    {"__typing_subst__", typevartuple_subst, METH_O, "__typing_subst__($self, arg, /)\n--\n\n"},
    {"__typing_prepare_subst__", (PyCFunction)(void (*)(void))typevartuple_prepare_subst,
     METH_FASTCALL, "__typing_prepare_subst__($self, alias, args, /)\n--\n\n"},
    {"__reduce__", typevartuple_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {"has_default", typevartuple_has_default, METH_NOARGS, "has_default($self, /)\n--\n\n"},
    {"__mro_entries__", typevartuple_mro_entries, METH_O,
     "__mro_entries__($self, object, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyTypeVarTuple_Type = {
    .ob_base = TYPING_TYPE_HEAD,
    .tp_name = "typing.TypeVarTuple",
    .tp_basicsize = sizeof(TypeVarTuple),
    .tp_dealloc = typevartuple_dealloc,
    .tp_repr = typevartuple_repr,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Type variable tuple: a placeholder for any number of types.\n\n"
              "Made by `*Ts` in a type parameter list (`class C[*Ts]: ...`), or by hand:\n"
              "TypeVarTuple('Ts'). Used unpacked: tuple[*Ts].",
    .tp_traverse = typevartuple_traverse,
    .tp_clear = typevartuple_clear,
    .tp_weaklistoffset = offsetof(TypeVarTuple, weakreflist),
    .tp_iter = typing_unpack_iter,
    .tp_methods = typevartuple_methods,
    .tp_members = typevartuple_members,
    .tp_getset = typevartuple_getset,
    .tp_dictoffset = offsetof(TypeVarTuple, dict),
    .tp_new = typevartuple_tp_new,
};

// ---- defaults of any type parameter ----

int
typeparam_set_default(PyObject *parameter, PyObject *evaluate_default)
{
    PyTypeObject *type = type_of(parameter);
    PyObject **field;
    if (type == &PyTypeVar_Type) {
        field = &TV(parameter)->evaluate_default;
    }
    else if (type == &PyTypeVarTuple_Type) {
        field = &TVT(parameter)->evaluate_default;
    }
    else if (type == &PyParamSpec_Type) {
        return paramspec_set_default(parameter, evaluate_default);
    }
    else {
        error_format(PyExc_TypeError, "Expected a type param, got %R", parameter);
        return -1;
    }
    set_ref(*field, new_ref(evaluate_default));
    return 0;
}

int
typeparam_has_default(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type == &PyTypeVar_Type) {
        return default_is_set(TV(op)->default_value, TV(op)->evaluate_default);
    }
    if (type == &PyTypeVarTuple_Type) {
        return default_is_set(TVT(op)->default_value, TVT(op)->evaluate_default);
    }
    if (type == &PyParamSpec_Type) {
        PyObject *answer = object_call_method_noargs(op, ID(has_default));
        int result = answer == NULL ? -1 : answer == Py_True;
        xdecref(answer);
        return result;
    }
    error_format(PyExc_TypeError, "Expected a type param, got %R", op);
    return -1;
}

// ---- Generic ----

PyObject *
generic_subscript(PyObject *parameters)
{
    PyObject *unpacked = typing_unpack_parameters(parameters);
    if (unpacked == NULL) {
        return NULL;
    }
    PyObject *result = typing_call("_GenericAlias", generic_type_borrow(), unpacked, NULL);
    decref(unpacked);
    return result;
}

// typing.NAME(cls, *args, **kwargs) for class methods of Generic.
static PyObject *
generic_forward(const char *name, PyObject *cls, PyObject *args, PyObject *kwargs)
{
    PyObject *typing = hooks.import_module("typing");
    if (typing == NULL) {
        return NULL;
    }
    PyObject *function = object_getattr_cstr(typing, name);
    decref(typing);
    if (function == NULL) {
        return NULL;
    }
    PyObject *result = object_call_prepend(function, cls, args, kwargs);
    decref(function);
    return result;
}

static PyObject *
generic_class_getitem(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    return generic_forward("_generic_class_getitem", cls, args, kwargs);
}

static PyObject *
generic_init_subclass(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    return generic_forward("_generic_init_subclass", cls, args, kwargs);
}

static PyMethodDef generic_methods[] = {
    {"__class_getitem__", (PyCFunction)(void (*)(void))generic_class_getitem,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "Parameterizes a generic class.\n\n"
     "At least, parameterizing a generic class is the *main* thing this\n"
     "method does. For example, for some generic class `Foo`, this is called\n"
     "when we do `Foo[int]` - there, with `cls=Foo` and `params=int`.\n\n"
     "However, note that this method is also called when defining generic\n"
     "classes in the first place with `class Foo[T]: ...`.\n"},
    {"__init_subclass__", (PyCFunction)(void (*)(void))generic_init_subclass,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, "Function to initialize subclasses."},
    {NULL, NULL, 0, NULL},
};

static void
generic_dealloc(PyObject *self)
{
    PyTypeObject *type = type_of(self);
    gc_untrack(self);
    type->tp_free(self);
    decref(type);
}

static int
generic_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit((PyObject *)type_of(self), arg);
}

static const char generic_doc[] =
    "Abstract base class for generic types.\n\n"
    "On Python 3.12 and newer, generic classes implicitly inherit from\n"
    "Generic when they declare a parameter list after the class's name::\n\n"
    "    class Mapping[KT, VT]:\n"
    "        def __getitem__(self, key: KT) -> VT:\n"
    "            ...\n"
    "        # Etc.\n\n"
    "On older versions of Python, however, generic classes have to\n"
    "explicitly inherit from Generic.\n\n"
    "After a class has been declared to be generic, it can then be used as\n"
    "follows::\n\n"
    "    def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:\n"
    "        try:\n"
    "            return mapping[key]\n"
    "        except KeyError:\n"
    "            return default\n";

static PyType_Slot generic_slots[] = {
    {Py_tp_doc, (void *)generic_doc},
    {Py_tp_dealloc, (void *)generic_dealloc},
    {Py_tp_traverse, (void *)generic_traverse},
    {Py_tp_methods, generic_methods},
    {0, NULL},
};

// A heap type, because copyreg takes the nearest static base for one that must be constructed.
static PyType_Spec generic_spec = {
    .name = "typing.Generic",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = generic_slots,
};

PyObject *
generic_type_borrow(void)
{
    return interpreter_roots()->generic_type;
}

// Classes made from a module's state have __module__ in their dict, where instances find it.
int
typevar_init(void)
{
    PyTypeObject *types[] = {&PyTypeVar_Type, &PyTypeVarTuple_Type, &PyParamSpec_Type,
                             &PyParamSpecArgs_Type, &PyParamSpecKwargs_Type};
    InterpreterRoots *roots = interpreter_roots();
    roots->generic_type = type_from_spec(&generic_spec, NULL);
    PyObject *name = roots->generic_type == NULL ? NULL : str_intern_cstr("typing");
    int result = name == NULL ? -1 : 0;
    for (size_t i = 0; i < sizeof types / sizeof types[0] && result == 0; i++) {
        result = type_set_attribute(types[i], ID(__module__), name);
    }
    xdecref(name);
    return result;
}
