// posix: names in the file system (make, remove, rename, link, walk to) and path text.
//
// Threading: see posix_internal.h.
#include "modules/posix_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// dir_fd as audit hooks see it.
static int audit_fd(int dir_fd) { return dir_fd == AT_FDCWD ? -1 : dir_fd; }

// ---- the current folder ----

static PyObject *
current_folder(bool as_bytes)
{
    // No limit of the system holds for all file systems: the buffer grows.
    size_t size = 0;
    char *buffer = NULL;
    char *text;
    do {
        size += PATH_MAX;
        char *larger = mem_realloc(buffer, size);
        if (larger == NULL) {
            mem_free(buffer);
            return error_no_memory();
        }
        buffer = larger;
        POSIX_DETACHED(text = getcwd(buffer, size));
    } while (text == NULL && errno == ERANGE && size < (size_t)PY_SSIZE_T_MAX - PATH_MAX);
    PyObject *result = text == NULL ? posix_error()
                       : as_bytes   ? bytes_from_cstr(text)
                                    : str_decode_fsdefault(text);
    mem_free(buffer);
    return result;
}

static PyObject *
os_getcwd(PyObject *module, PyObject *unused)
{
    return current_folder(false);
}

static PyObject *
os_getcwdb(PyObject *module, PyObject *unused)
{
    return current_folder(true);
}

static PyObject *
os_chdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O&:chdir", .keywords = keywords};
    PosixPath path = POSIX_PATH_OR_FD("chdir", "path");
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.chdir", "(O)", path.object) == 0) {
        int failed;
        POSIX_DETACHED(failed = path.fd != -1 ? fchdir(path.fd) : chdir(path.text));
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
os_fchdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"fd", NULL};
    static ArgsParser parser = {.format = "O&:fchdir", .keywords = keywords};
    int fd, failed;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_fd_converter, &fd)
        || sys_audit("os.chdir", "(i)", fd) < 0) {
        return NULL;
    }
    POSIX_RETRY(failed, fchdir(fd));
    return posix_none_or_error(failed);
}

static PyObject *
os_chroot(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O&:chroot", .keywords = keywords};
    PosixPath path = POSIX_PATH("chroot", "path");
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path)) {
        return NULL;
    }
    int failed;
    POSIX_DETACHED(failed = chroot(path.text));
    PyObject *result = posix_path_none_or_error(failed, &path);
    posix_path_release(&path);
    return result;
}

// ---- making ----

static PyObject *
os_mkdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "mode", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&|i$O&:mkdir", .keywords = keywords};
    PosixPath path = POSIX_PATH("mkdir", "path");
    int mode = 0777;
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &mode, posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.mkdir", "Oii", path.object, mode, audit_fd(dir_fd)) == 0) {
        int failed;
        POSIX_DETACHED(failed = mkdirat(dir_fd, path.text, (mode_t)mode));
        result = posix_path_none_or_error(failed, &path);
    }
    posix_path_release(&path);
    return result;
}

static PyObject *
os_mkfifo(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "mode", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&|i$O&:mkfifo", .keywords = keywords};
    PosixPath path = POSIX_PATH("mkfifo", "path");
    int mode = 0666;
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &mode, posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    int failed;
    POSIX_RETRY(failed, mkfifoat(dir_fd, path.text, (mode_t)mode));
    PyObject *result = posix_path_none_or_error(failed, &path);
    posix_path_release(&path);
    return result;
}

static PyObject *
os_mknod(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "mode", "device", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&|iO&$O&:mknod", .keywords = keywords};
    PosixPath path = POSIX_PATH("mknod", "path");
    int mode = 0600;
    dev_t device = 0;
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   &mode, posix_dev_converter, &device, posix_dir_fd_converter,
                                   &dir_fd)) {
        return NULL;
    }
    int failed;
    POSIX_RETRY(failed, mknodat(dir_fd, path.text, (mode_t)mode, device));
    PyObject *result = posix_path_none_or_error(failed, &path);
    posix_path_release(&path);
    return result;
}

