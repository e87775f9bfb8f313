# _bz2: round trips in pieces, limits, what is left over, errors, threads.
import _bz2
import bz2
import random
import threading

random.seed(2)
TEXT = b"".join(random.choice([b"alpha ", b"beta ", b"gamma\n"]) for _ in range(30000))
packed = bz2.compress(TEXT)
assert bz2.decompress(packed) == TEXT and bz2.decompress(packed * 2) == TEXT * 2

d = _bz2.BZ2Decompressor()
out = d.decompress(b"", 10)
assert out == b"" and d.needs_input and not d.eof
data = packed + b"tail"
for i in range(0, len(data), 100):
    if d.eof:
        break
    out += d.decompress(data[i:i + 100], 57)
    while not d.eof and not d.needs_input:
        piece = d.decompress(b"", 57)
        assert len(piece) <= 57
        out += piece
assert out == TEXT and d.eof and b"tail".startswith(d.unused_data)


def raises(kind, text, function, *args):
    try:
        function(*args)
    except kind as e:
        assert text in str(e), str(e)
    else:
        raise AssertionError


raises(EOFError, "End of stream already reached", d.decompress, b"")
raises(OSError, "Invalid data stream", _bz2.BZ2Decompressor().decompress, b"no such thing")
d = _bz2.BZ2Decompressor()
raises(OSError, "Invalid data stream", d.decompress, packed[:30] + bytes(200))
raises(ValueError, "previous error", d.decompress, packed)
assert not d.needs_input and not d.eof
raises(ValueError, "compresslevel must be between 1 and 9", _bz2.BZ2Compressor, 10)
c = _bz2.BZ2Compressor(1)
assert c.compress(b"") == b""
c.flush()
raises(ValueError, "Repeated call to flush()", c.flush)
raises(ValueError, "Compressor has been flushed", c.compress, b"")
for _ in range(100):
    broken = bytearray(packed)
    broken[random.randrange(len(broken))] ^= 1 << random.randrange(8)
    try:
        bz2.decompress(broken)
    except (OSError, ValueError, EOFError):
        pass

c = _bz2.BZ2Compressor()
d = _bz2.BZ2Decompressor()


def work():
    for _ in range(10):
        c.compress(TEXT[:20000])
        try:
            d.decompress(packed[:300], 50)
        except (OSError, EOFError, RuntimeError, ValueError):
            pass
        d.eof, d.needs_input, d.unused_data


threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
c.flush()
