# Targets that read text: numbers, regular expressions, JSON, formats, dates, CSV.
import _sre
import ast
import cmath
import csv
import datetime
import decimal
import fractions
import io
import json
import math
import re
import string
import time
import warnings

from _target import bounded, check, target

warnings.simplefilter("ignore")


def decode(data):
    """Text with characters of one, two and four bytes, and lone surrogates."""
    if len(data) % 5 == 0:
        return data.decode("latin-1")
    if len(data) % 5 == 1:
        return data.decode("utf-8", "ignore") + data[:40].decode("utf-16-le", "replace")
    return data.decode("utf-8", "surrogateescape")


def attempt(allowed, function, *args):
    try:
        return function(*args)
    except allowed + (MemoryError, RecursionError):
        return None


NUMBERS = [b"0", b"-12_345", b"0x1f", b"0b101", b"0o17", b" 12 ", b"1.5e-3", b"-inf", b"nan", b"1e400", b"1e-400",
           b"4.9e-324", b"1.7976931348623157e308", b"2.2250738585072014e-308", b"1+2j", b"(1e3-nanj)", b"j", b"-0.0",
           "٣٤".encode(), b"9007199254740993", b"0.1", b"123456789012345678901234567890", b"0x1.8p+3", b"1/3", b"1_0.0_1",
           b"Infinity", b"sNaN123", b"1E+999999", b"9" * 4000, b"." + b"0" * 800 + b"1", b"179769313486231580793e289"]
NUMBER_TOKENS = [b"_", b".", b"e", b"E", b"+", b"-", b"j", b"0x", b"0b", b"0o", b"p", b"inf", b"nan", b" ", b"\0", b"(", b")",
                 b"/", b"9" * 300, b"0" * 300, b"e+99999999999999999999", b"e-99999999999999999999", b"5" * 800,
                 "٣".encode(), "\u2003".encode(), b"\xf0\x9d\x9f\x98", b"9" * 4301]


@target(lambda: NUMBERS, NUMBER_TOKENS)
def numbers(data):
    text = decode(data)
    for source in (text, data):
        for base in (None, 0, 2, 7, 10, 16, 32, 36):
            value = attempt((ValueError,) if isinstance(source, str) else (ValueError, TypeError),
                            *((int, source) if base is None else (int, source, base)))
            if value is not None and value.bit_length() < 14000:
                check(int(str(value)) == value and int(hex(value), 16) == value, value)
        value = attempt((ValueError,), float, source)
        if value is not None:
            check(math.isnan(value) or float(repr(value)) == value, value)
            check(math.isnan(value) or float.fromhex(value.hex()) == value, value)
            attempt((OverflowError, ValueError), value.as_integer_ratio)
    value = attempt((ValueError,), complex, text)
    if value is not None:
        check(cmath.isnan(value) or complex(repr(value)) == value, value)
    attempt((ValueError, OverflowError), float.fromhex, text)
    if not re.search(r"e[+-]?\d{5}", text.lower().replace("_", "")):    # a power of ten as an int
        attempt((ValueError, ZeroDivisionError), fractions.Fraction, text[:300])
    value = attempt((decimal.InvalidOperation, ValueError), decimal.Decimal, text)
    if value is not None and not value.is_snan():
        check(value.is_nan() or decimal.Decimal(str(value)) == value, str(value))
        for operation in (lambda: value + 1, lambda: value * value, lambda: value / 3, value.sqrt, value.normalize,
                          lambda: value % 7, value.to_integral_value, lambda: value.quantize(decimal.Decimal("0.01"))):
            attempt((decimal.DecimalException,), operation)


PATTERNS = [rb"a*b+c?", rb"(a|b)*?c{2,3}", rb"(?P<n>x)(?P=n)\1", rb"[^a-z\d_]", rb"(?i:A)(?-i:b)", rb"(?=a)(?!b)(?<=c)(?<!d)",
            rb"^\A\b\B$\Z", rb"(?>a+)b++c*+d?+", rb"(?(1)a|b)", rb"(x)?(?(1)y|z)", rb"[\w\s\-\]]", rb"\u1234\x41\101\N{DIGIT ONE}",
            rb"(?aiLmsux)a", rb"(?x) a # c", rb"[a-\uffff]{0,5}", rb"(a{1,2}){3,}", rb"((((a)))\4)+", b"[\xc3\xa9-\xe2\x82\xac]",
            rb"(?:(?:a|ab)(?:c|bcd)(?:d*))", rb"(a?){30}a{30}", rb"(\w+)\s+\1", rb".*?(?s:.)\Z", rb"[a-c&&[b]]", rb"(?i)stra\xdfe",
            rb"(?:a|(b))*?(?<=(?:x|y)z)", rb"a{65535}", rb"(?<=a{3})b", rb"\g<1>\n\\"]
