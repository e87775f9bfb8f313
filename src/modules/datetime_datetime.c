// datetime: a date and a time of day, with or without a time zone. What has to do with the system's
// clock and local time is in datetime_clock.c.
//
// Threading: immutable; the hash is a cache.
#include <stddef.h>
#include <string.h>

#include "base/atomic.h"
#include "base/hash.h"
#include "modules/datetime_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/str_writer.h"
#include "objects/tuple.h"

// ---- making ----

static PyObject *
alloc_datetime(PyTypeObject *type, PyObject *tz)
{
    PyDateTime_DateTime *self = (PyDateTime_DateTime *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
        self->hastzinfo = tz != Py_None;
        self->tzinfo = tz != Py_None ? new_ref(tz) : NULL;
    }
    return (PyObject *)self;
}

PyObject *
datetime_make(PyTypeObject *type, Ymd ymd, Hms hms, PyObject *tz, int fold)
{
    if (calendar_check_ymd(ymd) < 0 || calendar_check_hms(hms, fold) < 0
        || tzinfo_argument_check(tz) < 0) {
        return NULL;
    }
    PyObject *self = alloc_datetime(type, tz);
    if (self != NULL) {
        datetime_write_ymd(DATETIME(self)->data, ymd);
        datetime_write_hms(DATETIME(self)->data + 4, hms);
        DATETIME(self)->fold = (unsigned char)fold;
    }
    return self;
}

PyObject *
datetime_make_subclass(PyObject *cls, Ymd ymd, Hms hms, PyObject *tz, int fold)
{
    if (cls == (PyObject *)&datetime_datetime_type) {
        return datetime_make(&datetime_datetime_type, ymd, hms, tz, fold);
    }
    PyObject *made = object_call_format(cls, "iiiiiiiO", ymd.year, ymd.month, ymd.day, hms.hour,
                                        hms.minute, hms.second, hms.us, tz);
    if (made != NULL && fold != 0 && datetime_check(made)) {
        DATETIME(made)->fold = (unsigned char)fold;
    }
    return made;
}

static bool
month_is_sane(unsigned byte)
{
    unsigned month = byte & 0x7f;
    return month >= 1 && month <= 12;
}

// The bytes of a pickled state, or NULL without an exception when the arguments are none.
static PyObject *
state_argument(PyObject *args)
{
    Py_ssize_t n = tuple_size(args);
    PyObject *state = n == 1 || n == 2 ? tuple_item(args, 0) : Py_None;
    if (bytes_check(state)) {
        return bytes_length(state) == 10 && month_is_sane((unsigned char)bytes_data(state)[2])
                   ? new_ref(state) : NULL;
    }
    if (!str_check(state) || str_length(state) != 10 || !month_is_sane(str_read_char(state, 2))) {
        return NULL;
    }
    PyObject *bytes = str_encode_latin1(state, NULL);
    if (bytes == NULL && error_clear_if(PyExc_UnicodeEncodeError)) {
        error_set(PyExc_ValueError,
                  "Failed to encode latin1 string when unpickling a datetime object. "
                  "pickle.load(data, encoding='latin1') is assumed.");
    }
    return bytes;
}

static PyObject *
datetime_from_state(PyTypeObject *type, PyObject *state, PyObject *tz)
{
    if (tz != Py_None && !tzinfo_check(tz)) {
        return error_set(PyExc_TypeError, "bad tzinfo state arg");
    }
    PyObject *self = alloc_datetime(type, tz);
    if (self != NULL) {
        memcpy(DATETIME(self)->data, bytes_data(state), 10);
        DATETIME(self)->fold = DATETIME(self)->data[2] >> 7;
        DATETIME(self)->data[2] &= 0x7f;
    }
    return self;
}

static const char *const datetime_keywords[] = {
    "year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold", NULL,
};

static PyObject *
datetime_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *state = state_argument(args);
    if (state != NULL) {
        PyObject *self = datetime_from_state(type, state, tuple_size(args) > 1 ? tuple_item(args, 1)
                                                                               : Py_None);
        decref(state);
        return self;
    }
    Ymd ymd;
    Hms hms = {0};
    PyObject *tz = Py_None;
    int fold = 0;
    if (error_occurred()
        || !args_parse_static(args, kwargs, "iii|iiiiO$i", datetime_keywords, &ymd.year, &ymd.month,
                              &ymd.day, &hms.hour, &hms.minute, &hms.second, &hms.us, &tz, &fold)) {
        return NULL;
    }
    return datetime_make(type, ymd, hms, tz, fold);
}

