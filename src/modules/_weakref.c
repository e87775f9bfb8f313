// The module _weakref.
//
// Threading: no state.
#include "modules/module.h"

#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

static PyObject *
getweakrefcount(PyObject *module, PyObject *op)
{
    (void)module;
    return int_from_ssize(weakref_count(op));
}

static PyObject *
getweakrefs(PyObject *module, PyObject *op)
{
    (void)module;
    return weakref_list(op);
}

static PyObject *
proxy(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (!args_check_positional("proxy", nargs, 1, 2)) {
        return NULL;
    }
    return weakref_new_proxy(args[0], nargs > 1 ? args[1] : NULL);
}

// Removes key if its value is a dead reference: one step for other threads, so that a new live
// reference under the same key is never lost.
static PyObject *
remove_dead_weakref(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    PyObject *dict, *key, *ref;
    if (!args_parse_stack(args, nargs, "O!O:_remove_dead_weakref", &PyDict_Type, &dict, &key)) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, dict);
    int result = dict_get(dict, key, &ref);
    PyObject *removed = NULL;
    if (result > 0) {
        if (!weakref_check(ref)) {
            error_set(PyExc_TypeError, "not a weakref");
            result = -1;
        }
        else {
            PyObject *object = weakref_object(ref);
            if (object == NULL) {
                result = dict_pop(dict, key, &removed);
            }
            xdecref(object);
        }
    }
    critical_section_end(&cs);
    xdecref(ref);
    xdecref(removed);
    return result < 0 ? NULL : new_ref(Py_None);
}

static PyMethodDef functions[] = {
    {"getweakrefcount", getweakrefcount, METH_O,
     "getweakrefcount($module, object, /)\n--\n\n"
     "Return the number of weak references to 'object'."},
    {"getweakrefs", getweakrefs, METH_O,
     "getweakrefs($module, object, /)\n--\n\n"
     "Return a list of all weak reference objects pointing to 'object'."},
    {"proxy", (PyCFunction)(void *)proxy, METH_FASTCALL,
     "proxy($module, object, callback=None, /)\n--\n\n"
     "Create a proxy object that weakly references 'object'.\n\n"
     "'callback', if given, is called with a reference to the\n"
     "proxy when 'object' is about to be finalized."},
    {"_remove_dead_weakref", (PyCFunction)(void *)remove_dead_weakref, METH_FASTCALL,
     "_remove_dead_weakref($module, dct, key, /)\n--\n\n"
     "Atomically remove key from dict if it points to a dead weakref."},
    {NULL, NULL, 0, NULL},
};

static int
exec(PyObject *module)
{
    if (module_add(module, "ref", (PyObject *)&_PyWeakref_RefType) < 0 ||
        module_add(module, "ReferenceType", (PyObject *)&_PyWeakref_RefType) < 0 ||
        module_add(module, "ProxyType", (PyObject *)&_PyWeakref_ProxyType) < 0) {
        return -1;
    }
    return module_add(module, "CallableProxyType", (PyObject *)&_PyWeakref_CallableProxyType);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)exec},
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef definition = {
    .m_name = "_weakref",
    .m_doc = "Weak-reference support module.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
};

NATIVE_MODULE(_weakref, &definition)
