// time: a time of day, with or without a time zone.
//
// Threading: immutable; the hash is a cache.
#include <stddef.h>
#include <string.h>

#include "base/atomic.h"
#include "base/hash.h"
#include "modules/datetime_internal.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/build.h"
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
alloc_time(PyTypeObject *type, PyObject *tz)
{
    PyDateTime_Time *self = (PyDateTime_Time *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->hashcode = -1;
        self->hastzinfo = tz != Py_None;
        self->tzinfo = tz != Py_None ? new_ref(tz) : NULL;
    }
    return (PyObject *)self;
}

PyObject *
time_make(PyTypeObject *type, Hms hms, PyObject *tz, int fold)
{
    if (calendar_check_hms(hms, fold) < 0 || tzinfo_argument_check(tz) < 0) {
        return NULL;
    }
    PyObject *self = alloc_time(type, tz);
    if (self != NULL) {
        datetime_write_hms(TIME(self)->data, hms);
        TIME(self)->fold = (unsigned char)fold;
    }
    return self;
}

PyObject *
time_make_subclass(PyObject *cls, Hms hms, PyObject *tz, int fold)
{
    if (cls == (PyObject *)&datetime_time_type) {
        return time_make(&datetime_time_type, hms, tz, fold);
    }
    PyObject *made = object_call_format(cls, "iiiiO", hms.hour, hms.minute, hms.second, hms.us, tz);
    if (made != NULL && fold != 0 && time_check(made)) {
        TIME(made)->fold = (unsigned char)fold;
    }
    return made;
}

// The bytes of a pickled state, or NULL without an exception when the arguments are none.
static PyObject *
state_argument(PyObject *args)
{
    Py_ssize_t n = tuple_size(args);
    PyObject *state = n == 1 || n == 2 ? tuple_item(args, 0) : Py_None;
    if (bytes_check(state)) {
        return bytes_length(state) == 6 && (bytes_data(state)[0] & 0x7f) < 24 ? new_ref(state) : NULL;
    }
    if (!str_check(state) || str_length(state) != 6 || (str_read_char(state, 0) & 0x7f) >= 24) {
        return NULL;
    }
    PyObject *bytes = str_encode_latin1(state, NULL);
    if (bytes == NULL && error_clear_if(PyExc_UnicodeEncodeError)) {
        error_set(PyExc_ValueError,
                  "Failed to encode latin1 string when unpickling a time object. "
                  "pickle.load(data, encoding='latin1') is assumed.");
    }
    return bytes;
}

static PyObject *
time_from_state(PyTypeObject *type, PyObject *state, PyObject *tz)
{
    if (tz != Py_None && !tzinfo_check(tz)) {
        return error_set(PyExc_TypeError, "bad tzinfo state arg");
    }
    PyObject *self = alloc_time(type, tz);
    if (self != NULL) {
        memcpy(TIME(self)->data, bytes_data(state), 6);
        TIME(self)->fold = TIME(self)->data[0] >> 7;
        TIME(self)->data[0] &= 0x7f;
    }
    return self;
}

static PyObject *
time_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {
        "hour", "minute", "second", "microsecond", "tzinfo", "fold", NULL,
    };
    PyObject *state = state_argument(args);
    if (state != NULL) {
        PyObject *self = time_from_state(type, state, tuple_size(args) > 1 ? tuple_item(args, 1)
                                                                           : Py_None);
        decref(state);
        return self;
    }
    Hms hms = {0};
    PyObject *tz = Py_None;
    int fold = 0;
    if (error_occurred()
        || !args_parse_static(args, kwargs, "|iiiiO$i", names, &hms.hour, &hms.minute, &hms.second,
                              &hms.us, &tz, &fold)) {
        return NULL;
    }
    return time_make(type, hms, tz, fold);
}

