// Function objects (function.h): making, attributes, the type.
#include "objects/function.h"

#include "abi/constants.h"
#include "base/hooks.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/cell.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/int.h"
#include "objects/method.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

static PyFunctionObject *as_function(PyObject *op) { return (PyFunctionObject *)op; }

PyObject *
function_builtins_for_globals(PyObject *globals)
{
    PyObject *builtins;
    int found = dict_get(globals, ID(__builtins__), &builtins);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        PyObject *ours = interpreter_roots()->builtins;
        return ours != NULL ? new_ref(ours) : dict_new();
    }
    if (module_check(builtins)) {
        set_ref(builtins, new_ref(module_dict_borrow(builtins)));
    }
    return builtins;
}

// The docstring: the first constant, when the code has one.
static PyObject *
function_doc(PyCodeObject *code)
{
    if ((code->co_flags & CO_HAS_DOCSTRING) != 0 && tuple_size(code->co_consts) > 0) {
        return new_ref(tuple_item(code->co_consts, 0));
    }
    return new_ref(Py_None);
}

PyObject *
function_new(PyObject *code_object, PyObject *globals, PyObject *qualname)
{
    PyCodeObject *code = (PyCodeObject *)code_object;
    PyObject *module = NULL;
    PyObject *builtins = function_builtins_for_globals(globals);
    if (builtins == NULL || dict_get(globals, ID(__name__), &module) < 0) {
        xdecref(builtins);
        return NULL;
    }
    PyFunctionObject *func =
        (PyFunctionObject *)heap_new_object(&PyFunction_Type, sizeof(PyFunctionObject));
    if (func == NULL) {
        xdecref(builtins);
        xdecref(module);
        return NULL;
    }
    func->func_globals = new_ref(globals);
    func->func_builtins = builtins;
    func->func_name = new_ref(code->co_name);
    func->func_qualname = new_ref(qualname != NULL ? qualname : code->co_qualname);
    func->func_code = new_ref(code_object);
    func->func_defaults = NULL;
    func->func_kwdefaults = NULL;
    func->func_closure = NULL;
    func->func_doc = function_doc(code);
    func->func_dict = NULL;
    func->func_weakreflist = NULL;
    func->func_module = module;
    func->func_annotations = NULL;
    func->func_annotate = NULL;
    func->func_typeparams = NULL;
    func->vectorcall = hooks.function_vectorcall;
    func->func_version = 0;
    gc_track(func);
    if ((code->co_flags & CO_NESTED) == 0) {
        refcount_defer((PyObject *)func);   // closures come and go with their counts
    }
    return (PyObject *)func;
}

void
function_set_attribute_steal(PyObject *op, int which, PyObject *value)
{
    PyFunctionObject *func = as_function(op);
    switch (which) {
    case 1:
        set_ref(func->func_defaults, value);
        break;
    case 2:
        set_ref(func->func_kwdefaults, value);
        break;
    case 4:
        set_ref(func->func_annotations, value);
        break;
    case 8:
        set_ref(func->func_closure, value);
        break;
    default:
        set_ref(func->func_annotate, value);
        break;
    }
}

// ---- attributes ----

// A field as a new reference under the function's lock; NULL becomes None.
static PyObject *
get_field(PyObject *op, PyObject **field)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *value = new_ref(*field == NULL ? Py_None : *field);
    critical_section_end(&cs);
    return value;
}

// Replaces a field that calls read without a lock. value may be NULL.
static void
replace_field(PyObject *op, PyObject **field, PyObject *value)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *old = *field;
    atomic_store_release_ptr(field, xnew_ref(value));
    critical_section_end(&cs);
    if (old != NULL) {
        qsbr_decref_delayed(old);
    }
}

static PyObject *get_code(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_code); }
static PyObject *get_defaults(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_defaults); }
static PyObject *get_kwdefaults(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_kwdefaults); }
static PyObject *get_name(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_name); }
static PyObject *get_qualname(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_qualname); }

static int
audit_set(PyObject *op, const char *name, PyObject *value)
{
    if (hooks.audit == NULL) {
        return 0;
    }
    PyObject *text = str_from_cstr(name);
    PyObject *args = text == NULL ? NULL : tuple_pack(3, op, text, value == NULL ? Py_None : value);
    int result = args == NULL ? -1 : hooks.audit(value == NULL ? "object.__delattr__"
                                                               : "object.__setattr__", args);
    xdecref(args);
    xdecref(text);
    return result;
}

