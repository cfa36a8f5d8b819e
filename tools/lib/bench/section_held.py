"""How long a running thread is held for a sample, and what that takes from it."""

import figures
from commands import Failed
from spins import DEPTHS, TOOLS, spin
from table import Row


def rows(plan):
    for frames in DEPTHS:
        for measure, row in (("held a sample", _held), ("gap seen by the target", _gap), ("time taken", _stolen)):
            for tool in TOOLS:
                try:
                    yield row(measure, f"{frames} frames", tool, spin(tool, frames, plan.spin_seconds))
                except Failed as failure:
                    yield Row(measure, f"{frames} frames", tool, failure=str(failure))


def _held(measure, case, tool, spin):
    recording = spin.recording
    remark = f"{recording.samples} samples of {recording.frames:.0f} frames; {figures.percent(recording.held_share)} held"
    if recording.whole is not None:
        remark += f"; {figures.duration(recording.whole)} from the interrupt"
    return Row(measure, case, tool, recording.held, recording.held_high, remark=remark)


def _gap(measure, case, tool, spin):
    if spin.gap is None:
        raise Failed("lost in the noise")
    return Row(
        measure, case, tool, spin.gap, spin.gap_high,
        remark=f"{figures.duration(spin.stolen_per_sample)} a sample on average, beside the usual gaps")


def _stolen(measure, case, tool, spin):
    return Row(
        measure, case, tool, spin.stolen - spin.usual, unit="share",
        remark=f"{figures.percent(spin.stolen)} in gaps, of which {figures.percent(spin.usual)} also without a sampler")
