# json with the native scanner and encoder against its Python forms, on random documents and on text
# that is broken at random.
import json
import json.decoder
import json.encoder
import json.scanner
import random
import threading

assert json.decoder.scanstring is json.decoder.c_scanstring


class Python(json.JSONDecoder):
    """Decodes with the code in Python."""

    def __init__(self):
        super().__init__()
        self.parse_string = json.decoder.py_scanstring
        self.scan_once = json.scanner.py_make_scanner(self)


def encode_python(value, **options):
    encoder = json.JSONEncoder(**options)
    return "".join(encoder.iterencode(value))


chooser = random.Random(3)
characters = 'ab"\\/\b\n\r\t\x00\x1f\x7f\x80\xff\u1234\ud800\udc00\U0001d120 {}[],:'


def text():
    return "".join(chooser.choices(characters, k=chooser.randrange(chooser.choice([1, 3, 20]))))


def value(depth):
    kind = chooser.randrange(11 if depth > 0 else 8)
    if kind == 0:
        return chooser.choice([None, True, False])
    if kind < 3:
        return chooser.choice([0, 1, -1, 10**17, -10**18 + 1, 10**18, 2**61, -2**62, 10**30,
                               chooser.randrange(-1000, 1000)])
    if kind < 5:
        return chooser.choice([0.0, -0.0, 1.5, 1e22, 1e23, 1e-7, 123456789.123, 5e-324, 1.7e308,
                               float("inf"), chooser.random(), chooser.random() * 1e20])
    if kind < 8:
        return text()
    if kind == 8:
        return [value(depth - 1) for _ in range(chooser.randrange(4))]
    if kind == 9:
        return tuple(value(depth - 1) for _ in range(chooser.randrange(4)))
    return {chooser.choice([text(), "key", "other"]): value(depth - 1)
            for _ in range(chooser.randrange(5))}


def outcome(function, *args):
    try:
        return function(*args)
    except ValueError as exc:
        return type(exc), exc.args, exc.pos


def documents():
    python = Python()
    for _ in range(3000):
        v = value(4)
        for options in {}, {"ensure_ascii": False}, {"indent": 2}, {"indent": "é", "separators": ("中", ":")}:
            encoded = json.dumps(v, **options)
            assert encoded == encode_python(v, **options), (v, options)
            if "separators" not in options:
                assert repr(json.loads(encoded)) == repr(python.decode(encoded)), encoded
        broken = list(encoded := json.dumps(v, ensure_ascii=chooser.random() < 0.5))
        for _ in range(chooser.randrange(1, 3)):
            broken[chooser.randrange(len(broken))] = chooser.choice(list('"\\{}[],:0-.eEu\x01nN ') + [""])
        broken = "".join(broken)
        one, two = outcome(json.loads, broken), outcome(python.decode, broken)
        if isinstance(one, tuple) and isinstance(two, tuple):
            # Two messages of the Python forms show the character too.
            assert one[0] is two[0] and one[2] == two[2] or "ontrol" in one[1][0] or "escape" in one[1][0], \
                (broken, one, two)
        else:
            assert repr(one) == repr(two), (broken, one, two)


def numbers():
    for _ in range(3000):
        number = chooser.choice([
            repr(chooser.random() * 10 ** chooser.randrange(-20, 20)),
            f"{chooser.randrange(10**chooser.randrange(1, 20))}.{chooser.randrange(10**6):06}"
            f"e{chooser.randrange(-30, 30)}",
            f"-{chooser.randrange(10**chooser.randrange(1, 25))}.{'0' * chooser.randrange(1, 25)}1",
        ])
        assert json.loads(number) == float(number), number
    assert json.loads("[-0, -0.0, 1E400, -1e400, 0e99999999999]").__repr__() == "[0, -0.0, inf, -inf, 0.0]"
    assert json.loads("9" * 18) == 10**18 - 1 and json.loads("-" + "9" * 19) == 1 - 10**19


def keys():
    rows = json.loads(json.dumps([{f"k{i}": i for i in range(300)} for _ in range(2)]))
    first, second = ({key: key for key in row} for row in rows)
    assert all(first[key] is second[key] for key in first)
    assert json.loads('{"a": 1, "a": 2, "": 3}') == {"a": 2, "": 3}
    assert json.loads('{"a": 1, "b": [2]}', object_pairs_hook=list) == [("a", 1), ("b", [2])]


def notes():
    try:
        json.dumps({"a": [1, (2, 3j)]})
    except TypeError as exc:
        assert str(exc) == "Object of type complex is not JSON serializable"
        assert exc.__notes__ == ["when serializing tuple item 1", "when serializing list item 1",
                                 "when serializing dict item 'a'"]
    else:
        raise AssertionError


def changing_while_written():
    data = {"list": [1, 2, 3], "dict": {"a": 1}}
    stop = threading.Event()

    def change():
        i = 0
        while not stop.is_set():
            i += 1
            data["list"].append(i)
            data["dict"][str(i % 50)] = "x" * (i % 9)
            if i % 100 == 0:
                data["list"].clear()
                data["dict"].clear()

    threads = [threading.Thread(target=change) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2000):
        read = json.loads(json.dumps(data))
        assert set(read) == {"list", "dict"}
    stop.set()
    for thread in threads:
        thread.join()


documents()
numbers()
keys()
notes()
changing_while_written()