PATTERN_TOKENS = [t.encode() for t in r"""( ) (?: (?= (?! (?<= (?<! (?> (?P<a> (?P=a) (?(1) (?i) (?i: (?-i: (?# ) (?x) (?L) (?a) | * + ? *? +?
?? *+ ++ ?+ {1} {0,} {,5} {2,3} {4294967295} {4294967296} {3,2} [ ] [^ [] []] - \d \D \w \W \s \S \b \B \A \Z \1 \2 \99 \0 \x \u
\U0010ffff \N{ . ^ $ \\ \g<a> \g<0> a b é""".split()] + [b"\n", b" "]


@target(lambda: [p + b"\n\n" + s for p in PATTERNS for s in (b"aab", b"xxyz abcabc", "é\U00010400ab".encode())], PATTERN_TOKENS)
def regex(data):
    pattern, _, subject = data[:400].partition(b"\n\n")
    subject = subject[:40]
    if len(data) % 2 == 0:
        pattern, subject = decode(pattern), decode(subject)
    flags = [0, re.I, re.M | re.S, re.X, re.A if isinstance(pattern, str) else re.L, re.I | re.DEBUG & 0][len(data) % 6]
    # The standard library compiles patterns in Python.
    compiled = attempt((re.error, OverflowError, ValueError, IndexError, UnicodeEncodeError), re.compile, pattern, flags)
    if compiled is None:
        return
    for method in (compiled.search, compiled.match, compiled.fullmatch, compiled.findall, compiled.split,
                   lambda s: [(m.groups(), m.span(), m.lastgroup, m.groupdict()) for m in compiled.finditer(s)]):
        bounded(0.5, method, subject)
    bounded(0.5, attempt, (re.error, IndexError, ValueError), compiled.sub, pattern, subject)
    bounded(0.5, attempt, (re.error, IndexError, ValueError), compiled.subn, subject, subject, 2)


def code_seeds():
    seeds = []
    for pattern in PATTERNS:
        parsed = attempt((re.error, ValueError, UnicodeDecodeError), lambda: re._parser.parse(pattern.decode("utf-8")))
        if parsed is not None:
            code = re._compiler._code(parsed, parsed.state.flags)
            seeds.append(bytes([parsed.state.groups - 1]) + b"".join(word.to_bytes(4, "little") for word in code))
    return seeds


@target(code_seeds, [bytes([n, 0, 0, 0]) for n in range(44)], (RuntimeError, OverflowError, ValueError, TypeError))
def regex_code(data):
    """What re's compiler in Python hands to the engine."""
    words = [int.from_bytes(data[at:at + 4], "little") for at in range(1, min(len(data), 2000), 4)]
    compiled = _sre.compile("x", 0, words, data[0] if data else 0, {}, (None,) * 20)
    for subject in ("", "aab", "xxyz abcabc", "\u1234\U00010400ab" * 3):
        bounded(0.2, compiled.search, subject)
        bounded(0.2, compiled.fullmatch, subject)
        bounded(0.2, compiled.findall, subject)


JSON = [b'{"a": [1, -2.5e3, true, false, null, "x\\u00e9\\ud83d\\ude00\\n"], "b": {}}', b"[]", b'"\\ud800"', b"1e999", b"-0",
        b"[NaN, Infinity, -Infinity]", b'{"a": {"a": {"a": [[[[]]]]}}}', b"\xef\xbb\xbf[]", '"é"'.encode("utf-16"),
        '["é"]'.encode("utf-32-be"), b"12345678901234567890123", b'{"": 0, "a": 1, "a": 2}', b"  [ 1 , 2 ]  "]
JSON_TOKENS = [t.encode() for t in r"""[ ] { } , : " \" \\ \u \ud800 \udc00 \u0000 \/ \x null true false NaN Infinity -Infinity
- 0 1 e E . + 1e5 [] {} [1, {"a": é""".split()] + [b"9" * 5000, b"\t", b"\n", b"\0"]


