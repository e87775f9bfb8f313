// unicodedata: the properties of characters, and normal forms.
//
// The functions of the module are also methods of UCD, whose only instance, ucd_3_2_0, answers by
// version 3.2 of the database (IDNA 2003 is defined by it).
#include <string.h>
#include <strings.h>

#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/unicode_data.h"

// Whether self is ucd_3_2_0 rather than the module.
static bool
is_old(PyObject *self)
{
    return self != NULL && !module_check(self);
}

// ---- arguments ----

// One character: 0 or -1. display is "argument" or "argument 1".
static int
character(const char *name, const char *display, PyObject *arg, Py_UCS4 *ch)
{
    if (!str_check(arg)) {
        args_bad_argument(name, display, "a unicode character", arg);
        return -1;
    }
    if (str_length(arg) != 1) {
        error_format(PyExc_TypeError,
                     "%s(): %s must be a unicode character, not a string of length %zd", name,
                     display, str_length(arg));
        return -1;
    }
    *ch = str_read_char(arg, 0);
    return 0;
}

// (chr[, default]).
static int
character_and_default(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_UCS4 *ch,
                      PyObject **fallback)
{
    if (!args_check_positional(name, nargs, 1, 2) ||
        character(name, "argument 1", args[0], ch) < 0) {
        return -1;
    }
    *fallback = nargs > 1 ? args[1] : NULL;
    return 0;
}

static PyObject *
default_or_error(PyObject *fallback, const char *complaint)
{
    return fallback != NULL ? new_ref(fallback) : error_set(PyExc_ValueError, complaint);
}

// ---- numbers ----

static PyObject *
ucd_decimal(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;
    PyObject *fallback;
    if (character_and_default("decimal", args, nargs, &ch, &fallback) < 0) {
        return NULL;
    }
    int value = is_old(self) ? unicode_old_properties(ch).decimal : unicode_to_decimal(ch);
    return value < 0 ? default_or_error(fallback, "not a decimal") : int_from_i64(value);
}

static PyObject *
ucd_digit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;
    PyObject *fallback;
    if (character_and_default("digit", args, nargs, &ch, &fallback) < 0) {
        return NULL;
    }
    bool missing = is_old(self) && !unicode_old_is_assigned(ch);
    int value = missing ? -1 : unicode_to_digit(ch);
    return value < 0 ? default_or_error(fallback, "not a digit") : int_from_i64(value);
}

static PyObject *
ucd_numeric(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;
    PyObject *fallback;
    if (character_and_default("numeric", args, nargs, &ch, &fallback) < 0) {
        return NULL;
    }
    bool missing = is_old(self) && !unicode_old_is_assigned(ch);
    if (missing || !unicode_is_numeric(ch)) {
        return default_or_error(fallback, "not a numeric character");
    }
    return float_from_double(unicode_to_numeric(ch));
}

// ---- properties ----

static PyObject *
ucd_category(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("category", "argument", arg, &ch) < 0) {
        return NULL;
    }
    return str_intern_cstr(is_old(self) ? unicode_old_properties(ch).category
                                        : unicode_category(ch));
}

static PyObject *
ucd_bidirectional(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("bidirectional", "argument", arg, &ch) < 0) {
        return NULL;
    }
    return str_intern_cstr(is_old(self) ? unicode_old_properties(ch).bidirectional
                                        : unicode_bidirectional(ch));
}

static PyObject *
ucd_east_asian_width(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("east_asian_width", "argument", arg, &ch) < 0) {
        return NULL;
    }
    return str_intern_cstr(is_old(self) ? unicode_old_properties(ch).east_asian_width
                                        : unicode_east_asian_width(ch));
}

static PyObject *
ucd_combining(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("combining", "argument", arg, &ch) < 0) {
        return NULL;
    }
    bool missing = is_old(self) && !unicode_old_is_assigned(ch);
    return int_from_i64(missing ? 0 : unicode_combining(ch));
}

static PyObject *
ucd_mirrored(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("mirrored", "argument", arg, &ch) < 0) {
        return NULL;
    }
    return int_from_i64(is_old(self) ? unicode_old_properties(ch).mirrored
                                     : unicode_is_mirrored(ch));
}