static PyObject *
datetime_combine(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"date", "time", "tzinfo", NULL};
    PyObject *date, *time;
    PyObject *tz = NULL;
    if (!args_parse_static(args, kwargs, "O!O!|O:combine", names, &datetime_date_type, &date,
                           &datetime_time_type, &time, &tz)) {
        return NULL;
    }
    return datetime_make_subclass(cls, date_ymd(date), time_hms(time),
                                  tz != NULL ? tz : time_tzinfo(time), TIME(time)->fold);
}

// Midnight at the end of a day is the beginning of the next one, if the day is one.
static Ymd
following_day(Ymd ymd)
{
    if (ymd.year < MIN_YEAR || ymd.month < 1 || ymd.month > 12 || ymd.day < 1
        || ymd.day > calendar_days_in_month(ymd.year, ymd.month)) {
        return ymd;
    }
    return calendar_from_ordinal(calendar_ordinal(ymd) + 1);
}

static bool
read_iso(PyObject *text, IsoText *iso)
{
    char buffer[64];
    Py_ssize_t n;
    const char *characters = iso_characters(text, buffer, &n);
    if (characters == NULL || n < 7) {
        return false;
    }
    Py_ssize_t length = iso_find_time(characters, n);
    if (!iso_read_date(characters, length, iso)) {
        return false;
    }
    return n == length || iso_read_time(characters + length + 1, n - length - 1, iso);
}

static PyObject *
datetime_fromisoformat(PyObject *cls, PyObject *text)
{
    if (!str_check(text)) {
        return error_set(PyExc_TypeError, "fromisoformat: argument must be str");
    }
    IsoText iso = {0};
    if (!read_iso(text, &iso)) {
        return error_format(PyExc_ValueError, "Invalid isoformat string: %R", text);
    }
    if (iso.bad_midnight) {
        return error_set(PyExc_ValueError,
                         "minute, second, and microsecond must be 0 when hour is 24");
    }
    PyObject *tz = iso.has_offset ? timezone_from_us(iso.offset) : new_ref(Py_None);
    Ymd ymd = iso.next_day ? following_day(iso.ymd) : iso.ymd;
    PyObject *made = tz != NULL ? datetime_make_subclass(cls, ymd, iso.hms, tz, 0) : NULL;
    xdecref(tz);
    return made;
}

static PyObject *
datetime_strptime(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    return format_strptime(cls, "_strptime_datetime_datetime", args, nargs);
}

static void
datetime_dealloc(PyObject *op)
{
    clear_ref(DATETIME(op)->tzinfo);
    type_of(op)->tp_free(op);
}

// ---- the zone ----

static PyObject *
datetime_utcoffset(PyObject *self, PyObject *unused)
{
    return tzinfo_call_utcoffset(datetime_tzinfo(self), self);
}

static PyObject *
datetime_dst(PyObject *self, PyObject *unused)
{
    return tzinfo_call_dst(datetime_tzinfo(self), self);
}

static PyObject *
datetime_tzname(PyObject *self, PyObject *unused)
{
    return tzinfo_call_tzname(datetime_tzinfo(self), self);
}

// ---- arithmetic ----

// Microseconds since 0001-01-01, day 1.
static Microseconds
total_us(PyObject *op)
{
    Hms hms = datetime_hms(op);
    return (Microseconds)calendar_seconds(date_ymd(op), hms) * US_PER_SECOND + hms.us;
}

PyObject *
datetime_shift(PyObject *op, Microseconds us, PyObject *tz)
{
    Microseconds total = total_us(op) + us;
    if (total < US_PER_DAY || total >= (Microseconds)(MAX_ORDINAL + 1) * US_PER_DAY) {
        return error_set(PyExc_OverflowError, "date value out of range");
    }
    int64_t rest = (int64_t)(total % US_PER_DAY);
    int seconds = (int)(rest / US_PER_SECOND);
    Hms hms = {seconds / 3600, seconds / 60 % 60, seconds % 60, (int)(rest % US_PER_SECOND)};
    Ymd ymd = calendar_from_ordinal((int)(total / US_PER_DAY));
    return datetime_make_subclass((PyObject *)type_of(op), ymd, hms, tz, 0);
}

PyObject *
datetime_difference(PyObject *left, PyObject *right)
{
    return delta_new(total_us(left) - total_us(right));
}

