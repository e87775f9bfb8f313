// HMAC over the digests of libcrypto: see hash_hmac.h.
#include "modules/hash_hmac.h"

#include <string.h>

#include "memory/refcount.h"
#include "modules/hash_evp.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/mutex.h"

enum { MAX_BLOCK = 256 };

// The two passes of a key.
typedef struct {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
} Passes;

static void
passes_free(Passes *passes)
{
    EVP_MD_CTX_free(passes->inner);
    EVP_MD_CTX_free(passes->outer);
}

// A context that has hashed a block of the key with every byte changed by `pad`.
static EVP_MD_CTX *
start_pass(const EVP_MD *md, const unsigned char *key, size_t block, unsigned char pad)
{
    unsigned char padded[MAX_BLOCK];
    for (size_t i = 0; i < block; i++) {
        padded[i] = key[i] ^ pad;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return error_no_memory();
    }
    if (!EVP_DigestInit_ex(ctx, md, NULL) || !EVP_DigestUpdate(ctx, padded, block)) {
        EVP_MD_CTX_free(ctx);
        ctx = hash_error(PyExc_ValueError, "unsupported hash type");
    }
    OPENSSL_cleanse(padded, sizeof padded);
    return ctx;
}

static int
passes_start(Passes *passes, const EVP_MD *md, PyObject *key)
{
    *passes = (Passes){NULL, NULL};
    int block = md != NULL ? EVP_MD_get_block_size(md) : 0;
    if (block <= 0 || block > MAX_BLOCK || (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0) {
        error_set(PyExc_ValueError, "unsupported hash type");
        return -1;
    }
    Py_buffer view;
    if (buffer_get(key, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    unsigned char start[MAX_BLOCK] = {0};
    int done = 1;
    if (view.len > block) {
        done = EVP_Digest(view.buf, (size_t)view.len, start, NULL, md, NULL);
    }
    else if (view.len > 0) {
        memcpy(start, view.buf, (size_t)view.len);
    }
    buffer_release(&view);
    if (!done) {
        hash_error(PyExc_ValueError, "unsupported hash type");
        return -1;
    }
    passes->inner = start_pass(md, start, (size_t)block, 0x36);
    passes->outer = passes->inner != NULL ? start_pass(md, start, (size_t)block, 0x5c) : NULL;
    OPENSSL_cleanse(start, sizeof start);
    if (passes->outer == NULL) {
        passes_free(passes);
        return -1;
    }
    return 0;
}

// Ends both passes; digest has room for EVP_MAX_MD_SIZE. The size, or -1.
static int
passes_finish(Passes *passes, unsigned char *digest)
{
    unsigned int size;
    if (!EVP_DigestFinal_ex(passes->inner, digest, &size) ||
        !EVP_DigestUpdate(passes->outer, digest, size) ||
        !EVP_DigestFinal_ex(passes->outer, digest, &size)) {
        hash_error(PyExc_ValueError, "no reason supplied");
        return -1;
    }
    return (int)size;
}

PyObject *
hmac_compute(const EVP_MD *md, PyObject *key, PyObject *message)
{
    Passes passes;
    if (passes_start(&passes, md, key) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyMutex mutex = MUTEX_INIT;
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (hash_context_update(passes.inner, &mutex, message) == 0) {
        int size = passes_finish(&passes, digest);
        result = size < 0 ? NULL : bytes_from_data((char *)digest, size);
    }
    passes_free(&passes);
    return result;
}

// ---- objects ----

static PyObject *
object_from_passes_steal(PyTypeObject *type, Passes *passes)
{
    HmacObject *self = (HmacObject *)type_alloc(type, 0);
    if (self == NULL) {
        passes_free(passes);
        return NULL;
    }
    self->inner = passes->inner;
    self->outer = passes->outer;
    return (PyObject *)self;
}

PyObject *
hmac_object_new(PyTypeObject *type, const EVP_MD *md, PyObject *key, PyObject *message)
{
    Passes passes;
    if (passes_start(&passes, md, key) < 0) {
        return NULL;
    }
    HmacObject *self = (HmacObject *)object_from_passes_steal(type, &passes);
    if (self != NULL && message != NULL && message != Py_None &&
        hash_context_update(self->inner, &self->mutex, message) < 0) {
        clear_ref(self);
    }
    return (PyObject *)self;
}

void
hmac_object_dealloc(PyObject *op)
{
    HmacObject *self = (HmacObject *)op;
    EVP_MD_CTX_free(self->inner);
    EVP_MD_CTX_free(self->outer);
    type_of(op)->tp_free(op);
}

PyObject *
hmac_object_update(PyObject *op, PyObject *message)
{
    HmacObject *self = (HmacObject *)op;
    return hash_context_update(self->inner, &self->mutex, message) < 0 ? NULL : new_ref(Py_None);
}

// Copies of both passes. 0 or -1.
static int
passes_copy(HmacObject *self, Passes *passes)
{
    PyMutex unshared = MUTEX_INIT;
    passes->inner = hash_context_copy(self->inner, &self->mutex);
    passes->outer = passes->inner != NULL ? hash_context_copy(self->outer, &unshared) : NULL;
    if (passes->outer == NULL) {
        EVP_MD_CTX_free(passes->inner);
        return -1;
    }
    return 0;
}

PyObject *
hmac_object_copy(PyObject *op, PyObject *unused)
{
    Passes passes;
    return passes_copy((HmacObject *)op, &passes) < 0
               ? NULL : object_from_passes_steal(type_of(op), &passes);
}

static int
digest_now(PyObject *op, unsigned char *digest)
{
    Passes passes;
    if (passes_copy((HmacObject *)op, &passes) < 0) {
        return -1;
    }
    int size = passes_finish(&passes, digest);
    passes_free(&passes);
    return size;
}

PyObject *
hmac_object_digest(PyObject *op, PyObject *unused)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int size = digest_now(op, digest);
    return size < 0 ? NULL : bytes_from_data((char *)digest, size);
}

PyObject *
hmac_object_hexdigest(PyObject *op, PyObject *unused)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int size = digest_now(op, digest);
    return size < 0 ? NULL : bytes_to_hex((char *)digest, size, NULL, 0);
}

static const EVP_MD *
object_md(PyObject *op)
{
    return EVP_MD_CTX_get0_md(((HmacObject *)op)->outer);
}

PyObject *
hmac_object_get_name(PyObject *op, void *unused)
{
    PyObject *name = hash_md_name(object_md(op));
    if (name != NULL) {
        set_ref(name, str_format("hmac-%U", name));
    }
    return name;
}

PyObject *
hmac_object_get_digest_size(PyObject *op, void *unused)
{
    return int_from_i64(EVP_MD_get_size(object_md(op)));
}

PyObject *
hmac_object_get_block_size(PyObject *op, void *unused)
{
    return int_from_i64(EVP_MD_get_block_size(object_md(op)));
}

PyObject *
hmac_object_repr(PyObject *op)
{
    PyObject *name = hash_md_name(object_md(op));
    if (name != NULL) {
        set_ref(name, str_format("<%U HMAC object @ %p>", name, op));
    }
    return name;
}
