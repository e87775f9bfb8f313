// str: creation, access, comparison, interning, search and conversion.
//
// Owns everything about PyUnicode_Type. Layouts are those of include/abi/strings.h: exact strings
// are compact (the characters follow the header: at 56 when ASCII, at 72 otherwise), instances of
// subclasses are not. The kind (1, 2 or 4 bytes per character) is always the smallest possible,
// and a NUL character follows the text.
//
// Threading: a str is immutable once published. Only its lazily computed parts change: hash
// (relaxed, idempotent), the UTF-8 copy (published with release) and the interned byte (written
// under the lock of the intern table). A new str may be written by its creator until it is shown
// to anybody.
#ifndef TYPHON_OBJECTS_STR_H
#define TYPHON_OBJECTS_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "abi/strings.h"
#include "base/atomic.h"
#include "objects/identifiers.h"

extern PyTypeObject PyUnicode_Type;
extern PyTypeObject PyUnicodeIter_Type;
extern PyTypeObject EncodingMapType;

#define STR_MAX_CHAR ((Py_UCS4)0x10ffff)

enum { STR_NOT_INTERNED = 0, STR_INTERNED_MORTAL = 1, STR_INTERNED = 2, STR_INTERNED_STATIC = 3 };

// ---- access: s must be a str ----

static inline bool str_check(PyObject *op)
{
    return (op->ob_type->tp_flags & Py_TPFLAGS_UNICODE_SUBCLASS) != 0;
}
static inline bool str_check_exact(PyObject *op) { return op->ob_type == &PyUnicode_Type; }

#define STR_HEAD(s) ((PyASCIIObject *)(s))

static inline Py_ssize_t str_length(PyObject *s) { return STR_HEAD(s)->length; }
static inline int str_kind(PyObject *s) { return STR_HEAD(s)->state.kind; }
static inline bool str_is_ascii(PyObject *s) { return STR_HEAD(s)->state.ascii; }
static inline bool str_is_compact(PyObject *s) { return STR_HEAD(s)->state.compact; }

static inline void *
str_data(PyObject *s)
{
    if (STR_HEAD(s)->state.compact) {
        return STR_HEAD(s)->state.ascii ? (void *)(STR_HEAD(s) + 1)
                                        : (void *)((PyCompactUnicodeObject *)s + 1);
    }
    return ((PyUnicodeObject *)s)->data.any;
}

static inline Py_UCS4
str_read(int kind, const void *data, Py_ssize_t i)
{
    if (kind == 1) {
        return ((const Py_UCS1 *)data)[i];
    }
    if (kind == 2) {
        return ((const Py_UCS2 *)data)[i];
    }
    return ((const Py_UCS4 *)data)[i];
}

static inline void
str_write(int kind, void *data, Py_ssize_t i, Py_UCS4 ch)
{
    if (kind == 1) {
        ((Py_UCS1 *)data)[i] = (Py_UCS1)ch;
    }
    else if (kind == 2) {
        ((Py_UCS2 *)data)[i] = (Py_UCS2)ch;
    }
    else {
        ((Py_UCS4 *)data)[i] = ch;
    }
}

// The character at i, which must be in range.
static inline Py_UCS4
str_read_char(PyObject *s, Py_ssize_t i)
{
    return str_read(str_kind(s), str_data(s), i);
}

// A bound of the characters that follows from the kind: 0x7f, 0xff, 0xffff or 0x10ffff.
static inline Py_UCS4
str_max_char(PyObject *s)
{
    if (str_is_ascii(s)) {
        return 0x7f;
    }
    int kind = str_kind(s);
    return kind == 1 ? 0xff : kind == 2 ? 0xffff : STR_MAX_CHAR;
}

static inline bool
str_is_interned(PyObject *s)
{
    return __builtin_expect(atomic_load_relaxed_u8(&STR_HEAD(s)->state.interned) != 0, 1);
}

// ---- creation ----

// A new str of that many characters up to maxchar, to be filled by the caller with characters of
// which the largest is in the same class (7 bit, 8 bit, 16 bit, more). The NUL is in place.
// length 0 gives the empty string. ValueError / SystemError / MemoryError.
PyObject *str_new(Py_ssize_t length, Py_UCS4 maxchar);

PyObject *str_empty(void);                                  // never fails
PyObject *str_from_cstr(const char *utf8);                  // UnicodeDecodeError when invalid
PyObject *str_from_utf8(const char *utf8, Py_ssize_t size); // the same, with a size
PyObject *str_from_ascii(const char *text, Py_ssize_t size); // text is known to be ASCII
PyObject *str_from_latin1(const char *text, Py_ssize_t size);
PyObject *str_from_ordinal(int ordinal);                    // chr(); ValueError
PyObject *str_from_char(Py_UCS4 ch);                        // ch <= 0x10ffff; one character
PyObject *str_from_kind_and_data(int kind, const void *data, Py_ssize_t size);
PyObject *str_from_wchar(const wchar_t *text, Py_ssize_t size); // size -1: up to NUL
PyObject *str_from_object(PyObject *op);                    // exact str of a str; TypeError
// str(op, encoding, errors) for a bytes-like object; TypeError for a str.
PyObject *str_from_encoded_object(PyObject *op, const char *encoding, const char *errors);

