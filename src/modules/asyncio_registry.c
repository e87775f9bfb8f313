// _asyncio: which task a loop runs, and which tasks there are.
//
// The current task is a field of the thread that runs the loop. Tasks of our class are linked into
// stripes from the time they are scheduled until they are done or die; tasks of other classes are in
// a WeakSet, and tasks in their first eager step in a set.
//
// Threading: lists under their stripe's lock, fields of other threads with the world stopped.
#include "modules/asyncio_internal.h"

#include "memory/alloc.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/set.h"

// ---- the current task ----

static int
check_loop(PyObject *loop)
{
    if (thread_current()->asyncio_loop == loop) {
        return 0;
    }
    error_format(PyExc_RuntimeError, "loop %R is not the running loop", loop);
    return -1;
}

int
asyncio_enter_task(PyObject *loop, PyObject *task)
{
    Thread *ts = thread_current();
    if (check_loop(loop) < 0) {
        return -1;
    }
    if (ts->asyncio_task != NULL) {
        error_format(PyExc_RuntimeError,
                     "Cannot enter into task %R while another task %R is being executed.", task,
                     ts->asyncio_task);
        return -1;
    }
    ts->asyncio_task = new_ref(task);
    return 0;
}

int
asyncio_leave_task(PyObject *loop, PyObject *task)
{
    Thread *ts = thread_current();
    if (check_loop(loop) < 0) {
        return -1;
    }
    if (ts->asyncio_task != task) {
        error_format(PyExc_RuntimeError,
                     "Invalid attempt to leave task %R while task %R is entered.", task,
                     ts->asyncio_task != NULL ? ts->asyncio_task : Py_None);
        return -1;
    }
    clear_ref(ts->asyncio_task);
    return 0;
}

PyObject *
asyncio_swap_current_task(PyObject *loop, PyObject *task)
{
    Thread *ts = thread_current();
    if (check_loop(loop) < 0) {
        return NULL;
    }
    PyObject *previous = ts->asyncio_task;
    ts->asyncio_task = task != Py_None ? new_ref(task) : NULL;
    return previous != NULL ? previous : new_ref(Py_None);
}

// The task of a loop that another thread runs: new reference or NULL.
static PyObject *
task_of_other_thread(PyObject *loop)
{
    Interpreter *interp = thread_interpreter(thread_current());
    PyObject *task = NULL;
    world_stop(interp);
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL; ts = thread_next(ts)) {
        if (ts->asyncio_loop == loop) {
            task = xnew_ref(ts->asyncio_task);
            break;
        }
    }
    world_start(interp);
    return task;
}

// The loop of an argument: None is the running one. Borrowed; NULL with RuntimeError.
static PyObject *
loop_argument(PyObject *loop)
{
    if (loop != NULL && loop != Py_None) {
        return loop;
    }
    PyObject *running = thread_current()->asyncio_loop;
    return running != NULL ? running : error_set(PyExc_RuntimeError, "no running event loop");
}

static PyObject *
asyncio_current_task(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"loop", NULL};
    static ArgsParser parser = {.format = "|O:current_task", .keywords = keywords};
    PyObject *loop = Py_None;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &loop)) {
        return NULL;
    }
    loop = loop_argument(loop);
    if (loop == NULL) {
        return NULL;
    }
    Thread *ts = thread_current();
    PyObject *task = ts->asyncio_loop == loop ? xnew_ref(ts->asyncio_task)
                                              : task_of_other_thread(loop);
    return task != NULL ? task : new_ref(Py_None);
}

// ---- all tasks ----

void
task_register(AsyncioState *state, TaskObject *task)
{
    TaskStripe *stripe = &state->stripes[thread_current()->id % TASK_STRIPES];
    CriticalSection cs;
    critical_section_begin(&cs, task);
    if (task->stripe == NULL) {
        refcount_enable_try((PyObject *)task);
        mutex_lock_brief(&stripe->lock);
        task->previous = NULL;
        task->next = stripe->first;
        if (task->next != NULL) {
            task->next->previous = task;
        }
        stripe->first = task;
        stripe->count++;
        task->stripe = stripe;
        mutex_unlock(&stripe->lock);
    }
    critical_section_end(&cs);
}

