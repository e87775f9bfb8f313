// builtin_function_or_method: see cfunction.h.
//
// Each calling convention of PyMethodDef has a vectorcall entry of its own, chosen when the
// function is made; METH_VARARGS functions have none and are called through tp_call.
//
// Threading: immutable after construction, except m_module (written through `__module__`).
#include "objects/cfunction.h"

#include <stddef.h>
#include <string.h>

#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/module.h"
#include "objects/seqiter.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

#define CF(op) ((PyCFunctionObject *)(op))

// Bits that choose the calling convention.
#define CONVENTION_MASK \
    (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD)

// What the C function gets as self: static methods keep their class in m_self, for pickling.
static inline PyObject *
cfunction_self(PyObject *op)
{
    return (CF(op)->m_ml->ml_flags & METH_STATIC) != 0 ? NULL : CF(op)->m_self;
}

// ---- calling ----

static inline int
enter_call(void)
{
    if (__builtin_expect((char *)__builtin_frame_address(0) > thread_current()->c_stack_limit, 1)) {
        return 0;
    }
    return thread_enter_c(" while calling a Python object");
}

static PyObject *
refuse(PyObject *callable, const char *format, Py_ssize_t nargs)
{
    PyObject *name = call_function_str(callable);
    if (name != NULL) {
        error_format(PyExc_TypeError, format, name, nargs);
        decref(name);
    }
    return NULL;
}

static inline bool
has_keywords(PyObject *kwnames)
{
    return kwnames != NULL && tuple_size(kwnames) > 0;
}

PyObject *
cfunction_call_def(PyMethodDef *def, PyObject *self, PyTypeObject *cls, PyObject *callable,
                   PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int convention = def->ml_flags & CONVENTION_MASK;
    if ((convention & METH_KEYWORDS) == 0 && has_keywords(kwnames)) {
        return refuse(callable, "%U takes no keyword arguments", 0);
    }
    if (enter_call() < 0) {
        return NULL;
    }
    void *function = (void *)def->ml_meth;
    switch (convention) {
    case METH_NOARGS:
        if (nargs != 0) {
            return refuse(callable, "%U takes no arguments (%zd given)", nargs);
        }
        return ((PyCFunction)function)(self, NULL);
    case METH_O:
        if (nargs != 1) {
            return refuse(callable, "%U takes exactly one argument (%zd given)", nargs);
        }
        return ((PyCFunction)function)(self, args[0]);
    case METH_FASTCALL:
        return ((PyCFunctionFast)function)(self, args, nargs);
    case METH_FASTCALL | METH_KEYWORDS:
        return ((PyCFunctionFastWithKeywords)function)(self, args, nargs, kwnames);
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return ((PyCMethod)function)(self, cls, args, (size_t)nargs, kwnames);
    default:
        break;
    }
    // METH_VARARGS with or without METH_KEYWORDS.
    PyObject *tuple = tuple_from_array(args, nargs);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if ((convention & METH_KEYWORDS) == 0) {
        result = ((PyCFunction)function)(self, tuple);
    }
    else {
        PyObject *kwargs = NULL;
        if (has_keywords(kwnames)) {
            kwargs = call_stack_as_dict(args + nargs, kwnames);
        }
        if (kwargs != NULL || !error_occurred()) {
            result = ((PyCFunctionWithKeywords)function)(self, tuple, kwargs);
        }
        xdecref(kwargs);
    }
    decref(tuple);
    return result;
}

static PyObject *
vectorcall_noargs(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    (void)args;
    if (__builtin_expect(has_keywords(kwnames), 0)) {
        return refuse(op, "%U takes no keyword arguments", 0);
    }
    if (__builtin_expect(vectorcall_nargs(nargsf) != 0, 0)) {
        return refuse(op, "%U takes no arguments (%zd given)", vectorcall_nargs(nargsf));
    }
    if (enter_call() < 0) {
        return NULL;
    }
    return CF(op)->m_ml->ml_meth(cfunction_self(op), NULL);
}

