// The parser's frame: tokens, names, sequences, the two passes, and the entry points.
//
// Threading: see parser_internal.h.
#include "syntax/parser.h"

#include <string.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/call.h"
#include "objects/object.h"
#include "objects/str.h"
#include "syntax/decode.h"
#include "syntax/parser_internal.h"
#include "thread/thread.h"

// ---- tokens ----

static bool
grow_tokens(Parser *p)
{
    if (p->count < p->capacity) {
        return true;
    }
    Py_ssize_t capacity = p->capacity == 0 ? 64 : p->capacity * 2;
    Token *grown = mem_realloc_array(p->tokens, (size_t)capacity, sizeof *grown);
    if (grown == NULL) {
        error_no_memory();
        return false;
    }
    p->tokens = grown;
    p->capacity = capacity;
    return true;
}

static bool
add_type_ignore(Parser *p, const Token *token)
{
    PyObject *tag =
        str_decode_utf8(tokenizer_text(&p->tok, token), token->end - token->start, NULL);
    if (tag == NULL || arena_keep_steal(p->arena, tag) < 0) {
        return false;
    }
    if (p->ignore_count == p->ignore_capacity) {
        Py_ssize_t capacity = p->ignore_capacity == 0 ? 8 : p->ignore_capacity * 2;
        TypeIgnore **grown = mem_realloc_array(p->type_ignores, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            return false;
        }
        p->type_ignores = grown;
        p->ignore_capacity = capacity;
    }
    TypeIgnore *ignore = ast_type_ignore(p->arena, token->span.lineno, tag);
    if (ignore == NULL) {
        return false;
    }
    p->type_ignores[p->ignore_count++] = ignore;
    return true;
}

// In single input the end of the text ends a statement.
static void
imply_newline(Parser *p, Token *token)
{
    if (p->mode != PARSE_SINGLE || token->type != TOK_ENDMARKER) {
        p->statement_started = true;
        return;
    }
    if (!p->statement_started) {
        return;
    }
    p->statement_started = false;
    token->type = TOK_NEWLINE;
    if (p->tok.indent > 0 && (p->flags & PARSE_DONT_IMPLY_DEDENT) == 0) {
        p->tok.pending = -p->tok.indent;
        p->tok.indent = 0;
    }
}

int
parser_fill(Parser *p)
{
    if (p->raised) {
        return TOK_ERRORTOKEN;
    }
    Token token;
    do {
        if (tokenizer_next(&p->tok, &token) < 0
            || (token.type == TOK_TYPE_IGNORE && !add_type_ignore(p, &token))) {
            p->raised = true;
            p->tokenizer_failed = true;
            return TOK_ERRORTOKEN;
        }
    } while (token.type == TOK_TYPE_IGNORE);
    imply_newline(p, &token);
    if (!grow_tokens(p)) {
        p->raised = true;
        return TOK_ERRORTOKEN;
    }
    p->tokens[p->count++] = token;
    return token.type;
}

int
peek_ahead(Parser *p, int ahead)
{
    Py_ssize_t pos = p->pos;
    int type = TOK_ERRORTOKEN;
    for (int i = 0; i <= ahead; i++) {
        type = peek(p);
        if (type == TOK_ERRORTOKEN) {
            break;
        }
        p->pos++;
    }
    p->pos = pos;
    return type;
}

bool
token_is_word(Parser *p, const Token *token, const char *word)
{
    size_t size = strlen(word);
    return token->type == TOK_NAME && (size_t)(token->end - token->start) == size
           && memcmp(tokenizer_text(&p->tok, token), word, size) == 0;
}

bool
at_word(Parser *p, const char *word)
{
    return at(p, TOK_NAME) && token_is_word(p, token_here(p), word);
}

// ---- names ----

static bool
is_ascii(const char *text, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] >= 128) {
            return false;
        }
    }
    return true;
}

