// posix: running programs: exec and posix_spawn.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// ---- vectors of C strings ----

void
posix_vector_free(char **vector)
{
    if (vector != NULL) {
        for (char **item = vector; *item != NULL; item++) {
            mem_free(*item);
        }
        mem_free(vector);
    }
}

static char *
copy_path(PyObject *op)
{
    PyObject *bytes = NULL;
    if (!str_fs_converter(op, &bytes)) {
        return NULL;
    }
    char *copy = mem_strdup(bytes_data(bytes));
    decref(bytes);
    return copy != NULL ? copy : error_no_memory();
}

char **
posix_argument_vector(PyObject *argv, Py_ssize_t count)
{
    char **vector = mem_calloc((size_t)count + 1, sizeof *vector);
    if (vector == NULL) {
        return error_no_memory();
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = sequence_getitem(argv, i);
        vector[i] = item != NULL ? copy_path(item) : NULL;
        xdecref(item);
        if (vector[i] == NULL) {
            posix_vector_free(vector);
            return NULL;
        }
    }
    return vector;
}

// "name=value": a block, or NULL with an exception.
static char *
environment_entry(PyObject *name, PyObject *value)
{
    PyObject *left = NULL;
    PyObject *right = NULL;
    char *entry = NULL;
    if (!str_fs_converter(name, &left) || !str_fs_converter(value, &right)) {
        goto done;
    }
    const char *text = bytes_data(left);
    if (text[0] == '\0' || strchr(text, '=') != NULL) {
        error_set(PyExc_ValueError, "illegal environment variable name");
        goto done;
    }
    size_t left_size = (size_t)bytes_length(left);
    size_t right_size = (size_t)bytes_length(right);
    entry = mem_alloc_or_error(left_size + right_size + 2);
    if (entry != NULL) {
        memcpy(entry, text, left_size);
        entry[left_size] = '=';
        memcpy(entry + left_size + 1, bytes_data(right), right_size + 1);
    }
done:
    xdecref(left);
    xdecref(right);
    return entry;
}

char **
posix_environment_vector(PyObject *env)
{
    char **vector = NULL;
    PyObject *names = mapping_keys(env);
    PyObject *values = names != NULL ? mapping_values(env) : NULL;
    if (values == NULL) {
        goto done;
    }
    if (!list_check(names) || !list_check(values)) {
        error_set(PyExc_TypeError, "env.keys() or env.values() is not a list");
        goto done;
    }
    Py_ssize_t n = list_size(names) < list_size(values) ? list_size(names) : list_size(values);
    vector = mem_calloc((size_t)n + 1, sizeof *vector);
    if (vector == NULL) {
        error_no_memory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        vector[i] = environment_entry(list_item_borrow(names, i), list_item_borrow(values, i));
        if (vector[i] == NULL) {
            posix_vector_free(vector);
            vector = NULL;
            break;
        }
    }
done:
    xdecref(names);
    xdecref(values);
    return vector;
}

// ---- exec ----

static PyObject *
os_execv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PosixPath path = POSIX_PATH("execv", "path");
    PyObject *argv;
    if (!args_parse_stack(args, nargs, "O&O:execv", posix_path_converter, &path, &argv)) {
        return NULL;
    }
    char **vector = NULL;
    if (!list_check(argv) && !tuple_check(argv)) {
        error_set(PyExc_TypeError, "execv() arg 2 must be a tuple or list");
        goto done;
    }
    Py_ssize_t count = sequence_length(argv);
    if (count < 1) {
        error_set(PyExc_ValueError, "execv() arg 2 must not be empty");
        goto done;
    }
    vector = posix_argument_vector(argv, count);
    if (vector == NULL) {
        goto done;
    }
    if (vector[0][0] == '\0') {
        error_set(PyExc_ValueError, "execv() arg 2 first element cannot be empty");
        goto done;
    }
    if (sys_audit("os.exec", "OOO", path.object, argv, Py_None) == 0) {
        execv(path.text, vector);
        posix_error();
    }
done:
    posix_vector_free(vector);
    posix_path_release(&path);
    return NULL;
}

