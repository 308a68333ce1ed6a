"""A phase's rows out of the shards, in training order, a row group at a time; what breaks the contract is an error."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.manifest import MixtureManifest, Phase, shard_uri


class Batch(NamedTuple):
    """Some consecutive rows without their padding."""

    tokens: npt.NDArray[np.unsignedinteger]  # [tokens], the rows' real tokens behind each other, as stored
    lengths: npt.NDArray[np.int32]  # [rows], real tokens of each row


class _Rows(NamedTuple):
    uri: str
    first_row: int
    table: pa.Table


def check_counts(manifest: MixtureManifest) -> None:
    """DamagedFile when the manifest's phases or files do not add up to its rows."""
    first_rows = [*accumulate((phase.rows for phase in manifest.phases), initial=0)]
    files = sum(shard.rows for shard in manifest.files)
    if [phase.first_row for phase in manifest.phases] != first_rows[:-1] or not manifest.rows == first_rows[
        -1
    ] == files:
        raise storage.DamagedFile(
            f"the manifest of {manifest.name!r} says {manifest.rows:,} rows, its phases {first_rows[-1]:,} and its "
            f"files {files:,}, or the phases do not follow each other: build the mixture again"
        )


def phase_tokens(phase: Phase) -> int:
    """The phase's real tokens."""
    return sum(part.actual_tokens for part in phase.sources)


def batches(mixture_uri: str, manifest: MixtureManifest, phase: Phase) -> Iterator[Batch]:
    """The phase's rows, a row group at a time; DamagedFile where a shard breaks the contract of `docs/formats.md`."""
    length = manifest.sequence_length
    for rows in _phase_rows(mixture_uri, manifest, phase, ["input_ids", "row", "n_tokens"]):
        numbers = _integers(rows, "row", pa.int64())
        if not np.array_equal(numbers, np.arange(rows.first_row, rows.first_row + len(numbers))):
            raise _broken(rows, f"column row does not count on from {rows.first_row:,}")
        lengths = _lengths(rows, length)
        ids = _ids(rows, manifest)
        if not np.all(lengths == length):
            ids = ids[(np.arange(length) < lengths[:, None]).ravel()]
        yield Batch(ids, lengths)


def row_lengths(mixture_uri: str, manifest: MixtureManifest, phase: Phase) -> Iterator[npt.NDArray[np.int32]]:
    """Real tokens of the phase's rows, a row group at a time; reads that column alone."""
    for rows in _phase_rows(mixture_uri, manifest, phase, ["n_tokens"]):
        yield _lengths(rows, manifest.sequence_length)


def _phase_rows(mixture_uri: str, manifest: MixtureManifest, phase: Phase, columns: list[str]) -> Iterator[_Rows]:
    row, end = 0, phase.first_row + phase.rows
    for shard in manifest.files:
        shard_end = row + shard.rows
        if row >= end or shard_end <= phase.first_row:
            row = shard_end
            continue
        uri = shard_uri(mixture_uri, shard)
        for table in storage.row_groups(uri, columns):
            start = max(row, phase.first_row)
            part = table.slice(start - row, max(0, end - start))
            if part.num_rows:
                yield _Rows(uri, start, part)
            row += table.num_rows
        if row != shard_end:
            raise storage.DamagedFile(
                f"{uri} holds {shard.rows + row - shard_end:,} rows and the manifest says {shard.rows:,}: "
                "build the mixture again"
            )


def _lengths(rows: _Rows, sequence_length: int) -> npt.NDArray[np.int32]:
    lengths = _integers(rows, "n_tokens", pa.int32())
    if lengths.min() < 1 or lengths.max() > sequence_length:
        raise _broken(rows, f"column n_tokens leaves 1 to {sequence_length:,}")
    return lengths


def _ids(rows: _Rows, manifest: MixtureManifest) -> npt.NDArray[np.unsignedinteger]:
    """The ids, [rows * sequence_length]."""
    length = manifest.sequence_length
    lists = _column(rows, "input_ids")
    id_type = getattr(pa, manifest.tokenizer.id_type)()
    if not pa.types.is_list(lists.type) or lists.type.value_type != id_type:
        raise _broken(rows, f"column input_ids is {lists.type} instead of a list of {id_type}")
    values = lists.flatten()
    if lists.null_count or values.null_count or np.any(np.diff(lists.offsets.to_numpy()) != length):
        raise _broken(rows, f"column input_ids has rows that are not {length:,} ids")
    ids: npt.NDArray[np.unsignedinteger] = values.to_numpy()
    if ids.max() >= manifest.tokenizer.vocabulary_size:
        raise _broken(rows, f"id {ids.max():,} is outside the vocabulary of {manifest.tokenizer.vocabulary_size:,}")
    return ids


def _integers(rows: _Rows, name: str, kind: pa.DataType) -> npt.NDArray[np.signedinteger]:
    column = _column(rows, name)
    if column.type != kind or column.null_count:
        raise _broken(rows, f"column {name} is {column.type} with {column.null_count:,} nulls instead of {kind}")
    values: npt.NDArray[np.signedinteger] = column.to_numpy()
    return values


def _column(rows: _Rows, name: str) -> pa.Array:
    if name not in rows.table.column_names:
        raise _broken(rows, f"there is no column {name}")
    return rows.table.column(name).combine_chunks()


def _broken(rows: _Rows, problem: str) -> storage.DamagedFile:
    last = rows.first_row + rows.table.num_rows - 1
    return storage.DamagedFile(
        f"{rows.uri}, rows {rows.first_row:,} to {last:,}: {problem}. It is not what mixdown wrote: "
        "build the mixture again"
    )
