// Tables of tokens and keywords. Constant data; see token.h.
#include "syntax/token.h"

#include <string.h>

static const char *const token_names[] = {
#define TOKEN_NAME(name, text) #name,
    TOKEN_LIST(TOKEN_NAME)
#undef TOKEN_NAME
    NULL,
#define KEYWORD_TEXT(name, text) text,
    KEYWORD_LIST(KEYWORD_TEXT)
#undef KEYWORD_TEXT
};

const char *
token_name(int type)
{
    return type >= 0 && type < KW_END ? token_names[type] : "?";
}

int
token_one_char(int c1)
{
    switch (c1) {
    case '!': return TOK_EXCLAMATION;
    case '%': return TOK_PERCENT;
    case '&': return TOK_AMPER;
    case '(': return TOK_LPAR;
    case ')': return TOK_RPAR;
    case '*': return TOK_STAR;
    case '+': return TOK_PLUS;
    case ',': return TOK_COMMA;
    case '-': return TOK_MINUS;
    case '.': return TOK_DOT;
    case '/': return TOK_SLASH;
    case ':': return TOK_COLON;
    case ';': return TOK_SEMI;
    case '<': return TOK_LESS;
    case '=': return TOK_EQUAL;
    case '>': return TOK_GREATER;
    case '@': return TOK_AT;
    case '[': return TOK_LSQB;
    case ']': return TOK_RSQB;
    case '^': return TOK_CIRCUMFLEX;
    case '{': return TOK_LBRACE;
    case '|': return TOK_VBAR;
    case '}': return TOK_RBRACE;
    case '~': return TOK_TILDE;
    default: return TOK_OP;
    }
}

int
token_two_chars(int c1, int c2)
{
    if (c2 == '=') {
        switch (c1) {
        case '!': return TOK_NOTEQUAL;
        case '%': return TOK_PERCENTEQUAL;
        case '&': return TOK_AMPEREQUAL;
        case '*': return TOK_STAREQUAL;
        case '+': return TOK_PLUSEQUAL;
        case '-': return TOK_MINEQUAL;
        case '/': return TOK_SLASHEQUAL;
        case ':': return TOK_COLONEQUAL;
        case '<': return TOK_LESSEQUAL;
        case '=': return TOK_EQEQUAL;
        case '>': return TOK_GREATEREQUAL;
        case '@': return TOK_ATEQUAL;
        case '^': return TOK_CIRCUMFLEXEQUAL;
        case '|': return TOK_VBAREQUAL;
        default: return TOK_OP;
        }
    }
    if (c1 == c2) {
        switch (c1) {
        case '*': return TOK_DOUBLESTAR;
        case '/': return TOK_DOUBLESLASH;
        case '<': return TOK_LEFTSHIFT;
        case '>': return TOK_RIGHTSHIFT;
        default: return TOK_OP;
        }
    }
    if (c1 == '-' && c2 == '>') {
        return TOK_RARROW;
    }
    return c1 == '<' && c2 == '>' ? TOK_NOTEQUAL : TOK_OP;
}

int
token_three_chars(int c1, int c2, int c3)
{
    if (c1 == '.' && c2 == '.' && c3 == '.') {
        return TOK_ELLIPSIS;
    }
    if (c3 != '=' || c1 != c2) {
        return TOK_OP;
    }
    switch (c1) {
    case '*': return TOK_DOUBLESTAREQUAL;
    case '/': return TOK_DOUBLESLASHEQUAL;
    case '<': return TOK_LEFTSHIFTEQUAL;
    case '>': return TOK_RIGHTSHIFTEQUAL;
    default: return TOK_OP;
    }
}

int
keyword_lookup(const char *text, size_t size)
{
    if (size < 2 || size > 8) {
        return 0;
    }
    int low = KW_BASE + 1;
    int high = KW_END - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        const char *word = token_names[middle];
        int order = strncmp(text, word, size);
        if (order == 0) {
            if (word[size] == '\0') {
                return middle;
            }
            order = -1;
        }
        if (order < 0) {
            high = middle - 1;
        }
        else {
            low = middle + 1;
        }
    }
    return 0;
}
