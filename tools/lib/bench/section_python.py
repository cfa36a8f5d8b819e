"""Web servers in Python with and without samplers: answers a second, and how long answers take."""

import re

import recorders
import section_throughput
from commands import Command, Failed
from targets import Flask, Uvicorn

TOOLS = (
    recorders.SONDE_AUTO, recorders.SONDE, recorders.SONDE_PERF, recorders.PY_SPY, recorders.PY_SPY_NATIVE,
    recorders.AUSTIN)


class _Web:
    """Answers eight connections that ask without a pause."""

    tools = TOOLS

    def __init__(self, ends, target):
        self.server = ends.enter_context(target())
        self.case = self.server.case

    def measure(self, seconds):
        """Answers a second, and the 99th percentile of the seconds until an answer. wrk takes whole seconds only."""
        load = Command(
            ["wrk", "-t", 1, "-c", 8, "-d", max(1, round(seconds)), "--latency",
             f"http://127.0.0.1:{self.server.port}/orders/7"]).finish(60)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", load.output)
        high = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", load.output)
        if not rate or not high:
            raise Failed("wrk: no figures")
        return float(rate[1]), float(high[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[high[2]]


def rows(plan):
    yield from section_throughput.of_servers(
        [lambda ends: _Web(ends, Flask), lambda ends: _Web(ends, Uvicorn)], plan)
