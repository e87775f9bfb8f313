// Text of dates and times: ISO 8601, strftime and strptime (through the modules time and _strptime).
//
// Threading: pure, but for what it imports.
#include <stdio.h>
#include <string.h>

#include "base/hooks.h"
#include "modules/datetime_internal.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"

// ---- ISO 8601 ----

static inline char *
put_digits(char *out, int value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

int
date_text(char *out, Ymd ymd)
{
    char *p = put_digits(out, ymd.year, 4);
    *p++ = '-';
    p = put_digits(p, ymd.month, 2);
    *p++ = '-';
    p = put_digits(p, ymd.day, 2);
    return (int)(p - out);
}

int
timespec_parse(PyObject *name, TimeSpec *spec)
{
    static const char *const names[] = {
        "auto", "hours", "minutes", "seconds", "milliseconds", "microseconds",
    };
    *spec = SPEC_AUTO;
    if (name == NULL) {
        return 0;
    }
    for (int i = 0; i <= SPEC_MICROSECONDS; i++) {
        if (str_equal_cstr(name, names[i])) {
            *spec = (TimeSpec)i;
            return 0;
        }
    }
    error_set(PyExc_ValueError, "Unknown timespec value");
    return -1;
}

int
time_text(char *out, Hms hms, TimeSpec spec)
{
    if (spec == SPEC_AUTO) {
        spec = hms.us != 0 ? SPEC_MICROSECONDS : SPEC_SECONDS;
    }
    char *p = put_digits(out, hms.hour, 2);
    if (spec >= SPEC_MINUTES) {
        *p++ = ':';
        p = put_digits(p, hms.minute, 2);
    }
    if (spec >= SPEC_SECONDS) {
        *p++ = ':';
        p = put_digits(p, hms.second, 2);
    }
    if (spec >= SPEC_MILLISECONDS) {
        *p++ = '.';
        p = spec == SPEC_MILLISECONDS ? put_digits(p, hms.us / 1000, 3) : put_digits(p, hms.us, 6);
    }
    return (int)(p - out);
}

// "+01:00", with seconds and microseconds where there are some.
static int
offset_text(char *out, PyObject *offset, const char *separator)
{
    int64_t us = (int64_t)delta_us(offset);
    char sign = us < 0 ? '-' : '+';
    us = us < 0 ? -us : us;
    int seconds = (int)(us / US_PER_SECOND);
    int rest = (int)(us % US_PER_SECOND);
    int n = sprintf(out, "%c%02d%s%02d", sign, seconds / 3600, separator, seconds / 60 % 60);
    if (rest != 0) {
        n += sprintf(out + n, "%s%02d.%06d", separator, seconds % 60, rest);
    }
    else if (seconds % 60 != 0) {
        n += sprintf(out + n, "%s%02d", separator, seconds % 60);
    }
    return n;
}

PyObject *
append_offset_steal(PyObject *text, PyObject *tz, PyObject *dt)
{
    if (text == NULL || tz == Py_None) {
        return text;
    }
    PyObject *offset = tzinfo_call_utcoffset(tz, dt);
    if (offset == NULL) {
        decref(text);
        return NULL;
    }
    if (offset != Py_None) {
        char buffer[40];
        PyObject *suffix = str_from_ascii(buffer, offset_text(buffer, offset, ":"));
        str_append_steal(&text, suffix);
    }
    decref(offset);
    return text;
}

PyObject *
format_ctime(Ymd ymd, Hms hms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    };
    char text[64];
    int n = snprintf(text, sizeof text, "%s %s %2d %02d:%02d:%02d %04d",
                     days[calendar_weekday(ymd)], months[ymd.month - 1], ymd.day, hms.hour,
                     hms.minute, hms.second, ymd.year);
    return str_from_ascii(text, n);
}

// ---- the time module ----

// module.name(*args): args end with NULL.
static PyObject *
call_imported(const char *module_name, PyObject *name, PyObject *a, PyObject *b, PyObject *c)
{
    PyObject *module = hooks.import_module(module_name);
    PyObject *function = module != NULL ? object_getattr(module, name) : NULL;
    PyObject *result = function != NULL ? object_call_objargs(function, a, b, c, NULL) : NULL;
    xdecref(function);
    xdecref(module);
    return result;
}

PyObject *
format_timetuple(Ymd ymd, Hms hms, int dst)
{
    int values[] = {
        ymd.year, ymd.month, ymd.day, hms.hour, hms.minute, hms.second, calendar_weekday(ymd),
        calendar_day_of_year(ymd), dst,
    };
    PyObject *fields = tuple_new(9);
    for (int i = 0; fields != NULL && i < 9; i++) {
        PyObject *value = int_from_i64(values[i]);
        if (value == NULL) {
            clear_ref(fields);
        }
        else {
            tuple_set_item_steal(fields, i, value);
        }
    }
    PyObject *result = fields != NULL ? call_imported("time", ID(struct_time), fields, NULL, NULL) : NULL;
    xdecref(fields);
    return result;
}

PyObject *
format_strptime(PyObject *cls, const char *function, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *text, *format;
    if (!args_parse_stack(args, nargs, "UU:strptime", &text, &format)) {
        return NULL;
    }
    PyObject *name = str_intern_cstr(function);
    PyObject *result = name != NULL ? call_imported("_strptime", name, cls, text, format) : NULL;
    xdecref(name);
    return result;
}

// ---- strftime ----

// The object that is formatted, and what of it the format asks for.
typedef struct {
    PyObject *op;
    PyObject *dt;               // what tzinfo methods get
    PyObject *timetuple;
    StrWriter text;             // the format with our own codes replaced
} Formatter;

