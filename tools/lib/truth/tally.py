"""What was found of one program."""

from collections import Counter
from dataclasses import dataclass, field

from comparison import Relation, are_alike
from judgement import Verdict

MOST_CASES = 12
"""That are kept of a kind."""
MOST_NAMES = 500


@dataclass
class Tally:
    program: str
    version: str = ""
    stops: int = 0
    stacks: int = 0
    asleep: int = 0
    equal: int = 0
    gdb_short: int = 0
    gdb_wrong: int = 0
    undecided: int = 0
    wrong: int = 0
    moved: int = 0
    confirmed: int = 0
    """Frames, by the oracle."""
    truncated: Counter = field(default_factory=Counter)
    """By reason, whatever gdb has."""
    truncated_at: Counter = field(default_factory=Counter)
    """By reason, function and gdb's next."""
    lost: Counter = field(default_factory=Counter)
    names: Counter = field(default_factory=Counter)
    """Of frames that both name, and name differently: aliases, and mistakes."""
    cases: dict = field(default_factory=dict)
    failure: str = ""

    def add(self, comparison, judgement, sonde, gdb, tid, is_asleep):
        relation = comparison.relation
        if relation is Relation.MOVED:
            self.moved += 1
            self._keep(relation.value, comparison, judgement, sonde, gdb, tid, is_asleep)
            return
        self.stacks += 1
        self.asleep += is_asleep
        if not sonde.is_complete:
            self.truncated[sonde.reason] += 1
        for (_, ours), (_, theirs) in zip(sonde.frames[:comparison.common], gdb.frames):
            if theirs and not are_alike(ours, theirs) and len(self.names) < MOST_NAMES:
                self.names[f"{ours} | {theirs}"] += 1
        kind = relation.value
        if judgement and judgement.verdict is Verdict.WRONG:
            kind = judgement.verdict.value
            self.wrong += 1
        elif relation is Relation.TRUNCATED:
            self._add_truncated(comparison, sonde, gdb)
        elif relation is Relation.EQUAL or judgement and judgement.verdict is Verdict.RIGHT:
            self.equal += 1
            return
        elif relation is Relation.GDB_SHORT:
            self.gdb_short += 1
        else:
            kind = judgement.verdict.value
            self._count(judgement.verdict)
        self._keep(kind, comparison, judgement, sonde, gdb, tid, is_asleep)

    def _count(self, verdict):
        if verdict is Verdict.GDB_WRONG:
            self.gdb_wrong += 1
        else:
            self.undecided += 1

    def _add_truncated(self, comparison, sonde, gdb):
        after = gdb.name(comparison.common) or ("?" if comparison.common < len(gdb.frames) else "gdb ends too")
        self.truncated_at[f"{sonde.reason}: {sonde.name(-1)} < {after}"] += 1

    def _keep(self, kind, comparison, judgement, sonde, gdb, tid, is_asleep):
        number = comparison.common
        place = f"{kind}: {sonde.reason}: {sonde.name(max(0, number - 1))}"
        kept = self.cases.setdefault(place, {"count": 0, "examples": []})
        kept["count"] += 1
        if kept["count"] > 2 and kind != Verdict.WRONG.value or kept["count"] > MOST_CASES:
            return
        kept["examples"].append({
            "thread": tid, "asleep": is_asleep, "common": number, "meet again": comparison.resumes,
            "why": judgement.why if judgement else "",
            "sonde": _rows(sonde), "sonde ends": "root" if sonde.is_complete else sonde.reason,
            "gdb": _rows(gdb), "gdb ends": gdb.reason,
            "evidence": judgement.evidence if judgement else None})

    def as_json(self):
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    @property
    def complete(self):
        return 1 - sum(self.truncated.values()) / self.stacks if self.stacks else 0


def _rows(stack):
    return [f"{pc:#x} {name}" for pc, name in stack.frames]
