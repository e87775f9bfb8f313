// Making SyntaxErrors. Part of syntax/ and of later stages (parser.h has the outer door).
//
// Threading: the raising thread's own state.
#ifndef TYPHON_SYNTAX_SYNTAX_ERROR_H
#define TYPHON_SYNTAX_SYNTAX_ERROR_H

#include "abi/object.h"

// Raises type(message, (filename, lineno, offset, text, end_lineno, end_offset)). Offsets count
// characters from 1. message is consumed and may be NULL with an exception set; text may be NULL
// (None). Returns -1.
int syntax_error_set_steal(PyObject *type, PyObject *message, PyObject *filename, int lineno,
                           Py_ssize_t offset, PyObject *text, int end_lineno,
                           Py_ssize_t end_offset);

// Number of characters in the first `bytes` bytes of UTF-8 text (invalid bytes count as one).
Py_ssize_t syntax_count_characters(const char *text, Py_ssize_t bytes);

#endif
