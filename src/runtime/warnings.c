// Warnings: filters, registries and display (module `_warnings`).
//
// Owns Interpreter.roots: warnings_filters, warnings_once_registry, warnings_default_action,
// warnings_context and warnings_filters_version. Once the Python module `warnings` is imported its
// attributes of the same meaning are the ones that count, so that programs can replace them.
//
// Threading: the decision about one warning is made under warnings_lock, a recursive lock that
// `warnings` takes as well; showing happens outside of it.
#include "runtime/warnings.h"

#include "abi/constants.h"
#include "base/hooks.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/context.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "runtime/native.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "thread/mutex.h"
#include "vm/vm.h"

// ---- the lock ----

static RecursiveMutex *
warnings_lock(void)
{
    return &interpreter_roots()->warnings_mutex;
}

// ---- state ----

// warnings.NAME: 1 and *result, 0 when the module is not there or lacks it, -1. The module is
// imported only on request.
static int
warnings_attribute(PyObject *name, bool import, PyObject **result)
{
    *result = NULL;
    PyObject *module;
    if (import) {
        module = import_import(ID(warnings));
        if (module == NULL) {
            // Without the library (start-up, broken installation) warnings are shown plainly.
            return error_clear_if(PyExc_ImportError) ? 0 : -1;
        }
    }
    else {
        if (interpreter_roots()->modules == NULL) {
            return 0;
        }
        module = import_get_module(ID(warnings));
        if (module == NULL) {
            return error_occurred() ? -1 : 0;
        }
    }
    int found = object_getattr_optional(module, name, result);
    decref(module);
    return found;
}

// The list of filters that applies: that of the current context, of the module, or ours.
static PyObject *
current_filters(void)
{
    InterpreterRoots *roots = interpreter_roots();
    PyObject *filters;
    if (roots->warnings_context != NULL && runtime_config()->context_aware_warnings) {
        PyObject *context =
            object_call_method_onearg(roots->warnings_context, ID(get), Py_None);
        if (context == NULL) {
            return NULL;
        }
        if (context != Py_None) {
            filters = object_getattr(context, ID(_filters));
            decref(context);
            if (filters != NULL && !list_check(filters)) {
                error_set(PyExc_ValueError, "_filters of warnings._warnings_context must be a list");
                clear_ref(filters);
            }
            return filters;
        }
    }
    int found = warnings_attribute(ID(filters), false, &filters);
    if (found < 0) {
        return NULL;
    }
    if (found == 0) {
        return new_ref(roots->warnings_filters);
    }
    if (!list_check(filters)) {
        error_set(PyExc_ValueError, "warnings.filters must be a list");
        clear_ref(filters);
    }
    return filters;
}

static PyObject *
default_action(void)
{
    PyObject *action;
    int found = warnings_attribute(ID(defaultaction), false, &action);
    if (found == 0) {
        return new_ref(interpreter_roots()->warnings_default_action);
    }
    if (found > 0 && !str_check(action)) {
        error_format(PyExc_TypeError, "warnings.defaultaction must be a string, not '%.200s'",
                     type_of(action)->tp_name);
        clear_ref(action);
    }
    return action;
}

static PyObject *
once_registry(void)
{
    PyObject *registry;
    int found = warnings_attribute(ID(onceregistry), false, &registry);
    if (found == 0) {
        return new_ref(interpreter_roots()->warnings_once_registry);
    }
    if (found > 0 && !dict_check(registry)) {
        error_format(PyExc_TypeError, "warnings.onceregistry must be a dict, not '%.200s'",
                     type_of(registry)->tp_name);
        clear_ref(registry);
    }
    return registry;
}

// ---- filters ----

// Whether a message or module matches a pattern: None, a str (equality), or a regex.
static int
pattern_matches(PyObject *pattern, PyObject *text)
{
    if (pattern == Py_None) {
        return 1;
    }
    if (str_check_exact(pattern)) {
        return str_check(text) ? str_equal(pattern, text) : 0;
    }
    PyObject *match = object_call_method_onearg(pattern, ID(match), text);
    if (match == NULL) {
        return -1;
    }
    int result = object_is_true(match);
    decref(match);
    return result;
}

typedef struct {
    PyObject *category;     // all borrowed
    PyObject *text;
    PyObject *module;
    int lineno;
} Occurrence;

