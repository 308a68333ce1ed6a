"""What the planner is asked for: sources as counts, phases as budgets with weights."""

import itertools
from typing import Literal

from pydantic import BaseModel, ConfigDict

TEXT_GROUP = "text"  # it and the groups below it (text/math) are text; every other group counts as code

Packing = Literal["concat", "best_fit"]
EpochCapPolicy = Literal["fail", "warn", "spread"]


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanError(ValueError):
    """A mixture that cannot be planned as asked; the message says what to change."""


class InfeasibleMixture(PlanError):
    """The sources hold too little for the mixture within the allowed epochs."""


class SourceTokens(_Plain):
    """A source as the planner sees it."""

    name: str
    kind: str
    group: str
    documents: int
    block_tokens: dict[int, int]  # block -> its tokens
    block_rows: dict[int, int] = {}  # block -> its sequences; with best_fit alone
    split_documents: int | None = None  # longer than a sequence; with best_fit alone
    max_epochs: float | None = None  # None: no cap
    on_epoch_cap: EpochCapPolicy = "fail"
    tier_of: str | None = None  # the source whose best documents these are

    @property
    def available_tokens(self) -> int:
        """One epoch."""
        return sum(self.block_tokens.values())

    @property
    def is_code(self) -> bool:
        """Whether a code ratio counts it as code."""
        return is_code(self.group)


class Weighting(_Plain):
    """Shares of tokens among named sources and groups, in proportion to the weights.

    `natural` weighs each source by its tokens, `uniform` all alike. A temperature T takes every weight to the power
    1 / T: above 1 it flattens them (Devlin 2018; Raffel et al. 2020, section 3.5.2).
    """

    weights: dict[str, float] | Literal["natural", "uniform"] = "natural"
    temperature: float = 1.0


class PhaseRequest(Weighting):
    """A phase as the recipe asks for it; weights need not sum to one."""

    name: str
    budget_tokens: int
    weights: dict[str, float] | Literal["natural", "uniform"]
    code_ratio: float | None = None  # rescales code and text, each as a whole


class PlanRequest(_Plain):
    """Everything that decides a mixture's rows, but how full the sequences of `best_fit` are."""

    sources: list[SourceTokens]
    groups: dict[str, Weighting] = {}  # weights inside a group; a group that is not named here is natural
    phases: list[PhaseRequest]
    sequence_length: int
    rows_per_shard: int
    seed: int
    packing: Packing = "concat"

    @property
    def budget_tokens(self) -> int:
        """Over all phases."""
        return sum(phase.budget_tokens for phase in self.phases)


def is_code(group: str) -> bool:
    """Whether a code ratio counts a group as code."""
    return group_path(group)[0] != TEXT_GROUP


def group_path(group: str) -> tuple[str, ...]:
    """The groups that a label is in, outermost first: code/adjacent is in code and in code/adjacent."""
    parts = group.split("/")
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def with_budget(request: PlanRequest, budget_tokens: int) -> PlanRequest:
    """The same phases in proportion, adding up to `budget_tokens`."""
    budgets = scaled_budgets([phase.budget_tokens for phase in request.phases], budget_tokens)
    phases = [
        phase.model_copy(update={"budget_tokens": budget})
        for phase, budget in zip(request.phases, budgets, strict=True)
    ]
    return request.model_copy(update={"phases": phases})


def scaled_budgets(budgets: list[int], total: int) -> list[int]:
    """Budgets in the same proportion, adding up to `total`."""
    ends = [0]
    for budget in budgets:
        ends.append(ends[-1] + budget)
    cuts = [end * total // ends[-1] for end in ends]
    return [stop - start for start, stop in itertools.pairwise(cuts)]
