// Compressor and decompressor objects of the `zlib` module.
//
// Threading: each object has a raw mutex, held for a whole operation with the thread detached. What
// an operation replaces is released after the mutex.
#include <limits.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/native_type.h"
#include "modules/zlib_internal.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "runtime/import.h"
#include "thread/mutex.h"
#include "thread/thread.h"

// All three types begin so.
typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    bool ready;             // lock: mutex; the stream is initialised
    bool eof;               // lock: mutex
    bool needs_input;       // lock: mutex; _ZlibDecompressor only
    z_stream z;             // lock: mutex
    PyObject *error;        // immutable: zlib.error
    PyObject *zdict;        // immutable: dictionary, or NULL
    PyObject *unused_data;  // lock: mutex; bytes, NULL in compressors
    PyObject *tail;         // lock: mutex; unconsumed_tail, or input kept for the next call
} Stream;

static PyTypeObject compress_type, decompress_type, decompressor_type;

static bool
is_compressor(Stream *self)
{
    return type_of(self) == &compress_type;
}

static Stream *
stream_new(PyTypeObject *type, PyObject *error)
{
    Stream *self = (Stream *)type_alloc(type, 0);
    if (self != NULL) {
        self->error = new_ref(error);
        if (type != &compress_type) {
            self->unused_data = bytes_empty();
            self->tail = bytes_empty();
        }
    }
    return self;
}

static void
stream_dealloc(PyObject *op)
{
    Stream *self = (Stream *)op;
    if (self->ready) {
        if (is_compressor(self)) {
            deflateEnd(&self->z);
        }
        else {
            inflateEnd(&self->z);
        }
    }
    xdecref(self->error);
    xdecref(self->zdict);
    xdecref(self->unused_data);
    xdecref(self->tail);
    type_of(op)->tp_free(op);
}

// Takes the object for an operation that may be long.
static Thread *
stream_enter(Stream *self)
{
    Thread *ts = thread_current();
    mutex_lock(&self->mutex);
    thread_detach(ts);
    return ts;
}

// An owned field.
static PyObject *
stream_read(Stream *self, PyObject **field)
{
    mutex_lock(&self->mutex);
    PyObject *value = new_ref(*field);
    mutex_unlock(&self->mutex);
    return value;
}

// Puts a new object into a field, with the mutex held; what to release afterwards. NULL with an
// exception when value is NULL.
static PyObject *
stream_replace_steal(PyObject **field, PyObject *value)
{
    PyObject *old = value != NULL ? *field : NULL;
    if (value != NULL) {
        *field = value;
    }
    return old;
}

static PyObject *
input_as_bytes(const ZlibInput *in)
{
    return bytes_from_data((const char *)in->data, (Py_ssize_t)in->left);
}

// ---- initialisation ----

// 0, or -1 with the exceptions that all constructors have.
static int
check_init(Stream *self, int code, const char *no_memory, const char *what)
{
    if (code == Z_OK) {
        self->ready = true;
        return 0;
    }
    if (code == Z_MEM_ERROR) {
        error_set(PyExc_MemoryError, no_memory);
    }
    else if (code == Z_STREAM_ERROR) {
        error_set(PyExc_ValueError, "Invalid initialization option");
    }
    else {
        zlib_error(self->error, &self->z, code, what);
    }
    return -1;
}

static int
set_compress_dictionary(Stream *self, const Py_buffer *zdict)
{
    if (zdict->len > UINT_MAX) {
        error_set(PyExc_OverflowError, "zdict length does not fit in an unsigned int");
        return -1;
    }
    int code = deflateSetDictionary(&self->z, zdict->buf, (uInt)zdict->len);
    if (code == Z_STREAM_ERROR) {
        error_set(PyExc_ValueError, "Invalid dictionary");
    }
    else if (code != Z_OK) {
        error_set(PyExc_ValueError, "deflateSetDictionary()");
    }
    return code == Z_OK ? 0 : -1;
}

