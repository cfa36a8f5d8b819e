"""A process that is stopped by a signal, so that two programs see the same moment of it."""

import os
import signal
import time
from pathlib import Path

from commands import Failed

STOPPED = ("T", "Z", "X", "D")
"""A thread in D, as the parent in vfork, stops when that ends; its stack can't change before."""


class Stop:
    """Stops all threads; lets them run on at the end."""

    def __init__(self, pid, seconds=5):
        self.pid, self._seconds = pid, seconds

    def __enter__(self):
        # Those that were on a CPU or waited for one; the others slept.
        self.running = {int(task.name) for task in self._tasks() if _state(task) == "R"}
        try:
            os.kill(self.pid, signal.SIGSTOP)
        except ProcessLookupError:
            raise Failed("the program has ended") from None
        deadline = time.monotonic() + self._seconds
        while not self._is_stopped():
            if time.monotonic() > deadline:
                self.__exit__()
                raise Failed("its threads don't stop")
            time.sleep(0.001)
        return self

    def __exit__(self, *_):
        try:
            os.kill(self.pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def _is_stopped(self):
        states = [state for state in map(_state, self._tasks()) if state]
        if not states or all(state in "ZX" for state in states):
            raise Failed("the program has ended")
        return all(state in STOPPED for state in states) and "T" in states

    def _tasks(self):
        try:
            return list(Path(f"/proc/{self.pid}/task").iterdir())
        except FileNotFoundError:
            raise Failed("the program has ended") from None

    def executable_ranges(self):
        """The addresses of code, as (first, end)."""
        ranges = []
        for line in Path(f"/proc/{self.pid}/maps").read_text(errors="replace").splitlines():
            extent, access, *_ = line.split()
            if "x" in access:
                first, _, end = extent.partition("-")
                ranges.append((int(first, 16), int(end, 16)))
        return ranges


def _state(task):
    try:
        return (task / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
