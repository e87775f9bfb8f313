// The Unpickler: its input, stack and memo.
//
// Invariants
//   - stack[0 .. depth) are owned; marks[i] are depths at which a MARK was seen, ascending
//   - fence is the last mark, or 0: nothing below it may be popped by ordinary codes
//   - the memo is an array; numbers that are far beyond what was stored so far go to a dict, so
//     that a few bytes of input cannot claim memory
//
// Threading: belongs to the user, as in pickle_internal.h.
#ifndef TYPHON_MODULES_UNPICKLER_H
#define TYPHON_MODULES_UNPICKLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"
#include "modules/pickle_internal.h"

typedef struct {
    PyObject ob_base;
    uintptr_t user;             // atomic: thread that works with it, 0: none
    // All that follows belongs to the user. ob_base of one on the C stack has no type.
    PyObject *module;           // owned: keeps state alive; NULL before __init__
    PickleState *state;
    // input
    const char *input;          // current piece
    size_t input_size;
    size_t input_next;          // first byte not yet used
    PyObject *input_owner;      // bytes that input lies in, or NULL
    PyObject *read;             // methods of the file; NULL: all input is there
    PyObject *readline;
    PyObject *peek;             // or NULL
    bool peeked;                // input came from peek: what is used of it has to be read still
    size_t peeked_from;         // from here on
    // stack
    PyObject **stack;
    size_t depth;
    size_t stack_capacity;
    size_t *marks;
    size_t mark_count;
    size_t mark_capacity;
    size_t fence;
    // memo
    PyObject **memo;            // owned, NULL: free
    size_t memo_capacity;
    size_t memo_used;           // of both
    PyObject *memo_sparse;      // dict number -> object, or NULL
    // options
    int protocol;               // of the document
    bool fix_imports;
    const char *encoding;       // texts of the caller of load() and loads(), or the copies
    const char *errors;
    char *texts[2];             // mem_strdup'ed, of Unpickler(): encoding and errors
    PyObject *buffers;          // iterator, or NULL
    PyObject *persistent_load;  // attribute of the instance, or NULL
    // Found at the start of load(), released at its end.
    PyObject *call_persistent_load; // or NULL
    PyObject *call_find_class;      // or NULL: the method of the type itself
} Unpickler;

// ---- input (unpickle_input.c) ----

// n bytes, valid until the next read; NULL with UnpicklingError or what the file raised.
const char *unpickle_read_slow(Unpickler *self, size_t n);

static inline const char *
unpickle_read(Unpickler *self, size_t n)
{
    if (__builtin_expect(n <= self->input_size - self->input_next, 1)) {
        const char *data = self->input + self->input_next;
        self->input_next += n;
        return data;
    }
    return unpickle_read_slow(self, n);
}

// A line with its end; *size counts both.
const char *unpickle_read_line(Unpickler *self, size_t *size);
// Reads a whole frame into the input.
int unpickle_read_frame(Unpickler *self, size_t size);
// Tells the file what was used of what was peeked.
int unpickle_skip_consumed(Unpickler *self);
void *unpickle_truncated(Unpickler *self);

// ---- memo (unpickle_memo.c) ----

// Borrowed, NULL with UnpicklingError.
PyObject *unpickle_memo_get(Unpickler *self, size_t number);
int unpickle_memo_put(Unpickler *self, size_t number, PyObject *value);
void unpickle_memo_clear(Unpickler *self);
// As {number: object}.
PyObject *unpickle_memo_as_dict(Unpickler *self);
int unpickle_memo_from_dict(Unpickler *self, PyObject *dict);

// ---- codes (unpickle_codes.c) ----

// Runs codes up to STOP: the object.
PyObject *unpickle_run(Unpickler *self);

// ---- objects (unpickle_objects.c) ----

// Finds module.name as find_class() does.
PyObject *unpickle_find_class(Unpickler *self, PyObject *module_name, PyObject *name);
// The same through find_class of a subclass.
PyObject *unpickle_call_find_class(Unpickler *self, PyObject *module_name, PyObject *name);
PyObject *unpickle_extension(Unpickler *self, long code);
PyObject *unpickle_instantiate(PyObject *cls, PyObject *args);
PyObject *unpickle_newobj(Unpickler *self, const char *code, PyObject *cls, PyObject *args,
                          PyObject *kwargs);
int unpickle_build(Unpickler *self, PyObject *op, PyObject *state);

#endif
