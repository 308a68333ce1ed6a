"""Token blocks without some of their documents: only blocks that lose any are written anew."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name

WHERE = "where"  # reasons, as the books name them
FORGOTTEN = "forgotten"
HELD_OUT = "held_out"

HELD_OUT_PREFIX = "held-out-"  # files of documents that are held out, and left out for no other reason

CHANGED_SQL = (
    "source string, block long, documents long, tokens long, path string, bytes long, sha256 string, reasons string, "
    "held_out_documents long, held_out_path string, held_out_bytes long, held_out_sha256 string"
)
CHANGED_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("block", pa.int64()),
        ("documents", pa.int64()),  # left in the block
        ("tokens", pa.int64()),
        ("path", pa.string()),  # null, and so the next two: nothing is left
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("reasons", pa.string()),  # JSON: how many dropped documents have each reason
        ("held_out_documents", pa.int64()),  # in the block's file for validation; null, and so the rest: none
        ("held_out_path", pa.string()),
        ("held_out_bytes", pa.int64()),
        ("held_out_sha256", pa.string()),
    ]
)


def block_writer(bases: dict[str, dict[int, str]], folders: dict[str, str], validated: Collection[str] = ()) -> Any:
    """A function for mapInArrow: dropped documents sorted by (source, block) in, a row a changed block out.

    Of the sources in `validated`, documents that are held out and nothing else are written too, to files of their own.
    """

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (row for batch in batches for row in batch.to_pylist())
        for (source, block), dropped in groupby(rows, key=lambda row: (row["source"], row["block"])):
            if block not in bases[source]:
                continue  # no document that would belong there survived
            reasons: dict[str, list[str]] = {}
            for row in dropped:
                reasons.setdefault(row["doc_id"], []).extend(row["reasons"].split(","))
            uri = f"{bases[source][block]}/{block_name(block)}"
            changed = rewrite_block(uri, folders[source], reasons, source in validated)
            if changed:
                values = changed | {"source": source, "block": block}
                yield pa.RecordBatch.from_pylist([values], schema=CHANGED_SCHEMA)

    return write


def rewrite_block(
    uri: str, folder: str, dropped: dict[str, list[str]], is_validated: bool = False
) -> dict[str, Any] | None:
    """Write the block at `uri` into `folder` without the `dropped` ids (id -> reasons); None when it holds none.

    With `is_validated` the documents that are held out, and dropped for nothing else, go into a file of their own.
    """
    found = pc.is_in(
        storage.read_table(uri, ["doc_id"]).column("doc_id"), value_set=pa.array(list(dropped), pa.string())
    )
    if not pc.any(found).as_py():
        return None
    table = storage.read_table(uri)
    counts: Counter[str] = Counter()
    for doc_id in table.column("doc_id").filter(found).to_pylist():
        counts.update(_reasons(dropped[doc_id]))
    left = table.filter(pc.invert(found)).combine_chunks()
    changed: dict[str, Any] = {
        "documents": left.num_rows,
        "tokens": pc.sum(left.column("n_tokens")).as_py() or 0,
        "reasons": json.dumps(counts, sort_keys=True),
    }
    if left.num_rows:
        name = uri.rsplit("/", 1)[-1]
        file = storage.write_parquet(f"{folder}/{name}", table.schema, [left], use_dictionary=False)
        changed |= {"path": file.path, "bytes": file.bytes, "sha256": file.sha256}
    if is_validated:
        changed |= _write_held_out(uri, folder, table, [id_ for id_, why in dropped.items() if why == [HELD_OUT]])
    return changed


def _write_held_out(uri: str, folder: str, table: pa.Table, ids: list[str]) -> dict[str, Any]:
    held_out = table.filter(pc.is_in(table.column("doc_id"), value_set=pa.array(ids, pa.string()))).combine_chunks()
    if not held_out.num_rows:
        return {}
    name = f"{HELD_OUT_PREFIX}{uri.rsplit('-', 1)[-1]}"
    file = storage.write_parquet(f"{folder}/{name}", table.schema, [held_out], use_dictionary=False)
    return {
        "held_out_documents": file.rows,
        "held_out_path": file.path,
        "held_out_bytes": file.bytes,
        "held_out_sha256": file.sha256,
    }


def _reasons(reasons: list[str]) -> set[str]:
    """A document's reasons; one that several tombstones forget is forgotten once."""
    return {*reasons, *(FORGOTTEN for reason in reasons if reason not in (WHERE, HELD_OUT))}