static PyObject *
datetime_add(PyObject *left, PyObject *right)
{
    if (datetime_check(left) && delta_check(right)) {
        return datetime_shift(left, delta_us(right), datetime_tzinfo(left));
    }
    if (datetime_check(right) && delta_check(left)) {
        return datetime_shift(right, delta_us(left), datetime_tzinfo(right));
    }
    return new_ref(Py_NotImplemented);
}

static PyObject *
subtract_with_offsets(PyObject *left, PyObject *right)
{
    PyObject *a = datetime_utcoffset(left, NULL);
    PyObject *b = a != NULL ? datetime_utcoffset(right, NULL) : NULL;
    PyObject *result = NULL;
    if (b != NULL) {
        if ((a == Py_None) != (b == Py_None)) {
            error_set(PyExc_TypeError, "can't subtract offset-naive and offset-aware datetimes");
        }
        else {
            Microseconds offsets = a != Py_None ? delta_us(a) - delta_us(b) : 0;
            result = delta_new(total_us(left) - total_us(right) - offsets);
        }
    }
    xdecref(b);
    xdecref(a);
    return result;
}

static PyObject *
datetime_subtract(PyObject *left, PyObject *right)
{
    if (!datetime_check(left)) {
        return new_ref(Py_NotImplemented);
    }
    if (delta_check(right)) {
        return datetime_shift(left, -delta_us(right), datetime_tzinfo(left));
    }
    if (!datetime_check(right)) {
        return new_ref(Py_NotImplemented);
    }
    return datetime_tzinfo(left) == datetime_tzinfo(right) ? datetime_difference(left, right)
                                                           : subtract_with_offsets(left, right);
}

// ---- comparison ----

static int
compare_fields(PyObject *self, PyObject *other)
{
    return memcmp(DATETIME(self)->data, DATETIME(other)->data, sizeof DATETIME(self)->data);
}

static bool
same_offset(PyObject *a, PyObject *b)
{
    return a == b || (a != Py_None && b != Py_None && delta_us(a) == delta_us(b));
}

// Whether the offset of self depends on its fold: such times equal none of other zones (PEP 495).
static int
depends_on_fold(PyObject *self, PyObject *offset)
{
    PyObject *flipped = datetime_make(&datetime_datetime_type, date_ymd(self), datetime_hms(self),
                                      datetime_tzinfo(self), !DATETIME(self)->fold);
    PyObject *other = flipped != NULL ? datetime_utcoffset(flipped, NULL) : NULL;
    xdecref(flipped);
    if (other == NULL) {
        return -1;
    }
    bool same = same_offset(offset, other);
    decref(other);
    return !same;
}

static PyObject *
compare_with_offsets(PyObject *self, PyObject *other, PyObject *a, PyObject *b, int op)
{
    int order;
    if (same_offset(a, b)) {
        order = compare_fields(self, other);
    }
    else if (a != Py_None && b != Py_None) {
        Microseconds difference = total_us(self) - delta_us(a) - total_us(other) + delta_us(b);
        order = (difference > 0) - (difference < 0);
    }
    else if (op == Py_EQ || op == Py_NE) {
        return new_ref(op == Py_NE ? Py_True : Py_False);
    }
    else {
        return error_set(PyExc_TypeError, "can't compare offset-naive and offset-aware datetimes");
    }
    if (order == 0 && (op == Py_EQ || op == Py_NE)) {
        order = depends_on_fold(self, a);
        if (order == 0) {
            order = depends_on_fold(other, b);
        }
        if (order < 0) {
            return NULL;
        }
    }
    return compare_result(order, op);
}

static PyObject *
datetime_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!datetime_check(other)) {
        return new_ref(Py_NotImplemented);
    }
    if (datetime_tzinfo(self) == datetime_tzinfo(other)) {
        return compare_result(compare_fields(self, other), op);
    }
    PyObject *a = datetime_utcoffset(self, NULL);
    PyObject *b = a != NULL ? datetime_utcoffset(other, NULL) : NULL;
    PyObject *result = b != NULL ? compare_with_offsets(self, other, a, b, op) : NULL;
    xdecref(b);
    xdecref(a);
    return result;
}

