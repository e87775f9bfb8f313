// Values of literals: numbers, strings, bytes, the text of f-strings.
//
// Threading: plain functions over the caller's data.
#ifndef TYPHON_SYNTAX_LITERAL_H
#define TYPHON_SYNTAX_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/object.h"

// SyntaxError's text where an invalid escape is an error; takes the character twice.
#define LITERAL_ESCAPE_ERROR \
    "\"\\%c\" is an invalid escape sequence. Did you mean \"\\\\%c\"? "                              \
    "A raw string is also an option."
#define LITERAL_OCTAL_ERROR                                                                     \
    "\"\\%.3s\" is an invalid octal escape sequence. Did you mean \"\\\\%.3s\"? "               \
    "A raw string is also an option."

// int, float or complex for the text of a NUMBER token: new reference, or NULL with ValueError
// (too many digits) or MemoryError.
PyObject *literal_number(const char *text, Py_ssize_t size);

// The parts of a STRING token.
typedef struct {
    const char *text;       // between the quotes
    Py_ssize_t size;
    char quote;
    bool bytes, raw, unicode;   // prefixes b, r, u
} LiteralString;
LiteralString literal_split(const char *token, Py_ssize_t size);

// What an invalid escape begins with after the backslash: one character, or three octal digits
// above \377. Empty when there is none.
typedef char InvalidEscape[4];

// str of text between quotes with its escapes done (unless raw); *invalid receives the first
// invalid escape. New reference, or NULL with UnicodeDecodeError.
PyObject *literal_decode_str(const char *text, Py_ssize_t size, bool raw, InvalidEscape *invalid);
// The same for bytes (text is ASCII): NULL with ValueError.
PyObject *literal_decode_bytes(const char *text, Py_ssize_t size, bool raw,
                               InvalidEscape *invalid);

// Where the invalid escape is (its backslash) in the text that was decoded.
Py_ssize_t literal_find_escape(const char *text, Py_ssize_t size, const char *invalid);

// Gives the warning for an invalid escape `\c` (unless silent): 0, or -1 with an exception.
int literal_warn_escape(PyObject *filename, int lineno, bool silent, int c);
// The same for octal escapes above \377; digits has three characters.
int literal_warn_octal(PyObject *filename, int lineno, bool silent, const char *digits);
// After one of these failed: whether the warning became an exception, which is cleared then, so
// that a SyntaxError can take its place.
bool literal_escape_error(void);

#endif
