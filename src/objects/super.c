// super.
//
// Threading: type, obj and obj_type are set in __init__ under the object's critical section; reading
// them together is atomic in the same way.
#include "base/hooks.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    PyTypeObject *type;         // lock: self; owned or NULL
    PyObject *obj;              // lock: self; owned or NULL
    PyTypeObject *obj_type;     // lock: self; owned or NULL: class whose MRO is searched
} SuperObject;

#define SUPER(op) ((SuperObject *)(op))

static void
super_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(SUPER(op)->type);
    xdecref(SUPER(op)->obj);
    xdecref(SUPER(op)->obj_type);
    type_of(op)->tp_free(op);
}

static int
super_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *parts[] = {(PyObject *)SUPER(op)->type, SUPER(op)->obj, (PyObject *)SUPER(op)->obj_type};
    for (int i = 0; i < 3; i++) {
        int stop = parts[i] == NULL ? 0 : visit(parts[i], arg);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static PyObject *
super_repr(PyObject *op)
{
    SuperObject *su = SUPER(op);
    if (su->obj_type != NULL) {
        return str_format("<super: <class '%s'>, <%s object>>",
                          su->type == NULL ? "NULL" : su->type->tp_name, su->obj_type->tp_name);
    }
    return str_format("<super: <class '%s'>, NULL>", su->type == NULL ? "NULL" : su->type->tp_name);
}

// ---- lookup ----

// The attribute behind `type` in obj_type's MRO, not bound: new reference, NULL without an
// exception when there is none.
static PyObject *
find_behind(PyTypeObject *type, PyTypeObject *obj_type, PyObject *name)
{
    PyObject *mro = type_get_mro(obj_type);
    if (mro == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t n = tuple_size(mro);
    Py_ssize_t i = 0;
    while (i + 1 < n && tuple_item(mro, i) != (PyObject *)type) {
        i++;
    }
    for (i++; i < n; i++) {
        PyObject *dict = ((PyTypeObject *)tuple_item(mro, i))->tp_dict;
        if (dict != NULL && dict_get(dict, name, &result) != 0) {
            break;
        }
    }
    decref(mro);
    return result;
}

// The same, bound to obj. *method (may be NULL) is set when an unbound method is returned.
static PyObject *
lookup_bound(PyTypeObject *type, PyObject *obj, PyTypeObject *obj_type, PyObject *name, int *method)
{
    PyObject *found = find_behind(type, obj_type, name);
    if (found == NULL) {
        return NULL;
    }
    bool on_class = obj == (PyObject *)obj_type;
    if (method != NULL && !on_class &&
        type_has_feature(type_of(found), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        *method = 1;
        return found;
    }
    descrgetfunc get = type_of(found)->tp_descr_get;
    if (get == NULL) {
        return found;
    }
    PyObject *result = get(found, on_class ? NULL : obj, (PyObject *)obj_type);
    decref(found);
    return result;
}

// The class whose MRO counts: obj itself when it is a subclass of type, its class when it is an
// instance, its __class__ when that is one. New reference or TypeError.
static PyTypeObject *
check_object(PyTypeObject *type, PyObject *obj)
{
    if (type_check(obj) && type_is_subtype((PyTypeObject *)obj, type)) {
        return (PyTypeObject *)new_ref(obj);
    }
    if (type_is_subtype(type_of(obj), type)) {
        return new_ref(type_of(obj));
    }
    PyObject *cls;
    if (object_getattr_optional(obj, ID(__class__), &cls) < 0) {
        return NULL;
    }
    if (cls != NULL && type_check(cls) && (PyTypeObject *)cls != type_of(obj) &&
        type_is_subtype((PyTypeObject *)cls, type)) {
        return (PyTypeObject *)cls;
    }
    xdecref(cls);
    bool is_class = type_check(obj);
    return error_format(PyExc_TypeError,
                        "super(type, obj): obj (%s %.200s) is not an instance or subtype of type "
                        "(%.200s).", is_class ? "type" : "instance of",
                        is_class ? ((PyTypeObject *)obj)->tp_name : type_of(obj)->tp_name,
                        type->tp_name);
}

static PyObject *
super_getattro(PyObject *op, PyObject *name)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyTypeObject *type = xnew_ref(SUPER(op)->type);
    PyObject *obj = xnew_ref(SUPER(op)->obj);
    PyTypeObject *obj_type = xnew_ref(SUPER(op)->obj_type);
    critical_section_end(&cs);
    PyObject *result = NULL;
    // __class__ is that of the super object itself.
    bool own = obj_type == NULL ||
               (str_check(name) && str_length(name) == 9 && str_equal(name, ID(__class__)));
    if (!own) {
        result = lookup_bound(type, obj, obj_type, name, NULL);
    }
    if (result == NULL && !error_occurred()) {
        result = object_generic_getattr(op, name);
    }
    xdecref(type);
    xdecref(obj);
    xdecref(obj_type);
    return result;
}

static PyObject *
super_make(PyTypeObject *type, PyObject *obj, PyTypeObject *obj_type)
{
    SuperObject *su = (SuperObject *)type_alloc(&PySuper_Type, 0);
    if (su != NULL) {
        su->type = new_ref(type);
        su->obj = xnew_ref(obj);
        su->obj_type = xnew_ref(obj_type);
    }
    return (PyObject *)su;
}

PyObject *
super_lookup(PyTypeObject *type, PyObject *obj, PyObject *name, int *method)
{
    if (method != NULL) {
        *method = 0;
    }
    PyTypeObject *obj_type = check_object(type, obj);
    if (obj_type == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (name != ID(__class__)) {
        result = lookup_bound(type, obj, obj_type, name, method);
    }
    if (result == NULL && !error_occurred()) {
        PyObject *su = super_make(type, obj, obj_type);
        result = su == NULL ? NULL : object_generic_getattr(su, name);
        xdecref(su);
    }
    decref(obj_type);
    return result;
}

// ---- binding and making ----

static PyObject *
super_get(PyObject *op, PyObject *obj, PyObject *type)
{
    (void)type;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    bool is_bound = SUPER(op)->obj != NULL;
    PyTypeObject *su_type = xnew_ref(SUPER(op)->type);     // NULL before __init__
    critical_section_end(&cs);
    PyObject *result = NULL;
    if (obj == NULL || obj == Py_None || is_bound || su_type == NULL) {
        result = new_ref(op);
    }
    else if (type_of(op) != &PySuper_Type) {
        result = object_call_objargs((PyObject *)type_of(op), (PyObject *)su_type, obj, NULL);
    }
    else {
        PyTypeObject *obj_type = check_object(su_type, obj);
        if (obj_type != NULL) {
            result = super_make(su_type, obj, obj_type);
            decref(obj_type);
        }
    }
    xdecref(su_type);
    return result;
}

// The arguments, from the call or from the running method: new references in *type and *obj.
static int
super_arguments(PyObject *const *args, Py_ssize_t nargs, PyObject **type, PyObject **obj)
{
    if (!args_check_positional("super", nargs, 0, 2)) {
        return -1;
    }
    if (nargs == 0) {
        if (hooks.frame_super_arguments == NULL) {
            error_set(PyExc_RuntimeError, "super(): no current frame");
            return -1;
        }
        return hooks.frame_super_arguments(thread_current(), type, obj);
    }
    if (!type_check(args[0])) {
        error_format(PyExc_TypeError, "super() argument 1 must be a type, not %.200s",
                     type_of(args[0])->tp_name);
        return -1;
    }
    *type = new_ref(args[0]);
    *obj = nargs > 1 && args[1] != Py_None ? new_ref(args[1]) : NULL;
    return 0;
}

static int
super_set(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *type, *obj;
    if (super_arguments(args, nargs, &type, &obj) < 0) {
        return -1;
    }
    PyTypeObject *obj_type = NULL;
    if (obj != NULL) {
        obj_type = check_object((PyTypeObject *)type, obj);
        if (obj_type == NULL) {
            decref(type);
            decref(obj);
            return -1;
        }
    }
    SuperObject *su = SUPER(op);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyTypeObject *old_type = su->type;
    PyObject *old_obj = su->obj;
    PyTypeObject *old_obj_type = su->obj_type;
    su->type = (PyTypeObject *)type;
    su->obj = obj;
    su->obj_type = obj_type;
    critical_section_end(&cs);
    xdecref(old_type);
    xdecref(old_obj);
    xdecref(old_obj_type);
    return 0;
}

static int
super_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("super", kwargs)) {
        return -1;
    }
    return super_set(op, tuple_items(args), tuple_size(args));
}

static PyObject *
super_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!args_no_kwnames("super", kwnames)) {
        return NULL;
    }
    PyObject *op = type_alloc((PyTypeObject *)cls, 0);
    if (op != NULL && super_set(op, args, vectorcall_nargs(nargsf)) < 0) {
        clear_ref(op);
    }
    return op;
}

