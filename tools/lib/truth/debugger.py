"""gdb, once for a program, so that it reads symbols once."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from commands import Failed, environment

SCRIPT = Path(__file__).with_name("inside_gdb.py")
ATTACH_SECONDS, STEPPING_SECONDS = 120, 3


class Debugger:
    """Attaches to stopped processes, and says what it sees there."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                ["gdb", "-nx", "-q", "-batch", "-x", SCRIPT], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True,
                env={**environment, "STACK_TRUTH_SOCKET": str(theirs.fileno())})
        self._socket, self._lines = ours, ours.makefile("r")
        self._pid = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._lines.close()
        self._socket.close()

    def attach(self, pid):
        """The stacks of all threads, by their number: the frames as (address, name), and why they end."""
        self._pid = pid
        reply = self._ask(ATTACH_SECONDS, do="attach", pid=pid)
        if "failure" in reply:
            raise Failed(f"gdb: {reply['failure']}")
        return {int(tid): stack for tid, stack in reply["threads"].items()}

    def detach(self):
        self._ask(ATTACH_SECONDS, do="detach")

    def callers(self, tid, callee, claims, most):
        """The true return addresses of a frame and its callers, and why no more, as `stepping.callers` gives them.

        The process has run on afterwards.
        """
        answer = self._ask(
            STEPPING_SECONDS + 1, do="callers", tid=tid, callee=callee, claims=claims, most=most,
            within=STEPPING_SECONDS)
        return answer.get("returns", []), answer.get("failure") or answer["end"]

    def evidence(self, tid, pcs):
        return self._ask(ATTACH_SECONDS, do="evidence", tid=tid, pcs=pcs)

    def _ask(self, seconds, **request):
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            try:
                return self._line(seconds)
            except TimeoutError:
                # It waits for the thread to come by. This ends the wait, and the program doesn't get it.
                os.kill(self._pid, signal.SIGSTOP)
                return {**self._line(30), "failure": f"not done after {seconds} s"}
        except (OSError, ValueError) as failure:
            raise Failed(f"gdb ended or hangs: {failure}") from failure

    def _line(self, seconds):
        # A buffered reader can't go on after a timeout: there is one reply to a request, so it is waited for first.
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        finally:
            self._socket.settimeout(None)
        return json.loads(self._lines.readline())
