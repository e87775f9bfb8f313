// The type module: attributes, annotations, life.
//
// Threading: md_dict is set once; see module.h.
#include "objects/module.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module_internal.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

#define MODULE(op) ((PyModuleObject *)(op))

// ---- making ----

static PyObject *
module_alloc(PyTypeObject *type)
{
    PyObject *op = type_alloc(type, 0);
    if (op != NULL) {
        MODULE(op)->md_dict = dict_new();
        if (MODULE(op)->md_dict == NULL) {
            clear_ref(op);
        }
    }
    return op;
}

static int
init_dict(PyObject *op, PyObject *name, PyObject *doc)
{
    PyObject *dict = MODULE(op)->md_dict;
    if (dict_set(dict, ID(__name__), name) < 0 ||
        dict_set(dict, ID(__doc__), doc == NULL ? Py_None : doc) < 0 ||
        dict_set(dict, ID(__package__), Py_None) < 0 ||
        dict_set(dict, ID(__loader__), Py_None) < 0 || dict_set(dict, ID(__spec__), Py_None) < 0) {
        return -1;
    }
    if (str_check_exact(name)) {
        set_ref(MODULE(op)->md_name, new_ref(name));
    }
    return 0;
}

PyObject *
module_new(PyObject *name)
{
    PyObject *op = module_alloc(&PyModule_Type);
    if (op != NULL && init_dict(op, name, NULL) < 0) {
        clear_ref(op);
    }
    if (op != NULL) {
        refcount_defer(op);
    }
    return op;
}

PyObject *
module_new_cstr(const char *name)
{
    PyObject *text = str_from_cstr(name);
    if (text == NULL) {
        return NULL;
    }
    PyObject *op = module_new(text);
    decref(text);
    return op;
}

static PyObject *
module_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    return module_alloc(type);
}

static int
module_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"name", "doc", NULL};
    static ArgsParser parser = {.format = "U|O:module", .keywords = keywords};
    PyObject *name;
    PyObject *doc = Py_None;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &name, &doc)) {
        return -1;
    }
    return init_dict(op, name, doc);
}

// ---- life ----

static int
module_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyModuleObject *m = MODULE(op);
    if (m->md_def != NULL && m->md_def->m_traverse != NULL &&
        (m->md_def->m_size <= 0 || m->md_state != NULL)) {
        int stop = m->md_def->m_traverse(op, visit, arg);
        if (stop != 0) {
            return stop;
        }
    }
    return m->md_dict == NULL ? 0 : visit(m->md_dict, arg);
}

static int
module_clear(PyObject *op)
{
    PyModuleObject *m = MODULE(op);
    if (m->md_def != NULL && m->md_def->m_clear != NULL &&
        (m->md_def->m_size <= 0 || m->md_state != NULL)) {
        int failed = m->md_def->m_clear(op);
        if (error_occurred()) {
            error_format_unraisable("Exception ignored in m_clear of module%s%V",
                                    m->md_name != NULL ? " " : "", m->md_name, "");
        }
        if (failed) {
            return failed;
        }
    }
    // The dict stays: functions of the module may outlive it. If not, it is cleared as garbage itself.
    return 0;
}

static void
module_dealloc(PyObject *op)
{
    PyModuleObject *m = MODULE(op);
    gc_untrack(op);
    if (m->md_weaklist != NULL) {
        weakref_clear_all(op);
    }
    if (m->md_def != NULL && m->md_def->m_free != NULL &&
        (m->md_def->m_size <= 0 || m->md_state != NULL)) {
        m->md_def->m_free(m);
    }
    clear_ref(m->md_dict);
    clear_ref(m->md_name);
    mem_free(m->md_state);
    type_of(op)->tp_free(op);
}

// Gives up the values of names chosen by `first`: one leading underscore, or all but __builtins__.
static void
clear_names(PyObject *dict, bool first)
{
    PyObject *key;
    Py_ssize_t pos = 0;
    while (dict_next(dict, &pos, &key, NULL) > 0) {
        if (str_check(key)) {
            bool single = str_length(key) > 0 && str_read_char(key, 0) == '_' &&
                          !(str_length(key) > 1 && str_read_char(key, 1) == '_');
            bool chosen = first ? single : !str_equal(key, ID(__builtins__));
            if (chosen && dict_set(dict, key, Py_None) < 0) {
                error_write_unraisable(NULL);
            }
        }
        decref(key);
    }
}

