# One bytearray changed by several threads: no crash, and every operation whole.
import threading

shared = bytearray()
errors = []


def work(byte):
    try:
        for i in range(2000):
            shared.append(byte)
            shared.extend(bytes([byte]) * 3)
            if i % 7 == 0:
                shared[0:2] = b""
            shared.find(b"\x00\x01")
            bytes(shared[:10])
            if len(shared) > 500:
                del shared[::2]
    except BaseException as e:
        errors.append(e)


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert not errors, errors

view = memoryview(shared)
try:
    shared.append(1)
except BufferError as e:
    assert str(e) == "Existing exports of data: object cannot be re-sized"
else:
    raise AssertionError("resized under a view")
view.release()
shared.append(1)
