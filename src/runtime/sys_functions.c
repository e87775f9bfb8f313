// Functions of the sys module that ask for or change runtime state; see sys.h. Hooks that
// print or report are in sys_hooks.c, tracing functions in vm/.
#include <dlfcn.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "gc/gc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/call.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "runtime/repl.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "runtime/sys_internal.h"
#include "thread/thread.h"
#include "vm/vm.h"

static PyObject *
sys_exit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("exit", nargs, 0, 1)) {
        return NULL;
    }
    // An exception as status is still a status.
    PyObject *exc = nargs > 0 && exception_instance_check(args[0])
                        ? object_call_onearg(PyExc_SystemExit, args[0]) : NULL;
    if (exc != NULL) {
        error_restore_steal(exc);
        return NULL;
    }
    return error_occurred() ? NULL
                            : error_set_object(PyExc_SystemExit, nargs ? args[0] : Py_None);
}

static PyObject *
sys_exception(PyObject *module, PyObject *unused)
{
    PyObject *exc = error_handled();
    return exc != NULL ? exc : new_ref(Py_None);
}

static PyObject *
sys_exc_info(PyObject *module, PyObject *unused)
{
    PyObject *exc = error_handled();
    if (exc == NULL) {
        return tuple_pack(3, Py_None, Py_None, Py_None);
    }
    PyObject *traceback = object_getattr(exc, ID(__traceback__));
    PyObject *result = traceback != NULL
                           ? tuple_pack(3, (PyObject *)object_type(exc), exc, traceback) : NULL;
    xdecref(traceback);
    decref(exc);
    return result;
}

static PyObject *
sys_intern(PyObject *module, PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "intern() argument must be str, not %.50s",
                            object_type(text)->tp_name);
    }
    if (!str_check_exact(text)) {
        return error_format(PyExc_TypeError, "can't intern %.400s", object_type(text)->tp_name);
    }
    return str_intern(text);
}

static PyObject *
sys_is_interned(PyObject *module, PyObject *text)
{
    if (!str_check(text)) {
        return error_format(PyExc_TypeError, "_is_interned() argument must be str, not %.50s",
                            object_type(text)->tp_name);
    }
    return new_ref(str_is_interned(text) ? Py_True : Py_False);
}

static PyObject *
sys_is_immortal(PyObject *module, PyObject *op)
{
    return new_ref(object_is_immortal(op) ? Py_True : Py_False);
}

static PyObject *
sys_getrefcount(PyObject *module, PyObject *op)
{
    return int_from_ssize(refcount_get(op));
}

static PyObject *
sys_getsizeof(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"object", "default", NULL};
    static ArgsParser parser = {.format = "O|O:getsizeof", .keywords = names};
    PyObject *op;
    PyObject *fallback = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &op, &fallback)) {
        return NULL;
    }
    PyObject *method = object_lookup_special(op, ID(__sizeof__));
    PyObject *size = NULL;
    if (method != NULL) {
        size = object_call_noargs(method);
        decref(method);
    }
    else if (!error_occurred()) {
        error_format(PyExc_TypeError, "Type %.100s doesn't define __sizeof__",
                     object_type(op)->tp_name);
    }
    Py_ssize_t bytes = size != NULL ? int_as_ssize(size) : -1;
    xdecref(size);
    if (bytes == -1 && error_occurred()) {
        if (fallback != NULL && error_matches(PyExc_TypeError)) {
            error_clear();
            return new_ref(fallback);
        }
        return NULL;
    }
    if (bytes < 0) {
        return error_set(PyExc_ValueError, "__sizeof__() should return >= 0");
    }
    return int_from_ssize(bytes + heap_presize(op));
}

static PyObject *
sys_getrecursionlimit(PyObject *module, PyObject *unused)
{
    return int_from_i64(vm_get_recursion_limit());
}

