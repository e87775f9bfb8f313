// Native module _stat: file modes and flags as numbers, and tests on them.
#include "modules/module.h"

#include <sys/stat.h>

#include "abi/constants.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"

// A mode argument: unsigned, at most 32 bits. False with an exception.
static bool
mode_argument(PyObject *arg, mode_t *mode)
{
    uint64_t value = int_check(arg) ? int_as_u64(arg) : int_as_u64_mask(arg);
    if (value == (uint64_t)-1 && error_occurred()) {
        return false;
    }
    if (value > UINT32_MAX) {
        error_set(PyExc_OverflowError, "mode out of range");
        return false;
    }
    *mode = (mode_t)value;
    return true;
}

// Linux has no doors, ports and whiteouts: their tests are always false.
#define NO_SUCH_KIND(mode) ((void)(mode), 0)

#define KIND_TEST(function, test)                               \
    static PyObject *function(PyObject *module, PyObject *arg)  \
    {                                                           \
        mode_t mode;                                            \
        if (!mode_argument(arg, &mode)) {                       \
            return NULL;                                        \
        }                                                       \
        return bool_from_int(test(mode));                       \
    }

KIND_TEST(stat_isdir, S_ISDIR)
KIND_TEST(stat_ischr, S_ISCHR)
KIND_TEST(stat_isblk, S_ISBLK)
KIND_TEST(stat_isreg, S_ISREG)
KIND_TEST(stat_isfifo, S_ISFIFO)
KIND_TEST(stat_islnk, S_ISLNK)
KIND_TEST(stat_issock, S_ISSOCK)
KIND_TEST(stat_isdoor, NO_SUCH_KIND)
KIND_TEST(stat_isport, NO_SUCH_KIND)
KIND_TEST(stat_iswht, NO_SUCH_KIND)

static PyObject *
stat_imode(PyObject *module, PyObject *arg)
{
    mode_t mode;
    return mode_argument(arg, &mode) ? int_from_u64(mode & 07777) : NULL;
}

static PyObject *
stat_ifmt(PyObject *module, PyObject *arg)
{
    mode_t mode;
    return mode_argument(arg, &mode) ? int_from_u64(mode & S_IFMT) : NULL;
}

static char
kind_letter(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return '-';
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFBLK:
        return 'b';
    case S_IFCHR:
        return 'c';
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    default:
        return '?';
    }
}

static PyObject *
stat_filemode(PyObject *module, PyObject *arg)
{
    mode_t mode;
    if (!mode_argument(arg, &mode)) {
        return NULL;
    }
    static const char letters[] = "rwxrwxrwx";
    char text[10];
    text[0] = kind_letter(mode);
    for (int i = 0; i < 9; i++) {
        text[i + 1] = mode & (mode_t)(0400 >> i) ? letters[i] : '-';
    }
    if (mode & S_ISUID) {
        text[3] = mode & S_IXUSR ? 's' : 'S';
    }
    if (mode & S_ISGID) {
        text[6] = mode & S_IXGRP ? 's' : 'S';
    }
    if (mode & S_ISVTX) {
        text[9] = mode & S_IXOTH ? 't' : 'T';
    }
    return str_from_ascii(text, sizeof text);
}

#define TEST_ROW(name, function, text)                            \
    {                                                             \
        name, function, METH_O, name "(mode) -> bool\n\n" text    \
    }

static PyMethodDef stat_methods[] = {
    TEST_ROW("S_ISDIR", stat_isdir, "Return True if mode is from a directory."),
    TEST_ROW("S_ISCHR", stat_ischr, "Return True if mode is from a character special device file."),
    TEST_ROW("S_ISBLK", stat_isblk, "Return True if mode is from a block special device file."),
    TEST_ROW("S_ISREG", stat_isreg, "Return True if mode is from a regular file."),
    TEST_ROW("S_ISFIFO", stat_isfifo, "Return True if mode is from a FIFO (named pipe)."),
    TEST_ROW("S_ISLNK", stat_islnk, "Return True if mode is from a symbolic link."),
    TEST_ROW("S_ISSOCK", stat_issock, "Return True if mode is from a socket."),
    TEST_ROW("S_ISDOOR", stat_isdoor, "Return True if mode is from a door."),
    TEST_ROW("S_ISPORT", stat_isport, "Return True if mode is from an event port."),
    TEST_ROW("S_ISWHT", stat_iswht, "Return True if mode is from a whiteout."),
    {"S_IMODE", stat_imode, METH_O,
     "Return the portion of the file's mode that can be set by os.chmod()."},
    {"S_IFMT", stat_ifmt, METH_O,
     "Return the portion of the file's mode that describes the file type."},
    {"filemode", stat_filemode, METH_O,
     "Convert a file's mode to a string of the form '-rwxrwxrwx'"},
    {NULL, NULL, 0, NULL},
};

