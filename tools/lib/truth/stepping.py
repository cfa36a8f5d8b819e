"""The oracle, inside gdb: where a function returns to is where its `ret` goes when it runs."""

import struct
import time

import gdb

MOST_STEPS = 4000
MOST_HITS = 50
MOST_PAGES, PAGE = 256, 4096
RT_SIGRETURN = 15


class Undecided(RuntimeError):
    """Why the thread did not show it."""


def callers(callee, claims, most, seconds):
    """Lets the selected thread run until a frame has returned, and then its caller, and so on.

    `callee` is the frame's number, from 0; `claims` are the addresses of callers that are said to be right: HotSpot's
    interpreter returns by a jump. Gives the addresses that they returned to, as far as it came, and why no
    farther; each with what led there, and whether it was on the stack before: runtimes move code, and return addresses.
    """
    found, before = [], _stack_words()
    try:
        run = _Run(gdb.selected_thread(), list(claims), time.monotonic() + seconds)
        frame = _physical(callee)
        if callee > 0:
            run.to(frame.pc(), int(frame.read_register("rsp")))
        gdb.execute("set scheduler-locking step", to_string=True)
        while len(found) < most:
            pc, operation = run.until_returned()
            found.append((pc, operation, pc in before))
    except (gdb.error, RuntimeError, KeyboardInterrupt) as failure:
        return {"returns": found, "end": str(failure) or "interrupted"}
    return {"returns": found, "end": ""}


class _Run:
    """One thread that runs on, until a time of the monotonic clock."""

    def __init__(self, thread, claims, end):
        self._thread, self._claims, self._end = thread, claims, end

    def to(self, pc, stack_pointer):
        """Until it is at `pc` with this stack pointer, or a higher one where `ret` has popped arguments, too.

        Recursion comes by with lower ones.
        """
        breakpoint = gdb.Breakpoint(f"*{pc:#x}", internal=True)
        breakpoint.thread = self._thread.global_num
        breakpoint.silent = True
        try:
            for _ in range(MOST_HITS):
                self._continue_to(pc)
                if _register("rsp") >= stack_pointer:
                    return
        finally:
            if breakpoint.is_valid():
                breakpoint.delete()
        raise Undecided("too deep a recursion")

    def _continue_to(self, pc):
        while True:
            gdb.execute("continue", to_string=True)
            if self._has_stopped() and _register("rip") == pc:
                return
            # Threads of a process that was stopped by a signal report that signal first.
            self._require_time()
            self._thread.switch()

    def until_returned(self):
        """Gives the address that it returned to, and by what."""
        for _ in range(MOST_STEPS):
            self._require_time()
            before, operation, length = _instruction()
            if operation == "call":
                self.to(before + length, _register("rsp"))
                continue
            gdb.execute("stepi", to_string=True)
            if not self._has_stopped():
                raise Undecided("another thread stopped")
            after = _register("rip")
            # A signal that was pending is reported first; nothing has run then.
            if after == before:
                continue
            if operation in ("ret", "sigreturn") or operation == "jump" and after in self._claims:
                # A loop may begin where a call returns to: jumps that follow are no returns.
                if after in self._claims:
                    self._claims.remove(after)
                return after, operation
            if operation == "other" and after != before + length:
                raise Undecided("a signal arrived")
        raise Undecided(f"not returned after {MOST_STEPS} steps")

    def _has_stopped(self):
        """Whether it is this one that has."""
        if not self._thread.is_valid() or gdb.selected_thread() is None:
            raise Undecided("the thread has ended")
        return gdb.selected_thread().ptid == self._thread.ptid

    def _require_time(self):
        if time.monotonic() > self._end:
            raise Undecided("it did not return in time")


def _stack_words():
    words, address = set(), _register("rsp")
    try:
        for _ in range(MOST_PAGES):
            # Up to the next page, so that the last one that can be read is read.
            size = PAGE - address % PAGE
            memory = bytes(gdb.selected_inferior().read_memory(address, size))
            words.update(word for word, in struct.iter_unpack("<Q", memory[:len(memory) // 8 * 8]))
            address += size
    except gdb.MemoryError:
        pass
    return words


def _physical(number):
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() in (gdb.NORMAL_FRAME, gdb.SIGTRAMP_FRAME):
            if number == 0:
                return frame
            number -= 1
        frame = frame.older()
    raise Undecided("gdb has no such frame")


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
