"""What the figures were measured on and with."""

import os
import platform
import time

import places
from commands import Failed, run


def lines():
    return [f"{name}: {value}" for name, value in facts().items()]


def facts():
    return {
        "Date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "Kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "CPUs": f"{len(os.sched_getaffinity(0))} × {_cpu_model()}",
        "Load before": f"{os.getloadavg()[0]:.2f}" + (" (noisy: other work is running)" if _is_busy() else ""),
        "Sonde": f"{_version(places.sonde, '--version')} ({_commit()})",
        "libunwind": _version("dpkg-query", "-W", "-f", "${Version}", "libunwind-dev"),
        "gdb": _version("gdb", "--version"),
        "elfutils": _version("eu-stack", "--version"),
        "perf": _version("perf", "--version"),
        "py-spy": _version(places.py_spy, "--version"),
        "process-exporter": _version(places.process_exporter, "--version"),
        "Redis": _version("redis-server", "--version"),
        "CPython": _version(places.python, "--version"),
    }


def _is_busy():
    return os.getloadavg()[0] > 0.5


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return "unknown"


def _commit():
    try:
        changed = run(["git", "-C", places.root, "status", "--porcelain", "-uno"]).output.strip()
        commit = run(["git", "-C", places.root, "rev-parse", "--short", "HEAD"]).output.strip()
    except Failed:
        return "unknown commit"
    return commit + (" with changes" if changed else "")


def _version(*arguments):
    try:
        output = run(arguments).output
    except Failed as failure:
        return str(failure)
    return output.splitlines()[0].strip() if output.strip() else "unknown"
