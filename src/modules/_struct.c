// The `_struct` module: Python values as C structures and back.
//
// A format is parsed once into a list of fields; Struct objects keep it, the module's functions take
// it from a small cache. Reference: documentation of `struct`.
//
// Threading: parsed formats are immutable. __init__ may be called again while others pack: the former
// formats live as long as their Struct. The cache is a dict.
#include <ctype.h>
#include <string.h>

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

typedef struct {
    PyObject *error;        // struct.error
    PyObject *cache;        // dict format as str -> Struct
} StructState;

// One kind of field. Integers are told by their size and sign.
typedef struct {
    char code;
    unsigned char size;         // native
    unsigned char alignment;    // native
    unsigned char standard;     // size in <, >, !, = modes; 0: not available there
} FieldType;

static const FieldType field_types[] = {
    {'x', 1, 1, 1}, {'b', 1, 1, 1}, {'B', 1, 1, 1}, {'c', 1, 1, 1}, {'s', 1, 1, 1},
    {'p', 1, 1, 1}, {'?', 1, 1, 1}, {'h', 2, 2, 2}, {'H', 2, 2, 2}, {'i', 4, 4, 4},
    {'I', 4, 4, 4}, {'l', 8, 8, 4}, {'L', 8, 8, 4}, {'q', 8, 8, 8}, {'Q', 8, 8, 8},
    {'n', 8, 8, 0}, {'N', 8, 8, 0}, {'P', 8, 8, 0}, {'e', 2, 2, 2}, {'f', 4, 4, 4},
    {'d', 8, 8, 8}, {'F', 8, 4, 8}, {'D', 16, 8, 16},
};

typedef struct {
    char code;
    Py_ssize_t offset;
    Py_ssize_t size;            // of one item
    Py_ssize_t repeat;          // items; for s and p always 1
} Field;

// A parsed format. All of it is immutable.
typedef struct Layout {
    struct Layout *former;      // of the same Struct, or NULL
    Py_ssize_t size;
    Py_ssize_t values;          // how many Python values
    Py_ssize_t field_count;
    bool little_endian;
    PyObject *format;           // bytes
    Field fields[];
} Layout;

typedef struct {
    PyObject ob_base;
    Layout *layout;             // atomic: release in __init__; NULL before it
    PyObject *weakrefs;
} Struct;

static PyTypeObject struct_type;
static PyTypeObject unpack_iter_type;
static PyModuleDef struct_definition;
static StructState shared_state;    // import lock: set by the first exec

static PyObject *
struct_error(void)
{
    return shared_state.error;
}

// ---- formats ----

static const FieldType *
find_type(char code)
{
    for (size_t i = 0; i < sizeof field_types / sizeof *field_types; i++) {
        if (field_types[i].code == code) {
            return &field_types[i];
        }
    }
    return NULL;
}

typedef struct {
    const char *text;
    const char *end;
    bool native_sizes;
    Py_ssize_t size;
    Py_ssize_t values;
    Field *fields;              // NULL in the counting pass
    Py_ssize_t field_count;
} FormatReader;

static int
too_large(void)
{
    error_set(struct_error(), "total struct size too long");
    return -1;
}

static int
null_character(void)
{
    error_set(struct_error(), "embedded null character");
    return -1;
}

// Reads a field and places it. 0 or -1.
static int
read_field(FormatReader *reader)
{
    Py_ssize_t repeat = 1;
    if (isdigit((unsigned char)*reader->text)) {
        repeat = 0;
        while (reader->text < reader->end && isdigit((unsigned char)*reader->text)) {
            if (repeat > (PY_SSIZE_T_MAX - 9) / 10) {
                error_set(struct_error(), "total struct size too long");
                return -1;
            }
            repeat = repeat * 10 + (*reader->text++ - '0');
        }
        if (reader->text == reader->end) {
            error_set(struct_error(), "repeat count given without format specifier");
            return -1;
        }
    }
    char code = *reader->text;
    if (code == '\0') {
        return null_character();
    }
    reader->text++;
    const FieldType *type = find_type(code);
    if (type == NULL || (!reader->native_sizes && type->standard == 0)) {
        error_set(struct_error(), "bad char in struct format");
        return -1;
    }
    Py_ssize_t size = reader->native_sizes ? type->size : type->standard;
    if (reader->native_sizes && type->alignment > 1) {
        Py_ssize_t extra = reader->size & (type->alignment - 1);
        if (extra > 0) {
            if (reader->size > PY_SSIZE_T_MAX - type->alignment) {
                return too_large();
            }
            reader->size += type->alignment - extra;
        }
    }
    if (repeat > 0 && size > (PY_SSIZE_T_MAX - reader->size) / repeat) {
        return too_large();
    }
    bool text = code == 's' || code == 'p';
    Field field = {code, reader->size, text ? repeat : size, text ? 1 : repeat};
    if (code != 'x' && (text || repeat > 0)) {
        if (reader->fields != NULL) {
            reader->fields[reader->field_count] = field;
        }
        reader->field_count++;
        reader->values += text ? 1 : repeat;
    }
    reader->size += size * repeat;
    return 0;
}

