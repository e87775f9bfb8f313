# Rows through csv.reader and csv.writer: round trips, errors, threads that share a reader.
import csv
import io
import random
import threading


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as exc:
        assert str(exc) == text, str(exc)
    else:
        raise AssertionError(f"{kind.__name__} not raised")


def round_trips():
    chooser = random.Random(5)
    alphabet = ["a", "b", ",", '"', "\\", "\n", "\r", " ", ";", "é", "中", "\U0001d120", ""]
    for trial in range(2000):
        rows = [["".join(chooser.choices(alphabet, k=chooser.randrange(6)))
                 for _ in range(chooser.randrange(1, 5))] for _ in range(chooser.randrange(1, 4))]
        options = chooser.choice([
            {}, {"quoting": csv.QUOTE_ALL}, {"delimiter": ";"}, {"quotechar": "b"},
            {"doublequote": False, "escapechar": "\\"},
            {"quoting": csv.QUOTE_NOTNULL}, {"quoting": csv.QUOTE_STRINGS},
        ])
        file = io.StringIO(newline="")
        csv.writer(file, **options).writerows(rows)
        file.seek(0)
        assert list(csv.reader(file, **options)) == rows, (rows, options, file.getvalue())


def errors():
    raises(csv.Error, "unexpected end of data", list, csv.reader(['"a'], strict=True))
    raises(csv.Error, "',' expected after '\"'", list, csv.reader(['"a"b'], strict=True))
    raises(csv.Error, "iterator should return strings, not bytes (the file should be opened in text mode)",
           list, csv.reader([b"a"]))
    raises(csv.Error, "need to escape, but no escapechar set",
           csv.writer(io.StringIO(), quoting=csv.QUOTE_NONE).writerow, [","])
    raises(csv.Error, "iterable expected, not int", csv.writer(io.StringIO()).writerow, 1)
    raises(ValueError, "bad delimiter or quotechar value", csv.reader, [], delimiter='"')
    raises(TypeError, '"delimiter" must be a unicode character, not a string of length 2',
           csv.reader, [], delimiter="::")


class Lines:
    def __init__(self, n):
        self.numbers = iter(range(n))
        self.lock = threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            i = next(self.numbers)
        return f'{i},"x{i}",{"y" * (i % 50)}'


def shared_reader():
    n = 20_000
    reader = csv.reader(Lines(n))
    rows = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda kept=kept: kept.extend(reader)) for kept in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = sorted(sum(rows, []), key=lambda row: int(row[0]))
    assert len(seen) == n == reader.line_num
    assert all(row == [str(i), f"x{i}", "y" * (i % 50)] for i, row in enumerate(seen))


round_trips()
errors()
shared_reader()
