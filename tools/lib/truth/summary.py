"""The table of results."""

import figures
import table

HEAD = [
    "Program", "Stops", "Stacks", "Asleep", "Equal", "gdb short", "gdb wrong", "Truncated", "Undecided", "Wrong",
    "Complete", "Confirmed", "Truncated because"]


def text(facts, tallies):
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, "", table.aligned([HEAD, *map(_cells, tallies)], set(range(1, 12)))])


def line(tally):
    cells = _cells(tally)
    return f"stack-truth: {cells[0]}: " + ", ".join(f"{head} {cell}" for head, cell in zip(HEAD[1:], cells[1:]) if cell)


def _cells(tally):
    reasons = ", ".join(f"{reason} {count}" for reason, count in tally.truncated.most_common())
    if tally.lost:
        reasons += f"; not read: {sum(tally.lost.values())}"
    if tally.failure:
        reasons += f" (failed: {tally.failure})"
    return [
        f"{tally.program} {tally.version}".strip(), figures.count(tally.stops), figures.count(tally.stacks),
        figures.count(tally.asleep), figures.count(tally.equal), figures.count(tally.gdb_short),
        figures.count(tally.gdb_wrong), figures.count(sum(tally.truncated.values())), figures.count(tally.undecided),
        figures.count(tally.wrong), figures.percent(tally.complete),
        figures.count(tally.confirmed), reasons]
