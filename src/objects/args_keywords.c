// Binding of keyword arguments: formats with keyword lists, parsers with cached names, and the
// unpacking that hot functions use.
//
// Keyword arguments come as a dict, or as a tuple of names whose values follow the positional
// arguments; Keywords hides the difference.
#include "objects/args_internal.h"

#include <stdio.h>
#include <string.h>

#include "objects/dict.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/suggestions.h"
#include "objects/tuple.h"
#include "objects/value.h"
#include "thread/once.h"

typedef struct {
    PyObject *dict;                 // borrowed; or NULL
    PyObject *names;                // borrowed tuple; or NULL
    PyObject *const *values;        // borrowed: values[i] belongs to names[i]
    Py_ssize_t count;
} Keywords;

static Keywords
keywords_from(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs, PyObject *kwnames)
{
    Keywords k = {NULL, NULL, NULL, 0};
    if (kwargs != NULL) {
        k.dict = kwargs;
        k.count = dict_size(kwargs);
    }
    else if (kwnames != NULL) {
        k.names = kwnames;
        k.values = args + nargs;
        k.count = tuple_size(kwnames);
    }
    return k;
}

// Borrowed value of a name from the dict of keyword arguments, which belongs to the call, so that
// what it holds stays alive. A number is replaced in the dict by its box, for the same reason.
static PyObject *
dict_find(PyObject *dict, PyObject *name)
{
    Value value;
    if (dict_get_value(dict, name, &value) <= 0) {
        return NULL;
    }
    if (value_is_pointer(value)) {
        PyObject *op = value_pointer(value);
        value_drop(value);
        return op;
    }
    PyObject *box = value_box(value);
    if (box == NULL || dict_set_value_steal(dict, name, value_owned(box)) < 0) {
        return NULL;
    }
    return box;
}

// Borrowed value of a name; NULL when not given, or (error_occurred) on errors.
static PyObject *
keywords_find(const Keywords *k, PyObject *name)
{
    if (k->dict != NULL) {
        return dict_find(k->dict, name);
    }
    for (Py_ssize_t i = 0; i < k->count; i++) {
        if (tuple_item_borrow(k->names, i) == name) {
            return k->values[i];
        }
    }
    for (Py_ssize_t i = 0; i < k->count; i++) {
        if (str_equal(tuple_item_borrow(k->names, i), name)) {
            return k->values[i];
        }
    }
    return NULL;
}

int
args_validate_keywords(PyObject *kwargs)
{
    if (!dict_check(kwargs)) {
        error_bad_internal_call();
        return 0;
    }
    Py_ssize_t pos = 0;
    PyObject *key;
    while (dict_next(kwargs, &pos, &key, NULL) > 0) {
        bool text = str_check(key);
        decref(key);
        if (!text) {
            error_set(PyExc_TypeError, "keywords must be strings");
            return 0;
        }
    }
    return 1;
}

// What all paths need to know about the function.
typedef struct {
    const char *fname;              // NULL: none
    const char *message;
    PyObject *names;                // borrowed tuple of all parameter names ("" positional-only)
    Py_ssize_t total;
    Py_ssize_t positional_only;
    bool varargs;                   // takes any number of positional arguments besides
} Signature;

static const char *
signature_name(const Signature *s)
{
    return s->fname == NULL ? "function" : s->fname;
}

static const char *
signature_brackets(const Signature *s)
{
    return s->fname == NULL ? "" : "()";
}

// Raises for a keyword argument that is no parameter.
static void
raise_unexpected(const Signature *s, PyObject *key)
{
    PyObject *named = tuple_slice(s->names, s->positional_only, s->total);
    PyObject *near = named == NULL ? NULL : suggestion_find(named, key);
    const char *name = s->fname == NULL ? "this function" : s->fname;
    if (near != NULL) {
        error_format(PyExc_TypeError,
                     "%.200s%s got an unexpected keyword argument '%S'. Did you mean '%S'?", name,
                     signature_brackets(s), key, near);
    }
    else if (!error_occurred()) {
        error_format(PyExc_TypeError, "%.200s%s got an unexpected keyword argument '%S'", name,
                     signature_brackets(s), key);
    }
    xdecref(near);
    xdecref(named);
}

// 0 when key names a parameter, -1 with an exception otherwise.
static int
check_known(const Signature *s, PyObject *key)
{
    if (!str_check(key)) {
        error_set(PyExc_TypeError, "keywords must be strings");
        return -1;
    }
    for (Py_ssize_t i = s->positional_only; i < s->total; i++) {
        // Instances of subclasses may think otherwise about equality.
        PyObject *name = tuple_item_borrow(s->names, i);
        int equal = str_check_exact(key) ? str_equal(name, key)
                                         : object_richcompare_bool(name, key, Py_EQ);
        if (equal != 0) {
            return equal < 0 ? -1 : 0;
        }
    }
    raise_unexpected(s, key);
    return -1;
}

