// functools.partial and Placeholder.
//
// A partial of a partial is one partial with both their arguments. Placeholders among the arguments stand
// for positional arguments of the call; the last argument is never one.
//
// Threading: func, args and keywords change only in __setstate__, which replaces them under the
// object's lock; calls take references of their own when other threads exist.
#include "modules/functools_internal.h"

#include "memory/alloc.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/method.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

typedef struct Partial {
    PyObject ob_base;
    PyObject *function;     // lock: the object's
    PyObject *args;         // lock: the object's; tuple
    PyObject *keywords;     // lock: the object's; dict
    PyObject *attributes;   // the instance's __dict__, or NULL
    PyObject *weakrefs;
    Py_ssize_t placeholders; // lock: the object's; how many of args are Placeholder
    vectorcallfunc vectorcall; // immutable
} Partial;

#define PARTIAL(op) ((Partial *)(op))

// ---- Placeholder ----

static PyObject *
placeholder_repr(PyObject *self)
{
    (void)self;
    return str_from_cstr("Placeholder");
}

static PyObject *
placeholder_reduce(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    return str_from_cstr("Placeholder");
}

static PyObject *
placeholder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) > 0 || (kwargs != NULL && dict_size(kwargs) > 0)) {
        return error_format(PyExc_TypeError, "%s takes no arguments", type_short_name(type));
    }
    return &functools_placeholder;
}

static PyMethodDef placeholder_methods[] = {
    {"__reduce__", placeholder_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject functools_placeholder_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "functools._PlaceholderType",
    .tp_basicsize = sizeof(PyObject),
    .tp_repr = placeholder_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "The type of the Placeholder singleton.\n\n"
              "Used as a placeholder for partial arguments.",
    .tp_methods = placeholder_methods,
    .tp_new = placeholder_new,
};

PyObject functools_placeholder = {
    .ob_ref_local = REF_IMMORTAL_LOCAL,
    .ob_type = &functools_placeholder_type,
};

#define PLACEHOLDER (&functools_placeholder)

static Py_ssize_t
count_placeholders(PyObject *args)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < tuple_size(args); i++) {
        count += tuple_item(args, i) == PLACEHOLDER;
    }
    return count;
}

// ---- Making ----

// What a partial was made of at one moment: references.
typedef struct Parts {
    PyObject *function;
    PyObject *args;
    PyObject *keywords;
    Py_ssize_t placeholders;
} Parts;

static Parts
parts_hold(Partial *p)
{
    CriticalSection cs;
    short_section_begin(&cs, p);
    Parts parts = {new_ref(p->function), new_ref(p->args), new_ref(p->keywords), p->placeholders};
    critical_section_end(&cs);
    return parts;
}

static void
parts_release(const Parts *parts)
{
    decref(parts->function);
    decref(parts->args);
    decref(parts->keywords);
}

static PyObject *partial_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                    PyObject *kwnames);

// A partial without attributes of its own can be taken apart.
static bool
is_plain_partial(PyObject *op)
{
    return object_type_check(op, &functools_partial_type) &&
           type_of(op)->tp_call == functools_partial_type.tp_call &&
           PARTIAL(op)->attributes == NULL;
}

// The arguments of an inner partial with those of the outer one: placeholders are filled first.
static PyObject *
merge_args(PyObject *inner, Py_ssize_t placeholders, PyObject *outer)
{
    Py_ssize_t n = tuple_size(inner);
    Py_ssize_t given = tuple_size(outer);
    Py_ssize_t filled = placeholders < given ? placeholders : given;
    PyObject *result = tuple_new(n + given - filled);
    if (result == NULL) {
        return NULL;
    }
    Py_ssize_t used = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = tuple_item(inner, i);
        if (item == PLACEHOLDER && used < given) {
            item = tuple_item(outer, used++);
        }
        if (item != NULL) {
            incref(item);
        }
        tuple_set_item_steal(result, i, item);
    }
    for (Py_ssize_t i = 0; used < given; i++) {
        tuple_set_item_steal(result, n + i, new_ref(tuple_item(outer, used++)));
    }
    return result;
}

static int
check_keywords(PyObject *kwargs)
{
    Py_ssize_t pos = 0;
    PyObject *value;
    while (kwargs != NULL && dict_next(kwargs, &pos, NULL, &value) > 0) {
        decref(value);
        if (value == PLACEHOLDER) {
            error_set(PyExc_TypeError, "Placeholder cannot be passed as a keyword argument");
            return -1;
        }
    }
    return 0;
}

