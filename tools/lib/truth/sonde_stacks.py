"""The stacks that sonde dump gives."""

import json
from collections import Counter

import places
from commands import Failed, run
from comparison import Stack

# Rows that are no frames of their own.
VIRTUAL = ("python", "interpreted")


def stacks(pid, running):
    """By thread; and how many threads were lost, by reason.

    `running` are the threads that would not be asleep if the process were not stopped: all their registers can be read,
    and are read if they are in a system call, too.
    """
    read, lost = _dump(pid)
    if any(read[tid].reason == "unknown_register" for tid in running & read.keys()):
        again, _ = _dump(pid, "--interrupt-sleeping")
        read.update((tid, stack) for tid, stack in again.items() if tid in running)
    return read, lost


def _dump(pid, *options):
    outcome = run([places.sonde, "dump", "--json", "--max-depth", 1000, *options, "-p", pid], timeout=120)
    read, lost = {}, Counter()
    for thread in json.loads(outcome.output)[0]["threads"]:
        if thread["ending"] == "lost":
            lost[thread["reason"]] += 1
            continue
        frames = [
            (int(row["address"], 16), row["name"]) for row in thread["frames"]
            if not row["inlined"] and row["kind"] not in VIRTUAL]
        read[thread["tid"]] = Stack(frames, thread["ending"] == "root", thread["reason"] or "")
    if not read and not lost:
        raise Failed("sonde shows no threads")
    return read, lost
