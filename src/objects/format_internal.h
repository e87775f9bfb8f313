// Format specifications taken apart; shared by format_spec.c, format.c and format_number.c.
#ifndef TYPHON_OBJECTS_FORMAT_INTERNAL_H
#define TYPHON_OBJECTS_FORMAT_INTERNAL_H

#include <stdbool.h>

#include "objects/str_internal.h"

typedef struct {
    Py_UCS4 fill;
    char align;             // '<' '>' '=' '^'
    bool align_given;
    bool alternate;
    char sign;              // '+' ' ' '-' or 0
    bool no_negative_zero;
    Py_ssize_t width;       // -1: none
    char grouping;          // ',' '_' or 0
    Py_ssize_t precision;   // -1: none
    char fraction_grouping; // ',' '_' or 0
    Py_UCS4 type;
} FormatSpec;

// [[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]. 0, or -1 with
// ValueError; value is for messages.
int format_spec_parse(PyObject *value, PyObject *spec, Py_UCS4 default_type, char default_align,
                      FormatSpec *result);
// ValueError "Unknown format code …"; -1.
int format_unknown_type(PyObject *value, Py_UCS4 type);

// A number as ASCII text without padding: what its parts become in the output.
typedef struct {
    const char *text;       // sign, prefix, digits, point, fraction and the rest
    Py_ssize_t size;
    Py_ssize_t prefix;      // length of "0x"
} NumberParts;

// Writes a number with sign, grouping and padding. locale: type 'n', from localeconv().
int format_write_number(StrWriter *w, const FormatSpec *spec, NumberParts number);
// Writes text with padding; '=' is as '>'.
int format_write_padded(StrWriter *w, const FormatSpec *spec, PyObject *text, Py_ssize_t n);

#endif
