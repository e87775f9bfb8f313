// The `zlib` module: checksums, compression in one call, and the loops around deflate and inflate.
//
// Threading: the functions work on buffers of the caller with the thread detached; objects are in
// zlib_objects.c.
#include "modules/zlib_internal.h"

#include <limits.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "thread/thread.h"

// Checksums of data from this size on are computed with the thread detached.
enum { DETACH_SIZE = 1024 * 5 };

typedef struct {
    PyObject *error;        // immutable after exec
} ZlibState;

PyObject *
zlib_module_error(PyObject *module)
{
    return ((ZlibState *)module_get_state(module))->error;
}

void *
zlib_error(PyObject *error, const z_stream *z, int code, const char *what)
{
    if (code == ZLIB_NO_MEMORY) {
        return error_no_memory();
    }
    // Not every version leaves a message, and a failed initialisation leaves none.
    const char *reason = NULL;
    if (code == Z_VERSION_ERROR) {
        reason = "library version mismatch";
    }
    else if (z->msg != NULL) {
        reason = z->msg;
    }
    else if (code == Z_BUF_ERROR) {
        reason = "incomplete or truncated stream";
    }
    else if (code == Z_STREAM_ERROR) {
        reason = "inconsistent stream state";
    }
    else if (code == Z_DATA_ERROR) {
        reason = "invalid input data";
    }
    if (reason == NULL) {
        return error_format(error, "Error %d %s", code, what);
    }
    return error_format(error, "Error %d %s: %.200s", code, what, reason);
}

// ---- output ----

void
zlib_output_init(ZlibOutput *out, size_t first, size_t limit)
{
    *out = (ZlibOutput){.capacity = first < limit ? first : limit, .limit = limit};
    if (out->capacity == 0) {
        out->capacity = 1;
    }
}

// Points the stream at free room, of which there is some unless the limit is reached. False when out
// of memory.
static bool
output_offer(ZlibOutput *out, z_stream *z)
{
    if (out->data == NULL) {
        out->data = mem_alloc(out->capacity);
        if (out->data == NULL) {
            return false;
        }
    }
    if (out->used == out->capacity && out->used < out->limit) {
        size_t capacity = out->capacity > out->limit / 2 ? out->limit : out->capacity * 2;
        unsigned char *grown = mem_realloc(out->data, capacity);
        if (grown == NULL) {
            return false;
        }
        out->data = grown;
        out->capacity = capacity;
    }
    size_t room = (out->capacity < out->limit ? out->capacity : out->limit) - out->used;
    z->next_out = out->data + out->used;
    z->avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
    return true;
}

static void
output_taken(ZlibOutput *out, const z_stream *z)
{
    out->used = (size_t)(z->next_out - out->data);
}

void
zlib_output_discard(ZlibOutput *out)
{
    mem_free(out->data);
    out->data = NULL;
}

PyObject *
zlib_output_finish(ZlibOutput *out)
{
    PyObject *result = bytes_from_data((char *)out->data, (Py_ssize_t)out->used);
    zlib_output_discard(out);
    return result;
}

// ---- loops ----

static void
input_offer(const ZlibInput *in, z_stream *z)
{
    z->next_in = (unsigned char *)in->data;
    z->avail_in = in->left < UINT_MAX ? (uInt)in->left : UINT_MAX;
}

static void
input_taken(ZlibInput *in, const z_stream *z)
{
    size_t taken = in->data != NULL ? (size_t)(z->next_in - in->data) : 0;
    in->data = z->next_in;
    in->left -= taken;
}

int
zlib_deflate(z_stream *z, ZlibInput *in, int flush, ZlibOutput *out)
{
    int code;
    do {
        input_offer(in, z);
        int mode = in->left == z->avail_in ? flush : Z_NO_FLUSH;
        do {
            if (!output_offer(out, z)) {
                return ZLIB_NO_MEMORY;
            }
            code = deflate(z, mode);
            output_taken(out, z);
            if (code == Z_STREAM_ERROR) {
                return code;
            }
        } while (z->avail_out == 0);
        input_taken(in, z);
    } while (in->left > 0 && code != Z_STREAM_END);
    return code;
}