void
task_unregister(TaskObject *task)
{
    CriticalSection cs;
    critical_section_begin(&cs, task);
    TaskStripe *stripe = task->stripe;
    if (stripe != NULL) {
        mutex_lock_brief(&stripe->lock);
        if (task->previous != NULL) {
            task->previous->next = task->next;
        }
        else {
            stripe->first = task->next;
        }
        if (task->next != NULL) {
            task->next->previous = task->previous;
        }
        task->next = task->previous = NULL;
        task->stripe = NULL;
        stripe->count--;
        mutex_unlock(&stripe->lock);
    }
    critical_section_end(&cs);
}

// The tasks of a stripe that live, new references, in a block for mem_free. 0 or -1.
static int
stripe_tasks(TaskStripe *stripe, PyObject ***tasks, size_t *count)
{
    size_t room = 0;
    *tasks = NULL;
    for (;;) {
        *count = 0;
        mutex_lock_brief(&stripe->lock);
        size_t needed = stripe->count;
        for (TaskObject *task = stripe->first; needed <= room && task != NULL; task = task->next) {
            if (refcount_try_incref((PyObject *)task)) {
                (*tasks)[(*count)++] = (PyObject *)task;
            }
        }
        mutex_unlock(&stripe->lock);
        if (needed <= room) {
            return 0;
        }
        mem_free(*tasks);
        room = needed + needed / 4 + 8;
        *tasks = mem_alloc_array(room, sizeof(PyObject *));
        if (*tasks == NULL) {
            error_no_memory();
            return -1;
        }
    }
}

// Adds a task of our class if it belongs to the loop and is not done. 0 or -1.
static int
add_task(PyObject *set, PyObject *task, PyObject *loop)
{
    if (future_state(as_future(task)) != FUTURE_PENDING) {
        return 0;
    }
    PyObject *own = future_loop(as_future(task));
    if (own == NULL) {
        return -1;
    }
    decref(own);
    return own == loop ? set_add(set, task) : 0;
}

static int
add_stripe(PyObject *set, TaskStripe *stripe, PyObject *loop)
{
    PyObject **tasks;
    size_t count;
    if (stripe_tasks(stripe, &tasks, &count) < 0) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        if (result == 0) {
            result = add_task(set, tasks[i], loop);
        }
        decref(tasks[i]);
    }
    mem_free(tasks);
    return result;
}

// Adds any kind of task, by its methods. 0 or -1.
static int
add_other_task(PyObject *set, PyObject *task, PyObject *loop)
{
    if (is_task(task)) {
        return add_task(set, task, loop);
    }
    PyObject *get_loop = asyncio_import(ASYNCIO_GET_LOOP);
    PyObject *own = get_loop != NULL ? object_call_onearg(get_loop, task) : NULL;
    if (own == NULL) {
        return -1;
    }
    decref(own);
    if (own != loop) {
        return 0;
    }
    PyObject *done = object_call_method_noargs(task, ID(done));
    int is_done = done != NULL ? object_is_true(done) : -1;
    xdecref(done);
    return is_done != 0 ? (is_done < 0 ? -1 : 0) : set_add(set, task);
}

static int
add_others(PyObject *set, PyObject *tasks, PyObject *loop)
{
    PyObject *list = tasks != NULL ? list_from_iterable(tasks) : list_new(0);
    if (list == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < list_size(list); i++) {
        PyObject *task = list_get(list, i);
        result = task != NULL ? add_other_task(set, task, loop) : -1;
        xdecref(task);
    }
    decref(list);
    return result;
}

static PyObject *
asyncio_all_tasks(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"loop", NULL};
    static ArgsParser parser = {.format = "|O:all_tasks", .keywords = keywords};
    PyObject *loop = Py_None;
    AsyncioState *state = asyncio_state();
    if (state == NULL || !args_parse_stack_keywords(args, nargs, kwnames, &parser, &loop)) {
        return NULL;
    }
    loop = loop_argument(loop);
    PyObject *result = loop != NULL ? set_new(NULL) : NULL;
    if (result == NULL) {
        return NULL;
    }
    // Eager tasks first: one that is scheduled meanwhile is then found among the others.
    int failed = add_others(result, state->eager_tasks, loop);
    for (int i = 0; failed == 0 && i < TASK_STRIPES; i++) {
        failed = add_stripe(result, &state->stripes[i], loop);
    }
    if (failed == 0) {
        failed = add_others(result, atomic_load_acquire_ptr(&state->other_tasks), loop);
    }
    if (failed < 0) {
        clear_ref(result);
    }
    return result;
}

