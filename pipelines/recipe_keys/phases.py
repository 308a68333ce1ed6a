"""Groups and phases: what a recipe writes under `groups:` and `phases:`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mixer.request import Weighting
from pipelines.recipe_keys.amounts import Tokens
from pipelines.recipe_keys.names import Name
from pipelines.recipe_keys.problems import Strict

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class GroupSpec(Strict):
    """Weights inside a group: `natural`, `uniform`, or by name of sources and groups."""

    weights: dict[str, Weight] | Literal["natural", "uniform"] = "natural"
    temperature: Annotated[float, Field(ge=0.05, le=1e6)] = 1.0  # every weight to the power 1 / temperature

    @model_validator(mode="after")
    def _check_weights(self) -> "GroupSpec":
        if isinstance(self.weights, dict) and not any(self.weights.values()):
            raise ValueError("every weight is 0; give at least one source a positive weight")
        return self

    def weighting(self) -> Weighting:
        """As the planner takes it."""
        return Weighting(weights=self.weights, temperature=self.temperature)


class PhaseSpec(GroupSpec):
    """A contiguous part of training with its own weights, which need not sum to one."""

    name: Name = "train"
    budget_tokens: Tokens | None = None
    budget_share: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None  # of the recipe's budget_tokens
    weights: dict[str, Weight] | Literal["natural", "uniform"]
    code_ratio: Share | None = None  # rescales code and text, each as a whole; default: as the weights say

    @model_validator(mode="after")
    def _check_budget(self) -> "PhaseSpec":
        if (self.budget_tokens is None) == (self.budget_share is None):
            raise ValueError(
                f"phase {self.name!r} needs one of budget_tokens (a number) and budget_share (of the recipe's budget)"
            )
        return self
