// array: pickling across machines.
//
// An array is pickled as its type code, a code for the exact machine format of its items, and their
// bytes; when it is read on a machine where the type code has another format, items are converted one by one.
//
// Threading: arrays made here are not visible to others yet; a pickled one is locked while copied.
#include "modules/array_internal.h"

#include <string.h>

#include "base/hooks.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/container.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"

// ---- Machine formats ----

enum { FORMAT_INT, FORMAT_FLOAT, FORMAT_UTF16, FORMAT_UTF32 };

typedef struct MachineFormat {
    int kind;
    int size;
    bool is_signed;
    bool big_endian;
} MachineFormat;

// Numbered by their place, as pickles contain them.
static const MachineFormat formats[] = {
    {FORMAT_INT, 1, false, false},  {FORMAT_INT, 1, true, false},
    {FORMAT_INT, 2, false, false},  {FORMAT_INT, 2, false, true},
    {FORMAT_INT, 2, true, false},   {FORMAT_INT, 2, true, true},
    {FORMAT_INT, 4, false, false},  {FORMAT_INT, 4, false, true},
    {FORMAT_INT, 4, true, false},   {FORMAT_INT, 4, true, true},
    {FORMAT_INT, 8, false, false},  {FORMAT_INT, 8, false, true},
    {FORMAT_INT, 8, true, false},   {FORMAT_INT, 8, true, true},
    {FORMAT_FLOAT, 4, false, false}, {FORMAT_FLOAT, 4, false, true},
    {FORMAT_FLOAT, 8, false, false}, {FORMAT_FLOAT, 8, false, true},
    {FORMAT_UTF16, 2, false, false}, {FORMAT_UTF16, 2, false, true},
    {FORMAT_UTF32, 4, false, false}, {FORMAT_UTF32, 4, false, true},
};

#define FORMAT_COUNT ((int)(sizeof formats / sizeof formats[0]))

// The number of the format that a kind has on this (little-endian) machine.
static int
format_of_kind(const ArrayKind *kind)
{
    int wanted = kind->is_integer ? FORMAT_INT
                 : kind->typecode == 'f' || kind->typecode == 'd' ? FORMAT_FLOAT
                                                                  : FORMAT_UTF32;
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (formats[i].kind == wanted && formats[i].size == kind->itemsize &&
            !formats[i].big_endian && formats[i].is_signed == (kind->is_integer && kind->is_signed)) {
            return i;
        }
    }
    return -1;
}

// The kind for items of a foreign format: another one when the given kind cannot hold them.
static const ArrayKind *
kind_for_format(const ArrayKind *kind, const MachineFormat *format)
{
    if (format->kind != FORMAT_INT ||
        (kind->is_integer && kind->itemsize == format->size &&
         kind->is_signed == format->is_signed)) {
        return kind;
    }
    for (const ArrayKind *other = array_kinds; other->typecode != 0; other++) {
        if (other->is_integer && other->itemsize == format->size &&
            other->is_signed == format->is_signed) {
            return other;
        }
    }
    return kind;
}

// ---- Reading ----

static PyObject *
foreign_item(const MachineFormat *format, const unsigned char *p)
{
    if (format->kind == FORMAT_FLOAT) {
        double number = float_unpack(p, format->size, !format->big_endian);
        return number == -1.0 && error_occurred() ? NULL : float_from_double(number);
    }
    return int_from_byte_array(p, (size_t)format->size, !format->big_endian, format->is_signed);
}

static PyObject *
array_from_numbers(PyTypeObject *type, const ArrayKind *kind, const MachineFormat *format,
                   PyObject *bytes)
{
    Py_ssize_t n = bytes_length(bytes) / format->size;
    kind = kind_for_format(kind, format);
    PyObject *array = array_new(type, 0, kind);
    for (Py_ssize_t i = 0; array != NULL && i < n; i++) {
        PyObject *item = foreign_item(format, (unsigned char *)bytes_data(bytes) + i * format->size);
        if (item == NULL || array_append_object(array, item) < 0) {
            clear_ref(array);
        }
        xdecref(item);
    }
    return array;
}

