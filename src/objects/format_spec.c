// Format specifications: parsing, and the layout of numbers (sign, grouping, padding).
#include <locale.h>
#include <string.h>

#include "objects/error.h"
#include "objects/format_internal.h"
#include "objects/object.h"

// ---- parsing ----

// The specification under a cursor.
typedef struct {
    PyObject *text;
    Py_ssize_t at, end;
} Cursor;

static inline Py_ssize_t left(const Cursor *c) { return c->end - c->at; }
static inline Py_UCS4 peek(const Cursor *c) { return str_read_char(c->text, c->at); }

static bool
accept(Cursor *c, Py_UCS4 ch)
{
    if (left(c) > 0 && peek(c) == ch) {
        c->at++;
        return true;
    }
    return false;
}

static bool
is_align(Py_UCS4 ch)
{
    return ch == '<' || ch == '>' || ch == '=' || ch == '^';
}

// Decimal digits: their number, or -1 with ValueError.
static Py_ssize_t
read_number(Cursor *c, Py_ssize_t *value)
{
    Py_ssize_t count = 0;
    *value = 0;
    for (; left(c) > 0; c->at++, count++) {
        Py_UCS4 ch = peek(c);
        if (ch < '0' || ch > '9') {
            break;
        }
        if (*value > (PY_SSIZE_T_MAX - (Py_ssize_t)(ch - '0')) / 10) {
            error_set(PyExc_ValueError, "Too many decimal digits in format string");
            return -1;
        }
        *value = *value * 10 + (Py_ssize_t)(ch - '0');
    }
    return count;
}

// ',' or '_' or nothing.
static int
read_grouping(Cursor *c, char *grouping)
{
    *grouping = 0;
    if (accept(c, ',')) {
        *grouping = ',';
    }
    if (left(c) > 0 && peek(c) == '_') {
        if (*grouping != 0) {
            goto both;
        }
        c->at++;
        *grouping = '_';
        if (left(c) > 0 && peek(c) == ',') {
            goto both;
        }
    }
    return 0;
both:
    error_set(PyExc_ValueError, "Cannot specify both ',' and '_'.");
    return -1;
}

static void
read_fill_and_flags(Cursor *c, char default_align, FormatSpec *s)
{
    bool fill_given = false;
    if (left(c) >= 2 && is_align(str_read_char(c->text, c->at + 1))) {
        s->fill = peek(c);
        s->align = (char)str_read_char(c->text, c->at + 1);
        s->align_given = fill_given = true;
        c->at += 2;
    }
    else if (left(c) >= 1 && is_align(peek(c))) {
        s->align = (char)peek(c);
        s->align_given = true;
        c->at++;
    }
    if (left(c) > 0 && (peek(c) == '+' || peek(c) == '-' || peek(c) == ' ')) {
        s->sign = (char)peek(c);
        c->at++;
    }
    s->no_negative_zero = accept(c, 'z');
    s->alternate = accept(c, '#');
    if (!fill_given && accept(c, '0')) {
        s->fill = '0';
        if (!s->align_given && default_align == '>') {
            s->align = '=';
        }
    }
}

static int
read_precision(Cursor *c, FormatSpec *s)
{
    if (!accept(c, '.')) {
        return 0;
    }
    Py_ssize_t value, count = read_number(c, &value);
    if (count < 0) {
        return -1;
    }
    if (count > 0) {
        s->precision = value;
    }
    if (read_grouping(c, &s->fraction_grouping) < 0) {
        return -1;
    }
    if (count == 0 && s->fraction_grouping == 0) {
        error_set(PyExc_ValueError, "Format specifier missing precision");
        return -1;
    }
    return 0;
}

static int
check_grouping(char grouping, Py_UCS4 type)
{
    if (grouping == 0 || type == 0) {
        return 0;
    }
    if (type < 128 && strchr("defgEG%F", (int)type) != NULL) {
        return 0;
    }
    if (grouping == '_' && type < 128 && strchr("boxX", (int)type) != NULL) {
        return 0;
    }
    if (type > 32 && type < 128) {
        error_format(PyExc_ValueError, "Cannot specify '%c' with '%c'.", grouping, (int)type);
    }
    else {
        error_format(PyExc_ValueError, "Cannot specify '%c' with '\\x%x'.", grouping,
                     (unsigned)type);
    }
    return -1;
}

int
format_spec_parse(PyObject *value, PyObject *spec, Py_UCS4 default_type, char default_align,
                  FormatSpec *s)
{
    Cursor c = {spec, 0, spec == NULL ? 0 : str_length(spec)};
    *s = (FormatSpec){.fill = ' ',
                      .align = default_align,
                      .width = -1,
                      .precision = -1,
                      .type = default_type};
    read_fill_and_flags(&c, default_align, s);
    Py_ssize_t width, count = read_number(&c, &width);
    if (count < 0) {
        return -1;
    }
    s->width = count == 0 ? -1 : width;
    if (read_grouping(&c, &s->grouping) < 0 || read_precision(&c, s) < 0) {
        return -1;
    }
    if (left(&c) > 1) {
        error_format(PyExc_ValueError,
                     "Invalid format specifier '%U' for object of type '%.200s'", spec,
                     type_of(value)->tp_name);
        return -1;
    }
    if (left(&c) == 1) {
        s->type = peek(&c);
    }
    return check_grouping(s->grouping, s->type) < 0 ? -1
                                                    : check_grouping(s->fraction_grouping, s->type);
}

