// posix: listing folders: listdir, scandir, DirEntry.
//
// Threading: a scandir iterator has a mutex that is held while the C library reads a folder or closes
// it, so that the reused entry is copied before another thread reads on. A DirEntry's cached stat
// results are published under its critical section.
#include "modules/posix_internal.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/sys.h"
#include "thread/critical_section.h"
#include "thread/mutex.h"

// ---- opening ----

// An open folder for a path, a descriptor or the current folder. NULL with an exception.
static DIR *
open_folder(PosixPath *path)
{
    DIR *dir;
    if (path->fd != -1) {
        // The descriptor stays the caller's: closedir would close it.
        int copy = fcntl(path->fd, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            return posix_error();
        }
        POSIX_DETACHED(dir = fdopendir(copy));
        if (dir == NULL) {
            int saved = errno;
            close(copy);
            errno = saved;
        }
    }
    else {
        const char *name = path->text != NULL ? path->text : ".";
        POSIX_DETACHED(dir = opendir(name));
    }
    return dir != NULL ? dir : posix_path_error(path);
}

static void
close_folder(DIR *dir, bool rewind)
{
    POSIX_DETACHED({
        if (rewind) {
            rewinddir(dir);     // a duplicated descriptor shares its position
        }
        closedir(dir);
    });
}

static bool
is_dot_name(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static bool
wants_bytes(const PosixPath *path)
{
    return path->object != NULL && bytes_check(path->object);
}

static PyObject *
name_object(const char *name, bool as_bytes)
{
    return as_bytes ? bytes_from_cstr(name) : str_decode_fsdefault(name);
}

// ---- listdir ----

static PyObject *
list_folder(PosixPath *path)
{
    DIR *dir = open_folder(path);
    if (dir == NULL) {
        return NULL;
    }
    PyObject *result = list_new(0);
    while (result != NULL) {
        struct dirent *entry;
        errno = 0;
        POSIX_DETACHED(entry = readdir(dir));
        if (entry == NULL) {
            if (errno != 0) {
                clear_ref(result);
                posix_path_error(path);
            }
            break;
        }
        if (is_dot_name(entry->d_name)) {
            continue;
        }
        PyObject *name = name_object(entry->d_name, wants_bytes(path));
        if (name == NULL || list_append_steal(result, name) < 0) {
            clear_ref(result);
        }
    }
    close_folder(dir, path->fd != -1);
    return result;
}

static PyObject *
os_listdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "|O&:listdir", .keywords = keywords};
    PosixPath path = POSIX_PATH_OPTIONAL("listdir", "path", true);
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.listdir", "(O)", path.object != NULL ? path.object : Py_None) == 0) {
        result = list_folder(&path);
    }
    posix_path_release(&path);
    return result;
}

// ---- DirEntry ----

typedef struct {
    PyObject ob_base;
    PyObject *name;         // immutable
    PyObject *path;         // immutable
    PyObject *stat;         // lock: the entry's critical section; result of stat()
    PyObject *lstat;        // lock: the entry's critical section; result of lstat()
    int dir_fd;             // immutable: the folder, or -1: by path
    unsigned char kind;     // immutable: d_type
    ino_t inode;            // immutable
} DirEntry;

NATIVE_LIFETIME(entry, DirEntry, 4, name, path, stat, lstat)

static PyObject *
fetch_stat(DirEntry *self, bool follow)
{
    PyObject *holder = NULL;
    struct stat info;
    int failed;
    if (!str_fs_converter(self->dir_fd != -1 ? self->name : self->path, &holder)) {
        return NULL;
    }
    int dir_fd = self->dir_fd != -1 ? self->dir_fd : AT_FDCWD;
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    POSIX_DETACHED(failed = fstatat(dir_fd, bytes_data(holder), &info, flags));
    decref(holder);
    if (failed) {
        return error_set_errno_filename_object(PyExc_OSError, self->path);
    }
    return posix_stat_result(&info);
}

// The result of a slot, filled when it is empty: new reference.
static PyObject *
cached_stat(DirEntry *self, PyObject **slot, bool follow)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *result = xnew_ref(*slot);
    critical_section_end(&cs);
    if (result != NULL) {
        return result;
    }
    result = fetch_stat(self, follow);
    if (result == NULL) {
        return NULL;
    }
    critical_section_begin(&cs, self);
    if (*slot == NULL) {
        *slot = new_ref(result);
    }
    else {
        set_ref(result, new_ref(*slot));
    }
    critical_section_end(&cs);
    return result;
}

static PyObject *get_stat(DirEntry *self, bool follow);

// st_mode by stat or lstat: 1, 0 when there is no such file, -1.
static int
entry_mode(DirEntry *self, bool follow, mode_t *mode)
{
    PyObject *info = get_stat(self, follow);
    if (info == NULL) {
        // A dangling link or a file removed meanwhile.
        return error_clear_if(PyExc_FileNotFoundError) ? 0 : -1;
    }
    PyObject *value = object_getattr_cstr(info, "st_mode");
    decref(info);
    if (value == NULL) {
        return -1;
    }
    *mode = (mode_t)int_as_u64_mask(value);
    decref(value);
    return 1;
}