static PyObject *
sys_setrecursionlimit(PyObject *module, PyObject *arg)
{
    int limit = int_as_int(arg);
    if (limit == -1 && error_occurred()) {
        return NULL;
    }
    return vm_set_recursion_limit(limit) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_getswitchinterval(PyObject *module, PyObject *unused)
{
    return float_from_double(interpreter_roots()->switch_interval);
}

// There is no lock to hand over: the value is only kept for programs that read it back.
static PyObject *
sys_setswitchinterval(PyObject *module, PyObject *arg)
{
    double interval = float_as_double(arg);
    if (interval == -1.0 && error_occurred()) {
        return NULL;
    }
    if (!(interval > 0.0)) {
        return error_set(PyExc_ValueError, "switch interval must be strictly positive");
    }
    interpreter_roots()->switch_interval = interval;
    return new_ref(Py_None);
}

static PyObject *
sys_is_finalizing(PyObject *module, PyObject *unused)
{
    return new_ref(runtime_is_finalizing() ? Py_True : Py_False);
}

static PyObject *
sys_is_gil_enabled(PyObject *module, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyObject *
sys_getdefaultencoding(PyObject *module, PyObject *unused)
{
    return str_intern_cstr("utf-8");
}

static PyObject *
sys_getfilesystemencodeerrors(PyObject *module, PyObject *unused)
{
    return str_intern_cstr("surrogateescape");
}

static PyObject *
sys_get_int_max_str_digits(PyObject *module, PyObject *unused)
{
    return int_from_i64(interpreter_roots()->int_max_str_digits);
}

static PyObject *
sys_set_int_max_str_digits(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"maxdigits", NULL};
    int digits;
    if (!args_parse_static(args, kwargs, "i:set_int_max_str_digits", names, &digits)) {
        return NULL;
    }
    if (digits != 0 && digits < 640) {
        return error_format(PyExc_ValueError, "maxdigits must be >= %d or 0 for unlimited", 640);
    }
    interpreter_roots()->int_max_str_digits = digits;
    return new_ref(Py_None);
}

static PyObject *
sys_getframe(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_getframe", nargs, 0, 1)) {
        return NULL;
    }
    int depth = nargs ? int_as_int(args[0]) : 0;
    if (depth == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *frame = (PyObject *)vm_frame(thread_current(), depth < 0 ? 0 : depth);
    if (frame == NULL && !error_occurred()) {
        error_set(PyExc_ValueError, "call stack is not deep enough");
    }
    if (frame != NULL && sys_audit("sys._getframe", "(O)", frame) < 0) {
        clear_ref(frame);
    }
    return frame;
}

static PyObject *
sys_getframemodulename(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"depth", NULL};
    int depth = 0;
    if (!args_parse_static(args, kwargs, "|i:_getframemodulename", names, &depth)
        || sys_audit("sys._getframemodulename", "(i)", depth) < 0) {
        return NULL;
    }
    PyObject *name = vm_module_name(depth < 0 ? 0 : depth);
    return name != NULL ? name : new_ref(Py_None);
}

static PyObject *
sys_current_frames(PyObject *module, PyObject *unused)
{
    if (sys_audit("sys._current_frames", "") < 0) {
        return NULL;
    }
    return vm_current_frames();
}

static PyObject *
sys_current_exceptions(PyObject *module, PyObject *unused)
{
    if (sys_audit("sys._current_exceptions", "") < 0) {
        return NULL;
    }
    return vm_current_exceptions();
}

static PyObject *
sys_set_asyncgen_hooks(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"firstiter", "finalizer", NULL};
    PyObject *firstiter = NULL;
    PyObject *finalizer = NULL;
    if (!args_parse_static(args, kwargs, "|OO", names, &firstiter, &finalizer)) {
        return NULL;
    }
    if ((finalizer != NULL && sys_audit("sys.set_asyncgen_hook_finalizer", "") < 0)
        || (firstiter != NULL && sys_audit("sys.set_asyncgen_hook_firstiter", "") < 0)
        || vm_set_asyncgen_hooks(firstiter, finalizer) < 0) {
        return NULL;
    }
    return new_ref(Py_None);
}

static PyStructSequence_Field asyncgen_hooks_fields[] = {
    {"firstiter", "Hook to intercept first iteration"},
    {"finalizer", "Hook to intercept finalization"},
    {NULL, NULL},
};

static PyStructSequence_Desc asyncgen_hooks_desc = {
    "asyncgen_hooks", "A namedtuple (firstiter, finalizer).", asyncgen_hooks_fields, 2,
};

static PyObject *
sys_get_asyncgen_hooks(PyObject *module, PyObject *unused)
{
    PyObject *pair = vm_get_asyncgen_hooks();
    PyTypeObject *type = (PyTypeObject *)interpreter_roots()->asyncgen_hooks_type;
    PyObject *result = pair != NULL ? structseq_new(type) : NULL;
    for (Py_ssize_t i = 0; i < 2 && result != NULL; i++) {
        structseq_set_steal(result, i, new_ref(tuple_item_borrow(pair, i)));
    }
    xdecref(pair);
    return result;
}

