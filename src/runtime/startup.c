// Start and stop of the runtime; see runtime.h.
//
// Order of the start: memory, interpreter and main thread; interned strings; types and exceptions;
// the modules sys and builtins; importlib from frozen code; codecs; standard streams; site.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hooks.h"
#include "compile/compile.h"
#include "gc/gc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/codec.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "platform/random.h"
#include "runtime/builtins.h"
#include "runtime/import.h"
#include "runtime/print_error.h"
#include "runtime/runtime.h"
#include "runtime/signals.h"
#include "runtime/std_streams.h"
#include "runtime/sys.h"
#include "runtime/threads.h"
#include "thread/runtime.h"
#include "thread/thread.h"
#include "vm/vm.h"

const Config *
runtime_config(void)
{
    return interpreter_roots()->config;
}

bool
runtime_is_finalizing(void)
{
    return atomic_load_int(&interpreter_current()->finalizing);
}

// ---- start ----

static void
start_hashing(const Config *config)
{
    if (config->use_hash_seed) {
        hash_init_seed(config->hash_seed);
        return;
    }
    unsigned char entropy[sizeof(HashSecret)];
    os_random_bytes(entropy, sizeof entropy);
    hash_init_random(entropy);
}

// The interpreter, its first thread, and everything that objects need to exist.
static int
start_objects(const Config *config)
{
    memory_init();
    python_threads_init();
    Interpreter *interp = interpreter_new();
    if (interp == NULL || interpreter_roots_init(interp) < 0) {
        return -1;
    }
    runtime_get()->main = interp;
    interp->roots->config = (void *)config;
    interp->roots->int_max_str_digits = config->int_max_str_digits;
    interp->roots->switch_interval = 0.005;
    interp->roots->bytes_warning = config->bytes_warning;
    interp->roots->dont_write_bytecode = config->dont_write_bytecode;
    Thread *ts = thread_new(interp);
    if (ts == NULL) {
        return -1;
    }
    thread_bind(ts);
    thread_attach(ts);
    runtime_get()->main_ident = ts->ident;
    if (str_runtime_init() < 0 || int_runtime_init() < 0 || bytes_runtime_init() < 0
        || str_identifiers_init() < 0 || types_init() < 0 || exceptions_init() < 0
        || exceptions_init_state() < 0 || gc_init(interp) < 0 || vm_init(interp) < 0
        || codec_init() < 0) {
        return -1;
    }
    compile_set_default_optimize(config->optimize);
    compile_set_debug_ranges(!config->no_debug_ranges);
    return 0;
}

static PyObject *
hook_import_module(const char *name)
{
    return import_import_cstr(name);
}

// The C library's characters are those of the environment's locale; the "C" locale is replaced by one in
// UTF-8, for child processes too, unless LC_ALL insists on it (PEP 538).
static void
start_locale(void)
{
    const char *name = setlocale(LC_CTYPE, "");
    const char *all = getenv("LC_ALL");
    const char *coerce = getenv("PYTHONCOERCECLOCALE");
    if (name != NULL && strcmp(name, "C") == 0 && (all == NULL || *all == '\0')
        && (coerce == NULL || strcmp(coerce, "0") != 0)
        && setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
        setenv("LC_CTYPE", "C.UTF-8", 1);
    }
}

int
runtime_start_core(const Config *config)
{
    start_locale();
    start_hashing(config);
    if (start_objects(config) < 0) {
        goto fail;
    }
    InterpreterRoots *roots = interpreter_roots();
    PyObject *sys = sys_create();
    PyObject *builtins = sys != NULL ? builtins_create() : NULL;
    if (builtins == NULL) {
        goto fail;
    }
    decref(sys);
    decref(builtins);
    if (dict_get(roots->builtins, ID(__import__), &roots->import_func) <= 0
        || sys_configure(config) < 0) {
        goto fail;
    }
    hooks.import_module = hook_import_module;
    runtime_get()->initialized = true;
    return 0;
fail:
    fprintf(stderr, "Fatal Python error: failed to initialize the core of the runtime\n");
    if (thread_current() != NULL && error_occurred()) {
        print_error(false);
    }
    return -1;
}

// The `encodings` package registers the search function for all codecs that are not native.
static bool
start_codecs(void)
{
    PyObject *encodings = import_import_cstr("encodings");
    xdecref(encodings);
    return encodings != NULL;
}

static int
run_site(void)
{
    PyObject *site = import_import_cstr("site");
    xdecref(site);
    return site != NULL ? 0 : -1;
}

// Filters of -W need the Python half of warnings; without them the C half is enough.
static int
start_warnings(const Config *config)
{
    if (config->warnoptions.count == 0) {
        return 0;
    }
    PyObject *warnings = import_import_cstr("warnings");
    xdecref(warnings);
    return warnings != NULL ? 0 : -1;
}

