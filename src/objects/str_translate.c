// str.translate and str.maketrans.
#include "memory/refcount.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str_internal.h"

// What a table says about one character.
typedef enum { MAP_ERROR = -1, MAP_KEEP, MAP_DELETE, MAP_CHARACTER, MAP_TEXT } MapKind;

// *ch or *text (new reference) by kind.
static MapKind
look_up(PyObject *table, Py_UCS4 from, Py_UCS4 *ch, PyObject **text)
{
    PyObject *key = int_from_i64(from);
    if (key == NULL) {
        return MAP_ERROR;
    }
    PyObject *item = object_getitem(table, key);
    decref(key);
    if (item == NULL) {
        return error_clear_if(PyExc_LookupError) ? MAP_KEEP : MAP_ERROR;
    }
    MapKind kind = MAP_ERROR;
    if (item == Py_None) {
        kind = MAP_DELETE;
    }
    else if (int_check(item)) {
        int overflow;
        int64_t value = int_as_i64_overflow(item, &overflow);
        if (overflow != 0 || value < 0 || value > (int64_t)STR_MAX_CHAR) {
            error_format(PyExc_ValueError, "character mapping must be in range(0x%x)",
                         (unsigned)STR_MAX_CHAR + 1);
        }
        else {
            *ch = (Py_UCS4)value;
            kind = MAP_CHARACTER;
        }
    }
    else if (str_check(item)) {
        *text = new_ref(item);
        kind = MAP_TEXT;
    }
    else {
        error_set(PyExc_TypeError, "character mapping must return integer, None or str");
    }
    decref(item);
    return kind;
}

// Answers for ASCII characters that map to ASCII characters or nothing, so that a table is asked
// once for each. Valid for tables that are exact dicts only.
typedef struct {
    unsigned char known[128];   // MapKind + 1, 0: not asked yet
    unsigned char to[128];
} AsciiCache;

// Writes what becomes of ch. 0 or -1.
static int
translate_character(StrWriter *w, PyObject *table, Py_UCS4 ch, AsciiCache *cache)
{
    Py_UCS4 to = ch;
    PyObject *text = NULL;
    MapKind kind;
    if (ch < 128 && cache != NULL && cache->known[ch] != 0) {
        kind = (MapKind)(cache->known[ch] - 1);
        to = cache->to[ch];
    }
    else {
        kind = look_up(table, ch, &to, &text);
        if (ch < 128 && to < 128 && cache != NULL && kind != MAP_ERROR && kind != MAP_TEXT) {
            cache->known[ch] = (unsigned char)(kind + 1);
            cache->to[ch] = (unsigned char)to;
        }
    }
    switch (kind) {
    case MAP_KEEP:
    case MAP_CHARACTER:
        return str_writer_char(w, to);
    case MAP_DELETE:
        return 0;
    case MAP_TEXT: {
        int rc = str_writer_str(w, text);
        decref(text);
        return rc;
    }
    default:
        return -1;
    }
}

// errors is unused: a table that maps to None deletes; it is there for the C API.
PyObject *
str_translate(PyObject *s, PyObject *table, const char *errors)
{
    (void)errors;
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s);
    AsciiCache cache = {.known = {0}};
    bool cached = dict_check_exact(table);
    StrWriter w;
    str_writer_init(&w);
    w.min_length = n;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (translate_character(&w, table, str_read(kind, data, i), cached ? &cache : NULL) < 0) {
            str_writer_discard(&w);
            return NULL;
        }
    }
    return str_writer_finish(&w);
}

// ---- maketrans ----

static int
set_mapping(PyObject *dict, Py_UCS4 from, PyObject *value)
{
    PyObject *key = int_from_i64(from);
    if (key == NULL) {
        return -1;
    }
    int rc = dict_set(dict, key, value);
    decref(key);
    return rc;
}

static int
maketrans_from_texts(PyObject *dict, PyObject *x, PyObject *y, PyObject *z)
{
    if (!str_check(x)) {
        error_set(PyExc_TypeError, "first maketrans argument must be a string if "
                                   "there is a second argument");
        return -1;
    }
    if (str_length(x) != str_length(y)) {
        error_set(PyExc_ValueError, "the first two maketrans arguments must have equal length");
        return -1;
    }
    for (Py_ssize_t i = 0, n = str_length(x); i < n; i++) {
        PyObject *value = int_from_i64(str_read_char(y, i));
        if (value == NULL) {
            return -1;
        }
        int rc = set_mapping(dict, str_read_char(x, i), value);
        decref(value);
        if (rc < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0, n = z == NULL ? 0 : str_length(z); i < n; i++) {
        if (set_mapping(dict, str_read_char(z, i), Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
maketrans_item(PyObject *dict, PyObject *key, PyObject *value)
{
    if (str_check(key)) {
        if (str_length(key) != 1) {
            error_set(PyExc_ValueError, "string keys in translate table must be of length 1");
            return -1;
        }
        return set_mapping(dict, str_read_char(key, 0), value);
    }
    if (int_check(key)) {
        return dict_set(dict, key, value);
    }
    error_set(PyExc_TypeError, "keys in translate table must be strings or integers");
    return -1;
}

static int
maketrans_from_dict(PyObject *dict, PyObject *x)
{
    if (!dict_check_exact(x)) {
        error_set(PyExc_TypeError, "if you give only one argument to maketrans it must be a dict");
        return -1;
    }
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    int rc;
    while ((rc = dict_next(x, &pos, &key, &value)) > 0) {
        rc = maketrans_item(dict, key, value);
        decref(key);
        decref(value);
        if (rc < 0) {
            return -1;
        }
    }
    return rc;
}

PyObject *
str_maketrans(PyObject *x, PyObject *y, PyObject *z)
{
    PyObject *dict = dict_new();
    if (dict == NULL) {
        return NULL;
    }
    int rc = y != NULL ? maketrans_from_texts(dict, x, y, z) : maketrans_from_dict(dict, x);
    if (rc < 0) {
        clear_ref(dict);
    }
    return dict;
}