PyObject *
zlib_compressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"level", "method", "wbits", "memLevel", "strategy",
                                           "zdict", NULL};
    static ArgsParser parser = {.format = "|iiiiiy*:compressobj", .keywords = keywords};
    int level = Z_DEFAULT_COMPRESSION, method = DEFLATED, wbits = MAX_WBITS;
    int memory_level = DEF_MEM_LEVEL, strategy = Z_DEFAULT_STRATEGY;
    Py_buffer zdict = {0};
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &level, &method, &wbits,
                                   &memory_level, &strategy, &zdict)) {
        return NULL;
    }
    Stream *self = stream_new(&compress_type, zlib_module_error(module));
    if (self != NULL) {
        int code = deflateInit2(&self->z, level, method, wbits, memory_level, strategy);
        if (check_init(self, code, "Can't allocate memory for compression object",
                       "while creating compression object") < 0 ||
            (zdict.buf != NULL && set_compress_dictionary(self, &zdict) < 0)) {
            clear_ref(self);
        }
    }
    buffer_release(&zdict);
    return (PyObject *)self;
}

// Gives a stream its dictionary: raises zlib.error with the code.
static int
set_dictionary(Stream *self)
{
    Py_buffer view;
    if (buffer_get(self->zdict, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    int code = Z_DATA_ERROR;
    if (view.len > UINT_MAX) {
        error_set(PyExc_OverflowError, "zdict length does not fit in an unsigned int");
    }
    else {
        code = inflateSetDictionary(&self->z, view.buf, (uInt)view.len);
        if (code != Z_OK) {
            zlib_error(self->error, &self->z, code, "while setting zdict");
        }
    }
    buffer_release(&view);
    return code == Z_OK ? 0 : -1;
}

static PyObject *
inflater_new(PyTypeObject *type, PyObject *error, int wbits, PyObject *zdict)
{
    if (zdict != NULL && !buffer_check(zdict)) {
        return error_set(PyExc_TypeError, "zdict argument must support the buffer protocol");
    }
    Stream *self = stream_new(type, error);
    if (self == NULL) {
        return NULL;
    }
    self->zdict = xnew_ref(zdict);
    self->needs_input = true;
    int code = inflateInit2(&self->z, wbits);
    // Raw streams have no header that could ask for it.
    if (check_init(self, code, "Can't allocate memory for decompression object",
                   "while creating decompression object") < 0 ||
        (zdict != NULL && wbits < 0 && set_dictionary(self) < 0)) {
        clear_ref(self);
    }
    return (PyObject *)self;
}

PyObject *
zlib_decompressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"wbits", "zdict", NULL};
    static ArgsParser parser = {.format = "|iO:decompressobj", .keywords = keywords};
    int wbits = MAX_WBITS;
    PyObject *zdict = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &wbits, &zdict)) {
        return NULL;
    }
    return inflater_new(&decompress_type, zlib_module_error(module), wbits, zdict);
}

// ---- Compress ----

// deflate() on the object. code: the last result; false with an exception when out of memory.
static int
compress_run(Stream *self, ZlibInput *in, int flush, ZlibOutput *out)
{
    zlib_output_init(out, ZLIB_BUFFER_SIZE, PY_SSIZE_T_MAX);
    Thread *ts = stream_enter(self);
    int code = self->ready ? zlib_deflate(&self->z, in, flush, out) : Z_STREAM_ERROR;
    if (flush == Z_FINISH && code == Z_STREAM_END) {
        self->ready = false;
        code = deflateEnd(&self->z);
    }
    thread_attach(ts);
    return code;
}

// The output, or NULL with the error that code is. The mutex is held and given back.
static PyObject *
compress_result(Stream *self, ZlibOutput *out, int code, const char *what)
{
    PyObject *result = NULL;
    if (code == Z_OK || code == Z_BUF_ERROR) {
        mutex_unlock(&self->mutex);
        return zlib_output_finish(out);
    }
    z_stream shown = {.msg = self->ready ? self->z.msg : NULL};
    mutex_unlock(&self->mutex);
    zlib_output_discard(out);
    zlib_error(self->error, &shown, code, what);
    return result;
}

static PyObject *
compress_compress(PyObject *op, PyObject *data)
{
    Stream *self = (Stream *)op;
    Py_buffer view;
    if (buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    ZlibInput in = {view.buf, (size_t)view.len};
    ZlibOutput out;
    int code = compress_run(self, &in, Z_NO_FLUSH, &out);
    PyObject *result = compress_result(self, &out, code, "while compressing data");
    buffer_release(&view);
    return result;
}

static PyObject *
compress_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    int mode = Z_FINISH;
    if (!args_parse_stack(args, nargs, "|i:flush", &mode)) {
        return NULL;
    }
    if (mode == Z_NO_FLUSH) {
        return bytes_empty();
    }
    Stream *self = (Stream *)op;
    ZlibInput in = {NULL, 0};
    ZlibOutput out;
    int code = compress_run(self, &in, mode, &out);
    return compress_result(self, &out, code,
                           mode == Z_FINISH && code != Z_STREAM_ERROR
                               ? "while finishing compression" : "while flushing");
}

