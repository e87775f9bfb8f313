// str: storage, creation, resizing and copying.
//
// Owns the memory of str objects, the empty string and the 256 strings of one Latin-1 character,
// which are static, interned and immortal: every function that makes a str gives one of them out
// where it fits, so that `is` on short strings is stable and allocation is rare.
//
// Invariants: kind is the smallest that holds all characters; the text ends with a NUL character
// of its kind; exact strings are compact. A str under construction may break them until its
// maker is done.
//
// Threading: see str.h. Resizing in place happens only when str_is_modifiable says that nobody
// else can see the object.
#include "objects/str.h"

#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str_internal.h"

// One-character strings: ASCII ones carry their text after the short header.
typedef struct {
    PyASCIIObject head;
    Py_UCS1 text[8];
} AsciiCharacter;

typedef struct {
    PyCompactUnicodeObject head;
    Py_UCS1 text[8];
} Latin1Character;

static AsciiCharacter ascii_characters[128];    // immutable after str_runtime_init
static Latin1Character latin1_characters[128];  // immutable after str_runtime_init
static AsciiCharacter empty_string;             // immutable after str_runtime_init

static void
static_head_init(PyASCIIObject *head, Py_ssize_t length, bool ascii)
{
    head->ob_base.ob_ref_local = REF_IMMORTAL_LOCAL;
    head->ob_base.ob_type = &PyUnicode_Type;
    head->length = length;
    head->hash = -1;
    head->state.kind = 1;
    head->state.compact = 1;
    head->state.ascii = ascii;
    head->state.statically_allocated = 1;
}

void
str_static_init(void)
{
    static_head_init(&empty_string.head, 0, true);
    for (int i = 0; i < 128; i++) {
        static_head_init(&ascii_characters[i].head, 1, true);
        ascii_characters[i].text[0] = (Py_UCS1)i;
        static_head_init(&latin1_characters[i].head._base, 1, false);
        latin1_characters[i].text[0] = (Py_UCS1)(i + 128);
    }
}

PyObject *str_empty(void) { return (PyObject *)&empty_string; }

PyObject *
str_latin1_character_borrow(Py_UCS1 ch)
{
    return ch < 128 ? (PyObject *)&ascii_characters[ch] : (PyObject *)&latin1_characters[ch - 128];
}

PyObject *
str_from_char(Py_UCS4 ch)
{
    if (ch < 256) {
        return str_latin1_character_borrow((Py_UCS1)ch);
    }
    PyObject *s = str_new(1, ch);
    if (s != NULL) {
        str_write(str_kind(s), str_data(s), 0, ch);
    }
    return s;
}

PyObject *
str_from_ordinal(int ordinal)
{
    if (ordinal < 0 || ordinal > (int)STR_MAX_CHAR) {
        return error_set(PyExc_ValueError, "chr() arg not in range(0x110000)");
    }
    return str_from_char((Py_UCS4)ordinal);
}

// ---- allocation ----

static size_t
header_size(Py_UCS4 maxchar)
{
    return maxchar < 0x80 ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
}

// The usual case of str_new: its size cannot overflow.
#define STR_QUICK_LENGTH 4096

static inline PyObject *
new_ascii(Py_ssize_t length)
{
    PyASCIIObject *head =
        (PyASCIIObject *)heap_alloc(sizeof(PyASCIIObject) + (size_t)length + 1, HEAP_PLAIN);
    if (head == NULL) {
        return NULL;
    }
    heap_object_init((PyObject *)head, &PyUnicode_Type);
    static const PyASCIIObject fresh = {.state = {.kind = 1, .compact = 1, .ascii = 1}};
    head->length = length;
    head->hash = -1;
    head->state = fresh.state;
    ((char *)(head + 1))[length] = 0;
    return (PyObject *)head;
}

PyObject *
str_new(Py_ssize_t length, Py_UCS4 maxchar)
{
    if (length == 0) {
        return str_empty();
    }
    if (maxchar < 0x80 && length > 0 && length <= STR_QUICK_LENGTH) {
        return new_ascii(length);
    }
    if (maxchar > STR_MAX_CHAR) {
        return error_set(PyExc_SystemError, "invalid maximum character passed to PyUnicode_New");
    }
    if (length < 0) {
        return error_set(PyExc_SystemError, "Negative size passed to PyUnicode_New");
    }
    int kind = kind_for(maxchar);
    size_t size;
    if (!checked_array_size(header_size(maxchar), (size_t)length + 1, (size_t)kind, &size)) {
        return error_no_memory();
    }
    PyASCIIObject *head = (PyASCIIObject *)heap_new_object(&PyUnicode_Type, size);
    if (head == NULL) {
        return NULL;
    }
    head->length = length;
    head->hash = -1;
    memset(&head->state, 0, sizeof head->state);
    head->state.kind = (unsigned)kind & 7u;
    head->state.compact = 1;
    head->state.ascii = maxchar < 0x80;
    if (maxchar >= 0x80) {
        ((PyCompactUnicodeObject *)head)->utf8 = NULL;
        ((PyCompactUnicodeObject *)head)->utf8_length = 0;
    }
    str_write(kind, str_data((PyObject *)head), length, 0);
    return (PyObject *)head;
}

