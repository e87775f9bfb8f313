// posix: what the system says about its limits and configuration.
//
// Threading: see posix_internal.h. The tables are constant.
#include "modules/posix_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"

// The names of Python are those of the C library without the leading underscore.
static const PosixConstant pathconf_names[] = {
#define N(name) {#name, _##name},
    N(PC_ALLOC_SIZE_MIN) N(PC_ASYNC_IO) N(PC_CHOWN_RESTRICTED) N(PC_FILESIZEBITS) N(PC_LINK_MAX)
    N(PC_MAX_CANON) N(PC_MAX_INPUT) N(PC_NAME_MAX) N(PC_NO_TRUNC) N(PC_PATH_MAX) N(PC_PIPE_BUF)
    N(PC_PRIO_IO) N(PC_REC_INCR_XFER_SIZE) N(PC_REC_MAX_XFER_SIZE) N(PC_REC_MIN_XFER_SIZE)
    N(PC_REC_XFER_ALIGN) N(PC_SOCK_MAXBUF) N(PC_SYMLINK_MAX) N(PC_SYNC_IO) N(PC_VDISABLE)
#undef N
    {NULL, 0},
};

static const PosixConstant confstr_names[] = {
#define N(name) {#name, _##name},
    N(CS_GNU_LIBC_VERSION) N(CS_GNU_LIBPTHREAD_VERSION) N(CS_LFS64_CFLAGS) N(CS_LFS64_LDFLAGS)
    N(CS_LFS64_LIBS) N(CS_LFS64_LINTFLAGS) N(CS_LFS_CFLAGS) N(CS_LFS_LDFLAGS) N(CS_LFS_LIBS)
    N(CS_LFS_LINTFLAGS) N(CS_PATH) N(CS_XBS5_ILP32_OFF32_CFLAGS) N(CS_XBS5_ILP32_OFF32_LDFLAGS)
    N(CS_XBS5_ILP32_OFF32_LIBS) N(CS_XBS5_ILP32_OFF32_LINTFLAGS) N(CS_XBS5_ILP32_OFFBIG_CFLAGS)
    N(CS_XBS5_ILP32_OFFBIG_LDFLAGS) N(CS_XBS5_ILP32_OFFBIG_LIBS)
    N(CS_XBS5_ILP32_OFFBIG_LINTFLAGS) N(CS_XBS5_LP64_OFF64_CFLAGS) N(CS_XBS5_LP64_OFF64_LDFLAGS)
    N(CS_XBS5_LP64_OFF64_LIBS) N(CS_XBS5_LP64_OFF64_LINTFLAGS) N(CS_XBS5_LPBIG_OFFBIG_CFLAGS)
    N(CS_XBS5_LPBIG_OFFBIG_LDFLAGS) N(CS_XBS5_LPBIG_OFFBIG_LIBS)
    N(CS_XBS5_LPBIG_OFFBIG_LINTFLAGS)
#undef N
    {NULL, 0},
};

