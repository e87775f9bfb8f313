// tzinfo, timezone, and the calling of tzinfo methods with checks of what they return.
//
// Threading: immutable.
#include <stddef.h>

#include "memory/heap.h"
#include "modules/datetime_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/str.h"
#include "objects/tuple.h"

typedef struct {
    PyObject ob_base;
    PyObject *offset;       // timedelta
    PyObject *name;         // str, or NULL
} TimeZone;

// Of the singleton that all interpreters share: neither is ever freed.
static PyDateTime_Delta zero_offset = {
    .ob_base = {.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &datetime_delta_type},
    .hashcode = -1,
};
static TimeZone utc = {
    .ob_base = {.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &datetime_timezone_type},
    .offset = (PyObject *)&zero_offset,
};
PyObject *const datetime_utc = (PyObject *)&utc;

// ---- calling tzinfo methods ----

static bool
within_a_day(PyObject *delta)
{
    Microseconds us = delta_us(delta);
    return us > -US_PER_DAY && us < US_PER_DAY;
}

static PyObject *
call_offset_method(PyObject *tz, const char *name, PyObject *method, PyObject *dt)
{
    if (tz == Py_None) {
        return new_ref(Py_None);
    }
    PyObject *offset = object_call_method_onearg(tz, method, dt);
    if (offset == NULL || offset == Py_None) {
        return offset;
    }
    if (!delta_check(offset)) {
        error_format(PyExc_TypeError, "tzinfo.%s() must return None or timedelta, not '%.200s'", name,
                     type_of(offset)->tp_name);
    }
    else if (!within_a_day(offset)) {
        error_set(PyExc_ValueError, "offset must be a timedelta strictly between "
                                    "-timedelta(hours=24) and timedelta(hours=24).");
    }
    else {
        return offset;
    }
    decref(offset);
    return NULL;
}

PyObject *
tzinfo_call_utcoffset(PyObject *tz, PyObject *dt)
{
    if (type_of(tz) == &datetime_timezone_type) {
        return new_ref(((TimeZone *)tz)->offset);
    }
    return call_offset_method(tz, "utcoffset", ID(utcoffset), dt);
}

PyObject *
tzinfo_call_dst(PyObject *tz, PyObject *dt)
{
    return call_offset_method(tz, "dst", ID(dst), dt);
}

PyObject *
tzinfo_call_tzname(PyObject *tz, PyObject *dt)
{
    if (tz == Py_None) {
        return new_ref(Py_None);
    }
    PyObject *name = object_call_method_onearg(tz, ID(tzname), dt);
    if (name != NULL && name != Py_None && !str_check(name)) {
        error_format(PyExc_TypeError, "tzinfo.tzname() must return None or a string, not '%s'",
                     type_of(name)->tp_name);
        clear_ref(name);
    }
    return name;
}

int
tzinfo_argument_check(PyObject *tz)
{
    if (tz == Py_None || tzinfo_check(tz)) {
        return 0;
    }
    error_format(PyExc_TypeError,
                 "tzinfo argument must be None or of a tzinfo subclass, not type '%s'",
                 type_of(tz)->tp_name);
    return -1;
}

// ---- tzinfo ----

static PyObject *
not_implemented_method(const char *name)
{
    return error_format(PyExc_NotImplementedError, "a tzinfo subclass must implement %s()", name);
}

static PyObject *
tzinfo_utcoffset(PyObject *self, PyObject *dt)
{
    return not_implemented_method("utcoffset");
}

static PyObject *
tzinfo_dst(PyObject *self, PyObject *dt)
{
    return not_implemented_method("dst");
}

static PyObject *
tzinfo_tzname(PyObject *self, PyObject *dt)
{
    return not_implemented_method("tzname");
}

// What fromutc can work on: 0, or -1 with an exception.
static int
check_fromutc_argument(PyObject *self, PyObject *dt)
{
    if (!datetime_check(dt)) {
        error_set(PyExc_TypeError, "fromutc: argument must be a datetime");
        return -1;
    }
    if (datetime_tzinfo(dt) != self) {
        error_set(PyExc_ValueError, "fromutc: dt.tzinfo is not self");
        return -1;
    }
    return 0;
}

// A method's timedelta; None is ValueError(text). NULL with an exception.
static PyObject *
needed_offset(PyObject *offset, const char *text)
{
    if (offset == Py_None) {
        decref(offset);
        return error_set(PyExc_ValueError, text);
    }
    return offset;
}

