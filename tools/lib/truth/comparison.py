"""What two stacks of one thread say about each other. Nothing here reads anything."""

import re
from dataclasses import dataclass, field
from enum import Enum

# Functions that nothing calls: below them a stack has no more frames.
ROOTS = (
    "_start", "start_thread", "start", "clone", "__clone", "clone3", "__clone3", "__clone_internal", "thread_start",
    "runtime.goexit", "runtime.mstart", "runtime.mcall", "runtime.morestack",
    "runtime.rt0_go", "_rt0_amd64_linux", "_rt0_amd64", "_rt0_amd64_linux_lib")


@dataclass
class Stack:
    """Addresses and names, leaf first."""

    frames: list
    is_complete: bool = True
    reason: str = ""

    @property
    def pcs(self):
        return [pc for pc, _ in self.frames]

    def name(self, number):
        return self.frames[number][1] if -len(self.frames) <= number < len(self.frames) else None

    def ends_at_root(self):
        name = (self.name(-1) or "").partition("@")[0]
        return name.removesuffix(".abi0") in ROOTS


class Relation(Enum):
    EQUAL = "equal"
    TRUNCATED = "truncated"
    """Sonde's is the beginning of gdb's, or of what gdb has too, and says that it was cut."""
    GDB_SHORT = "gdb short"
    """gdb's is the beginning of Sonde's, which ends at a root."""
    GDB_BEYOND = "gdb beyond"
    """Sonde's is complete, and gdb has more frames."""
    DIFFERENT = "different"
    MOVED = "moved"
    """Not the same moment."""


@dataclass
class Comparison:
    relation: Relation
    common: int = 0
    """How many frames are equal, from the leaf."""
    resumes: tuple = field(default=())
    """Where the stacks meet again: the numbers of the frames after those that differ."""


# Bytes of `syscall`. gdb lets the process run until its own stop: a call that the signal has interrupted is set back.
RESTART = 2


def compare(sonde, gdb):
    common = _common(sonde.pcs, gdb.pcs)
    if common == 0 and gdb.frames and sonde.frames and gdb.pcs[0] + RESTART == sonde.pcs[0]:
        common = 1 + _common(sonde.pcs[1:], gdb.pcs[1:])
    if common == 0:
        return Comparison(Relation.MOVED)
    if common < min(len(sonde.frames), len(gdb.frames)):
        return Comparison(Relation.DIFFERENT, common, _meeting(sonde.pcs, gdb.pcs, common))
    if not sonde.is_complete and common == len(sonde.frames):
        return Comparison(Relation.TRUNCATED, common)
    if len(sonde.frames) == len(gdb.frames):
        return Comparison(Relation.EQUAL, common)
    if len(sonde.frames) < len(gdb.frames):
        return Comparison(Relation.GDB_BEYOND, common)
    # gdb took its last frame for the root, and Sonde goes on: one of them is wrong.
    if gdb.ends_at_root():
        return Comparison(Relation.DIFFERENT, common)
    return Comparison(Relation.GDB_SHORT, common)


def _common(left, right):
    count = 0
    for one, other in zip(left, right):
        if one != other:
            break
        count += 1
    return count


def _meeting(left, right, start):
    """The first frames of both from which on they are equal, by at least two."""
    equal = _common(left[::-1], right[::-1])
    equal = min(equal, len(left) - start, len(right) - start)
    return (len(left) - equal, len(right) - equal) if equal >= 2 else ()


def are_alike(ours, theirs):
    """Whether two names are one function's: gdb adds parameters, and the C library has several names for most."""
    one, other = _identifiers(ours), _identifiers(theirs)
    return bool(one & other) or not theirs


def _identifiers(name):
    name = name.replace("(anonymous namespace)", "").replace("__GI_", "").replace("_impl", "")
    return {word.strip("_") for word in re.findall(r"\w\w+", name.partition("(")[0].partition(" [")[0])}
