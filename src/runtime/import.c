// The import statement over importlib; see import.h.
#include "runtime/import.h"

#include <stdio.h>

#include "abi/exceptions.h"
#include "memory/refcount.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "platform/time.h"
#include "objects/tuple.h"
#include "runtime/frozen.h"
#include "runtime/imp.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "vm/vm.h"

static InterpreterRoots *
roots(void)
{
    return interpreter_roots();
}

PyObject *
import_modules_borrow(void)
{
    return roots()->modules;
}

PyObject *
import_get_module(PyObject *name)
{
    PyObject *modules = roots()->modules;
    PyObject *module = NULL;
    if (modules == NULL) {
        return error_set(PyExc_RuntimeError, "unable to get sys.modules");
    }
    if (dict_check_exact(modules)) {
        return dict_get(modules, name, &module) > 0 ? module : NULL;
    }
    module = object_getitem(modules, name);
    if (module == NULL) {
        error_clear_if(PyExc_KeyError);
    }
    return module;
}

PyObject *
import_add_module(PyObject *name)
{
    PyObject *module = import_get_module(name);
    if (module != NULL || error_occurred()) {
        return module;
    }
    module = module_new(name);
    if (module != NULL && object_setitem(roots()->modules, name, module) < 0) {
        clear_ref(module);
    }
    return module;
}

// ---- resolving relative names ----

// The package that relative imports of this module start from: __package__, or else derived
// from __spec__.parent, or from __name__ and __path__ (PEP 366, PEP 451).
static PyObject *
package_of(PyObject *globals)
{
    PyObject *package = NULL;
    PyObject *spec = NULL;
    PyObject *parent = NULL;
    if (dict_get(globals, ID(__package__), &package) < 0
        || dict_get(globals, ID(__spec__), &spec) < 0) {
        goto fail;
    }
    if (package != NULL && package != Py_None) {
        if (!str_check(package)) {
            error_set(PyExc_TypeError, "package must be a string");
            goto fail;
        }
        if (spec != NULL && spec != Py_None) {
            parent = object_getattr(spec, ID(parent));
            if (parent == NULL) {
                goto fail;
            }
            int equal = object_richcompare_bool(package, parent, Py_EQ);
            if (equal < 0 || (equal == 0
                              && error_warn(PyExc_DeprecationWarning, 1,
                                            "__package__ != __spec__.parent") < 0)) {
                goto fail;
            }
        }
        goto done;
    }
    clear_ref(package);
    if (spec != NULL && spec != Py_None) {
        package = object_getattr(spec, ID(parent));
        if (package != NULL && !str_check(package)) {
            error_set(PyExc_TypeError, "__spec__.parent must be a string");
            goto fail;
        }
        goto done;
    }
    if (error_warn(PyExc_ImportWarning, 1,
                   "can't resolve package from __spec__ or __package__, "
                   "falling back on __name__ and __path__") < 0) {
        goto fail;
    }
    if (dict_get(globals, ID(__name__), &package) <= 0) {
        if (!error_occurred()) {
            error_set(PyExc_KeyError, "'__name__' not in globals");
        }
        goto fail;
    }
    if (!str_check(package)) {
        error_set(PyExc_TypeError, "__name__ must be a string");
        goto fail;
    }
    int has_path = dict_contains(globals, ID(__path__));
    if (has_path < 0) {
        goto fail;
    }
    if (!has_path) {
        Py_ssize_t dot = str_find_char(package, '.', 0, str_length(package), -1);
        if (dot < -1) {
            goto fail;
        }
        set_ref(package, dot < 0 ? new_ref(str_empty()) : str_substring(package, 0, dot));
    }
done:
    xdecref(spec);
    xdecref(parent);
    return package;
fail:
    xdecref(spec);
    xdecref(parent);
    xdecref(package);
    return NULL;
}

static PyObject *
resolve_name(PyObject *name, PyObject *globals, int level)
{
    if (globals == NULL) {
        return error_set(PyExc_KeyError, "'__name__' not in globals");
    }
    if (!dict_check(globals)) {
        return error_set(PyExc_TypeError, "globals must be a dict");
    }
    PyObject *package = package_of(globals);
    if (package == NULL) {
        return NULL;
    }
    Py_ssize_t end = str_length(package);
    if (end == 0) {
        decref(package);
        return error_set(PyExc_ImportError,
                         "attempted relative import with no known parent package");
    }
    for (int up = 1; up < level; up++) {
        end = str_find_char(package, '.', 0, end, -1);
        if (end < 0) {
            decref(package);
            return error_set(PyExc_ImportError,
                             "attempted relative import beyond top-level package");
        }
    }
    PyObject *base = str_substring(package, 0, end);
    decref(package);
    if (base == NULL || str_length(name) == 0) {
        return base;
    }
    PyObject *absolute = str_format("%U.%U", base, name);
    decref(base);
    return absolute;
}

