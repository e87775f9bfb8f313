// The gc module: the interface of the cycle collector (gc/gc.h). No state of its own.
#include "gc/gc.h"

#include "memory/heap.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "runtime/sys.h"
#include "thread/runtime.h"

static GcState *
gc_state(void)
{
    return interpreter_current()->gc;
}

static PyObject *
gc_mod_enable(PyObject *module, PyObject *unused)
{
    gc_enable(interpreter_current());
    return Py_None;
}

static PyObject *
gc_mod_disable(PyObject *module, PyObject *unused)
{
    gc_disable(interpreter_current());
    return Py_None;
}

static PyObject *
gc_mod_isenabled(PyObject *module, PyObject *unused)
{
    return bool_from_int(gc_is_enabled(interpreter_current()));
}

static PyObject *
gc_mod_collect(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"generation", NULL};
    static ArgsParser parser = {.format = "|i:collect", .keywords = keywords};
    int generation = GC_GENERATIONS - 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &generation)) {
        return NULL;
    }
    if (generation < 0 || generation >= GC_GENERATIONS) {
        return error_set(PyExc_ValueError, "invalid generation");
    }
    return int_from_ssize(gc_collect(thread_current(), generation));
}

static PyObject *
gc_mod_get_debug(PyObject *module, PyObject *unused)
{
    return int_from_i64(atomic_load_relaxed_int(&gc_state()->debug));
}

static PyObject *
gc_mod_set_debug(PyObject *module, PyObject *arg)
{
    int flags;
    if (!args_parse_one(arg, "i", &flags)) {
        return NULL;
    }
    atomic_store_relaxed_int(&gc_state()->debug, flags);
    return Py_None;
}

static PyObject *
gc_mod_set_threshold(PyObject *module, PyObject *args)
{
    GcState *gc = gc_state();
    int thresholds[GC_GENERATIONS];
    for (int i = 0; i < GC_GENERATIONS; i++) {
        thresholds[i] = atomic_load_relaxed_int(&gc->thresholds[i]);
    }
    if (!args_parse(args, "i|ii:set_threshold", &thresholds[0], &thresholds[1],
                    &thresholds[2])) {
        return NULL;
    }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        gc_set_threshold(interpreter_current(), i, thresholds[i]);
    }
    return Py_None;
}

static PyObject *
gc_mod_get_threshold(PyObject *module, PyObject *unused)
{
    GcState *gc = gc_state();
    return value_build("(iii)", atomic_load_relaxed_int(&gc->thresholds[0]),
                       atomic_load_relaxed_int(&gc->thresholds[1]),
                       atomic_load_relaxed_int(&gc->thresholds[2]));
}

static PyObject *
gc_mod_get_count(PyObject *module, PyObject *unused)
{
    Py_ssize_t counts[GC_GENERATIONS];
    gc_get_count(thread_current(), counts);
    return value_build("(nnn)", counts[0], counts[1], counts[2]);
}

static PyObject *
gc_mod_get_objects(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"generation", NULL};
    static ArgsParser parser = {.format = "|O&:get_objects", .keywords = keywords};
    Py_ssize_t generation = -1;
    bool given = (nargs > 0 && args[0] != Py_None) ||
                 (nargs == 0 && kwnames != NULL && args[0] != Py_None);
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, args_convert_ssize_or_none,
                                   &generation)) {
        return NULL;
    }
    if (given && generation >= GC_GENERATIONS) {
        return error_format(PyExc_ValueError,
                            "generation parameter must be less than the number of available "
                            "generations (%i)",
                            GC_GENERATIONS);
    }
    if (given && generation < 0) {
        return error_set(PyExc_ValueError, "generation parameter cannot be negative");
    }
    if (sys_audit("gc.get_objects", "(n)", generation) < 0) {
        return NULL;
    }
    return gc_get_objects(thread_current(), (int)generation);
}

static int
audit_objects(const char *event, PyObject *const *objs, Py_ssize_t count)
{
    PyObject *audited = tuple_from_array(objs, count);
    int refused = audited == NULL ? -1 : sys_audit(event, "(O)", audited);
    xdecref(audited);
    return refused;
}

static PyObject *
gc_mod_get_referrers(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (audit_objects("gc.get_referrers", args, nargs) < 0) {
        return NULL;
    }
    return gc_get_referrers(thread_current(), args, nargs);
}

static PyObject *
gc_mod_get_referents(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (audit_objects("gc.get_referents", args, nargs) < 0) {
        return NULL;
    }
    return gc_get_referents(args, nargs);
}

