// Descriptors of methods, class methods, members, getsets and slots of C types; method-wrapper.
//
// Threading: immutable; d_qualname is computed once and published with compare-and-swap.
#include "objects/descr.h"

#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/error.h"
#include "objects/iter.h"
#include "objects/mapping.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define DESCR(op) ((PyDescrObject *)(op))

// ---- common parts ----

static void
descr_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(DESCR(op)->d_type);
    xdecref(DESCR(op)->d_name);
    xdecref(DESCR(op)->d_qualname);
    heap_free(op);
}

static int
descr_traverse(PyObject *op, visitproc visit, void *arg)
{
    return DESCR(op)->d_type == NULL ? 0 : visit((PyObject *)DESCR(op)->d_type, arg);
}

static PyObject *
descr_new(PyTypeObject *kind, PyTypeObject *type, const char *name)
{
    PyDescrObject *descr = (PyDescrObject *)type_alloc(kind, 0);
    if (descr == NULL) {
        return NULL;
    }
    descr->d_type = new_ref(type);
    descr->d_name = str_intern_cstr(name);
    if (descr->d_name == NULL) {
        decref(descr);
        return NULL;
    }
    refcount_defer((PyObject *)descr);
    return (PyObject *)descr;
}

static const char *
type_name_of(PyObject *descr)
{
    return DESCR(descr)->d_type->tp_name;
}

// Whether obj is an instance of the descriptor's type; TypeError otherwise.
static bool
check_instance(PyObject *descr, PyObject *obj)
{
    if (object_type_check(obj, DESCR(descr)->d_type)) {
        return true;
    }
    error_format(PyExc_TypeError, "descriptor '%U' for '%.100s' objects doesn't apply to a '%.100s' "
                 "object", DESCR(descr)->d_name, type_name_of(descr), type_of(obj)->tp_name);
    return false;
}

static PyObject *
descr_get_qualname(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *known = atomic_load_acquire_ptr(&DESCR(op)->d_qualname);
    if (known != NULL) {
        return new_ref(known);
    }
    PyObject *of_type = object_getattr((PyObject *)DESCR(op)->d_type, ID(__qualname__));
    if (of_type == NULL) {
        return NULL;
    }
    if (!str_check(of_type)) {
        decref(of_type);
        return error_set(PyExc_TypeError,
                         "<descriptor>.__objclass__.__qualname__ is not a unicode object");
    }
    PyObject *qualname = str_format("%S.%S", of_type, DESCR(op)->d_name);
    decref(of_type);
    if (qualname == NULL) {
        return NULL;
    }
    PyObject *expected = NULL;
    if (atomic_cas_ptr(&DESCR(op)->d_qualname, &expected, qualname)) {
        return new_ref(qualname);
    }
    decref(qualname);
    return new_ref(expected);
}

// (getattr, (class, name)): descriptors pickle by name.
static PyObject *
descr_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *getattr = iterator_builtin(ID(getattr));
    PyObject *args = getattr == NULL ? NULL
                                     : tuple_pair((PyObject *)DESCR(op)->d_type, DESCR(op)->d_name);
    PyObject *result = args == NULL ? NULL : tuple_pair(getattr, args);
    xdecref(getattr);
    xdecref(args);
    return result;
}

