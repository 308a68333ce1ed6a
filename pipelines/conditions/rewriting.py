"""Token blocks without some of their documents: only blocks that lose any are written anew."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name

WHERE = "where"  # reasons, as the books name them
FORGOTTEN = "forgotten"

CHANGED_SQL = (
    "source string, block long, documents long, tokens long, path string, bytes long, sha256 string, reasons string"
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
    ]
)


def block_writer(bases: dict[str, dict[int, str]], folders: dict[str, str]) -> Any:
    """A function for mapInArrow: dropped documents sorted by (source, block) in, a row a changed block out."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (row for batch in batches for row in batch.to_pylist())
        for (source, block), dropped in groupby(rows, key=lambda row: (row["source"], row["block"])):
            if block not in bases[source]:
                continue  # no document that would belong there survived
            reasons = {row["doc_id"]: row["reasons"].split(",") for row in dropped}
            changed = rewrite_block(f"{bases[source][block]}/{block_name(block)}", folders[source], reasons)
            if changed:
                values = changed | {"source": source, "block": block}
                yield pa.RecordBatch.from_pylist([values], schema=CHANGED_SCHEMA)

    return write


def rewrite_block(uri: str, folder: str, dropped: dict[str, list[str]]) -> dict[str, Any] | None:
    """Write the block at `uri` into `folder` without the `dropped` ids (id -> reasons); None when it holds none."""
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
    return changed


def _reasons(reasons: list[str]) -> set[str]:
    """A document's reasons; one that several tombstones forget is forgotten once."""
    return {*reasons, *(FORGOTTEN for reason in reasons if reason != WHERE)}
