// date, and IsoCalendarDate, what date.isocalendar() gives.
//
// Threading: immutable; the hash is a cache.
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/atomic.h"
#include "base/hash.h"
#include "modules/datetime_internal.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "platform/time.h"

// ---- making ----

static PyObject *
alloc_date(PyTypeObject *type)
{
    PyDateTime_Date *self = (PyDateTime_Date *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
    }
    return (PyObject *)self;
}

PyObject *
date_make(PyTypeObject *type, Ymd ymd)
{
    if (calendar_check_ymd(ymd) < 0) {
        return NULL;
    }
    PyObject *self = alloc_date(type);
    if (self != NULL) {
        datetime_write_ymd(DATE(self)->data, ymd);
    }
    return self;
}

PyObject *
date_make_subclass(PyObject *cls, Ymd ymd)
{
    if (cls == (PyObject *)&datetime_date_type) {
        return date_make(&datetime_date_type, ymd);
    }
    if (cls == (PyObject *)&datetime_datetime_type) {
        return datetime_make(&datetime_datetime_type, ymd, (Hms){0}, Py_None, 0);
    }
    return object_call_format(cls, "iii", ymd.year, ymd.month, ymd.day);
}

// A pickled state: the bytes, or NULL without an exception when the arguments are no state. Python 2
// wrote str, which arrive as text in Latin-1.
static PyObject *
state_argument(PyObject *args, PyObject *kwargs)
{
    if (tuple_size(args) != 1 || (kwargs != NULL && object_length(kwargs) > 0)) {
        return NULL;
    }
    PyObject *state = tuple_item(args, 0);
    if (bytes_check(state) && bytes_length(state) == 4) {
        unsigned month = (unsigned char)bytes_data(state)[2];
        return month >= 1 && month <= 12 ? new_ref(state) : NULL;
    }
    if (!str_check(state) || str_length(state) != 4 || str_read_char(state, 2) - 1 >= 12) {
        return NULL;
    }
    PyObject *bytes = str_encode_latin1(state, NULL);
    if (bytes == NULL && error_clear_if(PyExc_UnicodeEncodeError)) {
        error_set(PyExc_ValueError,
                  "Failed to encode latin1 string when unpickling a date object. "
                  "pickle.load(data, encoding='latin1') is assumed.");
    }
    return bytes;
}

static PyObject *
date_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"year", "month", "day", NULL};
    PyObject *state = state_argument(args, kwargs);
    if (state != NULL) {
        PyObject *self = alloc_date(type);
        if (self != NULL) {
            memcpy(DATE(self)->data, bytes_data(state), 4);
        }
        decref(state);
        return self;
    }
    Ymd ymd;
    if (error_occurred()
        || !args_parse_static(args, kwargs, "iii", names, &ymd.year, &ymd.month, &ymd.day)) {
        return NULL;
    }
    return date_make(type, ymd);
}

static PyObject *
date_fromtimestamp(PyObject *cls, PyObject *timestamp)
{
    time_t seconds;
    struct tm tm;
    if (time_object_to_time_t(timestamp, &seconds, TIME_ROUND_FLOOR) < 0) {
        return NULL;
    }
    if (localtime_r(&seconds, &tm) == NULL) {
        return error_set_errno(PyExc_OSError);
    }
    return date_make_subclass(cls, (Ymd){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday});
}

static PyObject *
date_today(PyObject *cls, PyObject *unused)
{
    PyObject *now = float_from_double((double)os_time_wall() / 1e9);
    PyObject *result = now != NULL ? object_call_method_onearg(cls, ID(fromtimestamp), now) : NULL;
    xdecref(now);
    return result;
}

static PyObject *
date_fromordinal(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    int ordinal;
    if (!args_parse_stack(args, nargs, "i:fromordinal", &ordinal)) {
        return NULL;
    }
    if (ordinal < 1) {
        return error_set(PyExc_ValueError, "ordinal must be >= 1");
    }
    return date_make_subclass(cls, calendar_from_ordinal(ordinal));
}

static PyObject *
date_fromisoformat(PyObject *cls, PyObject *text)
{
    if (!str_check(text)) {
        return error_set(PyExc_TypeError, "fromisoformat: argument must be str");
    }
    char buffer[64];
    Py_ssize_t n;
    IsoText iso;
    const char *characters = iso_characters(text, buffer, &n);
    if (characters == NULL || (n != 7 && n != 8 && n != 10) || !iso_read_date(characters, n, &iso)) {
        return error_format(PyExc_ValueError, "Invalid isoformat string: %R", text);
    }
    return date_make_subclass(cls, iso.ymd);
}

