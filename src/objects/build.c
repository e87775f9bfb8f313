// Building objects by a format: see build.h.
//
// A failure does not stop the walk: the rest of the format is built and dropped, so that every
// `N` argument is consumed. Stateless.
#include "objects/build.h"

#include <string.h>
#include <wchar.h>

#include "objects/bool.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

// The argument list in a struct, so that it can be passed by address.
typedef struct {
    va_list va;
} BuildArgs;

static PyObject *build_unit(const char **format, BuildArgs *args);

// Units at one level up to `end`; -1 with SystemError.
static Py_ssize_t
count_units(const char *format, char end)
{
    Py_ssize_t count = 0;
    int depth = 0;
    for (; depth > 0 || *format != end; format++) {
        switch (*format) {
        case '\0':
            error_set(PyExc_SystemError, "unmatched paren in format");
            return -1;
        case '(':
        case '[':
        case '{':
            count += depth++ == 0;
            break;
        case ')':
        case ']':
        case '}':
            depth--;
            break;
        case '#':
        case '&':
        case ',':
        case ':':
        case ' ':
        case '\t':
            break;
        default:
            count += depth == 0;
        }
    }
    return count;
}

// Builds n units, dropping them all: used once something has failed.
static void
build_and_drop(const char **format, BuildArgs *args, Py_ssize_t n)
{
    PyObject *exc = error_take();
    for (Py_ssize_t i = 0; i < n; i++) {
        error_clear();
        PyObject *op = build_unit(format, args);
        xdecref(op);
    }
    error_clear();
    error_restore_steal(exc);
}

static void
skip_end(const char **format, char end)
{
    while (**format == ' ' || **format == '\t' || **format == ',' || **format == ':') {
        (*format)++;
    }
    if (**format == end && end != '\0') {
        (*format)++;
    }
}

// Fills a new tuple or list of n items from the units.
static PyObject *
build_items(const char **format, BuildArgs *args, char end, Py_ssize_t n, bool as_list)
{
    if (n < 0) {
        return NULL;
    }
    PyObject *result = as_list ? list_new(n) : tuple_new(n);
    Py_ssize_t done = 0;
    while (result != NULL && done < n) {
        PyObject *op = build_unit(format, args);
        if (op == NULL) {
            clear_ref(result);
        }
        else if (as_list) {
            list_set_item_steal(result, done, op);
        }
        else {
            tuple_set_item_steal(result, done, op);
        }
        done++;
    }
    if (result == NULL) {
        build_and_drop(format, args, n - done);
    }
    skip_end(format, end);
    return result;
}

static PyObject *
build_dict(const char **format, BuildArgs *args)
{
    Py_ssize_t n = count_units(*format, '}');
    if (n < 0) {
        return NULL;
    }
    if (n % 2 != 0) {
        return error_set(PyExc_SystemError, "Bad dict format");
    }
    PyObject *dict = dict_new();
    Py_ssize_t done = 0;
    while (dict != NULL && done < n) {
        PyObject *key = build_unit(format, args);
        PyObject *exc = key == NULL ? error_take() : NULL;
        PyObject *value = build_unit(format, args);
        if (key == NULL) {
            error_clear();
            error_restore_steal(exc);
        }
        if (key == NULL || value == NULL || dict_set(dict, key, value) < 0) {
            clear_ref(dict);
        }
        xdecref(key);
        xdecref(value);
        done += 2;
    }
    if (dict == NULL) {
        build_and_drop(format, args, n - done);
    }
    skip_end(format, '}');
    return dict;
}

// s, z, U and y, with or without a length.
static PyObject *
build_text(const char **format, BuildArgs *args, bool bytes)
{
    const char *text = va_arg(args->va, const char *);
    Py_ssize_t size = -1;
    if (**format == '#') {
        (*format)++;
        size = va_arg(args->va, Py_ssize_t);
    }
    if (text == NULL) {
        return Py_None;
    }
    if (size < 0) {
        size = (Py_ssize_t)strlen(text);
    }
    return bytes ? bytes_from_data(text, size) : str_from_utf8(text, size);
}

