// posix: stat and its kin, and changing what they report (modes, owners, times).
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "modules/time_convert.h"
#include "objects/bool.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// ---- results ----

static PyStructSequence_Field stat_fields[] = {
    {"st_mode", "protection bits"},
    {"st_ino", "inode"},
    {"st_dev", "device"},
    {"st_nlink", "number of hard links"},
    {"st_uid", "user ID of owner"},
    {"st_gid", "group ID of owner"},
    {"st_size", "total size, in bytes"},
    {NULL, "integer time of last access"},      // unnamed: see stat_init
    {NULL, "integer time of last modification"},
    {NULL, "integer time of last change"},
    {"st_atime", "time of last access"},
    {"st_mtime", "time of last modification"},
    {"st_ctime", "time of last change"},
    {"st_atime_ns", "time of last access in nanoseconds"},
    {"st_mtime_ns", "time of last modification in nanoseconds"},
    {"st_ctime_ns", "time of last change in nanoseconds"},
    {"st_blksize", "blocksize for filesystem I/O"},
    {"st_blocks", "number of blocks allocated"},
    {"st_rdev", "device type (if inode device)"},
    {NULL, NULL},
};

enum { STAT_INT_TIME = 7, STAT_FLOAT_TIME = 10, STAT_NS_TIME = 13, STAT_BLKSIZE = 16 };

static PyStructSequence_Desc stat_desc = {
    "os.stat_result",
    "stat_result: Result from stat, fstat, or lstat.\n\n"
    "A tuple of ten integers whose fields also have names; more is known under names only:\n"
    "times as floats and in nanoseconds, st_blksize, st_blocks and st_rdev.",
    stat_fields, 10,
};

static PyStructSequence_Field statvfs_fields[] = {
    {"f_bsize", NULL}, {"f_frsize", NULL}, {"f_blocks", NULL}, {"f_bfree", NULL},
    {"f_bavail", NULL}, {"f_files", NULL}, {"f_ffree", NULL}, {"f_favail", NULL},
    {"f_flag", NULL}, {"f_namemax", NULL}, {"f_fsid", NULL}, {NULL, NULL},
};

static PyStructSequence_Desc statvfs_desc = {
    "os.statvfs_result",
    "statvfs_result: Result from statvfs or fstatvfs.\n\n"
    "A tuple of ten integers whose fields also have names; f_fsid is known by name only.",
    statvfs_fields, 10,
};

PyTypeObject posix_stat_result_type = {.ob_base = STATIC_TYPE_HEAD};
static PyTypeObject statvfs_result_type = {.ob_base = STATIC_TYPE_HEAD};

// stat_result(sequence): float times that are missing are the integer ones.
static PyObject *
stat_result_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    // All structure sequences share one constructor; this one's own has taken its place.
    PyObject *result = statvfs_result_type.tp_new(type, args, kwargs);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        PyObject *value = structseq_get_borrow(result, STAT_FLOAT_TIME + i);
        if (value == Py_None || value == NULL) {
            xdecref(value);
            PyObject *integer = structseq_get_borrow(result, STAT_INT_TIME + i);
            structseq_set_steal(result, STAT_FLOAT_TIME + i, new_ref(integer));
        }
    }
    return result;
}

PyObject *
posix_nanoseconds(time_t seconds, long nanoseconds)
{
    int64_t total;
    if (!__builtin_mul_overflow((int64_t)seconds, (int64_t)1000000000, &total)
        && !__builtin_add_overflow(total, (int64_t)nanoseconds, &total)) {
        return int_from_i64(total);
    }
    PyObject *result = NULL;
    PyObject *whole = int_from_i64(seconds);
    PyObject *factor = int_from_i64(1000000000);
    PyObject *rest = int_from_i64(nanoseconds);
    PyObject *product = whole != NULL && factor != NULL ? number_multiply(whole, factor) : NULL;
    if (product != NULL && rest != NULL) {
        result = number_add(product, rest);
    }
    xdecref(whole);
    xdecref(factor);
    xdecref(rest);
    xdecref(product);
    return result;
}

static void
fill_time(PyObject *result, int i, const struct timespec *time)
{
    structseq_set_steal(result, STAT_INT_TIME + i, int_from_i64(time->tv_sec));
    structseq_set_steal(result, STAT_FLOAT_TIME + i,
                        float_from_double(posix_seconds(time->tv_sec, time->tv_nsec)));
    structseq_set_steal(result, STAT_NS_TIME + i, posix_nanoseconds(time->tv_sec, time->tv_nsec));
}

