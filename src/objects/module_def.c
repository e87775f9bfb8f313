// Modules from PyModuleDef: multi-phase (PEP 489) and single-phase initialisation, adding things.
//
// Threading: a module under construction belongs to its importer.
#include <string.h>

#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/type.h"

#define MODULE(op) ((PyModuleObject *)(op))

// ---- adding ----

int
module_add(PyObject *module, const char *name, PyObject *value)
{
    if (!module_check(module)) {
        error_set(PyExc_TypeError, "PyModule_AddObjectRef() first argument must be a module");
        return -1;
    }
    if (value == NULL) {
        if (!error_occurred()) {
            error_set(PyExc_SystemError, "PyModule_AddObjectRef() must be called with an exception "
                      "raised if value is NULL");
        }
        return -1;
    }
    PyObject *key = str_intern_cstr(name);
    int result = key == NULL ? -1 : dict_set(MODULE(module)->md_dict, key, value);
    xdecref(key);
    return result;
}

int
module_add_steal(PyObject *module, const char *name, PyObject *value)
{
    int result = module_add(module, name, value);
    xdecref(value);
    return result;
}

int
module_add_int(PyObject *module, const char *name, long long value)
{
    return module_add_steal(module, name, int_from_i64(value));
}

int
module_add_cstr(PyObject *module, const char *name, const char *value)
{
    return module_add_steal(module, name, str_from_cstr(value));
}

int
module_add_type(PyObject *module, PyTypeObject *type)
{
    if (type_ready(type) < 0) {
        return -1;
    }
    return module_add(module, type_short_name(type), (PyObject *)type);
}

int
module_set_doc(PyObject *module, const char *doc)
{
    PyObject *text = str_from_cstr(doc);
    int result = text == NULL ? -1 : dict_set(MODULE(module)->md_dict, ID(__doc__), text);
    xdecref(text);
    return result;
}

int
module_add_functions(PyObject *module, PyMethodDef *functions)
{
    PyObject *name = object_getattr(module, ID(__name__));
    if (name == NULL) {
        return -1;
    }
    int result = 0;
    for (PyMethodDef *def = functions; result == 0 && def->ml_name != NULL; def++) {
        if ((def->ml_flags & (METH_CLASS | METH_STATIC)) != 0) {
            error_set(PyExc_ValueError, "module functions cannot set METH_CLASS or METH_STATIC");
            result = -1;
            break;
        }
        PyObject *function = cfunction_new(def, module, name);
        if (function == NULL) {
            result = -1;
            break;
        }
        refcount_defer(function);
        result = object_setattr_cstr(module, def->ml_name, function);
        decref(function);
    }
    decref(name);
    return result;
}

// ---- multi-phase ----

PyObject *
module_def_init(PyModuleDef *def)
{
    if (type_ready(&PyModuleDef_Type) < 0) {
        return NULL;
    }
    // Any not-zero index tells a ready definition; modules are found through import, not by it.
    if (def->m_base.m_index == 0) {
        PyObject *op = (PyObject *)def;
        op->ob_ref_local = REF_IMMORTAL_LOCAL;
        atomic_store_relaxed_ptr(&op->ob_type, &PyModuleDef_Type);
        def->m_base.m_index = 1;
    }
    return (PyObject *)def;
}

typedef PyObject *(*CreateFunction)(PyObject *spec, PyModuleDef *def);
typedef int (*ExecFunction)(PyObject *module);

// Looks through the slots: *create, and whether anything is to be executed.
static int
read_slots(PyModuleDef *def, const char *name, CreateFunction *create, bool *has_exec)
{
    *create = NULL;
    *has_exec = false;
    bool seen_interpreters = false, seen_gil = false;
    for (PyModuleDef_Slot *slot = def->m_slots; slot != NULL && slot->slot != 0; slot++) {
        const char *twice = NULL;
        switch (slot->slot) {
        case Py_mod_create:
            twice = *create != NULL ? "create" : NULL;
            *create = (CreateFunction)slot->value;
            break;
        case Py_mod_exec:
            *has_exec = true;
            break;
        case Py_mod_multiple_interpreters:
            twice = seen_interpreters ? "'multiple interpreters'" : NULL;
            seen_interpreters = true;
            break;
        case Py_mod_gil:
            twice = seen_gil ? "'gil'" : NULL;
            seen_gil = true;
            break;
        default:
            error_format(PyExc_SystemError, "module %s uses unknown slot ID %i", name, slot->slot);
            return -1;
        }
        if (twice != NULL) {
            error_format(PyExc_SystemError,
                         slot->slot == Py_mod_create ? "module %s has multiple %s slots"
                                                     : "module %s has more than one %s slot",
                         name, twice);
            return -1;
        }
    }
    return 0;
}

