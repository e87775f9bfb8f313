// The method table of str: arguments in, calls of the functions of the other str files.
#include <limits.h>
#include <string.h>

#include "base/checked.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/int.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"
#include "objects/unicode_data.h"

int
find_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *start,
               Py_ssize_t *end)
{
    *start = 0;
    *end = PY_SSIZE_T_MAX;
    if (!args_check_positional(name, nargs, 1, 3)) {
        return -1;
    }
    if (nargs > 1 && slice_eval_index(args[1], start) < 0) {
        return -1;
    }
    return nargs > 2 ? slice_eval_index(args[2], end) : 0;
}

int
ssize_argument(PyObject *arg, Py_ssize_t *value)
{
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return -1;
    }
    *value = int_as_ssize(index);
    decref(index);
    return *value == -1 && error_occurred() ? -1 : 0;
}

int
text_argument(const char *fname, const char *display, PyObject *arg, const char **text)
{
    *text = NULL;
    if (arg == NULL) {
        return 0;
    }
    if (!str_check(arg)) {
        args_bad_argument(fname, display, "str", arg);
        return -1;
    }
    *text = str_as_utf8_no_nul(arg);
    return *text == NULL ? -1 : 0;
}

int
codec_arguments(const char *fname, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                const char **encoding, const char **errors)
{
    static const char *const keywords[] = {"encoding", "errors", NULL};
    static ArgsParser encode_parser = {.fname = "encode", .keywords = keywords};
    static ArgsParser decode_parser = {.fname = "decode", .keywords = keywords};
    PyObject *out[2] = {NULL, NULL};
    if ((nargs != 0 || kwnames != NULL) &&
        !args_unpack_keywords(args, nargs, NULL, kwnames,
                              *fname == 'e' ? &encode_parser : &decode_parser, 0, 2, 0, out)) {
        return -1;
    }
    return text_argument(fname, "argument 'encoding'", out[0], encoding) < 0
               ? -1
               : text_argument(fname, "argument 'errors'", out[1], errors);
}

int
source_arguments(const char *fname, PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                 PyObject *kwnames, PyObject **source, const char **encoding, const char **errors)
{
    static const char *const str_keywords[] = {"object", "encoding", "errors", NULL};
    static const char *const bytes_keywords[] = {"source", "encoding", "errors", NULL};
    static ArgsParser parsers[3] = {{.fname = "str", .keywords = str_keywords},
                                    {.fname = "bytes", .keywords = bytes_keywords},
                                    {.fname = "bytearray", .keywords = bytes_keywords}};
    ArgsParser *parser = &parsers[*fname == 's' ? 0 : fname[4] == 's' ? 1 : 2];
    PyObject *out[3];
    if (!args_unpack_keywords(args, nargs, kwargs, kwnames, parser, 0, 3, 0, out)) {
        return -1;
    }
    *source = out[0];
    return text_argument(fname, "argument 'encoding'", out[1], encoding) < 0
               ? -1
               : text_argument(fname, "argument 'errors'", out[2], errors);
}

int
tabsize_argument(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, int *tabsize)
{
    static const char *const keywords[] = {"tabsize", NULL};
    static ArgsParser parser = {.fname = "expandtabs", .keywords = keywords};
    PyObject *out[1];
    *tabsize = 8;
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 1, 0, out)) {
        return -1;
    }
    if (out[0] != NULL) {
        *tabsize = int_as_int(out[0]);
    }
    return *tabsize == -1 && error_occurred() ? -1 : 0;
}

// ---- searching ----

static int
search_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *start,
                 Py_ssize_t *end)
{
    if (nargs >= 1 && nargs <= 3 && !str_check(args[0])) {
        args_bad_argument(name, "argument 1", "str", args[0]);
        return -1;
    }
    return find_arguments(name, args, nargs, start, end);
}

static PyObject *
method_find(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    if (search_arguments("find", args, nargs, &start, &end) < 0) {
        return NULL;
    }
    return int_from_ssize(str_find(s, args[0], start, end, 1));
}

static PyObject *
method_rfind(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    if (search_arguments("rfind", args, nargs, &start, &end) < 0) {
        return NULL;
    }
    return int_from_ssize(str_find(s, args[0], start, end, -1));
}

static PyObject *
found_index(Py_ssize_t found)
{
    if (found < 0) {
        return error_set(PyExc_ValueError, "substring not found");
    }
    return int_from_ssize(found);
}

