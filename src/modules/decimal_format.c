// Decimal.__format__: the format mini-language for decimal numbers. See decimal_internal.h.
//
// Text is put together in UTF-8; widths count characters.
//
// Threading: pure.
#include <limits.h>
#include <locale.h>
#include <string.h>

#include "memory/alloc.h"
#include "modules/decimal_internal.h"
#include "objects/args.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/str.h"

typedef struct {
    char text[8];       // one character in UTF-8, maybe none
} Character;

typedef struct {
    Character fill;
    char align;             // '<' '>' '=' '^'
    char sign;              // '-' '+' ' '
    bool no_negative_zero;
    bool alternate;
    bool zero_pad;
    int64_t width;
    int64_t precision;      // -1: none
    char type;              // e E f F g G %
    Character point;
    Character separator;
    Character fraction_separator;
    char grouping[16];      // sizes of groups from the right; the last repeats, CHAR_MAX ends
} Spec;

// ---- parsing ----

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static bool
accept(Cursor *c, char ch)
{
    if (c->at < c->end && *c->at == ch) {
        c->at++;
        return true;
    }
    return false;
}

static bool
is_align(const char *at, const char *end)
{
    return at < end && (*at == '<' || *at == '>' || *at == '=' || *at == '^');
}

static size_t
character_size(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// Digits as a number: -1 for none, -2 for too many.
static int64_t
read_number(Cursor *c)
{
    int64_t value = -1;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        value = (value < 0 ? 0 : value) * 10 + (*c->at++ - '0');
        if (value > DEC_MAX_PREC) {
            return -2;
        }
    }
    return value;
}

static bool
read_separator(Cursor *c, Character *separator)
{
    if (c->at < c->end && (*c->at == ',' || *c->at == '_')) {
        separator->text[0] = *c->at++;
        separator->text[1] = '\0';
        return true;
    }
    return false;
}

static void
read_fill(Cursor *c, Spec *s, bool *aligned)
{
    *aligned = false;
    if (c->at == c->end) {
        return;
    }
    size_t size = character_size((unsigned char)*c->at);
    if (c->at + size < c->end && is_align(c->at + size, c->end)) {
        memset(&s->fill, 0, sizeof s->fill);
        memcpy(s->fill.text, c->at, size);
        s->align = c->at[size];
        c->at += size + 1;
        *aligned = true;
    }
    else if (is_align(c->at, c->end)) {
        s->align = *c->at++;
        *aligned = true;
    }
}

static void
use_locale(Spec *s)
{
    const struct lconv *lc = localeconv();
    memset(&s->point, 0, sizeof s->point);
    memset(&s->separator, 0, sizeof s->separator);
    strncpy(s->point.text, lc->decimal_point, sizeof s->point.text - 1);
    strncpy(s->separator.text, lc->thousands_sep, sizeof s->separator.text - 1);
    strncpy(s->grouping, lc->grouping, sizeof s->grouping - 1);
}

// The type at the end; false when there is something else.
static bool
read_type(Cursor *c, Spec *s, bool capitals, bool *upper)
{
    *upper = false;
    s->type = capitals ? 'G' : 'g';
    if (c->at == c->end) {
        return true;
    }
    char type = *c->at++;
    if (c->at != c->end || type == '\0' || strchr("eEfFgGn%N", type) == NULL) {
        return false;
    }
    s->type = type;
    if (type == 'n' || type == 'N') {
        if (s->separator.text[0] != '\0' || s->fraction_separator.text[0] != '\0') {
            return false;
        }
        *upper = type == 'N';
        s->type = type == 'N' ? 'G' : 'g';
        use_locale(s);
        return true;
    }
    return true;
}

// [[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]
static bool
parse(Spec *s, const char *text, size_t size, bool capitals, bool *deprecated)
{
    Cursor c = {text, text + size};
    *s = (Spec){.fill = {" "}, .align = '>', .sign = '-', .precision = -1, .point = {"."}};
    bool aligned;
    read_fill(&c, s, &aligned);
    if (c.at < c.end && (*c.at == '+' || *c.at == '-' || *c.at == ' ')) {
        s->sign = *c.at++;
    }
    s->no_negative_zero = accept(&c, 'z');
    s->alternate = accept(&c, '#');
    if (accept(&c, '0')) {
        if (aligned) {
            return false;   // zero padding is an alignment
        }
        s->zero_pad = true;
        s->align = '=';
    }
    s->width = read_number(&c);
    if (s->width == -2) {
        return false;
    }
    s->width = s->width < 0 ? 0 : s->width;
    if (read_separator(&c, &s->separator)) {
        s->grouping[0] = 3;
    }
    if (accept(&c, '.')) {
        s->precision = read_number(&c);
        bool grouped = read_separator(&c, &s->fraction_separator);
        if (s->precision == -2 || (s->precision < 0 && !grouped)) {
            return false;
        }
    }
    return read_type(&c, s, capitals, deprecated);
}

