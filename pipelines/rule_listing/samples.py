"""Documents as they are read: where they come from, every failing check with value and bound, and some of the text."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mixer import storage
from mixer.object_store.errors import StoreError
from pipelines.explaining.documents import NOWHERE
from pipelines.explaining.reference import place_text
from pipelines.explaining.stored_rows import take
from pipelines.explaining.trained_text import trained_on
from pipelines.final_text import CHANGE_COLUMNS
from pipelines.rule_listing.choosing import chosen_places
from pipelines.rule_listing.decided import DecidedSource
from pipelines.rule_listing.least_hashes import Place
from quality.rule import CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN

READERS = 4  # parts read at once: decoding runs outside Python's lock

_DOCUMENT = ("doc_id", "url", "repository", "commit", "path", "license", "text")


@dataclass(frozen=True)
class Failure:
    """A failing check, as the verdict has it."""

    reason: str
    value: str | None
    bound: str | None


@dataclass(frozen=True)
class Excerpt:
    """The text's beginning and middle; `middle` is None where the beginning is all of it."""

    beginning: str
    middle: str | None
    chars: int  # of the whole text


@dataclass(frozen=True)
class SampledDocument:
    """One document; `chosen_for` is a reason, or `kept` or `rejected`."""

    source: str
    chosen_for: str
    doc_id: str
    place: str
    language: str
    license: str | None
    failures: list[Failure]
    edits: int  # places where the text changes before it is trained on
    text: Excerpt  # of a rejected document as it was ingested, of a kept one as it is trained on


def sampled_documents(
    source: DecidedSource,
    seed: int,
    size: int,
    excerpt_chars: int,
    wanted: Callable[[str], bool],
    whole: Collection[str] = (),
) -> list[SampledDocument]:
    """What `chosen_places` chooses, by what it was chosen for; reads those documents' row groups and no others."""
    chosen = chosen_places(source, seed, size, wanted, whole)
    rows_of: dict[int, set[int]] = {}
    for place in {place for places in chosen.values() for place in places}:
        rows_of.setdefault(place.part, set()).add(place.row)

    def read(part: int) -> dict[Place, dict[str, Any]]:
        return _read(source, part, sorted(rows_of[part]), excerpt_chars)

    stored: dict[Place, dict[str, Any]] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for found in pool.map(read, sorted(rows_of)):
            stored |= found
    return [
        SampledDocument(source=source.name, chosen_for=name, **stored[place])
        for name, places in chosen.items()
        for place in places
    ]


def _read(source: DecidedSource, part: int, rows: Sequence[int], excerpt_chars: int) -> dict[Place, dict[str, Any]]:
    """What is told of each of a part's `rows`; DamagedFile when a file cannot be read or is too short."""
    uris = source.parts[part]
    signals = [CODE_LANGUAGE_COLUMN, LANGUAGE_COLUMN, *CHANGE_COLUMNS]
    documents = _take(uris.documents_uri, rows, _DOCUMENT)
    annotated = _take(uris.annotated_uri, rows, signals)
    verdicts = _take(uris.verdicts_uri, rows, ("keep", "reasons"))
    return {
        Place(part, row): _told(document, found, verdict, excerpt_chars)
        for row, document, found, verdict in zip(rows, documents, annotated, verdicts, strict=True)
    }


def _take(uri: str, rows: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    try:
        return take(uri, rows, columns)
    except (storage.DamagedFile, StoreError):
        raise
    except (OSError, ValueError) as error:
        raise storage.DamagedFile(f"{uri} is damaged ({error}): delete its folder and run again") from error


def _told(
    document: Mapping[str, Any], annotated: Mapping[str, Any], verdict: Mapping[str, Any], excerpt_chars: int
) -> dict[str, Any]:
    text = document["text"] or ""
    if verdict["keep"]:
        text = trained_on(text, annotated)
    place = place_text(document["repository"], document["commit"], document["path"])
    return {
        "doc_id": document["doc_id"],
        "place": document["url"] or place or NOWHERE,
        "language": annotated[CODE_LANGUAGE_COLUMN] or annotated[LANGUAGE_COLUMN] or "unknown",
        "license": document["license"],
        "failures": [Failure(**failure) for failure in verdict["reasons"]],
        "edits": len(annotated["edits"] or ()),
        "text": excerpt(text, excerpt_chars),
    }


def excerpt(text: str, chars: int) -> Excerpt:
    """The first `chars` characters, and as many around the middle where the text has more than both."""
    if len(text) <= 2 * chars:
        return Excerpt(text, None, len(text))
    start = max(chars, (len(text) - chars) // 2)
    return Excerpt(text[:chars], text[start : start + chars], len(text))
