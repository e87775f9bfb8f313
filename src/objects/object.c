// Generic operations on objects: see object.h.
//
// Owns the dispatch from an operation to the slot of a type, with CPython's messages where a
// type lacks the slot. No state of its own; the list of objects being represented (for recursive
// reprs) lives in the dictionary of the thread.
#include "objects/object.h"

#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/seqiter.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/value.h"
#include "thread/thread.h"

bool
object_type_check_slow(PyObject *op, PyTypeObject *type)
{
    return type_is_subtype(type_of(op), type);
}

// thread_enter_c without a call in the usual case.
static inline int
enter_c(const char *where)
{
    if (__builtin_expect((char *)__builtin_frame_address(0) > thread_current()->c_stack_limit, 1)) {
        return 0;
    }
    return thread_enter_c(where);
}

// ---- text ----

PyObject *
object_repr(PyObject *op)
{
    if (op == NULL) {
        return str_from_cstr("<NULL>");
    }
    reprfunc repr = type_of(op)->tp_repr;
    if (repr == NULL) {
        return str_format("<%s object at %p>", type_of(op)->tp_name, (void *)op);
    }
    if (enter_c(" while getting the repr of an object") < 0) {
        return NULL;
    }
    PyObject *result = repr(op);
    thread_leave_c();
    if (result != NULL && !str_check(result)) {
        error_format(PyExc_TypeError, "__repr__ returned non-string (type %.200s)",
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

PyObject *
object_str(PyObject *op)
{
    if (op == NULL) {
        return str_from_cstr("<NULL>");
    }
    if (str_check_exact(op)) {
        return new_ref(op);
    }
    reprfunc str = type_of(op)->tp_str;
    if (str == NULL) {
        return object_repr(op);
    }
    if (enter_c(" while getting the str of an object") < 0) {
        return NULL;
    }
    PyObject *result = str(op);
    thread_leave_c();
    if (result != NULL && !str_check(result)) {
        error_format(PyExc_TypeError, "__str__ returned non-string (type %.200s)",
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

PyObject *
object_ascii(PyObject *op)
{
    PyObject *repr = object_repr(op);
    if (repr == NULL || str_is_ascii(repr)) {
        return repr;
    }
    PyObject *bytes = str_encode_ascii(repr, "backslashreplace");
    decref(repr);
    if (bytes == NULL) {
        return NULL;
    }
    PyObject *result = str_from_ascii(bytes_data(bytes), bytes_length(bytes));
    decref(bytes);
    return result;
}

PyObject *
object_bytes(PyObject *op)
{
    if (bytes_check_exact(op)) {
        return new_ref(op);
    }
    PyObject *method = object_lookup_special(op, ID(__bytes__));
    if (method != NULL) {
        PyObject *result = object_call_noargs(method);
        decref(method);
        if (result != NULL && !bytes_check(result)) {
            error_format(PyExc_TypeError, "__bytes__ returned non-bytes (type %.200s)",
                         type_of(result)->tp_name);
            clear_ref(result);
        }
        return result;
    }
    if (error_occurred()) {
        return NULL;
    }
    return bytes_from_object(op);
}

PyObject *
object_format(PyObject *op, PyObject *spec)
{
    if (spec != NULL && !str_check(spec)) {
        return error_format(PyExc_SystemError, "Format specifier must be a string, not %.200s",
                            type_of(spec)->tp_name);
    }
    return format_object(op, spec);
}

PyObject *
object_type_name(PyObject *op)
{
    return type_fully_qualified_name(type_of(op));
}

// ---- hash ----

Py_hash_t
pointer_hash(const void *p)
{
    // The low bits of an address carry no information.
    uintptr_t word = (uintptr_t)p;
    word = word >> 4 | word << 60;
    return word == (uintptr_t)-1 ? -2 : (Py_hash_t)word;
}

Py_hash_t
object_generic_hash(PyObject *op)
{
    return pointer_hash(op);
}

Py_hash_t
object_hash_not_implemented(PyObject *op)
{
    error_format(PyExc_TypeError, "unhashable type: '%.200s'", type_of(op)->tp_name);
    return -1;
}

Py_hash_t
object_hash(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_hash != NULL) {
        return type->tp_hash(op);
    }
    // A static type of an extension that nobody has readied yet inherits its hash by that.
    if (!type_has_feature(type, Py_TPFLAGS_READY)) {
        if (type_ready(type) < 0) {
            return -1;
        }
        if (type->tp_hash != NULL) {
            return type->tp_hash(op);
        }
    }
    return object_hash_not_implemented(op);
}

// ---- comparison and truth ----

const int richcompare_swapped[6] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};

static const char *const richcompare_symbols[6] = {"<", "<=", "==", "!=", ">", ">="};

// Asks v, then w, with w first when its type is a proper subtype; identity decides == and !=
// when both decline.
static PyObject *
richcompare_dispatch(PyObject *v, PyObject *w, int op)
{
    PyTypeObject *vt = type_of(v);
    PyTypeObject *wt = type_of(w);
    bool reflected_done = false;
    if (vt != wt && wt->tp_richcompare != NULL && type_is_subtype(wt, vt)) {
        reflected_done = true;
        PyObject *result = wt->tp_richcompare(w, v, richcompare_swapped[op]);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    if (vt->tp_richcompare != NULL) {
        PyObject *result = vt->tp_richcompare(v, w, op);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    if (!reflected_done && wt->tp_richcompare != NULL) {
        PyObject *result = wt->tp_richcompare(w, v, richcompare_swapped[op]);
        if (result != Py_NotImplemented) {
            return result;
        }
    }
    if (op == Py_EQ) {
        return v == w ? Py_True : Py_False;
    }
    if (op == Py_NE) {
        return v != w ? Py_True : Py_False;
    }
    return error_format(PyExc_TypeError,
                        "'%s' not supported between instances of '%.100s' and '%.100s'",
                        richcompare_symbols[op], type_of(v)->tp_name, type_of(w)->tp_name);
}

PyObject *
object_richcompare(PyObject *v, PyObject *w, int op)
{
    if (v == NULL || w == NULL) {
        if (!error_occurred()) {
            error_bad_internal_call();
        }
        return NULL;
    }
    if (enter_c(" in comparison") < 0) {
        return NULL;
    }
    PyObject *result = richcompare_dispatch(v, w, op);
    thread_leave_c();
    return result;
}

int
object_richcompare_bool(PyObject *v, PyObject *w, int op)
{
    if (v == w) {
        if (op == Py_EQ) {
            return 1;
        }
        if (op == Py_NE) {
            return 0;
        }
    }
    PyObject *result = object_richcompare(v, w, op);
    if (result == NULL) {
        return -1;
    }
    int truth = result == Py_True ? 1 : result == Py_False ? 0 : object_is_true(result);
    decref(result);
    return truth;
}

int
object_is_true(PyObject *op)
{
    if (op == Py_True) {
        return 1;
    }
    if (op == Py_False || op == Py_None) {
        return 0;
    }
    PyTypeObject *type = type_of(op);
    Py_ssize_t result;
    if (type->tp_as_number != NULL && type->tp_as_number->nb_bool != NULL) {
        result = type->tp_as_number->nb_bool(op);
    }
    else if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL) {
        result = type->tp_as_mapping->mp_length(op);
    }
    else if (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL) {
        result = type->tp_as_sequence->sq_length(op);
    }
    else {
        return 1;
    }
    return result > 0 ? 1 : (int)result;
}

int
object_not(PyObject *op)
{
    int truth = object_is_true(op);
    return truth < 0 ? truth : !truth;
}

// ---- attributes ----

static int
attribute_name_check(PyObject *name)
{
    if (!str_check(name)) {
        error_format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                     type_of(name)->tp_name);
        return -1;
    }
    return 0;
}

static PyObject *
getattr_old_slot(PyObject *op, PyObject *name)
{
    const char *text = str_as_utf8(name);
    if (text == NULL) {
        return NULL;
    }
    return type_of(op)->tp_getattr(op, (char *)text);
}

PyObject *
object_getattr(PyObject *op, PyObject *name)
{
    if (attribute_name_check(name) < 0) {
        return NULL;
    }
    PyTypeObject *type = type_of(op);
    PyObject *result;
    if (type->tp_getattro != NULL) {
        result = type->tp_getattro(op, name);
    }
    else if (type->tp_getattr != NULL) {
        result = getattr_old_slot(op, name);
    }
    else {
        error_format(PyExc_AttributeError, "'%.100s' object has no attribute '%U'", type->tp_name,
                     name);
        result = NULL;
    }
    if (result == NULL) {
        error_set_attribute_context(op, name);
    }
    return result;
}

PyObject *
object_getattr_cstr(PyObject *op, const char *name)
{
    if (type_of(op)->tp_getattr != NULL) {
        return type_of(op)->tp_getattr(op, (char *)name);
    }
    PyObject *text = str_from_cstr(name);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = object_getattr(op, text);
    decref(text);
    return result;
}

int
object_getattr_optional(PyObject *op, PyObject *name, PyObject **result)
{
    *result = NULL;
    if (attribute_name_check(name) < 0) {
        return -1;
    }
    PyTypeObject *type = type_of(op);
    if (type->tp_getattro == object_generic_getattr) {
        *result = object_generic_getattr_with_dict(op, name, NULL, true);
        return *result != NULL ? 1 : error_occurred() ? -1 : 0;
    }
    if (type->tp_getattro == module_getattro) {
        *result = module_getattro_suppress(op, name);
        return *result != NULL ? 1 : error_occurred() ? -1 : 0;
    }
    if (type->tp_getattro != NULL) {
        *result = type->tp_getattro(op, name);
    }
    else if (type->tp_getattr != NULL) {
        *result = getattr_old_slot(op, name);
    }
    else {
        return 0;
    }
    if (*result != NULL) {
        return 1;
    }
    return error_clear_if(PyExc_AttributeError) ? 0 : -1;
}

int
object_getattr_optional_cstr(PyObject *op, const char *name, PyObject **result)
{
    *result = NULL;
    PyObject *text = str_from_cstr(name);
    if (text == NULL) {
        return -1;
    }
    int found = object_getattr_optional(op, text, result);
    decref(text);
    return found;
}

static int
setattr_refused(PyObject *op, PyObject *name, PyObject *value)
{
    PyTypeObject *type = type_of(op);
    bool unreadable = type->tp_getattr == NULL && type->tp_getattro == NULL;
    const char *action = value == NULL ? "del" : "assign to";
    error_format(PyExc_TypeError,
                 unreadable ? "'%.100s' object has no attributes (%s .%U)"
                            : "'%.100s' object has only read-only attributes (%s .%U)",
                 type->tp_name, action, name);
    return -1;
}

int
object_setattr(PyObject *op, PyObject *name, PyObject *value)
{
    if (attribute_name_check(name) < 0) {
        return -1;
    }
    PyTypeObject *type = type_of(op);
    incref(name);
    str_intern_in_place(&name);
    int result;
    if (type->tp_setattro != NULL) {
        result = type->tp_setattro(op, name, value);
    }
    else if (type->tp_setattr != NULL) {
        const char *text = str_as_utf8(name);
        result = text == NULL ? -1 : type->tp_setattr(op, (char *)text, value);
    }
    else {
        result = setattr_refused(op, name, value);
    }
    decref(name);
    return result;
}

int
object_setattr_cstr(PyObject *op, const char *name, PyObject *value)
{
    if (type_of(op)->tp_setattr != NULL) {
        return type_of(op)->tp_setattr(op, (char *)name, value);
    }
    PyObject *text = str_intern_cstr(name);
    if (text == NULL) {
        return -1;
    }
    int result = object_setattr(op, text, value);
    decref(text);
    return result;
}

int
object_delattr(PyObject *op, PyObject *name)
{
    return object_setattr(op, name, NULL);
}

int
object_delattr_cstr(PyObject *op, const char *name)
{
    return object_setattr_cstr(op, name, NULL);
}

int
object_hasattr(PyObject *op, PyObject *name)
{
    PyObject *value;
    int found = object_getattr_optional(op, name, &value);
    xdecref(value);
    return found;
}

int
object_hasattr_cstr(PyObject *op, const char *name)
{
    PyObject *value;
    int found = object_getattr_optional_cstr(op, name, &value);
    xdecref(value);
    return found;
}

int
object_get_method(PyObject *op, PyObject *name, PyObject **method)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_getattro != object_generic_getattr) {
        *method = object_getattr(op, name);
        return *method == NULL ? -1 : 0;
    }
    PyObject *descr = type_lookup(type, name);
    if (descr == NULL || !type_has_feature(type_of(descr), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        // Properties, values and missing names: the ordinary way, which looks up again.
        xdecref(descr);
        *method = object_getattr(op, name);
        return *method == NULL ? -1 : 0;
    }
    // A function of the class is hidden by an instance attribute of that name.
    PyObject *own;
    int found = attributes_get_instance(op, name, &own);
    if (found == 0) {
        *method = descr;
        return 1;
    }
    decref(descr);
    *method = own;
    return found < 0 ? -1 : 0;
}

PyObject *
object_lookup_special(PyObject *op, PyObject *name)
{
    PyTypeObject *type = type_of(op);
    PyObject *descr = type_lookup(type, name);
    if (descr == NULL) {
        return NULL;
    }
    descrgetfunc get = type_of(descr)->tp_descr_get;
    if (get == NULL) {
        return descr;
    }
    PyObject *result = get(descr, op, (PyObject *)type);
    decref(descr);
    return result;
}

// ---- items ----

static PyObject *
getitem_sequence(PyObject *op, PyObject *key)
{
    if (!index_check(key)) {
        return error_format(PyExc_TypeError, "sequence index must be integer, not '%.200s'",
                            type_of(key)->tp_name);
    }
    Py_ssize_t index = number_as_ssize(key, PyExc_IndexError);
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    return sequence_getitem(op, index);
}

// Subscription of a class: type[int] itself, or __class_getitem__ (PEP 560).
static PyObject *
getitem_class(PyObject *op, PyObject *key)
{
    if ((PyTypeObject *)op == &PyType_Type) {
        return genericalias_new(op, key);
    }
    PyObject *method;
    if (object_getattr_optional(op, ID(__class_getitem__), &method) < 0) {
        return NULL;
    }
    if (method != NULL && method != Py_None) {
        PyObject *result = object_call_onearg(method, key);
        decref(method);
        return result;
    }
    return error_format(PyExc_TypeError, "type '%.200s' is not subscriptable",
                        ((PyTypeObject *)op)->tp_name);
}

PyObject *
object_getitem(PyObject *op, PyObject *key)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_subscript != NULL) {
        return type->tp_as_mapping->mp_subscript(op, key);
    }
    if (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_item != NULL) {
        return getitem_sequence(op, key);
    }
    if (type_has_feature(type, Py_TPFLAGS_TYPE_SUBCLASS)) {
        return getitem_class(op, key);
    }
    return error_format(PyExc_TypeError, "'%.200s' object is not subscriptable", type->tp_name);
}

// Assignment (value) or deletion (NULL) through the sequence slots.
static int
assign_sequence_item(PyObject *op, PyObject *key, PyObject *value)
{
    if (!index_check(key)) {
        error_format(PyExc_TypeError, "sequence index must be integer, not '%.200s'",
                     type_of(key)->tp_name);
        return -1;
    }
    Py_ssize_t index = number_as_ssize(key, PyExc_IndexError);
    if (index == -1 && error_occurred()) {
        return -1;
    }
    return value == NULL ? sequence_delitem(op, index) : sequence_setitem(op, index, value);
}

int
object_setitem(PyObject *op, PyObject *key, PyObject *value)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_ass_subscript != NULL) {
        return type->tp_as_mapping->mp_ass_subscript(op, key, value);
    }
    if (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_ass_item != NULL) {
        return assign_sequence_item(op, key, value);
    }
    error_format(PyExc_TypeError, "'%.200s' object does not support item assignment",
                 type->tp_name);
    return -1;
}

