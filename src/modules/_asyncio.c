// Native module _asyncio: the module itself; asyncio_internal.h tells about its files.
//
// Threading: see asyncio_internal.h.
#include "modules/asyncio_internal.h"
#include "modules/module.h"

#include "memory/alloc.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/import.h"

static const struct {
    const char *module;
    const char *name;
} imports[ASYNCIO_IMPORTS] = {
    [ASYNCIO_CANCELLED_ERROR] = {"asyncio.exceptions", "CancelledError"},
    [ASYNCIO_INVALID_STATE_ERROR] = {"asyncio.exceptions", "InvalidStateError"},
    [ASYNCIO_FUTURE_REPR] = {"asyncio.base_futures", "_future_repr"},
    [ASYNCIO_TASK_REPR] = {"asyncio.base_tasks", "_task_repr"},
    [ASYNCIO_TASK_GET_STACK] = {"asyncio.base_tasks", "_task_get_stack"},
    [ASYNCIO_TASK_PRINT_STACK] = {"asyncio.base_tasks", "_task_print_stack"},
    [ASYNCIO_EXTRACT_STACK] = {"asyncio.format_helpers", "extract_stack"},
    [ASYNCIO_ISCOROUTINE] = {"asyncio.coroutines", "iscoroutine"},
    [ASYNCIO_GET_POLICY] = {"asyncio.events", "_get_event_loop_policy"},
    [ASYNCIO_GET_LOOP] = {"asyncio.futures", "_get_loop"},
    [ASYNCIO_WEAK_SET] = {"weakref", "WeakSet"},
};

AsyncioState *
asyncio_state(void)
{
    PyObject *module = atomic_load_acquire_ptr(&interpreter_roots()->asyncio);
    return module != NULL ? module_get_state(module)
                          : error_set(PyExc_RuntimeError, "_asyncio is not initialized");
}

PyObject *
asyncio_import(AsyncioImport which)
{
    AsyncioState *state = asyncio_state();
    if (state == NULL) {
        return NULL;
    }
    PyObject *found = atomic_load_acquire_ptr(&state->imported[which]);
    if (found != NULL) {
        return found;
    }
    PyObject *value = import_attribute(imports[which].module, imports[which].name);
    if (value != NULL && !atomic_cas_ptr(&state->imported[which], &found, value)) {
        decref(value);
        return found;
    }
    return value;
}

// ---- the running loop ----

PyObject *
asyncio_get_event_loop(void)
{
    PyObject *loop = thread_current()->asyncio_loop;
    if (loop != NULL) {
        return new_ref(loop);
    }
    PyObject *get_policy = asyncio_import(ASYNCIO_GET_POLICY);
    PyObject *policy = get_policy != NULL ? object_call_noargs(get_policy) : NULL;
    if (policy != NULL) {
        loop = object_call_method_noargs(policy, ID(get_event_loop));
        decref(policy);
    }
    return loop;
}

static PyObject *
asyncio_event_loop(PyObject *module, PyObject *unused)
{
    return asyncio_get_event_loop();
}

static PyObject *
asyncio_running_loop(PyObject *module, PyObject *unused)
{
    PyObject *loop = thread_current()->asyncio_loop;
    return loop != NULL ? new_ref(loop)
                        : error_set(PyExc_RuntimeError, "no running event loop");
}

static PyObject *
asyncio_running_loop_or_none(PyObject *module, PyObject *unused)
{
    PyObject *loop = thread_current()->asyncio_loop;
    return new_ref(loop != NULL ? loop : Py_None);
}

static PyObject *
asyncio_set_running_loop(PyObject *module, PyObject *loop)
{
    PyObject *old = thread_current()->asyncio_loop;
    thread_current()->asyncio_loop = loop != Py_None ? new_ref(loop) : NULL;
    xdecref(old);
    return new_ref(Py_None);
}

// ---- who waits for whom ----

static PyObject *
asyncio_add_to_awaited_by(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return args_check_positional("future_add_to_awaited_by", nargs, 2, 2)
                   && future_awaited_by_add(args[0], args[1]) == 0
               ? new_ref(Py_None)
               : NULL;
}

static PyObject *
asyncio_discard_from_awaited_by(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return args_check_positional("future_discard_from_awaited_by", nargs, 2, 2)
                   && future_awaited_by_discard(args[0], args[1]) == 0
               ? new_ref(Py_None)
               : NULL;
}

// ---- the module ----

