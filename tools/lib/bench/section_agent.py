"""CPU time of the sampler for a sample, without what starting costs."""

import figures
import recorders
from commands import Failed
from spins import DEPTHS, TOOLS, spin
from table import Row
from targets import Meter, Python

MEASURE = "CPU a sample"
PERF_FRAMES = 47
PYTHON_TOOLS = (recorders.SONDE, recorders.SONDE_PERF, recorders.PY_SPY_NATIVE)


def rows(plan):
    for frames in DEPTHS:
        # perf's copy of the stack has a fixed size, so one depth will do.
        for tool in recorders.known((*TOOLS, recorders.PERF) if frames == PERF_FRAMES else TOOLS):
            yield _row(f"{frames} frames", tool, lambda: _spinner(tool, frames, plan.spin_seconds))
    with Python(20, "spin") as target:
        for tool in recorders.known(PYTHON_TOOLS):
            yield _row("CPython, 20 Python frames", tool, lambda: _python(tool, target, plan.spin_seconds))
            target.let_run()


def _row(case, tool, measure):
    try:
        short, long = measure()
        if not long.samples:
            raise Failed("no samples")
        each = figures.slope([(run.samples, run.cpu) for run in short], (long.samples, long.cpu))
        remark = f"{figures.percent(long.cpu / long.wall)} of a CPU, {long.samples} samples"
        if each is None:
            each = long.cpu / long.samples
            remark += "; at most, with what starting costs, which varies by more than all of it"
        if tool == recorders.PERF:
            remark += "; unwinding, by perf script, is not in it"
        return Row(MEASURE, case, tool, each, remark=remark)
    except Failed as failure:
        return Row(MEASURE, case, tool, failure=str(failure))


def _spinner(tool, frames, seconds):
    """Very short recordings, and a long one."""
    long = spin(tool, frames, seconds).recording
    with Meter(frames) as meter:
        return [recorders.record(tool, meter, 0.3) for _ in range(5)], long


def _python(tool, target, seconds):
    # py-spy takes whole seconds only.
    return [recorders.record(tool, target, 1) for _ in range(3)], recorders.record(tool, target, int(max(3, seconds)))
