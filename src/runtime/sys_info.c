// Constants and structure sequences of the sys module; see sys.h.
#include <float.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "runtime/native.h"
#include "objects/build.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/namespace.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/sys_internal.h"

static const char *const stdlib_module_names[] = {
    "__future__", "_abc", "_aix_support", "_android_support", "_ast", "_ast_unparse", "_asyncio",
    "_bisect", "_blake2", "_bz2", "_codecs", "_codecs_cn", "_codecs_hk", "_codecs_iso2022",
    "_codecs_jp", "_codecs_kr", "_codecs_tw", "_collections", "_collections_abc", "_colorize",
    "_compat_pickle", "_compression", "_contextvars", "_csv", "_ctypes", "_curses",
    "_curses_panel", "_datetime", "_dbm", "_decimal", "_elementtree", "_frozen_importlib",
    "_frozen_importlib_external", "_functools", "_gdbm", "_hashlib", "_heapq", "_hmac", "_imp",
    "_interpchannels", "_interpqueues", "_interpreters", "_io", "_ios_support", "_json",
    "_locale", "_lsprof", "_lzma", "_markupbase", "_md5", "_multibytecodec", "_multiprocessing",
    "_opcode", "_opcode_metadata", "_operator", "_osx_support", "_overlapped", "_pickle",
    "_posixshmem", "_posixsubprocess", "_py_abc", "_py_warnings", "_pydatetime", "_pydecimal",
    "_pyio", "_pylong", "_pyrepl", "_queue", "_random", "_remote_debugging", "_scproxy", "_sha1",
    "_sha2", "_sha3", "_signal", "_sitebuiltins", "_socket", "_sqlite3", "_sre", "_ssl", "_stat",
    "_statistics", "_string", "_strptime", "_struct", "_suggestions", "_symtable", "_sysconfig",
    "_thread", "_threading_local", "_tkinter", "_tokenize", "_tracemalloc", "_types", "_typing",
    "_uuid", "_warnings", "_weakref", "_weakrefset", "_winapi", "_wmi", "_zoneinfo", "_zstd",
    "abc", "annotationlib", "antigravity", "argparse", "array", "ast", "asyncio", "atexit",
    "base64", "bdb", "binascii", "bisect", "builtins", "bz2", "cProfile", "calendar", "cmath",
    "cmd", "code", "codecs", "codeop", "collections", "colorsys", "compileall", "compression",
    "concurrent", "configparser", "contextlib", "contextvars", "copy", "copyreg", "csv",
    "ctypes", "curses", "dataclasses", "datetime", "dbm", "decimal", "difflib", "dis", "doctest",
    "email", "encodings", "ensurepip", "enum", "errno", "faulthandler", "fcntl", "filecmp",
    "fileinput", "fnmatch", "fractions", "ftplib", "functools", "gc", "genericpath", "getopt",
    "getpass", "gettext", "glob", "graphlib", "grp", "gzip", "hashlib", "heapq", "hmac", "html",
    "http", "idlelib", "imaplib", "importlib", "inspect", "io", "ipaddress", "itertools", "json",
    "keyword", "linecache", "locale", "logging", "lzma", "mailbox", "marshal", "math",
    "mimetypes", "mmap", "modulefinder", "msvcrt", "multiprocessing", "netrc", "nt", "ntpath",
    "nturl2path", "numbers", "opcode", "operator", "optparse", "os", "pathlib", "pdb", "pickle",
    "pickletools", "pkgutil", "platform", "plistlib", "poplib", "posix", "posixpath", "pprint",
    "profile", "pstats", "pty", "pwd", "py_compile", "pyclbr", "pydoc", "pydoc_data", "pyexpat",
    "queue", "quopri", "random", "re", "readline", "reprlib", "resource", "rlcompleter", "runpy",
    "sched", "secrets", "select", "selectors", "shelve", "shlex", "shutil", "signal", "site",
    "smtplib", "socket", "socketserver", "sqlite3", "sre_compile", "sre_constants", "sre_parse",
    "ssl", "stat", "statistics", "string", "stringprep", "struct", "subprocess", "symtable",
    "sys", "sysconfig", "syslog", "tabnanny", "tarfile", "tempfile", "termios", "textwrap",
    "this", "threading", "time", "timeit", "tkinter", "token", "tokenize", "tomllib", "trace",
    "traceback", "tracemalloc", "tty", "turtle", "turtledemo", "types", "typing", "unicodedata",
    "unittest", "urllib", "uuid", "venv", "warnings", "wave", "weakref", "webbrowser", "winreg",
    "winsound", "wsgiref", "xml", "xmlrpc", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
};