static PyObject *
date_fromisocalendar(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"year", "week", "day", NULL};
    int year, week, day;
    if (!args_parse_static(args, kwargs, "iii:fromisocalendar", names, &year, &week, &day)) {
        if (error_clear_if(PyExc_OverflowError)) {
            error_set(PyExc_ValueError, "ISO calendar component out of range");
        }
        return NULL;
    }
    Ymd ymd;
    switch (calendar_from_iso(year, week, day, &ymd)) {
    case -1:
        return error_format(PyExc_ValueError, "Year is out of range: %d", year);
    case -2:
        return error_format(PyExc_ValueError, "Invalid week: %d", week);
    case -3:
        return error_format(PyExc_ValueError, "Invalid day: %d (range is [1, 7])", day);
    default:
        return date_make_subclass(cls, ymd);
    }
}

static PyObject *
date_strptime(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    return format_strptime(cls, "_strptime_datetime_date", args, nargs);
}

// ---- arithmetic ----

// The date `days` after op, of the class of op.
static PyObject *
shift_days(PyObject *op, int64_t days)
{
    int64_t ordinal = calendar_ordinal(date_ymd(op)) + days;
    if (ordinal < 1 || ordinal > MAX_ORDINAL) {
        return error_set(PyExc_OverflowError, "date value out of range");
    }
    return date_make_subclass((PyObject *)type_of(op), calendar_from_ordinal((int)ordinal));
}

static PyObject *
date_add(PyObject *left, PyObject *right)
{
    if (datetime_check(left) || datetime_check(right)) {
        return new_ref(Py_NotImplemented);
    }
    if (date_check(left) && delta_check(right)) {
        return shift_days(left, DELTA(right)->days);
    }
    if (date_check(right) && delta_check(left)) {
        return shift_days(right, DELTA(left)->days);
    }
    return new_ref(Py_NotImplemented);
}

static PyObject *
date_subtract(PyObject *left, PyObject *right)
{
    if (datetime_check(left) || datetime_check(right) || !date_check(left)) {
        return new_ref(Py_NotImplemented);
    }
    if (date_check(right)) {
        int days = calendar_ordinal(date_ymd(left)) - calendar_ordinal(date_ymd(right));
        return delta_new((Microseconds)days * US_PER_DAY);
    }
    return delta_check(right) ? shift_days(left, -(int64_t)DELTA(right)->days)
                              : new_ref(Py_NotImplemented);
}

static PyObject *
date_richcompare(PyObject *self, PyObject *other, int op)
{
    // A datetime is a date, but has no order among dates.
    if (!date_check(other) || datetime_check(other)) {
        return new_ref(Py_NotImplemented);
    }
    return compare_result(memcmp(DATE(self)->data, DATE(other)->data, 4), op);
}

static Py_hash_t
date_hash(PyObject *self)
{
    Py_hash_t hash = atomic_load_relaxed_ssize(&DATE(self)->hashcode);
    if (hash == -1) {
        hash = hash_bytes(DATE(self)->data, 4);
        atomic_store_relaxed_ssize(&DATE(self)->hashcode, hash);
    }
    return hash;
}

// ---- methods ----

static PyObject *
date_isoformat(PyObject *self, PyObject *unused)
{
    char text[16];
    return str_from_ascii(text, date_text(text, date_ymd(self)));
}

static PyObject *
date_str(PyObject *self)
{
    return object_call_method_noargs(self, ID(isoformat));
}

static PyObject *
date_repr(PyObject *self)
{
    Ymd ymd = date_ymd(self);
    return str_format("%s(%d, %d, %d)", type_of(self)->tp_name, ymd.year, ymd.month, ymd.day);
}

static PyObject *
date_ctime(PyObject *self, PyObject *unused)
{
    return format_ctime(date_ymd(self), (Hms){0});
}

static PyObject *
date_timetuple(PyObject *self, PyObject *unused)
{
    return format_timetuple(date_ymd(self), (Hms){0}, -1);
}

