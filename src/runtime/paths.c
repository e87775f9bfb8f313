// Search for the program and its library; see paths.h. Runs once, at start-up.
#include "runtime/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory/refcount.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/str.h"

typedef struct {
    char executable[PATH_MAX];      // "" when unknown
    char base_executable[PATH_MAX]; // of the installation that a virtual environment uses
    char prefix[PATH_MAX];          // of the environment
    char base_prefix[PATH_MAX];     // of the library
    char home[PATH_MAX];            // `home` of pyvenv.cfg, "" without
} Paths;

// Joins folder and name; a result that is too long becomes "".
static void
join(char out[PATH_MAX], const char *folder, const char *name)
{
    char joined[PATH_MAX];
    int length = snprintf(joined, sizeof joined, "%s/%s", folder, name);
    snprintf(out, PATH_MAX, "%s", length < PATH_MAX ? joined : "");
}

static bool
is_executable(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

// Removes the last part of a path: "/a/b" becomes "/a".
static void
cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        slash[slash == path] = '\0';
    }
}

static bool
has_library(const char *prefix)
{
    char landmark[PATH_MAX];
    join(landmark, prefix, "lib/" PATHS_LIBRARY "/os.py");
    return access(landmark, F_OK) == 0;
}

// argv[0] as an absolute path, found through PATH when it has no slash.
static void
find_executable(Paths *paths, const char *program)
{
    if (strchr(program, '/') != NULL) {
        char folder[PATH_MAX];
        if (*program == '/') {
            snprintf(paths->executable, PATH_MAX, "%s", program);
        }
        else if (getcwd(folder, sizeof folder) != NULL) {
            join(paths->executable, folder, strncmp(program, "./", 2) == 0 ? program + 2 : program);
        }
        return;
    }
    const char *search = getenv("PATH");
    while (search != NULL && *search != '\0' && *program != '\0') {
        size_t length = strcspn(search, ":");
        char folder[PATH_MAX];
        snprintf(folder, sizeof folder, "%.*s", (int)length, search);
        join(paths->executable, folder, program);
        if (is_executable(paths->executable)) {
            return;
        }
        search += length + (search[length] == ':');
    }
    ssize_t length = readlink("/proc/self/exe", paths->executable, PATH_MAX - 1);
    paths->executable[length > 0 ? length : 0] = '\0';
}

// Reads `home = …` of a pyvenv.cfg. False when the file is not there.
static bool
read_venv_home(const char *folder, char home[PATH_MAX])
{
    char path[PATH_MAX];
    join(path, folder, "pyvenv.cfg");
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    char line[PATH_MAX];
    while (fgets(line, sizeof line, file) != NULL) {
        char key[32];
        int value_at = 0;
        if (sscanf(line, " %31[a-zA-Z_-] = %n", key, &value_at) == 1 && value_at > 0
            && strcmp(key, "home") == 0) {
            char *value = line + value_at;
            value[strcspn(value, "\r\n")] = '\0';
            snprintf(home, PATH_MAX, "%s", value);
        }
    }
    fclose(file);
    return true;
}

// Looks for pyvenv.cfg beside the executable and one folder above.
static bool
find_venv(Paths *paths)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", paths->executable);
    cut_last(folder);
    for (int up = 0; up < 2; up++) {
        if (read_venv_home(folder, paths->home)) {
            snprintf(paths->prefix, PATH_MAX, "%s", folder);
            return true;
        }
        cut_last(folder);
    }
    return false;
}

// The folder above `folder` that holds the library, or "".
static void
find_prefix_above(const char *folder, char prefix[PATH_MAX])
{
    snprintf(prefix, PATH_MAX, "%s", folder);
    while (!has_library(prefix)) {
        if (strcmp(prefix, "/") == 0 || *prefix == '\0') {
            *prefix = '\0';
            return;
        }
        cut_last(prefix);
    }
}

