// Bound methods and instancemethod: see method.h.
//
// Threading: immutable after construction.
#include "objects/method.h"

#include <stddef.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

#define METHOD(op) ((PyMethodObject *)(op))
#define STATIC_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

// ---- method ----

static PyObject *
method_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    return object_vectorcall_prepend(METHOD(op)->im_func, METHOD(op)->im_self, args, nargsf,
                                     kwnames);
}

PyObject *
method_new(PyObject *func, PyObject *self)
{
    if (self == NULL) {
        return error_bad_internal_call();
    }
    PyObject *op = heap_new_object(&PyMethod_Type, sizeof(PyMethodObject));
    if (op == NULL) {
        return NULL;
    }
    METHOD(op)->im_func = new_ref(func);
    METHOD(op)->im_self = new_ref(self);
    METHOD(op)->im_weakreflist = NULL;
    METHOD(op)->vectorcall = method_vectorcall;
    gc_track(op);
    return op;
}

static PyObject *
method_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    PyObject *func;
    PyObject *self;
    if (!args_no_keywords("method", kwargs) ||
        !args_unpack_tuple(args, "method", 2, 2, &func, &self)) {
        return NULL;
    }
    if (!object_callable(func)) {
        return error_set(PyExc_TypeError, "first argument must be callable");
    }
    if (self == Py_None) {
        return error_set(PyExc_TypeError, "instance must not be None");
    }
    return method_new(func, self);
}

static void
method_dealloc(PyObject *op)
{
    gc_untrack(op);
    if (METHOD(op)->im_weakreflist != NULL) {
        weakref_clear_all(op);
    }
    decref(METHOD(op)->im_func);
    xdecref(METHOD(op)->im_self);
    type_of(op)->tp_free(op);
}

static int
method_traverse(PyObject *op, visitproc visit, void *arg)
{
    int result = visit(METHOD(op)->im_func, arg);
    return result != 0 ? result : visit(METHOD(op)->im_self, arg);
}

// Attributes of the function shine through, except those that the type defines.
static PyObject *
method_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = type_of(op);
    PyObject *descr = type_lookup(type, name);
    if (descr == NULL) {
        return object_getattr(METHOD(op)->im_func, name);
    }
    descrgetfunc get = type_of(descr)->tp_descr_get;
    if (get == NULL) {
        return descr;
    }
    PyObject *result = get(descr, op, (PyObject *)type);
    decref(descr);
    return result;
}

static PyObject *
method_repr(PyObject *op)
{
    PyObject *func = METHOD(op)->im_func;
    PyObject *name;
    if (object_getattr_optional(func, ID(__qualname__), &name) < 0 ||
        (name == NULL && object_getattr_optional(func, ID(__name__), &name) < 0)) {
        return NULL;
    }
    if (name != NULL && !str_check(name)) {
        clear_ref(name);
    }
    PyObject *result = str_format("<bound method %V of %R>", name, "?", METHOD(op)->im_self);
    xdecref(name);
    return result;
}

static Py_hash_t
method_hash(PyObject *op)
{
    Py_hash_t func = object_hash(METHOD(op)->im_func);
    if (func == -1) {
        return -1;
    }
    Py_hash_t hash = object_generic_hash(METHOD(op)->im_self) ^ func;
    return hash == -1 ? -2 : hash;
}

static PyObject *
method_richcompare(PyObject *v, PyObject *w, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !method_check(v) || !method_check(w)) {
        return Py_NotImplemented;
    }
    int equal = object_richcompare_bool(METHOD(v)->im_func, METHOD(w)->im_func, Py_EQ);
    if (equal < 0) {
        return NULL;
    }
    equal = equal && METHOD(v)->im_self == METHOD(w)->im_self;
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

static PyObject *
method_descr_get(PyObject *op, PyObject *obj, PyObject *cls)
{
    (void)obj;
    (void)cls;
    return new_ref(op);     // bound already
}

static PyObject *
method_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *name = object_getattr(METHOD(op)->im_func, ID(__name__));
    PyObject *getattr = name == NULL ? NULL : iterator_builtin(ID(getattr));
    PyObject *args = getattr == NULL ? NULL : tuple_pack(2, METHOD(op)->im_self, name);
    PyObject *result = args == NULL ? NULL : tuple_pack(2, getattr, args);
    xdecref(name);
    xdecref(getattr);
    xdecref(args);
    return result;
}

static PyObject *
method_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    return object_getattr(METHOD(op)->im_func, ID(__doc__));
}

