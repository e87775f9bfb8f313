// The regular expression engine behind `re`.
//
//   _sre.c              the module: compile(), character functions
//   sre_pattern.c       Pattern objects and their methods; scanners
//   sre_match_object.c  Match objects
//   sre_template.c      replacement templates of sub()
//   sre_charset.c       categories, character sets, case
//   sre_engine.c        the matcher for 1-, 2- and 4-byte characters (sre_engine_body.h three times)
//   sre_check.c         checks code that is given to compile()
//
// The code is made by Lib/re/_compiler.py; its operations are numbered in Lib/re/_constants.py.
//
// Matching backtracks over an explicit stack of choice points, so no input can overflow the C stack.
// A trail undoes marks and repeat counters when a choice point is taken up again.
//
// Threading: patterns are immutable; a match runs on a state of its own.
#ifndef TYPHON_MODULES_SRE_INTERNAL_H
#define TYPHON_MODULES_SRE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

#define SRE_MAGIC 20230612
#define SRE_MAXREPEAT UINT32_MAX
#define SRE_MAXGROUPS ((Py_ssize_t)INT32_MAX / 2)

enum {
    SRE_FLAG_IGNORECASE = 2, SRE_FLAG_LOCALE = 4, SRE_FLAG_MULTILINE = 8, SRE_FLAG_DOTALL = 16,
    SRE_FLAG_UNICODE = 32, SRE_FLAG_VERBOSE = 64, SRE_FLAG_DEBUG = 128, SRE_FLAG_ASCII = 256,
};

enum { SRE_INFO_PREFIX = 1, SRE_INFO_LITERAL = 2, SRE_INFO_CHARSET = 4 };

// Numbers in the order of _constants.py.
enum {
    SRE_FAILURE, SRE_SUCCESS, SRE_ANY, SRE_ANY_ALL, SRE_ASSERT, SRE_ASSERT_NOT, SRE_AT, SRE_BRANCH,
    SRE_CATEGORY, SRE_CHARSET, SRE_BIGCHARSET, SRE_GROUPREF, SRE_GROUPREF_EXISTS, SRE_IN, SRE_INFO,
    SRE_JUMP, SRE_LITERAL, SRE_MARK, SRE_MAX_UNTIL, SRE_MIN_UNTIL, SRE_NOT_LITERAL, SRE_NEGATE,
    SRE_RANGE, SRE_REPEAT, SRE_REPEAT_ONE, SRE_SUBPATTERN, SRE_MIN_REPEAT_ONE, SRE_ATOMIC_GROUP,
    SRE_POSSESSIVE_REPEAT, SRE_POSSESSIVE_REPEAT_ONE, SRE_GROUPREF_IGNORE, SRE_IN_IGNORE,
    SRE_LITERAL_IGNORE, SRE_NOT_LITERAL_IGNORE, SRE_GROUPREF_LOC_IGNORE, SRE_IN_LOC_IGNORE,
    SRE_LITERAL_LOC_IGNORE, SRE_NOT_LITERAL_LOC_IGNORE, SRE_GROUPREF_UNI_IGNORE,
    SRE_IN_UNI_IGNORE, SRE_LITERAL_UNI_IGNORE, SRE_NOT_LITERAL_UNI_IGNORE, SRE_RANGE_UNI_IGNORE,
};

enum {
    SRE_AT_BEGINNING, SRE_AT_BEGINNING_LINE, SRE_AT_BEGINNING_STRING, SRE_AT_BOUNDARY,
    SRE_AT_NON_BOUNDARY, SRE_AT_END, SRE_AT_END_LINE, SRE_AT_END_STRING, SRE_AT_LOC_BOUNDARY,
    SRE_AT_LOC_NON_BOUNDARY, SRE_AT_UNI_BOUNDARY, SRE_AT_UNI_NON_BOUNDARY, SRE_AT_COUNT,
};

enum {
    SRE_CATEGORY_DIGIT, SRE_CATEGORY_NOT_DIGIT, SRE_CATEGORY_SPACE, SRE_CATEGORY_NOT_SPACE,
    SRE_CATEGORY_WORD, SRE_CATEGORY_NOT_WORD, SRE_CATEGORY_LINEBREAK, SRE_CATEGORY_NOT_LINEBREAK,
    SRE_CATEGORY_LOC_WORD, SRE_CATEGORY_LOC_NOT_WORD, SRE_CATEGORY_UNI_DIGIT,
    SRE_CATEGORY_UNI_NOT_DIGIT, SRE_CATEGORY_UNI_SPACE, SRE_CATEGORY_UNI_NOT_SPACE,
    SRE_CATEGORY_UNI_WORD, SRE_CATEGORY_UNI_NOT_WORD, SRE_CATEGORY_UNI_LINEBREAK,
    SRE_CATEGORY_UNI_NOT_LINEBREAK, SRE_CATEGORY_COUNT,
};

