// Strings: runs of literals that are concatenated, f-strings (PEP 498, 701) and t-strings
// (PEP 750).
//
// Pieces of a run are pushed on the scratch stack: constants and replacement fields. Afterwards
// neighbouring constants are joined, empty ones dropped, and the node is made that fits the kinds
// of literals in the run.
//
// Threading: see parser_internal.h.
#include <string.h>

#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "syntax/literal.h"
#include "syntax/parser_diagnose.h"
#include "syntax/parser_internal.h"

// ---- literals ----

// A ValueError or UnicodeError of decoding becomes a SyntaxError.
static void *
decode_error(Parser *p)
{
    const char *kind = NULL;
    if (error_matches(PyExc_UnicodeError)) {
        kind = "unicode error";
    }
    else if (error_matches(PyExc_ValueError)) {
        kind = "value error";
    }
    if (kind == NULL) {
        p->raised = true;
        return NULL;
    }
    PyObject *error = error_take();
    PyObject *text = object_str(error);
    decref(error);
    if (text == NULL) {
        error_clear();
        return raise_last(p, "(%s) unknown error", kind);
    }
    raise_last(p, "(%s) %U", kind, text);
    decref(text);
    return NULL;
}

// Where an invalid escape of a string token is.
static Span
escape_span(Parser *p, const Token *token, const char *invalid)
{
    const char *text = tokenizer_text(&p->tok, token);
    Py_ssize_t at = literal_find_escape(text, token->end - token->start, invalid);
    int line = token->span.lineno, column = token->span.col_offset + (int)at;
    for (Py_ssize_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = (int)(at - i - 1);
        }
    }
    return (Span){line, column, line, column + 1 + (int)strlen(invalid)};
}

// Warns of an invalid escape; false when that raised.
static bool
warn_escape(Parser *p, const Token *token, const char *invalid)
{
    if (invalid[0] == '\0') {
        return true;
    }
    Span span = escape_span(p, token, invalid);
    int c = (unsigned char)invalid[0];
    bool octal = c >= '4' && c <= '7';
    bool silent = p->errors;
    int result;
    if (octal) {
        result = literal_warn_octal(p->filename, span.lineno, silent, invalid);
    }
    else {
        result = literal_warn_escape(p->filename, span.lineno, silent, c);
    }
    if (result == 0) {
        return true;
    }
    if (!literal_escape_error()) {
        p->raised = true;
    }
    else if (octal) {
        raise_at(p, span, LITERAL_OCTAL_ERROR, invalid, invalid);
    }
    else {
        raise_at(p, span, LITERAL_ESCAPE_ERROR, c, c);
    }
    return false;
}

static bool
all_ascii(const char *text, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] >= 128) {
            return false;
        }
    }
    return true;
}

// One STRING token as a Constant.
static Expr *
parse_string(Parser *p)
{
    Token token = *token_here(p);
    p->pos++;
    LiteralString parts = literal_split(tokenizer_text(&p->tok, &token), token.end - token.start);
    if (parts.bytes && !all_ascii(parts.text, parts.size)) {
        return raise_at(p, token.span, "bytes can only contain ASCII literal characters");
    }
    InvalidEscape invalid;
    PyObject *value = parts.bytes
                          ? literal_decode_bytes(parts.text, parts.size, parts.raw, &invalid)
                          : literal_decode_str(parts.text, parts.size, parts.raw, &invalid);
    if (value == NULL) {
        return decode_error(p);
    }
    if (arena_keep_steal(p->arena, value) < 0) {
        p->raised = true;
        return NULL;
    }
    if (!warn_escape(p, &token, invalid)) {
        return NULL;
    }
    PyObject *kind = parts.unicode ? str_intern_cstr("u") : NULL;
    if (parts.unicode && (kind == NULL || arena_keep_steal(p->arena, kind) < 0)) {
        p->raised = true;
        return NULL;
    }
    return check_node(p, ast_constant(p->arena, token.span, value, kind));
}

// ---- replacement fields ----

typedef struct {
    int middle, end;        // token types of this kind of string
    char kind;              // 'f' or 't'
    bool raw;
    bool interpolate;       // fields become Interpolation
} FStringKind;