// printf-like with the conversions of PyUnicode_FromFormat: %c %d %i %u %o %x %X %p %s with
// l, ll, j, z, t; %A %R %S %U %V %T %#T %N %#N, %lU %lV; width, precision, '-' and '0'.
PyObject *str_format(const char *format, ...);
PyObject *str_format_v(const char *format, va_list args);

// Resizes *s, which the caller alone owns. On failure *s is unchanged. 0 or -1.
int str_resize(PyObject **s, Py_ssize_t length);

// ---- interning (all interned strings are immortal) ----

PyObject *str_intern(PyObject *s);        // the canonical equal str; s must be an exact str
PyObject *str_intern_steal(PyObject *s);  // the same, consuming s; NULL stays NULL
PyObject *str_intern_cstr(const char *utf8);
// The interned str equal to an exact str, borrowed (it is immortal); NULL when there is none.
PyObject *str_interned_borrow(PyObject *s);
void str_intern_in_place(PyObject **s);   // leaves *s alone for subclasses and on failure
int str_identifiers_init(void);           // fills the variables behind ID(); 0 or -1
int str_runtime_init(void);               // intern table, latin-1 characters; 0 or -1
void str_runtime_fini(void);
Py_ssize_t str_interned_count(void);      // how many there are

// ---- comparison and hashing ----

Py_hash_t str_hash(PyObject *s);          // never fails
bool str_equal_slow(PyObject *a, PyObject *b);
// Whether two strs have the same text. Never fails.
static inline bool
str_equal(PyObject *a, PyObject *b)
{
    return a == b || (str_length(a) == str_length(b) && str_equal_slow(a, b));
}
bool str_equal_cstr(PyObject *s, const char *ascii);
bool str_equal_utf8(PyObject *s, const char *utf8, Py_ssize_t size);
int str_compare(PyObject *a, PyObject *b);           // -1, 0, 1 by code points
int str_compare_cstr(PyObject *s, const char *ascii); // the same, against Latin-1 text
PyObject *str_richcompare(PyObject *a, PyObject *b, int op);

// ---- UTF-8 and C views ----

// The UTF-8 text, NUL-terminated, owned by s and cached in it. NULL with UnicodeEncodeError for
// surrogates.
const char *str_as_utf8_size(PyObject *s, Py_ssize_t *size);
const char *str_as_utf8(PyObject *s);
// The same, but ValueError "embedded null character" when the text contains NUL.
const char *str_as_utf8_no_nul(PyObject *s);
wchar_t *str_as_wchar(PyObject *s, Py_ssize_t *size); // mem_alloc'ed; size NULL: no NUL allowed
Py_UCS4 *str_as_ucs4(PyObject *s, Py_UCS4 *buffer, Py_ssize_t size, bool with_nul);
Py_UCS4 *str_as_ucs4_copy(PyObject *s);               // mem_alloc'ed, with NUL

// ---- operations ----

PyObject *str_concat(PyObject *a, PyObject *b);       // TypeError unless both are str
// *left = *left + right; in place when *left is referenced only here. On failure *left is
// released and NULL.
void str_append(PyObject **left, PyObject *right);
void str_append_steal(PyObject **left, PyObject *right);
PyObject *str_repeat(PyObject *s, Py_ssize_t n);
PyObject *str_substring(PyObject *s, Py_ssize_t start, Py_ssize_t end); // clipped; IndexError if negative
PyObject *str_getitem(PyObject *s, Py_ssize_t i);     // one character; IndexError
PyObject *str_join(PyObject *separator, PyObject *iterable);
// separator NULL: nothing between. All items must be str.
PyObject *str_join_array(PyObject *separator, PyObject *const *items, Py_ssize_t n);
PyObject *str_split(PyObject *s, PyObject *separator, Py_ssize_t maxsplit); // separator NULL: blanks
PyObject *str_rsplit(PyObject *s, PyObject *separator, Py_ssize_t maxsplit);
PyObject *str_splitlines(PyObject *s, bool keepends);
PyObject *str_partition(PyObject *s, PyObject *separator);
PyObject *str_rpartition(PyObject *s, PyObject *separator);
PyObject *str_replace(PyObject *s, PyObject *old, PyObject *replacement, Py_ssize_t maxcount);
PyObject *str_translate(PyObject *s, PyObject *table, const char *errors);
PyObject *str_repr(PyObject *s);
PyObject *str_percent(PyObject *format, PyObject *args); // the % operator
PyObject *str_strip(PyObject *s, PyObject *chars);    // chars NULL: blanks
PyObject *str_lower(PyObject *s);
PyObject *str_upper(PyObject *s);
PyObject *str_casefold(PyObject *s);
PyObject *str_expandtabs(PyObject *s, int tabsize);

