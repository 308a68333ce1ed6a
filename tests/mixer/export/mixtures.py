"""Small mixtures on disk, written as the output contract says, with rows that a test can ask for again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from mixer import storage
from mixer.manifest import MANIFEST_NAME, MixtureManifest, Phase, PhaseShare, ShardFile, SourceTotal, TokenizerInfo

LENGTH = 16
END_OF_TEXT_ID = 0
SOURCES = ("web", "code")


class Mixture(NamedTuple):
    """A mixture on disk, and what stands in it."""

    uri: str
    manifest: MixtureManifest
    rows: list[list[int]]  # real tokens of each row
    phase_ends: list[int]

    def phase_rows(self, phase: int) -> list[list[int]]:
        return self.rows[self.phase_ends[phase - 1] if phase else 0 : self.phase_ends[phase]]


def make_mixture(
    folder: Path,
    *,
    name: str = "demo",
    phases: Sequence[tuple[str, Sequence[int]]] = (("main", (5, 4)), ("cooldown", (3,))),
    group_rows: int = 2,
    id_type: Literal["uint16", "uint32"] = "uint16",
    padded: bool = False,
    sources: Sequence[str] = SOURCES,
    seed: int = 0,
    **changes: Any,
) -> Mixture:
    """Write a mixture whose phases are (name, rows of each shard); `changes` go into the manifest."""
    vocabulary = 65_536 if id_type == "uint16" else 100_307
    rng = np.random.default_rng(seed)
    count = sum(sum(shards) for _, shards in phases)
    ids = rng.integers(1, vocabulary, (count, LENGTH))
    if count:
        ids[0, 0] = vocabulary - 1
    lengths = rng.integers(1, LENGTH + 1, count) if padded else np.full(count, LENGTH)
    ids[np.arange(LENGTH) >= lengths[:, None]] = END_OF_TEXT_ID
    source_of = [sources[row % len(sources)] for row in range(count)]
    phase_of = [phase for phase, shards in phases for _ in range(sum(shards))]
    columns = [
        pa.array(ids.tolist(), pa.list_(getattr(pa, id_type)())),
        pa.array(source_of, pa.string()).dictionary_encode(),
        pa.array(phase_of, pa.string()).dictionary_encode(),
        pa.array([[0]] * count, pa.list_(pa.int32())),
        pa.array(range(count), pa.int64()),
        pa.array(lengths, pa.int32()),
    ]
    table = pa.table(columns, ["input_ids", "source", "phase", "doc_starts", "row", "n_tokens"])
    files, row = [], 0
    for number, rows in enumerate(rows for _, shards in phases for rows in shards):
        files.append(write_shard(folder / f"shard-{number:05d}.parquet", table.slice(row, rows), group_rows))
        row += rows
    manifest = MixtureManifest(
        name=name,
        fingerprint="f00",
        recipe=changes.pop("recipe", {}),
        tokenizer=tokenizer(id_type, vocabulary),
        sequence_length=LENGTH,
        seed=seed,
        packing="best_fit" if padded else "concat",
        rows=count,
        phases=list(_phases(phases, source_of, lengths, sources)),
        sources=[_total(source, source_of, lengths) for source in sources],
        files=files,
        inputs={"tokenize/web": "abc"},
        versions={"mixdown": "0"},
        **changes,
    )
    storage.write_bytes(str(folder / MANIFEST_NAME), manifest.model_dump_json().encode())
    ends = np.cumsum([sum(shards) for _, shards in phases]).tolist()
    rows_of_tokens = [row[:n].tolist() for row, n in zip(ids, lengths, strict=True)]
    return Mixture(str(folder), manifest, rows_of_tokens, ends)


def write_shard(path: Path, table: pa.Table, group_rows: int = 2) -> ShardFile:
    groups = [table.slice(first, group_rows) for first in range(0, table.num_rows, group_rows)]
    written = storage.write_parquet(str(path), table.schema, groups, use_dictionary=["source", "phase"])
    return ShardFile(**written._asdict(), cut_rows={})


def rewrite_shard(mixture: Mixture, number: int, table: pa.Table) -> None:
    """Another table in a shard's place, its checksum in the manifest and its rows not: only the table tells."""
    folder = Path(mixture.uri)
    files = list(mixture.manifest.files)
    written = write_shard(folder / files[number].path, table)
    files[number] = written.model_copy(update={"rows": files[number].rows})
    changed = mixture.manifest.model_copy(update={"files": files})
    storage.write_bytes(str(folder / MANIFEST_NAME), changed.model_dump_json().encode())


def tokenizer(id_type: Literal["uint16", "uint32"], vocabulary: int) -> TokenizerInfo:
    return TokenizerInfo(
        name="toy",
        package="toys",
        package_version="1",
        vocabulary_size=vocabulary,
        vocabulary_sha256="a" * 64,
        special_tokens={"<|endoftext|>": END_OF_TEXT_ID},
        end_of_text="<|endoftext|>",
        id_type=id_type,
    )


def _phases(
    phases: Sequence[tuple[str, Sequence[int]]], source_of: list[str], lengths: Any, sources: Sequence[str]
) -> Any:
    first = 0
    for name, shards in phases:
        rows = range(first, first + sum(shards))
        total = int(sum(lengths[row] for row in rows))
        parts = []
        for source in sources:
            own = [row for row in rows if source_of[row] == source]
            tokens = int(sum(lengths[row] for row in own))
            parts.append(
                PhaseShare(
                    source=source,
                    asked_share=1 / len(sources),
                    target_share=1 / len(sources),
                    asked_tokens=total / len(sources),
                    rows=len(own),
                    actual_tokens=tokens,
                    padding_tokens=len(own) * LENGTH - tokens,
                    share=tokens / total if total else 0.0,
                    error_sequences=(tokens - total / len(sources)) / LENGTH,
                    first_sequence=0,
                )
            )
        yield Phase(name=name, first_row=first, rows=len(rows), sources=parts)
        first += len(rows)


def _total(source: str, source_of: list[str], lengths: Any) -> SourceTotal:
    own = [row for row, name in enumerate(source_of) if name == source]
    tokens = int(sum(lengths[row] for row in own))
    return SourceTotal(
        name=source,
        kind="toy",
        group="text" if source == "web" else "code",
        available_tokens=1000,
        documents=7,
        asked_tokens=float(tokens),
        rows=len(own),
        actual_tokens=tokens,
        padding_tokens=len(own) * LENGTH - tokens,
        share=0.5,
        error_sequences=0.0,
        epochs=tokens / 1000,
        max_epochs=None,
    )
