// Shared by the files of str, bytes and the codecs; not for other folders.
#ifndef TYPHON_OBJECTS_STR_INTERNAL_H
#define TYPHON_OBJECTS_STR_INTERNAL_H

#include <string.h>

#include "objects/str.h"
#include "objects/str_writer.h"

// The head of the static type objects of text types.
#define TEXT_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}
extern PyTypeObject PyType_Type;

// ---- characters of one kind (str_chars.c) ----

// Number of bytes before the first one above 0x7f.
Py_ssize_t ascii_prefix(const void *data, Py_ssize_t n);
// A bound of the characters in the data, as str_max_char gives it; exact about the class.
Py_UCS4 chars_max(int kind, const void *data, Py_ssize_t n);
// Copies n characters from one kind to another; they must fit.
void chars_copy(int to_kind, void *to, int from_kind, const void *from, Py_ssize_t n);
void chars_fill(int kind, void *to, Py_UCS4 ch, Py_ssize_t n);
static inline void *
chars_at(int kind, const void *data, Py_ssize_t i)
{
    return (char *)data + (size_t)i * (size_t)kind;
}
static inline int
kind_for(Py_UCS4 maxchar)
{
    return maxchar < 0x100 ? 1 : maxchar < 0x10000 ? 2 : 4;
}

// ---- creation (str.c) ----

void str_static_init(void);     // once, by str_runtime_init, before any other str exists
PyObject *str_latin1_character_borrow(Py_UCS1 ch);
// s itself when it is an exact str, else an exact copy. New reference.
PyObject *str_unchanged(PyObject *s);
// A copy of s[0:length] in a new exact str.
PyObject *str_copy(PyObject *s);
// Whether the caller, holding one reference, may change s in place.
bool str_is_modifiable(PyObject *s);
// Lowers the kind of a new str whose characters turned out smaller. Consumes s.
PyObject *str_narrow_steal(PyObject *s);
// TypeError "must be str, not X" unless op is a str. 0 or -1.
int str_require(PyObject *op);

// ---- search (str_search.c) ----

// Index of needle in hay, -1 if absent. needle_kind <= hay_kind. m == 0 gives 0 (n for rfind).
Py_ssize_t chars_find(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind,
                      const void *needle, Py_ssize_t m);
Py_ssize_t chars_rfind(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind,
                       const void *needle, Py_ssize_t m);
// Occurrences without overlap, at most max. m > 0.
Py_ssize_t chars_count(int hay_kind, const void *hay, Py_ssize_t n, int needle_kind,
                       const void *needle, Py_ssize_t m, Py_ssize_t max);
Py_ssize_t chars_find_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch);
Py_ssize_t chars_rfind_char(int kind, const void *hay, Py_ssize_t n, Py_UCS4 ch);
bool chars_equal(int kind_a, const void *a, int kind_b, const void *b, Py_ssize_t n);

// Clips start and end of a slice to length as str.find does.
static inline void
clip_indices(Py_ssize_t *start, Py_ssize_t *end, Py_ssize_t length)
{
    if (*end > length) {
        *end = length;
    }
    else if (*end < 0) {
        *end += length;
        if (*end < 0) {
            *end = 0;
        }
    }
    if (*start < 0) {
        *start += length;
        if (*start < 0) {
            *start = 0;
        }
    }
}

// ---- decoding and encoding with error handlers (str_codec.c) ----

typedef enum {
    ERRORS_STRICT, ERRORS_IGNORE, ERRORS_REPLACE, ERRORS_SURROGATEESCAPE, ERRORS_SURROGATEPASS,
    ERRORS_BACKSLASHREPLACE, ERRORS_XMLCHARREFREPLACE, ERRORS_OTHER,
} ErrorsKind;

ErrorsKind errors_kind(const char *errors);

// A decoding under way. The error handler may replace the input.
typedef struct {
    const char *encoding;
    const char *errors;
    const unsigned char *data;
    Py_ssize_t size;
    PyObject *input;        // owned: bytes that the handler put in place of the data, or NULL
    PyObject *handler;      // owned, looked up at the first error
    PyObject *exc;          // owned: the exception, reused
    ErrorsKind kind;
} DecodeState;

