// Native module _locale: the C library's locale, and its message catalogues.
//
// The locale belongs to the process; the functions of the C library synchronise its change with its
// use. Text of the locale is decoded with the encoding of LC_CTYPE.
//
// Threading: no state but the exception class in the module's state.
#include "modules/module.h"

#include <errno.h>
#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "modules/locale_encoding.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/str.h"
#include "runtime/sys.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

typedef struct {
    PyObject *error;        // locale.Error
} LocaleState;

static PyObject *
decode(const char *text, size_t size)
{
    const char *encoding = nl_langinfo(CODESET);
    if (strcmp(encoding, "UTF-8") == 0 || strcmp(encoding, "ANSI_X3.4-1968") == 0) {
        return str_decode_utf8(text, (Py_ssize_t)size, "surrogateescape");
    }
    return str_decode(text, (Py_ssize_t)size, encoding, "surrogateescape");
}

static PyObject *
decode_cstr(const char *text)
{
    return decode(text, strlen(text));
}

// ---- setlocale ----

static PyObject *
locale_setlocale(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    LocaleState *state = module_get_state(module);
    int category;
    const char *name = NULL;
    if (!args_parse_stack(args, nargs, "i|z:setlocale", &category, &name)) {
        return NULL;
    }
    const char *result = setlocale(category, name);
    if (result == NULL) {
        return error_set(state->error,
                         name != NULL ? "unsupported locale setting" : "locale query failed");
    }
    return decode_cstr(result);
}

// The numbers of `grouping`: sizes of groups, ending with 0 (repeat) or CHAR_MAX (no more).
static PyObject *
grouping_list(const char *grouping)
{
    PyObject *result = list_new(0);
    if (*grouping == '\0') {
        return result;
    }
    for (; result != NULL; grouping++) {
        PyObject *size = int_from_i64(*grouping);
        if (size == NULL || list_append_steal(result, size) < 0) {
            clear_ref(result);
        }
        if (*grouping == '\0' || *grouping == CHAR_MAX) {
            break;
        }
    }
    return result;
}

// A field of struct lconv: where it is, and what it holds.
typedef struct {
    const char *key;
    enum { LCONV_TEXT, LCONV_NUMBER, LCONV_GROUPING } kind;
    size_t offset;
} LconvField;

static const LconvField lconv_fields[] = {
#define F(kind, name) {#name, kind, offsetof(struct lconv, name)}
    F(LCONV_TEXT, int_curr_symbol), F(LCONV_TEXT, currency_symbol),
    F(LCONV_TEXT, mon_decimal_point), F(LCONV_TEXT, mon_thousands_sep),
    F(LCONV_GROUPING, mon_grouping), F(LCONV_TEXT, positive_sign), F(LCONV_TEXT, negative_sign),
    F(LCONV_NUMBER, int_frac_digits), F(LCONV_NUMBER, frac_digits),
    F(LCONV_NUMBER, p_cs_precedes), F(LCONV_NUMBER, p_sep_by_space),
    F(LCONV_NUMBER, n_cs_precedes), F(LCONV_NUMBER, n_sep_by_space),
    F(LCONV_NUMBER, p_sign_posn), F(LCONV_NUMBER, n_sign_posn), F(LCONV_TEXT, decimal_point),
    F(LCONV_TEXT, thousands_sep), F(LCONV_GROUPING, grouping),
#undef F
};

static PyObject *
lconv_value(const struct lconv *conventions, const LconvField *field)
{
    const char *at = (const char *)conventions + field->offset;
    if (field->kind == LCONV_NUMBER) {
        return int_from_i64(*at);
    }
    const char *text = *(char *const *)at;
    return field->kind == LCONV_TEXT ? decode_cstr(text) : grouping_list(text);
}

static PyObject *
locale_localeconv(PyObject *module, PyObject *unused)
{
    const struct lconv *conventions = localeconv();
    PyObject *result = dict_new();
    for (size_t i = 0; result != NULL && i < sizeof lconv_fields / sizeof *lconv_fields; i++) {
        PyObject *value = lconv_value(conventions, &lconv_fields[i]);
        if (value == NULL || dict_set_cstr(result, lconv_fields[i].key, value) < 0) {
            clear_ref(result);
        }
        xdecref(value);
    }
    return result;
}

// ---- collation ----

static PyObject *
locale_strcoll(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *a, *b;
    if (!args_parse_stack(args, nargs, "UU:strcoll", &a, &b)) {
        return NULL;
    }
    wchar_t *left = str_as_wchar(a, NULL);
    wchar_t *right = left != NULL ? str_as_wchar(b, NULL) : NULL;
    PyObject *result = right != NULL ? int_from_i64(wcscoll(left, right)) : NULL;
    mem_free(left);
    mem_free(right);
    return result;
}

