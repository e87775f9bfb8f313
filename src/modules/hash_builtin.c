// The modules `_md5`, `_sha1`, `_sha2` and `_sha3`: hash objects without the choices of `_hashlib`.
//
// Threading: see hash_evp.h.
#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/hash_evp.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"

static const char *const constructor_keywords[] = {"data", "usedforsecurity", "string", NULL};

// What a type computes.
static HashAlgorithm algorithm_of_type(PyTypeObject *type);

static PyObject *
builtin_get_name(PyObject *op, void *unused)
{
    return str_from_cstr(hash_algorithm_name(algorithm_of_type(type_of(op))));
}

static PyMethodDef digest_methods[] = {
    {"copy", hash_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the hash object."},
    {"digest", hash_object_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", hash_object_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits."},
    {"update", hash_object_update, METH_O,
     "update($self, obj, /)\n--\n\nUpdate this hash object's state with the provided string."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef digest_getset[] = {
    {"block_size", hash_object_get_block_size, NULL, NULL, NULL},
    {"name", builtin_get_name, NULL, NULL, NULL},
    {"digest_size", hash_object_get_digest_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define DIGEST_TYPE(variable, name)                                                             \
    static PyTypeObject variable = {                                                            \
        .ob_base = NATIVE_TYPE_HEAD,                                                            \
        .tp_name = name,                                                                        \
        .tp_basicsize = sizeof(HashObject),                                                     \
        .tp_dealloc = hash_object_dealloc,                                                      \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |                    \
                    Py_TPFLAGS_IMMUTABLETYPE,                                                   \
        .tp_methods = digest_methods,                                                           \
        .tp_getset = digest_getset,                                                             \
    }

DIGEST_TYPE(md5_type, "_md5.md5");
DIGEST_TYPE(sha1_type, "_sha1.sha1");
DIGEST_TYPE(sha224_type, "_sha2.SHA224Type");
DIGEST_TYPE(sha256_type, "_sha2.SHA256Type");
DIGEST_TYPE(sha384_type, "_sha2.SHA384Type");
DIGEST_TYPE(sha512_type, "_sha2.SHA512Type");

// A constructor function: its parser knows its name.
#define DIGEST_FUNCTION(function, name, variable, algorithm)                                    \
    static PyObject *                                                                           \
    function(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)      \
    {                                                                                           \
        static ArgsParser parser = {.format = "|O$pO:" name, .keywords = constructor_keywords}; \
        PyObject *data = NULL, *string = NULL;                                                  \
        int usedforsecurity = 1;                                                                \
        if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &data, &usedforsecurity,  \
                                       &string) ||                                              \
            !hash_data_argument(data, string, &data)) {                                         \
            return NULL;                                                                        \
        }                                                                                       \
        return hash_object_new(&variable, hash_algorithm_md(algorithm), data);                  \
    }

DIGEST_FUNCTION(md5_new, "md5", md5_type, HASH_MD5)
DIGEST_FUNCTION(sha1_new, "sha1", sha1_type, HASH_SHA1)
DIGEST_FUNCTION(sha224_new, "sha224", sha224_type, HASH_SHA224)
DIGEST_FUNCTION(sha256_new, "sha256", sha256_type, HASH_SHA256)
DIGEST_FUNCTION(sha384_new, "sha384", sha384_type, HASH_SHA384)
DIGEST_FUNCTION(sha512_new, "sha512", sha512_type, HASH_SHA512)

#define CONSTRUCTOR(name, function, what)                                                       \
    {name, FASTCALL(function), METH_FASTCALL | METH_KEYWORDS,                                   \
     name "($module, /, data=b'', *, usedforsecurity=True, string=None)\n--\n\nReturn a new " \
     what " hash object; optionally initialized with a string."}

// ---- SHA-3: types that are called themselves ----

static PyTypeObject sha3_224_type, sha3_256_type, sha3_384_type, sha3_512_type;
static PyTypeObject shake_128_type, shake_256_type;

static HashAlgorithm
algorithm_of_type(PyTypeObject *type)
{
    static const struct {
        PyTypeObject *type;
        HashAlgorithm algorithm;
    } table[] = {
        {&md5_type, HASH_MD5}, {&sha1_type, HASH_SHA1}, {&sha224_type, HASH_SHA224},
        {&sha256_type, HASH_SHA256}, {&sha384_type, HASH_SHA384}, {&sha512_type, HASH_SHA512},
        {&sha3_224_type, HASH_SHA3_224}, {&sha3_256_type, HASH_SHA3_256},
        {&sha3_384_type, HASH_SHA3_384}, {&sha3_512_type, HASH_SHA3_512},
        {&shake_128_type, HASH_SHAKE_128}, {&shake_256_type, HASH_SHAKE_256},
    };
    size_t i = 0;
    while (table[i].type != type) {
        i++;
    }
    return table[i].algorithm;
}

#define SHA3_NEW(function, name)                                                                \
    static PyObject *                                                                           \
    function(PyTypeObject *type, PyObject *args, PyObject *kwargs)                              \
    {                                                                                           \
        static ArgsParser parser = {.format = "|O$pO:" name, .keywords = constructor_keywords}; \
        PyObject *data = NULL, *string = NULL;                                                  \
        int usedforsecurity = 1;                                                                \
        if (!args_parse_tuple_keywords(args, kwargs, &parser, &data, &usedforsecurity,          \
                                       &string) ||                                              \
            !hash_data_argument(data, string, &data)) {                                         \
            return NULL;                                                                        \
        }                                                                                       \
        return hash_object_new(type, hash_algorithm_md(algorithm_of_type(type)), data);         \
    }

SHA3_NEW(sha3_224_new, "sha3_224")
SHA3_NEW(sha3_256_new, "sha3_256")
SHA3_NEW(sha3_384_new, "sha3_384")
SHA3_NEW(sha3_512_new, "sha3_512")
SHA3_NEW(shake_128_new, "shake_128")
SHA3_NEW(shake_256_new, "shake_256")

static bool
is_shake(PyObject *op)
{
    return type_of(op) == &shake_128_type || type_of(op) == &shake_256_type;
}

// Bits of the sponge that a block fills.
static int
rate_bits(PyObject *op)
{
    return 8 * EVP_MD_CTX_get_block_size(((HashObject *)op)->ctx);
}

static PyObject *
sha3_get_capacity(PyObject *op, void *unused)
{
    return int_from_i64(1600 - rate_bits(op));
}

static PyObject *
sha3_get_rate(PyObject *op, void *unused)
{
    return int_from_i64(rate_bits(op));
}

static PyObject *
sha3_get_suffix(PyObject *op, void *unused)
{
    return bytes_from_cstr(is_shake(op) ? "\x1f" : "\x06");
}

static PyObject *
shake_output(PyObject *op, PyObject *arg, bool hex)
{
    Py_ssize_t length = number_as_ssize(arg, PyExc_OverflowError);
    if (length == -1 && error_occurred()) {
        return NULL;
    }
    if (length < 0) {
        return error_set(PyExc_ValueError, "value must be positive");
    }
    if (length >= 1 << 29) {
        return error_set(PyExc_ValueError, "length is too large");
    }
    return hash_object_xof((HashObject *)op, length, hex);
}

static PyObject *
shake_digest(PyObject *op, PyObject *arg)
{
    return shake_output(op, arg, false);
}

static PyObject *
shake_hexdigest(PyObject *op, PyObject *arg)
{
    return shake_output(op, arg, true);
}

#define SHA3_UPDATE                                                                             \
    {"update", hash_object_update, METH_O,                                                      \
     "update($self, data, /)\n--\n\nUpdate this hash object's state with the provided "         \
     "bytes-like object."}

static PyMethodDef sha3_methods[] = {
    {"copy", hash_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the hash object."},
    {"digest", hash_object_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", hash_object_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits."},
    SHA3_UPDATE,
    {NULL, NULL, 0, NULL},
};

static PyMethodDef shake_methods[] = {
    {"copy", hash_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the hash object."},
    {"digest", shake_digest, METH_O,
     "digest($self, length, /)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", shake_hexdigest, METH_O,
     "hexdigest($self, length, /)\n--\n\nReturn the digest value as a string of hexadecimal "
     "digits."},
    SHA3_UPDATE,
    {NULL, NULL, 0, NULL},
};

#define SHA3_GETSET(digest_size)                                                                \
    {"block_size", hash_object_get_block_size, NULL, NULL, NULL},                               \
    {"name", builtin_get_name, NULL, NULL, NULL},                                               \
    {"digest_size", digest_size, NULL, NULL, NULL},                                             \
    {"_capacity_bits", sha3_get_capacity, NULL, NULL, NULL},                                    \
    {"_rate_bits", sha3_get_rate, NULL, NULL, NULL},                                            \
    {"_suffix", sha3_get_suffix, NULL, NULL, NULL},                                             \
    {NULL, NULL, NULL, NULL, NULL}

static PyGetSetDef sha3_getset[] = {SHA3_GETSET(hash_object_get_digest_size)};
static PyGetSetDef shake_getset[] = {SHA3_GETSET(hash_object_get_no_size)};

#define SHA3_TYPE(variable, name, kind, text)                                                   \
    static PyTypeObject variable##_type = {                                                     \
        .ob_base = NATIVE_TYPE_HEAD,                                                            \
        .tp_name = "_sha3." name,                                                               \
        .tp_basicsize = sizeof(HashObject),                                                     \
        .tp_dealloc = hash_object_dealloc,                                                      \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,                              \
        .tp_doc = name "(data=b'', *, usedforsecurity=True, string=None)\n--\n\nReturn a new " \
                  text " object.",                                                              \
        .tp_methods = kind##_methods,                                                           \
        .tp_getset = kind##_getset,                                                             \
        .tp_new = variable##_new,                                                               \
    }

SHA3_TYPE(sha3_224, "sha3_224", sha3, "SHA3 hash with a hashbit length of 28 bytes");
SHA3_TYPE(sha3_256, "sha3_256", sha3, "SHA3 hash with a hashbit length of 32 bytes");
SHA3_TYPE(sha3_384, "sha3_384", sha3, "SHA3 hash with a hashbit length of 48 bytes");
SHA3_TYPE(sha3_512, "sha3_512", sha3, "SHA3 hash with a hashbit length of 64 bytes");
SHA3_TYPE(shake_128, "shake_128", shake, "SHAKE hash with 128 bits of security");
SHA3_TYPE(shake_256, "shake_256", shake, "SHAKE hash with 256 bits of security");

// ---- modules ----

// Adds a type under a name of its own, and the size from which threads run in parallel.
static int
add_type(PyObject *module, const char *name, PyTypeObject *type)
{
    return type_ready(type) < 0 ? -1 : module_add(module, name, (PyObject *)type);
}

static int
add_detach_size(PyObject *module)
{
    return module_add_int(module, "_GIL_MINSIZE", HASH_DETACH_SIZE);
}

static int
md5_exec(PyObject *module)
{
    return add_type(module, "MD5Type", &md5_type) < 0 ? -1 : add_detach_size(module);
}

static int
sha1_exec(PyObject *module)
{
    return add_type(module, "SHA1Type", &sha1_type) < 0 ? -1 : add_detach_size(module);
}

static int
sha2_exec(PyObject *module)
{
    if (add_type(module, "SHA224Type", &sha224_type) < 0 ||
        add_type(module, "SHA256Type", &sha256_type) < 0 ||
        add_type(module, "SHA384Type", &sha384_type) < 0 ||
        add_type(module, "SHA512Type", &sha512_type) < 0) {
        return -1;
    }
    return add_detach_size(module);
}

static int
sha3_exec(PyObject *module)
{
    PyTypeObject *const types[] = {&sha3_224_type, &sha3_256_type, &sha3_384_type,
                                   &sha3_512_type, &shake_128_type, &shake_256_type};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (module_add_type(module, types[i]) < 0) {
            return -1;
        }
    }
    return module_add_cstr(module, "implementation", "OpenSSL") < 0 ? -1 : add_detach_size(module);
}

#define HASH_MODULE(name, ...)                                                                  \
    static PyMethodDef name##_functions[] = {__VA_ARGS__ __VA_OPT__(,) {NULL, NULL, 0, NULL}};  \
    static PyModuleDef_Slot name##_slots[] = {{Py_mod_exec, name##_exec}, {0, NULL}};           \
    static PyModuleDef name##_definition = {                                                    \
        .m_name = "_" #name,                                                                    \
        .m_methods = name##_functions,                                                          \
        .m_slots = name##_slots,                                                                \
    };

HASH_MODULE(md5, CONSTRUCTOR("md5", md5_new, "MD5"))
HASH_MODULE(sha1, CONSTRUCTOR("sha1", sha1_new, "SHA1"))
HASH_MODULE(sha2, CONSTRUCTOR("sha224", sha224_new, "SHA-224"),
            CONSTRUCTOR("sha256", sha256_new, "SHA-256"),
            CONSTRUCTOR("sha384", sha384_new, "SHA-384"),
            CONSTRUCTOR("sha512", sha512_new, "SHA-512"))
HASH_MODULE(sha3)

NATIVE_MODULE(_md5, &md5_definition)
NATIVE_MODULE(_sha1, &sha1_definition)
NATIVE_MODULE(_sha2, &sha2_definition)
NATIVE_MODULE(_sha3, &sha3_definition)
