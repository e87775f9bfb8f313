// What the files of the `_pickle` module share: the module's state, the codes of the format, the
// Pickler with its output and memo, and helpers of both directions.
//
// The format is documented in PEP 307, PEP 3154, PEP 574 and in the module `pickletools`.
//
// Threading: a Pickler or Unpickler works for one thread at a time (`user`); another thread gets
// RuntimeError.
#ifndef TYPHON_MODULES_PICKLE_INTERNAL_H
#define TYPHON_MODULES_PICKLE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"

enum { PICKLE_HIGHEST = 5, PICKLE_DEFAULT = 5 };

enum {
    PICKLE_BATCH = 1000,                // items between MARK and APPENDS and the like
    PICKLE_FRAME_MIN = 4,               // smaller content gets no frame
    PICKLE_FRAME_TARGET = 64 * 1024,    // a frame is closed beyond that; larger data go around it
    PICKLE_FRAME_HEADER = 9,
};

// ---- codes ----

enum {
    OP_MARK = '(', OP_STOP = '.', OP_POP = '0', OP_POP_MARK = '1', OP_DUP = '2', OP_FLOAT = 'F',
    OP_INT = 'I', OP_BININT = 'J', OP_BININT1 = 'K', OP_BININT2 = 'M', OP_LONG = 'L',
    OP_NONE = 'N', OP_PERSID = 'P', OP_BINPERSID = 'Q', OP_REDUCE = 'R', OP_STRING = 'S',
    OP_BINSTRING = 'T', OP_SHORT_BINSTRING = 'U', OP_UNICODE = 'V', OP_BINUNICODE = 'X',
    OP_APPEND = 'a', OP_BUILD = 'b', OP_GLOBAL = 'c', OP_DICT = 'd', OP_EMPTY_DICT = '}',
    OP_APPENDS = 'e', OP_GET = 'g', OP_BINGET = 'h', OP_INST = 'i', OP_LONG_BINGET = 'j',
    OP_LIST = 'l', OP_EMPTY_LIST = ']', OP_OBJ = 'o', OP_PUT = 'p', OP_BINPUT = 'q',
    OP_LONG_BINPUT = 'r', OP_SETITEM = 's', OP_TUPLE = 't', OP_EMPTY_TUPLE = ')',
    OP_SETITEMS = 'u', OP_BINFLOAT = 'G',
    // protocol 2
    OP_PROTO = 0x80, OP_NEWOBJ = 0x81, OP_EXT1 = 0x82, OP_EXT2 = 0x83, OP_EXT4 = 0x84,
    OP_TUPLE1 = 0x85, OP_TUPLE2 = 0x86, OP_TUPLE3 = 0x87, OP_NEWTRUE = 0x88, OP_NEWFALSE = 0x89,
    OP_LONG1 = 0x8a, OP_LONG4 = 0x8b,
    // protocol 3
    OP_BINBYTES = 'B', OP_SHORT_BINBYTES = 'C',
    // protocol 4
    OP_SHORT_BINUNICODE = 0x8c, OP_BINUNICODE8 = 0x8d, OP_BINBYTES8 = 0x8e, OP_EMPTY_SET = 0x8f,
    OP_ADDITEMS = 0x90, OP_FROZENSET = 0x91, OP_NEWOBJ_EX = 0x92, OP_STACK_GLOBAL = 0x93,
    OP_MEMOIZE = 0x94, OP_FRAME = 0x95,
    // protocol 5
    OP_BYTEARRAY8 = 0x96, OP_NEXT_BUFFER = 0x97, OP_READONLY_BUFFER = 0x98,
};

// ---- the module ----

#define PICKLE_STATE_OBJECTS(X)                                                                 \
    X(pickle_error)             /* PickleError and its two subclasses */                        \
    X(pickling_error)                                                                           \
    X(unpickling_error)                                                                         \
    X(dispatch_table)           /* the dicts of copyreg */                                      \
    X(extension_registry)                                                                       \
    X(extension_cache)                                                                          \
    X(inverted_registry)                                                                        \
    X(name_mapping)             /* the dicts of _compat_pickle: Python 2 to 3 */                \
    X(import_mapping)                                                                           \
    X(reverse_name_mapping)     /* and back */                                                  \
    X(reverse_import_mapping)                                                                   \
    X(codecs_encode)                                                                            \
    X(getattr)                  /* builtins.getattr */                                          \
    X(partial)                  /* functools.partial */