// PEP 3131: names are compared after NFKC.
static PyObject *
normalize_steal(PyObject *name)
{
    PyObject *module = hooks.import_module("unicodedata");
    PyObject *form = module != NULL ? str_from_cstr("NFKC") : NULL;
    PyObject *result =
        form != NULL ? object_call_method(module, ID(normalize), form, name, NULL) : NULL;
    if (result != NULL && !str_check_exact(result)) {
        error_format(PyExc_TypeError, "unicodedata.normalize() must return a string, not %T",
                     result);
        clear_ref(result);
    }
    xdecref(form);
    xdecref(module);
    decref(name);
    return result;
}

PyObject *
token_identifier(Parser *p, const Token *token)
{
    const char *text = tokenizer_text(&p->tok, token);
    Py_ssize_t size = token->end - token->start;
    PyObject *name;
    if (is_ascii(text, size)) {
        name = str_from_ascii(text, size);
    }
    else {
        name = str_decode_utf8(text, size, NULL);
        name = name != NULL ? normalize_steal(name) : NULL;
    }
    name = name != NULL ? str_intern_steal(name) : NULL;
    if (name == NULL || arena_keep_steal(p->arena, name) < 0) {
        p->raised = true;
        return NULL;
    }
    return name;
}

PyObject *
parse_name_text(Parser *p)
{
    if (!at(p, TOK_NAME)) {
        return NULL;
    }
    PyObject *name = token_identifier(p, token_here(p));
    p->pos++;
    return name;
}

bool
parse_type_comment(Parser *p, PyObject **result)
{
    *result = NULL;
    if (!at(p, TOK_TYPE_COMMENT)) {
        return !p->raised;
    }
    Token *token = token_here(p);
    PyObject *text =
        str_decode_utf8(tokenizer_text(&p->tok, token), token->end - token->start, NULL);
    if (text == NULL || arena_keep_steal(p->arena, text) < 0) {
        p->raised = true;
        return false;
    }
    p->pos++;
    *result = text;
    return true;
}

// ---- nesting and sequences ----

bool
enter(Parser *p)
{
    if (p->raised) {
        return false;
    }
    if (++p->depth > PARSER_MAX_DEPTH || thread_enter_c(" during parsing") < 0) {
        p->depth--;
        error_clear();
        error_set(PyExc_MemoryError,
                  "Parser stack overflowed - Python source too complex to parse");
        p->raised = true;
        return false;
    }
    return true;
}

bool
push(Parser *p, void *item)
{
    if (item == NULL) {
        return false;
    }
    if (p->scratch_size == p->scratch_capacity) {
        Py_ssize_t capacity = p->scratch_capacity == 0 ? 64 : p->scratch_capacity * 2;
        void **grown = mem_realloc_array(p->scratch, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            p->raised = true;
            return false;
        }
        p->scratch = grown;
        p->scratch_capacity = capacity;
    }
    p->scratch[p->scratch_size++] = item;
    return true;
}

void *
check_node(Parser *p, void *node)
{
    if (node == NULL) {
        p->raised = true;
    }
    return node;
}

void *
take_seq(Parser *p, Py_ssize_t mark)
{
    Py_ssize_t size = p->scratch_size - mark;
    ExprSeq *seq = check_node(p, expr_seq_new(p->arena, size));
    if (seq != NULL && size != 0) {
        // All sequences of nodes have the layout of this one.
        memcpy(seq->items, p->scratch + mark, (size_t)size * sizeof(void *));
    }
    p->scratch_size = mark;
    return seq;
}

void *
empty_seq(Parser *p)
{
    return check_node(p, expr_seq_new(p->arena, 0));
}

void *
one_seq(Parser *p, void *item)
{
    Py_ssize_t mark = p->scratch_size;
    return push(p, item) ? take_seq(p, mark) : NULL;
}

// ---- modes ----

