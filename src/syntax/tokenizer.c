// The tokenizer's core: lines, indentation, comments, operators and brackets.
//
// Invariants: cur <= limit <= size; limit is the end of the current line (after its line end), so
// that a token never sees the next line before next_char makes it current. Offsets, not pointers,
// are kept, because the buffer moves when a reader supplies lines.
//
// Threading: see tokenizer.h.
#include "syntax/tokenizer.h"

#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "syntax/tokenizer_internal.h"

enum { TAB_SIZE = 8 };

static void
init_common(Tokenizer *t, PyObject *filename)
{
    *t = (Tokenizer){0};
    t->start = -1;
    t->at_line_start = true;
    t->filename = new_ref(filename);
}

int
tokenizer_init_buffer_steal(Tokenizer *t, char *buffer, Py_ssize_t size, PyObject *filename)
{
    init_common(t, filename);
    t->buffer = buffer;
    t->size = t->capacity = size;
    return 0;
}

int
tokenizer_init_reader(Tokenizer *t, TokenizerReadLine read_line, void *context,
                      PyObject *filename)
{
    init_common(t, filename);
    t->read_line = read_line;
    t->read_context = context;
    t->buffer = mem_calloc_or_error(1, 1);
    return t->buffer != NULL ? 0 : -1;
}

void
tokenizer_fini(Tokenizer *t)
{
    mem_free(t->buffer);
    mem_free(t->fstrings);
    clear_ref(t->filename);
    t->buffer = NULL;
    t->fstrings = NULL;
}

// ---- lines ----

// Appends text (and a line end when it lacks one) to the buffer.
static bool
append_line(Tokenizer *t, const char *text, Py_ssize_t length)
{
    if (memchr(text, '\0', (size_t)length) != NULL) {
        tokenizer_error(t, "source code cannot contain null bytes");
        return false;
    }
    if (length > PTRDIFF_MAX / 4 - t->size) {
        error_no_memory();
        return false;
    }
    Py_ssize_t needed = t->size + length + 2;
    if (needed > t->capacity) {
        Py_ssize_t capacity = needed + needed / 2;
        char *grown = mem_realloc(t->buffer, (size_t)capacity);
        if (grown == NULL) {
            error_no_memory();
            return false;
        }
        t->buffer = grown;
        t->capacity = capacity;
    }
    memcpy(t->buffer + t->size, text, (size_t)length);
    t->size += length;
    if (t->buffer[t->size - 1] != '\n') {
        t->buffer[t->size++] = '\n';
        t->implicit_newline = true;
    }
    t->buffer[t->size] = '\0';
    return true;
}

static bool
read_more(Tokenizer *t)
{
    PyObject *line = t->read_line(t->read_context);
    if (line == NULL) {
        t->done = TOKENIZER_ERROR;
        return false;
    }
    bool ok = false;
    if (bytes_length(line) != 0) {
        ok = append_line(t, bytes_data(line), bytes_length(line));
        if (!ok) {
            t->done = TOKENIZER_ERROR;
        }
    }
    else {
        t->done = TOKENIZER_EOF;
    }
    decref(line);
    return ok;
}

bool
tokenizer_advance_line(Tokenizer *t)
{
    if (t->done != TOKENIZER_OK) {
        return false;
    }
    if (t->limit == t->size) {
        if (t->read_line == NULL) {
            t->done = TOKENIZER_EOF;
            return false;
        }
        if (!read_more(t)) {
            return false;
        }
    }
    const char *from = t->buffer + t->limit;
    const char *end = memchr(from, '\n', (size_t)(t->size - t->limit));
    Py_ssize_t length = end != NULL ? end - from + 1 : t->size - t->limit;
    if (length > INT32_MAX - 16 || t->lineno == INT32_MAX) {
        error_set(PyExc_OverflowError, "Parser column offset overflow - source line is too big");
        t->done = TOKENIZER_ERROR;
        return false;
    }
    if (t->start < 0) {
        t->kept_start = t->limit;
    }
    t->line_start = t->limit;
    t->limit += length;
    t->lineno++;
    return true;
}

// ---- tokens ----

