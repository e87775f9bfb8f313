// Strings and the text of f-strings and t-strings (PEP 498, 701, 750).
//
// An f-string is a START token, then MIDDLE tokens for text, and the ordinary tokens of its
// replacement fields between braces, then END. Which of the two ways a character is read is
// decided by the innermost FString: `in_field` means ordinary tokens. A doubled brace ends the
// MIDDLE token after its first brace; the second one belongs to no token.
//
// Threading: see tokenizer.h.
#include <string.h>

#include "memory/alloc.h"
#include "objects/error.h"
#include "syntax/literal.h"
#include "syntax/tokenizer_internal.h"

// Where a token began, when it may go on over several lines.
typedef struct {
    Py_ssize_t position;
    Py_ssize_t line_start;
    int lineno;
} Origin;

static Origin
origin_here(const Tokenizer *t)
{
    return (Origin){t->start, t->line_start, t->lineno};
}

static int
make_from(Tokenizer *t, Token *token, int type, Origin origin)
{
    tokenizer_make(t, token, type);
    token->span.lineno = origin.lineno;
    token->span.col_offset = (int)(origin.position - origin.line_start);
    return 0;
}

// Reads the rest of the opening quotes: 1 or 3; 2 means an empty string is complete.
static int
opening_quotes(Tokenizer *t, int quote)
{
    int c = next_char(t);
    if (c != quote) {
        back_char(t, c);
        return 1;
    }
    c = next_char(t);
    if (c == quote) {
        return 3;
    }
    back_char(t, c);
    return 2;
}

// Leaves the cursor behind the first character of a string without end. Returns -1.
static int
stop_at(Tokenizer *t, Origin origin, bool at_end)
{
    t->cur = origin.position + 1;
    t->line_start = origin.line_start;
    t->lineno = origin.lineno;
    t->done = at_end ? TOKENIZER_EOF : TOKENIZER_ERROR;
    t->string_error = true;
    return -1;
}

static int
unterminated(Tokenizer *t, Origin origin, int quote, int size, bool escaped_quote)
{
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    FString *fs = fstring_top(t);
    // The quote was meant to end the f-string around us.
    if (fs != NULL && fs->quote == quote && fs->quote_size == size) {
        return tokenizer_error_at(t, origin.lineno, origin.line_start, origin.position + 1,
                                  "%c-string: expecting '}'", fs->kind);
    }
    bool at_end = t->done == TOKENIZER_EOF;
    const char *format =
        size == 3 ? "unterminated triple-quoted string literal (detected at line %d)"
        : escaped_quote ? "unterminated string literal (detected at line %d); "
                          "perhaps you escaped the end quote?"
                        : "unterminated string literal (detected at line %d)";
    tokenizer_error_at(t, origin.lineno, origin.line_start, origin.position + 1, format, t->lineno);
    return stop_at(t, origin, at_end);
}

int
tokenizer_string(Tokenizer *t, Token *token, int quote)
{
    Origin origin = origin_here(t);
    int size = opening_quotes(t, quote);
    if (size == 2) {
        return make_from(t, token, TOK_STRING, origin);
    }
    bool escaped_quote = false;
    int closing = 0;
    while (closing < size) {
        int c = next_char(t);
        if (c == END_OF_INPUT || (size == 1 && c == '\n')) {
            return unterminated(t, origin, quote, size, escaped_quote);
        }
        if (c == quote) {
            closing++;
            continue;
        }
        closing = 0;
        if (c == '\\') {
            c = next_char(t);
            escaped_quote |= c == quote;
            if (c == '\r') {
                int after = next_char(t);
                if (after != '\n') {
                    back_char(t, after);
                }
            }
        }
    }
    return make_from(t, token, TOK_STRING, origin);
}

// ---- f-strings ----

static FString *
push_fstring(Tokenizer *t)
{
    if (t->fstring_count + 1 >= TOKENIZER_MAX_FSTRINGS) {
        tokenizer_error(t, "too many nested f-strings or t-strings");
        return NULL;
    }
    if (t->fstring_count == t->fstring_capacity) {
        int capacity = t->fstring_capacity == 0 ? 4 : t->fstring_capacity * 2;
        FString *grown = mem_realloc_array(t->fstrings, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            return NULL;
        }
        t->fstrings = grown;
        t->fstring_capacity = capacity;
    }
    FString *fs = &t->fstrings[t->fstring_count++];
    *fs = (FString){0};
    return fs;
}

int
tokenizer_fstring_start(Tokenizer *t, Token *token, int quote, char kind, bool raw)
{
    Origin origin = origin_here(t);
    int size = opening_quotes(t, quote);
    if (size == 2) {
        // Empty: the second quote will be its end.
        back_char(t, quote);
        size = 1;
    }
    FString *fs = push_fstring(t);
    if (fs == NULL) {
        return -1;
    }
    fs->kind = kind;
    fs->quote = (char)quote;
    fs->quote_size = size;
    fs->raw = raw;
    fs->start = origin.position;
    fs->line_start = origin.line_start;
    fs->lineno = origin.lineno;
    return tokenizer_make(t, token, kind == 'f' ? TOK_FSTRING_START : TOK_TSTRING_START);
}