static PyObject *
method_index(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    if (search_arguments("index", args, nargs, &start, &end) < 0) {
        return NULL;
    }
    return found_index(str_find(s, args[0], start, end, 1));
}

static PyObject *
method_rindex(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    if (search_arguments("rindex", args, nargs, &start, &end) < 0) {
        return NULL;
    }
    return found_index(str_find(s, args[0], start, end, -1));
}

static PyObject *
method_count(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    if (search_arguments("count", args, nargs, &start, &end) < 0) {
        return NULL;
    }
    return int_from_ssize(str_count(s, args[0], start, end));
}

// startswith and endswith: direction as in str_tailmatch.
static PyObject *
match_ends(const char *name, PyObject *s, PyObject *const *args, Py_ssize_t nargs, int direction)
{
    Py_ssize_t start, end;
    if (find_arguments(name, args, nargs, &start, &end) < 0) {
        return NULL;
    }
    PyObject *sought = args[0];
    if (str_check(sought)) {
        return bool_from_long(str_tailmatch(s, sought, start, end, direction));
    }
    if (!tuple_check(sought)) {
        return error_format(PyExc_TypeError,
                            "%s first arg must be str or a tuple of str, not %.100s", name,
                            type_of(sought)->tp_name);
    }
    for (Py_ssize_t i = 0; i < tuple_size(sought); i++) {
        PyObject *item = tuple_item(sought, i);
        if (!str_check(item)) {
            return error_format(PyExc_TypeError,
                                "tuple for %s must only contain str, not %.100s", name,
                                type_of(item)->tp_name);
        }
        if (str_tailmatch(s, item, start, end, direction)) {
            return bool_from_long(1);
        }
    }
    return bool_from_long(0);
}

static PyObject *
method_startswith(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    return match_ends("startswith", s, args, nargs, -1);
}

static PyObject *
method_endswith(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    return match_ends("endswith", s, args, nargs, 1);
}

int
str_contains(PyObject *s, PyObject *sub)
{
    if (!str_check(sub)) {
        error_format(PyExc_TypeError,
                     "'in <string>' requires string as left operand, not %.100s",
                     type_of(sub)->tp_name);
        return -1;
    }
    return str_find(s, sub, 0, PY_SSIZE_T_MAX, 1) >= 0;
}

// ---- classification ----

static PyObject *
all_characters(PyObject *s, bool (*predicate)(Py_UCS4))
{
    Py_ssize_t n = str_length(s);
    int kind = str_kind(s);
    const void *data = str_data(s);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!predicate(str_read(kind, data, i))) {
            return bool_from_long(0);
        }
    }
    return bool_from_long(n > 0);
}

static bool alnum(Py_UCS4 ch) { return unicode_is_alnum(ch); }

#define CLASS_METHOD(NAME, EXPRESSION)                      \
    static PyObject *method_##NAME(PyObject *s, PyObject *unused) \
    {                                                       \
        (void)unused;                                       \
        return EXPRESSION;                                  \
    }
CLASS_METHOD(isalnum, all_characters(s, alnum))
CLASS_METHOD(isalpha, all_characters(s, unicode_is_alpha))
CLASS_METHOD(isdecimal, all_characters(s, unicode_is_decimal))
CLASS_METHOD(isdigit, all_characters(s, unicode_is_digit))
CLASS_METHOD(isnumeric, all_characters(s, unicode_is_numeric))
CLASS_METHOD(isspace, all_characters(s, unicode_is_space))
CLASS_METHOD(isascii, bool_from_long(str_is_ascii(s)))
CLASS_METHOD(isidentifier, bool_from_long(str_is_identifier(s)))
CLASS_METHOD(isprintable, bool_from_long(str_is_printable(s)))
CLASS_METHOD(islower, bool_from_long(str_is_lower(s)))
CLASS_METHOD(isupper, bool_from_long(str_is_upper(s)))
CLASS_METHOD(istitle, bool_from_long(str_is_title(s)))
CLASS_METHOD(lower, str_lower(s))
CLASS_METHOD(upper, str_upper(s))
CLASS_METHOD(casefold, str_casefold(s))
CLASS_METHOD(capitalize, str_capitalize(s))
CLASS_METHOD(title, str_title(s))
CLASS_METHOD(swapcase, str_swapcase(s))

// ---- padding ----

