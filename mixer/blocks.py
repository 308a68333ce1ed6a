"""Token blocks: a source's documents, tokenized, in hash order, cut by ranges of that hash.

A block is one Parquet file. Which documents it holds depends on their ids alone, so an added document touches one
block, and no block depends on how the work was partitioned.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.order import seeded_order

TARGET_BLOCK_BYTES = 16 << 20  # of text: about 4M tokens, 16 MB in memory
HASH_BITS = 64


def block_schema(id_type: str) -> pa.Schema:
    """Columns of a block file; `id_type` is uint16 or uint32.

    A document's `tokens` end with the end-of-text token, and `n_tokens` counts them: lengths are read without tokens.
    """
    return pa.schema(
        [
            ("doc_id", pa.string()),
            ("order_hash", pa.uint64()),
            ("n_tokens", pa.int32()),
            ("tokens", pa.list_(pa.field("element", getattr(pa, id_type)()))),
        ]
    )


def block_bits(text_bytes: int) -> int:
    """The number of blocks of a source with that much text, as a power of two: 2 ** block_bits."""
    return max(0, (max(text_bytes, 1) - 1) // TARGET_BLOCK_BYTES).bit_length()


def block_of(order_hash: int, bits: int) -> int:
    """Which of 2 ** bits blocks a document belongs to: its hash's top bits, so block order is hash order."""
    return order_hash >> (HASH_BITS - bits)


def block_name(block: int) -> str:
    """The block's file name."""
    return f"block-{block:06d}.parquet"


@dataclass(frozen=True)
class OrderedBlock:
    """A block's documents in one epoch's order, as one token array."""

    tokens: npt.NDArray[np.unsignedinteger]  # [tokens]
    doc_ends: npt.NDArray[np.int64]  # [documents], ascending, last = number of tokens
    doc_ids: pa.StringArray  # [documents]

    @cached_property
    def doc_starts(self) -> npt.NDArray[np.int64]:
        """Where each document starts, [documents]."""
        return np.concatenate([np.zeros(1, np.int64), self.doc_ends[:-1]])


@dataclass(frozen=True)
class Block:
    """A block as stored: documents in hash order."""

    doc_ids: pa.StringArray
    order_hashes: npt.NDArray[np.uint64]
    tokens: pa.ListArray

    @classmethod
    def read(cls, uri: str) -> "Block":
        """The block at `uri`."""
        table = storage.read_table(uri, ["doc_id", "order_hash", "tokens"])
        columns = {name: _one_chunk(table.column(name)) for name in table.column_names}
        return cls(columns["doc_id"], columns["order_hash"].to_numpy(), columns["tokens"])

    def ordered(self, key: np.uint64) -> OrderedBlock:
        """The block's documents in the order that `key` gives them."""
        order = pa.array(seeded_order(self.order_hashes, key))
        tokens, ends = _taken(self.tokens, order)
        return OrderedBlock(tokens, ends, self.doc_ids.take(order))


def _taken(lists: pa.ListArray, order: pa.Array) -> tuple[npt.NDArray[np.unsignedinteger], npt.NDArray[np.int64]]:
    """The lists in another order, as one array of their values and where each list ends in it.

    Arrow copies lists value by value and byte strings whole: three times as fast, over the same memory.
    """
    values = lists.values.to_numpy()
    offsets = lists.offsets.to_numpy().astype(np.int64) * values.itemsize
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(values)]
    strings = pa.Array.from_buffers(pa.large_binary(), len(lists), buffers).take(order)
    _, ends, data = strings.buffers()
    byte_ends = np.frombuffer(ends, np.int64, len(strings) + 1)
    taken = np.frombuffer(data, values.dtype, int(byte_ends[-1]) // values.itemsize)
    return taken, byte_ends[1:] // values.itemsize


def read_lengths(uri: str) -> npt.NDArray[np.int32]:
    """Tokens of each document of the block at `uri`, in hash order; reads that column alone."""
    lengths: npt.NDArray[np.int32] = storage.read_table(uri, ["n_tokens"]).column("n_tokens").to_numpy()
    return lengths


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
