"""The recipe: what a person writes in YAML, as typed, validated models.

Everything is checked before any work: unknown keys (with the nearest known one), kinds, rules, ratios, paths.
"""

import itertools
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError, model_validator

from dedup.settings import DedupSettings
from mixer.apportion import exact_fraction
from mixer.fim import FimSettings
from mixer.request import EpochCapPolicy, Packing, PhaseRequest, Weighting, is_code, scaled_budgets
from mixer.weights import WEIGHT_TOLERANCE, WeightTree
from pipelines.duplicates.preference import check_preferences
from pipelines.recipe_keys.amounts import Tokens
from pipelines.recipe_keys.files import read_yaml, with_shared, with_weights
from pipelines.recipe_keys.measures import MeasureSpec, asked_groups, check_measure
from pipelines.recipe_keys.names import GroupName, Name
from pipelines.recipe_keys.phases import GroupSpec, PhaseSpec
from pipelines.recipe_keys.problems import RecipeError, Strict, problems, unknown
from pipelines.recipe_keys.rules import check_rule
from pipelines.recipe_keys.sources import Epochs, SourceSpec, TierSpec
from pipelines.recipe_keys.validation import ValidationSpec
from quality.rule import Check, rules
from quality.signal_group import GroupSettings

# About 100 MB of zstd: at each end of a shard every source reads a block that its neighbour reads too, so small shards
# cost reading.
SHARD_TOKENS = 1 << 26


class TokenizerSpec(Strict):
    """Which vocabulary."""

    name: Literal["cl100k_base"] = "cl100k_base"


class RetentionSpec(Strict):
    """When a stage that loses too much of a source stops the run."""

    max_loss: Annotated[float, Field(ge=0, le=1)] = 0.95
    min_documents: int = 100  # below this a share says little


class Mixed(NamedTuple):
    """A source or a tier as phases see it, defaults filled in."""

    name: str
    kind: str
    group: str
    tier_of: str | None
    where: str | None
    max_epochs: float
    on_epoch_cap: EpochCapPolicy


