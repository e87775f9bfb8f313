// datetime and the local time of the system: now, timestamps, conversion between zones.
//
// Times are counted in seconds since 0001-01-01, day 1 (calendar_seconds), in UTC or in local time.
// Local times that exist twice, or not at all, are told apart by fold (PEP 495).
//
// Threading: pure.
#include <errno.h>
#include <time.h>

#include "modules/datetime_internal.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/str.h"
#include "platform/time.h"

// 1970-01-01 in seconds since 0001-01-01, day 1.
#define EPOCH ((int64_t)719163 * SECONDS_PER_DAY)
// No zone changes its offset by more at once.
#define MAX_FOLD ((int64_t)24 * 3600)

// ---- the system's local time ----

// localtime or gmtime of a POSIX timestamp: 0, or -1 with OSError.
static int
break_down(int64_t timestamp, bool local, struct tm *tm)
{
    time_t seconds = (time_t)timestamp;
    errno = 0;
    if ((local ? localtime_r(&seconds, tm) : gmtime_r(&seconds, tm)) == NULL) {
        if (errno == 0) {
            errno = EINVAL;
        }
        error_set_errno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static Ymd
tm_ymd(const struct tm *tm)
{
    return (Ymd){tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday};
}

static Hms
tm_hms(const struct tm *tm)
{
    // A leap second is the last one before it twice.
    return (Hms){tm->tm_hour, tm->tm_min, tm->tm_sec < 59 ? tm->tm_sec : 59, 0};
}

// Local seconds for UTC seconds: -1 with an exception.
static int64_t
local_seconds(int64_t utc)
{
    struct tm tm;
    if (break_down(utc - EPOCH, true, &tm) < 0) {
        return -1;
    }
    Ymd ymd = tm_ymd(&tm);
    if (ymd.year < MIN_YEAR || ymd.year > MAX_YEAR) {
        error_format(PyExc_ValueError, "year %i is out of range", ymd.year);
        return -1;
    }
    return calendar_seconds(ymd, tm_hms(&tm));
}

// UTC seconds for local ones; the reference algorithm of PEP 495. -1 with an exception.
static int64_t
utc_seconds(int64_t local, int fold)
{
    int64_t there = local_seconds(local);
    if (there == -1) {
        return -1;
    }
    int64_t offset = there - local;
    int64_t first = local - offset;
    int64_t back = local_seconds(first);
    if (back == -1) {
        return -1;
    }
    int64_t other_offset;
    if (back == local) {
        // A solution; the other one, if any, is on the other side of a change within a day.
        int64_t probe = fold ? first + MAX_FOLD : first - MAX_FOLD;
        there = local_seconds(probe);
        if (there == -1) {
            return -1;
        }
        other_offset = there - probe;
        if (other_offset == offset) {
            return first;
        }
    }
    else {
        other_offset = back - first;
    }
    int64_t second = local - other_offset;
    int64_t back_too = local_seconds(second);
    if (back_too == -1) {
        return -1;
    }
    if (back_too == local) {
        return second;
    }
    if (back == local) {
        return first;
    }
    // In a gap: before it with fold 1, behind it with fold 0, as if it were not there.
    return (first < second) == (fold == 1) ? first : second;
}

// Whether local seconds that came from a timestamp are the second ones of a pair.
static int
is_second(int64_t timestamp, int64_t local)
{
    struct tm tm;
    if (timestamp + EPOCH < 2 * MAX_FOLD) {
        return 0;
    }
    if (break_down(timestamp - MAX_FOLD, true, &tm) < 0) {
        return -1;
    }
    int64_t change = local - calendar_seconds(tm_ymd(&tm), tm_hms(&tm)) - MAX_FOLD;
    if (change >= 0) {
        return 0;       // the clock was not set back meanwhile
    }
    if (break_down(timestamp + change, true, &tm) < 0) {
        return -1;
    }
    return calendar_seconds(tm_ymd(&tm), tm_hms(&tm)) == local;
}

// ---- from timestamps ----

static PyObject *
from_timestamp(PyObject *cls, int64_t timestamp, int us, bool local, PyObject *tz)
{
    struct tm tm;
    if (break_down(timestamp, local, &tm) < 0) {
        return NULL;
    }
    Ymd ymd = tm_ymd(&tm);
    Hms hms = tm_hms(&tm);
    hms.us = us;
    int fold = 0;
    if (local && tz == Py_None && ymd.year >= MIN_YEAR && ymd.year <= MAX_YEAR) {
        fold = is_second(timestamp, calendar_seconds(ymd, hms));
        if (fold < 0) {
            return NULL;
        }
    }
    return datetime_make_subclass(cls, ymd, hms, tz, fold);
}

// The same for a time zone: its fromutc converts.
static PyObject *
from_timestamp_in_zone(PyObject *cls, int64_t timestamp, int us, PyObject *tz)
{
    if (tz == Py_None) {
        return from_timestamp(cls, timestamp, us, true, tz);
    }
    PyObject *utc = from_timestamp(cls, timestamp, us, false, tz);
    PyObject *result = utc != NULL ? object_call_method_onearg(tz, ID(fromutc), utc) : NULL;
    xdecref(utc);
    return result;
}

PyObject *
datetime_now(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"tz", NULL};
    PyObject *tz = Py_None;
    if (!args_parse_static(args, kwargs, "|O:now", names, &tz) || tzinfo_argument_check(tz) < 0) {
        return NULL;
    }
    struct timeval now = time_ns_to_timeval(os_time_wall(), TIME_ROUND_FLOOR);
    return from_timestamp_in_zone(cls, now.tv_sec, (int)now.tv_usec, tz);
}

PyObject *
datetime_utcnow(PyObject *cls, PyObject *unused)
{
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future "
                   "version. Use timezone-aware objects to represent datetimes in UTC: "
                   "datetime.datetime.now(datetime.UTC).") < 0) {
        return NULL;
    }
    struct timeval now = time_ns_to_timeval(os_time_wall(), TIME_ROUND_FLOOR);
    return from_timestamp(cls, now.tv_sec, (int)now.tv_usec, false, Py_None);
}