static PyMethodDef asyncio_methods[] = {
    {"get_event_loop", asyncio_event_loop, METH_NOARGS,
     "get_event_loop($module, /)\n--\n\nReturn an asyncio event loop.\n\n"
     "In a coroutine or callback this is the running loop, elsewhere the one of the policy."},
    {"get_running_loop", asyncio_running_loop, METH_NOARGS,
     "get_running_loop($module, /)\n--\n\nReturn the running event loop.  Raise a RuntimeError "
     "if there is none.\n\nThis function is thread-specific."},
    {"_get_running_loop", asyncio_running_loop_or_none, METH_NOARGS,
     "_get_running_loop($module, /)\n--\n\nReturn the running event loop or None.\n\n"
     "This is a low-level function intended to be used by event loops.\n"
     "This function is thread-specific."},
    {"_set_running_loop", asyncio_set_running_loop, METH_O,
     "_set_running_loop($module, loop, /)\n--\n\nSet the running event loop.\n\n"
     "This is a low-level function intended to be used by event loops.\n"
     "This function is thread-specific."},
    {"future_add_to_awaited_by", FASTCALL(asyncio_add_to_awaited_by), METH_FASTCALL,
     "future_add_to_awaited_by($module, fut, waiter, /)\n--\n\n"
     "Record that `fut` is awaited on by `waiter`."},
    {"future_discard_from_awaited_by", FASTCALL(asyncio_discard_from_awaited_by), METH_FASTCALL,
     "future_discard_from_awaited_by($module, fut, waiter, /)\n--\n\n"
     "Record that `fut` is no longer awaited on by `waiter`."},
    {NULL, NULL, 0, NULL},
};

static int
asyncio_exec(PyObject *module)
{
    AsyncioState *state = module_get_state(module);
    state->context_keyword = tuple_pack(1, ID(context));
    state->eager_tasks = set_new(NULL);
    state->stripes = mem_calloc_or_error(TASK_STRIPES, sizeof(TaskStripe));
    if (state->context_keyword == NULL || state->eager_tasks == NULL || state->stripes == NULL
        || module_add_functions(module, asyncio_registry_methods) < 0
        || module_add_type(module, &asyncio_future_type) < 0
        || module_add_type(module, &asyncio_task_type) < 0
        || type_ready(&asyncio_future_iter_type) < 0 || type_ready(&asyncio_step_type) < 0) {
        return -1;
    }
    // Reloaded, the module stays without effect: futures know the state of the first one.
    PyObject *none = NULL;
    incref(module);
    if (!atomic_cas_ptr(&interpreter_roots()->asyncio, &none, module)) {
        decref(module);
    }
    return 0;
}

static int
asyncio_traverse(PyObject *module, visitproc visit, void *arg)
{
    AsyncioState *state = module_get_state(module);
    if (state == NULL) {
        return 0;
    }
    for (int i = 0; i < ASYNCIO_IMPORTS; i++) {
        if (state->imported[i] != NULL) {
            int status = visit(state->imported[i], arg);
            if (status != 0) {
                return status;
            }
        }
    }
    int status = state->eager_tasks != NULL ? visit(state->eager_tasks, arg) : 0;
    if (status == 0 && state->other_tasks != NULL) {
        status = visit(state->other_tasks, arg);
    }
    return status;
}

static int
asyncio_clear(PyObject *module)
{
    AsyncioState *state = module_get_state(module);
    if (state == NULL) {
        return 0;
    }
    for (int i = 0; i < ASYNCIO_IMPORTS; i++) {
        clear_ref(state->imported[i]);
    }
    clear_ref(state->context_keyword);
    clear_ref(state->eager_tasks);
    clear_ref(state->other_tasks);
    return 0;
}

// The stripes are left to the process when tasks that outlive the module are in them.
static void
asyncio_free(void *module)
{
    AsyncioState *state = module_get_state(module);
    if (state == NULL) {
        return;
    }
    asyncio_clear(module);
    for (int i = 0; state->stripes != NULL && i < TASK_STRIPES; i++) {
        if (state->stripes[i].count > 0) {
            return;
        }
    }
    mem_free(state->stripes);
}

static PyModuleDef_Slot asyncio_slots[] = {
    {Py_mod_exec, asyncio_exec},
    {0, NULL},
};

static PyModuleDef asyncio_definition = {
    .m_name = "_asyncio",
    .m_doc = "Accelerator module for asyncio",
    .m_size = sizeof(AsyncioState),
    .m_methods = asyncio_methods,
    .m_slots = asyncio_slots,
    .m_traverse = asyncio_traverse,
    .m_clear = asyncio_clear,
    .m_free = asyncio_free,
};

NATIVE_MODULE(_asyncio, &asyncio_definition)
