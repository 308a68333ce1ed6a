"""Incremental dedup on Spark: a source's band index written, and those of earlier sources asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.settings import DedupSettings
from pipelines.duplicates.band_index import FILE_SQL, HASHES_SQL, file_of, hashes_of, index_writer, known_rows
from pipelines.duplicates.keys import KEYS_SCHEMA, KeysTask, keys_of_rows

# What the hashes of an index depend on.
INDEX_SETTINGS = {"shingle", "ngram", "bands", "rows", "seed", "hashing", "exact", "urls", "near", "scope", "verify"}


@dataclass(frozen=True)
class StoredIndex:
    """The band index of an earlier source."""

    uris: list[str]
    bits: int  # of a hash, which choose the file
    first_part: int  # index of the source's first part


def settings_of(dedup: DedupSettings) -> dict[str, Any]:
    """The parameters that all sources of one index have in common."""
    return dedup.model_dump(include=INDEX_SETTINGS, mode="json")


def write_index(survivors: Any, folder: str, first_part: int, bits: int, dedup: DedupSettings) -> list[Any]:
    """Write the index of a source's survivors (KEYS_SCHEMA) into `folder`; rows of FILE_SQL."""
    hashes = survivors.mapInArrow(_hash_reader(bits, first_part), HASHES_SQL)
    rows: list[Any] = (
        hashes.repartition("file")
        .sortWithinPartitions("file", "hash", "preference", "doc_id", "position")
        .mapInArrow(index_writer(folder, settings_of(dedup)), FILE_SQL)
        .collect()
    )
    return rows


def known_documents(
    documents: Any, indexes: Sequence[StoredIndex], parts: Sequence[KeysTask], dedup: DedupSettings
) -> Any:
    """Survivors of earlier sources, as KEYS_SCHEMA, that have a hash in common with one of the documents."""
    from dedup.apply import DOCUMENTS_SQL

    bits = max(index.bits for index in indexes)
    hashes = documents.mapInArrow(_hash_reader(bits, 0), HASHES_SQL).select("hash", "file").distinct()
    found = hashes.repartition("file").mapInArrow(_matcher(indexes, settings_of(dedup)), "part long, position long")
    rows = found.distinct().repartition("part").sortWithinPartitions("position")
    return rows.mapInArrow(_row_reader({part.index: part.model_dump_json() for part in parts}), DOCUMENTS_SQL)


def _hash_reader(bits: int, first_part: int) -> Any:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = hashes_of(pa.Table.from_batches([batch]).select(KEYS_SCHEMA.names))
            hashes = table.column("hash").to_numpy()
            own = pc.subtract(table.column("position"), pa.scalar(first_part << 32, pa.int64()))
            table = table.set_column(table.schema.get_field_index("position"), "position", own)
            yield from table.append_column("file", pa.array(file_of(hashes, bits))).combine_chunks().to_batches()

    return read


def _matcher(indexes: Sequence[StoredIndex], settings: dict[str, Any]) -> Any:
    def match(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        hashes = np.unique(np.concatenate([np.empty(0, np.int64), *(b.column("hash").to_numpy() for b in batches)]))
        for index in indexes:
            rows = known_rows(index.uris, index.bits, settings, hashes) + (index.first_part << 32)
            yield pa.RecordBatch.from_pydict({"part": rows >> 32, "position": rows})

    return match


def _row_reader(tasks: dict[int, str]) -> Any:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        positions = np.concatenate([np.empty(0, np.int64), *(b.column("position").to_numpy() for b in batches)])
        for part in np.unique(positions >> 32).tolist():
            rows = pa.array(positions[positions >> 32 == part] & 0xFFFFFFFF, pa.int64())
            yield from keys_of_rows(KeysTask.model_validate_json(tasks[part]), rows, is_known=True).to_batches()

    return read
