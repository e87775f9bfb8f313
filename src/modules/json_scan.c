// The JSON scanner: values out of text. Used by json.decoder. Reference: RFC 8259 and the
// documentation of `json`.
//
// The text is read once, by code made for each width of characters (json_scan_body.h). Items of
// arrays and objects wait on a stack of tagged values until their container closes, which is then
// made in one go; numbers in objects need no box at all. Keys that occur again are found by their
// characters in a small table before any str is made.
//
// Threading: scanners are immutable; all state of a scan is local to the call.
#include <stddef.h>
#include <stdint.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "modules/json_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/value.h"
#include "thread/thread.h"

// All immutable; NULL only once cleared by the collector.
typedef struct {
    PyObject ob_base;
    bool strict;
    PyObject *object_hook;          // or None, as the next
    PyObject *object_pairs_hook;
    PyObject *parse_float;
    PyObject *parse_int;
    PyObject *parse_constant;
} JsonScanner;

#define KEY_SLOTS 64

// Digits that a 62-bit integer holds whatever they are.
#define DIGITS_MAX 18
// Stands for exponents that are not worth counting.
#define EXPONENT_BEYOND 10000

typedef struct {
    const JsonScanner *scanner;     // NULL for a lone string
    bool strict;
    bool is_ascii;
    PyObject *source;               // the str; what errors show
    const void *text;               // its characters
    Py_ssize_t length;
    Value *stack;                   // items of open containers, owned
    Py_ssize_t top;
    Py_ssize_t room;
    uint64_t keys_used;             // bit i: keys[i] is set
    PyObject *keys[KEY_SLOTS];      // by a hash of a few characters
    PyObject *more_keys;            // dict, made when a slot is taken: key -> itself
} Scan;

// ---- errors ----

// Raises JSONDecodeError(message, text, position). Always -1.
static Py_ssize_t
scan_error(const char *message, const Scan *scan, Py_ssize_t position)
{
    PyObject *decoder = hooks.import_module("json.decoder");
    PyObject *class = decoder != NULL ? object_getattr(decoder, ID(JSONDecodeError)) : NULL;
    PyObject *text = class != NULL ? str_from_cstr(message) : NULL;
    PyObject *at = text != NULL ? int_from_ssize(position) : NULL;
    PyObject *exc = at != NULL ? object_call_objargs(class, text, scan->source, at, NULL) : NULL;
    if (exc != NULL) {
        error_set_object((PyObject *)type_of(exc), exc);
    }
    xdecref(exc);
    xdecref(at);
    xdecref(text);
    xdecref(class);
    xdecref(decoder);
    return -1;
}

static Value
no_value(Py_ssize_t position)
{
    PyObject *at = int_from_ssize(position);
    if (at != NULL) {
        error_set_stop_iteration(at);
        decref(at);
    }
    return VALUE_UNSET;
}

// ---- what needs no characters ----

static Value
call_constant(const Scan *scan, const char *name)
{
    PyObject *text = str_intern_cstr(name);
    PyObject *result = text != NULL ? object_call_onearg(scan->scanner->parse_constant, text) : NULL;
    xdecref(text);
    return result != NULL ? value_from_object_steal(result) : VALUE_UNSET;
}

