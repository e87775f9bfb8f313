// bytes: storage, construction, operators, and the type object.
//
// Owns the empty bytes object and the 256 objects of one byte, which are static and immortal.
#include "objects/bytes.h"

#include <string.h>

#include "base/checked.h"
#include "base/hash.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes_internal.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "objects/type.h"

#define BYTES_HEADER offsetof(PyBytesObject, ob_sval)

// A bytes object of one byte (or none) and its NUL.
typedef union {
    PyBytesObject object;
    char room[sizeof(PyBytesObject) + 8];
} SmallBytes;

static SmallBytes empty_bytes;          // immutable after bytes_runtime_init
static SmallBytes characters[256];      // immutable after bytes_runtime_init

static void
small_init(SmallBytes *b, Py_ssize_t size, char byte)
{
    b->object.ob_base.ob_base.ob_ref_local = REF_IMMORTAL_LOCAL;
    b->object.ob_base.ob_base.ob_type = &PyBytes_Type;
    b->object.ob_base.ob_size = size;
    b->object.ob_shash = -1;
    b->object.ob_sval[0] = byte;
}

int
bytes_runtime_init(void)
{
    small_init(&empty_bytes, 0, '\0');
    for (int i = 0; i < 256; i++) {
        small_init(&characters[i], 1, (char)i);
    }
    return 0;
}

PyObject *bytes_empty(void) { return (PyObject *)&empty_bytes; }

// A fresh object of its own memory.
static PyObject *
bytes_allocate(Py_ssize_t size)
{
    size_t total;
    if (size < 0) {
        return error_set(PyExc_SystemError, "Negative size passed to PyBytes_FromStringAndSize");
    }
    if (!checked_array_size(BYTES_HEADER + 1, (size_t)size, 1, &total)) {
        return error_set(PyExc_OverflowError, "byte string is too large");
    }
    PyBytesObject *op = (PyBytesObject *)heap_new_object(&PyBytes_Type, total);
    if (op == NULL) {
        return NULL;
    }
    op->ob_base.ob_size = size;
    op->ob_shash = -1;
    op->ob_sval[size] = '\0';
    return (PyObject *)op;
}

PyObject *
bytes_from_data(const char *data, Py_ssize_t size)
{
    if (size == 0) {
        return bytes_empty();
    }
    if (size == 1 && data != NULL) {
        return (PyObject *)&characters[(unsigned char)data[0]];
    }
    PyObject *op = bytes_allocate(size);
    if (op != NULL && data != NULL) {
        memcpy(bytes_data(op), data, (size_t)size);
    }
    return op;
}

PyObject *
bytes_from_cstr(const char *text)
{
    return bytes_from_data(text, (Py_ssize_t)strlen(text));
}

static void
bytes_dealloc(PyObject *op)
{
    type_of(op)->tp_free(op);
}

int
bytes_resize(PyObject **b, Py_ssize_t size)
{
    PyObject *op = *b;
    if (bytes_length(op) == size) {
        return 0;
    }
    if (size == 0) {
        set_ref(*b, bytes_empty());
        return 0;
    }
    size_t total;
    if (size > 0 && bytes_check_exact(op) && bytes_length(op) > 0 && refcount_is_unique(op) &&
        checked_array_size(BYTES_HEADER + 1, (size_t)size, 1, &total)) {
        op = heap_realloc(op, total);
        if (op == NULL) {
            clear_ref(*b);
            return -1;
        }
        ((PyVarObject *)op)->ob_size = size;
        ((PyBytesObject *)op)->ob_shash = -1;
        bytes_data(op)[size] = '\0';
        *b = op;
        return 0;
    }
    PyObject *copy = bytes_allocate(size);
    if (copy != NULL) {
        Py_ssize_t n = bytes_length(op) < size ? bytes_length(op) : size;
        memcpy(bytes_data(copy), bytes_data(op), (size_t)n);
    }
    set_ref(*b, copy);
    return copy == NULL ? -1 : 0;
}

// ---- C views ----

