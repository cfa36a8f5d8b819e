"""What the worker costs: the start of a recording and a dump; beside another build, if SONDE_BASE_BINARY names one."""

import os

import places
from commands import Failed, run
from figures import duration, median, percentile
from table import Row
from targets import Redis

SECONDS = 0.5
START = "a recording without its duration, wall time"
DUMP = "one dump, wall time, in turns"
CPU = "CPU time of a recording of half a second"


def rows(plan):
    tools = {"sonde": places.sonde}
    base = os.environ.get("SONDE_BASE_BINARY")
    if base:
        tools["sonde (base)"] = base
    with Redis() as redis, redis.load("get"):
        yield from _rows(redis, tools, plan)


def _rows(redis, tools, plan):
    starts, dumps, cpus, failures = ({tool: [] for tool in tools} for _ in range(4))
    # In turns, so that what else the machine does meets all of them; the first turn warms up.
    for turn in range(plan.dumps + 1):
        for tool, binary in tools.items():
            try:
                record = run(
                    [binary, "record", "-p", redis.pid, "-d", SECONDS, "--sampler", "ptrace", "-f", "folded", "-o",
                     os.devnull])
                dump = run([binary, "dump", "-p", redis.pid])
            except Failed as failure:
                failures[tool] = [str(failure)]
                continue
            if turn > 0:
                starts[tool].append(record.wall - SECONDS)
                cpus[tool].append(record.cpu)
                dumps[tool].append(dump.wall)
    for measure, found in ((START, starts), (DUMP, dumps), (CPU, cpus)):
        for tool in tools:
            if failures[tool] or not found[tool]:
                yield Row(measure, "redis-server under load", tool, failure=(failures[tool] or ["no result"])[0])
                continue
            yield Row(
                measure, "redis-server under load", tool, median(found[tool]), percentile(found[tool], 0.99),
                remark=f"median of {len(found[tool])}; the least {duration(min(found[tool]))}")
