# io.TextIOWrapper: what waits to be written, detaching, failed reconfiguration, pickling.
import io
import locale
import os
import pickle
import subprocess
import sys


class Sink(io.RawIOBase):
    def __init__(self, react=None):
        self.writes, self.react = [], react

    def writable(self):
        return True

    def write(self, data):
        react, self.react = self.react, None
        if react:
            react()
        self.writes.append(bytes(data))
        return len(data)


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(kind)


# No more than a chunk is written at once, unless one text is longer.
sink = Sink()
stream = io.TextIOWrapper(sink, "ascii")
limit = stream._CHUNK_SIZE
stream.write("a" * (limit - 1))
stream.write("bc")
assert sink.writes == [b"a" * (limit - 1)]
stream.write("d" * limit)
assert sink.writes[1:] == [b"bc", b"d" * limit]

# The stream below writes to the one above.
sink = Sink(lambda: stream.write("middle"))
stream = io.TextIOWrapper(sink, "utf-8")
stream.write("first")
stream.write("l" * limit)
stream.flush()
assert sink.writes == [b"first", b"middle", b"l" * limit]

# Reading goes on behind a write where reading and writing have nothing in common.
pair = io.BufferedRWPair(io.BytesIO(b"one\ntwo\n"), io.BytesIO())
stream = io.TextIOWrapper(pair, "ascii")
assert stream.readline() == "one\n"
stream.write("x")
assert stream.readline() == "two\n"

stream = io.TextIOWrapper(io.BytesIO(), "ascii", "replace")
stream.detach()
assert repr(stream) == "<_io.TextIOWrapper encoding='ascii'>"
assert (stream.encoding, stream.errors) == ("ascii", "replace")
raises(ValueError, "underlying buffer has been detached", stream.detach)


class Detaching(io.RawIOBase):
    @property
    def closed(self):
        if stream is not None and not stream_gone:
            stream_gone.append(True)
            stream.detach()
        return False


stream, stream_gone = None, []
stream = io.TextIOWrapper(Detaching())
stream.close()

stream = io.TextIOWrapper(io.BytesIO(), "ascii", "replace")
for change in {"errors": "\udcfe"}, {"encoding": "\udcfe"}, {"encoding": "ascii\0"}, {"errors": 1}:
    raises((UnicodeEncodeError, LookupError, TypeError), "", stream.reconfigure, **change)
    assert (stream.encoding, stream.errors) == ("ascii", "replace")


class Kept(io.BufferedReader):
    def __getstate__(self):
        return self.raw.getvalue()

    def __setstate__(self, state):
        self.__init__(io.BytesIO(state))


for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    raises(TypeError, "cannot pickle 'BufferedReader' instances", pickle.dumps,
           io.BufferedReader(io.BytesIO()), protocol)
    raises(TypeError, "cannot pickle 'FileIO' instances", pickle.dumps,
           io.FileIO(__file__), protocol)
    assert pickle.loads(pickle.dumps(Kept(io.BytesIO(b"data")), protocol)).read() == b"data"

text = io.StringIO()
text.__setstate__((None, "", 0, {}))
assert text.getvalue() == ""
text.close()
raises(ValueError, "I/O operation on closed file", text.__setstate__, ("", "", 0, None))


def run(code, *options, **environment):
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True,
                          env=os.environ | environment).stdout.strip()


show = "import io; print(io.TextIOWrapper(io.BytesIO()).encoding)"
assert run(show, "-X", "utf8") == "utf-8"
assert run(show, "-X", "utf8=0", LC_ALL="C.UTF-8") == "UTF-8"
assert io.TextIOWrapper(io.BytesIO(), "locale").encoding == locale.getencoding()
bad = "import io\ntry: io.TextIOWrapper(io.BytesIO(), errors='nope')\nexcept LookupError: print('no')"
assert run(bad, "-X", "dev") == "no" and run(bad) == ""
assert run("import sys; print('io' in sys.modules)", "-S") == "False"