int
bytes_as_data(PyObject *op, char **data, Py_ssize_t *size)
{
    if (!bytes_check(op)) {
        error_format(PyExc_TypeError, "expected bytes, %.200s found", type_of(op)->tp_name);
        return -1;
    }
    *data = bytes_data(op);
    if (size != NULL) {
        *size = bytes_length(op);
    }
    else if (strlen(*data) != (size_t)bytes_length(op)) {
        error_set(PyExc_ValueError, "embedded null byte");
        return -1;
    }
    return 0;
}

const char *
bytes_as_cstr(PyObject *op)
{
    char *data;
    Py_ssize_t size;
    return bytes_as_data(op, &data, &size) < 0 ? NULL : data;
}

int
bytes_arg_get(PyObject *op, BytesArg *arg)
{
    if (bytes_check(op)) {
        *arg = (BytesArg){.data = bytes_data(op), .size = bytes_length(op)};
        arg->view.obj = NULL;
        return 0;
    }
    if (buffer_get(op, &arg->view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    arg->data = arg->view.buf;
    arg->size = arg->view.len;
    return 0;
}

void
bytes_arg_release(BytesArg *arg)
{
    if (arg->view.obj != NULL) {
        buffer_release(&arg->view);
    }
}

PyObject *
bytes_like_make(PyObject *self, const char *data, Py_ssize_t size)
{
    return bytes_is_mutable(self) ? bytearray_from_data(data, size) : bytes_from_data(data, size);
}

PyObject *
bytes_like_unchanged(PyObject *self)
{
    if (bytes_check_exact(self)) {
        return new_ref(self);
    }
    return bytes_like_make(self, bytes_like_data(self), size_of(self));
}

int
byte_argument(PyObject *arg, unsigned char *byte)
{
    PyObject *index = number_index(arg);
    if (index == NULL) {
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow != 0 || value < 0 || value > 255) {
        error_set(PyExc_ValueError, "byte must be in range(0, 256)");
        return -1;
    }
    *byte = (unsigned char)value;
    return 0;
}

// ---- bytes(source) ----

static PyObject *
from_buffer(PyObject *source)
{
    Py_buffer view;
    if (buffer_get(source, &view, PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    PyObject *result = bytes_from_data(NULL, view.len);
    if (result != NULL && view.len > 0 &&
        buffer_to_contiguous(bytes_data(result), &view, view.len, 'C') < 0) {
        clear_ref(result);
    }
    buffer_release(&view);
    return result;
}

typedef struct {
    BytesWriter writer;
    const char *message;
} Collector;

static int
collect_byte(PyObject *item, void *context)
{
    Collector *c = context;
    PyObject *index = number_index(item);
    if (index == NULL) {
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow != 0 || value < 0 || value > 255) {
        error_set(PyExc_ValueError, c->message);
        return -1;
    }
    return bytes_writer_byte(&c->writer, (char)value);
}

PyObject *
bytes_from_source(PyObject *source, const char *type)
{
    if (buffer_check(source)) {
        return from_buffer(source);
    }
    if (str_check(source) || !object_is_iterable(source)) {
        return error_format(PyExc_TypeError, "cannot convert '%.200s' object to %s",
                            type_of(source)->tp_name, type);
    }
    Collector c = {.message = strcmp(type, "bytes") == 0 ? "bytes must be in range(0, 256)"
                                                         : "byte must be in range(0, 256)"};
    bytes_writer_init(&c.writer);
    if (object_length_hint(source, 0) < 0 || iter_for_each(source, collect_byte, &c) < 0) {
        bytes_writer_discard(&c.writer);
        return NULL;
    }
    return bytes_writer_finish(&c.writer);
}

PyObject *
bytes_from_object(PyObject *op)
{
    if (bytes_check_exact(op)) {
        return new_ref(op);
    }
    return bytes_from_source(op, "bytes");
}

PyObject *
bytes_encode_source(PyObject *source, const char *encoding, const char *errors)
{
    if (source == NULL || !str_check(source)) {
        if (encoding != NULL || errors != NULL) {
            return error_set(PyExc_TypeError, encoding != NULL
                                                  ? "encoding without a string argument"
                                                  : "errors without a string argument");
        }
        return NULL;
    }
    if (encoding == NULL) {
        return error_set(PyExc_TypeError, "string argument without an encoding");
    }
    return str_encode(source, encoding, errors);
}

// The result of source's __bytes__: NULL without an exception when there is none.
static PyObject *
call_dunder_bytes(PyObject *source)
{
    PyObject *method = object_lookup_special(source, ID(__bytes__));
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = object_call_noargs(method);
    decref(method);
    if (result != NULL && !bytes_check(result)) {
        error_format(PyExc_TypeError, "%T.__bytes__() must return a bytes, not %T", source, result);
        clear_ref(result);
    }
    return result;
}

static PyObject *
construct_exact(PyObject *source, const char *encoding, const char *errors)
{
    if (source != NULL && encoding == NULL && errors == NULL && !str_check_exact(source)) {
        if (bytes_check_exact(source)) {
            return new_ref(source);
        }
        PyObject *made = call_dunder_bytes(source);
        if (made != NULL || error_occurred()) {
            return made;
        }
    }
    PyObject *result = bytes_encode_source(source, encoding, errors);
    if (result != NULL || error_occurred()) {
        return result;
    }
    if (source == NULL) {
        return bytes_empty();
    }
    if (index_check(source)) {
        Py_ssize_t size = number_as_ssize(source, PyExc_OverflowError);
        if (size != -1 || !error_occurred()) {
            if (size < 0) {
                return error_set(PyExc_ValueError, "negative count");
            }
            result = bytes_from_data(NULL, size);
            if (result != NULL && size > 0) {
                memset(bytes_data(result), 0, (size_t)size);
            }
            return result;
        }
        if (!error_matches(PyExc_TypeError)) {
            return NULL;
        }
        error_clear();
    }
    return bytes_from_source(source, "bytes");
}

static PyObject *
subtype_from_bytes_steal(PyTypeObject *type, PyObject *b)
{
    if (b == NULL) {
        return NULL;
    }
    Py_ssize_t size = bytes_length(b);
    PyObject *self = type->tp_alloc(type, size);
    if (self != NULL) {
        memcpy(bytes_data(self), bytes_data(b), (size_t)size + 1);
        ((PyBytesObject *)self)->ob_shash = -1;
    }
    decref(b);
    return self;
}

static PyObject *
bytes_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *source;
    const char *encoding, *errors;
    if (source_arguments("bytes", tuple_items(args), tuple_size(args), kwargs, NULL, &source,
                         &encoding, &errors) < 0) {
        return NULL;
    }
    PyObject *b = construct_exact(source, encoding, errors);
    return type == &PyBytes_Type ? b : subtype_from_bytes_steal(type, b);
}

// ---- operators ----

Py_hash_t
bytes_hash(PyObject *op)
{
    Py_hash_t *cache = &((PyBytesObject *)op)->ob_shash;
    Py_hash_t hash = atomic_load_relaxed_ssize(cache);
    if (hash == -1) {
        hash = hash_bytes(bytes_data(op), bytes_length(op));
        atomic_store_relaxed_ssize(cache, hash);
    }
    return hash;
}

bool
bytes_equal(PyObject *a, PyObject *b)
{
    return a == b || (bytes_length(a) == bytes_length(b) &&
                      memcmp(bytes_data(a), bytes_data(b), (size_t)bytes_length(a)) == 0);
}

int
bytes_warn_comparison(PyObject *a, PyObject *b, int op, const char *type)
{
    if (interpreter_roots()->bytes_warning == 0 || (op != Py_EQ && op != Py_NE)) {
        return 0;
    }
    if (str_check(a) || str_check(b)) {
        return error_warn(PyExc_BytesWarning, 1, "Comparison between %s and string", type);
    }
    if (int_check(a) || int_check(b)) {
        return error_warn(PyExc_BytesWarning, 1, "Comparison between %s and int", type);
    }
    return 0;
}

int
bytes_warn_str(const char *type)
{
    if (interpreter_roots()->bytes_warning == 0) {
        return 0;
    }
    return error_warn(PyExc_BytesWarning, 1, "str() on a %s instance", type);
}

static PyObject *
bytes_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!bytes_check(a) || !bytes_check(b)) {
        return bytes_warn_comparison(a, b, op, "bytes") < 0 ? NULL : new_ref(Py_NotImplemented);
    }
    if (op == Py_EQ || op == Py_NE) {
        return bool_from_long(bytes_equal(a, b) == (op == Py_EQ));
    }
    Py_ssize_t na = bytes_length(a), nb = bytes_length(b);
    int order = memcmp(bytes_data(a), bytes_data(b), (size_t)(na < nb ? na : nb));
    if (order == 0) {
        order = na < nb ? -1 : na > nb;
    }
    bool result = op == Py_LT   ? order < 0
                  : op == Py_LE ? order <= 0
                  : op == Py_GT ? order > 0
                                : order >= 0;
    return bool_from_long(result);
}

PyObject *
bytes_concat(PyObject *a, PyObject *b)
{
    BytesArg left, right;
    PyObject *result = NULL;
    left.view.obj = NULL;
    right.view.obj = NULL;
    if (bytes_arg_get(a, &left) < 0 || bytes_arg_get(b, &right) < 0) {
        error_format(PyExc_TypeError, "can't concat %.100s to %.100s", type_of(b)->tp_name,
                     type_of(a)->tp_name);
        goto done;
    }
    Py_ssize_t total;
    if (left.size == 0 && bytes_check_exact(b)) {
        result = new_ref(b);
    }
    else if (right.size == 0 && bytes_check_exact(a)) {
        result = new_ref(a);
    }
    else if (!checked_add_ssize(left.size, right.size, &total)) {
        error_no_memory();
    }
    else {
        result = bytes_from_data(NULL, total);
        if (result != NULL && total > 0) {
            memcpy(bytes_data(result), left.data, (size_t)left.size);
            memcpy(bytes_data(result) + left.size, right.data, (size_t)right.size);
        }
    }
done:
    bytes_arg_release(&left);
    bytes_arg_release(&right);
    return result;
}

void
bytes_append(PyObject **left, PyObject *right)
{
    PyObject *a = *left;
    if (a == NULL) {
        return;
    }
    if (right == NULL) {
        clear_ref(*left);
        return;
    }
    Py_ssize_t total;
    if (bytes_check_exact(a) && bytes_check(right) && a != right && bytes_length(a) > 0 &&
        refcount_is_unique(a) &&
        checked_add_ssize(bytes_length(a), bytes_length(right), &total)) {
        Py_ssize_t at = bytes_length(a);
        if (bytes_resize(left, total) == 0) {
            memcpy(bytes_data(*left) + at, bytes_data(right), (size_t)(total - at));
        }
        return;
    }
    set_ref(*left, bytes_concat(a, right));
}

void
bytes_append_steal(PyObject **left, PyObject *right)
{
    bytes_append(left, right);
    xdecref(right);
}

static PyObject *
bytes_repeat(PyObject *op, Py_ssize_t count)
{
    Py_ssize_t n = bytes_length(op), total;
    if (count < 1 || n == 0) {
        return bytes_empty();
    }
    if (!checked_mul_ssize(n, count, &total)) {
        return error_set(PyExc_OverflowError, "repeated bytes are too long");
    }
    if (count == 1 && bytes_check_exact(op)) {
        return new_ref(op);
    }
    PyObject *result = total == 1 ? bytes_from_data(bytes_data(op), 1) : bytes_allocate(total);
    if (result == NULL || total == 1) {
        return result;
    }
    char *to = bytes_data(result);
    if (n == 1) {
        memset(to, bytes_data(op)[0], (size_t)total);
        return result;
    }
    memcpy(to, bytes_data(op), (size_t)n);
    for (Py_ssize_t done = n; done < total;) {
        Py_ssize_t step = done <= total - done ? done : total - done;
        memcpy(to + done, to, (size_t)step);
        done += step;
    }
    return result;
}

static PyObject *
bytes_item(PyObject *op, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)bytes_length(op)) {
        return error_set(PyExc_IndexError, "index out of range");
    }
    return int_from_i64((unsigned char)bytes_data(op)[i]);
}

