// Normal forms of text (Unicode Standard Annex 15).
//
// Decomposition fills an array of code points, sorts runs of combining marks, and, for NFC and
// NFKC, composes in place. Hangul syllables are computed. Text that a quick check finds normal
// already is returned as it is.
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/str_internal.h"
#include "objects/unicode_data.h"

#define S_BASE 0xac00u
#define L_BASE 0x1100u
#define V_BASE 0x1161u
#define T_BASE 0x11a7u
#define L_COUNT 19u
#define V_COUNT 21u
#define T_COUNT 28u
#define S_COUNT (L_COUNT * V_COUNT * T_COUNT)

// A growing array of code points.
typedef struct {
    Py_UCS4 *chars;
    Py_ssize_t count, size;
} Array;

static int
put(Array *a, Py_UCS4 ch)
{
    if (a->count == a->size) {
        Py_ssize_t size = a->size + a->size / 2 + 32;
        Py_UCS4 *chars = mem_realloc_array(a->chars, (size_t)size, sizeof(Py_UCS4));
        if (chars == NULL) {
            error_no_memory();
            return -1;
        }
        a->chars = chars;
        a->size = size;
    }
    a->chars[a->count++] = ch;
    return 0;
}

static int
combining_class(Py_UCS4 ch, bool old)
{
    return old && !unicode_old_is_assigned(ch) ? 0 : unicode_combining(ch);
}

static int
put_hangul(Array *a, Py_UCS4 ch)
{
    Py_UCS4 index = ch - S_BASE, t = index % T_COUNT;
    if (put(a, L_BASE + index / (V_COUNT * T_COUNT)) < 0 ||
        put(a, V_BASE + index % (V_COUNT * T_COUNT) / T_COUNT) < 0) {
        return -1;
    }
    return t == 0 ? 0 : put(a, T_BASE + t);
}

// The mapping of ch when the form applies it: number of characters at *mapping.
static int
mapping_of(Py_UCS4 ch, bool compatibility, bool old, const Py_UCS4 **mapping, Py_UCS4 *changed)
{
    const char *tag;
    if (old) {
        if (!unicode_old_is_assigned(ch)) {
            return 0;
        }
        *changed = unicode_old_mapping(ch);
        if (*changed != 0) {
            *mapping = changed;
            return 1;
        }
    }
    int n = unicode_decomposition(ch, mapping, &tag);
    return n > 0 && *tag != '\0' && !compatibility ? 0 : n;
}

// Full decomposition: mappings are applied to the characters of mappings, depth first.
static int
decompose_character(Array *a, Py_UCS4 first, bool compatibility, bool old)
{
    Py_UCS4 stack[64];
    int depth = 0;
    stack[depth++] = first;
    while (depth > 0) {
        Py_UCS4 ch = stack[--depth], changed;
        if (ch - S_BASE < S_COUNT) {
            if (put_hangul(a, ch) < 0) {
                return -1;
            }
            continue;
        }
        const Py_UCS4 *mapping;
        int n = mapping_of(ch, compatibility, old, &mapping, &changed);
        if (n == 0 || depth + n > (int)(sizeof stack / sizeof stack[0])) {
            if (put(a, ch) < 0) {
                return -1;
            }
            continue;
        }
        while (n > 0) {
            stack[depth++] = mapping[--n];
        }
    }
    return 0;
}

// Sorts a long run of marks by class: stable, in linear time. 0 or -1.
static int
sort_run(Py_UCS4 *run, Py_ssize_t n, bool old)
{
    Py_ssize_t start[257] = {0};
    Py_UCS4 *sorted = mem_alloc_array((size_t)n, sizeof(Py_UCS4));
    if (sorted == NULL) {
        error_no_memory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        start[combining_class(run[i], old) + 1]++;
    }
    for (int class = 1; class < 257; class++) {
        start[class] += start[class - 1];
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        sorted[start[combining_class(run[i], old)]++] = run[i];
    }
    memcpy(run, sorted, (size_t)n * sizeof(Py_UCS4));
    mem_free(sorted);
    return 0;
}