static void
find_paths(Paths *paths, const Config *config)
{
    find_executable(paths, config->orig_argv[0]);
    char resolved[PATH_MAX];
    if (realpath(paths->executable, resolved) == NULL) {
        // argv[0] need not be the name of the program.
        ssize_t length = readlink("/proc/self/exe", resolved, PATH_MAX - 1);
        resolved[length > 0 ? length : 0] = '\0';
    }
    snprintf(paths->base_executable, PATH_MAX, "%s", paths->executable);
    bool venv = *paths->executable != '\0' && find_venv(paths);
    if (config->home != NULL) {
        // "prefix" or "prefix:exec_prefix": both are the same here.
        snprintf(paths->base_prefix, PATH_MAX, "%.*s", (int)strcspn(config->home, ":"),
                 config->home);
    }
    else {
        if (venv && *paths->home != '\0') {
            find_prefix_above(paths->home, paths->base_prefix);
            const char *name = strrchr(paths->executable, '/') + 1;
            join(paths->base_executable, paths->home, name);
            if (!is_executable(paths->base_executable)) {
                snprintf(paths->base_executable, PATH_MAX, "%s", resolved);
            }
        }
        if (*paths->base_prefix == '\0') {
            cut_last(resolved);
            find_prefix_above(resolved, paths->base_prefix);
        }
    }
    if (*paths->base_prefix == '\0') {
        snprintf(paths->base_prefix, PATH_MAX, "%s", TYPHON_PREFIX);
    }
    if (!venv) {
        snprintf(paths->prefix, PATH_MAX, "%s", paths->base_prefix);
    }
}

static int
set_path(PyObject *dict, const char *name, const char *path)
{
    PyObject *text = str_decode_fsdefault(path);
    int result = text != NULL ? dict_set_cstr(dict, name, text) : -1;
    xdecref(text);
    return result;
}

static int
append_path(PyObject *list, const char *path, size_t length)
{
    PyObject *text = str_decode_fsdefault_size(path, (Py_ssize_t)length);
    return text != NULL ? list_append_steal(list, text) : -1;
}

// Entries of PYTHONPATH, made absolute where they are relative.
static int
append_python_path(PyObject *list, const char *search)
{
    char folder[PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL) {
        *folder = '\0';
    }
    for (;;) {
        size_t length = strcspn(search, ":");
        char entry[PATH_MAX];
        snprintf(entry, sizeof entry, "%.*s", (int)length, search);
        char absolute[PATH_MAX];
        if (*entry == '/' || *folder == '\0') {
            snprintf(absolute, sizeof absolute, "%s", entry);
        }
        else if (*entry == '\0') {
            snprintf(absolute, sizeof absolute, "%s", folder);
        }
        else {
            join(absolute, folder, entry);
        }
        if (append_path(list, absolute, strlen(absolute)) < 0) {
            return -1;
        }
        if (search[length] == '\0') {
            return 0;
        }
        search += length + 1;
    }
}

static PyObject *
make_search_path(const Paths *paths, const Config *config)
{
    PyObject *list = list_new(0);
    if (list == NULL || (config->path != NULL && append_python_path(list, config->path) < 0)) {
        xdecref(list);
        return NULL;
    }
    static const char *const parts[] = {
        "lib/" PATHS_ZIP, "lib/" PATHS_LIBRARY, "lib/" PATHS_LIBRARY "/lib-dynload",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char folder[PATH_MAX];
        join(folder, paths->base_prefix, parts[i]);
        if (append_path(list, folder, strlen(folder)) < 0) {
            decref(list);
            return NULL;
        }
    }
    return list;
}

int
paths_configure(PyObject *dict, const Config *config)
{
    Paths paths = {0};
    find_paths(&paths, config);
    char library[PATH_MAX];
    join(library, paths.base_prefix, "lib/" PATHS_LIBRARY);
    PyObject *home = *paths.home != '\0' ? str_decode_fsdefault(paths.home) : new_ref(Py_None);
    PyObject *search = make_search_path(&paths, config);
    int result = -1;
    if (home != NULL && search != NULL
        && set_path(dict, "executable", paths.executable) == 0
        && set_path(dict, "_base_executable", paths.base_executable) == 0
        && set_path(dict, "prefix", paths.prefix) == 0
        && set_path(dict, "exec_prefix", paths.prefix) == 0
        && set_path(dict, "base_prefix", paths.base_prefix) == 0
        && set_path(dict, "base_exec_prefix", paths.base_prefix) == 0
        && set_path(dict, "_stdlib_dir", library) == 0
        && dict_set_cstr(dict, "_home", home) == 0 && dict_set_cstr(dict, "path", search) == 0) {
        result = 0;
    }
    xdecref(home);
    xdecref(search);
    return result;
}
