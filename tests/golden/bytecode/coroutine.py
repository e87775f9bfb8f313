async def coroutine(x):
    async for y in x:
        await y
    return [z async for z in x]


def generator(x):
    y = yield x
    yield from y
