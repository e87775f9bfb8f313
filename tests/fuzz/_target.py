# What a target is.
import signal

TARGETS = {}


class Timeout(BaseException):
    """The input took longer than `bounded` allows; no finding."""


class Target:
    def __init__(self, run, seeds, tokens, allowed):
        self.name = run.__name__
        self.run = run
        self.make_seeds = seeds
        self.seeds = []
        self.tokens = tokens
        # Any input may be too large or too deep.
        self.allowed = allowed + (MemoryError, RecursionError)

    def start(self):
        self.seeds.extend(self.make_seeds())


def target(seeds, tokens=(), allowed=()):
    """Registers a function of bytes. seeds: function that makes a list; allowed: what it may raise."""
    def register(run):
        TARGETS[run.__name__] = Target(run, seeds, list(tokens), tuple(allowed))
        return run
    return register


def bounded(seconds, function, *args):
    """Calls what may well take for ever (and must listen to signals then)."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def check(condition, *what):
    if not condition:
        raise AssertionError(what)