int
tokenizer_make(Tokenizer *t, Token *token, int type)
{
    token->type = type;
    token->diagnosed = 0;
    token->start = t->start;
    token->end = t->cur;
    token->span = (Span){t->lineno, (int)(t->start - t->line_start), t->lineno,
                         (int)(t->cur - t->line_start)};
    token->level = t->level;
    t->start = -1;
    return 0;
}

int
tokenizer_make_empty(Tokenizer *t, Token *token, int type)
{
    token->type = type;
    token->diagnosed = 0;
    token->start = token->end = t->cur;
    token->span = (Span){t->lineno, -1, t->lineno, -1};
    token->level = t->level;
    return 0;
}

// ---- indentation ----

// After a backslash: the line end must follow. Gives the next line's first character.
static int
continue_line(Tokenizer *t, int *c)
{
    *c = next_char(t);
    if (*c == '\r') {
        *c = next_char(t);
    }
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    if (*c != '\n') {
        return tokenizer_error_indentation(
            t, PyExc_SyntaxError, "unexpected character after line continuation character");
    }
    *c = next_char(t);
    if (*c == END_OF_INPUT) {
        return t->done == TOKENIZER_ERROR ? -1 : tokenizer_error_eof(t);
    }
    back_char(t, *c);
    return 0;
}

static int
indentation_changed(Tokenizer *t, int column, int alternative)
{
    static const char inconsistent[] = "inconsistent use of tabs and spaces in indentation";
    int *indents = t->indents;
    int *alternatives = t->alternative_indents;
    if (column == indents[t->indent]) {
        return alternative == alternatives[t->indent]
                   ? 0
                   : tokenizer_error_indentation(t, PyExc_TabError, inconsistent);
    }
    if (column > indents[t->indent]) {
        if (t->indent + 1 >= TOKENIZER_MAX_INDENT) {
            return tokenizer_error_indentation(t, PyExc_IndentationError,
                                               "too many levels of indentation");
        }
        if (alternative <= alternatives[t->indent]) {
            return tokenizer_error_indentation(t, PyExc_TabError, inconsistent);
        }
        t->pending++;
        t->indent++;
        indents[t->indent] = column;
        alternatives[t->indent] = alternative;
        return 0;
    }
    while (t->indent > 0 && column < indents[t->indent]) {
        t->pending--;
        t->indent--;
    }
    if (column != indents[t->indent]) {
        t->cur = t->limit;
        return tokenizer_error_indentation(
            t, PyExc_IndentationError, "unindent does not match any outer indentation level");
    }
    return alternative == alternatives[t->indent]
               ? 0
               : tokenizer_error_indentation(t, PyExc_TabError, inconsistent);
}

// Reads the blanks that open a line and compares them with the stack.
static int
start_line(Tokenizer *t)
{
    int column = 0;
    int alternative = 0;
    int continued_column = 0;
    int c;
    t->at_line_start = false;
    t->blank_line = false;
    for (;;) {
        c = next_char(t);
        if (c == ' ') {
            column++;
            alternative++;
        }
        else if (c == '\t') {
            column = (column / TAB_SIZE + 1) * TAB_SIZE;
            alternative++;
        }
        else if (c == '\f') {
            column = alternative = 0;
        }
        else if (c == '\\') {
            // The indentation is that of the first line.
            continued_column = continued_column != 0 ? continued_column : column;
            if (continue_line(t, &c) < 0) {
                return -1;
            }
        }
        else {
            break;
        }
    }
    back_char(t, c);
    if (c == '#' || c == '\n' || c == '\r') {
        // Only interactive input gives a meaning to lines without a statement.
        if (t->interactive && column == 0 && c == '\n') {
            t->blank_line = false;
        }
        else if (t->interactive && t->lineno == 1) {
            t->blank_line = false;
            column = 0;
            continued_column = 0;
        }
        else {
            t->blank_line = true;
        }
    }
    if (t->blank_line || t->level != 0) {
        return 0;
    }
    if (continued_column != 0) {
        column = alternative = continued_column;
    }
    return indentation_changed(t, column, alternative);
}

// ---- comments ----

