"""What the lake knows of a document: provenance, verdict, and its duplicates both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.explaining.changes import Changes, changes
from pipelines.explaining.documents import Provenance, provenance
from pipelines.explaining.duplicates import Cluster, Removal, clusters, removals
from pipelines.explaining.repeats import Repeats, repeats
from pipelines.explaining.stored_rows import Stored
from pipelines.explaining.verdicts import Verdict, verdicts
from pipelines.reporting.files import MixtureFiles
from quality.rule import CODE_LANGUAGE_COLUMN


@dataclass(frozen=True)
class Account:
    """One document of a source."""

    document: Provenance
    language: str  # the programming language of code, else the natural one
    verdict: Verdict
    changes: Changes
    removal: Removal | None  # why dedup removed it
    stands_for: Cluster | None  # what dedup removed in favour of it
    repeats: Repeats | None  # what is cut from its text because it stands in text before

    @property
    def survives(self) -> bool:
        """Whether it came through the rules and dedup, and something is left of it without its repeats."""
        return self.verdict.keep and self.removal is None and not self.is_emptied

    @property
    def is_emptied(self) -> bool:
        """Whether all of its text stands in text before."""
        return self.repeats is not None and self.repeats.empties


def accounts(files: MixtureFiles, stored: Sequence[Stored], text_chars: int = 0) -> dict[Stored, Account]:
    """What is known of each document; Gone when a stage's output is not in the lake."""
    from_where = provenance(files, stored, text_chars)
    judged = verdicts(files, stored)
    changed = changes(files, stored, with_text=text_chars > 0)
    removed = removals(files, stored)
    survivors = {place for place in stored if judged[place].keep and place not in removed}
    cut = repeats(files, survivors)
    absorbed = clusters(files, {place.doc_id for place in survivors})
    return {
        place: Account(
            document=from_where[place],
            language=_language(judged[place]),
            verdict=judged[place],
            changes=changed[place],
            removal=removed.get(place),
            stands_for=absorbed.get(place.doc_id) if place in survivors else None,
            repeats=cut.get(place),
        )
        for place in stored
    }


def _language(verdict: Verdict) -> str:
    return str(verdict.signals[CODE_LANGUAGE_COLUMN] or verdict.signals["language"] or "unknown")
