"""The learning rate as a pure function of the step: linear warm-up, a main part, then (if asked) a cooldown."""

import math
from dataclasses import dataclass

from trainer.errors import SettingError

PAPER_WARMUP_STEPS = 1325  # arXiv 2408.10914, for hundreds of thousands of steps
WARMUP_SHARE = 0.1  # shorter runs warm up over at most this share of their steps
FLOOR_SHARE = 0.1  # cosine and linear end at a tenth of their peak (GPT-3, Chinchilla)
COOLDOWN_END = 1e-6  # arXiv 2408.10914: "linear anneal ending at 1e-6"
WSD_COOLDOWN_SHARE = 0.1  # MiniCPM (Hu et al. 2024, arXiv 2404.06395): a tenth of the steps suffices

SHAPES = ("cosine", "wsd", "linear", "constant")
COOLDOWNS = ("linear", "sqrt")


@dataclass(frozen=True)
class Schedule:
    """Learning rate by step. Steps count from 0; `main_end` and `end` are the first steps after their part.

    `shape` is of the main part: cosine and linear fall to a tenth of the peak, wsd and constant stay at it. `cooldown`
    falls from there to 1e-6: in a line, or as 1 - sqrt (Hägele et al. 2024, arXiv 2405.18392), fast at first.
    """

    peak: float
    warmup_steps: int
    main_end: int
    end: int
    shape: str = "cosine"
    cooldown: str = "linear"

    def __post_init__(self) -> None:
        if not (self.peak > 0 and math.isfinite(self.peak)):
            raise SettingError(f"peak learning rate {self.peak} is not a positive number")
        if not 0 <= self.warmup_steps <= self.main_end <= self.end:
            raise SettingError(
                f"warm-up ({self.warmup_steps}), cooldown's start ({self.main_end}) and end ({self.end}) are not in "
                "order: ask for fewer steps of warm-up or cooldown"
            )
        for name, value, known in (("schedule", self.shape, SHAPES), ("cooldown", self.cooldown, COOLDOWNS)):
            if value not in known:
                raise SettingError(f"{name} {value!r} is unknown; choose one of {', '.join(known)}")

    def learning_rate(self, step: int) -> float:
        """The rate for `step`; past the end it stays at the last value."""
        if step < self.warmup_steps:
            return self.peak * ((step + 1) / self.warmup_steps)
        if step < self.main_end:
            return self._main((step + 1 - self.warmup_steps) / (self.main_end - self.warmup_steps))
        start = self._main(1.0) if self.main_end > self.warmup_steps else self.peak
        if self.end == self.main_end:
            return start
        progress = min(1.0, (step + 1 - self.main_end) / (self.end - self.main_end))
        fallen = math.sqrt(progress) if self.cooldown == "sqrt" else progress
        return start + (min(start, COOLDOWN_END) - start) * fallen

    def _main(self, progress: float) -> float:
        """The rate after a share (0 to 1) of the main part."""
        floor = self.peak * FLOOR_SHARE
        if self.shape == "cosine":
            return min(self.peak, floor + (self.peak - floor) * 0.5 * (1 + math.cos(math.pi * progress)))
        if self.shape == "linear":
            return self.peak + (floor - self.peak) * progress
        return self.peak


def make_schedule(
    peak: float,
    steps: int,
    cooldown_steps: int | None = None,
    warmup_steps: int | None = None,
    shape: str = "cosine",
    cooldown: str = "linear",
) -> Schedule:
    """The schedule of a run of `steps` steps whose last `cooldown_steps` anneal to 1e-6.

    By default the warm-up is the paper's, a tenth of a shorter run at most, and only wsd has a cooldown.
    """
    if cooldown_steps is None:
        cooldown_steps = math.ceil(steps * WSD_COOLDOWN_SHARE) if shape == "wsd" else 0
    main_end = steps - min(cooldown_steps, steps)
    if warmup_steps is None:
        warmup_steps = max(0, min(PAPER_WARMUP_STEPS, math.ceil(steps * WARMUP_SHARE), main_end))
    return Schedule(peak, warmup_steps, main_end, steps, shape, cooldown)
