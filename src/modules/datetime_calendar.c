// The proleptic Gregorian calendar, and checks of ranges.
//
// Threading: pure.
#include "modules/datetime_internal.h"
#include "objects/error.h"

static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static const int days_before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
calendar_days_in_month(int year, int month)
{
    return month == 2 && is_leap(year) ? 29 : month_days[month - 1];
}

static int
days_before_year(int year)
{
    int y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

int
calendar_day_of_year(Ymd ymd)
{
    return days_before_month[ymd.month - 1] + (ymd.month > 2 && is_leap(ymd.year)) + ymd.day;
}

int
calendar_ordinal(Ymd ymd)
{
    return days_before_year(ymd.year) + calendar_day_of_year(ymd);
}

Ymd
calendar_from_ordinal(int ordinal)
{
    // Years that begin in March, so that the leap day is the last one: months then have the pattern
    // of 153 days in five of them. Day 0 is 0000-03-01.
    int64_t days = (int64_t)ordinal + 305;
    int era = (int)(days / 146097);
    int of_era = (int)(days % 146097);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153;
    int day = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    return (Ymd){year + era * 400 + (month <= 2), month, day};
}

int
calendar_weekday(Ymd ymd)
{
    return (calendar_ordinal(ymd) + 6) % 7;
}

// The ordinal of the Monday that begins week 1: the week with the year's first Thursday.
static int
iso_year_start(int year)
{
    int first = days_before_year(year) + 1;
    int weekday = (first + 6) % 7;
    int monday = first - weekday;
    return weekday > 3 ? monday + 7 : monday;
}

void
calendar_iso(Ymd ymd, int *year, int *week, int *day)
{
    int ordinal = calendar_ordinal(ymd);
    *year = ymd.year;
    int start = iso_year_start(*year);
    if (ordinal < start) {
        start = iso_year_start(--*year);
    }
    else if (ordinal >= start + 364 && ordinal >= iso_year_start(*year + 1)) {
        start = iso_year_start(++*year);
    }
    *week = (ordinal - start) / 7 + 1;
    *day = (ordinal - start) % 7 + 1;
}

int
calendar_from_iso(int year, int week, int day, Ymd *ymd)
{
    if (year < MIN_YEAR || year > MAX_YEAR) {
        return -1;
    }
    int start = iso_year_start(year);
    if (week < 1 || week > (iso_year_start(year + 1) - start) / 7) {
        return -2;
    }
    if (day < 1 || day > 7) {
        return -3;
    }
    int ordinal = start + (week - 1) * 7 + day - 1;
    if (ordinal < 1) {
        return -1;
    }
    *ymd = calendar_from_ordinal(ordinal);     // perhaps in the year 10000: its maker will object
    return 0;
}

int64_t
calendar_seconds(Ymd ymd, Hms hms)
{
    return (int64_t)calendar_ordinal(ymd) * SECONDS_PER_DAY + hms_seconds(hms);
}

static int
check_range(const char *name, int value, int low, int high)
{
    if (value >= low && value <= high) {
        return 0;
    }
    error_format(PyExc_ValueError, "%s must be in %d..%d, not %d", name, low, high, value);
    return -1;
}

int
calendar_check_ymd(Ymd ymd)
{
    if (check_range("year", ymd.year, MIN_YEAR, MAX_YEAR) < 0
        || check_range("month", ymd.month, 1, 12) < 0) {
        return -1;
    }
    int days = calendar_days_in_month(ymd.year, ymd.month);
    if (ymd.day < 1 || ymd.day > days) {
        error_format(PyExc_ValueError, "day %i must be in range 1..%d for month %i in year %i", ymd.day,
                     days, ymd.month, ymd.year);
        return -1;
    }
    return 0;
}

int
calendar_check_hms(Hms hms, int fold)
{
    if (check_range("hour", hms.hour, 0, 23) < 0 || check_range("minute", hms.minute, 0, 59) < 0
        || check_range("second", hms.second, 0, 59) < 0
        || check_range("microsecond", hms.us, 0, 999999) < 0) {
        return -1;
    }
    if (fold != 0 && fold != 1) {
        error_format(PyExc_ValueError, "fold must be either 0 or 1, not %d", fold);
        return -1;
    }
    return 0;
}

void
datetime_write_ymd(unsigned char *data, Ymd ymd)
{
    data[0] = (unsigned char)(ymd.year >> 8);
    data[1] = (unsigned char)ymd.year;
    data[2] = (unsigned char)ymd.month;
    data[3] = (unsigned char)ymd.day;
}

void
datetime_write_hms(unsigned char *data, Hms hms)
{
    data[0] = (unsigned char)hms.hour;
    data[1] = (unsigned char)hms.minute;
    data[2] = (unsigned char)hms.second;
    data[3] = (unsigned char)(hms.us >> 16);
    data[4] = (unsigned char)(hms.us >> 8);
    data[5] = (unsigned char)hms.us;
}

PyObject *
compare_result(int order, int op)
{
    static const bool truth[6][3] = {
        // less, equal, greater
        {true, false, false}, {true, true, false}, {false, true, false},
        {true, false, true}, {false, false, true}, {false, true, true},
    };
    return new_ref(truth[op][(order > 0) - (order < 0) + 1] ? Py_True : Py_False);
}
