// The `_hashlib` module: digests, HMAC and key derivation of libcrypto.
//
// Threading: objects as in hash_evp.h and hash_hmac.h; key derivation works on the caller's buffers
// with the thread detached.
#define OPENSSL_SUPPRESS_DEPRECATED 1

#include <limits.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/compare_digest.h"
#include "modules/hash_evp.h"
#include "modules/hash_hmac.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/mapping.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/thread.h"

typedef struct {
    PyObject *unsupported_digestmod_error;  // immutable after exec
    PyObject *constructors;                 // immutable after exec: dict function -> name
} HashlibState;

// ---- HASH and HASHXOF ----

static PyObject *
hash_repr(PyObject *op)
{
    PyObject *name = hash_object_get_name(op, NULL);
    if (name != NULL) {
        set_ref(name, str_format("<%U %s object @ %p>", name, type_of(op)->tp_name, op));
    }
    return name;
}

static PyMethodDef hash_methods[] = {
    {"update", hash_object_update, METH_O,
     "update($self, obj, /)\n--\n\nUpdate this hash object's state with the provided string."},
    {"digest", hash_object_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", hash_object_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits."},
    {"copy", hash_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the hash object."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef hash_getset[] = {
    {"digest_size", hash_object_get_digest_size, NULL, NULL, NULL},
    {"block_size", hash_object_get_block_size, NULL, NULL, NULL},
    {"name", hash_object_get_name, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject hash_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_hashlib.HASH",
    .tp_basicsize = sizeof(HashObject),
    .tp_dealloc = hash_object_dealloc,
    .tp_repr = hash_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "HASH(name, string=b\"\")\n--\n\nA hash is an object used to calculate a checksum "
              "of a string of information.",
    .tp_methods = hash_methods,
    .tp_getset = hash_getset,
};

static PyObject *
xof_output(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
           ArgsParser *parser, bool hex)
{
    Py_ssize_t length;
    if (!args_parse_stack_keywords(args, nargs, kwnames, parser, &length)) {
        return NULL;
    }
    if (length < 0) {
        return error_set(PyExc_ValueError, "negative digest length");
    }
    return hash_object_xof((HashObject *)op, length, hex);
}

static const char *const xof_keywords[] = {"length", NULL};

static PyObject *
xof_digest(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "n:digest", .keywords = xof_keywords};
    return xof_output(op, args, nargs, kwnames, &parser, false);
}

static PyObject *
xof_hexdigest(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.format = "n:hexdigest", .keywords = xof_keywords};
    return xof_output(op, args, nargs, kwnames, &parser, true);
}

static PyMethodDef xof_methods[] = {
    {"digest", FASTCALL(xof_digest), METH_FASTCALL | METH_KEYWORDS,
     "digest($self, /, length)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", FASTCALL(xof_hexdigest), METH_FASTCALL | METH_KEYWORDS,
     "hexdigest($self, /, length)\n--\n\nReturn the digest value as a string of hexadecimal "
     "digits."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef xof_getset[] = {
    {"digest_size", hash_object_get_no_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject xof_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_hashlib.HASHXOF",
    .tp_basicsize = sizeof(HashObject),
    .tp_dealloc = hash_object_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "HASHXOF(name, string=b\"\")\n--\n\nA hash is an object used to calculate a "
              "checksum of a string of information.",
    .tp_base = &hash_type,
    .tp_methods = xof_methods,
    .tp_getset = xof_getset,
};

static PyObject *
new_hash(const EVP_MD *md, PyObject *data)
{
    bool xof = md != NULL && (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0;
    return hash_object_new(xof ? &xof_type : &hash_type, md, data);
}

static PyObject *
hashlib_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"name", "data", "usedforsecurity", "string", NULL};
    static ArgsParser parser = {.format = "O|O$pO:new", .keywords = keywords};
    PyObject *name, *data = NULL, *string = NULL;
    int usedforsecurity = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &name, &data, &usedforsecurity,
                                   &string) ||
        !hash_data_argument(data, string, &data)) {
        return NULL;
    }
    if (!str_check(name)) {
        return error_set(PyExc_TypeError, "name must be a string");
    }
    HashlibState *state = module_get_state(module);
    EVP_MD *md = hash_md_fetch(state->unsupported_digestmod_error, name);
    if (md == NULL) {
        return NULL;
    }
    PyObject *result = new_hash(md, data);
    EVP_MD_free(md);
    return result;
}

