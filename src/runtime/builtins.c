// The `builtins` module: assembly, and the functions about single objects. Iteration is in
// builtins_iter.c, code in builtins_code.c, input and output in builtins_io.c.
#include "runtime/builtins.h"

#include "objects/args.h"
#include "objects/bool.h"
#include "objects/bytearray.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/format.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/list.h"
#include "objects/mapping.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/template.h"
#include "objects/type.h"
#include "objects/typevar.h"
#include "runtime/anext.h"
#include "runtime/print_error.h"
#include "runtime/runtime.h"
#include "runtime/sys.h"
#include "runtime/warnings.h"
#include "vm/vm.h"

// ---- numbers ----

static PyObject *
builtin_abs(PyObject *module, PyObject *x)
{
    return number_absolute(x);
}

static PyObject *
builtin_bin(PyObject *module, PyObject *number)
{
    return number_to_base(number, 2);
}

static PyObject *
builtin_oct(PyObject *module, PyObject *number)
{
    return number_to_base(number, 8);
}

static PyObject *
builtin_hex(PyObject *module, PyObject *number)
{
    return number_to_base(number, 16);
}

static PyObject *
builtin_divmod(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("divmod", nargs, 2, 2)) {
        return NULL;
    }
    return number_divmod(args[0], args[1]);
}

static PyObject *
builtin_pow(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"base", "exp", "mod", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "pow"};
    PyObject *given[3];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 2, 3, 0, given)) {
        return NULL;
    }
    return number_power(given[0], given[1], given[2] == NULL ? Py_None : given[2]);
}

static PyObject *
builtin_round(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"number", "ndigits", NULL};
    static ArgsParser parser = {.keywords = keywords, .fname = "round"};
    PyObject *given[2];
    if (!args_unpack_keywords(args, nargs, NULL, kwnames, &parser, 1, 2, 0, given)) {
        return NULL;
    }
    PyObject *method = object_lookup_special(given[0], ID(__round__));
    if (method == NULL) {
        if (!error_occurred()) {
            error_format(PyExc_TypeError, "type %.100s doesn't define __round__ method",
                         type_of(given[0])->tp_name);
        }
        return NULL;
    }
    bool plain = given[1] == NULL || given[1] == Py_None;
    PyObject *result = plain ? object_call_noargs(method) : object_call_onearg(method, given[1]);
    decref(method);
    return result;
}

// ---- text ----

static PyObject *
builtin_ascii(PyObject *module, PyObject *obj)
{
    return object_ascii(obj);
}

static PyObject *
builtin_repr(PyObject *module, PyObject *obj)
{
    return object_repr(obj);
}

static PyObject *
builtin_chr(PyObject *module, PyObject *i)
{
    PyObject *index = number_index_raw(i);
    if (index == NULL) {
        return NULL;
    }
    int overflow;
    int64_t ordinal = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow != 0 || ordinal < 0 || ordinal > STR_MAX_CHAR) {
        return error_set(PyExc_ValueError, "chr() arg not in range(0x110000)");
    }
    return str_from_char((Py_UCS4)ordinal);
}

static PyObject *
builtin_ord(PyObject *module, PyObject *c)
{
    Py_ssize_t size;
    if (str_check(c)) {
        size = str_length(c);
        if (size == 1) {
            return int_from_i64(str_read_char(c, 0));
        }
    }
    else if (bytes_check(c)) {
        size = bytes_length(c);
        if (size == 1) {
            return int_from_i64((unsigned char)bytes_data(c)[0]);
        }
    }
    else if (bytearray_check(c)) {
        size = bytearray_length(c);
        if (size == 1) {
            return int_from_i64((unsigned char)bytearray_data(c)[0]);
        }
    }
    else {
        return error_format(PyExc_TypeError,
                            "ord() expected string of length 1, but %.200s found",
                            type_of(c)->tp_name);
    }
    return error_format(PyExc_TypeError,
                        "ord() expected a character, but string of length %zd found", size);
}