static int
fstring_unterminated(Tokenizer *t, const FString *fs, int c)
{
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    if (fs->in_format_spec && c == '\n') {
        return tokenizer_error(t,
                               "%c-string: newlines are not allowed in format specifiers for "
                               "single quoted %c-strings",
                               fs->kind, fs->kind);
    }
    bool at_end = t->done == TOKENIZER_EOF;
    const char *format = fs->quote_size == 3
                             ? "unterminated triple-quoted %c-string literal (detected at line %d)"
                             : "unterminated %c-string literal (detected at line %d)";
    tokenizer_error_at(t, fs->lineno, fs->line_start, fs->start + 1, format, fs->kind, t->lineno);
    return stop_at(t, (Origin){fs->start, fs->line_start, fs->lineno}, at_end);
}

// After a backslash in text. 0 or -1.
static int
fstring_escape(Tokenizer *t, const FString *fs)
{
    int c = next_char(t);
    if (c == '\r') {
        c = next_char(t);
    }
    if (c == '{' || c == '}') {
        // The brace keeps its meaning.
        if (!fs->raw && literal_warn_escape(t->filename, t->lineno, t->silent_warnings, c) < 0) {
            return literal_escape_error() ? tokenizer_error(t, LITERAL_ESCAPE_ERROR, c, c) : -1;
        }
        back_char(t, c);
        return 0;
    }
    if (fs->raw || c != 'N') {
        return 0;
    }
    c = next_char(t);
    if (c != '{') {
        back_char(t, c);
        return 0;
    }
    do {
        c = next_char(t);
    } while (c != '}' && c != fs->quote && c != '\n' && c != END_OF_INPUT);
    if (c != '}') {
        back_char(t, c);
    }
    return 0;
}

// The text so far as a MIDDLE token; 1 (try again) when there is none.
static int
fstring_flush(Tokenizer *t, Token *token, Origin origin, char kind)
{
    if (t->cur == origin.position) {
        t->start = -1;
        return 1;
    }
    return make_from(t, token, kind == 'f' ? TOK_FSTRING_MIDDLE : TOK_TSTRING_MIDDLE, origin);
}

// A brace that opens a replacement field is at the cursor.
static int
open_field(Tokenizer *t, FString *fs)
{
    if (fs->depth >= TOKENIZER_MAX_FORMAT_NESTING) {
        return tokenizer_error(t, "%c-string: expressions nested too deeply", fs->kind);
    }
    fs->levels[fs->depth++] = t->level + 1;
    fs->in_field = true;
    fs->in_format_spec = false;
    return 0;
}

static int
fstring_end(Tokenizer *t, Token *token, Origin origin, const FString *fs)
{
    char kind = fs->kind;
    if (t->cur - fs->quote_size > origin.position) {
        t->cur -= fs->quote_size;
        return make_from(t, token, kind == 'f' ? TOK_FSTRING_MIDDLE : TOK_TSTRING_MIDDLE, origin);
    }
    t->fstring_count--;
    return make_from(t, token, kind == 'f' ? TOK_FSTRING_END : TOK_TSTRING_END, origin);
}

// A brace was read in text. 2: it is part of the text and scanning goes on.
static int
fstring_brace(Tokenizer *t, Token *token, Origin origin, FString *fs, int c)
{
    int c2 = next_char(t);
    if (c == c2 && !fs->in_format_spec) {
        t->cur--;
        int result = fstring_flush(t, token, origin, fs->kind);
        t->cur++;
        // The second brace is no text, but it is covered by the position.
        token->span.end_col_offset += result == 0;
        return result;
    }
    back_char(t, c2);
    if (c == '{') {
        t->cur--;
        return open_field(t, fs) < 0 ? -1 : fstring_flush(t, token, origin, fs->kind);
    }
    if (!fs->in_format_spec) {
        return tokenizer_error(t, "%c-string: single '}' is not allowed", fs->kind);
    }
    t->cur--;
    fs->in_field = true;
    fs->in_format_spec = false;
    if (t->extra_tokens) {
        // The tokenize module shows the end of a spec even when it is empty.
        return make_from(t, token, fs->kind == 'f' ? TOK_FSTRING_MIDDLE : TOK_TSTRING_MIDDLE,
                         origin);
    }
    return fstring_flush(t, token, origin, fs->kind);
}

int
tokenizer_fstring_middle(Tokenizer *t, Token *token)
{
    FString *fs = fstring_top(t);
    t->start = t->cur;
    // At the end of a line the next line is current only after its first character was read.
    if (t->cur == t->limit) {
        int c = next_char(t);
        if (c == END_OF_INPUT) {
            return fstring_unterminated(t, fs, c);
        }
        back_char(t, c);
        t->start = t->cur;
    }
    Origin origin = origin_here(t);
    int closing = 0;
    for (;;) {
        int c = next_char(t);
        if (c == END_OF_INPUT || (fs->quote_size == 1 && c == '\n')) {
            return fstring_unterminated(t, fs, c);
        }
        if (c == fs->quote) {
            if (++closing == fs->quote_size) {
                return fstring_end(t, token, origin, fs);
            }
            continue;
        }
        closing = 0;
        if (c == '{' || c == '}') {
            return fstring_brace(t, token, origin, fs, c);
        }
        if (c == '\\' && fstring_escape(t, fs) < 0) {
            return -1;
        }
    }
}
