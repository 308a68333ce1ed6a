"""Benchmarks: what of a document stands in the benchmarks that a model will be judged by, and where."""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from quality.decontamination.folding import folding_table
from quality.decontamination.index import BenchmarkIndex, IndexSettings, benchmark_index
from quality.decontamination.matches import Matches, matches
from quality.decontamination.spans import Runs, cover, covered_chars, document_chars, joined, no_runs, widened
from quality.edits import EDIT, EDIT_KINDS, Edits
from quality.input_file import InputFile
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

MAX_SPANS = 64  # of a document, the first ones: enough to see where, and to count items

SPAN_TYPE = pa.struct(
    [
        ("start_bytes", pa.int32()),
        ("end_bytes", pa.int32()),
        ("benchmark", pa.string()),
        ("item", pa.int32()),  # the record's number in the benchmark's file, from 0
    ]
)
BENCHMARKS_SCHEMA = pa.schema(
    [
        ("n_benchmark_ngrams", pa.int64()),  # n-grams of words, and whole short texts, that stand in a benchmark
        ("n_benchmark_verbatim_chars", pa.int64()),  # characters of stretches that do but for whitespace and case
        ("benchmark_share", pa.float64()),  # characters of both / characters
        ("benchmark_names", pa.list_(pa.string())),  # sorted
        ("benchmark_spans", pa.list_(SPAN_TYPE)),  # by start, at most MAX_SPANS
    ]
)


class BenchmarksSettings(GroupSettings):
    """Settings of the group `benchmarks`."""

    files: tuple[InputFile, ...] = Field(
        min_length=1, description="The benchmarks: JSONL, JSON, CSV, TSV or Parquet, also .gz or .zst."
    )
    fields: tuple[str, ...] = Field((), description="Fields of a record that are text; none: all strings.")
    skip_fields: tuple[str, ...] = Field((), description="Fields of a record that are not looked for.")
    ngram_words: int = Field(13, ge=4, le=64, description="Words of an n-gram.")
    min_words: int = Field(8, ge=4, le=64, description="Least words of a shorter text that is looked for as a whole.")
    min_verbatim_bytes: int = Field(
        100,
        ge=40,
        le=10_000,
        description="Least bytes, whitespace left out, of a verbatim stretch; half of it for a whole text.",
    )
    max_items_per_ngram: int = Field(
        50, ge=1, le=1000, description="An n-gram in more items than this is boilerplate, and not looked for."
    )
    remove: Literal["document", "span"] = Field(
        "document", description="`span`: what was found is cut out of the text; `document`: a rule decides."
    )
    span_margin_chars: int = Field(0, ge=0, le=10_000, description="Characters cut on both sides of a span as well.")

    def index_settings(self) -> IndexSettings:
        """What the index follows from."""
        return IndexSettings(
            self.files,
            self.fields,
            self.skip_fields,
            self.ngram_words,
            self.min_words,
            self.min_verbatim_bytes,
            self.max_items_per_ngram,
        )


def measure(documents: Documents, settings: BenchmarksSettings) -> Measured:
    """BENCHMARKS_SCHEMA for every document, and edits of kind `benchmark` where spans are to be removed."""
    index = benchmark_index(settings.index_settings())
    tables, edits = [], [np.empty(0, EDIT)]
    n_seen = 0
    for found in matches(*documents.buffers, index):
        tables.append(_columns(found, index))
        if settings.remove == "span":
            edits.append(_edits(found, settings.span_margin_chars, n_seen))
        n_seen += len(found.n_ngrams)
    table = pa.concat_tables([*tables, BENCHMARKS_SCHEMA.empty_table()])
    columns = {name: table.column(name).combine_chunks() for name in BENCHMARKS_SCHEMA.names}
    return Measured(columns, np.concatenate(edits))


def _columns(found: Matches, index: BenchmarkIndex) -> pa.Table:
    n = len(found.n_ngrams)
    covered = cover(_all_runs(found))
    n_covered = covered_chars(found.data, found.offsets, covered, n)
    n_chars = document_chars(found.data, found.offsets, n_covered > 0)
    spans = joined(_all_runs(found))
    columns = [
        pa.array(found.n_ngrams),
        pa.array(covered_chars(found.data, found.offsets, cover(found.verbatim_runs), n)),
        pa.array(np.divide(n_covered, n_chars, out=np.zeros(n, np.float64), where=n_chars > 0)),
        _names_column(spans, index, n),
        _spans_column(spans, index, n),
    ]
    return pa.Table.from_arrays(columns, schema=BENCHMARKS_SCHEMA)


def _all_runs(found: Matches) -> Runs:
    return np.concatenate([found.word_runs, found.verbatim_runs, no_runs()])


def _names_column(spans: Runs, index: BenchmarkIndex, n_documents: int) -> pa.ListArray:
    names = np.array(index.items.benchmarks, object)
    rank_of = np.argsort(np.argsort(names))  # of every benchmark, by name
    pairs = np.unique(
        spans["document"].astype(np.int64) * len(names) + rank_of[index.items.item_benchmark[spans["item"]]]
    )
    values = pa.array(np.sort(names)[pairs % len(names)], pa.string())
    return pa.ListArray.from_arrays(_list_offsets(pairs // len(names), n_documents), values)


def _spans_column(spans: Runs, index: BenchmarkIndex, n_documents: int) -> pa.ListArray:
    first_of_document = np.searchsorted(spans["document"], spans["document"])
    spans = spans[np.arange(len(spans)) - first_of_document < MAX_SPANS]
    names = pa.array(index.items.benchmarks, pa.string())
    values = pa.StructArray.from_arrays(
        [
            pa.array(spans["start_bytes"]),
            pa.array(spans["end_bytes"]),
            names.take(pa.array(index.items.item_benchmark[spans["item"]])),
            pa.array(index.items.item_number[spans["item"]]),
        ],
        fields=list(SPAN_TYPE),
    )
    return pa.ListArray.from_arrays(_list_offsets(spans["document"], n_documents), values)


def _list_offsets(documents: Any, n_documents: int) -> pa.Array:
    """Offsets of lists whose members belong to `documents`, ascending."""
    counts = np.bincount(documents, minlength=n_documents)
    return pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))


def _edits(found: Matches, margin_chars: int, first_document: int) -> Edits:
    runs = widened(found.data, found.offsets, cover(_all_runs(found)), margin_chars, folding_table())
    edits = np.empty(len(runs), EDIT)
    edits["document"] = runs["document"].astype(np.int64) + first_document
    edits["start_bytes"] = runs["start_bytes"]
    edits["end_bytes"] = runs["end_bytes"]
    edits["kind"] = EDIT_KINDS.index("benchmark")
    return edits


SIGNALS = SignalGroup(
    name="benchmarks",
    meaning="What stands in benchmarks: n-grams of words, and verbatim stretches but for whitespace.",
    schema=BENCHMARKS_SCHEMA,
    settings=BenchmarksSettings,
    measured_for=frozenset(),
    measure=measure,
)
