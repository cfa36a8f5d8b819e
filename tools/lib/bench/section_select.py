"""What a sampler of a process costs of whose threads nearly all sleep."""

import tempfile
from pathlib import Path

import places
import recorders
from commands import Command, Failed
from figures import median
from table import Row
from targets import Target

MEASURE = "CPU used, most asleep"
THREADS, RUNNING = 1002, 2
CASE = f"{THREADS - RUNNING:,} threads asleep, {RUNNING} running"
SONDE, SONDE_WALL = "sonde", "sonde --mode wall"
TOOLS = (SONDE, SONDE_WALL, recorders.PERF)


def rows(plan):
    with Target([places.built / "threads", THREADS, RUNNING]) as target:
        for tool in TOOLS:
            try:
                yield _row(tool, target, plan.spin_seconds)
            except Failed as failure:
                target.let_run()
                yield Row(MEASURE, CASE, tool, failure=str(failure))


def _row(tool, target, seconds):
    # What starting and reading symbols costs is the same for a short run and a long one.
    short = median(_cpu(tool, target, 1) for _ in range(3))
    share = (_cpu(tool, target, 1 + seconds) - short) / seconds
    return Row(MEASURE, CASE, tool, share, unit="share", remark=f"of one CPU at {recorders.RATE} Hz")


def _cpu(tool, target, seconds):
    """CPU seconds of a whole run."""
    with tempfile.TemporaryDirectory() as directory:
        if tool == SONDE_WALL:
            command = Command(
                [places.sonde, "record", "-p", target.pid, "-d", seconds, "-r", recorders.RATE, "--mode", "wall",
                 "-f", "folded", "-o", Path(directory) / "sonde.folded"])
        else:
            command = recorders.start(tool, target.pid, seconds, directory)
        return command.finish(seconds + 60).cpu
