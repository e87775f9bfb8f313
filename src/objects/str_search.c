// Substring search for str, bytes and bytearray.
//
// Candidates are found by comparing the first and the last character of the needle at once (with
// SSE2, a vector of positions at a time). Work spent on candidates that turn out wrong is
// counted; when it exceeds a multiple of the distance covered, the search goes on with the
// two-way algorithm (Crochemore and Perrin, "Two-way string-matching", 1991), which is linear in
// time and needs no memory. So every search is linear, and ordinary ones run at vector speed.
//
// A needle may be of a narrower kind than the text. Pure functions over memory.
#include <string.h>

#include "objects/str_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// A needle compared in vain costs its length; this much is allowed per character passed.
#define WORK_PER_CHARACTER 4
#define WORK_INITIAL 256

// ---- single characters ----

#ifdef __SSE2__

// Bit per byte of the vector at p: set where the character equals the one in v.
ALWAYS_INLINE unsigned
match_mask(int kind, const void *p, __m128i v)
{
    __m128i x = _mm_loadu_si128(p);
    __m128i equal = kind == 1   ? _mm_cmpeq_epi8(x, v)
                    : kind == 2 ? _mm_cmpeq_epi16(x, v)
                                : _mm_cmpeq_epi32(x, v);
    return (unsigned)_mm_movemask_epi8(equal);
}

ALWAYS_INLINE __m128i
broadcast(int kind, Py_UCS4 ch)
{
    return kind == 1   ? _mm_set1_epi8((char)ch)
           : kind == 2 ? _mm_set1_epi16((short)ch)
                       : _mm_set1_epi32((int)ch);
}

#endif

ALWAYS_INLINE Py_ssize_t
find_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch)
{
    Py_ssize_t i = 0;
#ifdef __SSE2__
    __m128i v = broadcast(kind, ch);
    for (Py_ssize_t lanes = 16 / kind; i + lanes <= n; i += lanes) {
        unsigned mask = match_mask(kind, chars_at(kind, hay, i), v);
        if (mask != 0) {
            return i + __builtin_ctz(mask) / kind;
        }
    }
#endif
    for (; i < n; i++) {
        if (str_read(kind, hay, i) == ch) {
            return i;
        }
    }
    return -1;
}

Py_ssize_t
chars_find_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch)
{
    if (kind == 1) {
        const char *found = ch > 0xff || n == 0 ? NULL : memchr(hay, (int)ch, (size_t)n);
        return found == NULL ? -1 : found - (const char *)hay;
    }
    if (kind == 2) {
        return ch > 0xffff ? -1 : find_char(2, hay, n, ch);
    }
    return find_char(4, hay, n, ch);
}

Py_ssize_t
chars_rfind_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch)
{
    if (kind == 1) {
        const char *found = ch > 0xff || n == 0 ? NULL : memrchr(hay, (int)ch, (size_t)n);
        return found == NULL ? -1 : found - (const char *)hay;
    }
    Py_ssize_t i = n - 1;
    while (i >= 0 && str_read(kind, hay, i) != ch) {
        i--;
    }
    return i;
}

// ---- the two-way algorithm ----

// Text seen forwards or backwards; kind and reverse are constants after inlining.
typedef struct {
    int kind;
    bool reverse;
    const void *data;
    Py_ssize_t size;
} View;

ALWAYS_INLINE Py_UCS4
view_at(View v, Py_ssize_t i)
{
    return str_read(v.kind, v.data, v.reverse ? v.size - 1 - i : i);
}

// Start of the maximal suffix of the needle minus one, and its period.
ALWAYS_INLINE Py_ssize_t
maximal_suffix(View p, Py_ssize_t *period, bool inverted)
{
    Py_ssize_t suffix = -1, j = 0, k = 1;
    *period = 1;
    while (j + k < p.size) {
        Py_UCS4 a = view_at(p, j + k), b = view_at(p, suffix + k);
        if (a == b) {
            if (k == *period) {
                j += *period;
                k = 1;
            }
            else {
                k++;
            }
        }
        else if ((a < b) != inverted) {
            j += k;
            k = 1;
            *period = j - suffix;
        }
        else {
            suffix = j++;
            k = *period = 1;
        }
    }
    return suffix;
}

