// Doubles as decimal text and back: correctly rounded, shortest where asked.
//
// Threading: pure; the C locale plays no part.
#ifndef TYPHON_OBJECTS_NUMBER_TEXT_H
#define TYPHON_OBJECTS_NUMBER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

enum {
    NUMBER_TEXT_SIGN = 1,           // always a sign
    NUMBER_TEXT_ADD_DOT_0 = 2,      // "1.0" rather than "1"
    NUMBER_TEXT_ALT = 4,            // alternate form: keep the point and trailing zeros
    NUMBER_TEXT_NO_NEG_0 = 8,       // "-0" becomes "0"
};

typedef enum { NUMBER_FINITE, NUMBER_INFINITE, NUMBER_NAN } NumberKind;

// Text of x: code is 'r' (shortest that reads back, precision 0), 'e', 'E', 'f', 'F', 'g' or 'G'.
// ASCII with NUL, mem_alloc'ed. NULL with MemoryError or ValueError. kind may be NULL.
char *number_text_from_double(double x, char code, int precision, int flags, NumberKind *kind);

// Reads a double: text is ASCII with NUL at its end. *end is where it stopped (end == NULL: all
// must be used). -1.0 with ValueError "could not convert string to float: '…'"; values beyond the
// range give infinity, or overflow_exception when that is not NULL.
double number_text_to_double(const char *text, char **end, PyObject *overflow_exception);

// mantissa * 2**exponent correctly rounded, where `rest` tells that a little is missing; infinity
// beyond the range.
double number_text_from_binary(uint64_t mantissa, int64_t exponent, bool rest);

#endif
