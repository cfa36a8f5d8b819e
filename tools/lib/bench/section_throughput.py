"""What redis-server does in a second while it is sampled, against what it does otherwise."""

import random
import tempfile
import time

import recorders
from commands import Failed
from figures import median, median_interval, percent
from table import Row
from targets import Redis

MEASURE = "throughput lost"
CASE = "redis-server under load"
TOOLS = (recorders.SONDE, recorders.PERF, recorders.CACHED, recorders.UNCACHED)
# After a sampler starts, and before it ends.
MARGIN = 0.4


def rows(plan):
    kept = {tool: [] for tool in TOOLS}
    failures, usual = {}, []
    generator = random.Random(1)
    with Redis() as redis, redis.load("get"):
        time.sleep(1)
        for _ in range(plan.throughput_blocks):
            # Neighbours in time are compared: without, with, without. The order of the samplers is drawn.
            before = _rate(redis, None, plan.throughput_seconds)
            for tool in generator.sample(TOOLS, len(TOOLS)):
                try:
                    rate = _rate(redis, tool, plan.throughput_seconds)
                except Failed as failure:
                    failures[tool] = str(failure)
                    redis.let_run()
                    continue
                after = _rate(redis, None, plan.throughput_seconds)
                kept[tool].append(rate / ((before + after) / 2))
                usual.append(after / before)
                before = after
    for tool in TOOLS:
        if kept[tool]:
            yield _row(tool, kept[tool])
        else:
            yield Row(MEASURE, CASE, tool, failure=failures.get(tool, "no figures"))
    if usual:
        yield _row("none", usual)


def _row(tool, ratios):
    low, high = median_interval(ratios)
    return Row(
        MEASURE, CASE, tool, 1 - median(ratios), unit="share",
        remark=f"95 % interval {percent(1 - high)} to {percent(1 - low)}; {len(ratios)} pairs")


def _rate(redis, tool, seconds):
    """Commands a second, after the sampler has started."""
    with tempfile.TemporaryDirectory() as directory:
        # Whole seconds are not needed; a recording ends after the measurement.
        sampler = recorders.start(tool, redis.pid, seconds + 2 * MARGIN, directory) if tool else None
        time.sleep(MARGIN)
        begin, commands = time.monotonic(), redis.commands_done()
        time.sleep(seconds)
        rate = (redis.commands_done() - commands) / (time.monotonic() - begin)
        if sampler:
            sampler.finish(timeout=60)
        return rate
