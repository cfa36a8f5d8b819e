"""Compares the stacks of threads with what faulthandler and sys._current_frames show of them.

faulthandler writes in the first thing that runs when the program goes on, a signal's handler in the first thread.
sys._current_frames is asked by Python code in that thread a little later, if it gets the global interpreter lock before the
other threads go on: its own frames may have changed by then, those of the others have not.
"""
import json
import os
import re
import signal

from stopped import NoTruth, Program, dumped, place

FAULTHANDLER, CURRENT_FRAMES = "faulthandler", "sys._current_frames"
FRAME = re.compile(r'  File "(.*)", line (\d+|\?\?\?) in (.*)$')
THREAD = re.compile(r"(?:Current thread|Thread) 0x([0-9a-f]+) .*\(most recent call first\):$")
# The first thread is the last one, and the module its outermost function.
END = re.compile(r'(threads\.py", line \d+ in <module>|  <invalid frame>)\n\Z')


class Stack:
    """The Python functions of a thread as Sonde shows them, innermost first, and whether there may be others."""

    def __init__(self, thread):
        self.functions, has_gap = [], False
        for frame in thread["frames"]:
            if frame["kind"] == "python":
                self.functions.append(place(frame))
            elif frame["name"].startswith("_PyEval_EvalFrameDefault") and self.functions:
                has_gap = True
        self.is_complete = bool(self.functions) and not has_gap and thread["ending"] == "root"

    def outcome(self, truth, is_qualified):
        if truth is None:
            return "without a truth"
        shown = [(file, line, name if is_qualified else name.split(".")[-1]) for file, line, name in self.functions]
        if shown == truth:
            return "equal"
        if shown[1:] == truth:
            return "in a function that begins or ends"
        return "wrong" if self.is_complete else "incomplete"


def stacks_of(text):
    """What faulthandler wrote of each thread, by its identifier; `None` where it couldn't read a frame."""
    stacks, functions = {}, []
    for line in text.splitlines():
        thread, frame = THREAD.match(line), FRAME.match(line)
        if thread:
            functions = stacks[int(thread.group(1), 16)] = []
        elif line == "  <invalid frame>":
            functions.append(None)
        elif frame and frame.group(2) != "???":  # That is a frame that the interpreter made for itself.
            # A module begins at line 0 (3.11 and later).
            functions.append((os.path.basename(frame.group(1)), max(1, int(frame.group(2))), frame.group(3)))
    return {ident: None if None in functions else functions for ident, functions in stacks.items()}


def check(sonde, stops, python, note):
    """Calls note(oracle, outcome, evidence) for each stack."""
    number = 0
    while number < stops:
        with Program(python, "threads.py") as program:
            threads = {int(ident): tid for ident, tid in json.loads(program.greeting).items()}
            try:
                while number < stops:
                    number += 1
                    check_stop(sonde, number, program, threads, note)
            except NoTruth:
                for _ in threads:
                    note(FAULTHANDLER, "without a truth", None)


def check_stop(sonde, number, program, threads, note):
    def is_whole(text):
        return END.search(text) and text.count("(most recent call first)") == len(threads)

    program.run_shortly(number)
    with program.stopped():
        stacks = {thread["tid"]: Stack(thread) for thread in dumped(sonde, program.pid)["threads"]}
        with program.first_thread_going_on(signal.SIGUSR1, signal.SIGUSR2):
            answer = program.answer(seconds=0.1) or {}
            written = stacks_of(program.written("traces", is_whole))
    for ident, tid in threads.items():
        truths = [(FAULTHANDLER, written.get(ident))]
        if tid != program.pid:
            functions = answer.get(str(ident))
            truths.append((CURRENT_FRAMES, functions and [tuple(function) for function in functions]))
        for oracle, truth in truths:
            outcome = stacks[tid].outcome(truth, is_qualified=oracle == CURRENT_FRAMES)
            note(oracle, outcome, (number, stacks[tid].functions, truth))