// 1 when a filter (a 5-tuple) applies, 0 when not, -1.
static int
filter_applies(PyObject *item, const Occurrence *o)
{
    int result = pattern_matches(tuple_item_borrow(item, 1), o->text);
    if (result > 0) {
        result = object_issubclass(o->category, tuple_item_borrow(item, 2));
    }
    if (result > 0) {
        result = pattern_matches(tuple_item_borrow(item, 3), o->module);
    }
    if (result > 0) {
        int line = int_as_int(tuple_item_borrow(item, 4));
        if (line == -1 && error_occurred()) {
            return -1;
        }
        result = line == 0 || line == o->lineno;
    }
    return result;
}

// The action of the first filter that applies, else the default action. *item becomes that filter
// (owned, NULL when none). New reference.
static PyObject *
find_action(const Occurrence *o, PyObject **item)
{
    *item = NULL;
    PyObject *filters = current_filters();
    if (filters == NULL) {
        return NULL;
    }
    PyObject *action = NULL;
    for (Py_ssize_t i = 0; i < list_size(filters); i++) {
        PyObject *candidate = list_get_optional(filters, i);
        if (candidate == NULL) {
            break;
        }
        if (!tuple_check(candidate) || tuple_size(candidate) != 5) {
            error_format(PyExc_ValueError, "warnings.filters item %zd isn't a 5-tuple", i);
            decref(candidate);
            break;
        }
        int applies = filter_applies(candidate, o);
        if (applies <= 0) {
            decref(candidate);
            if (applies < 0) {
                break;
            }
            continue;
        }
        action = tuple_item_borrow(candidate, 0);
        if (!str_check(action)) {
            error_format(PyExc_TypeError, "action must be a string, not '%.200s'",
                         type_of(action)->tp_name);
            decref(candidate);
            action = NULL;
            break;
        }
        incref(action);
        *item = candidate;
        break;
    }
    decref(filters);
    if (action == NULL && !error_occurred()) {
        action = default_action();
    }
    return action;
}

// ---- registries ----

// Whether key was warned about before, under the current version of the filters; notes it when
// `note`. 1, 0 or -1.
static int
already_warned(PyObject *registry, PyObject *key, bool note)
{
    if (key == NULL) {
        return -1;
    }
    int64_t version = interpreter_roots()->warnings_filters_version;
    PyObject *seen;
    if (dict_get(registry, ID(version), &seen) < 0) {
        return -1;
    }
    bool current = seen != NULL && int_check_exact(seen) && int_as_i64(seen) == version;
    xdecref(seen);
    error_clear();
    if (!current) {
        dict_clear(registry);
        PyObject *number = int_from_i64(version);
        int result = number == NULL ? -1 : dict_set(registry, ID(version), number);
        xdecref(number);
        if (result < 0) {
            return -1;
        }
    }
    else {
        PyObject *value;
        int found = dict_get(registry, key, &value);
        if (found > 0) {
            found = object_is_true(value);
            decref(value);
        }
        if (found != 0) {
            return found;
        }
    }
    return note && dict_set(registry, key, Py_True) < 0 ? -1 : 0;
}

// The same for (text, category) or, with_zero, (text, category, 0).
static int
already_warned_about(PyObject *registry, PyObject *text, PyObject *category, bool with_zero)
{
    PyObject *key;
    if (with_zero) {
        PyObject *zero = int_from_i64(0);
        key = zero == NULL ? NULL : tuple_pack(3, text, category, zero);
        xdecref(zero);
    }
    else {
        key = tuple_pack(2, text, category);
    }
    int result = already_warned(registry, key, true);
    xdecref(key);
    return result;
}

// ---- showing ----

// Without the Python module: one line, and the source line.
static void
show_plainly(PyObject *filename, int lineno, PyObject *text, PyObject *category)
{
    PyObject *name = object_getattr(category, ID(__name__));
    if (name != NULL) {
        sys_write_stderr("%S:%d: %S: %S\n", filename, lineno, name, text);
        PyObject *line = str_check(filename) ? traceback_source_line(filename, lineno, NULL) : NULL;
        if (line != NULL) {
            PyObject *stripped = str_strip(line, NULL);
            if (stripped != NULL) {
                sys_write_stderr("  %S\n", stripped);
                decref(stripped);
            }
            decref(line);
        }
        decref(name);
    }
    error_clear();
}