// argv of execve and posix_spawn. NULL with an exception.
static char **
checked_arguments(PyObject *argv, const char *function)
{
    if (!list_check(argv) && !tuple_check(argv)) {
        return error_format(PyExc_TypeError, "%s: argv must be a tuple or list", function);
    }
    Py_ssize_t count = sequence_length(argv);
    if (count < 1) {
        return error_format(PyExc_ValueError, "%s: argv must not be empty", function);
    }
    char **vector = posix_argument_vector(argv, count);
    if (vector != NULL && vector[0][0] == '\0') {
        posix_vector_free(vector);
        return error_format(PyExc_ValueError, "%s: argv first element cannot be empty", function);
    }
    return vector;
}

static PyObject *
os_execve(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "argv", "env", NULL};
    static ArgsParser parser = {.format = "O&OO:execve", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("execve", "path");
    PyObject *argv, *env;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &argv, &env)) {
        return NULL;
    }
    char **environment = NULL;
    char **vector = NULL;
    if (!list_check(argv) && !tuple_check(argv)) {
        error_set(PyExc_TypeError, "execve: argv must be a tuple or list");
        goto done;
    }
    if (sequence_length(argv) < 1) {
        error_set(PyExc_ValueError, "execve: argv must not be empty");
        goto done;
    }
    if (!mapping_check(env)) {
        error_set(PyExc_TypeError, "execve: environment must be a mapping object");
        goto done;
    }
    vector = checked_arguments(argv, "execve");
    environment = vector != NULL ? posix_environment_vector(env) : NULL;
    if (environment != NULL
        && sys_audit("os.exec", "OOO", path.object, argv, env) == 0) {
        if (path.fd != -1) {
            fexecve(path.fd, vector, environment);
        }
        else {
            execve(path.text, vector, environment);
        }
        posix_path_error(&path);
    }
done:
    posix_vector_free(vector);
    posix_vector_free(environment);
    posix_path_release(&path);
    return NULL;
}

// ---- posix_spawn ----

int
posix_sigset_converter(PyObject *arg, void *target)
{
    sigset_t *set = target;
    sigemptyset(set);
    PyObject *iterator = object_iter(arg);
    if (iterator == NULL) {
        return 0;
    }
    PyObject *item;
    while ((item = iter_next(iterator)) != NULL) {
        int overflow;
        int64_t number = int_as_i64_overflow(item, &overflow);
        decref(item);
        if (number == -1 && error_occurred()) {
            break;
        }
        if (overflow || number <= 0 || number >= NSIG) {
            error_format(PyExc_ValueError, "signal number %ld out of range [1; %i]", (long)number,
                         NSIG - 1);
            break;
        }
        // Numbers that the C library keeps for itself are refused by sigaddset: no error.
        sigaddset(set, (int)number);
    }
    decref(iterator);
    return !error_occurred();
}

// One action; `kept` holds the paths that the actions point to. 0 or -1.
static int
add_action(posix_spawn_file_actions_t *actions, PyObject *action, PyObject *kept)
{
    if (!tuple_check(action) || tuple_size(action) == 0) {
        error_set(PyExc_TypeError, "Each file_actions element must be a non-empty tuple");
        return -1;
    }
    int kind = int_as_int(tuple_item(action, 0));
    if (kind == -1 && error_occurred()) {
        return -1;
    }
    PyObject *tag;
    int fd, fd2, flags, error;
    unsigned long mode;
    PyObject *path = NULL;
    switch (kind) {
        case 0:
            if (!args_parse(action, "OiO&ik;A open file_action tuple must have 5 elements", &tag,
                            &fd, str_fs_converter, &path, &flags, &mode)) {
                return -1;
            }
            error = list_append(kept, path) < 0 ? -1
                                                : posix_spawn_file_actions_addopen(
                                                      actions, fd, bytes_data(path), flags,
                                                      (mode_t)mode);
            decref(path);
            break;
        case 1:
            if (!args_parse(action, "Oi;A close file_action tuple must have 2 elements", &tag,
                            &fd)) {
                return -1;
            }
            error = posix_spawn_file_actions_addclose(actions, fd);
            break;
        case 2:
            if (!args_parse(action, "Oii;A dup2 file_action tuple must have 3 elements", &tag, &fd,
                            &fd2)) {
                return -1;
            }
            error = posix_spawn_file_actions_adddup2(actions, fd, fd2);
            break;
        case 3:
            if (!args_parse(action, "Oi;A closefrom file_action tuple must have 2 elements", &tag,
                            &fd)) {
                return -1;
            }
            error = posix_spawn_file_actions_addclosefrom_np(actions, fd);
            break;
        default:
            error_set(PyExc_TypeError, "Unknown file_actions identifier");
            return -1;
    }
    if (error > 0) {
        errno = error;
        posix_error();
    }
    return error != 0 ? -1 : 0;
}

