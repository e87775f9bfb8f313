# Targets that read binary data: marshal, pickle, struct, codecs, compression, time zones, XML, arrays.
import array
import base64
import binascii
import bz2
import codecs
import encodings.aliases
import gzip
import io
import marshal
import operator
import os
import pickle
import pickletools
import re
import struct
import sys
import unicodedata
import warnings
import zlib
import zoneinfo
from xml.parsers import expat

from _target import TARGETS, check, target
from _text import attempt

warnings.simplefilter("ignore")

SHARED = ["shared", 1.5]
OBJECTS = [None, True, ..., 0, -1, 1 << 40, -(1 << 200), 1.5, float("inf"), 1 + 2j, "abc", "é\ud800", "\U00010400" * 3, b"bytes", (), (1, 2, 3),
           (1,) * 300, [[], {}], {"a": {"b": [1, "a"]}}, {1, "x"}, frozenset({2.5}), bytearray(b"xy"), SHARED, [SHARED, SHARED],
           array.array("d", [1.0]), range(3), slice(1, 2), "x" * 300, b"y" * 300, list(range(300))]
SAFE_CLASSES = {("builtins", n): getattr(__import__("builtins"), n) for n in
                "int float complex str bytes bytearray list tuple dict set frozenset range slice object ValueError getattr".split()}
SAFE_CLASSES.pop(("builtins", "getattr"))
for module, names in {"collections": "OrderedDict deque defaultdict Counter", "datetime": "date time datetime timedelta timezone",
                      "decimal": "Decimal Context", "fractions": "Fraction", "array": "array _array_reconstructor", "functools": "partial",
                      "copyreg": "_reconstructor __newobj__ __newobj_ex__", "_codecs": "encode", "random": "Random",
                      "operator": "itemgetter attrgetter", "types": "SimpleNamespace", "io": "StringIO BytesIO", "itertools": "count"}.items():
    for name in names.split():
        value = getattr(__import__(module), name, None)
        if value is not None:
            SAFE_CLASSES[module, name] = value


def marshal_seeds():
    seeds = []
    for value in OBJECTS:
        for version in (0, 2, 4, marshal.version):
            data = attempt((ValueError,), marshal.dumps, value, version)
            if data is not None:
                seeds.append(data)
    sources = ["x = 1", "def f(a, *b, c=1, **d):\n  def g(): return a\n  return [i for i in b], g\n", "class A:\n  x: int\n  async def f(self): await 1\n",
               "try:\n  f()\nexcept E as e:\n  raise\nwith a: pass\n"]
    return seeds + [marshal.dumps(compile(source, "<seed>", "exec")) for source in sources]


@target(marshal_seeds, [bytes([c]) for c in b"0NFTSiIfgyxlstuRAaZzcr()[]{}<>?:"] + [bytes([c | 0x80]) for c in b"isztc(<[{"],
        (EOFError, ValueError, TypeError, OverflowError))
def marshalled(data):
    value = marshal.loads(data)
    if not isinstance(value, type(compile("", "", "exec"))):
        repr(value)
        again = marshal.dumps(value)
        marshal.loads(again)
    else:
        marshal.dumps(value)
        hash(value)
        list(value.co_lines())
        list(value.co_positions())
        value == value.replace(co_name="x")


# ---- pickle ----

class Restricted(pickle.Unpickler):
    def find_class(self, module, name):
        try:
            return SAFE_CLASSES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(name) from None

    def persistent_load(self, pid):
        return pid


def pickle_seeds():
    import collections
    import datetime
    import decimal
    import fractions
    import functools
    import itertools
    import random
    import types
    recursive = []
    recursive.append(recursive)
    more = [collections.OrderedDict(a=1), collections.deque([1], 3), collections.defaultdict(list, a=[1]), datetime.datetime(2020, 1, 2, fold=1),
            datetime.timezone(datetime.timedelta(hours=1)), datetime.timedelta(5, 6), datetime.time(1), decimal.Decimal("1.5"), fractions.Fraction(1, 3),
            functools.partial(int, "5", base=7), operator.itemgetter(1, 2), types.SimpleNamespace(a=1), io.StringIO("x"), io.BytesIO(b"y"),
            random.Random(1), recursive, pickle.PickleBuffer(b"abc"), ValueError("x"), itertools.count(2)]
    seeds = []
    for value in OBJECTS + more:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            data = attempt((TypeError, pickle.PicklingError, AttributeError), pickle.dumps, value, protocol)
            if data is not None and len(data) < 4000:
                seeds.append(data)
    return seeds


