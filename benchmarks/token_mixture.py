"""A mixture of given tokens, written the way the mixer writes shards: for measuring readers."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mixer import storage
from mixer.manifest import MANIFEST_NAME, MixtureManifest, Phase, PhaseShare, ShardFile, SourceTotal, TokenizerInfo
from mixer.shards import ROWS_PER_GROUP_TOKENS, shard_name, shard_schema

SHARD_ROWS = 8192


def write_mixture(folder: Path, ids: "np.ndarray[tuple[int, int], np.dtype[np.uint32]]", compression: str) -> None:
    """Write `ids` [rows, length] as the mixture of one source, with `compression` none or zstd."""
    folder.mkdir()
    options: dict[str, Any] = {"use_dictionary": ["source", "phase"]}
    if compression == "none":
        options |= {"compression": "none", "compression_level": None}
    files = []
    for number, start in enumerate(range(0, len(ids), SHARD_ROWS)):
        part = ids[start : start + SHARD_ROWS]
        step = ROWS_PER_GROUP_TOKENS // ids.shape[1]
        tables = [_table(part[first : first + step], start + first) for first in range(0, len(part), step)]
        written = storage.write_parquet(str(folder / shard_name(number)), shard_schema("uint32"), tables, **options)
        files.append(ShardFile(**written._asdict(), cut_rows={}))
    storage.write_bytes(str(folder / MANIFEST_NAME), _manifest(ids.shape, files).model_dump_json().encode())


def _table(ids: "np.ndarray[tuple[int, int], np.dtype[np.uint32]]", first_row: int) -> pa.Table:
    rows, length = ids.shape
    schema = shard_schema("uint32")
    lists = pa.ListArray.from_arrays(
        pa.array(np.arange(rows + 1, dtype=np.int32) * length), pa.array(ids.ravel()), type=schema.field(0).type
    )
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["tokens"]))
    starts = pa.array([[0, length // 2]] * rows, schema.field(3).type)
    numbers = pa.array(np.arange(first_row, first_row + rows))
    lengths = pa.array(np.full(rows, length, np.int32))
    return pa.Table.from_arrays([lists, label, label, starts, numbers, lengths], schema=schema)


def _manifest(shape: tuple[int, int], files: list[ShardFile]) -> MixtureManifest:
    rows, length = shape
    tokens = rows * length
    share = PhaseShare(
        source="tokens",
        asked_share=1,
        target_share=1,
        asked_tokens=tokens,
        rows=rows,
        actual_tokens=tokens,
        padding_tokens=0,
        share=1,
        error_sequences=0,
        first_sequence=0,
    )
    total = SourceTotal(
        name="tokens",
        kind="fabricated",
        group="text",
        available_tokens=tokens,
        documents=rows,
        asked_tokens=tokens,
        rows=rows,
        actual_tokens=tokens,
        padding_tokens=0,
        share=1,
        error_sequences=0,
        epochs=1,
        max_epochs=None,
    )
    vocabulary = TokenizerInfo(
        name="fabricated",
        package="none",
        package_version="0",
        vocabulary_size=100_000,
        vocabulary_sha256="0" * 64,
        special_tokens={"end": 0},
        end_of_text="end",
        id_type="uint32",
    )
    return MixtureManifest(
        name="fabricated",
        fingerprint="f" * 64,
        recipe={},
        tokenizer=vocabulary,
        sequence_length=length,
        seed=0,
        packing="concat",
        rows=rows,
        phases=[Phase(name="train", first_row=0, rows=rows, sources=[share])],
        sources=[total],
        files=files,
        inputs={},
        versions={},
    )