static const double powers_of_ten[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

// digits * 10 ** (scale + exponent), when both factors are exact doubles, so that one operation rounds
// correctly.
static bool
exact_double(uint64_t digits, int count, int scale, int exponent, double *result)
{
    int power = scale + exponent;
    if (count > DIGITS_MAX || digits > (uint64_t)1 << 53 || scale <= -DIGITS_MAX || power < -22
        || power > 22) {
        return false;
    }
    *result = power < 0 ? (double)digits / powers_of_ten[-power]
                        : (double)digits * powers_of_ten[power];
    return true;
}

// The first of the equal keys seen so far. Consumes key.
static PyObject *
share_key_steal(Scan *scan, PyObject *key)
{
    if (key == NULL || (scan->more_keys == NULL && (scan->more_keys = dict_new()) == NULL)) {
        xdecref(key);
        return NULL;
    }
    PyObject *first;
    int status = dict_setdefault(scan->more_keys, key, key, &first);
    decref(key);
    return status < 0 ? NULL : first;
}

static int
grow_stack(Scan *scan)
{
    Py_ssize_t room = scan->room > 0 ? scan->room * 2 : 64;
    Value *stack = mem_realloc(scan->stack, (size_t)room * sizeof *stack);
    if (stack == NULL) {
        error_no_memory();
        return -1;
    }
    scan->stack = stack;
    scan->room = room;
    return 0;
}

static inline int
push_value_steal(Scan *scan, Value value)
{
    if (scan->top == scan->room && grow_stack(scan) < 0) {
        value_drop(value);
        return -1;
    }
    scan->stack[scan->top++] = value;
    return 0;
}

static void
drop_values(Scan *scan, Py_ssize_t base)
{
    while (scan->top > base) {
        value_drop(scan->stack[--scan->top]);
    }
}

static Value
finish_array(Scan *scan, Py_ssize_t base)
{
    PyObject *list = list_from_values_steal(scan->stack + base, scan->top - base);
    scan->top = base;
    return list != NULL ? value_owned(list) : VALUE_UNSET;
}

// The list of pairs that object_pairs_hook gets.
static PyObject *
make_pairs(Scan *scan, Py_ssize_t base)
{
    Py_ssize_t n = (scan->top - base) / 2;
    PyObject *pairs = list_new(n);
    for (Py_ssize_t i = 0; pairs != NULL && i < n; i++) {
        PyObject *pair = tuple_from_values_steal(scan->stack + base + 2 * i, 2);
        scan->stack[base + 2 * i] = scan->stack[base + 2 * i + 1] = VALUE_UNSET;
        if (pair == NULL) {
            clear_ref(pairs);
        }
        else {
            list_set_item_steal(pairs, i, pair);
        }
    }
    drop_values(scan, base);
    return pairs;
}

static Value
finish_object(Scan *scan, Py_ssize_t base)
{
    PyObject *hook = scan->scanner->object_pairs_hook;
    PyObject *made;
    if (hook != Py_None) {
        made = make_pairs(scan, base);
    }
    else {
        hook = scan->scanner->object_hook;
        made = dict_from_values_steal(scan->stack + base, (scan->top - base) / 2);
        scan->top = base;
        if (hook == Py_None) {
            return made != NULL ? value_owned(made) : VALUE_UNSET;
        }
    }
    PyObject *result = made != NULL ? object_call_onearg(hook, made) : NULL;
    xdecref(made);
    return result != NULL ? value_from_object_steal(result) : VALUE_UNSET;
}

// ---- the three widths ----

#define CHAR Py_UCS1
#define NAME(x) x##_ucs1
#include "modules/json_scan_body.h"
#undef CHAR
#undef NAME

#define CHAR Py_UCS2
#define NAME(x) x##_ucs2
#include "modules/json_scan_body.h"
#undef CHAR
#undef NAME

#define CHAR Py_UCS4
#define NAME(x) x##_ucs4
#include "modules/json_scan_body.h"
#undef CHAR
#undef NAME

static void
scan_init(Scan *scan, const JsonScanner *scanner, PyObject *source, bool strict)
{
    scan->scanner = scanner;
    scan->strict = strict;
    scan->is_ascii = str_is_ascii(source);
    scan->source = source;
    scan->text = str_data(source);
    scan->length = str_length(source);
    scan->stack = NULL;
    scan->top = scan->room = 0;
    scan->keys_used = 0;
    scan->more_keys = NULL;
}

static void
scan_fini(Scan *scan)
{
    mem_free(scan->stack);
    for (uint64_t used = scan->keys_used; used != 0; used &= used - 1) {
        decref(scan->keys[__builtin_ctzll(used)]);
    }
    xdecref(scan->more_keys);
}

// (value, end), consuming value; NULL when value is NULL.
static PyObject *
value_and_end_steal(PyObject *value, Py_ssize_t end)
{
    PyObject *at = value != NULL ? int_from_ssize(end) : NULL;
    if (at == NULL) {
        xdecref(value);
        return NULL;
    }
    return tuple_pair_steal(value, at);
}

PyObject *
json_scanstring(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *source;
    Py_ssize_t end;
    int strict = 1;
    if (!args_parse_stack(args, nargs, "On|p:scanstring", &source, &end, &strict)) {
        return NULL;
    }
    if (!str_check(source)) {
        return error_format(PyExc_TypeError, "first argument must be a string, not %.80s",
                            type_of(source)->tp_name);
    }
    if (end < 0 || end > str_length(source)) {
        return error_set(PyExc_ValueError, "end is out of bounds");
    }
    Scan scan;
    scan_init(&scan, NULL, source, strict);
    PyObject *string = str_kind(source) == 1 ? read_string_ucs1(&scan, end, &end)
                       : str_kind(source) == 2 ? read_string_ucs2(&scan, end, &end)
                       : read_string_ucs4(&scan, end, &end);
    scan_fini(&scan);
    return value_and_end_steal(string, end);
}

// ---- the type ----

static PyObject *
scanner_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"string", "idx", NULL};
    JsonScanner *self = (JsonScanner *)op;
    PyObject *source;
    Py_ssize_t i;
    if (!args_parse_static(args, kwargs, "On:scan_once", names, &source, &i)) {
        return NULL;
    }
    if (!str_check(source)) {
        return error_format(PyExc_TypeError, "first argument must be a string, not %.80s",
                            type_of(source)->tp_name);
    }
    if (i < 0) {
        return error_set(PyExc_ValueError, "idx cannot be negative");
    }
    Scan scan;
    scan_init(&scan, self, source, self->strict);
    Value value = str_kind(source) == 1 ? read_value_ucs1(&scan, i, &i)
                  : str_kind(source) == 2 ? read_value_ucs2(&scan, i, &i)
                  : read_value_ucs4(&scan, i, &i);
    scan_fini(&scan);
    return value == VALUE_UNSET ? NULL : value_and_end_steal(value_box_steal(value), i);
}

