# Files and streams in memory that several threads use: whole lines arrive, positions stay sane, a
# closed file raises ValueError.
import io
import os
import tempfile
from _hammer import hammer, run_all, together

ALLOWED = (ValueError, OSError, EOFError, TypeError, BufferError)


def test_bytes_io():
    shared = io.BytesIO()
    together([lambda i=i: [shared.write(b"%d\n" % i) for _ in range(1000)] for i in range(4)])
    assert shared.getvalue().count(b"\n") == 4000
    hammer(lambda n: (shared.seek(n % 100), shared.write(b"abc"), shared.tell()),
           lambda n: (shared.read(10), shared.readline(), shared.read1(5), shared.readinto(bytearray(5))),
           lambda n: (shared.getvalue(), shared.truncate(2000), next(shared, None)),
           lambda n: bytes(shared.getbuffer()[:5]), lambda n: shared.__getstate__(),
           lambda n: shared.__setstate__((b"abc\n" * 100, n % 50, None)), allowed=ALLOWED, copies=1)
    together([shared.close, lambda: allow(shared.getvalue), lambda: allow(shared.read)])


def allow(function, *args):
    try:
        function(*args)
    except ALLOWED:
        pass


def test_string_io():
    shared = io.StringIO()
    together([lambda i=i: [shared.write("%dé\n" % i) for _ in range(1000)] for i in range(4)])
    assert shared.getvalue().count("\n") == 4000
    hammer(lambda n: (shared.seek(n % 100), shared.write("abc"), shared.tell()),
           lambda n: (shared.read(10), shared.readline(), next(shared, None)),
           lambda n: (shared.getvalue(), shared.truncate(2000)), lambda n: shared.__getstate__(),
           lambda n: shared.__setstate__(("abc\n" * 100, "\n", n % 50, None)), allowed=ALLOWED, copies=1)


def path_of_file(content=b""):
    handle, path = tempfile.mkstemp()
    os.write(handle, content)
    os.close(handle)
    return path


def test_writers_keep_lines_whole():
    path = path_of_file()
    try:
        with open(path, "wb") as shared:
            together([lambda i=i: [shared.write(b"%d" % i * 20 + b"\n") for _ in range(800)]
                      for i in range(4)])
        with open(path) as f:
            lines = f.read().split()
        assert len(lines) == 3200 and all(len(set(line)) == 1 and len(line) == 20 for line in lines)
        with open(path, "w") as shared:
            together([lambda i=i: [shared.write(f"{i}" * 20 + "\n") for _ in range(800)] for i in range(4)])
        with open(path) as f:
            lines = f.read().split()
        assert len(lines) == 3200 and all(len(set(line)) == 1 and len(line) == 20 for line in lines)
    finally:
        os.unlink(path)


def test_readers_share_the_lines():
    path = path_of_file(b"".join(b"%06d\n" % i for i in range(4000)))
    try:
        for mode in ("rb",):
            with open(path, mode) as shared:
                parts = [[] for _ in range(4)]
                together([lambda p=p: p.extend(iter(shared.readline, b"")) for p in parts])
            assert sorted(int(x) for p in parts for x in p) == list(range(4000))
    finally:
        os.unlink(path)


def test_buffered_files():
    path = path_of_file(b"some text\n" * 2000)
    try:
        with open(path, "r+b") as shared:
            hammer(lambda n: (shared.read(100), shared.readline(), shared.tell()),
                   lambda n: (shared.seek(n % 5000), shared.peek(3), shared.read1(10)),
                   lambda n: (shared.write(b"x" * 50), shared.flush()),
                   lambda n: (shared.readinto(bytearray(50)), next(shared, None)),
                   lambda n: (shared.truncate(20000), repr(shared), shared.raw), allowed=ALLOWED, copies=1)
        for _ in range(10):
            shared = open(path, "rb")
            together([shared.close, lambda: allow(shared.read), lambda: allow(shared.readline),
                      lambda: allow(shared.seek, 3)])
        for _ in range(10):
            shared = open(path, "rb", buffering=0)
            together([shared.close, lambda: allow(shared.read), lambda: allow(shared.fileno),
                      lambda: repr(shared), lambda: allow(shared.seek, 3)])
    finally:
        os.unlink(path)


def test_text_files():
    path = path_of_file("some téxt\n".encode() * 1000)
    try:
        with open(path, "r+", encoding="utf-8") as shared:
            hammer(lambda n: (shared.read(20), shared.readline()), lambda n: (shared.seek(0), shared.tell()),
                   lambda n: (shared.write("añc"), shared.flush()), lambda n: next(shared, None),
                   lambda n: (repr(shared), shared.errors, shared.newlines, shared.buffer),
                   lambda n: shared.reconfigure(line_buffering=n % 2 == 0), allowed=ALLOWED, copies=1)
        for _ in range(10):
            shared = open(path, encoding="utf-8")
            together([shared.close, lambda: allow(shared.read), lambda: allow(shared.readline)])
        for _ in range(5):
            shared = open(path, encoding="utf-8")
            together([lambda: allow(lambda: shared.detach().close()), lambda: allow(shared.read),
                      lambda: allow(shared.readline), lambda: allow(lambda: shared.buffer)])
    finally:
        os.unlink(path)


def test_pairs():
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as source, open(write_end, "wb", buffering=16) as sink:
        got = []

        def produce():
            for _ in range(200):
                sink.write(b"12345678")
            sink.flush()

        def consume():
            while sum(map(len, got)) < 3200:
                got.append(source.read1(64))
            os.close(os.dup(0))

        together([produce, produce, consume])
    assert sum(map(len, got)) == 3200
    shared = io.BufferedRWPair(io.BytesIO(b"ab\n" * 500), io.BytesIO())
    hammer(lambda n: shared.read(3), lambda n: shared.write(b"abc"), lambda n: shared.readline(),
           lambda n: shared.flush(), allowed=ALLOWED)


def test_initialised_again():
    raw = io.BytesIO(b"abc" * 1000)
    shared = io.BufferedReader(raw)
    hammer(lambda n: shared.__init__(raw, n % 100 + 1), lambda n: (shared.read(5), shared.peek(1)),
           lambda n: next(shared, None), allowed=ALLOWED)
    text = io.TextIOWrapper(io.BytesIO(b"abc\n" * 1000))
    hammer(lambda n: text.__init__(io.BytesIO(b"abc\n" * 100)), lambda n: (text.read(5), text.readline()),
           lambda n: text.tell(), allowed=ALLOWED)
    decoder = io.IncrementalNewlineDecoder(None, True)
    hammer(lambda n: decoder.decode("a\r\nb\r"), lambda n: decoder.reset(), lambda n: decoder.getstate(),
           lambda n: decoder.setstate((b"", n % 2)), lambda n: decoder.newlines, allowed=ALLOWED)


run_all(globals())
