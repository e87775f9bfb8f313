// Code objects: compiled code, immutable except for inline caches.
//
// The assembler fills a CodeSpec and calls code_new. Everything a program can see of a code
// object (co_*) is derived from it. The fields of the ABI (cp314t) are at their offsets.
//
// Caches: the op byte of a word and cache words change while other threads execute them; see
// vm/cache.h. All else is immutable after code_new, so it is read without locks. Code objects
// are deferred (memory/refcount.h): frames hold them borrowed.
#ifndef TYPHON_OBJECTS_CODE_H
#define TYPHON_OBJECTS_CODE_H

#include <stdbool.h>

#include "abi/constants.h"
#include "abi/object.h"
#include "objects/value.h"

#define CO_GENERATOR_LIKE (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)

// Kinds in co_localspluskinds, one byte each. An argument that is also a cell has both bits.
#define CO_FAST_ARG_POS 0x02
#define CO_FAST_ARG_KW 0x04
#define CO_FAST_ARG_VAR 0x08
#define CO_FAST_HIDDEN 0x10     // variable of an inlined comprehension: in locals() while it is set
#define CO_FAST_LOCAL 0x20
#define CO_FAST_CELL 0x40
#define CO_FAST_FREE 0x80

typedef struct PyCodeObject {
    PyVarObject ob_base;            // ob_size: number of words
    PyObject *co_consts;            // tuple
    PyObject *co_names;             // tuple of interned str
    PyObject *co_exceptiontable;    // bytes
    int co_flags;
    int co_argcount;                // positional, including positional-only
    int co_posonlyargcount;
    int co_kwonlyargcount;
    int co_stacksize;               // number of temporaries
    int co_firstlineno;
    int co_nlocalsplus;
    int co_framesize;               // registers: first temporary + temporaries
    int co_nlocals;                 // locals, including arguments and cells that are locals
    int co_ncellvars;
    int co_nfreevars;
    uint32_t co_version;            // unused; 0
    PyObject *co_localsplusnames;   // tuple of str
    PyObject *co_localspluskinds;   // bytes
    PyObject *co_filename;
    PyObject *co_name;
    PyObject *co_qualname;
    PyObject *co_linetable;         // bytes, encoded by LocationWriter
    PyObject *co_weakreflist;
    // Ours up to here from 168: nothing outside reads it.
    Value *co_values;               // constants as values (borrowed from co_consts)
    uint64_t *co_words;             // the code; caches are in it
    struct CodeHandlers *co_handlers; // decoded exception table, NULL when empty
    int co_first_temp;              // CODE_FIRST_TEMP
    int co_nargs;                   // registers filled by the caller: arguments, *args, **kwargs
    int co_simple_args;             // number of arguments when nothing else is needed to bind
                                    // them by position (no *, **, keyword-only), else -1
    int co_nfill;                   // locals that must be unset at entry
    int _co_firsttraceable;         // 208: ABI
    int co_unused;                  // padding
    void *co_extra;                 // atomic: state of tools (vm/monitoring.c), or NULL; its first
                                    // word is a block of its own or NULL
    void *co_hot;                   // atomic: reserved for the JIT
    uint64_t *co_entry;             // where calls begin: behind the RESUME that functions start with,
                                    // which stands for the line of the definition
} PyCodeObject;

extern PyTypeObject PyCode_Type;

static inline bool code_check(PyObject *op) { return op->ob_type == &PyCode_Type; }

// What the assembler gives. All objects are borrowed; code_new takes its own references.
// Strings are interned by code_new, constants too where they look like identifiers.
typedef struct CodeSpec {
    PyObject *filename, *name, *qualname;       // str
    int flags;                                  // CO_*
    int argcount, posonlyargcount, kwonlyargcount;
    int firstlineno;
    PyObject *localsplusnames;                  // tuple of str
    PyObject *localspluskinds;                  // bytes, as long as that tuple
    int framesize;                              // registers, see docs/internals/bytecode.md
    const uint64_t *words;
    Py_ssize_t nwords;
    PyObject *consts;                           // tuple
    PyObject *names;                            // tuple of str
    PyObject *linetable;                        // bytes from location_writer_finish
    PyObject *exceptiontable;                   // bytes from exception_writer_finish
    bool trusted;                               // words come from this build's compiler: they are
                                                // verified only in builds with assertions
} CodeSpec;