static PyObject *
build_wide(const char **format, BuildArgs *args)
{
    const wchar_t *text = va_arg(args->va, const wchar_t *);
    Py_ssize_t size = -1;
    if (**format == '#') {
        (*format)++;
        size = va_arg(args->va, Py_ssize_t);
    }
    return text == NULL ? Py_None : str_from_wchar(text, size);
}

// O, S and N, and O&.
static PyObject *
build_object(char unit, const char **format, BuildArgs *args)
{
    if (**format == '&') {
        (*format)++;
        PyObject *(*converter)(void *) = va_arg(args->va, PyObject *(*)(void *));
        return converter(va_arg(args->va, void *));
    }
    PyObject *op = va_arg(args->va, PyObject *);
    if (op == NULL) {
        // A failed call as the argument: its exception stands.
        if (!error_occurred()) {
            error_set(PyExc_SystemError, "NULL object passed to Py_BuildValue");
        }
        return NULL;
    }
    return unit == 'N' ? op : new_ref(op);
}

static PyObject *
build_number(char unit, BuildArgs *args)
{
    switch (unit) {
    case 'b':
    case 'B':
    case 'h':
    case 'i':
    case 'H':
        return int_from_i64(va_arg(args->va, int));
    case 'I':
        return int_from_u64(va_arg(args->va, unsigned int));
    case 'n':
        return int_from_ssize(va_arg(args->va, Py_ssize_t));
    case 'l':
        return int_from_i64(va_arg(args->va, long));
    case 'k':
        return int_from_u64(va_arg(args->va, unsigned long));
    case 'L':
        return int_from_i64(va_arg(args->va, long long));
    case 'K':
        return int_from_u64(va_arg(args->va, unsigned long long));
    case 'f':
    case 'd':
        return float_from_double(va_arg(args->va, double));
    case 'D':
        return complex_from_value(*va_arg(args->va, Py_complex *));
    default:
        return va_arg(args->va, int) ? Py_True : Py_False;
    }
}

static PyObject *
build_unit(const char **format, BuildArgs *args)
{
    for (;;) {
        char unit = *(*format)++;
        switch (unit) {
        case '(':
            return build_items(format, args, ')', count_units(*format, ')'), false);
        case '[':
            return build_items(format, args, ']', count_units(*format, ']'), true);
        case '{':
            return build_dict(format, args);
        case 'b':
        case 'B':
        case 'h':
        case 'H':
        case 'i':
        case 'I':
        case 'n':
        case 'l':
        case 'k':
        case 'L':
        case 'K':
        case 'f':
        case 'd':
        case 'D':
        case 'p':
            return build_number(unit, args);
        case 'c': {
            char byte = (char)va_arg(args->va, int);
            return bytes_from_data(&byte, 1);
        }
        case 'C':
            return str_from_ordinal(va_arg(args->va, int));
        case 's':
        case 'z':
        case 'U':
            return build_text(format, args, false);
        case 'y':
            return build_text(format, args, true);
        case 'u':
            return build_wide(format, args);
        case 'O':
        case 'S':
        case 'N':
            return build_object(unit, format, args);
        case ',':
        case ':':
        case ' ':
        case '\t':
            break;
        default:
            (*format)--;
            return error_set(PyExc_SystemError, "bad format char passed to Py_BuildValue");
        }
    }
}

PyObject *
value_build_v(const char *format, va_list va)
{
    BuildArgs args;
    va_copy(args.va, va);
    PyObject *result = NULL;
    Py_ssize_t n = count_units(format, '\0');
    if (n == 0) {
        result = Py_None;
    }
    else if (n == 1) {
        result = build_unit(&format, &args);
    }
    else {
        result = build_items(&format, &args, '\0', n, false);
    }
    va_end(args.va);
    return result;
}

PyObject *
value_build(const char *format, ...)
{
    va_list va;
    va_start(va, format);
    PyObject *result = value_build_v(format, va);
    va_end(va);
    return result;
}

PyObject *
value_build_tuple_v(const char *format, va_list va)
{
    BuildArgs args;
    va_copy(args.va, va);
    // A format that is one parenthesis is the tuple itself.
    Py_ssize_t n = count_units(format, '\0');
    PyObject *result;
    if (n == 1 && format[0] == '(') {
        result = build_unit(&format, &args);
    }
    else {
        result = build_items(&format, &args, '\0', n, false);
    }
    va_end(args.va);
    return result;
}
