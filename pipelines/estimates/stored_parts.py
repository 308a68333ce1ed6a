"""An annotated source's parts: who survives, and how large each document is, from stored columns alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from pipelines.context import Context, part_number
from pipelines.estimates.published import has
from pipelines.judging import judged, judged_columns
from pipelines.steps import annotate, decide, deduplicate, ingest
from pipelines.survivors import surviving_rows
from quality.rule import Check

SIZE_COLUMN = "n_final_bytes"  # of the text that is tokenized, in UTF-8

Mask = npt.NDArray[np.bool_]
Checks = Mapping[str, tuple[Check, ...]]


@dataclass(frozen=True)
class StoredPart:
    """One part of a source in every stage that is published; rows are the same documents in all of them."""

    documents_uri: str
    annotated_uri: str
    verdicts_uri: str | None  # None: not decided
    removed_uri: str | None  # None: dedup was not run, or it removed nothing here


def stored_parts(found: Context, source: str) -> list[StoredPart]:
    """The parts of a source that is annotated."""
    documents = found.of(ingest.NAME, source).part_uris(found.lake, "part-")
    annotated = found.of(annotate.NAME, source).part_uris(found.lake, "part-")
    verdicts: list[str | None] = [None] * len(documents)
    if has(found, decide.NAME, source):
        verdicts = [*found.of(decide.NAME, source).part_uris(found.lake, "part-")]
    removed: dict[int, str] = {}
    if has(found, deduplicate.NAME, source):
        removed = {part_number(u): u for u in found.of(deduplicate.NAME, source).part_uris(found.lake, "removed-")}
    return [
        StoredPart(document, annotation, verdict, removed.get(part_number(document)))
        for document, annotation, verdict in zip(documents, annotated, verdicts, strict=True)
    ]


def survivors(part: StoredPart, checks: Checks) -> tuple[Mask, npt.NDArray[np.int64]]:
    """bool[rows], who survives everything that was done so far, and int64[rows], bytes of text.

    Verdicts are read where they are stored, else made from the stored signals.
    """
    if part.verdicts_uri is not None:
        sizes = storage.read_table(part.annotated_uri, [SIZE_COLUMN])
        return surviving_rows(part.verdicts_uri, part.removed_uri), size_array(sizes)
    signals = storage.read_table(part.annotated_uri, signal_columns([checks]))
    return np.array(judged(signals, checks)[0], np.bool_), size_array(signals)


def signal_columns(all_checks: Iterable[Checks]) -> list[str]:
    """The columns of an annotated part that these checks and the sizes need."""
    return sorted({SIZE_COLUMN}.union(*map(judged_columns, all_checks)))


def removed_rows(part: StoredPart, rows: int) -> Mask:
    """bool[rows], who was removed as a duplicate."""
    removed = np.zeros(rows, np.bool_)
    if part.removed_uri is not None:
        removed[storage.read_table(part.removed_uri, ["row"]).column("row").to_numpy()] = True
    return removed


def size_array(signals: pa.Table) -> npt.NDArray[np.int64]:
    """int64[rows], bytes of text."""
    sizes: npt.NDArray[np.int64] = signals.column(SIZE_COLUMN).to_numpy()
    return sizes
