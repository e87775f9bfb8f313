// What the files of the `posix` module share: path arguments, converters, errors, and the tables
// and types that posix_module.c puts together.
//
// Threading: every system call that may wait runs detached (POSIX_DETACHED). Nothing here has
// mutable state but the types.
#ifndef TYPHON_MODULES_POSIX_INTERNAL_H
#define TYPHON_MODULES_POSIX_INTERNAL_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "abi/constants.h"
#include "abi/exceptions.h"
#include "abi/object.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/identifiers.h"
#include "runtime/signals.h"
#include "thread/thread.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL
#define KEYWORDS(function) FASTCALL(function), METH_FASTCALL | METH_KEYWORDS

// Linux transfers at most this much per call.
#define POSIX_MAX_TRANSFER 0x7ffff000

// A statement that may block, without keeping other threads from stopping the world.
#define POSIX_DETACHED(...)                       \
    do {                                          \
        Thread *ts_ = thread_current();           \
        thread_detach(ts_);                       \
        __VA_ARGS__;                              \
        thread_attach(ts_);                       \
    } while (0)

// result = call, again after signals (PEP 475). When a handler raised, the exception is set and
// result negative.
#define POSIX_RETRY(result, call)                                                   \
    do {                                                                            \
        POSIX_DETACHED((result) = (call));                                          \
    } while ((result) < 0 && errno == EINTR && signals_check() == 0)

// ---- arguments ----

typedef struct PosixPath {
    const char *function;       // of messages: "stat"
    const char *argument;       // of messages: "path"
    bool nullable;              // None is allowed
    bool allow_fd;              // an int is allowed
    const char *text;           // NUL-terminated path; NULL when a descriptor (or None) was given
    Py_ssize_t length;
    int fd;                     // the descriptor, or -1
    PyObject *object;           // owned: what was given, for messages; NULL for None
    PyObject *holder;           // owned: the bytes behind text
} PosixPath;

#define POSIX_PATH(function_, argument_) \
    {.function = (function_), .argument = (argument_), .fd = -1}
#define POSIX_PATH_OR_FD(function_, argument_) \
    {.function = (function_), .argument = (argument_), .allow_fd = true, .fd = -1}
#define POSIX_PATH_OPTIONAL(function_, argument_, allow_fd_)                       \
    {.function = (function_), .argument = (argument_), .nullable = true,           \
     .allow_fd = (allow_fd_), .fd = -1}

// Converters for O&; with a cleanup call where they own something. 1 (or the cleanup mark), 0 with
// an exception.
int posix_path_converter(PyObject *arg, void *path);
int posix_dir_fd_converter(PyObject *arg, void *fd);        // int; None is AT_FDCWD
int posix_fd_converter(PyObject *arg, void *fd);            // int or an object with fileno()
int posix_uid_converter(PyObject *arg, void *uid);
int posix_gid_converter(PyObject *arg, void *gid);
int posix_pid_converter(PyObject *arg, void *pid);
int posix_dev_converter(PyObject *arg, void *dev);
int posix_offset_or_none_converter(PyObject *arg, void *offset);  // PosixOffset

typedef struct PosixOffset {
    bool given;
    off_t value;
} PosixOffset;

void posix_path_release(PosixPath *path);

// The checks that a function with a descriptor as path needs: false with ValueError.
bool posix_path_check_dir_fd(const PosixPath *path, int dir_fd);
bool posix_path_check_follow(const PosixPath *path, bool follow_symlinks);

// ids as Python shows them: the value of all ones is -1.
PyObject *posix_uid_object(uid_t uid);
PyObject *posix_gid_object(gid_t gid);

// ---- errors: NULL with OSError from errno, unless an exception is set already ----

void *posix_error(void);
void *posix_path_error(const PosixPath *path);
void *posix_paths_error(const PosixPath *first, const PosixPath *second);

// None for 0; posix_error otherwise.
PyObject *posix_none_or_error(int result);
PyObject *posix_path_none_or_error(int result, const PosixPath *path);

// ---- constants ----

typedef struct PosixConstant {
    const char *name;
    long long value;
} PosixConstant;

int posix_add_constants(PyObject *module, const PosixConstant *constants);  // ends with NULL

// {name: value} of a table.
PyObject *posix_name_table(const PosixConstant *names);

// Number of a configuration name given as int or str. False with an exception.
bool posix_configuration_name(PyObject *arg, const PosixConstant *names, int *value);

// ---- shared by subject ----

struct stat;
extern PyTypeObject posix_stat_result_type;
PyObject *posix_stat_result(const struct stat *info);

// seconds * 10**9 + nanoseconds of any size.
PyObject *posix_nanoseconds(time_t seconds, long nanoseconds);

// A float of seconds from a timespec.
static inline double
posix_seconds(time_t seconds, long nanoseconds)
{
    return (double)seconds + 1e-9 * (double)nanoseconds;
}

// Non-inheritable as PEP 446 wants it, or inheritable. 0, or -1 with errno.
int posix_set_inheritable(int fd, bool inheritable);

// mask of signals from an iterable of numbers: converter for O&.
int posix_sigset_converter(PyObject *arg, void *set);

extern PyTypeObject posix_sched_param_type;
// False with an exception.
struct sched_param;
bool posix_sched_param_value(PyObject *op, struct sched_param *value);

// NULL-terminated vectors of C strings for exec and spawn; freed by posix_vector_free. NULL with an
// exception. The texts of messages start with `function`.
char **posix_argument_vector(PyObject *argv, Py_ssize_t count);
char **posix_environment_vector(PyObject *env);
void posix_vector_free(char **vector);

// ---- assembly: a method table and, where needed, an exec function for each file ----

extern PyMethodDef posix_path_methods[];
extern PyMethodDef posix_stat_methods[];
extern PyMethodDef posix_dir_methods[];
extern PyMethodDef posix_fd_methods[];
extern PyMethodDef posix_kernel_fd_methods[];
extern PyMethodDef posix_tty_methods[];
extern PyMethodDef posix_process_methods[];
extern PyMethodDef posix_exec_methods[];
extern PyMethodDef posix_wait_methods[];
extern PyMethodDef posix_sched_methods[];
extern PyMethodDef posix_env_methods[];
extern PyMethodDef posix_user_methods[];
extern PyMethodDef posix_xattr_methods[];
extern PyMethodDef posix_config_methods[];
extern PyMethodDef posix_misc_methods[];

int posix_stat_exec(PyObject *module);
int posix_dir_exec(PyObject *module);
int posix_tty_exec(PyObject *module);
int posix_wait_exec(PyObject *module);
int posix_sched_exec(PyObject *module);
int posix_env_exec(PyObject *module);
int posix_config_exec(PyObject *module);
int posix_misc_exec(PyObject *module);

#endif
