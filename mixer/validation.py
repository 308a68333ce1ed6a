"""Validation files: held-out documents of one source as rows, with the bytes of text that their tokens stand for.

A row is one part of a document behind another: end-of-text, then the part's tokens. Documents stand whole unless they
are longer than a row. Both the end-of-text token and the part's first token are starts (`doc_starts`), so inside
documents text attends to what it attends to in training, and its first token is predicted from end-of-text alone,
whatever stands before it in the row. What is behind the last part is padding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixer import storage
from mixer.manifest import ValidationFile
from mixer.shards import ROWS_PER_GROUP_TOKENS, TokenFormat, shard_schema

PHASE = "validation"  # what the rows have in the column `phase`

Ids = npt.NDArray[np.unsignedinteger]


class ValidationFormat(NamedTuple):
    """How rows are made; `token_bytes` are the bytes of text of each id, int [vocabulary], 0 for special tokens."""

    tokens: TokenFormat
    sequence_length: int
    token_bytes: npt.NDArray[np.int32]
    special_ids: frozenset[int]  # never scored: they are no text


@dataclass
class _Row:
    """A row that is being filled."""

    parts: list[Ids] = field(default_factory=list)
    n_tokens: int = 0

    def fits(self, part: Ids, sequence_length: int) -> bool:
        return self.n_tokens + 1 + len(part) <= sequence_length

    def add(self, part: Ids) -> None:
        self.parts.append(part)
        self.n_tokens += 1 + len(part)


def validation_name(source: str) -> str:
    """The file's name, beside the shards."""
    return f"validation-{source}.parquet"


def validation_schema(id_type: str) -> pa.Schema:
    """A shard's columns, and `n_bytes`: UTF-8 bytes of text that the row's tokens stand for."""
    return shard_schema(id_type).append(pa.field("n_bytes", pa.int64()))


def write_validation(
    uri: str, source: str, group: str, documents: Iterable[Ids], max_tokens: int, format_: ValidationFormat
) -> ValidationFile | None:
    """Write the first of `documents` that hold `max_tokens` tokens of text together, and at least one, to `uri`.

    `documents` are a document's ids each, end-of-text last, as blocks hold them. None, and no file, when there is no
    text in any. The bytes follow from the arguments alone.
    """
    chosen = list(_chosen(documents, max_tokens, format_))
    if not chosen:
        return None
    rows = list(_rows(chosen, format_.sequence_length))
    step = max(1, ROWS_PER_GROUP_TOKENS // format_.sequence_length)
    written = storage.write_parquet(
        uri,
        validation_schema(format_.tokens.id_type),
        (_table(source, first, rows[first : first + step], format_) for first in range(0, len(rows), step)),
        use_dictionary=["source", "phase"],
    )
    return ValidationFile(
        source=source,
        group=group,
        documents=len(chosen),
        tokens=sum(_text_tokens(document, format_) for document in chosen),
        text_bytes=sum(int(format_.token_bytes[document].sum()) for document in chosen),
        **written._asdict(),
    )


def _chosen(documents: Iterable[Ids], max_tokens: int, format_: ValidationFormat) -> Iterator[Ids]:
    """Documents without their end-of-text token, until the next one would be too much."""
    tokens = 0
    for document in documents:
        text = document[:-1] if len(document) and document[-1] == format_.tokens.end_of_text_id else document
        own = _text_tokens(text, format_)
        if not own:
            continue
        if tokens and tokens + own > max_tokens:
            return
        tokens += own
        yield text


def _text_tokens(ids: Ids, format_: ValidationFormat) -> int:
    return len(ids) - int(np.isin(ids, sorted(format_.special_ids)).sum())


def _rows(documents: Iterable[Ids], sequence_length: int) -> Iterator[_Row]:
    """Rows in the documents' order: a part that does not fit what is left of a row begins the next one."""
    row = _Row()
    room = sequence_length - 1  # for text: end-of-text stands before every part
    for document in documents:
        for start in range(0, len(document), room):
            part = document[start : start + room]
            if not row.fits(part, sequence_length):
                yield row
                row = _Row()
            row.add(part)
    if row.parts:
        yield row


def _table(source: str, first_row: int, rows: list[_Row], format_: ValidationFormat) -> pa.Table:
    length, schema = format_.sequence_length, validation_schema(format_.tokens.id_type)
    input_ids = np.full((len(rows), length), format_.tokens.end_of_text_id, np.dtype(format_.tokens.id_type))
    starts: list[list[int]] = []
    for ids, row in zip(input_ids, rows, strict=True):
        starts.append([])
        position = 0
        for part in row.parts:
            starts[-1] += [position, position + 1]
            ids[position + 1 : position + 1 + len(part)] = part
            position += 1 + len(part)
    columns = [
        pa.ListArray.from_arrays(
            pa.array(np.arange(len(rows) + 1, dtype=np.int32) * np.int32(length)),
            pa.array(input_ids.ravel()),
            type=schema.field("input_ids").type,
        ),
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([source])),
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([PHASE])),
        pa.array(starts, schema.field("doc_starts").type),
        pa.array(np.arange(first_row, first_row + len(rows), dtype=np.int64)),
        pa.array([row.n_tokens for row in rows], pa.int32()),
        pa.array(format_.token_bytes[input_ids].sum(axis=1, dtype=np.int64)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
