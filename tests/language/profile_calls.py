# Profile events of native functions, however their arguments are given.
import sys

events = []


def tool(frame, event, arg):
    if event.startswith("c_"):
        events.append((event, arg.__name__))


def calls():
    items, options = [3, 1], {"key": None}
    max(items)
    max(*items)
    max(items, **options)
    items.append(*(2,))
    items.sort(**options)
    int(*("7",))
    try:
        max(*(1,))
    except TypeError:
        pass


sys.setprofile(tool)
calls()
sys.setprofile(None)
expected = []
for name in "max", "max", "max", "append", "sort":
    expected += [("c_call", name), ("c_return", name)]
expected += [("c_call", "max"), ("c_exception", "max"), ("c_call", "setprofile")]
assert events == expected, events
