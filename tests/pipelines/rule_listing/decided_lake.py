"""A decided source from a few columns: judged by the stage's own code, cut into parts and row groups as a test wants."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mixer import storage
from pipelines.document import DOCUMENT_SCHEMA, Document, to_table
from pipelines.judging import TEXT_CHECKS
from pipelines.lake import Books
from pipelines.rule_listing.catalogue import listed_check
from pipelines.rule_listing.decided import DecidedPart, DecidedSource
from pipelines.steps.decide import VERDICT_SCHEMA, verdict_books, verdict_table
from quality.edits import EDITS_TYPE
from quality.judge import REASONS_TYPE
from quality.rule import Check

Checks = Mapping[str, tuple[Check, ...]]

CHECKS: Checks = {
    "words": (
        Check("few", "n_words", ">=", 5),
        Check("many", "n_words", "<=", 50),
        Check("symbols", "symbol_share", "<=", 0.5, only_for=frozenset({"en"})),
        Check("symbols", "symbol_share", "<=", 0.2, only_for=frozenset({"de"})),
    ),
    "code": (Check("long", "n_lines", "<=", 100, exempt_languages=frozenset({"JSON"})),),
    "found": (Check("overlap", "overlaps", "none", 0),),
}

TYPES = {
    "unmeasured": pa.string(),
    "n_final_bytes": pa.int64(),
    "n_words": pa.int64(),
    "n_lines": pa.int64(),
    "symbol_share": pa.float64(),
    "language": pa.string(),
    "code_language": pa.string(),
    "overlaps": REASONS_TYPE,
    "scores": pa.map_(pa.string(), pa.float32()),
    "rewritten_text": pa.large_string(),
    "edits": EDITS_TYPE,
}
DEFAULTS: Mapping[str, Any] = {"n_final_bytes": 9, "n_words": 20, "n_lines": 3, "symbol_share": 0.1, "language": "en"}


def document(number: int, text: str = "A lamp.") -> Document:
    """One of many; told apart by its address."""
    return Document(text, "page", url=f"http://one.example/{number}")


def decided_source(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    documents: Sequence[Document] | None = None,
    cuts: Sequence[int] = (),
    group_rows: int = 1000,
    checks: Checks = CHECKS,
    scores: tuple[str, ...] = (),
) -> DecidedSource:
    """`rows` have columns of TYPES, missing ones their DEFAULTS; parts begin at `cuts`."""
    documents = documents or [document(number) for number in range(len(rows))]
    stored = to_table("pages", documents)
    filled = [dict.fromkeys(TYPES) | dict(DEFAULTS) | dict(row) for row in rows]
    signals = pa.Table.from_pylist(filled, pa.schema(list(TYPES.items()))).append_column(
        "doc_id", stored.column("doc_id")
    )
    verdicts = verdict_table(signals, dict(checks))
    all_checks = TEXT_CHECKS | dict(checks)
    parts = []
    books = Books()
    for number, (start, stop) in enumerate(pairwise([0, *cuts, len(rows)])):
        uris = [str(folder / f"{stage}-{number}.parquet") for stage in ("ingest", "annotate", "decide")]
        for uri, table, schema in (
            (uris[0], stored, DOCUMENT_SCHEMA),
            (uris[1], signals, signals.schema),
            (uris[2], verdicts, VERDICT_SCHEMA),
        ):
            own = table.slice(start, stop - start)
            in_group = (
                len(own) if uri == uris[2] else group_rows
            )  # verdicts are one row group, as the stage writes them
            groups = [own.slice(at, max(1, in_group)) for at in range(0, len(own), max(1, in_group))]
            storage.write_parquet(uri, schema, groups)
        books.add(verdict_books(verdicts.slice(start, stop - start)))
        parts.append(DecidedPart(*uris))
    listed = {rule: [listed_check(check) for check in own] for rule, own in all_checks.items()}
    return DecidedSource("pages", "web", all_checks, listed, parts, books, scores)


def reasons_of(source: DecidedSource) -> list[tuple[str, list[str]]]:
    """(id, its reasons) of every document, by the stored verdicts."""
    tables = [storage.read_table(part.verdicts_uri) for part in source.parts]
    return [
        (row["doc_id"], [failure["reason"] for failure in row["reasons"]])
        for table in tables
        for row in table.to_pylist()
    ]


def overlap(reason: str) -> list[dict[str, str | None]]:
    """One failure as a signal of a check of "none" lists it."""
    return [{"reason": reason, "value": "13 words", "bound": None}]


def flip_a_bit(path: Path, column: str) -> None:
    """Of the last stored byte of a column's first row group."""
    found = pq.ParquetFile(path).metadata.row_group(0)
    chunk = next(c for c in map(found.column, range(found.num_columns)) if c.path_in_schema == column)
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    data = bytearray(path.read_bytes())
    data[start + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(bytes(data))
