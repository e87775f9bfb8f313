// HMAC (RFC 2104) over the digests of libcrypto: the object and the one-shot form that `_hashlib` and
// `_hmac` share.
//
// `mutex` guards the content of `inner`; `outer` is the keyed start of the second pass and does not
// change.
#ifndef TYPHON_MODULES_HASH_HMAC_H
#define TYPHON_MODULES_HASH_HMAC_H

#include <openssl/evp.h>

#include "abi/misc.h"
#include "abi/object.h"

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    EVP_MD_CTX *inner;      // immutable pointer; lock: mutex for what it points to
    EVP_MD_CTX *outer;      // immutable, also what it points to
} HmacObject;

// New object of `type`; message may be NULL or None.
PyObject *hmac_object_new(PyTypeObject *type, const EVP_MD *md, PyObject *key, PyObject *message);
// HMAC of a message as bytes.
PyObject *hmac_compute(const EVP_MD *md, PyObject *key, PyObject *message);

PyObject *hmac_object_update(PyObject *op, PyObject *message);
PyObject *hmac_object_copy(PyObject *op, PyObject *unused);
PyObject *hmac_object_digest(PyObject *op, PyObject *unused);
PyObject *hmac_object_hexdigest(PyObject *op, PyObject *unused);
PyObject *hmac_object_get_name(PyObject *op, void *unused);
PyObject *hmac_object_get_digest_size(PyObject *op, void *unused);
PyObject *hmac_object_get_block_size(PyObject *op, void *unused);
PyObject *hmac_object_repr(PyObject *op);
void hmac_object_dealloc(PyObject *op);

#endif
