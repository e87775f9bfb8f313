# Calls of what is native with values that are wrong, extreme, or change while they are looked at.
#
# The input's first line names a function or a class; the bytes behind choose arguments and methods.
import importlib
import sys
import types

from _target import bounded, target

MODULES = """_abc _bisect _codecs _collections _contextvars _csv _datetime _decimal _functools _heapq _io _json _operator
_pickle _queue _random _sre _statistics _string _struct _typing _weakref array binascii cmath itertools math zlib _bz2
unicodedata pyexpat builtins marshal _tokenize _symtable _ast _hashlib _md5 _sha2 _blake2 _sha3 _hmac _opcode _types
_lsprof _suggestions _stat _locale time errno _warnings gc _imp sys""".split()
# What ends, stops, waits, opens or changes the process, by intent.
LEFT_ALONE = set("""open open_code input breakpoint exit quit print exec eval compile __import__ sleep
FileIO _exit tzset setlocale set_debug settrace setprofile addaudithook
create_builtin create_dynamic exec_dynamic exec_builtin load_dynamic acquire_lock release_lock setrecursionlimit setswitchinterval
set_int_max_str_digits _setprofileallthreads _settraceallthreads excepthook unraisablehook displayhook breakpointhook __excepthook__
__unraisablehook__ __displayhook__ __breakpointhook__ call_tracing set_threshold clock_settime clock_settime_ns pthread_getcpuclockid
_debugmallocstats set_asyncgen_hooks set_coroutine_origin_tracking_depth activate_stack_trampoline remote_exec audit
_override_frozen_modules_for_tests _override_multi_interp_extensions_check _fix_co_filename getobjects get_objects get_referrers
get_referents freeze unfreeze help copyright credits license _current_frames _current_exceptions _clear_type_cache _clear_internal_caches
setdlopenflags monitoring _git _framework""".split())


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Clears:
    """An index, hash, comparison or key that empties a container."""
    victims = []

    def clear(self):
        for victim in self.victims:
            try:
                victim.clear()
            except (AttributeError, BufferError, TypeError, ValueError):
                pass

    def __index__(self):
        self.clear()
        return 1

    def __hash__(self):
        self.clear()
        return 1

    def __eq__(self, other):
        self.clear()
        return True

    def __lt__(self, other):
        self.clear()
        return False

    def __call__(self, *args):
        self.clear()
        return self

    def __repr__(self):
        self.clear()
        return "Clears()"

    def __iter__(self):
        self.clear()
        return iter((1, 2))

    def __len__(self):
        self.clear()
        return 3


class Raises:
    def __getattr__(self, name):
        raise KeyError(name)

    def __len__(self):
        raise ValueError

    def __iter__(self):
        raise TypeError

    def __bool__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise OSError


class Wrong:
    """Special methods that return what they must not."""
    __index__ = __len__ = __iter__ = __bool__ = __repr__ = __str__ = __float__ = __bytes__ = __complex__ = lambda self: self
    __hash__ = __format__ = __getitem__ = __next__ = __length_hint__ = __fspath__ = __reduce_ex__ = lambda self, *args: "wrong"


class Str(str):
    pass


class List(list):
    def __len__(self):
        return 10


def recursive():
    value = [1]
    value.append(value)
    return value


VALUES = [lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 1, lambda: 2, lambda: 255, lambda: 1 << 31, lambda: (1 << 63) - 1, lambda: -(1 << 63),
          lambda: 1 << 64, lambda: 1 << 200, lambda: 0.0, lambda: -1.5, lambda: float("nan"), lambda: float("inf"), lambda: 1e308, lambda: 1j, lambda: "", lambda: "a",
          lambda: "é\U00010400", lambda: "\ud800", lambda: "a\0b", lambda: "abc" * 20, lambda: b"", lambda: b"ab\xff", lambda: bytearray(b"abc"), lambda: memoryview(b"abcd"),
          lambda: memoryview(bytearray(8)).cast("H")[::2], lambda: (), lambda: (1, "a"), lambda: [], lambda: [3, 1, 2], lambda: {}, lambda: {"a": 1, 2: "b"}, lambda: {1, 2},
          lambda: frozenset("ab"), lambda: range(5), lambda: slice(None, -1, 2), lambda: int, lambda: str, lambda: type, lambda: object, lambda: object(), lambda: len,
          lambda: (lambda *a, **k: a), lambda: iter([1, 2]), lambda: (i for i in "ab"), Wrong, Raises, Clears, lambda: Index(-1), lambda: Index(1 << 70), lambda: Index(3),
          recursive, lambda: Str("sub"), lambda: List([1]), lambda: ValueError("x"), lambda: types.SimpleNamespace(a=1), lambda: [Clears(), Clears()],
          lambda: {Clears(): 1}, lambda: Ellipsis, lambda: NotImplemented, lambda: "utf-8", lambda: "strict", lambda: sys.modules["types"], lambda: {"a": recursive()},
          lambda: compile("x = 1", "f", "exec"), lambda: (1 << 31,) * 3, lambda: [b"a", "b"], lambda: "%d{}"]