static int
read_format(FormatReader *reader)
{
    while (reader->text < reader->end) {
        if (isspace((unsigned char)*reader->text)) {
            reader->text++;
        }
        else if (*reader->text == '\0') {
            return null_character();
        }
        else if (read_field(reader) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
prepare(Struct *self, PyObject *format)
{
    const char *text = bytes_data(format);
    FormatReader reader = {.end = text + bytes_length(format), .native_sizes = true};
    bool little = true;
    switch (*text) {
        case '<': reader.native_sizes = false; text++; break;
        case '>':
        case '!': reader.native_sizes = false; little = false; text++; break;
        case '=': reader.native_sizes = false; text++; break;
        case '@': text++; break;
        default: break;
    }
    reader.text = text;
    if (read_format(&reader) < 0) {
        return -1;
    }
    Layout *layout = mem_alloc_or_error(sizeof *layout +
                                        (size_t)reader.field_count * sizeof(Field));
    if (layout == NULL) {
        return -1;
    }
    reader.text = text;
    reader.size = reader.values = reader.field_count = 0;
    reader.fields = layout->fields;
    read_format(&reader);
    layout->field_count = reader.field_count;
    layout->size = reader.size;
    layout->values = reader.values;
    layout->little_endian = little;
    layout->format = new_ref(format);
    layout->former = atomic_load_relaxed_ptr(&self->layout);
    while (!atomic_cas_ptr(&self->layout, &layout->former, layout)) {
    }
    return 0;
}

// ---- unpacking ----

static uint64_t
load(const unsigned char *data, Py_ssize_t size, bool little)
{
    uint64_t value = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        value |= (uint64_t)data[little ? i : size - 1 - i] << (8 * i);
    }
    return value;
}

static PyObject *
unpack_item(const Layout *self, const Field *field, const unsigned char *data)
{
    switch (field->code) {
        case 'c': return bytes_from_data((const char *)data, 1);
        case 's': return bytes_from_data((const char *)data, field->size);
        case 'p': {
            Py_ssize_t length = field->size > 0 ? data[0] : 0;
            length = length >= field->size ? field->size - 1 : length;
            return bytes_from_data((const char *)data + 1, length < 0 ? 0 : length);
        }
        case '?': return bool_from_int(data[0] != 0);
        case 'e':
        case 'f':
        case 'd': return float_from_double(float_unpack(data, (int)field->size,
                                                        self->little_endian));
        case 'F':
        case 'D': {
            int half = (int)field->size / 2;
            return complex_from_doubles(float_unpack(data, half, self->little_endian),
                                        float_unpack(data + half, half, self->little_endian));
        }
        case 'b':
        case 'h':
        case 'i':
        case 'l':
        case 'q':
        case 'n': {
            int shift = 64 - 8 * (int)field->size;
            int64_t value = (int64_t)(load(data, field->size, self->little_endian) << shift)
                            >> shift;
            return int_from_i64(value);
        }
        default: return int_from_u64(load(data, field->size, self->little_endian));
    }
}

static PyObject *
unpack_from_data(const Layout *self, const char *data)
{
    PyObject *result = tuple_new(self->values);
    Py_ssize_t n = 0;
    for (Py_ssize_t f = 0; f < self->field_count && result != NULL; f++) {
        const Field *field = &self->fields[f];
        for (Py_ssize_t i = 0; i < field->repeat; i++) {
            PyObject *item = unpack_item(
                self, field, (const unsigned char *)data + field->offset + i * field->size);
            if (item == NULL) {
                clear_ref(result);
                break;
            }
            tuple_set_item_steal(result, n++, item);
        }
    }
    return result;
}

// ---- packing ----

static void
store(unsigned char *data, uint64_t value, Py_ssize_t size, bool little)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        data[little ? i : size - 1 - i] = (unsigned char)(value >> (8 * i));
    }
}