int
format_unknown_type(PyObject *value, Py_UCS4 type)
{
    if (type > 32 && type < 128) {
        error_format(PyExc_ValueError, "Unknown format code '%c' for object of type '%.200s'",
                     (int)type, type_of(value)->tp_name);
    }
    else {
        error_format(PyExc_ValueError, "Unknown format code '\\x%x' for object of type '%.200s'",
                     (unsigned)type, type_of(value)->tp_name);
    }
    return -1;
}

// ---- padding ----

static void
split_padding(char align, Py_ssize_t pad, Py_ssize_t *before, Py_ssize_t *after)
{
    *before = align == '<' ? 0 : align == '^' ? pad / 2 : pad;
    *after = pad - *before;
}

int
format_write_padded(StrWriter *w, const FormatSpec *spec, PyObject *text, Py_ssize_t n)
{
    Py_ssize_t before, after;
    split_padding(spec->align, spec->width > n ? spec->width - n : 0, &before, &after);
    if (str_writer_fill(w, spec->fill, before) < 0 || str_writer_substring(w, text, 0, n) < 0) {
        return -1;
    }
    return str_writer_fill(w, spec->fill, after);
}

// ---- grouping ----

// How digits are grouped: sizes from the right, the last one repeated (CHAR_MAX or 0: no more).
typedef struct {
    const char *sizes;
    PyObject *separator;    // borrowed or owned by the caller; may be of any length
    PyObject *point;
} Grouping;

static int
group_size(const Grouping *g, Py_ssize_t index)
{
    Py_ssize_t n = (Py_ssize_t)strlen(g->sizes);
    if (n == 0) {
        return 0;
    }
    int size = g->sizes[index < n ? index : n - 1];
    return size == 127 ? 0 : size;
}

// One group of the output, from the right: zeros in front of digits.
typedef struct {
    Py_ssize_t zeros, digits;
} Group;

// The group at `index` when `digits` are left and the text must still be min_width wide.
static Group
next_group(const Grouping *g, Py_ssize_t index, Py_ssize_t digits, Py_ssize_t min_width)
{
    Py_ssize_t want = digits > min_width ? digits : min_width;
    want = want > 1 ? want : 1;
    int size = group_size(g, index);
    Py_ssize_t n = size == 0 || size > want ? want : size;
    Py_ssize_t taken = digits < n ? (digits < 0 ? 0 : digits) : n;
    return (Group){n - taken, taken};
}

// Walks the groups: their number, and the length of the whole.
static Py_ssize_t
count_groups(const Grouping *g, Py_ssize_t digits, Py_ssize_t min_width, Py_ssize_t *total)
{
    Py_ssize_t count = 0, separator = str_length(g->separator);
    *total = 0;
    for (;;) {
        Group group = next_group(g, count, digits, min_width);
        digits -= group.digits;
        min_width -= group.zeros + group.digits;
        *total += group.zeros + group.digits + (count > 0 ? separator : 0);
        count++;
        if (digits <= 0 && min_width <= 0) {
            return count;
        }
        min_width -= separator;
    }
}

// Writes the digits with separators, padded with zeros to min_width.
static int
write_grouped(StrWriter *w, const Grouping *g, const char *digits, Py_ssize_t n,
              Py_ssize_t min_width, bool upper)
{
    Py_ssize_t total;
    count_groups(g, n, min_width, &total);
    Py_UCS4 maxchar = str_max_char(g->separator);
    if (str_writer_prepare(w, total, maxchar) < 0) {
        return -1;
    }
    Py_ssize_t at = w->pos + total, separator = str_length(g->separator), left_over = n;
    for (Py_ssize_t i = 0;; i++) {
        Group group = next_group(g, i, left_over, min_width);
        if (i > 0 && separator > 0) {
            at -= separator;
            str_copy_characters(w->buffer, at, g->separator, 0, separator);
        }
        at -= group.digits;
        left_over -= group.digits;
        for (Py_ssize_t k = 0; k < group.digits; k++) {
            char c = digits[left_over + k];
            str_write(w->kind, w->data, at + k,
                      (Py_UCS4)(upper && c >= 'a' && c <= 'z' ? c - 32 : c));
        }
        at -= group.zeros;
        chars_fill(w->kind, chars_at(w->kind, w->data, at), '0', group.zeros);
        min_width -= group.zeros + group.digits;
        if (left_over <= 0 && min_width <= 0) {
            break;
        }
        min_width -= separator;
    }
    w->pos += total;
    return 0;
}

