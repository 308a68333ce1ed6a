"""What a lake holds in quarantine, by source and split, and trying it again."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from pipelines.context import Context
from pipelines.ingesting.earlier_parts import EarlierPart, earlier_parts, split_key
from pipelines.ingesting.replays import add_replays
from pipelines.recipe_keys.problems import RecipeError, unknown
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.replaying.alignment import Outcome
from pipelines.replaying.rereading import Reread, RereadTask, read_again, stored_refused
from pipelines.source import Split
from pipelines.steps import ingest

FEW_SPLITS = 4  # are read here; for more Spark is worth its start


@dataclass
class Quarantine:
    """One source's records in quarantine, and after `try_again` what they are now."""

    source: SourceSpec
    splits: int  # of the input as it is now
    known_splits: int  # of which the lake holds the documents
    held: list[tuple[Split, EarlierPart, list[Outcome]]] = field(default_factory=list)  # in order
    rereads: list[Reread] = field(default_factory=list)

    def records(self) -> list[Outcome]:
        """What is in quarantine, in order."""
        return [outcome for _, _, outcomes in self.held for outcome in outcomes]

    def reasons(self) -> dict[str, int]:
        """How many of them for which reason, the most frequent first."""
        return dict(Counter(outcome.reason for outcome in self.records()).most_common())


def quarantines(context: Context, sources: Collection[str] = (), reasons: Collection[str] = ()) -> list[Quarantine]:
    """What is in quarantine of the recipe's sources, or of those named, for any reason or for those given.

    RecipeError for a source that the recipe does not have, or one without input.
    """
    known = {source.name: source for source in context.recipe.sources}
    for name in sources:
        if name not in known:
            raise RecipeError(unknown("source", name, known))
    return [_quarantine(context, source, reasons) for name, source in known.items() if not sources or name in sources]


def try_again(context: Context, found: list[Quarantine]) -> None:
    """Read every split again that has records in quarantine; writes nothing, fills in `rereads`."""
    tasks = [(own, _task(own.source, split, part)) for own in found for split, part, _ in own.held]
    plain = [task for _, task in tasks]
    if not plain:
        return
    if len(plain) <= FEW_SPLITS:
        with context.progress.waiting("reading splits again"):
            rereads = [read_again(task) for task in plain]
    else:
        rereads = context.run_tasks("replay", read_again, plain)
    for (own, _), reread in zip(tasks, rereads, strict=True):
        own.rereads.append(reread)


def accept(context: Context, found: list[Quarantine]) -> int:
    """Have the next build read those splits again that gave something else; how many there are."""
    count = 0
    for own in found:
        changed = [reread.split for reread in own.rereads if reread.differs]
        add_replays(context.lake, own.source.name, ingest.reading_of(own.source), changed)
        count += len(changed)
    return count


def _quarantine(context: Context, source: SourceSpec, reasons: Collection[str]) -> Quarantine:
    splits = ingest.plan_splits(source)
    unit = ingest.unit_of(context.lake, source, splits)
    parts = earlier_parts(context.lake, unit)
    found = Quarantine(source, len(splits), len(parts))
    for split, entry in zip(splits, unit.settings["splits"], strict=True):
        part = parts.get(split_key(entry))
        if part is None or not part.counted.books.quarantined:
            continue
        outcomes = [
            outcome
            for outcome in stored_refused(part)
            if outcome.kind == "quarantined" and (not reasons or outcome.reason in reasons)
        ]
        if outcomes:
            found.held.append((split, part, outcomes))
    return found


def _task(source: SourceSpec, split: Split, part: EarlierPart) -> RereadTask:
    options = source.options_to_read().plain()
    return RereadTask(source=source.name, kind=source.kind, options=options, split=split, part=part)