static const PosixConstant sysconf_names[] = {
#define N(name) {#name, _##name},
    N(SC_2_CHAR_TERM) N(SC_2_C_BIND) N(SC_2_C_DEV) N(SC_2_C_VERSION) N(SC_2_FORT_DEV)
    N(SC_2_FORT_RUN) N(SC_2_LOCALEDEF) N(SC_2_SW_DEV) N(SC_2_UPE) N(SC_2_VERSION)
    N(SC_AIO_LISTIO_MAX) N(SC_AIO_MAX) N(SC_AIO_PRIO_DELTA_MAX) N(SC_ARG_MAX)
    N(SC_ASYNCHRONOUS_IO) N(SC_ATEXIT_MAX) N(SC_AVPHYS_PAGES) N(SC_BC_BASE_MAX) N(SC_BC_DIM_MAX)
    N(SC_BC_SCALE_MAX) N(SC_BC_STRING_MAX) N(SC_CHARCLASS_NAME_MAX) N(SC_CHAR_BIT)
    N(SC_CHAR_MAX) N(SC_CHAR_MIN) N(SC_CHILD_MAX) N(SC_CLK_TCK) N(SC_COLL_WEIGHTS_MAX)
    N(SC_DELAYTIMER_MAX) N(SC_EQUIV_CLASS_MAX) N(SC_EXPR_NEST_MAX) N(SC_FSYNC)
    N(SC_GETGR_R_SIZE_MAX) N(SC_GETPW_R_SIZE_MAX) N(SC_INT_MAX) N(SC_INT_MIN) N(SC_IOV_MAX)
    N(SC_JOB_CONTROL) N(SC_LINE_MAX) N(SC_LOGIN_NAME_MAX) N(SC_LONG_BIT) N(SC_MAPPED_FILES)
    N(SC_MB_LEN_MAX) N(SC_MEMLOCK) N(SC_MEMLOCK_RANGE) N(SC_MEMORY_PROTECTION)
    N(SC_MESSAGE_PASSING) N(SC_MINSIGSTKSZ) N(SC_MQ_OPEN_MAX) N(SC_MQ_PRIO_MAX)
    N(SC_NGROUPS_MAX) N(SC_NL_ARGMAX) N(SC_NL_LANGMAX) N(SC_NL_MSGMAX) N(SC_NL_NMAX)
    N(SC_NL_SETMAX) N(SC_NL_TEXTMAX) N(SC_NPROCESSORS_CONF) N(SC_NPROCESSORS_ONLN) N(SC_NZERO)
    N(SC_OPEN_MAX) N(SC_PAGESIZE) N(SC_PAGE_SIZE) N(SC_PASS_MAX) N(SC_PHYS_PAGES) N(SC_PII)
    N(SC_PII_INTERNET) N(SC_PII_INTERNET_DGRAM) N(SC_PII_INTERNET_STREAM) N(SC_PII_OSI)
    N(SC_PII_OSI_CLTS) N(SC_PII_OSI_COTS) N(SC_PII_OSI_M) N(SC_PII_SOCKET) N(SC_PII_XTI)
    N(SC_POLL) N(SC_PRIORITIZED_IO) N(SC_PRIORITY_SCHEDULING) N(SC_REALTIME_SIGNALS)
    N(SC_RE_DUP_MAX) N(SC_RTSIG_MAX) N(SC_SAVED_IDS) N(SC_SCHAR_MAX) N(SC_SCHAR_MIN)
    N(SC_SELECT) N(SC_SEMAPHORES) N(SC_SEM_NSEMS_MAX) N(SC_SEM_VALUE_MAX)
    N(SC_SHARED_MEMORY_OBJECTS) N(SC_SHRT_MAX) N(SC_SHRT_MIN) N(SC_SIGQUEUE_MAX) N(SC_SSIZE_MAX)
    N(SC_STREAM_MAX) N(SC_SYNCHRONIZED_IO) N(SC_THREADS) N(SC_THREAD_ATTR_STACKADDR)
    N(SC_THREAD_ATTR_STACKSIZE) N(SC_THREAD_DESTRUCTOR_ITERATIONS) N(SC_THREAD_KEYS_MAX)
    N(SC_THREAD_PRIORITY_SCHEDULING) N(SC_THREAD_PRIO_INHERIT) N(SC_THREAD_PRIO_PROTECT)
    N(SC_THREAD_PROCESS_SHARED) N(SC_THREAD_SAFE_FUNCTIONS) N(SC_THREAD_STACK_MIN)
    N(SC_THREAD_THREADS_MAX) N(SC_TIMERS) N(SC_TIMER_MAX) N(SC_TTY_NAME_MAX) N(SC_TZNAME_MAX)
    N(SC_T_IOV_MAX) N(SC_UCHAR_MAX) N(SC_UINT_MAX) N(SC_UIO_MAXIOV) N(SC_ULONG_MAX)
    N(SC_USHRT_MAX) N(SC_VERSION) N(SC_WORD_BIT) N(SC_XBS5_ILP32_OFF32) N(SC_XBS5_ILP32_OFFBIG)
    N(SC_XBS5_LP64_OFF64) N(SC_XBS5_LPBIG_OFFBIG) N(SC_XOPEN_CRYPT) N(SC_XOPEN_ENH_I18N)
    N(SC_XOPEN_LEGACY) N(SC_XOPEN_REALTIME) N(SC_XOPEN_REALTIME_THREADS) N(SC_XOPEN_SHM)
    N(SC_XOPEN_UNIX) N(SC_XOPEN_VERSION) N(SC_XOPEN_XCU_VERSION) N(SC_XOPEN_XPG2)
    N(SC_XOPEN_XPG3) N(SC_XOPEN_XPG4)
#undef N
    {NULL, 0},
};

