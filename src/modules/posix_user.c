// posix: identities of the process: users, groups, process groups, sessions.
//
// Threading: see posix_internal.h. The C library applies changes of ids to all threads.
#include "modules/posix_internal.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- reading ----

#define GET_ID(name, expression)                                \
    static PyObject *os_##name(PyObject *module, PyObject *unused) { return expression; }

GET_ID(getuid, posix_uid_object(getuid()))
GET_ID(geteuid, posix_uid_object(geteuid()))
GET_ID(getgid, posix_gid_object(getgid()))
GET_ID(getegid, posix_gid_object(getegid()))
GET_ID(getpid, int_from_i64(getpid()))
GET_ID(getppid, int_from_i64(getppid()))
GET_ID(getpgrp, int_from_i64(getpgrp()))

static PyObject *
os_getresuid(PyObject *module, PyObject *unused)
{
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) < 0) {
        return posix_error();
    }
    return value_build("(NNN)", posix_uid_object(real), posix_uid_object(effective),
                       posix_uid_object(saved));
}

static PyObject *
os_getresgid(PyObject *module, PyObject *unused)
{
    gid_t real, effective, saved;
    if (getresgid(&real, &effective, &saved) < 0) {
        return posix_error();
    }
    return value_build("(NNN)", posix_gid_object(real), posix_gid_object(effective),
                       posix_gid_object(saved));
}

static PyObject *
os_getpgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"pid", NULL};
    static ArgsParser parser = {.format = "i:getpgid", .keywords = keywords};
    int pid;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &pid)) {
        return NULL;
    }
    pid_t group = getpgid(pid);
    return group < 0 ? posix_error() : int_from_i64(group);
}

static PyObject *
os_getsid(PyObject *module, PyObject *arg)
{
    pid_t pid;
    if (!posix_pid_converter(arg, &pid)) {
        return NULL;
    }
    pid_t session = getsid(pid);
    return session < 0 ? posix_error() : int_from_i64(session);
}

// List of n group ids.
static PyObject *
group_list(const gid_t *groups, int n)
{
    PyObject *result = list_new(n);
    for (int i = 0; i < n && result != NULL; i++) {
        PyObject *group = posix_gid_object(groups[i]);
        if (group == NULL) {
            clear_ref(result);
            break;
        }
        list_set_item_steal(result, i, group);
    }
    return result;
}

static PyObject *
os_getgroups(PyObject *module, PyObject *unused)
{
    int n = getgroups(0, NULL);
    if (n < 0) {
        return posix_error();
    }
    gid_t *groups = mem_alloc_array((size_t)n + 1, sizeof *groups);
    if (groups == NULL) {
        return error_no_memory();
    }
    n = getgroups(n, groups);
    PyObject *result = n < 0 ? posix_error() : group_list(groups, n);
    mem_free(groups);
    return result;
}

static PyObject *
os_getgrouplist(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *user = NULL;
    gid_t base;
    if (!args_parse_stack(args, nargs, "O&O&:getgrouplist", str_fs_converter, &user,
                          posix_gid_converter, &base)) {
        return NULL;
    }
    int room = 64;
    gid_t *groups = NULL;
    int n;
    int found;
    do {
        gid_t *larger = mem_realloc_array(groups, (size_t)room, sizeof *groups);
        if (larger == NULL) {
            mem_free(groups);
            decref(user);
            return error_no_memory();
        }
        groups = larger;
        n = room;
        POSIX_DETACHED(found = getgrouplist(bytes_data(user), base, groups, &n));
        room = n > room ? n : room * 2;
    } while (found < 0 && room <= (1 << 20));
    decref(user);
    PyObject *result = found < 0 ? posix_error() : group_list(groups, n);
    mem_free(groups);
    return result;
}

// The login name of the terminal's user.
static PyObject *
os_getlogin(PyObject *module, PyObject *unused)
{
    char name[LOGIN_NAME_MAX + 1];
    int error;
    POSIX_DETACHED(error = getlogin_r(name, sizeof name));
    if (error != 0) {
        errno = error;
        return posix_error();
    }
    return str_decode_fsdefault(name);
}

