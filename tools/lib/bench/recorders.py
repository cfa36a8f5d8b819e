"""The samplers that are compared, each as a command for so many seconds at a rate."""

import functools
import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import places
from commands import Command, Failed, run
from figures import median, percentile

RATE = 99
SONDE, SONDE_WALL = "sonde", "sonde --mode wall"
SONDE_AUTO, SONDE_AUTO_WALL = "sonde --sampler auto", "sonde --sampler auto --mode wall"
SONDE_PERF, SONDE_OFF_CPU = "sonde --sampler perf", "sonde --mode off-cpu"
CACHED, UNCACHED = "libunwind-ptrace, cached", "libunwind-ptrace, uncached"
ALL_THREADS = "libunwind-ptrace, all threads"
PERF = "perf --call-graph dwarf"
PY_SPY, PY_SPY_NATIVE = "py-spy", "py-spy --native"
AUSTIN = "austin"

# The option of each sonde, and what its --help has when it knows it.
_SONDES = {
    SONDE: ([], "--mode"),
    SONDE_WALL: (["--mode", "wall"], "wall"),
    SONDE_AUTO: (["--sampler", "auto"], "auto"),
    SONDE_AUTO_WALL: (["--sampler", "auto", "--mode", "wall"], "auto"),
    SONDE_PERF: (["--sampler", "perf"], "--sampler"),
    SONDE_OFF_CPU: (["--mode", "off-cpu"], "off-cpu"),
}
SONDES = (SONDE, SONDE_WALL, SONDE_PERF, SONDE_OFF_CPU)


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


@functools.cache
def _help_of_record():
    return run([places.sonde, "record", "--help"]).output


def known(tools):
    """Those of the samplers that the sonde which is measured has; the others are all kept."""
    return [tool for tool in tools if tool not in _SONDES or _SONDES[tool][1] in _help_of_record()]


def sonde_options(tool):
    """What to add to `sonde record`. A sonde that has more than one sampler chooses only where that is measured."""
    options = _SONDES[tool][0]
    chooses = tool in (SONDE, SONDE_WALL) and SONDE_PERF in known(SONDES)
    return [*options, "--sampler", "ptrace"] if chooses else options


def start(tool, pid, seconds, directory, rate=RATE):
    """Starts a sampler whose files go to `directory`. py-spy takes whole seconds only."""
    directory = Path(directory)
    if tool in _SONDES:
        arguments = [
            places.sonde, "record", "-v", *sonde_options(tool), "-p", pid, "-d", seconds, "-r", rate, "-f", "folded",
            "-o", directory / "sonde.folded"]
    elif tool == PERF:
        arguments = [
            "perf", "record", "--call-graph", "dwarf", "-F", rate, "-p", pid, "-o", directory / "perf.data", "--",
            "sleep", seconds]
    elif tool in (PY_SPY, PY_SPY_NATIVE):
        arguments = [
            places.py_spy, "record", *tool.split()[1:], "-p", pid, "-d", math.ceil(seconds), "-r", rate, "-f", "raw",
            "-o", directory / "py-spy.folded"]
    elif tool == AUSTIN:
        arguments = [
            places.austin, "-p", pid, "-x", math.ceil(seconds), "-i", f"{1000000 // rate}us", "-o",
            directory / "austin.mojo"]
    else:
        options = {CACHED: ["cached"], UNCACHED: ["uncached"], ALL_THREADS: ["cached", "all"]}[tool]
        arguments = [places.built / "upt_unwind", pid, seconds, rate, *options]
    return Command(arguments)


def record(tool, target, seconds):
    """Samples the target for `seconds`."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            outcome = start(tool, target.pid, seconds, directory).finish(seconds + 60)
        except Failed:
            target.let_run()
            raise
        if tool in _SONDES:
            return _of_sonde(outcome, Path(directory) / "sonde.folded")
        if tool == PERF:
            return _of_perf(outcome)
        if tool in (PY_SPY, PY_SPY_NATIVE):
            return _of_py_spy(outcome, Path(directory) / "py-spy.folded")
        return _of_upt(outcome, seconds)


def _of_sonde(outcome, folded):
    depths = []
    for line in folded.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        # The first is the process.
        depths += [stack.count(";")] * int(count)
    if not depths:
        raise Failed("no samples")
    return Recording(
        samples=samples_of_sonde(outcome), cpu=outcome.cpu, wall=outcome.wall, frames=median(depths),
        **_held_by_sonde(outcome.errors))


def _held_by_sonde(summary):
    """Nothing where it stopped nothing."""
    try:
        found = _match(r"median (.+), 99th percentile (.+) per sample; (\S+) %", _line(summary, "stopped"))
    except Failed:
        return {}
    return {"held": _seconds(found[0]), "held_high": _seconds(found[1]), "held_share": float(found[2]) / 100}


def samples_of_sonde(outcome):
    samples, = _match(r"([\d,]+)", _line(outcome.errors, "samples"))
    return int(samples.replace(",", ""))


def _of_perf(outcome):
    found = re.search(r"\((\d+) samples\)", outcome.errors)
    if not found:
        raise Failed("no samples")
    return Recording(samples=int(found[1]), cpu=outcome.cpu, wall=outcome.wall)


def _of_py_spy(outcome, folded):
    samples = sum(int(line.rpartition(" ")[2]) for line in folded.read_text(encoding="utf-8").splitlines())
    return Recording(samples=samples, cpu=outcome.cpu, wall=outcome.wall)


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