// Adds a new reference to the dictionary under a name; NULL value fails.
static int
add_steal(PyObject *dict, const char *name, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    int result = dict_set_cstr(dict, name, value);
    decref(value);
    return result;
}

// An instance of a structure sequence from a tuple of its items. Consumes both.
static PyObject *
structseq_from_tuple_steal(PyTypeObject *type, PyObject *items)
{
    PyObject *result = type != NULL && items != NULL ? structseq_new(type) : NULL;
    if (result != NULL) {
        for (Py_ssize_t i = 0; i < tuple_size(items); i++) {
            structseq_set_steal(result, i, new_ref(tuple_item_borrow(items, i)));
        }
    }
    xdecref(type);
    xdecref(items);
    return result;
}

// The same for an attribute of an object.
static int
set_attribute_steal(PyObject *op, const char *name, PyObject *value)
{
    int result = value != NULL ? object_setattr_cstr(op, name, value) : -1;
    xdecref(value);
    return result;
}

static PyStructSequence_Field flags_fields[] = {
    {"debug", "-d"},
    {"inspect", "-i"},
    {"interactive", "-i"},
    {"optimize", "-O or -OO"},
    {"dont_write_bytecode", "-B"},
    {"no_user_site", "-s"},
    {"no_site", "-S"},
    {"ignore_environment", "-E"},
    {"verbose", "-v"},
    {"bytes_warning", "-b"},
    {"quiet", "-q"},
    {"hash_randomization", "-R"},
    {"isolated", "-I"},
    {"dev_mode", "-X dev"},
    {"utf8_mode", "-X utf8"},
    {"warn_default_encoding", "-X warn_default_encoding"},
    {"safe_path", "-P"},
    {"int_max_str_digits", "-X int_max_str_digits"},
    {"gil", "-X gil"},
    {"thread_inherit_context", "-X thread_inherit_context"},
    {"context_aware_warnings", "-X context_aware_warnings"},
    {NULL, NULL},
};

static PyStructSequence_Desc flags_desc = {
    "sys.flags",
    "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    flags_fields, 18,
};

static PyObject *
make_flags(const Config *c)
{
    PyObject *items = value_build(
        "(iiiiiiiiiiiiiNiiNiNii)", c->parser_debug, c->inspect, c->interactive, c->optimize,
        (int)c->dont_write_bytecode, (int)c->no_user_site, (int)c->no_site,
        (int)c->ignore_environment, c->verbose, c->bytes_warning, (int)c->quiet,
        (int)(!c->use_hash_seed || c->hash_seed != 0), (int)c->isolated,
        new_ref(c->dev_mode ? Py_True : Py_False), c->utf8_mode, (int)c->warn_default_encoding,
        new_ref(c->safe_path ? Py_True : Py_False), c->int_max_str_digits,
        c->gil < 0 ? new_ref(Py_None) : int_from_i64(c->gil),
        c->thread_inherit_context, c->context_aware_warnings);
    return structseq_from_tuple_steal(
        structseq_new_type(&flags_desc, Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE), items);
}

static PyStructSequence_Field version_fields[] = {
    {"major", "Major release number"},
    {"minor", "Minor release number"},
    {"micro", "Patch release number"},
    {"releaselevel", "'alpha', 'beta', 'candidate', or 'final'"},
    {"serial", "Serial release number"},
    {NULL, NULL},
};