PyObject *
datetime_fromtimestamp(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"timestamp", "tz", NULL};
    PyObject *timestamp;
    PyObject *tz = Py_None;
    struct timeval time;
    if (!args_parse_static(args, kwargs, "O|O:fromtimestamp", names, &timestamp, &tz)
        || tzinfo_argument_check(tz) < 0
        || time_object_to_timeval(timestamp, &time, TIME_ROUND_HALF_EVEN) < 0) {
        return NULL;
    }
    return from_timestamp_in_zone(cls, time.tv_sec, (int)time.tv_usec, tz);
}

PyObject *
datetime_utcfromtimestamp(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *timestamp;
    struct timeval time;
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a "
                   "future version. Use timezone-aware objects to represent datetimes in UTC: "
                   "datetime.datetime.fromtimestamp(timestamp, datetime.UTC).") < 0
        || !args_parse_stack(args, nargs, "O:utcfromtimestamp", &timestamp)
        || time_object_to_timeval(timestamp, &time, TIME_ROUND_HALF_EVEN) < 0) {
        return NULL;
    }
    return from_timestamp(cls, time.tv_sec, (int)time.tv_usec, false, Py_None);
}

// ---- to timestamps ----

static int64_t
own_seconds(PyObject *self)
{
    return calendar_seconds(date_ymd(self), datetime_hms(self));
}