static PyObject *
pad(PyObject *s, Py_ssize_t left, Py_ssize_t right, Py_UCS4 fill)
{
    left = left < 0 ? 0 : left;
    right = right < 0 ? 0 : right;
    if (left == 0 && right == 0) {
        return str_unchanged(s);
    }
    Py_ssize_t n = str_length(s), total;
    if (!checked_add_ssize(left, right, &total) || !checked_add_ssize(total, n, &total)) {
        return error_set(PyExc_OverflowError, "padded string is too long");
    }
    Py_UCS4 maxchar = str_max_char(s);
    if (total == 1) {
        return str_from_char(fill);
    }
    PyObject *result = str_new(total, fill > maxchar ? fill : maxchar);
    if (result != NULL) {
        str_fill(result, 0, left, fill);
        str_copy_characters(result, left, s, 0, n);
        str_fill(result, left + n, right, fill);
    }
    return result;
}

static int
fill_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *width,
               Py_UCS4 *fill)
{
    *fill = ' ';
    if (!args_check_positional(name, nargs, 1, 2) || ssize_argument(args[0], width) < 0) {
        return -1;
    }
    if (nargs < 2) {
        return 0;
    }
    if (!str_check(args[1])) {
        error_format(PyExc_TypeError, "The fill character must be a unicode character, not %.100s",
                     type_of(args[1])->tp_name);
        return -1;
    }
    if (str_length(args[1]) != 1) {
        error_set(PyExc_TypeError, "The fill character must be exactly one character long");
        return -1;
    }
    *fill = str_read_char(args[1], 0);
    return 0;
}

static PyObject *
method_ljust(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;
    if (fill_arguments("ljust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return pad(s, 0, width > str_length(s) ? width - str_length(s) : 0, fill);
}

static PyObject *
method_rjust(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;
    if (fill_arguments("rjust", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    return pad(s, width > str_length(s) ? width - str_length(s) : 0, 0, fill);
}

static PyObject *
method_center(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    Py_UCS4 fill;
    if (fill_arguments("center", args, nargs, &width, &fill) < 0) {
        return NULL;
    }
    if (width <= str_length(s)) {
        return str_unchanged(s);
    }
    Py_ssize_t margin = width - str_length(s);
    Py_ssize_t left = margin / 2 + (margin & width & 1);
    return pad(s, left, margin - left, fill);
}

static PyObject *
method_zfill(PyObject *s, PyObject *arg)
{
    Py_ssize_t width, n = str_length(s);
    if (ssize_argument(arg, &width) < 0) {
        return NULL;
    }
    if (width <= n) {
        return str_unchanged(s);
    }
    PyObject *result = pad(s, width - n, 0, '0');
    if (result == NULL || n == 0) {
        return result;
    }
    Py_UCS4 first = str_read_char(s, 0);
    if (first == '+' || first == '-') {
        str_write(str_kind(result), str_data(result), 0, first);
        str_write(str_kind(result), str_data(result), width - n, '0');
    }
    return result;
}

// ---- keyword methods ----

// Separator and maxsplit of split and rsplit.
static int
split_arguments(ArgsParser *parser, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                PyObject **separator, Py_ssize_t *maxsplit)
{
    PyObject *out[2];
    *separator = NULL;
    *maxsplit = -1;
    if (kwnames == NULL && nargs <= 2) {
        out[0] = nargs > 0 ? args[0] : NULL;
        out[1] = nargs > 1 ? args[1] : NULL;
    }
    else if (!args_unpack_keywords(args, nargs, NULL, kwnames, parser, 0, 2, 0, out)) {
        return -1;
    }
    if (out[1] != NULL && ssize_argument(out[1], maxsplit) < 0) {
        return -1;
    }
    if (out[0] == NULL || out[0] == Py_None) {
        return 0;
    }
    if (!str_check(out[0])) {
        error_format(PyExc_TypeError, "must be str or None, not %.100s",
                     type_of(out[0])->tp_name);
        return -1;
    }
    *separator = out[0];
    return 0;
}

static const char *const split_keywords[] = {"sep", "maxsplit", NULL};

static PyObject *
method_split(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.fname = "split", .keywords = split_keywords};
    PyObject *separator;
    Py_ssize_t maxsplit;
    if (split_arguments(&parser, args, nargs, kwnames, &separator, &maxsplit) < 0) {
        return NULL;
    }
    return str_split(s, separator, maxsplit);
}

static PyObject *
method_rsplit(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static ArgsParser parser = {.fname = "rsplit", .keywords = split_keywords};
    PyObject *separator;
    Py_ssize_t maxsplit;
    if (split_arguments(&parser, args, nargs, kwnames, &separator, &maxsplit) < 0) {
        return NULL;
    }
    return str_rsplit(s, separator, maxsplit);
}

static PyObject *
method_splitlines(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"keepends", NULL};
    static ArgsParser parser = {.fname = "splitlines", .keywords = keywords};
    PyObject *out[1];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 0, 1, 0, out)) {
        return NULL;
    }
    int keepends = out[0] == NULL ? 0 : object_is_true(out[0]);
    return keepends < 0 ? NULL : str_splitlines(s, keepends != 0);
}

