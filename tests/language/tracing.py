"""sys.settrace and sys.monitoring: events, jumps, watching that begins in the middle."""

import gc
import sys
import threading
import warnings
import weakref


def traced(function):
    events = []

    def trace(frame, event, arg):
        if frame.f_code.co_filename != __file__:
            return None
        events.append((event, frame.f_code.co_name, frame.f_lineno - start))
        return trace

    start = function.__code__.co_firstlineno
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(None)
    return [event for event in events if event[1] != "traced"]


def gen():
    yield 1


def loops():
    for _ in gen():
        pass
    [str(i) for i in range(2)]


def test_loops():
    events = traced(loops)
    assert ("exception", "loops", 1) in events              # the StopIteration of gen()
    assert events.count(("line", "loops", 3)) == 3          # once, and for each item


def jump(function, origin, target):
    """Runs function(output); at line `origin` of it goes on at line `target`."""
    first = function.__code__.co_firstlineno
    error, jumps = [], []

    def trace(frame, event, arg):
        if frame.f_code is not function.__code__:
            return None
        if event == "line" and frame.f_lineno == first + origin and not jumps:
            jumps.append(origin)
            try:
                frame.f_lineno = first + target
            except ValueError as exc:
                error.append(str(exc))
        return trace

    output = []
    sys.settrace(trace)
    try:
        function(output)
    finally:
        sys.settrace(None)
    return error[0] if error else output


def plain(output):
    output.append(1)
    output.append(2)
    output.append(3)


def loop(output):
    output.append(1)
    for i in (1, 2):
        output.append(i)
    output.append(4)


def handler(output):
    try:
        output.append(2)
        1 / 0
    except ZeroDivisionError:
        output.append(5)
        output.append(6)
    assert sys.exception() is None
    output.append(8)


def unbound(output):
    output.append(1)
    value = 2
    output.append(value)


def test_jumps():
    assert jump(plain, 1, 3) == [3]
    assert jump(plain, 3, 2) == [1, 2, 2, 3]
    assert jump(plain, 1, 99).endswith("comes after the current code block")
    assert jump(loop, 1, 3) == "can't jump into the body of a for loop"
    assert jump(loop, 3, 4) == [1, 4]
    assert jump(handler, 2, 5) == "can't jump into an 'except' block as there's no exception"
    assert jump(handler, 5, 7) == [2, 8]                    # the exception is no longer handled
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert jump(unbound, 1, 3) == [None]
    assert str(caught[0].message) == "assigning None to 1 unbound local"


def test_begin_in_callee():
    """Tracing that a callback of C code switches on is seen by the frame that is watched."""
    seen = []

    def trace(frame, event, arg):
        seen.append(event)
        return trace

    def install(item):
        sys._getframe().f_back.f_trace = trace
        sys.settrace(trace)
        return item

    list(map(install, [1]))
    seen.append("between")
    sys.settrace(None)
    assert seen.count("line") >= 2, seen


def test_monitoring():
    monitoring, events = sys.monitoring, []
    E = monitoring.events
    tool = 3
    assert monitoring.get_events(tool) == 0
    monitoring.use_tool_id(tool, "test")
    try:
        def lines(code, line):
            events.append(line - start)

        def branch(code, offset, target):
            events.append("branch")
            return monitoring.DISABLE

        start = loops.__code__.co_firstlineno
        monitoring.register_callback(tool, E.LINE, lines)
        monitoring.set_local_events(tool, loops.__code__, E.LINE)
        loops()
        assert events[:3] == [1, 2, 1], events
        monitoring.clear_tool_id(tool)
        events.clear()
        loops()
        assert events == []
        monitoring.register_callback(tool, E.BRANCH, branch)
        monitoring.set_local_events(tool, loop.__code__, E.BRANCH)
        assert monitoring.get_local_events(tool, loop.__code__) == E.BRANCH_LEFT | E.BRANCH_RIGHT
        loop([])
        assert events == ["branch", "branch"]               # each direction once
        monitoring.register_callback(tool, E.RAISE, lambda *args: monitoring.DISABLE)
        monitoring.set_events(tool, E.RAISE)
        try:
            raise KeyError
        except ValueError as exc:
            assert str(exc) == "Cannot disable RAISE events. Callback removed."
    finally:
        monitoring.free_tool_id(tool)


def test_threads_let_go():
    class Tool:
        def __call__(self, frame, event, arg):
            return None

    class SetsAgain:
        """The last thing a thread drops turns tracing on once more."""
        def __init__(self, tool):
            self.tool = tool

        def __del__(self):
            sys.settrace(self.tool)

    tool = Tool()
    kept = weakref.ref(tool)
    local = threading.local()

    def body():
        sys.settrace(tool)
        sys.setprofile(tool)
        local.x = SetsAgain(tool)

    for _ in range(3):
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
    del tool, body, local, thread
    gc.collect()
    assert kept() is None


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
