"""What an ablation is asked: which ratios, how many seeds, which model, what the goal is."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
DEFAULT_RATIOS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # the sweep of arXiv 2408.10914
DEFAULT_VALIDATION_SHARE = 0.02  # held out where the recipe holds nothing out


class AblationSettings(BaseModel):
    """One ablation; `goal` weighs groups of sources (text, code, code/markup), and sums to anything positive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ratios: Annotated[tuple[Share, ...], Field(min_length=2)] = DEFAULT_RATIOS
    seeds: Annotated[int, Field(ge=1, le=100)] = 3
    preset: str = "tiny"
    batch_rows: Annotated[int, Field(ge=1)] = 8
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    validate_rows: Annotated[int, Field(ge=1)] | None = None  # of each source; default: all
    device: str = "auto"
    goal: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=lambda: {"text": 0.5, "code": 0.5})

    @model_validator(mode="after")
    def _check(self) -> "AblationSettings":
        if len(set(self.ratios)) < len(self.ratios):
            raise ValueError(f"ratios differ from each other; found {', '.join(f'{ratio:g}' for ratio in self.ratios)}")
        if not sum(self.goal.values()) > 0:
            raise ValueError("a goal has at least one group with a positive weight")
        return self

    def training(self) -> list[str]:
        """The trainer's arguments that all runs share."""
        arguments = ["--preset", self.preset, "--batch-rows", str(self.batch_rows), "--device", self.device]
        if self.learning_rate is not None:
            arguments += ["--learning-rate", repr(self.learning_rate)]
        if self.validate_rows is not None:
            arguments += ["--validate-rows", str(self.validate_rows)]
        return arguments


def run_name(ratio: float, seed: int) -> str:
    """The name of a run's folder, such as `code-0.25-seed-1`."""
    return f"code-{ratio:g}-seed-{seed}"


def run_folder(output: Path, ratio: float, seed: int) -> Path:
    """Where a run of the ablation in `output` lies."""
    return output / "runs" / run_name(ratio, seed)