int
object_delitem(PyObject *op, PyObject *key)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_ass_subscript != NULL) {
        return type->tp_as_mapping->mp_ass_subscript(op, key, NULL);
    }
    if (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_ass_item != NULL) {
        return assign_sequence_item(op, key, NULL);
    }
    error_format(PyExc_TypeError, "'%.200s' object doesn't support item deletion", type->tp_name);
    return -1;
}

int
object_delitem_cstr(PyObject *op, const char *key)
{
    PyObject *text = str_from_cstr(key);
    if (text == NULL) {
        return -1;
    }
    int result = object_delitem(op, text);
    decref(text);
    return result;
}

// ---- length ----

static bool
has_length(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    return (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL) ||
           (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL);
}

Py_ssize_t
object_length(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL) {
        return type->tp_as_sequence->sq_length(op);
    }
    if (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL) {
        return type->tp_as_mapping->mp_length(op);
    }
    error_format(PyExc_TypeError, "object of type '%.200s' has no len()", type->tp_name);
    return -1;
}

Py_ssize_t
object_length_hint(PyObject *op, Py_ssize_t fallback)
{
    if (has_length(op)) {
        Py_ssize_t length = object_length(op);
        if (length >= 0 || !error_clear_if(PyExc_TypeError)) {
            return length;
        }
    }
    PyObject *hint = object_lookup_special(op, ID(__length_hint__));
    if (hint == NULL) {
        return error_occurred() ? -1 : fallback;
    }
    PyObject *result = object_call_noargs(hint);
    decref(hint);
    if (result == NULL) {
        return error_clear_if(PyExc_TypeError) ? fallback : -1;
    }
    if (result == Py_NotImplemented) {
        return fallback;
    }
    Py_ssize_t length = -1;
    if (!int_check(result)) {
        error_format(PyExc_TypeError, "__length_hint__ must be an integer, not %.100s",
                     type_of(result)->tp_name);
    }
    else {
        length = int_as_ssize(result);
        if (length < 0 && !error_occurred()) {
            error_set(PyExc_ValueError, "__length_hint__() should return >= 0");
            length = -1;
        }
    }
    decref(result);
    return length;
}