int
zlib_inflate(z_stream *z, ZlibInput *in, int flush, const Py_buffer *dictionary,
             ZlibOutput *out, bool *bad_dictionary)
{
    int code = Z_OK;
    *bad_dictionary = false;
    for (;;) {
        if (!output_offer(out, z)) {
            return ZLIB_NO_MEMORY;
        }
        if (out->used == out->limit) {
            return code;
        }
        input_offer(in, z);
        bool all = in->left == z->avail_in;
        code = inflate(z, all ? flush : Z_SYNC_FLUSH);
        output_taken(out, z);
        input_taken(in, z);
        if (code == Z_NEED_DICT && dictionary != NULL && dictionary->len > 0) {
            code = inflateSetDictionary(z, dictionary->buf, (uInt)dictionary->len);
            if (code != Z_OK) {
                *bad_dictionary = true;
                return code;
            }
            continue;
        }
        if (code != Z_OK && code != Z_BUF_ERROR) {
            return code;
        }
        // Room that was left over shows that nothing is pending inside.
        if (z->avail_out > 0 && in->left == 0) {
            return code;
        }
    }
}

// ---- compression in one call ----

static PyObject *
compress_buffer(PyObject *error, const Py_buffer *view, int level, int wbits)
{
    z_stream z = {0};
    int code = deflateInit2(&z, level, DEFLATED, wbits, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (code == Z_MEM_ERROR) {
        return error_set(PyExc_MemoryError, "Out of memory while compressing data");
    }
    if (code == Z_STREAM_ERROR) {
        return error_set(error, "Bad compression level");
    }
    if (code != Z_OK) {
        deflateEnd(&z);
        return zlib_error(error, &z, code, "while compressing data");
    }
    ZlibInput in = {view->buf, (size_t)view->len};
    ZlibOutput out;
    zlib_output_init(&out, ZLIB_BUFFER_SIZE, PY_SSIZE_T_MAX);
    Thread *ts = thread_current();
    thread_detach(ts);
    code = zlib_deflate(&z, &in, Z_FINISH, &out);
    int end = deflateEnd(&z);
    thread_attach(ts);
    if (code == Z_STREAM_END && end == Z_OK) {
        return zlib_output_finish(&out);
    }
    zlib_output_discard(&out);
    return code == Z_STREAM_END ? zlib_error(error, &z, end, "while finishing compression")
                                : zlib_error(error, &z, code, "while compressing data");
}

static PyObject *
zlib_compress(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "level", "wbits", NULL};
    static ArgsParser parser = {.format = "y*|ii:compress", .keywords = keywords};
    Py_buffer view = {0};
    int level = Z_DEFAULT_COMPRESSION, wbits = MAX_WBITS;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &level, &wbits)) {
        return NULL;
    }
    PyObject *result = compress_buffer(zlib_module_error(module), &view, level, wbits);
    buffer_release(&view);
    return result;
}

static PyObject *
decompress_buffer(PyObject *error, const Py_buffer *view, int wbits, Py_ssize_t first)
{
    z_stream z = {0};
    int code = inflateInit2(&z, wbits);
    if (code == Z_MEM_ERROR) {
        return error_set(PyExc_MemoryError, "Out of memory while decompressing data");
    }
    if (code != Z_OK) {
        inflateEnd(&z);
        return zlib_error(error, &z, code, "while preparing to decompress data");
    }
    ZlibInput in = {view->buf, (size_t)view->len};
    ZlibOutput out;
    zlib_output_init(&out, (size_t)first, PY_SSIZE_T_MAX);
    bool bad_dictionary;
    Thread *ts = thread_current();
    thread_detach(ts);
    code = zlib_inflate(&z, &in, Z_SYNC_FLUSH, NULL, &out, &bad_dictionary);
    thread_attach(ts);
    if (code == Z_OK) {
        code = Z_BUF_ERROR;
    }
    PyObject *result = NULL;
    if (code != Z_STREAM_END) {
        zlib_output_discard(&out);
        zlib_error(error, &z, code, "while decompressing data");
    }
    else {
        result = zlib_output_finish(&out);
    }
    inflateEnd(&z);
    return result;
}

