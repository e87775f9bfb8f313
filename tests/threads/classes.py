# Classes, instances, functions, properties and weak references that change while others use them.
import abc
import functools
import gc
import operator
import types
import weakref
from _hammer import hammer, run_all, together

ALLOWED = (AttributeError, TypeError, RuntimeError, ReferenceError, ValueError, KeyError)


def test_attributes_of_a_class():
    class Base:
        shared = 0

        def method(self):
            return 1

    class Derived(Base):
        pass

    made = Derived()

    def change(n):
        Base.shared = n
        Base.method = lambda self: 1
        setattr(Derived, "extra%d" % (n % 20), n)

    def remove(n):
        for i in range(20):
            if "extra%d" % i in Derived.__dict__:
                delattr(Derived, "extra%d" % i)

    def use(n):
        assert made.method() == 1 and Derived.shared >= 0 and made.shared >= 0
        getattr(made, "extra3", None)

    hammer(change, use, lambda n: allow(remove, n),
           lambda n: (dir(Derived), Derived.__mro__, list(Derived.__dict__), Derived.__dict__.copy()),
           lambda n: (isinstance(made, Base), Base.__subclasses__(), repr(Derived), Derived.__name__))


def allow(function, *args):
    try:
        return function(*args)
    except ALLOWED:
        return None


def test_special_methods_of_a_class():
    class Number:
        def __add__(self, other):
            return 1

        def __call__(self):
            return 2

        def __len__(self):
            return 3

    made = Number()

    def change(n):
        Number.__add__ = lambda self, other: 1
        Number.__call__ = lambda self: 2
        Number.__len__ = lambda self: 3
        if n % 3 == 0:
            Number.__getattr__ = lambda self, name: name
            allow(delattr, Number, "__getattr__")

    def use(n):
        assert made + 1 == 1 and made() == 2 and len(made) == 3
        allow(getattr, made, "nothing")

    hammer(change, use)


def test_bases_and_class():
    class A:
        x = 1

    class B:
        x = 1

    class C(A):
        pass

    made = C()

    class Other(A):
        pass

    def bases(n):
        C.__bases__ = (B,) if n % 2 else (A,)

    def classes(n):
        made.__class__ = Other if n % 2 else C

    def use(n):
        assert made.x == 1 and C.x == 1 and type(made) in (C, Other)
        isinstance(made, A), issubclass(C, B), C.__mro__, A.__subclasses__()

    hammer(bases, classes, use, allowed=ALLOWED)


def test_making_and_losing_classes():
    class Base:
        pass

    def make(n):
        kind = type("Kind%d" % n, (Base,), {"x": n, "__slots__": ("a",) if n % 2 else ()})
        one = kind()
        assert one.x == n
        weakref.ref(kind)

    hammer(make, lambda n: Base.__subclasses__(), lambda n: setattr(Base, "attribute", n),
           lambda n: n % 40 or gc.collect(0))


def test_instances():
    class Plain:
        pass

    class Slots:
        __slots__ = ("a", "b", "__dict__", "__weakref__")

    for kind in (Plain, Slots):
        made = kind()

        def change(n):
            made.a = [n]
            made.b = n
            setattr(made, "c%d" % (n % 40), n * 1.5)

        def remove(n):
            allow(delattr, made, "a")
            allow(delattr, made, "c%d" % (n % 40))

        def use(n):
            allow(getattr, made, "a"), allow(getattr, made, "b"), getattr(made, "c3", None)

        hammer(change, remove, use, lambda n: (vars(made).copy(), list(made.__dict__), repr(made.__dict__)),
               lambda n: (operator.setitem(made.__dict__, "a", n), made.__dict__.pop("b", None)),
               lambda n: setattr(made, "__dict__", {"a": n}), lambda n: vars(made).clear(), lambda n: dir(made),
               copies=1)
    counter = Plain()
    together([lambda i=i: [setattr(counter, "a%d_%d" % (i, k), k) for k in range(300)] for i in range(4)])
    assert len(counter.__dict__) == 1200
    assert all(getattr(counter, "a%d_%d" % (i, k)) == k for i in range(4) for k in range(300))


def test_functions():
    def shared(a, b=2, *, c=3):
        return a

    def other(a, b=5, *, c=6):
        return a

    codes = shared.__code__, other.__code__

    def change(n):
        shared.__code__ = codes[n % 2]
        shared.__defaults__ = (n,)
        shared.__kwdefaults__ = {"c": n}
        shared.__name__ = "n%d" % n
        shared.__dict__["x"] = n
        shared.attribute = [n]
        shared.__annotations__ = {"a": n}
        shared.__doc__ = str(n)

    def use(n):
        assert shared(n) == n and shared(n, 1, c=2) == n
        shared.__name__, shared.__defaults__, shared.__kwdefaults__, shared.__dict__, shared.__annotations__
        repr(shared), getattr(shared, "attribute", None), shared.__get__(3).__func__

    hammer(change, use)


