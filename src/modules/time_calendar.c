// time: calendar dates: struct_time and conversions from and to it, the time zone.
//
// Threading: the reentrant functions of the C library; tzset() changes its time zone, and the module's
// constants are then set one after the other.
#include "modules/time_internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "abi/exceptions.h"
#include "memory/alloc.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/build.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/call.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/tuple.h"
#include "runtime/import.h"

#define FAST(function) FASTCALL(function), METH_FASTCALL

static PyStructSequence_Field struct_time_fields[] = {
    {"tm_year", "year, for example, 1993"},
    {"tm_mon", "month of year, range [1, 12]"},
    {"tm_mday", "day of month, range [1, 31]"},
    {"tm_hour", "hours, range [0, 23]"},
    {"tm_min", "minutes, range [0, 59]"},
    {"tm_sec", "seconds, range [0, 61])"},
    {"tm_wday", "day of week, range [0, 6], Monday is 0"},
    {"tm_yday", "day of year, range [1, 366]"},
    {"tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"},
    {"tm_zone", "abbreviation of timezone name"},
    {"tm_gmtoff", "offset from UTC in seconds"},
    {NULL, NULL},
};

static PyStructSequence_Desc struct_time_desc = {
    "time.struct_time",
    "The time value as returned by gmtime(), localtime(), and strptime(), and\n"
    "accepted by asctime(), mktime() and strftime().  May be considered as a\n"
    "sequence of 9 integers.",
    struct_time_fields, 9,
};

static PyTypeObject struct_time_type = {.ob_base = STATIC_TYPE_HEAD};

// ---- between struct tm and struct_time ----

static PyObject *
struct_time_from(const struct tm *tm)
{
    PyObject *result = structseq_new(&struct_time_type);
    if (result == NULL) {
        return NULL;
    }
    const int64_t values[] = {
        (int64_t)tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min,
        tm->tm_sec, (tm->tm_wday + 6) % 7,      // Monday is 0
        tm->tm_yday + 1, tm->tm_isdst,
    };
    for (int i = 0; i < 9; i++) {
        structseq_set_steal(result, i, int_from_i64(values[i]));
    }
    structseq_set_steal(result, 9, str_decode_locale(tm->tm_zone, "surrogateescape"));
    structseq_set_steal(result, 10, int_from_i64(tm->tm_gmtoff));
    if (error_occurred()) {
        clear_ref(result);
    }
    return result;
}

// Zone of a struct_time; the name lives as long as `arg`. False with an exception.
static bool
read_zone(PyObject *arg, struct tm *tm)
{
    PyObject *zone = structseq_get_borrow(arg, 9);
    PyObject *offset = structseq_get_borrow(arg, 10);
    if (zone != NULL && zone != Py_None) {
        if (!str_check(zone)) {
            error_format(PyExc_TypeError, "tm_zone must be str, not %.200s",
                         type_of(zone)->tp_name);
            return false;
        }
        tm->tm_zone = str_as_utf8(zone);
        if (tm->tm_zone == NULL) {
            return false;
        }
    }
    if (offset != NULL && offset != Py_None) {
        tm->tm_gmtoff = int_as_long(offset);
        if (tm->tm_gmtoff == -1 && error_occurred()) {
            return false;
        }
    }
    return true;
}

// A tuple of nine numbers as struct tm, not checked for range. The format ends with the message.
static bool
read_tuple(PyObject *arg, struct tm *tm, const char *format)
{
    if (!tuple_check(arg)) {
        error_set(PyExc_TypeError, "Tuple or struct_time argument required");
        return false;
    }
    memset(tm, 0, sizeof *tm);
    PyObject *plain = tuple_check_exact(arg) || type_of(arg) == &struct_time_type
                          ? tuple_from_array(tuple_items(arg), tuple_size(arg))
                          : tuple_from_iterable(arg);
    if (plain == NULL) {
        return false;
    }
    int year;
    int parsed = args_parse(plain, format, &year, &tm->tm_mon, &tm->tm_mday, &tm->tm_hour,
                            &tm->tm_min, &tm->tm_sec, &tm->tm_wday, &tm->tm_yday, &tm->tm_isdst);
    decref(plain);
    if (!parsed) {
        return false;
    }
    if (year < INT_MIN + 1900) {
        error_set(PyExc_OverflowError, "year out of range");
        return false;
    }
    // Differences that overflow come from values that the range check refuses.
    tm->tm_year = year - 1900;
    tm->tm_mon = (int)((unsigned)tm->tm_mon - 1);
    tm->tm_wday = (int)((unsigned)tm->tm_wday + 1) % 7;
    tm->tm_yday = (int)((unsigned)tm->tm_yday - 1);
    return type_of(arg) != &struct_time_type || read_zone(arg, tm);
}

static bool
in_range(int value, int low, int high, const char *message)
{
    if (value < low || value > high) {
        error_set(PyExc_ValueError, message);
        return false;
    }
    return true;
}

