// The % operator of str.
//
// Parsing of conversions and the formatting of numbers are shared with bytes (percent.h): numbers
// are formatted to ASCII text without padding, and padded here.
#include "objects/percent_internal.h"

#include <limits.h>
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/mapping.h"
#include "objects/number.h"
#include "objects/number_text.h"
#include "objects/object.h"
#include "objects/str_internal.h"
#include "objects/tuple.h"

// ---- arguments ----

void
percent_args_init(PercentArgs *a, PyObject *args, bool is_text_class)
{
    *a = (PercentArgs){.args = args, .count = -1, .index = -2};
    if (tuple_check(args)) {
        a->count = tuple_size(args);
        a->index = 0;
    }
    else if (mapping_check(args) && !is_text_class) {
        a->dict = args;
    }
}

PyObject *
percent_next_argument(PercentArgs *a)
{
    if (a->index < a->count) {
        if (a->count >= 0) {
            return tuple_item(a->args, a->index++);
        }
        a->index = -1;
        return a->keyed != NULL ? a->keyed : a->args;
    }
    return error_set(PyExc_TypeError, "not enough arguments for format string");
}

int
percent_args_finish(PercentArgs *a, const char *what)
{
    bool left = a->count < 0 ? a->index == -2 : a->index < a->count;
    if (left && a->dict == NULL) {
        error_format(PyExc_TypeError, "not all arguments converted during %s formatting", what);
        return -1;
    }
    return 0;
}

void
percent_args_clear(PercentArgs *a)
{
    clear_ref(a->keyed);
}

// ---- parsing ----

// The format under a cursor.
typedef struct {
    int kind;
    const void *data;
    Py_ssize_t at, end;
} Cursor;

static inline bool more(const Cursor *c) { return c->at < c->end; }
static inline Py_UCS4 peek(const Cursor *c) { return str_read(c->kind, c->data, c->at); }

static int
incomplete(void)
{
    error_set(PyExc_ValueError, "incomplete format");
    return -1;
}

// (key): the mapping's value becomes the only argument.
static int
parse_key(Cursor *c, PercentArgs *a, bool bytes_key)
{
    if (a->dict == NULL) {
        error_set(PyExc_TypeError, "format requires a mapping");
        return -1;
    }
    Py_ssize_t start = ++c->at;
    for (int depth = 1; depth > 0; c->at++) {
        if (!more(c)) {
            error_set(PyExc_ValueError, "incomplete format key");
            return -1;
        }
        Py_UCS4 ch = peek(c);
        depth += ch == '(' ? 1 : ch == ')' ? -1 : 0;
    }
    Py_ssize_t n = c->at - start - 1;
    const void *text = chars_at(c->kind, c->data, start);
    PyObject *key = bytes_key ? bytes_from_data(text, n) : str_from_kind_and_data(c->kind, text, n);
    if (key == NULL) {
        return -1;
    }
    PyObject *value = object_getitem(a->dict, key);
    decref(key);
    if (value == NULL) {
        return -1;
    }
    set_ref(a->keyed, value);
    a->count = -1;
    a->index = -2;
    return 0;
}

static int
parse_digits(Cursor *c, Py_ssize_t *value, Py_ssize_t max, const char *too_big)
{
    *value = 0;
    for (; more(c); c->at++) {
        Py_UCS4 ch = peek(c);
        if (ch < '0' || ch > '9') {
            return 0;
        }
        if (*value > (max - (Py_ssize_t)(ch - '0')) / 10) {
            error_set(PyExc_ValueError, too_big);
            return -1;
        }
        *value = *value * 10 + (Py_ssize_t)(ch - '0');
    }
    return incomplete();
}

// An int argument for '*'.
static PyObject *
star_argument(Cursor *c, PercentArgs *a)
{
    c->at++;
    PyObject *v = percent_next_argument(a);
    if (v != NULL && !int_check(v)) {
        return error_set(PyExc_TypeError, "* wants int");
    }
    return v;
}

