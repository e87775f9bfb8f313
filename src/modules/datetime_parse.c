// Reading ISO 8601, as far as fromisoformat does: dates by month or by week, with or without
// separators; times with any number of digits behind the comma, with an offset.
//
// Threading: pure.
#include <string.h>

#include "modules/datetime_internal.h"
#include "objects/str.h"

static inline bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Reads n digits at *p and moves on: false when they are not there.
static bool
read_number(const char **p, const char *end, int n, int *value)
{
    if (end - *p < n) {
        return false;
    }
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit((*p)[i])) {
            return false;
        }
        *value = *value * 10 + ((*p)[i] - '0');
    }
    *p += n;
    return true;
}

static bool
skip(const char **p, const char *end, char c)
{
    if (*p == end || **p != c) {
        return false;
    }
    ++*p;
    return true;
}

// The rest of a date after its year and "W".
static bool
read_week(const char *p, const char *end, bool separated, int year, Ymd *ymd)
{
    int week;
    int day = 1;
    if (!read_number(&p, end, 2, &week)) {
        return false;
    }
    if (p < end && ((separated && !skip(&p, end, '-')) || !read_number(&p, end, 1, &day))) {
        return false;
    }
    return p == end && calendar_from_iso(year, week, day, ymd) == 0;
}

bool
iso_read_date(const char *text, Py_ssize_t n, IsoText *result)
{
    const char *p = text;
    const char *end = text + n;
    Ymd *ymd = &result->ymd;
    if (!read_number(&p, end, 4, &ymd->year)) {
        return false;
    }
    bool separated = skip(&p, end, '-');
    if (skip(&p, end, 'W')) {
        return read_week(p, end, separated, ymd->year, ymd);
    }
    return read_number(&p, end, 2, &ymd->month) && (!separated || skip(&p, end, '-'))
           && read_number(&p, end, 2, &ymd->day) && p == end;
}

// Digits behind the point: six count, the others must be digits.
static bool
read_fraction(const char **p, const char *end, int *us)
{
    int digits = 0;
    *us = 0;
    while (*p < end && is_digit(**p)) {
        if (digits < 6) {
            *us = *us * 10 + (**p - '0');
            digits++;
        }
        ++*p;
    }
    for (int i = digits; i < 6; i++) {
        *us *= 10;
    }
    return digits > 0;
}

// HH[[:]MM[[:]SS[.ffffff]]], all of it.
static bool
read_hms(const char *p, const char *end, Hms *hms)
{
    *hms = (Hms){0};
    if (!read_number(&p, end, 2, &hms->hour)) {
        return false;
    }
    if (p == end) {
        return true;
    }
    bool separated = *p == ':';
    if ((separated && !skip(&p, end, ':')) || !read_number(&p, end, 2, &hms->minute)) {
        return false;
    }
    if (p == end) {
        return true;
    }
    if ((separated && !skip(&p, end, ':')) || !read_number(&p, end, 2, &hms->second)) {
        return false;
    }
    if (p < end && (*p == '.' || *p == ',')) {
        p++;
        return read_fraction(&p, end, &hms->us) && p == end;
    }
    return p == end;
}

// Z or ±HH… at p.
static bool
read_offset(const char *p, const char *end, IsoText *result)
{
    result->has_offset = true;
    result->offset = 0;
    if (*p == 'Z') {
        return p + 1 == end;
    }
    Hms hms;
    if (!read_hms(p + 1, end, &hms)) {
        return false;
    }
    result->offset = (Microseconds)hms_seconds(hms) * US_PER_SECOND + hms.us;
    if (*p == '-') {
        result->offset = -result->offset;
    }
    return true;
}

bool
iso_read_time(const char *text, Py_ssize_t n, IsoText *result)
{
    const char *end = text + n;
    const char *zone = text;
    while (zone < end && *zone != '+' && *zone != '-' && *zone != 'Z') {
        zone++;
    }
    result->has_offset = false;
    if (!read_hms(text, zone, &result->hms) || (zone < end && !read_offset(zone, end, result))) {
        return false;
    }
    Hms *hms = &result->hms;
    result->next_day = hms->hour == 24;
    result->bad_midnight = result->next_day && (hms->minute != 0 || hms->second != 0 || hms->us != 0);
    if (result->next_day) {
        hms->hour = 0;
    }
    return true;
}

const char *
iso_characters(PyObject *text, char buffer[64], Py_ssize_t *n)
{
    *n = str_length(text);
    if (*n > 63) {
        // Only digits behind the point can make it so long.
        return str_is_ascii(text) ? str_data(text) : NULL;
    }
    for (Py_ssize_t i = 0; i < *n; i++) {
        Py_UCS4 ch = str_read_char(text, i);
        buffer[i] = ch != 0 && ch < 0x80 ? (char)ch : '\x7f';
    }
    buffer[*n] = '\0';
    return buffer;
}

// A date by weeks without separators: its day and the hour after it are all digits.
static Py_ssize_t
find_time_after_week(const char *text, Py_ssize_t n)
{
    Py_ssize_t i = 7;
    while (i < n && is_digit(text[i])) {
        i++;
    }
    if (i < 9) {
        return i;
    }
    return i % 2 == 0 ? 7 : 8;
}

Py_ssize_t
iso_find_time(const char *text, Py_ssize_t n)
{
    if (n <= 7) {
        return n;
    }
    Py_ssize_t length = 8;
    if (text[4] != '-') {
        length = text[4] == 'W' ? find_time_after_week(text, n) : 8;
    }
    else if (text[5] != 'W') {
        length = 10;
    }
    else if (n > 8 && text[8] == '-' && !(n > 10 && is_digit(text[10]))) {
        length = 10;        // YYYY-Www-D; before two digits the dash separates date and time
    }
    return length < n ? length : n;
}
