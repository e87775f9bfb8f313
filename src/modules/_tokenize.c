// _tokenize: TokenizerIter, the tokenizer behind Lib/tokenize.py.
//
// Items are tuples (type, string, start, end, line) with columns in characters. With extra_tokens
// comments and line ends without meaning are tokens, all operators have the type OP, and closing
// brackets need not match.
//
// Threading: `next` holds the iterator's critical section; readline may run other code meanwhile,
// `running` keeps that code from getting into the same tokenizer.
#include "modules/module.h"

#include <string.h>

#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "syntax/syntax_error.h"
#include "syntax/tokenizer.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    Tokenizer tok;          // lock: self
    PyObject *readline;     // immutable
    PyObject *encoding;     // immutable: str or NULL
    bool started;           // immutable: tok is initialised
    bool finished;          // lock: self; ENDMARKER was given, or an error
    bool running;           // lock: self
} TokenizerIter;

// ---- input ----

static PyObject *
encode_line(TokenizerIter *self, PyObject *line)
{
    if (self->encoding == NULL) {
        if (!str_check(line)) {
            return error_set(PyExc_TypeError, "readline() returned a non-string object");
        }
        return str_encode_utf8(line, NULL);
    }
    if (!bytes_check(line)) {
        return error_set(PyExc_TypeError, "readline() returned a non-bytes object");
    }
    const char *encoding = str_as_utf8(self->encoding);
    PyObject *text = encoding != NULL
                         ? str_decode(bytes_data(line), bytes_length(line), encoding, "replace")
                         : NULL;
    PyObject *result = text != NULL ? str_encode_utf8(text, NULL) : NULL;
    xdecref(text);
    return result;
}

static PyObject *
read_line(void *context)
{
    TokenizerIter *self = context;
    PyObject *line = object_call_noargs(self->readline);
    if (line == NULL) {
        return error_clear_if(PyExc_StopIteration) ? bytes_empty() : NULL;
    }
    PyObject *result = encode_line(self, line);
    decref(line);
    return result;
}

// ---- output ----

static Py_ssize_t
characters(const Tokenizer *t, Py_ssize_t line_start, Py_ssize_t position)
{
    return syntax_count_characters(t->buffer + line_start, position - line_start);
}

// End of the current line's text: an implied line end does not show.
static Py_ssize_t
visible_end(const Tokenizer *t)
{
    bool implied = t->implicit_newline && t->limit == t->size && t->limit > 0;
    return t->limit - implied;
}

static Py_ssize_t
line_start_of(const Tokenizer *t, Py_ssize_t position)
{
    while (position > 0 && t->buffer[position - 1] != '\n') {
        position--;
    }
    return position;
}

static PyObject *
make_item(int type, PyObject *string, int lineno, Py_ssize_t column, int end_lineno,
          Py_ssize_t end_column, PyObject *line)
{
    if (string == NULL || line == NULL) {
        xdecref(string);
        xdecref(line);
        return NULL;
    }
    return value_build("(iN(in)(in)N)", type, string, lineno, column, end_lineno, end_column,
                       line);
}

// ENDMARKER, and DEDENTs at the end: on the line after the last one.
static PyObject *
trailing_item(const Tokenizer *t, int type)
{
    return make_item(type, str_empty(), t->lineno + 1, 0, t->lineno + 1, 0, str_empty());
}

static PyObject *
indentation_item(const Tokenizer *t, const Token *token)
{
    Py_ssize_t column = characters(t, t->line_start, token->start);
    PyObject *line = str_from_utf8(t->buffer + t->line_start, visible_end(t) - t->line_start);
    if (!t->extra_tokens) {
        // Without a place.
        return make_item(token->type, str_empty(), t->lineno, -1, t->lineno, -1, line);
    }
    if (token->type == TOK_DEDENT) {
        return make_item(token->type, str_empty(), t->lineno, column, t->lineno, column, line);
    }
    PyObject *text = str_from_utf8(t->buffer + t->line_start, token->start - t->line_start);
    return make_item(token->type, text, t->lineno, 0, t->lineno, column, line);
}

static int
visible_type(const Tokenizer *t, int type)
{
    if (type > KW_BASE) {
        return TOK_NAME;
    }
    return t->extra_tokens && type >= TOK_LPAR && type < TOK_OP ? TOK_OP : type;
}