static int
range_error(const Layout *self, const Field *field, bool is_signed)
{
    int bits = 8 * (int)field->size;
    if (is_signed) {
        int64_t high = (int64_t)(((uint64_t)1 << (bits - 1)) - 1);
        error_format(struct_error(), "'%c' format requires %lld <= number <= %lld", field->code,
                     (long long)(-high - 1), (long long)high);
    }
    else {
        uint64_t high = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
        error_format(struct_error(), "'%c' format requires 0 <= number <= %llu", field->code,
                     (unsigned long long)high);
    }
    return -1;
}

static int
pack_integer(const Layout *self, const Field *field, unsigned char *data, PyObject *value)
{
    if (!int_check(value)
        && (object_type(value)->tp_as_number == NULL
            || object_type(value)->tp_as_number->nb_index == NULL)) {
        error_set(struct_error(), "required argument is not an integer");
        return -1;
    }
    PyObject *index = number_index(value);
    if (index == NULL) {
        return -1;
    }
    bool is_signed = strchr("bhilqn", field->code) != NULL;
    bool fits = int_as_byte_array(index, data, (size_t)field->size, self->little_endian, is_signed,
                                  false) == 0;
    decref(index);
    return fits ? 0 : range_error(self, field, is_signed);
}

static int
pack_text(const Field *field, unsigned char *data, PyObject *value)
{
    if (!bytes_check(value) && !bytearray_check(value)) {
        error_format(struct_error(), "argument for '%c' must be a bytes object", field->code);
        return -1;
    }
    const char *text = bytes_check(value) ? bytes_data(value) : bytearray_data(value);
    Py_ssize_t length = bytes_check(value) ? bytes_length(value) : bytearray_length(value);
    if (field->code == 's') {
        memcpy(data, text, (size_t)(length < field->size ? length : field->size));
        return 0;
    }
    if (field->size > 0) {
        length = length > field->size - 1 ? field->size - 1 : length;
        memcpy(data + 1, text, (size_t)length);
        data[0] = (unsigned char)(length > 255 ? 255 : length);
    }
    return 0;
}

static int
pack_complex(const Layout *self, const Field *field, unsigned char *data, PyObject *value)
{
    Py_complex z = complex_as_value(value);
    if (z.real == -1.0 && error_occurred()) {
        error_clear();
        error_set(struct_error(), "required argument is not a complex");
        return -1;
    }
    int half = (int)field->size / 2;
    return float_pack(z.real, data, half, self->little_endian) < 0
                   || float_pack(z.imag, data + half, half, self->little_endian) < 0
               ? -1 : 0;
}

static int
pack_item(const Layout *self, const Field *field, unsigned char *data, PyObject *value)
{
    switch (field->code) {
        case 'c':
            if (!bytes_check(value) || bytes_length(value) != 1) {
                error_set(struct_error(), "char format requires a bytes object of length 1");
                return -1;
            }
            data[0] = (unsigned char)bytes_data(value)[0];
            return 0;
        case 's':
        case 'p':
            return pack_text(field, data, value);
        case '?': {
            int truth = object_is_true(value);
            data[0] = truth > 0;
            return truth < 0 ? -1 : 0;
        }
        case 'e':
        case 'f':
        case 'd': {
            double x = float_as_double(value);
            if (x == -1.0 && error_occurred()) {
                error_clear();
                error_set(struct_error(), "required argument is not a float");
                return -1;
            }
            return float_pack(x, data, (int)field->size, self->little_endian);
        }
        case 'F':
        case 'D':
            return pack_complex(self, field, data, value);
        case 'P':
            if (int_check(value) && int_is_negative(value)) {
                int64_t address = int_as_i64(value);
                if (address == -1 && error_occurred()) {
                    return -1;
                }
                store(data, (uint64_t)address, 8, true);
                return 0;
            }
            return pack_integer(self, field, data, value);
        default:
            return pack_integer(self, field, data, value);
    }
}