// What the C library needs for formatting without reading beyond its tables. Zeros where 1 is the
// first number count as 1.
static bool
check_tm(struct tm *tm)
{
    tm->tm_mon = tm->tm_mon == -1 ? 0 : tm->tm_mon;
    tm->tm_mday = tm->tm_mday == 0 ? 1 : tm->tm_mday;
    tm->tm_yday = tm->tm_yday == -1 ? 0 : tm->tm_yday;
    return in_range(tm->tm_mon, 0, 11, "month out of range")
           && in_range(tm->tm_mday, 1, 31, "day of month out of range")
           && in_range(tm->tm_hour, 0, 23, "hour out of range")
           && in_range(tm->tm_min, 0, 59, "minute out of range")
           && in_range(tm->tm_sec, 0, 61, "seconds out of range")
           && in_range(tm->tm_wday, 0, 6, "day of week out of range")
           && in_range(tm->tm_yday, 0, 365, "day of year out of range");
}

// Seconds of an optional argument, now by default.
static bool
seconds_argument(PyObject *arg, time_t *seconds)
{
    if (arg == NULL || arg == Py_None) {
        *seconds = time(NULL);
        return true;
    }
    return time_object_to_time_t(arg, seconds, TIME_ROUND_FLOOR) == 0;
}

static bool
local_time(time_t seconds, struct tm *tm)
{
    errno = 0;
    if (localtime_r(&seconds, tm) == NULL) {
        errno = errno == 0 ? EINVAL : errno;
        error_set_errno(PyExc_OSError);
        return false;
    }
    return true;
}

static PyObject *
time_localtime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    time_t seconds;
    struct tm tm;
    if (!args_check_positional("localtime", nargs, 0, 1)
        || !seconds_argument(nargs ? args[0] : NULL, &seconds) || !local_time(seconds, &tm)) {
        return NULL;
    }
    return struct_time_from(&tm);
}

static PyObject *
time_gmtime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    time_t seconds;
    struct tm tm;
    if (!args_check_positional("gmtime", nargs, 0, 1)
        || !seconds_argument(nargs ? args[0] : NULL, &seconds)) {
        return NULL;
    }
    errno = 0;
    if (gmtime_r(&seconds, &tm) == NULL) {
        errno = errno == 0 ? EINVAL : errno;
        return error_set_errno(PyExc_OSError);
    }
    return struct_time_from(&tm);
}

static PyObject *
time_mktime(PyObject *module, PyObject *arg)
{
    struct tm tm;
    if (!read_tuple(arg, &tm, "iiiiiiiii;mktime(): illegal time tuple argument")) {
        return NULL;
    }
    // -1 is also a moment of 1969: an untouched weekday tells the error.
    tm.tm_wday = -1;
    time_t seconds = mktime(&tm);
    if (seconds == (time_t)-1 && tm.tm_wday == -1) {
        return error_set(PyExc_OverflowError, "mktime argument out of range");
    }
    return float_from_double((double)seconds);
}

// ---- text ----

static PyObject *
date_text(const struct tm *tm)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[128];
    snprintf(text, sizeof text, "%.3s %.3s%3d %.2d:%.2d:%.2d %lld", days + 3 * tm->tm_wday,
             months + 3 * tm->tm_mon, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec,
             (long long)tm->tm_year + 1900);
    return str_from_cstr(text);
}

static PyObject *
time_asctime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    struct tm tm;
    if (!args_check_positional("asctime", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0 ? !local_time(time(NULL), &tm)
                   : !read_tuple(args[0], &tm, "iiiiiiiii;asctime(): illegal time tuple argument")
                         || !check_tm(&tm)) {
        return NULL;
    }
    return date_text(&tm);
}

static PyObject *
time_ctime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    time_t seconds;
    struct tm tm;
    if (!args_check_positional("ctime", nargs, 0, 1)
        || !seconds_argument(nargs ? args[0] : NULL, &seconds) || !local_time(seconds, &tm)) {
        return NULL;
    }
    return date_text(&tm);
}

// strftime of a piece of ASCII without NUL, as a str. An empty result looks like a buffer that is too
// small: after 256 times the size of the format it is believed.
static PyObject *
format_piece(const char *format, size_t length, const struct tm *tm)
{
    for (size_t size = 256;; size *= 2) {
        char *buffer = mem_alloc_or_error(size);
        if (buffer == NULL) {
            return NULL;
        }
        size_t written = strftime(buffer, size, format, tm);
        if (written > 0 || size >= 256 * (length + 1)) {
            buffer[written] = '\0';
            PyObject *result = str_decode_locale(buffer, "surrogateescape");
            mem_free(buffer);
            return result;
        }
        mem_free(buffer);
    }
}

// The C library sees only runs of ASCII; everything else stays as it is, whatever the locale.
static PyObject *
format_date(PyObject *format, const struct tm *tm)
{
    Py_ssize_t n = str_length(format);
    PyObject *parts = list_new(0);
    Py_ssize_t i = 0;
    while (parts != NULL && i < n) {
        Py_ssize_t start = i;
        Py_UCS4 first = str_read_char(format, i);
        bool ascii = first > 0 && first < 0x80;
        while (i < n) {
            Py_UCS4 c = str_read_char(format, i);
            if ((c > 0 && c < 0x80) != ascii) {
                break;
            }
            i++;
        }
        PyObject *piece = str_substring(format, start, i);
        if (piece != NULL && ascii) {
            Py_ssize_t size;
            const char *text = str_as_utf8_size(piece, &size);
            PyObject *formatted = text != NULL ? format_piece(text, (size_t)size, tm) : NULL;
            set_ref(piece, formatted);
        }
        if (piece == NULL || list_append_steal(parts, piece) < 0) {
            clear_ref(parts);
        }
    }
    PyObject *result = parts != NULL ? str_join(str_empty(), parts) : NULL;
    xdecref(parts);
    return result;
}

