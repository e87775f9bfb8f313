// Bytes of a source to the UTF-8 text that the tokenizer reads.
//
// Threading: plain functions; codecs may run Python code.
#ifndef TYPHON_SYNTAX_DECODE_H
#define TYPHON_SYNTAX_DECODE_H

#include <stdbool.h>

#include "abi/object.h"

// Makes a mem_alloc'ed copy of source: without a BOM, decoded by its cookie (unless
// ignore_cookie), with '\n' as the only line end, NUL-terminated. With complete_line the last line
// gets an end when it lacks one. 0, or -1 with SyntaxError or MemoryError.
int source_prepare(const char *source, Py_ssize_t size, PyObject *filename, bool ignore_cookie,
                   bool complete_line, char **text, Py_ssize_t *text_size, bool *added_newline);

// The encoding that a source declares: new str (normalised name) or NULL without an exception
// when there is none; *bom tells whether it starts with a UTF-8 BOM.
PyObject *source_encoding(const char *source, Py_ssize_t size, bool *bom);

#endif
