"""The best document of every group of equal keys, on Spark, however large a group is.

Rows are sorted by (key, order) across the cluster in ranges of about equal size, so a key that a million documents have
is spread over as many tasks as its rows fill. Each task reads its groups in order, the best first. Only a group that
goes on in the next task has several bests: two such pieces a task at most, which are settled at the end.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup.lineage import materialised
from dedup.runs import run_starts

ORDER = ("preference", "doc_id", "position")  # smallest first: the best
REMOVED_SQL = "position long, survivor long, survivor_id string"


class Best(NamedTuple):
    """The best document of a piece of a group."""

    key: Any
    preference: list[float]
    doc_id: str
    position: int


def all_but_best(documents: DataFrame, key: str) -> DataFrame:
    """All but the best of the documents of each key; a document whose key is null is in no group.

    In: `key` of any type that sorts, and ORDER: preference array<double>, doc_id string, position long (unique).
    Out: REMOVED_SQL, the survivor being the best document of the same key.
    """
    rows = documents.select(F.col(key).alias("key"), *ORDER).where(F.col("key").isNotNull())
    ordered = rows.repartitionByRange("key", *ORDER).sortWithinPartitions("key", *ORDER)
    schema = (
        f"{REMOVED_SQL}, is_piece boolean, preference array<double>, key {rows.schema['key'].dataType.simpleString()}"
    )
    found = materialised(ordered.mapInArrow(read_groups, schema))
    pieces = found.where("is_piece").select("key", "preference", "survivor_id", "survivor").collect()
    moved = settled([Best(*row) for row in pieces])
    removed = found.where("not is_piece").select("position", "survivor", "survivor_id")
    return _followed(removed, moved) if moved else removed


def _followed(removed: DataFrame, moved: Sequence[tuple[int, int, str]]) -> DataFrame:
    """`removed` with each piece's best replaced by the group's, and those bests themselves."""
    better = removed.sparkSession.createDataFrame(list(moved), "survivor long, better long, better_id string")
    known = removed.join(F.broadcast(better), on="survivor", how="left").select(
        "position",
        F.coalesce("better", "survivor").alias("survivor"),
        F.coalesce("better_id", "survivor_id").alias("survivor_id"),
    )
    return known.union(better.select("survivor", "better", "better_id"))


def settled(pieces: Sequence[Best]) -> list[tuple[int, int, str]]:
    """The bests of pieces that are not their group's: position, and the position and id of the group's."""
    best: dict[Any, Best] = {}
    for piece in pieces:
        known = best.setdefault(_hashable(piece.key), piece)
        if piece[1:] < known[1:]:
            best[_hashable(piece.key)] = piece
    found = [(piece, best[_hashable(piece.key)]) for piece in pieces]
    return sorted(
        {(piece.position, top.position, top.doc_id) for piece, top in found if piece.position != top.position}
    )


def _hashable(key: Any) -> Any:
    return bytes(key) if isinstance(key, bytearray) else key


def read_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows sorted by key and ORDER in; all but the first of each key out, and the bests of the first and last key."""
    first: Best | None = None
    current: Best | None = None  # of the group that is being read
    for batch in batches:
        if not batch.num_rows:
            continue
        begins = _begins(batch.column("key"), None if current is None else current.key)
        places = run_starts(begins, before=-1)  # -1: the group of `current`
        yield _removed(batch, begins, places, current)
        if places[-1] >= 0:
            current = _best_at(batch, int(places[-1]))
        first = first or _best_at(batch, 0)
    if first is not None and current is not None:
        yield _pieces([first] if first.position == current.position else [first, current], batch.schema)


def _begins(keys: pa.Array, before: Any) -> Any:
    """bool[n]: whether each row begins a group."""
    begins = np.ones(len(keys), np.bool_)
    begins[1:] = pc.not_equal(keys[1:], keys[:-1]).to_numpy(zero_copy_only=False)
    begins[0] = before is None or keys[0].as_py() != before
    return begins


def _best_at(batch: pa.RecordBatch, row: int) -> Best:
    return Best(*(batch.column(name)[row].as_py() for name in Best._fields))


def _removed(batch: pa.RecordBatch, begins: Any, places: Any, current: Best | None) -> pa.RecordBatch:
    rows = pa.array(np.flatnonzero(~begins))
    of_current = places[~begins] < 0
    first = pa.array(places[~begins], mask=of_current)
    survivors, ids = batch.column("position").take(first), batch.column("doc_id").take(first)
    if current is not None and of_current.any():
        survivors, ids = survivors.fill_null(current.position), ids.fill_null(current.doc_id)
    return _found(batch.column("position").take(rows), survivors, ids, None, batch.schema)


def _pieces(bests: Sequence[Best], schema: pa.Schema) -> pa.RecordBatch:
    positions = pa.array([best.position for best in bests], pa.int64())
    return _found(positions, positions, pa.array([best.doc_id for best in bests], pa.string()), bests, schema)


def _found(
    positions: pa.Array, survivors: pa.Array, ids: pa.Array, pieces: Sequence[Best] | None, schema: pa.Schema
) -> pa.RecordBatch:
    n = len(positions)
    types = {name: schema.field(name).type for name in ("preference", "key")}
    columns = {
        "position": positions,
        "survivor": survivors,
        "survivor_id": ids.cast(pa.string()),
        "is_piece": pa.array([pieces is not None] * n, pa.bool_()),
        "preference": pa.nulls(n, types["preference"])
        if pieces is None
        else pa.array([p.preference for p in pieces], types["preference"]),
        "key": pa.nulls(n, types["key"]) if pieces is None else pa.array([p.key for p in pieces], types["key"]),
    }
    return pa.RecordBatch.from_pydict(columns)