// The grouping that a specification asks for; *owned collects what must be released.
static int
grouping_for(const FormatSpec *spec, Grouping *g, PyObject *owned[2])
{
    owned[0] = owned[1] = NULL;
    g->point = str_from_char('.');
    if (spec->type == 'n') {
        const struct lconv *lc = localeconv();
        owned[0] = str_decode_locale(lc->thousands_sep, "surrogateescape");
        owned[1] = str_decode_locale(lc->decimal_point, "surrogateescape");
        if (owned[0] == NULL || owned[1] == NULL) {
            return -1;
        }
        g->sizes = lc->grouping;
        g->separator = owned[0];
        g->point = owned[1];
        return 0;
    }
    g->sizes = "";
    g->separator = str_empty();
    if (spec->grouping != 0) {
        bool bits = spec->type < 128 && spec->type != 0 && strchr("boxX", (int)spec->type) != NULL;
        g->sizes = bits && spec->grouping == '_' ? "\4" : "\3";
        g->separator = str_from_char((Py_UCS4)spec->grouping);
    }
    return 0;
}

// ---- numbers ----

// The text of a number taken apart.
typedef struct {
    char sign;                      // 0: none
    const char *prefix, *digits, *fraction, *rest;
    Py_ssize_t prefix_size, digit_count, fraction_size, rest_size;
    bool has_point;
} Parts;

static bool
is_digit(const FormatSpec *spec, char c)
{
    if (c >= '0' && c <= '9') {
        return true;
    }
    bool hex = spec->type == 'x' || spec->type == 'X';
    return hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

static Parts
take_apart(const FormatSpec *spec, NumberParts number)
{
    Parts p = {.sign = 0};
    const char *at = number.text, *end = number.text + number.size;
    if (at < end && (*at == '-' || *at == '+')) {
        p.sign = *at++;
    }
    p.prefix = at;
    p.prefix_size = number.prefix;
    at += number.prefix;
    p.digits = at;
    while (at < end && is_digit(spec, *at)) {
        at++;
    }
    p.digit_count = at - p.digits;
    if (at < end && *at == '.') {
        p.has_point = true;
        at++;
    }
    p.fraction = at;
    while (p.has_point && at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    p.fraction_size = at - p.fraction;
    p.rest = at;
    p.rest_size = end - at;
    if (p.sign != '-') {
        p.sign = spec->sign == '+' ? '+' : spec->sign == ' ' ? ' ' : 0;
    }
    return p;
}

// Digits behind the point in groups of three from the left.
static int
write_fraction(StrWriter *w, const FormatSpec *spec, const Parts *p)
{
    if (spec->fraction_grouping == 0) {
        return str_writer_ascii(w, p->fraction, p->fraction_size);
    }
    for (Py_ssize_t i = 0; i < p->fraction_size; i++) {
        if ((i > 0 && i % 3 == 0 && str_writer_char(w, (Py_UCS4)spec->fraction_grouping) < 0) ||
            str_writer_char(w, (Py_UCS4)p->fraction[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
write_parts(StrWriter *w, const FormatSpec *spec, const Parts *p, const Grouping *g)
{
    Py_ssize_t point = p->has_point ? str_length(g->point) : 0;
    Py_ssize_t fraction = p->fraction_size;
    if (spec->fraction_grouping != 0 && fraction > 0) {
        fraction += (fraction - 1) / 3;
    }
    Py_ssize_t other = (p->sign != 0) + p->prefix_size + point + fraction + p->rest_size;
    Py_ssize_t min_digits = 0, grouped = 0;
    if (p->digit_count > 0) {
        if (spec->fill == '0' && spec->align == '=' && spec->width > other) {
            min_digits = spec->width - other;
        }
        count_groups(g, p->digit_count, min_digits, &grouped);
    }
    Py_ssize_t pad = spec->width > other + grouped ? spec->width - other - grouped : 0;
    Py_ssize_t before = 0, inside = 0, after = 0;
    if (spec->align == '=') {
        inside = pad;
    }
    else {
        split_padding(spec->align, pad, &before, &after);
    }
    bool upper = spec->type == 'X';
    if (str_writer_fill(w, spec->fill, before) < 0 ||
        (p->sign != 0 && str_writer_char(w, (Py_UCS4)p->sign) < 0)) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < p->prefix_size; i++) {
        char c = p->prefix[i];
        if (str_writer_char(w, (Py_UCS4)(upper && c == 'x' ? 'X' : c)) < 0) {
            return -1;
        }
    }
    if (str_writer_fill(w, spec->fill, inside) < 0 ||
        (p->digit_count > 0 &&
         write_grouped(w, g, p->digits, p->digit_count, min_digits, upper) < 0) ||
        (p->has_point && str_writer_str(w, g->point) < 0) || write_fraction(w, spec, p) < 0 ||
        str_writer_ascii(w, p->rest, p->rest_size) < 0) {
        return -1;
    }
    return str_writer_fill(w, spec->fill, after);
}

int
format_write_number(StrWriter *w, const FormatSpec *spec, NumberParts number)
{
    Grouping g;
    PyObject *owned[2];
    int rc = grouping_for(spec, &g, owned);
    if (rc == 0) {
        Parts p = take_apart(spec, number);
        rc = write_parts(w, spec, &p, &g);
    }
    xdecref(owned[0]);
    xdecref(owned[1]);
    return rc;
}
