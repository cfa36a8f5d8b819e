"""Sonde killed at random moments: its targets live, run, and give right answers."""

import contextlib
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import places
import recorders
from answers import Answers
from commands import Failed, environment
from table import Row
from targets import Redis

MEASURE = "right after a SIGKILL"
# Seconds from the start of a recording to its end: from the first look at its targets to the middle of the sampling.
EARLIEST, LATEST = 0.02, 0.15
# So often that a kill is likely to meet a thread that is being looked at.
RATE = 10000
AT_A_TIME = 2


@dataclass
class Kills:
    attached: int = 0
    """Kills when it had already begun with a target."""
    right: int = 0
    stopped: int = 0
    """Kills after which a thread was stopped or had a tracer."""
    wrong: int = 0
    failure: str | None = None


def rows(plan):
    tools = recorders.known(recorders.SONDES)
    with contextlib.ExitStack() as ends:
        targets = [(ends.enter_context(Answers(2)), ends.enter_context(Redis())) for _ in tools]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            found = list(pool.map(_kill_often, tools, targets, [plan.kills] * len(tools)))
    for tool, kills in zip(tools, found):
        remark = f"of {plan.kills:,} times, {kills.attached:,} of them when it had attached; "
        remark += f"left stopped or traced {kills.stopped:,}, wrong or no answer {kills.wrong:,}"
        if kills.failure:
            remark += f"; {kills.failure}"
        yield Row(MEASURE, "a computing server and redis-server", tool, kills.right, unit="count", remark=remark)


def _kill_often(tool, targets, times):
    kills = Kills()
    generator = random.Random(tool)
    for number in range(times):
        try:
            _kill(tool, targets, generator.uniform(EARLIEST, LATEST), kills)
            are_running, are_right = all(map(_runs, targets)), _answer(targets, number)
        except (Failed, OSError, ValueError) as failure:
            kills.failure = f"after kill {number + 1}: {failure}"
            kills.wrong += 1
            break
        kills.stopped += not are_running
        kills.wrong += not are_right
        kills.right += are_running and are_right
    return kills


def _kill(tool, targets, seconds, kills):
    pids = [argument for target in targets for argument in ("-p", str(target.pid))]
    sonde = subprocess.Popen(
        # The duration ends it if the benchmark itself is killed.
        [places.sonde, "record", *recorders.sonde_options(tool), "-r", str(RATE), "-d", "5", "-o", "/dev/null", *pids],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        start_new_session=True)
    try:
        time.sleep(seconds)
        kills.attached += _is_attached(sonde.pid, targets)
    finally:
        sonde.send_signal(signal.SIGKILL)
        status = sonde.wait()
    if status != -signal.SIGKILL:
        raise Failed(f"{tool} ended by itself with status {status}")


def _is_attached(sonde, targets):
    """Whether it traces a thread of theirs or has perf events."""
    if any(_field(status, "TracerPid") != "0" for target in targets for status in _statuses(target.pid)):
        return True
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{sonde}/fd").iterdir():
            with contextlib.suppress(OSError):
                if "perf_event" in os.readlink(descriptor):
                    return True
    return False


def _runs(target):
    statuses = list(_statuses(target.pid))
    return bool(statuses) and all(
        _field(status, "TracerPid") == "0" and _field(status, "State")[0] not in "tTZX" for status in statuses)


def _answer(targets, number):
    computing, redis = targets
    return computing.next_answer() and redis.remembers(number)


def _statuses(pid):
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread may end meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield (task / "status").read_text(encoding="utf-8", errors="replace")


def _field(status, name):
    return next(line.split("\t")[1].strip() for line in status.splitlines() if line.startswith(name + ":"))
