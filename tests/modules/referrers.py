# gc.get_referrers and get_referents: registers of running generators and coroutines, no leaks.
import asyncio
import gc
import sys


class Thing:
    pass


def plain(thing):
    held = [thing]
    yield gc.get_referrers(held), gc.get_referents(generator), held


generator = plain(Thing())
referrers, referents, held = next(generator)
assert [r for r in referrers if r is generator] == [generator]
assert any(r is held for r in referents) and any(r is held[0] for r in referents)
# Suspended, it says the same.
assert [r for r in gc.get_referrers(held) if r is generator] == [generator]
assert any(r is held for r in gc.get_referents(generator))


async def main():
    local = Thing()
    inner = helper(local)
    found = await inner
    assert any(r is inner for r in found) and any(r is coroutine for r in found), found
    assert sum(r is coroutine for r in found) == 1


async def helper(thing):
    await asyncio.sleep(0)
    return gc.get_referrers(thing)


coroutine = main()
asyncio.run(coroutine)

thing = Thing()
gc.collect()
for function in gc.get_referrers, gc.get_referents:
    before = sys.getrefcount(thing)
    for _ in range(100):
        function(thing)
    assert sys.getrefcount(thing) == before
