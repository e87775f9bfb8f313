// The type object of str: construction, operators, indexing.
#include <string.h>

#include "base/checked.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/number.h"
#include "objects/attributes.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "objects/str_internal.h"
#include "objects/type.h"

// ---- construction ----

// An instance of a subclass with the text of s, which is consumed.
static PyObject *
subtype_from_str_steal(PyTypeObject *type, PyObject *s)
{
    PyObject *self = NULL;
    if (s == NULL) {
        return NULL;
    }
    Py_ssize_t n = str_length(s);
    int kind = str_kind(s);
    size_t size;
    if (!checked_array_size(0, (size_t)n + 1, (size_t)kind, &size)) {
        error_no_memory();
        goto done;
    }
    self = type->tp_alloc(type, 0);
    if (self == NULL) {
        goto done;
    }
    PyASCIIObject *head = STR_HEAD(self);
    head->length = n;
    head->hash = str_hash(s);
    head->state.kind = (unsigned)kind & 7u;
    head->state.ascii = str_is_ascii(s);
    head->state.compact = 0;
    void *data = mem_alloc(size);
    ((PyUnicodeObject *)self)->data.any = data;
    if (data == NULL) {
        head->length = 0;
        error_no_memory();
        clear_ref(self);
        goto done;
    }
    memcpy(data, str_data(s), size);
    if (str_is_ascii(s)) {
        ((PyCompactUnicodeObject *)self)->utf8 = data;
        ((PyCompactUnicodeObject *)self)->utf8_length = n;
    }
done:
    decref(s);
    return self;
}

static PyObject *
construct(PyTypeObject *type, PyObject *op, const char *encoding, const char *errors)
{
    PyObject *s = op == NULL                             ? str_empty()
                  : encoding == NULL && errors == NULL ? object_str(op)
                                                         : str_from_encoded_object(op, encoding, errors);
    return type == &PyUnicode_Type ? s : subtype_from_str_steal(type, s);
}

static PyObject *
str_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op;
    const char *encoding, *errors;
    if (source_arguments("str", tuple_items(args), tuple_size(args), kwargs, NULL, &op, &encoding,
                         &errors) < 0) {
        return NULL;
    }
    return construct(type, op, encoding, errors);
}

static PyObject *
str_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = vectorcall_nargs(nargsf);
    if (kwnames == NULL && nargs <= 1) {
        return construct((PyTypeObject *)type, nargs == 0 ? NULL : args[0], NULL, NULL);
    }
    if (kwnames == NULL && !args_check_positional("str", nargs, 0, 3)) {
        return NULL;
    }
    PyObject *op;
    const char *encoding, *errors;
    if (source_arguments("str", args, nargs, NULL, kwnames, &op, &encoding, &errors) < 0) {
        return NULL;
    }
    return construct((PyTypeObject *)type, op, encoding, errors);
}

// ---- slots ----

static PyObject *str_tp_str(PyObject *s) { return str_unchanged(s); }

static PyObject *
str_subscript(PyObject *s, PyObject *key)
{
    if (index_check(key)) {
        Py_ssize_t i = number_as_ssize(key, PyExc_IndexError);
        if (i == -1 && error_occurred()) {
            return NULL;
        }
        return str_getitem(s, i < 0 ? i + str_length(s) : i);
    }
    if (!slice_check(key)) {
        return error_format(PyExc_TypeError, "string indices must be integers, not '%.200s'",
                            type_of(key)->tp_name);
    }
    Py_ssize_t start, stop, step;
    if (slice_unpack(key, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = slice_adjust_indices(str_length(s), &start, &stop, step);
    if (n <= 0) {
        return str_empty();
    }
    if (step == 1) {
        return str_substring(s, start, start + n);
    }
    if (n == 1) {
        return str_from_char(str_read_char(s, start));
    }
    PyObject *result = str_new(n, str_max_char(s));
    if (result == NULL) {
        return NULL;
    }
    int kind = str_kind(s);
    const void *from = str_data(s);
    void *to = str_data(result);
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        str_write(kind, to, i, str_read(kind, from, at));
    }
    return str_narrow_steal(result);
}

static PyObject *
str_remainder(PyObject *v, PyObject *w)
{
    if (!str_check(v)) {
        return new_ref(Py_NotImplemented);
    }
    return str_percent(v, w);
}

static PyNumberMethods str_as_number = {.nb_remainder = str_remainder};

static PySequenceMethods str_as_sequence = {
    .sq_length = str_length,
    .sq_concat = str_concat,
    .sq_repeat = str_repeat,
    .sq_item = str_getitem,
    .sq_contains = str_contains,
};

static PyMappingMethods str_as_mapping = {
    .mp_length = str_length,
    .mp_subscript = str_subscript,
};

PyTypeObject PyUnicode_Type = {
    .ob_base = TEXT_TYPE_HEAD,
    .tp_name = "str",
    .tp_basicsize = sizeof(PyUnicodeObject),
    .tp_dealloc = str_dealloc,
    .tp_repr = str_repr,
    .tp_as_number = &str_as_number,
    .tp_as_sequence = &str_as_sequence,
    .tp_as_mapping = &str_as_mapping,
    .tp_hash = str_hash,
    .tp_str = str_tp_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_UNICODE_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = "str(object='') -> str\n"
              "str(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
              "Create a new string object from the given object. If encoding or\n"
              "errors is specified, then the object must expose a data buffer\n"
              "that will be decoded using the given encoding and error handler.\n"
              "Otherwise, returns the result of object.__str__() (if defined)\n"
              "or repr(object).\n"
              "encoding defaults to 'utf-8'.\n"
              "errors defaults to 'strict'.",
    .tp_richcompare = str_richcompare,
    .tp_iter = str_iter,
    .tp_methods = str_methods,
    .tp_base = &PyBaseObject_Type,
    .tp_new = str_tp_new,
    .tp_free = heap_free,
    .tp_vectorcall = str_vectorcall,
};
