"""A star per bucket: the edges by which documents with a common band hash are candidates, never all pairs.

As with groups, rows are sorted by (bucket, position) across the cluster in ranges of about equal size: 16 bytes a band
and document are shuffled once, and a bucket that a million documents share is work for many tasks.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup.lineage import materialised
from dedup.runs import begins, run_starts

STAR_SQL = "a long, b long, is_piece boolean"


def star_edges(documents: DataFrame) -> DataFrame:
    """The edges of all buckets' stars. In: position long, bands array<bigint>. Out: a long, b long.

    a is the smallest position of the bucket: any member gives the same components.
    """
    found = materialised(pieces_of_stars(documents))
    edges = found.where("not is_piece").select("a", "b")
    pieces = found.where("is_piece").select(F.col("a").alias("bucket"), F.col("b").alias("position"))
    # A bucket that goes on in the next task has a centre in each; two rows a task, so this is small.
    joints = joined_pieces(np.array([(row[0], row[1]) for row in pieces.collect()], np.int64).reshape(-1, 2))
    if len(joints):
        edges = edges.union(documents.sparkSession.createDataFrame(joints.tolist(), "a long, b long"))
    return edges.distinct()


def pieces_of_stars(documents: DataFrame) -> DataFrame:
    """STAR_SQL, what each task finds in its range of the buckets."""
    members = documents.select(F.explode("bands").alias("bucket"), "position")
    ordered = members.repartitionByRange("bucket", "position").sortWithinPartitions("bucket", "position")
    return ordered.mapInArrow(read_buckets, STAR_SQL)


def joined_pieces(pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges between the centres of one bucket's pieces: int64[n, 2] of bucket and centre -> int64[m, 2]."""
    pieces = np.unique(pieces, axis=0)
    if not len(pieces):
        return pieces
    is_first = begins(pieces[:, 0])
    return np.column_stack([pieces[run_starts(is_first), 1], pieces[:, 1]])[~is_first]


def read_buckets(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows sorted by (bucket, position) in; STAR_SQL out: edges, then of the first and the last bucket a = the bucket,
    b = its centre here.
    """
    bucket, centre = 0, -1  # of the bucket that is being read
    pieces: list[tuple[int, int]] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        buckets, positions = (batch.column(name).to_numpy() for name in ("bucket", "position"))
        is_first = begins(buckets)
        is_first[0] = centre < 0 or buckets[0] != bucket
        places = run_starts(is_first, before=-1)
        centres = np.where(places < 0, centre, positions[places])
        if not pieces:
            pieces.append((int(buckets[0]), int(positions[0])))
        bucket, centre = int(buckets[-1]), int(centres[-1])
        yield _rows(centres[~is_first], positions[~is_first], is_piece=False)
    if pieces:
        pieces.append((bucket, centre))
        last = np.array(pieces, np.int64)
        yield _rows(last[:, 0], last[:, 1], is_piece=True)


def _rows(a: NDArray[np.int64], b: NDArray[np.int64], is_piece: bool) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"a": a, "b": b, "is_piece": np.full(len(a), is_piece)})
