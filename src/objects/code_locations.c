// Tables of code objects: positions of instructions, and exception handlers.
//
// Position table: for each run of words with one position
//
//     length   words in the run
//     line     signed difference to the line of the run before (from co_firstlineno)
//     flag     0 no position at all; 1 line only; 2 one line with columns; 3 several lines
//     columns  flag 2: start column, width; flag 3: lines spanned, start column, end column
//
// where flag and length share the first number (length * 4 + flag), and a run without position
// has no further fields. Exception table: start, length, target, depth * 2 + lasti per entry.
//
// All numbers are LEB128: seven bits per byte, low first, the high bit says that more follow;
// signed ones have their sign in the lowest bit.
//
// Threading: writers belong to one thread; tables are immutable.
#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/code_internal.h"
#include "objects/error.h"

enum { LOCATION_NONE = 0, LOCATION_LINE = 1, LOCATION_COLUMNS = 2, LOCATION_LONG = 3 };

// ---- numbers ----

static void
buffer_put(struct ByteBuffer *b, unsigned byte)
{
    if (b->size == b->capacity && !b->failed) {
        Py_ssize_t capacity = b->capacity == 0 ? 64 : b->capacity * 2;
        uint8_t *data = mem_realloc(b->data, (size_t)capacity);
        if (data == NULL) {
            b->failed = true;
            return;
        }
        b->data = data;
        b->capacity = capacity;
    }
    if (!b->failed) {
        b->data[b->size++] = (uint8_t)byte;
    }
}

static void
put_unsigned(struct ByteBuffer *b, unsigned value)
{
    while (value >= 128) {
        buffer_put(b, (value & 127) | 128);
        value >>= 7;
    }
    buffer_put(b, value);
}

static void
put_signed(struct ByteBuffer *b, int value)
{
    put_unsigned(b, value < 0 ? (unsigned)-value << 1 | 1 : (unsigned)value << 1);
}

// Numbers that run past the end read as 0: tables made up by code.replace() must not crash.
static unsigned
get_unsigned(const uint8_t **at, const uint8_t *end)
{
    unsigned value = 0;
    for (unsigned shift = 0; *at < end && shift < 32; shift += 7) {
        unsigned byte = *(*at)++;
        value |= (byte & 127) << shift;
        if (byte < 128) {
            return value;
        }
    }
    return value;
}

static int
get_signed(const uint8_t **at, const uint8_t *end)
{
    unsigned value = get_unsigned(at, end);
    return (value & 1) != 0 ? -(int)(value >> 1) : (int)(value >> 1);
}

static PyObject *
buffer_finish(struct ByteBuffer *b)
{
    PyObject *result = b->failed ? error_no_memory() : bytes_from_data((const char *)b->data, b->size);
    mem_free(b->data);
    *b = (struct ByteBuffer){0};
    return result;
}

// ---- positions ----

void
location_writer_init(LocationWriter *w, int firstlineno)
{
    w->bytes = (struct ByteBuffer){0};
    w->line = firstlineno;
}

void
location_writer_add(LocationWriter *w, int words, int line, int end_line, int column, int end_column)
{
    struct ByteBuffer *b = &w->bytes;
    if (words <= 0) {
        return;
    }
    if (line < 0) {
        put_unsigned(b, (unsigned)words << 2 | LOCATION_NONE);
        return;
    }
    bool columns = column >= 0 && end_column >= 0 && end_line >= line;
    int flag = !columns                                          ? LOCATION_LINE
               : end_line == line && end_column >= column ? LOCATION_COLUMNS
                                                                 : LOCATION_LONG;
    put_unsigned(b, (unsigned)words << 2 | (unsigned)flag);
    put_signed(b, line - w->line);
    w->line = line;
    if (flag == LOCATION_COLUMNS) {
        put_unsigned(b, (unsigned)column);
        put_unsigned(b, (unsigned)(end_column - column));
    }
    else if (flag == LOCATION_LONG) {
        put_unsigned(b, (unsigned)(end_line - line));
        put_unsigned(b, (unsigned)column);
        put_unsigned(b, (unsigned)end_column);
    }
}

PyObject *
location_writer_finish(LocationWriter *w)
{
    return buffer_finish(&w->bytes);
}

void
location_reader_init(LocationReader *r, PyCodeObject *code)
{
    r->next = (const uint8_t *)bytes_data(code->co_linetable);
    r->end = r->next + bytes_length(code->co_linetable);
    r->word = 0;
    r->line = code->co_firstlineno;
}