static int
add_actions(posix_spawn_file_actions_t *actions, PyObject *sequence, PyObject *kept)
{
    PyObject *items = sequence_tuple(sequence);
    if (items == NULL) {
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < tuple_size(items) && result == 0; i++) {
        result = add_action(actions, tuple_item(items, i), kept);
    }
    decref(items);
    return result;
}

typedef struct {
    PyObject *file_actions;
    PyObject *setpgroup;
    int resetids;
    int setsid;
    PyObject *setsigmask;
    PyObject *setsigdef;
    PyObject *scheduler;
} SpawnOptions;

static int
set_scheduler(posix_spawnattr_t *attributes, PyObject *scheduler, short *flags)
{
    PyObject *policy, *param;
    if (!tuple_check(scheduler)) {
        error_format(PyExc_TypeError, "scheduler must be a tuple or None, not '%.200s'",
                     type_of(scheduler)->tp_name);
        return -1;
    }
    if (tuple_size(scheduler) != 2) {
        error_set(PyExc_TypeError, "A scheduler tuple must have two elements");
        return -1;
    }
    policy = tuple_item(scheduler, 0);
    param = tuple_item(scheduler, 1);
    struct sched_param value;
    if (policy != Py_None) {
        int number = int_as_int(policy);
        if (number == -1 && error_occurred()) {
            return -1;
        }
        posix_spawnattr_setschedpolicy(attributes, number);
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    if (!posix_sched_param_value(param, &value)) {
        return -1;
    }
    posix_spawnattr_setschedparam(attributes, &value);
    *flags |= POSIX_SPAWN_SETSCHEDPARAM;
    return 0;
}

static int
set_attributes(posix_spawnattr_t *attributes, const SpawnOptions *options)
{
    short flags = 0;
    sigset_t set;
    if (options->setpgroup != NULL && options->setpgroup != Py_None) {
        int group = int_as_int(options->setpgroup);
        if (group == -1 && error_occurred()) {
            return -1;
        }
        posix_spawnattr_setpgroup(attributes, group);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (options->resetids) {
        flags |= POSIX_SPAWN_RESETIDS;
    }
    if (options->setsid) {
        flags |= POSIX_SPAWN_SETSID;
    }
    if (options->setsigmask != NULL) {
        if (!posix_sigset_converter(options->setsigmask, &set)) {
            return -1;
        }
        posix_spawnattr_setsigmask(attributes, &set);
        flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (options->setsigdef != NULL) {
        if (!posix_sigset_converter(options->setsigdef, &set)) {
            return -1;
        }
        posix_spawnattr_setsigdefault(attributes, &set);
        flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (options->scheduler != NULL && options->scheduler != Py_None
        && set_scheduler(attributes, options->scheduler, &flags) < 0) {
        return -1;
    }
    int error = posix_spawnattr_setflags(attributes, flags);
    if (error != 0) {
        errno = error;
        error_set_errno(PyExc_OSError);
    }
    return error != 0 ? -1 : 0;
}

// Starts the program with everything ready: its pid as an int.
static PyObject *
spawn_program(const PosixPath *path, char **vector, char **environment,
              const SpawnOptions *options, bool search)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    PyObject *result = NULL;
    PyObject *kept = list_new(0);
    if (kept == NULL) {
        return NULL;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    bool has_actions = options->file_actions != NULL && options->file_actions != Py_None;
    if ((!has_actions || add_actions(&actions, options->file_actions, kept) == 0)
        && set_attributes(&attributes, options) == 0) {
        pid_t pid;
        int error;
        POSIX_DETACHED(error = (search ? posix_spawnp : posix_spawn)(
                           &pid, path->text, &actions, &attributes, vector, environment));
        errno = error;
        result = error ? posix_path_error(path) : int_from_i64(pid);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    decref(kept);
    return result;
}

static PyObject *
spawn(PosixPath *path, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
      ArgsParser *parser, bool search)
{
    PyObject *argv, *env;
    SpawnOptions options = {0};
    if (!args_parse_stack_keywords(args, nargs, kwnames, parser, posix_path_converter, path, &argv,
                                   &env, &options.file_actions, &options.setpgroup,
                                   &options.resetids, &options.setsid, &options.setsigmask,
                                   &options.setsigdef, &options.scheduler)) {
        return NULL;
    }
    PyObject *result = NULL;
    char **vector = NULL;
    char **own_environment = NULL;
    char **environment = environ;
    if (!list_check(argv) && !tuple_check(argv)) {
        error_format(PyExc_TypeError, "%s: argv must be a tuple or list", path->function);
        goto done;
    }
    if (sequence_length(argv) < 1) {
        error_format(PyExc_ValueError, "%s: argv must not be empty", path->function);
        goto done;
    }
    if (env != Py_None && !mapping_check(env)) {
        error_format(PyExc_TypeError, "%s: environment must be a mapping object or None",
                     path->function);
        goto done;
    }
    vector = checked_arguments(argv, path->function);
    if (vector == NULL) {
        goto done;
    }
    if (env != Py_None) {
        environment = own_environment = posix_environment_vector(env);
        if (environment == NULL) {
            goto done;
        }
    }
    if (sys_audit("os.posix_spawn", "OOO", path->object, argv, env) == 0) {
        result = spawn_program(path, vector, environment, &options, search);
    }
done:
    posix_vector_free(vector);
    posix_vector_free(own_environment);
    posix_path_release(path);
    return result;
}

static const char *const spawn_keywords[] = {
    "", "", "", "file_actions", "setpgroup", "resetids", "setsid", "setsigmask", "setsigdef",
    "scheduler", NULL,
};

static PyObject *
os_posix_spawn(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&OO|$OOppOOO:posix_spawn", .keywords = spawn_keywords};
    PosixPath path = POSIX_PATH("posix_spawn", "path");
    return spawn(&path, args, nargs, kwnames, &parser, false);
}

static PyObject *
os_posix_spawnp(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&OO|$OOppOOO:posix_spawnp",
                                .keywords = spawn_keywords};
    PosixPath path = POSIX_PATH("posix_spawnp", "path");
    return spawn(&path, args, nargs, kwnames, &parser, true);
}

PyMethodDef posix_exec_methods[] = {
    {"execv", FAST(os_execv),
     "execv($module, path, argv, /)\n--\n\nReplace this process by a program."},
    {"execve", KEYWORDS(os_execve),
     "execve($module, /, path, argv, env)\n--\n\n"
     "Replace this process by a program with the environment env."},
    {"posix_spawn", KEYWORDS(os_posix_spawn),
     "posix_spawn($module, path, argv, env, /, *, file_actions=(),\n"
     "            setpgroup=<unrepresentable>, resetids=False, setsid=False,\n"
     "            setsigmask=(), setsigdef=(), scheduler=<unrepresentable>)\n--\n\n"
     "Run a program in a new process: its id."},
    {"posix_spawnp", KEYWORDS(os_posix_spawnp),
     "posix_spawnp($module, path, argv, env, /, *, file_actions=(),\n"
     "             setpgroup=<unrepresentable>, resetids=False, setsid=False,\n"
     "             setsigmask=(), setsigdef=(), scheduler=<unrepresentable>)\n--\n\n"
     "Run a program, searched for in PATH, in a new process: its id."},
    {NULL, NULL, 0, NULL},
};