static PyObject *
method_encode(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const char *encoding, *errors;
    if (codec_arguments("encode", args, nargs, kwnames, &encoding, &errors) < 0) {
        return NULL;
    }
    return str_encode(s, encoding, errors);
}

static PyObject *
method_replace(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "", "count", NULL};
    static ArgsParser parser = {.fname = "replace", .keywords = keywords};
    PyObject *out[3] = {NULL, NULL, NULL};
    if (kwnames == NULL && nargs == 2) {
        out[0] = args[0];
        out[1] = args[1];
    }
    else if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 2, 3, 0, out)) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (!str_check(out[i])) {
            args_bad_argument("replace", i == 0 ? "argument 1" : "argument 2", "str", out[i]);
            return NULL;
        }
    }
    Py_ssize_t count = -1;
    if (out[2] != NULL && ssize_argument(out[2], &count) < 0) {
        return NULL;
    }
    return str_replace(s, out[0], out[1], count);
}

PyObject *
str_expandtabs(PyObject *s, int tabsize)
{
    int kind = str_kind(s);
    const void *data = str_data(s);
    Py_ssize_t n = str_length(s), column = 0;
    if (str_find_char(s, '\t', 0, n, 1) < 0) {
        return str_unchanged(s);
    }
    StrWriter w;
    str_writer_init(&w);
    w.min_length = n;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = str_read(kind, data, i);
        int rc = 0;
        if (ch == '\t') {
            if (tabsize > 0) {
                Py_ssize_t gap = tabsize - column % tabsize;
                if (gap > PY_SSIZE_T_MAX - w.pos) {
                    error_set(PyExc_OverflowError, "new string is too long");
                    rc = -1;
                }
                else {
                    rc = str_writer_fill(&w, ' ', gap);
                    column = (column + gap) % tabsize;
                }
            }
        }
        else {
            rc = str_writer_char(&w, ch);
            column = ch == '\n' || ch == '\r' ? 0 : column + 1;
        }
        if (rc < 0) {
            str_writer_discard(&w);
            return NULL;
        }
    }
    return str_writer_finish(&w);
}

static PyObject *
method_expandtabs(PyObject *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int tabsize;
    if (tabsize_argument(args, nargs, kwnames, &tabsize) < 0) {
        return NULL;
    }
    return str_expandtabs(s, tabsize);
}

// ---- the rest ----

static PyObject *
strip_method(const char *name, PyObject *s, PyObject *const *args, Py_ssize_t nargs, int sides)
{
    if (!args_check_positional(name, nargs, 0, 1)) {
        return NULL;
    }
    PyObject *chars = nargs == 0 || args[0] == Py_None ? NULL : args[0];
    if (chars != NULL && !str_check(chars)) {
        return error_format(PyExc_TypeError, "%s arg must be None or str", name);
    }
    return str_strip_sides(s, chars, sides);
}

static PyObject *
method_strip(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("strip", s, args, nargs, STRIP_BOTH);
}

static PyObject *
method_lstrip(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("lstrip", s, args, nargs, STRIP_LEFT);
}

static PyObject *
method_rstrip(PyObject *s, PyObject *const *args, Py_ssize_t nargs)
{
    return strip_method("rstrip", s, args, nargs, STRIP_RIGHT);
}

static PyObject *
method_removeprefix(PyObject *s, PyObject *prefix)
{
    if (!str_check(prefix)) {
        args_bad_argument("removeprefix", "argument", "str", prefix);
        return NULL;
    }
    Py_ssize_t n = str_length(s);
    return str_tailmatch(s, prefix, 0, n, -1) ? str_substring(s, str_length(prefix), n)
                                              : str_unchanged(s);
}

