// Message digests of libcrypto: see hash_evp.h.
#include "modules/hash_evp.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/mutex.h"
#include "thread/thread.h"

typedef struct {
    const char *name;           // hashlib's
    const char *openssl_name;
} AlgorithmNames;

static const AlgorithmNames algorithms[HASH_ALGORITHM_COUNT] = {
    [HASH_MD5] = {"md5", "MD5"},
    [HASH_SHA1] = {"sha1", "SHA1"},
    [HASH_SHA224] = {"sha224", "SHA2-224"},
    [HASH_SHA256] = {"sha256", "SHA2-256"},
    [HASH_SHA384] = {"sha384", "SHA2-384"},
    [HASH_SHA512] = {"sha512", "SHA2-512"},
    [HASH_SHA512_224] = {"sha512_224", "SHA2-512/224"},
    [HASH_SHA512_256] = {"sha512_256", "SHA2-512/256"},
    [HASH_SHA3_224] = {"sha3_224", "SHA3-224"},
    [HASH_SHA3_256] = {"sha3_256", "SHA3-256"},
    [HASH_SHA3_384] = {"sha3_384", "SHA3-384"},
    [HASH_SHA3_512] = {"sha3_512", "SHA3-512"},
    [HASH_SHAKE_128] = {"shake_128", "SHAKE-128"},
    [HASH_SHAKE_256] = {"shake_256", "SHAKE-256"},
    [HASH_BLAKE2S] = {"blake2s", "BLAKE2S-256"},
    [HASH_BLAKE2B] = {"blake2b", "BLAKE2B-512"},
    [HASH_RIPEMD160] = {"ripemd160", "RIPEMD-160"},
    [HASH_SM3] = {"sm3", "SM3"},
    [HASH_MD5_SHA1] = {"md5-sha1", "MD5-SHA1"},
};

// libcrypto's methods as first fetched: fetching takes libcrypto's locks, which would be the
// bottleneck of many threads that hash small things. Atomic; never freed.
static EVP_MD *fetched[HASH_ALGORITHM_COUNT];

const char *
hash_algorithm_name(HashAlgorithm algorithm)
{
    return algorithms[algorithm].name;
}

int
hash_algorithm_find(const char *name)
{
    for (int i = 0; i < HASH_ALGORITHM_COUNT; i++) {
        if (strcasecmp(name, algorithms[i].name) == 0) {
            return i;
        }
    }
    return -1;
}

const EVP_MD *
hash_algorithm_md(HashAlgorithm algorithm)
{
    EVP_MD *md = atomic_load_acquire_ptr(&fetched[algorithm]);
    if (md != NULL) {
        return md;
    }
    md = EVP_MD_fetch(NULL, algorithms[algorithm].openssl_name, NULL);
    if (md == NULL) {
        return NULL;
    }
    EVP_MD *expected = NULL;
    if (!atomic_cas_ptr(&fetched[algorithm], &expected, md)) {
        EVP_MD_free(md);
        md = expected;
    }
    return md;
}

EVP_MD *
hash_md_fetch(PyObject *exc, PyObject *name)
{
    const char *text = str_as_utf8_no_nul(name);
    if (text == NULL) {
        return NULL;
    }
    int algorithm = hash_algorithm_find(text);
    EVP_MD *md = NULL;
    if (algorithm >= 0) {
        md = (EVP_MD *)hash_algorithm_md((HashAlgorithm)algorithm);
        if (md != NULL && EVP_MD_up_ref(md)) {
            return md;
        }
    }
    else {
        md = EVP_MD_fetch(NULL, text, NULL);
    }
    if (md == NULL) {
        ERR_clear_error();
        error_format(exc, "unsupported hash type %S", name);
    }
    return md;
}

PyObject *
hash_md_name(const EVP_MD *md)
{
    for (int i = 0; i < HASH_ALGORITHM_COUNT; i++) {
        if (EVP_MD_is_a(md, algorithms[i].openssl_name)) {
            return str_from_cstr(algorithms[i].name);
        }
    }
    PyObject *name = str_from_cstr(EVP_MD_get0_name(md));
    if (name != NULL) {
        set_ref(name, str_lower(name));
    }
    return name;
}

void *
hash_error(PyObject *exc, const char *fallback)
{
    unsigned long code = ERR_peek_last_error();
    const char *library = code ? ERR_lib_error_string(code) : NULL;
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    if (code && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) {
        return error_no_memory();
    }
    if (library != NULL && reason != NULL) {
        return error_format(exc, "[%s] %s", library, reason);
    }
    return error_set(exc, reason != NULL ? reason : fallback);
}

// ---- contexts ----

