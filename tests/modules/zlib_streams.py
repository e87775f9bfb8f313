# zlib: round trips in pieces, limits, dictionaries, what is left over, broken data, threads.
import random
import threading
import zlib

random.seed(5)
TEXT = b"".join(random.choice([b"alpha ", b"beta ", b"gamma\n"]) for _ in range(20000))


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as e:
        assert text in str(e), (text, str(e))
    else:
        raise AssertionError(f"no {kind.__name__}")


packed = zlib.compress(TEXT)
assert zlib.decompress(packed) == TEXT == zlib.decompress(packed, bufsize=1)
assert zlib.crc32(b"123456789") == 0xcbf43926 and zlib.adler32(b"Wikipedia") == 0x11e60398
assert zlib.crc32(b"6789", zlib.crc32(b"12345")) == 0xcbf43926

for wbits in (15, -15, 31):
    c = zlib.compressobj(9, zlib.DEFLATED, wbits)
    parts = [c.compress(TEXT[:1000]), c.flush(zlib.Z_SYNC_FLUSH)]
    fork = c.copy()
    parts += [c.compress(TEXT[1000:]), c.flush()]
    data = b"".join(parts) + b"rest"
    d = zlib.decompressobj(wbits)
    out = b""
    for i in range(0, len(data), 100):
        piece = data[i:i + 100]
        while piece:
            got = d.decompress(piece, 57)
            assert len(got) <= 57
            out += got
            piece = d.unconsumed_tail
    out += d.flush()
    assert out == TEXT and d.eof and d.unused_data == b"rest"
    raises(zlib.error, "Error -2 while compressing data: inconsistent stream state", c.compress, b"")
    assert fork.flush() != b""

d = zlib._ZlibDecompressor()
out = d.decompress(packed + b"tail", max_length=0)
assert out == b"" and not d.needs_input
while not d.eof:
    out += d.decompress(b"", max_length=1000)
assert out == TEXT and d.unused_data == b"tail"
raises(EOFError, "End of stream already reached", d.decompress, b"")

c = zlib.compressobj(zdict=b"alpha beta gamma")
data = c.compress(TEXT) + c.flush()
assert zlib.decompressobj(zdict=b"alpha beta gamma").decompress(data) == TEXT
raises(zlib.error, "Error 2 while decompressing data", zlib.decompressobj().decompress, data)
raises(zlib.error, "Error -3 while setting zdict", zlib.decompressobj(zdict=b"x").decompress, data)
raises(zlib.error, "Error 2 while decompressing data", zlib._ZlibDecompressor().decompress, data)

raises(zlib.error, "Error -5 while decompressing data: incomplete or truncated stream",
       zlib.decompress, packed[:-1])
raises(zlib.error, "Error -3 while decompressing data: incorrect header check", zlib.decompress,
       b"not a stream")
raises(zlib.error, "Bad compression level", zlib.compress, b"", 99)
raises(ValueError, "Invalid initialization option", zlib.compressobj, wbits=99)
for _ in range(300):
    broken = bytearray(packed)
    for _ in range(3):
        broken[random.randrange(len(broken))] ^= 1 << random.randrange(8)
    try:
        zlib.decompress(broken)
    except zlib.error:
        pass

# One object, many threads: its calls come one after the other.
c = zlib.compressobj(1)
produced = []


def work():
    for _ in range(30):
        produced.append(c.compress(b"z" * 5000))


threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
end = c.flush()
assert sum(map(len, produced)) + len(end) > 100

d = zlib.decompressobj()


def read():
    for i in range(200):
        try:
            d.decompress(packed[:500], 100)
        except zlib.error:
            pass
        d.unconsumed_tail, d.unused_data, d.eof
        d.copy()


threads = [threading.Thread(target=read) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