static PyObject *
ucd_decomposition(PyObject *self, PyObject *arg)
{
    Py_UCS4 ch;
    if (character("decomposition", "argument", arg, &ch) < 0) {
        return NULL;
    }
    const Py_UCS4 *mapping;
    const char *tag = "";
    bool missing = is_old(self) && !unicode_old_is_assigned(ch);
    int n = missing ? 0 : unicode_decomposition(ch, &mapping, &tag);
    StrWriter w;
    str_writer_init(&w);
    int rc = n > 0 ? str_writer_ascii(&w, tag, -1) : 0;
    for (int i = 0; i < n && rc == 0; i++) {
        rc = str_writer_format(&w, w.pos > 0 ? " %04X" : "%04X", (unsigned)mapping[i]);
    }
    if (rc < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

// ---- normal forms ----

// (form, text): the form's number, or -1.
static int
form_arguments(const char *name, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional(name, nargs, 2, 2)) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (!str_check(args[i])) {
            args_bad_argument(name, i == 0 ? "argument 1" : "argument 2", "str", args[i]);
            return -1;
        }
    }
    static const char *const forms[] = {"NFC", "NFD", "NFKC", "NFKD"};
    for (int i = 0; i < 4; i++) {
        if (str_equal_cstr(args[0], forms[i])) {
            return i;
        }
    }
    error_set(PyExc_ValueError, "invalid normalization form");
    return -1;
}

static PyObject *
ucd_normalize(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int form = form_arguments("normalize", args, nargs);
    return form < 0 ? NULL : unicode_normalize(args[1], form, is_old(self));
}

static PyObject *
ucd_is_normalized(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int form = form_arguments("is_normalized", args, nargs);
    int result = form < 0 ? -1 : unicode_is_normalized(args[1], form, is_old(self));
    return result < 0 ? NULL : bool_from_long(result);
}

// ---- names ----

static PyObject *
ucd_name(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_UCS4 ch;
    PyObject *fallback;
    if (character_and_default("name", args, nargs, &ch, &fallback) < 0) {
        return NULL;
    }
    char name[UNICODE_NAME_MAX];
    bool missing = is_old(self) && !unicode_old_is_assigned(ch);
    if (missing || !unicode_name(ch, name, sizeof name)) {
        return default_or_error(fallback, "no such name");
    }
    return str_from_cstr(name);
}

// Whether version 3.2 knew the character by this very name: it had no aliases.
static bool
was_named(Py_UCS4 ch, const char *name, Py_ssize_t size)
{
    char text[UNICODE_NAME_MAX];
    return unicode_old_is_assigned(ch) && unicode_name(ch, text, sizeof text) &&
           strlen(text) == (size_t)size && strncasecmp(text, name, (size_t)size) == 0;
}

static PyObject *
ucd_lookup(PyObject *self, PyObject *arg)
{
    if (!str_check(arg)) {
        args_bad_argument("lookup", "argument", "str", arg);
        return NULL;
    }
    Py_ssize_t size;
    const char *name = str_as_utf8_size(arg, &size);
    if (name == NULL) {
        return NULL;
    }
    if (size >= UNICODE_NAME_MAX) {
        return error_set(PyExc_KeyError, "name too long");
    }
    Py_UCS4 ch;
    const Py_UCS4 *chars;
    int count;
    if (unicode_lookup(name, (size_t)size, &ch) &&
        (!is_old(self) || was_named(ch, name, size))) {
        return str_from_char(ch);
    }
    if (!is_old(self) && unicode_lookup_sequence(name, (size_t)size, &chars, &count)) {
        return str_from_kind_and_data(4, chars, count);
    }
    return error_format(PyExc_KeyError, "undefined character name '%s'", name);
}

// ---- module and type ----

