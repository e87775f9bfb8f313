// Printers for `-X dump=tokens,ast`. See dump.h.
//
// Threading: plain functions.
#include "syntax/dump.h"

#include <string.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "syntax/decode.h"
#include "syntax/parser.h"
#include "syntax/tokenizer.h"
#include "thread/thread.h"

// ---- tokens ----

static int
print_repr(FILE *out, PyObject *op)
{
    PyObject *text = object_repr(op);
    const char *utf8 = text != NULL ? str_as_utf8(text) : NULL;
    if (utf8 == NULL) {
        // Lone surrogates have no UTF-8.
        error_clear();
        set_ref(text, object_ascii(op));
        utf8 = text != NULL ? str_as_utf8(text) : NULL;
    }
    if (utf8 != NULL) {
        fputs(utf8, out);
    }
    xdecref(text);
    return utf8 != NULL ? 0 : -1;
}

static int
print_token(FILE *out, const Tokenizer *t, const Token *token)
{
    char place[64];
    Span s = token->span;
    if (s.col_offset < 0) {
        snprintf(place, sizeof place, "%d:", s.lineno);
    }
    else {
        snprintf(place, sizeof place, "%d:%d-%d:%d", s.lineno, s.col_offset, s.end_lineno,
                 s.end_col_offset);
    }
    bool keyword = token->type > KW_BASE;
    fprintf(out, "%-16s %-16s", place, keyword ? "KEYWORD" : token_name(token->type));
    int result = 0;
    if (token->end > token->start) {
        PyObject *text = str_decode_utf8(tokenizer_text(t, token), token->end - token->start,
                                         "replace");
        result = text != NULL ? print_repr(out, text) : -1;
        xdecref(text);
    }
    fputc('\n', out);
    return result;
}

int
token_dump(FILE *out, const char *source, Py_ssize_t size, PyObject *filename, int flags)
{
    Tokenizer t;
    char *text;
    Py_ssize_t text_size;
    bool added_newline;
    if (source_prepare(source, size, filename, (flags & PARSE_IGNORE_COOKIE) != 0, true, &text,
                       &text_size, &added_newline)
            < 0
        || tokenizer_init_buffer_steal(&t, text, text_size, filename) < 0) {
        return -1;
    }
    t.type_comments = (flags & PARSE_TYPE_COMMENTS) != 0;
    Token token;
    int result;
    do {
        result = tokenizer_next(&t, &token);
        if (result == 0) {
            result = print_token(out, &t, &token);
        }
    } while (result == 0 && token.type != TOK_ENDMARKER);
    tokenizer_fini(&t);
    return result;
}

// ---- trees ----

static int print_node(FILE *out, const void *node, int type, int depth);

static void
indent(FILE *out, int depth)
{
    fprintf(out, "\n%*s", depth * 2, "");
}

static int
print_value(FILE *out, const void *p, int type, int depth)
{
    if (type == AST_TYPE_INT) {
        fprintf(out, "%d", *(const int *)p);
        return 0;
    }
    if (type >= AST_TYPE_COUNT) {
        PyObject *op = *(PyObject *const *)p;
        return print_repr(out, op != NULL ? op : Py_None);
    }
    if (ast_types[type].shape == AST_SIMPLE) {
        fputs(ast_classes[ast_types[type].first_class + *(const int *)p - 1].name, out);
        return 0;
    }
    const void *node = *(void *const *)p;
    if (node == NULL) {
        fputs("None", out);
        return 0;
    }
    return print_node(out, node, type, depth);
}

static int
print_sequence(FILE *out, const void *seq, int type, int depth)
{
    Py_ssize_t size = *(const Py_ssize_t *)seq;
    const char *items = (const char *)seq + sizeof(Py_ssize_t);
    bool small = type == AST_TYPE_INT
                 || (type < AST_TYPE_COUNT && ast_types[type].shape == AST_SIMPLE);
    fputc('[', out);
    for (Py_ssize_t i = 0; i < size; i++) {
        indent(out, depth + 1);
        const char *p = items + (size_t)i * (small ? sizeof(int) : sizeof(void *));
        if (print_value(out, p, type, depth + 1) < 0) {
            return -1;
        }
    }
    fputc(']', out);
    return 0;
}

// Fields that are absent or empty are left out.
static bool
is_absent(const AstField *field, const char *p)
{
    if (field->quantifier >= AST_SEQUENCE) {
        return **(const Py_ssize_t *const *)p == 0;
    }
    return field->quantifier == AST_OPTIONAL && field->type != AST_TYPE_INT
           && *(void *const *)p == NULL;
}

static int
print_node_inner(FILE *out, const void *node, int type, int depth)
{
    const AstType *info = &ast_types[type];
    int number = info->first_class + (info->shape == AST_SUM ? *(const int *)node - 1 : 0);
    const AstClass *cls = &ast_classes[number];
    fputs(cls->name, out);
    if (info->nattributes >= 4) {
        const Span *s = (const Span *)((const char *)node + info->attributes[0].offset);
        fprintf(out, " %d:%d-%d:%d", s->lineno, s->col_offset, s->end_lineno, s->end_col_offset);
    }
    for (int i = 0; i < cls->nfields; i++) {
        const AstField *field = &cls->fields[i];
        const char *p = (const char *)node + field->offset;
        if (is_absent(field, p)) {
            continue;
        }
        indent(out, depth + 1);
        fprintf(out, "%s: ", field->name);
        int result = field->quantifier >= AST_SEQUENCE
                         ? print_sequence(out, *(void *const *)p, field->type, depth + 1)
                         : print_value(out, p, field->type, depth + 1);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static int
print_node(FILE *out, const void *node, int type, int depth)
{
    if (thread_enter_c(" while printing a tree") < 0) {
        return -1;
    }
    int result = print_node_inner(out, node, type, depth);
    thread_leave_c();
    return result;
}

int
ast_dump(FILE *out, const Mod *mod)
{
    int result = print_node(out, mod, AST_TYPE_MOD, 0);
    fputc('\n', out);
    return result;
}
