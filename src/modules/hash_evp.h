// Message digests of libcrypto: the table of algorithms, and the object that hashes with one.
//
// HashObject serves the types of `_md5`, `_sha1`, `_sha2`, `_sha3` and `_hashlib`; HMAC keeps bare
// contexts. `mutex` guards the content of `ctx`. It is a raw mutex and not a critical section, so
// that a long update can detach the thread without anybody getting between its halves.
#ifndef TYPHON_MODULES_HASH_EVP_H
#define TYPHON_MODULES_HASH_EVP_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "abi/misc.h"
#include "abi/object.h"

// Data from this size on are hashed with the thread detached.
#define HASH_DETACH_SIZE 2048

typedef enum {
    HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SHA512_224,
    HASH_SHA512_256, HASH_SHA3_224, HASH_SHA3_256, HASH_SHA3_384, HASH_SHA3_512, HASH_SHAKE_128,
    HASH_SHAKE_256, HASH_BLAKE2S, HASH_BLAKE2B, HASH_RIPEMD160, HASH_SM3, HASH_MD5_SHA1,
    HASH_ALGORITHM_COUNT
} HashAlgorithm;

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    EVP_MD_CTX *ctx;        // immutable pointer; lock: mutex for what it points to
} HashObject;

// Name as hashlib spells it.
const char *hash_algorithm_name(HashAlgorithm algorithm);
// The algorithm of a name in any case, or -1.
int hash_algorithm_find(const char *name);
// libcrypto's method, for the life of the process; NULL without an exception when it has none.
const EVP_MD *hash_algorithm_md(HashAlgorithm algorithm);

// A method by name in either spelling: a new reference of libcrypto's (EVP_MD_free), or NULL with
// `exc` raised.
EVP_MD *hash_md_fetch(PyObject *exc, PyObject *name);
// The method's name in hashlib's spelling: new str.
PyObject *hash_md_name(const EVP_MD *md);

// Raises exc with libcrypto's reason, or with `fallback` where it gives none.
void *hash_error(PyObject *exc, const char *fallback);

// Object of `type` that starts a digest with md; data (may be NULL) is hashed at once.
PyObject *hash_object_new(PyTypeObject *type, const EVP_MD *md, PyObject *data);

// The data argument of a constructor: `data`, or its old name `string`. False with TypeError when
// both are given; *result is NULL when none is.
bool hash_data_argument(PyObject *data, PyObject *string, PyObject **result);

// The bytes of obj; -1 with the errors that all hash functions have.
int hash_get_buffer(PyObject *obj, Py_buffer *view);
// Feeds a context that mutex guards. 0 or -1.
int hash_context_update(EVP_MD_CTX *ctx, PyMutex *mutex, PyObject *obj);
// A copy of a context that mutex guards, or NULL with an exception.
EVP_MD_CTX *hash_context_copy(EVP_MD_CTX *ctx, PyMutex *mutex);

// Methods and getters of HashObject.
PyObject *hash_object_update(PyObject *op, PyObject *data);
PyObject *hash_object_copy(PyObject *op, PyObject *unused);
PyObject *hash_object_digest(PyObject *op, PyObject *unused);
PyObject *hash_object_hexdigest(PyObject *op, PyObject *unused);
PyObject *hash_object_xof(HashObject *self, Py_ssize_t length, bool hex);
PyObject *hash_object_get_name(PyObject *op, void *unused);
PyObject *hash_object_get_block_size(PyObject *op, void *unused);
PyObject *hash_object_get_digest_size(PyObject *op, void *unused);
PyObject *hash_object_get_no_size(PyObject *op, void *unused);
void hash_object_dealloc(PyObject *op);

#endif