void
module_clear_dict(PyObject *dict)
{
    clear_names(dict, true);
    clear_names(dict, false);
}

// ---- names ----

PyObject *
module_get_name(PyObject *module)
{
    PyObject *name = NULL;
    if (!module_check(module)) {
        error_bad_argument();
        return NULL;
    }
    int found = dict_get(MODULE(module)->md_dict, ID(__name__), &name);
    if (found > 0 && str_check(name)) {
        return name;
    }
    xdecref(name);
    return found < 0 ? NULL : error_set(PyExc_SystemError, "nameless module");
}

PyObject *
module_get_filename(PyObject *module)
{
    PyObject *name = NULL;
    if (!module_check(module)) {
        error_bad_argument();
        return NULL;
    }
    int found = dict_get(MODULE(module)->md_dict, ID(__file__), &name);
    if (found > 0 && str_check(name)) {
        return name;
    }
    xdecref(name);
    return found < 0 ? NULL : error_set(PyExc_SystemError, "module filename missing");
}

// ---- attributes ----

// module.__getattr__(name) (PEP 562): NULL without an exception when there is no such function.
static PyObject *
call_hook(PyObject *module, PyObject *name, bool suppress)
{
    PyObject *hook;
    int found = dict_get(MODULE(module)->md_dict, ID(__getattr__), &hook);
    if (found <= 0) {
        return NULL;
    }
    PyObject *result = object_call_onearg(hook, name);
    decref(hook);
    if (result == NULL && suppress) {
        error_clear_if(PyExc_AttributeError);
    }
    return result;
}

static PyObject *
getattr_with(PyObject *module, PyObject *name, bool suppress)
{
    PyObject *result = object_generic_getattr_with_dict(module, name, NULL, true);
    if (result != NULL || error_occurred()) {
        return result;
    }
    int has_hook = dict_contains(MODULE(module)->md_dict, ID(__getattr__));
    if (has_hook != 0) {
        return has_hook < 0 ? NULL : call_hook(module, name, suppress);
    }
    if (!suppress) {
        module_set_missing_attribute(module, name);
    }
    return NULL;
}

PyObject *
module_getattro(PyObject *module, PyObject *name)
{
    return getattr_with(module, name, false);
}

PyObject *
module_getattro_suppress(PyObject *module, PyObject *name)
{
    return getattr_with(module, name, true);
}

static PyObject *
module_repr(PyObject *op)
{
    PyObject *importlib = interpreter_roots()->importlib;
    if (importlib != NULL) {
        return object_call_method_onearg(importlib, ID(_module_repr), op);
    }
    PyObject *name = module_get_name(op);
    if (name == NULL) {
        error_clear();
        return str_from_cstr("<module '?'>");
    }
    PyObject *result = str_format("<module %R>", name);
    decref(name);
    return result;
}

