# Round trips and error handlers of the native codecs.
import codecs

TEXTS = ["", "a", "abc" * 50, "\xe9t\xe9", "\u20ac\u1234", "\U0001f600 x \U0010ffff", "\x00\x7f\x80\xff",
         "\u07ff\u0800\uffff\U00010000"]
for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
                 "utf-7", "unicode_escape", "raw_unicode_escape"):
    for text in TEXTS:
        data = text.encode(encoding)
        if encoding == "raw_unicode_escape" and "\\" in text:
            continue
        assert data.decode(encoding) == text, (encoding, text, data)
        decoder = codecs.getincrementaldecoder(encoding)()
        pieces = [decoder.decode(bytes([b])) for b in data]
        pieces.append(decoder.decode(b"", True))
        assert "".join(pieces) == text, (encoding, text, pieces)

BAD = [b"\x80", b"a\xffb", b"\xc0\x80", b"\xe2\x82", b"\xe2\x28\xa1", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
       b"\xf0\x9f\x98", b"\xf0\x9f\x98a", b"\xc3", b"ok\xc3\x28"]
for data in BAD:
    try:
        data.decode()
    except UnicodeDecodeError as e:
        assert e.object == data and 0 <= e.start < e.end <= len(data)
    else:
        raise AssertionError(data)
    assert data.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape") == data
    assert "\ufffd" in data.decode("utf-8", "replace")
    assert data.decode("utf-8", "ignore").isascii()
    assert data.decode("utf-8", "backslashreplace").count("\\x") >= 1

assert b"\xed\xa0\x80".decode("utf-8", "surrogatepass") == "\ud800"
assert "a\ud800\udc80".encode("utf-8", "surrogatepass") == b"a\xed\xa0\x80\xed\xb2\x80"
assert "a\u1234b".encode("ascii", "namereplace") == b"a\\N{ETHIOPIC SYLLABLE SEE}b"
assert "a\u1234b".encode("latin-1", "xmlcharrefreplace") == b"a&#4660;b"


def skip_one(error):
    return "<%d>" % error.start, error.start + 1


codecs.register_error("test.skip", skip_one)
assert b"a\xff\xfeb".decode("ascii", "test.skip") == "a<1><2>b"
assert "a\u1234\u1235b".encode("ascii", "test.skip") == b"a<1><2>b"
