"""The band index of a source's survivors: the hashes by which later sources find what they are alike to.

One file for each range of hashes, sorted, in small row groups: a look-up reads those row groups alone whose range holds
one of the hashes that are asked for, so what it costs grows with the new documents, up to reading all of the index.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.greedy import MOST_COMPARED
from dedup.runs import begins, run_starts
from mixer import storage

PREFIX = "index-"
ROWS_PER_GROUP = 8192  # 128 KiB
HASHES_PER_FILE = 1 << 21  # a task sorts so many at once

INDEX_SCHEMA = pa.schema(
    [
        ("hash", pa.int64()),  # of a band, of a content or of a URL
        ("row", pa.int64()),  # of the source: part number << 32 | row in the part
    ]
)
HASHES_SQL = "hash long, position long, preference array<double>, doc_id string, file long"
FILE_SQL = "path string, rows long, bytes long, sha256 string"


def hashes_of(keys: pa.Table) -> pa.Table:
    """A row for every hash of every document: HASHES_SQL but `file`. `keys` is KEYS_SCHEMA."""
    parts = [_folded(keys, "content_hash"), _folded(keys, "url_hash"), _bands(keys)]
    return pa.concat_tables(parts)


def _bands(keys: pa.Table) -> pa.Table:
    bands = keys.column("bands").combine_chunks()
    rows = pc.list_parent_indices(bands)
    return _with_order(keys, bands.flatten(), rows)


def _folded(keys: pa.Table, name: str) -> pa.Table:
    """The first eight bytes of each hash, changed by the kind of hash."""
    column = keys.column(name).combine_chunks()
    rows = pc.indices_nonzero(column.is_valid())
    heads = pc.binary_slice(column.take(rows), 0, 8).cast(pa.binary(8))
    numbers = np.frombuffer(heads.buffers()[1] or b"", np.int64)[heads.offset : heads.offset + len(heads)]
    kind = np.int64(0x5851F42D4C957F2D if name == "url_hash" else 0x14057B7EF767814F)
    return _with_order(keys, pa.array(numbers ^ kind), rows)


def _with_order(keys: pa.Table, hashes: pa.Array, rows: pa.Array) -> pa.Table:
    columns = [keys.column(name).combine_chunks().take(rows) for name in ("position", "preference", "doc_id")]
    return pa.table([hashes, *columns], names=["hash", "position", "preference", "doc_id"])


def file_bits(n_hashes: int) -> int:
    """How many leading bits of a hash choose its file: the same for any partitioning."""
    return max(0, (max(n_hashes, 1) - 1).bit_length() - (HASHES_PER_FILE.bit_length() - 1))


def file_of(hashes: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    """The number of the file of each hash: its leading bits, so that files hold ranges."""
    shifted = hashes.astype(np.int64) ^ np.iinfo(np.int64).min  # signed order becomes that of the bits
    return (
        (shifted.view(np.uint64) >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(hashes), np.int64)
    )


def index_writer(folder: str, settings: Mapping[str, Any]) -> Any:
    """A function for mapInArrow: rows of HASHES_SQL sorted by (file, hash, preference, doc_id) in, FILE_SQL out."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tables = [batch for batch in batches if batch.num_rows]
        if not tables:
            return
        table = pa.Table.from_batches(tables)
        files = table.column("file").to_numpy()
        for file in np.unique(files).tolist():
            rows = table.slice(int(np.searchsorted(files, file)), int(np.count_nonzero(files == file)))
            yield _write(f"{folder}/{PREFIX}{file:05d}.parquet", rows, settings)

    return write


def _write(uri: str, rows: pa.Table, settings: Mapping[str, Any]) -> pa.RecordBatch:
    hashes, positions = (rows.column(name).to_numpy() for name in ("hash", "position"))
    kept = first_of_each(hashes, MOST_COMPARED)  # a document is compared with no more of a bucket
    schema = INDEX_SCHEMA.with_metadata({"dedup": json.dumps(settings, sort_keys=True)})
    table = pa.table([hashes[kept], positions[kept]], schema=schema)
    groups = [table.slice(at, ROWS_PER_GROUP) for at in range(0, table.num_rows, ROWS_PER_GROUP)]
    file = storage.write_parquet(uri, schema, groups, use_dictionary=False)
    return pa.RecordBatch.from_pylist(
        [{"path": file.path, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}]
    )


def first_of_each(values: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.bool_]:
    """bool[n]: among the first `most` of those that are equal; `values` is sorted."""
    found: npt.NDArray[np.bool_] = np.arange(len(values)) - run_starts(begins(values)) < most
    return found


class UnlikeIndex(ValueError):
    """A band index that was made with other parameters."""


def matches(uri: str, hashes: npt.NDArray[np.int64], settings: Mapping[str, Any]) -> npt.NDArray[np.int64]:
    """`row` of the index's entries whose hash is among `hashes` (sorted, distinct); sorted, distinct.

    UnlikeIndex when the index was made with other settings: its hashes would never meet these.
    """
    with storage.open_parquet(uri) as file:
        made_with = json.loads((file.schema_arrow.metadata or {}).get(b"dedup", b"{}"))
        check_settings(uri, made_with, settings)
        groups = []
        for number in range(file.num_row_groups):
            statistics = file.metadata.row_group(number).column(0).statistics
            at = int(np.searchsorted(hashes, statistics.min))
            if at < len(hashes) and hashes[at] <= statistics.max:
                groups.append(number)
        table = file.read_row_groups(groups, INDEX_SCHEMA.names) if groups else INDEX_SCHEMA.empty_table()
    found = np.isin(table.column("hash").to_numpy(), hashes)
    return np.unique(table.column("row").to_numpy()[found])


def check_settings(uri: str, made_with: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """UnlikeIndex when they differ, naming what."""
    differing = [
        f"{name} {made_with.get(name)!r} there, {settings.get(name)!r} here"
        for name in sorted({*made_with, *settings})
        if made_with.get(name) != settings.get(name)
    ]
    if differing:
        raise UnlikeIndex(
            f"the band index {uri} was made with other parameters ({'; '.join(differing)}), so it can't be combined "
            "with this run: give the same ones, or deduplicate its source anew"
        )


def known_rows(
    uris: Sequence[str], bits: int, settings: Mapping[str, Any], hashes: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """`row` of every entry of a source's index (files in order of their ranges) that is asked for by `hashes`."""
    hashes = np.unique(hashes)
    files = file_of(hashes, bits)
    by_number = {int(uri.rsplit("-", 1)[1].split(".")[0]): uri for uri in uris}
    found = [
        matches(by_number[file], hashes[files == file], settings)
        for file in np.unique(files).tolist()
        if file in by_number
    ]
    return np.unique(np.concatenate([np.empty(0, np.int64), *found]))