// result, or NULL when a field could not be made.
static PyObject *
check_filled(PyObject *result)
{
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

PyObject *
posix_stat_result(const struct stat *info)
{
    PyObject *result = structseq_new(&posix_stat_result_type);
    if (result == NULL) {
        return NULL;
    }
    structseq_set_steal(result, 0, int_from_u64(info->st_mode));
    structseq_set_steal(result, 1, int_from_u64(info->st_ino));
    structseq_set_steal(result, 2, int_from_u64(info->st_dev));
    structseq_set_steal(result, 3, int_from_u64(info->st_nlink));
    structseq_set_steal(result, 4, posix_uid_object(info->st_uid));
    structseq_set_steal(result, 5, posix_gid_object(info->st_gid));
    structseq_set_steal(result, 6, int_from_i64(info->st_size));
    fill_time(result, 0, &info->st_atim);
    fill_time(result, 1, &info->st_mtim);
    fill_time(result, 2, &info->st_ctim);
    structseq_set_steal(result, STAT_BLKSIZE, int_from_i64(info->st_blksize));
    structseq_set_steal(result, STAT_BLKSIZE + 1, int_from_i64(info->st_blocks));
    structseq_set_steal(result, STAT_BLKSIZE + 2, int_from_u64(info->st_rdev));
    return check_filled(result);
}

static PyObject *
statvfs_result(const struct statvfs *info)
{
    PyObject *result = structseq_new(&statvfs_result_type);
    if (result == NULL) {
        return NULL;
    }
    const uint64_t values[] = {
        info->f_bsize, info->f_frsize, info->f_blocks, info->f_bfree, info->f_bavail,
        info->f_files, info->f_ffree, info->f_favail, info->f_flag, info->f_namemax, info->f_fsid,
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        structseq_set_steal(result, (Py_ssize_t)i, int_from_u64(values[i]));
    }
    return check_filled(result);
}

// ---- stat ----

static PyObject *
stat_path(PosixPath *path, int dir_fd, bool follow)
{
    struct stat info;
    int failed;
    if (!posix_path_check_dir_fd(path, dir_fd) || !posix_path_check_follow(path, follow)) {
        return NULL;
    }
    if (path->fd != -1) {
        POSIX_DETACHED(failed = fstat(path->fd, &info));
    }
    else {
        int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
        POSIX_DETACHED(failed = fstatat(dir_fd, path->text, &info, flags));
    }
    return failed ? posix_path_error(path) : posix_stat_result(&info);
}

static PyObject *
os_stat(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "dir_fd", "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&|$O&p:stat", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("stat", "path");
    int dir_fd = AT_FDCWD;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_dir_fd_converter, &dir_fd, &follow)) {
        return NULL;
    }
    PyObject *result = stat_path(&path, dir_fd, follow);
    posix_path_release(&path);
    return result;
}

static PyObject *
os_lstat(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&|$O&:lstat", .keywords = keywords};
    PosixPath path = POSIX_PATH("lstat", "path");
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    PyObject *result = stat_path(&path, dir_fd, false);
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fstat(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "i:fstat", .keywords = keywords};
    int fd;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd)) {
        return NULL;
    }
    struct stat info;
    int failed;
    POSIX_RETRY(failed, fstat(fd, &info));
    return failed ? posix_error() : posix_stat_result(&info);
}

static PyObject *
os_statvfs(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O&:statvfs", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("statvfs", "path");
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path)) {
        return NULL;
    }
    struct statvfs info;
    int failed;
    POSIX_RETRY(failed, path.fd != -1 ? fstatvfs(path.fd, &info) : statvfs(path.text, &info));
    PyObject *result = failed ? posix_path_error(&path) : statvfs_result(&info);
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fstatvfs(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    struct statvfs info;
    int failed;
    POSIX_RETRY(failed, fstatvfs(fd, &info));
    return failed ? posix_error() : statvfs_result(&info);
}

static PyObject *
os_access(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "mode", "dir_fd", "effective_ids",
                                           "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&i|$O&pp:access", .keywords = keywords};
    PosixPath path = POSIX_PATH("access", "path");
    int mode;
    int dir_fd = AT_FDCWD;
    int effective_ids = 0;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &mode, posix_dir_fd_converter, &dir_fd, &effective_ids,
                                   &follow)) {
        return NULL;
    }
    int flags = (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (effective_ids ? AT_EACCESS : 0);
    int failed;
    POSIX_DETACHED(failed = faccessat(dir_fd, path.text, mode, flags));
    posix_path_release(&path);
    return bool_from_int(failed == 0);
}

// ---- modes and owners ----