static PyMethodDef descr_methods[] = {
    {"__reduce__", descr_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef descr_members[] = {
    {"__objclass__", _Py_T_OBJECT, offsetof(PyDescrObject, d_type), Py_READONLY, NULL},
    {"__name__", _Py_T_OBJECT, offsetof(PyDescrObject, d_name), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

#define DESCR_TYPE_COMMON                                       \
    .ob_base = STATIC_TYPE_HEAD, .tp_dealloc = descr_dealloc,   \
    .tp_getattro = object_generic_getattr, .tp_traverse = descr_traverse, .tp_members = descr_members

// ---- methods ----

static PyObject *
method_get(PyObject *descr, PyObject *obj, PyObject *type)
{
    if (obj == NULL) {
        return new_ref(descr);
    }
    if (!check_instance(descr, obj)) {
        return NULL;
    }
    PyMethodDef *def = ((PyMethodDescrObject *)descr)->d_method;
    if ((def->ml_flags & METH_METHOD) == 0) {
        return cfunction_new(def, obj, NULL);
    }
    if (type != NULL && !type_check(type)) {
        return error_format(PyExc_TypeError, "descriptor '%U' needs a type, not '%s', as arg 2",
                            DESCR(descr)->d_name, type_of(type)->tp_name);
    }
    return cmethod_new(def, obj, NULL, DESCR(descr)->d_type);
}

// Whether args[0] is a self for the method; TypeError otherwise.
static bool
method_check_self(PyObject *descr, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1) {
        PyObject *name = call_function_str(descr);
        if (name != NULL) {
            error_format(PyExc_TypeError, "unbound method %U needs an argument", name);
            decref(name);
        }
        return false;
    }
    return check_instance(descr, args[0]);
}

static PyObject *
method_vectorcall(PyObject *descr, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (nargs < 1 || !object_type_check(args[0], DESCR(descr)->d_type)) {
        method_check_self(descr, args, nargs);
        return NULL;
    }
    PyMethodDef *def = ((PyMethodDescrObject *)descr)->d_method;
    int convention = def->ml_flags & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                                      METH_KEYWORDS | METH_METHOD);
    if (kwnames == NULL && thread_enter_c(" while calling a Python object") == 0) {
        if (convention == METH_FASTCALL) {
            return ((PyCFunctionFast)(void *)def->ml_meth)(args[0], args + 1, nargs - 1);
        }
        if (convention == METH_O && nargs == 2) {
            return def->ml_meth(args[0], args[1]);
        }
        if (convention == METH_NOARGS && nargs == 1) {
            return def->ml_meth(args[0], NULL);
        }
    }
    else if (kwnames == NULL) {
        return NULL;
    }
    return cfunction_call_def(def, args[0], DESCR(descr)->d_type, descr, args + 1, nargs - 1,
                              kwnames);
}

static PyObject *
method_repr(PyObject *op)
{
    return str_format("<method '%U' of '%s' objects>", DESCR(op)->d_name, type_name_of(op));
}

static PyObject *
method_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    PyMethodDef *def = ((PyMethodDescrObject *)op)->d_method;
    return doc_from_internal(def->ml_name, def->ml_doc);
}

static PyObject *
method_get_text_signature(PyObject *op, void *closure)
{
    (void)closure;
    PyMethodDef *def = ((PyMethodDescrObject *)op)->d_method;
    return text_signature_from_internal(def->ml_name, def->ml_doc);
}

static PyGetSetDef method_getsets[] = {
    {"__doc__", method_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {"__text_signature__", method_get_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyMethodDescr_Type = {
    DESCR_TYPE_COMMON,
    .tp_name = "method_descriptor",
    .tp_basicsize = sizeof(PyMethodDescrObject),
    .tp_vectorcall_offset = offsetof(PyMethodDescrObject, vectorcall),
    .tp_repr = method_repr,
    .tp_call = vectorcall_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_methods = descr_methods,
    .tp_getset = method_getsets,
    .tp_descr_get = method_get,
};

PyObject *
descr_new_method(PyTypeObject *type, PyMethodDef *def)
{
    PyObject *descr = descr_new(&PyMethodDescr_Type, type, def->ml_name);
    if (descr != NULL) {
        ((PyMethodDescrObject *)descr)->d_method = def;
        ((PyMethodDescrObject *)descr)->vectorcall = method_vectorcall;
    }
    return descr;
}

// ---- class methods ----

static PyObject *
classmethod_get(PyObject *descr, PyObject *obj, PyObject *type)
{
    PyObject *name = DESCR(descr)->d_name;
    if (type == NULL) {
        if (obj == NULL) {
            return error_format(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs either an "
                                "object or a type", name, type_name_of(descr));
        }
        type = (PyObject *)type_of(obj);
    }
    if (!type_check(type)) {
        return error_format(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs a type, not a "
                            "'%.100s' as arg 2", name, type_name_of(descr), type_of(type)->tp_name);
    }
    if (!type_is_subtype((PyTypeObject *)type, DESCR(descr)->d_type)) {
        return error_format(PyExc_TypeError, "descriptor '%U' requires a subtype of '%.100s' but "
                            "received '%.100s'", name, type_name_of(descr),
                            ((PyTypeObject *)type)->tp_name);
    }
    PyMethodDef *def = ((PyMethodDescrObject *)descr)->d_method;
    if ((def->ml_flags & METH_METHOD) != 0) {
        return cmethod_new(def, type, NULL, DESCR(descr)->d_type);
    }
    return cfunction_new(def, type, NULL);
}

static PyObject *
classmethod_call(PyObject *descr, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) < 1) {
        return error_format(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument",
                            DESCR(descr)->d_name, type_name_of(descr));
    }
    PyObject *bound = classmethod_get(descr, NULL, tuple_item(args, 0));
    PyObject *rest = bound == NULL ? NULL : tuple_slice(args, 1, tuple_size(args));
    PyObject *result = rest == NULL ? NULL : object_call(bound, rest, kwargs);
    xdecref(bound);
    xdecref(rest);
    return result;
}

PyTypeObject PyClassMethodDescr_Type = {
    DESCR_TYPE_COMMON,
    .tp_name = "classmethod_descriptor",
    .tp_basicsize = sizeof(PyMethodDescrObject),
    .tp_repr = method_repr,
    .tp_call = classmethod_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_getset = method_getsets,
    .tp_descr_get = classmethod_get,
};

PyObject *
descr_new_classmethod(PyTypeObject *type, PyMethodDef *def)
{
    PyObject *descr = descr_new(&PyClassMethodDescr_Type, type, def->ml_name);
    if (descr != NULL) {
        ((PyMethodDescrObject *)descr)->d_method = def;
    }
    return descr;
}

// ---- members ----

static PyMemberDef *member_def(PyObject *descr) { return ((PyMemberDescrObject *)descr)->d_member; }

static PyObject *
memberdescr_get(PyObject *descr, PyObject *obj, PyObject *type)
{
    (void)type;
    if (obj == NULL) {
        return new_ref(descr);
    }
    if (!check_instance(descr, obj)) {
        return NULL;
    }
    if ((member_def(descr)->flags & Py_AUDIT_READ) != 0 && hooks.audit != NULL) {
        PyObject *args = tuple_pair(obj, DESCR(descr)->d_name);
        int failed = args == NULL ? -1 : hooks.audit("object.__getattr__", args);
        xdecref(args);
        if (failed < 0) {
            return NULL;
        }
    }
    return member_get((char *)obj, member_def(descr));
}

static int
memberdescr_set(PyObject *descr, PyObject *obj, PyObject *value)
{
    return check_instance(descr, obj) ? member_set((char *)obj, member_def(descr), value) : -1;
}

static PyObject *
memberdescr_repr(PyObject *op)
{
    return str_format("<member '%U' of '%s' objects>", DESCR(op)->d_name, type_name_of(op));
}

static PyObject *
memberdescr_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    const char *doc = member_def(op)->doc;
    return doc == NULL ? new_ref(Py_None) : str_from_cstr(doc);
}

static PyGetSetDef memberdescr_getsets[] = {
    {"__doc__", memberdescr_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyMemberDescr_Type = {
    DESCR_TYPE_COMMON,
    .tp_name = "member_descriptor",
    .tp_basicsize = sizeof(PyMemberDescrObject),
    .tp_repr = memberdescr_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = descr_methods,
    .tp_getset = memberdescr_getsets,
    .tp_descr_get = memberdescr_get,
    .tp_descr_set = memberdescr_set,
};

PyObject *
descr_new_member(PyTypeObject *type, PyMemberDef *def)
{
    if ((def->flags & Py_RELATIVE_OFFSET) != 0) {
        return error_set(PyExc_SystemError, "PyDescr_NewMember used with Py_RELATIVE_OFFSET");
    }
    PyObject *descr = descr_new(&PyMemberDescr_Type, type, def->name);
    if (descr != NULL) {
        ((PyMemberDescrObject *)descr)->d_member = def;
    }
    return descr;
}

// ---- getsets ----

static PyGetSetDef *getset_def(PyObject *descr) { return ((PyGetSetDescrObject *)descr)->d_getset; }

static PyObject *
getset_get(PyObject *descr, PyObject *obj, PyObject *type)
{
    (void)type;
    if (obj == NULL) {
        return new_ref(descr);
    }
    if (!check_instance(descr, obj)) {
        return NULL;
    }
    PyGetSetDef *def = getset_def(descr);
    if (def->get == NULL) {
        return error_format(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not readable",
                            DESCR(descr)->d_name, type_name_of(descr));
    }
    return def->get(obj, def->closure);
}

static int
getset_set(PyObject *descr, PyObject *obj, PyObject *value)
{
    if (!check_instance(descr, obj)) {
        return -1;
    }
    PyGetSetDef *def = getset_def(descr);
    if (def->set == NULL) {
        error_format(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not writable",
                     DESCR(descr)->d_name, type_name_of(descr));
        return -1;
    }
    return def->set(obj, value, def->closure);
}

static PyObject *
getset_repr(PyObject *op)
{
    return str_format("<attribute '%U' of '%s' objects>", DESCR(op)->d_name, type_name_of(op));
}

static PyObject *
getset_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    const char *doc = getset_def(op)->doc;
    return doc == NULL ? new_ref(Py_None) : str_from_cstr(doc);
}

static PyGetSetDef getset_getsets[] = {
    {"__doc__", getset_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyGetSetDescr_Type = {
    DESCR_TYPE_COMMON,
    .tp_name = "getset_descriptor",
    .tp_basicsize = sizeof(PyGetSetDescrObject),
    .tp_repr = getset_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_getset = getset_getsets,
    .tp_descr_get = getset_get,
    .tp_descr_set = getset_set,
};

PyObject *
descr_new_getset(PyTypeObject *type, PyGetSetDef *def)
{
    PyObject *descr = descr_new(&PyGetSetDescr_Type, type, def->name);
    if (descr != NULL) {
        ((PyGetSetDescrObject *)descr)->d_getset = def;
    }
    return descr;
}

// ---- slot wrappers ----

static struct wrapperbase *wrapper_base(PyObject *descr) { return ((PyWrapperDescrObject *)descr)->d_base; }

static PyObject *
wrapperdescr_get(PyObject *descr, PyObject *obj, PyObject *type)
{
    (void)type;
    if (obj == NULL) {
        return new_ref(descr);
    }
    return check_instance(descr, obj) ? wrapper_new(descr, obj) : NULL;
}

// Calls the wrapped slot on self.
static PyObject *
call_wrapped(PyObject *descr, PyObject *self, PyObject *args, PyObject *kwargs)
{
    struct wrapperbase *base = wrapper_base(descr);
    void *wrapped = ((PyWrapperDescrObject *)descr)->d_wrapped;
    if ((base->flags & WRAPPER_KEYWORDS) != 0) {
        return ((wrapperfunc_kwds)(void *)base->wrapper)(self, args, wrapped, kwargs);
    }
    if (kwargs != NULL && mapping_length(kwargs) != 0) {
        return error_format(PyExc_TypeError, "wrapper %s() takes no keyword arguments", base->name);
    }
    return base->wrapper(self, args, wrapped);
}

static PyObject *
wrapperdescr_call(PyObject *descr, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) < 1) {
        return error_format(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument",
                            DESCR(descr)->d_name, type_name_of(descr));
    }
    PyObject *self = tuple_item(args, 0);
    if (!type_is_subtype(type_of(self), DESCR(descr)->d_type)) {
        return error_format(PyExc_TypeError, "descriptor '%U' requires a '%.100s' object but received "
                            "a '%.100s'", DESCR(descr)->d_name, type_name_of(descr),
                            type_of(self)->tp_name);
    }
    PyObject *rest = tuple_slice(args, 1, tuple_size(args));
    if (rest == NULL) {
        return NULL;
    }
    PyObject *result = call_wrapped(descr, self, rest, kwargs);
    decref(rest);
    return result;
}

static PyObject *
wrapperdescr_repr(PyObject *op)
{
    return str_format("<slot wrapper '%U' of '%s' objects>", DESCR(op)->d_name, type_name_of(op));
}

static PyObject *
wrapperdescr_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    return doc_from_internal(wrapper_base(op)->name, wrapper_base(op)->doc);
}

static PyObject *
wrapperdescr_get_text_signature(PyObject *op, void *closure)
{
    (void)closure;
    return text_signature_from_internal(wrapper_base(op)->name, wrapper_base(op)->doc);
}

static PyGetSetDef wrapperdescr_getsets[] = {
    {"__doc__", wrapperdescr_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {"__text_signature__", wrapperdescr_get_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyWrapperDescr_Type = {
    DESCR_TYPE_COMMON,
    .tp_name = "wrapper_descriptor",
    .tp_basicsize = sizeof(PyWrapperDescrObject),
    .tp_repr = wrapperdescr_repr,
    .tp_call = wrapperdescr_call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_methods = descr_methods,
    .tp_getset = wrapperdescr_getsets,
    .tp_descr_get = wrapperdescr_get,
};

PyObject *
descr_new_wrapper(PyTypeObject *type, struct wrapperbase *base, void *wrapped)
{
    PyObject *descr = descr_new(&PyWrapperDescr_Type, type, base->name);
    if (descr != NULL) {
        ((PyWrapperDescrObject *)descr)->d_base = base;
        ((PyWrapperDescrObject *)descr)->d_wrapped = wrapped;
    }
    return descr;
}

// ---- method-wrapper: a slot wrapper bound to an object ----

typedef struct {
    PyObject ob_base;
    PyObject *descr;
    PyObject *self;
} WrapperObject;

#define WRAPPER(op) ((WrapperObject *)(op))

PyObject *
wrapper_new(PyObject *descr, PyObject *self)
{
    WrapperObject *w = (WrapperObject *)type_alloc(&_PyMethodWrapper_Type, 0);
    if (w != NULL) {
        w->descr = new_ref(descr);
        w->self = new_ref(self);
    }
    return (PyObject *)w;
}

static void
wrapper_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(WRAPPER(op)->descr);
    xdecref(WRAPPER(op)->self);
    heap_free(op);
}

static int
wrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    int stop = WRAPPER(op)->descr == NULL ? 0 : visit(WRAPPER(op)->descr, arg);
    return stop != 0 || WRAPPER(op)->self == NULL ? stop : visit(WRAPPER(op)->self, arg);
}

static PyObject *
wrapper_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return call_wrapped(WRAPPER(op)->descr, WRAPPER(op)->self, args, kwargs);
}

static PyObject *
wrapper_richcompare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || type_of(a) != &_PyMethodWrapper_Type ||
        type_of(b) != &_PyMethodWrapper_Type) {
        return new_ref(Py_NotImplemented);
    }
    bool equal = WRAPPER(a)->descr == WRAPPER(b)->descr && WRAPPER(a)->self == WRAPPER(b)->self;
    return new_ref(equal == (op == Py_EQ) ? Py_True : Py_False);
}

