// Items of buffers: from memory to objects and back, comparing, copying.
//
// Formats are those of the struct module. Native single-character ones are handled here; for others,
// comparison asks struct.
//
// Threading: no state; memory that other threads write is read as it is.
#include "objects/memoryview_internal.h"

#include <string.h>

#include "base/hooks.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

// Every native format with its C type.
#define NATIVE_FORMATS(INTEGER, FLOAT)  \
    INTEGER('b', signed char)           \
    INTEGER('B', unsigned char)         \
    INTEGER('h', short)                 \
    INTEGER('H', unsigned short)        \
    INTEGER('i', int)                   \
    INTEGER('I', unsigned int)          \
    INTEGER('l', long)                  \
    INTEGER('L', unsigned long)         \
    INTEGER('q', long long)             \
    INTEGER('Q', unsigned long long)    \
    INTEGER('n', Py_ssize_t)            \
    INTEGER('N', size_t)                \
    FLOAT('f', float)                   \
    FLOAT('d', double)

char
view_native_format(const char *format, Py_ssize_t *size)
{
    if (format[0] == '@') {
        format++;
    }
    if (format[0] == '\0' || format[1] != '\0') {
        return 0;
    }
    switch (format[0]) {
#define CASE(character, type) \
    case character:           \
        *size = sizeof(type); \
        break;
        NATIVE_FORMATS(CASE, CASE)
#undef CASE
    case 'c':
        *size = 1;
        break;
    case '?':
        *size = sizeof(bool);
        break;
    case 'e':
        *size = 2;
        break;
    case 'F':
        *size = 2 * sizeof(float);
        break;
    case 'D':
        *size = 2 * sizeof(double);
        break;
    case 'P':
        *size = sizeof(void *);
        break;
    default:
        return 0;
    }
    return format[0];
}

#define IS_SIGNED(type) ((type)-1 < (type)1)

PyObject *
view_unpack(const char *item, const char *format)
{
    Py_ssize_t size;
    switch (view_native_format(format, &size)) {
#define CASE_INTEGER(character, type)                                         \
    case character: {                                                         \
        type number;                                                          \
        memcpy(&number, item, sizeof number);                                 \
        return IS_SIGNED(type) ? int_from_i64((int64_t)number)                \
                               : int_from_u64((uint64_t)number);              \
    }
#define CASE_FLOAT(character, type)                                           \
    case character: {                                                         \
        type number;                                                          \
        memcpy(&number, item, sizeof number);                                 \
        return float_from_double((double)number);                             \
    }
        NATIVE_FORMATS(CASE_INTEGER, CASE_FLOAT)
#undef CASE_INTEGER
#undef CASE_FLOAT
    case 'c':
        return bytes_from_data(item, 1);
    case '?':
        return bool_from_int(*item != 0);
    case 'e':
        return float_from_double(float_unpack((const unsigned char *)item, 2, true));
    case 'F': {
        float parts[2];
        memcpy(parts, item, sizeof parts);
        return complex_from_doubles(parts[0], parts[1]);
    }
    case 'D': {
        double parts[2];
        memcpy(parts, item, sizeof parts);
        return complex_from_doubles(parts[0], parts[1]);
    }
    case 'P': {
        void *pointer;
        memcpy(&pointer, item, sizeof pointer);
        return int_from_pointer(pointer);
    }
    default:
        return error_format(PyExc_NotImplementedError, "memoryview: format %s not supported",
                            format);
    }
}

// ---- Packing ----

static int
bad_type(const char *format)
{
    error_format(PyExc_TypeError, "memoryview: invalid type for format '%s'", format);
    return -1;
}

static int
bad_value(const char *format)
{
    error_format(PyExc_ValueError, "memoryview: invalid value for format '%s'", format);
    return -1;
}

// Errors of conversions become the ones of memoryview.
static int
conversion_error(const char *format)
{
    if (error_clear_if(PyExc_TypeError)) {
        return bad_type(format);
    }
    if (error_clear_if(PyExc_OverflowError) || error_clear_if(PyExc_ValueError)) {
        return bad_value(format);
    }
    return -1;
}

static int
pack_signed(char *item, PyObject *value, const char *format, size_t size)
{
    PyObject *number = number_index(value);
    if (number == NULL) {
        return conversion_error(format);
    }
    int overflow;
    int64_t word = int_as_i64_overflow(number, &overflow);
    decref(number);
    int shift = 64 - 8 * (int)size;
    if (overflow != 0 || (int64_t)((uint64_t)word << shift) >> shift != word) {
        return bad_value(format);
    }
    memcpy(item, &word, size);      // little-endian
    return 0;
}

