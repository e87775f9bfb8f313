# What registers of running and suspended frames keep alive: what is live in them, nothing else.
import gc
import weakref


def cycle_with_stale_registers():
    class C:
        pass
    obj = C()
    ref = weakref.ref(obj)          # obj was lent to the call
    container = {obj, 1}
    obj.x = iter(container)
    del obj, container
    gc.collect()
    return ref()


for _ in range(3):
    assert cycle_with_stale_registers() is None


# Classes are counted by the collector only, so a stale register would keep them.
def class_in_its_own_attribute(base):
    class A:
        items = base()
    A.items.append(A)
    len(A.items)
    ref = weakref.ref(A)
    del A
    gc.collect()
    return ref()


class L(list):
    pass


for base in list, L, list, L:
    for _ in range(4):              # inline caches of the function come to know the class
        assert class_in_its_own_attribute(base) is None


# Inline caches do not keep attributes of classes either.
def cached_attribute():
    class Big:
        pass
    class Holder:
        big = Big()
        @property
        def p(self):
            return self
        @staticmethod
        def s():
            return 1
    for _ in range(20):
        Holder.big
        Holder().big
        Holder().p
        Holder.s()
    ref = weakref.ref(Holder.big)
    del Holder.big
    assert ref() is None
    ref = weakref.ref(Holder)
    del Holder
    gc.collect()
    return ref()


for _ in range(3):
    assert cached_attribute() is None


# Descriptors that get another function.
class Changing:
    def first(self=None):
        return 'first'
    p = property(first)
    s = staticmethod(first)


def read(obj):
    return obj.p, Changing.s(), obj.s()


for _ in range(20):
    assert read(Changing()) == ('first',) * 3
Changing.__dict__['p'].__init__(lambda self: 'second')
Changing.__dict__['s'].__init__(lambda: 'second')
del Changing.first
gc.collect()
assert read(Changing()) == ('second',) * 3


# Live temporaries are kept while the frame waits.
def make():
    class Temporary:
        def method(self, *args):
            return args
    return Temporary


def collect():
    gc.collect()
    return [object() for _ in range(100)] and 1


for _ in range(3):
    assert make()().method(collect(), make().__name__, collect()) == (1, 'Temporary', 1)
    assert [make(), collect(), make()][0].__name__ == 'Temporary'
    assert (lambda *a: len(a))(make(), *[collect()], make()) == 3


# A generator that waits in the middle of a call: the unused parts of the window hold old pointers.
def waiting():
    for i in range(50):
        a, b = [i], [i + 1]
        len([a, b, (a, b), max(a, b), min(a, b)])
        del a, b
        garbage = [[j] for j in range(50)]
        del garbage
        got = max(i, int('1'), min(2, 3, len(str((yield i)))))
        assert got >= 1


def drive(generator):
    keep = []
    for value in generator:
        keep.append([value])
        gc.collect(0)
    return len(keep)


assert drive(waiting()) == 50


# Pairs that iterators use again are seen by the collector when they come to hold containers.
def reused():
    seen = []
    for i, x in enumerate([1, 2, [3]]):
        gc.collect()
    for pair in zip([1, 2, seen], [1, 2, seen]):
        gc.collect()
    seen.append(pair)
    return weakref.ref(Marker(seen))


class Marker:
    def __init__(self, seen):
        self.seen = seen
        seen.append(self)


assert reused() is not None
gc.collect()
assert not gc.is_tracked((1, 'a', 2.5, (3, None)))
assert gc.is_tracked((1, []))
