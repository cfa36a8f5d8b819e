"""A whole recording, until there is a flame graph or the text that one is made of."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import places
from commands import Failed, run
from figures import median
from recorders import RATE, samples_of_sonde
from table import Row
from targets import Meter, Redis


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
        for record in (_sonde, _perf):
            try:
                for tool, whole in record(target.pid, plan.record_seconds).items():
                    found.setdefault(tool, []).append(whole)
            except Failed as failure:
                failures["sonde" if record is _sonde else "perf record + script"] = str(failure)
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


def _sonde(pid, seconds):
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "sonde.svg"
        outcome = run(
            [places.sonde, "record", "-p", pid, "-d", seconds, "-r", RATE, "-o", file], timeout=seconds + 60)
        samples = samples_of_sonde(outcome)
        return {"sonde": Whole(outcome.cpu, _size(file), outcome.wall - seconds, f"{samples} stacks as flame graph")}


def _perf(pid, seconds):
    with tempfile.TemporaryDirectory() as directory:
        data, text = Path(directory) / "perf.data", Path(directory) / "perf.txt"
        recorded = run(
            ["perf", "record", "-q", "--call-graph", "dwarf", "-F", RATE, "-p", pid, "-o", data, "--", "sleep", seconds],
            timeout=seconds + 60)
        wholes = {}
        for tool, options in (("perf record + script", []), ("… with --no-inline", ["--no-inline"])):
            script = run(["perf", "script", "-f", *options, "-i", data], timeout=600, output_file=text)
            samples = text.read_bytes().count(b"\n\n")
            wholes[tool] = Whole(
                recorded.cpu + script.cpu, _size(data) + _size(text), recorded.wall - seconds + script.wall,
                f"{samples} stacks as text")
        return wholes


def _size(file):
    return file.stat().st_size