bool
location_reader_next(LocationReader *r, CodeLocation *result)
{
    if (r->next >= r->end) {
        return false;
    }
    unsigned head = get_unsigned(&r->next, r->end);
    result->start = r->word;
    r->word += (int)(head >> 2);
    result->end = r->word;
    result->line = result->end_line = result->column = result->end_column = -1;
    if ((head & 3) == LOCATION_NONE) {
        return true;
    }
    r->line += get_signed(&r->next, r->end);
    result->line = result->end_line = r->line;
    if ((head & 3) == LOCATION_COLUMNS) {
        result->column = (int)get_unsigned(&r->next, r->end);
        result->end_column = result->column + (int)get_unsigned(&r->next, r->end);
    }
    else if ((head & 3) == LOCATION_LONG) {
        result->end_line = r->line + (int)get_unsigned(&r->next, r->end);
        result->column = (int)get_unsigned(&r->next, r->end);
        result->end_column = (int)get_unsigned(&r->next, r->end);
    }
    return true;
}

void
code_location(PyCodeObject *code, int word, CodeLocation *result)
{
    LocationReader r;
    location_reader_init(&r, code);
    while (location_reader_next(&r, result)) {
        if (word < result->end) {
            return;
        }
    }
    *result = (CodeLocation){-1, -1, -1, -1, word, word + 1};
}

int
code_line(PyCodeObject *code, int word)
{
    CodeLocation location;
    code_location(code, word < 0 ? 0 : word, &location);
    return location.line;
}

// ---- exception handlers ----

void
exception_writer_init(ExceptionWriter *w)
{
    w->bytes = (struct ByteBuffer){0};
}

void
exception_writer_add(ExceptionWriter *w, int start, int end, int target, int depth, bool lasti)
{
    put_unsigned(&w->bytes, (unsigned)start);
    put_unsigned(&w->bytes, (unsigned)(end - start));
    put_unsigned(&w->bytes, (unsigned)target);
    put_unsigned(&w->bytes, (unsigned)depth << 1 | lasti);
}

PyObject *
exception_writer_finish(ExceptionWriter *w)
{
    return buffer_finish(&w->bytes);
}

// Decodes one entry; false at the end.
static bool
exception_entry_next(const uint8_t **at, const uint8_t *end, ExceptionEntry *entry)
{
    if (*at >= end) {
        return false;
    }
    entry->start = (int)get_unsigned(at, end);
    entry->end = entry->start + (int)get_unsigned(at, end);
    entry->target = (int)get_unsigned(at, end);
    unsigned depth = get_unsigned(at, end);
    entry->depth = (int)(depth >> 1);
    entry->lasti = depth & 1;
    return true;
}

int
code_decode_handlers(PyCodeObject *code)
{
    const uint8_t *at = (const uint8_t *)bytes_data(code->co_exceptiontable);
    const uint8_t *end = at + bytes_length(code->co_exceptiontable);
    ExceptionEntry entry;
    int count = 0;
    for (const uint8_t *scan = at; exception_entry_next(&scan, end, &entry);) {
        count++;
    }
    if (count == 0) {
        return 0;
    }
    struct CodeHandlers *handlers =
        mem_alloc_or_error(sizeof *handlers + (size_t)count * sizeof(ExceptionEntry));
    if (handlers == NULL) {
        return -1;
    }
    handlers->count = 0;
    int size = (int)code_size(code);
    while (exception_entry_next(&at, end, &entry)) {
        if (entry.start < 0 || entry.end > size || entry.target < 0 || entry.target >= size ||
            entry.depth < code->co_first_temp || entry.depth + 1 + entry.lasti > code->co_framesize) {
            mem_free(handlers);
            error_set(PyExc_ValueError, "code: exception table does not fit the code");
            return -1;
        }
        handlers->entries[handlers->count++] = entry;
    }
    code->co_handlers = handlers;
    return 0;
}

bool
code_find_handler(PyCodeObject *code, int word, ExceptionEntry *result)
{
    struct CodeHandlers *handlers = code->co_handlers;
    if (handlers == NULL) {
        return false;
    }
    for (int i = 0; i < handlers->count; i++) {
        const ExceptionEntry *entry = &handlers->entries[i];
        if (word >= entry->start && word < entry->end) {
            *result = *entry;
            return true;
        }
    }
    return false;
}
