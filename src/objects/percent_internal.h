// What the % operators of str and bytes share: arguments, the parser of conversions, numbers.
#ifndef TYPHON_OBJECTS_PERCENT_INTERNAL_H
#define TYPHON_OBJECTS_PERCENT_INTERNAL_H

#include <stdbool.h>

#include "abi/object.h"

// The right operand.
typedef struct {
    PyObject *args;         // borrowed
    PyObject *dict;         // borrowed: args, when it may serve %(key) conversions
    PyObject *keyed;        // owned: value of the last key, for the next conversion
    Py_ssize_t count;       // of a tuple; -1: args itself is the only argument
    Py_ssize_t index;       // next of a tuple; -2: args not used yet, -1: used
} PercentArgs;

typedef struct {
    bool left, plus, blank, alternate, zero;
    bool numeric;           // set by percent_number: signs and zeros apply
    int prefix;             // set by percent_number: length of "0x" and the like
    int precision;          // -1: none
    Py_ssize_t width;       // -1: none
    Py_UCS4 conversion;
    Py_ssize_t position;    // of the conversion character
} Percent;

// is_text_class: args is of the format's own kind, and so never a mapping of keys.
void percent_args_init(PercentArgs *a, PyObject *args, bool is_text_class);
void percent_args_clear(PercentArgs *a);
// Borrowed; NULL with TypeError "not enough arguments for format string".
PyObject *percent_next_argument(PercentArgs *a);
// -1 with TypeError when arguments are left over; what is "string" or "bytes".
int percent_args_finish(PercentArgs *a, const char *what);

// Parses what follows a '%' at *at, and moves *at behind it. 0 or -1.
int percent_parse(int kind, const void *data, Py_ssize_t *at, Py_ssize_t end, PercentArgs *a,
                  bool bytes_key, Percent *p);
bool percent_is_number(const Percent *p);
// Text of a number without padding and without the signs of flags: ASCII str.
PyObject *percent_number(Percent *p, PyObject *v);
// Raises ValueError about p's conversion; -1.
int percent_unsupported(const Percent *p);

#endif