// Whether the entry is of a kind (S_IF*): 1, 0, -1.
static int
entry_is(DirEntry *self, bool follow, mode_t kind)
{
    unsigned char known = self->kind;
    if (known != DT_UNKNOWN && !(known == DT_LNK && follow)) {
        return (mode_t)DTTOIF(known) == kind;
    }
    mode_t mode;
    int found = entry_mode(self, follow, &mode);
    return found <= 0 ? found : (mode & S_IFMT) == kind;
}

static PyObject *
get_stat(DirEntry *self, bool follow)
{
    if (!follow) {
        return cached_stat(self, &self->lstat, false);
    }
    int is_link = entry_is(self, false, S_IFLNK);
    if (is_link < 0) {
        return NULL;
    }
    // What is no link needs one call for both.
    return is_link ? cached_stat(self, &self->stat, true)
                   : cached_stat(self, &self->lstat, false);
}

static int
follow_argument(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, ArgsParser *parser)
{
    int follow = 1;
    return args_parse_stack_keywords(args, nargs, kwnames, parser, &follow) ? follow : -1;
}

static const char *const follow_keywords[] = {"follow_symlinks", NULL};

static PyObject *
entry_stat(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "|$p:stat", .keywords = follow_keywords};
    int follow = follow_argument(args, nargs, kwnames, &parser);
    return follow < 0 ? NULL : get_stat((DirEntry *)self, follow);
}

static PyObject *
entry_is_dir(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "|$p:is_dir", .keywords = follow_keywords};
    int follow = follow_argument(args, nargs, kwnames, &parser);
    int result = follow < 0 ? -1 : entry_is((DirEntry *)self, follow, S_IFDIR);
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
entry_is_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "|$p:is_file", .keywords = follow_keywords};
    int follow = follow_argument(args, nargs, kwnames, &parser);
    int result = follow < 0 ? -1 : entry_is((DirEntry *)self, follow, S_IFREG);
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
entry_is_symlink(PyObject *self, PyObject *unused)
{
    int result = entry_is((DirEntry *)self, false, S_IFLNK);
    return result < 0 ? NULL : bool_from_int(result);
}

// Junctions exist on Windows only.
static PyObject *
entry_is_junction(PyObject *self, PyObject *unused)
{
    return new_ref(Py_False);
}

static PyObject *
entry_inode(PyObject *self, PyObject *unused)
{
    return int_from_u64(((DirEntry *)self)->inode);
}

static PyObject *
entry_fspath(PyObject *self, PyObject *unused)
{
    return new_ref(((DirEntry *)self)->path);
}

static PyObject *
entry_repr(PyObject *self)
{
    return str_format("<DirEntry %R>", ((DirEntry *)self)->name);
}