static PyObject *
zlib_decompress(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "wbits", "bufsize", NULL};
    static ArgsParser parser = {.format = "y*|in:decompress", .keywords = keywords};
    Py_buffer view = {0};
    int wbits = MAX_WBITS;
    Py_ssize_t first = ZLIB_BUFFER_SIZE;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &view, &wbits, &first)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (first < 0) {
        error_set(PyExc_ValueError, "bufsize must be non-negative");
    }
    else {
        result = decompress_buffer(zlib_module_error(module), &view, wbits, first);
    }
    buffer_release(&view);
    return result;
}

// ---- checksums ----

static PyObject *
checksum(PyObject *const *args, Py_ssize_t nargs, const char *format, unsigned int start,
         uLong (*function)(uLong, const Bytef *, z_size_t))
{
    Py_buffer view = {0};
    if (!args_parse_stack(args, nargs, format, &view, &start)) {
        return NULL;
    }
    Thread *ts = thread_current();
    bool detach = view.len > DETACH_SIZE;
    if (detach) {
        thread_detach(ts);
    }
    uLong sum = view.len > 0 ? function(start, view.buf, (z_size_t)view.len) : start;
    if (detach) {
        thread_attach(ts);
    }
    buffer_release(&view);
    return int_from_u64(sum & 0xffffffff);
}

static PyObject *
zlib_crc32(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return checksum(args, nargs, "y*|I:crc32", 0, crc32_z);
}

static PyObject *
zlib_adler32(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return checksum(args, nargs, "y*|I:adler32", 1, adler32_z);
}

// ---- the module ----

static PyMethodDef zlib_functions[] = {
    {"adler32", FASTCALL(zlib_adler32), METH_FASTCALL,
     "adler32($module, data, value=1, /)\n--\n\nCompute an Adler-32 checksum of data.\n\n"
     "  value\n    Starting value of the checksum.\n\nThe returned checksum is an integer."},
    {"compress", FASTCALL(zlib_compress), METH_FASTCALL | METH_KEYWORDS,
     "compress($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)\n--\n\nReturns a "
     "bytes object containing compressed data.\n\n  data\n    Binary data to be compressed.\n"
     "  level\n    Compression level, in 0-9 or -1.\n  wbits\n    The window buffer size and "
     "container format."},
    {"compressobj", FASTCALL(zlib_compressobj), METH_FASTCALL | METH_KEYWORDS,
     "compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED,\n            "
     "wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,\n            strategy=Z_DEFAULT_STRATEGY, "
     "zdict=None)\n--\n\nReturn a compressor object.\n\n  level\n    The compression level (an "
     "integer in the range 0-9 or -1; default is\n    currently equivalent to 6).  Higher "
     "compression levels are slower,\n    but produce smaller results.\n  method\n    The "
     "compression algorithm.  If given, this must be DEFLATED.\n  wbits\n    +9 to +15: The "
     "base-two logarithm of the window size.  Include a zlib\n        container.\n    -9 to -15: "
     "Generate a raw stream.\n    +25 to +31: Include a gzip container.\n  memLevel\n    Controls "
     "the amount of memory used for internal compression state.\n    Valid values range from 1 to "
     "9.  Higher values result in higher memory\n    usage, faster compression, and smaller "
     "output.\n  strategy\n    Used to tune the compression algorithm.  Possible values are\n    "
     "Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.\n  zdict\n    The predefined compression "
     "dictionary - a sequence of bytes\n    containing subsequences that are likely to occur in "
     "the input data."},
    {"crc32", FASTCALL(zlib_crc32), METH_FASTCALL,
     "crc32($module, data, value=0, /)\n--\n\nCompute a CRC-32 checksum of data.\n\n"
     "  value\n    Starting value of the checksum.\n\nThe returned checksum is an integer."},
    {"decompress", FASTCALL(zlib_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)\n--\n\nReturns a bytes "
     "object containing the uncompressed data.\n\n  data\n    Compressed data.\n  wbits\n    The "
     "window buffer size and container format.\n  bufsize\n    The initial output buffer size."},
    {"decompressobj", FASTCALL(zlib_decompressobj), METH_FASTCALL | METH_KEYWORDS,
     "decompressobj($module, /, wbits=MAX_WBITS, zdict=b'')\n--\n\nReturn a decompressor "
     "object.\n\n  wbits\n    The window buffer size and container format.\n  zdict\n    The "
     "predefined compression dictionary.  This must be the same\n    dictionary as used by the "
     "compressor that produced the input data."},
    {NULL, NULL, 0, NULL},
};

