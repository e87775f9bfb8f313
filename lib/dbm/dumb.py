"""A database in plain files, for machines that have no better one.

NAME.dat holds the values, each beginning at a multiple of 512 bytes; NAME.dir is the index, a line
    'key', (position, size)
for each key, as Python literals in Latin-1; NAME.bak is the index as it was before. Values that
shrink or stay within their blocks are overwritten in place, others are appended; the room of
deleted values is not used again. Nothing protects the files from two programs that write at the
same time.
"""
import ast
import collections.abc
import io
import os

__all__ = ['error', 'open']

_BLOCKSIZE = 512

error = OSError


def _as_bytes(text):
    return text.encode('utf-8') if isinstance(text, str) else text


def _blocks(size):
    return -(-size // _BLOCKSIZE)


class _Database(collections.abc.MutableMapping):

    # Kept as attributes so that close() works while the interpreter shuts down.
    _os = os
    _io = io

    def __init__(self, basename, mode, flag='c'):
        basename = self._os.fsencode(basename)
        self._mode = mode
        self._readonly = flag == 'r'
        self._dirfile = basename + b'.dir'
        self._datfile = basename + b'.dat'
        self._bakfile = basename + b'.bak'
        # None once closed.
        self._index = None
        self._modified = False
        self._open_data(flag)
        self._read_index(flag)

    def _open_data(self, flag):
        if flag == 'n':
            for path in (self._datfile, self._bakfile, self._dirfile):
                try:
                    self._os.remove(path)
                except OSError:
                    pass
        try:
            self._io.open(self._datfile, 'rb').close()
        except OSError:
            if flag not in ('c', 'n'):
                raise
            with self._io.open(self._datfile, 'wb'):
                self._chmod(self._datfile)

    def _read_index(self, flag):
        index = {}
        try:
            f = self._io.open(self._dirfile, 'r', encoding='Latin-1')
        except OSError:
            if flag not in ('c', 'n'):
                raise
            with self._io.open(self._dirfile, 'w', encoding='Latin-1'):
                self._chmod(self._dirfile)
        else:
            with f:
                for line in f:
                    key, where = ast.literal_eval(line.rstrip())
                    index[key.encode('Latin-1')] = where
        self._index = index

    def _commit(self):
        # Called by close(), also for objects whose __init__ failed.
        if self._index is None or not self._modified:
            return
        try:
            self._os.unlink(self._bakfile)
        except OSError:
            pass
        try:
            self._os.rename(self._dirfile, self._bakfile)
        except OSError:
            pass
        with self._io.open(self._dirfile, 'w', encoding='Latin-1') as f:
            self._chmod(self._dirfile)
            for key, where in self._index.items():
                f.write(f"{key.decode('Latin-1')!r}, {where!r}\n")
        self._modified = False

    sync = _commit

    def _verify_open(self):
        if self._index is None:
            raise error('DBM object has already been closed')

    def _verify_writable(self):
        if self._readonly:
            raise error('The database is opened for reading only')
        self._verify_open()

    def _chmod(self, file):
        self._os.chmod(file, self._mode)

    def _write_at(self, position, value):
        with self._io.open(self._datfile, 'rb+') as f:
            f.seek(position)
            f.write(value)
        return position, len(value)

    def _append(self, value):
        with self._io.open(self._datfile, 'rb+') as f:
            end = f.seek(0, 2)
            position = _blocks(end) * _BLOCKSIZE
            f.write(b'\0' * (position - end))
            f.write(value)
        return position, len(value)

    def _append_index(self, key, where):
        self._index[key] = where
        with self._io.open(self._dirfile, 'a', encoding='Latin-1') as f:
            self._chmod(self._dirfile)
            f.write(f"{key.decode('Latin-1')!r}, {where!r}\n")

    def __getitem__(self, key):
        self._verify_open()
        position, size = self._index[_as_bytes(key)]
        with self._io.open(self._datfile, 'rb') as f:
            f.seek(position)
            return f.read(size)

    def __setitem__(self, key, value):
        self._verify_writable()
        key = _as_bytes(key)
        if not isinstance(key, (bytes, bytearray)):
            raise TypeError('keys must be bytes or strings')
        value = _as_bytes(value)
        if not isinstance(value, (bytes, bytearray)):
            raise TypeError('values must be bytes or strings')
        self._modified = True
        old = self._index.get(key)
        if old is None:
            self._append_index(key, self._append(value))
        elif _blocks(len(value)) <= _blocks(old[1]):
            self._index[key] = self._write_at(old[0], value)
        else:
            self._index[key] = self._append(value)
        # A changed entry reaches the index at the next sync() or close().

    def __delitem__(self, key):
        self._verify_writable()
        key = _as_bytes(key)
        self._modified = True
        # At once, so that a program that ends badly does not bring the key back.
        del self._index[key]
        self._commit()

    def keys(self):
        self._verify_open()
        return list(self._index)

    def items(self):
        self._verify_open()
        return [(key, self[key]) for key in self._index]

    def __contains__(self, key):
        self._verify_open()
        return _as_bytes(key) in self._index

    def iterkeys(self):
        self._verify_open()
        return iter(self._index)

    __iter__ = iterkeys

    def __len__(self):
        self._verify_open()
        return len(self._index)

    def close(self):
        try:
            self._commit()
        finally:
            self._index = None

    def __del__(self):
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()


def open(file, flag='c', mode=0o666):
    """Open the database whose files have the base name *file* and return it.

    *flag* is 'r' (read only), 'w' (read and write), 'c' (the same, made when missing; the
    default) or 'n' (always new and empty). *mode* gives the permissions of new files, less the
    umask.
    """
    if flag not in ('r', 'w', 'c', 'n'):
        raise ValueError("Flag must be one of 'r', 'w', 'c', or 'n'")
    try:
        umask = os.umask(0)
    except AttributeError:
        pass
    else:
        os.umask(umask)
        mode &= ~umask
    return _Database(file, mode, flag=flag)