static PyObject *
method_removesuffix(PyObject *s, PyObject *suffix)
{
    if (!str_check(suffix)) {
        args_bad_argument("removesuffix", "argument", "str", suffix);
        return NULL;
    }
    Py_ssize_t n = str_length(s);
    return str_tailmatch(s, suffix, 0, n, 1) ? str_substring(s, 0, n - str_length(suffix))
                                             : str_unchanged(s);
}

static PyObject *
method_translate(PyObject *s, PyObject *table)
{
    return str_translate(s, table, "ignore");
}

static PyObject *
method_maketrans(PyObject *unused, PyObject *const *args, Py_ssize_t nargs)
{
    (void)unused;
    if (!args_check_positional("maketrans", nargs, 1, 3)) {
        return NULL;
    }
    for (Py_ssize_t i = 1; i < nargs; i++) {
        if (!str_check(args[i])) {
            args_bad_argument("maketrans", i == 1 ? "argument 2" : "argument 3", "str", args[i]);
            return NULL;
        }
    }
    return str_maketrans(args[0], nargs > 1 ? args[1] : NULL, nargs > 2 ? args[2] : NULL);
}

static PyObject *
method_format(PyObject *s, PyObject *args, PyObject *kwargs)
{
    return format_template(s, args, kwargs);
}

static PyObject *
method_format_map(PyObject *s, PyObject *mapping)
{
    return format_template(s, NULL, mapping);
}

static PyObject *
method_dunder_format(PyObject *s, PyObject *spec)
{
    if (!str_check(spec)) {
        args_bad_argument("__format__", "argument", "str", spec);
        return NULL;
    }
    return format_str(s, spec);
}

static PyObject *
method_sizeof(PyObject *s, PyObject *unused)
{
    (void)unused;
    Py_ssize_t text = (str_length(s) + 1) * str_kind(s);
    Py_ssize_t size;
    if (str_is_compact(s)) {
        size = (Py_ssize_t)(str_is_ascii(s) ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject));
    }
    else {
        size = type_of(s)->tp_basicsize;
    }
    size += text;
    if (!str_is_ascii(s) && atomic_load_acquire_ptr(&((PyCompactUnicodeObject *)s)->utf8) != NULL) {
        size += ((PyCompactUnicodeObject *)s)->utf8_length + 1;
    }
    return int_from_ssize(size);
}

static PyObject *
method_getnewargs(PyObject *s, PyObject *unused)
{
    (void)unused;
    PyObject *copy = str_copy(s);
    PyObject *args = copy == NULL ? NULL : tuple_pack(1, copy);
    xdecref(copy);
    return args;
}

#define FAST(f) ((PyCFunction)(void (*)(void))(f))
#define DOC(signature, text) signature "\n--\n\n" text