static PyObject *
date_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"format", NULL};
    PyObject *format;
    if (!args_parse_static(args, kwargs, "U:strftime", names, &format)) {
        return NULL;
    }
    PyObject *timetuple = object_call_method_noargs(self, ID(timetuple));
    PyObject *result = timetuple != NULL ? format_strftime(self, format, timetuple, self) : NULL;
    xdecref(timetuple);
    return result;
}

static PyObject *
date_toordinal(PyObject *self, PyObject *unused)
{
    return int_from_i64(calendar_ordinal(date_ymd(self)));
}

static PyObject *
date_weekday(PyObject *self, PyObject *unused)
{
    return int_from_i64(calendar_weekday(date_ymd(self)));
}

static PyObject *
date_isoweekday(PyObject *self, PyObject *unused)
{
    return int_from_i64(calendar_weekday(date_ymd(self)) + 1);
}

static PyObject *
date_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"year", "month", "day", NULL};
    Ymd ymd = date_ymd(self);
    if (!args_parse_static(args, kwargs, "|iii:replace", names, &ymd.year, &ymd.month, &ymd.day)) {
        return NULL;
    }
    return date_make_subclass((PyObject *)type_of(self), ymd);
}

static PyObject *
date_reduce(PyObject *self, PyObject *unused)
{
    PyObject *state = bytes_from_data((const char *)DATE(self)->data, 4);
    PyObject *args = state != NULL ? tuple_pack(1, state) : NULL;
    xdecref(state);
    return args != NULL ? tuple_pair_steal(new_ref((PyObject *)type_of(self)), args) : NULL;
}

// ---- IsoCalendarDate ----

static PyObject *
make_iso_calendar_date(PyTypeObject *type, int year, int week, int day)
{
    PyObject *y = int_from_i64(year);
    PyObject *w = int_from_i64(week);
    PyObject *d = int_from_i64(day);
    PyObject *items = y != NULL && w != NULL && d != NULL ? tuple_pack(3, y, w, d) : NULL;
    PyObject *args = items != NULL ? tuple_pack(1, items) : NULL;
    PyObject *self = args != NULL ? PyTuple_Type.tp_new(type, args, NULL) : NULL;
    xdecref(args);
    xdecref(items);
    xdecref(y);
    xdecref(w);
    xdecref(d);
    return self;
}

static PyObject *
date_isocalendar(PyObject *self, PyObject *unused)
{
    int year, week, day;
    calendar_iso(date_ymd(self), &year, &week, &day);
    return make_iso_calendar_date(&datetime_iso_calendar_type, year, week, day);
}

static PyObject *
iso_calendar_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"year", "week", "weekday", NULL};
    int year, week, day;
    if (!args_parse_static(args, kwargs, "iii:IsoCalendarDate", names, &year, &week, &day)) {
        return NULL;
    }
    return make_iso_calendar_date(type, year, week, day);
}

static PyObject *
iso_calendar_repr(PyObject *self)
{
    return str_format("%.200s(year=%S, week=%S, weekday=%S)", type_of(self)->tp_name,
                      tuple_item(self, 0), tuple_item(self, 1), tuple_item(self, 2));
}

static PyObject *
iso_calendar_reduce(PyObject *self, PyObject *unused)
{
    PyObject *items = tuple_from_array(tuple_items(self), 3);
    PyObject *args = items != NULL ? tuple_pack(1, items) : NULL;
    xdecref(items);
    return args != NULL ? tuple_pair_steal(new_ref((PyObject *)&PyTuple_Type), args) : NULL;
}

static PyObject *
iso_calendar_item(PyObject *self, void *index)
{
    return new_ref(tuple_item(self, (Py_ssize_t)(intptr_t)index));
}