ALWAYS_INLINE Py_ssize_t
two_way(View h, View p)
{
    Py_ssize_t period, other_period;
    Py_ssize_t cut = maximal_suffix(p, &period, false);
    Py_ssize_t other_cut = maximal_suffix(p, &other_period, true);
    if (other_cut > cut) {
        cut = other_cut;
        period = other_period;
    }
    bool periodic = true;
    for (Py_ssize_t i = 0; i <= cut && periodic; i++) {
        periodic = i + period < p.size && view_at(p, i) == view_at(p, i + period);
    }
    if (!periodic) {
        period = (cut + 1 > p.size - cut - 1 ? cut + 1 : p.size - cut - 1) + 1;
    }
    Py_ssize_t memory = -1;     // the needle is known to match up to here (periodic case)
    for (Py_ssize_t j = 0; j <= h.size - p.size;) {
        Py_ssize_t i = (cut > memory ? cut : memory) + 1;
        while (i < p.size && view_at(p, i) == view_at(h, i + j)) {
            i++;
        }
        if (i < p.size) {
            j += i - cut;
            memory = -1;
            continue;
        }
        i = cut;
        while (i > memory && view_at(p, i) == view_at(h, i + j)) {
            i--;
        }
        if (i <= memory) {
            return j;
        }
        j += period;
        memory = periodic ? p.size - period - 1 : -1;
    }
    return -1;
}

// Index in the direction of the search.
static Py_ssize_t
two_way_search(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind, const void *needle,
               Py_ssize_t m, bool reverse)
{
#define TWO_WAY_CASE(H, N)                                                                  \
    case (H) << 4 | (N):                                                                    \
        return reverse ? two_way((View){H, true, hay, n}, (View){N, true, needle, m})       \
                       : two_way((View){H, false, hay, n}, (View){N, false, needle, m});
    switch (hay_kind << 4 | needle_kind) {
        TWO_WAY_CASE(1, 1)
        TWO_WAY_CASE(2, 1)
        TWO_WAY_CASE(2, 2)
        TWO_WAY_CASE(4, 1)
        TWO_WAY_CASE(4, 2)
        TWO_WAY_CASE(4, 4)
    }
#undef TWO_WAY_CASE
    return -1;
}

// ---- candidates by first and last character ----

typedef struct {
    int needle_kind;
    const void *needle;
    Py_ssize_t m;
    Py_UCS4 first, last;
} Needle;

// Whether the needle's inner characters are at i.
ALWAYS_INLINE bool
inner_match(int kind, const void *hay, Py_ssize_t i, const Needle *needle)
{
    return needle->m <= 2 ||
           chars_equal(kind, chars_at(kind, hay, i + 1), needle->needle_kind,
                       chars_at(needle->needle_kind, needle->needle, 1), needle->m - 2);
}

// Index, -1 when absent, or -2 - i when the search has cost too much before position i.
ALWAYS_INLINE Py_ssize_t
find_candidates(int kind, const void *hay, Py_ssize_t n, const Needle *needle)
{
    Py_ssize_t m = needle->m, stop = n - m + 1, i = 0, work = 0;
#ifdef __SSE2__
    __m128i first = broadcast(kind, needle->first), last = broadcast(kind, needle->last);
    for (Py_ssize_t lanes = 16 / kind; i + lanes <= stop; i += lanes) {
        unsigned mask = match_mask(kind, chars_at(kind, hay, i), first) &
                        match_mask(kind, chars_at(kind, hay, i + m - 1), last);
        while (mask != 0) {
            int bit = __builtin_ctz(mask);
            if (inner_match(kind, hay, i + bit / kind, needle)) {
                return i + bit / kind;
            }
            work += m;
            mask &= ~(((1u << kind) - 1) << bit);
        }
        if (work > WORK_INITIAL + i * WORK_PER_CHARACTER) {
            return -2 - (i + lanes);
        }
    }
#endif
    for (; i < stop; i++) {
        if (str_read(kind, hay, i) == needle->first &&
            str_read(kind, hay, i + m - 1) == needle->last) {
            if (inner_match(kind, hay, i, needle)) {
                return i;
            }
            work += m;
            if (work > WORK_INITIAL + i * WORK_PER_CHARACTER) {
                return -2 - (i + 1);
            }
        }
    }
    return -1;
}

Py_ssize_t
chars_find(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind, const void *needle,
           Py_ssize_t m)
{
    if (m == 0) {
        return 0;
    }
    if (m > n || needle_kind > hay_kind) {
        return -1;
    }
    Needle nd = {needle_kind, needle, m, str_read(needle_kind, needle, 0),
                 str_read(needle_kind, needle, m - 1)};
    if (m == 1) {
        return chars_find_char(hay_kind, hay, n, nd.first);
    }
    Py_ssize_t found = hay_kind == 1   ? find_candidates(1, hay, n, &nd)
                       : hay_kind == 2 ? find_candidates(2, hay, n, &nd)
                                       : find_candidates(4, hay, n, &nd);
    if (found >= -1) {
        return found;
    }
    Py_ssize_t done = -2 - found;
    if (n - done < m) {
        return -1;
    }
    found = two_way_search(hay_kind, chars_at(hay_kind, hay, done), n - done, needle_kind, needle,
                           m, false);
    return found < 0 ? -1 : found + done;
}

