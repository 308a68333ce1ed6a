"""Small mixtures on disk for the trainer's tests, written the way the mixer writes them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixer import storage
from mixer.manifest import (
    MANIFEST_NAME,
    MixtureManifest,
    Phase,
    PhaseShare,
    ShardFile,
    SourceTotal,
    TokenizerInfo,
)

VOCABULARY = 300
END_OF_TEXT = 0
SOURCES = ("web", "code")
SCHEMA = pa.schema(
    [
        ("input_ids", pa.list_(pa.uint16())),
        ("source", pa.dictionary(pa.int32(), pa.string())),
        ("phase", pa.dictionary(pa.int32(), pa.string())),
        ("doc_starts", pa.list_(pa.int32())),
        ("row", pa.int64()),
        ("n_tokens", pa.int32()),
    ]
)


def make_mixture(
    folder: Path,
    *,
    phases: Sequence[tuple[str, int]] = (("main", 40),),
    sequence_length: int = 32,
    shard_rows: int = 16,
    group_rows: int = 5,
    fingerprint: str = "f" * 64,
    name: str = "demo",
    padded: bool = False,
    row_tokens: Callable[[int, int], int] | None = None,
) -> str:
    """Write a mixture of two sources, web and code in turn, under `folder`; returns the manifest's path.

    With `padded` it is packed best-fit, and most rows end in padding, behind as many tokens as `row_tokens` (by default
    `real_tokens`) says of a row and the sequence length.
    """
    padded = padded or row_tokens is not None
    rows = sum(count for _, count in phases)
    sources = [SOURCES[row % 3 == 2] for row in range(rows)]
    n_tokens = [(row_tokens or real_tokens)(row, sequence_length) if padded else sequence_length for row in range(rows)]
    phase_of = [phase for phase, count in phases for _ in range(count)]
    table = pa.table(
        [
            pa.array(
                [token_ids(row, sequence_length, tokens) for row, tokens in enumerate(n_tokens)],
                SCHEMA.field("input_ids").type,
            ),
            pa.array(sources).dictionary_encode(),
            pa.array(phase_of).dictionary_encode(),
            pa.array([doc_starts(row, sequence_length) for row in range(rows)], SCHEMA.field("doc_starts").type),
            pa.array(range(rows), pa.int64()),
            pa.array(n_tokens, pa.int32()),
        ],
        schema=SCHEMA,
    )
    files = [
        _write_shard(folder, number, table.slice(first, shard_rows), group_rows)
        for number, first in enumerate(range(0, rows, shard_rows))
    ]
    manifest = MixtureManifest(
        name=name,
        fingerprint=fingerprint,
        recipe={},
        tokenizer=_tokenizer(),
        sequence_length=sequence_length,
        seed=0,
        packing="best_fit" if padded else "concat",
        rows=rows,
        phases=_phases(phases, sources, n_tokens, sequence_length),
        sources=[_total(source, sources, n_tokens, sequence_length) for source in SOURCES],
        files=files,
        inputs={},
        versions={},
    )
    uri = str(folder / MANIFEST_NAME)
    storage.write_bytes(uri, manifest.model_dump_json().encode())
    return uri


def token_ids(row: int, sequence_length: int, n_tokens: int | None = None) -> list[int]:
    """A learnable row: counts up from a place that the row decides, in steps that its source decides.

    From `n_tokens` on it is padding.
    """
    generator = np.random.default_rng(row)
    step = 3 if row % 3 == 2 else 1
    start = int(generator.integers(0, VOCABULARY))
    ids = [(start + step * position) % VOCABULARY for position in range(sequence_length)]
    return ids if n_tokens is None else ids[:n_tokens] + [END_OF_TEXT] * (sequence_length - n_tokens)


def real_tokens(row: int, sequence_length: int) -> int:
    """Tokens of a padded mixture's row, behind its last document start."""
    return sequence_length - (row * 5) % (sequence_length // 2 - 1)


def doc_starts(row: int, sequence_length: int) -> list[int]:
    """None, one or two starts; only some rows begin with a document."""
    return [[], [0], [sequence_length // 3], [0, sequence_length // 2]][row % 4]


def _write_shard(folder: Path, number: int, table: pa.Table, group_rows: int) -> ShardFile:
    groups = [table.slice(first, group_rows) for first in range(0, table.num_rows, group_rows)]
    written = storage.write_parquet(str(folder / f"shard-{number:05d}.parquet"), SCHEMA, groups)
    sizes = {"rows": written.rows, "bytes": written.bytes}
    return ShardFile(path=written.path, sha256=written.sha256, cut_rows=dict.fromkeys(SOURCES, 0), **sizes)


def _tokenizer() -> TokenizerInfo:
    return TokenizerInfo(
        name="toy",
        package="toy",
        package_version="1",
        vocabulary_size=VOCABULARY,
        vocabulary_sha256="a" * 64,
        special_tokens={"<|endoftext|>": END_OF_TEXT},
        end_of_text="<|endoftext|>",
        id_type="uint16",
    )


def _phases(
    phases: Sequence[tuple[str, int]], sources: list[str], n_tokens: list[int], sequence_length: int
) -> list[Phase]:
    made, first_row, before = [], 0, dict.fromkeys(SOURCES, 0)
    for name, rows in phases:
        here = slice(first_row, first_row + rows)
        shares = []
        for source in SOURCES:
            tokens = _tokens_of(source, sources[here], n_tokens[here])
            share = sum(tokens) / sum(n_tokens[here])
            shares.append(
                PhaseShare(
                    source=source,
                    asked_share=share,
                    target_share=share,
                    asked_tokens=sum(tokens),
                    rows=len(tokens),
                    actual_tokens=sum(tokens),
                    padding_tokens=len(tokens) * sequence_length - sum(tokens),
                    share=share,
                    error_sequences=0.0,
                    first_sequence=before[source],
                )
            )
            before[source] += len(tokens)
        made.append(Phase(name=name, first_row=first_row, rows=rows, sources=shares))
        first_row += rows
    return made


def _total(source: str, sources: list[str], n_tokens: list[int], sequence_length: int) -> SourceTotal:
    tokens = _tokens_of(source, sources, n_tokens)
    return SourceTotal(
        name=source,
        kind="test",
        group=source,
        available_tokens=sum(tokens),
        documents=1,
        asked_tokens=sum(tokens),
        rows=len(tokens),
        actual_tokens=sum(tokens),
        padding_tokens=len(tokens) * sequence_length - sum(tokens),
        share=sum(tokens) / sum(n_tokens),
        error_sequences=0.0,
        epochs=1.0,
        max_epochs=None,
    )


def _tokens_of(source: str, sources: list[str], n_tokens: list[int]) -> list[int]:
    """Real tokens of the source's rows."""
    return [tokens for name, tokens in zip(sources, n_tokens, strict=True) if name == source]
