"""Generic interface to the databases that map bytes to bytes.

    import dbm
    with dbm.open('cache', 'c') as db:
        db[b'key'] = b'value'

open() asks whichdb() which of the modules in this package an existing file belongs to; new files
are made by the first one that can be imported. `error` is a tuple of all their exceptions and can
stand in an except clause.
"""
import io
import os
import struct
import sys

__all__ = ['open', 'whichdb', 'error']


class error(Exception):
    pass


# In the order of preference for new files.
_names = ['dbm.sqlite3', 'dbm.gnu', 'dbm.ndbm', 'dbm.dumb']
_defaultmod = None
_modules = {}

error = (error, OSError)

try:
    from dbm import ndbm
except ImportError:
    ndbm = None

_GNU_MAGIC = (0x13579ace, 0x13579acd, 0x13579acf)


def _import(name):
    module = _modules.get(name)
    if module is None:
        module = _modules[name] = __import__(name, fromlist=['open'])
    return module


def _find_default():
    global _defaultmod
    for name in _names:
        try:
            module = _import(name)
        except ImportError:
            continue
        if _defaultmod is None:
            _defaultmod = module
    if _defaultmod is None:
        raise ImportError("no dbm clone found; tried %s" % _names)


def open(file, flag='r', mode=0o666):
    """Open a database and return it.

    *flag* is 'r' (read an existing one; the default), 'w' (read and write an existing one),
    'c' (the same, made when missing) or 'n' (always a new, empty one). *mode* gives the
    permissions of new files.
    """
    if _defaultmod is None:
        _find_default()
    kind = whichdb(file) if 'n' not in flag else None
    if kind is None:
        # No such file, or a new one is asked for.
        if 'c' not in flag and 'n' not in flag:
            raise error[0]("db file doesn't exist; use 'c' or 'n' flag to create a new db")
        module = _defaultmod
    elif kind == '':
        raise error[0]("db type could not be determined")
    else:
        if kind not in _modules:
            raise error[0](f"db type is {kind}, but the module is not available")
        module = _modules[kind]
    return module.open(file, flag, mode)


def _exists(path):
    try:
        with io.open(path, 'rb'):
            return True
    except OSError:
        return False


def _is_ndbm(filename):
    if _exists(filename + b'.pag') and _exists(filename + b'.dir'):
        return True
    if ndbm is None or not _exists(filename + b'.db'):
        return False
    # Some implementations use one file; only they can tell.
    try:
        ndbm.open(os.fsdecode(filename)).close()
    except error:
        return False
    return True


def _is_dumb(filename):
    try:
        os.stat(filename + b'.dat')
        size = os.stat(filename + b'.dir').st_size
        if size == 0:
            return True
        with io.open(filename + b'.dir', 'rb') as f:
            # The index has a Python literal in each line.
            return f.read(1) in (b"'", b'"')
    except OSError:
        return False


def whichdb(filename):
    """Guess which module of the package can open a database.

    Return its full name ('dbm.dumb'), '' when that cannot be told, and None when the file does
    not exist or cannot be read.
    """
    filename = os.fsencode(filename)
    if _is_ndbm(filename):
        return 'dbm.ndbm'
    if _is_dumb(filename):
        return 'dbm.dumb'
    try:
        with io.open(filename, 'rb') as f:
            start = f.read(16)
    except OSError:
        return None
    if start == b'SQLite format 3\0':
        return 'dbm.sqlite3'
    if len(start) >= 4 and struct.unpack('=l', start[:4])[0] in _GNU_MAGIC:
        return 'dbm.gnu'
    return ''


if __name__ == '__main__':
    for filename in sys.argv[1:]:
        print(whichdb(filename) or 'UNKNOWN', filename)
