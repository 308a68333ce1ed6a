"""What a source's trained documents are: languages, licences and lengths, counted over the survivors."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.context import part_number
from pipelines.reporting.charts import Bar, ranked
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.histogram import Chart, Scale, chart
from pipelines.survivors import surviving_rows
from quality.rule import CODE_LANGUAGE_COLUMN

TOP = 10
HALF_DECADES = (0, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LENGTHS_CHARS = Scale(HALF_DECADES, whole=True)

NO_LICENSE = "none found"
NO_LANGUAGE = "unknown"


@dataclass(frozen=True)
class TopCounts:
    """The most frequent values as bars; `others` counts the documents of the `left_out` values."""

    bars: list[Bar]
    left_out: int
    others: int


@dataclass(frozen=True)
class SourceDocuments:
    """A source's surviving documents."""

    documents: int
    characters: int
    languages: TopCounts
    licenses: TopCounts
    lengths: Chart  # documents by characters


def source_documents(files: MixtureFiles, source: str) -> SourceDocuments:
    """Counts over the documents that go on to be tokenized; Gone when a stage's files are."""
    languages: Counter[str] = Counter()
    licenses: Counter[str] = Counter()
    lengths = np.zeros(len(LENGTHS_CHARS.edges), np.int64)
    characters = 0
    with reading(f"Documents of {source}"):
        for table in surviving_documents(files, source):
            languages += _counts(table.column("spoken"), NO_LANGUAGE)
            licenses += _counts(table.column("license"), NO_LICENSE)
            n_chars = table.column("n_chars").to_numpy()
            lengths += _histogram(n_chars)
            characters += int(n_chars.sum())
    documents = int(lengths.sum())
    return SourceDocuments(
        documents=documents,
        characters=characters,
        languages=_top(languages, documents),
        licenses=_top(licenses, documents),
        lengths=chart(LENGTHS_CHARS, lengths, np.zeros_like(lengths)),
    )


def surviving_documents(files: MixtureFiles, source: str) -> Iterator[pa.Table]:
    """Columns spoken (programming language, else natural), license and n_chars of the survivors, part by part."""
    removed = {part_number(uri): uri for uri in files.parts("dedup", source, "removed-")}
    cuts: dict[int, str] = {}
    if f"repeats/{source}" in files.manifest.inputs:
        cuts = {part_number(uri): uri for uri in files.parts("repeats", source, "cuts-")}
    parts = [files.parts(stage, source, "part-") for stage in ("ingest", "annotate", "decide")]
    for documents_uri, annotated_uri, verdicts_uri in zip(*parts, strict=True):
        number = part_number(verdicts_uri)
        survives = pa.array(surviving_rows(verdicts_uri, removed.get(number), cuts.get(number)))
        with storage.open_parquet(documents_uri) as file:
            license_column = file.read(["license"], use_threads=False).column("license")
        with storage.open_parquet(annotated_uri) as file:
            signals = file.read(["n_chars", "language", CODE_LANGUAGE_COLUMN], use_threads=False)
        spoken = pc.coalesce(signals.column(CODE_LANGUAGE_COLUMN), signals.column("language"))
        table = pa.table({"spoken": spoken, "license": license_column, "n_chars": signals.column("n_chars")})
        yield table.filter(survives)


def _counts(column: pa.ChunkedArray, name_of_null: str) -> Counter[str]:
    return Counter({c["values"] or name_of_null: c["counts"] for c in pc.value_counts(column).to_pylist()})


def _histogram(n_chars: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.bincount(LENGTHS_CHARS.columns_of(n_chars), minlength=len(LENGTHS_CHARS.edges)).astype(np.int64)


def _top(counts: Counter[str], total: int) -> TopCounts:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = ordered[TOP:]
    return TopCounts(ranked(ordered[:TOP], total), len(rest), sum(count for _, count in rest))
