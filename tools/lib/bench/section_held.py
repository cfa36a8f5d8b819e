"""How long a running thread is held for a sample, as the sampler itself sees it."""

import figures
from commands import Failed
from recorders import known
from spins import DEPTHS, TOOLS, spin
from table import Row

MEASURE = "held a sample"


def rows(plan):
    for frames in DEPTHS:
        for tool in known(TOOLS):
            try:
                yield _row(f"{frames} frames", tool, spin(tool, frames, plan.spin_seconds).recording)
            except Failed as failure:
                yield Row(MEASURE, f"{frames} frames", tool, failure=str(failure))


def _row(case, tool, recording):
    remark = f"{recording.samples} samples of {recording.frames:.0f} frames; "
    if recording.held is None:
        return Row(MEASURE, case, tool, 0, remark=remark + "never stopped")
    remark += f"{figures.percent(recording.held_share)} held"
    if recording.whole is not None:
        remark += f"; {figures.duration(recording.whole)} from the interrupt"
    return Row(MEASURE, case, tool, recording.held, recording.held_high, remark=remark)