// ---- loading ----

// Whether a traceback entry is importlib's own; *runs: it is the one around running a module.
static bool
entry_of_importlib(PyTracebackObject *entry, bool *runs)
{
    PyCodeObject *code = entry->tb_frame->f_code;
    *runs = str_equal_cstr(code->co_name, "_call_with_frames_removed");
    return str_equal_cstr(code->co_filename, "<frozen importlib._bootstrap>")
           || str_equal_cstr(code->co_filename, "<frozen importlib._bootstrap_external>");
}

// Takes importlib's entries out of a traceback: all when `all` is true, else those up to the running of
// a module (errors in importlib itself stay visible). The exception has just been raised, so nobody
// else looks at its traceback. Consumes it; new reference or NULL.
static PyTracebackObject *
traceback_trim_steal(PyTracebackObject *head, bool all)
{
    PyTracebackObject **start = &head;      // where the entries of importlib begin
    for (PyTracebackObject **link = &head; *link != NULL;) {
        PyTracebackObject *entry = *link;
        bool runs;
        if (!entry_of_importlib(entry, &runs)) {
            link = start = &entry->tb_next;
        }
        else if (all || runs) {
            PyTracebackObject *dropped = *start;
            *start = xnew_ref(entry->tb_next);
            decref(dropped);
            link = start;
        }
        else {
            link = &entry->tb_next;
        }
    }
    return head;
}

static void
hide_importlib_frames(void)
{
    if (runtime_config()->verbose > 0) {
        return;
    }
    bool all = error_matches(PyExc_ImportError);
    PyObject *exc = error_take();
    PyObject *traceback = exception_get_traceback(exc);
    if (traceback != NULL) {
        PyTracebackObject *rest = traceback_trim_steal((PyTracebackObject *)traceback, all);
        if (exception_set_traceback(exc, rest == NULL ? Py_None : (PyObject *)rest) < 0) {
            error_clear();
        }
        xdecref(rest);
    }
    error_restore_steal(exc);
}

// -X importtime: imports nest, each reports its time without and with those inside.
typedef struct ImportTimer {
    int64_t start, outer_nested;
} ImportTimer;

static void
import_timer_start(ImportTimer *timer)
{
    if (runtime_config()->import_time == 0) {
        return;
    }
    if (roots()->import_depth++ == 0 && roots()->import_nested == 0) {
        fputs("import time: self [us] | cumulative | imported package\n", stderr);
    }
    timer->outer_nested = roots()->import_nested;
    roots()->import_nested = 0;
    timer->start = os_time_monotonic();
}

static void
import_timer_stop(ImportTimer *timer, PyObject *name)
{
    if (runtime_config()->import_time == 0) {
        return;
    }
    PyObject *pending = error_take();
    int64_t total = os_time_monotonic() - timer->start;
    const char *text = str_as_utf8(name);
    int depth = --roots()->import_depth;
    fprintf(stderr, "import time: %9ld | %10ld | %*s%s\n",
            (long)((total - roots()->import_nested) / 1000), (long)(total / 1000), depth * 2, "",
            text == NULL ? "?" : text);
    roots()->import_nested = timer->outer_nested + total;
    error_clear();
    error_restore_steal(pending);
}

// With -X importtime=2 modules that are there already are reported too.
static void
import_timer_cached(PyObject *name)
{
    if (runtime_config()->import_time == 2) {
        const char *text = str_as_utf8(name);
        fprintf(stderr, "import time: cached    | cached     | %*s%s\n", roots()->import_depth * 2, "",
                text == NULL ? "?" : text);
        error_clear();
    }
}