static int
set_code(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL || !code_check(value)) {
        error_set(PyExc_TypeError, "__code__ must be set to a code object");
        return -1;
    }
    if (audit_set(op, "__code__", value) < 0) {
        return -1;
    }
    PyObject *closure = as_function(op)->func_closure;
    Py_ssize_t has = closure == NULL ? 0 : tuple_size(closure);
    Py_ssize_t needs = ((PyCodeObject *)value)->co_nfreevars;
    if (has != needs) {
        error_format(PyExc_ValueError,
                     "%U() requires a code object with %zd free vars, not %zd",
                     as_function(op)->func_name, has, needs);
        return -1;
    }
    const int kinds = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    int old_kind = ((PyCodeObject *)as_function(op)->func_code)->co_flags & kinds;
    if (old_kind != (((PyCodeObject *)value)->co_flags & kinds)
        && error_warn(PyExc_DeprecationWarning, 1,
                      "Assigning a code object of non-matching type is deprecated (e.g., from a "
                      "generator to a plain function)") < 0) {
        return -1;
    }
    replace_field(op, &as_function(op)->func_code, value);
    return 0;
}

int
function_set_defaults(PyObject *op, PyObject *value)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !tuple_check(value)) {
        error_set(PyExc_TypeError, "__defaults__ must be set to a tuple object");
        return -1;
    }
    if (audit_set(op, "__defaults__", value) < 0) {
        return -1;
    }
    replace_field(op, &as_function(op)->func_defaults, value);
    return 0;
}

int
function_set_kwdefaults(PyObject *op, PyObject *value)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !dict_check(value)) {
        error_set(PyExc_TypeError, "__kwdefaults__ must be set to a dict object");
        return -1;
    }
    if (audit_set(op, "__kwdefaults__", value) < 0) {
        return -1;
    }
    replace_field(op, &as_function(op)->func_kwdefaults, value);
    return 0;
}

int
function_set_closure(PyObject *op, PyObject *value)
{
    if (value == Py_None) {
        value = NULL;
    }
    else if (!tuple_check(value)) {
        error_format(PyExc_SystemError, "expected tuple for closure, got '%.100s'",
                     type_of(value)->tp_name);
        return -1;
    }
    replace_field(op, &as_function(op)->func_closure, value);
    return 0;
}

static int set_defaults(PyObject *op, PyObject *v, void *c) { return function_set_defaults(op, v); }
static int set_kwdefaults(PyObject *op, PyObject *v, void *c) { return function_set_kwdefaults(op, v); }

static int
set_name_field(PyObject *op, PyObject **field, PyObject *value, const char *message)
{
    if (value == NULL || !str_check(value)) {
        error_set(PyExc_TypeError, message);
        return -1;
    }
    replace_field(op, field, value);
    return 0;
}

static int
set_name(PyObject *op, PyObject *value, void *context)
{
    return set_name_field(op, &as_function(op)->func_name, value,
                          "__name__ must be set to a string object");
}

static int
set_qualname(PyObject *op, PyObject *value, void *context)
{
    return set_name_field(op, &as_function(op)->func_qualname, value,
                          "__qualname__ must be set to a string object");
}

// Flat tuples (name, value, …) of older bytecode are not used: annotations are a dict, or come
// from __annotate__(1).
PyObject *
function_get_annotations(PyObject *op)
{
    PyFunctionObject *func = as_function(op);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *annotations = xnew_ref(func->func_annotations);
    PyObject *annotate = annotations == NULL ? xnew_ref(func->func_annotate) : NULL;
    critical_section_end(&cs);
    if (annotations != NULL) {
        return annotations;
    }
    if (annotate != NULL && object_callable(annotate)) {
        PyObject *format = int_from_i64(1);
        annotations = format == NULL ? NULL : object_call_onearg(annotate, format);
        xdecref(format);
        if (annotations != NULL && !dict_check(annotations)) {
            error_format(PyExc_TypeError, "__annotate__ returned non-dict of type '%T'", annotations);
            clear_ref(annotations);
        }
    }
    else {
        annotations = dict_new();
    }
    xdecref(annotate);
    if (annotations != NULL) {
        replace_field(op, &func->func_annotations, annotations);
    }
    return annotations;
}