static PyMemberDef super_members[] = {
    {"__thisclass__", _Py_T_OBJECT, offsetof(SuperObject, type), Py_READONLY, "the class invoking super()"},
    {"__self__", _Py_T_OBJECT, offsetof(SuperObject, obj), Py_READONLY,
     "the instance invoking super(); may be None"},
    {"__self_class__", _Py_T_OBJECT, offsetof(SuperObject, obj_type), Py_READONLY,
     "the type of the instance invoking super(); may be None"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject PySuper_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "super",
    .tp_basicsize = sizeof(SuperObject),
    .tp_dealloc = super_dealloc,
    .tp_repr = super_repr,
    .tp_getattro = super_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "super() -> same as super(__class__, <first argument>)\n"
              "super(type) -> unbound super object\n"
              "super(type, obj) -> bound super object; requires isinstance(obj, type)\n"
              "super(type, type2) -> bound super object; requires issubclass(type2, type)\n"
              "Typical use to call a cooperative superclass method:\n"
              "class C(B):\n"
              "    def meth(self, arg):\n"
              "        super().meth(arg)\n"
              "This works for class methods too:\n"
              "class C(B):\n"
              "    @classmethod\n"
              "    def cmeth(cls, arg):\n"
              "        super().cmeth(arg)\n",
    .tp_traverse = super_traverse,
    .tp_members = super_members,
    .tp_descr_get = super_get,
    .tp_init = super_init,
    .tp_alloc = type_alloc,
    .tp_new = type_generic_new,
    .tp_free = heap_free,
    .tp_vectorcall = super_vectorcall,
};
