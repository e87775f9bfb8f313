// What the files of _datetime share: access to the fields (layouts: abi/datetime.h), arithmetic of the
// proleptic Gregorian calendar, and makers of objects.
//
// Threading: all objects are immutable once made, but for cached hashes, which are idempotent.
#ifndef TYPHON_MODULES_DATETIME_INTERNAL_H
#define TYPHON_MODULES_DATETIME_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/constants.h"
#include "abi/datetime.h"
#include "abi/object.h"
#include "objects/object.h"

extern PyTypeObject datetime_date_type;
extern PyTypeObject datetime_time_type;
extern PyTypeObject datetime_datetime_type;
extern PyTypeObject datetime_delta_type;
extern PyTypeObject datetime_tzinfo_type;
extern PyTypeObject datetime_timezone_type;
extern PyTypeObject datetime_iso_calendar_type;

// timezone.utc, immortal.
extern PyObject *const datetime_utc;

#define MIN_YEAR 1
#define MAX_YEAR 9999
#define MAX_ORDINAL 3652059
#define MAX_DELTA_DAYS 999999999
#define SECONDS_PER_DAY 86400
#define US_PER_SECOND 1000000
#define US_PER_DAY ((int64_t)SECONDS_PER_DAY * US_PER_SECOND)

// Microseconds of a timedelta take 77 bits.
typedef __int128 Microseconds;

// ---- fields ----

typedef struct {
    int year, month, day;
} Ymd;

typedef struct {
    int hour, minute, second, us;
} Hms;

#define DATE(op) ((PyDateTime_Date *)(op))
#define TIME(op) ((PyDateTime_Time *)(op))
#define DATETIME(op) ((PyDateTime_DateTime *)(op))
#define DELTA(op) ((PyDateTime_Delta *)(op))

static inline bool date_check(PyObject *op) { return object_type_check(op, &datetime_date_type); }
static inline bool time_check(PyObject *op) { return object_type_check(op, &datetime_time_type); }
static inline bool delta_check(PyObject *op) { return object_type_check(op, &datetime_delta_type); }
static inline bool tzinfo_check(PyObject *op) { return object_type_check(op, &datetime_tzinfo_type); }
static inline bool
datetime_check(PyObject *op)
{
    return object_type_check(op, &datetime_datetime_type);
}

// Of a date or datetime: both begin alike.
static inline Ymd
date_ymd(PyObject *op)
{
    const unsigned char *data = DATE(op)->data;
    return (Ymd){data[0] << 8 | data[1], data[2], data[3]};
}

static inline Hms
hms_read(const unsigned char *data)
{
    return (Hms){data[0], data[1], data[2], data[3] << 16 | data[4] << 8 | data[5]};
}

static inline Hms time_hms(PyObject *op) { return hms_read(TIME(op)->data); }
static inline Hms datetime_hms(PyObject *op) { return hms_read(DATETIME(op)->data + 4); }

void datetime_write_ymd(unsigned char *data, Ymd ymd);
void datetime_write_hms(unsigned char *data, Hms hms);

// The tzinfo of a time or datetime, None when there is none; borrowed.
static inline PyObject *
time_tzinfo(PyObject *op)
{
    return TIME(op)->hastzinfo ? TIME(op)->tzinfo : Py_None;
}
static inline PyObject *
datetime_tzinfo(PyObject *op)
{
    return DATETIME(op)->hastzinfo ? DATETIME(op)->tzinfo : Py_None;
}

static inline Microseconds
delta_us(PyObject *op)
{
    return ((Microseconds)DELTA(op)->days * SECONDS_PER_DAY + DELTA(op)->seconds) * US_PER_SECOND
           + DELTA(op)->microseconds;
}

static inline int hms_seconds(Hms hms) { return hms.hour * 3600 + hms.minute * 60 + hms.second; }

// ---- the calendar (datetime_calendar.c); runs no Python code ----

int calendar_days_in_month(int year, int month);
int calendar_ordinal(Ymd ymd);          // 0001-01-01 is 1
Ymd calendar_from_ordinal(int ordinal); // ordinal > 0; beyond MAX_ORDINAL years beyond MAX_YEAR
int calendar_day_of_year(Ymd ymd);      // 1..366
int calendar_weekday(Ymd ymd);          // Monday is 0
// ISO year, week and day (Monday is 1) of a date.
void calendar_iso(Ymd ymd, int *year, int *week, int *day);
// The date of an ISO year, week and day: 0, or -1, -2, -3 when year, week or day is out of range.
int calendar_from_iso(int year, int week, int day, Ymd *ymd);
// Seconds from 0001-01-01T00:00:00 (day 1) on.
int64_t calendar_seconds(Ymd ymd, Hms hms);

// 0, or -1 with ValueError.
int calendar_check_ymd(Ymd ymd);
int calendar_check_hms(Hms hms, int fold);
// None or a tzinfo: 0, or -1 with TypeError.
int tzinfo_argument_check(PyObject *tz);