static int
add_constants(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"MAX_WBITS", MAX_WBITS}, {"DEFLATED", DEFLATED}, {"DEF_MEM_LEVEL", DEF_MEM_LEVEL},
        {"DEF_BUF_SIZE", ZLIB_BUFFER_SIZE}, {"Z_NO_COMPRESSION", Z_NO_COMPRESSION},
        {"Z_BEST_SPEED", Z_BEST_SPEED}, {"Z_BEST_COMPRESSION", Z_BEST_COMPRESSION},
        {"Z_DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION}, {"Z_FILTERED", Z_FILTERED},
        {"Z_HUFFMAN_ONLY", Z_HUFFMAN_ONLY}, {"Z_RLE", Z_RLE}, {"Z_FIXED", Z_FIXED},
        {"Z_DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY}, {"Z_NO_FLUSH", Z_NO_FLUSH},
        {"Z_PARTIAL_FLUSH", Z_PARTIAL_FLUSH}, {"Z_SYNC_FLUSH", Z_SYNC_FLUSH},
        {"Z_FULL_FLUSH", Z_FULL_FLUSH}, {"Z_FINISH", Z_FINISH}, {"Z_BLOCK", Z_BLOCK},
        {"Z_TREES", Z_TREES},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (module_add_int(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
zlib_exec(PyObject *module)
{
    ZlibState *state = module_get_state(module);
    state->error = error_new_exception("zlib.error", NULL, NULL);
    if (state->error == NULL || module_add(module, "error", state->error) < 0 ||
        zlib_add_types(module) < 0 || add_constants(module) < 0 ||
        module_add_cstr(module, "ZLIB_VERSION", ZLIB_VERSION) < 0 ||
        module_add_cstr(module, "ZLIB_RUNTIME_VERSION", zlibVersion()) < 0) {
        return -1;
    }
    return module_add_cstr(module, "__version__", "1.0");
}

static int
zlib_traverse(PyObject *module, visitproc visit, void *arg)
{
    ZlibState *state = module_get_state(module);
    return state->error != NULL ? visit(state->error, arg) : 0;
}

static int
zlib_clear(PyObject *module)
{
    ZlibState *state = module_get_state(module);
    clear_ref(state->error);
    return 0;
}

static void
zlib_free(void *module)
{
    zlib_clear(module);
}

static PyModuleDef_Slot zlib_slots[] = {
    {Py_mod_exec, zlib_exec},
    {0, NULL},
};

static PyModuleDef zlib_definition = {
    .m_name = "zlib",
    .m_doc = "The functions in this module allow compression and decompression using the\n"
             "zlib library, which is based on GNU zip.\n\n"
             "adler32(string[, start]) -- Compute an Adler-32 checksum.\n"
             "compress(data[, level]) -- Compress data, with compression level 0-9 or -1.\n"
             "compressobj([level[, ...]]) -- Return a compressor object.\n"
             "crc32(string[, start]) -- Compute a CRC-32 checksum.\n"
             "decompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.\n"
             "decompressobj([wbits[, zdict]]) -- Return a decompressor object.\n\n"
             "'wbits' is window buffer size and container format.\n"
             "Compressor objects support compress() and flush() methods; decompressor\n"
             "objects support decompress() and flush().",
    .m_size = sizeof(ZlibState),
    .m_methods = zlib_functions,
    .m_slots = zlib_slots,
    .m_traverse = zlib_traverse,
    .m_clear = zlib_clear,
    .m_free = zlib_free,
};

NATIVE_MODULE(zlib, &zlib_definition)
