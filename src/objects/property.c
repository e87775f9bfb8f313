// property.
//
// Threading: functions and name change in __init__ and __set_name__ only, which run before the
// property is shared; __doc__ is an object field like any other.
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/descr_internal.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define PROPERTY(op) ((PropertyObject *)(op))

static int
property_traverse(PyObject *op, visitproc visit, void *arg)
{
    PropertyObject *p = PROPERTY(op);
    PyObject *parts[] = {p->prop_get, p->prop_set, p->prop_del, p->prop_doc, p->prop_name};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int stop = parts[i] == NULL ? 0 : visit(parts[i], arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static int
property_clear(PyObject *op)
{
    clear_ref(PROPERTY(op)->prop_doc);
    return 0;
}

static void
property_dealloc(PyObject *op)
{
    PropertyObject *p = PROPERTY(op);
    gc_untrack(op);
    xdecref(p->prop_get);
    xdecref(p->prop_set);
    xdecref(p->prop_del);
    xdecref(p->prop_doc);
    xdecref(p->prop_name);
    type_of(op)->tp_free(op);
}

// ---- name ----

// 1 and *name owned (from __set_name__ or the getter), 0 when there is none, -1.
static int
property_name(PropertyObject *p, PyObject **name)
{
    if (p->prop_name != NULL) {
        *name = new_ref(p->prop_name);
        return 1;
    }
    *name = NULL;
    if (p->prop_get == NULL || p->prop_get == Py_None) {
        return 0;
    }
    return object_getattr_optional(p->prop_get, ID(__name__), name);
}

// AttributeError "property 'x' of 'C' object has no setter".
static void
set_missing(PropertyObject *p, PyObject *obj, const char *what)
{
    PyObject *name;
    if (property_name(p, &name) < 0) {
        return;
    }
    PyObject *qualname = obj == NULL ? NULL : type_get_qualname(type_of(obj));
    if (obj != NULL && qualname == NULL) {
        xdecref(name);
        return;
    }
    if (name != NULL && qualname != NULL) {
        error_format(PyExc_AttributeError, "property %R of %R object has no %s", name, qualname, what);
    }
    else if (qualname != NULL) {
        error_format(PyExc_AttributeError, "property of %R object has no %s", qualname, what);
    }
    else {
        error_format(PyExc_AttributeError, "property has no %s", what);
    }
    xdecref(name);
    xdecref(qualname);
}

// ---- descriptor protocol ----

static PyObject *
property_get(PyObject *op, PyObject *obj, PyObject *type)
{
    (void)type;
    if (obj == NULL || obj == Py_None) {
        return new_ref(op);
    }
    PropertyObject *p = PROPERTY(op);
    if (p->prop_get == NULL) {
        set_missing(p, obj, "getter");
        return NULL;
    }
    return object_call_onearg(p->prop_get, obj);
}

static int
property_set(PyObject *op, PyObject *obj, PyObject *value)
{
    PropertyObject *p = PROPERTY(op);
    PyObject *function = value == NULL ? p->prop_del : p->prop_set;
    if (function == NULL) {
        set_missing(p, obj, value == NULL ? "deleter" : "setter");
        return -1;
    }
    PyObject *result = value == NULL ? object_call_onearg(function, obj)
                                     : object_call_twoargs(function, obj, value);
    if (result == NULL) {
        return -1;
    }
    decref(result);
    return 0;
}

// ---- making ----

static PyObject *
none_to_null(PyObject *op)
{
    return op == Py_None ? NULL : op;
}

// A copy with one function replaced (NULL or None: kept).
static PyObject *
property_copy(PyObject *old, PyObject *get, PyObject *set, PyObject *del)
{
    PropertyObject *p = PROPERTY(old);
#define PICK(given, own) ((given) != NULL && (given) != Py_None ? (given) : (own) != NULL ? (own) : Py_None)
    PyObject *doc = member_load_object(old, offsetof(PropertyObject, prop_doc));
    PyObject *args[] = {PICK(get, p->prop_get), PICK(set, p->prop_set), PICK(del, p->prop_del), Py_None};
#undef PICK
    // A docstring that came from the getter is taken from the copy's getter again.
    if (doc != NULL && !(p->getter_doc && args[0] != Py_None)) {
        args[3] = doc;
    }
    PyObject *copy = object_vectorcall((PyObject *)type_of(old), args, 4, NULL);
    xdecref(doc);
    if (copy != NULL && property_check_exact(copy)) {
        set_ref(PROPERTY(copy)->prop_name, xnew_ref(p->prop_name));
    }
    return copy;
}

static PyObject *
property_getter(PyObject *op, PyObject *function)
{
    return property_copy(op, function, NULL, NULL);
}

static PyObject *
property_setter(PyObject *op, PyObject *function)
{
    return property_copy(op, NULL, function, NULL);
}

static PyObject *
property_deleter(PyObject *op, PyObject *function)
{
    return property_copy(op, NULL, NULL, function);
}

static PyObject *
property_set_name(PyObject *op, PyObject *args)
{
    if (tuple_size(args) != 2) {
        return error_format(PyExc_TypeError,
                            "__set_name__() takes 2 positional arguments but %zd were given",
                            tuple_size(args));
    }
    set_ref(PROPERTY(op)->prop_name, new_ref(tuple_item(args, 1)));
    return new_ref(Py_None);
}

// The docstring: the argument, or the getter's. *from_getter tells which. NULL: none.
static int
find_doc(PropertyObject *p, PyObject *given, PyObject **doc)
{
    *doc = NULL;
    p->getter_doc = 0;
    if (given != NULL && given != Py_None) {
        *doc = new_ref(given);
        return 0;
    }
    if (p->prop_get == NULL) {
        return 0;
    }
    if (object_getattr_optional(p->prop_get, ID(__doc__), doc) < 0) {
        return -1;
    }
    if (*doc == Py_None) {
        clear_ref(*doc);
    }
    p->getter_doc = *doc != NULL;
    return 0;
}

static int
set_doc(PyObject *op, PyObject *given)
{
    PropertyObject *p = PROPERTY(op);
    PyObject *doc;
    if (find_doc(p, given, &doc) < 0) {
        return -1;
    }
    if (property_check_exact(op)) {
        set_ref(p->prop_doc, doc);
        return 0;
    }
    // Subclasses keep it in the instance: a docstring of the class must not hide it.
    bool from_getter = p->getter_doc;
    if (doc == NULL) {
        doc = new_ref(Py_None);
    }
    int result = object_setattr(op, ID(__doc__), doc);
    decref(doc);
    // Without a place for it, a docstring is dropped; only that of a getter is an error.
    if (result < 0 && !from_getter && error_clear_if(PyExc_AttributeError)) {
        return 0;
    }
    return result;
}

static int
property_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"fget", "fset", "fdel", "doc", NULL};
    static ArgsParser parser = {.format = "|OOOO:property", .keywords = keywords};
    PyObject *get = NULL, *set = NULL, *del = NULL, *doc = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &get, &set, &del, &doc)) {
        return -1;
    }
    PropertyObject *p = PROPERTY(op);
    PyObject *old = p->prop_get;
    p->prop_get = xnew_ref(none_to_null(get));
    if (old != NULL) {
        type_modified(&PyBaseObject_Type);      // inline caches may know the getter
        decref(old);
    }
    set_ref(p->prop_set, xnew_ref(none_to_null(set)));
    set_ref(p->prop_del, xnew_ref(none_to_null(del)));
    clear_ref(p->prop_doc);
    clear_ref(p->prop_name);
    return set_doc(op, doc);
}

