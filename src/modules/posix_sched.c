// posix: scheduling: policies, priorities, CPU sets.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules/time_convert.h"
#include "objects/build.h"
#include "objects/descr.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/set.h"
#include "objects/structseq.h"
#include "objects/tuple.h"

// ---- sched_param ----

static PyStructSequence_Field param_fields[] = {
    {"sched_priority", "the scheduling priority"},
    {NULL, NULL},
};

static PyStructSequence_Desc param_desc = {
    "posix.sched_param",
    "sched_param(sched_priority)\n--\n\nCurrently has only one field: sched_priority",
    param_fields, 1,
};

PyTypeObject posix_sched_param_type = {.ob_base = STATIC_TYPE_HEAD};

// Unlike other structure sequences it takes its field, not a sequence of them.
static PyObject *
param_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"sched_priority", NULL};
    PyObject *priority;
    if (!args_parse_static(args, kwargs, "O:sched_param", keywords, &priority)) {
        return NULL;
    }
    PyObject *result = structseq_new(type);
    if (result != NULL) {
        structseq_set_steal(result, 0, new_ref(priority));
    }
    return result;
}

static PyObject *
param_reduce(PyObject *self, PyObject *unused)
{
    return value_build("(O(O))", type_of(self), structseq_get_borrow(self, 0));
}

static PyMethodDef param_reduce_method = {"__reduce__", param_reduce, METH_NOARGS, NULL};

bool
posix_sched_param_value(PyObject *op, struct sched_param *value)
{
    if (type_of(op) != &posix_sched_param_type) {
        error_set(PyExc_TypeError, "must have a sched_param object");
        return false;
    }
    long priority = int_as_long(structseq_get_borrow(op, 0));
    if (priority == -1 && error_occurred()) {
        return false;
    }
    if (priority > INT_MAX || priority < INT_MIN) {
        error_set(PyExc_OverflowError, "sched_priority out of range");
        return false;
    }
    value->sched_priority = (int)priority;
    return true;
}

// ---- policies ----

static const char *const policy_keywords[] = {"policy", NULL};

static PyObject *
os_sched_get_priority_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    static ArgsParser parser = {.format = "i:sched_get_priority_max",
                                .keywords = policy_keywords};
    int policy;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &policy)) {
        return NULL;
    }
    int priority = sched_get_priority_max(policy);
    return priority < 0 ? posix_error() : int_from_i64(priority);
}

static PyObject *
os_sched_get_priority_min(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    static ArgsParser parser = {.format = "i:sched_get_priority_min",
                                .keywords = policy_keywords};
    int policy;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &policy)) {
        return NULL;
    }
    int priority = sched_get_priority_min(policy);
    return priority < 0 ? posix_error() : int_from_i64(priority);
}

static PyObject *
os_sched_getscheduler(PyObject *module, PyObject *arg)
{
    pid_t pid;
    if (!posix_pid_converter(arg, &pid)) {
        return NULL;
    }
    int policy = sched_getscheduler(pid);
    return policy < 0 ? posix_error() : int_from_i64(policy);
}

static PyObject *
os_sched_setscheduler(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, policy;
    PyObject *param;
    struct sched_param value;
    if (!args_parse_stack(args, nargs, "iiO:sched_setscheduler", &pid, &policy, &param)
        || !posix_sched_param_value(param, &value)) {
        return NULL;
    }
    return posix_none_or_error(sched_setscheduler(pid, policy, &value));
}

static PyObject *
os_sched_getparam(PyObject *module, PyObject *arg)
{
    pid_t pid;
    struct sched_param value;
    if (!posix_pid_converter(arg, &pid)) {
        return NULL;
    }
    if (sched_getparam(pid, &value) < 0) {
        return posix_error();
    }
    PyObject *result = structseq_new(&posix_sched_param_type);
    if (result != NULL) {
        structseq_set_steal(result, 0, int_from_i64(value.sched_priority));
    }
    return result;
}

static PyObject *
os_sched_setparam(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid;
    PyObject *param;
    struct sched_param value;
    if (!args_parse_stack(args, nargs, "iO:sched_setparam", &pid, &param)
        || !posix_sched_param_value(param, &value)) {
        return NULL;
    }
    return posix_none_or_error(sched_setparam(pid, &value));
}

static PyObject *
os_sched_rr_get_interval(PyObject *module, PyObject *arg)
{
    pid_t pid;
    struct timespec interval;
    if (!posix_pid_converter(arg, &pid)) {
        return NULL;
    }
    if (sched_rr_get_interval(pid, &interval) < 0) {
        return posix_error();
    }
    return float_from_double(posix_seconds(interval.tv_sec, interval.tv_nsec));
}