PyMethodDef str_methods[] = {
    {"encode", FAST(method_encode), METH_FASTCALL | METH_KEYWORDS,
     DOC("encode($self, /, encoding='utf-8', errors='strict')",
         "Encode the string using the codec registered for encoding.\n\n"
         "  encoding\n    The encoding in which to encode the string.\n"
         "  errors\n    The error handling scheme to use for encoding errors.\n"
         "    The default is 'strict' meaning that encoding errors raise a\n"
         "    UnicodeEncodeError.  Other possible values are 'ignore', 'replace' and\n"
         "    'xmlcharrefreplace' as well as any other name registered with\n"
         "    codecs.register_error that can handle UnicodeEncodeErrors.")},
    {"replace", FAST(method_replace), METH_FASTCALL | METH_KEYWORDS,
     DOC("replace($self, old, new, /, count=-1)",
         "Return a copy with all occurrences of substring old replaced by new.\n\n"
         "  count\n    Maximum number of occurrences to replace.\n"
         "    -1 (the default value) means replace all occurrences.\n\n"
         "If the optional argument count is given, only the first count occurrences are\n"
         "replaced.")},
    {"split", FAST(method_split), METH_FASTCALL | METH_KEYWORDS,
     DOC("split($self, /, sep=None, maxsplit=-1)",
         "Return a list of the substrings in the string, using sep as the separator string.\n\n"
         "Without sep, runs of whitespace separate and empty strings are dropped.\n"
         "At most maxsplit splits are made, from the left; -1 means no limit.")},
    {"rsplit", FAST(method_rsplit), METH_FASTCALL | METH_KEYWORDS,
     DOC("rsplit($self, /, sep=None, maxsplit=-1)",
         "Return a list of the substrings in the string, using sep as the separator string.\n\n"
         "Like split(), but splits are made from the right.")},
    {"join", str_join, METH_O,
     DOC("join($self, iterable, /)",
         "Concatenate any number of strings.\n\n"
         "The string whose method is called is inserted in between each given string.\n"
         "The result is returned as a new string.\n\n"
         "Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'")},
    {"capitalize", method_capitalize, METH_NOARGS,
     DOC("capitalize($self, /)",
         "Return a capitalized version of the string.\n\n"
         "More specifically, make the first character have upper case and the rest lower\ncase.")},
    {"casefold", method_casefold, METH_NOARGS,
     DOC("casefold($self, /)",
         "Return a version of the string suitable for caseless comparisons.")},
    {"title", method_title, METH_NOARGS,
     DOC("title($self, /)",
         "Return a version of the string where each word is titlecased.\n\n"
         "More specifically, words start with uppercased characters and all remaining\n"
         "cased characters have lower case.")},
    {"center", FAST(method_center), METH_FASTCALL,
     DOC("center($self, width, fillchar=' ', /)",
         "Return a centered string of length width.\n\n"
         "Padding is done using the specified fill character (default is a space).")},
    {"count", FAST(method_count), METH_FASTCALL,
     DOC("count($self, sub[, start[, end]], /)",
         "Return the number of non-overlapping occurrences of substring sub in string "
         "S[start:end].\n\n"
         "Optional arguments start and end are interpreted as in slice notation.")},
    {"expandtabs", FAST(method_expandtabs), METH_FASTCALL | METH_KEYWORDS,
     DOC("expandtabs($self, /, tabsize=8)",
         "Return a copy where all tab characters are expanded using spaces.\n\n"
         "If tabsize is not given, a tab size of 8 characters is assumed.")},
    {"find", FAST(method_find), METH_FASTCALL,
     DOC("find($self, sub[, start[, end]], /)",
         "Return the lowest index in S where substring sub is found, such that sub is contained "
         "within S[start:end].\n\n"
         "Optional arguments start and end are interpreted as in slice notation.\n"
         "Return -1 on failure.")},
    {"partition", str_partition, METH_O,
     DOC("partition($self, sep, /)",
         "Partition the string into three parts using the given separator.\n\n"
         "This will search for the separator in the string.  If the separator is found,\n"
         "returns a 3-tuple containing the part before the separator, the separator\n"
         "itself, and the part after it.\n\n"
         "If the separator is not found, returns a 3-tuple containing the original string\n"
         "and two empty strings.")},
    {"index", FAST(method_index), METH_FASTCALL,
     DOC("index($self, sub[, start[, end]], /)",
         "Return the lowest index in S where substring sub is found, such that sub is contained "
         "within S[start:end].\n\n"
         "Optional arguments start and end are interpreted as in slice notation.\n"
         "Raises ValueError when the substring is not found.")},
    {"ljust", FAST(method_ljust), METH_FASTCALL,
     DOC("ljust($self, width, fillchar=' ', /)",
         "Return a left-justified string of length width.\n\n"
         "Padding is done using the specified fill character (default is a space).")},
    {"lower", method_lower, METH_NOARGS,
     DOC("lower($self, /)", "Return a copy of the string converted to lowercase.")},
    {"lstrip", FAST(method_lstrip), METH_FASTCALL,
     DOC("lstrip($self, chars=None, /)",
         "Return a copy of the string with leading whitespace removed.\n\n"
         "If chars is given and not None, remove characters in chars instead.")},
    {"rfind", FAST(method_rfind), METH_FASTCALL,
     DOC("rfind($self, sub[, start[, end]], /)",
         "Return the highest index in S where substring sub is found, such that sub is contained "
         "within S[start:end].\n\n"
         "Optional arguments start and end are interpreted as in slice notation.\n"
         "Return -1 on failure.")},
    {"rindex", FAST(method_rindex), METH_FASTCALL,
     DOC("rindex($self, sub[, start[, end]], /)",
         "Return the highest index in S where substring sub is found, such that sub is contained "
         "within S[start:end].\n\n"
         "Optional arguments start and end are interpreted as in slice notation.\n"
         "Raises ValueError when the substring is not found.")},
    {"rjust", FAST(method_rjust), METH_FASTCALL,
     DOC("rjust($self, width, fillchar=' ', /)",
         "Return a right-justified string of length width.\n\n"
         "Padding is done using the specified fill character (default is a space).")},
    {"rstrip", FAST(method_rstrip), METH_FASTCALL,
     DOC("rstrip($self, chars=None, /)",
         "Return a copy of the string with trailing whitespace removed.\n\n"
         "If chars is given and not None, remove characters in chars instead.")},
    {"rpartition", str_rpartition, METH_O,
     DOC("rpartition($self, sep, /)",
         "Partition the string into three parts using the given separator.\n\n"
         "This will search for the separator in the string, starting at the end. If\n"
         "the separator is found, returns a 3-tuple containing the part before the\n"
         "separator, the separator itself, and the part after it.\n\n"
         "If the separator is not found, returns a 3-tuple containing two empty strings\n"
         "and the original string.")},
    {"splitlines", FAST(method_splitlines), METH_FASTCALL | METH_KEYWORDS,
     DOC("splitlines($self, /, keepends=False)",
         "Return a list of the lines in the string, breaking at line boundaries.\n\n"
         "Line breaks are not included in the resulting list unless keepends is given and\n"
         "true.")},
    {"strip", FAST(method_strip), METH_FASTCALL,
     DOC("strip($self, chars=None, /)",
         "Return a copy of the string with leading and trailing whitespace removed.\n\n"
         "If chars is given and not None, remove characters in chars instead.")},
    {"swapcase", method_swapcase, METH_NOARGS,
     DOC("swapcase($self, /)",
         "Convert uppercase characters to lowercase and lowercase characters to uppercase.")},
    {"translate", method_translate, METH_O,
     DOC("translate($self, table, /)",
         "Replace each character in the string using the given translation table.\n\n"
         "  table\n    Translation table, which must be a mapping of Unicode ordinals to\n"
         "    Unicode ordinals, strings, or None.\n\n"
         "The table must implement lookup/indexing via __getitem__, for instance a\n"
         "dictionary or list.  If this operation raises LookupError, the character is\n"
         "left untouched.  Characters mapped to None are deleted.")},
    {"upper", method_upper, METH_NOARGS,
     DOC("upper($self, /)", "Return a copy of the string converted to uppercase.")},
    {"startswith", FAST(method_startswith), METH_FASTCALL,
     DOC("startswith($self, prefix[, start[, end]], /)",
         "Return True if the string starts with the specified prefix, False otherwise.\n\n"
         "  prefix\n    A string or a tuple of strings to try.\n"
         "  start\n    Optional start position. Default: start of the string.\n"
         "  end\n    Optional stop position. Default: end of the string.")},
    {"endswith", FAST(method_endswith), METH_FASTCALL,
     DOC("endswith($self, suffix[, start[, end]], /)",
         "Return True if the string ends with the specified suffix, False otherwise.\n\n"
         "  suffix\n    A string or a tuple of strings to try.\n"
         "  start\n    Optional start position. Default: start of the string.\n"
         "  end\n    Optional stop position. Default: end of the string.")},
    {"removeprefix", method_removeprefix, METH_O,
     DOC("removeprefix($self, prefix, /)",
         "Return a str with the given prefix string removed if present.\n\n"
         "If the string starts with the prefix string, return string[len(prefix):].\n"
         "Otherwise, return a copy of the original string.")},
    {"removesuffix", method_removesuffix, METH_O,
     DOC("removesuffix($self, suffix, /)",
         "Return a str with the given suffix string removed if present.\n\n"
         "If the string ends with the suffix string and that suffix is not empty,\n"
         "return string[:-len(suffix)]. Otherwise, return a copy of the original\nstring.")},
    {"isascii", method_isascii, METH_NOARGS,
     DOC("isascii($self, /)",
         "Return True if all characters in the string are ASCII, False otherwise.\n\n"
         "ASCII characters have code points in the range U+0000-U+007F.\n"
         "Empty string is ASCII too.")},
    {"islower", method_islower, METH_NOARGS,
     DOC("islower($self, /)",
         "Return True if the string is a lowercase string, False otherwise.\n\n"
         "A string is lowercase if all cased characters in the string are lowercase and\n"
         "there is at least one cased character in the string.")},
    {"isupper", method_isupper, METH_NOARGS,
     DOC("isupper($self, /)",
         "Return True if the string is an uppercase string, False otherwise.\n\n"
         "A string is uppercase if all cased characters in the string are uppercase and\n"
         "there is at least one cased character in the string.")},
    {"istitle", method_istitle, METH_NOARGS,
     DOC("istitle($self, /)",
         "Return True if the string is a title-cased string, False otherwise.\n\n"
         "In a title-cased string, upper- and title-case characters may only\n"
         "follow uncased characters and lowercase characters only cased ones.")},
    {"isspace", method_isspace, METH_NOARGS,
     DOC("isspace($self, /)",
         "Return True if the string is a whitespace string, False otherwise.\n\n"
         "A string is whitespace if all characters in the string are whitespace and there\n"
         "is at least one character in the string.")},
    {"isdecimal", method_isdecimal, METH_NOARGS,
     DOC("isdecimal($self, /)",
         "Return True if the string is a decimal string, False otherwise.\n\n"
         "A string is a decimal string if all characters in the string are decimal and\n"
         "there is at least one character in the string.")},
    {"isdigit", method_isdigit, METH_NOARGS,
     DOC("isdigit($self, /)",
         "Return True if the string is a digit string, False otherwise.\n\n"
         "A string is a digit string if all characters in the string are digits and there\n"
         "is at least one character in the string.")},
    {"isnumeric", method_isnumeric, METH_NOARGS,
     DOC("isnumeric($self, /)",
         "Return True if the string is a numeric string, False otherwise.\n\n"
         "A string is numeric if all characters in the string are numeric and there is at\n"
         "least one character in the string.")},
    {"isalpha", method_isalpha, METH_NOARGS,
     DOC("isalpha($self, /)",
         "Return True if the string is an alphabetic string, False otherwise.\n\n"
         "A string is alphabetic if all characters in the string are alphabetic and there\n"
         "is at least one character in the string.")},
    {"isalnum", method_isalnum, METH_NOARGS,
     DOC("isalnum($self, /)",
         "Return True if the string is an alpha-numeric string, False otherwise.\n\n"
         "A string is alpha-numeric if all characters in the string are alpha-numeric and\n"
         "there is at least one character in the string.")},
    {"isidentifier", method_isidentifier, METH_NOARGS,
     DOC("isidentifier($self, /)",
         "Return True if the string is a valid Python identifier, False otherwise.\n\n"
         "Call keyword.iskeyword(s) to test whether string s is a reserved identifier,\n"
         "such as \"def\" or \"class\".")},
    {"isprintable", method_isprintable, METH_NOARGS,
     DOC("isprintable($self, /)",
         "Return True if all characters in the string are printable, False otherwise.\n\n"
         "A character is printable if repr() may use it in its output.")},
    {"zfill", method_zfill, METH_O,
     DOC("zfill($self, width, /)",
         "Pad a numeric string with zeros on the left, to fill a field of the given width.\n\n"
         "The string is never truncated.")},
    {"format", FAST(method_format), METH_VARARGS | METH_KEYWORDS,
     DOC("format($self, /, *args, **kwargs)",
         "Return a formatted version of the string, using substitutions from args and kwargs.\n\n"
         "The substitutions are identified by braces ('{' and '}').")},
    {"format_map", method_format_map, METH_O,
     DOC("format_map($self, mapping, /)",
         "Return a formatted version of the string, using substitutions from mapping.\n\n"
         "The substitutions are identified by braces ('{' and '}').")},
    {"__format__", method_dunder_format, METH_O,
     DOC("__format__($self, format_spec, /)",
         "Return a formatted version of the string as described by format_spec.")},
    {"maketrans", FAST(method_maketrans), METH_FASTCALL | METH_STATIC,
     DOC("maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)",
         "Return a translation table usable for str.translate().\n\n"
         "If there is only one argument, it must be a dictionary mapping Unicode\n"
         "ordinals (integers) or characters to Unicode ordinals, strings or None.\n"
         "Character keys will be then converted to ordinals.\n"
         "If there are two arguments, they must be strings of equal length, and\n"
         "in the resulting dictionary, each character in x will be mapped to the\n"
         "character at the same position in y. If there is a third argument, it\n"
         "must be a string, whose characters will be mapped to None in the result.")},
    {"__sizeof__", method_sizeof, METH_NOARGS,
     DOC("__sizeof__($self, /)", "Return the size of the string in memory, in bytes.")},
    {"__getnewargs__", method_getnewargs, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
