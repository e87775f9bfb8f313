// What args.c (units of formats) and args_keywords.c (binding of keywords) share.
#ifndef TYPHON_OBJECTS_ARGS_INTERNAL_H
#define TYPHON_OBJECTS_ARGS_INTERNAL_H

#include <stdarg.h>

#include "objects/args.h"

#define ARGS_MAX_NESTING 30

// Something to undo when a later argument fails.
typedef struct {
    enum { CLEAN_MEMORY, CLEAN_BUFFER, CLEAN_CONVERTER } kind;
    void *item;
    int (*converter)(PyObject *, void *);
} ArgsCleanup;

typedef struct {
    va_list va;                     // where results go
    const char *fname;              // length-limited name, NULL: none given
    const char *message;            // replaces texts about types; NULL: none
    int levels[ARGS_MAX_NESTING + 2]; // positions inside nested tuples, 0 ends
    char problem[256];              // filled by conversions that return 1
    ArgsCleanup small[8];
    ArgsCleanup *cleanup;
    int cleanup_count;
    int cleanup_size;
} ArgsState;

void args_state_init(ArgsState *state, const char *format);
// Undoes what was done when `failed`; frees the list. Returns !failed.
int args_state_end(ArgsState *state, bool failed);

// Converts one argument by the unit at *format, which is moved behind it. 0; -1 after raising;
// 1 with a text in state->problem.
int args_convert(ArgsState *state, PyObject *arg, const char **format);
// Moves over a unit and its result pointers without writing.
int args_skip(ArgsState *state, const char **format);
// Raises TypeError for state->problem about argument number `position` (0: no number).
void args_raise_problem(ArgsState *state, Py_ssize_t position);

// End of a format: NUL, ':' or ';'.
static inline bool
args_format_end(char c)
{
    return c == '\0' || c == ':' || c == ';';
}

#endif