// The same for few marks, by insertion.
static void
sort_short_run(Py_UCS4 *run, Py_ssize_t n, bool old)
{
    for (Py_ssize_t i = 1; i < n; i++) {
        Py_UCS4 ch = run[i];
        int class = combining_class(ch, old);
        Py_ssize_t j = i;
        for (; j > 0 && combining_class(run[j - 1], old) > class; j--) {
            run[j] = run[j - 1];
        }
        run[j] = ch;
    }
}

// Canonical order: runs of marks sorted by class. 0 or -1.
static int
reorder(Array *a, bool old)
{
    for (Py_ssize_t i = 0; i < a->count;) {
        if (combining_class(a->chars[i], old) == 0) {
            i++;
            continue;
        }
        Py_ssize_t start = i;
        while (i < a->count && combining_class(a->chars[i], old) != 0) {
            i++;
        }
        if (i - start <= 16) {
            sort_short_run(a->chars + start, i - start, old);
        }
        else if (sort_run(a->chars + start, i - start, old) < 0) {
            return -1;
        }
    }
    return 0;
}

static Py_UCS4
compose_pair(Py_UCS4 first, Py_UCS4 second)
{
    if (first - L_BASE < L_COUNT && second - V_BASE < V_COUNT) {
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT;
    }
    if (first - S_BASE < S_COUNT && (first - S_BASE) % T_COUNT == 0 && second > T_BASE &&
        second - T_BASE < T_COUNT) {
        return first + (second - T_BASE);
    }
    return unicode_compose(first, second);
}

static void
compose(Array *a, bool old)
{
    Py_ssize_t out = 0, starter = -1;
    int last_class = 0;
    for (Py_ssize_t i = 0; i < a->count; i++) {
        Py_UCS4 ch = a->chars[i];
        int class = combining_class(ch, old);
        if (starter >= 0 && (out - 1 == starter || last_class < class)) {
            Py_UCS4 composed = compose_pair(a->chars[starter], ch);
            if (composed != 0) {
                a->chars[starter] = composed;
                continue;
            }
        }
        if (class == 0) {
            starter = out;
        }
        last_class = class;
        a->chars[out++] = ch;
    }
    a->count = out;
}

// 'Y', 'N' or 'M' for the whole text. Only for the current version of the database.
static char
quick_check(PyObject *s, int form)
{
    if (str_is_ascii(s)) {
        return 'Y';
    }
    int kind = str_kind(s), last_class = 0;
    const void *data = str_data(s);
    char result = 'Y';
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        if (ch < 0x80) {
            last_class = 0;
            continue;
        }
        int class = unicode_combining(ch);
        if (class != 0 && last_class > class) {
            return 'N';
        }
        last_class = class;
        char check = unicode_quick_check(ch, form);
        if (check == 'N') {
            return 'N';
        }
        if (check == 'M') {
            result = 'M';
        }
    }
    return result;
}

static PyObject *
normalize(PyObject *s, int form, bool old)
{
    bool compatibility = form == NORMAL_NFKC || form == NORMAL_NFKD;
    Array a = {NULL, 0, 0};
    PyObject *result = NULL;
    int kind = str_kind(s);
    const void *data = str_data(s);
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        if (decompose_character(&a, str_read(kind, data, i), compatibility, old) < 0) {
            goto done;
        }
    }
    if (reorder(&a, old) < 0) {
        goto done;
    }
    if (form == NORMAL_NFC || form == NORMAL_NFKC) {
        compose(&a, old);
    }
    result = str_from_kind_and_data(4, a.chars, a.count);
done:
    mem_free(a.chars);
    return result;
}

PyObject *
unicode_normalize(PyObject *s, int form, bool old)
{
    if (str_length(s) == 0 || str_is_ascii(s) || (!old && quick_check(s, form) == 'Y')) {
        return str_unchanged(s);
    }
    return normalize(s, form, old);
}

int
unicode_is_normalized(PyObject *s, int form, bool old)
{
    char check = old ? 'M' : quick_check(s, form);
    if (check != 'M') {
        return check == 'Y';
    }
    PyObject *normal = unicode_normalize(s, form, old);
    if (normal == NULL) {
        return -1;
    }
    int same = str_equal(s, normal);
    decref(normal);
    return same;
}