NATIVE_LIFETIME(scanner, JsonScanner, 5, object_hook, object_pairs_hook, parse_float, parse_int,
                parse_constant)

static int
scanner_clear(PyObject *op)
{
    JsonScanner *self = (JsonScanner *)op;
    clear_ref(self->object_hook);
    clear_ref(self->object_pairs_hook);
    clear_ref(self->parse_float);
    clear_ref(self->parse_int);
    clear_ref(self->parse_constant);
    return 0;
}

static PyObject *
scanner_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"context", NULL};
    PyObject *context;
    if (!args_parse_static(args, kwargs, "O:make_scanner", names, &context)) {
        return NULL;
    }
    JsonScanner *self = (JsonScanner *)type_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    PyObject *strict = object_getattr(context, ID(strict));
    int truth = strict != NULL ? object_is_true(strict) : -1;
    xdecref(strict);
    self->strict = truth > 0;
    if (truth < 0
        || (self->object_hook = object_getattr(context, ID(object_hook))) == NULL
        || (self->object_pairs_hook = object_getattr(context, ID(object_pairs_hook))) == NULL
        || (self->parse_float = object_getattr(context, ID(parse_float))) == NULL
        || (self->parse_int = object_getattr(context, ID(parse_int))) == NULL
        || (self->parse_constant = object_getattr(context, ID(parse_constant))) == NULL) {
        decref(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyMemberDef scanner_members[] = {
    {"strict", Py_T_BOOL, offsetof(JsonScanner, strict), Py_READONLY, "strict"},
    {"object_hook", _Py_T_OBJECT, offsetof(JsonScanner, object_hook), Py_READONLY, "object_hook"},
    {"object_pairs_hook", _Py_T_OBJECT, offsetof(JsonScanner, object_pairs_hook), Py_READONLY, NULL},
    {"parse_float", _Py_T_OBJECT, offsetof(JsonScanner, parse_float), Py_READONLY, "parse_float"},
    {"parse_int", _Py_T_OBJECT, offsetof(JsonScanner, parse_int), Py_READONLY, "parse_int"},
    {"parse_constant", _Py_T_OBJECT, offsetof(JsonScanner, parse_constant), Py_READONLY,
     "parse_constant"},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject json_scanner_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_json.Scanner",
    .tp_doc = "JSON scanner object",
    .tp_basicsize = sizeof(JsonScanner),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_getattro = object_generic_getattr,
    .tp_dealloc = scanner_dealloc,
    .tp_traverse = scanner_traverse,
    .tp_clear = scanner_clear,
    .tp_call = scanner_call,
    .tp_members = scanner_members,
    .tp_new = scanner_new,
};