static PyMethodDef method_methods[] = {
    {"__reduce__", method_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef method_members[] = {
    {"__func__", _Py_T_OBJECT, offsetof(PyMethodObject, im_func), Py_READONLY,
     "the function (or other callable) implementing a method"},
    {"__self__", _Py_T_OBJECT, offsetof(PyMethodObject, im_self), Py_READONLY,
     "the instance to which a method is bound"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef method_getset[] = {
    {"__doc__", method_get_doc, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyMethod_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "method",
    .tp_basicsize = sizeof(PyMethodObject),
    .tp_dealloc = method_dealloc,
    .tp_vectorcall_offset = offsetof(PyMethodObject, vectorcall),
    .tp_repr = method_repr,
    .tp_hash = method_hash,
    .tp_call = vectorcall_call,
    .tp_getattro = method_getattro,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = "method(function, instance, /)\n--\n\nCreate a bound instance method object.",
    .tp_traverse = method_traverse,
    .tp_richcompare = method_richcompare,
    .tp_weaklistoffset = offsetof(PyMethodObject, im_weakreflist),
    .tp_methods = method_methods,
    .tp_members = method_members,
    .tp_getset = method_getset,
    .tp_descr_get = method_descr_get,
    .tp_new = method_tp_new,
};

// ---- instancemethod: binds any callable, which plain classes do for functions only ----

#define INSTANCE_METHOD(op) ((PyInstanceMethodObject *)(op))

PyObject *
instancemethod_new(PyObject *func)
{
    PyObject *op = heap_new_object(&PyInstanceMethod_Type, sizeof(PyInstanceMethodObject));
    if (op == NULL) {
        return NULL;
    }
    INSTANCE_METHOD(op)->func = new_ref(func);
    gc_track(op);
    return op;
}

static PyObject *
instancemethod_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    PyObject *func;
    if (!args_no_keywords("instancemethod", kwargs) ||
        !args_unpack_tuple(args, "instancemethod", 1, 1, &func)) {
        return NULL;
    }
    if (!object_callable(func)) {
        return error_set(PyExc_TypeError, "first argument must be callable");
    }
    return instancemethod_new(func);
}

static void
instancemethod_dealloc(PyObject *op)
{
    gc_untrack(op);
    decref(INSTANCE_METHOD(op)->func);
    type_of(op)->tp_free(op);
}

static int
instancemethod_traverse(PyObject *op, visitproc visit, void *arg)
{
    return visit(INSTANCE_METHOD(op)->func, arg);
}

static PyObject *
instancemethod_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return object_call(INSTANCE_METHOD(op)->func, args, kwargs);
}

static PyObject *
instancemethod_descr_get(PyObject *op, PyObject *obj, PyObject *cls)
{
    (void)cls;
    PyObject *func = INSTANCE_METHOD(op)->func;
    return obj == NULL ? new_ref(func) : method_new(func, obj);
}

static PyObject *
instancemethod_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = type_of(op);
    PyObject *descr = type_lookup(type, name);
    if (descr == NULL) {
        return object_getattr(INSTANCE_METHOD(op)->func, name);
    }
    descrgetfunc get = type_of(descr)->tp_descr_get;
    if (get == NULL) {
        return descr;
    }
    PyObject *result = get(descr, op, (PyObject *)type);
    decref(descr);
    return result;
}

static PyObject *
instancemethod_repr(PyObject *op)
{
    PyObject *name;
    if (object_getattr_optional(INSTANCE_METHOD(op)->func, ID(__name__), &name) < 0) {
        return NULL;
    }
    if (name != NULL && !str_check(name)) {
        clear_ref(name);
    }
    PyObject *result = str_format("<instancemethod %V at %p>", name, "?", (void *)op);
    xdecref(name);
    return result;
}

static PyObject *
instancemethod_richcompare(PyObject *v, PyObject *w, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !instancemethod_check(v) || !instancemethod_check(w)) {
        return Py_NotImplemented;
    }
    int equal =
        object_richcompare_bool(INSTANCE_METHOD(v)->func, INSTANCE_METHOD(w)->func, Py_EQ);
    if (equal < 0) {
        return NULL;
    }
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

static PyObject *
instancemethod_get_doc(PyObject *op, void *closure)
{
    (void)closure;
    return object_getattr(INSTANCE_METHOD(op)->func, ID(__doc__));
}

static PyMemberDef instancemethod_members[] = {
    {"__func__", _Py_T_OBJECT, offsetof(PyInstanceMethodObject, func), Py_READONLY,
     "the function (or other callable) implementing a method"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef instancemethod_getset[] = {
    {"__doc__", instancemethod_get_doc, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyInstanceMethod_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "instancemethod",
    .tp_basicsize = sizeof(PyInstanceMethodObject),
    .tp_dealloc = instancemethod_dealloc,
    .tp_repr = instancemethod_repr,
    .tp_call = instancemethod_call,
    .tp_getattro = instancemethod_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "instancemethod(function)\n--\n\nBind a function to a class.",
    .tp_traverse = instancemethod_traverse,
    .tp_richcompare = instancemethod_richcompare,
    .tp_members = instancemethod_members,
    .tp_getset = instancemethod_getset,
    .tp_descr_get = instancemethod_descr_get,
    .tp_new = instancemethod_tp_new,
};