static PyObject *
find_and_load(PyObject *absolute)
{
    PyObject *bootstrap = roots()->importlib;
    if (bootstrap == NULL) {
        return error_set_import(PyExc_ImportError, str_format("no module named %R", absolute),
                                absolute, NULL);
    }
    if (sys_audit("import", "(OOOOO)", absolute, Py_None, Py_None, Py_None, Py_None) < 0) {
        return NULL;
    }
    ImportTimer timer;
    import_timer_start(&timer);
    PyObject *module =
        object_call_method(bootstrap, ID(_find_and_load), absolute, roots()->import_func, NULL);
    import_timer_stop(&timer, absolute);
    if (module == NULL) {
        hide_importlib_frames();
    }
    return module;
}

// A module that another thread is still initialising: wait for it through importlib's lock.
static int
ensure_initialized(PyObject *module, PyObject *absolute)
{
    PyObject *spec = NULL;
    PyObject *initializing = NULL;
    if (object_getattr_optional(module, ID(__spec__), &spec) <= 0) {
        return error_occurred() ? -1 : 0;
    }
    int busy = object_getattr_optional(spec, ID(_initializing), &initializing);
    decref(spec);
    if (busy > 0) {
        busy = object_is_true(initializing);
        decref(initializing);
    }
    if (busy <= 0) {
        return busy;
    }
    PyObject *result = object_call_method_onearg(roots()->importlib, ID(_lock_unlock_module),
                                                 absolute);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

static PyObject *
load_absolute(PyObject *absolute)
{
    PyObject *module = import_get_module(absolute);
    if (module == NULL && error_occurred()) {
        return NULL;
    }
    if (module != NULL && module != Py_None) {
        if (ensure_initialized(module, absolute) < 0) {
            clear_ref(module);
        }
        import_timer_cached(absolute);
        return module;
    }
    xdecref(module);
    return find_and_load(absolute);
}

// `import a.b.c` binds a: the part of the name up to the first dot, for relative imports
// together with the package it was found in.
static PyObject *
top_level_of(PyObject *module, PyObject *name, PyObject *absolute, int level)
{
    Py_ssize_t length = str_length(name);
    if (level > 0 && length == 0) {
        return new_ref(module);
    }
    Py_ssize_t dot = str_find_char(name, '.', 0, length, 1);
    if (dot == -1) {
        return new_ref(module);
    }
    if (level == 0) {
        PyObject *front = str_substring(name, 0, dot);
        PyObject *result = front != NULL ? import_level(front, NULL, NULL, NULL, 0) : NULL;
        xdecref(front);
        return result;
    }
    Py_ssize_t cut = str_length(absolute) - (length - dot);
    PyObject *front = str_substring(absolute, 0, cut);
    if (front == NULL) {
        return NULL;
    }
    PyObject *result = import_get_module(front);
    if (result == NULL && !error_occurred()) {
        error_format(PyExc_KeyError, "%R not in sys.modules as expected", front);
    }
    decref(front);
    return result;
}

PyObject *
import_level(PyObject *name, PyObject *globals, PyObject *locals, PyObject *fromlist, int level)
{
    if (name == NULL) {
        return error_set(PyExc_ValueError, "Empty module name");
    }
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "module name must be a string");
    }
    if (level < 0) {
        return error_set(PyExc_ValueError, "level must be >= 0");
    }
    if (level == 0 && str_length(name) == 0) {
        return error_set(PyExc_ValueError, "Empty module name");
    }
    PyObject *absolute = level > 0 ? resolve_name(name, globals, level) : new_ref(name);
    PyObject *module = absolute != NULL ? load_absolute(absolute) : NULL;
    PyObject *result = NULL;
    if (module == NULL) {
        goto done;
    }
    int has_from = fromlist != NULL && fromlist != Py_None ? object_is_true(fromlist) : 0;
    if (has_from < 0) {
        goto done;
    }
    if (!has_from) {
        result = top_level_of(module, name, absolute, level);
        goto done;
    }
    PyObject *path = NULL;
    int is_package = object_getattr_optional(module, ID(__path__), &path);
    xdecref(path);
    if (is_package > 0) {
        result = object_call_method(roots()->importlib, ID(_handle_fromlist), module, fromlist,
                                    roots()->import_func, NULL);
        if (result == NULL) {
            hide_importlib_frames();
        }
    }
    else if (is_package == 0) {
        result = new_ref(module);
    }
done:
    xdecref(absolute);
    xdecref(module);
    return result;
}