// ---- makers: new reference, or NULL with an exception ----

PyObject *date_make(PyTypeObject *type, Ymd ymd);   // ValueError
PyObject *time_make(PyTypeObject *type, Hms hms, PyObject *tz, int fold);
PyObject *datetime_make(PyTypeObject *type, Ymd ymd, Hms hms, PyObject *tz, int fold);
// For subclasses the class is called, as Python code could have written it.
PyObject *date_make_subclass(PyObject *cls, Ymd ymd);
PyObject *time_make_subclass(PyObject *cls, Hms hms, PyObject *tz, int fold);
PyObject *datetime_make_subclass(PyObject *cls, Ymd ymd, Hms hms, PyObject *tz, int fold);
// The datetime op with microseconds added; OverflowError "date value out of range". tz as given.
PyObject *datetime_shift(PyObject *op, Microseconds us, PyObject *tz);
PyObject *datetime_difference(PyObject *left, PyObject *right);  // a timedelta, fields only

PyObject *delta_make(PyTypeObject *type, Microseconds us);     // OverflowError
static inline PyObject *delta_new(Microseconds us) { return delta_make(&datetime_delta_type, us); }
// timezone(offset, name); name may be NULL. timezone.utc for no offset without a name.
PyObject *timezone_make(PyObject *offset, PyObject *name);
// timezone(timedelta(microseconds=us)).
PyObject *timezone_from_us(Microseconds us);

// ---- methods of tzinfo objects; dt is a datetime or None ----

// A timedelta within a day, or None: new reference, or NULL with TypeError or ValueError.
PyObject *tzinfo_call_utcoffset(PyObject *tz, PyObject *dt);
PyObject *tzinfo_call_dst(PyObject *tz, PyObject *dt);
PyObject *tzinfo_call_tzname(PyObject *tz, PyObject *dt);

// ---- text (datetime_format.c) ----

// "hour", "minute" …: what isoformat(timespec=…) names.
typedef enum {
    SPEC_AUTO, SPEC_HOURS, SPEC_MINUTES, SPEC_SECONDS, SPEC_MILLISECONDS, SPEC_MICROSECONDS,
} TimeSpec;

int timespec_parse(PyObject *name, TimeSpec *spec);     // name may be NULL; 0 or -1 (ValueError)
// Writes "12:34:56.789" as spec says: the number of characters. Room for 16.
int time_text(char *out, Hms hms, TimeSpec spec);
int date_text(char *out, Ymd ymd);                      // "2020-01-02": 10
// Appends the offset that tz gives for dt, as "+01:00": str, or NULL with an exception. Consumes text.
PyObject *append_offset_steal(PyObject *text, PyObject *tz, PyObject *dt);
// op.strftime(format): tz is the tzinfo argument (None for dates), dt what it is asked with.
PyObject *format_strftime(PyObject *op, PyObject *format, PyObject *timetuple, PyObject *dt);
PyObject *format_strptime(PyObject *cls, const char *function, PyObject *const *args,
                          Py_ssize_t nargs);
// struct_time of nine fields.
PyObject *format_timetuple(Ymd ymd, Hms hms, int dst);
PyObject *format_ctime(Ymd ymd, Hms hms);
// __format__: str(op), or op.strftime(spec).
PyObject *format_method(PyObject *op, PyObject *spec);

// ---- reading ISO 8601 (datetime_parse.c) ----

typedef struct {
    Ymd ymd;
    Hms hms;
    bool next_day;              // the hour was 24 and is now 0
    bool bad_midnight;          // and something behind it was not 0
    bool has_offset;
    Microseconds offset;
} IsoText;

// Read the whole of text: false when it is none, no exception. Ranges are not checked.
bool iso_read_date(const char *text, Py_ssize_t n, IsoText *result);
bool iso_read_time(const char *text, Py_ssize_t n, IsoText *result);
// The characters of a str, others than ASCII replaced by one that no date has; NULL for long text that
// is not ASCII. They are in buffer unless they are many.
const char *iso_characters(PyObject *text, char buffer[64], Py_ssize_t *n);
// The length of the date at the start of text; the character behind it separates date and time.
Py_ssize_t iso_find_time(const char *text, Py_ssize_t n);

// ---- local time (datetime_clock.c) ----

// Class methods of datetime.
PyObject *datetime_now(PyObject *cls, PyObject *args, PyObject *kwargs);
PyObject *datetime_utcnow(PyObject *cls, PyObject *unused);
PyObject *datetime_fromtimestamp(PyObject *cls, PyObject *args, PyObject *kwargs);
PyObject *datetime_utcfromtimestamp(PyObject *cls, PyObject *const *args, Py_ssize_t nargs);
// Methods: datetime.timestamp, datetime.astimezone.
PyObject *datetime_timestamp(PyObject *self, PyObject *unused);
PyObject *datetime_astimezone(PyObject *self, PyObject *args, PyObject *kwargs);

// ---- comparing ----

PyObject *compare_result(int order, int op);    // order is negative, 0 or positive

#endif
