// Names of characters: generation and lookup.
//
// A name is stored as a sequence of word numbers. Numbers below WORD_SHORT take one byte, others
// two; the first byte of an entry counts the words. Words are pieces of word_text, the last
// character marked by its high bit. Aliases and named sequences are stored like characters, with
// numbers beyond the code points. name_hash finds the number for a name.
//
// Hangul syllables are named by their jamo, and ideographs and the like (name_ranges) by their
// code point.
//
// Threading: constant data.
#include <stdint.h>
#include <string.h>

#include "objects/unicode_data.h"

typedef struct {
    Py_UCS4 first, last;
    int prefix;             // index of range_prefixes
} NameRange;

#include "unicode_names.inc"

#define TREE(NAME, UPPER, ch)                                                              \
    NAME##_leaf[((size_t)NAME##_index[(ch) >> UPPER##_SHIFT] << UPPER##_SHIFT) +           \
                ((ch) & ((1u << UPPER##_SHIFT) - 1))]

#define HANGUL_FIRST 0xac00u
#define HANGUL_LAST 0xd7a3u
#define HANGUL_PREFIX "HANGUL SYLLABLE "

static inline char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

// Text being built; pos counts on when there is no room.
typedef struct {
    char *text;
    size_t size, pos;
} Buffer;

static void
put(Buffer *b, char c)
{
    if (b->pos + 1 < b->size) {
        b->text[b->pos] = c;
    }
    b->pos++;
}

static void
put_text(Buffer *b, const char *text)
{
    while (*text != '\0') {
        put(b, *text++);
    }
}

static void
put_word(Buffer *b, unsigned number)
{
    const unsigned char *p = &word_text[word_offsets[number]];
    for (; *p < 0x80; p++) {
        put(b, (char)*p);
    }
    put(b, (char)(*p & 0x7f));
}

// The stored name of a character, alias or sequence; false when there is none.
static bool
put_stored(Buffer *b, uint32_t code)
{
    uint32_t at = TREE(name, NAME, code);
    if (at == 0) {
        return false;
    }
    const unsigned char *p = &name_pool[at];
    for (int words = *p++; words > 0; words--) {
        unsigned number = *p++;
        if (number >= WORD_SHORT) {
            number = WORD_SHORT + ((number - WORD_SHORT) << 8 | *p++);
        }
        put_word(b, number);
        if (words > 1) {
            put(b, ' ');
        }
    }
    return true;
}

static void
put_hangul(Buffer *b, Py_UCS4 ch)
{
    Py_UCS4 index = ch - HANGUL_FIRST;
    put_text(b, HANGUL_PREFIX);
    put_text(b, jamo_l[index / 588]);
    put_text(b, jamo_v[index % 588 / 28]);
    put_text(b, jamo_t[index % 28]);
}

static const NameRange *
range_of(Py_UCS4 ch)
{
    for (size_t i = 0; i < sizeof name_ranges / sizeof name_ranges[0]; i++) {
        if (ch >= name_ranges[i].first && ch <= name_ranges[i].last) {
            return &name_ranges[i];
        }
    }
    return NULL;
}

static bool
put_range_name(Buffer *b, Py_UCS4 ch)
{
    const NameRange *range = range_of(ch);
    if (range == NULL) {
        return false;
    }
    put_text(b, range_prefixes[range->prefix]);
    for (int shift = ch > 0xfffff ? 20 : ch > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
        put(b, "0123456789ABCDEF"[ch >> shift & 15]);
    }
    return true;
}

bool
unicode_name(Py_UCS4 ch, char *buffer, size_t size)
{
    Buffer b = {buffer, size, 0};
    if (ch >= NAME_ALIASES) {
        return false;
    }
    if (ch >= HANGUL_FIRST && ch <= HANGUL_LAST) {
        put_hangul(&b, ch);
    }
    else if (!put_stored(&b, ch) && !put_range_name(&b, ch)) {
        return false;
    }
    buffer[b.pos < size ? b.pos : size - 1] = '\0';
    return b.pos < size;
}

// ---- lookup ----

// text starts with prefix, ASCII case-insensitively; prefix is upper case.
static bool
has_prefix(const char *text, size_t size, const char *prefix)
{
    size_t n = strlen(prefix);
    if (size < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (upper(text[i]) != prefix[i]) {
            return false;
        }
    }
    return true;
}

// Index of the longest name at text, *used its length; -1 when none is there.
static int
match_jamo(const char (*names)[4], int count, const char *text, size_t size, size_t *used)
{
    int best = -1;
    *used = 0;
    for (int i = 0; i < count; i++) {
        size_t n = strlen(names[i]);
        if ((best < 0 || n > *used) && has_prefix(text, size, names[i])) {
            best = i;
            *used = n;
        }
    }
    return best;
}

static bool
lookup_hangul(const char *name, size_t size, Py_UCS4 *ch)
{
    size_t at = strlen(HANGUL_PREFIX), used;
    int l = match_jamo(jamo_l, 19, name + at, size - at, &used);
    at += used;
    int v = match_jamo(jamo_v, 21, name + at, size - at, &used);
    at += used;
    int t = match_jamo(jamo_t, 28, name + at, size - at, &used);
    at += used;
    if (l < 0 || v < 0 || t < 0 || at != size) {
        return false;
    }
    *ch = HANGUL_FIRST + ((Py_UCS4)l * 21 + (Py_UCS4)v) * 28 + (Py_UCS4)t;
    return true;
}

// Hexadecimal digits as the names of ranges have them: four or five.
static bool
lookup_in_range(const char *name, size_t size, int prefix, Py_UCS4 *ch)
{
    size_t at = strlen(range_prefixes[prefix]);
    if (size - at < 4 || size - at > 5) {
        return false;
    }
    Py_UCS4 code = 0;
    for (size_t i = at; i < size; i++) {
        char c = upper(name[i]);
        if (c >= '0' && c <= '9') {
            code = code << 4 | (Py_UCS4)(c - '0');
        }
        else if (c >= 'A' && c <= 'F') {
            code = code << 4 | (Py_UCS4)(c - 'A' + 10);
        }
        else {
            return false;
        }
    }
    const NameRange *range = range_of(code);
    bool padded = size - at == 5 && code <= 0xffff;
    if (range == NULL || range->prefix != prefix || padded) {
        return false;
    }
    *ch = code;
    return true;
}

static bool
name_equals(uint32_t code, const char *name, size_t size)
{
    char text[UNICODE_NAME_MAX];
    Buffer b = {text, sizeof text, 0};
    if (!put_stored(&b, code) || b.pos != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (upper(name[i]) != text[i]) {
            return false;
        }
    }
    return true;
}

// Number of a stored name, NAME_END when there is none.
static uint32_t
lookup_stored(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)upper(name[i])) * 16777619u;
    }
    hash ^= hash >> 15;
    for (uint32_t slot = hash & NAME_HASH_MASK;; slot = (slot + 1) & NAME_HASH_MASK) {
        uint32_t code = name_hash[slot];
        if (code == 0xffffffffu) {
            return NAME_END;
        }
        if (name_equals(code, name, size)) {
            return code;
        }
    }
}

