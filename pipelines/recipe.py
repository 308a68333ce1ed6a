"""The recipe: what a person writes in YAML, as typed, validated models.

Everything is checked before any work: unknown keys (with the nearest known one), kinds, rules, ratios, paths.
"""

import difflib
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from dedup.settings import DedupSettings
from mixer.apportion import exact_fraction, normalised
from mixer.plan import PhaseRequest, scaled_phases
from pipelines.source import SourceKind, SourceOptions, source_kinds
from quality.rule import Check, rules

TEXT_GROUP = "text"  # `code_ratio` sets the share of every source that is not in this group

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # names become folder names
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class RecipeError(ValueError):
    """A recipe that cannot be run as written; the message says what to change."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _safe_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r}: a name has 1 to 64 letters, digits, '.', '_' or '-' and starts with one of the first two"
        )
    return name


def _check_rule(name: str, settings: dict[str, Any]) -> None:
    if name not in rules():
        raise ValueError(_unknown("rule", name, rules()))
    _validated(rules()[name].settings, settings, f"rule {name!r}")


def _validated(model: type[BaseModel], content: dict[str, Any], place: str) -> Any:
    """`content` as `model`; ValueError with every problem, unknown keys with the nearest known one."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{place}: " + "; ".join(_problems(error, list(model.model_fields)))) from None


class SourceSpec(_Strict):
    """One source of documents."""

    name: str
    kind: str
    uri: str | Annotated[list[str], Field(min_length=1)]  # of several, the first that exists
    group: str | None = None  # default: the kind's
    rules: list[str | dict[str, dict[str, Any]]] = Field(default_factory=list)  # names, or {name: settings}
    options: dict[str, Any] = Field(default_factory=dict)
    max_epochs: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None  # default: the recipe's
    near_dedup: bool | None = None  # remove near duplicates, not only exact ones; default: the kind's

    _folder: Path = PrivateAttr(default=Path("."))  # relative uris are taken from here

    _check_name = field_validator("name")(_safe_name)

    @field_validator("group")
    @classmethod
    def _check_group(cls, group: str | None) -> str | None:
        return None if group is None else _safe_name(group)

    @model_validator(mode="after")
    def _check_kind_and_rules(self) -> "SourceSpec":
        if self.kind not in source_kinds():
            raise ValueError(_unknown("source kind", self.kind, source_kinds()))
        for rule, settings in self.own_rules().items():
            _check_rule(rule, settings)
        _validated(self.source_kind().options, self.options, f"options of kind {self.kind!r}")
        return self

    def own_rules(self) -> dict[str, dict[str, Any]]:
        """The rules that judge this source, each with the settings that it has here alone."""
        return {
            name: settings
            for rule in self.rules
            for name, settings in ({rule: {}} if isinstance(rule, str) else rule).items()
        }

    def source_kind(self) -> SourceKind:
        """The kind's implementation."""
        return source_kinds()[self.kind]

    def parsed_options(self) -> SourceOptions:
        """The options as the kind's own model, defaults filled in."""
        return self.source_kind().options.model_validate(self.options)

    def group_name(self) -> str:
        """The group that the source counts in."""
        return self.group or self.source_kind().group

    def removes_near_duplicates(self) -> bool:
        """Whether near duplicates of its documents are removed."""
        return self.source_kind().near_dedup if self.near_dedup is None else self.near_dedup

    def uris(self) -> list[str]:
        """The uri's alternatives, resolved; the manifest keeps them as written, without this machine's folders."""
        return [_resolve(uri, self._folder) for uri in ([self.uri] if isinstance(self.uri, str) else self.uri)]

    def read_from(self, folder: Path) -> None:
        """Take relative uris from `folder`; RecipeError for one that names an unset variable."""
        self._folder = folder
        self.uris()


class TokenizerSpec(_Strict):
    """Which vocabulary."""

    name: Literal["cl100k_base"] = "cl100k_base"


class PhaseSpec(_Strict):
    """A contiguous part of training with its own weights, by source name; weights need not sum to one."""

    name: str = "train"
    budget_tokens: Annotated[int, Field(gt=0)]
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]

    _check_name = field_validator("name")(_safe_name)


class RetentionSpec(_Strict):
    """When a stage that loses too much of a source stops the run."""

    max_loss: Annotated[float, Field(ge=0, le=1)] = 0.95
    min_documents: int = 100  # below this a share says little


