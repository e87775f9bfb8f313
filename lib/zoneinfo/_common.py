"""Reading time zone files (TZif, RFC 9636) from the system or the tzdata package."""
import struct


class ZoneInfoNotFoundError(KeyError):
    """Raised when a ZoneInfo key is not found."""


def load_tzdata(key):
    """The file of a zone in the tzdata package, opened for reading."""
    from importlib import resources

    *folders, name = key.split("/")
    try:
        path = resources.files(".".join(["tzdata.zoneinfo", *folders])).joinpath(name)
        if path.is_dir():
            raise IsADirectoryError
        return path.open("rb")
    except (ImportError, FileNotFoundError, UnicodeEncodeError, IsADirectoryError):
        # No such package, folder or zone, or a name that no file can have.
        raise ZoneInfoNotFoundError(f"No time zone found with key {key}")


class _Header:
    """The counts at the start of a data block."""

    SIZE = 44

    def __init__(self, file):
        data = file.read(self.SIZE)
        if data[:4] != b"TZif":
            raise ValueError("Invalid TZif file: magic not found")
        if len(data) < self.SIZE:
            raise ValueError("Invalid TZif file: it ends within its header")
        version = data[4:5]
        self.version = 1 if version == b"\0" else int(version)
        (self.utc_indicators, self.standard_indicators, self.leap_seconds, self.transitions,
         self.types, self.characters) = struct.unpack(">6l", data[20:])

    def block_size(self, time_size):
        """Bytes of the data block behind this header."""
        return (self.transitions * (time_size + 1) + self.types * 6 + self.characters
                + self.leap_seconds * (time_size + 4) + self.standard_indicators
                + self.utc_indicators)


def load_data(fobj):
    """(type of each transition, their times, offsets, DST flags and names of the types, TZ string)

    The TZ string is bytes, None in files of version 1.
    """
    header = _Header(fobj)
    time_size, time_code = 4, "l"
    if header.version > 1:
        # The first block has 32-bit times, for old readers; the same follows with 64 bits.
        fobj.seek(header.block_size(time_size), 1)
        header = _Header(fobj)
        time_size, time_code = 8, "q"
    block = fobj.read(header.block_size(time_size))
    n = header.transitions
    times = struct.unpack_from(f">{n}{time_code}", block)
    indices = struct.unpack_from(f">{n}B", block, n * time_size)
    at = n * (time_size + 1)
    types = [struct.unpack_from(">lbB", block, at + i * 6) for i in range(header.types)]
    at += header.types * 6
    names = block[at:at + header.characters]
    offsets = tuple(offset for offset, _, _ in types)
    is_dst = tuple(dst for _, dst, _ in types)
    abbreviations = tuple(names[start:names.index(b"\0", start)].decode()
                          for _, _, start in types)
    return indices, times, offsets, is_dst, abbreviations, _read_footer(fobj, header.version)


def _read_footer(fobj, version):
    if version == 1:
        return None
    newline, text, end = fobj.read(1), b"", b""
    while (end := fobj.read(1)) not in (b"\n", b""):
        text += end
    if newline != b"\n" or end != b"\n":
        raise ValueError("Invalid TZif file: the TZ string is not enclosed in line ends")
    return text
