// BLAKE2b and BLAKE2s (RFC 7693) with all parameters: libcrypto has only the plain digests.
//
// Threading: a state belongs to its user.
#ifndef TYPHON_MODULES_BLAKE2_CORE_H
#define TYPHON_MODULES_BLAKE2_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t h[8];
    uint64_t count[2];          // bytes so far
    unsigned char buffer[128];
    size_t used;                // of buffer
    bool last_node;             // of its layer in a tree
} Blake2b;

typedef struct {
    uint32_t h[8];
    uint32_t count[2];
    unsigned char buffer[64];
    size_t used;
    bool last_node;
} Blake2s;

// parameters: the block of 64 or 32 bytes. A key is hashed first, padded to a whole block.
void blake2b_start(Blake2b *s, const unsigned char *parameters, bool last_node);
void blake2b_update(Blake2b *s, const unsigned char *data, size_t size);
// Uses the state up; size <= 64.
void blake2b_finish(Blake2b *s, unsigned char *digest, size_t size);

void blake2s_start(Blake2s *s, const unsigned char *parameters, bool last_node);
void blake2s_update(Blake2s *s, const unsigned char *data, size_t size);
void blake2s_finish(Blake2s *s, unsigned char *digest, size_t size);    // size <= 32

#endif
