"""Tasks of asyncio that change and wait in every way.

On SIGUSR2 writes to a file of the directory that it is given all tasks of its loop: the name, whether it runs, and the
functions that await each other, the outermost first.
"""
import asyncio
import gc
import itertools
import json
import os
import random
import signal
import sys
import time
import types

import frames

NUMBERS = itertools.count()


def create_task(coroutine):
    loop = asyncio.get_event_loop()
    if sys.version_info < (3, 8):
        return loop.create_task(coroutine)
    return loop.create_task(coroutine, name="task %d" % next(NUMBERS))


async def pause():
    await asyncio.sleep(random.random() * 0.01)


async def nested(depth):
    if depth:
        return await nested(depth - 1) + 1
    await pause()
    return 0


async def rows(count):
    for number in range(count):
        await nested(number)
        yield number


async def iterate():
    async for _ in rows(4):
        await pause()


async def iterate_in_comprehension():
    return [number async for number in rows(3)]


class Manager:
    async def __aenter__(self):
        await nested(2)

    async def __aexit__(self, *_):
        await nested(1)


async def manage():
    async with Manager():
        await nested(1)


class Awaitable:
    def __await__(self):
        return (yield from nested(2).__await__())


async def await_object():
    await Awaitable()


@types.coroutine
def generator_based():
    yield from nested(1)


async def await_generator():
    await generator_based()


async def gather():
    await asyncio.gather(nested(3), create_task(nested(1)), iterate())


async def shield():
    await asyncio.shield(create_task(nested(2)))


async def wait_with_limit():
    await asyncio.wait_for(create_task(nested(2)), 3600)


async def wait_for_first():
    waited = [create_task(nested(depth)) for depth in range(4)]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*waited)


async def await_future():
    future = asyncio.get_event_loop().create_future()
    asyncio.get_event_loop().call_later(random.random() * 0.01, future.set_result, None)
    await future


async def group():
    async with asyncio.TaskGroup() as tasks:
        for depth in range(3):
            tasks.create_task(nested(depth), name="task %d" % next(NUMBERS))


async def compute():
    frames.once(1)
    await asyncio.sleep(0)


async def cancel():
    task = create_task(nested(5))
    await asyncio.sleep(0.002)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        await pause()


WORKS = [iterate, iterate_in_comprehension, manage, await_object, await_generator, gather, shield, wait_with_limit,
         wait_for_first, await_future, compute, cancel] + ([group] if hasattr(asyncio, "TaskGroup") else [])


async def work():
    while True:
        await random.choice(WORKS)()


# Of what a coroutine awaits: the attributes with its frame, and with what it awaits itself.
ATTRIBUTES = {
    types.CoroutineType: ("cr_frame", "cr_await"), types.GeneratorType: ("gi_frame", "gi_yieldfrom"),
    types.AsyncGeneratorType: ("ag_frame", "ag_await"),
}


def described(frame):
    code = frame.f_code
    return os.path.basename(code.co_filename), frame.f_lineno, getattr(code, "co_qualname", code.co_name)


def chain(awaitable):
    while awaitable is not None:
        if type(awaitable) in ATTRIBUTES:
            frame, awaited = (getattr(awaitable, name) for name in ATTRIBUTES[type(awaitable)])
            if frame is not None:
                yield described(frame)
            awaitable = awaited
        else:
            # Such as what an async generator's __anext__() returns. An attribute of it is never read, as that completes its
            # type (up to 3.9).
            functions = (other for other in gc.get_referents(awaitable) if type(other) in ATTRIBUTES)
            awaitable = next(functions, None)


def answer_for(task, running):
    name = task.get_name() if hasattr(task, "get_name") else None
    if task is running:
        return name, True, []
    functions = list(chain(task._coro))
    assert functions[:1] == [described(frame) for frame in task.get_stack()]
    return name, False, functions


async def main():
    loop = asyncio.get_event_loop()
    answers = os.open(os.path.join(sys.argv[1], "answers"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def answer_signal(number, frame):
        now, running = time.monotonic(), asyncio.current_task(loop)
        tasks = [answer_for(task, running) for task in asyncio.all_tasks(loop) if not task.done()]
        os.write(answers, json.dumps([now, tasks]).encode() + b"\n")

    signal.signal(signal.SIGUSR2, answer_signal)
    print("ready", flush=True)
    await asyncio.gather(*[create_task(work()) for _ in range(15)])


asyncio.run(main())
