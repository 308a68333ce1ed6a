"""What a lake has decided of a recipe's sources: the checks in force and the parts that hold signals and verdicts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from mixer import storage
from pipelines.context import Context
from pipelines.estimates.published import BY_SOURCE, decided_so_far, has
from pipelines.judged_rows import judged_rows, score_signals, signal_type
from pipelines.judging import TEXT_CHECKS
from pipelines.lake import Books
from pipelines.rule_listing.catalogue import ListedCheck, listed_check
from pipelines.rule_listing.found_bounds import with_found_bounds
from pipelines.rule_listing.settings_of_checks import settings_of_checks
from pipelines.steps import annotate, decide, ingest
from quality.rule import Check, rules


@dataclass(frozen=True)
class DecidedPart:
    """A part of a source in three stages; rows are the same documents in all of them."""

    documents_uri: str
    annotated_uri: str
    verdicts_uri: str

    def rows(self, signals: Collection[str], verdicts: Sequence[str]) -> Iterator[tuple[pa.Table, pa.Table]]:
        """(columns `signals`, columns `verdicts`), a row group in memory at a time."""
        return judged_rows(self.annotated_uri, self.verdicts_uri, signals, verdicts)


@dataclass(frozen=True)
class DecidedSource:
    """A source whose documents are judged."""

    name: str
    kind: str
    checks: Mapping[str, tuple[Check, ...]]  # by rule, those that judge every source first
    listed: Mapping[str, list[ListedCheck]]  # the same, with the settings that change them
    parts: list[DecidedPart]
    books: Books  # of the stage `decide`
    scores: tuple[str, ...] = ()  # the signals that classifiers give, whether or not a check reads them

    def signal_types(self) -> dict[str, pa.DataType]:
        """The types of the scores and of the signals that its checks read; empty for a source without parts."""
        if not self.parts:
            return {}
        with storage.open_parquet(self.parts[0].annotated_uri) as file:
            schema = file.schema_arrow
        names = {check.signal for own in self.checks.values() for check in own}.union(self.scores)
        types = {name: signal_type(schema, name) for name in sorted(names)}
        return {name: type_ for name, type_ in types.items() if type_ is not None}


@dataclass(frozen=True)
class Undecided:
    """A source that has no verdicts in the lake, and how far it is."""

    name: str
    kind: str
    published: str | None  # the last of its stages; None: nothing


def decided_sources(context: Context) -> list[DecidedSource | Undecided]:
    """The recipe's sources in its order, as far as the lake has them; does no work and starts no Spark.

    RecipeError for a source without input, DamagedFile when published files are gone.
    """
    found = decided_so_far(context)
    sources: list[DecidedSource | Undecided] = []
    for source in context.recipe.sources:
        if not has(found, decide.NAME, source.name):
            published = [stage.NAME for stage in (ingest, annotate) if has(found, stage.NAME, source.name)]
            sources.append(Undecided(source.name, source.kind, published[-1] if published else None))
            continue
        checks = TEXT_CHECKS | context.recipe.checks(source)
        listed = {name: [listed_check(check) for check in own] for name, own in TEXT_CHECKS.items()}
        for name, own in source.own_rules().items():
            rule = rules()[name]
            settings = rule.settings.model_validate(context.recipe.rules.get(name, {}) | own)
            pairs = zip(checks[name], settings_of_checks(rule, settings), strict=True)
            listed[name] = [listed_check(check, names) for check, names in pairs]
        uris = (found.of(stage.NAME, source.name).part_uris(found.lake, "part-") for stage in BY_SOURCE)
        parts = [DecidedPart(*of_part) for of_part in zip(*uris, strict=True)]
        listed = with_found_bounds(listed, [part.verdicts_uri for part in parts])
        books = found.of(decide.NAME, source.name).books
        scores = score_signals(annotate.scored_by(found.of(annotate.NAME, source.name).settings))
        sources.append(DecidedSource(source.name, source.kind, checks, listed, parts, books, scores))
    return sources


def undecided_notes(sources: Iterable[DecidedSource | Undecided]) -> list[str]:
    """Which sources have no verdicts, for people: a line for those that are equally far."""
    by_stage: dict[str | None, list[str]] = {}
    for source in sources:
        if isinstance(source, Undecided):
            by_stage.setdefault(source.published, []).append(source.name)
    notes = []
    for stage, names in by_stage.items():
        so_far = f"the lake holds their stage {stage!r}" if stage else "the lake holds nothing of them"
        notes.append(f"not decided under these rules: {', '.join(names)} ({so_far}): run `mixdown build`")
    return notes
