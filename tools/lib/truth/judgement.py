"""Who is right where the stacks differ: evidence in the process, and then the oracle."""

import bisect
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from comparison import Relation

MOST_RUNS = 80
"""Of the oracle for one program: each lets it run on for up to some seconds."""
MOST_RUNS_A_PLACE = 3


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
        self._places = Counter()
        self._said = {}

    def judge(self, comparison, sonde, gdb, tid, ranges):
        """The process is attached, and may run on."""
        if comparison.relation is Relation.GDB_BEYOND:
            return self._beyond(comparison, sonde, gdb, tid, ranges)
        number = comparison.common
        theirs = gdb.pcs[number] if number < len(gdb.pcs) else None
        ours = sonde.pcs[number] if number < len(sonde.pcs) else None
        if ours is None:
            return Judgement(Verdict.UNDECIDED, "sonde has no frame here")
        if theirs is not None and not _is_code(theirs, ranges) and _is_code(ours, ranges):
            return Judgement(Verdict.GDB_WRONG, "gdb's caller is not in code")
        return self._ask_oracle(number, ours, theirs, sonde, tid)

    def _beyond(self, comparison, sonde, gdb, tid, ranges):
        first = gdb.pcs[comparison.common]
        if not _is_code(first, ranges):
            return Judgement(Verdict.RIGHT, "gdb's frame past the root is not in code")
        if sonde.ends_at_root():
            return Judgement(Verdict.GDB_WRONG, "gdb goes on past a root")
        return self._ask_oracle(comparison.common, None, first, sonde, tid)

    def _ask_oracle(self, number, ours, theirs, sonde, tid):
        place = sonde.pcs[number - 1], sonde.name(number - 1)
        evidence = self._debugger.evidence(tid, [pc for pc in (place[0], ours, theirs) if pc])
        if self._runs >= MOST_RUNS or self._places[place] >= MOST_RUNS_A_PLACE:
            if place in self._said:
                return Judgement(self._said[place], "as the oracle said of this place before", evidence)
            return Judgement(Verdict.UNDECIDED, "the oracle could not say of this place before", evidence)
        self._runs += 1
        self._places[place] += 1
        answer = self._debugger.caller(tid, number - 1)
        if "failure" in answer:
            return Judgement(Verdict.UNDECIDED, f"oracle: {answer['failure']}", evidence)
        verdict = {ours: Verdict.GDB_WRONG, theirs: Verdict.WRONG}.get(answer["pc"], Verdict.UNDECIDED)
        if verdict is Verdict.UNDECIDED:
            evidence["returned to"] = hex(answer["pc"])
            return Judgement(verdict, "oracle: it returned to neither", evidence)
        self._said[place] = verdict
        return Judgement(verdict, f"oracle: it returned there after {answer['steps']} steps", evidence)


def _is_code(pc, ranges):
    index = bisect.bisect_right(ranges, (pc, 2**64)) - 1
    return index >= 0 and ranges[index][0] <= pc < ranges[index][1]