static PyObject *
time_strftime(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *format;
    PyObject *tuple = NULL;
    struct tm tm;
    if (!args_parse_stack(args, nargs, "U|O:strftime", &format, &tuple)) {
        return NULL;
    }
    if (tuple == NULL ? !local_time(time(NULL), &tm)
                      : !read_tuple(tuple, &tm,
                                    "iiiiiiiii;strftime(): illegal time tuple argument")
                            || !check_tm(&tm)) {
        return NULL;
    }
    tm.tm_isdst = tm.tm_isdst < -1 ? -1 : tm.tm_isdst > 1 ? 1 : tm.tm_isdst;
    return format_date(format, &tm);
}

static PyObject *
time_strptime(PyObject *module, PyObject *args)
{
    PyObject *function = import_attribute("_strptime", "_strptime_time");
    if (function == NULL) {
        return NULL;
    }
    PyObject *result = object_call(function, args, NULL);
    decref(function);
    return result;
}

// ---- time zone ----

#define YEAR ((time_t)((365 * 24 + 6) * 3600))

// Offset east of UTC and name at a moment.
static bool
zone_at(time_t seconds, long *offset, char *name, size_t size)
{
    struct tm tm;
    if (!local_time(seconds, &tm)) {
        return false;
    }
    *offset = tm.tm_gmtoff;
    snprintf(name, size, "%s", tm.tm_zone != NULL ? tm.tm_zone : "   ");
    return true;
}

// timezone, altzone, daylight and tzname from the offsets in the middle of winter and of summer: the
// smaller one is standard time on either hemisphere.
static int
set_zone_constants(PyObject *module)
{
    long january, july;
    char january_name[16], july_name[16];
    time_t start = time(NULL) / YEAR * YEAR;
    if (!zone_at(start, &january, january_name, sizeof january_name)
        || !zone_at(start + YEAR / 2, &july, july_name, sizeof july_name)) {
        return -1;
    }
    bool southern = january > july;
    long standard = southern ? july : january;
    long summer = southern ? january : july;
    PyObject *first = str_decode_locale(southern ? july_name : january_name, "surrogateescape");
    PyObject *second = str_decode_locale(southern ? january_name : july_name, "surrogateescape");
    PyObject *names = NULL;
    if (first != NULL && second != NULL) {
        names = tuple_pair(first, second);
    }
    xdecref(first);
    xdecref(second);
    return module_add_int(module, "timezone", -standard) < 0
                   || module_add_int(module, "altzone", -summer) < 0
                   || module_add_int(module, "daylight", january != july) < 0
                   || module_add_steal(module, "tzname", names) < 0
               ? -1
               : 0;
}

static PyObject *
time_tzset(PyObject *module, PyObject *unused)
{
    tzset();
    return set_zone_constants(module) < 0 ? NULL : new_ref(Py_None);
}

PyMethodDef time_calendar_methods[] = {
    {"localtime", FAST(time_localtime),
     "localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,\n"
     "                          tm_sec,tm_wday,tm_yday,tm_isdst)\n\n"
     "A moment, now by default, in local time."},
    {"gmtime", FAST(time_gmtime),
     "gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,\n"
     "                       tm_sec, tm_wday, tm_yday, tm_isdst)\n\n"
     "A moment, now by default, in UTC."},
    {"mktime", time_mktime, METH_O,
     "mktime(tuple) -> floating-point number\n\nThe moment of a tuple in local time."},
    {"asctime", FAST(time_asctime),
     "asctime([tuple]) -> string\n\nText like 'Sat Jun 06 16:26:11 1998'."},
    {"ctime", FAST(time_ctime),
     "ctime(seconds) -> string\n\nText of a moment in local time, as asctime(localtime(seconds))."},
    {"strftime", FAST(time_strftime),
     "strftime(format[, tuple]) -> string\n\nText of a date as the format says."},
    {"strptime", time_strptime, METH_VARARGS,
     "strptime(string, format) -> struct_time\n\nReads a date as the format says."},
    {"tzset", time_tzset, METH_NOARGS,
     "tzset()\n\nRead the time zone from the environment variable TZ again."},
    {NULL, NULL, 0, NULL},
};

int
time_calendar_exec(PyObject *module)
{
    tzset();
    if (structseq_init_type(&struct_time_type, &struct_time_desc) < 0
        || module_add(module, "struct_time", (PyObject *)&struct_time_type) < 0
        || module_add_int(module, "_STRUCT_TM_ITEMS", 11) < 0) {
        return -1;
    }
    return set_zone_constants(module);
}
