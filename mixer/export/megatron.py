"""Megatron-LM's indexed dataset: a `.bin` and an `.idx` a phase, each row of the mixture one sequence and one document.

The layout is that of `megatron/core/datasets/indexed_dataset.py`: `.bin` holds the tokens; `.idx` a header, counts,
then each sequence's length (int32) and byte offset (int64), and where documents begin and end (int64).
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mixer.export.files import ExportError, new_file, phase_stems
from mixer.export.rows import batches, phase_tokens, row_lengths
from mixer.manifest import MixtureManifest, Phase

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
# Megatron has no code for uint32: what does not fit uint16 is int32, as its own `optimal_dtype` chooses.
DTYPES: Mapping[str, tuple[int, np.dtype[Any]]] = {"uint16": (8, np.dtype("<u2")), "uint32": (4, np.dtype("<i4"))}
LARGEST_VOCABULARY = 1 << 31
ENTRIES = 1 << 16  # of the document index that are written at once


def write(mixture_uri: str, manifest: MixtureManifest, output_uri: str) -> list[str]:
    """Write `<stem>.bin` and `<stem>.idx` for every phase; the files' uris."""
    if manifest.tokenizer.vocabulary_size > LARGEST_VOCABULARY:
        raise ExportError(
            f"Megatron stores ids as int32, and the vocabulary has {manifest.tokenizer.vocabulary_size:,} of them, "
            f"more than {LARGEST_VOCABULARY:,}: export to datatrove's files instead"
        )
    written = []
    for stem, phase in phase_stems(manifest):
        uri = f"{output_uri}/{stem}"
        _write_tokens(f"{uri}.bin", mixture_uri, manifest, phase)
        _write_index(f"{uri}.idx", mixture_uri, manifest, phase)
        written += [f"{uri}.bin", f"{uri}.idx"]
    return written


def _write_tokens(uri: str, mixture_uri: str, manifest: MixtureManifest, phase: Phase) -> None:
    _, dtype = DTYPES[manifest.tokenizer.id_type]
    with new_file(uri, phase_tokens(phase) * dtype.itemsize) as file:
        for batch in batches(mixture_uri, manifest, phase):
            file.write(batch.tokens.astype(dtype, copy=False))


def _write_index(uri: str, mixture_uri: str, manifest: MixtureManifest, phase: Phase) -> None:
    """The sections follow each other, so the rows' lengths are read twice instead of held."""
    code, dtype = DTYPES[manifest.tokenizer.id_type]
    header = MAGIC + struct.pack("<QBQQ", VERSION, code, phase.rows, phase.rows + 1)
    with new_file(uri, len(header) + phase.rows * (4 + 8) + (phase.rows + 1) * 8) as file:
        file.write(header)
        for lengths in row_lengths(mixture_uri, manifest, phase):
            file.write(lengths.astype("<i4", copy=False))
        for offsets in _byte_offsets(row_lengths(mixture_uri, manifest, phase), dtype.itemsize):
            file.write(offsets.astype("<i8", copy=False))
        for first in range(0, phase.rows + 1, ENTRIES):
            file.write(np.arange(first, min(first + ENTRIES, phase.rows + 1), dtype="<i8"))


def _byte_offsets(parts: Iterator[npt.NDArray[np.int32]], token_bytes: int) -> Iterator[npt.NDArray[np.int64]]:
    """Where each sequence begins in `.bin`."""
    end = 0
    for lengths in parts:
        ends = end + np.cumsum(lengths, dtype=np.int64) * token_bytes
        yield ends - lengths.astype(np.int64) * token_bytes
        end = int(ends[-1])
