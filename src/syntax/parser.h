// Source text to syntax tree.
//
// Errors are SyntaxError, IndentationError, TabError, MemoryError ("Parser stack overflowed …")
// or whatever decoding raised, with CPython's texts and positions. Recursion is bounded by a
// depth counter and by the C stack check.
//
// Threading: a call keeps all its state on its own; any number of threads may parse at once.
#ifndef TYPHON_SYNTAX_PARSER_H
#define TYPHON_SYNTAX_PARSER_H

#include "abi/constants.h"
#include "abi/object.h"
#include "syntax/arena.h"
#include "syntax/ast.h"

// The kinds of compile(): numbers of the public interface.
enum {
    PARSE_SINGLE = Py_single_input,
    PARSE_EXEC = Py_file_input,
    PARSE_EVAL = Py_eval_input,
    PARSE_FUNC_TYPE = 345,
};

// Flags of compile() below CO_FUTURE_*.
enum {
    PARSE_SOURCE_IS_UTF8 = 0x100,
    PARSE_DONT_IMPLY_DEDENT = 0x200,
    PARSE_ONLY_AST = 0x400,
    PARSE_IGNORE_COOKIE = 0x800,
    PARSE_TYPE_COMMENTS = 0x1000,
    PARSE_ALLOW_TOP_LEVEL_AWAIT = 0x2000,
    PARSE_ALLOW_INCOMPLETE_INPUT = 0x4000,
    PARSE_OPTIMIZED_AST = 0x8000 | PARSE_ONLY_AST,
};

enum {
    PARSE_FUTURE_MASK = CO_FUTURE_DIVISION | CO_FUTURE_ABSOLUTE_IMPORT | CO_FUTURE_WITH_STATEMENT
                        | CO_FUTURE_PRINT_FUNCTION | CO_FUTURE_UNICODE_LITERALS
                        | CO_FUTURE_BARRY_AS_BDFL | CO_FUTURE_GENERATOR_STOP
                        | CO_FUTURE_ANNOTATIONS,
    PARSE_FLAGS_MASK = PARSE_FUTURE_MASK | PARSE_OPTIMIZED_AST | PARSE_TYPE_COMMENTS
                       | PARSE_ALLOW_TOP_LEVEL_AWAIT | PARSE_ALLOW_INCOMPLETE_INPUT
                       | PARSE_DONT_IMPLY_DEDENT,
    PARSE_FEATURE_VERSION = 14,     // newest minor version, the default
};

// Parses `size` bytes of source. Unless PARSE_IGNORE_COOKIE is set, a BOM or a PEP 263 cookie
// chooses the encoding; with it the bytes are UTF-8. The text may hold any line ends but no null
// bytes. filename (str) appears in errors. The tree lives in arena. NULL with an exception.
Mod *parser_parse_string(const char *source, Py_ssize_t size, PyObject *filename, int mode,
                         int flags, int feature_version, Arena *arena);

// One interactive statement from a stream of lines (the basic REPL).
//
// read_line returns a new bytes object with the next line in UTF-8 including its end, an empty
// one at the end of input, or NULL with an exception; `continued` says that a statement is open
// (second prompt). At the end of input before any token the result is NULL without an exception
// and *at_end is true.
typedef PyObject *(*ParserReadLine)(void *context, bool continued);
Mod *parser_parse_interactive(ParserReadLine read_line, void *context, PyObject *filename,
                              int flags, Arena *arena, bool *at_end);

// Text of a source argument of compile(), eval() and exec(): str, bytes or any buffer.
//
// On success *text/*size are the bytes, *keep owns them (give it up later), and *flags gains
// PARSE_IGNORE_COOKIE for str. -1 with TypeError "<function>() arg 1 must be a <what>" or
// SyntaxError "source code string cannot contain null bytes".
int source_from_object(PyObject *op, const char *function, const char *what, int *flags,
                       const char **text, Py_ssize_t *size, PyObject **keep);

// Decodes a source file's bytes as the tokenizer would (BOM, cookie, universal newlines): new str
// or NULL. For tracebacks, linecache-like uses and importlib.
PyObject *source_decode(const char *source, Py_ssize_t size, PyObject *filename);

// Line `lineno` (from 1) of the file, decoded, with its end: new str; NULL without an exception
// when the file or the line cannot be read. For SyntaxError.text and tracebacks.
PyObject *source_line_of_file(PyObject *filename, int lineno);

// Raises a SyntaxError at a place in a source file (used by later stages): type is
// PyExc_SyntaxError or a subclass, message is consumed. col_offset from 0 in bytes of the line;
// the text line comes from the file when it can be read. Returns NULL.
void *syntax_error_raise_steal(PyObject *type, PyObject *message, PyObject *filename, Span span);

#endif
