"""Runs a tree of tasks, and prints what asyncio says of them; then reads its input, in a task.

Chains are lists of [qualified or plain name, file, line], innermost first.
"""
import asyncio
import gc
import sys
import types

facts = {}


async def sleeper(seconds):
    await asyncio.sleep(seconds)


async def level(depth, seconds):
    if depth:
        await level(depth - 1, seconds)
    else:
        await sleeper(seconds)


async def ticks():
    while True:
        yield 1
        await asyncio.sleep(1000)


async def over_generator():
    async for _ in ticks():
        pass


class Awaitable:
    def __await__(self):
        return sleeper(1000).__await__()


async def over_awaitable():
    await Awaitable()


class Plain:
    def __await__(self):
        yield from sleeper(1000).__await__()


async def over_plain_generator():
    await Plain()


async def anext_with_default():
    await anext(ticks_later(), None)


async def ticks_later():
    await asyncio.sleep(1000)
    yield 1


async def gathering():
    await asyncio.gather(named(sleeper(1000), "gathered-1"), named(sleeper(1000), "gathered-2"))


async def awaiting_task():
    await named(sleeper(1000), "awaited")


async def timed():
    await asyncio.wait_for(sleeper(1000), 900)


async def shielding():
    await asyncio.shield(named(sleeper(1000), "shielded"))


async def waiting():
    await asyncio.wait([named(sleeper(1000), "waited-1"), named(sleeper(1000), "waited-2")])


async def waiting_for_event(event):
    await event.wait()


async def getting(queue):
    await queue.get()


async def not_begun():
    pass


async def worker(event):
    await event.wait()


class Derived(asyncio.Task):
    pass


def named(coroutine, name):
    loop = asyncio.get_running_loop()
    task = loop.create_task(coroutine)
    if hasattr(task, "set_name"):
        task.set_name(name)
    return task


AWAITED = {
    types.CoroutineType: "cr_await", types.GeneratorType: "gi_yieldfrom", types.AsyncGeneratorType: "ag_await",
}


def awaited(thing):
    attribute = AWAITED.get(type(thing))
    if attribute:
        return getattr(thing, attribute)
    # What iterates over a coroutine or asynchronous generator refers to it. No attribute of it is read, as that completes its
    # type (up to 3.9).
    if type(thing).__name__ in (
        "coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable",
    ):
        return gc.get_referents(thing)[0]
    return None


def coroutine_of(task):
    return task.get_coro() if hasattr(task, "get_coro") else task._coro


def chain(thing):
    frames = []
    while thing is not None:
        prefix = AWAITED.get(type(thing), "")[:2]
        if prefix:
            frame = getattr(thing, prefix + "_frame")
            if frame is not None:
                code = getattr(thing, prefix + "_code")
                name = code.co_qualname if hasattr(code, "co_qualname") else code.co_name
                frames.append([name, code.co_filename, frame.f_lineno])
        thing = awaited(thing)
    return frames[::-1]


def name_of(task):
    return task.get_name() if hasattr(task, "get_name") else None


def callbacks(task):
    # Of `add_done_callback`: pairs of a callback and its context.
    return [c[0] for c in task._callbacks or []]


def resolves(task, future):
    """Whether asyncio has given the task a callback that ends the wait for the future."""
    for callback in callbacks(task):
        cells = getattr(callback, "__closure__", None) or ()
        things = [c.cell_contents for c in cells] + list(getattr(callback, "args", ()))
        group = getattr(callback, "__self__", None)
        if future in things or getattr(group, "_on_completed_fut", None) is future:
            return True
    return False


def described(task):
    waiter = task._fut_waiter
    direct = [t for t in [waiter, *getattr(waiter, "_children", [])] if isinstance(t, asyncio.Task)]
    others = [t for t in all_tasks() if waiter is not None and t not in direct and resolves(t, waiter)]
    tasks = sorted(map(name_of, direct + others), key=str)
    return {
        "name": name_of(task),
        "isRunning": task is asyncio.current_task(),
        "awaited": None if waiter is None else type(waiter).__name__,
        "tasks": tasks,
        "frames": chain(coroutine_of(task)),
    }


def all_tasks():
    # From 3.14 on tasks that are written in Python are among those of another function.
    return set(asyncio.all_tasks()) | set(getattr(asyncio.tasks, "_py_all_tasks", asyncio.all_tasks)())


def report():
    import json
    coroutine = next(c for c in map(coroutine_of, asyncio.all_tasks()) if c.cr_code.co_name == "level")
    facts["outermost"] = id(coroutine)
    while coroutine.cr_await.cr_code.co_name == "level":
        coroutine = coroutine.cr_await
    facts["innermost"] = id(coroutine.cr_await)
    facts["tasks"] = [described(t) for t in all_tasks()]
    print(json.dumps(facts), flush=True)
    sys.stdin.read()


async def reporting():
    report()


async def main():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    kept = [
        named(level(20, 1000), "nested"),
        named(over_generator(), "generator"),
        named(over_awaitable(), "awaitable"),
        named(over_plain_generator(), "plain"),
        named(gathering(), "gathering"),
        named(awaiting_task(), "awaiting"),
        named(timed(), "timed"),
        named(shielding(), "shielding"),
        named(waiting(), "waiting"),
        named(waiting_for_event(event), "event"),
        named(getting(asyncio.Queue()), "queue"),
    ]
    if sys.version_info >= (3, 10):
        kept.append(named(anext_with_default(), "anext"))
    kept += [loop.create_task(worker(event)) for _ in range(100)]
    kept.append(Derived(sleeper(1000), loop=loop))
    kept.append(asyncio.tasks._PyTask(sleeper(1000), loop=loop))
    if sys.version_info >= (3, 12):
        kept.append(asyncio.Task(sleeper(1000), loop=loop, name="eager", eager_start=True))
    if sys.version_info >= (3, 11):
        async with asyncio.TaskGroup() as group:
            kept.append(group.create_task(sleeper(1000), name="in group"))
            await asyncio.sleep(0.05)
            loop.create_task(reporting())
            kept.append(named(not_begun(), "not begun"))
    else:
        await asyncio.sleep(0.05)
        kept.append(named(not_begun(), "not begun"))
        await reporting()


asyncio.run(main())
