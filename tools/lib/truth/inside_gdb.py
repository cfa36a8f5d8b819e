"""Runs inside gdb, for a whole program: answers requests, a line of JSON each, on the socket that gdb inherits."""

import json
import os
import socket
import sys

import gdb

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import stepping  # noqa: E402

MOST_FRAMES = 1000
KEPT = set()
SETTINGS = (
    "set pagination off", "set confirm off", "set backtrace past-main on", "set auto-load off",
    "set debuginfod enabled off", "set auto-load libthread-db off", "set breakpoint pending off",
    "set python print-stack none",
    "handle all nostop noprint pass", "handle SIGSTOP stop nopass", "handle SIGTRAP stop nopass")


def serve(connection):
    for line in connection.makefile("r"):
        request = json.loads(line)
        try:
            reply = ANSWERS[request.pop("do")](**request)
        except (gdb.error, RuntimeError, KeyboardInterrupt) as failure:
            reply = {"failure": str(failure) or type(failure).__name__}
        connection.sendall(json.dumps(reply).encode() + b"\n")


def attach(pid):
    gdb.execute(f"attach {pid}", to_string=True)
    threads = sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.ptid[1])
    return {"threads": {thread.ptid[1] or pid: _stack(thread) for thread in threads}}


def _keep_symbols():
    """gdb drops symbols when it detaches, unless another inferior has the same files."""
    files = {file.filename for file in gdb.objfiles() if file.owner is None and os.path.isfile(file.filename)} - KEPT
    if not files:
        return
    inferior = gdb.selected_inferior().num
    gdb.execute("add-inferior -no-connection" if not KEPT else "echo", to_string=True)
    gdb.execute("inferior 2", to_string=True)
    for file in files:
        KEPT.add(file)
        gdb.execute(f"add-symbol-file '{file}' -o 0", to_string=True)
    gdb.execute(f"inferior {inferior}", to_string=True)


def detach():
    _keep_symbols()
    gdb.execute("detach", to_string=True)
    return {}


def _stack(thread):
    """The physical frames, leaf first, and why they end."""
    frames, end = [], None
    try:
        thread.switch()
        frame = gdb.newest_frame()
        while frame is not None and len(frames) < MOST_FRAMES:
            # The others are parts of those: what was inlined, and tail calls that debug information names.
            if frame.type() in (gdb.NORMAL_FRAME, gdb.SIGTRAMP_FRAME):
                frames.append([frame.pc(), frame.name()])
            end = frame.unwind_stop_reason()
            frame = frame.older()
    except (gdb.error, RuntimeError) as failure:
        return {"frames": frames, "end": str(failure)}
    return {"frames": frames, "end": gdb.frame_stop_reason_string(end) if end is not None else "no frame"}


def callers(tid, callee, claims, most, within):
    """The true return addresses of a frame and those after it, found by letting the thread run into them."""
    _select(tid)
    return stepping.callers(callee, claims, most, within)


def evidence(tid, pcs):
    """What a person needs to judge: the registers, the words at the stack pointer, and the code around each address."""
    _select(tid)
    return {
        "registers": gdb.execute("info registers", to_string=True).splitlines()[:17],
        "stack": _shown("x/24ga $rsp"),
        "code": {hex(pc): _shown(f"x/10i {pc - 24}") + _shown(f"x/4i {pc}") for pc in pcs}}


def _shown(command):
    try:
        return gdb.execute(command, to_string=True).splitlines()
    except gdb.error as failure:
        return [str(failure)]


def _select(tid):
    for thread in gdb.selected_inferior().threads():
        if tid in (thread.ptid[1], thread.ptid[0] if not thread.ptid[1] else None):
            thread.switch()
            return
    raise RuntimeError("the thread has ended")


ANSWERS = {"attach": attach, "detach": detach, "callers": callers, "evidence": evidence}

for setting in SETTINGS:
    gdb.execute(setting, to_string=True)
serve(socket.socket(fileno=int(os.environ["STACK_TRUTH_SOCKET"])))