// Raises an error at the token that comes next.
static void *
raise_next(Parser *p, const FStringKind *k, const char *text)
{
    if (peek(p) == TOK_ERRORTOKEN) {
        return NULL;
    }
    Span span = token_here(p)->span;
    if (span.col_offset < 0) {
        return raise_last(p, "%c-string: %s", k->kind, text);
    }
    return raise_at(p, span, "%c-string: %s", k->kind, text);
}

// Copies text between tokens: blanks, without the comments among them.
static int
write_gap(StrWriter *w, const char *text, Py_ssize_t start, Py_ssize_t end)
{
    while (start < end) {
        const char *comment = memchr(text + start, '#', (size_t)(end - start));
        Py_ssize_t stop = comment != NULL ? comment - text : end;
        if (str_writer_utf8(w, text + start, stop - start) < 0) {
            return -1;
        }
        while (stop < end && text[stop] != '\n') {
            stop++;
        }
        start = stop;
    }
    return 0;
}

// The text [start, end) with comments taken out, as str kept by the arena; its first token is at
// pos.
static PyObject *
field_text(Parser *p, Py_ssize_t pos, Py_ssize_t start, Py_ssize_t end)
{
    StrWriter w;
    str_writer_init(&w);
    const char *text = p->tok.buffer;
    bool ok = true;
    for (; ok && pos < p->count && p->tokens[pos].start < end; pos++) {
        const Token *token = &p->tokens[pos];
        ok = write_gap(&w, text, start, token->start) == 0
             && str_writer_utf8(&w, text + token->start, token->end - token->start) == 0;
        start = token->end;
    }
    ok = ok && write_gap(&w, text, start, end) == 0;
    PyObject *result = NULL;
    if (ok) {
        result = str_writer_finish(&w);
    }
    else {
        str_writer_discard(&w);
    }
    if (result == NULL || arena_keep_steal(p->arena, result) < 0) {
        p->raised = true;
        return NULL;
    }
    return result;
}

// "!name": 1, -1 without one, 0 when it is wrong.
static int
parse_conversion(Parser *p, const FStringKind *k)
{
    if (!at(p, TOK_EXCLAMATION)) {
        return -1;
    }
    p->pos++;
    if (!at(p, TOK_NAME)) {
        if (p->errors) {
            raise_next(p, k, at(p, TOK_COLON) || at(p, TOK_RBRACE)
                                 ? "missing conversion character"
                                 : "invalid conversion character");
        }
        return 0;
    }
    p->pos++;
    return 1;
}

// The conversion whose mark is at pos, which is asked for when the field is complete; 0: raised.
static int
conversion_character(Parser *p, const FStringKind *k, Py_ssize_t pos)
{
    Token mark = p->tokens[pos];
    Token name = p->tokens[pos + 1];
    if (mark.end != name.start) {
        raise_range(p, mark.span, name.span,
                    "%c-string: conversion type must come right after the exclamation mark",
                    k->kind);
        return 0;
    }
    char c = tokenizer_text(&p->tok, &name)[0];
    if (name.end - name.start != 1 || (c != 's' && c != 'r' && c != 'a')) {
        PyObject *text = token_identifier(p, &name);
        if (text != NULL) {
            raise_at(p, name.span,
                     "%c-string: invalid conversion character %R: expected 's', 'r', or 'a'",
                     k->kind, text);
        }
        return 0;
    }
    return c;
}

static bool push_pieces(Parser *p, const FStringKind *k);
static Expr *finish_joined(Parser *p, Span span, Py_ssize_t mark);

// ":" and the format spec, up to "}".
static Expr *
parse_format_spec(Parser *p, const FStringKind *k)
{
    Py_ssize_t mark = p->scratch_size;
    Span colon = token_here(p)->span;
    p->pos++;
    // Within a spec the fields are those of an f-string, whatever the string is.
    FStringKind inner = *k;
    inner.interpolate = false;
    if (!push_pieces(p, &inner)) {
        return NULL;
    }
    Span span = span_from(p, colon);
    return finish_joined(p, span, mark);
}