static Py_hash_t
wrapper_hash(PyObject *op)
{
    Py_hash_t hash = object_generic_hash(WRAPPER(op)->self) ^ pointer_hash(WRAPPER(op)->descr);
    return hash == -1 ? -2 : hash;
}

static PyObject *
wrapper_repr(PyObject *op)
{
    return str_format("<method-wrapper '%s' of %s object at %p>",
                      wrapper_base(WRAPPER(op)->descr)->name, type_of(WRAPPER(op)->self)->tp_name,
                      (void *)WRAPPER(op)->self);
}

static PyObject *
wrapper_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *getattr = iterator_builtin(ID(getattr));
    PyObject *args = getattr == NULL ? NULL
                                     : tuple_pair(WRAPPER(op)->self, DESCR(WRAPPER(op)->descr)->d_name);
    PyObject *result = args == NULL ? NULL : tuple_pair(getattr, args);
    xdecref(getattr);
    xdecref(args);
    return result;
}

static PyObject *
wrapper_get_objclass(PyObject *op, void *closure)
{
    (void)closure;
    return (PyObject *)new_ref(DESCR(WRAPPER(op)->descr)->d_type);
}

static PyObject *
wrapper_get_name(PyObject *op, void *closure)
{
    (void)closure;
    return new_ref(DESCR(WRAPPER(op)->descr)->d_name);
}

