"""Which share of sleeping stacks is followed to its root without stopping a thread."""

import json
import time

import places
from commands import Failed, run
from table import Row
from targets import Python, Redis, Target

MEASURE = "sleeping stacks complete"
NIO_SERVER = places.root / ".build/bench/nio-server"


def rows(plan):
    yield from _row("redis-server, idle", Redis, plan)
    yield from _row("CPython, asleep", lambda: Python(20, "sleep"), plan)
    yield from _row("SwiftNIO server", _nio_server, plan)


def _nio_server():
    package = places.programs / "nio-server"
    run(["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", NIO_SERVER], timeout=1200)
    return Target([NIO_SERVER / "release" / "nio-server"])


def _row(case, start, plan):
    looked = complete = 0
    with start() as target:
        for _ in range(20 * plan.dumps):
            outcome = run([places.sonde, "dump", "--json", "-p", target.pid], timeout=30)
            for thread in json.loads(outcome.output)[0]["threads"]:
                if thread["stopped"] or thread["ending"] == "lost":
                    continue
                looked += 1
                complete += thread["ending"] == "root"
            # The next look finds other sleeps.
            time.sleep(0.003)
    if looked == 0:
        raise Failed("no thread was asleep")
    yield Row(MEASURE, case, "sonde", complete / looked, unit="share", remark=f"of {looked}")
