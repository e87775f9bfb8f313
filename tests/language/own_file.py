# The program finds its own file closed, and closed types of the interpreter unchangeable.
import os
import sys

names = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
         if os.path.exists(f"/proc/self/fd/{fd}")]
assert os.path.realpath(__file__) not in names

for value in (sys.flags, sys.version_info, sys.float_info, sys.int_info, sys.hash_info,
              sys.thread_info, sys.get_asyncgen_hooks()):
    try:
        type(value).extra = 1
    except TypeError as error:
        assert "immutable type" in str(error)
    else:
        raise AssertionError(type(value))
