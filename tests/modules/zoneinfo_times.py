"""zoneinfo: transitions, gaps and folds, TZ strings, caches, files that are wrong."""
import io
import pickle
import struct
import threading
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, _posix_tz


def tzif(transitions, kinds, rule):
    """A version 2 file: transitions are (time, index), kinds (offset, is DST, name)."""
    names = b"".join(name.encode() + b"\0" for _, _, name in kinds)
    head = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 0, 0)
    body = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, len(transitions), len(kinds), len(names))
    body += b"".join(struct.pack(">q", time) for time, _ in transitions)
    body += bytes(index for _, index in transitions)
    at = 0
    for offset, dst, name in kinds:
        body += struct.pack(">lbB", offset, dst, at)
        at += len(name) + 1
    return io.BytesIO(head + body + names + b"\n" + rule.encode() + b"\n")


def zone(rule, transitions=(), kinds=()):
    return ZoneInfo.from_file(tzif(transitions, kinds, rule), key=rule)


def offset(tz, *fields, fold=0):
    return datetime(*fields, tzinfo=tz, fold=fold).utcoffset() // timedelta(minutes=1)


berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3")
assert offset(berlin, 2026, 1, 1) == 60 and offset(berlin, 2026, 7, 1) == 120
assert offset(berlin, 2026, 3, 29, 1, 59) == 60 and offset(berlin, 2026, 3, 29, 3) == 120
assert [offset(berlin, 2026, 3, 29, 2, 30, fold=f) for f in (0, 1)] == [60, 120]     # gap
assert [offset(berlin, 2026, 10, 25, 2, 30, fold=f) for f in (0, 1)] == [120, 60]    # fold
assert datetime(2026, 7, 1, tzinfo=berlin).tzname() == "CEST"
assert datetime(2026, 7, 1, tzinfo=berlin).dst() == timedelta(hours=1)
sydney = zone("AEST-10AEDT,M10.1.0,M4.1.0/3")
assert offset(sydney, 2026, 1, 1) == 660 and offset(sydney, 2026, 7, 1) == 600
assert offset(sydney, 9999, 12, 31) == 660 and offset(sydney, 1, 1, 1) == 660
dublin = zone("IST-1GMT0,M10.5.0,M3.5.0/1")            # negative saving
assert offset(dublin, 2026, 1, 1) == 0 and offset(dublin, 2026, 7, 1) == 60
assert offset(zone("EST5EDT,0/0,J365/25"), 2026, 1, 1) == -240                       # all year

for tz in (berlin, sydney, dublin):
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for _ in range(24 * 400):
        moment += timedelta(hours=1)
        local = moment.astimezone(tz)
        assert local.astimezone(timezone.utc) == moment, (tz, moment)

moved = zone("", [(0, 1)], [(3600, 0, "AAA"), (0, 0, "BBB")])
assert offset(moved, 1969, 12, 31) == 60 and offset(moved, 1971, 1, 1) == 0
assert datetime.fromtimestamp(0, moved).fold == 1 and datetime.fromtimestamp(-1, moved).fold == 0

for text in ("AAA", "AAA+25", "AAA4BBB", "AAA4BBB,J60/2", "AAA4BBB,J0,J300", "AAA4BBB,M13.1.1,J9",
             "AAA4BBB,J60/168,J300", "AA4", "AAA4BBB,J60/2:0,J300", "AAA4BBB,,J300/2"):
    try:
        _posix_tz.parse(text)
    except ValueError as exc:
        assert text in str(exc)
    else:
        raise AssertionError(text)

for data in (b"", b"TZif", b"GARBAGE" * 20, tzif([], [(0, 0, "UTC")], "").getvalue()[:-1]):
    try:
        ZoneInfo.from_file(io.BytesIO(data))
    except ValueError:
        pass
    else:
        raise AssertionError(data)
for key in ("No/Such_Zone", "../etc/passwd", "a" * 300):
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    else:
        raise AssertionError(key)

try:
    pickle.dumps(ZoneInfo.from_file(tzif([], [(0, 0, "UTC")], "")))
except pickle.PicklingError:
    pass
else:
    raise AssertionError("a zone from a file was pickled")


class Counted(ZoneInfo):
    """A class with caches of its own, and zones that need no files."""

    made = 0

    @classmethod
    def _from_key(cls, key):
        cls.made += 1
        return cls._load(tzif([], [(0, 0, "UTC")], ""), key)


def hammer(seen):
    for i in range(300):
        seen.append(Counted(f"zone {i % 20}"))
        if i % 50 == 0:
            Counted.clear_cache(only_keys=[f"zone {i % 20}"])


seen = [[] for _ in range(4)]
threads = [threading.Thread(target=hammer, args=(kept,)) for kept in seen]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(tz.key == f"zone {i % 20}" for kept in seen for i, tz in enumerate(kept))
assert len(Counted._strong_cache) <= 8 and Counted("zone 1") is Counted("zone 1")