static PyObject *
os_sched_yield(PyObject *module, PyObject *unused)
{
    int failed;
    POSIX_DETACHED(failed = sched_yield());
    return posix_none_or_error(failed);
}

// ---- CPU sets ----

#define FIRST_CPUS 1024
#define MOST_CPUS (1 << 20)

static PyObject *
cpu_numbers(const cpu_set_t *set, int count, size_t size)
{
    PyObject *result = set_new(NULL);
    for (int cpu = 0; result != NULL && cpu < count; cpu++) {
        if (!CPU_ISSET_S(cpu, size, set)) {
            continue;
        }
        PyObject *number = int_from_i64(cpu);
        if (number == NULL || set_add(result, number) < 0) {
            clear_ref(result);
        }
        xdecref(number);
    }
    return result;
}

static PyObject *
os_sched_getaffinity(PyObject *module, PyObject *arg)
{
    pid_t pid;
    if (!posix_pid_converter(arg, &pid)) {
        return NULL;
    }
    // The kernel refuses sets that are smaller than its own.
    for (int count = FIRST_CPUS; count <= MOST_CPUS; count *= 2) {
        size_t size = CPU_ALLOC_SIZE(count);
        cpu_set_t *set = CPU_ALLOC((size_t)count);
        if (set == NULL) {
            return error_no_memory();
        }
        if (sched_getaffinity(pid, size, set) == 0) {
            PyObject *result = cpu_numbers(set, count, size);
            CPU_FREE(set);
            return result;
        }
        CPU_FREE(set);
        if (errno != EINVAL) {
            break;
        }
    }
    return posix_error();
}

// Adds the numbers of an iterable; *set grows. 0, or -1 with an exception.
static int
fill_cpus(PyObject *iterator, cpu_set_t **set, int *count)
{
    PyObject *item;
    while ((item = iter_next(iterator)) != NULL) {
        if (!int_check(item)) {
            error_format(PyExc_TypeError, "expected an iterator of ints, but iterator yielded %R",
                         (PyObject *)type_of(item));
            decref(item);
            return -1;
        }
        int overflow;
        int64_t cpu = int_as_i64_overflow(item, &overflow);
        decref(item);
        if (overflow == 0 && cpu < 0) {
            error_set(PyExc_ValueError, "negative CPU number");
            return -1;
        }
        if (overflow < 0) {
            error_set(PyExc_ValueError, "negative CPU number");
            return -1;
        }
        if (overflow > 0 || cpu > INT_MAX - 1) {
            error_set(PyExc_OverflowError, "CPU number too large");
            return -1;
        }
        if (cpu >= *count) {
            int larger = *count;
            while (larger <= cpu) {
                larger = larger > INT_MAX / 2 ? INT_MAX : larger * 2;
            }
            cpu_set_t *grown = CPU_ALLOC((size_t)larger);
            if (grown == NULL) {
                error_no_memory();
                return -1;
            }
            CPU_ZERO_S(CPU_ALLOC_SIZE(larger), grown);
            CPU_OR_S(CPU_ALLOC_SIZE(*count), grown, grown, *set);
            CPU_FREE(*set);
            *set = grown;
            *count = larger;
        }
        CPU_SET_S((size_t)cpu, CPU_ALLOC_SIZE(*count), *set);
    }
    return error_occurred() ? -1 : 0;
}

static PyObject *
os_sched_setaffinity(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid;
    PyObject *mask;
    if (!args_parse_stack(args, nargs, "iO:sched_setaffinity", &pid, &mask)) {
        return NULL;
    }
    PyObject *iterator = object_iter(mask);
    if (iterator == NULL) {
        return NULL;
    }
    int count = FIRST_CPUS;
    cpu_set_t *set = CPU_ALLOC((size_t)count);
    PyObject *result = NULL;
    if (set == NULL) {
        error_no_memory();
    }
    else {
        CPU_ZERO_S(CPU_ALLOC_SIZE(count), set);
        if (fill_cpus(iterator, &set, &count) == 0) {
            result = posix_none_or_error(sched_setaffinity(pid, CPU_ALLOC_SIZE(count), set));
        }
        CPU_FREE(set);
    }
    decref(iterator);
    return result;
}

// ---- priorities and namespaces ----

// -1 is a priority, too: errno tells.
static PyObject *
os_getpriority(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"which", "who", NULL};
    static ArgsParser parser = {.format = "ii:getpriority", .keywords = keywords};
    int which, who;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &which, &who)) {
        return NULL;
    }
    errno = 0;
    int priority = getpriority((__priority_which_t)which, (id_t)who);
    return errno != 0 ? posix_error() : int_from_i64(priority);
}

