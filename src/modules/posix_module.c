// The module `posix`: constants, and assembly of what its files define.
//
// Files: posix_path.c (names), posix_stat.c, posix_dir.c, posix_fd.c, posix_kernel_fd.c, posix_tty.c,
// posix_process.c (fork), posix_exec.c, posix_wait.c, posix_sched.c, posix_env.c, posix_user.c,
// posix_xattr.c, posix_config.c, posix_misc.c; posix_argument.c for all of them.
//
// Threading: see posix_internal.h. The types are static and made ready on the first import.
#include "modules/module.h"
#include "modules/posix_internal.h"

#include <dlfcn.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>

#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define C(name) {#name, name},

static const PosixConstant constants[] = {
    C(CLD_CONTINUED) C(CLD_DUMPED) C(CLD_EXITED) C(CLD_KILLED) C(CLD_STOPPED) C(CLD_TRAPPED)
    C(CLONE_FILES) C(CLONE_FS) C(CLONE_NEWCGROUP) C(CLONE_NEWIPC) C(CLONE_NEWNET) C(CLONE_NEWNS)
    C(CLONE_NEWPID) C(CLONE_NEWTIME) C(CLONE_NEWUSER) C(CLONE_NEWUTS) C(CLONE_SIGHAND)
    C(CLONE_SYSVSEM) C(CLONE_THREAD) C(CLONE_VM) C(EFD_CLOEXEC) C(EFD_NONBLOCK) C(EFD_SEMAPHORE)
    C(EX_CANTCREAT) C(EX_CONFIG) C(EX_DATAERR) C(EX_IOERR) C(EX_NOHOST) C(EX_NOINPUT)
    C(EX_NOPERM) C(EX_NOUSER) C(EX_OK) C(EX_OSERR) C(EX_OSFILE) C(EX_PROTOCOL) C(EX_SOFTWARE)
    C(EX_TEMPFAIL) C(EX_UNAVAILABLE) C(EX_USAGE) C(F_LOCK) C(F_OK) C(F_TEST) C(F_TLOCK)
    C(F_ULOCK) C(GRND_NONBLOCK) C(GRND_RANDOM) C(MFD_ALLOW_SEALING) C(MFD_CLOEXEC)
    C(MFD_HUGETLB) C(MFD_HUGE_16GB) C(MFD_HUGE_16MB) C(MFD_HUGE_1GB) C(MFD_HUGE_1MB)
    C(MFD_HUGE_256MB) C(MFD_HUGE_2GB) C(MFD_HUGE_2MB) C(MFD_HUGE_32MB) C(MFD_HUGE_512KB)
    C(MFD_HUGE_512MB) C(MFD_HUGE_64KB) C(MFD_HUGE_8MB) C(NGROUPS_MAX) C(O_ACCMODE) C(O_APPEND)
    C(O_ASYNC) C(O_CLOEXEC) C(O_CREAT) C(O_DIRECT) C(O_DIRECTORY) C(O_DSYNC) C(O_EXCL)
    C(O_FSYNC) C(O_LARGEFILE) C(O_NDELAY) C(O_NOATIME) C(O_NOCTTY) C(O_NOFOLLOW) C(O_NONBLOCK)
    C(O_PATH) C(O_RDONLY) C(O_RDWR) C(O_RSYNC) C(O_SYNC) C(O_TMPFILE) C(O_TRUNC) C(O_WRONLY)
    C(POSIX_FADV_DONTNEED) C(POSIX_FADV_NOREUSE) C(POSIX_FADV_NORMAL) C(POSIX_FADV_RANDOM)
    C(POSIX_FADV_SEQUENTIAL) C(POSIX_FADV_WILLNEED) C(PRIO_PGRP) C(PRIO_PROCESS) C(PRIO_USER)
    C(P_ALL) C(P_PGID) C(P_PID) C(P_PIDFD) C(RTLD_DEEPBIND) C(RTLD_GLOBAL) C(RTLD_LAZY)
    C(RTLD_LOCAL) C(RTLD_NODELETE) C(RTLD_NOLOAD) C(RTLD_NOW) C(RWF_APPEND) C(RWF_DSYNC)
    C(RWF_HIPRI) C(RWF_NOWAIT) C(RWF_SYNC) C(R_OK) C(SCHED_BATCH) C(SCHED_FIFO) C(SCHED_IDLE)
    C(SCHED_OTHER) C(SCHED_RESET_ON_FORK) C(SCHED_RR) C(SEEK_DATA) C(SEEK_HOLE) C(SPLICE_F_MORE)
    C(SPLICE_F_MOVE) C(SPLICE_F_NONBLOCK) C(ST_APPEND) C(ST_MANDLOCK) C(ST_NOATIME) C(ST_NODEV)
    C(ST_NODIRATIME) C(ST_NOEXEC) C(ST_NOSUID) C(ST_RDONLY) C(ST_RELATIME) C(ST_SYNCHRONOUS)
    C(ST_WRITE) C(TFD_CLOEXEC) C(TFD_NONBLOCK) C(TFD_TIMER_ABSTIME) C(TFD_TIMER_CANCEL_ON_SET)
    C(TMP_MAX) C(WCONTINUED) C(WEXITED) C(WNOHANG) C(WNOWAIT) C(WSTOPPED) C(WUNTRACED) C(W_OK)
    C(XATTR_CREATE) C(XATTR_REPLACE) C(XATTR_SIZE_MAX) C(X_OK)
    {"MFD_HUGE_SHIFT", 26},
    {"MFD_HUGE_MASK", 63},
    {"PIDFD_NONBLOCK", O_NONBLOCK},
    {"SCHED_NORMAL", SCHED_OTHER},
    {"SCHED_DEADLINE", 6},
    // Kinds of file actions: numbers of our own.
    {"POSIX_SPAWN_OPEN", 0},
    {"POSIX_SPAWN_CLOSE", 1},
    {"POSIX_SPAWN_DUP2", 2},
    {"POSIX_SPAWN_CLOSEFROM", 3},
    {NULL, 0},
};

