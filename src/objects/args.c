// Format units of PyArg_ParseTuple and positional parsing: see args.h.
//
// Results of earlier arguments that own something (buffers, encoded text) are undone when a
// later argument fails. State lives on the C stack.
#include "objects/args_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "abi/constants.h"
#include "abi/numbers.h"
#include "memory/alloc.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// Return value of O& converters that want to be called again with NULL for cleaning up.
#define CLEANUP_SUPPORTED 0x20000

// ---- state ----

void
args_state_init(ArgsState *state, const char *format)
{
    state->fname = NULL;
    state->message = NULL;
    state->levels[0] = 0;
    state->problem[0] = '\0';
    state->cleanup = state->small;
    state->cleanup_count = 0;
    state->cleanup_size = (int)(sizeof state->small / sizeof state->small[0]);
    const char *end = format == NULL ? NULL : strpbrk(format, ":;");
    if (end != NULL) {
        *(*end == ':' ? &state->fname : &state->message) = end + 1;
    }
}

static int
add_cleanup(ArgsState *state, ArgsCleanup entry)
{
    if (state->cleanup_count == state->cleanup_size) {
        size_t size = (size_t)state->cleanup_size * 2;
        ArgsCleanup *grown = mem_alloc_array(size, sizeof(ArgsCleanup));
        if (grown == NULL) {
            error_no_memory();
            return -1;
        }
        memcpy(grown, state->cleanup, (size_t)state->cleanup_count * sizeof(ArgsCleanup));
        if (state->cleanup != state->small) {
            mem_free(state->cleanup);
        }
        state->cleanup = grown;
        state->cleanup_size = (int)size;
    }
    state->cleanup[state->cleanup_count++] = entry;
    return 0;
}

int
args_state_end(ArgsState *state, bool failed)
{
    for (int i = 0; failed && i < state->cleanup_count; i++) {
        ArgsCleanup *entry = &state->cleanup[i];
        if (entry->kind == CLEAN_MEMORY) {
            mem_free(*(void **)entry->item);
            *(void **)entry->item = NULL;
        }
        else if (entry->kind == CLEAN_BUFFER) {
            buffer_release(entry->item);
        }
        else {
            (void)entry->converter(NULL, entry->item);
        }
    }
    if (state->cleanup != state->small) {
        mem_free(state->cleanup);
    }
    return !failed;
}

void
args_raise_problem(ArgsState *state, Py_ssize_t position)
{
    if (error_occurred()) {
        return;
    }
    if (state->message != NULL) {
        error_set(PyExc_TypeError, state->message);
        return;
    }
    char where[128] = "argument";
    if (position != 0) {
        size_t used = (size_t)snprintf(where, sizeof where, "argument %zd", position);
        for (int i = 0; state->levels[i] > 0 && used < 100; i++) {
            used += (size_t)snprintf(where + used, sizeof where - used, ", item %d",
                                     state->levels[i] - 1);
        }
    }
    bool named = state->fname != NULL;
    error_format(state->problem[0] == '(' ? PyExc_SystemError : PyExc_TypeError,
                 "%.200s%s%s %.256s", named ? state->fname : "", named ? "() " : "", where,
                 state->problem);
}

// ---- mismatches ----

static const char *
kind_name(PyObject *arg)
{
    return arg == Py_None ? "None" : type_of(arg)->tp_name;
}

static int
mismatch(ArgsState *state, const char *expected, PyObject *arg)
{
    if (expected[0] == '(') {
        (void)snprintf(state->problem, sizeof state->problem, "%.100s", expected);
    }
    else {
        (void)snprintf(state->problem, sizeof state->problem, "must be %.50s, not %.50s", expected,
                       kind_name(arg));
    }
    return 1;
}

static int
format_error(const char *format)
{
    error_format(PyExc_SystemError, "impossible<bad format char> (%.10s)", format);
    return -1;
}

// ---- numbers ----

// A C long within bounds; texts as in "signed short integer is less than minimum".
static int
convert_bounded(PyObject *arg, long low, long high, const char *name, long *result)
{
    *result = int_as_long(arg);
    if (*result == -1 && error_occurred()) {
        return -1;
    }
    if (*result < low || *result > high) {
        error_format(PyExc_OverflowError, "%s is %s than %s", name,
                     *result < low ? "less" : "greater", *result < low ? "minimum" : "maximum");
        return -1;
    }
    return 0;
}