int
hash_get_buffer(PyObject *obj, Py_buffer *view)
{
    if (str_check(obj)) {
        error_set(PyExc_TypeError, "Strings must be encoded before hashing");
        return -1;
    }
    if (!buffer_check(obj)) {
        error_set(PyExc_TypeError, "object supporting the buffer API required");
        return -1;
    }
    if (buffer_get(obj, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (view->ndim > 1) {
        error_set(PyExc_BufferError, "Buffer must be single dimension");
        buffer_release(view);
        return -1;
    }
    return 0;
}

int
hash_context_update(EVP_MD_CTX *ctx, PyMutex *mutex, PyObject *obj)
{
    Py_buffer view;
    if (hash_get_buffer(obj, &view) < 0) {
        return -1;
    }
    Thread *ts = thread_current();
    mutex_lock(mutex);
    bool detach = view.len >= HASH_DETACH_SIZE;
    if (detach) {
        thread_detach(ts);
    }
    int done = EVP_DigestUpdate(ctx, view.buf, (size_t)view.len);
    if (detach) {
        thread_attach(ts);
    }
    mutex_unlock(mutex);
    buffer_release(&view);
    if (!done) {
        hash_error(PyExc_ValueError, "no reason supplied");
        return -1;
    }
    return 0;
}

EVP_MD_CTX *
hash_context_copy(EVP_MD_CTX *ctx, PyMutex *mutex)
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    if (copy == NULL) {
        return error_no_memory();
    }
    mutex_lock(mutex);
    int done = EVP_MD_CTX_copy_ex(copy, ctx);
    mutex_unlock(mutex);
    if (!done) {
        EVP_MD_CTX_free(copy);
        return hash_error(PyExc_ValueError, "no reason supplied");
    }
    return copy;
}

// ---- objects ----

// Object around a context, which is consumed also on failure.
static PyObject *
object_from_context_steal(PyTypeObject *type, EVP_MD_CTX *ctx)
{
    HashObject *self = (HashObject *)type_alloc(type, 0);
    if (self == NULL) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    self->ctx = ctx;
    return (PyObject *)self;
}

PyObject *
hash_object_new(PyTypeObject *type, const EVP_MD *md, PyObject *data)
{
    if (md == NULL) {
        return hash_error(PyExc_ValueError, "unsupported hash type");
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return error_no_memory();
    }
    if (!EVP_DigestInit_ex(ctx, md, NULL)) {
        EVP_MD_CTX_free(ctx);
        return hash_error(PyExc_ValueError, "unsupported hash type");
    }
    HashObject *self = (HashObject *)object_from_context_steal(type, ctx);
    if (self != NULL && data != NULL && hash_context_update(ctx, &self->mutex, data) < 0) {
        clear_ref(self);
    }
    return (PyObject *)self;
}

bool
hash_data_argument(PyObject *data, PyObject *string, PyObject **result)
{
    if (data != NULL && string != NULL) {
        error_set(PyExc_TypeError,
                  "'data' and 'string' are mutually exclusive and support for 'string' keyword "
                  "parameter is slated for removal in a future version.");
        return false;
    }
    *result = data != NULL ? data : string;
    return true;
}

void
hash_object_dealloc(PyObject *op)
{
    EVP_MD_CTX_free(((HashObject *)op)->ctx);
    type_of(op)->tp_free(op);
}

PyObject *
hash_object_update(PyObject *op, PyObject *data)
{
    HashObject *self = (HashObject *)op;
    return hash_context_update(self->ctx, &self->mutex, data) < 0 ? NULL : new_ref(Py_None);
}

PyObject *
hash_object_copy(PyObject *op, PyObject *unused)
{
    HashObject *self = (HashObject *)op;
    EVP_MD_CTX *ctx = hash_context_copy(self->ctx, &self->mutex);
    return ctx != NULL ? object_from_context_steal(type_of(op), ctx) : NULL;
}

// The digest so far in buffer, which has room for EVP_MAX_MD_SIZE. Its size, or -1.
static int
digest_now(HashObject *self, unsigned char *buffer)
{
    EVP_MD_CTX *ctx = hash_context_copy(self->ctx, &self->mutex);
    if (ctx == NULL) {
        return -1;
    }
    unsigned int size;
    int done = EVP_DigestFinal_ex(ctx, buffer, &size);
    EVP_MD_CTX_free(ctx);
    if (!done) {
        hash_error(PyExc_ValueError, "no reason supplied");
        return -1;
    }
    return (int)size;
}

PyObject *
hash_object_digest(PyObject *op, PyObject *unused)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int size = digest_now((HashObject *)op, digest);
    return size < 0 ? NULL : bytes_from_data((char *)digest, size);
}

PyObject *
hash_object_hexdigest(PyObject *op, PyObject *unused)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int size = digest_now((HashObject *)op, digest);
    return size < 0 ? NULL : bytes_to_hex((char *)digest, size, NULL, 0);
}

PyObject *
hash_object_xof(HashObject *self, Py_ssize_t length, bool hex)
{
    if (length == 0) {
        return hex ? str_empty() : bytes_empty();
    }
    PyObject *digest = bytes_from_data(NULL, length);
    EVP_MD_CTX *ctx = digest != NULL ? hash_context_copy(self->ctx, &self->mutex) : NULL;
    if (ctx == NULL) {
        xdecref(digest);
        return NULL;
    }
    int done = EVP_DigestFinalXOF(ctx, (unsigned char *)bytes_data(digest), (size_t)length);
    EVP_MD_CTX_free(ctx);
    if (!done) {
        decref(digest);
        return hash_error(PyExc_ValueError, "no reason supplied");
    }
    if (hex) {
        set_ref(digest, bytes_to_hex(bytes_data(digest), length, NULL, 0));
    }
    return digest;
}

PyObject *
hash_object_get_name(PyObject *op, void *unused)
{
    return hash_md_name(EVP_MD_CTX_get0_md(((HashObject *)op)->ctx));
}

PyObject *
hash_object_get_block_size(PyObject *op, void *unused)
{
    return int_from_i64(EVP_MD_CTX_get_block_size(((HashObject *)op)->ctx));
}

PyObject *
hash_object_get_digest_size(PyObject *op, void *unused)
{
    return int_from_i64(EVP_MD_CTX_get_size(((HashObject *)op)->ctx));
}

PyObject *
hash_object_get_no_size(PyObject *op, void *unused)
{
    return int_from_i64(0);
}
