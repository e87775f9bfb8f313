// The `_imp` module: native modules, frozen modules, extension files. See imp.h.
//
// Native modules are multi-phase: created once per name and interpreter, executed by importlib.
//
// Threading: the import lock is a recursive lock of the interpreter; the tables are immutable.
#include "runtime/imp.h"

#include <string.h>

#include "abi/exceptions.h"
#include "base/hash.h"
#include "import_magic.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "platform/memory.h"
#include "runtime/frozen.h"
#include "runtime/import.h"
#include "runtime/marshal.h"
#include "runtime/native.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "vm/vm.h"

// The name for look-ups in the tables: NULL (no exception) when none of theirs can be meant.
static const char *
module_name_text(PyObject *name)
{
    Py_ssize_t size;
    const char *text = str_as_utf8_size(name, &size);
    error_clear();
    return text != NULL && (Py_ssize_t)strlen(text) == size ? text : NULL;
}

// ---- native modules ----

static const NativeModule *
native_find(const char *name)
{
    for (const NativeModule *module = native_modules; module->name != NULL; module++) {
        if (strcmp(module->name, name) == 0) {
            return module;
        }
    }
    return NULL;
}

static PyObject *
imp_is_builtin(PyObject *module, PyObject *name)
{
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "is_builtin() argument must be str");
    }
    const char *text = module_name_text(name);
    if (text == NULL) {
        return int_from_i64(0);
    }
    // -1: there from the start, cannot be made again.
    bool first = strcmp(text, "sys") == 0 || strcmp(text, "builtins") == 0;
    return int_from_i64(first ? -1 : native_find(text) != NULL);
}

static PyObject *
imp_create_builtin(PyObject *module, PyObject *spec)
{
    PyObject *name = object_getattr(spec, ID(name));
    if (name == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    const char *text = str_check(name) ? str_as_utf8(name) : NULL;
    if (text == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "name must be string, not %.200s",
                         object_type(name)->tp_name);
        }
        goto done;
    }
    const NativeModule *native = native_find(text);
    if (native == NULL) {
        result = new_ref(Py_None);
        goto done;
    }
    // sys and builtins exist since start-up.
    if (strcmp(text, "sys") == 0 || strcmp(text, "builtins") == 0) {
        result = import_get_module(name);
        goto done;
    }
    result = module_from_def_and_spec(native->definition(), spec);
done:
    decref(name);
    return result;
}

static PyObject *
imp_exec_builtin(PyObject *unused, PyObject *module)
{
    PyModuleDef *def = module_check(module) ? module_get_def(module) : NULL;
    if (def == NULL || module_get_state(module) != NULL) {
        return int_from_i64(0);
    }
    return module_exec_def(module, def) < 0 ? NULL : int_from_i64(0);
}

PyObject *
imp_create_native(const char *name)
{
    const NativeModule *native = native_find(name);
    PyObject *text = str_intern_cstr(name);
    PyObject *module = NULL;
    if (native == NULL || text == NULL) {
        xdecref(text);
        return error_occurred() ? NULL : error_format(PyExc_ImportError, "no native module '%s'",
                                                      name);
    }
    module = module_create(native->definition());
    if (module != NULL
        && (module_exec_def(module, native->definition()) < 0
            || object_setitem(import_modules_borrow(), text, module) < 0)) {
        clear_ref(module);
    }
    decref(text);
    return module;
}

// ---- frozen modules ----

static const FrozenModule *
frozen_find(const char *name)
{
    for (const FrozenModule *module = frozen_modules; module->name != NULL; module++) {
        if (strcmp(module->name, name) == 0) {
            return module;
        }
    }
    return NULL;
}

// Frozen module of that name if it may be used; 0 override: default, 1 all, -1 only bootstrap.
static const FrozenModule *
frozen_usable(PyObject *name)
{
    const char *text = module_name_text(name);
    if (text == NULL) {
        return NULL;
    }
    const FrozenModule *module = frozen_find(text);
    InterpreterRoots *roots = interpreter_roots();
    bool all = roots->override_frozen > 0
               || (roots->override_frozen == 0 && !runtime_config()->no_frozen_modules);
    if (module != NULL && !module->bootstrap && !all) {
        return NULL;
    }
    return module;
}