static PyObject *
os_chmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "mode", "dir_fd", "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&i|$O&p:chmod", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("chmod", "path");
    int mode;
    int dir_fd = AT_FDCWD;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &mode, posix_dir_fd_converter, &dir_fd, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!posix_path_check_follow(&path, follow)
        || sys_audit("os.chmod", "Oii", path.object, mode, dir_fd == AT_FDCWD ? -1 : dir_fd) < 0) {
        goto done;
    }
    int failed;
    if (path.fd != -1) {
        POSIX_DETACHED(failed = fchmod(path.fd, (mode_t)mode));
    }
    else if (follow && dir_fd == AT_FDCWD) {
        POSIX_DETACHED(failed = chmod(path.text, (mode_t)mode));
    }
    else {
        int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
        POSIX_DETACHED(failed = fchmodat(dir_fd, path.text, (mode_t)mode, flags));
        if (failed && !follow && (errno == EOPNOTSUPP || errno == ENOTSUP)) {
            error_set(PyExc_NotImplementedError,
                      "chmod: follow_symlinks unavailable on this platform");
            goto done;
        }
    }
    result = posix_path_none_or_error(failed, &path);
done:
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fchmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "mode", NULL};
    static ArgsParser parser = {.format = "ii:fchmod", .keywords = keywords};
    int fd, mode, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd, &mode)
        || sys_audit("os.chmod", "iii", fd, mode, -1) < 0) {
        return NULL;
    }
    POSIX_RETRY(failed, fchmod(fd, (mode_t)mode));
    return posix_none_or_error(failed);
}

static PyObject *
os_chown(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "uid", "gid", "dir_fd", "follow_symlinks",
                                           NULL};
    static ArgsParser parser = {.format = "O&O&O&|$O&p:chown", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("chown", "path");
    uid_t uid;
    gid_t gid;
    int dir_fd = AT_FDCWD;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_uid_converter, &uid, posix_gid_converter, &gid,
                                   posix_dir_fd_converter, &dir_fd, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (posix_path_check_dir_fd(&path, dir_fd) && posix_path_check_follow(&path, follow)
        && sys_audit("os.chown", "OIIi", path.object, uid, gid,
                     dir_fd == AT_FDCWD ? -1 : dir_fd) == 0) {
        int failed;
        if (path.fd != -1) {
            POSIX_DETACHED(failed = fchown(path.fd, uid, gid));
        }
        else {
            int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
            POSIX_DETACHED(failed = fchownat(dir_fd, path.text, uid, gid, flags));
        }
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fchown(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", "uid", "gid", NULL};
    static ArgsParser parser = {.format = "iO&O&:fchown", .keywords = keywords};
    int fd, failed;
    uid_t uid;
    gid_t gid;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &fd, posix_uid_converter, &uid,
                                   posix_gid_converter, &gid)
        || sys_audit("os.chown", "iIIi", fd, uid, gid, -1) < 0) {
        return NULL;
    }
    POSIX_RETRY(failed, fchown(fd, uid, gid));
    return posix_none_or_error(failed);
}

static PyObject *
os_lchown(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "uid", "gid", NULL};
    static ArgsParser parser = {.format = "O&O&O&:lchown", .keywords = keywords};
    PosixPath path = POSIX_PATH("lchown", "path");
    uid_t uid;
    gid_t gid;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_uid_converter, &uid, posix_gid_converter, &gid)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.chown", "OIIi", path.object, uid, gid, -1) == 0) {
        int failed;
        POSIX_DETACHED(failed = lchown(path.text, uid, gid));
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

// ---- times ----

// Nanoseconds as a timespec: 0 or -1.
static int
split_nanoseconds(PyObject *arg, struct timespec *time)
{
    PyObject *billion = int_from_i64(1000000000);
    PyObject *parts = billion != NULL ? number_divmod(arg, billion) : NULL;
    int result = -1;
    if (parts != NULL && (!tuple_check(parts) || tuple_size(parts) != 2)) {
        error_format(PyExc_TypeError, "%.200s.__divmod__() must return a 2-tuple, not %.200s",
                     type_of(arg)->tp_name, type_of(parts)->tp_name);
    }
    else if (parts != NULL) {
        result = time_object_to_time_t(tuple_item(parts, 0), &time->tv_sec, TIME_ROUND_FLOOR);
        time->tv_nsec = int_as_long(tuple_item(parts, 1));
        if (time->tv_nsec == -1 && error_occurred()) {
            result = -1;
        }
    }
    xdecref(billion);
    xdecref(parts);
    return result;
}

