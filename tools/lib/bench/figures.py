"""Statistics, and figures as people read them."""

import math
import random
import statistics

median = statistics.median


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median_interval(values, confidence=0.95, draws=5000):
    """A percentile bootstrap interval of the median (Efron, Tibshirani: An Introduction to the Bootstrap, chapter 13)."""
    generator = random.Random(1)
    medians = sorted(median(generator.choices(values, k=len(values))) for _ in range(draws))
    tail = (1 - confidence) / 2
    return medians[int(draws * tail)], medians[min(draws - 1, int(draws * (1 - tail)))]


def excess_quantile(values, baseline, scale, count, share):
    """The length that `share` of `count` added values exceed.

    `values` are those of a time with additions, `baseline` those of a time without, which has to be multiplied by
    `scale` to be as long. `None` when there are not as many more.
    """
    ordered, usual = sorted(values, reverse=True), sorted(baseline, reverse=True)
    longer_usual = 0
    for index, value in enumerate(ordered):
        while longer_usual < len(usual) and usual[longer_usual] >= value:
            longer_usual += 1
        if index + 1 - scale * longer_usual >= max(1, share * count):
            return value
    return None


def slope(short, long):
    """How much the second figure of (first, second) pairs grows with the first: `short` are several pairs, `long` is one.

    `None` where the pairs of `short` scatter so much that it would not be above 0: only what both figures of `long` give is
    known then, as a bound.
    """
    base, other = (median(pair[index] for pair in short) for index in (0, 1))
    if long[0] <= base or long[1] <= other:
        return None
    return (long[1] - other) / (long[0] - base)


def duration(seconds):
    if seconds is None:
        return ""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{seconds * 1e6:.1f} µs"


def size(count):
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{digits(count / factor)} {unit}"
    return f"{count:.0f} B"


def count(number):
    return f"{number:,.0f}"


def percent(share):
    return f"{share * 100:.2f} %"


def ratio(value):
    return f"{digits(value)} ×"


def digits(value):
    """Three significant digits, or all before the point."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