@target(lambda: JSON, JSON_TOKENS, (ValueError,))
def json_text(data):
    for source in (data, decode(data)):
        value = attempt((ValueError,), json.loads, source)
        attempt((ValueError,), lambda: json.loads(source, object_pairs_hook=list, parse_float=str, strict=False))
        if value is not None:
            text = json.dumps(value)
            check("NaN" in text or "\\ud" in text or json.loads(text) == value, text)
            check(json.dumps(json.loads(text), indent=1) == json.dumps(value, indent=1), text)
            json.dumps(value, ensure_ascii=False, sort_keys=True)
    try:
        json.JSONDecoder().raw_decode(decode(data), len(data) % 7 - 1)
    except (ValueError, IndexError):
        pass


def tame(text):
    """Widths that only take memory become small; those beyond any memory stay."""
    return re.sub(r"\d{5,}", lambda m: m[0][:4] if len(m[0]) < 19 else m[0], text)


SPECS = [b">10", b"*^+#012,.3f", b"08.3e", b"_b", b"#x", b"%", b"n", b"c", b"s", b"!r", b"z.1f", b",d", b"=+5", b"<<", b"\xc3\xa9^9",
         b"%Y-%m-%d %H:%M:%S.%f %z %Z %j %U", b"%%%", b"_.3_f", b"=010,.2f", b"g", b"G", b"E", b"F", b"99999999999999999999d"]
SPEC_TOKENS = [t.encode() for t in "< > = ^ + - z # 0 , _ . b c d e E f F g G n o s x X % %Y %f %:z {} { } ! : 5 é".split()] + \
              [b" ", b"\0", b"4000", b"2147483647999999999999", b"-1"]
VALUES = [0, -5, 1 << 100, True, 1.5, -1e300, 5e-324, float("nan"), float("-inf"), 1 - 2.5j, "aé\U00010400", "", b"x", None, [],
          decimal.Decimal("-1.2345e10"), decimal.Decimal("NaN"), fractions.Fraction(22, 7), datetime.date(2024, 2, 29),
          datetime.datetime(1, 1, 1, tzinfo=datetime.UTC), datetime.time(23, 59, 59, 999999), datetime.timedelta(-1)]


@target(lambda: SPECS, SPEC_TOKENS)
def format_spec(data):
    spec = tame(decode(data[:200]))
    for value in VALUES:
        attempt((ValueError, TypeError, OverflowError), format, value, spec)
    for value in VALUES[:6]:
        attempt((ValueError, TypeError, OverflowError, LookupError, AttributeError), ("{:" + spec + "}").format, value)


TEMPLATES = [b"{} {0} {a} {a.b[c]} {0[1]!r:>{w}}", b"{{}} {a!s} {:{}}", b"{0.__class__.__name__}", b"{a[0][b].c:x}", b"{!x}", b"{", b"}",
             b"{0:{1}{2}}", b"$a ${b} $$ $", b"{:{:{}}}"]


@target(lambda: TEMPLATES, SPEC_TOKENS + [b"{a}", b"{0}", b"[", b"]", b".", b"!r", b"{0[", b"a", b"{:{", b"$", b"{18446744073709551616}"])
def templates(data):
    text = tame(decode(data[:300]))
    allowed = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError)
    names = {"a": [1, {"b": 2}], "w": 5, "c": "x"}
    attempt(allowed, lambda: text.format(1, "b", 2.5, **names))
    attempt(allowed, lambda: text.format_map(names))
    attempt(allowed, lambda: string.Formatter().vformat(text, (1, 2), names))
    attempt(allowed, lambda: string.Template(text).safe_substitute(names))
    attempt(allowed, lambda: list(string._string.formatter_parser(text)))
    attempt(allowed, lambda: [list(p[1]) for p in [string._string.formatter_field_name_split(text)]])


PERCENT = [b"%d %s %r", b"%5.2f%%", b"%(a)s %(b)-05d", b"%*.*f", b"%c", b"%#x %+o %X", b"%a", b"%b", b"%ld %hi", b"%(", b"%(a(b)c)s",
           b"%-+ #010.5g", b"%e %G %i %u"]


@target(lambda: PERCENT, [t.encode() for t in "% %% %( ) ( a d s r i u o x X e E f F g G c b a * . - + # 0 5 l h L %(a)s".split()]
        + [b" ", b"4000", b"99999999999999999999", b"\xc3\xa9", b"\0"])
