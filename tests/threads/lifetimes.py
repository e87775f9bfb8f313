# What a thread is done with dies, even when the thread that dropped it, or the one that owns it,
# goes on to wait for something.
import gc
import queue
import threading
import weakref


class Thing:
    pass


def walk(values):
    for value in values:
        pass
    return [value for value in values]


def pairs(values):
    return list(map(lambda *args: args, values, values))


def keys(values):
    return list(dict.fromkeys(values)), list(set(values)), list(reversed(values))


for function in (walk, pairs, keys, list, iter):
    for kind in (list, tuple):
        tasks, results = queue.Queue(), queue.Queue()

        def work():
            while (task := tasks.get()) is not None:
                result = function(task)
                task = result = None
                results.put(True)

        thread = threading.Thread(target=work)
        thread.start()
        things = [Thing() for _ in range(4)]
        references = [weakref.ref(thing) for thing in things]
        tasks.put(kind(things))
        assert results.get()
        del things
        for _ in range(3):
            gc.collect()
        assert all(ref() is None for ref in references), (function, kind)
        tasks.put(None)
        thread.join()