// Mistakes of a field whose "{" is at start; nothing is known to be wrong before.
static void
diagnose_field(Parser *p, const FStringKind *k)
{
    Py_ssize_t start = p->pos;
    p->pos++;
    switch (peek(p)) {
    case TOK_EQUAL:
        raise_next(p, k, "valid expression required before '='");
        return;
    case TOK_EXCLAMATION:
        raise_next(p, k, "valid expression required before '!'");
        return;
    case TOK_COLON:
        raise_next(p, k, "valid expression required before ':'");
        return;
    case TOK_RBRACE:
        raise_next(p, k, "valid expression required before '}'");
        return;
    default:
        break;
    }
    if (parse_yield_or_star_expressions(p) == NULL) {
        if (!p->raised) {
            p->pos = start + 1;
            raise_next(p, k, "expecting a valid expression after '{'");
        }
        return;
    }
    int next = peek(p);
    bool equal = next == TOK_EQUAL;
    if (!equal && next != TOK_EXCLAMATION && next != TOK_COLON && next != TOK_RBRACE) {
        raise_next(p, k, "expecting '=', or '!', or ':', or '}'");
        return;
    }
    if (equal) {
        p->pos++;
        next = peek(p);
        if (next != TOK_EXCLAMATION && next != TOK_COLON && next != TOK_RBRACE) {
            raise_next(p, k, "expecting '!', or ':', or '}'");
            return;
        }
    }
    if (parse_conversion(p, k) == 0) {
        return;
    }
    if (!at(p, TOK_COLON)) {
        if (!at(p, TOK_RBRACE)) {
            raise_next(p, k, "expecting ':' or '}'");
        }
        return;
    }
    if (parse_format_spec(p, k) != NULL && !at(p, TOK_RBRACE)) {
        raise_next(p, k, "expecting '}', or format specs");
    }
}

typedef struct {
    Span open;              // "{"
    Py_ssize_t first;       // token after it
    Py_ssize_t text_start;  // of the expression
    Expr *value;
    bool debug;             // "="
    Py_ssize_t equal;       // offset of it
    int conversion;
    Expr *spec;
    Py_ssize_t text_end;    // at the conversion, the spec or the end
    Span text_last;         // the token after the text
} Field;

// Reads "{ … }". false: it is wrong.
static bool
read_field(Parser *p, const FStringKind *k, Field *f)
{
    f->open = token_here(p)->span;
    f->text_start = token_here(p)->end;
    f->first = ++p->pos;
    f->value = parse_yield_or_star_expressions(p);
    if (f->value == NULL) {
        return false;
    }
    f->debug = at(p, TOK_EQUAL);
    f->equal = f->debug ? token_here(p)->start : 0;
    p->pos += f->debug;
    if (peek(p) == TOK_ERRORTOKEN) {
        return false;
    }
    f->text_end = token_here(p)->start;
    f->text_last = token_here(p)->span;
    Py_ssize_t mark = p->pos;
    f->conversion = parse_conversion(p, k);
    if (f->conversion == 0 || p->raised) {
        return false;
    }
    if (at(p, TOK_COLON)) {
        f->spec = parse_format_spec(p, k);
        if (f->spec == NULL) {
            return false;
        }
    }
    if (!accept(p, TOK_RBRACE)) {
        return false;
    }
    if (f->conversion > 0) {
        f->conversion = conversion_character(p, k, mark);
    }
    return f->conversion != 0;
}

// The text "x =" that a debug field shows, as a piece before it.
static bool
push_debug_text(Parser *p, const Field *f)
{
    PyObject *text = field_text(p, f->first, f->text_start, f->text_end);
    if (text == NULL) {
        return false;
    }
    Span span = {f->open.lineno, f->open.col_offset + 1, f->text_last.lineno,
                 f->text_last.col_offset};
    return push(p, check_node(p, ast_constant(p->arena, span, text, NULL)));
}

