# Random changes to byte strings. Everything follows from the Random that is passed.

LIMIT = 20000           # longest input that a change makes
DEEP = 3000             # repetitions of a token when nesting deep

NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
           0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff]
TEXT = [b"\xef\xbb\xbf", b"\0", b"\n", b"\r", b"\r\n", b"\x0c", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80",
        b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"'", b'"', b"\\", b"%", b"{", b"}",
        b"-1", b"1e999", b"9223372036854775808", b"0"]


def position(chooser, data):
    return chooser.randrange(len(data) + 1)


def span(chooser, data, longest=64):
    start = position(chooser, data)
    return start, min(len(data), start + chooser.randrange(1, longest))


def flip(chooser, data, seeds, tokens):
    data = bytearray(data or b"\0")
    for _ in range(chooser.choice([1, 1, 2, 4, 16])):
        data[chooser.randrange(len(data))] ^= 1 << chooser.randrange(8)
    return bytes(data)


def set_byte(chooser, data, seeds, tokens):
    data = bytearray(data or b"\0")
    for _ in range(chooser.choice([1, 1, 2, 4])):
        data[chooser.randrange(len(data))] = chooser.choice([0, 1, 0x7f, 0x80, 0xff, chooser.randrange(256)])
    return bytes(data)


def set_number(chooser, data, seeds, tokens):
    width = chooser.choice([1, 2, 4, 8])
    value = (chooser.choice(NUMBERS) + chooser.randrange(-2, 3)) & ((1 << 8 * width) - 1)
    at = position(chooser, data)
    return data[:at] + value.to_bytes(width, chooser.choice(["little", "big"])) + data[at + width:]


def delete(chooser, data, seeds, tokens):
    start, end = span(chooser, data)
    return data[:start] + data[end:]


def repeat(chooser, data, seeds, tokens):
    start, end = span(chooser, data)
    return data[:start] + data[start:end] * chooser.choice([2, 3, 10, 100]) + data[end:]


def truncate(chooser, data, seeds, tokens):
    return data[:position(chooser, data)]


def insert(chooser, data, seeds, tokens):
    for _ in range(chooser.choice([1, 1, 2, 5])):
        at = position(chooser, data)
        data = data[:at] + chooser.choice(tokens or TEXT) + data[at:]
    return data


def replace(chooser, data, seeds, tokens):
    start, end = span(chooser, data, 8)
    return data[:start] + chooser.choice(tokens or TEXT) + data[end:]


def insert_text(chooser, data, seeds, tokens):
    return insert(chooser, data, seeds, TEXT)


def splice(chooser, data, seeds, tokens):
    other = chooser.choice(seeds)
    return data[:position(chooser, data)] + other[position(chooser, other):]


def graft(chooser, data, seeds, tokens):
    other = chooser.choice(seeds)
    start, end = span(chooser, other, 200)
    at, after = span(chooser, data)
    return data[:at] + other[start:end] + data[after if chooser.random() < 0.5 else at:]


def swap(chooser, data, seeds, tokens):
    a, b = sorted([span(chooser, data), span(chooser, data)])
    if a[1] > b[0]:
        return data
    return data[:a[0]] + data[b[0]:b[1]] + data[a[1]:b[0]] + data[a[0]:a[1]] + data[b[1]:]


def nest(chooser, data, seeds, tokens):
    at = position(chooser, data)
    return data[:at] + chooser.choice(tokens or TEXT) * chooser.randrange(DEEP) + data[at:]


CHANGES = [flip, flip, set_byte, set_byte, set_number, set_number, delete, repeat, truncate,
           insert, insert, insert, replace, replace, insert_text, splice, graft, graft, swap]


def mutate(chooser, seeds, tokens):
    data = chooser.choice(seeds)
    for _ in range(chooser.choice([0, 1, 1, 1, 2, 2, 3, 5, 9])):
        data = chooser.choice(CHANGES)(chooser, data, seeds, tokens)[:LIMIT]
    if chooser.random() < 0.01:
        data = nest(chooser, data, seeds, tokens)[:LIMIT]
    return data
