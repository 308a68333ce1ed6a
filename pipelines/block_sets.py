"""Which token blocks a source or a tier is mixed from."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.blocks import Block, block_name
from pipelines.conditions.rewriting import HELD_OUT_PREFIX
from pipelines.context import Context
from pipelines.lake import Lake, StageManifest, digest_of

INDEX_FILE = "index.parquet"
INDEX_SCHEMA = pa.schema(
    [
        ("block", pa.int64()),
        ("documents", pa.int64()),
        ("tokens", pa.int64()),
        ("folder", pa.string()),  # of the block's file, from the lake's folder on; null: beside this index
        ("sha256", pa.string()),  # of the block's file
    ]
)


@dataclass(frozen=True)
class BlockSet:
    """Blocks by number."""

    documents: dict[int, int]
    tokens: dict[int, int]
    folders: dict[int, str]  # uris
    sha256: dict[int, str]
    # Block -> tokens of each of its documents, where some of what its file holds is left out; others are read.
    lengths: dict[int, npt.NDArray[np.int32]] = field(default_factory=dict)
    # Files of documents that are held out for validation, in hash order: uri -> SHA-256. A tier has none of its own.
    held_out: dict[str, str] = field(default_factory=dict)

    @cached_property
    def content(self) -> str:
        """Names what the blocks hold, wherever their files lie."""
        return digest_of(sorted(self.sha256.items()))


def block_set(context: Context, name: str) -> BlockSet:
    """The blocks of a source or tier: what `select` chose where it had to, else all that were tokenized."""
    if name in context.foreseen:
        foreseen: BlockSet = context.foreseen[name]
        return foreseen
    selected = context.published.get("select", {}).get(name)
    return read_block_set(context.lake, selected or context.of("tokenize", name))


def read_block_set(lake: Lake, manifest: StageManifest) -> BlockSet:
    """The blocks that a published unit of `tokenize` or `select` indexes."""
    (uri,) = manifest.part_uris(lake, INDEX_FILE)
    own_folder = lake.stage_uri(manifest.stage, manifest.source, manifest.fingerprint)
    index = storage.read_table(uri).to_pydict()
    folders = [f"{lake.uri}/{folder}" if folder else own_folder for folder in index["folder"]]
    return BlockSet(
        documents=dict(zip(index["block"], index["documents"], strict=True)),
        tokens=dict(zip(index["block"], index["tokens"], strict=True)),
        folders=dict(zip(index["block"], folders, strict=True)),
        sha256=dict(zip(index["block"], index["sha256"], strict=True)),
        held_out={
            f"{own_folder}/{file.path}": file.sha256
            for file in sorted(manifest.files, key=lambda file: file.path)
            if file.path.startswith(HELD_OUT_PREFIX)
        },
    )


def read_block(folders: dict[str, dict[int, str]], source: str, block: int) -> Block:
    """A block of a source, from the folder that holds it."""
    return Block.read(f"{folders[source][block]}/{block_name(block)}")