static Mod *
parse_module(Parser *p)
{
    StmtSeq *body = parse_statements(p, TOK_ENDMARKER);
    if (body == NULL) {
        return NULL;
    }
    TypeIgnoreSeq *ignores = check_node(p, type_ignore_seq_new(p->arena, p->ignore_count));
    if (ignores == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < p->ignore_count; i++) {
        ignores->items[i] = p->type_ignores[i];
    }
    return check_node(p, ast_module(p->arena, body, ignores));
}

static Mod *
parse_interactive(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    if (at(p, TOK_ENDMARKER)) {
        return NULL;
    }
    if (at(p, TOK_NEWLINE)) {
        Stmt *pass = check_node(p, ast_pass(p->arena, token_here(p)->span));
        p->pos++;
        if (!push(p, pass)) {
            return NULL;
        }
    }
    else {
        bool compound = starts_compound(p);
        Py_ssize_t before = p->pos;
        if (!parse_statement(p)) {
            return NULL;
        }
        // A soft keyword may have made a compound statement.
        compound = compound || (before < p->pos && p->tokens[p->pos - 1].type == TOK_DEDENT);
        if (compound && !accept(p, TOK_NEWLINE)) {
            return NULL;
        }
    }
    StmtSeq *body = take_seq(p, mark);
    return body != NULL ? check_node(p, ast_interactive(p->arena, body)) : NULL;
}

static Mod *
parse_eval(Parser *p)
{
    Expr *body = parse_expressions(p);
    if (body == NULL) {
        return NULL;
    }
    while (accept(p, TOK_NEWLINE)) {
    }
    return at(p, TOK_ENDMARKER) ? check_node(p, ast_expression(p->arena, body)) : NULL;
}

// One "type_expression" of a signature comment; stars are dropped.
static bool
push_signature_type(Parser *p)
{
    if (!accept(p, TOK_STAR)) {
        accept(p, TOK_DOUBLESTAR);
    }
    return push(p, parse_expression(p));
}

static Mod *
parse_func_type(Parser *p)
{
    Py_ssize_t mark = p->scratch_size;
    if (!accept(p, TOK_LPAR)) {
        return NULL;
    }
    while (!at(p, TOK_RPAR)) {
        int star = peek(p);
        if (!push_signature_type(p)) {
            return NULL;
        }
        // After "*" only "**" may follow, after "**" nothing.
        if (star == TOK_DOUBLESTAR || !accept(p, TOK_COMMA)) {
            break;
        }
        if (at(p, TOK_RPAR) || (star == TOK_STAR && !at(p, TOK_DOUBLESTAR))) {
            return NULL;
        }
    }
    ExprSeq *types = take_seq(p, mark);
    if (types == NULL || !accept(p, TOK_RPAR) || !accept(p, TOK_RARROW)) {
        return NULL;
    }
    Expr *returns = parse_expression(p);
    if (returns == NULL) {
        return NULL;
    }
    while (accept(p, TOK_NEWLINE)) {
    }
    return at(p, TOK_ENDMARKER) ? check_node(p, ast_function_type(p->arena, types, returns)) : NULL;
}

static Mod *
parse_mode(Parser *p)
{
    switch (p->mode) {
    case PARSE_SINGLE:
        return parse_interactive(p);
    case PARSE_EVAL:
        return parse_eval(p);
    case PARSE_FUNC_TYPE:
        return parse_func_type(p);
    default:
        return parse_module(p);
    }
}

// ---- passes ----

static bool
wants_more_input(Parser *p)
{
    return (p->flags & PARSE_ALLOW_INCOMPLETE_INPUT) != 0 && p->tok.done == TOKENIZER_EOF;
}

// Whether text other than blanks and comments follows the statement of single input.
static bool
more_statements(const Parser *p)
{
    if (p->tok.interactive) {
        return false;
    }
    const char *text = p->tok.buffer;
    for (Py_ssize_t i = p->tok.cur; i < p->tok.size; i++) {
        switch (text[i]) {
        case ' ':
        case '\t':
        case '\n':
        case '\f':
            break;
        case '#':
            while (i < p->tok.size && text[i] != '\n') {
                i++;
            }
            break;
        default:
            return true;
        }
    }
    return false;
}

