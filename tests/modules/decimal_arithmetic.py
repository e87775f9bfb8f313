"""The decimal module: arithmetic, rounding, contexts, text; threads that share a context."""
import copy
import pickle
import threading
from decimal import (Context, Decimal as D, DefaultContext, DivisionByZero, Inexact, InvalidOperation,
                     MAX_EMAX, MAX_PREC, MIN_EMIN, Overflow, ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR,
                     ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, ROUND_05UP, Rounded,
                     Subnormal, getcontext, localcontext, setcontext)
from fractions import Fraction


def raises(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} not raised")


# ---- exactness against Fraction, over sizes on both sides of the short forms ----
with localcontext(prec=300, Emax=MAX_EMAX, Emin=MIN_EMIN):
    sizes = [1, 9, 18, 19, 20, 37, 38, 39, 56, 57, 76, 77, 95, 120]
    numbers = [D(int("7" * n)) * D(10) ** e for n in sizes for e in (-40, 0, 3)]
    numbers += [-x for x in numbers[::5]] + [D(0), D("0E-5"), D(10) ** 38, D(10) ** 38 - 1]
    for a in numbers:
        fa = Fraction(a)
        assert D(str(a)) == a and str(D(str(a))) == str(a)
        assert hash(a) == hash(fa)
        for b in numbers[::3]:
            fb = Fraction(b)
            assert Fraction(a + b) == fa + fb
            assert Fraction(a - b) == fa - fb
            assert Fraction(a * b) == fa * fb
            assert (a < b) == (fa < fb) and (a == b) == (fa == fb)
            if b:
                q = a / b
                assert abs(Fraction(q) - fa / fb) <= abs(fa / fb) / 10 ** 299
                q, r = divmod(a, b)
                assert Fraction(q) * fb + Fraction(r) == fa and abs(r) < abs(b)

# ---- long products, one multiplication of GMP ----
with localcontext(prec=20000):
    x, y = D(3) ** 9000, D(7) ** 8000
    assert int(x * y) == 3 ** 9000 * 7 ** 8000
    assert int(x * x) == 9 ** 9000
    assert (x * y) / y == x

# ---- rounding modes ----
units = {ROUND_UP: "2 2 -2 3 6", ROUND_DOWN: "1 1 -1 2 5", ROUND_CEILING: "2 2 -1 3 6",
         ROUND_FLOOR: "1 1 -2 2 5", ROUND_HALF_UP: "1 2 -2 3 6", ROUND_HALF_DOWN: "1 1 -1 2 5",
         ROUND_HALF_EVEN: "1 2 -2 2 6", ROUND_05UP: "1 1 -1 2 6"}
for mode, expected in units.items():
    got = [D(t).quantize(D(1), rounding=mode) for t in ("1.4", "1.5", "-1.5", "2.5", "5.5")]
    assert " ".join(map(str, got)) == expected, (mode, got)
with localcontext(prec=3, rounding=ROUND_HALF_EVEN) as ctx:
    assert D("9.995") + 0 == D("10.0") and str(D("999.5") + 0) == "1.00E+3"
    assert ctx.flags[Inexact] and ctx.flags[Rounded]

# ---- signals ----
ctx = Context(prec=5, Emin=-3, Emax=3, traps=[])
assert str(ctx.divide(1, 0)) == "Infinity" and ctx.flags[DivisionByZero]
assert str(ctx.divide(0, 0)) == "NaN" and ctx.flags[InvalidOperation]
assert str(ctx.multiply(D("9E3"), 10)) == "Infinity" and ctx.flags[Overflow]
assert str(ctx.create_decimal("1E-5")) == "0.00001" and ctx.flags[Subnormal]
assert str(ctx.create_decimal("1.23456E-5")) == "0.0000123" and ctx.Etiny() == -7
assert raises(DivisionByZero, lambda: D(1) / 0) == "[<class 'decimal.DivisionByZero'>]"
assert raises(InvalidOperation, D, "x") == "[<class 'decimal.ConversionSyntax'>]"

# ---- functions ----
assert str(D(2).sqrt()) == "1.414213562373095048801688724"
assert str(D("40E9").sqrt()) == "2.0E+5"
assert str(D(1).exp()) == "2.718281828459045235360287471"
assert str(D(10).ln()) == "2.302585092994045684017991455"
assert str(D(2).log10()) == "0.3010299956639811952137388947"
assert str(D(2) ** D("0.5")) == "1.414213562373095048801688724"
assert str(D(4) ** D("0.5")) == "2.000000000000000000000000000"
assert pow(D(7), 10 ** 20, 1000) == pow(7, 10 ** 20, 1000)
with localcontext(prec=60):
    for text in ("0.1", "2", "1e-30", "12345.678", "1.0000000000000000000001"):
        x = D(text)
        assert abs(x.ln().exp() - x) <= x * D("1e-57"), text
        assert abs((x.log10() * D(10).ln()) - x.ln()) <= abs(x.ln()) * D("1e-57"), text

# ---- absurd precisions ----
with localcontext(Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)):
    assert D(4) / 2 == 2 and D(4).sqrt() == 2 and D(400) ** -1 == D("0.0025")
    assert D(10) // 3 == 3 and D(10 ** 223).log10() == 223
    raises(MemoryError, lambda: D(1) / 3)
    raises(MemoryError, D(2).ln)
raises(Overflow, lambda: D(10) ** 10 ** 9)
assert str(D("1e-999999") * D("1e-999999")) == "0E-1000026"

# ---- text ----
assert str(D("-1.20E+7")) == "-1.20E+7" and D("1e10").to_eng_string() == "10E+9"
assert format(D("1234567.891"), ",.2f") == "1,234,567.89" and f"{D('0.5'):.0%}" == "50%"
assert repr(D(" 1_000.5\n")) == "Decimal('1000.5')" and D("\u0661\u0662") == 12
assert D((1, (1, 2), -1)) == D("-1.2") and D("-sNaN12").as_tuple() == (1, (1, 2), "N")
assert D("0.1").as_integer_ratio() == (1, 10) and float(D("1e-400")) == 0.0
for x in (D("1.10"), D("NaN5"), D("-Infinity"), getcontext()):
    assert repr(pickle.loads(pickle.dumps(x))) == repr(x) and repr(copy.copy(x)) == repr(x)


class Money(D):
    pass


assert type(Money("1.5")) is Money and type(Money("1.5") + 1) is D and Money(2).from_float(0.5) == D("0.5")

# ---- threads: one context, and contexts of their own ----
shared = Context(prec=12, traps=[])
results = []


def work(n):
    local = Context(prec=10 + n)
    setcontext(local)       # threads inherit the context of the one that starts them
    total = D(0)
    for i in range(1, 2000):
        total += D(1) / i
        shared.divide(1, 3)
        shared.flags[Inexact] = False
        shared.prec = 12 + i % 3
        assert shared.traps[Inexact] is False
    assert getcontext() is local and len(total.as_tuple().digits) == 10 + n
    results.append(total)


setcontext(DefaultContext)
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert len(results) == 6 and getcontext().prec == 28