static PyObject *
call_create(CreateFunction create, PyObject *spec, PyModuleDef *def, const char *name)
{
    PyObject *module = create(spec, def);
    if (module == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_SystemError,
                         "creation of module %s failed without setting an exception", name);
        }
        return NULL;
    }
    if (error_occurred()) {
        error_format_from_cause(PyExc_SystemError, "creation of module %s raised unreported exception",
                                name);
        clear_ref(module);
    }
    return module;
}

// What only ModuleType instances can have.
static int
check_foreign(PyModuleDef *def, bool has_exec, const char *name)
{
    if (def->m_size > 0 || def->m_traverse != NULL || def->m_clear != NULL || def->m_free != NULL) {
        error_format(PyExc_SystemError, "module %s is not a module object, but requests module state",
                     name);
        return -1;
    }
    if (has_exec) {
        error_format(PyExc_SystemError, "module %s specifies execution slots, but did not create a "
                     "ModuleType instance", name);
        return -1;
    }
    return 0;
}

static int
add_definition(PyObject *module, PyModuleDef *def)
{
    if (def->m_methods != NULL && module_add_functions(module, def->m_methods) < 0) {
        return -1;
    }
    return def->m_doc == NULL || !module_check(module) ? 0 : module_set_doc(module, def->m_doc);
}

PyObject *
module_from_def_and_spec(PyModuleDef *def, PyObject *spec)
{
    CreateFunction create;
    bool has_exec;
    PyObject *module = NULL;
    if (module_def_init(def) == NULL) {
        return NULL;
    }
    PyObject *name_object = object_getattr(spec, ID(name));
    const char *name = name_object == NULL ? NULL : str_as_utf8(name_object);
    if (name == NULL) {
        goto done;
    }
    if (def->m_size < 0) {
        error_format(PyExc_SystemError, "module %s: m_size may not be negative for multi-phase "
                     "initialization", name);
        goto done;
    }
    if (read_slots(def, name, &create, &has_exec) < 0) {
        goto done;
    }
    module = create == NULL ? module_new(name_object) : call_create(create, spec, def, name);
    if (module == NULL) {
        goto done;
    }
    if (module_check(module)) {
        MODULE(module)->md_state = NULL;
        MODULE(module)->md_def = def;
    }
    else if (check_foreign(def, has_exec, name) < 0) {
        clear_ref(module);
        goto done;
    }
    if (add_definition(module, def) < 0) {
        clear_ref(module);
    }
done:
    xdecref(name_object);
    return module;
}

int
module_exec_def(PyObject *module, PyModuleDef *def)
{
    PyObject *name_object = module_get_name(module);
    const char *name = name_object == NULL ? NULL : str_as_utf8(name_object);
    int result = -1;
    if (name == NULL) {
        goto done;
    }
    if (def->m_size >= 0 && MODULE(module)->md_state == NULL) {
        // At least one byte: a state pointer also tells that the module was executed.
        MODULE(module)->md_state = mem_calloc_or_error(1, (size_t)def->m_size + 1);
        if (MODULE(module)->md_state == NULL) {
            goto done;
        }
    }
    for (PyModuleDef_Slot *slot = def->m_slots; slot != NULL && slot->slot != 0; slot++) {
        if (slot->slot != Py_mod_exec) {
            continue;
        }
        int failed = ((ExecFunction)slot->value)(module);
        if (failed) {
            if (!error_occurred()) {
                error_format(PyExc_SystemError,
                             "execution of module %s failed without setting an exception", name);
            }
            goto done;
        }
        if (error_occurred()) {
            error_format_from_cause(PyExc_SystemError,
                                    "execution of module %s raised unreported exception", name);
            goto done;
        }
    }
    result = 0;
done:
    xdecref(name_object);
    return result;
}

// ---- single-phase ----

PyObject *
module_create(PyModuleDef *def)
{
    if (module_def_init(def) == NULL) {
        return NULL;
    }
    PyObject *module = module_new_cstr(def->m_name);
    if (module == NULL) {
        return NULL;
    }
    if (def->m_size > 0) {
        MODULE(module)->md_state = mem_calloc_or_error(1, (size_t)def->m_size);
        if (MODULE(module)->md_state == NULL) {
            decref(module);
            return NULL;
        }
    }
    if (add_definition(module, def) < 0) {
        decref(module);
        return NULL;
    }
    MODULE(module)->md_def = def;
    return module;
}
