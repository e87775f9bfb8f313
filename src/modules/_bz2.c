// The `_bz2` module: compressor and decompressor objects of libbz2.
//
// Threading: each object has a raw mutex, held for a whole operation with the thread detached. What
// an operation replaces is released after the mutex.
#include <limits.h>
#include <string.h>

#include <bzlib.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/type.h"
#include "thread/mutex.h"
#include "thread/thread.h"

enum {
    BUFFER_SIZE = 16384,
    NO_MEMORY = -100,       // in place of a code of libbz2: the output could not grow
};

// ---- output: a mem_alloc'ed buffer that grows ----

typedef struct {
    char *data;
    size_t used;
    size_t capacity;
    size_t limit;
} Output;

// Points the stream at free room, of which there is some unless the limit is reached.
static bool
output_offer(Output *out, bz_stream *bz)
{
    if (out->used == out->capacity && out->used < out->limit) {
        size_t capacity = out->capacity == 0 ? BUFFER_SIZE
                          : out->capacity > out->limit / 2 ? out->limit : out->capacity * 2;
        char *grown = mem_realloc(out->data, capacity);
        if (grown == NULL) {
            return false;
        }
        out->data = grown;
        out->capacity = capacity;
    }
    size_t room = (out->capacity < out->limit ? out->capacity : out->limit) - out->used;
    bz->next_out = out->data != NULL ? out->data + out->used : NULL;
    bz->avail_out = room < UINT_MAX ? (unsigned)room : UINT_MAX;
    return true;
}

static PyObject *
output_finish(Output *out)
{
    PyObject *result = bytes_from_data(out->data, (Py_ssize_t)out->used);
    mem_free(out->data);
    return result;
}

// Raises what a code means.
static void *
raise_error(int code)
{
    switch (code) {
    case NO_MEMORY:
    case BZ_MEM_ERROR:
        return error_no_memory();
    case BZ_PARAM_ERROR:
        return error_set(PyExc_ValueError,
                         "Internal error - invalid parameters passed to libbzip2");
    case BZ_DATA_ERROR:
    case BZ_DATA_ERROR_MAGIC:
        return error_set(PyExc_OSError, "Invalid data stream");
    case BZ_IO_ERROR:
        return error_set(PyExc_OSError, "Unknown I/O error");
    case BZ_UNEXPECTED_EOF:
        return error_set(PyExc_EOFError, "Compressed file ended before the logical end-of-stream "
                                         "was detected");
    case BZ_SEQUENCE_ERROR:
        return error_set(PyExc_RuntimeError,
                         "Internal error - Invalid sequence of commands sent to libbzip2");
    default:
        return error_format(PyExc_OSError, "Unrecognized error from libbzip2: %d", code);
    }
}

// ---- BZ2Compressor ----

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    bool ready;             // immutable after __new__
    bool flushed;           // lock: mutex
    bz_stream bz;           // lock: mutex
} Compressor;

static PyObject *
compressor_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int level = 9;
    if (!args_no_keywords("BZ2Compressor", kwargs) ||
        !args_parse(args, "|i:BZ2Compressor", &level)) {
        return NULL;
    }
    if (level < 1 || level > 9) {
        return error_set(PyExc_ValueError, "compresslevel must be between 1 and 9");
    }
    Compressor *self = (Compressor *)type_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    int code = BZ2_bzCompressInit(&self->bz, level, 0, 0);
    if (code != BZ_OK) {
        decref(self);
        return raise_error(code);
    }
    self->ready = true;
    return (PyObject *)self;
}

static void
compressor_dealloc(PyObject *op)
{
    Compressor *self = (Compressor *)op;
    if (self->ready) {
        BZ2_bzCompressEnd(&self->bz);
    }
    type_of(op)->tp_free(op);
}

// BZ2_bzCompress() until the input is used up and, when finishing, the end is written. An error code,
// or BZ_OK.
static int
compress_run(Compressor *self, const char *data, size_t size, int action, Output *out)
{
    bz_stream *bz = &self->bz;
    bz->next_in = (char *)data;
    bz->avail_in = 0;
    for (;;) {
        if (bz->avail_in == 0) {
            if (action == BZ_RUN && size == 0) {
                return BZ_OK;
            }
            bz->avail_in = size < UINT_MAX ? (unsigned)size : UINT_MAX;
            size -= bz->avail_in;
        }
        if (!output_offer(out, bz)) {
            return NO_MEMORY;
        }
        int code = BZ2_bzCompress(bz, action);
        out->used = (size_t)(bz->next_out - out->data);
        if (code == BZ_STREAM_END || code < 0) {
            return code < 0 ? code : BZ_OK;
        }
    }
}