void
str_dealloc(PyObject *op)
{
    if (!str_is_ascii(op)) {
        PyCompactUnicodeObject *s = (PyCompactUnicodeObject *)op;
        if (s->utf8 != NULL && (str_is_compact(op) || s->utf8 != (char *)str_data(op))) {
            mem_free(s->utf8);
        }
    }
    if (!str_is_compact(op)) {
        mem_free(((PyUnicodeObject *)op)->data.any);
    }
    type_of(op)->tp_free(op);
}

bool
str_is_modifiable(PyObject *s)
{
    return str_check_exact(s) && !str_is_interned(s) && refcount_is_unique(s);
}

// Moves a unique compact str to a block for length characters (same kind).
static int
resize_compact(PyObject **s, Py_ssize_t length)
{
    PyObject *op = *s;
    int kind = str_kind(op);
    size_t size;
    size_t header = str_is_ascii(op) ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
    if (!checked_array_size(header, (size_t)length + 1, (size_t)kind, &size)) {
        error_no_memory();
        return -1;
    }
    if (!str_is_ascii(op)) {
        PyCompactUnicodeObject *compact = (PyCompactUnicodeObject *)op;
        mem_free(compact->utf8);
        compact->utf8 = NULL;
        compact->utf8_length = 0;
    }
    // Slots and runs have spare room, so repeated `s += t` is linear.
    PyObject *moved = heap_realloc(op, size);
    if (moved == NULL) {
        return -1;
    }
    STR_HEAD(moved)->length = length;
    STR_HEAD(moved)->hash = -1;
    str_write(kind, str_data(moved), length, 0);
    *s = moved;
    return 0;
}

int
str_resize(PyObject **s, Py_ssize_t length)
{
    PyObject *op = *s;
    Py_ssize_t old = str_length(op);
    if (old == length) {
        return 0;
    }
    if (length == 0) {
        set_ref(*s, str_empty());
        return 0;
    }
    if (str_is_compact(op) && str_is_modifiable(op)) {
        return resize_compact(s, length);
    }
    PyObject *copy = str_new(length, str_max_char(op));
    if (copy == NULL) {
        return -1;
    }
    str_copy_characters(copy, 0, op, 0, old < length ? old : length);
    set_ref(*s, copy);
    return 0;
}

// ---- from C data ----

PyObject *
str_from_ascii(const char *text, Py_ssize_t size)
{
    if (size == 1) {
        return str_latin1_character_borrow((Py_UCS1)text[0]);
    }
    PyObject *s = str_new(size, 0x7f);
    if (s != NULL && size > 0) {
        memcpy(str_data(s), text, (size_t)size);
    }
    return s;
}

PyObject *
str_from_latin1(const char *text, Py_ssize_t size)
{
    return str_from_kind_and_data(1, text, size);
}

PyObject *
str_from_cstr(const char *utf8)
{
    return str_from_utf8(utf8, (Py_ssize_t)strlen(utf8));
}

PyObject *
str_from_utf8(const char *utf8, Py_ssize_t size)
{
    if (size < 0) {
        return error_set(PyExc_SystemError,
                         "Negative size passed to PyUnicode_FromStringAndSize");
    }
    return str_decode_utf8(utf8, size, NULL);
}

PyObject *
str_from_kind_and_data(int kind, const void *data, Py_ssize_t size)
{
    if (size < 0) {
        return error_set(PyExc_ValueError, "size must be positive");
    }
    if (kind != 1 && kind != 2 && kind != 4) {
        return error_set(PyExc_SystemError, "invalid kind");
    }
    if (size == 0) {
        return str_empty();
    }
    if (size == 1) {
        return str_from_char(str_read(kind, data, 0));
    }
    PyObject *s = str_new(size, chars_max(kind, data, size));
    if (s != NULL) {
        chars_copy(str_kind(s), str_data(s), kind, data, size);
    }
    return s;
}

PyObject *
str_from_wchar(const wchar_t *text, Py_ssize_t size)
{
    _Static_assert(sizeof(wchar_t) == 4, "wchar_t holds any code point");
    if (size < 0) {
        size = (Py_ssize_t)wcslen(text);
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((Py_UCS4)text[i] > STR_MAX_CHAR) {
            return error_format(PyExc_ValueError,
                                "character U+%x is not in range [U+0000; U+10ffff]",
                                (unsigned)text[i]);
        }
    }
    return str_from_kind_and_data(4, text, size);
}

