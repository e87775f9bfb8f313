// posix: facts about the system and the process that belong nowhere else.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "objects/bool.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "platform/random.h"
#include "runtime/runtime.h"

// ---- results ----

static PyStructSequence_Field uname_fields[] = {
    {"sysname", "operating system name"},
    {"nodename", "name of machine on network (implementation-defined)"},
    {"release", "operating system release"},
    {"version", "operating system version"},
    {"machine", "hardware identifier"},
    {NULL, NULL},
};

static PyStructSequence_Desc uname_desc = {
    "posix.uname_result",
    "uname_result: Result from os.uname().\n\n"
    "A tuple (sysname, nodename, release, version, machine) whose fields also have names.",
    uname_fields, 5,
};

static PyStructSequence_Field times_fields[] = {
    {"user", "user time"},
    {"system", "system time"},
    {"children_user", "user time of children"},
    {"children_system", "system time of children"},
    {"elapsed", "elapsed time since an arbitrary point in the past"},
    {NULL, NULL},
};

static PyStructSequence_Desc times_desc = {
    "posix.times_result",
    "times_result: Result from os.times().\n\n"
    "A tuple (user, system, children_user, children_system, elapsed) whose fields also have "
    "names.",
    times_fields, 5,
};

static PyTypeObject uname_result_type = {.ob_base = STATIC_TYPE_HEAD};
static PyTypeObject times_result_type = {.ob_base = STATIC_TYPE_HEAD};

static PyObject *
os_uname(PyObject *module, PyObject *unused)
{
    struct utsname name;
    if (uname(&name) < 0) {
        return posix_error();
    }
    PyObject *result = structseq_new(&uname_result_type);
    if (result == NULL) {
        return NULL;
    }
    const char *fields[] = {name.sysname, name.nodename, name.release, name.version, name.machine};
    for (int i = 0; i < 5; i++) {
        structseq_set_steal(result, i, str_decode_fsdefault(fields[i]));
    }
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
os_times(PyObject *module, PyObject *unused)
{
    struct tms times_used;
    errno = 0;
    clock_t elapsed = times(&times_used);
    if (elapsed == (clock_t)-1 && errno != 0) {
        return posix_error();
    }
    double ticks = (double)sysconf(_SC_CLK_TCK);
    const clock_t values[] = {times_used.tms_utime, times_used.tms_stime, times_used.tms_cutime,
                              times_used.tms_cstime, elapsed};
    PyObject *result = structseq_new(&times_result_type);
    for (int i = 0; result != NULL && i < 5; i++) {
        structseq_set_steal(result, i, float_from_double((double)values[i] / ticks));
    }
    if (result != NULL && error_occurred()) {
        clear_ref(result);
    }
    return result;
}

static PyObject *
os_getloadavg(PyObject *module, PyObject *unused)
{
    double load[3];
    if (getloadavg(load, 3) != 3) {
        return error_set(PyExc_OSError, "Load averages are unobtainable");
    }
    return value_build("(ddd)", load[0], load[1], load[2]);
}

static PyObject *
os_cpu_count(PyObject *module, PyObject *unused)
{
    long count = runtime_config()->cpu_count;
    if (count < 1) {
        count = sysconf(_SC_NPROCESSORS_ONLN);
    }
    return count < 1 ? new_ref(Py_None) : int_from_i64(count);
}

static PyObject *
os_strerror(PyObject *module, PyObject *arg)
{
    int code = int_as_int(arg);
    if (code == -1 && error_occurred()) {
        return NULL;
    }
    char buffer[256];
    return str_decode_locale(strerror_r(code, buffer, sizeof buffer), "surrogateescape");
}

static PyObject *
os_umask(PyObject *module, PyObject *arg)
{
    int mask = int_as_int(arg);
    return mask == -1 && error_occurred() ? NULL : int_from_i64(umask((mode_t)mask));
}

// ---- randomness ----

static PyObject *
os_urandom(PyObject *module, PyObject *arg)
{
    Py_ssize_t size = 0;
    if (!args_parse_one(arg, "n:urandom", &size)) {
        return NULL;
    }
    if (size < 0) {
        return error_set(PyExc_ValueError, "negative argument not allowed");
    }
    PyObject *result = bytes_from_data(NULL, size);
    if (result == NULL) {
        return NULL;
    }
    int failed;
    POSIX_DETACHED(failed = os_random(bytes_data(result), (size_t)size, 1));
    if (failed < 0) {
        decref(result);
        return posix_error();
    }
    return result;
}

static PyObject *
os_getrandom(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"size", "flags", NULL};
    static ArgsParser parser = {.format = "n|i:getrandom", .keywords = keywords};
    Py_ssize_t size;
    int flags = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        errno = EINVAL;
        return posix_error();
    }
    PyObject *result = bytes_from_data(NULL, size);
    if (result == NULL) {
        return NULL;
    }
    ssize_t got;
    POSIX_RETRY(got, getrandom(bytes_data(result), (size_t)size, (unsigned)flags));
    if (got < 0) {
        decref(result);
        return posix_error();
    }
    if (got != size) {
        bytes_resize(&result, got);
    }
    return result;
}