static bool
push_field(Parser *p, const FStringKind *k)
{
    Py_ssize_t start = p->pos;
    Field f = {.spec = NULL};
    if (!enter(p)) {
        return false;
    }
    bool ok = read_field(p, k, &f);
    leave(p);
    if (!ok) {
        if (p->errors && !p->raised) {
            p->pos = start;
            diagnose_field(p, k);
        }
        return false;
    }
    Span span = span_from(p, f.open);
    if (f.debug && !push_debug_text(p, &f)) {
        return false;
    }
    if (f.debug && f.conversion < 0 && f.spec == NULL) {
        f.conversion = 'r';
    }
    if (!k->interpolate) {
        return push(p, check_node(p, ast_formatted_value(p->arena, span, f.value, f.conversion,
                                                         f.spec)));
    }
    // The text of an interpolation ends before "=".
    PyObject *text =
        field_text(p, f.first, f.text_start, f.debug ? f.equal : f.text_end);
    return text != NULL
           && push(p, check_node(p, ast_interpolation(p->arena, span, f.value, text, f.conversion,
                                                      f.spec)));
}

// ---- pieces ----

static bool
push_middle(Parser *p, const FStringKind *k)
{
    Token token = *token_here(p);
    p->pos++;
    InvalidEscape invalid;
    PyObject *value = literal_decode_str(tokenizer_text(&p->tok, &token), token.end - token.start,
                                         k->raw, &invalid);
    if (value == NULL) {
        // The whole string is read first: the error is shown at its end.
        PyObject *error = error_take();
        Py_ssize_t pos = p->pos;
        for (int depth = 1; depth > 0 && peek(p) != TOK_ERRORTOKEN && peek(p) != TOK_ENDMARKER;
             p->pos++) {
            depth += peek(p) == TOK_FSTRING_START || peek(p) == TOK_TSTRING_START;
            depth -= peek(p) == TOK_FSTRING_END || peek(p) == TOK_TSTRING_END;
        }
        p->pos = pos;
        if (p->raised) {
            decref(error);
            return false;
        }
        error_restore_steal(error);
        decode_error(p);
        return false;
    }
    if (arena_keep_steal(p->arena, value) < 0) {
        p->raised = true;
        return false;
    }
    // A backslash before a brace was seen by the tokenizer.
    bool brace = invalid[0] == '{' || invalid[0] == '}';
    return (brace || warn_escape(p, &token, invalid))
           && push(p, check_node(p, ast_constant(p->arena, token.span, value, NULL)));
}

// Text and fields up to something else.
static bool
push_pieces(Parser *p, const FStringKind *k)
{
    for (;;) {
        int type = peek(p);
        if (type == k->middle) {
            if (!push_middle(p, k)) {
                return false;
            }
        }
        else if (type == TOK_LBRACE) {
            if (!push_field(p, k)) {
                return false;
            }
        }
        else {
            return !p->raised;
        }
    }
}

// Pushes the pieces of one f-string or t-string.
static bool
push_fstring(Parser *p)
{
    Token start = *token_here(p);
    bool template = start.type == TOK_TSTRING_START;
    const char *prefix = tokenizer_text(&p->tok, &start);
    FStringKind k = {
        .middle = template ? TOK_TSTRING_MIDDLE : TOK_FSTRING_MIDDLE,
        .end = template ? TOK_TSTRING_END : TOK_FSTRING_END,
        .kind = template ? 't' : 'f',
        .interpolate = template,
        .raw = prefix[0] == 'r' || prefix[0] == 'R' || prefix[1] == 'r' || prefix[1] == 'R',
    };
    p->pos++;
    return push_pieces(p, &k) && accept(p, k.end);
}

// ---- joining ----

static bool
is_text(const Expr *piece)
{
    return piece->kind == EXPR_CONSTANT && str_check(piece->Constant.value);
}

// One constant for pieces [from, to), which are all text. NULL (not raised) when it is empty.
static Expr *
join_text(Parser *p, Expr **pieces, Py_ssize_t from, Py_ssize_t to)
{
    Expr *first = pieces[from];
    if (to == from + 1) {
        return str_length(first->Constant.value) != 0 ? first : NULL;
    }
    StrWriter w;
    str_writer_init(&w);
    for (Py_ssize_t i = from; i < to; i++) {
        if (str_writer_str(&w, pieces[i]->Constant.value) < 0) {
            str_writer_discard(&w);
            p->raised = true;
            return NULL;
        }
    }
    PyObject *text = str_writer_finish(&w);
    if (text == NULL || arena_keep_steal(p->arena, text) < 0) {
        p->raised = true;
        return NULL;
    }
    if (str_length(text) == 0) {
        return NULL;
    }
    Span span = span_join(first->span, pieces[to - 1]->span);
    return check_node(p, ast_constant(p->arena, span, text, first->Constant.kind));
}