static int
show(PyObject *message, const Occurrence *o, PyObject *filename, PyObject *source)
{
    PyObject *function;
    // The source of a ResourceWarning is worth an import: tracemalloc knows where it was made.
    bool import = source != NULL && !runtime_is_finalizing();
    int found = warnings_attribute(ID(_showwarnmsg), import, &function);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        show_plainly(filename, o->lineno, o->text, o->category);
        return 0;
    }
    int result = -1;
    PyObject *class = NULL;
    PyObject *details = NULL;
    if (!object_callable(function)) {
        error_set(PyExc_TypeError, "warnings._showwarnmsg() must be set to a callable");
        goto done;
    }
    found = warnings_attribute(ID(WarningMessage), false, &class);
    if (found <= 0) {
        if (found == 0) {
            error_set(PyExc_RuntimeError, "unable to get warnings.WarningMessage");
        }
        goto done;
    }
    details = object_call_format(class, "OOOiOOO", message, o->category, filename, o->lineno,
                                 Py_None, Py_None, source == NULL ? Py_None : source);
    if (details != NULL) {
        PyObject *shown = object_call_onearg(function, details);
        result = shown == NULL ? -1 : 0;
        xdecref(shown);
    }
done:
    xdecref(function);
    xdecref(class);
    xdecref(details);
    return result;
}

// ---- one warning ----

// "module" of a file name: without ".py"; "<unknown>" when empty.
static PyObject *
module_from_filename(PyObject *filename)
{
    Py_ssize_t length = str_length(filename);
    if (length == 0) {
        return str_from_cstr("<unknown>");
    }
    if (length >= 3 && str_read_char(filename, length - 3) == '.' &&
        str_read_char(filename, length - 2) == 'p' && str_read_char(filename, length - 1) == 'y') {
        return str_substring(filename, 0, length - 3);
    }
    return new_ref(filename);
}

// Notes the warning as its action says: 1 when it is not to be shown (again), 0 to show it, -1.
static int
apply_action(PyObject *action, PyObject *item, PyObject *registry, PyObject *key,
             const Occurrence *o)
{
    if (str_equal_cstr(action, "always") || str_equal_cstr(action, "all")) {
        return 0;
    }
    if (registry != NULL && dict_set(registry, key, Py_True) < 0) {
        return -1;
    }
    if (str_equal_cstr(action, "once")) {
        // The same text and category counts once for the whole program.
        PyObject *once = once_registry();
        if (once == NULL) {
            return -1;
        }
        int result = already_warned_about(once, o->text, o->category, false);
        decref(once);
        return result;
    }
    if (str_equal_cstr(action, "module")) {
        return registry == NULL ? 0 : already_warned_about(registry, o->text, o->category, true);
    }
    if (!str_equal_cstr(action, "default")) {
        error_format(PyExc_RuntimeError, "Unrecognized action (%R) in warnings.filters:\n %R",
                     action, item == NULL ? Py_None : item);
        return -1;
    }
    return 0;
}

// Decides under the lock: 1 to show, 0 not, -1 with the warning (or a failure) raised.
static int
decide(PyObject *message, const Occurrence *o, PyObject *registry)
{
    int result = -1;
    PyObject *item = NULL;
    PyObject *action = NULL;
    PyObject *line = int_from_i64(o->lineno);
    PyObject *key = line == NULL ? NULL : tuple_pack(3, o->text, o->category, line);
    recursive_mutex_lock(warnings_lock());
    if (key == NULL) {
        goto done;
    }
    if (registry != NULL) {
        int known = already_warned(registry, key, false);
        if (known != 0) {
            result = known < 0 ? -1 : 0;
            goto done;
        }
    }
    action = find_action(o, &item);
    if (action == NULL) {
        goto done;
    }
    if (str_equal_cstr(action, "error")) {
        error_set_object(o->category, message);
    }
    else if (str_equal_cstr(action, "ignore")) {
        result = 0;
    }
    else {
        int known = apply_action(action, item, registry, key, o);
        result = known < 0 ? -1 : !known;
    }
done:
    (void)recursive_mutex_try_unlock(warnings_lock());
    xdecref(line);
    xdecref(key);
    xdecref(item);
    xdecref(action);
    return result;
}