// ---- changing ----

static PyObject *
os_setuid(PyObject *module, PyObject *arg)
{
    uid_t id;
    return posix_uid_converter(arg, &id) ? posix_none_or_error(setuid(id)) : NULL;
}

static PyObject *
os_seteuid(PyObject *module, PyObject *arg)
{
    uid_t id;
    return posix_uid_converter(arg, &id) ? posix_none_or_error(seteuid(id)) : NULL;
}

static PyObject *
os_setgid(PyObject *module, PyObject *arg)
{
    gid_t id;
    return posix_gid_converter(arg, &id) ? posix_none_or_error(setgid(id)) : NULL;
}

static PyObject *
os_setegid(PyObject *module, PyObject *arg)
{
    gid_t id;
    return posix_gid_converter(arg, &id) ? posix_none_or_error(setegid(id)) : NULL;
}

static PyObject *
os_setreuid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uid_t real, effective;
    if (!args_parse_stack(args, nargs, "O&O&:setreuid", posix_uid_converter, &real,
                          posix_uid_converter, &effective)) {
        return NULL;
    }
    return posix_none_or_error(setreuid(real, effective));
}

static PyObject *
os_setregid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    gid_t real, effective;
    if (!args_parse_stack(args, nargs, "O&O&:setregid", posix_gid_converter, &real,
                          posix_gid_converter, &effective)) {
        return NULL;
    }
    return posix_none_or_error(setregid(real, effective));
}

static PyObject *
os_setresuid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uid_t real, effective, saved;
    if (!args_parse_stack(args, nargs, "O&O&O&:setresuid", posix_uid_converter, &real,
                          posix_uid_converter, &effective, posix_uid_converter, &saved)) {
        return NULL;
    }
    return posix_none_or_error(setresuid(real, effective, saved));
}

static PyObject *
os_setresgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    gid_t real, effective, saved;
    if (!args_parse_stack(args, nargs, "O&O&O&:setresgid", posix_gid_converter, &real,
                          posix_gid_converter, &effective, posix_gid_converter, &saved)) {
        return NULL;
    }
    return posix_none_or_error(setresgid(real, effective, saved));
}

static PyObject *
os_setgroups(PyObject *module, PyObject *arg)
{
    if (!sequence_check(arg)) {
        return error_set(PyExc_TypeError, "setgroups argument must be a sequence");
    }
    PyObject *items = sequence_tuple(arg);
    if (items == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    gid_t *groups = NULL;
    Py_ssize_t n = tuple_size(items);
    if (n > NGROUPS_MAX) {
        error_set(PyExc_ValueError, "too many groups");
        goto done;
    }
    groups = mem_alloc_array((size_t)n + 1, sizeof *groups);
    if (groups == NULL) {
        error_no_memory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!int_check(tuple_item(items, i))) {
            error_set(PyExc_TypeError, "groups must be integers");
            goto done;
        }
        if (!posix_gid_converter(tuple_item(items, i), &groups[i])) {
            goto done;
        }
    }
    result = posix_none_or_error(setgroups((size_t)n, groups));
done:
    mem_free(groups);
    decref(items);
    return result;
}

static PyObject *
os_initgroups(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *user = NULL;
    gid_t group;
    int failed;
    if (!args_parse_stack(args, nargs, "O&O&:initgroups", str_fs_converter, &user,
                          posix_gid_converter, &group)) {
        return NULL;
    }
    POSIX_DETACHED(failed = initgroups(bytes_data(user), group));
    decref(user);
    return posix_none_or_error(failed);
}

static PyObject *
os_setpgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, group;
    if (!args_parse_stack(args, nargs, "ii:setpgid", &pid, &group)) {
        return NULL;
    }
    return posix_none_or_error(setpgid(pid, group));
}

