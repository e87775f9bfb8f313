// Kinds of tokens: the numbers of the `token` module, and the keywords.
//
// Threading: constant data.
#ifndef TYPHON_SYNTAX_TOKEN_H
#define TYPHON_SYNTAX_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

// X(NAME, text): text is NULL for kinds that are not fixed operators. Order is the numbering.
#define TOKEN_LIST(X)           \
    X(ENDMARKER, NULL)          \
    X(NAME, NULL)               \
    X(NUMBER, NULL)             \
    X(STRING, NULL)             \
    X(NEWLINE, NULL)            \
    X(INDENT, NULL)             \
    X(DEDENT, NULL)             \
    X(LPAR, "(")                \
    X(RPAR, ")")                \
    X(LSQB, "[")                \
    X(RSQB, "]")                \
    X(COLON, ":")               \
    X(COMMA, ",")               \
    X(SEMI, ";")                \
    X(PLUS, "+")                \
    X(MINUS, "-")               \
    X(STAR, "*")                \
    X(SLASH, "/")               \
    X(VBAR, "|")                \
    X(AMPER, "&")               \
    X(LESS, "<")                \
    X(GREATER, ">")             \
    X(EQUAL, "=")               \
    X(DOT, ".")                 \
    X(PERCENT, "%")             \
    X(LBRACE, "{")              \
    X(RBRACE, "}")              \
    X(EQEQUAL, "==")            \
    X(NOTEQUAL, "!=")           \
    X(LESSEQUAL, "<=")          \
    X(GREATEREQUAL, ">=")       \
    X(TILDE, "~")               \
    X(CIRCUMFLEX, "^")          \
    X(LEFTSHIFT, "<<")          \
    X(RIGHTSHIFT, ">>")         \
    X(DOUBLESTAR, "**")         \
    X(PLUSEQUAL, "+=")          \
    X(MINEQUAL, "-=")           \
    X(STAREQUAL, "*=")          \
    X(SLASHEQUAL, "/=")         \
    X(PERCENTEQUAL, "%=")       \
    X(AMPEREQUAL, "&=")         \
    X(VBAREQUAL, "|=")          \
    X(CIRCUMFLEXEQUAL, "^=")    \
    X(LEFTSHIFTEQUAL, "<<=")    \
    X(RIGHTSHIFTEQUAL, ">>=")   \
    X(DOUBLESTAREQUAL, "**=")   \
    X(DOUBLESLASH, "//")        \
    X(DOUBLESLASHEQUAL, "//=")  \
    X(AT, "@")                  \
    X(ATEQUAL, "@=")            \
    X(RARROW, "->")             \
    X(ELLIPSIS, "...")          \
    X(COLONEQUAL, ":=")         \
    X(EXCLAMATION, "!")         \
    X(OP, NULL)                 \
    X(TYPE_IGNORE, NULL)        \
    X(TYPE_COMMENT, NULL)       \
    X(SOFT_KEYWORD, NULL)       \
    X(FSTRING_START, NULL)      \
    X(FSTRING_MIDDLE, NULL)     \
    X(FSTRING_END, NULL)        \
    X(TSTRING_START, NULL)      \
    X(TSTRING_MIDDLE, NULL)     \
    X(TSTRING_END, NULL)        \
    X(COMMENT, NULL)            \
    X(NL, NULL)                 \
    X(ERRORTOKEN, NULL)

enum {
#define TOKEN_NUMBER(name, text) TOK_##name,
    TOKEN_LIST(TOKEN_NUMBER)
#undef TOKEN_NUMBER
    TOK_COUNT
};

// X(NAME, text): the reserved words, sorted.
#define KEYWORD_LIST(X)     \
    X(FALSE, "False")       \
    X(NONE, "None")         \
    X(TRUE, "True")         \
    X(AND, "and")           \
    X(AS, "as")             \
    X(ASSERT, "assert")     \
    X(ASYNC, "async")       \
    X(AWAIT, "await")       \
    X(BREAK, "break")       \
    X(CLASS, "class")       \
    X(CONTINUE, "continue") \
    X(DEF, "def")           \
    X(DEL, "del")           \
    X(ELIF, "elif")         \
    X(ELSE, "else")         \
    X(EXCEPT, "except")     \
    X(FINALLY, "finally")   \
    X(FOR, "for")           \
    X(FROM, "from")         \
    X(GLOBAL, "global")     \
    X(IF, "if")             \
    X(IMPORT, "import")     \
    X(IN, "in")             \
    X(IS, "is")             \
    X(LAMBDA, "lambda")     \
    X(NONLOCAL, "nonlocal") \
    X(NOT, "not")           \
    X(OR, "or")             \
    X(PASS, "pass")         \
    X(RAISE, "raise")       \
    X(RETURN, "return")     \
    X(TRY, "try")           \
    X(WHILE, "while")       \
    X(WITH, "with")         \
    X(YIELD, "yield")

// Keywords are numbered after the tokens, so that a parser can treat both alike.
enum {
    KW_BASE = TOK_COUNT,
#define KEYWORD_NUMBER(name, text) KW_##name,
    KEYWORD_LIST(KEYWORD_NUMBER)
#undef KEYWORD_NUMBER
    KW_END
};

// "NAME", "LPAR"…; the text of a keyword for keyword numbers.
const char *token_name(int type);

// Number of the operator with that text of 1 to 3 characters (unused ones 0); TOK_OP when the
// characters are no operator.
int token_one_char(int c1);
int token_two_chars(int c1, int c2);
int token_three_chars(int c1, int c2, int c3);

// KW_* of a name, or 0.
int keyword_lookup(const char *text, size_t size);

#endif