// Issues a warning for a place. module and registry may be NULL or None, source NULL. 0 or -1.
static int
warn_explicit(PyObject *category, PyObject *message, PyObject *filename, int lineno,
              PyObject *module, PyObject *registry, PyObject *source)
{
    if (module == Py_None) {
        return 0;       // the interpreter is going down
    }
    if (registry == Py_None) {
        registry = NULL;
    }
    if (registry != NULL && !dict_check(registry)) {
        error_format(PyExc_TypeError, "'registry' must be a dict or None, not '%s'",
                     type_of(registry)->tp_name);
        return -1;
    }
    int result = -1;
    PyObject *text = NULL;
    PyObject *instance = NULL;
    PyObject *owned_module = module == NULL ? module_from_filename(filename) : new_ref(module);
    if (owned_module == NULL) {
        return -1;
    }
    int is_warning = object_isinstance(message, PyExc_Warning);
    if (is_warning < 0) {
        goto done;
    }
    if (is_warning) {
        text = object_str(message);
        category = (PyObject *)type_of(message);
        instance = new_ref(message);
    }
    else {
        text = new_ref(message);
        instance = object_call_onearg(category, message);
    }
    if (text == NULL || instance == NULL) {
        goto done;
    }
    Occurrence o = {category, text, owned_module, lineno};
    result = decide(instance, &o, registry);
    if (result > 0) {
        result = show(instance, &o, filename, source);
    }
done:
    xdecref(text);
    xdecref(instance);
    decref(owned_module);
    return result;
}

// ---- the place of a warning ----

typedef struct {
    PyObject *filename;     // owned
    PyObject *module;       // owned
    PyObject *registry;     // owned
    int lineno;
} Place;

static void
place_release(Place *place)
{
    xdecref(place->filename);
    xdecref(place->module);
    xdecref(place->registry);
}

static int
place_find(Place *place, Py_ssize_t stacklevel, PyObject *skip_prefixes)
{
    PyObject *globals;
    *place = (Place){NULL, NULL, NULL, 0};
    if (!vm_warning_location(stacklevel, skip_prefixes, &place->filename, &place->lineno,
                             &globals)) {
        if (error_occurred()) {
            return -1;
        }
        globals = new_ref(interpreter_roots()->sys_dict);
        place->filename = str_from_cstr("<sys>");
        place->lineno = 0;
    }
    int result = -1;
    if (place->filename == NULL) {
        goto done;
    }
    PyObject *fresh = dict_new();
    int inserted =
        fresh == NULL ? -1
                      : dict_setdefault(globals, ID(__warningregistry__), fresh, &place->registry);
    xdecref(fresh);
    if (inserted < 0) {
        goto done;
    }
    int found = dict_get(globals, ID(__name__), &place->module);
    if (found < 0) {
        goto done;
    }
    if (found == 0 || (place->module != Py_None && !str_check(place->module))) {
        set_ref(place->module, str_from_cstr("<string>"));
        if (place->module == NULL) {
            goto done;
        }
    }
    result = 0;
done:
    decref(globals);
    return result;
}

// hooks.warn, and what `warnings.warn` does.
static int
warn_at(PyObject *category, PyObject *message, Py_ssize_t stacklevel, PyObject *source,
        PyObject *skip_prefixes)
{
    Place place;
    int result = place_find(&place, stacklevel, skip_prefixes);
    if (result == 0) {
        result = warn_explicit(category, message, place.filename, place.lineno, place.module,
                               place.registry, source);
    }
    place_release(&place);
    return result;
}

static int
hook_warn(PyObject *category, PyObject *message, Py_ssize_t stacklevel, PyObject *source)
{
    return warn_at(category, message, stacklevel, source, NULL);
}

static int
hook_warn_explicit(PyObject *category, PyObject *message, PyObject *filename, int lineno,
                   PyObject *module, PyObject *registry)
{
    return warn_explicit(category, message, filename, lineno, module, registry, NULL);
}

// ---- module functions ----

// The class of a warning: that of message when it is a Warning, category, or UserWarning.
// Borrowed; NULL with TypeError.
static PyObject *
choose_category(PyObject *message, PyObject *category)
{
    int is_warning = object_isinstance(message, PyExc_Warning);
    if (is_warning < 0) {
        return NULL;
    }
    if (is_warning) {
        category = (PyObject *)type_of(message);
    }
    else if (category == NULL || category == Py_None) {
        category = PyExc_UserWarning;
    }
    int fits = type_check(category) ? object_issubclass(category, PyExc_Warning) : 0;
    if (fits == 0) {
        error_format(PyExc_TypeError, "category must be a Warning subclass, not '%s'",
                     type_of(category)->tp_name);
    }
    return fits > 0 ? category : NULL;
}

