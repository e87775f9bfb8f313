// Native module resource: limits and use of resources.
//
// Threading: system calls only; the struct_rusage type is static.
#include "modules/module.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "modules/native_type.h"
#include "modules/rusage.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/sequence.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// ---- struct_rusage ----

static PyStructSequence_Field rusage_fields[] = {
    {"ru_utime", "user time used"},
    {"ru_stime", "system time used"},
    {"ru_maxrss", "max. resident set size"},
    {"ru_ixrss", "shared memory size"},
    {"ru_idrss", "unshared data size"},
    {"ru_isrss", "unshared stack size"},
    {"ru_minflt", "page faults not requiring I/O"},
    {"ru_majflt", "page faults requiring I/O"},
    {"ru_nswap", "number of swap outs"},
    {"ru_inblock", "block input operations"},
    {"ru_oublock", "block output operations"},
    {"ru_msgsnd", "IPC messages sent"},
    {"ru_msgrcv", "IPC messages received"},
    {"ru_nsignals", "signals received"},
    {"ru_nvcsw", "voluntary context switches"},
    {"ru_nivcsw", "involuntary context switches"},
    {NULL, NULL},
};

static PyStructSequence_Desc rusage_desc = {
    "resource.struct_rusage",
    "struct_rusage: Result from getrusage.\n\nA tuple of 16 fields that also have names.",
    rusage_fields, 16,
};

PyTypeObject rusage_type = {.ob_base = STATIC_TYPE_HEAD};

int
rusage_init(void)
{
    return structseq_init_type(&rusage_type, &rusage_desc);
}

PyObject *
rusage_object(const struct rusage *usage)
{
    PyObject *result = structseq_new(&rusage_type);
    if (result == NULL) {
        return NULL;
    }
    const struct timeval *times[] = {&usage->ru_utime, &usage->ru_stime};
    for (int i = 0; i < 2; i++) {
        double seconds = (double)times[i]->tv_sec + (double)times[i]->tv_usec * 1e-6;
        structseq_set_steal(result, i, float_from_double(seconds));
    }
    const long counts[] = {
        usage->ru_maxrss, usage->ru_ixrss, usage->ru_idrss, usage->ru_isrss, usage->ru_minflt,
        usage->ru_majflt, usage->ru_nswap, usage->ru_inblock, usage->ru_oublock, usage->ru_msgsnd,
        usage->ru_msgrcv, usage->ru_nsignals, usage->ru_nvcsw, usage->ru_nivcsw,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        structseq_set_steal(result, (Py_ssize_t)i + 2, int_from_i64(counts[i]));
    }
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
resource_getrusage(PyObject *module, PyObject *arg)
{
    int who = int_as_int(arg);
    struct rusage usage;
    if (who == -1 && error_occurred()) {
        return NULL;
    }
    if (getrusage((__rusage_who_t)who, &usage) < 0) {
        return errno == EINVAL ? error_set(PyExc_ValueError, "invalid who parameter")
                               : error_set_errno(PyExc_OSError);
    }
    return rusage_object(&usage);
}

// ---- limits ----

// RLIM_INFINITY is all ones, which Python shows as -1.
static PyObject *
limit_object(rlim_t value)
{
    return value == RLIM_INFINITY ? int_from_i64(-1) : int_from_u64(value);
}

static PyObject *
limits_object(const struct rlimit *limits)
{
    PyObject *soft = limit_object(limits->rlim_cur);
    PyObject *hard = limit_object(limits->rlim_max);
    if (soft == NULL || hard == NULL) {
        xdecref(soft);
        xdecref(hard);
        return NULL;
    }
    return tuple_pair_steal(soft, hard);
}

// -1 is no limit, as it is shown; other negative numbers are no limits.
static int
limit_argument(PyObject *arg, rlim_t *value)
{
    PyObject *number = number_index(arg);
    if (number == NULL) {
        return -1;
    }
    int64_t small = int_as_i64(number);
    bool fits = small != -1 || !error_occurred();
    if (fits || int_is_negative(number)) {
        decref(number);
        if (fits && (small >= 0 || small == -1)) {
            *value = (rlim_t)small;
            return 0;
        }
        error_clear();
        error_set(PyExc_ValueError, "Cannot convert negative int");
        return -1;
    }
    error_clear();
    uint64_t large = int_as_u64(number);
    decref(number);
    *value = (rlim_t)large;
    return large == UINT64_MAX && error_occurred() ? -1 : 0;
}

static int
limits_argument(PyObject *arg, struct rlimit *limits)
{
    PyObject *pair = sequence_tuple(arg);
    if (pair == NULL) {
        return -1;
    }
    int result = -1;
    if (tuple_size(pair) != 2) {
        error_set(PyExc_ValueError, "expected a tuple of 2 integers");
    }
    else if (limit_argument(tuple_item(pair, 0), &limits->rlim_cur) == 0) {
        result = limit_argument(tuple_item(pair, 1), &limits->rlim_max);
    }
    decref(pair);
    return result;
}

static bool
check_resource(int resource)
{
    if (resource < 0 || resource >= (int)RLIM_NLIMITS) {
        error_set(PyExc_ValueError, "invalid resource specified");
        return false;
    }
    return true;
}

static PyObject *
resource_getrlimit(PyObject *module, PyObject *arg)
{
    int resource = int_as_int(arg);
    struct rlimit limits;
    if ((resource == -1 && error_occurred()) || !check_resource(resource)) {
        return NULL;
    }
    if (getrlimit((__rlimit_resource_t)resource, &limits) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return limits_object(&limits);
}

static PyObject *
resource_setrlimit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int resource;
    PyObject *arg;
    struct rlimit limits;
    if (!args_parse_stack(args, nargs, "iO:setrlimit", &resource, &arg)
        || !check_resource(resource)
        || sys_audit("resource.setrlimit", "iO", resource, arg) < 0
        || limits_argument(arg, &limits) < 0) {
        return NULL;
    }
    if (setrlimit((__rlimit_resource_t)resource, &limits) < 0) {
        if (errno == EINVAL) {
            return error_set(PyExc_ValueError, "current limit exceeds maximum limit");
        }
        if (errno == EPERM) {
            return error_set(PyExc_ValueError, "not allowed to raise maximum limit");
        }
        return error_set_errno(PyExc_OSError);
    }
    return new_ref(Py_None);
}

static PyObject *
resource_prlimit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, resource;
    PyObject *arg = Py_None;
    struct rlimit old, new_limits;
    if (!args_parse_stack(args, nargs, "ii|O:prlimit", &pid, &resource, &arg)
        || !check_resource(resource)
        || sys_audit("resource.prlimit", "iiO", pid, resource, arg) < 0
        || (arg != Py_None && limits_argument(arg, &new_limits) < 0)) {
        return NULL;
    }
    if (prlimit(pid, (__rlimit_resource_t)resource, arg != Py_None ? &new_limits : NULL, &old)
        < 0) {
        return errno == EINVAL
                   ? error_set(PyExc_ValueError, "current limit exceeds maximum limit")
                   : error_set_errno(PyExc_OSError);
    }
    return limits_object(&old);
}