int
function_set_annotations(PyObject *op, PyObject *value)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !dict_check(value)) {
        error_set(PyExc_TypeError, "__annotations__ must be set to a dict object");
        return -1;
    }
    replace_field(op, &as_function(op)->func_annotations, value);
    replace_field(op, &as_function(op)->func_annotate, NULL);
    return 0;
}

static PyObject *get_annotations(PyObject *op, void *c) { return function_get_annotations(op); }
static int set_annotations(PyObject *op, PyObject *v, void *c) { return function_set_annotations(op, v); }
static PyObject *get_annotate(PyObject *op, void *c) { return get_field(op, &as_function(op)->func_annotate); }

static int
set_annotate(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL) {
        error_set(PyExc_TypeError, "__annotate__ cannot be deleted");
        return -1;
    }
    if (value == Py_None) {
        replace_field(op, &as_function(op)->func_annotate, Py_None);
        return 0;
    }
    if (!object_callable(value)) {
        error_set(PyExc_TypeError, "__annotate__ must be callable or None");
        return -1;
    }
    replace_field(op, &as_function(op)->func_annotate, value);
    replace_field(op, &as_function(op)->func_annotations, NULL);
    return 0;
}

static PyObject *
get_type_params(PyObject *op, void *context)
{
    PyObject *params = get_field(op, &as_function(op)->func_typeparams);
    if (params == Py_None) {
        set_ref(params, tuple_empty());
    }
    return params;
}

static int
set_type_params(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL || !tuple_check(value)) {
        error_set(PyExc_TypeError, "__type_params__ must be set to a tuple");
        return -1;
    }
    replace_field(op, &as_function(op)->func_typeparams, value);
    return 0;
}