static PyObject *
no_such_frozen(PyObject *name)
{
    PyObject *message = str_format("No such frozen object named %R", name);
    error_set_import(PyExc_ImportError, message, name, NULL);
    xdecref(message);
    return NULL;
}

// The module's code object, made anew. Its frozen form is not needed again soon.
static PyObject *
frozen_load(const FrozenModule *module)
{
    PyObject *code = marshal_load_frozen(module->code, module->size);
    os_memory_evict(__start_frozen, module->code, module->size);
    return code;
}

PyObject *
imp_frozen_code(const char *name)
{
    const FrozenModule *module = frozen_find(name);
    if (module == NULL) {
        PyObject *text = str_from_cstr(name);
        if (text != NULL) {
            no_such_frozen(text);
            decref(text);
        }
        return NULL;
    }
    return frozen_load(module);
}

static bool
check_name(PyObject *name, const char *function)
{
    if (!str_check(name)) {
        error_format(PyExc_TypeError, "%s() argument must be str, not %.50s", function,
                     object_type(name)->tp_name);
        return false;
    }
    return true;
}

static PyObject *
imp_is_frozen(PyObject *module, PyObject *name)
{
    if (!check_name(name, "is_frozen")) {
        return NULL;
    }
    return new_ref(frozen_usable(name) != NULL ? Py_True : Py_False);
}

static PyObject *
imp_is_frozen_package(PyObject *module, PyObject *name)
{
    if (!check_name(name, "is_frozen_package")) {
        return NULL;
    }
    const FrozenModule *frozen = frozen_usable(name);
    if (frozen == NULL) {
        return no_such_frozen(name);
    }
    return new_ref(frozen->is_package ? Py_True : Py_False);
}

static PyObject *
imp_get_frozen_object(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("get_frozen_object", nargs, 1, 2)
        || !check_name(args[0], "get_frozen_object")) {
        return NULL;
    }
    if (nargs > 1 && args[1] != Py_None) {
        Py_buffer view;
        if (buffer_get(args[1], &view, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        PyObject *code = view.len > 0 ? marshal_loads(view.buf, view.len, true)
                                      : no_such_frozen(args[0]);
        buffer_release(&view);
        if (code != NULL && !code_check(code)) {
            decref(code);
            return error_format(PyExc_TypeError, "frozen object %R is not a code object", args[0]);
        }
        return code;
    }
    const FrozenModule *frozen = frozen_usable(args[0]);
    return frozen == NULL ? no_such_frozen(args[0])
                          : frozen_load(frozen);
}

static PyObject *
imp_find_frozen(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "withdata", NULL};
    PyObject *name;
    int with_data = 0;
    if (!args_parse_static(args, kwargs, "U|$p:find_frozen", names, &name, &with_data)) {
        return NULL;
    }
    const FrozenModule *frozen = frozen_usable(name);
    if (frozen == NULL) {
        return new_ref(Py_None);
    }
    PyObject *data = with_data ? bytes_from_data((const char *)frozen->code,
                                                 (Py_ssize_t)frozen->size)
                               : new_ref(Py_None);
    if (data == NULL) {
        return NULL;
    }
    return value_build("(NOs)", data, frozen->is_package ? Py_True : Py_False, frozen->original);
}

static PyObject *
imp_init_frozen(PyObject *module, PyObject *name)
{
    if (!check_name(name, "init_frozen")) {
        return NULL;
    }
    const FrozenModule *frozen = frozen_usable(name);
    if (frozen == NULL) {
        return new_ref(Py_None);
    }
    PyObject *result = NULL;
    PyObject *target = import_add_module(name);
    PyObject *code = target != NULL ? imp_frozen_code(frozen->name) : NULL;
    if (code != NULL) {
        PyObject *dict = module_dict_borrow(target);
        PyObject *builtins = interpreter_roots()->builtins;
        if (dict_set(dict, ID(__builtins__), builtins) == 0) {
            PyObject *ran = vm_eval_code(code, dict, dict);
            result = ran != NULL ? new_ref(target) : NULL;
            xdecref(ran);
        }
    }
    xdecref(code);
    xdecref(target);
    return result;
}

