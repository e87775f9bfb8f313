"""Runs operations with their allocations failing one after the other.

An operation is a function without arguments whose results are equal whenever it is called. It runs
in a process of its own: with the first allocation failing, then the second, and so on until it needs
no more. Each time it must raise MemoryError or give the right result, and work when it is called
again; the reference counts in the heap must be right; and a second and third pass must leave as many
objects behind as there were before.
"""
import gc
import os
import signal
import sys
import traceback

import _testinternal

SECONDS = 200           # of processor time, for one operation
ALL = 250                # so many allocations fail one by one, of those behind them some
ROUNDS = 4
operations = []


def operation(function=None, *, swallows=(), keeps=0):
    """Registers a function. swallows: exceptions that may come in place of MemoryError; keeps: how
    many objects a pass may leave behind, in caches that grow by what they see."""
    if function is None:
        return lambda f: operation(f, swallows=swallows, keeps=keeps)
    operations.append((function, tuple(swallows), keeps))
    return function


def numbers(step=1):
    n = 0
    while True:
        yield n
        n += step if n < ALL else step * (1 + (n - ALL) // 25)


class Wrong(Exception):
    pass


class Check:
    def __init__(self, function, swallows, keeps):
        self.function = function
        self.expected = (MemoryError, *swallows)
        self.keeps = keeps
        for _ in range(3):
            self.result = function()
        self.confirm("before")

    def confirm(self, when):
        result = self.function()
        if result != self.result:
            raise Wrong(f"{when}: {result!r}, expected {self.result!r}")

    def once(self, start, stop):
        """Whether all allocations of the operation have been tried."""
        count, returned, value = _testinternal.call_nomemory(self.function, start, stop)
        when = f"allocation {start + 1} fails"
        if returned:
            if value != self.result:
                raise Wrong(f"{when}: {value!r}, expected {self.result!r}")
        elif not isinstance(value, self.expected):
            raise Wrong(f"{when}: {type(value).__name__}: {value}") from value
        return count <= start

    def sweep(self, confirm=False):
        for n in numbers():
            done = self.once(n, n + 1)
            if confirm:
                self.confirm(f"after failure {n + 1}")
            if done:
                return n

    def sweep_all_later(self):
        for n in numbers(3):
            if self.once(n, 0):
                break
            self.confirm(f"after all failures from {n + 1}")

    def alive(self):
        gc.collect()
        gc.collect()
        return _testinternal.live_objects(), _testinternal.live_buffers() or 0

    def left_by(self, action):
        """How many objects and buffers it leaves behind, less what counting itself does."""
        sys._getframe()     # tracebacks would make this frame's object in the first pass
        empty = self.alive()
        before = self.alive()
        action()
        after = self.alive()
        return [max(0, c - b - (b - a)) for a, b, c in zip(empty, before, after)]

    def where_it_leaks(self, last):
        """For each allocation whose failure leaves something behind each time: its number."""
        found = []
        for n in numbers():
            if n > last:
                return found
            growth = [self.left_by(lambda: self.rounds(n)) for _ in range(3)][1:]
            if any(min(g) >= ROUNDS for g in zip(*growth)):
                found.append((n + 1, *growth[1]))

    def rounds(self, n):
        for _ in range(ROUNDS):
            self.once(n, n + 1)

    def run(self):
        last = self.sweep(confirm=True)
        _testinternal.check_heap()
        self.sweep_all_later()
        _testinternal.check_heap()
        if all(left <= self.keeps for left in self.left_by(self.sweep)):
            return
        left = self.left_by(self.sweep)
        if all(n <= self.keeps for n in left):
            return
        where = self.where_it_leaks(last)
        # One or two may be the next step of a table that grows now and then.
        if where or max(left) > 2 + self.keeps:
            raise Wrong(f"a pass leaves {left[0]} objects and {left[1]} buffers behind; "
                        f"allocation, objects and buffers in {ROUNDS} rounds: {where}")


def child(function, swallows, keeps):
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    sys.unraisablehook = lambda unraisable: None
    try:
        Check(function, swallows, keeps).run()
    except BaseException:
        _testinternal.remove_mem_hooks()
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def main():
    chosen = sys.argv[1:]
    failed = []
    for function, swallows, keeps in operations:
        if chosen and function.__name__ not in chosen:
            continue
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            child(function, swallows, keeps)
        status = os.waitpid(pid, 0)[1]
        if status != 0:
            failed.append(function.__name__)
            print(f"{function.__name__}: "
                  + (f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "failed"),
                  flush=True)
    print(f"{len(operations)} operations, {len(failed)} failed {' '.join(failed)}")
    sys.exit(bool(failed))
