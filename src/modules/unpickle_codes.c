// The codes of the pickle format, executed.
//
// Input is not trusted to be well-formed: every code checks the stack above the innermost MARK.
//
// Threading: see unpickler.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/unpickler.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/list.h"
#include "objects/memoryview.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- stack ----

static int
underflow(Unpickler *self)
{
    error_set(self->state->unpickling_error,
              self->mark_count > 0 ? "unexpected MARK found" : "unpickling stack underflow");
    return -1;
}

// Whether n objects are above the innermost mark; else -1 with UnpicklingError.
static inline int
need(Unpickler *self, size_t n)
{
    return __builtin_expect(self->depth - self->fence >= n, 1) ? 0 : underflow(self);
}

// Pushes a result, which is consumed; NULL means that an exception is set.
static int
push_steal(Unpickler *self, PyObject *op)
{
    if (op == NULL) {
        return -1;
    }
    if (__builtin_expect(self->depth == self->stack_capacity, 0)) {
        size_t capacity = self->stack_capacity < 8 ? 8 : self->stack_capacity * 2;
        PyObject **grown = mem_realloc_array(self->stack, capacity, sizeof *grown);
        if (grown == NULL) {
            decref(op);
            error_no_memory();
            return -1;
        }
        self->stack = grown;
        self->stack_capacity = capacity;
    }
    self->stack[self->depth++] = op;
    return 0;
}

// Requires need(self, 1).
static inline PyObject *
pop(Unpickler *self)
{
    return self->stack[--self->depth];
}

static inline PyObject *
top(Unpickler *self)
{
    return self->stack[self->depth - 1];
}

static int
push_mark(Unpickler *self)
{
    if (self->mark_count == self->mark_capacity) {
        size_t capacity = self->mark_capacity < 20 ? 20 : self->mark_capacity * 2;
        size_t *grown = mem_realloc_array(self->marks, capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            return -1;
        }
        self->marks = grown;
        self->mark_capacity = capacity;
    }
    self->marks[self->mark_count++] = self->fence = self->depth;
    return 0;
}

// Takes the innermost mark off: 0 and its depth, or -1.
static int
pop_mark(Unpickler *self, size_t *mark)
{
    if (self->mark_count == 0) {
        error_set(self->state->unpickling_error, "could not find MARK");
        return -1;
    }
    *mark = self->marks[--self->mark_count];
    self->fence = self->mark_count > 0 ? self->marks[self->mark_count - 1] : 0;
    return 0;
}

// Drops what is above depth.
static void
cut(Unpickler *self, size_t depth)
{
    while (self->depth > depth) {
        decref(pop(self));
    }
}

// What is above depth, taken off the stack, as a tuple or list.
static PyObject *
take_tuple(Unpickler *self, size_t depth)
{
    size_t n = self->depth - depth;
    self->depth = depth;
    return tuple_from_array_steal(self->stack + depth, (Py_ssize_t)n);
}

static PyObject *
take_list(Unpickler *self, size_t depth)
{
    size_t n = self->depth - depth;
    self->depth = depth;
    return list_from_array_steal(self->stack + depth, (Py_ssize_t)n);
}

// ---- numbers ----

static uint64_t
number_at(const char *data, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)(unsigned char)data[i] << (8 * i);
    }
    return value;
}

// A number of that many bytes; false with an exception.
static bool
read_number(Unpickler *self, int bytes, uint64_t *value)
{
    const char *data = unpickle_read(self, (size_t)bytes);
    if (data != NULL) {
        *value = number_at(data, bytes);
    }
    return data != NULL;
}

static int
load_binint(Unpickler *self, int bytes)
{
    uint64_t value;
    if (!read_number(self, bytes, &value)) {
        return -1;
    }
    return push_steal(self, int_from_i64(bytes == 4 ? (int32_t)value : (int64_t)value));
}

// The line of a number, as a str without its end and without `suffix` (0: none). A line must have
// something before its end.
static PyObject *
read_number_line(Unpickler *self, char suffix)
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return NULL;
    }
    if (size < 2) {
        return unpickle_truncated(self);
    }
    size--;
    if (suffix != 0 && line[size - 1] == suffix) {
        size--;
    }
    return str_decode_latin1(line, (Py_ssize_t)size, NULL);
}

