// Template strings (PEP 750): see template.h.
//
// Threading: immutable after construction.
#include "objects/template.h"

#include <stddef.h>

#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define STATIC_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

// ---- Interpolation ----

typedef struct {
    PyObject ob_base;
    PyObject *value;        // all immutable and owned
    PyObject *expression;   // str
    PyObject *conversion;   // "s", "r", "a" or None
    PyObject *format_spec;  // str
} Interpolation;

#define INTERP(op) ((Interpolation *)(op))

static PyObject *
interpolation_make(PyTypeObject *type, PyObject *value, PyObject *expression, PyObject *conversion,
                   PyObject *format_spec)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        INTERP(self)->value = new_ref(value);
        INTERP(self)->expression = new_ref(expression);
        INTERP(self)->conversion = new_ref(conversion);
        INTERP(self)->format_spec = new_ref(format_spec);
    }
    return self;
}

PyObject *
interpolation_new(PyObject *value, PyObject *expression, int conversion, PyObject *format_spec)
{
    PyObject *letters[4] = {Py_None, ID(s), ID(r), ID(a)};
    PyObject *spec = format_spec == NULL ? str_empty() : new_ref(format_spec);
    PyObject *self = interpolation_make(&PyInterpolation_Type, value, expression,
                                        letters[conversion & 3], spec);
    decref(spec);
    return self;
}

static PyObject *
interpolation_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"value", "expression", "conversion", "format_spec",
                                           NULL};
    static ArgsParser parser = {.format = "O|OOO:Interpolation", .keywords = keywords};
    PyObject *empty = str_empty();
    PyObject *value;
    PyObject *expression = empty;
    PyObject *conversion = Py_None;
    PyObject *format_spec = empty;
    PyObject *self = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &value, &expression, &conversion,
                                   &format_spec)) {
        goto done;
    }
    if (!str_check(expression)) {
        args_bad_argument("Interpolation", "argument 'expression'", "str", expression);
        goto done;
    }
    if (conversion != Py_None) {
        if (!str_check(conversion)) {
            error_format(PyExc_TypeError,
                         "Interpolation() argument 'conversion' must be str, not %T", conversion);
            goto done;
        }
        if (!str_equal_cstr(conversion, "s") && !str_equal_cstr(conversion, "r") &&
            !str_equal_cstr(conversion, "a")) {
            error_set(PyExc_ValueError,
                      "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'");
            goto done;
        }
    }
    if (!str_check(format_spec)) {
        args_bad_argument("Interpolation", "argument 'format_spec'", "str", format_spec);
        goto done;
    }
    self = interpolation_make(type, value, expression, conversion, format_spec);
done:
    decref(empty);
    return self;
}

static int
interpolation_clear(PyObject *self)
{
    clear_ref(INTERP(self)->value);
    clear_ref(INTERP(self)->expression);
    clear_ref(INTERP(self)->conversion);
    clear_ref(INTERP(self)->format_spec);
    return 0;
}

static void
interpolation_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)interpolation_clear(self);
    type_of(self)->tp_free(self);
}

static int
interpolation_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *value = INTERP(self)->value;
    return value == NULL ? 0 : visit(value, arg);
}

static PyObject *
interpolation_repr(PyObject *self)
{
    return str_format("%s(%R, %R, %R, %R)", type_short_name(type_of(self)), INTERP(self)->value,
                      INTERP(self)->expression, INTERP(self)->conversion,
                      INTERP(self)->format_spec);
}

static PyObject *
interpolation_reduce(PyObject *self, PyObject *unused)
{
    PyObject *args = tuple_pack(4, INTERP(self)->value, INTERP(self)->expression,
                                INTERP(self)->conversion, INTERP(self)->format_spec);
    if (args == NULL) {
        return NULL;
    }
    PyObject *result = tuple_pack(2, type_of(self), args);
    decref(args);
    return result;
}

