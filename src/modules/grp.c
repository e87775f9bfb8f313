// Native module grp: the group database.
//
// Threading: as pwd.c.
#include "modules/module.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "modules/native_type.h"
#include "modules/posix_internal.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "thread/mutex.h"

static PyStructSequence_Field group_fields[] = {
    {"gr_name", "group name"},
    {"gr_passwd", "password"},
    {"gr_gid", "group id"},
    {"gr_mem", "group members"},
    {NULL, NULL},
};

static PyStructSequence_Desc group_desc = {
    "grp.struct_group",
    "grp.struct_group: Results from getgr*() routines.\n\n"
    "A tuple (gr_name, gr_passwd, gr_gid, gr_mem) whose fields also have names; gr_mem is a list.",
    group_fields, 4,
};

static PyTypeObject group_type = {.ob_base = STATIC_TYPE_HEAD};

// Guards the position of getgrent.
static PyMutex walk_mutex;

static PyObject *
member_list(char **members)
{
    PyObject *result = list_new(0);
    // Members are not aligned in every C library: they are copied out.
    for (size_t i = 0; result != NULL; i++) {
        char *member;
        memcpy(&member, members + i, sizeof member);
        if (member == NULL) {
            break;
        }
        PyObject *name = str_decode_fsdefault(member);
        if (name == NULL || list_append_steal(result, name) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
group_object(const struct group *entry)
{
    PyObject *result = structseq_new(&group_type);
    if (result == NULL) {
        return NULL;
    }
    structseq_set_steal(result, 0, str_decode_fsdefault(entry->gr_name));
    structseq_set_steal(result, 1, entry->gr_passwd != NULL
                                       ? str_decode_fsdefault(entry->gr_passwd)
                                       : new_ref(Py_None));
    structseq_set_steal(result, 2, posix_gid_object(entry->gr_gid));
    structseq_set_steal(result, 3, member_list(entry->gr_mem));
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

// The entry of a name, or of gid when name is NULL. NULL without an exception when there is none.
static PyObject *
find_entry(const char *name, gid_t gid)
{
    long hint = sysconf(_SC_GETGR_R_SIZE_MAX);
    size_t size = hint > 0 ? (size_t)hint : 1024;
    char *buffer = NULL;
    for (;;) {
        char *larger = mem_realloc(buffer, size);
        if (larger == NULL) {
            mem_free(buffer);
            return error_no_memory();
        }
        buffer = larger;
        struct group storage;
        struct group *entry = NULL;
        int error;
        POSIX_DETACHED(error = name != NULL ? getgrnam_r(name, &storage, buffer, size, &entry)
                                            : getgrgid_r(gid, &storage, buffer, size, &entry));
        if (error == ERANGE && size < (1u << 26)) {
            size *= 2;
            continue;
        }
        PyObject *result = error == 0 && entry != NULL ? group_object(entry) : NULL;
        mem_free(buffer);
        return error == ENOMEM ? error_no_memory() : result;
    }
}

static PyObject *
grp_getgrgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"id", NULL};
    static ArgsParser parser = {.format = "O:getgrgid", .keywords = keywords};
    PyObject *id;
    gid_t gid;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &id)) {
        return NULL;
    }
    if (!posix_gid_converter(id, &gid)) {
        return NULL;
    }
    PyObject *result = find_entry(NULL, gid);
    if (result == NULL && !error_occurred()) {
        PyObject *shown = posix_gid_object(gid);
        if (shown != NULL) {
            error_format(PyExc_KeyError, "getgrgid(): gid not found: %S", shown);
            decref(shown);
        }
    }
    return result;
}

static PyObject *
grp_getgrnam(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", NULL};
    static ArgsParser parser = {.format = "U:getgrnam", .keywords = keywords};
    PyObject *arg;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &arg)) {
        return NULL;
    }
    PyObject *bytes = str_encode_fsdefault(arg);
    char *name;
    if (bytes == NULL || bytes_as_data(bytes, &name, NULL) < 0) {
        xdecref(bytes);
        return NULL;
    }
    PyObject *result = find_entry(name, 0);
    decref(bytes);
    if (result == NULL && !error_occurred()) {
        error_format(PyExc_KeyError, "getgrnam(): name not found: %R", arg);
    }
    return result;
}

// An entry that was copied out of the walk.
typedef struct WalkEntry {
    struct WalkEntry *next;
    struct group value;
    char data[];            // what the strings of value point to
} WalkEntry;

// All entries in order; *failed tells that memory was out.
static WalkEntry *
walk_entries(bool *failed)
{
    WalkEntry *first = NULL;
    WalkEntry **last = &first;
    size_t size = 1024;
    *failed = false;
    setgrent();
    for (;;) {
        WalkEntry *entry = mem_alloc(sizeof *entry + size);
        struct group *found = NULL;
        if (entry == NULL) {
            *failed = true;
            break;
        }
        int error = getgrent_r(&entry->value, entry->data, size, &found);
        if (found == NULL) {
            mem_free(entry);
            if (error != ERANGE || size >= (1u << 26)) {
                break;
            }
            size *= 2;      // the same entry again
            continue;
        }
        entry->next = NULL;
        *last = entry;
        last = &entry->next;
    }
    endgrent();
    return first;
}

static PyObject *
grp_getgrall(PyObject *module, PyObject *unused)
{
    bool failed;
    WalkEntry *entry;
    mutex_lock(&walk_mutex);
    POSIX_DETACHED(entry = walk_entries(&failed));
    mutex_unlock(&walk_mutex);
    PyObject *result = failed ? error_no_memory() : list_new(0);
    while (entry != NULL) {
        PyObject *item = result != NULL ? group_object(&entry->value) : NULL;
        if (result != NULL && (item == NULL || list_append_steal(result, item) < 0)) {
            clear_ref(result);
        }
        WalkEntry *next = entry->next;
        mem_free(entry);
        entry = next;
    }
    return result;
}

static PyMethodDef grp_methods[] = {
    {"getgrgid", KEYWORDS(grp_getgrgid),
     "getgrgid($module, /, id)\n--\n\nThe entry of a group id."},
    {"getgrnam", KEYWORDS(grp_getgrnam),
     "getgrnam($module, /, name)\n--\n\nThe entry of a group name."},
    {"getgrall", grp_getgrall, METH_NOARGS,
     "getgrall($module, /)\n--\n\nAll entries, in no particular order."},
    {NULL, NULL, 0, NULL},
};

static int
grp_exec(PyObject *module)
{
    if (structseq_init_type(&group_type, &group_desc) < 0) {
        return -1;
    }
    return module_add(module, "struct_group", (PyObject *)&group_type);
}

static PyModuleDef_Slot grp_slots[] = {
    {Py_mod_exec, grp_exec},
    {0, NULL},
};

static PyModuleDef grp_definition = {
    .m_name = "grp",
    .m_doc = "The group database: entries are tuples of name, password, gid and list of members.",
    .m_methods = grp_methods,
    .m_slots = grp_slots,
};

NATIVE_MODULE(grp, &grp_definition)