static PyObject *
os_sysconf(PyObject *module, PyObject *arg)
{
    int name;
    if (!posix_configuration_name(arg, sysconf_names, &name)) {
        return NULL;
    }
    errno = 0;      // -1 is also "no limit"
    long value = sysconf(name);
    return value == -1 && errno != 0 ? posix_error() : int_from_i64(value);
}

static PyObject *
os_confstr(PyObject *module, PyObject *arg)
{
    int name;
    char buffer[256];
    if (!posix_configuration_name(arg, confstr_names, &name)) {
        return NULL;
    }
    errno = 0;
    size_t size = confstr(name, buffer, sizeof buffer);
    if (size == 0) {
        return errno != 0 ? posix_error() : new_ref(Py_None);
    }
    if (size <= sizeof buffer) {
        return str_decode_fsdefault_size(buffer, (Py_ssize_t)size - 1);
    }
    char *larger = mem_alloc_or_error(size);
    if (larger == NULL) {
        return NULL;
    }
    size_t again = confstr(name, larger, size);
    again = again < size ? again : size;
    PyObject *result = str_decode_fsdefault_size(larger, (Py_ssize_t)again - 1);
    mem_free(larger);
    return result;
}

static PyObject *
os_pathconf(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "name", NULL};
    static ArgsParser parser = {.format = "O&O:pathconf", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("pathconf", "path");
    PyObject *arg;
    int name;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &arg)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_configuration_name(arg, pathconf_names, &name)) {
        errno = 0;
        long value = path.fd != -1 ? fpathconf(path.fd, name) : pathconf(path.text, name);
        result = value == -1 && errno != 0 ? posix_path_error(&path) : int_from_i64(value);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fpathconf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, name;
    PyObject *arg;
    if (!args_parse_stack(args, nargs, "O&O:fpathconf", posix_fd_converter, &fd, &arg)
        || !posix_configuration_name(arg, pathconf_names, &name)) {
        return NULL;
    }
    errno = 0;
    long value = fpathconf(fd, name);
    return value == -1 && errno != 0 ? posix_error() : int_from_i64(value);
}

PyMethodDef posix_config_methods[] = {
    {"sysconf", os_sysconf, METH_O,
     "sysconf($module, name, /)\n--\n\nAn integer of the system configuration."},
    {"confstr", os_confstr, METH_O,
     "confstr($module, name, /)\n--\n\nA string of the system configuration, or None."},
    {"pathconf", KEYWORDS(os_pathconf),
     "pathconf($module, /, path, name)\n--\n\nA limit of the file system that holds path."},
    {"fpathconf", FAST(os_fpathconf),
     "fpathconf($module, fd, name, /)\n--\n\nA limit of the file system of an open file."},
    {NULL, NULL, 0, NULL},
};

int
posix_config_exec(PyObject *module)
{
    if (module_add_steal(module, "sysconf_names", posix_name_table(sysconf_names)) < 0
        || module_add_steal(module, "confstr_names", posix_name_table(confstr_names)) < 0) {
        return -1;
    }
    return module_add_steal(module, "pathconf_names", posix_name_table(pathconf_names));
}
