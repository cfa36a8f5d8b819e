"""The samplers that are compared, each as a command for so many seconds at a rate."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import places
from commands import Command, Failed, run
from figures import median, percentile

RATE = 99
SONDE, CACHED, UNCACHED = "sonde", "libunwind-ptrace, cached", "libunwind-ptrace, uncached"
PERF = "perf --call-graph dwarf"


@dataclass(frozen=True)
class Recording:
    """What a sampler did in `seconds`. Times in seconds; those held are of a single sample."""

    samples: int
    cpu: float
    wall: float
    frames: float | None = None
    held: float | None = None
    held_high: float | None = None
    held_share: float | None = None
    whole: float | None = None


def start(tool, pid, seconds, directory):
    """Starts a sampler whose files go to `directory`."""
    arguments = {
        SONDE: [places.sonde, "record", "-p", pid, "-d", seconds, "-r", RATE, "-f", "folded", "-o",
                Path(directory) / "sonde.folded"],
        CACHED: [places.built / "upt_unwind", pid, seconds, RATE, "cached"],
        UNCACHED: [places.built / "upt_unwind", pid, seconds, RATE, "uncached"],
        PERF: ["perf", "record", "-q", "--call-graph", "dwarf", "-F", RATE, "-p", pid, "-o",
               Path(directory) / "perf.data", "--", "sleep", seconds],
    }[tool]
    return Command(arguments)


def record(tool, target, seconds):
    """Samples the target for `seconds`."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            outcome = start(tool, target.pid, seconds, directory).finish(seconds + 60)
        except Failed:
            target.let_run()
            raise
        if tool == SONDE:
            return _of_sonde(outcome, Path(directory) / "sonde.folded")
        return _of_upt(outcome, seconds)


def _of_sonde(outcome, folded):
    held = _line(outcome.errors, "held")
    median_text, high, share = _match(r"median (.+), 99th percentile (.+) a sample; (\S+) %", held)
    depths = []
    for line in folded.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        # The first is the process.
        depths += [stack.count(";")] * int(count)
    return Recording(
        samples=samples_of_sonde(outcome), cpu=outcome.cpu, wall=outcome.wall, frames=median(depths),
        held=_seconds(median_text), held_high=_seconds(high), held_share=float(share) / 100)


def samples_of_sonde(outcome):
    samples, = _match(r"([\d,]+)", _line(outcome.errors, "samples"))
    return int(samples.replace(",", ""))


def _of_upt(outcome, seconds):
    samples = [tuple(map(int, line.split())) for line in outcome.output.splitlines()]
    if not samples:
        raise Failed("no samples")
    held = [sample[0] / 1e9 for sample in samples]
    return Recording(
        samples=len(samples), cpu=outcome.cpu, wall=outcome.wall, frames=median(sample[2] for sample in samples),
        held=median(held), held_high=percentile(held, 0.99), held_share=sum(held) / seconds,
        whole=median(sample[1] / 1e9 for sample in samples))


def _line(summary, label):
    for line in summary.splitlines():
        if line.strip().startswith(label + " "):
            return line.strip()[len(label):].strip()
    raise Failed(f"no line '{label}' in the summary")


def _match(pattern, text):
    found = re.match(pattern, text)
    if not found:
        raise Failed(f"can't be read: {text[:60]}")
    return found.groups()


def _seconds(text):
    number, unit = text.replace(",", "").split()
    return float(number) * {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1}[unit]


def py_spy_record(pid, seconds):
    """Samples a Python process natively; gives the cost and the samples."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "py-spy.folded"
        outcome = run(
            [places.py_spy, "record", "--native", "-p", pid, "-d", seconds, "-r", RATE, "-f", "raw", "-o", file],
            timeout=seconds + 60)
        samples = sum(int(line.rpartition(" ")[2]) for line in file.read_text(encoding="utf-8").splitlines())
    return Recording(samples=samples, cpu=outcome.cpu, wall=outcome.wall)