PyObject *
object_fspath(PyObject *op)
{
    if (str_check(op) || bytes_check(op)) {
        return new_ref(op);
    }
    PyObject *method = object_lookup_special(op, ID(__fspath__));
    if (method == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "expected str, bytes or os.PathLike object, not %.200s",
                         type_of(op)->tp_name);
        }
        return NULL;
    }
    PyObject *path = object_call_noargs(method);
    decref(method);
    if (path != NULL && !str_check(path) && !bytes_check(path)) {
        error_format(PyExc_TypeError,
                     "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                     type_of(op)->tp_name, type_of(path)->tp_name);
        clear_ref(path);
    }
    return path;
}

// ---- instance and subclass checks ----

PyObject *
object_get_bases(PyObject *cls)
{
    PyObject *bases;
    if (object_getattr_optional(cls, ID(__bases__), &bases) <= 0) {
        return NULL;
    }
    if (!tuple_check(bases)) {
        decref(bases);
        return NULL;
    }
    return bases;
}

// Whether cls is among the bases of derived, by __bases__ alone: for objects that only look
// like classes.
static int
abstract_issubclass(PyObject *derived, PyObject *cls)
{
    incref(derived);
    int result;
    for (;;) {
        if (derived == cls) {
            result = 1;
            break;
        }
        PyObject *bases = object_get_bases(derived);
        if (bases == NULL) {
            result = error_occurred() ? -1 : 0;
            break;
        }
        Py_ssize_t n = tuple_size(bases);
        if (n == 1) {
            // Single inheritance is followed without recursion.
            set_ref(derived, new_ref(tuple_item_borrow(bases, 0)));
            decref(bases);
            continue;
        }
        result = n == 0 ? 0 : enter_c(" in __issubclass__");
        for (Py_ssize_t i = 0; i < n && result == 0; i++) {
            result = abstract_issubclass(tuple_item_borrow(bases, i), cls);
        }
        decref(bases);
        break;
    }
    decref(derived);
    return result;
}

