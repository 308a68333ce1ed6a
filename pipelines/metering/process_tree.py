"""The driver and all that it started, as the kernel counts them: with a local master that is the whole job."""

import os
import resource
from dataclasses import dataclass

from pipelines.metering.usage import RSS_BYTES

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Process:
    """A line of proc(5)'s /proc/PID/stat, as far as it is used."""

    pid: int
    parent: int
    name: str
    cpu_seconds: float  # of the process and of its children that ended


def cpu_seconds() -> float | None:
    """CPU time of the tree so far; None where there is no /proc."""
    tree = _tree()
    return sum(process.cpu_seconds for process in tree) if tree else None


def peak_memory_bytes() -> dict[str, int]:
    """Peak resident memory of the driver's Python, and of its JVM where it is found."""
    peaks = {"python": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_BYTES}
    found = [peak for process in _tree() if process.name == "java" and (peak := _peak_of(process.pid))]
    return peaks | ({"jvm": max(found)} if found else {})


def _tree() -> list[Process]:
    """The processes below the root: the JVM that spark-submit started, which started this one, or this one."""
    root = os.getppid() if "PYSPARK_GATEWAY_PORT" in os.environ else os.getpid()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    found = {process.pid: process for pid in pids if (process := _read(pid))}
    if root not in found:
        return []
    children: dict[int, list[Process]] = {}
    for process in found.values():
        children.setdefault(process.parent, []).append(process)
    tree = [found[root]]
    for process in tree:
        tree += children.get(process.pid, [])
    return tree


def _read(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            before, _, after = file.read().rpartition(")")
        fields = after.split()
        ticks = sum(int(value) for value in fields[11:15])  # utime, stime, cutime, cstime
        return Process(pid, int(fields[1]), before.partition("(")[2], ticks / _TICKS_PER_SECOND)
    except (OSError, ValueError, IndexError):
        return None  # it ended meanwhile


def _peak_of(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return 0
