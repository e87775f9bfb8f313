# One event loop for each thread, all at once; futures and tasks that several threads use without
# asking anybody: no crash, and every callback is scheduled once.
import asyncio
import threading

COUNT = 4


def run(*functions):
    failures = []

    def work(function, number):
        try:
            function(number)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(function, number))
               for number in range(COUNT) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


# ---- loops of their own ----

async def leaf(n):
    await asyncio.sleep(0)
    return n


async def tree(depth):
    if depth == 0:
        return await leaf(1)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tree(depth - 1)) for _ in range(3)]
    return sum(task.result() for task in tasks)


async def cancelled():
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel("enough")
    try:
        await task
    except asyncio.CancelledError as exc:
        assert exc.args == ("enough",)
    assert task.cancelled()
    assert task not in asyncio.all_tasks()


async def program(number):
    assert asyncio.current_task() in asyncio.all_tasks()
    assert len(asyncio.all_tasks()) == 1
    for _ in range(5):
        assert await tree(4) == 81
        await cancelled()
    results = await asyncio.gather(*(leaf(n) for n in range(50)))
    assert results == list(range(50))


run(lambda number: asyncio.run(program(number)))


# ---- one future, many threads ----

class Loop:
    """Counts what is scheduled."""

    def __init__(self):
        self.calls = []

    def get_debug(self):
        return False

    def call_soon(self, callback, *args, context=None):
        self.calls.append(callback)

    def call_exception_handler(self, context):
        pass


def hammer():
    loop = Loop()
    futures = [asyncio.Future(loop=loop) for _ in range(200)]
    added = [0] * COUNT
    done = [0] * COUNT

    def work(number):
        for future in futures:
            future.add_done_callback(lambda f: None)
            added[number] += 1
            future.remove_done_callback(print)
            future._callbacks, future._asyncio_awaited_by
            try:
                repr(future)
            except TypeError:
                pass    # asyncio.base_futures reads _callbacks twice: None the second time
            asyncio.futures.future_add_to_awaited_by(future, futures[number])
            try:
                if number % 2:
                    future.set_result(number)
                    done[number] += 1
                else:
                    done[number] += future.cancel()
            except asyncio.InvalidStateError:
                pass
            future.add_done_callback(lambda f: None)
            added[number] += 1
            asyncio.futures.future_discard_from_awaited_by(future, futures[number])
            assert future.done()
    run(work)
    assert sum(done) == len(futures)
    assert len(loop.calls) == sum(added), (len(loop.calls), added)


hammer()


# ---- tasks made and looked at by all ----

def registry():
    loop = Loop()
    shared = []

    async def nothing():
        pass

    def make(number):
        for _ in range(300):
            task = asyncio.Task(nothing(), loop=loop)
            shared.append(task)
            assert task in asyncio.all_tasks(loop)
            task._log_destroy_pending = False
            asyncio.tasks._unregister_task(task)
            task.get_coro().close()
            task.cancel()
            assert task.get_name().startswith("Task-")

    def look(number):
        for _ in range(100):
            for task in asyncio.all_tasks(loop):
                task.done(), task.get_name(), task._fut_waiter
            assert asyncio.current_task(loop) is None
    run(make, look)
    assert asyncio.all_tasks(loop) == set()
    names = {task.get_name() for task in shared}
    assert len(names) == len(shared) == 300 * COUNT


registry()