static PyObject *
vectorcall_o(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (__builtin_expect(has_keywords(kwnames), 0)) {
        return refuse(op, "%U takes no keyword arguments", 0);
    }
    if (__builtin_expect(vectorcall_nargs(nargsf) != 1, 0)) {
        return refuse(op, "%U takes exactly one argument (%zd given)", vectorcall_nargs(nargsf));
    }
    if (enter_call() < 0) {
        return NULL;
    }
    return CF(op)->m_ml->ml_meth(cfunction_self(op), args[0]);
}

static PyObject *
vectorcall_fast(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (__builtin_expect(has_keywords(kwnames), 0)) {
        return refuse(op, "%U takes no keyword arguments", 0);
    }
    if (enter_call() < 0) {
        return NULL;
    }
    return ((PyCFunctionFast)(void *)CF(op)->m_ml->ml_meth)(cfunction_self(op), args,
                                                            vectorcall_nargs(nargsf));
}

static PyObject *
vectorcall_fast_keywords(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (enter_call() < 0) {
        return NULL;
    }
    return ((PyCFunctionFastWithKeywords)(void *)CF(op)->m_ml->ml_meth)(
        cfunction_self(op), args, vectorcall_nargs(nargsf), kwnames);
}

static PyObject *
vectorcall_method(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (enter_call() < 0) {
        return NULL;
    }
    return ((PyCMethod)(void *)CF(op)->m_ml->ml_meth)(cfunction_self(op),
                                                      ((PyCMethodObject *)op)->mm_class, args,
                                                      (size_t)vectorcall_nargs(nargsf), kwnames);
}

static PyObject *
cfunction_tp_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (CF(op)->vectorcall != NULL) {
        return vectorcall_call(op, args, kwargs);
    }
    void *function = (void *)CF(op)->m_ml->ml_meth;
    if ((CF(op)->m_ml->ml_flags & METH_KEYWORDS) != 0) {
        return ((PyCFunctionWithKeywords)function)(cfunction_self(op), args, kwargs);
    }
    if (kwargs != NULL && dict_size(kwargs) > 0) {
        return refuse(op, "%U takes no keyword arguments", 0);
    }
    return ((PyCFunction)function)(cfunction_self(op), args);
}

// ---- life ----

// Whether the flags name a convention; *vectorcall is its entry, NULL for METH_VARARGS.
static bool
convention_entry(int flags, vectorcallfunc *vectorcall)
{
    switch (flags & CONVENTION_MASK) {
    case METH_VARARGS:
    case METH_VARARGS | METH_KEYWORDS:
        *vectorcall = NULL;
        return true;
    case METH_FASTCALL:
        *vectorcall = vectorcall_fast;
        return true;
    case METH_FASTCALL | METH_KEYWORDS:
        *vectorcall = vectorcall_fast_keywords;
        return true;
    case METH_NOARGS:
        *vectorcall = vectorcall_noargs;
        return true;
    case METH_O:
        *vectorcall = vectorcall_o;
        return true;
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        *vectorcall = vectorcall_method;
        return true;
    default:
        return false;
    }
}

PyObject *
cmethod_new(PyMethodDef *def, PyObject *self, PyObject *module, PyTypeObject *cls)
{
    vectorcallfunc vectorcall;
    if (!convention_entry(def->ml_flags, &vectorcall)) {
        return error_format(PyExc_SystemError, "%s() method: bad call flags", def->ml_name);
    }
    bool needs_class = (def->ml_flags & METH_METHOD) != 0;
    if (needs_class != (cls != NULL)) {
        return error_set(PyExc_SystemError,
                         needs_class ? "attempting to create PyCMethod with a METH_METHOD flag but "
                                       "no class"
                                     : "attempting to create PyCFunction with class but no "
                                       "METH_METHOD flag");
    }
    PyTypeObject *type = needs_class ? &PyCMethod_Type : &PyCFunction_Type;
    PyObject *op = heap_new_object(type, (size_t)type->tp_basicsize);
    if (op == NULL) {
        return NULL;
    }
    CF(op)->m_ml = def;
    CF(op)->m_self = xnew_ref(self);
    CF(op)->m_module = xnew_ref(module);
    CF(op)->m_weakreflist = NULL;
    CF(op)->vectorcall = vectorcall;
    if (needs_class) {
        ((PyCMethodObject *)op)->mm_class = new_ref(cls);
    }
    gc_track(op);
    return op;
}