static PyMethodDef ucd_methods[] = {
    {"decimal", FASTCALL(ucd_decimal), METH_FASTCALL,
     "decimal($self, chr, default=<unrepresentable>, /)\n--\n\n"
     "Converts a Unicode character into its equivalent decimal value.\n\n"
     "Returns the decimal value assigned to the character chr as integer.\n"
     "If no such value is defined, default is returned, or, if not given,\n"
     "ValueError is raised."},
    {"digit", FASTCALL(ucd_digit), METH_FASTCALL,
     "digit($self, chr, default=<unrepresentable>, /)\n--\n\n"
     "Converts a Unicode character into its equivalent digit value.\n\n"
     "Returns the digit value assigned to the character chr as integer.\n"
     "If no such value is defined, default is returned, or, if not given,\n"
     "ValueError is raised."},
    {"numeric", FASTCALL(ucd_numeric), METH_FASTCALL,
     "numeric($self, chr, default=<unrepresentable>, /)\n--\n\n"
     "Converts a Unicode character into its equivalent numeric value.\n\n"
     "Returns the numeric value assigned to the character chr as float.\n"
     "If no such value is defined, default is returned, or, if not given,\n"
     "ValueError is raised."},
    {"category", ucd_category, METH_O,
     "category($self, chr, /)\n--\n\n"
     "Returns the general category assigned to the character chr as string."},
    {"bidirectional", ucd_bidirectional, METH_O,
     "bidirectional($self, chr, /)\n--\n\n"
     "Returns the bidirectional class assigned to the character chr as string.\n\n"
     "If no such value is defined, an empty string is returned."},
    {"combining", ucd_combining, METH_O,
     "combining($self, chr, /)\n--\n\n"
     "Returns the canonical combining class assigned to the character chr as integer.\n\n"
     "Returns 0 if no combining class is defined."},
    {"mirrored", ucd_mirrored, METH_O,
     "mirrored($self, chr, /)\n--\n\n"
     "Returns the mirrored property assigned to the character chr as integer.\n\n"
     "Returns 1 if the character has been identified as a \"mirrored\"\n"
     "character in bidirectional text, 0 otherwise."},
    {"east_asian_width", ucd_east_asian_width, METH_O,
     "east_asian_width($self, chr, /)\n--\n\n"
     "Returns the east asian width assigned to the character chr as string."},
    {"decomposition", ucd_decomposition, METH_O,
     "decomposition($self, chr, /)\n--\n\n"
     "Returns the character decomposition mapping assigned to the character chr as string.\n\n"
     "An empty string is returned in case no such mapping is defined."},
    {"name", FASTCALL(ucd_name), METH_FASTCALL,
     "name($self, chr, default=<unrepresentable>, /)\n--\n\n"
     "Returns the name assigned to the character chr as a string.\n\n"
     "If no name is defined, default is returned, or, if not given,\n"
     "ValueError is raised."},
    {"lookup", ucd_lookup, METH_O,
     "lookup($self, name, /)\n--\n\n"
     "Look up character by name.\n\n"
     "If a character with the given name is found, return the\n"
     "corresponding character.  If not found, KeyError is raised."},
    {"is_normalized", FASTCALL(ucd_is_normalized), METH_FASTCALL,
     "is_normalized($self, form, unistr, /)\n--\n\n"
     "Return whether the Unicode string unistr is in the normal form 'form'.\n\n"
     "Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."},
    {"normalize", FASTCALL(ucd_normalize), METH_FASTCALL,
     "normalize($self, form, unistr, /)\n--\n\n"
     "Return the normal form 'form' for the Unicode string unistr.\n\n"
     "Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."},
    {NULL, NULL, 0, NULL},
};

static PyObject *
ucd_get_version(PyObject *self, void *unused)
{
    return str_from_cstr("3.2.0");
}

static PyGetSetDef ucd_getset[] = {
    {"unidata_version", ucd_get_version, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void
ucd_dealloc(PyObject *self)
{
    PyTypeObject *type = type_of(self);
    type->tp_free(self);
    decref(type);
}

static PyType_Slot ucd_slots[] = {
    {Py_tp_dealloc, (void *)ucd_dealloc},
    {Py_tp_getattro, (void *)object_generic_getattr},
    {Py_tp_methods, ucd_methods},
    {Py_tp_getset, ucd_getset},
    {0, NULL},
};

static PyType_Spec ucd_spec = {
    .name = "unicodedata.UCD",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ucd_slots,
};

static int
unicodedata_exec(PyObject *module)
{
    PyObject *version = str_from_cstr(UNICODE_VERSION), *type = NULL, *old = NULL;
    int rc = -1;
    if (version == NULL || module_add(module, "unidata_version", version) < 0) {
        goto done;
    }
    type = type_from_module_spec(module, &ucd_spec, NULL);
    if (type == NULL || module_add(module, "UCD", type) < 0) {
        goto done;
    }
    old = type_alloc((PyTypeObject *)type, 0);
    if (old == NULL) {
        goto done;
    }
    rc = module_add(module, "ucd_3_2_0", old);
done:
    xdecref(old);
    xdecref(type);
    xdecref(version);
    return rc;
}

static PyModuleDef_Slot unicodedata_slots[] = {
    {Py_mod_exec, (void *)unicodedata_exec},
    {0, NULL},
};

static PyModuleDef unicodedata_module = {
    .m_name = "unicodedata",
    .m_doc = "This module provides access to the Unicode Character Database which\n"
             "defines character properties for all Unicode characters. The data in\n"
             "this database is based on the UnicodeData.txt file version\n"
             "16.0.0 which is publicly available from the Unicode Consortium\n"
             "at https://www.unicode.org.",
    .m_methods = ucd_methods,
    .m_slots = unicodedata_slots,
};

NATIVE_MODULE(unicodedata, &unicodedata_module)