static PyGetSetDef iso_calendar_getset[] = {
    {"year", iso_calendar_item, NULL, NULL, (void *)0},
    {"week", iso_calendar_item, NULL, NULL, (void *)1},
    {"weekday", iso_calendar_item, NULL, NULL, (void *)2},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef iso_calendar_methods[] = {
    {"__reduce__", iso_calendar_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject datetime_iso_calendar_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.IsoCalendarDate",
    .tp_repr = iso_calendar_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "The result of date.isocalendar() or datetime.isocalendar()\n\n"
              "This object may be accessed either as a tuple of\n"
              "  ((year, week, weekday)\n"
              "or via the object attributes as named in the above tuple.",
    .tp_methods = iso_calendar_methods,
    .tp_getset = iso_calendar_getset,
    .tp_base = &PyTuple_Type,
    .tp_new = iso_calendar_new,
};

// ---- the type ----

static PyObject *
get_year(PyObject *self, void *closure)
{
    return int_from_i64(date_ymd(self).year);
}

static PyObject *
get_month(PyObject *self, void *closure)
{
    return int_from_i64(date_ymd(self).month);
}

static PyObject *
get_day(PyObject *self, void *closure)
{
    return int_from_i64(date_ymd(self).day);
}

static PyGetSetDef date_getset[] = {
    {"year", get_year, NULL, NULL, NULL},
    {"month", get_month, NULL, NULL, NULL},
    {"day", get_day, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(f) (PyCFunction)(void (*)(void))(f), METH_VARARGS | METH_KEYWORDS

static PyMethodDef date_methods[] = {
    {"fromtimestamp", date_fromtimestamp, METH_O | METH_CLASS,
     "fromtimestamp($type, timestamp, /)\n--\n\n"
     "Create a date from a POSIX timestamp.\n\n"
     "The timestamp is a number, e.g. created via time.time(), that is interpreted\n"
     "as local time."},
    {"fromordinal", FASTCALL(date_fromordinal), METH_FASTCALL | METH_CLASS,
     "int -> date corresponding to a proleptic Gregorian ordinal."},
    {"fromisoformat", date_fromisoformat, METH_O | METH_CLASS,
     "fromisoformat($type, object, /)\n--\n\n"
     "str -> Construct a date from a string in ISO 8601 format."},
    {"fromisocalendar", (PyCFunction)(void (*)(void))date_fromisocalendar,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "int, int, int -> Construct a date from the ISO year, week number and weekday.\n\n"
     "This is the inverse of the function date.isocalendar()"},
    {"strptime", FASTCALL(date_strptime), METH_FASTCALL | METH_CLASS,
     "string, format -> new date parsed from a string (like time.strptime())."},
    {"today", date_today, METH_NOARGS | METH_CLASS,
     "today($type, /)\n--\n\n"
     "Current date or datetime:  same as self.__class__.fromtimestamp(time.time())."},
    {"ctime", date_ctime, METH_NOARGS, "ctime($self, /)\n--\n\nReturn ctime() style string."},
    {"strftime", KEYWORDS(date_strftime), "strftime($self, /, format)\n--\n\n"
     "Format using strftime()."},
    {"__format__", format_method, METH_O, "__format__($self, format, /)\n--\n\n"
     "Formats self with strftime."},
    {"timetuple", date_timetuple, METH_NOARGS,
     "timetuple($self, /)\n--\n\nReturn time tuple, compatible with time.localtime()."},
    {"isocalendar", date_isocalendar, METH_NOARGS,
     "isocalendar($self, /)\n--\n\n"
     "Return a named tuple containing ISO year, week number, and weekday."},
    {"isoformat", date_isoformat, METH_NOARGS,
     "isoformat($self, /)\n--\n\nReturn string in ISO 8601 format, YYYY-MM-DD."},
    {"isoweekday", date_isoweekday, METH_NOARGS,
     "isoweekday($self, /)\n--\n\n"
     "Return the day of the week represented by the date.\nMonday == 1 ... Sunday == 7"},
    {"toordinal", date_toordinal, METH_NOARGS,
     "toordinal($self, /)\n--\n\n"
     "Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1."},
    {"weekday", date_weekday, METH_NOARGS,
     "weekday($self, /)\n--\n\n"
     "Return the day of the week represented by the date.\nMonday == 0 ... Sunday == 6"},
    {"replace", KEYWORDS(date_replace),
     "replace($self, /, year=unchanged, month=unchanged, day=unchanged)\n--\n\n"
     "Return date with new specified fields."},
    {"__replace__", KEYWORDS(date_replace),
     "__replace__($self, /, **changes)\n--\n\nThe same as replace()."},
    {"__reduce__", date_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods date_as_number = {
    .nb_add = date_add,
    .nb_subtract = date_subtract,
};

PyTypeObject datetime_date_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.date",
    .tp_basicsize = sizeof(PyDateTime_Date),
    .tp_repr = date_repr,
    .tp_as_number = &date_as_number,
    .tp_hash = date_hash,
    .tp_str = date_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "date(year, month, day) --> date object",
    .tp_richcompare = date_richcompare,
    .tp_methods = date_methods,
    .tp_getset = date_getset,
    .tp_new = date_tp_new,
};
