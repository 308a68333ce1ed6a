"""Reads a mixture's validation files: rows of held-out documents of one source, in file order."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixer import storage
from mixer.manifest import MixtureManifest, ValidationFile, shard_uri
from trainer.documents import BoolArray, Int64Array
from trainer.errors import ShardError

COLUMNS = ["input_ids", "doc_starts", "n_tokens", "n_bytes"]


class ValidationRows(NamedTuple):
    """Some rows of one source."""

    input_ids: Int64Array  # [rows, sequence_length]
    n_tokens: Int64Array  # [rows], real tokens; what stands behind them is padding
    doc_starts: list[NDArray[np.int32]]  # per row, positions where documents, and end-of-text before them, start
    has_target: BoolArray  # [rows, sequence_length], true where the next token is text that is to be predicted
    n_bytes: int  # UTF-8 bytes of text that the targets stand for


def validation_batches(
    manifest_uri: str, manifest: MixtureManifest, file: ValidationFile, max_rows: int | None, batch_rows: int
) -> Iterator[ValidationRows]:
    """The first `max_rows` rows of a source's file (None: all), `batch_rows` at a time.

    ShardError for a file that is missing, damaged or not what the manifest says.
    """
    left = file.rows if max_rows is None else min(max_rows, file.rows)
    special = np.array(sorted(manifest.tokenizer.special_tokens.values()), dtype=np.int64)
    for table in _row_groups(shard_uri(manifest_uri, file), file):
        for first in range(0, min(left, table.num_rows), batch_rows):
            yield _decode(table.slice(first, min(batch_rows, left - first)), manifest, file, special)
        left -= min(left, table.num_rows)
        if not left:
            return


def _row_groups(uri: str, file: ValidationFile) -> Iterator[pa.Table]:
    try:
        with storage.open_parquet(uri) as parquet:
            missing = set(COLUMNS) - set(parquet.schema_arrow.names)
            if missing or parquet.metadata.num_rows != file.rows:
                found = f"lacks columns {sorted(missing)}" if missing else f"has {parquet.metadata.num_rows} rows"
                raise ShardError(f"{uri} {found}, the manifest says {file.rows} rows: build the mixture again")
            for group in range(parquet.num_row_groups):
                yield parquet.read_row_group(group, columns=COLUMNS)
    except (OSError, pa.ArrowException) as error:  # missing, unreachable, cut off, a page that fails its checksum
        raise ShardError(f"{uri} cannot be read ({error}): build the mixture again") from error


def _decode(table: pa.Table, manifest: MixtureManifest, file: ValidationFile, special: Int64Array) -> ValidationRows:
    length, vocabulary = manifest.sequence_length, manifest.tokenizer.vocabulary_size
    lists = table["input_ids"].combine_chunks()
    if not pc.all(pc.equal(pc.list_value_length(lists), length)).as_py():
        raise ShardError(f"{file.path} has rows that are not {length} tokens long: build the mixture again")
    ids = lists.flatten().to_numpy(zero_copy_only=False).astype(np.int64).reshape(-1, length)
    n_tokens = table["n_tokens"].to_numpy().astype(np.int64)
    if ids.max() >= vocabulary or not 0 < n_tokens.min() <= n_tokens.max() <= length:
        raise ShardError(f"{file.path} has ids or row lengths that cannot be: build the mixture again")
    starts = [np.asarray(row, dtype=np.int32) for row in table["doc_starts"].to_pylist()]
    return ValidationRows(ids, n_tokens, starts, _targets(ids, n_tokens, special), pc.sum(table["n_bytes"]).as_py())


def _targets(ids: Int64Array, n_tokens: Int64Array, special: Int64Array) -> BoolArray:
    """True where the next token of the row is real and text: neither padding nor any special token."""
    is_text = ~np.isin(ids, special) & (np.arange(ids.shape[1]) < n_tokens[:, None])
    has_target = np.zeros_like(is_text)
    has_target[:, :-1] = is_text[:, 1:]
    return has_target
