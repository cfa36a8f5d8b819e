"""What sampling takes from a thread that spins, seen by the thread: the gaps between two looks at the clock."""

import figures
import recorders
from commands import Failed
from figures import duration, median, percent, percentile
from spins import DEPTHS, TOOLS, spin
from table import HIDDEN_BY_NOISE, Row
from targets import Meter, PythonMeter

# Depth, the target, and the samplers. perf's copy of the stack has a fixed size, so one depth will do.
CASES = (
    (20, Meter, TOOLS),
    (47, Meter, (*TOOLS, recorders.PERF)),
    (200, Meter, TOOLS),
    (20, PythonMeter,
     (recorders.SONDE, recorders.SONDE_PERF, recorders.PERF, recorders.PY_SPY, recorders.PY_SPY_NATIVE)),
)
assert [frames for frames, target, _ in CASES if target is Meter] == list(DEPTHS)


def rows(plan):
    for frames, target, tools in CASES:
        case = f"{frames} frames" if target is Meter else f"CPython, {frames} Python frames"
        # py-spy takes whole seconds only.
        seconds = plan.spin_seconds if target is Meter else int(plan.spin_seconds)
        spins, failures = {}, {}
        for tool in recorders.known(tools):
            try:
                spins[tool] = spin(tool, frames, seconds, target)
            except Failed as failure:
                failures[tool] = str(failure)
        for measure, row in (("gap seen by the target", _gap), ("time taken", _taken)):
            for tool in recorders.known(tools):
                yield row(measure, case, tool, spins[tool]) if tool in spins else Row(
                    measure, case, tool, failure=failures[tool])
            if spins:
                yield _without(measure, case, [spin.usual for spin in spins.values()])


def _gap(measure, case, tool, spin):
    middle = spin.excess(0.5)
    if middle is None:
        return Row(measure, case, tool, failure=HIDDEN_BY_NOISE)
    return Row(
        measure, case, tool, middle, spin.excess(0.01),
        remark=f"{duration(spin.stolen_per_sample)} a sample on average, beside the usual gaps; at most "
        f"{duration(spin.sampled.longest)}, {duration(spin.usual.longest)} without")


def _taken(measure, case, tool, spin):
    return Row(
        measure, case, tool, spin.sampled.share - spin.usual.share, unit="share",
        remark=f"{percent(spin.sampled.share)} in gaps, of which {percent(spin.usual.share)} also without a sampler")


def _without(measure, case, usual):
    if measure == "time taken":
        return Row(
            measure, case, "none", median(gaps.share for gaps in usual), unit="share",
            remark=f"{percent(min(gaps.share for gaps in usual))} to {percent(max(gaps.share for gaps in usual))}")
    lengths = [length for gaps in usual for length in gaps.lengths]
    if not lengths:
        return Row(measure, case, "none", 0, remark="no gaps")
    seconds = sum(gaps.seconds for gaps in usual)
    return Row(
        measure, case, "none", median(lengths), percentile(lengths, 0.99),
        remark=f"{figures.digits(len(lengths) / seconds)} a second; at most {duration(max(lengths))}")
