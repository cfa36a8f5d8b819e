"""What a sampler of a process costs of whose threads nearly all sleep."""

import tempfile

import places
import recorders
from commands import Failed
from figures import slope
from table import Row
from targets import Target

MEASURE = "CPU used, most asleep"
THREADS, RUNNING = 1002, 2
CASE = f"{THREADS - RUNNING:,} threads asleep, {RUNNING} running"
TOOLS = (
    recorders.SONDE, recorders.SONDE_WALL, recorders.SONDE_AUTO_WALL, recorders.SONDE_PERF, recorders.PERF)


def rows(plan):
    with Target([places.built / "threads", THREADS, RUNNING]) as target:
        for tool in recorders.known(TOOLS):
            try:
                yield _row(tool, target, plan.spin_seconds)
            except Failed as failure:
                target.let_run()
                yield Row(MEASURE, CASE, tool, failure=str(failure))


def _row(tool, target, seconds):
    # What starting and reading symbols costs is the same for a short run and a long one.
    short = [(1, _cpu(tool, target, 1)) for _ in range(3)]
    long = (1 + seconds, _cpu(tool, target, 1 + seconds))
    share = slope(short, long)
    remark = f"of one CPU at {recorders.RATE} Hz"
    if share is None:
        share, remark = long[1] / long[0], f"{remark}; at most, with what starting costs"
    return Row(MEASURE, CASE, tool, share, unit="share", remark=remark)


def _cpu(tool, target, seconds):
    """CPU seconds of a whole run."""
    with tempfile.TemporaryDirectory() as directory:
        command = recorders.start(tool, target.pid, seconds, directory)
        return command.finish(seconds + 60).cpu