// openssl_NAME(data=b'', *, usedforsecurity=True, string=None).
#define CONSTRUCTOR(name, algorithm)                                                            \
    static PyObject *                                                                           \
    openssl_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs,                   \
                   PyObject *kwnames)                                                           \
    {                                                                                           \
        static const char *const keywords[] = {"data", "usedforsecurity", "string", NULL};      \
        static ArgsParser parser = {.format = "|O$pO:openssl_" #name, .keywords = keywords};    \
        PyObject *data = NULL, *string = NULL;                                                  \
        int usedforsecurity = 1;                                                                \
        if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &data, &usedforsecurity,  \
                                       &string) ||                                              \
            !hash_data_argument(data, string, &data)) {                                         \
            return NULL;                                                                        \
        }                                                                                       \
        return new_hash(hash_algorithm_md(algorithm), data);                                    \
    }

CONSTRUCTOR(md5, HASH_MD5)
CONSTRUCTOR(sha1, HASH_SHA1)
CONSTRUCTOR(sha224, HASH_SHA224)
CONSTRUCTOR(sha256, HASH_SHA256)
CONSTRUCTOR(sha384, HASH_SHA384)
CONSTRUCTOR(sha512, HASH_SHA512)
CONSTRUCTOR(sha3_224, HASH_SHA3_224)
CONSTRUCTOR(sha3_256, HASH_SHA3_256)
CONSTRUCTOR(sha3_384, HASH_SHA3_384)
CONSTRUCTOR(sha3_512, HASH_SHA3_512)
CONSTRUCTOR(shake_128, HASH_SHAKE_128)
CONSTRUCTOR(shake_256, HASH_SHAKE_256)

// ---- HMAC ----

static PyObject *
hmac_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"msg", NULL};
    static ArgsParser parser = {.format = "O:update", .keywords = keywords};
    PyObject *message;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &message)) {
        return NULL;
    }
    return hmac_object_update(op, message);
}

static PyMethodDef hmac_methods[] = {
    {"update", FASTCALL(hmac_update), METH_FASTCALL | METH_KEYWORDS,
     "update($self, /, msg)\n--\n\nUpdate the HMAC object with msg."},
    {"digest", hmac_object_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest of the bytes passed to the update() method so "
     "far."},
    {"hexdigest", hmac_object_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn hexadecimal digest of the bytes passed to the update() "
     "method so far.\n\nThis may be used to exchange the value safely in email or other "
     "non-binary\nenvironments."},
    {"copy", hmac_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy (\"clone\") of the HMAC object."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef hmac_getset[] = {
    {"digest_size", hmac_object_get_digest_size, NULL, NULL, NULL},
    {"block_size", hmac_object_get_block_size, NULL, NULL, NULL},
    {"name", hmac_object_get_name, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject hmac_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_hashlib.HMAC",
    .tp_basicsize = sizeof(HmacObject),
    .tp_dealloc = hmac_object_dealloc,
    .tp_repr = hmac_object_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "The object used to calculate HMAC of a message.",
    .tp_methods = hmac_methods,
    .tp_getset = hmac_getset,
};

// The method that digestmod names: a str, or one of our constructors. Reference of libcrypto's.
static EVP_MD *
fetch_digestmod(PyObject *module, PyObject *digestmod)
{
    HashlibState *state = module_get_state(module);
    PyObject *name = NULL;
    if (str_check(digestmod)) {
        name = new_ref(digestmod);
    }
    else if (cfunction_check(digestmod)
             && dict_get(state->constructors, digestmod, &name) < 0) {
        return NULL;
    }
    if (name == NULL) {
        return error_format(state->unsupported_digestmod_error, "Unsupported digestmod %R",
                            digestmod);
    }
    EVP_MD *md = hash_md_fetch(state->unsupported_digestmod_error, name);
    decref(name);
    return md;
}

static PyObject *
hashlib_hmac_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "msg", "digestmod", NULL};
    static ArgsParser parser = {.format = "O|OO:hmac_new", .keywords = keywords};
    PyObject *key, *message = NULL, *digestmod = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &message, &digestmod)) {
        return NULL;
    }
    if (digestmod == NULL) {
        return error_set(PyExc_TypeError, "Missing required parameter 'digestmod'.");
    }
    EVP_MD *md = fetch_digestmod(module, digestmod);
    PyObject *result = md != NULL ? hmac_object_new(&hmac_type, md, key, message) : NULL;
    EVP_MD_free(md);
    return result;
}

