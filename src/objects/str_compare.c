// str: hashing, equality and order.
//
// Threading: str.h; nothing here fails or runs Python code.
#include <string.h>

#include "base/hash.h"
#include "objects/object.h"
#include "objects/bool.h"
#include "objects/str.h"
#include "objects/str_internal.h"

// Equal texts have equal kinds, hence equal bytes, hence equal hashes.
Py_hash_t
str_hash(PyObject *s)
{
    Py_hash_t hash = atomic_load_relaxed_ssize(&STR_HEAD(s)->hash);
    if (hash == -1) {
        hash = hash_bytes(str_data(s), str_length(s) * str_kind(s));
        atomic_store_relaxed_ssize(&STR_HEAD(s)->hash, hash);
    }
    return hash;
}

// Lengths are equal already.
bool
str_equal_slow(PyObject *a, PyObject *b)
{
    int kind = str_kind(a);
    Py_ssize_t n = str_length(a);
    if (kind != str_kind(b) || n != str_length(b)) {
        return false;
    }
    return memcmp(str_data(a), str_data(b), (size_t)n * (size_t)kind) == 0;
}

bool
str_equal_cstr(PyObject *s, const char *ascii)
{
    size_t n = strlen(ascii);
    return str_is_ascii(s) && (size_t)str_length(s) == n && memcmp(str_data(s), ascii, n) == 0;
}

bool
str_equal_utf8(PyObject *s, const char *utf8, Py_ssize_t size)
{
    if (str_is_ascii(s)) {
        return str_length(s) == size && memcmp(str_data(s), utf8, (size_t)size) == 0;
    }
    const unsigned char *p = (const unsigned char *)utf8, *end = p + size;
    int kind = str_kind(s);
    const void *data = str_data(s);
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        unsigned char buffer[4];
        int bytes = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
        if (is_surrogate(ch) || end - p < bytes) {
            return false;
        }
        for (int k = bytes - 1; k > 0; k--, ch >>= 6) {
            buffer[k] = (unsigned char)(0x80 | (ch & 0x3f));
        }
        static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
        buffer[0] = (unsigned char)(lead[bytes] | ch);
        if (memcmp(p, buffer, (size_t)bytes) != 0) {
            return false;
        }
        p += bytes;
    }
    return p == end;
}

int
str_compare(PyObject *a, PyObject *b)
{
    if (a == b) {
        return 0;
    }
    Py_ssize_t na = str_length(a), nb = str_length(b);
    Py_ssize_t n = na < nb ? na : nb;
    int ka = str_kind(a), kb = str_kind(b);
    const void *da = str_data(a), *db = str_data(b);
    if (ka == 1 && kb == 1) {
        int order = memcmp(da, db, (size_t)n);
        if (order != 0) {
            return order < 0 ? -1 : 1;
        }
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_UCS4 ca = str_read(ka, da, i), cb = str_read(kb, db, i);
            if (ca != cb) {
                return ca < cb ? -1 : 1;
            }
        }
    }
    return na == nb ? 0 : na < nb ? -1 : 1;
}

int
str_compare_cstr(PyObject *s, const char *ascii)
{
    size_t nc = strlen(ascii);
    Py_ssize_t n = str_length(s);
    int kind = str_kind(s);
    const void *data = str_data(s);
    for (Py_ssize_t i = 0; i < n && (size_t)i < nc; i++) {
        Py_UCS4 a = str_read(kind, data, i), b = (unsigned char)ascii[i];
        if (a != b) {
            return a < b ? -1 : 1;
        }
    }
    return (size_t)n == nc ? 0 : (size_t)n < nc ? -1 : 1;
}

PyObject *
str_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!str_check(a) || !str_check(b)) {
        return new_ref(Py_NotImplemented);
    }
    bool result;
    if (op == Py_EQ || op == Py_NE) {
        result = str_equal(a, b) == (op == Py_EQ);
    }
    else {
        int order = str_compare(a, b);
        switch (op) {
        case Py_LT:
            result = order < 0;
            break;
        case Py_LE:
            result = order <= 0;
            break;
        case Py_GT:
            result = order > 0;
            break;
        default:
            result = order >= 0;
            break;
        }
    }
    return bool_from_int(result);
}