// Immutable after exec.
typedef struct {
#define PICKLE_STATE_FIELD(name) PyObject *name;
    PICKLE_STATE_OBJECTS(PICKLE_STATE_FIELD)
#undef PICKLE_STATE_FIELD
} PickleState;

// The module of this interpreter, owned; NULL with an exception.
PyObject *pickle_module(void);

// Walks a dotted name (a list of str) from op: new reference, NULL with AttributeError.
PyObject *pickle_getattribute(PyObject *op, PyObject *path);
// name.split('.').
PyObject *pickle_split_name(PyObject *name);

// Makes `*user` this thread's (0: nobody's). 1 taken, 0 it was this thread's already, -1
// RuntimeError: another thread's, or this thread's and not `again`.
int pickle_enter(uintptr_t *user, bool again, const char *what);
void pickle_leave(uintptr_t *user);

// Adds a note to the exception being raised (formats of str_format). -1.
int pickle_note(const char *format, ...);

// ---- the pickler ----

typedef struct {
    PyObject *key;              // owned; NULL: free
    Py_ssize_t value;
} MemoEntry;

// Objects that were written, by address.
typedef struct {
    MemoEntry *entries;         // a power of two of them, or NULL while empty
    size_t mask;
    size_t used;
} Memo;

typedef struct {
    PyObject ob_base;
    uintptr_t user;                 // atomic: thread that works with it, 0: none
    // All that follows belongs to the user. ob_base of one on the C stack has no type.
    PyObject *module;               // owned: keeps state alive; NULL before __init__
    PickleState *state;
    Memo memo;
    PyObject *write;                // the file's write, NULL: the output is collected
    PyObject *buffer_callback;      // or NULL
    PyObject *dispatch_table;       // the member: private table, or NULL
    PyObject *persistent_id;        // attribute of the instance, or NULL
    char *output;                   // mem_alloc'ed
    size_t output_size;
    size_t output_capacity;
    Py_ssize_t frame_start;         // of the open frame's header in output, -1: none open
    bool framing;
    int protocol;
    int binary;                     // protocol >= 1
    int fast;                       // no memo
    int fast_depth;                 // containers entered in fast mode
    PyObject *fast_memo;            // dict: ids of the containers being written in fast mode
    bool fix_imports;
    // Found at the start of dump(), released at its end.
    PyObject *table;                // where reducers are looked up before copyreg's, or NULL
    PyObject *reducer_override;     // or NULL
    PyObject *get_persistent_id;    // callable, or NULL
} Pickler;

extern PyTypeObject pickler_type;
extern PyTypeObject unpickler_type;
extern PyTypeObject pickler_memo_type;
extern PyTypeObject unpickler_memo_type;
extern PyTypeObject pickle_buffer_type;

// A pickler for one dump() that is no object, on the C stack; released by pickler_finish.
void pickler_start(Pickler *self, PyObject *module);
void pickler_finish(Pickler *self);
// Arguments as those of Pickler().
int pickler_configure(Pickler *self, PyObject *module, PyObject *protocol, bool fix_imports,
                      PyObject *buffer_callback);
int pickler_set_file(Pickler *self, PyObject *file);
// Writes op with header and STOP, and to the file if there is one. 0 or -1.
int pickler_dump(Pickler *self, PyObject *op);
// What was written, as new bytes.
PyObject *pickler_take_output(Pickler *self);

// ---- output (pickle_output.c): 0 or -1 ----

// Room for n more bytes; NULL with MemoryError. The caller adds what it used to output_size.
char *pickle_reserve_slow(Pickler *self, size_t n);

static inline char *
pickle_reserve(Pickler *self, size_t n)
{
    if (__builtin_expect(self->output_capacity - self->output_size >= n + PICKLE_FRAME_HEADER &&
                         (!self->framing || self->frame_start >= 0), 1)) {
        return self->output + self->output_size;
    }
    return pickle_reserve_slow(self, n);
}

static inline int
pickle_write(Pickler *self, const void *data, size_t n)
{
    char *to = pickle_reserve(self, n);
    if (to == NULL) {
        return -1;
    }
    __builtin_memcpy(to, data, n);
    self->output_size += n;
    return 0;
}