// INT: also the bool values of old protocols.
static int
load_int(Unpickler *self)
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return -1;
    }
    if (size < 2) {
        unpickle_truncated(self);
        return -1;
    }
    if (size == 3 && line[0] == '0' && (line[1] == '0' || line[1] == '1')) {
        return push_steal(self, new_ref(line[1] == '1' ? Py_True : Py_False));
    }
    // The line ends with '\n', which stops strtol.
    char *end;
    errno = 0;
    long value = strtol(line, &end, 10);
    if (errno == 0 && end != line && *end == '\n') {
        return push_steal(self, int_from_i64(value));
    }
    PyObject *text = str_decode_latin1(line, (Py_ssize_t)size - 1, NULL);
    PyObject *number = text != NULL ? int_from_str(text, 10) : NULL;
    xdecref(text);
    if (number == NULL && error_clear_if(PyExc_ValueError)) {
        error_set(PyExc_ValueError, "could not convert string to int");
    }
    return push_steal(self, number);
}

static int
load_long(Unpickler *self)
{
    PyObject *text = read_number_line(self, 'L');
    PyObject *number = text != NULL ? int_from_str(text, 10) : NULL;
    xdecref(text);
    return push_steal(self, number);
}

static int
load_counted_long(Unpickler *self, int bytes)
{
    uint64_t size;
    if (!read_number(self, bytes, &size)) {
        return -1;
    }
    if (bytes == 4 && (int32_t)size < 0) {
        // Corrupt or hostile: never written so.
        error_set(self->state->unpickling_error, "LONG pickle has negative byte count");
        return -1;
    }
    const char *data = size == 0 ? "" : unpickle_read(self, (size_t)size);
    if (data == NULL) {
        return -1;
    }
    return push_steal(self, size == 0 ? int_from_i64(0)
                                      : int_from_byte_array((const unsigned char *)data,
                                                            (size_t)size, true, true));
}

static int
load_float(Unpickler *self)
{
    PyObject *text = read_number_line(self, 0);
    if (text == NULL) {
        return -1;
    }
    PyObject *number = NULL;
    // Underscores are for literals.
    if (str_find_char(text, '_', 0, str_length(text), 1) < 0) {
        number = float_from_str(text);
    }
    else {
        error_format(PyExc_ValueError, "could not convert string to float: %R", text);
    }
    decref(text);
    return push_steal(self, number);
}

static int
load_binfloat(Unpickler *self)
{
    const char *data = unpickle_read(self, 8);
    if (data == NULL) {
        return -1;
    }
    return push_steal(self, float_from_double(float_unpack((const unsigned char *)data, 8,
                                                           false)));
}

// ---- bytes and text ----

// The size of what follows: false with an exception.
static bool
read_size(Unpickler *self, int bytes, const char *what, size_t *size)
{
    uint64_t value;
    if (!read_number(self, bytes, &value)) {
        return false;
    }
    if (value > PY_SSIZE_T_MAX) {
        error_format(PyExc_OverflowError, "%s exceeds system's maximum size of %zd bytes", what,
                     PY_SSIZE_T_MAX);
        return false;
    }
    *size = (size_t)value;
    return true;
}

static int
load_bytes(Unpickler *self, int bytes)
{
    size_t size;
    const char *data = read_size(self, bytes, "BINBYTES", &size) ? unpickle_read(self, size)
                                                                 : NULL;
    return data == NULL ? -1 : push_steal(self, bytes_from_data(data, (Py_ssize_t)size));
}

static int
load_bytearray(Unpickler *self)
{
    size_t size;
    const char *data = read_size(self, 8, "BYTEARRAY8", &size) ? unpickle_read(self, size)
                                                               : NULL;
    return data == NULL ? -1 : push_steal(self, bytearray_from_data(data, (Py_ssize_t)size));
}