static int
convert_signed(ArgsState *state, PyObject *arg, char unit)
{
    long value;
    switch (unit) {
    case 'b': {
        unsigned char *p = va_arg(state->va, unsigned char *);
        if (convert_bounded(arg, 0, UCHAR_MAX, "unsigned byte integer", &value) < 0) {
            return -1;
        }
        *p = (unsigned char)value;
        return 0;
    }
    case 'h': {
        short *p = va_arg(state->va, short *);
        if (convert_bounded(arg, SHRT_MIN, SHRT_MAX, "signed short integer", &value) < 0) {
            return -1;
        }
        *p = (short)value;
        return 0;
    }
    case 'i': {
        int *p = va_arg(state->va, int *);
        if (convert_bounded(arg, INT_MIN, INT_MAX, "signed integer", &value) < 0) {
            return -1;
        }
        *p = (int)value;
        return 0;
    }
    case 'l': {
        long *p = va_arg(state->va, long *);
        if (convert_bounded(arg, LONG_MIN, LONG_MAX, "", &value) < 0) {
            return -1;
        }
        *p = value;
        return 0;
    }
    case 'L': {
        long long *p = va_arg(state->va, long long *);
        int64_t wide = int_as_i64(arg);
        if (wide == -1 && error_occurred()) {
            return -1;
        }
        *p = wide;
        return 0;
    }
    default: {
        Py_ssize_t *p = va_arg(state->va, Py_ssize_t *);
        PyObject *index = number_index_raw(arg);
        if (index == NULL) {
            return -1;
        }
        Py_ssize_t size = int_as_ssize(index);
        decref(index);
        if (size == -1 && error_occurred()) {
            return -1;
        }
        *p = size;
        return 0;
    }
    }
}

// The lowest bits of an integer, no overflow checks.
static int
convert_masked(ArgsState *state, PyObject *arg, char unit)
{
    void *p = va_arg(state->va, void *);
    if ((unit == 'k' || unit == 'K') && !index_check(arg)) {
        return mismatch(state, "int", arg);
    }
    uint64_t value = int_as_u64_mask(arg);
    if (value == (uint64_t)-1 && error_occurred()) {
        return -1;
    }
    switch (unit) {
    case 'B':
        *(unsigned char *)p = (unsigned char)value;
        break;
    case 'H':
        *(unsigned short *)p = (unsigned short)value;
        break;
    case 'I':
        *(unsigned int *)p = (unsigned int)value;
        break;
    case 'k':
        *(unsigned long *)p = (unsigned long)value;
        break;
    default:
        *(unsigned long long *)p = value;
    }
    return 0;
}

static int
convert_real(ArgsState *state, PyObject *arg, char unit)
{
    if (unit == 'D') {
        Py_complex *p = va_arg(state->va, Py_complex *);
        Py_complex value = complex_as_value(arg);
        if (value.real == -1.0 && error_occurred()) {
            return -1;
        }
        *p = value;
        return 0;
    }
    void *p = va_arg(state->va, void *);
    double value = float_as_double(arg);
    if (value == -1.0 && error_occurred()) {
        return -1;
    }
    if (unit == 'f') {
        *(float *)p = (float)value;
    }
    else {
        *(double *)p = value;
    }
    return 0;
}

// ---- characters ----

static int
wrong_length(ArgsState *state, const char *expected, const char *what, Py_ssize_t length)
{
    (void)snprintf(state->problem, sizeof state->problem, "must be %s, not a %s of length %zd",
                   expected, what, length);
    return 1;
}

static int
convert_character(ArgsState *state, PyObject *arg, char unit)
{
    if (unit == 'C') {
        int *p = va_arg(state->va, int *);
        if (!str_check(arg)) {
            return mismatch(state, "a unicode character", arg);
        }
        if (str_length(arg) != 1) {
            return wrong_length(state, "a unicode character", "string", str_length(arg));
        }
        *p = (int)str_read_char(arg, 0);
        return 0;
    }
    char *p = va_arg(state->va, char *);
    if (bytes_check(arg)) {
        if (bytes_length(arg) != 1) {
            return wrong_length(state, "a byte string of length 1", "bytes object",
                                bytes_length(arg));
        }
        *p = bytes_data(arg)[0];
        return 0;
    }
    if (bytearray_check(arg)) {
        if (bytearray_length(arg) != 1) {
            return wrong_length(state, "a byte string of length 1", "bytearray object",
                                bytearray_length(arg));
        }
        *p = bytearray_data(arg)[0];
        return 0;
    }
    return mismatch(state, "a byte string of length 1", arg);
}