// ---- attributes ----

static PyObject *
property_get_name(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *name;
    if (property_name(PROPERTY(op), &name) == 0) {
        error_set(PyExc_AttributeError, "'property' object has no attribute '__name__'");
    }
    return name;
}

static int
property_set_name_attribute(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    set_ref(PROPERTY(op)->prop_name, xnew_ref(value));
    return 0;
}

static PyObject *
property_get_isabstract(PyObject *op, void *closure)
{
    (void)closure;
    PropertyObject *p = PROPERTY(op);
    PyObject *functions[] = {p->prop_get, p->prop_set, p->prop_del};
    for (int i = 0; i < 3; i++) {
        int abstract = functions[i] == NULL ? 0 : object_is_abstract(functions[i]);
        if (abstract != 0) {
            return abstract < 0 ? NULL : new_ref(Py_True);
        }
    }
    return new_ref(Py_False);
}

static PyMethodDef property_methods[] = {
    {"getter", property_getter, METH_O, "Descriptor to obtain a copy of the property with a different getter."},
    {"setter", property_setter, METH_O, "Descriptor to obtain a copy of the property with a different setter."},
    {"deleter", property_deleter, METH_O, "Descriptor to obtain a copy of the property with a different deleter."},
    {"__set_name__", property_set_name, METH_VARARGS,
     "__set_name__($self, owner, name, /)\n--\n\nMethod to set name of a property."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef property_members[] = {
    {"fget", _Py_T_OBJECT, offsetof(PropertyObject, prop_get), Py_READONLY, NULL},
    {"fset", _Py_T_OBJECT, offsetof(PropertyObject, prop_set), Py_READONLY, NULL},
    {"fdel", _Py_T_OBJECT, offsetof(PropertyObject, prop_del), Py_READONLY, NULL},
    {"__doc__", _Py_T_OBJECT, offsetof(PropertyObject, prop_doc), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef property_getsets[] = {
    {"__name__", property_get_name, property_set_name_attribute, NULL, NULL},
    {"__isabstractmethod__", property_get_isabstract, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyProperty_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "property",
    .tp_basicsize = sizeof(PropertyObject),
    .tp_dealloc = property_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "property(fget=None, fset=None, fdel=None, doc=None)\n--\n\n"
              "Property attribute.\n\n"
              "  fget\n    function to be used for getting an attribute value\n"
              "  fset\n    function to be used for setting an attribute value\n"
              "  fdel\n    function to be used for del'ing an attribute\n"
              "  doc\n    docstring\n\n"
              "Typical use is to define a managed attribute x:\n\n"
              "class C(object):\n"
              "    def getx(self): return self._x\n"
              "    def setx(self, value): self._x = value\n"
              "    def delx(self): del self._x\n"
              "    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\n"
              "Decorators make defining new properties or modifying existing ones easy:\n\n"
              "class C(object):\n"
              "    @property\n"
              "    def x(self):\n"
              "        \"I am the 'x' property.\"\n"
              "        return self._x\n"
              "    @x.setter\n"
              "    def x(self, value):\n"
              "        self._x = value\n"
              "    @x.deleter\n"
              "    def x(self):\n"
              "        del self._x",
    .tp_traverse = property_traverse,
    .tp_clear = property_clear,
    .tp_methods = property_methods,
    .tp_members = property_members,
    .tp_getset = property_getsets,
    .tp_descr_get = property_get,
    .tp_descr_set = property_set,
    .tp_init = property_init,
    .tp_alloc = type_alloc,
    .tp_new = type_generic_new,
    .tp_free = heap_free,
};