// The hash that datetimes equal to self in any zone have. -1 with an exception.
static Py_hash_t
compute_hash(PyObject *self)
{
    PyObject *plain = DATETIME(self)->fold
                          ? datetime_make(&datetime_datetime_type, date_ymd(self), datetime_hms(self),
                                          datetime_tzinfo(self), 0)
                          : new_ref(self);
    PyObject *offset = plain != NULL ? datetime_utcoffset(plain, NULL) : NULL;
    xdecref(plain);
    if (offset == NULL) {
        return -1;
    }
    Py_hash_t hash = -1;
    if (offset == Py_None) {
        hash = hash_bytes(DATETIME(self)->data, sizeof DATETIME(self)->data);
    }
    else {
        PyObject *since = delta_new(total_us(self) - delta_us(offset));
        hash = since != NULL ? object_hash(since) : -1;
        xdecref(since);
    }
    decref(offset);
    return hash;
}

static Py_hash_t
datetime_hash(PyObject *self)
{
    Py_hash_t hash = atomic_load_relaxed_ssize(&DATETIME(self)->hashcode);
    if (hash == -1) {
        hash = compute_hash(self);
        atomic_store_relaxed_ssize(&DATETIME(self)->hashcode, hash);
    }
    return hash;
}

// ---- text ----

static PyObject *
datetime_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"sep", "timespec", NULL};
    int separator = 'T';
    PyObject *name = NULL;
    TimeSpec spec;
    if (!args_parse_static(args, kwargs, "|CU:isoformat", names, &separator, &name)
        || timespec_parse(name, &spec) < 0) {
        return NULL;
    }
    char text[40];
    int n = date_text(text, date_ymd(self));
    PyObject *result;
    if (separator < 0x80) {
        text[n++] = (char)separator;
        n += time_text(text + n, datetime_hms(self), spec);
        result = str_from_ascii(text, n);
    }
    else {
        text[n + time_text(text + n, datetime_hms(self), spec)] = '\0';
        result = str_format("%.10s%c%s", text, separator, text + n);
    }
    return append_offset_steal(result, datetime_tzinfo(self), self);
}

static PyObject *
datetime_str(PyObject *self)
{
    PyObject *blank = str_from_char(' ');
    PyObject *result = blank != NULL ? object_call_method_onearg(self, ID(isoformat), blank) : NULL;
    xdecref(blank);
    return result;
}

static int
write_repr(StrWriter *w, PyObject *self)
{
    Ymd ymd = date_ymd(self);
    Hms hms = datetime_hms(self);
    PyDateTime_DateTime *d = DATETIME(self);
    if (str_writer_format(w, "%s(%d, %d, %d, %d, %d", type_of(self)->tp_name, ymd.year, ymd.month,
                          ymd.day, hms.hour, hms.minute) < 0
        || ((hms.second != 0 || hms.us != 0) && str_writer_format(w, ", %d", hms.second) < 0)
        || (hms.us != 0 && str_writer_format(w, ", %d", hms.us) < 0)
        || (d->fold && str_writer_ascii(w, ", fold=1", -1) < 0)
        || (d->hastzinfo && str_writer_format(w, ", tzinfo=%R", d->tzinfo) < 0)) {
        return -1;
    }
    return str_writer_char(w, ')');
}

static PyObject *
datetime_repr(PyObject *self)
{
    StrWriter w;
    str_writer_init(&w);
    if (write_repr(&w, self) < 0) {
        str_writer_discard(&w);
        return NULL;
    }
    return str_writer_finish(&w);
}

static PyObject *
datetime_ctime(PyObject *self, PyObject *unused)
{
    return format_ctime(date_ymd(self), datetime_hms(self));
}

// ---- parts and copies ----

static PyObject *
datetime_date(PyObject *self, PyObject *unused)
{
    return date_make(&datetime_date_type, date_ymd(self));
}

static PyObject *
datetime_time(PyObject *self, PyObject *unused)
{
    return time_make(&datetime_time_type, datetime_hms(self), Py_None, DATETIME(self)->fold);
}

static PyObject *
datetime_timetz(PyObject *self, PyObject *unused)
{
    return time_make(&datetime_time_type, datetime_hms(self), datetime_tzinfo(self),
                     DATETIME(self)->fold);
}

static PyObject *
datetime_timetuple(PyObject *self, PyObject *unused)
{
    int flag = -1;
    PyObject *dst = datetime_dst(self, NULL);
    if (dst == NULL) {
        return NULL;
    }
    if (dst != Py_None) {
        flag = delta_us(dst) != 0;
    }
    decref(dst);
    return format_timetuple(date_ymd(self), datetime_hms(self), flag);
}

