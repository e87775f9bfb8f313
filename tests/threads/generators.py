# Generators, coroutines and asynchronous generators that several threads drive: one runs them, the
# others get ValueError (RuntimeError for coroutines).
import time
import types
from _hammer import drained, hammer, run_all, together


def test_every_element_once():
    def numbers():
        for i in range(3000):
            yield i

    assert sorted(drained(numbers())) == list(range(3000))

    def outer():
        yield from numbers()

    assert sorted(drained(outer())) == list(range(3000))
    assert sorted(drained(x for x in range(3000))) == list(range(3000))


def test_already_executing():
    def slow():
        time.sleep(0.05)
        yield 1

    made = slow()
    results = []

    def work():
        try:
            results.append(next(made))
        except (ValueError, StopIteration) as e:
            results.append(str(e))

    together([work] * 3)
    assert results.count(1) == 1
    assert set(results) <= {1, "generator already executing", ""}

    async def wait():
        time.sleep(0.05)
        return 1

    coroutine = wait()
    results.clear()

    def send():
        try:
            coroutine.send(None)
        except StopIteration as e:
            results.append(e.value)
        except (ValueError, RuntimeError) as e:
            results.append(str(e))

    together([send] * 3)
    assert results.count(1) == 1
    assert set(results) <= {1, "coroutine already executing", "cannot reuse already awaited coroutine"}


def test_all_methods():
    def make():
        received = 0
        while True:
            try:
                received = yield received
            except KeyError:
                pass

    for _ in range(4):
        made = make()
        hammer(lambda n: next(made, None), lambda n: made.send(None), lambda n: made.throw(KeyError),
               lambda n: (made.gi_running, made.gi_frame, made.gi_suspended, made.gi_yieldfrom, repr(made)),
               lambda n: (frame := made.gi_frame) and (frame.f_lineno, frame.f_locals, frame.f_back),
               allowed=(ValueError, StopIteration, KeyError), copies=1, seconds=0.03)
        hammer(lambda n: next(made, None), lambda n: made.close(), allowed=(ValueError,), seconds=0.01)
        made.close()
        assert made.gi_frame is None


def test_close_in_one_thread():
    for _ in range(100):
        closed = []

        def make():
            try:
                yield 1
                yield 2
            finally:
                closed.append(1)

        made = make()
        next(made)

        def close():
            try:
                made.close()
            except ValueError:
                pass

        together([close, close])
        made.close()
        assert closed == [1]


def test_coroutines():
    @types.coroutine
    def pause():
        yield

    async def run():
        for _ in range(50):
            await pause()

    for _ in range(20):
        made = run()
        hammer(lambda n: made.send(None), lambda n: (made.cr_running, made.cr_await, made.cr_frame),
               allowed=(ValueError, RuntimeError, StopIteration), seconds=0.004)
        made.close()


def test_async_generators():
    async def make():
        for i in range(100):
            yield i

    def step(made):
        made.asend(None).send(None)

    for _ in range(10):
        made = make()
        hammer(lambda n: step(made), lambda n: (made.ag_running, made.ag_frame, made.ag_await),
               allowed=(ValueError, RuntimeError, StopIteration, StopAsyncIteration), seconds=0.005)


def test_one_awaitable():
    async def make():
        yield 1

    for _ in range(50):
        awaitable = make().asend(None)

        def send():
            try:
                awaitable.send(None)
            except (StopIteration, RuntimeError, ValueError):
                pass

        together([send, send, awaitable.close])


def test_event_loops_of_their_own():
    try:
        import asyncio
    except ImportError:
        return      # without sockets

    async def child(n):
        await asyncio.sleep(0)
        return n

    async def main():
        return sum(await asyncio.gather(*(child(i) for i in range(20))))

    results = []
    together([lambda: results.append(asyncio.run(main())) for _ in range(3)])
    assert results == [190] * 3


run_all(globals())