static int
parse_width(Cursor *c, PercentArgs *a, Percent *p)
{
    if (peek(c) != '*') {
        return parse_digits(c, &p->width, PY_SSIZE_T_MAX, "width too big");
    }
    PyObject *v = star_argument(c, a);
    if (v == NULL) {
        return -1;
    }
    p->width = int_as_ssize(v);
    if (p->width == -1 && error_occurred()) {
        return -1;
    }
    if (p->width < 0) {
        p->left = true;
        p->width = -p->width;
    }
    return more(c) ? 0 : incomplete();
}

static int
parse_precision(Cursor *c, PercentArgs *a, Percent *p)
{
    c->at++;
    p->precision = 0;
    if (!more(c)) {
        return incomplete();
    }
    if (peek(c) != '*') {
        Py_ssize_t value;
        if (parse_digits(c, &value, INT_MAX, "precision too big") < 0) {
            return -1;
        }
        p->precision = (int)value;
        return 0;
    }
    PyObject *v = star_argument(c, a);
    if (v == NULL) {
        return -1;
    }
    p->precision = int_as_int(v);
    if (p->precision == -1 && error_occurred()) {
        return -1;
    }
    p->precision = p->precision < 0 ? 0 : p->precision;
    return more(c) ? 0 : incomplete();
}

static bool
parse_flag(Py_UCS4 ch, Percent *p)
{
    switch (ch) {
    case '-':
        p->left = true;
        return true;
    case '+':
        p->plus = true;
        return true;
    case ' ':
        p->blank = true;
        return true;
    case '#':
        p->alternate = true;
        return true;
    case '0':
        p->zero = true;
        return true;
    default:
        return false;
    }
}

int
percent_parse(int kind, const void *data, Py_ssize_t *at, Py_ssize_t end, PercentArgs *a,
              bool bytes_key, Percent *p)
{
    Cursor c = {kind, data, *at, end};
    *p = (Percent){.width = -1, .precision = -1};
    if (more(&c) && peek(&c) == '(' && parse_key(&c, a, bytes_key) < 0) {
        return -1;
    }
    while (more(&c) && parse_flag(peek(&c), p)) {
        c.at++;
    }
    if (!more(&c)) {
        return incomplete();
    }
    Py_UCS4 ch = peek(&c);
    if ((ch == '*' || (ch >= '0' && ch <= '9')) && parse_width(&c, a, p) < 0) {
        return -1;
    }
    if (peek(&c) == '.' && parse_precision(&c, a, p) < 0) {
        return -1;
    }
    ch = peek(&c);
    if (ch == 'h' || ch == 'l' || ch == 'L') {
        c.at++;
        if (!more(&c)) {
            return incomplete();
        }
    }
    p->conversion = peek(&c);
    p->position = c.at;
    *at = c.at + 1;
    return 0;
}

int
percent_unsupported(const Percent *p)
{
    Py_UCS4 ch = p->conversion;
    error_format(PyExc_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                 ch >= 32 && ch < 127 ? (int)ch : '?', (unsigned)ch, p->position);
    return -1;
}

// ---- numbers ----

static PyObject *
integer_type_error(const Percent *p, PyObject *v)
{
    bool real = p->conversion == 'd' || p->conversion == 'i' || p->conversion == 'u';
    return error_format(PyExc_TypeError,
                        real ? "%%%c format: a real number is required, not %.200s"
                             : "%%%c format: an integer is required, not %.200s",
                        (int)p->conversion, type_of(v)->tp_name);
}

// v as an int for the conversion: new reference.
static PyObject *
integer_argument(const Percent *p, PyObject *v)
{
    if (int_check(v)) {
        return new_ref(v);
    }
    bool decimal = p->conversion == 'd' || p->conversion == 'i' || p->conversion == 'u';
    if (!number_check(v) || complex_check(v)) {
        return integer_type_error(p, v);
    }
    PyObject *integer = decimal ? number_long(v) : number_index(v);
    if (integer == NULL && error_matches(PyExc_TypeError)) {
        error_clear();
        return integer_type_error(p, v);
    }
    return integer;
}