static PyObject *
hashlib_hmac_digest(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "msg", "digest", NULL};
    static ArgsParser parser = {.format = "OOO:hmac_digest", .keywords = keywords};
    PyObject *key, *message, *digest;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &message, &digest)) {
        return NULL;
    }
    EVP_MD *md = fetch_digestmod(module, digest);
    PyObject *result = md != NULL ? hmac_compute(md, key, message) : NULL;
    EVP_MD_free(md);
    return result;
}

// ---- key derivation ----

// The length of the key that pbkdf2_hmac is to make: -1 with an exception.
static long
pbkdf2_key_length(PyObject *arg, const EVP_MD *md)
{
    if (arg == NULL || arg == Py_None) {
        return EVP_MD_get_size(md);
    }
    long length = int_as_long(arg);
    if (length == -1 && error_occurred()) {
        return -1;
    }
    if (length < 1) {
        error_set(PyExc_ValueError, "key length must be greater than 0.");
        return -1;
    }
    if (length > INT_MAX) {
        error_set(PyExc_OverflowError, "key length is too great.");
        return -1;
    }
    return length;
}

static PyObject *
pbkdf2_derive(const EVP_MD *md, Py_buffer *password, Py_buffer *salt, long iterations,
              PyObject *length_arg)
{
    if (password->len > INT_MAX) {
        return error_set(PyExc_OverflowError, "password is too long.");
    }
    if (salt->len > INT_MAX) {
        return error_set(PyExc_OverflowError, "salt is too long.");
    }
    if (iterations < 1) {
        return error_set(PyExc_ValueError, "iteration value must be greater than 0.");
    }
    if (iterations > INT_MAX) {
        return error_set(PyExc_OverflowError, "iteration value is too great.");
    }
    long length = pbkdf2_key_length(length_arg, md);
    PyObject *key = length < 0 ? NULL : bytes_from_data(NULL, length);
    if (key == NULL) {
        return NULL;
    }
    Thread *ts = thread_current();
    thread_detach(ts);
    int done = PKCS5_PBKDF2_HMAC(password->buf, (int)password->len, salt->buf, (int)salt->len,
                                 (int)iterations, md, (int)length,
                                 (unsigned char *)bytes_data(key));
    thread_attach(ts);
    if (!done) {
        decref(key);
        return hash_error(PyExc_ValueError, "no reason supplied");
    }
    return key;
}

static PyObject *
hashlib_pbkdf2_hmac(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"hash_name", "password", "salt", "iterations", "dklen",
                                           NULL};
    static ArgsParser parser = {.format = "Uy*y*l|O:pbkdf2_hmac", .keywords = keywords};
    PyObject *name, *length = NULL;
    Py_buffer password = {0}, salt = {0};
    long iterations;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &name, &password, &salt,
                                   &iterations, &length)) {
        return NULL;
    }
    HashlibState *state = module_get_state(module);
    EVP_MD *md = hash_md_fetch(state->unsupported_digestmod_error, name);
    PyObject *key = md != NULL ? pbkdf2_derive(md, &password, &salt, iterations, length) : NULL;
    EVP_MD_free(md);
    buffer_release(&password);
    buffer_release(&salt);
    return key;
}