// New reference, or NULL with an exception (MemoryError, ValueError, OverflowError).
PyCodeObject *code_new(const CodeSpec *spec);

// A code object that has only a name and a position, for tracebacks of native code.
PyCodeObject *code_new_empty(const char *filename, const char *funcname, int firstlineno);

// Puts another file name into a code object and into those among its constants that had the same.
// Only for code that nobody runs yet (importlib, right after reading it).
void code_set_filename(PyObject *code, PyObject *filename);

// ---- writing tables (the assembler) ----

struct ByteBuffer {
    uint8_t *data;
    Py_ssize_t size, capacity;
    bool failed;                    // out of memory: finish raises
};

// Positions of instructions. Encoding: see code_locations.c.
typedef struct LocationWriter {
    struct ByteBuffer bytes;
    int line;
} LocationWriter;

void location_writer_init(LocationWriter *w, int firstlineno);

// The next `words` words have this position; line -1: no position; columns -1: unknown.
// Columns are offsets into the UTF-8 of the line, starting at 0.
void location_writer_add(LocationWriter *w, int words, int line, int end_line, int column,
                         int end_column);

// New bytes object; frees the writer. NULL with MemoryError.
PyObject *location_writer_finish(LocationWriter *w);

typedef struct ExceptionWriter {
    struct ByteBuffer bytes;
} ExceptionWriter;

void exception_writer_init(ExceptionWriter *w);

// Inner ranges come before the ranges around them. start, end, target: word indices.
void exception_writer_add(ExceptionWriter *w, int start, int end, int target, int depth,
                          bool lasti);
PyObject *exception_writer_finish(ExceptionWriter *w);

// ---- reading tables ----

typedef struct CodeLocation {
    int line, end_line, column, end_column;     // -1 where unknown
    int start, end;                             // range of words with this position
} CodeLocation;

// Position of the instruction at a word index; line -1 when it has none.
void code_location(PyCodeObject *code, int word, CodeLocation *result);

// Line of a word; -1 when it has none. Fast for increasing calls is not needed: linear.
int code_line(PyCodeObject *code, int word);

// Walks ranges from the beginning: init with {.start = 0}, false at the end.
typedef struct LocationReader {
    const uint8_t *next, *end;
    int word, line;
} LocationReader;

void location_reader_init(LocationReader *r, PyCodeObject *code);
bool location_reader_next(LocationReader *r, CodeLocation *result);

typedef struct ExceptionEntry {
    int start, end, target, depth;
    bool lasti;
} ExceptionEntry;

// The innermost handler of a word, false when there is none.
bool code_find_handler(PyCodeObject *code, int word, ExceptionEntry *result);

// ---- other questions ----

// Whether the instruction at a word goes one of two ways; which: *left goes on (into the body of a
// loop), *right does not.
bool code_branch(PyCodeObject *code, Py_ssize_t word, Py_ssize_t *left, Py_ssize_t *right);

// The code as it was assembled: caches zero, quickened forms undone. New bytes object.
PyObject *code_bytes(PyCodeObject *code);

// Name of the localsplus in a register (borrowed: code objects are immutable), NULL if none.
PyObject *code_register_name_borrow(PyCodeObject *code, int reg);

// Register of localsplus i: i, or i + 1 when register 0 is the mapping.
static inline int
code_localsplus_register(PyCodeObject *code, int i)
{
    return i + ((code->co_flags & CO_OPTIMIZED) == 0);
}

// Tuples of names: co_varnames, co_cellvars, co_freevars. New references.
PyObject *code_varnames(PyCodeObject *code);
PyObject *code_cellvars(PyCodeObject *code);
PyObject *code_freevars(PyCodeObject *code);

static inline const uint64_t *code_words(PyCodeObject *code) { return code->co_words; }

static inline Py_ssize_t
code_size(PyCodeObject *code)
{
    return code->ob_base.ob_size;
}

#endif