// Puts zeros behind sign and prefix so that there are `precision` digits.
static PyObject *
pad_digits(const char *text, Py_ssize_t n, Py_ssize_t head, int precision)
{
    Py_ssize_t zeros = precision - (n - head);
    if (zeros <= 0) {
        return str_from_ascii(text, n);
    }
    PyObject *result = str_new(n + zeros, 0x7f);
    if (result != NULL) {
        char *out = str_data(result);
        memcpy(out, text, (size_t)head);
        memset(out + head, '0', (size_t)zeros);
        memcpy(out + head + zeros, text + head, (size_t)(n - head));
    }
    return result;
}

static PyObject *
format_integer(Percent *p, PyObject *v)
{
    PyObject *integer = integer_argument(p, v);
    if (integer == NULL) {
        return NULL;
    }
    int base = p->conversion == 'o' ? 8 : p->conversion == 'x' || p->conversion == 'X' ? 16 : 10;
    PyObject *digits = int_to_base(integer, base);
    decref(integer);
    if (digits == NULL || (base == 10 && p->precision < 0)) {
        return digits;
    }
    const char *text = str_data(digits);
    Py_ssize_t n = str_length(digits);
    Py_ssize_t sign = text[0] == '-' ? 1 : 0;
    Py_ssize_t prefix = base == 10 ? 0 : 2;
    PyObject *bare = NULL;
    if (prefix > 0 && !p->alternate) {
        // Without its prefix: the sign moves up to the digits.
        bare = str_new(n - 2 < 2 ? 2 : n - 2, 0x7f);
        if (bare == NULL) {
            decref(digits);
            return NULL;
        }
        char *out = str_data(bare);
        memcpy(out, text, (size_t)sign);
        memcpy(out + sign, text + sign + 2, (size_t)(n - sign - 2));
        text = out;
        n -= 2;
        prefix = 0;
    }
    PyObject *result = pad_digits(text, n, sign + prefix, p->precision);
    if (result != NULL && p->conversion == 'X') {
        set_ref(result, str_upper(result));
    }
    p->prefix = (int)prefix;
    xdecref(bare);
    decref(digits);
    return result;
}

