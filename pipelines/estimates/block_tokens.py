"""Tokens of chosen documents, looked up in a source's token blocks; the tokens themselves are not read."""

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.context import Context
from pipelines.steps import tokenize_blocks

BLOCKS_AT_ONCE = 256  # about a million documents of 4 kB: 36 MB of ids


def tokens_of(found: Context, source: str, doc_ids: pa.Array) -> int:
    """The exact sum of the tokens of `doc_ids` (strings) in the blocks of a tokenized source."""
    if not len(doc_ids):
        return 0
    uris = found.of(tokenize_blocks.NAME, source).part_uris(found.lake, "block-")
    tokens = 0
    for start in range(0, len(uris), BLOCKS_AT_ONCE):
        blocks = [storage.read_table(uri, ["doc_id", "n_tokens"]) for uri in uris[start : start + BLOCKS_AT_ONCE]]
        table = pa.concat_tables(blocks)
        is_wanted = pc.is_in(table.column("doc_id"), value_set=doc_ids)
        tokens += pc.sum(table.column("n_tokens").filter(is_wanted).cast(pa.int64())).as_py() or 0
    return tokens
