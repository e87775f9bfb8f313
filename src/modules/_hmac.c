// The `_hmac` module: HMAC by the name of a digest, without the choices of `_hashlib`.
//
// Threading: see hash_hmac.h.
#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/hash_evp.h"
#include "modules/hash_hmac.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"

typedef struct {
    PyObject *unknown_hash_error;       // immutable after exec
} HmacState;

static PyMethodDef hmac_methods[] = {
    {"copy", hmac_object_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy (\"clone\") of the HMAC object."},
    {"update", hmac_object_update, METH_O,
     "update($self, msg, /)\n--\n\nUpdate the HMAC object with the given message."},
    {"digest", hmac_object_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest of the bytes passed to the update() method so "
     "far.\n\nThis method may raise a MemoryError."},
    {"hexdigest", hmac_object_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn hexadecimal digest of the bytes passed to the update() "
     "method so far.\n\nThis may be used to exchange the value safely in email or other "
     "non-binary\nenvironments.\n\nThis method may raise a MemoryError."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef hmac_getset[] = {
    {"name", hmac_object_get_name, NULL, NULL, NULL},
    {"block_size", hmac_object_get_block_size, NULL, NULL, NULL},
    {"digest_size", hmac_object_get_digest_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject hmac_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_hmac.HMAC",
    .tp_basicsize = sizeof(HmacObject),
    .tp_dealloc = hmac_object_dealloc,
    .tp_repr = hmac_object_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_methods = hmac_methods,
    .tp_getset = hmac_getset,
};

// Digests that HMAC is offered with here.
static bool
is_offered(int algorithm)
{
    return algorithm >= 0 && algorithm <= HASH_BLAKE2B && algorithm != HASH_SHAKE_128 &&
           algorithm != HASH_SHAKE_256 && algorithm != HASH_SHA512_224 &&
           algorithm != HASH_SHA512_256;
}

static const EVP_MD *
find_md(PyObject *module, PyObject *digestmod)
{
    if (str_check(digestmod)) {
        const char *name = str_as_utf8(digestmod);
        if (name == NULL) {
            return NULL;
        }
        int algorithm = hash_algorithm_find(name);
        const EVP_MD *md = is_offered(algorithm) ? hash_algorithm_md((HashAlgorithm)algorithm)
                                                 : NULL;
        if (md != NULL) {
            return md;
        }
    }
    HmacState *state = module_get_state(module);
    return error_format(state->unknown_hash_error, "unsupported hash type: %R", digestmod);
}

static PyObject *
hmac_new(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "msg", "digestmod", NULL};
    static ArgsParser parser = {.format = "O|OO:new", .keywords = keywords};
    PyObject *key, *message = NULL, *digestmod = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &message, &digestmod)) {
        return NULL;
    }
    if (digestmod == NULL) {
        return error_set(PyExc_TypeError, "Missing required parameter 'digestmod'.");
    }
    const EVP_MD *md = find_md(module, digestmod);
    return md != NULL ? hmac_object_new(&hmac_type, md, key, message) : NULL;
}

static PyObject *
hmac_compute_digest(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "msg", "digest", NULL};
    static ArgsParser parser = {.format = "OOO:compute_digest", .keywords = keywords};
    PyObject *key, *message, *digest;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &message, &digest)) {
        return NULL;
    }
    const EVP_MD *md = find_md(module, digest);
    return md != NULL ? hmac_compute(md, key, message) : NULL;
}

// compute_NAME(key, msg).
#define COMPUTE(name, algorithm)                                                                \
    static PyObject *                                                                           \
    compute_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs,                   \
                   PyObject *kwnames)                                                           \
    {                                                                                           \
        static const char *const keywords[] = {"key", "msg", NULL};                             \
        static ArgsParser parser = {.format = "OO:compute_" #name, .keywords = keywords};       \
        PyObject *key, *message;                                                                \
        if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &key, &message)) {        \
            return NULL;                                                                        \
        }                                                                                       \
        return hmac_compute(hash_algorithm_md(algorithm), key, message);                        \
    }

COMPUTE(md5, HASH_MD5)
COMPUTE(sha1, HASH_SHA1)
COMPUTE(sha224, HASH_SHA224)
COMPUTE(sha256, HASH_SHA256)
COMPUTE(sha384, HASH_SHA384)
COMPUTE(sha512, HASH_SHA512)
COMPUTE(sha3_224, HASH_SHA3_224)
COMPUTE(sha3_256, HASH_SHA3_256)
COMPUTE(sha3_384, HASH_SHA3_384)
COMPUTE(sha3_512, HASH_SHA3_512)
COMPUTE(blake2s_32, HASH_BLAKE2S)
COMPUTE(blake2b_32, HASH_BLAKE2B)

#define COMPUTE_ROW(name)                                                                       \
    {"compute_" #name, FASTCALL(compute_##name), METH_FASTCALL | METH_KEYWORDS,                 \
     "compute_" #name "($module, key, msg)\n--\n\n"}

static PyMethodDef hmac_functions[] = {
    {"new", FASTCALL(hmac_new), METH_FASTCALL | METH_KEYWORDS,
     "new($module, /, key, msg=None, digestmod=None)\n--\n\nReturn a new HMAC object."},
    {"compute_digest", FASTCALL(hmac_compute_digest), METH_FASTCALL | METH_KEYWORDS,
     "compute_digest($module, /, key, msg, digest)\n--\n\n"},
    COMPUTE_ROW(md5), COMPUTE_ROW(sha1), COMPUTE_ROW(sha224), COMPUTE_ROW(sha256),
    COMPUTE_ROW(sha384), COMPUTE_ROW(sha512), COMPUTE_ROW(sha3_224), COMPUTE_ROW(sha3_256),
    COMPUTE_ROW(sha3_384), COMPUTE_ROW(sha3_512), COMPUTE_ROW(blake2s_32),
    COMPUTE_ROW(blake2b_32),
    {NULL, NULL, 0, NULL},
};

static int
hmac_exec(PyObject *module)
{
    HmacState *state = module_get_state(module);
    state->unknown_hash_error =
        error_new_exception("_hmac.UnknownHashError", PyExc_ValueError, NULL);
    if (state->unknown_hash_error == NULL ||
        module_add(module, "UnknownHashError", state->unknown_hash_error) < 0 ||
        module_add_type(module, &hmac_type) < 0) {
        return -1;
    }
    return module_add_int(module, "_GIL_MINSIZE", HASH_DETACH_SIZE);
}

static int
hmac_traverse(PyObject *module, visitproc visit, void *arg)
{
    HmacState *state = module_get_state(module);
    return state->unknown_hash_error != NULL ? visit(state->unknown_hash_error, arg) : 0;
}

static int
hmac_clear(PyObject *module)
{
    HmacState *state = module_get_state(module);
    clear_ref(state->unknown_hash_error);
    return 0;
}

static void
hmac_free(void *module)
{
    hmac_clear(module);
}

static PyModuleDef_Slot hmac_slots[] = {
    {Py_mod_exec, hmac_exec},
    {0, NULL},
};

static PyModuleDef hmac_definition = {
    .m_name = "_hmac",
    .m_size = sizeof(HmacState),
    .m_methods = hmac_functions,
    .m_slots = hmac_slots,
    .m_traverse = hmac_traverse,
    .m_clear = hmac_clear,
    .m_free = hmac_free,
};

NATIVE_MODULE(_hmac, &hmac_definition)