static PyMemberDef entry_members[] = {
    {"name", Py_T_OBJECT_EX, offsetof(DirEntry, name), Py_READONLY,
     "the entry's base filename, relative to scandir() \"path\" argument"},
    {"path", Py_T_OBJECT_EX, offsetof(DirEntry, path), Py_READONLY,
     "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef entry_methods[] = {
    {"is_dir", KEYWORDS(entry_is_dir),
     "is_dir($self, /, *, follow_symlinks=True)\n--\n\nWhether the entry is a folder."},
    {"is_file", KEYWORDS(entry_is_file),
     "is_file($self, /, *, follow_symlinks=True)\n--\n\nWhether the entry is a regular file."},
    {"is_symlink", entry_is_symlink, METH_NOARGS,
     "is_symlink($self, /)\n--\n\nWhether the entry is a symbolic link."},
    {"is_junction", entry_is_junction, METH_NOARGS,
     "is_junction($self, /)\n--\n\nWhether the entry is a junction."},
    {"stat", KEYWORDS(entry_stat),
     "stat($self, /, *, follow_symlinks=True)\n--\n\nThe stat_result of the entry, kept."},
    {"inode", entry_inode, METH_NOARGS, "inode($self, /)\n--\n\nInode of the entry."},
    {"__fspath__", entry_fspath, METH_NOARGS,
     "__fspath__($self, /)\n--\n\nThe path of the entry."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS,
     "__class_getitem__($type, item, /)\n--\n\nSee PEP 585"},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject entry_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "posix.DirEntry",
    .tp_basicsize = sizeof(DirEntry),
    .tp_dealloc = entry_dealloc,
    .tp_repr = entry_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = entry_traverse,
    .tp_methods = entry_methods,
    .tp_members = entry_members,
};

// ---- scandir ----

typedef struct {
    PyObject ob_base;
    PosixPath path;         // immutable
    PyMutex mutex;          // guards dir
    DIR *dir;               // lock: mutex; NULL when exhausted or closed
} ScandirIterator;

static PyObject *
entry_path(const PosixPath *folder, PyObject *name)
{
    if (folder->text == NULL) {
        return folder->fd != -1 ? new_ref(name)
                                : str_format("./%U", name);
    }
    bool slash = folder->length > 0 && folder->text[folder->length - 1] != '/';
    if (!bytes_check(folder->object)) {
        return str_format(slash ? "%U/%U" : "%U%U", folder->object, name);
    }
    return bytes_format(slash ? "%s/%s" : "%s%s", folder->text, bytes_data(name));
}

static PyObject *
entry_new(ScandirIterator *iterator, const char *text, unsigned char kind, ino_t inode)
{
    DirEntry *entry = (DirEntry *)type_alloc(&entry_type, 0);
    if (entry == NULL) {
        return NULL;
    }
    entry->dir_fd = iterator->path.fd;
    entry->kind = kind;
    entry->inode = inode;
    entry->name = name_object(text, wants_bytes(&iterator->path));
    if (entry->name != NULL) {
        entry->path = entry_path(&iterator->path, entry->name);
    }
    if (entry->path == NULL) {
        decref(entry);
        return NULL;
    }
    return (PyObject *)entry;
}

// Closes the folder: whether it was open.
static bool
iterator_close(ScandirIterator *self)
{
    mutex_lock(&self->mutex);
    DIR *dir = self->dir;
    self->dir = NULL;
    mutex_unlock(&self->mutex);
    if (dir != NULL) {
        close_folder(dir, self->path.fd != -1);
    }
    return dir != NULL;
}

static PyObject *
iterator_next(PyObject *op)
{
    ScandirIterator *self = (ScandirIterator *)op;
    char name[sizeof ((struct dirent *)NULL)->d_name];
    unsigned char kind = DT_UNKNOWN;
    ino_t inode = 0;
    int error = 0;
    mutex_lock(&self->mutex);
    struct dirent *entry = NULL;
    if (self->dir != NULL) {
        do {
            errno = 0;
            POSIX_DETACHED(entry = readdir(self->dir));
        } while (entry != NULL && is_dot_name(entry->d_name));
        if (entry != NULL) {
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
            kind = entry->d_type;
            inode = entry->d_ino;
        }
        else {
            error = errno;
        }
    }
    mutex_unlock(&self->mutex);
    if (entry != NULL) {
        return entry_new(self, name, kind, inode);
    }
    iterator_close(self);
    if (error != 0) {
        errno = error;
        posix_path_error(&self->path);
    }
    return NULL;
}

static PyObject *
iterator_close_method(PyObject *op, PyObject *unused)
{
    iterator_close((ScandirIterator *)op);
    return new_ref(Py_None);
}

static PyObject *
iterator_enter(PyObject *op, PyObject *unused)
{
    return new_ref(op);
}

static PyObject *
iterator_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    iterator_close((ScandirIterator *)op);
    return new_ref(Py_None);
}

static void
iterator_finalize(PyObject *op)
{
    PyObject *pending = error_take();
    if (iterator_close((ScandirIterator *)op)
        && error_warn_resource(op, 1, "unclosed scandir iterator %R", op) < 0
        && error_matches(PyExc_Warning)) {
        error_format_unraisable("Exception ignored while finalizing scandir iterator %R", op);
    }
    error_restore_steal(pending);
}

static void
iterator_dealloc(PyObject *op)
{
    if (object_call_finalizer_from_dealloc(op) < 0) {
        return;
    }
    posix_path_release(&((ScandirIterator *)op)->path);
    type_of(op)->tp_free(op);
}

static PyMethodDef iterator_methods[] = {
    {"__enter__", iterator_enter, METH_NOARGS, NULL},
    {"__exit__", FAST(iterator_exit), NULL},
    {"close", iterator_close_method, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject iterator_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "posix.ScandirIterator",
    .tp_basicsize = sizeof(ScandirIterator),
    .tp_dealloc = iterator_dealloc,
    .tp_finalize = iterator_finalize,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_iter = object_self_iter,
    .tp_iternext = iterator_next,
    .tp_methods = iterator_methods,
};

static PyObject *
os_scandir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "|O&:scandir", .keywords = keywords};
    PosixPath path = POSIX_PATH_OPTIONAL("scandir", "path", true);
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path)) {
        return NULL;
    }
    ScandirIterator *self = NULL;
    DIR *dir = NULL;
    if (sys_audit("os.scandir", "(O)", path.object != NULL ? path.object : Py_None) == 0) {
        dir = open_folder(&path);
    }
    if (dir != NULL) {
        self = (ScandirIterator *)type_alloc(&iterator_type, 0);
    }
    if (self == NULL) {
        if (dir != NULL) {
            close_folder(dir, false);
        }
        posix_path_release(&path);
        return NULL;
    }
    self->path = path;
    self->dir = dir;
    return (PyObject *)self;
}

PyMethodDef posix_dir_methods[] = {
    {"listdir", KEYWORDS(os_listdir),
     "listdir($module, /, path=None)\n--\n\n"
     "The names in a folder, in no particular order, without '.' and '..'."},
    {"scandir", KEYWORDS(os_scandir),
     "scandir($module, /, path=None)\n--\n\n"
     "Iterator over DirEntry objects for the entries of a folder."},
    {NULL, NULL, 0, NULL},
};

int
posix_dir_exec(PyObject *module)
{
    if (type_ready(&iterator_type) < 0) {
        return -1;
    }
    return module_add_type(module, &entry_type);
}
