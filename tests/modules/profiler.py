# _lsprof and cProfile: counts, callers, recursion, native functions, timers, threads.
import _lsprof
import cProfile
import io
import pstats
import sys
import threading


def leaf():
    return sum([1, 2])


def twice():
    leaf()
    leaf()


def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def generate():
    yield 1
    yield 2


p = _lsprof.Profiler()
p.enable()
twice()
factorial(5)
list(generate())
p.disable()
stats = {getattr(e.code, "co_name", e.code): e for e in p.getstats()}
assert stats["leaf"].callcount == 2 and stats["twice"].callcount == 1
assert [(c.code.co_name, c.callcount) for c in stats["twice"].calls] == [("leaf", 2)]
assert stats["factorial"].callcount == 5 and stats["factorial"].reccallcount == 4
assert stats["generate"].callcount == 3
assert stats["<built-in method builtins.sum>"].callcount == 2
assert stats["twice"].totaltime >= stats["twice"].inlinetime >= 0
assert sys.monitoring.get_tool(sys.monitoring.PROFILER_ID) is None
p.clear()
assert p.getstats() == []

# Ticks of a timer of our own: one for each look.
ticks = iter(range(10**6))
p = _lsprof.Profiler(lambda: next(ticks), 0.5, builtins=False)
p.enable()
leaf()
p.disable()
(entry,) = p.getstats()
assert entry.callcount == 1 and entry.totaltime == 0.5

p.enable()
try:
    _lsprof.Profiler().enable()
except ValueError as e:
    assert str(e) == "Another profiling tool is already active"
else:
    raise AssertionError
p.disable()

with cProfile.Profile() as profile:
    twice()
out = io.StringIO()
pstats.Stats(profile, stream=out).sort_stats("cumulative").print_stats()
assert "(twice)" in out.getvalue() and "{built-in method builtins.sum}" in out.getvalue()

# Each thread has calls of its own.
barrier = threading.Barrier(5)


def work():
    barrier.wait()
    barrier.wait()
    for _ in range(300):
        twice()


p = _lsprof.Profiler()
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
barrier.wait()
p.enable()
barrier.wait()
for t in threads:
    t.join()
p.disable()
stats = {getattr(e.code, "co_name", e.code): e for e in p.getstats()}
assert stats["leaf"].callcount == 2400 and stats["twice"].callcount == 1200
