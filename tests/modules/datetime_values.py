# The native datetime against the one in Python, on random values; pickles; one object in many threads.
import _datetime
import _pydatetime
import operator
import pickle
import random
import threading

chooser = random.Random(7)


def outcome(function, *args):
    try:
        return repr(function(*args))
    except (ValueError, OverflowError, ZeroDivisionError) as exc:
        return type(exc).__name__
    except TypeError as exc:
        return "TypeError"


def agree(make):
    """make(module) gives a thunk; both modules must give the same."""
    native, python = outcome(make(_datetime)), outcome(make(_pydatetime))
    assert native == python.replace("_pydatetime", "datetime"), (native, python)


def agree_or_refuse(make):
    """The same for texts: the module in Python takes what int() takes, "4 " for one."""
    if outcome(make(_datetime)) != "ValueError":
        agree(make)


def delta():
    fields = chooser.choice([
        (chooser.randrange(-10**9, 10**9), chooser.randrange(86400), chooser.randrange(10**6)),
        (chooser.randrange(-3, 3), chooser.randrange(-100, 100), chooser.choice([0, 5])),
        (999999999, 86399, 999999), (-999999999, 0, 0), (0, 0, chooser.randrange(-10, 10)),
    ])
    return lambda m: m.timedelta(*fields)


def moment():
    ordinal = chooser.randrange(1, 3652060)
    clock = (chooser.randrange(24), chooser.randrange(60), chooser.randrange(60),
             chooser.choice([0, chooser.randrange(10**6)]))
    zone = chooser.choice([None, 0, chooser.randrange(-86399, 86400)])
    fold = chooser.randrange(2)

    def make(m):
        tz = m.timezone(m.timedelta(seconds=zone)) if zone is not None else None
        day = m.date.fromordinal(ordinal)
        return m.datetime(day.year, day.month, day.day, *clock, tz, fold=fold)
    return make


def number():
    return chooser.choice([chooser.randrange(-10, 10), chooser.randrange(-10**20, 10**20),
                           chooser.random() * 10 - 5, 2.5, 0.1, chooser.random() * 1e10])


def deltas():
    for _ in range(1500):
        a, b, n = delta(), delta(), number()
        f = chooser.choice([operator.add, operator.sub, operator.truediv, operator.floordiv,
                            operator.mod, divmod, operator.lt, operator.eq])
        agree(lambda m: lambda: f(a(m), b(m)))
        g = chooser.choice([operator.mul, operator.truediv, operator.floordiv])
        agree(lambda m: lambda: g(a(m), n))
        agree(lambda m: lambda: (str(a(m)), a(m).total_seconds(), -a(m), bool(a(m))))
        parts = {key: chooser.randrange(-10**12, 10**12) for key in ("days", "seconds", "microseconds", "milliseconds", "minutes",
                                           "hours", "weeks") if chooser.random() < 0.3}
        agree(lambda m: lambda: m.timedelta(**parts))
    huge = 2**80
    seconds = -huge * 86400 // 10**6
    assert (_datetime.timedelta(microseconds=huge * 86400, seconds=seconds)
            == _datetime.timedelta(microseconds=huge * 86400 + seconds * 10**6))
    assert _datetime.timedelta(microseconds=0.5 + 1e-9) == _datetime.timedelta(microseconds=1)


def moments():
    for _ in range(1500):
        x, y, d = moment(), moment(), delta()
        for f in operator.sub, operator.lt, operator.eq:
            agree(lambda m: lambda: f(x(m), y(m)))
            agree(lambda m: lambda: f(x(m).timetz(), y(m).timetz()))
            agree(lambda m: lambda: f(x(m).date(), y(m).date()))
        agree(lambda m: lambda: x(m) + d(m))
        agree(lambda m: lambda: x(m).date() - d(m))
        agree(lambda m: lambda: (str(x(m)), x(m).ctime(), x(m).weekday(), tuple(x(m).isocalendar()),
                                 tuple(x(m).utctimetuple()), tuple(x(m).timetuple())))
        agree(lambda m: lambda: x(m).isoformat("中", chooser_spec))
        agree(lambda m: lambda: x(m).astimezone(m.timezone(m.timedelta(hours=5))))
        agree(lambda m: lambda: x(m).strftime("%Y %z %:z %f %Z %F %C %G %% %a"))
        native = x(_datetime)
        for protocol in range(6):
            copy = pickle.loads(pickle.dumps(native, protocol))
            assert copy == native and copy.fold == (native.fold if protocol > 3 else 0)
        assert hash(native) == hash(native.replace(fold=1 - native.fold))


def texts():
    for _ in range(4000):
        moment_text = list(moment()(_datetime).isoformat())
        for _ in range(chooser.randrange(3)):
            moment_text[chooser.randrange(len(moment_text))] = chooser.choice("0123456789-:+TWZ., é")
        day = "".join(moment_text[:10])
        clock = "".join(moment_text[11:])
        agree_or_refuse(lambda m: lambda: m.datetime.fromisoformat(f"{day}T{clock}"))
        agree_or_refuse(lambda m: lambda: m.date.fromisoformat(day))
    read = _datetime.datetime.fromisoformat
    assert read("20200229T24:00") == _datetime.datetime(2020, 3, 1)
    assert read("2020-W53-5 101112,1234567Z") == _datetime.datetime(2021, 1, 1, 10, 11, 12, 123456, _datetime.UTC)


def shared():
    moments_made = [moment()(_datetime) for _ in range(200)]
    expected = [(hash(x), str(x), x.date()) for x in [m.replace() for m in moments_made]]
    wrong = []

    def look():
        for _ in range(20):
            for x, (hashed, text, day) in zip(moments_made, expected):
                if hash(x) != hashed or str(x) != text or x.date() != day or x - x:
                    wrong.append(x)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


chooser_spec = "milliseconds"
deltas()
moments()
texts()
shared()