static PyObject *
partial_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = tuple_size(args);
    if (n < 1) {
        return error_set(PyExc_TypeError, "type 'partial' takes at least one argument");
    }
    PyObject *function = tuple_item(args, 0);
    if (!object_callable(function)) {
        return error_set(PyExc_TypeError, "the first argument must be callable");
    }
    if (n > 1 && tuple_item(args, n - 1) == PLACEHOLDER) {
        return error_set(PyExc_TypeError, "trailing Placeholders are not allowed");
    }
    if (check_keywords(kwargs) < 0) {
        return NULL;
    }
    PyObject *own_args = tuple_slice(args, 1, n);
    PyObject *keywords = NULL;
    incref(function);
    if (own_args != NULL && is_plain_partial(function)) {
        Parts inner = parts_hold(PARTIAL(function));
        set_ref(own_args, merge_args(inner.args, inner.placeholders, own_args));
        keywords = dict_copy(inner.keywords);
        set_ref(function, new_ref(inner.function));
        parts_release(&inner);
    }
    else if (own_args != NULL) {
        keywords = dict_new();
    }
    Partial *self = NULL;
    if (own_args != NULL && keywords != NULL &&
        (kwargs == NULL || dict_merge(keywords, kwargs, 1) == 0)) {
        self = (Partial *)type->tp_alloc(type, 0);
    }
    if (self == NULL) {
        decref(function);
        xdecref(own_args);
        xdecref(keywords);
        return NULL;
    }
    self->function = function;
    self->args = own_args;
    self->keywords = keywords;
    self->placeholders = count_placeholders(own_args);
    self->vectorcall = partial_vectorcall;
    return (PyObject *)self;
}

static void
partial_dealloc(PyObject *self)
{
    gc_untrack(self);
    Partial *p = PARTIAL(self);
    if (p->weakrefs != NULL) {
        weakref_clear_all(self);
    }
    xdecref(p->function);
    xdecref(p->args);
    xdecref(p->keywords);
    xdecref(p->attributes);
    type_of(self)->tp_free(self);
}

static int
partial_traverse(PyObject *self, visitproc visit, void *arg)
{
    Partial *it_ = PARTIAL(self);
    NATIVE_EACH_4(NATIVE_VISIT, function, args, keywords, attributes)
    return 0;
}

// Only what no call needs: func, args and keywords are always there.
static int
partial_clear(PyObject *self)
{
    clear_ref(PARTIAL(self)->attributes);
    dict_clear(PARTIAL(self)->keywords);
    return 0;
}

// ---- Calling ----

#define PARTIAL_STACK 10

// The partial's own keyword arguments, overridden by those of the call.
static PyObject *
merge_keywords(PyObject *own, PyObject *const *values, PyObject *kwnames)
{
    PyObject *merged = dict_copy(own);
    for (Py_ssize_t i = 0; merged != NULL && kwnames != NULL && i < tuple_size(kwnames); i++) {
        if (dict_set(merged, tuple_item(kwnames, i), values[i]) < 0) {
            clear_ref(merged);
        }
    }
    return merged;
}

static PyObject *
call_partial(PyObject *function, PyObject *own_args, PyObject *keywords, Py_ssize_t placeholders,
             PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < placeholders) {
        return error_format(PyExc_TypeError,
                            "missing positional arguments in 'partial' call; expected at least "
                            "%zd, got %zd",
                            placeholders, nargs);
    }
    Py_ssize_t own = tuple_size(own_args);
    Py_ssize_t nkw = kwnames == NULL ? 0 : tuple_size(kwnames);
    Py_ssize_t total = own + nargs - placeholders;
    // One word more in front, for bound methods.
    PyObject *on_stack[PARTIAL_STACK];
    PyObject **stack = on_stack;
    if (1 + total + nkw > PARTIAL_STACK) {
        stack = mem_alloc_array((size_t)(1 + total + nkw), sizeof(PyObject *));
        if (stack == NULL) {
            return error_no_memory();
        }
    }
    PyObject **to = stack + 1;
    Py_ssize_t used = 0;
    for (Py_ssize_t i = 0; i < own; i++) {
        PyObject *item = tuple_item(own_args, i);
        to[i] = item == PLACEHOLDER ? args[used++] : item;
    }
    for (Py_ssize_t i = own; used < nargs + nkw; i++) {
        to[i] = args[used++];
    }
    PyObject *result = NULL;
    size_t nargsf = (size_t)total | PY_VECTORCALL_ARGUMENTS_OFFSET;
    if (dict_size(keywords) == 0) {
        result = object_vectorcall(function, to, nargsf, kwnames);
    }
    else {
        PyObject *merged = merge_keywords(keywords, to + total, kwnames);
        if (merged != NULL) {
            result = object_vectorcall_dict(function, to, nargsf, merged);
            decref(merged);
        }
    }
    if (stack != on_stack) {
        mem_free(stack);
    }
    return result;
}

static PyObject *
partial_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Parts parts = parts_hold(PARTIAL(self));
    PyObject *result = call_partial(parts.function, parts.args, parts.keywords,
                                    parts.placeholders, args, vectorcall_nargs(nargsf), kwnames);
    parts_release(&parts);
    return result;
}

static PyObject *
partial_get(PyObject *self, PyObject *op, PyObject *type)
{
    (void)type;
    return op == NULL || op == Py_None ? new_ref(self) : method_new(self, op);
}

// ---- Text and pickling ----

