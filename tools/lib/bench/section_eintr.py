"""Whether calls that wait still wait as long as they were asked to, while somebody samples.

A stop makes some of them return EINTR to the program, whose timer then starts again. All samplers of a rate run at the
same time, each on a target of its own: what a call returns does not depend on how fast the machine is.
"""

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import recorders
from commands import Failed
from figures import count, duration, median
from table import Row
from targets import Waits

TIMEOUT = 0.5
BROKEN, UNBROKEN = ("epoll_wait", "sigtimedwait", "semop", "recv"), ("poll", "nanosleep")
TIMERS = ("epoll_wait", "nanosleep")
NONE = "none"
# Of a recording, in which the timers are not looked at: samplers begin late and end early.
MARGIN = 2


@dataclass(frozen=True)
class Group:
    """Samplers that run at the same time."""

    rate: int
    of_program: tuple
    of_python: tuple
    seconds: str
    """The field of the plan."""


GROUPS = (
    Group(
        99, (NONE, *recorders.SONDES, recorders.PERF, recorders.ALL_THREADS),
        (NONE, recorders.SONDE, recorders.SONDE_WALL, recorders.SONDE_PERF, recorders.PY_SPY), "eintr_seconds"),
    Group(400, (NONE, recorders.SONDE_WALL, recorders.SONDE_PERF, recorders.ALL_THREADS), (), "eintr_fast_seconds"),
)


@dataclass(frozen=True)
class Found:
    interrupted: dict
    """Calls that returned EINTR, from before the sampler started until it had ended."""
    periods: dict
    """Seconds between the timeouts that fired in the time given, for each call."""


def rows(plan):
    for group in GROUPS:
        seconds = getattr(plan, group.seconds)
        found = _measure(group, seconds)
        for is_python, where in ((False, "C"), (True, "CPython")):
            of_case = {tool: each for (tool, python), each in found.items() if python == is_python}
            yield from _interrupted(f"{where}, {group.rate} Hz", of_case, seconds)
            yield from _fired(f"{where}, {group.rate} Hz", of_case, seconds - 2 * MARGIN)


def _interrupted(case, found, seconds):
    measure = f"EINTR in {seconds:g} s"
    for tool, each in found.items():
        if isinstance(each, Failed):
            yield Row(measure, case, tool, failure=str(each))
            continue
        remark = ", ".join(f"{name} {count(each.interrupted[name])}" for name in (*BROKEN, *UNBROKEN))
        yield Row(measure, case, tool, sum(each.interrupted.values()), unit="count", remark=remark)


def _fired(case, found, seconds):
    measure = f"{duration(TIMEOUT)} timeouts fired"
    for tool, each in found.items():
        if isinstance(each, Failed):
            yield Row(measure, case, tool, failure=str(each))
            continue
        shares, remarks = zip(*(_of_timer(timer, each.periods[timer], seconds / TIMEOUT) for timer in TIMERS))
        yield Row(measure, case, tool, min(shares), unit="share", remark="; ".join(remarks))


def _of_timer(name, periods, due):
    """The share of its timeouts that fired, and what there is to say."""
    remark = f"{name} {len(periods)} of {due:.0f}"
    if not periods:
        return 0, remark
    too_long = [period - TIMEOUT for period in periods]
    remark += f", period {duration(median(too_long))} too long, at most {duration(max(too_long))}"
    # However punctual they are, one fewer may fall into the time.
    share = len(periods) / due if len(periods) < due - 1 else TIMEOUT * len(periods) / sum(periods)
    return share, remark


def _measure(group, seconds):
    """What was found, or why nothing, by sampler and whether the target is in Python."""
    wanted = [(tool, False) for tool in recorders.known(group.of_program)]
    wanted += [(tool, True) for tool in recorders.known(group.of_python)]
    found = {}
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as directory:
        targets, samplers = {}, {}
        for key in wanted:
            targets[key] = ends.enter_context(Waits(round(TIMEOUT * 1000), is_python=key[1]))
        for target in targets.values():
            target.waits()
        for index, (key, target) in enumerate(targets.items()):
            if key[0] == NONE:
                continue
            files = Path(directory) / str(index)
            files.mkdir()
            try:
                samplers[key] = recorders.start(key[0], target.pid, int(seconds), files, group.rate)
            except Failed as failure:
                found[key] = failure
        time.sleep(MARGIN)
        looks = {key: [target.waits()] for key, target in targets.items()}
        time.sleep(seconds - 2 * MARGIN)
        for key, target in targets.items():
            looks[key].append(target.waits())
        for key, sampler in samplers.items():
            try:
                sampler.finish(timeout=60)
            except Failed as failure:
                found[key] = failure
        for key, target in targets.items():
            if key not in found:
                looks[key].append(target.waits())
                found[key] = _of_looks(looks[key])
    return {key: found[key] for key in wanted}


def _of_looks(looks):
    return Found(
        interrupted={name: sum(look[name][0] for look in looks) for name in looks[0]},
        periods={name: periods for name, (_, periods) in looks[1].items()})