// For zones that have a fixed standard offset: the algorithm that PEP 495 and the documentation of
// tzinfo.fromutc give.
static PyObject *
tzinfo_fromutc(PyObject *self, PyObject *dt)
{
    if (check_fromutc_argument(self, dt) < 0) {
        return NULL;
    }
    PyObject *offset = needed_offset(object_call_method_noargs(dt, ID(utcoffset)),
                                     "fromutc: non-None utcoffset() result required");
    if (offset == NULL) {
        return NULL;
    }
    PyObject *dst = needed_offset(object_call_method_noargs(dt, ID(dst)),
                                  "fromutc: non-None dst() result required");
    PyObject *standard = NULL;
    PyObject *later = NULL;
    PyObject *result = NULL;
    if (dst == NULL || !delta_check(offset) || !delta_check(dst)) {
        goto done;
    }
    standard = datetime_shift(dt, delta_us(offset) - delta_us(dst), self);
    if (standard == NULL) {
        goto done;
    }
    later = needed_offset(object_call_method_noargs(standard, ID(dst)),
                          "fromutc: tz.dst() gave inconsistent results; cannot convert");
    if (later != NULL && delta_check(later)) {
        result = delta_us(later) != 0 ? datetime_shift(standard, delta_us(later), self)
                                      : new_ref(standard);
    }
done:
    if (result == NULL && !error_occurred()) {
        error_set(PyExc_TypeError, "tzinfo methods must return None or timedelta");
    }
    xdecref(later);
    xdecref(standard);
    xdecref(dst);
    decref(offset);
    return result;
}

static PyObject *
call_getinitargs(PyObject *self)
{
    PyObject *method;
    if (object_getattr_optional(self, ID(__getinitargs__), &method) < 0) {
        return NULL;
    }
    PyObject *args = method != NULL ? object_call_noargs(method) : tuple_empty();
    xdecref(method);
    return args;
}

static PyObject *
tzinfo_reduce(PyObject *self, PyObject *unused)
{
    PyObject *args = call_getinitargs(self);
    PyObject *state = args != NULL ? object_call_method_noargs(self, ID(__getstate__)) : NULL;
    PyObject *result = state != NULL ? tuple_pack(3, type_of(self), args, state) : NULL;
    xdecref(state);
    xdecref(args);
    return result;
}

static PyMethodDef tzinfo_methods[] = {
    {"tzname", tzinfo_tzname, METH_O,
     "tzname($self, object, /)\n--\n\ndatetime -> string name of time zone."},
    {"utcoffset", tzinfo_utcoffset, METH_O,
     "utcoffset($self, object, /)\n--\n\n"
     "datetime -> timedelta showing offset from UTC, negative values indicating West of UTC"},
    {"dst", tzinfo_dst, METH_O,
     "dst($self, object, /)\n--\n\ndatetime -> DST offset as timedelta positive east of UTC."},
    {"fromutc", tzinfo_fromutc, METH_O,
     "fromutc($self, object, /)\n--\n\ndatetime in UTC -> datetime in local time."},
    {"__reduce__", tzinfo_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n-> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject datetime_tzinfo_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.tzinfo",
    .tp_basicsize = sizeof(PyDateTime_TZInfo),
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Abstract base class for time zone info objects.",
    .tp_methods = tzinfo_methods,
    .tp_new = type_generic_new,
};

// ---- timezone ----

static PyObject *
make_timezone(PyTypeObject *type, PyObject *offset, PyObject *name)
{
    if (!within_a_day(offset)) {
        return error_format(PyExc_ValueError,
                            "offset must be a timedelta strictly between "
                            "-timedelta(hours=24) and timedelta(hours=24), not %R.", offset);
    }
    TimeZone *self = (TimeZone *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->offset = new_ref(offset);
        self->name = xnew_ref(name);
    }
    return (PyObject *)self;
}

PyObject *
timezone_make(PyObject *offset, PyObject *name)
{
    if (name == NULL && delta_us(offset) == 0) {
        return new_ref(datetime_utc);
    }
    return make_timezone(&datetime_timezone_type, offset, name);
}

PyObject *
timezone_from_us(Microseconds us)
{
    PyObject *offset = delta_new(us);
    PyObject *zone = offset != NULL ? timezone_make(offset, NULL) : NULL;
    xdecref(offset);
    return zone;
}

static PyObject *
timezone_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"offset", "name", NULL};
    PyObject *offset;
    PyObject *name = NULL;
    if (!args_parse_static(args, kwargs, "O!|U:timezone", names, &datetime_delta_type, &offset,
                           &name)) {
        return NULL;
    }
    return timezone_make(offset, name);
}

static void
timezone_dealloc(PyObject *op)
{
    TimeZone *self = (TimeZone *)op;
    clear_ref(self->offset);
    clear_ref(self->name);
    type_of(op)->tp_free(op);
}