// Index of sub in s[start:end], -1 when absent. direction > 0: first, < 0: last. Never fails.
Py_ssize_t str_find(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end, int direction);
Py_ssize_t str_find_char(PyObject *s, Py_UCS4 ch, Py_ssize_t start, Py_ssize_t end, int direction);
Py_ssize_t str_count(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end);
int str_contains(PyObject *s, PyObject *sub);         // TypeError unless sub is a str
// Whether s[start:end] starts (direction < 0) or ends (> 0) with sub.
bool str_tailmatch(PyObject *s, PyObject *sub, Py_ssize_t start, Py_ssize_t end, int direction);

bool str_is_identifier(PyObject *s);
bool str_is_printable(PyObject *s);
// Copy with Unicode decimal digits as ASCII digits and blanks as ' ', others above 127 as '?';
// s itself (new reference) when ASCII. For int(), float(), complex().
PyObject *str_decimal_and_space_to_ascii(PyObject *s);

// Copies n characters, which must fit the target's kind.
void str_copy_characters(PyObject *to, Py_ssize_t at, PyObject *from, Py_ssize_t start, Py_ssize_t n);
void str_fill(PyObject *s, Py_ssize_t start, Py_ssize_t n, Py_UCS4 ch);
// The largest character (a bound: 0x7f, 0xff, 0xffff, 0x10ffff) of s[start:end].
Py_UCS4 str_find_max_char(PyObject *s, Py_ssize_t start, Py_ssize_t end);

// ---- encodings (codec.h has the registry) ----

PyObject *str_decode(const char *data, Py_ssize_t size, const char *encoding, const char *errors);

// LookupError for an unknown encoding or error handler (either may be NULL), in development mode only.
int str_check_codec_names(const char *encoding, const char *errors);
PyObject *str_encode(PyObject *s, const char *encoding, const char *errors); // bytes

PyObject *str_decode_utf8(const char *data, Py_ssize_t size, const char *errors);
// consumed not NULL: an incomplete sequence at the end is left over.
PyObject *str_decode_utf8_stateful(const char *data, Py_ssize_t size, const char *errors,
                                   Py_ssize_t *consumed);
PyObject *str_encode_utf8(PyObject *s, const char *errors);
// byteorder: -1 little, 1 big, 0 detect by BOM (little without); receives what was found.
PyObject *str_decode_utf16(const char *data, Py_ssize_t size, const char *errors, int *byteorder,
                           Py_ssize_t *consumed);
PyObject *str_encode_utf16(PyObject *s, const char *errors, int byteorder); // 0: with BOM
PyObject *str_decode_utf32(const char *data, Py_ssize_t size, const char *errors, int *byteorder,
                           Py_ssize_t *consumed);
PyObject *str_encode_utf32(PyObject *s, const char *errors, int byteorder);
PyObject *str_decode_utf7(const char *data, Py_ssize_t size, const char *errors, Py_ssize_t *consumed);
PyObject *str_encode_utf7(PyObject *s, const char *errors);
PyObject *str_decode_latin1(const char *data, Py_ssize_t size, const char *errors);
PyObject *str_encode_latin1(PyObject *s, const char *errors);
PyObject *str_decode_ascii(const char *data, Py_ssize_t size, const char *errors);
PyObject *str_encode_ascii(PyObject *s, const char *errors);
PyObject *str_decode_charmap(const char *data, Py_ssize_t size, PyObject *mapping, const char *errors);
PyObject *str_encode_charmap(PyObject *s, PyObject *mapping, const char *errors);
PyObject *str_build_encoding_map(PyObject *decoding);
// first_invalid: receives the first invalid escape ('\q') or, for octals above 0o377, the digits'
// start; NULL to warn (DeprecationWarning) at once.
PyObject *str_decode_unicode_escape(const char *data, Py_ssize_t size, const char *errors,
                                    Py_ssize_t *consumed, const char **first_invalid);
PyObject *str_encode_unicode_escape(PyObject *s);
PyObject *str_decode_raw_unicode_escape(const char *data, Py_ssize_t size, const char *errors,
                                        Py_ssize_t *consumed);
PyObject *str_encode_raw_unicode_escape(PyObject *s);

// File names: UTF-8 with surrogateescape.
PyObject *str_decode_fsdefault(const char *text);
PyObject *str_decode_fsdefault_size(const char *text, Py_ssize_t size);
PyObject *str_encode_fsdefault(PyObject *s);
// Converters for args_parse: *result is a bytes (str) object made from str, bytes or PathLike
// without NULs; with arg NULL the result is released. 1 (or the cleanup flag) on success, 0 on error.
// os.fspath: str and bytes as they are, __fspath__ of others. New reference, or TypeError.
PyObject *str_fspath(PyObject *arg);
int str_fs_converter(PyObject *arg, void *result);
int str_fs_decoder(PyObject *arg, void *result);
PyObject *str_decode_locale(const char *text, const char *errors); // always UTF-8 here
PyObject *str_encode_locale(PyObject *s, const char *errors);

#endif