static inline int
pickle_write_code(Pickler *self, int code)
{
    char byte = (char)code;
    return pickle_write(self, &byte, 1);
}

// A code with an argument of `bytes` bytes, little-endian.
int pickle_write_number(Pickler *self, int code, uint64_t value, int bytes);
// A header and data; large data leave the frame and go to the file on their own. payload: the
// object that holds the data, or NULL.
int pickle_write_data(Pickler *self, const char *header, size_t header_size, const char *data,
                      size_t size, PyObject *payload);
// Between two codes: closes a frame that has become large, and writes it to the file.
int pickle_boundary(Pickler *self);
int pickle_close_frame(Pickler *self);
int pickle_flush(Pickler *self);

// ---- memo (pickle_memo.c) ----

void memo_clear(Memo *memo);
int memo_copy(Memo *to, const Memo *from);
int memo_set(Memo *memo, PyObject *key, Py_ssize_t value);
int memo_visit(const Memo *memo, visitproc visit, void *arg);

// Where a key is looked for: first by its address, so that objects that lie together are found
// together in the table, then all over the table.
typedef struct {
    size_t index;
    size_t perturb;
} MemoProbe;

static inline MemoProbe
memo_probe(const Memo *memo, const PyObject *key)
{
    size_t h = (size_t)key >> 4;
    return (MemoProbe){h & memo->mask, h * 0x9e3779b97f4a7c15u};
}

static inline void
memo_probe_next(const Memo *memo, MemoProbe *probe)
{
    probe->perturb >>= 5;
    probe->index = (probe->index * 5 + probe->perturb + 1) & memo->mask;
}

// The number of an object, or -1.
static inline Py_ssize_t
memo_get(const Memo *memo, const PyObject *key)
{
    if (memo->used == 0) {
        return -1;
    }
    for (MemoProbe probe = memo_probe(memo, key);; memo_probe_next(memo, &probe)) {
        const MemoEntry *entry = &memo->entries[probe.index];
        if (entry->key == key) {
            return entry->value;
        }
        if (entry->key == NULL) {
            return -1;
        }
    }
}

// ---- objects (pickle_save*.c): 0 or -1 ----

int pickle_save(Pickler *self, PyObject *op, bool with_persistent_id);
int pickle_memoize(Pickler *self, PyObject *op);
int pickle_write_get(Pickler *self, Py_ssize_t number);
// name may be NULL: the object's own.
int pickle_save_global(Pickler *self, PyObject *op, PyObject *name);
// The result of a reducer (a tuple); op NULL: nothing to remember.
int pickle_save_reduce(Pickler *self, PyObject *result, PyObject *op);
int pickle_save_type(Pickler *self, PyObject *op);
// Containers (pickle_save_container.c).
int pickle_save_tuple(Pickler *self, PyObject *op);
int pickle_save_list(Pickler *self, PyObject *op);
int pickle_save_dict(Pickler *self, PyObject *op);
int pickle_save_set(Pickler *self, PyObject *op);
int pickle_save_frozenset(Pickler *self, PyObject *op);
// Items of an iterator, for an object that op's reducer makes.
int pickle_batch_list(Pickler *self, PyObject *iterator, PyObject *op);
int pickle_batch_dict(Pickler *self, PyObject *iterator, PyObject *op);
// Texts and bytes (pickle_save_text.c).
int pickle_save_str(Pickler *self, PyObject *op);
int pickle_save_bytes(Pickler *self, PyObject *op);
int pickle_save_bytearray(Pickler *self, PyObject *op);
int pickle_save_buffer(Pickler *self, PyObject *op);
int pickle_save_int(Pickler *self, PyObject *op);
int pickle_save_float(Pickler *self, PyObject *op);

// ---- the unpickler (unpickler.c) ----

// load() and loads() of the module.
PyObject *unpickler_load_file(PyObject *module, PyObject *file, bool fix_imports,
                              const char *encoding, const char *errors, PyObject *buffers);
PyObject *unpickler_load_data(PyObject *module, PyObject *data, bool fix_imports,
                              const char *encoding, const char *errors, PyObject *buffers);

#endif
