// sys._jit: whether there is a JIT compiler and whether it runs (added in Python 3.14).
//
// Stateless, so safe from any thread. There is no JIT: all three say so.
#include "objects/module.h"
#include "memory/refcount.h"
#include "runtime/sys_internal.h"

static PyObject *
jit_no(PyObject *module, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyMethodDef jit_methods[] = {
    {"is_available", jit_no, METH_NOARGS,
     "is_available($module, /)\n--\n\n"
     "Return True if the current Python executable supports JIT compilation, and False otherwise."},
    {"is_enabled", jit_no, METH_NOARGS,
     "is_enabled($module, /)\n--\n\n"
     "Return True if JIT compilation is enabled for the current Python process, and False "
     "otherwise."},
    {"is_active", jit_no, METH_NOARGS,
     "is_active($module, /)\n--\n\n"
     "Return True if the topmost Python frame is currently executing JIT code, and False "
     "otherwise."},
    {NULL, NULL, 0, NULL},
};

PyObject *
sys_jit_module(void)
{
    PyObject *module = module_new_cstr("sys._jit");
    if (module != NULL && module_add_functions(module, jit_methods) < 0) {
        clear_ref(module);
    }
    return module;
}
