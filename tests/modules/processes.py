# multiprocessing: each way to start processes, and what they share.
import multiprocessing
import os
import signal
import sys
from multiprocessing import shared_memory

METHODS = ["fork", "spawn", "forkserver"]


def double(queue, value):
    queue.put((value * 2, __name__))


def converse(connection):
    connection.send(os.getpid())
    connection.send_bytes(connection.recv().encode())
    connection.close()


def add_often(lock, name, times):
    block = shared_memory.SharedMemory(name=name)
    total = block.buf.cast("Q")
    for _ in range(times):
        with lock:
            total[0] += 1
    total.release()
    block.close()


def fail():
    sys.exit(7)


def wait_for(event):
    event.wait(60)


def square(x):
    if x < 0:
        raise ValueError(x)
    return x * x


def answer(event, done):
    event.wait(60)
    done.release()


def append(items, mapping):
    items.append(os.getpid())
    mapping["seen"] = True


def check(method):
    context = multiprocessing.get_context(method)

    queue = context.Queue()
    process = context.Process(target=double, args=(queue, 21))
    process.start()
    value, module = queue.get(timeout=60)
    process.join()
    assert value == 42 and process.exitcode == 0
    assert module == ("__main__" if method == "fork" else "__mp_main__"), module

    ours, theirs = context.Pipe()
    process = context.Process(target=converse, args=(theirs,))
    process.start()
    assert ours.recv() == process.pid != os.getpid()
    ours.send("text")
    assert ours.recv_bytes() == b"text"
    process.join()

    block = shared_memory.SharedMemory(create=True, size=8)
    try:
        arguments = context.Lock(), block.name, 200
        processes = [context.Process(target=add_often, args=arguments) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert int.from_bytes(block.buf[:8], sys.byteorder) == 600
    finally:
        block.close()
        block.unlink()

    process = context.Process(target=fail)
    process.start()
    process.join()
    assert process.exitcode == 7
    process = context.Process(target=wait_for, args=(context.Event(),))
    process.start()
    process.terminate()
    process.join()
    assert process.exitcode == -signal.SIGTERM

    with context.Pool(2) as pool:
        assert pool.map(square, range(8)) == [x * x for x in range(8)]
        assert sorted(pool.imap_unordered(square, [3, 1])) == [1, 9]
        try:
            pool.apply(square, (-1,))
        except ValueError as error:
            assert error.args == (-1,)
        else:
            raise AssertionError

    with context.Manager() as manager:
        items, mapping = manager.list([1]), manager.dict()
        process = context.Process(target=append, args=(items, mapping))
        process.start()
        process.join()
        assert items[:] == [1, process.pid] and mapping.copy() == {"seen": True}

    event, done = context.Event(), context.Semaphore(0)
    process = context.Process(target=answer, args=(event, done))
    process.start()
    assert not done.acquire(timeout=0.01)
    event.set()
    assert done.acquire(timeout=60)
    process.join()


if __name__ == "__main__":
    for method in METHODS:
        check(method)