// The WeakSet of tasks of other classes, made on first use; borrowed.
static PyObject *
other_tasks(AsyncioState *state)
{
    PyObject *set = atomic_load_acquire_ptr(&state->other_tasks);
    if (set != NULL) {
        return set;
    }
    PyObject *type = asyncio_import(ASYNCIO_WEAK_SET);
    PyObject *made = type != NULL ? object_call_noargs(type) : NULL;
    if (made != NULL && !atomic_cas_ptr(&state->other_tasks, &set, made)) {
        decref(made);
        return set;
    }
    return made;
}

// ---- functions ----

static PyObject *
asyncio_register_task(PyObject *module, PyObject *task)
{
    AsyncioState *state = asyncio_state();
    if (state == NULL) {
        return NULL;
    }
    if (is_task(task)) {
        task_register(state, as_task(task));
        return new_ref(Py_None);
    }
    PyObject *set = other_tasks(state);
    return set != NULL ? object_call_method_onearg(set, ID(add), task) : NULL;
}

static PyObject *
asyncio_unregister_task(PyObject *module, PyObject *task)
{
    AsyncioState *state = asyncio_state();
    if (state == NULL) {
        return NULL;
    }
    if (is_task(task)) {
        task_unregister(as_task(task));
        return new_ref(Py_None);
    }
    PyObject *set = other_tasks(state);
    return set != NULL ? object_call_method_onearg(set, ID(discard), task) : NULL;
}

static PyObject *
asyncio_register_eager_task(PyObject *module, PyObject *task)
{
    AsyncioState *state = asyncio_state();
    return state == NULL || set_add(state->eager_tasks, task) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
asyncio_unregister_eager_task(PyObject *module, PyObject *task)
{
    AsyncioState *state = asyncio_state();
    return state == NULL || set_discard(state->eager_tasks, task) < 0 ? NULL : new_ref(Py_None);
}

static const char *const loop_task[] = {"loop", "task", NULL};

static PyObject *
asyncio_enter(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "OO:_enter_task", .keywords = loop_task};
    PyObject *loop, *task;
    return args_parse_stack_keywords(args, nargs, kwnames, &parser, &loop, &task)
                   && asyncio_enter_task(loop, task) == 0
               ? new_ref(Py_None)
               : NULL;
}

static PyObject *
asyncio_leave(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "OO:_leave_task", .keywords = loop_task};
    PyObject *loop, *task;
    return args_parse_stack_keywords(args, nargs, kwnames, &parser, &loop, &task)
                   && asyncio_leave_task(loop, task) == 0
               ? new_ref(Py_None)
               : NULL;
}

static PyObject *
asyncio_swap(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "OO:_swap_current_task", .keywords = loop_task};
    PyObject *loop, *task;
    return args_parse_stack_keywords(args, nargs, kwnames, &parser, &loop, &task)
               ? asyncio_swap_current_task(loop, task)
               : NULL;
}

PyMethodDef asyncio_registry_methods[] = {
    {"current_task", FASTCALL(asyncio_current_task), METH_FASTCALL | METH_KEYWORDS,
     "current_task($module, /, loop=None)\n--\n\nReturn a currently executed task."},
    {"all_tasks", FASTCALL(asyncio_all_tasks), METH_FASTCALL | METH_KEYWORDS,
     "all_tasks($module, /, loop=None)\n--\n\nReturn a set of all tasks for the loop."},
    {"_register_task", asyncio_register_task, METH_O,
     "_register_task($module, task, /)\n--\n\nRegister a task that a loop is to run."},
    {"_unregister_task", asyncio_unregister_task, METH_O,
     "_unregister_task($module, task, /)\n--\n\nForget a task."},
    {"_register_eager_task", asyncio_register_eager_task, METH_O,
     "_register_eager_task($module, task, /)\n--\n\nRegister a task about to run eagerly."},
    {"_unregister_eager_task", asyncio_unregister_eager_task, METH_O,
     "_unregister_eager_task($module, task, /)\n--\n\n"
     "Forget a task whose first eager step is over."},
    {"_enter_task", FASTCALL(asyncio_enter), METH_FASTCALL | METH_KEYWORDS,
     "_enter_task($module, /, loop, task)\n--\n\nEnter into task execution."},
    {"_leave_task", FASTCALL(asyncio_leave), METH_FASTCALL | METH_KEYWORDS,
     "_leave_task($module, /, loop, task)\n--\n\nLeave task execution."},
    {"_swap_current_task", FASTCALL(asyncio_swap), METH_FASTCALL | METH_KEYWORDS,
     "_swap_current_task($module, /, loop, task)\n--\n\n"
     "Set the current task of the loop and return the previous one, or None."},
    {NULL, NULL, 0, NULL},
};