static PyObject *
format_real(const Percent *p, PyObject *v)
{
    double x = float_as_double(v);
    if (x == -1.0 && error_occurred()) {
        return NULL;
    }
    char *text = number_text_from_double(x, (char)p->conversion,
                                         p->precision < 0 ? 6 : p->precision,
                                         p->alternate ? NUMBER_TEXT_ALT : 0, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *s = str_from_ascii(text, (Py_ssize_t)strlen(text));
    mem_free(text);
    return s;
}

PyObject *
percent_number(Percent *p, PyObject *v)
{
    switch (p->conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        p->numeric = true;
        return format_integer(p, v);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        p->numeric = true;
        return format_real(p, v);
    default:
        return NULL;
    }
}

bool
percent_is_number(const Percent *p)
{
    return p->conversion < 128 && p->conversion != 0 &&
           strchr("diuoxXeEfFgG", (int)p->conversion) != NULL;
}

// ---- str ----

static int
character_argument(PyObject *v, Py_UCS4 *ch)
{
    if (str_check(v)) {
        if (str_length(v) == 1) {
            *ch = str_read_char(v, 0);
            return 0;
        }
        error_format(PyExc_TypeError,
                     "%%c requires an int or a unicode character, not a string of length %zd",
                     str_length(v));
        return -1;
    }
    PyObject *index = index_check(v) ? number_index(v) : NULL;
    if (index == NULL) {
        if (!error_occurred() || error_matches(PyExc_TypeError)) {
            error_clear();
            error_format(PyExc_TypeError, "%%c requires an int or a unicode character, not %T", v);
        }
        return -1;
    }
    int overflow;
    int64_t value = int_as_i64_overflow(index, &overflow);
    decref(index);
    if (overflow != 0 || value < 0 || value > (int64_t)STR_MAX_CHAR) {
        error_set(PyExc_OverflowError, "%c arg not in range(0x110000)");
        return -1;
    }
    *ch = (Py_UCS4)value;
    return 0;
}

// The text of an argument without padding: new str, NULL with an exception.
static PyObject *
format_argument(Percent *p, PyObject *v)
{
    Py_UCS4 ch;
    switch (p->conversion) {
    case 's':
        return object_str(v);
    case 'r':
        return object_repr(v);
    case 'a':
        return object_ascii(v);
    case 'c':
        return character_argument(v, &ch) < 0 ? NULL : str_from_char(ch);
    default:
        if (percent_is_number(p)) {
            return percent_number(p, v);
        }
        percent_unsupported(p);
        return NULL;
    }
}

// Writes text with sign, zeros and blanks as the conversion wants them.
static int
write_number(StrWriter *w, const Percent *p, PyObject *text)
{
    Py_ssize_t n = str_length(text), start = 0;
    Py_UCS4 sign = 0;
    if (n > 0 && (str_read_char(text, 0) == '-' || str_read_char(text, 0) == '+')) {
        sign = str_read_char(text, 0);
        start = 1;
    }
    else if (p->plus) {
        sign = '+';
    }
    else if (p->blank) {
        sign = ' ';
    }
    Py_ssize_t length = n - start + (sign != 0);
    Py_ssize_t pad = p->width > length ? p->width - length : 0;
    bool zeros = p->zero && !p->left;
    if (!p->left && !zeros && str_writer_fill(w, ' ', pad) < 0) {
        return -1;
    }
    if (sign != 0 && str_writer_char(w, sign) < 0) {
        return -1;
    }
    if (p->prefix > 0 && str_writer_substring(w, text, start, start + p->prefix) < 0) {
        return -1;
    }
    start += p->prefix;
    if (zeros && str_writer_fill(w, '0', pad) < 0) {
        return -1;
    }
    if (str_writer_substring(w, text, start, n) < 0) {
        return -1;
    }
    return p->left ? str_writer_fill(w, ' ', pad) : 0;
}

static int
write_text(StrWriter *w, const Percent *p, PyObject *text)
{
    Py_ssize_t n = str_length(text);
    if (p->precision >= 0 && p->precision < n && p->conversion != 'c') {
        n = p->precision;
    }
    Py_ssize_t pad = p->width > n ? p->width - n : 0;
    if ((!p->left && str_writer_fill(w, ' ', pad) < 0) ||
        str_writer_substring(w, text, 0, n) < 0) {
        return -1;
    }
    return p->left ? str_writer_fill(w, ' ', pad) : 0;
}

static int
write_conversion(StrWriter *w, Percent *p, PercentArgs *a)
{
    PyObject *v = percent_next_argument(a);
    if (v == NULL) {
        return -1;
    }
    PyObject *text = format_argument(p, v);
    if (text == NULL) {
        return -1;
    }
    int rc = p->numeric ? write_number(w, p, text) : write_text(w, p, text);
    decref(text);
    return rc;
}

PyObject *
str_percent(PyObject *format, PyObject *args)
{
    int kind = str_kind(format);
    const void *data = str_data(format);
    Py_ssize_t n = str_length(format), at = 0;
    PercentArgs a;
    percent_args_init(&a, args, str_check(args));
    StrWriter w;
    str_writer_init(&w);
    w.min_length = n + 16;
    while (at < n) {
        Py_ssize_t found = chars_find_char(kind, chars_at(kind, data, at), n - at, '%');
        Py_ssize_t stop = found < 0 ? n : at + found;
        if (str_writer_substring(&w, format, at, stop) < 0) {
            goto error;
        }
        at = stop + 1;
        if (stop == n) {
            break;
        }
        if (at < n && str_read(kind, data, at) == '%') {
            if (str_writer_char(&w, '%') < 0) {
                goto error;
            }
            at++;
            continue;
        }
        Percent p;
        if (percent_parse(kind, data, &at, n, &a, false, &p) < 0 ||
            write_conversion(&w, &p, &a) < 0) {
            goto error;
        }
    }
    if (percent_args_finish(&a, "string") < 0) {
        goto error;
    }
    percent_args_clear(&a);
    return str_writer_finish(&w);
error:
    percent_args_clear(&a);
    str_writer_discard(&w);
    return NULL;
}