static PyObject *
module_dir(PyObject *op, PyObject *unused)
{
    (void)unused;
    PyObject *dict = object_getattr(op, ID(__dict__));
    if (dict == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!dict_check(dict)) {
        error_set(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
    }
    else {
        PyObject *hook;
        int found = dict_get(dict, ID(__dir__), &hook);
        if (found > 0) {
            result = object_call_noargs(hook);
            decref(hook);
        }
        else if (found == 0) {
            result = dict_keys_list(dict);
        }
    }
    decref(dict);
    return result;
}

// ---- annotations (PEP 649) ----

// The dict as seen from Python, which a subclass may have replaced; a new reference.
static PyObject *
dict_of(PyObject *op)
{
    PyObject *dict = object_getattr(op, ID(__dict__));
    if (dict != NULL && !dict_check(dict)) {
        error_set(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
        clear_ref(dict);
    }
    return dict;
}

static PyObject *
get_annotate(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *dict = dict_of(op);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *annotate;
    if (dict_get(dict, ID(__annotate__), &annotate) == 0) {
        annotate = dict_set(dict, ID(__annotate__), Py_None) < 0 ? NULL : new_ref(Py_None);
    }
    decref(dict);
    return annotate;
}

static int
set_annotate(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    if (value == NULL) {
        error_set(PyExc_TypeError, "cannot delete __annotate__ attribute");
        return -1;
    }
    PyObject *dict = dict_of(op);
    if (dict == NULL) {
        return -1;
    }
    int result = -1;
    if (value != Py_None && !object_callable(value)) {
        error_set(PyExc_TypeError, "__annotate__ must be callable or None");
    }
    else if (dict_set(dict, ID(__annotate__), value) == 0 &&
             (value == Py_None || dict_pop(dict, ID(__annotations__), NULL) >= 0)) {
        result = 0;
    }
    decref(dict);
    return result;
}

// What __annotate__(1) gives, or an empty dict; kept in the dict once the module is complete.
static PyObject *
compute_annotations(PyObject *dict)
{
    PyObject *annotate = NULL;
    PyObject *spec = NULL;
    PyObject *result = NULL;
    if (dict_get(dict, ID(__annotate__), &annotate) < 0 || dict_get(dict, ID(__spec__), &spec) < 0) {
        goto done;
    }
    int initializing = module_spec_is_initializing(spec);
    if (initializing < 0) {
        goto done;
    }
    if (annotate != NULL && object_callable(annotate)) {
        PyObject *one = int_from_i64(1);
        result = one == NULL ? NULL : object_call_onearg(annotate, one);
        xdecref(one);
        if (result != NULL && !dict_check(result)) {
            error_format(PyExc_TypeError, "__annotate__ returned non-dict of type '%T'", result);
            clear_ref(result);
        }
    }
    else {
        result = dict_new();
    }
    if (result != NULL && !initializing && dict_set(dict, ID(__annotations__), result) < 0) {
        clear_ref(result);
    }
done:
    xdecref(annotate);
    xdecref(spec);
    return result;
}

static PyObject *
get_annotations(PyObject *op, void *closure)
{
    (void)closure;
    PyObject *dict = dict_of(op);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *annotations;
    if (dict_get(dict, ID(__annotations__), &annotations) == 0) {
        annotations = compute_annotations(dict);
    }
    decref(dict);
    return annotations;
}

static int
set_annotations(PyObject *op, PyObject *value, void *closure)
{
    (void)closure;
    PyObject *dict = dict_of(op);
    if (dict == NULL) {
        return -1;
    }
    int result = -1;
    if (value != NULL) {
        result = dict_set(dict, ID(__annotations__), value);
    }
    else {
        int removed = dict_pop(dict, ID(__annotations__), NULL);
        if (removed == 0) {
            error_set_object(PyExc_AttributeError, ID(__annotations__));
        }
        result = removed > 0 ? 0 : -1;
    }
    if (result == 0 && dict_pop(dict, ID(__annotate__), NULL) < 0) {
        result = -1;
    }
    decref(dict);
    return result;
}

static PyMethodDef module_methods[] = {
    {"__dir__", module_dir, METH_NOARGS, "__dir__() -> list\nspecialized dir() implementation"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef module_members[] = {
    {"__dict__", _Py_T_OBJECT, offsetof(PyModuleObject, md_dict), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef module_getsets[] = {
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {"__annotate__", get_annotate, set_annotate, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyModule_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "module",
    .tp_basicsize = sizeof(PyModuleObject),
    .tp_dealloc = module_dealloc,
    .tp_repr = module_repr,
    .tp_getattro = module_getattro,
    .tp_setattro = object_generic_setattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = "module(name, doc=None)\n--\n\n"
              "Create a module object.\n\n"
              "The name must be a string; the optional docstring can have any type.",
    .tp_traverse = module_traverse,
    .tp_clear = module_clear,
    .tp_weaklistoffset = offsetof(PyModuleObject, md_weaklist),
    .tp_methods = module_methods,
    .tp_members = module_members,
    .tp_getset = module_getsets,
    .tp_dictoffset = offsetof(PyModuleObject, md_dict),
    .tp_init = module_init,
    .tp_new = module_type_new,
    .tp_free = heap_free,
};

static void
moduledef_dealloc(PyObject *op)
{
    (void)op;       // definitions are static: never reached
}

PyTypeObject PyModuleDef_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "moduledef",
    .tp_basicsize = sizeof(PyModuleDef),
    .tp_dealloc = moduledef_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};