void decode_begin(DecodeState *d, const char *encoding, const char *errors, const char *data,
                  Py_ssize_t size);
void decode_end(DecodeState *d);
// Handles the invalid bytes [start, end): writes the replacement and returns the position to go
// on at, or -1 with an exception. d->data and d->size may have changed.
Py_ssize_t decode_error(DecodeState *d, StrWriter *w, const char *reason, Py_ssize_t start,
                        Py_ssize_t end);

typedef struct {
    const char *encoding;
    const char *errors;
    PyObject *text;         // borrowed
    PyObject *handler;      // owned
    PyObject *exc;          // owned
    ErrorsKind kind;
} EncodeState;

void encode_begin(EncodeState *e, const char *encoding, const char *errors, PyObject *text);
void encode_end(EncodeState *e);
// Asks the handler about the characters [start, end): *replacement is a new str or bytes; the
// result is the position to go on at, or -1 with an exception.
Py_ssize_t encode_error(EncodeState *e, const char *reason, Py_ssize_t start, Py_ssize_t end,
                        PyObject **replacement);
// Raises the UnicodeEncodeError for characters that even the replacement cannot express.
void encode_raise(EncodeState *e, const char *reason, Py_ssize_t start, Py_ssize_t end);

// ---- the type ----

void str_dealloc(PyObject *op);                                 // str.c
extern PyMethodDef str_methods[];                               // str_methods.c
PyObject *str_iter(PyObject *s);                                // str_iter.c
// What __reduce__ of an iterator gives; index -1: exhausted, it continues over `empty`.
PyObject *text_iter_reduce(PyObject *sequence, PyObject *empty, const Py_ssize_t *index);
// Positional arguments (sub[, start[, end]]) of find and its like: 0, or -1 with TypeError.
int find_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *start,
                   Py_ssize_t *end);
// A str argument as C text without NUL, NULL where omitted: 0, or -1 with TypeError
// "fname() argument 'keyword' must be str, not X".
int text_argument(const char *fname, const char *display, PyObject *arg, const char **text);
// The arguments (encoding, errors) of encode and decode.
int codec_arguments(const char *fname, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                    const char **encoding, const char **errors);
// The same with a source in front, for str(), bytes() and bytearray(): args and kwargs, or a
// vector with kwnames.
int source_arguments(const char *fname, PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                     PyObject *kwnames, PyObject **source, const char **encoding,
                     const char **errors);
// The tabsize of expandtabs.
int tabsize_argument(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, int *tabsize);
// The count argument of methods, an index: 0 or -1.
int ssize_argument(PyObject *arg, Py_ssize_t *value);

// ---- case (str_case.c) ----

PyObject *str_capitalize(PyObject *s);
PyObject *str_title(PyObject *s);
PyObject *str_swapcase(PyObject *s);
bool str_is_lower(PyObject *s);
bool str_is_upper(PyObject *s);
bool str_is_title(PyObject *s);

// ---- translation (str_translate.c) ----

PyObject *str_maketrans(PyObject *x, PyObject *y, PyObject *z);  // y, z may be NULL

// ---- stripping (str_split.c) ----

enum { STRIP_LEFT = 1, STRIP_RIGHT = 2, STRIP_BOTH = 3 };
PyObject *str_strip_sides(PyObject *s, PyObject *chars, int sides);

static inline Py_UCS4
surrogates_join(Py_UCS4 high, Py_UCS4 low)
{
    return 0x10000 + (((high & 0x3ff) << 10) | (low & 0x3ff));
}
static inline bool is_surrogate(Py_UCS4 ch) { return ch >= 0xd800 && ch <= 0xdfff; }
static inline bool is_high_surrogate(Py_UCS4 ch) { return ch >= 0xd800 && ch <= 0xdbff; }
static inline bool is_low_surrogate(Py_UCS4 ch) { return ch >= 0xdc00 && ch <= 0xdfff; }

#endif