static PyObject *
imp_frozen_module_names(PyObject *module, PyObject *unused)
{
    PyObject *names = list_new(0);
    for (const FrozenModule *frozen = frozen_modules; frozen->name != NULL && names != NULL;
         frozen++) {
        PyObject *name = str_from_cstr(frozen->name);
        if (name == NULL || list_append_steal(names, name) < 0) {
            clear_ref(names);
        }
    }
    return names;
}

static PyObject *
imp_override_frozen(PyObject *module, PyObject *arg)
{
    int override = int_as_int(arg);
    if (override == -1 && error_occurred()) {
        return NULL;
    }
    interpreter_roots()->override_frozen = override;
    return new_ref(Py_None);
}

static PyObject *
imp_override_multi_interp(PyObject *module, PyObject *arg)
{
    int override = int_as_int(arg);
    if (override == -1 && error_occurred()) {
        return NULL;
    }
    InterpreterRoots *roots = interpreter_roots();
    int old = roots->override_multi_interp;
    roots->override_multi_interp = override;
    return int_from_i64(old);
}

// ---- the import lock ----

static PyObject *
imp_acquire_lock(PyObject *module, PyObject *unused)
{
    runtime_import_lock_acquire();
    return new_ref(Py_None);
}

static PyObject *
imp_release_lock(PyObject *module, PyObject *unused)
{
    if (!runtime_import_lock_release()) {
        return error_set(PyExc_RuntimeError, "not holding the import lock");
    }
    return new_ref(Py_None);
}

static PyObject *
imp_lock_held(PyObject *module, PyObject *unused)
{
    return new_ref(runtime_import_lock_held() ? Py_True : Py_False);
}

// ---- extension files and other services ----

static PyObject *
imp_extension_suffixes(PyObject *module, PyObject *unused)
{
    return value_build("[ss]", "." TYPHON_SOABI ".so", ".so");
}

static PyObject *
imp_create_dynamic(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("create_dynamic", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *name = object_getattr(args[0], ID(name));
    PyObject *path = name != NULL ? object_getattr(args[0], ID(origin)) : NULL;
    PyObject *message = path != NULL
                            ? str_format("extension modules cannot be loaded yet: %U", path) : NULL;
    if (message != NULL) {
        error_set_import(PyExc_ImportError, message, name, path);
    }
    xdecref(message);
    xdecref(path);
    xdecref(name);
    return NULL;
}

static PyObject *
imp_exec_dynamic(PyObject *module, PyObject *target)
{
    return imp_exec_builtin(module, target);
}

static PyObject *
imp_source_hash(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"key", "source", NULL};
    long key;
    Py_buffer source;
    if (!args_parse_static(args, kwargs, "ly*:source_hash", names, &key, &source)) {
        return NULL;
    }
    uint64_t hash = hash_bytes_keyed((uint64_t)key, 0, source.buf, source.len);
    buffer_release(&source);
    return bytes_from_data((const char *)&hash, sizeof hash);
}

