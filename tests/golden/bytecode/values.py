def values(a, b):
    a, b = b, a
    c = a or b
    d = a < b < 3
    e = [i * a for i in b]
    f = lambda: c
    if d is None and a.x[1:b]:
        return (c, 1), {**e}, f"{a!r}{b:>5}"
    return 1 + 2 * 3


def unbound(flag):
    if flag:
        x = 1
    return x