class Recipe(Strict):
    """A whole mixture, from raw sources to phases."""

    name: Name
    sources: Annotated[list[SourceSpec], Field(min_length=1)]
    tiers: list[TierSpec] = Field(default_factory=list)
    groups: dict[GroupName, GroupSpec] = Field(default_factory=dict)  # weights inside a group; default: natural
    measure: MeasureSpec = Field(default_factory=dict)  # settings by signal group
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)  # settings by rule name
    dedup: DedupSettings = DedupSettings()
    tokenizer: TokenizerSpec = TokenizerSpec()
    budget_tokens: Tokens | None = None  # what the phases' budget_share is taken of
    phases: Annotated[list[PhaseSpec], Field(min_length=1)]
    sequence_length: Annotated[int, Field(ge=16, le=131_072)] = 2048
    packing: Packing = "concat"
    rows_per_shard: Annotated[int, Field(gt=0, le=65_536)] | None = None  # default: SHARD_TOKENS tokens
    shard_compression: Literal["zstd", "none"] = "zstd"  # none: read twice as fast, three times the room
    # Up to 4 epochs are nearly free (Muennighoff et al. 2023)
    max_epochs: Epochs = 4.0
    on_epoch_cap: EpochCapPolicy = "fail"
    retention: RetentionSpec = RetentionSpec()
    validation: ValidationSpec | None = None  # default: nothing is held out
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    salt: str = "mixdown"  # of the lake: orders documents inside a source

    @model_validator(mode="after")
    def _check_names(self) -> "Recipe":
        names = [part.name for part in (*self.sources, *self.tiers)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names of sources and tiers must differ; found twice: {', '.join(twice)}")
        phase_names = [phase.name for phase in self.phases]
        if len(set(phase_names)) < len(phase_names):
            raise ValueError(f"phase names must differ; found {', '.join(phase_names)}")
        sources = [source.name for source in self.sources]
        for tier in self.tiers:
            if tier.from_ not in sources:
                raise ValueError(f"tier {tier.name!r}: {unknown('source', tier.from_, sources)}")
        for rule, settings in self.rules.items():
            check_rule(rule, settings)
        check_measure(self.measure)
        check_preferences(self.dedup.prefer)
        for source in self.sources:
            self.asked_groups(source)
        return self

    @model_validator(mode="after")
    def _check_budgets(self) -> "Recipe":
        by_share = [phase.name for phase in self.phases if phase.budget_share is not None]
        if by_share and len(by_share) < len(self.phases):
            raise ValueError(
                f"phases {', '.join(by_share)} have a budget_share and the others budget_tokens: give all the same kind"
            )
        if bool(by_share) != (self.budget_tokens is not None):
            found = "no budget_tokens of its own" if by_share else "budget_tokens that no phase takes a budget_share of"
            raise ValueError(f"the recipe has {found}: write `budget_tokens` once and a `budget_share` in every phase")
        return self

    @model_validator(mode="after")
    def _check_weights(self) -> "Recipe":
        tree = self.weight_tree()
        for name in self.groups:
            tree.sources_of(Weighting(weights={name: 1.0}), "groups")
        for phase in self.phases:
            tree.sources_of(phase.weighting(), f"phase {phase.name!r}")
            self._check_code_ratio(phase)
        return self

    def mixed(self) -> list[Mixed]:
        """Everything that a phase can give tokens to: the sources, then the tiers."""
        found = [
            Mixed(
                source.name,
                source.kind,
                source.group_name(),
                None,
                source.where,
                source.max_epochs or self.max_epochs,
                source.on_epoch_cap or self.on_epoch_cap,
            )
            for source in self.sources
        ]
        for tier in self.tiers:
            base = self.source(tier.from_)
            found.append(
                Mixed(
                    tier.name,
                    base.kind,
                    tier.group or base.group_name(),
                    base.name,
                    tier.where,
                    tier.max_epochs or self.max_epochs,
                    tier.on_epoch_cap or self.on_epoch_cap,
                )
            )
        return found

    def shard_rows(self) -> int:
        """At most so many rows in a shard."""
        return self.rows_per_shard or max(1, min(65_536, SHARD_TOKENS // self.sequence_length))

    def source(self, name: str) -> SourceSpec:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def weight_tree(self) -> WeightTree:
        """What the names in weights stand for."""
        return WeightTree(self.mixed(), self.weightings())

    def weightings(self) -> dict[str, Weighting]:
        """The groups' weights as the planner takes them."""
        return {name: group.weighting() for name, group in self.groups.items()}

    def checks(self, source: SourceSpec) -> dict[str, tuple[Check, ...]]:
        """The checks that judge a source's documents, by rule name."""
        return {
            name: rules()[name].checks(rules()[name].settings.model_validate(self.rules.get(name, {}) | own))
            for name, own in source.own_rules().items()
        }

    def asked_groups(self, source: SourceSpec) -> dict[str, GroupSettings]:
        """The signal groups that are measured for a source, by name."""
        code_like = source.source_kind().code_like
        return asked_groups(code_like, self.measure, source.measure, self.checks(source))

    def budgets(self) -> list[int]:
        """Tokens of every phase."""
        if self.budget_tokens is None:
            return [phase.budget_tokens or 0 for phase in self.phases]
        shares = [exact_fraction(phase.budget_share or 0) for phase in self.phases]
        ends = [sum(shares[: number + 1], Fraction(0)) for number in range(len(shares))]
        cuts = [0, *(int(end / ends[-1] * self.budget_tokens) for end in ends)]
        return [stop - start for start, stop in itertools.pairwise(cuts)]

    def phase_requests(self) -> list[PhaseRequest]:
        """The phases as the planner takes them."""
        return [
            PhaseRequest(
                name=phase.name,
                budget_tokens=budget,
                weights=phase.weights,
                temperature=phase.temperature,
                code_ratio=phase.code_ratio,
            )
            for phase, budget in zip(self.phases, self.budgets(), strict=True)
        ]

    def notes(self) -> list[str]:
        """What was read otherwise than it was written."""
        shares = [exact_fraction(phase.budget_share or 0) for phase in self.phases]
        off = self.budget_tokens is not None and abs(sum(shares, Fraction(0)) - 1) > WEIGHT_TOLERANCE
        return ["the phases' budget_share were normalised, they do not sum to 1"] if off else []

    def read_until(self, as_of: datetime) -> None:
        """Have every source that says `dated` read only what its files' names tell to be of before `as_of`."""
        for source in self.sources:
            source.read_until(as_of)

    def with_code_ratio(self, ratio: float) -> "Recipe":
        """Every phase with `ratio` of its tokens from sources outside the text group, others scaled in proportion."""
        if not 0 <= ratio <= 1:
            raise RecipeError(f"--code-ratio {ratio:g}: a share from 0 to 1 is needed")
        phases = [phase.model_copy(update={"code_ratio": ratio}) for phase in self.phases]
        recipe = self.model_copy(update={"phases": phases})
        try:
            for phase in phases:
                recipe._check_code_ratio(phase)
        except ValueError as error:
            raise RecipeError(f"--code-ratio {ratio:g}: {error}") from error
        return recipe

    def with_budget(self, budget_tokens: int) -> "Recipe":
        """The same phases in proportion, adding up to `budget_tokens`."""
        if budget_tokens <= 0:
            raise RecipeError(f"--budget {budget_tokens}: a positive number of tokens is needed")
        if self.budget_tokens is not None:
            return self.model_copy(update={"budget_tokens": budget_tokens})
        phases = [
            phase.model_copy(update={"budget_tokens": max(1, budget)})
            for phase, budget in zip(self.phases, scaled_budgets(self.budgets(), budget_tokens), strict=True)
        ]
        return self.model_copy(update={"phases": phases})

    def _check_code_ratio(self, phase: PhaseSpec) -> None:
        """ValueError when a side that the phase's code ratio asks for has no source."""
        if phase.code_ratio is None:
            return
        group_of = {part.name: part.group for part in self.mixed()}
        weighed = self.weight_tree().sources_of(phase.weighting(), f"phase {phase.name!r}")
        sides = {is_code(group_of[name]) for name in weighed}
        for side, share, what in ((False, 1 - phase.code_ratio, "text"), (True, phase.code_ratio, "code")):
            if share and side not in sides:
                raise ValueError(
                    f"phase {phase.name!r} is asked for {share:.0%} {what}, and no {what} source has a positive weight "
                    "there: add one or change the ratio"
                )


def load_recipe(path: str | Path, sources: str | Path | None = None) -> Recipe:
    """The recipe in YAML file `path`; relative uris are taken from the file's folder, `${NAME}` from the environment.

    `sources` is a sources file to use in place of what the recipe says under `sources:`. RecipeError when something
    cannot be read or used, with every problem in it.
    """
    path = Path(path)
    content = with_weights(read_yaml(path, "recipe"), path.absolute().parent)
    folder = path.absolute().parent
    shared = Path(sources) if sources is not None else content.get("sources")
    if isinstance(shared, str | Path):
        shared_path = folder / shared if isinstance(shared, str) else shared
        content = with_shared(content, shared_path)
        folder = shared_path.absolute().parent
    recipe = parse_recipe(content)
    for source in recipe.sources:
        source.read_from(folder)
    return recipe


def parse_recipe(content: dict[str, Any]) -> Recipe:
    """The recipe in `content`; RecipeError lists every problem."""
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        lines = "\n".join(f"  {problem}" for problem in problems(error, Recipe, _PARTS))
        raise RecipeError(f"the recipe has problems:\n{lines}") from error


_PARTS: dict[str, type[BaseModel]] = {
    "sources": SourceSpec,
    "tiers": TierSpec,
    "groups": GroupSpec,
    "phases": PhaseSpec,
    "tokenizer": TokenizerSpec,
    "dedup": DedupSettings,
    "retention": RetentionSpec,
    "validation": ValidationSpec,
    "fim": FimSettings,
}