// ---- copies ----

static PyObject *
stream_copy(PyObject *op, PyObject *unused)
{
    Stream *self = (Stream *)op;
    Stream *copy = stream_new(type_of(op), self->error);
    if (copy == NULL) {
        return NULL;
    }
    xdecref(copy->unused_data);
    xdecref(copy->tail);
    mutex_lock(&self->mutex);
    int code = Z_STREAM_ERROR;
    if (self->ready) {
        code = is_compressor(self) ? deflateCopy(&copy->z, &self->z)
                                   : inflateCopy(&copy->z, &self->z);
    }
    copy->ready = code == Z_OK;
    copy->eof = self->eof;
    copy->zdict = xnew_ref(self->zdict);
    copy->unused_data = xnew_ref(self->unused_data);
    copy->tail = xnew_ref(self->tail);
    mutex_unlock(&self->mutex);
    if (code == Z_OK) {
        return (PyObject *)copy;
    }
    if (code == Z_STREAM_ERROR) {
        error_set(PyExc_ValueError, "Inconsistent stream state");
    }
    else if (code == Z_MEM_ERROR) {
        error_set(PyExc_MemoryError, is_compressor(self)
                                         ? "Can't allocate memory for compression object"
                                         : "Can't allocate memory for decompression object");
    }
    else {
        zlib_error(self->error, &self->z, code,
                   is_compressor(self) ? "while copying compression object"
                                       : "while copying decompression object");
    }
    decref(copy);
    return NULL;
}

// ---- Decompress ----

typedef struct {
    int code;
    bool bad_dictionary;
    ZlibOutput out;
} InflateRun;

// inflate() on the object with the mutex taken; it stays taken.
static void
inflate_run(Stream *self, ZlibInput *in, int flush, const Py_buffer *zdict, InflateRun *run)
{
    Thread *ts = stream_enter(self);
    run->bad_dictionary = false;
    run->code = self->ready ? zlib_inflate(&self->z, in, flush, zdict, &run->out,
                                           &run->bad_dictionary)
                            : Z_STREAM_ERROR;
    thread_attach(ts);
}

// Puts input that was not used where it belongs. The mutex is held. 0 or -1; *old: two objects to
// release without it.
static int
save_input(Stream *self, const ZlibInput *in, int code, PyObject *old[2])
{
    if (code == Z_STREAM_END) {
        if (in->left > 0) {
            Py_ssize_t size = bytes_length(self->unused_data);
            if (in->left > (size_t)(PY_SSIZE_T_MAX - size)) {
                error_no_memory();
                return -1;
            }
            PyObject *joined = bytes_from_data(NULL, size + (Py_ssize_t)in->left);
            if (joined == NULL) {
                return -1;
            }
            memcpy(bytes_data(joined), bytes_data(self->unused_data), (size_t)size);
            memcpy(bytes_data(joined) + size, in->data, in->left);
            old[0] = stream_replace_steal(&self->unused_data, joined);
        }
    }
    ZlibInput rest = code == Z_STREAM_END ? (ZlibInput){NULL, 0} : *in;
    if (rest.left > 0 || bytes_length(self->tail) > 0) {
        old[1] = stream_replace_steal(&self->tail, input_as_bytes(&rest));
        return old[1] != NULL ? 0 : -1;
    }
    return 0;
}

// Ends a run: gives the mutex back and makes the result.
static PyObject *
inflate_result(Stream *self, InflateRun *run, const ZlibInput *in)
{
    PyObject *old[2] = {NULL, NULL};
    bool good = run->code == Z_OK || run->code == Z_BUF_ERROR || run->code == Z_STREAM_END;
    int saved = 0;
    if (!run->bad_dictionary && run->code != ZLIB_NO_MEMORY) {
        saved = save_input(self, in, run->code, old);
    }
    if (run->code == Z_STREAM_END) {
        self->eof = true;
    }
    z_stream shown = {.msg = self->ready ? self->z.msg : NULL};
    mutex_unlock(&self->mutex);
    xdecref(old[0]);
    xdecref(old[1]);
    if (saved == 0 && good) {
        return zlib_output_finish(&run->out);
    }
    zlib_output_discard(&run->out);
    if (saved == 0) {
        zlib_error(self->error, &shown, run->code,
                   run->bad_dictionary ? "while setting zdict" : "while decompressing data");
    }
    return NULL;
}

