// Text to tokens, one at a time.
//
// The tokenizer owns a buffer with all text read so far (UTF-8, line ends as given or normalised
// by the source decoder, NUL-terminated); tokens refer to it by byte offsets, which stay valid
// when the buffer grows. Lines come from the buffer, or one at a time from `read_line`.
//
// Errors are raised at once, with CPython's texts and positions; `done` then says why the
// tokenizer stopped, because the parser ranks errors of the two against each other.
//
// Threading: one thread at a time.
#ifndef TYPHON_SYNTAX_TOKENIZER_H
#define TYPHON_SYNTAX_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/object.h"
#include "syntax/span.h"
#include "syntax/token.h"

enum {
    TOKENIZER_MAX_INDENT = 100,
    TOKENIZER_MAX_LEVEL = 200,
    TOKENIZER_MAX_FSTRINGS = 150,
    TOKENIZER_MAX_FORMAT_NESTING = 3,
};

typedef struct {
    int type;               // TOK_*, or KW_* for reserved words
    Span span;              // columns are -1 for INDENT, DEDENT and ENDMARKER
    Py_ssize_t start, end;  // bytes in the buffer; `end` is the cursor for kinds without text
    int level;              // open brackets after it
    unsigned diagnosed;     // the parser's notes of what it looked for here
} Token;

// An open f-string or t-string.
typedef struct {
    char kind;              // 'f' or 't'
    char quote;
    int quote_size;         // 1 or 3
    bool raw;
    bool in_field;          // inside {…}, before a format spec
    bool in_format_spec;
    int depth;              // open curly brackets of replacement fields
    int levels[TOKENIZER_MAX_FORMAT_NESTING];   // bracket level just inside each of them
    Py_ssize_t start;       // offset of the prefix
    Py_ssize_t line_start;  // of the line with the prefix
    int lineno;
} FString;

enum { TOKENIZER_OK, TOKENIZER_EOF, TOKENIZER_ERROR };

// New bytes object with the next line, empty at the end, or NULL with an exception.
typedef PyObject *(*TokenizerReadLine)(void *context);

typedef struct {
    char *buffer;
    Py_ssize_t size;        // bytes of text in it
    Py_ssize_t capacity;
    Py_ssize_t cur;         // next byte
    Py_ssize_t limit;       // end of the current line
    Py_ssize_t line_start;
    Py_ssize_t start;       // of the token in progress, -1 between tokens
    Py_ssize_t kept_start;  // where a reader of lines would still hold text: see tokenizer_error.c
    int lineno;             // of the current line

    TokenizerReadLine read_line;    // NULL: everything is in the buffer
    void *read_context;
    PyObject *filename;     // owned
    int done;
    bool interactive;       // a blank line ends a block
    bool extra_tokens;      // COMMENT and NL are tokens; positions as in the tokenize module
    bool type_comments;
    bool implicit_newline;  // the last line end is ours
    bool layout_error;      // what was raised is about indentation or a backslash
    bool string_error;      // what was raised is about a string without end
    bool silent_warnings;   // warnings were given in an earlier pass
    bool at_line_start;
    bool blank_line;        // the current line has no statement
    bool continued_line;    // a backslash joined lines before the current token
    bool comment_newline;   // extra_tokens: the line end after a comment line is NL

    int indent;             // top of the stacks
    int indents[TOKENIZER_MAX_INDENT];
    int alternative_indents[TOKENIZER_MAX_INDENT];  // columns with tabs of size 1
    int pending;            // INDENTs (positive) or DEDENTs (negative) to deliver
    int level;              // open brackets
    char brackets[TOKENIZER_MAX_LEVEL];
    int bracket_lines[TOKENIZER_MAX_LEVEL];
    int bracket_columns[TOKENIZER_MAX_LEVEL];

    int fstring_count;
    FString *fstrings;      // stack, TOKENIZER_MAX_FSTRINGS at most
    int fstring_capacity;
} Tokenizer;

// Takes a mem_alloc'ed buffer of size bytes plus NUL (consumed, also on failure). 0 or -1.
int tokenizer_init_buffer_steal(Tokenizer *t, char *buffer, Py_ssize_t size, PyObject *filename);
// Reads lines on demand.
int tokenizer_init_reader(Tokenizer *t, TokenizerReadLine read_line, void *context,
                          PyObject *filename);
void tokenizer_fini(Tokenizer *t);

// The next token: 0, or -1 with an exception. After the end there are ENDMARKERs forever.
int tokenizer_next(Tokenizer *t, Token *token);

// Text of a token, not terminated.
static inline const char *
tokenizer_text(const Tokenizer *t, const Token *token)
{
    return t->buffer + token->start;
}

// SyntaxError "'(' was never closed" for the innermost open bracket. Returns -1.
int tokenizer_error_unclosed(Tokenizer *t);

// Line `lineno` of what was read, without its end, as str (invalid bytes replaced).
PyObject *tokenizer_line(Tokenizer *t, int lineno);
// What a reader of lines would have in its buffer: text of the current line, or of the lines of
// the token in progress, with the end.
PyObject *tokenizer_current_text(Tokenizer *t);

#endif
