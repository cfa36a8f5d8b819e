"""What a server does in a second while it is sampled, against what it does otherwise."""

import contextlib
import random
import tempfile
import time

import recorders
from commands import Failed
from figures import duration, median, median_interval, percent
from table import Row
from targets import Redis, ThreadServer

MEASURE, LATENCY = "throughput lost", "99 % of answers within"
THREADS, OUTSTANDING = 300, 4
SONDES = (
    recorders.SONDE_AUTO, recorders.SONDE_AUTO_WALL, recorders.SONDE, recorders.SONDE_WALL, recorders.SONDE_PERF)
# After a sampler starts, and before it ends.
MARGIN = 0.4


class _Redis:
    """Knows how many commands were done."""

    case = "redis-server under load"
    tools = (*SONDES, recorders.PERF, recorders.CACHED, recorders.UNCACHED)

    def __init__(self, ends):
        self.server = ends.enter_context(Redis())
        ends.enter_context(self.server.load("get"))

    def measure(self, seconds):
        """Commands a second; nothing is known of how long they took."""
        begin, commands = time.monotonic(), self.server.commands_done()
        time.sleep(seconds)
        return (self.server.commands_done() - commands) / (time.monotonic() - begin), None


class _Threads:
    case = f"server of {THREADS} threads, {OUTSTANDING} busy"
    tools = (*SONDES, recorders.PERF, recorders.ALL_THREADS)

    def __init__(self, ends):
        self.server = ends.enter_context(ThreadServer())
        self._load = ends.enter_context(self.server.load(THREADS, OUTSTANDING))

    def measure(self, seconds):
        """Answers a second, and the 99th percentile of the seconds until an answer."""
        self._load.requests()
        begin = time.monotonic()
        time.sleep(seconds)
        answers, _, high, _ = self._load.requests()
        return answers / (time.monotonic() - begin), high


def rows(plan):
    yield from of_servers((_Redis, _Threads), plan)


def of_servers(servers, plan):
    """The rows of servers, each made by a call with a stack of what is to be ended."""
    for server in servers:
        try:
            with contextlib.ExitStack() as ends:
                yield from _rows(server(ends), plan)
        except (Failed, OSError) as failure:
            yield Row(MEASURE, getattr(server, "case", "server"), "", failure=str(failure))


def _rows(server, plan):
    tools = recorders.known(server.tools)
    ratios, latencies = {tool: [] for tool in tools}, {tool: [] for tool in tools}
    failures, usual, usual_latencies = {}, [], []
    generator = random.Random(1)
    time.sleep(1)
    for _ in range(plan.throughput_blocks):
        # Neighbours in time are compared: without, with, without. The order of the samplers is drawn.
        before, _ = server.measure(plan.throughput_seconds)
        for tool in generator.sample(tools, len(tools)):
            if tool in failures:
                continue
            try:
                rate, latency = _sampled(server, tool, plan.throughput_seconds)
            except Failed as failure:
                failures[tool] = str(failure)
                server.server.let_run()
                continue
            after, usual_latency = server.measure(plan.throughput_seconds)
            ratios[tool].append(rate / ((before + after) / 2))
            usual.append(after / before)
            latencies[tool].append(latency)
            usual_latencies.append(usual_latency)
            before = after
    for tool in tools:
        if ratios[tool]:
            yield _row(server.case, tool, ratios[tool])
        else:
            yield Row(MEASURE, server.case, tool, failure=failures.get(tool, "no figures"))
    if usual:
        yield _row(server.case, "none", usual)
    if usual_latencies and usual_latencies[0] is not None:
        for tool, values in (*latencies.items(), ("none", usual_latencies)):
            if values:
                yield Row(
                    LATENCY, server.case, tool, median(values),
                    remark=f"median of {len(values)} runs; the worst run {duration(max(values))}")


def _row(case, tool, ratios):
    low, high = median_interval(ratios)
    return Row(
        MEASURE, case, tool, 1 - median(ratios), unit="share",
        remark=f"95 % interval {percent(1 - high)} to {percent(1 - low)}; {len(ratios)} pairs")


def _sampled(server, tool, seconds):
    """What the server does after the sampler has started."""
    with tempfile.TemporaryDirectory() as directory:
        # A recording ends after the measurement.
        sampler = recorders.start(tool, server.server.pid, seconds + 2 * MARGIN, directory)
        time.sleep(MARGIN)
        measured = server.measure(seconds)
        sampler.finish(timeout=60)
        return measured
