"""Samples: a few rows as people read them, with document boundaries and special tokens told apart from text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from mixer import storage
from mixer.tokens import ENCODINGS, Tokenizer, tokenizer
from pipelines.reporting.files import Gone, MixtureFiles, reading

SHOWN_TOKENS = 320


@dataclass(frozen=True)
class Piece:
    """Ordinary text, or one special token spelled out."""

    text: str
    special: bool


@dataclass(frozen=True)
class Passage:
    """What a row holds of one document."""

    starts_document: bool  # False: goes on from before
    pieces: list[Piece]


@dataclass(frozen=True)
class Sample:
    """An excerpt of a row: tokens [first_token, end_token) of `tokens`, behind which lies padding."""

    row: int
    tokens: int
    padding_tokens: int
    first_token: int
    end_token: int
    documents_started: int  # in the whole row
    passages: list[Passage]


def samples(files: MixtureFiles, rows: Sequence[int]) -> list[Sample]:
    """The rows decoded; Gone when a shard cannot be read or its vocabulary is not the one installed."""
    decoder = _decoder(files)
    found = []
    with reading("Shards"):
        for row in rows:
            found.append(sample_of(row, *_read_row(files, row), decoder))
    return found


def sample_of(
    row: int, ids: npt.NDArray[np.integer], doc_starts: Sequence[int], n_tokens: int, decoder: Tokenizer
) -> Sample:
    """An excerpt of the first `n_tokens` of a row of `ids`, around its first document boundary where it has one."""
    inside = [start for start in doc_starts if start > 0]
    first = max(0, min((inside[0] if inside else 0) - SHOWN_TOKENS // 2, n_tokens - SHOWN_TOKENS))
    end = min(n_tokens, first + SHOWN_TOKENS)
    cuts = sorted({first, end, *(start for start in doc_starts if first < start < end)})
    passages = [
        Passage(start in doc_starts, pieces_of(ids[start:stop].tolist(), decoder)) for start, stop in pairwise(cuts)
    ]
    return Sample(row, n_tokens, len(ids) - n_tokens, first, end, len(doc_starts), passages)


def pieces_of(ids: Sequence[int], decoder: Tokenizer) -> list[Piece]:
    """Runs of ordinary ids as text and each special id by itself: text that spells a special token stays text."""
    special_ids = set(decoder.special_tokens.values())
    pieces = []
    for special, run in groupby(ids, key=special_ids.__contains__):
        if special:
            pieces += [Piece(decoder.decode([number]), True) for number in run]
        else:
            pieces.append(Piece(decoder.decode(run), False))
    return pieces


def _decoder(files: MixtureFiles) -> Tokenizer:
    asked = files.manifest.tokenizer
    if asked.name not in ENCODINGS or tokenizer(asked.name).info.vocabulary_sha256 != asked.vocabulary_sha256:
        raise Gone(f"Samples: vocabulary {asked.name} of {asked.package} {asked.package_version} is not installed.")
    return tokenizer(asked.name)


def _read_row(files: MixtureFiles, row: int) -> tuple[npt.NDArray[np.integer], list[int], int]:
    """The row's ids, where documents start in it, and how many of the ids are tokens and no padding."""
    first_row, uri = max(shard for shard in files.shards() if shard[0] <= row)
    within = row - first_row
    columns = ["input_ids", "doc_starts", "n_tokens"]
    with storage.open_parquet(uri) as file:
        for group in range(file.num_row_groups):
            rows_of_group = file.metadata.row_group(group).num_rows
            if within < rows_of_group:
                table = file.read_row_group(group, columns, use_threads=False).slice(within, 1)
                ids = table.column("input_ids").combine_chunks().flatten().to_numpy()
                return ids, table.column("doc_starts").to_pylist()[0], table.column("n_tokens").to_pylist()[0]
            within -= rows_of_group
    raise KeyError(f"row {row}")