static PyObject *
builtin_format(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("format", nargs, 1, 2)) {
        return NULL;
    }
    PyObject *spec = nargs > 1 ? args[1] : NULL;
    if (spec != NULL && !str_check(spec)) {
        args_bad_argument("format", "argument 2", "str", spec);
        return NULL;
    }
    return format_object(args[0], spec);
}

// ---- attributes ----

static PyObject *
builtin_getattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("getattr", nargs, 2, 3)) {
        return NULL;
    }
    if (nargs == 2) {
        return object_getattr(args[0], args[1]);
    }
    PyObject *value;
    int found = object_getattr_optional(args[0], args[1], &value);
    return found == 0 ? new_ref(args[2]) : value;
}

static PyObject *
builtin_hasattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("hasattr", nargs, 2, 2)) {
        return NULL;
    }
    int found = object_hasattr(args[0], args[1]);
    return found < 0 ? NULL : bool_from_int(found);
}

static PyObject *
builtin_setattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("setattr", nargs, 3, 3) ||
        object_setattr(args[0], args[1], args[2]) < 0) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
builtin_delattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("delattr", nargs, 2, 2) || object_delattr(args[0], args[1]) < 0) {
        return NULL;
    }
    return Py_None;
}

static PyObject *
builtin_vars(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("vars", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0) {
        return vm_locals();
    }
    PyObject *dict;
    int found = object_getattr_optional(args[0], ID(__dict__), &dict);
    if (found == 0) {
        error_set(PyExc_TypeError, "vars() argument must have __dict__ attribute");
    }
    return dict;
}

PyObject *
builtins_dir_locals(void)
{
    PyObject *locals = vm_locals();
    if (locals == NULL) {
        return NULL;
    }
    PyObject *names = mapping_keys(locals);
    decref(locals);
    if (names == NULL) {
        return NULL;
    }
    if (!list_check(names)) {
        error_format(PyExc_TypeError, "dir(): expected keys() of locals to be a list, not '%.200s'",
                     type_of(names)->tp_name);
        clear_ref(names);
    }
    else if (list_sort(names) < 0) {
        clear_ref(names);
    }
    return names;
}

static PyObject *
builtin_dir(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("dir", nargs, 0, 1)) {
        return NULL;
    }
    return nargs == 0 ? builtins_dir_locals() : object_dir(args[0]);
}

// ---- kinds and identity ----

static PyObject *
builtin_callable(PyObject *module, PyObject *obj)
{
    return bool_from_int(object_callable(obj));
}

static PyObject *
builtin_isinstance(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("isinstance", nargs, 2, 2)) {
        return NULL;
    }
    int result = object_isinstance(args[0], args[1]);
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
builtin_issubclass(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("issubclass", nargs, 2, 2)) {
        return NULL;
    }
    int result = object_issubclass(args[0], args[1]);
    return result < 0 ? NULL : bool_from_int(result);
}

static PyObject *
builtin_hash(PyObject *module, PyObject *obj)
{
    Py_hash_t hash = object_hash(obj);
    return hash == -1 && error_occurred() ? NULL : int_from_ssize(hash);
}

static PyObject *
builtin_id(PyObject *module, PyObject *obj)
{
    PyObject *id = object_id(obj);
    if (id != NULL && sys_audit("builtins.id", "(O)", id) < 0) {
        clear_ref(id);
    }
    return id;
}