static PyStructSequence_Desc version_desc = {
    "sys.version_info", "sys.version_info\n\nVersion information as a named tuple.",
    version_fields, 5,
};

static PyObject *
make_version_info(void)
{
    return structseq_from_tuple_steal(
        structseq_new_type(&version_desc, Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE),
        value_build("(iiisi)", PY_MAJOR_VERSION, PY_MINOR_VERSION, PY_MICRO_VERSION, "final", 0));
}

static PyStructSequence_Field float_fields[] = {
    {"max", "DBL_MAX -- maximum representable finite float"},
    {"max_exp", "DBL_MAX_EXP -- maximum int e such that radix**(e-1) is representable"},
    {"max_10_exp", "DBL_MAX_10_EXP -- maximum int e such that 10**e is representable"},
    {"min", "DBL_MIN -- Minimum positive normalized float"},
    {"min_exp", "DBL_MIN_EXP -- minimum int e such that radix**(e-1) is a normalized float"},
    {"min_10_exp", "DBL_MIN_10_EXP -- minimum int e such that 10**e is a normalized float"},
    {"dig", "DBL_DIG -- maximum number of decimal digits that can be faithfully represented in a "
            "float"},
    {"mant_dig", "DBL_MANT_DIG -- mantissa digits"},
    {"epsilon", "DBL_EPSILON -- Difference between 1 and the next representable float"},
    {"radix", "FLT_RADIX -- radix of exponent"},
    {"rounds", "FLT_ROUNDS -- rounding mode used for arithmetic operations"},
    {NULL, NULL},
};

static PyStructSequence_Desc float_desc = {
    "sys.float_info",
    "sys.float_info\n\nA named tuple with the properties of the float type.",
    float_fields, 11,
};

static PyObject *
make_float_info(void)
{
    return structseq_from_tuple_steal(
        structseq_new_type(&float_desc, Py_TPFLAGS_IMMUTABLETYPE),
        value_build("(diidiiiidii)", DBL_MAX, DBL_MAX_EXP, DBL_MAX_10_EXP, DBL_MIN, DBL_MIN_EXP,
                    DBL_MIN_10_EXP, DBL_DIG, DBL_MANT_DIG, DBL_EPSILON, FLT_RADIX, FLT_ROUNDS));
}

static PyStructSequence_Field int_fields[] = {
    {"bits_per_digit", "size of a digit in bits"},
    {"sizeof_digit", "size in bytes of the C type used to represent a digit"},
    {"default_max_str_digits", "maximum string conversion digits limitation"},
    {"str_digits_check_threshold", "minimum positive value for int_max_str_digits"},
    {NULL, NULL},
};

static PyStructSequence_Desc int_desc = {
    "sys.int_info",
    "sys.int_info\n\nA named tuple that holds information about Python's\n"
    "internal representation of integers.  The attributes are read only.",
    int_fields, 4,
};

static PyStructSequence_Field hash_fields[] = {
    {"width", "width of the type used for hashing, in bits"},
    {"modulus", "prime number giving the modulus on which the hash function is based"},
    {"inf", "value to be used for hash of a positive infinity"},
    {"nan", "value to be used for hash of a nan"},
    {"imag", "multiplier used for the imaginary part of a complex number"},
    {"algorithm", "name of the algorithm for hashing of str, bytes and memoryviews"},
    {"hash_bits", "internal output size of hash algorithm"},
    {"seed_bits", "seed size of hash algorithm"},
    {"cutoff", "small string optimization cutoff"},
    {NULL, NULL},
};

static PyStructSequence_Desc hash_desc = {
    "sys.hash_info", "hash_info\n\nA named tuple providing parameters used for computing hashes. "
                     "The attributes are read only.",
    hash_fields, 9,
};

static PyStructSequence_Field thread_fields[] = {
    {"name", "name of the thread implementation"},
    {"lock", "name of the lock implementation"},
    {"version", "name and version of the thread library"},
    {NULL, NULL},
};

