// Shared by the files of bytes and bytearray.
//
// The methods take either type as self and give results of the same type. They convert arguments
// first and look at self's data last, when no Python code can run any more; the bytearray versions
// are called within the object's critical section.
#ifndef TYPHON_OBJECTS_BYTES_INTERNAL_H
#define TYPHON_OBJECTS_BYTES_INTERNAL_H

#include <stdbool.h>

#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/str_internal.h"

// A bytes-like argument: its buffer is held until bytes_arg_release.
typedef struct {
    const char *data;
    Py_ssize_t size;
    Py_buffer view;         // obj NULL: nothing to release
} BytesArg;

// 0, or -1 with TypeError "a bytes-like object is required, not 'X'".
int bytes_arg_get(PyObject *op, BytesArg *arg);
void bytes_arg_release(BytesArg *arg);

static inline bool
bytes_is_mutable(PyObject *op)
{
    return !bytes_check(op);
}

static inline const char *
bytes_like_data(PyObject *op)
{
    return bytes_check(op) ? bytes_data(op) : bytearray_data(op);
}

// While other code looks at the data of self, or runs before that: a bytearray keeps its size
// (BufferError for who tries to change it).
static inline void
bytes_like_hold(PyObject *op)
{
    if (bytes_is_mutable(op)) {
        atomic_add_ssize(&((PyByteArrayObject *)op)->ob_exports, 1);
    }
}

static inline void
bytes_like_release(PyObject *op)
{
    if (bytes_is_mutable(op)) {
        atomic_add_ssize(&((PyByteArrayObject *)op)->ob_exports, -1);
    }
}

// A new object of self's kind.
PyObject *bytes_like_make(PyObject *self, const char *data, Py_ssize_t size);
// self when it is an exact bytes object, else a copy.
PyObject *bytes_like_unchanged(PyObject *self);

// With -b: BytesWarning "Comparison between <type> and string" (or int) for == and !=, and "str() on
// a <type> instance". 0, or -1 when the warning is an error.
int bytes_warn_comparison(PyObject *a, PyObject *b, int op, const char *type);
int bytes_warn_str(const char *type);

// Value of a byte argument (an index in range(256)): 0, or -1 with ValueError "byte must be in
// range(0, 256)".
int byte_argument(PyObject *arg, unsigned char *byte);

// Data of bytes(source) that is neither str nor int nor has __bytes__: buffer or iterable of ints.
// type is "bytes" or "bytearray", for messages.
PyObject *bytes_from_source(PyObject *source, const char *type);
// source, encoding and errors as bytes(…) and bytearray(…) take them: a str encoded (new bytes),
// or NULL without an exception when there is no str.
PyObject *bytes_encode_source(PyObject *source, const char *encoding, const char *errors);

// Methods; the comment in the table of bytes.c says what they take.
#define BYTES_FAST_METHODS(X)                                                                     \
    X(find) X(rfind) X(index) X(rindex) X(count) X(startswith) X(endswith) X(replace) X(strip)    \
    X(lstrip) X(rstrip) X(ljust) X(rjust) X(center)
#define BYTES_KEYWORD_METHODS(X)                                                                  \
    X(split) X(rsplit) X(splitlines) X(translate) X(hex) X(decode) X(expandtabs)
#define BYTES_UNARY_METHODS(X)                                                                    \
    X(partition) X(rpartition) X(join) X(removeprefix) X(removesuffix) X(zfill)
#define BYTES_PLAIN_METHODS(X)                                                                    \
    X(isalnum) X(isalpha) X(isascii) X(isdigit) X(islower) X(isspace) X(istitle) X(isupper)       \
    X(lower) X(upper) X(title) X(capitalize) X(swapcase)

#define X(name)                                                                                   \
    PyObject *bytes_method_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs);
BYTES_FAST_METHODS(X)
#undef X
#define X(name)                                                                                   \
    PyObject *bytes_method_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs,        \
                                  PyObject *kwnames);
BYTES_KEYWORD_METHODS(X)
#undef X
#define X(name) PyObject *bytes_method_##name(PyObject *self, PyObject *arg);
BYTES_UNARY_METHODS(X)
BYTES_PLAIN_METHODS(X)
#undef X

PyObject *bytes_method_maketrans(PyObject *unused, PyObject *const *args, Py_ssize_t nargs);
int bytes_like_contains(PyObject *self, PyObject *arg);
// The bytes that hexadecimal text stands for: new bytes.
PyObject *bytes_parse_hex(PyObject *text);

// repr of data with the given quotes' rules: text up to the closing quote of b'…'.
PyObject *bytes_repr_data(const char *data, Py_ssize_t size, const char *prefix,
                          const char *suffix, bool smart_quotes, bool escape_single);

#define BYTES_FAST(f) ((PyCFunction)(void (*)(void))(f))