// The UF_ and SF_ flags are BSD's: numbers of file formats, the same everywhere.
static const struct {
    const char *name;
    unsigned value;
} stat_numbers[] = {
    {"S_IFDIR", S_IFDIR},        {"S_IFCHR", S_IFCHR},
    {"S_IFBLK", S_IFBLK},        {"S_IFREG", S_IFREG},
    {"S_IFIFO", S_IFIFO},        {"S_IFLNK", S_IFLNK},
    {"S_IFSOCK", S_IFSOCK},      {"S_IFDOOR", 0},
    {"S_IFPORT", 0},             {"S_IFWHT", 0},
    {"S_ISUID", S_ISUID},        {"S_ISGID", S_ISGID},
    {"S_ISVTX", S_ISVTX},        {"S_ENFMT", S_ISGID},
    {"S_IREAD", S_IRUSR},        {"S_IWRITE", S_IWUSR},
    {"S_IEXEC", S_IXUSR},        {"S_IRWXU", S_IRWXU},
    {"S_IRUSR", S_IRUSR},        {"S_IWUSR", S_IWUSR},
    {"S_IXUSR", S_IXUSR},        {"S_IRWXG", S_IRWXG},
    {"S_IRGRP", S_IRGRP},        {"S_IWGRP", S_IWGRP},
    {"S_IXGRP", S_IXGRP},        {"S_IRWXO", S_IRWXO},
    {"S_IROTH", S_IROTH},        {"S_IWOTH", S_IWOTH},
    {"S_IXOTH", S_IXOTH},        {"UF_SETTABLE", 0x0000ffff},
    {"UF_NODUMP", 0x00000001},   {"UF_IMMUTABLE", 0x00000002},
    {"UF_APPEND", 0x00000004},   {"UF_OPAQUE", 0x00000008},
    {"UF_NOUNLINK", 0x00000010}, {"UF_COMPRESSED", 0x00000020},
    {"UF_TRACKED", 0x00000040},  {"UF_DATAVAULT", 0x00000080},
    {"UF_HIDDEN", 0x00008000},   {"SF_SETTABLE", 0xffff0000},
    {"SF_ARCHIVED", 0x00010000}, {"SF_IMMUTABLE", 0x00020000},
    {"SF_APPEND", 0x00040000},   {"SF_NOUNLINK", 0x00100000},
    {"SF_SNAPSHOT", 0x00200000}, {"SF_FIRMLINK", 0x00800000},
    {"SF_DATALESS", 0x40000000}, {"ST_MODE", 0},
    {"ST_INO", 1},               {"ST_DEV", 2},
    {"ST_NLINK", 3},             {"ST_UID", 4},
    {"ST_GID", 5},               {"ST_SIZE", 6},
    {"ST_ATIME", 7},             {"ST_MTIME", 8},
    {"ST_CTIME", 9},
};

static int
stat_exec(PyObject *module)
{
    for (size_t i = 0; i < sizeof stat_numbers / sizeof stat_numbers[0]; i++) {
        if (module_add_int(module, stat_numbers[i].name, stat_numbers[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot stat_slots[] = {
    {Py_mod_exec, (void *)stat_exec},
    {0, NULL},
};

static PyModuleDef stat_module = {
    .m_name = "_stat",
    .m_doc = "S_IFMT_: file type bits\nS_I*: permission bits and tests on them\n"
             "ST_*: indices of os.stat() tuples\nUF_*, SF_*: file flags of BSD systems",
    .m_methods = stat_methods,
    .m_slots = stat_slots,
};

NATIVE_MODULE(_stat, &stat_module)
