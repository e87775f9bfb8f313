# Sockets over loopback: addresses, timeouts, messages with descriptors, names, errors.
import errno
import os
import socket
import struct
import tempfile
import threading


def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as exc:
        return exc
    raise AssertionError(f"{kind} not raised")


# ---- streams ----

def serve(listener, count):
    for _ in range(count):
        connection, address = listener.accept()
        with connection:
            assert address[0] == "127.0.0.1"
            while data := connection.recv(1000):
                connection.sendall(data.upper())


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=serve, args=(listener, 8))
    thread.start()

    def client(number):
        with socket.create_connection(listener.getsockname()[:2], timeout=10) as s:
            assert s.getpeername() == listener.getsockname()
            assert s.gettimeout() == 10.0 and not s.getblocking() is False
            text = f"hello {number}".encode() * 5000
            sender = threading.Thread(target=s.sendall, args=(text,))
            sender.start()
            got = bytearray()
            while len(got) < len(text):
                buffer = bytearray(4096)
                got += buffer[:s.recv_into(buffer)]
            sender.join()
            assert got == text.upper()

    clients = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    thread.join()

# ---- datagrams, timeouts ----

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a, \
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
    a.bind(("127.0.0.1", 0))
    b.bind(("", 0))
    a.settimeout(0.01)
    exc = raises(TimeoutError, a.recv, 10)
    assert str(exc) == "timed out" and socket.timeout is TimeoutError
    a.setblocking(False)
    assert raises(BlockingIOError, a.recv, 10).errno == errno.EAGAIN
    a.setblocking(True)
    assert b.sendto(b"data", a.getsockname()) == 4
    data, address = a.recvfrom(100)
    assert data == b"data" and address == ("127.0.0.1", b.getsockname()[1])

# ---- closing while another thread waits for the timeout of a read ----

left, right = socket.socketpair()
left.settimeout(0.2)
results = []
threads = [threading.Thread(target=lambda: results.append(raises(OSError, left.recv, 1)))
           for _ in range(4)]
for t in threads:
    t.start()
left.close()
for t in threads:
    t.join()
right.close()
assert len(results) == 4 and left.fileno() == -1
assert raises(OSError, left.recv, 1).errno == errno.EBADF

# ---- messages with descriptors ----

left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
with left, right, tempfile.TemporaryFile() as file:
    file.write(b"inside")
    file.flush()
    socket.send_fds(left, [b"take ", b"it"], [file.fileno()])
    data, fds, flags, address = socket.recv_fds(right, 100, 4)
    assert data == b"take it" and len(fds) == 1 and address is None
    assert os.pread(fds[0], 100, 0) == b"inside"
    os.close(fds[0])
    right.sendmsg([b"1", b"23"])
    buffers = [bytearray(2), bytearray(2)]
    assert left.recvmsg_into(buffers)[0] == 3
    assert buffers == [b"12", b"3\0"]
assert socket.CMSG_SPACE(4) >= socket.CMSG_LEN(4) > 4
raises(OverflowError, socket.CMSG_LEN, -1)

# ---- options, numbers, names ----

with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5))
    assert struct.unpack("ii", s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)) == (1, 5)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 1
    assert "family=2, type=1, proto=0" in repr(s) or "SOCK_STREAM" in repr(s)
    exc = raises(OverflowError, s.bind, ("127.0.0.1", 65536))
    assert str(exc) == "bind(): port must be 0-65535."
    raises(TypeError, s.bind, "127.0.0.1")
    assert s.connect_ex(("127.0.0.1", 1)) == errno.ECONNREFUSED
assert socket.htons(0x1234) == 0x3412 and socket.ntohl(1) == 1 << 24
raises(ValueError, socket.htons, -1)
raises(OverflowError, socket.htons, 65536)
assert socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "::1")) == "::1"
assert socket.inet_aton("127.1") == b"\x7f\0\0\1"
raises(OSError, socket.inet_aton, "no")
info = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
assert info[0][4] == ("127.0.0.1", 80)
assert socket.getnameinfo(("127.0.0.1", 9), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV) \
    == ("127.0.0.1", "9")
exc = raises(socket.gaierror, socket.getaddrinfo, "127.0.0.1", "nothing", flags=socket.AI_NUMERICSERV)
assert exc.errno == socket.EAI_NONAME
assert dict((name, index) for index, name in socket.if_nameindex())["lo"] == socket.if_nametoindex("lo")
assert socket.if_indextoname(socket.if_nametoindex("lo")) == "lo"
raises(OSError, socket.if_nametoindex, "nothing-like-it")
