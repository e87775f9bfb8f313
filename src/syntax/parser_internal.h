// The parser: recursive descent with one token of lookahead over an array of tokens that is filled
// on demand.
//
// A function parses one construct from p->pos on and leaves p->pos after it. NULL means that it is
// not there: either an exception was raised (p->raised), or the source does not fit the grammar;
// then nobody tries anything else except at the few places that speculate (assignments to
// parenthesised targets, `with (`, soft keywords), all of them at statement level, so that time
// stays linear.
//
// Two passes: the first builds the tree and knows nothing of errors. When it fails, the second
// one (p->errors) parses again from the start with diagnostics: where a construct ends and what
// follows cannot follow, the common mistakes are looked for. When none is found the error is
// "invalid syntax" at the last token that the first pass has looked at.
//
// Items of sequences are collected on p->scratch, above a mark that the collecting function took.
//
// Threading: one thread.
#ifndef TYPHON_SYNTAX_PARSER_INTERNAL_H
#define TYPHON_SYNTAX_PARSER_INTERNAL_H

#include <stdbool.h>

#include "objects/exceptions.h"
#include "syntax/ast.h"
#include "syntax/parser.h"
#include "syntax/tokenizer.h"

// Depth of nested rules before MemoryError.
enum { PARSER_MAX_DEPTH = 6000 };

typedef struct {
    Tokenizer tok;
    Arena *arena;
    PyObject *filename;         // borrowed from the caller
    Token *tokens;
    Py_ssize_t count, capacity;
    Py_ssize_t pos;
    void **scratch;
    Py_ssize_t scratch_size, scratch_capacity;
    int mode;
    int flags;
    int feature_version;
    int depth;
    bool raised;                // an exception is set
    bool tokenizer_failed;      // the tokenizer raised it
    bool errors;                // second pass
    bool statement_started;     // single input: tokens since the last implied NEWLINE
    TypeIgnore **type_ignores;
    Py_ssize_t ignore_count, ignore_capacity;
} Parser;

// ---- tokens (parser.c) ----

// Makes the token at p->pos available and gives its type; TOK_ERRORTOKEN when that failed.
int parser_fill(Parser *p);

static inline int
peek(Parser *p)
{
    return p->pos < p->count ? p->tokens[p->pos].type : parser_fill(p);
}

// The type of the token `ahead` places later, whose predecessors are available.
int peek_ahead(Parser *p, int ahead);

static inline bool
at(Parser *p, int type)
{
    return peek(p) == type;
}

// Consumes the token if it has that type.
static inline bool
accept(Parser *p, int type)
{
    if (peek(p) != type) {
        return false;
    }
    p->pos++;
    return true;
}

static inline Token *token_here(Parser *p) { return &p->tokens[p->pos]; }
static inline Token *token_before(Parser *p) { return &p->tokens[p->pos - 1]; }

// Whether the token at the cursor is a NAME with that text (soft keywords).
bool at_word(Parser *p, const char *word);
bool token_is_word(Parser *p, const Token *token, const char *word);

// Position of the token at the cursor (nonsense when reading it failed).
static inline Span
token_span(Parser *p)
{
    return peek(p) != TOK_ERRORTOKEN ? token_here(p)->span : (Span){0, 0, 0, 0};
}

// From the first token to the last consumed one that is text.
static inline Span
span_from(Parser *p, Span first)
{
    Py_ssize_t i = p->pos - 1;
    while (i > 0 && (p->tokens[i].type == TOK_NEWLINE || p->tokens[i].type == TOK_DEDENT)) {
        i--;
    }
    Span last = p->tokens[i].span;
    return (Span){first.lineno, first.col_offset, last.end_lineno, last.end_col_offset};
}

static inline Span
span_join(Span first, Span last)
{
    return (Span){first.lineno, first.col_offset, last.end_lineno, last.end_col_offset};
}

// The name of a NAME token as interned str kept by the arena, or NULL (raised).
PyObject *token_identifier(Parser *p, const Token *token);
// Consumes a NAME; NULL when there is none.
PyObject *parse_name_text(Parser *p);
// A TYPE_COMMENT's text as str kept by the arena; *result NULL when there is none. False: raised.
bool parse_type_comment(Parser *p, PyObject **result);

// ---- nesting ----

// False with MemoryError or RecursionError when rules nest too deeply.
bool enter(Parser *p);
static inline void leave(Parser *p) { p->depth--; }

// ---- going back ----

