"""Runs tasks that are never at one place for long."""
import asyncio


async def left_inner():
    await asyncio.sleep(0)


async def left():
    await left_inner()


async def right_inner():
    await asyncio.sleep(0.0001)


async def right():
    await right_inner()


async def spin():
    while True:
        await left()
        await right()


async def main():
    tasks = [asyncio.get_running_loop().create_task(spin()) for _ in range(5)]
    await asyncio.sleep(0.01)
    print("{}", flush=True)
    await tasks[0]


asyncio.run(main())