@target(pickle_seeds, [op.code.encode("latin-1") for op in pickletools.opcodes] +
        [b"c%s\n%s\n" % (m.encode(), n.encode()) for m, n in SAFE_CLASSES] + [b"(", b")", b"R", b"b", b"\x81", b"\x92", b"u", b"e", b"\x90"])
def pickled(data):
    # Whatever the classes that are called think of their arguments may come out.
    try:
        value = Restricted(io.BytesIO(data), encoding=["ASCII", "bytes", "latin-1"][len(data) % 3], buffers=[b"a", bytearray(b"b")]).load()
    except SystemError:
        raise
    except Exception:
        return
    attempt((Exception,), lambda: repr(value)[:100])
    try:
        again = pickle.loads(pickle.dumps(value, len(data) % 6))
        text = repr(value)
    except SystemError:
        raise
    except Exception:
        return
    if " at 0x" not in text:
        check(type(again) is type(value), text[:200])


# ---- struct and arrays ----

FORMATS = [b"<iIhHbB?", b">qQlL", b"=2s3p10x", b"@nNP", b"!efd", b"4s", b"0i", b"100c", b" i h ", b"5?xB", b"FD"]


@target(lambda: [f + b"\n" + bytes(range(64)) for f in FORMATS], [bytes([c]) for c in b"<>=@!xcbB?hHiIlLqQnNefdspPFD 0123456789"] +
        [b"99999999999999999999", b"9223372036854775807", b"4294967296x"])
