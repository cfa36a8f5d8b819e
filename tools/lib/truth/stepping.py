"""The oracle, inside gdb: where a function returns to is where its `ret` goes when it runs."""

import time

import gdb

MOST_STEPS = 4000
MOST_HITS = 50
RT_SIGRETURN = 15


class Undecided(RuntimeError):
    """Why the thread did not show it."""


def callers(callee, most, seconds):
    """Lets the selected thread run until the frame with the number `callee` (from 0) has returned, and then its caller, and
    so on; gives the addresses that they returned to, as far as it came, and why no farther."""
    thread, found, end = gdb.selected_thread(), [], time.monotonic() + seconds
    try:
        frame = _physical(callee)
        if callee > 0:
            _run_to(thread, frame.pc(), int(frame.read_register("rsp")))
        gdb.execute("set scheduler-locking step", to_string=True)
        while len(found) < most:
            found.append(_returned(thread, end))
    except (gdb.error, RuntimeError, KeyboardInterrupt) as failure:
        return {"pcs": found, "end": str(failure) or "it did not return in time"}
    return {"pcs": found, "end": ""}


def _returned(thread, end):
    for _ in range(MOST_STEPS):
        if time.monotonic() > end:
            raise Undecided("it did not return in time")
        before, operation, length = _instruction()
        if operation == "call":
            _run_to(thread, before + length, _register("rsp"))
            continue
        gdb.execute("stepi", to_string=True)
        _require(thread)
        after = _register("rip")
        if operation in ("ret", "sigreturn"):
            return after
        if operation == "other" and after not in (before, before + length):
            raise Undecided("a signal arrived")
    raise Undecided(f"not returned after {MOST_STEPS} steps")


def _physical(number):
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() in (gdb.NORMAL_FRAME, gdb.SIGTRAMP_FRAME):
            if number == 0:
                return frame
            number -= 1
        frame = frame.older()
    raise Undecided("gdb has no such frame")


def _run_to(thread, pc, stack_pointer):
    """Until the thread is at `pc` with this stack pointer: recursion comes by with others."""
    breakpoint = gdb.Breakpoint(f"*{pc:#x}", internal=True)
    breakpoint.thread = thread.global_num if hasattr(thread, "global_num") else thread.num
    breakpoint.silent = True
    try:
        for _ in range(MOST_HITS):
            gdb.execute("continue", to_string=True)
            _require(thread)
            if _register("rip") != pc:
                raise Undecided("it did not return in time")
            if _register("rsp") == stack_pointer:
                return
    finally:
        if breakpoint.is_valid():
            breakpoint.delete()
    raise Undecided("too deep a recursion")


def _require(thread):
    if not thread.is_valid() or gdb.selected_thread() is None:
        raise Undecided("the thread has ended")
    if gdb.selected_thread().ptid != thread.ptid:
        raise Undecided("another thread stopped")


def _instruction():
    """Its address, whether it is a call, a return, the return from a signal, a jump or other, and its length."""
    pc = _register("rip")
    shown = gdb.selected_frame().architecture().disassemble(pc)[0]
    words = [word for word in shown["asm"].split() if word not in ("rep", "repz", "repne", "bnd", "notrack", "data16")]
    name = words[0] if words else ""
    if name.startswith("call"):
        kind = "call"
    elif name.startswith("ret"):
        kind = "ret"
    elif name == "syscall" and _register("rax") == RT_SIGRETURN:
        kind = "sigreturn"
    else:
        kind = "jump" if name.startswith(("j", "loop", "xbegin", "syscall")) else "other"
    return pc, kind, shown["length"]


def _register(name):
    value = int(gdb.newest_frame().read_register(name))
    return value & (2**64 - 1)