static PyObject *
datetime_utctimetuple(PyObject *self, PyObject *unused)
{
    PyObject *offset = datetime_utcoffset(self, NULL);
    if (offset == NULL) {
        return NULL;
    }
    Microseconds us = offset != Py_None ? delta_us(offset) : 0;
    decref(offset);
    PyObject *plain = datetime_make(&datetime_datetime_type, date_ymd(self), datetime_hms(self),
                                    Py_None, 0);
    PyObject *utc = plain != NULL ? datetime_shift(plain, -us, Py_None) : NULL;
    PyObject *result = utc != NULL ? format_timetuple(date_ymd(utc), datetime_hms(utc), 0) : NULL;
    xdecref(utc);
    xdecref(plain);
    return result;
}

static PyObject *
datetime_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Ymd ymd = date_ymd(self);
    Hms hms = datetime_hms(self);
    PyObject *tz = datetime_tzinfo(self);
    int fold = DATETIME(self)->fold;
    if (!args_parse_static(args, kwargs, "|iiiiiiiO$i:replace", datetime_keywords, &ymd.year,
                           &ymd.month, &ymd.day, &hms.hour, &hms.minute, &hms.second, &hms.us, &tz,
                           &fold)) {
        return NULL;
    }
    if (fold != 0 && fold != 1) {
        return error_format(PyExc_ValueError, "fold must be either 0 or 1, not %d", fold);
    }
    return datetime_make_subclass((PyObject *)type_of(self), ymd, hms, tz, fold);
}

static PyObject *
reduce(PyObject *self, int protocol)
{
    PyDateTime_DateTime *d = DATETIME(self);
    unsigned char data[10];
    memcpy(data, d->data, sizeof data);
    if (protocol > 3 && d->fold) {
        data[2] |= 0x80;
    }
    PyObject *state = bytes_from_data((const char *)data, sizeof data);
    PyObject *args = state == NULL ? NULL
                     : d->hastzinfo ? tuple_pack(2, state, d->tzinfo) : tuple_pack(1, state);
    xdecref(state);
    return args != NULL ? tuple_pair_steal(new_ref((PyObject *)type_of(self)), args) : NULL;
}

static PyObject *
datetime_reduce_ex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int protocol;
    return args_parse_stack(args, nargs, "i:__reduce_ex__", &protocol) ? reduce(self, protocol) : NULL;
}

static PyObject *
datetime_reduce(PyObject *self, PyObject *unused)
{
    return reduce(self, 2);
}

// ---- the type ----

static PyObject *
get_hour(PyObject *self, void *closure)
{
    return int_from_i64(datetime_hms(self).hour);
}

static PyObject *
get_minute(PyObject *self, void *closure)
{
    return int_from_i64(datetime_hms(self).minute);
}

static PyObject *
get_second(PyObject *self, void *closure)
{
    return int_from_i64(datetime_hms(self).second);
}

static PyObject *
get_microsecond(PyObject *self, void *closure)
{
    return int_from_i64(datetime_hms(self).us);
}

static PyObject *
get_tzinfo(PyObject *self, void *closure)
{
    return new_ref(datetime_tzinfo(self));
}

static PyObject *
get_fold(PyObject *self, void *closure)
{
    return int_from_i64(DATETIME(self)->fold);
}

