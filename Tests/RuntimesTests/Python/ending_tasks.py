"""Runs tasks that end when a line is read, and puts other objects in their places."""
import asyncio
import gc
import sys


async def wait():
    await asyncio.sleep(1000)


async def main():
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(wait()) for _ in range(200)]
    await asyncio.sleep(0.01)
    print("{}", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    del task, tasks
    gc.collect()
    others = [bytearray(b"\xff" * size) for size in range(400) for _ in range(100)]
    print(len(others), flush=True)
    await asyncio.sleep(1000)


asyncio.run(main())
