// Assembly of the sys module; see sys.h.
#include "runtime/sys.h"

#include "gc/gc.h"
#include "memory/refcount.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/native.h"
#include "runtime/paths.h"
#include "runtime/sys_internal.h"
#include "vm/vm.h"

PyObject *
sys_get(PyObject *name)
{
    PyObject *dict = interpreter_roots()->sys_dict;
    PyObject *value = NULL;
    if (dict == NULL || dict_get(dict, name, &value) < 0) {
        error_clear();
        return NULL;
    }
    return value;
}

int
sys_set(PyObject *name, PyObject *value)
{
    PyObject *dict = interpreter_roots()->sys_dict;
    if (value != NULL) {
        return dict_set(dict, name, value);
    }
    PyObject *old = NULL;
    int found = dict_pop(dict, name, &old);
    xdecref(old);
    return found < 0 ? -1 : 0;
}

static PyModuleDef_Slot sys_slots[] = {
    {0, NULL},
};

static PyModuleDef sys_definition = {
    .m_name = "sys",
    .m_doc = "This module provides access to some objects used or maintained by the\n"
             "interpreter and to functions that interact strongly with the interpreter.\n\n"
             "Dynamic objects:\n\n"
             "argv -- command line arguments; argv[0] is the script pathname if known\n"
             "path -- module search path; path[0] is the script directory, else ''\n"
             "modules -- dictionary of loaded modules\n\n"
             "displayhook -- called to show results in an interactive session\n"
             "excepthook -- called to handle any uncaught exception other than SystemExit\n\n"
             "stdin -- standard input file object; used by input()\n"
             "stdout -- standard output file object; used by print()\n"
             "stderr -- standard error object; used for error messages\n",
    .m_slots = sys_slots,
};

// The hooks are kept a second time under __name__, so that programs can restore them.
static int
add_hook_copies(PyObject *dict)
{
    static const char *const copies[][2] = {
        {"displayhook", "__displayhook__"},
        {"excepthook", "__excepthook__"},
        {"unraisablehook", "__unraisablehook__"},
        {"breakpointhook", "__breakpointhook__"},
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        PyObject *hook = NULL;
        if (dict_get_cstr(dict, copies[i][0], &hook) <= 0) {
            return -1;
        }
        int failed = dict_set_cstr(dict, copies[i][1], hook);
        decref(hook);
        if (failed < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_empty_containers(PyObject *dict)
{
    static const char *const lists[] = {"meta_path", "path_hooks", "path"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        PyObject *list = list_new(0);
        if (list == NULL || dict_set_cstr(dict, lists[i], list) < 0) {
            xdecref(list);
            return -1;
        }
        decref(list);
    }
    PyObject *cache = dict_new();
    int result = cache != NULL ? dict_set_cstr(dict, "path_importer_cache", cache) : -1;
    xdecref(cache);
    return result;
}

PyObject *
sys_create(void)
{
    InterpreterRoots *roots = interpreter_roots();
    PyObject *module = module_create(&sys_definition);
    if (module == NULL) {
        return NULL;
    }
    PyObject *dict = module_dict_borrow(module);
    roots->sys_dict = new_ref(dict);
    roots->sys_module = new_ref(module);
    roots->modules = dict_new();
    if (roots->modules == NULL || dict_set(dict, ID(modules), roots->modules) < 0
        || dict_set(roots->modules, ID(sys), module) < 0
        || module_add_functions(module, sys_function_methods) < 0
        || module_add_functions(module, sys_hook_methods) < 0
        || sys_functions_init() < 0
        || module_add_steal(module, "monitoring", vm_monitoring_module()) < 0
        || module_add_steal(module, "_jit", sys_jit_module()) < 0
        || add_hook_copies(dict) < 0 || add_empty_containers(dict) < 0
        || sys_info_init(dict) < 0) {
        clear_ref(module);
    }
    return module;
}

int
sys_configure(const Config *config)
{
    PyObject *dict = interpreter_roots()->sys_dict;
    return sys_info_configure(dict, config) < 0 || paths_configure(dict, config) < 0 ? -1 : 0;
}

NATIVE_MODULE(sys, &sys_definition)
