"""What `sysconfig` tells of this installation: names of files, folders and tools.

Installers choose wheels by SOABI, EXT_SUFFIX and Py_GIL_DISABLED; builds of extension modules read
the compiler's part. Folders follow the installation, which may have been moved.
"""
import sys

_prefix = sys.base_prefix
_multiarch = "x86_64-linux-gnu"
_soabi = "cpython-314t-" + _multiarch

build_time_vars = {
    "ABIFLAGS": "t",
    "AR": "ar",
    "ARFLAGS": "rcs",
    "BINDIR": _prefix + "/bin",
    "BINLIBDEST": _prefix + "/lib/python3.14t",
    "CC": "gcc",
    "CCSHARED": "-fPIC",
    "CFLAGS": "-Wall -O2",
    "CONFIG_ARGS": "'--disable-gil'",
    "CXX": "g++",
    "DESTDIRS": "",
    "DESTSHARED": _prefix + "/lib/python3.14t/lib-dynload",
    "EXE": "",
    "EXEEXT": "",
    "EXT_SUFFIX": "." + _soabi + ".so",
    "HAVE_FORK": 1,
    "INCLDIRSTOMAKE": "",
    "INCLUDEDIR": _prefix + "/include",
    "INCLUDEPY": _prefix + "/include/python3.14t",
    "LDFLAGS": "",
    "LDLIBRARY": "",
    "LDSHARED": "gcc -shared",
    "LDVERSION": "3.14t",
    "LIBDEST": _prefix + "/lib/python3.14t",
    "LIBDIR": _prefix + "/lib",
    "LIBPC": _prefix + "/lib/pkgconfig",
    "LIBRARY": "",
    "MACHDEP": "linux",
    "MACHDESTLIB": _prefix + "/lib/python3.14t",
    "MULTIARCH": _multiarch,
    "OPT": "-O2 -Wall",
    "PLATLIBDIR": "lib",
    "PY_CFLAGS": "-Wall -O2",
    "Py_DEBUG": 0,
    "Py_ENABLE_SHARED": 0,
    "Py_GIL_DISABLED": 1,
    "Py_TRACE_REFS": 0,
    "SCRIPTDIR": _prefix + "/lib",
    "SHELL": "/bin/sh",
    "SHLIB_SUFFIX": ".so",
    "SIZEOF_SIZE_T": 8,
    "SIZEOF_VOID_P": 8,
    "SOABI": _soabi,
    "TZPATH": "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo",
    "VERSION": "3.14",
    "WITH_DOC_STRINGS": 1,
    "exec_prefix": _prefix,
    "prefix": _prefix,
    "srcdir": ".",
}
