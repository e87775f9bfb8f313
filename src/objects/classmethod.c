// classmethod and staticmethod.
//
// Both wrap a callable and take over its name, docstring and module. Their annotations are those of
// the callable, fetched when asked for (PEP 649).
//
// Threading: the callable is set in __init__, before the object is shared.
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/descr_internal.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/method.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    PyObject *callable;     // immutable after __init__; owned or NULL
    PyObject *dict;         // atomic: owned or NULL
} WrapperMethod;

#define WRAPPED(op) ((WrapperMethod *)(op))

int
object_is_abstract(PyObject *op)
{
    PyObject *flag;
    int found = object_getattr_optional(op, ID(__isabstractmethod__), &flag);
    if (found <= 0) {
        return found;
    }
    int abstract = object_is_true(flag);
    decref(flag);
    return abstract;
}

PyObject *classmethod_function_borrow(PyObject *op) { return WRAPPED(op)->callable; }
PyObject *staticmethod_function_borrow(PyObject *op) { return WRAPPED(op)->callable; }

// ---- life ----

static void
wrapped_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(WRAPPED(op)->callable);
    xdecref(WRAPPED(op)->dict);
    type_of(op)->tp_free(op);
}

static int
wrapped_traverse(PyObject *op, visitproc visit, void *arg)
{
    int stop = WRAPPED(op)->callable == NULL ? 0 : visit(WRAPPED(op)->callable, arg);
    return stop != 0 || WRAPPED(op)->dict == NULL ? stop : visit(WRAPPED(op)->dict, arg);
}

static int
wrapped_clear(PyObject *op)
{
    clear_ref(WRAPPED(op)->callable);
    clear_ref(WRAPPED(op)->dict);
    return 0;
}