static PyObject *
time_fromisoformat(PyObject *cls, PyObject *text)
{
    if (!str_check(text)) {
        return error_set(PyExc_TypeError, "fromisoformat: argument must be str");
    }
    char buffer[64];
    Py_ssize_t n;
    IsoText iso;
    const char *characters = iso_characters(text, buffer, &n);
    if (characters != NULL && n > 0 && characters[0] == 'T') {
        characters++;       // ISO 8601 marks times so
        n--;
    }
    if (characters == NULL || !iso_read_time(characters, n, &iso)) {
        return error_format(PyExc_ValueError, "Invalid isoformat string: %R", text);
    }
    if (iso.bad_midnight) {
        return error_set(PyExc_ValueError,
                         "minute, second, and microsecond must be 0 when hour is 24");
    }
    PyObject *tz = iso.has_offset ? timezone_from_us(iso.offset) : new_ref(Py_None);
    PyObject *made = tz != NULL ? time_make_subclass(cls, iso.hms, tz, 0) : NULL;
    xdecref(tz);
    return made;
}

static PyObject *
time_strptime(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    return format_strptime(cls, "_strptime_datetime_time", args, nargs);
}

static void
time_dealloc(PyObject *op)
{
    clear_ref(TIME(op)->tzinfo);
    type_of(op)->tp_free(op);
}

// ---- the zone ----

static PyObject *
time_utcoffset(PyObject *self, PyObject *unused)
{
    return tzinfo_call_utcoffset(time_tzinfo(self), Py_None);
}

static PyObject *
time_dst(PyObject *self, PyObject *unused)
{
    return tzinfo_call_dst(time_tzinfo(self), Py_None);
}

static PyObject *
time_tzname(PyObject *self, PyObject *unused)
{
    return tzinfo_call_tzname(time_tzinfo(self), Py_None);
}

// ---- comparison ----

static int
compare_fields(PyObject *self, PyObject *other)
{
    return memcmp(TIME(self)->data, TIME(other)->data, sizeof TIME(self)->data);
}

static Microseconds
time_us(PyObject *self)
{
    Hms hms = time_hms(self);
    return (Microseconds)hms_seconds(hms) * US_PER_SECOND + hms.us;
}

static PyObject *
compare_with_offsets(PyObject *self, PyObject *other, PyObject *a, PyObject *b, int op)
{
    if (a == b || (a != Py_None && b != Py_None && delta_us(a) == delta_us(b))) {
        return compare_result(compare_fields(self, other), op);
    }
    if (a != Py_None && b != Py_None) {
        Microseconds difference = time_us(self) - delta_us(a) - time_us(other) + delta_us(b);
        return compare_result((difference > 0) - (difference < 0), op);
    }
    if (op == Py_EQ || op == Py_NE) {
        return new_ref(op == Py_NE ? Py_True : Py_False);
    }
    return error_set(PyExc_TypeError, "can't compare offset-naive and offset-aware times");
}

static PyObject *
time_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!time_check(other)) {
        return new_ref(Py_NotImplemented);
    }
    if (time_tzinfo(self) == time_tzinfo(other)) {
        return compare_result(compare_fields(self, other), op);
    }
    PyObject *a = time_utcoffset(self, NULL);
    PyObject *b = a != NULL ? time_utcoffset(other, NULL) : NULL;
    PyObject *result = b != NULL ? compare_with_offsets(self, other, a, b, op) : NULL;
    xdecref(b);
    xdecref(a);
    return result;
}

// The hash that times equal to self in any zone have. -1 with an exception.
static Py_hash_t
compute_hash(PyObject *self)
{
    PyObject *plain = TIME(self)->fold ? time_make(&datetime_time_type, time_hms(self),
                                                   time_tzinfo(self), 0)
                                       : new_ref(self);
    PyObject *offset = plain != NULL ? time_utcoffset(plain, NULL) : NULL;
    xdecref(plain);
    if (offset == NULL) {
        return -1;
    }
    Py_hash_t hash = -1;
    if (offset == Py_None) {
        hash = hash_bytes(TIME(self)->data, sizeof TIME(self)->data);
    }
    else {
        PyObject *since = delta_new(time_us(self) - delta_us(offset));
        hash = since != NULL ? object_hash(since) : -1;
        xdecref(since);
    }
    decref(offset);
    return hash;
}