static PyMemberDef interpolation_members[] = {
    {"value", Py_T_OBJECT_EX, offsetof(Interpolation, value), Py_READONLY, "Value"},
    {"expression", Py_T_OBJECT_EX, offsetof(Interpolation, expression), Py_READONLY, "Expression"},
    {"conversion", Py_T_OBJECT_EX, offsetof(Interpolation, conversion), Py_READONLY, "Conversion"},
    {"format_spec", Py_T_OBJECT_EX, offsetof(Interpolation, format_spec), Py_READONLY,
     "Format specifier"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef interpolation_methods[] = {
    {"__reduce__", interpolation_reduce, METH_NOARGS, "__reduce__() -> (cls, state)"},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS,
     "Interpolations are generic over the types of their values"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyInterpolation_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "string.templatelib.Interpolation",
    .tp_basicsize = sizeof(Interpolation),
    .tp_dealloc = interpolation_dealloc,
    .tp_repr = interpolation_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Interpolation object",
    .tp_traverse = interpolation_traverse,
    .tp_clear = interpolation_clear,
    .tp_methods = interpolation_methods,
    .tp_members = interpolation_members,
    .tp_new = interpolation_tp_new,
};

// ---- Template ----

typedef struct {
    PyObject ob_base;
    PyObject *strings;          // immutable: tuple of str, one more than interpolations
    PyObject *interpolations;   // immutable: tuple of Interpolation
} Template;

#define TEMPLATE(op) ((Template *)(op))

PyObject *
template_new(PyObject *strings, PyObject *interpolations)
{
    PyObject *self = PyTemplate_Type.tp_alloc(&PyTemplate_Type, 0);
    if (self != NULL) {
        TEMPLATE(self)->strings = new_ref(strings);
        TEMPLATE(self)->interpolations = new_ref(interpolations);
    }
    return self;
}

// Appends text to string number `last` of a tuple that is being made.
static int
append_text(PyObject *strings, Py_ssize_t last, PyObject *text)
{
    PyObject *joined = str_concat(tuple_item_borrow(strings, last), text);
    if (joined == NULL) {
        return -1;
    }
    decref(tuple_item_borrow(strings, last));
    tuple_set_item_steal(strings, last, joined);
    return 0;
}

// Sorts parts into strings (adjacent ones joined, "" between interpolations) and interpolations.
static PyObject *
template_from_parts(PyObject *parts)
{
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < tuple_size(parts); i++) {
        PyObject *part = tuple_item_borrow(parts, i);
        if (type_of(part) == &PyInterpolation_Type) {
            n++;
        }
        else if (!str_check(part)) {
            return error_format(PyExc_TypeError,
                                "Template.__new__ *args need to be of type 'str' or "
                                "'Interpolation', got %T",
                                part);
        }
    }
    PyObject *strings = tuple_new(n + 1);
    PyObject *interpolations = tuple_new(n);
    PyObject *result = NULL;
    if (strings == NULL || interpolations == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i <= n; i++) {
        tuple_set_item_steal(strings, i, str_empty());
    }
    Py_ssize_t k = 0;
    for (Py_ssize_t i = 0; i < tuple_size(parts); i++) {
        PyObject *part = tuple_item_borrow(parts, i);
        if (type_of(part) == &PyInterpolation_Type) {
            tuple_set_item_steal(interpolations, k++, new_ref(part));
        }
        else if (append_text(strings, k, part) < 0) {
            goto done;
        }
    }
    result = template_new(strings, interpolations);
done:
    xdecref(strings);
    xdecref(interpolations);
    return result;
}

static PyObject *
template_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (kwargs != NULL && dict_size(kwargs) > 0) {
        return error_set(PyExc_TypeError, "Template.__new__ only accepts *args arguments");
    }
    return template_from_parts(args);
}

static int
template_clear(PyObject *self)
{
    clear_ref(TEMPLATE(self)->strings);
    clear_ref(TEMPLATE(self)->interpolations);
    return 0;
}

static void
template_dealloc(PyObject *self)
{
    gc_untrack(self);
    (void)template_clear(self);
    type_of(self)->tp_free(self);
}

static int
template_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *interpolations = TEMPLATE(self)->interpolations;
    return interpolations == NULL ? 0 : visit(interpolations, arg);
}

static PyObject *
template_repr(PyObject *self)
{
    return str_format("%s(strings=%R, interpolations=%R)", type_short_name(type_of(self)),
                      TEMPLATE(self)->strings, TEMPLATE(self)->interpolations);
}

static PyObject *
template_concat(PyObject *v, PyObject *w)
{
    if (type_of(v) != &PyTemplate_Type || type_of(w) != &PyTemplate_Type) {
        return error_format(PyExc_TypeError,
                            "can only concatenate string.templatelib.Template (not \"%T\") to "
                            "string.templatelib.Template",
                            type_of(v) == &PyTemplate_Type ? w : v);
    }
    PyObject *left = TEMPLATE(v)->strings;
    PyObject *right = TEMPLATE(w)->strings;
    Py_ssize_t n = tuple_size(left);
    Py_ssize_t m = tuple_size(right);
    PyObject *result = NULL;
    PyObject *interpolations =
        tuple_concat(TEMPLATE(v)->interpolations, TEMPLATE(w)->interpolations);
    PyObject *strings = tuple_new(n + m - 1);
    if (strings == NULL || interpolations == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < n - 1; i++) {
        tuple_set_item_steal(strings, i, new_ref(tuple_item_borrow(left, i)));
    }
    for (Py_ssize_t i = 1; i < m; i++) {
        tuple_set_item_steal(strings, n - 1 + i, new_ref(tuple_item_borrow(right, i)));
    }
    PyObject *seam = str_concat(tuple_item_borrow(left, n - 1), tuple_item_borrow(right, 0));
    if (seam != NULL) {
        tuple_set_item_steal(strings, n - 1, seam);
        result = template_new(strings, interpolations);
    }
done:
    xdecref(strings);
    xdecref(interpolations);
    return result;
}