static PyObject *
os_setpgrp(PyObject *module, PyObject *unused)
{
    return posix_none_or_error(setpgrp());
}

static PyObject *
os_setsid(PyObject *module, PyObject *unused)
{
    return posix_none_or_error(setsid());
}

PyMethodDef posix_user_methods[] = {
    {"getuid", os_getuid, METH_NOARGS, "getuid($module, /)\n--\n\nReal user id."},
    {"geteuid", os_geteuid, METH_NOARGS, "geteuid($module, /)\n--\n\nEffective user id."},
    {"getgid", os_getgid, METH_NOARGS, "getgid($module, /)\n--\n\nReal group id."},
    {"getegid", os_getegid, METH_NOARGS, "getegid($module, /)\n--\n\nEffective group id."},
    {"getpid", os_getpid, METH_NOARGS, "getpid($module, /)\n--\n\nId of this process."},
    {"getppid", os_getppid, METH_NOARGS, "getppid($module, /)\n--\n\nId of the parent process."},
    {"getpgrp", os_getpgrp, METH_NOARGS, "getpgrp($module, /)\n--\n\nProcess group of this process."},
    {"getresuid", os_getresuid, METH_NOARGS,
     "getresuid($module, /)\n--\n\nReal, effective and saved user ids."},
    {"getresgid", os_getresgid, METH_NOARGS,
     "getresgid($module, /)\n--\n\nReal, effective and saved group ids."},
    {"getpgid", KEYWORDS(os_getpgid), "getpgid($module, /, pid)\n--\n\nProcess group of a process."},
    {"getsid", os_getsid, METH_O, "getsid($module, pid, /)\n--\n\nSession of a process."},
    {"getgroups", os_getgroups, METH_NOARGS,
     "getgroups($module, /)\n--\n\nSupplementary groups of this process."},
    {"getgrouplist", FAST(os_getgrouplist),
     "getgrouplist($module, user, group, /)\n--\n\nGroups that a user belongs to, with group."},
    {"getlogin", os_getlogin, METH_NOARGS, "getlogin($module, /)\n--\n\nName of the user who logged in."},
    {"setuid", os_setuid, METH_O, "setuid($module, uid, /)\n--\n\nSet the user id."},
    {"seteuid", os_seteuid, METH_O, "seteuid($module, euid, /)\n--\n\nSet the effective user id."},
    {"setgid", os_setgid, METH_O, "setgid($module, gid, /)\n--\n\nSet the group id."},
    {"setegid", os_setegid, METH_O, "setegid($module, egid, /)\n--\n\nSet the effective group id."},
    {"setreuid", FAST(os_setreuid),
     "setreuid($module, ruid, euid, /)\n--\n\nSet the real and effective user ids."},
    {"setregid", FAST(os_setregid),
     "setregid($module, rgid, egid, /)\n--\n\nSet the real and effective group ids."},
    {"setresuid", FAST(os_setresuid),
     "setresuid($module, ruid, euid, suid, /)\n--\n\nSet the real, effective and saved user ids."},
    {"setresgid", FAST(os_setresgid),
     "setresgid($module, rgid, egid, sgid, /)\n--\n\nSet the real, effective and saved group ids."},
    {"setgroups", os_setgroups, METH_O,
     "setgroups($module, groups, /)\n--\n\nSet the supplementary groups of this process."},
    {"initgroups", FAST(os_initgroups),
     "initgroups($module, username, gid, /)\n--\n\n"
     "Set the supplementary groups to those of a user, with gid."},
    {"setpgid", FAST(os_setpgid),
     "setpgid($module, pid, pgrp, /)\n--\n\nSet the process group of a process."},
    {"setpgrp", os_setpgrp, METH_NOARGS,
     "setpgrp($module, /)\n--\n\nMake this process the leader of its process group."},
    {"setsid", os_setsid, METH_NOARGS, "setsid($module, /)\n--\n\nStart a session."},
    {NULL, NULL, 0, NULL},
};