static Py_hash_t
time_hash(PyObject *self)
{
    Py_hash_t hash = atomic_load_relaxed_ssize(&TIME(self)->hashcode);
    if (hash == -1) {
        hash = compute_hash(self);
        atomic_store_relaxed_ssize(&TIME(self)->hashcode, hash);
    }
    return hash;
}

// ---- text ----

static PyObject *
time_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"timespec", NULL};
    PyObject *name = NULL;
    TimeSpec spec;
    if (!args_parse_static(args, kwargs, "|U:isoformat", names, &name)
        || timespec_parse(name, &spec) < 0) {
        return NULL;
    }
    char text[20];
    return append_offset_steal(str_from_ascii(text, time_text(text, time_hms(self), spec)),
                               time_tzinfo(self), Py_None);
}

static PyObject *
time_str(PyObject *self)
{
    return object_call_method_noargs(self, ID(isoformat));
}

static int
write_repr(StrWriter *w, PyObject *self)
{
    Hms hms = time_hms(self);
    if (str_writer_format(w, "%s(%d, %d", type_of(self)->tp_name, hms.hour, hms.minute) < 0
        || ((hms.second != 0 || hms.us != 0) && str_writer_format(w, ", %d", hms.second) < 0)
        || (hms.us != 0 && str_writer_format(w, ", %d", hms.us) < 0)
        || (TIME(self)->hastzinfo && str_writer_format(w, ", tzinfo=%R", TIME(self)->tzinfo) < 0)
        || (TIME(self)->fold && str_writer_ascii(w, ", fold=1", -1) < 0)) {
        return -1;
    }
    return str_writer_char(w, ')');
}

static PyObject *
time_repr(PyObject *self)
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
time_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"format", NULL};
    PyObject *format;
    if (!args_parse_static(args, kwargs, "U:strftime", names, &format)) {
        return NULL;
    }
    // A date that every platform knows; 1900 began on a Monday.
    Hms hms = time_hms(self);
    PyObject *timetuple = value_build("iiiiiiiii", 1900, 1, 1, hms.hour, hms.minute, hms.second, 0, 1,
                                      -1);
    PyObject *result = timetuple != NULL ? format_strftime(self, format, timetuple, Py_None) : NULL;
    xdecref(timetuple);
    return result;
}

// ---- copies ----

static PyObject *
time_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {
        "hour", "minute", "second", "microsecond", "tzinfo", "fold", NULL,
    };
    Hms hms = time_hms(self);
    PyObject *tz = time_tzinfo(self);
    int fold = TIME(self)->fold;
    if (!args_parse_static(args, kwargs, "|iiiiO$i:replace", names, &hms.hour, &hms.minute,
                           &hms.second, &hms.us, &tz, &fold)) {
        return NULL;
    }
    if (fold != 0 && fold != 1) {
        return error_format(PyExc_ValueError, "fold must be either 0 or 1, not %d", fold);
    }
    return time_make_subclass((PyObject *)type_of(self), hms, tz, fold);
}

static PyObject *
reduce(PyObject *self, int protocol)
{
    unsigned char data[6];
    memcpy(data, TIME(self)->data, sizeof data);
    if (protocol > 3 && TIME(self)->fold) {
        data[0] |= 0x80;
    }
    PyObject *state = bytes_from_data((const char *)data, sizeof data);
    PyObject *args = state == NULL ? NULL
                     : TIME(self)->hastzinfo ? tuple_pack(2, state, TIME(self)->tzinfo)
                     : tuple_pack(1, state);
    xdecref(state);
    return args != NULL ? tuple_pair_steal(new_ref((PyObject *)type_of(self)), args) : NULL;
}

static PyObject *
time_reduce_ex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int protocol;
    return args_parse_stack(args, nargs, "i:__reduce_ex__", &protocol) ? reduce(self, protocol) : NULL;
}