def percent(data):
    text = tame(decode(data[:300]))
    raw = tame(data[:300].decode("latin-1")).encode("latin-1")
    allowed = (ValueError, TypeError, KeyError, OverflowError)
    for values in ((), (1,), (1, "b", 2.5), ("é", b"c", 1 << 80, 4, 5), {"a": 1, "b": "x", "": 2}, 5, "s", b"y", (65,), (-1, 300, 0.0),
                   (3, 4, 2.5, 10 ** 400)):
        attempt(allowed, lambda: text % values)
        attempt(allowed, lambda: raw % values)
        attempt(allowed, lambda: bytearray(raw) % values)


DATES = [b"2024-02-29", b"2024-W09-4", b"20240229T235959.123456+05:30", b"2024-01-01T24:00:00Z", b"23:59:59,5", b"T12", b"00:00-23:59:59.999999",
         b"0001-01-01", b"9999-12-31T23:59:59.999999+00:00", b"2024-366", b"2024W091", b"Thu Feb 29 23:59:59 2024 \n%a %b %d %H:%M:%S %Y",
         b"24 12 31 +0530 PM\n%y %m %d %z %p", b"2024 366 60\n%Y %j %U", b"2020 53 7\n%G %V %u"]


@target(lambda: DATES, [t.encode() for t in "- : . , + T W Z 0 9 60 24 2024 %Y %m %d %H %I %M %S %f %z %Z %a %b %p %j %U %W %V %G %u %c %x %X %% %".split()]
        + [b"\n", b" ", b"\0", "٣".encode(), b"\xc2\xad", b"9999999999"])
def dates(data):
    text, _, form = decode(data[:200]).partition("\n")
    for kind in (datetime.date, datetime.time, datetime.datetime):
        value = attempt((ValueError,), kind.fromisoformat, text)
        if value is not None:
            check(kind.fromisoformat(value.isoformat()) == value, value)
            attempt((ValueError,), value.strftime, form[:50] or text[:50])
    # The standard library makes a pattern of the format: a directive that comes twice is its error.
    attempt((ValueError, OverflowError, re.error), datetime.datetime.strptime, text, form)
    attempt((ValueError, OverflowError, re.error), time.strptime, text, form)
    attempt((ValueError,), time.strftime, text[:60], (2024, 2, 29, 23, 59, 60, 3, 60, 1))


ROWS = [b"a,b,c\r\n1,\"x\"\"y\",3\n", b"a;b\t'c'\n", b'"a\nb",c\n', b"1.5,2,x\n", b"a\\,b,c\n", b"\n\n,,\n", b'"', b"a\0b,\xc3\xa9\n"]


@target(lambda: ROWS, [b",", b'"', b"'", b"\n", b"\r", b"\r\n", b"\\", b" ", b"\t", b";", b"\0", b"1.5", b'""', b"\xc3\xa9", b"\xf0\x9d\x94\x98"],
        (csv.Error,))
def rows(data):
    text = decode(data)
    for options in ({}, {"quoting": csv.QUOTE_NONNUMERIC}, {"delimiter": ";", "skipinitialspace": True}, {"quoting": csv.QUOTE_NONE, "escapechar": "\\"},
                    {"doublequote": False, "escapechar": "\\", "strict": True}, {"quotechar": "'", "quoting": csv.QUOTE_STRINGS}):
        found = attempt((csv.Error, ValueError), lambda: list(csv.reader(io.StringIO(text, newline=""), **options)))
        if found and not options:
            file = io.StringIO(newline="")
            csv.writer(file).writerows(found)
            file.seek(0)
            check(list(csv.reader(file)) == found, found)
    attempt((csv.Error,), csv.Sniffer().sniff, text[:300])


LITERALS = [b"[1, -2, 'a', (b'x', {1: 2}), {3}, None, 1+2j]", b"set()", b"{'a': [{}]}", b"-1.5e3"]


@target(lambda: LITERALS, [t.encode() for t in "( ) [ ] { } , : - + 1 'a' b'x' None True j 1j ... set() *".split()] + [b"\n", b"\0", b"\\"],
        (ValueError, SyntaxError, TypeError))
def literals(data):
    value = ast.literal_eval(decode(data))
    if value == value and "inf" not in repr(value):
        check(ast.literal_eval(repr(value)) == value, value)