static PyObject *
timezone_richcompare(PyObject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !object_type_check(other, &datetime_timezone_type)) {
        return new_ref(Py_NotImplemented);
    }
    Microseconds a = delta_us(((TimeZone *)self)->offset);
    Microseconds b = delta_us(((TimeZone *)other)->offset);
    return compare_result((a > b) - (a < b), op);
}

static Py_hash_t
timezone_hash(PyObject *self)
{
    return object_hash(((TimeZone *)self)->offset);
}

// "UTC", "UTC+01:00", "UTC-00:00:01.000005".
static PyObject *
zone_text(PyObject *op)
{
    TimeZone *self = (TimeZone *)op;
    if (self->name != NULL) {
        return new_ref(self->name);
    }
    Microseconds offset = delta_us(self->offset);
    if (offset == 0) {
        return str_from_cstr("UTC");
    }
    int64_t us = (int64_t)(offset < 0 ? -offset : offset);
    int seconds = (int)(us / US_PER_SECOND);
    int rest = (int)(us % US_PER_SECOND);
    char sign = offset < 0 ? '-' : '+';
    if (rest != 0) {
        return str_format("UTC%c%02d:%02d:%02d.%06d", sign, seconds / 3600, seconds / 60 % 60,
                          seconds % 60, rest);
    }
    if (seconds % 60 != 0) {
        return str_format("UTC%c%02d:%02d:%02d", sign, seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    return str_format("UTC%c%02d:%02d", sign, seconds / 3600, seconds / 60 % 60);
}

static PyObject *
timezone_repr(PyObject *op)
{
    TimeZone *self = (TimeZone *)op;
    const char *name = type_of(op)->tp_name;
    if (op == datetime_utc) {
        return str_format("%s.utc", name);
    }
    return self->name != NULL ? str_format("%s(%R, %R)", name, self->offset, self->name)
                              : str_format("%s(%R)", name, self->offset);
}

static int
check_method_argument(PyObject *dt, const char *method)
{
    if (dt == Py_None || datetime_check(dt)) {
        return 0;
    }
    error_format(PyExc_TypeError, "%s(dt) argument must be a datetime instance or None, not %.200s",
                 method, type_of(dt)->tp_name);
    return -1;
}

static PyObject *
timezone_utcoffset(PyObject *self, PyObject *dt)
{
    return check_method_argument(dt, "utcoffset") < 0 ? NULL : new_ref(((TimeZone *)self)->offset);
}

static PyObject *
timezone_tzname(PyObject *self, PyObject *dt)
{
    return check_method_argument(dt, "tzname") < 0 ? NULL : zone_text(self);
}

static PyObject *
timezone_dst(PyObject *self, PyObject *dt)
{
    return check_method_argument(dt, "dst") < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
timezone_fromutc(PyObject *self, PyObject *dt)
{
    if (check_fromutc_argument(self, dt) < 0) {
        return NULL;
    }
    return datetime_shift(dt, delta_us(((TimeZone *)self)->offset), self);
}

static PyObject *
timezone_getinitargs(PyObject *op, PyObject *unused)
{
    TimeZone *self = (TimeZone *)op;
    return self->name != NULL ? tuple_pack(2, self->offset, self->name) : tuple_pack(1, self->offset);
}

static PyMethodDef timezone_methods[] = {
    {"tzname", timezone_tzname, METH_O,
     "tzname($self, object, /)\n--\n\n"
     "If name is specified when timezone is created, returns the name.  Otherwise returns "
     "offset as 'UTC(+|-)HH:MM'."},
    {"utcoffset", timezone_utcoffset, METH_O,
     "utcoffset($self, object, /)\n--\n\nReturn fixed offset."},
    {"dst", timezone_dst, METH_O, "dst($self, object, /)\n--\n\nReturn None."},
    {"fromutc", timezone_fromutc, METH_O,
     "fromutc($self, object, /)\n--\n\ndatetime in UTC -> datetime in local time."},
    {"__getinitargs__", timezone_getinitargs, METH_NOARGS,
     "__getinitargs__($self, /)\n--\n\npickle support"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject datetime_timezone_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.timezone",
    .tp_basicsize = sizeof(TimeZone),
    .tp_dealloc = timezone_dealloc,
    .tp_repr = timezone_repr,
    .tp_hash = timezone_hash,
    .tp_str = zone_text,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Fixed offset from UTC implementation of tzinfo.",
    .tp_richcompare = timezone_richcompare,
    .tp_methods = timezone_methods,
    .tp_base = &datetime_tzinfo_type,
    .tp_new = timezone_new,
};
