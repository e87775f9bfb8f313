// Arrays of characters of one kind: classification, copying, filling.
//
// Pure functions over memory; no objects, no threads. The loops are written so that compilers
// vectorise them; the ASCII scan uses SSE2 directly where there is one.
#include <stdint.h>
#include <string.h>

#include "objects/str_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

Py_ssize_t
ascii_prefix(const void *data, Py_ssize_t n)
{
    const unsigned char *p = data;
    Py_ssize_t i = 0;
#ifdef __SSE2__
    for (; i + 16 <= n; i += 16) {
        int high = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(p + i)));
        if (high != 0) {
            return i + __builtin_ctz((unsigned)high);
        }
    }
#else
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, 8);
        if ((word & 0x8080808080808080u) != 0) {
            break;
        }
    }
#endif
    while (i < n && p[i] < 0x80) {
        i++;
    }
    return i;
}

// The or of all characters in blocks, leaving early once the widest class is certain.
static Py_UCS4
chars_max_ucs2(const Py_UCS2 *p, Py_ssize_t n)
{
    Py_UCS4 seen = 0;
    while (n > 0) {
        Py_ssize_t block = n < 256 ? n : 256;
        Py_UCS2 bits = 0;
        for (Py_ssize_t i = 0; i < block; i++) {
            bits |= p[i];
        }
        seen |= bits;
        if (seen >= 0x100) {
            return 0xffff;
        }
        p += block;
        n -= block;
    }
    return seen >= 0x80 ? 0xff : 0x7f;
}

static Py_UCS4
chars_max_ucs4(const Py_UCS4 *p, Py_ssize_t n)
{
    Py_UCS4 seen = 0;
    while (n > 0) {
        Py_ssize_t block = n < 256 ? n : 256;
        for (Py_ssize_t i = 0; i < block; i++) {
            seen |= p[i];
        }
        if (seen >= 0x10000) {
            return STR_MAX_CHAR;
        }
        p += block;
        n -= block;
    }
    return seen >= 0x100 ? 0xffff : seen >= 0x80 ? 0xff : 0x7f;
}

Py_UCS4
chars_max(int kind, const void *data, Py_ssize_t n)
{
    if (kind == 1) {
        return ascii_prefix(data, n) == n ? 0x7f : 0xff;
    }
    return kind == 2 ? chars_max_ucs2(data, n) : chars_max_ucs4(data, n);
}

#define COPY_LOOP(TO, FROM)                        \
    do {                                           \
        TO *to_ = to;                              \
        const FROM *from_ = from;                  \
        for (Py_ssize_t i = 0; i < n; i++) {       \
            to_[i] = (TO)from_[i];                 \
        }                                          \
    } while (0)

void
chars_copy(int to_kind, void *to, int from_kind, const void *from, Py_ssize_t n)
{
    if (to_kind == from_kind) {
        memcpy(to, from, (size_t)n * (size_t)to_kind);
        return;
    }
    switch (to_kind << 4 | from_kind) {
    case 0x21:
        COPY_LOOP(Py_UCS2, Py_UCS1);
        break;
    case 0x41:
        COPY_LOOP(Py_UCS4, Py_UCS1);
        break;
    case 0x42:
        COPY_LOOP(Py_UCS4, Py_UCS2);
        break;
    case 0x12:
        COPY_LOOP(Py_UCS1, Py_UCS2);
        break;
    case 0x14:
        COPY_LOOP(Py_UCS1, Py_UCS4);
        break;
    default:
        COPY_LOOP(Py_UCS2, Py_UCS4);
        break;
    }
}

void
chars_fill(int kind, void *to, Py_UCS4 ch, Py_ssize_t n)
{
    if (kind == 1) {
        memset(to, (int)ch, (size_t)n);
    }
    else if (kind == 2) {
        Py_UCS2 *p = to;
        for (Py_ssize_t i = 0; i < n; i++) {
            p[i] = (Py_UCS2)ch;
        }
    }
    else {
        Py_UCS4 *p = to;
        for (Py_ssize_t i = 0; i < n; i++) {
            p[i] = ch;
        }
    }
}

// Characters of different kinds compared one by one.
static bool
chars_equal_mixed(int kind_a, const void *a, int kind_b, const void *b, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (str_read(kind_a, a, i) != str_read(kind_b, b, i)) {
            return false;
        }
    }
    return true;
}

bool
chars_equal(int kind_a, const void *a, int kind_b, const void *b, Py_ssize_t n)
{
    if (kind_a == kind_b) {
        return memcmp(a, b, (size_t)n * (size_t)kind_a) == 0;
    }
    return chars_equal_mixed(kind_a, a, kind_b, b, n);
}
