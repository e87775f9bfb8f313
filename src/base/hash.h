// Hashing: keyed SipHash-1-3 for text and buffers, and the numeric hash of Python.
//
// The key is drawn once per process (hash_init), from the system's entropy or from
// PYTHONHASHSEED. No function here returns -1: that means "error" in tp_hash.
//
// Threading: hash_init runs before there are threads; everything else is pure.
#ifndef TYPHON_BASE_HASH_H
#define TYPHON_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"

// Numeric hash: reduction modulo the Mersenne prime 2^61 - 1 (documented under
// "Hashing of numeric types").
#define HASH_BITS 61
#define HASH_MODULUS (((uint64_t)1 << HASH_BITS) - 1)
#define HASH_INF 314159
#define HASH_IMAG ((Py_uhash_t)1000003)

// The key, in use from hash_init on. Also the seed of other randomised structures.
typedef struct {
    uint64_t k0;
    uint64_t k1;
    uint64_t expat_salt;
} HashSecret;

const HashSecret *hash_secret(void);

// Sets the key from entropy bytes (sizeof(HashSecret) of them).
void hash_init_random(const void *entropy);

// Sets the key from a number as PYTHONHASHSEED does; 0 turns randomisation off.
void hash_init_seed(uint32_t seed);

// Hash of a byte sequence: what hash(str) and hash(bytes) give. 0 for an empty one.
Py_hash_t hash_bytes(const void *data, Py_ssize_t size);

// The same, unkeyed: stable between processes (importlib's source hash, key k).
uint64_t hash_bytes_keyed(uint64_t k0, uint64_t k1, const void *data, Py_ssize_t size);

// Identity hash.
static inline Py_hash_t
hash_pointer(const void *p)
{
    uintptr_t word = (uintptr_t)p;
    Py_hash_t hash = (Py_hash_t)(word >> 4 | word << 60);
    return hash == -1 ? -2 : hash;
}

// Numeric hash of a float. A NaN hashes by the identity of owner.
Py_hash_t hash_double(PyObject *owner, double d);

// Numeric hash of a 64-bit integer.
static inline Py_hash_t
hash_i64(int64_t i)
{
    uint64_t magnitude = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    uint64_t reduced = (magnitude & HASH_MODULUS) + (magnitude >> HASH_BITS);
    if (reduced >= HASH_MODULUS) {
        reduced -= HASH_MODULUS;
    }
    Py_hash_t hash = i < 0 ? -(Py_hash_t)reduced : (Py_hash_t)reduced;
    return hash == -1 ? -2 : hash;
}

#endif