static PyObject *
time_reduce(PyObject *self, PyObject *unused)
{
    return reduce(self, 2);
}

// ---- the type ----

static PyObject *
get_hour(PyObject *self, void *closure)
{
    return int_from_i64(time_hms(self).hour);
}

static PyObject *
get_minute(PyObject *self, void *closure)
{
    return int_from_i64(time_hms(self).minute);
}

static PyObject *
get_second(PyObject *self, void *closure)
{
    return int_from_i64(time_hms(self).second);
}

static PyObject *
get_microsecond(PyObject *self, void *closure)
{
    return int_from_i64(time_hms(self).us);
}

static PyObject *
get_tzinfo(PyObject *self, void *closure)
{
    return new_ref(time_tzinfo(self));
}

static PyObject *
get_fold(PyObject *self, void *closure)
{
    return int_from_i64(TIME(self)->fold);
}

static PyGetSetDef time_getset[] = {
    {"hour", get_hour, NULL, NULL, NULL},
    {"minute", get_minute, NULL, NULL, NULL},
    {"second", get_second, NULL, NULL, NULL},
    {"microsecond", get_microsecond, NULL, NULL, NULL},
    {"tzinfo", get_tzinfo, NULL, NULL, NULL},
    {"fold", get_fold, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(f) (PyCFunction)(void (*)(void))(f), METH_VARARGS | METH_KEYWORDS

static PyMethodDef time_methods[] = {
    {"strptime", FASTCALL(time_strptime), METH_FASTCALL | METH_CLASS,
     "string, format -> new time parsed from a string (like time.strptime())."},
    {"isoformat", KEYWORDS(time_isoformat),
     "isoformat($self, /, timespec='auto')\n--\n\n"
     "Return the time formatted according to ISO.\n\n"
     "The optional argument timespec specifies the number of additional terms\n"
     "of the time to include. Valid options are 'auto', 'hours', 'minutes',\n"
     "'seconds', 'milliseconds' and 'microseconds'."},
    {"strftime", KEYWORDS(time_strftime), "strftime($self, /, format)\n--\n\n"
     "Format using strftime()."},
    {"__format__", format_method, METH_O,
     "__format__($self, format, /)\n--\n\nFormats self with strftime."},
    {"utcoffset", time_utcoffset, METH_NOARGS,
     "utcoffset($self, /)\n--\n\nReturn self.tzinfo.utcoffset(self)."},
    {"tzname", time_tzname, METH_NOARGS, "tzname($self, /)\n--\n\nReturn self.tzinfo.tzname(self)."},
    {"dst", time_dst, METH_NOARGS, "dst($self, /)\n--\n\nReturn self.tzinfo.dst(self)."},
    {"replace", KEYWORDS(time_replace),
     "replace($self, /, hour=unchanged, minute=unchanged, second=unchanged,\n"
     "        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)\n--\n\n"
     "Return time with new specified fields."},
    {"__replace__", KEYWORDS(time_replace),
     "__replace__($self, /, **changes)\n--\n\nThe same as replace()."},
    {"fromisoformat", time_fromisoformat, METH_O | METH_CLASS,
     "fromisoformat($type, object, /)\n--\n\nstring -> time from a string in ISO 8601 format"},
    {"__reduce_ex__", FASTCALL(time_reduce_ex), METH_FASTCALL,
     "__reduce_ex__($self, proto, /)\n--\n\n__reduce_ex__(proto) -> (cls, state)"},
    {"__reduce__", time_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\n__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject datetime_time_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "datetime.time",
    .tp_basicsize = sizeof(PyDateTime_Time),
    .tp_dealloc = time_dealloc,
    .tp_repr = time_repr,
    .tp_hash = time_hash,
    .tp_str = time_str,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object\n\n"
              "All arguments are optional. tzinfo may be None, or an instance of\n"
              "a tzinfo subclass. The remaining arguments may be ints.\n",
    .tp_richcompare = time_richcompare,
    .tp_methods = time_methods,
    .tp_getset = time_getset,
    .tp_new = time_tp_new,
};
