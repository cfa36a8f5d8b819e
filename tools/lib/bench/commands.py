"""Running a command to its end, and what it cost."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

# A fixed language, and no symbols from the network: that would measure the network.
environment = {**os.environ, "LC_ALL": "C.UTF-8", "PERF_CONFIG": "/dev/null"}
environment.pop("DEBUGINFOD_URLS", None)


class Failed(Exception):
    """Why there is no figure, for the table."""


@dataclass(frozen=True)
class Outcome:
    """A command that ended well. Times in seconds; `cpu` is user and system time of it and its children."""

    wall: float
    cpu: float
    output: str
    errors: str


class Command:
    """A command that was started; `finish` waits for it."""

    def __init__(self, arguments, output_file=None):
        self._arguments = [str(argument) for argument in arguments]
        if not shutil.which(self._arguments[0]):
            raise Failed("not installed")
        self._output = open(output_file, "w+b") if output_file else tempfile.TemporaryFile()
        self._keeps_output = output_file is None
        self._errors = tempfile.TemporaryFile()
        self._start = time.monotonic()
        # A session of its own, so that all of it can be ended.
        self._process = subprocess.Popen(
            self._arguments, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._errors, env=environment,
            start_new_session=True)

    def finish(self, timeout):
        """Waits for the end; kills the command when that takes more than `timeout` seconds."""
        descriptor = os.pidfd_open(self._process.pid)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        has_ended = bool(poll.poll(timeout * 1000))
        os.close(descriptor)
        wall = time.monotonic() - self._start
        if not has_ended:
            os.killpg(self._process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        output, errors = self._text(self._output, self._keeps_output), self._text(self._errors, True)
        if not has_ended:
            raise Failed(f"not done after {timeout:.0f} s")
        if self._process.returncode != 0:
            raise Failed(_reason(errors) or _reason(output) or f"exit status {self._process.returncode}")
        return Outcome(wall, usage.ru_utime + usage.ru_stime, output, errors)

    @staticmethod
    def _text(file, is_kept):
        with file:
            if not is_kept:
                return ""
            file.seek(0)
            return file.read().decode(errors="replace")


def run(arguments, timeout=60, output_file=None):
    return Command(arguments, output_file).finish(timeout)


def _reason(text):
    """The line that most likely says what failed."""
    lines = [line.strip()[:100] for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