typedef struct {
    unsigned long n, r, p;
    long memory;
    long length;
} ScryptCost;

// An unsigned argument; false with an exception.
static bool
scrypt_number(PyObject *arg, const char *message, unsigned long *result)
{
    if (!int_check(arg)) {
        return error_set(PyExc_TypeError, message) != NULL;
    }
    *result = int_as_u64(arg);
    return *result != (unsigned long)-1 || !error_occurred();
}

static PyObject *
scrypt_derive(Py_buffer *password, Py_buffer *salt, const ScryptCost *cost)
{
    if (password->len > INT_MAX) {
        return error_set(PyExc_OverflowError, "password is too long.");
    }
    if (salt->len > INT_MAX) {
        return error_set(PyExc_OverflowError, "salt is too long.");
    }
    if (cost->n < 2 || (cost->n & (cost->n - 1)) != 0) {
        return error_set(PyExc_ValueError, "n must be a power of 2.");
    }
    if (cost->memory < 0 || cost->memory > INT_MAX) {
        return error_format(PyExc_ValueError, "maxmem must be positive and smaller than %d",
                            INT_MAX);
    }
    if (cost->length < 1 || cost->length > INT_MAX) {
        return error_format(PyExc_ValueError,
                            "dklen must be greater than 0 and smaller than %d", INT_MAX);
    }
    // Without a place for the key, only the parameters are checked.
    if (!EVP_PBE_scrypt(NULL, 0, NULL, 0, cost->n, cost->r, cost->p, (uint64_t)cost->memory, NULL,
                        0)) {
        return hash_error(PyExc_ValueError, "Invalid parameter combination for n, r, p, maxmem.");
    }
    PyObject *key = bytes_from_data(NULL, cost->length);
    if (key == NULL) {
        return NULL;
    }
    Thread *ts = thread_current();
    thread_detach(ts);
    int done = EVP_PBE_scrypt(password->buf, (size_t)password->len, salt->buf, (size_t)salt->len,
                              cost->n, cost->r, cost->p, (uint64_t)cost->memory,
                              (unsigned char *)bytes_data(key), (size_t)cost->length);
    thread_attach(ts);
    if (!done) {
        decref(key);
        return hash_error(PyExc_ValueError, "no reason supplied");
    }
    return key;
}

static PyObject *
hashlib_scrypt(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"password", "salt", "n", "r", "p", "maxmem", "dklen",
                                           NULL};
    static ArgsParser parser = {.fname = "scrypt", .keywords = keywords};
    PyObject *out[7];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 1, 4, out)) {
        return NULL;
    }
    ScryptCost cost = {.memory = 0, .length = 64};
    Py_buffer password = {0}, salt = {0};
    PyObject *key = NULL;
    if (buffer_get(out[0], &password, PyBUF_SIMPLE) == 0 &&
        buffer_get(out[1], &salt, PyBUF_SIMPLE) == 0 &&
        scrypt_number(out[2], "n is required and must be an unsigned int", &cost.n) &&
        scrypt_number(out[3], "r is required and must be an unsigned int", &cost.r) &&
        scrypt_number(out[4], "p is required and must be an unsigned int", &cost.p) &&
        (out[5] == NULL || (cost.memory = int_as_long(out[5])) != -1 || !error_occurred()) &&
        (out[6] == NULL || (cost.length = int_as_long(out[6])) != -1 || !error_occurred())) {
        key = scrypt_derive(&password, &salt, &cost);
    }
    buffer_release(&password);
    buffer_release(&salt);
    return key;
}

