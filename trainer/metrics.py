"""Metrics of a run as JSON lines, one per step, that stay gapless and without repeats over restarts."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mixer import storage

METRICS_NAME = "metrics.jsonl"


@dataclass(frozen=True)
class StepMetrics:
    """One finished step; `step` counts from 1, losses are means in nats per predicted token, padding counts nowhere."""

    step: int
    steps: int  # asked for in all
    loss: float
    source_loss: dict[str, float]  # of this batch's rows
    learning_rate: float
    gradient_norm: float  # before clipping
    tokens: int  # fed since step 1
    tokens_per_second: float  # of all ranks
    mfu: float | None  # model FLOPs utilisation, 0 to 1; None on a device whose peak is not known
    phase: str
    source_tokens: dict[str, int]  # fed since step 1


class MetricsLog:
    """Appends to `metrics.jsonl` in `folder`; opened at `steps_done`, it first drops what came after that step."""

    def __init__(self, folder: Path, steps_done: int) -> None:
        path = folder / METRICS_NAME
        kept = lines_until(path, steps_done)
        storage.write_bytes(str(path), "".join(kept).encode())
        self._file = path.open("a", encoding="utf-8")

    def write(self, metrics: StepMetrics) -> None:
        """Append one line, visible to readers at once."""
        self._file.write(json.dumps(asdict(metrics), allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def lines_until(path: Path, steps_done: int) -> list[str]:
    """Whole lines of steps up to `steps_done`: a killed run left later ones, perhaps half of one."""
    if not path.exists():
        return []
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        if not line.endswith("\n") or json.loads(line)["step"] > steps_done:
            break
        kept.append(line)
    return kept