PyObject *
datetime_timestamp(PyObject *self, PyObject *unused)
{
    PyObject *tz = datetime_tzinfo(self);
    int us = datetime_hms(self).us;
    if (tz == Py_None) {
        int64_t seconds = utc_seconds(own_seconds(self), DATETIME(self)->fold);
        return seconds == -1 ? NULL : float_from_double((double)(seconds - EPOCH) + us / 1e6);
    }
    PyObject *offset = object_call_method_noargs(self, ID(utcoffset));
    if (offset == NULL) {
        return NULL;
    }
    Microseconds since = (Microseconds)(own_seconds(self) - EPOCH) * US_PER_SECOND + us;
    if (offset == Py_None) {
        decref(offset);
        return error_set(PyExc_TypeError, "can't subtract offset-naive and offset-aware datetimes");
    }
    if (!delta_check(offset)) {
        error_format(PyExc_TypeError, "tzinfo.utcoffset() must return None or timedelta, not '%.200s'",
                     type_of(offset)->tp_name);
        decref(offset);
        return NULL;
    }
    PyObject *delta = delta_new(since - delta_us(offset));
    decref(offset);
    PyObject *result = delta != NULL ? object_call_method_noargs(delta, ID(total_seconds)) : NULL;
    xdecref(delta);
    return result;
}

// ---- conversion between zones ----

// The zone of the system at a timestamp, as a timezone with its name.
static PyObject *
local_zone(int64_t timestamp)
{
    struct tm tm;
    if (break_down(timestamp, true, &tm) < 0) {
        return NULL;
    }
    PyObject *offset = delta_new((Microseconds)tm.tm_gmtoff * US_PER_SECOND);
    PyObject *name = offset != NULL ? str_decode_locale(tm.tm_zone, "surrogateescape") : NULL;
    PyObject *zone = name != NULL ? timezone_make(offset, name) : NULL;
    xdecref(name);
    xdecref(offset);
    return zone;
}

// The zone that a naive datetime is in. In a gap it is the one that timestamp() calculates with: before the
// change with fold 0, after it with fold 1.
static PyObject *
local_zone_of(PyObject *self)
{
    int fold = DATETIME(self)->fold;
    int64_t seconds = utc_seconds(own_seconds(self), fold);
    int64_t flipped = seconds != -1 ? utc_seconds(own_seconds(self), !fold) : -1;
    if (flipped == -1) {
        return NULL;
    }
    if (flipped != seconds && (flipped > seconds) == fold) {
        seconds = flipped;
    }
    return local_zone(seconds - EPOCH);
}

// The offset of self, a naive one being local time; *zone (owned) is what gave it.
static PyObject *
offset_or_local(PyObject *self, PyObject **zone)
{
    PyObject *tz = datetime_tzinfo(self);
    PyObject *offset = tz != Py_None ? tzinfo_call_utcoffset(tz, self) : new_ref(Py_None);
    *zone = new_ref(tz);
    if (offset == Py_None) {
        PyObject *local = local_zone_of(self);
        set_ref(*zone, local);
        PyObject *found = local != NULL ? tzinfo_call_utcoffset(local, self) : NULL;
        set_ref(offset, found);
    }
    return offset;
}

PyObject *
datetime_astimezone(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"tz", NULL};
    PyObject *tz = Py_None;
    if (!args_parse_static(args, kwargs, "|O:astimezone", names, &tz)
        || tzinfo_argument_check(tz) < 0) {
        return NULL;
    }
    if (tz != Py_None && tz == datetime_tzinfo(self)) {
        return new_ref(self);
    }
    PyObject *own_zone = NULL;
    PyObject *target = NULL;
    PyObject *utc = NULL;
    PyObject *result = NULL;
    PyObject *offset = offset_or_local(self, &own_zone);
    if (offset == NULL) {
        goto done;
    }
    utc = datetime_shift(self, -delta_us(offset), datetime_utc);
    if (utc == NULL || !datetime_check(utc)) {
        goto done;
    }
    target = tz != Py_None ? new_ref(tz) : local_zone(own_seconds(utc) - EPOCH);
    if (target == NULL) {
        goto done;
    }
    if (target != datetime_utc) {
        PyObject *moved = datetime_shift(utc, 0, target);
        set_ref(utc, moved);
    }
    result = utc != NULL ? object_call_method_onearg(target, ID(fromutc), utc) : NULL;
done:
    xdecref(utc);
    xdecref(target);
    xdecref(own_zone);
    xdecref(offset);
    return result;
}
