"""The programs that are looked at. Each is a context manager, runs until its end, and has a `pid`."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import places
from commands import Failed


class Target:
    """A long-lived child that dies with the benchmark."""

    def __init__(self, arguments, says_ready=True, **options):
        # The signal is sent when the thread that starts the child ends: it has to be the first thread.
        assert threading.current_thread() is threading.main_thread()
        if not shutil.which(str(arguments[0])):
            raise Failed(f"{arguments[0]}: not installed")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if says_ready else subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.pid = self._process.pid
        self.name = os.path.basename(str(arguments[0]))
        self._read = b""
        if says_ready:
            self._wait_until_ready()

    def _wait_until_ready(self):
        try:
            line = self.line()
        except Failed:
            line = ""
        if line != "ready":
            self.end()
            raise Failed(f"{self.name} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def line(self, timeout=10):
        """The next line that it prints, without its end."""
        # The pipe is not buffered here, so that a wait for it can end.
        deadline = time.monotonic() + timeout
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise Failed(f"{self.name} said nothing for {timeout} s" if not ready else f"{self.name} has ended")
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def lines_so_far(self):
        """The whole lines that it has printed and that were not read."""
        while select.select([self._process.stdout], [], [], 0)[0]:
            more = os.read(self._process.stdout.fileno(), 65536)
            if not more:
                break
            self._read += more
        *lines, self._read = self._read.split(b"\n")
        return [line.decode() for line in lines]

    def report(self):
        """What it says when it is asked."""
        os.kill(self.pid, signal.SIGUSR1)
        return self.line()

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
        super().__init__(self._arguments(frames))

    @staticmethod
    def _arguments(frames):
        return [places.built / "meter", frames]

    def gaps(self):
        """Ends it; gives its gaps as (end, length) in nanoseconds of the monotonic clock."""
        self._process.terminate()
        try:
            text, _ = self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            raise Failed("the meter did not end") from None
        return [tuple(map(int, line.split())) for line in text.decode().splitlines()]


class PythonMeter(Meter):
    """The same below so many Python frames."""

    @staticmethod
    def _arguments(frames):
        return [places.python, places.programs / "meter.py", places.built / "libmeter.so", frames]


class Waits(Target):
    """Timer loops, each in another call that waits."""

    def __init__(self, milliseconds, is_python=False):
        super().__init__(
            [places.python, places.programs / "waits.py", places.built / "libwaits.so", milliseconds] if is_python
            else [places.built / "waits", milliseconds])

    def waits(self):
        """For each call how often it returned EINTR since the last look, and the seconds between its timeouts."""
        calls = (call.split(":") for call in self.report().split())
        return {
            name: (int(interrupted), [int(period) / 1e9 for period in periods.split(",") if period])
            for name, interrupted, periods in calls}


class Python(Target):
    """CPython with so many frames, which sleeps or spins."""

    def __init__(self, frames, does):
        super().__init__([places.python, places.programs / "recursive.py", frames, does])


class WebServer(Target):
    """A web server in Python on a free port, with one process that answers."""

    def __init__(self, arguments):
        self.port = free_port()
        programs = str(places.built / "venv" / "bin")
        super().__init__(
            [f"{programs}/{arguments[0]}", *(str(each).format(port=self.port) for each in arguments[1:])],
            says_ready=False, cwd=places.programs)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/orders/1", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        self.end()
        raise Failed(f"{self.name} did not start")


class Flask(WebServer):
    """Flask below gunicorn with four threads; `pid` is that of the worker."""

    case = "Flask (gunicorn, 4 threads)"

    def __init__(self):
        super().__init__(
            ["gunicorn", "-w", 1, "--threads", 4, "-b", "127.0.0.1:{port}", "flask_orders:app"])
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        self.pid = int(children[0])

    def end(self):
        # The one that was started ends its worker.
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass
        super().end()


class Uvicorn(WebServer):
    """Coroutines below uvicorn."""

    case = "uvicorn (asyncio)"

    def __init__(self):
        super().__init__(["uvicorn", "asgi_orders:app", "--port", "{port}", "--log-level", "warning"])


class Redis(Target):
    """redis-server on a free port, and without files."""

    def __init__(self):
        self.port = free_port()
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

    def remembers(self, value):
        """Whether it gives back the number that it is told to store."""
        text = str(value)
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"SET answer {text}\r\nGET answer\r\nQUIT\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        return answer == f"+OK\r\n${len(text)}\r\n{text}\r\n+OK\r\n"

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


class ThreadServer(Target):
    """A server with a thread for each connection."""

    def __init__(self):
        self._port = free_port()
        super().__init__([places.built / "thread_server", self._port])

    def load(self, connections, outstanding):
        return ThreadLoad(self._port, connections, outstanding)


class ThreadLoad(Target):
    """Requests on connections in turn, of which few wait for an answer at a time."""

    def __init__(self, port, connections, outstanding):
        super().__init__([places.built / "thread_load", port, connections, outstanding])

    def requests(self):
        """How many were answered since the last look; the median, 99th percentile and longest of the seconds taken."""
        count, *nanoseconds = map(int, self.report().split())
        return count, *(value / 1e9 for value in nanoseconds)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
