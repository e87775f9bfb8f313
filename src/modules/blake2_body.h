// BLAKE2 (RFC 7693) for one word size. Included by blake2_core.c with these defined:
//
//   WORD           uint64_t or uint32_t
//   NAME(x)        the function named x for this size
//   STATE          the state type
//   ROUNDS         12 or 10
//   R1 … R4        rotations of the mixing function
//   IV             table of eight words
static inline WORD
NAME(rotate)(WORD x, int n)
{
    return (x >> n) | (x << ((int)sizeof(WORD) * 8 - n));
}

static inline WORD
NAME(load)(const unsigned char *p)
{
    WORD w = 0;
    for (size_t i = 0; i < sizeof w; i++) {
        w |= (WORD)p[i] << (8 * i);
    }
    return w;
}

#define MIX(a, b, c, d, x, y)                       \
    do {                                            \
        v[a] = v[a] + v[b] + (x);                   \
        v[d] = NAME(rotate)(v[d] ^ v[a], R1);       \
        v[c] = v[c] + v[d];                         \
        v[b] = NAME(rotate)(v[b] ^ v[c], R2);       \
        v[a] = v[a] + v[b] + (y);                   \
        v[d] = NAME(rotate)(v[d] ^ v[a], R3);       \
        v[c] = v[c] + v[d];                         \
        v[b] = NAME(rotate)(v[b] ^ v[c], R4);       \
    } while (0)

// Works one block in; the counter already includes it.
static void
NAME(compress)(STATE *s, const unsigned char *block, bool last)
{
    WORD m[16], v[16];
    for (int i = 0; i < 16; i++) {
        m[i] = NAME(load)(block + (size_t)i * sizeof(WORD));
    }
    for (int i = 0; i < 8; i++) {
        v[i] = s->h[i];
        v[i + 8] = IV[i];
    }
    v[12] ^= s->count[0];
    v[13] ^= s->count[1];
    if (last) {
        v[14] = ~v[14];
        v[15] = s->last_node ? ~v[15] : v[15];
    }
    for (int round = 0; round < ROUNDS; round++) {
        const unsigned char *p = permutations[round % 10];
        MIX(0, 4, 8, 12, m[p[0]], m[p[1]]);
        MIX(1, 5, 9, 13, m[p[2]], m[p[3]]);
        MIX(2, 6, 10, 14, m[p[4]], m[p[5]]);
        MIX(3, 7, 11, 15, m[p[6]], m[p[7]]);
        MIX(0, 5, 10, 15, m[p[8]], m[p[9]]);
        MIX(1, 6, 11, 12, m[p[10]], m[p[11]]);
        MIX(2, 7, 8, 13, m[p[12]], m[p[13]]);
        MIX(3, 4, 9, 14, m[p[14]], m[p[15]]);
    }
    for (int i = 0; i < 8; i++) {
        s->h[i] ^= v[i] ^ v[i + 8];
    }
}

#undef MIX

static void
NAME(count)(STATE *s, size_t bytes)
{
    s->count[0] += (WORD)bytes;
    s->count[1] += s->count[0] < (WORD)bytes;
}

void
NAME(start)(STATE *s, const unsigned char *parameters, bool last_node)
{
    memset(s, 0, sizeof *s);
    s->last_node = last_node;
    for (int i = 0; i < 8; i++) {
        s->h[i] = IV[i] ^ NAME(load)(parameters + (size_t)i * sizeof(WORD));
    }
}

void
NAME(update)(STATE *s, const unsigned char *data, size_t size)
{
    const size_t block = sizeof s->buffer;
    // The last block is held back: only the end of the data shows that it is the last.
    while (size > 0) {
        if (s->used == block) {
            NAME(count)(s, block);
            NAME(compress)(s, s->buffer, false);
            s->used = 0;
        }
        if (s->used == 0) {
            for (; size > block; data += block, size -= block) {
                NAME(count)(s, block);
                NAME(compress)(s, data, false);
            }
        }
        size_t part = block - s->used < size ? block - s->used : size;
        memcpy(s->buffer + s->used, data, part);
        s->used += part;
        data += part;
        size -= part;
    }
}

void
NAME(finish)(STATE *s, unsigned char *digest, size_t size)
{
    NAME(count)(s, s->used);
    memset(s->buffer + s->used, 0, sizeof s->buffer - s->used);
    NAME(compress)(s, s->buffer, true);
    for (size_t i = 0; i < size; i++) {
        digest[i] = (unsigned char)(s->h[i / sizeof(WORD)] >> (8 * (i % sizeof(WORD))));
    }
}
