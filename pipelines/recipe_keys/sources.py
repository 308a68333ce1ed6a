"""Sources and tiers: what a recipe writes under `sources:` and `tiers:`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, model_validator

from mixer.fim import FimSettings
from mixer.request import EpochCapPolicy
from pipelines.readers.dated_inputs import DatedUri
from pipelines.readers.dated_names import date_pattern
from pipelines.recipe_keys.measures import MeasureSpec, check_measure
from pipelines.recipe_keys.names import GroupName, Name
from pipelines.recipe_keys.problems import Strict, unknown, validated
from pipelines.recipe_keys.rules import check_rule
from pipelines.recipe_keys.uris import resolved_uri
from pipelines.source import SourceKind, SourceOptions, source_kinds

Epochs = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Mixable(Strict):
    """What a phase can give weight to: a source, or a tier of one."""

    name: Name
    group: GroupName | None = None  # default: the kind's; text and what lies below it is text, all else is code
    max_epochs: Epochs | None = None  # default: the recipe's
    on_epoch_cap: EpochCapPolicy | None = None  # default: the recipe's


class SourceSpec(Mixable):
    """One source of documents."""

    kind: str
    uri: str | Annotated[list[str], Field(min_length=1)]  # of several, the first that exists
    dated: str | None = None  # how its files' names tell their time; default: they don't
    rules: list[str | dict[str, dict[str, Any]]] = Field(default_factory=list)  # names, or {name: settings}
    measure: MeasureSpec = Field(default_factory=dict)  # over the recipe's: settings by signal group
    options: dict[str, Any] = Field(default_factory=dict)
    near_dedup: bool | None = None  # remove near duplicates, not only exact ones; default: the kind's
    where: str | None = None  # a condition on signals and provenance; documents that fail it are not mixed
    fim: FimSettings | None = None  # fill-in-the-middle; default: none

    _folder: Path = PrivateAttr(default=Path("."))  # relative uris are taken from here
    _as_of: datetime | None = PrivateAttr(default=None)  # files that begin at it or later are not read

    @model_validator(mode="after")
    def _check_kind_and_rules(self) -> "SourceSpec":
        if self.kind not in source_kinds():
            raise ValueError(unknown("source kind", self.kind, source_kinds()))
        for rule, settings in self.own_rules().items():
            check_rule(rule, settings)
        if self.dated is not None:
            date_pattern(self.dated)
            self._check_lists_files()
        check_measure(self.measure)
        validated(self.source_kind().options, self.options, f"options of kind {self.kind!r}")
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

    def options_to_read(self) -> SourceOptions:
        """The same for the kind's `splits` and `read`: relative uris among them are taken from the recipe's folder."""
        return self.parsed_options().with_uris(lambda uri: resolved_uri(uri, self._folder))

    def group_name(self) -> str:
        """The group that the source counts in."""
        return self.group or self.source_kind().group

    def removes_near_duplicates(self) -> bool:
        """Whether near duplicates of its documents are removed."""
        return self.source_kind().near_dedup if self.near_dedup is None else self.near_dedup

    def folder(self) -> Path:
        """Where relative uris are taken from."""
        return self._folder

    def uris(self) -> list[str]:
        """The uri's alternatives, resolved; the manifest keeps them as written, without this machine's folders."""
        return [resolved_uri(uri, self._folder) for uri in ([self.uri] if isinstance(self.uri, str) else self.uri)]

    def chosen_of(self, uri: str) -> str:
        """One of `uris()` for the kind's `splits`, with the choice among its files."""
        return DatedUri(uri, self.dated or "", self._as_of).joined()

    def read_until(self, as_of: datetime) -> None:
        """Take only files whose names tell a time before `as_of`; without `dated` it changes nothing."""
        self._as_of = as_of

    def _check_lists_files(self) -> None:
        if not self.source_kind().lists_files:
            kinds = ", ".join(name for name, kind in source_kinds().items() if kind.lists_files)
            raise ValueError(f"kind {self.kind!r} has no files to choose by `dated`; these have: {kinds}")

    def read_from(self, folder: Path) -> None:
        """Take relative uris from `folder`; RecipeError for one that names an unset variable."""
        self._folder = folder
        self.uris()


class TierSpec(Mixable):
    """Some documents of a source, chosen by their signals: mixed like a source, read and tokenized with its own."""

    from_: Name = Field(alias="from")  # the source
    where: str
