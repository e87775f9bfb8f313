"""Out of memory in operations of the built-in types."""
import sys

from _failing import main, operation


@operation
def int_arithmetic():
    a = 3 ** 200
    b = a * a + a // 7 - (a << 65) ^ (a >> 3)
    return b, divmod(b, a), pow(3, 10 ** 30, 10 ** 25 + 7), -b, ~b, abs(-b), b & a, b | a


@operation
def int_text():
    a = int("123456789" * 20)
    return str(a), hex(a), oct(a), bin(a), f"{a:,}", int("0x" + "f" * 60, 16), repr(-a)


@operation
def int_bytes():
    a = 7 ** 99
    return int.from_bytes(a.to_bytes(50, "big"), "big"), a.bit_length(), a.bit_count()


@operation
def floats():
    return (float("1e300") * 1e10, repr(0.1), float(10 ** 50), (0.1).as_integer_ratio(),
            float.fromhex("0x1.8p3"), (2.5).hex(), f"{1e22:.30f}", "%.50e" % 1.5, round(2.675, 2))


@operation
def complexes():
    return complex("1+2j") ** 3, repr(complex(1.5, -0.0)), f"{3 + 4j:.3f}", abs(3 + 4j)


@operation
def bools_and_none():
    return repr(True), str(None), bool([1]), True + 10 ** 30


@operation
def str_kinds():
    result = []
    for text in ("ascii text", "caf\xe9 \xdf", "\u0416\u0434 \u20ac", "\U0001f600 \u0416 a"):
        result.append((text * 5, text + "\u0100", text.upper(), text.title(), text.swapcase(),
                       text.casefold(), text.center(40, "*"), text.zfill(30), text.expandtabs(),
                       text[::-1], text[2:7], ascii(text), repr(text)))
    return result


@operation
def str_split_join():
    text = "a,b \u0436,,c\n d\r\ne"
    return (text.split(","), text.split(), text.rsplit(",", 1), text.splitlines(True),
            text.partition(","), text.rpartition("x"), "-".join(text), "\u0416".join(["a", "b"]),
            ", ".join(str(i) for i in range(5)))


@operation
def str_search_replace():
    text = "the quick brown \u0436 fox " * 20
    return (text.find("fox", 30), text.replace("quick", "slow"), text.replace("", "-")[:20],
            text.count("o"), text.index("fox"), text.strip("t "), text.removeprefix("the "),
            text.startswith(("a", "the")), "fox" in text, text.replace("o", "\U0001f600"))


@operation
def str_translate():
    table = str.maketrans({"a": "xyz", "b": None, "c": "\u0416"})
    return "abcabc\u20ac".translate(table), "hello".translate(str.maketrans("el", "ip"))


