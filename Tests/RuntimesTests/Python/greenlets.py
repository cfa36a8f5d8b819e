"""Leaves greenlets suspended, and prints what greenlet says of them; then reads its input.

Frames are lists of [qualified or plain name, file, line], innermost first.
"""
import json
import sys

import greenlet

main = greenlet.getcurrent()


def level(depth):
    if depth:
        return level(depth - 1)
    return main.switch()


def through_c(depth):
    return list(map(level, [depth]))


def values():
    yield main.switch()


def over_generator():
    return next(values())


def ending():
    pass


class Worker(greenlet.greenlet):
    pass


def frames(frame):
    found = []
    while frame is not None:
        code = frame.f_code
        name = code.co_qualname if hasattr(code, "co_qualname") else code.co_name
        found.append([name, code.co_filename, frame.f_lineno])
        frame = frame.f_back
    return found


def described(one):
    return {
        "name": type(one).__name__,
        "isRunning": one is main,
        "awaited": None,
        "tasks": [],
        "frames": [] if one is main else frames(one.gr_frame),
    }


kept = [greenlet.greenlet(over_generator), Worker(through_c), greenlet.greenlet(level)] + [
    Worker(level) for _ in range(100)]
arguments = [(), (3,), (30,)] + [(index % 7,) for index in range(100)]
for one, values_ in zip(kept, arguments):
    one.switch(*values_)
# Those in cycles, and objects that are freed, are in the collector's lists as well.
garbage = [[] for _ in range(10000)]
ended = Worker(ending)
ended.switch()
not_begun = greenlet.greenlet(level)
print(json.dumps({"tasks": [described(one) for one in kept + [not_begun, main]]}), flush=True)
sys.stdin.read()