// Packs values into `size` bytes of data.
static int
pack_into_data(const Layout *self, char *data, PyObject *const *values)
{
    memset(data, 0, (size_t)self->size);
    Py_ssize_t n = 0;
    for (Py_ssize_t f = 0; f < self->field_count; f++) {
        const Field *field = &self->fields[f];
        for (Py_ssize_t i = 0; i < field->repeat; i++) {
            if (pack_item(self, field, (unsigned char *)data + field->offset + i * field->size,
                          values[n++]) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

// ---- Struct methods ----

// NULL with RuntimeError before __init__.
static const Layout *
layout_of(PyObject *op)
{
    const Layout *layout = atomic_load_acquire_ptr(&((Struct *)op)->layout);
    if (layout == NULL) {
        error_set(PyExc_RuntimeError, "Struct object is not initialized");
    }
    return layout;
}

static PyObject *
struct_pack(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    const Layout *self = layout_of(op);
    if (self == NULL) {
        return NULL;
    }
    if (nargs != self->values) {
        return error_format(struct_error(), "pack expected %zd items for packing (got %zd)",
                            self->values, nargs);
    }
    PyObject *result = bytes_from_data(NULL, self->size);
    if (result != NULL && pack_into_data(self, bytes_data(result), args) < 0) {
        clear_ref(result);
    }
    return result;
}

// Checks an offset into a buffer; the text of the error says what does not fit. -1 with struct.error.
static Py_ssize_t
checked_offset(const Layout *self, Py_ssize_t offset, Py_ssize_t length, const char *verb,
               const char *preposition)
{
    if (offset < 0) {
        if (offset + self->size > 0) {
            error_format(struct_error(), "no space to %s %zd bytes at offset %zd", verb, self->size,
                         offset);
            return -1;
        }
        if (offset + length < 0) {
            error_format(struct_error(), "offset %zd out of range for %zd-byte buffer", offset,
                         length);
            return -1;
        }
        offset += length;
    }
    if (length - offset < self->size) {
        error_format(struct_error(),
                     "%s requires a buffer of at least %zu bytes for %sing %zd bytes at offset %zd "
                     "(actual buffer size is %zd)",
                     preposition, (size_t)offset + (size_t)self->size, verb, self->size, offset,
                     length);
        return -1;
    }
    return offset;
}

static PyObject *
struct_pack_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    const Layout *self = layout_of(op);
    if (self == NULL) {
        return NULL;
    }
    if (nargs < 2) {
        return error_set(struct_error(), nargs == 0 ? "pack_into expected buffer argument"
                                                    : "pack_into expected offset argument");
    }
    if (nargs - 2 != self->values) {
        return error_format(struct_error(), "pack_into expected %zd items for packing (got %zd)",
                            self->values, nargs - 2);
    }
    Py_buffer view;
    if (!args_parse_one(args[0], "w*:pack_into", &view)) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_ssize_t offset = number_as_ssize(args[1], PyExc_IndexError);
    if (!(offset == -1 && error_occurred())) {
        offset = checked_offset(self, offset, view.len, "pack", "pack_into");
        if (offset >= 0 && pack_into_data(self, (char *)view.buf + offset, args + 2) == 0) {
            result = new_ref(Py_None);
        }
    }
    buffer_release(&view);
    return result;
}

static PyObject *
struct_unpack(PyObject *op, PyObject *data)
{
    const Layout *self = layout_of(op);
    Py_buffer view;
    if (self == NULL || buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *result = view.len == self->size
                           ? unpack_from_data(self, view.buf)
                           : error_format(struct_error(), "unpack requires a buffer of %zd bytes",
                                          self->size);
    buffer_release(&view);
    return result;
}

static PyObject *
struct_unpack_from(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"buffer", "offset", NULL};
    const Layout *self = layout_of(op);
    Py_buffer view;
    Py_ssize_t offset = 0;
    if (self == NULL
        || !args_parse_static(args, kwargs, "y*|n:unpack_from", names, &view, &offset)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (offset < 0 && offset + self->size > 0) {
        error_format(struct_error(), "not enough data to unpack %zd bytes at offset %zd",
                     self->size, offset);
    }
    else {
        offset = checked_offset(self, offset, view.len, "unpack", "unpack_from");
        result = offset >= 0 ? unpack_from_data(self, (const char *)view.buf + offset) : NULL;
    }
    buffer_release(&view);
    return result;
}

// ---- iter_unpack ----

typedef struct {
    PyObject ob_base;
    PyObject *owner;        // the Struct
    const Layout *layout;   // of the owner
    Py_buffer view;         // obj NULL when released
    Py_ssize_t position;    // atomic
} UnpackIter;

static PyObject *
struct_iter_unpack(PyObject *op, PyObject *data)
{
    const Layout *self = layout_of(op);
    if (self == NULL) {
        return NULL;
    }
    if (self->size == 0) {
        return error_set(struct_error(), "cannot iteratively unpack with a struct of length 0");
    }
    UnpackIter *iter = (UnpackIter *)type_alloc(&unpack_iter_type, 0);
    if (iter == NULL) {
        return NULL;
    }
    if (buffer_get(data, &iter->view, PyBUF_SIMPLE) < 0) {
        iter->view.obj = NULL;
        decref(iter);
        return NULL;
    }
    if (iter->view.len % self->size != 0) {
        decref(iter);
        return error_format(struct_error(),
                            "iterative unpacking requires a buffer of a multiple of %zd bytes",
                            self->size);
    }
    iter->owner = new_ref(op);
    iter->layout = self;
    return (PyObject *)iter;
}

static PyObject *
unpack_iter_next(PyObject *op)
{
    UnpackIter *self = (UnpackIter *)op;
    if (self->layout == NULL) {
        return NULL;
    }
    Py_ssize_t position = atomic_add_ssize(&self->position, self->layout->size);
    if (position >= self->view.len) {
        return NULL;
    }
    return unpack_from_data(self->layout, (const char *)self->view.buf + position);
}

static PyObject *
unpack_iter_length_hint(PyObject *op, PyObject *unused)
{
    UnpackIter *self = (UnpackIter *)op;
    Py_ssize_t left = self->layout != NULL
                          ? self->view.len - atomic_load_relaxed_ssize(&self->position) : 0;
    return int_from_ssize(left > 0 ? left / self->layout->size : 0);
}

static int
unpack_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    UnpackIter *self = (UnpackIter *)op;
    int result = self->owner != NULL ? visit(self->owner, arg) : 0;
    return result == 0 && self->view.obj != NULL ? visit(self->view.obj, arg) : result;
}

static void
unpack_iter_dealloc(PyObject *op)
{
    UnpackIter *self = (UnpackIter *)op;
    gc_untrack(op);
    if (self->view.obj != NULL) {
        buffer_release(&self->view);
    }
    clear_ref(self->owner);
    object_type(op)->tp_free(op);
}

static PyMethodDef unpack_iter_methods[] = {
    {"__length_hint__", unpack_iter_length_hint, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject unpack_iter_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_struct.unpack_iterator",
    .tp_basicsize = sizeof(UnpackIter),
    .tp_dealloc = unpack_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = unpack_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = unpack_iter_next,
    .tp_methods = unpack_iter_methods,
};

// ---- life ----

static int
struct_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"format", NULL};
    PyObject *format;
    if (!args_parse_static(args, kwargs, "O:Struct", names, &format)) {
        return -1;
    }
    PyObject *bytes;
    if (str_check(format)) {
        bytes = str_encode_ascii(format, "strict");
    }
    else if (bytes_check(format)) {
        bytes = new_ref(format);
    }
    else {
        error_format(PyExc_TypeError, "Struct() argument 1 must be a str or bytes object, not %.200s",
                     object_type(format)->tp_name);
        return -1;
    }
    int result = bytes != NULL ? prepare((Struct *)op, bytes) : -1;
    xdecref(bytes);
    return result;
}

static void
struct_dealloc(PyObject *op)
{
    Struct *self = (Struct *)op;
    weakref_clear_all(op);
    for (Layout *layout = self->layout; layout != NULL;) {
        Layout *former = layout->former;
        decref(layout->format);
        mem_free(layout);
        layout = former;
    }
    object_type(op)->tp_free(op);
}

static PyObject *
struct_repr(PyObject *op)
{
    const Layout *self = layout_of(op);
    if (self == NULL) {
        return NULL;
    }
    PyObject *format = str_decode_ascii(bytes_data(self->format), bytes_length(self->format),
                                        "replace");
    PyObject *result = format != NULL
                           ? str_format("%s(%R)", type_short_name(object_type(op)), format) : NULL;
    xdecref(format);
    return result;
}

static PyObject *
get_format(PyObject *op, void *closure)
{
    const Layout *self = layout_of(op);
    return self != NULL ? str_decode_ascii(bytes_data(self->format), bytes_length(self->format),
                                           "replace")
                        : NULL;
}

static PyObject *
get_size(PyObject *op, void *closure)
{
    const Layout *layout = atomic_load_acquire_ptr(&((Struct *)op)->layout);
    return int_from_ssize(layout != NULL ? layout->size : -1);
}

static PyObject *
struct_sizeof(PyObject *op, PyObject *unused)
{
    size_t fields = 0;
    const Layout *first = layout_of(op);
    if (first == NULL) {
        return NULL;
    }
    for (const Layout *l = first; l != NULL; l = l->former) {
        fields += sizeof(Layout) + (size_t)l->field_count * sizeof(Field);
    }
    return int_from_ssize((Py_ssize_t)(sizeof(Struct) + fields));
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef struct_methods[] = {
    {"iter_unpack", struct_iter_unpack, METH_O, "iter_unpack($self, buffer, /)\n--\n\n"
     "Return an iterator yielding tuples.\n\n"
     "Tuples are unpacked from the given bytes source according to the format string\n"
     "stored in the Struct object."},
    {"pack", FAST(struct_pack), "S.pack(v1, v2, ...) -> bytes\n\n"
     "Return a bytes object containing values v1, v2, ... packed according\n"
     "to the format string S.format."},
    {"pack_into", FAST(struct_pack_into), "S.pack_into(buffer, offset, v1, v2, ...)\n\n"
     "Pack the values v1, v2, ... according to the format string S.format\n"
     "and write the packed bytes into the writable buffer buf starting at\noffset."},
    {"unpack", struct_unpack, METH_O, "unpack($self, buffer, /)\n--\n\n"
     "Return a tuple containing unpacked values.\n\n"
     "Unpack according to the format string Struct.format. The buffer's size\n"
     "in bytes must be Struct.size."},
    {"unpack_from", (PyCFunction)(void (*)(void))struct_unpack_from,
     METH_VARARGS | METH_KEYWORDS, "unpack_from($self, /, buffer, offset=0)\n--\n\n"
     "Return a tuple containing unpacked values.\n\n"
     "Values are unpacked according to the format string Struct.format."},
    {"__sizeof__", struct_sizeof, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef struct_getset[] = {
    {"format", get_format, NULL, "struct format string", NULL},
    {"size", get_size, NULL, "struct size in bytes", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject struct_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_struct.Struct",
    .tp_basicsize = sizeof(Struct),
    .tp_dealloc = struct_dealloc,
    .tp_repr = struct_repr,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Struct(fmt) --> compiled struct object\n\n",
    .tp_weaklistoffset = offsetof(Struct, weakrefs),
    .tp_methods = struct_methods,
    .tp_getset = struct_getset,
    .tp_init = struct_init,
    .tp_new = type_generic_new,
};

// ---- the module's functions ----

#define CACHE_LIMIT 100

// The Struct of a format, from the cache. New reference.
static PyObject *
cached_struct_of(PyObject *key, PyObject *format)
{
    PyObject *found = NULL;
    if (dict_get(shared_state.cache, key, &found) < 0) {
        error_clear();      // unhashable: the constructor reports what it is
    }
    if (found != NULL) {
        return found;
    }
    PyObject *args = tuple_pack(1, format);
    PyObject *made = args != NULL ? type_call((PyObject *)&struct_type, args, NULL) : NULL;
    xdecref(args);
    if (made != NULL) {
        if (dict_size(shared_state.cache) >= CACHE_LIMIT) {
            dict_clear(shared_state.cache);
        }
        if (dict_set(shared_state.cache, key, made) < 0) {
            clear_ref(made);
        }
    }
    return made;
}

static PyObject *
cached_struct(PyObject *format)
{
    if (!bytes_check(format)) {
        return cached_struct_of(format, format);
    }
    // No comparison of a str with bytes, which may warn.
    PyObject *key = str_from_latin1(bytes_data(format), bytes_length(format));
    PyObject *result = key != NULL ? cached_struct_of(key, format) : NULL;
    xdecref(key);
    return result;
}

static PyObject *
module_calcsize(PyObject *module, PyObject *format)
{
    PyObject *layout = cached_struct(format);
    PyObject *size = layout != NULL ? get_size(layout, NULL) : NULL;
    xdecref(layout);
    return size;
}

static PyObject *
module_pack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "missing format argument");
    }
    PyObject *layout = cached_struct(args[0]);
    PyObject *result = layout != NULL ? struct_pack(layout, args + 1, nargs - 1) : NULL;
    xdecref(layout);
    return result;
}

static PyObject *
module_pack_into(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1) {
        return error_set(PyExc_TypeError, "missing format argument");
    }
    PyObject *layout = cached_struct(args[0]);
    PyObject *result = layout != NULL ? struct_pack_into(layout, args + 1, nargs - 1) : NULL;
    xdecref(layout);
    return result;
}

static PyObject *
module_unpack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("unpack", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *layout = cached_struct(args[0]);
    PyObject *result = layout != NULL ? struct_unpack(layout, args[1]) : NULL;
    xdecref(layout);
    return result;
}

static PyObject *
module_iter_unpack(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("iter_unpack", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *layout = cached_struct(args[0]);
    PyObject *result = layout != NULL ? struct_iter_unpack(layout, args[1]) : NULL;
    xdecref(layout);
    return result;
}

static PyObject *
module_unpack_from(PyObject *module, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = tuple_size(args);
    if (n < 1) {
        return error_set(PyExc_TypeError,
                         "unpack_from() missing required argument 'format' (pos 1)");
    }
    PyObject *layout = cached_struct(tuple_item_borrow(args, 0));
    PyObject *rest = layout != NULL ? tuple_slice(args, 1, n) : NULL;
    PyObject *result = rest != NULL ? struct_unpack_from(layout, rest, kwargs) : NULL;
    xdecref(rest);
    xdecref(layout);
    return result;
}

static PyObject *
module_clearcache(PyObject *module, PyObject *unused)
{
    dict_clear(shared_state.cache);
    return new_ref(Py_None);
}

static PyMethodDef module_methods[] = {
    {"_clearcache", module_clearcache, METH_NOARGS,
     "_clearcache($module, /)\n--\n\nClear the internal cache."},
    {"calcsize", module_calcsize, METH_O,
     "calcsize($module, format, /)\n--\n\n"
     "Return size in bytes of the struct described by the format string."},
    {"iter_unpack", FAST(module_iter_unpack),
     "iter_unpack($module, format, buffer, /)\n--\n\n"
     "Return an iterator yielding tuples unpacked from the given bytes."},
    {"pack", FAST(module_pack),
     "pack(format, v1, v2, ...) -> bytes\n\n"
     "Return a bytes object containing the values v1, v2, ... packed according\n"
     "to the format string."},
    {"pack_into", FAST(module_pack_into),
     "pack_into(format, buffer, offset, v1, v2, ...)\n\n"
     "Pack the values v1, v2, ... according to the format string and write\n"
     "the packed bytes into the writable buffer buf starting at offset."},
    {"unpack", FAST(module_unpack),
     "unpack($module, format, buffer, /)\n--\n\n"
     "Return a tuple containing values unpacked according to the format string."},
    {"unpack_from", (PyCFunction)(void (*)(void))module_unpack_from, METH_VARARGS | METH_KEYWORDS,
     "unpack_from($module, format, /, buffer, offset=0)\n--\n\n"
     "Return a tuple containing values unpacked according to the format string."},
    {NULL, NULL, 0, NULL},
};

static int
struct_exec(PyObject *module)
{
    // Struct objects outlive the module, so what they need does as well.
    if (shared_state.error == NULL) {
        shared_state.error = error_new_exception("struct.error", NULL, NULL);
        shared_state.cache = dict_new();
    }
    if (shared_state.error == NULL || shared_state.cache == NULL ||
        type_ready(&unpack_iter_type) < 0) {
        return -1;
    }
    return module_add(module, "error", shared_state.error) < 0
                   || module_add_type(module, &struct_type) < 0
               ? -1 : 0;
}

static PyModuleDef_Slot struct_slots[] = {
    {Py_mod_exec, struct_exec},
    {0, NULL},
};

static PyModuleDef struct_definition = {
    .m_name = "_struct",
    .m_doc = "Functions to convert between Python values and C structs.\n"
             "Python bytes objects are used to hold the data representing the C struct\n"
             "and also as format strings (explained below) to describe the layout of data\n"
             "in the C struct.",
    .m_methods = module_methods,
    .m_slots = struct_slots,
};

NATIVE_MODULE(_struct, &struct_definition)