def test_methods_and_descriptors():
    class Thing:
        @property
        def value(self):
            return 1

        @classmethod
        def make(cls):
            return cls

        @staticmethod
        def static():
            return 3

        @functools.cached_property
        def cached(self):
            return object()

        def method(self):
            return self

    made = Thing()
    bound = made.method
    seen = set()

    def use(n):
        assert made.value == 1 and made.make() is Thing and made.static() == 3 and bound() is made
        seen.add(made.cached)
        made.__dict__.pop("cached", None) if n % 50 == 0 else None
        bound.__name__, bound.__self__, Thing.value.fget, Thing.make.__func__

    hammer(use, lambda n: str.join.__qualname__, lambda n: list.append.__qualname__,
           lambda n: setattr(Thing.value, "__doc__", str(n)), lambda n: Thing.value.setter(None))
    kinds = [type("K", (str,), {}) for _ in range(20)]
    together([lambda: [(k.join.__qualname__, k.__dict__, k.__doc__) for k in kinds] for _ in range(4)])


def test_weak_references():
    class Thing:
        pass

    for _ in range(60):
        made = Thing()
        holder = [made]
        reference = weakref.ref(made)
        called = []
        del made

        def use():
            for _ in range(30):
                found = reference()
                assert found is None or type(found) is Thing
                if holder:
                    try:
                        weakref.ref(holder[0], called.append)
                    except IndexError:
                        pass
                weakref.getweakrefcount(found), hash(reference) if found else None

        together([use, use, lambda: holder.clear()])
        gc.collect(0)
        assert reference() is None


def test_weak_containers():
    class Key:
        pass

    values = weakref.WeakValueDictionary()
    keys = weakref.WeakKeyDictionary()
    members = weakref.WeakSet()

    def make(n):
        mine = [Key() for _ in range(5)]
        for i, k in enumerate(mine):
            values[i] = k
            keys[k] = i
            members.add(k)

    hammer(make, lambda n: (list(values.items()), list(keys.items()), len(members), list(members)),
           lambda n: (values.get(2), values.copy(), len(keys), keys.keyrefs(), values.valuerefs()))
    gc.collect()


def test_proxies_and_finalizers():
    class Thing:
        x = 1

    finished = []
    for _ in range(40):
        made = Thing()
        proxy = weakref.proxy(made)
        end = weakref.finalize(made, finished.append, 1)
        holder = [made]
        del made
        together([lambda: [allow(lambda: proxy.x) for _ in range(20)], holder.clear, lambda: allow(end)])
    gc.collect()
    assert len(finished) == 40


def test_abstract_classes():
    class Base(abc.ABC):
        @abc.abstractmethod
        def f(self):
            pass

    def register(n):
        kind = type("K", (), {})
        Base.register(kind)
        assert issubclass(kind, Base) and isinstance(kind(), Base)

    hammer(register, lambda n: isinstance(n, Base), lambda n: issubclass(str, Base))


def test_cells_and_globals():
    def make():
        value = 0

        def get():
            return value

        def put(n):
            nonlocal value
            value = [n] if n % 2 else n * 1.5

        def drop():
            nonlocal value
            del value

        return get, put, drop

    get, put, drop = make()
    hammer(lambda n: allow(get), put, lambda n: allow(drop), lambda n: allow(lambda: get.__closure__[0].cell_contents),
           lambda n: setattr(get.__closure__[0], "cell_contents", n), allowed=(NameError, ValueError), copies=1)
    module = types.ModuleType("m")
    exec("value = 0\ndef read():\n    return value\ndef call():\n    return len([1])\n", module.__dict__)

    def change(n):
        module.value = [n]
        setattr(module, "extra%d" % (n % 50), n)
        module.__dict__.pop("extra%d" % (n * 7 % 50), None)
        if n % 20 == 0:
            module.len = lambda x: 1
            module.__dict__.pop("len", None)

    hammer(change, lambda n: module.read(), lambda n: module.call(), lambda n: dir(module),
           lambda n: list(module.__dict__.items()))


def test_exceptions():
    shared = ValueError("x")

    def raise_it(n):
        try:
            raise shared
        except ValueError as e:
            e.__traceback__, e.__context__, e.args, repr(e), str(e)

    hammer(raise_it, lambda n: setattr(shared, "args", (n,)), lambda n: shared.with_traceback(None),
           lambda n: setattr(shared, "__cause__", KeyError()), lambda n: setattr(shared, "extra", n),
           lambda n: shared.__notes__ if hasattr(shared, "__notes__") else shared.add_note("a"),
           lambda n: shared.__reduce__(), lambda n: setattr(shared, "__traceback__", None), allowed=ALLOWED, copies=1)


def test_frames_of_other_threads():
    import sys

    def work(n):
        a, b = n, [n]
        return sum(b) + a

    def look(n):
        for frame in sys._current_frames().values():
            while frame is not None:
                frame.f_lineno, frame.f_code.co_name, frame.f_lasti
                frame = frame.f_back

    hammer(work, look, lambda n: sys._getframe().f_locals, copies=1)


run_all(globals())