static PyObject *
gc_mod_get_stats(PyObject *module, PyObject *unused)
{
    GcState *gc = gc_state();
    PyObject *result = list_new(0);
    for (int i = 0; i < GC_GENERATIONS && result != NULL; i++) {
        GcStats stats = gc->stats[i];
        PyObject *item = value_build("{snsnsn}", "collections", stats.collections, "collected",
                                     stats.collected, "uncollectable", stats.uncollectable);
        if (item == NULL || list_append_steal(result, item) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
gc_mod_is_tracked(PyObject *module, PyObject *op)
{
    return bool_from_int(object_is_gc(op) && gc_is_tracked(op));
}

static PyObject *
gc_mod_is_finalized(PyObject *module, PyObject *op)
{
    return bool_from_int(object_is_gc(op) && gc_is_finalized(op));
}

static PyObject *
gc_mod_freeze(PyObject *module, PyObject *unused)
{
    gc_freeze(thread_current());
    return Py_None;
}

static PyObject *
gc_mod_unfreeze(PyObject *module, PyObject *unused)
{
    gc_unfreeze(thread_current());
    return Py_None;
}

static PyObject *
gc_mod_get_freeze_count(PyObject *module, PyObject *unused)
{
    return int_from_ssize(gc_get_freeze_count(interpreter_current()));
}

#define FAST(function) (PyCFunction)(void (*)(void))(function)

static PyMethodDef gc_methods[] = {
    {"enable", gc_mod_enable, METH_NOARGS,
     "enable($module, /)\n--\n\nEnable automatic garbage collection."},
    {"disable", gc_mod_disable, METH_NOARGS,
     "disable($module, /)\n--\n\nDisable automatic garbage collection."},
    {"isenabled", gc_mod_isenabled, METH_NOARGS,
     "isenabled($module, /)\n--\n\nReturns true if automatic garbage collection is enabled."},
    {"collect", FAST(gc_mod_collect), METH_FASTCALL | METH_KEYWORDS,
     "collect($module, /, generation=2)\n--\n\nRun the garbage collector; the number of "
     "unreachable objects is returned."},
    {"get_debug", gc_mod_get_debug, METH_NOARGS,
     "get_debug($module, /)\n--\n\nGet the garbage collection debugging flags."},
    {"set_debug", gc_mod_set_debug, METH_O,
     "set_debug($module, flags, /)\n--\n\nSet the garbage collection debugging flags (DEBUG_*)."},
    {"get_count", gc_mod_get_count, METH_NOARGS,
     "get_count($module, /)\n--\n\nReturn a three-tuple of the current collection counts."},
    {"get_threshold", gc_mod_get_threshold, METH_NOARGS,
     "get_threshold($module, /)\n--\n\nReturn the current collection thresholds."},
    {"set_threshold", gc_mod_set_threshold, METH_VARARGS,
     "set_threshold(threshold0, [threshold1, [threshold2]])\n"
     "Set the collection thresholds (the collection frequency); zero turns collection off."},
    {"get_objects", FAST(gc_mod_get_objects), METH_FASTCALL | METH_KEYWORDS,
     "get_objects($module, /, generation=None)\n--\n\nReturn a list of objects tracked by the "
     "collector (excluding the list returned)."},
    {"get_stats", gc_mod_get_stats, METH_NOARGS,
     "get_stats($module, /)\n--\n\nReturn a list of dictionaries containing per-generation "
     "statistics."},
    {"get_referrers", FAST(gc_mod_get_referrers), METH_FASTCALL,
     "get_referrers($module, /, *objs)\n--\n\nReturn the list of objects that directly refer to "
     "any of 'objs'."},
    {"get_referents", FAST(gc_mod_get_referents), METH_FASTCALL,
     "get_referents($module, /, *objs)\n--\n\nReturn the list of objects that are directly "
     "referred to by 'objs'."},
    {"is_tracked", gc_mod_is_tracked, METH_O,
     "is_tracked($module, obj, /)\n--\n\nReturns true if the object is tracked by the collector."},
    {"is_finalized", gc_mod_is_finalized, METH_O,
     "is_finalized($module, obj, /)\n--\n\nReturns true if the object has been finalized already."},
    {"freeze", gc_mod_freeze, METH_NOARGS,
     "freeze($module, /)\n--\n\nFreeze all tracked objects and ignore them for collections to "
     "come."},
    {"unfreeze", gc_mod_unfreeze, METH_NOARGS,
     "unfreeze($module, /)\n--\n\nUnfreeze all frozen objects."},
    {"get_freeze_count", gc_mod_get_freeze_count, METH_NOARGS,
     "get_freeze_count($module, /)\n--\n\nReturn the number of frozen objects."},
    {NULL, NULL, 0, NULL},
};

static int
gc_exec(PyObject *module)
{
    GcState *gc = gc_state();
    return module_add(module, "garbage", gc->garbage) < 0 ||
                   module_add(module, "callbacks", gc->callbacks) < 0 ||
                   module_add_int(module, "DEBUG_STATS", GC_DEBUG_STATS) < 0 ||
                   module_add_int(module, "DEBUG_COLLECTABLE", GC_DEBUG_COLLECTABLE) < 0 ||
                   module_add_int(module, "DEBUG_UNCOLLECTABLE", GC_DEBUG_UNCOLLECTABLE) < 0 ||
                   module_add_int(module, "DEBUG_SAVEALL", GC_DEBUG_SAVEALL) < 0 ||
                   module_add_int(module, "DEBUG_LEAK", GC_DEBUG_LEAK) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot gc_slots[] = {
    {Py_mod_exec, gc_exec},
    {Py_mod_multiple_interpreters, (void *)2},
    {Py_mod_gil, (void *)1},
    {0, NULL},
};

static PyModuleDef gc_definition = {
    .m_name = "gc",
    .m_doc = "This module provides access to the garbage collector for reference cycles.",
    .m_methods = gc_methods,
    .m_slots = gc_slots,
};

NATIVE_MODULE(gc, &gc_definition)