static PyObject *
bytes_subscript(PyObject *op, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return bytes_item(op, i < 0 ? i + bytes_length(op) : i);
    }
    if (!slice_check(key)) {
        return error_format(PyExc_TypeError, "byte indices must be integers or slices, not %.200s",
                            type_of(key)->tp_name);
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = slice_adjust_indices(bytes_length(op), &start, &stop, step);
    if (n <= 0) {
        return bytes_empty();
    }
    if (n == bytes_length(op) && step == 1 && bytes_check_exact(op)) {
        return new_ref(op);
    }
    const char *from = bytes_data(op);
    if (step == 1 || n == 1) {
        return bytes_from_data(from + start, n);
    }
    PyObject *result = bytes_allocate(n);
    if (result != NULL) {
        char *to = bytes_data(result);
        for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
            to[i] = from[at];
        }
    }
    return result;
}

static int
bytes_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    return buffer_fill_info(view, op, bytes_data(op), bytes_length(op), 1, flags);
}

static PyObject *
bytes_remainder(PyObject *v, PyObject *w)
{
    if (!bytes_check(v)) {
        return new_ref(Py_NotImplemented);
    }
    return bytes_percent(bytes_data(v), bytes_length(v), w, false);
}

static PyObject *bytes_tp_repr(PyObject *op) { return bytes_repr(op, true); }

