"""`dedup.apply` on documents that never were (`synthetic_bands.py`), and what Spark counted meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from benchmarks.spark_stages import Counted, counting
from benchmarks.synthetic_bands import Documents
from dedup.settings import DedupSettings
from pipelines.session import spark_session

RECORDS_A_PARTITION = 2_000_000  # of (band hash, document) in a shuffle, as many as 64 MB
ROWS_A_FILE = 250_000
SETTINGS = DedupSettings(exact=False)  # near duplicates alone, as datatrove's stages


class Found(NamedTuple):
    """What one run found, and what it took."""

    removed: int
    wall_seconds: float
    counted: Counted
    rounds: int  # of star contraction


@contextmanager
def session(memory: str = "6g", master: str = "local[2]") -> Iterator[SparkSession]:
    """As `mixdown build` starts one, with memory for the larger sizes."""
    spark = spark_session(master, {"spark.driver.memory": memory})
    try:
        yield spark
    finally:
        spark.stop()


def write_documents(folder: Path, documents: Documents) -> None:
    """The columns that `find_duplicates` reads, as Parquet files of ROWS_A_FILE rows."""
    folder.mkdir()
    for number, start in enumerate(range(0, len(documents.bands), ROWS_A_FILE)):
        rows = slice(start, start + ROWS_A_FILE)
        signatures = None if documents.signatures is None else documents.signatures[rows]
        pq.write_table(
            _columns(start, documents.bands[rows], signatures),
            folder / f"part-{number:05d}.parquet",
            use_dictionary=False,
        )


def _columns(start: int, bands: NDArray[np.int64], signatures: NDArray[np.uint32] | None) -> pa.Table:
    """`find_duplicates` wants these: change this function with it."""
    count = len(bands)
    # The high half is the part's number: one of 100,000, in an order that has nothing to do with the documents.
    rows = np.arange(start, start + count)
    parts = rows * 48_271 % 100_000
    position = pa.array((parts << 32) | rows // 100_000 * 1009)
    names = np.random.Generator(np.random.PCG64(start)).bytes(16 * count).hex().encode()
    doc_id = pa.StringArray.from_buffers(
        count, pa.py_buffer(np.arange(count + 1, dtype=np.int32) * np.int32(32)), pa.py_buffer(names)
    )
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(bands.shape[1])
    return pa.table(
        {
            "position": position,
            "preference": pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32), np.zeros(count)),
            "doc_id": doc_id,
            "content_hash": pa.nulls(count, pa.binary()),
            "url_hash": pa.nulls(count, pa.binary()),
            "repository": pa.nulls(count, pa.string()),
            "bands": pa.ListArray.from_arrays(offsets, np.ascontiguousarray(bands).reshape(-1)),
            "signature": pa.nulls(count, pa.binary())
            if signatures is None
            else pa.array([row.tobytes() for row in signatures], pa.binary()),
            "is_known": pa.array(np.zeros(count, np.bool_)),
        }
    )


def find(spark: SparkSession, folder: Path, settings: DedupSettings = SETTINGS, tasks: int | None = None) -> Found:
    """Find the duplicates among the documents in `folder` and count the removed.

    `tasks`: so many in every shuffle, also where Spark would take fewer.
    """
    from dedup import star_contraction
    from dedup.apply import find_duplicates

    rounds = 0
    count_unsettled = star_contraction.count_unsettled

    def count_round(edges: DataFrame) -> int:
        nonlocal rounds
        rounds += 1
        return count_unsettled(edges)

    documents = spark.read.parquet(str(folder))
    records = documents.count() * settings.bands
    spark.conf.set("spark.sql.shuffle.partitions", str(tasks or max(8, records // RECORDS_A_PARTITION)))
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", str(tasks is None).lower())
    started = perf_counter()
    star_contraction.count_unsettled = count_round  # asked once a round
    try:
        with counting(spark) as counted:
            removed = find_duplicates(documents, settings.model_copy(update={"max_documents_in_one_task": 0})).count()
    finally:
        star_contraction.count_unsettled = count_unsettled
    return Found(removed, perf_counter() - started, counted, rounds)
