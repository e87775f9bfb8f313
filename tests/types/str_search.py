# Substring search against a naive reference, over all kinds; and its growth on bad inputs.
import random
import time


def naive_find(hay, needle, start, end):
    for i in range(start, end - len(needle) + 1):
        if hay[i:i + len(needle)] == needle:
            return i
    return -1


def naive_rfind(hay, needle, start, end):
    for i in range(end - len(needle), start - 1, -1):
        if hay[i:i + len(needle)] == needle:
            return i
    return -1


rng = random.Random(20)
ALPHABETS = ["ab", "abc\xe9", "ab\u0100", "a\u1234b", "ab\U0001f600", "\U0001f600\U0001f601"]
for _ in range(3000):
    letters = rng.choice(ALPHABETS)
    hay = "".join(rng.choice(letters) for _ in range(rng.randrange(0, 80)))
    if rng.random() < 0.5 and hay:
        i = rng.randrange(len(hay))
        needle = hay[i:i + rng.randrange(0, 20)]
    else:
        needle = "".join(rng.choice(rng.choice(ALPHABETS)) for _ in range(rng.randrange(0, 6)))
    start = rng.randrange(0, len(hay) + 1)
    end = rng.randrange(start, len(hay) + 1)
    assert hay.find(needle, start, end) == naive_find(hay, needle, start, end), (hay, needle)
    assert hay.rfind(needle, start, end) == naive_rfind(hay, needle, start, end), (hay, needle)
    assert (needle in hay) == (naive_find(hay, needle, 0, len(hay)) >= 0)
    if needle:
        assert hay.count(needle) == len(hay.split(needle)) - 1
        assert hay.replace(needle, "<>") == "<>".join(hay.split(needle))
        assert needle.join(hay.rsplit(needle)) == hay
    b, n = hay.encode(), needle.encode()
    assert b.find(n) == naive_find(b, n, 0, len(b))
    assert b.rfind(n) == naive_rfind(b, n, 0, len(b))

# Inputs on which simple algorithms are quadratic.
for n in (20_000, 40_000):
    for filler in ("a", "\u1234", "\U0001f600"):
        hay = filler * n
        needle = filler * (n // 2) + "b" + filler * (n // 2 - 1)
        began = time.perf_counter()
        assert hay.find(needle) == -1
        assert hay.rfind(needle) == -1
        assert hay.count(filler * (n // 2 - 1) + "b") == 0
        assert time.perf_counter() - began < 2

# Building a text piece by piece in a local variable is linear.
def build(n):
    text = ""
    for _ in range(n):
        text += "xy"
    return text


began = time.perf_counter()
assert len(build(200_000)) == 400_000 and time.perf_counter() - began < 3