static PyObject *
compressor_run(Compressor *self, const char *data, size_t size, int action)
{
    Output out = {.limit = PY_SSIZE_T_MAX};
    Thread *ts = thread_current();
    mutex_lock(&self->mutex);
    if (self->flushed) {
        mutex_unlock(&self->mutex);
        return error_set(PyExc_ValueError, action == BZ_RUN ? "Compressor has been flushed"
                                                            : "Repeated call to flush()");
    }
    self->flushed = action == BZ_FINISH;
    thread_detach(ts);
    int code = compress_run(self, data, size, action, &out);
    thread_attach(ts);
    mutex_unlock(&self->mutex);
    if (code != BZ_OK) {
        mem_free(out.data);
        return raise_error(code);
    }
    return output_finish(&out);
}

static PyObject *
compressor_compress(PyObject *op, PyObject *data)
{
    Py_buffer view;
    if (buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *result = compressor_run((Compressor *)op, view.buf, (size_t)view.len, BZ_RUN);
    buffer_release(&view);
    return result;
}

static PyObject *
compressor_flush(PyObject *op, PyObject *unused)
{
    return compressor_run((Compressor *)op, NULL, 0, BZ_FINISH);
}

// ---- BZ2Decompressor ----

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    bool ready;             // immutable after __new__
    bool eof;               // lock: mutex
    bool needs_input;       // lock: mutex
    bool failed;            // lock: mutex; libbz2 must not be called with the stream any more
    bz_stream bz;           // lock: mutex
    PyObject *rest;         // lock: mutex; bytes: input for the next call, or, at the end, what
                            // follows the stream
} Decompressor;

static PyObject *
decompressor_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("BZ2Decompressor", kwargs) ||
        !args_parse(args, ":BZ2Decompressor")) {
        return NULL;
    }
    Decompressor *self = (Decompressor *)type_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->rest = bytes_empty();
    self->needs_input = true;
    int code = BZ2_bzDecompressInit(&self->bz, 0, 0);
    if (code != BZ_OK) {
        decref(self);
        return raise_error(code);
    }
    self->ready = true;
    return (PyObject *)self;
}

static void
decompressor_dealloc(PyObject *op)
{
    Decompressor *self = (Decompressor *)op;
    if (self->ready) {
        BZ2_bzDecompressEnd(&self->bz);
    }
    xdecref(self->rest);
    type_of(op)->tp_free(op);
}

// BZ2_bzDecompress() until the input is used up, the stream ends or the output limit is reached.
// *data and *size: what is left. BZ_OK, BZ_STREAM_END or an error code.
static int
decompress_run(bz_stream *bz, const char **data, size_t *size, Output *out)
{
    for (;;) {
        if (!output_offer(out, bz)) {
            return NO_MEMORY;
        }
        if (bz->avail_out == 0) {
            return BZ_OK;
        }
        bz->next_in = (char *)*data;
        bz->avail_in = *size < UINT_MAX ? (unsigned)*size : UINT_MAX;
        unsigned before = bz->avail_in;
        int code = BZ2_bzDecompress(bz);
        out->used = (size_t)(bz->next_out - out->data);
        *size -= before - bz->avail_in;
        *data += before - bz->avail_in;
        if (code != BZ_OK) {
            return code;
        }
        // Room that was left over shows that nothing is pending inside.
        if (*size == 0 && bz->avail_out > 0) {
            return BZ_OK;
        }
    }
}

// Input of this call behind what the last one left over, as new bytes.
static PyObject *
join_input(PyObject *rest, const Py_buffer *view)
{
    Py_ssize_t size = bytes_length(rest);
    if (view->len > PY_SSIZE_T_MAX - size) {
        return error_no_memory();
    }
    PyObject *joined = bytes_from_data(NULL, size + view->len);
    if (joined != NULL && size + view->len > 0) {
        memcpy(bytes_data(joined), bytes_data(rest), (size_t)size);
        if (view->len > 0) {
            memcpy(bytes_data(joined) + size, view->buf, (size_t)view->len);
        }
    }
    return joined;
}

// The mutex is held and given back.
static PyObject *
decompress_lock_held(Decompressor *self, const Py_buffer *view, Py_ssize_t limit)
{
    PyObject *joined = NULL;
    const char *data = view->buf;
    size_t size = (size_t)view->len;
    if (self->failed) {
        mutex_unlock(&self->mutex);
        return error_set(PyExc_ValueError, "Decompressor is unusable after a previous error");
    }
    if (self->eof || bytes_length(self->rest) > 0) {
        joined = self->eof ? error_set(PyExc_EOFError, "End of stream already reached")
                           : join_input(self->rest, view);
        if (joined == NULL) {
            mutex_unlock(&self->mutex);
            return NULL;
        }
        data = bytes_data(joined);
        size = (size_t)bytes_length(joined);
    }
    Output out = {.limit = limit >= 0 ? (size_t)limit : PY_SSIZE_T_MAX};
    Thread *ts = thread_current();
    thread_detach(ts);
    int code = decompress_run(&self->bz, &data, &size, &out);
    thread_attach(ts);
    PyObject *rest = NULL;
    bool good = code == BZ_OK || code == BZ_STREAM_END;
    if (good && (rest = bytes_from_data(data, (Py_ssize_t)size)) != NULL) {
        PyObject *old = self->rest;
        self->rest = rest;
        rest = old;
        self->eof = code == BZ_STREAM_END;
        self->needs_input = !self->eof && size == 0 && out.used < out.limit;
    }
    else if (!good) {
        self->failed = true;
        self->needs_input = false;
    }
    mutex_unlock(&self->mutex);
    xdecref(joined);
    if (rest == NULL) {
        mem_free(out.data);
        return good ? NULL : raise_error(code);
    }
    decref(rest);
    return output_finish(&out);
}