static PyObject *
os_link(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"src", "dst", "src_dir_fd", "dst_dir_fd",
                                           "follow_symlinks", NULL};
    static ArgsParser parser = {.format = "O&O&|$O&O&p:link", .keywords = keywords};
    PosixPath src = POSIX_PATH("link", "src");
    PosixPath dst = POSIX_PATH("link", "dst");
    int src_dir = AT_FDCWD;
    int dst_dir = AT_FDCWD;
    int follow = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &src,
                                   posix_path_converter, &dst, posix_dir_fd_converter, &src_dir,
                                   posix_dir_fd_converter, &dst_dir, &follow)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.link", "OOii", src.object, dst.object, audit_fd(src_dir),
                  audit_fd(dst_dir)) == 0) {
        int failed;
        int flags = follow ? AT_SYMLINK_FOLLOW : 0;
        POSIX_DETACHED(failed = linkat(src_dir, src.text, dst_dir, dst.text, flags));
        result = failed ? posix_paths_error(&src, &dst) : new_ref(Py_None);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

static PyObject *
os_symlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"src", "dst", "target_is_directory", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&O&|p$O&:symlink", .keywords = keywords};
    PosixPath src = POSIX_PATH("symlink", "src");
    PosixPath dst = POSIX_PATH("symlink", "dst");
    int is_directory = 0;       // for systems with two kinds of links
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &src,
                                   posix_path_converter, &dst, &is_directory,
                                   posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.symlink", "OOi", src.object, dst.object, audit_fd(dir_fd)) == 0) {
        int failed;
        POSIX_DETACHED(failed = symlinkat(src.text, dir_fd, dst.text));
        result = failed ? posix_paths_error(&src, &dst) : new_ref(Py_None);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

static PyObject *
os_readlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "dir_fd", NULL};
    static ArgsParser parser = {.format = "O&|$O&:readlink", .keywords = keywords};
    PosixPath path = POSIX_PATH("readlink", "path");
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, posix_path_converter, &path,
                                   posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    char buffer[PATH_MAX + 1];
    ssize_t length;
    POSIX_DETACHED(length = readlinkat(dir_fd, path.text, buffer, PATH_MAX));
    PyObject *result = length < 0               ? posix_path_error(&path)
                       : str_check(path.object) ? str_decode_fsdefault_size(buffer, length)
                                                : bytes_from_data(buffer, length);
    posix_path_release(&path);
    return result;
}

// ---- removing and renaming ----

static PyObject *
remove_path(PosixPath *path, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
            ArgsParser *parser, const char *event, int flags)
{
    int dir_fd = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, parser, posix_path_converter, path,
                                   posix_dir_fd_converter, &dir_fd)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit(event, "Oi", path->object, audit_fd(dir_fd)) == 0) {
        int failed;
        POSIX_DETACHED(failed = unlinkat(dir_fd, path->text, flags));
        result = posix_path_none_or_error(failed, path);
    }
    posix_path_release(path);
    return result;
}

static const char *const remove_keywords[] = {"path", "dir_fd", NULL};

static PyObject *
os_unlink(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&|$O&:unlink", .keywords = remove_keywords};
    PosixPath path = POSIX_PATH("unlink", "path");
    return remove_path(&path, args, nargs, kwnames, &parser, "os.remove", 0);
}

static PyObject *
os_remove(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&|$O&:remove", .keywords = remove_keywords};
    PosixPath path = POSIX_PATH("remove", "path");
    return remove_path(&path, args, nargs, kwnames, &parser, "os.remove", 0);
}

static PyObject *
os_rmdir(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&|$O&:rmdir", .keywords = remove_keywords};
    PosixPath path = POSIX_PATH("rmdir", "path");
    return remove_path(&path, args, nargs, kwnames, &parser, "os.rmdir", AT_REMOVEDIR);
}

static PyObject *
rename_path(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
            ArgsParser *parser)
{
    PosixPath src = POSIX_PATH(function, "src");
    PosixPath dst = POSIX_PATH(function, "dst");
    int src_dir = AT_FDCWD;
    int dst_dir = AT_FDCWD;
    if (!args_parse_stack_keywords(args, nargs, kwnames, parser, posix_path_converter, &src,
                                   posix_path_converter, &dst, posix_dir_fd_converter, &src_dir,
                                   posix_dir_fd_converter, &dst_dir)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("os.rename", "OOii", src.object, dst.object, audit_fd(src_dir),
                  audit_fd(dst_dir)) == 0) {
        int failed;
        POSIX_DETACHED(failed = renameat(src_dir, src.text, dst_dir, dst.text));
        result = failed ? posix_paths_error(&src, &dst) : new_ref(Py_None);
    }
    posix_path_release(&src);
    posix_path_release(&dst);
    return result;
}

static const char *const rename_keywords[] = {"src", "dst", "src_dir_fd", "dst_dir_fd", NULL};

static PyObject *
os_rename(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&O&|$O&O&:rename", .keywords = rename_keywords};
    return rename_path("rename", args, nargs, kwnames, &parser);
}

