"""What dedup compares of one part's documents: ids, hashes, preferences; never text."""

from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from mixer import storage
from pipelines.conditions.columns import read_part
from pipelines.duplicates.preference import columns_of, preferences


class KeysTask(BaseModel):
    """One part whose keys are read."""

    index: int  # the high half of its documents' positions
    source: str
    rank: int  # of the source, in the recipe's order
    scope: str  # documents of other scopes are no duplicates of these
    near: bool  # whether near duplicates are looked for
    prefer: tuple[str, ...]
    verify: str
    repositories: bool
    documents_uri: str
    annotated_uri: str
    verdicts_uri: str


# The columns of dedup.apply.DOCUMENTS_SQL.
KEYS_SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("preference", pa.list_(pa.float64())),
        ("doc_id", pa.string()),
        ("content_hash", pa.binary()),
        ("url_hash", pa.binary()),
        ("repository", pa.string()),
        ("bands", pa.list_(pa.int64())),
        ("signature", pa.binary()),
        ("is_known", pa.bool_()),
    ]
)


def keys_of_part(task: KeysTask) -> pa.Table:
    """KEYS_SCHEMA of the part's documents that the rules keep."""
    keep = storage.read_table(task.verdicts_uri, ["keep"]).column("keep").combine_chunks()
    return keys_of_rows(task, pc.indices_nonzero(keep).cast(pa.int64()), is_known=False)


def keys_of_rows(task: KeysTask, rows: pa.Array, is_known: bool) -> pa.Table:
    """KEYS_SCHEMA of some rows of a part."""
    wanted = {"content_hash", "url_hash", "bands", "signature", *columns_of(task.prefer)}
    if task.repositories:
        wanted.add("repository")
    table = read_part(task.documents_uri, task.annotated_uri, wanted).take(rows)
    n = len(rows)
    columns = {
        "position": pc.add(rows, pa.scalar(task.index << 32, pa.int64())),
        "preference": preferences(table, task.prefer, task.rank),
        "doc_id": table.column("doc_id"),
        "content_hash": _scoped(table.column("content_hash"), task.scope),
        "url_hash": _scoped(table.column("url_hash"), task.scope),
        "repository": _scoped(table.column("repository"), task.scope)
        if task.repositories
        else pa.nulls(n, pa.string()),
        "bands": _scoped_bands(table.column("bands"), task.scope) if task.near else pa.nulls(n, pa.list_(pa.int64())),
        "signature": table.column("signature") if task.verify == "signature" else pa.nulls(n, pa.binary()),
        "is_known": pa.repeat(is_known, n),
    }
    return pa.table([_one(columns[field.name]).cast(field.type) for field in KEYS_SCHEMA], schema=KEYS_SCHEMA)


def _scoped(column: Any, scope: str) -> Any:
    """The values, those of two scopes never equal."""
    if not scope:
        return column
    if pa.types.is_string(column.type):
        return pc.binary_join_element_wise(scope, column, "/")
    return pc.binary_join_element_wise(_one(column).cast(pa.binary()), pa.scalar(scope.encode(), pa.binary()), b"")


def _scoped_bands(column: Any, scope: str) -> pa.ListArray:
    bands = _one(column)
    if not scope:
        return bands
    number = np.frombuffer(blake2b(scope.encode(), digest_size=8).digest(), np.int64)[0]
    if bands.offset:
        bands = pa.concat_arrays([bands])
    values = bands.values.to_numpy() ^ number
    return pa.ListArray.from_arrays(bands.offsets, pa.array(values), mask=bands.is_null())


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
