"""Mixtures with validation files for the trainer's tests."""

from pathlib import Path

import numpy as np

from mixer import storage
from mixer.manifest import MANIFEST_NAME, ValidationFile, read_manifest
from mixer.shards import TokenFormat
from mixer.validation import ValidationFormat, validation_name, write_validation
from tests.trainer.mixtures import END_OF_TEXT, SOURCES, VOCABULARY, make_mixture

MARK = 7  # a special token inside documents
SEQUENCE_LENGTH = 32


def token_bytes() -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Bytes of text of each id: 1 to 5; none of the special ones."""
    lengths = (1 + np.arange(VOCABULARY) % 5).astype(np.int32)
    lengths[[END_OF_TEXT, MARK]] = 0
    return lengths


def documents(source: str, count: int = 9) -> list[list[int]]:
    """Documents that count up by the source's step, some longer than a row, some with a special token inside."""
    step = 3 if source == "code" else 1
    made = []
    for number in range(count):
        length = 3 + (number * 11) % 45
        ids = [1 + (number * 17 + step * at) % (VOCABULARY - 1) for at in range(length)]
        made.append([MARK if number % 3 == 0 and at == 2 else token for at, token in enumerate(ids)])
    return made


def make_held_out_mixture(folder: Path, rows: int = 40) -> str:
    """A mixture of web and code, with held-out documents of both; returns the manifest's path."""
    uri = make_mixture(folder, phases=(("main", rows),), sequence_length=SEQUENCE_LENGTH)
    format_ = ValidationFormat(
        TokenFormat("uint16", END_OF_TEXT), SEQUENCE_LENGTH, token_bytes(), frozenset({END_OF_TEXT, MARK})
    )
    files: list[ValidationFile] = []
    for source in SOURCES:
        ids = [np.array([*document, END_OF_TEXT], np.uint16) for document in documents(source)]
        file = write_validation(f"{folder}/{validation_name(source)}", source, source, ids, 10**6, format_)
        assert file is not None
        files.append(file)
    manifest = read_manifest(uri)
    special = manifest.tokenizer.special_tokens | {"<mark>": MARK}
    tokenizer = manifest.tokenizer.model_copy(update={"special_tokens": special})
    manifest = manifest.model_copy(update={"validation": files, "tokenizer": tokenizer})
    storage.write_bytes(f"{folder}/{MANIFEST_NAME}", manifest.model_dump_json().encode())
    return uri