static PyObject *
warnings_warn(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"message", "category",           "stacklevel",
                                           "source",  "skip_file_prefixes", NULL};
    static ArgsParser parser = {.format = "O|OnO$O!:warn", .keywords = keywords};
    PyObject *message;
    PyObject *category = NULL;
    PyObject *source = NULL;
    PyObject *prefixes = NULL;
    Py_ssize_t stacklevel = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &message, &category, &stacklevel,
                                   &source, &PyTuple_Type, &prefixes)) {
        return NULL;
    }
    category = choose_category(message, category);
    if (category == NULL) {
        return NULL;
    }
    if (prefixes != NULL && tuple_size(prefixes) > 0) {
        for (Py_ssize_t i = 0; i < tuple_size(prefixes); i++) {
            PyObject *prefix = tuple_item_borrow(prefixes, i);
            if (!str_check(prefix)) {
                return error_format(PyExc_TypeError, "Found non-str '%s' in skip_file_prefixes.",
                                    type_of(prefix)->tp_name);
            }
        }
        if (stacklevel < 2) {
            stacklevel = 2;
        }
    }
    else {
        prefixes = NULL;
    }
    if (source == Py_None) {
        source = NULL;
    }
    return warn_at(category, message, stacklevel, source, prefixes) < 0 ? NULL : Py_None;
}

// Asks the loader of a module for its source, as far as that may fail: the text itself is found
// by linecache when the warning is shown.
static int
check_source(PyObject *globals)
{
    PyObject *bless = import_attribute("_frozen_importlib_external", "_bless_my_loader");
    PyObject *loader = bless == NULL ? NULL : object_call_onearg(bless, globals);
    xdecref(bless);
    if (loader == NULL) {
        return -1;
    }
    int result = 0;
    PyObject *name = NULL;
    if (loader != Py_None) {
        result = dict_get(globals, ID(__name__), &name);
    }
    PyObject *get_source = NULL;
    if (result > 0) {
        result = object_getattr_optional(loader, ID(get_source), &get_source);
    }
    if (result > 0) {
        PyObject *text = object_call_onearg(get_source, name);
        result = text == NULL ? -1 : 0;
        xdecref(text);
    }
    xdecref(get_source);
    xdecref(name);
    decref(loader);
    return result;
}

static PyObject *
warnings_warn_explicit(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                       PyObject *kwnames)
{
    static const char *const keywords[] = {"message",  "category",       "filename", "lineno", "module",
                                           "registry", "module_globals", "source",   NULL};
    static ArgsParser parser = {.format = "OOUi|OOOO:warn_explicit", .keywords = keywords};
    PyObject *message, *category, *filename;
    PyObject *name = NULL;
    PyObject *registry = NULL;
    PyObject *globals = NULL;
    PyObject *source = NULL;
    int lineno;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &message, &category, &filename,
                                   &lineno, &name, &registry, &globals, &source)) {
        return NULL;
    }
    if (globals != NULL && globals != Py_None && !dict_check(globals)) {
        return error_format(PyExc_TypeError, "module_globals must be a dict, not '%.200s'",
                            type_of(globals)->tp_name);
    }
    if (source == Py_None) {
        source = NULL;
    }
    if (globals != NULL && globals != Py_None && check_source(globals) < 0) {
        return NULL;
    }
    int result = warn_explicit(category, message, filename, lineno, name, registry, source);
    return result < 0 ? NULL : Py_None;
}

static PyObject *
warnings_acquire_lock(PyObject *module, PyObject *unused)
{
    recursive_mutex_lock(warnings_lock());
    return Py_None;
}

static PyObject *
warnings_release_lock(PyObject *module, PyObject *unused)
{
    if (!recursive_mutex_try_unlock(warnings_lock())) {
        return error_set(PyExc_RuntimeError, "cannot release un-acquired lock");
    }
    return Py_None;
}

static PyObject *
warnings_filters_mutated(PyObject *module, PyObject *unused)
{
    if (!recursive_mutex_is_owned(warnings_lock())) {
        return error_set(PyExc_RuntimeError, "warnings._filters_mutated_lock_held() called without "
                                             "holding the warnings lock");
    }
    interpreter_roots()->warnings_filters_version++;
    return Py_None;
}