static int
class_like_check(PyObject *cls, const char *message)
{
    PyObject *bases = object_get_bases(cls);
    if (bases == NULL) {
        if (!error_occurred()) {
            error_set(PyExc_TypeError, message);
        }
        return -1;
    }
    decref(bases);
    return 0;
}

// Whether __class__ of instances may be something else than their type: the attribute lookup is
// not the usual one, or does not find object's descriptor.
static bool
type_may_claim_class(PyTypeObject *type)
{
    if (type->tp_getattro != object_generic_getattr) {
        return true;
    }
    PyObject *found = type_lookup(type, ID(__class__));
    PyObject *usual = type_lookup(&PyBaseObject_Type, ID(__class__));
    bool differs = found == NULL || found != usual;
    xdecref(found);
    xdecref(usual);
    return differs;
}

// isinstance against a real class, where __class__ may claim another type.
static int
isinstance_of_type(PyObject *op, PyObject *cls)
{
    if (object_type_check(op, (PyTypeObject *)cls)) {
        return 1;
    }
    if (!type_may_claim_class(type_of(op))) {
        return 0;
    }
    PyObject *claimed;
    int result = object_getattr_optional(op, ID(__class__), &claimed);
    if (result <= 0) {
        return result;
    }
    result = 0;
    if ((PyTypeObject *)claimed != type_of(op) && type_check(claimed)) {
        result = type_is_subtype((PyTypeObject *)claimed, (PyTypeObject *)cls);
    }
    decref(claimed);
    return result;
}