// The object's dictionary as a view (empty when there is none). 0 or -1.
static int
take_dictionary(Stream *self, Py_buffer *view)
{
    *view = (Py_buffer){0};
    if (self->zdict == NULL) {
        return 0;
    }
    if (buffer_get(self->zdict, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (view->len > UINT_MAX) {
        buffer_release(view);
        error_set(PyExc_OverflowError, "zdict length does not fit in an unsigned int");
        return -1;
    }
    return 0;
}

static PyObject *
decompress_decompress(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "max_length", NULL};
    static ArgsParser parser = {.format = "y*|n:decompress", .keywords = keywords};
    Stream *self = (Stream *)op;
    Py_buffer view = {0}, zdict;
    Py_ssize_t limit = 0;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &limit)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (limit < 0) {
        error_set(PyExc_ValueError, "max_length must be non-negative");
    }
    else if (take_dictionary(self, &zdict) == 0) {
        ZlibInput in = {view.buf, (size_t)view.len};
        InflateRun run;
        zlib_output_init(&run.out, ZLIB_BUFFER_SIZE, limit > 0 ? (size_t)limit : PY_SSIZE_T_MAX);
        inflate_run(self, &in, Z_SYNC_FLUSH, &zdict, &run);
        result = inflate_result(self, &run, &in);
        buffer_release(&zdict);
    }
    buffer_release(&view);
    return result;
}

// What is left inside and in unconsumed_tail. Errors in the data end it quietly.
static PyObject *
decompress_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Stream *self = (Stream *)op;
    Py_ssize_t length = ZLIB_BUFFER_SIZE;
    Py_buffer zdict;
    if (!args_parse_stack(args, nargs, "|n:flush", &length)) {
        return NULL;
    }
    if (length <= 0) {
        return error_set(PyExc_ValueError, "length must be greater than zero");
    }
    if (take_dictionary(self, &zdict) < 0) {
        return NULL;
    }
    PyObject *tail = stream_read(self, &self->tail);
    ZlibInput in = {(unsigned char *)bytes_data(tail), (size_t)bytes_length(tail)};
    InflateRun run;
    zlib_output_init(&run.out, (size_t)length, PY_SSIZE_T_MAX);
    inflate_run(self, &in, Z_FINISH, &zdict, &run);
    bool ended = run.code == Z_STREAM_END;
    if (!run.bad_dictionary && run.code != ZLIB_NO_MEMORY && !ended) {
        run.code = Z_OK;
    }
    if (ended && self->ready) {
        self->ready = false;
        inflateEnd(&self->z);
    }
    PyObject *result = inflate_result(self, &run, &in);
    buffer_release(&zdict);
    decref(tail);
    return result;
}

static PyObject *
stream_get_unused_data(PyObject *op, void *unused)
{
    return stream_read((Stream *)op, &((Stream *)op)->unused_data);
}

static PyObject *
stream_get_tail(PyObject *op, void *unused)
{
    return stream_read((Stream *)op, &((Stream *)op)->tail);
}

static PyObject *
stream_get_eof(PyObject *op, void *unused)
{
    Stream *self = (Stream *)op;
    mutex_lock(&self->mutex);
    bool eof = self->eof;
    mutex_unlock(&self->mutex);
    return bool_from_int(eof);
}

// ---- _ZlibDecompressor ----

static PyObject *
decompressor_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"wbits", "zdict", NULL};
    static ArgsParser parser = {.format = "|iO:_ZlibDecompressor", .keywords = keywords};
    int wbits = MAX_WBITS;
    PyObject *zdict = NULL;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &wbits, &zdict)) {
        return NULL;
    }
    PyObject *error = import_attribute("zlib", "error");
    PyObject *self = error != NULL ? inflater_new(type, error, wbits, zdict) : NULL;
    xdecref(error);
    return self;
}

// Input of this call behind what the last one left over, as new bytes.
static PyObject *
join_input(PyObject *pending, const Py_buffer *view)
{
    Py_ssize_t size = bytes_length(pending);
    if (view->len > PY_SSIZE_T_MAX - size) {
        return error_no_memory();
    }
    PyObject *joined = bytes_from_data(NULL, size + view->len);
    if (joined != NULL && size + view->len > 0) {
        memcpy(bytes_data(joined), bytes_data(pending), (size_t)size);
        if (view->len > 0) {
            memcpy(bytes_data(joined) + size, view->buf, (size_t)view->len);
        }
    }
    return joined;
}