// ---- locale of the caller ----

static bool
override_field(PyObject *dict, const char *name, char *target, size_t room)
{
    PyObject *value;
    int found = dict_get_cstr(dict, name, &value);
    if (found <= 0) {
        return found == 0;
    }
    bool ok = false;
    if (!str_check(value)) {
        error_bad_argument();
    }
    else {
        Py_ssize_t size;
        const char *text = str_as_utf8_size(value, &size);
        if (text != NULL && (size_t)size >= room) {
            error_set(PyExc_ValueError, "invalid override dict");
        }
        else if (text != NULL) {
            memset(target, 0, room);
            memcpy(target, text, (size_t)size);
            ok = true;
        }
    }
    decref(value);
    return ok;
}

static bool
use_override(Spec *s, PyObject *dict)
{
    if (!dict_check(dict)) {
        error_set(PyExc_TypeError, "optional argument must be a dict");
        return false;
    }
    if (!override_field(dict, "decimal_point", s->point.text, 5)
        || !override_field(dict, "thousands_sep", s->separator.text, 5)
        || !override_field(dict, "grouping", s->grouping, sizeof s->grouping)) {
        return false;
    }
    bool valid = s->point.text[0] != '\0';
    for (const char *g = s->grouping; *g != '\0'; g++) {
        valid &= (unsigned char)*g <= CHAR_MAX;
    }
    if (!valid) {
        error_set(PyExc_ValueError, "invalid override dict");
    }
    return valid;
}

// ---- output ----

typedef struct {
    char *data;         // NULL until something is written, or without memory
    size_t size;
    size_t room;
    bool failed;
} Buffer;

static char *
reserve(Buffer *b, size_t more)
{
    if (b->failed || more > (size_t)1 << 60) {
        b->failed = true;
        return NULL;
    }
    if (b->size + more > b->room) {
        size_t room = (b->size + more) * 2 + 64;
        char *data = mem_realloc(b->data, room);
        if (data == NULL) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->room = room;
    }
    char *at = b->data + b->size;
    b->size += more;
    return at;
}

static void
put(Buffer *b, const char *text, size_t size)
{
    char *at = reserve(b, size);
    if (at != NULL) {
        memcpy(at, text, size);
    }
}

static void
put_cstr(Buffer *b, const char *text)
{
    put(b, text, strlen(text));
}

static void
put_repeated(Buffer *b, const Character *c, int64_t n)
{
    size_t size = c->text[0] == '\0' ? 1 : strlen(c->text);
    char *at = n > 0 ? reserve(b, (size_t)n * size) : NULL;
    for (int64_t i = 0; at != NULL && i < n; i++) {
        memcpy(at + (size_t)i * size, c->text, size);
    }
}

