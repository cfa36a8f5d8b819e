"""Measures sonde against its peers, in one run, and prints one table. To be started by tools/bench."""

import argparse
import json
import sys
from dataclasses import dataclass

import machine
import section_agent
import section_asleep
import section_dump
import section_eintr
import section_held
import section_host
import section_jitter
import section_kills
import section_python
import section_record
import section_select
import section_throughput
import section_worker
import selfcheck
import table
from commands import Failed

SECTIONS = {
    "held": (section_held, "how long a running thread is stopped for a sample, 5 min"),
    "jitter": (section_jitter, "what sampling takes from a thread that spins, seen by the thread, 4 min"),
    "agent": (section_agent, "CPU time of the sampler for a sample, 2 min"),
    "dump": (section_dump, "one dump against eu-stack, gdb and py-spy, 2 min"),
    "asleep": (section_asleep, "which share of sleeping stacks is followed to its root without a stop, 2 min"),
    "record": (section_record, "a whole recording against perf record and perf script, 5 min"),
    "select": (section_select, "CPU time of the sampler of a process with a thousand sleeping threads, 2 min"),
    "eintr": (section_eintr, "calls that a sampler makes return EINTR, and timers that it stops, 1 min"),
    "throughput": (section_throughput, "redis and a server of 300 threads with and without samplers, 9 min"),
    "python": (section_python, "Flask and uvicorn with and without samplers, against py-spy and austin, 9 min"),
    "host": (section_host, "the agent beside a thousand processes, against process-exporter, 7 min"),
    "worker": (section_worker, "what the worker process adds to the start of a recording and to a dump, 1 min"),
    "kills": (section_kills, "targets of a sonde that is killed at random moments, 4 min"),
}


@dataclass(frozen=True)
class Plan:
    """How much is measured. Seconds of single runs, and how often."""

    spin_seconds: float
    dumps: int
    record_seconds: float
    recordings: int
    throughput_seconds: float
    throughput_blocks: int
    eintr_seconds: float
    eintr_fast_seconds: float
    kills: int
    host_seconds: float
    host_scrapes: int
    host_starts: int


FULL = Plan(
    spin_seconds=10, dumps=15, record_seconds=20, recordings=2, throughput_seconds=1.5, throughput_blocks=12,
    eintr_seconds=30, eintr_fast_seconds=14, kills=1000,
    host_seconds=60, host_scrapes=60, host_starts=7)
QUICK = Plan(
    spin_seconds=4, dumps=15, record_seconds=5, recordings=1, throughput_seconds=1, throughput_blocks=5,
    eintr_seconds=10, eintr_fast_seconds=8, kills=50,
    host_seconds=30, host_scrapes=20, host_starts=3)
# Enough to run every line, too little for figures.
TINY = Plan(
    spin_seconds=1, dumps=2, record_seconds=1, recordings=1, throughput_seconds=0.2, throughput_blocks=1,
    eintr_seconds=6, eintr_fast_seconds=6, kills=3,
    host_seconds=5, host_scrapes=3, host_starts=1)


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures sonde against its peers, in one run, and prints one table. Needs root.\n"
        "Leave the machine alone meanwhile: on a busy one the figures are noise.",
        epilog="sections:\n" + "\n".join(f"  {name:12}{about}" for name, (_, about) in SECTIONS.items()))
    parser.add_argument("--quick", action="store_true", help="about eleven minutes instead of about forty")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, metavar="NAME", help="only this section; repeatable")
    parser.add_argument(
        "--selfcheck", action="store_true", help="measure nothing; see that a missing peer costs only its own rows")
    parser.add_argument("--json", metavar="FILE", help="write the figures, in seconds and bytes, to FILE too")
    return parser.parse_args()


def main():
    options = arguments()
    if options.selfcheck:
        sys.exit("\n".join(selfcheck.faults(chosen(options), TINY, measured)) or None)
    plan = QUICK if options.quick else FULL
    facts = machine.facts()
    rows = []
    try:
        for name, (section, about) in chosen(options).items():
            print(f"bench: {name}: {about} …", file=sys.stderr, flush=True)
            rows += measured(section, name, plan)
    except KeyboardInterrupt:
        print("bench: interrupted; this is what there is", file=sys.stderr)
    print("\n".join(f"- {name}: {value}" for name, value in facts.items()))
    print()
    print(table.text(rows))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": facts, "rows": table.as_json(rows)}, file, indent=1, ensure_ascii=False)


def chosen(options):
    return {name: section for name, section in SECTIONS.items() if not options.only or name in options.only}


def measured(section, name, plan):
    """The rows of a section, as far as it came."""
    rows = []
    try:
        for row in section.rows(plan):
            rows.append(row)
    except (Failed, OSError, ValueError) as failure:
        rows.append(table.Row(name, "", "", failure=str(failure)))
    return rows


if __name__ == "__main__":
    main()