bool
unicode_lookup(const char *name, size_t size, Py_UCS4 *ch)
{
    if (size == 0 || size >= UNICODE_NAME_MAX) {
        return false;
    }
    if (has_prefix(name, size, HANGUL_PREFIX) && lookup_hangul(name, size, ch)) {
        return true;
    }
    for (size_t i = 0; i < sizeof range_prefixes / sizeof range_prefixes[0]; i++) {
        if (has_prefix(name, size, range_prefixes[i]) && lookup_in_range(name, size, (int)i, ch)) {
            return true;
        }
    }
    uint32_t code = lookup_stored(name, size);
    if (code >= NAME_SEQUENCES) {
        return false;
    }
    *ch = code >= NAME_ALIASES ? alias_codes[code - NAME_ALIASES] : code;
    return true;
}

bool
unicode_lookup_sequence(const char *name, size_t size, const Py_UCS4 **chars, int *count)
{
    if (size == 0 || size >= UNICODE_NAME_MAX) {
        return false;
    }
    uint32_t code = lookup_stored(name, size);
    if (code < NAME_SEQUENCES || code >= NAME_END) {
        return false;
    }
    uint32_t i = code - NAME_SEQUENCES;
    *chars = &sequence_pool[sequence_starts[i]];
    *count = sequence_starts[i + 1] - sequence_starts[i];
    return true;
}
