"""Text of floats both ways: shortest digits, given digits, exact reading, independence of the locale."""
import locale
import math
import random
import struct
from fractions import Fraction

rng = random.Random(7)


def from_bits(n):
    return struct.unpack("<d", struct.pack("<Q", n))[0]


def neighbours(x):
    return math.nextafter(x, -math.inf), math.nextafter(x, math.inf)


def rounded(x, places):
    """x * 10**places, rounded half to even, as an int."""
    return round(Fraction(x) * Fraction(10) ** places)


samples = [5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308, 1e22, 1e23,
           9007199254740993.0, 0.1, 1 / 3, 1e16, 9999999999999998.0, 1e-5, 0.0001, 2.5]
samples += [from_bits(rng.getrandbits(63) % 0x7ff0000000000000) for _ in range(1500)]
samples += [from_bits(rng.getrandbits(rng.randint(1, 52))) for _ in range(300)]
samples += [2.0 ** k for k in range(-1074, 1024, 7)] + [float(f"1e{k}") for k in range(-323, 309, 5)]
samples += [rng.randrange(10 ** 6) / 10 ** rng.randrange(7) for _ in range(500)]

for x in samples:
    text = repr(x)
    assert float(text) == x, text
    # No shorter text lies nearer to x than to its neighbours: one digit less does not read back.
    mantissa = text.partition("e")[0].replace(".", "").strip("0")
    if len(mantissa) > 1:
        assert float(f"{x:.{len(mantissa) - 2}e}") != x, text
    # Halfway between two doubles goes to the even one, and a little more to the next.
    low, high = neighbours(x)
    if 1e-290 < x < 1e300:
        half = (Fraction(x) + Fraction(high)) / 2
        digits = str(half.numerator * 5 ** (half.denominator.bit_length() - 1))
        exponent = 1 - half.denominator.bit_length()
        expected = x if struct.pack("<d", x)[0] % 2 == 0 else high
        assert float(f"{digits}e{exponent}") == expected, x
        assert float(f"{digits}1e{exponent - 1}") == high, x

for x in samples[:400]:
    for places in (0, 1, 2, 6, 17, 30):
        if x < 1e30:
            text = f"{x:.{places}f}"
            assert int(text.replace(".", "")) == rounded(x, places), (x, places)
        text = f"{x:.{places}e}"
        digits, _, exponent = text.partition("e")
        assert len(digits.replace(".", "")) == places + 1
        assert int(digits.replace(".", "")) == rounded(x, places - int(exponent)), (x, places)

assert [repr(x) for x in (5e-324, 1e16, 1e15, 1e-4, 1e-5, -0.0, 100.0, 1.5e300)] == [
    "5e-324", "1e+16", "1000000000000000.0", "0.0001", "1e-05", "-0.0", "100.0", "1.5e+300"]
assert "%.0f %.0f %.0f" % (0.5, 1.5, 2.5) == "0 2 2"
assert "%g %g %#g %.3G" % (1e-5, 123456789.0, 1.0, 1e10) == "1e-05 1.23457e+08 1.00000 1E+10"
assert len("%.2000f" % 5e-324) == 2002 and "%.1100f" % 5e-324 == "%.1080f" % 5e-324 + "0" * 20
assert float("1e400") == math.inf and float("1e-400") == 0.0 and float("0e999999999999") == 0.0
assert float("1" * 1000 + "e-1000") == 0.1111111111111111 and float("0." + "0" * 400 + "1e401") == 1.0
for bad in ("", "1e", "1e+", ".", "1_", "0x1p3", "1,5", "infinit", "- 1"):
    try:
        float(bad)
    except ValueError as error:
        assert str(error) == f"could not convert string to float: {bad!r}"
    else:
        raise AssertionError(bad)

for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        continue
    assert repr(1.5) == "1.5" and float("1.5") == 1.5 and "%.2f" % 1.5 == "1.50" and float("INF") == math.inf
