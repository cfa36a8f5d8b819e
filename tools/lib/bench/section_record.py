"""A whole recording, until there is a flame graph or the text that one is made of."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import places
import recorders
from commands import Failed, run
from figures import median
from recorders import RATE, samples_of_sonde
from table import Row
from targets import Meter, Redis


PERF = "perf record + script"


@dataclass(frozen=True)
class Whole:
    cpu: float
    size: int
    ready: float
    """Seconds from the end of the recording to the result."""
    detail: str


def rows(plan):
    with Redis() as redis, redis.load("set,get"):
        yield from _rows("redis-server under load", redis, plan)
    with Meter(47) as meter:
        yield from _rows("spinner, 47 frames", meter, plan)


def _rows(case, target, plan):
    found, failures = {}, {}
    for _ in range(plan.recordings):
        for tool in recorders.known((recorders.SONDE, recorders.SONDE_PERF, PERF)):
            try:
                wholes = _perf(target.pid, plan.record_seconds) if tool == PERF else _sonde(
                    tool, target.pid, plan.record_seconds)
                for name, whole in wholes.items():
                    found.setdefault(name, []).append(whole)
            except Failed as failure:
                failures[tool] = str(failure)
                target.let_run()
    name = f"record {plan.record_seconds:g} s"
    for measure, unit, figure in (
        (f"{name}, CPU", "seconds", lambda whole: whole.cpu),
        (f"{name}, bytes written", "bytes", lambda whole: whole.size),
        (f"{name}, wait at the end", "seconds", lambda whole: whole.ready),
    ):
        for tool, wholes in found.items():
            yield Row(measure, case, tool, median(map(figure, wholes)), unit=unit, remark=wholes[-1].detail)
        for tool, failure in failures.items():
            if tool not in found:
                yield Row(measure, case, tool, failure=failure)


def _sonde(tool, pid, seconds):
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "sonde.svg"
        outcome = run(
            [places.sonde, "record", "-v", *recorders.sonde_options(tool), "-p", pid, "-d", seconds, "-r", RATE, "-o",
             file],
            timeout=seconds + 60)
        samples = samples_of_sonde(outcome)
        return {tool: Whole(outcome.cpu, _size(file), outcome.wall - seconds, f"{samples} stacks as flame graph")}


def _perf(pid, seconds):
    with tempfile.TemporaryDirectory() as directory:
        data, text = Path(directory) / "perf.data", Path(directory) / "perf.txt"
        recorded = run(
            ["perf", "record", "-q", "--call-graph", "dwarf", "-F", RATE, "-p", pid, "-o", data, "--", "sleep",
             seconds],
            timeout=seconds + 60)
        wholes = {}
        for tool, options in ((PERF, []), ("… with --no-inline", ["--no-inline"])):
            script = run(["perf", "script", "-f", *options, "-i", data], timeout=600, output_file=text)
            samples = text.read_bytes().count(b"\n\n")
            wholes[tool] = Whole(
                recorded.cpu + script.cpu, _size(data) + _size(text), recorded.wall - seconds + script.wall,
                f"{samples} stacks as text")
        return wholes


def _size(file):
    return file.stat().st_size
