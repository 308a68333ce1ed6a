"""The shingles of some documents, for exact verification: their text is read again, that of no others."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.settings import DedupSettings
from dedup.shingle_sets import shingle_sets
from mixer import storage
from pipelines.duplicates.keys import KeysTask
from pipelines.final_text import CHANGE_COLUMNS, final_documents
from pipelines.word_splitter import word_splitter

SHINGLES_SQL = "position long, shingles array<bigint>"


def shingles_of(parts: Sequence[KeysTask], dedup: DedupSettings) -> Any:
    """A function from a DataFrame with a column `position` to SHINGLES_SQL (sorted as unsigned numbers, distinct)."""
    tasks = {part.index: part.model_dump_json() for part in parts}

    def read(positions: Any) -> Any:
        from pyspark.sql import functions as F

        rows = positions.select(F.shiftright("position", 32).alias("part"), "position").repartition("part")
        return rows.mapInArrow(_reader(tasks, dedup), SHINGLES_SQL)

    return read


def _reader(tasks: dict[int, str], dedup: DedupSettings) -> Any:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        positions = np.sort(
            np.concatenate([np.empty(0, np.int64), *(b.column("position").to_numpy() for b in batches)])
        )
        for index in np.unique(positions >> 32).tolist():
            own = positions[positions >> 32 == index]
            yield from shingles_of_rows(KeysTask.model_validate_json(tasks[index]), own & 0xFFFFFFFF, dedup)

    return read


def shingles_of_rows(task: KeysTask, rows: Any, dedup: DedupSettings) -> Iterator[pa.RecordBatch]:
    """SHINGLES_SQL of some rows of a part, row group by row group."""
    documents = storage.row_groups(task.documents_uri, ["text"])
    annotated = storage.row_groups(task.annotated_uri, ["language", *CHANGE_COLUMNS])
    first = 0
    for table, measured in zip(documents, annotated, strict=True):
        own = rows[(rows >= first) & (rows < first + table.num_rows)]
        if len(own):
            places = pa.array(own - first)
            chosen = measured.take(places)
            text = final_documents(table.take(places), chosen).column("text").combine_chunks()
            values, offsets = shingle_sets(text, dedup, word_splitter(chosen.column("language").combine_chunks()))
            sets = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(values.view(np.int64)))
            yield pa.RecordBatch.from_pydict({"position": own + (task.index << 32), "shingles": sets})
        first += table.num_rows