// ---- copies ----

PyObject *
str_copy(PyObject *s)
{
    Py_ssize_t n = str_length(s);
    if (n == 1) {
        return str_from_char(str_read_char(s, 0));
    }
    PyObject *copy = str_new(n, str_max_char(s));
    if (copy != NULL && n > 0) {
        memcpy(str_data(copy), str_data(s), (size_t)n * (size_t)str_kind(s));
    }
    return copy;
}

PyObject *
str_unchanged(PyObject *s)
{
    return str_check_exact(s) ? new_ref(s) : str_copy(s);
}

PyObject *
str_from_object(PyObject *op)
{
    if (str_check(op)) {
        return str_unchanged(op);
    }
    return error_format(PyExc_TypeError, "Can't convert '%.100s' object to str implicitly",
                        type_of(op)->tp_name);
}

int
str_require(PyObject *op)
{
    if (str_check(op)) {
        return 0;
    }
    error_format(PyExc_TypeError, "must be str, not %.100s", type_of(op)->tp_name);
    return -1;
}

PyObject *
str_narrow_steal(PyObject *s)
{
    if (s == NULL) {
        return NULL;
    }
    Py_ssize_t n = str_length(s);
    Py_UCS4 maxchar = chars_max(str_kind(s), str_data(s), n);
    if (n != 1 && maxchar == str_max_char(s)) {
        return s;
    }
    PyObject *narrow = str_from_kind_and_data(str_kind(s), str_data(s), n);
    decref(s);
    return narrow;
}

void
str_copy_characters(PyObject *to, Py_ssize_t at, PyObject *from, Py_ssize_t start, Py_ssize_t n)
{
    if (n > 0) {
        int to_kind = str_kind(to), from_kind = str_kind(from);
        chars_copy(to_kind, chars_at(to_kind, str_data(to), at), from_kind,
                   chars_at(from_kind, str_data(from), start), n);
    }
}

void
str_fill(PyObject *s, Py_ssize_t start, Py_ssize_t n, Py_UCS4 ch)
{
    if (n > 0) {
        chars_fill(str_kind(s), chars_at(str_kind(s), str_data(s), start), ch, n);
    }
}

Py_UCS4
str_find_max_char(PyObject *s, Py_ssize_t start, Py_ssize_t end)
{
    if (str_is_ascii(s) || start >= end) {
        return 0x7f;
    }
    int kind = str_kind(s);
    return chars_max(kind, chars_at(kind, str_data(s), start), end - start);
}

PyObject *
str_substring(PyObject *s, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t length = str_length(s);
    if (start < 0 || end < 0) {
        return error_set(PyExc_IndexError, "string index out of range");
    }
    end = end < length ? end : length;
    if (start == 0 && end == length) {
        return str_unchanged(s);
    }
    if (start >= end) {
        return str_empty();
    }
    int kind = str_kind(s);
    const void *data = chars_at(kind, str_data(s), start);
    if (str_is_ascii(s)) {
        return str_from_ascii(data, end - start);
    }
    return str_from_kind_and_data(kind, data, end - start);
}

PyObject *
str_getitem(PyObject *s, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)str_length(s)) {
        return error_set(PyExc_IndexError, "string index out of range");
    }
    return str_from_char(str_read_char(s, i));
}

// ---- C arrays ----

Py_UCS4 *
str_as_ucs4(PyObject *s, Py_UCS4 *buffer, Py_ssize_t size, bool with_nul)
{
    Py_ssize_t n = str_length(s);
    if (size < n + with_nul) {
        error_set(PyExc_SystemError, "string is longer than the buffer");
        if (with_nul && size > 0) {
            buffer[0] = 0;
        }
        return NULL;
    }
    chars_copy(4, buffer, str_kind(s), str_data(s), n);
    if (with_nul) {
        buffer[n] = 0;
    }
    return buffer;
}

Py_UCS4 *
str_as_ucs4_copy(PyObject *s)
{
    Py_ssize_t n = str_length(s);
    Py_UCS4 *buffer = mem_alloc_array((size_t)n + 1, sizeof(Py_UCS4));
    if (buffer == NULL) {
        return error_no_memory();
    }
    return str_as_ucs4(s, buffer, n + 1, true);
}

wchar_t *
str_as_wchar(PyObject *s, Py_ssize_t *size)
{
    if (size == NULL && str_find_char(s, 0, 0, str_length(s), 1) >= 0) {
        return error_set(PyExc_ValueError, "embedded null character");
    }
    if (size != NULL) {
        *size = str_length(s);
    }
    return (wchar_t *)str_as_ucs4_copy(s);
}