static int
pack_unsigned(char *item, PyObject *value, const char *format, size_t size)
{
    PyObject *number = number_index(value);
    if (number == NULL) {
        return conversion_error(format);
    }
    uint64_t word = int_as_u64(number);
    bool failed = word == (uint64_t)-1 && error_occurred();
    decref(number);
    if (failed) {
        return conversion_error(format);
    }
    if (size < 8 && word >> (8 * size) != 0) {
        return bad_value(format);
    }
    memcpy(item, &word, size);      // little-endian
    return 0;
}

static int
pack_float(char *item, PyObject *value, const char *format, int size)
{
    double number = float_as_double(value);
    if (number == -1.0 && error_occurred()) {
        return conversion_error(format);
    }
    if (size == (int)sizeof(float)) {
        float narrow = (float)number;
        memcpy(item, &narrow, sizeof narrow);
        return 0;
    }
    if (size == (int)sizeof(double)) {
        memcpy(item, &number, sizeof number);
        return 0;
    }
    if (float_pack(number, (unsigned char *)item, size, true) < 0) {
        return conversion_error(format);
    }
    return 0;
}

static int
pack_complex(char *item, PyObject *value, const char *format, bool wide)
{
    Py_complex number = complex_as_value(value);
    if (number.real == -1.0 && error_occurred()) {
        return conversion_error(format);
    }
    if (wide) {
        double parts[2] = {number.real, number.imag};
        memcpy(item, parts, sizeof parts);
    }
    else {
        float parts[2] = {(float)number.real, (float)number.imag};
        memcpy(item, parts, sizeof parts);
    }
    return 0;
}