static PyGetSetDef function_getset[] = {
    {"__code__", get_code, set_code, NULL, NULL},
    {"__defaults__", get_defaults, set_defaults, NULL, NULL},
    {"__kwdefaults__", get_kwdefaults, set_kwdefaults, NULL, NULL},
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {"__annotate__", get_annotate, set_annotate, NULL, NULL},
    {"__dict__", object_generic_get_dict, object_generic_set_dict, NULL, NULL},
    {"__name__", get_name, set_name, NULL, NULL},
    {"__qualname__", get_qualname, set_qualname, NULL, NULL},
    {"__type_params__", get_type_params, set_type_params, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef function_members[] = {
    {"__closure__", _Py_T_OBJECT, offsetof(PyFunctionObject, func_closure), Py_READONLY, NULL},
    {"__doc__", _Py_T_OBJECT, offsetof(PyFunctionObject, func_doc), 0, NULL},
    {"__globals__", _Py_T_OBJECT, offsetof(PyFunctionObject, func_globals), Py_READONLY, NULL},
    {"__module__", _Py_T_OBJECT, offsetof(PyFunctionObject, func_module), 0, NULL},
    {"__builtins__", _Py_T_OBJECT, offsetof(PyFunctionObject, func_builtins), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

// ---- the type ----

static bool
closure_fits(PyCodeObject *code, PyObject *closure)
{
    Py_ssize_t given = closure == Py_None ? 0 : tuple_size(closure);
    if (given != code->co_nfreevars) {
        error_format(PyExc_ValueError, "%U requires closure of length %zd, not %zd", code->co_name,
                     (Py_ssize_t)code->co_nfreevars, given);
        return false;
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        if (!cell_check(tuple_item(closure, i))) {
            error_format(PyExc_TypeError, "arg 5 (closure) expected cell, found %s",
                         type_of(tuple_item(closure, i))->tp_name);
            return false;
        }
    }
    return true;
}

static PyObject *
function_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"code", "globals", "name", "argdefs", "closure",
                                           "kwdefaults", NULL};
    PyObject *code, *globals, *name = Py_None, *defaults = Py_None, *closure = Py_None;
    PyObject *kwdefaults = Py_None;
    if (!args_parse_static(args, kwargs, "O!O!|OOOO:function", keywords, &PyCode_Type, &code,
                           &PyDict_Type, &globals, &name, &defaults, &closure, &kwdefaults)) {
        return NULL;
    }
    if (name != Py_None && !str_check(name)) {
        return error_set(PyExc_TypeError, "arg 3 (name) must be None or string");
    }
    if (defaults != Py_None && !tuple_check(defaults)) {
        return error_set(PyExc_TypeError, "arg 4 (defaults) must be None or tuple");
    }
    bool needs_closure = ((PyCodeObject *)code)->co_nfreevars > 0;
    if (!tuple_check(closure) && (needs_closure || closure != Py_None)) {
        return error_set(PyExc_TypeError, needs_closure && closure == Py_None
                                              ? "arg 5 (closure) must be tuple"
                                              : "arg 5 (closure) must be None or tuple");
    }
    if (kwdefaults != Py_None && !dict_check(kwdefaults)) {
        return error_set(PyExc_TypeError, "arg 6 (kwdefaults) must be None or dict");
    }
    if (!closure_fits((PyCodeObject *)code, closure)) {
        return NULL;
    }
    PyObject *op = function_new(code, globals, NULL);
    if (op == NULL) {
        return NULL;
    }
    PyFunctionObject *func = as_function(op);
    if (name != Py_None) {
        set_ref(func->func_name, new_ref(name));
    }
    func->func_defaults = defaults == Py_None ? NULL : new_ref(defaults);
    func->func_closure = closure == Py_None ? NULL : new_ref(closure);
    func->func_kwdefaults = kwdefaults == Py_None ? NULL : new_ref(kwdefaults);
    return op;
}

static PyObject *
function_repr(PyObject *op)
{
    return str_format("<function %U at %p>", as_function(op)->func_qualname, op);
}

static PyObject *
function_descr_get(PyObject *func, PyObject *obj, PyObject *type)
{
    if (obj == NULL || (obj == Py_None && type != (PyObject *)&_PyNone_Type)) {
        return new_ref(func);
    }
    return method_new(func, obj);
}

static int
function_clear(PyObject *op)
{
    PyFunctionObject *func = as_function(op);
    clear_ref(func->func_defaults);
    clear_ref(func->func_kwdefaults);
    clear_ref(func->func_closure);
    clear_ref(func->func_doc);
    clear_ref(func->func_dict);
    clear_ref(func->func_module);
    clear_ref(func->func_annotations);
    clear_ref(func->func_annotate);
    clear_ref(func->func_typeparams);
    return 0;
}

static void
function_dealloc(PyObject *op)
{
    PyFunctionObject *func = as_function(op);
    gc_untrack(op);
    if (func->func_weakreflist != NULL) {
        weakref_clear_all(op);
    }
    function_clear(op);
    clear_ref(func->func_globals);
    clear_ref(func->func_builtins);
    clear_ref(func->func_name);
    clear_ref(func->func_qualname);
    clear_ref(func->func_code);
    heap_free(op);
}

static int
function_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyFunctionObject *f = as_function(op);
    PyObject *fields[] = {f->func_code, f->func_globals, f->func_module, f->func_defaults,
                          f->func_kwdefaults, f->func_doc, f->func_name, f->func_dict,
                          f->func_closure, f->func_annotations, f->func_annotate,
                          f->func_typeparams, f->func_qualname, f->func_builtins};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int result = fields[i] == NULL ? 0 : visit(fields[i], arg);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

PyTypeObject PyFunction_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "function",
    .tp_basicsize = sizeof(PyFunctionObject),
    .tp_dealloc = function_dealloc,
    .tp_vectorcall_offset = offsetof(PyFunctionObject, vectorcall),
    .tp_repr = function_repr,
    .tp_call = vectorcall_call,
    .tp_getattro = object_generic_getattr,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_doc = "function(code, globals, name=None, argdefs=None, closure=None,\n         "
              "kwdefaults=None)\n--\n\nCreate a function object.\n\n  code\n    a code object\n  "
              "globals\n    the globals dictionary\n  name\n    a string that overrides the name from "
              "the code object\n  argdefs\n    a tuple that specifies the default argument values\n  "
              "closure\n    a tuple that supplies the bindings for free variables\n  kwdefaults\n    a "
              "dictionary that specifies the default keyword argument values",
    .tp_traverse = function_traverse,
    .tp_clear = function_clear,
    .tp_weaklistoffset = offsetof(PyFunctionObject, func_weakreflist),
    .tp_members = function_members,
    .tp_getset = function_getset,
    .tp_descr_get = function_descr_get,
    .tp_dictoffset = offsetof(PyFunctionObject, func_dict),
    .tp_new = function_tp_new,
    .tp_free = heap_free,
};