PyObject *
import_import(PyObject *name)
{
    // A non-empty fromlist makes __import__ return the innermost module.
    PyObject *fromlist = tuple_pack(1, ID(__doc__));
    PyObject *builtins = roots()->builtins;
    PyObject *function = NULL;
    PyObject *result = NULL;
    if (fromlist == NULL) {
        return NULL;
    }
    int replaced = dict_get(builtins, ID(__import__), &function);
    if (replaced > 0 && function != roots()->import_func) {
        PyObject *globals = dict_new();
        PyObject *ignored = globals != NULL
                                ? object_call_objargs(function, name, globals, globals, fromlist,
                                                      NULL)
                                : NULL;
        xdecref(globals);
        if (ignored != NULL) {
            decref(ignored);
            result = import_get_module(name);
            if (result == NULL && !error_occurred()) {
                error_set_object(PyExc_KeyError, name);
            }
        }
    }
    else if (replaced >= 0) {
        result = import_level(name, NULL, NULL, fromlist, 0);
    }
    xdecref(function);
    decref(fromlist);
    return result;
}

PyObject *
import_import_cstr(const char *name)
{
    PyObject *text = str_intern_cstr(name);
    PyObject *module = text != NULL ? import_import(text) : NULL;
    xdecref(text);
    return module;
}

PyObject *
import_attribute(const char *module_name, const char *name)
{
    PyObject *module = import_import_cstr(module_name);
    PyObject *value = module != NULL ? object_getattr_cstr(module, name) : NULL;
    xdecref(module);
    return value;
}

// ---- bootstrap ----

// Runs a frozen module that importlib cannot import yet: importlib itself. The module learns
// by __origname__ which file of the library it is.
static PyObject *
run_frozen(const char *frozen_name, const char *original_name)
{
    PyObject *name = str_intern_cstr(frozen_name);
    PyObject *original = str_intern_cstr(original_name);
    PyObject *module = name != NULL ? import_add_module(name) : NULL;
    PyObject *code = module != NULL ? imp_frozen_code(frozen_name) : NULL;
    PyObject *dict = code != NULL ? module_dict_borrow(module) : NULL;
    PyObject *result = NULL;
    if (dict != NULL && original != NULL &&
        dict_set(dict, ID(__builtins__), roots()->builtins) == 0 &&
        dict_set(dict, ID(__origname__), original) == 0) {
        result = vm_eval_code(code, dict, dict);
    }
    xdecref(name);
    xdecref(original);
    xdecref(code);
    if (result == NULL) {
        clear_ref(module);
    }
    xdecref(result);
    return module;
}

int
import_init(void)
{
    PyObject *bootstrap = run_frozen("_frozen_importlib", "importlib._bootstrap");
    PyObject *imp = bootstrap != NULL ? imp_create() : NULL;
    PyObject *sys = imp != NULL ? import_get_module(ID(sys)) : NULL;
    PyObject *installed = NULL;
    if (sys != NULL) {
        installed = object_call_method(bootstrap, ID(_install), sys, imp, NULL);
    }
    if (installed != NULL) {
        roots()->importlib = new_ref(bootstrap);
    }
    int result = installed != NULL ? 0 : -1;
    xdecref(installed);
    xdecref(sys);
    xdecref(imp);
    xdecref(bootstrap);
    return result;
}

// Archives on sys.path (PEP 273): zipimport has the first look at each entry.
static int
install_zipimport(void)
{
    PyObject *importer = import_attribute("zipimport", "zipimporter");
    PyObject *hooks = importer != NULL ? sys_get(ID(path_hooks)) : NULL;
    int result = hooks != NULL ? list_insert(hooks, 0, importer) : -1;
    xdecref(hooks);
    xdecref(importer);
    return result;
}

int
import_init_external(void)
{
    PyObject *result = object_call_method_noargs(roots()->importlib,
                                                 ID(_install_external_importers));
    xdecref(result);
    return result != NULL ? install_zipimport() : -1;
}

PyObject *
import_path_importer(PyObject *path)
{
    PyObject *hooks = sys_get(ID(path_hooks));
    PyObject *importer = NULL;
    Py_ssize_t n = hooks != NULL && list_check(hooks) ? list_size(hooks) : 0;
    for (Py_ssize_t i = 0; i < n && importer == NULL; i++) {
        PyObject *hook = list_get_optional(hooks, i);
        importer = hook != NULL ? object_call_onearg(hook, path) : NULL;
        xdecref(hook);
        if (importer == NULL && !error_clear_if(PyExc_ImportError)) {
            break;
        }
    }
    xdecref(hooks);
    return importer;
}
