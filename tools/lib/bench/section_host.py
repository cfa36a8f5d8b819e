"""What the host agent costs beside a thousand processes, and what process-exporter does."""

import os
import re
import time
from dataclasses import dataclass

import figures
import places
from commands import Failed
from exporters import Agent, ProcessExporter
from figures import median
from table import Row
from targets import Target

PROCESSES, KIBIBYTES = 1000, 1024
STARTS = {f"{PROCESSES:,} processes asleep": 0, f"{PROCESSES:,} asleep, 100 starts and ends a second": 100}
SONDE = "sonde"
# By default it reads smaps and counts threads by name, which sonde doesn't.
PEERS = {
    "process-exporter": (),
    "process-exporter, no smaps or threads": ("-gather-smaps=false", "-threads=false"),
}
INTERVAL = 5
# Between scrapes: long enough for what an answer leaves to be done, like collecting garbage.
PAUSE = 0.4

SHARE, COLLECTION, SCRAPE = "agent's CPU used", "agent's CPU a collection", "agent's CPU a scrape"
BOTH, RESIDENT, WRITTEN = "CPU a collection and scrape", "resident", "agent writes a minute"
READY, END = "agent's start to ready", "agent's SIGTERM to exit"


@dataclass(frozen=True)
class _Watching:
    """What an agent that nobody asks did in so many seconds."""

    seconds: float
    cpu: float
    collections: int
    reading: float
    """CPU seconds of its collections."""
    on_disk: float
    handed_over: float
    degraded: tuple


def rows(plan):
    for case, starts in STARTS.items():
        try:
            with Target([places.built / "host_load", PROCESSES, KIBIBYTES, starts]):
                yield from _agent(case, plan)
                for tool, options in PEERS.items():
                    yield from _peer(case, tool, options, plan)
        except (Failed, OSError) as failure:
            yield Row(SHARE, case, SONDE, failure=str(failure))


def _agent(case, plan):
    try:
        with Agent() as agent:
            # The first collection reads all there is of each process; from the second on it is a share of them.
            time.sleep(2.5 * INTERVAL)
            watching = _watching(agent, plan.host_seconds)
            yield from _watching_rows(case, watching)
            scrape, remark = _scrape_cost(agent, plan.host_scrapes)
            yield Row(SCRAPE, case, SONDE, scrape, remark=remark)
            if watching.collections:
                yield Row(BOTH, case, SONDE, watching.cpu / watching.collections + scrape)
            yield _resident_row(case, SONDE, agent)
        yield from _start_rows(case, plan.host_starts)
    except (Failed, OSError) as failure:
        yield Row(SHARE, case, SONDE, failure=str(failure))


def _peer(case, tool, options, plan):
    try:
        with ProcessExporter(*options) as exporter:
            exporter.scrape()
            scrape, remark = _scrape_cost(exporter, plan.host_scrapes)
            # It reads at each scrape, and only then.
            yield Row(BOTH, case, tool, scrape, remark=remark)
            yield _resident_row(case, tool, exporter)
    except (Failed, OSError) as failure:
        yield Row(BOTH, case, tool, failure=str(failure))


def _watching(agent, seconds):
    before, _ = agent.scrape()
    agent.hang_up()
    begin, cpu, (on_disk, handed_over) = time.monotonic(), agent.cpu(), agent.written()
    time.sleep(seconds)
    elapsed, used, written = time.monotonic() - begin, agent.cpu() - cpu, agent.written()
    after, _ = agent.scrape()
    return _Watching(
        elapsed, used, round(_total(after, "sonde_collections_total") - _total(before, "sonde_collections_total")),
        _total(after, "sonde_collection_cpu_seconds_total") - _total(before, "sonde_collection_cpu_seconds_total"),
        written[0] - on_disk, written[1] - handed_over,
        tuple(re.findall(r'^sonde_degraded\{feature="([^"]*)"', after, re.M)))


def _total(text, name):
    found = re.search(rf"^{name} (\S+)", text, re.M)
    if not found:
        raise Failed(f"sonde-agent has no {name}")
    return float(found[1])


def _watching_rows(case, watching):
    remark = f"of one CPU; {watching.collections} collections in {watching.seconds:.0f} s; load {os.getloadavg()[0]:.1f}"
    if watching.degraded:
        remark += "; degraded: " + ", ".join(watching.degraded)
    yield Row(SHARE, case, SONDE, watching.cpu / watching.seconds, unit="share", remark=remark)
    if watching.collections:
        yield Row(
            COLLECTION, case, SONDE, watching.cpu / watching.collections,
            remark=f"mean; {figures.duration(watching.reading / watching.collections)} of it reading /proc")
    minutes = watching.seconds / 60
    yield Row(
        WRITTEN, case, SONDE, watching.on_disk / minutes, unit="bytes",
        remark=f"to the disk; {figures.size(watching.handed_over / minutes)} handed to the kernel")


def _scrape_cost(exporter, count):
    """CPU seconds from a scrape to the next: few of those intervals have a collection in them."""
    costs, cpu = [], exporter.cpu()
    for _ in range(count):
        text, size = exporter.scrape()
        time.sleep(PAUSE)
        now = exporter.cpu()
        costs.append(now - cpu)
        cpu = now
    lines = sum(not line.startswith("#") for line in text.splitlines())
    return median(costs), f"{count} scrapes; {lines:,} samples, {figures.size(size)} sent"


def _resident_row(case, tool, exporter):
    now, highest, anonymous = exporter.resident()
    return Row(
        RESIDENT, case, tool, now, highest, unit="bytes",
        remark=f"{figures.size(anonymous)} of it anonymous; 99 % is the most until then")


def _start_rows(case, count):
    starts, ends = [], []
    for _ in range(count):
        with Agent() as agent:
            starts.append(agent.start_seconds)
            ends.append(agent.terminate())
    yield Row(READY, case, SONDE, median(starts), max(starts), remark=f"{count} starts, the first collection included")
    yield Row(END, case, SONDE, median(ends), max(ends))