static Mod *
parser_run(Parser *p)
{
    Mod *mod = parse_mode(p);
    if (mod != NULL && p->mode == PARSE_SINGLE && more_statements(p)) {
        return raise_last(p, "multiple statements found while compiling a single statement");
    }
    if (mod != NULL) {
        return mod;
    }
    if (wants_more_input(p) && (!p->raised || error_matches(PyExc_SyntaxError))) {
        return parser_raise_incomplete(p);
    }
    if (!p->raised && p->count == 0) {
        return raise_last(p, "error at start before reading any input");
    }
    if (!p->raised) {
        // The place of the generic error is settled before diagnostics read further.
        Token last = p->tokens[p->count - 1];
        p->pos = 0;
        p->depth = 0;
        p->scratch_size = 0;
        p->ignore_count = 0;
        p->errors = true;
        p->tok.silent_warnings = true;
        parse_mode(p);
        if (!p->raised) {
            parser_raise_generic(p, &last);
            if (last.type == TOK_INDENT || last.type == TOK_DEDENT) {
                return NULL;
            }
        }
    }
    // The rest of interactive input is not there yet.
    if (!p->tok.interactive && !p->tokenizer_failed && error_matches(PyExc_SyntaxError)) {
        parser_check_rest(p);
    }
    return NULL;
}

static void
parser_fini(Parser *p)
{
    tokenizer_fini(&p->tok);
    mem_free(p->tokens);
    mem_free(p->scratch);
    mem_free(p->type_ignores);
}

static void
parser_setup(Parser *p, PyObject *filename, int mode, int flags, int feature_version, Arena *arena)
{
    p->arena = arena;
    p->filename = filename;
    p->mode = mode;
    p->flags = flags;
    p->feature_version = feature_version;
    p->tok.type_comments = (flags & PARSE_TYPE_COMMENTS) != 0;
}

Mod *
parser_parse_string(const char *source, Py_ssize_t size, PyObject *filename, int mode, int flags,
                    int feature_version, Arena *arena)
{
    Parser p = {0};
    char *text;
    Py_ssize_t text_size;
    bool implicit_newline;
    if (source_prepare(source, size, filename, (flags & PARSE_IGNORE_COOKIE) != 0,
                       mode == PARSE_EXEC, &text, &text_size,
                       &implicit_newline) < 0) {
        return NULL;
    }
    if (tokenizer_init_buffer_steal(&p.tok, text, text_size, filename) < 0) {
        return NULL;
    }
    p.tok.implicit_newline = implicit_newline;
    parser_setup(&p, filename, mode, flags, feature_version, arena);
    Mod *mod = parser_run(&p);
    parser_fini(&p);
    return mod;
}

// ---- interactive input ----

typedef struct {
    ParserReadLine read_line;
    void *context;
    Parser *parser;
} LineReader;

static PyObject *
read_interactive(void *context)
{
    LineReader *reader = context;
    Parser *p = reader->parser;
    bool continued = p->count > 0 || p->tok.lineno > 0;
    return reader->read_line(reader->context, continued);
}

Mod *
parser_parse_interactive(ParserReadLine read_line, void *context, PyObject *filename, int flags,
                         Arena *arena, bool *at_end)
{
    Parser p = {0};
    LineReader reader = {read_line, context, &p};
    *at_end = false;
    if (tokenizer_init_reader(&p.tok, read_interactive, &reader, filename) < 0) {
        return NULL;
    }
    p.tok.interactive = true;
    parser_setup(&p, filename, PARSE_SINGLE, flags, PARSE_FEATURE_VERSION, arena);
    Mod *mod = NULL;
    if (at(&p, TOK_ENDMARKER)) {
        *at_end = true;
    }
    else if (!p.raised || p.tok.done != TOKENIZER_OK) {
        mod = parser_run(&p);
    }
    parser_fini(&p);
    return mod;
}
