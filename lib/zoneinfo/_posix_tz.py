"""TZ strings (POSIX, with the extensions of RFC 9636): the rule for times after a file's last entry."""
import calendar
import datetime
import re

from typing import NamedTuple

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_HOUR = 3600

_NAME = r"<[A-Za-z0-9+\-]+>|[A-Za-z]+"
_TIME = r"[+-]?\d{1,3}(?::\d\d(?::\d\d)?)?"
_ZONE = re.compile(rf"(?P<std>{_NAME})(?P<stdoff>{_TIME})"
                   rf"(?:(?P<dst>{_NAME})(?P<dstoff>{_TIME})?)?", re.ASCII)
_CLOCK = re.compile(r"([+-]?)(\d{1,3})(?::(\d\d)(?::(\d\d))?)?", re.ASCII)


class Kind(NamedTuple):
    """A kind of local time: three results of the tzinfo methods."""

    utcoff: datetime.timedelta | None
    dstoff: datetime.timedelta | None
    tzname: str | None


def kind(offset, dst, name):
    return Kind(datetime.timedelta(seconds=offset), datetime.timedelta(seconds=dst), name)


def _seconds(text, most_hours):
    sign, hours, minutes, seconds = _CLOCK.fullmatch(text).groups()
    hours, minutes, seconds = int(hours), int(minutes or 0), int(seconds or 0)
    if hours > most_hours or minutes > 59 or seconds > 59:
        raise ValueError(f"invalid time {text}")
    total = hours * _HOUR + minutes * 60 + seconds
    return -total if sign == "-" else total


class MonthRule:
    """Mm.w.d: day d of the week (0 is Sunday) in week w of month m; week 5 is the last."""

    def __init__(self, month, week, weekday):
        if not (1 <= month <= 12 and 1 <= week <= 5 and 0 <= weekday <= 6):
            raise ValueError(f"invalid date M{month}.{week}.{weekday}")
        self.month, self.week, self.weekday = month, week, weekday

    def ordinal(self, year):
        first_weekday, days = calendar.monthrange(year, self.month)
        day = (self.weekday - 1 - first_weekday) % 7 + 1 + (self.week - 1) * 7
        if day > days:
            day -= 7
        return datetime.date(year, self.month, day).toordinal()


class DayRule:
    """Jn: day n of the year, where February 29 does not count; n: the same from 0 and it does."""

    def __init__(self, day, julian):
        if not int(julian) <= day <= 365:
            raise ValueError(f"invalid day of the year {day}")
        self.day, self.julian = day, julian

    def ordinal(self, year):
        day = self.day
        if self.julian and (day < 60 or not calendar.isleap(year)):
            day -= 1
        return datetime.date(year, 1, 1).toordinal() + day


def _date_rule(text):
    if match := re.fullmatch(r"M(\d{1,2})\.(\d)\.(\d)", text, re.ASCII):
        return MonthRule(*map(int, match.groups()))
    if match := re.fullmatch(r"(J?)(\d{1,3})", text, re.ASCII):
        return DayRule(int(match[2]), bool(match[1]))
    raise ValueError(f"invalid date {text}")


def _change(text):
    """(rule for the date, seconds after midnight)"""
    date, slash, time = text.partition("/")
    if slash and not re.fullmatch(_TIME, time, re.ASCII):
        raise ValueError(f"invalid time {time}")
    return _date_rule(date), _seconds(time, 167) if slash else 2 * _HOUR


def _ordinal(rule, year):
    """rule.ordinal, also for the years beside those of datetime: the calendar has 400-year cycles."""
    cycles = 1 if year < datetime.MINYEAR else -1 if year > datetime.MAXYEAR else 0
    return rule.ordinal(year + 400 * cycles) - cycles * 146_097


class Alternating:
    """Standard time and daylight saving time, each year again."""

    def __init__(self, std, dst, start, end):
        self.std, self.dst = std, dst
        self._start, self._end = start, end
        self._std_offset = int(std.utcoff.total_seconds())
        self._dst_offset = int(dst.utcoff.total_seconds())
        self._saved = self._dst_offset - self._std_offset

    def _periods(self, year):
        """The periods of DST that may touch a year: starts in standard time, ends in DST, in
        seconds since the local epoch. A period may begin in the year before, or last for ever."""
        starts, ends = ([(_ordinal(rule, y) - _EPOCH) * 86400 + time
                         for y in (year - 1, year, year + 1)]
                        for rule, time in (self._start, self._end))
        return zip(starts, ends if starts[0] < ends[0] else ends[1:])

    def local(self, timestamp, year, fold):
        """The kind of a local time."""
        # The time with the smaller offset begins behind the gap and ends behind the fold with
        # fold=0; with fold=1 it begins with the gap and ends with the fold.
        at_end = fold == (self._saved >= 0)
        later, sooner = (0, self._saved) if at_end else (self._saved, 0)
        dst = any(start + later <= timestamp < end - sooner
                  for start, end in self._periods(year))
        return self.dst if dst else self.std

    def from_utc(self, timestamp, year):
        """The kind of a UTC time, and its fold."""
        dst = repeated = False
        for start, end in self._periods(year):
            start -= self._std_offset
            end -= self._dst_offset
            dst = dst or start <= timestamp < end
            back = end if self._saved > 0 else start
            repeated = repeated or back <= timestamp < back + abs(self._saved)
        # What is repeated is the time with the smaller offset.
        return (self.dst if dst else self.std), repeated and dst == (self._saved < 0)


def parse(text):
    """A Kind, or an Alternating, from a TZ string."""
    try:
        return _parse(text)
    except ValueError as exc:
        raise ValueError(f"{text} is not a valid TZ string: {exc}") from None


def _parse(text):
    zone, *changes = text.split(",")
    match = _ZONE.fullmatch(zone)
    if match is None or len(changes) != (2 if match["dst"] else 0):
        raise ValueError("it needs a name, an offset, and two dates when there is DST")
    for name in (match["std"], match["dst"]):
        if name is not None and len(name.strip("<>")) < 3:
            raise ValueError("names have three characters or more")
    std_offset = -_seconds(match["stdoff"], 24)
    std = kind(std_offset, 0, match["std"].strip("<>"))
    if not match["dst"]:
        return std
    dst_offset = -_seconds(match["dstoff"], 24) if match["dstoff"] else std_offset + _HOUR
    dst = kind(dst_offset, dst_offset - std_offset, match["dst"].strip("<>"))
    return Alternating(std, dst, *map(_change, changes))
