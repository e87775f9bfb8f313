// SipHash-1-3 and the numeric hash; see hash.h.
//
// Owns the hash key of the process: written once by hash_init_*, before there are threads.
#include "base/hash.h"

#include <math.h>
#include <string.h>

static HashSecret secret;

const HashSecret *
hash_secret(void)
{
    return &secret;
}

void
hash_init_random(const void *entropy)
{
    memcpy(&secret, entropy, sizeof secret);
}

// PYTHONHASHSEED=n expands n with the linear congruential generator
// x = x * 214013 + 2531011, of which bits 16 to 23 are the next byte.
void
hash_init_seed(uint32_t seed)
{
    unsigned char bytes[sizeof secret];
    memset(bytes, 0, sizeof bytes);
    if (seed != 0) {
        uint32_t x = seed;
        for (size_t i = 0; i < sizeof bytes; i++) {
            x = x * 214013u + 2531011u;
            bytes[i] = (unsigned char)(x >> 16);
        }
    }
    memcpy(&secret, bytes, sizeof secret);
}

static inline uint64_t
rotate_left(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

typedef struct {
    uint64_t v0, v1, v2, v3;
} SipState;

static inline void
sip_round(SipState *s)
{
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
}

// J.-P. Aumasson, D. J. Bernstein: "SipHash: a fast short-input PRF", with one compression and
// three finalisation rounds.
uint64_t
hash_bytes_keyed(uint64_t k0, uint64_t k1, const void *data, Py_ssize_t size)
{
    const unsigned char *p = data;
    const unsigned char *end = p + (size & ~(Py_ssize_t)7);
    SipState s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
                  k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    for (; p < end; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    uint64_t last = (uint64_t)size << 56;
    unsigned char tail[8] = {0};
    memcpy(tail, p, (size_t)(size & 7));
    uint64_t word;
    memcpy(&word, tail, 8);
    last |= word;
    s.v3 ^= last;
    sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

Py_hash_t
hash_bytes(const void *data, Py_ssize_t size)
{
    if (size == 0) {
        return 0;
    }
    Py_hash_t hash = (Py_hash_t)hash_bytes_keyed(secret.k0, secret.k1, data, size);
    return hash == -1 ? -2 : hash;
}

// The value is m * 2^e with m read 28 bits at a time: multiplying by 2^28 modulo 2^61 - 1 is a
// rotation of 61 bits.
Py_hash_t
hash_double(PyObject *owner, double d)
{
    if (!isfinite(d)) {
        if (isnan(d)) {
            return hash_pointer(owner);
        }
        return d > 0 ? HASH_INF : -HASH_INF;
    }
    int exponent;
    double mantissa = frexp(d, &exponent);
    int sign = 1;
    if (mantissa < 0) {
        sign = -1;
        mantissa = -mantissa;
    }
    uint64_t x = 0;
    while (mantissa != 0) {
        x = (x << 28 & HASH_MODULUS) | x >> (HASH_BITS - 28);
        mantissa *= 268435456.0;
        exponent -= 28;
        uint64_t digit = (uint64_t)mantissa;
        mantissa -= (double)digit;
        x += digit;
        if (x >= HASH_MODULUS) {
            x -= HASH_MODULUS;
        }
    }
    exponent = exponent >= 0 ? exponent % HASH_BITS
                             : HASH_BITS - 1 - (-1 - exponent) % HASH_BITS;
    x = (x << exponent & HASH_MODULUS) | x >> (HASH_BITS - exponent);
    Py_hash_t hash = sign * (Py_hash_t)x;
    return hash == -1 ? -2 : hash;
}