// Whether the comment [start, cur) is a type comment; *content is where its text begins.
static bool
is_type_comment(const Tokenizer *t, Py_ssize_t start, Py_ssize_t *content)
{
    Py_ssize_t p = start;
    for (const char *prefix = "# type: "; *prefix != '\0'; prefix++) {
        if (*prefix == ' ') {
            while (p < t->cur && (t->buffer[p] == ' ' || t->buffer[p] == '\t')) {
                p++;
            }
        }
        else if (p < t->cur && t->buffer[p] == *prefix) {
            p++;
        }
        else {
            return false;
        }
    }
    *content = p;
    return true;
}

static bool
is_ignore(const Tokenizer *t, Py_ssize_t content)
{
    if (t->cur - content < 6 || memcmp(t->buffer + content, "ignore", 6) != 0) {
        return false;
    }
    if (t->cur - content == 6) {
        return true;
    }
    int c = (unsigned char)t->buffer[content + 6];
    return !(c >= 128 || is_decimal(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

// Reads a comment whose '#' was read. 1: *token is made; 0: go on after it.
static int
read_comment(Tokenizer *t, Token *token)
{
    int c;
    do {
        c = next_char(t);
    } while (c != END_OF_INPUT && c != '\n' && c != '\r');
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    back_char(t, c);
    Py_ssize_t content;
    if (t->type_comments && is_type_comment(t, t->start, &content)) {
        bool ignore = is_ignore(t, content);
        t->start = ignore ? content + 6 : content;
        if (ignore && t->blank_line) {
            // A line of its own: its end belongs to it.
            next_char(t);
            t->at_line_start = true;
        }
        tokenizer_make(t, token, ignore ? TOK_TYPE_IGNORE : TOK_TYPE_COMMENT);
        return 1;
    }
    if (t->extra_tokens) {
        tokenizer_make(t, token, TOK_COMMENT);
        t->comment_newline = t->blank_line;
        return 1;
    }
    return 0;
}

// ---- operators and brackets ----

static int
open_bracket(Tokenizer *t, int c)
{
    if (t->level >= TOKENIZER_MAX_LEVEL) {
        return tokenizer_error(t, "too many nested parentheses");
    }
    t->brackets[t->level] = (char)c;
    t->bracket_lines[t->level] = t->lineno;
    t->bracket_columns[t->level] = (int)(t->start - t->line_start);
    t->level++;
    return 0;
}

static bool
brackets_match(int open, int close)
{
    return (open == '(' && close == ')') || (open == '[' && close == ']')
           || (open == '{' && close == '}');
}

static int
close_bracket(Tokenizer *t, int c)
{
    FString *fs = fstring_top(t);
    bool in_field = fs != NULL && fs->depth > 0;
    if (t->level == 0 && t->extra_tokens) {
        return 0;
    }
    if (in_field && fs->levels[fs->depth - 1] == t->level && c != '}') {
        return tokenizer_error(t, "%c-string: unmatched '%c'", fs->kind, c);
    }
    if (t->level == 0) {
        return tokenizer_error(t, "unmatched '%c'", c);
    }
    int open = t->brackets[t->level - 1];
    int line = t->bracket_lines[t->level - 1];
    if (!t->extra_tokens && !brackets_match(open, c)) {
        if (line != t->lineno) {
            return tokenizer_error(
                t, "closing parenthesis '%c' does not match opening parenthesis '%c' on line %d",
                c, open, line);
        }
        return tokenizer_error(
            t, "closing parenthesis '%c' does not match opening parenthesis '%c'", c, open);
    }
    t->level--;
    if (in_field && fs->levels[fs->depth - 1] == t->level + 1) {
        fs->depth--;
        fs->in_field = false;
        fs->in_format_spec = fs->depth > 0;
    }
    return 0;
}

static int
read_operator(Tokenizer *t, Token *token, int c)
{
    // A colon of a replacement field starts the format spec even before '='.
    bool field_colon = c == ':' && fstring_at_field_level(t);
    if (field_colon) {
        FString *fs = fstring_top(t);
        fs->in_field = false;
        fs->in_format_spec = true;
        return tokenizer_make(t, token, TOK_COLON);
    }
    int c2 = next_char(t);
    int type = token_two_chars(c, c2);
    if (type != TOK_OP || (c == '.' && c2 == '.')) {
        int c3 = next_char(t);
        int type3 = token_three_chars(c, c2, c3);
        if (type3 != TOK_OP) {
            return tokenizer_make(t, token, type3);
        }
        back_char(t, c3);
        if (type != TOK_OP) {
            return tokenizer_make(t, token, type);
        }
    }
    back_char(t, c2);
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    if (c == '(' || c == '[' || c == '{') {
        if (open_bracket(t, c) < 0) {
            return -1;
        }
    }
    else if ((c == ')' || c == ']' || c == '}') && close_bracket(t, c) < 0) {
        return -1;
    }
    if (c < 32 || c == 127) {
        return tokenizer_error(t, "invalid non-printable character U+%04X", c);
    }
    return tokenizer_make(t, token, token_one_char(c));
}

// ---- the way through a line ----

static int
deliver_pending(Tokenizer *t, Token *token)
{
    if (t->pending < 0) {
        t->pending++;
        return tokenizer_make_empty(t, token, TOK_DEDENT);
    }
    t->pending--;
    return tokenizer_make_empty(t, token, TOK_INDENT);
}

static int
at_end(Tokenizer *t, Token *token)
{
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    if (t->level > 0) {
        return tokenizer_error_eof(t);
    }
    return tokenizer_make_empty(t, token, TOK_ENDMARKER);
}

// A line end was read. 1: *token is made; 0: go on with the next line.
static int
line_end(Tokenizer *t, Token *token)
{
    t->at_line_start = true;
    bool silent = t->blank_line || t->level > 0;
    if (silent && !t->extra_tokens) {
        return 0;
    }
    bool nl = silent || t->comment_newline;
    t->comment_newline = false;
    t->continued_line = false;
    if (nl) {
        tokenizer_make(t, token, TOK_NL);
        return 1;
    }
    tokenizer_make(t, token, TOK_NEWLINE);
    return 1;
}

// A dot was read: a number, an ellipsis or the operator.
static int
read_dot(Tokenizer *t, Token *token)
{
    int c = next_char(t);
    back_char(t, c);
    return is_decimal(c) ? tokenizer_fraction(t, token) : read_operator(t, token, '.');
}

// One token of the line; 1: none yet (a line end without meaning, a comment), try again.
static int
read_token(Tokenizer *t, Token *token)
{
    t->start = -1;
    t->blank_line = false;
    if (t->at_line_start && start_line(t) < 0) {
        return -1;
    }
    if (t->done == TOKENIZER_ERROR) {
        return -1;
    }
    if (t->pending != 0) {
        return deliver_pending(t, token);
    }
    int c;
    do {
        c = next_char(t);
    } while (c == ' ' || c == '\t' || c == '\f');
    if (c == END_OF_INPUT) {
        return at_end(t, token);
    }
    t->start = t->cur - 1;
    if (c == '#') {
        int made = read_comment(t, token);
        if (made != 0) {
            return made < 0 ? -1 : 0;
        }
        // What ends the comment ends the line.
        c = next_char(t);
        if (c == END_OF_INPUT) {
            return at_end(t, token);
        }
        t->start = t->cur - 1;
    }
    if (is_name_start(c)) {
        return tokenizer_name(t, token, c);
    }
    if (c == '\r') {
        c = next_char(t);
        if (c != '\n') {
            back_char(t, c);
            return tokenizer_error(t, "invalid non-printable character U+%04X", '\r');
        }
    }
    if (c == '\n') {
        return !line_end(t, token);
    }
    if (is_decimal(c)) {
        return tokenizer_number(t, token, c);
    }
    if (c == '\'' || c == '"') {
        return tokenizer_string(t, token, c);
    }
    if (c == '\\') {
        t->start = -1;
        if (continue_line(t, &c) < 0) {
            return -1;
        }
        t->continued_line = true;
        return 1;
    }
    return c == '.' ? read_dot(t, token) : read_operator(t, token, c);
}

int
tokenizer_next(Tokenizer *t, Token *token)
{
    for (;;) {
        FString *fs = fstring_top(t);
        int result = fs != NULL && !fs->in_field ? tokenizer_fstring_middle(t, token)
                                                 : read_token(t, token);
        if (result <= 0) {
            if (result < 0 && t->done == TOKENIZER_OK) {
                t->done = TOKENIZER_ERROR;
            }
            return result;
        }
    }
}