// The pieces above mark with neighbouring texts joined.
static ExprSeq *
take_joined(Parser *p, Py_ssize_t mark)
{
    ExprSeq *all = take_seq(p, mark);
    if (all == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < all->size;) {
        Py_ssize_t end = i;
        while (end < all->size && is_text(all->items[end])) {
            end++;
        }
        Expr *piece = end > i ? join_text(p, all->items, i, end) : all->items[i];
        if (p->raised || (piece != NULL && !push(p, piece))) {
            return NULL;
        }
        i = end > i ? end : i + 1;
    }
    return take_seq(p, mark);
}

static Expr *
finish_joined(Parser *p, Span span, Py_ssize_t mark)
{
    ExprSeq *values = take_joined(p, mark);
    return values != NULL ? check_node(p, ast_joined_str(p->arena, span, values)) : NULL;
}

static Expr *
finish_template(Parser *p, Span span, Py_ssize_t mark)
{
    if (p->feature_version < 14) {
        return raise_feature(p, 14, "t-strings are");
    }
    ExprSeq *values = take_joined(p, mark);
    return values != NULL ? check_node(p, ast_template_str(p->arena, span, values)) : NULL;
}

static Expr *
finish_bytes(Parser *p, Span span, Py_ssize_t mark)
{
    PyObject *joined = bytes_empty();
    for (Py_ssize_t i = mark; i < p->scratch_size && joined != NULL; i++) {
        Expr *piece = p->scratch[i];
        bytes_append(&joined, piece->Constant.value);
    }
    p->scratch_size = mark;
    if (joined == NULL || arena_keep_steal(p->arena, joined) < 0) {
        p->raised = true;
        return NULL;
    }
    return check_node(p, ast_constant(p->arena, span, joined, NULL));
}

// Plain strings only: one constant, also when it is empty.
static Expr *
finish_text(Parser *p, Span span, Py_ssize_t mark)
{
    Expr **pieces = (Expr **)(p->scratch + mark);
    PyObject *kind = pieces[0]->Constant.kind;
    Expr *joined = join_text(p, pieces, 0, p->scratch_size - mark);
    p->scratch_size = mark;
    if (p->raised) {
        return NULL;
    }
    PyObject *text = joined != NULL ? joined->Constant.value : str_empty();
    return check_node(p, ast_constant(p->arena, span, text, kind));
}

Expr *
parse_strings(Parser *p)
{
    Span first = token_here(p)->span;
    Py_ssize_t mark = p->scratch_size;
    int bytes = 0, text = 0, formatted = 0, templates = 0;
    Py_ssize_t count = 0;
    Expr *only = NULL;
    for (;; count++) {
        int type = peek(p);
        if (type == TOK_STRING) {
            only = parse_string(p);
            if (!push(p, only)) {
                return NULL;
            }
            *(str_check(only->Constant.value) ? &text : &bytes) = 1;
        }
        else if (type == TOK_FSTRING_START || type == TOK_TSTRING_START) {
            *(type == TOK_FSTRING_START ? &formatted : &templates) = 1;
            if (!push_fstring(p)) {
                return NULL;
            }
        }
        else {
            break;
        }
    }
    if (p->raised) {
        return NULL;
    }
    if (bytes && (text || formatted) && !templates) {
        return raise_last(p, "cannot mix bytes and nonbytes literals");
    }
    if (templates && (bytes || text || formatted)) {
        return raise_last(p, "cannot mix t-string literals with string or bytes literals");
    }
    Span span = span_from(p, first);
    if (templates) {
        return finish_template(p, span, mark);
    }
    if (formatted) {
        return finish_joined(p, span, mark);
    }
    if (count == 1) {
        p->scratch_size = mark;
        return only;
    }
    return bytes ? finish_bytes(p, span, mark) : finish_text(p, span, mark);
}
