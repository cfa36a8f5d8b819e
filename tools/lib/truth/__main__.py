"""Compares sonde's stacks of real programs with gdb's at the same moments. To be started by tools/stack-truth."""

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "bench"))
import machine  # noqa: E402
import sonde_stacks  # noqa: E402
import summary  # noqa: E402
from commands import Failed  # noqa: E402
from comparison import Relation, Stack, compare  # noqa: E402
from debugger import Debugger  # noqa: E402
from judgement import Judge  # noqa: E402
from programs import PROGRAMS  # noqa: E402
from stop import Stop  # noqa: E402
from tally import Tally  # noqa: E402

MEAN_SECONDS = 0.04
"""That a program runs between two stops: exponentially distributed, so that no rhythm of its own is met."""
CHECKED_SHARE = 0.05
"""Of the running stacks on which both agree: so many are checked by the oracle all the same."""
MOST_FAILURES = 20
DISPUTED = (Relation.DIFFERENT, Relation.GDB_BEYOND)


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/stack-truth", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Stops real programs at random moments, and compares sonde's stacks of all threads with gdb's.\n"
        "Where they differ, the function is run until it returns. Needs root.",
        epilog="programs:\n" + "\n".join(f"  {name:18}{program.about}" for name, program in PROGRAMS.items()))
    parser.add_argument("--stops", type=int, default=400, metavar="N", help="moments for each program (default 400)")
    parser.add_argument(
        "--only", action="append", choices=PROGRAMS, metavar="PROGRAM", help="only this program; repeatable")
    parser.add_argument("--seconds", type=float, default=3600, help="at most so long for a program (default 3600)")
    parser.add_argument("--seed", type=int, help="of the random waits")
    parser.add_argument("--json", metavar="FILE", help="write the counts, and the stacks that differ, to FILE too")
    return parser.parse_args()


def main():
    options = arguments()
    os.nice(10)
    random.seed(options.seed)
    facts = machine.facts()
    tallies = []
    try:
        for name, program in PROGRAMS.items():
            if options.only and name not in options.only:
                continue
            tallies.append(Tally(name))
            examine(program, tallies[-1], options.stops, options.seconds)
            print(summary.line(tallies[-1]), file=sys.stderr, flush=True)
            write(options.json, facts, tallies)
    except KeyboardInterrupt:
        print("stack-truth: interrupted; this is what there is", file=sys.stderr)
    write(options.json, facts, tallies)
    print(summary.text(facts, tallies))
    sys.exit(1 if any(tally.wrong for tally in tallies) else 0)


def write(path, facts, tallies):
    if path:
        with open(path + ".new", "w", encoding="utf-8") as file:
            programs = [tally.as_json() for tally in tallies]
            json.dump({"machine": facts, "programs": programs}, file, indent=1, ensure_ascii=False)
        os.replace(path + ".new", path)


def examine(program, tally, stops, seconds):
    """Stops the program so often, and starts it again when it ends."""
    end, failures = time.monotonic() + seconds, 0
    try:
        tally.version = program.version()
        with Debugger() as debugger:
            judge = Judge(debugger)
            while tally.stops < stops and time.monotonic() < end:
                with program.start() as target:
                    time.sleep(program.warm_up)
                    try:
                        while tally.stops < stops and time.monotonic() < end:
                            time.sleep(random.expovariate(1 / MEAN_SECONDS))
                            examine_once(target.pid, debugger, judge, tally)
                    except Failed:
                        # Most end because their work is done.
                        failures += 1
                        if failures > MOST_FAILURES:
                            raise
    except (Failed, OSError) as failure:
        tally.failure = str(failure)


def examine_once(pid, debugger, judge, tally):
    with Stop(pid) as stop:
        ranges = stop.executable_ranges()
        ours, lost = sonde_stacks.stacks(pid, stop.running)
        theirs = debugger.attach(pid)
        judge.begin_stop()
        try:
            for tid, sonde, gdb, comparison in compared(ours, theirs):
                judgement = judged(comparison, sonde, gdb, tid, tid not in stop.running, ranges, judge)
                tally.add(comparison, judgement, sonde, gdb, tid, tid not in stop.running)
        finally:
            debugger.detach()
    tally.stops += 1
    tally.confirmed = judge.confirmed
    tally.lost.update(lost)


def compared(ours, theirs):
    """The oracle decides of one stack only in a stop: those that differ come first, each with the same chance."""
    both = []
    for tid in ours.keys() & theirs.keys():
        gdb = Stack([tuple(frame) for frame in theirs[tid]["frames"]], reason=theirs[tid]["end"])
        both.append((tid, ours[tid], gdb, compare(ours[tid], gdb)))
    random.shuffle(both)
    return sorted(both, key=lambda entry: entry[3].relation not in DISPUTED)


def judged(comparison, sonde, gdb, tid, is_asleep, ranges, judge):
    relation = comparison.relation
    if relation in DISPUTED:
        return judge.judge(comparison, sonde, gdb, tid, ranges)
    if is_asleep or relation is Relation.MOVED:
        return None
    is_checked = relation is Relation.TRUNCATED or random.random() < CHECKED_SHARE
    return judge.check(comparison, sonde, gdb, tid) if is_checked else None


if __name__ == "__main__":
    main()