static PyObject *
locale_strxfrm(PyObject *module, PyObject *arg)
{
    if (!str_check(arg)) {
        args_bad_argument("strxfrm", "argument", "str", arg);
        return NULL;
    }
    wchar_t *text = str_as_wchar(arg, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    wchar_t *key = NULL;
    size_t size = wcslen(text) + 1;
    for (;;) {
        wchar_t *larger = mem_realloc_array(key, size, sizeof *key);
        if (larger == NULL) {
            error_no_memory();
            break;
        }
        key = larger;
        errno = 0;
        size_t needed = wcsxfrm(key, text, size);
        if (errno != 0 && errno != ERANGE) {
            error_set_errno(PyExc_OSError);
            break;
        }
        if (needed < size) {
            // The keys of glibc are no characters: their order is what counts. Beyond the last
            // code point they cannot be told apart in a str.
            for (size_t i = 0; i < needed; i++) {
                if ((uint32_t)key[i] > STR_MAX_CHAR) {
                    key[i] = (wchar_t)STR_MAX_CHAR;
                }
            }
            result = str_from_wchar(key, (Py_ssize_t)needed);
            break;
        }
        size = needed + 1;
    }
    mem_free(key);
    mem_free(text);
    return result;
}

// ---- nl_langinfo ----

typedef struct {
    const char *name;
    int value;
} Constant;

#define C(name) {#name, name},

static const Constant langinfo_constants[] = {
    C(ABDAY_1) C(ABDAY_2) C(ABDAY_3) C(ABDAY_4) C(ABDAY_5) C(ABDAY_6) C(ABDAY_7) C(ABMON_1)
    C(ABMON_10) C(ABMON_11) C(ABMON_12) C(ABMON_2) C(ABMON_3) C(ABMON_4) C(ABMON_5) C(ABMON_6)
    C(ABMON_7) C(ABMON_8) C(ABMON_9) C(ALT_DIGITS) C(AM_STR) C(CODESET) C(CRNCYSTR) C(DAY_1)
    C(DAY_2) C(DAY_3) C(DAY_4) C(DAY_5) C(DAY_6) C(DAY_7) C(D_FMT) C(D_T_FMT) C(ERA)
    C(ERA_D_FMT) C(ERA_D_T_FMT) C(ERA_T_FMT) C(MON_1) C(MON_10) C(MON_11) C(MON_12) C(MON_2)
    C(MON_3) C(MON_4) C(MON_5) C(MON_6) C(MON_7) C(MON_8) C(MON_9) C(NOEXPR) C(PM_STR)
    C(RADIXCHAR) C(THOUSEP) C(T_FMT) C(T_FMT_AMPM) C(YESEXPR) C(_DATE_FMT)
    {NULL, 0},
};

#undef C

// Several strings, each with its NUL, joined by semicolons.
static PyObject *
joined_strings(const char *text, size_t count)
{
    PyObject *parts = list_new(0);
    for (size_t i = 0; parts != NULL && i < count; i++) {
        PyObject *part = decode_cstr(text);
        if (part == NULL || list_append_steal(parts, part) < 0) {
            clear_ref(parts);
        }
        text += strlen(text) + 1;
    }
    PyObject *separator = parts != NULL ? str_from_cstr(";") : NULL;
    PyObject *result = separator != NULL ? str_join(separator, parts) : NULL;
    xdecref(separator);
    xdecref(parts);
    return result;
}

static PyObject *
locale_nl_langinfo(PyObject *module, PyObject *arg)
{
    int key = int_as_int(arg);
    if (key == -1 && error_occurred()) {
        return NULL;
    }
    for (const Constant *c = langinfo_constants; c->name != NULL; c++) {
        if (c->value != key) {
            continue;
        }
        const char *text = nl_langinfo(key);
        text = text != NULL ? text : "";
        if (*text != '\0' && key == ALT_DIGITS) {
            return joined_strings(text, 100);
        }
        if (*text != '\0' && key == ERA) {
            // glibc gives the number of eras as if it were a pointer.
            return joined_strings(text, (uint32_t)(uintptr_t)nl_langinfo(_NL_TIME_ERA_NUM_ENTRIES));
        }
        return decode_cstr(text);
    }
    return error_set(PyExc_ValueError, "unsupported langinfo constant");
}

static PyObject *
locale_getencoding(PyObject *module, PyObject *unused)
{
    return str_from_cstr(locale_encoding());
}

// ---- message catalogues ----

static PyObject *
locale_gettext(PyObject *module, PyObject *arg)
{
    const char *message;
    return args_parse_one(arg, "s:gettext", &message) ? decode_cstr(gettext(message)) : NULL;
}

static PyObject *
locale_dgettext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain, *message;
    if (!args_parse_stack(args, nargs, "zs:dgettext", &domain, &message)) {
        return NULL;
    }
    return decode_cstr(dgettext(domain, message));
}

static PyObject *
locale_dcgettext(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain, *message;
    int category;
    if (!args_parse_stack(args, nargs, "zsi:dcgettext", &domain, &message, &category)) {
        return NULL;
    }
    return decode_cstr(dcgettext(domain, message, category));
}

static PyObject *
locale_textdomain(PyObject *module, PyObject *arg)
{
    const char *domain;
    if (!args_parse_one(arg, "z:textdomain", &domain)) {
        return NULL;
    }
    const char *result = textdomain(domain);
    return result == NULL ? error_set_errno(PyExc_OSError) : decode_cstr(result);
}