static PyObject *
resource_getpagesize(PyObject *module, PyObject *unused)
{
    return int_from_i64(sysconf(_SC_PAGESIZE));
}

#define FAST(function) FASTCALL(function), METH_FASTCALL

static PyMethodDef resource_methods[] = {
    {"getrusage", resource_getrusage, METH_O, "getrusage($module, who, /)\n--\n\n"},
    {"getrlimit", resource_getrlimit, METH_O, "getrlimit($module, resource, /)\n--\n\n"},
    {"setrlimit", FAST(resource_setrlimit), "setrlimit($module, resource, limits, /)\n--\n\n"},
    {"prlimit", FAST(resource_prlimit), "prlimit($module, pid, resource, limits=None, /)\n--\n\n"},
    {"getpagesize", resource_getpagesize, METH_NOARGS, "getpagesize($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long long value;
} constants[] = {
#define C(name) {#name, name}
    C(RLIMIT_CPU), C(RLIMIT_FSIZE), C(RLIMIT_DATA), C(RLIMIT_STACK), C(RLIMIT_CORE),
    C(RLIMIT_NOFILE), C(RLIMIT_OFILE), C(RLIMIT_AS), C(RLIMIT_RSS), C(RLIMIT_NPROC),
    C(RLIMIT_MEMLOCK), C(RLIMIT_MSGQUEUE), C(RLIMIT_NICE), C(RLIMIT_RTPRIO), C(RLIMIT_RTTIME),
    C(RLIMIT_SIGPENDING), C(RUSAGE_SELF), C(RUSAGE_CHILDREN), C(RUSAGE_THREAD),
#undef C
    {"RLIM_INFINITY", -1},
};

static int
resource_exec(PyObject *module)
{
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_int(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return rusage_init() < 0
                   || module_add(module, "struct_rusage", (PyObject *)&rusage_type) < 0
                   || module_add(module, "error", PyExc_OSError) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot resource_slots[] = {
    {Py_mod_exec, resource_exec},
    {0, NULL},
};

static PyModuleDef resource_definition = {
    .m_name = "resource",
    .m_methods = resource_methods,
    .m_slots = resource_slots,
};

NATIVE_MODULE(resource, &resource_definition)