def structs(data):
    form, _, rest = data.partition(b"\n")
    if re.search(rb"(?<!\d)\d{5,13}(?!\d)", form):
        return      # takes memory
    allowed = (struct.error, OverflowError, ValueError, TypeError, UnicodeEncodeError)
    for source in (form, form.decode("latin-1")):
        layout = attempt(allowed, struct.Struct, source)
        if layout is None or layout.size > 1 << 20:
            continue
        padded = (rest + bytes(layout.size))[:layout.size]
        values = layout.unpack(padded)
        attempt(allowed, lambda: layout.pack(*values))
        attempt(allowed, layout.unpack, rest)
        attempt(allowed, layout.unpack_from, rest, len(rest) % 9 - 3)
        attempt(allowed, lambda: list(layout.iter_unpack(rest)))
        attempt(allowed, lambda: layout.pack_into(bytearray(rest), len(rest) % 5 - 2, *values))
        attempt(allowed, lambda: layout.pack(*[1 << 64] * len(values)))
        attempt(allowed, lambda: layout.pack(*[b"abc"] * len(values)))
        attempt(allowed, lambda: layout.pack(*["x", -1, None][:len(values)]))
    text = form.decode("latin-1")[:5]
    view = memoryview(bytearray(rest))
    cast = attempt(allowed, view.cast, text)
    if cast is not None:
        cast.tolist(), cast == view
        attempt(allowed, lambda: cast.cast("B", [2, len(rest) // 2])[1, 0])
    numbers = attempt(allowed, array.array, text[:1], rest)
    if numbers is not None and numbers.typecode not in "uw":
        check(array.array(numbers.typecode, numbers.tobytes()).tobytes() == numbers.tobytes())
        repr(numbers)
    for machine in (-1, 0, 3, 8, 14, 18, 20, 21, 22):
        attempt(allowed, array._array_reconstructor, array.array, text[:1], machine, rest)


# ---- codecs ----

CODECS = sorted(set(encodings.aliases.aliases.values()) | {"idna", "punycode", "utf_8_sig", "unicode_escape", "raw_unicode_escape", "utf_7", "undefined"})
HANDLERS = ["strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass", "xmlcharrefreplace", "namereplace", "nobody"]
TEXTS = ["abc é € \U0001f600 \ud800\udc00 \0\r\n", "\\u1234\\x41\\N{DIGIT ONE}\\777\\U00110000", "+2D3eAA-a+-", "xn--bcher-kva.ch", "Ångström-a1b2", ""]


def codec_seeds():
    seeds = []
    for n, name in enumerate(CODECS):
        for text in TEXTS[:3]:
            data = attempt((Exception,), text.encode, name, "ignore")
            seeds.append(bytes([n & 255]) + (data if isinstance(data, bytes) else text.encode("utf-8", "surrogatepass")))
    return seeds


@target(codec_seeds, [b"\xff\xfe", b"\xfe\xff", b"\x00\xd8", b"\xd8\x00", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88", b"\\x", b"\\u", b"\\N{", b"}", b"+", b"-",
                      b"xn--", b".", b"=", b"\x1b$B", b"\x1b(J", b"~{", b"~}", b"\\U0010ffff", b"begin 666 x\n"],
        (UnicodeError, LookupError, binascii.Error, zlib.error, OSError, EOFError, ValueError, AssertionError, TypeError))
def decoders(data):
    data = data or b"\0"
    name = CODECS[data[0] % len(CODECS)]
    body = data[1:2000]
    if name in ("bz2_codec", "zlib_codec"):
        codecs.decode(body, name)
        return
    for errors in HANDLERS:
        text = attempt(TARGETS["decoders"].allowed, codecs.decode, body, name, errors)
        if isinstance(text, str):
            attempt(TARGETS["decoders"].allowed, codecs.encode, text, name, errors)
        attempt(TARGETS["decoders"].allowed, codecs.encode, body.decode("utf-8", "surrogateescape"), name, errors)
        incremental = attempt((LookupError,), codecs.getincrementaldecoder, name)
        if incremental is not None:
            attempt(TARGETS["decoders"].allowed, pieces, incremental(errors), body)
    reader = io.TextIOWrapper(io.BytesIO(body), encoding=name if codecs.lookup(name)._is_text_encoding else "utf-8", errors="replace")
    reader.read(3), reader.tell(), reader.readline()
    reader.seek(reader.tell()), reader.read()


def pieces(decoder, body):
    for at in range(0, len(body), 3):
        decoder.decode(body[at:at + 3])
        if at % 6 == 0:
            decoder.setstate(decoder.getstate())
    decoder.decode(b"", True)


@target(lambda: [b"616263", b"YWJj", b"YWJj\n", b"=41=\n", b"%5FAB", b"#0V%T\n", b"GQ4dTNZ=", b"<~87cURD]~>", b"a2.b-c", "bücher".encode("punycode")],
        [b"=", b"==", b"\n", b" ", b"z", b"y", b"~>", b"_", b"-", b"\xff"])
def ascii_data(data):
    text = data.decode("latin-1")
    errors = (ValueError, TypeError)
    for name in dir(binascii):
        function = getattr(binascii, name)
        if callable(function) and not isinstance(function, type) and not name.startswith("_"):
            attempt(errors, function, data)
            attempt(errors, function, text)
    for strict in (False, True):
        attempt(errors, lambda: binascii.a2b_base64(data, strict_mode=strict))
    attempt(errors, lambda: data.hex(":", len(data) % 9 - 4))
    for name in ("b16decode", "b32decode", "b32hexdecode", "b64decode", "b85decode", "a85decode", "z85decode", "decodebytes"):
        attempt(errors, getattr(base64, name), data)
    for function in (bytes.fromhex, bytearray.fromhex):
        attempt(errors, function, text)
    codecs_errors = errors + (LookupError,)
    attempt(codecs_errors, codecs.escape_decode, data)
    for form in ("NFC", "NFKC", "NFD", "NFKD"):
        wide = data.decode("utf-8", "replace") + data[:40].decode("utf-16-le", "replace") + data[:80].decode("utf-32-le", "replace")
        normal = unicodedata.normalize(form, wide)
        check(unicodedata.is_normalized(form, normal) and unicodedata.normalize(form, normal) == normal, form, wide)
    attempt((KeyError,), unicodedata.lookup, text)


# ---- compression ----

def compressed_seeds():
    seeds = []
    for body in (b"", b"abc" * 100, os.path.__doc__.encode() if os.path.__doc__ else b"x", bytes(range(256)) * 4):
        seeds += [zlib.compress(body), zlib.compress(body, 0), gzip.compress(body, mtime=0), bz2.compress(body), zlib.compress(body, 9, -15)]
    return seeds


@target(compressed_seeds, [b"\x1f\x8b\x08", b"x\x9c", b"BZh9", b"1AY&SY", b"\x17rE8P\x90", b"\0\0\xff\xff", b"\x01\0\0\xff\xff"])
def compressed(data):
    errors = (zlib.error, OSError, EOFError, ValueError)
    for bits in (15, -15, 31, 47, 8, -8):
        attempt(errors, lambda: zlib.decompress(data, bits, 1 + len(data) % 50))
        attempt(errors, in_parts, zlib.decompressobj(bits, data[:5]), data)
    attempt(errors, gzip.decompress, data)
    attempt(errors, bz2.decompress, data)
    decoder = bz2.BZ2Decompressor()
    attempt(errors, lambda: [decoder.decompress(data[:50], 10), decoder.decompress(data[50:], -1), decoder.unused_data])
    attempt(errors, lambda: zlib.decompressobj(zdict=data).decompress(data))
    attempt(errors, lambda: gzip.GzipFile(fileobj=io.BytesIO(data)).read(1000))
    zlib.crc32(data, zlib.adler32(data)), zlib.decompress(zlib.compress(data, len(data) % 10)) == data or check(False)


def in_parts(decoder, data):
    rest = data
    for size in (1, 7, 100, 1000):
        decoder.decompress(rest[:size], 10)
        rest = decoder.unconsumed_tail + rest[size:]
        copy = decoder.copy()
    copy.flush(5)
    decoder.flush(), decoder.unused_data


def zone_seeds():
    seeds = []
    for name in ("UTC", "Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"):
        for folder in zoneinfo.TZPATH:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    seeds.append(file.read())
                break
    rules = ["EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45", "A1B,J1/0,365/167", "CET-1CEST,M3.5.0,M10.5.0/3"]
    head = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return seeds + [head + body + head + body + b"\n" + rule.encode() + b"\n" for rule in rules]


@target(zone_seeds, [b"TZif", b"TZif2", b"\n", b"EST5EDT", b",M3.2.0", b"/", b"<", b">", b"-", b"J366", b",0/-167:59:59", b"\0\0\0\1", b"\xff\xff\xff\xff"],
        (ValueError, struct.error, OverflowError, UnicodeError, IndexError, EOFError))
def zones(data):
    import datetime
    zone = zoneinfo.ZoneInfo.from_file(io.BytesIO(data), key="fuzz")
    for year in (1, 1900, 1970, 2024, 2050, 9999):
        for fold in (0, 1):
            when = datetime.datetime(year, 7, 1, 2, 30, tzinfo=zone, fold=fold)
            attempt((ValueError, OverflowError), lambda: (when.utcoffset(), when.dst(), when.tzname(), when.astimezone(datetime.UTC)))
    attempt((ValueError, OverflowError), datetime.datetime.fromtimestamp, 1 << 33, zone)


# ---- XML ----

XML = [b"<?xml version='1.0' encoding='utf-8'?><a b='c'><d/>text&amp;&#65;<!-- x --><![CDATA[y]]><?pi z?></a>",
       b"<!DOCTYPE a [<!ENTITY e 'x'><!ELEMENT a (b|c)*><!ATTLIST a b CDATA #IMPLIED><!NOTATION n SYSTEM 'u'>]><a>&e;</a>",
       b"<a xmlns='u' xmlns:p='v'><p:b p:c='d'/></a>", "<a>é</a>".encode("utf-16"), b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>",
       b"<!DOCTYPE a SYSTEM 's'><a>&u;</a>", b"<!DOCTYPE a [<!ENTITY % p SYSTEM 'q'> %p; <!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>",
       b"<?xml version='1.0' encoding='cp1252'?><a>\x80</a>"]
HANDLER_NAMES = [n for n in dir(expat.ParserCreate()) if n.endswith("Handler")]


@target(lambda: XML, [t.encode() for t in """< > </ /> <? ?> <!-- --> <![CDATA[ ]]> & ; &lt; &#0; &#x10FFFF; <!DOCTYPE [ ]> <!ENTITY <!ELEMENT <!ATTLIST
a a: xmlns= xmlns:p= ' " % %p; version= encoding= 'utf-16' 'cp437' 'idna' 'x' (a|b) #PCDATA SYSTEM PUBLIC standalone='yes'""".split()] + [b"\0", b"\xff\xfe", b" "],
        (expat.ExpatError, ValueError, LookupError, UnicodeError))
def xml(data):
    for separator, step in ((None, 7), ("", 100000), ("}", 64)):
        parser = expat.ParserCreate(namespace_separator=separator)
        parser.ordered_attributes = parser.namespace_prefixes = step == 64
        parser.buffer_text = step != 7
        seen = []
        for name in HANDLER_NAMES:
            if name == "ExternalEntityRefHandler":
                parser.ExternalEntityRefHandler = lambda context, *rest: external(parser, context)
            elif name == "NotStandaloneHandler":
                parser.NotStandaloneHandler = lambda: 1
            elif not name.startswith("Default") or step != 7:
                setattr(parser, name, lambda *args: seen.append(args))
        attempt((expat.ExpatError, ValueError, LookupError), feed, parser, data, step)
        parser.ErrorCode, parser.CurrentByteIndex, parser.CurrentLineNumber
        repr(seen)


def external(parser, context):
    inner = parser.ExternalEntityParserCreate(context)
    inner.Parse(b"<!ENTITY z 'y'>" if context is None else b"x", True)
    return 1


def feed(parser, data, step):
    for at in range(0, len(data), step):
        parser.Parse(data[at:at + step])
    parser.Parse(b"", True)