static int
load_unicode(Unpickler *self, int bytes)
{
    size_t size;
    const char *data = read_size(self, bytes, "BINUNICODE", &size) ? unpickle_read(self, size)
                                                                   : NULL;
    return data == NULL ? -1 : push_steal(self, str_decode_utf8(data, (Py_ssize_t)size,
                                                                "surrogatepass"));
}

static int
load_unicode_line(Unpickler *self)
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return -1;
    }
    return push_steal(self, str_decode_raw_unicode_escape(line, (Py_ssize_t)size - 1, NULL,
                                                          NULL));
}

// A str of Python 2, which the options say how to read. The bytes are consumed.
static int
push_old_string_steal(Unpickler *self, PyObject *data)
{
    if (data == NULL || strcmp(self->encoding, "bytes") == 0) {
        return push_steal(self, data);
    }
    PyObject *text = str_from_encoded_object(data, self->encoding, self->errors);
    decref(data);
    return push_steal(self, text);
}

static int
load_old_string(Unpickler *self, int bytes)
{
    uint64_t size;
    if (!read_number(self, bytes, &size)) {
        return -1;
    }
    if (bytes == 4 && (int32_t)size < 0) {
        error_set(self->state->unpickling_error, "BINSTRING pickle has negative byte count");
        return -1;
    }
    const char *data = unpickle_read(self, (size_t)size);
    return data == NULL ? -1 : push_old_string_steal(self, bytes_from_data(data,
                                                                           (Py_ssize_t)size));
}

static int
load_quoted_string(Unpickler *self)
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return -1;
    }
    size--;
    if (size < 2 || line[0] != line[size - 1] || (line[0] != '\'' && line[0] != '"')) {
        error_set(self->state->unpickling_error, "the STRING opcode argument must be quoted");
        return -1;
    }
    const char *first_invalid;
    return push_old_string_steal(self, bytes_decode_escape(line + 1, (Py_ssize_t)size - 2, NULL,
                                                           &first_invalid));
}

static int
load_next_buffer(Unpickler *self)
{
    if (self->buffers == NULL) {
        error_set(self->state->unpickling_error,
                  "pickle stream refers to out-of-band data but no *buffers* argument was given");
        return -1;
    }
    PyObject *buffer = iter_next(self->buffers);
    if (buffer == NULL && !error_occurred()) {
        error_set(self->state->unpickling_error, "not enough out-of-band buffers");
    }
    return push_steal(self, buffer);
}

static int
load_readonly_buffer(Unpickler *self)
{
    if (need(self, 1) < 0) {
        return -1;
    }
    PyObject *view = memoryview_from_object(top(self));
    if (view == NULL) {
        return -1;
    }
    if (memoryview_buffer(view)->readonly) {
        decref(view);
        return 0;
    }
    PyObject *name = str_intern_cstr("toreadonly");
    PyObject *readonly = name != NULL ? object_call_method_noargs(view, name) : NULL;
    xdecref(name);
    decref(view);
    if (readonly == NULL) {
        return -1;
    }
    set_ref(self->stack[self->depth - 1], readonly);
    return 0;
}

// ---- containers ----

static int
load_small_tuple(Unpickler *self, size_t n)
{
    return need(self, n) < 0 ? -1 : push_steal(self, take_tuple(self, self->depth - n));
}

static int
load_marked(Unpickler *self, PyObject *(*take)(Unpickler *self, size_t depth))
{
    size_t mark;
    return pop_mark(self, &mark) < 0 ? -1 : push_steal(self, take(self, mark));
}

static int
load_frozenset(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    PyObject *items = take_tuple(self, mark);
    PyObject *result = items != NULL ? frozenset_new(items) : NULL;
    xdecref(items);
    return push_steal(self, result);
}

