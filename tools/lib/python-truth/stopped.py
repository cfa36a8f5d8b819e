"""A Python program that is stopped, so that Sonde and the program itself show one state of it."""
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import tempfile
import time

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "truth-programs")
# sys/ptrace.h, linux/wait.h
PTRACE_SEIZE, PTRACE_DETACH, WALL = 0x4206, 17, 0x40000000

ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
ptrace.restype = ctypes.c_long


class NoTruth(Exception):
    """The program wrote nothing, or not all."""


class Program:
    """A program of tools/truth-programs; ends with the block."""

    def __init__(self, python, name):
        self._directory = tempfile.TemporaryDirectory()
        self._read = {}
        path = os.path.join(os.path.normpath(PROGRAMS), name)
        self._process = subprocess.Popen([python, path, self._directory.name], stdout=subprocess.PIPE)
        self.pid = self._process.pid

    def __enter__(self):
        self.greeting = self._process.stdout.readline().decode()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._directory.cleanup()

    def run_shortly(self, number):
        """Lets it run on for a time that differs from stop to stop."""
        time.sleep(0.001 + number % 7 * 0.0013)

    @contextlib.contextmanager
    def stopped(self):
        os.kill(self.pid, signal.SIGSTOP)
        while any(state("/proc/%d/task/%d/stat" % (self.pid, tid)) != "T" for tid in self._threads()):
            time.sleep(0.0005)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def first_thread_going_on(self, *signals):
        """Lets the first thread of a stopped program go on, with these signals; the others stay as they are."""
        others = [tid for tid in self._threads() if tid != self.pid]
        for tid in others:
            if ptrace(PTRACE_SEIZE, tid, None, None) != 0:
                raise OSError(ctypes.get_errno(), "ptrace")
            os.waitpid(tid, WALL)
        self._continued = time.monotonic()
        for number in signals:
            os.kill(self.pid, number)
        os.kill(self.pid, signal.SIGCONT)
        try:
            yield
        finally:
            for tid in others:
                if ptrace(PTRACE_DETACH, tid, None, None) != 0:
                    os.waitpid(tid, WALL)  # The program has crashed.

    def answer(self, seconds):
        """What the program answers to a signal within this time; `None` for nothing."""
        with contextlib.suppress(NoTruth):
            # An answer to an earlier signal may have come too late.
            while True:
                answered, answer = json.loads(self.written("answers", lambda text: text.endswith("\n"), seconds).splitlines()[-1])
                if answered > self._continued:
                    return answer

    def written(self, name, is_whole, seconds=2):
        """What the program has written to a file since the last call, when that is whole."""
        path, start = os.path.join(self._directory.name, name), self._read.get(name, 0)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with open(path, "rb") as file:
                file.seek(start)
                text = file.read()
            if is_whole(text.decode()):
                self._read[name] = start + len(text)
                return text.decode()
            if state("/proc/%d/stat" % self.pid) == "Z":
                break
            time.sleep(0.0005)
        raise NoTruth

    def _threads(self):
        return map(int, os.listdir("/proc/%d/task" % self.pid))


def state(path):
    with open(path) as stat:
        return stat.read().rpartition(")")[2].split()[0]


def dumped(sonde, pid, *options):
    output = subprocess.run([sonde, "dump", "-p", str(pid), "--json", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if output.returncode != 0:
        raise SystemExit(output.stderr.decode())
    return json.loads(output.stdout)[0]


def place(frame):
    """A frame of Sonde's, as the programs write one."""
    source = frame["source"] or {}
    return os.path.basename(source.get("file", "")), source.get("line"), frame["name"]