// Ends a run: keeps what was not used, gives the mutex back and makes the result.
static PyObject *
decompressor_result(Stream *self, InflateRun *run, const ZlibInput *in)
{
    PyObject *old[2] = {NULL, NULL};
    bool good = run->code == Z_OK || run->code == Z_BUF_ERROR || run->code == Z_STREAM_END;
    bool full = run->out.used == run->out.limit;
    int saved = good ? 0 : -1;
    if (run->code == Z_STREAM_END) {
        self->eof = true;
        self->needs_input = false;
        saved = save_input(self, in, run->code, old);
    }
    else if (good) {
        self->needs_input = in->left == 0 && !full;
        saved = save_input(self, in, run->code, old);
    }
    else {
        self->needs_input = false;
    }
    z_stream shown = {.msg = self->z.msg};
    mutex_unlock(&self->mutex);
    xdecref(old[0]);
    xdecref(old[1]);
    if (saved == 0) {
        return zlib_output_finish(&run->out);
    }
    zlib_output_discard(&run->out);
    if (!good) {
        zlib_error(self->error, &shown, run->code,
                   run->bad_dictionary ? "while setting zdict" : "while decompressing data");
    }
    return NULL;
}

// Runs with the object's dictionary on the pending input followed by view.
static PyObject *
decompressor_feed(Stream *self, const Py_buffer *view, const Py_buffer *zdict, Py_ssize_t limit)
{
    InflateRun run;
    zlib_output_init(&run.out, ZLIB_BUFFER_SIZE, limit >= 0 ? (size_t)limit : PY_SSIZE_T_MAX);
    mutex_lock(&self->mutex);
    PyObject *joined = NULL;
    ZlibInput in = {view->buf, (size_t)view->len};
    if (self->eof || bytes_length(self->tail) > 0) {
        joined = self->eof ? error_set(PyExc_EOFError, "End of stream already reached")
                           : join_input(self->tail, view);
        if (joined == NULL) {
            mutex_unlock(&self->mutex);
            return NULL;
        }
        in = (ZlibInput){(unsigned char *)bytes_data(joined), (size_t)bytes_length(joined)};
    }
    Thread *ts = thread_current();
    thread_detach(ts);
    run.code = zlib_inflate(&self->z, &in, Z_SYNC_FLUSH, zdict, &run.out, &run.bad_dictionary);
    thread_attach(ts);
    PyObject *result = decompressor_result(self, &run, &in);
    xdecref(joined);
    return result;
}

static PyObject *
decompressor_decompress(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"data", "max_length", NULL};
    static ArgsParser parser = {.format = "y*|n:decompress", .keywords = keywords};
    Stream *self = (Stream *)op;
    Py_buffer view = {0}, zdict;
    Py_ssize_t limit = -1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &limit)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (take_dictionary(self, &zdict) == 0) {
        result = decompressor_feed(self, &view, &zdict, limit);
        buffer_release(&zdict);
    }
    buffer_release(&view);
    return result;
}

static PyObject *
decompressor_get_needs_input(PyObject *op, void *unused)
{
    Stream *self = (Stream *)op;
    mutex_lock(&self->mutex);
    bool needs_input = self->needs_input;
    mutex_unlock(&self->mutex);
    return bool_from_int(needs_input);
}

// ---- types ----

#define COPY_METHODS(what)                                                                      \
    {"copy", stream_copy, METH_NOARGS, "copy($self, /)\n--\n\nReturn a copy of the " what "."}, \
    {"__copy__", stream_copy, METH_NOARGS, "__copy__($self, /)\n--\n\n"},                       \
    {"__deepcopy__", stream_copy, METH_O, "__deepcopy__($self, memo, /)\n--\n\n"}

static PyMethodDef compress_methods[] = {
    {"compress", compress_compress, METH_O,
     "compress($self, data, /)\n--\n\nReturns a bytes object containing compressed data.\n\n"
     "  data\n    Binary data to be compressed.\n\nAfter calling this function, some of the input "
     "data may still\nbe stored in internal buffers for later processing.\nCall the flush() "
     "method to clear these buffers."},
    {"flush", FASTCALL(compress_flush), METH_FASTCALL,
     "flush($self, mode=zlib.Z_FINISH, /)\n--\n\nReturn a bytes object containing any remaining "
     "compressed data.\n\n  mode\n    One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, "
     "Z_FINISH.\n    If mode == Z_FINISH, the compressor object can no longer be\n    used after "
     "calling the flush() method.  Otherwise, more data\n    can still be compressed."},
    COPY_METHODS("compression object"),
    {NULL, NULL, 0, NULL},
};