int
view_pack(char *item, PyObject *value, const char *format)
{
    Py_ssize_t size;
    char character = view_native_format(format, &size);
    switch (character) {
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
    case 'n':
        return pack_signed(item, value, format, (size_t)size);
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
    case 'N':
        return pack_unsigned(item, value, format, (size_t)size);
    case 'e':
    case 'f':
    case 'd':
        return pack_float(item, value, format, (int)size);
    case 'F':
    case 'D':
        return pack_complex(item, value, format, character == 'D');
    case '?': {
        int truth = object_is_true(value);
        if (truth < 0) {
            return -1;
        }
        *item = (char)truth;
        return 0;
    }
    case 'c':
        if (!bytes_check(value)) {
            return bad_type(format);
        }
        if (size_of(value) != 1) {
            return bad_value(format);
        }
        *item = *bytes_data(value);
        return 0;
    case 'P': {
        if (!int_check(value)) {
            return bad_type(format);
        }
        void *pointer = int_as_pointer(value);
        if (pointer == NULL && error_occurred()) {
            return conversion_error(format);
        }
        memcpy(item, &pointer, sizeof pointer);
        return 0;
    }
    default:
        error_format(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
        return -1;
    }
}

// ---- Addressing ----

static inline char *
follow(const Py_buffer *view, char *p, int dimension)
{
    if (view->suboffsets != NULL && view->suboffsets[dimension] >= 0) {
        return *(char **)p + view->suboffsets[dimension];
    }
    return p;
}

char *
view_at(const Py_buffer *view, char *base, Py_ssize_t index, int dimension)
{
    Py_ssize_t n = view->shape[dimension];
    if (index < 0) {
        index += n;
    }
    if (index < 0 || index >= n) {
        error_format(PyExc_IndexError, "index out of bounds on dimension %d", dimension + 1);
        return NULL;
    }
    return follow(view, base + view->strides[dimension] * index, dimension);
}

static PyObject *
tolist_from(const Py_buffer *view, char *base, int dimension)
{
    if (dimension == view->ndim) {
        return view_unpack(base, view_format(view));
    }
    Py_ssize_t n = view->shape[dimension];
    PyObject *list = list_new(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
        char *p = follow(view, base + view->strides[dimension] * i, dimension);
        PyObject *item = tolist_from(view, p, dimension + 1);
        if (item == NULL) {
            clear_ref(list);
        }
        else {
            list_set_item_steal(list, i, item);
        }
    }
    return list;
}

PyObject *
view_tolist(const Py_buffer *view)
{
    return tolist_from(view, view->buf, 0);
}

// ---- Comparison ----

// How items of one operand become objects: natively, or with a struct.Struct.
typedef struct Unpacker {
    const char *format;
    Py_ssize_t size;
    PyObject *unpack_from;      // owned; NULL for native formats
} Unpacker;

// 1 ready, 0 when struct does not know the format, -1.
static int
unpacker_init(Unpacker *u, const Py_buffer *view)
{
    Py_ssize_t size;
    u->format = view_format(view);
    u->size = view->itemsize;
    u->unpack_from = NULL;
    if (view_native_format(u->format, &size) != 0) {
        return 1;
    }
    PyObject *module = hooks.import_module("struct");
    PyObject *object = NULL;
    if (module != NULL) {
        object = object_call_method_format(module, "Struct", "s", u->format);
    }
    if (object != NULL) {
        u->unpack_from = object_getattr(object, ID(unpack_from));
    }
    xdecref(object);
    int status = u->unpack_from != NULL ? 1 : -1;
    if (status < 0 && module != NULL) {
        PyObject *struct_error = NULL;
        PyObject *raised = error_take();
        if (object_getattr_optional(module, ID(error), &struct_error) > 0 &&
            error_given_matches(raised, struct_error)) {
            decref(raised);
            status = 0;
        }
        else {
            error_restore_steal(raised);
        }
        xdecref(struct_error);
    }
    xdecref(module);
    return status;
}

static PyObject *
unpacker_get(Unpacker *u, char *item)
{
    if (u->unpack_from == NULL) {
        return view_unpack(item, u->format);
    }
    PyObject *memory = memoryview_from_memory(item, u->size, PyBUF_READ);
    PyObject *items = memory == NULL ? NULL : object_call_onearg(u->unpack_from, memory);
    xdecref(memory);
    if (items != NULL && tuple_check(items) && tuple_size(items) == 1) {
        set_ref(items, new_ref(tuple_item(items, 0)));
    }
    return items;
}

static int
items_equal(Unpacker *u, char *p, Unpacker *v, char *q)
{
    PyObject *a = unpacker_get(u, p);
    PyObject *b = a == NULL ? NULL : unpacker_get(v, q);
    // Not object_richcompare_bool: a NaN is not equal to itself here.
    PyObject *answer = b == NULL ? NULL : object_richcompare(a, b, Py_EQ);
    int equal = answer == NULL ? -1 : object_is_true(answer);
    xdecref(answer);
    xdecref(a);
    xdecref(b);
    return equal;
}

typedef struct Comparison {
    const Py_buffer *v;
    const Py_buffer *w;
    Unpacker a;
    Unpacker b;
    Py_ssize_t bytes;       // compare this many bytes of each item, 0: compare objects
} Comparison;

static int
compare_from(Comparison *c, char *p, char *q, int dimension)
{
    if (dimension == c->v->ndim) {
        return c->bytes != 0 ? memcmp(p, q, (size_t)c->bytes) == 0
                             : items_equal(&c->a, p, &c->b, q);
    }
    int equal = 1;
    for (Py_ssize_t i = 0; equal > 0 && i < c->v->shape[dimension]; i++) {
        equal = compare_from(c, follow(c->v, p + c->v->strides[dimension] * i, dimension),
                             follow(c->w, q + c->w->strides[dimension] * i, dimension),
                             dimension + 1);
    }
    return equal;
}

// Equal shapes up to the first dimension without items.
static bool
same_shape(const Py_buffer *v, const Py_buffer *w)
{
    if (v->ndim != w->ndim) {
        return false;
    }
    for (int i = 0; i < v->ndim; i++) {
        if (v->shape[i] != w->shape[i]) {
            return false;
        }
        if (v->shape[i] == 0) {
            break;
        }
    }
    return true;
}

int
view_equal(const Py_buffer *v, const Py_buffer *w)
{
    if (!same_shape(v, w)) {
        return 0;
    }
    Comparison c = {.v = v, .w = w};
    int status = unpacker_init(&c.a, v);
    if (status > 0) {
        status = unpacker_init(&c.b, w);
        if (status > 0) {
            Py_ssize_t size;
            char a = view_native_format(c.a.format, &size);
            char b = view_native_format(c.b.format, &size);
            if (a != 0 && a == b && strchr("bBhHiIlLqQnNc", a) != NULL) {
                c.bytes = size;
            }
            status = compare_from(&c, v->buf, w->buf, 0);
            xdecref(c.b.unpack_from);
        }
        xdecref(c.a.unpack_from);
    }
    return status;
}

// ---- Copying ----

bool
view_same_structure(const Py_buffer *dest, const Py_buffer *src)
{
    const char *a = view_format(dest);
    const char *b = view_format(src);
    a += a[0] == '@';
    b += b[0] == '@';
    return strcmp(a, b) == 0 && dest->itemsize == src->itemsize && same_shape(dest, src);
}

int
view_copy(const Py_buffer *dest, const Py_buffer *src)
{
    if (src->len == 0) {
        return 0;
    }
    if (buffer_is_contiguous(dest, 'C') && buffer_is_contiguous(src, 'C')) {
        memmove(dest->buf, src->buf, (size_t)src->len);
        return 0;
    }
    // Through a copy of the items, because the two may overlap in any way.
    void *items = mem_alloc_or_error((size_t)src->len);
    if (items == NULL) {
        return -1;
    }
    int status = buffer_to_contiguous(items, src, src->len, 'C');
    if (status == 0) {
        status = buffer_from_contiguous(dest, items, src->len, 'C');
    }
    mem_free(items);
    return status;
}
