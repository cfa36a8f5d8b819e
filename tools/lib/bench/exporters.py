"""What is scraped: sonde's agent and process-exporter, each a context manager that runs until its end."""

import ctypes
import gzip
import http.client
import os
import select
import signal
import socket
import tempfile
import time

import places
from commands import Failed
from targets import Target, free_port

# What Prometheus asks for.
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
}


class Exporter(Target):
    """A server of /metrics on a free port of the loopback interface."""

    def __init__(self, arguments, port, **options):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        super().__init__(arguments, says_ready=False, **options)

    def cpu(self):
        """Seconds of all its threads, also those that have ended; finer than the ticks of /proc/PID/stat."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.pid, ctypes.byref(clock)) != 0:
            raise Failed(f"{self.name} has ended")
        return time.clock_gettime(clock.value)

    def resident(self):
        """Bytes now, at most until now, and those of now that are of no file."""
        status = self._fields("status")
        return tuple(int(status[name].split()[0]) << 10 for name in ("VmRSS", "VmHWM", "RssAnon"))

    def written(self):
        """Bytes for the disk, and bytes that it handed to the kernel for whatever is behind its descriptors."""
        io = self._fields("io")
        return int(io["write_bytes"]), int(io["wchar"])

    def _fields(self, name):
        with open(f"/proc/{self.pid}/{name}", encoding="utf-8") as file:
            return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}

    def scrape(self):
        """What it answers, on a connection that stays open until `hang_up`, and how many bytes it sent for it."""
        try:
            self._connection.request("GET", "/metrics", headers=HEADERS)
            response = self._connection.getresponse()
            body = response.read()
        except (http.client.HTTPException, TimeoutError) as failure:
            self.hang_up()
            raise Failed(f"{self.name} does not answer: {failure!r}") from None
        if response.status != 200:
            raise Failed(f"{self.name} answers {response.status}")
        is_packed = response.headers["Content-Encoding"] == "gzip"
        return (gzip.decompress(body) if is_packed else body).decode(), len(body)

    def hang_up(self):
        """Before a pause in which the server would."""
        self._connection.close()

    def terminate(self):
        """Seconds from SIGTERM to its end."""
        descriptor = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            begin = time.monotonic()
            os.kill(self.pid, signal.SIGTERM)
            if not poll.poll(20_000):
                raise Failed(f"{self.name} does not end on SIGTERM")
            seconds = time.monotonic() - begin
        finally:
            os.close(descriptor)
        if self._process.wait() != 0:
            raise Failed(f"{self.name} ended on SIGTERM with status {self._process.returncode}")
        return seconds

    def end(self):
        self.hang_up()
        super().end()


class Agent(Exporter):
    """sonde-agent with its defaults and an empty state directory; has said that it is ready after `start_seconds`."""

    def __init__(self):
        if not os.access(places.agent, os.X_OK):
            raise Failed("sonde-agent is not built: run tools/sonde agent --version")
        # On a disk: what is written to memory would not count as written.
        self._directory = tempfile.TemporaryDirectory(dir=places.built)
        try:
            self._start(free_port())
        except BaseException:
            self._directory.cleanup()
            raise

    def _start(self, port):
        directory = self._directory.name
        configuration = os.path.join(directory, "config.yaml")
        with open(configuration, "x", encoding="utf-8"), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            address = os.path.join(directory, "notices")
            notices.bind(address)
            usual = {name: value for name, value in os.environ.items() if not name.startswith("SONDE_")}
            begin = time.monotonic()
            super().__init__(
                [places.agent, "--config", configuration, "--state-directory", os.path.join(directory, "state"),
                 "--web.listen-address", f"127.0.0.1:{port}"], port, env={**usual, "NOTIFY_SOCKET": address})
            self._wait_until_it_says_ready(notices)
            self.start_seconds = time.monotonic() - begin

    def _wait_until_it_says_ready(self, notices):
        notices.settimeout(20)
        try:
            while b"READY=1" not in notices.recv(4096).split(b"\n"):
                pass
        except TimeoutError:
            self.end()
            raise Failed("sonde-agent did not start") from None

    def end(self):
        super().end()
        self._directory.cleanup()


class ProcessExporter(Exporter):
    """Debian's prometheus-process-exporter, with a group for each name of a process."""

    configuration = 'process_names:\n  - name: "{{.Comm}}"\n    cmdline: [".+"]\n'

    def __init__(self, *options):
        port = free_port()
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".yml") as file:
            file.write(self.configuration)
            file.flush()
            super().__init__(
                [places.process_exporter, "-config.path", file.name, "-web.listen-address", f"127.0.0.1:{port}",
                 *options], port)
            self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.scrape()
                return
            except OSError:
                self.hang_up()
                time.sleep(0.05)
        self.end()
        raise Failed(f"{self.name} did not start")