static PyObject *
partial_repr(PyObject *self)
{
    int entered = object_repr_enter(self);
    if (entered != 0) {
        return entered > 0 ? str_from_cstr("...") : NULL;
    }
    PyObject *name = type_fully_qualified_name(type_of(self));
    if (name == NULL) {
        object_repr_leave(self);
        return NULL;
    }
    Parts parts = parts_hold(PARTIAL(self));
    PyObject *text = str_format("%U(%R", name, parts.function);
    for (Py_ssize_t i = 0; text != NULL && i < tuple_size(parts.args); i++) {
        set_ref(text, str_format("%U, %R", text, tuple_item(parts.args, i)));
    }
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    while (text != NULL && dict_next(parts.keywords, &pos, &key, &value) > 0) {
        // __setstate__ takes keys of any type.
        set_ref(text, str_format("%U, %S=%R", text, key, value));
        decref(key);
        decref(value);
    }
    if (text != NULL) {
        set_ref(text, str_format("%U)", text));
    }
    object_repr_leave(self);
    parts_release(&parts);
    decref(name);
    return text;
}

// The instance's __dict__ or None.
static PyObject *
attributes_hold(PyObject *self)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *found = PARTIAL(self)->attributes;
    PyObject *attributes = new_ref(found != NULL ? found : Py_None);
    critical_section_end(&cs);
    return attributes;
}

static PyObject *
partial_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    Parts parts = parts_hold(PARTIAL(self));
    PyObject *args = tuple_pack(1, parts.function);
    PyObject *attributes = args == NULL ? NULL : attributes_hold(self);
    PyObject *state = NULL;
    PyObject *result = NULL;
    if (attributes != NULL) {
        state = tuple_pack(4, parts.function, parts.args, parts.keywords, attributes);
    }
    parts_release(&parts);
    xdecref(attributes);
    if (state != NULL) {
        result = tuple_pack(3, type_of(self), args, state);
    }
    xdecref(args);
    xdecref(state);
    return result;
}

static PyObject *
partial_setstate(PyObject *self, PyObject *state)
{
    if (!tuple_check(state) || tuple_size(state) != 4) {
        return error_set(PyExc_TypeError, "invalid partial state");
    }
    PyObject *function = tuple_item(state, 0);
    PyObject *args = tuple_item(state, 1);
    PyObject *keywords = tuple_item(state, 2);
    PyObject *attributes = tuple_item(state, 3);
    if (!object_callable(function) || !tuple_check(args) ||
        (keywords != Py_None && !dict_check(keywords)) ||
        (attributes != Py_None && !dict_check(attributes))) {
        return error_set(PyExc_TypeError, "invalid partial state");
    }
    Py_ssize_t n = tuple_size(args);
    if (n > 0 && tuple_item(args, n - 1) == PLACEHOLDER) {
        return error_set(PyExc_TypeError, "trailing Placeholders are not allowed");
    }
    PyObject *own_args = tuple_from_iterable(args);
    PyObject *own_keywords = NULL;
    if (own_args != NULL) {
        own_keywords = keywords == Py_None        ? dict_new()
                       : dict_check_exact(keywords) ? new_ref(keywords)
                                                    : dict_copy(keywords);
    }
    if (own_keywords == NULL) {
        xdecref(own_args);
        return NULL;
    }
    Partial *p = PARTIAL(self);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *old[4] = {p->function, p->args, p->keywords, p->attributes};
    p->function = new_ref(function);
    p->args = own_args;
    p->keywords = own_keywords;
    p->placeholders = count_placeholders(own_args);
    p->attributes = attributes == Py_None ? NULL : new_ref(attributes);
    critical_section_end(&cs);
    for (int i = 0; i < 4; i++) {
        xdecref(old[i]);
    }
    return Py_None;
}

static PyMethodDef partial_methods[] = {
    {"__reduce__", partial_reduce, METH_NOARGS, NULL},
    {"__setstate__", partial_setstate, METH_O, NULL},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef partial_members[] = {
    {"func", _Py_T_OBJECT, offsetof(Partial, function), Py_READONLY,
     "function object to use in future partial calls"},
    {"args", _Py_T_OBJECT, offsetof(Partial, args), Py_READONLY,
     "tuple of arguments to future partial calls"},
    {"keywords", _Py_T_OBJECT, offsetof(Partial, keywords), Py_READONLY,
     "dictionary of keyword arguments to future partial calls"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef partial_getset[] = {
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject functools_partial_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "functools.partial",
    .tp_basicsize = sizeof(Partial),
    .tp_dealloc = partial_dealloc,
    .tp_vectorcall_offset = offsetof(Partial, vectorcall),
    .tp_repr = partial_repr,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "partial(func, /, *args, **keywords)\n--\n\n"
              "Create a new function with partial application of the given arguments and "
              "keywords.",
    .tp_traverse = partial_traverse,
    .tp_clear = partial_clear,
    .tp_weaklistoffset = offsetof(Partial, weakrefs),
    .tp_methods = partial_methods,
    .tp_members = partial_members,
    .tp_getset = partial_getset,
    .tp_descr_get = partial_get,
    .tp_dictoffset = offsetof(Partial, attributes),
    .tp_alloc = type_alloc,
    .tp_new = partial_new,
    .tp_free = heap_free,
};