static PyObject *
sys_get_coroutine_origin_tracking_depth(PyObject *module, PyObject *unused)
{
    return int_from_i64(vm_get_coroutine_origin_depth());
}

static PyObject *
sys_set_coroutine_origin_tracking_depth(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"depth", NULL};
    int depth;
    if (!args_parse_static(args, kwargs, "i:set_coroutine_origin_tracking_depth", names, &depth)) {
        return NULL;
    }
    return vm_set_coroutine_origin_depth(depth) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_getallocatedblocks(PyObject *module, PyObject *unused)
{
    return int_from_ssize(heap_allocated_blocks());
}

static PyObject *
sys_getunicodeinternedsize(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"_only_immortal", NULL};
    int only_immortal = 0;
    if (!args_parse_static(args, kwargs, "|$p:getunicodeinternedsize", names, &only_immortal)) {
        return NULL;
    }
    return int_from_ssize(str_interned_count());
}

static PyObject *
sys_debugmallocstats(PyObject *module, PyObject *unused)
{
    heap_print_statistics(stderr);
    return new_ref(Py_None);
}

// Removes the descriptor `name` that a class made for its own instances.
static int
clear_type_descriptor(PyTypeObject *type, PyObject *name)
{
    PyObject *descr;
    int found = type_get_own(type, name, &descr);
    if (found <= 0) {
        return found;
    }
    bool own = type_of(descr) == &PyGetSetDescr_Type && descr_type(descr) == type;
    decref(descr);
    return own ? type_set_attribute(type, name, NULL) : 0;
}

static PyObject *
sys_clear_type_descriptors(PyObject *module, PyObject *type)
{
    if (!type_check(type)) {
        args_bad_argument("_clear_type_descriptors", "argument", "type", type);
        return NULL;
    }
    if (type_has_feature((PyTypeObject *)type, Py_TPFLAGS_IMMUTABLETYPE)) {
        return error_set(PyExc_TypeError, "argument is immutable");
    }
    if (clear_type_descriptor((PyTypeObject *)type, ID(__dict__)) < 0 ||
        clear_type_descriptor((PyTypeObject *)type, ID(__weakref__)) < 0) {
        return NULL;
    }
    return new_ref(Py_None);
}

static PyObject *
sys_clear_internal_caches(PyObject *module, PyObject *unused)
{
    type_modified(&PyBaseObject_Type);      // and so all others
    return new_ref(Py_None);
}

static PyObject *
sys_getdlopenflags(PyObject *module, PyObject *unused)
{
    return int_from_i64(interpreter_roots()->dlopen_flags);
}

static PyObject *
sys_setdlopenflags(PyObject *module, PyObject *arg)
{
    int flags = int_as_int(arg);
    if (flags == -1 && error_occurred()) {
        return NULL;
    }
    interpreter_roots()->dlopen_flags = flags;
    return new_ref(Py_None);
}

static PyObject *
sys_get_cpu_count_config(PyObject *module, PyObject *unused)
{
    return int_from_i64(runtime_config()->cpu_count);
}

static PyObject *
sys_clear_type_cache(PyObject *module, PyObject *unused)
{
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "sys._clear_type_cache() is deprecated and may be removed in a future version of "
                   "Python. Use sys._clear_internal_caches() instead.") < 0) {
        return NULL;
    }
    return sys_clear_internal_caches(module, unused);
}