static PyMethodDef decompress_methods[] = {
    {"decompress", FASTCALL(decompress_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($self, data, /, max_length=0)\n--\n\nReturn a bytes object containing the "
     "decompressed version of the data.\n\n  data\n    The binary data to decompress.\n"
     "  max_length\n    The maximum allowable length of the decompressed data.\n    Unconsumed "
     "input data will be stored in\n    the unconsumed_tail attribute.\n\nAfter calling this "
     "function, some of the input data may still be stored in\ninternal buffers for later "
     "processing.\nCall the flush() method to clear these buffers."},
    {"flush", FASTCALL(decompress_flush), METH_FASTCALL,
     "flush($self, length=zlib.DEF_BUF_SIZE, /)\n--\n\nReturn a bytes object containing any "
     "remaining decompressed data.\n\n  length\n    the initial size of the output buffer."},
    COPY_METHODS("decompression object"),
    {NULL, NULL, 0, NULL},
};

static PyMethodDef decompressor_methods[] = {
    {"decompress", FASTCALL(decompressor_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($self, /, data, max_length=-1)\n--\n\nDecompress *data*, returning uncompressed "
     "data as bytes.\n\nIf *max_length* is nonnegative, returns at most *max_length* bytes of\n"
     "decompressed data. If this limit is reached and further output can be\nproduced, "
     "*self.needs_input* will be set to ``False``. In this case, the next\ncall to *decompress()* "
     "may provide *data* as b'' to obtain more of the output.\n\nIf all of the input data was "
     "decompressed and returned (either because this\nwas less than *max_length* bytes, or "
     "because *max_length* was negative),\n*self.needs_input* will be set to True.\n\nAttempting "
     "to decompress data after the end of stream is reached raises an\nEOFError.  Any data found "
     "after the end of the stream is ignored and saved in\nthe unused_data attribute."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef decompress_getset[] = {
    {"unused_data", stream_get_unused_data, NULL, NULL, NULL},
    {"unconsumed_tail", stream_get_tail, NULL, NULL, NULL},
    {"eof", stream_get_eof, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyGetSetDef decompressor_getset[] = {
    {"eof", stream_get_eof, NULL, "True if the end-of-stream marker has been reached.", NULL},
    {"unused_data", stream_get_unused_data, NULL,
     "Data found after the end of the compressed stream.", NULL},
    {"needs_input", decompressor_get_needs_input, NULL,
     "True if more input is needed before more decompressed data can be produced.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define STREAM_TYPE(name, flags)                                                                \
    .ob_base = NATIVE_TYPE_HEAD,                                                                \
    .tp_name = name,                                                                            \
    .tp_basicsize = sizeof(Stream),                                                             \
    .tp_dealloc = stream_dealloc,                                                               \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | (flags)

static PyTypeObject compress_type = {
    STREAM_TYPE("zlib.Compress", Py_TPFLAGS_DISALLOW_INSTANTIATION),
    .tp_methods = compress_methods,
};

static PyTypeObject decompress_type = {
    STREAM_TYPE("zlib.Decompress", Py_TPFLAGS_DISALLOW_INSTANTIATION),
    .tp_methods = decompress_methods,
    .tp_getset = decompress_getset,
};

static PyTypeObject decompressor_type = {
    STREAM_TYPE("zlib._ZlibDecompressor", 0),
    .tp_doc = "_ZlibDecompressor(wbits=15, zdict=b'')\n--\n\nCreate a decompressor object for "
              "decompressing data incrementally.\n\n  wbits = 15\n  zdict\n     The predefined "
              "compression dictionary. This is a sequence of bytes\n     (such as a bytes object) "
              "containing subsequences that are expected\n     to occur frequently in the data "
              "that is to be compressed. Those\n     subsequences that are expected to be most "
              "common should come at the\n     end of the dictionary. This must be the same "
              "dictionary as used by the\n     compressor that produced the input data.",
    .tp_methods = decompressor_methods,
    .tp_getset = decompressor_getset,
    .tp_new = decompressor_new,
};

int
zlib_add_types(PyObject *module)
{
    if (type_ready(&compress_type) < 0 || type_ready(&decompress_type) < 0) {
        return -1;
    }
    return module_add_type(module, &decompressor_type);
}