static PyObject *
os_replace(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "O&O&|$O&O&:replace", .keywords = rename_keywords};
    return rename_path("replace", args, nargs, kwnames, &parser);
}

// ---- path text ----

static PyObject *
os_fspath(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O:fspath", .keywords = keywords};
    PyObject *path;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    if (str_check(path) || bytes_check(path)) {
        return new_ref(path);
    }
    PyObject *method = object_lookup_special(path, ID(__fspath__));
    if (method == NULL) {
        return error_occurred() ? NULL
                                : error_format(PyExc_TypeError,
                                               "expected str, bytes or os.PathLike object, not %.200s",
                                               type_of(path)->tp_name);
    }
    PyObject *result = object_call_noargs(method);
    decref(method);
    if (result != NULL && !str_check(result) && !bytes_check(result)) {
        error_format(PyExc_TypeError,
                     "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                     type_of(path)->tp_name, type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

// Bytes of a path argument that may contain NULs and surrogates; *is_text tells what was given.
static PyObject *
text_argument(const char *function, PyObject *arg, bool *is_text)
{
    PyObject *path = str_check(arg) || bytes_check(arg) ? new_ref(arg) : NULL;
    if (path == NULL) {
        PyObject *method = object_lookup_special(arg, ID(__fspath__));
        if (method == NULL) {
            return error_occurred()
                       ? NULL
                       : error_format(PyExc_TypeError,
                                      "%s: path should be string, bytes or os.PathLike, not %.200s",
                                      function, type_of(arg)->tp_name);
        }
        path = object_call_noargs(method);
        decref(method);
        if (path == NULL) {
            return NULL;
        }
        if (!str_check(path) && !bytes_check(path)) {
            error_format(PyExc_TypeError,
                         "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                         type_of(arg)->tp_name, type_of(path)->tp_name);
            decref(path);
            return NULL;
        }
    }
    *is_text = str_check(path);
    if (!*is_text) {
        return path;
    }
    // All surrogates pass, not only those that stand for bytes.
    PyObject *bytes = str_encode_utf8(path, "surrogatepass");
    decref(path);
    return bytes;
}

static PyObject *
text_result(const char *data, Py_ssize_t size, bool is_text)
{
    return is_text ? str_decode_utf8(data, size, "surrogatepass") : bytes_from_data(data, size);
}

// Number of slashes that the root of a path has: two are special (POSIX), three or more are one.
static Py_ssize_t
leading_slashes(const char *text, Py_ssize_t size)
{
    Py_ssize_t n = 0;
    while (n < size && text[n] == '/') {
        n++;
    }
    return n;
}

// Normal form of text[:size] into out, which has room for size + 1: its length. Empty components
// and "." vanish, ".." takes a component before it along.
static Py_ssize_t
normalize(const char *text, Py_ssize_t size, char *out)
{
    Py_ssize_t slashes = leading_slashes(text, size);
    Py_ssize_t root = slashes == 0 ? 0 : slashes == 2 ? 2 : 1;
    memset(out, '/', (size_t)root);
    Py_ssize_t n = root;
    Py_ssize_t fixed = root;        // what ".." cannot remove: root, or leading ".."s
    for (Py_ssize_t i = slashes; i < size;) {
        const char *slash = memchr(text + i, '/', (size_t)(size - i));
        Py_ssize_t end = slash != NULL ? slash - text : size;
        Py_ssize_t length = end - i;
        const char *part = text + i;
        i = end + 1;
        if (length == 0 || (length == 1 && part[0] == '.')) {
            continue;
        }
        bool up = length == 2 && part[0] == '.' && part[1] == '.';
        if (up && n > fixed) {
            do {
                n--;
            } while (n > fixed && out[n] != '/');
            continue;
        }
        if (up && root > 0) {
            continue;               // the root is its own parent
        }
        if (n > root) {
            out[n++] = '/';
        }
        memmove(out + n, part, (size_t)length);
        n += length;
        if (up) {
            fixed = n;
        }
    }
    if (n == 0) {
        out[n++] = '.';
    }
    return n;
}

static PyObject *
os_path_normpath(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O:_path_normpath", .keywords = keywords};
    PyObject *path;
    bool is_text;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    PyObject *bytes = text_argument("normpath", path, &is_text);
    if (bytes == NULL) {
        return NULL;
    }
    Py_ssize_t size = bytes_length(bytes);
    char *out = mem_alloc_or_error((size_t)size + 2);
    PyObject *result = NULL;
    if (out != NULL) {
        result = text_result(out, normalize(bytes_data(bytes), size, out), is_text);
    }
    mem_free(out);
    decref(bytes);
    return result;
}

// (drive, root, tail); the drive is always empty.
static PyObject *
os_path_splitroot_ex(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static ArgsParser parser = {.format = "O:_path_splitroot_ex", .keywords = keywords};
    PyObject *path;
    bool is_text;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    PyObject *bytes = text_argument("_path_splitroot_ex", path, &is_text);
    if (bytes == NULL) {
        return NULL;
    }
    const char *data = bytes_data(bytes);
    Py_ssize_t size = bytes_length(bytes);
    Py_ssize_t slashes = leading_slashes(data, size);
    Py_ssize_t root = slashes == 0 ? 0 : slashes == 2 ? 2 : 1;
    PyObject *parts[] = {
        text_result(data, 0, is_text),
        text_result(data, root, is_text),
        text_result(data + root, size - root, is_text),
    };
    decref(bytes);
    PyObject *result = NULL;
    if (parts[0] != NULL && parts[1] != NULL && parts[2] != NULL) {
        return tuple_from_array_steal(parts, 3);
    }
    for (int i = 0; i < 3; i++) {
        xdecref(parts[i]);
    }
    return result;
}

PyMethodDef posix_path_methods[] = {
    {"getcwd", os_getcwd, METH_NOARGS,
     "getcwd($module, /)\n--\n\nThe current folder as a str."},
    {"getcwdb", os_getcwdb, METH_NOARGS,
     "getcwdb($module, /)\n--\n\nThe current folder as bytes."},
    {"chdir", KEYWORDS(os_chdir),
     "chdir($module, /, path)\n--\n\nMake path, or the folder open as a descriptor, current."},
    {"fchdir", KEYWORDS(os_fchdir),
     "fchdir($module, /, fd)\n--\n\nMake the folder open as fd the current one."},
    {"chroot", KEYWORDS(os_chroot),
     "chroot($module, /, path)\n--\n\nMake path the root folder of this process."},
    {"mkdir", KEYWORDS(os_mkdir),
     "mkdir($module, /, path, mode=511, *, dir_fd=None)\n--\n\nMake a folder."},
    {"mkfifo", KEYWORDS(os_mkfifo),
     "mkfifo($module, /, path, mode=438, *, dir_fd=None)\n--\n\nMake a named pipe."},
    {"mknod", KEYWORDS(os_mknod),
     "mknod($module, /, path, mode=384, device=0, *, dir_fd=None)\n--\n\n"
     "Make a file, named pipe or device; mode holds permissions and kind."},
    {"link", KEYWORDS(os_link),
     "link($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None,\n"
     "     follow_symlinks=True)\n--\n\nMake dst another name of the file src."},
    {"symlink", KEYWORDS(os_symlink),
     "symlink($module, /, src, dst, target_is_directory=False, *, dir_fd=None)\n--\n\n"
     "Make dst a symbolic link that points to src."},
    {"readlink", KEYWORDS(os_readlink),
     "readlink($module, /, path, *, dir_fd=None)\n--\n\nWhere a symbolic link points to."},
    {"unlink", KEYWORDS(os_unlink),
     "unlink($module, /, path, *, dir_fd=None)\n--\n\nRemove a file (same as remove())."},
    {"remove", KEYWORDS(os_remove),
     "remove($module, /, path, *, dir_fd=None)\n--\n\nRemove a file (same as unlink())."},
    {"rmdir", KEYWORDS(os_rmdir),
     "rmdir($module, /, path, *, dir_fd=None)\n--\n\nRemove an empty folder."},
    {"rename", KEYWORDS(os_rename),
     "rename($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)\n--\n\n"
     "Rename a file or folder."},
    {"replace", KEYWORDS(os_replace),
     "replace($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)\n--\n\n"
     "Rename a file or folder, taking the place of dst."},
    {"fspath", KEYWORDS(os_fspath),
     "fspath($module, /, path)\n--\n\n"
     "The str or bytes form of a path: itself, or what its __fspath__() gives."},
    {"_path_normpath", KEYWORDS(os_path_normpath),
     "_path_normpath($module, /, path)\n--\n\nNormal form of a path."},
    {"_path_splitroot_ex", KEYWORDS(os_path_splitroot_ex),
     "_path_splitroot_ex($module, /, path)\n--\n\nDrive, root and the rest of a path."},
    {NULL, NULL, 0, NULL},
};