Py_ssize_t
chars_rfind(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind, const void *needle,
            Py_ssize_t m)
{
    if (m == 0) {
        return n;
    }
    if (m > n || needle_kind > hay_kind) {
        return -1;
    }
    Needle nd = {needle_kind, needle, m, str_read(needle_kind, needle, 0),
                 str_read(needle_kind, needle, m - 1)};
    if (m == 1) {
        return chars_rfind_char(hay_kind, hay, n, nd.first);
    }
    Py_ssize_t work = 0;
    for (Py_ssize_t i = n - m; i >= 0; i--) {
        if (str_read(hay_kind, hay, i) != nd.first ||
            str_read(hay_kind, hay, i + m - 1) != nd.last) {
            continue;
        }
        if (inner_match(hay_kind, hay, i, &nd)) {
            return i;
        }
        work += m;
        if (work > WORK_INITIAL + (n - m - i) * WORK_PER_CHARACTER) {
            // What is left: starts below i.
            Py_ssize_t rest = i + m - 1;
            Py_ssize_t found = two_way_search(hay_kind, hay, rest, needle_kind, needle, m, true);
            return found < 0 ? -1 : rest - m - found;
        }
    }
    return -1;
}

ALWAYS_INLINE Py_ssize_t
count_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        count += str_read(kind, hay, i) == ch;
    }
    return count;
}

Py_ssize_t
chars_count(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind, const void *needle,
            Py_ssize_t m, Py_ssize_t max)
{
    if (m == 1 && max >= n) {
        Py_UCS4 ch = str_read(needle_kind, needle, 0);
        return hay_kind == 1   ? count_char(1, hay, n, ch)
               : hay_kind == 2 ? count_char(2, hay, n, ch)
                               : count_char(4, hay, n, ch);
    }
    Py_ssize_t count = 0;
    for (Py_ssize_t at = 0; count < max; count++) {
        Py_ssize_t found = chars_find(hay_kind, chars_at(hay_kind, hay, at), n - at, needle_kind,
                                      needle, m);
        if (found < 0) {
            break;
        }
        at += found + m;
    }
    return count;
}

// ---- on str objects ----

Py_ssize_t
str_find(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end, int direction)
{
    clip_indices(&start, &end, str_length(s));
    Py_ssize_t n = end - start, m = str_length(sub);
    if (n < m) {
        return -1;
    }
    int kind = str_kind(s);
    const void *hay = chars_at(kind, str_data(s), start);
    Py_ssize_t found = direction > 0
                           ? chars_find(kind, hay, n, str_kind(sub), str_data(sub), m)
                           : chars_rfind(kind, hay, n, str_kind(sub), str_data(sub), m);
    return found < 0 ? -1 : found + start;
}

Py_ssize_t
str_find_char(PyObject *s, Py_UCS4 ch, Py_ssize_t start, Py_ssize_t end, int direction)
{
    clip_indices(&start, &end, str_length(s));
    if (start >= end || ch > str_max_char(s)) {
        return -1;
    }
    int kind = str_kind(s);
    const void *hay = chars_at(kind, str_data(s), start);
    Py_ssize_t found = direction > 0 ? chars_find_char(kind, hay, end - start, ch)
                                     : chars_rfind_char(kind, hay, end - start, ch);
    return found < 0 ? -1 : found + start;
}

Py_ssize_t
str_count(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end)
{
    clip_indices(&start, &end, str_length(s));
    Py_ssize_t n = end - start, m = str_length(sub);
    if (n < m) {
        return 0;
    }
    if (m == 0) {
        return n + 1;
    }
    if (str_kind(sub) > str_kind(s)) {
        return 0;
    }
    int kind = str_kind(s);
    return chars_count(kind, chars_at(kind, str_data(s), start), n, str_kind(sub), str_data(sub),
                       m, PY_SSIZE_T_MAX);
}

bool
str_tailmatch(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end, int direction)
{
    clip_indices(&start, &end, str_length(s));
    Py_ssize_t m = str_length(sub);
    if (end - start < m) {
        return false;
    }
    if (m == 0) {
        return true;
    }
    if (str_kind(sub) > str_kind(s)) {
        return false;
    }
    int kind = str_kind(s);
    Py_ssize_t at = direction > 0 ? end - m : start;
    return chars_equal(kind, chars_at(kind, str_data(s), at), str_kind(sub), str_data(sub), m);
}