static int64_t
count_characters(const char *text, size_t size)
{
    int64_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

// ---- grouping ----

// The size of the group with that index from the right, 0 when there are no more groups.
static int
group_size(const Spec *s, size_t index)
{
    size_t n = strlen(s->grouping);
    if (n == 0) {
        return 0;
    }
    int size = s->grouping[index < n ? index : n - 1];
    for (size_t i = 0; i <= index && i < n; i++) {
        if (s->grouping[i] == CHAR_MAX) {
            return 0;
        }
    }
    return size;
}

// Digits with separators, and zeros in front up to min_width characters. Written from the right.
static void
put_grouped(Buffer *b, const Spec *s, const char *digits, int64_t n, int64_t min_width)
{
    size_t separator = strlen(s->separator.text);
    int64_t separator_width = count_characters(s->separator.text, separator);
    int64_t most = (n > min_width ? n : min_width) + 1;
    size_t room = (size_t)most * (1 + separator) + 8;
    char *buffer = most > (int64_t)1 << 50 ? NULL : mem_alloc(room);
    if (buffer == NULL) {
        b->failed = true;
        return;
    }
    char *at = buffer + room;
    for (size_t index = 0;; index++) {
        int size = group_size(s, index);
        int64_t want = n > min_width ? n : min_width;
        want = want > 1 ? want : 1;
        int64_t count = size == 0 || size > want ? want : size;
        int64_t taken = n < count ? n : count;
        at -= taken;
        memcpy(at, digits + n - taken, (size_t)taken);
        at -= count - taken;
        memset(at, '0', (size_t)(count - taken));
        n -= taken;
        min_width -= count;
        if (n == 0 && min_width <= 0) {
            break;
        }
        min_width -= separator_width;
        at -= separator;
        memcpy(at, s->separator.text, separator);
    }
    put(b, at, (size_t)(buffer + room - at));
    mem_free(buffer);
}

// ---- numbers ----

// Rounded to that many significant digits; the exponent grows with a carry.
static void
round_to_digits(Dec *r, const Dec *a, int64_t digits, const DecContext *ctx, uint32_t *status)
{
    if (dec_is_zero(a)) {
        (void)dec_copy(r, a, status);
        return;
    }
    dec_rescale(r, a, dec_adjusted(a) + 1 - digits, ctx, status);
    if (!dec_is_special(r) && dec_adjusted(r) != dec_adjusted(a)) {
        Dec again;
        dec_rescale(&again, r, dec_adjusted(r) + 1 - digits, ctx, status);
        dec_free(r);
        *r = again;
    }
}

// The number as the type shows it.
static void
round_for_type(Dec *r, const Dec *a, const Spec *s, const DecContext *ctx, uint32_t *status)
{
    Dec scaled = *a;
    bool fixed = s->type == 'f' || s->type == 'F' || s->type == '%';
    if (s->type == '%') {
        scaled.exp += 2;
    }
    int64_t precision = s->precision;
    if (precision < 0) {
        if (fixed && scaled.exp > 0) {
            dec_rescale(r, &scaled, 0, ctx, status);
            return;
        }
        (void)dec_copy(r, &scaled, status);
    }
    else if (fixed) {
        dec_rescale(r, &scaled, -precision, ctx, status);
    }
    else if (s->type == 'e' || s->type == 'E') {
        round_to_digits(r, &scaled, precision + 1, ctx, status);
    }
    else {
        precision = precision == 0 ? 1 : precision;
        if (scaled.digits > precision) {
            round_to_digits(r, &scaled, precision, ctx, status);
        }
        else {
            (void)dec_copy(r, &scaled, status);
        }
    }
}

// How many digits stand in front of the point.
static int64_t
digits_before_point(const Dec *a, const Spec *s)
{
    int64_t left = a->exp + a->digits;
    switch (s->type) {
        case 'f': case 'F': case '%':
            return left;
        case 'e': case 'E':
            return dec_is_zero(a) && s->precision >= 0 ? 1 - s->precision : 1;
        default:
            return a->exp <= 0 && left > -6 ? left : 1;
    }
}

static void
put_fraction(Buffer *b, const Spec *s, const char *digits, int64_t n)
{
    if (s->fraction_separator.text[0] == '\0') {
        put(b, digits, (size_t)n);
        return;
    }
    for (int64_t i = 0; i < n; i += 3) {
        if (i > 0) {
            put_cstr(b, s->fraction_separator.text);
        }
        put(b, digits + i, (size_t)(n - i < 3 ? n - i : 3));
    }
}

static void
put_exponent(Buffer *b, const Spec *s, int64_t exp)
{
    char text[32];
    char *at = text + sizeof text;
    uint64_t magnitude = exp < 0 ? -(uint64_t)exp : (uint64_t)exp;
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    *--at = exp < 0 ? '-' : '+';
    *--at = s->type == 'E' || s->type == 'G' ? 'E' : 'e';
    put(b, at, (size_t)(text + sizeof text - at));
}

// All digits of a number, with zeros around them as the point's place asks: *point digits lie before
// it.
static char *
placed_digits(const Dec *a, int64_t *point, int64_t *count)
{
    int64_t before = *point < 0 ? -*point : 0;
    int64_t after = *point > a->digits ? *point - a->digits : 0;
    *count = before + a->digits + after;
    char *text = *count > (int64_t)1 << 50 ? NULL : mem_alloc((size_t)*count + 1);
    if (text == NULL) {
        return NULL;
    }
    uint64_t scratch[2] = {0, 0};
    size_t n;
    const uint64_t *p = dec_limbs(a, scratch, &n);
    memset(text, '0', (size_t)before);
    limbs_write_text(text + before, p, a->digits);
    memset(text + before + a->digits, '0', (size_t)after);
    *point = *point < 0 ? 0 : *point;
    return text;
}

// Text behind the integer digits, in `tail`; then the digits, grouped and padded with zeros.
static void
put_finite(Buffer *b, const Dec *a, const Spec *s, int64_t sign_width)
{
    int64_t point = digits_before_point(a, s);
    int64_t exp = a->exp + a->digits - point;
    int64_t count;
    char *digits = placed_digits(a, &point, &count);
    if (digits == NULL) {
        b->failed = true;
        return;
    }
    Buffer tail = {0};
    if (point < count || s->alternate) {
        put_cstr(&tail, s->point.text);
        put_fraction(&tail, s, digits + point, count - point);
    }
    if (s->type != '%' && s->type != 'f' && s->type != 'F'
        && (exp != 0 || s->type == 'e' || s->type == 'E')) {
        put_exponent(&tail, s, exp);
    }
    if (s->type == '%') {
        put_cstr(&tail, "%");
    }
    int64_t min_width = 0;
    if (s->zero_pad) {
        min_width = s->width - sign_width - count_characters(tail.data, tail.size);
    }
    if (point == 0) {
        put_grouped(b, s, "0", 1, min_width);
    }
    else {
        put_grouped(b, s, digits, point, min_width);
    }
    put(b, tail.data != NULL ? tail.data : "", tail.size);
    b->failed |= tail.failed;
    mem_free(tail.data);
    mem_free(digits);
}

static void
put_special(Buffer *b, const Dec *a, const Spec *s)
{
    Dec magnitude = *a;
    magnitude.flags &= (uint8_t)~DEC_NEG;
    size_t size;
    char *text = dec_to_text(&magnitude, false, true, &size);
    if (text == NULL) {
        b->failed = true;
        return;
    }
    put(b, text, size);
    mem_free(text);
    if (s->type == '%') {
        put_cstr(b, "%");
    }
}

// Sign, padding and body.
static void
put_aligned(Buffer *b, const Spec *s, const char *sign, const Buffer *body)
{
    int64_t width = count_characters(body->data, body->size) + (int64_t)strlen(sign);
    int64_t pad = s->width > width ? s->width - width : 0;
    int64_t before = s->align == '>' ? pad : s->align == '^' ? pad / 2 : 0;
    int64_t inside = s->align == '=' ? pad : 0;
    put_repeated(b, &s->fill, before);
    put_cstr(b, sign);
    put_repeated(b, &s->fill, inside);
    put(b, body->data, body->size);
    put_repeated(b, &s->fill, pad - before - inside);
}

static void
format_number(Buffer *out, const Dec *a, const Spec *s, const DecContext *ctx, uint32_t *status)
{
    Dec rounded;
    if (dec_is_special(a)) {
        (void)dec_copy(&rounded, a, status);
    }
    else {
        round_for_type(&rounded, a, s, ctx, status);
        if (dec_is_special(&rounded)) {
            return;
        }
    }
    bool negative = dec_is_negative(a);
    if (s->no_negative_zero && dec_is_zero(&rounded)) {
        negative = false;
    }
    char sign[2] = {negative ? '-' : s->sign == '-' ? '\0' : s->sign, '\0'};
    Buffer body = {0};
    if (dec_is_special(a)) {
        put_special(&body, a, s);
    }
    else {
        put_finite(&body, &rounded, s, (int64_t)strlen(sign));
    }
    if (!body.failed) {
        put_aligned(out, s, sign, &body);
    }
    out->failed |= body.failed;
    mem_free(body.data);
    dec_free(&rounded);
}

PyObject *
decimal_format(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    DecimalState *state = DECIMAL_STATE(self);
    if (!args_check_positional("__format__", nargs, 1, 2)) {
        return NULL;
    }
    if (!str_check(args[0])) {
        return error_set(PyExc_TypeError, "format arg must be str");
    }
    Py_ssize_t size;
    const char *text = str_as_utf8_size(args[0], &size);
    PyObject *context = text != NULL ? decimal_current_context(state) : NULL;
    if (context == NULL) {
        return NULL;
    }
    bool capitals = decimal_context_capitals(context);
    DecContext ctx = dec_max_context;
    DecContext current;
    decimal_context_read(context, &current);
    decref(context);
    ctx.round = current.round;
    if (size == 0 && nargs == 1) {
        return decimal_to_text(self, false, capitals);
    }
    Spec spec;
    bool deprecated;
    if (!parse(&spec, text, (size_t)size, capitals, &deprecated)) {
        return error_set(PyExc_ValueError, "invalid format string");
    }
    if (deprecated
        && error_warn(PyExc_DeprecationWarning, 1, "Format specifier 'N' is deprecated") < 0) {
        return NULL;
    }
    if (nargs == 2 && !use_override(&spec, args[1])) {
        return NULL;
    }
    if (spec.zero_pad && dec_is_special(DECIMAL(self))) {
        spec.align = '>';       // with blanks
        spec.zero_pad = false;
    }
    else if (spec.zero_pad) {
        spec.fill = (Character){"0"};
    }
    Buffer out = {0};
    uint32_t status = 0;
    format_number(&out, DECIMAL(self), &spec, &ctx, &status);
    PyObject *result = NULL;
    if (status & DEC_INVALID_OPERATION) {
        error_set(PyExc_ValueError, "invalid format string");
    }
    else if (out.failed || (status & DEC_MALLOC_ERROR)) {
        error_no_memory();
    }
    else {
        result = str_from_utf8(out.data, (Py_ssize_t)out.size);
    }
    mem_free(out.data);
    return result;
}