static PyObject *
os_setpriority(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"which", "who", "priority", NULL};
    static ArgsParser parser = {.format = "iii:setpriority", .keywords = keywords};
    int which, who, priority;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &which, &who, &priority)) {
        return NULL;
    }
    return posix_none_or_error(setpriority((__priority_which_t)which, (id_t)who, priority));
}

static PyObject *
os_nice(PyObject *module, PyObject *arg)
{
    int increment = int_as_int(arg);
    if (increment == -1 && error_occurred()) {
        return NULL;
    }
    errno = 0;
    int value = nice(increment);
    return value == -1 && errno != 0 ? posix_error() : int_from_i64(value);
}

static PyObject *
os_unshare(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"flags", NULL};
    static ArgsParser parser = {.format = "i:unshare", .keywords = keywords};
    int flags, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &flags)) {
        return NULL;
    }
    POSIX_DETACHED(failed = unshare(flags));
    return posix_none_or_error(failed);
}

static PyObject *
os_setns(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "nstype", NULL};
    static ArgsParser parser = {.format = "O&|i:setns", .keywords = keywords};
    int fd, failed;
    int kind = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd,
                                   &kind)) {
        return NULL;
    }
    POSIX_DETACHED(failed = setns(fd, kind));
    return posix_none_or_error(failed);
}

PyMethodDef posix_sched_methods[] = {
    {"sched_get_priority_max", KEYWORDS(os_sched_get_priority_max),
     "sched_get_priority_max($module, /, policy)\n--\n\nHighest priority of a policy."},
    {"sched_get_priority_min", KEYWORDS(os_sched_get_priority_min),
     "sched_get_priority_min($module, /, policy)\n--\n\nLowest priority of a policy."},
    {"sched_getscheduler", os_sched_getscheduler, METH_O,
     "sched_getscheduler($module, pid, /)\n--\n\nScheduling policy of a process; 0 is this one."},
    {"sched_setscheduler", FAST(os_sched_setscheduler),
     "sched_setscheduler($module, pid, policy, param, /)\n--\n\n"
     "Set the scheduling policy of a process."},
    {"sched_getparam", os_sched_getparam, METH_O,
     "sched_getparam($module, pid, /)\n--\n\nScheduling parameters of a process."},
    {"sched_setparam", FAST(os_sched_setparam),
     "sched_setparam($module, pid, param, /)\n--\n\nSet the scheduling parameters of a process."},
    {"sched_rr_get_interval", os_sched_rr_get_interval, METH_O,
     "sched_rr_get_interval($module, pid, /)\n--\n\nRound-robin quantum of a process in seconds."},
    {"sched_yield", os_sched_yield, METH_NOARGS,
     "sched_yield($module, /)\n--\n\nLet another thread run."},
    {"sched_getaffinity", os_sched_getaffinity, METH_O,
     "sched_getaffinity($module, pid, /)\n--\n\nSet of the CPUs that a process may use."},
    {"sched_setaffinity", FAST(os_sched_setaffinity),
     "sched_setaffinity($module, pid, mask, /)\n--\n\nSet the CPUs that a process may use."},
    {"getpriority", KEYWORDS(os_getpriority),
     "getpriority($module, /, which, who)\n--\n\nScheduling priority."},
    {"setpriority", KEYWORDS(os_setpriority),
     "setpriority($module, /, which, who, priority)\n--\n\nSet the scheduling priority."},
    {"nice", os_nice, METH_O,
     "nice($module, increment, /)\n--\n\nAdd to the niceness of the process: the new value."},
    {"unshare", KEYWORDS(os_unshare),
     "unshare($module, /, flags)\n--\n\nMove the process into new namespaces."},
    {"setns", KEYWORDS(os_setns),
     "setns($module, /, fd, nstype=0)\n--\n\nMove the calling thread into a namespace."},
    {NULL, NULL, 0, NULL},
};

int
posix_sched_exec(PyObject *module)
{
    if (structseq_init_type(&posix_sched_param_type, &param_desc) < 0) {
        return -1;
    }
    posix_sched_param_type.tp_new = param_new;
    PyObject *reduce = descr_new_method(&posix_sched_param_type, &param_reduce_method);
    if (reduce == NULL
        || type_set_attribute(&posix_sched_param_type, ID(__reduce__), reduce) < 0) {
        xdecref(reduce);
        return -1;
    }
    decref(reduce);
    return module_add(module, "sched_param", (PyObject *)&posix_sched_param_type);
}