// ---- text and buffers ----

// Fills a view of a bytes-like object; it is released when a later argument fails.
static int
convert_to_view(ArgsState *state, PyObject *arg, Py_buffer *view)
{
    if (buffer_get(arg, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (!buffer_is_contiguous(view, 'C')) {
        buffer_release(view);
        return mismatch(state, "contiguous buffer", arg);
    }
    return add_cleanup(state, (ArgsCleanup){CLEAN_BUFFER, view, NULL});
}

// Memory of an immutable bytes-like object, without a view to release: valid as long as arg.
static int
convert_to_memory(ArgsState *state, PyObject *arg, const void **data, Py_ssize_t *size)
{
    PyBufferProcs *procs = type_of(arg)->tp_as_buffer;
    if (procs == NULL || procs->bf_getbuffer == NULL || procs->bf_releasebuffer != NULL) {
        if (procs == NULL || procs->bf_getbuffer == NULL) {
            error_format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'",
                         type_of(arg)->tp_name);
            return -1;
        }
        return mismatch(state, "read-only bytes-like object", arg);
    }
    Py_buffer view;
    if (buffer_get(arg, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    *data = view.buf;
    *size = view.len;
    buffer_release(&view);
    return 0;
}

// s, z and y with '*'.
static int
convert_view_unit(ArgsState *state, PyObject *arg, char unit)
{
    Py_buffer *view = va_arg(state->va, Py_buffer *);
    if (unit == 'z' && arg == Py_None) {
        return buffer_fill_info(view, NULL, NULL, 0, 1, 0);
    }
    if (unit != 'y' && str_check(arg)) {
        Py_ssize_t size;
        const char *text = str_as_utf8_size(arg, &size);
        if (text == NULL) {
            return -1;
        }
        if (buffer_fill_info(view, arg, (void *)text, size, 1, 0) < 0) {
            return -1;
        }
        return add_cleanup(state, (ArgsCleanup){CLEAN_BUFFER, view, NULL});
    }
    return convert_to_view(state, arg, view);
}

// s, z and y with '#'.
static int
convert_sized_unit(ArgsState *state, PyObject *arg, char unit)
{
    const void **data = va_arg(state->va, const void **);
    Py_ssize_t *size = va_arg(state->va, Py_ssize_t *);
    if (unit == 'z' && arg == Py_None) {
        *data = NULL;
        *size = 0;
        return 0;
    }
    if (unit != 'y' && str_check(arg)) {
        *data = str_as_utf8_size(arg, size);
        return *data == NULL ? -1 : 0;
    }
    return convert_to_memory(state, arg, data, size);
}

// s, z and y without a suffix: text that ends at its first NUL.
static int
convert_plain_unit(ArgsState *state, PyObject *arg, char unit)
{
    const char **text = va_arg(state->va, const char **);
    if (unit == 'z' && arg == Py_None) {
        *text = NULL;
        return 0;
    }
    Py_ssize_t size;
    if (unit == 'y') {
        const void *data;
        int result = convert_to_memory(state, arg, &data, &size);
        if (result != 0) {
            return result;
        }
        *text = data;
    }
    else if (str_check(arg)) {
        *text = str_as_utf8_size(arg, &size);
        if (*text == NULL) {
            return -1;
        }
    }
    else {
        return mismatch(state, unit == 'z' ? "str or None" : "str", arg);
    }
    if (strlen(*text) != (size_t)size) {
        error_set(PyExc_ValueError, unit == 'y' ? "embedded null byte" : "embedded null character");
        return -1;
    }
    return 0;
}

static int
convert_text(ArgsState *state, PyObject *arg, char unit, const char **format)
{
    if (**format == '*') {
        (*format)++;
        return convert_view_unit(state, arg, unit);
    }
    if (**format == '#') {
        (*format)++;
        return convert_sized_unit(state, arg, unit);
    }
    return convert_plain_unit(state, arg, unit);
}

// w*
static int
convert_writable(ArgsState *state, PyObject *arg, const char **format)
{
    if (**format != '*') {
        return mismatch(state, "(invalid use of 'w' format character)", arg);
    }
    (*format)++;
    Py_buffer *view = va_arg(state->va, Py_buffer *);
    if (buffer_get(arg, view, PyBUF_WRITABLE) < 0) {
        error_clear();
        return mismatch(state, "read-write bytes-like object", arg);
    }
    if (!buffer_is_contiguous(view, 'C')) {
        buffer_release(view);
        return mismatch(state, "contiguous buffer", arg);
    }
    return add_cleanup(state, (ArgsCleanup){CLEAN_BUFFER, view, NULL});
}

// The bytes that es and et store: a new bytes object, NULL after raising; *result 1 on mismatch.
static PyObject *
encode_argument(ArgsState *state, PyObject *arg, const char *encoding, bool bytes_allowed,
                int *result)
{
    *result = -1;
    if (bytes_allowed && bytes_check(arg)) {
        return new_ref(arg);
    }
    if (bytes_allowed && bytearray_check(arg)) {
        return bytes_from_object(arg);
    }
    if (!str_check(arg)) {
        *result = mismatch(state, bytes_allowed ? "str, bytes or bytearray" : "str", arg);
        return NULL;
    }
    return str_encode(arg, encoding == NULL ? "utf-8" : encoding, NULL);
}

// es, et, es#, et#
static int
convert_encoded(ArgsState *state, PyObject *arg, const char **format)
{
    const char *encoding = va_arg(state->va, const char *);
    bool bytes_allowed = **format == 't';
    if (**format != 's' && **format != 't') {
        return mismatch(state, "(unknown parser marker combination)", arg);
    }
    (*format)++;
    char **buffer = va_arg(state->va, char **);
    Py_ssize_t *size = NULL;
    if (**format == '#') {
        (*format)++;
        size = va_arg(state->va, Py_ssize_t *);
    }
    int result;
    PyObject *bytes = encode_argument(state, arg, encoding, bytes_allowed, &result);
    if (bytes == NULL) {
        return result;
    }
    Py_ssize_t length = bytes_length(bytes);
    const char *data = bytes_data(bytes);
    result = 0;
    if (size != NULL && *buffer != NULL) {
        // The caller's buffer, of *size bytes.
        if (length + 1 > *size) {
            error_format(PyExc_ValueError, "encoded string too long (%zd, maximum length %zd)",
                         length, *size - 1);
            result = -1;
        }
    }
    else if (size == NULL && strlen(data) != (size_t)length) {
        result = mismatch(state, "encoded string without null bytes", arg);
    }
    else {
        *buffer = mem_alloc((size_t)length + 1);
        if (*buffer == NULL) {
            error_no_memory();
            result = -1;
        }
        else {
            result = add_cleanup(state, (ArgsCleanup){CLEAN_MEMORY, buffer, NULL});
        }
    }
    if (result == 0) {
        memcpy(*buffer, data, (size_t)length + 1);
        if (size != NULL) {
            *size = length;
        }
    }
    decref(bytes);
    return result;
}

// ---- objects ----

static int
convert_object(ArgsState *state, PyObject *arg, const char **format)
{
    if (**format == '!') {
        (*format)++;
        PyTypeObject *type = va_arg(state->va, PyTypeObject *);
        PyObject **p = va_arg(state->va, PyObject **);
        if (!object_type_check(arg, type)) {
            return mismatch(state, type->tp_name, arg);
        }
        *p = arg;
        return 0;
    }
    if (**format == '&') {
        (*format)++;
        int (*converter)(PyObject *, void *) = va_arg(state->va, int (*)(PyObject *, void *));
        void *item = va_arg(state->va, void *);
        int result = converter(arg, item);
        if (result == 0) {
            return mismatch(state, "(unspecified)", arg);
        }
        if (result == CLEANUP_SUPPORTED) {
            return add_cleanup(state, (ArgsCleanup){CLEAN_CONVERTER, item, converter});
        }
        return 0;
    }
    *va_arg(state->va, PyObject **) = arg;
    return 0;
}

static int
convert_exact_kind(ArgsState *state, PyObject *arg, char unit)
{
    PyObject **p = va_arg(state->va, PyObject **);
    bool fits = unit == 'S' ? bytes_check(arg) : unit == 'Y' ? bytearray_check(arg) : str_check(arg);
    if (!fits) {
        return mismatch(state, unit == 'S' ? "bytes" : unit == 'Y' ? "bytearray" : "str", arg);
    }
    *p = arg;
    return 0;
}

// ---- nested tuples ----

// Number of units up to the closing parenthesis; format points behind the opening one.
static int
count_nested(const char *format)
{
    int depth = 0;
    int count = 0;
    for (; *format != '\0'; format++) {
        if (*format == '(') {
            count += depth == 0;
            depth++;
        }
        else if (*format == ')') {
            if (depth == 0) {
                break;
            }
            depth--;
        }
        else if (depth == 0 && ((*format >= 'a' && *format <= 'z' && *format != 't') ||
                                (*format >= 'A' && *format <= 'Z'))) {
            // In "es" and "et" the first letter makes the unit.
            count++;
            if (*format == 'e') {
                format++;
            }
        }
    }
    return count;
}

// A tuple for the units of a parenthesis: 0 and *items, or as args_convert.
static int
nested_items(ArgsState *state, PyObject *arg, int count, PyObject **items)
{
    if (!tuple_check(arg)) {
        if (!sequence_check(arg) || str_check(arg) || bytes_check(arg) || bytearray_check(arg)) {
            (void)snprintf(state->problem, sizeof state->problem, "must be %d-item tuple, not %.50s",
                           count, kind_name(arg));
            return 1;
        }
        if (error_warn(PyExc_DeprecationWarning, 0, "argument must be %d-item tuple, not %s", count,
                       type_of(arg)->tp_name) < 0) {
            return -1;
        }
    }
    Py_ssize_t length = sequence_length(arg);
    if (length < 0) {
        return -1;
    }
    if (length != count) {
        (void)snprintf(state->problem, sizeof state->problem, "must be %s of length %d, not %zd",
                       tuple_check(arg) ? "tuple" : "sequence", count, length);
        return 1;
    }
    *items = sequence_tuple(arg);
    return *items == NULL ? -1 : 0;
}

static int
convert_nested(ArgsState *state, PyObject *arg, const char **format)
{
    int depth = 0;
    while (state->levels[depth] != 0) {
        depth++;
    }
    if (depth >= ARGS_MAX_NESTING) {
        error_set(PyExc_SystemError, "too many tuple nesting levels in argument format string");
        return -1;
    }
    int count = count_nested(*format);
    PyObject *items;
    int result = nested_items(state, arg, count, &items);
    if (result != 0) {
        return result;
    }
    for (int i = 0; i < count && result == 0; i++) {
        state->levels[depth] = i + 2;
        state->levels[depth + 1] = 0;
        result = args_convert(state, tuple_item_borrow(items, i), format);
    }
    if (result == 0) {
        state->levels[depth] = 0;
        (*format)++;        // ')'
    }
    // The items live on in arg, which the caller holds.
    decref(items);
    return result;
}

int
args_convert(ArgsState *state, PyObject *arg, const char **format)
{
    char unit = *(*format)++;
    switch (unit) {
    case '(':
        return convert_nested(state, arg, format);
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'L':
    case 'n':
        return convert_signed(state, arg, unit);
    case 'B':
    case 'H':
    case 'I':
    case 'k':
    case 'K':
        return convert_masked(state, arg, unit);
    case 'f':
    case 'd':
    case 'D':
        return convert_real(state, arg, unit);
    case 'c':
    case 'C':
        return convert_character(state, arg, unit);
    case 'p': {
        int *p = va_arg(state->va, int *);
        int truth = object_is_true(arg);
        if (truth < 0) {
            return -1;
        }
        *p = truth;
        return 0;
    }
    case 's':
    case 'z':
    case 'y':
        return convert_text(state, arg, unit, format);
    case 'w':
        return convert_writable(state, arg, format);
    case 'e':
        return convert_encoded(state, arg, format);
    case 'S':
    case 'Y':
    case 'U':
        return convert_exact_kind(state, arg, unit);
    case 'O':
        return convert_object(state, arg, format);
    default:
        return format_error(*format - 1);
    }
}

int
args_skip(ArgsState *state, const char **format)
{
    char unit = *(*format)++;
    int pointers = 1;
    switch (unit) {
    case '(':
        while (**format != ')') {
            if (args_format_end(**format) || args_skip(state, format) < 0) {
                return format_error(*format);
            }
        }
        (*format)++;
        return 0;
    case 's':
    case 'z':
    case 'y':
    case 'w':
        if (**format == '#') {
            pointers = 2;
        }
        if (**format == '#' || **format == '*') {
            (*format)++;
        }
        break;
    case 'e':
        (*format)++;
        pointers = 2;
        if (**format == '#') {
            (*format)++;
            pointers = 3;
        }
        break;
    case 'O':
        if (**format == '!' || **format == '&') {
            (*format)++;
            pointers = 2;
        }
        break;
    default:
        if (strchr("bBhHiIlkLKnfdDcCpSYU", unit) == NULL) {
            return format_error(*format - 1);
        }
    }
    for (int i = 0; i < pointers; i++) {
        (void)va_arg(state->va, void *);
    }
    return 0;
}

// ---- positional parsing ----

// Counts units: *min before '|', *max altogether.
static int
count_units(const char *format, Py_ssize_t *min, Py_ssize_t *max)
{
    *min = -1;
    *max = 0;
    while (!args_format_end(*format)) {
        if (*format == '|') {
            *min = *max;
            format++;
            continue;
        }
        if (*format == '$') {
            format++;
            continue;
        }
        (*max)++;
        if (*format == '(') {
            int depth = 0;
            do {
                depth += *format == '(' ? 1 : *format == ')' ? -1 : 0;
                if (*format == '\0') {
                    error_set(PyExc_SystemError, "missing ')' in getargs format");
                    return -1;
                }
                format++;
            } while (depth > 0);
            continue;
        }
        if (*format == 'e') {
            format++;
        }
        format++;
        while (*format == '#' || *format == '*' || *format == '!' || *format == '&') {
            format++;
        }
    }
    if (*min < 0) {
        *min = *max;
    }
    return 0;
}

static void
raise_count(ArgsState *state, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    if (state->message != NULL) {
        error_set(PyExc_TypeError, state->message);
        return;
    }
    const char *name = state->fname == NULL ? "function" : state->fname;
    const char *brackets = state->fname == NULL ? "" : "()";
    if (max == 0) {
        error_format(PyExc_TypeError, "%.150s%s takes no arguments", name, brackets);
        return;
    }
    Py_ssize_t bound = nargs < min ? min : max;
    error_format(PyExc_TypeError, "%.150s%s takes %s %zd argument%s (%zd given)", name, brackets,
                 min == max ? "exactly" : nargs < min ? "at least" : "at most", bound,
                 bound == 1 ? "" : "s", nargs);
}

static int
parse_vector(ArgsState *state, PyObject *const *args, Py_ssize_t nargs, const char *format)
{
    Py_ssize_t min;
    Py_ssize_t max;
    if (count_units(format, &min, &max) < 0) {
        return 0;
    }
    if (nargs < min || nargs > max) {
        raise_count(state, nargs, min, max);
        return args_state_end(state, true);
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (*format == '|') {
            format++;
        }
        state->levels[0] = 0;
        int result = args_convert(state, args[i], &format);
        if (result != 0) {
            if (result > 0) {
                args_raise_problem(state, i + 1);
            }
            return args_state_end(state, true);
        }
    }
    return args_state_end(state, false);
}

bool
args_parse_v(PyObject *args, const char *format, va_list va)
{
    if (!tuple_check(args)) {
        error_set(PyExc_SystemError, "new style getargs format but argument is not a tuple");
        return 0;
    }
    ArgsState state;
    args_state_init(&state, format);
    va_copy(state.va, va);
    int result = parse_vector(&state, tuple_items(args), tuple_size(args), format);
    va_end(state.va);
    return result;
}

bool
args_parse(PyObject *args, const char *format, ...)
{
    va_list va;
    va_start(va, format);
    int result = args_parse_v(args, format, va);
    va_end(va);
    return result;
}

bool
args_parse_stack(PyObject *const *args, Py_ssize_t nargs, const char *format, ...)
{
    ArgsState state;
    args_state_init(&state, format);
    va_start(state.va, format);
    int result = parse_vector(&state, args, nargs, format);
    va_end(state.va);
    return result;
}

bool
args_parse_one(PyObject *arg, const char *format, ...)
{
    ArgsState state;
    args_state_init(&state, format);
    Py_ssize_t min;
    Py_ssize_t max;
    if (count_units(format, &min, &max) < 0) {
        return 0;
    }
    if (max == 0) {
        if (arg == NULL) {
            return 1;
        }
        error_format(PyExc_TypeError, "%.200s%s takes no arguments",
                     state.fname == NULL ? "function" : state.fname,
                     state.fname == NULL ? "" : "()");
        return 0;
    }
    if (arg == NULL) {
        error_format(PyExc_TypeError, "%.200s%s takes at least one argument",
                     state.fname == NULL ? "function" : state.fname,
                     state.fname == NULL ? "" : "()");
        return 0;
    }
    va_start(state.va, format);
    int result = args_convert(&state, arg, &format);
    va_end(state.va);
    if (result > 0) {
        args_raise_problem(&state, 0);
    }
    return args_state_end(&state, result != 0);
}

// ---- simple checks ----

bool
args_check_positional(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    if (nargs >= min && nargs <= max) {
        return true;
    }
    Py_ssize_t bound = nargs < min ? min : max;
    const char *relation = min == max ? "" : nargs < min ? "at least " : "at most ";
    if (name != NULL) {
        error_format(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name, relation,
                     bound, bound == 1 ? "" : "s", nargs);
    }
    else {
        error_format(PyExc_TypeError, "unpacked tuple should have %s%zd element%s, but has %zd",
                     relation, bound, bound == 1 ? "" : "s", nargs);
    }
    return false;
}

static bool
refuse_keywords(const char *name)
{
    error_format(PyExc_TypeError, "%.200s() takes no keyword arguments", name);
    return false;
}

bool
args_no_keywords(const char *name, PyObject *kwargs)
{
    if (kwargs == NULL) {
        return true;
    }
    if (tuple_check(kwargs)) {
        return args_no_kwnames(name, kwargs);
    }
    return dict_size(kwargs) == 0 || refuse_keywords(name);
}

bool
args_no_kwnames(const char *name, PyObject *kwnames)
{
    return kwnames == NULL || tuple_size(kwnames) == 0 || refuse_keywords(name);
}

bool
args_no_positional(const char *name, PyObject *args)
{
    if (args == NULL || tuple_size(args) == 0) {
        return true;
    }
    error_format(PyExc_TypeError, "%.200s() takes no positional arguments", name);
    return false;
}

static int
unpack_v(PyObject *const *args, Py_ssize_t nargs, const char *name, Py_ssize_t min, Py_ssize_t max,
         va_list va)
{
    if (!args_check_positional(name, nargs, min, max)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        *va_arg(va, PyObject **) = args[i];
    }
    return 1;
}

bool
args_unpack_tuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...)
{
    if (!tuple_check(args)) {
        error_set(PyExc_SystemError, "PyArg_UnpackTuple() argument list is not a tuple");
        return 0;
    }
    va_list va;
    va_start(va, max);
    int result = unpack_v(tuple_items(args), tuple_size(args), name, min, max, va);
    va_end(va);
    return result;
}

bool
args_unpack_stack(PyObject *const *args, Py_ssize_t nargs, const char *name, Py_ssize_t min,
                  Py_ssize_t max, ...)
{
    va_list va;
    va_start(va, max);
    int result = unpack_v(args, nargs, name, min, max, va);
    va_end(va);
    return result;
}

void
args_bad_argument(const char *fname, const char *display, const char *expected, PyObject *arg)
{
    error_format(PyExc_TypeError, "%.200s() %.200s must be %.50s, not %.50s", fname, display,
                 expected, kind_name(arg));
}

// ---- converters ----

int
args_convert_index(PyObject *arg, void *result)
{
    if (!index_check(arg)) {
        error_format(PyExc_TypeError, "slice indices must be integers or have an __index__ method");
        return 0;
    }
    Py_ssize_t value = number_as_ssize(arg, NULL);
    if (value == -1 && error_occurred()) {
        return 0;
    }
    *(Py_ssize_t *)result = value;
    return 1;
}

int
args_convert_ssize_or_none(PyObject *arg, void *result)
{
    if (arg == Py_None) {
        return 1;
    }
    if (!index_check(arg)) {
        error_format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                     type_of(arg)->tp_name);
        return 0;
    }
    Py_ssize_t value = number_as_ssize(arg, PyExc_OverflowError);
    if (value == -1 && error_occurred()) {
        return 0;
    }
    *(Py_ssize_t *)result = value;
    return 1;
}
