# super objects as descriptors: bound once, by classes of their own too, or not at all.


class Derived(super):
    pass


class A:
    def name(self):
        return "A"


class B(A):
    def name(self):
        return "B"


for kind in (super, Derived):
    unbound = kind(B)
    bound = unbound.__get__(B())
    assert type(bound) is kind and bound.name() == "A"
    assert bound.__get__(B()) is bound
    assert unbound.__get__(None, B) is unbound
    # Never initialised: it has nothing to bind to.
    empty = kind.__new__(kind)
    assert empty.__get__(1) is empty
try:
    super(B).__get__(1)
except TypeError as exc:
    assert str(exc).startswith("super(type, obj): obj (instance of int) is not an instance"), exc
else:
    raise AssertionError
