// Why a module lacks an attribute: half-initialised modules and modules that hide others.
//
// Threading: no state.
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "objects/attributes.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/module_internal.h"
#include "objects/sequence.h"
#include "objects/set.h"
#include "objects/str.h"

int
module_spec_is_initializing(PyObject *spec)
{
    PyObject *flag;
    if (spec == NULL || spec == Py_None) {
        return 0;
    }
    int found = object_getattr_optional(spec, ID(_initializing), &flag);
    if (found <= 0) {
        return found;
    }
    int truth = object_is_true(flag);
    decref(flag);
    return truth;
}

PyObject *
module_spec_origin(PyObject *spec)
{
    PyObject *value;
    if (spec == NULL || object_getattr_optional(spec, ID(has_location), &value) <= 0) {
        error_clear();
        return NULL;
    }
    int located = object_is_true(value);
    decref(value);
    if (located <= 0 || object_getattr_optional(spec, ID(origin), &value) <= 0) {
        error_clear();
        return NULL;
    }
    if (!str_check(value)) {
        clear_ref(value);
    }
    return value;
}

// The folder of a module file, that of the package for an __init__.py; length in *length.
static bool
folder_of_origin(const char *origin, size_t *length)
{
    const char *slash = strrchr(origin, '/');
    if (slash == NULL) {
        return false;
    }
    if (strcmp(slash + 1, "__init__.py") == 0) {
        const char *end = slash;
        do {
            if (end == origin) {
                return false;
            }
            end--;
        } while (*end != '/');
        slash = end;
    }
    *length = (size_t)(slash - origin);
    return true;
}

bool
module_may_shadow(PyObject *origin)
{
    PyObject *path = interpreter_roots()->sys_path_0;
    if (origin == NULL || path == NULL || !str_check(path)) {
        return false;
    }
    const char *file = str_as_utf8(origin);
    const char *folder = file == NULL ? NULL : str_as_utf8(path);
    if (folder == NULL) {
        error_clear();
        return false;
    }
    char current[PATH_MAX];
    if (folder[0] == '\0') {
        folder = getcwd(current, sizeof current);
    }
    size_t length;
    return folder != NULL && folder_of_origin(file, &length) && strlen(folder) == length &&
           memcmp(folder, file, length) == 0;
}

int
module_is_stdlib_name(PyObject *name)
{
    PyObject *names;
    PyObject *sys_dict = interpreter_roots()->sys_dict;
    int found = sys_dict == NULL ? 0 : dict_get(sys_dict, ID(stdlib_module_names), &names);
    if (found <= 0) {
        return found;
    }
    int result = anyset_check(names) ? set_contains(names, name) : 0;
    decref(names);
    return result;
}

// name is a submodule whose import has begun and not ended.
static bool
is_uninitialized_submodule(PyObject *spec, PyObject *name)
{
    PyObject *value;
    if (spec == NULL || object_getattr_optional(spec, ID(_uninitialized_submodules), &value) <= 0) {
        error_clear();
        return false;
    }
    int found = sequence_contains(value, name);
    decref(value);
    if (found < 0) {
        error_clear();
    }
    return found > 0;
}

static void
set_with_hint(PyObject *module, PyObject *name, PyObject *module_name, PyObject *spec)
{
    PyObject *origin = module_spec_origin(spec);
    bool shadows = module_may_shadow(origin);
    int stdlib = shadows ? module_is_stdlib_name(module_name) : 0;
    if (stdlib < 0) {
        xdecref(origin);
        return;
    }
    int initializing = stdlib ? 0 : module_spec_is_initializing(spec);
    error_clear();
    if (stdlib) {
        error_set_attribute(module, name,
                            "module '%U' has no attribute '%U' (consider renaming %R since it has the "
                            "same name as the standard library module named %R and prevents "
                            "importing that standard library module)", module_name, name, origin, module_name);
    }
    else if (initializing > 0 && shadows) {
        error_set_attribute(module, name,
                            "module '%U' has no attribute '%U' (consider renaming %R if it has the same "
                            "name as a library you intended to import)", module_name, name, origin);
    }
    else if (initializing > 0 && origin != NULL) {
        error_set_attribute(module, name,
                            "partially initialized module '%U' from '%U' has no attribute '%U' (most "
                            "likely due to a circular import)", module_name, origin, name);
    }
    else if (initializing > 0) {
        error_set_attribute(module, name,
                            "partially initialized module '%U' has no attribute '%U' (most likely due "
                            "to a circular import)", module_name, name);
    }
    else if (is_uninitialized_submodule(spec, name)) {
        error_set_attribute(module, name,
                            "cannot access submodule '%U' of module '%U' (most likely due to a circular "
                            "import)", name, module_name);
    }
    else {
        error_set_attribute(module, name, "module '%U' has no attribute '%U'", module_name, name);
    }
    xdecref(origin);
}

void
module_set_missing_attribute(PyObject *module, PyObject *name)
{
    PyObject *dict = module_dict_borrow(module);
    PyObject *module_name;
    PyObject *spec;
    if (dict_get(dict, ID(__name__), &module_name) < 0) {
        return;
    }
    if (module_name == NULL || !str_check(module_name)) {
        xdecref(module_name);
        error_set_attribute(module, name, "module has no attribute '%U'", name);
        return;
    }
    if (dict_get(dict, ID(__spec__), &spec) >= 0) {
        set_with_hint(module, name, module_name, spec);
        xdecref(spec);
    }
    decref(module_name);
}
