// Shows the stages of a program's way; see explain.h.
#include "runtime/explain.h"

#include <stdio.h>

#include "compile/compile.h"
#include "compile/dump.h"
#include "memory/refcount.h"
#include "objects/error.h"
#include "syntax/arena.h"
#include "syntax/dump.h"
#include "syntax/parser.h"

typedef struct {
    const char *source;
    Py_ssize_t size;
    PyObject *filename;
    Mod *tree;              // NULL until parsed
    Arena *arena;
} Subject;

static int
show_tokens(Subject *subject)
{
    return token_dump(stdout, subject->source, subject->size, subject->filename, 0);
}

static int
show_ast(Subject *subject)
{
    return ast_dump(stdout, subject->tree);
}

static int
show_scopes(Subject *subject)
{
    return scopes_dump(stdout, subject->tree, subject->filename, 0);
}

static int
show_bytecode(Subject *subject)
{
    int flags = 0;
    PyObject *code = compile_string(subject->source, subject->size, subject->filename, PARSE_EXEC,
                                    &flags, -1);
    int result = code != NULL ? code_dump(stdout, code) : -1;
    xdecref(code);
    return result;
}

static const struct {
    unsigned bit;
    const char *title;
    const char *remark;
    int (*show)(Subject *subject);
} stages[] = {
    {DUMP_TOKENS, "tokens", "the tokenizer cuts the text into words, with their positions",
     show_tokens},
    {DUMP_AST, "ast", "the parser builds a tree from the words: the grammar of Python", show_ast},
    {DUMP_SCOPES, "scopes", "each name is found to be local, global, a cell or free", show_scopes},
    {DUMP_BYTECODE, "bytecode",
     "the compiler writes instructions over registers; constants are folded", show_bytecode},
};

int
explain_source(const Config *config, const char *source, Py_ssize_t size, PyObject *filename)
{
    unsigned wanted = config->explain ? ~0u : config->dump;
    if (wanted == 0) {
        return 0;
    }
    Subject subject = {.source = source, .size = size, .filename = filename};
    subject.arena = arena_new();
    if (subject.arena == NULL) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < sizeof stages / sizeof *stages && result == 0; i++) {
        if (!(wanted & stages[i].bit)) {
            continue;
        }
        if (subject.tree == NULL && stages[i].bit != DUMP_TOKENS) {
            subject.tree = parser_parse_string(source, size, filename, PARSE_EXEC, 0,
                                               PARSE_FEATURE_VERSION, subject.arena);
            if (subject.tree == NULL) {
                result = -1;
                break;
            }
        }
        printf("== %s ==\n", stages[i].title);
        if (config->explain) {
            printf("-- %s\n", stages[i].remark);
        }
        result = stages[i].show(&subject);
        putchar('\n');
    }
    if (result == 0 && config->explain) {
        printf("== execute ==\n-- the interpreter runs the instructions; the program's own output "
               "follows\n");
    }
    fflush(stdout);
    arena_free(subject.arena);
    return result;
}