static PyObject *
token_item(const Tokenizer *t, const Token *token)
{
    bool indentation = token->type == TOK_INDENT || token->type == TOK_DEDENT;
    bool trailing = token->type == TOK_ENDMARKER || (indentation && t->done == TOKENIZER_EOF);
    if (trailing && t->extra_tokens) {
        return trailing_item(t, token->type);
    }
    if (trailing || indentation) {
        return indentation_item(t, token);
    }
    Py_ssize_t first_line = line_start_of(t, token->start);
    Py_ssize_t end = token->end;
    bool newline = token->type == TOK_NEWLINE || token->type == TOK_NL;
    Py_ssize_t column = characters(t, first_line, token->start);
    Py_ssize_t end_column = characters(t, first_line, token->end);
    if (newline) {
        // Its text is not on the next line; when implied it still takes a column.
        end = end < visible_end(t) ? end : visible_end(t);
        end = end > token->start ? end : token->start;
        if (!t->extra_tokens) {
            end = token->start;
            end_column = column;
        }
    }
    else if (token->span.lineno != token->span.end_lineno) {
        end_column = characters(t, line_start_of(t, token->end), token->end);
    }
    PyObject *text = str_from_utf8(t->buffer + token->start, end - token->start);
    PyObject *line = str_from_utf8(t->buffer + first_line, visible_end(t) - first_line);
    return make_item(visible_type(t, token->type), text, token->span.lineno, column,
                     token->span.end_lineno, end_column, line);
}

// ---- the type ----

static PyObject *
tokenizeriter_next_lock_held(TokenizerIter *self)
{
    if (self->running) {
        return error_set(PyExc_ValueError, "tokenizer already executing");
    }
    if (self->finished) {
        return error_set_none(PyExc_StopIteration);
    }
    Token token;
    self->running = true;
    int result = tokenizer_next(&self->tok, &token);
    self->running = false;
    self->finished = result < 0 || token.type == TOK_ENDMARKER;
    return result < 0 ? NULL : token_item(&self->tok, &token);
}

static PyObject *
tokenizeriter_next(PyObject *op)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *result = tokenizeriter_next_lock_held((TokenizerIter *)op);
    critical_section_end(&cs);
    return result;
}

static PyObject *
tokenizeriter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "extra_tokens", "encoding", NULL};
    PyObject *readline;
    PyObject *encoding = NULL;
    int extra_tokens;
    if (!args_parse_static(args, kwargs, "O$p|U:tokenizeriter", names, &readline, &extra_tokens,
                           &encoding)) {
        return NULL;
    }
    TokenizerIter *self = (TokenizerIter *)type_alloc(type, 0);
    PyObject *filename = self != NULL ? str_from_cstr("<string>") : NULL;
    if (filename == NULL || tokenizer_init_reader(&self->tok, read_line, self, filename) < 0) {
        xdecref(filename);
        xdecref(self);
        return NULL;
    }
    decref(filename);
    self->readline = new_ref(readline);
    self->encoding = xnew_ref(encoding);
    self->tok.extra_tokens = extra_tokens;
    self->started = true;
    return (PyObject *)self;
}

static int
tokenizeriter_traverse(PyObject *op, visitproc visit, void *arg)
{
    TokenizerIter *self = (TokenizerIter *)op;
    PyObject *const owned[] = {(PyObject *)type_of(op), self->readline, self->encoding};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        int status = owned[i] != NULL ? visit(owned[i], arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
tokenizeriter_clear(PyObject *op)
{
    TokenizerIter *self = (TokenizerIter *)op;
    clear_ref(self->readline);
    clear_ref(self->encoding);
    return 0;
}

static void
tokenizeriter_dealloc(PyObject *op)
{
    TokenizerIter *self = (TokenizerIter *)op;
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    tokenizeriter_clear(op);
    if (self->started) {
        tokenizer_fini(&self->tok);
    }
    type->tp_free(op);
    decref(type);
}

static PyType_Slot tokenizeriter_slots[] = {
    {Py_tp_new, tokenizeriter_new},
    {Py_tp_dealloc, tokenizeriter_dealloc},
    {Py_tp_traverse, tokenizeriter_traverse},
    {Py_tp_clear, tokenizeriter_clear},
    {Py_tp_iter, object_self_iter},
    {Py_tp_iternext, tokenizeriter_next},
    {0, NULL},
};

static PyType_Spec tokenizeriter_spec = {
    .name = "_tokenize.TokenizerIter",
    .basicsize = sizeof(TokenizerIter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = tokenizeriter_slots,
};

static int
tokenize_exec(PyObject *module)
{
    PyObject *type = type_from_module_spec(module, &tokenizeriter_spec, NULL);
    return type != NULL ? module_add_steal(module, "TokenizerIter", type) : -1;
}

static PyModuleDef_Slot tokenize_slots[] = {
    {Py_mod_exec, (void *)tokenize_exec},
    {0, NULL},
};

static PyModuleDef tokenize_module = {
    .m_name = "_tokenize",
    .m_slots = tokenize_slots,
};

NATIVE_MODULE(_tokenize, &tokenize_module)