static PyObject *
bytes_tp_str(PyObject *op)
{
    return bytes_warn_str("bytes") < 0 ? NULL : bytes_repr(op, true);
}

// ---- methods of bytes alone ----

static PyObject *
bytes_dunder_bytes(PyObject *op, PyObject *unused)
{
    return bytes_check_exact(op) ? new_ref(op) : bytes_from_data(bytes_data(op), bytes_length(op));
}

static PyObject *
bytes_getnewargs(PyObject *op, PyObject *unused)
{
    PyObject *copy = bytes_from_data(bytes_data(op), bytes_length(op));
    PyObject *args = copy == NULL ? NULL : tuple_pack(1, copy);
    xdecref(copy);
    return args;
}

static PyObject *
bytes_fromhex(PyObject *type, PyObject *text)
{
    PyObject *b = bytes_parse_hex(text);
    if (b != NULL && type != (PyObject *)&PyBytes_Type) {
        set_ref(b, object_call_onearg(type, b));
    }
    return b;
}

#define METHOD(name) bytes_method_##name

static PyMethodDef bytes_methods[] = {
    BYTES_SHARED_ROWS(METHOD),
    {"__getnewargs__", bytes_getnewargs, METH_NOARGS, NULL},
    {"__bytes__", bytes_dunder_bytes, METH_NOARGS,
     "__bytes__($self, /)\n--\n\nConvert this value to exact type bytes."},
    {"fromhex", bytes_fromhex, METH_O | METH_CLASS,
     "fromhex($type, string, /)\n--\n\n"
     "Create a bytes object from a string of hexadecimal numbers.\n\n"
     "Spaces between two numbers are accepted.\n"
     "Example: bytes.fromhex('B9 01EF') -> b'\\\\xb9\\\\x01\\\\xef'."},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods bytes_as_number = {.nb_remainder = bytes_remainder};

static PySequenceMethods bytes_as_sequence = {
    .sq_length = bytes_length,
    .sq_concat = bytes_concat,
    .sq_repeat = bytes_repeat,
    .sq_item = bytes_item,
    .sq_contains = bytes_like_contains,
};

static PyMappingMethods bytes_as_mapping = {
    .mp_length = bytes_length,
    .mp_subscript = bytes_subscript,
};

static PyBufferProcs bytes_as_buffer = {.bf_getbuffer = bytes_getbuffer};

static PyObject *bytes_iter(PyObject *op);

PyTypeObject PyBytes_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "bytes",
    .tp_basicsize = BYTES_HEADER + 1,
    .tp_itemsize = 1,
    .tp_dealloc = bytes_dealloc,
    .tp_repr = bytes_tp_repr,
    .tp_as_number = &bytes_as_number,
    .tp_as_sequence = &bytes_as_sequence,
    .tp_as_mapping = &bytes_as_mapping,
    .tp_hash = bytes_hash,
    .tp_str = bytes_tp_str,
    .tp_getattro = object_generic_getattr,
    .tp_as_buffer = &bytes_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_BYTES_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "bytes(iterable_of_ints) -> bytes\n"
              "bytes(string, encoding[, errors]) -> bytes\n"
              "bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\n"
              "bytes(int) -> bytes object of size given by the parameter initialized with null "
              "bytes\n"
              "bytes() -> empty bytes object\n\n"
              "Construct an immutable array of bytes from:\n"
              "  - an iterable yielding integers in range(256)\n"
              "  - a text string encoded using the specified encoding\n"
              "  - any object implementing the buffer API.\n"
              "  - an integer",
    .tp_richcompare = bytes_richcompare,
    .tp_iter = bytes_iter,
    .tp_methods = bytes_methods,
    .tp_base = &PyBaseObject_Type,
    .tp_alloc = type_alloc,
    .tp_new = bytes_tp_new,
    .tp_free = heap_free,
};