typedef struct {
    PyVarObject ob_base;
    Py_ssize_t groups;          // immutable, like everything here
    PyObject *groupindex;       // dict name -> number
    PyObject *indexgroup;       // tuple number -> name or None
    PyObject *pattern;          // str, bytes or None
    int flags;
    bool is_bytes;
    bool is_str;
    PyObject *weakrefs;
    Py_ssize_t code_size;
    uint32_t code[1];
} Pattern;

typedef struct {
    PyVarObject ob_base;
    PyObject *string;           // the subject, or None once it is not needed
    PyObject *regs;             // atomic: cached tuple of spans, or NULL
    Pattern *pattern;
    Py_ssize_t pos;
    Py_ssize_t endpos;
    Py_ssize_t lastindex;       // -1 for none
    Py_ssize_t groups;          // including group 0
    Py_ssize_t mark[1];         // start and end of each group, -1 when it did not take part
} Match;

// One subject being matched.
typedef struct {
    const void *data;           // of the subject, character 0
    int kind;                   // bytes per character
    bool is_bytes;
    Py_buffer view;             // held when the subject is no str
    PyObject *string;           // owned
    Py_ssize_t start;           // where matching begins
    Py_ssize_t end;             // no character at or behind it is seen
    Py_ssize_t beginning;       // `pos`: first character that is seen
    Py_ssize_t ptr;             // end of the match
    Py_ssize_t must_advance;    // an empty match here does not count; -1 none
    bool match_all;             // fullmatch
    Py_ssize_t lastindex;
    Py_ssize_t *mark;           // two for each group
    Py_ssize_t mark_count;

    struct Choice *choices;     // stack
    size_t choice_count, choice_capacity;
    struct TrailEntry *trail;   // stack
    size_t trail_count, trail_capacity;
    struct RepeatContext *repeats; // stack; referred to by index
    size_t repeat_count, repeat_capacity;
    unsigned steps;             // counts backtracks, for safepoints
} MatchState;

extern PyTypeObject sre_pattern_type;
extern PyTypeObject sre_match_type;
extern PyTypeObject sre_scanner_type;
extern PyTypeObject sre_template_type;

// sre_engine.c: 1 found, 0 not, -1 with an exception. `match` at state->start only; `search` at any
// place from there on (state->start becomes where it was found).
int sre_match_here(MatchState *state, const Pattern *pattern);
int sre_search(MatchState *state, const Pattern *pattern);

// The bitmap of a CHARSET: characters below 256.
static inline bool
sre_bitmap_contains(const uint32_t *bits, Py_UCS4 ch)
{
    return ch < 256 && (bits[ch >> 5] >> (ch & 31) & 1) != 0;
}

// sre_charset.c
bool sre_category_general(uint32_t category, Py_UCS4 ch);

// For each ASCII character the categories that it is in, one bit each (not those of the locale).
extern const uint32_t sre_ascii_categories[128];

static inline bool
sre_category(uint32_t category, Py_UCS4 ch)
{
    if (ch < 128 && category < SRE_CATEGORY_COUNT && (category & ~1u) != SRE_CATEGORY_LOC_WORD) {
        return sre_ascii_categories[ch] >> category & 1;
    }
    return sre_category_general(category, ch);
}
bool sre_charset_contains(const uint32_t *set, Py_UCS4 ch);
Py_UCS4 sre_lower_ascii(Py_UCS4 ch);
Py_UCS4 sre_lower_unicode(Py_UCS4 ch);
Py_UCS4 sre_upper_unicode(Py_UCS4 ch);
bool sre_charset_contains_loc_ignore(const uint32_t *set, Py_UCS4 ch);
bool sre_char_loc_ignore(uint32_t pattern_char, Py_UCS4 ch);

// sre_check.c: RuntimeError "invalid SRE code" and -1 when the code cannot be run safely.
int sre_check_code(const uint32_t *code, Py_ssize_t size, Py_ssize_t groups);

// sre_pattern.c
int sre_state_init(MatchState *state, const Pattern *pattern, PyObject *string, Py_ssize_t pos,
                   Py_ssize_t endpos);
void sre_state_reset(MatchState *state);
void sre_state_free(MatchState *state);
PyObject *sre_pattern_new(PyObject *pattern, int flags, const uint32_t *code, Py_ssize_t size,
                          Py_ssize_t groups, PyObject *groupindex, PyObject *indexgroup);

// sre_match_object.c
PyObject *sre_match_new(Pattern *pattern, MatchState *state, int status);
PyObject *sre_slice(PyObject *string, Py_ssize_t start, Py_ssize_t end);
PyObject *sre_match_group(Match *match, Py_ssize_t index, PyObject *missing);

// sre_template.c
PyObject *sre_template_new(PyObject *pattern, PyObject *parts);
PyObject *sre_template_expand(PyObject *op, Match *match);
PyObject *sre_template_literal_borrow(PyObject *op);   // str/bytes when it has no groups, else NULL

#endif