static PyObject *
sys_baserepl(PyObject *module, PyObject *unused)
{
    PyObject *main = import_add_module(ID(__main__));
    int result = main != NULL ? repl_run_basic(module_dict_borrow(main)) : -1;
    xdecref(main);
    return result < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_activate_stack_trampoline(PyObject *module, PyObject *backend)
{
    return error_set(PyExc_ValueError, "perf trampoline not available");
}

static PyObject *
sys_deactivate_stack_trampoline(PyObject *module, PyObject *unused)
{
    return new_ref(Py_None);
}

static PyObject *
sys_is_stack_trampoline_active(PyObject *module, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyObject *
sys_is_remote_debug_enabled(PyObject *module, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyObject *
sys_remote_exec(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return error_set(PyExc_RuntimeError, "Remote debugging is not enabled");
}

static PyObject *
sys_call_tracing(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("call_tracing", nargs, 2, 2)) {
        return NULL;
    }
    if (!tuple_check(args[1])) {
        return error_format(PyExc_TypeError, "call_tracing() argument 2 must be tuple, not %.50s",
                            object_type(args[1])->tp_name);
    }
    return vm_call_tracing(args[0], args[1]);
}

static PyObject *
sys_settrace(PyObject *module, PyObject *function)
{
    return vm_set_trace(thread_current(), function) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_setprofile(PyObject *module, PyObject *function)
{
    return vm_set_profile(thread_current(), function) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_gettrace(PyObject *module, PyObject *unused)
{
    return vm_get_trace(thread_current());
}

static PyObject *
sys_getprofile(PyObject *module, PyObject *unused)
{
    return vm_get_profile(thread_current());
}

static PyObject *
sys_settraceallthreads(PyObject *module, PyObject *function)
{
    return vm_set_trace_all_threads(function) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
sys_setprofileallthreads(PyObject *module, PyObject *function)
{
    return vm_set_profile_all_threads(function) < 0 ? NULL : new_ref(Py_None);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

PyMethodDef sys_function_methods[] = {
    {"exit", FAST(sys_exit),
     "exit($module, status=None, /)\n--\n\nExit the interpreter by raising SystemExit(status).\n\n"
     "If the status is omitted or None, it defaults to zero (i.e., success).\n"
     "If the status is an integer, it will be used as the system exit status.\n"
     "If it is another kind of object, it will be printed and the system\n"
     "exit status will be one (i.e., failure)."},
    {"exception", sys_exception, METH_NOARGS,
     "exception($module, /)\n--\n\nReturn the current exception.\n\n"
     "Return the most recent exception caught by an except clause\n"
     "in the current stack frame or in an older stack frame, or None\n"
     "if no such clause exists."},
    {"exc_info", sys_exc_info, METH_NOARGS,
     "exc_info($module, /)\n--\n\nReturn current exception information: (type, value, traceback).\n"
     "\nReturn information about the most recent exception caught by an except\n"
     "clause in the current stack frame or in an older stack frame."},
    {"intern", sys_intern, METH_O,
     "intern($module, string, /)\n--\n\n``Intern'' the given string.\n\n"
     "This enters the string in the (global) table of interned strings whose\n"
     "purpose is to speed up dictionary lookups. Return the string itself or\n"
     "the previously interned string object with the same value."},
    {"_is_interned", sys_is_interned, METH_O,
     "_is_interned($module, string, /)\n--\n\nReturn True if the given string is \"interned\"."},
    {"_is_immortal", sys_is_immortal, METH_O,
     "_is_immortal($module, op, /)\n--\n\nReturn True if the given object is \"immortal\"."},
    {"getrefcount", sys_getrefcount, METH_O,
     "getrefcount($module, object, /)\n--\n\nReturn the reference count of object.\n\n"
     "The count returned is generally one higher than you might expect,\n"
     "because it includes the (temporary) reference as an argument to\n"
     "getrefcount()."},
    {"getsizeof", KEYWORDS(sys_getsizeof),
     "getsizeof(object [, default]) -> int\n\nReturn the size of object in bytes."},
    {"getrecursionlimit", sys_getrecursionlimit, METH_NOARGS,
     "getrecursionlimit($module, /)\n--\n\nReturn the current value of the recursion limit.\n\n"
     "The recursion limit is the maximum depth of the Python interpreter\n"
     "stack.  This limit prevents infinite recursion from causing an overflow\n"
     "of the C stack and crashing Python."},
    {"setrecursionlimit", sys_setrecursionlimit, METH_O,
     "setrecursionlimit($module, limit, /)\n--\n\nSet the maximum depth of the Python interpreter "
     "stack to n.\n\n"
     "This limit prevents infinite recursion from causing an overflow of the C\n"
     "stack and crashing Python.  The highest possible limit is platform-\n"
     "dependent."},
    {"getswitchinterval", sys_getswitchinterval, METH_NOARGS,
     "getswitchinterval($module, /)\n--\n\nReturn the current thread switch interval; see "
     "sys.setswitchinterval()."},
    {"setswitchinterval", sys_setswitchinterval, METH_O,
     "setswitchinterval($module, interval, /)\n--\n\n"
     "Set the ideal thread switching delay inside the Python interpreter.\n\n"
     "Threads run in parallel here, so the value is only kept."},
    {"is_finalizing", sys_is_finalizing, METH_NOARGS,
     "is_finalizing($module, /)\n--\n\nReturn True if Python is exiting."},
    {"_is_gil_enabled", sys_is_gil_enabled, METH_NOARGS,
     "_is_gil_enabled($module, /)\n--\n\nReturn True if the GIL is currently enabled."},
    {"getdefaultencoding", sys_getdefaultencoding, METH_NOARGS,
     "getdefaultencoding($module, /)\n--\n\nReturn the current default encoding used by the "
     "Unicode implementation."},
    {"getfilesystemencoding", sys_getdefaultencoding, METH_NOARGS,
     "getfilesystemencoding($module, /)\n--\n\nReturn the encoding used to convert Unicode "
     "filenames to OS filenames."},
    {"getfilesystemencodeerrors", sys_getfilesystemencodeerrors, METH_NOARGS,
     "getfilesystemencodeerrors($module, /)\n--\n\nReturn the error mode used for Unicode to OS "
     "filename conversion."},
    {"get_int_max_str_digits", sys_get_int_max_str_digits, METH_NOARGS,
     "get_int_max_str_digits($module, /)\n--\n\nReturn the maximum string digits limit for "
     "non-binary int<->str conversions."},
    {"set_int_max_str_digits", KEYWORDS(sys_set_int_max_str_digits),
     "set_int_max_str_digits($module, /, maxdigits)\n--\n\nSet the maximum string digits limit "
     "for non-binary int<->str conversions."},
    {"_getframe", FAST(sys_getframe),
     "_getframe($module, depth=0, /)\n--\n\nReturn a frame object from the call stack.\n\n"
     "If optional integer depth is given, return the frame object that many\n"
     "calls below the top of the stack.  If that is deeper than the call\n"
     "stack, ValueError is raised.  The default for depth is zero, returning\n"
     "the frame at the top of the call stack."},
    {"_getframemodulename", KEYWORDS(sys_getframemodulename),
     "_getframemodulename($module, /, depth=0)\n--\n\nReturn the name of the module for a calling "
     "frame.\n\nThe default depth returns the module containing the call to this API.\n"
     "A more typical use in a library will pass a depth of 1 to get the user's\n"
     "module rather than the library module.\n\n"
     "If no frame, module, or name can be found, returns None."},
    {"_current_frames", sys_current_frames, METH_NOARGS,
     "_current_frames($module, /)\n--\n\nReturn a dict mapping each thread's thread id to its "
     "current stack frame."},
    {"_current_exceptions", sys_current_exceptions, METH_NOARGS,
     "_current_exceptions($module, /)\n--\n\nReturn a dict mapping each thread's identifier to its "
     "current raised exception."},
    {"set_asyncgen_hooks", KEYWORDS(sys_set_asyncgen_hooks),
     "set_asyncgen_hooks([firstiter] [, finalizer])\n\n"
     "Set a finalizer for async generators objects."},
    {"get_asyncgen_hooks", sys_get_asyncgen_hooks, METH_NOARGS,
     "get_asyncgen_hooks($module, /)\n--\n\nReturn the installed asynchronous generators hooks.\n\n"
     "This returns a namedtuple of the form (firstiter, finalizer)."},
    {"get_coroutine_origin_tracking_depth", sys_get_coroutine_origin_tracking_depth, METH_NOARGS,
     "get_coroutine_origin_tracking_depth($module, /)\n--\n\n"
     "Check status of origin tracking for coroutine objects in this thread."},
    {"set_coroutine_origin_tracking_depth", KEYWORDS(sys_set_coroutine_origin_tracking_depth),
     "set_coroutine_origin_tracking_depth($module, /, depth)\n--\n\n"
     "Enable or disable origin tracking for coroutine objects in this thread.\n\n"
     "Coroutine objects will track 'depth' frames of traceback information\n"
     "about where they came from, available in their cr_origin attribute.\n\n"
     "Set a depth of 0 to disable."},
    {"getallocatedblocks", sys_getallocatedblocks, METH_NOARGS,
     "getallocatedblocks($module, /)\n--\n\nReturn the number of memory blocks currently "
     "allocated."},
    {"getunicodeinternedsize", KEYWORDS(sys_getunicodeinternedsize),
     "getunicodeinternedsize($module, /, *, _only_immortal=False)\n--\n\n"
     "Return the number of elements of the unicode interned dictionary"},
    {"_debugmallocstats", sys_debugmallocstats, METH_NOARGS,
     "_debugmallocstats($module, /)\n--\n\nPrint statistics of the object heap to stderr."},
    {"_clear_internal_caches", sys_clear_internal_caches, METH_NOARGS,
     "_clear_internal_caches($module, /)\n--\n\nClear all internal performance-related caches."},
    {"_clear_type_descriptors", sys_clear_type_descriptors, METH_O,
     "_clear_type_descriptors($module, type, /)\n--\n\nPrivate function for clearing certain "
     "descriptors from a type's dictionary."},
    {"_clear_type_cache", sys_clear_type_cache, METH_NOARGS,
     "_clear_type_cache($module, /)\n--\n\nClear the internal type lookup cache."},
    {"getdlopenflags", sys_getdlopenflags, METH_NOARGS,
     "getdlopenflags($module, /)\n--\n\nReturn the current value of the flags that are used for "
     "dlopen calls.\n\nThe flag constants are defined in the os module."},
    {"setdlopenflags", sys_setdlopenflags, METH_O,
     "setdlopenflags($module, flags, /)\n--\n\nSet the flags used by the interpreter for dlopen "
     "calls."},
    {"_baserepl", sys_baserepl, METH_NOARGS,
     "_baserepl($module, /)\n--\n\nPrivate function for getting the base REPL"},
    {"_get_cpu_count_config", sys_get_cpu_count_config, METH_NOARGS,
     "_get_cpu_count_config($module, /)\n--\n\n"
     "Private function for getting PyConfig.cpu_count"},
    {"activate_stack_trampoline", sys_activate_stack_trampoline, METH_O,
     "activate_stack_trampoline($module, backend, /)\n--\n\n"
     "Activate stack profiler trampoline *backend*."},
    {"deactivate_stack_trampoline", sys_deactivate_stack_trampoline, METH_NOARGS,
     "deactivate_stack_trampoline($module, /)\n--\n\nDeactivate the current stack profiler "
     "trampoline backend.\n\nIf no stack profiler is activated, this function has no effect."},
    {"is_stack_trampoline_active", sys_is_stack_trampoline_active, METH_NOARGS,
     "is_stack_trampoline_active($module, /)\n--\n\nReturn *True* if a stack profiler trampoline "
     "is active."},
    {"is_remote_debug_enabled", sys_is_remote_debug_enabled, METH_NOARGS,
     "is_remote_debug_enabled($module, /)\n--\n\nReturn True if remote debugging is enabled, "
     "False otherwise."},
    {"remote_exec", KEYWORDS(sys_remote_exec),
     "remote_exec($module, /, pid, script)\n--\n\nExecutes a file containing Python code in a "
     "given remote Python process."},
    {"call_tracing", FAST(sys_call_tracing),
     "call_tracing($module, func, args, /)\n--\n\nCall func(*args), while tracing is enabled.\n\n"
     "The tracing state is saved, and restored afterwards.  This is intended\n"
     "to be called from a debugger from a checkpoint, to recursively debug\n"
     "some other code."},
    {"settrace", sys_settrace, METH_O,
     "settrace($module, function, /)\n--\n\nSet the global debug tracing function.\n\n"
     "It will be called on each function call.  See the debugger chapter\n"
     "in the library manual."},
    {"gettrace", sys_gettrace, METH_NOARGS,
     "gettrace($module, /)\n--\n\nReturn the global debug tracing function set with "
     "sys.settrace.\n\nSee the debugger chapter in the library manual."},
    {"setprofile", sys_setprofile, METH_O,
     "setprofile($module, function, /)\n--\n\nSet the profiling function.\n\n"
     "It will be called on each function call and return.  See the profiler\n"
     "chapter in the library manual."},
    {"getprofile", sys_getprofile, METH_NOARGS,
     "getprofile($module, /)\n--\n\nReturn the profiling function set with sys.setprofile.\n\n"
     "See the profiler chapter in the library manual."},
    {"_settraceallthreads", sys_settraceallthreads, METH_O,
     "_settraceallthreads($module, function, /)\n--\n\nSet the global debug tracing function in "
     "all running threads belonging to the current interpreter."},
    {"_setprofileallthreads", sys_setprofileallthreads, METH_O,
     "_setprofileallthreads($module, function, /)\n--\n\nSet the profiling function in all "
     "running threads belonging to the current interpreter."},
    {NULL, NULL, 0, NULL},
};

int
sys_functions_init(void)
{
    interpreter_roots()->asyncgen_hooks_type =
        (PyObject *)structseq_new_type(&asyncgen_hooks_desc, Py_TPFLAGS_IMMUTABLETYPE);
    return interpreter_roots()->asyncgen_hooks_type != NULL ? 0 : -1;
}