// dict[key] = value for the pairs above depth, which stay.
static int
set_pairs(Unpickler *self, PyObject *dict, size_t depth)
{
    bool exact = dict_check_exact(dict);
    for (size_t i = depth; i + 1 < self->depth; i += 2) {
        PyObject *key = self->stack[i], *value = self->stack[i + 1];
        int status = exact ? dict_set(dict, key, value) : object_setitem(dict, key, value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
load_dict(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    if ((self->depth - mark) % 2 != 0) {
        error_set(self->state->unpickling_error, "odd number of items for DICT");
        return -1;
    }
    PyObject *dict = dict_new();
    if (dict != NULL && set_pairs(self, dict, mark) < 0) {
        clear_ref(dict);
    }
    cut(self, mark);
    return push_steal(self, dict);
}

// SETITEM and SETITEMS: the dict lies below depth.
static int
do_setitems(Unpickler *self, size_t depth)
{
    if (depth > self->depth || depth <= self->fence) {
        return underflow(self);
    }
    if (self->depth == depth) {
        return 0;
    }
    if ((self->depth - depth) % 2 != 0) {
        error_set(self->state->unpickling_error, "odd number of items for SETITEMS");
        return -1;
    }
    int status = set_pairs(self, self->stack[depth - 1], depth);
    cut(self, depth);
    return status;
}

// Calls method for each object above depth.
static int
call_for_each(Unpickler *self, PyObject *method, size_t depth)
{
    for (size_t i = depth; i < self->depth; i++) {
        PyObject *result = object_call_onearg(method, self->stack[i]);
        if (result == NULL) {
            return -1;
        }
        decref(result);
    }
    return 0;
}

// Appends what is above depth to something that is no list.
static int
append_to_other(Unpickler *self, PyObject *op, size_t depth)
{
    PyObject *method;
    int found = object_getattr_optional(op, ID(extend), &method);
    if (found < 0) {
        return -1;
    }
    if (found > 0) {
        PyObject *items = take_list(self, depth);
        PyObject *result = items != NULL ? object_call_onearg(method, items) : NULL;
        xdecref(items);
        xdecref(result);
        decref(method);
        return result != NULL ? 0 : -1;
    }
    // Objects pickled before extend() was asked for have only this.
    method = object_getattr(op, ID(append));
    int status = method != NULL ? call_for_each(self, method, depth) : -1;
    xdecref(method);
    return status;
}

// APPEND and APPENDS: the list lies below depth.
static int
do_append(Unpickler *self, size_t depth)
{
    if (depth > self->depth || depth <= self->fence) {
        return underflow(self);
    }
    if (self->depth == depth) {
        return 0;
    }
    PyObject *list = self->stack[depth - 1];
    int status = 0;
    if (!list_check_exact(list)) {
        status = append_to_other(self, list, depth);
    }
    else if (self->depth - depth == 1) {
        status = list_append_steal(list, pop(self));
    }
    else {
        PyObject *items = take_list(self, depth);
        status = items != NULL ? list_extend(list, items) : -1;
        xdecref(items);
    }
    cut(self, depth);
    return status;
}

static int
load_additems(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    if (mark > self->depth || mark <= self->fence) {
        return underflow(self);
    }
    if (mark == self->depth) {
        return 0;
    }
    PyObject *set = self->stack[mark - 1];
    int status;
    if (set_check(set)) {
        PyObject *items = take_tuple(self, mark);
        status = items != NULL ? set_update(set, items) : -1;
        xdecref(items);
    }
    else {
        PyObject *add = object_getattr(set, ID(add));
        status = add != NULL ? call_for_each(self, add, mark) : -1;
        xdecref(add);
    }
    cut(self, mark);
    return status;
}

// ---- classes and instances ----

// A line of a GLOBAL or INST: its text in an encoding. Empty ones are no names.
static PyObject *
read_name(Unpickler *self, PyObject *(*decode)(const char *, Py_ssize_t, const char *))
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return NULL;
    }
    return size < 2 ? unpickle_truncated(self) : decode(line, (Py_ssize_t)size - 1, "strict");
}

// Two lines, module and name: the class.
static PyObject *
read_class(Unpickler *self, PyObject *(*decode)(const char *, Py_ssize_t, const char *))
{
    PyObject *module_name = read_name(self, decode);
    PyObject *name = module_name != NULL ? read_name(self, decode) : NULL;
    PyObject *cls = name != NULL ? unpickle_call_find_class(self, module_name, name) : NULL;
    xdecref(module_name);
    xdecref(name);
    return cls;
}

static int
load_inst(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    PyObject *cls = read_class(self, str_decode_ascii), *op = NULL;
    if (cls != NULL) {
        PyObject *args = take_tuple(self, mark);
        op = args != NULL ? unpickle_instantiate(cls, args) : NULL;
        xdecref(args);
        decref(cls);
    }
    return push_steal(self, op);
}

static int
load_obj(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    if (self->depth - mark < 1) {
        return underflow(self);
    }
    PyObject *args = take_tuple(self, mark + 1);
    PyObject *cls = pop(self);
    PyObject *op = args != NULL ? unpickle_instantiate(cls, args) : NULL;
    xdecref(args);
    decref(cls);
    return push_steal(self, op);
}

static int
load_stack_global(Unpickler *self)
{
    if (need(self, 2) < 0) {
        return -1;
    }
    PyObject *name = pop(self), *module_name = pop(self), *cls = NULL;
    if (str_check_exact(name) && str_check_exact(module_name)) {
        cls = unpickle_call_find_class(self, module_name, name);
    }
    else {
        error_set(self->state->unpickling_error, "STACK_GLOBAL requires str");
    }
    decref(name);
    decref(module_name);
    return push_steal(self, cls);
}

static int
load_extension(Unpickler *self, int bytes)
{
    uint64_t code;
    if (!read_number(self, bytes, &code)) {
        return -1;
    }
    return push_steal(self, unpickle_extension(self, bytes == 4 ? (int32_t)code : (long)code));
}

static int
load_newobj(Unpickler *self, bool with_kwargs)
{
    if (need(self, with_kwargs ? 3 : 2) < 0) {
        return -1;
    }
    PyObject *kwargs = with_kwargs ? pop(self) : NULL;
    PyObject *args = pop(self), *cls = pop(self);
    PyObject *op = unpickle_newobj(self, with_kwargs ? "NEWOBJ_EX" : "NEWOBJ", cls, args, kwargs);
    xdecref(kwargs);
    decref(args);
    decref(cls);
    return push_steal(self, op);
}

static int
load_reduce(Unpickler *self)
{
    if (need(self, 2) < 0) {
        return -1;
    }
    PyObject *args = pop(self), *function = pop(self), *op = NULL;
    if (tuple_check(args)) {
        op = object_vectorcall(function, tuple_items(args), (size_t)tuple_size(args), NULL);
    }
    else {
        error_set(PyExc_TypeError, "argument list must be a tuple");
    }
    decref(args);
    decref(function);
    return push_steal(self, op);
}

static int
load_build(Unpickler *self)
{
    if (need(self, 2) < 0) {
        return -1;
    }
    PyObject *state = pop(self);
    int status = unpickle_build(self, top(self), state);
    decref(state);
    return status;
}

// The object of a persistent id, which is consumed.
static int
push_persistent_steal(Unpickler *self, PyObject *id)
{
    PyObject *op = NULL;
    if (id != NULL && self->call_persistent_load != NULL) {
        op = object_call_onearg(self->call_persistent_load, id);
    }
    else if (id != NULL) {
        error_set(self->state->unpickling_error,
                  "A load persistent id instruction was encountered, but no persistent_load "
                  "function was specified.");
    }
    xdecref(id);
    return push_steal(self, op);
}

static int
load_persistent_line(Unpickler *self)
{
    size_t size;
    const char *line = unpickle_read_line(self, &size);
    if (line == NULL) {
        return -1;
    }
    PyObject *id = str_decode_ascii(line, (Py_ssize_t)size - 1, "strict");
    if (id == NULL && error_clear_if(PyExc_UnicodeDecodeError)) {
        error_set(self->state->unpickling_error,
                  "persistent IDs in protocol 0 must be ASCII strings");
    }
    return push_persistent_steal(self, id);
}

// ---- memo and stack codes ----

// The number in a line of GET or PUT: false with an exception.
static bool
read_memo_line(Unpickler *self, Py_ssize_t *number)
{
    PyObject *text = read_number_line(self, 0);
    PyObject *value = text != NULL ? int_from_str(text, 10) : NULL;
    xdecref(text);
    if (value == NULL) {
        return false;
    }
    *number = int_as_ssize(value);
    decref(value);
    return *number != -1 || !error_occurred();
}

static int
load_get(Unpickler *self, int bytes)
{
    Py_ssize_t number;
    uint64_t value;
    if (bytes == 0 ? !read_memo_line(self, &number) : !read_number(self, bytes, &value)) {
        return -1;
    }
    PyObject *op = unpickle_memo_get(self, bytes == 0 ? (size_t)number : (size_t)value);
    return op == NULL ? -1 : push_steal(self, new_ref(op));
}

static int
load_put(Unpickler *self, int bytes)
{
    Py_ssize_t number = 0;
    uint64_t value;
    if (bytes == 0) {
        if (!read_memo_line(self, &number)) {
            return -1;
        }
        value = (uint64_t)number;
    }
    else if (!read_number(self, bytes, &value)) {
        return -1;
    }
    if (need(self, 1) < 0) {
        return -1;
    }
    if (number < 0) {
        error_set(PyExc_ValueError, "negative PUT argument");
        return -1;
    }
    return unpickle_memo_put(self, (size_t)value, top(self));
}

static int
load_pop(Unpickler *self)
{
    // A mark may be what is on top.
    if (self->mark_count > 0 && self->marks[self->mark_count - 1] == self->depth) {
        size_t mark;
        return pop_mark(self, &mark);
    }
    if (need(self, 1) < 0) {
        return -1;
    }
    decref(pop(self));
    return 0;
}

static int
load_pop_mark(Unpickler *self)
{
    size_t mark;
    if (pop_mark(self, &mark) < 0) {
        return -1;
    }
    cut(self, mark);
    return 0;
}

static int
load_protocol(Unpickler *self)
{
    uint64_t protocol;
    if (!read_number(self, 1, &protocol)) {
        return -1;
    }
    if (protocol > PICKLE_HIGHEST) {
        error_format(PyExc_ValueError, "unsupported pickle protocol: %d", (int)protocol);
        return -1;
    }
    self->protocol = (int)protocol;
    return 0;
}

static int
load_frame(Unpickler *self)
{
    uint64_t size;
    if (!read_number(self, 8, &size)) {
        return -1;
    }
    if (size > PY_SSIZE_T_MAX) {
        error_format(PyExc_OverflowError,
                     "FRAME length exceeds system's maximum of %zu bytes",
                     (size_t)PY_SSIZE_T_MAX);
        return -1;
    }
    return unpickle_read_frame(self, (size_t)size);
}

static int
invalid_code(Unpickler *self, unsigned char code)
{
    if (code >= 0x20 && code <= 0x7e && code != '\'' && code != '\\') {
        error_format(self->state->unpickling_error, "invalid load key, '%c'.", code);
    }
    else {
        error_format(self->state->unpickling_error, "invalid load key, '\\x%02x'.", code);
    }
    return -1;
}

static int
execute(Unpickler *self, unsigned char code)
{
    switch (code) {
    case OP_NONE: return push_steal(self, new_ref(Py_None));
    case OP_NEWTRUE: return push_steal(self, new_ref(Py_True));
    case OP_NEWFALSE: return push_steal(self, new_ref(Py_False));
    case OP_BININT: return load_binint(self, 4);
    case OP_BININT1: return load_binint(self, 1);
    case OP_BININT2: return load_binint(self, 2);
    case OP_INT: return load_int(self);
    case OP_LONG: return load_long(self);
    case OP_LONG1: return load_counted_long(self, 1);
    case OP_LONG4: return load_counted_long(self, 4);
    case OP_FLOAT: return load_float(self);
    case OP_BINFLOAT: return load_binfloat(self);
    case OP_SHORT_BINBYTES: return load_bytes(self, 1);
    case OP_BINBYTES: return load_bytes(self, 4);
    case OP_BINBYTES8: return load_bytes(self, 8);
    case OP_BYTEARRAY8: return load_bytearray(self);
    case OP_NEXT_BUFFER: return load_next_buffer(self);
    case OP_READONLY_BUFFER: return load_readonly_buffer(self);
    case OP_SHORT_BINUNICODE: return load_unicode(self, 1);
    case OP_BINUNICODE: return load_unicode(self, 4);
    case OP_BINUNICODE8: return load_unicode(self, 8);
    case OP_UNICODE: return load_unicode_line(self);
    case OP_SHORT_BINSTRING: return load_old_string(self, 1);
    case OP_BINSTRING: return load_old_string(self, 4);
    case OP_STRING: return load_quoted_string(self);
    case OP_EMPTY_TUPLE: return push_steal(self, tuple_empty());
    case OP_TUPLE1: return load_small_tuple(self, 1);
    case OP_TUPLE2: return load_small_tuple(self, 2);
    case OP_TUPLE3: return load_small_tuple(self, 3);
    case OP_TUPLE: return load_marked(self, take_tuple);
    case OP_EMPTY_LIST: return push_steal(self, list_new(0));
    case OP_LIST: return load_marked(self, take_list);
    case OP_EMPTY_DICT: return push_steal(self, dict_new());
    case OP_DICT: return load_dict(self);
    case OP_EMPTY_SET: return push_steal(self, set_new(NULL));
    case OP_ADDITEMS: return load_additems(self);
    case OP_FROZENSET: return load_frozenset(self);
    case OP_APPEND: return need(self, 1) < 0 ? -1 : do_append(self, self->depth - 1);
    case OP_SETITEM: return need(self, 2) < 0 ? -1 : do_setitems(self, self->depth - 2);
    case OP_APPENDS: {
        size_t mark;
        return pop_mark(self, &mark) < 0 ? -1 : do_append(self, mark);
    }
    case OP_SETITEMS: {
        size_t mark;
        return pop_mark(self, &mark) < 0 ? -1 : do_setitems(self, mark);
    }
    case OP_GLOBAL: return push_steal(self, read_class(self, str_decode_utf8));
    case OP_STACK_GLOBAL: return load_stack_global(self);
    case OP_INST: return load_inst(self);
    case OP_OBJ: return load_obj(self);
    case OP_NEWOBJ: return load_newobj(self, false);
    case OP_NEWOBJ_EX: return load_newobj(self, true);
    case OP_REDUCE: return load_reduce(self);
    case OP_BUILD: return load_build(self);
    case OP_EXT1: return load_extension(self, 1);
    case OP_EXT2: return load_extension(self, 2);
    case OP_EXT4: return load_extension(self, 4);
    case OP_PERSID: return load_persistent_line(self);
    case OP_BINPERSID: return need(self, 1) < 0 ? -1 : push_persistent_steal(self, pop(self));
    case OP_GET: return load_get(self, 0);
    case OP_BINGET: return load_get(self, 1);
    case OP_LONG_BINGET: return load_get(self, 4);
    case OP_PUT: return load_put(self, 0);
    case OP_BINPUT: return load_put(self, 1);
    case OP_LONG_BINPUT: return load_put(self, 4);
    case OP_MEMOIZE:
        return need(self, 1) < 0 ? -1 : unpickle_memo_put(self, self->memo_used, top(self));
    case OP_MARK: return push_mark(self);
    case OP_POP: return load_pop(self);
    case OP_POP_MARK: return load_pop_mark(self);
    case OP_DUP: return need(self, 1) < 0 ? -1 : push_steal(self, new_ref(top(self)));
    case OP_PROTO: return load_protocol(self);
    case OP_FRAME: return load_frame(self);
    default: return invalid_code(self, code);
    }
}

PyObject *
unpickle_run(Unpickler *self)
{
    for (;;) {
        const char *code = unpickle_read(self, 1);
        if (code == NULL) {
            if (error_clear_if(self->state->unpickling_error)) {
                error_set(PyExc_EOFError, "Ran out of input");
            }
            return NULL;
        }
        if ((unsigned char)*code == OP_STOP) {
            break;
        }
        if (execute(self, (unsigned char)*code) < 0) {
            return NULL;
        }
    }
    if (unpickle_skip_consumed(self) < 0 || need(self, 1) < 0) {
        return NULL;
    }
    return pop(self);
}
