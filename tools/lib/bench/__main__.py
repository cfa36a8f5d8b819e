"""Measures sonde against its peers, in one run, and prints one table. To be started by tools/bench."""

import argparse
import json
import sys
from dataclasses import dataclass

import machine
import section_agent
import section_dump
import section_held
import section_record
import section_select
import section_throughput
import table
from commands import Failed

SECTIONS = {
    "held": (section_held, "how long a running thread is held for a sample, seen from outside and inside"),
    "agent": (section_agent, "CPU time of the sampler for a sample"),
    "dump": (section_dump, "one dump against eu-stack, gdb and py-spy"),
    "record": (section_record, "a whole recording against perf record and perf script"),
    "select": (section_select, "CPU time of the sampler of a process with a thousand sleeping threads"),
    "throughput": (section_throughput, "redis-benchmark with and without samplers"),
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


FULL = Plan(
    spin_seconds=20, dumps=15, record_seconds=30, recordings=3, throughput_seconds=3, throughput_blocks=10)
QUICK = Plan(
    spin_seconds=4, dumps=15, record_seconds=5, recordings=1, throughput_seconds=1, throughput_blocks=5)


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures sonde against its peers, in one run, and prints one table. Needs root.\n"
        "Leave the machine alone meanwhile: on a busy one the figures are noise.",
        epilog="sections:\n" + "\n".join(f"  {name:12}{about}" for name, (_, about) in SECTIONS.items()))
    parser.add_argument("--quick", action="store_true", help="about five minutes instead of about twenty")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, metavar="NAME", help="only this section; repeatable")
    parser.add_argument("--json", metavar="FILE", help="write the figures, in seconds and bytes, to FILE too")
    return parser.parse_args()


def main():
    options = arguments()
    plan = QUICK if options.quick else FULL
    facts = machine.facts()
    rows = []
    try:
        for name, (section, about) in SECTIONS.items():
            if options.only and name not in options.only:
                continue
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
