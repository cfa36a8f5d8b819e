"""One thread that spins at a known depth, sampled: seen by the sampler, and from inside of the target."""

import functools
import time
from dataclasses import dataclass

import recorders
from commands import Failed
from figures import excess_quantile, median
from targets import Meter

DEPTHS = (20, 47, 200)
TOOLS = (recorders.SONDE, recorders.CACHED, recorders.UNCACHED)


@dataclass(frozen=True)
class Spin:
    """Times in seconds."""

    recording: recorders.Recording
    cpu_per_sample: float
    """Without what starting costs."""
    stolen: float
    """The share of its time that the target lost while it was sampled."""
    usual: float
    """The same without a sampler, before and after."""
    gap: float | None
    gap_high: float | None

    @property
    def stolen_per_sample(self):
        return (self.stolen - self.usual) * self.recording.wall / self.recording.samples


@functools.cache
def spin(tool, frames, seconds):
    """The figures of one sampler at one depth, or Failed."""
    start_cpu, start_samples = _cost_of_starting(tool, frames)
    with Meter(frames) as meter:
        before = _window(seconds / 2)
        begin = time.monotonic_ns()
        recording = recorders.record(tool, meter, seconds)
        sampled = begin, time.monotonic_ns()
        after = _window(seconds / 2)
        gaps = meter.gaps()
    if recording.samples <= start_samples:
        raise Failed(f"only {recording.samples} samples")
    inside = _lengths(gaps, sampled)
    usual = _lengths(gaps, before) + _lengths(gaps, after)
    usual_length = _length(before) + _length(after)
    quantile = functools.partial(excess_quantile, inside, usual, _length(sampled) / usual_length, recording.samples)
    gap, gap_high = quantile(0.5), quantile(0.01)
    return Spin(
        recording=recording,
        cpu_per_sample=(recording.cpu - start_cpu) / (recording.samples - start_samples),
        stolen=sum(inside) / _length(sampled), usual=sum(usual) / usual_length,
        gap=gap and gap / 1e9, gap_high=gap_high and gap_high / 1e9)


def _cost_of_starting(tool, frames):
    """CPU seconds and samples of a very short recording: medians of five."""
    with Meter(frames) as meter:
        short = [recorders.record(tool, meter, 0.3) for _ in range(5)]
    return median(each.cpu for each in short), median(each.samples for each in short)


def _window(seconds):
    begin = time.monotonic_ns()
    time.sleep(seconds)
    return begin, time.monotonic_ns()


def _length(window):
    return window[1] - window[0]


def _lengths(gaps, window):
    return [length for end, length in gaps if window[0] <= end < window[1]]
