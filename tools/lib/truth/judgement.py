"""Who is right where the stacks differ: evidence in the process, and then the oracle."""

import bisect
import time
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from comparison import Relation

MOST_RUNS, MOST_SECONDS = 80, 60
"""Of the oracle for one program."""
MOST_RUNS_A_PLACE = 3
MOST_CALLERS = 6
"""That the oracle follows."""


class Verdict(Enum):
    RIGHT = "right"
    GDB_WRONG = "gdb wrong"
    WRONG = "wrong"
    UNDECIDED = "undecided"


@dataclass
class Judgement:
    verdict: Verdict
    why: str
    evidence: dict | None = None


class Judge:
    """For one program. Remembers what the oracle said of a place in its code."""

    def __init__(self, debugger):
        self._debugger = debugger
        self._runs = 0
        self._seconds = 0
        self._places = Counter()
        self._said = {}
        self._has_run_on = False
        self.confirmed = 0
        """Frames of sonde's that the oracle has shown to be right."""

    @property
    def _is_spent(self):
        return self._runs >= MOST_RUNS or self._seconds >= MOST_SECONDS

    def begin_stop(self):
        self._has_run_on = False

    def judge(self, comparison, sonde, gdb, tid, ranges):
        """The process is attached. The oracle lets it run on, so it is asked once in a stop only."""
        number = comparison.common
        ours, theirs = _at(sonde, number), _at(gdb, number)
        if ours is None and not _is_code(theirs, ranges):
            return Judgement(Verdict.RIGHT, "gdb's frame past the root is not in code")
        place = sonde.pcs[number - 1], sonde.name(number - 1)
        evidence = None
        if not self._has_run_on:
            evidence = self._debugger.evidence(tid, [pc for pc in (place[0], ours, theirs) if pc is not None])
        verdict, why = self._ask_oracle(place, number, sonde, gdb, tid)
        is_decided = verdict is not Verdict.UNDECIDED or theirs is None
        if not is_decided and _is_code(ours, ranges) and not _is_code(theirs, ranges):
            return Judgement(Verdict.GDB_WRONG, f"gdb's caller is not in code; {why}", evidence)
        if verdict is Verdict.UNDECIDED and ours is None and sonde.ends_at_root():
            return Judgement(Verdict.GDB_WRONG, "gdb goes on past a root", evidence)
        return Judgement(verdict, why, evidence)

    def check(self, comparison, sonde, gdb, tid):
        """What the oracle says of frames that both have; `None` when it wasn't asked, or could not say."""
        # The last one of a stack that was cut is the one that is most likely not right.
        number = max(1, len(sonde.frames) - 1) if comparison.relation is Relation.TRUNCATED else 1
        if number >= len(sonde.frames):
            return None
        place = sonde.pcs[number - 1], sonde.name(number - 1)
        evidence = None if self._has_run_on else self._debugger.evidence(tid, [place[0], sonde.pcs[number]])
        verdict, why = self._ask_oracle(place, number, sonde, gdb, tid)
        return Judgement(Verdict.WRONG, why, evidence) if verdict is Verdict.WRONG else None

    def _ask_oracle(self, place, number, sonde, gdb, tid):
        if self._has_run_on or self._is_spent or self._places[place] >= MOST_RUNS_A_PLACE:
            if place in self._said:
                return self._said[place], "as the oracle said of this place before"
            return Verdict.UNDECIDED, "the oracle was not asked" if self._has_run_on else "the oracle was asked before"
        self._has_run_on = True
        self._runs += 1
        self._places[place] += 1
        claimed = sonde.pcs[number:][:MOST_CALLERS]
        start = time.monotonic()
        found, end = self._debugger.callers(tid, number - 1, [*claimed, *gdb.pcs[number:][:1]], max(1, len(claimed)))
        self._seconds += time.monotonic() - start
        for index, (pc, operation, was_there) in enumerate(found):
            if index >= len(claimed) or pc != claimed[index]:
                if operation == "ret" and not was_there:
                    return Verdict.UNDECIDED, f"oracle: frame {number + index} was made {pc:#x} meanwhile"
                if operation == "sigreturn" and pc != _at(gdb, number + index):
                    return Verdict.UNDECIDED, "oracle: the signal's handler has changed where it goes on"
                self._said[place] = Verdict.WRONG
                return Verdict.WRONG, f"oracle: frame {number + index} is {pc:#x}"
        self.confirmed += len(found)
        if not found:
            return Verdict.UNDECIDED, f"oracle: {end}"
        self._said[place] = Verdict.GDB_WRONG
        return Verdict.GDB_WRONG, f"oracle: {len(found)} frames returned to sonde's"


def _at(stack, number):
    return stack.pcs[number] if number < len(stack.frames) else None


def _is_code(pc, ranges):
    if pc is None:
        return False
    index = bisect.bisect_right(ranges, (pc, 2**64)) - 1
    return index >= 0 and ranges[index][0] <= pc < ranges[index][1]
