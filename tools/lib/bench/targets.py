"""The programs that are looked at. Each is a context manager, runs until its end, and has a `pid`."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

import places
from commands import Failed


class Target:
    """A long-lived child that dies with the benchmark."""

    def __init__(self, arguments, says_ready=True, **options):
        # The signal is sent when the thread that starts the child ends: it has to be the first thread.
        assert threading.current_thread() is threading.main_thread()
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if says_ready else subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.pid = self._process.pid
        if says_ready and self._process.stdout.readline() != b"ready\n":
            self.end()
            raise Failed(f"{os.path.basename(str(arguments[0]))} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def let_run(self):
        """Undoes what a tracer that failed may have left behind."""
        os.kill(self.pid, signal.SIGCONT)

    def end(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Meter(Target):
    """A spinner with a stack of so many frames, which notes when it did not run."""

    def __init__(self, frames):
        super().__init__([places.built / "meter", frames])

    def gaps(self):
        """Ends it; gives its gaps as (end, length) in nanoseconds of the monotonic clock."""
        self._process.terminate()
        try:
            text, _ = self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            raise Failed("the meter did not end") from None
        return [tuple(map(int, line.split())) for line in text.decode().splitlines()]


class Python(Target):
    """CPython with so many frames, which sleeps or spins."""

    def __init__(self, frames, does):
        super().__init__([places.python, places.programs / "recursive.py", frames, does])


class Redis(Target):
    """redis-server on a free port, and without files."""

    def __init__(self):
        self.port = _free_port()
        self._directory = tempfile.TemporaryDirectory()
        super().__init__(
            ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", self._directory.name], says_ready=False)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                self.commands_done()
                return
            except OSError:
                time.sleep(0.01)
        self.end()
        raise Failed("redis-server did not start")

    def commands_done(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"INFO stats\r\nQUIT\r\n")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        for line in text.splitlines():
            if line.startswith("total_commands_processed:"):
                return int(line.partition(":")[2])
        raise Failed("redis-server does not count commands")

    def load(self, tests):
        """redis-benchmark at full speed, until its end."""
        return Target(
            ["redis-benchmark", "-p", self.port, "-c", 50, "-r", 100000, "-n", 1000000, "-t", tests, "-q", "-l"],
            says_ready=False)

    def end(self):
        super().end()
        self._directory.cleanup()


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