@operation
def str_encode_decode():
    text = "caf\xe9 \u20ac \U0001f600"
    result = []
    for name in ("utf-8", "utf-16", "utf-32", "utf-7", "unicode_escape", "raw_unicode_escape"):
        result.append(text.encode(name).decode(name))
    result.append(text.encode("ascii", "backslashreplace"))
    result.append(text.encode("latin-1", "xmlcharrefreplace"))
    result.append(text.encode("ascii", "namereplace"))
    result.append(b"a\xff\xfeb".decode("utf-8", "replace"))
    result.append(b"a\xff\xfeb".decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape"))
    return result


@operation
def str_encode_errors():
    result = []
    for function in (lambda: "\u20ac".encode("ascii"), lambda: b"\xff".decode("utf-8"),
                     lambda: b"\xff".decode("ascii"), lambda: "\ud800".encode("utf-8")):
        try:
            function()
        except UnicodeError as error:
            result.append((str(error), error.reason, error.start, error.end))
    return result


@operation
def str_format():
    return ("{0!r:>10} {1:.3f} {name[0]} {name}".format("x", 2.5, name=[1, 2]),
            "%s %r %5d %-5s|%x %.2f %c" % ("a", "b\u0416", 42, "c", 255, 1.5, "z"),
            "%(a)s %(b)05d" % {"a": 1, "b": 22}, format(12345.678, ",.2f"),
            "{:{}{}}".format("x", ">", 10), f"{'a':*^11} {10 ** 40:_} {[1]!r} {3.5!s:>8}")


@operation
def str_format_map():
    class Default(dict):
        def __missing__(self, key):
            return "<" + key + ">"
    return "{a} {b}".format_map(Default(a=1))


@operation
def bytes_operations():
    data = b"some bytes \xff\x00" * 4
    return (data * 3, data + b"x", data.upper(), data.split(b" "), data.replace(b"s", b"tt"),
            data.hex(" ", 4), bytes.fromhex("00 ff 10"), repr(data), data.find(b"bytes"),
            b"-".join([b"a", b"b"]), data.center(80), data.translate(bytes(range(256)), b"e"),
            b"%s %d %a" % (b"x", 5, "\u0416"), bytes(range(50)), bytes([1, 2]), bytes(8),
            data.splitlines(), data.partition(b" "), data.title(), data.zfill(60), data[::2])


@operation
def bytearray_operations():
    array = bytearray(b"abc")
    array += b"def" * 40
    array.append(1)
    array.extend([1, 2, 3])
    array.insert(2, 9)
    array[1:3] = b"xyzzy" * 10
    del array[5:20:2]
    array *= 2
    array.reverse()
    tail = array.pop()
    copy = array.copy()
    copy.clear()
    return bytes(array), tail, array.hex(), array.find(b"def"), repr(array[:10]), bytes(copy)


@operation
def memoryviews():
    view = memoryview(bytearray(range(48)))
    shaped = view.cast("B", [4, 3, 4])
    with memoryview(b"abc") as inner:
        text = inner.tobytes()
    return (view[4:20:2].tolist(), shaped.tolist(), view.cast("I").tolist(), view.hex(), text,
            view == bytes(range(48)), shaped.shape)


@operation
def list_operations():
    items = list(range(20))
    items.append("x")
    items.extend(range(30))
    items.extend(i * 2 for i in range(10))
    items.insert(3, [])
    items[2:5] = range(100, 140)
    del items[::7]
    items += (1, 2, 3)
    items *= 2
    items.reverse()
    popped = items.pop(), items.pop(0)
    items.remove(101)
    return (items, popped, items[3:20:2], items + [1], items * 2, items.index(110),
            items.count(1), items.copy(), repr(items), list(reversed(items)), [*items, *popped])


@operation
def list_sorting():
    words = ["pear", "Apple", "fig", "banana", "cherry"] * 10
    numbers = [(i * 7919) % 1009 for i in range(200)]
    numbers.sort(reverse=True)
    mixed = sorted([3.5, 2, 10 ** 30, -1, 0.25])
    return (sorted(words, key=str.lower), numbers, mixed, sorted(words, key=len, reverse=True),
            sorted((i, -i) for i in range(40)), min(words), max(words, key=len))


@operation
def list_sort_raises():
    items = [3, 1, "a", 2] * 10
    try:
        items.sort()
    except TypeError as error:
        return len(items), str(error)


@operation
def tuple_operations():
    t = tuple(range(30))
    return (t + (1, 2), t * 3, t[::-1], t[4:9], tuple("abc"), tuple(i for i in range(20)),
            t.index(7), hash(t), repr(t), (1, *t, 2), t == tuple(range(30)))


@operation
def dict_operations():
    d = {i: str(i) for i in range(40)}
    d.update({"a": 1, "b": 2})
    d.update([("c", 3)], d=4)
    d.setdefault("e", []).append(1)
    del d[5]
    popped = d.pop(6), d.popitem(), d.pop("zz", None)
    e = d.copy()
    e |= {"z": 0}
    merged = d | {"y": 1}
    return (d, e, merged, popped, list(d), list(d.items()), list(reversed(d)), repr(d),
            d.keys() & {1, 2}, d.items() ^ {("a", 1)}, dict.fromkeys("abc", 0), dict(a=1, **{"b": 2}),
            dict(zip("xy", (1, 2))), {**d, "q": 1}, sorted(d.values(), key=str))


@operation
def dict_grows():
    d = {}
    for i in range(300):
        d[i, i] = i
    for i in range(0, 300, 2):
        del d[i, i]
    return d


@operation
def dict_subclass():
    class D(dict):
        def __missing__(self, key):
            return key * 2
    d = D(a=1)
    d["b"] = 2
    return d["zz"], dict(d), d.get("x"), D.fromkeys("ab") == {"a": None, "b": None}


@operation
def set_operations():
    a = set(range(40))
    b = frozenset(range(20, 60))
    a.add("x")
    a.update([1, 2, 100], "abc")
    a.discard(3)
    a.remove(4)
    c = a.copy()
    c &= b
    c ^= {1, 2}
    c -= {25}
    return (a | b, a & b, a - b, a ^ b, c, b.union("xy", [1]), a.intersection(range(10)),
            hash(b), a.issuperset({1}), a.isdisjoint({999}), {i % 7 for i in range(50)},
            {frozenset([1]): 2}, frozenset("abc") == set("abc"), a.symmetric_difference(b))


@operation
def ranges_slices():
    r = range(0, 10 ** 20, 10 ** 18)
    return (list(r)[:5], r[3:8], len(r), r.index(10 ** 18), 5 in r, repr(r), range(10)[::-2],
            list(reversed(range(5))), slice(1, 10, 2).indices(7), repr(slice(None, 3)), hash(r),
            slice(1, 2) == slice(1, 2), r == range(0, 10 ** 20, 10 ** 18), r.count(3))


@operation
def iterators():
    return (list(zip("abc", range(3), strict=True)), list(map(lambda a, b: (a, b), "ab", [1, 2])),
            list(filter(None, [0, 1, 2])), list(enumerate("abc", 10 ** 20)), list(reversed([1, 2])),
            list(iter([1, 2, 3].__iter__().__next__, 3)), sum([[1], [2]], []), any(iter([0, 1])),
            sum(range(10)), sum([10 ** 20, 1.5]), next(iter({1: 2}.items())))


@operation
def iterator_reduce():
    result = []
    for it in (iter([1, 2]), iter((1, 2)), iter({1: 2}), iter({1}), iter(range(3)), iter("ab"),
               iter(b"ab"), enumerate([1]), zip([1]), map(str, [1]), reversed([1, 2])):
        next(it)
        result.append(len(it.__reduce__()))
    return result


@operation
def sizes_hashes():
    return [hash(x) for x in (1, 10 ** 30, 1.5, (1, "a"), frozenset([1]), "abc", b"abc")
            if sys.getsizeof(x)]


@operation
def comparisons():
    a, b = [1, [2, (3, "x")]], [1, [2, (3, "x")]]
    return (a == b, a < b, {"k": a} == {"k": b}, (a, b) <= (b, a), {1: 10 ** 30} == {1: 10 ** 30},
            "a\u0416" < "a\u0417", 2 ** 70 == 2.0 ** 70, b"a" < b"b", [1] != [2])


@operation
def rich_repr():
    nested = {"list": [1, 2.5, "x"], "tuple": (None,), "set": {1}, "bytes": b"\0"}
    nested["self"] = nested
    lists = []
    lists.append(lists)
    return repr(nested), repr(lists), ascii("\u0416"), repr(type), repr(len), repr([].append)[:20]


if __name__ == "__main__":
    main()