static PyMethodDef warnings_methods[] = {
    {"warn", (PyCFunction)(void (*)(void))warnings_warn, METH_FASTCALL | METH_KEYWORDS,
     "warn($module, /, message, category=None, stacklevel=1, source=None, *,\n"
     "     skip_file_prefixes=<unrepresentable>)\n--\n\n"
     "Issue a warning, or maybe ignore it or raise an exception.\n\n"
     "message\n  Text of the warning message.\n"
     "category\n  The Warning category subclass. Defaults to UserWarning.\n"
     "stacklevel\n  How far up the call stack to make this warning appear. A value of 2 for\n"
     "  example attributes the warning to the caller of the code calling warn().\n"
     "source\n  If supplied, the destroyed object which emitted a ResourceWarning\n"
     "skip_file_prefixes\n  An optional tuple of module filename prefixes indicating frames to "
     "skip\n  during stacklevel computations for stack frame attribution."},
    {"warn_explicit", (PyCFunction)(void (*)(void))warnings_warn_explicit,
     METH_FASTCALL | METH_KEYWORDS,
     "warn_explicit($module, /, message, category, filename, lineno,\n"
     "              module=<unrepresentable>, registry=None,\n"
     "              module_globals=None, source=None)\n--\n\n"
     "Issue a warning, or maybe ignore it or raise an exception."},
    {"_filters_mutated_lock_held", warnings_filters_mutated, METH_NOARGS, NULL},
    {"_acquire_lock", warnings_acquire_lock, METH_NOARGS,
     "_acquire_lock($module, /)\n--\n\n"},
    {"_release_lock", warnings_release_lock, METH_NOARGS,
     "_release_lock($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

// ---- start-up ----

// (action, None, category, module or None, 0)
static int
add_filter(PyObject *filters, const char *action, PyObject *category, const char *module)
{
    PyObject *item = value_build("(sOOzi)", action, Py_None, category, module, 0);
    return item == NULL ? -1 : list_append_steal(filters, item);
}

static PyObject *
default_filters(void)
{
    PyObject *filters = list_new(0);
    if (filters == NULL) {
        return NULL;
    }
    if (add_filter(filters, "default", PyExc_DeprecationWarning, "__main__") < 0 ||
        add_filter(filters, "ignore", PyExc_DeprecationWarning, NULL) < 0 ||
        add_filter(filters, "ignore", PyExc_PendingDeprecationWarning, NULL) < 0 ||
        add_filter(filters, "ignore", PyExc_ImportWarning, NULL) < 0 ||
        add_filter(filters, "ignore", PyExc_ResourceWarning, NULL) < 0) {
        clear_ref(filters);
    }
    return filters;
}

int
warnings_init(void)
{
    InterpreterRoots *roots = interpreter_roots();
    roots->warnings_filters = default_filters();
    roots->warnings_once_registry = dict_new();
    roots->warnings_default_action = str_intern_cstr("default");
    if (roots->warnings_filters == NULL || roots->warnings_once_registry == NULL ||
        roots->warnings_default_action == NULL) {
        return -1;
    }
    hooks.warn = hook_warn;
    hooks.warn_explicit = hook_warn_explicit;
    return 0;
}

static int
warnings_exec(PyObject *module)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->warnings_context == NULL) {
        PyObject *name = str_from_cstr("warnings_context");
        roots->warnings_context = name != NULL ? context_var_new(name, NULL) : NULL;
        xdecref(name);
        if (roots->warnings_context == NULL) {
            return -1;
        }
    }
    if (module_add(module, "filters", roots->warnings_filters) < 0 ||
        module_add(module, "_onceregistry", roots->warnings_once_registry) < 0 ||
        module_add(module, "_defaultaction", roots->warnings_default_action) < 0) {
        return -1;
    }
    return module_add(module, "_warnings_context", roots->warnings_context);
}

static PyModuleDef_Slot warnings_slots[] = {
    {Py_mod_exec, (void *)warnings_exec},
    {0, NULL},
};

static PyModuleDef warnings_module = {
    .m_name = "_warnings",
    .m_doc = "_warnings provides basic warning filtering support.\n"
             "It is a helper module to speed up interpreter start-up.",
    .m_methods = warnings_methods,
    .m_slots = warnings_slots,
};

NATIVE_MODULE(_warnings, &warnings_module)
