"""Runs tasks that are never at one place for long."""
import trio


async def left_inner():
    await trio.sleep(0)


async def left():
    await left_inner()


async def right_inner():
    await trio.sleep(0.0001)


async def right():
    await right_inner()


async def spin():
    while True:
        await left()
        await right()


async def main():
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(spin)
        await trio.sleep(0.01)
        print("{}", flush=True)


trio.run(main)