static PyObject *
template_get_values(PyObject *self, void *closure)
{
    PyObject *interpolations = TEMPLATE(self)->interpolations;
    Py_ssize_t n = tuple_size(interpolations);
    PyObject *values = tuple_new(n);
    for (Py_ssize_t i = 0; values != NULL && i < n; i++) {
        tuple_set_item_steal(values, i,
                             new_ref(INTERP(tuple_item_borrow(interpolations, i))->value));
    }
    return values;
}

static PyObject *
template_reduce(PyObject *self, PyObject *unused)
{
    PyObject *module = hooks.import_module("string.templatelib");
    if (module == NULL) {
        return NULL;
    }
    PyObject *function = object_getattr_cstr(module, "_template_unpickle");
    decref(module);
    PyObject *args =
        function == NULL ? NULL
                         : tuple_pack(2, TEMPLATE(self)->strings, TEMPLATE(self)->interpolations);
    PyObject *result = args == NULL ? NULL : tuple_pack(2, function, args);
    xdecref(function);
    xdecref(args);
    return result;
}

static PyMemberDef template_members[] = {
    {"strings", Py_T_OBJECT_EX, offsetof(Template, strings), Py_READONLY, "Strings"},
    {"interpolations", Py_T_OBJECT_EX, offsetof(Template, interpolations), Py_READONLY,
     "Interpolations"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef template_getset[] = {
    {"values", template_get_values, NULL, "Values of interpolations", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef template_methods[] = {
    {"__reduce__", template_reduce, METH_NOARGS, NULL},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

// ---- iteration: strings and interpolations in turn, without empty strings ----

typedef struct {
    PyObject ob_base;
    PyObject *parts;        // owner: tuple of what is to come; NULL at the end
    ssize_t next;           // atomic
} TemplateIter;

#define ITER(op) ((TemplateIter *)(op))

// The parts of a template in order.
static PyObject *
template_parts(PyObject *self)
{
    PyObject *strings = TEMPLATE(self)->strings;
    PyObject *interpolations = TEMPLATE(self)->interpolations;
    Py_ssize_t n = tuple_size(interpolations);
    PyObject *parts = tuple_new(2 * n + 1);
    if (parts == NULL) {
        return NULL;
    }
    Py_ssize_t used = 0;
    for (Py_ssize_t i = 0; i <= n; i++) {
        PyObject *text = tuple_item_borrow(strings, i);
        if (str_length(text) > 0) {
            tuple_set_item_steal(parts, used++, new_ref(text));
        }
        if (i < n) {
            tuple_set_item_steal(parts, used++, new_ref(tuple_item_borrow(interpolations, i)));
        }
    }
    if (used < 2 * n + 1 && tuple_resize(&parts, used) < 0) {
        return NULL;
    }
    return parts;
}

static PyObject *
template_iter(PyObject *self)
{
    PyObject *parts = template_parts(self);
    if (parts == NULL) {
        return NULL;
    }
    PyObject *iter = heap_new_object(&PyTemplateIter_Type, sizeof(TemplateIter));
    if (iter == NULL) {
        decref(parts);
        return NULL;
    }
    ITER(iter)->parts = parts;
    ITER(iter)->next = 0;
    gc_track(iter);
    return iter;
}

static PyObject *
template_iter_next(PyObject *self)
{
    ssize_t i = atomic_add_ssize(&ITER(self)->next, 1);
    if (i >= tuple_size(ITER(self)->parts)) {
        atomic_store_relaxed_ssize(&ITER(self)->next, i);
        return NULL;
    }
    return new_ref(tuple_item_borrow(ITER(self)->parts, i));
}

static void
template_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    decref(ITER(self)->parts);
    type_of(self)->tp_free(self);
}

static int
template_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    return visit(ITER(self)->parts, arg);
}

PyTypeObject PyTemplateIter_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "string.templatelib.TemplateIter",
    .tp_basicsize = sizeof(TemplateIter),
    .tp_dealloc = template_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "Template iterator object",
    .tp_traverse = template_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = template_iter_next,
};

static PySequenceMethods template_as_sequence = {.sq_concat = template_concat};

PyTypeObject PyTemplate_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "string.templatelib.Template",
    .tp_basicsize = sizeof(Template),
    .tp_dealloc = template_dealloc,
    .tp_repr = template_repr,
    .tp_as_sequence = &template_as_sequence,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Template object",
    .tp_traverse = template_traverse,
    .tp_clear = template_clear,
    .tp_iter = template_iter,
    .tp_methods = template_methods,
    .tp_members = template_members,
    .tp_getset = template_getset,
    .tp_new = template_tp_new,
};

int
template_init(void)
{
    PyObject *names = tuple_pack(4, ID(value), ID(expression), ID(conversion), ID(format_spec));
    if (names == NULL) {
        return -1;
    }
    int result = type_set_attribute(&PyInterpolation_Type, ID(__match_args__), names);
    decref(names);
    return result;
}