// ---- device numbers ----

static PyObject *
device_object(unsigned int number)
{
    return number == (unsigned int)-1 ? int_from_i64(-1) : int_from_u64(number);
}

static PyObject *
os_major(PyObject *module, PyObject *arg)
{
    dev_t device;
    return posix_dev_converter(arg, &device) ? device_object(major(device)) : NULL;
}

static PyObject *
os_minor(PyObject *module, PyObject *arg)
{
    dev_t device;
    return posix_dev_converter(arg, &device) ? device_object(minor(device)) : NULL;
}

static PyObject *
os_makedev(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dev_t parts[2];
    if (!args_parse_stack(args, nargs, "O&O&:makedev", posix_dev_converter, &parts[0],
                          posix_dev_converter, &parts[1])) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (parts[i] != (dev_t)-1 && parts[i] > UINT32_MAX) {
            return error_set(PyExc_OverflowError,
                             "Python int too large to convert to C unsigned int");
        }
    }
    dev_t device = makedev((unsigned)parts[0], (unsigned)parts[1]);
    return device == (dev_t)-1 ? int_from_i64(-1) : int_from_u64(device);
}

// Whether a hook for idle time is installed: that is a matter of C extensions for GUIs, which the
// interactive line editor asks for.
static PyObject *
os_is_inputhook_installed(PyObject *module, PyObject *unused)
{
    return new_ref(Py_False);
}

PyMethodDef posix_misc_methods[] = {
    {"uname", os_uname, METH_NOARGS, "uname($module, /)\n--\n\nIdentity of the operating system."},
    {"times", os_times, METH_NOARGS, "times($module, /)\n--\n\nTimes of the process in seconds."},
    {"getloadavg", os_getloadavg, METH_NOARGS,
     "getloadavg($module, /)\n--\n\nLoad averages of the last 1, 5 and 15 minutes."},
    {"cpu_count", os_cpu_count, METH_NOARGS,
     "cpu_count($module, /)\n--\n\nNumber of CPUs of the system, or None."},
    {"strerror", os_strerror, METH_O,
     "strerror($module, code, /)\n--\n\nText of an error number."},
    {"umask", os_umask, METH_O,
     "umask($module, mask, /)\n--\n\nSet the file mode creation mask: the old one."},
    {"urandom", os_urandom, METH_O,
     "urandom($module, size, /)\n--\n\nBytes that are random enough for cryptography."},
    {"getrandom", KEYWORDS(os_getrandom),
     "getrandom($module, /, size, flags=0)\n--\n\nRandom bytes of the kernel."},
    {"major", os_major, METH_O, "major($module, device, /)\n--\n\nMajor number of a device."},
    {"minor", os_minor, METH_O, "minor($module, device, /)\n--\n\nMinor number of a device."},
    {"makedev", FAST(os_makedev),
     "makedev($module, major, minor, /)\n--\n\nDevice number of its two parts."},
    {"_is_inputhook_installed", os_is_inputhook_installed, METH_NOARGS,
     "_is_inputhook_installed($module, /)\n--\n\nWhether a hook for idle time is installed."},
    {NULL, NULL, 0, NULL},
};

int
posix_misc_exec(PyObject *module)
{
    if (structseq_init_type(&uname_result_type, &uname_desc) < 0
        || structseq_init_type(&times_result_type, &times_desc) < 0) {
        return -1;
    }
    return module_add(module, "uname_result", (PyObject *)&uname_result_type) < 0
                   || module_add(module, "times_result", (PyObject *)&times_result_type) < 0
               ? -1
               : 0;
}