#undef C

// What os.supports_* are made of.
static const char *const have_functions[] = {
    "HAVE_EVENTFD", "HAVE_TIMERFD_CREATE", "HAVE_FACCESSAT", "HAVE_FCHDIR", "HAVE_FCHMOD",
    "HAVE_FCHMODAT", "HAVE_FCHOWN", "HAVE_FCHOWNAT", "HAVE_FEXECVE", "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF", "HAVE_FSTATAT", "HAVE_FSTATVFS", "HAVE_FTRUNCATE", "HAVE_FUTIMENS",
    "HAVE_FUTIMES", "HAVE_FUTIMESAT", "HAVE_LINKAT", "HAVE_LCHOWN", "HAVE_LSTAT",
    "HAVE_LUTIMES", "HAVE_MEMFD_CREATE", "HAVE_MKDIRAT", "HAVE_MKFIFOAT", "HAVE_MKNODAT",
    "HAVE_OPENAT", "HAVE_READLINKAT", "HAVE_RENAMEAT", "HAVE_SYMLINKAT", "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT", "HAVE_PTSNAME_R",
};

static int
add_have_functions(PyObject *module)
{
    size_t n = sizeof have_functions / sizeof *have_functions;
    PyObject *names = list_new(0);
    for (size_t i = 0; names != NULL && i < n; i++) {
        PyObject *name = str_from_cstr(have_functions[i]);
        if (name == NULL || list_append_steal(names, name) < 0) {
            clear_ref(names);
        }
    }
    return module_add_steal(module, "_have_functions", names);
}

static int
posix_exec(PyObject *module)
{
    PyMethodDef *const tables[] = {
        posix_path_methods, posix_stat_methods, posix_dir_methods, posix_fd_methods,
        posix_kernel_fd_methods, posix_tty_methods, posix_process_methods, posix_exec_methods,
        posix_wait_methods, posix_sched_methods, posix_env_methods, posix_user_methods,
        posix_xattr_methods, posix_config_methods, posix_misc_methods,
    };
    int (*const parts[])(PyObject *) = {
        posix_stat_exec, posix_dir_exec, posix_tty_exec, posix_wait_exec, posix_sched_exec,
        posix_env_exec, posix_config_exec, posix_misc_exec, add_have_functions,
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (module_add_functions(module, tables[i]) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i](module) < 0) {
            return -1;
        }
    }
    return posix_add_constants(module, constants) < 0
                   || module_add(module, "error", PyExc_OSError) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot posix_slots[] = {
    {Py_mod_exec, posix_exec},
    {0, NULL},
};

static PyModuleDef posix_definition = {
    .m_name = "posix",
    .m_doc = "Functions of the operating system as POSIX and Linux define them.\n\n"
             "Programs use them through the module os.",
    .m_slots = posix_slots,
};

NATIVE_MODULE(posix, &posix_definition)
