def calls(a, b):
    a.method(b, 1)
    a(b, key=b)
    a(*b, **b)
    return a(b(a))


class C:
    def f(self):
        return super().f()