// Copies what identifies the callable; attributes that it lacks are left out.
static int
take_over_attributes(PyObject *op, PyObject *callable)
{
    PyObject *names[] = {ID(__module__), ID(__name__), ID(__qualname__), ID(__doc__)};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        PyObject *value;
        int found = object_getattr_optional(callable, names[i], &value);
        if (found > 0) {
            found = object_setattr(op, names[i], value);
            decref(value);
        }
        if (found < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
wrapped_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op = type_alloc(type, 0);
    if (op != NULL) {
        WRAPPED(op)->callable = new_ref(Py_None);
    }
    return op;
}

static int
wrapped_set(PyObject *op, PyObject *callable)
{
    PyObject *old = WRAPPED(op)->callable;
    WRAPPED(op)->callable = new_ref(callable);
    if (old != NULL && old != Py_None) {
        type_modified(&PyBaseObject_Type);      // inline caches may know it
    }
    xdecref(old);
    return take_over_attributes(op, callable);
}

static int
wrapped_init(PyObject *op, PyObject *args, PyObject *kwargs, const char *name)
{
    PyObject *callable;
    if (!args_no_keywords(name, kwargs) || !args_unpack_tuple(args, name, 1, 1, &callable)) {
        return -1;
    }
    return wrapped_set(op, callable);
}

static PyObject *
wrapped_new(PyTypeObject *type, PyObject *callable)
{
    PyObject *op = type_alloc(type, 0);
    if (op != NULL && wrapped_set(op, callable) < 0) {
        clear_ref(op);
    }
    return op;
}

PyObject *classmethod_new(PyObject *callable) { return wrapped_new(&PyClassMethod_Type, callable); }
PyObject *staticmethod_new(PyObject *callable) { return wrapped_new(&PyStaticMethod_Type, callable); }

// ---- attributes ----

static PyObject *
get_isabstract(PyObject *op, void *closure)
{
    (void)closure;
    int abstract = WRAPPED(op)->callable == NULL ? 0 : object_is_abstract(WRAPPED(op)->callable);
    return abstract < 0 ? NULL : new_ref(abstract ? Py_True : Py_False);
}

// The entry of the own dict, or else the callable's attribute, which is then kept.
static PyObject *
get_delegated(PyObject *op, PyObject *name)
{
    PyObject *dict = object_get_dict(op);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *value;
    int found = dict_get(dict, name, &value);
    if (found == 0) {
        value = object_getattr(WRAPPED(op)->callable, name);
        if (value != NULL && dict_set(dict, name, value) < 0) {
            clear_ref(value);
        }
    }
    decref(dict);
    return value;
}

static int
set_delegated(PyObject *op, PyObject *name, PyObject *value)
{
    PyObject *dict = object_get_dict(op);
    if (dict == NULL) {
        return -1;
    }
    int result = 0;
    if (value != NULL) {
        result = dict_set(dict, name, value);
    }
    else if (dict_pop(dict, name, NULL) == 0) {
        error_set_object(PyExc_AttributeError, name);
        result = -1;
    }
    decref(dict);
    return result;
}

static PyObject *
get_annotations(PyObject *op, void *closure)
{
    (void)closure;
    return get_delegated(op, ID(__annotations__));
}

static int
set_annotations(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    return set_delegated(op, ID(__annotations__), value);
}

static PyObject *
get_annotate(PyObject *op, void *closure)
{
    (void)closure;
    return get_delegated(op, ID(__annotate__));
}

static int
set_annotate(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    return set_delegated(op, ID(__annotate__), value);
}

static PyMemberDef wrapped_members[] = {
    {"__func__", _Py_T_OBJECT, offsetof(WrapperMethod, callable), Py_READONLY, NULL},
    {"__wrapped__", _Py_T_OBJECT, offsetof(WrapperMethod, callable), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef wrapped_getsets[] = {
    {"__isabstractmethod__", get_isabstract, NULL, NULL, NULL},
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {"__annotate__", get_annotate, set_annotate, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define WRAPPED_TYPE_COMMON                                                                     \
    .ob_base = STATIC_TYPE_HEAD, .tp_basicsize = sizeof(WrapperMethod),                         \
    .tp_dealloc = wrapped_dealloc, .tp_traverse = wrapped_traverse, .tp_clear = wrapped_clear,  \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,                  \
    .tp_members = wrapped_members, .tp_getset = wrapped_getsets,                                \
    .tp_dictoffset = offsetof(WrapperMethod, dict), .tp_alloc = type_alloc,                     \
    .tp_new = wrapped_tp_new, .tp_free = heap_free

// ---- classmethod ----

static PyObject *
classmethod_get(PyObject *op, PyObject *obj, PyObject *type)
{
    PyObject *callable = WRAPPED(op)->callable;
    if (callable == NULL) {
        return error_set(PyExc_RuntimeError, "uninitialized classmethod object");
    }
    return method_new(callable, type == NULL ? (PyObject *)type_of(obj) : type);
}

static int
classmethod_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return wrapped_init(op, args, kwargs, "classmethod");
}

static PyObject *
classmethod_repr(PyObject *op)
{
    return str_format("<classmethod(%R)>", WRAPPED(op)->callable);
}

PyTypeObject PyClassMethod_Type = {
    WRAPPED_TYPE_COMMON,
    .tp_name = "classmethod",
    .tp_repr = classmethod_repr,
    .tp_doc = "classmethod(function, /)\n--\n\n"
              "Convert a function to be a class method.\n\n"
              "A class method receives the class as implicit first argument,\n"
              "just like an instance method receives the instance.\n"
              "To declare a class method, use this idiom:\n\n"
              "  class C:\n"
              "      @classmethod\n"
              "      def f(cls, arg1, arg2, argN):\n"
              "          ...\n\n"
              "It can be called either on the class (e.g. C.f()) or on an instance\n"
              "(e.g. C().f()).  The instance is ignored except for its class.\n"
              "If a class method is called for a derived class, the derived class\n"
              "object is passed as the implied first argument.\n\n"
              "Class methods are different than C++ or Java static methods.\n"
              "If you want those, see the staticmethod builtin.",
    .tp_descr_get = classmethod_get,
    .tp_init = classmethod_init,
};

// ---- staticmethod ----

static PyObject *
staticmethod_get(PyObject *op, PyObject *obj, PyObject *type)
{
    (void)obj;
    (void)type;
    PyObject *callable = WRAPPED(op)->callable;
    if (callable == NULL) {
        return error_set(PyExc_RuntimeError, "uninitialized staticmethod object");
    }
    return new_ref(callable);
}

static int
staticmethod_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return wrapped_init(op, args, kwargs, "staticmethod");
}

static PyObject *
staticmethod_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (WRAPPED(op)->callable == NULL) {
        return error_set(PyExc_RuntimeError, "uninitialized staticmethod object");
    }
    return object_call(WRAPPED(op)->callable, args, kwargs);
}

static PyObject *
staticmethod_repr(PyObject *op)
{
    return str_format("<staticmethod(%R)>", WRAPPED(op)->callable);
}

PyTypeObject PyStaticMethod_Type = {
    WRAPPED_TYPE_COMMON,
    .tp_name = "staticmethod",
    .tp_repr = staticmethod_repr,
    .tp_call = staticmethod_call,
    .tp_doc = "staticmethod(function, /)\n--\n\n"
              "Convert a function to be a static method.\n\n"
              "A static method does not receive an implicit first argument.\n"
              "To declare a static method, use this idiom:\n\n"
              "     class C:\n"
              "         @staticmethod\n"
              "         def f(arg1, arg2, argN):\n"
              "             ...\n\n"
              "It can be called either on the class (e.g. C.f()) or on an instance\n"
              "(e.g. C().f()). Both the class and the instance are ignored, and\n"
              "neither is passed implicitly as the first argument to the method.\n\n"
              "Static methods in Python are similar to those found in Java or C++.\n"
              "For a more advanced concept, see the classmethod builtin.",
    .tp_descr_get = staticmethod_get,
    .tp_init = staticmethod_init,
};
