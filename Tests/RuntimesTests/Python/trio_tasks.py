"""Runs a tree of tasks, and prints what trio says of them; then reads its input, in a task.

Chains are lists of [qualified or plain name, file, line], innermost first.
"""
import ctypes
import gc
import json
import sys

import trio
from trio.lowlevel import Task

END_OF_NURSERY = "Nursery._nested_child_finished"


async def wait(event):
    await event.wait()


async def level(depth, event):
    if depth:
        await level(depth - 1, event)
    else:
        await wait(event)


async def ticks():
    yield 1
    await trio.sleep_forever()


async def over_generator():
    async for _ in ticks():
        pass


class Awaitable:
    def __await__(self):
        return trio.sleep(1000).__await__()


async def over_awaitable():
    await Awaitable()


async def receiving(channel):
    async for _ in channel:
        pass


async def accepting(listener):
    await listener.accept()


async def locking(lock):
    async with lock:
        pass


async def with_children():
    async with trio.open_nursery() as outer:
        outer.start_soon(trio.sleep_forever, name="of outer")
        async with trio.open_nursery() as inner:
            inner.start_soon(trio.sleep_forever, name="of inner")


async def in_body():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever, name="beside the body")
        await trio.sleep_forever()


def awaited(thing):
    for attribute in ("cr_await", "gi_yieldfrom", "ag_await"):
        if hasattr(thing, attribute):
            return getattr(thing, attribute)
    # What iterates over a coroutine or asynchronous generator refers to it.
    if type(thing).__name__ in ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow"):
        return gc.get_referents(thing)[0]
    return None


def chain(thing):
    frames = []
    while thing is not None:
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(thing, prefix + "_frame", None)
            if frame is not None:
                code = getattr(thing, prefix + "_code")
                name = code.co_qualname if hasattr(code, "co_qualname") else code.co_name
                frames.append([name, code.co_filename, frame.f_lineno])
        thing = awaited(thing)
    while frames and frames[-1][1].endswith("/trio/_core/_traps.py"):
        frames.pop()
    return frames[::-1]


def described(task, tasks):
    running = task is trio.lowlevel.current_task()
    waits = not running and task._next_send_fn is None
    function = task._abort_func.__qualname__.split(".<locals>")[0] if waits else None
    children = [t for t in tasks if t.parent_nursery is not None and t.parent_nursery.parent_task is task]
    return {
        "name": task.name,
        "isRunning": running,
        "awaited": "Nursery" if function == END_OF_NURSERY else function,
        "tasks": sorted(t.name for t in children) if function == END_OF_NURSERY else [],
        "frames": chain(task.coro),
    }


def all_tasks(root):
    found = [root]
    for task in found:
        found += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
    return found


def slot(name):
    """Where the PyMemberDef of a slot is."""
    descriptor = getattr(Task, name)
    return ctypes.c_void_p.from_address(id(descriptor) + object.__basicsize__ + 24).value


def report(event):
    event.set()
    tasks = all_tasks(trio.lowlevel.current_root_task())
    parent = next(t for t in tasks if t.name == "parent")
    inner, outer = parent.child_nurseries[::-1]
    facts = {
        "tasks": [described(t, tasks) for t in tasks],
        "slot": slot("coro"),
        "nursery": id(parent.parent_nursery),
        "inner": id(inner),
    }
    print(json.dumps(facts), flush=True)
    sys.stdin.read()


async def reporting(event):
    report(event)


async def main():
    event, later = trio.Event(), trio.Event()
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    _sender, receiver = trio.open_memory_channel(0)
    lock = trio.Lock()
    await lock.acquire()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(level, 20, later, name="nested")
        nursery.start_soon(over_generator, name="generator")
        nursery.start_soon(over_awaitable, name="awaitable")
        nursery.start_soon(receiving, receiver, name="receiving")
        nursery.start_soon(accepting, listener, name="accepting")
        nursery.start_soon(locking, lock, name="locking")
        nursery.start_soon(with_children, name="parent")
        nursery.start_soon(in_body, name="in body")
        for _ in range(100):
            nursery.start_soon(wait, later)
        for number in range(3):
            nursery.start_soon(wait, event, name=f"ready-{number}")
        await trio.sleep(0.05)
        nursery.start_soon(reporting, event, name="reporting")


trio.run(main)