static int
start_faulthandler(const Config *config)
{
    if (!config->faulthandler) {
        return 0;
    }
    PyObject *enable = import_attribute("faulthandler", "enable");
    PyObject *result = enable != NULL ? object_call_noargs(enable) : NULL;
    xdecref(enable);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

int
runtime_start(const Config *config)
{
    if (runtime_start_core(config) < 0) {
        return -1;
    }
    const char *step = "sys.stderr";
    if (std_streams_start_early() < 0) {
        goto fail;
    }
    step = "importlib";
    if (import_init() < 0) {
        goto fail;
    }
    step = "the importers for files";
    if (import_init_external() < 0) {
        goto fail;
    }
    step = "the filesystem encoding";
    if (!start_codecs()) {
        goto fail;
    }
    interpreter_roots()->check_codecs = config->dev_mode;
    step = "signal handlers";
    if (signals_start() < 0) {
        goto fail;
    }
    step = "the standard streams";
    if (std_streams_start(config) < 0) {
        goto fail;
    }
    step = "faulthandler";
    if (start_faulthandler(config) < 0) {
        goto fail;
    }
    step = "__main__";
    if (runtime_start_main() < 0) {
        goto fail;
    }
    step = "warnings";
    if (start_warnings(config) < 0) {
        goto fail;
    }
    gc_begin(interpreter_current());
    if (!config->no_site && run_site() < 0) {
        // As in CPython: a broken site module ends the program with its traceback.
        step = "site";
        goto fail;
    }
    return 0;
fail:
    fprintf(stderr, "Fatal Python error: failed to initialize %s\n", step);
    if (error_occurred()) {
        print_error(false);
    }
    return -1;
}

// ---- stop ----

static void
call_threading_shutdown(void)
{
    PyObject *name = str_intern_cstr("threading");
    PyObject *threading = name != NULL ? import_get_module(name) : NULL;
    PyObject *result = threading != NULL
                           ? object_call_method_noargs(threading, ID(_shutdown)) : NULL;
    if (threading != NULL && result == NULL) {
        error_format_unraisable("Exception ignored on threading shutdown %R", threading);
    }
    error_clear();
    xdecref(result);
    xdecref(threading);
    xdecref(name);
}

static void
call_atexit(void)
{
    // The module itself may be gone from sys.modules.
    PyObject *callbacks = interpreter_roots()->atexit_callbacks;
    if (callbacks == NULL || list_size(callbacks) == 0) {
        return;
    }
    PyObject *atexit = import_import(ID(atexit));
    PyObject *result = atexit != NULL ? object_call_method_noargs(atexit, ID(_run_exitfuncs)) : NULL;
    if (atexit != NULL && result == NULL) {
        error_write_unraisable(NULL);
    }
    xdecref(result);
    xdecref(atexit);
}

// Weak references to all modules, in the order of their import. NULL with MemoryError.
static PyObject *
weak_modules(void)
{
    PyObject *modules = dict_values_list(interpreter_roots()->modules);
    PyObject *list = modules == NULL ? NULL : list_new(0);
    for (Py_ssize_t i = 0; list != NULL && i < list_size(modules); i++) {
        PyObject *module = list_item_borrow(modules, i);
        PyObject *ref = module_check(module) ? weakref_new(module, NULL) : new_ref(Py_None);
        if (ref == NULL || list_append(list, ref) < 0) {
            clear_ref(list);
        }
        xdecref(ref);
    }
    xdecref(modules);
    return list;
}

// Empties what is still referenced from elsewhere, latest import first.
static void
clear_modules(PyObject *list, PyObject *sys, PyObject *builtins)
{
    for (Py_ssize_t i = list_size(list); i-- > 0;) {
        PyObject *ref = list_item_borrow(list, i);
        PyObject *module = weakref_check(ref) ? weakref_object(ref) : NULL;
        if (module != NULL && module != sys && module != builtins) {
            module_clear_dict(module_dict_borrow(module));
        }
        xdecref(module);
    }
}

// Modules that nothing else refers to go together, so that finalizers find them complete; the
// others are emptied in the reverse order of their import, builtins and sys at the very end.
static void
finalize_modules(void)
{
    InterpreterRoots *roots = interpreter_roots();
    static const char *const cleared[] = {
        "path", "argv", "ps1", "ps2", "last_exc", "last_type", "last_value", "last_traceback",
        "path_hooks", "path_importer_cache", "meta_path", "__interactivehook__",
    };
    for (size_t i = 0; i < sizeof cleared / sizeof *cleared; i++) {
        dict_set_cstr(roots->sys_dict, cleared[i], Py_None);
    }
    PyObject *modules = weak_modules();
    if (modules == NULL) {
        error_clear();
        return;
    }
    PyObject *sys = new_ref(roots->sys_module);
    PyObject *builtins = new_ref(roots->builtins_module);
    dict_clear(roots->modules);
    gc_collect_no_callbacks(thread_current());
    clear_modules(modules, sys, builtins);
    decref(modules);
    module_clear_dict(module_dict_borrow(sys));
    module_clear_dict(module_dict_borrow(builtins));
    decref(sys);
    decref(builtins);
    gc_collect_no_callbacks(thread_current());
}

int
runtime_stop(int status)
{
    Interpreter *interp = interpreter_current();
    call_threading_shutdown();
    call_atexit();
    if (sys_flush_std_files() < 0) {
        status = 120;
    }
    interpreter_begin_finalizing(interp);
    finalize_modules();
    if (sys_flush_std_files() < 0) {
        status = 120;
    }
    fflush(stdout);
    return status;
}
