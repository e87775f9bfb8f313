// Native module atexit: functions to be called when the interpreter ends.
//
// Owns Interpreter.roots->atexit_callbacks: a list of (function, args, kwargs or None), newest
// last. An ordinary list, so it needs no further locks.
#include "modules/module.h"

#include "abi/constants.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

static PyObject *
callbacks(void)
{
    return interpreter_roots()->atexit_callbacks;
}

static PyObject *
atexit_register(PyObject *module, PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) == 0) {
        return error_set(PyExc_TypeError, "register() takes at least 1 argument (0 given)");
    }
    PyObject *function = tuple_item_borrow(args, 0);
    if (!object_callable(function)) {
        return error_set(PyExc_TypeError, "the first argument must be callable");
    }
    PyObject *rest = tuple_slice(args, 1, tuple_size(args));
    PyObject *entry =
        rest == NULL ? NULL : tuple_pack(3, function, rest, kwargs == NULL ? Py_None : kwargs);
    xdecref(rest);
    if (entry == NULL || list_append_steal(callbacks(), entry) < 0) {
        return NULL;
    }
    return new_ref(function);
}

static PyObject *
atexit_run(PyObject *module, PyObject *unused)
{
    while (list_size(callbacks()) > 0) {
        PyObject *entry = list_pop(callbacks(), -1);
        if (entry == NULL) {
            error_clear();      // another thread has taken the last one
            break;
        }
        PyObject *function = tuple_item_borrow(entry, 0);
        PyObject *kwargs = tuple_item_borrow(entry, 2);
        PyObject *result =
            object_call(function, tuple_item_borrow(entry, 1), kwargs == Py_None ? NULL : kwargs);
        if (result == NULL) {
            error_format_unraisable("Exception ignored in atexit callback %R", function);
        }
        xdecref(result);
        decref(entry);
    }
    return Py_None;
}

static PyObject *
atexit_clear(PyObject *module, PyObject *unused)
{
    list_clear(callbacks());
    return Py_None;
}

static PyObject *
atexit_ncallbacks(PyObject *module, PyObject *unused)
{
    return int_from_ssize(list_size(callbacks()));
}

static PyObject *
atexit_unregister(PyObject *module, PyObject *function)
{
    // Comparison may run anything: a copy is searched, found entries go by identity.
    PyObject *entries = list_from_iterable(callbacks());
    if (entries == NULL) {
        return NULL;
    }
    int equal = 0;
    for (Py_ssize_t i = 0; i < list_size(entries) && equal >= 0; i++) {
        PyObject *entry = list_item_borrow(entries, i);
        equal = object_richcompare_bool(tuple_item_borrow(entry, 0), function, Py_EQ);
        for (Py_ssize_t j = list_size(callbacks()); equal > 0 && j-- > 0;) {
            PyObject *present = list_get_optional(callbacks(), j);
            bool found = present == entry;
            xdecref(present);
            if (found) {
                equal = list_set_slice(callbacks(), j, j + 1, NULL) < 0 ? -1 : equal;
                break;
            }
        }
    }
    decref(entries);
    return equal < 0 ? NULL : Py_None;
}

static PyMethodDef atexit_methods[] = {
    {"register", (PyCFunction)(void (*)(void))atexit_register, METH_VARARGS | METH_KEYWORDS,
     "register($module, func, /, *args, **kwargs)\n--\n\n"
     "Register a function to be executed upon normal program termination\n\n"
     "    func - function to be called at exit\n"
     "    args - optional arguments to pass to func\n"
     "    kwargs - optional keyword arguments to pass to func\n\n"
     "    func is returned to facilitate usage as a decorator."},
    {"_clear", atexit_clear, METH_NOARGS,
     "_clear($module, /)\n--\n\nClear the list of previously registered exit functions."},
    {"unregister", atexit_unregister, METH_O,
     "unregister($module, func, /)\n--\n\n"
     "Unregister an exit function which was previously registered using\n"
     "atexit.register\n\n    func - function to be unregistered"},
    {"_run_exitfuncs", atexit_run, METH_NOARGS,
     "_run_exitfuncs($module, /)\n--\n\n"
     "Run all registered exit functions.\n\n"
     "If a callback raises an exception, it is logged with sys.unraisablehook."},
    {"_ncallbacks", atexit_ncallbacks, METH_NOARGS,
     "_ncallbacks($module, /)\n--\n\nReturn the number of registered exit functions."},
    {NULL, NULL, 0, NULL},
};

static int
atexit_exec(PyObject *module)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->atexit_callbacks == NULL) {
        roots->atexit_callbacks = list_new(0);
    }
    return roots->atexit_callbacks == NULL ? -1 : 0;
}

static PyModuleDef_Slot atexit_slots[] = {
    {Py_mod_exec, (void *)atexit_exec},
    {0, NULL},
};

static PyModuleDef atexit_module = {
    .m_name = "atexit",
    .m_doc = "allow programmer to define multiple exit functions to be executed\n"
             "upon normal program termination.\n\n"
             "Two public functions, register and unregister, are defined.\n",
    .m_methods = atexit_methods,
    .m_slots = atexit_slots,
};

NATIVE_MODULE(atexit, &atexit_module)
