// Names, keywords, and the prefixes of strings.
//
// Names are checked here against Unicode's XID_Start/XID_Continue (after NFKC, PEP 3131) only when
// they are not plain ASCII; the normalised spelling is made by the parser.
//
// Threading: see tokenizer.h.
#include <string.h>

#include "memory/refcount.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/unicode_data.h"
#include "syntax/tokenizer_internal.h"

// Index of the first character that keeps text from being a name, or -1.
static Py_ssize_t
first_invalid(PyObject *text)
{
    for (Py_ssize_t i = 0; i < str_length(text); i++) {
        Py_UCS4 ch = str_read_char(text, i);
        bool ok = i == 0 ? ch == '_' || unicode_is_xid_start(ch) : unicode_is_xid_continue(ch);
        if (!ok) {
            return i;
        }
    }
    return -1;
}

static int
utf8_length(Py_UCS4 ch)
{
    return ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
}

static int
check_name(Tokenizer *t)
{
    PyObject *text = str_decode_utf8(t->buffer + t->start, t->cur - t->start, NULL);
    if (text == NULL) {
        return -1;
    }
    Py_ssize_t bad = first_invalid(text);
    if (bad < 0) {
        decref(text);
        return 0;
    }
    Py_ssize_t bytes = 0;
    for (Py_ssize_t i = 0; i <= bad; i++) {
        bytes += utf8_length(str_read_char(text, i));
    }
    Py_UCS4 ch = str_read_char(text, bad);
    decref(text);
    t->cur = t->start + bytes;
    if (!unicode_is_printable(ch)) {
        return tokenizer_error(t, "invalid non-printable character U+%04X", (unsigned)ch);
    }
    return tokenizer_error(t, "invalid character '%c' (U+%04X)", (int)ch, (unsigned)ch);
}

enum { SAW_B = 1, SAW_U = 2, SAW_R = 4, SAW_F = 8, SAW_T = 16 };

static int
prefix_bit(int c)
{
    switch (c) {
    case 'b': case 'B': return SAW_B;
    case 'u': case 'U': return SAW_U;
    case 'r': case 'R': return SAW_R;
    case 'f': case 'F': return SAW_F;
    case 't': case 'T': return SAW_T;
    default: return 0;
    }
}

static int
check_prefix(Tokenizer *t, int saw)
{
    static const struct { int both; char first, second; } incompatible[] = {
        {SAW_U | SAW_B, 'u', 'b'}, {SAW_U | SAW_R, 'u', 'r'}, {SAW_U | SAW_F, 'u', 'f'},
        {SAW_U | SAW_T, 'u', 't'}, {SAW_B | SAW_F, 'b', 'f'}, {SAW_B | SAW_T, 'b', 't'},
        {SAW_F | SAW_T, 'f', 't'},
    };
    for (size_t i = 0; i < sizeof incompatible / sizeof *incompatible; i++) {
        if ((saw & incompatible[i].both) == incompatible[i].both) {
            return tokenizer_error_range(
                t, (int)(t->start + 1 - t->line_start), (int)(t->cur - t->line_start),
                "'%c' and '%c' prefixes are incompatible", incompatible[i].first,
                incompatible[i].second);
        }
    }
    return 0;
}

int
tokenizer_name(Tokenizer *t, Token *token, int c)
{
    int saw = 0;
    for (;;) {
        int bit = prefix_bit(c);
        if (bit == 0 || (saw & bit) != 0) {
            break;
        }
        saw |= bit;
        c = next_char(t);
        if (c == '"' || c == '\'') {
            if (check_prefix(t, saw) < 0) {
                return -1;
            }
            if ((saw & (SAW_F | SAW_T)) == 0) {
                return tokenizer_string(t, token, c);
            }
            return tokenizer_fstring_start(t, token, c, (saw & SAW_F) != 0 ? 'f' : 't',
                                           (saw & SAW_R) != 0);
        }
    }
    bool ascii = true;
    while (is_name_char(c)) {
        ascii &= c < 128;
        c = next_char(t);
    }
    back_char(t, c);
    if (t->done == TOKENIZER_ERROR || (!ascii && !t->extra_tokens && check_name(t) < 0)) {
        return -1;
    }
    int keyword = ascii ? keyword_lookup(t->buffer + t->start, (size_t)(t->cur - t->start)) : 0;
    return tokenizer_make(t, token, keyword != 0 ? keyword : TOK_NAME);
}