PyObject *
cfunction_new(PyMethodDef *def, PyObject *self, PyObject *module)
{
    return cmethod_new(def, self, module, NULL);
}

static int
cfunction_clear(PyObject *op)
{
    clear_ref(CF(op)->m_self);
    clear_ref(CF(op)->m_module);
    if ((CF(op)->m_ml->ml_flags & METH_METHOD) != 0) {
        clear_ref(((PyCMethodObject *)op)->mm_class);
    }
    return 0;
}

static void
cfunction_dealloc(PyObject *op)
{
    gc_untrack(op);
    if (CF(op)->m_weakreflist != NULL) {
        weakref_clear_all(op);
    }
    (void)cfunction_clear(op);
    type_of(op)->tp_free(op);
}

static int
cfunction_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *cls = NULL;
    if ((CF(op)->m_ml->ml_flags & METH_METHOD) != 0) {
        cls = (PyObject *)((PyCMethodObject *)op)->mm_class;
    }
    PyObject *fields[3] = {CF(op)->m_self, CF(op)->m_module, cls};
    for (int i = 0; i < 3; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

// ---- docstrings ----

// Where the signature of a C docstring starts, i.e. behind "name", or NULL.
static const char *
find_signature(const char *name, const char *doc)
{
    const char *dot = strrchr(name, '.');
    if (dot != NULL) {
        name = dot + 1;
    }
    size_t length = strlen(name);
    if (doc == NULL || strncmp(doc, name, length) != 0 || doc[length] != '(') {
        return NULL;
    }
    return doc + length;
}

// The end marker of a signature is ")\n--\n\n", before any empty line.
static const char *
find_signature_end(const char *signature)
{
    for (const char *p = signature; *p != '\0'; p++) {
        if (strncmp(p, ")\n--\n\n", 6) == 0) {
            return p + 1;
        }
        if (p[0] == '\n' && p[1] == '\n') {
            return NULL;
        }
    }
    return NULL;
}

PyObject *
doc_from_internal(const char *name, const char *doc)
{
    if (doc == NULL) {
        return Py_None;
    }
    const char *signature = find_signature(name, doc);
    const char *end = signature == NULL ? NULL : find_signature_end(signature);
    const char *text = end == NULL ? doc : end + 5;
    return *text == '\0' ? Py_None : str_from_cstr(text);
}

PyObject *
text_signature_from_internal(const char *name, const char *doc)
{
    const char *signature = find_signature(name, doc);
    const char *end = signature == NULL ? NULL : find_signature_end(signature);
    return end == NULL ? Py_None : str_from_utf8(signature, end - signature);
}

// ---- attributes ----

static PyObject *
get_doc(PyObject *op, void *closure)
{
    (void)closure;
    return doc_from_internal(CF(op)->m_ml->ml_name, CF(op)->m_ml->ml_doc);
}

static PyObject *
get_text_signature(PyObject *op, void *closure)
{
    (void)closure;
    return text_signature_from_internal(CF(op)->m_ml->ml_name, CF(op)->m_ml->ml_doc);
}

static PyObject *
get_name(PyObject *op, void *closure)
{
    (void)closure;
    return str_intern_cstr(CF(op)->m_ml->ml_name);
}

// "name" of functions of modules, "type.name" of methods.
static PyObject *
get_qualname(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *self = CF(op)->m_self;
    if (self == NULL || module_check(self)) {
        return str_from_cstr(CF(op)->m_ml->ml_name);
    }
    PyObject *type = type_check(self) ? self : (PyObject *)type_of(self);
    PyObject *qualname = object_getattr(type, ID(__qualname__));
    if (qualname == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!str_check(qualname)) {
        error_set(PyExc_TypeError, "<method>.__class__.__qualname__ is not a unicode object");
    }
    else {
        result = str_format("%U.%s", qualname, CF(op)->m_ml->ml_name);
    }
    decref(qualname);
    return result;
}

static PyObject *
get_self(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *self = cfunction_self(op);
    return self == NULL ? Py_None : new_ref(self);
}

static PyGetSetDef cfunction_getset[] = {
    {"__doc__", get_doc, NULL, NULL, NULL},
    {"__name__", get_name, NULL, NULL, NULL},
    {"__qualname__", get_qualname, NULL, NULL, NULL},
    {"__self__", get_self, NULL, NULL, NULL},
    {"__text_signature__", get_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef cfunction_members[] = {
    {"__module__", _Py_T_OBJECT, offsetof(PyCFunctionObject, m_module), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

// ---- comparison, text, pickling ----

static PyObject *
cfunction_repr(PyObject *op)
{
    PyObject *self = CF(op)->m_self;
    if (self == NULL || module_check(self)) {
        return str_format("<built-in function %s>", CF(op)->m_ml->ml_name);
    }
    return str_format("<built-in method %s of %s object at %p>", CF(op)->m_ml->ml_name,
                      type_of(self)->tp_name, (void *)self);
}

static Py_hash_t
cfunction_hash(PyObject *op)
{
    Py_hash_t hash = pointer_hash(CF(op)->m_self) ^ pointer_hash((void *)CF(op)->m_ml->ml_meth);
    return hash == -1 ? -2 : hash;
}

static PyObject *
cfunction_richcompare(PyObject *v, PyObject *w, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !cfunction_check(v) || !cfunction_check(w)) {
        return Py_NotImplemented;
    }
    bool equal = CF(v)->m_self == CF(w)->m_self && CF(v)->m_ml->ml_meth == CF(w)->m_ml->ml_meth;
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

static PyObject *
cfunction_reduce(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *self = CF(op)->m_self;
    if (self == NULL || module_check(self)) {
        return str_from_cstr(CF(op)->m_ml->ml_name);
    }
    PyObject *name = str_from_cstr(CF(op)->m_ml->ml_name);
    PyObject *getattr = name == NULL ? NULL : iterator_builtin(ID(getattr));
    PyObject *args = getattr == NULL ? NULL : tuple_pack(2, self, name);
    PyObject *result = args == NULL ? NULL : tuple_pack(2, getattr, args);
    xdecref(name);
    xdecref(getattr);
    xdecref(args);
    return result;
}

static PyMethodDef cfunction_methods[] = {
    {"__reduce__", cfunction_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyCFunction_Type = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0},
    .tp_name = "builtin_function_or_method",
    .tp_basicsize = sizeof(PyCFunctionObject),
    .tp_dealloc = cfunction_dealloc,
    .tp_vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
    .tp_repr = cfunction_repr,
    .tp_hash = cfunction_hash,
    .tp_call = cfunction_tp_call,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = cfunction_traverse,
    .tp_richcompare = cfunction_richcompare,
    .tp_weaklistoffset = offsetof(PyCFunctionObject, m_weakreflist),
    .tp_methods = cfunction_methods,
    .tp_members = cfunction_members,
    .tp_getset = cfunction_getset,
};

PyTypeObject PyCMethod_Type = {
    .ob_base = {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0},
    .tp_name = "builtin_method",
    .tp_basicsize = sizeof(PyCMethodObject),
    .tp_base = &PyCFunction_Type,
    .tp_traverse = cfunction_traverse,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
};
