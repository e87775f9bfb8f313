// Parts of the tokenizer: see tokenizer.h for the contract.
#ifndef TYPHON_SYNTAX_TOKENIZER_INTERNAL_H
#define TYPHON_SYNTAX_TOKENIZER_INTERNAL_H

#include "syntax/tokenizer.h"

enum { END_OF_INPUT = -1 };

// Makes the next line current: true, or false at the end or on an error (see done).
bool tokenizer_advance_line(Tokenizer *t);

// The next byte, END_OF_INPUT at the end.
static inline int
next_char(Tokenizer *t)
{
    if (t->cur == t->limit && !tokenizer_advance_line(t)) {
        return END_OF_INPUT;
    }
    return (unsigned char)t->buffer[t->cur++];
}

// Puts c back, which next_char gave last; never across a line start.
static inline void
back_char(Tokenizer *t, int c)
{
    if (c != END_OF_INPUT) {
        t->cur--;
    }
}

static inline bool
is_name_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
}

static inline bool is_decimal(int c) { return c >= '0' && c <= '9'; }
static inline bool is_name_char(int c) { return is_name_start(c) || is_decimal(c); }

// Fills token with the text from t->start to the cursor. Returns 0.
int tokenizer_make(Tokenizer *t, Token *token, int type);
// The same for kinds without a position.
int tokenizer_make_empty(Tokenizer *t, Token *token, int type);

// SyntaxError at the cursor: the last character read is the place. Returns -1.
int tokenizer_error(Tokenizer *t, const char *format, ...);
// The same with columns from 1 in bytes of the current line, -1: as tokenizer_error / none.
int tokenizer_error_range(Tokenizer *t, int column, int end_column, const char *format, ...);
// The same at the start of the token in progress, which may be on an earlier line.
int tokenizer_error_at(Tokenizer *t, int lineno, Py_ssize_t line_start, Py_ssize_t position,
                       const char *format, ...);
// Other classes of errors: type is PyExc_IndentationError or PyExc_TabError.
int tokenizer_error_indentation(Tokenizer *t, PyObject *type, const char *text);
int tokenizer_error_eof(Tokenizer *t);

// SyntaxWarning at the current line; -1 when it became an exception.
int tokenizer_warn(Tokenizer *t, PyObject *category, const char *format, ...);

// A number whose first character c was read (tokenizer_number.c).
int tokenizer_number(Tokenizer *t, Token *token, int c);
// After '.' was read and a digit follows.
int tokenizer_fraction(Tokenizer *t, Token *token);

// A name, or a string with a prefix, whose first character c was read (tokenizer_name.c).
int tokenizer_name(Tokenizer *t, Token *token, int c);

// A string whose first quote was read; t->start is the prefix (tokenizer_string.c).
int tokenizer_string(Tokenizer *t, Token *token, int quote);
// The start of an f-string or t-string whose first quote was read.
int tokenizer_fstring_start(Tokenizer *t, Token *token, int quote, char kind, bool raw);
// The next piece of the innermost f-string, outside of replacement fields.
int tokenizer_fstring_middle(Tokenizer *t, Token *token);

static inline FString *
fstring_top(Tokenizer *t)
{
    return t->fstring_count != 0 ? &t->fstrings[t->fstring_count - 1] : NULL;
}

// Whether the cursor is in a replacement field of the innermost f-string, outside of brackets
// opened within the field.
static inline bool
fstring_at_field_level(Tokenizer *t)
{
    FString *fs = fstring_top(t);
    return fs != NULL && fs->depth > 0 && fs->in_field && t->level == fs->levels[fs->depth - 1];
}

#endif