// A place to return to when something else is tried: the cursor and the height of scratch.
typedef struct {
    Py_ssize_t pos;
    Py_ssize_t scratch_size;
} Place;

static inline Place
place_here(const Parser *p)
{
    return (Place){p->pos, p->scratch_size};
}

static inline void
go_back(Parser *p, Place place)
{
    p->pos = place.pos;
    p->scratch_size = place.scratch_size;
}

// ---- sequences ----

bool push(Parser *p, void *item);   // false: item is NULL, or out of memory (raised)
void *take_seq(Parser *p, Py_ssize_t mark);     // the items above mark as a sequence
void *empty_seq(Parser *p);
void *one_seq(Parser *p, void *item);

// Whether node is NULL because memory was out: marks the parser as raised.
void *check_node(Parser *p, void *node);

// ---- errors (parser_error.c); all return NULL and set p->raised ----

void *raise_at(Parser *p, Span span, const char *format, ...);
void *raise_range(Parser *p, Span first, Span last, const char *format, ...);
void *raise_from(Parser *p, Span first, const char *format, ...);   // to the tokenizer's cursor
void *raise_last(Parser *p, const char *format, ...);               // at the last token read
void *raise_indentation(Parser *p, const char *format, ...);        // the same
void *raise_feature(Parser *p, int minor, const char *what);        // at the last token read

// What makes expr (or a part of it) no target; NULL when all of it is one.
enum TargetUse { TARGET_STAR, TARGET_DEL, TARGET_FOR };
const Expr *invalid_target(const Expr *expr, enum TargetUse use);
void *raise_invalid_target(Parser *p, const Expr *expr, enum TargetUse use);

// The end of a failed parse: turns the state of both passes into an exception.
void parser_raise_generic(Parser *p, const Token *last);
void parser_check_rest(Parser *p);
void *parser_raise_incomplete(Parser *p);

// ---- expressions (parser_expr.c, parser_atom.c, parser_call.c, parser_lambda.c) ----

Expr *parse_star_expressions(Parser *p);
Expr *parse_star_expression(Parser *p);
Expr *parse_star_named_expression(Parser *p);
Expr *parse_named_expression(Parser *p);
Expr *parse_expression(Parser *p);
Expr *parse_expressions(Parser *p);         // a tuple without stars, or one expression
Expr *parse_yield_expression(Parser *p);
Expr *parse_disjunction(Parser *p);
Expr *parse_inversion(Parser *p);
Expr *parse_bitwise_or(Parser *p);
Expr *parse_primary(Parser *p);
Expr *parse_atom(Parser *p);
Expr *parse_yield_or_star_expressions(Parser *p);   // right sides of assignments
Expr *parse_star_target_list(Parser *p);    // targets of `for`, up to `in`: expressions
Expr *parse_strings(Parser *p);
Expr *parse_subject_or_value(Parser *p);
ComprehensionSeq *parse_for_if_clauses(Parser *p);
bool starts_expression(int type);

// Parses "arguments )" after "(". For calls, open is the bracket: a lone generator takes it as its
// own; NULL for classes.
bool parse_arguments(Parser *p, const Span *open, ExprSeq **args, KeywordSeq **keywords);
// A positional argument without a star.
Expr *parse_argument_value(Parser *p);
Expr *parse_starred_argument(Parser *p);    // at "*"; also in subscripts

// Parameters of def (up to ")") and lambda (up to ":").
Arguments *parse_parameters(Parser *p, bool lambda);
Expr *parse_lambda(Parser *p);

// Turns an expression into a target; what is no target stays as it is.
Expr *set_context(Parser *p, Expr *expr, ExprContext context);

// ---- statements (parser_stmt.c, parser_compound.c, parser_match.c) ----

StmtSeq *parse_statements(Parser *p, int end);      // up to (not including) end
bool parse_statement(Parser *p);                    // pushes one or more
bool parse_simple_statements(Parser *p);            // a line, pushes; with its NEWLINE
Stmt *parse_compound_statement(Parser *p);
// At "match": the statement, or NULL when it failed; *matched is false then if the line is to be
// read as something else.
Stmt *parse_match(Parser *p, bool *matched);
bool starts_compound(Parser *p);
// The body after "kind …": the colon was consumed. what/lineno are for the message "expected an
// indented block after WHAT on line N".
StmtSeq *parse_block(Parser *p, const char *what, int lineno);
TypeParamSeq *parse_type_params(Parser *p);         // optional, empty when absent

Expr *parse_fstring(Parser *p);                     // parser_fstring.c: one f- or t-string

#endif