// Keyword arguments that are left over: finds the one to complain about.
static int
check_all_known(const Signature *s, const Keywords *k)
{
    if (k->dict != NULL) {
        Py_ssize_t pos = 0;
        PyObject *key;
        while (dict_next(k->dict, &pos, &key, NULL) > 0) {
            int result = check_known(s, key);
            decref(key);
            if (result < 0) {
                return -1;
            }
        }
        return 0;
    }
    for (Py_ssize_t i = 0; i < k->count; i++) {
        if (check_known(s, tuple_item_borrow(k->names, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

// What is left when every keyword is a parameter, and yet one was not used.
static void
raise_invalid(const Signature *s)
{
    const char *name = s->fname == NULL ? "this function" : s->fname;
    error_format(PyExc_TypeError, "invalid keyword argument for %.200s%s", name,
                 signature_brackets(s));
}

static void
raise_given_twice(const Signature *s, Py_ssize_t i)
{
    error_format(PyExc_TypeError,
                 "argument for %.200s%s given by name ('%U') and position (%zd)", signature_name(s),
                 signature_brackets(s), tuple_item_borrow(s->names, i), i + 1);
}

static void
raise_too_many(const Signature *s, Py_ssize_t nargs, Py_ssize_t nkeywords)
{
    // "keyword" keeps the text true when there were no positional arguments.
    error_format(PyExc_TypeError, "%.200s%s takes at most %zd %sargument%s (%zd given)",
                 signature_name(s), signature_brackets(s), s->total, nargs == 0 ? "keyword " : "",
                 s->total == 1 ? "" : "s", nargs + nkeywords);
}

static void
raise_too_many_positional(const Signature *s, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    if (max == 0) {
        error_format(PyExc_TypeError, "%.200s%s takes no positional arguments", signature_name(s),
                     signature_brackets(s));
        return;
    }
    error_format(PyExc_TypeError, "%.200s%s takes %s %zd positional argument%s (%zd given)",
                 signature_name(s), signature_brackets(s), min < max ? "at most" : "exactly", max,
                 max == 1 ? "" : "s", nargs);
}

static void
raise_too_few_positional(const Signature *s, Py_ssize_t nargs, Py_ssize_t needed, bool exact)
{
    error_format(PyExc_TypeError, "%.200s%s takes %s %zd positional argument%s (%zd given)",
                 signature_name(s), signature_brackets(s), exact ? "exactly" : "at least", needed,
                 needed == 1 ? "" : "s", nargs);
}

static void
raise_missing(const Signature *s, Py_ssize_t i)
{
    error_format(PyExc_TypeError, "%.200s%s missing required argument '%U' (pos %zd)",
                 signature_name(s), signature_brackets(s), tuple_item_borrow(s->names, i), i + 1);
}

// ---- formats ----

// Where '|' and '$' stand: required parameters and positional parameters.
static void
format_bounds(const char *format, Py_ssize_t total, Py_ssize_t *min, Py_ssize_t *max)
{
    *min = total;
    *max = total;
    Py_ssize_t units = 0;
    int depth = 0;
    for (; !args_format_end(*format); format++) {
        if (*format == '|' && *min > units) {
            *min = units;
        }
        else if (*format == '$') {
            *max = units;
        }
        else if (*format == '(') {
            units += depth++ == 0;
        }
        else if (*format == ')') {
            depth--;
        }
        else if (depth == 0 && *format == 'e') {
            units++;
            format++;
        }
        else if (depth == 0 && strchr("#*!&", *format) == NULL) {
            units++;
        }
    }
}

// Raises for parameter i that was not given. Positional-only ones are counted, not named.
static void
raise_missing_in_format(const Signature *s, Py_ssize_t i, Py_ssize_t nargs, Py_ssize_t min,
                        Py_ssize_t max)
{
    if (i < s->positional_only) {
        Py_ssize_t needed = s->positional_only < min ? s->positional_only : min;
        raise_too_few_positional(s, nargs, needed, s->positional_only == max && min >= max);
        return;
    }
    raise_missing(s, i);
}

static int
parse_by_format(ArgsState *state, PyObject *const *args, Py_ssize_t nargs, const Keywords *k,
                const char *format, const Signature *s)
{
    Py_ssize_t min;
    Py_ssize_t max;
    format_bounds(format, s->total, &min, &max);
    if (!s->varargs && nargs + k->count > s->total) {
        raise_too_many(s, nargs, k->count);
        return args_state_end(state, true);
    }
    if (nargs > max) {
        raise_too_many_positional(s, nargs, min, max);
        return args_state_end(state, true);
    }
    Py_ssize_t left = k->count;
    for (Py_ssize_t i = 0; i < s->total; i++) {
        while (*format == '|' || *format == '$') {
            format++;
        }
        if (args_format_end(*format)) {
            error_format(PyExc_SystemError, "more keyword list entries (%zd) than format specifiers "
                         "(%zd)", s->total, i);
            return args_state_end(state, true);
        }
        PyObject *arg = NULL;
        if (i < nargs) {
            arg = args[i];
        }
        else if (left > 0 && i >= s->positional_only) {
            arg = keywords_find(k, tuple_item_borrow(s->names, i));
            if (arg == NULL && error_occurred()) {
                return args_state_end(state, true);
            }
            left -= arg != NULL;
        }
        int result;
        if (arg != NULL) {
            state->levels[0] = 0;
            result = args_convert(state, arg, &format);
            if (result > 0) {
                args_raise_problem(state, i + 1);
            }
        }
        else if (i < min) {
            raise_missing_in_format(s, i, nargs, min, max);
            result = -1;
        }
        else {
            result = args_skip(state, &format);
        }
        if (result != 0) {
            return args_state_end(state, true);
        }
    }
    if (left > 0) {
        for (Py_ssize_t i = s->positional_only; i < nargs; i++) {
            if (keywords_find(k, tuple_item_borrow(s->names, i)) != NULL) {
                raise_given_twice(s, i);
                return args_state_end(state, true);
            }
        }
        if (check_all_known(s, k) == 0 && !error_occurred()) {
            raise_invalid(s);
        }
        return args_state_end(state, true);
    }
    return args_state_end(state, false);
}

// ---- keyword lists ----

// A tuple of interned names; *positional_only counts leading empty ones.
static PyObject *
names_from_list(const char *const *keywords, int *positional_only)
{
    Py_ssize_t n = 0;
    *positional_only = 0;
    while (keywords[n] != NULL) {
        if (keywords[n][0] == '\0') {
            if (*positional_only != n) {
                return error_set(PyExc_SystemError, "Empty parameter name after $");
            }
            (*positional_only)++;
        }
        n++;
    }
    PyObject *names = tuple_new(n);
    for (Py_ssize_t i = 0; names != NULL && i < n; i++) {
        PyObject *name = str_intern_cstr(keywords[i]);
        if (name == NULL) {
            clear_ref(names);
            break;
        }
        tuple_set_item_steal(names, i, name);
    }
    return names;
}

bool
args_parse_keywords_v(PyObject *args, PyObject *kwargs, const char *format,
                      const char *const *kwlist, va_list va)
{
    if (!tuple_check(args) || (kwargs != NULL && !dict_check(kwargs))) {
        error_bad_internal_call();
        return 0;
    }
    int positional_only;
    PyObject *names = names_from_list(kwlist, &positional_only);
    if (names == NULL) {
        return 0;
    }
    ArgsState state;
    args_state_init(&state, format);
    va_copy(state.va, va);
    Signature s = {state.fname, state.message, names, tuple_size(names), positional_only, false};
    Keywords k = keywords_from(tuple_items(args), tuple_size(args), kwargs, NULL);
    int result = parse_by_format(&state, tuple_items(args), tuple_size(args), &k, format, &s);
    va_end(state.va);
    decref(names);
    return result;
}

bool
args_parse_keywords(PyObject *args, PyObject *kwargs, const char *format,
                    const char *const *kwlist, ...)
{
    va_list va;
    va_start(va, kwlist);
    int result = args_parse_keywords_v(args, kwargs, format, kwlist, va);
    va_end(va);
    return result;
}

// ---- parsers with cached names ----

static int
parser_prepare(void *arg)
{
    ArgsParser *parser = arg;
    PyObject *names = names_from_list(parser->keywords, &parser->positional_only);
    if (names == NULL) {
        return -1;
    }
    refcount_immortalize(names);
    if (parser->format != NULL) {
        ArgsState state;
        args_state_init(&state, parser->format);
        if (state.fname != NULL) {
            parser->fname = state.fname;
        }
        parser->custom_message = state.message;
        Py_ssize_t min;
        Py_ssize_t max;
        format_bounds(parser->format, tuple_size(names), &min, &max);
        parser->min = (int)min;
        parser->max = (int)max;
    }
    parser->names = names;
    return 0;
}

static int
parser_ready(ArgsParser *parser)
{
    return once_run(&parser->once, parser_prepare, parser);
}

static Signature
parser_signature(const ArgsParser *parser)
{
    return (Signature){parser->fname, parser->custom_message, parser->names,
                       tuple_size(parser->names), parser->positional_only, parser->varargs};
}

static int
parser_parse(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs, PyObject *kwnames,
             ArgsParser *parser, va_list va)
{
    if (parser_ready(parser) < 0) {
        return 0;
    }
    ArgsState state;
    args_state_init(&state, parser->format);
    va_copy(state.va, va);
    Signature s = parser_signature(parser);
    state.fname = s.fname;
    Keywords k = keywords_from(args, nargs, kwargs, kwnames);
    int result = parse_by_format(&state, args, nargs, &k, parser->format, &s);
    va_end(state.va);
    return result;
}

// Whether format asks for plain objects in the first nargs places and for nothing else that is
// required.
static bool
takes_plain_objects(const char *format, Py_ssize_t nargs)
{
    bool optional = false;
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (*format == '|') {
            optional = true;
            format++;
        }
        if (format[0] != 'O' || format[1] == '!' || format[1] == '&') {
            return false;
        }
        format++;
    }
    return optional || *format == '|' || *format == ':' || *format == ';' || *format == '\0';
}

bool
args_parse_stack_keywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                          ArgsParser *parser, ...)
{
    va_list va;
    va_start(va, parser);
    int result = 1;
    if (kwnames == NULL && takes_plain_objects(parser->format, nargs)) {
        for (Py_ssize_t i = 0; i < nargs; i++) {
            *va_arg(va, PyObject **) = args[i];
        }
    }
    else {
        result = parser_parse(args, nargs, NULL, kwnames, parser, va);
    }
    va_end(va);
    return result;
}

bool
args_parse_tuple_keywords(PyObject *args, PyObject *kwargs, ArgsParser *parser, ...)
{
    va_list va;
    va_start(va, parser);
    int result = parser_parse(tuple_items(args), tuple_size(args), kwargs, NULL, parser, va);
    va_end(va);
    return result;
}

// ---- unpacking without formats ----

// Fills out[nargs..total-1] from keywords: the number of keywords left over, or -1.
static Py_ssize_t
bind_keywords(const Signature *s, const Keywords *k, Py_ssize_t nargs, int min, int max,
              int min_keyword, PyObject **out)
{
    Py_ssize_t left = k->count;
    for (Py_ssize_t i = nargs; i < s->total; i++) {
        if (i < s->positional_only) {
            if (i < min) {
                raise_too_few_positional(s, nargs, min < s->positional_only ? min
                                                                            : s->positional_only,
                                         min == max && s->positional_only >= max);
                return -1;
            }
            continue;
        }
        PyObject *value = NULL;
        if (left > 0) {
            value = keywords_find(k, tuple_item_borrow(s->names, i));
            if (value == NULL && error_occurred()) {
                return -1;
            }
        }
        if (value != NULL) {
            out[i] = value;
            left--;
        }
        else if (i < min || (i >= max && i < max + min_keyword)) {
            raise_missing(s, i);
            return -1;
        }
    }
    return left;
}

bool
args_unpack_keywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs, PyObject *kwnames,
                     ArgsParser *parser, int min, int max, int min_keyword, PyObject **out)
{
    if (parser_ready(parser) < 0) {
        return 0;
    }
    Signature s = parser_signature(parser);
    Keywords k = keywords_from(args, nargs, kwargs, kwnames);
    if (nargs + k.count > s.total) {
        raise_too_many(&s, nargs, k.count);
        return 0;
    }
    if (nargs > max) {
        raise_too_many_positional(&s, nargs, min, max);
        return 0;
    }
    for (Py_ssize_t i = 0; i < s.total; i++) {
        out[i] = i < nargs ? args[i] : NULL;
    }
    Py_ssize_t left = bind_keywords(&s, &k, nargs, min, max, min_keyword, out);
    if (left <= 0) {
        return left == 0;
    }
    for (Py_ssize_t i = s.positional_only; i < nargs; i++) {
        if (keywords_find(&k, tuple_item_borrow(s.names, i)) != NULL) {
            raise_given_twice(&s, i);
            return 0;
        }
    }
    if (check_all_known(&s, &k) == 0 && !error_occurred()) {
        raise_invalid(&s);
    }
    return 0;
}