class Recipe(_Strict):
    """A whole mixture, from raw sources to phases."""

    name: str
    sources: Annotated[list[SourceSpec], Field(min_length=1)]
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)  # settings by rule name
    dedup: DedupSettings = DedupSettings()
    tokenizer: TokenizerSpec = TokenizerSpec()
    phases: Annotated[list[PhaseSpec], Field(min_length=1)]
    sequence_length: Annotated[int, Field(ge=16, le=131_072)] = 2048
    packing: Literal["concat"] = "concat"
    rows_per_shard: Annotated[int, Field(gt=0, le=65_536)] = 8192
    # Up to 4 epochs are nearly free (Muennighoff et al. 2023)
    max_epochs: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 4.0
    retention: RetentionSpec = RetentionSpec()
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    salt: str = "mixdown"  # of the lake: orders documents inside a source

    _check_name = field_validator("name")(_safe_name)

    @model_validator(mode="after")
    def _check_references(self) -> "Recipe":
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"source names must differ; found twice: {', '.join(twice)}")
        phase_names = [phase.name for phase in self.phases]
        if len(set(phase_names)) < len(phase_names):
            raise ValueError(f"phase names must differ; found {', '.join(phase_names)}")
        for phase in self.phases:
            for name in phase.weights:
                if name not in names:
                    raise ValueError(f"phase {phase.name!r}: " + _unknown("source", name, names))
            if not any(phase.weights.values()):
                raise ValueError(f"phase {phase.name!r}: every weight is 0; give at least one source a positive weight")
        for rule, settings in self.rules.items():
            _check_rule(rule, settings)
        return self

    def checks(self, source: SourceSpec) -> dict[str, tuple[Check, ...]]:
        """The checks that judge a source's documents, by rule name."""
        return {
            name: rules()[name].checks(rules()[name].settings.model_validate(self.rules.get(name, {}) | own))
            for name, own in source.own_rules().items()
        }

    def is_code(self, source_name: str) -> bool:
        """Whether `code_ratio` counts the source as code."""
        return next(s for s in self.sources if s.name == source_name).group_name() != TEXT_GROUP

    def phase_requests(self) -> list[PhaseRequest]:
        """The phases as the planner takes them."""
        return [PhaseRequest(**phase.model_dump()) for phase in self.phases]

    def with_code_ratio(self, ratio: float) -> "Recipe":
        """Every phase with `ratio` of its tokens from sources outside the text group, others scaled in proportion."""
        if not 0 <= ratio <= 1:
            raise RecipeError(f"--code-ratio {ratio:g}: a share from 0 to 1 is needed")
        phases = [
            phase.model_copy(update={"weights": self._reweighted(phase, exact_fraction(ratio))})
            for phase in self.phases
        ]
        return self.model_copy(update={"phases": phases})

    def with_budget(self, budget_tokens: int) -> "Recipe":
        """The same phases in proportion, adding up to `budget_tokens`."""
        if budget_tokens <= 0:
            raise RecipeError(f"--budget {budget_tokens}: a positive number of tokens is needed")
        scaled = scaled_phases(self.phase_requests(), budget_tokens)
        phases = [
            phase.model_copy(update={"budget_tokens": max(1, request.budget_tokens)})
            for phase, request in zip(self.phases, scaled, strict=True)
        ]
        return self.model_copy(update={"phases": phases})

    def _reweighted(self, phase: PhaseSpec, ratio: Fraction) -> dict[str, float]:
        weights = {name: exact_fraction(weight) for name, weight in phase.weights.items()}
        code = {name: weight for name, weight in weights.items() if self.is_code(name)}
        text = {name: weight for name, weight in weights.items() if not self.is_code(name)}
        new: dict[str, float] = {}
        for part, share, what in ((text, 1 - ratio, "text"), (code, ratio, "code")):
            if share and not any(part.values()):
                raise RecipeError(
                    f"--code-ratio {float(ratio):g} asks phase {phase.name!r} for {float(share):.0%} {what}, and no "
                    f"{what} source has a positive weight there: add one or change the ratio"
                )
            scaled = normalised(part) if any(part.values()) else part
            new |= {name: float(weight * share) for name, weight in scaled.items()}
        return {name: new[name] for name in phase.weights}


def load_recipe(path: str | Path) -> Recipe:
    """The recipe in YAML file `path`; relative uris are taken from the file's folder, `${NAME}` from the environment.

    RecipeError when it cannot be read or used, with every problem in it.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"no recipe at {path}; shipped ones are in recipes/") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path} holds {type(content).__name__}, not a mapping with name, sources and phases")
    recipe = parse_recipe(content)
    for source in recipe.sources:
        source.read_from(path.absolute().parent)
    return recipe


def parse_recipe(content: dict[str, Any]) -> Recipe:
    """The recipe in `content`; RecipeError lists every problem."""
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {problem}" for problem in _problems(error, list(Recipe.model_fields)))
        raise RecipeError(f"the recipe has problems:\n{problems}") from error


_MODELS: dict[str, type[BaseModel]] = {
    "sources": SourceSpec,
    "phases": PhaseSpec,
    "tokenizer": TokenizerSpec,
    "dedup": DedupSettings,
    "retention": RetentionSpec,
}


def _problems(error: ValidationError, top_level_keys: list[str]) -> Iterator[str]:
    """Each problem with its place; an unknown key with the nearest of the keys that may stand there."""
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            parents = [part for part in problem["loc"][:-1] if isinstance(part, str)]
            known = list(_MODELS[parents[0]].model_fields) if parents and parents[0] in _MODELS else top_level_keys
            yield f"{place}: " + _unknown("key", str(problem["loc"][-1]), known)
        else:
            yield f"{place}: {problem['msg'].removeprefix('Value error, ')}"


def _unknown(what: str, name: str, known: Any) -> str:
    """'unknown key 'weigths'; did you mean 'weights'?'"""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}" if known else ""
    return f"unknown {what} {name!r}{hint}"


def _resolve(uri: str, folder: Path) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise RecipeError(f"uri {uri!r} names ${{{match[1]}}}, which is not set in the environment")
        return os.environ[match[1]]

    uri = _VARIABLE.sub(value, uri)
    if "://" in uri or Path(uri).is_absolute() or uri == "environment":
        return uri
    return os.path.normpath(folder / uri)