static PyObject *
tzinfo_of(PyObject *op)
{
    return datetime_check(op) ? datetime_tzinfo(op) : time_check(op) ? time_tzinfo(op) : Py_None;
}

static int
put_offset(Formatter *f, const char *separator)
{
    PyObject *offset = tzinfo_call_utcoffset(tzinfo_of(f->op), f->dt);
    if (offset == NULL) {
        return -1;
    }
    int status = 0;
    if (offset != Py_None) {
        char buffer[40];
        status = str_writer_ascii(&f->text, buffer, offset_text(buffer, offset, separator));
    }
    decref(offset);
    return status;
}

// text.replace("%", "%%"), consuming text.
static PyObject *
double_percents_steal(PyObject *text)
{
    PyObject *percent = str_from_cstr("%");
    PyObject *percents = percent != NULL ? str_from_cstr("%%") : NULL;
    PyObject *result = percents != NULL
                           ? object_call_method(text, ID(replace), percent, percents, NULL) : NULL;
    if (result != NULL && !str_check(result)) {
        error_set(PyExc_TypeError, "tzname.replace() did not return a string");
        clear_ref(result);
    }
    xdecref(percents);
    xdecref(percent);
    decref(text);
    return result;
}

static int
put_zone_name(Formatter *f)
{
    PyObject *name = tzinfo_call_tzname(tzinfo_of(f->op), f->dt);
    if (name != NULL && name != Py_None) {
        name = double_percents_steal(name);
    }
    if (name == NULL) {
        return -1;
    }
    int status = name != Py_None ? str_writer_str(&f->text, name) : 0;
    decref(name);
    return status;
}

// Year of the object as C's strftime shows it for %G or %Y.
static long
shown_year(Formatter *f, Py_UCS4 code)
{
    if (code != 'G') {
        PyObject *year = object_getattr(f->op, ID(year));
        long value = year != NULL ? int_as_long(year) : -1;
        xdecref(year);
        return value;
    }
    PyObject *format = str_from_cstr("%G");
    PyObject *text = format != NULL ? call_imported("time", ID(strftime), format, f->timetuple, NULL)
                                    : NULL;
    xdecref(format);
    PyObject *year = text != NULL ? int_from_str(text, 10) : NULL;
    xdecref(text);
    long value = year != NULL ? int_as_long(year) : -1;
    xdecref(year);
    return value;
}

// Codes that contain a year have four digits (glibc pads none).
static int
put_year(Formatter *f, Py_UCS4 code)
{
    long year = shown_year(f, code);
    if (year == -1 && error_occurred()) {
        return -1;
    }
    char buffer[40];
    int n = code == 'F' ? snprintf(buffer, sizeof buffer, "%04ld-%%m-%%d", year)
            : code == 'C' ? snprintf(buffer, sizeof buffer, "%02ld", year / 100)
            : snprintf(buffer, sizeof buffer, "%04ld", year);
    return str_writer_ascii(&f->text, buffer, n);
}

static int
put_microseconds(Formatter *f)
{
    char buffer[8];
    int us = datetime_check(f->op) ? datetime_hms(f->op).us : time_check(f->op) ? time_hms(f->op).us : 0;
    put_digits(buffer, us, 6);
    return str_writer_ascii(&f->text, buffer, 6);
}

// Whether the object has a year of its own that is short.
static bool
has_short_year(Formatter *f)
{
    return date_check(f->op) && date_ymd(f->op).year < 1000;
}

// The code whose percent sign is at i: the index behind it, or -1.
static Py_ssize_t
put_code(Formatter *f, PyObject *format, Py_ssize_t i)
{
    Py_ssize_t n = str_length(format);
    Py_UCS4 code = i + 1 < n ? str_read_char(format, i + 1) : 0;
    Py_ssize_t next = i + 2;
    int status;
    if (code == 'z') {
        status = put_offset(f, "");
    }
    else if (code == 'Z') {
        status = put_zone_name(f);
    }
    else if (code == 'f') {
        status = put_microseconds(f);
    }
    else if (code == ':' && i + 2 < n && str_read_char(format, i + 2) == 'z') {
        status = put_offset(f, ":");
        next = i + 3;
    }
    else if ((code == 'Y' || code == 'G' || code == 'F' || code == 'C') && has_short_year(f)) {
        status = put_year(f, code);
    }
    else {
        next = next < n ? next : n;
        status = str_writer_substring(&f->text, format, i, next);
    }
    return status < 0 ? -1 : next;
}

PyObject *
format_strftime(PyObject *op, PyObject *format, PyObject *timetuple, PyObject *dt)
{
    Formatter f = {.op = op, .dt = dt, .timetuple = timetuple};
    str_writer_init(&f.text);
    Py_ssize_t n = str_length(format);
    for (Py_ssize_t i = 0; i < n;) {
        Py_ssize_t percent = str_find_char(format, '%', i, n, 1);
        Py_ssize_t stop = percent < 0 ? n : percent;
        if (stop > i && str_writer_substring(&f.text, format, i, stop) < 0) {
            goto fail;
        }
        i = percent < 0 ? n : put_code(&f, format, percent);
        if (i < 0) {
            goto fail;
        }
    }
    PyObject *replaced = str_writer_finish(&f.text);
    PyObject *result = replaced != NULL
                           ? call_imported("time", ID(strftime), replaced, timetuple, NULL) : NULL;
    xdecref(replaced);
    return result;
fail:
    str_writer_discard(&f.text);
    return NULL;
}

PyObject *
format_method(PyObject *op, PyObject *spec)
{
    if (!str_check(spec)) {
        args_bad_argument("__format__", "argument", "str", spec);
        return NULL;
    }
    return str_length(spec) == 0 ? object_str(op) : object_call_method_onearg(op, ID(strftime), spec);
}