static PyObject *
wrapper_get_doc(PyObject *op, void *closure)
{
    return wrapperdescr_get_doc(WRAPPER(op)->descr, closure);
}

static PyObject *
wrapper_get_text_signature(PyObject *op, void *closure)
{
    return wrapperdescr_get_text_signature(WRAPPER(op)->descr, closure);
}

static PyObject *
wrapper_get_qualname(PyObject *op, void *closure)
{
    return descr_get_qualname(WRAPPER(op)->descr, closure);
}

static PyMethodDef wrapper_methods[] = {
    {"__reduce__", wrapper_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef wrapper_members[] = {
    {"__self__", _Py_T_OBJECT, offsetof(WrapperObject, self), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef wrapper_getsets[] = {
    {"__objclass__", wrapper_get_objclass, NULL, NULL, NULL},
    {"__name__", wrapper_get_name, NULL, NULL, NULL},
    {"__qualname__", wrapper_get_qualname, NULL, NULL, NULL},
    {"__doc__", wrapper_get_doc, NULL, NULL, NULL},
    {"__text_signature__", wrapper_get_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject _PyMethodWrapper_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "method-wrapper",
    .tp_basicsize = sizeof(WrapperObject),
    .tp_dealloc = wrapper_dealloc,
    .tp_repr = wrapper_repr,
    .tp_hash = wrapper_hash,
    .tp_call = wrapper_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = wrapper_traverse,
    .tp_richcompare = wrapper_richcompare,
    .tp_methods = wrapper_methods,
    .tp_members = wrapper_members,
    .tp_getset = wrapper_getsets,
};