static PyObject *
locale_bindtextdomain(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    LocaleState *state = module_get_state(module);
    const char *domain;
    PyObject *folder;
    if (!args_parse_stack(args, nargs, "sO:bindtextdomain", &domain, &folder)) {
        return NULL;
    }
    if (*domain == '\0') {
        return error_set(state->error, "domain must be a non-empty string");
    }
    PyObject *path = NULL;
    if (folder != Py_None && !str_fs_converter(folder, &path)) {
        return NULL;
    }
    const char *result = bindtextdomain(domain, path != NULL ? ((PyBytesObject *)path)->ob_sval
                                                             : NULL);
    PyObject *text = result == NULL ? error_set_errno(PyExc_OSError) : decode_cstr(result);
    xdecref(path);
    return text;
}

static PyObject *
locale_bind_textdomain_codeset(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *domain, *codeset;
    if (!args_parse_stack(args, nargs, "sz:bind_textdomain_codeset", &domain, &codeset)) {
        return NULL;
    }
    const char *result = bind_textdomain_codeset(domain, codeset);
    return result == NULL ? new_ref(Py_None) : decode_cstr(result);
}

static PyMethodDef locale_methods[] = {
    {"setlocale", FAST(locale_setlocale),
     "setlocale($module, category, locale=<unrepresentable>, /)\n--\n\n"
     "Set the locale of a category, or ask for it when locale is None."},
    {"localeconv", locale_localeconv, METH_NOARGS,
     "localeconv($module, /)\n--\n\nHow the locale writes numbers and amounts of money."},
    {"strcoll", FAST(locale_strcoll),
     "strcoll($module, os1, os2, /)\n--\n\nCompare two strings as the locale orders them."},
    {"strxfrm", locale_strxfrm, METH_O,
     "strxfrm($module, string, /)\n--\n\nA key that sorts as the locale orders strings."},
    {"nl_langinfo", locale_nl_langinfo, METH_O,
     "nl_langinfo($module, key, /)\n--\n\nA fact about the locale as text."},
    {"getencoding", locale_getencoding, METH_NOARGS,
     "getencoding($module, /)\n--\n\nThe encoding of the locale."},
    {"gettext", locale_gettext, METH_O,
     "gettext($module, msg, /)\n--\n\nTranslation of msg."},
    {"dgettext", FAST(locale_dgettext),
     "dgettext($module, domain, msg, /)\n--\n\nTranslation of msg in domain."},
    {"dcgettext", FAST(locale_dcgettext),
     "dcgettext($module, domain, msg, category, /)\n--\n\n"
     "Translation of msg in domain and category."},
    {"textdomain", locale_textdomain, METH_O,
     "textdomain($module, domain, /)\n--\n\nSet the domain of messages: its name."},
    {"bindtextdomain", FAST(locale_bindtextdomain),
     "bindtextdomain($module, domain, dir, /)\n--\n\nSay in which folder a domain's messages are."},
    {"bind_textdomain_codeset", FAST(locale_bind_textdomain_codeset),
     "bind_textdomain_codeset($module, domain, codeset, /)\n--\n\n"
     "Say in which encoding a domain's messages come."},
    {NULL, NULL, 0, NULL},
};

static int
locale_exec(PyObject *module)
{
    static const Constant categories[] = {
        {"LC_CTYPE", LC_CTYPE},       {"LC_TIME", LC_TIME},     {"LC_COLLATE", LC_COLLATE},
        {"LC_MONETARY", LC_MONETARY}, {"LC_NUMERIC", LC_NUMERIC}, {"LC_MESSAGES", LC_MESSAGES},
        {"LC_ALL", LC_ALL},           {"CHAR_MAX", CHAR_MAX},   {NULL, 0},
    };
    const Constant *const tables[] = {categories, langinfo_constants};
    for (int i = 0; i < 2; i++) {
        for (const Constant *c = tables[i]; c->name != NULL; c++) {
            if (module_add_int(module, c->name, c->value) < 0) {
                return -1;
            }
        }
    }
    LocaleState *state = module_get_state(module);
    state->error = error_new_exception("locale.Error", NULL, NULL);
    return state->error == NULL ? -1 : module_add(module, "Error", state->error);
}

static int
locale_traverse(PyObject *module, visitproc visit, void *arg)
{
    LocaleState *state = module_get_state(module);
    return state != NULL && state->error != NULL ? visit(state->error, arg) : 0;
}

static int
locale_clear(PyObject *module)
{
    LocaleState *state = module_get_state(module);
    if (state != NULL) {
        clear_ref(state->error);
    }
    return 0;
}

static void
locale_free(void *module)
{
    locale_clear(module);
}

static PyModuleDef_Slot locale_slots[] = {
    {Py_mod_exec, locale_exec},
    {0, NULL},
};

static PyModuleDef locale_definition = {
    .m_name = "_locale",
    .m_doc = "Support for POSIX locales.",
    .m_size = sizeof(LocaleState),
    .m_methods = locale_methods,
    .m_slots = locale_slots,
    .m_traverse = locale_traverse,
    .m_clear = locale_clear,
    .m_free = locale_free,
};

NATIVE_MODULE(_locale, &locale_definition)