int
object_isinstance_recursive(PyObject *op, PyObject *cls)
{
    if (type_check(cls)) {
        return isinstance_of_type(op, cls);
    }
    if (class_like_check(
            cls, "isinstance() arg 2 must be a type, a tuple of types, or a union") < 0) {
        return -1;
    }
    PyObject *claimed;
    int result = object_getattr_optional(op, ID(__class__), &claimed);
    if (result > 0) {
        result = abstract_issubclass(claimed, cls);
        decref(claimed);
    }
    return result;
}

int
object_issubclass_recursive(PyObject *derived, PyObject *cls)
{
    if (type_check(cls) && type_check(derived)) {
        return type_is_subtype((PyTypeObject *)derived, (PyTypeObject *)cls);
    }
    if (class_like_check(derived, "issubclass() arg 1 must be a class") < 0) {
        return -1;
    }
    if (!union_check(cls) &&
        class_like_check(cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union") <
            0) {
        return -1;
    }
    return abstract_issubclass(derived, cls);
}

typedef int (*KindCheck)(PyObject *op, PyObject *cls);

// Tries each class of a tuple.
static int
kind_of_any(PyObject *op, PyObject *classes, KindCheck check, const char *where)
{
    if (enter_c(where) < 0) {
        return -1;
    }
    int result = 0;
    Py_ssize_t n = tuple_size(classes);
    for (Py_ssize_t i = 0; i < n && result == 0; i++) {
        result = check(op, tuple_item_borrow(classes, i));
    }
    thread_leave_c();
    return result;
}

// Asks the hook of cls (__instancecheck__ or __subclasscheck__): 1, 0, -1; -2 when it has none.
static int
kind_by_hook(PyObject *op, PyObject *cls, PyObject *hook_name, const char *where)
{
    PyObject *hook = object_lookup_special(cls, hook_name);
    if (hook == NULL) {
        return error_occurred() ? -1 : -2;
    }
    int result = -1;
    if (enter_c(where) == 0) {
        PyObject *answer = object_call_onearg(hook, op);
        thread_leave_c();
        if (answer != NULL) {
            result = object_is_true(answer);
            decref(answer);
        }
    }
    decref(hook);
    return result;
}

// A union stands for the tuple of its members. Consumes nothing; new reference.
static PyObject *
expand_union(PyObject *cls)
{
    return new_ref(union_check(cls) ? union_args_borrow(cls) : cls);
}

int
object_isinstance(PyObject *op, PyObject *cls)
{
    if (type_of(op) == (PyTypeObject *)cls) {
        return 1;
    }
    if (type_of(cls) == &PyType_Type) {
        return object_isinstance_recursive(op, cls);
    }
    cls = expand_union(cls);
    int result;
    if (tuple_check(cls)) {
        result = kind_of_any(op, cls, object_isinstance, " in __instancecheck__");
    }
    else {
        result = kind_by_hook(op, cls, ID(__instancecheck__), " in __instancecheck__");
        if (result == -2) {
            result = object_isinstance_recursive(op, cls);
        }
    }
    decref(cls);
    return result;
}

int
object_issubclass(PyObject *derived, PyObject *cls)
{
    if (type_of(cls) == &PyType_Type) {
        return derived == cls ? 1 : object_issubclass_recursive(derived, cls);
    }
    cls = expand_union(cls);
    int result;
    if (tuple_check(cls)) {
        result = kind_of_any(derived, cls, object_issubclass, " in __subclasscheck__");
    }
    else {
        result = kind_by_hook(derived, cls, ID(__subclasscheck__), " in __subclasscheck__");
        if (result == -2) {
            result = object_issubclass_recursive(derived, cls);
        }
    }
    decref(cls);
    return result;
}

bool
object_callable(PyObject *op)
{
    return op != NULL && type_of(op)->tp_call != NULL;
}

// ---- iteration ----

bool
object_is_iterable(PyObject *op)
{
    return type_of(op)->tp_iter != NULL || sequence_check(op);
}

PyObject *
object_iter(PyObject *op)
{
    getiterfunc iter = type_of(op)->tp_iter;
    if (iter == NULL) {
        if (sequence_check(op)) {
            return seqiter_new(op);
        }
        return error_format(PyExc_TypeError, "'%.200s' object is not iterable",
                            type_of(op)->tp_name);
    }
    PyObject *result = iter(op);
    if (result != NULL && !iter_check(result)) {
        error_format(PyExc_TypeError, "iter() returned non-iterator of type '%.100s'",
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

PyObject *
object_aiter(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    if (type->tp_as_async == NULL || type->tp_as_async->am_aiter == NULL) {
        return error_format(PyExc_TypeError, "'%.200s' object is not an async iterable",
                            type->tp_name);
    }
    PyObject *result = type->tp_as_async->am_aiter(op);
    if (result != NULL && !aiter_check(result)) {
        error_format(PyExc_TypeError, "aiter() returned not an async iterator of type '%.100s'",
                     type_of(result)->tp_name);
        clear_ref(result);
    }
    return result;
}

PyObject *
object_self_iter(PyObject *op)
{
    return new_ref(op);
}

// ---- listing and identity ----

PyObject *
object_dir(PyObject *op)
{
    PyObject *method = object_lookup_special(op, ID(__dir__));
    if (method == NULL) {
        if (!error_occurred()) {
            error_set(PyExc_TypeError, "object does not provide __dir__");
        }
        return NULL;
    }
    PyObject *names = object_call_noargs(method);
    decref(method);
    if (names == NULL) {
        return NULL;
    }
    PyObject *sorted = sequence_list(names);
    decref(names);
    if (sorted != NULL && list_sort(sorted) < 0) {
        clear_ref(sorted);
    }
    return sorted;
}

PyObject *
object_id(PyObject *op)
{
    // Unboxed numbers have no address: the word of the value, marked by low bits that no
    // aligned address has, is their identity.
    Value v = value_from_object(op);
    PyObject *result;
    if (value_is_pointer(v)) {
        result = int_from_u64((uint64_t)(uintptr_t)op);
        value_drop(v);
    }
    else if (value_is_int(v)) {
        result = int_from_u64((uint64_t)v | 1);
    }
    else {
        result = int_from_u64((uint64_t)v);
    }
    return result;
}

// ---- recursive representations ----

int
object_repr_enter(PyObject *op)
{
    Thread *ts = thread_current();
    if (ts->dict == NULL) {
        ts->dict = dict_new();
        if (ts->dict == NULL) {
            return -1;
        }
    }
    PyObject *list;
    int found = dict_get(ts->dict, ID(Py_Repr), &list);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        list = list_new(0);
        if (list == NULL || dict_set(ts->dict, ID(Py_Repr), list) < 0) {
            xdecref(list);
            return -1;
        }
    }
    // Only this thread knows the list, so its items can be looked at without references.
    PyListObject *items = (PyListObject *)list;
    int result = 0;
    for (Py_ssize_t i = size_of(items); i > 0; i--) {
        if (items->ob_item[i - 1] == op) {
            result = 1;
            break;
        }
    }
    if (result == 0) {
        result = list_append(list, op);
    }
    decref(list);
    return result;
}

void
object_repr_leave(PyObject *op)
{
    Thread *ts = thread_current();
    if (ts->dict == NULL) {
        return;
    }
    PyObject *exc = error_take();
    PyObject *list;
    if (dict_get(ts->dict, ID(Py_Repr), &list) > 0) {
        PyListObject *items = (PyListObject *)list;
        for (Py_ssize_t i = size_of(items); i > 0; i--) {
            if (items->ob_item[i - 1] == op) {
                xdecref(list_pop(list, i - 1));
                break;
            }
        }
        decref(list);
    }
    error_clear();
    error_restore_steal(exc);
}