// ---- iterator ----

typedef struct {
    PyObject ob_base;
    Py_ssize_t index;       // atomic: next byte; -1 when exhausted
    PyObject *bytes;        // immutable
} BytesIter;

static PyObject *
bytes_iter(PyObject *op)
{
    BytesIter *it = (BytesIter *)type_alloc(&PyBytesIter_Type, 0);
    if (it != NULL) {
        it->bytes = new_ref(op);
    }
    return (PyObject *)it;
}

static void
bytesiter_dealloc(PyObject *op)
{
    gc_untrack(op);
    xdecref(((BytesIter *)op)->bytes);
    heap_free(op);
}

static int
bytesiter_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyObject *bytes = ((BytesIter *)op)->bytes;
    return bytes == NULL ? 0 : visit(bytes, arg);
}

static PyObject *
bytesiter_next(PyObject *op)
{
    BytesIter *it = (BytesIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    if (i < 0 || i >= bytes_length(it->bytes)) {
        atomic_store_relaxed_ssize(&it->index, -1);
        return NULL;
    }
    atomic_store_relaxed_ssize(&it->index, i + 1);
    return int_from_i64((unsigned char)bytes_data(it->bytes)[i]);
}

static PyObject *
bytesiter_length_hint(PyObject *op, PyObject *unused)
{
    BytesIter *it = (BytesIter *)op;
    Py_ssize_t i = atomic_load_relaxed_ssize(&it->index);
    return int_from_ssize(i < 0 ? 0 : bytes_length(it->bytes) - i);
}

static PyObject *
bytesiter_reduce(PyObject *op, PyObject *unused)
{
    BytesIter *it = (BytesIter *)op;
    return text_iter_reduce(it->bytes, tuple_empty(), &it->index);
}

static PyObject *
bytesiter_setstate(PyObject *op, PyObject *state)
{
    BytesIter *it = (BytesIter *)op;
    Py_ssize_t i = int_as_ssize(state);
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    if (atomic_load_relaxed_ssize(&it->index) >= 0) {
        Py_ssize_t n = bytes_length(it->bytes);
        atomic_store_relaxed_ssize(&it->index, i < 0 ? 0 : i > n ? n : i);
    }
    return new_ref(Py_None);
}

static PyMethodDef bytesiter_methods[] = {
    {"__length_hint__", bytesiter_length_hint, METH_NOARGS,
     "Private method returning an estimate of len(list(it))."},
    {"__reduce__", bytesiter_reduce, METH_NOARGS, "Return state information for pickling."},
    {"__setstate__", bytesiter_setstate, METH_O, "Set state information for unpickling."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyBytesIter_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "bytes_iterator",
    .tp_basicsize = sizeof(BytesIter),
    .tp_dealloc = bytesiter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = bytesiter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = bytesiter_next,
    .tp_methods = bytesiter_methods,
    .tp_free = heap_free,
};