static int
utime_times(PyObject *times, PyObject *ns, struct timespec *result)
{
    if (times != Py_None && ns != NULL) {
        error_set(PyExc_ValueError, "utime: you may specify either 'times' or 'ns' but not both");
        return -1;
    }
    if (times != Py_None) {
        if (!tuple_check_exact(times) || tuple_size(times) != 2) {
            error_set(PyExc_TypeError,
                      "utime: 'times' must be either a tuple of two ints or None");
            return -1;
        }
        for (int i = 0; i < 2; i++) {
            if (time_object_to_timespec(tuple_item(times, i), &result[i], TIME_ROUND_FLOOR) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (ns != NULL) {
        if (!tuple_check_exact(ns) || tuple_size(ns) != 2) {
            error_set(PyExc_TypeError, "utime: 'ns' must be a tuple of two ints");
            return -1;
        }
        for (int i = 0; i < 2; i++) {
            if (split_nanoseconds(tuple_item(ns, i), &result[i]) < 0) {
                return -1;
            }
        }
        return 0;
    }
    result[0].tv_nsec = result[1].tv_nsec = UTIME_NOW;
    result[0].tv_sec = result[1].tv_sec = 0;
    return 0;
}

static PyObject *
os_utime(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "times", "ns", "dir_fd", "follow_symlinks",
                                           NULL};
    static ArgsParser parser = {.format = "O&|O$OO&p:utime", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("utime", "path");
    PyObject *times = Py_None;
    PyObject *ns = NULL;
    int dir_fd = AT_FDCWD;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &times, &ns, posix_dir_fd_converter, &dir_fd, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    struct timespec values[2];
    if (utime_times(times, ns, values) == 0 && posix_path_check_dir_fd(&path, dir_fd)
        && posix_path_check_follow(&path, follow)
        && sys_audit("os.utime", "OOOi", path.object, times, ns != NULL ? ns : Py_None,
                     dir_fd == AT_FDCWD ? -1 : dir_fd) == 0) {
        int failed;
        if (path.fd != -1) {
            POSIX_DETACHED(failed = futimens(path.fd, values));
        }
        else {
            int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
            POSIX_DETACHED(failed = utimensat(dir_fd, path.text, values, flags));
        }
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

PyMethodDef posix_stat_methods[] = {
    {"stat", KEYWORDS(os_stat),
     "stat($module, /, path, *, dir_fd=None, follow_symlinks=True)\n--\n\n"
     "Ask the system about a file.\n\n"
     "path is a str, bytes, path-like object or an open file descriptor. dir_fd is a\n"
     "descriptor of the folder that a relative path starts from. With follow_symlinks\n"
     "false, a symbolic link itself is described."},
    {"lstat", KEYWORDS(os_lstat),
     "lstat($module, /, path, *, dir_fd=None)\n--\n\n"
     "Ask the system about a file or symbolic link, as stat() with follow_symlinks=False."},
    {"fstat", KEYWORDS(os_fstat),
     "fstat($module, /, fd)\n--\n\nAsk the system about an open file."},
    {"statvfs", KEYWORDS(os_statvfs),
     "statvfs($module, /, path)\n--\n\nAsk about the file system that holds path."},
    {"fstatvfs", os_fstatvfs, METH_O,
     "fstatvfs($module, fd, /)\n--\n\nAsk about the file system that holds an open file."},
    {"access", KEYWORDS(os_access),
     "access($module, /, path, mode, *, dir_fd=None, effective_ids=False,\n"
     "       follow_symlinks=True)\n--\n\n"
     "Whether the real (or effective) user may access path.\n\n"
     "mode is F_OK for existence, or a combination of R_OK, W_OK and X_OK."},
    {"chmod", KEYWORDS(os_chmod),
     "chmod($module, /, path, mode, *, dir_fd=None,\n"
     "      follow_symlinks=(os.name != 'nt'))\n--\n\nChange the access permissions of a file."},
    {"fchmod", KEYWORDS(os_fchmod),
     "fchmod($module, /, fd, mode)\n--\n\nChange the access permissions of an open file."},
    {"chown", KEYWORDS(os_chown),
     "chown($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)\n--\n\n"
     "Change the owner and group of a file; -1 leaves one as it is."},
    {"fchown", KEYWORDS(os_fchown),
     "fchown($module, /, fd, uid, gid)\n--\n\nChange the owner and group of an open file."},
    {"lchown", KEYWORDS(os_lchown),
     "lchown($module, /, path, uid, gid)\n--\n\n"
     "Change the owner and group of a file or of a symbolic link itself."},
    {"utime", KEYWORDS(os_utime),
     "utime($module, /, path, times=None, *, ns=<unrepresentable>,\n"
     "      dir_fd=None, follow_symlinks=True)\n--\n\n"
     "Set the times of last access and modification.\n\n"
     "times is a pair in seconds, ns one in nanoseconds; without both it is now."},
    {NULL, NULL, 0, NULL},
};

int
posix_stat_exec(PyObject *module)
{
    for (int i = 0; i < 3; i++) {
        stat_fields[STAT_INT_TIME + i].name = structseq_unnamed_field;
    }
    if (structseq_init_type(&posix_stat_result_type, &stat_desc) < 0
        || structseq_init_type(&statvfs_result_type, &statvfs_desc) < 0) {
        return -1;
    }
    posix_stat_result_type.tp_new = stat_result_new;
    return module_add(module, "stat_result", (PyObject *)&posix_stat_result_type) < 0
                   || module_add(module, "statvfs_result", (PyObject *)&statvfs_result_type) < 0
               ? -1
               : 0;
}
