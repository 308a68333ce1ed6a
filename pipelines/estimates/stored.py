"""Annotated sources: the survivors and their bytes are known; tokens per byte come from a sample of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.context import Context
from pipelines.estimates.published import has
from pipelines.estimates.ratio import RatioEstimate, ratio_estimate
from pipelines.estimates.row_reader import RowReader
from pipelines.estimates.seeded_sample import SeededSample
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.stored_parts import Mask, StoredPart, stored_parts, survivors
from pipelines.estimates.token_counts import TEXT_COLUMNS, token_counts
from pipelines.final_text import CHANGE_COLUMNS, final_documents
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps import deduplicate
from pipelines.steps.repeats import looks_for
from pipelines.top_share import with_bounds


class StoredSet:
    """A set of stored documents, made up part by part: how many, how large, and a random sample of them."""

    def __init__(self, seed: int, source: str) -> None:
        self.documents = 0
        self.text_bytes = 0
        self._sample = SeededSample(seed, source)

    def add(self, part: int, members: Mask, sizes: npt.NDArray[np.int64]) -> None:
        """Add the documents of a part whose row is set in `members`; `sizes` has the bytes of every row's text."""
        rows = np.flatnonzero(members)
        self.documents += len(rows)
        self.text_bytes += int(sizes[rows].sum())
        self._sample.offer(part, rows)

    def tokens(self, reader: "TextReader") -> RatioEstimate:
        """The set's tokens, by the tokens per byte of its sample."""
        sampled = np.array(reader.measured(self._sample.places()), np.float64).reshape(-1, 2)
        return ratio_estimate(sampled[:, 0], sampled[:, 1], self.documents, self.text_bytes)


class TextReader(RowReader[tuple[int, int]]):
    """Reads stored documents; measures (bytes, tokens) of each."""

    def __init__(self, parts: Sequence[StoredPart], recipe: Recipe, source: SourceSpec) -> None:
        def measure(table: pa.Table) -> list[tuple[int, int]]:
            documents = final_documents(table, table)
            sizes = (len(text.encode()) for text in documents.column("text").to_pylist())
            return list(zip(sizes, token_counts(documents, recipe, source), strict=True))

        documents_uris, annotated_uris = [part.documents_uri for part in parts], [part.annotated_uri for part in parts]
        super().__init__(documents_uris, TEXT_COLUMNS, measure, (annotated_uris, CHANGE_COLUMNS))


def stored_estimate(found: Context, source: SourceSpec) -> SourceEstimate:
    """The estimate of a source that is annotated and perhaps decided and deduplicated; reads columns and a sample."""
    parts = stored_parts(found, source.name)
    checks = with_bounds(found.recipe.checks(source), [part.annotated_uri for part in parts])
    kept = StoredSet(found.recipe.seed, source.name)
    for number, part in enumerate(parts):
        kept.add(number, *survivors(part, checks))
    tokens = kept.tokens(TextReader(parts, found.recipe, source))
    return as_estimate(found, source.name, kept.documents, tokens)


def as_estimate(found: Context, source: str, documents: int, tokens: RatioEstimate) -> SourceEstimate:
    """The estimate of stored documents whose number is `documents`; the interval is rounded outwards.

    What repeats are cut from their text, if that is asked for, is not known here: it counts as dedup still to come.
    """
    spec = found.recipe.source(source)
    return SourceEstimate(
        source=source,
        documents=documents,
        tokens=round(tokens.total),
        low_tokens=None if tokens.low is None else int(np.floor(tokens.low)),
        high_tokens=None if tokens.high is None else int(np.ceil(tokens.high)),
        how="stored",
        complete=tokens.complete,
        before_dedup=not has(found, deduplicate.NAME, source) or any(looks_for(found.recipe, spec)),
    )
