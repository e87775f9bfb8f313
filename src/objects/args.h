// Unpacking the arguments of C functions.
//
// Formats are those of PyArg_ParseTuple: units, `|` before optional ones, `$` before keyword-only
// ones, `:name` or `;message` at the end.
#ifndef TYPHON_OBJECTS_ARGS_H
#define TYPHON_OBJECTS_ARGS_H

#include <stdarg.h>
#include <stdbool.h>

#include "abi/object.h"
#include "thread/once.h"

// All functions: whether it worked; false with an exception. bool, so that the compiler notices a
// comparison with -1.

bool args_parse(PyObject *args, const char *format, ...);
bool args_parse_v(PyObject *args, const char *format, va_list va);
bool args_parse_one(PyObject *arg, const char *format, ...);      // PyArg_Parse
bool args_parse_keywords(PyObject *args, PyObject *kwargs, const char *format,
                        const char *const *kwlist, ...);
bool args_parse_keywords_v(PyObject *args, PyObject *kwargs, const char *format,
                          const char *const *kwlist, va_list va);
bool args_parse_stack(PyObject *const *args, Py_ssize_t nargs, const char *format, ...);

// A format with its keyword names. The names are interned once, on first use; a name "" is
// positional-only. Write it as
//     static const char *const keywords[] = {"", "key", NULL};
//     static ArgsParser parser = {.format = "O|O:sorted", .keywords = keywords};
typedef struct ArgsParser {
    const char *format;                 // immutable; may be NULL for args_unpack_keywords
    const char *const *keywords;        // immutable
    bool varargs;                       // immutable: other arguments are not this parser's
    const char *fname;                  // immutable once ready; the `:name`, or given
    const char *custom_message;         // immutable once ready: the `;message`
    PyObject *names;                    // immutable once ready; immortal tuple of interned names
    int positional_only;                // immutable once ready
    int min;                            // immutable once ready: required arguments
    int max;                            // immutable once ready: positional arguments
    Once once;                          // guards the preparation
} ArgsParser;

bool args_parse_stack_keywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                              ArgsParser *parser, ...);
bool args_parse_tuple_keywords(PyObject *args, PyObject *kwargs, ArgsParser *parser, ...);

// args_parse_keywords for a format and a list that are constants: the parser is the place's own.
#define args_parse_static(args, kwargs, format_, keywords_, ...)                        \
    (__extension__({                                                                           \
        static ArgsParser parser_ = {.format = (format_), .keywords = (keywords_)};            \
        args_parse_tuple_keywords((args), (kwargs), &parser_, __VA_ARGS__);                    \
    }))

// Sorts positional and keyword arguments into out[0..count-1] in the order of parser->keywords
// (borrowed; NULL where omitted). min and max as in the signature: `min` required ones among the
// first, `max` positional at most, min_keyword required keyword-only. out must hold as many
// entries as there are keywords. kwargs (dict) or kwnames (tuple, values behind args) or both NULL.
bool args_unpack_keywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                         PyObject *kwnames, ArgsParser *parser, int min, int max, int min_keyword,
                         PyObject **out);

// "name expected at least 1 argument, got 0" & co.
bool args_check_positional(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max);
// "name() takes no keyword arguments"; kwargs a dict, tuple of names or NULL.
bool args_no_keywords(const char *name, PyObject *kwargs);
bool args_no_kwnames(const char *name, PyObject *kwnames);
// "name() takes no arguments" / "takes no positional arguments".
bool args_no_positional(const char *name, PyObject *args);

// Borrowed items of args (a tuple), or of a vector, into PyObject ** arguments.
bool args_unpack_tuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...);
bool args_unpack_stack(PyObject *const *args, Py_ssize_t nargs, const char *name, Py_ssize_t min,
                      Py_ssize_t max, ...);

// TypeError "name() argument 'x' must be int, not str"; display is "argument 'x'", "argument 1"
// or "argument".
void args_bad_argument(const char *fname, const char *display, const char *expected,
                       PyObject *arg);

// All names of kwargs are str: 1, else 0 with TypeError "keywords must be strings".
int args_validate_keywords(PyObject *kwargs);

// Converters for O&: 1 or 0 with an exception.
int args_convert_ssize_or_none(PyObject *arg, void *result);     // None leaves *(Py_ssize_t *) alone
int args_convert_index(PyObject *arg, void *result);             // Py_ssize_t with clipping

#endif
