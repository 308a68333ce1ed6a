"""Near duplicates that were compared with their survivor: components of candidates in order, on Spark."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from dedup.greedy import surviving
from dedup.groups import ORDER, REMOVED_SQL
from dedup.in_process import band_matrix
from dedup.settings import DedupSettings
from dedup.signatures import stored_lanes

# Rows position long, shingles array<bigint> (unsigned 64-bit hashes, sorted, distinct), for those of the given rows
# that have any.
ShinglesOf = Callable[[DataFrame], DataFrame]

MEMBER_COLUMNS = ("is_known", "label", *ORDER, "bands")


def near_removals(
    documents: DataFrame, labels: DataFrame, settings: DedupSettings, shingles_of: ShinglesOf | None
) -> DataFrame:
    """REMOVED_SQL of the documents that are like a survivor of their component before them.

    `documents`: ORDER (known ones first), is_known boolean, bands, and signature binary where settings.verify asks for
    it; `labels`: node long, label long. A component is one task's work, and needs memory for its bands and signatures
    or shingles.
    """
    members = documents.join(labels.withColumnRenamed("node", "position"), on="position", how="inner")
    columns = [*MEMBER_COLUMNS]
    if settings.verify == "signature":
        columns.append("signature")
    elif settings.verify == "exact":
        if shingles_of is None:
            raise ValueError("`verify: exact` needs the documents' shingles: give `shingles_of`")
        members = members.join(shingles_of(members.select("position")), on="position", how="left")
        columns.append("shingles")
    ordered = members.select(*columns).repartition("label").sortWithinPartitions("label", *ORDER)
    return ordered.mapInArrow(_component_reader(settings.verify, settings.threshold), REMOVED_SQL)


def _component_reader(verify: str, threshold: float) -> Any:
    """A function for mapInArrow: members sorted by label, the best first."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for component in components(batches):
            yield removed_of(component, verify, threshold)

    return read


def components(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Whole components, several at once: rows of a label never come in two tables."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        labels = batch.column("label").to_numpy()
        last_start = int(np.searchsorted(labels, labels[-1]))
        is_whole = last_start > 0 or (pending and pending[-1].column("label")[-1].as_py() != labels[0])
        if is_whole:
            whole = [*pending, batch.slice(0, last_start)]
            if sum(part.num_rows for part in whole):
                yield pa.Table.from_batches(whole)
            pending = []
        pending.append(batch.slice(last_start))
    if pending:
        yield pa.Table.from_batches(pending)


def removed_of(members: pa.Table, verify: str, threshold: float) -> pa.RecordBatch:
    """The removed of whole components, members best first; who shares a band shares a component."""
    _, bands = band_matrix(_one(members.column("bands")))
    survivors = surviving(
        bands,
        members.column("is_known").to_numpy(zero_copy_only=False),
        threshold,
        stored_lanes(members.column("signature")) if verify == "signature" else None,
        _sets(members.column("shingles")) if verify == "exact" else None,
    )
    removed = np.flatnonzero(survivors != np.arange(len(survivors)))
    positions, ids = _one(members.column("position")), _one(members.column("doc_id"))
    rows, of_survivors = pa.array(removed), pa.array(survivors[removed])
    return pa.RecordBatch.from_arrays(
        [positions.take(rows), positions.take(of_survivors), ids.take(of_survivors)],
        names=["position", "survivor", "survivor_id"],
    )


def _sets(shingles: Any) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Lists of hashes, sorted as unsigned numbers, as (values, offsets)."""
    array = _one(shingles)
    sizes = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    values: NDArray[np.int64] = array.flatten().to_numpy(zero_copy_only=False)
    return values.view(np.uint64), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
