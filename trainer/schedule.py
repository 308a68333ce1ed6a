"""The learning rate as a pure function of the step: linear warm-up, cosine, then (if asked) a linear cooldown."""

import math
from dataclasses import dataclass

PAPER_WARMUP_STEPS = 1325  # arXiv 2408.10914, for hundreds of thousands of steps
WARMUP_SHARE = 0.1  # shorter runs warm up over at most this share of their steps
COSINE_FLOOR_SHARE = 0.1  # the cosine ends at a tenth of its peak (GPT-3, Chinchilla)
COOLDOWN_END = 1e-6  # arXiv 2408.10914: "linear anneal ending at 1e-6"


@dataclass(frozen=True)
class Schedule:
    """Learning rate by step. Steps count from 0; `cosine_end` and `end` are the first steps after their part."""

    peak: float
    warmup_steps: int
    cosine_end: int
    end: int

    def __post_init__(self) -> None:
        if not (self.peak > 0 and math.isfinite(self.peak)):
            raise ValueError(f"peak learning rate {self.peak} is not a positive number")
        if not 0 <= self.warmup_steps <= self.cosine_end <= self.end:
            raise ValueError(
                f"warm-up ({self.warmup_steps}), cosine end ({self.cosine_end}) and end ({self.end}) are not in order"
            )

    def learning_rate(self, step: int) -> float:
        """The rate for `step`; past the end it stays at the last value."""
        if step < self.warmup_steps:
            return self.peak * ((step + 1) / self.warmup_steps)
        floor = self.peak * COSINE_FLOOR_SHARE
        if step < self.cosine_end:
            progress = (step + 1 - self.warmup_steps) / (self.cosine_end - self.warmup_steps)
            return min(self.peak, floor + (self.peak - floor) * 0.5 * (1 + math.cos(math.pi * progress)))
        if self.end == self.cosine_end:
            return floor
        start = floor if self.cosine_end > self.warmup_steps else self.peak
        progress = min(1.0, (step + 1 - self.cosine_end) / (self.end - self.cosine_end))
        return start + (min(start, COOLDOWN_END) - start) * progress


def make_schedule(peak: float, steps: int, cooldown_steps: int = 0) -> Schedule:
    """The schedule of a run of `steps` steps whose last `cooldown_steps` anneal linearly to 1e-6."""
    cooldown_steps = min(cooldown_steps, steps)
    cosine_end = steps - cooldown_steps
    warmup_steps = min(PAPER_WARMUP_STEPS, math.ceil(steps * WARMUP_SHARE), cosine_end)
    return Schedule(peak, warmup_steps, cosine_end, steps)