// The rows of both method tables; M(name) is the C function.
#define BYTES_SHARED_ROWS(M)                                                                      \
    {"capitalize", M(capitalize), METH_NOARGS,                                                    \
     "capitalize($self, /)\n--\n\n"                                                               \
     "Return a copy with only its first character capitalized (ASCII) and the rest lower-cased."}, \
    {"center", BYTES_FAST(M(center)), METH_FASTCALL,                                              \
     "center($self, width, fillchar=b' ', /)\n--\n\n"                                             \
     "Return a centered string of length width.\n\n"                                              \
     "Padding is done using the specified fill character."},                                      \
    {"count", BYTES_FAST(M(count)), METH_FASTCALL,                                                \
     "count($self, sub[, start[, end]], /)\n--\n\n"                                               \
     "Return the number of non-overlapping occurrences of subsection 'sub'."},                    \
    {"decode", BYTES_FAST(M(decode)), METH_FASTCALL | METH_KEYWORDS,                              \
     "decode($self, /, encoding='utf-8', errors='strict')\n--\n\n"                                \
     "Decode the bytes using the codec registered for encoding."},                                \
    {"endswith", BYTES_FAST(M(endswith)), METH_FASTCALL,                                          \
     "endswith($self, suffix[, start[, end]], /)\n--\n\n"                                         \
     "Return True if the bytes end with the specified suffix, False otherwise."},                 \
    {"expandtabs", BYTES_FAST(M(expandtabs)), METH_FASTCALL | METH_KEYWORDS,                      \
     "expandtabs($self, /, tabsize=8)\n--\n\n"                                                    \
     "Return a copy where all tab characters are expanded using spaces."},                        \
    {"find", BYTES_FAST(M(find)), METH_FASTCALL,                                                  \
     "find($self, sub[, start[, end]], /)\n--\n\n"                                                \
     "Return the lowest index where subsection 'sub' is found, -1 on failure."},                  \
    {"hex", BYTES_FAST(M(hex)), METH_FASTCALL | METH_KEYWORDS,                                    \
     "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"                              \
     "Create a string of hexadecimal numbers, separated where asked for.\n\n"                     \
     "  sep\n    An optional single character or byte to separate hex bytes.\n"                   \
     "  bytes_per_sep\n    How many bytes between separators.  Positive values count from the\n"  \
     "    right, negative values count from the left."},                                          \
    {"index", BYTES_FAST(M(index)), METH_FASTCALL,                                                \
     "index($self, sub[, start[, end]], /)\n--\n\n"                                               \
     "Return the lowest index where subsection 'sub' is found; ValueError on failure."},          \
    {"isalnum", M(isalnum), METH_NOARGS,                                                          \
     "isalnum($self, /)\n--\n\nReturn True if all characters are ASCII letters or digits."},      \
    {"isalpha", M(isalpha), METH_NOARGS,                                                          \
     "isalpha($self, /)\n--\n\nReturn True if all characters are ASCII letters."},                \
    {"isascii", M(isascii), METH_NOARGS,                                                          \
     "isascii($self, /)\n--\n\nReturn True if all bytes are ASCII."},                             \
    {"isdigit", M(isdigit), METH_NOARGS,                                                          \
     "isdigit($self, /)\n--\n\nReturn True if all characters are ASCII digits."},                 \
    {"islower", M(islower), METH_NOARGS,                                                          \
     "islower($self, /)\n--\n\n"                                                                  \
     "Return True if there is a lower case character and no upper case one."},                    \
    {"isspace", M(isspace), METH_NOARGS,                                                          \
     "isspace($self, /)\n--\n\nReturn True if all characters are ASCII whitespace."},             \
    {"istitle", M(istitle), METH_NOARGS,                                                          \
     "istitle($self, /)\n--\n\nReturn True if every word starts with upper case."},               \
    {"isupper", M(isupper), METH_NOARGS,                                                          \
     "isupper($self, /)\n--\n\n"                                                                  \
     "Return True if there is an upper case character and no lower case one."},                   \
    {"join", M(join), METH_O,                                                                     \
     "join($self, iterable_of_bytes, /)\n--\n\n"                                                  \
     "Concatenate any number of bytes objects, with this one in between."},                       \
    {"ljust", BYTES_FAST(M(ljust)), METH_FASTCALL,                                                \
     "ljust($self, width, fillchar=b' ', /)\n--\n\n"                                              \
     "Return a left-justified string of length width.\n\n"                                        \
     "Padding is done using the specified fill character."},                                      \
    {"lower", M(lower), METH_NOARGS,                                                              \
     "lower($self, /)\n--\n\nReturn a copy with all ASCII letters in lower case."},               \
    {"lstrip", BYTES_FAST(M(lstrip)), METH_FASTCALL,                                              \
     "lstrip($self, bytes=None, /)\n--\n\nStrip leading bytes contained in the argument."},       \
    {"maketrans", BYTES_FAST(bytes_method_maketrans), METH_FASTCALL | METH_STATIC,                \
     "maketrans(frm, to, /)\n--\n\n"                                                              \
     "Return a translation table usable for the bytes or bytearray translate method."},           \
    {"partition", M(partition), METH_O,                                                           \
     "partition($self, sep, /)\n--\n\n"                                                           \
     "Partition into three parts: before the separator, the separator, and after it."},           \
    {"removeprefix", M(removeprefix), METH_O,                                                     \
     "removeprefix($self, prefix, /)\n--\n\nReturn a copy without the given prefix if present."}, \
    {"removesuffix", M(removesuffix), METH_O,                                                     \
     "removesuffix($self, suffix, /)\n--\n\nReturn a copy without the given suffix if present."}, \
    {"replace", BYTES_FAST(M(replace)), METH_FASTCALL,                                            \
     "replace($self, old, new, count=-1, /)\n--\n\n"                                              \
     "Return a copy with all occurrences of substring old replaced by new.\n\n"                   \
     "  count\n    Maximum number of occurrences to replace.\n"                                   \
     "    -1 (the default value) means replace all occurrences."},                                \
    {"rfind", BYTES_FAST(M(rfind)), METH_FASTCALL,                                                \
     "rfind($self, sub[, start[, end]], /)\n--\n\n"                                               \
     "Return the highest index where subsection 'sub' is found, -1 on failure."},                 \
    {"rindex", BYTES_FAST(M(rindex)), METH_FASTCALL,                                              \
     "rindex($self, sub[, start[, end]], /)\n--\n\n"                                              \
     "Return the highest index where subsection 'sub' is found; ValueError on failure."},         \
    {"rjust", BYTES_FAST(M(rjust)), METH_FASTCALL,                                                \
     "rjust($self, width, fillchar=b' ', /)\n--\n\n"                                              \
     "Return a right-justified string of length width.\n\n"                                       \
     "Padding is done using the specified fill character."},                                      \
    {"rpartition", M(rpartition), METH_O,                                                         \
     "rpartition($self, sep, /)\n--\n\n"                                                          \
     "Partition into three parts at the last occurrence of the separator."},                      \
    {"rsplit", BYTES_FAST(M(rsplit)), METH_FASTCALL | METH_KEYWORDS,                              \
     "rsplit($self, /, sep=None, maxsplit=-1)\n--\n\n"                                            \
     "Return a list of the sections, using sep as the delimiter, split from the right."},         \
    {"rstrip", BYTES_FAST(M(rstrip)), METH_FASTCALL,                                              \
     "rstrip($self, bytes=None, /)\n--\n\nStrip trailing bytes contained in the argument."},      \
    {"split", BYTES_FAST(M(split)), METH_FASTCALL | METH_KEYWORDS,                                \
     "split($self, /, sep=None, maxsplit=-1)\n--\n\n"                                             \
     "Return a list of the sections, using sep as the delimiter."},                               \
    {"splitlines", BYTES_FAST(M(splitlines)), METH_FASTCALL | METH_KEYWORDS,                      \
     "splitlines($self, /, keepends=False)\n--\n\nReturn a list of the lines."},                  \
    {"startswith", BYTES_FAST(M(startswith)), METH_FASTCALL,                                      \
     "startswith($self, prefix[, start[, end]], /)\n--\n\n"                                       \
     "Return True if the bytes start with the specified prefix, False otherwise."},               \
    {"strip", BYTES_FAST(M(strip)), METH_FASTCALL,                                                \
     "strip($self, bytes=None, /)\n--\n\n"                                                        \
     "Strip leading and trailing bytes contained in the argument."},                              \
    {"swapcase", M(swapcase), METH_NOARGS,                                                        \
     "swapcase($self, /)\n--\n\nReturn a copy with the case of ASCII letters exchanged."},        \
    {"title", M(title), METH_NOARGS,                                                              \
     "title($self, /)\n--\n\nReturn a titlecased copy: ASCII words start in upper case."},        \
    {"translate", BYTES_FAST(M(translate)), METH_FASTCALL | METH_KEYWORDS,                        \
     "translate($self, table, /, delete=b'')\n--\n\n"                                             \
     "Return a copy with each character mapped by the given translation table.\n\n"               \
     "  table\n    Translation table, which must be a bytes object of length 256.\n\n"            \
     "All characters occurring in the optional argument delete are removed."},                    \
    {"upper", M(upper), METH_NOARGS,                                                              \
     "upper($self, /)\n--\n\nReturn a copy with all ASCII letters in upper case."},               \
    {"zfill", M(zfill), METH_O,                                                                   \
     "zfill($self, width, /)\n--\n\n"                                                             \
     "Pad a numeric string with zeros on the left, to fill a field of the given width."}

#endif
