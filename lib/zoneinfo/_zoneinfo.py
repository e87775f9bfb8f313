"""zoneinfo.ZoneInfo (PEP 615).

A zone is a list of transitions with the kind of local time that follows each, what holds before
the first, and a rule for what comes after the last. Instances are immutable. Each class has two
caches, guarded by its lock: weak references to all instances, and the last few instances used.
"""
import bisect
import collections
import datetime
import threading
import weakref

from . import _common, _posix_tz, _tzpath

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_STRONG = 8
_UNKNOWN = _posix_tz.Kind(None, None, None)


def _local_timestamp(dt):
    days = dt.toordinal() - _EPOCH
    return days * 86400 + dt.hour * 3600 + dt.minute * 60 + dt.second


def _saved_time(indices, offsets, is_dst):
    """How much each kind of local time is ahead of standard time.

    Files only say whether it is DST. The neighbours in standard time tell, the one before first;
    an hour where there are none.
    """
    saved = [0] * len(offsets)
    for i, index in enumerate(indices):
        if not is_dst[index] or saved[index]:
            continue
        for neighbour in indices[max(i - 1, 0):i] + indices[i + 1:i + 2]:
            if not is_dst[neighbour] and offsets[index] != offsets[neighbour]:
                saved[index] = offsets[index] - offsets[neighbour]
                break
    return [3600 if dst and not known else known for dst, known in zip(is_dst, saved)]


class ZoneInfo(datetime.tzinfo):
    """A time zone of the IANA database."""

    __module__ = "zoneinfo"

    def __init_subclass__(cls):
        cls._cache_lock = threading.Lock()
        cls._weak_cache = weakref.WeakValueDictionary()
        cls._strong_cache = collections.OrderedDict()

    def __new__(cls, key):
        with cls._cache_lock:
            instance = cls._weak_cache.get(key)
        if instance is None:
            made = cls._from_key(key)
            made._from_cache = True
            with cls._cache_lock:
                instance = cls._weak_cache.setdefault(key, made)
        with cls._cache_lock:
            cls._strong_cache[key] = cls._strong_cache.pop(key, instance)
            if len(cls._strong_cache) > _STRONG:
                cls._strong_cache.popitem(last=False)
        return instance

    @classmethod
    def no_cache(cls, key):
        """A new instance for key, whatever the caches hold."""
        return cls._from_key(key)

    @classmethod
    def from_file(cls, fobj, /, key=None):
        """A zone from a binary file object with TZif data."""
        self = cls._load(fobj, key)
        self._file = repr(fobj)
        return self

    @classmethod
    def clear_cache(cls, *, only_keys=None):
        """Forgets the instances for only_keys, or all."""
        with cls._cache_lock:
            if only_keys is None:
                cls._weak_cache.clear()
                cls._strong_cache.clear()
                return
            for key in only_keys:
                cls._weak_cache.pop(key, None)
                cls._strong_cache.pop(key, None)

    @classmethod
    def _from_key(cls, key):
        path = _tzpath.find_tzfile(key)
        with open(path, "rb") if path is not None else _common.load_tzdata(key) as file:
            return cls._load(file, key)

    @classmethod
    def _load(cls, file, key):
        self = super().__new__(cls)
        self._key = key
        self._file = None
        self._from_cache = False
        indices, times, offsets, is_dst, names, rule = _common.load_data(file)
        kinds = list(map(_posix_tz.kind, offsets, _saved_time(indices, offsets, is_dst), names))
        if not kinds and not rule:
            raise ValueError("No time zone information found.")
        self._times = times
        self._kinds = [kinds[index] for index in indices]
        self._before = next((kinds[i] for i in range(len(kinds)) if not is_dst[i]),
                            kinds[0] if kinds else None)
        if rule:
            self._after = _posix_tz.parse(rule.decode())
        else:
            self._after = self._kinds[-1] if self._kinds else kinds[-1]
        self._fixed = (isinstance(self._after, _posix_tz.Kind)
                       and (not kinds or kinds == [self._after]))
        self._local_times = self._make_local_times()
        return self

    def _make_local_times(self):
        """The transitions in local time: for fold=0 when both offsets are past it, for fold=1 when
        the first is."""
        later, earlier = [], []
        previous = self._before
        for time, kind in zip(self._times, self._kinds):
            either = [int(k.utcoff.total_seconds()) for k in (previous, kind)]
            later.append(time + max(either))
            earlier.append(time + min(either))
            previous = kind
        return later, earlier

    # ---- what tzinfo asks for ----

    def utcoffset(self, dt, /):
        return self._find(dt).utcoff

    def dst(self, dt, /):
        return self._find(dt).dstoff

    def tzname(self, dt, /):
        return self._find(dt).tzname

    def _find(self, dt):
        """The kind of a local time."""
        if dt is None:
            return self._after if self._fixed else _UNKNOWN
        timestamp = _local_timestamp(dt)
        times = self._local_times[dt.fold]
        at = bisect.bisect_right(times, timestamp)
        if at >= len(times):
            after = self._after
            return (after if isinstance(after, _posix_tz.Kind)
                    else after.local(timestamp, dt.year, dt.fold))
        return self._kinds[at - 1] if at else self._before

    def fromutc(self, dt, /):
        if not isinstance(dt, datetime.datetime):
            raise TypeError("fromutc() requires a datetime argument")
        if dt.tzinfo is not self:
            raise ValueError("dt.tzinfo is not self")
        timestamp = _local_timestamp(dt)
        at = bisect.bisect_right(self._times, timestamp)
        fold = False
        if at >= len(self._times) and not isinstance(self._after, _posix_tz.Kind):
            kind, fold = self._after.from_utc(timestamp, dt.year)
            if at and not fold:
                # The last transition may have set the clock back to where the rule takes over.
                fold = self._is_repeated(at, timestamp, kind)
        elif at == 0:
            kind = self._before if self._times else self._after
        else:
            kind = self._kinds[at - 1] if at < len(self._times) else self._after
            fold = self._is_repeated(at, timestamp, kind)
        return (dt + kind.utcoff).replace(fold=int(fold))

    def _is_repeated(self, at, timestamp, kind):
        """Whether the local time of timestamp, behind transition at - 1, was there before it."""
        before = self._kinds[at - 2] if at >= 2 else self._before
        back = before.utcoff - kind.utcoff
        return back.total_seconds() > timestamp - self._times[at - 1]

    # ---- what programs see ----

    @property
    def key(self):
        return self._key

    def __str__(self):
        return repr(self) if self._key is None else self._key

    def __repr__(self):
        name = f"{type(self).__module__}.{type(self).__name__}"
        if self._key is not None:
            return f"{name}(key={self._key!r})"
        return f"{name}.from_file({self._file})"

    def __reduce__(self):
        if self._file is not None:
            import pickle

            raise pickle.PicklingError(
                "Cannot pickle a ZoneInfo file created from a file stream.")
        return type(self)._unpickle, (self._key, self._from_cache)

    @classmethod
    def _unpickle(cls, key, from_cache, /):
        return cls(key) if from_cache else cls.no_cache(key)


ZoneInfo.__init_subclass__()