static PyStructSequence_Desc thread_desc = {
    "sys.thread_info",
    "sys.thread_info\n\nA named tuple holding information about the thread implementation.",
    thread_fields, 3,
};

static PyObject *
make_thread_info(void)
{
    char version[64];
    snprintf(version, sizeof version, "NPTL %s", gnu_get_libc_version());
    return structseq_from_tuple_steal(structseq_new_type(&thread_desc, Py_TPFLAGS_IMMUTABLETYPE),
                                      value_build("(szs)", "pthread", NULL, version));
}

// sys.implementation: the name stays "cpython" because installers choose wheels by it; what is
// ours is under `typhon`.
static PyObject *
make_implementation(void)
{
    PyObject *typhon = namespace_new(NULL);
    PyObject *result = namespace_new(NULL);
    if (typhon == NULL || result == NULL) {
        goto fail;
    }
    if (set_attribute_steal(typhon, "version", str_from_cstr(TYPHON_VERSION)) < 0
        || set_attribute_steal(result, "name", str_from_cstr("cpython")) < 0
        || set_attribute_steal(result, "cache_tag", str_from_cstr("typhon-314")) < 0
        || set_attribute_steal(result, "version", make_version_info()) < 0
        || set_attribute_steal(result, "hexversion", int_from_i64(PY_VERSION_HEX)) < 0
        || set_attribute_steal(result, "_multiarch", str_from_cstr(TYPHON_MULTIARCH)) < 0
        || set_attribute_steal(result, "supports_isolated_interpreters", new_ref(Py_False)) < 0
        || set_attribute_steal(result, "typhon", typhon) < 0) {
        typhon = NULL;
        goto fail;
    }
    return result;
fail:
    xdecref(typhon);
    xdecref(result);
    return NULL;
}

static PyObject *
make_stdlib_module_names(void)
{
    PyObject *names = list_new(0);
    size_t count = sizeof stdlib_module_names / sizeof *stdlib_module_names;
    for (size_t i = 0; i < count && names != NULL; i++) {
        PyObject *name = str_intern_cstr(stdlib_module_names[i]);
        if (name == NULL || list_append_steal(names, name) < 0) {
            clear_ref(names);
        }
    }
    PyObject *result = names != NULL ? frozenset_new(names) : NULL;
    xdecref(names);
    return result;
}

static PyObject *
make_builtin_module_names(void)
{
    PyObject *names = list_new(0);
    for (const NativeModule *module = native_modules; module->name != NULL && names != NULL;
         module++) {
        PyObject *name = str_intern_cstr(module->name);
        if (name == NULL || list_append_steal(names, name) < 0) {
            clear_ref(names);
        }
    }
    // Made by the start, not by the table.
    PyObject *builtins = names != NULL ? str_intern_cstr("builtins") : NULL;
    if (names != NULL && (builtins == NULL || list_append_steal(names, builtins) < 0)) {
        clear_ref(names);
    }
    if (names != NULL && list_sort(names) < 0) {
        clear_ref(names);
    }
    PyObject *result = names != NULL ? list_as_tuple(names) : NULL;
    xdecref(names);
    return result;
}

static PyObject *
make_version(void)
{
    return str_from_cstr(PY_VERSION " free-threading build (Typhon " TYPHON_VERSION ") ["
#ifdef __clang__
                         "Clang " __clang_version__
#else
                         "GCC " __VERSION__
#endif
                         "]");
}