static PyGetSetDef datetime_getset[] = {
    {"hour", get_hour, NULL, NULL, NULL},
    {"minute", get_minute, NULL, NULL, NULL},
    {"second", get_second, NULL, NULL, NULL},
    {"microsecond", get_microsecond, NULL, NULL, NULL},
    {"tzinfo", get_tzinfo, NULL, NULL, NULL},
    {"fold", get_fold, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(f) (PyCFunction)(void (*)(void))(f), METH_VARARGS | METH_KEYWORDS

static PyMethodDef datetime_methods[] = {
    {"now", (PyCFunction)(void (*)(void))datetime_now, METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "now($type, /, tz=None)\n--\n\n"
     "Returns new datetime object representing current time local to tz.\n\n"
     "  tz\n    Timezone object.\n\nIf no tz is specified, uses local timezone."},
    {"utcnow", datetime_utcnow, METH_NOARGS | METH_CLASS,
     "utcnow($type, /)\n--\n\nReturn a new datetime representing UTC day and time."},
    {"fromtimestamp", (PyCFunction)(void (*)(void))datetime_fromtimestamp,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "timestamp[, tz] -> tz's local time from POSIX timestamp."},
    {"utcfromtimestamp", FASTCALL(datetime_utcfromtimestamp), METH_FASTCALL | METH_CLASS,
     "Construct a naive UTC datetime from a POSIX timestamp."},
    {"strptime", FASTCALL(datetime_strptime), METH_FASTCALL | METH_CLASS,
     "string, format -> new datetime parsed from a string (like time.strptime())."},
    {"combine", (PyCFunction)(void (*)(void))datetime_combine,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "date, time -> datetime with same date and time fields"},
    {"fromisoformat", datetime_fromisoformat, METH_O | METH_CLASS,
     "fromisoformat($type, object, /)\n--\n\n"
     "string -> datetime from a string in most ISO 8601 formats"},
    {"date", datetime_date, METH_NOARGS,
     "date($self, /)\n--\n\nReturn date object with same year, month and day."},
    {"time", datetime_time, METH_NOARGS,
     "time($self, /)\n--\n\nReturn time object with same time but with tzinfo=None."},
    {"timetz", datetime_timetz, METH_NOARGS,
     "timetz($self, /)\n--\n\nReturn time object with same time and tzinfo."},
    {"ctime", datetime_ctime, METH_NOARGS, "ctime($self, /)\n--\n\nReturn ctime() style string."},
    {"timetuple", datetime_timetuple, METH_NOARGS,
     "timetuple($self, /)\n--\n\nReturn time tuple, compatible with time.localtime()."},
    {"timestamp", datetime_timestamp, METH_NOARGS,
     "timestamp($self, /)\n--\n\nReturn POSIX timestamp as float."},
    {"utctimetuple", datetime_utctimetuple, METH_NOARGS,
     "utctimetuple($self, /)\n--\n\nReturn UTC time tuple, compatible with time.localtime()."},
    {"isoformat", KEYWORDS(datetime_isoformat),
     "[sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n"
     "sep is used to separate the year from the time, and defaults to 'T'.\n"
     "The optional argument timespec specifies the number of additional terms\n"
     "of the time to include. Valid options are 'auto', 'hours', 'minutes',\n"
     "'seconds', 'milliseconds' and 'microseconds'.\n"},
    {"utcoffset", datetime_utcoffset, METH_NOARGS,
     "utcoffset($self, /)\n--\n\nReturn self.tzinfo.utcoffset(self)."},
    {"tzname", datetime_tzname, METH_NOARGS,
     "tzname($self, /)\n--\n\nReturn self.tzinfo.tzname(self)."},
    {"dst", datetime_dst, METH_NOARGS, "dst($self, /)\n--\n\nReturn self.tzinfo.dst(self)."},
    {"replace", KEYWORDS(datetime_replace),
     "replace($self, /, year=unchanged, month=unchanged, day=unchanged,\n"
     "        hour=unchanged, minute=unchanged, second=unchanged,\n"
     "        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)\n--\n\n"
     "Return datetime with new specified fields."},
    {"__replace__", KEYWORDS(datetime_replace),
     "__replace__($self, /, **changes)\n--\n\nThe same as replace()."},
    {"astimezone", KEYWORDS(datetime_astimezone),
     "tz -> convert to local time in new timezone tz\n"},
    {"__reduce_ex__", FASTCALL(datetime_reduce_ex), METH_FASTCALL,
     "__reduce_ex__($self, proto, /)\n--\n\n__reduce_ex__(proto) -> (cls, state)"},
    {"__reduce__", datetime_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods datetime_as_number = {
    .nb_add = datetime_add,
    .nb_subtract = datetime_subtract,
};

PyTypeObject datetime_datetime_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.datetime",
    .tp_basicsize = sizeof(PyDateTime_DateTime),
    .tp_dealloc = datetime_dealloc,
    .tp_repr = datetime_repr,
    .tp_as_number = &datetime_as_number,
    .tp_hash = datetime_hash,
    .tp_str = datetime_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])\n\n"
              "The year, month and day arguments are required. tzinfo may be None, or an\n"
              "instance of a tzinfo subclass. The remaining arguments may be ints.\n",
    .tp_richcompare = datetime_richcompare,
    .tp_methods = datetime_methods,
    .tp_getset = datetime_getset,
    .tp_base = &datetime_date_type,
    .tp_new = datetime_tp_new,
};
