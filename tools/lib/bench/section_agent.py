"""CPU time of the sampler for a sample, without what starting costs."""

import figures
import recorders
from commands import Failed
from figures import median
from spins import DEPTHS, TOOLS, spin
from table import Row
from targets import Python

MEASURE = "CPU a sample"


def rows(plan):
    for frames in DEPTHS:
        for tool in TOOLS:
            try:
                found = spin(tool, frames, plan.spin_seconds)
                remark = f"{figures.percent(found.recording.cpu / found.recording.wall)} of a CPU, {found.recording.samples} samples"
                yield Row(MEASURE, f"{frames} frames", tool, found.cpu_per_sample, remark=remark)
            except Failed as failure:
                yield Row(MEASURE, f"{frames} frames", tool, failure=str(failure))
    with Python(20, "spin") as target:
        for tool, record in (
            (recorders.SONDE, lambda seconds: recorders.record(recorders.SONDE, target, seconds)),
            ("py-spy --native", lambda seconds: recorders.py_spy_record(target.pid, seconds)),
        ):
            yield _python_row(tool, record, plan.spin_seconds)
            target.let_run()


def _python_row(tool, record, seconds):
    case = "CPython, 20 Python frames"
    try:
        # py-spy takes whole seconds only.
        short = [record(1) for _ in range(3)]
        long = record(int(max(3, seconds)))
        cpu, samples = median(each.cpu for each in short), median(each.samples for each in short)
        if long.samples <= samples:
            raise Failed(f"only {long.samples} samples")
        remark = f"{figures.percent(long.cpu / long.wall)} of a CPU, {long.samples} samples"
        return Row(MEASURE, case, tool, (long.cpu - cpu) / (long.samples - samples), remark=remark)
    except Failed as failure:
        return Row(MEASURE, case, tool, failure=str(failure))