static PyObject *
builtin_len(PyObject *module, PyObject *obj)
{
    Py_ssize_t length = object_length(obj);
    return length < 0 ? NULL : int_from_ssize(length);
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define FAST_KEYWORDS(function) \
    (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

PyMethodDef builtins_object_methods[] = {
    {"abs", builtin_abs, METH_O,
     "abs($module, number, /)\n--\n\nReturn the absolute value of the argument."},
    {"ascii", builtin_ascii, METH_O,
     "ascii($module, obj, /)\n--\n\n"
     "Return an ASCII-only representation of an object.\n\n"
     "As repr(), return a string containing a printable representation of an\n"
     "object, but escape the non-ASCII characters in the string returned by\n"
     "repr() using \\\\x, \\\\u or \\\\U escapes. This generates a string similar\n"
     "to that returned by repr() in Python 2."},
    {"bin", builtin_bin, METH_O,
     "bin($module, number, /)\n--\n\n"
     "Return the binary representation of an integer.\n\n"
     "   >>> bin(2796202)\n   '0b1010101010101010101010'"},
    {"callable", builtin_callable, METH_O,
     "callable($module, obj, /)\n--\n\n"
     "Return whether the object is callable (i.e., some kind of function).\n\n"
     "Note that classes are callable, as are instances of classes with a\n__call__() method."},
    {"chr", builtin_chr, METH_O,
     "chr($module, i, /)\n--\n\n"
     "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff."},
    {"delattr", FAST(builtin_delattr),
     "delattr($module, obj, name, /)\n--\n\n"
     "Deletes the named attribute from the given object.\n\n"
     "delattr(x, 'y') is equivalent to ``del x.y``"},
    {"dir", FAST(builtin_dir),
     "dir([object]) -> list of strings\n\n"
     "If called without an argument, return the names in the current scope.\n"
     "Else, return an alphabetized list of names comprising (some of) the attributes\n"
     "of the given object, and of attributes reachable from it.\n"
     "If the object supplies a method named __dir__, it will be used; otherwise\n"
     "the default dir() logic is used and returns:\n"
     "  for a module object: the module's attributes.\n"
     "  for a class object:  its attributes, and recursively the attributes\n"
     "    of its bases.\n"
     "  for any other object: its attributes, its class's attributes, and\n"
     "    recursively the attributes of its class's base classes."},
    {"divmod", FAST(builtin_divmod),
     "divmod($module, x, y, /)\n--\n\n"
     "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x."},
    {"format", FAST(builtin_format),
     "format($module, value, format_spec='', /)\n--\n\n"
     "Return type(value).__format__(value, format_spec)\n\n"
     "Many built-in types implement format_spec according to the\n"
     "Format Specification Mini-language. See help('FORMATTING').\n\n"
     "If type(value) does not supply a method named __format__\n"
     "and format_spec is empty, then str(value) is returned.\n"
     "See also help('SPECIALMETHODS')."},
    {"getattr", FAST(builtin_getattr),
     "getattr(object, name[, default]) -> value\n\n"
     "Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.\n"
     "When a default argument is given, it is returned when the attribute doesn't\n"
     "exist; without it, an exception is raised in that case."},
    {"hasattr", FAST(builtin_hasattr),
     "hasattr($module, obj, name, /)\n--\n\n"
     "Return whether the object has an attribute with the given name.\n\n"
     "This is done by calling getattr(obj, name) and catching AttributeError."},
    {"hash", builtin_hash, METH_O,
     "hash($module, obj, /)\n--\n\n"
     "Return the hash value for the given object.\n\n"
     "Two objects that compare equal must also have the same hash value, but the\n"
     "reverse is not necessarily true."},
    {"hex", builtin_hex, METH_O,
     "hex($module, number, /)\n--\n\n"
     "Return the hexadecimal representation of an integer.\n\n"
     "   >>> hex(12648430)\n   '0xc0ffee'"},
    {"id", builtin_id, METH_O,
     "id($module, obj, /)\n--\n\n"
     "Return the identity of an object.\n\n"
     "This is guaranteed to be unique among simultaneously existing objects.\n"
     "(CPython uses the object's memory address.)"},
    {"isinstance", FAST(builtin_isinstance),
     "isinstance($module, obj, class_or_tuple, /)\n--\n\n"
     "Return whether an object is an instance of a class or of a subclass thereof.\n\n"
     "A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to\n"
     "check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)\n"
     "or ...`` etc."},
    {"issubclass", FAST(builtin_issubclass),
     "issubclass($module, cls, class_or_tuple, /)\n--\n\n"
     "Return whether 'cls' is derived from another class or is the same class.\n\n"
     "A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to\n"
     "check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)\n"
     "or ...``."},
    {"len", builtin_len, METH_O,
     "len($module, obj, /)\n--\n\nReturn the number of items in a container."},
    {"oct", builtin_oct, METH_O,
     "oct($module, number, /)\n--\n\n"
     "Return the octal representation of an integer.\n\n"
     "   >>> oct(342391)\n   '0o1234567'"},
    {"ord", builtin_ord, METH_O,
     "ord($module, character, /)\n--\n\n"
     "Return the ordinal value of a character.\n\n"
     "If the argument is a one-character string, return the Unicode code\n"
     "point of that character.\n\n"
     "If the argument is a bytes or bytearray object of length 1, return its\n"
     "single byte value."},
    {"pow", FAST_KEYWORDS(builtin_pow),
     "pow($module, /, base, exp, mod=None)\n--\n\n"
     "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.\n\n"
     "Some types, such as ints, are able to use a more efficient algorithm when\n"
     "invoked using the three argument form."},
    {"repr", builtin_repr, METH_O,
     "repr($module, obj, /)\n--\n\n"
     "Return the canonical string representation of the object.\n\n"
     "For many object types, including most builtins, eval(repr(obj)) == obj."},
    {"round", FAST_KEYWORDS(builtin_round),
     "round($module, /, number, ndigits=None)\n--\n\n"
     "Round a number to a given precision in decimal digits.\n\n"
     "The return value is an integer if ndigits is omitted or None.  Otherwise\n"
     "the return value has the same type as the number.  ndigits may be negative."},
    {"setattr", FAST(builtin_setattr),
     "setattr($module, obj, name, value, /)\n--\n\n"
     "Sets the named attribute on the given object to the specified value.\n\n"
     "setattr(x, 'y', v) is equivalent to ``x.y = v``"},
    {"vars", FAST(builtin_vars),
     "vars([object]) -> dictionary\n\n"
     "Without arguments, equivalent to locals().\n"
     "With an argument, equivalent to object.__dict__."},
    {NULL, NULL, 0, NULL},
};

// ---- assembly ----

static const char builtins_doc[] =
    "Built-in functions, types, exceptions, and other objects.\n\n"
    "This module provides direct access to all 'built-in'\n"
    "identifiers of Python; for example, builtins.len is\n"
    "the full name for the built-in function len().\n\n"
    "This module is not normally accessed explicitly by most\n"
    "applications, but can be useful in modules that provide\n"
    "objects with the same name as a built-in value, but in\n"
    "which the built-in of that name is also needed.";

static int
add_constants(PyObject *dict)
{
    PyObject *debug = bool_from_int(runtime_config()->optimize == 0);
    if (dict_set(dict, ID(None), Py_None) < 0 || dict_set(dict, ID(Ellipsis), Py_Ellipsis) < 0 ||
        dict_set(dict, ID(NotImplemented), Py_NotImplemented) < 0 ||
        dict_set(dict, ID(False), Py_False) < 0 || dict_set(dict, ID(True), Py_True) < 0 ||
        dict_set(dict, ID(__debug__), debug) < 0) {
        return -1;
    }
    return 0;
}

PyObject *
builtins_create(void)
{
    PyObject *module = module_new(ID(builtins));
    if (module == NULL) {
        return NULL;
    }
    PyObject *dict = module_dict_borrow(module);
    if (type_ready(&_PyAnextAwaitable_Type) < 0 || print_error_init() < 0 ||
        warnings_init() < 0 || template_init() < 0 ||
        typevar_init() < 0 || module_set_doc(module, builtins_doc) < 0 ||
        module_add_functions(module, builtins_code_methods) < 0 ||
        module_add_functions(module, builtins_object_methods) < 0 ||
        module_add_functions(module, builtins_iter_methods) < 0 ||
        module_add_functions(module, builtins_io_methods) < 0 || add_constants(dict) < 0 ||
        types_add_builtins(dict) < 0 || exceptions_add_builtins(dict) < 0) {
        decref(module);
        return NULL;
    }
    InterpreterRoots *roots = interpreter_roots();
    set_ref(roots->builtins, new_ref(dict));
    set_ref(roots->builtins_module, new_ref(module));
    if (dict_set(roots->modules, ID(builtins), module) < 0) {
        decref(module);
        return NULL;
    }
    return module;
}