static PyObject *
array_from_text(PyTypeObject *type, const ArrayKind *kind, const MachineFormat *format,
                PyObject *bytes)
{
    if (kind->typecode != 'u' && kind->typecode != 'w') {
        return error_format(PyExc_TypeError,
                            "cannot use a str to initialize an array with typecode '%c'",
                            kind->typecode);
    }
    int order = format->big_endian ? 1 : -1;
    const char *data = bytes_data(bytes);
    PyObject *text = format->kind == FORMAT_UTF16
                         ? str_decode_utf16(data, bytes_length(bytes), "strict", &order, NULL)
                         : str_decode_utf32(data, bytes_length(bytes), "strict", &order, NULL);
    if (text == NULL) {
        return NULL;
    }
    Py_ssize_t n = str_length(text);
    PyObject *array = array_new(type, n, kind);
    for (Py_ssize_t i = 0; array != NULL && i < n; i++) {
        Py_UCS4 ch = str_read_char(text, i);
        memcpy(ARRAY(array)->items + i * kind->itemsize, &ch, sizeof ch);
    }
    decref(text);
    return array;
}

PyObject *
array_reconstructor(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 4) {
        return error_format(PyExc_TypeError,
                            "_array_reconstructor expected 4 arguments, got %zd", nargs);
    }
    PyObject *type = args[0];
    if (!type_check(type)) {
        return error_format(PyExc_TypeError, "first argument must be a type object, not %T", type);
    }
    if (!type_is_subtype((PyTypeObject *)type, &array_type)) {
        return error_format(PyExc_TypeError, "%.200s is not a subtype of %.200s",
                            ((PyTypeObject *)type)->tp_name, array_type.tp_name);
    }
    if (!str_check(args[1]) || str_length(args[1]) != 1) {
        return error_set(PyExc_TypeError,
                         "_array_reconstructor() argument 2 must be a unicode character, not a "
                         "string");
    }
    const ArrayKind *kind = array_kind_of((int)str_read_char(args[1], 0));
    if (kind == NULL) {
        return error_set(PyExc_ValueError, "second argument must be a valid type code");
    }
    int number = int_as_int(args[2]);
    if (number == -1 && error_occurred()) {
        return NULL;
    }
    if (number < 0 || number >= FORMAT_COUNT) {
        return error_set(PyExc_ValueError, "third argument must be a valid machine format code.");
    }
    if (!bytes_check(args[3])) {
        return error_format(PyExc_TypeError, "fourth argument should be bytes, not %T", args[3]);
    }
    const MachineFormat *format = &formats[number];
    if (number == format_of_kind(kind)) {
        PyObject *array = array_new((PyTypeObject *)type, 0, kind);
        PyObject *none = array == NULL
                             ? NULL
                             : object_call_method_onearg(array, ID(frombytes), args[3]);
        if (none == NULL) {
            xdecref(array);
            return NULL;
        }
        decref(none);
        return array;
    }
    if (bytes_length(args[3]) % format->size != 0) {
        return error_set(PyExc_ValueError, "bytes length not a multiple of item size");
    }
    return format->kind == FORMAT_UTF16 || format->kind == FORMAT_UTF32
               ? array_from_text((PyTypeObject *)type, kind, format, args[3])
               : array_from_numbers((PyTypeObject *)type, kind, format, args[3]);
}

// ---- Writing ----

PyObject *
array_reduce_ex(PyObject *self, PyObject *protocol_object)
{
    if (!int_check(protocol_object)) {
        return error_set(PyExc_TypeError, "__reduce_ex__ argument should be an integer");
    }
    long protocol = int_as_long(protocol_object);
    if (protocol == -1 && error_occurred()) {
        return NULL;
    }
    PyObject *attributes;
    if (object_getattr_optional(self, ID(__dict__), &attributes) < 0) {
        return NULL;
    }
    if (attributes == NULL) {
        attributes = Py_None;
    }
    const ArrayKind *kind = ARRAY(self)->kind;
    int format = format_of_kind(kind);
    PyObject *result = NULL;
    if (format < 0 || protocol < 3) {
        // Readable by every version: a list.
        PyObject *items = object_call_method_noargs(self, ID(tolist));
        if (items != NULL) {
            result = value_build("O(CO)O", type_of(self), (int)kind->typecode, items, attributes);
            decref(items);
        }
    }
    else {
        PyObject *module = hooks.import_module("array");
        PyObject *constructor =
            module == NULL ? NULL : object_getattr_cstr(module, "_array_reconstructor");
        PyObject *bytes =
            constructor == NULL ? NULL : object_call_method_noargs(self, ID(tobytes));
        if (bytes != NULL) {
            result = value_build("O(OCiO)O", constructor, type_of(self), (int)kind->typecode, format,
                                 bytes, attributes);
        }
        xdecref(bytes);
        xdecref(constructor);
        xdecref(module);
    }
    decref(attributes);
    return result;
}
