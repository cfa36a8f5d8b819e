"""Wall time until the stacks of all threads are there, once."""

import contextlib

import places
from commands import Failed, run
from figures import duration, median, percentile
from table import Row
from targets import Python, Redis

MEASURE = "one dump, wall time"


def rows(plan):
    with Redis() as redis:
        yield from _rows("redis-server, idle", redis, plan, is_python=False)
        with redis.load("get"):
            yield from _rows("redis-server under load", redis, plan, is_python=False)
    for case, does in (("CPython, asleep", "sleep"), ("CPython, running", "spin")):
        with Python(20, does) as python:
            yield from _rows(case, python, plan, is_python=True)


def _rows(case, target, plan, is_python):
    tools = {
        "sonde": [places.sonde, "dump", "-p", target.pid],
        "eu-stack": ["eu-stack", "-p", target.pid],
        "gdb -batch": ["gdb", "-nx", "-batch", "-p", target.pid, "-ex", "thread apply all bt"],
    }
    if is_python:
        tools["py-spy dump --native"] = [places.py_spy, "dump", "--native", "-p", target.pid]
    outcomes = {tool: [] for tool in tools}
    failures = {}
    # In turns, so that what else the machine does meets all of them; the first turn warms up.
    for turn in range(plan.dumps + 1):
        for tool, arguments in tools.items():
            if tool in failures:
                continue
            try:
                outcome = run(arguments, timeout=30)
                if turn > 0:
                    outcomes[tool].append(outcome)
            except Failed as failure:
                failures[tool] = str(failure)
                with contextlib.suppress(ProcessLookupError):
                    target.let_run()
    for tool in tools:
        if tool in failures:
            yield Row(MEASURE, case, tool, failure=failures[tool])
            continue
        walls = [outcome.wall for outcome in outcomes[tool]]
        cpu = median(outcome.cpu for outcome in outcomes[tool])
        yield Row(
            MEASURE, case, tool, median(walls), percentile(walls, 0.99),
            remark=f"{duration(cpu)} of CPU; median of {len(walls)}")