int
sys_info_init(PyObject *dict)
{
    PyObject *int_info = structseq_from_tuple_steal(structseq_new_type(&int_desc, Py_TPFLAGS_IMMUTABLETYPE),
                                                    value_build("(iiii)", PyLong_SHIFT,
                                                                (int)sizeof(digit), 4300, 640));
    PyObject *hash_info = structseq_from_tuple_steal(
        structseq_new_type(&hash_desc, Py_TPFLAGS_IMMUTABLETYPE),
        value_build("(iKiiisiii)", 64, (unsigned long long)(((uint64_t)1 << 61) - 1), 314159, 0,
                    1000003, "siphash13", 64, 128, 0));
    PyObject *git = value_build("(sss)", "Typhon", "", "");
    if (add_steal(dict, "int_info", int_info) < 0 || add_steal(dict, "hash_info", hash_info) < 0
        || add_steal(dict, "_git", git) < 0
        || add_steal(dict, "version_info", make_version_info()) < 0
        || add_steal(dict, "float_info", make_float_info()) < 0
        || add_steal(dict, "thread_info", make_thread_info()) < 0
        || add_steal(dict, "implementation", make_implementation()) < 0
        || add_steal(dict, "version", make_version()) < 0
        || add_steal(dict, "hexversion", int_from_i64(PY_VERSION_HEX)) < 0
        || add_steal(dict, "api_version", int_from_i64(PYTHON_API_VERSION)) < 0
        || add_steal(dict, "copyright", str_from_cstr("Copyright (c) The Typhon authors.\n"
                                                      "The standard library is Copyright (c) "
                                                      "Python Software Foundation.")) < 0
        || add_steal(dict, "platform", str_from_cstr("linux")) < 0
        || add_steal(dict, "maxsize", int_from_i64(INT64_MAX)) < 0
        || add_steal(dict, "maxunicode", int_from_i64(0x10ffff)) < 0
        || add_steal(dict, "byteorder", str_from_cstr("little")) < 0
        || add_steal(dict, "float_repr_style", str_from_cstr("short")) < 0
        || add_steal(dict, "abiflags", str_from_cstr("t")) < 0
        || add_steal(dict, "_framework", str_from_cstr("")) < 0
        || add_steal(dict, "builtin_module_names", make_builtin_module_names()) < 0
        || add_steal(dict, "stdlib_module_names", make_stdlib_module_names()) < 0) {
        return -1;
    }
    return 0;
}

static PyObject *
list_from_strings(char *const *items, int count)
{
    PyObject *list = list_new(0);
    for (int i = 0; i < count && list != NULL; i++) {
        PyObject *text = str_decode_fsdefault(items[i]);
        if (text == NULL || list_append_steal(list, text) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

// sys._xoptions: {"name": True or "value"}
static PyObject *
make_xoptions(const Config *config)
{
    PyObject *dict = dict_new();
    for (size_t i = 0; i < config->xoptions.count && dict != NULL; i++) {
        const char *option = config->xoptions.items[i];
        const char *equals = strchr(option, '=');
        PyObject *name = equals != NULL
                             ? str_decode_fsdefault_size(option, equals - option)
                             : str_decode_fsdefault(option);
        PyObject *value = equals != NULL ? str_decode_fsdefault(equals + 1) : new_ref(Py_True);
        if (name == NULL || value == NULL || dict_set(dict, name, value) < 0) {
            clear_ref(dict);
        }
        xdecref(name);
        xdecref(value);
    }
    return dict;
}

int
sys_info_configure(PyObject *dict, const Config *config)
{
    PyObject *prefix = config->pycache_prefix != NULL
                           ? str_decode_fsdefault(config->pycache_prefix) : new_ref(Py_None);
    if (add_steal(dict, "flags", make_flags(config)) < 0
        || add_steal(dict, "pycache_prefix", prefix) < 0
        || add_steal(dict, "platlibdir", str_decode_fsdefault(config->platlibdir)) < 0
        || add_steal(dict, "dont_write_bytecode",
                     new_ref(config->dont_write_bytecode ? Py_True : Py_False)) < 0
        || add_steal(dict, "_xoptions", make_xoptions(config)) < 0
        || add_steal(dict, "warnoptions",
                     list_from_strings((char *const *)config->warnoptions.items,
                                       (int)config->warnoptions.count)) < 0
        || add_steal(dict, "argv", list_from_strings(config->argv, config->argc)) < 0
        || add_steal(dict, "orig_argv",
                     list_from_strings(config->orig_argv, config->orig_argc)) < 0) {
        return -1;
    }
    return 0;
}