static PyObject *
decompressor_decompress(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "max_length", NULL};
    static ArgsParser parser = {.format = "y*|n:decompress", .keywords = keywords};
    Decompressor *self = (Decompressor *)op;
    Py_buffer view = {0};
    Py_ssize_t limit = -1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &limit)) {
        return NULL;
    }
    mutex_lock(&self->mutex);
    PyObject *result = decompress_lock_held(self, &view, limit);
    buffer_release(&view);
    return result;
}

static PyObject *
decompressor_get_eof(PyObject *op, void *unused)
{
    Decompressor *self = (Decompressor *)op;
    mutex_lock(&self->mutex);
    bool eof = self->eof;
    mutex_unlock(&self->mutex);
    return bool_from_int(eof);
}

static PyObject *
decompressor_get_needs_input(PyObject *op, void *unused)
{
    Decompressor *self = (Decompressor *)op;
    mutex_lock(&self->mutex);
    bool needs_input = self->needs_input;
    mutex_unlock(&self->mutex);
    return bool_from_int(needs_input);
}

static PyObject *
decompressor_get_unused_data(PyObject *op, void *unused)
{
    Decompressor *self = (Decompressor *)op;
    mutex_lock(&self->mutex);
    PyObject *data = self->eof ? new_ref(self->rest) : bytes_empty();
    mutex_unlock(&self->mutex);
    return data;
}

// ---- types and the module ----

static PyMethodDef compressor_methods[] = {
    {"compress", compressor_compress, METH_O,
     "compress($self, data, /)\n--\n\nProvide data to the compressor object.\n\nReturns a chunk of "
     "compressed data if possible, or b'' otherwise.\n\nWhen you have finished providing data to "
     "the compressor, call the\nflush() method to finish the compression process."},
    {"flush", compressor_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nFinish the compression process.\n\nReturns the compressed data left in "
     "internal buffers.\n\nThe compressor object may not be used after this method is called."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef decompressor_methods[] = {
    {"decompress", FASTCALL(decompressor_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($self, /, data, max_length=-1)\n--\n\nDecompress *data*, returning uncompressed "
     "data as bytes.\n\nIf *max_length* is nonnegative, returns at most *max_length* bytes of\n"
     "decompressed data. If this limit is reached and further output can be\nproduced, "
     "*self.needs_input* will be set to ``False``. In this case, the next\ncall to *decompress()* "
     "may provide *data* as b'' to obtain more of the output.\n\nIf all of the input data was "
     "decompressed and returned (either because this\nwas less than *max_length* bytes, or because "
     "*max_length* was negative),\n*self.needs_input* will be set to True.\n\nAttempting to "
     "decompress data after the end of stream is reached raises an\nEOFError.  Any data found "
     "after the end of the stream is ignored and saved in\nthe unused_data attribute."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef decompressor_getset[] = {
    {"eof", decompressor_get_eof, NULL, "True if the end-of-stream marker has been reached.", NULL},
    {"needs_input", decompressor_get_needs_input, NULL,
     "True if more input is needed before more decompressed data can be produced.", NULL},
    {"unused_data", decompressor_get_unused_data, NULL,
     "Data found after the end of the compressed stream.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject compressor_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_bz2.BZ2Compressor",
    .tp_basicsize = sizeof(Compressor),
    .tp_dealloc = compressor_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "BZ2Compressor(compresslevel=9, /)\n--\n\nCreate a compressor object for compressing "
              "data incrementally.\n\n  compresslevel\n    Compression level, as a number between 1 "
              "and 9.\n\nFor one-shot compression, use the compress() function instead.",
    .tp_methods = compressor_methods,
    .tp_new = compressor_new,
};

static PyTypeObject decompressor_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_bz2.BZ2Decompressor",
    .tp_basicsize = sizeof(Decompressor),
    .tp_dealloc = decompressor_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "BZ2Decompressor()\n--\n\nCreate a decompressor object for decompressing data "
              "incrementally.\n\nFor one-shot decompression, use the decompress() function instead.",
    .tp_methods = decompressor_methods,
    .tp_getset = decompressor_getset,
    .tp_new = decompressor_new,
};

static int
bz2_exec(PyObject *module)
{
    return module_add_type(module, &compressor_type) < 0
               ? -1 : module_add_type(module, &decompressor_type);
}

static PyModuleDef_Slot bz2_slots[] = {
    {Py_mod_exec, bz2_exec},
    {0, NULL},
};

static PyModuleDef bz2_definition = {
    .m_name = "_bz2",
    .m_slots = bz2_slots,
};

NATIVE_MODULE(_bz2, &bz2_definition)
