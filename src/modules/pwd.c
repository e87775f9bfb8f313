// Native module pwd: the user database.
//
// Threading: lookups use the reentrant functions of the C library, detached. getpwall() walks the whole
// database, whose position is one for the process: a mutex orders the walks.
#include "modules/module.h"

#include <errno.h>
#include <pwd.h>
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

static PyStructSequence_Field passwd_fields[] = {
    {"pw_name", "user name"},
    {"pw_passwd", "password"},
    {"pw_uid", "user id"},
    {"pw_gid", "group id"},
    {"pw_gecos", "real name"},
    {"pw_dir", "home directory"},
    {"pw_shell", "shell program"},
    {NULL, NULL},
};

static PyStructSequence_Desc passwd_desc = {
    "pwd.struct_passwd",
    "pwd.struct_passwd: Results from getpw*() routines.\n\n"
    "A tuple (pw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell) whose fields also\n"
    "have names.",
    passwd_fields, 7,
};

static PyTypeObject passwd_type = {.ob_base = STATIC_TYPE_HEAD};

// Guards the position of getpwent.
static PyMutex walk_mutex;

static PyObject *
text_or_none(const char *text)
{
    return text != NULL ? str_decode_fsdefault(text) : new_ref(Py_None);
}

static PyObject *
passwd_object(const struct passwd *entry)
{
    PyObject *result = structseq_new(&passwd_type);
    if (result == NULL) {
        return NULL;
    }
    structseq_set_steal(result, 0, text_or_none(entry->pw_name));
    structseq_set_steal(result, 1, text_or_none(entry->pw_passwd));
    structseq_set_steal(result, 2, posix_uid_object(entry->pw_uid));
    structseq_set_steal(result, 3, posix_gid_object(entry->pw_gid));
    structseq_set_steal(result, 4, text_or_none(entry->pw_gecos));
    structseq_set_steal(result, 5, text_or_none(entry->pw_dir));
    structseq_set_steal(result, 6, text_or_none(entry->pw_shell));
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

// The entry of a name, or of uid when name is NULL. NULL without an exception when there is none.
static PyObject *
find_entry(const char *name, uid_t uid)
{
    long hint = sysconf(_SC_GETPW_R_SIZE_MAX);
    size_t size = hint > 0 ? (size_t)hint : 1024;
    char *buffer = NULL;
    for (;;) {
        char *larger = mem_realloc(buffer, size);
        if (larger == NULL) {
            mem_free(buffer);
            return error_no_memory();
        }
        buffer = larger;
        struct passwd storage;
        struct passwd *entry = NULL;
        int error;
        POSIX_DETACHED(error = name != NULL ? getpwnam_r(name, &storage, buffer, size, &entry)
                                            : getpwuid_r(uid, &storage, buffer, size, &entry));
        if (error == ERANGE && size < (1u << 26)) {
            size *= 2;
            continue;
        }
        PyObject *result = error == 0 && entry != NULL ? passwd_object(entry) : NULL;
        mem_free(buffer);
        return error == ENOMEM ? error_no_memory() : result;
    }
}

static PyObject *
pwd_getpwuid(PyObject *module, PyObject *arg)
{
    uid_t uid;
    if (!posix_uid_converter(arg, &uid)) {
        if (error_clear_if(PyExc_OverflowError)) {
            return error_format(PyExc_KeyError, "getpwuid(): uid not found");
        }
        return NULL;
    }
    PyObject *result = find_entry(NULL, uid);
    if (result == NULL && !error_occurred()) {
        PyObject *shown = posix_uid_object(uid);
        if (shown != NULL) {
            error_format(PyExc_KeyError, "getpwuid(): uid not found: %S", shown);
            decref(shown);
        }
    }
    return result;
}

static PyObject *
pwd_getpwnam(PyObject *module, PyObject *arg)
{
    if (!str_check(arg)) {
        return error_format(PyExc_TypeError, "getpwnam() argument must be str, not %.50s",
                            type_of(arg)->tp_name);
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
        error_format(PyExc_KeyError, "getpwnam(): name not found: %R", arg);
    }
    return result;
}

// An entry that was copied out of the walk.
typedef struct WalkEntry {
    struct WalkEntry *next;
    struct passwd value;
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
    setpwent();
    for (;;) {
        WalkEntry *entry = mem_alloc(sizeof *entry + size);
        struct passwd *found = NULL;
        if (entry == NULL) {
            *failed = true;
            break;
        }
        int error = getpwent_r(&entry->value, entry->data, size, &found);
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
    endpwent();
    return first;
}

static PyObject *
pwd_getpwall(PyObject *module, PyObject *unused)
{
    bool failed;
    WalkEntry *entry;
    mutex_lock(&walk_mutex);
    POSIX_DETACHED(entry = walk_entries(&failed));
    mutex_unlock(&walk_mutex);
    PyObject *result = failed ? error_no_memory() : list_new(0);
    while (entry != NULL) {
        PyObject *item = result != NULL ? passwd_object(&entry->value) : NULL;
        if (result != NULL && (item == NULL || list_append_steal(result, item) < 0)) {
            clear_ref(result);
        }
        WalkEntry *next = entry->next;
        mem_free(entry);
        entry = next;
    }
    return result;
}

static PyMethodDef pwd_methods[] = {
    {"getpwuid", pwd_getpwuid, METH_O,
     "getpwuid($module, uidobj, /)\n--\n\nThe entry of a user id."},
    {"getpwnam", pwd_getpwnam, METH_O,
     "getpwnam($module, name, /)\n--\n\nThe entry of a user name."},
    {"getpwall", pwd_getpwall, METH_NOARGS,
     "getpwall($module, /)\n--\n\nAll entries, in no particular order."},
    {NULL, NULL, 0, NULL},
};

static int
pwd_exec(PyObject *module)
{
    if (structseq_init_type(&passwd_type, &passwd_desc) < 0) {
        return -1;
    }
    return module_add(module, "struct_passwd", (PyObject *)&passwd_type);
}

static PyModuleDef_Slot pwd_slots[] = {
    {Py_mod_exec, pwd_exec},
    {0, NULL},
};

static PyModuleDef pwd_definition = {
    .m_name = "pwd",
    .m_doc = "The user database: entries are tuples of name, password, uid, gid, real name, home\n"
             "folder and shell.",
    .m_methods = pwd_methods,
    .m_slots = pwd_slots,
};

NATIVE_MODULE(pwd, &pwd_definition)