// ---- the module ----

static PyObject *
hashlib_get_fips_mode(PyObject *module, PyObject *unused)
{
    return int_from_i64(EVP_default_properties_is_fips_enabled(NULL));
}

static PyObject *
hashlib_compare_digest(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return compare_digest("compare_digest", args, nargs);
}

#define CONSTRUCTOR_ROW(name)                                                                   \
    {"openssl_" #name, FASTCALL(openssl_##name), METH_FASTCALL | METH_KEYWORDS,                 \
     "openssl_" #name "($module, /, data=b'', *, usedforsecurity=True, string=None)\n--\n\n"  \
     "Returns a " #name " hash object; optionally initialized with a string"}

static PyMethodDef hashlib_functions[] = {
    {"new", FASTCALL(hashlib_new), METH_FASTCALL | METH_KEYWORDS,
     "new($module, /, name, data=b'', *, usedforsecurity=True, string=None)\n--\n\nReturn a "
     "new hash object using the named algorithm.\n\nAn optional string argument may be provided "
     "and will be\nautomatically hashed.\n\nThe MD5 and SHA1 algorithms are always supported."},
    CONSTRUCTOR_ROW(md5), CONSTRUCTOR_ROW(sha1), CONSTRUCTOR_ROW(sha224), CONSTRUCTOR_ROW(sha256),
    CONSTRUCTOR_ROW(sha384), CONSTRUCTOR_ROW(sha512), CONSTRUCTOR_ROW(sha3_224),
    CONSTRUCTOR_ROW(sha3_256), CONSTRUCTOR_ROW(sha3_384), CONSTRUCTOR_ROW(sha3_512),
    CONSTRUCTOR_ROW(shake_128), CONSTRUCTOR_ROW(shake_256),
    {"pbkdf2_hmac", FASTCALL(hashlib_pbkdf2_hmac), METH_FASTCALL | METH_KEYWORDS,
     "pbkdf2_hmac($module, /, hash_name, password, salt, iterations,\n            dklen=None)\n"
     "--\n\nPassword based key derivation function 2 (PKCS #5 v2.0) with HMAC as "
     "pseudorandom function."},
    {"scrypt", FASTCALL(hashlib_scrypt), METH_FASTCALL | METH_KEYWORDS,
     "scrypt($module, /, password, *, salt, n, r, p, maxmem=0, dklen=64)\n--\n\nscrypt "
     "password-based key derivation function."},
    {"get_fips_mode", hashlib_get_fips_mode, METH_NOARGS,
     "get_fips_mode($module, /)\n--\n\nDetermine the OpenSSL FIPS mode of operation.\n\nFor "
     "OpenSSL 3.0.0 and newer it returns the state of the default provider\nin the default "
     "OSSL context. It's not quite the same as FIPS_mode() but good\nenough for unittests.\n\n"
     "Effectively any non-zero return value indicates FIPS mode;\nvalues other than 1 may have "
     "additional significance."},
    {"compare_digest", FASTCALL(hashlib_compare_digest), METH_FASTCALL,
     "compare_digest($module, a, b, /)\n--\n\nReturn 'a == b'.\n\nThis function uses an approach "
     "designed to prevent\ntiming analysis, making it appropriate for cryptography.\n\na and b "
     "must both be of the same type: either str (ASCII only),\nor any bytes-like object.\n\n"
     "Note: If a and b are of different lengths, or if an error occurs,\na timing attack could "
     "theoretically reveal information about the\ntypes and lengths of a and b--but not their "
     "values."},
    {"hmac_digest", FASTCALL(hashlib_hmac_digest), METH_FASTCALL | METH_KEYWORDS,
     "hmac_digest($module, /, key, msg, digest)\n--\n\nSingle-shot HMAC."},
    {"hmac_new", FASTCALL(hashlib_hmac_new), METH_FASTCALL | METH_KEYWORDS,
     "hmac_new($module, /, key, msg=b'', digestmod=None)\n--\n\nReturn a new hmac object."},
    {NULL, NULL, 0, NULL},
};

// openssl_md_meth_names: what this libcrypto offers.
static int
add_names(PyObject *module)
{
    PyObject *names = frozenset_new(NULL);
    for (int i = 0; names != NULL && i < HASH_ALGORITHM_COUNT; i++) {
        if (hash_algorithm_md((HashAlgorithm)i) == NULL) {
            ERR_clear_error();
            continue;
        }
        PyObject *name = str_from_cstr(hash_algorithm_name((HashAlgorithm)i));
        if (name == NULL || set_add(names, name) < 0) {
            clear_ref(names);
        }
        xdecref(name);
    }
    return module_add_steal(module, "openssl_md_meth_names", names);
}

// _constructors: which digest a function of this module makes.
static int
add_constructors(PyObject *module)
{
    static const HashAlgorithm made[] = {
        HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SHA3_224,
        HASH_SHA3_256, HASH_SHA3_384, HASH_SHA3_512, HASH_SHAKE_128, HASH_SHAKE_256,
    };
    HashlibState *state = module_get_state(module);
    state->constructors = dict_new();
    for (size_t i = 0; state->constructors != NULL && i < sizeof made / sizeof *made; i++) {
        PyObject *name = str_from_cstr(hash_algorithm_name(made[i]));
        PyObject *attribute = name != NULL ? str_format("openssl_%U", name) : NULL;
        PyObject *function = attribute != NULL ? object_getattr(module, attribute) : NULL;
        int status = function != NULL ? dict_set(state->constructors, function, name) : -1;
        xdecref(function);
        xdecref(attribute);
        xdecref(name);
        if (status < 0) {
            return -1;
        }
    }
    return state->constructors == NULL ? -1
               : module_add_steal(module, "_constructors", mappingproxy_new(state->constructors));
}

static int
hashlib_exec(PyObject *module)
{
    HashlibState *state = module_get_state(module);
    state->unsupported_digestmod_error =
        error_new_exception("_hashlib.UnsupportedDigestmodError", PyExc_ValueError, NULL);
    if (state->unsupported_digestmod_error == NULL ||
        module_add(module, "UnsupportedDigestmodError", state->unsupported_digestmod_error) < 0 ||
        module_add_type(module, &hash_type) < 0 || module_add_type(module, &xof_type) < 0 ||
        module_add_type(module, &hmac_type) < 0 || add_names(module) < 0 ||
        add_constructors(module) < 0) {
        return -1;
    }
    return module_add_int(module, "_GIL_MINSIZE", HASH_DETACH_SIZE);
}

static int
hashlib_traverse(PyObject *module, visitproc visit, void *arg)
{
    HashlibState *state = module_get_state(module);
    int status = 0;
    if (state->unsupported_digestmod_error != NULL) {
        status = visit(state->unsupported_digestmod_error, arg);
    }
    if (status == 0 && state->constructors != NULL) {
        status = visit(state->constructors, arg);
    }
    return status;
}

static int
hashlib_clear(PyObject *module)
{
    HashlibState *state = module_get_state(module);
    clear_ref(state->unsupported_digestmod_error);
    clear_ref(state->constructors);
    return 0;
}

static void
hashlib_free(void *module)
{
    hashlib_clear(module);
}

static PyModuleDef_Slot hashlib_slots[] = {
    {Py_mod_exec, hashlib_exec},
    {0, NULL},
};

static PyModuleDef hashlib_definition = {
    .m_name = "_hashlib",
    .m_doc = "OpenSSL interface for hashlib module",
    .m_size = sizeof(HashlibState),
    .m_methods = hashlib_functions,
    .m_slots = hashlib_slots,
    .m_traverse = hashlib_traverse,
    .m_clear = hashlib_clear,
    .m_free = hashlib_free,
};

NATIVE_MODULE(_hashlib, &hashlib_definition)
