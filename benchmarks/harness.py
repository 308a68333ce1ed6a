"""Interleaved timing: every candidate once a round, CPU time, medians, ratios to a base."""

import json
import platform
import resource
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path


def cpu_seconds() -> float:
    """CPU time of this process and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each candidate over `rounds` rounds, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for round_number in range(rounds + 1):
        for name, run in candidates.items():
            before = cpu_seconds()
            run()
            if round_number:
                seconds[name].append(cpu_seconds() - before)
    return {name: statistics.median(values) for name, values in seconds.items()}


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder (in TMPDIR, where that is set) that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mixdown-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def bytes_on_disk(folder: Path) -> int:
    """What the files of a folder take up; holes in sparse files take up nothing."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def machine() -> str:
    """What the numbers were measured on."""
    model = "unknown CPU"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = f"{len(names)} x {names[0]}" if names else model
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("mixdown", "numpy", "pyarrow", "numba"))
    return f"{model}; Python {platform.python_version()}; {versions}"


def print_result(name: str, ratio: float, **more: object) -> None:
    """The last line of a benchmark: one JSON object."""
    print(json.dumps({"name": name, "ratio": round(ratio, 4), **more}), flush=True)
