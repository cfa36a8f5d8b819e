"""Runs every section shortly without the peers, then without redis: what is missing must cost only its own rows."""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import commands
import places
import section_throughput
from table import HIDDEN_BY_NOISE

NEEDED = ("dpkg-query", "git", "redis-benchmark", "setpriv", "sleep")
REDIS = "redis-server"
# How the names of those begin that are not there.
PEERS = ("perf", "gdb", "eu-stack", "py-spy", "process-exporter")


def faults(sections, plan, measured):
    """What is wrong, a line each. `measured` gives the rows of a section, and lets no failure of a peer through."""
    found = []
    for programs in ((*NEEDED, REDIS), NEEDED):
        with _only(programs):
            for name, (section, _) in sections.items():
                without = "the peers" if REDIS in programs else "the peers and redis"
                print(f"bench: {name} without {without} …", file=sys.stderr)
                rows = measured(section, name, plan)
                found += [f"{name}: {fault}" for fault in _faults(rows, has_redis=REDIS in programs)]
    return found


def _faults(rows, has_redis):
    if not rows:
        yield "no rows"
    for row in rows:
        is_peer = row.tool.startswith(PEERS)
        if is_peer and "not installed" not in (row.failure or ""):
            yield f"{row.tool} is not installed, but the row says {row.value} {row.failure}"
        if has_redis and not is_peer and row.failure not in (None, HIDDEN_BY_NOISE):
            yield f"{row.measure}, {row.case}, {row.tool}: {row.failure}"
    # One of its servers is ours.
    if any(row.measure == section_throughput.MEASURE for row in rows) and all(row.failure for row in rows):
        yield "no server is measured"


@contextlib.contextmanager
def _only(programs):
    """With these programs on the PATH and no others."""
    path, py_spy = os.environ["PATH"], places.py_spy
    with tempfile.TemporaryDirectory() as directory:
        for program in programs:
            found = shutil.which(program)
            if found:
                (Path(directory) / program).symlink_to(found)
        os.environ["PATH"] = commands.environment["PATH"] = directory
        places.py_spy = str(Path(directory) / "py-spy")
        try:
            yield
        finally:
            os.environ["PATH"] = commands.environment["PATH"] = path
            places.py_spy = py_spy