// Puts another file name into a code object and those among its constants that had the same.
static PyObject *
imp_fix_co_filename(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_fix_co_filename", nargs, 2, 2)) {
        return NULL;
    }
    if (!code_check(args[0]) || !str_check(args[1])) {
        return error_set(PyExc_TypeError, "_fix_co_filename() takes a code object and a str");
    }
    code_set_filename(args[0], args[1]);
    return new_ref(Py_None);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef imp_methods[] = {
    {"extension_suffixes", imp_extension_suffixes, METH_NOARGS,
     "extension_suffixes($module, /)\n--\n\n"
     "Returns the list of file suffixes used to identify extension modules."},
    {"lock_held", imp_lock_held, METH_NOARGS,
     "lock_held($module, /)\n--\n\nReturn True if the import lock is currently held, else False."},
    {"acquire_lock", imp_acquire_lock, METH_NOARGS,
     "acquire_lock($module, /)\n--\n\n"
     "Acquires the interpreter's import lock for the current thread."},
    {"release_lock", imp_release_lock, METH_NOARGS,
     "release_lock($module, /)\n--\n\nRelease the interpreter's import lock."},
    {"find_frozen", KEYWORDS(imp_find_frozen),
     "find_frozen($module, name, /, *, withdata=False)\n--\n\n"
     "Return info about the corresponding frozen module (if there is one) or None."},
    {"get_frozen_object", FAST(imp_get_frozen_object),
     "get_frozen_object($module, name, data=None, /)\n--\n\n"
     "Create a code object for a frozen module."},
    {"is_frozen_package", imp_is_frozen_package, METH_O,
     "is_frozen_package($module, name, /)\n--\n\n"
     "Returns True if the module name is of a frozen package."},
    {"create_builtin", imp_create_builtin, METH_O,
     "create_builtin($module, spec, /)\n--\n\nCreate an extension module."},
    {"init_frozen", imp_init_frozen, METH_O,
     "init_frozen($module, name, /)\n--\n\nInitializes a frozen module."},
    {"is_builtin", imp_is_builtin, METH_O,
     "is_builtin($module, name, /)\n--\n\n"
     "Returns True if the module name corresponds to a built-in module."},
    {"is_frozen", imp_is_frozen, METH_O,
     "is_frozen($module, name, /)\n--\n\n"
     "Returns True if the module name corresponds to a frozen module."},
    {"_frozen_module_names", imp_frozen_module_names, METH_NOARGS,
     "_frozen_module_names($module, /)\n--\n\nReturns the list of available frozen modules."},
    {"_override_frozen_modules_for_tests", imp_override_frozen, METH_O,
     "_override_frozen_modules_for_tests($module, override, /)\n--\n\n"
     "Forces usage of frozen modules on (1), off (-1) or as configured (0)."},
    {"_override_multi_interp_extensions_check", imp_override_multi_interp, METH_O,
     "_override_multi_interp_extensions_check($module, override, /)\n--\n\n"
     "Sets the check of extension modules in sub-interpreters and returns the old setting."},
    {"create_dynamic", FAST(imp_create_dynamic),
     "create_dynamic($module, spec, file=None, /)\n--\n\nCreate an extension module."},
    {"exec_dynamic", imp_exec_dynamic, METH_O,
     "exec_dynamic($module, mod, /)\n--\n\nInitialize an extension module."},
    {"exec_builtin", imp_exec_builtin, METH_O,
     "exec_builtin($module, mod, /)\n--\n\nInitialize a built-in module."},
    {"_fix_co_filename", FAST(imp_fix_co_filename),
     "_fix_co_filename($module, code, path, /)\n--\n\nChanges code.co_filename to specify the "
     "passed-in file path."},
    {"source_hash", KEYWORDS(imp_source_hash), "source_hash($module, /, key, source)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
imp_exec(PyObject *module)
{
    if (module_add_cstr(module, "check_hash_based_pycs", runtime_config()->check_hash_pycs) < 0) {
        return -1;
    }
    return module_add_int(module, "pyc_magic_number_token", IMPORT_MAGIC);
}

static PyModuleDef_Slot imp_slots[] = {
    {Py_mod_exec, imp_exec},
    {0, NULL},
};

static PyModuleDef imp_definition = {
    .m_name = "_imp",
    .m_doc = "(Extremely) low-level import machinery bits as used by importlib.",
    .m_methods = imp_methods,
    .m_slots = imp_slots,
};

PyObject *
imp_create(void)
{
    return imp_create_native("_imp");
}

NATIVE_MODULE(_imp, &imp_definition)
