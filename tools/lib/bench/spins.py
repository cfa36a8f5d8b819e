"""One thread that spins at a known depth, sampled: seen by the sampler, and from inside of the target."""

import functools
import time
from dataclasses import dataclass

import recorders
from commands import Failed
from figures import excess_quantile
from targets import Meter

DEPTHS = (20, 47, 200)
TOOLS = (recorders.SONDE, recorders.SONDE_PERF, recorders.CACHED, recorders.UNCACHED)


@dataclass(frozen=True)
class Gaps:
    """When a thread did not run, in so many seconds. Times in seconds."""

    lengths: tuple
    seconds: float

    @property
    def share(self):
        return sum(self.lengths) / self.seconds

    @property
    def longest(self):
        return max(self.lengths, default=0)


@dataclass(frozen=True)
class Spin:
    recording: recorders.Recording
    sampled: Gaps
    usual: Gaps
    """Without a sampler, before and after."""

    def excess(self, share):
        """The seconds that `share` of the gaps that the samples made exceed; None if the usual ones hide them."""
        return excess_quantile(
            self.sampled.lengths, self.usual.lengths, self.sampled.seconds / self.usual.seconds, self.recording.samples,
            share)

    @property
    def stolen_per_sample(self):
        return (self.sampled.share - self.usual.share) * self.sampled.seconds / self.recording.samples


@functools.cache
def spin(tool, frames, seconds, target=Meter):
    """The figures of one sampler at one depth, or Failed."""
    with target(frames) as meter:
        before = _window(seconds / 2)
        begin = time.monotonic_ns()
        recording = recorders.record(tool, meter, seconds)
        sampled = begin, time.monotonic_ns()
        after = _window(seconds / 2)
        gaps = meter.gaps()
    if recording.samples < 10:
        raise Failed(f"only {recording.samples} samples")
    return Spin(recording, _gaps(gaps, sampled), _gaps(gaps, before, after))


def _window(seconds):
    begin = time.monotonic_ns()
    time.sleep(seconds)
    return begin, time.monotonic_ns()


def _gaps(gaps, *windows):
    lengths = tuple(length / 1e9 for begin, end in windows for at, length in gaps if begin <= at < end)
    return Gaps(lengths, sum(end - begin for begin, end in windows) / 1e9)