KEYWORDS = ["key", "default", "encoding", "errors", "maxsplit", "sep", "start", "initial", "reverse", "strict", "n", "value", "base", "name", "maxlen", "repeat"]


def things():
    found = {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, value in vars(module).items():
            if name in LEFT_ALONE or name.startswith("__") and name != "__build_class__" or not callable(value):
                continue
            if isinstance(value, type) and (value.__flags__ >> 9 & 1 and module_name in ("_typing",)):
                continue
            if isinstance(value, (type, types.BuiltinFunctionType)):
                found[f"{module_name}.{name}"] = value
    for name in "FunctionType CodeType GeneratorType CoroutineType AsyncGeneratorType MethodType MappingProxyType CellType TracebackType FrameType " \
                "GenericAlias UnionType SimpleNamespace GetSetDescriptorType MemberDescriptorType ModuleType".split():
        if hasattr(types, name) and name not in ("CodeType", "FunctionType"):
            found["types." + name] = getattr(types, name)
    return found


THINGS = things()


class Choices:
    def __init__(self, data):
        self.data = data or b"\0"
        self.at = 0

    def take(self, options):
        """One of a sequence."""
        value = 0
        for _ in range(2):
            value = value << 8 | self.data[self.at % len(self.data)] ^ self.at // len(self.data) & 255
            self.at += 1
        return options[value % len(options)]

    def value(self):
        value = self.take(VALUES)()
        if isinstance(value, (list, dict, set, bytearray)):
            Clears.victims.append(value)
        return value

    def arguments(self):
        args = [self.value() for _ in range(self.take([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5]))]
        keywords = {self.take(KEYWORDS): self.value() for _ in range(self.take([0] * 6 + [1, 2]))}
        return args, keywords


def call(function, choices):
    args, keywords = choices.arguments()
    result = attempt_call(function, *args, **keywords)
    if isinstance(result, (types.GeneratorType, types.CoroutineType)):
        return result
    if hasattr(type(result), "__next__"):
        for _ in range(5):
            attempt_call(next, result, None)
    return result


def attempt_call(function, *args, **keywords):
    try:
        return function(*args, **keywords)
    except SystemError as exc:
        if "error return without exception" in str(exc) or "NULL" in str(exc) or "returned a result with" in str(exc) or "bad" in str(exc):
            raise
    except Exception:
        pass
    return None


def use(thing, choices):
    """Calls the thing, then methods and operators of what it gave."""
    result = call(thing, choices)
    if isinstance(thing, type):
        if not isinstance(result, thing):
            result = attempt_call(thing.__new__, thing) if choices.take([0, 1]) else result
        names = [n for n in dir(thing) if n not in LEFT_ALONE and n not in ("__class__", "__init_subclass__", "__subclasshook__", "mro", "__subclasses__")]
        for _ in range(choices.take([1, 3, 6, 10])):
            method = attempt_call(getattr, result if choices.take([0, 1, 1, 1]) else thing, choices.take(names), None)
            if callable(method):
                call(method, choices)
    if result is None or isinstance(result, type):
        return
    Clears.victims.append(result)
    for operation in (repr, hash, len, bool, iter, str, float) + ((bytes,) if not isinstance(result, int) else ()):
        attempt_call(operation, result)
    attempt_call(lambda: result == choices.value())
    attempt_call(lambda: result < choices.value())
    attempt_call(lambda: result + choices.value())
    attempt_call(lambda: choices.value() % result)
    attempt_call(lambda: result[choices.value()])
    attempt_call(lambda: setattr(result, choices.take(["a", "__class__", "__dict__", "maxlen", "__name__"]), choices.value()))


def call_seeds():
    return [name.encode() + b"\n" + bytes((i * 37 + n * 11 + k * 101) & 255 for n in range(12)) for k in range(3) for i, name in enumerate(THINGS)]


@target(call_seeds, [bytes([i]) for i in range(0, 256, 5)])
def calls(data):
    name, _, rest = data.partition(b"\n")
    thing = THINGS.get(name.decode("latin-1"))
    if thing is None:
        return
    Clears.victims = []
    try:
        bounded(2, use, thing, Choices(rest))
    finally:
        Clears.victims = []
